/* test_texts.c - texts of every length in every kind of storage against constants: equal, matched, not empty.
 * What is stored in common ways is compared without being read as a value, and must give what the general way
 * gives. Then the values of an expression: all different, in the order found, however many. */
#include "eqlmini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct text32 {
    const char *ptr;
    uint32_t len;
} text32;

typedef struct text64 {
    const char *ptr;
    uint64_t len;
} text64;

typedef struct text16 {
    const char *ptr;
    uint16_t len;
} text16;

typedef struct event {
    text32 a;
    text64 b;
    text16 c;
    eqlm_value v, asked; /* asked: from the getter */
    const text32 *as;
    const text64 *bs;
    uint32_t n;
    bool there;
    text32 perhaps;
} event;

static const eqlm_field fields[] = {
    { EQLM_FIELD_STR("a", event, a.ptr, a.len) },
    { EQLM_FIELD_STR("b", event, b.ptr, b.len) },
    { EQLM_FIELD_STR("c", event, c.ptr, c.len) },
    { EQLM_FIELD_VALUE("v", event, v), .type = EQLM_TYPE_KEYWORD },
    { EQLM_FIELD_STR_ARRAY("as", event, as, text32, len, n, EQLM_ARRAY_POINTER) },
    { EQLM_FIELD_STR_ARRAY("bs", event, bs, text64, len, n, EQLM_ARRAY_POINTER) },
    { EQLM_FIELD_STR("perhaps", event, perhaps.ptr, perhaps.len), .present = EQLM_PRESENT(event, there) },
    { .name = "asked", .type = EQLM_TYPE_KEYWORD },
};
enum { N_FIELDS = sizeof fields / sizeof *fields };

static bool get(void *ctx, const void *e, uint32_t field, eqlm_value *out)
{
    (void)ctx;
    *out = ((const event *)e)->asked;
    return field == N_FIELDS - 1;
}

typedef enum question { EQUAL, UNEQUAL, BEGINS, ANY, N_QUESTIONS } question;

static eqlm_program *compile(eqlm_schema *schema, const char *field, question q, const char *k, bool chained)
{
    static const char *const format[] = { "%s == \"%s\"", "not %s == \"%s\"", "%s : \"%s*\"",
                                          "length(%s) > 0" };
    char text[300], test[200];
    eqlm_program *p = NULL;
    snprintf(test, sizeof test, format[q], field, k);
    snprintf(text, sizeof text, chained ? "any where %s" : "any where %s or 1 == 2", test);
    assert_int_equal(eqlm_compile(NULL, schema, (eqlm_str) { text, strlen(text) }, NULL, NULL, &p), EQLM_OK);
    return p;
}

/* What the test is to say of a text, NULL: missing. */
static bool wanted(question q, const char *k, const char *text, size_t len)
{
    size_t n = strlen(k);
    bool equal = text && len == n && memcmp(text, k, n) == 0;
    switch (q) {
    case EQUAL:
        return equal;
    case UNEQUAL:
        return !equal;
    case BEGINS:
        return text && len >= n && memcmp(text, k, n) == 0;
    default:
        return text && len > 0;
    }
}

typedef struct world {
    eqlm_schema *schema;
    eqlm_vm *vm;
} world;

static int set_up(void **state)
{
    static world w;
    *state = &w;
    return eqlm_schema_new(NULL, &w.schema) == EQLM_OK && eqlm_vm_new(NULL, &w.vm) == EQLM_OK &&
                   eqlm_schema_add(w.schema, fields, N_FIELDS) == EQLM_OK &&
                   eqlm_schema_set_getter(w.schema, get, NULL) == EQLM_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    world *w = *state;
    eqlm_vm_free(w->vm);
    eqlm_schema_free(w->schema);
    return 0;
}

/* Asks all fields, that hold `text` (NULL: missing) in n elements of the arrays, behind others. */
static void ask(const world *w, eqlm_program *const *p, question q, const char *k, const char *text,
                uint32_t len, bool too_long)
{
    text32 as[2] = { { "~", 1 }, { text, len } };
    text64 bs[2] = { { "~", 1 }, { text, len | (uint64_t)too_long << 32 } };
    eqlm_value value = { .type = text ? EQLM_STRING : EQLM_NULL, .len = len, .as.str = text };
    eqlm_value items[3] = { { .type = EQLM_STRING, .len = 1, .as.str = "~" }, { .type = EQLM_NULL }, value };
    for (uint32_t n = 0; n < 8;
         n++) { /* 0: one value; 1 and 2: an array of one and two; 3: of none; and with a null */
        bool alone = n % 4 == 1;
        event e = { .a = as[1], .b = bs[1], .c = { text, (uint16_t)len }, .v = value, .asked = value };
        e.as = n == 7 ? NULL : alone ? as + 1 : as;
        e.bs = n == 7 ? NULL : alone ? bs + 1 : bs;
        e.n = n == 7 ? 2 : n % 4 == 3 ? 0 : alone ? 1 : 2;
        e.there = n >= 4;
        e.perhaps = as[1];
        if (n % 4 != 0) {
            e.v = (eqlm_value) { .type = EQLM_ARRAY,
                                 .len = alone        ? 1
                                        : n % 4 == 2 ? 3
                                                     : 0,
                                 .as.items = items };
            if (alone)
                e.v.as.items = items + 2;
            e.asked = e.v;
        }
        for (uint32_t f = 0; f < N_FIELDS; f++) {
            bool missing = (f == 6 && !e.there) || (too_long && (f == 1 || f == 5));
            const char *t = missing ? NULL : text;
            bool several = f == 4 || f == 5 ? e.n == 2 && n != 7 : (f == 3 || f == 7) && n % 4 == 2;
            bool none = f == 4 || f == 5 ? e.n == 0 || n == 7 : (f == 3 || f == 7) && n % 4 == 3;
            bool want = wanted(q, k, none ? NULL : t, len);
            if (several && q == UNEQUAL) /* not (some value is equal) */
                want = !wanted(EQUAL, k, t, len) && !wanted(EQUAL, k, "~", 1);
            else if (several)
                want = want || wanted(q, k, "~", 1);
            bool got = !want;
            assert_int_equal(eqlm_match(w->vm, p[f], &e, &got), EQLM_OK);
            if (got != want)
                fail_msg("question %d, field %s, constant '%s', text '%.*s' (%u), arrays %u: %d", (int)q,
                         fields[f].name, k, text ? (int)len : 4, text ? text : "NULL", len, n, got);
        }
    }
}

static void test_lengths(void **state)
{
    static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN";
    const world *w = *state;
    for (uint32_t len = 0; len <= 40; len += len < 18 ? 1 : 11) {
        char k[41];
        memcpy(k, all, len);
        k[len] = '\0';
        for (int round = 0; round < 2 * N_QUESTIONS; round++) {
            question q = (question)(round / 2);
            eqlm_program *p[N_FIELDS];
            for (uint32_t f = 0; f < N_FIELDS; f++)
                p[f] = compile(w->schema, fields[f].name, q, k, round % 2);
            for (uint32_t n = len ? len - 1 : 0; n <= len + 1; n++) {
                for (uint32_t at = 0; at <= n;
                     at++) { /* a copy of just its size, equal but for one byte or none */
                    char *copy = malloc(n ? n : 1);
                    assert_non_null(copy);
                    memcpy(copy, all, n);
                    if (at < n)
                        copy[at] = '#';
                    ask(w, p, q, k, copy, n, false);
                    if (at == n)
                        ask(w, p, q, k, copy, n, true);
                    free(copy);
                }
            }
            ask(w, p, q, k, NULL, len, false);
            for (uint32_t f = 0; f < N_FIELDS; f++)
                eqlm_program_free(p[f]);
        }
    }
}

static void test_different_values(void **state)
{
    const world *w = *state;
    enum { N = 3000 };
    static char texts[N][8];
    static eqlm_value items[N];
    static const char query[] = "asked";
    static const unsigned char v4[4] = { 10, 0, 0, 1 };
    static const unsigned char v6[16] = { [10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1 };
    eqlm_program *p;
    const eqlm_value *values;
    size_t n_values;
    eqlm_schema *schema;
    eqlm_field any = { .name = "asked", .type = EQLM_TYPE_ANY };
    assert_int_equal(eqlm_schema_new(NULL, &schema), EQLM_OK);
    assert_int_equal(eqlm_schema_add(schema, fields, N_FIELDS - 1), EQLM_OK);
    assert_int_equal(eqlm_schema_add(schema, &any, 1), EQLM_OK);
    assert_int_equal(eqlm_schema_set_getter(schema, get, NULL), EQLM_OK);
    assert_int_equal(eqlm_compile_expr(NULL, schema, (eqlm_str) { query, sizeof query - 1 }, NULL, NULL, &p),
                     EQLM_OK);
    event e = { .asked = { .type = EQLM_ARRAY, .as.items = items } };
    for (uint32_t distinct = 1; distinct <= N; distinct = distinct * 3 / 2 + 1) {
        for (uint32_t i = 0; i < N; i++) {
            uint32_t number = i % distinct;
            snprintf(texts[i], sizeof texts[i], "%u", number);
            items[i] =
                (eqlm_value) { .type = EQLM_STRING, .len = (uint32_t)strlen(texts[i]), .as.str = texts[i] };
            if (number % 3 == 0) /* one number in its three forms */
                items[i] = i % 2 ? (eqlm_value) { .type = EQLM_F64, .as.f64 = number }
                                 : (eqlm_value) { .type = i % 4 ? EQLM_U64 : EQLM_I64, .as.u64 = number };
        }
        e.asked.len = N;
        assert_int_equal(eqlm_eval(w->vm, p, &e, &values, &n_values), EQLM_OK);
        assert_int_equal(n_values, distinct);
        for (uint32_t i = 0; i < distinct; i++) {
            assert_int_equal(values[i].type, items[i].type);
            if (values[i].type == EQLM_STRING)
                assert_memory_equal(values[i].as.str, items[i].as.str, items[i].len);
            else
                assert_true(values[i].as.u64 == items[i].as.u64);
        }
    }
    /* The same among few and among many: addresses, zeros, booleans. */
    eqlm_value pairs[] = {
        { .type = EQLM_IP, .len = 4, .as.ip = v4 }, { .type = EQLM_IP, .len = 16, .as.ip = v6 },
        { .type = EQLM_F64, .as.f64 = 0.0 },        { .type = EQLM_F64, .as.f64 = -0.0 },
        { .type = EQLM_BOOL, .as.boolean = true },  { .type = EQLM_BOOL, .as.boolean = true }
    };
    for (uint32_t others = 0; others <= 40; others += 40) {
        for (uint32_t i = 0; i < others; i++)
            items[i] = (eqlm_value) { .type = EQLM_I64, .as.i64 = 100 + i };
        memcpy(items + others, pairs, sizeof pairs);
        e.asked.len = others + 6;
        assert_int_equal(eqlm_eval(w->vm, p, &e, &values, &n_values), EQLM_OK);
        assert_int_equal(n_values, others + 3);
        for (uint32_t i = 0; i < 3; i++)
            assert_int_equal(values[others + i].type, pairs[2 * i].type);
    }
    eqlm_program_free(p);
    eqlm_schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lengths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_different_values, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
