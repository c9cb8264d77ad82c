/* regex_match.c - runs a text through the automaton.
 *
 * Everything is bounded per filling of the cache: states, bytes, work. When a bound is reached the cache is
 * emptied and the text read again from its start; reached again, the text alone is too complex. So the answer
 * for a text does not depend on what the cache has seen before. */
#include "ops/regex_dfa.h"

static eqlm_status run(const eqli_regex *re, eqli_regex_cache *c, const char *s, size_t len, bool *out)
{
    const char *p = s, *end = s + len;
    c->terms.status = EQLM_OK;
    c->terms.n_stack = 0;
    uint32_t state = eqli_rx_state(c, re, re->root);
    while (p < end && state >= EQLI_RX_FIRST) {
        const uint32_t *row = c->next + (state - EQLI_RX_FIRST);
        unsigned char byte = (unsigned char)*p++;
        uint32_t symbol;
        if (byte < 128) {
            symbol = re->alphabet.ascii[byte];
        } else {
            const char *start = p - 1;
            symbol = eqli_rx_symbol(&re->alphabet, eqli_utf8_next(&start, end));
            p = start;
        }
        if (row[symbol] == state) {
            /* Where one character does not lead away the next ones seldom do. */
            while (p < end && (unsigned char)*p < 128 && row[re->alphabet.ascii[(unsigned char)*p]] == state)
                p++;
            continue;
        }
        state = row[symbol] != EQLI_RX_UNKNOWN ? row[symbol] : eqli_rx_step(c, re, state, symbol);
    }
    if (c->terms.status == EQLM_OK)
        *out = eqli_rx_accepts(c, re, state);
    return c->terms.status;
}

/* Whether the text lacks what every match contains, also as characters that only fold to it. */
static bool lacks_factor(const eqli_rx_factor *f, const char *s, size_t len)
{
    bool give_up = false;
    return f->seg.len && eqli_pat_find_pair(&f->seg, f->lit, s, 0, len, &give_up) == EQLI_PAT_NOT_FOUND &&
           !eqli_folds_to_ascii(s, len);
}

eqli_op_result eqli_regex_match(const eqli_regex *re, eqli_regex_cache *cache, const char *s, size_t len,
                                bool *out)
{
    if (len == 0)
        s = ""; /* may be NULL */
    if (lacks_factor(&cache->factor, s, len)) {
        *out = false;
        return EQLI_OP_OK;
    }
    eqlm_status status = run(re, cache, s, len, out);
    if (status == EQLM_E_LIMIT) {
        eqli_rx_empty(cache, re);
        status = run(re, cache, s, len, out);
        if (status == EQLM_E_LIMIT)
            eqli_rx_empty(cache, re); /* nothing of it will be of use */
    }
    if (status == EQLM_OK)
        return EQLI_OP_OK;
    return status == EQLM_E_NOMEM ? EQLI_OP_NOMEM : EQLI_OP_TOO_COMPLEX;
}
