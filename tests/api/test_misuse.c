/* test_misuse.c - calls with NULL where an object is needed, with a program of the wrong kind, with numbers
 * out of range: an answer every time, and outputs as the header says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "eqlmini.h"

#include <string.h>

#define BAD(call) assert_int_equal(call, EQLM_E_ARGUMENT)

static bool no_value(void *ctx, const void *event, uint32_t field, eqlm_value *out)
{
    (void)ctx;
    (void)event;
    (void)field;
    (void)out;
    return false;
}

static bool refuse(void *ctx, const void *bytes, size_t len)
{
    (void)bytes;
    ++*(size_t *)ctx;
    return len == 0;
}

static uint64_t no_time(void *ctx)
{
    (void)ctx;
    return 0;
}

static eqlm_str str(const char *s)
{
    return (eqlm_str) { s, strlen(s) };
}

static void test_null_objects(void **state)
{
    eqlm_schema *schema = (eqlm_schema *)state; /* any pointer that is not NULL */
    eqlm_program *p = (eqlm_program *)state;
    const eqlm_value *values;
    size_t n;
    bool flag;
    uint64_t count;
    BAD(eqlm_schema_new(NULL, NULL));
    BAD(eqlm_schema_add(NULL, NULL, 0));
    BAD(eqlm_schema_set_getter(NULL, no_value, NULL));
    BAD(eqlm_schema_set_types(NULL, NULL, NULL));
    BAD(eqlm_schema_set_type_names(NULL, NULL, NULL));
    BAD(eqlm_schema_close(NULL));
    assert_int_equal(eqlm_schema_n_fields(NULL), 0);
    assert_int_equal(eqlm_schema_field_name(NULL, 0).len, 0);
    assert_non_null(eqlm_schema_field_name(NULL, 0).ptr);
    assert_int_equal(eqlm_schema_field_parent(NULL, 0), UINT32_MAX);
    assert_false(eqlm_schema_find(NULL, str("a"), NULL));
    BAD(eqlm_diags_new(NULL, NULL));
    eqlm_diags_clear(NULL);
    assert_int_equal(eqlm_diags_count(NULL), 0);
    assert_int_equal(eqlm_diags_errors(NULL), 0);
    assert_int_equal(eqlm_diags_dropped(NULL), 0);
    assert_null(eqlm_diags_get(NULL, 0));
    eqlm_diag_info row;
    assert_false(eqlm_diag_catalog(SIZE_MAX, &row));
    assert_false(eqlm_diag_catalog(0, NULL));
    BAD(eqlm_compile(NULL, NULL, str("any where true"), NULL, NULL, &p));
    assert_null(p);
    BAD(eqlm_compile(NULL, schema, str("any where true"), NULL, NULL, NULL));
    BAD(eqlm_compile_expr(NULL, NULL, str("1"), NULL, NULL, &p));
    BAD(eqlm_dump_tree(NULL, NULL, str("any where true"), NULL, NULL, false, refuse, NULL));
    BAD(eqlm_program_save(NULL, refuse, NULL));
    BAD(eqlm_program_dump(NULL, false, refuse, NULL));
    p = (eqlm_program *)state;
    BAD(eqlm_program_load(NULL, NULL, "x", 1, &p));
    assert_null(p);
    BAD(eqlm_program_load(NULL, schema, "x", 1, NULL));
    BAD(eqlm_image_check(NULL, NULL, 5));
    assert_int_equal(eqlm_program_n_fields(NULL), 0);
    assert_int_equal(eqlm_program_field(NULL, 0), UINT32_MAX);
    assert_int_equal(eqlm_program_n_pipes(NULL), 0);
    assert_false(eqlm_program_pipe(NULL, 0, &flag, &count));
    assert_int_equal(eqlm_program_memory(NULL), 0);
    BAD(eqlm_vm_new(NULL, NULL));
    BAD(eqlm_match(NULL, NULL, NULL, &flag));
    BAD(eqlm_eval(NULL, NULL, NULL, &values, &n));
    assert_int_equal(eqlm_vm_errors(NULL), 0);
    assert_non_null(eqlm_status_text((eqlm_status)1000));
    eqlm_schema_free(NULL);
    eqlm_diags_free(NULL);
    eqlm_program_free(NULL);
    eqlm_vm_free(NULL);
}

static void test_outputs(void **state)
{
    (void)state;
    eqlm_schema *schema;
    eqlm_program *query, *expr, *none = (eqlm_program *)state;
    eqlm_vm *vm;
    const eqlm_value *values = (const eqlm_value *)state;
    size_t n = 77, written = 0;
    bool match = true;
    uint32_t event = 0;
    assert_int_equal(eqlm_schema_new(NULL, &schema), EQLM_OK);
    assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
    assert_int_equal(
        eqlm_compile(NULL, schema, str("any where x == 1 | head 3 | tail 2"), NULL, NULL, &query), EQLM_OK);
    assert_int_equal(eqlm_compile_expr(NULL, schema, str("length(x) + 1"), NULL, NULL, &expr), EQLM_OK);
    assert_int_equal(eqlm_compile(NULL, schema, str("any where"), NULL, NULL, &none), EQLM_E_COMPILE);
    assert_null(none);
    BAD(eqlm_compile(NULL, schema, (eqlm_str) { NULL, 5 }, NULL, NULL, &none));
    assert_int_equal(eqlm_compile(NULL, schema, (eqlm_str) { NULL, 0 }, NULL, NULL, &none), EQLM_E_COMPILE);

    BAD(eqlm_match(vm, expr, &event, &match));
    BAD(eqlm_match(vm, query, NULL, &match));
    BAD(eqlm_match(vm, query, &event, NULL));
    assert_true(match);
    BAD(eqlm_eval(vm, query, &event, &values, &n));
    BAD(eqlm_eval(vm, expr, &event, NULL, &n));
    BAD(eqlm_eval(vm, expr, &event, &values, NULL));
    assert_ptr_equal(values, state);
    assert_int_equal(n, 77);
    /* Without a getter, and without an event, every field is missing. */
    assert_int_equal(eqlm_match(vm, query, &event, &match), EQLM_OK);
    assert_false(match);
    assert_int_equal(eqlm_eval(vm, expr, NULL, &values, &n), EQLM_OK);
    assert_int_equal(n, 1);
    assert_int_equal(values[0].type, EQLM_NULL);

    bool tail;
    uint64_t count;
    assert_int_equal(eqlm_program_n_pipes(query), 2);
    assert_true(eqlm_program_pipe(query, 1, &tail, &count));
    assert_true(tail);
    assert_int_equal(count, 2);
    assert_true(eqlm_program_pipe(query, 0, NULL, NULL));
    assert_false(eqlm_program_pipe(query, 2, &tail, &count));
    assert_int_equal(eqlm_program_field(query, 99), UINT32_MAX);
    assert_int_equal(eqlm_program_save(query, refuse, &written), EQLM_E_LIMIT);
    assert_int_equal(written, 1);
    BAD(eqlm_program_save(query, NULL, NULL));
    BAD(eqlm_program_dump(query, true, NULL, NULL));
    assert_int_equal(eqlm_program_load(NULL, schema, "EQLMPRG", 7, &none), EQLM_E_IMAGE);
    assert_int_equal(eqlm_image_check(NULL, "", 0), EQLM_E_IMAGE);
    eqlm_program_free(expr);
    eqlm_program_free(query);
    eqlm_vm_free(vm);
    eqlm_schema_free(schema);
}

/* A size that no version has had, or that tells of something this version does not know. */
static void test_sizes(void **state)
{
    (void)state;
    struct {
        eqlm_options known;
        uint64_t more;
    } c = { .known.size = sizeof c };
    struct {
        eqlm_stream_options known;
        uint64_t more;
    } s = { .known.size = sizeof s };
    struct {
        eqlm_profile known;
        uint64_t more;
    } p = { .known = { .size = sizeof p, .now = no_time } };
    const size_t bad[] = { 0, 1, sizeof(size_t), sizeof(eqlm_options) - 1, SIZE_MAX, (size_t)1 << 40 };
    const eqlm_str query = str("any where true");
    eqlm_schema *schema;
    eqlm_program *program;
    eqlm_stream *stream;
    eqlm_vm *vm;
    assert_int_equal(eqlm_schema_new(NULL, &schema), EQLM_OK);
    assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
    assert_int_equal(eqlm_compile(NULL, schema, query, &c.known, NULL, &program), EQLM_OK);
    eqlm_program_free(program);
    assert_int_equal(eqlm_stream_new(NULL, &s.known, &stream), EQLM_OK);
    assert_int_equal(eqlm_stream_set_profile(stream, &p.known), EQLM_OK);
    assert_int_equal(eqlm_vm_set_profile(vm, &p.known), EQLM_OK);
    c.more = s.more = p.more = 1;
    for (size_t i = 0; i <= sizeof bad / sizeof bad[0]; i++) {
        BAD(eqlm_compile(NULL, schema, query, &c.known, NULL, &program));
        BAD(eqlm_compile_expr(NULL, schema, str("1"), &c.known, NULL, &program));
        BAD(eqlm_dump_tree(NULL, schema, query, &c.known, NULL, false, refuse, NULL));
        BAD(eqlm_stream_set_profile(stream, &p.known));
        BAD(eqlm_vm_set_profile(vm, &p.known));
        eqlm_stream *none;
        BAD(eqlm_stream_new(NULL, &s.known, &none));
        assert_null(none);
        if (i < sizeof bad / sizeof bad[0])
            c.known.size = s.known.size = p.known.size = bad[i];
    }
    eqlm_options options = { .size = sizeof options, .dialect = (eqlm_dialect)77 };
    BAD(eqlm_compile(NULL, schema, query, &options, NULL, &program));
    eqlm_stream_free(stream);
    eqlm_vm_free(vm);
    eqlm_schema_free(schema);
}

/* A vm that outlives its programs does not keep them for ever. */
typedef struct meter {
    eqlm_alloc hook;
    size_t live;
} meter;

static void *metered(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    meter *m = ctx;
    m->live += new_size - old_size;
    if (new_size == 0) {
        test_free(ptr);
        return NULL;
    }
    return ptr ? test_realloc(ptr, new_size) : test_malloc(new_size);
}

static bool get_text(void *ctx, const void *event, uint32_t field, eqlm_value *out)
{
    (void)ctx;
    (void)field;
    *out = (eqlm_value) { .type = EQLM_STRING, .len = 3, .as.str = event };
    return true;
}

static void test_programs_come_and_go(void **state)
{
    (void)state;
    meter m = { { metered, &m }, 0 };
    eqlm_schema *schema;
    eqlm_vm *vm;
    assert_int_equal(eqlm_schema_new(&m.hook, &schema), EQLM_OK);
    assert_int_equal(eqlm_schema_set_getter(schema, get_text, NULL), EQLM_OK);
    assert_int_equal(eqlm_vm_new(&m.hook, &vm), EQLM_OK);
    size_t peak = 0;
    for (int i = 0; i < 300; i++) {
        eqlm_program *p;
        bool match = false;
        assert_int_equal(eqlm_compile(&m.hook, schema, str("any where x regex \"a.[b-d]\""), NULL, NULL, &p),
                         EQLM_OK);
        assert_int_equal(eqlm_match(vm, p, "abc", &match), EQLM_OK);
        assert_true(match);
        eqlm_program_free(p);
        if (i == 30)
            peak = m.live;
        if (i > 30 && m.live > 2 * peak)
            fail_msg("%zu bytes after %d programs, %zu after 30", m.live, i, peak);
    }
    eqlm_vm_free(vm);
    eqlm_schema_free(schema);
    assert_int_equal(m.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_objects),
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_programs_come_and_go),
    };
    return cmocka_run_group_tests_name("misuse", tests, NULL, NULL);
}
