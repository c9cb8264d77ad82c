/* regex_cache.c - which automaton of this vm belongs to which expression of which program.
 * Invariant: the memory of a program whose expression is in the table is held, so a pointer never names two
 * expressions. */
#include "vm/vm.h"

static uint32_t slot_of(const eqli_regex_entry *table, uint32_t size, const eqli_regex *re)
{
    uint64_t h = (uint64_t)(uintptr_t)re * 0x9E3779B97F4A7C15u;
    uint32_t i = (uint32_t)(h >> 32);
    while (table[i & (size - 1)].regex && table[i & (size - 1)].regex != re)
        i++;
    return i & (size - 1);
}

static void drop(eqli_regex_entry *e)
{
    eqli_regex_cache_free(e->cache);
    eqli_program_release(e->program);
    *e = (eqli_regex_entry) { NULL, NULL, NULL };
}

/* Makes room for one more: forgets programs that nobody can run any more, so that a vm may outlive any number
 * of them. */
static bool make_room(eqlm_vm *vm)
{
    uint32_t live = 0, size = 16;
    for (uint32_t i = 0; i < vm->regexes_size; i++)
        live += vm->regexes[i].regex && eqli_program_is_owned(vm->regexes[i].program);
    while (size < (live + 1) * 4)
        size *= 2;
    eqli_regex_entry *table = eqli_mem_new(&vm->alloc, size * sizeof *table);
    if (!table)
        return false;
    vm->n_regexes = 0;
    for (uint32_t i = 0; i < vm->regexes_size; i++) {
        eqli_regex_entry *e = &vm->regexes[i];
        /* Judged anew: another thread may have freed a program meanwhile, never the other way. */
        if (e->regex && eqli_program_is_owned(e->program)) {
            table[slot_of(table, size, e->regex)] = *e;
            vm->n_regexes++;
        } else if (e->regex) {
            drop(e);
        }
    }
    eqli_mem_free(&vm->alloc, vm->regexes, vm->regexes_size * sizeof *vm->regexes);
    vm->regexes = table;
    vm->regexes_size = size;
    return true;
}

eqli_regex_cache *eqli_vm_regex(eqlm_vm *vm, const eqlm_program *p, const eqli_regex *re)
{
    if (vm->regexes_size) {
        const eqli_regex_entry *e = &vm->regexes[slot_of(vm->regexes, vm->regexes_size, re)];
        if (e->regex)
            return e->cache;
    }
    if ((vm->n_regexes + 1) * 2 > vm->regexes_size && !make_room(vm))
        return NULL;
    eqli_regex_cache *cache;
    if (eqli_regex_cache_new(&vm->alloc, re, &cache) != EQLM_OK)
        return NULL;
    eqli_program_hold(p);
    vm->regexes[slot_of(vm->regexes, vm->regexes_size, re)] = (eqli_regex_entry) { re, p, cache };
    vm->n_regexes++;
    return cache;
}

void eqli_vm_forget_regexes(eqlm_vm *vm)
{
    for (uint32_t i = 0; i < vm->regexes_size; i++) {
        if (vm->regexes[i].regex)
            drop(&vm->regexes[i]);
    }
    eqli_mem_free(&vm->alloc, vm->regexes, vm->regexes_size * sizeof *vm->regexes);
    vm->regexes = NULL;
    vm->n_regexes = vm->regexes_size = 0;
}
