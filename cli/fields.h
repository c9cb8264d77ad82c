/* fields.h - which keys of a document lead to wanted fields: a tree of name parts.
 *
 * A key may hold several parts ("process.name"), so every node knows all paths below it by their full text:
 * one lookup per key, whatever the spelling. */
#ifndef EQLC_FIELDS_H
#define EQLC_FIELDS_H

#include "eqlmini.h"

#define EQLC_NONE UINT32_MAX
#define EQLC_ROOT 1u /* node of the document; 0 means "leads nowhere" */
#define EQLC_META 2u /* node of a wrapping document once its _source has been read */

/* Slots of the document's value array behind the fields of the schema. */
enum { EQLC_SLOT_TIME, EQLC_SLOT_TIEBREAKER, EQLC_SLOT_INDEX, EQLC_SLOT_ID, EQLC_EXTRA_SLOTS };

typedef enum eqlc_special {
    EQLC_ORDINARY,
    EQLC_SOURCE, /* _source: the event proper */
    EQLC_HITS    /* the list of a _search response */
} eqlc_special;

/* Where a value goes: into the document's array, or into that of the current element of an array of objects.
 */
typedef struct eqlc_target {
    uint32_t slot;
    uint32_t parent; /* index in `parents`, or EQLC_NONE for the document */
} eqlc_target;

typedef struct eqlc_node {
    uint64_t lengths; /* bit min(length, 63) is set if a key of that length leads on; 0 for a leaf */
    uint32_t first_target, n_targets;
    uint32_t parent; /* index in `parents` if this is an array whose elements are wanted as objects */
    eqlc_special special;
} eqlc_node;

/* An array of objects whose elements are wanted one by one. */
typedef struct eqlc_parent {
    uint32_t field;
    uint32_t n_slots; /* values of one element */
    uint32_t outer;   /* index of the array of objects this one lies in, or EQLC_NONE */
} eqlc_parent;

typedef struct eqlc_path {
    uint32_t hash, node, child, len;
    const char *key; /* len bytes, owned by the names of the structure */
} eqlc_path;

typedef struct eqlc_fields {
    eqlc_node *nodes;
    eqlc_target *targets;
    eqlc_parent *parents;
    uint32_t *slots; /* [0]: number of fields; [1 + field]: slot within an element, or EQLC_NONE */
    eqlc_path *table;
    char **names;
    uint32_t n_nodes, n_targets, n_parents, n_names;
    uint32_t cap_nodes, cap_targets, cap_names;
    uint32_t table_mask, n_paths;
    uint32_t n_fields;
} eqlc_fields;

/* Collects the fields the schema holds now; tiebreaker may be NULL. False: no memory; clear it all the same.
 */
bool eqlc_fields_init(eqlc_fields *f, const eqlm_schema *schema, const char *timestamp,
                      const char *tiebreaker);
void eqlc_fields_clear(eqlc_fields *f);

/* Node that `key` leads to from `node`, or 0. Up to 8 bytes behind the key are read but do not count. */
uint32_t eqlc_fields_find(const eqlc_fields *f, uint32_t node, const char *key, size_t len);

#endif
