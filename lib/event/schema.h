/* schema.h - field names to places in a host's events. */
#ifndef EQLI_SCHEMA_H
#define EQLI_SCHEMA_H

#include "base/mem.h"

#define EQLI_NO_FIELD UINT32_MAX
#define EQLI_ALWAYS UINT32_MAX /* eqli_place.present_offset: there is no presence flag */

/* Where a field's values lie: what is left of an eqlm_field once its name is resolved. Programs keep copies.
 */
typedef struct eqli_place {
    uint8_t storage, shape, len_size, count_size;
    uint8_t type; /* eqlm_type, AUTO resolved */
    uint32_t size, offset, len_offset, count_offset, stride, present_offset;
    uint32_t field; /* number for the getter */
} eqli_place;

typedef struct eqli_schema_field {
    eqlm_str name; /* owned */
    uint32_t parent;
    uint32_t hash;
    bool declared; /* added by the host, not by the first query that used the name */
    eqli_place place;
} eqli_schema_field;

struct eqlm_schema {
    eqlm_alloc alloc;
    eqli_schema_field *fields;
    uint32_t n, cap;
    uint32_t *index; /* open addressing, field number + 1; size is a power of two */
    uint32_t index_size;
    eqlm_get_fn get;
    void *get_ctx;
    eqlm_type_fn type_of;
    void *type_ctx;
    eqlm_type_list_fn type_names;
    void *type_names_ctx;
    bool closed;
    bool typed; /* types are in force: some field declares one, or type_of is set */
};

/* What is known of a name. */
typedef struct eqli_field_info {
    uint32_t field; /* EQLI_NO_FIELD: not in the schema */
    eqlm_type type;
    bool known; /* declared by the host, or known to the types in force */
} eqli_field_info;

uint32_t eqli_name_hash(eqlm_str name, uint32_t parent);
/* Never changes the schema. parent: EQLI_NO_FIELD or the number of an array of objects. */
eqli_field_info eqli_schema_lookup(const eqlm_schema *s, eqlm_str name, uint32_t parent);
/* Number of the field, added as a getter field when it is new. EQLM_E_NOMEM, EQLM_E_LIMIT. */
eqlm_status eqli_schema_intern(eqlm_schema *s, eqlm_str name, uint32_t parent, uint32_t *out);

#endif
