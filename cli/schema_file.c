/* schema_file.c - reads files that tell the types of fields: loads them, tells the kinds apart, reports
 * errors. */
#include "schema_file.h"

#include "event_input.h"
#include "json_tree.h"
#include "schema_read.h"

#include <stdlib.h>
#include <string.h>

static void write_place(eqlc_schema_reader *r, size_t offset)
{
    unsigned long line = 1, column = 1;

    for (size_t i = 0; i < offset && i < r->len; i++) {
        if (r->original[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)r->original[i] & 0xC0) != 0x80) {
            column++;
        }
    }
    eqlc_buf_format(r->error, "%s:%lu:%lu: ", r->path, line, column);
}

bool eqlc_schema_fail(eqlc_schema_reader *r, size_t offset, const char *message)
{
    write_place(r, offset);
    eqlc_buf_text(r->error, message);
    return false;
}

bool eqlc_schema_unknown_type(eqlc_schema_reader *r, size_t offset, eqlm_str field, eqlm_str type)
{
    write_place(r, offset);
    eqlc_buf_text(r->error, "field ");
    eqlc_buf_json(r->error, field.ptr, field.len < 200 ? field.len : 200);
    eqlc_buf_text(r->error, " has a type nobody knows: ");
    eqlc_buf_json(r->error, type.ptr, type.len < 200 ? type.len : 200);
    return false;
}

static bool read_any(eqlc_schema_reader *r)
{
    const char *first = r->text;

    while (first < r->text + r->len && (*first == ' ' || *first == '\t' || *first == '\r' || *first == '\n'))
        first++;
    if (first == r->text + r->len)
        return eqlc_schema_fail(r, 0, "there is nothing in it");
    return *first == '{' || *first == '[' ? eqlc_schema_read_json(r) : eqlc_schema_read_csv(r);
}

bool eqlc_schema_text_read(eqlc_types *types, const char *path, char *text, size_t len, eqlc_buf *error)
{
    size_t mark = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    char *original = eqlc_copy(text + mark, len - mark);
    eqlc_schema_reader r = { types, path, text + mark, len - mark, original, error };
    bool good = read_any(&r);

    free(original);
    return good;
}

bool eqlc_schema_file_read(eqlc_types *types, const char *path, eqlc_buf *error)
{
    eqlc_event_input in = { .fd = -1 };
    bool good = eqlc_event_input_open(&in, path);

    if (good) {
        while (eqlc_event_input_more(&in, NULL))
            ;
        good = !in.error;
    }
    if (!good) {
        eqlc_buf_format(error, "%s: cannot read: %s", path, in.error);
    } else {
        memset(in.window + in.end, 0, EQLC_TREE_PADDING);
        good = eqlc_schema_text_read(types, path, in.window, in.end, error);
    }
    eqlc_event_input_close(&in);
    eqlc_event_input_clear(&in);
    return good;
}
