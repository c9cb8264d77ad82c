/* events.h - reads event documents and gives the fields the programs use as arrays of values.
 *
 * Input: NDJSON, objects over several lines, JSON arrays, responses of searches in Elasticsearch (split.h),
 * each also gzip-compressed; documents bare or with `_source`. Memory is bounded by the largest document, not
 * by the file. Nested, dotted and mixed keys name the same field; arrays are flattened; the elements of an
 * array of objects are given as EQLM_OBJECT when a program asks for fields below such a parent. Only the
 * fields of the schema are extracted; of duplicate keys all values count. Integers beyond 64 bits are
 * doubles; half of a surrogate pair is U+FFFD, and so is each byte that is no UTF-8.
 *
 * Bad documents are reported, counted and skipped as a whole. simdjson reads on demand, so what is checked
 * depends on what is asked for: the ends of strings and the number of brackets in the whole document;
 * keys, colons, commas and how each value begins in all objects and arrays on the way to a wanted field; and
 * wanted values to the last byte. Inside a value that nobody wants "[1,]", "nulx" or "\q" pass. */
#ifndef EQLC_EVENTS_H
#define EQLC_EVENTS_H

#include "eqlmini.h"

typedef enum eqlc_time_unit { EQLC_MS, EQLC_S, EQLC_US, EQLC_NS, EQLC_FILETIME } eqlc_time_unit;

#define EQLC_EVENT_SIZE ((size_t)16 << 20) /* what max_event_size is unless somebody asks for another */

typedef struct eqlc_event_options {
    size_t max_event_size;        /* bytes of one document */
    bool strict;                  /* stop at the first bad document */
    const char *timestamp_field;  /* "@timestamp" */
    const char *tiebreaker_field; /* or NULL */
    eqlc_time_unit timestamp_unit;
} eqlc_event_options;

typedef struct eqlc_event {
    const eqlm_value *values; /* by field number of the schema; what eqlc_event_get takes as the event */
    const char *source;       /* the document as read (the _source part), source_len bytes of JSON */
    size_t source_len;
    const char *index;    /* the document's _index, or the file name; NUL-terminated */
    const char *id;       /* the document's _id, or its line number as text; NUL-terminated */
    uint64_t line;        /* 1-based line of the file where the document starts */
    eqlm_value timestamp; /* as it stands in the document; EQLM_NULL when absent */
    bool has_time;
    int64_t time;          /* nanoseconds since 1970 */
    eqlm_value tiebreaker; /* EQLM_NULL when absent */
    bool mended;           /* bytes that are no UTF-8 have become U+FFFD, in the source as well */
    bool missing;          /* what a response has for an event that did not come; nobody gets it */
} eqlc_event;

typedef struct eqlc_event_counts {
    uint64_t events;    /* documents given to the callback */
    uint64_t bad;       /* documents skipped because they could not be read */
    uint64_t too_large; /* of these: over max_event_size */
    uint64_t bytes;
    uint64_t bad_files; /* files that could not be opened or read to the end */
} eqlc_event_counts;

/* What there is to say about `mended` at the end. */
#define EQLC_MENDED_ONE "document with bytes that are no UTF-8, each read as U+FFFD"
#define EQLC_MENDED_MANY "documents with bytes that are no UTF-8, each read as U+FFFD"

/* Gets every document in order; what the event points at is valid during the call. Returning false stops. */
typedef bool (*eqlc_event_fn)(void *ctx, const eqlc_event *event);
/* A problem at a place; line and column from 1, 0 when unknown. */
typedef void (*eqlc_event_error_fn)(void *ctx, const char *path, uint64_t line, uint64_t column,
                                    const char *message);

typedef struct eqlc_reader eqlc_reader;

/* Makes a reader for the fields that `schema` holds now (all programs compiled). NULL: no memory. */
eqlc_reader *eqlc_reader_new(const eqlm_schema *schema, const eqlc_event_options *options);
void eqlc_reader_free(eqlc_reader *reader);

/* Reads one file ("-" is standard input). False: the callback stopped it, or strict met a bad document. */
bool eqlc_reader_run(eqlc_reader *reader, const char *path, eqlc_event_fn on_event,
                     eqlc_event_error_fn on_error, void *ctx);
const eqlc_event_counts *eqlc_reader_counts(const eqlc_reader *reader);

/* Reads the values of an event again from its source, which somebody kept: *out is `kept` with values that
 * hold until the reader is used again. False: no memory, or the source is not what a reader gave. */
bool eqlc_reader_again(eqlc_reader *reader, const eqlc_event *kept, eqlc_event *out);

/* The eqlm_get_fn for these events: event is `values`, or an element object of them. */
bool eqlc_event_get(void *ctx, const void *event, uint32_t field, eqlm_value *out);

#endif
