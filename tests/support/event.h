/* event.h - JSON documents as events for tests: as a host struct built at run time, and through a getter.
 *
 * Keys may be nested or dotted; arrays are flattened; null, [] and [null] are missing. What JSON cannot say
 * is written as an object with one key: {"$u64": "18446744073709551615"}, {"$bytes": "c3ff"} (hex, any
 * bytes),
 * {"$ip": "7f000001"} (hex, 4 or 16 bytes), {"$date": nanoseconds}.
 * The arrays whose paths are listed as `objects` keep their elements apart, for _arraysearch. */
#ifndef TS_EVENT_H
#define TS_EVENT_H

#include "eqlmini.h"

#include <jansson.h>

typedef struct ts_event ts_event;

/* `types` {name: type name} may be NULL: fields are then EQLM_TYPE_ANY. Names of `types` that the document
 * lacks become fields without a value. `objects` is NULL or an array of paths. Exits when memory is short. */
ts_event *ts_event_new(json_t *doc, json_t *types, json_t *objects);
void ts_event_free(ts_event *e);

/* The document as a host struct: its table of fields and the struct. */
const eqlm_field *ts_event_fields(const ts_event *e, size_t *n);
const void *ts_event_struct(const ts_event *e);

/* The document for ts_event_get: the event to pass to eqlm_match. */
const void *ts_event_root(const ts_event *e);

/* The eqlm_get_fn; ctx is a ts_getter. */
typedef struct ts_getter {
    const eqlm_schema *schema;
    ts_event *event; /* owns the arrays the getter makes */
} ts_getter;
bool ts_event_get(void *ctx, const void *event, uint32_t field, eqlm_value *out);

/* "long" -> EQLM_TYPE_LONG and so on, by the names of an Elasticsearch mapping; EQLM_TYPE_ANY if unknown. */
eqlm_type ts_type_by_name(const char *name);

/* An eqlm_type_fn; ctx is {name: type name}. */
eqlm_type ts_json_type(void *ctx, eqlm_str name, bool *is_array);

#endif
