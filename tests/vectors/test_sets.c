/* test_sets.c - the queries of many vectors in one rule set: on the event of each vector the set has to
 * answer like each query alone, and for the vector's own query as the vector wants. Queries share a set when
 * their vectors have the same types, since a set has one schema. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "vector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TOGETHER = 160 };

typedef struct group {
    const ts_vector *vectors[MAX_TOGETHER];
    eqlm_program *programs[MAX_TOGETHER];
    size_t n;
    ts_host host;
    eqlm_rules *set;
    eqlm_vm *vm, *set_vm;
} group;

static ts_vectors all;
static size_t n_pairs, n_sets;

static bool is_query(const ts_vector *v)
{
    return !v->is_expr && (v->want == TS_MATCH || v->want == TS_NO_MATCH);
}

static bool same_schema(const ts_vector *a, const ts_vector *b)
{
    bool same_types = a->types && b->types ? json_equal(a->types, b->types) : !a->types && !b->types;
    return same_types && a->closed == b->closed;
}

/* Compares all queries on the event of vector `own`. */
static void check_event(group *g, size_t own)
{
    const ts_vector *v = g->vectors[own];
    ts_event *e = ts_event_new(v->event, v->types, v->objects);
    const void *event = ts_event_root(e);
    const uint32_t *matches;
    size_t n, at = 0;
    g->host.getter.event = e;
    assert_int_equal(eqlm_rules_match(g->set_vm, g->set, event, &matches, &n), EQLM_OK);
    for (size_t i = 0; i < g->n; i++, n_pairs++) {
        bool together = at < n && matches[at] == i, alone;
        at += together;
        assert_int_equal(eqlm_match(g->vm, g->programs[i], event, &alone), EQLM_OK);
        if (alone != together)
            fail_msg("event of %s: alone %d, in a set %d: %s", v->name, alone, together, g->vectors[i]->text);
        if (i == own && together != (v->want == TS_MATCH))
            fail_msg("%s: in a set %d: %s", v->name, together, v->text);
    }
    assert_int_equal(at, n);
    ts_event_free(e);
}

static void check_group(group *g)
{
    const ts_vector *first = g->vectors[0];
    ts_event *e = ts_event_new(first->event, first->types, first->objects);
    eqlm_diags *diags;
    uint32_t number;
    size_t n = 0;
    assert_int_equal(ts_host_new(NULL, first, e, TS_GETTER, 0, &g->host), EQLM_OK);
    assert_int_equal(eqlm_diags_new(NULL, &diags), EQLM_OK);
    assert_int_equal(eqlm_rules_new(NULL, &g->set), EQLM_OK);
    assert_int_equal(eqlm_vm_new(NULL, &g->vm), EQLM_OK);
    assert_int_equal(eqlm_vm_new(NULL, &g->set_vm), EQLM_OK);
    for (size_t i = 0; i < g->n; i++) {
        const ts_vector *v = g->vectors[i];
        eqlm_program *p;
        eqlm_status s = ts_vector_compile(NULL, v, v->text, v->text_len, g->host.schema, diags, &p);
        /* A closed schema refuses fields of other vectors; that is checked elsewhere. */
        if (s == EQLM_OK && eqlm_rules_add(g->set, p, &number) == EQLM_OK) {
            g->vectors[n] = v;
            g->programs[n++] = p;
        } else {
            eqlm_program_free(p);
        }
    }
    g->n = n;
    assert_int_equal(eqlm_rules_seal(g->set), EQLM_OK);
    for (size_t i = 0; i < n; i++)
        check_event(g, i);
    for (size_t i = 0; i < n; i++)
        eqlm_program_free(g->programs[i]);
    eqlm_rules_free(g->set);
    eqlm_vm_free(g->vm);
    eqlm_vm_free(g->set_vm);
    eqlm_diags_free(diags);
    ts_host_clear(&g->host);
    ts_event_free(e);
    n_sets++;
}

static void test_together(void **state)
{
    (void)state;
    bool *done = calloc(all.n + 1, sizeof *done);
    assert_non_null(done);
    for (size_t i = 0; i < all.n; i++) {
        group g = { .n = 0 };
        for (size_t k = i; k < all.n && !done[i] && g.n < MAX_TOGETHER; k++) {
            if (done[k] || !is_query(&all.items[k]) || !same_schema(&all.items[i], &all.items[k]))
                continue;
            /* done[i] is set last: it keeps the loop going */
            done[k] = k != i;
            g.vectors[g.n++] = &all.items[k];
        }
        if (!done[i] && g.n)
            check_group(&g);
        done[i] = true;
    }
    free(done);
    printf("sets: %zu sets of queries, %zu pairs of query and event\n", n_sets, n_pairs);
    assert_true(n_pairs > 1000);
}

int main(void)
{
    const char *shared = getenv("SHARED");
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_together) };
    if (!ts_vectors_read_all(&all, shared && *shared ? shared : "../shared"))
        return 2;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ts_vectors_clear(&all);
    return failed;
}
