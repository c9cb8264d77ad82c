/* fields.h - which keys of a document lead to wanted fields: a tree of name parts.
 *
 * A key may hold several parts ("process.name"), so every node knows all paths below it by their full text:
 * one lookup per key, whatever the spelling. */
#ifndef EQLC_FIELDS_H
#define EQLC_FIELDS_H

#include <string.h>

#include "eqlmini.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EQLC_NONE UINT32_MAX
#define EQLC_ROOT 1u /* node of the document; 0 means "leads nowhere" */
#define EQLC_META 2u /* node of a wrapping document once its _source has been read */

/* Slots of the document's value array behind the fields of the schema. */
enum { EQLC_SLOT_TIME, EQLC_SLOT_TIEBREAKER, EQLC_SLOT_INDEX, EQLC_SLOT_ID, EQLC_EXTRA_SLOTS };

typedef enum eqlc_special {
    EQLC_ORDINARY,
    EQLC_SOURCE,   /* _source: the event proper */
    EQLC_HITS,     /* a list of a _search response */
    EQLC_RESPONSES /* the list of an _msearch response */
} eqlc_special;

/* Where a value goes: into the document's array, or into that of the current element of an array of objects.
 */
typedef struct eqlc_target {
    uint32_t slot;
    uint32_t parent; /* index in `parents`, or EQLC_NONE for the document */
} eqlc_target;

typedef struct eqlc_node {
    uint64_t keys; /* bit eqlc_key_bit() is set for every key that leads on; 0 for a leaf */
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

/* A key by its first and last eight bytes (the same ones if it is short), which tell most keys apart. */
typedef struct eqlc_key {
    uint64_t head, tail;
    const char *text;
    size_t len;
} eqlc_key;

typedef struct eqlc_path {
    eqlc_key key; /* the text is owned by the names of the structure */
    uint32_t node, child;
} eqlc_path;

typedef struct eqlc_fields {
    eqlc_node *nodes;
    eqlc_target *targets;
    eqlc_parent *parents;
    uint32_t *slots; /* see eqlc_fields_slots */
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

/* Where the elements of a parent keep their fields. [0]: number of fields; [1 + field]: slot, or EQLC_NONE.
 */
static inline const uint32_t *eqlc_fields_slots(const eqlc_fields *f, uint32_t parent)
{
    return f->slots + (size_t)parent * ((size_t)f->n_fields + 1);
}

/* Up to 8 bytes behind the key are read but do not count. */
static inline eqlc_key eqlc_key_of(const char *text, size_t len)
{
    eqlc_key key;
    key.text = text;
    key.len = len;
    memcpy(&key.head, text, 8);
    if (len >= 8) {
        memcpy(&key.tail, text + len - 8, 8);
        return key;
    }
    uint64_t all = UINT64_MAX;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    key.head &= len > 0 ? all << (64 - 8 * len) : 0;
#else
    key.head &= len > 0 ? all >> (64 - 8 * len) : 0;
#endif
    key.tail = key.head;
    return key;
}

static inline bool eqlc_key_equal(const eqlc_key *a, const eqlc_key *b)
{
    if (a->head != b->head || a->tail != b->tail || a->len != b->len)
        return false;
    return a->len <= 16 || memcmp(a->text + 8, b->text + 8, a->len - 16) == 0;
}

/* Whether the text of a key holds a byte other than NUL: in (head ^ pattern) it is a zero byte. */
static inline bool eqlc_key_has(const eqlc_key *key, char c)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t pattern = (unsigned char)c * ones, head = key->head ^ pattern, tail = key->tail ^ pattern;
    if ((((head - ones) & ~head) | ((tail - ones) & ~tail)) & ones << 7)
        return true;
    return key->len > 16 && memchr(key->text + 8, c, key->len - 16);
}

static inline uint64_t eqlc_key_hash(const eqlc_key *key)
{
    return (key->head ^ (key->tail << 23 | key->tail >> 41) ^ key->len) * UINT64_C(0x9E3779B97F4A7C15);
}

static inline uint64_t eqlc_key_bit(uint64_t hash)
{
    return (uint64_t)1 << (hash >> 58);
}

static inline uint32_t eqlc_path_start(const eqlc_fields *f, uint64_t hash, uint32_t node)
{
    return ((uint32_t)(hash >> 32) + node * 0x9E3779B1u) & f->table_mask;
}

/* Node that a key leads to from `node`, or 0. */
static inline uint32_t eqlc_fields_find(const eqlc_fields *f, uint32_t node, eqlc_key key)
{
    uint64_t hash = eqlc_key_hash(&key);
    if (!(f->nodes[node].keys & eqlc_key_bit(hash)))
        return 0;
    uint32_t i = eqlc_path_start(f, hash, node);
    for (; f->table[i].child != 0; i = (i + 1) & f->table_mask)
        if (f->table[i].node == node && eqlc_key_equal(&f->table[i].key, &key))
            return f->table[i].child;
    return 0;
}

#ifdef __cplusplus
}
#endif
#endif
