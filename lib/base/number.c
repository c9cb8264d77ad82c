#include "base/number.h"

#include <string.h>

#include "base/big.h"

/* ---- Text to number ------------------------------------------------------------------------------------ */

/* The middle between two doubles has at most 767 significant digits: of those behind, only "something not
 * zero" can matter, and a final 1 says that. */
enum { MAX_DIGITS = 800 };

typedef struct decimal {
    bool negative, real; /* real: written with a point or an exponent */
    bool big_integer;    /* the integer part does not fit 64 bits */
    uint64_t integer;
    uint32_t n;
    uint8_t digit[MAX_DIGITS + 1];
    int64_t point; /* the value is 0.ddd... * 10^point */
} decimal;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void add_digit(decimal *d, uint32_t digit, bool fraction, bool *rest)
{
    if (d->n == 0 && digit == 0) { /* a leading zero */
        d->point -= fraction;
        return;
    }
    if (d->n < MAX_DIGITS)
        d->digit[d->n++] = (uint8_t)digit;
    else if (digit)
        *rest = true;
    d->point += !fraction;
}

static void add_integer_digit(decimal *d, uint32_t digit)
{
    if (d->integer > (UINT64_MAX - digit) / 10)
        d->big_integer = true;
    else
        d->integer = d->integer * 10 + digit;
}

/* "e+12" at *i; the value saturates far outside of what any number of digits could balance. */
static bool scan_exponent(const char *s, size_t len, size_t *i, int64_t *out)
{
    const int64_t limit = INT64_C(1000000000000000000);
    size_t at = *i + 1;
    bool negative = at < len && s[at] == '-';
    if (at < len && (s[at] == '-' || s[at] == '+'))
        at++;
    size_t first = at;
    int64_t e = 0;
    for (; at < len && is_digit(s[at]); at++)
        e = e < limit / 10 ? e * 10 + (s[at] - '0') : limit;
    if (at == first)
        return false;
    *i = at;
    *out = negative ? -e : e;
    return true;
}

static bool scan(const char *s, size_t len, decimal *d)
{
    size_t i = 0, seen = 0;
    bool rest = false;
    memset(d, 0, offsetof(decimal, digit));
    d->point = 0;
    if (len && (s[0] == '-' || s[0] == '+'))
        d->negative = s[i++] == '-';
    for (; i < len && is_digit(s[i]); i++, seen++) {
        add_digit(d, (uint32_t)(s[i] - '0'), false, &rest);
        add_integer_digit(d, (uint32_t)(s[i] - '0'));
    }
    if (i < len && s[i] == '.') {
        d->real = true;
        for (i++; i < len && is_digit(s[i]); i++, seen++)
            add_digit(d, (uint32_t)(s[i] - '0'), true, &rest);
    }
    if (!seen)
        return false;
    if (i < len && (s[i] == 'e' || s[i] == 'E')) {
        int64_t e;
        d->real = true;
        if (!scan_exponent(s, len, &i, &e))
            return false;
        d->point += e;
    }
    if (rest)
        d->digit[d->n++] = 1;
    while (d->n && d->digit[d->n - 1] == 0)
        d->n--;
    return i == len;
}

static double double_from_bits(uint64_t bits)
{
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* Bits of the double nearest to (top / 2^63 + a little, if sticky) * 2^exponent, 1 <= top / 2^63 < 2. */
static uint64_t round_to_bits(uint64_t top, bool sticky, int64_t exponent)
{
    const uint64_t infinity = UINT64_C(0x7FF0000000000000);
    if (exponent > 1023)
        return infinity;
    int64_t shift = exponent >= -1022 ? 11 : 11 + (-1022 - exponent);
    if (shift > 64)
        return 0;
    if (shift == 64)
        return top > UINT64_C(1) << 63 || sticky;
    uint64_t mantissa = top >> shift;
    uint64_t rest = top & ((UINT64_C(1) << shift) - 1), half = UINT64_C(1) << (shift - 1);
    if (rest > half || (rest == half && (sticky || (mantissa & 1))))
        mantissa++;
    if (exponent < -1022) /* the carry of a full mantissa is the first normal number */
        return mantissa;
    return ((uint64_t)(exponent + 1022) << 52) + mantissa;
}

/* The exact quotient of two integers, cut to 64 bits; n > 0, -330 <= point <= 310. */
static uint64_t exact_bits(const decimal *d)
{
    eqli_big num = eqli_big_from(0), den = eqli_big_from(1);
    for (uint32_t i = 0; i < d->n; i++)
        eqli_big_mul_add(&num, 10, d->digit[i]);
    int32_t exp10 = (int32_t)(d->point - (int64_t)d->n);
    eqli_big_mul_pow5(exp10 < 0 ? &den : &num, (uint32_t)(exp10 < 0 ? -exp10 : exp10));
    int32_t shift = (int32_t)eqli_big_bits(&den) - (int32_t)eqli_big_bits(&num);
    eqli_big_shift(shift > 0 ? &num : &den, (uint32_t)(shift > 0 ? shift : -shift));
    int64_t exponent = (int64_t)exp10 - shift;
    if (eqli_big_compare(&num, &den) < 0) {
        eqli_big_shift(&num, 1);
        exponent--;
    }
    uint64_t quotient = 0;
    for (int i = 0; i < 64; i++) {
        quotient <<= 1;
        if (eqli_big_compare(&num, &den) >= 0) {
            eqli_big_subtract(&num, &den);
            quotient |= 1;
        }
        eqli_big_shift(&num, 1);
    }
    return round_to_bits(quotient, num.n != 0, exponent);
}

/* Both operands are exact doubles, so the one operation rounds correctly. */
static bool quick_double(const decimal *d, double *out)
{
    static const double pow10[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    int64_t exp10 = d->point - (int64_t)d->n;
    if (d->n > 15 || exp10 < -22 || exp10 > 22)
        return false;
    uint64_t w = 0;
    for (uint32_t i = 0; i < d->n; i++)
        w = w * 10 + d->digit[i];
    *out = exp10 < 0 ? (double)w / pow10[-exp10] : (double)w * pow10[exp10];
    return true;
}

static eqli_num_kind to_double(const decimal *d, eqli_num *out)
{
    double v = 0;
    if (d->n && d->point > 310)
        return EQLI_NUM_OVERFLOW;
    if (d->n && d->point >= -330 && !quick_double(d, &v)) {
        uint64_t bits = exact_bits(d);
        if (bits >> 52 == 0x7FF)
            return EQLI_NUM_OVERFLOW;
        v = double_from_bits(bits);
    }
    out->f64 = d->negative ? -v : v;
    return EQLI_NUM_F64;
}

eqli_num_kind eqli_num_parse(const char *s, size_t len, eqli_num *out)
{
    const uint64_t min_i64 = UINT64_C(1) << 63;
    decimal d;
    if (!scan(s, len, &d))
        return EQLI_NUM_BAD;
    if (d.real || d.big_integer || (d.negative && d.integer > min_i64))
        return to_double(&d, out);
    if (d.negative) {
        out->i64 = d.integer == min_i64 ? INT64_MIN : -(int64_t)d.integer;
        return EQLI_NUM_I64;
    }
    if (d.integer > INT64_MAX) {
        out->u64 = d.integer;
        return EQLI_NUM_U64;
    }
    out->i64 = (int64_t)d.integer;
    return EQLI_NUM_I64;
}

static unsigned digit_value(char c)
{
    if (is_digit(c))
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A') + 10;
    return 99;
}

bool eqli_int_parse(const char *s, size_t len, unsigned base, int64_t *out)
{
    size_t i = len && (s[0] == '-' || s[0] == '+');
    bool negative = i && s[0] == '-';
    uint64_t limit = (uint64_t)INT64_MAX + negative, v = 0;
    if (i == len || base < 2 || base > 36)
        return false;
    for (; i < len; i++) {
        unsigned digit = digit_value(s[i]);
        if (digit >= base || v > (limit - digit) / base)
            return false;
        v = v * base + digit;
    }
    *out = !negative ? (int64_t)v : v == limit ? INT64_MIN : -(int64_t)v;
    return true;
}

/* ---- Number to text ------------------------------------------------------------------------------------ */

static size_t put_integer(char *out, uint64_t v)
{
    char back[20];
    size_t n = 0;
    do {
        back[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    for (size_t i = 0; i < n; i++)
        out[i] = back[n - 1 - i];
    return n;
}

size_t eqli_u64_text(uint64_t v, char out[EQLI_NUM_MAX])
{
    return put_integer(out, v);
}

size_t eqli_i64_text(int64_t v, char out[EQLI_NUM_MAX])
{
    if (v >= 0)
        return put_integer(out, (uint64_t)v);
    out[0] = '-';
    return 1 + put_integer(out + 1, 0 - (uint64_t)v);
}

/* A double's value and the half-way points to its neighbours, all times one common power: value = r / s,
 * neighbours' middles at (r - minus) / s and (r + plus) / s (Steele and White). */
typedef struct digit_source {
    eqli_big r, s, plus, minus;
    bool even; /* the middles themselves round to this double */
} digit_source;

static bool reaches_next(const digit_source *g)
{
    eqli_big sum = g->r;
    eqli_big_add(&sum, &g->plus);
    int order = eqli_big_compare(&sum, &g->s);
    return order > 0 || (order == 0 && g->even);
}

/* Scales the value to 0.ddd * 10^k and returns k. */
static int32_t digits_begin(digit_source *g, uint64_t bits)
{
    uint64_t mantissa = bits & ((UINT64_C(1) << 52) - 1);
    int32_t biased = (int32_t)(bits >> 52);
    bool closer_below = mantissa == 0 && biased > 1; /* a power of two: the lower neighbour is nearer */
    if (biased)
        mantissa |= UINT64_C(1) << 52;
    int32_t exponent = (biased ? biased : 1) - 1075;
    g->even = (mantissa & 1) == 0;
    const eqli_big value = eqli_big_from(mantissa);
    g->r = value;
    g->s = g->plus = g->minus = eqli_big_from(1);
    uint32_t extra = closer_below ? 2 : 1;
    eqli_big_shift(&g->r, extra + (uint32_t)(exponent > 0 ? exponent : 0));
    eqli_big_shift(&g->s, extra + (uint32_t)(exponent < 0 ? -exponent : 0));
    eqli_big_shift(&g->minus, (uint32_t)(exponent > 0 ? exponent : 0));
    eqli_big_shift(&g->plus, extra - 1 + (uint32_t)(exponent > 0 ? exponent : 0));

    /* floor(log10(2^log2)) + 1 is right or too small by one. */
    int32_t log2 = exponent + (int32_t)eqli_big_bits(&value) - 1;
    int32_t scaled = log2 * 30103;
    int32_t k = scaled / 100000 - (scaled % 100000 < 0) + 1;
    if (k >= 0) {
        eqli_big_mul_pow5(&g->s, (uint32_t)k);
        eqli_big_shift(&g->s, (uint32_t)k);
    } else {
        eqli_big *parts[] = { &g->r, &g->plus, &g->minus };
        for (size_t i = 0; i < 3; i++) {
            eqli_big_mul_pow5(parts[i], (uint32_t)-k);
            eqli_big_shift(parts[i], (uint32_t)-k);
        }
    }
    for (; reaches_next(g); k++)
        eqli_big_mul_add(&g->s, 10, 0);
    return k;
}

static uint8_t next_digit(digit_source *g)
{
    uint8_t digit = 0;
    eqli_big_mul_add(&g->r, 10, 0);
    eqli_big_mul_add(&g->plus, 10, 0);
    eqli_big_mul_add(&g->minus, 10, 0);
    for (; eqli_big_compare(&g->r, &g->s) >= 0; digit++)
        eqli_big_subtract(&g->r, &g->s);
    return digit;
}

/* Whether what is left after `digit` makes it digit + 1. */
static bool rounds_up(const digit_source *g, uint8_t digit, bool low, bool high)
{
    if (low != high)
        return high;
    eqli_big twice = g->r;
    eqli_big_shift(&twice, 1);
    int order = eqli_big_compare(&twice, &g->s);
    return order > 0 || (order == 0 && (digit & 1));
}

enum { SHORTEST_MAX = 24 };

/* Digits of a positive finite double, 0.ddd * 10^*k. As Java does, one that a single digit would tell gets
 * the nearest of two digits: 4.9E-324, not 5.0E-324. */
static size_t shortest_digits(uint64_t bits, uint8_t out[SHORTEST_MAX], int32_t *k)
{
    digit_source g;
    size_t n = 0, significant = 0;
    bool up;
    *k = digits_begin(&g, bits);
    for (;;) {
        uint8_t digit = next_digit(&g);
        int order = eqli_big_compare(&g.r, &g.minus);
        bool low = order < 0 || (order == 0 && g.even), high = reaches_next(&g);
        significant += significant || digit;
        out[n++] = digit;
        if ((significant >= 2 && (low || high)) || n == SHORTEST_MAX) {
            up = rounds_up(&g, digit, low, high);
            break;
        }
    }
    size_t last = n;
    while (up && last > 0 && out[last - 1] == 9)
        out[--last] = 0;
    if (up && last > 0) {
        out[last - 1]++;
    } else if (up) {
        out[0] = 1;
        ++*k;
    }
    size_t zeros = 0;
    while (zeros < n && out[zeros] == 0)
        zeros++;
    n -= zeros;
    *k -= (int32_t)zeros;
    memmove(out, out + zeros, n);
    while (n > 1 && out[n - 1] == 0)
        n--;
    return n;
}

static size_t put_digits(char *out, const uint8_t *digits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (char)('0' + digits[i]);
    return n;
}

/* 0.ddd * 10^k for -3 < k <= 7, which Java writes without exponent. */
static size_t put_plain(char *out, const uint8_t *digits, size_t n, int32_t k)
{
    size_t at = 0, whole = k > 0 ? (size_t)k : 0;
    if (whole == 0)
        out[at++] = '0';
    for (size_t i = 0; i < whole; i++)
        out[at++] = (char)('0' + (i < n ? digits[i] : 0));
    out[at++] = '.';
    for (int32_t i = k; i < 0; i++)
        out[at++] = '0';
    if (n > whole)
        at += put_digits(out + at, digits + whole, n - whole);
    else
        out[at++] = '0';
    return at;
}

static size_t put_scientific(char *out, const uint8_t *digits, size_t n, int32_t k)
{
    size_t at = put_digits(out, digits, 1);
    out[at++] = '.';
    if (n > 1)
        at += put_digits(out + at, digits + 1, n - 1);
    else
        out[at++] = '0';
    out[at++] = 'E';
    if (k < 1)
        out[at++] = '-';
    return at + put_integer(out + at, (uint64_t)(k < 1 ? 1 - k : k - 1));
}

static size_t put_text(char *out, const char *text)
{
    size_t n = strlen(text);
    memcpy(out, text, n);
    return n;
}

size_t eqli_f64_text(double v, char out[EQLI_NUM_MAX])
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    size_t at = 0;
    bool negative = bits >> 63;
    bits &= INT64_MAX;
    if (bits > UINT64_C(0x7FF0000000000000))
        return put_text(out, "NaN");
    if (negative)
        out[at++] = '-';
    if (bits == UINT64_C(0x7FF0000000000000))
        return at + put_text(out + at, "Infinity");
    if (bits == 0)
        return at + put_text(out + at, "0.0");
    uint8_t digits[SHORTEST_MAX];
    int32_t k;
    size_t n = shortest_digits(bits, digits, &k);
    return at +
           (k > -3 && k <= 7 ? put_plain(out + at, digits, n, k) : put_scientific(out + at, digits, n, k));
}
