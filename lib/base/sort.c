#include "base/sort.h"

#include <string.h>

typedef struct heap {
    unsigned char *items;
    size_t size;
    int (*order)(const void *a, const void *b);
} heap;

static void *item(const heap *h, size_t i)
{
    return h->items + i * h->size;
}

static void swap(unsigned char *a, unsigned char *b, size_t size)
{
    unsigned char t[32];
    for (size_t n; size > 0; size -= n, a += n, b += n) {
        n = size < sizeof t ? size : sizeof t;
        memcpy(t, a, n);
        memcpy(a, b, n);
        memcpy(b, t, n);
    }
}

/* Moves the element at root down until no kid is greater. */
static void sift(const heap *h, size_t root, size_t n)
{
    for (size_t kid; (kid = 2 * root + 1) < n; root = kid) {
        if (kid + 1 < n && h->order(item(h, kid), item(h, kid + 1)) < 0)
            kid++;
        if (h->order(item(h, root), item(h, kid)) >= 0)
            return;
        swap(item(h, root), item(h, kid), h->size);
    }
}

void eqli_sort(void *items, size_t n, size_t size, int (*order)(const void *a, const void *b))
{
    heap h = { items, size, order };
    for (size_t i = n / 2; i-- > 0;)
        sift(&h, i, n);
    for (size_t end = n; end-- > 1;) {
        swap(item(&h, 0), item(&h, end), size);
        sift(&h, 0, end);
    }
}

static void sift_u64(uint64_t *v, size_t root, size_t n)
{
    uint64_t moved = v[root];
    for (size_t kid; (kid = 2 * root + 1) < n; root = kid) {
        if (kid + 1 < n && v[kid] < v[kid + 1])
            kid++;
        if (moved >= v[kid])
            break;
        v[root] = v[kid];
    }
    v[root] = moved;
}

void eqli_sort_u64(uint64_t *v, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift_u64(v, i, n);
    for (size_t end = n; end-- > 1;) {
        uint64_t last = v[end];
        v[end] = v[0];
        v[0] = last;
        sift_u64(v, 0, end);
    }
}
