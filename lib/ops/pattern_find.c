/* pattern_find.c - finds a literal in a text. Two of its bytes, the least common ones, are looked for at 8 or
 * 16 places at a time. Texts made to defeat that are finished by two-way string matching (Crochemore and
 * Perrin), which needs no memory and at most two comparisons a byte. */
#include "ops/pattern_set.h"

/* From common to rare in names, paths and command lines; what is not listed is rarer still. */
static const char common_bytes[] = "eisortanlcm\\d.pwuhgfvbxyk- 2301/_45689:7zjq";

unsigned eqli_pat_commonness(unsigned char c)
{
    const char *at = c ? strchr(common_bytes, c) : NULL;
    return at ? (unsigned)(sizeof common_bytes - 1 - (size_t)(at - common_bytes)) : 0;
}

static void choose_rare(eqli_pat_seg *seg, const unsigned char *lit, const unsigned char *mask)
{
    unsigned best_a = UINT32_MAX, best_b = UINT32_MAX;
    for (uint32_t i = 0; i < seg->len; i++) {
        if (mask[i] == 0xff)
            continue;
        unsigned c = eqli_pat_commonness(lit[i]);
        if (c < best_a) {
            seg->rare_b = seg->rare_a;
            best_b = best_a;
            seg->rare_a = i;
            best_a = c;
        } else if (c < best_b) {
            seg->rare_b = i;
            best_b = c;
        }
    }
    seg->blank = best_a == UINT32_MAX;
    if (best_b == UINT32_MAX)
        seg->rare_b = seg->rare_a;
}

/* Start of the greatest suffix in the usual order of bytes, or in the opposite one. */
static size_t max_suffix(const unsigned char *x, size_t m, bool opposite, size_t *period)
{
    size_t start = 0, j = 1, k = 0, p = 1; /* x[start..] against x[j..]; k bytes are equal */
    while (j + k < m) {
        unsigned char a = x[j + k], b = x[start + k];
        if (a == b) {
            if (++k == p) {
                j += p;
                k = 0;
            }
        } else if ((a < b) != opposite) {
            j += k + 1;
            k = 0;
            p = j - start;
        } else {
            start = j++;
            k = 0;
            p = 1;
        }
    }
    *period = p;
    return start;
}

void eqli_pat_analyse(eqli_pat_seg *seg, const unsigned char *lit, const unsigned char *mask)
{
    choose_rare(seg, lit, mask);
    size_t p, q;
    size_t a = max_suffix(lit, seg->len, false, &p);
    size_t b = max_suffix(lit, seg->len, true, &q);
    size_t crit = a > b ? a : b, period = a > b ? p : q;
    seg->periodic = period + crit <= seg->len && memcmp(lit, lit + period, crit) == 0;
    if (!seg->periodic)
        period = (crit > seg->len - crit ? crit : seg->len - crit) + 1;
    seg->crit = (uint32_t)crit;
    seg->period = (uint32_t)period;
}

typedef struct needle {
    const unsigned char *lit, *mask;
    size_t len, crit, period;
} needle;

static bool agrees(const needle *x, size_t i, char c)
{
    return ((unsigned char)c | x->mask[i]) == x->lit[i];
}

/* Two-way matching from place `at`; `last` is the last place where the needle can lie. */
static size_t two_way(const needle *x, bool periodic, const char *t, size_t at, size_t last)
{
    size_t known = 0; /* so many bytes of the needle are known to agree at `at` */
    while (at <= last) {
        size_t i = known > x->crit ? known : x->crit;
        while (i < x->len && agrees(x, i, t[at + i]))
            i++;
        if (i < x->len) {
            at += i - x->crit + 1;
            known = 0;
            continue;
        }
        i = x->crit;
        while (i > known && agrees(x, i - 1, t[at + i - 1]))
            i--;
        if (i <= known)
            return at;
        at += x->period;
        known = periodic ? x->len - x->period : 0;
    }
    return EQLI_PAT_NOT_FOUND;
}

/* The two rare bytes, and where they lie. */
typedef struct pair {
    const char *a, *b; /* the text, moved by their places in the literal */
    unsigned char lit_a, mask_a, lit_b, mask_b;
} pair;

/* One bit for each byte that is zero. */
static unsigned zero_bytes(uint64_t v)
{
    const uint64_t low = ~EQLI_PAT_HIGH;
    uint64_t zero = ~(((v & low) + low) | v | low);
    return (unsigned)(((zero >> 7) * UINT64_C(0x0102040810204080)) >> 56);
}

/* Which of the 8 places from i on have both rare bytes. */
static unsigned pairs8(const pair *p, size_t i)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t a = (eqli_pat_load64(p->a + i) | p->mask_a * each) ^ p->lit_a * each;
    uint64_t b = (eqli_pat_load64(p->b + i) | p->mask_b * each) ^ p->lit_b * each;
    return zero_bytes(a | b);
}

#if EQLI_PAT_SSE2
enum { STEP = 16 };

static unsigned pairs_step(const pair *p, size_t i)
{
    __m128i a = _mm_or_si128(_mm_loadu_si128((const __m128i *)(const void *)(p->a + i)),
                             _mm_set1_epi8((char)p->mask_a));
    __m128i b = _mm_or_si128(_mm_loadu_si128((const __m128i *)(const void *)(p->b + i)),
                             _mm_set1_epi8((char)p->mask_b));
    a = _mm_cmpeq_epi8(a, _mm_set1_epi8((char)p->lit_a));
    b = _mm_cmpeq_epi8(b, _mm_set1_epi8((char)p->lit_b));
    return (unsigned)_mm_movemask_epi8(_mm_and_si128(a, b));
}
#else
enum { STEP = 8 };

static unsigned pairs_step(const pair *p, size_t i)
{
    return pairs8(p, i);
}
#endif

/* Which of n < STEP places from i on have both rare bytes. */
static unsigned pairs_short(const pair *p, size_t i, size_t n)
{
    unsigned bits = 0;
    if (n >= 8)
        return pairs8(p, i) | pairs8(p, i + n - 8) << (n - 8);
    for (size_t k = 0; k < n; k++) {
        if (((unsigned char)p->a[i + k] | p->mask_a) == p->lit_a &&
            ((unsigned char)p->b[i + k] | p->mask_b) == p->lit_b)
            bits |= 1u << k;
    }
    return bits;
}

/* Which of the places i, i + 1, ... last, at most STEP, have both rare bytes; places from `from` on may be
 * read. */
static unsigned pairs_at(const pair *p, size_t from, size_t i, size_t last)
{
    if (last - i >= STEP - 1)
        return pairs_step(p, i);
    if (last - from >= STEP - 1)
        return pairs_step(p, last - (STEP - 1)) >> (STEP - 1 - (last - i));
    return pairs_short(p, i, last - i + 1);
}

/* Looks for the segment through its rare bytes. On too many false hits gives up: *give_up is then set and the
 * place returned is the first one not examined. */
static size_t find_by_pair(const needle *x, const pair *p, const char *t, size_t from, size_t last,
                           bool *give_up)
{
    size_t spent = 0;
    for (size_t i = from; i <= last; i += STEP) {
        unsigned bits = pairs_at(p, from, i, last);
        while (bits) {
            size_t at = i + eqli_pat_lowest(bits);
            bits &= bits - 1;
            if (eqli_pat_same(t + at, x->lit, x->mask, x->len))
                return at;
            /* A false hit costs at most the literal's length: all of them together stay linear. */
            spent += x->len;
            if (spent > 8 * (at - from) + 256) {
                *give_up = true;
                return at + 1;
            }
        }
    }
    return EQLI_PAT_NOT_FOUND;
}

size_t eqli_pat_find(const eqli_pattern_set *set, const eqli_pat_seg *seg, const eqli_pat_text *text,
                     size_t from, size_t end, eqli_op_result *result)
{
    if (end - from < seg->len)
        return EQLI_PAT_NOT_FOUND;
    if (seg->blank)
        return from + seg->len;
    const unsigned char *lit = eqli_pat_at(set, seg->lit);
    needle x = { lit, lit + seg->len, seg->len, seg->crit, seg->period };
    uint32_t a = seg->rare_a, b = seg->rare_b;
    pair p = { text->ptr + a, text->ptr + b, lit[a], x.mask[a], lit[b], x.mask[b] };
    bool give_up = false;
    size_t at = find_by_pair(&x, &p, text->ptr, from, end - seg->len, &give_up);
    if (give_up) {
        if (seg->wild)
            return eqli_pat_find_wild(set, seg, text, at, end, result);
        at = two_way(&x, seg->periodic, text->ptr, at, end - seg->len);
    }
    return at == EQLI_PAT_NOT_FOUND ? at : at + seg->len;
}
