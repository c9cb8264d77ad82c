/* snippet.c - a line or two of a file with carets under a span. Only a window of bytes around the caret is
 * looked at: an exported rule is one line of any length. */
#include "snippet.h"

#include <string.h>

enum {
    MAX_COLUMNS = 100,  /* of a line shown, ... */
    MIN_COLUMNS = 20,   /* ... or less in a narrow terminal, but not less than this ... */
    AROUND = 10,        /* ... together with bars and dots */
    LEFT_CONTEXT = 30,  /* columns kept before the caret of a cut line */
    BYTES_BEFORE = 400, /* of the window; both are more than what can be shown */
    BYTES_AFTER = 800,
    TAB_STOP = 4
};

typedef struct range {
    uint32_t first, last;
} range;

/* Characters that take no column, and those that take two (the blocks that matter, not every character). */
static const range zero_width[] = {
    { 0x0300, 0x036F }, { 0x0483, 0x0489 }, { 0x0591, 0x05BD }, { 0x0610, 0x061A }, { 0x064B, 0x065F },
    { 0x0E34, 0x0E3A }, { 0x1AB0, 0x1AFF }, { 0x1DC0, 0x1DFF }, { 0x200B, 0x200D }, { 0x2060, 0x2064 },
    { 0x20D0, 0x20FF }, { 0xFE00, 0xFE0F }, { 0xFE20, 0xFE2F }, { 0xFEFF, 0xFEFF },
};
static const range double_width[] = {
    { 0x1100, 0x115F },   { 0x2E80, 0x303E },   { 0x3041, 0xA4CF },   { 0xA960, 0xA97F },
    { 0xAC00, 0xD7A3 },   { 0xF900, 0xFAFF },   { 0xFE30, 0xFE6F },   { 0xFF01, 0xFF60 },
    { 0xFFE0, 0xFFE6 },   { 0x1F300, 0x1F64F }, { 0x1F680, 0x1F6FF }, { 0x1F900, 0x1F9FF },
    { 0x20000, 0x3FFFD },
};

static bool in_ranges(uint32_t code, const range *ranges, size_t n)
{
    for (size_t i = 0; i < n && ranges[i].first <= code; i++) {
        if (code <= ranges[i].last)
            return true;
    }
    return false;
}

/* Characters a terminal would act upon, and those that reorder the line for the eye. */
bool eqlc_is_harmful(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == EQLC_BAD_UTF8;
}

static size_t width_of(uint32_t code)
{
    if (code < 0x300)
        return 1;
    if (in_ranges(code, zero_width, sizeof zero_width / sizeof zero_width[0]))
        return 0;
    return in_ranges(code, double_width, sizeof double_width / sizeof double_width[0]) ? 2 : 1;
}

void eqlc_visible(eqlc_buf *b, const char *text)
{
    size_t len = strlen(text);

    eqlc_buf_text(b, ""); /* even of nothing data is text */
    for (size_t i = 0; i < len;) {
        uint32_t code;

        i += eqlc_utf8(text + i, len - i, &code);
        eqlc_buf_utf8(b, eqlc_is_harmful(code) ? 0xFFFD : code);
    }
}

/* A character of the window as it is shown. */
typedef struct cell {
    size_t offset; /* in the text */
    uint32_t code;
    size_t column; /* from 0, within the window */
    size_t width;
} cell;

typedef struct window {
    cell cells[BYTES_BEFORE + BYTES_AFTER + 8];
    size_t n;
    size_t start, end;        /* bytes of the text; end: of the line or of the window */
    bool cut_left, cut_right; /* the line goes on there */
} window;

static void find_window(window *w, const eqlc_excerpt *e, size_t at)
{
    size_t start = at, end = at;
    uint32_t code;

    while (start > 0 && at - start < BYTES_BEFORE && e->text[start - 1] != '\n')
        start--;
    w->cut_left = start > 0 && e->text[start - 1] != '\n';
    while (w->cut_left && start < at && ((unsigned char)e->text[start] & 0xC0) == 0x80)
        start++;
    if (start == 0 && e->len >= 3 && eqlc_utf8(e->text, e->len, &code) == 3 && code == 0xFEFF && at >= 3)
        start = 3; /* byte order mark */
    while (end < e->len && end - at < BYTES_AFTER && e->text[end] != '\n')
        end++;
    w->cut_right = end < e->len && e->text[end] != '\n';
    while (w->cut_right && end > at && ((unsigned char)e->text[end] & 0xC0) == 0x80)
        end--;
    if (!w->cut_right && end > at && e->text[end - 1] == '\r')
        end--;
    w->start = start;
    w->end = end;
}

static void fill_cells(window *w, const eqlc_excerpt *e)
{
    size_t column = 0;

    w->n = 0;
    for (size_t i = w->start; i < w->end;) {
        cell *c = &w->cells[w->n++];

        c->offset = i;
        c->column = column;
        i += eqlc_utf8(e->text + i, w->end - i, &c->code);
        if (c->code == '\t')
            c->width = TAB_STOP - column % TAB_STOP;
        else if (eqlc_is_harmful(c->code))
            c->width = 1;
        else
            c->width = width_of(c->code);
        if (c->code != '\t' && eqlc_is_harmful(c->code))
            c->code = 0xFFFD;
        column += c->width;
    }
}

static size_t column_at(const window *w, size_t offset)
{
    for (size_t i = 0; i < w->n; i++) {
        if (w->cells[i].offset >= offset)
            return w->cells[i].column;
    }
    return w->n ? w->cells[w->n - 1].column + w->cells[w->n - 1].width : 0;
}

static void frame(eqlc_buf *b, int gutter, uint32_t line, const eqlc_paint *paint)
{
    if (line)
        eqlc_buf_format(b, "%s%*lu |%s", paint->gutter, gutter, (unsigned long)line, paint->reset);
    else
        eqlc_buf_format(b, "%s%*s |%s", paint->gutter, gutter, "", paint->reset);
}

static void spaces(eqlc_buf *b, size_t n)
{
    while (n--)
        eqlc_buf_char(b, ' ');
}

/* Shows the line that holds text[from], with carets from `from` to `to`. */
static void show_line(eqlc_buf *b, const eqlc_excerpt *e, size_t from, size_t to, uint32_t line, int gutter,
                      const eqlc_paint *paint)
{
    window w;
    size_t first = 0, left, start, end, i, column, most = MAX_COLUMNS, context = LEFT_CONTEXT;
    size_t around = (size_t)gutter + AROUND;
    bool cut_left, cut_right;

    if (e->columns && e->columns < MAX_COLUMNS + around) {
        most = e->columns > MIN_COLUMNS + around ? e->columns - around : MIN_COLUMNS;
        context = most / 3 < context ? most / 3 : context;
    }

    find_window(&w, e, from);
    fill_cells(&w, e);
    start = column_at(&w, from);
    end = column_at(&w, to < w.end ? to : w.end);
    if (end <= start)
        end = start + 1;
    if (w.cut_left || end > most) {
        while (first < w.n && w.cells[first].column + context < start)
            first++;
    }
    left = first < w.n ? w.cells[first].column : 0;
    cut_left = w.cut_left || first > 0;
    frame(b, gutter, line, paint);
    eqlc_buf_text(b, cut_left ? " ..." : w.n ? " " : "");
    column = left;
    for (i = first; i < w.n && column + w.cells[i].width <= left + most; i++) {
        if (w.cells[i].code == '\t')
            spaces(b, w.cells[i].width);
        else
            eqlc_buf_utf8(b, w.cells[i].code);
        column += w.cells[i].width;
    }
    cut_right = w.cut_right || i < w.n;
    eqlc_buf_text(b, cut_right ? "...\n" : "\n");
    frame(b, gutter, 0, paint);
    spaces(b, start - left + (cut_left ? 4 : 1));
    eqlc_buf_text(b, paint->mark);
    if (end > left + most)
        end = left + most;
    for (column = start; column < end || column == start; column++)
        eqlc_buf_char(b, '^');
    eqlc_buf_format(b, "%s\n", paint->reset);
}

/* First byte of the line that ends the span that is not white space. */
static size_t last_line_start(const eqlc_excerpt *e)
{
    size_t at = e->end;

    while (at > e->start && e->text[at - 1] != '\n')
        at--;
    while (at + 1 < e->end && (e->text[at] == ' ' || e->text[at] == '\t'))
        at++;
    return at;
}

void eqlc_snippet(eqlc_buf *b, const eqlc_excerpt *e, int gutter, const eqlc_paint *paint)
{
    frame(b, gutter, 0, paint);
    eqlc_buf_text(b, "\n");
    show_line(b, e, e->start, e->end, e->line, gutter, paint);
    if (e->end_line <= e->line || e->end_column <= 1)
        return;
    if (e->end_line > e->line + 1)
        eqlc_buf_format(b, "%s%*s%s\n", paint->gutter, gutter + 2, "...", paint->reset);
    show_line(b, e, last_line_start(e), e->end, e->end_line, gutter, paint);
}
