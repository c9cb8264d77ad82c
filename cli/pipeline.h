/* pipeline.h - items that several threads work on at once and that come out in the order they went in.
 *
 * The thread that makes it is the first of them: it fills items, and works like the others while none is
 * free. There is a fixed number of items, so what is on its way takes a bounded amount of memory. */
#ifndef EQLC_PIPELINE_H
#define EQLC_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>

#define EQLC_MAX_JOBS 64

typedef struct eqlc_pipeline_hooks {
    void *ctx;
    /* Works on an item, in the thread of this number, at any time. */
    void (*work)(void *ctx, unsigned thread, void *item);
    /* Takes an item that has been worked on: in order, one at a time, in any thread. False halts: this item
     * and those behind it stay. */
    bool (*take)(void *ctx, void *item);
} eqlc_pipeline_hooks;

typedef struct eqlc_pipeline eqlc_pipeline;

/* For n threads, all in all. The items must last as long. Ends the program if threads cannot be had. */
eqlc_pipeline *eqlc_pipeline_new(unsigned n, void *const *items, size_t n_items,
                                 const eqlc_pipeline_hooks *hooks);
/* Stops the threads; what is on its way is not taken any more. */
void eqlc_pipeline_free(eqlc_pipeline *p);

/* An item to fill. NULL: halted. */
void *eqlc_pipeline_next(eqlc_pipeline *p);
/* Hands on the item that eqlc_pipeline_next gave. */
void eqlc_pipeline_put(eqlc_pipeline *p);
/* Waits until all items have been taken. False: halted. */
bool eqlc_pipeline_drain(eqlc_pipeline *p);

/* Whether nothing goes on: all items have been taken, or it has halted. */
bool eqlc_pipeline_rests(eqlc_pipeline *p);

/* After a halt, when no hook runs any more: the i-th item that was not taken; NULL: there are no more. */
void *eqlc_pipeline_left(eqlc_pipeline *p, size_t i);
/* Ends a halt; the first n items that were left are never taken. */
void eqlc_pipeline_resume(eqlc_pipeline *p, size_t n);

#endif
