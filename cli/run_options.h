/* run_options.h - the options of `eqlc run`. */
#ifndef EQLC_RUN_OPTIONS_H
#define EQLC_RUN_OPTIONS_H

#include "commands.h"
#include "events.h"
#include "run_output.h"
#include "run_profile.h"
#include "run_stream.h"

typedef struct eqlc_run_options {
    eqlc_compiling compiling;
    eqlc_event_options events;
    eqlc_run_stream_options stream;
    eqlc_rules rules; /* of -q */
    char **paths;     /* of -r */
    size_t n_paths, cap_paths;
    unsigned jobs; /* threads */
    eqlc_run_format format;
    bool format_given, position_given;
    bool no_source, limited, head; /* as in eqlc_run_output */
    uint64_t size;
    bool now;            /* alerts are made now, and not when their last event happened */
    const char *state;   /* file that keeps what is remembered, or NULL */
    uint64_t save_every; /* events between two saves; 0: by time */
    bool flush;          /* with a state, too, the end of input decides everything */
    bool fail_on_match;
    eqlc_profiling profile;
} eqlc_run_options;

/* Reads the options; events are what follows optind. False: *code is the exit code. */
bool eqlc_run_options_read(eqlc_run_options *o, int argc, char **argv, int *code);
void eqlc_run_options_clear(eqlc_run_options *o);

#endif
