/* sort.h - heap sort: in place, n log n at worst, no recursion. libc's qsort may allocate behind the host's
 * back. */
#ifndef EQLI_SORT_H
#define EQLI_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Sorts n elements of `size` bytes by `order` (<0, 0, >0). Equal elements may change places. */
void eqli_sort(void *items, size_t n, size_t size, int (*order)(const void *a, const void *b));
void eqli_sort_u64(uint64_t *v, size_t n);

#endif
