/* json_number.c - numbers of JSON as values. */
#include "json_number.h"

#include <stdlib.h>

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* Goes behind the digits at *p. False: there are none. */
static bool digits(const char **p, const char *end)
{
    const char *from = *p;
    *p = skip_digits(from, end);
    return *p > from;
}

static bool is_number(const char *p, const char *end, bool *integer)
{
    p += p < end && *p == '-';
    bool zero = p < end && *p == '0';
    const char *from = p;
    if (!digits(&p, end) || (zero && p - from > 1))
        return false;
    const char *integer_end = p;
    if (p < end && *p == '.') {
        p++;
        if (!digits(&p, end))
            return false;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < end && (*p == '+' || *p == '-');
        if (!digits(&p, end))
            return false;
    }
    *integer = p == integer_end;
    return p == end;
}

/* The digits as a number. False: it does not fit. */
static bool magnitude(const char *p, const char *end, uint64_t *out)
{
    *out = 0;
    for (; p < end; p++) {
        unsigned digit = (unsigned)(*p - '0');
        if (*out > UINT64_MAX / 10 || (*out == UINT64_MAX / 10 && digit > UINT64_MAX % 10))
            return false;
        *out = *out * 10 + digit;
    }
    return true;
}

bool eqlc_json_number(const char *text, const char *end, eqlm_value *out)
{
    bool integer, negative = *text == '-';
    uint64_t n;
    if (!is_number(text, end, &integer))
        return false;
    if (integer && magnitude(text + negative, end, &n)) {
        if (n <= (uint64_t)INT64_MAX) {
            *out = (eqlm_value) { .type = EQLM_I64, .as.i64 = negative ? -(int64_t)n : (int64_t)n };
            return true;
        }
        if (negative && n == (uint64_t)INT64_MAX + 1) {
            *out = (eqlm_value) { .type = EQLM_I64, .as.i64 = INT64_MIN };
            return true;
        }
        if (!negative) {
            *out = (eqlm_value) { .type = EQLM_U64, .as.u64 = n };
            return true;
        }
    }
    *out = (eqlm_value) { .type = EQLM_F64, .as.f64 = strtod(text, NULL) };
    return true;
}
