/* index.h - a hash table from byte strings to the things they name, in separate name spaces. The thing begins
 * with an eqli_keyed; results never depend on the order of the table. */
#ifndef EQLI_STREAM_INDEX_H
#define EQLI_STREAM_INDEX_H

#include "base/mem.h"

typedef struct eqli_keyed {
    uint64_t hash;
    uint32_t space;
    uint32_t len;
    uint32_t at; /* where its bytes lie, from its start */
    uint32_t refs;
} eqli_keyed;

typedef struct eqli_index {
    struct eqli_index_slot {
        uint64_t hash;
        eqli_keyed *keyed; /* NULL: free */
    } * table;
    size_t size, n; /* size: a power of two, or 0 */
} eqli_index;

enum { EQLI_INDEX_MIN = 32, EQLI_INDEX_RESERVE = 4 /* the most that may be reserved */ };

static inline const uint8_t *eqli_keyed_bytes(const eqli_keyed *k)
{
    return (const uint8_t *)k + k->at;
}

eqli_keyed *eqli_index_find(const eqli_index *ix, uint64_t hash, uint32_t space, const uint8_t *bytes,
                            uint32_t len);
/* Makes room for a few more: afterwards that many eqli_index_add cannot fail, even if things are removed
 * between. */
bool eqli_index_reserve(eqli_index *ix, const eqlm_alloc *alloc, uint32_t n);
/* Rebuilds with `size` places, a power of two above the number of entries. */
bool eqli_index_resize(eqli_index *ix, const eqlm_alloc *alloc, size_t size);
void eqli_index_add(eqli_index *ix, eqli_keyed *k);
void eqli_index_remove(eqli_index *ix, const eqlm_alloc *alloc, const eqli_keyed *k);
void eqli_index_clear(eqli_index *ix, const eqlm_alloc *alloc);
static inline size_t eqli_index_bytes(const eqli_index *ix)
{
    return ix->size * sizeof *ix->table;
}

#endif
