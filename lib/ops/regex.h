/* regex.h - the Lucene regular-expression language (language 6.4): whole-value match, complement,
 * intersection, intervals, any string. Matched in linear time over an automaton built lazily from
 * derivatives; never backtracks. */
#ifndef EQLI_REGEX_H
#define EQLI_REGEX_H

#include "ops/op.h"

typedef struct eqli_regex eqli_regex;             /* immutable, shared by threads */
typedef struct eqli_regex_cache eqli_regex_cache; /* the automaton so far; one per vm */

typedef struct eqli_regex_error {
    size_t pattern;      /* index into the list */
    size_t offset;       /* bytes into that pattern */
    const char *message; /* static text without final period: "unclosed character class" */
} eqli_regex_error;

/* Compiles the alternation of n >= 1 patterns. fold: case-insensitive by Unicode simple folding, inside
 * classes too. max_states bounds the automaton. EQLM_E_COMPILE: *err says where; EQLM_E_NOMEM; EQLM_E_LIMIT:
 * the expression is too large (*err says which). */
eqlm_status eqli_regex_new(const eqlm_alloc *alloc, const eqlm_str *patterns, size_t n, bool fold,
                           uint32_t max_states, eqli_regex_error *err, eqli_regex **out);
void eqli_regex_free(eqli_regex *re);
size_t eqli_regex_memory(const eqli_regex *re);

enum { EQLI_REGEX_FACTOR = 24 };
/* A text of *len ASCII characters, the longest known that is in every text the expression matches, as both
 * read after folding and with 0x20 set in every byte; *len 0: none is known. False: no memory. */
bool eqli_regex_factor(const eqli_regex *re, char out[EQLI_REGEX_FACTOR], size_t *len);

eqlm_status eqli_regex_cache_new(const eqlm_alloc *alloc, const eqli_regex *re, eqli_regex_cache **out);
void eqli_regex_cache_free(eqli_regex_cache *cache);

/* Whether the whole text matches. EQLI_OP_TOO_COMPLEX when this text needs more than max_states states, or
 * more memory or work than regex_impl.h allows: found by reading it again with an empty cache, so the answer
 * does not depend on earlier texts. EQLI_OP_NOMEM; the cache stays usable after any failure. */
eqli_op_result eqli_regex_match(const eqli_regex *re, eqli_regex_cache *cache, const char *s, size_t len,
                                bool *out);

#endif
