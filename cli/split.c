/* split.c - finds the documents in a text.
 *
 * The usual document is one line, found with memchr. Everything else is scanned byte by byte: brackets and
 * strings, and between them just enough grammar to notice where a truncated document stops and the next line
 * starts. What the documents hold is checked later. After a document that cannot be delimited, reading goes
 * on at the next line that looks like the start of one; no line after the bad one is lost. */
#include "split.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------------------
 * Bytes
 */

static bool is_space(int c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

#define LONGEST_KEY 11 /* that split_member looks for, with both quotes */

/* The byte at pos, or -1 at the end. What exceeds the limit is not kept in memory, but for the bytes that
 * somebody looks back at. */
static int peek(eqlc_splitter *s)
{
    if (s->pos < s->in->end)
        return (unsigned char)s->in->window[s->pos];
    if (s->pos - s->in->keep > s->max) {
        s->dropped = true;
        if (s->pos - s->in->keep > LONGEST_KEY)
            eqlc_event_input_keep(s->in, s->pos - LONGEST_KEY);
    }
    return eqlc_event_input_more(s->in, &s->pos) ? (unsigned char)s->in->window[s->pos] : -1;
}

static int skip_space(eqlc_splitter *s)
{
    int c;
    while (is_space(c = peek(s)))
        s->pos++;
    return c;
}

/* Goes behind the end of the current line. */
static void skip_line(eqlc_splitter *s)
{
    while (peek(s) >= 0) {
        const char *from = s->in->window + s->pos;
        const char *newline = memchr(from, '\n', s->in->end - s->pos);
        s->pos = newline ? (size_t)(newline - s->in->window) + 1 : s->in->end;
        if (newline)
            return;
    }
}

static bool broken(eqlc_splitter *s, const char *problem)
{
    s->problem = peek(s) < 0 ? "the text ends inside the document" : problem;
    return false;
}

/* ------------------------------------------------------------------------------------------------------
 * Values
 */

/* Goes behind the string at pos. Returns its length with both quotes, or 0. */
static size_t scan_string(eqlc_splitter *s)
{
    size_t len = 1;
    bool escaped = false;
    s->pos++;
    while (peek(s) >= 0) {
        const char *p = s->in->window + s->pos, *end = s->in->window + s->in->end;
        for (; p < end && *p != '\n'; p++) {
            if (!escaped && *p == '"') {
                len += (size_t)(p + 1 - s->in->window) - s->pos;
                s->pos = (size_t)(p + 1 - s->in->window);
                return len;
            }
            escaped = !escaped && *p == '\\';
        }
        len += (size_t)(p - s->in->window) - s->pos;
        s->pos = (size_t)(p - s->in->window);
        if (p < end)
            break;
    }
    broken(s, "line break in a string");
    return 0;
}

typedef struct brackets {
    uint64_t objects[EQLC_JSON_DEPTH / 64]; /* bit set: that level is an object */
    uint32_t depth;                         /* levels beyond EQLC_JSON_DEPTH are only counted */
    char last;                              /* the last byte that is not white space */
} brackets;

static bool open_bracket(brackets *b, char c)
{
    if (b->depth > 0 && b->last != '[' && b->last != ',' && b->last != ':')
        return false;
    if (b->depth < EQLC_JSON_DEPTH) {
        uint64_t bit = (uint64_t)1 << b->depth % 64;
        b->objects[b->depth / 64] &= ~bit;
        if (c == '{')
            b->objects[b->depth / 64] |= bit;
    }
    b->depth++;
    return b->depth < UINT32_MAX;
}

static bool close_bracket(brackets *b, char c)
{
    b->depth--;
    return b->depth >= EQLC_JSON_DEPTH || (b->objects[b->depth / 64] >> b->depth % 64 & 1) == (c == '}');
}

/* Goes behind the object or array at pos. */
static bool scan_brackets(eqlc_splitter *s)
{
    brackets b = { .depth = 0, .last = ',' };
    while (peek(s) >= 0) {
        char c = s->in->window[s->pos];
        switch (c) {
        case '"':
            if (scan_string(s) == 0)
                return false;
            break;
        case '{':
        case '[':
            if (!open_bracket(&b, c))
                return broken(s, "expected ',' or the end of the document");
            s->pos++;
            break;
        case '}':
        case ']':
            if (!close_bracket(&b, c))
                return broken(s, "this bracket closes another one");
            s->pos++;
            if (b.depth == 0)
                return true;
            break;
        default:
            s->pos++;
            break;
        }
        if (!is_space(c))
            b.last = c;
    }
    return broken(s, "");
}

static bool scan_value(eqlc_splitter *s)
{
    int c = peek(s);
    if (c == '{' || c == '[')
        return scan_brackets(s);
    if (c == '"')
        return scan_string(s) > 0;
    if (c < 0 || c == ',' || c == ':' || c == '}' || c == ']')
        return broken(s, "expected a value");
    while ((c = peek(s)) >= 0 && !is_space(c) && c != ',' && c != ']' && c != '}')
        s->pos++;
    return true;
}

/* ------------------------------------------------------------------------------------------------------
 * Arrays and objects
 */

static void report(eqlc_splitter *s, eqlc_place_in_file place, const char *problem)
{
    s->bad(s->ctx, place, problem, false);
}

static void report_document(eqlc_splitter *s, size_t start, const eqlc_json_document *document)
{
    report(s, eqlc_event_input_place(s->in, start + document->error_at), document->message);
}

static bool too_large(const eqlc_splitter *s)
{
    return s->dropped || s->pos - s->in->keep > s->max;
}

/* After a document that started at `start` and broke off at pos: goes to the next line that does not lie
 * deeper than the document and starts like one, or like the end of the list. */
static void resume(eqlc_splitter *s, eqlc_place_in_file start, bool in_list)
{
    bool goes_on = too_large(s); /* whether or not its start is in the window still */
    if (!goes_on)
        s->pos = s->in->keep;
    bool at_line_start = goes_on && s->pos > s->in->keep && s->in->window[s->pos - 1] == '\n';
    if (!at_line_start)
        skip_line(s);
    for (;;) {
        uint64_t column = 1;
        int c;
        eqlc_event_input_keep(s->in, s->pos);
        while ((c = peek(s)) == ' ' || c == '\t') {
            s->pos++;
            column++;
        }
        if (c < 0 || ((c == '{' || c == '[' || (in_list && c == ']')) && column <= start.column))
            return;
        skip_line(s);
    }
}

/* Gives the document that lies at [keep, pos). */
static void give(eqlc_splitter *s, eqlc_place_in_file start)
{
    eqlc_json_document document;
    eqlc_json_status status;
    if (too_large(s)) {
        s->bad(s->ctx, start, "the document is too large", true);
        return;
    }
    status = s->document(s->ctx, s->in->keep, s->pos, &document);
    if (status == EQLC_JSON_HITS)
        report(s, start, "the response of a search is no document of a list");
    else if (status != EQLC_JSON_OK)
        report_document(s, s->in->keep, &document);
}

/* Goes behind the comma that follows an element, or to the end of the list. */
static bool next_element(eqlc_splitter *s, bool *may_close)
{
    int c = skip_space(s);
    *may_close = c != ',';
    if (c == ',')
        s->pos++;
    if (c == ',' || c == ']')
        return true;
    if (!broken(s, "expected ',' or ']'") && c < 0)
        return false;
    report(s, eqlc_event_input_place(s->in, s->pos), s->problem);
    while (c >= 0 && c != '{' && c != ']' && c != '\n') {
        s->pos++;
        c = peek(s);
    }
    return true;
}

/* Gives the elements of the list at pos and goes behind it. */
static bool split_list(eqlc_splitter *s)
{
    bool may_close = true;
    s->pos++;
    for (;;) {
        int c = skip_space(s);
        if (c == ']') {
            if (!may_close)
                report(s, eqlc_event_input_place(s->in, s->pos), "expected a value");
            break;
        }
        eqlc_event_input_keep(s->in, s->pos);
        s->dropped = false;
        eqlc_place_in_file start = s->in->at;
        if (scan_value(s)) {
            give(s, start);
            if (s->stop || !next_element(s, &may_close))
                return false;
            continue;
        }
        if (peek(s) < 0)
            return false;
        if (too_large(s))
            s->bad(s->ctx, start, "the document is too large", true);
        else
            report(s, eqlc_event_input_place(s->in, s->pos), s->problem);
        if (s->stop)
            return false;
        resume(s, start, true);
        may_close = true;
    }
    s->pos++;
    return true;
}

/* Parts of the responses of searches: objects, but for the documents. */
typedef enum part { RESPONSE, ONE_OF_SEVERAL, HITS, SEQUENCE, DOCUMENT, OTHER } part;

/* What the member of a part is, or the elements of its array. */
static part member_of(part of, const char *key, int first)
{
    static const struct {
        part above, below;
        char first;
        const char *key;
    } members[] = {
        { RESPONSE, HITS, '{', "\"hits\"" },        { RESPONSE, ONE_OF_SEVERAL, '[', "\"responses\"" },
        { ONE_OF_SEVERAL, HITS, '{', "\"hits\"" },  { HITS, DOCUMENT, '[', "\"hits\"" },
        { HITS, DOCUMENT, '[', "\"events\"" },      { HITS, SEQUENCE, '[', "\"sequences\"" },
        { SEQUENCE, DOCUMENT, '[', "\"events\"" },
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (members[i].above == of && members[i].first == first && strcmp(members[i].key, key) == 0)
            return members[i].below;
    return OTHER;
}

static bool split_object(eqlc_splitter *s, part of);

/* Goes behind the array of parts at pos. */
static bool split_parts(eqlc_splitter *s, part of)
{
    s->pos++;
    int c = skip_space(s);
    while (c != ']') {
        if (c == '{' ? !split_object(s, of) : !scan_value(s))
            return false;
        c = skip_space(s);
        if (c != ',' && c != ']')
            return broken(s, "expected ',' or ']'");
        if (c == ',') {
            s->pos++;
            c = skip_space(s);
        }
    }
    s->pos++;
    return true;
}

static bool split_member(eqlc_splitter *s, part of, const char *key)
{
    int first = peek(s);
    part member = member_of(of, key, first);
    s->streamed |= member == DOCUMENT || member == SEQUENCE;
    if (member == DOCUMENT)
        return split_list(s);
    if (member == OTHER)
        return scan_value(s);
    return first == '{' ? split_object(s, member) : split_parts(s, member);
}

/* Goes behind the object at pos; gives the documents of responses in it. */
static bool split_object(eqlc_splitter *s, part of)
{
    s->pos++;
    int c = skip_space(s);
    while (c != '}') {
        if (c != '"')
            return broken(s, "expected a key");
        size_t len = scan_string(s);
        if (len == 0)
            return false;
        char key[LONGEST_KEY + 1] = "";
        if (len <= LONGEST_KEY && s->pos - s->in->keep >= len)
            memcpy(key, s->in->window + s->pos - len, len);
        if (skip_space(s) != ':')
            return broken(s, "expected ':'");
        s->pos++;
        skip_space(s);
        if (!split_member(s, of, key))
            return false;
        c = skip_space(s);
        if (c != ',' && c != '}')
            return broken(s, "expected ',' or '}'");
        if (c == ',') {
            s->pos++;
            c = skip_space(s);
            if (c != '"')
                return broken(s, "expected a key");
        }
    }
    s->pos++;
    return true;
}

/* What is wrong with a document that should have been one line. */
typedef struct line_problem {
    eqlc_place_in_file place;
    const char *message;
} line_problem;

/* Reads an object that is not simply one line; what is wrong with it as such, or NULL. */
static void long_object(eqlc_splitter *s, const line_problem *as_line)
{
    eqlc_event_input_keep(s->in, s->pos);
    eqlc_place_in_file start = s->in->at;
    s->n_lines = 0;
    s->dropped = s->streamed = false;
    bool whole = split_object(s, RESPONSE);
    if (s->stop || (whole && s->streamed))
        return;
    if (whole) {
        give(s, start);
        return;
    }
    if (!s->streamed && too_large(s))
        s->bad(s->ctx, start, "the document is too large", true);
    else if (as_line && !s->streamed)
        report(s, as_line->place, as_line->message);
    else
        report(s, eqlc_event_input_place(s->in, s->pos), s->problem);
    s->dropped |= s->streamed; /* what has been given is not read again */
    if (!s->stop)
        resume(s, start, false);
}

/* Reads the objects that follow each other on the line at pos. */
static void several_objects(eqlc_splitter *s)
{
    int c;
    do {
        long_object(s, NULL);
        while ((c = peek(s)) == ' ' || c == '\t')
            s->pos++;
    } while (c == '{' && !s->stop);
}

/* ------------------------------------------------------------------------------------------------------
 * Lines
 */

/* End of the line at pos in the window, not counting its newline; *closed tells whether there is one. False:
 * the line is too long. */
static bool find_line(eqlc_splitter *s, size_t *end, bool *closed)
{
    size_t seen = 0;
    for (;;) {
        const char *from = s->in->window + s->pos + seen;
        const char *newline = memchr(from, '\n', s->in->end - s->pos - seen);
        *closed = newline != NULL;
        *end = newline ? (size_t)(newline - s->in->window) : s->in->end;
        if (*end - s->pos > s->max)
            return false;
        if (newline)
            return true;
        seen = s->in->end - s->pos;
        if (!eqlc_event_input_more(s->in, &s->pos)) {
            *end = s->in->end;
            return true;
        }
    }
}

/* Whether the input ends before the brackets of the object at pos do. */
static bool is_truncated(eqlc_splitter *s)
{
    bool whole = scan_value(s);
    bool ended = peek(s) < 0;
    s->pos = s->in->keep;
    return !whole && ended;
}

/* Reads the document that starts with the line at pos, which is also where the window begins. */
static void read_line(eqlc_splitter *s)
{
    size_t end;
    bool closed;
    eqlc_json_document document;
    if (!find_line(s, &end, &closed)) {
        long_object(s, NULL);
        return;
    }
    if (!closed && eqlc_stop_signal) { /* the rest of the line was not read */
        s->pos = end;
        return;
    }
    size_t next = end + closed, trimmed = end;
    while (is_space(s->in->window[trimmed - 1]))
        trimmed--;
    if (closed && trimmed - s->pos == 1 && s->in->window[s->pos] == '{') {
        long_object(s, NULL);
        return;
    }
    eqlc_json_status status = s->document(s->ctx, s->pos, trimmed, &document);
    if (status == EQLC_JSON_HITS) {
        long_object(s, NULL);
        return;
    }
    if (status == EQLC_JSON_OPEN && closed) {
        line_problem problem = { eqlc_event_input_place(s->in, trimmed),
                                 "the line ends inside the document" };
        long_object(s, &problem);
        return;
    }
    if (status != EQLC_JSON_OK) {
        if (eqlc_json_is_followed(&document, s->in->window + s->pos)) {
            several_objects(s);
            return;
        }
        line_problem problem = { eqlc_event_input_place(s->in, s->pos + document.error_at),
                                 document.message };
        if (!closed && s->in->window[s->pos] == '{' && is_truncated(s)) {
            long_object(s, &problem); /* there may be whole documents in it */
            return;
        }
        report(s, problem.place, problem.message);
    }
    s->pos = next;
    if (closed) {
        s->n_lines++;
        eqlc_event_input_keep_line(s->in, next);
    } else {
        eqlc_event_input_keep(s->in, next);
    }
}

void eqlc_split(eqlc_splitter *s)
{
    s->pos = s->in->keep;
    while (!s->stop && (s->enough == 0 || s->n_lines < s->enough)) {
        int c = peek(s);
        if (c < 0) {
            eqlc_event_input_keep(s->in, s->pos);
            return;
        }
        if (c == '\n') {
            s->pos++;
            eqlc_event_input_keep(s->in, s->pos);
        } else if (is_space(c)) {
            s->pos++;
        } else if (c == '[') {
            eqlc_event_input_keep(s->in, s->pos);
            eqlc_place_in_file start = s->in->at;
            s->n_lines = 0;
            s->dropped = false;
            if (!split_list(s) && !s->stop) {
                report(s, eqlc_event_input_place(s->in, s->pos), s->problem);
                s->dropped = true;
                resume(s, start, false);
            }
        } else {
            eqlc_event_input_keep(s->in, s->pos); /* a list may have ended on this line */
            read_line(s);
        }
    }
}
