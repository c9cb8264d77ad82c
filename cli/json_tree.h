/* json_tree.h - a JSON text as a list of its values, each followed by what it contains. */
#ifndef EQLC_JSON_TREE_H
#define EQLC_JSON_TREE_H

#include "eqlmini.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EQLC_TREE_PADDING 64 /* readable bytes behind the text */
#define EQLC_TREE_DEPTH 512  /* brackets inside each other */

typedef enum eqlc_json_kind {
    EQLC_JSON_NULL,
    EQLC_JSON_BOOL,
    EQLC_JSON_NUMBER,
    EQLC_JSON_STRING,
    EQLC_JSON_ARRAY,
    EQLC_JSON_OBJECT
} eqlc_json_kind;

typedef struct eqlc_json_node {
    uint32_t kind;  /* eqlc_json_kind */
    uint32_t next;  /* number of the node behind this one and all it contains */
    eqlm_str key;   /* unescaped; empty outside objects */
    eqlm_str value; /* scalars: as written, strings unescaped */
    size_t at;      /* of the value in the text; string: behind the quote */
} eqlc_json_node;

/* All zero is an empty one, which can be parsed into again and again. The children of node i are i + 1, its
 * `next`, and so on, below the `next` of i. */
typedef struct eqlc_json_tree {
    eqlc_json_node *nodes;
    size_t n, cap;
    char *text;
    size_t len;
    const char *message; /* what is wrong, ... */
    size_t error_at;     /* ... and at which byte of the text */

    struct eqlc_json_parser *parser;
    char *strings; /* the unescaped ones */
    size_t strings_cap;
} eqlc_json_tree;

/* Reads a text with EQLC_TREE_PADDING zero bytes behind it; nodes refer to it as long as it lasts. Escapes of
 * half a surrogate pair in it are replaced by those of U+FFFD. */
bool eqlc_json_tree_parse(eqlc_json_tree *tree, char *text, size_t len);
void eqlc_json_tree_clear(eqlc_json_tree *tree);

static inline eqlm_str eqlc_json_key(const eqlc_json_tree *tree, uint32_t node)
{
    return tree->nodes[node].key;
}

static inline eqlm_str eqlc_json_string(const eqlc_json_tree *tree, uint32_t node)
{
    return tree->nodes[node].value;
}

/* The last member of this name of a node, or 0. */
uint32_t eqlc_json_member(const eqlc_json_tree *tree, uint32_t node, const char *key);

#ifdef __cplusplus
}
#endif
#endif
