/* codegen.c - logic to branch code. Above the leaves logic is two-valued (language 4.2): `not` swaps the two
 * targets and costs nothing, != is the complement of ==. What no fused instruction can test becomes a LEAF
 * over value code (value.c), which is three-valued. */
#include "codegen/value.h"

#include "check/check.h"
#include "ops/function.h"

#include <string.h>

enum { COST_CLASSES = 12 };

static void gen_condition(eqli_gen *g, const eqli_node *n, uint32_t t, uint32_t f);
static void gen_lineage(eqli_gen *g, const eqli_node *n, uint32_t t, uint32_t f);

static void jump(eqli_gen *g, uint32_t target)
{
    eqli_emit_insn(&g->e, (eqli_insn){ .op = EQLI_OP_JUMP, .t = target });
}

static void test(eqli_gen *g, eqli_op op, uint8_t mode, uint32_t slot, uint32_t operand, uint32_t t,
                 uint32_t f)
{
    eqli_emit_insn(&g->e, (eqli_insn){ (uint8_t)op, mode, (uint16_t)slot, operand, t, f });
}

/* ---- fused leaves ----------------------------------------------------------------------------------------
 */

static bool is_field(const eqli_node *n)
{
    return n->kind == EQLI_N_FIELD;
}

static bool is_const(const eqli_node *n)
{
    return n->kind == EQLI_N_CONST;
}

static eqli_cmp mirrored(eqli_cmp op)
{
    switch (op) {
    case EQLI_CMP_LT:
        return EQLI_CMP_GT;
    case EQLI_CMP_LE:
        return EQLI_CMP_GE;
    case EQLI_CMP_GT:
        return EQLI_CMP_LT;
    case EQLI_CMP_GE:
        return EQLI_CMP_LE;
    default:
        return op;
    }
}

/* slot <op> constant, op not NE. */
static void gen_compare_const(eqli_gen *g, const eqli_node *field, eqli_cmp op, const eqli_node *k,
                              uint32_t t, uint32_t f)
{
    uint32_t slot = eqli_gen_slot(g, field);
    eqli_as as = eqli_gen_as(field, (eqli_type)k->type);
    if (field->type == EQLI_T_IP && eqli_node_is_text(k)) { /* a block: membership (decision 8) */
        eqli_node *member = (eqli_node *)(uintptr_t)k;
        test(g, EQLI_OP_CIDR, 0, slot, eqli_emit_set(&g->e, EQLI_SET_BLOCKS, false, 0, &member, 1, k), t, f);
        return;
    }
    uint32_t c = eqli_emit_const(&g->e, k->u.value);
    if (op == EQLI_CMP_EQ && (as == EQLI_AS_STR || as == EQLI_AS_ANY) && eqli_node_is_text(k))
        test(g, EQLI_OP_EQUAL_TEXT, EQLI_MODE(0, as, g->e.typed), slot, c, t, f);
    else
        test(g, EQLI_OP_COMPARE, EQLI_MODE(op, as, g->e.typed), slot, c, t, f);
}

static bool is_length_of_field(const eqli_node *n)
{
    return n->kind == EQLI_N_CALL && n->u.call.fn == EQLI_FN_LENGTH && is_field(n->kids[0]);
}

static void gen_compare(eqli_gen *g, const eqli_node *n, uint32_t t, uint32_t f)
{
    const eqli_node *a = n->kids[0], *b = n->kids[1];
    eqli_cmp op = (eqli_cmp)n->op;
    if (op == EQLI_CMP_NE) {
        uint32_t swap = t;
        op = EQLI_CMP_EQ;
        t = f;
        f = swap;
    }
    if (is_const(a) && !is_const(b)) {
        const eqli_node *swap = a;
        a = b;
        b = swap;
        op = mirrored(op);
    }
    if (is_field(a) && eqli_node_is_null(b)) /* == null; ordering with null was folded */
        test(g, EQLI_OP_EXISTS, 0, eqli_gen_slot(g, a), 0, f, t);
    else if (is_field(a) && is_const(b))
        gen_compare_const(g, a, op, b, t, f);
    else if (is_length_of_field(a) && is_const(b) && eqli_is_number(&b->u.value))
        test(g, EQLI_OP_TEXT_LENGTH, EQLI_MODE(op, EQLI_AS_STR, g->e.typed), eqli_gen_slot(g, a->kids[0]),
             eqli_emit_const(&g->e, b->u.value), t, f);
    else
        eqli_gen_leaf(g, n, n->op == EQLI_CMP_NE, t, f);
}

/* A pattern list without its nulls, which match nothing. */
static uint32_t pattern_set(eqli_gen *g, const eqli_node *n, bool fold)
{
    uint32_t count;
    eqli_node **members = eqli_gen_members(g, n, EQLM_STRING, &count);
    if (count == 0)
        return UINT32_MAX;
    return n->op == EQLI_MATCH_REGEX
               ? eqli_emit_set(&g->e, EQLI_SET_REGEX, fold, 0, members, count, n)
               : eqli_emit_set(&g->e, EQLI_SET_PATTERNS, fold, EQLI_PAT_GLOB, members, count, n);
}

static void gen_match(eqli_gen *g, const eqli_node *n, uint32_t t, uint32_t f)
{
    const eqli_node *left = n->kids[0];
    if (eqli_node_is_null(left)) { /* an unmapped ?field (decision 9) */
        jump(g, f);
        return;
    }
    if (!is_field(left)) {
        eqli_gen_leaf(g, n, false, t, f);
        return;
    }
    uint32_t set = pattern_set(g, n, eqli_gen_folds(n));
    if (set == UINT32_MAX) {
        jump(g, f);
        return;
    }
    test(g, n->op == EQLI_MATCH_REGEX ? EQLI_OP_REGEX : EQLI_OP_MATCH, EQLI_MODE(0, EQLI_AS_STR, g->e.typed),
         eqli_gen_slot(g, left), set, t, f);
}

/* field in (constants): one test per family of members, any of which may hold. */
static void gen_in_field(eqli_gen *g, const eqli_node *n, uint32_t t, uint32_t f)
{
    static const eqlm_value_type families[] = { EQLM_STRING, EQLM_I64, EQLM_BOOL, EQLM_DATE };
    const eqli_node *field = n->kids[0];
    uint32_t slot = eqli_gen_slot(g, field);
    for (unsigned i = 0; i < sizeof families / sizeof *families; i++) {
        uint32_t count;
        eqli_node **members = eqli_gen_members(g, n, families[i], &count);
        if (count == 0)
            continue;
        if (field->type == EQLI_T_VERSION) { /* equal versions may differ as texts: compare one by one */
            for (uint32_t k = 0; k < count; k++) {
                uint32_t next = eqli_emit_label(&g->e);
                gen_compare_const(g, field, EQLI_CMP_EQ, members[k], t, next);
                eqli_emit_place(&g->e, next);
            }
            continue;
        }
        uint32_t next = eqli_emit_label(&g->e);
        eqli_as as = eqli_gen_as(field, (eqli_type)members[0]->type);
        uint8_t mode = EQLI_MODE(0, as, g->e.typed);
        if (field->type == EQLI_T_IP)
            test(g, EQLI_OP_CIDR, 0, slot, eqli_emit_set(&g->e, EQLI_SET_BLOCKS, false, 0, members, count, n),
                 t, next);
        else if (families[i] == EQLM_STRING)
            test(g, EQLI_OP_MATCH, mode, slot,
                 eqli_emit_set(&g->e, EQLI_SET_PATTERNS, n->fold, EQLI_PAT_EXACT, members, count, n), t,
                 next);
        else
            test(g, EQLI_OP_IN, mode, slot,
                 eqli_emit_set(&g->e, EQLI_SET_VALUES, false, 0, members, count, n), t, next);
        eqli_emit_place(&g->e, next);
    }
    jump(g, f);
}

static bool all_items_const(const eqli_node *n)
{
    for (uint32_t i = 1; i < n->n_kids; i++) {
        if (!is_const(n->kids[i]))
            return false;
    }
    return true;
}

static void gen_in(eqli_gen *g, const eqli_node *n, uint32_t t, uint32_t f)
{
    if (n->negated) {
        uint32_t swap = t;
        t = f;
        f = swap;
    }
    if (is_field(n->kids[0]) && all_items_const(n))
        gen_in_field(g, n, t, f);
    else
        eqli_gen_leaf(g, n, n->negated, t, f);
}

static void gen_search(eqli_gen *g, const eqli_node *n, uint32_t t, uint32_t f)
{
    const eqli_node *array = n->kids[0];
    if (g->depth == EQLI_MAX_SCOPES) {
        eqli_error(g->e.cx, n->span, EQLI_D_TOO_DEEP);
        return;
    }
    uint32_t slot = eqli_gen_slot(g, array);
    uint32_t at = eqli_emit_insn(&g->e, (eqli_insn){ .op = EQLI_OP_SEARCH, .mode = (uint8_t)(g->depth + 1),
                                                     .a = (uint16_t)slot, .t = t, .f = f });
    uint32_t yes = eqli_emit_label(&g->e), no = eqli_emit_label(&g->e);
    g->arrays[g->depth++] = slot;
    gen_condition(g, n->kids[2], yes, no);
    g->depth--;
    eqli_gen_returns(g, yes, no);
    if (!g->e.cx->nomem && !g->e.cx->stopped)
        g->e.insns[at].b = g->e.n_insns - at - 1;
}

/* startsWith, endsWith, stringContains of a field and a constant are patterns; cidrMatch is a block set. */
static bool gen_fused_call(eqli_gen *g, const eqli_node *n, uint32_t t, uint32_t f)
{
    static const struct {
        int fn;
        eqli_pattern_kind kind;
    } kinds[] = { { EQLI_FN_STARTS_WITH, EQLI_PAT_PREFIX },
                  { EQLI_FN_ENDS_WITH, EQLI_PAT_SUFFIX },
                  { EQLI_FN_STRING_CONTAINS, EQLI_PAT_CONTAINS } };
    if (!is_field(n->kids[0]))
        return false;
    uint32_t slot = eqli_gen_slot(g, n->kids[0]);
    if (n->u.call.fn == EQLI_FN_CIDR_MATCH) {
        uint32_t count;
        eqli_node **blocks = eqli_gen_members(g, n, EQLM_STRING, &count);
        if (count == 0) /* nulls only */
            jump(g, f);
        else
            test(g, EQLI_OP_CIDR, 0, slot, eqli_emit_set(&g->e, EQLI_SET_BLOCKS, false, 0, blocks, count, n),
                 t, f);
        return true;
    }
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].fn != n->u.call.fn || !eqli_node_is_text(n->kids[1]))
            continue;
        uint32_t set = eqli_emit_set(&g->e, EQLI_SET_PATTERNS, n->fold, kinds[i].kind, &n->kids[1], 1, n);
        test(g, EQLI_OP_MATCH, EQLI_MODE(0, EQLI_AS_STR, g->e.typed), slot, set, t, f);
        return true;
    }
    return false;
}

static void gen_call(eqli_gen *g, const eqli_node *n, uint32_t t, uint32_t f)
{
    if (n->u.call.fn == EQLI_CALL_ARRAY_SEARCH)
        gen_search(g, n, t, f);
    else if (!gen_fused_call(g, n, t, f))
        eqli_gen_leaf(g, n, false, t, f);
}

/* ---- logic -----------------------------------------------------------------------------------------------
 */

/* Rough cost of a condition, for its place in a conjunction. Order changes no verdict: leaves have no effect
 * but the count of run-time errors. */
static unsigned cost(const eqli_node *n)
{
    unsigned sum = 0;
    switch ((eqli_node_kind)n->kind) {
    case EQLI_N_CONST:
        return 0;
    case EQLI_N_FIELD:
        return 1;
    case EQLI_N_COMPARE:
        if (is_const(n->kids[0]) || is_const(n->kids[1])) {
            const eqli_node *other = is_const(n->kids[0]) ? n->kids[1] : n->kids[0];
            return is_field(other) ? 1 : is_length_of_field(other) ? 2 : COST_CLASSES - 2;
        }
        return COST_CLASSES - 2;
    case EQLI_N_IN:
        return is_field(n->kids[0]) ? 2 : COST_CLASSES - 2;
    case EQLI_N_MATCH:
        if (!is_field(n->kids[0]))
            return COST_CLASSES - 2;
        return n->op == EQLI_MATCH_REGEX ? COST_CLASSES - 3 : n->n_kids <= 2 ? 3 : 4;
    case EQLI_N_NOT:
        return cost(n->kids[0]);
    case EQLI_N_AND:
    case EQLI_N_OR:
        for (uint32_t i = 0; i < n->n_kids && sum < COST_CLASSES; i++)
            sum += cost(n->kids[i]) + 1;
        return sum < COST_CLASSES - 1 ? sum : COST_CLASSES - 1;
    case EQLI_N_CALL:
        return n->u.call.fn == EQLI_CALL_ARRAY_SEARCH ? COST_CLASSES - 1
               : is_field(n->kids[0])                 ? 4
                                                      : COST_CLASSES - 2;
    default:
        return COST_CLASSES - 1;
    }
}

/* and / or: cheap tests first, otherwise in the order written. */
static void gen_junction(eqli_gen *g, const eqli_node *n, uint32_t t, uint32_t f)
{
    uint8_t *costs = eqli_cx_alloc(g->e.cx, n->n_kids, 1);
    uint32_t left = n->n_kids, classes = 0;
    if (!costs)
        return;
    for (uint32_t i = 0; i < n->n_kids; i++) {
        costs[i] = (uint8_t)cost(n->kids[i]);
        classes |= 1u << costs[i];
    }
    for (unsigned class = 0; class < COST_CLASSES; class ++) {
        for (uint32_t i = 0; (classes >> class & 1) && i < n->n_kids; i++) {
            if (costs[i] != class)
                continue;
            if (--left == 0) {
                gen_condition(g, n->kids[i], t, f);
                return;
            }
            uint32_t next = eqli_emit_label(&g->e);
            if (n->kind == EQLI_N_AND)
                gen_condition(g, n->kids[i], next, f);
            else
                gen_condition(g, n->kids[i], t, next);
            eqli_emit_place(&g->e, next);
        }
    }
}

static void gen_condition(eqli_gen *g, const eqli_node *n, uint32_t t, uint32_t f)
{
    switch ((eqli_node_kind)n->kind) {
    case EQLI_N_CONST: /* null counts as false */
        jump(g, n->u.value.type == EQLM_BOOL && n->u.value.as.boolean ? t : f);
        break;
    case EQLI_N_FIELD: {
        eqli_as as = EQLI_AS_BOOL;
        test(g, EQLI_OP_COMPARE, EQLI_MODE(EQLI_CMP_EQ, as, g->e.typed), eqli_gen_slot(g, n),
             eqli_emit_const(&g->e, eqli_bool(true)), t, f);
        break;
    }
    case EQLI_N_NOT:
        gen_condition(g, n->kids[0], f, t);
        break;
    case EQLI_N_AND:
    case EQLI_N_OR:
        gen_junction(g, n, t, f);
        break;
    case EQLI_N_COMPARE:
        gen_compare(g, n, t, f);
        break;
    case EQLI_N_IN:
        gen_in(g, n, t, f);
        break;
    case EQLI_N_MATCH:
        gen_match(g, n, t, f);
        break;
    case EQLI_N_CALL:
        gen_call(g, n, t, f);
        break;
    case EQLI_N_LINEAGE:
        gen_lineage(g, n, t, f);
        break;
    default:
        eqli_gen_leaf(g, n, false, t, f);
        break;
    }
}

/* The inner query becomes a region of its own, written behind the code that asks for it. */
static void gen_lineage(eqli_gen *g, const eqli_node *n, uint32_t t, uint32_t f)
{
    eqli_emit *e = &g->e;
    if (e->n_lineages == EQLI_MAX_LINEAGES) {
        eqli_error(e->cx, n->span, EQLI_D_PROGRAM_TOO_LARGE);
        return;
    }
    eqli_emit_insn(e, (eqli_insn){ .op = EQLI_OP_LINEAGE, .a = (uint16_t)e->n_lineages, .t = t, .f = f });
    g->lineages[e->n_lineages] = n;
    e->lineages[e->n_lineages++].relation = n->op;
}

/* One region: `category where condition`, or of the condition only the parts that do or do not use aliases.
 */
static void gen_region(eqli_gen *g, const eqli_filter *filter, const eqli_node *condition, uint32_t *start,
                       uint32_t *len)
{
    eqli_emit *e = &g->e;
    uint32_t yes = eqli_emit_label(e), no = eqli_emit_label(e);
    *start = e->n_insns;
    if (filter && !filter->any) {
        const char *name = e->cx->options.category_field;
        uint32_t next = eqli_emit_label(e);
        test(g, EQLI_OP_EQUAL_TEXT, EQLI_MODE(0, EQLI_AS_STR, e->typed),
             eqli_emit_event_slot(e, (eqlm_str){ name, strlen(name) }),
             eqli_emit_const(e, eqli_string(filter->category.ptr, filter->category.len)), next, no);
        eqli_emit_place(e, next);
    }
    if (condition)
        gen_condition(g, condition, yes, no);
    else
        jump(g, yes);
    eqli_gen_returns(g, yes, no);
    *len = e->n_insns - *start;
}

/* The conjuncts of a condition that use an alias, or those that do not; NULL when there are none. */
static const eqli_node *conjuncts(eqli_gen *g, const eqli_node *n, bool with_alias)
{
    if (n->kind != EQLI_N_AND || g->e.n_aliases == 0)
        return (g->e.n_aliases && eqli_gen_uses_alias(n)) == with_alias ? n : NULL;
    eqli_node **kids = eqli_cx_alloc(g->e.cx, n->n_kids, sizeof *kids);
    uint32_t count = 0;
    for (uint32_t i = 0; kids && i < n->n_kids; i++) {
        if (eqli_gen_uses_alias(n->kids[i]) == with_alias)
            kids[count++] = n->kids[i];
    }
    if (count < 2)
        return count ? kids[0] : NULL;
    return eqli_node_new(g->e.cx, EQLI_N_AND, n->span, kids, count);
}

static void gen_keys(eqli_gen *g, const eqli_list *keys)
{
    for (uint32_t i = 0; keys && i < keys->n; i++) {
        const eqli_node *key = keys->items[i];
        /* An unmapped ?key has become null: it is a field that is always missing. */
        bool is_field = key->kind == EQLI_N_FIELD;
        uint32_t slot = is_field ? eqli_gen_slot(g, key) : eqli_emit_event_slot(&g->e, (eqlm_str){ "", 0 });
        eqli_emit_key(&g->e, (eqli_key){ slot, !is_field || key->u.field.optional });
    }
}

/* A term, once for each of its runs: they share code and keys. */
static void gen_term(eqli_gen *g, const eqli_query *q, const eqli_term *term)
{
    const eqli_node *condition = term->filter->condition;
    eqli_stage stage = { .missing = term->missing, .first_key = g->e.n_keys };
    gen_region(g, term->filter, conjuncts(g, condition, false), &stage.start, &stage.len);
    const eqli_node *joined = conjuncts(g, condition, true);
    if (joined)
        gen_region(g, NULL, joined, &stage.join_start, &stage.join_len);
    gen_keys(g, q->keys);
    gen_keys(g, term->keys);
    stage.n_keys = g->e.n_keys - stage.first_key;
    if (term->alias.len) {
        if (g->e.n_aliases == EQLI_MAX_ALIASES) {
            eqli_error(g->e.cx, term->alias_span, EQLI_D_PROGRAM_TOO_LARGE);
            return;
        }
        g->e.aliases[g->e.n_aliases++].stage = g->e.n_stages + term->runs - 1;
    }
    for (uint32_t i = 0; i < term->runs; i++)
        eqli_emit_stage(&g->e, stage);
}

static void gen_lineages(eqli_gen *g)
{
    /* What tells a stream who is whose parent. */
    static const char *const fields[] = { "process.entity_id", "process.pid", "process.parent.entity_id",
                                          "process.parent.pid", "host.id", "event.type", "event.category" };
    /* Inner queries may not hold further ones (the grammar allows it; nobody can say what it means). */
    uint32_t n = g->e.n_lineages;
    for (unsigned i = 0; n && i < sizeof fields / sizeof *fields; i++)
        eqli_emit_event_slot(&g->e, (eqlm_str){ fields[i], strlen(fields[i]) });
    for (uint32_t i = 0; i < n; i++) {
        eqli_lineage_query *l = &g->e.lineages[i];
        const eqli_filter *filter = g->lineages[i]->u.filter;
        gen_region(g, filter, filter->condition, &l->start, &l->len);
    }
    if (g->e.n_lineages > n)
        eqli_error(g->e.cx, g->lineages[n]->span, EQLI_D_NOT_SUPPORTED,
                   "ancestry inside a query about ancestors");
}

static void gen_expression(eqli_gen *g, const eqli_node *expr)
{
    eqli_stage stage = { 0 };
    uint32_t yes = eqli_emit_label(&g->e), no = eqli_emit_label(&g->e);
    eqli_gen_leaf(g, expr, false, yes, no);
    eqli_gen_returns(g, yes, no);
    stage.len = g->e.n_insns;
    eqli_emit_stage(&g->e, stage);
}

eqlm_program *eqli_codegen(eqli_cx *cx, const eqli_query *q)
{
    eqli_gen g = { .e = { .cx = cx, .typed = cx->schema->typed } };
    if (q->kind == EQLI_Q_EXPR)
        gen_expression(&g, q->expr);
    for (uint32_t i = 0; i < q->n_terms; i++)
        gen_term(&g, q, &q->terms[i]);
    if (q->until)
        gen_term(&g, q, q->until);
    gen_lineages(&g);
    return eqli_emit_finish(&g.e, q);
}
