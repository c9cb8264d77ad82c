/* types.c - types of fields from schema files, laid over those of the Elastic Common Schema. */
#include "types.h"

#include "util.h"

#include <stdlib.h>
#include <string.h>

void eqlc_types_set(eqlc_types *types, eqlm_str name, eqlc_type_info info)
{
    size_t i = eqlc_names_add(&types->names, name);

    types->info = eqlc_grow(types->info, &types->cap, types->names.n, sizeof *types->info);
    types->info[i] = info;
}

void eqlc_types_clear(eqlc_types *types)
{
    eqlc_names_clear(&types->names);
    free(types->info);
    *types = (eqlc_types) { .ecs = false };
}

static const eqlc_type_info *find(const eqlc_types *types, eqlm_str name)
{
    size_t i = eqlc_names_find(&types->names, name);

    return i == EQLC_NO_NAME ? NULL : &types->info[i];
}

static bool lies_below_keys(const eqlc_types *types, eqlm_str name)
{
    while (name.len > 0) {
        const eqlc_type_info *info;

        if (name.ptr[--name.len] != '.')
            continue;
        info = find(types, name);
        if (info)
            return info->keys_below;
    }
    return false;
}

eqlm_type eqlc_types_of(void *ctx, eqlm_str name, bool *is_array)
{
    const eqlc_types *types = ctx;
    const eqlc_type_info *info = find(types, name);

    if (info) {
        *is_array = info->is_array;
        return (eqlm_type)info->type;
    }
    if (lies_below_keys(types, name))
        return EQLM_TYPE_KEYWORD;
    return types->ecs ? eqlm_ecs_type(NULL, name, is_array) : EQLM_TYPE_ANY;
}

bool eqlc_types_name(void *ctx, size_t i, eqlm_str *name)
{
    const eqlc_types *types = ctx;

    if (i >= types->names.n)
        return types->ecs && eqlm_ecs_name(NULL, i - types->names.n, name);
    *name = types->names.items[i];
    return true;
}

/* The first name of every type is the one it is shown with. */
static const struct {
    const char *text;
    eqlm_type type;
} type_names[] = {
    { "any", EQLM_TYPE_ANY },
    { "keyword", EQLM_TYPE_KEYWORD },
    { "constant_keyword", EQLM_TYPE_KEYWORD },
    { "counted_keyword", EQLM_TYPE_KEYWORD },
    { "wildcard", EQLM_TYPE_KEYWORD },
    { "flattened", EQLM_TYPE_KEYWORD },
    { "long", EQLM_TYPE_LONG },
    { "integer", EQLM_TYPE_LONG },
    { "short", EQLM_TYPE_LONG },
    { "byte", EQLM_TYPE_LONG },
    { "unsigned_long", EQLM_TYPE_UNSIGNED_LONG },
    { "double", EQLM_TYPE_DOUBLE },
    { "float", EQLM_TYPE_DOUBLE },
    { "half_float", EQLM_TYPE_DOUBLE },
    { "scaled_float", EQLM_TYPE_DOUBLE },
    { "boolean", EQLM_TYPE_BOOLEAN },
    { "date", EQLM_TYPE_DATE },
    { "date_nanos", EQLM_TYPE_DATE },
    { "ip", EQLM_TYPE_IP },
    { "version", EQLM_TYPE_VERSION },
    { "text", EQLM_TYPE_TEXT },
    { "match_only_text", EQLM_TYPE_TEXT },
    { "pattern_text", EQLM_TYPE_TEXT },
    { "search_as_you_type", EQLM_TYPE_TEXT },
    { "nested", EQLM_TYPE_NESTED },
    { "object", EQLM_TYPE_OBJECT },
    { "group", EQLM_TYPE_OBJECT },
    { "passthrough", EQLM_TYPE_OBJECT },
    { "unsupported", EQLM_TYPE_UNSUPPORTED },
    { "aggregate_metric_double", EQLM_TYPE_UNSUPPORTED },
    { "binary", EQLM_TYPE_UNSUPPORTED },
    { "completion", EQLM_TYPE_UNSUPPORTED },
    { "date_range", EQLM_TYPE_UNSUPPORTED },
    { "dense_vector", EQLM_TYPE_UNSUPPORTED },
    { "double_range", EQLM_TYPE_UNSUPPORTED },
    { "float_range", EQLM_TYPE_UNSUPPORTED },
    { "geo_point", EQLM_TYPE_UNSUPPORTED },
    { "geo_shape", EQLM_TYPE_UNSUPPORTED },
    { "histogram", EQLM_TYPE_UNSUPPORTED },
    { "integer_range", EQLM_TYPE_UNSUPPORTED },
    { "ip_range", EQLM_TYPE_UNSUPPORTED },
    { "long_range", EQLM_TYPE_UNSUPPORTED },
    { "point", EQLM_TYPE_UNSUPPORTED },
    { "shape", EQLM_TYPE_UNSUPPORTED },
};

enum { N_TYPE_NAMES = sizeof type_names / sizeof type_names[0] };

bool eqlc_type_parse(eqlm_str text, eqlc_type_info *out)
{
    *out = (eqlc_type_info) { .type = EQLM_TYPE_UNSUPPORTED };
    for (size_t i = 0; i < N_TYPE_NAMES; i++) {
        const char *name = type_names[i].text;

        if (strlen(name) == text.len && memcmp(name, text.ptr, text.len) == 0) {
            out->type = (uint8_t)type_names[i].type;
            out->keys_below = strcmp(name, "flattened") == 0;
            return true;
        }
    }
    return false;
}

const char *eqlc_type_text(eqlm_type type)
{
    for (size_t i = 0; i < N_TYPE_NAMES; i++) {
        if (type_names[i].type == type)
            return type_names[i].text;
    }
    return "any";
}
