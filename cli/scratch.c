/* scratch.c - bump allocation in blocks that survive a reset, so a steady stream of documents needs no
 * malloc. */
#include "scratch.h"

#include <stdint.h>
#include <stdlib.h>

#define BLOCK_SIZE ((size_t)64 * 1024)
#define ALIGNMENT ((size_t)16)

struct eqlc_scratch_block {
    struct eqlc_scratch_block *next;
    size_t size;
    _Alignas(16) unsigned char bytes[];
};

void eqlc_scratch_init(eqlc_scratch *s, size_t limit)
{
    *s = (eqlc_scratch) { .limit = limit };
}

void eqlc_scratch_clear(eqlc_scratch *s)
{
    eqlc_scratch_block *next;
    for (eqlc_scratch_block *b = s->blocks; b; b = next) {
        next = b->next;
        free(b);
    }
    eqlc_scratch_init(s, s->limit);
}

void eqlc_scratch_reset(eqlc_scratch *s)
{
    s->current = s->blocks;
    s->used = 0;
    s->total = 0;
}

static bool add_block(eqlc_scratch *s, size_t size)
{
    size_t bytes = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    if (bytes > SIZE_MAX - sizeof(eqlc_scratch_block))
        return false;
    eqlc_scratch_block *b = malloc(sizeof(eqlc_scratch_block) + bytes);
    if (!b)
        return false;
    b->size = bytes;
    eqlc_scratch_block **link = s->current ? &s->current->next : &s->blocks;
    b->next = *link;
    *link = b;
    s->current = b;
    s->used = 0;
    return true;
}

void *eqlc_scratch_take(eqlc_scratch *s, size_t size)
{
    if (size > s->limit - s->total)
        return NULL;
    size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    while (s->current && size > s->current->size - s->used && s->current->next) {
        s->current = s->current->next;
        s->used = 0;
    }
    if ((!s->current || size > s->current->size - s->used) && !add_block(s, size))
        return NULL;
    void *p = s->current->bytes + s->used;
    s->used += size;
    s->total = size > s->limit - s->total ? s->limit : s->total + size;
    return p;
}
