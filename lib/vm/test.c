/* test.c - tests of one slot, in general: any storage, any type of value, any number of values.
 *
 * A test takes the value of one slot; it holds when some value makes it true. */
#include "base/text.h"
#include "vm/run.h"

#include <string.h>

void eqli_vm_open(const eqlm_vm *vm, const eqlm_program *p, uint32_t slot, eqli_values *v)
{
    const eqli_slot *s = &p->slots[slot];
    if (s->element) {
        v->one = vm->element[s->scope];
        eqli_values_of(v);
        return;
    }
    const void *event = vm->scope[s->scope];
    if (!event) { /* an element that is no object has no fields */
        v->n = 0;
        return;
    }
    eqli_read(&s->place, p->get, p->get_ctx, event, v);
}

static eqli_op_result match_regex(eqlm_vm *vm, const eqlm_program *p, const eqli_set *set,
                                  const eqlm_value *v, bool *hit)
{
    *hit = false;
    if (v->type != EQLM_STRING)
        return EQLI_OP_BAD_TYPE;
    eqli_regex_cache *cache = eqli_vm_regex(vm, p, set->regex);
    if (!cache)
        return EQLI_OP_NOMEM;
    return eqli_regex_match(set->regex, cache, v->as.str, v->len, hit);
}

static bool in_values(const eqli_set *set, const eqlm_value *v)
{
    uint32_t lo = 0, hi = set->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int order = eqli_value_order(&set->values[mid], v);
        if (order == 0)
            return true;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

/* Several programs ask about one address in a row. */
static const eqli_ip *read_address(eqlm_vm *vm, const eqlm_value *v)
{
    if (v->len > sizeof vm->ip_text)
        return NULL;
    if (v->len != vm->ip_text_len || memcmp(v->as.str, vm->ip_text, v->len) != 0) {
        vm->ip_text_len = 0;
        if (!eqli_ip_parse(v->as.str, v->len, &vm->ip))
            return NULL;
        memcpy(vm->ip_text, v->as.str, v->len);
        vm->ip_text_len = (uint8_t)v->len;
    }
    return &vm->ip;
}

static eqli_op_result in_blocks(eqlm_vm *vm, const eqli_set *set, const eqlm_value *v, bool *hit)
{
    eqli_ip own;
    const eqli_ip *ip = &own;
    *hit = false;
    if (v->type == EQLM_IP)
        own = eqli_ip_of(v->as.ip, v->len);
    else if (v->type != EQLM_STRING)
        return EQLI_OP_BAD_TYPE;
    else
        ip = v->len ? read_address(vm, v) : NULL;
    if (!ip)
        return EQLI_OP_BAD_ADDRESS;
    *hit = eqli_cidrs_match(set->blocks, set->n, ip);
    return EQLI_OP_OK;
}

/* An address or a date, which may equal several texts: no table of the set knows them. */
static bool own_in_set(const eqlm_program *p, const eqli_set *set, const eqlm_value *v)
{
    bool hit = false;
    for (uint32_t i = 0; i < set->n && !hit; i++)
        hit = eqli_compare(EQLI_CMP_EQ, v, &p->consts[set->first + i], false) == EQLI_TRUE;
    return hit;
}

eqli_op_result eqli_vm_in_set(eqlm_vm *vm, const eqlm_program *p, const eqli_set *set, const eqlm_value *v,
                              bool *hit)
{
    *hit = false;
    if (eqli_is_own(v) && (set->kind == EQLI_SET_PATTERNS || set->kind == EQLI_SET_VALUES)) {
        *hit = own_in_set(p, set, v);
        return EQLI_OP_OK;
    }
    switch ((eqli_set_kind)set->kind) {
    case EQLI_SET_PATTERNS:
        return v->type == EQLM_STRING
                   ? eqli_pattern_set_match(set->patterns, v->as.str, v->len, &vm->scratch, hit)
                   : EQLI_OP_BAD_TYPE;
    case EQLI_SET_REGEX:
        return match_regex(vm, p, set, v, hit);
    case EQLI_SET_BLOCKS:
        return in_blocks(vm, set, v, hit);
    default:
        *hit = in_values(set, v);
        return EQLI_OP_OK;
    }
}

static eqli_op_result test_length(const eqli_insn *in, const eqlm_value *v, const eqlm_value *k, bool *hit)
{
    if (v->type != EQLM_STRING)
        return EQLI_OP_BAD_TYPE;
    if (k->type == EQLM_I64 && k->as.i64 == 0 && EQLI_MODE_CMP(in->mode) == EQLI_CMP_GT) {
        *hit = v->len != 0; /* the usual question needs no count */
        return EQLI_OP_OK;
    }
    eqlm_value n = eqli_i64((int64_t)eqli_utf16_len(v->as.str, v->len));
    *hit = eqli_compare(EQLI_MODE_CMP(in->mode), &n, k, false) == EQLI_TRUE;
    return EQLI_OP_OK;
}

/* Whether one value, read as the test asks and no null, passes it. */
static eqli_op_result test_value(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in, const eqlm_value *v,
                                 bool *hit)
{
    *hit = false;
    switch (in->op) {
    case EQLI_OP_EXISTS:
        *hit = true;
        return EQLI_OP_OK;
    case EQLI_OP_COMPARE:
    case EQLI_OP_EQUAL_TEXT: /* its mode says == */
        *hit = eqli_compare(EQLI_MODE_CMP(in->mode), v, &p->consts[in->b],
                            EQLI_MODE_AS(in->mode) == EQLI_AS_VERSION) == EQLI_TRUE;
        return EQLI_OP_OK;
    case EQLI_OP_TEXT_LENGTH:
        return test_length(in, v, &p->consts[in->b], hit);
    default:
        return eqli_vm_in_set(vm, p, &p->sets[in->b], v, hit);
    }
}

eqli_op_result eqli_vm_test_values(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in,
                                   const eqli_values *values, bool *hit)
{
    eqli_as as = EQLI_MODE_AS(in->mode);
    for (uint32_t i = 0; i < values->n && !*hit; i++) {
        eqlm_value v;
        if (!eqli_values_at(values, i, &v))
            continue;
        eqli_vm_fresh_scratch(vm);
        bool is_text = v.type == EQLM_STRING && (as == EQLI_AS_STR || as == EQLI_AS_VERSION);
        eqli_op_result r = EQLI_OP_OK;
        if (!is_text && as != EQLI_AS_RAW) {
            eqlm_value raw = v;
            r = eqli_read_as(as, (in->mode & EQLI_COERCE) != 0, &raw, &vm->scratch, &v);
        }
        if (r == EQLI_OP_OK && v.type != EQLM_NULL)
            r = test_value(vm, p, in, &v, hit);
        if (eqli_vm_stops(vm, r))
            return r;
    }
    return EQLI_OP_OK;
}
