/* table.h - tags of values and fragments of text, and the tables they are looked up in.
 *
 * All of this is a filter, so it may say yes too often but never no wrongly. Texts are compared in key form:
 * case folded (only texts that are not ASCII are really folded) with 0x20 set in every byte, which brings
 * ASCII upper and lower case together and costs one instruction per load. */
#ifndef EQLI_RULES_TABLE_H
#define EQLI_RULES_TABLE_H

#include "ops/pattern_bytes.h"
#include "ops/value.h"

#define EQLI_KEY_CASE UINT64_C(0x2020202020202020)
#define EQLI_NO_ENTRY UINT32_MAX

typedef struct eqli_table_cell {
    uint32_t tag;
    uint32_t value; /* EQLI_NO_ENTRY: free */
} eqli_table_cell;

/* Open addressing; at most half full. Most tags that are asked for are not in it, as the filter tells: a bit
 * for the upper bits of a tag. */
typedef struct eqli_table {
    const eqli_table_cell *cells; /* NULL: empty */
    const uint64_t *filter;
    uint32_t mask;
    uint32_t shift;
} eqli_table;

static inline uint32_t eqli_table_find(const eqli_table *t, uint32_t tag)
{
    uint32_t bit = t->cells ? tag >> t->shift : 0;
    if (!t->cells || !(t->filter[bit / 64] >> bit % 64 & 1))
        return EQLI_NO_ENTRY;
    for (uint32_t i = tag ^ tag >> 15;; i++) { /* in the tag of a gram the upper bits are the good ones */
        const eqli_table_cell *c = &t->cells[i & t->mask];
        if (c->tag == tag || c->value == EQLI_NO_ENTRY)
            return c->value;
    }
}

/* How a fragment lies in the text, and how many of its bytes make its tag. */
typedef enum eqli_literal_class {
    EQLI_LIT_EXACT, /* the whole text */
    EQLI_LIT_HEAD8,
    EQLI_LIT_HEAD4,
    EQLI_LIT_HEAD3,
    EQLI_LIT_TAIL8,
    EQLI_LIT_TAIL4,
    EQLI_LIT_TAIL3,
    EQLI_LIT_FLOAT4,
    EQLI_LIT_FLOAT3,
    EQLI_LIT_CLASSES
} eqli_literal_class;

enum { EQLI_LIT_MIN = 3, EQLI_LIT_MAX = 24 };

/* A text in the form the tables want. head and tail: the first and last eight bytes; of a shorter text all of
 * them, with zeros after or before. */
typedef struct eqli_key_text {
    const char *ptr;
    size_t len;
    uint64_t head, tail;
} eqli_key_text;

static inline void eqli_key_text_init(eqli_key_text *t, const char *ptr, size_t len)
{
    t->ptr = ptr;
    t->len = len;
    if (len >= 8) {
        t->head = eqli_pat_load64(ptr);
        t->tail = eqli_pat_load64(ptr + len - 8);
    } else {
        t->head = eqli_pat_load_short(ptr, len);
        t->tail = len ? t->head << (64 - 8 * len) : 0;
    }
}

static inline uint32_t eqli_tag(uint64_t a, uint64_t b)
{
    return (uint32_t)((a * UINT64_C(0x9e3779b97f4a7c15) + b * UINT64_C(0xc2b2ae3d27d4eb4f)) >> 32);
}

static inline uint32_t eqli_exact_tag(const eqli_key_text *t)
{
    uint64_t middle = t->len > 16 ? eqli_pat_load64(t->ptr + t->len / 2 - 4) | EQLI_KEY_CASE : 0;
    return eqli_tag((t->head | EQLI_KEY_CASE) + middle * UINT64_C(0xff51afd7ed558ccd),
                    (t->tail | EQLI_KEY_CASE) ^ (uint64_t)t->len << 3);
}

/* Numbers that compare as equal have one tag. */
uint32_t eqli_number_tag(const eqlm_value *v);

static inline uint32_t eqli_head_tag(const eqli_key_text *t, unsigned width)
{
    return eqli_tag((t->head | EQLI_KEY_CASE) << (64 - 8 * width), width);
}

static inline uint32_t eqli_tail_tag(const eqli_key_text *t, unsigned width)
{
    return eqli_tag((t->tail | EQLI_KEY_CASE) >> (64 - 8 * width), width);
}

/* Tag of a gram of 3 or 4 bytes, which lie in the low bytes; a bijection, so equal tags are equal grams. */
static inline uint32_t eqli_gram_tag(uint32_t gram)
{
    return (gram | UINT32_C(0x20202020)) * UINT32_C(0x9e3779b1);
}

typedef struct eqli_literal {
    uint32_t text;     /* offset of len bytes in key form; EXACT has none */
    uint32_t postings; /* offset of a count and so many numbers */
    uint8_t len;
    uint8_t at; /* where in the literal its gram lies */
    bool more;  /* the next literal has the same tag */
} eqli_literal;

/* Everything looked for in the texts of one slot. */
typedef struct eqli_literals {
    eqli_table tables[EQLI_LIT_CLASSES]; /* tag -> first literal */
    const uint8_t *filters[2]; /* FLOAT4, FLOAT3: by tag >> shift, whether some gram has such a tag */
    uint8_t shift[2];
    const eqli_literal *literals;
    const char *texts;
    const uint32_t *postings;
} eqli_literals;

/* What tables are built from: entry `entry` asks for a literal. */
typedef struct eqli_literal_use {
    uint32_t tag;
    uint32_t entry;
    uint32_t order; /* brings equal texts together */
    uint8_t class;  /* eqli_literal_class */
    uint8_t len, at;
    const char *text; /* key form */
} eqli_literal_use;

/* Makes a table of n different tags. */
bool eqli_table_new(eqli_arena *arena, const eqli_table_cell *cells, uint32_t n, eqli_table *out);
/* Builds the tables; `uses` is sorted in place. False: no memory. */
bool eqli_literals_new(eqli_arena *arena, eqli_literal_use *uses, size_t n, eqli_literals *out);
/* Sets the bit of every entry that asks for something the text has. */
void eqli_literals_find(const eqli_literals *l, const eqli_key_text *text, uint64_t *hits);
/* The same for a whole value whose tag is known. */
void eqli_literals_find_tag(const eqli_literals *l, uint32_t tag, uint64_t *hits);

#endif
