/* run_output.c - how `eqlc run` prints what matched: as lines of JSON, for people, as a search response. */
#include "run_output.h"

#include "report.h"
#include "snippet.h"
#include "timestamp.h"
#include "value_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void write_out(eqlc_run_output *o, const void *bytes, size_t len)
{
    if (o->error == 0 && len > 0 && fwrite(bytes, 1, len, o->file) != len)
        o->error = errno ? errno : EIO;
}

void eqlc_run_flush(eqlc_run_output *o)
{
    if (o->error == 0 && fflush(o->file) != 0)
        o->error = errno ? errno : EIO;
}

/* ------------------------------------------------------------------------------------------------------
 * Pieces of JSON
 */

/* The document as one line: without the white space between its tokens if it had several lines. */
static void add_source(eqlc_buf *b, const eqlc_event *event)
{
    const char *p = event->source, *end = p + event->source_len;

    if (!memchr(p, '\n', event->source_len) && !memchr(p, '\r', event->source_len)) {
        eqlc_buf_add(b, p, event->source_len);
        return;
    }
    while (p < end) {
        const char *start = p;

        if (*p == '"') {
            for (p++; *p != '"'; p++)
                p += *p == '\\';
            p++;
            eqlc_buf_add(b, start, (size_t)(p - start));
            continue;
        }
        if (*p != ' ' && *p != '\t' && *p != '\n' && *p != '\r')
            eqlc_buf_char(b, *p);
        p++;
    }
}

/* event NULL: a missing one. A source that had to be dropped is null. */
static void add_hit(eqlc_buf *b, const eqlc_event *event, bool with_line, bool no_source)
{
    if (!event) {
        eqlc_buf_text(b, "{\"_index\":\"\",\"_id\":\"\",\"_source\":{},\"missing\":true}");
        return;
    }
    eqlc_buf_text(b, "{\"_index\":");
    eqlc_buf_json_cstr(b, event->index);
    eqlc_buf_text(b, ",\"_id\":");
    eqlc_buf_json_cstr(b, event->id);
    if (with_line)
        eqlc_buf_format(b, ",\"_line\":%llu", (unsigned long long)event->line);
    if (!no_source) {
        eqlc_buf_text(b, ",\"_source\":");
        if (event->source)
            add_source(b, event);
        else
            eqlc_buf_text(b, "null");
    }
    eqlc_buf_char(b, '}');
}

static void add_hits(eqlc_buf *b, const eqlc_run_match *match, bool with_line, bool no_source)
{
    for (uint32_t i = 0; i < match->n_events; i++) {
        if (i)
            eqlc_buf_char(b, ',');
        add_hit(b, match->events[i], with_line, no_source);
    }
}

static void add_keys(eqlc_buf *b, const eqlc_run_match *match)
{
    eqlc_buf_text(b, "\"join_keys\":[");
    for (uint32_t i = 0; i < match->n_keys; i++) {
        if (i)
            eqlc_buf_char(b, ',');
        eqlc_buf_value(b, &match->keys[i]);
    }
    eqlc_buf_char(b, ']');
}

/* The time as the document writes it if that is a date, else as one. Empty without a time. */
static eqlm_str time_text(const eqlc_event *event, char room[EQLC_TIME_TEXT])
{
    int64_t ignored;

    if (!event->has_time)
        return (eqlm_str) { "", 0 };
    if (event->timestamp.type == EQLM_STRING &&
        eqlc_time_parse(event->timestamp.as.str, event->timestamp.len, &ignored))
        return (eqlm_str) { event->timestamp.as.str, event->timestamp.len };
    eqlc_time_format(event->time, room);
    return (eqlm_str) { room, strlen(room) };
}

static void print_json(eqlc_run_output *o, const eqlc_rule *rule, const eqlc_run_match *match)
{
    static const char *const kinds[] = {
        [EQLM_EVENT_QUERY] = "event",
        [EQLM_SEQUENCE] = "sequence",
        [EQLM_SAMPLE] = "sample",
    };
    eqlc_buf *b = &o->line;
    char room[EQLC_TIME_TEXT];
    eqlm_str time = time_text(eqlc_run_match_last(match), room);

    eqlc_buf_text(b, "{\"rule\":{\"id\":");
    eqlc_buf_json_cstr(b, rule->id);
    eqlc_buf_text(b, ",\"name\":");
    eqlc_buf_json_cstr(b, rule->name);
    eqlc_buf_text(b, ",\"severity\":");
    eqlc_buf_json_cstr(b, rule->severity);
    eqlc_buf_text(b, ",\"path\":");
    eqlc_buf_json_cstr(b, rule->path);
    eqlc_buf_format(b, "},\"kind\":\"%s\",\"@timestamp\":", kinds[match->kind]);
    if (time.len)
        eqlc_buf_json(b, time.ptr, time.len);
    else
        eqlc_buf_text(b, "null");
    eqlc_buf_char(b, ',');
    add_keys(b, match);
    eqlc_buf_text(b, ",\"events\":[");
    add_hits(b, match, true, o->no_source);
    eqlc_buf_text(b, "]}\n");
}

/* ------------------------------------------------------------------------------------------------------
 * For people
 */

static const char *paint(const eqlc_run_output *o, const char *escape)
{
    return o->color ? escape : "";
}

/* Text with nothing in it that a terminal would obey. */
static void add_plain(eqlc_buf *b, const char *text, size_t len)
{
    while (len > 0) {
        uint32_t c;
        size_t n = eqlc_utf8(text, len, &c);

        if (c == EQLC_BAD_UTF8)
            eqlc_buf_utf8(b, 0xFFFD);
        else if (c == '\\')
            eqlc_buf_char(b, '\\');
        else if (eqlc_is_harmful(c))
            eqlc_buf_format(b, "\\u%04x", (unsigned)c);
        else
            eqlc_buf_add(b, text, n);
        text += n;
        len -= n;
    }
}

static void add_value(eqlc_buf *b, const eqlm_value *v)
{
    switch (v->type) {
    case EQLM_BOOL:
        eqlc_buf_text(b, v->as.boolean ? "true" : "false");
        break;
    case EQLM_I64:
        eqlc_buf_format(b, "%lld", (long long)v->as.i64);
        break;
    case EQLM_U64:
        eqlc_buf_format(b, "%llu", (unsigned long long)v->as.u64);
        break;
    case EQLM_F64:
        eqlc_buf_format(b, "%.15g", v->as.f64);
        break;
    case EQLM_STRING:
        add_plain(b, v->as.str, v->len);
        break;
    case EQLM_ARRAY:
        for (uint32_t i = 0; i < v->len; i++) {
            eqlc_buf_text(b, i ? ", " : "");
            add_value(b, &v->as.items[i]); /* arrays hold no arrays */
        }
        break;
    default:
        eqlc_buf_text(b, "{...}");
        break;
    }
}

/* The fields the query looks at, as far as the event has them. */
static void add_fields(eqlc_run_output *o, const eqlm_program *program, const eqlc_event *event,
                       const char *indent)
{
    eqlc_buf *b = &o->line;
    eqlc_event again;

    if (!event->values) {
        if (!event->source || !eqlc_reader_again(o->reader, event, &again))
            return;
        event = &again;
    }
    for (uint32_t i = 0; i < eqlm_program_n_fields(program); i++) {
        uint32_t field = eqlm_program_field(program, i);
        eqlm_str name = eqlm_schema_field_name(o->schema, field);
        eqlm_value value;

        if (!eqlc_event_get(NULL, event->values, field, &value))
            continue;
        eqlc_buf_text(b, indent);
        eqlc_buf_text(b, paint(o, "\033[2m"));
        add_plain(b, name.ptr, name.len);
        eqlc_buf_text(b, paint(o, "\033[0m"));
        eqlc_buf_text(b, " = ");
        add_value(b, &value);
        eqlc_buf_char(b, '\n');
    }
}

static void add_time(eqlc_run_output *o, const eqlc_event *event)
{
    eqlc_buf *b = &o->line;
    char room[EQLC_TIME_TEXT];
    eqlm_str time = time_text(event, room);

    eqlc_buf_text(b, paint(o, "\033[36m"));
    add_plain(b, time.len ? time.ptr : "(no time)", time.len ? time.len : 9);
    eqlc_buf_text(b, paint(o, "\033[0m"));
}

static void add_place(eqlc_buf *b, const eqlc_event *event)
{
    eqlc_buf_text(b, "  ");
    add_plain(b, event->index, strlen(event->index));
    eqlc_buf_format(b, ":%llu\n", (unsigned long long)event->line);
}

/* One line for each term. */
static void add_steps(eqlc_run_output *o, const eqlm_program *program, const eqlc_run_match *match)
{
    eqlc_buf *b = &o->line;

    for (uint32_t i = 0; i < match->n_events; i++) {
        const eqlc_event *event = match->events[i];

        eqlc_buf_format(b, "  %u  ", (unsigned)i + 1);
        if (!event) {
            eqlc_buf_text(b, "(missing)\n");
            continue;
        }
        add_time(o, event);
        add_place(b, event);
        if (!o->no_source)
            add_fields(o, program, event, "       ");
    }
}

/* One line about the match, then the fields the query looked at; of a sequence or sample also the keys, and a
 * line for each event. */
static void print_pretty(eqlc_run_output *o, const eqlc_rule *rule, const eqlm_program *program,
                         const eqlc_run_match *match)
{
    eqlc_buf *b = &o->line;

    add_time(o, eqlc_run_match_last(match));
    eqlc_buf_text(b, "  ");
    eqlc_buf_text(b, paint(o, "\033[1m"));
    eqlc_rule_label(b, rule);
    eqlc_buf_text(b, paint(o, "\033[0m"));
    if (rule->severity) {
        eqlc_buf_text(b, " [");
        add_plain(b, rule->severity, strlen(rule->severity));
        eqlc_buf_char(b, ']');
    }
    if (match->kind == EQLM_EVENT_QUERY) {
        add_place(b, match->events[0]);
        if (!o->no_source)
            add_fields(o, program, match->events[0], "    ");
        return;
    }
    for (uint32_t i = 0; i < match->n_keys; i++) {
        eqlc_buf_text(b, i ? ", " : "  by ");
        add_value(b, &match->keys[i]);
    }
    eqlc_buf_char(b, '\n');
    add_steps(o, program, match);
}

/* ------------------------------------------------------------------------------------------------------
 * Search response
 */

/* The element of hits.events or hits.sequences. */
static void print_hit(eqlc_run_output *o, const eqlc_run_match *match)
{
    if (match->kind == EQLM_EVENT_QUERY) {
        add_hit(&o->line, match->events[0], false, o->no_source);
        return;
    }
    eqlc_buf_char(&o->line, '{');
    add_keys(&o->line, match);
    eqlc_buf_text(&o->line, ",\"events\":[");
    add_hits(&o->line, match, false, o->no_source);
    eqlc_buf_text(&o->line, "]}");
}

void eqlc_run_response(eqlc_run_output *o, eqlc_run_pipes *pipes, uint64_t took)
{
    uint64_t first, end;

    eqlc_run_pipes_end(pipes, &first, &end);
    if (o->limited && o->size < end - first) {
        if (o->head)
            end = first + o->size;
        else
            first = end - o->size;
    }
    o->line.len = 0;
    eqlc_buf_format(&o->line,
                    "{\"is_partial\":false,\"is_running\":false,\"took\":%llu,\"timed_out\":false,"
                    "\"hits\":{\"total\":{\"value\":%llu,\"relation\":\"eq\"},\"%s\":[",
                    (unsigned long long)took, (unsigned long long)(end - first),
                    eqlm_program_get_kind(pipes->program) == EQLM_EVENT_QUERY ? "events" : "sequences");
    for (uint64_t i = first; i < end; i++) {
        eqlc_buf_text(&o->line, i > first ? ",\n" : "");
        eqlc_buf_add(&o->line, pipes->kept[i].text, pipes->kept[i].len);
    }
    eqlc_buf_text(&o->line, "]}}\n");
    write_out(o, o->line.data, o->line.len);
}

/* ------------------------------------------------------------------------------------------------------
 * All formats
 */

/* A trailing missing event is decided after later matches may have been (decision 24). */
static bool is_late(const eqlc_run_match *match)
{
    return !match->events[match->n_events - 1];
}

static bool is_kept(const eqlc_run_output *o, const eqlc_run_pipes *pipes, const eqlc_run_match *match)
{
    return o->format == EQLC_RUN_RESPONSE || pipes->room != UINT64_MAX ||
           (eqlc_run_pipes_any(pipes) && is_late(match));
}

void eqlc_run_found(eqlc_run_output *o, eqlc_run_pipes *pipes, const eqlc_rule *rule,
                    const eqlc_run_match *match)
{
    bool in_order = match->kind == EQLM_SAMPLE || (o->format != EQLC_RUN_RESPONSE && !is_late(match));

    pipes->n++;
    if (o->format == EQLC_RUN_COUNT || (in_order && pipes->n > pipes->accept))
        return;
    o->line.len = 0;
    if (o->format == EQLC_RUN_RESPONSE)
        print_hit(o, match);
    else if (o->format == EQLC_RUN_NDJSON)
        print_json(o, rule, match);
    else if (o->format == EQLC_RUN_ALERTS)
        eqlc_alerts_add(&o->alerts, &o->line, rule, match);
    else
        print_pretty(o, rule, pipes->program, match);
    if (is_kept(o, pipes, match)) {
        eqlc_run_pipes_keep(pipes, &o->line, in_order ? NULL : eqlc_run_match_last(match));
        return;
    }
    write_out(o, o->line.data, o->line.len);
    if (o->flush)
        eqlc_run_flush(o);
}

void eqlc_run_piped(eqlc_run_output *o, eqlc_run_pipes *pipes)
{
    uint64_t first, end;

    if (o->format == EQLC_RUN_RESPONSE || pipes->n_kept == 0)
        return;
    eqlc_run_pipes_end(pipes, &first, &end);
    for (uint64_t i = first; i < end; i++)
        write_out(o, pipes->kept[i].text, pipes->kept[i].len);
}

void eqlc_run_count(eqlc_run_output *o, const eqlc_rule *rule, uint64_t n, bool alone)
{
    const char *name = rule->name ? rule->name : rule->id;

    o->line.len = 0;
    eqlc_buf_format(&o->line, "%llu", (unsigned long long)n);
    if (!alone) {
        eqlc_buf_char(&o->line, '\t');
        add_plain(&o->line, rule->path, strlen(rule->path));
        if (name) {
            eqlc_buf_char(&o->line, '\t');
            add_plain(&o->line, name, strlen(name));
        }
    }
    eqlc_buf_char(&o->line, '\n');
    write_out(o, o->line.data, o->line.len);
}

void eqlc_run_clear(eqlc_run_output *o)
{
    eqlc_reader_free(o->reader);
    eqlc_alerts_clear(&o->alerts);
    eqlc_buf_clear(&o->line);
}
