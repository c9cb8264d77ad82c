/* run_batch.c - lines of events that one thread has read.
 *
 * A batch is read as if every line of it were a document of its own, which can be done without knowing what
 * stands before. Where that turns out to be wrong it stops, and somebody has to go on with split.c. */
#include "run_batch.h"

#include "util.h"

#include <stdlib.h>
#include <string.h>

void eqlc_run_batch_init(eqlc_run_batch *b)
{
    *b = (eqlc_run_batch) { .path = NULL };
    eqlc_scratch_init(&b->scratch, SIZE_MAX);
}

void eqlc_run_batch_clear(eqlc_run_batch *b)
{
    free(b->lines.text);
    free(b->entries);
    eqlc_scratch_clear(&b->scratch);
}

/* ------------------------------------------------------------------------------------------------------
 * Entries
 */

static const void *keep(const eqlc_event_copy *c, const void *bytes, size_t size)
{
    return size ? memcpy(eqlc_copy_room(c, size), bytes, size) : NULL;
}

static const char *keep_text(const eqlc_event_copy *c, const char *text)
{
    return text ? keep(c, text, strlen(text) + 1) : NULL;
}

/* A scalar; arrays and objects are no times and order nothing. */
static eqlm_value keep_value(const eqlc_event_copy *c, const eqlm_value *v)
{
    return v->type < EQLM_ARRAY ? eqlc_value_copy(c, v) : (eqlm_value) { .type = EQLM_NULL };
}

static eqlc_run_entry *add_entry(eqlc_run_batch *b)
{
    b->entries = eqlc_grow(b->entries, &b->cap_entries, b->n_entries + 1, sizeof *b->entries);
    eqlc_run_entry *e = &b->entries[b->n_entries++];
    *e = (eqlc_run_entry) { .event = { .line = b->n_lines } };
    return e;
}

static void add_event(eqlc_run_batch *b, eqlc_run_reader *r, const eqlc_event *event)
{
    eqlc_run_entry *e = add_entry(b);
    eqlc_event_copy copy = { &b->scratch, b->lines.text, b->lines.text + b->lines.end };

    e->event = *event;
    e->event.line = b->n_lines;
    if (event->mended)
        e->event.source = keep(&copy, event->source, event->source_len);
    if (event->index != b->path)
        e->event.index = keep_text(&copy, event->index);
    e->event.id = keep_text(&copy, event->id);
    e->event.timestamp = keep_value(&copy, &event->timestamp);
    e->event.tiebreaker = keep_value(&copy, &event->tiebreaker);
    e->event.values = NULL;
    if (!eqlc_run_stream_counts(r->stream, event))
        return;
    eqlc_run_answer answer = eqlc_run_ask(&r->asker, event);
    e->answer = answer;
    e->answer.rules = keep(&copy, answer.rules, answer.n_rules * sizeof *answer.rules);
    e->answer.troubles = keep(&copy, answer.troubles, answer.n_troubles * sizeof *answer.troubles);
    if (eqlc_run_stream_reads(r->stream))
        e->fields = eqlc_reader_fields(r->reader, &copy, &e->n_fields);
}

static void add_problem(eqlc_run_batch *b, const char *line, const char *at, const char *problem)
{
    eqlc_run_entry *e = add_entry(b);

    e->problem = problem;
    for (e->column = 1; line < at; line++)
        e->column += ((unsigned char)*line & 0xC0) != 0x80;
}

/* ------------------------------------------------------------------------------------------------------
 * Lines
 */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Reads the document [text, end) of a line. False: it is none, or more than one line belongs to it. */
static bool read_document(eqlc_run_batch *b, eqlc_run_reader *r, char *line, char *text, char *end,
                          bool closed)
{
    eqlc_json_document document;
    eqlc_event event;

    if (*text == '[' || (size_t)(end - text) > r->max_event_size || b->n_entries == r->max_entries)
        return false;
    while (is_space(end[-1]))
        end--;
    if (closed && end - text == 1 && *text == '{')
        return false;
    eqlc_json_status status =
        eqlc_reader_document(r->reader, b->path, text, (size_t)(end - text), &event, &document);
    if (status == EQLC_JSON_HITS || status == EQLC_JSON_OPEN || (status != EQLC_JSON_OK && !closed) ||
        (status != EQLC_JSON_OK && eqlc_json_is_followed(&document, text)))
        return false;
    if (status == EQLC_JSON_OK && !event.missing)
        add_event(b, r, &event);
    else if (status != EQLC_JSON_OK)
        add_problem(b, line, text + document.error_at, document.message);
    return true;
}

void eqlc_run_batch_read(eqlc_run_batch *b, eqlc_run_reader *r)
{
    char *line = b->lines.text + b->lines.start, *end = b->lines.text + b->lines.end, *newline;

    b->n_entries = 0;
    b->n_lines = 0;
    b->broken = false;
    eqlc_scratch_reset(&b->scratch);
    for (; line < end; line = newline + 1) {
        char *text = line, *line_end;

        newline = memchr(line, '\n', (size_t)(end - line));
        line_end = newline ? newline : end;
        while (text < line_end && is_space(*text))
            text++;
        if (!newline && eqlc_stop_signal)
            return; /* the rest of the line was not read */
        if (text < line_end && !read_document(b, r, line, text, line_end, newline != NULL)) {
            b->broken = true;
            b->rest = (size_t)(line - b->lines.text);
            return;
        }
        if (!newline)
            return;
        b->n_lines++;
    }
}
