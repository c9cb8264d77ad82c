/* test_nomem.c - every vector again, with each allocation failing in turn: compiling, saving, loading and
 * evaluating must then say EQLM_E_NOMEM, give everything back, and succeed when nothing fails any more. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "vector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every allocation up to this one, then growing steps: long queries make thousands. */
#define DENSE 200
#define MAX_REPORT 512

typedef struct job {
    const ts_vector *v;
    ts_event *event;
    ts_alloc alloc;
    ts_way way;
    ts_bytes image;
    const char *stage; /* the call that was running last */
} job;

static eqlm_status evaluate(job *j, const eqlm_program *p, const ts_host *h)
{
    eqlm_vm *vm = NULL;
    bool matched = false;
    const eqlm_value *values;
    size_t n;
    j->stage = "eqlm_vm_new";
    eqlm_status s = eqlm_vm_new(&j->alloc.hook, &vm);
    j->stage = "evaluation";
    if (s == EQLM_OK)
        s = j->v->is_expr ? eqlm_eval(vm, p, h->event, &values, &n) : eqlm_match(vm, p, h->event, &matched);
    if (s == EQLM_OK && !j->v->is_expr && matched != (j->v->want == TS_MATCH))
        s = EQLM_E_ARGUMENT; /* a wrong answer */
    eqlm_vm_free(vm);
    return s;
}

/* Sequences, samples and queries about ancestors are evaluated by streams. */
static bool is_evaluated(const job *j, const eqlm_program *p)
{
    eqlm_program_kind k = eqlm_program_get_kind(p);
    return j->v->want != TS_ACCEPT && (k == EQLM_EVENT_QUERY || k == EQLM_EXPRESSION);
}

static eqlm_status load_and_evaluate(job *j)
{
    ts_host h;
    eqlm_program *p = NULL;
    j->stage = "second schema";
    eqlm_status s = ts_host_new(&j->alloc.hook, j->v, j->event, j->way, 1, &h);
    if (s != EQLM_OK)
        return s;
    j->stage = "eqlm_image_check";
    s = eqlm_image_check(&j->alloc.hook, j->image.ptr, j->image.len);
    j->stage = "eqlm_program_load";
    if (s == EQLM_OK)
        s = eqlm_program_load(&j->alloc.hook, h.schema, j->image.ptr, j->image.len, &p);
    if (s == EQLM_OK && is_evaluated(j, p))
        s = evaluate(j, p, &h);
    eqlm_program_free(p);
    ts_host_clear(&h);
    return s;
}

/* The whole life of a query; the status of the first call that fails. */
static eqlm_status live(job *j)
{
    ts_host h;
    eqlm_program *p = NULL;
    eqlm_diags *diags = NULL;
    j->image.len = 0;
    j->stage = "schema";
    eqlm_status s = ts_host_new(&j->alloc.hook, j->v, j->event, j->way, 0, &h);
    if (s != EQLM_OK)
        return s;
    j->stage = "eqlm_diags_new";
    s = eqlm_diags_new(&j->alloc.hook, &diags);
    j->stage = "compiling";
    if (s == EQLM_OK)
        s = ts_vector_compile(&j->alloc.hook, j->v, j->v->text, j->v->text_len, h.schema, diags, &p);
    if (s == EQLM_OK && is_evaluated(j, p))
        s = evaluate(j, p, &h);
    j->stage = s == EQLM_OK ? "eqlm_program_save" : j->stage;
    if (s == EQLM_OK)
        s = eqlm_program_save(p, ts_bytes_write, &j->image);
    if (s == EQLM_OK)
        s = load_and_evaluate(j);
    eqlm_program_free(p);
    eqlm_diags_free(diags);
    ts_host_clear(&h);
    return s;
}

static bool clean(const job *j)
{
    return j->alloc.live_blocks == 0 && !j->alloc.corrupt;
}

static bool fail_each(job *j, char *why)
{
    ts_alloc_arm(&j->alloc, 0);
    eqlm_status wanted = live(j);
    size_t total = j->alloc.calls;
    if (!clean(j)) {
        snprintf(why, MAX_REPORT, "leaks %zu blocks with nothing failing", j->alloc.live_blocks);
        return false;
    }
    if (wanted != EQLM_OK && wanted != EQLM_E_COMPILE) {
        snprintf(why, MAX_REPORT, "%s: %s", j->stage, eqlm_status_text(wanted));
        return false;
    }
    for (size_t n = 1; n <= total; n += n < DENSE ? 1 : n / 16) {
        ts_alloc_arm(&j->alloc, n);
        eqlm_status s = live(j);
        if (!clean(j)) {
            snprintf(why, MAX_REPORT, "allocation %zu of %zu fails in %s: leaks %zu blocks", n, total,
                     j->stage, j->alloc.live_blocks);
            return false;
        }
        if (j->alloc.failed && s != EQLM_E_NOMEM) {
            snprintf(why, MAX_REPORT, "allocation %zu of %zu fails in %s, but the status is: %s", n, total,
                     j->stage, eqlm_status_text(s));
            return false;
        }
    }
    return true;
}

static void test_vector(void **state)
{
    job j = { .v = *state };
    char why[MAX_REPORT] = "";
    ts_alloc_init(&j.alloc);
    j.event = ts_event_new(j.v->event, j.v->types, j.v->objects);
    bool ok = true;
    for (ts_way way = TS_STRUCT; ok && way < TS_WAY_COUNT; way++) {
        j.way = way;
        ok = fail_each(&j, why);
    }
    free(j.image.ptr);
    ts_event_free(j.event);
    if (!ok)
        fail_msg("%s: %s\n    %s", ts_way_name(j.way), why, j.v->text);
}

int main(int argc, char **argv)
{
    return ts_vectors_main("every allocation fails", test_vector, argc, argv);
}
