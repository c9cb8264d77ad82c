#include "reference.h"

#include <stdlib.h>
#include <string.h>

typedef struct tuple {
    ref_value v[REF_MAX_KEYS];
} tuple;

typedef struct tuples {
    tuple items[REF_MAX_EVENTS * 32];
    int n;
} tuples;

static int compare_values(const ref_value *a, const ref_value *b)
{
    if (a->kind != b->kind)
        return a->kind - b->kind;
    if (a->kind == 1)
        return (a->number > b->number) - (a->number < b->number);
    return a->kind == 2 ? strcmp(a->text, b->text) : 0;
}

int ref_compare_keys(const ref_value *a, const ref_value *b, int n)
{
    for (int i = 0; i < n; i++) {
        int order = compare_values(&a[i], &b[i]);
        if (order)
            return order;
    }
    return 0;
}

/* The values of one key field; an optional one without a value is null. */
static int values_of(const ref_event *e, const ref_key *key, ref_value *out)
{
    int n = 0;
    if (key->field == 's' && e->s)
        out[n++] = (ref_value) { 2, 0, e->s };
    for (int i = 0; key->field == 'k' && i < e->n_k; i++)
        out[n++] = (ref_value) { 1, e->k[i], NULL };
    for (int i = 0; key->field == 'j' && i < e->n_j; i++)
        out[n++] = (ref_value) { 1, e->j[i], NULL };
    if (n == 0 && key->optional)
        out[n++] = (ref_value) { 0, 0, NULL };
    return n;
}

static bool has_tuple(const ref_event *e, const ref_term *t, const tuple *key, int n_keys)
{
    for (int i = 0; i < n_keys; i++) {
        ref_value v[REF_MAX_VALUES];
        int n = values_of(e, &t->keys[i], v);
        bool found = false;
        for (int k = 0; k < n; k++)
            found = found || compare_values(&v[k], &key->v[i]) == 0;
        if (!found)
            return false;
    }
    return true;
}

/* The event satisfies the term and has the key; without the condition about an earlier event. */
static bool hits(const ref_event *e, const ref_term *t, const tuple *key, int n_keys)
{
    return (t->category == '*' || t->category == e->category) && (t->x < 0 || t->x == e->x) &&
           has_tuple(e, t, key, n_keys);
}

static void collect(const ref_term *t, int n_keys, const ref_event *e, tuples *out)
{
    ref_value v[REF_MAX_KEYS][REF_MAX_VALUES];
    int n[REF_MAX_KEYS] = { 1, 1, 1 };
    for (int i = 0; i < n_keys; i++)
        n[i] = values_of(e, &t->keys[i], v[i]);
    for (int a = 0; a < n[0]; a++) {
        for (int b = 0; b < n[1]; b++) {
            for (int c = 0; c < n[2]; c++) {
                int at[REF_MAX_KEYS] = { a, b, c };
                tuple key;
                bool known = false;
                memset(&key, 0, sizeof key);
                for (int i = 0; i < n_keys; i++)
                    key.v[i] = v[i][at[i]];
                for (int i = 0; i < out->n; i++)
                    known = known || ref_compare_keys(out->items[i].v, key.v, n_keys) == 0;
                if (!known)
                    out->items[out->n++] = key;
            }
        }
    }
}

/* Every tuple that some event has in some term. */
static void collect_all(const ref_query *q, const ref_event *events, int n, tuples *out)
{
    out->n = 0;
    for (int i = 0; i < n; i++) {
        for (int t = 0; t < q->n_terms; t++)
            collect(&q->terms[t], q->n_keys, &events[i], out);
    }
}

static int64_t ms(int64_t ns)
{
    return ns / 1000000; /* the tests have no times before 1970 */
}

/* Earliest (or latest) occurrence of a missing term between two times, both exclusive, in ms; -1: none. */
static int64_t occurrence(const ref_event *events, int n, const ref_term *t, const tuple *key, int n_keys,
                          int64_t from, int64_t to, bool latest)
{
    int64_t found = -1;
    for (int i = 0; i < n; i++) {
        int64_t at = ms(events[i].time);
        if (at > from && at < to && hits(&events[i], t, key, n_keys) && (found < 0 || latest))
            found = at;
    }
    return found;
}

/* The table of the section on missing events. pos[i]: the event of positive term i. */
static bool is_kept(const ref_query *q, const ref_event *events, int n, const tuple *key, const int *pos,
                    int n_pos)
{
    int64_t first = ms(events[pos[0]].time), last = ms(events[pos[n_pos - 1]].time);
    int64_t leading = -1, trailing = -1;
    bool has_leading = false, has_trailing = false;
    int before = 0;
    for (int t = 0; t < q->n_terms; t++) {
        const ref_term *term = &q->terms[t];
        if (!term->missing) {
            before++;
        } else if (before == 0) {
            int64_t at = occurrence(events, n, term, key, q->n_keys, -1, first, true);
            has_leading = true;
            leading = at > leading ? at : leading;
        } else if (before == n_pos) {
            int64_t at = occurrence(events, n, term, key, q->n_keys, last, INT64_MAX, false);
            has_trailing = true;
            trailing = at >= 0 && (trailing < 0 || at < trailing) ? at : trailing;
        } else if (occurrence(events, n, term, key, q->n_keys, ms(events[pos[before - 1]].time),
                              ms(events[pos[before]].time), false) >= 0) {
            return false;
        }
    }
    if (has_leading && has_trailing)
        return leading < 0 || trailing < 0 || trailing - leading > q->maxspan;
    if (has_leading)
        return leading < 0 || last - leading > q->maxspan;
    return trailing < 0 || trailing - first > q->maxspan;
}

static void emit(const ref_query *q, const ref_event *events, int n, const tuple *key, const int *pos,
                 int n_pos, ref_match *out, size_t *n_out)
{
    if (!is_kept(q, events, n, key, pos, n_pos))
        return;
    ref_match *m = &out[(*n_out)++];
    memset(m, 0, sizeof *m);
    for (int t = 0, i = 0; t < q->n_terms; t++)
        m->events[t] = q->terms[t].missing ? -1 : pos[i++];
    memcpy(m->key, key->v, sizeof m->key);
    m->last = pos[n_pos - 1];
}

/* The state machine of one key tuple. */
static void run_machine(const ref_query *q, const ref_event *events, int n, const tuple *key, ref_match *out,
                        size_t *n_out)
{
    const ref_term *term[REF_MAX_TERMS];
    int partial[REF_MAX_TERMS][REF_MAX_TERMS];
    bool exists[REF_MAX_TERMS] = { false };
    int n_pos = 0;
    for (int t = 0; t < q->n_terms; t++) {
        if (!q->terms[t].missing)
            term[n_pos++] = &q->terms[t];
    }
    for (int e = 0; e < n; e++) {
        for (int i = n_pos - 1; i >= 0; i--) {
            if (!hits(&events[e], term[i], key, q->n_keys))
                continue;
            int part[REF_MAX_TERMS];
            if (i > 0) {
                if (!exists[i - 1])
                    continue;
                memcpy(part, partial[i - 1], sizeof part);
                int x = events[part[0]].x;
                if (term[i]->same_x && (x < 0 || events[e].x != x))
                    continue;
                exists[i - 1] = false;
                if (q->maxspan >= 0 && events[e].time - events[part[0]].time > q->maxspan * 1000000)
                    continue;
            }
            part[i] = e;
            if (i == n_pos - 1) {
                emit(q, events, n, key, part, n_pos, out, n_out);
            } else {
                memcpy(partial[i], part, sizeof part);
                exists[i] = true;
            }
        }
        if (q->has_until && hits(&events[e], &q->until, key, q->n_keys))
            memset(exists, 0, sizeof exists);
    }
}

static int n_keys_to_compare;

static int by_last_and_key(const void *a, const void *b)
{
    const ref_match *x = a, *y = b;
    int order = x->last != y->last ? x->last - y->last : ref_compare_keys(x->key, y->key, n_keys_to_compare);
    for (int i = 0; order == 0 && i < REF_MAX_TERMS; i++) /* samples of one key */
        order = x->events[i] - y->events[i];
    return order;
}

size_t ref_sequences(const ref_query *q, const ref_event *events, int n, ref_match *out)
{
    static tuples keys;
    size_t n_out = 0;
    collect_all(q, events, n, &keys);
    for (int i = 0; i < keys.n; i++)
        run_machine(q, events, n, &keys.items[i], out, &n_out);
    n_keys_to_compare = q->n_keys;
    qsort(out, n_out, sizeof *out, by_last_and_key);
    return n_out;
}

/* Tries every event for term t and those behind it, until there are enough matches of the key. */
static void choose(const ref_query *q, const ref_event *events, int n, const tuple *key, int t, int *chosen,
                   ref_match *out, int *n_out)
{
    if (t == q->n_terms) {
        ref_match *m = &out[(*n_out)++];
        memset(m, 0, sizeof *m);
        memcpy(m->key, key->v, sizeof m->key);
        memcpy(m->events, chosen, (size_t)t * sizeof *chosen);
        return;
    }
    for (int e = 0; e < n && *n_out < q->samples_per_key; e++) {
        bool used = false;
        for (int i = 0; i < t; i++)
            used = used || chosen[i] == e;
        if (used || !hits(&events[e], &q->terms[t], key, q->n_keys))
            continue;
        chosen[t] = e;
        choose(q, events, n, key, t + 1, chosen, out, n_out);
    }
}

size_t ref_samples(const ref_query *q, const ref_event *events, int n, ref_match *out)
{
    static tuples keys;
    size_t n_out = 0;
    collect_all(q, events, n, &keys);
    for (int i = 0; i < keys.n; i++) {
        int chosen[REF_MAX_TERMS], n_of_key = 0;
        choose(q, events, n, &keys.items[i], 0, chosen, out + n_out, &n_of_key);
        n_out += (size_t)n_of_key;
    }
    n_keys_to_compare = q->n_keys;
    qsort(out, n_out, sizeof *out, by_last_and_key);
    return n_out;
}
