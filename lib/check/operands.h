/* operands.h - constants beside fields: what a literal must look like for the type it meets. */
#ifndef EQLI_OPERANDS_H
#define EQLI_OPERANDS_H

#include "check/check.h"

/* Turns the constant `k` into the type of the other operand where that is a date, an address or a number:
 * "10.0.0.1" beside an ip field becomes an address. Reports a constant that cannot be read so. Does nothing
 * when k is no constant or the types need nothing. A block ("10.0.0.0/8") stays a string: == and in test
 * membership (decision 8). */
void eqli_fit_constant(eqli_cx *cx, const eqli_node *other, eqli_node *k, uint8_t cmp);
/* Whether an item of this type may stand in an `in` list beside that left side (language 9, decision 8). */
bool eqli_item_fits(eqli_type left, eqli_type item);
/* Reports a constant that is no address block. null is allowed. */
void eqli_check_block(eqli_cx *cx, const eqli_node *k);
/* e == true is e, e == false is not e, and so on, unless e is a plain field (language 4.5). Whether n was
 * rewritten. */
bool eqli_rewrite_boolean_equality(eqli_cx *cx, eqli_node *n);
/* Folds and/or/not of constants, three-valued: only for operands inside a leaf. */
void eqli_fold_logic(eqli_node *n);

#endif
