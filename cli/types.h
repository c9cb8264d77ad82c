/* types.h - types of fields from schema files, laid over those of the Elastic Common Schema. */
#ifndef EQLC_TYPES_H
#define EQLC_TYPES_H

#include "names.h"

typedef struct eqlc_type_info {
    uint8_t type; /* eqlm_type */
    bool is_array;
    bool keys_below; /* "labels": any name below it is a keyword */
} eqlc_type_info;

/* All zero: no types at all. */
typedef struct eqlc_types {
    eqlc_names names;
    eqlc_type_info *info; /* by number of the name */
    size_t cap;
    bool ecs; /* names not found here are looked up in the Elastic Common Schema */
} eqlc_types;

/* Sets what is known of a name, whatever was known before. */
void eqlc_types_set(eqlc_types *types, eqlm_str name, eqlc_type_info info);
void eqlc_types_clear(eqlc_types *types);

/* An eqlm_type_fn and an eqlm_type_list_fn; ctx is the eqlc_types. */
eqlm_type eqlc_types_of(void *ctx, eqlm_str name, bool *is_array);
bool eqlc_types_name(void *ctx, size_t i, eqlm_str *name);

/* What a type is called in a mapping ("keyword", "scaled_float"). False: no type of this name is known; then
 * *out is unsupported. */
bool eqlc_type_parse(eqlm_str text, eqlc_type_info *out);
const char *eqlc_type_text(eqlm_type type);

#endif
