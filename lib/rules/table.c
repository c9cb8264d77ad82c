#include "rules/table.h"

#include "base/sort.h"

#include <string.h>

uint32_t eqli_number_tag(const eqlm_value *v)
{
    uint64_t bits = v->as.u64;
    if (v->type == EQLM_F64) {
        double d = v->as.f64;
        if (d >= -9223372036854775808.0 && d < 9223372036854775808.0 && (double)(int64_t)d == d)
            bits = (uint64_t)(int64_t)d;
        else if (d >= 9223372036854775808.0 && d < 18446744073709551616.0)
            bits = (uint64_t)d;
    }
    return eqli_tag(bits, 1);
}

bool eqli_table_new(eqli_arena *arena, const eqli_table_cell *cells, uint32_t n, eqli_table *out)
{
    uint32_t size = 2;
    *out = (eqli_table) { .cells = NULL };
    if (n == 0)
        return true;
    if (n > UINT32_MAX / 4)
        return false;
    while (size < 2 * (uint64_t)n)
        size *= 2;
    eqli_table_cell *table = eqli_arena_array(arena, size, sizeof *table);
    uint32_t shift = 26;
    while (shift > 12 && UINT32_C(1) << (32 - shift) < 8 * size)
        shift--;
    uint64_t *filter = eqli_arena_array(arena, ((size_t)1 << (32 - shift)) / 64, sizeof *filter);
    if (!table || !filter)
        return false;
    for (uint32_t i = 0; i < size; i++)
        table[i].value = EQLI_NO_ENTRY;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = cells[k].tag ^ cells[k].tag >> 15;
        while (table[i & (size - 1)].value != EQLI_NO_ENTRY)
            i++;
        table[i & (size - 1)] = cells[k];
        filter[(cells[k].tag >> shift) / 64] |= UINT64_C(1) << (cells[k].tag >> shift) % 64;
    }
    *out = (eqli_table) { table, filter, size - 1, shift };
    return true;
}

/* ---- Building ------------------------------------------------------------------------------------------ */

static bool same_literal(const eqli_literal_use *a, const eqli_literal_use *b)
{
    return a->class == b->class && a->tag == b->tag && a->len == b->len && a->at == b->at &&
           (a->class == EQLI_LIT_EXACT || memcmp(a->text, b->text, a->len) == 0);
}

static int use_order(const void *x, const void *y)
{
    const eqli_literal_use *a = x, *b = y;
    if (a->class != b->class)
        return a->class < b->class ? -1 : 1;
    if (a->tag != b->tag)
        return a->tag < b->tag ? -1 : 1;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return (a->entry > b->entry) - (a->entry < b->entry);
}

typedef struct sizes {
    uint32_t literals, tags, text, postings;
    uint32_t class_tags[EQLI_LIT_CLASSES];
} sizes;

/* Where each class begins anew: a first use of a tag, a first use of a literal, a new entry. */
static sizes measure(const eqli_literal_use *uses, size_t n)
{
    sizes s = { 0 };
    for (size_t i = 0; i < n; i++) {
        bool first = i == 0;
        bool new_tag = first || uses[i].class != uses[i - 1].class || uses[i].tag != uses[i - 1].tag;
        bool new_literal = new_tag || !same_literal(&uses[i], &uses[i - 1]);
        s.class_tags[uses[i].class] += new_tag;
        s.literals += new_literal;
        s.text += new_literal && uses[i].class != EQLI_LIT_EXACT ? uses[i].len : 0;
        s.postings += new_literal; /* the count */
        s.postings += new_literal || uses[i].entry != uses[i - 1].entry;
    }
    return s;
}

static bool make_filter(eqli_arena *arena, const eqli_table_cell *cells, uint32_t n, const uint8_t **out,
                        uint8_t *shift)
{
    uint32_t bits = 10;
    while (bits < 15 && UINT32_C(1) << bits < 16 * (uint64_t)n)
        bits++;
    uint8_t *filter = eqli_arena_array(arena, (size_t)1 << bits, sizeof *filter);
    if (!filter)
        return false;
    *shift = (uint8_t)(32 - bits);
    for (uint32_t i = 0; i < n; i++)
        filter[cells[i].tag >> *shift] = 1;
    *out = filter;
    return true;
}

static bool finish_class(eqli_arena *arena, eqli_literals *out, unsigned class, const eqli_table_cell *cells,
                         uint32_t n)
{
    if (!eqli_table_new(arena, cells, n, &out->tables[class]))
        return false;
    if (n == 0 || class < EQLI_LIT_FLOAT4)
        return true;
    unsigned k = class - EQLI_LIT_FLOAT4;
    return make_filter(arena, cells, n, &out->filters[k], &out->shift[k]);
}

bool eqli_literals_new(eqli_arena *arena, eqli_literal_use *uses, size_t n, eqli_literals *out)
{
    *out = (eqli_literals) { .texts = NULL };
    eqli_sort(uses, n, sizeof(eqli_literal_use), use_order);
    sizes s = measure(uses, n);
    eqli_literal *literals = eqli_arena_array(arena, s.literals, sizeof *literals);
    uint32_t *postings = eqli_arena_array(arena, s.postings, sizeof *postings);
    char *texts = eqli_arena_alloc(arena, s.text + 8); /* loads of eight bytes may go beyond the last text */
    eqli_table_cell *cells = eqli_mem_new(&arena->alloc, (size_t)s.literals * sizeof *cells);
    bool ok = literals && postings && texts && cells;
    uint32_t n_literals = 0, n_postings = 0, n_text = 0, count = 0;
    size_t i = 0;
    for (unsigned class = 0; ok && class < EQLI_LIT_CLASSES; class ++) {
        uint32_t n_cells = 0;
        for (; i < n && uses[i].class == class; i++) {
            const eqli_literal_use *u = &uses[i], *before = i ? &uses[i - 1] : NULL;
            bool new_tag = !before || before->class != class || before->tag != u->tag;
            if (new_tag || !same_literal(u, before)) {
                eqli_literal *l = &literals[n_literals];
                *l = (eqli_literal) { .text = n_text, .postings = n_postings, .at = u->at };
                if (class != EQLI_LIT_EXACT) {
                    l->len = u->len;
                    memcpy(texts + n_text, u->text, u->len);
                    n_text += u->len;
                }
                if (!new_tag)
                    l[-1].more = true;
                else
                    cells[n_cells++] = (eqli_table_cell) { u->tag, n_literals };
                n_literals++;
                count = n_postings++;
            } else if (u->entry == before->entry) {
                continue;
            }
            postings[count]++;
            postings[n_postings++] = u->entry;
        }
        ok = finish_class(arena, out, class, cells, n_cells);
    }
    eqli_mem_free(&arena->alloc, cells, (size_t)s.literals * sizeof *cells);
    out->literals = literals;
    out->postings = postings;
    out->texts = texts;
    return ok;
}
