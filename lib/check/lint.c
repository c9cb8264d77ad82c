/* lint.c - conditions that decide nothing, and texts whose wildcards or anchors are ordinary characters. */
#include "check/lint.h"

#include <string.h>

#include "check/check.h"
#include "ops/function.h"

/* What is known of a condition without looking at events. */
typedef struct verdict {
    eqli_tri value; /* UNKNOWN: it depends on the event */
    bool settled;   /* constant for a reason that was reported or needs no report */
    bool negated;   /* `hash` is that of the opposite */
    uint64_t hash;  /* 0: not to be compared with others */
} verdict;

static verdict lint_condition(eqli_cx *cx, const eqli_node *n);
static void lint_filter(eqli_cx *cx, const eqli_filter *f);

static eqli_tri opposite(eqli_tri t)
{
    return t == EQLI_UNKNOWN ? t : t == EQLI_TRUE ? EQLI_FALSE : EQLI_TRUE;
}

static const char *truth(eqli_tri t)
{
    return t == EQLI_TRUE ? "true" : "false";
}

/* ---- texts
 * ---------------------------------------------------------------------------------------------------- */

/* `==` and `in` take stars literally. Reported where the text looks like a pattern: a star at an end and no
 * blank, which a command line with stars has. */
static void lint_literal_text(eqli_cx *cx, const eqli_node *text, const char *op, const char *instead)
{
    const eqlm_value *v = &text->u.value;
    if (!eqli_node_is_text(text) || v->len < 2 || (v->as.str[0] != '*' && v->as.str[v->len - 1] != '*'))
        return;
    bool others = false;
    for (uint32_t i = 0; i < v->len; i++) {
        if (v->as.str[i] == ' ')
            return;
        others |= v->as.str[i] != '*';
    }
    if (!others)
        return;
    eqli_error(cx, text->span, EQLI_D_LITERAL_WILDCARD, op);
    eqli_diag_hint(cx->diags, "':' and '%s' match wildcards", instead);
}

/* ^ and $ at the ends; where others stand they may be meant. */
static void lint_regex_text(eqli_cx *cx, const eqli_node *text)
{
    const char *s = text->u.value.as.str;
    size_t len = text->u.value.len, backslashes = 0;
    if (len == 0)
        return;
    while (backslashes < len - 1 && s[len - 2 - backslashes] == '\\')
        backslashes++;
    bool anchored_end = s[len - 1] == '$' && backslashes % 2 == 0;
    if (s[0] != '^' && !anchored_end)
        return;
    eqli_error(cx, text->span, EQLI_D_REGEX_LITERAL, s[0] == '^' ? "^" : "$");
    eqli_diag_hint(cx->diags, "the pattern always has to match the whole value");
}

static void lint_match(eqli_cx *cx, const eqli_node *n)
{
    for (uint32_t i = 1; i < n->n_kids && n->op == EQLI_MATCH_REGEX; i++) {
        if (eqli_node_is_text(n->kids[i]))
            lint_regex_text(cx, n->kids[i]);
    }
    eqli_lint_list(cx, n);
}

static void lint_in(eqli_cx *cx, const eqli_node *n)
{
    for (uint32_t i = 1; i < n->n_kids; i++)
        lint_literal_text(cx, n->kids[i], n->fold ? "in~" : "in", n->fold ? "like~" : "like");
    eqli_lint_list(cx, n);
}

/* ---- comparisons
 * ---------------------------------------------------------------------------------------------- */

/* Families of static types that compare with each other; 0: not known. */
static int family(eqli_type t)
{
    switch (t) {
    case EQLI_T_INT:
    case EQLI_T_DOUBLE:
        return 1;
    case EQLI_T_STRING:
        return 2;
    case EQLI_T_BOOL:
        return 3;
    case EQLI_T_IP:
        return 4;
    case EQLI_T_VERSION:
        return 5;
    default:
        return 0;
    }
}

/* Computed values are not converted. Fields are, to and from text; a text beside a field was looked at when
 * the constant was fitted to it. */
static void lint_types(eqli_cx *cx, const eqli_node *n)
{
    const eqli_node *a = n->kids[0], *b = n->kids[1];
    int fa = family((eqli_type)a->type), fb = family((eqli_type)b->type);
    bool converted = a->kind == EQLI_N_FIELD || b->kind == EQLI_N_FIELD;
    if (!fa || !fb || fa == fb || (converted && (fa == 2 || fb == 2)))
        return;
    bool constant = a->kind == EQLI_N_CONST;
    eqli_error(cx, n->span, EQLI_D_NEVER_EQUAL, eqli_type_text((eqli_type)(constant ? b : a)->type),
               eqli_type_text((eqli_type)(constant ? a : b)->type));
    if (fa + fb == 3)
        eqli_diag_hint(cx->diags, "string() and number() convert");
}

static bool is_never_negative(const eqli_node *n)
{
    return n->kind == EQLI_N_CALL && (n->u.call.fn == EQLI_FN_LENGTH || n->u.call.fn == EQLI_FN_INDEX_OF);
}

/* A length or an offset beside a number below what it can be. */
static eqli_tri range_value(const eqli_node *n)
{
    static const uint8_t mirrored[] = { EQLI_CMP_EQ, EQLI_CMP_NE, EQLI_CMP_GT,
                                        EQLI_CMP_GE, EQLI_CMP_LT, EQLI_CMP_LE };
    const eqli_node *e = n->kids[0], *k = n->kids[1];
    const eqlm_value zero = eqli_i64(0);
    uint8_t op = n->op;
    if (e->kind == EQLI_N_CONST) {
        const eqli_node *swap = e;
        e = k;
        k = swap;
        op = mirrored[op];
    }
    if (!is_never_negative(e) || k->kind != EQLI_N_CONST || !eqli_is_number(&k->u.value))
        return EQLI_UNKNOWN;
    bool negative = eqli_compare(EQLI_CMP_LT, &k->u.value, &zero, false) == EQLI_TRUE;
    bool not_positive = eqli_compare(EQLI_CMP_LE, &k->u.value, &zero, false) == EQLI_TRUE;
    if ((op == EQLI_CMP_LT && not_positive) || ((op == EQLI_CMP_LE || op == EQLI_CMP_EQ) && negative))
        return EQLI_FALSE;
    return op == EQLI_CMP_NE && negative ? EQLI_TRUE : EQLI_UNKNOWN;
}

static bool is_index_of(const eqli_node *n)
{
    return n->kind == EQLI_N_CALL && n->u.call.fn == EQLI_FN_INDEX_OF;
}

static eqli_tri lint_compare(eqli_cx *cx, const eqli_node *n)
{
    if (n->op == EQLI_CMP_EQ || n->op == EQLI_CMP_NE) {
        for (int i = 0; i < 2; i++) {
            if (n->kids[1 - i]->kind != EQLI_N_CONST)
                lint_literal_text(cx, n->kids[i], n->op == EQLI_CMP_EQ ? "==" : "!=", "like");
        }
    }
    lint_types(cx, n);
    eqli_tri value = range_value(n);
    if (value == EQLI_UNKNOWN)
        return value;
    eqli_error(cx, n->span, EQLI_D_CONSTANT_CONDITION, truth(value));
    if (is_index_of(n->kids[0]) || is_index_of(n->kids[1]))
        eqli_diag_hint(cx->diags, "indexOf gives null when it finds nothing");
    else
        eqli_diag_hint(cx->diags, "length is never negative");
    return value;
}

/* Looks into the operands of a leaf; the conditions in it are three-valued, but lists and texts are what they
 * are. */
static eqli_tri lint_leaf(eqli_cx *cx, const eqli_node *n)
{
    eqli_tri value = EQLI_UNKNOWN;
    switch ((eqli_node_kind)n->kind) {
    case EQLI_N_COMPARE:
        value = lint_compare(cx, n);
        break;
    case EQLI_N_IN:
        lint_in(cx, n);
        break;
    case EQLI_N_MATCH:
        lint_match(cx, n);
        break;
    case EQLI_N_LINEAGE:
        lint_filter(cx, n->u.filter);
        return value;
    case EQLI_N_CALL:
        if (n->u.call.fn == EQLI_CALL_ARRAY_SEARCH) {
            (void)lint_condition(cx, n->kids[2]);
            return value;
        }
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < n->n_kids; i++) {
        if (n->kids[i]->n_kids || n->kids[i]->kind == EQLI_N_LINEAGE)
            (void)lint_leaf(cx, n->kids[i]);
    }
    return value;
}

/* ---- logic
 * ---------------------------------------------------------------------------------------------------- */

/* `true` and `false` as the author wrote them: switching a part off is deliberate. */
static bool is_written_constant(const eqli_cx *cx, const eqli_node *n)
{
    const char *s = cx->source.ptr + n->span.start;
    size_t len = n->span.end - n->span.start;
    return (len == 4 && memcmp(s, "true", 4) == 0) || (len == 5 && memcmp(s, "false", 5) == 0);
}

static verdict constant(eqli_cx *cx, const eqli_node *n)
{
    /* Above the leaves null is false. */
    verdict v = { .value = eqli_value_tri(&n->u.value) == EQLI_TRUE ? EQLI_TRUE : EQLI_FALSE };
    if (is_written_constant(cx, n))
        return v;
    v.settled = true;
    if (!n->from_unmapped)
        eqli_error(cx, n->outer, EQLI_D_CONSTANT_CONDITION, truth(v.value));
    return v;
}

/* The operands of one `and` or `or` met so far. */
typedef struct chain {
    eqli_cx *cx;
    const eqli_node *node;
    verdict *verdicts;
    eqli_lint_table seen;
} chain;

/* The operand without the negations that its hash leaves out. */
static const eqli_node *core(const eqli_node *n)
{
    while (n->kind == EQLI_N_NOT)
        n = n->kids[0];
    return n;
}

/* Returns whether this operand and an earlier one decide the whole chain. */
static bool meets_opposite(chain *c, uint32_t i)
{
    const verdict *v = &c->verdicts[i];
    const eqli_node *n = c->node->kids[i];
    const char *op = c->node->kind == EQLI_N_AND ? "and" : "or";
    const eqli_lint_entry *e;
    if (!v->hash || v->value != EQLI_UNKNOWN)
        return false;
    for (uint32_t at = 0; (e = eqli_lint_table_next(&c->seen, v->hash, &at)) != NULL;) {
        if (!eqli_lint_same(core(c->node->kids[e->index]), core(n)))
            continue;
        if (c->verdicts[e->index].negated == v->negated) {
            eqli_error(c->cx, n->outer, EQLI_D_DUPLICATE_CONDITION, op);
            return false;
        }
        eqli_error(c->cx, n->outer, EQLI_D_CONTRADICTION, op, c->node->kind == EQLI_N_AND ? "false" : "true");
        return true;
    }
    eqli_lint_table_add(&c->seen, v->hash, n, i);
    return false;
}

static verdict lint_chain(eqli_cx *cx, const eqli_node *n)
{
    verdict v = { .value = EQLI_UNKNOWN };
    chain c = { .cx = cx, .node = n };
    eqli_tri deciding = n->kind == EQLI_N_AND ? EQLI_FALSE : EQLI_TRUE;
    uint32_t n_constant = 0;
    bool decided = false;
    c.verdicts = eqli_cx_alloc(cx, n->n_kids, sizeof *c.verdicts);
    if (!c.verdicts || !eqli_lint_table_init(cx, &c.seen, n->n_kids))
        return v;
    uint64_t hash = n->kind;
    for (uint32_t i = 0; i < n->n_kids; i++) {
        verdict kid = c.verdicts[i] = lint_condition(cx, n->kids[i]);
        n_constant += kid.value != EQLI_UNKNOWN;
        decided |= kid.value == deciding;
        v.settled |= kid.settled;
        if (meets_opposite(&c, i))
            decided = v.settled = true;
        uint64_t word = kid.hash + kid.negated;
        hash = kid.hash && hash ? eqli_lint_hash(hash, &word, sizeof word) : 0;
    }
    if (!decided && n_constant < n->n_kids) {
        v.hash = hash;
        return v;
    }
    v.value = decided ? deciding : opposite(deciding);
    if (!v.settled)
        eqli_error(cx, n->outer, EQLI_D_CONSTANT_CONDITION, truth(v.value));
    v.settled = true;
    return v;
}

static verdict lint_condition(eqli_cx *cx, const eqli_node *n)
{
    verdict v = { .value = EQLI_UNKNOWN };
    switch ((eqli_node_kind)n->kind) {
    case EQLI_N_CONST:
        return constant(cx, n);
    case EQLI_N_AND:
    case EQLI_N_OR:
        return lint_chain(cx, n);
    case EQLI_N_NOT:
        v = lint_condition(cx, n->kids[0]);
        v.value = opposite(v.value);
        v.negated = !v.negated;
        return v;
    default:
        v.value = lint_leaf(cx, n);
        v.settled = v.value != EQLI_UNKNOWN;
        v.negated = n->negated || (n->kind == EQLI_N_COMPARE && n->op == EQLI_CMP_NE);
        v.hash = n->kind == EQLI_N_LINEAGE ? 0 : eqli_lint_shape(n) | 1;
        return v;
    }
}

static void lint_filter(eqli_cx *cx, const eqli_filter *f)
{
    if (f && f->condition)
        (void)lint_condition(cx, f->condition);
}

void eqli_lint_query(eqli_cx *cx, const eqli_query *q)
{
    for (uint32_t i = 0; i < q->n_terms; i++)
        lint_filter(cx, q->terms[i].filter);
    if (q->until)
        lint_filter(cx, q->until->filter);
}
