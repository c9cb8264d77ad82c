#include "ops/date.h"

static const int64_t NS_PER_S = 1000000000, NS_PER_MS = 1000000, S_PER_DAY = 86400;

eqlm_value eqli_date(int64_t ms, uint32_t ns)
{
    /* The last milliseconds at both ends, of which nanoseconds hold only a part, are far. */
    const int64_t limit = INT64_MAX / NS_PER_MS;
    if (ms >= limit || ms <= -limit)
        return (eqlm_value){ .type = EQLM_FAR_DATE, .len = ns, .as.i64 = ms };
    return (eqlm_value){ .type = EQLM_DATE, .as.i64 = ms * NS_PER_MS + ns };
}

int64_t eqli_date_ms(const eqlm_value *date, uint32_t *ns)
{
    int64_t ms = date->as.i64, rest = date->len < NS_PER_MS ? date->len : NS_PER_MS - 1;
    if (date->type == EQLM_DATE) {
        rest = ms % NS_PER_MS;
        ms /= NS_PER_MS;
        if (rest < 0) {
            rest += NS_PER_MS;
            ms--;
        }
    }
    *ns = (uint32_t)rest;
    return ms;
}

int eqli_date_compare(const eqlm_value *a, const eqlm_value *b)
{
    uint32_t ns_a = 0, ns_b = 0;
    int64_t x = a->as.i64, y = b->as.i64;
    if (a->type == EQLM_FAR_DATE || b->type == EQLM_FAR_DATE) {
        x = eqli_date_ms(a, &ns_a);
        y = eqli_date_ms(b, &ns_b);
    }
    return x != y ? (x > y) - (x < y) : (ns_a > ns_b) - (ns_a < ns_b);
}

typedef struct cursor {
    const char *p, *end;
} cursor;

static bool at_digit(const cursor *c)
{
    return c->p < c->end && *c->p >= '0' && *c->p <= '9';
}

static bool take(cursor *c, char wanted)
{
    if (c->p == c->end || *c->p != wanted)
        return false;
    c->p++;
    return true;
}

/* Exactly n digits with a value in low..high. */
static bool take_number(cursor *c, int n, int32_t low, int32_t high, int32_t *out)
{
    int32_t v = 0;
    for (int i = 0; i < n; i++) {
        if (!at_digit(c))
            return false;
        v = v * 10 + (*c->p++ - '0');
    }
    *out = v;
    return v >= low && v <= high;
}

static bool is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int32_t days_in_month(int32_t year, int32_t month)
{
    static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar. The year is taken to start in March, so that the
 * leap day is its last. */
static int64_t days_from_date(int32_t year, int32_t month, int32_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (int32_t)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int32_t)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int32_t)(year_of_era + era * 400 + (*month <= 2));
}

/* Digits behind the ninth are read and dropped. */
static bool take_fraction(cursor *c, int64_t *ns)
{
    if (!at_digit(c))
        return false;
    for (int64_t unit = NS_PER_S / 10; at_digit(c); c->p++) {
        *ns += unit * (*c->p - '0');
        unit /= 10;
    }
    return true;
}

/* "08", "08:00", "08:00:00", "08:00:00.123" */
static bool take_time(cursor *c, int64_t *seconds, int64_t *ns)
{
    int32_t hour, minute = 0, second = 0;
    if (!take_number(c, 2, 0, 23, &hour))
        return false;
    if (take(c, ':')) {
        if (!take_number(c, 2, 0, 59, &minute))
            return false;
        if (take(c, ':')) {
            if (!take_number(c, 2, 0, 60, &second)) /* 60: a leap second */
                return false;
            if ((take(c, '.') || take(c, ',')) && !take_fraction(c, ns))
                return false;
        }
    }
    *seconds += (int64_t)hour * 3600 + minute * 60 + second;
    return true;
}

/* "Z", "z", "+02:00", "+0200", "+02" or nothing */
static bool take_zone(cursor *c, int64_t *seconds)
{
    int32_t hour, minute = 0;
    if (c->p == c->end || take(c, 'Z') || take(c, 'z'))
        return true;
    bool west = *c->p == '-';
    if (!take(c, '+') && !take(c, '-'))
        return false;
    if (!take_number(c, 2, 0, 18, &hour))
        return false;
    bool colon = take(c, ':');
    if ((colon || c->p < c->end) && !take_number(c, 2, 0, 59, &minute))
        return false;
    int64_t offset = (int64_t)hour * 3600 + minute * 60;
    *seconds += west ? offset : -offset;
    return true;
}

/* "2026", or with a sign and more months to come up to nine digits. */
static bool take_year(cursor *c, int32_t *year)
{
    bool west = take(c, '-'), is_signed = west || take(c, '+');
    int n = 4;
    while (is_signed && n < 9 && c->end - c->p > n && c->p[n] >= '0' && c->p[n] <= '9')
        n++;
    if (!take_number(c, n, 0, 999999999, year))
        return false;
    *year = west ? -*year : *year;
    return !is_signed || (c->p < c->end && *c->p == '-');
}

static bool parse_calendar(cursor c, eqlm_value *out)
{
    int32_t year, month = 1, day = 1;
    int64_t seconds = 0, ns = 0;
    if (!take_year(&c, &year))
        return false;
    if (take(&c, '-')) {
        if (!take_number(&c, 2, 1, 12, &month))
            return false;
        if (take(&c, '-')) {
            if (!take_number(&c, 2, 1, days_in_month(year, month), &day))
                return false;
            if ((take(&c, 'T') || take(&c, 't') || take(&c, ' ')) &&
                (!take_time(&c, &seconds, &ns) || !take_zone(&c, &seconds)))
                return false;
        }
    }
    if (c.p != c.end)
        return false;
    seconds += days_from_date(year, month, day) * S_PER_DAY;
    if (seconds >= INT64_MAX / 1000 || seconds <= INT64_MIN / 1000)
        *out = eqli_date(seconds < 0 ? INT64_MIN : INT64_MAX, 0);
    else
        *out = eqli_date(seconds * 1000 + ns / NS_PER_MS, (uint32_t)(ns % NS_PER_MS));
    return true;
}

static bool parse_millis(cursor c, eqlm_value *out)
{
    bool negative = take(&c, '-');
    uint64_t v = 0;
    int64_t part = 0;
    if (!at_digit(&c))
        return false;
    for (; at_digit(&c); c.p++)
        v = v > INT64_MAX / 10 ? UINT64_MAX / 2 : v * 10 + (uint64_t)(*c.p - '0');
    if (take(&c, '.') && !take_fraction(&c, &part))
        return false;
    if (c.p != c.end)
        return false;
    int64_t ms = v > INT64_MAX ? INT64_MAX : (int64_t)v;
    part /= 1000;
    if (negative)
        *out = part ? eqli_date(-ms - 1, (uint32_t)(NS_PER_MS - part)) : eqli_date(-ms, 0);
    else
        *out = eqli_date(ms, (uint32_t)part);
    return true;
}

bool eqli_date_parse(const char *s, size_t len, eqlm_value *out)
{
    if (len == 0)
        return false;
    cursor c = { s, s + len };
    return parse_calendar(c, out) || parse_millis(c, out); /* four digits are a year */
}

eqlm_value eqli_date_from_ms(double ms)
{
    if (ms >= 9223372036854775808.0)
        return eqli_date(INT64_MAX, 0);
    if (ms < -9223372036854775808.0)
        return eqli_date(INT64_MIN, 0);
    int64_t whole = (int64_t)ms;
    whole -= (double)whole > ms;
    uint32_t ns = (uint32_t)((ms - (double)whole) * (double)NS_PER_MS + 0.5);
    return ns < NS_PER_MS ? eqli_date(whole, ns) : eqli_date(whole + 1, 0);
}

static size_t put_number(char *out, int64_t v, size_t width)
{
    for (size_t i = width; i-- > 0; v /= 10)
        out[i] = (char)('0' + v % 10);
    return width;
}

size_t eqli_date_text(const eqlm_value *date, char out[EQLI_DATE_MAX])
{
    uint32_t rest;
    int64_t ms = eqli_date_ms(date, &rest);
    int64_t days = ms / (S_PER_DAY * 1000), of_day = ms % (S_PER_DAY * 1000);
    if (of_day < 0) {
        of_day += S_PER_DAY * 1000;
        days--;
    }
    int32_t year, month, day;
    size_t year_width = 4;
    date_from_days(days, &year, &month, &day);
    for (int32_t rest_of = year / 10000; rest_of; rest_of /= 10)
        year_width++;
    const struct {
        int64_t value;
        size_t width;
        char after;
    } parts[] = { { year < 0 ? -year : year, year_width, '-' },
                  { month, 2, '-' },
                  { day, 2, 'T' },
                  { of_day / 3600000, 2, ':' },
                  { of_day / 60000 % 60, 2, ':' },
                  { of_day / 1000 % 60, 2, '.' },
                  { of_day % 1000, 3, 'Z' } };
    size_t at = 0;
    if (year < 0 || year > 9999)
        out[at++] = year < 0 ? '-' : '+';
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        at += put_number(out + at, parts[i].value, parts[i].width);
        out[at++] = parts[i].after;
    }
    if (rest == 0)
        return at;
    at--;
    at += rest % 1000 == 0 ? put_number(out + at, rest / 1000, 3) : put_number(out + at, rest, 6);
    out[at++] = 'Z';
    return at;
}
