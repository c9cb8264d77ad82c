/* leaf.c - leaves: values in registers, computed for every choice of values of their fields (language 4.2).
 *
 * A leaf holds when some choice makes it true. A run-time error makes the choice not match and is counted
 * (decision 5); only want of memory or scratch stops the evaluation. */
#include "ops/function.h"
#include "vm/run.h"

static eqli_op_result load(eqlm_vm *vm, const eqli_insn *in, eqlm_value *out)
{
    const eqli_load_state *l = &vm->loads[in->t];
    eqlm_value raw;
    *out = eqli_null();
    if (l->missing || !eqli_values_at(&l->values, l->at, &raw))
        return EQLI_OP_OK;
    return eqli_read_as(EQLI_MODE_AS(in->mode), (in->mode & EQLI_COERCE) != 0, &raw, &vm->scratch, out);
}

/* A set test on a register: null in, null out. */
static eqli_op_result in_set(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in, eqlm_value *out)
{
    const eqlm_value *v = &vm->regs[in->b];
    bool hit = false;
    eqli_op_result r = EQLI_OP_OK;
    if (v->type != EQLM_NULL)
        r = eqli_vm_in_set(vm, p, &p->sets[in->t], v, &hit);
    else if (!(in->mode & EQLI_NULL_IS_FALSE))
        return EQLI_OP_OK;
    *out = eqli_bool(hit);
    return r;
}

static eqli_op_result run_value(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in, eqlm_value *out)
{
    const eqlm_value *regs = vm->regs;
    eqli_tri tri;
    switch (in->op) {
    case EQLI_OP_LOAD:
        return load(vm, in, out);
    case EQLI_OP_CONST:
        *out = p->consts[in->b];
        return EQLI_OP_OK;
    case EQLI_OP_ARITH:
        return eqli_arithmetic((eqli_arith)in->mode, &regs[in->b], &regs[in->t], out);
    case EQLI_OP_NEGATE:
        return eqli_negate(&regs[in->b], out);
    case EQLI_OP_VALUE_COMPARE:
        tri = eqli_compare(EQLI_MODE_CMP(in->mode), &regs[in->b], &regs[in->t],
                           EQLI_MODE_AS(in->mode) == EQLI_AS_VERSION);
        break;
    case EQLI_OP_VALUE_AND:
        tri = eqli_tri_and(eqli_value_tri(&regs[in->b]), eqli_value_tri(&regs[in->t]));
        break;
    case EQLI_OP_VALUE_OR:
        tri = eqli_tri_or(eqli_value_tri(&regs[in->b]), eqli_value_tri(&regs[in->t]));
        break;
    case EQLI_OP_VALUE_NOT:
        tri = eqli_tri_not(eqli_value_tri(&regs[in->b]));
        break;
    case EQLI_OP_IS_NULL:
        tri = regs[in->b].type == EQLM_NULL ? EQLI_TRUE : EQLI_FALSE;
        break;
    case EQLI_OP_CALL:
        return eqli_functions[in->b].fn(&regs[in->t], in->f, in->mode != 0, &vm->scratch, out);
    default:
        return in_set(vm, p, in, out);
    }
    *out = eqli_tri_value(tri);
    return EQLI_OP_OK;
}

eqli_op_result eqli_vm_run_values(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, uint32_t end, bool *failed)
{
    *failed = false;
    eqli_vm_fresh_scratch(vm);
    for (; pc < end; pc++) {
        const eqli_insn *in = &p->insns[pc];
        eqlm_value out = eqli_null();
        eqli_op_result r = run_value(vm, p, in, &out);
        if (eqli_vm_stops(vm, r))
            return r;
        if (r != EQLI_OP_OK) {
            *failed = true;
            out = eqli_null();
        }
        vm->regs[in->a] = out;
    }
    return EQLI_OP_OK;
}

/* The next value of an occurrence that is no null, from `at` on. */
static bool settle(eqli_load_state *l)
{
    eqlm_value v;
    for (; l->at < l->values.n; l->at++) {
        if (eqli_values_at(&l->values, l->at, &v))
            return true;
    }
    return false;
}

bool eqli_vm_open_choices(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, uint32_t end)
{
    uint64_t combinations = 1;
    for (; pc < end; pc++) {
        const eqli_insn *in = &p->insns[pc];
        if (in->op != EQLI_OP_LOAD)
            continue;
        eqli_load_state *l = &vm->loads[in->t];
        eqli_vm_open(vm, p, in->b, &l->values);
        l->at = 0;
        l->missing = !settle(l);
        if (!l->missing && combinations <= p->max_choices)
            combinations *= l->values.n;
    }
    return combinations <= p->max_choices;
}

/* Moves to the next combination of choices, the last occurrence fastest. */
bool eqli_vm_next_choice(eqlm_vm *vm, uint32_t n_loads)
{
    for (uint32_t i = n_loads; i-- > 0;) {
        eqli_load_state *l = &vm->loads[i];
        if (l->missing)
            continue;
        l->at++;
        if (settle(l))
            return true;
        l->at = 0;
        settle(l);
    }
    return false;
}

eqli_op_result eqli_vm_run_leaf(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, bool *hit)
{
    const eqli_insn *in = &p->insns[pc];
    uint32_t end = pc + 1 + in->b;
    *hit = false;
    if (!eqli_vm_open_choices(vm, p, pc + 1, end)) {
        vm->errors++;
        return EQLI_OP_OK;
    }
    do {
        bool failed;
        eqli_op_result r = eqli_vm_run_values(vm, p, pc + 1, end, &failed);
        if (r != EQLI_OP_OK)
            return r;
        *hit = !failed && eqli_value_tri(&vm->regs[0]) == EQLI_TRUE;
    } while (!*hit && eqli_vm_next_choice(vm, in->a));
    return EQLI_OP_OK;
}
