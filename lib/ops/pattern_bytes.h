/* pattern_bytes.h - loads and masked comparison of short byte strings, 8 or 16 bytes a step.
 *
 * A literal is kept as two arrays, lit and mask; a text byte x agrees with it when (x | mask) == lit. The
 * mask is 0x20 at letters of a caseless literal, 0xff (with lit 0xff) at `?`, and 0 elsewhere. No load
 * reaches outside the bytes it is given. EQLI_NO_SIMD selects the portable code on machines that have SSE2.
 */
#ifndef EQLI_PATTERN_BYTES_H
#define EQLI_PATTERN_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && !defined(EQLI_NO_SIMD)
#define EQLI_PAT_SSE2 1
#include <emmintrin.h>
#else
#define EQLI_PAT_SSE2 0
#endif

#define EQLI_PAT_HIGH UINT64_C(0x8080808080808080)

/* The first byte is the lowest, on every machine. */
static inline uint64_t eqli_pat_load64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

static inline uint32_t eqli_pat_load32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap32(v);
#endif
    return v;
}

static inline uint32_t eqli_pat_load16(const void *p)
{
    const unsigned char *b = p;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8;
}

/* n < 8 bytes, the first lowest, zeros above. */
static inline uint64_t eqli_pat_load_short(const char *p, size_t n)
{
    if (n >= 4)
        return eqli_pat_load32(p) | (uint64_t)eqli_pat_load32(p + n - 4) << (8 * (n - 4));
    if (n == 0)
        return 0;
    const unsigned char *b = (const unsigned char *)p;
    return (uint64_t)b[0] | (uint64_t)b[n / 2] << (8 * (n / 2)) | (uint64_t)b[n - 1] << (8 * (n - 1));
}

/* Index of the lowest bit of bits, which is not zero. */
static inline unsigned eqli_pat_lowest(uint64_t bits)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(bits);
#else
    unsigned i = 0;
    while (!(bits >> i & 1))
        i++;
    return i;
#endif
}

static inline bool eqli_pat_same64(const char *t, const unsigned char *lit, const unsigned char *mask)
{
    return (eqli_pat_load64(t) | eqli_pat_load64(mask)) == eqli_pat_load64(lit);
}

static inline bool eqli_pat_same16(const char *t, const unsigned char *lit, const unsigned char *mask)
{
#if EQLI_PAT_SSE2
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)t);
    __m128i m = _mm_loadu_si128((const __m128i *)(const void *)mask);
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)lit);
    return _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_or_si128(x, m), v)) == 0xffff;
#else
    return eqli_pat_same64(t, lit, mask) && eqli_pat_same64(t + 8, lit + 8, mask + 8);
#endif
}

/* Whether n bytes of text agree with a literal. */
static inline bool eqli_pat_same(const char *t, const unsigned char *lit, const unsigned char *mask, size_t n)
{
    if (n >= 16) {
        for (size_t i = 0; i + 16 < n; i += 16) {
            if (!eqli_pat_same16(t + i, lit + i, mask + i))
                return false;
        }
        return eqli_pat_same16(t + n - 16, lit + n - 16, mask + n - 16);
    }
    if (n >= 8)
        return eqli_pat_same64(t, lit, mask) && eqli_pat_same64(t + n - 8, lit + n - 8, mask + n - 8);
    if (n >= 4) {
        return (eqli_pat_load32(t) | eqli_pat_load32(mask)) == eqli_pat_load32(lit) &&
               (eqli_pat_load32(t + n - 4) | eqli_pat_load32(mask + n - 4)) == eqli_pat_load32(lit + n - 4);
    }
    for (size_t i = 0; i < n; i++) {
        if (((unsigned char)t[i] | mask[i]) != lit[i])
            return false;
    }
    return true;
}

/* Comparison of raw bytes with an ASCII literal, perhaps with `?`. UNSURE: there are bytes that are not
 * ASCII, which may fold to what the literal has, or be part of the character that `?` stands for. */
typedef enum eqli_pat_verdict { EQLI_PAT_NO, EQLI_PAT_YES, EQLI_PAT_UNSURE } eqli_pat_verdict;

static inline eqli_pat_verdict eqli_pat_judge(uint64_t differ, uint64_t bytes)
{
    if (bytes & EQLI_PAT_HIGH)
        return EQLI_PAT_UNSURE;
    return differ ? EQLI_PAT_NO : EQLI_PAT_YES;
}

static inline eqli_pat_verdict eqli_pat_raw16(const char *t, const unsigned char *lit,
                                              const unsigned char *mask)
{
#if EQLI_PAT_SSE2
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)t);
    __m128i m = _mm_loadu_si128((const __m128i *)(const void *)mask);
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)lit);
    if (_mm_movemask_epi8(x))
        return EQLI_PAT_UNSURE;
    return _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_or_si128(x, m), v)) == 0xffff ? EQLI_PAT_YES : EQLI_PAT_NO;
#else
    uint64_t a = eqli_pat_load64(t), b = eqli_pat_load64(t + 8);
    return eqli_pat_judge(((a | eqli_pat_load64(mask)) ^ eqli_pat_load64(lit)) |
                              ((b | eqli_pat_load64(mask + 8)) ^ eqli_pat_load64(lit + 8)),
                          a | b);
#endif
}

static inline eqli_pat_verdict eqli_pat_raw_short(const char *t, const unsigned char *lit,
                                                  const unsigned char *mask, size_t n)
{
    uint64_t a, b, differ;
    if (n >= 8) {
        a = eqli_pat_load64(t);
        b = eqli_pat_load64(t + n - 8);
        differ = ((a | eqli_pat_load64(mask)) ^ eqli_pat_load64(lit)) |
                 ((b | eqli_pat_load64(mask + n - 8)) ^ eqli_pat_load64(lit + n - 8));
        return eqli_pat_judge(differ, a | b);
    }
    a = eqli_pat_load_short(t, n);
    differ = (a | eqli_pat_load_short((const char *)mask, n)) ^ eqli_pat_load_short((const char *)lit, n);
    return eqli_pat_judge(differ, a);
}

/* The literal against n bytes at the start of a text. A step that differs, all of ASCII, is a difference
 * between characters too, because everything before it agreed. */
static inline eqli_pat_verdict eqli_pat_raw_head(const char *t, const unsigned char *lit,
                                                 const unsigned char *mask, size_t n)
{
    if (n < 16)
        return eqli_pat_raw_short(t, lit, mask, n);
    for (size_t i = 0; i + 16 < n; i += 16) {
        eqli_pat_verdict v = eqli_pat_raw16(t + i, lit + i, mask + i);
        if (v != EQLI_PAT_YES)
            return v;
    }
    return eqli_pat_raw16(t + n - 16, lit + n - 16, mask + n - 16);
}

/* The same against the last n bytes of a text, backwards. */
static inline eqli_pat_verdict eqli_pat_raw_tail(const char *t, const unsigned char *lit,
                                                 const unsigned char *mask, size_t n)
{
    if (n < 16)
        return eqli_pat_raw_short(t, lit, mask, n);
    for (size_t i = n - 16; i > 0; i = i < 16 ? 0 : i - 16) {
        eqli_pat_verdict v = eqli_pat_raw16(t + i, lit + i, mask + i);
        if (v != EQLI_PAT_YES)
            return v;
    }
    return eqli_pat_raw16(t, lit, mask);
}

/* Whether n >= 8 bytes are all ASCII. */
static inline bool eqli_pat_ascii(const char *t, size_t n)
{
#if EQLI_PAT_SSE2
    if (n >= 16) {
        __m128i all = _mm_loadu_si128((const __m128i *)(const void *)(t + n - 16));
        for (size_t i = 0; i + 16 < n; i += 16)
            all = _mm_or_si128(all, _mm_loadu_si128((const __m128i *)(const void *)(t + i)));
        return _mm_movemask_epi8(all) == 0;
    }
#endif
    uint64_t all = eqli_pat_load64(t + n - 8);
    for (size_t i = 0; i + 8 < n; i += 8)
        all |= eqli_pat_load64(t + i);
    return (all & EQLI_PAT_HIGH) == 0;
}

#endif
