/* arena.h - bump allocator: one owner for everything a compilation (or one event's scratch) creates.
 * Blocks never move, so a pointer stays good until eqli_arena_clear() or eqli_arena_reset(). */
#ifndef EQLI_ARENA_H
#define EQLI_ARENA_H

#include "base/mem.h"

typedef struct eqli_arena_block eqli_arena_block;

typedef struct eqli_arena {
    eqlm_alloc alloc;
    eqli_arena_block *head;
    size_t used, max; /* bytes handed out; handing out more than max fails */
    bool limit_hit;   /* the last failure was the limit, not memory */
} eqli_arena;

void eqli_arena_init(eqli_arena *a, const eqlm_alloc *alloc, size_t max);
void eqli_arena_clear(eqli_arena *a);
/* Forgets everything handed out but keeps one block for the next use. */
void eqli_arena_reset(eqli_arena *a);
/* size bytes aligned to 16, not zeroed; NULL: no memory or the limit. */
void *eqli_arena_alloc(eqli_arena *a, size_t size);
/* Zeroed array. */
void *eqli_arena_array(eqli_arena *a, size_t n, size_t size);
/* Bytes taken from the allocator. */
size_t eqli_arena_memory(const eqli_arena *a);
/* NUL-terminated copy. */
char *eqli_arena_copy(eqli_arena *a, const char *ptr, size_t len);

#endif
