#include "codegen/value.h"

#include "check/check.h"
#include "ops/function.h"

static void gen_value(eqli_gen *g, const eqli_node *n, uint32_t dst, eqli_as as);

uint32_t eqli_gen_slot(eqli_gen *g, const eqli_node *field)
{
    const eqli_field_ref *f = &field->u.field;
    if (f->alias)
        return eqli_emit_alias_slot(&g->e, f, f->alias - 1u);
    return eqli_emit_slot(&g->e, f, f->scope ? g->arrays[f->scope - 1] : EQLI_NO_FIELD);
}

bool eqli_gen_uses_alias(const eqli_node *n)
{
    if (n->kind == EQLI_N_FIELD)
        return n->u.field.alias != 0;
    for (uint32_t i = 0; i < n->n_kids; i++) {
        if (eqli_gen_uses_alias(n->kids[i]))
            return true;
    }
    return false;
}

eqli_as eqli_gen_as(const eqli_node *field, eqli_type other)
{
    switch ((eqli_type)field->type) {
    case EQLI_T_BOOL:
    case EQLI_T_INT:
    case EQLI_T_DOUBLE:
    case EQLI_T_IP:
    case EQLI_T_DATE:
    case EQLI_T_VERSION:
        return eqli_as_of_type((eqli_type)field->type);
    default:
        break;
    }
    eqli_as as = eqli_as_of_type(other);
    if (field->type == EQLI_T_STRING)
        return as == EQLI_AS_RAW ? EQLI_AS_STR : as;
    return as == EQLI_AS_STR ? EQLI_AS_ANY : as;
}

static eqlm_value_type family_of(const eqlm_value *v)
{
    return eqli_is_number(v) ? EQLM_I64 : eqli_is_date(v) ? EQLM_DATE : (eqlm_value_type)v->type;
}

eqli_node **eqli_gen_members(eqli_gen *g, const eqli_node *n, eqlm_value_type family, uint32_t *count)
{
    eqli_node **members = eqli_cx_alloc(g->e.cx, n->n_kids, sizeof *members);
    *count = 0;
    for (uint32_t i = 1; members && i < n->n_kids; i++) {
        if (n->kids[i]->kind == EQLI_N_CONST && family_of(&n->kids[i]->u.value) == family)
            members[(*count)++] = n->kids[i];
    }
    return members;
}

bool eqli_gen_folds(const eqli_node *match)
{
    return match->op == EQLI_MATCH_COLON || match->fold;
}

void eqli_gen_returns(eqli_gen *g, uint32_t yes, uint32_t no)
{
    eqli_emit_place(&g->e, yes);
    eqli_emit_insn(&g->e, (eqli_insn){ .op = EQLI_OP_RETURN_TRUE });
    eqli_emit_place(&g->e, no);
    eqli_emit_insn(&g->e, (eqli_insn){ .op = EQLI_OP_RETURN_FALSE });
}

/* Emits a value instruction, after making sure of its register. */
static void put(eqli_gen *g, eqli_op op, unsigned mode, uint32_t dst, uint32_t b, uint32_t t, uint32_t f)
{
    if (dst >= EQLI_MAX_REGS) {
        if (!g->e.cx->stopped)
            eqli_error(g->e.cx, (eqli_span){ 0, 0 }, EQLI_D_PROGRAM_TOO_LARGE);
        g->e.cx->stopped = true;
        return;
    }
    if (dst + 1 > g->e.n_regs)
        g->e.n_regs = dst + 1;
    eqli_emit_insn(&g->e, (eqli_insn){ (uint8_t)op, (uint8_t)mode, (uint16_t)dst, b, t, f });
}

static void gen_load(eqli_gen *g, const eqli_node *n, uint32_t dst, eqli_as as)
{
    if (g->e.n_loads == EQLI_MAX_LOADS) {
        if (!g->e.cx->stopped)
            eqli_error(g->e.cx, n->span, EQLI_D_LEAF_TOO_LARGE, (uint32_t)EQLI_MAX_LOADS);
        g->e.cx->stopped = true;
        return;
    }
    uint32_t slot = eqli_gen_slot(g, n);
    put(g, EQLI_OP_LOAD, EQLI_MODE(0, as, g->e.typed), dst, slot, g->e.n_loads++, 0);
}

/* The type an operand is compared with; a field the schema does not know takes the other side's. */
static eqli_as operand_as(const eqli_node *n, const eqli_node *other)
{
    return n->kind == EQLI_N_FIELD ? eqli_gen_as(n, (eqli_type)other->type) : EQLI_AS_RAW;
}

static void gen_compare(eqli_gen *g, const eqli_node *n, eqli_cmp op, uint32_t dst)
{
    const eqli_node *a = n->kids[0], *b = n->kids[1];
    bool a_null = eqli_node_is_null(a);
    bool b_null = eqli_node_is_null(b);
    if ((a_null || b_null) && (op == EQLI_CMP_EQ || op == EQLI_CMP_NE)) {
        const eqli_node *e = a_null ? b : a;
        gen_value(g, e, dst, EQLI_AS_RAW); /* a field has a value whether or not that can be read as its type */
        put(g, EQLI_OP_IS_NULL, 0, dst, dst, 0, 0);
        if (op == EQLI_CMP_NE)
            put(g, EQLI_OP_VALUE_NOT, 0, dst, dst, 0, 0);
        return;
    }
    const eqli_node *text = b->kind == EQLI_N_CONST ? b : a, *field = text == b ? a : b;
    if (field->type == EQLI_T_IP && eqli_node_is_text(text)) {
        eqli_node *member = (eqli_node *)(uintptr_t)text; /* an address block (decision 8) */
        gen_value(g, field, dst, EQLI_AS_RAW);
        put(g, EQLI_OP_VALUE_CIDR, 0, dst, dst,
            eqli_emit_set(&g->e, EQLI_SET_BLOCKS, false, 0, &member, 1, text), 0);
        if (op == EQLI_CMP_NE)
            put(g, EQLI_OP_VALUE_NOT, 0, dst, dst, 0, 0);
        return;
    }
    bool version = a->type == EQLI_T_VERSION || b->type == EQLI_T_VERSION;
    gen_value(g, a, dst, operand_as(a, b));
    gen_value(g, b, dst + 1, operand_as(b, a));
    put(g, EQLI_OP_VALUE_COMPARE, EQLI_MODE(op, version ? EQLI_AS_VERSION : EQLI_AS_RAW, false), dst, dst,
        dst + 1, 0);
}

static void gen_match(eqli_gen *g, const eqli_node *n, uint32_t dst)
{
    uint32_t count;
    eqli_node **members = eqli_gen_members(g, n, EQLM_STRING, &count);
    gen_value(g, n->kids[0], dst, EQLI_AS_STR);
    if (count == 0) {
        put(g, EQLI_OP_CONST, 0, dst, eqli_emit_const(&g->e, eqli_null()), 0, 0);
        return;
    }
    bool fold = eqli_gen_folds(n);
    if (n->op == EQLI_MATCH_REGEX)
        put(g, EQLI_OP_VALUE_REGEX, 0, dst, dst,
            eqli_emit_set(&g->e, EQLI_SET_REGEX, fold, 0, members, count, n), 0);
    else
        put(g, EQLI_OP_VALUE_MATCH, eqli_only_stars(n) ? EQLI_NULL_IS_FALSE : 0, dst, dst,
            eqli_emit_set(&g->e, EQLI_SET_PATTERNS, fold, EQLI_PAT_GLOB, members, count, n), 0);
}

/* dst = dst or (member test into dst + 2) */
static void merge(eqli_gen *g, uint32_t dst)
{
    put(g, EQLI_OP_VALUE_OR, 0, dst, dst, dst + 2, 0);
}

static bool has_null_item(const eqli_node *n)
{
    for (uint32_t i = 1; i < n->n_kids; i++) {
        if (eqli_node_is_null(n->kids[i]))
            return true;
    }
    return false;
}

/* How the left side is read: as its own type or, where the schema leaves that open, as the members ask for
 * (decision 22). RAW: each family of members compares with the value as it is; one of another family is then
 * just not equal. */
static eqli_as left_as(const eqli_gen *g, const eqli_node *n)
{
    const eqli_node *left = n->kids[0];
    eqli_type members = EQLI_T_NULL;
    if (left->kind != EQLI_N_FIELD || left->type == EQLI_T_IP)
        return EQLI_AS_RAW;
    if (n->fold)
        return eqli_gen_as(left, EQLI_T_STRING);
    if (left->type == EQLI_T_ANY && !g->e.typed)
        return EQLI_AS_RAW;
    for (uint32_t i = 1; i < n->n_kids; i++) {
        eqli_type t = n->kids[i]->type == EQLI_T_DOUBLE ? EQLI_T_INT : (eqli_type)n->kids[i]->type;
        if (t != EQLI_T_NULL && members != EQLI_T_NULL && t != members)
            return EQLI_AS_RAW;
        members = t != EQLI_T_NULL ? t : members;
    }
    return eqli_gen_as(left, members);
}

/* in: the left side goes to dst + 1; dst collects each family of constants and each other item by
 * three-valued or, starting from false, or from null when an item is null (language 4.3). */
static void gen_in(eqli_gen *g, const eqli_node *n, uint32_t dst)
{
    static const eqlm_value_type families[] = { EQLM_STRING, EQLM_I64, EQLM_BOOL, EQLM_DATE };
    const eqli_node *left = n->kids[0];
    bool version = left->type == EQLI_T_VERSION;
    eqli_as as = left_as(g, n);
    /* A pattern set takes nothing but text. */
    bool any_type = left->kind == EQLI_N_FIELD && as == EQLI_AS_RAW;
    gen_value(g, left, dst + 1, as);
    put(g, EQLI_OP_CONST, 0, dst, eqli_emit_const(&g->e, has_null_item(n) ? eqli_null() : eqli_bool(false)),
        0, 0);
    for (unsigned i = 0; i < sizeof families / sizeof *families && !version; i++) {
        uint32_t count;
        eqli_node **members = eqli_gen_members(g, n, families[i], &count);
        if (count == 0)
            continue;
        if (left->type == EQLI_T_IP)
            put(g, EQLI_OP_VALUE_CIDR, 0, dst + 2, dst + 1,
                eqli_emit_set(&g->e, EQLI_SET_BLOCKS, false, 0, members, count, n), 0);
        else if (families[i] == EQLM_STRING && !any_type)
            put(g, EQLI_OP_VALUE_MATCH, 0, dst + 2, dst + 1,
                eqli_emit_set(&g->e, EQLI_SET_PATTERNS, n->fold, EQLI_PAT_EXACT, members, count, n), 0);
        else
            put(g, EQLI_OP_VALUE_IN, 0, dst + 2, dst + 1,
                eqli_emit_set(&g->e, EQLI_SET_VALUES, false, 0, members, count, n), 0);
        merge(g, dst);
    }
    for (uint32_t i = 1; i < n->n_kids; i++) {
        const eqli_node *item = n->kids[i];
        if ((item->kind == EQLI_N_CONST && !version) || item->type == EQLI_T_NULL)
            continue;
        gen_value(g, item, dst + 2, operand_as(item, left));
        put(g, EQLI_OP_VALUE_COMPARE, EQLI_MODE(EQLI_CMP_EQ, version ? EQLI_AS_VERSION : EQLI_AS_RAW, false),
            dst + 2, dst + 1, dst + 2, 0);
        merge(g, dst);
    }
}

static eqli_as argument_as(char letter)
{
    switch (letter) {
    case 's':
        return EQLI_AS_STR;
    case 'i':
    case 'k':
    case 'n':
        return EQLI_AS_NUM;
    case 'b':
        return EQLI_AS_BOOL;
    default:
        return EQLI_AS_RAW; /* addresses too: cidrMatch reads texts itself and reports bad ones */
    }
}

static void gen_call(eqli_gen *g, const eqli_node *n, uint32_t dst)
{
    if (n->u.call.fn < 0 || n->u.call.fn >= EQLI_FN_COUNT) {
        eqli_error(g->e.cx, n->span, EQLI_D_NOT_SUPPORTED, "_arraysearch inside another expression");
        return;
    }
    const eqli_function *f = &eqli_functions[n->u.call.fn];
    for (uint32_t i = 0; i < n->n_kids; i++)
        gen_value(g, n->kids[i], dst + i, argument_as(eqli_function_param(f, i)));
    put(g, EQLI_OP_CALL, n->fold ? 1 : 0, dst, (uint32_t)n->u.call.fn, dst, n->n_kids);
}

static void gen_logic(eqli_gen *g, const eqli_node *n, uint32_t dst)
{
    gen_value(g, n->kids[0], dst, EQLI_AS_BOOL);
    if (n->kind == EQLI_N_NOT)
        put(g, EQLI_OP_VALUE_NOT, 0, dst, dst, 0, 0);
    for (uint32_t i = 1; i < n->n_kids; i++) {
        gen_value(g, n->kids[i], dst + 1, EQLI_AS_BOOL);
        put(g, n->kind == EQLI_N_AND ? EQLI_OP_VALUE_AND : EQLI_OP_VALUE_OR, 0, dst, dst, dst + 1, 0);
    }
}

/* Computes n into register dst, using higher ones as it needs. as: how a plain field is read here. */
static void gen_value(eqli_gen *g, const eqli_node *n, uint32_t dst, eqli_as as)
{
    if (g->e.cx->nomem || g->e.cx->stopped)
        return;
    switch ((eqli_node_kind)n->kind) {
    case EQLI_N_CONST:
        put(g, EQLI_OP_CONST, 0, dst, eqli_emit_const(&g->e, n->u.value), 0, 0);
        break;
    case EQLI_N_FIELD:
        gen_load(g, n, dst, as);
        break;
    case EQLI_N_NEG:
        gen_value(g, n->kids[0], dst, EQLI_AS_NUM);
        put(g, EQLI_OP_NEGATE, 0, dst, dst, 0, 0);
        break;
    case EQLI_N_POS:
        gen_value(g, n->kids[0], dst, EQLI_AS_NUM);
        break;
    case EQLI_N_ARITH:
        gen_value(g, n->kids[0], dst, EQLI_AS_NUM);
        gen_value(g, n->kids[1], dst + 1, EQLI_AS_NUM);
        put(g, EQLI_OP_ARITH, n->op, dst, dst, dst + 1, 0);
        break;
    case EQLI_N_COMPARE:
        gen_compare(g, n, (eqli_cmp)n->op, dst);
        break;
    case EQLI_N_IN:
        gen_in(g, n, dst);
        if (n->negated)
            put(g, EQLI_OP_VALUE_NOT, 0, dst, dst, 0, 0);
        break;
    case EQLI_N_MATCH:
        gen_match(g, n, dst);
        break;
    case EQLI_N_CALL:
        gen_call(g, n, dst);
        break;
    case EQLI_N_NOT:
    case EQLI_N_AND:
    case EQLI_N_OR:
        gen_logic(g, n, dst);
        break;
    default:
        eqli_error(g->e.cx, n->span, EQLI_D_NOT_SUPPORTED, "process ancestry inside another expression");
        break;
    }
}

void eqli_gen_leaf(eqli_gen *g, const eqli_node *n, bool negated, uint32_t t, uint32_t f)
{
    uint32_t at = eqli_emit_insn(&g->e, (eqli_insn){ .op = EQLI_OP_LEAF, .t = t, .f = f });
    g->e.n_loads = 0;
    if (negated && n->kind == EQLI_N_COMPARE)
        gen_compare(g, n, EQLI_CMP_EQ, 0);
    else if (negated)
        gen_in(g, n, 0);
    else
        gen_value(g, n, 0, EQLI_AS_RAW);
    if (g->e.cx->nomem || g->e.cx->stopped)
        return;
    g->e.insns[at].a = (uint16_t)g->e.n_loads;
    g->e.insns[at].b = g->e.n_insns - at - 1;
}
