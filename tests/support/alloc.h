/* alloc.h - an allocator for tests: counts what is live and can make one chosen allocation fail. */
#ifndef TS_ALLOC_H
#define TS_ALLOC_H

#include "eqlmini.h"

typedef struct ts_alloc {
    eqlm_alloc hook; /* give &a->hook to the library; do not copy the ts_alloc afterwards */
    size_t live_blocks;
    size_t live_bytes;
    size_t peak_bytes;
    size_t calls;   /* allocations and growths asked for since ts_alloc_arm or ts_alloc_init */
    size_t fail_at; /* the call with this number (from 1) fails; 0: none */
    bool failed;    /* that call happened */
    bool corrupt;   /* a size given back was not the size handed out */
} ts_alloc;

void ts_alloc_init(ts_alloc *a);
/* Counts calls from 1 again and fails number `fail_at`. */
void ts_alloc_arm(ts_alloc *a, size_t fail_at);

#endif
