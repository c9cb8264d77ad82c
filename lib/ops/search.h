/* search.h - finding one text in another, in linear time for any input. */
#ifndef EQLI_SEARCH_H
#define EQLI_SEARCH_H

#include "ops/op.h"

/* Whether a character starts at byte i of s, or s ends there. */
bool eqli_is_boundary(const char *s, size_t len, size_t i);

/* A needle with its table for searching (Knuth, Morris, Pratt), valid while the needle and the arena are. */
typedef struct eqli_needle {
    const char *ptr;
    size_t len;
    uint32_t *border; /* border[i]: the longest proper prefix of the needle that ends its first i bytes */
} eqli_needle;

/* A needle of at least one byte. */
eqli_op_result eqli_needle_init(eqli_needle *n, const char *ptr, size_t len, eqli_arena *scratch);

/* Byte offset of the first (or last) occurrence at or after `from`; SIZE_MAX if there is none. An occurrence
 * starts and ends between characters: a stray byte is not found inside a well-formed character. */
size_t eqli_needle_find(const eqli_needle *n, const char *s, size_t len, size_t from, bool last);

#endif
