/* run_input.c - reads the events of `eqlc run`.
 *
 * One thread reads documents one by one. Several read batches of lines: they read, parse and ask at the same
 * time, and give the events of one batch after the other. When a batch meets a line that is not a document,
 * what has been read ahead is put back, and the input is read one by one until there are only lines again. */
#include "run_input.h"

#include "pipeline.h"
#include "run_batch.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>

/* Lines one after the other until batches are read again; twice as many each time. */
#define FIRST_ENOUGH 1024
#define WAIT_MS 10
#define LAST_ENOUGH (UINT32_C(1) << 24)

/* To hand over an input of at most so many bytes takes longer than to read it. */
#define LITTLE ((size_t)32 * 1024)

/* So that many threads do not take much more memory than some: batches beyond one for each thread, and
 * documents in all batches and in one of them. More of them are tiny, and need more memory than text. */
#define SPARE_BATCHES 16
#define ALL_ENTRIES ((size_t)1 << 18)
#define MAX_ENTRIES ((size_t)1 << 14)

typedef struct input {
    const eqlc_run_input_options *options;
    const eqlc_run_input_hooks *hooks;
    eqlc_run_reader *readers; /* by thread */
    eqlc_event_counts counts; /* what the first reader does not count */
    bool stopped;             /* no more is wanted */
    /* With several threads: */
    eqlc_pipeline *pipeline;
    eqlc_run_batch *batches;
    void **items; /* pointers to them */
    size_t n_batches;
    eqlc_event_input in;
    const char *path;
    eqlm_value *values; /* of the event that is given */
    uint64_t line;      /* where the batch starts that is given next */
} input;

/* ------------------------------------------------------------------------------------------------------
 * One by one
 */

static bool on_event(void *ctx, const eqlc_event *event)
{
    input *in = ctx;
    eqlc_run_answer answer = { .n_rules = 0 };

    if (!in->hooks->skips(in->hooks->ctx) && eqlc_run_stream_counts(in->options->stream, event))
        answer = eqlc_run_ask(&in->readers[0].asker, event);
    return in->hooks->event(in->hooks->ctx, event, &answer);
}

static void on_error(void *ctx, const char *path, uint64_t line, uint64_t column, const char *message)
{
    input *in = ctx;

    in->hooks->error(in->hooks->ctx, path, line, column, message);
}

static void read_alone(input *in, const char *path)
{
    in->hooks->begin(in->hooks->ctx, path);
    in->stopped = !eqlc_reader_run(in->readers[0].reader, path, on_event, on_error, in);
}

/* ------------------------------------------------------------------------------------------------------
 * Batches
 */

static void work(void *ctx, unsigned thread, void *item)
{
    input *in = ctx;

    eqlc_run_batch_read(item, &in->readers[thread]);
}

/* Gives one document. False: no more is wanted. */
static bool give(input *in, const eqlc_run_entry *e)
{
    char room[EQLC_LINE_TEXT];
    eqlc_event event = e->event;
    uint32_t n = e->fields ? e->n_fields : 0;
    bool goes_on;

    event.line += in->line;
    if (e->problem) {
        in->counts.bad++;
        on_error(in, in->path, event.line, e->column, e->problem);
        return !in->options->events->strict;
    }
    if (!event.id)
        event.id = eqlc_event_line_text(event.line, room);
    event.values = e->fields ? in->values : NULL;
    for (uint32_t i = 0; i < n; i++)
        in->values[e->fields[i].field] = e->fields[i].value;
    goes_on = in->hooks->event(in->hooks->ctx, &event, &e->answer);
    for (uint32_t i = 0; i < n; i++)
        in->values[e->fields[i].field].type = EQLM_NULL;
    return goes_on;
}

static bool take(void *ctx, void *item)
{
    input *in = ctx;
    const eqlc_run_batch *b = item;

    for (size_t i = 0; !in->stopped && i < b->n_entries; i++)
        in->stopped = !give(in, &b->entries[i]);
    in->line += b->n_lines;
    return !in->stopped && !b->broken;
}

/* What was read ahead becomes the next thing to read. */
static void put_back(input *in)
{
    eqlc_run_batch *b;
    size_t n = 0, len = 0;
    char *to;

    for (; (b = eqlc_pipeline_left(in->pipeline, n)) != NULL; n++) {
        if (n == 0)
            b->lines.start = b->rest;
        len += b->lines.end - b->lines.start;
    }
    to = eqlc_event_input_unread(&in->in, len);
    if (!to)
        eqlc_die("out of memory");
    for (size_t i = 0; i < n; i++) {
        b = eqlc_pipeline_left(in->pipeline, i);
        len = b->lines.end - b->lines.start;
        memcpy(to, b->lines.text + b->lines.start, len);
        to += len;
    }
    eqlc_pipeline_resume(in->pipeline, n);
}

/* False: the pipeline has halted. A halt would go unnoticed while this thread waits in a read. */
static bool wait_for_more(input *in)
{
    while (!eqlc_event_input_wait(&in->in, WAIT_MS) && !eqlc_pipeline_rests(in->pipeline))
        continue;
    return !eqlc_pipeline_rests(in->pipeline) || eqlc_pipeline_drain(in->pipeline);
}

/* Fills the window as far as nobody has to be waited for; but small batches are not worth it while others are
 * on their way. */
static void fill(input *in)
{
    while (!eqlc_event_input_is_full(&in->in) &&
           eqlc_event_input_wait(&in->in, eqlc_pipeline_rests(in->pipeline) ? 0 : 1) &&
           eqlc_event_input_more(&in->in, NULL))
        continue;
}

static bool is_little(input *in)
{
    return in->in.ended && in->in.end - in->in.keep <= LITTLE && eqlc_pipeline_rests(in->pipeline);
}

/* Reads lines that are documents, as many as there are. */
static void read_lines(input *in)
{
    eqlc_run_batch *b;

    in->line = in->in.at.line;
    while ((b = eqlc_pipeline_next(in->pipeline)) != NULL) {
        fill(in);
        if (is_little(in))
            break;
        if (eqlc_event_input_lines(&in->in, &b->lines)) {
            b->path = in->path;
            eqlc_pipeline_put(in->pipeline);
        } else if (eqlc_event_input_is_full(&in->in) || !wait_for_more(in) ||
                   !eqlc_event_input_more(&in->in, NULL)) {
            break;
        }
    }
    if (!eqlc_pipeline_drain(in->pipeline) && !in->stopped)
        put_back(in);
    in->in.at = (eqlc_place_in_file) { in->line, 1 };
}

/* Reads documents of any kind until there seem to be lines alone. */
static void read_others(input *in, uint32_t enough)
{
    in->stopped =
        !eqlc_reader_go_on(in->readers[0].reader, &in->in, in->path, enough, on_event, on_error, in);
}

static void read_open(input *in)
{
    uint32_t enough = FIRST_ENOUGH;
    bool lines = true;

    while (!in->stopped && (!in->in.ended || in->in.keep < in->in.end)) {
        bool skips = in->hooks->skips(in->hooks->ctx);

        if (lines && !skips) {
            read_lines(in);
            lines = false;
            continue;
        }
        read_others(in, enough);
        lines = eqlc_event_input_shrink(&in->in);
        if (!skips && enough < LAST_ENOUGH)
            enough *= 2;
    }
}

static void read_together(input *in, const char *path)
{
    bool opened = eqlc_event_input_open(&in->in, path);

    in->hooks->begin(in->hooks->ctx, path);
    in->path = path;
    if (opened)
        read_open(in);
    if (in->in.error && !in->stopped) {
        in->counts.bad_files++;
        on_error(in, path, 0, 0, in->in.error);
    }
    if (opened)
        eqlc_event_input_close(&in->in);
}

/* ------------------------------------------------------------------------------------------------------
 * All of it
 */

static size_t batches_for(unsigned jobs)
{
    return jobs + (jobs < SPARE_BATCHES ? jobs : SPARE_BATCHES);
}

static void open_readers(input *in)
{
    const eqlc_run_input_options *o = in->options;
    size_t max_entries = ALL_ENTRIES / batches_for(o->jobs);
    in->readers = eqlc_alloc(o->jobs * sizeof *in->readers);
    for (unsigned i = 0; i < o->jobs; i++) {
        eqlc_run_reader *r = &in->readers[i];

        *r = (eqlc_run_reader) { .reader = eqlc_reader_new(o->schema, o->events),
                                 .stream = o->stream,
                                 .max_entries = max_entries < MAX_ENTRIES ? max_entries : MAX_ENTRIES,
                                 .max_event_size = o->events->max_event_size };
        if (!r->reader)
            eqlc_die("out of memory");
        eqlc_run_asker_init(&r->asker, o->rules, o->profile);
    }
}

static void open_pipeline(input *in)
{
    eqlc_pipeline_hooks hooks = { in, work, take };

    in->values = eqlc_event_room(in->readers[0].reader);
    if (!in->values)
        eqlc_die("out of memory");
    in->n_batches = batches_for(in->options->jobs);
    in->batches = eqlc_alloc(in->n_batches * sizeof *in->batches);
    in->items = eqlc_alloc(in->n_batches * sizeof *in->items);
    for (size_t i = 0; i < in->n_batches; i++) {
        eqlc_run_batch_init(&in->batches[i]);
        in->items[i] = &in->batches[i];
    }
    in->pipeline = eqlc_pipeline_new(in->options->jobs, in->items, in->n_batches, &hooks);
}

static void close_all(input *in)
{
    eqlc_pipeline_free(in->pipeline);
    for (size_t i = 0; i < in->n_batches; i++)
        eqlc_run_batch_clear(&in->batches[i]);
    for (unsigned i = 0; i < in->options->jobs; i++) {
        if (in->options->profile)
            eqlc_run_asker_add_profile(&in->readers[i].asker, in->options->profile,
                                       in->options->profile_time);
        eqlc_reader_free(in->readers[i].reader);
        eqlc_run_asker_clear(&in->readers[i].asker);
    }
    eqlc_event_input_clear(&in->in);
    eqlc_event_room_free(in->values);
    free(in->batches);
    free(in->items);
    free(in->readers);
}

eqlc_event_counts eqlc_run_input(const eqlc_run_input_options *options, const eqlc_run_input_hooks *hooks,
                                 char *const *paths, int n)
{
    input in = { .options = options, .hooks = hooks };
    eqlc_event_counts counts;

    open_readers(&in);
    if (options->jobs > 1)
        open_pipeline(&in);
    for (int i = 0; i < n && !in.stopped && !eqlc_stop_signal; i++) {
        if (options->jobs > 1)
            read_together(&in, paths[i]);
        else
            read_alone(&in, paths[i]);
    }
    counts = *eqlc_reader_counts(in.readers[0].reader);
    counts.bad += in.counts.bad;
    counts.bad_files += in.counts.bad_files;
    close_all(&in);
    return counts;
}
