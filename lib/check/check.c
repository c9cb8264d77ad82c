#include "check/check.h"

#include "check/names.h"
#include "check/operands.h"

#include <string.h>

static void check_node(eqli_check *ck, eqli_node *n);

/* ---- operators --------------------------------------------------------------------------------------- */

/* The parser has skipped what followed (and said so): nobody knows what the expression was to become. */
static bool was_cut(const eqli_check *ck, const eqli_node *n)
{
    for (uint32_t i = 0; i < ck->cx->n_cuts; i++) {
        if (ck->cx->cuts[i] == n->outer.end)
            return true;
    }
    return false;
}

static void need(eqli_check *ck, const eqli_node *kid, bool good, const char *op, const char *wanted)
{
    if (!good && !was_cut(ck, kid))
        eqli_error(ck->cx, kid->span, EQLI_D_OPERAND_TYPE, op, wanted, eqli_type_text(kid->type));
}

/* `name : "a" or "b"` is the list its author had in mind. */
static void need_condition(eqli_check *ck, const eqli_node *kid, const char *op)
{
    if (eqli_type_is_bool(kid->type) || was_cut(ck, kid))
        return;
    need(ck, kid, false, op, "a boolean");
    if (kid->kind == EQLI_N_CONST && kid->type == EQLI_T_STRING && strcmp(op, "not") != 0)
        eqli_diag_hint(ck->cx->diags,
                       "each side is a whole condition; for one of several values write a list: "
                       "field : (\"a\", \"b\")");
}

static void check_logic(eqli_check *ck, eqli_node *n)
{
    const char *op = n->kind == EQLI_N_AND ? "and" : n->kind == EQLI_N_OR ? "or" : "not";
    for (uint32_t i = 0; i < n->n_kids; i++)
        need_condition(ck, n->kids[i], op);
    n->type = EQLI_T_BOOL;
}

static void check_arith(eqli_check *ck, eqli_node *n)
{
    static const char *const names[] = { "+", "-", "*", "/", "%" };
    const char *op = n->kind == EQLI_N_ARITH ? names[n->op] : n->kind == EQLI_N_NEG ? "-" : "+";
    n->type = EQLI_T_INT;
    for (uint32_t i = 0; i < n->n_kids; i++) {
        const eqli_node *kid = n->kids[i];
        need(ck, kid, eqli_type_is_number(kid->type), op, "numbers");
        if (kid->type == EQLI_T_DOUBLE)
            n->type = EQLI_T_DOUBLE;
    }
}

static const char *compare_text(uint8_t op)
{
    static const char *const names[] = { "==", "!=", "<", "<=", ">", ">=" };
    return names[op];
}

static void check_compare(eqli_check *ck, eqli_node *n)
{
    eqli_node *a = n->kids[0], *b = n->kids[1];
    n->type = EQLI_T_BOOL;
    if (a->type == EQLI_T_ERROR || b->type == EQLI_T_ERROR)
        return;
    if (ck->cx->options.dialect == EQLM_DIALECT_ES && eqli_has_field(a) && eqli_has_field(b)) {
        eqli_error(ck->cx, n->op_span, EQLI_D_FIELD_TO_FIELD, compare_text(n->op));
        return;
    }
    eqli_fit_constant(ck->cx, a, b, n->op);
    eqli_fit_constant(ck->cx, b, a, n->op);
}

static void check_in(eqli_check *ck, eqli_node *n)
{
    eqli_node *left = n->kids[0];
    const char *op = n->fold ? "in~" : "in";
    n->type = EQLI_T_BOOL;
    if (n->fold)
        need(ck, left, eqli_type_is_string(left->type), op, "strings");
    for (uint32_t i = 1; i < n->n_kids; i++) {
        eqli_node *item = n->kids[i];
        if (item->type == EQLI_T_ERROR)
            continue;
        if (eqli_has_field(item)) {
            if (ck->cx->options.dialect == EQLM_DIALECT_ES)
                eqli_error(ck->cx, item->span, EQLI_D_LIST_FIELD, op);
            continue;
        }
        if (n->fold && !eqli_type_is_string(item->type)) {
            need(ck, item, false, op, "strings");
            continue;
        }
        /* The Endpoint dialect compares ids with numbers in lists, too. */
        bool loose = ck->cx->options.dialect == EQLM_DIALECT_ENDPOINT && left->type == EQLI_T_STRING;
        if (!(loose && eqli_type_is_number(item->type)) && !eqli_item_fits(left->type, item->type)) {
            eqli_error(ck->cx, item->span, EQLI_D_LIST_TYPE, eqli_type_text(item->type), op,
                       eqli_type_text(left->type));
            continue;
        }
        if (left->type == EQLI_T_IP)
            eqli_check_block(ck->cx, item);
        else
            eqli_fit_constant(ck->cx, left, item, EQLI_CMP_EQ);
    }
}

static void check_match(eqli_check *ck, eqli_node *n)
{
    static const char *const names[2][3] = { { ":", "like", "regex" }, { ":", "like~", "regex~" } };
    const char *op = names[n->fold][n->op];
    n->type = EQLI_T_BOOL;
    for (uint32_t i = 0; i < n->n_kids; i++) {
        const eqli_node *kid = n->kids[i];
        if (eqli_type_is_string(kid->type))
            continue;
        eqli_error(ck->cx, kid->span, EQLI_D_MATCH_TYPE, op, eqli_type_text(kid->type));
        eqli_diag_hint(ck->cx->diags, i == 0 ? "compare with '=='" : "write the pattern as a string");
        return; /* one complaint per operator */
    }
}

/* ---- _arraysearch ------------------------------------------------------------------------------------ */

static bool is_array_search(eqlm_str name)
{
    static const char want[] = "_arraysearch";
    if (name.len != sizeof want - 1)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != want[i])
            return false;
    }
    return true;
}

/* _arraysearch(array, $v, condition): the condition is checked with $v bound to an element. */
static void check_array_search(eqli_check *ck, eqli_node *n)
{
    n->u.call.fn = EQLI_CALL_ARRAY_SEARCH;
    n->type = EQLI_T_BOOL;
    if (ck->cx->options.dialect != EQLM_DIALECT_ENDPOINT) {
        eqli_error(ck->cx, n->op_span, EQLI_D_FUNCTION_DIALECT, n->u.call.name);
        return;
    }
    if (n->n_kids != 3) {
        eqli_error(ck->cx, n->span, EQLI_D_ARGUMENT_COUNT, "_arraysearch", "3 arguments", n->n_kids);
        return;
    }
    eqli_node *array = n->kids[0], *variable = n->kids[1], *condition = n->kids[2];
    if (array->kind != EQLI_N_FIELD) {
        eqli_error(ck->cx, array->span, EQLI_D_ARGUMENT_TYPE, 1u, "_arraysearch", "a field", "no field");
        return;
    }
    if (variable->kind != EQLI_N_FIELD || variable->u.field.variable.len == 0 || variable->u.field.name.len) {
        eqli_error(ck->cx, variable->span, EQLI_D_ARRAY_SEARCH_VARIABLE);
        return;
    }
    if (ck->n_bindings == EQLI_MAX_BINDINGS) {
        eqli_error(ck->cx, n->span, EQLI_D_TOO_DEEP);
        return;
    }
    if (array->u.field.variable.len && array->u.field.name.len == 0) {
        eqli_error(ck->cx, array->span, EQLI_D_NOT_SUPPORTED, "_arraysearch over an element itself");
        return;
    }
    eqli_check_field(ck, array, true);
    /* An unmapped ?field: no element, and nothing to check its fields by. */
    if (array->kind != EQLI_N_FIELD) {
        eqli_node_set_const(n, eqli_bool(false));
        n->from_unmapped = true;
        return;
    }
    if (array->u.field.alias)
        eqli_error(ck->cx, array->span, EQLI_D_NOT_SUPPORTED,
                   "_arraysearch over a field of an earlier event");
    uint32_t number = eqli_check_lookup(ck, &array->u.field).field;
    ck->bindings[ck->n_bindings++] =
        (eqli_binding){ variable->u.field.variable, array->u.field.full, number };
    check_node(ck, condition);
    need(ck, condition, eqli_type_is_bool(condition->type), "_arraysearch", "a boolean");
    ck->n_bindings--;
}

/* ---- the walk ---------------------------------------------------------------------------------------- */

static void check_filter(eqli_check *ck, const eqli_filter *f);

static void check_lineage(eqli_check *ck, eqli_node *n)
{
    /* The inner query is about another event: no variable and no alias reaches into it. */
    uint32_t outer = ck->n_bindings, term = ck->term;
    ck->n_bindings = ck->term = 0;
    if (n->u.filter)
        check_filter(ck, n->u.filter);
    ck->n_bindings = outer;
    ck->term = term;
    n->type = EQLI_T_BOOL;
}

static void check_operator(eqli_check *ck, eqli_node *n)
{
    switch ((eqli_node_kind)n->kind) {
    case EQLI_N_NOT:
    case EQLI_N_AND:
    case EQLI_N_OR:
        check_logic(ck, n);
        return; /* never folded here: see eqli_fold_node */
    case EQLI_N_NEG:
    case EQLI_N_POS:
    case EQLI_N_ARITH:
        check_arith(ck, n);
        break;
    case EQLI_N_COMPARE:
        check_compare(ck, n);
        break;
    case EQLI_N_IN:
        check_in(ck, n);
        break;
    case EQLI_N_MATCH:
        check_match(ck, n);
        break;
    default:
        eqli_check_call(ck->cx, n);
        break;
    }
}

static bool is_from_unmapped(const eqli_node *n)
{
    for (uint32_t i = 0; i < n->n_kids; i++) {
        if (n->kids[i]->from_unmapped)
            return true;
    }
    return false;
}

static bool has_broken_operand(const eqli_node *n)
{
    for (uint32_t i = 0; i < n->n_kids; i++) {
        if (n->kids[i]->type == EQLI_T_ERROR)
            return true;
    }
    return false;
}

/* Folds only what was found to be right, so that one mistake is reported once. */
static void check_and_fold(eqli_check *ck, eqli_node *n)
{
    bool failed_before = ck->cx->failed;
    ck->cx->failed = false;
    check_operator(ck, n);
    n->from_unmapped = is_from_unmapped(n);
    if (!ck->cx->failed && !has_broken_operand(n))
        eqli_fold_node(ck->cx, n);
    ck->cx->failed |= failed_before;
}

/* Operands first. Depth is bounded by limits.max_depth, enforced while parsing. */
static void check_node(eqli_check *ck, eqli_node *n)
{
    bool is_logic = n->kind == EQLI_N_AND || n->kind == EQLI_N_OR || n->kind == EQLI_N_NOT;
    switch ((eqli_node_kind)n->kind) {
    case EQLI_N_CONST:
        n->type = (uint8_t)eqli_type_of_value(&n->u.value);
        return;
    case EQLI_N_FIELD:
        eqli_check_field(ck, n, false);
        return;
    case EQLI_N_LINEAGE:
        check_lineage(ck, n);
        return;
    case EQLI_N_CALL:
        if (is_array_search(n->u.call.name)) {
            check_array_search(ck, n);
            return;
        }
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < n->n_kids; i++)
        check_node(ck, n->kids[i]);
    /* First of all, because what becomes of `not …` in it is logic above the leaves, not to be folded. */
    if (n->kind == EQLI_N_COMPARE && eqli_rewrite_boolean_equality(ck->cx, n))
        return;
    for (uint32_t i = 0; i < n->n_kids && !is_logic; i++)
        eqli_fold_logic(n->kids[i]);
    check_and_fold(ck, n);
}

static void check_filter(eqli_check *ck, const eqli_filter *f)
{
    if (!f || !f->condition)
        return;
    check_node(ck, f->condition);
    if (!eqli_type_is_bool(f->condition->type) && !was_cut(ck, f->condition))
        eqli_error(ck->cx, f->condition->span, EQLI_D_NOT_BOOLEAN, eqli_type_text(f->condition->type));
}

/* Types of the n-th keys must meet (language S2): same, both strings, or both numbers. */
static void check_key(eqli_check *ck, eqli_node *key, eqli_type *seen)
{
    check_node(ck, key);
    eqli_type t = key->type;
    if (key->kind != EQLI_N_FIELD || t == EQLI_T_ANY || t == EQLI_T_ERROR)
        return;
    if (t == EQLI_T_DOUBLE)
        t = EQLI_T_INT;
    if (*seen == EQLI_T_ANY)
        *seen = t;
    else if (*seen != t)
        eqli_error(ck->cx, key->span, EQLI_D_KEY_TYPES, key->u.field.name, eqli_type_text(t),
                   eqli_type_text(*seen));
}

static void check_term(eqli_check *ck, const eqli_term *term, eqli_type *seen, uint32_t n_keys)
{
    check_filter(ck, term->filter);
    for (uint32_t i = 0; term->keys && i < term->keys->n; i++) {
        eqli_type ignored = EQLI_T_ANY;
        check_key(ck, term->keys->items[i], i < n_keys ? &seen[i] : &ignored);
    }
}

static void check_keys(eqli_check *ck, eqli_query *q)
{
    uint32_t n_keys = 0; /* of a term's own; the shared ones are one node each and cannot differ */
    for (uint32_t i = 0; q->keys && i < q->keys->n; i++) {
        eqli_type ignored = EQLI_T_ANY;
        check_key(ck, q->keys->items[i], &ignored);
    }
    for (uint32_t i = 0; i < q->n_terms; i++) {
        if (q->terms[i].keys && q->terms[i].keys->n > n_keys)
            n_keys = q->terms[i].keys->n;
    }
    eqli_type *seen = eqli_cx_alloc(ck->cx, n_keys ? n_keys : 1, sizeof *seen);
    if (!seen)
        return;
    for (uint32_t i = 0; i < q->n_terms; i++) {
        ck->term = i;
        check_term(ck, &q->terms[i], seen, n_keys);
    }
    ck->term = 0; /* until runs before any term is known */
    if (q->until)
        check_term(ck, q->until, seen, n_keys);
}

static void check_pipe(eqli_check *ck, eqli_pipe *pipe)
{
    if (!pipe->arg)
        return;
    eqlm_str name = pipe->tail ? (eqlm_str){ "tail", 4 } : (eqlm_str){ "head", 4 };
    const eqlm_value *v = &pipe->arg->u.value;
    check_node(ck, pipe->arg);
    if (pipe->arg->kind == EQLI_N_CONST && v->type == EQLM_I64 && v->as.i64 >= 0)
        pipe->count = (uint64_t)v->as.i64;
    else if (pipe->arg->type != EQLI_T_ERROR)
        eqli_error(ck->cx, pipe->arg->span, EQLI_D_PIPE_COUNT, name);
}

void eqli_check_query(eqli_cx *cx, eqli_query *q)
{
    eqli_check ck = { .cx = cx, .query = q };
    if (q->kind == EQLI_Q_EXPR) {
        if (q->expr) {
            check_node(&ck, q->expr);
            eqli_fold_logic(q->expr);
        }
        return;
    }
    check_keys(&ck, q);
    for (uint32_t i = 0; i < q->n_pipes; i++)
        check_pipe(&ck, &q->pipes[i]);
}
