/* expiry.c - entries whose time is over. The entries of a program are over in the order of its list, so only
 * the oldest of each program is watched: in a heap by the time up to which it certainly lasts. */
#include "stream/stream.h"

#include "base/sort.h"

/* Up to when the entry is certainly not over: milliseconds round down, so occurrences may end one earlier. */
static int64_t lasts_until(const eqli_stream_program *sp, const eqli_entry *e)
{
    int64_t span = sp->program->maxspan_ns - 1000000;
    if (sp->program->maxspan_ns < 0 || (span > 0 && e->time > INT64_MAX - span))
        return INT64_MAX;
    return span < 0 ? e->time : e->time + span;
}

/* Whether nothing that happens at `now` or later can meet the entry. */
static bool is_over(const eqli_stream_program *sp, const eqli_entry *e, int64_t now)
{
    if (sp->program->maxspan_ns < 0 || e->kind == EQLI_CHOICE || now < e->time)
        return false;
    if (e->kind == EQLI_PARTIAL)
        return eqli_longer(e->time, now, sp->program->maxspan_ns);
    return eqli_longer(eqli_ms(e->time), eqli_ms(now), sp->maxspan_ms);
}

void eqli_expiry_note(eqlm_stream *s, eqli_stream_program *sp, const eqli_entry *e)
{
    eqli_due due = { lasts_until(sp, e), sp->number };
    if (sp->is_due || due.time == INT64_MAX)
        return;
    uint32_t i = s->n_due++;
    for (; i && due.time < s->due[(i - 1) / 2].time; i = (i - 1) / 2)
        s->due[i] = s->due[(i - 1) / 2];
    s->due[i] = due;
    sp->is_due = true;
}

/* Moves the first one behind the others. */
static void take_first(eqlm_stream *s)
{
    eqli_due *heap = s->due, first = heap[0], last = heap[--s->n_due];
    uint32_t i = 0;
    for (uint32_t kid; (kid = 2 * i + 1) < s->n_due; i = kid) {
        if (kid + 1 < s->n_due && heap[kid + 1].time < heap[kid].time)
            kid++;
        if (last.time <= heap[kid].time)
            break;
        heap[i] = heap[kid];
    }
    heap[i] = last;
    heap[s->n_due] = first;
}

static int compare_programs(const void *x, const void *y)
{
    const eqli_due *a = x, *b = y;
    return (a->program > b->program) - (a->program < b->program);
}

static void expire_program(eqlm_stream *s, eqli_stream_program *sp, int64_t now)
{
    eqli_entry *e;
    while ((e = sp->oldest) != NULL && is_over(sp, e, now)) {
        if (e->kind == EQLI_PENDING)
            eqli_pending_tell(s, sp, e);
        eqli_entry_drop(s, sp, e);
    }
    sp->is_due = false;
    if (sp->oldest)
        eqli_expiry_note(s, sp, sp->oldest);
}

void eqli_state_expire(eqlm_stream *s, int64_t now)
{
    uint32_t end = s->n_due;
    while (s->n_due && s->due[0].time < now)
        take_first(s);
    /* Told in the order of programs. Those with more entries go back into the heap, which has room for as
     * many as have been looked at. */
    uint32_t first = s->n_due;
    eqli_sort(s->due + first, end - first, sizeof *s->due, compare_programs);
    for (uint32_t i = first; i < end; i++)
        expire_program(s, s->programs[s->due[i].program], now);
}

void eqli_expiry_clear(eqlm_stream *s)
{
    for (uint32_t i = 0; i < s->n_due; i++)
        s->programs[s->due[i].program]->is_due = false;
    s->n_due = 0;
}
