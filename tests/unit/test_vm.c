/* test_vm.c - what one vm counts, and what it keeps from one call to the next. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "eqlmini.h"

#include <string.h>
#include <time.h>

/* An event is the value of every field. */
static bool get(void *ctx, const void *event, uint32_t field, eqlm_value *out)
{
    (void)ctx, (void)field;
    *out = *(const eqlm_value *)event;
    return true;
}

typedef struct rig {
    eqlm_schema *schema;
    eqlm_vm *vm;
} rig;

static rig open_rig(void)
{
    rig r;
    assert_int_equal(eqlm_schema_new(NULL, &r.schema), EQLM_OK);
    assert_int_equal(eqlm_schema_set_getter(r.schema, get, NULL), EQLM_OK);
    assert_int_equal(eqlm_vm_new(NULL, &r.vm), EQLM_OK);
    return r;
}

static void close_rig(const rig *r)
{
    eqlm_vm_free(r->vm);
    eqlm_schema_free(r->schema);
}

static eqlm_str text_of(const char *s)
{
    return (eqlm_str) { s, strlen(s) };
}

static eqlm_value string(const char *s)
{
    return (eqlm_value) { .type = EQLM_STRING, .len = (uint32_t)strlen(s), .as.str = s };
}

/* A value that is no text does not make those before it be counted again. */
static void test_errors_of_many_values(void **state)
{
    (void)state;
    rig r = open_rig();
    eqlm_options options = { .size = sizeof options, .limits.max_regex_states = 6 };
    eqlm_program *p;
    bool hit = true;
    const eqlm_value items[] = { string("abbabba"), string("babbabba"), { .type = EQLM_I64 } };
    const eqlm_value event = { .type = EQLM_ARRAY, .len = 3, .as.items = items };
    assert_int_equal(
        eqlm_compile(NULL, r.schema, text_of("any where a regex \".*a.....\""), &options, NULL, &p), EQLM_OK);
    assert_int_equal(eqlm_match(r.vm, p, &event, &hit), EQLM_OK);
    assert_false(hit);
    assert_int_equal(eqlm_vm_errors(r.vm), 2);
    eqlm_program_free(p);
    close_rig(&r);
}

/* An error of a test that several rules share is one of each of them. */
static void test_errors_of_shared_tests(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "any where cidrMatch(a, \"10.0.0.0/8\") and a != \"1\"",
        "any where cidrMatch(a, \"10.0.0.0/8\") and a != \"2\"",
        "any where cidrMatch(a, \"10.0.0.0/8\") and a != \"3\"",
    };
    rig r = open_rig();
    eqlm_rules *set;
    const eqlm_value event = string("nowhere");
    const uint32_t *matches;
    size_t n;
    assert_int_equal(eqlm_rules_new(NULL, &set), EQLM_OK);
    for (size_t i = 0; i < 3; i++) {
        eqlm_program *p;
        assert_int_equal(eqlm_compile(NULL, r.schema, text_of(queries[i]), NULL, NULL, &p), EQLM_OK);
        assert_int_equal(eqlm_rules_add(set, p, NULL), EQLM_OK);
        eqlm_program_free(p);
    }
    assert_int_equal(eqlm_rules_seal(set), EQLM_OK);
    assert_int_equal(eqlm_rules_match(r.vm, set, &event, &matches, &n), EQLM_OK);
    assert_int_equal(n, 0);
    assert_int_equal(eqlm_vm_errors(r.vm), 3);
    eqlm_rules_free(set);
    close_rig(&r);
}

/* The scratch that an expression was allowed is not that of a rule set asked with the same vm. */
static void test_scratch_of_a_set(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "any where a : \"*fragment-one*\"",
        "any where a : \"*fragment-two*\"",
        "any where a : \"*fragment-three*\"",
    };
    rig r = open_rig();
    eqlm_options options = { .size = sizeof options, .limits.max_scratch = 64 };
    eqlm_rules *set;
    eqlm_program *p;
    char large[4000];
    memset(large, 'x', sizeof large);
    memcpy(large, "\xc3\x89", 2);
    memcpy(large + 100, "fragment-two", 12);
    const eqlm_value event = { .type = EQLM_STRING, .len = sizeof large, .as.str = large }, *values;
    const uint32_t *matches;
    size_t n;
    assert_int_equal(eqlm_rules_new(NULL, &set), EQLM_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(eqlm_compile(NULL, r.schema, text_of(queries[i]), NULL, NULL, &p), EQLM_OK);
        assert_int_equal(eqlm_rules_add(set, p, NULL), EQLM_OK);
        eqlm_program_free(p);
    }
    assert_int_equal(eqlm_rules_seal(set), EQLM_OK);
    assert_int_equal(eqlm_compile_expr(NULL, r.schema, text_of("length(a)"), &options, NULL, &p), EQLM_OK);
    assert_int_equal(eqlm_eval(r.vm, p, &event, &values, &n), EQLM_OK);
    assert_int_equal(eqlm_rules_match(r.vm, set, &event, &matches, &n), EQLM_OK);
    assert_int_equal(n, 1);
    assert_int_equal(matches[0], 1);
    eqlm_program_free(p);
    eqlm_rules_free(set);
    close_rig(&r);
}

enum { N_VALUES = 10000 };

static double seconds_of(const rig *r, const eqlm_value *items)
{
    const eqlm_value event = { .type = EQLM_ARRAY, .len = N_VALUES, .as.items = items }, *values;
    eqlm_program *p;
    size_t n;
    assert_int_equal(eqlm_compile_expr(NULL, r->schema, text_of("a"), NULL, NULL, &p), EQLM_OK);
    clock_t start = clock();
    assert_int_equal(eqlm_eval(r->vm, p, &event, &values, &n), EQLM_OK);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    assert_int_equal(n, N_VALUES);
    eqlm_program_free(p);
    return seconds;
}

/* Values that differ in one part only are told apart as quickly as others. */
static void test_many_results(void **state)
{
    (void)state;
    static unsigned char addresses[N_VALUES][16];
    static eqlm_value items[N_VALUES];
    rig r = open_rig();
    for (uint32_t i = 0; i < N_VALUES; i++)
        items[i] = (eqlm_value) { .type = EQLM_U64, .as.u64 = i };
    double usual = seconds_of(&r, items);
    for (uint32_t i = 0; i < N_VALUES; i++) {
        addresses[i][0] = 0x20;
        addresses[i][4] = (unsigned char)(i >> 8);
        addresses[i][5] = (unsigned char)i;
        addresses[i][15] = 1;
        items[i] = (eqlm_value) { .type = EQLM_IP, .len = 16, .as.ip = addresses[i] };
    }
    double of_addresses = seconds_of(&r, items);
    for (uint32_t i = 0; i < N_VALUES; i++)
        items[i] = (eqlm_value) { .type = EQLM_DATE, .as.i64 = i };
    double of_dates = seconds_of(&r, items);
    if (of_addresses > 0.02 + 20 * usual || of_dates > 0.02 + 20 * usual)
        fail_msg("%g s for numbers, %g s for addresses, %g s for dates", usual, of_addresses, of_dates);
    close_rig(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors_of_many_values),
        cmocka_unit_test(test_errors_of_shared_tests),
        cmocka_unit_test(test_scratch_of_a_set),
        cmocka_unit_test(test_many_results),
    };
    return cmocka_run_group_tests_name("vm", tests, NULL, NULL);
}
