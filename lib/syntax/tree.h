/* tree.h - writes the tree of a query, for people and tests or as JSON. */
#ifndef EQLI_TREE_H
#define EQLI_TREE_H

#include "syntax/ast.h"

/* Text is one s-expression, without spans; json: one object with spans (byte offsets). Works before and after
 * checking. False as soon as write returns false. */
bool eqli_tree_write(const eqli_query *q, bool json, eqlm_write_fn write, void *ctx);

#endif
