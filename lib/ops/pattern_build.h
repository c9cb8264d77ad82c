/* pattern_build.h - between the three steps that compile a pattern set; for lib/ops/pattern_*.c only.
 * pattern_read.c makes drafts of the patterns, pattern_build.c sorts them into classes and tables,
 * pattern_write.c writes the block. */
#ifndef EQLI_PATTERN_BUILD_H
#define EQLI_PATTERN_BUILD_H

#include "ops/pattern_set.h"

/* Where a member goes; each of those before EQLI_PAT_G_GRAM4 becomes a class. */
typedef enum eqli_pat_group {
    EQLI_PAT_G_EXACT,
    EQLI_PAT_G_TAIL, /* plain members, and behind EQLI_PAT_G_COMPLEX the others; both in this order */
    EQLI_PAT_G_HEAD,
    EQLI_PAT_G_SHORT_TAIL,
    EQLI_PAT_G_SHORT_HEAD,
    EQLI_PAT_G_COMPLEX,
    EQLI_PAT_G_GRAM4 = EQLI_PAT_G_COMPLEX + 4,
    EQLI_PAT_G_GRAM2,
    EQLI_PAT_G_REST,
    EQLI_PAT_N_GROUPS
} eqli_pat_group;

typedef struct eqli_pat_draft {
    const unsigned char *text; /* folded if the set is */
    uint32_t len;
    bool glob, exact, odd, ascii, wild; /* wild: has `?` */
    bool floats;                        /* the whole text is an inner segment */
    uint32_t head_len, tail_len, n_inner;
    uint32_t min, chars;
    uint64_t head, head_mask, tail, tail_mask; /* fixed bytes of the first and last eight */
    uint32_t gram, gram_width;
    eqli_pat_group group;
    uint32_t tag;
    bool more; /* the next in order has the same tag */
} eqli_pat_draft;

typedef struct eqli_pat_table {
    eqli_pat_slot *slots;
    uint32_t n_slots, shift;
    uint32_t first, n;
} eqli_pat_table;

/* Bit-parallel form of an odd inner segment, in the order the segments are written. */
typedef struct eqli_pat_wild_item {
    struct eqli_pat_wild_item *next;
    eqli_pat_wild *wild;
    size_t size;
} eqli_pat_wild_item;

typedef struct eqli_pat_builder {
    eqli_arena arena;
    bool fold;
    uint64_t lower;
    eqli_pat_draft *drafts;
    uint32_t n;      /* drafts that can match something */
    uint32_t *order; /* the drafts, by group and tag */
    uint32_t count[EQLI_PAT_N_GROUPS];
    uint64_t segs, lit_bytes, wild_bytes;
    eqli_pat_class classes[EQLI_PAT_MAX_CLASSES];
    eqli_pat_table tables[EQLI_PAT_MAX_CLASSES];
    uint32_t n_classes;
    eqli_pat_table grams4, grams2;
    bool always;
    eqli_pat_wild_item *wilds, **wilds_end;
} eqli_pat_builder;

static inline bool eqli_pat_is_wild(const eqli_pat_draft *d, uint32_t i)
{
    return d->glob && d->text[i] == '?';
}

/* Raw bytes decide about such a member, as long as those at its place in the text are ASCII. */
static inline bool eqli_pat_is_plain(const eqli_pat_draft *d)
{
    return d->n_inner == 0 && d->ascii;
}

/* Least number of bits, at least 1, that count to n. */
static inline uint32_t eqli_pat_log2_up(uint64_t n)
{
    uint32_t bits = 1;
    while (UINT64_C(1) << bits < n)
        bits++;
    return bits;
}

/* Next inner segment from *at on, as [*start, *at). The first call begins at head_len. */
bool eqli_pat_next_inner(const eqli_pat_draft *d, uint32_t *at, uint32_t *start);
/* Sets gram and gram_width, to 0 if there is none. */
void eqli_pat_choose_gram(eqli_pat_draft *d, uint64_t lower);
/* Makes drafts of all patterns; only of those that say something. */
eqlm_status eqli_pat_read(eqli_pat_builder *b, const eqli_pattern *patterns, size_t n);
/* Writes the set from drafts that are in order. */
eqlm_status eqli_pat_write(eqli_pat_builder *b, const eqlm_alloc *alloc, eqli_pattern_set **out);

#endif
