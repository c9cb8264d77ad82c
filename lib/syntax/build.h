/* build.h - what the grammar calls: one function per action. All take failed (NULL) operands and then return
 * NULL, or the part that did not fail; without memory they return NULL. Mistakes in structure are reported
 * here. */
#ifndef EQLI_BUILD_H
#define EQLI_BUILD_H

#include "syntax/lexer.h"

typedef struct eqli_subquery {
    eqli_filter *filter;
    bool missing;
    eqli_span span;
} eqli_subquery;

/* A field name under construction. */
typedef struct eqli_path {
    eqlm_str name;
    char *buffer; /* NULL: name is text of the query */
    size_t cap;
    eqlm_str variable;
    bool indexed;
    eqli_span span;
} eqli_path;

/* Expressions: ast.c. Operators and names come as their tokens. */
eqli_node *eqli_ast_or(eqli_cx *cx, eqli_node *a, const eqli_token *op, eqli_node *b);
eqli_node *eqli_ast_and(eqli_cx *cx, eqli_node *a, const eqli_token *op, eqli_node *b);
eqli_node *eqli_ast_not(eqli_cx *cx, const eqli_token *op, eqli_node *a);
eqli_node *eqli_ast_compare(eqli_cx *cx, eqli_node *a, const eqli_token *op, eqli_node *b);
eqli_node *eqli_ast_arith(eqli_cx *cx, eqli_node *a, const eqli_token *op, eqli_node *b);
eqli_node *eqli_ast_sign(eqli_cx *cx, const eqli_token *op, eqli_node *a);
/* negation: the `not` before the operator, or NULL. */
eqli_node *eqli_ast_in(eqli_cx *cx, eqli_node *a, const eqli_token *negation, const eqli_token *op,
                       eqli_list *items);
eqli_node *eqli_ast_match(eqli_cx *cx, eqli_node *a, const eqli_token *negation, const eqli_token *op,
                          eqli_list *items);
eqli_node *eqli_ast_lineage(eqli_cx *cx, const eqli_token *name, const eqli_token *of,
                            const eqli_subquery *s);
eqli_node *eqli_ast_parens(const eqli_token *open, eqli_node *a, const eqli_token *close);

/* Operands: operand.c. */
eqli_node *eqli_ast_field(eqli_cx *cx, const eqli_token *question, eqli_path *path);
eqli_node *eqli_ast_call(eqli_cx *cx, const eqli_token *name, eqli_list *args, const eqli_token *close);
eqli_node *eqli_ast_word(eqli_cx *cx, const eqli_token *t);
eqli_node *eqli_ast_number(eqli_cx *cx, const eqli_token *t);
eqli_node *eqli_ast_string(eqli_cx *cx, const eqli_token *t);
eqli_path *eqli_path_new(eqli_cx *cx, const eqli_token *t);
eqli_path *eqli_path_add(eqli_cx *cx, eqli_path *p, const eqli_token *t);
eqli_path *eqli_path_index(eqli_cx *cx, eqli_path *p, const eqli_token *t);
/* A NULL list begins a new one. */
eqli_list *eqli_list_push(eqli_cx *cx, eqli_list *list, eqli_node *item);
eqli_list *eqli_list_comma(eqli_cx *cx, eqli_list *list, const eqli_token *comma);
eqli_list *eqli_list_close(const eqli_token *open, eqli_list *list, const eqli_token *close);
eqli_list *eqli_list_bare(eqli_cx *cx, eqli_node *item); /* `a in 1`: an error */
eqli_list *eqli_list_empty(eqli_cx *cx, const eqli_token *open, const eqli_token *close);

/* Queries: query.c. */
eqli_query *eqli_query_event(eqli_cx *cx, eqli_filter *filter);
eqli_query *eqli_query_expr(eqli_cx *cx, eqli_node *expr);
eqli_query *eqli_query_new(eqli_cx *cx, eqli_query_kind kind, const eqli_token *word);
eqli_query *eqli_query_join(eqli_cx *cx, const eqli_token *word);
eqli_query *eqli_query_keys(eqli_cx *cx, eqli_query *q, eqli_list *keys);
/* unit.kind is 0 when there is none. */
eqli_query *eqli_query_maxspan(eqli_cx *cx, eqli_query *q, const eqli_token *with, const eqli_token *number,
                               const eqli_token *unit);
eqli_query *eqli_query_term(eqli_cx *cx, eqli_query *q, eqli_term *term);
eqli_query *eqli_query_until(eqli_cx *cx, eqli_query *q, const eqli_token *until, eqli_term *term);
eqli_query *eqli_query_pipe(eqli_cx *cx, eqli_query *q, const eqli_token *name, eqli_list *args);
void eqli_query_accept(eqli_cx *cx, eqli_query *q);
eqli_subquery eqli_subquery_new(const eqli_token *open, eqli_filter *filter, const eqli_token *close);
eqli_filter *eqli_filter_new(eqli_cx *cx, const eqli_token *category, eqli_node *condition);
eqli_term *eqli_term_new(eqli_cx *cx, const eqli_subquery *s);
eqli_term *eqli_term_keys(eqli_cx *cx, eqli_term *t, eqli_list *keys);
eqli_term *eqli_term_option(eqli_cx *cx, eqli_term *t, const eqli_token *with, const eqli_token *name,
                            const eqli_token *number);
eqli_term *eqli_term_alias(eqli_cx *cx, eqli_term *t, const eqli_token *as, const eqli_token *name);
eqli_list *eqli_keys(eqli_cx *cx, const eqli_token *by, eqli_list *items);

/* The static rules of a complete sequence or sample (language S2): structure.c. Returns q. */
eqli_query *eqli_query_check(eqli_cx *cx, eqli_query *q);

/* Grows an array in the arena to hold one more; false without memory. */
bool eqli_cx_grow(eqli_cx *cx, void **items, uint32_t n, uint32_t *cap, size_t size);

static inline eqli_span eqli_span_join(eqli_span a, eqli_span b)
{
    return (eqli_span){ a.start, b.end };
}

static inline bool eqli_str_is(eqlm_str s, const char *word)
{
    size_t i = 0;
    while (i < s.len && word[i] && s.ptr[i] == word[i])
        i++;
    return i == s.len && !word[i];
}

static inline eqlm_str eqli_str(const char *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return (eqlm_str){ text, n };
}

#endif
