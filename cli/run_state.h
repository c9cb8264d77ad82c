/* run_state.h - the file of `eqlc run --state`: what a later run needs to go on where this one stops, however
 * it stops.
 *
 * The file names the rules it belongs to, how many documents of each input have been taken, how long the
 * output was then, and holds what the parts of the run pack into it. It is replaced as a whole, never
 * changed. */
#ifndef EQLC_RUN_STATE_H
#define EQLC_RUN_STATE_H

#include "pack.h"

#include <sys/stat.h>
#include <time.h>

/* How far one input has been read. */
typedef struct eqlc_state_input {
    char *path;
    uint64_t device, inode, size; /* of the file; 0 when it is none */
    uint64_t taken;               /* documents */
    bool used;                    /* this run has come to it */
} eqlc_state_input;

typedef struct eqlc_state_inputs {
    eqlc_state_input *items;
    size_t n, cap;
} eqlc_state_inputs;

typedef struct eqlc_run_state {
    const char *path; /* of --state, or NULL: nothing below is used */
    uint64_t every;   /* events between two saves; 0: by time */
    char rules[32];   /* digest of rules and options */
    eqlc_state_inputs inputs, earlier;
    uint64_t skip;  /* documents of the current input that an earlier run has taken */
    uint64_t since; /* events since the last save */
    struct timespec saved;
    int64_t cost; /* seconds that the last save took */
    char *loaded; /* the file as it was found */
} eqlc_run_state;

/* Tells what the state belongs to: programs in their order, and options (a list that NULL ends; entries may
 * be the empty text). */
void eqlc_run_state_rules(eqlc_run_state *st, const eqlm_program *const *programs, size_t n,
                          const char *const *options);
/* Reads the file. False: there is none yet. Otherwise the parts are in *out. Ends the program when the file
 * is damaged or belongs to other rules. A run that did not come to its end has its output cut back to what
 * the file knows, if that can be: standard output is the same file, opened for appending. */
bool eqlc_run_state_load(eqlc_run_state *st, eqlc_unpacker *out);
/* Forgets the loaded file. */
void eqlc_run_state_loaded(eqlc_run_state *st);
/* Comes to an input: "-" or a path. */
void eqlc_run_state_begin(eqlc_run_state *st, const char *path);
/* One document of it; true: an earlier run has taken it. */
bool eqlc_run_state_skips(eqlc_run_state *st);
/* Whether it is time to save, asked after each event. */
bool eqlc_run_state_is_due(eqlc_run_state *st);
/* Replaces the file; parts: what the run has packed; finished: at the end of a run, whose output is never cut
 * back. Ends the program when that fails. Standard output must have been flushed. */
void eqlc_run_state_save(eqlc_run_state *st, const eqlc_buf *parts, bool finished);
void eqlc_run_state_clear(eqlc_run_state *st);

#endif
