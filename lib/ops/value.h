/* value.h - reading, comparing and computing with single values (never arrays). */
#ifndef EQLI_VALUE_H
#define EQLI_VALUE_H

#include "ops/date.h"
#include "ops/op.h"

/* How an operand wants its value. RAW takes it by its own type; the others ask for one family. */
typedef enum eqli_as {
    EQLI_AS_RAW,
    EQLI_AS_NUM,
    EQLI_AS_STR,
    EQLI_AS_BOOL,
    EQLI_AS_IP,
    EQLI_AS_DATE,
    EQLI_AS_VERSION, /* a string compared as a version */
    EQLI_AS_ANY /* STR, but addresses and dates stay what they are: a value of unknown type beside a text */
} eqli_as;

/* Reads `in` as `as`. coerce (a schema is in force, decision 22): NUM also takes a string that is wholly a
 * number, STR the text of numbers and booleans; BOOL "true" and "false". With or without it STR takes the
 * text of addresses and dates, IP address strings, and DATE date strings and epoch milliseconds. A value that
 * cannot be read so becomes NULL. Text is made in scratch. Never fails otherwise. */
eqli_op_result eqli_read_as(eqli_as as, bool coerce, const eqlm_value *in, eqli_arena *scratch,
                            eqlm_value *out);

typedef enum eqli_cmp {
    EQLI_CMP_EQ,
    EQLI_CMP_NE,
    EQLI_CMP_LT,
    EQLI_CMP_LE,
    EQLI_CMP_GT,
    EQLI_CMP_GE
} eqli_cmp;

/* a <op> b (language 5). Unknown when either is null or the types do not compare. Integers and doubles
 * compare exactly (decision 20); strings by bytes; version: strings as versions. */
eqli_tri eqli_compare(eqli_cmp op, const eqlm_value *a, const eqlm_value *b, bool version);

typedef enum eqli_arith { EQLI_ADD, EQLI_SUB, EQLI_MUL, EQLI_DIV, EQLI_MOD } eqli_arith;

/* a <op> b (language 7, decision 5): 64-bit checked integers, or doubles when either is one. null in, null
 * out. */
eqli_op_result eqli_arithmetic(eqli_arith op, const eqlm_value *a, const eqlm_value *b, eqlm_value *out);
eqli_op_result eqli_negate(const eqlm_value *a, eqlm_value *out);

eqli_tri eqli_tri_and(eqli_tri a, eqli_tri b);
eqli_tri eqli_tri_or(eqli_tri a, eqli_tri b);
eqli_tri eqli_tri_not(eqli_tri a);

/* Numbers by value, strings by bytes, same type otherwise: equality for join keys and distinct values. */
bool eqli_value_same(const eqlm_value *a, const eqlm_value *b);

/* Of a type that no literal has: beside a text it compares by its own type (language 5). */
static inline bool eqli_is_own(const eqlm_value *v)
{
    return v->type == EQLM_IP || eqli_is_date(v);
}

static inline bool eqli_is_number(const eqlm_value *v)
{
    return v->type == EQLM_I64 || v->type == EQLM_U64 || v->type == EQLM_F64;
}

static inline eqlm_value eqli_null(void)
{
    return (eqlm_value){ .type = EQLM_NULL };
}

static inline eqlm_value eqli_bool(bool b)
{
    return (eqlm_value){ .type = EQLM_BOOL, .as.boolean = b };
}

static inline eqlm_value eqli_i64(int64_t i)
{
    return (eqlm_value){ .type = EQLM_I64, .as.i64 = i };
}

static inline eqlm_value eqli_f64(double d)
{
    return (eqlm_value){ .type = EQLM_F64, .as.f64 = d };
}

static inline eqlm_value eqli_string(const char *s, size_t len)
{
    return (eqlm_value){ .type = EQLM_STRING, .len = (uint32_t)len, .as.str = s };
}

static inline eqlm_value eqli_tri_value(eqli_tri t)
{
    return t == EQLI_UNKNOWN ? eqli_null() : eqli_bool(t == EQLI_TRUE);
}

/* True, false, or unknown for null and for anything that is no boolean. */
static inline eqli_tri eqli_value_tri(const eqlm_value *v)
{
    return v->type == EQLM_BOOL ? (v->as.boolean ? EQLI_TRUE : EQLI_FALSE) : EQLI_UNKNOWN;
}

#endif
