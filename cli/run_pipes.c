/* run_pipes.c - which matches of a rule remain. */
#include "run_pipes.h"

#include <stdlib.h>
#include <string.h>

enum { FEW = 1024 }; /* matches that may be kept without looking which ones are of use */

void eqlc_run_pipes_init(eqlc_run_pipes *p, const eqlm_program *program)
{
    bool tail = false;
    uint64_t count;

    *p = (eqlc_run_pipes) { .program = program, .accept = UINT64_MAX, .room = UINT64_MAX, .full = FEW };
    for (uint32_t i = 0; !tail && eqlm_program_pipe(program, i, &tail, &count); i++) {
        if (tail)
            p->room = count;
        else if (count < p->accept)
            p->accept = count;
    }
}

static void drop(eqlc_run_kept *kept)
{
    free(kept->text);
    eqlc_doc_free(kept->last);
}

void eqlc_run_pipes_clear(eqlc_run_pipes *p)
{
    for (size_t i = 0; i < p->n_kept; i++)
        drop(&p->kept[i]);
    free(p->kept);
    *p = (eqlc_run_pipes) { .program = NULL };
}

bool eqlc_run_pipes_any(const eqlc_run_pipes *p)
{
    return p->accept != UINT64_MAX || p->room != UINT64_MAX;
}

void eqlc_run_pipes_apply(const eqlc_run_pipes *p, uint64_t n, uint64_t *first, uint64_t *end)
{
    bool tail;
    uint64_t count;

    *first = 0;
    *end = n;
    for (uint32_t i = 0; eqlm_program_pipe(p->program, i, &tail, &count); i++) {
        if (count >= *end - *first)
            continue;
        if (tail)
            *first = *end - count;
        else
            *end = *first + count;
    }
}

static int compare_kept(const void *x, const void *y)
{
    const eqlc_run_kept *a = x, *b = y;
    int order = a->last && b->last ? eqlc_event_compare(&a->last->event, &b->last->event) : 0;

    return order ? order : (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

/* Puts in order what is kept, and drops what will not be printed whatever comes. */
static void settle(eqlc_run_pipes *p)
{
    size_t useless = 0;

    if (p->n_kept == 0)
        return;
    qsort(p->kept, p->n_kept, sizeof *p->kept, compare_kept);
    while (p->n_kept > p->accept)
        drop(&p->kept[--p->n_kept]);
    /* What comes may still go before the last ones that heads let through, if matches are not in order. */
    if (p->n_kept > p->room && (p->accept == UINT64_MAX || !p->kept[0].last))
        useless = p->n_kept - (size_t)p->room;
    for (size_t i = 0; i < useless; i++)
        drop(&p->kept[i]);
    p->n_kept -= useless;
    if (p->n_kept)
        memmove(p->kept, p->kept + useless, p->n_kept * sizeof *p->kept);
}

/* Takes the text and the document over. */
static void add(eqlc_run_pipes *p, eqlc_run_kept kept)
{
    p->kept = eqlc_grow(p->kept, &p->cap, p->n_kept + 1, sizeof *p->kept);
    p->kept[p->n_kept++] = kept;
    if (p->n_kept >= p->full && eqlc_run_pipes_any(p)) {
        settle(p);
        p->full = p->n_kept < FEW / 2 ? FEW : 2 * p->n_kept;
    }
}

void eqlc_run_pipes_keep(eqlc_run_pipes *p, const eqlc_buf *text, const eqlc_event *last)
{
    add(p, (eqlc_run_kept) { .text = eqlc_copy(text->data, text->len),
                             .len = text->len,
                             .last = last ? eqlc_doc_new(last, p->n, false) : NULL,
                             .ordinal = p->n });
}

void eqlc_run_pipes_end(eqlc_run_pipes *p, uint64_t *first, uint64_t *end)
{
    uint64_t n = p->n < p->accept ? p->n : p->accept;

    settle(p);
    eqlc_run_pipes_apply(p, n, first, end);
    *first -= n - p->n_kept; /* the others came before */
    *end -= n - p->n_kept;
}

void eqlc_run_pipes_pack(const eqlc_run_pipes *p, eqlc_buf *b)
{
    eqlc_pack(b, p->n, 8);
    eqlc_pack(b, p->n_kept, 8);
    for (size_t i = 0; i < p->n_kept; i++) {
        const eqlc_run_kept *kept = &p->kept[i];

        eqlc_pack_text(b, kept->text, kept->len);
        eqlc_pack(b, kept->ordinal, 8);
        eqlc_pack(b, kept->last != NULL, 1);
        if (kept->last)
            eqlc_pack_doc(b, kept->last);
    }
}

void eqlc_run_pipes_unpack(eqlc_run_pipes *p, eqlc_unpacker *u)
{
    p->n = eqlc_unpack(u, 8);
    for (uint64_t n = eqlc_unpack(u, 8); n > 0 && !u->bad; n--) {
        eqlm_str text = eqlc_unpack_text(u);
        uint64_t ordinal = eqlc_unpack(u, 8);
        eqlc_doc *last = eqlc_unpack(u, 1) ? eqlc_unpack_doc(u) : NULL;

        if (u->bad)
            eqlc_doc_free(last);
        else
            add(p, (eqlc_run_kept) { .text = eqlc_copy(text.ptr, text.len),
                                     .len = text.len,
                                     .last = last,
                                     .ordinal = ordinal });
    }
}
