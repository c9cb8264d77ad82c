/* test_fields.c - host structs: every storage, shape and presence, and children of arrays of objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "eqlmini.h"

#include <stdlib.h>
#include <string.h>

typedef struct text {
    const char *ptr;
    uint16_t len;
} text;

typedef struct file {
    text name;
    bool has_size;
    int16_t size;
} file;

typedef struct module {
    const char *path;
    uint8_t flags;
    uint32_t n_files;
    file *files;
} module;

typedef struct event {
    const char *category;
    bool flag;
    bool has_flag;
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    float f32;
    double f64;
    char chars[4];
    const char *cstr;
    const char *str;
    uint8_t str_len;
    unsigned char v4[4], v6[16];
    eqlm_value value;
    uint8_t n_ports;
    uint16_t ports[3];
    uint64_t n_args;
    const char **args;
    uint32_t n_words;
    text words[2];
    uint16_t n_names;
    char names[2][3];
    uint32_t n_hosts;
    unsigned char (*hosts)[4];
    uint32_t n_bits;
    bool bits[2];
    uint32_t n_levels;
    double *levels;
    uint32_t n_modules;
    module *modules;
} event;

#define FIELD_IP(n, st, m) EQLM_FIELD_ARRAY(n, st, event, m, n_bits, EQLM_SCALAR)

static const eqlm_field fields[] = {
    { EQLM_FIELD_CSTR("event.category", event, category) },
    { EQLM_FIELD_BOOL("flag", event, flag), .present = EQLM_PRESENT(event, has_flag) },
    { EQLM_FIELD_INT("i8", event, i8) },
    { EQLM_FIELD_INT("i16", event, i16) },
    { EQLM_FIELD_INT("i32", event, i32) },
    { EQLM_FIELD_INT("i64", event, i64) },
    { EQLM_FIELD_UINT("u8", event, u8) },
    { EQLM_FIELD_UINT("u16", event, u16) },
    { EQLM_FIELD_UINT("u32", event, u32) },
    { EQLM_FIELD_UINT("u64", event, u64) },
    { EQLM_FIELD_FLOAT("f32", event, f32) },
    { EQLM_FIELD_FLOAT("f64", event, f64) },
    { EQLM_FIELD_CHARS("chars", event, chars) },
    { EQLM_FIELD_CSTR("cstr", event, cstr) },
    { EQLM_FIELD_STR("str", event, str, str_len) },
    { FIELD_IP("v4", EQLM_STORE_IPV4, v4) },
    { FIELD_IP("v6", EQLM_STORE_IPV6, v6) },
    { EQLM_FIELD_VALUE("value", event, value) },
    { EQLM_FIELD_ARRAY("ports", EQLM_STORE_UINT, event, ports, n_ports, EQLM_ARRAY_INLINE) },
    { EQLM_FIELD_ARRAY("args", EQLM_STORE_CSTR, event, args, n_args, EQLM_ARRAY_POINTER) },
    { EQLM_FIELD_STR_ARRAY("words", event, words, text, len, n_words, EQLM_ARRAY_INLINE) },
    { EQLM_FIELD_ARRAY("names", EQLM_STORE_CHARS, event, names, n_names, EQLM_ARRAY_INLINE) },
    { EQLM_FIELD_ARRAY("hosts", EQLM_STORE_IPV4, event, hosts, n_hosts, EQLM_ARRAY_POINTER) },
    { EQLM_FIELD_ARRAY("bits", EQLM_STORE_BOOL, event, bits, n_bits, EQLM_ARRAY_INLINE) },
    { EQLM_FIELD_ARRAY("levels", EQLM_STORE_FLOAT, event, levels, n_levels, EQLM_ARRAY_POINTER) },
    { EQLM_FIELD_ARRAY("modules", EQLM_STORE_OBJECT, event, modules, n_modules, EQLM_ARRAY_POINTER) },
    { EQLM_FIELD_CSTR("modules.path", module, path), .parent = "modules" },
    { EQLM_FIELD_UINT("modules.flags", module, flags), .parent = "modules" },
    { EQLM_FIELD_ARRAY("modules.files", EQLM_STORE_OBJECT, module, files, n_files, EQLM_ARRAY_POINTER),
      .parent = "modules" },
    { EQLM_FIELD_STR("modules.files.name", file, name.ptr, name.len), .parent = "modules.files" },
    { EQLM_FIELD_INT("modules.files.size", file, size), .parent = "modules.files",
      .present = EQLM_PRESENT(file, has_size) },
};

enum { N_FIELDS = sizeof fields / sizeof fields[0] };

/* Exactly as large as said, so that a sanitizer sees a read behind the end. */
static void *exact(const void *bytes, size_t n)
{
    void *p = malloc(n);
    assert_non_null(p);
    memcpy(p, bytes, n);
    return p;
}

static event *make_event(void)
{
    static const char *const args[] = { "cmd.exe", NULL, "/c" };
    static const unsigned char hosts[2][4] = { { 10, 1, 2, 3 }, { 192, 0, 2, 1 } };
    static const double levels[] = { 0.5, -2.5 };
    static const file files[] = { { { "one", 3 }, true, -7 }, { { "second", 6 }, false, 99 } };
    event e = { .category = "process",
                .has_flag = true,
                .flag = true,
                .i8 = -128,
                .i16 = -32768,
                .i32 = INT32_MIN,
                .i64 = INT64_MIN,
                .u8 = 255,
                .u16 = 65535,
                .u32 = UINT32_MAX,
                .u64 = UINT64_MAX,
                .f32 = 1.5f,
                .f64 = -0.25,
                .chars = { 'f', 'u', 'l', 'l' },
                .cstr = "text",
                .str = "abcdef",
                .str_len = 3,
                .v4 = { 10, 0, 0, 1 },
                .v6 = { [15] = 1 },
                .value = { .type = EQLM_DATE, .as.i64 = 1000000000 },
                .n_ports = 2,
                .ports = { 80, 443, 9999 },
                .n_args = 3,
                .n_words = 2,
                .words = { { "first", 5 }, { "second", 6 } },
                .n_names = 2,
                .names = { "ab", { 'c', 'd', 'e' } },
                .n_hosts = 2,
                .n_bits = 2,
                .bits = { false, true },
                .n_levels = 2,
                .n_modules = 2 };
    module modules[2] = { { .path = "a.dll", .flags = 1, .n_files = 2 }, { .path = "b.dll", .flags = 200 } };
    modules[0].files = exact(files, sizeof files);
    e.args = exact(args, sizeof args);
    e.hosts = exact(hosts, sizeof hosts);
    e.levels = exact(levels, sizeof levels);
    e.modules = exact(modules, sizeof modules);
    return exact(&e, sizeof e);
}

static void free_event(event *e)
{
    free(e->modules[0].files);
    free(e->modules);
    free(e->levels);
    free(e->hosts);
    free(e->args);
    free(e);
}

static bool matches(eqlm_schema *schema, const char *query, const event *e)
{
    const eqlm_options options = { .size = sizeof options,
                                   .dialect = EQLM_DIALECT_ENDPOINT,
                                   .unknown_field_is_error = true };
    eqlm_diags *diags;
    eqlm_program *p;
    eqlm_vm *vm;
    bool match = false;
    assert_int_equal(eqlm_diags_new(NULL, &diags), EQLM_OK);
    eqlm_status status = eqlm_compile(NULL, schema, (eqlm_str) { query, strlen(query) }, &options, diags, &p);
    if (eqlm_diags_count(diags))
        print_error("%s: %s\n", query, eqlm_diags_get(diags, 0)->message);
    assert_int_equal(status, EQLM_OK);
    assert_int_equal(eqlm_diags_count(diags), 0);
    assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
    assert_int_equal(eqlm_match(vm, p, e, &match), EQLM_OK);
    assert_int_equal(eqlm_vm_errors(vm), 0);
    eqlm_vm_free(vm);
    eqlm_program_free(p);
    eqlm_diags_free(diags);
    return match;
}

static eqlm_schema *make_schema(void)
{
    eqlm_schema *schema;
    assert_int_equal(eqlm_schema_new(NULL, &schema), EQLM_OK);
    assert_int_equal(eqlm_schema_add(schema, fields, N_FIELDS), EQLM_OK);
    return schema;
}

static void holds(eqlm_schema *schema, const event *e, const char *query)
{
    if (!matches(schema, query, e))
        fail_msg("does not match: %s", query);
}

static void test_scalars(void **state)
{
    (void)state;
    eqlm_schema *s = make_schema();
    event *e = make_event();
    holds(s, e, "process where flag and flag == true");
    holds(s, e,
          "process where i8 == -128 and i16 == -32768 and i32 == -2147483648 and i64 < -9223372036854775807");
    holds(s, e,
          "process where u8 == 255 and u16 == 65535 and u32 == 4294967295 and u64 == 18446744073709551615");
    holds(s, e, "process where f32 == 1.5 and f64 == -0.25");
    holds(s, e, "process where chars == \"full\" and length(chars) == 4");
    holds(s, e, "process where cstr : \"TEXT\" and str == \"abc\" and concat(str, cstr) == \"abctext\"");
    holds(s, e, "process where v4 == \"10.0.0.1\" and cidrMatch(v4, \"10.0.0.0/8\") and v6 == \"::1\"");
    holds(s, e, "process where value == 1000 and value > \"1970-01-01\"");
    free_event(e);
    eqlm_schema_free(s);
}

static void test_missing(void **state)
{
    (void)state;
    eqlm_schema *s = make_schema();
    event *e = make_event();
    e->has_flag = false;
    e->cstr = e->str = NULL;
    e->chars[0] = 0;
    e->value.type = EQLM_NULL;
    e->n_ports = 0;
    const char **args = e->args;
    e->args = NULL;
    holds(s, e, "process where flag == null and not flag and cstr == null and str == null and value == null");
    holds(s, e, "process where chars == \"\" and ports == null and args == null");
    e->args = args;
    free_event(e);
    eqlm_schema_free(s);
}

static void test_arrays(void **state)
{
    (void)state;
    eqlm_schema *s = make_schema();
    event *e = make_event();
    holds(s, e, "process where ports == 80 and ports == 443 and ports != 9999 and ports + ports == 523");
    holds(s, e,
          "process where args == \"cmd.exe\" and args == \"/c\" and args != \"\" and length(args) == 2");
    holds(s, e,
          "process where words == \"first\" and words : \"SECOND\" and concat(words, words) == "
          "\"secondfirst\"");
    holds(s, e, "process where names == \"ab\" and names == \"cde\"");
    holds(s, e,
          "process where cidrMatch(hosts, \"192.0.2.0/24\") and hosts == \"10.1.2.3\" and hosts != "
          "\"10.1.2.4\"");
    holds(s, e, "process where bits == true and bits == false and bits");
    holds(s, e, "process where levels == 0.5 and levels < -2");
    free_event(e);
    eqlm_schema_free(s);
}

static void test_objects(void **state)
{
    (void)state;
    eqlm_schema *s = make_schema();
    event *e = make_event();
    holds(s, e, "process where _arraysearch(modules, $m, $m.path == \"b.dll\" and $m.flags == 200)");
    holds(s, e, "process where not _arraysearch(modules, $m, $m.path == \"a.dll\" and $m.flags == 200)");
    holds(s, e,
          "process where _arraysearch(modules, $m, $m.flags == 1 and "
          "_arraysearch($m.files, $f, $f.name == \"one\" and $f.size == -7))");
    holds(s, e,
          "process where _arraysearch(modules, $m, "
          "_arraysearch($m.files, $f, $f.name : \"sec*\" and $f.size == null and $m.path == \"a.dll\"))");
    holds(s, e,
          "process where not _arraysearch(modules, $m, "
          "_arraysearch($m.files, $f, $m.path == \"b.dll\"))");
    free_event(e);
    eqlm_schema_free(s);
}

/* What the table says is impossible, and nothing of it stays in the schema. */
/* Not the types of refused fields either: without types in force a text is no number. */
static void test_refused_types(void **state)
{
    struct {
        const char *text;
    } e = { "80" };
    const eqlm_field plain = { .name = "text", .storage = EQLM_STORE_CSTR, .offset = 0, .type = EQLM_TYPE_ANY };
    const eqlm_field typed[] = { { .name = "new", .storage = EQLM_STORE_BOOL, .type = EQLM_TYPE_LONG }, plain };
    const eqlm_str query = { "any where text == 80", 20 };
    eqlm_schema *s;
    eqlm_program *p;
    eqlm_vm *vm;
    bool match = true;
    (void)state;
    assert_int_equal(eqlm_schema_new(NULL, &s), EQLM_OK);
    assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
    assert_int_equal(eqlm_schema_add(s, &plain, 1), EQLM_OK);
    assert_int_equal(eqlm_schema_add(s, typed, 2), EQLM_E_SCHEMA);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(eqlm_compile(NULL, s, query, NULL, NULL, &p), EQLM_OK);
        assert_int_equal(eqlm_match(vm, p, &e, &match), EQLM_OK);
        assert_int_equal(match, i);
        eqlm_program_free(p);
        assert_int_equal(eqlm_schema_add(s, typed, 1), i ? EQLM_E_SCHEMA : EQLM_OK);
    }
    eqlm_vm_free(vm);
    eqlm_schema_free(s);
}

static void test_bad_fields(void **state)
{
    static const eqlm_field bad[] = {
        { .name = NULL, .storage = EQLM_STORE_BOOL },
        { .name = "x", .storage = 200 },
        { .name = "x", .storage = EQLM_STORE_INT, .size = 3 },
        { .name = "x", .storage = EQLM_STORE_FLOAT, .size = 2 },
        { .name = "x", .storage = EQLM_STORE_CHARS, .size = 0 },
        { .name = "x", .storage = EQLM_STORE_STR, .len_size = 0 },
        { .name = "x", .storage = EQLM_STORE_BOOL, .shape = 9 },
        { .name = "x", .storage = EQLM_STORE_BOOL, .type = 99 },
        { .name = "x", .storage = EQLM_STORE_BOOL, .shape = EQLM_ARRAY_INLINE, .count_size = 3, .stride = 1 },
        { .name = "x", .storage = EQLM_STORE_BOOL, .shape = EQLM_ARRAY_INLINE, .count_size = 4, .stride = 0 },
        { .name = "x",
          .storage = EQLM_STORE_INT,
          .size = 8,
          .shape = EQLM_ARRAY_POINTER,
          .count_size = 4,
          .stride = 4 },
        { .name = "x",
          .storage = EQLM_STORE_IPV6,
          .shape = EQLM_ARRAY_POINTER,
          .count_size = 4,
          .stride = 4 },
        { .name = "x",
          .storage = EQLM_STORE_CHARS,
          .size = 9,
          .shape = EQLM_ARRAY_INLINE,
          .count_size = 4,
          .stride = 8 },
        { .name = "x", .storage = EQLM_STORE_BOOL, .parent = "nowhere" },
        { .name = "x", .storage = EQLM_STORE_BOOL, .parent = "cstr" },
        { .name = "cstr", .storage = EQLM_STORE_BOOL },
    };
    (void)state;
    eqlm_schema *s = make_schema();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const eqlm_field pair[] = { { EQLM_FIELD_BOOL("good", event, flag) }, bad[i] };
        assert_int_equal(eqlm_schema_add(s, pair, 2), EQLM_E_SCHEMA);
        assert_int_equal(eqlm_schema_n_fields(s), N_FIELDS);
        assert_false(eqlm_schema_find(s, (eqlm_str) { "good", 4 }, NULL));
    }
    uint32_t number;
    assert_true(eqlm_schema_find(s, (eqlm_str) { "cstr", 4 }, &number));
    assert_string_equal(eqlm_schema_field_name(s, number).ptr, "cstr");
    assert_false(eqlm_schema_find(s, (eqlm_str) { "modules.path", 12 }, &number));
    assert_int_equal(eqlm_schema_field_parent(s, number), UINT32_MAX);
    eqlm_schema_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars), cmocka_unit_test(test_missing),    cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_objects), cmocka_unit_test(test_bad_fields), cmocka_unit_test(test_refused_types),
    };
    return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
