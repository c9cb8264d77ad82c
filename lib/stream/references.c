/* references.c - how often each event id is named by what the stream remembers, so that the host learns when
 * it may forget an event. Without options.on_release nothing is counted. */
#include "stream/stream.h"

static size_t home(const eqlm_stream *s, const eqli_references *r, uint64_t id)
{
    uint64_t h = (id ^ s->seed) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(h ^ h >> 32) & (r->size - 1);
}

static size_t place_of(const eqlm_stream *s, const eqli_references *r, uint64_t id)
{
    size_t i = home(s, r, id);
    while (r->table[i].count && r->table[i].id != id)
        i = (i + 1) & (r->size - 1);
    return i;
}

static bool resize(eqlm_stream *s, size_t size)
{
    eqli_references *r = &s->references, old = *r;
    if (size > SIZE_MAX / sizeof *r->table)
        return false;
    r->table = eqli_state_new(s, size * sizeof *r->table);
    if (!r->table) {
        *r = old;
        return false;
    }
    r->size = size;
    for (size_t i = 0; i < old.size; i++) {
        if (old.table[i].count)
            r->table[place_of(s, r, old.table[i].id)] = old.table[i];
    }
    eqli_state_free(s, old.table, old.size * sizeof *old.table);
    return true;
}

eqlm_status eqli_id_hold(eqlm_stream *s, uint64_t id)
{
    eqli_references *r = &s->references;
    if (!s->options.on_release)
        return EQLM_OK;
    if (r->n + 1 > r->size / 2 && !resize(s, r->size ? r->size * 2 : 16))
        return EQLM_E_NOMEM;
    struct eqli_reference *ref = &r->table[place_of(s, r, id)];
    r->n += ref->count == 0;
    ref->id = id;
    ref->count++;
    return EQLM_OK;
}

void eqli_id_again(eqlm_stream *s, uint64_t id)
{
    if (s->options.on_release)
        s->references.table[place_of(s, &s->references, id)].count++;
}

static void close_gap(const eqlm_stream *s, eqli_references *r, size_t gap)
{
    size_t mask = r->size - 1;
    for (size_t i = (gap + 1) & mask; r->table[i].count; i = (i + 1) & mask) {
        if (((i - home(s, r, r->table[i].id)) & mask) >= ((i - gap) & mask)) {
            r->table[gap] = r->table[i];
            gap = i;
        }
    }
    r->table[gap].count = 0;
}

void eqli_id_drop(eqlm_stream *s, uint64_t id, bool tell)
{
    eqli_references *r = &s->references;
    if (!s->options.on_release)
        return;
    size_t i = place_of(s, r, id);
    if (--r->table[i].count)
        return;
    close_gap(s, r, i);
    r->n--;
    if (r->size > 16 && r->n < r->size / 8)
        (void)resize(s, r->size / 4 > 16 ? r->size / 4 : 16);
    if (tell)
        s->options.on_release(s->options.ctx, id);
}

void eqli_ids_clear(eqlm_stream *s)
{
    eqli_references *r = &s->references;
    eqli_state_free(s, r->table, r->size * sizeof *r->table);
    *r = (eqli_references) { 0 };
}
