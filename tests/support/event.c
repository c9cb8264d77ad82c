#include "event_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(void)
{
    fputs("tests: out of memory\n", stderr);
    exit(2);
}

void *ts_event_keep(ts_event *e, size_t size)
{
    ts_kept *k = calloc(1, offsetof(ts_kept, data) + size + 1);
    if (!k)
        out_of_memory();
    k->next = e->kept;
    e->kept = k;
    return k->data;
}

const char *ts_event_keep_text(ts_event *e, const char *s, size_t len)
{
    char *copy = ts_event_keep(e, len + 1);
    memcpy(copy, s, len);
    return copy;
}

static const struct {
    const char *name;
    eqlm_type type;
} type_names[] = {
    { "keyword", EQLM_TYPE_KEYWORD },
    { "constant_keyword", EQLM_TYPE_KEYWORD },
    { "wildcard", EQLM_TYPE_KEYWORD },
    { "text", EQLM_TYPE_TEXT },
    { "long", EQLM_TYPE_LONG },
    { "integer", EQLM_TYPE_LONG },
    { "short", EQLM_TYPE_LONG },
    { "byte", EQLM_TYPE_LONG },
    { "double", EQLM_TYPE_DOUBLE },
    { "float", EQLM_TYPE_DOUBLE },
    { "scaled_float", EQLM_TYPE_DOUBLE },
    { "unsigned_long", EQLM_TYPE_UNSIGNED_LONG },
    { "boolean", EQLM_TYPE_BOOLEAN },
    { "date", EQLM_TYPE_DATE },
    { "ip", EQLM_TYPE_IP },
    { "version", EQLM_TYPE_VERSION },
    { "nested", EQLM_TYPE_NESTED },
    { "object", EQLM_TYPE_OBJECT },
    { "geo_point", EQLM_TYPE_UNSUPPORTED },
    { "unmapped", EQLM_TYPE_UNMAPPED },
};

eqlm_type ts_type_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof type_names / sizeof type_names[0]; i++)
        if (strcmp(type_names[i].name, name) == 0)
            return type_names[i].type;
    return EQLM_TYPE_ANY;
}

const char *ts_special_key(json_t *j)
{
    if (!json_is_object(j) || json_object_size(j) != 1)
        return NULL;
    const char *key = json_object_iter_key(json_object_iter(j));
    return key && key[0] == '$' ? key : NULL;
}

static unsigned hex_digit(char c)
{
    return c >= '0' && c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10u;
}

static void set_hex(ts_event *e, const char *hex, eqlm_value *out)
{
    size_t n = strlen(hex) / 2;
    unsigned char *bytes = ts_event_keep(e, n + 1);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(hex_digit(hex[2 * i]) * 16u + hex_digit(hex[2 * i + 1]));
    out->len = (uint32_t)n;
    if (out->type == EQLM_IP)
        out->as.ip = bytes;
    else
        out->as.str = (const char *)bytes;
}

/* A JSON scalar as a value; EQLM_NULL for null. */
static eqlm_value scalar(ts_event *e, json_t *j)
{
    eqlm_value v = { 0 };
    const char *special = ts_special_key(j);
    if (special) {
        json_t *inner = json_object_get(j, special);
        if (strcmp(special, "$u64") == 0) {
            v.type = EQLM_U64;
            v.as.u64 = strtoull(json_string_value(inner), NULL, 10);
        } else if (strcmp(special, "$far_date") == 0) {
            v.type = EQLM_FAR_DATE;
            v.as.i64 = json_integer_value(inner);
        } else if (strcmp(special, "$date") == 0) {
            v.type = EQLM_DATE;
            v.as.i64 = json_integer_value(inner);
        } else {
            v.type = strcmp(special, "$ip") == 0 ? EQLM_IP : EQLM_STRING;
            set_hex(e, json_string_value(inner), &v);
        }
    } else if (json_is_string(j)) {
        v.type = EQLM_STRING;
        v.len = (uint32_t)json_string_length(j);
        v.as.str = ts_event_keep_text(e, json_string_value(j), v.len);
    } else if (json_is_boolean(j)) {
        v.type = EQLM_BOOL;
        v.as.boolean = json_is_true(j);
    } else if (json_is_integer(j)) {
        v.type = EQLM_I64;
        v.as.i64 = json_integer_value(j);
    } else if (json_is_real(j)) {
        v.type = EQLM_F64;
        v.as.f64 = json_real_value(j);
    }
    return v;
}

static void values_add(ts_event *e, ts_values *vs, eqlm_value v)
{
    if (vs->n == vs->cap) {
        size_t cap = vs->cap ? 2 * vs->cap : 4;
        eqlm_value *items = ts_event_keep(e, cap * sizeof *items);
        if (vs->n)
            memcpy(items, vs->items, vs->n * sizeof *items);
        vs->items = items;
        vs->cap = cap;
    }
    vs->items[vs->n++] = v;
}

void ts_event_collect(ts_event *e, json_t *j, const char *name, bool objects, ts_values *vs, bool *is_array)
{
    if (json_is_array(j)) {
        size_t i;
        json_t *item;
        *is_array = true;
        json_array_foreach(j, i, item) ts_event_collect(e, item, name, objects, vs, is_array);
    } else if (json_is_object(j) && !ts_special_key(j)) {
        if (!*name) {
            if (objects) {
                ts_node *n = ts_event_keep(e, sizeof *n);
                n->json = j;
                values_add(e, vs, (eqlm_value) { .type = EQLM_OBJECT, .as.object = n });
            }
            return;
        }
        const char *key;
        json_t *item;
        json_object_foreach(j, key, item)
        {
            size_t len = strlen(key);
            if (strncmp(name, key, len) == 0 && (name[len] == 0 || name[len] == '.'))
                ts_event_collect(e, item, name[len] ? name + len + 1 : name + len, objects, vs, is_array);
        }
    } else if (!*name) {
        eqlm_value v = scalar(e, j);
        if (v.type != EQLM_NULL)
            values_add(e, vs, v);
    }
}

/* Some field of the schema lies below `field`, so its elements are wanted as objects. */
static bool is_parent(const eqlm_schema *schema, uint32_t field)
{
    for (uint32_t i = 0; i < eqlm_schema_n_fields(schema); i++)
        if (eqlm_schema_field_parent(schema, i) == field)
            return true;
    return false;
}

bool ts_event_get(void *ctx, const void *event, uint32_t field, eqlm_value *out)
{
    const ts_getter *g = ctx;
    const ts_node *n = event;
    eqlm_str name = eqlm_schema_field_name(g->schema, field);
    uint32_t parent = eqlm_schema_field_parent(g->schema, field);
    if (parent != UINT32_MAX) {
        size_t skip = eqlm_schema_field_name(g->schema, parent).len + 1;
        name.ptr += skip;
        name.len -= skip;
    }
    ts_values vs = { 0 };
    bool is_array = false;
    ts_event_collect(g->event, n->json, ts_event_keep_text(g->event, name.ptr, name.len),
                     is_parent(g->schema, field), &vs, &is_array);
    if (vs.n == 0)
        return false;
    if (vs.n == 1 && !is_array)
        *out = vs.items[0];
    else
        *out = (eqlm_value) { .type = EQLM_ARRAY, .len = (uint32_t)vs.n, .as.items = vs.items };
    return true;
}

ts_event *ts_event_new(json_t *doc, json_t *types, json_t *objects)
{
    ts_event *e = calloc(1, sizeof *e);
    if (!e)
        out_of_memory();
    e->types = types;
    e->objects = objects;
    e->root.json = doc;
    ts_event_build_struct(e, doc);
    return e;
}

void ts_event_free(ts_event *e)
{
    if (!e)
        return;
    while (e->kept) {
        ts_kept *next = e->kept->next;
        free(e->kept);
        e->kept = next;
    }
    free(e);
}

const eqlm_field *ts_event_fields(const ts_event *e, size_t *n)
{
    *n = e->n_fields;
    return e->fields;
}

const void *ts_event_struct(const ts_event *e)
{
    return e->root_struct;
}

const void *ts_event_root(const ts_event *e)
{
    return &e->root;
}

eqlm_type ts_json_type(void *ctx, eqlm_str name, bool *is_array)
{
    char key[512];
    (void)is_array;
    if (name.len >= sizeof key)
        return EQLM_TYPE_ANY;
    memcpy(key, name.ptr, name.len);
    key[name.len] = 0;
    json_t *type = json_object_get(ctx, key);
    return type ? ts_type_by_name(json_string_value(type)) : EQLM_TYPE_ANY;
}
