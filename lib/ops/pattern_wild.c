/* pattern_wild.c - matching character by character, for `?` and for bytes that are not UTF-8 (language 6.2,
 * decision 7). */
#include "ops/pattern_set.h"

#include "base/sort.h"
#include "base/text.h"

eqli_pat_wild *eqli_pat_wild_new(eqli_arena *a, const unsigned char *lit, const unsigned char *mask,
                                 uint32_t len, size_t *size)
{
    uint64_t *order = eqli_arena_array(a, len, sizeof *order);
    uint32_t max_words = len / 64 + 1;
    uint64_t *any = eqli_arena_array(a, max_words, sizeof *any);
    if (!order || !any)
        return NULL;
    uint32_t n_chars = 0, n_order = 0;
    const char *p = (const char *)lit, *end = p + len;
    while (p < end) {
        bool wild = mask[p - (const char *)lit] == 0xff;
        uint32_t c = eqli_utf8_next(&p, end);
        if (wild)
            any[n_chars / 64] |= UINT64_C(1) << n_chars % 64;
        else
            order[n_order++] = (uint64_t)c << 32 | n_chars;
        n_chars++;
    }
    eqli_sort_u64(order, n_order);
    uint32_t n_words = (n_chars + 63) / 64;
    size_t head = sizeof(eqli_pat_wild) + n_words * sizeof(uint64_t);
    eqli_pat_wild *w = eqli_arena_array(a, 1, head + n_order * sizeof(eqli_pat_entry));
    if (!w)
        return NULL;
    memcpy(w->any, any, n_words * sizeof *any);
    eqli_pat_entry *e = (eqli_pat_entry *)(void *)((unsigned char *)w + head);
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_order; i++) {
        uint32_t ch = (uint32_t)(order[i] >> 32), at = (uint32_t)order[i];
        if (n == 0 || e[n - 1].ch != ch || e[n - 1].word != at / 64)
            e[n++] = (eqli_pat_entry) { ch, at / 64, 0 };
        e[n - 1].bits |= UINT64_C(1) << at % 64;
    }
    *w = (eqli_pat_wild) { n_chars, n_words, n, (uint32_t)head };
    *size = head + n * sizeof *e;
    return w;
}

static const eqli_pat_entry *entries_of(const eqli_pat_entry *e, uint32_t n, uint32_t ch)
{
    uint32_t low = 0;
    while (low < n) {
        uint32_t mid = low + (n - low) / 2;
        if (e[mid].ch < ch)
            low = mid + 1;
        else
            n = mid;
    }
    return e + low;
}

/* One character: bit i of the state says that the characters 0..i agree with those read last. */
static bool step(const eqli_pat_wild *w, const eqli_pat_entry *all, uint64_t *state, uint32_t ch)
{
    const eqli_pat_entry *e = entries_of(all, w->n_entries, ch), *end = all + w->n_entries;
    uint64_t carry = 1;
    for (uint32_t i = 0; i < w->n_words; i++) {
        uint64_t moved = state[i] << 1 | carry, allowed = w->any[i];
        carry = state[i] >> 63;
        if (e < end && e->ch == ch && e->word == i)
            allowed |= e++->bits;
        state[i] = moved & allowed;
    }
    uint32_t last = w->n_chars - 1;
    return state[last / 64] >> last % 64 & 1;
}

size_t eqli_pat_find_wild(const eqli_pattern_set *set, const eqli_pat_seg *seg, const eqli_pat_text *text,
                          size_t from, size_t end, eqli_op_result *result)
{
    const eqli_pat_wild *w = eqli_pat_at(set, seg->wild);
    const eqli_pat_entry *all = (const eqli_pat_entry *)(const void *)((const unsigned char *)w + w->entries);
    uint64_t few[4] = { 0 }, *state = few;
    if (w->n_words > sizeof few / sizeof few[0]) {
        state = eqli_arena_array(text->scratch, w->n_words, sizeof *state);
        if (!state) {
            *result = eqli_op_no_room(text->scratch);
            return EQLI_PAT_NOT_FOUND;
        }
    }
    const char *p = text->ptr + from, *stop = text->ptr + end;
    while (p < stop) {
        uint32_t c = eqli_utf8_next(&p, stop);
        if (text->lower && c >= 'A' && c <= 'Z')
            c += 'a' - 'A';
        if (step(w, all, state, c))
            return (size_t)(p - text->ptr);
    }
    return EQLI_PAT_NOT_FOUND;
}

/* Whether the text at *p begins with a literal; moves *p behind it. */
static bool walk(const eqli_pattern_set *set, uint32_t lit, uint32_t len, const char **p, const char *end)
{
    const unsigned char *mask = (const unsigned char *)eqli_pat_at(set, lit) + len;
    const char *first = eqli_pat_at(set, lit), *l = first, *stop = first + len;
    while (l < stop) {
        bool wild = mask[l - first] == 0xff;
        uint32_t want = eqli_utf8_next(&l, stop);
        if (*p == end || (eqli_utf8_next(p, end) != want && !wild))
            return false;
    }
    return true;
}

/* The character before p. A well-formed one cannot begin inside another, so looking back finds the same
 * characters as reading forward. */
static const char *step_back(const char *start, const char *p)
{
    for (ptrdiff_t k = 2; k <= 4 && k <= p - start; k++) {
        const char *q = p - k;
        if (!(eqli_utf8_next(&q, p) & EQLI_BAD_BYTE) && q == p)
            return p - k;
    }
    return p - 1;
}

/* Where the tail would begin, or NULL if fewer characters are left. */
static const char *tail_start(const eqli_pattern_set *set, const eqli_pat_member *m, const char *start,
                              const char *end)
{
    const char *l = eqli_pat_at(set, m->tail), *stop = l + m->tail_len;
    while (l < stop) {
        eqli_utf8_next(&l, stop);
        if (end == start)
            return NULL;
        end = step_back(start, end);
    }
    return end;
}

bool eqli_pat_match_odd(const eqli_pattern_set *set, const eqli_pat_member *m, const eqli_pat_text *text,
                        eqli_op_result *result)
{
    const char *p = text->ptr, *end = p + text->len;
    if (!walk(set, m->head, m->head_len, &p, end))
        return false;
    if (m->exact)
        return p == end;
    const char *tail = tail_start(set, m, p, end), *q = tail;
    if (!tail || !walk(set, m->tail, m->tail_len, &q, end))
        return false;
    const eqli_pat_seg *seg = (const eqli_pat_seg *)eqli_pat_at(set, set->segs) + m->inner;
    size_t at = (size_t)(p - text->ptr), stop = (size_t)(tail - text->ptr);
    for (uint32_t i = 0; i < m->n_inner; i++) {
        at = seg[i].wild ? eqli_pat_find_wild(set, &seg[i], text, at, stop, result)
                         : eqli_pat_find(set, &seg[i], text, at, stop, result);
        if (at == EQLI_PAT_NOT_FOUND)
            return false;
    }
    return true;
}
