#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static uint64_t bits_of(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static void tells_kinds(void **state)
{
    static const struct {
        const char *text;
        eqli_num_kind kind;
    } rows[] = {
        { "", EQLI_NUM_BAD },
        { "+", EQLI_NUM_BAD },
        { "-", EQLI_NUM_BAD },
        { ".", EQLI_NUM_BAD },
        { "-.", EQLI_NUM_BAD },
        { "e5", EQLI_NUM_BAD },
        { ".e5", EQLI_NUM_BAD },
        { "1e", EQLI_NUM_BAD },
        { "1e+", EQLI_NUM_BAD },
        { "1.2.3", EQLI_NUM_BAD },
        { " 1", EQLI_NUM_BAD },
        { "1 ", EQLI_NUM_BAD },
        { "--1", EQLI_NUM_BAD },
        { "0x10", EQLI_NUM_BAD },
        { "inf", EQLI_NUM_BAD },
        { "NaN", EQLI_NUM_BAD },
        { "1,5", EQLI_NUM_BAD },
        { "1e5x", EQLI_NUM_BAD },
        { "0", EQLI_NUM_I64 },
        { "-0", EQLI_NUM_I64 },
        { "+314", EQLI_NUM_I64 },
        { "000000000000000000000000000000000007", EQLI_NUM_I64 },
        { "9223372036854775807", EQLI_NUM_I64 },
        { "-9223372036854775808", EQLI_NUM_I64 },
        { "9223372036854775808", EQLI_NUM_U64 },
        { "18446744073709551615", EQLI_NUM_U64 },
        { "18446744073709551616", EQLI_NUM_F64 },
        { "-9223372036854775809", EQLI_NUM_F64 },
        { "1.", EQLI_NUM_F64 },
        { ".5", EQLI_NUM_F64 },
        { "1e3", EQLI_NUM_F64 },
        { "1.E+3", EQLI_NUM_F64 },
        { "1e308", EQLI_NUM_F64 },
        { "1e309", EQLI_NUM_OVERFLOW },
        { "-1e309", EQLI_NUM_OVERFLOW },
        { "1.7976931348623158e308", EQLI_NUM_F64 }, /* rounds to the largest */
        { "1.7976931348623159e308", EQLI_NUM_OVERFLOW },
        { "1e999999999", EQLI_NUM_OVERFLOW },
        { "1e99999999999999999999999999", EQLI_NUM_OVERFLOW },
        { "0e99999999999999999999999999", EQLI_NUM_F64 },
        { "1e-99999999999999999999999999", EQLI_NUM_F64 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        eqli_num num;
        eqli_num_kind kind = eqli_num_parse(rows[i].text, strlen(rows[i].text), &num);
        if (kind != rows[i].kind)
            fail_msg("'%s' is kind %d", rows[i].text, (int)kind);
    }
}

static void reads_integers(void **state)
{
    eqli_num num;
    (void)state;
    assert_int_equal(eqli_num_parse("-9223372036854775808", 20, &num), EQLI_NUM_I64);
    assert_true(num.i64 == INT64_MIN);
    assert_int_equal(eqli_num_parse("-42", 3, &num), EQLI_NUM_I64);
    assert_true(num.i64 == -42);
    assert_int_equal(eqli_num_parse("18446744073709551615", 20, &num), EQLI_NUM_U64);
    assert_true(num.u64 == UINT64_MAX);
}

/* The C library of the test machine is the judge: it rounds correctly too. */
static void check_double(const char *text, size_t len)
{
    eqli_num num;
    double want = strtod(text, NULL);
    eqli_num_kind kind = eqli_num_parse(text, len, &num);
    if (want > DBL_MAX || want < -DBL_MAX)
        assert_int_equal(kind, EQLI_NUM_OVERFLOW);
    else if (kind != EQLI_NUM_F64 || bits_of(num.f64) != bits_of(want))
        fail_msg("%.40s: %.17g, not %.17g", text, num.f64, want);
}

static void rounds_doubles_exactly(void **state)
{
    static const char *const rows[] = {
        "0.1",
        "-0.0",
        "1e23",
        "8.5e22",
        "1e22",
        "123456789012345678e-20",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "9007199254740993.0",
        "9007199254740992.99999999999999999999999999",
        "9007199254740993.00000000000000000000000001",
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126",
        "0.000000000000000000000000000000000001e36",
        "1000000000000000000000000000000000000e-36",
        "1e-323",
        "3e-324",
        "1e-330",
        "1e-400",
    };
    uint64_t seed = 88172645463325252u;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_double(rows[i], strlen(rows[i]));
    for (int i = 0; i < 4000; i++) {
        char text[1000];
        size_t n = 0, digits = 1 + next_random(&seed) % (i % 8 ? 25 : 900),
               point = next_random(&seed) % digits;
        for (size_t d = 0; d < digits; d++) {
            text[n++] = (char)('0' + next_random(&seed) % (i % 5 ? 10 : 2));
            if (d == point)
                text[n++] = '.';
        }
        n += (size_t)sprintf(text + n, "e%d", (int)(next_random(&seed) % 700) - 350);
        check_double(text, n);
    }
}

static void half_way_points_round_to_even(void **state)
{
    uint64_t seed = 42;
    (void)state;
    for (int i = 0; i < 500; i++) {
        /* an odd integer of 54 bits lies between two doubles */
        uint64_t mantissa = (UINT64_C(1) << 53) | (next_random(&seed) >> 11) << 1 | 1;
        char text[64];
        int n = sprintf(text, "%llu.0", (unsigned long long)mantissa);
        check_double(text, (size_t)n);
        n = sprintf(text, "%llu.0000000000000000000001", (unsigned long long)mantissa);
        check_double(text, (size_t)n);
        n = sprintf(text, "%llu.9999999999999999999999", (unsigned long long)(mantissa - 1));
        check_double(text, (size_t)n);
    }
}

static void a_million_digits_are_harmless(void **state)
{
    size_t n = 1000000;
    char *text = malloc(n + 32);
    eqli_num num;
    (void)state;
    assert_non_null(text);
    memset(text, '0', n + 32);
    text[1] = '.';
    memcpy(text + n, "25e1000000", 10); /* 0.000...25e1000000 */
    assert_int_equal(eqli_num_parse(text, n + 10, &num), EQLI_NUM_F64);
    assert_true(num.f64 == 25.0);
    memset(text, '9', n);
    assert_int_equal(eqli_num_parse(text, n, &num), EQLI_NUM_OVERFLOW);
    memcpy(text + n, "e-1000000", 9);
    assert_int_equal(eqli_num_parse(text, n + 9, &num), EQLI_NUM_F64);
    assert_true(num.f64 == 1.0);
    memset(text, '7', n);
    text[0] = '.';
    memset(text + n, 'e', 1);
    memset(text + n + 1, '1', 30);
    assert_int_equal(eqli_num_parse(text, n + 31, &num), EQLI_NUM_OVERFLOW);
    free(text);
}

static void reads_bases(void **state)
{
    static const struct {
        const char *text;
        unsigned base;
        bool ok;
        int64_t want;
    } rows[] = {
        { "deadbeef", 16, true, 0xdeadbeef },
        { "DEADbeef", 16, true, 0xdeadbeef },
        { "052403", 8, true, 21763 },
        { "52403", 7, true, 12890 },
        { "-zz", 36, true, -1295 },
        { "+101", 2, true, 5 },
        { "7fffffffffffffff", 16, true, INT64_MAX },
        { "-8000000000000000", 16, true, INT64_MIN },
        { "8000000000000000", 16, false, 0 },
        { "-8000000000000001", 16, false, 0 },
        { "", 10, false, 0 },
        { "-", 10, false, 0 },
        { "9", 8, false, 0 },
        { "1.5", 16, false, 0 },
        { "1", 1, false, 0 },
        { "1", 37, false, 0 },
        { "99999999999999999999999", 10, false, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t v = 0;
        assert_int_equal(eqli_int_parse(rows[i].text, strlen(rows[i].text), rows[i].base, &v), rows[i].ok);
        if (rows[i].ok)
            assert_true(v == rows[i].want);
    }
}

static void writes_integers(void **state)
{
    static const int64_t rows[] = { 0, 7, -7, 10, 1234567890, INT64_MAX, INT64_MIN };
    char out[EQLI_NUM_MAX], want[40];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = (size_t)sprintf(want, "%lld", (long long)rows[i]);
        assert_int_equal(eqli_i64_text(rows[i], out), n);
        assert_memory_equal(out, want, n);
    }
    assert_int_equal(eqli_u64_text(UINT64_MAX, out), 20);
    assert_memory_equal(out, "18446744073709551615", 20);
}

static void writes_doubles_as_java(void **state)
{
    static const struct {
        double v;
        const char *want;
    } rows[] = {
        { 0.0, "0.0" },
        { -0.0, "-0.0" },
        { 1.0, "1.0" },
        { -42.5, "-42.5" },
        { 100.0, "100.0" },
        { 0.1, "0.1" },
        { 0.001, "0.001" },
        { 0.00123, "0.00123" },
        { 0.0001, "1.0E-4" },
        { 0.00099999, "9.9999E-4" },
        { 9999999.0, "9999999.0" },
        { 10000000.0, "1.0E7" },
        { 12345678.0, "1.2345678E7" },
        { 123456.789, "123456.789" },
        { 1e22, "1.0E22" },
        { 1e23, "1.0E23" },
        { 2e23, "2.0E23" },
        { 9007199254740993.0, "9.007199254740992E15" },
        { DBL_MAX, "1.7976931348623157E308" },
        { DBL_MIN, "2.2250738585072014E-308" },
        { 5e-324, "4.9E-324" },
        { 1e-323, "9.9E-324" },
        { 1.0 / 3, "0.3333333333333333" },
    };
    char out[EQLI_NUM_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = eqli_f64_text(rows[i].v, out);
        if (n != strlen(rows[i].want) || memcmp(out, rows[i].want, n) != 0)
            fail_msg("%.*s, not %s", (int)n, out, rows[i].want);
    }
    double zero = 0;
    assert_int_equal(eqli_f64_text(strtod("nan", NULL), out), 3);
    assert_memory_equal(out, "NaN", 3);
    assert_int_equal(eqli_f64_text(strtod("-inf", NULL) + zero, out), 9);
    assert_memory_equal(out, "-Infinity", 9);
}

static size_t significant_digits(const char *s)
{
    size_t n = 0, last = 0;
    for (; *s && *s != 'E' && *s != 'e'; s++) {
        if (*s >= '0' && *s <= '9' && (n || *s != '0')) {
            n++;
            if (*s != '0')
                last = n;
        }
    }
    return last;
}

static void doubles_are_shortest_and_read_back(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (int i = 0; i < 3000; i++) {
        uint64_t bits = next_random(&seed);
        double v;
        char out[EQLI_NUM_MAX + 1], shorter[64];
        eqli_num num;
        if (i % 3 == 0)
            bits &= UINT64_C(0x800FFFFFFFFFFFFF);
        memcpy(&v, &bits, sizeof v);
        if (!(v >= -DBL_MAX && v <= DBL_MAX))
            continue;
        size_t n = eqli_f64_text(v, out);
        assert_in_range(n, 3, EQLI_NUM_MAX);
        out[n] = '\0';
        assert_int_equal(eqli_num_parse(out, n, &num), EQLI_NUM_F64);
        if (bits_of(num.f64) != bits)
            fail_msg("%s does not read back", out);
        size_t digits = significant_digits(out);
        if (digits > 2) {
            sprintf(shorter, "%.*e", (int)digits - 2, v);
            if (strtod(shorter, NULL) == v)
                fail_msg("%s could be %s", out, shorter);
            sprintf(shorter, "%.*e", (int)digits - 1, v);
            if (strtod(shorter, NULL) == v && strtod(out, NULL) == v && significant_digits(shorter) != digits)
                fail_msg("%s is not the nearest, %s is", out, shorter);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_kinds),
        cmocka_unit_test(reads_integers),
        cmocka_unit_test(rounds_doubles_exactly),
        cmocka_unit_test(half_way_points_round_to_even),
        cmocka_unit_test(a_million_digits_are_harmless),
        cmocka_unit_test(reads_bases),
        cmocka_unit_test(writes_integers),
        cmocka_unit_test(writes_doubles_as_java),
        cmocka_unit_test(doubles_are_shortest_and_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
