/* fn_value.c - the functions of language 8 that compute with whole values. */
#include "ops/function.h"

#include <string.h>

#include "base/number.h"
#include "ops/ip.h"
#include "ops/value.h"

#define ARITHMETIC(fn, op)                                                                                   \
    eqli_op_result fn(const eqlm_value *args, uint32_t n_args, bool fold, eqli_arena *scratch,               \
                      eqlm_value *out)                                                                       \
    {                                                                                                        \
        (void)n_args;                                                                                        \
        (void)fold;                                                                                          \
        (void)scratch;                                                                                       \
        return eqli_arithmetic(op, &args[0], &args[1], out);                                                 \
    }
ARITHMETIC(eqli_fn_add, EQLI_ADD)
ARITHMETIC(eqli_fn_subtract, EQLI_SUB)
ARITHMETIC(eqli_fn_multiply, EQLI_MUL)
ARITHMETIC(eqli_fn_divide, EQLI_DIV)
ARITHMETIC(eqli_fn_modulo, EQLI_MOD)
#undef ARITHMETIC

static eqli_op_result to_text(const eqlm_value *v, eqli_arena *scratch, eqlm_value *out)
{
    eqli_op_result r = eqli_read_as(EQLI_AS_STR, true, v, scratch, out);
    if (r == EQLI_OP_OK && out->type == EQLM_NULL && v->type != EQLM_NULL)
        return EQLI_OP_BAD_TYPE;
    return r;
}

eqli_op_result eqli_fn_string(const eqlm_value *args, uint32_t n_args, bool fold, eqli_arena *scratch,
                              eqlm_value *out)
{
    (void)n_args;
    (void)fold;
    return to_text(&args[0], scratch, out);
}

eqli_op_result eqli_fn_concat(const eqlm_value *args, uint32_t n_args, bool fold, eqli_arena *scratch,
                              eqlm_value *out)
{
    size_t len = 0;
    (void)fold;
    *out = eqli_null();
    for (uint32_t i = 0; i < n_args; i++) {
        if (args[i].type == EQLM_NULL)
            return EQLI_OP_OK;
    }
    eqlm_value *parts = eqli_arena_array(scratch, n_args, sizeof *parts);
    if (!parts)
        return eqli_op_no_room(scratch);
    for (uint32_t i = 0; i < n_args; i++) {
        eqli_op_result r = to_text(&args[i], scratch, &parts[i]);
        if (r != EQLI_OP_OK)
            return r;
        if (parts[i].len > UINT32_MAX - len)
            return EQLI_OP_LIMIT;
        len += parts[i].len;
    }
    char *joined = eqli_arena_alloc(scratch, len);
    if (!joined)
        return eqli_op_no_room(scratch);
    size_t at = 0;
    for (uint32_t i = 0; i < n_args; i++) {
        if (parts[i].len)
            memcpy(joined + at, parts[i].as.str, parts[i].len);
        at += parts[i].len;
    }
    *out = eqli_string(joined, len);
    return EQLI_OP_OK;
}

/* An integer of 64 bits, or any number as a double; white space around makes it a double. */
static bool decimal_number(const char *s, size_t len, eqlm_value *out)
{
    eqli_num num;
    bool trimmed = false;
    for (; len && (unsigned char)s[0] <= ' '; s++, len--)
        trimmed = true;
    for (; len && (unsigned char)s[len - 1] <= ' '; len--)
        trimmed = true;
    switch (eqli_num_parse(s, len, &num)) {
    case EQLI_NUM_I64:
        *out = trimmed ? eqli_f64((double)num.i64) : eqli_i64(num.i64);
        return true;
    case EQLI_NUM_U64:
        *out = eqli_f64((double)num.u64);
        return true;
    case EQLI_NUM_F64:
        *out = eqli_f64(num.f64);
        return true;
    default:
        return false;
    }
}

eqli_op_result eqli_fn_number(const eqlm_value *args, uint32_t n_args, bool fold, eqli_arena *scratch,
                              eqlm_value *out)
{
    (void)fold;
    (void)scratch;
    *out = eqli_null();
    if (args[0].type == EQLM_NULL)
        return EQLI_OP_OK;
    bool has_base = n_args > 1 && args[1].type != EQLM_NULL;
    if (args[0].type != EQLM_STRING || (has_base && args[1].type != EQLM_I64))
        return EQLI_OP_BAD_TYPE;
    const char *s = args[0].as.str;
    size_t len = args[0].len;
    int64_t base = has_base ? args[1].as.i64 : 10, v;
    if (len >= 2 && memcmp(s, "0x", 2) == 0 && (!has_base || base == 16)) {
        s += 2;
        len -= 2;
        base = 16;
    }
    if (base == 10)
        return decimal_number(s, len, out) ? EQLI_OP_OK : EQLI_OP_BAD_NUMBER;
    if (base < 2 || base > 36 || !eqli_int_parse(s, len, (unsigned)base, &v))
        return EQLI_OP_BAD_NUMBER;
    *out = eqli_i64(v);
    return EQLI_OP_OK;
}

static eqli_op_result read_address(const eqlm_value *v, eqli_ip *out)
{
    if (v->type == EQLM_STRING)
        return eqli_ip_parse(v->as.str, v->len, out) ? EQLI_OP_OK : EQLI_OP_BAD_ADDRESS;
    if (v->type != EQLM_IP || (v->len != 4 && v->len != 16))
        return EQLI_OP_BAD_TYPE;
    out->len = (uint8_t)v->len;
    memcpy(out->bytes, v->as.ip, v->len);
    return EQLI_OP_OK;
}

/* All blocks are read, also behind one that matches: that a block is invalid must not depend on the event. */
eqli_op_result eqli_fn_cidr_match(const eqlm_value *args, uint32_t n_args, bool fold, eqli_arena *scratch,
                                  eqlm_value *out)
{
    eqli_ip address;
    bool matched = false;
    (void)fold;
    (void)scratch;
    *out = eqli_null();
    if (args[0].type == EQLM_NULL)
        return EQLI_OP_OK;
    eqli_op_result r = read_address(&args[0], &address);
    if (r != EQLI_OP_OK)
        return r;
    for (uint32_t i = 1; i < n_args; i++) {
        eqli_cidr block;
        if (args[i].type == EQLM_NULL)
            continue;
        if (args[i].type != EQLM_STRING)
            return EQLI_OP_BAD_TYPE;
        if (!eqli_cidr_parse(args[i].as.str, args[i].len, &block))
            return EQLI_OP_BAD_BLOCK;
        matched = matched || eqli_cidr_match(&block, address.bytes, address.len);
    }
    *out = eqli_bool(matched);
    return EQLI_OP_OK;
}
