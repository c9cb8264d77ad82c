/* pattern_write.c - lays out a pattern set in one block of memory. */
#include "ops/pattern_build.h"

#include "base/text.h"

enum {
    FILTER_SPARE = 32, /* bytes of a gram filter for each member, */
    FILTER_MIN = 10,   /* and its least and greatest size as powers of two */
    FILTER_MAX = 15
};

static void fill_literal(const eqli_pat_builder *b, const eqli_pat_draft *d, uint32_t start, uint32_t len,
                         unsigned char *lit)
{
    unsigned char *mask = lit + len;
    for (uint32_t i = 0; i < len; i++) {
        unsigned char c = d->text[start + i];
        bool wild = eqli_pat_is_wild(d, start + i);
        lit[i] = wild ? 0xff : c;
        mask[i] = wild ? 0xff : b->fold && c >= 'a' && c <= 'z' ? 0x20 : 0;
    }
}

static bool odd_piece(const eqli_pat_draft *d, uint32_t start, uint32_t len)
{
    if (!d->odd)
        return false;
    if (d->glob && memchr(d->text + start, '?', len))
        return true;
    return eqli_utf8_check((const char *)d->text + start, len) < len;
}

static bool add_wild(eqli_pat_builder *b, const eqli_pat_draft *d, uint32_t start, uint32_t len)
{
    eqli_pat_wild_item *item = eqli_arena_array(&b->arena, 1, sizeof *item);
    unsigned char *lit = eqli_arena_alloc(&b->arena, 2 * (size_t)len);
    if (!item || !lit)
        return false;
    fill_literal(b, d, start, len, lit);
    item->wild = eqli_pat_wild_new(&b->arena, lit, lit + len, len, &item->size);
    if (!item->wild)
        return false;
    *b->wilds_end = item;
    b->wilds_end = &item->next;
    b->wild_bytes += item->size;
    return true;
}

static bool make_wilds(eqli_pat_builder *b)
{
    b->wilds_end = &b->wilds;
    for (uint32_t i = 0; i < b->n; i++) {
        const eqli_pat_draft *d = &b->drafts[b->order[i]];
        uint32_t at = d->head_len, start;
        while (d->odd && eqli_pat_next_inner(d, &at, &start)) {
            if (odd_piece(d, start, at - start) && !add_wild(b, d, start, at - start))
                return false;
        }
    }
    return true;
}

/* Places of the parts in the block. */
typedef struct layout {
    uint64_t classes, members, segs, slots, filters, wilds, lits, end;
    uint32_t log4, log2; /* of the sizes of the filters, 0: none */
} layout;

static uint32_t filter_log2(const eqli_pat_table *t)
{
    uint32_t bits = t->n ? eqli_pat_log2_up(FILTER_SPARE * (uint64_t)t->n) : 0;
    if (t->n && bits < FILTER_MIN)
        return FILTER_MIN;
    return bits < FILTER_MAX ? bits : FILTER_MAX;
}

static layout plan(const eqli_pat_builder *b)
{
    layout l = { .classes = (sizeof(eqli_pattern_set) + 7) / 8 * 8 };
    l.members = l.classes + b->n_classes * sizeof(eqli_pat_class);
    l.segs = (l.members + (uint64_t)b->n * sizeof(eqli_pat_member) + 7) / 8 * 8;
    l.slots = l.segs + b->segs * sizeof(eqli_pat_seg);
    uint64_t n_slots = (uint64_t)b->grams4.n_slots + b->grams2.n_slots;
    for (uint32_t i = 0; i < b->n_classes; i++)
        n_slots += b->tables[i].n_slots;
    l.filters = (l.slots + n_slots * sizeof(eqli_pat_slot) + 7) / 8 * 8;
    l.log4 = filter_log2(&b->grams4);
    l.log2 = filter_log2(&b->grams2);
    l.wilds = l.filters + (l.log4 ? UINT64_C(1) << l.log4 : 0) + (l.log2 ? UINT64_C(1) << l.log2 : 0);
    l.lits = l.wilds + b->wild_bytes;
    l.end = l.lits + b->lit_bytes;
    return l;
}

typedef struct writer {
    const eqli_pat_builder *b;
    eqli_pattern_set *set;
    uint32_t lit, seg, slots, filter, wild; /* where the next goes; seg is an index, the others are offsets */
    const eqli_pat_wild_item *item;
} writer;

static void *place(const writer *w, uint32_t offset)
{
    return (unsigned char *)w->set + offset;
}

static uint32_t put_literal(writer *w, const eqli_pat_draft *d, uint32_t start, uint32_t len)
{
    uint32_t at = w->lit;
    fill_literal(w->b, d, start, len, place(w, at));
    w->lit += 2 * len;
    return at;
}

static void put_segment(writer *w, const eqli_pat_draft *d, uint32_t start, uint32_t len)
{
    eqli_pat_seg *seg = (eqli_pat_seg *)place(w, w->set->segs) + w->seg++;
    *seg = (eqli_pat_seg) { .lit = put_literal(w, d, start, len), .len = len };
    const unsigned char *lit = place(w, seg->lit);
    eqli_pat_analyse(seg, lit, lit + len);
    if (odd_piece(d, start, len)) {
        seg->wild = w->wild;
        memcpy(place(w, w->wild), w->item->wild, w->item->size);
        w->wild += (uint32_t)w->item->size;
        w->item = w->item->next;
    }
}

static void put_member(writer *w, uint32_t i)
{
    const eqli_pat_draft *d = &w->b->drafts[w->b->order[i]];
    eqli_pat_member *m = (eqli_pat_member *)place(w, w->set->members) + i;
    *m = (eqli_pat_member) { .min = d->min,
                             .head_len = d->head_len,
                             .tail_len = d->tail_len,
                             .inner = w->seg,
                             .n_inner = d->n_inner,
                             .exact = d->exact,
                             .odd = d->odd,
                             .more = d->more };
    m->head = put_literal(w, d, 0, d->head_len);
    m->tail = put_literal(w, d, d->len - d->tail_len, d->tail_len);
    uint32_t at = d->head_len, start;
    while (eqli_pat_next_inner(d, &at, &start))
        put_segment(w, d, start, at - start);
}

static uint32_t put_slots(writer *w, const eqli_pat_table *t)
{
    uint32_t at = w->slots, size = t->n_slots * (uint32_t)sizeof *t->slots;
    memcpy(place(w, at), t->slots, size);
    w->slots += size;
    return at;
}

/* The plain ones first. */
static void put_classes(writer *w)
{
    const eqli_pat_builder *b = w->b;
    eqli_pat_class *out = place(w, w->set->classes);
    uint32_t n_members = 0;
    for (int plain = 1; plain >= 0; plain--) {
        for (uint32_t i = 0; i < b->n_classes; i++) {
            if (b->classes[i].plain != (plain == 1))
                continue;
            *out = b->classes[i];
            out++->slots = put_slots(w, &b->tables[i]);
            w->set->n_plain += (uint32_t)plain;
            n_members += plain ? b->tables[i].n : 0;
        }
    }
    w->set->all_plain = b->n > 0 && n_members == b->n;
}

static void put_grams(writer *w, const eqli_pat_table *t, uint32_t filter_bits, eqli_pat_grams *out)
{
    if (t->n == 0)
        return;
    *out = (eqli_pat_grams) {
        .n = t->n, .first = t->first, .shift = t->shift, .filter = w->filter, .filter_shift = 32 - filter_bits
    };
    out->slots = put_slots(w, t);
    uint8_t *filter = place(w, w->filter);
    for (uint32_t i = t->first; i < t->first + t->n; i++)
        filter[w->b->drafts[w->b->order[i]].tag >> out->filter_shift] = 1;
    w->filter += UINT32_C(1) << filter_bits;
}

/* 0xff for each byte that is the same in both. */
static uint64_t same_bytes(uint64_t a, uint64_t b)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t x = a ^ b;
    x |= x >> 4 & 0x0f * each;
    x |= x >> 2 & 0x03 * each;
    x |= x >> 1 & each;
    return ~((x & each) * 0xff);
}

/* Bytes all members fix at the ends of a text. */
static void put_gates(const eqli_pat_builder *b, eqli_pattern_set *set)
{
    if (b->n == 0)
        return;
    const eqli_pat_draft *first = &b->drafts[0];
    set->head_care = set->tail_care = UINT64_MAX;
    for (uint32_t i = 0; i < b->n; i++) {
        const eqli_pat_draft *d = &b->drafts[i];
        set->head_care &= d->head_mask & same_bytes(d->head, first->head);
        set->tail_care &= d->tail_mask & same_bytes(d->tail, first->tail);
    }
    set->head_want = first->head & set->head_care;
    set->tail_want = first->tail & set->tail_care;
}

/* What all members ask of a text's length. With nothing to match no length passes. */
static void put_lengths(const eqli_pat_builder *b, eqli_pattern_set *set)
{
    size_t min = b->always ? 0 : SIZE_MAX, max = b->always ? SIZE_MAX : 0;
    for (uint32_t i = 0; i < b->n; i++) {
        const eqli_pat_draft *d = &b->drafts[i];
        /* Folding changes the number of bytes of a character, never the number of characters. */
        uint32_t least = b->fold ? d->chars : d->min;
        uint64_t most = d->exact ? b->fold || d->wild ? 4 * (uint64_t)d->min : d->min : SIZE_MAX;
        min = least < min ? least : min;
        max = most > max ? (size_t)most : max;
    }
    set->min_len = min;
    set->len_span = max < min ? 0 : max - min;
}

static void write_set(const eqli_pat_builder *b, const layout *l, eqli_pattern_set *set)
{
    writer w = { .b = b,
                 .set = set,
                 .lit = (uint32_t)l->lits,
                 .slots = (uint32_t)l->slots,
                 .filter = (uint32_t)l->filters,
                 .wild = (uint32_t)l->wilds,
                 .item = b->wilds };
    set->fold = b->fold;
    set->always = b->always;
    set->bytewise = !b->fold;
    set->ascii = true;
    set->lower = b->lower;
    set->n_members = b->n;
    set->n_classes = b->n_classes;
    set->rest = b->n - b->count[EQLI_PAT_G_REST];
    set->n_classed = set->rest - b->count[EQLI_PAT_G_GRAM4] - b->count[EQLI_PAT_G_GRAM2];
    set->classes = (uint32_t)l->classes;
    set->members = (uint32_t)l->members;
    set->segs = (uint32_t)l->segs;
    for (uint32_t i = 0; i < b->n; i++) {
        const eqli_pat_draft *d = &b->drafts[i];
        set->has_odd = set->has_odd || (d->odd && d->group < EQLI_PAT_G_GRAM4);
        set->bytewise = set->bytewise && !d->odd;
        set->ascii = set->ascii && d->ascii && !d->odd;
    }
    put_lengths(b, set);
    put_gates(b, set);
    set->high = set->bytewise ? 0 : EQLI_PAT_HIGH;
    for (uint32_t i = 0; i < b->n; i++)
        put_member(&w, i);
    put_classes(&w);
    put_grams(&w, &b->grams4, l->log4, &set->grams4);
    put_grams(&w, &b->grams2, l->log2, &set->grams2);
}

eqlm_status eqli_pat_write(eqli_pat_builder *b, const eqlm_alloc *alloc, eqli_pattern_set **out)
{
    if (!make_wilds(b))
        return EQLM_E_NOMEM;
    layout l = plan(b);
    if (l.end > INT32_MAX)
        return EQLM_E_LIMIT;
    eqli_pattern_set *set = eqli_mem_new(alloc, (size_t)l.end);
    if (!set)
        return EQLM_E_NOMEM;
    set->alloc = *alloc;
    set->size = (size_t)l.end;
    write_set(b, &l, set);
    *out = set;
    return EQLM_OK;
}

void eqli_pattern_set_free(eqli_pattern_set *set)
{
    if (set) {
        eqlm_alloc alloc = set->alloc;
        eqli_mem_free(&alloc, set, set->size);
    }
}

size_t eqli_pattern_set_memory(const eqli_pattern_set *set)
{
    return set->size;
}
