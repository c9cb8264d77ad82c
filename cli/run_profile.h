/* run_profile.h - `eqlc run --profile`: which rules take the time of a run. */
#ifndef EQLC_RUN_PROFILE_H
#define EQLC_RUN_PROFILE_H

#include "eqlmini.h"
#include "rules.h"

typedef enum eqlc_profiling { EQLC_NO_PROFILE, EQLC_PROFILE_TEXT, EQLC_PROFILE_JSON } eqlc_profiling;

/* A profile for n programs, whose times are nanoseconds. Ends the program when memory is short. */
void eqlc_profile_init(eqlm_profile *p, size_t n);
void eqlc_profile_clear(eqlm_profile *p);

/* What is known of one rule. */
typedef struct eqlc_profile_row {
    const eqlc_rule *rule;
    uint64_t matches;
    eqlm_profile_counts counts;
    bool in_stream;
    uint64_t partials, bytes, peak; /* at the end of the events; the most at any time it was looked at */
} eqlc_profile_row;

/* Prints the rows, whose order changes, to standard error, the costliest first. time: of all evaluation. */
void eqlc_profile_print(eqlc_profile_row *rows, size_t n, uint64_t time, eqlc_profiling format);

#endif
