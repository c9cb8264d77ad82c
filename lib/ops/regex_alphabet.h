/* regex_alphabet.h - characters to symbols: two characters that no set of the expression tells apart are one
 * symbol, so automaton rows stay short. */
#ifndef EQLI_REGEX_ALPHABET_H
#define EQLI_REGEX_ALPHABET_H

#include "base/text.h"
#include "ops/regex_parse.h"

enum {
    EQLI_RX_MAX_SYMBOLS = 4096,
    EQLI_RX_MAX_SPLITS = 1 << 26 /* steps of the partition */
};

typedef struct eqli_rx_alphabet {
    eqlm_alloc alloc;
    uint32_t *start;  /* first character of each interval, sorted; start[0] == 0 */
    uint16_t *symbol; /* of each interval */
    uint32_t n_intervals, cap_start, cap_symbol, n_symbols;
    uint16_t ascii[128];
} eqli_rx_alphabet;

/* Fails like a step of the parser: code->status, code->err. Clear it in any case. */
void eqli_rx_alphabet_init(eqli_rx_alphabet *a, eqli_rx_code *code);
void eqli_rx_alphabet_clear(eqli_rx_alphabet *a);

/* Index of the interval that holds c <= EQLI_RX_BAD. */
uint32_t eqli_rx_interval(const eqli_rx_alphabet *a, uint32_t c);

/* Symbol of a character as eqli_utf8_next gives it. */
static inline uint32_t eqli_rx_symbol(const eqli_rx_alphabet *a, uint32_t c)
{
    if (c < 128)
        return a->ascii[c];
    return a->symbol[eqli_rx_interval(a, c < EQLI_RX_BAD ? c : EQLI_RX_BAD)];
}

#endif
