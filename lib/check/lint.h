/* lint.h - warnings about queries that compile but say something their author cannot have meant: conditions
 * that decide nothing, list members that add nothing, wildcards and anchors where they are ordinary
 * characters. Only what is certain for every event is reported. */
#ifndef EQLI_LINT_H
#define EQLI_LINT_H

#include "syntax/ast.h"

/* Reports on a checked and folded query without errors. */
void eqli_lint_query(eqli_cx *cx, const eqli_query *q);

/* lint_list.c: members of an `in`, `:`, `like` or `regex` list that another member makes superfluous. */
void eqli_lint_list(eqli_cx *cx, const eqli_node *list);
/* lint_same.c */
uint64_t eqli_lint_hash(uint64_t h, const void *bytes, size_t len);
/* Of a constant: equal values have equal hashes, 1 and 1.0 as well. */
uint64_t eqli_lint_hash_value(const eqlm_value *v);

/* Whether two expressions are the same: they have the same value for every event. `hash` is that of
 * eqli_lint_shape. */
uint64_t eqli_lint_shape(const eqli_node *n);
bool eqli_lint_same(const eqli_node *a, const eqli_node *b);

/* Things already met, by hash. The table is a set of candidates only: the caller compares. Probing gives up
 * after a few steps, so that made-up collisions cost a missed warning and not time. */
typedef struct eqli_lint_entry {
    uint64_t hash;
    const void *item; /* NULL: free */
    uint32_t index;
} eqli_lint_entry;

typedef struct eqli_lint_table {
    eqli_lint_entry *entries;
    uint64_t mask;
} eqli_lint_table;

/* Room for n entries; false: no memory (cx->nomem is set). */
bool eqli_lint_table_init(eqli_cx *cx, eqli_lint_table *t, uint32_t n);
/* Walks the entries of a hash: start with *at = 0; NULL at the end. */
const eqli_lint_entry *eqli_lint_table_next(const eqli_lint_table *t, uint64_t hash, uint32_t *at);
void eqli_lint_table_add(eqli_lint_table *t, uint64_t hash, const void *item, uint32_t index);

#endif
