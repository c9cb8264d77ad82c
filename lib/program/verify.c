/* verify.c - the proof that code may run, in one pass by operand kind. Only new kinds of operand need new
 * code here. */
#include "program/program.h"

#include "ops/function.h"

#include <string.h>

/* What has been seen of the region under test. */
typedef struct eqli_checker {
    const eqlm_program *p;
    uint32_t pc, end;    /* instruction and end of its region */
    unsigned scope;      /* SEARCH bodies around it */
    uint32_t arrays[EQLI_MAX_SCOPES]; /* their slots */
    uint8_t *written; /* in a leaf: registers with a value, one bit each */
    bool aliases;        /* the region may read aliases */
    bool lineage_allowed; /* not inside the query of a LINEAGE */
    uint32_t n_loads;    /* loads the leaf declares, and how many were met */
    uint32_t loads_met;
} eqli_checker;

static bool set_of_kind(const eqlm_program *p, uint32_t i, eqli_set_kind kind)
{
    return i < p->n_sets && p->sets[i].kind == kind;
}

static bool is_written(const eqli_checker *c, uint32_t reg)
{
    return c->written && reg < c->p->n_regs && (c->written[reg / 8] >> (reg % 8) & 1) != 0;
}

/* The place of an element's field is counted from an element of that very array. */
static bool slot_is_in_reach(const eqli_checker *c, const eqli_slot *s)
{
    if (s->scope >= EQLI_SCOPE_ALIAS)
        return c->aliases;
    return s->scope == 0 || (s->scope <= c->scope && s->parent == c->arrays[s->scope - 1]);
}

static bool argument_is_good(const eqli_checker *c, const eqli_insn *in, uint8_t kind, uint32_t v)
{
    const eqlm_program *p = c->p;
    switch ((eqli_operand)kind) {
    case EQLI_ARG_NONE:
        return v == 0;
    case EQLI_ARG_SLOT:
        return v < p->n_slots && slot_is_in_reach(c, &p->slots[v]);
    case EQLI_ARG_REG:
        return is_written(c, v);
    case EQLI_ARG_CMP:
        return EQLI_MODE_CMP(v) <= EQLI_CMP_GE && v < 0x80;
    case EQLI_ARG_AS:
        return (v & 7u) == 0 && v < 0x80;
    case EQLI_ARG_ARITH:
        return v <= EQLI_MOD;
    case EQLI_ARG_FLAG:
        return v <= 1;
    case EQLI_ARG_LINEAGE:
        return v < p->n_lineages && c->lineage_allowed;
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
    /* A value instruction writes register a; everything else it names must be there already. */
    bool writes = info->group == EQLI_GROUP_VALUE;
    if (writes != (c->written != NULL))
        return false;
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

/* The leaf at outer->pc. */
static bool leaf_is_good(const eqli_checker *outer)
{
    const eqlm_program *p = outer->p;
    const eqli_insn *leaf = &p->insns[outer->pc];
    eqli_checker c = *outer;
    uint8_t written[EQLI_MAX_REGS / 8];
    memset(written, 0, (p->n_regs + 7) / 8);
    c.pc = outer->pc + 1;
    c.end = c.pc + leaf->b;
    c.written = written;
    c.n_loads = leaf->a;
    for (; c.pc < c.end; c.pc++) {
        if (!insn_is_good(&c))
            return false;
    }
    return c.loads_met == c.n_loads && is_written(&c, 0);
}

/* The innermost region of every instruction, so that no jump enters a body without its set-up. */
typedef struct eqli_regions {
    uint32_t *of; /* region of instruction i, 0: none yet; with the flags below */
    uint32_t n;   /* regions so far */
} eqli_regions;

/* What is known of a region goes with its number, so that a region met again is judged by what it was
 * allowed. */
enum { REGION_ENTRY = 1, REGION_ALIASES = 2, REGION_LINEAGE = 4, REGION_SHIFT = 3 };

/* Branch code in [pc, end); recursion is bounded by EQLI_MAX_SCOPES through operand kind SCOPE. */
static bool region_is_good(const eqlm_program *p, eqli_checker c, eqli_regions *regions)
{
    uint32_t end = c.end;
    uint32_t id = ++regions->n << REGION_SHIFT | (c.aliases ? REGION_ALIASES : 0u) |
                  (c.lineage_allowed ? REGION_LINEAGE : 0u);
    bool ends = false; /* the last instruction must be a RETURN: nothing falls out of a region */
    for (; c.pc < end; c.pc++) {
        const eqli_insn *in = &p->insns[c.pc];
        if (!insn_is_good(&c))
            return false;
        regions->of[c.pc] = id;
        ends = eqli_op_table[in->op].group == EQLI_GROUP_END;
        if (in->op == EQLI_OP_LEAF) {
            if (!leaf_is_good(&c))
                return false;
            for (uint32_t i = 1, leaf = ++regions->n << REGION_SHIFT; i <= in->b; i++)
                regions->of[c.pc + i] = leaf;
            c.pc += in->b;
        } else if (in->op == EQLI_OP_SEARCH) {
            eqli_checker body = c;
            body.pc = c.pc + 1;
            body.end = c.pc + 1 + in->b;
            body.arrays[body.scope++] = in->a;
            if (!region_is_good(p, body, regions))
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
        uint32_t here = regions->of[pc] & ~(uint32_t)REGION_ENTRY; /* no jump goes back to an entry */
        if ((info->t == EQLI_ARG_TARGET && regions->of[in->t] != here) ||
            (info->f == EQLI_ARG_TARGET && regions->of[in->f] != here))
            return false;
    }
    return true;
}

static bool consts_are_good(const eqlm_program *p)
{
    for (uint32_t i = 0; i < p->n_consts; i++) {
        const eqlm_value *v = &p->consts[i];
        if ((v->type > EQLM_DATE && v->type != EQLM_FAR_DATE) ||
            (v->type == EQLM_IP && v->len != 4 && v->len != 16))
            return false;
    }
    return true;
}

static bool slots_are_good(const eqlm_program *p)
{
    for (uint32_t i = 0; i < p->n_slots; i++) {
        const eqli_slot *s = &p->slots[i];
        if (s->name >= p->n_consts || p->consts[s->name].type != EQLM_STRING ||
            s->type > EQLM_TYPE_UNMAPPED)
            return false;
        if (s->scope >= EQLI_SCOPE_ALIAS) {
            uint32_t alias = s->scope - EQLI_SCOPE_ALIAS;
            if (s->element || alias >= p->n_aliases || s->parent >= p->aliases[alias].n)
                return false;
            continue;
        }
        if (s->scope > EQLI_MAX_SCOPES)
            return false;
        if ((s->scope == 0) != (s->parent == EQLI_NO_FIELD) || (s->element && s->scope == 0))
            return false;
        /* No alias can be a parent: the scope of one is higher than any scope here. */
        if (s->scope &&
            (s->parent >= i || p->slots[s->parent].element || p->slots[s->parent].scope >= s->scope))
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
        return v->type == EQLM_STRING || v->type == EQLM_BOOL || eqli_is_date(v) || eqli_is_number(v);
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
    if (p->kind > EQLM_EXPRESSION || p->dialect > EQLM_DIALECT_ENDPOINT)
        return false;
    if (p->n_insns == 0 || p->n_insns > EQLI_MAX_INSNS || p->n_regs > EQLI_MAX_REGS)
        return false;
    if (p->max_choices > EQLI_CEIL_CHOICES || p->max_scratch > EQLI_CEIL_SCRATCH ||
        p->max_regex_states > EQLI_CEIL_REGEX_STATES)
        return false;
    bool single = p->kind == EQLM_EVENT_QUERY || p->kind == EQLM_EXPRESSION;
    if (p->n_stages == 0 ||
        (single && (p->n_stages != 1 || p->stages[0].missing || p->n_keys || p->n_aliases)))
        return false;
    if (p->has_until && p->kind != EQLM_SEQUENCE)
        return false;
    /* eqlm_eval runs instruction 0 as the one leaf of an expression. */
    return p->kind != EQLM_EXPRESSION || p->insns[0].op == EQLI_OP_LEAF;
}

static bool is_event_slot(const eqlm_program *p, uint32_t slot)
{
    return slot < p->n_slots && p->slots[slot].scope == 0;
}

/* Stages, keys, aliases, inner queries: what a stream trusts. */
static bool structure_is_good(const eqlm_program *p)
{
    uint32_t positive = 0;
    for (uint32_t i = 0; i < eqli_program_n_regions(p); i++) {
        const eqli_stage *s = &p->stages[i];
        if (s->first_key > p->n_keys || s->n_keys > p->n_keys - s->first_key ||
            s->n_keys != p->stages[0].n_keys || (s->missing && (i == p->n_stages || p->maxspan_ns < 0)))
            return false;
        positive += !s->missing && i < p->n_stages;
    }
    if (positive == 0 || p->maxspan_ns < -1)
        return false;
    for (uint32_t i = 0; i < p->n_keys; i++) {
        if (!is_event_slot(p, p->keys[i].slot))
            return false;
    }
    for (uint32_t i = 0; i < p->n_captures; i++) {
        if (!is_event_slot(p, p->captures[i]))
            return false;
    }
    for (uint32_t i = 0; i < p->n_aliases; i++) {
        const eqli_alias *a = &p->aliases[i];
        if (a->stage >= p->n_stages || a->first > p->n_captures || a->n > p->n_captures - a->first)
            return false;
    }
    for (uint32_t i = 0; i < p->n_lineages; i++) {
        if (p->lineages[i].relation > EQLI_REL_EVENT)
            return false;
    }
    return true;
}

/* One region of code from outside. Stages made by `runs` share theirs, so a region met before is not walked
 * again. */
static bool entry_is_good(const eqlm_program *p, eqli_regions *regions, uint32_t start, uint32_t len,
                          bool aliases, bool lineage)
{
    uint32_t *of = regions->of;
    if (start > p->n_insns || len > p->n_insns - start || len == 0)
        return false;
    if (of[start]) {
        uint32_t forbidden = (aliases ? 0u : REGION_ALIASES) | (lineage ? 0u : REGION_LINEAGE);
        uint32_t end = start + len, id = of[start] & ~(uint32_t)REGION_ENTRY;
        bool whole = of[end - 1] == id && (end == p->n_insns || of[end] != id);
        return (of[start] & REGION_ENTRY) && !(of[start] & forbidden) && (whole || len == 1);
    }
    eqli_checker c = {
        .p = p, .pc = start, .end = start + len, .aliases = aliases, .lineage_allowed = lineage
    };
    if (!region_is_good(p, c, regions))
        return false;
    of[start] |= REGION_ENTRY;
    return true;
}

static bool code_is_good(const eqlm_program *p, eqli_regions *regions)
{
    for (uint32_t i = 0; i < p->n_lineages; i++) {
        if (!entry_is_good(p, regions, p->lineages[i].start, p->lineages[i].len, false, false))
            return false;
    }
    for (uint32_t i = 0; i < eqli_program_n_regions(p); i++) {
        const eqli_stage *s = &p->stages[i];
        if (!entry_is_good(p, regions, s->start, s->len, false, true) ||
            (s->join_len && !entry_is_good(p, regions, s->join_start, s->join_len, true, true)))
            return false;
    }
    /* Every instruction belongs to a region, so that no unchecked code stays behind. */
    for (uint32_t pc = 0; pc < p->n_insns; pc++) {
        if (!regions->of[pc])
            return false;
    }
    return targets_stay_in_region(p, regions);
}

eqlm_status eqli_program_verify(const eqlm_program *p)
{
    if (!header_is_good(p) || !consts_are_good(p) || !slots_are_good(p) || !sets_are_good(p) ||
        !structure_is_good(p))
        return EQLM_E_IMAGE;
    eqli_regions regions = { eqli_mem_new(&p->alloc, p->n_insns * sizeof(uint32_t)), 0 };
    if (!regions.of)
        return EQLM_E_NOMEM;
    bool good = code_is_good(p, &regions);
    eqli_mem_free(&p->alloc, regions.of, p->n_insns * sizeof(uint32_t));
    return good ? EQLM_OK : EQLM_E_IMAGE;
}
