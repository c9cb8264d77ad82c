/* regex_set.c - postfix items and the sets of characters they name: collecting ranges, case folding
 * (decision 2: a class matches a character if it holds any member of its fold class), complement. */
#include "base/sort.h"
#include "base/text.h"
#include "ops/regex_parse.h"
#include "ops/regex_util.h"

enum {
    FOLD_END = 0x20000, /* nothing above has a case fold */
    FOLD_SCAN = 64      /* wider ranges look only at the characters with another fold */
};

void eqli_rx_code_init(eqli_rx_code *code, const eqlm_alloc *alloc, bool fold)
{
    *code = (eqli_rx_code) { .alloc = *alloc, .fold = fold };
}

void eqli_rx_code_clear(eqli_rx_code *code)
{
    eqli_mem_free(&code->alloc, code->items, code->cap_items * sizeof *code->items);
    eqli_mem_free(&code->alloc, code->sets, code->cap_sets * sizeof *code->sets);
    eqli_mem_free(&code->alloc, code->ranges, code->cap_ranges * sizeof *code->ranges);
    eqli_mem_free(&code->alloc, code->folds, code->cap_folds * sizeof *code->folds);
}

void eqli_rx_code_fail(eqli_rx_code *code, eqlm_status status, size_t offset, const char *message)
{
    if (code->status != EQLM_OK)
        return;
    code->status = status;
    code->err.offset = offset;
    code->err.message = message;
}

static void no_memory(eqli_rx_code *code)
{
    eqli_rx_code_fail(code, EQLM_E_NOMEM, 0, "out of memory");
}

static void too_large(eqli_rx_code *code)
{
    eqli_rx_code_fail(code, EQLM_E_LIMIT, 0, "regular expression too large");
}

void eqli_rx_emit(eqli_rx_code *code, eqli_rx_item_kind kind, uint32_t a, uint32_t b)
{
    if (code->status != EQLM_OK)
        return;
    if (code->n_items == EQLI_RX_MAX_ITEMS) {
        too_large(code);
        return;
    }
    eqli_rx_item *items =
        eqli_rx_grow(&code->alloc, code->items, &code->cap_items, code->n_items + 1, sizeof *items);
    if (!items) {
        no_memory(code);
        return;
    }
    code->items = items;
    items[code->n_items++] = (eqli_rx_item) { kind, a, b };
}

void eqli_rx_add_range(eqli_rx_code *code, uint32_t lo, uint32_t hi)
{
    if (code->status != EQLM_OK)
        return;
    if (code->n_ranges == EQLI_RX_MAX_RANGES) {
        too_large(code);
        return;
    }
    eqli_rx_range *ranges =
        eqli_rx_grow(&code->alloc, code->ranges, &code->cap_ranges, code->n_ranges + 1, sizeof *ranges);
    if (!ranges) {
        no_memory(code);
        return;
    }
    code->ranges = ranges;
    ranges[code->n_ranges++] = (eqli_rx_range) { lo, hi };
}

static bool range_less(const void *ctx, uint32_t i, uint32_t j)
{
    const eqli_rx_range *r = ctx;
    return r[i].lo < r[j].lo;
}

static void range_swap(void *ctx, uint32_t i, uint32_t j)
{
    eqli_rx_range *r = ctx;
    eqli_rx_range t = r[i];
    r[i] = r[j];
    r[j] = t;
}

/* Sorts the ranges from `first` on and joins those that overlap or touch. */
static void join_ranges(eqli_rx_code *code, uint32_t first)
{
    uint32_t n = code->n_ranges - first;
    if (n < 2)
        return;
    eqli_rx_range *r = code->ranges + first;
    eqli_rx_sort_run(&(eqli_rx_sort) { range_less, range_swap, r }, n);
    uint32_t last = 0;
    for (uint32_t i = 1; i < n; i++) {
        if (r[i].lo > r[last].hi + 1)
            r[++last] = r[i];
        else if (r[i].hi > r[last].hi)
            r[last].hi = r[i].hi;
    }
    code->n_ranges = first + last + 1;
}

static void add_fold(eqli_rx_code *code, uint32_t c, uint32_t folded)
{
    uint32_t n = code->n_folds;
    uint64_t *list = eqli_rx_grow(&code->alloc, code->folds, &code->cap_folds, n + 1, sizeof *list);
    if (!list) {
        no_memory(code);
        return;
    }
    code->folds = list;
    list[code->n_folds++] = (uint64_t)folded << 32 | c;
}

static void list_folds(eqli_rx_code *code)
{
    for (uint32_t c = 0; c < FOLD_END && code->status == EQLM_OK; c++) {
        uint32_t folded = eqli_fold_char(c);
        if (folded != c)
            add_fold(code, c, folded);
    }
    eqli_sort_u64(code->folds, code->n_folds);
}

static void add_class_of(eqli_rx_code *code, uint32_t c)
{
    uint32_t class[8];
    size_t n = eqli_fold_class(c, class);
    for (size_t i = 0; n > 1 && i < n; i++)
        eqli_rx_add_range(code, class[i], class[i]);
}

static bool has_char(eqli_rx_range r, uint32_t c)
{
    return c >= r.lo && c <= r.hi;
}

/* Of the characters with the same fold, which follow each other in the list, all are added or none. */
static void fold_wide_range(eqli_rx_code *code, eqli_rx_range r)
{
    if (!code->folds)
        list_folds(code);
    for (uint32_t i = 0, end; i < code->n_folds && code->status == EQLM_OK; i = end) {
        uint32_t folded = (uint32_t)(code->folds[i] >> 32);
        bool touched = has_char(r, folded);
        for (end = i; end < code->n_folds && code->folds[end] >> 32 == folded; end++)
            touched |= has_char(r, (uint32_t)code->folds[end]);
        if (!touched)
            continue;
        eqli_rx_add_range(code, folded, folded);
        for (uint32_t k = i; k < end; k++)
            eqli_rx_add_range(code, (uint32_t)code->folds[k], (uint32_t)code->folds[k]);
    }
}

static void fold_range(eqli_rx_code *code, eqli_rx_range r)
{
    if (r.hi - r.lo >= FOLD_SCAN) {
        fold_wide_range(code, r);
        return;
    }
    for (uint32_t c = r.lo; c <= r.hi; c++)
        add_class_of(code, c);
}

static void fold_set(eqli_rx_code *code, uint32_t first)
{
    join_ranges(code, first);
    uint32_t end = code->n_ranges;
    for (uint32_t i = first; i < end && code->status == EQLM_OK; i++)
        fold_range(code, code->ranges[i]);
    join_ranges(code, first);
}

/* The ranges from `first` on, sorted, to their complement. */
static void invert_set(eqli_rx_code *code, uint32_t first)
{
    uint32_t from = 0, out = first, end = code->n_ranges;
    bool open = true; /* characters from `from` on are still to be covered */
    for (uint32_t i = first; i < end; i++) {
        eqli_rx_range r = code->ranges[i];
        if (r.lo > from)
            code->ranges[out++] =
                (eqli_rx_range) { from, r.lo - 1 }; /* out <= i: at most one per range read */
        from = r.hi + 1;
        open = r.hi < EQLI_RX_BAD;
    }
    code->n_ranges = out;
    if (open)
        eqli_rx_add_range(code, from, EQLI_RX_BAD);
}

static void end_set(eqli_rx_code *code, uint32_t first, bool negate)
{
    if (code->status != EQLM_OK)
        return;
    if (code->fold)
        fold_set(code, first);
    else
        join_ranges(code, first);
    if (negate)
        invert_set(code, first);
}

void eqli_rx_add_predefined(eqli_rx_code *code, uint32_t letter)
{
    uint32_t first = code->n_ranges;
    switch (letter | 0x20) {
    case 'd':
        eqli_rx_add_range(code, '0', '9');
        break;
    case 's':
        eqli_rx_add_range(code, '\t', '\n');
        eqli_rx_add_range(code, '\r', '\r');
        eqli_rx_add_range(code, ' ', ' ');
        break;
    default:
        eqli_rx_add_range(code, '0', '9');
        eqli_rx_add_range(code, 'A', 'Z');
        eqli_rx_add_range(code, '_', '_');
        eqli_rx_add_range(code, 'a', 'z');
    }
    if (!(letter & 0x20)) /* upper case: the complement, of the folded class */
        end_set(code, first, true);
}

void eqli_rx_emit_set(eqli_rx_code *code, uint32_t first, bool negate)
{
    end_set(code, first, negate);
    if (code->status != EQLM_OK)
        return;
    eqli_rx_set *sets =
        eqli_rx_grow(&code->alloc, code->sets, &code->cap_sets, code->n_sets + 1, sizeof *sets);
    if (!sets) {
        no_memory(code);
        return;
    }
    code->sets = sets;
    sets[code->n_sets] = (eqli_rx_set) { first, code->n_ranges - first };
    eqli_rx_emit(code, EQLI_RX_I_CLASS, code->n_sets++, 0);
}
