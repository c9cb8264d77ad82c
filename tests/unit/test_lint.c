/* test_lint.c - the warnings of conditions and lists: which ones, and that nothing else brings them. */
#include "front.h"

#include "alloc.h"

#include <stdio.h>

typedef struct result {
    char codes[512]; /* without W101, in order of the text */
    size_t n;
    eqlm_status status;
} result;

static result compile_with(const eqlm_alloc *alloc, eqlm_dialect dialect, const char *text, size_t len)
{
    result r = { "", 0, EQLM_OK };
    eqlm_schema *schema = NULL;
    eqlm_diags *diags = NULL;
    eqlm_program *program = NULL;
    eqlm_options options = { .size = sizeof options, .dialect = dialect };
    options.limits.max_diags = 100000;
    r.status = eqlm_schema_new(alloc, &schema);
    if (r.status == EQLM_OK)
        r.status = eqlm_diags_new(alloc, &diags);
    if (r.status == EQLM_OK)
        r.status = eqlm_compile(alloc, schema, (eqlm_str) { text, len }, &options, diags, &program);
    for (size_t i = 0; diags && i < eqlm_diags_count(diags); i++) {
        const eqlm_diag *d = eqlm_diags_get(diags, i);
        if (strcmp(d->code, "W101") == 0)
            continue;
        if (strlen(r.codes) + 8 < sizeof r.codes)
            strcat(strcat(r.codes, r.n ? " " : ""), d->code);
        r.n++;
    }
    eqlm_program_free(program);
    eqlm_diags_free(diags);
    eqlm_schema_free(schema);
    return r;
}

static void assert_warnings(eqlm_dialect dialect, const char *text, const char *codes)
{
    result r = compile_with(NULL, dialect, text, strlen(text));
    if (strcmp(r.codes, codes) != 0)
        fail_msg("%s\n  gives \"%s\", not \"%s\"", text, r.codes, codes);
    assert_int_equal(r.status, EQLM_OK);
}

static void test_quiet(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "any where true",
        "any where false",
        "any where true and a == 1",
        "any where false or a == 1",
        "any where a == \"x\" and a == \"y\"", /* [x, y] */
        "any where a != \"x\" or a != \"y\"",
        "any where a > 5 and a < 3",
        "any where a == 1 or b == 1",
        "any where a == \"x\" or a : \"x\"",
        "any where a in (1) or a in (1, 2)",
        "any where a.b == 1 and a.c == 1",
        "any where length(a) > 0 and length(a) >= 0 and length(a) != 0 and 0 < length(a)",
        "any where indexOf(a, \"x\") >= 0 or indexOf(a, \"x\") > -1",
        "any where startsWith(a, \"x\") or startsWith~(a, \"x\")",
        "any where a : (\"*x*\", \"axb\", \"x?\", \"?x\")",
        "any where a like (\"a*\", \"A*\", \"b?*\", \"bcd\")",
        "any where a in (\"x\", \"X\", 1, \"1\", true, null)",
        "any where a == \"*\" or a == \"a*b\" or a == \"?x\" or a == \"rm *\" or a in (\"**\")",
        "any where a : \"x*\" and a like \"x*\" and endsWith(a, \"x*\")",
        "any where a regex (\"a\\\\$\", \"[^a]b\", \"(^a)\", \"\")",
        "any where (a > 1) == (2 > 1)",
        "any where (a == 1 and b == 2) or (a == 1 and b == 3)",
        "any where (a != 1) == null and (a == 1) == null",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_warnings(EQLM_DIALECT_ES, texts[i], "");
}

static void test_found(void **state)
{
    (void)state;
    static const char *const found[][2] = {
        { "any where null", "W102" },
        { "any where not (1 > 2)", "W102" },
        { "any where a == 1 and false", "W102" },
        { "any where (a == 1 or true) and b == 1", "W102" },
        { "any where (a == 1 and false) or false", "W102" }, /* once, where it begins */
        { "any where a >= null or null > a", "W102 W102" },
        { "any where \"ab\" : \"a*\" or a == 1", "W102" },
        { "any where length(a) <= -1 or -1 > length(a) or length(a) != -2", "W102 W102 W102" },
        { "any where a : (\"x\", \"y\", \"X\")", "W103" },
        { "any where string(a in (1, 1)) == \"true\"", "W103" },
        { "any where length(a) == \"x\"", "W104" },
        { "any where a == 1 and b == 2 and a == 1", "W105" },
        { "any where a == 1 and a == 1.0", "W105" },
        { "any where not a : \"x\" or b == 1 or not a : \"x\"", "W105" },
        { "any where a.b == 1 or `a.b` == 1", "W105" },
        { "any where LENGTH(a) > 1 and length(a) > 1", "W105" },
        { "any where a : (\"X*\", \"xy\") or a like (\"*.b\", \"a.b\")", "W106 W106" },
        { "any where a like (\"b\", \"*\")", "W106" },
        { "any where a == \"*x\" or a not in (\"x*\")", "W107 W107" },
        { "any where string(a) == \"x*\"", "W107" },
        { "any where a regex \"^x\" or a regex~ (\"a\", \"a$\")", "W108 W108" },
        { "any where a == 1 and b == 1 and a != 1", "W109" },
        { "any where a in (1, 2) or a not in (1, 2)", "W109" },
        { "sequence with maxspan=1s [any where 1 == 1] ![any where 2 == 2] [any where true] until [any where "
          "3 == 3]",
          "W102 W102 W102" },
        { "sample by a [any where 1 == 1] [any where b == 1]", "W102" },
    };
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        assert_warnings(EQLM_DIALECT_ES, found[i][0], found[i][1]);
    assert_warnings(
        EQLM_DIALECT_ENDPOINT,
        "any where descendant of [any where 1 == 1] or _arraysearch(s, $e, $e.a == 1 and $e.a == 1)",
        "W102 W105");
    assert_warnings(EQLM_DIALECT_ENDPOINT,
                    "any where descendant of [any where a == 1] and descendant of [any where a == 2]", "");
    assert_warnings(EQLM_DIALECT_ENDPOINT,
                    "any where _arraysearch(s, $e, $e.a == 1) and _arraysearch(s, $f, $f.a == 2)", "");
    assert_warnings(EQLM_DIALECT_ENDPOINT,
                    "sequence [any where a == 1] as e0 [any where a == 1 and e0.a == 1 and a == e0.a]", "");
}

/* Broken queries get no advice beside their errors. */
static void test_errors_only(void **state)
{
    (void)state;
    static const char text[] = "any where 1 == 1 and a in (1, 1) and length(a";
    result r = compile_with(NULL, EQLM_DIALECT_ES, text, sizeof text - 1);
    assert_int_equal(r.status, EQLM_E_COMPILE);
    assert_null(strstr(r.codes, "W"));
}

static void put(char **at, const char *format, unsigned i)
{
    *at += sprintf(*at, format, i); /* NOLINT: the buffer is larger than what is written */
}

/* 20,000 members and 5,000 conditions: every repeat is found, and the work does not grow with the square. */
static void test_long(void **state)
{
    (void)state;
    enum { MEMBERS = 20000, CONDITIONS = 5000 };
    char *text = malloc((size_t)MEMBERS * 40 + (size_t)CONDITIONS * 40), *at = text;
    assert_non_null(text);
    put(&at, "any where a%u : (", 0);
    for (unsigned i = 0; i < MEMBERS / 2; i++)
        put(&at, "\"aaaaaaaaaaaaaaaa%u*\", ", i + MEMBERS);
    for (unsigned i = 0; i < MEMBERS / 2; i++)
        put(&at, i + 1 < MEMBERS / 2 ? "\"AAAAAAAAAAAAAAAA%ux\", " : "\"z%u\")", i + MEMBERS);
    for (unsigned i = 0; i < CONDITIONS; i++)
        put(&at, " or b == %u", i % (CONDITIONS / 2));
    result r = compile_with(NULL, EQLM_DIALECT_ES, text, (size_t)(at - text));
    assert_int_equal(r.status, EQLM_OK);
    assert_int_equal(r.n, MEMBERS / 2 - 1 + CONDITIONS / 2);
    free(text);
}

static void test_no_memory(void **state)
{
    (void)state;
    static const char text[] =
        "any where a : (\"x*\", \"XY\", \"*z\", \"az\") and a in (1, 1.0) and a == 1 and a != 1 and "
        "(b regex \"^a\" or b == \"a*\" or length(b) < 0)";
    ts_alloc alloc;
    ts_alloc_init(&alloc);
    ts_alloc_arm(&alloc, 0);
    result r = compile_with(&alloc.hook, EQLM_DIALECT_ES, text, sizeof text - 1);
    assert_string_equal(r.codes, "W106 W106 W103 W109 W108 W107 W102");
    size_t total = alloc.calls;
    for (size_t n = 1; n <= total; n++) {
        ts_alloc_arm(&alloc, n);
        r = compile_with(&alloc.hook, EQLM_DIALECT_ES, text, sizeof text - 1);
        assert_int_equal(alloc.live_blocks, 0);
        assert_int_equal(r.status, EQLM_E_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quiet), cmocka_unit_test(test_found),     cmocka_unit_test(test_errors_only),
        cmocka_unit_test(test_long),  cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
