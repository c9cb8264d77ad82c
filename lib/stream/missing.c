/* missing.c - terms in `![...]` (language S6). They take no part in the state machine; what they have met
 * decides afterwards whether a candidate counts. Windows are measured in milliseconds. */
#include "stream/stream.h"

bool eqli_missing_matters(const eqli_stream_program *sp, const eqli_key_state *k, uint32_t position)
{
    if (position == 0)
        return true;
    return k && k->slots[position == sp->n_positive ? sp->pending_slot : position - 1];
}

int64_t eqli_missing_before(const eqli_stream_program *sp, const eqli_key_state *k, int64_t now)
{
    eqli_entry *e = sp->has_leading && k ? k->slots[sp->leading_slot] : NULL;
    if (!e)
        return EQLI_NO_TIME;
    return eqli_ms(e->time) < eqli_ms(now) ? eqli_ms(e->time) : *eqli_entry_before(e);
}

eqli_verdict eqli_missing_verdict(const eqlm_stream *s, const eqli_stream_program *sp, int64_t leading,
                                  int64_t now)
{
    if (sp->has_trailing) {
        bool decided = sp->has_leading && leading == EQLI_NO_TIME; /* nothing that comes can matter */
        return decided || s->options.early_missing ? EQLI_TELL : EQLI_WAIT;
    }
    if (sp->has_leading && leading != EQLI_NO_TIME && !eqli_longer(leading, eqli_ms(now), sp->maxspan_ms))
        return EQLI_REJECT;
    return EQLI_TELL;
}

/* ---- candidates that wait: a list per key, in order of completion -----------------------------------------
 */

void eqli_pending_add(const eqli_stream_program *sp, eqli_entry *e)
{
    eqli_entry **ends = &e->key->slots[sp->pending_slot];
    eqli_window *w = eqli_entry_window(sp, e);
    e->kind = EQLI_PENDING;
    sp->waiting[sp->pending_slot]++;
    w->prev = ends[1];
    w->next = NULL;
    *(ends[1] ? &eqli_entry_window(sp, ends[1])->next : &ends[0]) = e;
    ends[1] = e;
}

void eqli_pending_remove(const eqli_stream_program *sp, eqli_entry *e)
{
    eqli_entry **ends = &e->key->slots[sp->pending_slot];
    eqli_window *w = eqli_entry_window(sp, e);
    sp->waiting[sp->pending_slot]--;
    *(w->prev ? &eqli_entry_window(sp, w->prev)->next : &ends[0]) = w->next;
    *(w->next ? &eqli_entry_window(sp, w->next)->prev : &ends[1]) = w->prev;
}

void eqli_pending_tell(eqlm_stream *s, eqli_stream_program *sp, eqli_entry *e)
{
    eqli_sequence_tell(s, sp, eqli_entry_ids(e), eqli_key_bytes(e->key), eqli_entry_window(sp, e)->last);
}

/* An occurrence after the last event of a candidate decides it, whichever way. */
static void decide_pending(eqlm_stream *s, eqli_stream_program *sp, eqli_key_state *k, int64_t now)
{
    eqli_entry *e;
    while ((e = k->slots[sp->pending_slot]) != NULL) {
        const eqli_window *w = eqli_entry_window(sp, e);
        if (eqli_ms(w->last) >= eqli_ms(now))
            return; /* those behind it ended no earlier */
        int64_t from = sp->has_leading ? w->leading : eqli_ms(e->time);
        if (eqli_longer(from, eqli_ms(now), sp->maxspan_ms))
            eqli_pending_tell(s, sp, e);
        eqli_entry_drop(s, sp, e);
    }
}

static void note_leading(eqlm_stream *s, eqli_stream_program *sp, eqli_hit *hit, int64_t now)
{
    eqli_entry *e = hit->state->slots[sp->leading_slot];
    if (e) {
        if (eqli_ms(e->time) < eqli_ms(now))
            *eqli_entry_before(e) = eqli_ms(e->time);
        eqli_entry_touch(s, sp, e, now);
        return;
    }
    e = hit->entry;
    hit->entry = NULL;
    e->kind = EQLI_OCCURRENCE;
    *eqli_entry_before(e) = EQLI_NO_TIME;
    hit->state->slots[sp->leading_slot] = e;
    eqli_entry_add(s, sp, e, hit->state, now);
}

void eqli_missing_commit(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in, eqli_hit *hit)
{
    uint32_t position = sp->position[hit->stage];
    if (position == 0) {
        note_leading(s, sp, hit, in->time);
    } else if (position == sp->n_positive) {
        decide_pending(s, sp, hit->state, in->time);
    } else {
        eqli_entry *e = hit->state->slots[position - 1];
        eqli_window *w = e ? eqli_entry_window(sp, e) : NULL; /* evicted since the plan was made? */
        if (w && w->gap == EQLI_NEVER && eqli_ms(w->last) < eqli_ms(in->time))
            w->gap = eqli_ms(in->time);
    }
}
