/* test_profile.c - what an eqlm_profile counts: in rule sets, in streams, with a clock that ticks once a look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "eqlmini.h"

#include <string.h>

typedef struct event {
    char name[16];
    int64_t number;
} event;

static const eqlm_field fields[] = {
    { EQLM_FIELD_CHARS("name", event, name) },
    { EQLM_FIELD_INT("number", event, number) },
};

static uint64_t tick(void *ctx)
{
    return (*(uint64_t *)ctx)++;
}

typedef struct fixture {
    eqlm_schema *schema;
    uint64_t clock;
    eqlm_profile_counts counts[3];
    eqlm_profile profile;
} fixture;

static void set_up(fixture *f)
{
    memset(f, 0, sizeof *f);
    assert_int_equal(eqlm_schema_new(NULL, &f->schema), EQLM_OK);
    assert_int_equal(eqlm_schema_add(f->schema, fields, sizeof fields / sizeof fields[0]), EQLM_OK);
    f->profile = (eqlm_profile) { .size = sizeof f->profile, .now = tick, .ctx = &f->clock, .programs = f->counts };
    f->profile.n = sizeof f->counts / sizeof f->counts[0];
}

static eqlm_program *compile(fixture *f, const char *query)
{
    eqlm_program *program = NULL;
    eqlm_str text = { query, strlen(query) };
    assert_int_equal(eqlm_compile(NULL, f->schema, text, NULL, NULL, &program), EQLM_OK);
    return program;
}

/* Every run is measured by two looks at the clock. */
static void check_counts(const eqlm_profile_counts *c, uint64_t runs, uint64_t hits)
{
    assert_int_equal(c->runs, runs);
    assert_int_equal(c->hits, hits);
    assert_true(c->time >= runs);
}

static void test_rules(void **state)
{
    static const char *const queries[] = { "any where name == \"a\" and number > 1", "any where name == \"b\"",
                                           "any where number % 2 == 0" };
    static const event events[] = { { "a", 1 }, { "a", 2 }, { "c", 3 }, { "c", 4 } };
    fixture f;
    eqlm_rules *rules;
    eqlm_vm *vm;
    const uint32_t *matches;
    size_t n;
    (void)state;
    set_up(&f);
    assert_int_equal(eqlm_rules_new(NULL, &rules), EQLM_OK);
    for (int i = 0; i < 3; i++) {
        eqlm_program *program = compile(&f, queries[i]);
        assert_int_equal(eqlm_rules_add(rules, program, NULL), EQLM_OK);
        eqlm_program_free(program);
    }
    assert_int_equal(eqlm_rules_seal(rules), EQLM_OK);
    assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
    assert_int_equal(eqlm_vm_set_profile(vm, &f.profile), EQLM_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(eqlm_rules_match(vm, rules, &events[i], &matches, &n), EQLM_OK);
    /* The index may let an event through that no condition holds for, never the other way round. */
    assert_in_range(f.counts[0].runs, 1, 4);
    check_counts(&f.counts[0], f.counts[0].runs, 1);
    check_counts(&f.counts[1], f.counts[1].runs, 0);
    check_counts(&f.counts[2], 4, 2);
    assert_true(f.profile.time > f.counts[0].time + f.counts[1].time + f.counts[2].time);

    uint64_t before = f.clock;
    assert_int_equal(eqlm_vm_set_profile(vm, NULL), EQLM_OK);
    assert_int_equal(eqlm_rules_match(vm, rules, &events[0], &matches, &n), EQLM_OK);
    assert_int_equal(f.clock, before);

    f.profile.n = 1; /* the others are not counted, nor written to */
    memset(f.counts, 0, sizeof f.counts);
    assert_int_equal(eqlm_vm_set_profile(vm, &f.profile), EQLM_OK);
    assert_int_equal(eqlm_rules_match(vm, rules, &events[1], &matches, &n), EQLM_OK);
    check_counts(&f.counts[0], 1, 1);
    assert_int_equal(f.counts[2].runs, 0);
    assert_int_equal(f.counts[2].time, 0);
    eqlm_vm_free(vm);
    eqlm_rules_free(rules);
    eqlm_schema_free(f.schema);
}

static bool count(void *ctx, const eqlm_stream_match *match)
{
    (void)match;
    ++*(int *)ctx;
    return true;
}

static void test_stream(void **state)
{
    static const char *const queries[] = { "sequence with maxspan=1h [any where name == \"a\"] [any where name == \"b\"]",
                                           "any where number == 3" };
    static const event events[] = { { "a", 1 }, { "c", 2 }, { "b", 3 }, { "b", 4 } };
    int n_matches = 0;
    eqlm_stream_options options = { .size = sizeof options, .on_match = count, .ctx = &n_matches };
    fixture f;
    eqlm_stream *stream;
    (void)state;
    set_up(&f);
    assert_int_equal(eqlm_stream_new(NULL, &options, &stream), EQLM_OK);
    for (int i = 0; i < 2; i++) {
        eqlm_program *program = compile(&f, queries[i]);
        assert_int_equal(eqlm_stream_add(stream, program, NULL), EQLM_OK);
        eqlm_program_free(program);
    }
    assert_int_equal(eqlm_stream_set_profile(stream, &f.profile), EQLM_OK);
    for (int i = 0; i < 4; i++) {
        eqlm_event_info info = { .id = (uint64_t)i, .has_time = true, .time = i };
        assert_int_equal(eqlm_stream_feed(stream, &events[i], &info), EQLM_OK);
    }
    assert_int_equal(n_matches, 2);
    assert_in_range(f.counts[0].runs, 3, 8); /* conditions that nothing waits for are not run */
    assert_in_range(f.counts[0].hits, 2, 3);
    check_counts(&f.counts[1], 4, 1);
    assert_true(f.counts[0].time > f.counts[0].runs); /* state counts as well */
    assert_true(f.profile.time > f.counts[0].time + f.counts[1].time);

    uint64_t time = f.profile.time;
    assert_int_equal(eqlm_stream_flush(stream), EQLM_OK);
    assert_true(f.profile.time > time);
    eqlm_stream_free(stream);
    eqlm_schema_free(f.schema);
}

static void test_misuse(void **state)
{
    fixture f;
    eqlm_vm *vm;
    eqlm_stream *stream;
    (void)state;
    set_up(&f);
    assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
    assert_int_equal(eqlm_stream_new(NULL, NULL, &stream), EQLM_OK);
    f.profile.now = NULL;
    assert_int_equal(eqlm_vm_set_profile(vm, &f.profile), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_stream_set_profile(stream, &f.profile), EQLM_E_ARGUMENT);
    f.profile.now = tick;
    f.profile.size--;
    assert_int_equal(eqlm_vm_set_profile(vm, &f.profile), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_stream_set_profile(stream, &f.profile), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_vm_set_profile(NULL, NULL), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_stream_set_profile(NULL, NULL), EQLM_E_ARGUMENT);
    eqlm_stream_free(stream);
    eqlm_vm_free(vm);
    eqlm_schema_free(f.schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
