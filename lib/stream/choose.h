/* choose.h - one event for each term, all different, as trying them in order would find them: the first term
 * gets the earliest event with which the others can still be served, then the second, and so on; then the
 * next combination in that order. */
#ifndef EQLI_STREAM_CHOOSE_H
#define EQLI_STREAM_CHOOSE_H

#include "base/mem.h"

typedef struct eqli_chooser {
    uint32_t n;         /* terms */
    uint32_t width;     /* events that a term may be offered */
    uint32_t *n_offers; /* per term */
    uint64_t *offers;   /* width per term: ids, in order of preference */
    uint32_t *events;   /* the same as indices of ids[] */
    uint64_t *ids;      /* distinct */
    uint32_t n_ids;
    uint32_t *owner;  /* per event: its term, or UINT32_MAX */
    uint32_t *via;    /* per event: the term that the search reached it from */
    uint32_t *choice; /* per term: its event */
    uint32_t *queue;  /* terms of the search */
} eqli_chooser;

bool eqli_chooser_init(eqli_chooser *c, const eqlm_alloc *alloc, uint32_t n, uint32_t width);
void eqli_chooser_clear(eqli_chooser *c, const eqlm_alloc *alloc);
void eqli_chooser_begin(eqli_chooser *c);
void eqli_chooser_offer(eqli_chooser *c, uint32_t term, uint64_t id);
/* False: there are not enough different events. */
bool eqli_chooser_choose(eqli_chooser *c, uint64_t *out);
/* The combination behind the one told last; false: there is none. */
bool eqli_chooser_next(eqli_chooser *c, uint64_t *out);

#endif
