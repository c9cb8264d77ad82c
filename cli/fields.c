/* fields.c - builds and searches the tree of wanted names. */
#include "fields.h"

#include <stdlib.h>

/* Doubles an array when it is full. */
static bool grow(void **items, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    uint32_t more = *cap ? *cap * 2 : 64;
    void *p = more > *cap ? realloc(*items, more * size) : NULL;
    if (!p)
        return false;
    *items = p;
    *cap = more;
    return true;
}

static uint32_t add_node(eqlc_fields *f)
{
    void *items = f->nodes;
    bool ok = grow(&items, f->n_nodes, &f->cap_nodes, sizeof *f->nodes);
    f->nodes = items;
    if (!ok)
        return 0;
    f->nodes[f->n_nodes] = (eqlc_node) { .parent = EQLC_NONE };
    return f->n_nodes++;
}

static void put_path(const eqlc_fields *f, eqlc_path path)
{
    uint32_t i = eqlc_path_start(f, eqlc_key_hash(&path.key), path.node);
    while (f->table[i].child != 0)
        i = (i + 1) & f->table_mask;
    f->table[i] = path;
}

static bool double_table(eqlc_fields *f)
{
    eqlc_path *old = f->table;
    uint32_t old_mask = f->table_mask, mask = old_mask * 2 + 1;
    eqlc_path *table = mask > old_mask ? calloc((size_t)mask + 1, sizeof *table) : NULL;
    if (!table)
        return false;
    f->table = table;
    f->table_mask = mask;
    for (uint32_t i = 0; i <= old_mask; i++)
        if (old[i].child != 0)
            put_path(f, old[i]);
    free(old);
    return true;
}

static bool add_path(eqlc_fields *f, uint32_t node, const char *key, size_t len, uint32_t child)
{
    if (f->n_paths >= f->table_mask / 4 && !double_table(f))
        return false;
    eqlc_path path = { eqlc_key_of(key, len), node, child };
    put_path(f, path);
    f->nodes[node].keys |= eqlc_key_bit(eqlc_key_hash(&path.key));
    f->n_paths++;
    return true;
}

static uint32_t find(const eqlc_fields *f, uint32_t node, const char *key, size_t len)
{
    return eqlc_fields_find(f, node, eqlc_key_of(key, len));
}

/* Node for the name `text` below `root`, made with all nodes on the way; every spelling of the name with some
 * dots inside keys leads to it. 0: no memory. */
static uint32_t add_name(eqlc_fields *f, uint32_t root, const char *text, size_t len)
{
    for (size_t end = 0; end <= len; end++) {
        if (end < len && text[end] != '.')
            continue;
        if (find(f, root, text, end) != 0)
            continue;
        uint32_t node = add_node(f);
        if (node == 0 || !add_path(f, root, text, end, node))
            return 0;
        for (size_t start = 0; start < end; start++) {
            if (text[start] != '.')
                continue;
            uint32_t above = find(f, root, text, start);
            if (!add_path(f, above, text + start + 1, end - start - 1, node))
                return 0;
        }
    }
    return find(f, root, text, len);
}

/* Copies a name with room for eqlc_fields_find to look behind it. */
static const char *keep_name(eqlc_fields *f, const char *text, size_t len)
{
    void *items = f->names;
    bool ok = grow(&items, f->n_names, &f->cap_names, sizeof *f->names);
    f->names = items;
    char *copy = ok && len < UINT32_MAX - 16 ? calloc(len + 16, 1) : NULL;
    if (!copy)
        return NULL;
    if (len)
        memcpy(copy, text, len);
    f->names[f->n_names++] = copy;
    return copy;
}

static uint32_t name_node(eqlc_fields *f, uint32_t root, const char *text, size_t len)
{
    const char *name = keep_name(f, text, len);
    return name ? add_name(f, root, name, len) : 0;
}

static uint32_t find_parent(const eqlc_fields *f, uint32_t field)
{
    for (uint32_t i = 0; i < f->n_parents; i++)
        if (f->parents[i].field == field)
            return i;
    return EQLC_NONE;
}

/* Finds the arrays of objects: the fields that others name as their parent. */
static bool find_parents(eqlc_fields *f, const eqlm_schema *schema)
{
    f->parents = calloc((size_t)f->n_fields + 1, sizeof *f->parents);
    if (!f->parents)
        return false;
    for (uint32_t field = 0; field < f->n_fields; field++) {
        uint32_t parent = eqlm_schema_field_parent(schema, field);
        if (parent < f->n_fields && find_parent(f, parent) == EQLC_NONE)
            f->parents[f->n_parents++] = (eqlc_parent) { .field = parent };
    }
    for (uint32_t i = 0; i < f->n_parents; i++)
        f->parents[i].outer = find_parent(f, eqlm_schema_field_parent(schema, f->parents[i].field));
    return true;
}

/* Numbers the fields of elements, for each parent on its own. */
static bool number_elements(eqlc_fields *f, const eqlm_schema *schema)
{
    size_t row = (size_t)f->n_fields + 1;
    if (f->n_parents > SIZE_MAX / sizeof *f->slots / row - 1)
        return false;
    f->slots = malloc((f->n_parents + 1) * row * sizeof *f->slots);
    if (!f->slots)
        return false;
    for (uint32_t i = 0; i < f->n_parents; i++) {
        uint32_t *slots = f->slots + i * row;
        slots[0] = f->n_fields;
        for (uint32_t field = 0; field < f->n_fields; field++) {
            bool child = eqlm_schema_field_parent(schema, field) == f->parents[i].field;
            slots[1 + field] = child ? f->parents[i].n_slots++ : EQLC_NONE;
        }
    }
    return true;
}

/* What one name wants, before it is sorted by node. */
typedef struct want {
    uint32_t node;
    eqlc_target target;
} want;

static int by_node(const void *a, const void *b)
{
    const want *x = a, *y = b;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* Lays the wants out as `targets`, those of one node side by side. */
static bool place_targets(eqlc_fields *f, want *wants, uint32_t n)
{
    f->targets = malloc(n * sizeof *f->targets);
    if (!f->targets)
        return false;
    qsort(wants, n, sizeof *wants, by_node);
    for (uint32_t i = 0; i < n; i++) {
        eqlc_node *node = &f->nodes[wants[i].node];
        if (node->n_targets++ == 0)
            node->first_target = i;
        f->targets[i] = wants[i].target;
    }
    f->n_targets = n;
    return true;
}

static bool add_wants(eqlc_fields *f, const eqlm_schema *schema, const char *timestamp,
                      const char *tiebreaker, want *wants)
{
    uint32_t n = 0;
    for (uint32_t field = 0; field < f->n_fields; field++) {
        eqlm_str name = eqlm_schema_field_name(schema, field);
        uint32_t node = name_node(f, EQLC_ROOT, name.ptr, name.len);
        if (node == 0)
            return false;
        uint32_t as_parent = find_parent(f, field);
        if (as_parent != EQLC_NONE)
            f->nodes[node].parent = as_parent;
        uint32_t parent = find_parent(f, eqlm_schema_field_parent(schema, field));
        uint32_t slot = parent == EQLC_NONE ? field : eqlc_fields_slots(f, parent)[1 + field];
        wants[n++] = (want) { node, { slot, parent } };
    }
    const struct {
        uint32_t root, slot;
        const char *name;
    } extra[] = {
        { EQLC_ROOT, EQLC_SLOT_TIME, timestamp }, { EQLC_ROOT, EQLC_SLOT_TIEBREAKER, tiebreaker },
        { EQLC_ROOT, EQLC_SLOT_INDEX, "_index" }, { EQLC_ROOT, EQLC_SLOT_ID, "_id" },
        { EQLC_META, EQLC_SLOT_INDEX, "_index" }, { EQLC_META, EQLC_SLOT_ID, "_id" },
    };
    for (size_t i = 0; i < sizeof extra / sizeof extra[0]; i++) {
        if (!extra[i].name)
            continue;
        uint32_t node = name_node(f, extra[i].root, extra[i].name, strlen(extra[i].name));
        if (node == 0)
            return false;
        wants[n++] = (want) { node, { f->n_fields + extra[i].slot, EQLC_NONE } };
    }
    static const struct {
        const char *name;
        eqlc_special special;
    } specials[] = {
        { "_source", EQLC_SOURCE },      { "hits.hits", EQLC_HITS },      { "hits.events", EQLC_HITS },
        { "hits.sequences", EQLC_HITS }, { "responses", EQLC_RESPONSES },
    };
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++) {
        uint32_t node = name_node(f, EQLC_ROOT, specials[i].name, strlen(specials[i].name));
        if (node == 0)
            return false;
        f->nodes[node].special = specials[i].special;
    }
    return place_targets(f, wants, n);
}

bool eqlc_fields_init(eqlc_fields *f, const eqlm_schema *schema, const char *timestamp,
                      const char *tiebreaker)
{
    *f = (eqlc_fields) { .n_fields = eqlm_schema_n_fields(schema), .table_mask = 255 };
    f->table = calloc((size_t)f->table_mask + 1, sizeof *f->table);
    if (!f->table || f->n_fields > UINT32_MAX / 64 || !find_parents(f, schema) || !number_elements(f, schema))
        return false;
    for (uint32_t i = 0; i <= EQLC_META; i++)
        if (add_node(f) != i)
            return false;
    want *wants = malloc((f->n_fields + 16u) * sizeof *wants);
    bool ok = wants && f->cap_nodes && add_wants(f, schema, timestamp, tiebreaker, wants);
    free(wants);
    return ok;
}

void eqlc_fields_clear(eqlc_fields *f)
{
    for (uint32_t i = 0; i < f->n_names; i++)
        free(f->names[i]);
    free(f->names);
    free(f->nodes);
    free(f->targets);
    free(f->parents);
    free(f->slots);
    free(f->table);
    *f = (eqlc_fields) { 0 };
}
