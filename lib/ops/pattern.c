/* pattern.c - tests a text against a pattern set.
 *
 * Nearly every answer is no, so everything here tries to say no early and cheaply. The first and last eight bytes
 * are loaded once; bytes common to all members, then a hash of the bytes each class of members fixes there, leave at
 * most a few members to compare in full. Only then the text is searched for bytes that are not ASCII, and only if
 * there are some and case does not matter, it is folded. */
#include "ops/pattern_set.h"

#include "base/text.h"

typedef enum verdict {
    NO,
    YES,
    UNSURE /* bytes as they are do not decide: not ASCII */
} verdict;

typedef struct run {
    const eqli_pattern_set *set;
    eqli_subject *subject;
    eqli_pat_text text;
    uint64_t head, tail; /* first and last eight bytes; of a shorter text all of them, with zeros after or before */
    bool sure;           /* the bytes of the text may be compared: folded, or ASCII, or case matters */
    eqli_op_result result;
} run;

/* Makes sure that the bytes may be compared as they are. */
static bool settle(run *r)
{
    eqli_subject *s = r->subject;
    if (r->sure)
        return true;
    if (s->ascii == EQLI_ASCII_NOT_ASKED) {
        bool ascii = s->len <= 16 ? ((r->head | r->tail) & EQLI_PAT_HIGH) == 0 : eqli_pat_ascii(s->ptr, s->len);
        s->ascii = ascii ? EQLI_ASCII_YES : EQLI_ASCII_NO;
    }
    r->sure = r->text.ascii = s->ascii == EQLI_ASCII_YES;
    return r->sure;
}

static const eqli_pat_member *member_at(const eqli_pattern_set *set, uint32_t i)
{
    return (const eqli_pat_member *)eqli_pat_at(set, set->members) + i;
}

static bool inner_match(run *r, const eqli_pat_member *m)
{
    const eqli_pat_seg *seg = (const eqli_pat_seg *)eqli_pat_at(r->set, r->set->segs) + m->inner;
    size_t at = m->head_len, end = r->text.len - m->tail_len;
    for (uint32_t i = 0; i < m->n_inner; i++) {
        at = eqli_pat_find(r->set, &seg[i], &r->text, at, end, &r->result);
        if (at == EQLI_PAT_NOT_FOUND)
            return false;
    }
    return true;
}

static bool member_match(run *r, const eqli_pat_member *m)
{
    const eqli_pat_text *t = &r->text;
    if (t->len < m->min)
        return false;
    if (m->odd && !t->ascii)
        return eqli_pat_match_odd(r->set, m, t, &r->result);
    if (m->exact && t->len != m->min)
        return false;
    return eqli_pat_lit_same(r->set, t->ptr, m->head, m->head_len) &&
           eqli_pat_lit_same(r->set, t->ptr + t->len - m->tail_len, m->tail, m->tail_len) &&
           (m->n_inner == 0 || inner_match(r, m));
}

/* Hash of the bytes that make the class's key; false if the text is too short to have them. */
static inline bool class_hash(const run *r, const eqli_pat_class *c, uint64_t *out)
{
    const eqli_pat_text *t = &r->text;
    uint64_t lower = r->set->lower, head = r->head, tail = r->tail;
    if (c->exact) {
        *out = eqli_pat_exact_hash(t->ptr, t->len, head, tail, lower);
        return true;
    }
    if (c->head_off | c->tail_off) {
        if (t->len < 8 || t->len - 8 < c->head_off || t->len - 8 < c->tail_off)
            return false;
        head = eqli_pat_load64(t->ptr + c->head_off);
        tail = eqli_pat_load64(t->ptr + t->len - 8 - c->tail_off);
    }
    *out = eqli_pat_hash((head | lower) & c->head_mask, (tail | lower) & c->tail_mask);
    return true;
}

static inline verdict try_class(run *r, const eqli_pat_class *c)
{
    /* Unless all its bytes are ASCII a text's length, and what lies away from its ends, decides nothing. */
    if (c->exact | c->head_off | c->tail_off) {
        if (!settle(r))
            return UNSURE;
    }
    uint64_t hash;
    if (!class_hash(r, c, &hash))
        return NO;
    const uint32_t *start = (const uint32_t *)eqli_pat_at(r->set, c->starts) + (hash >> c->shift);
    const eqli_pat_member *m = member_at(r->set, start[0]), *end = member_at(r->set, start[1]);
    for (; m < end; m++) {
        if (m->tag != (uint32_t)(hash >> 32))
            continue;
        if (!settle(r))
            return UNSURE;
        if (m->odd && !r->text.ascii)
            continue; /* its key counts `?` as a byte: try_odd() sees to it */
        if (member_match(r, m))
            return YES;
    }
    return NO;
}

/* Members of the classes that have to be matched by character. */
static verdict try_odd(run *r)
{
    const eqli_pat_member *m = member_at(r->set, 0), *end = member_at(r->set, r->set->n_classed);
    for (; m < end; m++) {
        if (m->odd && member_match(r, m))
            return YES;
    }
    return NO;
}

enum { SEEN_MAX = 4096 }; /* members of a gram table tried in one pass over the text */

/* Tries the members [low, high) of a bucket whose gram was found, each once per pass. */
static bool try_gram(run *r, const eqli_pat_grams *g, uint32_t hash, uint32_t low, uint32_t high, uint64_t *seen)
{
    const uint32_t *start = (const uint32_t *)eqli_pat_at(r->set, g->starts) + (hash >> g->shift);
    uint32_t i = start[0] > low ? start[0] : low, end = start[1] < high ? start[1] : high;
    for (; i < end; i++) {
        const eqli_pat_member *m = member_at(r->set, i);
        uint64_t bit = UINT64_C(1) << (i - low) % 64, *word = &seen[(i - low) / 64];
        if (m->tag != hash || (*word & bit))
            continue;
        *word |= bit;
        if (member_match(r, m))
            return true;
    }
    return false;
}

/* Looks up every gram of the text. The bitmap stops nearly all that no member has. */
static inline bool scan_grams(run *r, const eqli_pat_grams *g, size_t width, uint32_t low, uint32_t high)
{
    const uint64_t *bits = eqli_pat_at(r->set, g->bits);
    const char *t = r->text.ptr;
    uint32_t lower = (uint32_t)r->set->lower;
    uint64_t seen[SEEN_MAX / 64];
    memset(seen, 0, ((high - low + 63) / 64) * sizeof seen[0]);
    if (r->text.len < width)
        return false;
    for (size_t i = 0, last = r->text.len - width; i <= last; i++) {
        uint32_t gram = width == 4 ? eqli_pat_load32(t + i) | lower : eqli_pat_load16(t + i) | (lower & 0xffff);
        uint32_t hash = eqli_pat_gram_hash(gram), b = hash >> g->bits_shift;
        if ((bits[b / 64] >> b % 64 & 1) && try_gram(r, g, hash, low, high, seen))
            return true;
    }
    return false;
}

static verdict try_grams(run *r, const eqli_pat_grams *g, size_t width)
{
    for (uint32_t done = 0; done < g->n;) {
        uint32_t n = g->n - done < SEEN_MAX ? g->n - done : SEEN_MAX, low = g->first + done;
        bool hit = width == 4 ? scan_grams(r, g, 4, low, low + n) : scan_grams(r, g, 2, low, low + n);
        if (hit)
            return YES;
        done += n;
    }
    return NO;
}

/* Members that nothing but a search of the text can rule out. */
static verdict try_floating(run *r)
{
    const eqli_pattern_set *set = r->set;
    if (!settle(r))
        return UNSURE;
    if (set->grams4.n && try_grams(r, &set->grams4, 4) == YES)
        return YES;
    if (set->grams2.n && try_grams(r, &set->grams2, 2) == YES)
        return YES;
    for (uint32_t i = set->rest; i < set->n_members; i++) {
        if (member_match(r, member_at(set, i)))
            return YES;
    }
    return NO;
}

static verdict try_members(run *r)
{
    const eqli_pattern_set *set = r->set;
    const eqli_pat_class *c = eqli_pat_at(set, set->classes);
    for (uint32_t i = 0; i < set->n_classes; i++) {
        verdict v = try_class(r, &c[i]);
        if (v != NO)
            return v;
    }
    return set->n_classed < set->n_members ? try_floating(r) : NO;
}

static void load_ends(run *r)
{
    const char *p = r->text.ptr;
    size_t n = r->text.len;
    if (n >= 8) {
        r->head = eqli_pat_load64(p);
        r->tail = eqli_pat_load64(p + n - 8);
    } else {
        r->head = eqli_pat_load_short(p, n);
        r->tail = n ? r->head << (64 - 8 * n) : 0;
    }
}

static bool fold_subject(run *r)
{
    eqli_subject *s = r->subject;
    if (!s->folded) {
        char *folded = NULL;
        if (s->len <= SIZE_MAX / 2)
            folded = eqli_arena_alloc(s->scratch, EQLI_FOLD_MAX(s->len));
        if (!folded) {
            r->result = eqli_op_no_room(s->scratch);
            return false;
        }
        s->folded_len = eqli_fold_text(folded, s->ptr, s->len);
        s->folded = folded;
    }
    r->text.ptr = s->folded;
    r->text.len = s->folded_len;
    return true;
}

/* The text has bytes that are not ASCII and needs a closer look than its raw bytes allow. */
static verdict match_not_ascii(run *r)
{
    r->sure = true;
    r->text.ascii = r->text.lower = false;
    if (r->set->fold) {
        if (!fold_subject(r))
            return NO;
        load_ends(r);
    }
    verdict v = r->set->has_odd ? try_odd(r) : NO;
    return v == NO ? try_members(r) : v;
}

eqli_op_result eqli_pattern_set_match(const eqli_pattern_set *set, eqli_subject *s, bool *out)
{
    *out = false;
    if (s->len < set->min_len || s->len > set->max_len)
        return EQLI_OP_OK;
    if (set->always) {
        *out = true;
        return EQLI_OP_OK;
    }
    run r;
    r.set = set;
    r.subject = s;
    r.text = (eqli_pat_text){ s->len ? s->ptr : "", s->len, false, set->fold, s->scratch };
    r.sure = set->bytewise;
    r.result = EQLI_OP_OK;
    load_ends(&r);
    verdict v = UNSURE;
    if (!((r.head | r.tail) & set->high)) {
        if (((r.head | set->lower) & set->head_care) != set->head_want ||
            ((r.tail | set->lower) & set->tail_care) != set->tail_want)
            return EQLI_OP_OK;
        v = try_members(&r);
    } else {
        s->ascii = EQLI_ASCII_NO;
    }
    if (v == UNSURE)
        v = match_not_ascii(&r);
    *out = v == YES && r.result == EQLI_OP_OK;
    return r.result;
}
