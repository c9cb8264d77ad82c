#include "front.h"

#include "eql.h"
#include "syntax/lexer.h"

/* Kind, and text unless NULL. */
typedef struct want {
    int kind;
    const char *text;
} want;

static void assert_tokens(const char *text, size_t len, const want *wants, size_t n)
{
    front f;
    eqli_lexer lx;
    front_init(&f, NULL, EQLM_DIALECT_ENDPOINT, text, len);
    assert_true(eqli_lexer_init(&lx, &f.cx));
    for (size_t i = 0; i < n; i++) {
        eqli_token t = eqli_lexer_next(&lx);
        assert_int_equal(t.kind, wants[i].kind);
        if (wants[i].text) {
            assert_int_equal(t.text.len, strlen(wants[i].text));
            assert_memory_equal(t.text.ptr, wants[i].text, t.text.len);
        }
    }
    assert_int_equal(eqli_lexer_next(&lx).kind, 0);
    assert_int_equal(eqlm_diags_count(f.cx.diags), 0);
    front_clear(&f);
}

#define TOKENS(text, ...)                                                                                          \
    do {                                                                                                           \
        static const want wants_[] = { __VA_ARGS__ };                                                              \
        assert_tokens(text, strlen(text), wants_, sizeof wants_ / sizeof *wants_);                                 \
    } while (0)

static void test_names_and_keywords(void **state)
{
    (void)state;
    TOKENS("any AND and_ in in~ inn~ like~ regex~ x~(", { EQLI_TK_ANY, NULL }, { EQLI_TK_NAME, "AND" },
           { EQLI_TK_NAME, "and_" }, { EQLI_TK_IN, NULL }, { EQLI_TK_IN_FOLD, NULL }, { EQLI_TK_FOLD_NAME, "inn~" },
           { EQLI_TK_LIKE_FOLD, NULL }, { EQLI_TK_REGEX_FOLD, NULL }, { EQLI_TK_FOLD_NAME, "x~" },
           { EQLI_TK_LPAREN, NULL });
    TOKENS("@timestamp _x9", { EQLI_TK_NAME, "@timestamp" }, { EQLI_TK_NAME, "_x9" });
    TOKENS("`a b` `with ``` `x\ny`", { EQLI_TK_QUOTED_NAME, "a b" }, { EQLI_TK_QUOTED_NAME, "with `" },
           { EQLI_TK_QUOTED_NAME, "x\ny" });
    TOKENS("$entry.x", { EQLI_TK_VARIABLE, "entry" }, { EQLI_TK_DOT, NULL }, { EQLI_TK_NAME, "x" });
}

static void test_numbers(void **state)
{
    (void)state;
    TOKENS("7 7. .5 1e3 1.5E-2 1.e4", { EQLI_TK_INTEGER, "7" }, { EQLI_TK_DECIMAL, "7." }, { EQLI_TK_DECIMAL, ".5" },
           { EQLI_TK_DECIMAL, "1e3" }, { EQLI_TK_DECIMAL, "1.5E-2" }, { EQLI_TK_DECIMAL, "1.e4" });
    TOKENS("5s 1e+x", { EQLI_TK_INTEGER, "5" }, { EQLI_TK_NAME, "s" }, { EQLI_TK_INTEGER, "1" },
           { EQLI_TK_NAME, "e" }, { EQLI_TK_PLUS, NULL }, { EQLI_TK_NAME, "x" });
    TOKENS("a[ 12 ] [b", { EQLI_TK_NAME, "a" }, { EQLI_TK_INDEX, "[ 12 ]" }, { EQLI_TK_LBRACKET, NULL },
           { EQLI_TK_NAME, "b" });
}

static void test_strings(void **state)
{
    (void)state;
    TOKENS("\"\" \"a\\tb\\\\c\\\"\" \"\\'\\b\\n\\f\\r\"", { EQLI_TK_STRING, "" }, { EQLI_TK_STRING, "a\tb\\c\"" },
           { EQLI_TK_STRING, "'\b\n\f\r" });
    TOKENS("\"\\u{41}\\u{00e9}\\u{1F600}\"", { EQLI_TK_STRING, "A\xC3\xA9\xF0\x9F\x98\x80" });
    static const want nul[] = { { EQLI_TK_STRING, NULL } };
    assert_tokens("\"a\0b\"", 5, nul, 1);
}

static void test_raw_strings(void **state)
{
    (void)state;
    TOKENS("\"\"\"C:\\W\"x\"\"\"", { EQLI_TK_STRING, "C:\\W\"x" });
    TOKENS("\"\"\"a\"\"\"\" \"\"\"a\"\"\"\"\" \"\"\"\"a\"\"\"", { EQLI_TK_STRING, "a\"" },
           { EQLI_TK_STRING, "a\"\"" }, { EQLI_TK_STRING, "\"a" });
    TOKENS("\"\"\"\"\"\" \"\"\"\"\"\"\" ,", { EQLI_TK_STRING, "" }, { EQLI_TK_STRING, "\"" },
           { EQLI_TK_COMMA, NULL });
}

static void test_comments(void **state)
{
    (void)state;
    TOKENS("a // b */ /*\r\nc", { EQLI_TK_NAME, "a" }, { EQLI_TK_NAME, "c" });
    TOKENS("a /* x /* y */ z */ b", { EQLI_TK_NAME, "a" }, { EQLI_TK_NAME, "b" });
    /* Without balance the first closer ends the comment; a later one that balances nests again. */
    TOKENS("a /* x /* y */ b /* p /* q */ r */ c", { EQLI_TK_NAME, "a" }, { EQLI_TK_NAME, "b" },
           { EQLI_TK_NAME, "c" });
    TOKENS("/**/ a /*/ x */ b \"/* s */\"", { EQLI_TK_NAME, "a" }, { EQLI_TK_NAME, "b" },
           { EQLI_TK_STRING, "/* s */" });
}

static void test_operators(void **state)
{
    (void)state;
    TOKENS("== != < <= > >= = + - * / % : ( ) [ ] ![ , . | ?", { EQLI_TK_EQ, NULL }, { EQLI_TK_NE, NULL },
           { EQLI_TK_LT, NULL }, { EQLI_TK_LE, NULL }, { EQLI_TK_GT, NULL }, { EQLI_TK_GE, NULL },
           { EQLI_TK_ASSIGN, NULL }, { EQLI_TK_PLUS, NULL }, { EQLI_TK_MINUS, NULL }, { EQLI_TK_STAR, NULL },
           { EQLI_TK_SLASH, NULL }, { EQLI_TK_PERCENT, NULL }, { EQLI_TK_COLON, NULL }, { EQLI_TK_LPAREN, NULL },
           { EQLI_TK_RPAREN, NULL }, { EQLI_TK_LBRACKET, NULL }, { EQLI_TK_RBRACKET, NULL },
           { EQLI_TK_MISSING, NULL }, { EQLI_TK_COMMA, NULL }, { EQLI_TK_DOT, NULL }, { EQLI_TK_PIPE, NULL },
           { EQLI_TK_QUESTION, NULL });
}

/* One mistake each; the query around it is fine, so nothing else may be reported. */
static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *codes;
    } rows[] = {
        { "any where a == 1;", "E101" },
        { "any where a == \xE2\x80\x9Cx\xE2\x80\x9D and b == \xE2\x80\x98y\xE2\x80\x99", "E101 E101" },
        { "any where a == \xE2\x80\x9Cx\" and b == 1", "E101" },
        { "any where a == \xE2\x80\x9Cx\nand b == 1", "E101" },
        { "any where a == \"\xFF\"", "E102" },
        { "any where a == \"x", "E103" },
        { "any where a == \"x\ny\" and b == 1", "E103" },
        { "any where a == \"x\n and b = \"y", "E103 E208" },
        { "any where a == \"\"\"x\n\"\"\"", "E104" },
        { "any where a == \"\\q\\x41\"", "E105 E105" },
        { "any where a == \"\\u0041\" or b == \"\\u{}\"", "E105 E105" },
        { "any where a /* open /* twice", "E106" },
        { "any where `a == 1", "E107" },
        { "any where a && b", "E108" },
        { "any where !a", "E109" },
        { "sequence with maxspan=1s [a where b] ! [c where d]", "E110" },
        { "any where startsWith ~(a, \"x\")", "E111" },
        { "any where $a == 1", "E112" },
        { "any where a == 'x'", "E206" },
        { "any where a == ?\"x\" or b == ?'y'", "E207 E207" },
        { "any where a <> 1 or b === 2 or c !== 3 or d =< 4 or e => 5 or f =! 6", "E209 E209 E209 E209 E209 E209" },
        { "any where a || b", "E209" },
        { "any where a == \"\\u{1}\\u{123456789}\"", "E210 E210" },
        { "any where a == \"\\u{110000}\\u{DFFF}\\u{d800}\"", "E211 E211 E211" },
        { "any where a == 1e400", "E212" },
        { "any where `` == 1", "E224" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_codes(EQLM_DIALECT_ES, rows[i].text, rows[i].codes);
}

static void test_spans(void **state)
{
    (void)state;
    front f;
    front_parse(&f, EQLM_DIALECT_ES, "any where\r\n  caf\xC3\xA9 == \"a\\qb\"");
    assert_int_equal(eqlm_diags_count(f.cx.diags), 2);
    const eqlm_diag *d = eqlm_diags_get(f.cx.diags, 0);
    assert_int_equal(d->start, 16); /* the whole character, not its first byte */
    assert_int_equal(d->end, 18);
    assert_int_equal(d->line, 2);
    assert_int_equal(d->column, 6);
    d = eqlm_diags_get(f.cx.diags, 1);
    assert_int_equal(d->end - d->start, 2);
    assert_int_equal(d->column, 13); /* columns count characters */
    front_clear(&f);
}

/* Each of these made a lexer that looks ahead again and again quadratic: they would run for minutes. */
static void test_long_texts(void **state)
{
    (void)state;
    static const char *const parts[][2] = { { "/*", "" },         { "/* /* */ ", "any where a" },
                                            { "`\n", "" },        { "\"", "" },
                                            { "/* */*", "/" },    { "! ", "" },
                                            { "a[ ", "" },        { "'\n", "" } };
    enum { SIZE = 1000000 };
    char *text = malloc(SIZE + 32);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t part = strlen(parts[i][0]), len = 0;
        for (; len + part <= SIZE; len += part)
            memcpy(text + len, parts[i][0], part);
        memcpy(text + len, parts[i][1], strlen(parts[i][1]));
        len += strlen(parts[i][1]);
        front f;
        front_init(&f, NULL, EQLM_DIALECT_ES, text, len);
        f.query = eqli_parse_query(&f.cx);
        assert_true(f.query || f.cx.failed);
        front_clear(&f);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_keywords), cmocka_unit_test(test_numbers),  cmocka_unit_test(test_strings),
        cmocka_unit_test(test_raw_strings),        cmocka_unit_test(test_comments), cmocka_unit_test(test_operators),
        cmocka_unit_test(test_mistakes),           cmocka_unit_test(test_spans),    cmocka_unit_test(test_long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
