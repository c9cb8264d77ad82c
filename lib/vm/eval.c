/* eval.c - the values of an expression alone. */
#include "base/hash.h"
#include "ops/ip.h"
#include "vm/run.h"

#include <string.h>

enum { SCANNED = 16 }; /* so many results are compared one by one, more are found by their hash */

/* Values that are the same have the same hash. */
static uint64_t value_hash(const eqlm_vm *vm, const eqlm_value *v)
{
    uint64_t seed = (uint64_t)(uintptr_t)vm;
    uint8_t bytes[16] = { 0 };
    uint32_t ns;
    int64_t ms;
    double d;
    switch (v->type) {
    case EQLM_STRING:
        return eqli_key_hash(seed, v->type, (const uint8_t *)v->as.str, v->len);
    case EQLM_IP:
        eqli_ip_widen(bytes, v->as.ip, v->len);
        return eqli_key_hash(seed, v->type, bytes, sizeof bytes);
    case EQLM_DATE:
    case EQLM_FAR_DATE:
        ms = eqli_date_ms(v, &ns);
        memcpy(bytes, &ms, sizeof ms);
        memcpy(bytes + sizeof ms, &ns, sizeof ns);
        return eqli_key_hash(seed, EQLM_DATE, bytes, sizeof bytes);
    case EQLM_I64:
        d = (double)v->as.i64;
        break;
    case EQLM_U64:
        d = (double)v->as.u64;
        break;
    case EQLM_F64:
        d = v->as.f64 == v->as.f64 ? v->as.f64 : 0; /* NaN has many forms */
        break;
    case EQLM_BOOL:
        d = v->as.boolean;
        break;
    default:
        d = 0;
    }
    d += 0.0; /* of the two zeros the positive one */
    memcpy(bytes, &d, sizeof d);
    return eqli_key_hash(seed, EQLM_NULL, bytes, sizeof bytes);
}

/* Where the value's number stands in the table of results, or would be put. */
static uint32_t *place_of(const eqlm_vm *vm, const eqlm_value *v)
{
    uint32_t mask = 2 * vm->cap_results - 1, i = (uint32_t)value_hash(vm, v) & mask;
    while (vm->result_at[i] && !eqli_value_same(&vm->results[vm->result_at[i] - 1], v))
        i = (i + 1) & mask;
    return &vm->result_at[i];
}

static bool is_result(const eqlm_vm *vm, const eqlm_value *v)
{
    if (vm->n_results > SCANNED)
        return *place_of(vm, v) != 0;
    for (uint32_t i = 0; i < vm->n_results; i++) {
        if (eqli_value_same(&vm->results[i], v))
            return true;
    }
    return false;
}

static void fill_table(eqlm_vm *vm)
{
    memset(vm->result_at, 0, 2 * (size_t)vm->cap_results * sizeof *vm->result_at);
    for (uint32_t i = 0; i < vm->n_results; i++)
        *place_of(vm, &vm->results[i]) = i + 1;
}

static bool more_room(eqlm_vm *vm)
{
    size_t old = vm->cap_results, cap = old ? old * 2 : SCANNED, size = sizeof *vm->result_at;
    uint32_t *at = eqli_mem_new(&vm->alloc, 2 * cap * size);
    eqlm_value *results = at ? eqli_mem_resize(&vm->alloc, vm->results, old, cap, sizeof *results) : NULL;
    if (!results) {
        eqli_mem_free(&vm->alloc, at, 2 * cap * size);
        return false;
    }
    eqli_mem_free(&vm->alloc, vm->result_at, 2 * old * size);
    vm->results = results;
    vm->result_at = at;
    vm->cap_results = (uint32_t)cap;
    if (vm->n_results > SCANNED)
        fill_table(vm);
    return true;
}

/* Copies a result out of scratch and adds it unless an equal one is there. */
static eqlm_status add_result(eqlm_vm *vm, const eqlm_value *v)
{
    eqlm_value copy = *v;
    if (is_result(vm, v))
        return EQLM_OK;
    if (vm->n_results == vm->cap_results && !more_room(vm))
        return EQLM_E_NOMEM;
    if (v->type == EQLM_STRING || v->type == EQLM_IP) {
        copy.as.str = eqli_arena_copy(&vm->keep, v->as.str, v->len);
        if (!copy.as.str)
            return eqli_vm_status(eqli_op_no_room(&vm->keep));
    }
    vm->results[vm->n_results++] = copy;
    if (vm->n_results == SCANNED + 1)
        fill_table(vm);
    else if (vm->n_results > SCANNED)
        *place_of(vm, &copy) = vm->n_results;
    return EQLM_OK;
}

eqlm_status eqlm_eval(eqlm_vm *vm, const eqlm_program *p, const void *event, const eqlm_value **values,
                      size_t *n_values)
{
    if (!vm || !p || !values || !n_values || p->kind != EQLM_EXPRESSION)
        return EQLM_E_ARGUMENT;
    eqlm_status status = eqli_vm_prepare(vm, p);
    if (status != EQLM_OK)
        return status;
    const eqli_insn *leaf = &p->insns[0]; /* an expression is one leaf */
    uint32_t end = 1 + leaf->b;
    vm->scope[0] = event;
    vm->n_results = 0;
    eqli_arena_reset(&vm->keep);
    vm->keep.max = p->max_scratch;
    if (!eqli_vm_open_choices(vm, p, 1, end)) {
        vm->errors++;
        return EQLM_E_LIMIT;
    }
    do {
        bool failed;
        eqli_op_result r = eqli_vm_run_values(vm, p, 1, end, &failed);
        if (r != EQLI_OP_OK)
            return eqli_vm_status(r);
        eqlm_value v = failed ? eqli_null() : vm->regs[0];
        status = add_result(vm, &v);
        if (status != EQLM_OK)
            return status;
    } while (eqli_vm_next_choice(vm, leaf->a));
    *values = vm->results;
    *n_values = vm->n_results;
    return EQLM_OK;
}
