#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void *libc_resize(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    (void)ctx;
    (void)old_size;
    if (new_size == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, new_size);
}

eqlm_alloc eqli_mem_default(const eqlm_alloc *alloc)
{
    if (alloc && alloc->resize)
        return *alloc;
    return (eqlm_alloc){ libc_resize, NULL };
}

void *eqli_mem_new(const eqlm_alloc *a, size_t size)
{
    void *p = a->resize(a->ctx, NULL, 0, size ? size : 1);
    if (p)
        memset(p, 0, size);
    return p;
}

void *eqli_mem_resize(const eqlm_alloc *a, void *ptr, size_t old_n, size_t new_n, size_t size)
{
    if (size && new_n > SIZE_MAX / size)
        return NULL;
    size_t old_bytes = old_n * size, new_bytes = new_n * size;
    if (ptr && !old_bytes)
        old_bytes = 1;
    return a->resize(a->ctx, ptr, ptr ? old_bytes : 0, new_bytes ? new_bytes : 1);
}

void eqli_mem_free(const eqlm_alloc *a, void *ptr, size_t size)
{
    if (ptr)
        a->resize(a->ctx, ptr, size ? size : 1, 0);
}

bool eqli_mem_known(const void *structure, size_t known)
{
    enum { LARGEST = 4096 }; /* more is no size but garbage */
    const unsigned char *bytes = structure;
    size_t size;
    memcpy(&size, structure, sizeof size);
    if (size < known || size > LARGEST)
        return false;
    while (size > known && bytes[size - 1] == 0)
        size--;
    return size == known;
}
