#include "check/operands.h"

#include "base/number.h"
#include "ops/date.h"
#include "ops/ip.h"

#include <string.h>

static void fit_ip(eqli_cx *cx, eqli_node *k, uint8_t cmp)
{
    const eqlm_value *v = &k->u.value;
    eqli_ip ip;
    eqli_cidr block;
    if (eqli_ip_parse(v->as.str, v->len, &ip)) {
        unsigned char *bytes = eqli_cx_alloc(cx, ip.len, 1);
        if (!bytes)
            return;
        memcpy(bytes, ip.bytes, ip.len);
        eqli_node_set_const(k, (eqlm_value){ .type = EQLM_IP, .len = ip.len, .as.ip = bytes });
        return;
    }
    bool membership = cmp == EQLI_CMP_EQ || cmp == EQLI_CMP_NE;
    if (membership && eqli_cidr_parse(v->as.str, v->len, &block))
        return;
    eqli_error(cx, k->span, EQLI_D_CONST_ERROR, "it is no IP address");
    eqli_diag_hint(cx->diags, membership ? "write \"10.1.2.3\", \"::1\" or a block such as \"10.0.0.0/8\""
                                         : "write \"10.1.2.3\" or \"::1\"");
}

static void fit_date(eqli_cx *cx, eqli_node *k)
{
    eqlm_value *v = &k->u.value, out;
    if (eqli_read_as(EQLI_AS_DATE, true, v, &cx->arena, &out) == EQLI_OP_OK && eqli_is_date(&out)) {
        eqli_node_set_const(k, out);
        return;
    }
    eqli_error(cx, k->span, EQLI_D_CONST_ERROR, "it is no date");
    eqli_diag_hint(cx->diags, "write \"2026-01-31\" or \"2026-01-31T12:00:00Z\"");
}

/* Text beside a number or boolean field: read like the field, where it can be. */
static void fit_text(eqli_cx *cx, eqli_as as, eqli_type type, eqli_node *k)
{
    eqlm_value out;
    if (eqli_read_as(as, true, &k->u.value, &cx->arena, &out) == EQLI_OP_OK && out.type != EQLM_NULL) {
        eqli_node_set_const(k, out);
        return;
    }
    eqli_error(cx, k->span, EQLI_D_NEVER_EQUAL, eqli_type_text(type), eqli_type_text(EQLI_T_STRING));
}

void eqli_fit_constant(eqli_cx *cx, const eqli_node *other, eqli_node *k, uint8_t cmp)
{
    if (k->kind != EQLI_N_CONST || other->kind != EQLI_N_FIELD || k->u.value.type == EQLM_NULL)
        return;
    switch ((eqli_type)other->type) {
    case EQLI_T_IP:
        if (eqli_node_is_text(k))
            fit_ip(cx, k, cmp);
        break;
    case EQLI_T_DATE:
        fit_date(cx, k);
        break;
    case EQLI_T_INT:
    case EQLI_T_DOUBLE:
        if (eqli_node_is_text(k))
            fit_text(cx, EQLI_AS_NUM, (eqli_type)other->type, k);
        break;
    case EQLI_T_BOOL:
        if (eqli_node_is_text(k))
            fit_text(cx, EQLI_AS_BOOL, EQLI_T_BOOL, k);
        break;
    default:
        break;
    }
}

bool eqli_item_fits(eqli_type left, eqli_type item)
{
    if (left == item || left == EQLI_T_ANY || item == EQLI_T_ANY)
        return true;
    if (left == EQLI_T_NULL || item == EQLI_T_NULL || left == EQLI_T_ERROR || item == EQLI_T_ERROR)
        return true;
    if (eqli_type_is_number(left) && eqli_type_is_number(item))
        return true;
    return item == EQLI_T_STRING && (left == EQLI_T_IP || left == EQLI_T_DATE || left == EQLI_T_VERSION);
}

void eqli_check_block(eqli_cx *cx, const eqli_node *k)
{
    eqli_cidr block;
    if (k->kind != EQLI_N_CONST || k->u.value.type != EQLM_STRING)
        return;
    if (!eqli_cidr_parse(k->u.value.as.str, k->u.value.len, &block)) {
        eqli_error(cx, k->span, EQLI_D_CONST_ERROR, "it is no address block");
        eqli_diag_hint(cx->diags, "write \"10.0.0.0/8\", \"fe80::/10\" or a single address");
    }
}

bool eqli_rewrite_boolean_equality(eqli_cx *cx, eqli_node *n)
{
    if (n->op != EQLI_CMP_EQ && n->op != EQLI_CMP_NE)
        return false;
    for (int i = 0; i < 2; i++) {
        eqli_node *k = n->kids[i], *e = n->kids[1 - i];
        if (k->kind != EQLI_N_CONST || k->u.value.type != EQLM_BOOL)
            continue;
        /* A condition that was folded to null is still a condition; only a literal null makes this a null
         * test. */
        bool is_condition = e->type == EQLI_T_BOOL && (e->kind != EQLI_N_CONST || eqli_node_is_null(e));
        if (e->kind == EQLI_N_FIELD || !is_condition)
            continue;
        if (k->u.value.as.boolean == (n->op == EQLI_CMP_EQ)) {
            *n = *e;
            return true;
        }
        eqli_node *negation = eqli_node_new(cx, EQLI_N_NOT, n->span, &e, 1);
        if (!negation)
            return false;
        negation->type = EQLI_T_BOOL;
        *n = *negation;
        return true;
    }
    return false;
}

static eqli_tri tri_of(const eqli_node *n)
{
    return eqli_value_tri(&n->u.value);
}

void eqli_fold_logic(eqli_node *n)
{
    bool is_logic = n->kind == EQLI_N_AND || n->kind == EQLI_N_OR || n->kind == EQLI_N_NOT;
    if (!is_logic)
        return;
    for (uint32_t i = 0; i < n->n_kids; i++) {
        eqli_fold_logic(n->kids[i]);
        n->from_unmapped |= n->kids[i]->from_unmapped;
        if (n->kids[i]->kind != EQLI_N_CONST)
            return;
    }
    eqli_tri t = tri_of(n->kids[0]);
    if (n->kind == EQLI_N_NOT)
        t = eqli_tri_not(t);
    for (uint32_t i = 1; i < n->n_kids; i++)
        t = n->kind == EQLI_N_AND ? eqli_tri_and(t, tri_of(n->kids[i])) : eqli_tri_or(t, tri_of(n->kids[i]));
    eqli_node_set_const(n, eqli_tri_value(t));
    n->type = EQLI_T_BOOL;
}
