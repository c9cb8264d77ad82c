/* pattern_set.h - inside of a compiled pattern set.
 *
 * A member is [head] * inner * inner * ... * [tail]; without any star it is a head alone and `exact`. The
 * members lie in this order: those of each class sorted by key, those of each gram table sorted by key, then
 * the rest. Everything is one block of memory; places in it are offsets from the start of the set.
 *
 * Text is compared in one of three states (decisions 2, 7):
 *  - ASCII bytes as they are: the masks of the literals take care of case, and `?` is one byte;
 *  - not ASCII, caseless: the folded copy; a literal's bytes are the text's, but `?` is several bytes. A set
 *    of ASCII literals alone needs the copy only if some other character of the text folds to ASCII;
 *  - not ASCII, case-sensitive: the bytes as they are, `?` as before.
 * Well-formed UTF-8 is found by its bytes. Members with `?` or with bytes that are not UTF-8 are `odd`: in
 * text that is not ASCII they are matched character by character (pattern_wild.c). */
#ifndef EQLI_PATTERN_SET_H
#define EQLI_PATTERN_SET_H

#include "ops/pattern.h"
#include "ops/pattern_bytes.h"

typedef struct eqli_pat_seg {
    uint32_t lit;            /* offset of the literal; its mask follows it */
    uint32_t len;            /* bytes; `?` counts one */
    uint32_t rare_a, rare_b; /* places of the two bytes least likely in a text; never at `?` */
    uint32_t crit, period;   /* critical factorisation, for the linear search */
    uint32_t wild;           /* offset of an eqli_pat_wild if the segment is odd, else 0 */
    bool periodic;           /* the whole literal has this period */
    bool blank;              /* nothing but `?` */
} eqli_pat_seg;

/* Bit-parallel form of an odd segment: character i is bit i % 64 of word i / 64. The entries are sorted by
 * character, then word; `any` tells the places of `?`. */
typedef struct eqli_pat_entry {
    uint32_t ch, word;
    uint64_t bits;
} eqli_pat_entry;

typedef struct eqli_pat_wild {
    uint32_t n_chars, n_words, n_entries;
    uint32_t entries; /* offset from here; `any` follows this structure */
    uint64_t any[];
} eqli_pat_wild;

typedef struct eqli_pat_member {
    uint32_t min; /* bytes the shortest matching text has; exactly that many if exact and the text is ASCII */
    uint32_t head, head_len;
    uint32_t tail, tail_len;
    uint32_t inner; /* index of the first inner segment */
    uint32_t n_inner;
    bool exact, odd;
    bool more; /* the next member has the same key */
} eqli_pat_member;

/* A hash table of keys: the upper bits of a 32-bit tag choose where to begin. Slots in use are sorted by tag
 * and stand at or behind their place; the others have the greatest tag, also the last one. */
typedef struct eqli_pat_slot {
    uint32_t tag;
    uint32_t first; /* member, or EQLI_PAT_NO_MEMBER */
} eqli_pat_slot;

#define EQLI_PAT_NO_MEMBER UINT32_MAX

/* Members found through bytes at fixed distances from the text's ends. */
typedef struct eqli_pat_class {
    uint64_t head_mask, tail_mask; /* which bytes of the two windows make the key */
    uint32_t head_off, tail_off;   /* distance of the windows from the ends */
    uint32_t slots, shift;         /* offset of the table; tag >> shift is the place to begin */
    bool exact;                    /* the key is the length and bytes of the whole text */
    bool plain;                    /* only plain members, no distance from the ends */
} eqli_pat_class;

/* Members found through two or four bytes in a row that occur anywhere. */
typedef struct eqli_pat_grams {
    uint32_t n; /* members; 0: no table */
    uint32_t first;
    uint32_t slots, shift;
    uint32_t filter, filter_shift; /* one byte per tag >> filter_shift: whether a member has such a tag */
} eqli_pat_grams;

enum { EQLI_PAT_MAX_CLASSES = 9 };

struct eqli_pattern_set {
    size_t min_len;  /* bytes a matching text has at least, before folding */
    size_t len_span; /* and how many more at most */
    uint64_t lower;  /* 0x20 in each byte if fold: brings upper and lower case together in keys */
    uint64_t high;   /* EQLI_PAT_HIGH, or 0 if bytewise */
    uint64_t head_care, head_want, tail_care, tail_want; /* bytes all members share */
    bool fold, always;
    bool bytewise;    /* no fold, nothing odd: bytes decide, whatever they are */
    bool ascii;       /* all members are ASCII without `?` */
    bool all_plain;   /* all members are in those n_plain classes */
    bool has_odd;     /* among the members in classes */
    uint32_t n_plain; /* classes that come first, have only plain members, and are keyed at the ends */
    uint32_t n_classes, n_classed, n_members;
    uint32_t members, segs, classes, rest; /* offsets; `rest` is an index: members tried one by one */
    eqli_pat_grams grams4, grams2;
    size_t size;
    eqlm_alloc alloc;
};

typedef struct eqli_pat_text {
    const char *ptr;
    size_t len;
    bool ascii; /* known to be ASCII */
    bool lower; /* ASCII not folded yet: letters are to be lowered when read one by one */
    eqli_arena *scratch;
} eqli_pat_text;

#define EQLI_PAT_NOT_FOUND SIZE_MAX

static inline const void *eqli_pat_at(const eqli_pattern_set *set, uint32_t offset)
{
    return (const unsigned char *)set + offset;
}

static inline bool eqli_pat_lit_same(const eqli_pattern_set *set, const char *t, uint32_t lit, uint32_t len)
{
    const unsigned char *l = eqli_pat_at(set, lit);
    return eqli_pat_same(t, l, l + len, len);
}

/* Two multiplications side by side: the answer waits for this. Each bit of a and b reaches the upper half. */
static inline uint32_t eqli_pat_hash(uint64_t a, uint64_t b)
{
    return (uint32_t)((a * UINT64_C(0x9e3779b97f4a7c15) + b * UINT64_C(0xc2b2ae3d27d4eb4f)) >> 32);
}

/* First member with this tag, or NULL. */
static inline const eqli_pat_member *eqli_pat_lookup(const eqli_pattern_set *set, uint32_t slots,
                                                     uint32_t shift, uint32_t tag)
{
    const eqli_pat_slot *s = (const eqli_pat_slot *)eqli_pat_at(set, slots) + (tag >> shift);
    while (s->tag < tag)
        s++;
    if (s->tag != tag || s->first == EQLI_PAT_NO_MEMBER)
        return NULL;
    return (const eqli_pat_member *)eqli_pat_at(set, set->members) + s->first;
}

static inline uint32_t eqli_pat_gram_hash(uint32_t gram)
{
    return gram * UINT32_C(0x9e3779b1);
}

/* The parts of an exact key that do not depend on how the text was read. n bytes at p, lowered by `lower`. */
static inline uint32_t eqli_pat_exact_hash(const char *p, size_t n, uint64_t head, uint64_t tail,
                                           uint64_t lower)
{
    uint64_t mid = n > 16 ? eqli_pat_load64(p + n / 2 - 4) | lower : 0;
    return eqli_pat_hash((head | lower) + mid * UINT64_C(0xff51afd7ed558ccd), (tail | lower) ^ n << 3);
}

/* Whether bytes that all members share are different ones. Decides for ASCII, or if bytes decide. */
static inline bool eqli_pat_ends_differ(const eqli_pattern_set *set, uint64_t head, uint64_t tail)
{
    return ((((head | set->lower) & set->head_care) ^ set->head_want) |
            (((tail | set->lower) & set->tail_care) ^ set->tail_want)) != 0;
}

/* Whether length and ends alone say that no member matches. */
static inline bool eqli_pattern_set_rejects(const eqli_pattern_set *set, const char *text, size_t len)
{
    if (len - set->min_len > set->len_span)
        return true;
    if (len < 8)
        return false;
    uint64_t head = eqli_pat_load64(text), tail = eqli_pat_load64(text + len - 8);
    return !((head | tail) & set->high) && eqli_pat_ends_differ(set, head, tail);
}

/* Finds a segment in the text's bytes [from, end) and returns the place behind its first occurrence, or
 * EQLI_PAT_NOT_FOUND. For segments that are not odd, and for all when the text is ASCII. Time is linear in
 * the place found. *result is set when scratch is short. */
size_t eqli_pat_find(const eqli_pattern_set *set, const eqli_pat_seg *seg, const eqli_pat_text *text,
                     size_t from, size_t end, eqli_op_result *result);
/* The same for odd segments, character by character. */
size_t eqli_pat_find_wild(const eqli_pattern_set *set, const eqli_pat_seg *seg, const eqli_pat_text *text,
                          size_t from, size_t end, eqli_op_result *result);
/* Looks for the literal of a segment, which is not blank, through its rare bytes and returns the place of its
 * first occurrence. On too many false hits it gives up: *give_up is then set and the place returned is the
 * first one not examined. */
size_t eqli_pat_find_pair(const eqli_pat_seg *seg, const unsigned char *lit, const char *t, size_t from,
                          size_t end, bool *give_up);
/* Whether an odd member matches a text that is not ASCII. */
bool eqli_pat_match_odd(const eqli_pattern_set *set, const eqli_pat_member *m, const eqli_pat_text *text,
                        eqli_op_result *result);

/* Compile-time analysis of a literal: rare bytes and factorisation of a segment. */
void eqli_pat_analyse(eqli_pat_seg *seg, const unsigned char *lit, const unsigned char *mask);
/* How common a byte is in names, paths and command lines: 0 rare .. 63 common. */
unsigned eqli_pat_commonness(unsigned char c);
/* Bit-parallel form of an odd literal in arena memory, *size bytes; NULL: no memory. */
eqli_pat_wild *eqli_pat_wild_new(eqli_arena *a, const unsigned char *lit, const unsigned char *mask,
                                 uint32_t len, size_t *size);

#endif
