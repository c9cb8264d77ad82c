/* run_output.h - how `eqlc run` prints what matched. */
#ifndef EQLC_RUN_OUTPUT_H
#define EQLC_RUN_OUTPUT_H

#include "events.h"
#include "rules.h"
#include "run_alerts.h"
#include "run_match.h"
#include "run_pipes.h"
#include "util.h"

#include <stdio.h>

typedef enum eqlc_run_format {
    EQLC_RUN_NDJSON,
    EQLC_RUN_PRETTY,
    EQLC_RUN_RESPONSE,
    EQLC_RUN_COUNT,
    EQLC_RUN_ALERTS
} eqlc_run_format;

typedef struct eqlc_run_output {
    FILE *file;
    eqlc_run_format format;
    bool color;
    bool no_source;
    bool flush;   /* after every match: somebody may be watching */
    bool limited; /* response: at most `size` hits, */
    bool head;    /* the first ones instead of the last */
    uint64_t size;
    int error; /* errno of the first failed write, or 0 */
    const eqlm_schema *schema;
    eqlc_reader *reader; /* pretty: reads the fields of events that were kept without values */
    eqlc_alerts alerts;
    eqlc_buf line;
} eqlc_run_output;

/* Prints, or keeps, a match. */
void eqlc_run_found(eqlc_run_output *o, eqlc_run_pipes *pipes, const eqlc_rule *rule,
                    const eqlc_run_match *match);
/* Prints what the pipes of a rule kept until the end of the events. */
void eqlc_run_piped(eqlc_run_output *o, eqlc_run_pipes *pipes);
/* Prints the number of matches of one rule (count); alone: it is the only rule. */
void eqlc_run_count(eqlc_run_output *o, const eqlc_rule *rule, uint64_t n, bool alone);
/* Prints the search response for the only rule; `took`: milliseconds. */
void eqlc_run_response(eqlc_run_output *o, eqlc_run_pipes *pipes, uint64_t took);
/* Writes out everything. */
void eqlc_run_flush(eqlc_run_output *o);
void eqlc_run_clear(eqlc_run_output *o);

#endif
