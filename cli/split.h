/* split.h - finds the documents in a text: lines, objects over several lines, elements of an array or of the
 * responses of searches (hits.hits[], hits.events[], hits.sequences[].events[], each also in responses[]).
 * Only one document is held in memory, however long the array is. */
#ifndef EQLC_SPLIT_H
#define EQLC_SPLIT_H

#include "event_input.h"
#include "json_extract.h"

typedef struct eqlc_splitter {
    eqlc_event_input *in;
    size_t max; /* bytes of one document */
    /* Reads the document at [start, end) of the window. */
    eqlc_json_status (*document)(void *ctx, size_t start, size_t end, eqlc_json_document *document);
    void (*bad)(void *ctx, eqlc_place_in_file place, const char *message, bool too_large);
    void *ctx;
    bool stop;       /* set by the callbacks to end the reading */
    uint32_t enough; /* so many lines one after the other that were documents end it as well; 0: none do */

    size_t pos;
    bool dropped;  /* part of the document is no longer in the window */
    bool streamed; /* documents inside the current object have been given */
    const char *problem;
    uint32_t n_lines; /* one after the other that were documents */
} eqlc_splitter;

/* Goes through the input, from the start of a document on. */
void eqlc_split(eqlc_splitter *s);

#endif
