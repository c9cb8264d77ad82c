/* sample.c - groups of events with one key tuple, one different event per term (language S8, decision 14).
 *
 * Of each term only the first n + m - 1 events can be chosen, n being the number of terms and m that of
 * samples told of a key: behind these, at least m of the term's earlier events are not taken by the other
 * terms, and each of them makes a combination that comes before. So a key keeps n + m - 1 events per term. */
#include "stream/choose.h"

#include "base/sort.h"
#include "stream/stream.h"

static eqli_entry **list_of(const eqli_entry *e)
{
    return &e->key->slots[2 * e->stage];
}

bool eqli_choice_has_room(const eqli_stream_program *sp, const eqli_key_state *k, uint32_t term)
{
    const eqli_entry *first = k->slots[2 * term], *last = k->slots[2 * term + 1];
    return !first || last->rank - first->rank + 1 < sp->n_choices;
}

/* The links of the list lie behind the id. */
static eqli_entry **links(eqli_entry *e)
{
    return (eqli_entry **)(void *)(eqli_entry_ids(e) + 1);
}

void eqli_choice_add(eqli_entry *e)
{
    eqli_entry **ends = list_of(e);
    links(e)[0] = ends[1];
    links(e)[1] = NULL;
    e->rank = ends[1] ? ends[1]->rank + 1 : 0;
    *(ends[1] ? &links(ends[1])[1] : &ends[0]) = e;
    ends[1] = e;
}

void eqli_choice_remove(eqli_entry *e)
{
    eqli_entry **ends = list_of(e);
    eqli_entry *before = links(e)[0], *behind = links(e)[1];
    *(before ? &links(before)[1] : &ends[0]) = behind;
    *(behind ? &links(behind)[0] : &ends[1]) = before;
}

eqlm_status eqli_sample_plan(eqlm_stream *s, eqli_stream_program *sp, eqli_hit *hits, size_t n)
{
    eqli_key_state *k = eqli_key_find(s, &hits[0]);
    for (size_t i = 0; i < n; i++) {
        if (k && !eqli_choice_has_room(sp, k, hits[i].stage)) {
            hits[i].stage = UINT32_MAX;
            continue;
        }
        if (!k)
            k = eqli_key_new(s, sp, &hits[i]);
        if (!k)
            return EQLM_E_NOMEM;
        k->keyed.refs++;
        hits[i].pins = true;
        hits[i].state = k;
        eqli_entry like = { .kind = EQLI_CHOICE };
        hits[i].entry = eqli_state_new(s, eqli_entry_size(sp, &like));
        if (!hits[i].entry)
            return EQLM_E_NOMEM;
    }
    return EQLM_OK;
}

void eqli_sample_commit(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in, eqli_hit *hit)
{
    eqli_entry *e = hit->entry;
    hit->entry = NULL;
    e->kind = EQLI_CHOICE;
    e->stage = (uint16_t)hit->stage;
    eqli_entry_ids(e)[0] = in->id;
    eqli_id_again(s, in->id);
    eqli_entry_add(s, sp, e, hit->state, in->time);
    eqli_choice_add(e);
}

/* ---- telling ------------------------------------------------------------------------------------------- */

static int compare_keys(const void *x, const void *y)
{
    const eqli_key_state *a = *(eqli_key_state *const *)x, *b = *(eqli_key_state *const *)y;
    return eqli_key_compare(eqli_key_bytes(a), a->keyed.len, eqli_key_bytes(b), b->keyed.len);
}

/* No list of a key is longer. */
static uint32_t longest_list(const eqli_stream_program *sp, const eqli_key_state *k)
{
    uint32_t longest = 0;
    for (uint32_t term = 0; term < sp->n_terms; term++) {
        const eqli_entry *first = k->slots[2 * term], *last = k->slots[2 * term + 1];
        if (first && last->rank - first->rank >= longest)
            longest = last->rank - first->rank + 1;
    }
    return longest;
}

/* Keys with an event of the first term, each once; v may be NULL to count them. */
static size_t collect_keys(const eqli_stream_program *sp, eqli_key_state **v)
{
    size_t n = 0;
    for (eqli_entry *e = sp->oldest; e; e = e->next) {
        if (e->stage != 0 || e->key->slots[0] != e)
            continue;
        if (v)
            v[n] = e->key;
        n++;
    }
    return n;
}

static void offer_events(eqli_chooser *c, const eqli_stream_program *sp, const eqli_key_state *k)
{
    eqli_chooser_begin(c);
    for (uint32_t term = 0; term < sp->n_terms; term++) {
        for (eqli_entry *e = k->slots[2 * term]; e; e = links(e)[1])
            eqli_chooser_offer(c, term, eqli_entry_ids(e)[0]);
    }
}

static void tell_one(eqlm_stream *s, eqli_stream_program *sp, const eqli_key_state *k)
{
    int64_t time = INT64_MIN;
    for (uint32_t term = 0; term < sp->n_terms; term++) {
        eqli_entry *e = k->slots[2 * term];
        while (eqli_entry_ids(e)[0] != s->match_events[term])
            e = links(e)[1];
        time = e->time > time ? e->time : time;
    }
    eqli_stream_tell(s, sp, eqli_key_bytes(k), sp->program->stages[0].n_keys, time);
}

static void tell_samples(eqlm_stream *s, eqli_stream_program *sp, eqli_chooser *c, const eqli_key_state *k)
{
    offer_events(c, sp, k);
    bool found = eqli_chooser_choose(c, s->match_events);
    for (uint32_t n = 1; found; n++) {
        tell_one(s, sp, k);
        if (n >= s->options.samples_per_key || s->stopped)
            return;
        found = eqli_chooser_next(c, s->match_events);
    }
}

eqlm_status eqli_sample_flush(eqlm_stream *s, eqli_stream_program *sp)
{
    size_t n = collect_keys(sp, NULL);
    eqli_chooser c;
    eqli_key_state **keys = eqli_mem_new(&s->alloc, n * sizeof *keys);
    if (!keys)
        return EQLM_E_NOMEM;
    uint32_t width = 1;
    collect_keys(sp, keys);
    for (size_t i = 0; i < n; i++) {
        uint32_t longest = longest_list(sp, keys[i]);
        width = longest > width ? longest : width;
    }
    bool ok = eqli_chooser_init(&c, &s->alloc, sp->n_terms, width);
    if (ok) {
        eqli_sort(keys, n, sizeof(eqli_key_state *), compare_keys);
        for (size_t i = 0; i < n; i++)
            tell_samples(s, sp, &c, keys[i]);
        eqli_chooser_clear(&c, &s->alloc);
    }
    eqli_mem_free(&s->alloc, keys, n * sizeof *keys);
    while (ok && sp->oldest)
        eqli_entry_drop(s, sp, sp->oldest);
    return ok ? EQLM_OK : EQLM_E_NOMEM;
}
