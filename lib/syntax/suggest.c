/* suggest.c - "did you mean": optimal string alignment distance (insert, delete, replace, swap neighbours).
 */
#include <string.h>

#include "syntax/diag.h"

enum {
    WORD_MAX = 96, /* longer words get no suggestion: bounds the table and the time */
    MOST_EDITS = 3 /* more make another word of it, however long it is */
};

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static uint32_t min3(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* What both words begin or end with costs no edit. */
static void drop_common(eqlm_str *a, eqlm_str *b)
{
    while (a->len && b->len && lower(a->ptr[0]) == lower(b->ptr[0])) {
        *a = (eqlm_str){ a->ptr + 1, a->len - 1 };
        *b = (eqlm_str){ b->ptr + 1, b->len - 1 };
    }
    while (a->len && b->len && lower(a->ptr[a->len - 1]) == lower(b->ptr[b->len - 1])) {
        a->len--;
        b->len--;
    }
}

/* Distance, or more than limit. Cells further than that from the diagonal cannot be part of a way that is
 * short enough. */
static uint32_t distance(eqlm_str a, eqlm_str b, uint32_t limit)
{
    uint32_t rows[3][WORD_MAX + 2] = { { 0 } };
    uint32_t *before = rows[0], *above = rows[1], *row = rows[2];
    drop_common(&a, &b);
    for (uint32_t j = 0; j <= b.len; j++)
        above[j] = j;
    for (uint32_t i = 1; i <= a.len; i++) {
        uint32_t first = i > limit ? i - limit : 1, last = i + limit < b.len ? i + limit : (uint32_t)b.len;
        uint32_t best = row[first - 1] = first == 1 ? i : limit + 1;
        unsigned char ca = lower(a.ptr[i - 1]);
        for (uint32_t j = first; j <= last; j++) {
            unsigned char cb = lower(b.ptr[j - 1]);
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (ca != cb));
            if (i > 1 && j > 1 && ca == lower(b.ptr[j - 2]) && cb == lower(a.ptr[i - 2]) &&
                before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
            if (row[j] < best)
                best = row[j];
        }
        row[last + 1] = limit + 1; /* what the next row reads above its last cell */
        if (best > limit)
            return best;
        uint32_t *free_row = before;
        before = above;
        above = row;
        row = free_row;
    }
    return above[b.len];
}

/* Which characters occur, folded to 64 classes. One edit changes at most two of them, so the difference of
 * two words' sets is a lower bound of their distance that costs one pass. */
static uint64_t characters(eqlm_str s)
{
    uint64_t set = 0;
    for (size_t i = 0; i < s.len; i++)
        set |= (uint64_t)1 << (lower(s.ptr[i]) & 63);
    return set;
}

static uint32_t count_bits(uint64_t v)
{
    uint32_t n = 0;
    for (; v; v &= v - 1)
        n++;
    return n;
}

void eqli_suggest_init(eqli_suggest *s, eqlm_str word)
{
    *s = (eqli_suggest){ .word = word, .characters = characters(word) };
}

void eqli_suggest_offer(eqli_suggest *s, eqlm_str candidate)
{
    uint32_t limit = (uint32_t)(s->word.len + 2) / 3;
    if (limit > MOST_EDITS)
        limit = MOST_EDITS;
    size_t longer = s->word.len > candidate.len ? s->word.len : candidate.len;
    size_t shorter = s->word.len > candidate.len ? candidate.len : s->word.len;
    if (s->word.len == 0 || longer > WORD_MAX || longer - shorter > limit ||
        count_bits(s->characters ^ characters(candidate)) > 2 * limit)
        return;
    uint32_t d = distance(s->word, candidate, limit);
    /* Half of a short word would make anything look like anything. */
    if (d > limit || d * 2 > longer)
        return;
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->best[i].len == candidate.len && memcmp(s->best[i].ptr, candidate.ptr, candidate.len) == 0)
            return;
    }
    uint32_t at = s->n;
    while (at > 0 && s->distance[at - 1] > d)
        at--;
    if (at == 3)
        return;
    if (s->n < 3)
        s->n++;
    for (uint32_t i = s->n - 1; i > at; i--) {
        s->best[i] = s->best[i - 1];
        s->distance[i] = s->distance[i - 1];
    }
    s->best[at] = candidate;
    s->distance[at] = d;
}

void eqli_suggest_hint(const eqli_suggest *s, eqlm_diags *diags)
{
    if (s->n == 1)
        eqli_diag_hint(diags, "did you mean '%S'?", s->best[0]);
    else if (s->n == 2)
        eqli_diag_hint(diags, "did you mean '%S' or '%S'?", s->best[0], s->best[1]);
    else if (s->n == 3)
        eqli_diag_hint(diags, "did you mean '%S', '%S' or '%S'?", s->best[0], s->best[1], s->best[2]);
}
