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

/* A step of the search: that many places of the text, looked at together. */
#if EQLI_PAT_SSE2
enum { STEP = 16 };
typedef __m128i block;

static inline block fill(unsigned char c)
{
    return _mm_set1_epi8((char)c);
}

static inline block load(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline block few(uint64_t v)
{
    return _mm_loadl_epi64((const __m128i *)(const void *)&v);
}

static inline block either(block x, block y)
{
    return _mm_or_si128(x, y);
}

/* Marks the places where both bytes agree with the literal's. */
static inline block both(block a, block lit_a, block mask_a, block b, block lit_b, block mask_b)
{
    return _mm_and_si128(_mm_cmpeq_epi8(_mm_or_si128(a, mask_a), lit_a),
                         _mm_cmpeq_epi8(_mm_or_si128(b, mask_b), lit_b));
}

/* One bit for each place that is marked. */
static inline uint64_t bits_of(block marks)
{
    return (unsigned)_mm_movemask_epi8(marks);
}
#else
enum { STEP = 8 };
typedef uint64_t block;

static inline block fill(unsigned char c)
{
    return c * UINT64_C(0x0101010101010101);
}

static inline block load(const char *p)
{
    return eqli_pat_load64(p);
}

static inline block few(uint64_t v)
{
    return v;
}

static inline block either(block x, block y)
{
    return x | y;
}

static inline block both(block a, block lit_a, block mask_a, block b, block lit_b, block mask_b)
{
    const uint64_t low = ~EQLI_PAT_HIGH, v = ((a | mask_a) ^ lit_a) | ((b | mask_b) ^ lit_b);
    return ~(((v & low) + low) | v | low); /* the bytes that are zero */
}

static inline uint64_t bits_of(block marks)
{
    return ((marks >> 7) * UINT64_C(0x0102040810204080)) >> 56;
}
#endif

enum { GROUP = 4 * STEP };

/* The two rare bytes, and where they lie. */
typedef struct pair {
    const char *a, *b; /* the text, moved by their places in the literal */
    block lit_a, mask_a, lit_b, mask_b;
} pair;

static inline block marks_at(const pair *p, size_t i)
{
    return both(load(p->a + i), p->lit_a, p->mask_a, load(p->b + i), p->lit_b, p->mask_b);
}

/* Which of GROUP places from i on have both rare bytes. */
static inline uint64_t pairs_group(const pair *p, size_t i)
{
    block m0 = marks_at(p, i), m1 = marks_at(p, i + STEP);
    block m2 = marks_at(p, i + 2 * STEP), m3 = marks_at(p, i + 3 * STEP);
    if (bits_of(either(either(m0, m1), either(m2, m3))) == 0)
        return 0;
    return bits_of(m0) | bits_of(m1) << STEP | bits_of(m2) << 2 * STEP | bits_of(m3) << 3 * STEP;
}

/* Which of n <= 8 places from i on have both rare bytes. */
static inline uint64_t pairs_few(const pair *p, size_t i, size_t n)
{
    uint64_t a = n == 8 ? eqli_pat_load64(p->a + i) : eqli_pat_load_short(p->a + i, n);
    uint64_t b = n == 8 ? eqli_pat_load64(p->b + i) : eqli_pat_load_short(p->b + i, n);
    return bits_of(both(few(a), p->lit_a, p->mask_a, few(b), p->lit_b, p->mask_b)) & ((1u << n) - 1);
}

/* Which of n places from i on, at most STEP, have both rare bytes; places from `from` on may be read. */
static inline uint64_t pairs_at(const pair *p, size_t from, size_t i, size_t n)
{
    if (n == STEP)
        return bits_of(marks_at(p, i));
    if (i + n - from >= STEP)
        return bits_of(marks_at(p, i + n - STEP)) >> (STEP - n);
    if (n >= 8)
        return pairs_few(p, i, 8) | pairs_few(p, i + n - 8, 8) << (n - 8);
    return pairs_few(p, i, n);
}

size_t eqli_pat_find_pair(const eqli_pat_seg *seg, const unsigned char *lit, const char *t, size_t from,
                          size_t end, bool *give_up)
{
    if (end - from < seg->len)
        return EQLI_PAT_NOT_FOUND;
    const unsigned char *mask = lit + seg->len;
    uint32_t a = seg->rare_a, b = seg->rare_b;
    const pair p = { t + a, t + b, fill(lit[a]), fill(mask[a]), fill(lit[b]), fill(mask[b]) };
    size_t spent = 0, n, last = end - seg->len;
    for (size_t i = from; i <= last; i += n) {
        size_t left = last - i + 1;
        uint64_t bits;
        if (left >= GROUP) {
            n = GROUP;
            bits = pairs_group(&p, i);
        } else {
            n = left < STEP ? left : STEP;
            bits = pairs_at(&p, from, i, n);
        }
        for (; bits; bits &= bits - 1) {
            size_t at = i + eqli_pat_lowest(bits);
            if (eqli_pat_same(t + at, lit, mask, seg->len))
                return at;
            /* A false hit costs at most the literal's length: all of them together stay linear. */
            spent += seg->len;
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
    const unsigned char *lit = eqli_pat_at(set, seg->lit);
    bool give_up = false;
    if (seg->blank)
        return end - from < seg->len ? EQLI_PAT_NOT_FOUND : from + seg->len;
    size_t at = eqli_pat_find_pair(seg, lit, text->ptr, from, end, &give_up);
    if (give_up) {
        if (seg->wild)
            return eqli_pat_find_wild(set, seg, text, at, end, result);
        if (end - at < seg->len)
            return EQLI_PAT_NOT_FOUND;
        const needle x = { lit, lit + seg->len, seg->len, seg->crit, seg->period };
        at = two_way(&x, seg->periodic, text->ptr, at, end - seg->len);
    }
    return at == EQLI_PAT_NOT_FOUND ? at : at + seg->len;
}
