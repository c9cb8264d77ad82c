/* schema_json.c - types of fields from Elasticsearch mappings and from objects of names and types. */
#include "schema_read.h"

#include "json_tree.h"

#include <stdlib.h>
#include <string.h>

typedef struct alias {
    char *name, *target;
    size_t offset;
} alias;

typedef struct json_schema {
    eqlc_schema_reader *reader;
    eqlc_json_tree tree;
    eqlc_buf path;  /* name of the field being read */
    alias *aliases; /* of a mapping: their types are known when all of it has been read */
    size_t n_aliases, cap_aliases;
} json_schema;

/* Number of the node behind this one and what it contains. */
static uint32_t after(const json_schema *s, uint32_t node)
{
    return s->tree.nodes[node].next;
}

static uint32_t kind(const json_schema *s, uint32_t node)
{
    return s->tree.nodes[node].kind;
}

/* The member, if it is an object; 0 otherwise. */
static uint32_t object_member(const json_schema *s, uint32_t node, const char *key)
{
    uint32_t found = eqlc_json_member(&s->tree, node, key);

    return found && kind(s, found) == EQLC_JSON_OBJECT ? found : 0;
}

static size_t enter(json_schema *s, uint32_t node)
{
    size_t before = s->path.len;
    eqlm_str key = eqlc_json_key(&s->tree, node);

    if (before)
        eqlc_buf_char(&s->path, '.');
    eqlc_buf_add(&s->path, key.ptr, key.len);
    return before;
}

static void leave(json_schema *s, size_t before)
{
    s->path.len = before;
}

static void set(json_schema *s, eqlc_type_info info)
{
    eqlc_types_set(s->reader->types, (eqlm_str) { s->path.data, s->path.len }, info);
}

/* ------------------------------------------------------------------------------------------------------
 * Names and types
 */

static bool read_names(json_schema *s, uint32_t object);

static bool read_name(json_schema *s, uint32_t node)
{
    eqlm_str type = eqlc_json_string(&s->tree, node);
    eqlc_type_info info;

    if (kind(s, node) == EQLC_JSON_OBJECT)
        return read_names(s, node);
    if (kind(s, node) != EQLC_JSON_STRING)
        return eqlc_schema_fail(s->reader, s->tree.nodes[node].at,
                                "expected a type in quotes, or an object of fields");
    /* What an alias stands for is not told here. */
    if (type.len == 5 && memcmp(type.ptr, "alias", 5) == 0)
        type = (eqlm_str) { "any", 3 };
    if (!eqlc_type_parse(type, &info))
        return eqlc_schema_unknown_type(s->reader, s->tree.nodes[node].at,
                                        (eqlm_str) { s->path.data, s->path.len }, type);
    set(s, info);
    return true;
}

static bool read_names(json_schema *s, uint32_t object)
{
    for (uint32_t child = object + 1; child < after(s, object); child = after(s, child)) {
        eqlm_str key = eqlc_json_key(&s->tree, child);
        size_t before = s->path.len;
        bool good;

        if (key.len == 0)
            return eqlc_schema_fail(s->reader, s->tree.nodes[child].at, "a field without a name");
        if (before > 0 || !memchr(key.ptr, '*', key.len))
            enter(s, child);
        good = read_name(s, child);
        leave(s, before);
        if (!good)
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------------------------------------------
 * Mappings
 */

static bool read_properties(json_schema *s, uint32_t properties);

static void add_alias(json_schema *s, uint32_t node)
{
    uint32_t path = eqlc_json_member(&s->tree, node, "path");
    eqlm_str target = { "", 0 };

    if (path && kind(s, path) == EQLC_JSON_STRING)
        target = eqlc_json_string(&s->tree, path);
    s->aliases = eqlc_grow(s->aliases, &s->cap_aliases, s->n_aliases + 1, sizeof *s->aliases);
    s->aliases[s->n_aliases++] = (alias) { eqlc_copy(s->path.data, s->path.len),
                                           eqlc_copy(target.ptr, target.len), s->tree.nodes[node].at };
}

static bool resolve_aliases(json_schema *s)
{
    for (size_t i = 0; i < s->n_aliases; i++) {
        const alias *a = &s->aliases[i];
        eqlc_type_info info = { .type = EQLM_TYPE_ANY };

        info.type = (uint8_t)eqlc_types_of(s->reader->types, (eqlm_str) { a->target, strlen(a->target) },
                                           &info.is_array);
        if (info.type == EQLM_TYPE_ANY)
            return eqlc_schema_fail(s->reader, a->offset, "the path of this alias leads to no field");
        eqlc_types_set(s->reader->types, (eqlm_str) { a->name, strlen(a->name) }, info);
    }
    return true;
}

/* Other indexings of a field, "name.text". True: one of them is exact. */
static bool read_multi_fields(json_schema *s, uint32_t fields)
{
    bool exact = false;

    for (uint32_t child = fields + 1; child < after(s, fields); child = after(s, child)) {
        uint32_t type = eqlc_json_member(&s->tree, child, "type");
        size_t before = enter(s, child);
        eqlc_type_info info = { .type = EQLM_TYPE_UNSUPPORTED };

        if (type && kind(s, type) == EQLC_JSON_STRING)
            eqlc_type_parse(eqlc_json_string(&s->tree, type), &info);
        set(s, info);
        exact |= info.type == EQLM_TYPE_KEYWORD;
        leave(s, before);
    }
    return exact;
}

static bool read_definition(json_schema *s, uint32_t node)
{
    uint32_t type = eqlc_json_member(&s->tree, node, "type"), inner = object_member(s, node, "properties"),
             fields = object_member(s, node, "fields");
    eqlm_str text = { "object", 6 };
    eqlc_type_info info;

    if (kind(s, node) != EQLC_JSON_OBJECT || (type && kind(s, type) != EQLC_JSON_STRING))
        return eqlc_schema_fail(s->reader, s->tree.nodes[node].at, "this is not the definition of a field");
    if (type)
        text = eqlc_json_string(&s->tree, type);
    if (text.len == 5 && memcmp(text.ptr, "alias", 5) == 0) {
        add_alias(s, node);
        return true;
    }
    eqlc_type_parse(text, &info); /* Elasticsearch has more types than are worth a name here */
    if (fields && read_multi_fields(s, fields) && info.type == EQLM_TYPE_TEXT)
        info.type = EQLM_TYPE_KEYWORD; /* language 3: comparisons use the exact form */
    set(s, info);
    return !inner || read_properties(s, inner);
}

static bool read_properties(json_schema *s, uint32_t properties)
{
    for (uint32_t child = properties + 1; child < after(s, properties); child = after(s, child)) {
        size_t before = s->path.len;
        bool good;

        if (s->tree.nodes[child].key.len == 0)
            return eqlc_schema_fail(s->reader, s->tree.nodes[child].at, "a field without a name");
        enter(s, child);
        good = read_definition(s, child);
        leave(s, before);
        if (!good)
            return false;
    }
    return true;
}

/* The "properties" of what may be a mapping, or something around one; 0: neither. */
static uint32_t find_properties(const json_schema *s, uint32_t node)
{
    static const char *const around[] = { "index_template", "template", "mappings" };

    for (size_t i = 0; i < 3; i++) {
        uint32_t inner = object_member(s, node, around[i]);

        if (inner)
            node = inner;
    }
    return object_member(s, node, "properties");
}

/* *any tells whether there is a mapping at all. */
static bool read_mappings(json_schema *s, bool *any)
{
    uint32_t properties = find_properties(s, 0);

    *any = properties != 0;
    if (properties)
        return read_properties(s, properties);
    for (uint32_t child = 1; child < after(s, 0);
         child = after(s, child)) { /* {"index": {"mappings": ...}, ...} */
        properties = object_member(s, child, "mappings") ? find_properties(s, child) : 0;
        if (!properties)
            continue;
        *any = true;
        if (!read_properties(s, properties))
            return false;
    }
    return true;
}

bool eqlc_schema_read_json(eqlc_schema_reader *r)
{
    json_schema s = { .reader = r };
    bool any = false, good;

    if (!eqlc_json_tree_parse(&s.tree, r->text, r->len)) {
        good = eqlc_schema_fail(r, s.tree.error_at, s.tree.message);
    } else if (s.tree.nodes[0].kind != EQLC_JSON_OBJECT) {
        good = eqlc_schema_fail(r, 0, "expected an object");
    } else {
        good = read_mappings(&s, &any) && (any || read_names(&s, 0)) && resolve_aliases(&s);
    }
    for (size_t i = 0; i < s.n_aliases; i++) {
        free(s.aliases[i].name);
        free(s.aliases[i].target);
    }
    free(s.aliases);
    eqlc_buf_clear(&s.path);
    eqlc_json_tree_clear(&s.tree);
    return good;
}
