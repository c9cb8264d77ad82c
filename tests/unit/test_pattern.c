/* Pattern sets: the table of the language reference, random sets against a plain reference matcher, and texts
 * and patterns made to be slow. test_pattern_portable.c runs the same without SIMD. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ops/pattern.h"
#include "alloc.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- reference: characters in arrays, the textbook table for `*` and `?`
 * ------------------------------------- */

enum { REF_MAX = 512 };
#define REF_STAR UINT32_C(0xfffffffe)
#define REF_ANY UINT32_C(0xfffffffd)

static size_t ref_chars(eqlm_str s, bool fold, bool glob, uint32_t *out)
{
    size_t n = 0;
    const char *p = s.ptr, *end = p + s.len;
    while (p < end) {
        uint32_t c = eqli_utf8_next(&p, end);
        out[n++] = glob && c == '*' ? REF_STAR : glob && c == '?' ? REF_ANY : fold ? eqli_fold_char(c) : c;
    }
    return n;
}

static bool ref_match(const eqli_pattern *pattern, bool fold, eqlm_str text)
{
    uint32_t p[REF_MAX + 2], t[REF_MAX];
    assert_true(text.len <= REF_MAX && pattern->text.len <= REF_MAX);
    size_t np = 0, nt = ref_chars(text, fold, false, t);
    if (pattern->kind == EQLI_PAT_SUFFIX || pattern->kind == EQLI_PAT_CONTAINS)
        p[np++] = REF_STAR;
    np += ref_chars(pattern->text, fold, pattern->kind == EQLI_PAT_GLOB, p + np);
    if (pattern->kind == EQLI_PAT_PREFIX || pattern->kind == EQLI_PAT_CONTAINS)
        p[np++] = REF_STAR;
    if (pattern->kind == EQLI_PAT_CONTAINS && pattern->text.len == 0)
        return false;
    bool row[REF_MAX + 1] = { true }; /* row[j]: the pattern read so far matches the first j characters */
    for (size_t i = 0; i < np; i++) {
        bool before = row[0];
        row[0] = row[0] && p[i] == REF_STAR;
        for (size_t j = 1; j <= nt; j++) {
            bool old = row[j];
            row[j] = p[i] == REF_STAR ? row[j - 1] || old : before && (p[i] == REF_ANY || p[i] == t[j - 1]);
            before = old;
        }
    }
    return row[nt];
}

/* ---- helpers
 * ------------------------------------------------------------------------------------------------- */

static eqlm_str str(const char *s)
{
    return (eqlm_str) { s, strlen(s) };
}

static eqli_pattern_set *make_set(const eqli_pattern *patterns, size_t n, bool fold)
{
    eqli_pattern_set *set = NULL;
    assert_int_equal(eqli_pattern_set_new(NULL, patterns, n, fold, &set), EQLM_OK);
    assert_non_null(set);
    return set;
}

/* Matches a copy in a block of exactly its size, so that the sanitizer sees a read outside. */
static bool set_match(const eqli_pattern_set *set, eqlm_str text)
{
    eqli_arena scratch;
    eqlm_alloc alloc = eqli_mem_default(NULL);
    eqli_arena_init(&scratch, &alloc, SIZE_MAX);
    char *copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    bool hit = false;
    assert_int_equal(eqli_pattern_set_match(set, text.len ? copy : NULL, text.len, &scratch, &hit), EQLI_OP_OK);
    free(copy);
    eqli_arena_clear(&scratch);
    return hit;
}

static bool match_one(eqlm_str pattern, eqli_pattern_kind kind, bool fold, eqlm_str text)
{
    eqli_pattern p = { pattern, kind };
    eqli_pattern_set *set = make_set(&p, 1, fold);
    bool hit = set_match(set, text);
    eqli_pattern_set_free(set);
    return hit;
}

static uint64_t rng_state;

static uint32_t rnd(uint32_t n)
{
    rng_state = rng_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((rng_state >> 33) % n);
}

/* ---- the table
 * ----------------------------------------------------------------------------------------------- */

typedef struct example {
    eqli_pattern_kind kind;
    bool fold;
    const char *pattern, *text;
    bool want;
} example;

#define G EQLI_PAT_GLOB
#define X EQLI_PAT_EXACT
#define P EQLI_PAT_PREFIX
#define S EQLI_PAT_SUFFIX
#define C EQLI_PAT_CONTAINS

static const example examples[] = {
    { G, true, "cmd.exe", "CMD.EXE", true },
    { G, true, "cmd", "cmd.exe", false },
    { G, true, "cmd?", "cmd", false },
    { G, true, "cmd?", "cmd4", true },
    { G, true, "?", "\xF0\x9F\x98\x80", true }, /* one code point */
    { G, true, "??", "\xF0\x9F\x98\x80", false },
    { G, false, "?", "\xC3\xA9", true },
    { G, true, "?", "\xFF", true }, /* a byte that is no character counts as one */
    { G, true, "??", "\xE2\x84", true },
    { G, true, "?", "\xE2\x84", false },
    { G, true, "C:\\Win*", "C:\\Windows", true },
    { G, true, "C:\\\\Win*", "C:\\Windows", false },
    { G, false, "CMD*", "cmd.exe", false },
    { G, false, "CMD*", "CMD.exe", true },
    { G, true, "*", "", true },
    { G, true, "***", "", true },
    { G, false, "**", "anything", true },
    { G, true, "", "", true },
    { G, true, "", "x", false },
    { G, true, "a*b", "a\r\nb", true }, /* line breaks are characters */
    { G, true, "a?b", "a\nb", true },
    { G, true, "a_b%.[c]", "A_B%.[C]", true },
    { G, true, "a_b", "axb", false },
    { G, true, "a.b", "axb", false },
    { G, true, "a\\*b", "a\\zzzb", true }, /* there is no escape */
    { G, true, "a\\*b", "a*b", false },
    { G, true, "a*a", "a", false },
    { G, true, "ab*ba", "aba", false },
    { G, true, "*a*b*", "xxbxaxxb", true },
    { G, true, "*ab*ab*", "xabx", false },
    { G, true, "a*bc*d", "abcbcd", true },
    { G, true, "*?", "", false },
    { G, true, "*???*", "ab", false },
    { G, true, "*???*", "abc", true },
    { G, true, "?:\\Windows\\*.exe", "C:\\WINDOWS\\notepad.EXE", true },
    { G, true, "?:\\Windows\\*.exe", "CC:\\WINDOWS\\notepad.EXE", false },
    { G, true, "*.ex?", "a.exe", true },
    { G, true, "*.ex?", "a.ex\xC3\xA9", true },
    { G, true, "*.ex?", "a.ex", false },
    { G, true, "sys?????", "system32", true },
    { X, true, "a*b?", "A*B?", true }, /* no wildcards here */
    { X, true, "a*b?", "axxbx", false },
    { X, false, "abc", "ABC", false },
    { X, true, "", "", true },
    { X, true, "", "a", false },
    /* Simple folding: K is KELVIN SIGN's fold, s that of LONG S; SHARP S stays itself. */
    { X, true, "k", "\xE2\x84\xAA", true },
    { X, true, "\xE2\x84\xAA", "K", true },
    { G, true, "ma\xC5\xBFk*", "MASK.exe", true },
    { G, true, "*task*", "C:\\TA\xC5\xBF\xE2\x84\xAAS", true },
    { X, true,
      "stra\xC3\x9F"
      "e",
      "STRASSE", false },
    { X, true,
      "stra\xC3\x9F"
      "e",
      "STRA\xE1\xBA\x9E"
      "E",
      true },
    { X, true, "\xC3\x89t\xC3\xA9", "\xC3\xA9T\xC3\x89", true },
    { X, false, "\xC3\x89", "\xC3\xA9", false },
    { X, true, "\xCF\x83", "\xCF\x82", true },     /* both forms of sigma */
    { X, true, "\xE2\xB1\xA5", "\xC8\xBA", true }, /* the fold is longer than the character */
    { G, true, "*\xE2\xB1\xA5\xE2\xB1\xA5\xE2\xB1\xA5", "\xC8\xBA\xC8\xBA\xC8\xBA", true },
    { X, false, "\xFF", "\xFF", true },
    { X, false, "\xFF", "\xFE", false },
    { S, false, "\xA9", "\xC3\xA9", false }, /* half a character is no suffix */
    { P, false, "\xC3", "\xC3\xA9", false },
    { C, true, "\xA9", "x\xC3\xA9y", false },
    { C, true, "\xA9", "x\xC3\xA9\xA9y", true },
    { P, true, "C:\\", "c:\\x", true },
    { P, true, "*", "abc", false },
    { P, true, "*", "*abc", true },
    { P, true, "", "", true },
    { P, false, "", "abc", true },
    { P, false, "abcd", "abc", false },
    { S, true, ".EXE", "cmd.exe", true },
    { S, true, "?", "abc", false },
    { S, true, "", "abc", true },
    { C, true, "", "", false },
    { C, true, "", "abc", false },
    { C, true, "*", "a*b", true },
    { C, true, "?", "ab", false },
    { C, true, "BC", "abcd", true },
    { C, false, "BC", "abcd", false },
};

#undef G
#undef X
#undef P
#undef S
#undef C

static void examples_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        const example *e = &examples[i];
        eqli_pattern p = { str(e->pattern), e->kind };
        bool hit = match_one(p.text, e->kind, e->fold, str(e->text));
        if (hit != e->want || ref_match(&p, e->fold, str(e->text)) != e->want)
            fail_msg("example %zu: \"%s\" on \"%s\"", i, e->pattern, e->text);
    }
}

/* The same rows as members of one set beside members that match none of the texts. */
static void examples_hold_in_a_crowd(void **state)
{
    (void)state;
    static const char *const others[] = { "zzz*qqq0", "*zzz*qqq1", "zzzqqq2*", "zzz3",   "*zzzqqq4*",
                                          "*zz5*qq*", "z?z6",      "zzz7",     "*zzz8*", "*zzz9*",
                                          "*zzz10*",  "*zzz11*",   "*zzz12*",  "*z13?z*" };
    for (size_t i = 0; i < COUNT(examples); i++) {
        const example *e = &examples[i];
        eqli_pattern p[COUNT(others) + 1];
        for (size_t k = 0; k < COUNT(others); k++)
            p[k] = (eqli_pattern) { str(others[k]), EQLI_PAT_GLOB };
        p[COUNT(others)] = (eqli_pattern) { str(e->pattern), e->kind };
        eqli_pattern_set *set = make_set(p, COUNT(p), e->fold);
        if (set_match(set, str(e->text)) != e->want)
            fail_msg("example %zu: \"%s\" on \"%s\"", i, e->pattern, e->text);
        eqli_pattern_set_free(set);
    }
}

/* ---- random sets
 * --------------------------------------------------------------------------------------------- */

typedef struct alphabet {
    const char *items[24];
    uint32_t n;
} alphabet;

static const alphabet two_letters = { { "a", "b" }, 2 };
static const alphabet cases = { { "a", "A", "k", "K", "s", "S", ".", "\\", "~", "^" }, 10 };
static const alphabet unicode = { { "a", "B", "k", "K", "s", "\xE2\x84\xAA", "\xC5\xBF", "\xC3\x9F",
                                    "\xE1\xBA\x9E", "\xF0\x9F\x98\x80", "\xF0\x90\x90\x80",
                                    "\xF0\x90\x90\xA8", "\xC8\xBA", "\xE2\xB1\xA5", "\xC3\xA9", "\xC3\x89" },
                                  16 };
static const alphabet broken = {
    { "a", "k", "\xE2", "\x84", "\xAA", "\xE2\x84\xAA", "\xC3", "\xA9", "\xFF", "\xF0", "\xC3\xA9" }, 11
};
static const alphabet words = { { "\\Windows", "\\System32", "cmd.exe", ".exe", "C:", "\\", "Run", " /c ",
                                  "powershell", "x", "7", "HKLM", "\\Users", "K", "-enc ", "program files",
                                  "\xC3\xA9", "http" },
                                18 };
static const alphabet *const alphabets[] = { &two_letters, &cases, &unicode, &broken, &words };

static eqlm_str random_text(char *out, const alphabet *a, uint32_t max_items, uint32_t wild_percent)
{
    size_t len = 0;
    for (uint32_t n = rnd(max_items + 1); n > 0; n--) {
        const char *item = a->items[rnd(a->n)];
        if (rnd(100) < wild_percent)
            item = rnd(2) ? "*" : "?";
        memcpy(out + len, item, strlen(item));
        len += strlen(item);
    }
    return (eqlm_str) { out, len };
}

static void print_bytes(const char *name, eqlm_str s)
{
    print_message("%s:", name);
    for (size_t i = 0; i < s.len; i++)
        print_message(" %02x", (unsigned char)s.ptr[i]);
    print_message("\n");
}

/* A text that one of the patterns is likely to match: its wildcards filled in, letters in another case. */
static eqlm_str filled_text(char *out, const alphabet *a, eqlm_str pattern)
{
    size_t len = 0;
    char piece[64];
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.ptr[i];
        if (c == '*' || c == '?') {
            eqlm_str s = random_text(piece, a, c == '*' ? 3 : 1, 0);
            memcpy(out + len, s.ptr, s.len);
            len += s.len;
        } else {
            bool upper = c >= 'a' && c <= 'z' && rnd(4) == 0;
            out[len++] = upper ? (char)(c - 'a' + 'A') : c;
        }
    }
    if (len && rnd(3) == 0)
        out[rnd((uint32_t)len)] = (char)('a' + rnd(3));
    return (eqlm_str) { out, len };
}

static size_t n_hits;

static void check_against_reference(const eqli_pattern *p, size_t n, bool fold, const eqli_pattern_set *set,
                                    eqlm_str text)
{
    bool want = false;
    for (size_t i = 0; i < n && !want; i++)
        want = ref_match(&p[i], fold, text);
    n_hits += want;
    if (set_match(set, text) == want)
        return;
    print_bytes("text", text);
    for (size_t i = 0; i < n; i++) {
        print_message("kind %d, ", (int)p[i].kind);
        print_bytes("pattern", p[i].text);
    }
    fail_msg("fold %d, wanted %d", fold, want);
}

static void random_round(uint32_t max_members, uint32_t max_items, uint32_t texts)
{
    enum { MAX = 64, ROOM = 400 };
    static char room[MAX][ROOM], text[2 * REF_MAX];
    eqli_pattern p[MAX];
    const alphabet *a = alphabets[rnd(COUNT(alphabets))];
    bool fold = rnd(3) > 0, globs = rnd(2) != 0;
    uint32_t n = 1 + rnd(max_members), wild = rnd(3) * 12 + 4;
    for (uint32_t i = 0; i < n; i++) {
        p[i].kind = globs || rnd(2) ? EQLI_PAT_GLOB : (eqli_pattern_kind)rnd(5);
        p[i].text = random_text(room[i], a, max_items, p[i].kind == EQLI_PAT_GLOB ? wild : 1);
    }
    eqli_pattern_set *set = make_set(p, n, fold);
    for (uint32_t k = 0; k < texts; k++) {
        eqlm_str t = rnd(2) ? random_text(text, a, max_items + 2, 1) : filled_text(text, a, p[rnd(n)].text);
        if (t.len <= REF_MAX)
            check_against_reference(p, n, fold, set, t);
    }
    eqli_pattern_set_free(set);
}

static void random_sets_agree_with_the_reference(void **state)
{
    (void)state;
    rng_state = 20240117;
    n_hits = 0;
    for (int i = 0; i < 14000; i++)
        random_round(4, 6, 8);
    for (int i = 0; i < 5000; i++)
        random_round(24, 9, 10);
    for (int i = 0; i < 1500; i++)
        random_round(64, 24, 16);
    assert_in_range(n_hits, 20000, 180000); /* the generator gives enough of both answers */
}

/* Every length of subject and literal around the step widths of the comparisons. */
static void every_length_agrees_with_the_reference(void **state)
{
    (void)state;
    static const eqli_pattern_kind kinds[] = { EQLI_PAT_EXACT, EQLI_PAT_PREFIX, EQLI_PAT_SUFFIX,
                                               EQLI_PAT_CONTAINS };
    char lit[48], text[128];
    for (size_t len = 1; len < sizeof lit; len++) {
        for (size_t i = 0; i < len; i++)
            lit[i] = (char)('a' + i % 26);
        for (size_t k = 0; k < COUNT(kinds); k++) {
            eqli_pattern p = { { lit, len }, kinds[k] };
            eqli_pattern_set *set = make_set(&p, 1, true);
            for (size_t before = 0; before < 20; before++) {
                for (size_t bad = 0; bad <= len; bad++) { /* which byte differs; len: none */
                    memset(text, '-', sizeof text);
                    memcpy(text + before, lit, len);
                    text[before + bad] = bad < len ? '#' : '-';
                    check_against_reference(&p, 1, true, set, (eqlm_str) { text, before + len });
                    check_against_reference(&p, 1, true, set, (eqlm_str) { text + before, len + before });
                }
            }
            eqli_pattern_set_free(set);
        }
    }
}

/* A literal at every place of texts longer than what the search looks at together, among bytes of its own. */
static void every_place_is_searched(void **state)
{
    (void)state;
    static const char *const literals[] = { "q", "qz", "zabq", "q---------------z",
                                            "----------------------------q" };
    static const char around[] = { '.', '-', 'q', 'Z' };
    char text[200];
    for (size_t k = 0; k < COUNT(literals); k++) {
        size_t len = strlen(literals[k]);
        eqli_pattern p = { str(literals[k]), EQLI_PAT_CONTAINS };
        eqli_pattern_set *set = make_set(&p, 1, true);
        for (size_t size = len; size <= sizeof text; size++) {
            memset(text, around[size % COUNT(around)], size);
            bool within = len == 1 && text[0] == 'q';
            assert_true(set_match(set, (eqlm_str) { text, size }) == within);
            for (size_t at = 0; at + len <= size; at++) {
                memcpy(text + at, literals[k], len);
                if (!set_match(set, (eqlm_str) { text, size }))
                    fail_msg("\"%s\" at %zu of %zu bytes", literals[k], at, size);
                memset(text + at, around[size % COUNT(around)], len);
            }
        }
        eqli_pattern_set_free(set);
    }
}

/* ---- large sets
 * ---------------------------------------------------------------------------------------------- */

typedef struct large {
    eqli_pattern *patterns;
    char (*texts)[64];
    size_t n;
} large;

static large large_new(size_t n, const char *format, eqli_pattern_kind kind)
{
    large l = { calloc(n, sizeof *l.patterns), calloc(n, sizeof *l.texts), n };
    assert_non_null(l.patterns);
    assert_non_null(l.texts);
    for (size_t i = 0; i < n; i++) {
        int len = snprintf(l.texts[i], sizeof l.texts[i], format, (unsigned)(i * 2654435761u % 1000000007u));
        l.patterns[i] = (eqli_pattern) { { l.texts[i], (size_t)len }, kind };
    }
    return l;
}

static void large_free(large *l)
{
    free(l->patterns);
    free(l->texts);
}

static void large_sets_find_each_member(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *hit, *miss;
        eqli_pattern_kind kind;
    } rows[] = {
        { "tool%u.exe", "TOOL%u.EXE", "tool%u.dll", EQLI_PAT_EXACT },
        { "c:\\programs\\%u\\shared.exe", "C:\\Programs\\%u\\shared.exe", "C:\\programs\\%u\\shared.dll",
          EQLI_PAT_EXACT },
        { "?:\\programs\\%u\\*.exe", "D:\\Programs\\%u\\x\\y.exe", "C:\\programs\\%u\\y.dll", EQLI_PAT_GLOB },
        { "*\\%u\\tool.exe", "C:\\%u\\tool.exe", "C:\\%u\\too1.exe", EQLI_PAT_GLOB },
        { "*key=%u;*", "a key=%u; b", "a key=%u: b", EQLI_PAT_GLOB },
        { "-%u-", "xx-%u-xx", "xx-%u=xx", EQLI_PAT_CONTAINS },
        /* Members that differ only away from their ends, behind characters that fold to fewer or other bytes.
         */
        { "c:\\pr\xC3\xB3grams\\%u\\*", "C:\\PR\xC3\x93GRAMS\\%u\\x", "C:\\PR\xC3\x93GRAMS\\%ux\\",
          EQLI_PAT_GLOB },
        { "disk:\\programs\\%u\\", "dis\xE2\x84\xAA:\\programs\\%u\\x", "dis\xE2\x84\xAA:\\programs\\%ux\\",
          EQLI_PAT_PREFIX },
        { "\\%u\\desk\\shared.exe", "\xC3\xA9\\%u\\DE\xC5\xBF\xE2\x84\xAA\\shared.exe",
          "%u\\dex\xE2\x84\xAA\\shared.exe", EQLI_PAT_SUFFIX },
        { "*%u?end",
          "...%u\xC3\xA9"
          "end",
          "...%u\xC3\xA9"
          "and",
          EQLI_PAT_GLOB },
    };
    for (size_t r = 0; r < COUNT(rows); r++) {
        large l = large_new(3000, rows[r].pattern, rows[r].kind);
        eqli_pattern_set *set = make_set(l.patterns, l.n, true);
        assert_true(eqli_pattern_set_memory(set) < l.n * 400);
        for (size_t i = 0; i < l.n; i += 7) {
            char text[96];
            unsigned number = (unsigned)(i * 2654435761u % 1000000007u);
            snprintf(text, sizeof text, rows[r].hit, number);
            if (!set_match(set, str(text)))
                fail_msg("row %zu: %s", r, text);
            snprintf(text, sizeof text, rows[r].miss, number);
            if (set_match(set, str(text)))
                fail_msg("row %zu: %s", r, text);
        }
        eqli_pattern_set_free(set);
        large_free(&l);
    }
}

/* More members in one gram table than one pass over the text can remember. */
static void more_members_than_one_pass(void **state)
{
    (void)state;
    large l = large_new(10000, "same gram, number %u", EQLI_PAT_CONTAINS);
    eqli_pattern_set *set = make_set(l.patterns, l.n, true);
    assert_true(set_match(set, l.patterns[9999].text));
    assert_true(set_match(set, l.patterns[0].text));
    assert_false(set_match(set, str("same gram, number x, same gram, number y")));
    eqli_pattern_set_free(set);
    large_free(&l);
}

/* ---- hostile input
 * ------------------------------------------------------------------------------------------- */

enum { MEGABYTE = 1 << 20 };

static char *repeated(const char *piece, size_t len, const char *end)
{
    char *text = malloc(len + strlen(end) + 1);
    assert_non_null(text);
    for (size_t i = 0, n = strlen(piece); i < len; i++)
        text[i] = piece[i % n];
    strcpy(text + len, end);
    return text;
}

/* A matcher that is not linear takes hours here. */
static void hostile_patterns_stay_linear(void **state)
{
    (void)state;
    char *as = repeated("a", MEGABYTE, ""), *as_then_b = repeated("a", MEGABYTE, "b");
    char *longest = repeated("a", 60000, "b"), *halves = repeated("a", 30000, "b");
    char *mixed = repeated("a", 30000, "ba");
    char *accents = repeated("\xC3\xA9", MEGABYTE, "");
    size_t half = strlen(halves);
    halves = realloc(halves, 2 * half + 1);
    assert_non_null(halves);
    memset(halves + half, 'a', half);
    halves[2 * half] = '\0';
    static const char *const globs[] = { "*a*a*a*a*b",
                                         "*a*a*a*a*b*",
                                         "*aaaaaaaaaaaaaaaaab*",
                                         "*ba*",
                                         "a*a*a*a*a*a*a*a*a*c*a",
                                         "*a?a?a?a?b*",
                                         "*aaaaaaaaaaaaaaa?aaaaaaaaaaaaaaaab*",
                                         "*?b?*" };
    for (size_t i = 0; i < COUNT(globs); i++)
        assert_false(match_one(str(globs[i]), EQLI_PAT_GLOB, true, str(as)));
    assert_true(match_one(str("*a*a*a*a*b"), EQLI_PAT_GLOB, true, str(as_then_b)));
    assert_true(match_one(str("*aaaaaaaaaaaaaaaaab"), EQLI_PAT_GLOB, true, str(as_then_b)));
    assert_true(match_one(str("*a?aaaaaaaaaaaa?aab*"), EQLI_PAT_GLOB, true, str(as_then_b)));
    assert_true(match_one(str(longest), EQLI_PAT_CONTAINS, true, str(as_then_b)));
    assert_false(match_one(str(longest), EQLI_PAT_CONTAINS, true, str(as)));
    assert_false(match_one(str(halves), EQLI_PAT_CONTAINS, false, str(as_then_b)));
    assert_false(match_one(str(mixed), EQLI_PAT_CONTAINS, true, str(as_then_b)));
    assert_false(match_one(str("*\xC3\xA9?\xC3\xA9?b*"), EQLI_PAT_GLOB, true, str(accents)));
    assert_false(match_one(str("*?x"), EQLI_PAT_GLOB, true, str(accents)));
    free(as);
    free(as_then_b);
    free(longest);
    free(halves);
    free(mixed);
    free(accents);
}

static void pattern_of_many_stars(void **state)
{
    (void)state;
    char *stars = repeated("*ab", 300000, "*"), *text = repeated("ab", MEGABYTE, ""),
         *few = repeated("ab", 199998, "");
    assert_true(match_one(str(stars), EQLI_PAT_GLOB, true, str(text)));
    assert_false(match_one(str(stars), EQLI_PAT_GLOB, true, str(few)));
    free(stars);
    free(text);
    free(few);
}

/* A long literal with `?` needs scratch for its state. */
static void long_wildcard_literal(void **state)
{
    (void)state;
    char *pattern = repeated("a?", 1000, "b*"), *text = repeated("a", 20000, "b");
    char *glob = malloc(strlen(pattern) + 2);
    assert_non_null(glob);
    glob[0] = '*';
    strcpy(glob + 1, pattern);
    assert_true(match_one(str(glob), EQLI_PAT_GLOB, true, str(text)));
    for (size_t i = 0; i <= 20000; i += 900)
        text[i] = 'b'; /* each lies where the literal has an `a`, if it ends at the next */
    text[20000] = 'a';
    assert_false(match_one(str(glob), EQLI_PAT_GLOB, true, str(text)));
    free(pattern);
    free(glob);
    free(text);
}

/* Many members, each of which the text nearly contains everywhere. */
static void many_hostile_members(void **state)
{
    (void)state;
    enum { N = 64, LEN = 300 };
    static char texts[N][LEN + 1];
    eqli_pattern p[N];
    for (size_t i = 0; i < N; i++) {
        memset(texts[i], 'a', LEN);
        texts[i][LEN - 1 - i] = 'b';
        p[i] = (eqli_pattern) { { texts[i], LEN }, EQLI_PAT_CONTAINS };
    }
    eqli_pattern_set *set = make_set(p, N, true);
    char *text = repeated("a", MEGABYTE, "");
    assert_false(set_match(set, str(text)));
    memcpy(text + 100000, texts[17], LEN);
    assert_true(set_match(set, str(text)));
    free(text);
    eqli_pattern_set_free(set);
}

/* ---- memory
 * -------------------------------------------------------------------------------------------------- */

static const eqli_pattern sample[] = {
    { { "HKLM\\*\\Run", 10 }, EQLI_PAT_GLOB }, { { "*a?b*c", 6 }, EQLI_PAT_GLOB },
    { { "cmd.exe", 7 }, EQLI_PAT_EXACT },      { { "\xC3\xA9t\xC3\xA9", 5 }, EQLI_PAT_CONTAINS },
    { { "*one*", 5 }, EQLI_PAT_GLOB },         { { "*two*", 5 }, EQLI_PAT_GLOB },
    { { "three", 5 }, EQLI_PAT_CONTAINS },     { { "four4", 5 }, EQLI_PAT_CONTAINS },
    { { "five5", 5 }, EQLI_PAT_CONTAINS },     { { "seven", 5 }, EQLI_PAT_CONTAINS },
    { { "eight", 5 }, EQLI_PAT_CONTAINS },     { { "nine9", 5 }, EQLI_PAT_CONTAINS },
};

static void every_allocation_may_fail(void **state)
{
    (void)state;
    ts_alloc a;
    ts_alloc_init(&a);
    for (size_t fail_at = 1;; fail_at++) {
        ts_alloc_arm(&a, fail_at);
        eqli_pattern_set *set = NULL;
        eqlm_status status = eqli_pattern_set_new(&a.hook, sample, COUNT(sample), true, &set);
        if (!a.failed) {
            assert_int_equal(status, EQLM_OK);
            assert_true(fail_at > 2);
            assert_true(set_match(set, str("HKLM\\x\\RUN")));
            assert_int_equal(a.live_bytes, eqli_pattern_set_memory(set));
            eqli_pattern_set_free(set);
            break;
        }
        assert_int_equal(status, EQLM_E_NOMEM);
        assert_null(set);
        assert_int_equal(a.live_blocks, 0);
    }
    assert_int_equal(a.live_blocks, 0);
    assert_false(a.corrupt);
}

static void scratch_may_run_out(void **state)
{
    (void)state;
    eqli_pattern_set *set = make_set(sample, COUNT(sample), true);
    eqlm_alloc alloc = eqli_mem_default(NULL);
    eqli_arena scratch;
    eqli_arena_init(&scratch, &alloc, 4);
    eqlm_str text = str("\xC3\x89T\xC3\x89 \xC3\x89");
    bool hit = true;
    assert_int_equal(eqli_pattern_set_match(set, text.ptr, text.len, &scratch, &hit), EQLI_OP_LIMIT);
    assert_false(hit);
    assert_int_equal(eqli_pattern_set_match(set, "four4", 5, &scratch, &hit), EQLI_OP_OK); /* ASCII needs none */
    assert_true(hit);
    eqli_pattern_set_free(set);

    char *wild = repeated("?a", 1000, "*"), *vowels = repeated("\xC3\xA9"
                                                               "a",
                                                               6000, "");
    wild[0] = '*';
    eqli_pattern p = { { wild, 1001 }, EQLI_PAT_GLOB };
    set = make_set(&p, 1, false);
    assert_true(set_match(set, str(vowels)));
    assert_int_equal(eqli_pattern_set_match(set, vowels, 6000, &scratch, &hit), EQLI_OP_LIMIT);
    assert_false(hit);
    eqli_pattern_set_free(set);
    eqli_arena_clear(&scratch);
    free(wild);
    free(vowels);
}

static void small_sets_are_small(void **state)
{
    (void)state;
    eqli_pattern one = { { "*\\cmd.exe", 9 }, EQLI_PAT_GLOB };
    eqli_pattern_set *set = make_set(&one, 1, true);
    assert_in_range(eqli_pattern_set_memory(set), 1, 400);
    eqli_pattern_set_free(set);
    set = make_set(sample, COUNT(sample), true);
    assert_in_range(eqli_pattern_set_memory(set), 1, 2500);
    eqli_pattern_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_hold),
        cmocka_unit_test(examples_hold_in_a_crowd),
        cmocka_unit_test(random_sets_agree_with_the_reference),
        cmocka_unit_test(every_length_agrees_with_the_reference),
        cmocka_unit_test(every_place_is_searched),
        cmocka_unit_test(large_sets_find_each_member),
        cmocka_unit_test(more_members_than_one_pass),
        cmocka_unit_test(hostile_patterns_stay_linear),
        cmocka_unit_test(pattern_of_many_stars),
        cmocka_unit_test(long_wildcard_literal),
        cmocka_unit_test(many_hostile_members),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(scratch_may_run_out),
        cmocka_unit_test(small_sets_are_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
