/* vm.c - the scratch of a thread: made, given room, freed. */
#include "vm/vm.h"

eqlm_status eqli_vm_make_room(eqlm_vm *vm, uint32_t n_regs)
{
    if (!vm->loads)
        vm->loads = eqli_mem_new(&vm->alloc, EQLI_MAX_LOADS * sizeof *vm->loads);
    if (!vm->loads)
        return EQLM_E_NOMEM;
    void *regs = eqli_mem_resize(&vm->alloc, vm->regs, vm->n_regs, n_regs, sizeof *vm->regs);
    if (!regs)
        return EQLM_E_NOMEM;
    vm->regs = regs;
    vm->n_regs = n_regs;
    return EQLM_OK;
}

void *eqli_vm_block(eqlm_vm *vm, size_t size)
{
    if (size > vm->block_size) {
        void *block = eqli_mem_new(&vm->alloc, size);
        if (!block)
            return NULL;
        eqli_mem_free(&vm->alloc, vm->block, vm->block_size);
        vm->block = block;
        vm->block_size = size;
    }
    return vm->block;
}

eqlm_status eqlm_vm_new(const eqlm_alloc *alloc, eqlm_vm **out)
{
    if (!out)
        return EQLM_E_ARGUMENT;
    *out = NULL;
    eqlm_alloc a = eqli_mem_default(alloc);
    eqlm_vm *vm = eqli_mem_new(&a, sizeof *vm);
    if (!vm)
        return EQLM_E_NOMEM;
    vm->alloc = a;
    eqli_arena_init(&vm->scratch, &a, 0);
    eqli_arena_init(&vm->keep, &a, SIZE_MAX);
    *out = vm;
    return EQLM_OK;
}

void eqlm_vm_free(eqlm_vm *vm)
{
    if (!vm)
        return;
    eqlm_alloc a = vm->alloc;
    eqli_vm_forget_regexes(vm);
    eqli_arena_clear(&vm->scratch);
    eqli_arena_clear(&vm->keep);
    eqli_mem_free(&a, vm->regs, vm->n_regs * sizeof *vm->regs);
    eqli_mem_free(&a, vm->loads, EQLI_MAX_LOADS * sizeof *vm->loads);
    eqli_mem_free(&a, vm->results, vm->cap_results * sizeof *vm->results);
    eqli_mem_free(&a, vm->result_at, 2 * (size_t)vm->cap_results * sizeof *vm->result_at);
    eqli_mem_free(&a, vm->answers, vm->n_answers * sizeof *vm->answers);
    eqli_mem_free(&a, vm->block, vm->block_size);
    eqli_mem_free(&a, vm, sizeof *vm);
}

uint64_t eqlm_vm_errors(const eqlm_vm *vm)
{
    return vm ? vm->errors : 0;
}
