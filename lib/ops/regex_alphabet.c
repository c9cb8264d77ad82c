#include "ops/regex_alphabet.h"

#include "ops/regex_util.h"

/* Working state of one symbol while sets split it. */
typedef struct part {
    uint32_t size;    /* intervals */
    uint32_t covered; /* of them, by the set at hand */
    uint32_t moved;   /* symbol of the covered ones; 0: not yet named */
    uint32_t origin;  /* symbol this one was split off */
} part;

static bool start_less(const void *ctx, uint32_t i, uint32_t j)
{
    const uint32_t *v = ctx;
    return v[i] < v[j];
}

static void start_swap(void *ctx, uint32_t i, uint32_t j)
{
    uint32_t *v = ctx;
    uint32_t t = v[i];
    v[i] = v[j];
    v[j] = t;
}

/* Cuts the alphabet wherever a range begins or ends. */
static bool cut(eqli_rx_alphabet *a, const eqli_rx_code *code)
{
    a->start = eqli_rx_grow(&a->alloc, NULL, &a->cap_start, code->n_ranges * 2 + 1, sizeof *a->start);
    if (!a->start)
        return false;
    uint32_t n = 0;
    a->start[n++] = 0;
    for (uint32_t i = 0; i < code->n_ranges; i++) {
        a->start[n++] = code->ranges[i].lo;
        if (code->ranges[i].hi < EQLI_RX_BAD)
            a->start[n++] = code->ranges[i].hi + 1;
    }
    eqli_rx_sort_run(&(eqli_rx_sort) { start_less, start_swap, a->start }, n);
    uint32_t last = 0;
    for (uint32_t i = 1; i < n; i++) {
        if (a->start[i] != a->start[last])
            a->start[++last] = a->start[i];
    }
    a->n_intervals = last + 1;
    uint32_t *fit = eqli_mem_resize(&a->alloc, a->start, a->cap_start, a->n_intervals, sizeof *fit);
    if (!fit)
        return false;
    a->start = fit;
    a->cap_start = a->n_intervals;
    a->symbol = eqli_rx_grow(&a->alloc, NULL, &a->cap_symbol, a->n_intervals, sizeof *a->symbol);
    if (!a->symbol)
        return false;
    for (uint32_t i = 0; i < a->n_intervals; i++)
        a->symbol[i] = 0;
    return true;
}

uint32_t eqli_rx_interval(const eqli_rx_alphabet *a, uint32_t c)
{
    uint32_t lo = 0, hi = a->n_intervals; /* start[lo] <= c < start[hi] */
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (a->start[mid] <= c)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

typedef enum pass { COUNT, MOVE, FORGET } pass;

/* One pass over the intervals of a set; false: too many symbols. */
static bool visit(eqli_rx_alphabet *a, part *parts, const eqli_rx_range *r, uint32_t n, pass what)
{
    for (uint32_t k = 0; k < n; k++) {
        for (uint32_t i = eqli_rx_interval(a, r[k].lo); i < a->n_intervals && a->start[i] <= r[k].hi; i++) {
            part *p = &parts[a->symbol[i]];
            if (what == COUNT) {
                p->covered++;
            } else if (what == FORGET) {
                p->covered = 0;
                parts[p->origin].moved = 0;    /* none of its covered intervals still bears its symbol */
            } else if (p->covered < p->size) { /* moving one lessens both */
                if (!p->moved) {
                    if (a->n_symbols == EQLI_RX_MAX_SYMBOLS)
                        return false;
                    p->moved = a->n_symbols++;
                    parts[p->moved] = (part) { .origin = a->symbol[i] };
                }
                p->size--;
                p->covered--;
                parts[p->moved].size++;
                a->symbol[i] = (uint16_t)p->moved;
            }
        }
    }
    return true;
}

static uint32_t width(const eqli_rx_alphabet *a, const eqli_rx_range *r, uint32_t n)
{
    uint32_t w = 0;
    for (uint32_t k = 0; k < n; k++)
        w += eqli_rx_interval(a, r[k].hi) - eqli_rx_interval(a, r[k].lo) + 1;
    return w;
}

static void split(eqli_rx_alphabet *a, part *parts, eqli_rx_code *code)
{
    uint64_t steps = 0;
    a->n_symbols = 1;
    parts[0] = (part) { .size = a->n_intervals };
    for (uint32_t s = 0; s < code->n_sets; s++) {
        const eqli_rx_range *r = code->ranges + code->sets[s].first;
        uint32_t n = code->sets[s].n;
        steps += width(a, r, n);
        if (steps > EQLI_RX_MAX_SPLITS) {
            eqli_rx_code_fail(code, EQLM_E_LIMIT, 0, "too many different character classes");
            return;
        }
        visit(a, parts, r, n, COUNT);
        if (!visit(a, parts, r, n, MOVE)) {
            eqli_rx_code_fail(code, EQLM_E_LIMIT, 0, "too many different characters");
            return;
        }
        visit(a, parts, r, n, FORGET);
    }
}

void eqli_rx_alphabet_init(eqli_rx_alphabet *a, eqli_rx_code *code)
{
    *a = (eqli_rx_alphabet) { .alloc = code->alloc };
    if (code->status != EQLM_OK)
        return;
    /* Each symbol has an interval. */
    part *parts = cut(a, code) ? eqli_mem_resize(&a->alloc, NULL, 0, a->n_intervals, sizeof *parts) : NULL;
    if (!parts) {
        eqli_rx_code_fail(code, EQLM_E_NOMEM, 0, "out of memory");
        return;
    }
    split(a, parts, code);
    eqli_mem_free(&a->alloc, parts, a->n_intervals * sizeof *parts);
    for (uint32_t c = 0; c < 128; c++)
        a->ascii[c] = a->symbol[eqli_rx_interval(a, c)];
}

void eqli_rx_alphabet_clear(eqli_rx_alphabet *a)
{
    eqli_mem_free(&a->alloc, a->start, a->cap_start * sizeof *a->start);
    eqli_mem_free(&a->alloc, a->symbol, a->cap_symbol * sizeof *a->symbol);
}
