/* text.h - UTF-8 and Unicode simple case folding, without locale.
 *
 * A byte that is part of no well-formed code point counts as one character of its own, equal only to the same
 * byte: eqli_utf8_next gives it as EQLI_BAD_BYTE | byte. Folding is per code point (C + S rows of Unicode's
 * CaseFolding.txt): no length-changing folds, no locale; a code point and its folds compare equal. */
#ifndef EQLI_TEXT_H
#define EQLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EQLI_BAD_BYTE 0x80000000u

/* Decodes the character at *p (p < end) and moves *p behind it. */
uint32_t eqli_utf8_next(const char **p, const char *end);
/* Writes one character (or the byte of a EQLI_BAD_BYTE value) to out[4]; returns its length. */
size_t eqli_utf8_put(char *out, uint32_t c);
/* First byte that is not well-formed UTF-8, or len. */
size_t eqli_utf8_check(const char *s, size_t len);
bool eqli_is_ascii(const char *s, size_t len);

/* Simple case fold of one character; EQLI_BAD_BYTE values are returned as they are. */
uint32_t eqli_fold_char(uint32_t c);
/* All characters that fold to the same character as c, itself included: writes at most 8, returns how many.
 */
size_t eqli_fold_class(uint32_t c, uint32_t out[8]);
/* Whether a character that is not ASCII may fold to one that is: only U+212A and U+017F do. */
bool eqli_folds_to_ascii(const char *s, size_t len);
/* Upper bound of the folded length of len bytes. */
#define EQLI_FOLD_MAX(len) ((len) + (len) / 2 + 1)
/* Folds len bytes to out, which has room for EQLI_FOLD_MAX(len); returns the folded length. out != s. */
size_t eqli_fold_text(char *out, const char *s, size_t len);

/* UTF-16 code units: the unit of every length and offset of the language (language 8). A bad byte is one
 * unit. */
size_t eqli_utf16_len(const char *s, size_t len);
/* Byte offset of UTF-16 offset n. An offset inside a surrogate pair is rounded down to the pair's start. */
size_t eqli_utf16_offset(const char *s, size_t len, size_t n);

#endif
