/* regex_term.h - regular expressions as hash-consed terms in a normal form.
 *
 * A term is an index; equal indices mean equal terms, and the normal form (flat sorted unions and
 * intersections, joined repetitions, no neutral or absorbing parts) makes most equal languages equal terms.
 * That is what keeps the number of derivatives, the states of the automaton, small. Counted repetitions stay
 * counted.
 *
 * A store may stand on a base: the terms of the expression, shared between threads and never changed, under
 * those that one cache makes while matching. */
#ifndef EQLI_REGEX_TERM_H
#define EQLI_REGEX_TERM_H

#include "ops/regex_util.h"

/* These are the first terms of every store without a base. */
enum {
    EQLI_RX_NONE, /* the empty language */
    EQLI_RX_EPS,  /* the empty string */
    EQLI_RX_ANY,  /* any one character */
    EQLI_RX_ALL   /* every string */
};

typedef enum eqli_rx_kind {
    EQLI_RX_K_NONE,
    EQLI_RX_K_EPS,
    EQLI_RX_K_CLASS,  /* a: bit per symbol, in words */
    EQLI_RX_K_CONCAT, /* a then b; a chain leans to the right where the text does */
    EQLI_RX_K_REPEAT, /* a, b to c times; b is 0 if a is nullable; never 0 to 1 nor 1 to 1 times */
    EQLI_RX_K_NOT,    /* all but a */
    EQLI_RX_K_UNION,  /* b >= 2 members from words[a] on */
    EQLI_RX_K_INTER
} eqli_rx_kind;

typedef struct eqli_rx_term {
    uint8_t kind; /* eqli_rx_kind */
    bool nullable;
    uint32_t a, b, c, hash;
} eqli_rx_term;

typedef struct eqli_rx_terms {
    eqlm_alloc alloc;
    const struct eqli_rx_terms *base;
    uint32_t n_symbols;
    eqlm_status status;        /* sticky: NOMEM, or LIMIT; constructors then return EQLI_RX_NONE */
    uint64_t bytes, max_bytes; /* of what the store holds; deterministic, unlike the size of its arrays */
    uint64_t work, max_work;   /* members handled, terms visited */
    eqli_rx_term *terms;
    uint32_t *words; /* class bits and members */
    uint32_t *table; /* hash table of index + 1 */
    uint32_t *stack; /* members of unions and intersections under construction, innermost last */
    uint32_t base_terms, base_words; /* indices below these live in the base */
    uint32_t n_terms, cap_terms, n_words, cap_words, cap_table, n_stack, cap_stack;
} eqli_rx_terms;

void eqli_rx_terms_init(eqli_rx_terms *t, const eqlm_alloc *alloc, uint32_t n_symbols,
                        const eqli_rx_terms *base);
void eqli_rx_terms_clear(eqli_rx_terms *t);
size_t eqli_rx_terms_memory(const eqli_rx_terms *t);
void eqli_rx_terms_fail(eqli_rx_terms *t, eqlm_status status);
/* Adds to the account of memory or work; false: over the limit, or failed before. */
bool eqli_rx_charge_bytes(eqli_rx_terms *t, uint64_t n);
bool eqli_rx_charge_work(eqli_rx_terms *t, uint64_t n);

static inline const eqli_rx_term *eqli_rx_get(const eqli_rx_terms *t, uint32_t id)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): without a base base_terms is 0 */
    return id < t->base_terms ? &t->base->terms[id] : &t->terms[id - t->base_terms];
}

static inline const uint32_t *eqli_rx_words(const eqli_rx_terms *t, uint32_t at)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): and base_words, too */
    return at < t->base_words ? &t->base->words[at] : &t->words[at - t->base_words];
}

/* Pushes a member; an equal-kind term is pushed as its members. The stack is the argument list of
 * eqli_rx_join, which takes everything from `mark` (the former n_stack) on. kind: UNION or INTER. */
void eqli_rx_push(eqli_rx_terms *t, eqli_rx_kind kind, uint32_t id);
uint32_t eqli_rx_join(eqli_rx_terms *t, eqli_rx_kind kind, uint32_t mark);
/* The term of the stack from `mark` on, which is in normal form; the stack stays. */
uint32_t eqli_rx_intern_list(eqli_rx_terms *t, eqli_rx_kind kind, bool nullable, uint32_t mark);

/* A class: push zeroed words, set bits through the returned pointer, then end it. NULL: failed. */
uint32_t *eqli_rx_class_begin(eqli_rx_terms *t);
uint32_t eqli_rx_class_end(eqli_rx_terms *t);

uint32_t eqli_rx_concat(eqli_rx_terms *t, uint32_t a, uint32_t b);
uint32_t eqli_rx_repeat(eqli_rx_terms *t, uint32_t a, uint32_t min, uint32_t max);
uint32_t eqli_rx_not(eqli_rx_terms *t, uint32_t a);

#endif
