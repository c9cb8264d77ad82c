/* lint_same.c - recognising an expression, or a list member, that was there before. */
#include "check/lint.h"

#include <string.h>

enum { MAX_PROBES = 16 };

uint64_t eqli_lint_hash(uint64_t h, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001B3);
    return h;
}

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 29;
}

static double as_double(const eqlm_value *v)
{
    if (v->type == EQLM_I64)
        return (double)v->as.i64;
    return v->type == EQLM_U64 ? (double)v->as.u64 : v->as.f64;
}

uint64_t eqli_lint_hash_value(const eqlm_value *v)
{
    uint64_t bits = 0;
    double d;
    switch ((eqlm_value_type)v->type) {
    case EQLM_I64:
    case EQLM_U64:
    case EQLM_F64:
        d = as_double(v) + 0.0; /* one zero */
        memcpy(&bits, &d, sizeof bits);
        return mix(EQLM_F64, bits);
    case EQLM_STRING:
        return mix(EQLM_STRING, eqli_lint_hash(v->len, v->as.str, v->len));
    case EQLM_IP:
        return mix(EQLM_IP, eqli_lint_hash(v->len, v->as.ip, v->len));
    case EQLM_BOOL:
        return mix(EQLM_BOOL, v->as.boolean);
    case EQLM_DATE:
    case EQLM_FAR_DATE:
        return mix(EQLM_DATE, (uint64_t)v->as.i64);
    default:
        return mix(v->type, 0);
    }
}

static bool same_text(eqlm_str a, eqlm_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* `not in` and != are left to the caller, which counts negations. */
static uint8_t positive_op(const eqli_node *n)
{
    return n->kind == EQLI_N_COMPARE && n->op == EQLI_CMP_NE ? (uint8_t)EQLI_CMP_EQ : n->op;
}

uint64_t eqli_lint_shape(const eqli_node *n)
{
    uint64_t h = mix(n->kind, (uint64_t)positive_op(n) << 1 | n->fold);
    switch ((eqli_node_kind)n->kind) {
    case EQLI_N_CONST:
        return mix(h, eqli_lint_hash_value(&n->u.value));
    case EQLI_N_FIELD:
        h = mix(h, (uint64_t)n->u.field.scope << 8 | n->u.field.alias);
        return mix(h, eqli_lint_hash(n->u.field.full.len, n->u.field.full.ptr, n->u.field.full.len));
    case EQLI_N_CALL:
        h = mix(h, (uint64_t)(int64_t)n->u.call.fn);
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < n->n_kids; i++)
        h = mix(h, eqli_lint_shape(n->kids[i]));
    return h;
}

static bool same_leaf(const eqli_node *a, const eqli_node *b)
{
    const eqli_field_ref *f = &a->u.field, *g = &b->u.field;
    switch ((eqli_node_kind)a->kind) {
    case EQLI_N_CONST:
        return eqli_value_same(&a->u.value, &b->u.value);
    case EQLI_N_FIELD:
        return f->scope == g->scope && f->alias == g->alias && same_text(f->full, g->full) &&
               same_text(f->variable, g->variable);
    case EQLI_N_CALL:
        return a->u.call.fn == b->u.call.fn;
    default:
        return a->kind != EQLI_N_LINEAGE; /* inner queries are not compared */
    }
}

bool eqli_lint_same(const eqli_node *a, const eqli_node *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->fold != b->fold || a->n_kids != b->n_kids ||
        positive_op(a) != positive_op(b) || !same_leaf(a, b))
        return false;
    for (uint32_t i = 0; i < a->n_kids; i++) {
        const eqli_node *p = a->kids[i], *q = b->kids[i];
        bool inner = p->negated != q->negated || (p->kind == EQLI_N_COMPARE && p->op != q->op);
        if (inner || !eqli_lint_same(p, q))
            return false;
    }
    return true;
}

bool eqli_lint_table_init(eqli_cx *cx, eqli_lint_table *t, uint32_t n)
{
    uint64_t size = 8;
    while (size < 2 * (uint64_t)n)
        size *= 2;
    t->entries =
        size <= SIZE_MAX / sizeof *t->entries ? eqli_cx_alloc(cx, (size_t)size, sizeof *t->entries) : NULL;
    t->mask = size - 1;
    return t->entries != NULL;
}

const eqli_lint_entry *eqli_lint_table_next(const eqli_lint_table *t, uint64_t hash, uint32_t *at)
{
    while (*at < MAX_PROBES) {
        const eqli_lint_entry *e = &t->entries[(hash + (*at)++) & t->mask];
        if (!e->item)
            return NULL;
        if (e->hash == hash)
            return e;
    }
    return NULL;
}

void eqli_lint_table_add(eqli_lint_table *t, uint64_t hash, const void *item, uint32_t index)
{
    for (uint32_t i = 0; i < MAX_PROBES; i++) {
        eqli_lint_entry *e = &t->entries[(hash + i) & t->mask];
        if (e->item)
            continue;
        *e = (eqli_lint_entry) { hash, item, index };
        return;
    }
}
