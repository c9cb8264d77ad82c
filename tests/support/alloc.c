#include "alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Stands before each block, so that sizes the library gives back can be checked. */
typedef struct head {
    size_t size;
    size_t check;
    max_align_t data[];
} head;

static void *resize(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    ts_alloc *a = ctx;
    head *h = ptr ? (head *)(void *)((char *)ptr - offsetof(head, data)) : NULL;
    if ((h ? h->size : 0) != old_size || (h && h->check != ~h->size))
        a->corrupt = true;
    if (new_size == 0) {
        if (h) {
            a->live_blocks--;
            a->live_bytes -= h->size;
            free(h);
        }
        return NULL;
    }
    a->calls++;
    if (a->calls == a->fail_at) {
        a->failed = true;
        return NULL;
    }
    /* Always a new block: a pointer kept across a growth is found by the sanitizer. */
    head *n = malloc(offsetof(head, data) + new_size);
    if (!n)
        return NULL;
    n->size = new_size;
    n->check = ~new_size;
    memset(n->data, 0xA5, new_size);
    if (h) {
        memcpy(n->data, h->data, old_size < new_size ? old_size : new_size);
        a->live_blocks--;
        a->live_bytes -= h->size;
        free(h);
    }
    a->live_blocks++;
    a->live_bytes += new_size;
    if (a->live_bytes > a->peak_bytes)
        a->peak_bytes = a->live_bytes;
    return n->data;
}

void ts_alloc_init(ts_alloc *a)
{
    memset(a, 0, sizeof *a);
    a->hook.resize = resize;
    a->hook.ctx = a;
}

void ts_alloc_arm(ts_alloc *a, size_t fail_at)
{
    a->calls = 0;
    a->fail_at = fail_at;
    a->failed = false;
}
