/* regex_impl.h - a compiled expression, seen by its builder and by the automaton. */
#ifndef EQLI_REGEX_IMPL_H
#define EQLI_REGEX_IMPL_H

#include "ops/regex_alphabet.h"
#include "ops/regex_term.h"

enum {
    EQLI_RX_MAX_BUILD_WORK = 1 << 24,  /* steps spent on making the terms of one expression */
    EQLI_RX_MAX_TERM_BYTES = 1 << 24,  /* of the terms of one expression */
    EQLI_RX_MAX_CACHE_BYTES = 1 << 24, /* of the terms and states of one automaton */
    EQLI_RX_MAX_WORK = 1 << 20         /* steps spent on filling one automaton before it is emptied */
};

struct eqli_regex {
    eqlm_alloc alloc;
    eqli_rx_alphabet alphabet;
    eqli_rx_terms terms;
    uint32_t root;
    uint32_t max_states;
};

#endif
