#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "ops/date.h"

static eqlm_value near(int64_t ns)
{
    return (eqlm_value){ .type = EQLM_DATE, .as.i64 = ns };
}

static eqlm_value far(int64_t ms, uint32_t ns)
{
    return (eqlm_value){ .type = EQLM_FAR_DATE, .len = ns, .as.i64 = ms };
}

static void check_same(const char *what, eqlm_value got, eqlm_value want)
{
    if (got.type != want.type || got.len != want.len || got.as.i64 != want.as.i64)
        fail_msg("%s: type %u, %lld and %u", what, got.type, (long long)got.as.i64, got.len);
}

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
        { "2026", INT64_C(1767225600000000000) },
        { "1970-01-01t00:00:01z", INT64_C(1000000000) },
        { "1970-01-01T00:00:60Z", INT64_C(60000000000) },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        eqlm_value date;
        if (!eqli_date_parse(rows[i].text, strlen(rows[i].text), &date))
            fail_msg("%s rejected", rows[i].text);
        check_same(rows[i].text, date, near(rows[i].ns));
    }
}

static void reads_far_dates(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
        uint32_t ns;
    } rows[] = {
        { "1601-01-01", INT64_C(-11644473600000), 0 },
        { "0001-01-01T00:00:00Z", INT64_C(-62135596800000), 0 },
        { "0001-01-01T00:00:00.000000001Z", INT64_C(-62135596800000), 1 },
        { "0000-01-01", INT64_C(-62167219200000), 0 },
        { "-0001-12-31T23:59:59.9999999Z", INT64_C(-62167219200001), 999900 },
        { "2299-01-01", INT64_C(10382256000000), 0 },
        { "9999-12-31T23:59:59.123456789Z", INT64_C(253402300799123), 456789 },
        { "+10000-01-01T00:00:00Z", INT64_C(253402300800000), 0 },
        { "+292278993-01-01", INT64_C(9223371985593600000), 0 },
        { "+999999999-01-01", INT64_MAX, 0 },
        { "-999999999-01-01", INT64_MIN, 0 },
        { "253402300800000", INT64_C(253402300800000), 0 },
        { "9223372036854775807", INT64_MAX, 0 },
        { "9223372036854.775808", INT64_C(9223372036854), 775808 },
        { "-9223372036855.000001", INT64_C(-9223372036856), 999999 },
        { "99999999999999999999999999999999999", INT64_MAX, 0 },
        { "-9999999999999999999999", -INT64_MAX, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        eqlm_value date;
        if (!eqli_date_parse(rows[i].text, strlen(rows[i].text), &date))
            fail_msg("%s rejected", rows[i].text);
        check_same(rows[i].text, date, far(rows[i].ms, rows[i].ns));
    }
}

/* Both forms in one order, also where they meet. */
static void orders_dates(void **state)
{
    const eqlm_value rising[] = {
        far(INT64_MIN, 0),
        far(INT64_C(-62135596800000), 0),
        far(INT64_C(-62135596800000), 1),
        far(INT64_C(-9223372036855), 224191),
        near(INT64_MIN),
        far(INT64_C(-9223372036855), 224193),
        near(INT64_MIN + 2000000),
        near(-1),
        near(0),
        near(INT64_MAX - 1),
        near(INT64_MAX),
        far(INT64_C(9223372036854), 775808),
        far(INT64_C(253402300799000), 0),
        far(INT64_MAX, 999999),
    };
    const int n = sizeof rising / sizeof rising[0];
    (void)state;
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < n; k++) {
            if (eqli_date_compare(&rising[i], &rising[k]) != (i > k) - (i < k))
                fail_msg("%d and %d", i, k);
        }
    }
    const eqlm_value both = far(INT64_C(-9223372036855), 224192), lowest = near(INT64_MIN);
    assert_int_equal(eqli_date_compare(&both, &lowest), 0);
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
        "+2026",
        "+",
        "12026-01-01",
        "+0123456789-01-01",
        "-1-01-01",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        eqlm_value date;
        if (eqli_date_parse(rows[i], strlen(rows[i]), &date))
            fail_msg("'%s' accepted", rows[i]);
    }
    eqlm_value date;
    assert_false(eqli_date_parse(NULL, 0, &date));
}

static void writes_dates(void **state)
{
    const struct {
        eqlm_value date;
        const char *text;
    } rows[] = {
        { near(0), "1970-01-01T00:00:00.000Z" },
        { near(-1), "1969-12-31T23:59:59.999999999Z" },
        { near(1000), "1970-01-01T00:00:00.000001Z" },
        { near(INT64_C(1768032000123000000)), "2026-01-10T08:00:00.123Z" },
        { near(INT64_C(951782400000000000)), "2000-02-29T00:00:00.000Z" },
        { near(INT64_MAX), "2262-04-11T23:47:16.854775807Z" },
        { near(INT64_MIN), "1677-09-21T00:12:43.145224192Z" },
        { far(INT64_C(-62135596800000), 0), "0001-01-01T00:00:00.000Z" },
        { far(INT64_C(-62135596800000), 5000), "0001-01-01T00:00:00.000005Z" },
        { far(INT64_C(253402300799123), 456789), "9999-12-31T23:59:59.123456789Z" },
        { far(INT64_C(253402300800000), 0), "+10000-01-01T00:00:00.000Z" },
        { far(INT64_C(-62167219200001), 0), "-0001-12-31T23:59:59.999Z" },
        { far(INT64_MAX, UINT32_MAX), "+292278994-08-17T07:12:55.807999999Z" },
        { far(INT64_MIN, 0), "-292275055-05-16T16:47:04.192Z" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[EQLI_DATE_MAX];
        size_t n = eqli_date_text(&rows[i].date, out);
        if (n != strlen(rows[i].text) || memcmp(out, rows[i].text, n) != 0)
            fail_msg("%s is %.*s", rows[i].text, (int)n, out);
    }
}

static void every_day_reads_back(void **state)
{
    const int64_t day = INT64_C(86400000);
    (void)state;
    for (int64_t ms = -5000000 * day + 1; ms < 5000000 * day; ms += 23 * day) {
        char out[EQLI_DATE_MAX];
        eqlm_value date = eqli_date(ms, 7), back;
        size_t n = eqli_date_text(&date, out);
        if (!eqli_date_parse(out, n, &back))
            fail_msg("%.*s", (int)n, out);
        check_same(out, back, date);
    }
}

static void converts_milliseconds(void **state)
{
    (void)state;
    check_same("0", eqli_date_from_ms(0), near(0));
    check_same("-1.5", eqli_date_from_ms(-1.5), near(-1500000));
    check_same("whole", eqli_date_from_ms(1768032000123.0), near(INT64_C(1768032000123000000)));
    check_same("1 ns", eqli_date_from_ms(0.000001), near(1));
    check_same("-1 ns", eqli_date_from_ms(-0.000001), near(-1));
    check_same("nearly", eqli_date_from_ms(0.9999999), near(1000000));
    check_same("1e300", eqli_date_from_ms(1e300), far(INT64_MAX, 0));
    check_same("-1e300", eqli_date_from_ms(-1e300), far(INT64_MIN, 0));
    check_same("last", eqli_date_from_ms(9223372036853.0), near(INT64_C(9223372036853000000)));
    check_same("first far", eqli_date_from_ms(9223372036855.0), far(INT64_C(9223372036855), 0));
    check_same("year 1", eqli_date_from_ms(-62135596800000.0), far(INT64_C(-62135596800000), 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_far_dates),       cmocka_unit_test(orders_dates),
        cmocka_unit_test(reads_dates),           cmocka_unit_test(rejects_what_is_no_date),
        cmocka_unit_test(writes_dates),          cmocka_unit_test(every_day_reads_back),
        cmocka_unit_test(converts_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
