/* pattern.h - one compiled set for a whole list of strings or wildcard patterns: `in`, `in~`, `:`, `like`,
 * `like~`, startsWith / endsWith / stringContains with a constant. "Any member matches" is one question. */
#ifndef EQLI_PATTERN_H
#define EQLI_PATTERN_H

#include "ops/op.h"

typedef enum eqli_pattern_kind {
    EQLI_PAT_EXACT,   /* the whole text, no wildcards */
    EQLI_PAT_GLOB,    /* `*` any run, `?` one character; anchored at both ends; no escapes (language 6.2) */
    EQLI_PAT_PREFIX,  /* literal text at the start */
    EQLI_PAT_SUFFIX,  /* literal text at the end */
    EQLI_PAT_CONTAINS /* literal text anywhere; the empty text matches nothing (language 8, stringContains) */
} eqli_pattern_kind;

typedef struct eqli_pattern {
    eqlm_str text; /* as written, not folded */
    eqli_pattern_kind kind;
} eqli_pattern;

typedef struct eqli_pattern_set eqli_pattern_set;

/* Compiles n >= 1 patterns; their texts are copied. fold: case-insensitive. Immutable afterwards, so any
 * number of threads may match with it. EQLM_E_NOMEM, EQLM_E_LIMIT (tables over 2^31 entries). */
eqlm_status eqli_pattern_set_new(const eqlm_alloc *alloc, const eqli_pattern *patterns, size_t n, bool fold,
                                 eqli_pattern_set **out);
void eqli_pattern_set_free(eqli_pattern_set *set);
size_t eqli_pattern_set_memory(const eqli_pattern_set *set);

/* Whether some pattern matches the text. Time is linear in the text for any pattern without `?`, and
 * len * ceil(pattern length / 64) word steps for a pattern with `?`. A folded copy is made in scratch if it
 * is needed. Fails only for want of scratch. */
eqli_op_result eqli_pattern_set_match(const eqli_pattern_set *set, const char *text, size_t len,
                                      eqli_arena *scratch, bool *out);

#endif
