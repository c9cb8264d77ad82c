/* events.c - the reader of event documents: joins input, splitting, extraction and times. */
#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_reader.h"
#include "split.h"
#include "timestamp.h"
#include "util.h"

/* Lists and elements of a document may take this many times its largest size; only absurd ones come near. */
#define SCRATCH_FACTOR 16
#define SCRATCH_LEAST ((size_t)16 << 20)
#define LARGEST_EVENT ((size_t)1 << 31)

struct eqlc_reader {
    eqlc_event_options options;
    eqlc_event_counts counts;
    eqlc_fields fields;
    eqlc_event_values values;
    const eqlc_json_kernel *kernel;
    eqlc_json_reader *json;
    eqlc_event_input input;
    eqlc_splitter splitter;
    const char *path;
    eqlc_event_fn on_event;
    eqlc_event_error_fn on_error;
    void *ctx;
    char line_text[EQLC_LINE_TEXT];
    eqlc_buf mended; /* the document read last, if it was no UTF-8 */
    char *again; /* the document read last by eqlc_reader_again */
    size_t again_cap;
};

eqlc_reader *eqlc_reader_new(const eqlm_schema *schema, const eqlc_event_options *options)
{
    eqlc_reader *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->options = *options;
    if (r->options.max_event_size > LARGEST_EVENT)
        r->options.max_event_size = LARGEST_EVENT;
    size_t max = r->options.max_event_size;
    size_t limit = max > SIZE_MAX / SCRATCH_FACTOR ? SIZE_MAX : max * SCRATCH_FACTOR;
    r->kernel = eqlc_json_kernels()[0];
    r->json = r->kernel->create();
    bool ok =
        r->json && eqlc_fields_init(&r->fields, schema, options->timestamp_field, options->tiebreaker_field);
    if (!ok ||
        !eqlc_event_values_init(&r->values, &r->fields, limit > SCRATCH_LEAST ? limit : SCRATCH_LEAST)) {
        eqlc_reader_free(r);
        return NULL;
    }
    return r;
}

void eqlc_reader_free(eqlc_reader *r)
{
    if (!r)
        return;
    if (r->json)
        r->kernel->destroy(r->json);
    eqlc_event_values_clear(&r->values);
    eqlc_fields_clear(&r->fields);
    eqlc_event_input_clear(&r->input);
    eqlc_buf_clear(&r->mended);
    free(r->again);
    free(r);
}

const eqlc_event_counts *eqlc_reader_counts(const eqlc_reader *r)
{
    return &r->counts;
}

bool eqlc_event_get(void *ctx, const void *event, uint32_t field, eqlm_value *out)
{
    (void)ctx;
    const eqlm_value *values = event, *header = values - 1;
    const uint32_t *slots = header->as.object; /* only elements have them */
    if (slots)
        field = field < slots[0] ? slots[1 + field] : EQLC_NONE;
    if (field >= header->len)
        return false;
    *out = values[field];
    return out->type != EQLM_NULL;
}

/* ------------------------------------------------------------------------------------------------------
 * Callbacks of the splitter
 */

static void on_bad(void *ctx, eqlc_place_in_file place, const char *message, bool too_large)
{
    eqlc_reader *r = ctx;
    r->counts.bad++;
    r->counts.too_large += too_large;
    if (r->on_error)
        r->on_error(r->ctx, r->path, place.line, place.column, message);
    if (r->options.strict)
        r->splitter.stop = true;
}

const char *eqlc_event_line_text(uint64_t line, char room[EQLC_LINE_TEXT])
{
    char *p = &room[EQLC_LINE_TEXT - 1];
    *p = '\0';
    do {
        *--p = (char)('0' + line % 10);
        line /= 10;
    } while (line > 0);
    return p;
}

/* A metadata value as NUL-terminated text, or the default when there is none. */
static const char *text_of(eqlc_reader *r, uint32_t slot, const char *otherwise)
{
    const eqlm_value *v = &r->values.values[r->fields.n_fields + slot];
    if (v->type == EQLM_ARRAY)
        v = v->as.items;
    if (v->type != EQLM_STRING && v->type != EQLM_I64)
        return otherwise;
    size_t size = v->type == EQLM_STRING ? (size_t)v->len + 1 : EQLC_LINE_TEXT;
    char *copy = eqlc_scratch_take(&r->values.scratch, size);
    if (!copy)
        return otherwise;
    if (v->type == EQLM_I64) {
        snprintf(copy, size, "%lld", (long long)v->as.i64);
    } else {
        memcpy(copy, v->as.str, v->len);
        copy[v->len] = '\0';
    }
    return copy;
}

static void make_event(eqlc_reader *r, const char *path, const char *text, const eqlc_json_document *d,
                       eqlc_event *event)
{
    const eqlm_value *extra = r->values.values + r->fields.n_fields;
    *event = (eqlc_event) {
        .values = r->values.values,
        .source = text + d->source_start,
        .source_len = d->source_len,
        .index = text_of(r, EQLC_SLOT_INDEX, path),
        .id = text_of(r, EQLC_SLOT_ID, NULL),
        .timestamp = extra[EQLC_SLOT_TIME],
        .tiebreaker = extra[EQLC_SLOT_TIEBREAKER],
    };
    if (event->timestamp.type == EQLM_ARRAY)
        event->timestamp = event->timestamp.as.items[0];
    if (event->tiebreaker.type == EQLM_ARRAY)
        event->tiebreaker = event->tiebreaker.as.items[0];
    event->has_time = eqlc_time_from_value(&event->timestamp, r->options.timestamp_unit, &event->time);
}

/* Sequences name an event that was missing by nothing at all; one that has a source is an event though. */
static bool is_missing(const eqlc_event *event, bool wrapped)
{
    return !*event->index && event->id && !*event->id &&
           !(wrapped && memchr(event->source, '"', event->source_len));
}

#define UNKNOWN "\xEF\xBF\xBD" /* U+FFFD */

/* Puts U+FFFD in the place of each byte that is no UTF-8. */
static void mend(eqlc_buf *out, const char *text, size_t len)
{
    static const char padding[EQLC_JSON_PADDING];
    uint32_t code;
    out->len = 0;
    for (size_t at = 0, n; at < len; at += n) {
        n = eqlc_utf8(text + at, len - at, &code);
        if (code == EQLC_BAD_UTF8)
            eqlc_buf_text(out, UNKNOWN);
        else
            eqlc_buf_add(out, text + at, n);
    }
    len = out->len;
    eqlc_buf_add(out, padding, sizeof padding);
    out->len = len;
}

/* Where the byte came from that stands at mended_at. */
static size_t before_mending(const char *text, size_t len, size_t mended_at)
{
    uint32_t code;
    size_t at = 0;
    for (size_t m = 0, n; at < len && m < mended_at; at += n) {
        n = eqlc_utf8(text + at, len - at, &code);
        m += code == EQLC_BAD_UTF8 ? strlen(UNKNOWN) : n;
    }
    return at;
}

eqlc_json_status eqlc_reader_document(eqlc_reader *r, const char *path, char *text, size_t len,
                                      eqlc_event *event, eqlc_json_document *document)
{
    char *read = text;
    eqlc_json_status status = r->kernel->read(r->json, text, len, &r->values, document);
    if (status == EQLC_JSON_BAD && text[document->error_at] & 0x80) {
        mend(&r->mended, text, len);
        read = r->mended.data;
        status = r->kernel->read(r->json, read, r->mended.len, &r->values, document);
        document->error_at = before_mending(text, len, document->error_at);
    }
    if (status == EQLC_JSON_OK) {
        make_event(r, path, read, document, event);
        event->mended = read != text;
        event->missing = is_missing(event, document->source_start > 0);
    }
    return status;
}

const eqlc_event_field *eqlc_reader_fields(const eqlc_reader *r, const eqlc_event_copy *copy, uint32_t *n)
{
    const eqlc_event_values *v = &r->values;
    eqlc_event_field *fields = eqlc_copy_room(copy, v->n_touched * sizeof *fields);
    *n = 0;
    for (uint32_t i = 0; i < v->n_touched; i++) {
        size_t field = (size_t)(v->touched[i] - v->values);
        if (field < v->fields->n_fields)
            fields[(*n)++] = (eqlc_event_field) { (uint32_t)field, eqlc_value_copy(copy, v->touched[i]) };
    }
    return fields;
}

eqlm_value *eqlc_event_room(const eqlc_reader *r)
{
    eqlm_value *room = calloc((size_t)r->fields.n_fields + 1, sizeof *room);
    if (!room)
        return NULL;
    room->len = r->fields.n_fields;
    return room + 1;
}

void eqlc_event_room_free(eqlm_value *room)
{
    free(room ? room - 1 : NULL);
}

static void give_event(eqlc_reader *r, eqlc_event *event, size_t start)
{
    const eqlc_event_input *in = r->splitter.in;
    /* A document that is a line starts where the place of the window's start is known. */
    event->line = start == in->keep ? in->at.line : eqlc_event_input_place(in, start).line;
    if (!event->id)
        event->id = eqlc_event_line_text(event->line, r->line_text);
    r->counts.events++;
    if (!r->on_event(r->ctx, event))
        r->splitter.stop = true;
}

static eqlc_json_status on_document(void *ctx, size_t start, size_t end, eqlc_json_document *document)
{
    eqlc_reader *r = ctx;
    eqlc_event_input *in = r->splitter.in;
    eqlc_event event;
    eqlc_json_status status =
        eqlc_reader_document(r, r->path, in->window + start, end - start, &event, document);
    if (status == EQLC_JSON_OK && !event.missing)
        give_event(r, &event, start);
    return status;
}

/* ------------------------------------------------------------------------------------------------------
 * Reading
 */

static void set_up(eqlc_reader *r, eqlc_event_input *in, const char *path, eqlc_event_fn on_event,
                   eqlc_event_error_fn on_error, void *ctx)
{
    r->path = path;
    r->on_event = on_event;
    r->on_error = on_error;
    r->ctx = ctx;
    r->splitter = (eqlc_splitter) {
        .in = in, .max = r->options.max_event_size, .document = on_document, .bad = on_bad, .ctx = r
    };
}

bool eqlc_reader_run(eqlc_reader *r, const char *path, eqlc_event_fn on_event, eqlc_event_error_fn on_error,
                     void *ctx)
{
    eqlc_event_input *in = &r->input;
    bool opened = eqlc_event_input_open(in, path);
    set_up(r, in, path, on_event, on_error, ctx);
    if (opened)
        eqlc_split(&r->splitter);
    r->counts.bytes += in->bytes;
    if (in->error && !r->splitter.stop) {
        r->counts.bad_files++;
        if (on_error)
            on_error(ctx, path, 0, 0, in->error);
    }
    if (opened)
        eqlc_event_input_close(in);
    return !r->splitter.stop;
}

bool eqlc_reader_go_on(eqlc_reader *r, eqlc_event_input *in, const char *path, uint32_t enough,
                       eqlc_event_fn on_event, eqlc_event_error_fn on_error, void *ctx)
{
    set_up(r, in, path, on_event, on_error, ctx);
    r->splitter.enough = enough;
    eqlc_split(&r->splitter);
    return !r->splitter.stop;
}

/* Behind _source any document is read as it was: a bare one has no member of this name. */
bool eqlc_reader_again(eqlc_reader *r, const eqlc_event *kept, eqlc_event *out)
{
    static const char before[] = "{\"_source\":";
    size_t start = sizeof before - 1, len = start + kept->source_len + 1;
    if (kept->source_len > LARGEST_EVENT)
        return false;
    if (len + EQLC_JSON_PADDING > r->again_cap) {
        char *more = realloc(r->again, 2 * (len + EQLC_JSON_PADDING));
        if (!more)
            return false;
        r->again = more;
        r->again_cap = 2 * (len + EQLC_JSON_PADDING);
    }
    memcpy(r->again, before, start);
    memcpy(r->again + start, kept->source, kept->source_len);
    r->again[len - 1] = '}';
    memset(r->again + len, 0, EQLC_JSON_PADDING);
    eqlc_json_document document;
    if (r->kernel->read(r->json, r->again, len, &r->values, &document) != EQLC_JSON_OK)
        return false;
    *out = *kept;
    out->values = r->values.values;
    return true;
}
