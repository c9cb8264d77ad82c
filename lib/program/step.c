/* step.c - prepares the instructions for the vm. */
#include "program/program.h"

static eqli_source source_of(const eqli_slot *s, const eqli_vm_step *step)
{
    const eqli_place *place = &s->place;
    if (s->scope != 0 || place->present_offset != EQLI_ALWAYS)
        return EQLI_FROM_PLACE;
    if (place->storage == EQLM_STORE_STR && (place->len_size == 4 || place->len_size == 8) &&
        place->shape != EQLM_ARRAY_INLINE && step->question > EQLI_ASKS_ORDER)
        return place->shape == EQLM_SCALAR ? EQLI_FROM_TEXT : EQLI_FROM_TEXTS;
    if (place->storage == EQLM_STORE_VALUE && place->shape == EQLM_SCALAR)
        return EQLI_FROM_VALUE;
    return place->storage == EQLM_STORE_GETTER ? EQLI_FROM_GETTER : EQLI_FROM_PLACE;
}

static void ask(const eqlm_program *p, const eqli_insn *in, eqli_vm_step *step)
{
    static const uint8_t orders[] = { [EQLI_CMP_EQ] = 2, [EQLI_CMP_NE] = 5, [EQLI_CMP_LT] = 1,
                                      [EQLI_CMP_LE] = 3, [EQLI_CMP_GT] = 4, [EQLI_CMP_GE] = 6 };
    const eqlm_value *k;
    switch (in->op) {
    case EQLI_OP_EQUAL_TEXT:
        k = &p->consts[in->b];
        step->question = EQLI_ASKS_EQUAL;
        step->with.text = k->as.str;
        step->len = k->len;
        break;
    case EQLI_OP_MATCH:
        step->question = EQLI_ASKS_MATCH;
        step->with.patterns = p->sets[in->b].patterns;
        break;
    case EQLI_OP_TEXT_LENGTH:
        k = &p->consts[in->b];
        if (k->type == EQLM_I64 && k->as.i64 == 0 && EQLI_MODE_CMP(in->mode) == EQLI_CMP_GT)
            step->question = EQLI_ASKS_ANY;
        break;
    case EQLI_OP_COMPARE:
        k = &p->consts[in->b];
        if ((k->type == EQLM_I64 && EQLI_MODE_AS(in->mode) == EQLI_AS_NUM) ||
            (k->type == EQLM_BOOL && EQLI_MODE_AS(in->mode) == EQLI_AS_BOOL)) {
            step->question = EQLI_ASKS_ORDER;
            step->type = (uint8_t)k->type;
            step->len = orders[EQLI_MODE_CMP(in->mode)];
            step->with.number = k->type == EQLM_BOOL ? k->as.boolean : k->as.i64;
        }
        break;
    default:
        break;
    }
}

static eqli_glance glance_of(const eqlm_program *p, uint32_t pc, const eqli_vm_step *step)
{
    const eqli_insn *in = &p->insns[pc];
    if (in->t != pc + 1 || p->insns[in->f].op != EQLI_OP_RETURN_FALSE || step->len > 16)
        return EQLI_GLANCE_NONE;
    if (step->source == EQLI_FROM_TEXT && step->question == EQLI_ASKS_EQUAL)
        return EQLI_GLANCE_EQUAL;
    if (step->source == EQLI_FROM_TEXT && step->question == EQLI_ASKS_MATCH)
        return EQLI_GLANCE_MATCH;
    if (step->source == EQLI_FROM_TEXTS && step->question == EQLI_ASKS_ANY)
        return EQLI_GLANCE_ANY;
    return step->source == EQLI_FROM_GETTER && step->question > EQLI_ASKS_ORDER ? EQLI_GLANCE_GETTER
                                                                                : EQLI_GLANCE_NONE;
}

static void make_step(const eqlm_program *p, uint32_t pc, eqli_vm_step *step)
{
    const eqli_insn *in = &p->insns[pc];
    *step = (eqli_vm_step) { .t = in->t - pc, .f = in->f - pc };
    switch (in->op) {
    case EQLI_OP_RETURN_TRUE:
    case EQLI_OP_RETURN_FALSE:
        step->source = EQLI_FROM_NOTHING;
        step->result = in->op == EQLI_OP_RETURN_TRUE;
        break;
    case EQLI_OP_EXISTS:
    case EQLI_OP_COMPARE:
    case EQLI_OP_IN:
    case EQLI_OP_CIDR:
    case EQLI_OP_EQUAL_TEXT:
    case EQLI_OP_TEXT_LENGTH:
    case EQLI_OP_MATCH:
    case EQLI_OP_REGEX: {
        const eqli_slot *s = &p->slots[in->a];
        ask(p, in, step);
        step->source = (uint8_t)source_of(s, step);
        step->offset = step->source == EQLI_FROM_GETTER ? s->place.field : s->place.offset;
        step->len_offset = s->place.len_offset;
        if (step->source == EQLI_FROM_TEXT || step->source == EQLI_FROM_TEXTS)
            step->wide = s->place.len_size == 8;
        step->glance = (uint8_t)glance_of(p, pc, step);
        break;
    }
    default:
        break;
    }
}

eqlm_status eqli_program_make_steps(eqlm_program *p)
{
    p->steps = eqli_mem_new(&p->alloc, p->n_insns * sizeof *p->steps);
    if (!p->steps)
        return EQLM_E_NOMEM;
    for (uint32_t pc = 0; pc < p->n_insns; pc++)
        make_step(p, pc, &p->steps[pc]);
    if (p->kind == EQLM_EVENT_QUERY && p->n_lineages == 0)
        p->entry = p->steps + p->stages[0].start;
    return EQLM_OK;
}
