/* stream.c - the interface of streams: the way of an event through them. */
#include "stream/stream.h"

#include "vm/profile.h"

#include <string.h>

/* ---- telling --------------------------------------------------------------------------------------------
 */

void eqli_stream_tell(eqlm_stream *s, eqli_stream_program *sp, const uint8_t *key, uint32_t n_keys,
                      int64_t time)
{
    if (s->stopped)
        return;
    sp->counts.matches++;
    eqli_key_values(key, n_keys, s->match_keys);
    eqlm_stream_match match = { .program = sp->number,
                                .events = s->match_events,
                                .n_events = sp->n_terms,
                                .keys = s->match_keys,
                                .n_keys = n_keys,
                                .time = time };
    if (s->options.on_match && !s->options.on_match(s->options.ctx, &match))
        s->stopped = true;
}

/* ---- feeding --------------------------------------------------------------------------------------------
 */

static eqlm_status begin(eqlm_stream *s)
{
    if (!s || s->busy)
        return EQLM_E_ARGUMENT;
    s->busy = true;
    s->stopped = false;
    s->began = eqli_profile_now(s->profile);
    return EQLM_OK;
}

static eqlm_status end(eqlm_stream *s, eqlm_status status)
{
    eqli_profile_call(s->profile, s->began);
    s->busy = false;
    return status == EQLM_OK && s->stopped ? EQLM_E_LIMIT : status;
}

static void raise_watermark(eqlm_stream *s, int64_t time)
{
    if (!s->has_watermark || time > s->watermark)
        s->watermark = time;
    s->has_watermark = true;
}

/* The whole way of one event. On failure it leaves no trace, and its id is not released: the host may try
 * again. */
static eqlm_status process(eqlm_stream *s, const eqli_incoming *in, unsigned what)
{
    eqlm_status status = eqli_id_hold(s, in->id);
    if (status != EQLM_OK)
        return status;
    status = eqli_plan(s, in, what);
    if (status == EQLM_OK) {
        if (what & EQLI_RUN_ORDERED)
            raise_watermark(s, in->time);
        eqli_plan_commit(s, in, what);
    }
    eqli_id_drop(s, in->id, status == EQLM_OK);
    return status;
}

/* Processes the first held event. For want of memory it stays where it is; one that no scratch is enough for
 * is lost, as nobody can feed it in a better way. */
static eqlm_status process_held(eqlm_stream *s)
{
    eqli_held h = s->heap[0];
    eqli_incoming in = { h.event, h.id, h.time };
    eqlm_status status = process(s, &in, EQLI_RUN_LINEAGE | EQLI_RUN_ORDERED);
    if (status == EQLM_E_NOMEM)
        return status;
    s->counts.errors += status != EQLM_OK;
    eqli_order_pop(s, &h);
    eqli_held_clear(s, &h);
    eqli_id_drop(s, h.id, true);
    return EQLM_OK;
}

/* Processes what no event can precede any more. */
static eqlm_status release_held(eqlm_stream *s)
{
    eqlm_status status = EQLM_OK;
    while (status == EQLM_OK && s->n_heap && s->heap[0].time < s->watermark)
        status = process_held(s);
    return status;
}

/* Half of the budget is for held events: beyond it the oldest go before their time. */
static void limit_held(eqlm_stream *s)
{
    while (s->n_heap && s->held_bytes > s->options.max_state / 2) {
        if (process_held(s) != EQLM_OK)
            return; /* with the next event */
    }
}

static int64_t minus(int64_t time, int64_t span)
{
    return time < INT64_MIN + span ? INT64_MIN : time - span;
}

static eqlm_status hold(eqlm_stream *s, const eqli_incoming *in, const eqlm_value *tiebreaker)
{
    eqli_held h = { .id = in->id, .time = in->time, .arrival = s->arrivals };
    eqli_bytes tie = { 0 };
    if (tiebreaker->type != EQLM_NULL && !eqli_key_encode(&s->tuples.arena, tiebreaker, &tie))
        return EQLM_E_NOMEM;
    if (tie.len > 1) {
        h.tie = eqli_state_new(s, tie.len);
        if (!h.tie)
            return EQLM_E_NOMEM;
        memcpy(h.tie, tie.ptr, tie.len);
        h.tie_len = tie.len;
    }
    eqlm_status status = eqli_id_hold(s, in->id);
    if (status == EQLM_OK) {
        h.event = s->options.hold_event(s->options.ctx, in->event, &h.bytes);
        status = h.event ? eqli_order_push(s, &h) : EQLM_E_NOMEM;
        if (status == EQLM_OK) {
            s->arrivals++;
            return EQLM_OK;
        }
        if (h.event)
            s->options.release_event(s->options.ctx, h.event);
        eqli_id_drop(s, in->id, false);
    }
    eqli_state_free(s, h.tie, h.tie_len);
    return status;
}

/* Event queries at once; the rest when its turn comes. Those whose turn has come go first: if one of them
 * fails, this event has not been seen. */
static eqlm_status feed_to_order(eqlm_stream *s, const eqli_incoming *in, const eqlm_value *tiebreaker)
{
    raise_watermark(s, minus(in->time, s->options.lateness_ns));
    eqlm_status status = release_held(s);
    if (status == EQLM_OK)
        status = eqli_plan(s, in, EQLI_RUN_PLAIN);
    if (status != EQLM_OK)
        return status;
    status = hold(s, in, tiebreaker);
    if (status != EQLM_OK) {
        eqli_plan_abandon(s);
        return status;
    }
    eqli_plan_commit(s, in, EQLI_RUN_PLAIN);
    limit_held(s);
    eqli_state_expire(s, s->watermark);
    eqli_state_enforce(s);
    return status;
}

eqlm_status eqlm_stream_feed(eqlm_stream *s, const void *event, const eqlm_event_info *info)
{
    if (!event || !info || info->tiebreaker.type == EQLM_ARRAY || info->tiebreaker.type == EQLM_OBJECT ||
        info->tiebreaker.type > EQLM_FAR_DATE)
        return EQLM_E_ARGUMENT;
    eqlm_status status = begin(s);
    if (status != EQLM_OK)
        return status;
    eqli_incoming in = { event, info->id, info->has_time ? info->time : 0 };
    bool late = info->has_time && s->has_watermark && info->time < s->watermark;
    s->fed = true;
    if (!info->has_time || late)
        status = process(s, &in, EQLI_RUN_PLAIN | EQLI_RUN_LINEAGE);
    else if (s->reorders)
        status = feed_to_order(s, &in, &info->tiebreaker);
    else
        status = process(s, &in, EQLI_RUN_PLAIN | EQLI_RUN_LINEAGE | EQLI_RUN_ORDERED);
    if (status == EQLM_OK) { /* otherwise it counts as not seen */
        s->counts.events++;
        s->counts.late += late;
        s->counts.no_time += !info->has_time;
    }
    return end(s, status);
}

eqlm_status eqlm_stream_advance(eqlm_stream *s, int64_t time)
{
    eqlm_status status = begin(s);
    if (status != EQLM_OK)
        return status;
    raise_watermark(s, time);
    status = release_held(s);
    eqli_state_expire(s, s->watermark);
    eqli_state_enforce(s);
    return end(s, status);
}

static eqlm_status decide_all(eqlm_stream *s, eqli_stream_program *sp)
{
    if (sp->program->kind == EQLM_SAMPLE)
        return eqli_sample_flush(s, sp);
    while (sp->oldest) {
        if (sp->oldest->kind == EQLI_PENDING)
            eqli_pending_tell(s, sp, sp->oldest);
        eqli_entry_drop(s, sp, sp->oldest);
    }
    return EQLM_OK;
}

eqlm_status eqlm_stream_flush(eqlm_stream *s)
{
    eqlm_status status = begin(s);
    if (status != EQLM_OK)
        return status;
    while (status == EQLM_OK && s->n_heap)
        status = process_held(s);
    for (uint32_t i = 0; status == EQLM_OK && i < s->n_programs; i++)
        status = decide_all(s, s->programs[i]);
    if (status == EQLM_OK) {
        eqli_state_clear(s);
        s->has_watermark = s->fed = false;
        s->watermark = 0;
    }
    eqli_state_enforce(s);
    return end(s, status);
}
