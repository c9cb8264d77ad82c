/* set.c - the public interface of rule sets. */
#include "rules/rules.h"
#include "vm/profile.h"

#include <string.h>

eqlm_status eqlm_rules_new(const eqlm_alloc *alloc, eqlm_rules **out)
{
    if (!out)
        return EQLM_E_ARGUMENT;
    *out = NULL;
    eqlm_alloc a = eqli_mem_default(alloc);
    eqlm_rules *r = eqli_mem_new(&a, sizeof *r);
    if (!r)
        return EQLM_E_NOMEM;
    r->alloc = a;
    r->partition_slot = EQLI_NO_FIELD;
    eqli_arena_init(&r->arena, &a, SIZE_MAX);
    *out = r;
    return EQLM_OK;
}

void eqlm_rules_free(eqlm_rules *r)
{
    if (!r)
        return;
    eqlm_alloc a = r->alloc;
    for (uint32_t i = 0; i < r->n; i++)
        eqlm_program_free((eqlm_program *)(uintptr_t)r->entries[i].program);
    eqli_mem_free(&a, r->entries, r->cap * sizeof *r->entries);
    eqli_arena_clear(&r->arena);
    eqli_mem_free(&a, r, sizeof *r);
}

eqlm_status eqli_rules_add_region(eqlm_rules *r, const eqlm_program *p, uint32_t start, uint32_t len,
                                  uint32_t *number)
{
    if (r->sealed || r->n == UINT32_MAX / 2 || (r->n && (p->get != r->get || p->get_ctx != r->get_ctx)))
        return EQLM_E_ARGUMENT;
    if (r->n == r->cap) {
        uint32_t cap = r->cap ? 2 * r->cap : 16;
        void *entries = eqli_mem_resize(&r->alloc, r->entries, r->cap, cap, sizeof *r->entries);
        if (!entries)
            return EQLM_E_NOMEM;
        r->entries = entries;
        r->cap = cap;
    }
    r->get = p->get;
    r->get_ctx = p->get_ctx;
    eqli_program_retain(p);
    *number = r->n;
    r->entries[r->n++] = (eqli_rules_entry) { .program = p, .start = start, .len = len };
    return EQLM_OK;
}

eqlm_status eqlm_rules_add(eqlm_rules *r, const eqlm_program *p, uint32_t *number)
{
    uint32_t ignored;
    if (!r || !p || p->kind != EQLM_EVENT_QUERY || p->n_lineages)
        return EQLM_E_ARGUMENT;
    return eqli_rules_add_region(r, p, p->stages[0].start, p->stages[0].len, number ? number : &ignored);
}

eqlm_status eqlm_rules_match(eqlm_vm *vm, const eqlm_rules *r, const void *event, const uint32_t **matches,
                             size_t *n)
{
    if (!vm || !r || !event || !matches || !n || !r->sealed)
        return EQLM_E_ARGUMENT;
    uint64_t began = eqli_profile_now(vm->profile);
    eqli_op_result result = eqli_rules_run(vm, r, event, matches, n);
    eqli_profile_call(vm->profile, began);
    switch (result) {
    case EQLI_OP_OK:
        return EQLM_OK;
    case EQLI_OP_NOMEM:
        return EQLM_E_NOMEM;
    default:
        return EQLM_E_LIMIT;
    }
}

eqlm_status eqlm_vm_set_profile(eqlm_vm *vm, eqlm_profile *profile)
{
    if (!vm || (profile && (!eqli_mem_known(profile, sizeof *profile) || !profile->now)))
        return EQLM_E_ARGUMENT;
    vm->profile = profile;
    return EQLM_OK;
}

size_t eqlm_rules_memory(const eqlm_rules *r)
{
    return r ? sizeof *r + r->cap * sizeof *r->entries + eqli_arena_memory(&r->arena) : 0;
}
