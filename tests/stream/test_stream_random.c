/* test_stream_random.c - random sequences and samples over random events: the stream tells what the reference
 * model says; also when the program is one of many, when the events come out of order, when the keys are
 * spread over shards, when the state is saved and restored before every event; and every event is released
 * once and not while it is needed. STREAMS: how many to try (default 20000). SEED: where to begin (default
 * 1). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "eqlmini.h"
#include "random.h"
#include "reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SHARDS 3

/* The host's form of a ref_event. */
typedef struct event {
    char category[2];
    int64_t x;
    bool has_x;
    int64_t k[REF_MAX_VALUES], j[REF_MAX_VALUES];
    uint32_t n_k, n_j;
    const char *s;
} event;

static const eqlm_field fields[] = {
    { EQLM_FIELD_CHARS("event.category", event, category) },
    { EQLM_FIELD_INT("x", event, x), .present = EQLM_PRESENT(event, has_x) },
    { EQLM_FIELD_ARRAY("k", EQLM_STORE_INT, event, k, n_k, EQLM_ARRAY_INLINE) },
    { EQLM_FIELD_ARRAY("j", EQLM_STORE_INT, event, j, n_j, EQLM_ARRAY_INLINE) },
    { EQLM_FIELD_CSTR("s", event, s) },
};

typedef struct trial {
    uint64_t seed;
    char query[2048];
    ref_query model;
    bool sample, endpoint;
    bool dense; /* few conditions, no keys: events fill terms often */
    eqlm_schema *schema;
    eqlm_program *program;
    eqlm_vm *vm;
    int n;
    ref_event ref[REF_MAX_EVENTS];
    event events[REF_MAX_EVENTS];
    ref_match want[REF_MAX_MATCHES], got[REF_MAX_MATCHES];
    size_t n_want, n_got;
    bool released[REF_MAX_EVENTS];
    const char *way, *trouble;
    uint32_t copies; /* of the program in the stream; the last one counts */
} trial;

static uint64_t random_state;

static uint32_t below(uint32_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % n;
}

static bool chance(uint32_t percent)
{
    return below(100) < percent;
}

/* ---- queries ------------------------------------------------------------------------------------------- */

static void say(trial *t, const char *format, ...)
{
    va_list args;
    size_t len = strlen(t->query);
    va_start(args, format);
    vsnprintf(t->query + len, sizeof t->query - len, format, args);
    va_end(args);
}

static ref_key random_key(char kind)
{
    char field = kind == 's' ? 's' : chance(70) ? 'k' : 'j';
    return (ref_key) { field, chance(30) };
}

static void say_keys(trial *t, const ref_key *keys, int from, int to)
{
    for (int i = from; i < to; i++)
        say(t, "%s%s%c", i == from ? " by " : ", ", keys[i].optional ? "?" : "", keys[i].field);
}

static void say_term(trial *t, const ref_term *term, int shared, const char *extra)
{
    const char *word = term->category == '*' ? "any" : (char[]) { term->category, 0 };
    say(t, " %s[%s where ", term->missing ? "!" : "", word);
    if (term->same_x)
        say(t, "x == e0.x%s", term->x >= 0 ? " and " : "");
    if (term->x >= 0)
        say(t, "x == %d", term->x);
    else if (!term->same_x)
        say(t, "true");
    say(t, "]");
    say_keys(t, term->keys, shared, t->model.n_keys);
    say(t, "%s", extra);
}

static ref_term random_term(const trial *t, const ref_key *shared, int n_shared, const char *kinds)
{
    ref_term term = { .category = "aaabbcm*"[below(8)], .x = chance(t->dense ? 5 : 30) ? (int)below(3) : -1 };
    for (int i = 0; i < t->model.n_keys; i++)
        term.keys[i] = i < n_shared ? shared[i] : random_key(kinds[i]);
    return term;
}

static void make_query(trial *t)
{
    ref_query *q = &t->model;
    ref_key shared[REF_MAX_KEYS];
    char kinds[REF_MAX_KEYS];
    memset(q, 0, sizeof *q);
    t->query[0] = 0;
    t->sample = chance(15);
    t->endpoint = !t->sample && chance(20);
    t->dense = chance(40);
    q->n_keys = t->sample ? 1 + (int)below(2) : t->dense ? 0 : (int)below(4) % REF_MAX_KEYS;
    int n_shared = (int)below((uint32_t)q->n_keys + 1), n = 2 + (int)below(4), positive = 0;
    for (int i = 0; i < q->n_keys; i++) {
        kinds[i] = chance(70) ? 'k' : 's';
        shared[i] = random_key(kinds[i]);
    }
    q->samples_per_key = t->sample && chance(50) ? 1 + (int)below(6) : 1;
    bool has_missing = !t->sample && !t->endpoint && chance(50);
    q->maxspan = !t->sample && (has_missing || chance(50)) ? 1 + (int)below(chance(50) ? 20 : 80) : -1;
    say(t, t->sample ? "sample" : "sequence");
    say_keys(t, shared, 0, n_shared);
    if (q->maxspan >= 0)
        say(t, " with maxspan=%dms", (int)q->maxspan);
    for (int i = 0; i < n; i++) {
        ref_term term = random_term(t, shared, n_shared, kinds);
        term.missing = has_missing && chance(45) && (positive > 0 || i + 1 < n);
        int runs = !t->sample && chance(15) && q->n_terms + 2 + n - i <= REF_MAX_TERMS ? 2 : 1;
        bool named = t->endpoint && i == 0;
        if (named)
            runs = 1; /* the alias of a repeated term names its last event, the model's the first */
        term.same_x = t->endpoint && i > 0 && chance(50);
        say_term(t, &term, n_shared, named ? " as e0" : runs == 2 ? " with runs=2" : "");
        positive += term.missing ? 0 : runs;
        for (int k = 0; k < runs; k++)
            q->terms[q->n_terms++] = term;
    }
    q->has_until = !t->sample && chance(30);
    if (q->has_until) {
        q->until = random_term(t, shared, n_shared, kinds);
        say(t, " until");
        say_term(t, &q->until, n_shared, "");
    }
}

/* ---- events -------------------------------------------------------------------------------------------- */

static void copy_numbers(int64_t *out, uint32_t *n_out, int *ref, int *n_ref)
{
    *n_ref = chance(75) ? 1 : (int)below(REF_MAX_VALUES + 1);
    for (int i = 0; i < *n_ref; i++)
        out[i] = ref[i] = (int)below(3);
    *n_out = (uint32_t)*n_ref;
}

static void make_events(trial *t)
{
    static const char *const texts[] = { "", "A", "a", "ab" };
    int64_t time = 1000000000;
    t->n = 2 + (int)below(REF_MAX_EVENTS - 2);
    for (int i = 0; i < t->n; i++) {
        ref_event *r = &t->ref[i];
        event *e = &t->events[i];
        memset(r, 0, sizeof *r);
        memset(e, 0, sizeof *e);
        time += chance(25) ? 0 : below(4) * 1000000 + (chance(30) ? below(3) * 499999 : 0);
        if (chance(3))
            time += 30000000;
        r->time = time;
        r->category = "abcm"[below(4)];
        r->x = chance(85) ? (int)below(3) : -1;
        r->s = chance(80) ? texts[below(4)] : NULL;
        e->category[0] = r->category;
        e->has_x = r->x >= 0;
        e->x = r->x;
        e->s = r->s;
        copy_numbers(e->k, &e->n_k, r->k, &r->n_k);
        copy_numbers(e->j, &e->n_j, r->j, &r->n_j);
    }
}

/* ---- one way to run the stream ---------------------------------------------------------------------------
 */

static ref_value value_of(const eqlm_value *v)
{
    static char texts[REF_MAX_MATCHES * REF_MAX_KEYS][4];
    static size_t n;
    if (v->type == EQLM_NULL)
        return (ref_value) { 0, 0, NULL };
    if (v->type != EQLM_STRING)
        return (ref_value) { v->type == EQLM_I64 ? 1 : 9, (int)v->as.i64, NULL };
    char *text = texts[n++ % (REF_MAX_MATCHES * REF_MAX_KEYS)];
    memcpy(text, v->as.str, v->len < 3 ? v->len : 3);
    text[v->len < 3 ? v->len : 3] = 0;
    return (ref_value) { 2, 0, text };
}

static bool on_match(void *ctx, const eqlm_stream_match *m)
{
    trial *t = ctx;
    if (m->program + 1 != t->copies)
        return true;
    ref_match *out = &t->got[t->n_got++];
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < m->n_events; i++) {
        out->events[i] = m->events[i] == EQLM_NO_EVENT ? -1 : (int)m->events[i];
        if (out->events[i] > out->last)
            out->last = out->events[i];
        if (m->events[i] != EQLM_NO_EVENT && t->released[m->events[i]])
            t->trouble = "a match names an event that was released";
    }
    if (m->time != t->ref[out->last].time)
        t->trouble = "wrong time";
    for (uint32_t i = 0; i < m->n_keys; i++)
        out->key[i] = value_of(&m->keys[i]);
    if (t->sample)
        out->last = 0;
    return true;
}

static void on_release(void *ctx, uint64_t id)
{
    trial *t = ctx;
    if (t->released[id])
        t->trouble = "released twice";
    t->released[id] = true;
}

static const void *hold_event(void *ctx, const void *e, size_t *bytes)
{
    (void)ctx;
    *bytes = sizeof(event);
    return e;
}

static void release_event(void *ctx, const void *e)
{
    (void)ctx;
    (void)e;
}

static eqlm_stream *open_stream(trial *t, eqlm_stream_options o)
{
    eqlm_stream *s = NULL;
    o.size = sizeof o;
    o.samples_per_key = (uint32_t)t->model.samples_per_key;
    o.ctx = t;
    o.on_match = on_match;
    o.hold_event = hold_event;
    o.release_event = release_event;
    assert_int_equal(eqlm_stream_new(NULL, &o, &s), EQLM_OK);
    for (uint32_t i = 0; i < t->copies; i++)
        assert_int_equal(eqlm_stream_add(s, t->program, NULL), EQLM_OK);
    return s;
}

static void feed(trial *t, eqlm_stream *s, int i)
{
    eqlm_event_info info = { .id = (uint64_t)i,
                             .has_time = true,
                             .time = t->ref[i].time,
                             .tiebreaker = { .type = EQLM_I64, .as.i64 = i } };
    assert_int_equal(eqlm_stream_feed(s, &t->events[i], &info), EQLM_OK);
}

static void finish(trial *t, eqlm_stream *s)
{
    eqlm_stream_counts c;
    assert_int_equal(eqlm_stream_flush(s), EQLM_OK);
    eqlm_stream_get_counts(s, &c);
    if (c.partials || c.keys || c.state_bytes || c.late || c.errors || c.evicted)
        t->trouble = "the counters do not end at 0";
    eqlm_stream_free(s);
}

static int by_all(const void *a, const void *b)
{
    const ref_match *x = a, *y = b;
    int order = x->last != y->last ? x->last - y->last : ref_compare_keys(x->key, y->key, REF_MAX_KEYS);
    return order ? order : memcmp(x->events, y->events, sizeof x->events);
}

static bool same_matches(const trial *t)
{
    if (t->n_got != t->n_want)
        return false;
    for (size_t i = 0; i < t->n_got; i++) {
        if (by_all(&t->got[i], &t->want[i]) != 0)
            return false;
    }
    return true;
}

static void show(const trial *t, const char *what, const ref_match *m, size_t n)
{
    printf("%s:", what);
    for (size_t i = 0; i < n; i++) {
        printf(" (");
        for (int k = 0; k < t->model.n_terms; k++)
            printf("%s%d", k ? " " : "", m[i].events[k]);
        printf(" |");
        for (int k = 0; k < t->model.n_keys; k++) {
            const ref_value *v = &m[i].key[k];
            if (v->kind == 2)
                printf(" '%s'", v->text);
            else
                printf(v->kind ? " %d" : " null", v->number);
        }
        printf(")");
    }
    printf("\n");
}

static void compare(trial *t, const char *way, bool ordered)
{
    if (!ordered)
        qsort(t->got, t->n_got, sizeof t->got[0], by_all);
    if (same_matches(t) && !t->trouble) {
        t->n_got = 0;
        return;
    }
    printf("SEED=%llu %s: %s\n", (unsigned long long)t->seed, way, t->query);
    for (int i = 0; i < t->n; i++) {
        const ref_event *e = &t->ref[i];
        printf("  %d @%lld %c x=%d s=%s k=", i, (long long)e->time, e->category, e->x, e->s ? e->s : "-");
        for (int k = 0; k < e->n_k; k++)
            printf("%d,", e->k[k]);
        printf(" j=");
        for (int k = 0; k < e->n_j; k++)
            printf("%d,", e->j[k]);
        printf("\n");
    }
    show(t, "want", t->want, t->n_want);
    show(t, "got ", t->got, t->n_got);
    fail_msg("%s", t->trouble ? t->trouble : "other matches");
}

static bool decides_late(const trial *t)
{
    return t->model.terms[t->model.n_terms - 1].missing;
}

static void run_in_order(trial *t, const char *way)
{
    memset(t->released, 0, sizeof t->released);
    eqlm_stream *s = open_stream(t, (eqlm_stream_options) { .on_release = on_release });
    for (int i = 0; i < t->n; i++)
        feed(t, s, i);
    finish(t, s);
    for (int i = 0; i < t->n; i++) {
        if (!t->released[i])
            t->trouble = "an event was never released";
    }
    compare(t, way, !decides_late(t));
    memset(t->released, 0, sizeof t->released);
}

/* Events swapped with neighbours; their number as tiebreaker says in which order they belong. */
static void run_shuffled(trial *t)
{
    int order[REF_MAX_EVENTS];
    int64_t lateness = 0, newest = INT64_MIN;
    for (int i = 0; i < t->n; i++)
        order[i] = i;
    for (int i = 0; i + 1 < t->n; i++) {
        int k = i + (int)below(4);
        if (k < t->n) {
            int swap = order[i];
            order[i] = order[k];
            order[k] = swap;
        }
    }
    for (int i = 0; i < t->n; i++) {
        int64_t time = t->ref[order[i]].time;
        if (time < newest && newest - time > lateness)
            lateness = newest - time;
        newest = time > newest ? time : newest;
    }
    memset(t->released, 0, sizeof t->released);
    eqlm_stream *s =
        open_stream(t, (eqlm_stream_options) {
                           .lateness_ns = lateness, .order_by_tiebreaker = true, .on_release = on_release });
    for (int i = 0; i < t->n; i++)
        feed(t, s, order[i]);
    finish(t, s);
    compare(t, "shuffled", !decides_late(t));
    memset(t->released, 0, sizeof t->released);
}

static void run_sharded(trial *t)
{
    uint32_t n = 2 + below(MAX_SHARDS - 1);
    eqlm_stream *s[MAX_SHARDS];
    for (uint32_t k = 0; k < n; k++)
        s[k] = open_stream(t, (eqlm_stream_options) { .hash_seed = t->seed | 1, .n_shards = n, .shard = k });
    for (int i = 0; i < t->n; i++) {
        uint64_t hashes[256];
        size_t n_hashes;
        bool everywhere, fed[MAX_SHARDS] = { false };
        assert_int_equal(eqlm_stream_shard(t->vm, t->program, &t->events[i], t->seed | 1, hashes, 256,
                                           &n_hashes, &everywhere),
                         EQLM_OK);
        assert_true(n_hashes <= 256 && !everywhere);
        for (size_t h = 0; h < n_hashes; h++) {
            uint32_t k = (uint32_t)(hashes[h] % n);
            if (!fed[k])
                feed(t, s[k], i);
            fed[k] = true;
        }
    }
    for (uint32_t k = 0; k < n; k++)
        finish(t, s[k]);
    compare(t, "sharded", false);
}

typedef struct image {
    uint8_t bytes[1 << 20];
    size_t len;
} image;

static bool write_image(void *ctx, const void *bytes, size_t len)
{
    image *im = ctx;
    if (len > sizeof im->bytes - im->len)
        return false;
    memcpy(im->bytes + im->len, bytes, len);
    im->len += len;
    return true;
}

static void run_restored(trial *t)
{
    static image im;
    eqlm_stream *s = open_stream(t, (eqlm_stream_options) { 0 });
    for (int i = 0; i < t->n; i++) {
        eqlm_stream_counts before, after;
        im.len = 0;
        assert_int_equal(eqlm_stream_save(s, write_image, &im), EQLM_OK);
        eqlm_stream_get_counts(s, &before);
        eqlm_stream_free(s);
        s = open_stream(t, (eqlm_stream_options) { 0 });
        assert_int_equal(eqlm_stream_restore(s, im.bytes, im.len), EQLM_OK);
        eqlm_stream_get_counts(s, &after);
        if (memcmp(&before, &after, sizeof before) != 0)
            t->trouble = "other counters after restoring";
        feed(t, s, i);
    }
    finish(t, s);
    compare(t, "saved and restored", !decides_late(t));
}

/* ---- the trials -----------------------------------------------------------------------------------------
 */

static void run_trial(trial *t, uint64_t seed)
{
    t->seed = seed;
    random_state = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
    for (int i = 0; i < 4; i++)
        below(2);
    make_query(t);
    make_events(t);
    eqlm_options o = { .size = sizeof o, .dialect = t->endpoint ? EQLM_DIALECT_ENDPOINT : EQLM_DIALECT_ES };
    eqlm_status status =
        eqlm_compile(NULL, t->schema, (eqlm_str) { t->query, strlen(t->query) }, &o, NULL, &t->program);
    if (status != EQLM_OK)
        fail_msg("SEED=%llu: %s: %s", (unsigned long long)seed, t->query, eqlm_status_text(status));
    t->n_want = t->sample ? ref_samples(&t->model, t->ref, t->n, t->want)
                          : ref_sequences(&t->model, t->ref, t->n, t->want);
    t->copies = 1;
    run_in_order(t, "in order");
    t->copies = 9; /* enough for conditions to be selected before they are run */
    if (seed % 2)
        run_in_order(t, "one of many");
    t->copies = 1;
    run_shuffled(t);
    run_sharded(t);
    run_restored(t);
    eqlm_program_free(t->program);
}

static void test_random_streams(void **state)
{
    static trial t;
    uint64_t n = ts_number_from("STREAMS", 20000), first = ts_number_from("SEED", 1), matches = 0, missing = 0,
             samples = 0;
    (void)state;
    assert_int_equal(eqlm_schema_new(NULL, &t.schema), EQLM_OK);
    assert_int_equal(eqlm_schema_add(t.schema, fields, sizeof fields / sizeof fields[0]), EQLM_OK);
    assert_int_equal(eqlm_vm_new(NULL, &t.vm), EQLM_OK);
    for (uint64_t i = 0; i < n; i++) {
        run_trial(&t, first + i);
        matches += t.n_want;
        samples += t.sample;
        for (int k = 0; k < t.model.n_terms; k++)
            missing += t.model.terms[k].missing;
    }
    printf("%llu streams, %llu of them samples, %llu matches, %llu missing terms\n", (unsigned long long)n,
           (unsigned long long)samples, (unsigned long long)matches, (unsigned long long)missing);
    eqlm_vm_free(t.vm);
    eqlm_schema_free(t.schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_random_streams) };
    return cmocka_run_group_tests_name("random streams", tests, NULL, NULL);
}
