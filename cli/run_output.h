/* run_output.h - how `eqlc run` prints what matched. */
#ifndef EQLC_RUN_OUTPUT_H
#define EQLC_RUN_OUTPUT_H

#include "events.h"
#include "rules.h"
#include "util.h"

#include <stdio.h>

typedef enum eqlc_run_format {
    EQLC_RUN_NDJSON,
    EQLC_RUN_PRETTY,
    EQLC_RUN_RESPONSE,
    EQLC_RUN_COUNT
} eqlc_run_format;

/* A match kept until the end, for formats that sort. */
typedef struct eqlc_run_hit {
    char *json; /* owned: the element of hits.events */
    size_t json_len;
    bool has_time;
    int64_t time;
    eqlm_value tiebreaker; /* numbers only; text is in `text` */
    char *text;            /* owned, or NULL */
    uint64_t ordinal;
} eqlc_run_hit;

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
    eqlc_buf line;
    eqlc_run_hit *hits;
    size_t n_hits, cap_hits;
} eqlc_run_output;

/* Prints, or keeps, a match of an event query. */
void eqlc_run_event(eqlc_run_output *o, const eqlc_rule *rule, const eqlm_schema *schema,
                    const eqlm_program *program, const eqlc_event *event);
/* Prints the number of matches of one rule (count); alone: it is the only rule. */
void eqlc_run_count(eqlc_run_output *o, const eqlc_rule *rule, uint64_t n, bool alone);
/* Prints what was kept and writes out everything; `took`: milliseconds. */
void eqlc_run_finish(eqlc_run_output *o, uint64_t took);
void eqlc_run_clear(eqlc_run_output *o);

#endif
