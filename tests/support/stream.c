#include "stream.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ts_feeder_init(ts_feeder *f, json_t *types)
{
    memset(f, 0, sizeof *f);
    f->types = types;
    f->matches = json_array();
    f->released = json_array();
    if (eqlm_schema_new(NULL, &f->schema) != EQLM_OK || !f->matches || !f->released ||
        eqlm_schema_set_getter(f->schema, ts_event_get, &f->getter) != EQLM_OK ||
        (types && eqlm_schema_set_types(f->schema, ts_json_type, types) != EQLM_OK)) {
        fputs("no memory\n", stderr);
        exit(2);
    }
    f->getter.schema = f->schema;
}

void ts_feeder_clear(ts_feeder *f)
{
    eqlm_schema_free(f->schema);
    json_decref(f->matches);
    json_decref(f->released);
}

eqlm_program *ts_feeder_compile(ts_feeder *f, const eqlm_alloc *alloc, const char *query,
                                eqlm_dialect dialect)
{
    eqlm_diags *diags = NULL;
    eqlm_program *p = NULL;
    eqlm_options o = { .size = sizeof o, .dialect = dialect };
    if (eqlm_diags_new(NULL, &diags) != EQLM_OK)
        return NULL;
    if (eqlm_compile(alloc, f->schema, (eqlm_str) { query, strlen(query) }, &o, diags, &p) != EQLM_OK) {
        for (size_t i = 0; i < eqlm_diags_count(diags); i++)
            fprintf(stderr, "%s: %s: %s\n", query, eqlm_diags_get(diags, i)->code,
                    eqlm_diags_get(diags, i)->message);
    }
    eqlm_diags_free(diags);
    return p;
}

json_t *ts_value_json(const eqlm_value *v)
{
    char text[INET6_ADDRSTRLEN];
    switch (v->type) {
    case EQLM_BOOL:
        return json_boolean(v->as.boolean);
    case EQLM_I64:
        return json_integer(v->as.i64);
    case EQLM_U64:
        return v->as.u64 <= INT64_MAX ? json_integer((json_int_t)v->as.u64) : json_real((double)v->as.u64);
    case EQLM_F64:
        return json_real(v->as.f64);
    case EQLM_STRING:
        return json_stringn_nocheck(v->as.str, v->len);
    case EQLM_FAR_DATE:
        return json_pack("{s:[Ii]}", "far_date", (json_int_t)v->as.i64, (int)v->len);
    case EQLM_DATE:
        return json_pack("{s:I}", "date", (json_int_t)v->as.i64);
    case EQLM_IP:
        if (!inet_ntop(v->len == 4 ? AF_INET : AF_INET6, v->as.ip, text, sizeof text))
            return NULL;
        return json_pack("{s:s}", "ip", text);
    default:
        return json_null();
    }
}

static bool add_match(void *ctx, const eqlm_stream_match *m)
{
    ts_feeder *f = ctx;
    json_t *ids = json_array(), *keys = json_array();
    for (uint32_t i = 0; i < m->n_events; i++)
        json_array_append_new(ids, m->events[i] == EQLM_NO_EVENT ? json_null()
                                                                 : json_integer((json_int_t)m->events[i]));
    for (uint32_t i = 0; i < m->n_keys; i++)
        json_array_append_new(keys, ts_value_json(&m->keys[i]));
    json_array_append_new(f->matches, json_pack("{s:i, s:o, s:o, s:I}", "program", (int)m->program, "ids",
                                                ids, "keys", keys, "time", (json_int_t)m->time));
    return json_array_size(f->matches) != f->stop_after;
}

void ts_feeder_release(void *ctx, uint64_t event)
{
    ts_feeder *f = ctx;
    json_array_append_new(f->released, json_integer((json_int_t)event));
}

static const void *hold(void *ctx, const void *event, size_t *bytes)
{
    ts_feeder *f = ctx;
    if (f->fail_hold && --f->fail_hold == 0)
        return NULL;
    f->held++;
    *bytes = 100;
    return event;
}

static void release(void *ctx, const void *held)
{
    ts_feeder *f = ctx;
    (void)held;
    f->held--;
}

eqlm_stream_options ts_feeder_options(ts_feeder *f)
{
    return (eqlm_stream_options) { .size = sizeof(eqlm_stream_options),
                                   .on_match = add_match,
                                   .ctx = f,
                                   .hold_event = hold,
                                   .release_event = release };
}

eqlm_status ts_feeder_feed(ts_feeder *f, eqlm_stream *s, ts_event *e, json_t *doc)
{
    json_t *time = json_object_get(doc, "@timestamp"), *tie = json_object_get(doc, "tiebreak");
    eqlm_event_info info = { .id = (uint64_t)json_integer_value(json_object_get(doc, "id")),
                             .has_time = time != NULL };
    info.time = json_integer_value(time) * 1000000 + json_integer_value(json_object_get(doc, "ns"));
    if (json_is_integer(tie))
        info.tiebreaker = (eqlm_value) { .type = EQLM_I64, .as.i64 = json_integer_value(tie) };
    else if (json_is_real(tie))
        info.tiebreaker = (eqlm_value) { .type = EQLM_F64, .as.f64 = json_real_value(tie) };
    else if (json_is_string(tie))
        info.tiebreaker = (eqlm_value) { .type = EQLM_STRING,
                                         .len = (uint32_t)json_string_length(tie),
                                         .as.str = json_string_value(tie) };
    f->getter.event = e;
    return eqlm_stream_feed(s, ts_event_root(e), &info);
}
