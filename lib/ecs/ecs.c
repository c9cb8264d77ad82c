/* ecs.c - types of the Elastic Common Schema: binary search in a sorted table made from ecs.tsv. */
#include "eqlmini.h"

#include <string.h>

typedef struct ecs_row {
    uint16_t at; /* the name's first byte in its block of ecs_names */
    uint8_t block, len;
    uint8_t type;
    bool is_array;
    bool keys_below; /* holds keys of anybody's choice, their values being keywords */
} ecs_row;

#include "ecs_data.h"

static const char *row_name(const ecs_row *row)
{
    return &ecs_names[row->block][row->at];
}

static int compare(eqlm_str name, const ecs_row *row)
{
    size_t shorter = name.len < row->len ? name.len : row->len;
    int order = shorter ? memcmp(name.ptr, row_name(row), shorter) : 0;
    if (order)
        return order;
    return name.len < row->len ? -1 : name.len > row->len;
}

static const ecs_row *find(eqlm_str name)
{
    size_t low = 0, high = ECS_ROWS;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(name, &ecs_rows[middle]);
        if (order == 0)
            return &ecs_rows[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* Only the nearest known ancestor counts: below "process.pe.imports" anything goes, below "process" nothing
 * does. */
static bool lies_below_keys(eqlm_str name)
{
    while (name.len > 0) {
        if (name.ptr[--name.len] != '.')
            continue;
        const ecs_row *row = find(name);
        if (row)
            return row->keys_below;
    }
    return false;
}

eqlm_type eqlm_ecs_type(void *ctx, eqlm_str name, bool *is_array)
{
    (void)ctx;
    const ecs_row *row = find(name);
    if (!row)
        return lies_below_keys(name) ? EQLM_TYPE_KEYWORD : EQLM_TYPE_ANY;
    if (row->is_array)
        *is_array = true;
    return (eqlm_type)row->type;
}

bool eqlm_ecs_field(size_t i, eqlm_str *name, eqlm_type *type, bool *is_array)
{
    if (i >= ECS_ROWS)
        return false;
    const ecs_row *row = &ecs_rows[i];
    *name = (eqlm_str) { row_name(row), row->len };
    if (type)
        *type = (eqlm_type)row->type;
    if (is_array)
        *is_array = row->is_array;
    return true;
}

bool eqlm_ecs_name(void *ctx, size_t i, eqlm_str *name)
{
    (void)ctx;
    return eqlm_ecs_field(i, name, NULL, NULL);
}
