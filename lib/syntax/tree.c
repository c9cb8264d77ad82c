/* tree.c - one walk over the tree serves both forms: it announces objects, members and values, and the writer
 * decides how they look. Recursion is bounded by limits.max_depth, which the parser has enforced. */
#include "syntax/tree.h"

#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "syntax/build.h"

typedef struct writer {
    eqlm_write_fn write;
    void *ctx;
    bool json;
    bool first; /* nothing written yet inside the current bracket */
    bool ok;
} writer;

static void put(writer *w, const char *text, size_t len)
{
    w->ok = w->ok && (len == 0 || w->write(w->ctx, text, len));
}

static void put_text(writer *w, const char *text)
{
    put(w, text, strlen(text));
}

static void put_number(writer *w, uint64_t n)
{
    char digits[EQLI_NUM_MAX];
    put(w, digits, eqli_u64_text(n, digits));
}

/* A character that cannot stand in a string of either form. */
static void put_escaped(writer *w, uint32_t c)
{
    static const char hex[] = "0123456789abcdef";
    char json[6] = { '\\', 'u', '0', '0', hex[c >> 4 & 15], hex[c & 15] };
    char eql[6] = { '\\', 'u', '{', hex[c >> 4 & 15], hex[c & 15], '}' };
    if (c == '"' || c == '\\')
        put(w, c == '"' ? "\\\"" : "\\\\", 2);
    else
        put(w, w->json ? json : eql, 6);
}

static void put_string(writer *w, eqlm_str s)
{
    const char *p = s.len ? s.ptr : "", *end = p + s.len, *plain = p;
    put(w, "\"", 1);
    while (p < end) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == 0x7F || c == '"' || c == '\\') {
            put(w, plain, (size_t)(p - plain));
            put_escaped(w, c);
            plain = p + 1;
        }
        p++;
    }
    put(w, plain, (size_t)(end - plain));
    put(w, "\"", 1);
}

/* Separates what follows from what came before it in the same bracket. */
static void next(writer *w)
{
    if (!w->first)
        put_text(w, w->json ? "," : " ");
    w->first = false;
}

static void member(writer *w, const char *name)
{
    next(w);
    if (w->json) {
        put_string(w, eqli_str(name));
        put_text(w, ":");
    }
}

/* `(head` or `{"kind":"head"`. */
static void open(writer *w, const char *head)
{
    put_text(w, w->json ? "{\"kind\":\"" : "(");
    put_text(w, head);
    put_text(w, w->json ? "\"" : "");
    w->first = false;
}

static void close(writer *w)
{
    put_text(w, w->json ? "}" : ")");
    w->first = false;
}

static void open_list(writer *w)
{
    put_text(w, w->json ? "[" : "");
    w->first = true;
}

static void close_list(writer *w)
{
    put_text(w, w->json ? "]" : "");
    w->first = false;
}

static void span(writer *w, eqli_span s)
{
    if (!w->json)
        return;
    member(w, "span");
    put_text(w, "[");
    put_number(w, s.start);
    put_text(w, ",");
    put_number(w, s.end);
    put_text(w, "]");
}

static void flag(writer *w, const char *name, bool value)
{
    if (!value)
        return;
    member(w, name);
    put_text(w, w->json ? "true" : name);
}

static void text_member(writer *w, const char *name, eqlm_str text)
{
    member(w, name);
    put_string(w, text);
}

static const char *const compare_names[] = { "==", "!=", "<", "<=", ">", ">=" };
static const char *const arith_names[] = { "+", "-", "*", "/", "%" };
static const char *const match_names[] = { ":", "like", "regex" };
static const char *const lineage_names[] = { "descendant of", "child of", "event of" };

static void value(writer *w, const eqlm_value *v)
{
    char digits[EQLI_NUM_MAX];
    switch (v->type) {
    case EQLM_BOOL:
        put_text(w, v->as.boolean ? "true" : "false");
        break;
    case EQLM_I64:
        put(w, digits, eqli_i64_text(v->as.i64, digits));
        break;
    case EQLM_U64:
        put_number(w, v->as.u64);
        break;
    case EQLM_F64:
        put(w, digits, eqli_f64_text(v->as.f64, digits));
        break;
    case EQLM_STRING:
        put_string(w, (eqlm_str){ v->as.str, v->len });
        break;
    default:
        put_text(w, "null");
        break;
    }
}

static void field(writer *w, const eqli_node *n)
{
    const eqli_field_ref *f = &n->u.field;
    if (w->json) {
        open(w, "field");
        text_member(w, "name", f->name);
        if (f->variable.len)
            text_member(w, "variable", f->variable);
        flag(w, "optional", f->optional);
        span(w, n->span);
        close(w);
        return;
    }
    put_text(w, f->optional ? "?" : "");
    if (f->variable.len) {
        put_text(w, "$");
        put(w, f->variable.ptr, f->variable.len);
        put_text(w, f->name.len ? "." : "");
    }
    put(w, f->name.ptr, f->name.len);
}

static void constant(writer *w, const eqli_node *n)
{
    if (!w->json) {
        value(w, &n->u.value);
        return;
    }
    open(w, "constant");
    member(w, "value");
    value(w, &n->u.value);
    span(w, n->span);
    close(w);
}

/* What stands first in the brackets of an inner node: its operator, or its kind when it has none. */
static void head(writer *w, const eqli_node *n)
{
    static const char *const kinds[EQLI_N_KIND_COUNT] = {
        [EQLI_N_CALL] = "call",   [EQLI_N_NOT] = "not",     [EQLI_N_AND] = "and",         [EQLI_N_OR] = "or",
        [EQLI_N_NEG] = "negate",  [EQLI_N_POS] = "plus",    [EQLI_N_ARITH] = "arithmetic",
        [EQLI_N_COMPARE] = "compare", [EQLI_N_IN] = "in",   [EQLI_N_MATCH] = "match",
        [EQLI_N_LINEAGE] = "lineage",
    };
    const char *op = n->kind == EQLI_N_COMPARE   ? compare_names[n->op]
                     : n->kind == EQLI_N_ARITH   ? arith_names[n->op]
                     : n->kind == EQLI_N_MATCH   ? match_names[n->op]
                     : n->kind == EQLI_N_LINEAGE ? lineage_names[n->op]
                                                 : NULL;
    if (w->json) {
        open(w, kinds[n->kind]);
        if (op)
            text_member(w, "op", eqli_str(op));
        if (n->kind == EQLI_N_CALL)
            text_member(w, "name", n->u.call.name);
        flag(w, "negated", n->negated);
        flag(w, "case_insensitive", n->fold);
        span(w, n->span);
        return;
    }
    open(w, n->negated ? "not-" : "");
    if (n->kind == EQLI_N_CALL)
        put(w, n->u.call.name.ptr, n->u.call.name.len);
    else
        put_text(w, op ? op : kinds[n->kind]);
    bool tilde = n->fold && !(n->kind == EQLI_N_MATCH && n->op == EQLI_MATCH_COLON);
    put_text(w, tilde ? "~" : "");
}

static void filter(writer *w, const eqli_filter *f);

static void node(writer *w, const eqli_node *n)
{
    if (!n) {
        put_text(w, w->json ? "null" : "<error>");
        return;
    }
    if (n->kind == EQLI_N_CONST || n->kind == EQLI_N_FIELD) {
        if (n->kind == EQLI_N_CONST)
            constant(w, n);
        else
            field(w, n);
        return;
    }
    head(w, n);
    if (n->kind == EQLI_N_LINEAGE) {
        member(w, "query");
        filter(w, n->u.filter);
    } else if (n->n_kids || !w->json) {
        if (w->json)
            member(w, "kids");
        else if (n->n_kids)
            put_text(w, " ");
        open_list(w);
        for (uint32_t i = 0; i < n->n_kids; i++) {
            next(w);
            node(w, n->kids[i]);
        }
        close_list(w);
    }
    close(w);
}

static void filter(writer *w, const eqli_filter *f)
{
    open(w, f->any ? "any" : "category");
    if (!f->any)
        text_member(w, "category", f->category);
    span(w, f->span);
    member(w, "condition");
    node(w, f->condition);
    close(w);
}

static void keys(writer *w, const eqli_list *list)
{
    if (!list)
        return;
    member(w, "keys");
    put_text(w, w->json ? "" : "(by ");
    open_list(w);
    for (uint32_t i = 0; i < list->n; i++) {
        next(w);
        node(w, list->items[i]);
    }
    close_list(w);
    put_text(w, w->json ? "" : ")");
}

static void term(writer *w, const eqli_term *t, const char *kind)
{
    open(w, kind);
    member(w, "query");
    filter(w, t->filter);
    keys(w, t->keys);
    if (t->has_runs) {
        member(w, "runs");
        put_text(w, w->json ? "" : "runs=");
        put_number(w, t->runs);
    }
    if (t->alias.len) {
        member(w, "alias");
        put_text(w, w->json ? "" : "as=");
        put_string(w, t->alias);
    }
    span(w, t->span);
    close(w);
}

static void pipes(writer *w, const eqli_query *q)
{
    if (!q->n_pipes)
        return;
    member(w, "pipes");
    open_list(w);
    for (uint32_t i = 0; i < q->n_pipes; i++) {
        next(w);
        open(w, q->pipes[i].tail ? "tail" : "head");
        member(w, "argument");
        node(w, q->pipes[i].arg);
        close(w);
    }
    close_list(w);
}

static void chain(writer *w, const eqli_query *q)
{
    keys(w, q->keys);
    if (q->has_maxspan) {
        member(w, "maxspan_ms");
        put_text(w, w->json ? "" : "maxspan=");
        put_number(w, q->maxspan_ms);
    }
    member(w, "terms");
    open_list(w);
    for (uint32_t i = 0; i < q->n_terms; i++) {
        next(w);
        term(w, &q->terms[i], q->terms[i].missing ? "missing" : "term");
    }
    close_list(w);
    if (q->until) {
        member(w, "until");
        term(w, q->until, "until");
    }
}

bool eqli_tree_write(const eqli_query *q, bool json, eqlm_write_fn write, void *ctx)
{
    static const char *const kinds[] = { "event", "sequence", "sample", "expression" };
    writer w = { .write = write, .ctx = ctx, .json = json, .first = true, .ok = true };
    open(&w, kinds[q->kind]);
    if (q->kind == EQLI_Q_EVENT) {
        member(&w, "query");
        filter(&w, q->terms[0].filter);
    } else if (q->kind == EQLI_Q_EXPR) {
        member(&w, "expression");
        node(&w, q->expr);
    } else {
        chain(&w, q);
    }
    pipes(&w, q);
    span(&w, q->span);
    close(&w);
    return w.ok;
}
