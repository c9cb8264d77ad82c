#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ops/function.h"
#include "ops/search.h"
#include "ops/value.h"

enum { SCRATCH = 64 << 20, MAX_ARGS = 4 };

static int make_arena(void **state)
{
    static eqli_arena arena;
    eqlm_alloc alloc = eqli_mem_default(NULL);
    eqli_arena_init(&arena, &alloc, SCRATCH);
    *state = &arena;
    return 0;
}

static int free_arena(void **state)
{
    eqli_arena_clear(*state);
    return 0;
}

static eqli_op_result call(const char *name, const eqlm_value *args, uint32_t n, eqli_arena *scratch,
                           eqlm_value *out)
{
    size_t len = strlen(name);
    bool fold = name[len - 1] == '~';
    int i = eqli_function_find(name, fold ? len - 1 : len);
    if (i < 0)
        fail_msg("no function %s", name);
    return eqli_functions[i].fn(args, n, fold, scratch, out);
}

#define STR(s)                                                                                               \
    {                                                                                                        \
        .type = EQLM_STRING, .len = sizeof(s) - 1, .as.str = (s)                                             \
    }
#define INT(v)                                                                                               \
    {                                                                                                        \
        .type = EQLM_I64, .as.i64 = (v)                                                                      \
    }
#define DBL(v)                                                                                               \
    {                                                                                                        \
        .type = EQLM_F64, .as.f64 = (v)                                                                      \
    }
#define BOOL(v)                                                                                              \
    {                                                                                                        \
        .type = EQLM_BOOL, .as.boolean = (v)                                                                 \
    }
#define NUL                                                                                                  \
    {                                                                                                        \
        .type = EQLM_NULL                                                                                    \
    }
#define ARGS(...)                                                                                            \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

typedef struct row {
    const char *name;
    uint32_t n;
    eqlm_value args[MAX_ARGS];
    eqli_op_result result;
    eqlm_value want;
} row;

#define E_ACUTE "\xC3\xA9"
#define E_ACUTE_UPPER "\xC3\x89"
#define FACE "\xF0\x9F\x98\x80" /* two UTF-16 units */
#define KELVIN "\xE2\x84\xAA"   /* folds to k */

static const row rows[] = {
    { "between", 3, ARGS(STR("key=value;x"), STR("="), STR(";")), EQLI_OP_OK, STR("value") },
    { "between", 3, ARGS(STR("a;b;c;d"), STR(";"), STR(";")), EQLI_OP_OK, STR("b") },
    { "between", 4, ARGS(STR("a;b;c;d"), STR(";"), STR(";"), BOOL(true)), EQLI_OP_OK, STR("b;c") },
    { "between", 4, ARGS(STR("a;b;c;d"), STR(";"), STR(";"), NUL), EQLI_OP_OK, STR("b") },
    { "between", 3, ARGS(STR("axbxc"), STR("x"), STR("x")), EQLI_OP_OK, STR("b") },
    { "between", 3, ARGS(STR("aaab"), STR("aa"), STR("b")), EQLI_OP_OK, STR("a") },
    { "between", 3, ARGS(STR("abc"), STR("x"), STR("c")), EQLI_OP_OK, STR("") },
    { "between", 3, ARGS(STR("abc"), STR("a"), STR("x")), EQLI_OP_OK, STR("") },
    { "between", 4, ARGS(STR("rl"), STR("l"), STR("r"), BOOL(true)), EQLI_OP_OK,
      STR("") }, /* right before left */
    { "between", 3, ARGS(STR("abc"), STR(""), STR("c")), EQLI_OP_OK, STR("abc") },
    { "between", 3, ARGS(STR("abc"), STR("a"), STR("")), EQLI_OP_OK, STR("abc") },
    { "between", 3, ARGS(STR(""), STR("a"), STR("b")), EQLI_OP_OK, STR("") },
    { "between", 3, ARGS(NUL, STR("a"), STR("b")), EQLI_OP_OK, NUL },
    { "between", 3, ARGS(STR("abc"), NUL, STR("b")), EQLI_OP_OK, NUL },
    { "between", 3, ARGS(STR("abc"), STR("b"), NUL), EQLI_OP_OK, NUL },
    { "between", 3, ARGS(STR("aXbYc"), STR("x"), STR("y")), EQLI_OP_OK, STR("") },
    { "between~", 3, ARGS(STR("aXBYc"), STR("x"), STR("y")), EQLI_OP_OK, STR("B") },
    { "between~", 3, ARGS(STR(KELVIN KELVIN "E" E_ACUTE_UPPER "M" KELVIN), STR("KK"), STR("mK")), EQLI_OP_OK,
      STR("E" E_ACUTE_UPPER) },
    { "between~", 4, ARGS(STR(KELVIN "1" KELVIN "2" KELVIN "3"), STR("k"), STR("K"), BOOL(true)), EQLI_OP_OK,
      STR("1" KELVIN "2") },

    { "startsWith", 2, ARGS(STR("regsvr32"), STR("reg")), EQLI_OP_OK, BOOL(true) },
    { "startsWith", 2, ARGS(STR("regsvr32"), STR("REG")), EQLI_OP_OK, BOOL(false) },
    { "startsWith~", 2, ARGS(STR("regsvr32"), STR("REG")), EQLI_OP_OK, BOOL(true) },
    { "startsWith~", 2, ARGS(STR(KELVIN E_ACUTE "x"), STR("K" E_ACUTE_UPPER)), EQLI_OP_OK, BOOL(true) },
    { "startsWith~", 2, ARGS(STR("k"), STR(KELVIN KELVIN)), EQLI_OP_OK, BOOL(false) },
    { "startsWith", 2, ARGS(STR("ab"), STR("abc")), EQLI_OP_OK, BOOL(false) },
    { "startsWith", 2, ARGS(STR(""), STR("")), EQLI_OP_OK, BOOL(true) },
    { "startsWith", 2, ARGS(STR("a*c"), STR("a*")), EQLI_OP_OK, BOOL(true) },
    { "startsWith", 2, ARGS(STR("abc"), STR("a*")), EQLI_OP_OK, BOOL(false) },
    { "startsWith", 2, ARGS(STR(E_ACUTE), STR("\xC3")), EQLI_OP_OK, BOOL(false) }, /* half a character */
    { "startsWith~", 2, ARGS(STR(E_ACUTE), STR("\xC3")), EQLI_OP_OK, BOOL(false) },
    { "startsWith", 2, ARGS(STR("\xC3x"), STR("\xC3")), EQLI_OP_OK, BOOL(true) },
    { "startsWith", 2, ARGS(NUL, STR("a")), EQLI_OP_OK, NUL },
    { "startsWith", 2, ARGS(STR("a"), NUL), EQLI_OP_OK, NUL },
    { "startsWith", 2, ARGS(INT(1), STR("1")), EQLI_OP_BAD_TYPE, NUL },

    { "endsWith", 2, ARGS(STR("a.exe"), STR(".exe")), EQLI_OP_OK, BOOL(true) },
    { "endsWith", 2, ARGS(STR("a.exe"), STR(".EXE")), EQLI_OP_OK, BOOL(false) },
    { "endsWith~", 2, ARGS(STR("a.exe"), STR(".EXE")), EQLI_OP_OK, BOOL(true) },
    { "endsWith~", 2, ARGS(STR("x" KELVIN), STR("K")), EQLI_OP_OK, BOOL(true) },
    { "endsWith", 2, ARGS(STR("abc"), STR("")), EQLI_OP_OK, BOOL(true) },
    { "endsWith", 2, ARGS(STR(""), STR("a")), EQLI_OP_OK, BOOL(false) },
    { "endsWith", 2, ARGS(STR(E_ACUTE), STR("\xA9")), EQLI_OP_OK, BOOL(false) },
    { "endsWith", 2, ARGS(STR("\xA9"), STR("\xA9")), EQLI_OP_OK, BOOL(true) },
    { "endsWith", 2, ARGS(NUL, NUL), EQLI_OP_OK, NUL },

    { "stringContains", 2, ARGS(STR("process.exe"), STR("cess")), EQLI_OP_OK, BOOL(true) },
    { "stringContains", 2, ARGS(STR("process.exe"), STR("CESS")), EQLI_OP_OK, BOOL(false) },
    { "stringContains~", 2, ARGS(STR("process.exe"), STR("CESS")), EQLI_OP_OK, BOOL(true) },
    { "stringContains~", 2, ARGS(STR("a" KELVIN "b"), STR("AkB")), EQLI_OP_OK, BOOL(true) },
    { "stringContains", 2, ARGS(STR("abc"), STR("a?c")), EQLI_OP_OK, BOOL(false) },
    { "stringContains", 2, ARGS(STR("abc"), STR("")), EQLI_OP_OK, BOOL(false) },
    { "stringContains", 2, ARGS(STR(""), STR("")), EQLI_OP_OK, BOOL(false) },
    { "stringContains", 2, ARGS(STR("x" E_ACUTE "y"), STR("\xA9y")), EQLI_OP_OK, BOOL(false) },
    { "stringContains", 2, ARGS(STR(E_ACUTE "\xA9y"), STR("\xA9y")), EQLI_OP_OK, BOOL(true) },
    { "stringContains", 2, ARGS(STR("a\0b"), STR("\0b")), EQLI_OP_OK, BOOL(true) },
    { "stringContains", 2, ARGS(NUL, STR("a")), EQLI_OP_OK, NUL },

    { "indexOf", 2, ARGS(STR("foobar"), STR("o")), EQLI_OP_OK, INT(1) },
    { "indexOf", 3, ARGS(STR("foobar"), STR("o"), INT(2)), EQLI_OP_OK, INT(2) },
    { "indexOf", 3, ARGS(STR("foobar"), STR("o"), INT(3)), EQLI_OP_OK, NUL },
    { "indexOf", 3, ARGS(STR("foobar"), STR("o"), NUL), EQLI_OP_OK, INT(1) },
    { "indexOf", 3, ARGS(STR("foobar"), STR("o"), INT(INT64_MIN)), EQLI_OP_OK, INT(1) },
    { "indexOf", 3, ARGS(STR("foobar"), STR("o"), INT(INT64_MAX)), EQLI_OP_OK, NUL },
    { "indexOf", 3, ARGS(STR("foobar"), STR(""), INT(4)), EQLI_OP_OK, INT(4) },
    { "indexOf", 3, ARGS(STR("foobar"), STR(""), INT(100)), EQLI_OP_OK, INT(6) },
    { "indexOf", 2, ARGS(STR("foobar"), STR("O")), EQLI_OP_OK, NUL },
    { "indexOf~", 2, ARGS(STR("foobar"), STR("O")), EQLI_OP_OK, INT(1) },
    { "indexOf", 2, ARGS(STR(FACE E_ACUTE "x"), STR("x")), EQLI_OP_OK, INT(3) },
    { "indexOf", 3, ARGS(STR(FACE FACE), STR(FACE), INT(1)), EQLI_OP_OK, INT(2) }, /* inside the first pair */
    { "indexOf~", 2, ARGS(STR(KELVIN KELVIN FACE "X"), STR("x")), EQLI_OP_OK, INT(4) },
    { "indexOf~", 3, ARGS(STR(KELVIN KELVIN KELVIN), STR("k"), INT(2)), EQLI_OP_OK, INT(2) },
    { "indexOf", 3, ARGS(STR("a"), STR("a"), DBL(0)), EQLI_OP_BAD_TYPE, NUL },
    { "indexOf", 2, ARGS(NUL, STR("a")), EQLI_OP_OK, NUL },

    { "length", 1, ARGS(STR("explorer.exe")), EQLI_OP_OK, INT(12) },
    { "length", 1, ARGS(STR("")), EQLI_OP_OK, INT(0) },
    { "length", 1, ARGS(STR(FACE E_ACUTE)), EQLI_OP_OK, INT(3) },
    { "length", 1, ARGS(NUL), EQLI_OP_OK, NUL },
    { "length", 1, ARGS(INT(5)), EQLI_OP_BAD_TYPE, NUL },

    { "substring", 2, ARGS(STR("hello world"), INT(6)), EQLI_OP_OK, STR("world") },
    { "substring", 3, ARGS(STR("hello world"), INT(0), INT(5)), EQLI_OP_OK, STR("hello") },
    { "substring", 3, ARGS(STR("hello world"), INT(-5), INT(-1)), EQLI_OP_OK, STR("worl") },
    { "substring", 3, ARGS(STR("hello world"), INT(-60), INT(5)), EQLI_OP_OK, STR("hello") },
    { "substring", 3, ARGS(STR("hello world"), INT(5), INT(2)), EQLI_OP_OK, STR("") },
    { "substring", 2, ARGS(STR("hello world"), INT(100)), EQLI_OP_OK, STR("") },
    { "substring", 3, ARGS(STR("abc"), INT(INT64_MIN), INT(INT64_MAX)), EQLI_OP_OK, STR("abc") },
    { "substring", 3, ARGS(STR("abc"), INT(1), NUL), EQLI_OP_OK, STR("bc") },
    { "substring", 2, ARGS(STR("abc"), NUL), EQLI_OP_OK, NUL },
    { "substring", 2, ARGS(NUL, INT(0)), EQLI_OP_OK, NUL },
    { "substring", 3, ARGS(STR("a" FACE "b"), INT(1), INT(3)), EQLI_OP_OK, STR(FACE) },
    { "substring", 2, ARGS(STR(E_ACUTE FACE "b"), INT(-1)), EQLI_OP_OK, STR("b") },
    { "substring", 2, ARGS(STR("abc"), STR("1")), EQLI_OP_BAD_TYPE, NUL },

    { "concat", 1, ARGS(STR("a")), EQLI_OP_OK, STR("a") },
    { "concat", 4, ARGS(STR("a"), INT(1), BOOL(true), DBL(1e7)), EQLI_OP_OK, STR("a1true1.0E7") },
    { "concat", 2, ARGS(STR(""), STR("")), EQLI_OP_OK, STR("") },
    { "concat", 2, ARGS(STR("a"), NUL), EQLI_OP_OK, NUL },

    { "string", 1, ARGS(INT(-7)), EQLI_OP_OK, STR("-7") },
    { "string", 1, ARGS(DBL(42.5)), EQLI_OP_OK, STR("42.5") },
    { "string", 1, ARGS(STR("x")), EQLI_OP_OK, STR("x") },
    { "string", 1, ARGS(BOOL(false)), EQLI_OP_OK, STR("false") },
    { "string", 1, ARGS(NUL), EQLI_OP_OK, NUL },
    { "string", 1, ARGS({ .type = EQLM_ARRAY }), EQLI_OP_BAD_TYPE, NUL },

    { "number", 1, ARGS(STR("1337")), EQLI_OP_OK, INT(1337) },
    { "number", 1, ARGS(STR("-3.14")), EQLI_OP_OK, DBL(-3.14) },
    { "number", 1, ARGS(STR(" \t1337\n")), EQLI_OP_OK, DBL(1337) },
    { "number", 1, ARGS(STR("9223372036854775808")), EQLI_OP_OK, DBL(9223372036854775808.0) },
    { "number", 1, ARGS(STR("0x1337")), EQLI_OP_OK, INT(0x1337) },
    { "number", 2, ARGS(STR("0xff"), INT(16)), EQLI_OP_OK, INT(255) },
    { "number", 2, ARGS(STR("ff"), INT(16)), EQLI_OP_OK, INT(255) },
    { "number", 2, ARGS(STR("0xff"), INT(10)), EQLI_OP_BAD_NUMBER, NUL },
    { "number", 2, ARGS(STR("52403"), NUL), EQLI_OP_OK, INT(52403) },
    { "number", 2, ARGS(STR("9"), INT(8)), EQLI_OP_BAD_NUMBER, NUL },
    { "number", 2, ARGS(STR("1"), INT(1)), EQLI_OP_BAD_NUMBER, NUL },
    { "number", 2, ARGS(STR("1"), INT(INT64_C(4294967306))), EQLI_OP_BAD_NUMBER, NUL },
    { "number", 1, ARGS(STR("beef")), EQLI_OP_BAD_NUMBER, NUL },
    { "number", 1, ARGS(STR("")), EQLI_OP_BAD_NUMBER, NUL },
    { "number", 1, ARGS(STR("  ")), EQLI_OP_BAD_NUMBER, NUL },
    { "number", 1, ARGS(STR("0x")), EQLI_OP_BAD_NUMBER, NUL },
    { "number", 1, ARGS(STR("1e999")), EQLI_OP_BAD_NUMBER, NUL },
    { "number", 1, ARGS(NUL), EQLI_OP_OK, NUL },
    { "number", 1, ARGS(INT(1)), EQLI_OP_BAD_TYPE, NUL },

    { "cidrMatch", 2, ARGS(STR("10.6.48.157"), STR("10.6.48.157/8")), EQLI_OP_OK, BOOL(true) },
    { "cidrMatch", 3, ARGS(STR("10.6.48.157"), STR("192.168.0.0/16"), STR("10.0.0.0/8")), EQLI_OP_OK,
      BOOL(true) },
    { "cidrMatch", 2, ARGS(STR("10.0.0.1"), STR("fe80::/10")), EQLI_OP_OK, BOOL(false) },
    { "cidrMatch", 2, ARGS(STR("::1"), STR("::1")), EQLI_OP_OK, BOOL(true) },
    { "cidrMatch", 2,
      ARGS({ .type = EQLM_IP, .len = 4, .as.ip = (const unsigned char *)"\x0A\0\0\1" }, STR("10.0.0.0/8")),
      EQLI_OP_OK, BOOL(true) },
    { "cidrMatch", 2, ARGS(NUL, STR("10.0.0.0/8")), EQLI_OP_OK, NUL },
    { "cidrMatch", 2, ARGS(STR("banana"), STR("10.0.0.0/8")), EQLI_OP_BAD_ADDRESS, NUL },
    { "cidrMatch", 3, ARGS(STR("10.0.0.1"), STR("10.0.0.0/8"), STR("10.0.0.0/40")), EQLI_OP_BAD_BLOCK, NUL },
    { "cidrMatch", 2, ARGS(INT(1), STR("10.0.0.0/8")), EQLI_OP_BAD_TYPE, NUL },

    { "add", 2, ARGS(INT(2), INT(3)), EQLI_OP_OK, INT(5) },
    { "subtract", 2, ARGS(INT(-2), INT(4)), EQLI_OP_OK, INT(-6) },
    { "multiply", 2, ARGS(INT(2), DBL(3.5)), EQLI_OP_OK, DBL(7) },
    { "divide", 2, ARGS(INT(1), INT(0)), EQLI_OP_DIV_ZERO, NUL },
    { "modulo", 2, ARGS(INT(10), INT(6)), EQLI_OP_OK, INT(4) },
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static void answers(void **state)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        eqlm_value out = INT(77);
        eqli_op_result r = call(rows[i].name, rows[i].args, rows[i].n, *state, &out);
        if (r != rows[i].result || out.type != rows[i].want.type || !eqli_value_same(&out, &rows[i].want))
            fail_msg("row %zu, %s: result %d, type %u, length %u", i, rows[i].name, (int)r, out.type,
                     out.len);
    }
}

static void *refuse_after(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    int *left = ctx;
    (void)old_size;
    if (new_size == 0) {
        free(ptr);
        return NULL;
    }
    return (*left)-- > 0 ? realloc(ptr, new_size) : NULL;
}

/* Whatever room there is, the answer is the right one or the lack of room. */
static void lack_of_room_is_reported(void **state)
{
    bool seen_limit = false, seen_memory = false;
    (void)state;
    for (size_t i = 0; i < N_ROWS; i++) {
        for (size_t room = 0; room <= 256; room += 8) {
            int blocks = room ? 100 : 0;
            eqlm_alloc alloc = { refuse_after, &blocks };
            eqli_arena arena;
            eqlm_value out = INT(77);
            eqli_arena_init(&arena, &alloc, room ? room - 8 : 4096);
            eqli_op_result r = call(rows[i].name, rows[i].args, rows[i].n, &arena, &out);
            if (r == EQLI_OP_LIMIT || r == EQLI_OP_NOMEM) {
                seen_limit |= r == EQLI_OP_LIMIT;
                seen_memory |= r == EQLI_OP_NOMEM;
            } else if (r != rows[i].result || !eqli_value_same(&out, &rows[i].want)) {
                fail_msg("row %zu with %zu bytes: %d", i, room, (int)r);
            }
            eqli_arena_clear(&arena);
        }
    }
    assert_true(seen_limit && seen_memory);
}

static void finds_functions(void **state)
{
    (void)state;
    assert_int_equal(eqli_function_find("startsWith", 10), EQLI_FN_STARTS_WITH);
    assert_int_equal(eqli_function_find("STARTSWITH", 10), EQLI_FN_STARTS_WITH);
    assert_int_equal(eqli_function_find("startsWithX", 10), EQLI_FN_STARTS_WITH);
    assert_int_equal(eqli_function_find("startsWith", 9), -1);
    assert_int_equal(eqli_function_find("", 0), -1);
    assert_int_equal(eqli_function_find("wildcard", 8), -1);
    for (int i = 0; i < EQLI_FN_COUNT; i++) {
        const eqli_function *f = &eqli_functions[i];
        assert_int_equal(eqli_function_find(f->name, strlen(f->name)), i);
        assert_true(f->min_args <= f->max_args);
        assert_true(f->max_args == 255 || strlen(f->params) == f->max_args);
    }
    const eqli_function *cidr = &eqli_functions[EQLI_FN_CIDR_MATCH];
    assert_int_equal(eqli_function_param(cidr, 0), 'p');
    assert_int_equal(eqli_function_param(cidr, 1), 'c');
    assert_int_equal(eqli_function_param(cidr, 200), 'c');
}

/* The definition, character by character. */
static size_t slow_find(const uint32_t *s, size_t n, const uint32_t *t, size_t m, bool last)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i + m <= n; i++) {
        if (memcmp(s + i, t, m * sizeof *t) == 0) {
            found = i;
            if (!last)
                break;
        }
    }
    return found;
}

static size_t to_chars(const char *s, size_t len, uint32_t *out, size_t *offsets)
{
    size_t n = 0;
    const char *p = s;
    while (p < s + len) {
        offsets[n] = (size_t)(p - s);
        out[n++] = eqli_utf8_next(&p, s + len);
    }
    return n;
}

/* Random texts of few different bytes, most of them broken UTF-8, so that nearly everything overlaps. */
static void searches_as_defined(void **state)
{
    static const char alphabet[] = "\xC3\xA9\xA9\xE2\x82\x82\xAC"
                                   "aa";
    uint64_t x = 12345;
    size_t hits = 0;
    for (int round = 0; round < 40000; round++) {
        char s[24], t[4];
        uint32_t cs[24], ct[4];
        size_t offsets[25], unused[4], s_len = 0, t_len = 0;
        size_t s_want = (size_t)(round % 24) + 1, t_want = (size_t)(round / 24 % 4) + 1;
        for (; s_len < s_want; s_len++, x = x * 6364136223846793005u + 1442695040888963407u)
            s[s_len] = alphabet[(x >> 33) % (sizeof alphabet - 1)];
        for (; t_len < t_want; t_len++, x = x * 6364136223846793005u + 1442695040888963407u)
            t[t_len] = alphabet[(x >> 33) % (sizeof alphabet - 1)];
        size_t n = to_chars(s, s_len, cs, offsets), m = to_chars(t, t_len, ct, unused);
        eqli_needle needle;
        eqli_arena_reset(*state);
        assert_int_equal(eqli_needle_init(&needle, t, t_len, *state), EQLI_OP_OK);
        for (int last = 0; last < 2; last++) {
            size_t slow = slow_find(cs, n, ct, m, last), fast = eqli_needle_find(&needle, s, s_len, 0, last);
            if (fast != (slow == SIZE_MAX ? SIZE_MAX : offsets[slow]))
                fail_msg("round %d", round);
            hits += fast != SIZE_MAX;
        }
    }
    assert_true(hits > 1000);
}

/* Quadratic time would take hours here. */
static void searching_is_linear(void **state)
{
    enum { BIG = 1 << 20 };
    char *s = malloc(BIG), *t = malloc(BIG / 2);
    assert_non_null(s);
    assert_non_null(t);
    static const char *const names[] = { "stringContains", "stringContains~", "indexOf~", "endsWith~" };
    for (int variant = 0; variant < 2; variant++) {
        /* aaaa...: nearly matching everywhere; C2 80 C2 80...: matching everywhere, but never on a boundary
         */
        for (size_t i = 0; i < BIG; i++)
            s[i] = (char)(variant ? (i % 2 ? 0x80 : 0xC2) : 'a');
        for (size_t i = 0; i < BIG / 2; i++)
            t[i] = (char)(variant ? (i % 2 ? 0xC2 : 0x80) : 'a');
        if (!variant)
            t[BIG / 2 - 1] = 'b';
        const eqlm_value args[] = { eqli_string(s, BIG), eqli_string(t, BIG / 2), eqli_string(t, BIG / 2) };
        eqlm_value out;
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            eqli_arena_reset(*state);
            assert_int_equal(call(names[i], args, 2, *state, &out), EQLI_OP_OK);
            assert_true(out.type == EQLM_NULL || (out.type == EQLM_BOOL && !out.as.boolean));
        }
        eqli_arena_reset(*state);
        assert_int_equal(call("between~", args, 3, *state, &out), EQLI_OP_OK);
        assert_int_equal(out.len, 0);
    }
    free(s);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers, make_arena, free_arena),
        cmocka_unit_test(lack_of_room_is_reported),
        cmocka_unit_test(finds_functions),
        cmocka_unit_test_setup_teardown(searches_as_defined, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(searching_is_linear, make_arena, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
