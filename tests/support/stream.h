/* stream.h - streams over JSON documents for tests: "id" is the event's id, "@timestamp" its time in
 * milliseconds (absent: none), "ns" further nanoseconds, "tiebreak" its tiebreaker. */
#ifndef TS_STREAM_H
#define TS_STREAM_H

#include "event.h"

typedef struct ts_feeder {
    eqlm_schema *schema;
    ts_getter getter;
    json_t *types;     /* {name: type} or NULL */
    json_t *matches;   /* [{"program": n, "ids": [1, null], "keys": [...], "time": ns}] in the order told */
    json_t *released;  /* ids, if the stream was given ts_feeder_release */
    size_t held;       /* events held now */
    size_t fail_hold;  /* the hold_event call with this number (from 1) fails; 0: none */
    size_t stop_after; /* on_match returns false at the match with this number (from 1); 0: never */
} ts_feeder;

/* types may be NULL. Exits when memory is short. */
void ts_feeder_init(ts_feeder *f, json_t *types);
void ts_feeder_clear(ts_feeder *f);
/* Compiles a query; on failure prints the diagnostics and returns NULL. */
eqlm_program *ts_feeder_compile(ts_feeder *f, const eqlm_alloc *alloc, const char *query,
                                eqlm_dialect dialect);
/* Options with all callbacks but on_release set. */
eqlm_stream_options ts_feeder_options(ts_feeder *f);
void ts_feeder_release(void *ctx, uint64_t event);
eqlm_status ts_feeder_feed(ts_feeder *f, eqlm_stream *s, ts_event *e, json_t *doc);

/* One value as JSON: null, a number, a text; dates as {"date": ns}, addresses as {"ip": text}. */
json_t *ts_value_json(const eqlm_value *v);

#endif
