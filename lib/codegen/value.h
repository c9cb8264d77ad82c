/* value.h - value code: what one leaf computes in registers, three-valued. */
#ifndef EQLI_CODEGEN_VALUE_H
#define EQLI_CODEGEN_VALUE_H

#include "codegen/emit.h"

typedef struct eqli_gen {
    eqli_emit e;
    uint32_t arrays[EQLI_MAX_SCOPES]; /* slots of the enclosing SEARCHes */
    uint32_t depth;
    const eqli_node *lineages[EQLI_MAX_LINEAGES]; /* where each inner query was asked for */
} eqli_gen;

/* A LEAF that holds when n is true for some choice of values. negated: n is a `!=` or `not in` whose targets
 * the caller has swapped, so the positive form is computed. */
void eqli_gen_leaf(eqli_gen *g, const eqli_node *n, bool negated, uint32_t t, uint32_t f);
/* The two ends of a region. */
void eqli_gen_returns(eqli_gen *g, uint32_t yes, uint32_t no);
/* Whether a field of an earlier event occurs in the expression. */
bool eqli_gen_uses_alias(const eqli_node *n);
uint32_t eqli_gen_slot(eqli_gen *g, const eqli_node *field);
/* How a field is read beside an operand of type `other` (decision 22: the literal decides where the schema
 * does not). */
eqli_as eqli_gen_as(const eqli_node *field, eqli_type other);
/* kids[1..] that are constants of this family (any number counts as EQLM_I64). */
eqli_node **eqli_gen_members(eqli_gen *g, const eqli_node *n, eqlm_value_type family, uint32_t *count);
/* Whether a MATCH ignores case: `:`, like~, regex~. */
bool eqli_gen_folds(const eqli_node *match);

#endif
