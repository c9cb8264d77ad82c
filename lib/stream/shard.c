/* shard.c - which shards an event belongs to. Conditions are not evaluated: an event may be sent to a shard
 * that has no use for it, never the other way round. */
#include "stream/stream.h"

#include "base/sort.h"

/* A stage whose keys are those of an earlier one gives no tuple that the earlier one does not give. */
static bool repeats(const eqlm_program *p, uint32_t stage)
{
    const eqli_stage *b = &p->stages[stage];
    if (stage == 0)
        return false;
    const eqli_stage *a = &p->stages[stage - 1];
    for (uint32_t i = 0; i < b->n_keys; i++) {
        const eqli_key *x = &p->keys[a->first_key + i], *y = &p->keys[b->first_key + i];
        if (x->slot != y->slot || x->optional != y->optional)
            return false;
    }
    return true;
}

static size_t make_distinct(uint64_t *v, size_t n)
{
    size_t kept = 0;
    eqli_sort_u64(v, n);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || v[i] != v[kept - 1])
            v[kept++] = v[i];
    }
    return kept;
}

typedef struct hashes {
    uint64_t *items;
    size_t n, cap;
} hashes;

static eqlm_status add_tuples(hashes *h, const eqlm_alloc *alloc, const eqli_tuples *t, uint64_t seed)
{
    if (h->cap - h->n < t->n) {
        size_t cap = h->n + t->n;
        void *p = eqli_mem_resize(alloc, h->items, h->cap, cap, sizeof *h->items);
        if (!p)
            return EQLM_E_NOMEM;
        h->items = p;
        h->cap = cap;
    }
    for (uint32_t i = 0; i < t->n; i++)
        h->items[h->n++] = eqli_key_hash(seed, EQLI_SHARD_SPACE, t->items[i].ptr, t->items[i].len);
    return EQLM_OK;
}

eqlm_status eqlm_stream_shard(eqlm_vm *vm, const eqlm_program *p, const void *event, uint64_t seed,
                              uint64_t *out, size_t max, size_t *n, bool *everywhere)
{
    if (!vm || !p || !event || (max && !out) || !n || !everywhere || p->kind == EQLM_EXPRESSION)
        return EQLM_E_ARGUMENT;
    eqlm_status status = eqli_vm_prepare(vm, p);
    eqli_tuples tuples = { 0 };
    hashes h = { 0 };
    eqli_arena_init(&tuples.arena, &vm->alloc, EQLI_MAX_EVENT_KEYS);
    for (uint32_t i = 0; status == EQLM_OK && i < eqli_program_n_regions(p); i++) {
        if (repeats(p, i))
            continue;
        status = eqli_tuples_read(&tuples, vm, p, &p->stages[i], event);
        if (status == EQLM_OK)
            status = add_tuples(&h, &vm->alloc, &tuples, seed);
    }
    if (status == EQLM_OK) {
        *n = h.items ? make_distinct(h.items, h.n) : 0;
        for (size_t i = 0; h.items && i < *n && i < max; i++)
            out[i] = h.items[i];
        *everywhere = p->n_lineages > 0;
    }
    eqli_tuples_clear(&tuples, &vm->alloc);
    eqli_mem_free(&vm->alloc, h.items, h.cap * sizeof *h.items);
    return status;
}
