/* run_stream.h - the part of `eqlc run` that looks at more than one event: which events count, in which order
 * they are taken, the stream of sequences and samples, and the documents its partial results name. */
#ifndef EQLC_RUN_STREAM_H
#define EQLC_RUN_STREAM_H

#include "events.h"
#include "pack.h"
#include "run_output.h"

#include <getopt.h>

typedef struct eqlc_run_stream_options {
    uint64_t max_state;  /* bytes of partial results and their documents */
    int64_t lateness;    /* nanoseconds */
    bool sort;           /* order all input by time first */
    bool early_missing;  /* tell trailing missing events at once */
    const char *window;  /* "FROM,TO" as given, or NULL */
    const char *as_of;   /* as given, or NULL */
    const char *state;   /* file that keeps what is remembered, or NULL */
    uint64_t save_every; /* events between two saves; 0: by time */
    unsigned jobs;       /* threads; 0 and 1: none */
    bool flush;          /* with a state, too, the end of input decides everything */
} eqlc_run_stream_options;

#define EQLC_MAX_STATE (UINT64_C(256) << 20) /* default of max_state */

/* Rows for getopt_long. */
enum {
    EQLC_OPT_MAX_STATE = 640,
    EQLC_OPT_LATENESS,
    EQLC_OPT_SORT,
    EQLC_OPT_EARLY_MISSING,
    EQLC_OPT_WINDOW,
    EQLC_OPT_AS_OF,
    EQLC_OPT_STATE,
    EQLC_OPT_SAVE_EVERY,
    EQLC_OPT_FLUSH,
    EQLC_OPT_JOBS = 'j'
};
/* clang-format off */
#define EQLC_RUN_STREAM_OPTIONS                                                                              \
    { "max-state", required_argument, NULL, EQLC_OPT_MAX_STATE },                                            \
    { "lateness", required_argument, NULL, EQLC_OPT_LATENESS },                                              \
    { "sort", no_argument, NULL, EQLC_OPT_SORT },                                                            \
    { "early-missing", no_argument, NULL, EQLC_OPT_EARLY_MISSING },                                          \
    { "window", required_argument, NULL, EQLC_OPT_WINDOW },                                                  \
    { "as-of", required_argument, NULL, EQLC_OPT_AS_OF },                                                    \
    { "state", required_argument, NULL, EQLC_OPT_STATE },                                                    \
    { "save-every", required_argument, NULL, EQLC_OPT_SAVE_EVERY },                                          \
    { "flush", no_argument, NULL, EQLC_OPT_FLUSH },                                                          \
    { "jobs", required_argument, NULL, EQLC_OPT_JOBS }
/* clang-format on */

/* Takes an option if it is one of these; *complaint is set to a message with %s for the argument if that is
 * wrong. */
bool eqlc_run_stream_take(eqlc_run_stream_options *o, int option, const char *argument,
                          const char **complaint);

/* What happens to events and matches. */
typedef struct eqlc_run_hooks {
    void *ctx;
    /* One event that counts, when its turn comes: for queries about single events. */
    void (*on_event)(void *ctx, const eqlc_event *event);
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
/* Takes one event as it was read. */
void eqlc_run_stream_event(eqlc_run_stream *s, const eqlc_event *event);
/* The end of input: decides everything. */
void eqlc_run_stream_end(eqlc_run_stream *s);

/* Waits until all that was taken has been told. */
void eqlc_run_stream_settle(eqlc_run_stream *s);

/* What is remembered between two events, when all is settled, for another process with the same programs.
 * False: these bytes are none of that. */
void eqlc_run_stream_pack(eqlc_run_stream *s, eqlc_buf *b);
bool eqlc_run_stream_unpack(eqlc_run_stream *s, eqlc_unpacker *u);

/* Whether a program asks for more than one event. */
bool eqlc_run_needs_stream(eqlm_vm *vm, const eqlm_program *program);

/* Run-time errors and partial results dropped for want of budget, of one rule. */
void eqlc_run_stream_rule_counts(const eqlc_run_stream *s, uint32_t rule, uint64_t *errors,
                                 uint64_t *evicted);
/* Says on standard error what went past the sequences. True: some events could not be evaluated. */
bool eqlc_run_stream_report(const eqlc_run_stream *s);

#endif
