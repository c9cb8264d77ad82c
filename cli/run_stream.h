/* run_stream.h - the part of `eqlc run` that looks at more than one event: which events count, in which order
 * they are taken, the stream of sequences and samples, and the documents its partial results name. */
#ifndef EQLC_RUN_STREAM_H
#define EQLC_RUN_STREAM_H

#include "events.h"
#include "pack.h"
#include "run_output.h"
#include "run_profile.h"

typedef struct eqlc_run_stream_options {
    uint64_t max_state;       /* bytes of partial results and their documents */
    uint32_t samples_per_key; /* that are told */
    int64_t lateness;         /* nanoseconds */
    bool sort;                /* order all input by time first */
    bool early_missing;       /* tell trailing missing events at once */
    const char *window;       /* "FROM,TO" as given, or NULL */
    const char *as_of;        /* as given, or NULL */
} eqlc_run_stream_options;

/* What happens to events and matches. */
typedef struct eqlc_run_hooks {
    void *ctx;
    /* One event that rules about single events match, when its turn comes. */
    void (*on_event)(void *ctx, const eqlc_event *event, const uint32_t *rules, uint32_t n_rules);
    void (*on_match)(void *ctx, uint32_t rule, const eqlc_run_match *match);
} eqlc_run_hooks;

typedef struct eqlc_run_stream eqlc_run_stream;

/* NULL: wrong usage, which has been reported. */
eqlc_run_stream *eqlc_run_stream_new(const eqlc_run_stream_options *options, const eqlm_schema *schema,
                                     const eqlc_event_options *events, const eqlc_run_output *output,
                                     const eqlc_run_hooks *hooks);
void eqlc_run_stream_free(eqlc_run_stream *s);
/* Adds a program before the first event; `rule` is what on_match gets. */
void eqlc_run_stream_add(eqlc_run_stream *s, const eqlm_program *program, uint32_t rule);
/* Whether an event is to be looked at: it is inside of --window and --as-of. Always the same for one event.
 */
bool eqlc_run_stream_counts(const eqlc_run_stream *s, const eqlc_event *event);
/* Whether the values of events are read. */
bool eqlc_run_stream_reads(const eqlc_run_stream *s);
/* Takes one event as it was read, and the rules about single events that match it, for on_event. */
void eqlc_run_stream_event(eqlc_run_stream *s, const eqlc_event *event, const uint32_t *rules,
                           uint32_t n_rules);
/* The end of input: decides everything. */
void eqlc_run_stream_end(eqlc_run_stream *s);

/* What is remembered between two events, for another process with the same programs.
 * False: these bytes are none of that. */
void eqlc_run_stream_pack(eqlc_run_stream *s, eqlc_buf *b);
bool eqlc_run_stream_unpack(eqlc_run_stream *s, eqlc_unpacker *u);

/* Measures from now on, when all programs have been added. */
void eqlc_run_stream_profile(eqlc_run_stream *s);
/* Adds what was measured to the rows of all rules, and to the time of all evaluation. */
void eqlc_run_stream_add_profile(eqlc_run_stream *s, eqlc_profile_row *rows, uint64_t *time);

/* Run-time errors and partial results dropped for want of budget, of one rule. */
void eqlc_run_stream_rule_counts(const eqlc_run_stream *s, uint32_t rule, uint64_t *errors,
                                 uint64_t *evicted);
/* Says on standard error what went past the sequences. True: some events could not be evaluated. */
bool eqlc_run_stream_report(const eqlc_run_stream *s);

#endif
