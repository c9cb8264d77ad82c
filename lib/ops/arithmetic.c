/* arithmetic.c - + - * / % and unary minus of language 7. */
#include "ops/value.h"

#include <math.h>
#include <string.h>

/* Integers are computed as sign and magnitude, where every overflow shows before it happens and signed and
 * unsigned operands are alike. */
typedef struct integer {
    bool negative;
    uint64_t size;
} integer;

static integer to_integer(const eqlm_value *v)
{
    if (v->type == EQLM_U64)
        return (integer){ false, v->as.u64 };
    bool negative = v->as.i64 < 0;
    return (integer){ negative, negative ? 0 - (uint64_t)v->as.i64 : (uint64_t)v->as.i64 };
}

/* Numbers above INT64_MAX may come out only where one went in: otherwise it is an overflow (decision 5). */
static eqli_op_result from_integer(integer v, bool wide, eqlm_value *out)
{
    const uint64_t min_size = UINT64_C(1) << 63;
    if (v.negative) {
        if (v.size > min_size)
            return EQLI_OP_OVERFLOW;
        *out = eqli_i64(v.size == min_size ? INT64_MIN : -(int64_t)v.size);
    } else if (v.size <= INT64_MAX) {
        *out = eqli_i64((int64_t)v.size);
    } else if (wide) {
        *out = (eqlm_value){ .type = EQLM_U64, .as.u64 = v.size };
    } else {
        return EQLI_OP_OVERFLOW;
    }
    return EQLI_OP_OK;
}

static bool add(integer a, integer b, integer *out)
{
    if (a.negative == b.negative) {
        *out = (integer){ a.negative, a.size + b.size };
        return a.size <= UINT64_MAX - b.size;
    }
    *out = a.size >= b.size ? (integer){ a.negative, a.size - b.size }
                            : (integer){ b.negative, b.size - a.size };
    return true;
}

static bool multiply(integer a, integer b, integer *out)
{
    *out = (integer){ a.negative != b.negative, a.size * b.size };
    return a.size == 0 || b.size <= UINT64_MAX / a.size;
}

static eqli_op_result integer_op(eqli_arith op, integer a, integer b, bool wide, eqlm_value *out)
{
    integer v = { false, 0 };
    bool fits = true;
    if ((op == EQLI_DIV || op == EQLI_MOD) && b.size == 0)
        return EQLI_OP_DIV_ZERO;
    switch (op) {
    case EQLI_ADD:
        fits = add(a, b, &v);
        break;
    case EQLI_SUB:
        b.negative = !b.negative;
        fits = add(a, b, &v);
        break;
    case EQLI_MUL:
        fits = multiply(a, b, &v);
        break;
    case EQLI_DIV:
        v = (integer){ a.negative != b.negative, a.size / b.size };
        break;
    case EQLI_MOD:
        v = (integer){ a.negative, a.size % b.size };
        break;
    }
    return fits ? from_integer(v, wide, out) : EQLI_OP_OVERFLOW;
}

static double to_double(const eqlm_value *v)
{
    return v->type == EQLM_F64 ? v->as.f64 : v->type == EQLM_U64 ? (double)v->as.u64 : (double)v->as.i64;
}

/* What fmod gives, without the mathematics library: mantissas divided exactly, eleven bits at a time. */
static double remainder_of(double a, double b)
{
    const uint64_t hidden = UINT64_C(1) << 52, sign_bit = UINT64_C(1) << 63;
    uint64_t bits_a, bits_b;
    memcpy(&bits_a, &a, sizeof bits_a);
    memcpy(&bits_b, &b, sizeof bits_b);
    uint64_t sign = bits_a & sign_bit;
    uint64_t exp_a = bits_a >> 52 & 0x7FF, exp_b = bits_b >> 52 & 0x7FF;
    if (b == 0 || isnan(b) || exp_a == 0x7FF)
        return NAN;
    uint64_t mant_a = (bits_a & (hidden - 1)) | (exp_a ? hidden : 0);
    uint64_t mant_b = (bits_b & (hidden - 1)) | (exp_b ? hidden : 0);
    exp_a += exp_a == 0; /* subnormal numbers share the lowest exponent */
    exp_b += exp_b == 0;
    if (exp_a < exp_b)
        return a;
    mant_a %= mant_b;
    while (exp_a > exp_b) {
        uint64_t step = exp_a - exp_b < 11 ? exp_a - exp_b : 11;
        mant_a = (mant_a << step) % mant_b;
        exp_a -= step;
    }
    for (; mant_a && mant_a < hidden && exp_b > 1; exp_b--)
        mant_a <<= 1;
    uint64_t bits = sign | (mant_a < hidden ? mant_a : exp_b << 52 | (mant_a & (hidden - 1)));
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static double divide(double a, double b)
{
    if (b != 0)
        return a / b;
    return a == 0 || isnan(a) ? NAN : signbit(a) != signbit(b) ? -INFINITY : INFINITY;
}

static double double_op(eqli_arith op, double a, double b)
{
    switch (op) {
    case EQLI_ADD:
        return a + b;
    case EQLI_SUB:
        return a - b;
    case EQLI_MUL:
        return a * b;
    case EQLI_DIV:
        return divide(a, b);
    case EQLI_MOD:
        return remainder_of(a, b);
    }
    return NAN;
}

eqli_op_result eqli_arithmetic(eqli_arith op, const eqlm_value *a, const eqlm_value *b, eqlm_value *out)
{
    eqlm_value x = *a, y = *b; /* out may be an operand */
    *out = eqli_null();
    if (x.type == EQLM_NULL || y.type == EQLM_NULL)
        return EQLI_OP_OK;
    if (!eqli_is_number(&x) || !eqli_is_number(&y))
        return EQLI_OP_BAD_TYPE;
    if (x.type == EQLM_F64 || y.type == EQLM_F64) {
        *out = eqli_f64(double_op(op, to_double(&x), to_double(&y)));
        return EQLI_OP_OK;
    }
    integer i = to_integer(&x), j = to_integer(&y);
    bool wide = (!i.negative && i.size > INT64_MAX) || (!j.negative && j.size > INT64_MAX);
    return integer_op(op, i, j, wide, out);
}

eqli_op_result eqli_negate(const eqlm_value *a, eqlm_value *out)
{
    eqlm_value x = *a;
    *out = eqli_null();
    if (x.type == EQLM_NULL)
        return EQLI_OP_OK;
    if (!eqli_is_number(&x))
        return EQLI_OP_BAD_TYPE;
    if (x.type == EQLM_F64) {
        *out = eqli_f64(-x.as.f64);
        return EQLI_OP_OK;
    }
    integer v = to_integer(&x);
    v.negative = !v.negative && v.size > 0;
    return from_integer(v, false, out);
}
