/* run_pipes.h - the pipes of a rule (`| head n`, `| tail n`), and its matches that wait for the end of the
 * events because pipes or a search response want all of them in the order of time. */
#ifndef EQLC_RUN_PIPES_H
#define EQLC_RUN_PIPES_H

#include "pack.h"

typedef struct eqlc_run_kept {
    char *text; /* owned: what is printed for the match */
    size_t len;
    eqlc_doc *last; /* owned: the event it is sorted by; NULL: matches arrive in order */
    uint64_t ordinal;
} eqlc_run_kept;

typedef struct eqlc_run_pipes {
    const eqlm_program *program;
    uint64_t n;      /* matches seen */
    uint64_t accept; /* of the ordered list, the pipes before the first tail let through */
    uint64_t room;   /* and the first tail of these; UINT64_MAX: there is none */
    eqlc_run_kept *kept;
    size_t n_kept, cap, full; /* full: time to look which ones are of no use any more */
} eqlc_run_pipes;

void eqlc_run_pipes_init(eqlc_run_pipes *p, const eqlm_program *program);
void eqlc_run_pipes_clear(eqlc_run_pipes *p);
/* What is remembered, for another process. */
void eqlc_run_pipes_pack(const eqlc_run_pipes *p, eqlc_buf *b);
void eqlc_run_pipes_unpack(eqlc_run_pipes *p, eqlc_unpacker *u);

bool eqlc_run_pipes_any(const eqlc_run_pipes *p);
/* Of n matches in order, [*first, *end) remain. */
void eqlc_run_pipes_apply(const eqlc_run_pipes *p, uint64_t n, uint64_t *first, uint64_t *end);
/* Copies what is to be printed for a match; last: the event it is sorted by, or NULL if matches arrive in
 * order. */
void eqlc_run_pipes_keep(eqlc_run_pipes *p, const eqlc_buf *text, const eqlc_event *last);
/* Puts the matches in order; those that remain of them are kept[*first] to kept[*end - 1]. */
void eqlc_run_pipes_end(eqlc_run_pipes *p, uint64_t *first, uint64_t *end);

#endif
