/* date.h - instants. EQLM_DATE holds nanoseconds, which is enough for the years 1677 to 2262; EQLM_FAR_DATE
 * holds milliseconds and what is beyond them for all others, up to 292 million years. */
#ifndef EQLI_DATE_H
#define EQLI_DATE_H

#include "eqlmini.h"

enum { EQLI_DATE_MAX = 40 };

static inline bool eqli_is_date(const eqlm_value *v)
{
    return v->type == EQLM_DATE || v->type == EQLM_FAR_DATE;
}

/* The instant ms milliseconds and ns < 1,000,000 nanoseconds after 1970-01-01T00:00:00Z; and back. */
eqlm_value eqli_date(int64_t ms, uint32_t ns);
int64_t eqli_date_ms(const eqlm_value *date, uint32_t *ns);
/* Order of two dates of either form. <0, 0, >0. */
int eqli_date_compare(const eqlm_value *a, const eqlm_value *b);

/* Elasticsearch's strict_date_optional_time with any number of fractional digits ("2026", "2026-01",
 * "2026-01-10", "2026-01-10T08:00Z", "2026-01-10T08:00:00.1234567+02:00"; "T" may be a space, "," a point),
 * with what RFC 3339 has beyond it ("t", "z", second 60), and before a month with a year of a sign and up to
 * nine digits. All else that is a number is epoch milliseconds. Missing zone = UTC. What is out of range
 * saturates. */
bool eqli_date_parse(const char *s, size_t len, eqlm_value *out);
/* Epoch milliseconds, saturating; not NaN. */
eqlm_value eqli_date_from_ms(double ms);
/* RFC 3339 in UTC with 3, 6 or 9 fractional digits as needed; years beyond 0 and 9999 have a sign. */
size_t eqli_date_text(const eqlm_value *date, char out[EQLI_DATE_MAX]);

#endif
