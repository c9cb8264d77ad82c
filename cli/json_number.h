/* json_number.h - numbers of JSON as values. */
#ifndef EQLC_JSON_NUMBER_H
#define EQLC_JSON_NUMBER_H

#include "eqlmini.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads the number that is all of [text, end); `end` is followed by a byte that could not go on with it. The
 * value is EQLM_I64, above INT64_MAX EQLM_U64, and EQLM_F64 when it has a fraction or an exponent or does not
 * fit; too large for that is infinite. False: not a number of JSON. */
bool eqlc_json_number(const char *text, const char *end, eqlm_value *out);

#ifdef __cplusplus
}
#endif
#endif
