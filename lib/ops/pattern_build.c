/* pattern_build.c - compiles a pattern set: sorts the members into classes and gram tables by the bytes that
 * every matching text must have (pattern_set.h tells the layout). */
#include "ops/pattern_build.h"
#include "base/sort.h"

enum {
    FEW = 6,        /* so many floating members are quicker searched one by one than through a gram table */
    MANY_EXACT = 8, /* from here on exact members get a table of their own */
    STRONG = 4,     /* bytes of a key that tell texts apart well */
    MAX_CHAIN = 4,  /* members with the same key, on average, that need no better key */
    MAX_SAMPLE = 4096, /* members looked at to choose a key */
    MAX_WINDOW = 64    /* how far from the ends a better key is looked for */
};

/* How many bytes of the mask are set, whole ones all. */
static uint32_t bytes_in(uint64_t mask)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    return (uint32_t)((mask & each) * each >> 56);
}

static bool whole_key(const eqli_pat_draft *d)
{
    return d->exact && !d->wild;
}

static eqli_pat_group group_of(eqli_pat_draft *d, bool exact_table, uint64_t lower)
{
    if (exact_table && whole_key(d))
        return EQLI_PAT_G_EXACT;
    uint32_t head = bytes_in(d->head_mask), tail = bytes_in(d->tail_mask);
    eqli_pat_group base = eqli_pat_is_plain(d) ? EQLI_PAT_G_TAIL : EQLI_PAT_G_COMPLEX;
    if (tail >= STRONG)
        return base;
    if (head >= STRONG)
        return base + EQLI_PAT_G_HEAD - EQLI_PAT_G_TAIL;
    if (tail)
        return base + EQLI_PAT_G_SHORT_TAIL - EQLI_PAT_G_TAIL;
    if (head)
        return base + EQLI_PAT_G_SHORT_HEAD - EQLI_PAT_G_TAIL;
    eqli_pat_choose_gram(d, lower);
    return d->gram_width == 4 ? EQLI_PAT_G_GRAM4 : d->gram_width == 2 ? EQLI_PAT_G_GRAM2 : EQLI_PAT_G_REST;
}

static void choose_groups(eqli_pat_builder *b)
{
    uint32_t n_exact = 0;
    for (uint32_t i = 0; i < b->n; i++)
        n_exact += whole_key(&b->drafts[i]);
    bool exact_table = n_exact >= MANY_EXACT;
    for (uint32_t i = 0; i < b->n; i++) {
        eqli_pat_draft *d = &b->drafts[i];
        d->group = b->n == 1 && !eqli_pat_is_plain(d) ? EQLI_PAT_G_REST : group_of(d, exact_table, b->lower);
        b->count[d->group]++;
    }
    for (uint32_t i = 0; i < b->n; i++) {
        eqli_pat_draft *d = &b->drafts[i];
        if ((d->group == EQLI_PAT_G_GRAM4 && b->count[EQLI_PAT_G_GRAM4] <= FEW) ||
            (d->group == EQLI_PAT_G_GRAM2 && b->count[EQLI_PAT_G_GRAM2] <= FEW))
            d->group = EQLI_PAT_G_REST;
    }
    memset(b->count, 0, sizeof b->count);
    for (uint32_t i = 0; i < b->n; i++)
        b->count[b->drafts[i].group]++;
}

/* Sorts order[first .. first+n) by tag. */
static bool sort_by_tag(eqli_pat_builder *b, uint32_t first, uint32_t n)
{
    uint64_t *keys = eqli_arena_array(&b->arena, n, sizeof *keys);
    if (!keys)
        return false;
    uint32_t *order = b->order + first;
    for (uint32_t i = 0; i < n; i++)
        keys[i] = (uint64_t)b->drafts[order[i]].tag << 32 | order[i];
    eqli_sort_u64(keys, n);
    for (uint32_t i = 0; i < n; i++) {
        order[i] = (uint32_t)keys[i];
        b->drafts[order[i]].more = i + 1 < n && keys[i + 1] >> 32 == keys[i] >> 32;
    }
    return true;
}

static bool table_make(eqli_pat_builder *b, eqli_pat_table *t, uint32_t first, uint32_t n)
{
    uint32_t bits = eqli_pat_log2_up(2 * (uint64_t)n), home = UINT32_C(1) << bits;
    *t = (eqli_pat_table) { .shift = 32 - bits, .first = first, .n = n };
    t->slots = eqli_arena_array(&b->arena, (size_t)home + n + 1, sizeof *t->slots);
    if (!t->slots || !sort_by_tag(b, first, n))
        return false;
    for (uint32_t i = 0; i < home + n + 1; i++)
        t->slots[i] = (eqli_pat_slot) { UINT32_MAX, EQLI_PAT_NO_MEMBER };
    uint32_t next = 0;
    for (uint32_t i = first; i < first + n; i++) {
        const eqli_pat_draft *d = &b->drafts[b->order[i]];
        if (i > first && b->drafts[b->order[i - 1]].more)
            continue;
        if (next < d->tag >> t->shift)
            next = d->tag >> t->shift;
        t->slots[next++] = (eqli_pat_slot) { d->tag, i };
    }
    t->n_slots = (next > home ? next : home) + 1;
    return true;
}

static uint32_t draft_exact_hash(const eqli_pat_draft *d, uint64_t lower)
{
    const char *p = (const char *)d->text;
    size_t n = d->len;
    uint64_t head, tail;
    if (n >= 8) {
        head = eqli_pat_load64(p);
        tail = eqli_pat_load64(p + n - 8);
    } else {
        head = eqli_pat_load_short(p, n);
        tail = n ? head << (64 - 8 * n) : 0;
    }
    return eqli_pat_exact_hash(p, n, head, tail, lower);
}

/* The fixed bytes among the eight that lie `off` bytes from a eqli_pat_draft's start or end. */
static uint64_t window(const eqli_pat_draft *d, uint32_t off, bool from_end, uint64_t lower, uint64_t *mask)
{
    if (off == 0) {
        *mask = from_end ? d->tail_mask : d->head_mask;
        return from_end ? d->tail : d->head;
    }
    uint32_t start = from_end ? d->len - 8 - off : off;
    uint64_t bytes = 0;
    *mask = 0;
    for (uint32_t i = 0; i < 8; i++) {
        if (eqli_pat_is_wild(d, start + i))
            continue;
        *mask |= UINT64_C(0xff) << 8 * i;
        bytes |= (uint64_t)d->text[start + i] << 8 * i;
    }
    return (bytes | lower) & *mask;
}

/* Reads the keys of order[first .. first+n) at the class's windows: which bytes they all have, and the tags.
 */
static void class_keys(eqli_pat_builder *b, eqli_pat_class *c, uint32_t first, uint32_t n)
{
    uint64_t mask;
    c->head_mask = c->tail_mask = UINT64_MAX;
    for (uint32_t i = first; i < first + n; i++) {
        const eqli_pat_draft *d = &b->drafts[b->order[i]];
        window(d, c->head_off, false, b->lower, &mask);
        c->head_mask &= mask;
        window(d, c->tail_off, true, b->lower, &mask);
        c->tail_mask &= mask;
    }
    for (uint32_t i = first; i < first + n; i++) {
        eqli_pat_draft *d = &b->drafts[b->order[i]];
        d->tag = eqli_pat_hash(window(d, c->head_off, false, b->lower, &mask) & c->head_mask,
                               window(d, c->tail_off, true, b->lower, &mask) & c->tail_mask);
    }
}

/* About how many different tags order[first .. first+n) have. */
static uint32_t distinct_tags(const eqli_pat_builder *b, uint32_t first, uint32_t n)
{
    uint64_t bits[256] = { 0 };
    uint32_t count = 0;
    for (uint32_t i = first; i < first + n; i++) {
        uint32_t tag = b->drafts[b->order[i]].tag >> 18;
        count += !(bits[tag / 64] >> tag % 64 & 1);
        bits[tag / 64] |= UINT64_C(1) << tag % 64;
    }
    return count;
}

/* Lists often share a long beginning or end ("?:\\Windows\\System32\\..."): a window further in may tell more
 * apart. Only worth it for much shorter chains, because such a key needs a text known to be ASCII. */
static void move_windows(eqli_pat_builder *b, eqli_pat_class *c, uint32_t first, uint32_t n)
{
    uint32_t sampled = n < MAX_SAMPLE ? n : MAX_SAMPLE;
    if (n <= MAX_CHAIN)
        return;
    uint32_t at_ends = distinct_tags(b, first, sampled), best = at_ends;
    uint32_t head_room = UINT32_MAX, tail_room = UINT32_MAX;
    if (at_ends * MAX_CHAIN >= sampled)
        return;
    for (uint32_t i = first; i < first + n; i++) {
        const eqli_pat_draft *d = &b->drafts[b->order[i]];
        uint32_t tail_len = d->exact ? d->len : d->tail_len;
        head_room = d->head_len < head_room ? d->head_len : head_room;
        tail_room = tail_len < tail_room ? tail_len : tail_room;
    }
    eqli_pat_class found = *c;
    for (uint32_t off = 1; off <= MAX_WINDOW && off + 8 <= head_room; off++) {
        eqli_pat_class tried = { .head_off = off };
        class_keys(b, &tried, first, sampled);
        uint32_t score = distinct_tags(b, first, sampled);
        if (score > best) {
            best = score;
            found = tried;
        }
    }
    for (uint32_t off = 1; off <= MAX_WINDOW && off + 8 <= tail_room; off++) {
        eqli_pat_class tried = { .head_off = found.head_off, .tail_off = off };
        class_keys(b, &tried, first, sampled);
        uint32_t score = distinct_tags(b, first, sampled);
        if (score > best) {
            best = score;
            found = tried;
        }
    }
    *c = best >= 2 * at_ends ? found : *c;
    class_keys(b, c, first, n);
}

static bool class_make(eqli_pat_builder *b, eqli_pat_group g, uint32_t first, uint32_t n)
{
    eqli_pat_class *c = &b->classes[b->n_classes];
    *c = (eqli_pat_class) { .exact = g == EQLI_PAT_G_EXACT };
    if (c->exact) {
        for (uint32_t i = first; i < first + n; i++) {
            eqli_pat_draft *d = &b->drafts[b->order[i]];
            d->tag = draft_exact_hash(d, b->lower);
        }
    } else {
        class_keys(b, c, first, n);
        move_windows(b, c, first, n);
    }
    eqli_pat_table *t = &b->tables[b->n_classes++];
    if (!table_make(b, t, first, n))
        return false;
    c->shift = t->shift;
    c->plain = g >= EQLI_PAT_G_TAIL && g < EQLI_PAT_G_COMPLEX && !c->head_off && !c->tail_off;
    return true;
}

static bool grams_make(eqli_pat_builder *b, eqli_pat_table *t, uint32_t first, uint32_t n)
{
    for (uint32_t i = first; i < first + n; i++) {
        eqli_pat_draft *d = &b->drafts[b->order[i]];
        d->tag = eqli_pat_gram_hash(d->gram);
    }
    return table_make(b, t, first, n);
}

static bool sort_members(eqli_pat_builder *b)
{
    b->order = eqli_arena_array(&b->arena, b->n, sizeof *b->order);
    if (!b->order)
        return false;
    uint32_t at = 0;
    for (eqli_pat_group g = 0; g < EQLI_PAT_N_GROUPS; g++) {
        uint32_t first = at, n = b->count[g];
        for (uint32_t i = 0; n && i < b->n; i++) {
            if (b->drafts[i].group == g)
                b->order[at++] = i;
        }
        bool ok = n == 0 || g == EQLI_PAT_G_REST ||
                  (g == EQLI_PAT_G_GRAM4   ? grams_make(b, &b->grams4, first, n)
                   : g == EQLI_PAT_G_GRAM2 ? grams_make(b, &b->grams2, first, n)
                                           : class_make(b, g, first, n));
        if (!ok)
            return false;
    }
    return true;
}

static eqlm_status build(eqli_pat_builder *b, const eqlm_alloc *alloc, const eqli_pattern *patterns, size_t n,
                         eqli_pattern_set **out)
{
    eqlm_status status = eqli_pat_read(b, patterns, n);
    if (status != EQLM_OK)
        return status;
    choose_groups(b);
    if (!sort_members(b))
        return EQLM_E_NOMEM;
    return eqli_pat_write(b, alloc, out);
}

eqlm_status eqli_pattern_set_new(const eqlm_alloc *alloc, const eqli_pattern *patterns, size_t n, bool fold,
                                 eqli_pattern_set **out)
{
    eqli_pat_builder b = { .fold = fold, .lower = fold ? UINT64_C(0x2020202020202020) : 0 };
    *out = NULL;
    eqlm_alloc hook = eqli_mem_default(alloc);
    eqli_arena_init(&b.arena, &hook, SIZE_MAX);
    eqlm_status status = build(&b, &hook, patterns, n, out);
    eqli_arena_clear(&b.arena);
    return status;
}
