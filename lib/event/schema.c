#include "event/schema.h"

#include <string.h>

enum { MAX_FIELDS = 1 << 20, MAX_NAME = 4096 };

eqlm_status eqlm_schema_new(const eqlm_alloc *alloc, eqlm_schema **out)
{
    if (!out)
        return EQLM_E_ARGUMENT;
    *out = NULL;
    eqlm_alloc a = eqli_mem_default(alloc);
    eqlm_schema *s = eqli_mem_new(&a, sizeof *s);
    if (!s)
        return EQLM_E_NOMEM;
    s->alloc = a;
    *out = s;
    return EQLM_OK;
}

static void drop_fields(eqlm_schema *s, uint32_t from)
{
    for (uint32_t i = from; i < s->n; i++)
        eqli_mem_free(&s->alloc, (void *)(uintptr_t)s->fields[i].name.ptr, s->fields[i].name.len + 1);
    s->n = from;
}

void eqlm_schema_free(eqlm_schema *s)
{
    if (!s)
        return;
    eqlm_alloc a = s->alloc;
    drop_fields(s, 0);
    eqli_mem_free(&a, s->fields, s->cap * sizeof *s->fields);
    eqli_mem_free(&a, s->index, s->index_size * sizeof *s->index);
    eqli_mem_free(&a, s, sizeof *s);
}

uint32_t eqli_name_hash(eqlm_str name, uint32_t parent)
{
    uint64_t h = parent, word;
    size_t i = 0;
    for (; name.len - i >= sizeof word; i += sizeof word) {
        memcpy(&word, name.ptr + i, sizeof word);
        h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;
    }
    for (word = name.len; i < name.len; i++)
        word = word << 8 | (unsigned char)name.ptr[i];
    h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(h ^ h >> 32);
}

static uint32_t find(const eqlm_schema *s, eqlm_str name, uint32_t parent)
{
    if (!s->index_size)
        return EQLI_NO_FIELD;
    uint32_t hash = eqli_name_hash(name, parent);
    for (uint32_t i = hash;; i++) {
        uint32_t e = s->index[i & (s->index_size - 1)];
        if (e == 0)
            return EQLI_NO_FIELD;
        const eqli_schema_field *f = &s->fields[e - 1];
        if (f->hash == hash && f->parent == parent && f->name.len == name.len &&
            (name.len == 0 || memcmp(f->name.ptr, name.ptr, name.len) == 0))
            return e - 1;
    }
}

static void index_insert(eqlm_schema *s, uint32_t field)
{
    uint32_t i = s->fields[field].hash;
    while (s->index[i & (s->index_size - 1)] != 0)
        i++;
    s->index[i & (s->index_size - 1)] = field + 1;
}

static bool rebuild_index(eqlm_schema *s, uint32_t size)
{
    uint32_t *index = eqli_mem_new(&s->alloc, size * sizeof *index);
    if (!index)
        return false;
    eqli_mem_free(&s->alloc, s->index, s->index_size * sizeof *s->index);
    s->index = index;
    s->index_size = size;
    for (uint32_t i = 0; i < s->n; i++)
        index_insert(s, i);
    return true;
}

static eqlm_status append(eqlm_schema *s, eqlm_str name, uint32_t parent, bool declared,
                          const eqli_place *place)
{
    if (s->n >= MAX_FIELDS || name.len > MAX_NAME)
        return EQLM_E_LIMIT;
    if (s->n == s->cap) {
        uint32_t cap = s->cap ? s->cap * 2 : 16;
        void *p = eqli_mem_resize(&s->alloc, s->fields, s->cap, cap, sizeof *s->fields);
        if (!p)
            return EQLM_E_NOMEM;
        s->fields = p;
        s->cap = cap;
    }
    if ((s->n + 1) * 2 > s->index_size && !rebuild_index(s, s->index_size ? s->index_size * 2 : 32))
        return EQLM_E_NOMEM;
    char *copy = eqli_mem_new(&s->alloc, name.len + 1);
    if (!copy)
        return EQLM_E_NOMEM;
    if (name.len)
        memcpy(copy, name.ptr, name.len);
    s->fields[s->n] =
        (eqli_schema_field) { { copy, name.len }, parent, eqli_name_hash(name, parent), declared, *place };
    s->fields[s->n].place.field = s->n;
    index_insert(s, s->n++);
    return EQLM_OK;
}

static bool is_width(uint32_t n)
{
    return n == 1 || n == 2 || n == 4 || n == 8;
}

/* Bytes of one element in an array: elements must not overlap, or a wrong size would be read past the last
 * one. */
static uint32_t element_size(const eqlm_field *f)
{
    switch (f->storage) {
    case EQLM_STORE_CSTR:
    case EQLM_STORE_STR:
        return (uint32_t)sizeof(char *);
    case EQLM_STORE_IPV4:
        return 4;
    case EQLM_STORE_IPV6:
        return 16;
    case EQLM_STORE_VALUE:
        return (uint32_t)sizeof(eqlm_value);
    case EQLM_STORE_INT:
    case EQLM_STORE_UINT:
    case EQLM_STORE_FLOAT:
    case EQLM_STORE_CHARS:
        return f->size;
    default:
        return 1;
    }
}

static bool shape_makes_sense(const eqlm_field *f)
{
    if (f->shape == EQLM_SCALAR)
        return true;
    return f->shape <= EQLM_ARRAY_POINTER && is_width(f->count_size) && f->stride >= element_size(f);
}

static bool storage_makes_sense(const eqlm_field *f)
{
    switch (f->storage) {
    case EQLM_STORE_INT:
    case EQLM_STORE_UINT:
        return is_width(f->size);
    case EQLM_STORE_FLOAT:
        return f->size == 4 || f->size == 8;
    case EQLM_STORE_CHARS:
        return f->size > 0;
    case EQLM_STORE_STR:
        return is_width(f->len_size);
    case EQLM_STORE_GETTER:
        return f->shape == EQLM_SCALAR;
    case EQLM_STORE_BOOL:
    case EQLM_STORE_CSTR:
    case EQLM_STORE_IPV4:
    case EQLM_STORE_IPV6:
    case EQLM_STORE_OBJECT:
    case EQLM_STORE_VALUE:
        return true;
    default:
        return false;
    }
}

static eqlm_type type_by_storage(uint8_t storage)
{
    switch (storage) {
    case EQLM_STORE_BOOL:
        return EQLM_TYPE_BOOLEAN;
    case EQLM_STORE_INT:
    case EQLM_STORE_UINT:
        return EQLM_TYPE_LONG;
    case EQLM_STORE_FLOAT:
        return EQLM_TYPE_DOUBLE;
    case EQLM_STORE_CHARS:
    case EQLM_STORE_CSTR:
    case EQLM_STORE_STR:
        return EQLM_TYPE_KEYWORD;
    case EQLM_STORE_IPV4:
    case EQLM_STORE_IPV6:
        return EQLM_TYPE_IP;
    case EQLM_STORE_OBJECT:
        return EQLM_TYPE_OBJECT;
    default:
        return EQLM_TYPE_ANY;
    }
}

/* The array of objects of that name, which may itself be a field of another one. */
static uint32_t find_parent(const eqlm_schema *s, eqlm_str name)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const eqli_schema_field *f = &s->fields[i];
        if (f->name.len == name.len && memcmp(f->name.ptr, name.ptr, name.len) == 0)
            return i;
    }
    return EQLI_NO_FIELD;
}

static bool may_hold_objects(const eqli_place *place)
{
    return place->storage == EQLM_STORE_OBJECT || place->storage == EQLM_STORE_VALUE ||
           place->storage == EQLM_STORE_GETTER;
}

static eqlm_status add_one(eqlm_schema *s, const eqlm_field *f)
{
    if (!f->name || f->type > EQLM_TYPE_UNMAPPED || !shape_makes_sense(f) || !storage_makes_sense(f))
        return EQLM_E_SCHEMA;
    uint32_t parent = EQLI_NO_FIELD;
    if (f->parent) {
        parent = find_parent(s, (eqlm_str){ f->parent, strlen(f->parent) });
        if (parent == EQLI_NO_FIELD || !may_hold_objects(&s->fields[parent].place))
            return EQLM_E_SCHEMA;
    }
    eqlm_str name = { f->name, strlen(f->name) };
    if (find(s, name, parent) != EQLI_NO_FIELD)
        return EQLM_E_SCHEMA;
    eqli_place place = { .storage = f->storage, .shape = f->shape, .len_size = f->len_size,
                         .count_size = f->count_size, .size = f->size, .offset = f->offset,
                         .len_offset = f->len_offset, .count_offset = f->count_offset, .stride = f->stride,
                         .present_offset = f->present ? f->present - 1 : EQLI_ALWAYS };
    place.type = f->type == EQLM_TYPE_AUTO ? (uint8_t)type_by_storage(f->storage) : f->type;
    if (place.type != EQLM_TYPE_ANY)
        s->typed = true;
    return append(s, name, parent, true, &place);
}

eqlm_status eqlm_schema_add(eqlm_schema *s, const eqlm_field *fields, size_t n_fields)
{
    if (!s || (!fields && n_fields))
        return EQLM_E_ARGUMENT;
    uint32_t before = s->n;
    bool typed_before = s->typed;
    for (size_t i = 0; i < n_fields; i++) {
        eqlm_status status = add_one(s, &fields[i]);
        if (status != EQLM_OK) {
            /* All or nothing: the index is cleared rather than rebuilt, which cannot fail. */
            drop_fields(s, before);
            s->typed = typed_before;
            if (s->index_size)
                memset(s->index, 0, s->index_size * sizeof *s->index);
            for (uint32_t k = 0; k < s->n; k++)
                index_insert(s, k);
            return status;
        }
    }
    return EQLM_OK;
}

eqlm_status eqlm_schema_set_getter(eqlm_schema *s, eqlm_get_fn get, void *ctx)
{
    if (!s)
        return EQLM_E_ARGUMENT;
    s->get = get;
    s->get_ctx = ctx;
    return EQLM_OK;
}

eqlm_status eqlm_schema_set_types(eqlm_schema *s, eqlm_type_fn type_of, void *ctx)
{
    if (!s)
        return EQLM_E_ARGUMENT;
    s->type_of = type_of;
    s->type_ctx = ctx;
    if (type_of)
        s->typed = true;
    return EQLM_OK;
}

eqlm_status eqlm_schema_set_type_names(eqlm_schema *s, eqlm_type_list_fn list, void *ctx)
{
    if (!s)
        return EQLM_E_ARGUMENT;
    s->type_names = list;
    s->type_names_ctx = ctx;
    return EQLM_OK;
}

eqlm_status eqlm_schema_close(eqlm_schema *s)
{
    if (!s)
        return EQLM_E_ARGUMENT;
    s->closed = true;
    return EQLM_OK;
}

uint32_t eqlm_schema_n_fields(const eqlm_schema *s)
{
    return s ? s->n : 0;
}

eqlm_str eqlm_schema_field_name(const eqlm_schema *s, uint32_t field)
{
    return s && field < s->n ? s->fields[field].name : (eqlm_str){ "", 0 };
}

uint32_t eqlm_schema_field_parent(const eqlm_schema *s, uint32_t field)
{
    return s && field < s->n ? s->fields[field].parent : EQLI_NO_FIELD;
}

bool eqlm_schema_find(const eqlm_schema *s, eqlm_str name, uint32_t *out)
{
    uint32_t field = s ? find(s, name, EQLI_NO_FIELD) : EQLI_NO_FIELD;
    if (field == EQLI_NO_FIELD)
        return false;
    if (out)
        *out = field;
    return true;
}

/* Type by the types in force; AUTO from a careless callback counts as ANY. */
static eqlm_type type_from_source(const eqlm_schema *s, eqlm_str name)
{
    bool is_array = false;
    if (!s->type_of)
        return EQLM_TYPE_ANY;
    eqlm_type type = s->type_of(s->type_ctx, name, &is_array);
    return type == EQLM_TYPE_AUTO || type > EQLM_TYPE_UNMAPPED ? EQLM_TYPE_ANY : type;
}

eqli_field_info eqli_schema_lookup(const eqlm_schema *s, eqlm_str name, uint32_t parent)
{
    eqli_field_info info = { find(s, name, parent), EQLM_TYPE_ANY, false };
    if (info.field != EQLI_NO_FIELD) {
        const eqli_place *place = &s->fields[info.field].place;
        info.type = (eqlm_type)place->type;
        info.known = s->fields[info.field].declared;
    }
    if (info.type == EQLM_TYPE_ANY) {
        info.type = type_from_source(s, name);
        info.known = info.known || info.type != EQLM_TYPE_ANY;
    }
    if (s->closed && !info.known)
        info.type = EQLM_TYPE_UNMAPPED;
    return info;
}

eqlm_status eqli_schema_intern(eqlm_schema *s, eqlm_str name, uint32_t parent, uint32_t *out)
{
    *out = find(s, name, parent);
    if (*out != EQLI_NO_FIELD)
        return EQLM_OK;
    eqli_place place = { .storage = EQLM_STORE_GETTER, .present_offset = EQLI_ALWAYS, .type = EQLM_TYPE_ANY };
    eqlm_status status = append(s, name, parent, false, &place);
    if (status == EQLM_OK)
        *out = s->n - 1;
    return status;
}
