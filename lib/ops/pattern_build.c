/* pattern_build.c - compiles patterns into one block: sorts the members into classes and gram tables by the bytes that
 * every matching text must have (pattern_set.h tells the layout). */
#include "ops/pattern_set.h"

#include "base/text.h"

enum {
    FEW = 6,        /* so many floating members are quicker searched one by one than through a gram table */
    MANY_EXACT = 8, /* from here on exact members get a table of their own */
    STRONG = 4,     /* bytes of a key that tell texts apart well */
    MAX_CHAIN = 3,  /* members with the same key, on average, that need no better key */
    MAX_SAMPLE = 4096, /* members looked at to choose a key */
    FILTER_SPARE = 32, /* bytes of a gram filter for each member, */
    FILTER_MIN = 10,   /* and its least and greatest size as powers of two */
    FILTER_MAX = 15,
    MAX_WINDOW = 64 /* how far from the ends a better key is looked for */
};

/* Where a member goes; each of those before G_GRAM4 becomes a class. */
typedef enum group {
    G_EXACT,
    G_TAIL, /* plain members, and behind G_COMPLEX the others; both in this order */
    G_HEAD,
    G_SHORT_TAIL,
    G_SHORT_HEAD,
    G_COMPLEX,
    G_GRAM4 = G_COMPLEX + 4,
    G_GRAM2,
    G_REST,
    N_GROUPS
} group;

typedef struct draft {
    const unsigned char *text; /* folded if the set is */
    uint32_t len;
    bool glob, exact, odd, ascii, wild; /* wild: has `?` */
    bool floats;                 /* the whole text is an inner segment */
    uint32_t head_len, tail_len, n_inner;
    uint32_t min, chars;
    uint64_t head, head_mask, tail, tail_mask; /* fixed bytes of the first and last eight */
    uint32_t gram, gram_width;
    group group;
    uint32_t tag;
    bool more; /* the next in order has the same tag */
} draft;

typedef struct table {
    eqli_pat_slot *slots;
    uint32_t n_slots, shift;
    uint32_t first, n;
} table;

/* Bit-parallel form of an odd inner segment, in the order the segments are written. */
typedef struct wild_item {
    struct wild_item *next;
    eqli_pat_wild *wild;
    size_t size;
} wild_item;

typedef struct builder {
    eqli_arena arena;
    bool fold;
    uint64_t lower;
    draft *drafts;
    uint32_t n;        /* drafts that can match something */
    uint32_t *order;   /* the drafts, by group and bucket */
    uint32_t count[N_GROUPS];
    uint64_t segs, lit_bytes, wild_bytes;
    eqli_pat_class classes[EQLI_PAT_MAX_CLASSES];
    table tables[EQLI_PAT_MAX_CLASSES];
    uint32_t n_classes;
    table grams4, grams2;
    bool always;
    wild_item *wilds, **wilds_end;
} builder;

/* ---- reading patterns ---------------------------------------------------------------------------------------- */

static bool is_wild(const draft *d, uint32_t i)
{
    return d->glob && d->text[i] == '?';
}

/* Next inner segment from *at on, as [*start, *at). */
static bool next_inner(const draft *d, uint32_t *at, uint32_t *start)
{
    if (d->floats) {
        *start = *at;
        *at = d->len;
        return *start < *at;
    }
    uint32_t end = d->len - d->tail_len;
    while (*at < end && d->text[*at] == '*')
        ++*at;
    *start = *at;
    while (*at < end && d->text[*at] != '*')
        ++*at;
    return *start < *at;
}

static void split_glob(draft *d)
{
    const unsigned char *star = d->len ? memchr(d->text, '*', d->len) : NULL;
    if (!star) {
        d->exact = true;
        d->head_len = d->len;
        return;
    }
    d->head_len = (uint32_t)(star - d->text);
    while (d->text[d->len - 1 - d->tail_len] != '*')
        d->tail_len++;
    uint32_t at = d->head_len, start;
    while (next_inner(d, &at, &start))
        d->n_inner++;
}

static void split(draft *d, eqli_pattern_kind kind)
{
    switch (kind) {
    case EQLI_PAT_GLOB:
        d->glob = true;
        split_glob(d);
        break;
    case EQLI_PAT_EXACT:
        d->exact = true;
        d->head_len = d->len;
        break;
    case EQLI_PAT_PREFIX:
        d->head_len = d->len;
        break;
    case EQLI_PAT_SUFFIX:
        d->tail_len = d->len;
        break;
    case EQLI_PAT_CONTAINS:
        d->floats = true;
        d->n_inner = 1;
        break;
    }
}

static void read_ends(draft *d, uint64_t lower)
{
    uint32_t tail_len = d->exact ? d->len : d->tail_len;
    for (uint32_t i = 0; i < 8 && i < d->head_len; i++) {
        if (is_wild(d, i))
            continue;
        d->head_mask |= UINT64_C(0xff) << 8 * i;
        d->head |= (uint64_t)d->text[i] << 8 * i;
    }
    for (uint32_t i = 0; i < 8 && i < tail_len; i++) {
        uint32_t at = d->len - 1 - i;
        if (is_wild(d, at))
            continue;
        d->tail_mask |= UINT64_C(0xff) << (56 - 8 * i);
        d->tail |= (uint64_t)d->text[at] << (56 - 8 * i);
    }
    d->head = (d->head | lower) & d->head_mask;
    d->tail = (d->tail | lower) & d->tail_mask;
}

/* Takes the rarest run of `width` literal bytes of the inner segments as the member's gram. */
static bool choose_gram(draft *d, uint32_t width, uint64_t lower)
{
    uint32_t at = d->head_len, start, best = UINT32_MAX;
    while (next_inner(d, &at, &start)) {
        for (uint32_t i = start; i + width <= at; i++) {
            uint32_t cost = 0, gram = 0;
            bool literal = true;
            for (uint32_t k = 0; k < width; k++) {
                literal = literal && !is_wild(d, i + k);
                cost += eqli_pat_commonness(d->text[i + k]);
                gram |= (uint32_t)d->text[i + k] << 8 * k;
            }
            if (literal && cost < best) {
                best = cost;
                d->gram = gram | ((uint32_t)lower & (width == 4 ? UINT32_MAX : 0xffff));
                d->gram_width = width;
            }
        }
    }
    return best != UINT32_MAX;
}

static uint32_t count_chars(const char *p, size_t len)
{
    uint32_t n = 0;
    for (const char *end = p + len; p < end; n++)
        eqli_utf8_next(&p, end);
    return n;
}

static void measure(builder *b, draft *d)
{
    uint32_t stars = 0;
    for (uint32_t i = 0; d->glob && i < d->len; i++) {
        stars += d->text[i] == '*';
        d->wild = d->wild || d->text[i] == '?';
    }
    d->min = d->len - stars;
    d->chars = count_chars((const char *)d->text, d->len) - stars;
    d->ascii = eqli_is_ascii((const char *)d->text, d->len);
    d->odd = d->wild || eqli_utf8_check((const char *)d->text, d->len) < d->len;
    read_ends(d, b->lower);
    if (!choose_gram(d, 4, b->lower))
        choose_gram(d, 2, b->lower);
    b->segs += d->n_inner;
    b->lit_bytes += 2 * (uint64_t)d->min;
}

static bool never_matches(const draft *d)
{
    return d->floats && d->len == 0;
}

static bool always_matches(const draft *d)
{
    return !d->exact && !d->floats && d->min == 0;
}

static eqlm_status read_pattern(builder *b, const eqli_pattern *p, draft *d)
{
    size_t len = p->text.len;
    if (len > INT32_MAX / 4)
        return EQLM_E_LIMIT;
    char *text = eqli_arena_alloc(&b->arena, EQLI_FOLD_MAX(len));
    if (!text)
        return EQLM_E_NOMEM;
    if (b->fold && len)
        len = eqli_fold_text(text, p->text.ptr, len);
    else if (len)
        memcpy(text, p->text.ptr, len);
    *d = (draft){ .text = (const unsigned char *)text, .len = (uint32_t)len };
    split(d, p->kind);
    measure(b, d);
    return EQLM_OK;
}

/* Reads all patterns; only those that say something are kept. */
static eqlm_status read_patterns(builder *b, const eqli_pattern *patterns, size_t n)
{
    if (n > INT32_MAX / 2)
        return EQLM_E_LIMIT;
    b->drafts = eqli_arena_array(&b->arena, n, sizeof *b->drafts);
    if (!b->drafts)
        return EQLM_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        draft *d = &b->drafts[b->n];
        eqlm_status status = read_pattern(b, &patterns[i], d);
        if (status != EQLM_OK)
            return status;
        b->always = b->always || always_matches(d);
        b->n += !never_matches(d);
    }
    if (b->always)
        b->n = 0;
    return EQLM_OK;
}

/* ---- sorting members into groups ----------------------------------------------------------------------------- */

static uint32_t bytes_in(uint64_t mask)
{
    uint32_t n = 0;
    for (; mask; mask >>= 8)
        n += mask & 1;
    return n;
}

/* See eqli_pat_member. */
static bool is_plain(const draft *d)
{
    return d->n_inner == 0 && d->ascii;
}

static bool whole_key(const draft *d)
{
    return d->exact && !d->wild;
}

static group group_of(const draft *d, bool exact_table)
{
    if (exact_table && whole_key(d))
        return G_EXACT;
    uint32_t head = bytes_in(d->head_mask), tail = bytes_in(d->tail_mask);
    group base = is_plain(d) ? G_TAIL : G_COMPLEX;
    if (tail >= STRONG)
        return base;
    if (head >= STRONG)
        return base + G_HEAD - G_TAIL;
    if (tail)
        return base + G_SHORT_TAIL - G_TAIL;
    if (head)
        return base + G_SHORT_HEAD - G_TAIL;
    return d->gram_width == 4 ? G_GRAM4 : d->gram_width == 2 ? G_GRAM2 : G_REST;
}

static void choose_groups(builder *b)
{
    uint32_t n_exact = 0;
    for (uint32_t i = 0; i < b->n; i++)
        n_exact += whole_key(&b->drafts[i]);
    bool exact_table = n_exact >= MANY_EXACT;
    for (uint32_t i = 0; i < b->n; i++) {
        draft *d = &b->drafts[i];
        d->group = b->n == 1 && !is_plain(d) ? G_REST : group_of(d, exact_table);
        b->count[d->group]++;
    }
    for (uint32_t i = 0; i < b->n; i++) {
        draft *d = &b->drafts[i];
        if ((d->group == G_GRAM4 && b->count[G_GRAM4] <= FEW) || (d->group == G_GRAM2 && b->count[G_GRAM2] <= FEW))
            d->group = G_REST;
    }
    memset(b->count, 0, sizeof b->count);
    for (uint32_t i = 0; i < b->n; i++)
        b->count[b->drafts[i].group]++;
}

/* ---- hash tables over runs of `order` ------------------------------------------------------------------------ */

static uint32_t log2_up(uint64_t n)
{
    uint32_t bits = 1;
    while (UINT64_C(1) << bits < n)
        bits++;
    return bits;
}

/* Sorts order[first .. first+n) by tag. */
static bool sort_by_tag(builder *b, uint32_t first, uint32_t n)
{
    uint64_t *keys = eqli_arena_array(&b->arena, n, sizeof *keys);
    if (!keys)
        return false;
    uint32_t *order = b->order + first;
    for (uint32_t i = 0; i < n; i++)
        keys[i] = (uint64_t)b->drafts[order[i]].tag << 32 | order[i];
    eqli_pat_sort(keys, n);
    for (uint32_t i = 0; i < n; i++) {
        order[i] = (uint32_t)keys[i];
        b->drafts[order[i]].more = i + 1 < n && keys[i + 1] >> 32 == keys[i] >> 32;
    }
    return true;
}

static bool table_make(builder *b, table *t, uint32_t first, uint32_t n)
{
    uint32_t bits = log2_up(2 * (uint64_t)n), home = UINT32_C(1) << bits;
    *t = (table){ .shift = 32 - bits, .first = first, .n = n };
    t->slots = eqli_arena_array(&b->arena, (size_t)home + n + 1, sizeof *t->slots);
    if (!t->slots || !sort_by_tag(b, first, n))
        return false;
    for (uint32_t i = 0; i < home + n + 1; i++)
        t->slots[i] = (eqli_pat_slot){ UINT32_MAX, EQLI_PAT_NO_MEMBER };
    uint32_t next = 0;
    for (uint32_t i = first; i < first + n; i++) {
        const draft *d = &b->drafts[b->order[i]];
        if (i > first && b->drafts[b->order[i - 1]].more)
            continue;
        if (next < d->tag >> t->shift)
            next = d->tag >> t->shift;
        t->slots[next++] = (eqli_pat_slot){ d->tag, i };
    }
    t->n_slots = (next > home ? next : home) + 1;
    return true;
}

static uint32_t draft_exact_hash(const draft *d, uint64_t lower)
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

/* The fixed bytes among the eight that lie `off` bytes from a draft's start or end. */
static uint64_t window(const draft *d, uint32_t off, bool from_end, uint64_t lower, uint64_t *mask)
{
    if (off == 0) {
        *mask = from_end ? d->tail_mask : d->head_mask;
        return from_end ? d->tail : d->head;
    }
    uint32_t start = from_end ? d->len - 8 - off : off;
    uint64_t bytes = 0;
    *mask = 0;
    for (uint32_t i = 0; i < 8; i++) {
        if (is_wild(d, start + i))
            continue;
        *mask |= UINT64_C(0xff) << 8 * i;
        bytes |= (uint64_t)d->text[start + i] << 8 * i;
    }
    return (bytes | lower) & *mask;
}

/* Reads the keys of order[first .. first+n) at the class's windows: which bytes they all have, and the tags. */
static void class_keys(builder *b, eqli_pat_class *c, uint32_t first, uint32_t n)
{
    uint64_t mask;
    c->head_mask = c->tail_mask = UINT64_MAX;
    for (uint32_t i = first; i < first + n; i++) {
        const draft *d = &b->drafts[b->order[i]];
        window(d, c->head_off, false, b->lower, &mask);
        c->head_mask &= mask;
        window(d, c->tail_off, true, b->lower, &mask);
        c->tail_mask &= mask;
    }
    for (uint32_t i = first; i < first + n; i++) {
        draft *d = &b->drafts[b->order[i]];
        d->tag = eqli_pat_hash(window(d, c->head_off, false, b->lower, &mask) & c->head_mask,
                               window(d, c->tail_off, true, b->lower, &mask) & c->tail_mask);
    }
}

/* About how many different tags order[first .. first+n) have. */
static uint32_t distinct_tags(const builder *b, uint32_t first, uint32_t n)
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

/* Lists often share a long beginning or end ("?:\\Windows\\System32\\..."): a window further in may tell more apart.
 * Only worth it for much shorter chains, because such a key needs a text known to be ASCII. */
static void move_windows(builder *b, eqli_pat_class *c, uint32_t first, uint32_t n)
{
    uint32_t sampled = n < MAX_SAMPLE ? n : MAX_SAMPLE;
    uint32_t at_ends = distinct_tags(b, first, sampled), best = at_ends;
    uint32_t head_room = UINT32_MAX, tail_room = UINT32_MAX;
    if (at_ends * MAX_CHAIN >= sampled)
        return;
    for (uint32_t i = first; i < first + n; i++) {
        const draft *d = &b->drafts[b->order[i]];
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

static bool class_make(builder *b, group g, uint32_t first, uint32_t n)
{
    eqli_pat_class *c = &b->classes[b->n_classes];
    *c = (eqli_pat_class){ .exact = g == G_EXACT };
    if (c->exact) {
        for (uint32_t i = first; i < first + n; i++) {
            draft *d = &b->drafts[b->order[i]];
            d->tag = draft_exact_hash(d, b->lower);
        }
    } else {
        class_keys(b, c, first, n);
        move_windows(b, c, first, n);
    }
    table *t = &b->tables[b->n_classes++];
    if (!table_make(b, t, first, n))
        return false;
    c->shift = t->shift;
    c->plain = g >= G_TAIL && g < G_COMPLEX && !c->head_off && !c->tail_off;
    return true;
}

static bool grams_make(builder *b, table *t, uint32_t first, uint32_t n)
{
    for (uint32_t i = first; i < first + n; i++) {
        draft *d = &b->drafts[b->order[i]];
        d->tag = eqli_pat_gram_hash(d->gram);
    }
    return table_make(b, t, first, n);
}

static bool sort_members(builder *b)
{
    b->order = eqli_arena_array(&b->arena, b->n, sizeof *b->order);
    if (!b->order)
        return false;
    uint32_t at = 0;
    for (group g = 0; g < N_GROUPS; g++) {
        uint32_t first = at, n = b->count[g];
        for (uint32_t i = 0; n && i < b->n; i++) {
            if (b->drafts[i].group == g)
                b->order[at++] = i;
        }
        bool ok = n == 0 || g == G_REST || (g == G_GRAM4   ? grams_make(b, &b->grams4, first, n)
                                            : g == G_GRAM2 ? grams_make(b, &b->grams2, first, n)
                                                           : class_make(b, g, first, n));
        if (!ok)
            return false;
    }
    return true;
}

/* ---- the block ----------------------------------------------------------------------------------------------- */

static void fill_literal(const builder *b, const draft *d, uint32_t start, uint32_t len, unsigned char *lit)
{
    unsigned char *mask = lit + len;
    for (uint32_t i = 0; i < len; i++) {
        unsigned char c = d->text[start + i];
        bool wild = is_wild(d, start + i);
        lit[i] = wild ? 0xff : c;
        mask[i] = wild ? 0xff : b->fold && c >= 'a' && c <= 'z' ? 0x20 : 0;
    }
}

static bool odd_piece(const draft *d, uint32_t start, uint32_t len)
{
    if (!d->odd)
        return false;
    if (d->glob && memchr(d->text + start, '?', len))
        return true;
    return eqli_utf8_check((const char *)d->text + start, len) < len;
}

static bool add_wild(builder *b, const draft *d, uint32_t start, uint32_t len)
{
    wild_item *item = eqli_arena_array(&b->arena, 1, sizeof *item);
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

static bool make_wilds(builder *b)
{
    b->wilds_end = &b->wilds;
    for (uint32_t i = 0; i < b->n; i++) {
        const draft *d = &b->drafts[b->order[i]];
        uint32_t at = d->head_len, start;
        while (d->odd && next_inner(d, &at, &start)) {
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

static uint32_t filter_log2(const table *t)
{
    uint32_t bits = t->n ? log2_up(FILTER_SPARE * (uint64_t)t->n) : 0;
    if (t->n && bits < FILTER_MIN)
        return FILTER_MIN;
    return bits < FILTER_MAX ? bits : FILTER_MAX;
}

static layout plan(const builder *b)
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
    const builder *b;
    eqli_pattern_set *set;
    uint32_t lit, seg, slots, filter, wild; /* where the next goes; seg is an index, the others are offsets */
    const wild_item *item;
} writer;

static void *place(const writer *w, uint32_t offset)
{
    return (unsigned char *)w->set + offset;
}

static uint32_t put_literal(writer *w, const draft *d, uint32_t start, uint32_t len)
{
    uint32_t at = w->lit;
    fill_literal(w->b, d, start, len, place(w, at));
    w->lit += 2 * len;
    return at;
}

static void put_segment(writer *w, const draft *d, uint32_t start, uint32_t len)
{
    eqli_pat_seg *seg = (eqli_pat_seg *)place(w, w->set->segs) + w->seg++;
    *seg = (eqli_pat_seg){ .lit = put_literal(w, d, start, len), .len = len };
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
    const draft *d = &w->b->drafts[w->b->order[i]];
    eqli_pat_member *m = (eqli_pat_member *)place(w, w->set->members) + i;
    *m = (eqli_pat_member){ .min = d->min,
                            .head_len = d->head_len,
                            .tail_len = d->tail_len,
                            .inner = w->seg,
                            .n_inner = d->n_inner,
                            .exact = d->exact,
                            .odd = d->odd,
                            .more = d->more,
                            .plain = is_plain(d) };
    m->head = put_literal(w, d, 0, d->head_len);
    m->tail = put_literal(w, d, d->len - d->tail_len, d->tail_len);
    uint32_t at = d->head_len, start;
    while (next_inner(d, &at, &start))
        put_segment(w, d, start, at - start);
}

static uint32_t put_slots(writer *w, const table *t)
{
    uint32_t at = w->slots, size = t->n_slots * (uint32_t)sizeof *t->slots;
    memcpy(place(w, at), t->slots, size);
    w->slots += size;
    return at;
}

/* The plain ones first. */
static void put_classes(writer *w)
{
    const builder *b = w->b;
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

static void put_grams(writer *w, const table *t, uint32_t filter_bits, eqli_pat_grams *out)
{
    if (t->n == 0)
        return;
    *out = (eqli_pat_grams){
        .n = t->n, .first = t->first, .shift = t->shift, .filter = w->filter, .filter_shift = 32 - filter_bits
    };
    out->slots = put_slots(w, t);
    uint8_t *filter = place(w, w->filter);
    for (uint32_t i = t->first; i < t->first + t->n; i++)
        filter[w->b->drafts[w->b->order[i]].tag >> out->filter_shift] = 1;
    w->filter += UINT32_C(1) << filter_bits;
}

/* Bytes all members fix at the ends of a text. */
static void put_gates(const builder *b, eqli_pattern_set *set)
{
    if (b->n == 0)
        return;
    const draft *first = &b->drafts[0];
    set->head_care = set->tail_care = UINT64_MAX;
    for (uint32_t i = 0; i < b->n; i++) {
        const draft *d = &b->drafts[i];
        for (uint32_t k = 0; k < 64; k += 8) {
            uint64_t byte = UINT64_C(0xff) << k;
            if (!(d->head_mask & byte) || ((d->head ^ first->head) & byte))
                set->head_care &= ~byte;
            if (!(d->tail_mask & byte) || ((d->tail ^ first->tail) & byte))
                set->tail_care &= ~byte;
        }
    }
    set->head_want = first->head & set->head_care;
    set->tail_want = first->tail & set->tail_care;
}

/* What all members ask of a text's length. With nothing to match no length passes. */
static void put_lengths(const builder *b, eqli_pattern_set *set)
{
    size_t min = b->always ? 0 : SIZE_MAX, max = b->always ? SIZE_MAX : 0;
    for (uint32_t i = 0; i < b->n; i++) {
        const draft *d = &b->drafts[i];
        /* Folding changes the number of bytes of a character, never the number of characters. */
        uint32_t least = b->fold ? d->chars : d->min;
        uint64_t most = d->exact ? b->fold || d->wild ? 4 * (uint64_t)d->min : d->min : SIZE_MAX;
        min = least < min ? least : min;
        max = most > max ? (size_t)most : max;
    }
    set->min_len = min;
    set->len_span = max < min ? 0 : max - min;
}

static void write_set(const builder *b, const layout *l, eqli_pattern_set *set)
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
    set->lower = b->lower;
    set->n_members = b->n;
    set->n_classes = b->n_classes;
    set->rest = b->n - b->count[G_REST];
    set->n_classed = set->rest - b->count[G_GRAM4] - b->count[G_GRAM2];
    set->classes = (uint32_t)l->classes;
    set->members = (uint32_t)l->members;
    set->segs = (uint32_t)l->segs;
    for (uint32_t i = 0; i < b->n; i++) {
        const draft *d = &b->drafts[i];
        set->has_odd = set->has_odd || (d->odd && d->group < G_GRAM4);
        set->bytewise = set->bytewise && !d->odd;
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

static eqlm_status build(builder *b, const eqlm_alloc *alloc, const eqli_pattern *patterns, size_t n,
                         eqli_pattern_set **out)
{
    eqlm_status status = read_patterns(b, patterns, n);
    if (status != EQLM_OK)
        return status;
    choose_groups(b);
    if (!sort_members(b) || !make_wilds(b))
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

eqlm_status eqli_pattern_set_new(const eqlm_alloc *alloc, const eqli_pattern *patterns, size_t n, bool fold,
                                 eqli_pattern_set **out)
{
    builder b = { .fold = fold, .lower = fold ? UINT64_C(0x2020202020202020) : 0 };
    *out = NULL;
    eqlm_alloc hook = eqli_mem_default(alloc);
    eqli_arena_init(&b.arena, &hook, SIZE_MAX);
    eqlm_status status = build(&b, &hook, patterns, n, out);
    eqli_arena_clear(&b.arena);
    return status;
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
