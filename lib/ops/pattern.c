/* pattern.c - tests a text against a pattern set.
 *
 * Nearly every answer is no, so everything here tries to say no early and cheaply. The first and last eight
 * bytes are loaded once; bytes common to all members, then a hash of the bytes each class of members fixes
 * there, leave at most a few members to compare in full. Only then the text is searched for bytes that are
 * not ASCII, and only if there are some and case does not matter, it is folded. */
#include "ops/pattern_set.h"

#include "base/inline.h"
#include "base/text.h"

typedef struct run {
    const eqli_pattern_set *set;
    eqli_pat_text text;
    uint64_t head,
        tail;  /* first and last eight bytes; of a shorter text all of them, with zeros after or before */
    bool sure; /* the bytes of the text may be compared: folded, or ASCII, or case matters */
    eqli_op_result result;
} run;

/* Makes sure that the bytes may be compared as they are. False: they may not, so match_not_ascii() has to
 * look. */
static bool settle(run *r)
{
    const eqli_pat_text *t = &r->text;
    if (!r->sure)
        r->sure = r->text.ascii =
            t->len <= 16 ? ((r->head | r->tail) & EQLI_PAT_HIGH) == 0 : eqli_pat_ascii(t->ptr, t->len);
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
static inline bool class_hash(const run *r, const eqli_pat_class *c, uint32_t *out)
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

static inline eqli_pat_verdict try_class(run *r, const eqli_pat_class *c)
{
    /* Unless all its bytes are ASCII a text's length, and what lies away from its ends, decides nothing. */
    if (c->exact | c->head_off | c->tail_off) {
        if (!settle(r))
            return EQLI_PAT_UNSURE;
    }
    uint32_t tag;
    if (!class_hash(r, c, &tag))
        return EQLI_PAT_NO;
    const eqli_pat_member *m = eqli_pat_lookup(r->set, c->slots, c->shift, tag);
    for (; m; m = m->more ? m + 1 : NULL) {
        if (!settle(r))
            return EQLI_PAT_UNSURE;
        if (m->odd && !r->text.ascii)
            continue; /* its key counts `?` as a byte: try_odd() sees to it */
        if (member_match(r, m))
            return EQLI_PAT_YES;
    }
    return EQLI_PAT_NO;
}

/* Members of the classes that have to be matched by character. */
static eqli_pat_verdict try_odd(run *r)
{
    const eqli_pat_member *m = member_at(r->set, 0), *end = member_at(r->set, r->set->n_classed);
    for (; m < end; m++) {
        if (m->odd && member_match(r, m))
            return EQLI_PAT_YES;
    }
    return EQLI_PAT_NO;
}

enum { SEEN_MAX = 4096 }; /* members of a gram table tried in one pass over the text */

/* Tries the members that have a gram found in the text, of those in [low, high), each once per pass. */
static bool try_gram(run *r, const eqli_pat_grams *g, uint32_t tag, uint32_t low, uint32_t high,
                     uint64_t *seen)
{
    const eqli_pat_member *m = eqli_pat_lookup(r->set, g->slots, g->shift, tag);
    for (; m; m = m->more ? m + 1 : NULL) {
        uint32_t i = (uint32_t)(m - member_at(r->set, 0));
        if (i < low || i >= high)
            continue;
        uint64_t bit = UINT64_C(1) << (i - low) % 64, *word = &seen[(i - low) / 64];
        if (*word & bit)
            continue;
        *word |= bit;
        if (member_match(r, m))
            return true;
    }
    return false;
}

typedef struct gram_scan {
    run *r;
    const eqli_pat_grams *g;
    size_t width;
    uint32_t lower, low, high; /* members [low, high) are tried */
    uint64_t seen[SEEN_MAX / 64];
} gram_scan;

static inline uint32_t gram_tag(const char *t, size_t width, uint32_t lower)
{
    return eqli_pat_gram_hash(width == 4 ? eqli_pat_load32(t) | lower
                                         : eqli_pat_load16(t) | (lower & 0xffff));
}

/* Tries the members of n grams from t on. */
static bool try_gram_run(gram_scan *s, const uint8_t *filter, const char *t, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        uint32_t tag = gram_tag(t + k, s->width, s->lower);
        if (filter[tag >> s->g->filter_shift] && try_gram(s->r, s->g, tag, s->low, s->high, s->seen))
            return true;
    }
    return false;
}

/* Looks up every gram of the text. The filter stops nearly all that no member has; four are asked at a time.
 */
static inline bool scan_grams(gram_scan *s, size_t width)
{
    const uint8_t *filter = eqli_pat_at(s->r->set, s->g->filter);
    const char *t = s->r->text.ptr;
    uint32_t lower = s->lower, shift = s->g->filter_shift;
    if (s->r->text.len < width)
        return false;
    size_t i = 0, n = s->r->text.len - width + 1;
    for (; n - i >= 4; i += 4) {
        unsigned any = filter[gram_tag(t + i, width, lower) >> shift];
        any |= filter[gram_tag(t + i + 1, width, lower) >> shift];
        any |= filter[gram_tag(t + i + 2, width, lower) >> shift];
        any |= filter[gram_tag(t + i + 3, width, lower) >> shift];
        if (any && try_gram_run(s, filter, t + i, 4))
            return true;
    }
    return try_gram_run(s, filter, t + i, n - i);
}

static eqli_pat_verdict try_grams(run *r, const eqli_pat_grams *g, size_t width)
{
    gram_scan s;
    s.r = r;
    s.g = g;
    s.width = width;
    s.lower = (uint32_t)r->set->lower;
    for (s.low = g->first; s.low < g->first + g->n; s.low = s.high) {
        uint32_t left = g->first + g->n - s.low, n = left < SEEN_MAX ? left : SEEN_MAX;
        s.high = s.low + n;
        memset(s.seen, 0, ((size_t)n + 63) / 64 * sizeof s.seen[0]);
        if (width == 4 ? scan_grams(&s, 4) : scan_grams(&s, 2))
            return EQLI_PAT_YES;
    }
    return EQLI_PAT_NO;
}

/* Members that nothing but a search of the text can rule out. */
static eqli_pat_verdict try_floating(run *r)
{
    const eqli_pattern_set *set = r->set;
    if (!settle(r))
        return EQLI_PAT_UNSURE;
    if (set->grams4.n && try_grams(r, &set->grams4, 4) == EQLI_PAT_YES)
        return EQLI_PAT_YES;
    if (set->grams2.n && try_grams(r, &set->grams2, 2) == EQLI_PAT_YES)
        return EQLI_PAT_YES;
    for (uint32_t i = set->rest; i < set->n_members; i++) {
        if (member_match(r, member_at(set, i)))
            return EQLI_PAT_YES;
    }
    return EQLI_PAT_NO;
}

/* All members but those of the first classes, whose answer is no. */
static eqli_pat_verdict try_members(run *r, uint32_t first_class)
{
    const eqli_pattern_set *set = r->set;
    const eqli_pat_class *c = eqli_pat_at(set, set->classes);
    for (uint32_t i = first_class; i < set->n_classes; i++) {
        eqli_pat_verdict v = try_class(r, &c[i]);
        if (v != EQLI_PAT_NO)
            return v;
    }
    return set->n_classed < set->n_members ? try_floating(r) : EQLI_PAT_NO;
}

/* First and last eight bytes of a text. */
static inline void load_ends(const char *p, size_t n, uint64_t *head, uint64_t *tail)
{
    if (n >= 8) {
        *head = eqli_pat_load64(p);
        *tail = eqli_pat_load64(p + n - 8);
    } else {
        *head = eqli_pat_load_short(p, n);
        *tail = n ? *head << (64 - 8 * n) : 0;
    }
}

static bool fold(run *r)
{
    eqli_pat_text *t = &r->text;
    char *folded = t->len <= SIZE_MAX / 2 ? eqli_arena_alloc(t->scratch, EQLI_FOLD_MAX(t->len)) : NULL;
    if (!folded) {
        r->result = eqli_op_no_room(t->scratch);
        return false;
    }
    t->len = eqli_fold_text(folded, t->ptr, t->len);
    t->ptr = folded;
    return true;
}

/* The text has bytes that are not ASCII and needs a closer look than its raw bytes allow. */
static eqli_pat_verdict match_not_ascii(run *r)
{
    r->sure = true;
    r->text.ascii = r->text.lower = false;
    if (r->set->fold && (!r->set->ascii || eqli_folds_to_ascii(r->text.ptr, r->text.len))) {
        if (!fold(r))
            return EQLI_PAT_NO;
        load_ends(r->text.ptr, r->text.len, &r->head, &r->tail);
    }
    eqli_pat_verdict v = r->set->has_odd ? try_odd(r) : EQLI_PAT_NO;
    return v == EQLI_PAT_NO ? try_members(r, 0) : v;
}

/* The long way, for what the raw bytes at the ends do not decide. `v`: what they say about the plain classes.
 */
static eqli_op_result decide(const eqli_pattern_set *set, const eqli_pat_text *text, uint64_t head,
                             uint64_t tail, eqli_pat_verdict v, bool *out)
{
    run r;
    r.set = set;
    r.text = *text;
    r.head = head;
    r.tail = tail;
    r.sure = set->bytewise;
    r.result = EQLI_OP_OK;
    if (set->always)
        v = EQLI_PAT_YES;
    else if (v == EQLI_PAT_NO)
        v = try_members(&r, set->n_plain);
    if (v == EQLI_PAT_UNSURE)
        v = match_not_ascii(&r);
    *out = v == EQLI_PAT_YES && r.result == EQLI_OP_OK;
    return r.result;
}

/* Compares raw bytes that may or may not be ASCII: reading all of a text only to learn that would cost more.
 */
static inline eqli_pat_verdict plain_match(const eqli_pattern_set *set, const eqli_pat_member *m,
                                           const char *p, size_t n)
{
    if (n < m->min)
        return EQLI_PAT_NO; /* min counts characters here, and there are at most as many as bytes */
    const unsigned char *head = eqli_pat_at(set, m->head), *tail = eqli_pat_at(set, m->tail);
    if (m->exact) {
        eqli_pat_verdict v = eqli_pat_raw_tail(p + n - m->min, head, head + m->min, m->min);
        return v == EQLI_PAT_YES && n > m->min ? EQLI_PAT_NO : v;
    }
    eqli_pat_verdict v = eqli_pat_raw_head(p, head, head + m->head_len, m->head_len);
    return v == EQLI_PAT_YES ? eqli_pat_raw_tail(p + n - m->tail_len, tail, tail + m->tail_len, m->tail_len)
                             : v;
}

/* The classes that have only plain members. The ends are ASCII (or bytes decide anyway), so a key that
 * differs rules its members out. */
static inline eqli_pat_verdict try_plain(const eqli_pattern_set *set, const char *p, size_t n, uint64_t head,
                                         uint64_t tail)
{
    const eqli_pat_class *c = eqli_pat_at(set, set->classes), *end = c + set->n_plain;
    for (; c < end; c++) {
        uint32_t tag = eqli_pat_hash((head | set->lower) & c->head_mask, (tail | set->lower) & c->tail_mask);
        const eqli_pat_member *m = eqli_pat_lookup(set, c->slots, c->shift, tag);
        for (; m; m = m->more ? m + 1 : NULL) {
            eqli_pat_verdict v = plain_match(set, m, p, n);
            if (v != EQLI_PAT_NO)
                return v;
        }
    }
    return EQLI_PAT_NO;
}

/* Apart, so that the first look needs no frame. */
static EQLI_NEVER_INLINE eqli_op_result look_closer(const eqli_pattern_set *set, const char *text, size_t len,
                                                    eqli_arena *scratch, bool *out)
{
    uint64_t head, tail;
    eqli_pat_verdict v = EQLI_PAT_UNSURE;
    load_ends(text, len, &head, &tail);
    if (!((head | tail) & set->high)) {
        if (eqli_pat_ends_differ(set, head, tail))
            return EQLI_OP_OK;
        v = try_plain(set, text, len, head, tail);
        if (v == EQLI_PAT_YES || (v == EQLI_PAT_NO && set->all_plain)) {
            *out = v == EQLI_PAT_YES;
            return EQLI_OP_OK;
        }
    }
    eqli_pat_text t = { len ? text : "", len, false, set->fold, scratch };
    return decide(set, &t, head, tail, v, out);
}

eqli_op_result eqli_pattern_set_match(const eqli_pattern_set *set, const char *text, size_t len,
                                      eqli_arena *scratch, bool *out)
{
    *out = false;
    return eqli_pattern_set_rejects(set, text, len) ? EQLI_OP_OK : look_closer(set, text, len, scratch, out);
}
