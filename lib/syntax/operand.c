/* operand.c - builders of fields, calls, literals and lists. */
#include "syntax/build.h"

#include <string.h>

#include "base/number.h"
#include "eql.h"

/* A name that is written without gaps and quotes stays where it is in the text; any other is put together. */
static eqli_path *append_name(eqli_cx *cx, eqli_path *p, eqlm_str text)
{
    size_t old = p->name.len, len = old + (old > 0) + text.len; /* bounded by the source */
    if (!p->buffer && (old == 0 || text.ptr == p->name.ptr + old + 1)) {
        p->name = (eqlm_str){ old ? p->name.ptr : text.ptr, len };
        return p;
    }
    if (!p->buffer || len > p->cap) {
        char *buffer = eqli_cx_alloc(cx, 2 * len, 1);
        if (!buffer)
            return NULL;
        memcpy(buffer, p->name.ptr, old);
        p->name.ptr = p->buffer = buffer;
        p->cap = 2 * len;
    }
    p->buffer[old] = '.';
    memcpy(p->buffer + len - text.len, text.ptr, text.len);
    p->name.len = len;
    return p;
}

eqli_path *eqli_path_new(eqli_cx *cx, const eqli_token *t)
{
    eqli_path *p = eqli_cx_alloc(cx, 1, sizeof *p);
    if (!p)
        return NULL;
    p->span = t->span;
    if (t->kind != EQLI_TK_VARIABLE)
        return append_name(cx, p, t->text);
    p->variable = t->text;
    return p;
}

eqli_path *eqli_path_add(eqli_cx *cx, eqli_path *p, const eqli_token *t)
{
    if (!p)
        return NULL;
    p->span = eqli_span_join(p->span, t->span);
    return append_name(cx, p, t->text);
}

eqli_path *eqli_path_index(eqli_cx *cx, eqli_path *p, const eqli_token *t)
{
    eqli_error(cx, t->span, EQLI_D_ARRAY_INDEX);
    eqli_diag_hint(cx->diags, "a test of an array is true when it is true of some element");
    if (p) {
        p->span = eqli_span_join(p->span, t->span);
        p->indexed = true;
    }
    return p;
}

eqli_node *eqli_ast_field(eqli_cx *cx, const eqli_token *question, eqli_path *path)
{
    if (!path)
        return NULL;
    eqli_span span = question ? eqli_span_join(question->span, path->span) : path->span;
    eqli_node *node = eqli_node_new(cx, EQLI_N_FIELD, span, NULL, 0);
    if (!node)
        return NULL;
    node->u.field = (eqli_field_ref){
        .name = path->name,
        .variable = path->variable,
        .optional = question != NULL,
        .indexed = path->indexed,
    };
    return node;
}

eqli_node *eqli_ast_call(eqli_cx *cx, const eqli_token *name, eqli_list *args, const eqli_token *close)
{
    if (args && args->failed)
        return NULL; /* the number of arguments is not known */
    eqli_node *node = eqli_node_new(cx, EQLI_N_CALL, eqli_span_join(name->span, close->span),
                                    args ? args->items : NULL, args ? args->n : 0);
    if (!node)
        return NULL;
    node->op_span = name->span;
    node->fold = name->kind == EQLI_TK_FOLD_NAME;
    node->u.call.name = (eqlm_str){ name->text.ptr, name->text.len - node->fold };
    node->u.call.fn = -1;
    return node;
}

static eqli_node *constant(eqli_cx *cx, eqli_span span, eqlm_value value)
{
    eqli_node *node = eqli_node_new(cx, EQLI_N_CONST, span, NULL, 0);
    if (node)
        node->u.value = value;
    return node;
}

eqli_node *eqli_ast_word(eqli_cx *cx, const eqli_token *t)
{
    return constant(cx, t->span, t->kind == EQLI_TK_NULL ? eqli_null() : eqli_bool(t->kind == EQLI_TK_TRUE));
}

eqli_node *eqli_ast_string(eqli_cx *cx, const eqli_token *t)
{
    return constant(cx, t->span, eqli_string(t->text.ptr, t->text.len));
}

eqli_node *eqli_ast_number(eqli_cx *cx, const eqli_token *t)
{
    eqli_num n;
    switch (eqli_num_parse(t->text.ptr, t->text.len, &n)) {
    case EQLI_NUM_I64:
        return constant(cx, t->span, eqli_i64(n.i64));
    case EQLI_NUM_U64:
        return constant(cx, t->span, (eqlm_value){ .type = EQLM_U64, .as.u64 = n.u64 });
    case EQLI_NUM_F64:
        return constant(cx, t->span, eqli_f64(n.f64));
    case EQLI_NUM_OVERFLOW:
    case EQLI_NUM_BAD:
        break;
    }
    eqli_error(cx, t->span, EQLI_D_NUMBER_TOO_LARGE, t->text);
    return NULL;
}

eqli_list *eqli_list_push(eqli_cx *cx, eqli_list *list, eqli_node *item)
{
    if (!list)
        list = eqli_cx_alloc(cx, 1, sizeof *list);
    if (!list)
        return NULL;
    if (!item) {
        list->failed = true;
        return list;
    }
    void *items = list->items;
    if (!eqli_cx_grow(cx, &items, list->n, &list->cap, sizeof item))
        return NULL;
    list->items = items;
    if (list->n == 0)
        list->span = item->outer;
    list->span.end = item->outer.end;
    list->items[list->n++] = item;
    return list;
}

eqli_list *eqli_list_comma(eqli_cx *cx, eqli_list *list, const eqli_token *comma)
{
    if (cx->options.dialect != EQLM_DIALECT_ENDPOINT)
        eqli_error(cx, comma->span, EQLI_D_TRAILING_COMMA);
    return list;
}

eqli_list *eqli_list_close(const eqli_token *open, eqli_list *list, const eqli_token *close)
{
    if (list)
        list->span = eqli_span_join(open->span, close->span);
    return list;
}

eqli_list *eqli_list_bare(eqli_cx *cx, eqli_node *item)
{
    if (!item)
        return NULL;
    eqli_error(cx, item->outer, EQLI_D_LIST_PARENTHESES);
    eqli_diag_hint(cx->diags, "write in (...), or compare with '=='");
    return eqli_list_push(cx, NULL, item);
}

eqli_list *eqli_list_empty(eqli_cx *cx, const eqli_token *open, const eqli_token *close)
{
    eqli_error(cx, eqli_span_join(open->span, close->span), EQLI_D_EMPTY_LIST);
    return NULL;
}
