/* schema_file.h - reads files that tell the types of fields.
 *
 *   CSV                   with the columns Field and Type, and perhaps Normalization ("array"), as the
 * Elastic Common Schema's fields.csv has them Elasticsearch mapping {"mappings": {"properties": ...}}, also
 * by index as _mapping answers, in an index template, or from "properties" on JSON {"process.pid": "long",
 * "process": {"name": "keyword"}, "logs-*": {...}}: a key with a star is an index pattern and not part of the
 * names Each may be compressed with gzip. */
#ifndef EQLC_SCHEMA_FILE_H
#define EQLC_SCHEMA_FILE_H

#include "types.h"
#include "util.h"

/* Reads a file ("-": standard input) over what `types` holds. False: `error` gets "path:line:column: why";
 * some of the file may have been taken. */
bool eqlc_schema_file_read(eqlc_types *types, const char *path, eqlc_buf *error);

/* The same for a text that is in memory, with EQLC_TREE_PADDING zero bytes behind it; it is changed. */
bool eqlc_schema_text_read(eqlc_types *types, const char *path, char *text, size_t len, eqlc_buf *error);

#endif
