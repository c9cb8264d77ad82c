/* json_scalar.h - strings and numbers of JSON.
 *
 * All functions work on text whose tokens eqlc_index has found: strings are closed and hold valid UTF-8. */
#ifndef EQLC_JSON_SCALAR_H
#define EQLC_JSON_SCALAR_H

#include "eqlmini.h"

/* Checks every backslash of [text, text + len): offset of the first that starts no escape, or SIZE_MAX; then
 * *any tells whether there is one at all. Outside strings a backslash is no token of JSON, so all are looked
 * at. 64 bytes behind the text may be read. */
size_t eqlc_json_check_escapes(const char *text, size_t len, bool *any);

/* Writes the string with checked escapes to `out`, which has room for len + 16 bytes, and returns its new
 * length; 16 bytes behind the text may be read. Half of a surrogate pair becomes U+FFFD. */
size_t eqlc_json_unescape(const char *text, size_t len, char *out);

/* End of the number that starts at p (and is followed by a byte that belongs to none), or NULL if it is
 * malformed. *is_integer: neither fraction nor exponent. */
const char *eqlc_json_number_end(const char *p, bool *is_integer);

/* Value of a number found by eqlc_json_number_end: EQLM_I64, EQLM_U64 above INT64_MAX, else EQLM_F64. */
eqlm_value eqlc_json_number(const char *p, const char *end, bool is_integer);

#endif
