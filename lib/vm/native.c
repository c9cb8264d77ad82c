/* native.c - queries that were compiled to C (lib/emit): their programs, and the answers their code wants. */
#include "vm/vm.h"

typedef struct eqli_native {
    eqlm_native pub;
    eqlm_alloc alloc;
    eqlm_program *program;
    uint32_t *fields; /* n_slots of the program */
    uint32_t n_fields;
} eqli_native;

static bool get_nothing(void *ctx, const void *event, uint32_t field, eqlm_value *out)
{
    (void)ctx, (void)event, (void)field, (void)out;
    return false;
}

/* Stands in for the getter when code without places meets a schema that has some: `slot` is a slot. What is
 * no single value is given as an object, for which the code always asks the library. */
static bool get_place(void *ctx, const void *event, uint32_t slot, eqlm_value *out)
{
    const eqlm_program *p = ctx;
    const eqli_place *place = &p->slots[slot].place;
    eqli_values v;
    if (place->storage != EQLM_STORE_GETTER && place->shape != EQLM_SCALAR) {
        *out = (eqlm_value) { .type = EQLM_OBJECT };
        return true;
    }
    eqli_read(place, p->get, p->get_ctx, event, &v);
    if (v.n)
        *out = v.one;
    return v.n != 0;
}

static bool all_from_getter(const eqlm_program *p)
{
    for (uint32_t i = 0; i < p->n_slots; i++) {
        if (!p->slots[i].scope && !p->slots[i].element && p->slots[i].place.storage != EQLM_STORE_GETTER)
            return false;
    }
    return true;
}

static void connect(eqli_native *n, const eqlm_native_rule *rule)
{
    const eqlm_program *p = n->program;
    bool direct = rule->places != 0 || all_from_getter(p);
    n->pub.match = rule->match;
    n->pub.program = p;
    n->pub.fields = n->fields;
    n->pub.get = !direct ? get_place : p->get ? p->get : get_nothing;
    n->pub.get_ctx = direct ? p->get_ctx : n->program;
    for (uint32_t i = 0; i < p->n_slots; i++)
        n->fields[i] = direct ? p->slots[i].place.field : i;
}

eqlm_status eqlm_native_new(const eqlm_alloc *alloc, eqlm_schema *schema, const eqlm_native_rule *rule,
                            eqlm_native **out)
{
    if (!out)
        return EQLM_E_ARGUMENT;
    *out = NULL;
    if (!schema || !rule || !rule->match)
        return EQLM_E_ARGUMENT;
    eqlm_alloc a = eqli_mem_default(alloc);
    eqli_native *n = eqli_mem_new(&a, sizeof *n);
    if (!n)
        return EQLM_E_NOMEM;
    n->alloc = a;
    eqlm_status status = eqlm_program_load(alloc, schema, rule->image, rule->image_len, &n->program);
    if (status == EQLM_OK && rule->places && rule->places != eqlm_program_places(n->program))
        status = EQLM_E_SCHEMA;
    if (status == EQLM_OK) {
        n->fields = eqli_mem_new(&a, n->program->n_slots * sizeof *n->fields);
        n->n_fields = n->fields ? n->program->n_slots : 0;
        status = n->fields ? EQLM_OK : EQLM_E_NOMEM;
    }
    if (status != EQLM_OK) {
        eqlm_native_free(&n->pub);
        return status;
    }
    connect(n, rule);
    *out = &n->pub;
    return EQLM_OK;
}

void eqlm_native_free(eqlm_native *native)
{
    eqli_native *n = (eqli_native *)native; /* pub comes first */
    if (!n)
        return;
    eqlm_alloc a = n->alloc;
    eqlm_program_free(n->program);
    eqli_mem_free(&a, n->fields, n->n_fields * sizeof *n->fields);
    eqli_mem_free(&a, n, sizeof *n);
}

eqlm_status eqlm_native_test(const eqlm_native *native, eqlm_vm *vm, uint32_t test, const void *event,
                             bool *out)
{
    if (!native || !vm || !out)
        return EQLM_E_ARGUMENT;
    const eqlm_program *p = native->program;
    if (test >= p->n_insns || eqli_op_table[p->insns[test].op].group != EQLI_GROUP_TEST)
        return EQLM_E_ARGUMENT;
    eqlm_status status = eqli_vm_prepare(vm, p);
    if (status != EQLM_OK)
        return status;
    bool hit = false;
    eqli_op_result r = eqli_vm_test(vm, p, test, event, &hit);
    if (r != EQLI_OP_OK)
        return eqli_vm_status(r);
    *out = hit;
    return EQLM_OK;
}
