/* regex_parse.h - text of a regular expression to postfix items (language 6.4).
 *
 * The items are a flat stack program, so nothing after the parser recurses. Character classes are sets of
 * ranges over the alphabet 0..EQLI_RX_BAD, already folded and complemented; EQLI_RX_BAD stands for every byte
 * of a text that is part of no code point. */
#ifndef EQLI_REGEX_PARSE_H
#define EQLI_REGEX_PARSE_H

#include "ops/regex.h"

#define EQLI_RX_BAD 0x110000u         /* just past the last code point */
#define EQLI_RX_INF UINT32_MAX        /* no upper bound of a repetition */
#define EQLI_RX_MAX_COUNT 0x7FFFFFFFu /* of a repetition or interval, as in Lucene */

enum {
    EQLI_RX_MAX_DEPTH = 200,     /* nesting of groups */
    EQLI_RX_MAX_ITEMS = 1 << 17, /* of all patterns of one list */
    EQLI_RX_MAX_RANGES = 1 << 18
};

typedef struct eqli_rx_range {
    uint32_t lo, hi;
} eqli_rx_range;

/* Ranges are sorted and do not touch. */
typedef struct eqli_rx_set {
    uint32_t first, n;
} eqli_rx_set;

typedef enum eqli_rx_item_kind {
    EQLI_RX_I_NONE,   /* the empty language */
    EQLI_RX_I_EPS,    /* the empty string */
    EQLI_RX_I_ANY,    /* one character */
    EQLI_RX_I_CLASS,  /* a: set */
    EQLI_RX_I_CONCAT, /* of the last a operands */
    EQLI_RX_I_UNION,
    EQLI_RX_I_INTER,
    EQLI_RX_I_REPEAT, /* of the last operand, a to b times */
    EQLI_RX_I_NOT
} eqli_rx_item_kind;

typedef struct eqli_rx_item {
    eqli_rx_item_kind kind;
    uint32_t a, b;
} eqli_rx_item;

typedef struct eqli_rx_code {
    eqlm_alloc alloc;
    bool fold;
    eqlm_status status; /* sticky: after a failure every further step does nothing */
    eqli_regex_error err;
    eqli_rx_item *items;
    eqli_rx_set *sets;
    eqli_rx_range *ranges;
    uint64_t *folds; /* fold << 32 | character, of those that differ, sorted; made on first need */
    uint32_t n_items, cap_items, n_sets, cap_sets, n_ranges, cap_ranges, n_folds, cap_folds;
} eqli_rx_code;

void eqli_rx_code_init(eqli_rx_code *code, const eqlm_alloc *alloc, bool fold);
void eqli_rx_code_clear(eqli_rx_code *code);
void eqli_rx_code_fail(eqli_rx_code *code, eqlm_status status, size_t offset, const char *message);
void eqli_rx_emit(eqli_rx_code *code, eqli_rx_item_kind kind, uint32_t a, uint32_t b);

/* Appends one pattern; its value is one operand. */
void eqli_rx_parse(eqli_rx_code *code, eqlm_str pattern);

/* Sets under construction: ranges from index `first` to the end. */
void eqli_rx_add_range(eqli_rx_code *code, uint32_t lo, uint32_t hi);
void eqli_rx_add_predefined(eqli_rx_code *code, uint32_t letter); /* d D s S w W */
/* Ends the set (complemented if negate) and emits it as an operand. */
void eqli_rx_emit_set(eqli_rx_code *code, uint32_t first, bool negate);

#endif
