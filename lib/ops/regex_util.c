#include "ops/regex_util.h"

enum { FIRST_CAP = 16 };

void *eqli_rx_grow(const eqlm_alloc *a, void *ptr, uint32_t *cap, uint32_t need, size_t size)
{
    if (need <= *cap)
        return ptr;
    uint32_t new_cap = *cap < FIRST_CAP ? FIRST_CAP : *cap * 2;
    if (new_cap < need)
        new_cap = need;
    void *p = eqli_mem_resize(a, ptr, *cap, new_cap, size);
    if (p)
        *cap = new_cap;
    return p;
}

static void sift_down(const eqli_rx_sort *s, uint32_t root, uint32_t n)
{
    for (;;) {
        uint32_t child = root * 2 + 1;
        if (child >= n)
            return;
        if (child + 1 < n && s->less(s->ctx, child, child + 1))
            child++;
        if (!s->less(s->ctx, root, child))
            return;
        s->swap(s->ctx, root, child);
        root = child;
    }
}

void eqli_rx_sort_run(const eqli_rx_sort *s, uint32_t n)
{
    for (uint32_t i = n / 2; i > 0; i--)
        sift_down(s, i - 1, n);
    for (uint32_t i = n; i > 1; i--) {
        s->swap(s->ctx, 0, i - 1);
        sift_down(s, 0, i - 1);
    }
}
