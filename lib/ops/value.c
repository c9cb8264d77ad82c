#include "ops/value.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "ops/date.h"
#include "ops/ip.h"
#include "ops/version.h"

/* ---- Reading ------------------------------------------------------------------------------------------- */

static bool to_date(const eqlm_value *v, eqlm_value *out)
{
    switch (v->type) {
    case EQLM_DATE:
    case EQLM_FAR_DATE:
        *out = *v;
        return true;
    case EQLM_I64:
        *out = eqli_date(v->as.i64, 0);
        return true;
    case EQLM_U64:
        *out = eqli_date(v->as.u64 > INT64_MAX ? INT64_MAX : v->as.i64, 0);
        return true;
    case EQLM_F64:
        if (isnan(v->as.f64))
            return false;
        *out = eqli_date_from_ms(v->as.f64);
        return true;
    case EQLM_STRING:
        return eqli_date_parse(v->as.str, v->len, out);
    default:
        return false;
    }
}

static eqlm_value text_to_number(const eqlm_value *v)
{
    eqli_num num;
    switch (eqli_num_parse(v->as.str, v->len, &num)) {
    case EQLI_NUM_I64:
        return eqli_i64(num.i64);
    case EQLI_NUM_U64:
        return (eqlm_value){ .type = EQLM_U64, .as.u64 = num.u64 };
    case EQLI_NUM_F64:
        return eqli_f64(num.f64);
    default:
        return eqli_null();
    }
}

/* A date beside a number is its epoch milliseconds (language 5). */
static eqlm_value date_to_number(const eqlm_value *date)
{
    uint32_t ns;
    int64_t ms = eqli_date_ms(date, &ns);
    return ns == 0 ? eqli_i64(ms) : eqli_f64((double)ms + (double)ns / 1e6);
}

static eqlm_value read_number(bool coerce, const eqlm_value *in)
{
    if (eqli_is_number(in))
        return *in;
    if (eqli_is_date(in))
        return date_to_number(in);
    return coerce && in->type == EQLM_STRING ? text_to_number(in) : eqli_null();
}

static eqli_op_result read_text(bool coerce, const eqlm_value *in, eqli_arena *scratch, eqlm_value *out)
{
    char text[EQLI_NUM_MAX > 46 ? EQLI_NUM_MAX : 46];
    size_t len;
    if (in->type == EQLM_STRING) {
        *out = *in;
        return EQLI_OP_OK;
    }
    if (!coerce && !eqli_is_own(in))
        return EQLI_OP_OK;
    switch (in->type) {
    case EQLM_BOOL:
        *out = in->as.boolean ? eqli_string("true", 4) : eqli_string("false", 5);
        return EQLI_OP_OK;
    case EQLM_I64:
        len = eqli_i64_text(in->as.i64, text);
        break;
    case EQLM_U64:
        len = eqli_u64_text(in->as.u64, text);
        break;
    case EQLM_F64:
        len = eqli_f64_text(in->as.f64, text);
        break;
    case EQLM_IP:
        len = eqli_ip_text(in->as.ip, in->len, text);
        break;
    case EQLM_DATE:
    case EQLM_FAR_DATE:
        len = eqli_date_text(in, text);
        break;
    default:
        return EQLI_OP_OK;
    }
    char *copy = eqli_arena_copy(scratch, text, len);
    if (!copy)
        return eqli_op_no_room(scratch);
    *out = eqli_string(copy, len);
    return EQLI_OP_OK;
}

static bool is_text(const eqlm_value *v, const char *text, size_t len)
{
    return v->type == EQLM_STRING && v->len == len && memcmp(v->as.str, text, len) == 0;
}

static eqlm_value read_bool(bool coerce, const eqlm_value *in)
{
    if (in->type == EQLM_BOOL)
        return *in;
    if (coerce && is_text(in, "true", 4))
        return eqli_bool(true);
    return coerce && is_text(in, "false", 5) ? eqli_bool(false) : eqli_null();
}

static eqli_op_result read_ip(const eqlm_value *in, eqli_arena *scratch, eqlm_value *out)
{
    eqli_ip ip;
    if (in->type == EQLM_IP)
        *out = *in;
    if (in->type != EQLM_STRING || !eqli_ip_parse(in->as.str, in->len, &ip))
        return EQLI_OP_OK;
    unsigned char *bytes = eqli_arena_alloc(scratch, ip.len);
    if (!bytes)
        return eqli_op_no_room(scratch);
    memcpy(bytes, ip.bytes, ip.len);
    *out = (eqlm_value){ .type = EQLM_IP, .len = ip.len, .as.ip = bytes };
    return EQLI_OP_OK;
}

eqli_op_result eqli_read_as(eqli_as as, bool coerce, const eqlm_value *in, eqli_arena *scratch,
                            eqlm_value *out)
{
    eqlm_value v = *in; /* out may be in */
    *out = eqli_null();
    switch (as) {
    case EQLI_AS_RAW:
        *out = v;
        break;
    case EQLI_AS_NUM:
        *out = read_number(coerce, &v);
        break;
    case EQLI_AS_ANY:
        if (eqli_is_own(&v)) {
            *out = v;
            break;
        }
        return read_text(coerce, &v, scratch, out);
    case EQLI_AS_STR:
    case EQLI_AS_VERSION:
        return read_text(coerce, &v, scratch, out);
    case EQLI_AS_BOOL:
        *out = read_bool(coerce, &v);
        break;
    case EQLI_AS_IP:
        return read_ip(&v, scratch, out);
    case EQLI_AS_DATE:
        (void)to_date(&v, out);
        break;
    }
    return EQLI_OP_OK;
}

/* ---- Comparing ----------------------------------------------------------------------------------------- */

typedef enum order { LESS = -1, EQUAL = 0, GREATER = 1, UNORDERED = 2 } order;

static order order_i64(int64_t a, int64_t b)
{
    return a < b ? LESS : a > b ? GREATER : EQUAL;
}

static order order_f64(double a, double b)
{
    return a < b ? LESS : a > b ? GREATER : a == b ? EQUAL : UNORDERED;
}

static order reverse(order o)
{
    return o == LESS ? GREATER : o == GREATER ? LESS : o;
}

/* The double is cut to an integer, which loses nothing, instead of the integer rounded to a double. */
static order order_i64_f64(int64_t a, double b)
{
    if (isnan(b))
        return UNORDERED;
    if (b >= 9223372036854775808.0)
        return LESS;
    if (b < -9223372036854775808.0)
        return GREATER;
    int64_t whole = (int64_t)b;
    return a != whole ? order_i64(a, whole) : order_f64((double)whole, b);
}

static order order_u64_f64(uint64_t a, double b)
{
    if (isnan(b))
        return UNORDERED;
    if (b >= 18446744073709551616.0)
        return LESS;
    if (b < 0)
        return GREATER;
    uint64_t whole = (uint64_t)b;
    if (a != whole)
        return a < whole ? LESS : GREATER;
    return order_f64((double)whole, b);
}

static order order_numbers(const eqlm_value *a, const eqlm_value *b)
{
    if (a->type == EQLM_F64 && b->type == EQLM_F64)
        return order_f64(a->as.f64, b->as.f64);
    if (a->type == EQLM_F64)
        return reverse(order_numbers(b, a));
    if (a->type == EQLM_I64) {
        if (b->type == EQLM_F64)
            return order_i64_f64(a->as.i64, b->as.f64);
        if (b->type == EQLM_I64)
            return order_i64(a->as.i64, b->as.i64);
        return a->as.i64 < 0 || (uint64_t)a->as.i64 < b->as.u64 ? LESS
               : (uint64_t)a->as.i64 > b->as.u64                ? GREATER
                                                                : EQUAL;
    }
    if (b->type == EQLM_F64)
        return order_u64_f64(a->as.u64, b->as.f64);
    if (b->type == EQLM_I64)
        return reverse(order_numbers(b, a));
    return a->as.u64 < b->as.u64 ? LESS : a->as.u64 > b->as.u64 ? GREATER : EQUAL;
}

static order sign(int v)
{
    return v < 0 ? LESS : v > 0 ? GREATER : EQUAL;
}

static order order_strings(const eqlm_value *a, const eqlm_value *b)
{
    size_t n = a->len < b->len ? a->len : b->len;
    int v = n ? memcmp(a->as.str, b->as.str, n) : 0;
    return v ? sign(v) : order_i64(a->len, b->len);
}

static order order_same_type(const eqlm_value *a, const eqlm_value *b, bool version, bool *comparable)
{
    switch (a->type) {
    case EQLM_BOOL:
        return order_i64(a->as.boolean, b->as.boolean);
    case EQLM_STRING:
        return version ? sign(eqli_version_compare(a->as.str, a->len, b->as.str, b->len))
                       : order_strings(a, b);
    case EQLM_IP:
        return sign(eqli_ip_compare(a->as.ip, a->len, b->as.ip, b->len));
    case EQLM_DATE:
    case EQLM_FAR_DATE:
        return sign(eqli_date_compare(a, b));
    default:
        *comparable = false;
        return UNORDERED;
    }
}

static order order_dates(const eqlm_value *a, const eqlm_value *b, bool *comparable)
{
    eqlm_value x, y;
    if (eqli_is_number(a) || eqli_is_number(b)) { /* as where a field is read as a number (language 5) */
        x = read_number(false, a);
        y = read_number(false, b);
        return order_numbers(&x, &y);
    }
    *comparable = to_date(a, &x) && to_date(b, &y);
    return *comparable ? sign(eqli_date_compare(&x, &y)) : UNORDERED;
}

/* An address beside a string: another address, or for == and != a block (decision 8). */
static order order_ip_text(const eqlm_value *ip, const eqlm_value *text, bool equality, bool *comparable)
{
    eqli_ip other;
    eqli_cidr block;
    if (eqli_ip_parse(text->as.str, text->len, &other))
        return sign(eqli_ip_compare(ip->as.ip, ip->len, other.bytes, other.len));
    if (equality && eqli_cidr_parse(text->as.str, text->len, &block))
        return eqli_cidr_match(&block, ip->as.ip, ip->len) ? EQUAL : UNORDERED;
    *comparable = false;
    return UNORDERED;
}

static order order_values(const eqlm_value *a, const eqlm_value *b, bool version, bool equality,
                          bool *comparable)
{
    if (eqli_is_number(a) && eqli_is_number(b))
        return order_numbers(a, b);
    if (a->type == b->type)
        return order_same_type(a, b, version, comparable);
    if (eqli_is_date(a) || eqli_is_date(b))
        return order_dates(a, b, comparable);
    if (a->type == EQLM_IP && b->type == EQLM_STRING)
        return order_ip_text(a, b, equality, comparable);
    if (a->type == EQLM_STRING && b->type == EQLM_IP)
        return reverse(order_ip_text(b, a, equality, comparable));
    *comparable = false;
    return UNORDERED;
}

eqli_tri eqli_compare(eqli_cmp op, const eqlm_value *a, const eqlm_value *b, bool version)
{
    bool comparable = true, holds = false;
    order o = order_values(a, b, version, op == EQLI_CMP_EQ || op == EQLI_CMP_NE, &comparable);
    if (!comparable)
        return EQLI_UNKNOWN;
    switch (op) {
    case EQLI_CMP_EQ:
        holds = o == EQUAL;
        break;
    case EQLI_CMP_NE:
        holds = o != EQUAL;
        break;
    case EQLI_CMP_LT:
        holds = o == LESS;
        break;
    case EQLI_CMP_LE:
        holds = o == LESS || o == EQUAL;
        break;
    case EQLI_CMP_GT:
        holds = o == GREATER;
        break;
    case EQLI_CMP_GE:
        holds = o == GREATER || o == EQUAL;
        break;
    }
    return holds ? EQLI_TRUE : EQLI_FALSE;
}

bool eqli_value_same(const eqlm_value *a, const eqlm_value *b)
{
    bool comparable = true;
    if (eqli_is_number(a) && eqli_is_number(b)) {
        bool both_nan = a->type == EQLM_F64 && b->type == EQLM_F64 && isnan(a->as.f64) && isnan(b->as.f64);
        return both_nan || order_numbers(a, b) == EQUAL;
    }
    if (eqli_is_date(a) && eqli_is_date(b))
        return eqli_date_compare(a, b) == 0;
    if (a->type != b->type)
        return false;
    if (a->type == EQLM_OBJECT)
        return a->as.object == b->as.object;
    return a->type == EQLM_NULL || order_same_type(a, b, false, &comparable) == EQUAL;
}

eqli_tri eqli_tri_and(eqli_tri a, eqli_tri b)
{
    if (a == EQLI_FALSE || b == EQLI_FALSE)
        return EQLI_FALSE;
    return a == EQLI_TRUE && b == EQLI_TRUE ? EQLI_TRUE : EQLI_UNKNOWN;
}

eqli_tri eqli_tri_or(eqli_tri a, eqli_tri b)
{
    if (a == EQLI_TRUE || b == EQLI_TRUE)
        return EQLI_TRUE;
    return a == EQLI_FALSE && b == EQLI_FALSE ? EQLI_FALSE : EQLI_UNKNOWN;
}

eqli_tri eqli_tri_not(eqli_tri a)
{
    return a == EQLI_UNKNOWN ? a : a == EQLI_TRUE ? EQLI_FALSE : EQLI_TRUE;
}
