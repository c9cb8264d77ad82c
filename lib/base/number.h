/* number.h - numbers and text without stdio and locale. All conversions are exactly rounded. */
#ifndef EQLI_NUMBER_H
#define EQLI_NUMBER_H

#include "eqlmini.h"

typedef enum eqli_num_kind {
    EQLI_NUM_BAD,
    EQLI_NUM_I64,
    EQLI_NUM_U64,
    EQLI_NUM_F64,
    EQLI_NUM_OVERFLOW
} eqli_num_kind;

typedef union eqli_num {
    int64_t i64;
    uint64_t u64;
    double f64;
} eqli_num;

/* The whole text as a number: [+-] digits gives I64 if it fits, U64 if only that fits, else F64; with a point
 * or an exponent F64 ("1." ".5" "1e3" accepted). EQLI_NUM_OVERFLOW: a decimal too large for a double; BAD:
 * anything else, also the empty text. No white space, no hexadecimal, no "inf" or "nan". */
eqli_num_kind eqli_num_parse(const char *s, size_t len, eqli_num *out);

/* Digits of base 2..36 with optional sign, signed 64 bit; false: empty, bad digit, overflow. */
bool eqli_int_parse(const char *s, size_t len, unsigned base, int64_t *out);

#define EQLI_NUM_MAX 32 /* bytes enough for any number written by these */
size_t eqli_i64_text(int64_t v, char out[EQLI_NUM_MAX]);
size_t eqli_u64_text(uint64_t v, char out[EQLI_NUM_MAX]);
/* Shortest digits that read back to the same double, laid out as Java's Double.toString: "1.0", "42.5",
 * "1.0E7", "1.0E-4", "NaN", "Infinity". */
size_t eqli_f64_text(double v, char out[EQLI_NUM_MAX]);

#endif
