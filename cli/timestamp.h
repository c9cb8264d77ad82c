/* timestamp.h - points in time as nanoseconds since 1970-01-01T00:00:00Z. */
#ifndef EQLC_TIMESTAMP_H
#define EQLC_TIMESTAMP_H

#include "events.h"

/* Room for a formatted time and its NUL. */
#define EQLC_TIME_TEXT 40

/* Reads a date as ISO 8601 and RFC 3339 have them, from the year alone to any number of fractional digits, of
 * which nine count; without a zone it is UTC. False: not such a text, or outside the years 1677 to 2262. */
bool eqlc_time_parse(const char *text, size_t len, int64_t *out);

/* Reads a value of an event: text as above, or a number, or a number as text, in `unit`. */
bool eqlc_time_from_value(const eqlm_value *value, eqlc_time_unit unit, int64_t *out);

/* "2026-01-10T08:00:21Z" with 3, 6 or 9 fractional digits if they are not zero. */
void eqlc_time_format(int64_t time, char out[EQLC_TIME_TEXT]);

/* A date of the library; a year beyond 0 and 9999 has a sign. */
void eqlc_date_format(const eqlm_value *date, char out[EQLC_TIME_TEXT]);

#endif
