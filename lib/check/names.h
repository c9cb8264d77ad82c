/* names.h - what the names of fields and functions mean: names.c, calls.c. */
#ifndef EQLI_NAMES_H
#define EQLI_NAMES_H

#include "check/check.h"

/* The variable an enclosing _arraysearch binds. */
typedef struct eqli_binding {
    eqlm_str variable;
    eqlm_str array;  /* dotted name of the array, from the event's root */
    uint32_t number; /* of the array in the schema, or EQLI_NO_FIELD */
} eqli_binding;

enum { EQLI_MAX_BINDINGS = 8, EQLI_MAX_WARNED = 64 };

typedef struct eqli_check {
    eqli_cx *cx;
    eqli_binding bindings[EQLI_MAX_BINDINGS];
    uint32_t n_bindings;
    const eqli_query *query;
    uint32_t term;               /* its index: the aliases of earlier terms are known in it */
    eqlm_str warned[EQLI_MAX_WARNED]; /* fields already reported as unknown */
    uint32_t n_warned;
} eqli_check;

/* Finds the field and sets its type, or reports what is wrong with its name. An unmapped `?field` becomes
 * null. */
void eqli_check_field(eqli_check *ck, eqli_node *n, bool objects_allowed);
/* What the schema knows of a field that was found. */
eqli_field_info eqli_check_lookup(const eqli_check *ck, const eqli_field_ref *f);
/* Name, number and types of the arguments, which have been checked themselves. */
void eqli_check_call(eqli_cx *cx, eqli_node *n);

#endif
