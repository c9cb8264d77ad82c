#include "ops/date.h"

static const int64_t NS_PER_S = 1000000000, NS_PER_MS = 1000000, S_PER_DAY = 86400;

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
 * leap day is its last; 0 <= year. */
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

static int64_t join(int64_t seconds, int64_t ns)
{
    if (seconds >= INT64_MAX / NS_PER_S)
        return INT64_MAX;
    if (seconds <= INT64_MIN / NS_PER_S)
        return INT64_MIN;
    return seconds * NS_PER_S + ns;
}

static bool parse_calendar(cursor c, int64_t *out)
{
    int32_t year, month = 1, day = 1;
    int64_t seconds = 0, ns = 0;
    if (!take_number(&c, 4, 0, 9999, &year))
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
    *out = join(days_from_date(year, month, day) * S_PER_DAY + seconds, ns);
    return true;
}

static bool parse_millis(cursor c, int64_t *out)
{
    const int64_t limit = INT64_MAX / NS_PER_MS;
    bool negative = take(&c, '-');
    int64_t v = 0, part = 0;
    if (!at_digit(&c))
        return false;
    for (; at_digit(&c); c.p++)
        v = v > limit ? v : v * 10 + (*c.p - '0');
    if (take(&c, '.') && !take_fraction(&c, &part))
        return false;
    if (c.p != c.end)
        return false;
    v = v > limit ? INT64_MAX : v * NS_PER_MS;
    part /= 1000;
    v += part < INT64_MAX - v ? part : INT64_MAX - v;
    *out = !negative ? v : v == INT64_MAX ? INT64_MIN : -v;
    return true;
}

bool eqli_date_parse(const char *s, size_t len, int64_t *out)
{
    if (len == 0)
        return false;
    cursor c = { s, s + len };
    return parse_calendar(c, out) || parse_millis(c, out); /* four digits are a year */
}

int64_t eqli_date_from_ms(double ms)
{
    const double limit = 9223372036854.0; /* whole milliseconds in 2^63 ns */
    if (ms != ms)
        return 0;
    if (ms > limit)
        return INT64_MAX;
    if (ms < -limit)
        return INT64_MIN;
    int64_t whole = (int64_t)ms;
    double part = (ms - (double)whole) * (double)NS_PER_MS;
    return whole * NS_PER_MS + (int64_t)(part < 0 ? part - 0.5 : part + 0.5);
}

static size_t put_number(char *out, int64_t v, size_t width)
{
    for (size_t i = width; i-- > 0; v /= 10)
        out[i] = (char)('0' + v % 10);
    return width;
}

size_t eqli_date_text(int64_t ns, char out[40])
{
    int64_t seconds = ns / NS_PER_S, rest = ns % NS_PER_S;
    if (rest < 0) {
        rest += NS_PER_S;
        seconds--;
    }
    int64_t days = seconds / S_PER_DAY, second = seconds % S_PER_DAY;
    if (second < 0) {
        second += S_PER_DAY;
        days--;
    }
    int32_t year, month, day;
    date_from_days(days, &year, &month, &day);
    const struct {
        int64_t value;
        size_t width;
        char after;
    } parts[] = { { year, 4, '-' },
                  { month, 2, '-' },
                  { day, 2, 'T' },
                  { second / 3600, 2, ':' },
                  { second / 60 % 60, 2, ':' },
                  { second % 60, 2, '.' } };
    size_t at = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        at += put_number(out + at, parts[i].value, parts[i].width);
        out[at++] = parts[i].after;
    }
    if (rest % NS_PER_MS == 0)
        at += put_number(out + at, rest / NS_PER_MS, 3);
    else if (rest % 1000 == 0)
        at += put_number(out + at, rest / 1000, 6);
    else
        at += put_number(out + at, rest, 9);
    out[at++] = 'Z';
    return at;
}
