/* scratch.h - memory for one document: taken in pieces, given back all at once and used again for the next
 * one. */
#ifndef EQLC_SCRATCH_H
#define EQLC_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eqlc_scratch_block eqlc_scratch_block;

typedef struct eqlc_scratch {
    eqlc_scratch_block *blocks;  /* kept between documents */
    eqlc_scratch_block *current; /* block being filled; those after it are free */
    size_t used;                 /* bytes of `current` */
    size_t total;                /* bytes taken since the last reset */
    size_t limit;                /* of `total` */
} eqlc_scratch;

void eqlc_scratch_init(eqlc_scratch *s, size_t limit);
void eqlc_scratch_clear(eqlc_scratch *s);
void eqlc_scratch_reset(eqlc_scratch *s);
/* size bytes aligned for any type; NULL: no memory, or the limit is reached. */
void *eqlc_scratch_take(eqlc_scratch *s, size_t size);

#ifdef __cplusplus
}
#endif
#endif
