/* date.h - instants as nanoseconds since 1970-01-01T00:00:00Z (int64; years 1677..2262, others saturate). */
#ifndef EQLI_DATE_H
#define EQLI_DATE_H

#include "eqlmini.h"

/* Elasticsearch's strict_date_optional_time with any number of fractional digits ("2026", "2026-01",
 * "2026-01-10", "2026-01-10T08:00Z", "2026-01-10T08:00:00.1234567+02:00"; "T" may be a space, "," a point) and with
 * what RFC 3339 has beyond it ("t", "z", second 60). All else that is a number is epoch milliseconds. Missing zone =
 * UTC. */
bool eqli_date_parse(const char *s, size_t len, int64_t *out);
/* Epoch milliseconds, saturating. */
int64_t eqli_date_from_ms(double ms);
/* RFC 3339 in UTC with 3, 6 or 9 fractional digits as needed. */
size_t eqli_date_text(int64_t ns, char out[40]);

#endif
