/* test_random_paths.c - random queries on random events, on every path there is: compiled; saved and loaded
 * with a schema in another order; events as structs and through a getter; in a rule set; in a stream, also as
 * terms of sequences; as C. All have to answer alike, and as the query's negation, its condition as an
 * expression, and the same condition within a test say. ROUNDS: how many sets of queries to try (default 24).
 * SEED: where to begin (default 1). The answers' number that is printed stays the same unless answers change.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "native_file.h"
#include "random_event.h"
#include "random_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUERIES = 40, EVENTS = 60, SEQUENCES = 30, NATIVE_EVERY = 8, MAX_IMAGE = 1 << 20 };

/* The same query with events in four forms. */
typedef enum way { STRUCT, GETTER, STRUCT_LOADED, GETTER_LOADED, WAYS } way;

typedef struct query {
    ts_query q;
    eqlm_program *program[WAYS];
    eqlm_program *negated, *inside, *expr; /* NULL: there is no such form */
    eqlm_native *native[2];
    uint8_t hits[EVENTS];
} query;

typedef struct sequence {
    uint32_t terms[3], n, number;
    int64_t began[3]; /* the model: the event that began the partial result that waits for a term; -1: none */
    eqlm_program *program;
} sequence;

typedef struct trial {
    uint64_t seed;
    ts_random r;
    ts_fields fields;
    bool endpoint;
    uint32_t max_choices; /* 0: as usual */
    eqlm_schema *schema[WAYS];
    eqlm_vm *vm, *other;
    query queries[QUERIES];
    sequence sequences[SEQUENCES];
    ts_record events[EVENTS];
    uint64_t hits, negated, inside, exprs, errors, matches, digest;
    /* of the stream */
    bool seen[QUERIES];
    bool ended[SEQUENCES];
    uint64_t first[SEQUENCES];
} trial;

static eqlm_options options_of(const trial *t)
{
    return (eqlm_options) { .size = sizeof(eqlm_options),
                            .dialect = t->endpoint ? EQLM_DIALECT_ENDPOINT : EQLM_DIALECT_ES,
                            .limits = { .max_choices = t->max_choices } };
}

/* ---- making -------------------------------------------------------------------------------------------- */

static void make_schemas(trial *t)
{
    for (int k = 0; k < WAYS; k++) {
        const eqlm_field *fields = k % 2 == STRUCT ? t->fields.as_struct : t->fields.as_getter;
        assert_int_equal(eqlm_schema_new(NULL, &t->schema[k]), EQLM_OK);
        if (k < 2)
            assert_int_equal(eqlm_schema_add(t->schema[k], fields, t->fields.n), EQLM_OK);
        for (size_t i = t->fields.n; k >= 2 && i-- > 0;)
            if (!fields[i].parent)
                assert_int_equal(eqlm_schema_add(t->schema[k], &fields[i], 1), EQLM_OK);
        for (size_t i = 0; k >= 2 && i < t->fields.n; i++)
            if (fields[i].parent)
                assert_int_equal(eqlm_schema_add(t->schema[k], &fields[i], 1), EQLM_OK);
        assert_int_equal(eqlm_schema_set_getter(t->schema[k], ts_record_get, t->schema[k]), EQLM_OK);
    }
}

static eqlm_program *compile(trial *t, way k, const char *text)
{
    eqlm_program *p;
    eqlm_options o = options_of(t);
    eqlm_status s = eqlm_compile(NULL, t->schema[k], (eqlm_str) { text, strlen(text) }, &o, NULL, &p);
    assert_true(s == EQLM_OK || s == EQLM_E_COMPILE);
    return p;
}

typedef struct image {
    char bytes[MAX_IMAGE];
    size_t n;
} image;

static bool put(void *ctx, const void *bytes, size_t len)
{
    image *im = ctx;
    assert_true(len <= sizeof im->bytes - im->n);
    memcpy(im->bytes + im->n, bytes, len);
    im->n += len;
    return true;
}

static bool load(trial *t, query *q)
{
    static image im[2];
    for (int k = 0; k < 2; k++) {
        im[k].n = 0;
        assert_int_equal(eqlm_program_save(q->program[k], put, &im[k]), EQLM_OK);
        if (eqlm_program_load(NULL, t->schema[k + 2], im[k].bytes, im[k].n, &q->program[k + 2]) != EQLM_OK)
            return false;
    }
    return im[0].n == im[1].n && memcmp(im[0].bytes, im[1].bytes, im[0].n) == 0;
}

static eqlm_program *compile_form(trial *t, const query *q, const char *before, const char *behind)
{
    char text[TS_MAX_QUERY + 64];
    snprintf(text, sizeof text, "%s%s%s", before, q->q.text + q->q.where, behind);
    return compile(t, STRUCT, text);
}

static void make_query(trial *t, query *q)
{
    do {
        ts_random_query(&t->r, t->endpoint, &q->q);
        if (q->q.too_long)
            continue;
        for (int k = 0; k < 2; k++)
            q->program[k] = compile(t, (way)k, q->q.text);
        if (!q->program[0] != !q->program[1])
            fail_msg("SEED=%llu: compiles in one schema only: %s", (unsigned long long)t->seed, q->q.text);
    } while (q->q.too_long || !q->program[0]);
    if (!load(t, q))
        fail_msg("SEED=%llu: other image or not loaded: %s", (unsigned long long)t->seed, q->q.text);
    if (q->q.any)
        q->negated = compile_form(t, q, "any where not (", ")");
    if (q->q.any && q->q.positive) {
        char text[TS_MAX_QUERY + 16];
        eqlm_options o = options_of(t);
        int n =
            snprintf(text, sizeof text, "(%s) == true", q->q.text + q->q.where); /* it may be a field alone */
        q->inside = compile_form(t, q, "any where string((", ") == true) == \"true\"");
        eqlm_compile_expr(NULL, t->schema[STRUCT], (eqlm_str) { text, (size_t)n }, &o, NULL, &q->expr);
    }
}

static void make_sequence(trial *t, sequence *s)
{
    char text[3 * TS_MAX_QUERY + 64] = "sequence";
    size_t n = strlen(text);
    s->n = 2 + ts_below(&t->r, 2);
    for (uint32_t i = 0; i < s->n; i++) {
        s->terms[i] = ts_below(&t->r, QUERIES);
        s->began[i] = -1;
        n += (size_t)snprintf(text + n, sizeof text - n, " [%s]", t->queries[s->terms[i]].q.text);
    }
    s->program = compile(t, STRUCT, text);
    assert_non_null(s->program);
}

static void make_native(trial *t)
{
    ts_native_file file;
    char name[40];
    snprintf(name, sizeof name, "paths_%llu", (unsigned long long)t->seed);
    ts_native_begin(&file, name);
    for (size_t i = 0; i < QUERIES; i++) {
        for (int k = 0; k < 2; k++) {
            query *q = &t->queries[i];
            snprintf(name, sizeof name, "q%zu_%d", i, k);
            assert_true(
                ts_native_add(&file, name, q->program[k], (eqlm_str) { q->q.text, strlen(q->q.text) }));
        }
    }
    ts_native_load(&file, 1);
    for (size_t i = 0; i < QUERIES; i++) {
        for (int k = 0; k < 2; k++) {
            snprintf(name, sizeof name, "q%zu_%d", i, k);
            const eqlm_native_rule *rule = ts_native_find(&file, name);
            assert_non_null(rule);
            assert_int_equal(
                eqlm_native_new(NULL, t->schema[k + 2 * (k == 1)], rule, &t->queries[i].native[k]), EQLM_OK);
        }
    }
    /* The library stays loaded: its code is used until the end of the round, and there are few. */
    file.handle = NULL;
    ts_native_clear(&file);
}

/* ---- comparing ----------------------------------------------------------------------------------------- */

static void differ(const trial *t, size_t q, size_t e, const char *what, int want, int got)
{
    printf("SEED=%llu ROUNDS=1 query %zu, event %zu: %s: %d instead of %d\n    %s\n",
           (unsigned long long)t->seed, q, e, what, got, want, t->queries[q].q.text);
    ts_record_print(&t->fields, &t->events[e]);
    fail_msg("%s", what);
}

/* Whether the program matches, the number of errors the vm had with it, and whether it gave an answer at all.
 */
static bool ask(trial *t, const eqlm_program *p, size_t e, uint64_t *errors)
{
    bool hit = false;
    uint64_t before = eqlm_vm_errors(t->vm);
    assert_int_equal(eqlm_match(t->vm, p, &t->events[e], &hit), EQLM_OK);
    *errors = eqlm_vm_errors(t->vm) - before;
    return hit;
}

static bool some_true(const eqlm_value *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (values[i].type == EQLM_BOOL && values[i].as.boolean)
            return true;
    return false;
}

static void check_alone(trial *t, size_t i, size_t e)
{
    static const char *const names[] = { "struct", "getter", "loaded", "loaded, getter" };
    query *q = &t->queries[i];
    uint64_t errors, others;
    bool want = ask(t, q->program[STRUCT], e, &errors), got;
    q->hits[e] = want;
    t->hits += want;
    t->digest = (t->digest ^ want) * UINT64_C(0x100000001b3);
    t->errors += errors != 0;
    for (int k = 1; k < WAYS; k++) {
        if ((got = ask(t, q->program[k], e, &others)) != want)
            differ(t, i, e, names[k], want, got);
        if (others != errors)
            differ(t, i, e, "errors", (int)errors, (int)others);
    }
    for (int k = 0; k < 2 && q->native[k]; k++) {
        uint64_t before = eqlm_vm_errors(t->vm);
        assert_int_equal(q->native[k]->match(q->native[k], t->vm, &t->events[e], &got), EQLM_OK);
        if (got != want)
            differ(t, i, e, k ? "native, getter" : "native", want, got);
        if (eqlm_vm_errors(t->vm) - before != errors)
            differ(t, i, e, "errors of native code", (int)errors, (int)(eqlm_vm_errors(t->vm) - before));
    }
    if (q->negated) {
        if ((got = ask(t, q->negated, e, &others)) == want)
            differ(t, i, e, "negated", !want, got);
        t->negated++;
    }
    if (q->inside && !errors) {
        got = ask(t, q->inside, e, &others);
        if (!others && got != want)
            differ(t, i, e, "inside of a test", want, got);
        t->inside += !others;
    }
    if (q->expr && !errors) {
        const eqlm_value *values;
        size_t n;
        uint64_t before = eqlm_vm_errors(t->vm);
        eqlm_status s = eqlm_eval(t->vm, q->expr, &t->events[e], &values, &n);
        assert_true(s == EQLM_OK || s == EQLM_E_LIMIT);
        if (s == EQLM_OK && eqlm_vm_errors(t->vm) == before) {
            if ((got = some_true(values, n)) != want)
                differ(t, i, e, "expression", want, got);
            t->exprs++;
        }
    }
}

static eqlm_rules *new_set(trial *t, way k, size_t from, size_t to)
{
    eqlm_rules *set;
    assert_int_equal(eqlm_rules_new(NULL, &set), EQLM_OK);
    for (size_t i = from; i < to; i++)
        assert_int_equal(eqlm_rules_add(set, t->queries[i].program[k], NULL), EQLM_OK);
    assert_int_equal(eqlm_rules_seal(set), EQLM_OK);
    return set;
}

static void check_set(trial *t, way k, size_t from, size_t to)
{
    eqlm_rules *set = new_set(t, k, from, to);
    for (size_t e = 0; e < EVENTS; e++) {
        const uint32_t *matches;
        size_t n, at = 0;
        assert_int_equal(eqlm_rules_match(t->other, set, &t->events[e], &matches, &n), EQLM_OK);
        for (size_t i = from; i < to; i++) {
            bool got = at < n && matches[at] == i - from;
            at += got;
            if (got != t->queries[i].hits[e])
                differ(t, i, e, k == STRUCT ? "set" : k == GETTER ? "set, getter" : "set, loaded", !got, got);
        }
        assert_int_equal(at, n);
    }
    eqlm_rules_free(set);
}

/* ---- the stream ---------------------------------------------------------------------------------------- */

static bool on_match(void *ctx, const eqlm_stream_match *m)
{
    trial *t = ctx;
    if (m->program < QUERIES) {
        assert_false(t->seen[m->program]);
        t->seen[m->program] = true;
    } else {
        uint32_t s = m->program - QUERIES;
        assert_false(t->ended[s]);
        t->ended[s] = true;
        t->first[s] = m->events[0];
    }
    return true;
}

/* Without keys there is one partial result for each term, and the newer one takes its place. */
static bool model(const trial *t, sequence *s, size_t e, uint64_t *first)
{
    bool ends = false;
    for (uint32_t i = s->n; i-- > 0;) {
        if (!t->queries[s->terms[i]].hits[e] || (i > 0 && s->began[i] < 0))
            continue;
        int64_t began = i > 0 ? s->began[i] : (int64_t)e;
        if (i > 0)
            s->began[i] = -1;
        if (i + 1 < s->n) {
            s->began[i + 1] = began;
        } else {
            ends = true;
            *first = (uint64_t)began;
        }
    }
    return ends;
}

static void check_stream(trial *t)
{
    eqlm_stream_options o = { .size = sizeof o, .on_match = on_match, .ctx = t, .hash_seed = 7 };
    eqlm_stream *stream;
    assert_int_equal(eqlm_stream_new(NULL, &o, &stream), EQLM_OK);
    for (size_t i = 0; i < QUERIES; i++)
        assert_int_equal(eqlm_stream_add(stream, t->queries[i].program[STRUCT], NULL), EQLM_OK);
    for (size_t i = 0; i < SEQUENCES; i++)
        assert_int_equal(eqlm_stream_add(stream, t->sequences[i].program, NULL), EQLM_OK);
    for (size_t e = 0; e < EVENTS; e++) {
        eqlm_event_info info = { .id = e, .has_time = true, .time = (int64_t)e * 1000000 };
        memset(t->seen, 0, sizeof t->seen);
        memset(t->ended, 0, sizeof t->ended);
        assert_int_equal(eqlm_stream_feed(stream, &t->events[e], &info), EQLM_OK);
        for (size_t i = 0; i < QUERIES; i++)
            if (t->seen[i] != t->queries[i].hits[e])
                differ(t, i, e, "stream", !t->seen[i], t->seen[i]);
        for (size_t i = 0; i < SEQUENCES; i++) {
            uint64_t first = 0;
            bool ends = model(t, &t->sequences[i], e, &first);
            t->matches += ends;
            if (ends != t->ended[i] || (ends && first != t->first[i]))
                differ(t, t->sequences[i].terms[t->sequences[i].n - 1], e, "sequence", ends, t->ended[i]);
        }
    }
    assert_int_equal(eqlm_stream_flush(stream), EQLM_OK);
    eqlm_stream_free(stream);
}

/* ---- rounds -------------------------------------------------------------------------------------------- */

static void clear(trial *t)
{
    for (size_t i = 0; i < QUERIES; i++) {
        query *q = &t->queries[i];
        for (int k = 0; k < WAYS; k++)
            eqlm_program_free(q->program[k]);
        eqlm_program_free(q->negated);
        eqlm_program_free(q->inside);
        eqlm_program_free(q->expr);
        eqlm_native_free(q->native[0]);
        eqlm_native_free(q->native[1]);
    }
    for (size_t i = 0; i < SEQUENCES; i++)
        eqlm_program_free(t->sequences[i].program);
    memset(t->queries, 0, sizeof t->queries);
    memset(t->sequences, 0, sizeof t->sequences);
    for (int k = 0; k < WAYS; k++)
        eqlm_schema_free(t->schema[k]);
    eqlm_vm_free(t->vm);
    eqlm_vm_free(t->other);
}

static void run_round(trial *t, uint64_t seed, bool native)
{
    t->seed = seed;
    ts_random_begin(&t->r, seed);
    t->endpoint = ts_chance(&t->r, 50);
    t->max_choices = ts_chance(&t->r, 20) ? 1 + ts_below(&t->r, 20) : 0;
    ts_random_fields(&t->r, ts_chance(&t->r, 60), &t->fields);
    make_schemas(t);
    assert_int_equal(eqlm_vm_new(NULL, &t->vm), EQLM_OK);
    assert_int_equal(eqlm_vm_new(NULL, &t->other), EQLM_OK);
    for (size_t i = 0; i < QUERIES; i++)
        make_query(t, &t->queries[i]);
    for (size_t i = 0; i < SEQUENCES; i++)
        make_sequence(t, &t->sequences[i]);
    for (size_t e = 0; e < EVENTS; e++)
        ts_random_record(&t->r, &t->events[e]);
    if (native)
        make_native(t);
    for (size_t i = 0; i < QUERIES; i++)
        for (size_t e = 0; e < EVENTS; e++)
            check_alone(t, i, e);
    for (int k = 0; k < WAYS; k++)
        check_set(t, (way)k, 0, QUERIES);
    for (size_t from = 0; from < QUERIES; from += 3)
        check_set(t, STRUCT, from, from + 3 < QUERIES ? from + 3 : QUERIES);
    check_stream(t);
    clear(t);
}

static void test_all_paths(void **state)
{
    static trial t;
    (void)state;
    uint64_t rounds = ts_number_from("ROUNDS", 24), first = ts_number_from("SEED", 1),
             all = rounds * QUERIES * EVENTS;
    for (uint64_t i = 0; i < rounds; i++)
        run_round(&t, first + i, i % NATIVE_EVERY == 0);
    printf("%llu pairs, %llu hits, %llu negated, %llu inside of a test, %llu as expressions, %llu with "
           "errors; %llu ends of sequences; answers %016llx\n",
           (unsigned long long)all, (unsigned long long)t.hits, (unsigned long long)t.negated,
           (unsigned long long)t.inside, (unsigned long long)t.exprs, (unsigned long long)t.errors,
           (unsigned long long)t.matches, (unsigned long long)t.digest);
    assert_true(t.hits > all / 20 && t.hits < all - all / 20);
    assert_true(t.inside > 0 && t.exprs > 0 && t.negated > 0 && t.matches > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_all_paths) };
    return cmocka_run_group_tests_name("random queries on all paths", tests, NULL, NULL);
}
