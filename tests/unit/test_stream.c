/* test_stream.c - the interface of streams: what vectors cannot say. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "alloc.h"
#include "base/pack.h"
#include "stream.h"
#include "stream/choose.h"
#include "stream/index.h"
#include "stream/keys.h"
#include "vector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PROGRAMS 12
#define MS INT64_C(1000000)

typedef struct rig {
    ts_feeder feeder;
    ts_alloc alloc;
    eqlm_program *programs[MAX_PROGRAMS];
    size_t n_programs;
    eqlm_stream *stream;
    ts_event *events[2048]; /* kept until the end: getters lend their texts */
    json_t *docs[2048];
    size_t n_events;
} rig;

static void rig_init(rig *r, const char *const *queries, eqlm_dialect dialect)
{
    memset(r, 0, sizeof *r);
    ts_alloc_init(&r->alloc);
    ts_feeder_init(&r->feeder, NULL);
    for (; queries[r->n_programs]; r->n_programs++) {
        assert_true(r->n_programs < MAX_PROGRAMS);
        r->programs[r->n_programs] = ts_feeder_compile(&r->feeder, NULL, queries[r->n_programs], dialect);
        assert_non_null(r->programs[r->n_programs]);
    }
}

static eqlm_status try_open(rig *r, const eqlm_stream_options *o)
{
    eqlm_status status = eqlm_stream_new(&r->alloc.hook, o, &r->stream);
    for (size_t i = 0; status == EQLM_OK && i < r->n_programs; i++) {
        uint32_t number;
        status = eqlm_stream_add(r->stream, r->programs[i], &number);
        if (status == EQLM_OK)
            assert_int_equal(number, i);
    }
    return status;
}

static void rig_open(rig *r, eqlm_stream_options o)
{
    assert_int_equal(try_open(r, &o), EQLM_OK);
}

static void rig_clear(rig *r)
{
    eqlm_stream_free(r->stream);
    for (size_t i = 0; i < r->n_programs; i++)
        eqlm_program_free(r->programs[i]);
    for (size_t i = 0; i < r->n_events; i++) {
        ts_event_free(r->events[i]);
        json_decref(r->docs[i]);
    }
    assert_int_equal(r->alloc.live_blocks, 0);
    assert_false(r->alloc.corrupt);
    assert_int_equal(r->feeder.held, 0);
    ts_feeder_clear(&r->feeder);
}

static ts_event *keep_event(rig *r, json_t *doc)
{
    assert_true(doc && r->n_events < sizeof r->docs / sizeof r->docs[0]);
    r->docs[r->n_events] = doc;
    return r->events[r->n_events++] = ts_event_new(doc, NULL, NULL);
}

static eqlm_status try_feed(rig *r, const char *text)
{
    json_error_t error;
    json_t *doc = json_loads(text, 0, &error);
    if (!doc)
        fail_msg("%s: %s", text, error.text);
    return ts_feeder_feed(&r->feeder, r->stream, keep_event(r, doc), doc);
}

/* "ID@MS category", further fields as JSON members. */
static eqlm_status try_event(rig *r, int id, int ms, const char *category, const char *more)
{
    char text[2048];
    snprintf(text, sizeof text, "{\"id\": %d, \"@timestamp\": %d, \"event.category\": \"%s\"%s%s}", id, ms,
             category, *more ? ", " : "", more);
    return try_feed(r, text);
}

static void feed(rig *r, int id, int ms, const char *category, const char *more)
{
    assert_int_equal(try_event(r, id, ms, category, more), EQLM_OK);
}

/* All matches so far as text, "0:1,2 0:3,-" with the program before the ids; then forgets them. */
static void assert_told(rig *r, const char *want)
{
    char got[4096] = "";
    size_t len = 0, i, k;
    json_t *m, *id;
    json_array_foreach(r->feeder.matches, i, m)
    {
        len += (size_t)snprintf(got + len, sizeof got - len, "%s%lld:", i ? " " : "",
                                (long long)json_integer_value(json_object_get(m, "program")));
        json_array_foreach(json_object_get(m, "ids"), k, id)
        {
            if (json_is_null(id))
                len += (size_t)snprintf(got + len, sizeof got - len, "%s-", k ? "," : "");
            else
                len += (size_t)snprintf(got + len, sizeof got - len, "%s%lld", k ? "," : "",
                                        (long long)json_integer_value(id));
        }
    }
    assert_string_equal(got, want);
    json_array_clear(r->feeder.matches);
}

static void assert_released(rig *r, const char *want)
{
    char *got = json_dumps(r->feeder.released, JSON_COMPACT);
    assert_string_equal(got, want);
    free(got);
    json_array_clear(r->feeder.released);
}

static eqlm_stream_counts counts_of(const rig *r)
{
    eqlm_stream_counts c;
    eqlm_stream_get_counts(r->stream, &c);
    return c;
}

static const char *const pair[] = { "sequence by u [a where true] [b where true]", NULL };

/* ---- the interface ---------------------------------------------------------------------------------------
 */

static void test_arguments(void **state)
{
    static const char *const queries[] = { "sequence [a where true] [b where true]", NULL };
    rig r;
    eqlm_stream *s = (eqlm_stream *)1;
    eqlm_program *expr = NULL;
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ES);
    eqlm_stream_options o = { .size = sizeof o };
    assert_int_equal(eqlm_stream_new(NULL, &o, NULL), EQLM_E_ARGUMENT);
    o.size = sizeof o - 1;
    assert_int_equal(eqlm_stream_new(NULL, &o, &s), EQLM_E_ARGUMENT);
    assert_null(s);
    o = (eqlm_stream_options) { .size = sizeof o, .lateness_ns = 1 }; /* nobody to hold events */
    assert_int_equal(eqlm_stream_new(NULL, &o, &s), EQLM_E_ARGUMENT);
    o = (eqlm_stream_options) { .size = sizeof o, .order_by_tiebreaker = true };
    assert_int_equal(eqlm_stream_new(NULL, &o, &s), EQLM_E_ARGUMENT);
    o = (eqlm_stream_options) { .size = sizeof o, .lateness_ns = -1 };
    assert_int_equal(eqlm_stream_new(NULL, &o, &s), EQLM_E_ARGUMENT);
    o = (eqlm_stream_options) { .size = sizeof o, .n_shards = 2, .shard = 2, .hash_seed = 1 };
    assert_int_equal(eqlm_stream_new(NULL, &o, &s), EQLM_E_ARGUMENT);
    o = (eqlm_stream_options) { .size = sizeof o, .n_shards = 2 }; /* no seed to share */
    assert_int_equal(eqlm_stream_new(NULL, &o, &s), EQLM_E_ARGUMENT);
    o = (eqlm_stream_options) { .size = sizeof o, .samples_per_key = (1 << 16) + 1 };
    assert_int_equal(eqlm_stream_new(NULL, &o, &s), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_stream_new(NULL, NULL, &s), EQLM_OK);
    assert_int_equal(eqlm_compile_expr(NULL, r.feeder.schema, (eqlm_str) { "1 + x", 5 }, NULL, NULL, &expr),
                     EQLM_OK);
    assert_int_equal(eqlm_stream_add(s, expr, NULL), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_stream_add(s, NULL, NULL), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_stream_add(NULL, r.programs[0], NULL), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_stream_add(s, r.programs[0], NULL), EQLM_OK);
    eqlm_event_info info = { .id = 1 };
    assert_int_equal(eqlm_stream_feed(s, "", NULL), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_stream_feed(s, NULL, &info), EQLM_E_ARGUMENT);
    info.tiebreaker.type = EQLM_ARRAY;
    assert_int_equal(eqlm_stream_feed(s, "", &info), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_stream_advance(NULL, 0), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_stream_flush(NULL), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_stream_restore(s, NULL, 0), EQLM_E_ARGUMENT);
    eqlm_program_free(expr);
    eqlm_stream_free(s);
    eqlm_stream_free(NULL);
    rig_clear(&r);
}

static void test_programs_are_kept_and_fixed(void **state)
{
    rig r;
    (void)state;
    rig_init(&r, pair, EQLM_DIALECT_ES);
    rig_open(&r, ts_feeder_options(&r.feeder));
    eqlm_program_free(r.programs[0]); /* the stream has its own reference */
    r.n_programs = 0;
    feed(&r, 1, 1, "a", "\"u\": 1");
    eqlm_program *late = ts_feeder_compile(&r.feeder, NULL, "a where true", EQLM_DIALECT_ES);
    assert_int_equal(eqlm_stream_add(r.stream, late, NULL), EQLM_E_ARGUMENT);
    feed(&r, 2, 2, "b", "\"u\": 1");
    assert_told(&r, "0:1,2");
    assert_int_equal(eqlm_stream_flush(r.stream), EQLM_OK);
    assert_int_equal(eqlm_stream_add(r.stream, late, NULL), EQLM_OK); /* as new */
    feed(&r, 3, 0, "a", "");
    assert_told(&r, "1:3");
    eqlm_program_free(late);
    rig_clear(&r);
}

static void test_alias_in_a_gap(void **state)
{
    static const char *const queries[] = {
        "sequence with maxspan=1s [a where true] as e0 ![c where x == e0.x] [b where true]", NULL
    };
    rig r;
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ENDPOINT);
    rig_open(&r, ts_feeder_options(&r.feeder));
    feed(&r, 1, 1, "a", "\"x\": 1");
    feed(&r, 2, 2, "c", "\"x\": 2");
    feed(&r, 3, 3, "b", "");
    feed(&r, 4, 4, "a", "\"x\": 1");
    feed(&r, 5, 5, "c", "\"x\": 1");
    feed(&r, 6, 6, "b", "");
    assert_told(&r, "0:1,-,3");
    rig_clear(&r);
}

static void test_kinds_side_by_side(void **state)
{
    static const char *const queries[] = { "a where x > 1", "sequence by u [a where true] [a where x > 1]",
                                           "sample by u [a where x == 1] [a where x == 2]",
                                           "a where x / 0 == 1", NULL };
    rig r;
    eqlm_stream_counts c;
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ES);
    rig_open(&r, ts_feeder_options(&r.feeder));
    feed(&r, 1, 1, "a", "\"u\": 1, \"x\": 1");
    feed(&r, 2, 2, "a", "\"u\": 1, \"x\": 2");
    assert_told(&r, "0:2 1:1,2");
    eqlm_stream_program_counts(r.stream, 1, &c);
    assert_int_equal(c.matches, 1);
    assert_int_equal(c.partials, 1);
    assert_int_equal(c.keys, 1);
    assert_true(c.state_bytes > 0 && c.state_bytes < counts_of(&r).state_bytes);
    eqlm_stream_program_counts(r.stream, 3, &c);
    assert_int_equal(c.errors, 2);
    assert_int_equal(counts_of(&r).errors, 2);
    assert_int_equal(eqlm_stream_flush(r.stream), EQLM_OK);
    assert_told(&r, "2:1,2");
    assert_int_equal(counts_of(&r).matches, 3);
    assert_int_equal(counts_of(&r).events, 2);
    eqlm_stream_program_counts(r.stream, 99, &c);
    assert_int_equal(c.matches, 0);
    rig_clear(&r);
}

/* ---- time ------------------------------------------------------------------------------------------------
 */

static void test_late_events(void **state)
{
    static const char *const queries[] = { "b where true", "sequence [a where true] [b where true]", NULL };
    rig r;
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ES);
    rig_open(&r, ts_feeder_options(&r.feeder));
    feed(&r, 1, 10, "a", "");
    feed(&r, 2, 9, "b", "");
    assert_int_equal(try_feed(&r, "{\"id\": 3, \"event.category\": \"b\"}"), EQLM_OK);
    assert_told(&r, "0:2 0:3");
    feed(&r, 4, 10, "b", ""); /* as old as the newest is not late */
    assert_told(&r, "0:4 1:1,4");
    assert_int_equal(counts_of(&r).late, 1);
    assert_int_equal(counts_of(&r).no_time, 1);
    assert_int_equal(counts_of(&r).events, 4);
    rig_clear(&r);
}

static void test_advance(void **state)
{
    static const char *const queries[] = { "sequence with maxspan=10ms [a where true] ![b where true]",
                                           "sequence with maxspan=10ms [a where true] [b where true]", NULL };
    rig r;
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ES);
    rig_open(&r, ts_feeder_options(&r.feeder));
    feed(&r, 1, 100, "a", "");
    assert_int_equal(counts_of(&r).partials, 2);
    assert_int_equal(eqlm_stream_advance(r.stream, 110 * MS + MS - 1), EQLM_OK);
    assert_told(&r, ""); /* an event of this millisecond would be in time */
    assert_int_equal(eqlm_stream_advance(r.stream, 111 * MS), EQLM_OK);
    assert_told(&r, "0:1,-");
    assert_int_equal(counts_of(&r).partials, 0);
    assert_int_equal(counts_of(&r).keys, 0);
    feed(&r, 2, 105, "a", ""); /* late now */
    assert_int_equal(counts_of(&r).late, 1);
    assert_int_equal(eqlm_stream_advance(r.stream, 0), EQLM_OK); /* never back */
    feed(&r, 3, 105, "a", "");
    assert_int_equal(counts_of(&r).late, 2);
    rig_clear(&r);
}

/* No time is too far from another. */
static void test_ends_of_time(void **state)
{
    static const char *const queries[] = {
        "sequence [a where true] [b where true]",
        "sequence with maxspan=106000d [a where true] [b where true]",
        "sequence with maxspan=1ms ![c where true] [a where true] ![b where true]", NULL
    };
    rig r;
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ES);
    eqlm_stream_options o = ts_feeder_options(&r.feeder);
    o.lateness_ns = 1;
    rig_open(&r, o);
    ts_event *a = keep_event(&r, json_pack("{s:s}", "event.category", "a"));
    ts_event *b = keep_event(&r, json_pack("{s:s}", "event.category", "b"));
    eqlm_event_info first = { .id = 1, .has_time = true, .time = INT64_MIN };
    eqlm_event_info last = { .id = 2, .has_time = true, .time = INT64_MAX };
    r.feeder.getter.event = a;
    assert_int_equal(eqlm_stream_feed(r.stream, ts_event_root(a), &first), EQLM_OK);
    assert_int_equal(eqlm_stream_feed(r.stream, ts_event_root(b), &last), EQLM_OK);
    assert_int_equal(eqlm_stream_flush(r.stream), EQLM_OK);
    assert_int_equal(json_array_size(r.feeder.matches), 2); /* the second span is shorter than all of time */
    rig_clear(&r);
}

static void test_held_events(void **state)
{
    static const char *const queries[] = { "sequence by u [a where true] [b where true]", "b where true",
                                           NULL };
    rig r;
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ES);
    eqlm_stream_options o = ts_feeder_options(&r.feeder);
    o.lateness_ns = 10 * MS;
    o.order_by_tiebreaker = true;
    o.on_release = ts_feeder_release;
    rig_open(&r, o);
    feed(&r, 1, 20, "b", "\"u\": 1");
    feed(&r, 2, 15, "a", "\"u\": 1");
    feed(&r, 3, 10, "a", "\"u\": 2"); /* exactly as late as allowed */
    feed(&r, 4, 9, "a", "\"u\": 3");
    assert_told(&r, "1:1");
    assert_int_equal(counts_of(&r).late, 1);
    assert_released(&r, "[4]");
    assert_int_equal(r.feeder.held, 3);
    feed(&r, 5, 30, "b", "\"u\": 2"); /* at 20 others may still come */
    assert_told(&r, "1:5");
    assert_int_equal(r.feeder.held, 2);
    feed(&r, 6, 31, "c", "");
    assert_told(&r, "0:2,1");
    assert_released(&r, "[2,1]");
    assert_int_equal(eqlm_stream_advance(r.stream, 31 * MS), EQLM_OK);
    assert_told(&r, "0:3,5");
    assert_released(&r, "[3,5]");
    assert_int_equal(eqlm_stream_flush(r.stream), EQLM_OK);
    assert_released(&r, "[6]");
    rig_clear(&r);
}

static void test_holding_fails(void **state)
{
    rig r;
    (void)state;
    rig_init(&r, pair, EQLM_DIALECT_ES);
    eqlm_stream_options o = ts_feeder_options(&r.feeder);
    o.lateness_ns = 10 * MS;
    o.on_release = ts_feeder_release;
    rig_open(&r, o);
    r.feeder.fail_hold = 2;
    feed(&r, 1, 1, "a", "\"u\": 1");
    assert_int_equal(try_event(&r, 2, 2, "b", "\"u\": 1"), EQLM_E_NOMEM);
    assert_int_equal(counts_of(&r).events, 1);
    feed(&r, 2, 2, "b", "\"u\": 1");
    assert_int_equal(eqlm_stream_flush(r.stream), EQLM_OK);
    assert_told(&r, "0:1,2");
    assert_released(&r, "[1,2]");
    rig_clear(&r);
}

/* Held events give way before the partials that they would push out. */
static void test_held_events_have_a_limit(void **state)
{
    rig r;
    (void)state;
    rig_init(&r, pair, EQLM_DIALECT_ES);
    eqlm_stream_options o = ts_feeder_options(&r.feeder);
    o.lateness_ns = INT64_MAX;
    o.max_state = 8192;
    rig_open(&r, o);
    for (int i = 0; i < 200; i++)
        feed(&r, i, i, i % 2 ? "b" : "a", "\"u\": 1");
    assert_true(r.feeder.held > 10 && r.feeder.held < 60);
    assert_true(json_array_size(r.feeder.matches) >= 70);
    assert_int_equal(counts_of(&r).evicted, 0);
    assert_true(counts_of(&r).peak_bytes <= 8192);
    feed(&r, 200, 1, "a", "\"u\": 1");
    assert_int_equal(counts_of(&r).late, 1);
    rig_clear(&r);
}

/* ---- release and stop ------------------------------------------------------------------------------------
 */

static void test_release(void **state)
{
    static const char *const queries[] = { "sequence by u [a where true] [b where true]",
                                           "sequence [a where true] [c where true] [b where true]", NULL };
    rig r;
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ES);
    eqlm_stream_options o = ts_feeder_options(&r.feeder);
    o.on_release = ts_feeder_release;
    rig_open(&r, o);
    feed(&r, 1, 1, "z", "");
    assert_released(&r, "[1]");
    feed(&r, 2, 2, "a", "\"u\": [1, 2]");
    feed(&r, 3, 3, "b", "\"u\": 1");
    assert_released(&r, "[3]"); /* 2 is still the start for u = 2 and of the other sequence */
    feed(&r, 4, 4, "b", "\"u\": 2");
    assert_released(&r, "[4]");
    feed(&r, 5, 5, "a", "");
    assert_released(&r, "[2]"); /* replaced */
    feed(&r, 6, 6, "c", "");
    assert_released(&r, "[]");
    assert_int_equal(eqlm_stream_flush(r.stream), EQLM_OK);
    assert_released(&r, "[5,6]");
    rig_clear(&r);
}

static void test_stop(void **state)
{
    rig r;
    (void)state;
    rig_init(&r, pair, EQLM_DIALECT_ES);
    rig_open(&r, ts_feeder_options(&r.feeder));
    feed(&r, 1, 1, "a", "\"u\": [1, 2, 3]");
    r.feeder.stop_after = 2;
    assert_int_equal(try_event(&r, 2, 2, "b", "\"u\": [1, 2, 3]"), EQLM_E_LIMIT);
    assert_told(&r, "0:1,2 0:1,2");
    feed(&r, 3, 3, "b", "\"u\": 3"); /* the third match was lost with the rest, its partial is used up */
    assert_told(&r, "");
    assert_int_equal(counts_of(&r).matches, 2);
    rig_clear(&r);
}

static bool call_back(void *ctx, const eqlm_stream_match *m)
{
    rig *r = ctx;
    eqlm_event_info info = { .id = 1 };
    (void)m;
    assert_int_equal(eqlm_stream_feed(r->stream, "", &info), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_stream_flush(r->stream), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_stream_advance(r->stream, 0), EQLM_E_ARGUMENT);
    return true;
}

static void test_callback_may_not_call(void **state)
{
    static const char *const queries[] = { "a where true", NULL };
    rig r;
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ES);
    eqlm_stream_options o = { .size = sizeof o, .on_match = call_back, .ctx = &r };
    rig_open(&r, o);
    feed(&r, 1, 1, "a", "");
    assert_int_equal(counts_of(&r).matches, 1);
    rig_clear(&r);
}

/* ---- budget ----------------------------------------------------------------------------------------------
 */

static void test_budget(void **state)
{
    rig r;
    char more[32];
    (void)state;
    rig_init(&r, pair, EQLM_DIALECT_ES);
    eqlm_stream_options o = ts_feeder_options(&r.feeder);
    o.max_state = 64 * 1024;
    o.on_release = ts_feeder_release;
    rig_open(&r, o);
    for (int i = 0; i < 1000; i++) {
        snprintf(more, sizeof more, "\"u\": %d", i);
        feed(&r, i, i, "a", more);
        assert_true(counts_of(&r).state_bytes <= o.max_state);
    }
    eqlm_stream_counts c = counts_of(&r);
    assert_true(c.evicted > 100 && c.partials > 100);
    assert_int_equal(c.evicted + c.partials, 1000);
    assert_int_equal(c.keys, c.partials);
    assert_true(c.peak_bytes <= o.max_state);
    assert_int_equal(json_array_size(r.feeder.released), c.evicted);
    /* The oldest have gone, the newest are there. */
    snprintf(more, sizeof more, "\"u\": %d", (int)c.evicted - 1);
    feed(&r, 2000, 2000, "b", more);
    assert_told(&r, "");
    snprintf(more, sizeof more, "\"u\": %d", (int)c.evicted);
    feed(&r, 2001, 2001, "b", more);
    assert_int_equal(json_array_size(r.feeder.matches), 1);
    eqlm_stream_program_counts(r.stream, 0, &c);
    assert_true(c.evicted > 100 && c.evicted < 1000);
    rig_clear(&r);
}

/* What one event asks for may be more than there is. */
static void test_budget_of_nothing(void **state)
{
    static const char *const queries[] = {
        "sequence by u [a where true] [b where true]", "sample by u [a where true] [b where true]",
        "sequence with maxspan=1s ![a where true] [b where true] ![c where true]",
        "process where descendant of [process where true]", NULL
    };
    rig r;
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ENDPOINT);
    eqlm_stream_options o = ts_feeder_options(&r.feeder);
    o.max_state = 1;
    o.on_release = ts_feeder_release;
    rig_open(&r, o);
    for (int i = 0; i < 30; i++)
        feed(&r, i, i,
             i % 3 == 0   ? "a"
             : i % 3 == 1 ? "b"
                          : "process",
             "\"u\": [1, 2, 3], \"process.pid\": 7, \"process.parent.pid\": 3");
    eqlm_stream_counts c = counts_of(&r);
    assert_int_equal(c.partials, 0);
    assert_int_equal(c.keys, 0);
    assert_true(c.evicted > 30);
    assert_int_equal(json_array_size(r.feeder.released), 30);
    rig_clear(&r);
}

static void test_budget_of_processes(void **state)
{
    static const char *const queries[] = {
        "process where descendant of [process where process.name == \"boss\"]", NULL
    };
    rig r;
    char more[256];
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ENDPOINT);
    eqlm_stream_options o = ts_feeder_options(&r.feeder);
    o.max_state = 32 * 1024;
    rig_open(&r, o);
    feed(&r, 1, 1, "process", "\"process.pid\": 1, \"process.name\": \"boss\"");
    feed(&r, 2, 2, "process", "\"process.pid\": 2, \"process.parent.pid\": 1");
    assert_told(&r, "0:2");
    for (int i = 0; i < 600; i++) { /* ended ones go first, so the two above stay */
        snprintf(more, sizeof more, "\"process.pid\": %d, \"event.type\": \"end\"", 100 + i);
        feed(&r, 10 + i, 10 + i, "process", more);
        assert_true(counts_of(&r).state_bytes <= o.max_state);
    }
    assert_true(counts_of(&r).evicted > 100);
    feed(&r, 1000, 1000, "process", "\"process.pid\": 3, \"process.parent.pid\": 2");
    assert_told(&r, "0:1000");
    for (int i = 0; i < 600; i++) { /* then those without events for the longest time */
        snprintf(more, sizeof more, "\"process.pid\": %d", 100 + i);
        feed(&r, 2000 + i, 2000 + i, "process", more);
    }
    feed(&r, 3000, 3000, "process", "\"process.pid\": 4, \"process.parent.pid\": 3");
    assert_told(&r, "");
    rig_clear(&r);
}

/* A number that is used again and again leaves nothing behind. */
static void test_reused_process_numbers(void **state)
{
    static const char *const queries[] = { "process where descendant of [process where true]", NULL };
    rig r;
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ENDPOINT);
    rig_open(&r, ts_feeder_options(&r.feeder));
    feed(&r, 0, 0, "process", "\"process.pid\": 1, \"event.type\": \"start\"");
    uint64_t before = counts_of(&r).state_bytes;
    for (int i = 1; i < 100; i++)
        feed(&r, i, i, "process", "\"process.pid\": 1, \"event.type\": \"start\"");
    assert_int_equal(counts_of(&r).state_bytes, before);
    rig_clear(&r);
}

static void test_expiry_frees_memory(void **state)
{
    static const char *const queries[] = { "sequence by u with maxspan=50ms [a where true] [b where true]",
                                           "sequence by u with maxspan=50ms ![a where true] [b where true]",
                                           NULL };
    rig r;
    char more[32];
    uint64_t peak = 0;
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ES);
    rig_open(&r, ts_feeder_options(&r.feeder));
    for (int i = 0; i < 1500; i++) {
        snprintf(more, sizeof more, "\"u\": %d", i);
        feed(&r, i, i, "a", more);
        assert_true(counts_of(&r).partials <= 51);
        assert_true(counts_of(&r).keys <= 2 * 51);
        peak = i == 200 ? counts_of(&r).peak_bytes : peak;
    }
    assert_int_equal(counts_of(&r).peak_bytes, peak);
    feed(&r, 5000, 5000, "z", "");
    assert_int_equal(counts_of(&r).keys, 0);
    rig_clear(&r);
}

/* What is over is forgotten at once, also when programs have spans of every length. */
static void test_expiry_of_many_programs(void **state)
{
    static const int spans[] = { 50, 20, 90, 10, 70, 30, 100, 60, 40, 80 };
    enum { N = sizeof spans / sizeof spans[0] };
    char text[N][80];
    const char *queries[N + 1] = { NULL };
    rig r;
    (void)state;
    for (int i = 0; i < N; i++) {
        snprintf(text[i], sizeof text[i], "sequence by u with maxspan=%dms [a where true] [b where true]", spans[i]);
        queries[i] = text[i];
    }
    rig_init(&r, queries, EQLM_DIALECT_ES);
    rig_open(&r, ts_feeder_options(&r.feeder));
    for (int round = 0; round < 3; round++) {
        feed(&r, round, round * 1000, "a", "\"u\": 1");
        for (int ms = 5; ms < 110; ms += 10) {
            assert_int_equal(eqlm_stream_advance(r.stream, (round * 1000 + ms) * INT64_C(1000000)), EQLM_OK);
            assert_int_equal(counts_of(&r).partials, N - ms / 10);
        }
    }
    rig_clear(&r);
}

/* The smallest cost of waiting: a start with a key of 32 bytes. */
static void test_size_of_a_partial(void **state)
{
    static const char *const queries[] = {
        "sequence by process.entity_id with maxspan=1m [a where true] [b where true] [c where true]", NULL
    };
    rig r;
    char more[128];
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ES);
    rig_open(&r, ts_feeder_options(&r.feeder));
    for (int i = 0; i < 1024; i++) {
        snprintf(more, sizeof more, "\"process.entity_id\": \"%032d\"", i);
        feed(&r, i, i, "a", more);
    }
    uint64_t each = counts_of(&r).state_bytes / 1024;
    printf("# %u bytes of state for a partial with a key of 32 bytes\n", (unsigned)each);
    assert_true(each < 200 + 32);
    rig_clear(&r);
}

static void test_too_many_tuples(void **state)
{
    static const char *const queries[] = { "sequence by u, v [a where true] [b where true]", "a where true",
                                           NULL };
    rig r;
    char *text = malloc(1 << 16);
    size_t len = 0;
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ES);
    rig_open(&r, ts_feeder_options(&r.feeder));
    len += (size_t)sprintf(text, "{\"id\": 1, \"@timestamp\": 1, \"event.category\": \"a\", \"u\": [");
    for (int i = 0; i < 150; i++)
        len += (size_t)sprintf(text + len, "%s%d", i ? "," : "", i);
    len += (size_t)sprintf(text + len, "], \"v\": [");
    for (int i = 0; i < 150; i++)
        len += (size_t)sprintf(text + len, "%s%d", i ? "," : "", i);
    sprintf(text + len, "]}");
    assert_int_equal(try_feed(&r, text), EQLM_OK);
    assert_told(&r, "1:1"); /* the others go on */
    assert_int_equal(counts_of(&r).errors, 1);
    assert_int_equal(counts_of(&r).keys, 0);
    free(text);
    rig_clear(&r);
}

/* ---- memory ----------------------------------------------------------------------------------------------
 */

static const char *const everything[] = {
    "sequence by u with maxspan=20ms [a where true] as e0 [b where x != e0.x] [c where s == e0.s] until [u "
    "where true]",
    "sequence by ?u with maxspan=20ms ![m where true] [a where true] ![n where true] [b where true] ![m "
    "where true]",
    "sequence by u with maxspan=20ms ![m where true] [a where x == 1] ![n where true]",
    "sample by u [a where true] [b where x > 0] [any where true]",
    "sequence by process.pid [process where descendant of [process where x == 1]] [process where true]",
    "any where child of [process where x == 2]",
    "a where x == 1",
    NULL
};

static const char *const life[] = {
    "1 a {\"u\": [1,2], \"x\": [1,5], \"s\": [\"p\",\"q\"]}",
    "2 m {\"u\": 1}",
    "2 b {\"u\": [1,2,3], \"x\": 2}",
    "3 process {\"process.pid\": 1, \"x\": 1, \"process.entity_id\": \"E1\", \"event.type\": \"start\"}",
    "4 a {\"u\": 2, \"x\": 1, \"s\": \"q\"}",
    "5 process {\"process.pid\": 2, \"process.parent.pid\": 1, \"x\": 2}",
    "6 b {\"u\": 2, \"x\": 3}",
    "7 c {\"u\": [1,2], \"s\": [\"q\"]}",
    "8 n {}",
    "9 a {\"x\": 1}",
    "10 b {}",
    "11 process {\"process.pid\": 3, \"process.parent.pid\": 2}",
    "12 process {\"process.pid\": 2, \"event.type\": \"end\"}",
    "13 a {\"u\": 7, \"x\": 1}",
    "14 a {\"u\": 8, \"x\": 1}",
    "15 n {\"u\": 7}",
    "16 u {\"u\": [1,2]}",
    "17 b {\"u\": [7,8], \"x\": 2}",
    "18 process {\"process.entity_id\": \"E1\", \"process.pid\": 4}",
    "30 process {\"process.parent.entity_id\": \"E1\", \"process.pid\": 1, \"event.type\": \"start\"}",
    "40 a {\"u\": \"text\", \"x\": 0}",
    "60 b {\"u\": \"text\", \"x\": 9}",
    "61 process {\"process.pid\": 1}",
};

#define N_LIFE (sizeof life / sizeof life[0])

static void make_life(rig *r)
{
    for (size_t i = 0; i < N_LIFE; i++) {
        char category[16];
        int ms, at;
        assert_int_equal(sscanf(life[i], "%d %15s %n", &ms, category, &at), 2);
        json_t *doc = json_loads(life[i] + at, 0, NULL);
        assert_non_null(doc);
        json_object_set_new(doc, "id", json_integer((json_int_t)i));
        json_object_set_new(doc, "@timestamp", json_integer(ms));
        json_object_set_new(doc, "event.category", json_string(category));
        json_object_set_new(doc, "tiebreak", json_integer((json_int_t)i));
        r->docs[i] = doc;
        r->events[i] = ts_event_new(doc, NULL, NULL);
    }
    r->n_events = N_LIFE;
}

static eqlm_status live_event(rig *r, size_t i)
{
    return ts_feeder_feed(&r->feeder, r->stream, r->events[i], r->docs[i]);
}

/* Feeds everything; a call that finds no memory is made again, and must then do what it would have done. */
static void live(rig *r)
{
    for (size_t i = 0; i < N_LIFE; i++) {
        eqlm_status status = live_event(r, i);
        if (status == EQLM_E_NOMEM)
            status = live_event(r, i);
        assert_int_equal(status, EQLM_OK);
    }
    eqlm_status status = eqlm_stream_flush(r->stream);
    if (status == EQLM_E_NOMEM)
        status = eqlm_stream_flush(r->stream);
    assert_int_equal(status, EQLM_OK);
}

static void fail_each_allocation(bool reorders)
{
    rig r;
    json_t *wanted = NULL, *released = NULL;
    rig_init(&r, everything, EQLM_DIALECT_ENDPOINT);
    make_life(&r);
    eqlm_stream_options o = ts_feeder_options(&r.feeder);
    o.on_release = ts_feeder_release;
    o.hash_seed = 3;
    o.order_by_tiebreaker = reorders;
    o.lateness_ns = reorders ? 3 * MS : 0;
    size_t fail_at = 0, tried = 0;
    do {
        ts_alloc_arm(&r.alloc, fail_at);
        eqlm_status status = try_open(&r, &o);
        if (status == EQLM_OK) {
            live(&r);
            eqlm_stream_counts c = counts_of(&r);
            assert_int_equal(c.events, N_LIFE);
            assert_int_equal(c.state_bytes, 0);
            if (fail_at == 0) {
                wanted = json_deep_copy(r.feeder.matches);
                released = json_deep_copy(r.feeder.released);
                assert_true(json_array_size(wanted) >= 10);
                assert_int_equal(json_array_size(released), N_LIFE);
            }
            assert_true(json_equal(wanted, r.feeder.matches));
            assert_true(json_equal(released, r.feeder.released));
        } else {
            assert_int_equal(status, EQLM_E_NOMEM);
        }
        eqlm_stream_free(r.stream);
        r.stream = NULL;
        assert_int_equal(r.alloc.live_blocks, 0);
        assert_int_equal(r.feeder.held, 0);
        json_array_clear(r.feeder.matches);
        json_array_clear(r.feeder.released);
        tried++;
        fail_at++;
    } while (r.alloc.failed || fail_at == 1);
    assert_true(tried > 150);
    json_decref(wanted);
    json_decref(released);
    rig_clear(&r);
}

static void test_every_allocation_fails(void **state)
{
    (void)state;
    fail_each_allocation(false);
}

static void test_every_allocation_fails_in_order(void **state)
{
    (void)state;
    fail_each_allocation(true);
}

/* ---- saved state -----------------------------------------------------------------------------------------
 */

static void save_to(rig *r, ts_bytes *image)
{
    image->len = 0;
    assert_int_equal(eqlm_stream_save(r->stream, ts_bytes_write, image), EQLM_OK);
}

static void reopen(rig *r, const eqlm_stream_options *o)
{
    eqlm_stream_free(r->stream);
    r->stream = NULL;
    assert_int_equal(try_open(r, o), EQLM_OK);
}

static void test_save_at_every_position(void **state)
{
    rig r;
    ts_bytes image = { 0 }, again = { 0 };
    (void)state;
    rig_init(&r, everything, EQLM_DIALECT_ENDPOINT);
    make_life(&r);
    eqlm_stream_options o = ts_feeder_options(&r.feeder);
    o.hash_seed = 3;
    rig_open(&r, o);
    live(&r);
    json_t *wanted = json_deep_copy(r.feeder.matches);
    json_array_clear(r.feeder.matches);
    reopen(&r, &o);
    for (size_t i = 0; i < N_LIFE; i++) {
        save_to(&r, &image);
        eqlm_stream_counts before = counts_of(&r);
        o.hash_seed = i + 1; /* seeds may differ */
        reopen(&r, &o);
        assert_int_equal(eqlm_stream_restore(r.stream, image.ptr, image.len), EQLM_OK);
        eqlm_stream_counts after = counts_of(&r);
        assert_memory_equal(&before, &after, sizeof before);
        save_to(&r, &again); /* a restored state is the saved one */
        assert_int_equal(again.len, image.len);
        assert_memory_equal(again.ptr, image.ptr, image.len);
        assert_int_equal(live_event(&r, i), EQLM_OK);
        assert_int_equal(eqlm_stream_restore(r.stream, image.ptr, image.len), EQLM_E_ARGUMENT);
    }
    assert_int_equal(eqlm_stream_flush(r.stream), EQLM_OK);
    assert_true(json_equal(wanted, r.feeder.matches));
    json_decref(wanted);
    free(image.ptr);
    free(again.ptr);
    rig_clear(&r);
}

static void test_save_refuses(void **state)
{
    rig r;
    ts_bytes image = { 0 };
    (void)state;
    rig_init(&r, pair, EQLM_DIALECT_ES);
    eqlm_stream_options o = ts_feeder_options(&r.feeder);
    o.lateness_ns = 10 * MS;
    rig_open(&r, o);
    feed(&r, 1, 1, "a", "\"u\": 1");
    assert_int_equal(eqlm_stream_save(r.stream, ts_bytes_write, &image), EQLM_E_ARGUMENT); /* held */
    assert_int_equal(eqlm_stream_advance(r.stream, 2 * MS), EQLM_OK);
    save_to(&r, &image);
    eqlm_program *other =
        ts_feeder_compile(&r.feeder, NULL, "sequence by u [a where true] [c where true]", EQLM_DIALECT_ES);
    eqlm_stream *s = NULL;
    assert_int_equal(eqlm_stream_new(NULL, &o, &s), EQLM_OK);
    assert_int_equal(eqlm_stream_restore(s, image.ptr, image.len), EQLM_E_IMAGE); /* no program */
    assert_int_equal(eqlm_stream_add(s, other, NULL), EQLM_OK);
    assert_int_equal(eqlm_stream_restore(s, image.ptr, image.len), EQLM_E_IMAGE); /* another one */
    eqlm_stream_free(s);
    eqlm_program_free(other);
    free(image.ptr);
    rig_clear(&r);
}

static void set_checksum(uint8_t *image, size_t len)
{
    uint64_t sum = eqli_checksum(EQLI_CHECKSUM_START, image + 28, len - 28);
    for (unsigned i = 0; i < 8; i++)
        image[20 + i] = (uint8_t)(sum >> (8 * i));
}

/* Every byte changed in a few ways, with a checksum that agrees: refused, or a state that can be lived with.
 */
static void test_damaged_state(void **state)
{
    rig r;
    ts_bytes image = { 0 };
    size_t refused = 0, taken = 0;
    (void)state;
    rig_init(&r, everything, EQLM_DIALECT_ENDPOINT);
    make_life(&r);
    eqlm_stream_options o = ts_feeder_options(&r.feeder);
    o.hash_seed = 3;
    o.on_release = ts_feeder_release;
    rig_open(&r, o);
    for (size_t i = 0; i < N_LIFE - 5; i++)
        assert_int_equal(live_event(&r, i), EQLM_OK);
    save_to(&r, &image);
    for (size_t at = 0; at < image.len * 3; at++) {
        uint8_t *copy = malloc(image.len);
        memcpy(copy, image.ptr, image.len);
        copy[at / 3] ^= at % 3 == 0 ? 1 : at % 3 == 1 ? 0x80 : 0xff;
        if (at / 3 >= 28)
            set_checksum(copy, image.len);
        reopen(&r, &o);
        eqlm_status status = eqlm_stream_restore(r.stream, copy, image.len);
        free(copy);
        if (status == EQLM_OK) {
            taken++;
        } else {
            assert_int_equal(status, EQLM_E_IMAGE);
            refused++;
            assert_int_equal(counts_of(&r).state_bytes, 0);
        }
        for (size_t i = N_LIFE - 5; i < N_LIFE; i++)
            assert_int_equal(live_event(&r, i), EQLM_OK);
        assert_int_equal(eqlm_stream_flush(r.stream), EQLM_OK);
        assert_int_equal(counts_of(&r).state_bytes, 0);
        json_array_clear(r.feeder.matches);
        json_array_clear(r.feeder.released);
    }
    for (size_t len = 0; len < image.len; len++) {
        uint8_t *copy = malloc(len ? len : 1);
        memcpy(copy, image.ptr, len);
        reopen(&r, &o);
        assert_int_equal(eqlm_stream_restore(r.stream, copy, len), EQLM_E_IMAGE);
        free(copy);
    }
    assert_true(refused > 1000 && taken > 100);
    free(image.ptr);
    rig_clear(&r);
}

static void test_restore_without_memory(void **state)
{
    rig r;
    ts_bytes image = { 0 };
    size_t n = 1;
    (void)state;
    rig_init(&r, everything, EQLM_DIALECT_ENDPOINT);
    make_life(&r);
    eqlm_stream_options o = ts_feeder_options(&r.feeder);
    o.on_release = ts_feeder_release;
    rig_open(&r, o);
    for (size_t i = 0; i < N_LIFE - 5; i++)
        assert_int_equal(live_event(&r, i), EQLM_OK);
    save_to(&r, &image);
    for (;; n++) {
        ts_alloc_arm(&r.alloc, 0);
        reopen(&r, &o);
        ts_alloc_arm(&r.alloc, n);
        eqlm_status status = eqlm_stream_restore(r.stream, image.ptr, image.len);
        if (status == EQLM_OK)
            break;
        assert_int_equal(status, EQLM_E_NOMEM);
        assert_int_equal(counts_of(&r).state_bytes, 0);
        assert_int_equal(eqlm_stream_restore(r.stream, image.ptr, image.len), EQLM_OK); /* the same stream */
    }
    assert_true(n > 40);
    ts_alloc_arm(&r.alloc, 0);
    free(image.ptr);
    rig_clear(&r);
}

/* ---- shards ----------------------------------------------------------------------------------------------
 */

static void test_shard(void **state)
{
    static const char *const queries[] = { "sequence [a where true] by u, v [b where true] by w, v",
                                           "sequence [a where true] [b where true]",
                                           "process where child of [process where true]", NULL };
    rig r;
    eqlm_vm *vm = NULL;
    uint64_t h[8], few[2];
    size_t n;
    bool everywhere;
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ENDPOINT);
    ts_event *e = keep_event(&r, json_pack("{s:[i,i,i], s:s, s:f}", "u", 1, 2, 1, "v", "x", "w", 2.0));
    r.feeder.getter.event = e;
    assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
    assert_int_equal(eqlm_stream_shard(vm, r.programs[0], ts_event_root(e), 5, h, 8, &n, &everywhere),
                     EQLM_OK);
    assert_int_equal(n, 2); /* (1, x) and (2, x), the latter from both terms */
    assert_false(everywhere);
    assert_true(h[0] < h[1]);
    assert_int_equal(eqlm_stream_shard(vm, r.programs[0], ts_event_root(e), 5, few, 1, &n, &everywhere),
                     EQLM_OK);
    assert_int_equal(n, 2);
    assert_int_equal(few[0], h[0]);
    assert_int_equal(eqlm_stream_shard(vm, r.programs[1], ts_event_root(e), 5, h, 8, &n, &everywhere),
                     EQLM_OK);
    assert_int_equal(n, 1);
    assert_int_equal(eqlm_stream_shard(vm, r.programs[2], ts_event_root(e), 5, NULL, 0, &n, &everywhere),
                     EQLM_OK);
    assert_true(everywhere);
    assert_int_equal(eqlm_stream_shard(NULL, r.programs[0], NULL, 5, h, 8, &n, &everywhere), EQLM_E_ARGUMENT);
    eqlm_vm_free(vm);
    rig_clear(&r);
}

/* ---- parts -----------------------------------------------------------------------------------------------
 */

/* Vectors of SipHash with one and three rounds, checked against an independent implementation. */
static void test_hash(void **state)
{
    uint8_t bytes[32];
    (void)state;
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    uint64_t k0 = UINT64_C(0x0706050403020100), k1 = UINT64_C(0x0f0e0d0c0b0a0908);
    assert_true(eqli_key_hash(k0, k1, bytes, 0) == UINT64_C(0xabac0158050fc4dc));
    assert_true(eqli_key_hash(k0, k1, bytes, 1) == UINT64_C(0xc9f49bf37d57ca93));
    assert_true(eqli_key_hash(k0, k1, bytes, 8) == UINT64_C(0x369095118d299a8e));
    assert_true(eqli_key_hash(k0, k1, bytes, 15) == UINT64_C(0xd320d86d2a519956));
    assert_true(eqli_key_hash(k0, k1 + 1, bytes, 15) != UINT64_C(0xd320d86d2a519956));
}

/* Keys compare as their values do, and come back as they were. */
static void test_keys(void **state)
{
    static const eqlm_value rising[] = {
        { .type = EQLM_NULL },
        { .type = EQLM_BOOL, .as.boolean = false },
        { .type = EQLM_BOOL, .as.boolean = true },
        { .type = EQLM_F64, .as.f64 = -1e300 },
        { .type = EQLM_I64, .as.i64 = INT64_MIN },
        { .type = EQLM_I64, .as.i64 = INT64_MIN + 1 },
        { .type = EQLM_I64, .as.i64 = -9007199254740993 },
        { .type = EQLM_I64, .as.i64 = -9007199254740992 },
        { .type = EQLM_F64, .as.f64 = -1.5 },
        { .type = EQLM_I64, .as.i64 = -1 },
        { .type = EQLM_I64, .as.i64 = 0 },
        { .type = EQLM_F64, .as.f64 = 1e-300 },
        { .type = EQLM_I64, .as.i64 = 1 },
        { .type = EQLM_F64, .as.f64 = 1.5 },
        { .type = EQLM_I64, .as.i64 = 9007199254740992 },
        { .type = EQLM_I64, .as.i64 = 9007199254740993 },
        { .type = EQLM_I64, .as.i64 = INT64_MAX - 1 },
        { .type = EQLM_I64, .as.i64 = INT64_MAX },
        { .type = EQLM_U64, .as.u64 = (uint64_t)INT64_MAX + 1 },
        { .type = EQLM_U64, .as.u64 = UINT64_MAX - 2048 },
        { .type = EQLM_U64, .as.u64 = UINT64_MAX },
        { .type = EQLM_F64, .as.f64 = 18446744073709551616.0 },
        { .type = EQLM_STRING, .len = 0, .as.str = "" },
        { .type = EQLM_STRING, .len = 1, .as.str = "\0" },
        { .type = EQLM_STRING, .len = 1, .as.str = "a" },
        { .type = EQLM_STRING, .len = 2, .as.str = "aa" },
        { .type = EQLM_STRING, .len = 1, .as.str = "\xff" },
        { .type = EQLM_IP, .len = 16, .as.ip = (const unsigned char *)"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1" },
        { .type = EQLM_IP, .len = 4, .as.ip = (const unsigned char *)"\x0a\0\0\1" },
        { .type = EQLM_FAR_DATE, .as.i64 = INT64_C(-62135596800000) },
        { .type = EQLM_DATE, .as.i64 = INT64_MIN + 2000000 },
        { .type = EQLM_DATE, .as.i64 = 5 },
        { .type = EQLM_FAR_DATE, .as.i64 = INT64_C(253402300799000) },
        { .type = EQLM_FAR_DATE, .len = 1, .as.i64 = INT64_C(253402300799000) },
    };
    enum { N = sizeof rising / sizeof rising[0] };
    eqlm_alloc alloc = eqli_mem_default(NULL);
    eqli_arena arena;
    eqli_bytes keys[N];
    (void)state;
    eqli_arena_init(&arena, &alloc, SIZE_MAX);
    for (unsigned i = 0; i < N; i++) {
        eqlm_value back;
        assert_true(eqli_key_encode(&arena, &rising[i], &keys[i]));
        eqli_key_values(keys[i].ptr, 1, &back);
        assert_int_equal(back.type, rising[i].type);
        assert_true(eqli_value_same(&back, &rising[i]));
    }
    for (unsigned i = 0; i < N; i++) {
        for (unsigned k = 0; k < N; k++) {
            int order = eqli_key_compare(keys[i].ptr, keys[i].len, keys[k].ptr, keys[k].len);
            if ((order > 0) - (order < 0) != (i > k) - (i < k))
                fail_msg("values %u and %u", i, k);
        }
    }
    static const eqlm_value same[][2] = {
        { { .type = EQLM_I64, .as.i64 = 7 }, { .type = EQLM_U64, .as.u64 = 7 } },
        { { .type = EQLM_I64, .as.i64 = 7 }, { .type = EQLM_F64, .as.f64 = 7.0 } },
        { { .type = EQLM_I64, .as.i64 = 0 }, { .type = EQLM_F64, .as.f64 = -0.0 } },
        { { .type = EQLM_I64, .as.i64 = INT64_MIN }, { .type = EQLM_F64, .as.f64 = -9223372036854775808.0 } },
        { { .type = EQLM_U64, .as.u64 = UINT64_C(1) << 63 },
          { .type = EQLM_F64, .as.f64 = 9223372036854775808.0 } },
        { { .type = EQLM_IP, .len = 4, .as.ip = (const unsigned char *)"\x0a\0\0\1" },
          { .type = EQLM_IP,
            .len = 16,
            .as.ip = (const unsigned char *)"\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1" } },
    };
    for (unsigned i = 0; i < sizeof same / sizeof same[0]; i++) {
        eqli_bytes a, b;
        assert_true(eqli_key_encode(&arena, &same[i][0], &a) && eqli_key_encode(&arena, &same[i][1], &b));
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.ptr, b.ptr, a.len);
    }
    eqlm_value nan = eqli_f64((double)NAN);
    eqli_bytes none;
    assert_true(eqli_key_encode(&arena, &nan, &none));
    assert_int_equal(none.len, 1); /* no value */
    eqli_arena_clear(&arena);
}

/* Everything in one place: found, and removed in any order without losing a neighbour. */
static void test_index_with_collisions(void **state)
{
    enum { N = 300 };
    static struct {
        eqli_keyed keyed;
        uint8_t bytes[8];
    } things[N];
    eqlm_alloc alloc = eqli_mem_default(NULL);
    eqli_index ix = { 0 };
    (void)state;
    for (uint32_t i = 0; i < N; i++) {
        memcpy(things[i].bytes, &i, sizeof i);
        things[i].keyed = (eqli_keyed) { .hash = i % 7, .space = i % 2, .len = 4, .at = sizeof(eqli_keyed) };
        assert_true(eqli_index_reserve(&ix, &alloc, 1));
        eqli_index_add(&ix, &things[i].keyed);
    }
    for (uint32_t step = 0; step < N; step++) {
        uint32_t gone = step * 37 % N;
        eqli_index_remove(&ix, &alloc, &things[gone].keyed);
        things[gone].keyed.refs = 1;
        for (uint32_t i = 0; i < N; i += 1 + step % 3) {
            const eqli_keyed *found = eqli_index_find(&ix, i % 7, i % 2, things[i].bytes, 4);
            assert_ptr_equal(found, things[i].keyed.refs ? NULL : &things[i].keyed);
        }
    }
    assert_int_equal(ix.n, 0);
    assert_int_equal(ix.size, EQLI_INDEX_MIN);
    eqli_index_clear(&ix, &alloc);
}

/* Where backtracking would try every order: n terms for which the same n events are offered, or n - 1. */
static void test_choosing_is_quick(void **state)
{
    enum { N = 64 };
    eqlm_alloc alloc = eqli_mem_default(NULL);
    eqli_chooser c;
    uint64_t out[N];
    (void)state;
    assert_true(eqli_chooser_init(&c, &alloc, N, N));
    for (uint32_t offered = N - 1; offered <= N; offered++) {
        eqli_chooser_begin(&c);
        for (uint32_t t = 0; t < N; t++) {
            for (uint32_t i = 0; i < offered; i++)
                eqli_chooser_offer(&c, t, i);
        }
        assert_int_equal(eqli_chooser_choose(&c, out), offered == N);
    }
    for (uint32_t t = 0; t < N; t++)
        assert_int_equal(out[t], t);
    eqli_chooser_begin(
        &c); /* term t takes events 0..t only: the first term has no choice, nor has any other */
    for (uint32_t t = 0; t < N; t++) {
        for (uint32_t i = 0; i <= t; i++)
            eqli_chooser_offer(&c, N - 1 - t, i);
    }
    assert_true(eqli_chooser_choose(&c, out));
    for (uint32_t t = 0; t < N; t++)
        assert_int_equal(out[t], N - 1 - t);
    eqli_chooser_clear(&c, &alloc);
}

/* The same query keeps other events for another number of samples: a state is for one number. */
static void test_state_knows_number_of_samples(void **state)
{
    static const char *const queries[] = { "sample by u [a where true] [b where true]", NULL };
    rig r;
    ts_bytes image = { 0 };
    eqlm_stream *s = NULL;
    (void)state;
    rig_init(&r, queries, EQLM_DIALECT_ES);
    eqlm_stream_options o = { .size = sizeof o, .samples_per_key = 3 };
    assert_int_equal(eqlm_stream_new(NULL, &o, &s), EQLM_OK);
    assert_int_equal(eqlm_stream_add(s, r.programs[0], NULL), EQLM_OK);
    assert_int_equal(eqlm_stream_save(s, ts_bytes_write, &image), EQLM_OK);
    eqlm_stream_free(s);
    for (uint32_t n = 0; n < 5; n++) {
        o.samples_per_key = n;
        assert_int_equal(eqlm_stream_new(NULL, &o, &s), EQLM_OK);
        assert_int_equal(eqlm_stream_add(s, r.programs[0], NULL), EQLM_OK);
        assert_int_equal(eqlm_stream_restore(s, image.ptr, image.len), n == 3 ? EQLM_OK : EQLM_E_IMAGE);
        eqlm_stream_free(s);
    }
    free(image.ptr);
    rig_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_state_knows_number_of_samples),
        cmocka_unit_test(test_programs_are_kept_and_fixed),
        cmocka_unit_test(test_alias_in_a_gap),
        cmocka_unit_test(test_kinds_side_by_side),
        cmocka_unit_test(test_late_events),
        cmocka_unit_test(test_advance),
        cmocka_unit_test(test_ends_of_time),
        cmocka_unit_test(test_held_events),
        cmocka_unit_test(test_holding_fails),
        cmocka_unit_test(test_held_events_have_a_limit),
        cmocka_unit_test(test_release),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_callback_may_not_call),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_budget_of_nothing),
        cmocka_unit_test(test_budget_of_processes),
        cmocka_unit_test(test_reused_process_numbers),
        cmocka_unit_test(test_expiry_frees_memory),
        cmocka_unit_test(test_expiry_of_many_programs),
        cmocka_unit_test(test_size_of_a_partial),
        cmocka_unit_test(test_too_many_tuples),
        cmocka_unit_test(test_every_allocation_fails),
        cmocka_unit_test(test_every_allocation_fails_in_order),
        cmocka_unit_test(test_save_at_every_position),
        cmocka_unit_test(test_save_refuses),
        cmocka_unit_test(test_damaged_state),
        cmocka_unit_test(test_restore_without_memory),
        cmocka_unit_test(test_shard),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_index_with_collisions),
        cmocka_unit_test(test_choosing_is_quick),
    };
    return cmocka_run_group_tests_name("streams", tests, NULL, NULL);
}
