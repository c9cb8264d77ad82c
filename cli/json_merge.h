/* json_merge.h - what JSON documents have in common. */
#ifndef EQLC_JSON_MERGE_H
#define EQLC_JSON_MERGE_H

#include "json_tree.h"
#include "util.h"

/* Appends a node without white space between its tokens. */
void eqlc_json_write(eqlc_buf *b, const eqlc_json_tree *tree, uint32_t node);

/* Appends the object of what is the same in two objects (node 0 of each): equal scalars, the elements that
 * arrays share, a scalar that is among the elements of the other's array, objects by their members. */
void eqlc_json_intersect(eqlc_buf *b, const eqlc_json_tree *x, const eqlc_json_tree *y);

#endif
