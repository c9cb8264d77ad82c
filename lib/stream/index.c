/* index.c - open addressing with linear probing; removal closes the gap, so that there are no graves. */
#include "stream/index.h"

#include <assert.h>
#include <string.h>

static size_t home(const eqli_index *ix, uint64_t hash)
{
    return (size_t)hash & (ix->size - 1);
}

eqli_keyed *eqli_index_find(const eqli_index *ix, uint64_t hash, uint32_t space, const uint8_t *bytes,
                            uint32_t len)
{
    if (ix->n == 0)
        return NULL;
    for (size_t i = home(ix, hash); ix->table[i].keyed; i = (i + 1) & (ix->size - 1)) {
        eqli_keyed *k = ix->table[i].keyed;
        if (ix->table[i].hash == hash && k->space == space && k->len == len &&
            (len == 0 || memcmp(eqli_keyed_bytes(k), bytes, len) == 0))
            return k;
    }
    return NULL;
}

static void put(eqli_index *ix, struct eqli_index_slot slot)
{
    size_t i = home(ix, slot.hash);
    while (ix->table[i].keyed)
        i = (i + 1) & (ix->size - 1);
    ix->table[i] = slot;
}

bool eqli_index_resize(eqli_index *ix, const eqlm_alloc *alloc, size_t size)
{
    eqli_index old = *ix;
    if (size > SIZE_MAX / sizeof *ix->table)
        return false;
    ix->table = eqli_mem_new(alloc, size * sizeof *ix->table);
    if (!ix->table) {
        *ix = old;
        return false;
    }
    ix->size = size;
    for (size_t i = 0; i < old.size; i++) {
        if (old.table[i].keyed)
            put(ix, old.table[i]);
    }
    eqli_mem_free(alloc, old.table, old.size * sizeof *old.table);
    return true;
}

bool eqli_index_reserve(eqli_index *ix, const eqlm_alloc *alloc, uint32_t n)
{
    assert(n <= EQLI_INDEX_RESERVE);
    if (ix->size && ix->n + n <= ix->size - ix->size / 4)
        return true;
    return eqli_index_resize(ix, alloc, ix->size ? ix->size * 2 : EQLI_INDEX_MIN);
}

void eqli_index_add(eqli_index *ix, eqli_keyed *k)
{
    put(ix, (struct eqli_index_slot) { k->hash, k });
    ix->n++;
}

static void close_gap(eqli_index *ix, size_t gap)
{
    size_t mask = ix->size - 1;
    for (size_t i = (gap + 1) & mask; ix->table[i].keyed; i = (i + 1) & mask) {
        /* Whether the entry may move back to the gap without passing its home. */
        if (((i - home(ix, ix->table[i].hash)) & mask) >= ((i - gap) & mask)) {
            ix->table[gap] = ix->table[i];
            gap = i;
        }
    }
    ix->table[gap].keyed = NULL;
}

void eqli_index_remove(eqli_index *ix, const eqlm_alloc *alloc, const eqli_keyed *k)
{
    size_t i = home(ix, k->hash);
    while (ix->table[i].keyed != k)
        i = (i + 1) & (ix->size - 1);
    close_gap(ix, i);
    ix->n--;
    if (ix->size > EQLI_INDEX_MIN && ix->n < ix->size / 8) /* what is left has room for what was reserved */
        (void)eqli_index_resize(ix, alloc, ix->size / 2);
}

void eqli_index_clear(eqli_index *ix, const eqlm_alloc *alloc)
{
    eqli_mem_free(alloc, ix->table, ix->size * sizeof *ix->table);
    *ix = (eqli_index) { 0 };
}
