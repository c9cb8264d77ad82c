/* test_ecs.c - the built-in types of the Elastic Common Schema. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "eqlmini.h"

#include <stdlib.h>
#include <string.h>

static eqlm_str str(const char *text)
{
    return (eqlm_str) { text, strlen(text) };
}

static eqlm_type type_of(const char *name, bool *is_array)
{
    *is_array = false;
    return eqlm_ecs_type(NULL, str(name), is_array);
}

static void one_field_of_every_type(void **state)
{
    static const struct {
        const char *name;
        eqlm_type type;
        bool is_array;
    } rows[] = {
        { "@timestamp", EQLM_TYPE_DATE, false },
        { "process.pid", EQLM_TYPE_LONG, false },
        { "process.name", EQLM_TYPE_KEYWORD, false },
        { "process.args", EQLM_TYPE_KEYWORD, true },
        { "process.command_line", EQLM_TYPE_KEYWORD, false }, /* wildcard */
        { "data_stream.type", EQLM_TYPE_KEYWORD, false },     /* constant_keyword */
        { "dll.pe.imports", EQLM_TYPE_KEYWORD, true },        /* flattened */
        { "event.category", EQLM_TYPE_KEYWORD, true },
        { "host.cpu.usage", EQLM_TYPE_DOUBLE, false },   /* scaled_float */
        { "event.risk_score", EQLM_TYPE_DOUBLE, false }, /* float */
        { "source.ip", EQLM_TYPE_IP, false },
        { "host.ip", EQLM_TYPE_IP, true },
        { "process.code_signature.trusted", EQLM_TYPE_BOOLEAN, false },
        { "message", EQLM_TYPE_TEXT, false },
        { "dll.pe.sections", EQLM_TYPE_NESTED, true },
        { "dns.answers", EQLM_TYPE_OBJECT, true },
        { "labels", EQLM_TYPE_OBJECT, false },
        { "host.geo.location", EQLM_TYPE_UNSUPPORTED, false },
        { "volume.bus_type", EQLM_TYPE_KEYWORD, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool is_array;
        eqlm_type type = type_of(rows[i].name, &is_array);
        if (type != rows[i].type || is_array != rows[i].is_array)
            fail_msg("%s has type %d%s", rows[i].name, type, is_array ? ", array" : "");
    }
}

static void other_names_are_not_known(void **state)
{
    static const char *const names[] = {
        "",  ".", "process",   "process.", "process.pid.x", "process.pi", "process.pidd", "Process.pid",
        "a", "~", "message.x", "..",       "process..pid",  ".labels",    "tags.x",       "labels_x"
    };
    bool is_array;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (type_of(names[i], &is_array) != EQLM_TYPE_ANY || is_array)
            fail_msg("'%s' is known", names[i]);
    }
    assert_int_equal(eqlm_ecs_type(NULL, (eqlm_str) { NULL, 0 }, &is_array), EQLM_TYPE_ANY);
    assert_int_equal(eqlm_ecs_type(NULL, (eqlm_str) { "process.pid\0", 12 }, &is_array), EQLM_TYPE_ANY);
}

static void keys_of_anybodys_choice_are_keywords(void **state)
{
    bool is_array;
    (void)state;
    assert_int_equal(type_of("labels.env", &is_array), EQLM_TYPE_KEYWORD);
    assert_int_equal(type_of("labels.a.b.c", &is_array), EQLM_TYPE_KEYWORD);
    assert_int_equal(type_of("container.labels.app", &is_array), EQLM_TYPE_KEYWORD);
    assert_int_equal(type_of("dll.pe.imports.kernel32", &is_array), EQLM_TYPE_KEYWORD);
    assert_false(is_array);
    assert_int_equal(type_of("dns.answers.none", &is_array), EQLM_TYPE_ANY);
}

/* The lookup relies on the order, which the table's generator compares in whatever way its awk does. */
static void fields_are_listed_in_order(void **state)
{
    eqlm_str before = { "", 0 }, name, again;
    eqlm_type type;
    bool is_array, looked_up;
    size_t n = 0, n_of[EQLM_TYPE_UNMAPPED + 1] = { 0 };
    (void)state;
    for (; eqlm_ecs_field(n, &name, &type, &is_array); n++) {
        size_t shorter = before.len < name.len ? before.len : name.len;
        int order = memcmp(before.ptr, name.ptr, shorter);
        assert_true(order < 0 || (order == 0 && before.len < name.len));
        before = name;
        looked_up = false;
        assert_int_equal(eqlm_ecs_type(NULL, name, &looked_up), type);
        assert_int_equal(looked_up, is_array);
        assert_true(eqlm_ecs_name(NULL, n, &again));
        assert_ptr_equal(again.ptr, name.ptr);
        assert_int_equal(again.len, name.len);
        n_of[type]++;
    }
    assert_int_equal(n, 2614);
    assert_int_equal(n_of[EQLM_TYPE_KEYWORD], 1959 + 22 + 3 + 40);
    assert_int_equal(n_of[EQLM_TYPE_LONG], 264);
    assert_int_equal(n_of[EQLM_TYPE_DATE], 98);
    assert_int_equal(n_of[EQLM_TYPE_IP], 18);
    assert_false(eqlm_ecs_name(NULL, n, &again));
    assert_false(eqlm_ecs_field(SIZE_MAX, &name, NULL, NULL));
    assert_true(eqlm_ecs_field(0, &name, NULL, NULL));
}

/* Compiles a query with the built-in schema and returns the first diagnostic's hint, a copy, or NULL. */
static char *hint_of(const char *query)
{
    eqlm_schema *schema;
    eqlm_diags *diags;
    eqlm_program *program;
    char *hint = NULL;
    assert_int_equal(eqlm_schema_new(NULL, &schema), EQLM_OK);
    assert_int_equal(eqlm_diags_new(NULL, &diags), EQLM_OK);
    assert_int_equal(eqlm_schema_set_types(schema, eqlm_ecs_type, NULL), EQLM_OK);
    assert_int_equal(eqlm_schema_set_type_names(schema, eqlm_ecs_name, NULL), EQLM_OK);
    assert_int_equal(eqlm_compile(NULL, schema, str(query), NULL, diags, &program), EQLM_OK);
    if (eqlm_diags_count(diags) && eqlm_diags_get(diags, 0)->hint)
        hint = strdup(eqlm_diags_get(diags, 0)->hint);
    eqlm_program_free(program);
    eqlm_diags_free(diags);
    eqlm_schema_free(schema);
    return hint;
}

static void its_names_are_suggested(void **state)
{
    char *hint = hint_of("process where proces.comand_line : \"x\"");
    (void)state;
    assert_non_null(hint);
    assert_non_null(strstr(hint, "'process.command_line'"));
    free(hint);
    hint = hint_of("process where process.command_line : \"x\"");
    assert_null(hint);
    assert_int_equal(eqlm_schema_set_type_names(NULL, eqlm_ecs_name, NULL), EQLM_E_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_field_of_every_type),
        cmocka_unit_test(other_names_are_not_known),
        cmocka_unit_test(keys_of_anybodys_choice_are_keywords),
        cmocka_unit_test(fields_are_listed_in_order),
        cmocka_unit_test(its_names_are_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
