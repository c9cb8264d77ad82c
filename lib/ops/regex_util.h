/* regex_util.h - growing arrays and one sort, shared by the files of the regular-expression engine. */
#ifndef EQLI_REGEX_UTIL_H
#define EQLI_REGEX_UTIL_H

#include "base/mem.h"

/* Room for `need` elements: returns the (moved) array, or NULL and leaves the old one as it was. need < 2^31.
 */
void *eqli_rx_grow(const eqlm_alloc *a, void *ptr, uint32_t *cap, uint32_t need, size_t size);

/* Heap sort of n elements that only the callbacks know; in place, n log n at worst, no recursion. */
typedef struct eqli_rx_sort {
    bool (*less)(const void *ctx, uint32_t i, uint32_t j);
    void (*swap)(void *ctx, uint32_t i, uint32_t j);
    void *ctx;
} eqli_rx_sort;
void eqli_rx_sort_run(const eqli_rx_sort *s, uint32_t n);

#endif
