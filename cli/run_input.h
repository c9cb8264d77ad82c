/* run_input.h - reads the events of `eqlc run`, with one thread or several, and gives them in order. */
#ifndef EQLC_RUN_INPUT_H
#define EQLC_RUN_INPUT_H

#include "run_rules.h"
#include "run_stream.h"

/* Called in order, one at a time, in any thread. */
typedef struct eqlc_run_input_hooks {
    void *ctx;
    /* Comes to an input, when everything before has been given. */
    void (*begin)(void *ctx, const char *path);
    /* Whether the next documents will not be looked at. */
    bool (*skips)(void *ctx);
    /* An event. False: no more are wanted. */
    bool (*event)(void *ctx, const eqlc_event *event, const eqlc_run_answer *answer);
    void (*error)(void *ctx, const char *path, uint64_t line, uint64_t column, const char *message);
} eqlc_run_input_hooks;

typedef struct eqlc_run_input_options {
    unsigned jobs; /* threads */
    const eqlm_schema *schema;
    const eqlc_event_options *events;
    const eqlc_run_rules *rules;
    const eqlc_run_stream *stream;
    eqlc_profile_row *profile; /* NULL, or rows of all rules, to which what was measured is added, and */
    uint64_t *profile_time;
} eqlc_run_input_options;

/* Reads all inputs until the end, or until no more is wanted. */
eqlc_event_counts eqlc_run_input(const eqlc_run_input_options *options, const eqlc_run_input_hooks *hooks,
                                 char *const *paths, int n);

#endif
