/* event_struct.c - lays out a host struct for a JSON document and fills it. */
#include "event_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PATHS 512
#define MAX_NAME 512

/* One field of a host struct. All fields have the same cell, so offsets are easy to compute; which members
 * are used depends on the values. */
typedef struct cell {
    union {
        const char *str;
        int64_t i64;
        int32_t i32;
        uint64_t u64;
        double f64;
        float f32;
        bool boolean;
        char chars[24];
        unsigned char ip[16];
        eqlm_value value;
        const void *items;
    } v;
    uint64_t len;
    uint32_t count;
    bool present;
} cell;

typedef struct text {
    const char *ptr;
    uint32_t len;
} text;

/* The values of one path over the elements of one array of objects (or over the one document). */
typedef struct path {
    char name[MAX_NAME];
    bool is_objects;
    bool array;    /* some element has not exactly one value here */
    bool mixed;    /* values of several types */
    uint32_t type; /* eqlm_value_type of the first value; EQLM_NULL: no value anywhere */
    uint32_t variant;
} path;

typedef struct group {
    path paths[MAX_PATHS];
    size_t n;
} group;

static void give_up(const char *why)
{
    fprintf(stderr, "tests: %s\n", why);
    exit(2);
}

static bool is_objects_path(const ts_event *e, const char *name)
{
    size_t i;
    json_t *item;
    json_array_foreach(e->objects, i, item) if (strcmp(json_string_value(item), name) == 0) return true;
    return false;
}

static void group_add(group *g, const char *name, bool objects)
{
    for (size_t i = 0; i < g->n; i++)
        if (strcmp(g->paths[i].name, name) == 0)
            return;
    if (g->n == MAX_PATHS || strlen(name) >= MAX_NAME) {
        give_up("event too large");
    }
    path *p = &g->paths[g->n++];
    memset(p, 0, sizeof *p);
    strcpy(p->name, name);
    p->is_objects = objects;
}

static void find_paths(ts_event *e, json_t *j, const char *parent, const char *prefix, group *g)
{
    if (json_is_array(j)) {
        size_t i;
        json_t *item;
        json_array_foreach(j, i, item) find_paths(e, item, parent, prefix, g);
        if (*prefix && json_array_size(j) == 0)
            group_add(g, prefix, false);
    } else if (json_is_object(j) && !ts_special_key(j)) {
        const char *key;
        json_t *item;
        json_object_foreach(j, key, item)
        {
            char name[2 * MAX_NAME], full[4 * MAX_NAME];
            snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", key);
            snprintf(full, sizeof full, "%s%s%s", parent, *parent ? "." : "", name);
            /* Both ways to read such an array are there: kept apart, and flattened. */
            if (is_objects_path(e, full))
                group_add(g, name, true);
            find_paths(e, item, parent, name, g);
        }
    } else if (*prefix) {
        group_add(g, prefix, false);
    }
}

static eqlm_field *add_field(ts_event *e, const char *parent, const path *p, size_t i)
{
    if (e->n_fields == e->cap_fields) {
        size_t cap = e->cap_fields ? 2 * e->cap_fields : 32;
        eqlm_field *fields = ts_event_keep(e, cap * sizeof *fields);
        if (e->n_fields)
            memcpy(fields, e->fields, e->n_fields * sizeof *fields);
        e->fields = fields;
        e->cap_fields = cap;
    }
    char full[2 * MAX_NAME];
    snprintf(full, sizeof full, "%s%s%s", parent, *parent ? "." : "", p->name);
    eqlm_field *f = &e->fields[e->n_fields++];
    memset(f, 0, sizeof *f);
    f->name = ts_event_keep_text(e, full, strlen(full));
    f->parent = *parent ? ts_event_keep_text(e, parent, strlen(parent)) : NULL;
    json_t *type = json_object_get(e->types, full);
    f->type = (uint8_t)(type ? ts_type_by_name(json_string_value(type)) : EQLM_TYPE_ANY);
    f->offset = (uint32_t)(i * sizeof(cell) + offsetof(cell, v));
    return f;
}

/* The storages of one field take turns by `variant`, so that every kind of place meets every kind of query.
 */
static void place_scalar(eqlm_field *f, const path *p, size_t i)
{
    size_t base = i * sizeof(cell);
    uint32_t present = (uint32_t)(base + offsetof(cell, present)) + 1;
    switch (p->mixed ? EQLM_ARRAY : p->type) {
    case EQLM_STRING:
        f->storage = (uint8_t)(p->variant == 1   ? EQLM_STORE_CSTR
                               : p->variant == 2 ? EQLM_STORE_CHARS
                                                 : EQLM_STORE_STR);
        f->size = p->variant == 2 ? (uint32_t)sizeof(((cell *)0)->v.chars) : 0;
        f->len_offset = (uint32_t)(base + offsetof(cell, len));
        f->len_size = 8;
        if (p->variant == 2)
            f->present = present;
        break;
    case EQLM_BOOL:
        f->storage = EQLM_STORE_BOOL;
        f->size = 1;
        f->present = present;
        break;
    case EQLM_I64:
        f->storage = EQLM_STORE_INT;
        f->size = p->variant == 1 ? 4 : 8;
        f->present = present;
        break;
    case EQLM_U64:
        f->storage = EQLM_STORE_UINT;
        f->size = 8;
        f->present = present;
        break;
    case EQLM_F64:
        f->storage = EQLM_STORE_FLOAT;
        f->size = p->variant == 1 ? 4 : 8;
        f->present = present;
        break;
    case EQLM_IP:
        f->storage = (uint8_t)(p->variant == 1 ? EQLM_STORE_IPV4 : EQLM_STORE_IPV6);
        f->size = p->variant == 1 ? 4 : 16;
        f->present = present;
        break;
    default: /* dates, mixed types and fields without any value */
        f->storage = EQLM_STORE_VALUE;
        f->size = (uint32_t)sizeof(eqlm_value);
        break;
    }
}

static void place_array(eqlm_field *f, const path *p, size_t i)
{
    if (p->mixed || p->type == EQLM_NULL || p->type == EQLM_DATE || p->type == EQLM_FAR_DATE ||
        p->type == EQLM_IP) {
        f->storage = EQLM_STORE_VALUE;
        f->size = (uint32_t)sizeof(eqlm_value);
        return; /* an EQLM_ARRAY in one value */
    }
    f->shape = EQLM_ARRAY_POINTER;
    f->count_offset = (uint32_t)(i * sizeof(cell) + offsetof(cell, count));
    f->count_size = 4;
    f->stride = 8;
    f->size = 8;
    switch (p->type) {
    case EQLM_STRING:
        f->storage = EQLM_STORE_STR;
        f->size = 0;
        f->stride = (uint32_t)sizeof(text);
        f->len_offset = (uint32_t)offsetof(text, len);
        f->len_size = 4;
        break;
    case EQLM_BOOL:
        f->storage = EQLM_STORE_BOOL;
        f->size = f->stride = 1;
        break;
    case EQLM_U64:
        f->storage = EQLM_STORE_UINT;
        break;
    case EQLM_F64:
        f->storage = EQLM_STORE_FLOAT;
        break;
    default:
        f->storage = EQLM_STORE_INT;
        break;
    }
}

static void *array_items(ts_event *e, const eqlm_field *f, const ts_values *vs)
{
    char *items = ts_event_keep(e, vs->n * f->stride + 1);
    for (size_t k = 0; k < vs->n; k++) {
        const eqlm_value *v = &vs->items[k];
        char *at = items + k * f->stride;
        text t = { v->as.str, v->len };
        if (v->type == EQLM_STRING)
            memcpy(at, &t, sizeof t);
        else
            memcpy(at, &v->as, f->stride); /* bool, i64, u64 and f64 lie at the start of the union */
    }
    return items;
}

static void fill(ts_event *e, const eqlm_field *f, const path *p, cell *c, const ts_values *vs)
{
    c->present = vs->n > 0;
    c->count = (uint32_t)vs->n;
    if (f->shape == EQLM_ARRAY_POINTER) {
        c->v.items = array_items(e, f, vs);
        return;
    }
    if (vs->n == 0)
        return;
    const eqlm_value *v = &vs->items[0];
    switch ((eqlm_storage)f->storage) {
    case EQLM_STORE_VALUE:
        c->v.value = *v;
        if (p->array)
            c->v.value = (eqlm_value) { .type = EQLM_ARRAY, .len = (uint32_t)vs->n, .as.items = vs->items };
        break;
    case EQLM_STORE_CHARS:
        memcpy(c->v.chars, v->as.str, v->len);
        break;
    case EQLM_STORE_INT:
        if (f->size == 4)
            c->v.i32 = (int32_t)v->as.i64;
        else
            c->v.i64 = v->as.i64;
        break;
    case EQLM_STORE_FLOAT:
        if (f->size == 4)
            c->v.f32 = (float)v->as.f64;
        else
            c->v.f64 = v->as.f64;
        break;
    case EQLM_STORE_IPV4:
    case EQLM_STORE_IPV6:
        memcpy(c->v.ip, v->as.ip, v->len);
        break;
    case EQLM_STORE_BOOL:
        c->v.boolean = v->as.boolean;
        break;
    default:
        c->v.u64 = v->as.u64; /* also a pointer to text */
        c->len = v->len;
        if (f->storage == EQLM_STORE_STR || f->storage == EQLM_STORE_CSTR)
            c->v.str = v->as.str;
        break;
    }
}

/* Looks at all values of a path and chooses how it is stored. */
static void survey(ts_event *e, path *p, json_t **elements, size_t n)
{
    bool narrow = true, chars = true, ipv4 = true;
    for (size_t k = 0; k < n; k++) {
        ts_values vs = { 0 };
        ts_event_collect(e, elements[k], p->name, p->is_objects, &vs, &p->array);
        p->array |= vs.n > 1;
        for (size_t i = 0; i < vs.n; i++) {
            const eqlm_value *v = &vs.items[i];
            if (p->type == EQLM_NULL)
                p->type = v->type;
            p->mixed |= p->type != v->type;
            if (v->type == EQLM_STRING) {
                narrow &= memchr(v->as.str, 0, v->len) == NULL;
                chars &= narrow && v->len <= sizeof(((cell *)0)->v.chars);
            } else if (v->type == EQLM_I64) {
                narrow &= v->as.i64 >= INT32_MIN && v->as.i64 <= INT32_MAX;
            } else if (v->type == EQLM_F64) {
                narrow &= (double)(float)v->as.f64 == v->as.f64;
            } else if (v->type == EQLM_IP) {
                ipv4 &= v->len == 4;
                p->mixed |= v->len != 4 && i + k > 0;
            }
        }
    }
    uint32_t sum = 0;
    for (const char *s = p->name; *s; s++)
        sum += (unsigned char)*s;
    p->variant = sum % 3;
    if (p->type == EQLM_IP)
        p->variant = ipv4 ? 1 : 0;
    else if ((p->variant == 1 && !narrow) || (p->variant == 2 && !chars))
        p->variant = 0;
}

static cell *build(ts_event *e, const char *parent, json_t **elements, size_t n, size_t *stride);

/* An array of objects: the elements of all `elements` lie one behind the other in one block. */
static void build_objects(ts_event *e, const char *parent, const path *p, size_t i, json_t **elements,
                          size_t n, cell *cells, size_t per)
{
    eqlm_field *f = add_field(e, parent, p, i);
    const char *full = f->name;
    size_t field = e->n_fields - 1, total = 0, done = 0, stride = 0;
    ts_values all = { 0 };
    bool is_array = false;
    f->type = EQLM_TYPE_OBJECT;
    f->storage = EQLM_STORE_OBJECT;
    f->shape = EQLM_ARRAY_POINTER;
    f->count_offset = (uint32_t)(i * sizeof(cell) + offsetof(cell, count));
    f->count_size = 4;
    for (size_t k = 0; k < n; k++) {
        ts_event_collect(e, elements[k], p->name, true, &all, &is_array);
        cells[k * per + i].count = (uint32_t)(all.n - total);
        total = all.n;
    }
    json_t **inner = ts_event_keep(e, total * sizeof *inner);
    for (size_t k = 0; k < total; k++)
        inner[k] = ((const ts_node *)all.items[k].as.object)->json;
    const char *first = (const char *)build(e, full, inner, total, &stride);
    e->fields[field].stride = (uint32_t)stride;
    for (size_t k = 0; k < n; k++) {
        cells[k * per + i].v.items = first + done * stride;
        done += cells[k * per + i].count;
    }
}

/* Lays out and fills the structs of `elements`, all alike; gives the first. */
static cell *build(ts_event *e, const char *parent, json_t **elements, size_t n, size_t *stride)
{
    group *g = calloc(1, sizeof *g);
    if (!g)
        give_up("out of memory");
    for (size_t k = 0; k < n; k++)
        find_paths(e, elements[k], parent, "", g);
    const char *key;
    json_t *type;
    if (!*parent)
        json_object_foreach(e->types, key, type) if (strcmp(json_string_value(type), "unmapped") != 0)
            group_add(g, key, false);
    size_t per = g->n + 1;
    *stride = per * sizeof(cell);
    cell *cells = ts_event_keep(e, (n + 1) * per * sizeof *cells);
    for (size_t i = 0; i < g->n; i++) {
        path *p = &g->paths[i];
        if (p->is_objects) {
            build_objects(e, parent, p, i, elements, n, cells, per);
            continue;
        }
        survey(e, p, elements, n);
        eqlm_field *f = add_field(e, parent, p, i);
        if (p->array)
            place_array(f, p, i);
        else
            place_scalar(f, p, i);
        for (size_t k = 0; k < n; k++) {
            ts_values vs = { 0 };
            bool is_array = false;
            ts_event_collect(e, elements[k], p->name, false, &vs, &is_array);
            fill(e, f, p, &cells[k * per + i], &vs);
        }
    }
    free(g);
    return cells;
}

void ts_event_build_struct(ts_event *e, json_t *doc)
{
    size_t stride;
    e->root_struct = build(e, "", &doc, 1, &stride);
}
