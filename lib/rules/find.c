/* find.c - looks up what tables say of a text. */
#include "rules/table.h"

#include <string.h>

static bool same_key(const char *text, const char *key, size_t n)
{
    if (n >= 8) {
        for (size_t i = 0; i + 8 < n; i += 8) {
            if ((eqli_pat_load64(text + i) | EQLI_KEY_CASE) != eqli_pat_load64(key + i))
                return false;
        }
        return (eqli_pat_load64(text + n - 8) | EQLI_KEY_CASE) == eqli_pat_load64(key + n - 8);
    }
    if (n == 0)
        return true;
    unsigned unused = 64 - 8 * (unsigned)n; /* bits above the text's */
    return (eqli_pat_load_short(text, n) | EQLI_KEY_CASE) << unused == eqli_pat_load_short(key, n) << unused;
}

static void post(const eqli_literals *l, const eqli_literal *literal, uint64_t *hits)
{
    const uint32_t *p = l->postings + literal->postings;
    for (uint32_t n = *p++; n > 0; n--, p++)
        hits[*p / 64] |= UINT64_C(1) << *p % 64;
}

/* Literals from i on, whose tag was found; at: where in the text their first byte would lie if their gram lay
 * at its start. */
static void try_literals(const eqli_literals *l, eqli_literal_class class, uint32_t i,
                         const eqli_key_text *text, size_t at, uint64_t *hits)
{
    for (;; i++) {
        const eqli_literal *x = &l->literals[i];
        size_t start = class >= EQLI_LIT_FLOAT4  ? at - x->at
                       : class >= EQLI_LIT_TAIL8 ? text->len - x->len
                                                 : 0;
        /* A start before the text is a number above every length. */
        if (start <= text->len && text->len - start >= x->len &&
            same_key(text->ptr + start, l->texts + x->text, x->len))
            post(l, x, hits);
        if (!x->more)
            return;
    }
}

static inline void try_class(const eqli_literals *l, eqli_literal_class class, uint32_t tag,
                             const eqli_key_text *text, size_t at, uint64_t *hits)
{
    uint32_t i = eqli_table_find(&l->tables[class], tag);
    if (i != EQLI_NO_ENTRY)
        try_literals(l, class, i, text, at, hits);
}

static inline uint32_t gram_at(const char *p, unsigned width)
{
    return eqli_gram_tag(width == 4 ? eqli_pat_load32(p)
                                    : eqli_pat_load16(p) | (uint32_t)(unsigned char)p[2] << 16);
}

/* Looks up the grams of [from, end). */
static void scan_some(const eqli_literals *l, const eqli_key_text *text, size_t from, size_t end,
                      unsigned width, uint64_t *hits)
{
    unsigned k = width == 4 ? 0 : 1;
    for (size_t i = from; i < end; i++) {
        uint32_t tag = gram_at(text->ptr + i, width);
        if (l->filters[k][tag >> l->shift[k]])
            try_class(l, EQLI_LIT_FLOAT4 + k, tag, text, i, hits);
    }
}

/* Looks up every gram of the text; nearly all are stopped by the filter, which is asked for four at a time.
 */
static inline void scan(const eqli_literals *l, const eqli_key_text *text, unsigned width, uint64_t *hits)
{
    unsigned k = width == 4 ? 0 : 1, shift = l->shift[k];
    const uint8_t *filter = l->filters[k];
    const char *t = text->ptr;
    if (text->len < width)
        return;
    size_t i = 0, n = text->len - width + 1;
    for (; n - i >= 4; i += 4) {
        unsigned any = filter[gram_at(t + i, width) >> shift];
        any |= filter[gram_at(t + i + 1, width) >> shift];
        any |= filter[gram_at(t + i + 2, width) >> shift];
        any |= filter[gram_at(t + i + 3, width) >> shift];
        if (any)
            scan_some(l, text, i, i + 4, width, hits);
    }
    scan_some(l, text, i, n, width, hits);
}

static void try_ends(const eqli_literals *l, const eqli_key_text *text, uint64_t *hits)
{
    static const uint8_t widths[] = { 8, 4, 3 };
    for (unsigned k = 0; k < 3; k++) {
        if (text->len < widths[k])
            continue;
        if (l->tables[EQLI_LIT_HEAD8 + k].cells)
            try_class(l, EQLI_LIT_HEAD8 + k, eqli_head_tag(text, widths[k]), text, 0, hits);
        if (l->tables[EQLI_LIT_TAIL8 + k].cells)
            try_class(l, EQLI_LIT_TAIL8 + k, eqli_tail_tag(text, widths[k]), text, 0, hits);
    }
}

void eqli_literals_find_tag(const eqli_literals *l, uint32_t tag, uint64_t *hits)
{
    uint32_t i = eqli_table_find(&l->tables[EQLI_LIT_EXACT], tag);
    if (i != EQLI_NO_ENTRY)
        post(l, &l->literals[i], hits);
}

void eqli_literals_find(const eqli_literals *l, const eqli_key_text *text, uint64_t *hits)
{
    if (l->tables[EQLI_LIT_EXACT].cells)
        eqli_literals_find_tag(l, eqli_exact_tag(text), hits);
    try_ends(l, text, hits);
    if (l->filters[0])
        scan(l, text, 4, hits);
    if (l->filters[1])
        scan(l, text, 3, hits);
}
