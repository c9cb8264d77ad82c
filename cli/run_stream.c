/* run_stream.c - the part of `eqlc run` that looks at more than one event. */
#include "run_stream.h"

#include "json_problem.h"
#include "run_docs.h"
#include "run_window.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>

/* How often the size of the state is asked for, in events; asking costs a walk over all programs. */
#define BUDGET_INTERVAL 1024

/* What the state of a program takes, and has taken at most when that was asked for. */
typedef struct held {
    uint64_t partials, bytes, peak;
} held;

struct eqlc_run_stream {
    eqlc_run_stream_options options;
    eqlc_run_hooks hooks;
    const eqlc_run_output *output;
    const eqlm_program **programs;
    uint32_t *rules; /* by number in `programs` */
    size_t n_programs, cap_programs, cap_rules;
    eqlm_stream *stream; /* opened with the first event */

    eqlc_run_window window;
    bool reorders; /* events wait for earlier ones */
    bool keeps;    /* matches are printed with their documents ... */
    bool sources;  /* ... and these with their text */

    eqlc_reader *reader; /* reads the fields of documents that waited */
    eqlc_doc_queue waiting;
    bool has_watermark;
    int64_t watermark; /* no event before it waits */
    bool has_reached;
    int64_t reached; /* no event before it can count for sequences any more */

    uint64_t next_number, next_fed;
    const eqlc_event *current; /* being fed */
    eqlc_event bare;          /* the same without its text */
    bool current_checked;
    uint64_t current_number;
    bool current_released;
    bool undecided; /* what flushing tells is not known at --as-of */
    eqlc_docs docs;
    const eqlc_event **match_events;
    size_t cap_match_events;
    uint64_t state_bytes;

    eqlm_profile profile; /* without a clock: none is wanted */
    held *held;           /* by program; when profiling */
    bool ended;           /* and nothing is held any more */

    uint64_t n_late, n_no_time;
    uint64_t n_outside;  /* of --window and --as-of */
    uint64_t n_untimely; /* did not wait as long as --lateness says */
    uint64_t n_malformed; /* of which the text is not written */
    uint64_t n_failed;
    eqlm_status why;
};

/* ------------------------------------------------------------------------------------------------------
 * Matches
 */

/* The event being fed as matches name it: without a text that is not JSON, where rules did not look. */
static const eqlc_event *current_event(eqlc_run_stream *s)
{
    const char *problem;
    size_t at;

    if (!s->sources || s->current_checked)
        return s->current;
    s->current_checked = true;
    if (eqlc_json_problem(s->current->source, 0, s->current->source_len, true, &at, &problem)) {
        s->n_malformed++;
        s->bare = *s->current;
        s->bare.source = NULL;
        s->bare.source_len = 0;
        s->current = &s->bare;
    }
    return s->current;
}

static const eqlc_event *find_event(eqlc_run_stream *s, uint64_t number)
{
    static const eqlc_event lost = { .index = "", .id = "" };

    if (number == EQLM_NO_EVENT)
        return NULL;
    if (s->current && number == s->current_number)
        return current_event(s);
    const eqlc_doc *doc = eqlc_docs_find(&s->docs, number);
    return doc ? &doc->event : &lost;
}

static bool on_match(void *ctx, const eqlm_stream_match *m)
{
    eqlc_run_stream *s = ctx;
    eqlc_run_match match = { .kind = eqlm_program_get_kind(s->programs[m->program]),
                             .keys = m->keys,
                             .n_keys = m->n_keys };

    if (s->undecided && match.kind == EQLM_SEQUENCE)
        return true;
    s->match_events = eqlc_grow(s->match_events, &s->cap_match_events, m->n_events, sizeof *s->match_events);
    for (uint32_t i = 0; i < m->n_events; i++)
        s->match_events[i] = find_event(s, m->events[i]);
    match.events = s->match_events;
    match.n_events = m->n_events;
    s->hooks.on_match(s->hooks.ctx, s->rules[m->program], &match);
    return true;
}

static void on_release(void *ctx, uint64_t number)
{
    eqlc_run_stream *s = ctx;

    if (s->current && number == s->current_number)
        s->current_released = true;
    else
        eqlc_docs_release(&s->docs, number);
}

/* ------------------------------------------------------------------------------------------------------
 * Budget
 */

static void keep_budget(eqlc_run_stream *s)
{
    if (s->stream && s->next_fed % BUDGET_INTERVAL == 0) {
        eqlm_stream_counts counts;

        eqlm_stream_get_counts(s->stream, &counts);
        s->state_bytes = counts.state_bytes;
    }
    uint64_t used = s->state_bytes + s->waiting.bytes, max = s->options.max_state;
    eqlc_docs_shrink(&s->docs, used < max ? max - used : 0);
}

static void failed(eqlc_run_stream *s, eqlm_status status)
{
    if (status == EQLM_E_NOMEM)
        eqlc_die("out of memory");
    if (status == EQLM_OK)
        return;
    s->n_failed++;
    s->why = status;
}

/* ------------------------------------------------------------------------------------------------------
 * Making
 */

static void need_stream(eqlc_run_stream *s)
{
    eqlm_stream_options options = {
        .size = sizeof options,
        .max_state = s->options.max_state,
        .samples_per_key = s->options.samples_per_key,
        .early_missing = s->options.early_missing,
        .on_match = on_match,
        .on_release = s->keeps ? on_release : NULL,
        .ctx = s,
    };

    if (s->n_programs == 0 || s->stream)
        return;
    if (eqlm_stream_new(NULL, &options, &s->stream) != EQLM_OK)
        eqlc_die("out of memory");
    for (size_t i = 0; i < s->n_programs; i++) {
        eqlm_status status = eqlm_stream_add(s->stream, s->programs[i], NULL);

        if (status != EQLM_OK)
            eqlc_die("%s", eqlm_status_text(status));
    }
    if (s->profile.now)
        (void)eqlm_stream_set_profile(s->stream, &s->profile);
}

eqlc_run_stream *eqlc_run_stream_new(const eqlc_run_stream_options *options, const eqlm_schema *schema,
                                     const eqlc_event_options *events, const eqlc_run_output *output,
                                     const eqlc_run_hooks *hooks)
{
    eqlc_run_stream *s = eqlc_alloc(sizeof *s);

    *s = (eqlc_run_stream) { .options = *options, .hooks = *hooks, .output = output };
    if (!eqlc_run_window_read(&s->window, options->window, options->as_of, events->timestamp_unit)) {
        free(s);
        return NULL;
    }
    s->reorders = !options->sort && (options->lateness > 0 || events->tiebreaker_field);
    s->keeps = output->format != EQLC_RUN_COUNT;
    s->sources = s->keeps && !output->no_source;
    if (s->reorders || options->sort) {
        s->reader = eqlc_reader_new(schema, events);
        if (!s->reader)
            eqlc_die("out of memory");
    }
    return s;
}

void eqlc_run_stream_free(eqlc_run_stream *s)
{
    if (!s)
        return;
    eqlm_stream_free(s->stream);
    eqlc_reader_free(s->reader);
    eqlc_doc_queue_clear(&s->waiting);
    eqlc_docs_clear(&s->docs);
    eqlc_profile_clear(&s->profile);
    free(s->held);
    free(s->programs);
    free(s->rules);
    free(s->match_events);
    free(s);
}

void eqlc_run_stream_add(eqlc_run_stream *s, const eqlm_program *program, uint32_t rule)
{
    s->programs = eqlc_grow(s->programs, &s->cap_programs, s->n_programs + 1, sizeof *s->programs);
    s->rules = eqlc_grow(s->rules, &s->cap_rules, s->n_programs + 1, sizeof *s->rules);
    s->programs[s->n_programs] = program;
    s->rules[s->n_programs++] = rule;
}

/* ------------------------------------------------------------------------------------------------------
 * Events
 */

/* Gives an event to the stream and keeps its document if that remembers it. */
static void feed_stream(eqlc_run_stream *s, const eqlc_event *event, uint64_t number, eqlc_doc *take_doc)
{
    eqlm_event_info info = { .id = number, .has_time = event->has_time, .time = event->time };
    eqlm_status status;

    s->current = event;
    s->current_number = number;
    s->current_released = s->current_checked = false;
    status = eqlm_stream_feed(s->stream, event->values, &info);
    failed(s, status);
    if (!s->keeps || status != EQLM_OK || s->current_released) {
        s->current = NULL;
        eqlc_doc_free(take_doc);
        return;
    }
    event = current_event(s);
    s->current = NULL;
    if (take_doc && (!s->sources || !event->source))
        eqlc_doc_forget(take_doc);
    if (!take_doc)
        take_doc = eqlc_doc_new(event, number, s->sources);
    take_doc->number = number;
    eqlc_docs_add(&s->docs, take_doc);
    keep_budget(s);
}

/* Asking what programs hold is a walk over all of them. */
static void note_held(eqlc_run_stream *s)
{
    for (uint32_t i = 0; s->held && i < s->n_programs; i++) {
        eqlm_stream_counts counts;
        held *h = &s->held[i];

        eqlm_stream_program_counts(s->stream, i, &counts);
        h->partials = counts.partials;
        h->bytes = counts.state_bytes;
        h->peak = h->bytes > h->peak ? h->bytes : h->peak;
    }
}

static void reach(eqlc_run_stream *s, int64_t time)
{
    if (!s->has_reached || time > s->reached)
        s->reached = time;
    s->has_reached = true;
}

/* An event whose turn it is; take_doc: its copy if there is one. */
static void feed(eqlc_run_stream *s, const eqlc_event *event, eqlc_doc *take_doc)
{
    bool late = event->has_time && s->has_reached && event->time < s->reached;

    s->n_late += late;
    s->n_no_time += !event->has_time;
    if (event->has_time)
        reach(s, event->time);
    feed_stream(s, event, s->next_fed++, take_doc);
    if (s->next_fed % BUDGET_INTERVAL == 0)
        note_held(s);
}

/* Takes the first event that waits. */
static void take_waiting(eqlc_run_stream *s)
{
    eqlc_doc *doc = eqlc_doc_queue_pop(&s->waiting);
    eqlc_event event;

    if (doc->n_rules)
        s->hooks.on_event(s->hooks.ctx, &doc->event, doc->rules, doc->n_rules);
    if (s->n_programs == 0) {
        eqlc_doc_free(doc);
        return;
    }
    if (!eqlc_reader_again(s->reader, &doc->event, &event))
        eqlc_die("out of memory");
    feed(s, &event, doc);
}

static int64_t minus(int64_t time, int64_t span)
{
    return time < INT64_MIN + span ? INT64_MIN : time - span;
}

static void advance(eqlc_run_stream *s, int64_t time)
{
    reach(s, time);
    failed(s, eqlm_stream_advance(s->stream, time));
}

/* No event before `time` will count. */
static void move_on(eqlc_run_stream *s, int64_t time)
{
    const eqlc_doc *first;

    if (s->has_watermark && time <= s->watermark)
        return;
    s->has_watermark = true;
    s->watermark = time;
    while ((first = eqlc_doc_queue_first(&s->waiting)) != NULL && first->event.time < time)
        take_waiting(s);
    advance(s, time);
}

static void take_in_order(eqlc_run_stream *s, const eqlc_event *event, uint64_t number)
{
    if (!event->has_time || (s->has_watermark && event->time < s->watermark)) {
        feed(s, event, NULL);
        return;
    }
    eqlc_doc_queue_push(&s->waiting, eqlc_doc_new(event, number, true));
    move_on(s, minus(event->time, s->options.lateness));
    while (s->waiting.bytes > s->options.max_state / 2) {
        s->n_untimely++;
        take_waiting(s);
    }
}

bool eqlc_run_stream_counts(const eqlc_run_stream *s, const eqlc_event *event)
{
    return eqlc_run_window_has(&s->window, event);
}

bool eqlc_run_stream_reads(const eqlc_run_stream *s)
{
    return s->n_programs > 0;
}

/* Waits for the end of input, when all events are in order. */
static void keep_for_sorting(eqlc_run_stream *s, const eqlc_event *event, uint64_t number,
                             const uint32_t *rules, uint32_t n_rules)
{
    if (n_rules == 0 && s->n_programs == 0)
        return;
    eqlc_doc *doc = eqlc_doc_new(event, number, true);
    eqlc_doc_set_rules(doc, rules, n_rules);
    eqlc_doc_queue_push(&s->waiting, doc);
}

void eqlc_run_stream_event(eqlc_run_stream *s, const eqlc_event *event, const uint32_t *rules,
                           uint32_t n_rules)
{
    uint64_t number = s->next_number++;

    if (!eqlc_run_stream_counts(s, event)) {
        s->n_outside++;
        return;
    }
    if (s->options.sort && event->has_time) {
        keep_for_sorting(s, event, number, rules, n_rules);
        return;
    }
    if (n_rules)
        s->hooks.on_event(s->hooks.ctx, event, rules, n_rules);
    if (s->n_programs == 0)
        return;
    need_stream(s);
    if (s->reorders)
        take_in_order(s, event, number);
    else
        feed(s, event, NULL);
}

void eqlc_run_stream_end(eqlc_run_stream *s)
{
    need_stream(s);
    while (s->waiting.n)
        take_waiting(s);
    if (s->n_programs == 0)
        return;
    note_held(s);
    s->ended = true;
    if (s->window.has_as_of) {
        /* Every event up to this time is known, but nothing about those after it. */
        advance(s, s->window.as_of < INT64_MAX ? s->window.as_of + 1 : s->window.as_of);
        s->undecided = true;
    }
    failed(s, eqlm_stream_flush(s->stream));
    s->has_watermark = s->has_reached = false;
}

/* ------------------------------------------------------------------------------------------------------
 * State
 */

void eqlc_run_stream_pack(eqlc_run_stream *s, eqlc_buf *b)
{
    eqlc_buf stream = { NULL, 0, 0 };

    need_stream(s);
    eqlc_pack(b, s->next_number, 8);
    eqlc_pack(b, s->next_fed, 8);
    eqlc_pack(b, s->has_watermark, 1);
    eqlc_pack(b, (uint64_t)s->watermark, 8);
    eqlc_pack(b, s->has_reached, 1);
    eqlc_pack(b, (uint64_t)s->reached, 8);
    eqlc_pack(b, s->n_late, 8);
    eqlc_pack(b, s->n_no_time, 8);
    eqlc_pack(b, s->n_outside, 8);
    eqlc_pack(b, s->n_untimely, 8);
    eqlc_pack(b, s->docs.n_forgotten, 8);
    eqlc_pack(b, s->waiting.n, 8);
    for (size_t i = 0; i < s->waiting.n; i++)
        eqlc_pack_doc(b, s->waiting.heap[i]);
    eqlc_pack(b, s->docs.n, 8);
    for (const eqlc_doc *doc = s->docs.oldest; doc; doc = doc->newer)
        eqlc_pack_doc(b, doc);
    if (s->stream) {
        if (eqlm_stream_save(s->stream, eqlc_buf_write, &stream) != EQLM_OK)
            eqlc_die("the state cannot be saved");
        eqlc_pack_text(b, stream.data, stream.len);
        eqlc_buf_clear(&stream);
    }
}

static void unpack_docs(eqlc_run_stream *s, eqlc_unpacker *u)
{
    eqlc_doc *doc;

    for (uint64_t n = eqlc_unpack(u, 8); n > 0 && (doc = eqlc_unpack_doc(u)) != NULL; n--) {
        if (doc->source)
            eqlc_doc_queue_push(&s->waiting, doc);
        else
            eqlc_doc_free(doc);
    }
    for (uint64_t n = eqlc_unpack(u, 8); n > 0 && (doc = eqlc_unpack_doc(u)) != NULL; n--) {
        if (!eqlc_docs_find(&s->docs, doc->number))
            eqlc_docs_add(&s->docs, doc);
        else
            eqlc_doc_free(doc);
    }
}

bool eqlc_run_stream_unpack(eqlc_run_stream *s, eqlc_unpacker *u)
{
    uint64_t forgotten;

    s->next_number = eqlc_unpack(u, 8);
    s->next_fed = eqlc_unpack(u, 8);
    s->has_watermark = eqlc_unpack(u, 1) != 0;
    s->watermark = (int64_t)eqlc_unpack(u, 8);
    s->has_reached = eqlc_unpack(u, 1) != 0;
    s->reached = (int64_t)eqlc_unpack(u, 8);
    s->n_late = eqlc_unpack(u, 8);
    s->n_no_time = eqlc_unpack(u, 8);
    s->n_outside = eqlc_unpack(u, 8);
    s->n_untimely = eqlc_unpack(u, 8);
    forgotten = eqlc_unpack(u, 8);
    unpack_docs(s, u);
    s->docs.n_forgotten = forgotten;
    if (s->n_programs == 0)
        return !u->bad;
    need_stream(s);
    eqlm_str text = eqlc_unpack_text(u);
    return !u->bad && eqlm_stream_restore(s->stream, text.ptr, text.len) == EQLM_OK;
}

/* ------------------------------------------------------------------------------------------------------
 * Reports
 */

void eqlc_run_stream_rule_counts(const eqlc_run_stream *s, uint32_t rule, uint64_t *errors, uint64_t *evicted)
{
    *errors = *evicted = 0;
    for (uint32_t i = 0; i < s->n_programs; i++) {
        eqlm_stream_counts counts_of;

        if (s->rules[i] != rule)
            continue;
        eqlm_stream_program_counts(s->stream, i, &counts_of);
        *errors += counts_of.errors;
        *evicted += counts_of.evicted;
    }
}

void eqlc_run_stream_profile(eqlc_run_stream *s)
{
    eqlc_profile_init(&s->profile, s->n_programs);
    s->held = eqlc_alloc(s->n_programs * sizeof *s->held);
    memset(s->held, 0, s->n_programs * sizeof *s->held);
    if (s->stream)
        (void)eqlm_stream_set_profile(s->stream, &s->profile);
}

void eqlc_run_stream_add_profile(eqlc_run_stream *s, eqlc_profile_row *rows, uint64_t *time)
{
    if (!s->ended)
        note_held(s);
    for (uint32_t i = 0; i < s->n_programs; i++) {
        eqlc_profile_row *row = &rows[s->rules[i]];

        row->counts = s->profile.programs[i];
        row->in_stream = true;
        row->partials = s->held[i].partials;
        row->bytes = s->held[i].bytes;
        row->peak = s->held[i].peak;
    }
    *time += s->profile.time;
}

static void say(uint64_t n, const char *one, const char *many, const char *what)
{
    char text[32];

    if (n)
        fprintf(stderr, "%s %s %s\n", eqlc_count_text(n, text), n == 1 ? one : many, what);
}

bool eqlc_run_stream_report(const eqlc_run_stream *s)
{
    say(s->n_outside, "event", "events", "outside --window or --as-of: not looked at");
    if (s->n_programs == 0)
        return false;
    say(s->n_no_time, "event", "events", "without a time: seen by queries about single events only");
    say(s->n_late, "event", "events",
        "older than what came before: not seen by sequences and samples (see --lateness, --sort)");
    say(s->n_untimely, "event", "events", "taken before --lateness was over, for want of --max-state");
    say(s->docs.n_forgotten, "document", "documents",
        "dropped for want of --max-state: matches name them without _source");
    say(s->n_malformed, "document", "documents",
        "not JSON where no rule looked: matches name them without _source");
    if (s->n_failed)
        say(s->n_failed, "event", "events", eqlm_status_text(s->why));
    return s->n_failed > 0 || s->n_malformed > 0;
}
