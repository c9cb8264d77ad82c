/* run.h - what the parts of the vm ask of each other; for lib/vm alone. Only verified programs come here, so
 * operands are trusted. */
#ifndef EQLI_RUN_H
#define EQLI_RUN_H

#include "vm/vm.h"

/* Remembers a run-time error; true when it must stop the evaluation. */
static inline bool eqli_vm_stops(eqlm_vm *vm, eqli_op_result r)
{
    if (r == EQLI_OP_OK)
        return false;
    if (eqli_op_fatal(r))
        return true;
    vm->errors++;
    return false;
}

/* Texts are folded and read for one value at a time. */
static inline void eqli_vm_fresh_scratch(eqlm_vm *vm)
{
    if (vm->scratch.used)
        eqli_arena_reset(&vm->scratch);
}

/* Opens the values of a slot, whatever it is. `v` must not be copied afterwards. */
void eqli_vm_open(const eqlm_vm *vm, const eqlm_program *p, uint32_t slot, eqli_values *v);
/* Whether one value, read as its operand asks and no null, is in the set. */
eqli_op_result eqli_vm_in_set(eqlm_vm *vm, const eqlm_program *p, const eqli_set *set, const eqlm_value *v,
                              bool *hit);
/* Whether some value of a slot passes the test. *hit is false before. */
eqli_op_result eqli_vm_test_values(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in,
                                   const eqli_values *values, bool *hit);

/* A leaf: the first choice of values for the loads in [pc, end). False: more combinations than the limit. */
bool eqli_vm_open_choices(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, uint32_t end);
bool eqli_vm_next_choice(eqlm_vm *vm, uint32_t n_loads);
/* Computes the region for the present choice. *failed: a run-time error, already counted. */
eqli_op_result eqli_vm_run_values(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, uint32_t end,
                                  bool *failed);
eqli_op_result eqli_vm_run_leaf(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, bool *hit);

#endif
