/* mem.h - the allocator hook, and overflow-safe helpers over it. Every byte of the library goes through here.
 */
#ifndef EQLI_MEM_H
#define EQLI_MEM_H

#include "eqlmini.h"

/* Copies *alloc, or the libc allocator when it is NULL. */
eqlm_alloc eqli_mem_default(const eqlm_alloc *alloc);

/* All return NULL when memory is short or n * size overflows; a zero size is treated as 1. */
void *eqli_mem_new(const eqlm_alloc *a, size_t size); /* zeroed */
void *eqli_mem_resize(const eqlm_alloc *a, void *ptr, size_t old_n, size_t new_n, size_t size);
void eqli_mem_free(const eqlm_alloc *a, void *ptr, size_t size);

/* Whether a structure of the host, which begins with its size, has the `known` bytes of this version and
 * zeros beyond. */
bool eqli_mem_known(const void *structure, size_t known);

#endif
