/* test_schema_file.c - types of fields from files, types learnt from events, and the JSON reader of both. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "json_tree.h"
#include "learn.h"
#include "schema_file.h"
#include "types.h"

#include <stdlib.h>
#include <string.h>

typedef struct fixture {
    eqlc_types types;
    eqlc_buf error;
} fixture;

static int setup(void **state)
{
    *state = calloc(1, sizeof(fixture));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    fixture *f = *state;

    eqlc_types_clear(&f->types);
    eqlc_buf_clear(&f->error);
    free(f);
    return 0;
}

/* A copy that ends where the readers may read to, so that a sanitizer sees more. */
static char *padded(const char *text, size_t len)
{
    char *copy = eqlc_alloc(len + EQLC_TREE_PADDING);

    memcpy(copy, text, len);
    memset(copy + len, 0, EQLC_TREE_PADDING);
    return copy;
}

static bool read_bytes(fixture *f, const char *text, size_t len)
{
    char *copy = padded(text, len);
    bool good = eqlc_schema_text_read(&f->types, "f", copy, len, &f->error);

    free(copy);
    return good;
}

static void read_good(fixture *f, const char *text)
{
    if (!read_bytes(f, text, strlen(text)))
        fail_msg("%s", f->error.data);
}

static void read_bad(fixture *f, const char *text, const char *error)
{
    f->error.len = 0;
    if (read_bytes(f, text, strlen(text)))
        fail_msg("accepted: %s", text);
    assert_string_equal(f->error.data, error);
}

static void has(fixture *f, const char *name, const char *type)
{
    bool is_array = false;
    eqlm_type found = eqlc_types_of(&f->types, (eqlm_str) { name, strlen(name) }, &is_array);

    if (strcmp(eqlc_type_text(found), type) != 0)
        fail_msg("%s is %s, not %s", name, eqlc_type_text(found), type);
}

static bool is_array(fixture *f, const char *name)
{
    bool array = false;

    eqlc_types_of(&f->types, (eqlm_str) { name, strlen(name) }, &array);
    return array;
}

/* ------------------------------------------------------------------------------------------------- CSV */

static void csv(void **state)
{
    fixture *f = *state;

    read_good(f, "\xEF\xBB\xBFVersion,Type,\"Field\",Description,Normalization\r\n"
                 "1,long,a.pid,plain,\r\n"
                 "1,keyword,a.args,\"two\nlines, \"\"quoted\"\"\n\",array\r\n"
                 "\r\n"
                 "1,\"ip\",\"a.\"\"b\"\"\"\r\n"
                 "1,flattened,a.more,x,\"array\"");
    has(f, "a.pid", "long");
    has(f, "a.args", "keyword");
    has(f, "a.\"b\"", "ip");
    has(f, "a.more", "keyword");
    has(f, "a.more.x.y", "keyword");
    has(f, "a.none", "any");
    assert_true(is_array(f, "a.args"));
    assert_true(is_array(f, "a.more"));
    assert_false(is_array(f, "a.pid"));
    assert_int_equal(f->types.names.n, 4);
}

static void csv_errors(void **state)
{
    fixture *f = *state;
    const char *header = "f:1:1: the first line must name the columns, Field and Type among them";

    read_bad(f, "", "f:1:1: there is nothing in it");
    read_bad(f, " \r\n\t", "f:1:1: there is nothing in it");
    read_bad(f, "a,b\n", header);
    read_bad(f, "Field\n", header);
    read_bad(f, "Fields,Type\n", header);
    read_bad(f, "Field,Type\na,\n", "f:2:1: field \"a\" has a type nobody knows: \"\"");
    read_bad(f, "Field,Type\n\n\"x\ny\",long\nz,lon\n",
             "f:5:1: field \"z\" has a type nobody knows: \"lon\"");
    read_bad(f, "Field,Type\n\"a\"\"\n\",long\n,long\n", "f:4:1: a row without a field name");
    read_bad(f, "Field,Type\na,\"long\n", "f:2:1: a quoted cell does not end");
    read_bad(f, "Field,Type\na,\"long\"x\n",
             "f:2:1: expected a comma or the end of the line behind a quoted cell");
    assert_false(read_bytes(f, "\0\0,\"", 4));
}

/* -------------------------------------------------------------------------------------------- mappings */

static const char mapping[] =
    "{\"properties\": {"
    "  \"process\": {\"properties\": {"
    "    \"pid\": {\"type\": \"integer\"},"
    "    \"parent.pid\": {\"type\": \"unsigned_long\"},"
    "    \"name\": {\"type\": \"text\", \"fields\": {\"raw\": {\"type\": \"keyword\"}}},"
    "    \"exe\": {\"type\": \"keyword\", \"fields\": {\"text\": {\"type\": \"match_only_text\"}}},"
    "    \"note\": {\"type\": \"text\", \"fields\": {\"stem\": {\"type\": \"text\"}}},"
    "    \"id\": {\"type\": \"alias\", \"path\": \"process.pid\"}}},"
    "  \"thread\": {\"type\": \"nested\", \"properties\": {\"id\": {\"type\": \"long\"}}},"
    "  \"when\": {\"type\": \"date_nanos\"}, \"where\": {\"type\": \"geo_shape\"},"
    "  \"new\": {\"type\": \"a_type_of_the_future\"}, \"v\": {\"type\": \"version\"}, \"f\": {\"type\": "
    "\"flattened\"}}}";

static void mappings(void **state)
{
    static const char *const around[][2] = { { "", "" },
                                             { "{\"mappings\":", "}" },
                                             { "{\"template\":{\"mappings\":", "}}" },
                                             { "{\"logs-1\":{\"mappings\":", "},\"x\":1}" } };
    fixture *f = *state;

    for (size_t i = 0; i < 4; i++) {
        eqlc_buf text = { NULL, 0, 0 };

        eqlc_types_clear(&f->types);
        eqlc_buf_format(&text, "%s%s%s", around[i][0], mapping, around[i][1]);
        read_good(f, text.data);
        eqlc_buf_clear(&text);
        has(f, "process", "object");
        has(f, "process.pid", "long");
        has(f, "process.parent.pid", "unsigned_long");
        has(f, "process.name", "keyword");
        has(f, "process.name.raw", "keyword");
        has(f, "process.exe", "keyword");
        has(f, "process.exe.text", "text");
        has(f, "process.note", "text");
        has(f, "process.id", "long");
        has(f, "thread", "nested");
        has(f, "thread.id", "long");
        has(f, "when", "date");
        has(f, "where", "unsupported");
        has(f, "new", "unsupported");
        has(f, "v", "version");
        has(f, "f.any", "keyword");
        has(f, "properties", "any");
    }
}

static void mappings_of_several_indexes(void **state)
{
    fixture *f = *state;

    read_good(f, "{\"a\":{\"mappings\":{\"properties\":{\"x\":{\"type\":\"long\"}}}},"
                 "\"b\":{\"mappings\":{\"properties\":{\"y\":{\"type\":\"ip\"}}}},\"c\":{\"mappings\":{}}}");
    has(f, "x", "long");
    has(f, "y", "ip");
    assert_int_equal(f->types.names.n, 2);
}

static void mapping_errors(void **state)
{
    fixture *f = *state;

    read_bad(f, "{\"properties\":{\n \"a\":{\"type\":\"alias\",\"path\":\"b\"}}}",
             "f:2:6: the path of this alias leads to no field");
    read_bad(f, "{\"properties\":{\"a\":\"long\"}}", "f:1:21: this is not the definition of a field");
    read_bad(f, "{\"properties\":{\"a\":{\"type\":[]}}}", "f:1:20: this is not the definition of a field");
    read_bad(f, "{\"properties\":{\"\":{}}}", "f:1:19: a field without a name");
}

/* --------------------------------------------------------------------------------------- names and types */

static void names_and_types(void **state)
{
    fixture *f = *state;

    read_good(
        f,
        "{\"process.pid\": \"long\", \"process\": {\"name\": \"keyword\", \"Ext.code\": {\"type\": \"ip\"}},"
        " \"logs-x.*\": {\"n\": \"date\", \"o\": {\"p\": \"double\"}}, \"process.old\": \"alias\","
        " \"caf\\u00e9\": \"boolean\"}");
    has(f, "process.pid", "long");
    has(f, "process.name", "keyword");
    has(f, "process.Ext.code.type", "ip");
    has(f, "n", "date");
    has(f, "o.p", "double");
    has(f, "process.old", "any");
    has(f, "caf\xC3\xA9", "boolean");
    assert_int_equal(f->types.names.n, 7);
}

static void name_errors(void **state)
{
    fixture *f = *state;

    read_bad(f, "{\"a\": \"strin\"}", "f:1:8: field \"a\" has a type nobody knows: \"strin\"");
    read_bad(f, "{\n \"a\\n\": {\"b\": 1}}", "f:2:15: expected a type in quotes, or an object of fields");
    read_bad(f, "{\"\": \"long\"}", "f:1:7: a field without a name");
    read_bad(f, "[\"long\"]", "f:1:1: expected an object");
    read_bad(f, "{\"a\": \"long\"", "f:1:13: the text ends inside an object");
    read_bad(f, "{\"a\": \"long", "f:1:7: the string is not closed");
}

/* ----------------------------------------------------------------------------------------------- layers */

static void later_files_are_stronger(void **state)
{
    fixture *f = *state;
    eqlm_str name;
    size_t n = 0;

    f->types.ecs = true;
    has(f, "process.pid", "long");
    read_good(
        f, "{\"process.pid\": \"keyword\", \"mine\": \"ip\", \"labels\": \"keyword\", \"message\": \"any\"}");
    read_good(f, "Field,Type\nmine,date\n");
    has(f, "process.pid", "keyword");
    has(f, "process.name", "keyword");
    has(f, "mine", "date");
    has(f, "labels", "keyword");
    has(f, "message", "any");
    has(f, "source.ip", "ip");
    while (eqlc_types_name(&f->types, n, &name))
        n++;
    assert_int_equal(n, 4 + 2614);
    f->types.ecs = false;
    has(f, "source.ip", "any");
    assert_false(eqlc_types_name(&f->types, 4, &name));
}

static void many_names(void **state)
{
    fixture *f = *state;
    eqlc_buf text = { NULL, 0, 0 };
    char name[32];

    eqlc_buf_text(&text, "Field,Type\n");
    for (int i = 0; i < 20000; i++)
        eqlc_buf_format(&text, "f.%d,%s\n", i, i % 2 ? "long" : "ip");
    read_good(f, text.data);
    eqlc_buf_clear(&text);
    assert_int_equal(f->types.names.n, 20000);
    for (int i = 0; i < 20000; i += 37) {
        snprintf(name, sizeof name, "f.%d", i);
        has(f, name, i % 2 ? "long" : "ip");
    }
    has(f, "f.20000", "any");
}

static void files(void **state)
{
    fixture *f = *state;

    assert_false(eqlc_schema_file_read(&f->types, "/nonexistent/types", &f->error));
    assert_string_equal(f->error.data, "/nonexistent/types: cannot read: No such file or directory");
}

/* -------------------------------------------------------------------------------------------- JSON reader */

static bool parse(eqlc_json_tree *tree, const char *text, size_t len)
{
    char *copy = padded(text, len);
    bool good = eqlc_json_tree_parse(tree, copy, len);

    free(copy);
    return good;
}

static void json_is_told_from_what_is_not(void **state)
{
    static const char *const good[] = { "{}",       "[]",          "1",
                                        "\"\"",     " [ 1 , 2 ] ", "{\"a\":{\"b\":[{}]}}",
                                        "-0.5e+10", "null",        "true",
                                        "[[],[]]",  "{\"\":0}",    "\"\\ud83d\\ude00\"" };
    static const char *const bad[] = {
        "",           "{",           "}",         "[1,]",     "[,1]",    "{\"a\"}",   "{\"a\":}",
        "{\"a\":1,}", "{a:1}",       "[1 2]",     "nul",      "nullx",   "01",        "1.",
        "+1",         "[1}",         "{\"a\":1]", "1 1",      "\"\\x\"", "\"\\u12\"", "[\"a\" \"b\"]",
        "'a'",        "{\"a\":1:2}", "[tru]",     "\"a\nb\"", "-",       "{1:2}",     "]"
    };
    eqlc_json_tree tree = { .nodes = NULL };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!parse(&tree, good[i], strlen(good[i])))
            fail_msg("%s: %s", good[i], tree.message);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (parse(&tree, bad[i], strlen(bad[i])))
            fail_msg("accepted: %s", bad[i]);
        assert_true(tree.error_at <= strlen(bad[i]));
    }
    assert_false(parse(&tree, "1\0", 2));
    assert_false(parse(&tree, "\xFF", 1));
    eqlc_json_tree_clear(&tree);
}

static void json_depth_is_bounded(void **state)
{
    eqlc_json_tree tree = { .nodes = NULL };
    char text[2 * (EQLC_TREE_DEPTH + 1)];

    (void)state;
    for (size_t depth = EQLC_TREE_DEPTH; depth <= EQLC_TREE_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(parse(&tree, text, 2 * depth), depth == EQLC_TREE_DEPTH);
    }
    assert_string_equal(tree.message, "nested too deeply");
    eqlc_json_tree_clear(&tree);
}

/* No prefix, and no text with one byte changed, is read beyond its end. */
static void json_damaged(void **state)
{
    static const char text[] = "{\"a\":[1,-2.5e3,\"x\\u00e9\\n\",{\"b\":null}],\"c\":true}";
    static const char bytes[] = "\"\\{}[],:0e\0\x80";
    eqlc_json_tree tree = { .nodes = NULL };
    char copy[sizeof text];

    (void)state;
    assert_true(parse(&tree, text, sizeof text - 1));
    assert_int_equal(tree.n, 8);
    for (size_t len = 0; len < sizeof text - 1; len++)
        assert_false(parse(&tree, text, len));
    for (size_t i = 0; i < sizeof text - 1; i++) {
        for (size_t k = 0; k < sizeof bytes; k++) {
            memcpy(copy, text, sizeof text);
            copy[i] = bytes[k];
            parse(&tree, copy, sizeof text - 1);
            assert_true(tree.n <= sizeof text);
        }
    }
    eqlc_json_tree_clear(&tree);
}

static void members(void **state)
{
    static const char source[] = "{\"a\":{\"b\":1},\"b\":\"x\\\"\\u20ac0123456789abcdefghijklmnop\",\"a\":2}";
    char *text = padded(source, sizeof source - 1);
    eqlc_json_tree tree = { .nodes = NULL };
    eqlm_str value;
    uint32_t b;

    (void)state;
    assert_true(eqlc_json_tree_parse(&tree, text, sizeof source - 1));
    b = eqlc_json_member(&tree, 0, "b");
    assert_int_equal(b, 3);
    value = eqlc_json_string(&tree, b);
    assert_int_equal(value.len, 31);
    assert_memory_equal(value.ptr,
                        "x\"\xE2\x82\xAC"
                        "0123456789abcdefghijklmnop",
                        31);
    assert_int_equal(tree.nodes[eqlc_json_member(&tree, 0, "a")].kind, EQLC_JSON_NUMBER); /* the last one */
    assert_int_equal(eqlc_json_member(&tree, 0, "c"), 0);
    assert_int_equal(eqlc_json_member(&tree, b, "c"), 0);
    eqlc_json_tree_clear(&tree);
    free(text);
}

/* ------------------------------------------------------------------------------------------------- learning
 */

/* Learns from documents, one a line, and compares what was learnt, on one line. */
static void learns(const char *documents, const char *want)
{
    eqlc_learner learner = { .seen = NULL };
    eqlc_buf got = { NULL, 0, 0 };
    char *p;

    while (*documents) {
        size_t len = strcspn(documents, "\n");

        if (!eqlc_learn(&learner, documents, len))
            fail_msg("%s", learner.tree.message);
        documents += len + (documents[len] == '\n');
    }
    eqlc_learn_write(&learner, &got);
    for (p = got.data; (p = strstr(p, "\n")) != NULL;)
        memmove(p, p + 1, strlen(p));
    assert_string_equal(got.data, want);
    eqlc_buf_clear(&got);
    eqlc_learn_clear(&learner);
}

static void learning(void **state)
{
    (void)state;
    learns("", "{}");
    learns("{}\n{\"a\":null,\"b\":[],\"c\":{}}", "{}");
    learns("{\"b\":1,\"a.c\":{\"d\":\"x\"},\"a\":{\"c.d\":\"y\"}}",
           "{  \"a.c.d\": \"keyword\",  \"b\": \"long\"}");
    learns("{\"a\":[{\"x\":1},{\"x\":[2.5,3],\"y\":true},7]}",
           "{  \"a\": \"long\",  \"a.x\": \"double\",  \"a.y\": \"boolean\"}");
    learns("{\"\":1,\"a\":{\"\":2}}", "{}");
    learns("{\"a\\\"b\":1}", "{  \"a\\\"b\": \"long\"}");
}

static void kinds_of_values(void **state)
{
    static const char *const rows[][2] = {
        { "1,-1,9223372036854775807", "long" },
        { "9223372036854775808,1", "unsigned_long" },
        { "9223372036854775808,-1", "double" },
        { "1,1.5", "double" },
        { "1,1e2", "double" },
        { "1e999", "double" },
        { "true,false", "boolean" },
        { "true,1", "keyword" },
        { "1,\"1\"", "keyword" },
        { "\"2026-01-10T08:00:21Z\",\"2026-01-10t08:00:21.123456789+02:00\"", "date" },
        { "\"2026-01-10T08:00:21Z\",\"yesterday\"", "keyword" },
        { "\"2026-01-10\"", "keyword" },
        { "\"2026-13-10T08:00:21Z\"", "keyword" },
        { "\"10.0.0.1\",\"::1\",\"fe80::1:2\",\"::ffff:1.2.3.4\"", "ip" },
        { "\"10.0.0.1\",\"\"", "keyword" },
        { "\"10.0.0.1\",\"2026-01-10T08:00:21Z\"", "keyword" },
        { "\"10.0.0\",\"10.0.0.1/8\",\"::g\"", "keyword" },
        { "\"1.2.3.4\\u0000\"", "keyword" },
        { "null,[],3", "long" },
    };
    char document[200], want[64];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(document, sizeof document, "{\"a\":[%s]}", rows[i][0]);
        snprintf(want, sizeof want, "{  \"a\": \"%s\"}", rows[i][1]);
        learns(document, want);
    }
}

static void what_is_learnt_can_be_read(void **state)
{
    fixture *f = *state;
    eqlc_learner learner = { .seen = NULL };
    eqlc_buf text = { NULL, 0, 0 };
    static const char document[] = "{\"a\":{\"b\":1,\"c\":\"::1\"},\"d\":1.5,\"e\":\"2026-01-10T08:00:21Z\"}";

    assert_true(eqlc_learn(&learner, document, sizeof document - 1));
    assert_false(eqlc_learn(&learner, "[1]", 3));
    assert_false(eqlc_learn(&learner, "{", 1));
    eqlc_learn_write(&learner, &text);
    read_good(f, text.data);
    has(f, "a.b", "long");
    has(f, "a.c", "ip");
    has(f, "d", "double");
    has(f, "e", "date");
    eqlc_buf_clear(&text);
    eqlc_learn_clear(&learner);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(csv),
        TEST(csv_errors),
        TEST(mappings),
        TEST(mappings_of_several_indexes),
        TEST(mapping_errors),
        TEST(names_and_types),
        TEST(name_errors),
        TEST(later_files_are_stronger),
        TEST(many_names),
        TEST(files),
        cmocka_unit_test(json_is_told_from_what_is_not),
        cmocka_unit_test(json_depth_is_bounded),
        cmocka_unit_test(json_damaged),
        cmocka_unit_test(members),
        cmocka_unit_test(learning),
        cmocka_unit_test(kinds_of_values),
        TEST(what_is_learnt_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
