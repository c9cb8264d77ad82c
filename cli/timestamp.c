/* timestamp.c - reads and writes points in time. */
#include "timestamp.h"

#include <stdio.h>
#include <stdlib.h>

#define NS_PER_S INT64_C(1000000000)
#define FILETIME_1970 INT64_C(116444736000000000) /* 100 ns ticks from 1601 to 1970 */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static int days_in_month(int year, int month)
{
    static const int days[13] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month] + (month == 2 && leap);
}

typedef struct cursor {
    const char *p, *end;
} cursor;

/* Exactly n digits with a value up to max. */
static bool digits(cursor *c, int n, int max, int *out)
{
    int v = 0;
    if (c->end - c->p < n)
        return false;
    for (int i = 0; i < n; i++, c->p++) {
        if (!is_digit(*c->p))
            return false;
        v = v * 10 + (*c->p - '0');
    }
    *out = v;
    return v <= max;
}

static bool one_of(cursor *c, const char *set)
{
    for (; c->p < c->end && *set; set++) {
        if (*c->p == *set) {
            c->p++;
            return true;
        }
    }
    return false;
}

/* Fraction of a second in ns, if one of `points` stands there; digits beyond nine are read and dropped. */
static bool fraction(cursor *c, const char *points, int64_t *out)
{
    int64_t ns = 0, weight = NS_PER_S / 10;
    *out = 0;
    if (!one_of(c, points))
        return true;
    if (c->p == c->end || !is_digit(*c->p))
        return false;
    for (; c->p < c->end && is_digit(*c->p); c->p++, weight /= 10)
        ns += weight * (*c->p - '0');
    *out = ns;
    return true;
}

/* Zone as seconds east of UTC; none is UTC. */
static bool zone(cursor *c, int64_t *out)
{
    int hours = 0, minutes = 0;
    *out = 0;
    if (c->p == c->end || one_of(c, "Zz"))
        return true;
    bool west = *c->p == '-';
    if (!one_of(c, "+-") || !digits(c, 2, 18, &hours))
        return false;
    if (c->p < c->end) {
        one_of(c, ":");
        if (!digits(c, 2, 59, &minutes))
            return false;
    }
    *out = (hours * 60 + minutes) * 60;
    if (west)
        *out = -*out;
    return true;
}

/* seconds * 10^9 + ns without overflow. */
static bool join(int64_t seconds, int64_t ns, int64_t *out)
{
    int64_t total;
    if (__builtin_mul_overflow(seconds, NS_PER_S, &total))
        return false;
    return !__builtin_add_overflow(total, ns, out);
}

/* "T08", "T08:00", "T08:00:00.5", each with a zone. */
static bool time_of_day(cursor *c, int64_t *seconds, int64_t *ns)
{
    int hour, minute = 0, second = 0;
    int64_t east;
    if (!one_of(c, "Tt ") || !digits(c, 2, 23, &hour))
        return false;
    if (one_of(c, ":")) {
        if (!digits(c, 2, 59, &minute))
            return false;
        if (one_of(c, ":") && (!digits(c, 2, 60, &second) || !fraction(c, ".,", ns)))
            return false;
    }
    if (!zone(c, &east))
        return false;
    *seconds = hour * 3600 + minute * 60 + second - east;
    return true;
}

/* What lib/ops/date.c reads as well: an event's time is the one that queries see. */
bool eqlc_time_parse(const char *text, size_t len, int64_t *out)
{
    cursor c = { text, text + len };
    int year, month = 1, day = 1;
    int64_t seconds = 0, ns = 0;
    if (!digits(&c, 4, 9999, &year))
        return false;
    if (c.p < c.end && (!one_of(&c, "-") || !digits(&c, 2, 12, &month) || month < 1))
        return false;
    if (c.p < c.end && (!one_of(&c, "-") || !digits(&c, 2, days_in_month(year, month), &day) || day < 1))
        return false;
    if (c.p < c.end && !time_of_day(&c, &seconds, &ns))
        return false;
    return c.p == c.end && join(days_of(year, month, day) * 86400 + seconds, ns, out);
}

/* Nanoseconds of one unit; FILETIME also counts from another day. */
static int64_t unit_ns(eqlc_time_unit unit)
{
    switch (unit) {
    case EQLC_S:
        return NS_PER_S;
    case EQLC_MS:
        return 1000000;
    case EQLC_US:
        return 1000;
    case EQLC_FILETIME:
        return 100;
    case EQLC_NS:
        break;
    }
    return 1;
}

static bool from_integer(int64_t n, eqlc_time_unit unit, int64_t *out)
{
    if (unit == EQLC_FILETIME && __builtin_sub_overflow(n, FILETIME_1970, &n))
        return false;
    return !__builtin_mul_overflow(n, unit_ns(unit), out);
}

static bool from_double(double d, eqlc_time_unit unit, int64_t *out)
{
    if (unit == EQLC_FILETIME)
        d -= (double)FILETIME_1970;
    d *= (double)unit_ns(unit);
    if (!(d > -9.2e18 && d < 9.2e18)) /* also false for NaN */
        return false;
    *out = (int64_t)d;
    return true;
}

/* A number as text: digits with an optional sign and fraction. Four digits alone are a year, if not one of
 * ours. */
static bool from_digits(const char *text, size_t len, eqlc_time_unit unit, int64_t *out)
{
    cursor c = { text, text + len };
    bool negative = len > 0 && *text == '-';
    int64_t n = 0, ns;
    if (negative)
        c.p++;
    if (c.p == c.end || !is_digit(*c.p))
        return false;
    for (; c.p < c.end && is_digit(*c.p); c.p++)
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *c.p - '0', &n))
            return false;
    if ((len == 4 && c.p - text == 4 && !negative) || !fraction(&c, ".", &ns) || c.p != c.end ||
        !from_integer(negative ? -n : n, unit, out))
        return false;
    ns = ns / (NS_PER_S / unit_ns(unit));
    return !__builtin_add_overflow(*out, negative ? -ns : ns, out);
}

bool eqlc_time_from_value(const eqlm_value *value, eqlc_time_unit unit, int64_t *out)
{
    switch (value->type) {
    case EQLM_STRING:
        return eqlc_time_parse(value->as.str, value->len, out) ||
               from_digits(value->as.str, value->len, unit, out);
    case EQLM_I64:
        return from_integer(value->as.i64, unit, out);
    case EQLM_F64:
        return from_double(value->as.f64, unit, out);
    case EQLM_ARRAY:
        return value->len > 0 && value->as.items[0].type != EQLM_ARRAY &&
               eqlc_time_from_value(&value->as.items[0], unit, out);
    default:
        return false;
    }
}

static void format(int64_t seconds, int64_t ns, char out[EQLC_TIME_TEXT])
{
    int64_t days = seconds / 86400, rest = seconds % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    int day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    int month_of_year = (int)(month < 10 ? month + 3 : month - 9);
    int year = (int)(year_of_era + era * 400 + (month_of_year <= 2));
    int digits_shown = ns == 0 ? 0 : ns % 1000000 == 0 ? 3 : ns % 1000 == 0 ? 6 : 9;
    int n =
        snprintf(out, EQLC_TIME_TEXT, "%s%04d-%02d-%02dT%02d:%02d:%02d",
                 year < 0      ? "-"
                 : year > 9999 ? "+"
                               : "",
                 abs(year), month_of_year, day, (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
    if (digits_shown > 0) {
        int64_t shown = digits_shown == 3 ? ns / 1000000 : digits_shown == 6 ? ns / 1000 : ns;
        n += snprintf(out + n, EQLC_TIME_TEXT - (size_t)n, ".%0*lld", digits_shown, (long long)shown);
    }
    snprintf(out + n, EQLC_TIME_TEXT - (size_t)n, "Z");
}

void eqlc_time_format(int64_t time, char out[EQLC_TIME_TEXT])
{
    bool borrow = time % NS_PER_S < 0;
    format(time / NS_PER_S - borrow, time % NS_PER_S + borrow * NS_PER_S, out);
}

void eqlc_date_format(const eqlm_value *date, char out[EQLC_TIME_TEXT])
{
    int64_t ms = date->as.i64;
    bool borrow = ms % 1000 < 0;
    if (date->type == EQLM_DATE)
        eqlc_time_format(ms, out);
    else
        format(ms / 1000 - borrow, (ms % 1000 + borrow * 1000) * 1000000 + date->len, out);
}
