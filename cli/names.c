/* names.c - a set of names, numbered in the order in which they were added. */
#include "names.h"

#include "util.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash(eqlm_str name)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (unsigned char)name.ptr[i]) * UINT64_C(1099511628211);
    return h ^ h >> 32;
}

/* Where the name stands in the index, or should. */
static size_t *slot(const eqlc_names *names, eqlm_str name)
{
    for (size_t i = (size_t)hash(name);; i++) {
        size_t *at = &names->index[i & (names->index_size - 1)];
        const eqlm_str *known;

        if (*at == 0)
            return at;
        known = &names->items[*at - 1];
        if (known->len == name.len && memcmp(known->ptr, name.ptr, name.len) == 0)
            return at;
    }
}

size_t eqlc_names_find(const eqlc_names *names, eqlm_str name)
{
    return names->n ? *slot(names, name) - 1 : EQLC_NO_NAME; /* 0 - 1 is EQLC_NO_NAME */
}

static void grow_index(eqlc_names *names)
{
    names->index_size = names->index_size ? names->index_size * 2 : 64;
    free(names->index);
    names->index = eqlc_alloc(names->index_size * sizeof *names->index);
    memset(names->index, 0, names->index_size * sizeof *names->index);
    for (size_t i = 0; i < names->n; i++)
        *slot(names, names->items[i]) = i + 1;
}

size_t eqlc_names_add(eqlc_names *names, eqlm_str name)
{
    size_t *at;

    names->items = eqlc_grow(names->items, &names->cap, names->n + 1, sizeof *names->items);
    if ((names->n + 1) * 2 > names->index_size)
        grow_index(names);
    at = slot(names, name);
    if (*at == 0) {
        names->items[names->n] = (eqlm_str) { eqlc_copy(name.ptr, name.len), name.len };
        *at = ++names->n;
    }
    return *at - 1;
}

void eqlc_names_clear(eqlc_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free((void *)(uintptr_t)names->items[i].ptr);
    free(names->items);
    free(names->index);
    *names = (eqlc_names) { NULL, 0, 0, NULL, 0 };
}
