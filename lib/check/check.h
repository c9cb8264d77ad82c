/* check.h - gives every expression its type, reports every name and type error of a query in one run, and
 * folds constants (language 9; decisions 5, 8, 9, 22, 23). */
#ifndef EQLI_CHECK_H
#define EQLI_CHECK_H

#include "event/schema.h"
#include "syntax/ast.h"

/* Checks the whole query; errors are in cx->diags, cx->failed tells. */
void eqli_check_query(eqli_cx *cx, eqli_query *q);

/* Replaces a node whose operands are constants by its value, with the run-time operators. A run-time error is
 * reported as an error of the constant. Logic (and, or, not) is left alone: it means one thing above the
 * leaves and another inside them. Types must be set. */
void eqli_fold_node(eqli_cx *cx, eqli_node *n);
/* Whether every pattern of a MATCH is made of stars alone: an existence test (language 6.2). */
bool eqli_only_stars(const eqli_node *match);
/* Makes n the constant v in place. */
void eqli_node_set_const(eqli_node *n, eqlm_value v);

/* types.c */
eqli_type eqli_type_of_field(eqlm_type t);
eqli_type eqli_type_of_value(const eqlm_value *v);
/* "a number", "text", ... for messages. */
const char *eqli_type_text(eqli_type t);
bool eqli_type_is_number(eqli_type t); /* INT, DOUBLE; also ANY, NULL and ERROR: nothing speaks against it */
bool eqli_type_is_string(eqli_type t);
bool eqli_type_is_bool(eqli_type t);

/* Whether a field occurs anywhere in the expression. */
bool eqli_has_field(const eqli_node *n);
/* What `as` reads an operand of this static type in a comparison with a value of that type. */
eqli_as eqli_as_of_type(eqli_type t);

#endif
