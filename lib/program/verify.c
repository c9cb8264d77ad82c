/* verify.c - the proof that code may run, in one pass by operand kind. Only new kinds of operand need new code here. */
#include "program/program.h"

#include "ops/function.h"


/* What has been seen of the region under test. */
typedef struct eqli_checker {
    const eqlm_program *p;
    uint32_t pc, end;    /* instruction and end of its region */
    unsigned scope;      /* SEARCH bodies around it */
    bool in_leaf;
    uint32_t n_loads;    /* loads the leaf declares, and how many were met */
    uint32_t loads_met;
    uint8_t written[EQLI_MAX_REGS / 8]; /* registers with a value */
} eqli_checker;

static bool set_of_kind(const eqlm_program *p, uint32_t i, eqli_set_kind kind)
{
    return i < p->n_sets && p->sets[i].kind == kind;
}

static bool is_written(const eqli_checker *c, uint32_t reg)
{
    return reg < c->p->n_regs && (c->written[reg / 8] >> (reg % 8) & 1) != 0;
}

static bool argument_is_good(const eqli_checker *c, const eqli_insn *in, uint8_t kind, uint32_t v)
{
    const eqlm_program *p = c->p;
    switch ((eqli_operand)kind) {
    case EQLI_ARG_NONE:
        return v == 0;
    case EQLI_ARG_SLOT:
        return v < p->n_slots && p->slots[v].scope <= c->scope;
    case EQLI_ARG_REG:
        return is_written(c, v);
    case EQLI_ARG_CMP:
        return EQLI_MODE_CMP(v) <= EQLI_CMP_GE && EQLI_MODE_AS(v) <= EQLI_AS_VERSION && v < 0x80;
    case EQLI_ARG_AS:
        return (v & 7u) == 0 && EQLI_MODE_AS(v) <= EQLI_AS_VERSION && v < 0x80;
    case EQLI_ARG_ARITH:
        return v <= EQLI_MOD;
    case EQLI_ARG_FLAG:
        return v <= 1;
    case EQLI_ARG_SCOPE:
        return v == c->scope + 1 && v <= EQLI_MAX_SCOPES;
    case EQLI_ARG_CONST:
        return v < p->n_consts;
    case EQLI_ARG_PATTERNS:
        return set_of_kind(p, v, EQLI_SET_PATTERNS);
    case EQLI_ARG_REGEX:
        return set_of_kind(p, v, EQLI_SET_REGEX);
    case EQLI_ARG_VALUES:
        return set_of_kind(p, v, EQLI_SET_VALUES);
    case EQLI_ARG_BLOCKS:
        return set_of_kind(p, v, EQLI_SET_BLOCKS);
    case EQLI_ARG_TARGET: /* forward only: this bounds the running time */
        return v > c->pc && v < c->end;
    case EQLI_ARG_LENGTH:
        return v < c->end - c->pc - 1;
    case EQLI_ARG_COUNT:
        return v <= EQLI_MAX_LOADS;
    case EQLI_ARG_FN:
        return v < EQLI_FN_COUNT && in->f >= eqli_functions[v].min_args && in->f <= p->n_regs &&
               (eqli_functions[v].max_args == UINT8_MAX || in->f <= eqli_functions[v].max_args);
    case EQLI_ARG_ARGS:
        for (uint32_t i = 0; i < v; i++) {
            if (in->t > UINT32_MAX - i || !is_written(c, in->t + i))
                return false;
        }
        return true;
    }
    return false;
}

/* What no operand kind can say, because it concerns two operands or the kind of a constant. */
static bool details_are_good(eqli_checker *c, const eqli_insn *in)
{
    switch (in->op) {
    case EQLI_OP_EQUAL_TEXT:
        return c->p->consts[in->b].type == EQLM_STRING;
    case EQLI_OP_TEXT_LENGTH:
        return eqli_is_number(&c->p->consts[in->b]);
    case EQLI_OP_LOAD: /* numbered in order, so that each choice belongs to one slot */
        return in->t == c->loads_met++ && in->t < c->n_loads;
    case EQLI_OP_CALL:
        return in->mode == 0 || (in->mode == 1 && eqli_functions[in->b].tilde);
    default:
        return true;
    }
}

static bool insn_is_good(eqli_checker *c)
{
    const eqli_insn *in = &c->p->insns[c->pc];
    if (in->op >= EQLI_OP_COUNT)
        return false;
    const eqli_op_info *info = &eqli_op_table[in->op];
    if ((info->group == EQLI_GROUP_VALUE) != c->in_leaf)
        return false;
    /* A value instruction writes register a; everything else it names must be there already. */
    bool writes = info->group == EQLI_GROUP_VALUE;
    if (writes ? in->a >= c->p->n_regs : !argument_is_good(c, in, info->a, in->a))
        return false;
    if (!argument_is_good(c, in, info->mode, in->mode) || !argument_is_good(c, in, info->b, in->b) ||
        !argument_is_good(c, in, info->t, in->t) || !argument_is_good(c, in, info->f, in->f) ||
        !details_are_good(c, in))
        return false;
    if (writes)
        c->written[in->a / 8] |= (uint8_t)(1u << (in->a % 8));
    return true;
}

static bool leaf_is_good(const eqlm_program *p, uint32_t pc, unsigned scope)
{
    const eqli_insn *leaf = &p->insns[pc];
    eqli_checker c = { .p = p, .pc = pc + 1, .end = pc + 1 + leaf->b, .scope = scope, .in_leaf = true,
                       .n_loads = leaf->a };
    for (; c.pc < c.end; c.pc++) {
        if (!insn_is_good(&c))
            return false;
    }
    return c.loads_met == c.n_loads && is_written(&c, 0);
}

/* The innermost region of every instruction, so that no jump enters a body without its set-up. */
typedef struct eqli_regions {
    uint32_t *of; /* region of instruction i */
    uint32_t n;   /* regions so far */
} eqli_regions;

/* Branch code in [pc, end); recursion is bounded by EQLI_MAX_SCOPES through operand kind SCOPE. */
static bool region_is_good(const eqlm_program *p, uint32_t pc, uint32_t end, unsigned scope, eqli_regions *regions)
{
    eqli_checker c = { .p = p, .pc = pc, .end = end, .scope = scope };
    uint32_t id = regions->n++;
    bool ends = false; /* the last instruction must be a RETURN: nothing falls out of a region */
    for (; c.pc < end; c.pc++) {
        const eqli_insn *in = &p->insns[c.pc];
        if (!insn_is_good(&c))
            return false;
        regions->of[c.pc] = id;
        ends = eqli_op_table[in->op].group == EQLI_GROUP_END;
        if (in->op == EQLI_OP_LEAF) {
            if (!leaf_is_good(p, c.pc, scope))
                return false;
            for (uint32_t i = 1, leaf = regions->n++; i <= in->b; i++)
                regions->of[c.pc + i] = leaf;
            c.pc += in->b;
        } else if (in->op == EQLI_OP_SEARCH) {
            if (!region_is_good(p, c.pc + 1, c.pc + 1 + in->b, scope + 1, regions))
                return false;
            c.pc += in->b;
        }
    }
    return ends;
}

static bool targets_stay_in_region(const eqlm_program *p, const eqli_regions *regions)
{
    for (uint32_t pc = 0; pc < p->n_insns; pc++) {
        const eqli_insn *in = &p->insns[pc];
        const eqli_op_info *info = &eqli_op_table[in->op];
        if ((info->t == EQLI_ARG_TARGET && regions->of[in->t] != regions->of[pc]) ||
            (info->f == EQLI_ARG_TARGET && regions->of[in->f] != regions->of[pc]))
            return false;
    }
    return true;
}

static bool consts_are_good(const eqlm_program *p)
{
    for (uint32_t i = 0; i < p->n_consts; i++) {
        const eqlm_value *v = &p->consts[i];
        if (v->type > EQLM_DATE || (v->type == EQLM_IP && v->len != 4 && v->len != 16))
            return false;
    }
    return true;
}

static bool slots_are_good(const eqlm_program *p)
{
    for (uint32_t i = 0; i < p->n_slots; i++) {
        const eqli_slot *s = &p->slots[i];
        if (s->name >= p->n_consts || p->consts[s->name].type != EQLM_STRING || s->scope > EQLI_MAX_SCOPES ||
            s->type > EQLM_TYPE_UNMAPPED)
            return false;
        if (s->element ? s->scope == 0 : (s->scope == 0) != (s->parent == EQLI_NO_FIELD))
            return false;
        if (!s->element && s->scope && (s->parent >= i || p->slots[s->parent].element))
            return false;
    }
    return true;
}

static bool member_is_good(const eqli_set *set, uint32_t i, const eqlm_value *v)
{
    switch ((eqli_set_kind)set->kind) {
    case EQLI_SET_PATTERNS:
        return v->type == EQLM_STRING && set->kinds[i] <= EQLI_PAT_CONTAINS;
    case EQLI_SET_REGEX:
    case EQLI_SET_BLOCKS:
        return v->type == EQLM_STRING;
    case EQLI_SET_VALUES:
        return v->type == EQLM_BOOL || v->type == EQLM_DATE || eqli_is_number(v);
    }
    return false;
}

static bool sets_are_good(const eqlm_program *p)
{
    for (uint32_t i = 0; i < p->n_sets; i++) {
        const eqli_set *set = &p->sets[i];
        if (set->n == 0 || set->first > p->n_consts || set->n > p->n_consts - set->first)
            return false;
        for (uint32_t k = 0; k < set->n; k++) {
            if (!member_is_good(set, k, &p->consts[set->first + k]))
                return false;
        }
    }
    return true;
}

static bool header_is_good(const eqlm_program *p)
{
    if (p->kind != EQLM_EVENT_QUERY && p->kind != EQLM_EXPRESSION)
        return false;
    if (p->n_insns == 0 || p->n_insns > EQLI_MAX_INSNS || p->n_regs > EQLI_MAX_REGS)
        return false;
    if (p->max_choices > EQLI_CEIL_CHOICES || p->max_scratch > EQLI_CEIL_SCRATCH ||
        p->max_regex_states > EQLI_CEIL_REGEX_STATES)
        return false;
    /* eqlm_eval runs instruction 0 as the one leaf of an expression. */
    return p->kind != EQLM_EXPRESSION || p->insns[0].op == EQLI_OP_LEAF;
}

eqlm_status eqli_program_verify(const eqlm_program *p)
{
    if (!header_is_good(p) || !consts_are_good(p) || !slots_are_good(p) || !sets_are_good(p))
        return EQLM_E_IMAGE;
    eqli_regions regions = { eqli_mem_new(&p->alloc, p->n_insns * sizeof(uint32_t)), 0 };
    if (!regions.of)
        return EQLM_E_NOMEM;
    bool good = region_is_good(p, 0, p->n_insns, 0, &regions) && targets_stay_in_region(p, &regions);
    eqli_mem_free(&p->alloc, regions.of, p->n_insns * sizeof(uint32_t));
    return good ? EQLM_OK : EQLM_E_IMAGE;
}
