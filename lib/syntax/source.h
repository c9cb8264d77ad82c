/* source.h - byte offsets of the query text as lines and columns. */
#ifndef EQLI_SOURCE_H
#define EQLI_SOURCE_H

#include "eqlmini.h"

/* A place to be told: the caller sets offset (at most source.len), the rest is filled in. */
typedef struct eqli_source_mark {
    uint32_t offset;
    uint32_t line, column; /* from 1; columns count code points; LF, CR LF and CR end a line */
    uint32_t owner;        /* the caller's */
} eqli_source_mark;

/* Sorts the marks by offset and fills them in one pass over the text. */
void eqli_source_locate(eqlm_str source, eqli_source_mark *marks, size_t n);

#endif
