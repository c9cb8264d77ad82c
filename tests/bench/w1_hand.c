/* w1_hand.c - the rule of w1.h as a C programmer would write it who knows the rule, the events and the
 * processor: the measure of what the library could reach at best. Compiled with -O3 for the processor at
 * hand.
 *
 * One load of the last eight bytes rejects nearly every path; the third byte picks the hive; what is left are
 * one or two caseless comparisons with constants, 16 bytes at a time: (x | mask) == folded, mask 0x20 exactly
 * at letters. */
#include "w1.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
static inline bool block_equal(const char *x, const unsigned char *mask, const unsigned char *folded)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)x);
    __m128i m = _mm_loadu_si128((const __m128i *)(const void *)mask);
    __m128i f = _mm_loadu_si128((const __m128i *)(const void *)folded);
    return _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_or_si128(v, m), f)) == 0xFFFF;
}
#else
static inline bool block_equal(const char *x, const unsigned char *mask, const unsigned char *folded)
{
    uint64_t v[2], m[2], f[2];
    memcpy(v, x, 16);
    memcpy(m, mask, 16);
    memcpy(f, folded, 16);
    return ((v[0] | m[0]) ^ f[0]) == 0 && ((v[1] | m[1]) ^ f[1]) == 0;
}
#endif

#define MAX_LITERAL 96

typedef struct literal {
    uint32_t len;
    unsigned char folded[MAX_LITERAL], mask[MAX_LITERAL];
} literal;

enum { RUN, RUN32, POLICY, HKU, USERS, HKLM, MACHINE, USER, N_LITERALS };

static const char *const source[N_LITERALS] = {
    [RUN] = "\\software\\microsoft\\windows\\currentversion\\run\\",
    [RUN32] = "\\software\\wow6432node\\microsoft\\windows\\currentversion\\run\\",
    [POLICY] = "\\software\\microsoft\\windows\\currentversion\\policies\\explorer\\run\\",
    [HKU] = "hku\\",
    [USERS] = "hkey_users\\",
    [HKLM] = "hklm",
    [MACHINE] = "\\registry\\machine",
    [USER] = "\\registry\\user\\",
};

static literal literals[N_LITERALS];

__attribute__((constructor)) static void fill_literals(void)
{
    for (int i = 0; i < N_LITERALS; i++) {
        literal *l = &literals[i];
        l->len = (uint32_t)strlen(source[i]);
        memcpy(l->folded, source[i], l->len);
        for (uint32_t k = 0; k < l->len; k++)
            l->mask[k] = l->folded[k] >= 'a' && l->folded[k] <= 'z' ? 0x20 : 0;
    }
}

/* The literal stands at p, which has at least 50 readable bytes before or behind as its length asks. */
static inline bool stands_at(const char *p, const literal *l)
{
    uint32_t n = l->len, i = 0;
    if (n >= 16) {
        for (; i + 16 <= n; i += 16)
            if (!block_equal(p + i, l->mask + i, l->folded + i))
                return false;
        return i == n || block_equal(p + n - 16, l->mask + n - 16, l->folded + n - 16);
    }
    uint32_t v, m, f, end = n - 4;
    for (;; i = i + 4 < end ? i + 4 : end) {
        memcpy(&v, p + i, 4);
        memcpy(&m, l->mask + i, 4);
        memcpy(&f, l->folded + i, 4);
        if ((v | m) != f)
            return false;
        if (i == end)
            return true;
    }
}

static inline bool exactly(const char *p, uint32_t n, const literal *head, const literal *tail)
{
    return n == head->len + tail->len && stands_at(p, head) && stands_at(p + head->len, tail);
}

static inline bool between(const char *p, uint32_t n, const literal *head, const literal *tail)
{
    return n >= head->len + tail->len && stands_at(p, head) && stands_at(p + n - tail->len, tail);
}

static inline bool path_fits(const char *p, uint32_t n)
{
    if (n < 48)
        return false;
    uint64_t end, run, mask = 0x0020202000000000u;
    memcpy(&end, p + n - 8, 8);
    memcpy(&run, "\0\0\0\\run\\", 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    mask = 0x0000000020202000u;
    if (((end & 0x000000FFFFFFFFFFu) | mask) != run)
        return false;
#else
    if (((end & 0xFFFFFFFFFF000000u) | mask) != run)
        return false;
#endif
    const literal *tail = &literals[(p[n - 6] | 0x20) == 'r' ? POLICY : RUN];
    if ((p[0] | 0x20) == 'h') {
        switch (p[2] | 0x20) {
        case 'u':
            return between(p, n, &literals[HKU], tail);
        case 'e':
            return between(p, n, &literals[USERS], tail);
        case 'l':
            return exactly(p, n, &literals[HKLM], &literals[RUN]) ||
                   exactly(p, n, &literals[HKLM], &literals[RUN32]);
        default:
            return false;
        }
    }
    if (p[0] != '\\')
        return false;
    if ((p[10] | 0x20) == 'u')
        return between(p, n, &literals[USER], tail);
    return exactly(p, n, &literals[MACHINE], tail) || exactly(p, n, &literals[MACHINE], &literals[RUN32]);
}

bool w1_hand(const w1_event *e)
{
    if (e->category.len != 8 || memcmp(e->category.ptr, "registry", 8) != 0)
        return false;
    if (e->type.len != 6 || memcmp(e->type.ptr, "change", 6) != 0)
        return false;
    if (e->os.len != 7 || memcmp(e->os.ptr, "windows", 7) != 0)
        return false;
    uint32_t i = 0;
    while (i < e->n_strings && e->strings[i].len == 0)
        i++;
    return i < e->n_strings && path_fits(e->path.ptr, e->path.len);
}
