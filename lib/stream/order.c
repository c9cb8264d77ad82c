/* order.c - events that wait until none can come before them (language S1): a heap ordered by time, then
 * events with a tiebreaker before those without, then the tiebreaker, then arrival. */
#include "stream/stream.h"

static bool is_before(const eqli_held *a, const eqli_held *b)
{
    if (a->time != b->time)
        return a->time < b->time;
    if ((a->tie_len == 0) != (b->tie_len == 0))
        return a->tie_len != 0;
    int order = a->tie_len ? eqli_key_compare(a->tie, a->tie_len, b->tie, b->tie_len) : 0;
    return order ? order < 0 : a->arrival < b->arrival;
}

static void swap(eqli_held *a, eqli_held *b)
{
    eqli_held c = *a;
    *a = *b;
    *b = c;
}

static size_t held_size(const eqli_held *h)
{
    return sizeof *h + h->bytes;
}

eqlm_status eqli_order_push(eqlm_stream *s, const eqli_held *h)
{
    if (s->n_heap == s->cap_heap) {
        size_t cap = s->cap_heap ? s->cap_heap * 2 : 16;
        void *p = eqli_mem_resize(&s->alloc, s->heap, s->cap_heap, cap, sizeof *s->heap);
        if (!p)
            return EQLM_E_NOMEM;
        s->heap = p;
        s->cap_heap = cap;
    }
    size_t i = s->n_heap++;
    s->heap[i] = *h;
    s->held_bytes += held_size(h);
    for (; i && is_before(&s->heap[i], &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&s->heap[i], &s->heap[(i - 1) / 2]);
    return EQLM_OK;
}

bool eqli_order_pop(eqlm_stream *s, eqli_held *out)
{
    eqli_held *heap = s->heap;
    if (s->n_heap == 0)
        return false;
    *out = heap[0];
    heap[0] = heap[--s->n_heap];
    s->held_bytes -= held_size(out);
    for (size_t i = 0, kid; (kid = 2 * i + 1) < s->n_heap; i = kid) {
        if (kid + 1 < s->n_heap && is_before(&heap[kid + 1], &heap[kid]))
            kid++;
        if (!is_before(&heap[kid], &heap[i]))
            break;
        swap(&heap[kid], &heap[i]);
    }
    return true;
}

void eqli_held_clear(eqlm_stream *s, eqli_held *h)
{
    eqli_state_free(s, h->tie, h->tie_len);
    if (s->options.release_event)
        s->options.release_event(s->options.ctx, h->event);
}
