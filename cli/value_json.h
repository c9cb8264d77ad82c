/* value_json.h - a value of the library as JSON text. */
#ifndef EQLC_VALUE_JSON_H
#define EQLC_VALUE_JSON_H

#include "eqlmini.h"
#include "util.h"

/* Appends a value that is not an array: addresses and dates as strings, doubles with as few digits as tell
 * them apart from their neighbours and always with a fraction or an exponent. Null for what JSON cannot say:
 * objects, infinities and NaN; false for the latter two. */
bool eqlc_buf_value(eqlc_buf *b, const eqlm_value *value);

#endif
