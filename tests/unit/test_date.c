#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "ops/date.h"

static void reads_dates(void **state)
{
    static const struct {
        const char *text;
        int64_t ns;
    } rows[] = {
        { "1970", 0 },
        { "1970-01", 0 },
        { "1970-01-01", 0 },
        { "1970-01-01T00:00:00Z", 0 },
        { "1970-01-01T00:00:00.000000001Z", 1 },
        { "1969-12-31T23:59:59.999999999Z", -1 },
        { "1970-01-01T00:00:00.0000000019999Z", 1 },
        { "1970-01-01T02:00:00+02:00", 0 },
        { "1969-12-31T18:30-0530", 0 },
        { "1970-01-01T05+05", 0 },
        { "1970-01-01 00:00:01,5", 1500000000 },
        { "2000-02-29", INT64_C(951782400000000000) },
        { "2026-01-10T08:00Z", INT64_C(1768032000000000000) },
        { "2026-01-10T08:00:00.1234567+02:00", INT64_C(1768024800123456700) },
        { "2026-01-10T10:00:00.123+02:00", INT64_C(1768032000123000000) },
        { "1678-01-01T00:00:00Z", INT64_C(-9214560000000000000) },
        { "1600-01-01", INT64_MIN },
        { "0000-01-01", INT64_MIN },
        { "2263-01-01", INT64_MAX },
        { "9999-12-31T23:59:59Z", INT64_MAX },
        { "1768032000123", INT64_C(1768032000123000000) }, /* epoch milliseconds */
        { "-10000", INT64_C(-10000000000) },
        { "12345", INT64_C(12345000000) },
        { "123", INT64_C(123000000) },
        { "0", 0 },
        { "-5", INT64_C(-5000000) },
        { "-2026", INT64_C(-2026000000) },
        { "2026.5", INT64_C(2026500000) },
        { "-12345.0000019", INT64_C(-12345000001) },
        { "9223372036853.999999", INT64_C(9223372036853999999) },
        { "9223372036854", INT64_C(9223372036854000000) },
        { "-9223372036854.775", INT64_C(-9223372036854775000) },
        { "9223372036854.775808", INT64_MAX },
        { "2026", INT64_C(1767225600000000000) },
        { "1970-01-01t00:00:01z", INT64_C(1000000000) },
        { "1970-01-01T00:00:60Z", INT64_C(60000000000) },
        { "99999999999999999999999999999999999", INT64_MAX },
        { "-9999999999999999999999", INT64_MIN },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t ns = 77;
        if (!eqli_date_parse(rows[i].text, strlen(rows[i].text), &ns))
            fail_msg("%s rejected", rows[i].text);
        if (ns != rows[i].ns)
            fail_msg("%s is %lld", rows[i].text, (long long)ns);
    }
}

static void rejects_what_is_no_date(void **state)
{
    static const char *const rows[] = {
        "",
        "-",
        "-.5",
        "12345.",
        "12345,5",
        "2026-01-10T08:00:61",
        "2026-01-10T08:00:00zz",
        "now",
        "2026-",
        "2026-1",
        "2026-13",
        "2026-00",
        "2026-01-1",
        "2026-01-00",
        "2026-01-32",
        "2026-02-29",
        "1900-02-29",
        "2026-04-31",
        "2026-01-10T",
        "2026-01-10T8:00",
        "2026-01-10T24:00",
        "2026-01-10T08:60",
        "2026-01-10T08:00:00.",
        "2026-01-10T08:00:00.Z",
        "2026-01-10T08:00Z ",
        " 2026-01-10",
        "2026-01-10Z",
        "2026-01-10T08:00+2",
        "2026-01-10T08:00+02:",
        "2026-01-10T08:00+02:60",
        "2026-01-10T08:00+19:00",
        "2026/01/10",
        "20260110T08:00",
        "2026-01-10T08:00Zx",
        "2026-01-10T0800",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t ns;
        if (eqli_date_parse(rows[i], strlen(rows[i]), &ns))
            fail_msg("'%s' accepted", rows[i]);
    }
    int64_t ns;
    assert_false(eqli_date_parse(NULL, 0, &ns));
}

static void writes_dates(void **state)
{
    static const struct {
        int64_t ns;
        const char *text;
    } rows[] = {
        { 0, "1970-01-01T00:00:00.000Z" },
        { -1, "1969-12-31T23:59:59.999999999Z" },
        { 1000, "1970-01-01T00:00:00.000001Z" },
        { INT64_C(1768032000123000000), "2026-01-10T08:00:00.123Z" },
        { INT64_C(951782400000000000), "2000-02-29T00:00:00.000Z" },
        { INT64_MAX, "2262-04-11T23:47:16.854775807Z" },
        { INT64_MIN, "1677-09-21T00:12:43.145224192Z" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[40];
        size_t n = eqli_date_text(rows[i].ns, out);
        assert_int_equal(n, strlen(rows[i].text));
        assert_memory_equal(out, rows[i].text, n);
    }
}

static void every_day_reads_back(void **state)
{
    const int64_t day = INT64_C(86400000000000);
    (void)state;
    for (int64_t ns = -106000 * day + 1; ns < 106000 * day; ns += day) {
        char out[40];
        int64_t back = 0;
        size_t n = eqli_date_text(ns, out);
        if (!eqli_date_parse(out, n, &back) || back != ns)
            fail_msg("%.*s", (int)n, out);
    }
}

static void converts_milliseconds(void **state)
{
    (void)state;
    assert_true(eqli_date_from_ms(0) == 0);
    assert_true(eqli_date_from_ms(-1.5) == -1500000);
    assert_true(eqli_date_from_ms(1768032000123.0) == INT64_C(1768032000123000000));
    assert_true(eqli_date_from_ms(0.000001) == 1);
    assert_true(eqli_date_from_ms(1e300) == INT64_MAX);
    assert_true(eqli_date_from_ms(-1e300) == INT64_MIN);
    assert_true(eqli_date_from_ms(9223372036854.0) == INT64_C(9223372036854000000));
    assert_true(eqli_date_from_ms(9223372036855.0) == INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_dates),           cmocka_unit_test(rejects_what_is_no_date),
        cmocka_unit_test(writes_dates),          cmocka_unit_test(every_day_reads_back),
        cmocka_unit_test(converts_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
