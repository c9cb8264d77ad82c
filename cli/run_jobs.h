/* run_jobs.h - the streams of `eqlc run -j N`: one for each thread, fed in batches.
 *
 * Many rules are dealt out, each to one thread. Few rules are all given to every thread, and the join keys
 * are dealt out by eqlm_stream_shard. Either way what is told comes in the order in which a single stream
 * tells it: by event; for one event what time has decided before what the event decides; then by rule; then
 * by the first event and the join keys. */
#ifndef EQLC_RUN_JOBS_H
#define EQLC_RUN_JOBS_H

#include "run_docs.h"
#include "util.h"

#define EQLC_MAX_JOBS 64

/* Called by the thread that feeds, in order. */
typedef struct eqlc_jobs_hooks {
    void *ctx;
    /* An event whose turn it is; number: its own, or EQLM_NO_EVENT when no stream gets it. */
    void (*on_event)(void *ctx, const eqlc_event *event, uint64_t number, bool query);
    void (*on_match)(void *ctx, const eqlm_stream_match *match);
    /* After all about an event: `holders` streams remember it. */
    void (*on_fed)(void *ctx, eqlc_doc *take_doc, uint32_t holders);
    void (*on_release)(void *ctx, uint64_t number);
    void (*on_failure)(void *ctx, eqlm_status status);
} eqlc_jobs_hooks;

typedef struct eqlc_jobs eqlc_jobs;

/* stream: options for all; max_state is divided. hash_seed 0: a new one. keeps: on_release is wanted, and
 * documents need their source when `sources` is set. The programs must last as long as the jobs. */
eqlc_jobs *eqlc_jobs_new(unsigned n, const eqlm_program *const *programs, uint32_t n_programs,
                         const eqlm_stream_options *stream, bool keeps, bool sources,
                         const eqlc_jobs_hooks *hooks);
void eqlc_jobs_free(eqlc_jobs *j);

typedef struct eqlc_job_event {
    uint64_t number; /* for the streams; rises in the order of feeding */
    bool query;      /* on_event is asked, too */
    bool feed;       /* streams get it; else only on_event does */
    bool late;       /* time does not move on */
} eqlc_job_event;

/* Takes an event, which is copied. */
void eqlc_jobs_event(eqlc_jobs *j, const eqlc_event *event, const eqlc_job_event *how);
/* No event before `time` will come. */
void eqlc_jobs_advance(eqlc_jobs *j, int64_t time);
/* Waits until everything taken has been told. */
void eqlc_jobs_drain(eqlc_jobs *j);
/* Decides everything. */
void eqlc_jobs_flush(eqlc_jobs *j);

/* Only after draining. */
void eqlc_jobs_counts(const eqlc_jobs *j, uint32_t program, eqlm_stream_counts *out);
void eqlc_jobs_pack(const eqlc_jobs *j, eqlc_buf *b);
uint64_t eqlc_jobs_seed(const eqlc_jobs *j);
/* text: what was packed for this stream, from stream 0 on. False: it is none of it. */
bool eqlc_jobs_restore(eqlc_jobs *j, unsigned stream, eqlm_str text);

/* Bytes of all streams when they last came to rest. */
uint64_t eqlc_jobs_state_bytes(const eqlc_jobs *j);

#endif
