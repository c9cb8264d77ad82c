/* state.c - entries and key tuples: their memory, their lists, the budget. */
#include "stream/stream.h"

/* ---- memory -------------------------------------------------------------------------------------------- */

void *eqli_state_new(eqlm_stream *s, size_t size)
{
    void *p = eqli_mem_new(&s->alloc, size);
    if (p)
        s->bytes += size;
    return p;
}

void eqli_state_free(eqlm_stream *s, void *ptr, size_t size)
{
    if (!ptr)
        return;
    s->bytes -= size;
    eqli_mem_free(&s->alloc, ptr, size);
}

static uint64_t state_bytes(const eqlm_stream *s)
{
    return s->bytes + eqli_index_bytes(&s->index) + s->held_bytes;
}

void eqli_captured_free(eqlm_stream *s, eqli_stream_program *sp, eqli_captured *c)
{
    if (!c)
        return;
    sp->counts.state_bytes -= c->size;
    eqli_state_free(s, c, c->size);
}

/* ---- key tuples ---------------------------------------------------------------------------------------- */

static size_t key_size(const eqli_stream_program *sp, uint32_t len)
{
    return sizeof(eqli_key_state) + sp->n_slots * sizeof(eqli_entry *) + len;
}

const uint8_t *eqli_key_bytes(const eqli_key_state *k)
{
    return eqli_keyed_bytes(&k->keyed);
}

eqli_key_state *eqli_key_find(const eqlm_stream *s, const eqli_hit *hit)
{
    return (eqli_key_state *)(void *)eqli_index_find(&s->index, hit->hash, hit->program, hit->key,
                                                     hit->key_len);
}

eqli_key_state *eqli_key_new(eqlm_stream *s, eqli_stream_program *sp, const eqli_hit *hit)
{
    if (hit->key_len > UINT32_MAX - key_size(sp, 0) || !eqli_index_reserve(&s->index, &s->alloc, 1))
        return NULL;
    eqli_key_state *k = eqli_state_new(s, key_size(sp, hit->key_len));
    if (!k)
        return NULL;
    k->keyed = (eqli_keyed) {
        .hash = hit->hash, .space = hit->program, .len = hit->key_len, .at = (uint32_t)key_size(sp, 0)
    };
    uint8_t *bytes = (uint8_t *)k + k->keyed.at;
    for (uint32_t i = 0; i < hit->key_len; i++)
        bytes[i] = hit->key[i];
    eqli_index_add(&s->index, &k->keyed);
    sp->counts.keys++;
    sp->counts.state_bytes += key_size(sp, hit->key_len);
    return k;
}

void eqli_key_release(eqlm_stream *s, eqli_key_state *k)
{
    if (--k->keyed.refs)
        return;
    eqli_stream_program *sp = s->programs[k->keyed.space];
    eqli_index_remove(&s->index, &s->alloc, &k->keyed);
    sp->counts.keys--;
    sp->counts.state_bytes -= key_size(sp, k->keyed.len);
    eqli_state_free(s, k, key_size(sp, k->keyed.len));
}

/* ---- entries ------------------------------------------------------------------------------------------- */

size_t eqli_entry_size(const eqli_stream_program *sp, const eqli_entry *e)
{
    switch ((eqli_entry_kind)e->kind) {
    case EQLI_OCCURRENCE:
        return sizeof *e + sizeof(int64_t);
    case EQLI_CHOICE: /* id and links */
        return sizeof *e + sizeof(uint64_t) + 2 * sizeof(eqli_entry *);
    default:
        return sp->partial_size;
    }
}

static void append(eqlm_stream *s, eqli_stream_program *sp, eqli_entry *e)
{
    e->prev = sp->newest;
    e->next = NULL;
    *(sp->newest ? &sp->newest->next : &sp->oldest) = e;
    sp->newest = e;
    e->older = s->newest;
    e->newer = NULL;
    *(s->newest ? &s->newest->newer : &s->oldest) = e;
    s->newest = e;
}

static void take_out(eqlm_stream *s, eqli_stream_program *sp, eqli_entry *e)
{
    *(e->prev ? &e->prev->next : &sp->oldest) = e->next;
    *(e->next ? &e->next->prev : &sp->newest) = e->prev;
    *(e->older ? &e->older->newer : &s->oldest) = e->newer;
    *(e->newer ? &e->newer->older : &s->newest) = e->older;
}

void eqli_entry_add(eqlm_stream *s, eqli_stream_program *sp, eqli_entry *e, eqli_key_state *key, int64_t time)
{
    e->time = time;
    e->key = key;
    key->keyed.refs++;
    append(s, sp, e);
    eqli_expiry_note(s, sp, e);
    sp->counts.partials += e->kind != EQLI_OCCURRENCE;
    sp->counts.state_bytes += eqli_entry_size(sp, e);
}

void eqli_entry_touch(eqlm_stream *s, eqli_stream_program *sp, eqli_entry *e, int64_t time)
{
    take_out(s, sp, e);
    e->time = time;
    append(s, sp, e);
}

/* The key forgets the entry. */
static void detach(eqli_stream_program *sp, eqli_entry *e)
{
    switch ((eqli_entry_kind)e->kind) {
    case EQLI_PARTIAL:
        /* It stands nowhere while it moves from one stage to the next, or is complete. */
        if (e->stage + 1u < sp->n_positive && e->key->slots[e->stage] == e) {
            e->key->slots[e->stage] = NULL;
            sp->waiting[e->stage]--;
        }
        break;
    case EQLI_PENDING:
        eqli_pending_remove(sp, e);
        break;
    case EQLI_OCCURRENCE:
        e->key->slots[sp->leading_slot] = NULL;
        break;
    case EQLI_CHOICE:
        eqli_choice_remove(e);
        break;
    }
}

uint32_t eqli_entry_n_ids(const eqli_entry *e)
{
    switch ((eqli_entry_kind)e->kind) {
    case EQLI_OCCURRENCE:
        return 0;
    case EQLI_CHOICE:
        return 1;
    default:
        return e->stage + 1u;
    }
}

void eqli_entry_discard(eqlm_stream *s, eqli_stream_program *sp, eqli_entry *e)
{
    bool captures = e->kind == EQLI_PARTIAL || e->kind == EQLI_PENDING;
    for (uint32_t i = 0; captures && i < sp->program->n_aliases; i++)
        eqli_captured_free(s, sp, eqli_entry_captures(sp, e)[i]);
    eqli_state_free(s, e, eqli_entry_size(sp, e));
}

void eqli_entry_drop(eqlm_stream *s, eqli_stream_program *sp, eqli_entry *e)
{
    detach(sp, e);
    take_out(s, sp, e);
    sp->counts.partials -= e->kind != EQLI_OCCURRENCE;
    for (uint32_t i = 0; i < eqli_entry_n_ids(e); i++)
        eqli_id_drop(s, eqli_entry_ids(e)[i], true);
    eqli_key_release(s, e->key);
    sp->counts.state_bytes -= eqli_entry_size(sp, e);
    eqli_entry_discard(s, sp, e);
}

/* ---- the budget ------------------------------------------------------------------------------------------
 */

void eqli_state_enforce(eqlm_stream *s)
{
    while (state_bytes(s) > s->options.max_state) {
        if (eqli_ancestry_evict(s, s->oldest ? s->oldest->time : INT64_MAX))
            continue;
        eqli_entry *e = s->oldest;
        if (!e)
            break; /* what is left belongs to the event at hand */
        eqli_stream_program *sp = s->programs[e->key->keyed.space];
        sp->counts.evicted++;
        eqli_entry_drop(s, sp, e);
    }
    s->counts.state_bytes = state_bytes(s);
    if (s->counts.state_bytes > s->counts.peak_bytes)
        s->counts.peak_bytes = s->counts.state_bytes;
}

void eqli_state_clear(eqlm_stream *s)
{
    eqli_held h;
    while (eqli_order_pop(s, &h)) {
        eqli_id_drop(s, h.id, true);
        eqli_held_clear(s, &h);
    }
    while (s->oldest)
        eqli_entry_drop(s, s->programs[s->oldest->key->keyed.space], s->oldest);
    eqli_expiry_clear(s);
    eqli_ancestry_clear(s);
    eqli_ids_clear(s);
    eqli_index_clear(&s->index, &s->alloc);
}
