/* run_jobs.c - the streams of `eqlc run -j N`.
 *
 * The feeding thread fills one batch while the others work on the batch before; what they found is told when
 * they are done. */
#include "run_jobs.h"

#include "event_copy.h"
#include "pack.h"
#include "scratch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sys/random.h>

#define BATCH 512
#define FEW_RULES 2    /* times the threads: up to here join keys are dealt out, not rules */
#define MAX_HASHES 256 /* of one event and rule; with more, every stream gets it */
#define ALL_STREAMS UINT64_MAX

/* What one thread has found. */
typedef struct found_match {
    eqlm_stream_match match; /* program: the number among all; in the scratch */
    uint32_t at;             /* entry of the batch */
    uint8_t phase;           /* 0: decided by time alone */
    uint32_t worker;
} found_match;

typedef struct found {
    found_match *matches;
    size_t n_matches, cap_matches;
    uint64_t *released;
    uint32_t *released_at;
    size_t n_released, cap_released, cap_released_at;
    bool held[BATCH];
    eqlm_status failures[BATCH];
    eqlc_scratch scratch;
    uint64_t state_bytes;
} found;

typedef struct entry {
    eqlc_doc *doc; /* NULL: time alone moves on */
    const eqlm_value *values;
    bool query, feed, advance;
    int64_t time; /* to advance to */
    uint64_t number;
    uint64_t streams; /* bit by bit */
} entry;

typedef struct batch {
    entry entries[BATCH];
    size_t n;
    bool flush; /* after the entries, everything is decided */
    eqlc_scratch scratch;
} batch;

typedef struct worker {
    struct eqlc_jobs *jobs;
    unsigned index;
    pthread_t thread;
    eqlm_stream *stream;
    uint32_t *programs; /* by number in the stream: the number among all */
    uint32_t n_programs;
    found found[2];
    /* while it works: */
    found *now;
    uint32_t at;
    uint8_t phase;
    uint64_t current;
    bool has_current, current_released;
} worker;

struct eqlc_jobs {
    eqlc_jobs_hooks hooks;
    const eqlm_program *const *programs;
    uint32_t n_programs;
    unsigned n;
    bool by_key, keeps, sources;
    uint64_t seed;
    eqlm_vm *vm;
    worker workers[EQLC_MAX_JOBS];
    batch batches[2];
    unsigned filling; /* the batch being filled */
    bool working;     /* the other one is being worked on */

    pthread_mutex_t lock;
    pthread_cond_t start, done;
    uint64_t generation; /* of work */
    unsigned n_busy;
    bool quit;
};

/* ------------------------------------------------------------------------------------------------------
 * Work
 */

static void *take(eqlc_scratch *s, size_t size)
{
    void *p = eqlc_scratch_take(s, size ? size : 1);

    if (!p)
        eqlc_die("out of memory");
    return p;
}

static bool on_match(void *ctx, const eqlm_stream_match *match)
{
    worker *w = ctx;
    found *f = w->now;
    uint64_t *events = take(&f->scratch, match->n_events * sizeof *events);
    eqlm_value *keys = take(&f->scratch, match->n_keys * sizeof *keys);

    memcpy(events, match->events, match->n_events * sizeof *events);
    for (uint32_t i = 0; i < match->n_keys; i++)
        keys[i] = eqlc_value_copy(&f->scratch, &match->keys[i]);
    f->matches = eqlc_grow(f->matches, &f->cap_matches, f->n_matches + 1, sizeof *f->matches);
    found_match *m = &f->matches[f->n_matches];
    *m = (found_match) { .match = *match, .at = w->at, .phase = w->phase, .worker = w->index };
    m->match.program = w->programs[match->program];
    m->match.events = events;
    m->match.keys = keys;
    f->n_matches++;
    return true;
}

static void on_release(void *ctx, uint64_t number)
{
    worker *w = ctx;
    found *f = w->now;

    if (w->has_current && number == w->current) {
        w->current_released = true;
        return;
    }
    f->released = eqlc_grow(f->released, &f->cap_released, f->n_released + 1, sizeof *f->released);
    f->released_at =
        eqlc_grow(f->released_at, &f->cap_released_at, f->n_released + 1, sizeof *f->released_at);
    f->released[f->n_released] = number;
    f->released_at[f->n_released++] = w->at;
}

static eqlm_status work_on(worker *w, const entry *e)
{
    eqlm_status status = EQLM_OK;

    w->phase = 0;
    if (e->advance)
        status = eqlm_stream_advance(w->stream, e->time);
    if (!e->feed || !(e->streams >> w->index & 1))
        return status;
    const eqlc_event *event = &e->doc->event;
    eqlm_event_info info = { .id = e->number, .has_time = event->has_time, .time = event->time };
    w->phase = 1;
    w->current = e->number;
    w->has_current = true;
    w->current_released = false;
    eqlm_status fed = eqlm_stream_feed(w->stream, e->values, &info);
    w->has_current = false;
    w->now->held[w->at] = fed == EQLM_OK && w->jobs->keeps && !w->current_released;
    return status == EQLM_OK ? fed : status;
}

static void work(worker *w, const batch *b, found *f)
{
    eqlm_stream_counts counts;

    w->now = f;
    for (w->at = 0; w->at < b->n; w->at++) {
        f->held[w->at] = false;
        f->failures[w->at] = work_on(w, &b->entries[w->at]);
    }
    if (b->flush) {
        w->phase = 0;
        f->failures[0] = eqlm_stream_flush(w->stream); /* nothing else is in this batch */
    }
    eqlm_stream_get_counts(w->stream, &counts);
    f->state_bytes = counts.state_bytes;
}

static void *run_worker(void *arg)
{
    worker *w = arg;
    eqlc_jobs *j = w->jobs;
    uint64_t seen = 0;

    pthread_mutex_lock(&j->lock);
    for (;;) {
        while (!j->quit && j->generation == seen)
            pthread_cond_wait(&j->start, &j->lock);
        if (j->quit)
            break;
        seen = j->generation;
        unsigned which = j->filling ^ 1;
        pthread_mutex_unlock(&j->lock);
        work(w, &j->batches[which], &w->found[which]);
        pthread_mutex_lock(&j->lock);
        if (--j->n_busy == 0)
            pthread_cond_signal(&j->done);
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

/* ------------------------------------------------------------------------------------------------------
 * Telling
 */

static uint64_t first_event(const eqlm_stream_match *m)
{
    uint32_t i = 0;

    while (i + 1 < m->n_events && m->events[i] == EQLM_NO_EVENT)
        i++;
    return m->events[i];
}

static int compare_keys(const eqlm_stream_match *a, const eqlm_stream_match *b)
{
    int order = 0;

    for (uint32_t i = 0; order == 0 && i < a->n_keys && i < b->n_keys; i++)
        order = eqlc_key_compare(&a->keys[i], &b->keys[i]);
    return order;
}

/* Which of two matches comes first; those of one thread are in order already. */
static bool is_before(const eqlc_jobs *j, const found_match *a, const found_match *b)
{
    const eqlm_stream_match *x = &a->match, *y = &b->match;
    int order;

    if (a->phase != b->phase)
        return a->phase < b->phase;
    if (x->program != y->program)
        return x->program < y->program;
    if (a->phase == 0 && eqlm_program_get_kind(j->programs[x->program]) == EQLM_SEQUENCE &&
        first_event(x) != first_event(y))
        return first_event(x) < first_event(y);
    order = compare_keys(x, y);
    return order ? order < 0 : a->worker < b->worker;
}

/* The next match at an entry, or NULL. */
static const found_match *next_match(const eqlc_jobs *j, unsigned which, uint32_t at, size_t *heads)
{
    const found_match *best = NULL;

    for (unsigned i = 0; i < j->n; i++) {
        const found *f = &j->workers[i].found[which];

        if (heads[i] < f->n_matches && f->matches[heads[i]].at == at &&
            (!best || is_before(j, &f->matches[heads[i]], best)))
            best = &f->matches[heads[i]];
    }
    if (best)
        heads[best->worker]++;
    return best;
}

static void tell_releases(eqlc_jobs *j, unsigned which, uint32_t at, size_t *heads)
{
    for (unsigned i = 0; i < j->n; i++) {
        const found *f = &j->workers[i].found[which];

        for (; heads[i] < f->n_released && f->released_at[heads[i]] == at; heads[i]++)
            j->hooks.on_release(j->hooks.ctx, f->released[heads[i]]);
    }
}

static void tell_entry(eqlc_jobs *j, unsigned which, uint32_t at, size_t *matches, size_t *releases)
{
    entry *e = at < j->batches[which].n ? &j->batches[which].entries[at] : NULL;
    uint32_t holders = 0;
    const found_match *m;
    eqlc_event event;

    for (unsigned i = 0; i < j->n; i++) {
        holders += e && j->workers[i].found[which].held[at];
        if (j->workers[i].found[which].failures[at] != EQLM_OK)
            j->hooks.on_failure(j->hooks.ctx, j->workers[i].found[which].failures[at]);
    }
    if (e && e->doc) {
        event = e->doc->event;
        event.values = e->values;
        j->hooks.on_event(j->hooks.ctx, &event, e->feed ? e->number : EQLM_NO_EVENT, e->query);
    }
    while ((m = next_match(j, which, at, matches)) != NULL)
        j->hooks.on_match(j->hooks.ctx, &m->match);
    if (e && e->doc)
        j->hooks.on_fed(j->hooks.ctx, e->doc, holders);
    tell_releases(j, which, at, releases);
}

/* Tells what was found in a batch and empties it. */
static void tell(eqlc_jobs *j, unsigned which)
{
    size_t matches[EQLC_MAX_JOBS] = { 0 }, releases[EQLC_MAX_JOBS] = { 0 };
    batch *b = &j->batches[which];

    for (uint32_t at = 0; at < b->n || (b->flush && at == 0); at++)
        tell_entry(j, which, at, matches, releases);
    for (unsigned i = 0; i < j->n; i++) {
        found *f = &j->workers[i].found[which];

        f->n_matches = f->n_released = 0;
        eqlc_scratch_reset(&f->scratch);
    }
    b->n = 0;
    b->flush = false;
    eqlc_scratch_reset(&b->scratch);
}

/* ------------------------------------------------------------------------------------------------------
 * Feeding
 */

static void wait_for_workers(eqlc_jobs *j)
{
    pthread_mutex_lock(&j->lock);
    while (j->n_busy)
        pthread_cond_wait(&j->done, &j->lock);
    pthread_mutex_unlock(&j->lock);
}

/* Hands the batch over; what the one before has given is told meanwhile. */
static void dispatch(eqlc_jobs *j)
{
    bool worked = j->working;

    wait_for_workers(j);
    pthread_mutex_lock(&j->lock);
    j->filling ^= 1;
    j->n_busy = j->n;
    j->generation++;
    pthread_cond_broadcast(&j->start);
    pthread_mutex_unlock(&j->lock);
    j->working = true;
    if (worked)
        tell(j, j->filling);
}

void eqlc_jobs_drain(eqlc_jobs *j)
{
    if (j->batches[j->filling].n || j->batches[j->filling].flush)
        dispatch(j);
    if (!j->working)
        return;
    wait_for_workers(j);
    j->working = false;
    tell(j, j->filling ^ 1);
}

/* The streams whose join keys an event has, bit by bit. */
static uint64_t streams_of(eqlc_jobs *j, const eqlm_value *values)
{
    uint64_t streams = 0, hashes[MAX_HASHES];

    if (!j->by_key)
        return ALL_STREAMS;
    for (uint32_t i = 0; i < j->n_programs; i++) {
        bool everywhere;
        size_t n;

        if (eqlm_stream_shard(j->vm, j->programs[i], values, j->seed, hashes, MAX_HASHES, &n, &everywhere) !=
                EQLM_OK ||
            everywhere || n > MAX_HASHES)
            return ALL_STREAMS;
        for (size_t k = 0; k < n; k++)
            streams |= UINT64_C(1) << (hashes[k] % j->n);
    }
    return streams;
}

static entry *next_entry(eqlc_jobs *j)
{
    if (j->batches[j->filling].n == BATCH)
        dispatch(j);
    batch *b = &j->batches[j->filling];
    entry *e = &b->entries[b->n++];
    *e = (entry) { .doc = NULL };
    return e;
}

void eqlc_jobs_event(eqlc_jobs *j, const eqlc_event *event, const eqlc_job_event *how)
{
    entry *e = next_entry(j);

    e->values = eqlc_values_copy(&j->batches[j->filling].scratch, event->values);
    e->doc = eqlc_doc_new(event, how->number, j->sources);
    e->number = how->number;
    e->query = how->query;
    e->feed = how->feed;
    e->advance = how->feed && event->has_time && !how->late;
    e->time = event->time;
    e->streams = how->feed ? streams_of(j, e->values) : 0;
}

void eqlc_jobs_advance(eqlc_jobs *j, int64_t time)
{
    entry *e = next_entry(j);

    e->advance = true;
    e->time = time;
}

void eqlc_jobs_flush(eqlc_jobs *j)
{
    eqlc_jobs_drain(j);
    j->batches[j->filling].flush = true;
    eqlc_jobs_drain(j);
}

/* ------------------------------------------------------------------------------------------------------
 * Making
 */

static void open_worker(eqlc_jobs *j, unsigned index, const eqlm_stream_options *common)
{
    worker *w = &j->workers[index];
    eqlm_stream_options options = *common;

    *w = (worker) { .jobs = j, .index = index };
    eqlc_scratch_init(&w->found[0].scratch, SIZE_MAX);
    eqlc_scratch_init(&w->found[1].scratch, SIZE_MAX);
    w->programs = eqlc_alloc(j->n_programs * sizeof *w->programs);
    options.on_match = on_match;
    options.on_release = j->keeps ? on_release : NULL;
    options.ctx = w;
    options.hash_seed = j->seed;
    options.max_state = common->max_state / j->n;
    if (j->by_key) {
        options.n_shards = j->n;
        options.shard = index;
    }
    if (eqlm_stream_new(NULL, &options, &w->stream) != EQLM_OK)
        eqlc_die("out of memory");
    for (uint32_t i = 0; i < j->n_programs; i++) {
        if (!j->by_key && i % j->n != index)
            continue;
        eqlm_status status = eqlm_stream_add(w->stream, j->programs[i], NULL);
        if (status != EQLM_OK)
            eqlc_die("%s", eqlm_status_text(status));
        w->programs[w->n_programs++] = i;
    }
}

eqlc_jobs *eqlc_jobs_new(unsigned n, const eqlm_program *const *programs, uint32_t n_programs,
                         const eqlm_stream_options *stream, bool keeps, bool sources,
                         const eqlc_jobs_hooks *hooks)
{
    eqlc_jobs *j = eqlc_alloc(sizeof *j);

    memset(j, 0, sizeof *j);
    j->hooks = *hooks;
    j->programs = programs;
    j->n_programs = n_programs;
    j->n = n;
    j->by_key = n_programs <= FEW_RULES * n;
    j->keeps = keeps;
    j->sources = sources;
    j->seed = stream->hash_seed;
    while (j->seed == 0)
        if (getrandom(&j->seed, sizeof j->seed, 0) != (ssize_t)sizeof j->seed)
            eqlc_die("no random numbers");
    eqlc_scratch_init(&j->batches[0].scratch, SIZE_MAX);
    eqlc_scratch_init(&j->batches[1].scratch, SIZE_MAX);
    if (eqlm_vm_new(NULL, &j->vm) != EQLM_OK || pthread_mutex_init(&j->lock, NULL) != 0 ||
        pthread_cond_init(&j->start, NULL) != 0 || pthread_cond_init(&j->done, NULL) != 0)
        eqlc_die("out of memory");
    for (unsigned i = 0; i < n; i++)
        open_worker(j, i, stream);
    for (unsigned i = 0; i < n; i++)
        if (pthread_create(&j->workers[i].thread, NULL, run_worker, &j->workers[i]) != 0)
            eqlc_die("cannot start a thread");
    return j;
}

void eqlc_jobs_free(eqlc_jobs *j)
{
    if (!j)
        return;
    wait_for_workers(j);
    pthread_mutex_lock(&j->lock);
    j->quit = true;
    pthread_cond_broadcast(&j->start);
    pthread_mutex_unlock(&j->lock);
    for (unsigned i = 0; i < j->n; i++) {
        worker *w = &j->workers[i];

        pthread_join(w->thread, NULL);
        eqlm_stream_free(w->stream);
        free(w->programs);
        for (unsigned k = 0; k < 2; k++) {
            free(w->found[k].matches);
            free(w->found[k].released);
            free(w->found[k].released_at);
            eqlc_scratch_clear(&w->found[k].scratch);
        }
    }
    for (unsigned k = 0; k < 2; k++) {
        for (size_t i = 0; i < j->batches[k].n; i++) /* a run that was given up */
            eqlc_doc_free(j->batches[k].entries[i].doc);
        eqlc_scratch_clear(&j->batches[k].scratch);
    }
    eqlm_vm_free(j->vm);
    pthread_cond_destroy(&j->start);
    pthread_cond_destroy(&j->done);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

/* ------------------------------------------------------------------------------------------------------
 * State
 */

void eqlc_jobs_counts(const eqlc_jobs *j, uint32_t program, eqlm_stream_counts *out)
{
    *out = (eqlm_stream_counts) { 0 };
    for (unsigned i = 0; i < j->n; i++) {
        const worker *w = &j->workers[i];

        for (uint32_t k = 0; k < w->n_programs; k++) {
            eqlm_stream_counts counts;

            if (w->programs[k] != program)
                continue;
            eqlm_stream_program_counts(w->stream, k, &counts);
            out->errors += counts.errors;
            out->evicted += counts.evicted;
            out->matches += counts.matches;
        }
    }
}

static bool add_bytes(void *ctx, const void *bytes, size_t len)
{
    eqlc_buf_add(ctx, bytes, len);
    return true;
}

void eqlc_jobs_pack(const eqlc_jobs *j, eqlc_buf *b)
{
    eqlc_buf stream = { NULL, 0, 0 };

    for (unsigned i = 0; i < j->n; i++) {
        stream.len = 0;
        if (eqlm_stream_save(j->workers[i].stream, add_bytes, &stream) != EQLM_OK)
            eqlc_die("the state cannot be saved");
        eqlc_pack_text(b, stream.data, stream.len);
    }
    eqlc_buf_clear(&stream);
}

uint64_t eqlc_jobs_seed(const eqlc_jobs *j)
{
    return j->seed;
}

bool eqlc_jobs_restore(eqlc_jobs *j, unsigned stream, eqlm_str text)
{
    return eqlm_stream_restore(j->workers[stream].stream, text.ptr, text.len) == EQLM_OK;
}

uint64_t eqlc_jobs_state_bytes(const eqlc_jobs *j)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < j->n; i++)
        bytes += j->workers[i].found[j->filling].state_bytes;
    return bytes;
}
