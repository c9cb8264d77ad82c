/* choose.c - a matching of terms and events. Backtracking over all combinations could take exponential time;
 * moving one term after the other to another event (an augmenting path) gives the same answer. */
#include "stream/choose.h"

#include "base/sort.h"
#define NONE UINT32_MAX

bool eqli_chooser_init(eqli_chooser *c, const eqlm_alloc *alloc, uint32_t n, uint32_t width)
{
    size_t offers = (size_t)n * width;
    *c = (eqli_chooser) { .n = n, .width = width };
    c->n_offers = eqli_mem_new(alloc, n * sizeof *c->n_offers);
    c->offers = eqli_mem_new(alloc, offers * sizeof *c->offers);
    c->events = eqli_mem_new(alloc, offers * sizeof *c->events);
    c->ids = eqli_mem_new(alloc, offers * sizeof *c->ids);
    c->owner = eqli_mem_new(alloc, offers * sizeof *c->owner);
    c->via = eqli_mem_new(alloc, offers * sizeof *c->via);
    c->choice = eqli_mem_new(alloc, n * sizeof *c->choice);
    c->queue = eqli_mem_new(alloc, n * sizeof *c->queue);
    if (c->n_offers && c->offers && c->events && c->ids && c->owner && c->via && c->choice && c->queue)
        return true;
    eqli_chooser_clear(c, alloc);
    return false;
}

void eqli_chooser_clear(eqli_chooser *c, const eqlm_alloc *alloc)
{
    size_t n = c->n, offers = n * c->width;
    eqli_mem_free(alloc, c->n_offers, n * sizeof *c->n_offers);
    eqli_mem_free(alloc, c->offers, offers * sizeof *c->offers);
    eqli_mem_free(alloc, c->events, offers * sizeof *c->events);
    eqli_mem_free(alloc, c->ids, offers * sizeof *c->ids);
    eqli_mem_free(alloc, c->owner, offers * sizeof *c->owner);
    eqli_mem_free(alloc, c->via, offers * sizeof *c->via);
    eqli_mem_free(alloc, c->choice, n * sizeof *c->choice);
    eqli_mem_free(alloc, c->queue, n * sizeof *c->queue);
}

void eqli_chooser_begin(eqli_chooser *c)
{
    c->n_ids = 0;
    for (uint32_t i = 0; i < c->n; i++)
        c->n_offers[i] = 0;
}

void eqli_chooser_offer(eqli_chooser *c, uint32_t term, uint64_t id)
{
    c->offers[(size_t)term * c->width + c->n_offers[term]++] = id;
    c->ids[c->n_ids++] = id;
}

static void make_distinct(eqli_chooser *c)
{
    uint32_t kept = 0;
    eqli_sort_u64(c->ids, c->n_ids);
    for (uint32_t i = 0; i < c->n_ids; i++) {
        if (i == 0 || c->ids[i] != c->ids[kept - 1])
            c->ids[kept++] = c->ids[i];
    }
    c->n_ids = kept;
}

static uint32_t index_of(const eqli_chooser *c, uint64_t id)
{
    uint32_t lo = 0, hi = c->n_ids;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (c->ids[mid] < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void assign_back(eqli_chooser *c, uint32_t term, uint32_t event)
{
    for (;;) {
        uint32_t t = c->via[event], old = c->choice[t];
        c->choice[t] = event;
        c->owner[event] = t;
        if (t == term)
            return;
        event = old;
    }
}

/* Finds an event for a term that has none, moving others if need be, but none of the first `fixed` and nobody
 * to `forbidden`. Changes nothing when it fails. */
static bool serve(eqli_chooser *c, uint32_t term, uint32_t fixed, uint32_t forbidden)
{
    uint32_t head = 0, tail = 0;
    for (uint32_t i = 0; i < c->n_ids; i++)
        c->via[i] = NONE;
    c->queue[tail++] = term;
    while (head < tail) {
        uint32_t t = c->queue[head++];
        for (uint32_t i = 0; i < c->n_offers[t]; i++) {
            uint32_t event = c->events[(size_t)t * c->width + i], owner = c->owner[event];
            if (event == forbidden || c->via[event] != NONE || (owner != NONE && owner < fixed))
                continue;
            c->via[event] = t;
            if (owner == NONE) {
                assign_back(c, term, event);
                return true;
            }
            if (owner != term)
                c->queue[tail++] = owner;
        }
    }
    return false;
}

/* Gives the term the event if the terms behind it can still be served. */
static bool prefer(eqli_chooser *c, uint32_t term, uint32_t event)
{
    uint32_t old = c->choice[term], rival = c->owner[event];
    if (rival != NONE && rival < term)
        return false;
    c->owner[old] = NONE;
    c->owner[event] = term;
    c->choice[term] = event;
    if (rival == NONE || serve(c, rival, term + 1, event))
        return true;
    c->owner[old] = term;
    c->owner[event] = rival;
    c->choice[term] = old;
    return false;
}

/* The terms from `first` on take the earliest events that they can have, all terms being served. */
static void choose_earliest(eqli_chooser *c, uint32_t first)
{
    for (uint32_t t = first; t < c->n; t++) {
        const uint32_t *events = &c->events[(size_t)t * c->width];
        for (uint32_t i = 0; c->choice[t] != events[i]; i++) {
            if (prefer(c, t, events[i]))
                break;
        }
    }
}

static void write_choice(const eqli_chooser *c, uint64_t *out)
{
    for (uint32_t t = 0; t < c->n; t++)
        out[t] = c->ids[c->choice[t]];
}

bool eqli_chooser_choose(eqli_chooser *c, uint64_t *out)
{
    make_distinct(c);
    for (uint32_t i = 0; i < c->n_ids; i++)
        c->owner[i] = NONE;
    for (uint32_t t = 0; t < c->n; t++) {
        for (uint32_t i = 0; i < c->n_offers[t]; i++)
            c->events[(size_t)t * c->width + i] = index_of(c, c->offers[(size_t)t * c->width + i]);
    }
    for (uint32_t t = 0; t < c->n; t++) {
        if (!serve(c, t, 0, NONE))
            return false;
    }
    choose_earliest(c, 0);
    write_choice(c, out);
    return true;
}

bool eqli_chooser_next(eqli_chooser *c, uint64_t *out)
{
    for (uint32_t t = c->n; t-- > 0;) {
        const uint32_t *events = &c->events[(size_t)t * c->width];
        uint32_t i = 0;
        while (events[i] != c->choice[t])
            i++;
        while (++i < c->n_offers[t]) {
            if (!prefer(c, t, events[i]))
                continue;
            choose_earliest(c, t + 1);
            write_choice(c, out);
            return true;
        }
    }
    return false;
}
