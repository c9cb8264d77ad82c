/* schema_csv.c - types of fields from comma-separated values (RFC 4180). */
#include "schema_read.h"

#include <string.h>

enum { FIELD, TYPE, NORMALIZATION, N_COLUMNS };

/* Cells are unquoted in place, so they point into the text. */
typedef struct csv {
    char *text;
    size_t len, at;
    size_t start; /* of the row */
    bool row_ended;
    const char *message;
} csv;

/* Takes a quoted cell; `at` is behind its first quote. */
static bool take_quoted(csv *c, eqlm_str *out)
{
    char *to = c->text + c->at;

    *out = (eqlm_str) { to, 0 };
    for (; c->at < c->len; c->at++) {
        if (c->text[c->at] == '"') {
            c->at++;
            if (c->at == c->len || c->text[c->at] != '"') {
                out->len = (size_t)(to - out->ptr);
                return true;
            }
        }
        *to++ = c->text[c->at];
    }
    c->message = "a quoted cell does not end";
    return false;
}

static void take_plain(csv *c, eqlm_str *out)
{
    size_t start = c->at;

    while (c->at < c->len && c->text[c->at] != ',' && c->text[c->at] != '\n')
        c->at++;
    *out = (eqlm_str) { c->text + start, c->at - start };
    if (out->len && out->ptr[out->len - 1] == '\r')
        out->len--;
}

static bool take_cell(csv *c, eqlm_str *out)
{
    if (c->at < c->len && c->text[c->at] == '"') {
        c->at++;
        if (!take_quoted(c, out))
            return false;
        if (c->at < c->len && c->text[c->at] == '\r')
            c->at++;
    } else {
        take_plain(c, out);
    }
    c->row_ended = c->at == c->len || c->text[c->at] == '\n';
    if (!c->row_ended && c->text[c->at] != ',') {
        c->message = "expected a comma or the end of the line behind a quoted cell";
        return false;
    }
    c->at += c->at < c->len;
    return true;
}

/* Skips empty lines; false at the end of the text. */
static bool next_row(csv *c)
{
    while (c->at < c->len && (c->text[c->at] == '\n' || c->text[c->at] == '\r'))
        c->at++;
    c->start = c->at;
    return c->at < c->len;
}

static bool equal_ignoring_case(eqlm_str text, const char *word)
{
    size_t i = 0;

    for (; i < text.len && word[i]; i++) {
        char c = text.ptr[i];

        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != word[i])
            return false;
    }
    return i == text.len && word[i] == '\0';
}

/* Finds the columns by the names in the first row. */
static bool read_header(csv *c, size_t columns[N_COLUMNS])
{
    static const char *const names[N_COLUMNS] = { "field", "type", "normalization" };
    size_t n = 0;

    for (size_t k = 0; k < N_COLUMNS; k++)
        columns[k] = SIZE_MAX;
    c->row_ended = !next_row(c);
    for (; !c->row_ended; n++) {
        eqlm_str cell;

        if (!take_cell(c, &cell))
            return false;
        for (size_t k = 0; k < N_COLUMNS; k++) {
            if (equal_ignoring_case(cell, names[k]))
                columns[k] = n;
        }
    }
    c->message = "the first line must name the columns, Field and Type among them";
    return columns[FIELD] != SIZE_MAX && columns[TYPE] != SIZE_MAX;
}

static bool holds_array(eqlm_str cell)
{
    for (size_t i = 0; i + 5 <= cell.len; i++) {
        if (memcmp(cell.ptr + i, "array", 5) == 0)
            return true;
    }
    return false;
}

static bool read_row(csv *c, const size_t columns[N_COLUMNS], eqlc_schema_reader *r)
{
    eqlm_str cells[N_COLUMNS] = { { "", 0 }, { "", 0 }, { "", 0 } };
    eqlc_type_info info;

    c->row_ended = false;
    for (size_t n = 0; !c->row_ended; n++) {
        eqlm_str cell;

        if (!take_cell(c, &cell))
            return false;
        for (size_t k = 0; k < N_COLUMNS; k++) {
            if (columns[k] == n)
                cells[k] = cell;
        }
    }
    if (cells[FIELD].len == 0)
        return eqlc_schema_fail(r, c->start, "a row without a field name");
    if (!eqlc_type_parse(cells[TYPE], &info))
        return eqlc_schema_unknown_type(r, c->start, cells[FIELD], cells[TYPE]);
    info.is_array = holds_array(cells[NORMALIZATION]);
    eqlc_types_set(r->types, cells[FIELD], info);
    return true;
}

bool eqlc_schema_read_csv(eqlc_schema_reader *r)
{
    csv c = { .text = r->text, .len = r->len };
    size_t columns[N_COLUMNS];

    if (!read_header(&c, columns))
        return eqlc_schema_fail(r, c.start, c.message);
    while (next_row(&c)) {
        c.message = NULL;
        if (!read_row(&c, columns, r))
            return c.message ? eqlc_schema_fail(r, c.start, c.message) : false;
    }
    return true;
}
