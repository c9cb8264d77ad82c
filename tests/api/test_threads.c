/* test_threads.c - programs shared by threads that have a vm each: same answers as alone. Meant to be run
 * with a thread sanitizer as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "eqlmini.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { N_THREADS = 4, N_EVENTS = 500 };

typedef struct event {
    char name[32];
    int64_t number;
} event;

static const eqlm_field fields[] = {
    { EQLM_FIELD_CHARS("name", event, name) },
    { EQLM_FIELD_INT("number", event, number) },
};

static const char *const queries[] = {
    "any where name regex \"(ev|od)[a-z]*-[0-9]*[13579]\"",
    "any where name regex~ (\"EVENT-1.*\", \".*7\", \"~(.*[2-6].*)\")",
    "any where name : (\"*t-1*\", \"Event-4?\", \"*9\")",
    "any where number % 7 == 3 and concat(name, \"/\", number) : \"*-*/*1*\"",
};

enum { N_QUERIES = sizeof queries / sizeof queries[0] };

static eqlm_program *programs[N_QUERIES];
static event events[N_EVENTS];

/* The verdicts as one number; 0: a call failed. */
static uint64_t verdicts(void)
{
    eqlm_vm *vm;
    uint64_t sum = 14695981039346656037u;
    if (eqlm_vm_new(NULL, &vm) != EQLM_OK)
        return 0;
    for (int i = 0; i < N_EVENTS; i++) {
        for (int q = 0; q < N_QUERIES; q++) {
            bool match;
            if (eqlm_match(vm, programs[q], &events[i], &match) != EQLM_OK)
                return 0;
            sum = (sum ^ match) * 1099511628211u;
        }
    }
    eqlm_vm_free(vm);
    return sum;
}

static void *run(void *arg)
{
    *(uint64_t *)arg = verdicts();
    return NULL;
}

static void test_shared_programs(void **state)
{
    (void)state;
    eqlm_schema *schema;
    pthread_t threads[N_THREADS];
    uint64_t sums[N_THREADS] = { 0 };
    assert_int_equal(eqlm_schema_new(NULL, &schema), EQLM_OK);
    assert_int_equal(eqlm_schema_add(schema, fields, 2), EQLM_OK);
    for (int q = 0; q < N_QUERIES; q++) {
        eqlm_str text = { queries[q], strlen(queries[q]) };
        assert_int_equal(eqlm_compile(NULL, schema, text, NULL, NULL, &programs[q]), EQLM_OK);
    }
    eqlm_schema_free(schema); /* programs may outlive it */
    for (int i = 0; i < N_EVENTS; i++) {
        snprintf(events[i].name, sizeof events[i].name, "%s-%d", i % 3 ? "event" : "other", i);
        events[i].number = i;
    }
    for (int t = 0; t < N_THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, run, &sums[t]), 0);
    for (int t = 0; t < N_THREADS; t++)
        assert_int_equal(pthread_join(threads[t], NULL), 0);
    uint64_t alone = verdicts();
    assert_int_not_equal(alone, 0);
    for (int t = 0; t < N_THREADS; t++)
        assert_int_equal(sums[t], alone);
    for (int q = 0; q < N_QUERIES; q++)
        eqlm_program_free(programs[q]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_shared_programs) };
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
