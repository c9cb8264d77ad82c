#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/text.h"

#define BAD(b) (EQLI_BAD_BYTE | (b))

static void decodes(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        uint32_t chars[6]; /* up to the first zero behind the first character */
    } rows[] = {
        { "a", 1, { 'a' } },
        { "\0", 1, { 0 } },
        { "\xC3\xA9", 2, { 0xE9 } },
        { "\xE2\x82\xAC", 3, { 0x20AC } },
        { "\xF0\x9F\x98\x80", 4, { 0x1F600 } },
        { "\xF4\x8F\xBF\xBF", 4, { 0x10FFFF } },
        { "\xF4\x90\x80\x80", 4, { BAD(0xF4), BAD(0x90), BAD(0x80), BAD(0x80) } }, /* above the last */
        { "\xC0\x80", 2, { BAD(0xC0), BAD(0x80) } },                               /* overlong */
        { "\xE0\x9F\xBF", 3, { BAD(0xE0), BAD(0x9F), BAD(0xBF) } },
        { "\xF0\x8F\xBF\xBF", 4, { BAD(0xF0), BAD(0x8F), BAD(0xBF), BAD(0xBF) } },
        { "\xED\xA0\x80", 3, { BAD(0xED), BAD(0xA0), BAD(0x80) } }, /* surrogate */
        { "\xED\x9F\xBF", 3, { 0xD7FF } },
        { "\xE2\x82", 2, { BAD(0xE2), BAD(0x82) } }, /* cut off */
        { "\xE2\x82x", 3, { BAD(0xE2), BAD(0x82), 'x' } },
        { "\x80"
          "a\xFF",
          3,
          { BAD(0x80), 'a', BAD(0xFF) } },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *p = rows[i].text, *end = p + rows[i].len;
        size_t n = 0;
        do {
            const char *start = p;
            char back[4];
            uint32_t c = eqli_utf8_next(&p, end);
            assert_int_equal(c, rows[i].chars[n++]);
            assert_int_equal(eqli_utf8_put(back, c), p - start);
            assert_memory_equal(back, start, (size_t)(p - start));
        } while (p < end);
        assert_int_equal(rows[i].chars[n], 0);
        assert_ptr_equal(p, end);
    }
}

static void every_code_point_survives(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        char s[4];
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        size_t n = eqli_utf8_put(s, c);
        const char *p = s;
        if (eqli_utf8_next(&p, s + n) != c || p != s + n)
            fail_msg("U+%04X", c);
    }
}

static void finds_the_first_bad_byte(void **state)
{
    char text[40];
    (void)state;
    assert_int_equal(eqli_utf8_check(NULL, 0), 0);
    for (size_t at = 0; at < sizeof text; at++) {
        memset(text, 'x', sizeof text);
        assert_int_equal(eqli_utf8_check(text, sizeof text), sizeof text);
        assert_true(eqli_is_ascii(text, sizeof text));
        text[at] = (char)0xC3;
        assert_false(eqli_is_ascii(text, sizeof text));
        assert_int_equal(eqli_utf8_check(text, sizeof text), at);
        if (at + 1 < sizeof text) {
            text[at + 1] = (char)0xA9;
            assert_int_equal(eqli_utf8_check(text, sizeof text), sizeof text);
        }
    }
}

static void folds_characters(void **state)
{
    static const struct {
        uint32_t from, to;
    } rows[] = {
        { 'A', 'a' },           { 'Z', 'z' },         { '@', '@' },
        { '[', '[' },           { 'a', 'a' },         { 0xC9, 0xE9 },
        { 0xB5, 0x3BC },        { 0x17F, 's' },       { 0x212A, 'k' },
        { 0x3C2, 0x3C3 },       { 0x410, 0x430 },     { 0x1E9E, 0xDF },
        { 0xDF, 0xDF },         { 0x130, 0x130 },     { 0x131, 0x131 },
        { 0x10400, 0x10428 },   { 0x1E921, 0x1E943 }, { 0x1E943, 0x1E943 },
        { 0x10FFFF, 0x10FFFF }, { 0x23A, 0x2C65 },    { BAD(0xC3), BAD(0xC3) },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(eqli_fold_char(rows[i].from), rows[i].to);
}

static void folding_is_stable_and_bounded(void **state)
{
    size_t folded = 0;
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        char s[4], f[4];
        uint32_t to = eqli_fold_char(c);
        folded += to != c;
        if (eqli_fold_char(to) != to)
            fail_msg("U+%04X does not fold to a folded character", c);
        size_t n = eqli_utf8_put(s, c), n_folded = eqli_utf8_put(f, to);
        if (eqli_folds_to_ascii(s, n) != (c >= 0x80 && to < 0x80))
            fail_msg("U+%04X folds to U+%04X", c, to);
        if (n_folded > n + n / 2)
            fail_msg("U+%04X grows beyond EQLI_FOLD_MAX", c);
    }
    assert_true(folded > 1000);
}

static void fold_classes_are_complete(void **state)
{
    uint32_t class[8];
    (void)state;
    for (uint32_t c = 0; c <= 0x1FFFF; c++) {
        size_t n = eqli_fold_class(c, class), self = 0;
        assert_in_range(n, 1, 8);
        for (size_t i = 0; i < n; i++) {
            self += class[i] == c;
            if (eqli_fold_char(class[i]) != eqli_fold_char(c))
                fail_msg("U+%04X is not of the class of U+%04X", class[i], c);
        }
        if (self != 1)
            fail_msg("U+%04X is %zu times in its own class", c, self);
    }
    assert_int_equal(eqli_fold_class('K', class), 3); /* k, K, KELVIN SIGN */
    assert_int_equal(class[0], 'k');
    assert_int_equal(eqli_fold_class(0x3C3, class), 3);
    assert_int_equal(eqli_fold_class('1', class), 1);
    assert_int_equal(eqli_fold_class(BAD(0x80), class), 1);
    assert_int_equal(class[0], BAD(0x80));
}

static void folds_text(void **state)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        { "", "" },
        { "C:\\Windows\\System32\\CMD.EXE", "c:\\windows\\system32\\cmd.exe" },
        { "@[`{AZaz", "@[`{azaz" },
        { "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "abcdefghijklmnopqrstuvwxyz0123456789" },
        { "ABCDEFGH\xC3\x89XYZXYZXYZ", "abcdefgh\xC3\xA9xyzxyzxyz" },
        { "\xE2\x84\xAA", "k" },
        { "\xC8\xBA\xC8\xBA\xC8\xBA\xC8\xBA", "\xE2\xB1\xA5\xE2\xB1\xA5\xE2\xB1\xA5\xE2\xB1\xA5" },
        { "A\xC3", "a\xC3" },
        { "\x80\xFF\xE2\x84X", "\x80\xFF\xE2\x84x" },
        { "STRASSE \xE1\xBA\x9E", "strasse \xC3\x9F" },
    };
    char out[128];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = strlen(rows[i].from), n = eqli_fold_text(out, rows[i].from, len);
        assert_in_range(n, 0, EQLI_FOLD_MAX(len));
        assert_int_equal(n, strlen(rows[i].to));
        assert_memory_equal(out, rows[i].to, n);
    }
}

static void folds_ascii_as_one_by_one(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 128; c++) {
        char text[19], out[EQLI_FOLD_MAX(sizeof text)];
        memset(text, (char)c, sizeof text);
        assert_int_equal(eqli_fold_text(out, text, sizeof text), sizeof text);
        for (size_t i = 0; i < sizeof text; i++)
            assert_int_equal((unsigned char)out[i], eqli_fold_char(c));
    }
}

static void finds_what_folds_to_ascii(void **state)
{
    (void)state;
    assert_true(eqli_folds_to_ascii("\xE2\x84\xE2\x84\xAA", 5));
    assert_true(eqli_folds_to_ascii("\xC5\x80\xC5\xBF.", 5));
    assert_false(eqli_folds_to_ascii("\xE2\x84\xAA", 2));
    assert_false(eqli_folds_to_ascii("\xE2\x84\xAB\xC5", 4));
    assert_false(eqli_folds_to_ascii(NULL, 0));
}

static void counts_utf16(void **state)
{
    static const struct {
        const char *text;
        size_t units;
    } rows[] = {
        { "", 0 },
        { "explorer.exe", 12 },
        { "\xC3\xA9", 1 },
        { "\xE2\x82\xAC", 1 },
        { "\xF0\x9F\x98\x80", 2 },
        { "0123456789\xF0\x9F\x98\x80"
          "0123456789",
          22 },
        { "\xF0\x9F\x98", 3 }, /* cut off: three bytes, three units */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(eqli_utf16_len(rows[i].text, strlen(rows[i].text)), rows[i].units);
    assert_int_equal(eqli_utf16_len(NULL, 0), 0);
}

static void finds_utf16_offsets(void **state)
{
    static const char text[] = "0123456789\xC3\xA9\xF0\x9F\x98\x80z\xFF";
    static const size_t offsets[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 12, 16, 17, 18, 18, 18 };
    (void)state;
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++)
        assert_int_equal(eqli_utf16_offset(text, sizeof text - 1, i), offsets[i]);
    assert_int_equal(eqli_utf16_offset(text, sizeof text - 1, SIZE_MAX), sizeof text - 1);
    assert_int_equal(eqli_utf16_offset(NULL, 0, 5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes),
        cmocka_unit_test(every_code_point_survives),
        cmocka_unit_test(finds_the_first_bad_byte),
        cmocka_unit_test(folds_characters),
        cmocka_unit_test(folding_is_stable_and_bounded),
        cmocka_unit_test(fold_classes_are_complete),
        cmocka_unit_test(folds_text),
        cmocka_unit_test(folds_ascii_as_one_by_one),
        cmocka_unit_test(finds_what_folds_to_ascii),
        cmocka_unit_test(counts_utf16),
        cmocka_unit_test(finds_utf16_offsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
