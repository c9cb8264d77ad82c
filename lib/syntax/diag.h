/* diag.h - the catalogue of diagnostics (diag.def) and the list a compilation fills. */
#ifndef EQLI_DIAG_H
#define EQLI_DIAG_H

#include <stdarg.h>

#include "base/arena.h"

typedef struct eqli_span {
    uint32_t start, end; /* bytes of the source */
} eqli_span;

typedef enum eqli_diag_id {
#define DIAG(code, id, severity, name, format) EQLI_D_##id,
#include "syntax/diag.def"
#undef DIAG
    EQLI_D_COUNT
} eqli_diag_id;

/* Adds an entry. The format of the row takes: %s const char *, %S eqlm_str (shortened when long, control
 * characters made visible), %d int, %u uint32_t, %c uint32_t code point, %%. Too many entries are counted,
 * not kept. Want of memory is remembered in the list (eqli_diags_nomem), never lost. */
void eqli_diag_at(eqlm_diags *diags, eqli_span span, eqli_diag_id id, ...);
void eqli_diag_va(eqlm_diags *diags, eqli_span span, eqli_diag_id id, va_list args);
/* Puts a hint (same format language) on the newest entry, if the last eqli_diag_at kept one. */
void eqli_diag_hint(eqlm_diags *diags, const char *format, ...);

/* Called at the end of a compilation: sorts by position, drops repeats (same id and span) and fills line and
 * column from the source. */
void eqli_diags_finish(eqlm_diags *diags, eqlm_str source);
eqlm_severity eqli_diag_severity(eqli_diag_id id);
void eqli_diags_set_max(eqlm_diags *diags, uint32_t max);
bool eqli_diags_nomem(const eqlm_diags *diags);

/* Did-you-mean: offers candidates one by one, keeps the closest (optimal string alignment distance, ASCII
 * case ignored, at most a third of the length and 3), up to 3; then text is "a", "a or b", "a, b or c", or
 * empty. */
typedef struct eqli_suggest {
    eqlm_str word;
    uint64_t characters; /* of word */
    eqlm_str best[3];
    uint32_t distance[3];
    uint32_t n;
} eqli_suggest;
void eqli_suggest_init(eqli_suggest *s, eqlm_str word);
void eqli_suggest_offer(eqli_suggest *s, eqlm_str candidate);
/* Adds the hint "did you mean 'a' or 'b'?" to the newest entry when something was close enough. */
void eqli_suggest_hint(const eqli_suggest *s, eqlm_diags *diags);

#endif
