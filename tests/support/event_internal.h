/* event_internal.h - shared by event.c (values and getter) and event_struct.c (host struct). */
#ifndef TS_EVENT_INTERNAL_H
#define TS_EVENT_INTERNAL_H

#include "event.h"

typedef struct ts_kept {
    struct ts_kept *next;
    max_align_t data[];
} ts_kept;

typedef struct ts_values {
    eqlm_value *items;
    size_t n, cap;
} ts_values;

/* What the getter is given: the document or an element of an array of objects. */
typedef struct ts_node {
    json_t *json;
} ts_node;

struct ts_event {
    json_t *types, *objects;
    ts_kept *kept;
    eqlm_field *fields;
    size_t n_fields, cap_fields;
    void *root_struct;
    ts_node root;
};

/* Zeroed memory that lives as long as the event. */
void *ts_event_keep(ts_event *e, size_t size);
const char *ts_event_keep_text(ts_event *e, const char *s, size_t len);

/* "$u64" and the like, or NULL. */
const char *ts_special_key(json_t *j);

/* Adds the values that `name`, a path below `j`, has; objects are given as EQLM_OBJECT (of a ts_node) when
 * `objects`. *is_array tells whether a JSON array was met, which a host struct would then have too. */
void ts_event_collect(ts_event *e, json_t *j, const char *name, bool objects, ts_values *vs, bool *is_array);

/* Fills e->fields and e->root_struct. */
void ts_event_build_struct(ts_event *e, json_t *doc);

#endif
