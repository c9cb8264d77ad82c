/* test_regex.c - the regular-expression engine: tables, malformed patterns, a differential test against a
 * naive matcher, hostile patterns, failing allocations. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "base/text.h"
#include "ops/regex.h"

enum { STATES = 10000 };

#define COUNT(a) (sizeof(a) / sizeof *(a))

static eqlm_str str(const char *s)
{
    return (eqlm_str) { s, strlen(s) };
}

static eqli_regex *compile_n(const eqlm_str *patterns, size_t n, bool fold, uint32_t states)
{
    eqli_regex_error err;
    eqli_regex *re;
    eqlm_status status = eqli_regex_new(NULL, patterns, n, fold, states, &err, &re);
    if (status != EQLM_OK)
        fail_msg("\"%.*s\": %s at %zu", (int)patterns[err.pattern].len, patterns[err.pattern].ptr,
                 err.message, err.offset);
    return re;
}

static eqli_regex *compile(const char *pattern, bool fold)
{
    eqlm_str p = str(pattern);
    return compile_n(&p, 1, fold, STATES);
}

static eqli_op_result match_text(const eqli_regex *re, const char *s, size_t len, bool *out)
{
    eqli_regex_cache *cache;
    assert_int_equal(eqli_regex_cache_new(NULL, re, &cache), EQLM_OK);
    eqli_op_result r = eqli_regex_match(re, cache, s, len, out);
    eqli_regex_cache_free(cache);
    return r;
}

static bool matches(const char *pattern, bool fold, const char *s, size_t len)
{
    eqli_regex *re = compile(pattern, fold);
    bool out = false;
    assert_int_equal(match_text(re, s, len, &out), EQLI_OP_OK);
    eqli_regex_free(re);
    return out;
}

typedef struct row {
    const char *pattern, *text;
    bool want;
} row;

static void check_rows(const row *rows, size_t n, bool fold)
{
    for (size_t i = 0; i < n; i++) {
        if (matches(rows[i].pattern, fold, rows[i].text, strlen(rows[i].text)) != rows[i].want)
            fail_msg("/%s/ on \"%s\" should be %s", rows[i].pattern, rows[i].text,
                     rows[i].want ? "true" : "false");
    }
}

static void test_basics(void **state)
{
    (void)state;
    static const row rows[] = {
        { "", "", true },
        { "", "x", false },
        { "()", "", true },
        { "()", "x", false },
        { "rundll", "rundll", true },
        { "rundll", "rundll32", false },
        { "rundll", "xrundll", false },
        { "rundll.*", "rundll32", true },
        { "Rundll.*", "rundll32", false },
        { ".", "\n", true },
        { ".", "\xC3\xA9", true },
        { ".", "\xF0\x9F\x98\x80", true },
        { "..", "\xF0\x9F\x98\x80", false },
        { ".+", "", false },
        { ".*", "", true },
        { "a?b", "b", true },
        { "a?b", "ab", true },
        { "a?b", "aab", false },
        { "(ab)+", "ababab", true },
        { "(ab)+", "ababa", false },
        { "ab+", "abab", false },
        { "cmd|powershell", "powershell", true },
        { "cmd|powershell", "cmdpowershell", false },
        { "(cmd|pwsh)\\.exe", "pwsh.exe", true },
        { "(cmd|pwsh)\\.exe", "pwshxexe", false },
        { "a.*?b", "axxb", true }, /* no lazy repetition: an optional .* */
        { "^a$", "^a$", true },
        { "^a$", "a", false },
        { "a**", "aaa", true },
        { "a+?", "", true },
        { "a{2}", "aa", true },
        { "a{2}", "aaa", false },
        { "a{2,}", "aaaaa", true },
        { "a{2,}", "a", false },
        { "a{2,4}", "aaaa", true },
        { "a{2,4}", "aaaaa", false },
        { "a{0}", "", true },
        { "a{0}", "a", false },
        { "a{00002}", "aa", true },
        { "(a{2}){3,4}", "aaaaaa", true },
        { "(a{2}){3,4}", "aaaaaaa", false },
        { "(a{2}){3,4}", "aaaaaaaa", true },
        { "(a{2,3}){2,}b", "aaab", false },
        { "(a{2,3}){2,}b", "aaaaaaab", true },
        { "(a?){3}", "aa", true },
        { "a*a*b", "aaab", true },
        { "a*aab", "aab", true },
        { "a*aab", "ab", false },
        { "xa{1,3}|x|xa{3,5}", "xaaaaa", true },
        { "xa{1,3}|x|xa{3,5}", "xaaaaaa", false },
        { "(|x)", "|x", true },
        { "\xC3\xA9+", "\xC3\xA9\xC3\xA9", true },
        { "\xC3\xA9+", "\xC3\xA9\xA9", false },
    };
    check_rows(rows, COUNT(rows), false);
}

static void test_lucene_syntax(void **state)
{
    (void)state;
    static const row rows[] = {
        { "@", "", true },
        { "@", "any thing\n", true },
        { "a@z", "a--z", true },
        { "#", "", false },
        { "#", "#", false },
        { "#|a", "a", true },
        { "#*", "", true },
        { "\\#\\@", "#@", true },
        { "~(abc)", "abd", true },
        { "~(abc)", "abc", false },
        { "~abc", "bc", true }, /* ~ takes one atom: not "a", then "bc" */
        { "~abc", "abc", false },
        { "~abc", "xbc", true },
        { "~a*", "a", false }, /* and is taken before the repetition: any run of strings that are not "a" */
        { "~a*", "aa", true },
        { "~(a*)", "aa", false },
        { "~~a", "a", true },
        { "~~a", "b", false },
        { "~[ab]", "a", false },
        { "~[ab]", "c", true },
        { "~[ab]", "aa", true },
        { "a~(b)c", "ac", true },
        { "a~(b)c", "abc", false },
        { "a~(b)c", "abbc", true },
        { ".*&~(.*tmp.*)", "/var/log", true },
        { ".*&~(.*tmp.*)", "/var/tmp/x", false },
        { "a.*&.*z", "abcz", true },
        { "a.*&.*z", "abcy", false },
        { "a.*&.*z&.{4}", "abcz", true },
        { "a.*&.*z&.{4}", "abccz", false },
        { "ab|cd&c.", "ab", true }, /* & before | */
        { "ab|cd&c.", "cd", true },
        { "(ab|cd)&c.", "ab", false },
        { "abc&a(b|x)c", "abc", true },
        { "()&a*", "", true },
        { "()&a+", "", false },
        { "\"a.b*\"c", "a.b*c", true },
        { "\"a.b*\"c", "axbbc", false },
        { "\"ab\"{2}", "abab", true },
        { "\"\"", "", true },
        { "\"a\\\"", "a\\", true }, /* no escapes inside quotes */
        { "a\"(\"b", "a(b", true },
    };
    check_rows(rows, COUNT(rows), false);
}

static void test_intervals(void **state)
{
    (void)state;
    static const row rows[] = {
        { "v<1-12>", "v7", true },
        { "v<1-12>", "v12", true },
        { "v<1-12>", "v13", false },
        { "v<1-12>", "v0", false },
        { "v<1-12>", "v007", true },
        { "v<1-12>", "v", false },
        { "<12-1>", "5", true },
        { "<01-12>", "7", false },
        { "<01-12>", "07", true },
        { "<01-12>", "007", false },
        { "<0-0>", "0", true },
        { "<0-100>", "000", true },
        { "<0-100>", "101", false },
        { "<3-3>", "3", true },
        { "<0-2147483647>", "2147483647", true },
        { "<0-2147483647>", "2147483648", false },
        { "<10-99>", "100", false },
        { "<1-2>{3}", "121", true },
        { "\\<1-2\\>", "<1-2>", true },
        { "<000-999>", "042", true },
    };
    check_rows(rows, COUNT(rows), false);
    /* Every number, every width, against arithmetic. */
    static const struct {
        unsigned lo, hi, width;
    } bounds[] = {
        { 0, 9, 1 }, { 7, 345, 0 }, { 19, 21, 2 }, { 99, 1001, 0 }, { 88, 912, 3 }, { 0, 999, 3 }
    };
    for (size_t b = 0; b < COUNT(bounds); b++) {
        char pattern[32], text[16];
        snprintf(pattern, sizeof pattern, "<%0*u-%0*u>", (int)bounds[b].width, bounds[b].lo,
                 (int)bounds[b].width, bounds[b].hi);
        eqli_regex *re = compile(pattern, false);
        eqli_regex_cache *cache;
        assert_int_equal(eqli_regex_cache_new(NULL, re, &cache), EQLM_OK);
        unsigned width = bounds[b].width;
        for (unsigned v = 0; v < 1200; v++) {
            for (unsigned w = 1; w <= 5; w++) {
                int len = snprintf(text, sizeof text, "%0*u", (int)w, v);
                bool want = v >= bounds[b].lo && v <= bounds[b].hi && (width == 0 || (unsigned)len == width);
                bool got;
                assert_int_equal(eqli_regex_match(re, cache, text, (size_t)len, &got), EQLI_OP_OK);
                if (got != want)
                    fail_msg("%s on %s", pattern, text);
            }
        }
        eqli_regex_cache_free(cache);
        eqli_regex_free(re);
    }
}

static void test_classes(void **state)
{
    (void)state;
    static const row rows[] = {
        { "[abc]", "b", true },
        { "[abc]", "d", false },
        { "[a-c]+", "abcabc", true },
        { "[^a-c]+", "xyz", true },
        { "[^a-c]+", "xbz", false },
        { "[^a-c]", "\xF0\x9F\x98\x80", true },
        { "[]]", "]", true },
        { "[^]]", "a", true },
        { "[^]]", "]", false },
        { "[]a]", "a", true },
        { "[-a]", "-", true },
        { "[--/]", ".", true },
        { "[a^]", "^", true },
        { "[a\\-z]", "-", true },
        { "[a\\-z]", "m", false },
        { "[a-c-e]", "-", true },
        { "[a-c-e]", "d", false },
        { "[\\\\-a]", "-", true },
        { "[\\\\-a]", "\\", true },
        { "[\\\\-a]", "_", false },
        { "[Z-\\\\]", "[", true },
        { "[\\]]", "]", true },
        { "[.*]", ".", true },
        { "[.*]", "x", false },
        { "[\"]", "\"", true },
        { "[a-a]", "a", true },
        { "[+--]", ",", true },
        { "\\d+", "0123456789", true },
        { "\\d", "a", false },
        { "\\D", "a", true },
        { "\\D", "5", false },
        { "\\s{4}", " \t\n\r", true },
        { "\\s", "\v", false },
        { "\\S", "\v", true },
        { "\\S", " ", false },
        { "\\w+", "aZ_9", true },
        { "\\w", "-", false },
        { "\\W", "-", true },
        { "\\W", "\xC3\xA9", true },
        { "[\\d_]+", "1_2", true },
        { "[\\d_]", "a", false },
        { "[^\\d_]", "a", true },
        { "[^\\d_]", "1", false },
        { "[\\D5]", "5", true },
        { "[\\D5]", "6", false },
        { "[\\w\\-.]+", "a.b-c", true },
        { "[\xC3\xA0-\xC3\xBF]", "\xC3\xA9", true },
        { "[\xC3\xA0-\xC3\xBF]", "e", false },
        { "[\\s\\S]", "\n", true },
        { "[^\\s\\S]", "x", false },
        { "[^\\s\\S]?", "", true },
    };
    check_rows(rows, COUNT(rows), false);
}

/* What Lucene takes as an ordinary character because no operator can stand there. */
static void test_ordinary_characters(void **state)
{
    (void)state;
    static const row rows[] = {
        { "*a", "*a", true },
        { "?", "?", true },
        { "+", "+", true },
        { "{", "{", true },
        { "]", "]", true },
        { "}", "}", true },
        { ">", ">", true },
        { ")", ")", true },
        { "|a", "|a", true },
        { "&a", "&a", true },
        { "a||b", "|b", true },
        { "a||b", "a", true },
        { "a&&b|&b", "&b", true },
        { "(*)", "*", true },
        { "a|*", "*", true },
        { "~)", "x", true },
        { "~)", ")", false },
        { "a}b]c>", "a}b]c>", true },
        { "-,:/=!%'`", "-,:/=!%'`", true },
        { "\\.\\*\\\"\\\\\\-", ".*\"\\-", true },
        { "\\1\\_\\ ", "1_ ", true },
        { "\\\xC3\xA9", "\xC3\xA9", true },
    };
    check_rows(rows, COUNT(rows), false);
}

static void test_fold(void **state)
{
    (void)state;
    static const row rows[] = {
        { "cmd\\.EXE", "CMD.exe", true },
        { "\"Cmd\"", "cMD", true },
        { "[a-c]+", "ABC", true },
        { "[A-C]+", "abc", true },
        { "[^a-c]", "B", false },
        { "[^A-C]", "b", false },
        { "[^a-c]", "D", true },
        { "k", "\xE2\x84\xAA", true }, /* KELVIN SIGN */
        { "\xE2\x84\xAA", "K", true },
        { "[a-z]", "\xE2\x84\xAA", true },
        { "[a-z]", "\xC5\xBF", true }, /* LONG S */
        { "\\w", "\xE2\x84\xAA", true },
        { "\\W", "\xE2\x84\xAA", false },
        { "[\\W]", "k", false },
        { "\xC3\xA9", "\xC3\x89", true },
        { "\xCE\xA3", "\xCF\x82", true },             /* SIGMA and final sigma */
        { "\xC3\x9F", "ss", false },                  /* no fold changes a length */
        { "[\xC2\x80-\xF4\x8F\xBF\xBF]", "k", true }, /* a wide range holds KELVIN SIGN */
        { "[\xC2\x80-\xF4\x8F\xBF\xBF]", "K", true },
        { "[\xC2\x80-\xF4\x8F\xBF\xBF]", "j", false },
        { "[^\xC2\x80-\xF4\x8F\xBF\xBF]", "k", false },
        { "[^\xC2\x80-\xF4\x8F\xBF\xBF]", "j", true },
        { "~(abc)", "ABC", false },
        { "<1-9>x", "7X", true },
    };
    check_rows(rows, COUNT(rows), true);
    assert_false(matches("k", false, "\xE2\x84\xAA", 3));
    assert_false(matches("[a-z]", false, "K", 1));
}

/* A byte of no code point is one character that only `.` and complements know. */
static void test_bad_bytes(void **state)
{
    (void)state;
    assert_true(matches(".", false, "\xFF", 1));
    assert_true(matches("[^a]", false, "\xFF", 1));
    assert_true(matches("\\W", false, "\x80", 1));
    assert_true(matches("a.b", false,
                        "a\xC3"
                        "b",
                        3));
    assert_true(matches("...", true, "\xE2\x84x", 3));
    assert_false(matches(".", false, "\xE2\x84", 2));
    assert_false(matches("[a-\xF4\x8F\xBF\xBF]", false, "\xFF", 1));
    assert_false(matches("[^\\D]", false, "\xFF", 1));
    assert_true(matches("a.*", false, "a\0b", 3));
    assert_false(matches("a", false, "a\0", 2));
    assert_true(matches("a*", false, NULL, 0));
}

static void test_lists(void **state)
{
    (void)state;
    eqlm_str patterns[] = { str("a.*"), str("b.*"), str("x&y"), str(""), str("[0-9]+") };
    eqli_regex *re = compile_n(patterns, COUNT(patterns), false, STATES);
    static const row rows[] = { { "", "abc", true }, { "", "bcd", true }, { "", "", true },
                                { "", "42", true },  { "", "x", false },  { "", "cab", false } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool got;
        assert_int_equal(match_text(re, rows[i].text, strlen(rows[i].text), &got), EQLI_OP_OK);
        assert_int_equal(got, rows[i].want);
    }
    assert_true(eqli_regex_memory(re) > 0);
    eqli_regex_free(re);

    eqlm_str wrong[] = { str("fine"), str("also"), str("ab[c"), str("(") };
    eqli_regex_error err;
    assert_int_equal(eqli_regex_new(NULL, wrong, COUNT(wrong), false, STATES, &err, &re), EQLM_E_COMPILE);
    assert_null(re);
    assert_int_equal(err.pattern, 2);
    assert_int_equal(err.offset, 2);
}

/* Five hundred words: the automaton must know them all and nothing else. */
static void test_long_list(void **state)
{
    (void)state;
    enum { N = 500 };
    static char text[N][32];
    static eqlm_str patterns[N];
    for (unsigned i = 0; i < N; i++) {
        snprintf(text[i], sizeof text[i], ".*word%u[a-f]?end.*", i * 7919 % 10007);
        patterns[i] = str(text[i]);
    }
    eqli_regex *re = compile_n(patterns, N, true, STATES);
    eqli_regex_cache *cache;
    assert_int_equal(eqli_regex_cache_new(NULL, re, &cache), EQLM_OK);
    for (unsigned i = 0; i < N; i++) {
        char hit[64], miss[64];
        bool got;
        snprintf(hit, sizeof hit, "some WORD%ucEND here", i * 7919 % 10007);
        snprintf(miss, sizeof miss, "some word%ugend word here", i * 7919 % 10007);
        assert_int_equal(eqli_regex_match(re, cache, hit, strlen(hit), &got), EQLI_OP_OK);
        assert_true(got);
        assert_int_equal(eqli_regex_match(re, cache, miss, strlen(miss), &got), EQLI_OP_OK);
        assert_false(got);
    }
    eqli_regex_cache_free(cache);

    /* One long text that begins every word and ends none, in a fresh automaton. */
    enum { WORDS = 4000 };
    char *text_of_all = malloc(WORDS * 16 + 1);
    assert_non_null(text_of_all);
    size_t len = 0;
    for (unsigned i = 0; i < WORDS; i++)
        len += (size_t)snprintf(text_of_all + len, 16, "word%uen ", i * 7919 % 10007);
    bool got;
    assert_int_equal(match_text(re, text_of_all, len, &got), EQLI_OP_OK);
    assert_false(got);
    len += (size_t)snprintf(text_of_all + len, 16, "word%uend", 77 * 7919 % 10007);
    assert_int_equal(match_text(re, text_of_all, len, &got), EQLI_OP_OK);
    assert_true(got);
    free(text_of_all);
    eqli_regex_free(re);
}

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *message;
        size_t offset;
    } rows[] = {
        { "[", "unclosed character class", 0 },
        { "ab[c", "unclosed character class", 2 },
        { "[]", "unclosed character class", 0 },
        { "[^]", "unclosed character class", 0 },
        { "[a-", "unclosed character class", 0 },
        { "[a\\", "unclosed character class", 0 },
        { "[z-a]", "reversed character range", 1 },
        { "[a-]", "reversed character range", 1 },
        { "(a", "unclosed group", 0 },
        { "x(", "unclosed group", 1 },
        { "((a)", "unclosed group", 0 },
        { "(a|", "unclosed group", 0 },
        { "(a|)", "unclosed group", 0 }, /* the parenthesis is an operand */
        { "(~)", "unclosed group", 0 },
        { "a)", "closing parenthesis without a group", 1 },
        { "())", "closing parenthesis without a group", 2 },
        { "a\\", "dangling escape", 1 },
        { "\\b", "unknown escape sequence", 0 },
        { "ab\\n", "unknown escape sequence", 2 },
        { "[\\x]", "unknown escape sequence", 1 },
        { "a|", "operand expected, found the end", 2 },
        { "a&", "operand expected, found the end", 2 },
        { "~", "operand expected, found the end", 1 },
        { "\"abc", "unclosed quote", 0 },
        { "a\"", "unclosed quote", 1 },
        { "a{", "repetition count expected", 2 },
        { "a{x}", "repetition count expected", 2 },
        { "a{,3}", "repetition count expected", 2 },
        { "a{2", "unclosed repetition count", 1 },
        { "a{2,", "unclosed repetition count", 1 },
        { "a{2x}", "unclosed repetition count", 3 },
        { "a{2,1}", "reversed repetition range", 1 },
        { "a{2147483648}", "number too large", 2 },
        { "a{1,99999999999999999999999999}", "number too large", 4 },
        { "<1-2", "unclosed interval", 0 },
        { "<name>", "an interval is two numbers, <n-m>", 1 },
        { "<1>", "an interval is two numbers, <n-m>", 2 },
        { "<1->", "an interval is two numbers, <n-m>", 3 },
        { "<1-2-3>", "an interval is two numbers, <n-m>", 4 },
        { "<0-4294967296>", "number too large", 3 },
        { "a\xFF", "invalid UTF-8", 1 },
        { "(?:a", "unclosed group", 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        eqlm_str p = str(rows[i].pattern);
        eqli_regex_error err;
        eqli_regex *re = NULL;
        eqlm_status status = eqli_regex_new(NULL, &p, 1, false, STATES, &err, &re);
        if (status != EQLM_E_COMPILE)
            fail_msg("/%s/: status %d", rows[i].pattern, (int)status);
        if (strcmp(err.message, rows[i].message) != 0 || err.offset != rows[i].offset)
            fail_msg("/%s/: \"%s\" at %zu", rows[i].pattern, err.message, err.offset);
        assert_null(re);
    }
}

/* ------------------------------------------------------------------------------------------------------
 * Differential test: random expressions as trees, printed for the engine and matched here by sets of ends.
 */
typedef enum kind { CHAR, ANY, SET, ALL, NOTHING, EMPTY, CAT, OR, AND, NOT, REP } kind;

typedef struct tree {
    kind kind;
    unsigned a, b;      /* CHAR: letter; SET: bits of letters; REP: bounds (b == MANY: none) */
    bool negate;        /* SET */
    struct tree *x, *y; /* operands */
} tree;

enum { MANY = 99, MAX_TREES = 64, MAX_TEXT = 7 };

/* The letters of texts; the last is a stray byte, which patterns cannot name. */
static const char *const letters[] = { "a", "b", "B", "\xE2\x84\xAA", "k", "\xFF" };
enum { N_NAMED = 5, N_LETTERS = 6 };
/* The letters equal to each when case is ignored. */
static const unsigned same_fold[] = { 0x01, 0x06, 0x06, 0x18, 0x18, 0x20 };

typedef struct maker {
    uint64_t seed;
    tree trees[MAX_TREES];
    unsigned n;
    char text[4096];
    size_t len;
} maker;

static unsigned dice(maker *m, unsigned n)
{
    m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(m->seed >> 33) % n;
}

static tree *grow(maker *m, unsigned depth)
{
    tree *t = &m->trees[m->n++];
    *t = (tree) { 0 };
    bool leaf = depth == 0 || m->n + 2 > MAX_TREES;
    unsigned roll = dice(m, leaf ? 10 : 22);
    if (roll < 5) {
        t->kind = CHAR;
        t->a = dice(m, N_NAMED);
    } else if (roll < 7) {
        t->kind = SET;
        t->a = 1 + dice(m, (1u << N_NAMED) - 1);
        t->negate = dice(m, 3) == 0;
    } else if (roll < 10) {
        static const kind rare[] = { ANY, ANY, ANY, ALL, ALL, EMPTY, NOTHING };
        t->kind = rare[dice(m, 7)];
    } else {
        static const kind inner[] = { CAT, CAT, CAT, CAT, OR, OR, OR, AND, NOT, REP, REP, REP };
        t->kind = inner[roll - 10];
        t->x = grow(m, depth - 1);
        if (t->kind == CAT || t->kind == OR || t->kind == AND)
            t->y = grow(m, depth - 1);
        if (t->kind == REP) {
            t->a = dice(m, 4);
            t->b = dice(m, 3) == 0 ? MANY : t->a + dice(m, 4);
        }
    }
    return t;
}

static void put(maker *m, const char *s)
{
    size_t n = strlen(s);
    assert_true(m->len + n < sizeof m->text);
    memcpy(m->text + m->len, s, n + 1);
    m->len += n;
}

static void print_tree(maker *m, const tree *t);

static void print_group(maker *m, const tree *t)
{
    put(m, "(");
    print_tree(m, t);
    put(m, ")");
}

static void print_set(maker *m, const tree *t)
{
    put(m, t->negate ? "[^" : "[");
    for (unsigned i = 0; i < N_NAMED; i++) {
        if (t->a >> i & 1)
            put(m, letters[i]);
    }
    put(m, "]");
}

static void print_count(maker *m, const tree *t)
{
    char count[32];
    if (t->a == 0 && t->b == 1)
        snprintf(count, sizeof count, "?");
    else if (t->a <= 1 && t->b == MANY)
        snprintf(count, sizeof count, t->a ? "+" : "*");
    else if (t->b == MANY)
        snprintf(count, sizeof count, "{%u,}", t->a);
    else if (t->a == t->b)
        snprintf(count, sizeof count, "{%u}", t->a);
    else
        snprintf(count, sizeof count, "{%u,%u}", t->a, t->b);
    put(m, count);
}

/* Parentheses only where precedence needs them, so the parser's precedence is tested too. */
static void print_tree(maker *m, const tree *t)
{
    bool cat_x = t->x && (t->x->kind == OR || t->x->kind == AND);
    switch (t->kind) {
    case CHAR:
        put(m, letters[t->a]);
        break;
    case SET:
        print_set(m, t);
        break;
    case ANY:
        put(m, ".");
        break;
    case ALL:
        put(m, "@");
        break;
    case NOTHING:
        put(m, "#");
        break;
    case EMPTY:
        put(m, "()");
        break;
    case CAT:
        (cat_x ? print_group : print_tree)(m, t->x);
        (t->y->kind == OR || t->y->kind == AND ? print_group : print_tree)(m, t->y);
        break;
    case OR:
        print_tree(m, t->x);
        put(m, "|");
        print_tree(m, t->y);
        break;
    case AND:
        (t->x->kind == OR ? print_group : print_tree)(m, t->x);
        put(m, "&");
        (t->y->kind == OR ? print_group : print_tree)(m, t->y);
        break;
    case NOT:
        put(m, "~");
        (t->x->kind >= CAT && t->x->kind != NOT ? print_group : print_tree)(m, t->x);
        break;
    case REP:
        (t->x->kind == CAT || cat_x ? print_group : print_tree)(m, t->x);
        print_count(m, t);
        break;
    }
}

typedef struct subject {
    unsigned letter[MAX_TEXT];
    unsigned n;
    bool fold;
} subject;

static bool in_set(const subject *s, unsigned set, unsigned letter)
{
    return (set & (s->fold ? same_fold[letter] : 1u << letter)) != 0;
}

/* Bit j: t matches the letters from i to j. */
static unsigned ends(const tree *t, const subject *s, unsigned i)
{
    unsigned r = 0, from;
    switch (t->kind) {
    case CHAR:
        return i < s->n && in_set(s, 1u << t->a, s->letter[i]) ? 1u << (i + 1) : 0;
    case SET:
        return i < s->n && in_set(s, t->a, s->letter[i]) != t->negate ? 1u << (i + 1) : 0;
    case ANY:
        return i < s->n ? 1u << (i + 1) : 0;
    case ALL:
        return ((2u << s->n) - 1) & ~((1u << i) - 1);
    case NOTHING:
        return 0;
    case EMPTY:
        return 1u << i;
    case OR:
        return ends(t->x, s, i) | ends(t->y, s, i);
    case AND:
        return ends(t->x, s, i) & ends(t->y, s, i);
    case NOT:
        return ((2u << s->n) - 1) & ~((1u << i) - 1) & ~ends(t->x, s, i);
    case CAT:
        from = ends(t->x, s, i);
        for (unsigned j = i; j <= s->n; j++)
            r |= from >> j & 1 ? ends(t->y, s, j) : 0;
        return r;
    case REP:
        from = 1u << i;
        /* Beyond a + length of the text further rounds give nothing new. */
        for (unsigned k = 0; k <= t->b && k <= t->a + s->n + 1; k++) {
            unsigned next = 0;
            r |= k >= t->a ? from : 0;
            for (unsigned j = i; j <= s->n; j++)
                next |= from >> j & 1 ? ends(t->x, s, j) : 0;
            from = next;
        }
        return r;
    }
    return 0;
}

/* A text that matches has the factor in it, both folded and with 0x20 set in every byte. */
static bool has_factor(const eqli_regex *re, const char *text)
{
    char factor[EQLI_REGEX_FACTOR], folded[MAX_TEXT * 5 + 8];
    size_t n, len = strlen(text) ? eqli_fold_text(folded, text, strlen(text)) : 0;
    assert_true(eqli_regex_factor(re, factor, &n));
    for (size_t i = 0; i < len; i++)
        folded[i] = (char)((unsigned char)folded[i] | 0x20);
    for (size_t i = 0; i + n <= len; i++) {
        if (memcmp(folded + i, factor, n) == 0)
            return true;
    }
    return false;
}

static void compare(maker *m, const tree *t, const eqli_regex *re, eqli_regex_cache *cache, const subject *s)
{
    char text[MAX_TEXT * 3 + 1] = "";
    for (unsigned i = 0; i < s->n; i++)
        strcat(text, letters[s->letter[i]]);
    bool got = false, want = ends(t, s, 0) >> s->n & 1;
    eqli_op_result r = eqli_regex_match(re, cache, text, strlen(text), &got);
    if (r != EQLI_OP_OK || got != want)
        fail_msg("/%s/%s on \"%s\": result %d, %d instead of %d", m->text, s->fold ? " fold" : "", text,
                 (int)r, got, want);
    if (got && !has_factor(re, text))
        fail_msg("/%s/%s matches \"%s\" without its factor", m->text, s->fold ? " fold" : "", text);
}

static void differential(maker *m, unsigned depth, unsigned n_texts)
{
    m->n = 0;
    m->len = 0;
    tree *t = grow(m, depth);
    print_tree(m, t);
    subject s = { .fold = dice(m, 2) };
    eqli_regex *re = compile(m->text, s.fold);
    eqli_regex_cache *cache;
    assert_int_equal(eqli_regex_cache_new(NULL, re, &cache), EQLM_OK);
    compare(m, t, re, cache, &s);
    for (unsigned k = 0; k < n_texts; k++) {
        unsigned variety = 1 + dice(m, N_LETTERS);
        s.n = dice(m, MAX_TEXT + 1);
        for (unsigned i = 0; i < s.n; i++)
            s.letter[i] = dice(m, variety);
        compare(m, t, re, cache, &s);
    }
    eqli_regex_cache_free(cache);
    eqli_regex_free(re);
}

static void test_differential(void **state)
{
    (void)state;
    const char *more = getenv("REGEX_ROUNDS");
    unsigned rounds = more ? (unsigned)strtoul(more, NULL, 10) : 6000;
    static maker m;
    m.seed = 20240607;
    for (unsigned i = 0; i < rounds; i++)
        differential(&m, 1 + i % 5, 40);
}

/* ------------------------------------------------------------------------------------------------------
 * Bounds
 */
static void test_factors(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        bool fold;
        const char *factor;
    } rows[] = {
        { "abc", false, "abc" },
        { ".*Needle.*", false, "needle" },
        { ".*Needle.*", true, "needle" },
        { "[Kk\xE2\x84\xAA]ey", false, "key" },
        { "[ab]long(er)?text", false, "text" },
        { "(ab){3}", false, "ababab" },
        { "x(ab){2,5}y", false, "ababy" },
        { "(.*[ ]{20,}.*)+", false, "                    " },
        { "a{30}b", false, "aaaaaaaaaaaaaaaaaaaaaaaa" },
        { "a(bc|bd)e", false, "a" },
        { "one|two", false, "" },
        { "~(abc)", false, "" },
        { "(.*ab.*)&(.*cdef.*)", false, "cdef" },
        { "caf\xC3\xA9 noir", false, " noir" },
        { "(abc)?", false, "" },
        { "<10-20>", false, "" },
        { ".*", false, "" },
        { "#", false, "" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        eqli_regex *re = compile(rows[i].pattern, rows[i].fold);
        char factor[EQLI_REGEX_FACTOR + 1] = "";
        size_t n;
        assert_true(eqli_regex_factor(re, factor, &n));
        factor[n] = 0;
        if (strcmp(factor, rows[i].factor) != 0)
            fail_msg("/%s/: factor \"%s\" instead of \"%s\"", rows[i].pattern, factor, rows[i].factor);
        eqli_regex_free(re);
    }
}

static char *filled(const char *unit, size_t n)
{
    size_t len = strlen(unit);
    char *s = malloc(len * n + 1);
    assert_non_null(s);
    for (size_t i = 0; i < n; i++)
        memcpy(s + i * len, unit, len);
    s[len * n] = '\0';
    return s;
}

static double seconds(clock_t since)
{
    return (double)(clock() - since) / CLOCKS_PER_SEC;
}

/* Patterns that ruin backtracking matchers; 100 kB each. The time limit is a hundred times what it takes. */
static void test_no_backtracking(void **state)
{
    (void)state;
    static const char *const patterns[] = { "(a*)*b",
                                            "(a|a)*b",
                                            "(a|aa){1,50}b",
                                            "(a+a+)+b",
                                            "a?{500}a{500}b",
                                            "(.*a.*){8}b&(.*aa.*)+",
                                            "~(.*b.*)&(a|aa)+b",
                                            "((a{0,9}){0,9})*b",
                                            "(.*)(.*)(.*)(.*)b",
                                            "x{1000}{1000}|a*b" };
    char *text = filled("a", 100000);
    for (size_t i = 0; i < COUNT(patterns); i++) {
        eqli_regex *re = compile(patterns[i], false);
        bool got = true;
        clock_t start = clock();
        assert_int_equal(match_text(re, text, 100000, &got), EQLI_OP_OK);
        if (got || seconds(start) > 5)
            fail_msg("/%s/: %d in %g s", patterns[i], got, seconds(start));
        eqli_regex_free(re);
    }
    free(text);
}

static void test_large_counts(void **state)
{
    (void)state;
    char *text = filled("x", 5000);
    bool got = true;
    eqli_regex *re = compile("x{1000}{1000}", false); /* a million */
    assert_int_equal(match_text(re, text, 5000, &got), EQLI_OP_OK);
    assert_false(got);
    eqli_regex_free(re);
    re = compile("(x{1000}){5}", false);
    assert_int_equal(match_text(re, text, 5000, &got), EQLI_OP_OK);
    assert_true(got);
    assert_int_equal(match_text(re, text, 4999, &got), EQLI_OP_OK);
    assert_false(got);
    eqli_regex_free(re);
    assert_true(eqli_regex_memory(re = compile("x{2147483647}", false)) < 65536);
    eqli_regex_free(re);
    free(text);
}

/* Deterministic noise over "ab". */
static char *noise(size_t n)
{
    char *s = filled("a", n);
    uint32_t seed = 1;
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        s[i] = seed >> 30 & 1 ? 'a' : 'b';
    }
    return s;
}

/* Automata with 2^20 states and more, and derivatives with ever more members: too complex, in bounded memory.
 */
static void test_too_complex(void **state)
{
    (void)state;
    static const char *const patterns[] = { "~(.*a.{20}.*)x|.*a.{20}", "(.*a.{20}|.*b.{21})x",
                                            ".*a.{60}b.{60}a", "((a{0,100}b){0,100}a{0,50}){0,1000}",
                                            "~(~(.*a.{30})b.{10})&.*a.{25}" };
    size_t len = 200000;
    char *text = noise(len);
    unsigned n_complex = 0;
    for (size_t i = 0; i < COUNT(patterns); i++) {
        ts_alloc a;
        ts_alloc_init(&a);
        eqlm_str p = str(patterns[i]);
        eqli_regex_error err;
        eqli_regex *re;
        eqli_regex_cache *cache;
        assert_int_equal(eqli_regex_new(&a.hook, &p, 1, false, STATES, &err, &re), EQLM_OK);
        assert_int_equal(eqli_regex_cache_new(&a.hook, re, &cache), EQLM_OK);
        bool got = false;
        clock_t start = clock();
        eqli_op_result r = eqli_regex_match(re, cache, text, len, &got);
        double took = seconds(start);
        n_complex += r == EQLI_OP_TOO_COMPLEX;
        if (getenv("REGEX_VERBOSE"))
            print_message("/%s/: result %d, %g s, peak %zu kB\n", patterns[i], (int)r, took,
                          a.peak_bytes / 1024);
        assert_true(r == EQLI_OP_OK || r == EQLI_OP_TOO_COMPLEX);
        assert_true(took < 20);
        assert_true(a.peak_bytes < (size_t)128 << 20);
        /* The cache is still good for a text it can do. */
        assert_int_equal(eqli_regex_match(re, cache, text, 30, &got), EQLI_OP_OK);
        eqli_regex_cache_free(cache);
        eqli_regex_free(re);
        assert_int_equal(a.live_blocks, 0);
        assert_false(a.corrupt);
    }
    assert_true(n_complex >= 3);
    free(text);
}

/* Few states: the answer is the right one or TOO_COMPLEX, and does not depend on what the cache saw before.
 */
static void test_few_states(void **state)
{
    (void)state;
    eqlm_str p = str(".*a.{6}b");
    char *text = noise(4000);
    unsigned n_complex = 0, n_ok = 0;
    for (uint32_t states = 1; states < 200; states += 9) {
        eqli_regex *re = compile_n(&p, 1, false, states);
        eqli_regex_cache *warm;
        assert_int_equal(eqli_regex_cache_new(NULL, re, &warm), EQLM_OK);
        for (size_t i = 0; i < 50; i++) {
            const char *s = text + i * 37;
            size_t len = i * 3;
            bool got = false, fresh = false;
            eqli_op_result r = eqli_regex_match(re, warm, s, len, &got);
            assert_int_equal(r, match_text(re, s, len, &fresh));
            if (r == EQLI_OP_TOO_COMPLEX) {
                n_complex++;
                continue;
            }
            assert_int_equal(r, EQLI_OP_OK);
            assert_int_equal(got, len >= 8 && s[len - 8] == 'a' && s[len - 1] == 'b');
            n_ok++;
        }
        eqli_regex_cache_free(warm);
        eqli_regex_free(re);
    }
    assert_true(n_complex > 100 && n_ok > 100);
    free(text);
}

static eqlm_status compile_status(const char *pattern, bool fold, eqli_regex_error *err)
{
    eqlm_str p = str(pattern);
    eqli_regex *re;
    eqlm_status status = eqli_regex_new(NULL, &p, 1, fold, STATES, err, &re);
    eqli_regex_free(re);
    return status;
}

static void test_limits(void **state)
{
    (void)state;
    eqli_regex_error err;
    char *open = filled("(", 100000);
    assert_int_equal(compile_status(open, false, &err), EQLM_E_COMPILE);
    assert_string_equal(err.message, "groups nested too deeply");
    assert_int_equal(err.offset, 200);
    free(open);

    char nested[402];
    memset(nested, '(', 200);
    nested[200] = 'a';
    memset(nested + 201, ')', 200);
    nested[401] = '\0';
    assert_true(matches(nested, false, "a", 1));

    char *tildes = filled("~", 100001);
    tildes[100000] = 'a';
    assert_true(matches(tildes, false, "a", 1));
    free(tildes);

    char *stars = filled("a*+?{2}{1,3}", 10000);
    assert_true(matches(stars, false, "aaaaa", 5));
    free(stars);

    char *literal = filled("abcdefgh", 10000);
    eqli_regex *re = compile(literal, true);
    assert_true(eqli_regex_memory(re) < (size_t)16 << 20);
    bool got;
    assert_int_equal(match_text(re, literal, 5000, &got), EQLI_OP_OK);
    assert_false(got);
    eqli_regex_free(re);
    free(literal);

    char *large = filled("abcdefgh", 100000);
    assert_int_equal(compile_status(large, false, &err), EQLM_E_LIMIT);
    assert_string_equal(err.message, "regular expression too large");
    free(large);

    char *wide = filled("[^a-c]|[\xC2\x80-\xF4\x8F\xBF\xBF\\W\\D]|", 4000);
    wide[strlen(wide) - 1] = 'x';
    clock_t start = clock();
    assert_int_equal(compile_status(wide, true, &err), EQLM_OK);
    assert_true(seconds(start) < 20);
    free(wide);
}

/* Thousands of different characters: symbols run out before memory or time do. */
static void test_many_characters(void **state)
{
    (void)state;
    char *text = malloc(8000 * 3 + 1);
    assert_non_null(text);
    for (unsigned i = 0; i < 8000; i++) {
        unsigned c = 0x4E00 + i;
        text[i * 3] = (char)(0xE0 | c >> 12);
        text[i * 3 + 1] = (char)(0x80 | (c >> 6 & 0x3F));
        text[i * 3 + 2] = (char)(0x80 | (c & 0x3F));
    }
    text[8000 * 3] = '\0';
    eqli_regex_error err;
    assert_int_equal(compile_status(text, false, &err), EQLM_E_LIMIT);
    assert_string_equal(err.message, "too many different characters");
    text[2000 * 3] = '\0';
    assert_true(matches(text, false, text, strlen(text)));
    free(text);
}

/* ------------------------------------------------------------------------------------------------------
 * Failing allocations
 */
static const char *const alloc_patterns[] = { "(ab|cd)*~(x.*)&.*[^\\W0-9]{2,5}|\"lit\"<5-120>",
                                              "[\xC2\x80-\xF4\x8F\xBF\xBF]+k|.*word.*", "a{3,9}b?c+" };

/* Compiles and matches with allocation n failing; true: nothing failed any more. */
static bool run_failing(const char *pattern, size_t n)
{
    static const char *const texts[] = { "abcdab", "lit119", "zzword\xE2\x84\xAAzz", "aaaabc", "" };
    ts_alloc a;
    ts_alloc_init(&a);
    ts_alloc_arm(&a, n);
    eqlm_str p = str(pattern);
    eqli_regex_error err;
    eqli_regex *re = NULL;
    eqli_regex_cache *cache = NULL;
    eqlm_status status = eqli_regex_new(&a.hook, &p, 1, true, STATES, &err, &re);
    if (status == EQLM_OK)
        status = eqli_regex_cache_new(&a.hook, re, &cache);
    assert_int_equal(status, a.failed ? EQLM_E_NOMEM : EQLM_OK);
    for (size_t i = 0; cache && i < COUNT(texts); i++) {
        bool got = false, want = matches(pattern, true, texts[i], strlen(texts[i])), before = a.failed;
        eqli_op_result r = eqli_regex_match(re, cache, texts[i], strlen(texts[i]), &got);
        assert_int_equal(r, a.failed && !before ? EQLI_OP_NOMEM : EQLI_OP_OK);
        if (r == EQLI_OP_NOMEM) /* the next try succeeds */
            assert_int_equal(eqli_regex_match(re, cache, texts[i], strlen(texts[i]), &got), EQLI_OP_OK);
        assert_int_equal(got, want);
    }
    eqli_regex_cache_free(cache);
    eqli_regex_free(re);
    assert_int_equal(a.live_blocks, 0);
    assert_int_equal(a.live_bytes, 0);
    assert_false(a.corrupt);
    return !a.failed;
}

static void test_failing_allocations(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(alloc_patterns); i++) {
        size_t n = 1;
        while (!run_failing(alloc_patterns[i], n))
            n++;
        assert_true(n > 15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_basics),
        cmocka_unit_test(test_lucene_syntax),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_ordinary_characters),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_bad_bytes),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_long_list),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_differential),
        cmocka_unit_test(test_factors),
        cmocka_unit_test(test_no_backtracking),
        cmocka_unit_test(test_large_counts),
        cmocka_unit_test(test_too_complex),
        cmocka_unit_test(test_few_states),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_many_characters),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
