/* test_orders.c - calls in any order, with any of a few objects, while some allocations fail: every call
 * returns, what it leaves behind can be used, objects that others still need live on, and at the end no
 * memory is left. ROUNDS: how many sequences of calls to try (default 300). SEED: where to begin (default 1).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "alloc.h"
#include "eqlmini.h"
#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OBJECTS = 3, PROGRAMS = 6, CALLS = 250, MAX_IMAGE = 1 << 16 };

typedef struct bytes {
    char p[MAX_IMAGE];
    size_t n;
} bytes;

typedef struct world {
    ts_alloc alloc;
    eqlm_schema *schemas[OBJECTS];
    eqlm_diags *diags[OBJECTS];
    eqlm_program *programs[PROGRAMS];
    eqlm_vm *vms[OBJECTS];
    eqlm_rules *rules[OBJECTS];
    eqlm_stream *streams[OBJECTS];
    bytes images[OBJECTS], states[OBJECTS];
    eqlm_profile profile;
    eqlm_profile_counts counts[4];
    uint64_t random, results[7], matches;
    eqlm_stream *calling; /* the stream that a callback stands in */
    size_t held;
} world;

static uint32_t below(world *w, uint32_t n)
{
    w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(w->random >> 33) % n;
}

/* An event is an address; what its fields hold follows from it and their number. */
static bool get(void *ctx, const void *event, uint32_t field, eqlm_value *out)
{
    static const char *const texts[] = { "a", "process", "cmd.exe", "", "xyz", "process" };
    size_t h = (size_t)((const char *)event - (const char *)ctx) + field;
    *out = (eqlm_value) { .type = EQLM_I64, .as.i64 = (int64_t)(h % 5) };
    if (h % 3 == 0 || field == 0)
        *out = (eqlm_value) { .type = EQLM_STRING,
                              .len = (uint32_t)strlen(texts[h % 6]),
                              .as.str = texts[h % 6] };
    return h % 7 != 6;
}

static bool write_bytes(void *ctx, const void *p, size_t n)
{
    bytes *b = ctx;
    if (n > sizeof b->p - b->n)
        return false;
    memcpy(b->p + b->n, p, n);
    b->n += n;
    return true;
}

static uint64_t now(void *ctx)
{
    return ++*(uint64_t *)ctx;
}

static bool on_match(void *ctx, const eqlm_stream_match *m)
{
    world *w = ctx;
    eqlm_stream_counts counts;
    w->matches++;
    assert_true(m->n_events > 0);
    eqlm_stream_get_counts(w->calling, &counts);
    assert_int_equal(eqlm_stream_advance(w->calling, 0), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_stream_flush(w->calling), EQLM_E_ARGUMENT);
    return below(w, 12) != 0;
}

static void on_release(void *ctx, uint64_t id)
{
    (void)ctx;
    assert_true(id < 50);
}

static const void *hold(void *ctx, const void *event, size_t *n)
{
    world *w = ctx;
    *n = below(w, 1000);
    if (below(w, 10) == 0)
        return NULL;
    w->held++;
    return event;
}

static void release(void *ctx, const void *event)
{
    world *w = ctx;
    (void)event;
    assert_true(w->held > 0);
    w->held--;
}

static const char *random_query(world *w)
{
    static const char *const queries[] = {
        "any where a == 1", "process where name : (\"c*\", \"*z\") and not b > 2",
        "any where name regex~ \"c.*e\" or a + b == 3",
        "sequence by a [any where b == 1] [any where name : \"c*\"]",
        "sequence by ?a with maxspan=5ms [any where true] ![any where b == 2] [any where true] until [any where b == 3]",
        "sample by a [any where b > 1] [any where b <= 1]",
        "any where descendant of [process where a == 1]", "any where length(name) > 3 and number(name) == 1",
        "any where", "any where true", "sequence [any where a == 1] as e [any where b == e.b]", "",
    };
    return queries[below(w, sizeof queries / sizeof queries[0])];
}

static eqlm_options random_options(world *w)
{
    eqlm_options o = { .size = sizeof o, .dialect = below(w, 2) ? EQLM_DIALECT_ENDPOINT : EQLM_DIALECT_ES };
    if (below(w, 4) == 0)
        o.limits.max_choices = 1;
    if (below(w, 8) == 0)
        o.limits.max_scratch = 64;
    return o;
}

static eqlm_status schema_calls(world *w, eqlm_schema **s)
{
    const eqlm_field same[] = { { .name = "a" }, { .name = "x" } };
    switch (*s && below(w, 10) ? 1 + below(w, 5) : 0) {
    case 0:
        eqlm_schema_free(*s);
        return eqlm_schema_new(&w->alloc.hook, s);
    case 1:
        return eqlm_schema_add(*s, same, below(w, 3));
    case 2:
        return eqlm_schema_set_getter(*s, get, w);
    case 3:
        return below(w, 9) ? EQLM_OK : eqlm_schema_close(*s);
    case 4:
        return eqlm_schema_set_types(*s, below(w, 2) ? eqlm_ecs_type : NULL, NULL);
    default:
        return eqlm_schema_set_type_names(*s, eqlm_ecs_name, NULL);
    }
}

static eqlm_status compile_calls(world *w, eqlm_program **p)
{
    eqlm_schema *schema = w->schemas[below(w, OBJECTS)];
    eqlm_diags *diags = w->diags[below(w, OBJECTS)];
    const char *query = random_query(w);
    eqlm_options o = random_options(w);
    bytes *im = &w->images[below(w, OBJECTS)];
    switch (*p ? below(w, 6) : 5) {
    case 0:
        eqlm_program_free(*p);
        *p = NULL;
        return below(w, 2) ? eqlm_compile_expr(&w->alloc.hook, schema,
                                               (eqlm_str) { "concat(name, a + b)", 19 }, &o, diags, p)
                           : EQLM_OK;
    case 1:
        im->n = 0;
        return below(w, 2) ? eqlm_program_save(*p, write_bytes, im)
                           : eqlm_program_dump(*p, below(w, 2), write_bytes, im);
    case 2:
        eqlm_program_free(*p);
        return eqlm_program_load(&w->alloc.hook, schema, im->p, im->n, p);
    case 3:
        im->n = 0;
        return eqlm_emit_c_rule(*p, "rule", (eqlm_str) { NULL, 0 }, write_bytes, im);
    default:
        eqlm_program_free(*p);
        return eqlm_compile(&w->alloc.hook, schema, (eqlm_str) { query, strlen(query) }, &o, diags, p);
    }
}

static const void *random_event(world *w)
{
    return (const char *)w + below(w, 20);
}

static eqlm_status rules_calls(world *w, eqlm_rules **set)
{
    const uint32_t *matches;
    size_t n;
    bytes out = { .n = 0 };
    bool selective;
    switch (*set ? below(w, 12) : 0) {
    case 0:
        eqlm_rules_free(*set);
        return eqlm_rules_new(&w->alloc.hook, set);
    case 1:
        return eqlm_rules_seal(*set);
    case 2:
        return eqlm_rules_guard(*set, below(w, 4), &selective, write_bytes, &out);
    case 3:
    case 4:
        return eqlm_rules_add(*set, w->programs[below(w, PROGRAMS)], NULL);
    default:
        return eqlm_rules_match(w->vms[below(w, OBJECTS)], *set, random_event(w), &matches, &n);
    }
}

static eqlm_status vm_calls(world *w, eqlm_vm **vm)
{
    const eqlm_value *values;
    uint64_t hashes[2];
    size_t n;
    bool hit;
    const eqlm_program *p = w->programs[below(w, PROGRAMS)];
    switch (*vm ? below(w, 7) : 0) {
    case 0:
        eqlm_vm_free(*vm);
        return eqlm_vm_new(&w->alloc.hook, vm);
    case 1:
        return eqlm_eval(*vm, p, below(w, 3) ? random_event(w) : NULL, &values, &n);
    case 2:
        return eqlm_vm_set_profile(*vm, below(w, 2) ? &w->profile : NULL);
    case 3:
        return eqlm_stream_shard(*vm, p, random_event(w), 7, hashes, below(w, 3), &n, &hit);
    default:
        return eqlm_match(*vm, p, random_event(w), &hit);
    }
}

static eqlm_status new_stream(world *w, eqlm_stream **s)
{
    eqlm_stream_options o = { .size = sizeof o, .hash_seed = below(w, 2), .ctx = w };
    eqlm_stream_free(*s);
    if (below(w, 4))
        o.on_match = on_match;
    if (below(w, 2))
        o.on_release = on_release;
    if (below(w, 3)) {
        o.hold_event = hold;
        o.release_event = release;
        o.lateness_ns = below(w, 3) ? 0 : 2000000;
    }
    o.order_by_tiebreaker = below(w, 4) == 0;
    o.early_missing = below(w, 4) == 0;
    o.max_state = below(w, 3) ? 0 : 1 + below(w, 3000);
    o.n_shards = below(w, 6) ? 0 : below(w, 3);
    o.shard = below(w, 6) ? 0 : below(w, 3);
    o.samples_per_key = below(w, 3);
    return eqlm_stream_new(&w->alloc.hook, &o, s);
}

static eqlm_status stream_calls(world *w, eqlm_stream **s, size_t i)
{
    static const int64_t ends[] = { INT64_MIN, INT64_MAX, 0, -1 };
    eqlm_stream_counts counts;
    eqlm_event_info info = { .id = below(w, 50),
                             .has_time = below(w, 10) != 0,
                             .time = (int64_t)below(w, 30) * 1000000 };
    w->calling = *s;
    if (below(w, 20) == 0)
        info.time = ends[below(w, 4)];
    if (below(w, 4) == 0)
        info.tiebreaker = (eqlm_value) { .type = EQLM_I64, .as.i64 = below(w, 9) };
    switch (*s ? below(w, 24) : 0) {
    case 0:
        return new_stream(w, s);
    case 1:
        return eqlm_stream_flush(*s);
    case 2:
        return eqlm_stream_advance(*s, info.time);
    case 3:
        w->states[i].n = 0;
        return eqlm_stream_save(*s, write_bytes, &w->states[i]);
    case 4:
        return eqlm_stream_restore(*s, w->states[i].p, w->states[i].n);
    case 5:
        return eqlm_stream_set_profile(*s, below(w, 2) ? &w->profile : NULL);
    case 6:
        eqlm_stream_get_counts(*s, &counts);
        eqlm_stream_program_counts(*s, below(w, 3), &counts);
        return EQLM_OK;
    case 7:
    case 8:
    case 9:
        return eqlm_stream_add(*s, w->programs[below(w, PROGRAMS)], NULL);
    default:
        return eqlm_stream_feed(*s, random_event(w), &info);
    }
}

static void one_call(world *w)
{
    eqlm_status s;
    size_t i = below(w, OBJECTS);
    ts_alloc_arm(&w->alloc, below(w, 4) ? 0 : 1 + below(w, 30));
    switch (below(w, 12)) {
    case 0:
        s = schema_calls(w, &w->schemas[i]);
        break;
    case 1:
        eqlm_diags_free(w->diags[i]);
        s = eqlm_diags_new(&w->alloc.hook, &w->diags[i]);
        break;
    case 2:
    case 3:
    case 4:
        s = compile_calls(w, &w->programs[below(w, PROGRAMS)]);
        break;
    case 5:
    case 6:
        s = rules_calls(w, &w->rules[i]);
        break;
    case 7:
        s = vm_calls(w, &w->vms[i]);
        break;
    default:
        s = stream_calls(w, &w->streams[i], i);
        break;
    }
    assert_true(s >= EQLM_OK && s <= EQLM_E_SCHEMA);
    assert_true(s != EQLM_E_NOMEM || w->alloc.failed || w->held < 1000);
    w->results[s]++;
    assert_false(w->alloc.corrupt);
}

/* The objects go in any order, too. */
static void clear(world *w)
{
    uint32_t first = below(w, 6);
    for (uint32_t k = 0; k < 6; k++) {
        for (size_t i = 0; i < PROGRAMS; i++) {
            switch ((first + k) % 6) {
            case 0:
                eqlm_program_free(w->programs[i]);
                break;
            case 1:
                eqlm_schema_free(i < OBJECTS ? w->schemas[i] : NULL);
                break;
            case 2:
                eqlm_vm_free(i < OBJECTS ? w->vms[i] : NULL);
                break;
            case 3:
                eqlm_rules_free(i < OBJECTS ? w->rules[i] : NULL);
                break;
            case 4:
                eqlm_stream_free(i < OBJECTS ? w->streams[i] : NULL);
                break;
            default:
                eqlm_diags_free(i < OBJECTS ? w->diags[i] : NULL);
                break;
            }
        }
    }
}

static void test_any_order(void **state)
{
    static world w;
    static uint64_t clock, results[7], matches;
    (void)state;
    uint64_t rounds = ts_number_from("ROUNDS", 300), first = ts_number_from("SEED", 1);
    for (uint64_t i = 0; i < rounds; i++) {
        memset(&w, 0, sizeof w);
        w.random = (first + i) * UINT64_C(0x9E3779B97F4A7C15);
        ts_alloc_init(&w.alloc);
        w.profile = (eqlm_profile) {
            .size = sizeof w.profile, .now = now, .ctx = &clock, .programs = w.counts, .n = 4
        };
        for (int k = 0; k < OBJECTS; k++) {
            assert_int_equal(eqlm_schema_new(&w.alloc.hook, &w.schemas[k]), EQLM_OK);
            assert_int_equal(eqlm_schema_set_getter(w.schemas[k], get, &w), EQLM_OK);
        }
        for (int k = 0; k < PROGRAMS; k++)
            compile_calls(&w, &w.programs[k]);
        for (int k = 0; k < OBJECTS; k++) {
            rules_calls(&w, &w.rules[k]);
            vm_calls(&w, &w.vms[k]);
            new_stream(&w, &w.streams[k]);
            stream_calls(&w, &w.streams[k], (size_t)k);
            for (int n = 0; n < 3; n++)
                eqlm_stream_add(w.streams[k], w.programs[below(&w, PROGRAMS)], NULL);
        }
        for (int k = 0; k < CALLS; k++)
            one_call(&w);
        ts_alloc_arm(&w.alloc, 0);
        clear(&w);
        if (w.alloc.live_blocks || w.alloc.corrupt || w.held)
            fail_msg("SEED=%llu ROUNDS=1: %zu blocks and %zu events are left",
                     (unsigned long long)(first + i), w.alloc.live_blocks, w.held);
        for (int k = 0; k < 7; k++)
            results[k] += w.results[k];
        matches += w.matches;
    }
    for (int k = 0; k < 7; k++)
        printf("%s: %llu\n", eqlm_status_text((eqlm_status)k), (unsigned long long)results[k]);
    printf("%llu matches\n", (unsigned long long)matches);
    assert_true(results[EQLM_OK] > rounds * CALLS / 5 && results[EQLM_E_NOMEM] > 0 && matches > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_any_order) };
    return cmocka_run_group_tests_name("calls in any order", tests, NULL, NULL);
}
