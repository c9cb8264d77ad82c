/* test_emit_api.c - the functions around native code: wrong arguments, want of memory, damaged images, and which
 * conditions have code of their own. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "alloc.h"
#include "vector.h"

#include <stdlib.h>
#include <string.h>

typedef struct record {
    const char *name;
    uint32_t pid;
} record;

static const eqlm_field fields[] = {
    { EQLM_FIELD_CSTR("name", record, name) },
    { EQLM_FIELD_UINT("pid", record, pid) },
};

static eqlm_str str(const char *s)
{
    return (eqlm_str) { s, strlen(s) };
}

static eqlm_schema *schema_of(const eqlm_alloc *alloc, bool placed)
{
    eqlm_schema *schema;
    assert_int_equal(eqlm_schema_new(alloc, &schema), EQLM_OK);
    if (placed)
        assert_int_equal(eqlm_schema_add(schema, fields, 2), EQLM_OK);
    return schema;
}

static eqlm_program *program_of(const eqlm_alloc *alloc, const char *query, bool placed)
{
    eqlm_schema *schema = schema_of(alloc, placed);
    eqlm_program *p;
    assert_int_equal(eqlm_compile(alloc, schema, str(query), NULL, NULL, &p), EQLM_OK);
    eqlm_schema_free(schema);
    return p;
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *p = strstr(text, what); p; p = strstr(p + 1, what))
        n++;
    return n;
}

/* Conditions that are code, and those that only the library answers. */
static void test_own_code(void **state)
{
    static const struct {
        const char *query;
        size_t own, asked;
    } cases[] = {
        { "any where name == \"a\"", 1, 0 },
        { "any where name : (\"a*\", \"*b\", \"c*d\", \"?e\", \"f\")", 1, 0 },
        { "any where name like \"*a*\" and length(name) > 3", 2, 0 },
        { "any where startsWith(name, \"a\") or endsWith~(name, \"b\")", 2, 0 },
        { "any where pid == 4 and pid in (4, 5) and pid > 2 and name != null", 4, 0 },
        { "any where name regex \"a.c\"", 0, 1 },
        { "any where cidrMatch(name, \"10.0.0.0/8\")", 0, 1 },
        { "any where pid + 1 == 5 and name == \"a\"", 1, 1 },
        { "any where true", 0, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int placed = 0; placed < 2; placed++) {
            ts_bytes out = { 0 };
            eqlm_program *p = program_of(NULL, cases[i].query, placed);
            assert_int_equal(eqlm_emit_c_rule(p, "r", str(cases[i].query), ts_bytes_write, &out), EQLM_OK);
            assert_true(ts_bytes_write(&out, "", 1));
            if (count(out.ptr, "\n\thit = ") != cases[i].own || count(out.ptr, "if ((status = ") != cases[i].asked)
                fail_msg("%s:\n%s", cases[i].query, out.ptr);
            free(out.ptr);
            eqlm_program_free(p);
        }
    }
}

static bool refuse(void *ctx, const void *bytes, size_t len)
{
    size_t *left = ctx;
    (void)bytes;
    *left -= len < *left ? len : *left;
    return *left > 0;
}

static void test_arguments(void **state)
{
    static const char *const names[] = { "", "1a", "a-b", "a b", "\xc3\xa9" };
    static const char *const refused[] = { "sequence [any where true] [any where true]",
                                           "sample by a [any where true] [any where true]" };
    const char *const table[] = { "r" };
    eqlm_program *p = program_of(NULL, "any where name : \"x*\"", false);
    ts_bytes out = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(eqlm_emit_c_rule(p, names[i], str(""), ts_bytes_write, &out), EQLM_E_ARGUMENT);
        assert_int_equal(eqlm_emit_c_end(names[i], table, 1, ts_bytes_write, &out), EQLM_E_ARGUMENT);
        assert_int_equal(eqlm_emit_c_end("t", &names[i], 1, ts_bytes_write, &out), EQLM_E_ARGUMENT);
    }
    assert_int_equal(eqlm_emit_c_end("t", (const char *const[]){ "r", NULL }, 2, ts_bytes_write, &out), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_emit_c_rule(NULL, "r", str(""), ts_bytes_write, &out), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_emit_c_rule(p, NULL, str(""), ts_bytes_write, &out), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_emit_c_rule(p, "r", str(""), NULL, NULL), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_emit_c_begin(NULL, NULL), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_emit_c_end(NULL, table, 1, ts_bytes_write, &out), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_emit_c_end("t", NULL, 1, ts_bytes_write, &out), EQLM_E_ARGUMENT);
    for (size_t i = 0; i < 2; i++) {
        eqlm_program *other = program_of(NULL, refused[i], false);
        assert_int_equal(eqlm_emit_c_rule(other, "r", str(""), ts_bytes_write, &out), EQLM_E_ARGUMENT);
        eqlm_program_free(other);
    }
    assert_int_equal(out.len, 0);
    /* A writer that is full at any point stops each of them. */
    for (size_t room = 1; room < 900; room += 37) {
        size_t left = room;
        assert_int_equal(eqlm_emit_c_rule(p, "r", str("// x"), refuse, &left), EQLM_E_LIMIT);
        left = room < 250 ? room : 1;
        assert_int_equal(eqlm_emit_c_begin(refuse, &left), EQLM_E_LIMIT);
        left = room < 60 ? room : 1;
        assert_int_equal(eqlm_emit_c_end("t", table, 1, refuse, &left), EQLM_E_LIMIT);
    }
    eqlm_program_free(p);
}

static void test_emit_memory(void **state)
{
    ts_alloc alloc;
    ts_bytes out = { 0 };
    (void)state;
    ts_alloc_init(&alloc);
    eqlm_program *p = program_of(&alloc.hook, "any where name : (\"x*\", \"a?b\", \"long enough for a block*\")", false);
    size_t blocks = alloc.live_blocks, fail_at = 1;
    for (;; fail_at++) {
        out.len = 0;
        ts_alloc_arm(&alloc, fail_at);
        eqlm_status s = eqlm_emit_c_rule(p, "r", str(""), ts_bytes_write, &out);
        assert_int_equal(alloc.live_blocks, blocks);
        if (!alloc.failed) {
            assert_int_equal(s, EQLM_OK);
            break;
        }
        assert_int_equal(s, EQLM_E_NOMEM);
    }
    assert_true(fail_at > 3);
    eqlm_program_free(p);
    assert_int_equal(alloc.live_blocks, 0);
    assert_false(alloc.corrupt);
    free(out.ptr);
}

static eqlm_status match_nothing(const eqlm_native *native, eqlm_vm *vm, const void *event, bool *out)
{
    return eqlm_native_test(native, vm, 1000, event, out);
}

typedef struct image {
    ts_bytes bytes;
    eqlm_native_rule rule;
} image;

static void make_image(image *i, const char *query, bool placed)
{
    eqlm_program *p = program_of(NULL, query, placed);
    memset(i, 0, sizeof *i);
    assert_int_equal(eqlm_program_save(p, ts_bytes_write, &i->bytes), EQLM_OK);
    i->rule = (eqlm_native_rule) { "r", match_nothing, i->bytes.ptr, (uint32_t)i->bytes.len, eqlm_program_places(p) };
    eqlm_program_free(p);
}

static void test_load(void **state)
{
    image i;
    ts_alloc alloc;
    eqlm_native *native = NULL;
    (void)state;
    ts_alloc_init(&alloc);
    make_image(&i, "any where name == \"x\" and pid == 1", true);
    assert_true(i.rule.places != 0);
    for (size_t fail_at = 1;; fail_at++) {
        eqlm_schema *schema = schema_of(NULL, true);
        ts_alloc_arm(&alloc, fail_at);
        eqlm_status s = eqlm_native_new(&alloc.hook, schema, &i.rule, &native);
        eqlm_schema_free(schema);
        if (!alloc.failed) {
            assert_int_equal(s, EQLM_OK);
            break;
        }
        assert_int_equal(s, EQLM_E_NOMEM);
        assert_null(native);
        assert_int_equal(alloc.live_blocks, 0);
    }
    eqlm_native_free(native);
    assert_int_equal(alloc.live_blocks, 0);
    assert_false(alloc.corrupt);
    /* Places that are others: a getter, another offset. */
    eqlm_field moved[2] = { fields[0], fields[1] };
    moved[1].offset += 4;
    for (int k = 0; k < 2; k++) {
        eqlm_schema *schema = schema_of(NULL, false);
        if (k)
            assert_int_equal(eqlm_schema_add(schema, moved, 2), EQLM_OK);
        assert_int_equal(eqlm_native_new(NULL, schema, &i.rule, &native), EQLM_E_SCHEMA);
        assert_null(native);
        eqlm_schema_free(schema);
    }
    eqlm_schema *schema = schema_of(NULL, true);
    i.bytes.ptr[i.bytes.len / 2] ^= 1;
    assert_int_equal(eqlm_native_new(NULL, schema, &i.rule, &native), EQLM_E_IMAGE);
    i.rule.match = NULL;
    assert_int_equal(eqlm_native_new(NULL, schema, &i.rule, &native), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_native_new(NULL, schema, NULL, &native), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_native_new(NULL, NULL, &i.rule, &native), EQLM_E_ARGUMENT);
    eqlm_native_free(NULL);
    eqlm_schema_free(schema);
    free(i.bytes.ptr);
}

/* A test of its own, asked as generated code does. */
static void test_ask(void **state)
{
    record e = { "xy", 1 };
    image i;
    eqlm_native *native;
    eqlm_vm *vm;
    bool out = true;
    (void)state;
    make_image(&i, "any where name regex \"x.\" and pid == 1", false);
    assert_int_equal(i.rule.places, 0);
    eqlm_schema *schema = schema_of(NULL, true);
    assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
    assert_int_equal(eqlm_native_new(NULL, schema, &i.rule, &native), EQLM_OK);
    assert_int_equal(native->match(native, vm, &e, &out), EQLM_E_ARGUMENT);
    assert_true(out);
    assert_int_equal(eqlm_native_test(native, vm, 0, &e, NULL), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_native_test(NULL, vm, 0, &e, &out), EQLM_E_ARGUMENT);
    size_t held = 0;
    for (uint32_t test = 0; test < 2; test++) {
        assert_int_equal(eqlm_native_test(native, vm, test, &e, &out), EQLM_OK);
        held += out;
    }
    assert_int_equal(held, 2);
    e.name = "y";
    e.pid = 2;
    for (uint32_t test = 0; test < 2; test++) {
        assert_int_equal(eqlm_native_test(native, vm, test, &e, &out), EQLM_OK);
        assert_false(out);
    }
    eqlm_native_free(native);
    eqlm_vm_free(vm);
    eqlm_schema_free(schema);
    free(i.bytes.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_code), cmocka_unit_test(test_arguments), cmocka_unit_test(test_emit_memory),
        cmocka_unit_test(test_load),     cmocka_unit_test(test_ask),
    };
    return cmocka_run_group_tests_name("emitted C, functions", tests, NULL, NULL);
}
