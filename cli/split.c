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

/* The byte at pos, or -1 at the end. What exceeds the limit is not kept in memory. */
static int peek(eqlc_splitter *s)
{
    if (s->pos < s->in->end)
        return (unsigned char)s->in->window[s->pos];
    if (s->pos - s->in->keep > s->max) {
        s->dropped = true;
        eqlc_event_input_keep(s->in, s->pos);
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

/* After a document that started at `start` and broke off at pos: goes to the next line that does not lie
 * deeper than the document and starts like one, or like the end of the list. */
static void resume(eqlc_splitter *s, eqlc_place_in_file start, bool in_list)
{
    if (!s->dropped)
        s->pos = s->in->keep;
    bool at_line_start = s->dropped && s->pos > s->in->keep && s->in->window[s->pos - 1] == '\n';
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

static bool too_large(const eqlc_splitter *s)
{
    return s->dropped || s->pos - s->in->keep > s->max;
}

/* Gives the document that lies at [keep, pos). */
static void give(eqlc_splitter *s, eqlc_place_in_file start)
{
    if (too_large(s))
        s->bad(s->ctx, start, "the document is too large", true);
    else if (s->document(s->ctx, s->in->keep, s->pos, false) == EQLC_JSON_HITS)
        report(s, start, "a _search response is no document of a list");
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
        if (c == ']' && may_close)
            break;
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

/* Goes behind the object at pos; gives the elements of hits.hits if it has them. */
static bool split_object(eqlc_splitter *s, int level)
{
    s->pos++;
    int c = skip_space(s);
    while (c != '}') {
        if (c != '"')
            return broken(s, "expected a key");
        size_t len = scan_string(s);
        if (len == 0)
            return false;
        bool hits =
            len == 6 && s->pos - s->in->keep >= 6 && memcmp(s->in->window + s->pos - 6, "\"hits\"", 6) == 0;
        if (skip_space(s) != ':')
            return broken(s, "expected ':'");
        s->pos++;
        c = skip_space(s);
        bool good;
        if (hits && level == 0 && c == '{') {
            good = split_object(s, 1);
        } else if (hits && level == 1 && c == '[') {
            s->streamed = true;
            good = split_list(s);
        } else {
            good = scan_value(s);
        }
        if (!good)
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

/* Reads an object that is not simply one line. `open_end`: where its first line ended in the middle, or NULL.
 */
static void long_object(eqlc_splitter *s, const eqlc_place_in_file *open_end)
{
    eqlc_event_input_keep(s->in, s->pos);
    eqlc_place_in_file start = s->in->at;
    s->n_lines = 0;
    s->dropped = s->streamed = false;
    bool whole = split_object(s, 0);
    if (s->stop || (whole && s->streamed))
        return;
    if (whole) {
        give(s, start);
        return;
    }
    if (!s->streamed && too_large(s))
        s->bad(s->ctx, start, "the document is too large", true);
    else if (open_end && !s->streamed)
        report(s, *open_end, "the line ends inside the document");
    else
        report(s, eqlc_event_input_place(s->in, s->pos), s->problem);
    s->dropped |= s->streamed; /* what has been given is not read again */
    if (!s->stop)
        resume(s, start, false);
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

/* Reads the document that starts with the line at pos. */
static void read_line(eqlc_splitter *s)
{
    size_t end;
    bool closed;
    if (!find_line(s, &end, &closed)) {
        long_object(s, NULL);
        return;
    }
    size_t next = end + closed, trimmed = end;
    while (is_space(s->in->window[trimmed - 1]))
        trimmed--;
    if (closed && trimmed - s->pos == 1 && s->in->window[s->pos] == '{') {
        long_object(s, NULL);
        return;
    }
    eqlc_json_status status = s->document(s->ctx, s->pos, trimmed, closed);
    if (status == EQLC_JSON_HITS) {
        long_object(s, NULL);
    } else if (status == EQLC_JSON_OPEN && closed) {
        eqlc_place_in_file open_end = eqlc_event_input_place(s->in, trimmed);
        long_object(s, &open_end);
    } else if (closed) {
        s->pos = next;
        s->n_lines++;
        eqlc_event_input_keep_line(s->in, next);
    } else {
        s->pos = next;
        eqlc_event_input_keep(s->in, next);
    }
}

/* Skips a byte order mark. False: the text is UTF-16. */
static bool skip_mark(eqlc_splitter *s)
{
    while (s->in->end - s->in->keep < 3 && eqlc_event_input_more(s->in, NULL))
        continue;
    const char *p = s->in->window + s->in->keep;
    size_t n = s->in->end - s->in->keep;
    if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
        s->in->keep += 3;
        return true;
    }
    return n < 2 || (memcmp(p, "\xFF\xFE", 2) != 0 && memcmp(p, "\xFE\xFF", 2) != 0);
}

bool eqlc_split_begin(eqlc_splitter *s)
{
    bool good = skip_mark(s);
    if (!good)
        report(s, s->in->at, "this is UTF-16; only UTF-8 is read");
    return good;
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
