/* fold.c - constants are computed once, by the operators that run on events, so both give one answer. */
#include "check/check.h"

#include "ops/function.h"
#include "ops/pattern.h"
#include "ops/regex.h"

void eqli_node_set_const(eqli_node *n, eqlm_value v)
{
    n->kind = EQLI_N_CONST;
    n->type = (uint8_t)eqli_type_of_value(&v);
    n->n_kids = 0;
    n->depth = 1;
    n->u.value = v;
}

static bool all_const(const eqli_node *n)
{
    for (uint32_t i = 0; i < n->n_kids; i++) {
        if (n->kids[i]->kind != EQLI_N_CONST)
            return false;
    }
    return true;
}

static const char *reason(eqli_op_result r)
{
    switch (r) {
    case EQLI_OP_OVERFLOW:
        return "it does not fit a 64-bit integer";
    case EQLI_OP_DIV_ZERO:
        return "division by zero";
    case EQLI_OP_BAD_NUMBER:
        return "the text is no number";
    case EQLI_OP_BAD_ADDRESS:
        return "it is no IP address";
    case EQLI_OP_BAD_BLOCK:
        return "it is no address block";
    default:
        return "an operand has the wrong type";
    }
}

/* Result of an operation on constants: its value, or an error at the node. */
static void settle(eqli_cx *cx, eqli_node *n, eqli_op_result r, eqlm_value v)
{
    if (r == EQLI_OP_OK) {
        uint8_t type = n->type;
        eqli_node_set_const(n, v);
        if (v.type == EQLM_NULL)
            n->type = type == EQLI_T_BOOL ? EQLI_T_BOOL : EQLI_T_NULL;
    } else if (eqli_op_fatal(r)) {
        cx->nomem = true;
    } else if (r == EQLI_OP_TOO_COMPLEX) {
        eqli_error(cx, n->span, EQLI_D_REGEX_TOO_COMPLEX, "its automaton has too many states");
        n->type = EQLI_T_ERROR;
    } else {
        eqli_error(cx, n->span, EQLI_D_CONST_ERROR, reason(r));
        n->type = EQLI_T_ERROR;
    }
}

static void fold_compare(eqli_cx *cx, eqli_node *n)
{
    const eqlm_value *a = &n->kids[0]->u.value, *b = &n->kids[1]->u.value;
    bool equality = n->op == EQLI_CMP_EQ || n->op == EQLI_CMP_NE;
    bool null_literal = eqli_node_is_null(n->kids[0]) || eqli_node_is_null(n->kids[1]);
    if (!equality && null_literal) { /* decision 9: ordering with null */
        settle(cx, n, EQLI_OP_OK, eqli_null());
        return;
    }
    if (!all_const(n))
        return;
    if (null_literal) { /* a null test, never null itself (language 4.4) */
        bool both = eqli_node_is_null(n->kids[0]) && eqli_node_is_null(n->kids[1]);
        settle(cx, n, EQLI_OP_OK, eqli_bool(both == (n->op == EQLI_CMP_EQ)));
        return;
    }
    settle(cx, n, EQLI_OP_OK, eqli_tri_value(eqli_compare((eqli_cmp)n->op, a, b, false)));
}

static bool item_equals(eqli_cx *cx, const eqli_node *n, const eqlm_value *v, const eqlm_value *item)
{
    if (!n->fold)
        return eqli_compare(EQLI_CMP_EQ, v, item, false) == EQLI_TRUE;
    eqli_pattern pattern = { { item->as.str, item->len }, EQLI_PAT_EXACT };
    eqli_pattern_set *set;
    bool hit = false;
    if (eqli_pattern_set_new(&cx->alloc, &pattern, 1, true, &set) != EQLM_OK ||
        eqli_pattern_set_match(set, v->as.str, v->len, &cx->arena, &hit) != EQLI_OP_OK)
        cx->nomem = true;
    eqli_pattern_set_free(set);
    return hit;
}

static void fold_in(eqli_cx *cx, eqli_node *n)
{
    eqli_tri found = EQLI_FALSE;
    if (!eqli_node_is_null(n->kids[0])) {
        if (!all_const(n))
            return;
        for (uint32_t i = 1; i < n->n_kids && found != EQLI_TRUE; i++) {
            if (eqli_node_is_null(n->kids[i]))
                found = EQLI_UNKNOWN;
            else if (item_equals(cx, n, &n->kids[0]->u.value, &n->kids[i]->u.value))
                found = EQLI_TRUE;
        }
    } else {
        found = EQLI_UNKNOWN;
    }
    /* True at the top of a condition, unknown inside an operand: the generator tells them apart. */
    if (n->negated && found == EQLI_UNKNOWN)
        return;
    settle(cx, n, EQLI_OP_OK, eqli_tri_value(n->negated ? eqli_tri_not(found) : found));
}

bool eqli_only_stars(const eqli_node *match)
{
    for (uint32_t i = 1; i < match->n_kids; i++) {
        const eqlm_value *v = &match->kids[i]->u.value;
        if (v->type != EQLM_STRING || v->len == 0)
            return false;
        for (uint32_t k = 0; k < v->len; k++) {
            if (v->as.str[k] != '*')
                return false;
        }
    }
    return true;
}

static eqli_op_result match_const(eqli_cx *cx, const eqli_node *n, const eqlm_value *pattern, bool *hit)
{
    const eqlm_value *v = &n->kids[0]->u.value;
    eqlm_str text = { pattern->as.str, pattern->len };
    eqlm_status status;
    eqli_op_result r = EQLI_OP_NOMEM;
    if (n->op == EQLI_MATCH_REGEX) {
        eqli_regex_error error;
        eqli_regex *re = NULL;
        eqli_regex_cache *cache = NULL;
        status =
            eqli_regex_new(&cx->alloc, &text, 1, n->fold, cx->options.limits.max_regex_states, &error, &re);
        if (status == EQLM_OK && eqli_regex_cache_new(&cx->alloc, re, &cache) == EQLM_OK)
            r = eqli_regex_match(re, cache, v->as.str, v->len, hit);
        else if (status != EQLM_OK && status != EQLM_E_NOMEM) {
            bool limit = status == EQLM_E_LIMIT;
            eqli_error(cx, n->span, limit ? EQLI_D_REGEX_TOO_COMPLEX : EQLI_D_BAD_REGEX, error.message);
            r = EQLI_OP_OK;
        }
        eqli_regex_cache_free(cache);
        eqli_regex_free(re);
        return r;
    }
    eqli_pattern p = { text, EQLI_PAT_GLOB };
    eqli_pattern_set *set;
    status = eqli_pattern_set_new(&cx->alloc, &p, 1, n->op == EQLI_MATCH_COLON || n->fold, &set);
    if (status == EQLM_OK)
        r = eqli_pattern_set_match(set, v->as.str, v->len, &cx->arena, hit);
    eqli_pattern_set_free(set);
    return r;
}

static void fold_match(eqli_cx *cx, eqli_node *n)
{
    eqli_op_result r = EQLI_OP_OK;
    bool hit = false;
    if (!all_const(n))
        return;
    if (eqli_node_is_null(n->kids[0])) {
        bool existence = n->op != EQLI_MATCH_REGEX && eqli_only_stars(n);
        settle(cx, n, EQLI_OP_OK, existence ? eqli_bool(false) : eqli_null());
        return;
    }
    bool unknown = true; /* null patterns only */
    for (uint32_t i = 1; i < n->n_kids && !hit && r == EQLI_OP_OK; i++) {
        if (eqli_node_is_null(n->kids[i]))
            continue;
        unknown = false;
        r = match_const(cx, n, &n->kids[i]->u.value, &hit);
    }
    settle(cx, n, r, unknown ? eqli_null() : eqli_bool(hit));
}

static void fold_call(eqli_cx *cx, eqli_node *n)
{
    if (n->u.call.fn < 0 || n->u.call.fn >= EQLI_FN_COUNT || !all_const(n))
        return;
    eqlm_value *args = eqli_cx_alloc(cx, n->n_kids ? n->n_kids : 1, sizeof *args);
    if (!args)
        return;
    for (uint32_t i = 0; i < n->n_kids; i++)
        args[i] = n->kids[i]->u.value;
    eqlm_value out = eqli_null();
    eqli_op_result r = eqli_functions[n->u.call.fn].fn(args, n->n_kids, n->fold, &cx->arena, &out);
    settle(cx, n, r, out);
}

void eqli_fold_node(eqli_cx *cx, eqli_node *n)
{
    eqlm_value out = eqli_null();
    switch ((eqli_node_kind)n->kind) {
    case EQLI_N_NEG:
        if (all_const(n))
            settle(cx, n, eqli_negate(&n->kids[0]->u.value, &out), out);
        break;
    case EQLI_N_POS:
        if (all_const(n))
            settle(cx, n, EQLI_OP_OK, n->kids[0]->u.value);
        break;
    case EQLI_N_ARITH:
        if (all_const(n)) {
            eqli_op_result r =
                eqli_arithmetic((eqli_arith)n->op, &n->kids[0]->u.value, &n->kids[1]->u.value, &out);
            settle(cx, n, r, out);
        }
        break;
    case EQLI_N_COMPARE:
        fold_compare(cx, n);
        break;
    case EQLI_N_IN:
        fold_in(cx, n);
        break;
    case EQLI_N_MATCH:
        fold_match(cx, n);
        break;
    case EQLI_N_CALL:
        fold_call(cx, n);
        break;
    default:
        break;
    }
}
