/* run_docs.c - event documents that `eqlc run` keeps: copies, a table by number, a queue by time. */
#include "run_docs.h"

#include "util.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------------
 * Copies
 */

/* Texts that are copied behind the structure. */
static size_t text_room(const eqlm_value *v)
{
    return v->type == EQLM_STRING ? v->len : 0;
}

static char *put_text(char *at, const char *text, size_t len)
{
    memcpy(at, text, len);
    at[len] = '\0';
    return at + len + 1;
}

/* A scalar whose text is copied to *at; arrays and objects are no times and order nothing. */
static eqlm_value put_value(char **at, const eqlm_value *v)
{
    eqlm_value copy = *v;

    if (v->type == EQLM_STRING) {
        copy.as.str = *at;
        *at = put_text(*at, v->as.str, v->len);
    } else if (v->type >= EQLM_IP) {
        copy = (eqlm_value) { .type = EQLM_NULL };
    }
    return copy;
}

eqlc_doc *eqlc_doc_new(const eqlc_event *event, uint64_t number, bool with_source)
{
    size_t index_len = strlen(event->index), id_len = strlen(event->id);
    size_t size = sizeof(eqlc_doc) + index_len + id_len + text_room(&event->timestamp) +
                  text_room(&event->tiebreaker) + 4;
    eqlc_doc *doc = eqlc_alloc(size);
    char *at = (char *)(doc + 1);

    *doc = (eqlc_doc) { .event = *event, .number = number, .bytes = size };
    doc->event.values = NULL;
    doc->event.index = at;
    at = put_text(at, event->index, index_len);
    doc->event.id = at;
    at = put_text(at, event->id, id_len);
    doc->event.timestamp = put_value(&at, &event->timestamp);
    doc->event.tiebreaker = put_value(&at, &event->tiebreaker);
    doc->event.source = NULL;
    doc->event.source_len = 0;
    if (with_source && event->source) {
        doc->source = eqlc_copy(event->source, event->source_len);
        doc->event.source = doc->source;
        doc->event.source_len = event->source_len;
        doc->bytes += event->source_len + 1;
    }
    return doc;
}

void eqlc_doc_set_rules(eqlc_doc *doc, const uint32_t *rules, uint32_t n)
{
    if (n == 0)
        return;
    doc->rules = eqlc_alloc(n * sizeof *rules);
    memcpy(doc->rules, rules, n * sizeof *rules);
    doc->n_rules = n;
    doc->bytes += n * sizeof *rules;
}

void eqlc_doc_free(eqlc_doc *doc)
{
    if (doc) {
        free(doc->source);
        free(doc->rules);
    }
    free(doc);
}

void eqlc_doc_forget(eqlc_doc *doc)
{
    if (!doc->source)
        return;
    doc->bytes -= doc->event.source_len + 1;
    free(doc->source);
    doc->source = NULL;
    doc->event.source = NULL;
    doc->event.source_len = 0;
}

/* ------------------------------------------------------------------------------------------------------
 * Order
 */

/* Numbers, text, everything else. */
static int rank(const eqlm_value *v)
{
    switch (v->type) {
    case EQLM_I64:
    case EQLM_U64:
    case EQLM_F64:
        return 0;
    case EQLM_STRING:
        return 1;
    default:
        return 2;
    }
}

/* An integer against a double, exactly. */
static int compare_mixed(const eqlm_value *integer, double d)
{
    double whole = floor(d);

    if (d >= 18446744073709551616.0)
        return -1;
    if (!(d >= -9223372036854775808.0)) /* also NaN, which comes first */
        return 1;
    eqlm_value floor_value = whole < 0 ? (eqlm_value) { .type = EQLM_I64, .as.i64 = (int64_t)whole }
                                       : (eqlm_value) { .type = EQLM_U64, .as.u64 = (uint64_t)whole };
    bool a_negative = integer->type == EQLM_I64 && integer->as.i64 < 0;
    bool b_negative = whole < 0;
    if (a_negative != b_negative)
        return a_negative ? -1 : 1;
    int order = a_negative ? (integer->as.i64 > floor_value.as.i64) - (integer->as.i64 < floor_value.as.i64)
                           : (integer->as.u64 > floor_value.as.u64) - (integer->as.u64 < floor_value.as.u64);
    return order ? order : whole < d ? -1 : 0;
}

static int compare_numbers(const eqlm_value *a, const eqlm_value *b)
{
    if (a->type == EQLM_F64 && b->type == EQLM_F64)
        return (a->as.f64 > b->as.f64) - (a->as.f64 < b->as.f64);
    if (a->type == EQLM_F64)
        return -compare_mixed(b, a->as.f64);
    if (b->type == EQLM_F64)
        return compare_mixed(a, b->as.f64);
    bool a_negative = a->type == EQLM_I64 && a->as.i64 < 0, b_negative = b->type == EQLM_I64 && b->as.i64 < 0;
    if (a_negative != b_negative)
        return a_negative ? -1 : 1;
    return (a->as.u64 > b->as.u64) - (a->as.u64 < b->as.u64); /* two's complement keeps order */
}

static int compare_text(const eqlm_value *a, const eqlm_value *b)
{
    uint32_t len = a->len < b->len ? a->len : b->len;
    int order = len ? memcmp(a->as.str, b->as.str, len) : 0;

    return order ? order : (a->len > b->len) - (a->len < b->len);
}

int eqlc_event_compare(const eqlc_event *a, const eqlc_event *b)
{
    int x = rank(&a->tiebreaker), y = rank(&b->tiebreaker);

    if (a->has_time != b->has_time)
        return a->has_time ? 1 : -1;
    if (a->has_time && a->time != b->time)
        return a->time < b->time ? -1 : 1;
    if (x != y)
        return x < y ? -1 : 1;
    return x == 0   ? compare_numbers(&a->tiebreaker, &b->tiebreaker)
           : x == 1 ? compare_text(&a->tiebreaker, &b->tiebreaker)
                    : 0;
}

/* ------------------------------------------------------------------------------------------------------
 * By number
 */

static eqlc_doc **place_of(const eqlc_docs *docs, uint64_t number)
{
    return &docs->table[(number * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (docs->size - 1)];
}

static void resize(eqlc_docs *docs, size_t size)
{
    free(docs->table);
    docs->table = eqlc_alloc(size * sizeof(eqlc_doc *));
    docs->size = size;
    memset(docs->table, 0, size * sizeof(eqlc_doc *));
    for (eqlc_doc *doc = docs->oldest; doc; doc = doc->newer) {
        eqlc_doc **place = place_of(docs, doc->number);

        doc->next = *place;
        *place = doc;
    }
}

void eqlc_docs_add(eqlc_docs *docs, eqlc_doc *take_doc)
{
    if (docs->n >= docs->size)
        resize(docs, docs->size ? 2 * docs->size : 64);
    eqlc_doc **place = place_of(docs, take_doc->number);
    take_doc->next = *place;
    *place = take_doc;
    take_doc->newer = NULL;
    take_doc->older = docs->newest;
    *(docs->newest ? &docs->newest->newer : &docs->oldest) = take_doc;
    docs->newest = take_doc;
    if (take_doc->source && !docs->oldest_text)
        docs->oldest_text = take_doc;
    docs->n++;
    docs->bytes += take_doc->bytes;
    if (docs->bytes > docs->peak)
        docs->peak = docs->bytes;
}

const eqlc_doc *eqlc_docs_find(const eqlc_docs *docs, uint64_t number)
{
    const eqlc_doc *doc = docs->size ? *place_of(docs, number) : NULL;

    while (doc && doc->number != number)
        doc = doc->next;
    return doc;
}

static eqlc_doc *next_text(eqlc_doc *doc)
{
    while (doc && !doc->source)
        doc = doc->newer;
    return doc;
}

void eqlc_docs_release(eqlc_docs *docs, uint64_t number)
{
    eqlc_doc **link = docs->size ? place_of(docs, number) : NULL, *doc;

    while (link && *link && (*link)->number != number)
        link = &(*link)->next;
    if (!link || !*link)
        return;
    doc = *link;
    *link = doc->next;
    if (docs->oldest_text == doc)
        docs->oldest_text = next_text(doc->newer);
    *(doc->older ? &doc->older->newer : &docs->oldest) = doc->newer;
    *(doc->newer ? &doc->newer->older : &docs->newest) = doc->older;
    docs->n--;
    docs->bytes -= doc->bytes;
    eqlc_doc_free(doc);
}

void eqlc_docs_shrink(eqlc_docs *docs, uint64_t budget)
{
    for (eqlc_doc *doc; docs->bytes > budget && (doc = docs->oldest_text) != NULL;) {
        docs->bytes -= doc->event.source_len + 1;
        eqlc_doc_forget(doc);
        docs->n_forgotten++;
        docs->oldest_text = next_text(doc->newer);
    }
}

void eqlc_docs_clear(eqlc_docs *docs)
{
    for (eqlc_doc *doc = docs->oldest, *newer; doc; doc = newer) {
        newer = doc->newer;
        eqlc_doc_free(doc);
    }
    free(docs->table);
    *docs = (eqlc_docs) { .table = NULL };
}

/* ------------------------------------------------------------------------------------------------------
 * By time
 */

static bool is_before(const eqlc_doc *a, const eqlc_doc *b)
{
    int order = eqlc_event_compare(&a->event, &b->event);

    return order ? order < 0 : a->number < b->number;
}

static void swap(eqlc_doc **a, eqlc_doc **b)
{
    eqlc_doc *c = *a;

    *a = *b;
    *b = c;
}

void eqlc_doc_queue_push(eqlc_doc_queue *q, eqlc_doc *take_doc)
{
    size_t i = q->n;

    q->heap = eqlc_grow(q->heap, &q->cap, q->n + 1, sizeof(eqlc_doc *));
    q->heap[q->n++] = take_doc;
    q->bytes += take_doc->bytes;
    for (; i && is_before(q->heap[i], q->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&q->heap[i], &q->heap[(i - 1) / 2]);
}

const eqlc_doc *eqlc_doc_queue_first(const eqlc_doc_queue *q)
{
    return q->n ? q->heap[0] : NULL;
}

eqlc_doc *eqlc_doc_queue_pop(eqlc_doc_queue *q)
{
    eqlc_doc *first = q->heap[0];

    q->heap[0] = q->heap[--q->n];
    q->bytes -= first->bytes;
    for (size_t i = 0, kid; (kid = 2 * i + 1) < q->n; i = kid) {
        if (kid + 1 < q->n && is_before(q->heap[kid + 1], q->heap[kid]))
            kid++;
        if (!is_before(q->heap[kid], q->heap[i]))
            break;
        swap(&q->heap[kid], &q->heap[i]);
    }
    return first;
}

void eqlc_doc_queue_clear(eqlc_doc_queue *q)
{
    for (size_t i = 0; i < q->n; i++)
        eqlc_doc_free(q->heap[i]);
    free(q->heap);
    *q = (eqlc_doc_queue) { .heap = NULL };
}
