/* regex_dfa.h - the automaton of an expression as far as it was needed yet: between the part that makes it
 * and the part that runs texts through it. */
#ifndef EQLI_REGEX_DFA_H
#define EQLI_REGEX_DFA_H

#include "ops/pattern_set.h"
#include "ops/regex_impl.h"

/* States: three fixed ones, then EQLI_RX_FIRST + offset of the state's row. */
enum { EQLI_RX_UNKNOWN, EQLI_RX_DEAD, EQLI_RX_ALWAYS, EQLI_RX_FIRST };

/* A text that every match contains; len 0: none is known. */
typedef struct eqli_rx_factor {
    eqli_pat_seg seg;
    unsigned char lit[2 * EQLI_REGEX_FACTOR]; /* and its mask behind it */
} eqli_rx_factor;

struct eqli_regex_cache {
    eqlm_alloc alloc;
    eqli_rx_factor factor;
    eqli_rx_terms terms;
    struct eqli_rx_memo *memos; /* made on first need */
    struct eqli_rx_note *notes; /* by term */
    uint32_t *next;             /* a row per state: where each symbol leads */
    uint32_t *state_term;
    uint32_t *todo; /* stack of a derivation */
    uint32_t cap_notes, cap_next, cap_state_term, n_todo, cap_todo;
    uint32_t n_states, stamp;
};

/* On failure of any of these c->terms.status is set. */
/* The state of a term. */
uint32_t eqli_rx_state(eqli_regex_cache *c, const eqli_regex *re, uint32_t id);
/* Fills in one transition. Rows may move. */
uint32_t eqli_rx_step(eqli_regex_cache *c, const eqli_regex *re, uint32_t state, uint32_t symbol);
bool eqli_rx_accepts(const eqli_regex_cache *c, const eqli_regex *re, uint32_t state);
void eqli_rx_empty(eqli_regex_cache *c, const eqli_regex *re);

#endif
