#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ops/ip.h"
#include "ops/value.h"
#include "ops/version.h"

static const unsigned char v4_bytes[4] = { 10, 0, 0, 1 };
static const unsigned char v6_bytes[16] = { 0xFE, 0x80, [15] = 1 };

static eqlm_value str(const char *s)
{
    return eqli_string(s, strlen(s));
}

static eqlm_value u64(uint64_t v)
{
    return (eqlm_value){ .type = EQLM_U64, .as.u64 = v };
}

static eqlm_value date(int64_t ns)
{
    return (eqlm_value){ .type = EQLM_DATE, .as.i64 = ns };
}

static eqlm_value far_date(int64_t ms)
{
    return (eqlm_value){ .type = EQLM_FAR_DATE, .as.i64 = ms };
}

static eqlm_value ip4(void)
{
    return (eqlm_value){ .type = EQLM_IP, .len = 4, .as.ip = v4_bytes };
}

static eqlm_value ip6(void)
{
    return (eqlm_value){ .type = EQLM_IP, .len = 16, .as.ip = v6_bytes };
}

static int make_arena(void **state)
{
    static eqli_arena arena;
    eqlm_alloc alloc = eqli_mem_default(NULL);
    eqli_arena_init(&arena, &alloc, 1 << 20);
    *state = &arena;
    return 0;
}

static int free_arena(void **state)
{
    eqli_arena_clear(*state);
    return 0;
}

static void reads_values(void **state)
{
    const struct {
        eqli_as as;
        bool coerce;
        eqlm_value in, want;
    } rows[] = {
        { EQLI_AS_RAW, false, str("x"), str("x") },
        { EQLI_AS_RAW, true, ip4(), ip4() },
        { EQLI_AS_NUM, false, eqli_i64(80), eqli_i64(80) },
        { EQLI_AS_NUM, false, str("80"), eqli_null() },
        { EQLI_AS_NUM, true, str("80"), eqli_i64(80) },
        { EQLI_AS_NUM, true, str("18446744073709551615"), u64(UINT64_MAX) },
        { EQLI_AS_NUM, true, str("1.5"), eqli_f64(1.5) },
        { EQLI_AS_NUM, true, str("80 "), eqli_null() },
        { EQLI_AS_NUM, true, str("1e999"), eqli_null() },
        { EQLI_AS_NUM, true, str(""), eqli_null() },
        { EQLI_AS_NUM, true, eqli_bool(true), eqli_null() },
        { EQLI_AS_NUM, false, date(INT64_C(5000000)), eqli_i64(5) },
        { EQLI_AS_NUM, false, date(INT64_C(5500000)), eqli_f64(5.5) },
        { EQLI_AS_STR, false, str("x"), str("x") },
        { EQLI_AS_STR, false, eqli_i64(1), eqli_null() },
        { EQLI_AS_STR, true, eqli_i64(-1), str("-1") },
        { EQLI_AS_STR, true, u64(UINT64_MAX), str("18446744073709551615") },
        { EQLI_AS_STR, true, eqli_f64(1), str("1.0") },
        { EQLI_AS_STR, true, eqli_bool(true), str("true") },
        { EQLI_AS_STR, true, eqli_bool(false), str("false") },
        { EQLI_AS_STR, true, ip4(), str("10.0.0.1") },
        { EQLI_AS_STR, true, ip6(), str("fe80::1") },
        { EQLI_AS_STR, true, date(0), str("1970-01-01T00:00:00.000Z") },
        { EQLI_AS_STR, true, eqli_null(), eqli_null() },
        { EQLI_AS_BOOL, false, eqli_bool(false), eqli_bool(false) },
        { EQLI_AS_BOOL, false, str("true"), eqli_null() },
        { EQLI_AS_BOOL, true, str("true"), eqli_bool(true) },
        { EQLI_AS_BOOL, true, str("false"), eqli_bool(false) },
        { EQLI_AS_BOOL, true, str("True"), eqli_null() },
        { EQLI_AS_BOOL, true, eqli_i64(1), eqli_null() },
        { EQLI_AS_IP, false, str("10.0.0.1"), ip4() },
        { EQLI_AS_IP, false, str("fe80::1"), ip6() },
        { EQLI_AS_IP, true, str("10.0.0.0/8"), eqli_null() },
        { EQLI_AS_IP, true, eqli_i64(1), eqli_null() },
        { EQLI_AS_DATE, false, str("1970-01-01T00:00:00.001Z"), date(1000000) },
        { EQLI_AS_DATE, false, eqli_i64(-2), date(-2000000) },
        { EQLI_AS_DATE, false, eqli_i64(INT64_MIN), far_date(INT64_MIN) },
        { EQLI_AS_DATE, false, u64(UINT64_MAX), far_date(INT64_MAX) },
        { EQLI_AS_STR, false, ip4(), str("10.0.0.1") },
        { EQLI_AS_STR, false, far_date(INT64_C(-62135596800000)), str("0001-01-01T00:00:00.000Z") },
        { EQLI_AS_NUM, false, far_date(INT64_C(-62135596800000)), eqli_i64(INT64_C(-62135596800000)) },
        { EQLI_AS_ANY, false, ip4(), ip4() },
        { EQLI_AS_ANY, true, far_date(5), far_date(5) },
        { EQLI_AS_ANY, true, eqli_i64(5), str("5") },
        { EQLI_AS_ANY, false, eqli_i64(5), eqli_null() },
        { EQLI_AS_DATE, false, eqli_f64(0.5), date(500000) },
        { EQLI_AS_DATE, false, eqli_f64(NAN), eqli_null() },
        { EQLI_AS_DATE, true, str("yesterday"), eqli_null() },
        { EQLI_AS_DATE, true, eqli_bool(true), eqli_null() },
        { EQLI_AS_VERSION, false, str("1.2.3"), str("1.2.3") },
        { EQLI_AS_VERSION, false, eqli_i64(1), eqli_null() },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        eqlm_value out = rows[i].in;
        assert_int_equal(eqli_read_as(rows[i].as, rows[i].coerce, &out, *state, &out), EQLI_OP_OK);
        if (out.type != rows[i].want.type || !eqli_value_same(&out, &rows[i].want))
            fail_msg("row %zu: type %u", i, out.type);
    }
}

static void reading_reports_lack_of_room(void **state)
{
    eqlm_alloc alloc = eqli_mem_default(NULL);
    eqli_arena none;
    const eqlm_value number = eqli_i64(5), address = str("::1");
    eqlm_value out;
    (void)state;
    eqli_arena_init(&none, &alloc, 0);
    assert_int_equal(eqli_read_as(EQLI_AS_STR, true, &number, &none, &out), EQLI_OP_LIMIT);
    assert_int_equal(out.type, EQLM_NULL);
    assert_int_equal(eqli_read_as(EQLI_AS_IP, true, &address, &none, &out), EQLI_OP_LIMIT);
    assert_int_equal(out.type, EQLM_NULL);
    eqli_arena_clear(&none);
}

enum { LT = -1, EQ = 0, GT = 1, NONE = 2, UNKNOWN = 3 };

static void compares_values(void **state)
{
    const struct {
        eqlm_value a, b;
        int want;
    } rows[] = {
        { eqli_i64(1), eqli_i64(2), LT },
        { eqli_i64(3), eqli_f64(3.0), EQ },
        { eqli_i64(3), eqli_f64(3.5), LT },
        { eqli_i64(-3), eqli_f64(-3.5), GT },
        { eqli_i64(9007199254740993), eqli_f64(9007199254740992.0), GT }, /* exact, not as doubles */
        { eqli_i64(INT64_MAX), eqli_f64(9223372036854775808.0), LT },
        { eqli_i64(INT64_MIN), eqli_f64(-9223372036854775808.0), EQ },
        { eqli_i64(INT64_MIN), eqli_f64(-1e300), GT },
        { eqli_i64(0), eqli_f64(-0.0), EQ },
        { u64(UINT64_MAX), eqli_f64(18446744073709551616.0), LT },
        { u64(UINT64_MAX), eqli_f64(18446744073709549568.0), GT },
        { u64(UINT64_C(1) << 63), eqli_f64(9223372036854775808.0), EQ },
        { u64(5), eqli_i64(5), EQ },
        { u64(UINT64_MAX), eqli_i64(-1), GT },
        { u64(1), u64(2), LT },
        { eqli_f64(INFINITY), u64(UINT64_MAX), GT },
        { eqli_f64(NAN), eqli_f64(NAN), NONE },
        { eqli_f64(NAN), eqli_i64(1), NONE },
        { str("Foo"), str("foo"), LT },
        { str("foo"), str("foo"), EQ },
        { str("foo"), str("foobar"), LT },
        { str(""), str("a"), LT },
        { str("\xC3\xA9"), str("z"), GT },
        { eqli_string("a\0b", 3), eqli_string("a\0c", 3), LT },
        { eqli_bool(false), eqli_bool(true), LT },
        { ip4(), str("10.0.0.1"), EQ },
        { ip4(), str("9.255.255.255"), GT },
        { ip4(), str("::ffff:10.0.0.2"), LT },
        { ip4(), ip6(), LT },
        { ip4(), str("banana"), UNKNOWN },
        { date(0), str("1970-01-01"), EQ },
        { date(0), str("1970-01-02"), LT },
        { date(0), eqli_i64(-1), GT },
        { date(500000), eqli_f64(0.5), EQ },
        { date(0), date(1), LT },
        { date(0), str("soon"), UNKNOWN },
        { date(0), eqli_bool(false), UNKNOWN },
        { eqli_i64(1), str("1"), UNKNOWN },
        { eqli_bool(true), eqli_i64(1), UNKNOWN },
        { eqli_bool(true), str("true"), UNKNOWN },
        { eqli_null(), eqli_i64(1), UNKNOWN },
        { eqli_null(), eqli_null(), UNKNOWN },
    };
    static const bool holds[6][4] = {
        /* LT EQ GT NONE */
        [EQLI_CMP_EQ] = { false, true, false, false }, [EQLI_CMP_NE] = { true, false, true, true },
        [EQLI_CMP_LT] = { true, false, false, false }, [EQLI_CMP_LE] = { true, true, false, false },
        [EQLI_CMP_GT] = { false, false, true, false }, [EQLI_CMP_GE] = { false, true, true, false }
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int op = 0; op < 6; op++) {
            int want = rows[i].want, mirrored = want == LT || want == GT ? -want : want;
            eqli_tri forth = eqli_compare((eqli_cmp)op, &rows[i].a, &rows[i].b, false);
            eqli_tri back = eqli_compare((eqli_cmp)op, &rows[i].b, &rows[i].a, false);
            if (want == UNKNOWN) {
                if (forth != EQLI_UNKNOWN || back != EQLI_UNKNOWN)
                    fail_msg("row %zu compares", i);
            } else if (forth != (eqli_tri)holds[op][want + 1] || back != (eqli_tri)holds[op][mirrored + 1]) {
                fail_msg("row %zu, operator %d: %d, mirrored %d", i, op, (int)forth, (int)back);
            }
        }
    }
}

static void an_address_equals_its_block(void **state)
{
    const eqlm_value address = ip4(), in = str("10.0.0.0/8"), outside = str("11.0.0.0/8");
    (void)state;
    assert_int_equal(eqli_compare(EQLI_CMP_EQ, &address, &in, false), EQLI_TRUE);
    assert_int_equal(eqli_compare(EQLI_CMP_EQ, &in, &address, false), EQLI_TRUE);
    assert_int_equal(eqli_compare(EQLI_CMP_NE, &address, &in, false), EQLI_FALSE);
    assert_int_equal(eqli_compare(EQLI_CMP_EQ, &address, &outside, false), EQLI_FALSE);
    assert_int_equal(eqli_compare(EQLI_CMP_NE, &address, &outside, false), EQLI_TRUE);
    assert_int_equal(eqli_compare(EQLI_CMP_LT, &address, &in, false), EQLI_UNKNOWN);
}

static void orders_versions(void **state)
{
    static const char *const rising[] = {
        "0.9",
        "1.0.0-1",
        "1.0.0-9",
        "1.0.0-10",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-rc.1",
        "1.0.0",
        "1.2.3-SNAPSHOT",
        "1.2.3",
        "1.2.3.1",
        "1.5.0",
        "1.11.3",
        "2",
        "99999999999999999999999.0",
        "100000000000000000000000.0",
        "",
        "1.",
        "1..2",
        "1.0-",
        "bad",
        "v1.0",
    };
    static const char *const equal[][2] = {
        { "1.2", "1.2.0" }, { "1.02", "1.2" }, { "1", "1.0.0.0" }, { "1.0+a", "1.0+b" }, { "bad", "bad" },
    };
    enum { N = sizeof rising / sizeof rising[0] };
    (void)state;
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            int order = eqli_version_compare(rising[i], strlen(rising[i]), rising[j], strlen(rising[j]));
            if ((order > 0) - (order < 0) != (i > j) - (i < j))
                fail_msg("'%s' and '%s': %d", rising[i], rising[j], order);
        }
    }
    for (size_t i = 0; i < sizeof equal / sizeof equal[0]; i++)
        assert_int_equal(
            eqli_version_compare(equal[i][0], strlen(equal[i][0]), equal[i][1], strlen(equal[i][1])), 0);
    eqlm_value a = str("1.11.3"), b = str("1.5.0");
    assert_int_equal(eqli_compare(EQLI_CMP_GT, &a, &b, true), EQLI_TRUE);
    assert_int_equal(eqli_compare(EQLI_CMP_GT, &a, &b, false), EQLI_FALSE);
}

static void computes(void **state)
{
    const struct {
        eqli_arith op;
        eqlm_value a, b;
        eqli_op_result result;
        eqlm_value want;
    } rows[] = {
        { EQLI_ADD, eqli_i64(7), eqli_i64(3), EQLI_OP_OK, eqli_i64(10) },
        { EQLI_SUB, eqli_i64(7), eqli_i64(-3), EQLI_OP_OK, eqli_i64(10) },
        { EQLI_SUB, eqli_i64(-2), eqli_i64(4), EQLI_OP_OK, eqli_i64(-6) },
        { EQLI_MUL, eqli_i64(-7), eqli_i64(3), EQLI_OP_OK, eqli_i64(-21) },
        { EQLI_MUL, eqli_i64(-7), eqli_i64(0), EQLI_OP_OK, eqli_i64(0) },
        { EQLI_DIV, eqli_i64(-7), eqli_i64(3), EQLI_OP_OK, eqli_i64(-2) },
        { EQLI_DIV, eqli_i64(7), eqli_i64(-3), EQLI_OP_OK, eqli_i64(-2) },
        { EQLI_MOD, eqli_i64(-7), eqli_i64(3), EQLI_OP_OK, eqli_i64(-1) },
        { EQLI_MOD, eqli_i64(7), eqli_i64(-3), EQLI_OP_OK, eqli_i64(1) },
        { EQLI_MOD, eqli_i64(INT64_MIN), eqli_i64(-1), EQLI_OP_OK, eqli_i64(0) },
        { EQLI_DIV, eqli_i64(INT64_MIN), eqli_i64(-1), EQLI_OP_OVERFLOW, eqli_null() },
        { EQLI_ADD, eqli_i64(INT64_MAX), eqli_i64(1), EQLI_OP_OVERFLOW, eqli_null() },
        { EQLI_ADD, eqli_i64(INT64_MIN), eqli_i64(-1), EQLI_OP_OVERFLOW, eqli_null() },
        { EQLI_SUB, eqli_i64(INT64_MIN), eqli_i64(1), EQLI_OP_OVERFLOW, eqli_null() },
        { EQLI_SUB, eqli_i64(-1), eqli_i64(INT64_MIN), EQLI_OP_OK, eqli_i64(INT64_MAX) },
        { EQLI_MUL, eqli_i64(INT64_MAX), eqli_i64(2), EQLI_OP_OVERFLOW, eqli_null() },
        { EQLI_MUL, eqli_i64(INT64_MIN), eqli_i64(INT64_MIN), EQLI_OP_OVERFLOW, eqli_null() },
        { EQLI_MUL, eqli_i64(INT64_MIN / 2), eqli_i64(2), EQLI_OP_OK, eqli_i64(INT64_MIN) },
        { EQLI_DIV, eqli_i64(1), eqli_i64(0), EQLI_OP_DIV_ZERO, eqli_null() },
        { EQLI_MOD, eqli_i64(1), eqli_i64(0), EQLI_OP_DIV_ZERO, eqli_null() },
        { EQLI_ADD, u64(UINT64_MAX), eqli_i64(-1), EQLI_OP_OK, u64(UINT64_MAX - 1) },
        { EQLI_ADD, u64(UINT64_MAX), eqli_i64(1), EQLI_OP_OVERFLOW, eqli_null() },
        { EQLI_SUB, u64(UINT64_MAX), u64(UINT64_MAX), EQLI_OP_OK, eqli_i64(0) },
        { EQLI_ADD, u64(INT64_MAX), eqli_i64(1), EQLI_OP_OVERFLOW, eqli_null() }, /* as its signed spelling */
        { EQLI_MUL, eqli_i64(7), eqli_f64(3.5), EQLI_OP_OK, eqli_f64(24.5) },
        { EQLI_DIV, eqli_f64(1), eqli_i64(0), EQLI_OP_OK, eqli_f64(INFINITY) },
        { EQLI_DIV, eqli_f64(-1), eqli_i64(0), EQLI_OP_OK, eqli_f64(-INFINITY) },
        { EQLI_DIV, eqli_f64(0), eqli_i64(0), EQLI_OP_OK, eqli_f64(NAN) },
        { EQLI_MOD, eqli_f64(5.5), eqli_i64(2), EQLI_OP_OK, eqli_f64(1.5) },
        { EQLI_ADD, eqli_null(), eqli_i64(1), EQLI_OP_OK, eqli_null() },
        { EQLI_DIV, eqli_i64(1), eqli_null(), EQLI_OP_OK, eqli_null() },
        { EQLI_ADD, str("1"), eqli_i64(1), EQLI_OP_BAD_TYPE, eqli_null() },
        { EQLI_ADD, eqli_i64(1), eqli_bool(true), EQLI_OP_BAD_TYPE, eqli_null() },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        eqlm_value out = rows[i].a;
        eqli_op_result r = eqli_arithmetic(rows[i].op, &out, &rows[i].b, &out);
        if (r != rows[i].result || out.type != rows[i].want.type || !eqli_value_same(&out, &rows[i].want))
            fail_msg("row %zu: result %d, type %u", i, (int)r, out.type);
    }
}

static void negates(void **state)
{
    const struct {
        eqlm_value a;
        eqli_op_result result;
        eqlm_value want;
    } rows[] = {
        { eqli_i64(5), EQLI_OP_OK, eqli_i64(-5) },
        { eqli_i64(-5), EQLI_OP_OK, eqli_i64(5) },
        { eqli_i64(0), EQLI_OP_OK, eqli_i64(0) },
        { eqli_i64(INT64_MIN), EQLI_OP_OVERFLOW, eqli_null() },
        { u64(UINT64_C(1) << 63), EQLI_OP_OK, eqli_i64(INT64_MIN) },
        { u64(UINT64_MAX), EQLI_OP_OVERFLOW, eqli_null() },
        { eqli_f64(1.5), EQLI_OP_OK, eqli_f64(-1.5) },
        { eqli_null(), EQLI_OP_OK, eqli_null() },
        { str("1"), EQLI_OP_BAD_TYPE, eqli_null() },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        eqlm_value out = rows[i].a;
        assert_int_equal(eqli_negate(&out, &out), rows[i].result);
        assert_int_equal(out.type, rows[i].want.type);
        assert_true(eqli_value_same(&out, &rows[i].want));
    }
}

static void double_remainder_is_exact(void **state)
{
    static const double special[] = { 0.0,
                                      -0.0,
                                      1.0,
                                      -1.0,
                                      5.5,
                                      1e300,
                                      -1e-300,
                                      4.9e-324,
                                      2.2250738585072014e-308,
                                      1.7976931348623157e308,
                                      INFINITY,
                                      -INFINITY,
                                      NAN };
    enum { N = sizeof special / sizeof special[0] };
    uint64_t x = 99;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        double pair[2];
        for (int k = 0; k < 2; k++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            memcpy(&pair[k], &x, sizeof x);
        }
        if (i < N * N) {
            pair[0] = special[i / N];
            pair[1] = special[i % N];
        }
        eqlm_value a = eqli_f64(pair[0]), b = eqli_f64(pair[1]), out;
        assert_int_equal(eqli_arithmetic(EQLI_MOD, &a, &b, &out), EQLI_OP_OK);
        double want = fmod(pair[0], pair[1]);
        if (isnan(want) ? !isnan(out.as.f64) : memcmp(&want, &out.as.f64, sizeof want) != 0)
            fail_msg("%.17g %% %.17g = %.17g, not %.17g", pair[0], pair[1], out.as.f64, want);
    }
}

static void tells_same_values(void **state)
{
    const eqlm_value rows[] = {
        eqli_null(),   eqli_bool(false), eqli_bool(true), eqli_i64(0), eqli_i64(1), eqli_f64(0.5),
        eqli_f64(NAN), str(""),          str("1"),        ip4(),       ip6(),       date(0),
    };
    enum { N = sizeof rows / sizeof rows[0] };
    const eqlm_value one = eqli_f64(1), mapped = u64(1);
    (void)state;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < N; j++)
            assert_int_equal(eqli_value_same(&rows[i], &rows[j]), i == j);
    }
    assert_true(eqli_value_same(&one, &mapped));
}

static void three_valued_logic(void **state)
{
    static const eqli_tri F = EQLI_FALSE, T = EQLI_TRUE, U = EQLI_UNKNOWN;
    const eqli_tri and[3][3] = { { F, F, F }, { F, T, U }, { F, U, U } };
    const eqli_tri or [3][3] = { { F, T, U }, { T, T, T }, { U, T, U } };
    const eqli_tri not [3] = { T, F, U };
    (void)state;
    for (int a = 0; a < 3; a++) {
        assert_int_equal(eqli_tri_not((eqli_tri)a), not [a]);
        for (int b = 0; b < 3; b++) {
            assert_int_equal(eqli_tri_and((eqli_tri)a, (eqli_tri)b), and[a][b]);
            assert_int_equal(eqli_tri_or((eqli_tri)a, (eqli_tri)b), or [a][b]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_values, make_arena, free_arena),
        cmocka_unit_test(reading_reports_lack_of_room),
        cmocka_unit_test(compares_values),
        cmocka_unit_test(an_address_equals_its_block),
        cmocka_unit_test(orders_versions),
        cmocka_unit_test(computes),
        cmocka_unit_test(negates),
        cmocka_unit_test(double_remainder_is_exact),
        cmocka_unit_test(tells_same_values),
        cmocka_unit_test(three_valued_logic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
