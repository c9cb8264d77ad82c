/* run_batch.h - lines of events that one thread has read, and what the rules about single events say of them.
 */
#ifndef EQLC_RUN_BATCH_H
#define EQLC_RUN_BATCH_H

#include "event_reader.h"
#include "run_rules.h"
#include "run_stream.h"
#include "scratch.h"

/* What one thread needs to read lines. */
typedef struct eqlc_run_reader {
    eqlc_reader *reader;
    eqlc_run_asker asker;
    const eqlc_run_stream *stream; /* for eqlc_run_stream_counts, and _reads */
    size_t max_event_size;
    size_t max_entries; /* of a batch, which breaks where there are more */
} eqlc_run_reader;

/* A document of a batch. */
typedef struct eqlc_run_entry {
    eqlc_event event; /* without values; line: counted from the first line of the batch, which is 0; id: NULL
                         if it has none */
    eqlc_run_answer answer;
    const eqlc_event_field *fields; /* if the stream reads them */
    uint32_t n_fields;
    const char *problem; /* NULL: it is an event; else its line alone counts, and */
    uint64_t column;
} eqlc_run_entry;

typedef struct eqlc_run_batch {
    const char *path;
    eqlc_event_lines lines;
    /* Of eqlc_run_batch_read: */
    eqlc_run_entry *entries;
    size_t n_entries, cap_entries;
    uint64_t n_lines; /* that lie before the place where it ended */
    bool broken;      /* which is not the end of the text, but a line that is not one document: */
    size_t rest;
    eqlc_scratch scratch;
} eqlc_run_batch;

void eqlc_run_batch_init(eqlc_run_batch *b);
void eqlc_run_batch_clear(eqlc_run_batch *b);
/* Reads the lines, and asks about the events in them. */
void eqlc_run_batch_read(eqlc_run_batch *b, eqlc_run_reader *r);

#endif
