/* test_emit_vectors.c - every vector that is an event query, as native code: made from a struct schema and from a getter
 * schema, and run on structs and through a getter, it answers as eqlm_match does and counts the same errors. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "native_file.h"
#include "vector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PER_FILE = 250, MAX_FILES = 64 };

typedef struct item {
    const ts_vector *v;
    const ts_native_file *file;
    char names[TS_WAY_COUNT][32];
} item;

static ts_native_file files[MAX_FILES];
static size_t n_files;

/* Compiles the vector for one way and hands the program to `use`; false: it is no event query that compiles. */
static bool with_program(const ts_vector *v, const eqlm_alloc *alloc, ts_way way, size_t shift,
                         bool (*use)(void *ctx, const eqlm_program *p, ts_host *h), void *ctx)
{
    ts_event *event = ts_event_new(v->event, v->types, v->objects);
    ts_host h;
    eqlm_program *p = NULL;
    bool ok = !v->is_expr && ts_host_new(alloc, v, event, way, shift, &h) == EQLM_OK;
    if (ok) {
        ok = ts_vector_compile(alloc, v, v->text, v->text_len, h.schema, NULL, &p) == EQLM_OK && use(ctx, p, &h);
        eqlm_program_free(p);
        ts_host_clear(&h);
    }
    ts_event_free(event);
    return ok;
}

static bool collect(void *ctx, const eqlm_program *p, ts_host *h)
{
    ts_bytes *out = ctx;
    (void)h;
    out->len = 0;
    return eqlm_emit_c_rule(p, "again", (eqlm_str) { NULL, 0 }, ts_bytes_write, out) == EQLM_OK;
}

typedef struct adding {
    ts_native_file *file;
    item *it;
    ts_way way;
} adding;

static bool add(void *ctx, const eqlm_program *p, ts_host *h)
{
    adding *a = ctx;
    (void)h;
    return ts_native_add(a->file, a->it->names[a->way], p, (eqlm_str) { a->it->v->text, a->it->v->text_len });
}

static size_t emit_all(const ts_vectors *vs, item *items)
{
    size_t n = 0;
    for (size_t i = 0; i < vs->n; i++) {
        item *it = &items[n];
        bool ok = true;
        it->v = &vs->items[i];
        if (it->v->want == TS_REJECT)
            continue;
        if (n % PER_FILE == 0 && n / PER_FILE == n_files) {
            char what[32];
            snprintf(what, sizeof what, "vectors%zu", n_files);
            ts_native_begin(&files[n_files++], what);
        }
        for (ts_way way = TS_STRUCT; ok && way < TS_WAY_COUNT; way++) {
            adding a = { &files[n_files - 1], it, way };
            snprintf(it->names[way], sizeof it->names[way], "v%zu_%s", i, ts_way_name(way));
            ok = with_program(it->v, NULL, way, 0, add, &a);
        }
        it->file = &files[n_files - 1];
        n += ok;
    }
    return n;
}

/* Native code made for `made` with events of `way`. */
typedef struct trial {
    const item *it;
    ts_alloc alloc;
    eqlm_vm *vm;
    ts_way made, way;
    char why[256];
} trial;

static bool compare(void *ctx, const eqlm_program *p, ts_host *h)
{
    trial *t = ctx;
    eqlm_native *native = NULL;
    bool want = false, got = false;
    const eqlm_native_rule *rule = ts_native_find(t->it->file, t->it->names[t->made]);
    if (!rule)
        return snprintf(t->why, sizeof t->why, "the file has no %s", t->it->names[t->made]) < 0;
    eqlm_status s = eqlm_native_new(&t->alloc.hook, h->schema, rule, &native);
    if (rule->places && rule->places != eqlm_program_places(p)) {
        if (s == EQLM_E_SCHEMA && !native)
            return true;
        eqlm_native_free(native);
        return snprintf(t->why, sizeof t->why, "code for other places: %s", eqlm_status_text(s)) < 0;
    }
    if (s != EQLM_OK)
        return snprintf(t->why, sizeof t->why, "eqlm_native_new: %s", eqlm_status_text(s)) < 0;
    uint64_t before = eqlm_vm_errors(t->vm);
    eqlm_status ws = eqlm_match(t->vm, p, h->event, &want);
    uint64_t between = eqlm_vm_errors(t->vm);
    eqlm_status gs = native->match(native, t->vm, h->event, &got);
    bool same = ws == gs && want == got && eqlm_vm_errors(t->vm) - between == between - before;
    snprintf(t->why, sizeof t->why, "eqlm_match: %s, %d; native: %s, %d; %d and %d errors", eqlm_status_text(ws), want,
             eqlm_status_text(gs), got, (int)(between - before), (int)(eqlm_vm_errors(t->vm) - between));
    eqlm_native_free(native);
    return same;
}

static void test_vector(void **state)
{
    const item *it = *state;
    trial t = { .it = it };
    bool ok = true;
    ts_alloc_init(&t.alloc);
    assert_int_equal(eqlm_vm_new(&t.alloc.hook, &t.vm), EQLM_OK);
    for (t.made = TS_STRUCT; ok && t.made < TS_WAY_COUNT; t.made++)
        for (t.way = TS_STRUCT; ok && t.way < TS_WAY_COUNT; t.way++)
            /* Other numbers of fields than when the code was made. */
            ok = with_program(it->v, &t.alloc.hook, t.way, 3, compare, &t);
    eqlm_vm_free(t.vm);
    if (!ok)
        fail_msg("%s: %s\n    %s", it->names[t.made - 1], t.why, it->v->text);
    assert_false(t.alloc.corrupt);
    assert_int_equal(t.alloc.live_blocks, 0);
}

/* The same program gives the same text, whatever numbers its fields have. */
static void test_repeat(void **state)
{
    const ts_vectors *vs = *state;
    ts_bytes first = { 0 }, second = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < vs->n; i++) {
        const ts_vector *v = &vs->items[i];
        if (v->want == TS_REJECT || !with_program(v, NULL, TS_GETTER, 0, collect, &first))
            continue;
        assert_true(with_program(v, NULL, TS_GETTER, 5, collect, &second));
        assert_int_equal(first.len, second.len);
        assert_memory_equal(first.ptr, second.ptr, first.len);
        n++;
    }
    free(first.ptr);
    free(second.ptr);
    assert_true(n > 100);
}

int main(void)
{
    ts_vectors vs = { 0 };
    const char *shared = getenv("SHARED");
    if (!ts_vectors_read_all(&vs, shared && *shared ? shared : "../shared"))
        return 2;
    item *items = calloc(vs.n + 1, sizeof *items);
    struct CMUnitTest *tests = calloc(vs.n + 1, sizeof *tests);
    if (!items || !tests || vs.n / PER_FILE >= MAX_FILES)
        return 2;
    size_t n = emit_all(&vs, items);
    ts_native_load(files, n_files);
    for (size_t i = 0; i < n; i++)
        tests[i] = (struct CMUnitTest) { .name = items[i].v->name, .test_func = test_vector, .initial_state = &items[i] };
    tests[n] = (struct CMUnitTest) { .name = "the text depends on the program alone",
                                     .test_func = test_repeat, .initial_state = &vs };
    int failed = _cmocka_run_group_tests("emitted C", tests, n + 1, NULL, NULL);
    for (size_t i = 0; i < n_files; i++)
        ts_native_clear(&files[i]);
    free(items);
    free(tests);
    ts_vectors_clear(&vs);
    return failed != 0;
}
