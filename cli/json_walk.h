/* json_walk.h - checks one JSON document and takes the wanted values out of it. */
#ifndef EQLC_JSON_WALK_H
#define EQLC_JSON_WALK_H

#include "fields.h"
#include "json_index.h"
#include "scratch.h"

#define EQLC_JSON_PADDING 64 /* bytes behind a document that may be read, and the first of them written */
#define EQLC_JSON_DEPTH 512  /* brackets inside each other */

typedef enum eqlc_walk_status {
    EQLC_WALK_OK = 0,
    EQLC_WALK_BAD,  /* not JSON, or not an object */
    EQLC_WALK_OPEN, /* good so far, but the text ends before the document does */
    EQLC_WALK_HITS, /* a _search response: its elements are the documents */
    EQLC_WALK_LIMIT /* nested too deeply, or memory is short */
} eqlc_walk_status;

typedef struct eqlc_frame {
    uint32_t node;
    uint32_t parent; /* array of objects whose element this object is, or EQLC_NONE */
    bool object;     /* or array */
    bool fresh;      /* nothing read of it yet */
    bool source;     /* value of _source */
    eqlm_value *outer_element;
} eqlc_frame;

typedef struct eqlc_walk {
    const eqlc_fields *fields;
    eqlc_indexer *indexer;
    eqlc_scratch scratch; /* unescaped strings, lists and elements of the document */
    eqlm_value *values;   /* n_fields + EQLC_EXTRA_SLOTS; values[-1] is a header for eqlc_event_get */
    eqlm_value **touched; /* the values that are not null */
    uint32_t n_touched;
    eqlm_value **elements; /* by parent: values of the element being read, or NULL */
    size_t source_start, source_len;

    char *text;
    const uint32_t *tokens;
    uint32_t n_tokens;
    uint32_t depth;
    bool escapes; /* the document holds backslashes */
    bool wrapped; /* _source has been met */
    eqlc_frame stack[EQLC_JSON_DEPTH];

    eqlc_walk_status status;
    size_t error_at; /* offset of what `message` is about */
    const char *message;
} eqlc_walk;

/* limit: bytes of scratch one document may take. False: no memory; clear it all the same. */
bool eqlc_walk_init(eqlc_walk *w, const eqlc_fields *fields, size_t limit);
void eqlc_walk_clear(eqlc_walk *w);

/* Reads a document of `len` bytes; EQLC_JSON_PADDING bytes follow it in memory. On EQLC_WALK_OK `values` and
 * the source span hold until the next call; otherwise error_at and message say why not. */
eqlc_walk_status eqlc_walk_document(eqlc_walk *w, char *text, size_t len);

#endif
