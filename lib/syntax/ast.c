/* ast.c - memory of a compilation, nodes, and the builders of operators. */
#include "syntax/build.h"

#include <string.h>

#include "eql.h"

enum { CHAIN_MIN = 4 };

void eqli_error(eqli_cx *cx, eqli_span span, eqli_diag_id id, ...)
{
    va_list args;
    va_start(args, id);
    eqli_diag_va(cx->diags, span, id, args);
    va_end(args);
    if (eqli_diag_severity(id) == EQLM_ERROR)
        cx->failed = true;
}

void *eqli_cx_alloc(eqli_cx *cx, size_t n, size_t size)
{
    void *p = cx->nomem ? NULL : eqli_arena_array(&cx->arena, n, size);
    if (!p)
        cx->nomem = true;
    return p;
}

bool eqli_cx_grow(eqli_cx *cx, void **items, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    uint32_t new_cap = *cap ? *cap * 2 : CHAIN_MIN;
    void *grown = new_cap > *cap ? eqli_cx_alloc(cx, new_cap, size) : NULL;
    if (!grown) {
        cx->nomem = true;
        return false;
    }
    if (n)
        memcpy(grown, *items, n * size);
    *items = grown;
    *cap = new_cap;
    return true;
}

static bool stop(eqli_cx *cx)
{
    cx->stopped = true;
    return false;
}

/* False (reported once) when the tree becomes too deep for the passes that recurse over it. */
static bool set_depth(eqli_cx *cx, eqli_node *n, uint32_t depth)
{
    uint32_t max = cx->options.limits.max_depth;
    if (depth > max || depth > UINT16_MAX) {
        if (!cx->stopped) {
            eqli_error(cx, n->span, EQLI_D_TOO_DEEP);
            eqli_diag_hint(cx->diags, "the limit is %u levels", max);
        }
        return stop(cx);
    }
    if (depth > n->depth)
        n->depth = (uint16_t)depth;
    return true;
}

/* Kids of `and` and `or` have room up to the next power of two, so that a chain grows in linear time without
 * a field for its capacity. */
static uint32_t chain_room(uint32_t n)
{
    uint32_t room = CHAIN_MIN;
    while (room < n && room < UINT32_MAX / 2)
        room *= 2;
    return room;
}

eqli_node *eqli_node_new(eqli_cx *cx, eqli_node_kind kind, eqli_span span, eqli_node *const *kids, uint32_t n)
{
    if (cx->n_nodes >= cx->options.limits.max_nodes) {
        if (!cx->stopped)
            eqli_error(cx, span, EQLI_D_TOO_MANY_NODES, cx->options.limits.max_nodes);
        stop(cx);
        return NULL;
    }
    cx->n_nodes++;
    eqli_node *node = eqli_cx_alloc(cx, 1, sizeof *node);
    if (!node)
        return NULL;
    node->kind = (uint8_t)kind;
    node->span = node->outer = span;
    node->depth = 1;
    if (n == 0)
        return node;
    uint32_t room = kind == EQLI_N_AND || kind == EQLI_N_OR ? chain_room(n) : n;
    node->kids = eqli_cx_alloc(cx, room, sizeof(eqli_node *));
    if (!node->kids)
        return NULL;
    node->n_kids = n;
    for (uint32_t i = 0; i < n; i++) {
        node->kids[i] = kids[i];
        if (!set_depth(cx, node, kids[i]->depth + 1u))
            return NULL;
    }
    return node;
}

/* An inner node over its operands; op_span is the operator's. */
static eqli_node *inner(eqli_cx *cx, eqli_node_kind kind, eqli_span span, eqli_span op,
                        eqli_node *const *kids, uint32_t n)
{
    eqli_node *node = eqli_node_new(cx, kind, span, kids, n);
    if (node)
        node->op_span = op;
    return node;
}

static bool append(eqli_cx *cx, eqli_node *chain, eqli_node *const *kids, uint32_t n)
{
    if (chain->n_kids + n > chain_room(chain->n_kids)) {
        eqli_node **grown = eqli_cx_alloc(cx, chain_room(chain->n_kids + n), sizeof *grown);
        if (!grown)
            return false;
        memcpy(grown, chain->kids, chain->n_kids * sizeof *grown);
        chain->kids = grown;
    }
    for (uint32_t i = 0; i < n; i++) {
        chain->kids[chain->n_kids++] = kids[i];
        if (!set_depth(cx, chain, kids[i]->depth + 1u))
            return false;
    }
    return true;
}

/* Kept flat, also through parentheses: a chain would make every later pass recurse once per term. */
static eqli_node *logic(eqli_cx *cx, eqli_node_kind kind, eqli_node *a, const eqli_token *op, eqli_node *b)
{
    if (!a || !b)
        return a ? a : b; /* the rest can still be checked */
    eqli_span span = eqli_span_join(a->outer, b->outer);
    if (a->kind != kind) {
        a = inner(cx, kind, span, op->span, &a, 1);
        if (!a)
            return NULL;
    }
    a->span = a->outer = span;
    a->parens = false;
    bool ok = b->kind == kind ? append(cx, a, b->kids, b->n_kids) : append(cx, a, &b, 1);
    return ok ? a : NULL;
}

eqli_node *eqli_ast_or(eqli_cx *cx, eqli_node *a, const eqli_token *op, eqli_node *b)
{
    return logic(cx, EQLI_N_OR, a, op, b);
}

eqli_node *eqli_ast_and(eqli_cx *cx, eqli_node *a, const eqli_token *op, eqli_node *b)
{
    return logic(cx, EQLI_N_AND, a, op, b);
}

eqli_node *eqli_ast_not(eqli_cx *cx, const eqli_token *op, eqli_node *a)
{
    return a ? inner(cx, EQLI_N_NOT, eqli_span_join(op->span, a->outer), op->span, &a, 1) : NULL;
}

eqli_node *eqli_ast_sign(eqli_cx *cx, const eqli_token *op, eqli_node *a)
{
    eqli_node_kind kind = op->kind == EQLI_TK_MINUS ? EQLI_N_NEG : EQLI_N_POS;
    return a ? inner(cx, kind, eqli_span_join(op->span, a->outer), op->span, &a, 1) : NULL;
}

static eqli_cmp compare_op(int kind)
{
    switch (kind) {
    case EQLI_TK_EQ:
        return EQLI_CMP_EQ;
    case EQLI_TK_NE:
        return EQLI_CMP_NE;
    case EQLI_TK_LT:
        return EQLI_CMP_LT;
    case EQLI_TK_LE:
        return EQLI_CMP_LE;
    case EQLI_TK_GT:
        return EQLI_CMP_GT;
    default:
        return EQLI_CMP_GE;
    }
}

static eqli_arith arith_op(int kind)
{
    switch (kind) {
    case EQLI_TK_PLUS:
        return EQLI_ADD;
    case EQLI_TK_MINUS:
        return EQLI_SUB;
    case EQLI_TK_STAR:
        return EQLI_MUL;
    case EQLI_TK_SLASH:
        return EQLI_DIV;
    default:
        return EQLI_MOD;
    }
}

static eqli_node *binary(eqli_cx *cx, eqli_node_kind kind, eqli_node *a, const eqli_token *op, eqli_node *b)
{
    if (!a || !b)
        return NULL; /* already reported where it failed */
    eqli_node *kids[2] = { a, b };
    return inner(cx, kind, eqli_span_join(a->outer, b->outer), op->span, kids, 2);
}

eqli_node *eqli_ast_compare(eqli_cx *cx, eqli_node *a, const eqli_token *op, eqli_node *b)
{
    if (a && a->kind == EQLI_N_COMPARE && !a->parens) {
        eqli_error(cx, op->span, EQLI_D_CHAINED_COMPARISON);
        eqli_diag_hint(cx->diags, "join two comparisons with 'and', or put the first in parentheses");
        return a;
    }
    eqli_node *node = binary(cx, EQLI_N_COMPARE, a, op, b);
    if (node)
        node->op = (uint8_t)compare_op(op->kind);
    return node;
}

eqli_node *eqli_ast_arith(eqli_cx *cx, eqli_node *a, const eqli_token *op, eqli_node *b)
{
    eqli_node *node = binary(cx, EQLI_N_ARITH, a, op, b);
    if (node)
        node->op = (uint8_t)arith_op(op->kind);
    return node;
}

/* `in` or a match: the operand followed by the items. NULL when the operand failed or has a test already. */
static eqli_node *test(eqli_cx *cx, eqli_node_kind kind, eqli_node *a, const eqli_token *op,
                       const eqli_list *items)
{
    if (a && (a->kind == EQLI_N_IN || a->kind == EQLI_N_MATCH) && !a->parens) {
        eqli_error(cx, op->span, EQLI_D_CHAINED_PREDICATE, op->text);
        eqli_diag_hint(cx->diags, "join two tests with 'and' or 'or'");
        return NULL;
    }
    if (!a || !items || items->n == 0)
        return NULL;
    eqli_node **kids = eqli_cx_alloc(cx, items->n + (size_t)1, sizeof *kids);
    if (!kids)
        return NULL;
    kids[0] = a;
    memcpy(kids + 1, items->items, items->n * sizeof *kids);
    return inner(cx, kind, eqli_span_join(a->outer, items->span), op->span, kids, items->n + 1);
}

eqli_node *eqli_ast_in(eqli_cx *cx, eqli_node *a, const eqli_token *negation, const eqli_token *op,
                       eqli_list *items)
{
    eqli_token whole = *op;
    if (negation)
        whole.span.start = negation->span.start;
    eqli_node *node = test(cx, EQLI_N_IN, a, &whole, items);
    if (node) {
        node->negated = negation != NULL;
        node->fold = op->kind == EQLI_TK_IN_FOLD;
    }
    return node;
}

eqli_node *eqli_ast_match(eqli_cx *cx, eqli_node *a, const eqli_token *negation, const eqli_token *op,
                          eqli_list *items)
{
    if (negation) {
        eqli_error(cx, negation->span, EQLI_D_NOT_BEFORE_MATCH, op->text);
        if (a) {
            eqlm_str operand = { cx->source.ptr + a->outer.start, a->outer.end - a->outer.start };
            eqli_diag_hint(cx->diags, "write: not %S %S ...", operand, op->text);
        }
    }
    eqli_node *node = test(cx, EQLI_N_MATCH, a, op, items);
    if (!node)
        return NULL;
    bool like = op->kind == EQLI_TK_LIKE || op->kind == EQLI_TK_LIKE_FOLD;
    eqli_match_op how = op->kind == EQLI_TK_COLON ? EQLI_MATCH_COLON
                        : like                    ? EQLI_MATCH_LIKE
                                                  : EQLI_MATCH_REGEX;
    node->op = (uint8_t)how;
    node->fold = op->kind != EQLI_TK_LIKE && op->kind != EQLI_TK_REGEX;
    return negation ? eqli_ast_not(cx, negation, node) : node;
}

eqli_node *eqli_ast_lineage(eqli_cx *cx, const eqli_token *name, const eqli_token *of, const eqli_subquery *s)
{
    static const char *const relations[] = { "descendant", "child", "event" };
    eqli_span op = eqli_span_join(name->span, of->span);
    uint8_t relation = 0;
    while (relation < 3 && !eqli_str_is(name->text, relations[relation]))
        relation++;
    if (relation == 3) {
        eqli_error(cx, op, EQLI_D_UNKNOWN_LINEAGE, name->text);
        eqli_diag_hint(cx->diags, "the relations are descendant of, child of and event of");
    } else if (cx->options.dialect != EQLM_DIALECT_ENDPOINT) {
        eqli_error(cx, op, EQLI_D_LINEAGE_DIALECT, name->text);
    }
    if (s->missing)
        eqli_error(cx, s->span, EQLI_D_LINEAGE_MISSING, name->text);
    if (relation == 3 || !s->filter)
        return NULL;
    eqli_node *node = inner(cx, EQLI_N_LINEAGE, eqli_span_join(name->span, s->span), op, NULL, 0);
    if (!node)
        return NULL;
    node->op = relation; /* in the order of eqli_lineage */
    node->u.filter = s->filter;
    const eqli_node *condition = s->filter->condition;
    return !condition || set_depth(cx, node, condition->depth + 1u) ? node : NULL;
}

eqli_node *eqli_ast_parens(const eqli_token *open, eqli_node *a, const eqli_token *close)
{
    if (a) {
        a->parens = true;
        a->outer = eqli_span_join(open->span, close->span);
    }
    return a;
}
