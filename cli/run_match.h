/* run_match.h - what a rule has found. */
#ifndef EQLC_RUN_MATCH_H
#define EQLC_RUN_MATCH_H

#include "events.h"

/* All of it is borrowed. */
typedef struct eqlc_run_match {
    eqlm_program_kind kind;
    const eqlc_event *const *events; /* one for each term; NULL for a missing event */
    uint32_t n_events;
    const eqlm_value *keys; /* of a sequence or sample */
    uint32_t n_keys;
} eqlc_run_match;

/* The last event that there is. */
static inline const eqlc_event *eqlc_run_match_last(const eqlc_run_match *match)
{
    uint32_t i = match->n_events;

    while (i > 1 && !match->events[i - 1])
        i--;
    return match->events[i - 1];
}

#endif
