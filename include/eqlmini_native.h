/* eqlmini_native.h - what the functions of queries written as C share (eqlm_emit_c_begin, `eqlc build --emit c`). Only
 * such a file includes it, of the same version; names that begin with eqln are no interface of their own.
 *
 * Numbers are read as eqlm_match reads them. Only values whose answer is plain are judged here, everything else is asked
 * from the library. */
#ifndef EQLMINI_NATIVE_H
#define EQLMINI_NATIVE_H

#include "eqlmini.h"

#include <string.h>

#if defined(__GNUC__)
#define EQLN_INLINE static inline __attribute__((always_inline, unused))
#define EQLN_APART static __attribute__((noinline, unused))
#define EQLN_COLD static __attribute__((noinline, cold, unused))
#pragma GCC diagnostic ignored "-Woverlength-strings"
#else
#define EQLN_INLINE static inline
#define EQLN_APART static
#define EQLN_COLD static
#endif

/* Answers of a test: it fails, it holds, or the library has to be asked. */
enum { EQLN_NO, EQLN_YES, EQLN_ASK };
#define EQLN_NOT_ASCII UINT64_C(0x8080808080808080)

typedef int (*eqln_text_test)(const char *p, size_t n);
typedef int (*eqln_int_test)(int64_t x);
typedef int (*eqln_double_test)(double x);
typedef int (*eqln_bool_test)(bool x);

/* Eight bytes, the first one lowest on every machine. */
EQLN_INLINE uint64_t eqln_load(const char *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

EQLN_INLINE uint64_t eqln_load4(const char *p)
{
    uint32_t x;
    memcpy(&x, p, sizeof x);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap32(x);
#endif
    return x;
}

/* The first eight bytes of a text; if it is shorter, all of them with zeros above. */
EQLN_INLINE uint64_t eqln_head(const char *p, size_t n)
{
    if (n >= 8)
        return eqln_load(p);
    if (n >= 4)
        return eqln_load4(p) | eqln_load4(p + n - 4) << (8 * (n - 4));
    if (n == 0)
        return 0;
    const unsigned char *b = (const unsigned char *)p;
    return (uint64_t)b[0] | (uint64_t)b[n / 2] << (8 * (n / 2)) | (uint64_t)b[n - 1] << (8 * (n - 1));
}

/* The last eight bytes; if it is shorter, all of them with zeros below. */
EQLN_INLINE uint64_t eqln_tail(const char *p, size_t n)
{
    return n >= 8 ? eqln_load(p + n - 8) : n ? eqln_head(p, n) << (64 - 8 * n) : 0;
}

/* Eight bytes against a literal: the mask has 0x20 at letters whose case does not matter, 0xff for any byte.
 */
EQLN_INLINE int eqln_block(const char *p, uint64_t mask, uint64_t literal)
{
    uint64_t x = eqln_load(p);
    return x & EQLN_NOT_ASCII ? EQLN_ASK : (x | mask) == literal;
}

EQLN_INLINE bool eqln_ascii(const char *p, size_t n)
{
    uint64_t all = eqln_head(p, n) | eqln_tail(p, n);
    for (size_t i = 8; i + 8 < n; i += 8)
        all |= eqln_load(p + i);
    return !(all & EQLN_NOT_ASCII);
}

EQLN_COLD eqlm_status eqln_ask(const eqlm_native *self, eqlm_vm *vm, const void *event, uint32_t test,
                               int *hit)
{
    bool out = false;
    eqlm_status status = eqlm_native_test(self, vm, test, event, &out);
    *hit = out;
    return status;
}

/* Reading fields. A missing text is NULL. */
EQLN_INLINE uint64_t eqln_uint(const char *at, unsigned width)
{
    uint8_t x1;
    uint16_t x2;
    uint32_t x4;
    uint64_t x8;
    switch (width) {
    case 1:
        memcpy(&x1, at, 1);
        return x1;
    case 2:
        memcpy(&x2, at, 2);
        return x2;
    case 4:
        memcpy(&x4, at, 4);
        return x4;
    default:
        memcpy(&x8, at, 8);
        return x8;
    }
}

EQLN_INLINE int64_t eqln_int(const char *at, unsigned width)
{
    int8_t x1;
    int16_t x2;
    int32_t x4;
    int64_t x8;
    switch (width) {
    case 1:
        memcpy(&x1, at, 1);
        return x1;
    case 2:
        memcpy(&x2, at, 2);
        return x2;
    case 4:
        memcpy(&x4, at, 4);
        return x4;
    default:
        memcpy(&x8, at, 8);
        return x8;
    }
}

EQLN_INLINE double eqln_double(const char *at, unsigned width)
{
    float x4;
    double x8;
    if (width == 4) {
        memcpy(&x4, at, 4);
        return (double)x4;
    }
    memcpy(&x8, at, 8);
    return x8;
}

EQLN_INLINE const char *eqln_pointer(const char *at)
{
    const char *p;
    memcpy(&p, at, sizeof p);
    return p;
}

EQLN_INLINE const char *eqln_str(const char *at, const char *len_at, unsigned width, size_t *n)
{
    uint64_t len = eqln_uint(len_at, width);
    *n = (size_t)len;
    return len > UINT32_MAX ? NULL : eqln_pointer(at);
}

EQLN_INLINE const char *eqln_cstr(const char *at, size_t *n)
{
    const char *p = eqln_pointer(at);
    *n = p ? strlen(p) : 0;
    return *n > UINT32_MAX ? NULL : p;
}

EQLN_INLINE const char *eqln_chars(const char *at, size_t size, size_t *n)
{
    const char *nul = memchr(at, 0, size);
    *n = nul ? (size_t)(nul - at) : size;
    return at;
}

EQLN_INLINE void eqln_get(const eqlm_native *self, const void *event, uint32_t slot, eqlm_value *out)
{
    out->type = EQLM_NULL;
    if (!self->get(self->get_ctx, event, self->fields[slot], out))
        out->type = EQLM_NULL;
}

/* Whether some value passes a test. What is not of the test's own type is left to the library. */
EQLN_APART int eqln_each_text(const eqlm_value *v, eqln_text_test test)
{
    int hit = EQLN_NO;
    if (v->type != EQLM_ARRAY)
        return v->type == EQLM_NULL ? EQLN_NO : EQLN_ASK;
    for (uint32_t i = 0; v->as.items && i < v->len && hit == EQLN_NO; i++)
        hit = v->as.items[i].type == EQLM_STRING ? test(v->as.items[i].as.str, v->as.items[i].len) : EQLN_ASK;
    return hit;
}

EQLN_INLINE int eqln_some_text(const eqlm_value *v, eqln_text_test test)
{
    return v->type == EQLM_STRING ? test(v->as.str, v->len) : eqln_each_text(v, test);
}

EQLN_INLINE int eqln_one_int(const eqlm_value *v, eqln_int_test test)
{
    return v->type == EQLM_I64 || (v->type == EQLM_U64 && v->as.u64 <= INT64_MAX) ? test(v->as.i64)
                                                                                  : EQLN_ASK;
}

EQLN_INLINE int eqln_one_uint(uint64_t x, eqln_int_test test)
{
    return x <= INT64_MAX ? test((int64_t)x) : EQLN_ASK;
}

EQLN_APART int eqln_each_int(const eqlm_value *v, eqln_int_test test)
{
    int hit = EQLN_NO;
    if (v->type != EQLM_ARRAY)
        return v->type == EQLM_NULL ? EQLN_NO : eqln_one_int(v, test);
    for (uint32_t i = 0; v->as.items && i < v->len && hit == EQLN_NO; i++)
        hit = eqln_one_int(&v->as.items[i], test);
    return hit;
}

EQLN_INLINE int eqln_some_int(const eqlm_value *v, eqln_int_test test)
{
    return v->type == EQLM_I64 ? test(v->as.i64) : eqln_each_int(v, test);
}

EQLN_INLINE int eqln_some_bool(const eqlm_value *v, eqln_bool_test test)
{
    return v->type == EQLM_BOOL ? test(v->as.boolean) : v->type == EQLM_NULL ? EQLN_NO : EQLN_ASK;
}

EQLN_INLINE int eqln_exists(const eqlm_value *v)
{
    return v->type == EQLM_NULL ? EQLN_NO : v->type < EQLM_ARRAY ? EQLN_YES : EQLN_ASK;
}

/* The same for arrays of texts in a struct. */
EQLN_INLINE int eqln_some_str(const char *at, uint64_t count, size_t stride, size_t len_at, unsigned width,
                              eqln_text_test test)
{
    int hit = EQLN_NO;
    for (uint64_t i = 0; at && i < count && hit == EQLN_NO; i++, at += stride) {
        size_t n;
        const char *p = eqln_str(at, at + len_at, width, &n);
        hit = p ? test(p, n) : EQLN_NO;
    }
    return hit;
}

EQLN_INLINE int eqln_some_cstr(const char *at, uint64_t count, size_t stride, eqln_text_test test)
{
    int hit = EQLN_NO;
    for (uint64_t i = 0; at && i < count && hit == EQLN_NO; i++, at += stride) {
        size_t n;
        const char *p = eqln_cstr(at, &n);
        hit = p ? test(p, n) : EQLN_NO;
    }
    return hit;
}

EQLN_INLINE int eqln_some_chars(const char *at, uint64_t count, size_t stride, size_t size,
                                eqln_text_test test)
{
    int hit = EQLN_NO;
    for (uint64_t i = 0; at && i < count && hit == EQLN_NO; i++, at += stride) {
        size_t n;
        const char *p = eqln_chars(at, size, &n);
        hit = test(p, n);
    }
    return hit;
}

EQLN_INLINE int eqln_yes(const char *p, size_t n)
{
    (void)p, (void)n;
    return EQLN_YES;
}

#endif
