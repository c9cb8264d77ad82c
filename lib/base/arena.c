#include "base/arena.h"

#include <string.h>

enum { FIRST_BLOCK = 4096, ALIGN = 16, MAX_BLOCK = 1 << 16 };

struct eqli_arena_block {
    eqli_arena_block *next;
    size_t cap, used;
    _Alignas(16) unsigned char data[];
};

void eqli_arena_init(eqli_arena *a, const eqlm_alloc *alloc, size_t max)
{
    *a = (eqli_arena){ .alloc = *alloc, .max = max };
}

static void free_blocks(eqli_arena *a, eqli_arena_block *b)
{
    while (b) {
        eqli_arena_block *next = b->next;
        eqli_mem_free(&a->alloc, b, sizeof *b + b->cap);
        b = next;
    }
}

void eqli_arena_clear(eqli_arena *a)
{
    free_blocks(a, a->head);
    a->head = NULL;
    a->used = 0;
}

void eqli_arena_reset(eqli_arena *a)
{
    a->used = 0;
    a->limit_hit = false;
    if (!a->head)
        return;
    free_blocks(a, a->head->next);
    a->head->next = NULL;
    a->head->used = 0;
}

static bool new_block(eqli_arena *a, size_t size)
{
    size_t cap = a->head ? a->head->cap * 2 : FIRST_BLOCK;
    if (cap > MAX_BLOCK)
        cap = MAX_BLOCK;
    if (cap < size)
        cap = size;
    if (cap > SIZE_MAX - sizeof(eqli_arena_block))
        return false;
    eqli_arena_block *b = a->alloc.resize(a->alloc.ctx, NULL, 0, sizeof *b + cap);
    if (!b)
        return false;
    b->next = a->head;
    b->cap = cap;
    b->used = 0;
    a->head = b;
    return true;
}

void *eqli_arena_alloc(eqli_arena *a, size_t size)
{
    if (size > a->max - a->used || size > SIZE_MAX - ALIGN) { /* used <= max always holds */
        a->limit_hit = true;
        return NULL;
    }
    size_t rounded = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (!a->head || rounded > a->head->cap - a->head->used) {
        if (!new_block(a, rounded))
            return NULL;
    }
    void *p = a->head->data + a->head->used;
    a->head->used += rounded;
    a->used += size;
    return p;
}

void *eqli_arena_array(eqli_arena *a, size_t n, size_t size)
{
    if (size && n > SIZE_MAX / size)
        return NULL;
    void *p = eqli_arena_alloc(a, n * size);
    if (p)
        memset(p, 0, n * size);
    return p;
}

size_t eqli_arena_memory(const eqli_arena *a)
{
    size_t n = 0;
    for (const eqli_arena_block *b = a->head; b; b = b->next)
        n += sizeof *b + b->cap;
    return n;
}

char *eqli_arena_copy(eqli_arena *a, const char *ptr, size_t len)
{
    if (len == SIZE_MAX)
        return NULL;
    char *p = eqli_arena_alloc(a, len + 1);
    if (p) {
        if (len)
            memcpy(p, ptr, len);
        p[len] = '\0';
    }
    return p;
}
