/* event_values.h - the values of the wanted fields of one document, as they are found one by one. */
#ifndef EQLC_EVENT_VALUES_H
#define EQLC_EVENT_VALUES_H

#include "fields.h"
#include "scratch.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eqlc_event_values {
    const eqlc_fields *fields;
    eqlc_scratch scratch; /* unescaped strings, lists and elements of the document */
    eqlm_value *values;   /* n_fields + EQLC_EXTRA_SLOTS; values[-1] is a header for eqlc_event_get */
    eqlm_value **touched; /* the values that are not null */
    uint32_t n_touched;
    eqlm_value **elements; /* by parent: values of the element being read, or NULL */
} eqlc_event_values;

/* limit: bytes of scratch one document may take. False: no memory; clear it all the same. */
bool eqlc_event_values_init(eqlc_event_values *v, const eqlc_fields *fields, size_t limit);
void eqlc_event_values_clear(eqlc_event_values *v);
/* Before the next document. */
void eqlc_event_values_reset(eqlc_event_values *v);

/* The functions below return false if memory is short; the document cannot be used then. */

/* Adds a value to the fields that a node stands for. A string must last as long as the document. */
bool eqlc_event_values_add(eqlc_event_values *v, const eqlc_node *node, eqlm_value value);
/* Begins an element of the array of objects `parent`; *outer keeps the one it lies in, for the end. */
bool eqlc_event_values_enter(eqlc_event_values *v, uint32_t parent, eqlm_value **outer);
void eqlc_event_values_leave(eqlc_event_values *v, uint32_t parent, eqlm_value *outer);
/* Forgets all values but the metadata of a wrapping document. */
void eqlc_event_values_unwrap(eqlc_event_values *v);

#ifdef __cplusplus
}
#endif
#endif
