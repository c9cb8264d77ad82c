/* schema_read.h - what the readers of the kinds of schema files share. */
#ifndef EQLC_SCHEMA_READ_H
#define EQLC_SCHEMA_READ_H

#include "types.h"
#include "util.h"

typedef struct eqlc_schema_reader {
    eqlc_types *types;
    const char *path;
    char *text; /* without byte order mark, zero bytes behind it; readers unquote in place */
    size_t len;
    const char *original; /* the text as it was, for places in it */
    eqlc_buf *error;      /* "path:line:column: why" */
} eqlc_schema_reader;

/* Both write the error and return false. */
bool eqlc_schema_fail(eqlc_schema_reader *r, size_t offset, const char *message);
bool eqlc_schema_unknown_type(eqlc_schema_reader *r, size_t offset, eqlm_str field, eqlm_str type);

bool eqlc_schema_read_csv(eqlc_schema_reader *r);
bool eqlc_schema_read_json(eqlc_schema_reader *r);

#endif
