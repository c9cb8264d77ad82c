/* sequence.c - the state machine of a sequence (language S4). Per key tuple, slots[i] is the newest partial
 * whose last event filled positive term i. Hits of one event are committed from the last term to the first,
 * so no event fills two consecutive terms of one sequence; every hit reads only what earlier events have
 * left. */
#include "stream/stream.h"

static uint32_t position_of(const eqli_stream_program *sp, const eqli_hit *hit)
{
    return sp->position[hit->stage];
}

/* A candidate of one term is told or rejected on the spot unless it has to wait. */
static bool starts_entry(const eqlm_stream *s, const eqli_stream_program *sp)
{
    return sp->n_positive > 1 || (sp->has_trailing && !s->options.early_missing);
}

/* The partial that the hit's alias condition is about (decision 17); *matters: without it the hit has no
 * effect. */
static eqli_entry *partial_for(const eqli_stream_program *sp, const eqli_hit *hit, const eqli_key_state *k,
                               bool *matters)
{
    uint32_t position = position_of(sp, hit);
    *matters = true;
    if (sp->program->stages[hit->stage].missing) {
        *matters = eqli_missing_matters(sp, k, position);
        return *matters && position > 0 && position < sp->n_positive ? k->slots[position - 1] : NULL;
    }
    if (position == 0)
        return NULL;
    eqli_entry *e = k ? k->slots[position - 1] : NULL;
    *matters = e != NULL;
    return e;
}

static size_t new_entry_size(const eqli_stream_program *sp, const eqli_hit *hit)
{
    eqli_entry like = { .kind = sp->program->stages[hit->stage].missing ? EQLI_OCCURRENCE : EQLI_PARTIAL };
    return eqli_entry_size(sp, &like);
}

/* An occurrence may find the one before it gone by the time it is committed, so it always brings its own
 * entry. */
static eqlm_status take_memory(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in,
                               eqli_hit *hit)
{
    uint32_t position = position_of(sp, hit);
    bool missing = sp->program->stages[hit->stage].missing;
    if (position == 0 && (missing || starts_entry(s, sp))) {
        hit->entry = eqli_state_new(s, new_entry_size(sp, hit));
        if (!hit->entry)
            return EQLM_E_NOMEM;
    }
    if (missing || position + 1 == sp->n_positive || !sp->alias_at[position])
        return EQLM_OK;
    return eqli_capture(s, sp, sp->alias_at[position] - 1u, in->event, &hit->captured);
}

static eqlm_status plan_hit(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in, eqli_hit *hit,
                            const eqli_key_state *k)
{
    const eqli_stage *stage = &sp->program->stages[hit->stage];
    bool matters;
    if (hit->stage == sp->n_terms) /* until ends also what the same event starts */
        return EQLM_OK;
    eqli_entry *partial = partial_for(sp, hit, k, &matters);
    if (matters && stage->join_len) {
        eqli_captures_show(s, sp, partial);
        eqlm_status status = eqli_stream_run(s, sp, stage->join_start, in->event, &matters);
        if (status != EQLM_OK)
            return status;
    }
    if (!matters) {
        hit->stage = UINT32_MAX;
        return EQLM_OK;
    }
    return take_memory(s, sp, in, hit);
}

eqlm_status eqli_sequence_plan(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in,
                               eqli_hit *hits, size_t n)
{
    eqli_key_state *k = eqli_key_find(s, &hits[0]);
    for (size_t i = 0; i < n; i++) {
        eqlm_status status = plan_hit(s, sp, in, &hits[i], k);
        if (status != EQLM_OK)
            return status;
        if (hits[i].entry && !k) {
            k = eqli_key_new(s, sp, &hits[i]);
            if (!k)
                return EQLM_E_NOMEM;
            k->keyed.refs++;
            hits[i].pins = true;
            hits[i].state = k;
        }
    }
    for (size_t i = 0; k && i < n; i++) {
        if (hits[i].stage == UINT32_MAX || hits[i].state)
            continue;
        hits[i].state = k;
        hits[i].pins = true;
        k->keyed.refs++;
    }
    return EQLM_OK;
}

/* ---- committing ---------------------------------------------------------------------------------------- */

void eqli_sequence_tell(eqlm_stream *s, eqli_stream_program *sp, const uint64_t *ids, const uint8_t *key,
                        int64_t time)
{
    const eqlm_program *p = sp->program;
    for (uint32_t i = 0; i < sp->n_terms; i++)
        s->match_events[i] = p->stages[i].missing ? EQLM_NO_EVENT : ids[sp->position[i]];
    eqli_stream_tell(s, sp, key, p->stages[0].n_keys, time);
}

/* The event has become the last one of the partial. */
static void add_event(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in, eqli_hit *hit,
                      eqli_entry *e, uint32_t position)
{
    e->stage = (uint16_t)position;
    eqli_entry_ids(e)[position] = in->id;
    eqli_id_again(s, in->id);
    if (hit->captured) {
        eqli_entry_captures(sp, e)[sp->alias_at[position] - 1u] = hit->captured;
        hit->captured = NULL;
    }
    if (sp->has_missing) {
        eqli_window *w = eqli_entry_window(sp, e);
        w->last = in->time;
        w->gap = EQLI_NEVER;
    }
}

static void complete(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in, eqli_entry *e)
{
    eqli_verdict verdict = EQLI_TELL;
    if (e->doomed)
        verdict = EQLI_REJECT;
    else if (sp->has_missing)
        verdict = eqli_missing_verdict(s, sp, eqli_entry_window(sp, e)->leading, in->time);
    if (verdict == EQLI_WAIT) {
        eqli_pending_add(sp, e);
        return;
    }
    if (verdict == EQLI_TELL)
        eqli_sequence_tell(s, sp, eqli_entry_ids(e), eqli_key_bytes(e->key), in->time);
    eqli_entry_drop(s, sp, e);
}

static void put_partial(eqlm_stream *s, eqli_stream_program *sp, eqli_entry *e)
{
    eqli_entry **slot = &e->key->slots[e->stage];
    if (*slot) /* the newest wins */
        eqli_entry_drop(s, sp, *slot);
    *slot = e;
    sp->waiting[e->stage]++;
}

static void start(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in, eqli_hit *hit)
{
    int64_t leading = eqli_missing_before(sp, hit->state, in->time);
    eqli_entry *e = hit->entry;
    if (!e) { /* one positive term, and nothing to wait for */
        if (eqli_missing_verdict(s, sp, leading, in->time) == EQLI_TELL)
            eqli_sequence_tell(s, sp, &in->id, hit->key, in->time);
        return;
    }
    hit->entry = NULL;
    eqli_entry_add(s, sp, e, hit->state, in->time);
    add_event(s, sp, in, hit, e, 0);
    if (sp->has_missing)
        eqli_entry_window(sp, e)->leading = leading;
    if (sp->n_positive == 1)
        complete(s, sp, in, e);
    else
        put_partial(s, sp, e);
}

static void advance(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in, eqli_hit *hit)
{
    uint32_t position = position_of(sp, hit);
    eqli_entry *e = hit->state->slots[position - 1];
    int64_t maxspan = sp->program->maxspan_ns;
    if (!e) /* evicted since the plan was made */
        return;
    hit->state->slots[position - 1] = NULL; /* consumed, whatever happens now */
    sp->waiting[position - 1]--;
    if (maxspan >= 0 && eqli_longer(e->time, in->time, maxspan)) {
        eqli_entry_drop(s, sp, e);
        return;
    }
    if (sp->has_missing && eqli_entry_window(sp, e)->gap < eqli_ms(in->time))
        e->doomed = true;
    add_event(s, sp, in, hit, e, position);
    if (position + 1 == sp->n_positive)
        complete(s, sp, in, e);
    else
        put_partial(s, sp, e);
}

static void end_partials(eqlm_stream *s, eqli_stream_program *sp, eqli_key_state *k)
{
    for (uint32_t i = 0; k && i + 1 < sp->n_positive; i++) {
        if (k->slots[i])
            eqli_entry_drop(s, sp, k->slots[i]);
    }
}

void eqli_sequence_commit(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in, eqli_hit *hit)
{
    if (hit->stage == sp->n_terms)
        end_partials(s, sp, hit->state);
    else if (sp->program->stages[hit->stage].missing)
        eqli_missing_commit(s, sp, in, hit);
    else if (position_of(sp, hit) == 0)
        start(s, sp, in, hit);
    else
        advance(s, sp, in, hit);
}
