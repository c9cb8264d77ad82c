/* run_docs.h - event documents that `eqlc run` keeps: because a partial result may still name them, or
 * because an earlier event may come after them. */
#ifndef EQLC_RUN_DOCS_H
#define EQLC_RUN_DOCS_H

#include "events.h"

/* A copy of an event without its values, in memory of its own. */
typedef struct eqlc_doc {
    eqlc_event event;
    uint64_t number; /* while it waits: rises as events are read; then: by which the stream knows it */
    size_t bytes;    /* of memory */
    char *source;    /* owned: what event.source points at, or NULL */
    uint32_t *rules; /* owned: those about single events that match it, while it waits to be sorted */
    uint32_t n_rules;
    struct eqlc_doc *next;          /* in the same place of the table */
    struct eqlc_doc *older, *newer; /* among those kept */
} eqlc_doc;

eqlc_doc *eqlc_doc_new(const eqlc_event *event, uint64_t number, bool with_source);
void eqlc_doc_set_rules(eqlc_doc *doc, const uint32_t *rules, uint32_t n);
void eqlc_doc_free(eqlc_doc *doc);
/* Drops the source alone. */
void eqlc_doc_forget(eqlc_doc *doc);

/* By time, then tiebreaker (numbers before text before none); 0 when that does not tell them apart. Events
 * without a time come first. */
int eqlc_event_compare(const eqlc_event *a, const eqlc_event *b);

/* Documents that partial results name, by number. All zero is an empty table. */
typedef struct eqlc_docs {
    eqlc_doc **table;
    size_t size, n;
    eqlc_doc *oldest, *newest; /* in the order they were added */
    eqlc_doc *oldest_text;     /* of those that have their source */
    uint64_t bytes;
    uint64_t peak;
    uint64_t n_forgotten; /* sources dropped for want of budget */
} eqlc_docs;

/* Takes the document over; its number must not be in the table. */
void eqlc_docs_add(eqlc_docs *docs, eqlc_doc *take_doc);
/* NULL: not there. */
const eqlc_doc *eqlc_docs_find(const eqlc_docs *docs, uint64_t number);
/* Nobody needs it any more. */
void eqlc_docs_release(eqlc_docs *docs, uint64_t number);
/* Drops the sources of the oldest documents until at most `budget` bytes are left, if sources suffice. */
void eqlc_docs_shrink(eqlc_docs *docs, uint64_t budget);
void eqlc_docs_clear(eqlc_docs *docs);

/* Documents waiting for earlier ones: a heap. All zero is empty. */
typedef struct eqlc_doc_queue {
    eqlc_doc **heap;
    size_t n, cap;
    uint64_t bytes;
} eqlc_doc_queue;

void eqlc_doc_queue_push(eqlc_doc_queue *q, eqlc_doc *take_doc);
/* The first one, or NULL. */
const eqlc_doc *eqlc_doc_queue_first(const eqlc_doc_queue *q);
/* Takes the first one out; the caller owns it. */
eqlc_doc *eqlc_doc_queue_pop(eqlc_doc_queue *q);
void eqlc_doc_queue_clear(eqlc_doc_queue *q);

#endif
