#include "base/text.h"

#include <string.h>

#include "casefold_data.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)
#define EACH_BYTE UINT64_C(0x0101010101010101)

static uint64_t load8(const char *s)
{
    uint64_t w;
    memcpy(&w, s, sizeof w);
    return w;
}

/* Length of the run of ASCII at s, in steps of eight: the caller takes the rest one by one. */
static size_t ascii_run(const char *s, size_t len)
{
    size_t i = 0;
    while (len - i >= 8 && !(load8(s + i) & HIGH_BITS))
        i += 8;
    return i;
}

static bool is_tail(unsigned char b)
{
    return (b & 0xC0) == 0x80;
}

/* Decodes a character whose first byte is not ASCII; 0 if it is not well-formed. */
static uint32_t decode_long(const unsigned char *s, size_t n, size_t *size)
{
    uint32_t c = s[0];
    if (c >= 0xC2 && c <= 0xDF && n >= 2 && is_tail(s[1])) {
        *size = 2;
        return (c & 0x1F) << 6 | (s[1] & 0x3Fu);
    }
    if (c >= 0xE0 && c <= 0xEF && n >= 3 && is_tail(s[1]) && is_tail(s[2])) {
        c = (c & 0x0F) << 12 | (s[1] & 0x3Fu) << 6 | (s[2] & 0x3Fu);
        *size = 3;
        return c < 0x800 || (c >= 0xD800 && c <= 0xDFFF) ? 0 : c;
    }
    if (c >= 0xF0 && c <= 0xF4 && n >= 4 && is_tail(s[1]) && is_tail(s[2]) && is_tail(s[3])) {
        c = (c & 0x07) << 18 | (s[1] & 0x3Fu) << 12 | (s[2] & 0x3Fu) << 6 | (s[3] & 0x3Fu);
        *size = 4;
        return c < 0x10000 || c > 0x10FFFF ? 0 : c;
    }
    return 0;
}

uint32_t eqli_utf8_next(const char **p, const char *end)
{
    const unsigned char *s = (const unsigned char *)*p;
    if (s[0] < 0x80) {
        ++*p;
        return s[0];
    }
    size_t size = 1;
    uint32_t c = decode_long(s, (size_t)(end - *p), &size);
    if (!c) {
        ++*p;
        return EQLI_BAD_BYTE | s[0];
    }
    *p += size;
    return c;
}

size_t eqli_utf8_put(char *out, uint32_t c)
{
    unsigned char b[4];
    size_t n;
    if (c & EQLI_BAD_BYTE || c < 0x80) {
        b[0] = (unsigned char)(c & 0xFF);
        n = 1;
    } else if (c < 0x800) {
        b[0] = (unsigned char)(0xC0 | c >> 6);
        n = 2;
    } else if (c < 0x10000) {
        b[0] = (unsigned char)(0xE0 | c >> 12);
        n = 3;
    } else {
        b[0] = (unsigned char)(0xF0 | c >> 18);
        n = 4;
    }
    for (size_t i = n; i > 1; i--, c >>= 6)
        b[i - 1] = (unsigned char)(0x80 | (c & 0x3F));
    memcpy(out, b, n);
    return n;
}

size_t eqli_utf8_check(const char *s, size_t len)
{
    if (len == 0) /* s may be NULL */
        return 0;
    const char *p = s, *end = s + len;
    while (p < end) {
        p += ascii_run(p, (size_t)(end - p));
        if (p == end)
            break;
        const char *start = p;
        if (eqli_utf8_next(&p, end) & EQLI_BAD_BYTE)
            return (size_t)(start - s);
    }
    return len;
}

bool eqli_is_ascii(const char *s, size_t len)
{
    for (size_t i = ascii_run(s, len); i < len; i++) {
        if (s[i] & 0x80)
            return false;
    }
    return true;
}

/* The row of fold_deltas for c, 0 if c is its own fold. */
static uint8_t fold_row(uint32_t c)
{
    if (c > FOLD_LAST) /* EQLI_BAD_BYTE values too */
        return 0;
    uint8_t block = fold_top[c >> (FOLD_PAGE + FOLD_BLOCK)];
    uint8_t page = fold_blocks[block][c >> FOLD_PAGE & ((1u << FOLD_BLOCK) - 1)];
    return fold_pages[page][c & ((1u << FOLD_PAGE) - 1)];
}

static uint32_t move_in_plane(uint32_t c, uint32_t by)
{
    return (c & ~UINT32_C(0xFFFF)) | ((c + by) & 0xFFFF);
}

uint32_t eqli_fold_char(uint32_t c)
{
    return move_in_plane(c, fold_deltas[fold_row(c)]);
}

size_t eqli_fold_class(uint32_t c, uint32_t out[8])
{
    uint32_t folded = eqli_fold_char(c);
    size_t n = 0;
    out[n++] = folded;
    if (folded < 'a') /* nothing but letters has case */
        return n;
    for (uint8_t row = 1; row < FOLD_DELTAS && n < 8; row++) {
        uint32_t from = move_in_plane(folded, 0u - fold_deltas[row]);
        if (fold_row(from) == row)
            out[n++] = from;
    }
    return n;
}

/* Lower-cases eight ASCII bytes at once: bit 7 of each sum tells whether the byte is >= 'A' and > 'Z'. */
static uint64_t lower8(uint64_t w)
{
    uint64_t from_a = w + EACH_BYTE * (0x80 - 'A');
    uint64_t after_z = w + EACH_BYTE * (0x80 - 'Z' - 1);
    return w | (from_a & ~after_z & HIGH_BITS) >> 2;
}

size_t eqli_fold_text(char *out, const char *s, size_t len)
{
    if (len == 0) /* s may be NULL */
        return 0;
    const char *p = s, *end = s + len;
    char *o = out;
    while (p < end) {
        if (end - p >= 8) {
            uint64_t w = load8(p);
            if (!(w & HIGH_BITS)) {
                w = lower8(w);
                memcpy(o, &w, sizeof w);
                p += 8;
                o += 8;
                continue;
            }
        }
        uint32_t c = (unsigned char)*p;
        if (c < 0x80) {
            *o++ = (char)(c - 'A' < 26 ? c + 32 : c);
            p++;
        } else {
            c = eqli_utf8_next(&p, end);
            o += eqli_utf8_put(o, eqli_fold_char(c));
        }
    }
    return (size_t)(o - out);
}

/* Whether a character of n bytes is in the text. */
static bool has_char(const char *s, size_t len, const char *c, size_t n)
{
    const char *p = s, *end = s + len;
    while ((p = memchr(p, (unsigned char)c[0], (size_t)(end - p))) != NULL) {
        if ((size_t)(end - p) >= n && memcmp(p, c, n) == 0)
            return true;
        p++;
    }
    return false;
}

bool eqli_folds_to_ascii(const char *s, size_t len)
{
    return !eqli_is_ascii(s, len) && (has_char(s, len, "\xE2\x84\xAA", 3) || has_char(s, len, "\xC5\xBF", 2));
}

static size_t utf16_units(uint32_t c)
{
    return c >= 0x10000 && !(c & EQLI_BAD_BYTE) ? 2 : 1;
}

size_t eqli_utf16_len(const char *s, size_t len)
{
    if (len == 0) /* s may be NULL */
        return 0;
    const char *p = s, *end = s + len;
    size_t n = 0;
    while (p < end) {
        size_t run = ascii_run(p, (size_t)(end - p));
        n += run;
        p += run;
        if (p < end)
            n += utf16_units(eqli_utf8_next(&p, end));
    }
    return n;
}

size_t eqli_utf16_offset(const char *s, size_t len, size_t n)
{
    if (len == 0) /* s may be NULL */
        return 0;
    const char *p = s, *end = s + len;
    while (p < end && n > 0) {
        size_t left = (size_t)(end - p);
        size_t run = ascii_run(p, n < left ? n : left);
        p += run;
        n -= run;
        if (p == end || n == 0)
            break;
        const char *start = p;
        size_t units = utf16_units(eqli_utf8_next(&p, end));
        if (units > n)
            return (size_t)(start - s);
        n -= units;
    }
    return (size_t)(p - s);
}
