/* match.c - finds the entries that may hold for an event, and runs them. */
#include "rules/rules.h"

#include "base/text.h"
#include "vm/profile.h"

#include <string.h>

typedef struct finder {
    eqlm_vm *vm;
    const eqlm_rules *rules;
    const void *event;
    uint64_t *candidates, *hits; /* of the part being looked at */
    uint64_t *found;             /* entries that hold, when several parts are looked at */
    uint32_t *numbers;
    size_t n;
    bool selects; /* lists entries without running them */
} finder;

/* The text of a value in the form of the tables. False: it has none, or *r is not OK. */
static bool key_text(eqlm_vm *vm, const eqlm_value *v, eqli_key_text *out, eqli_op_result *r)
{
    eqlm_value text = *v;
    if (v->type != EQLM_STRING) {
        *r = eqli_read_as(EQLI_AS_STR, true, v, &vm->keep, &text);
        if (*r != EQLI_OP_OK || text.type != EQLM_STRING)
            return false;
    }
    eqli_key_text_init(out, text.len ? text.as.str : "", text.len);
    bool ascii =
        text.len <= 16 ? ((out->head | out->tail) & EQLI_PAT_HIGH) == 0 : eqli_pat_ascii(out->ptr, out->len);
    if (ascii)
        return true;
    char *folded = eqli_arena_alloc(&vm->keep, EQLI_FOLD_MAX((size_t)text.len));
    if (!folded) {
        *r = eqli_op_no_room(&vm->keep);
        return false;
    }
    eqli_key_text_init(out, folded, eqli_fold_text(folded, text.as.str, text.len));
    return true;
}

/* A test for a text may hold for an address or a date although its text is another: "10.0.0.0/8", "2026". */
static bool escapes(bool texts, const eqlm_value *v)
{
    return texts && eqli_is_own(v);
}

static void read_slot(const finder *f, uint32_t slot, eqli_values *out)
{
    const eqlm_rules *r = f->rules;
    eqli_read(&r->slots[slot].place, r->get, r->get_ctx, f->event, out);
}

/* Tag of a value as a number. */
static bool number_tag(const eqlm_value *v, uint32_t *out)
{
    eqlm_value n;
    if (eqli_read_as(EQLI_AS_NUM, true, v, NULL, &n) != EQLI_OP_OK || n.type == EQLM_NULL)
        return false;
    *out = eqli_number_tag(&n);
    return true;
}

/* ---- Dispatch ------------------------------------------------------------------------------------------ */

static void and_mask(uint64_t *to, const uint64_t *mask, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        to[i] &= mask[i];
}

/* An event with several values keeps the entries of each: their masks are joined before they are applied. */
static void join(finder *f, const uint64_t **mask, const uint64_t *more, uint32_t n)
{
    uint64_t *joined = f->hits;
    if (*mask == NULL) {
        *mask = more;
        return;
    }
    if (*mask == more)
        return;
    for (uint32_t w = 0; w < n; w++)
        joined[w] = (*mask)[w] | more[w];
    *mask = joined;
}

static eqli_op_result dispatch(finder *f, const eqli_part *part, const eqli_dispatch *d)
{
    eqli_values values;
    eqlm_value v;
    eqli_op_result r = EQLI_OP_OK;
    const uint64_t *mask = NULL;
    read_slot(f, d->slot, &values);
    for (uint32_t i = 0; i < values.n; i++) {
        eqli_key_text text;
        uint32_t tag, value, number = EQLI_NO_ENTRY;
        if (!eqli_values_at(&values, i, &v))
            continue;
        if (escapes(d->texts, &v))
            return EQLI_OP_OK;
        value = d->texts && key_text(f->vm, &v, &text, &r)
                    ? eqli_table_find(&d->values, eqli_exact_tag(&text))
                    : EQLI_NO_ENTRY;
        if (r != EQLI_OP_OK)
            return r;
        if (d->numbers && number_tag(&v, &tag))
            number = eqli_table_find(&d->values, tag);
        if (value != EQLI_NO_ENTRY)
            join(f, &mask, d->masks + (size_t)value * part->n_words, part->n_words);
        if (number != EQLI_NO_ENTRY)
            join(f, &mask, d->masks + (size_t)number * part->n_words, part->n_words);
        if (value == EQLI_NO_ENTRY && number == EQLI_NO_ENTRY)
            join(f, &mask, d->unknown, part->n_words);
    }
    and_mask(f->candidates, mask ? mask : d->absent, part->n_words);
    return EQLI_OP_OK;
}

/* ---- Index --------------------------------------------------------------------------------------------- */

/* Whether any candidate asks the slot. */
static bool is_worth_asking(const eqli_lookup *x, const uint64_t *candidates)
{
    for (uint32_t i = 0; i < x->n_users; i++) {
        if (x->users[i].bits & candidates[x->users[i].word])
            return true;
    }
    return false;
}

static eqli_op_result look_up(finder *f, const eqli_lookup *x)
{
    eqli_values values;
    eqlm_value v;
    eqli_op_result r = EQLI_OP_OK;
    read_slot(f, x->slot, &values);
    for (uint32_t i = 0; i < values.n; i++) {
        eqli_key_text text;
        uint32_t tag;
        if (!eqli_values_at(&values, i, &v))
            continue;
        if (escapes(x->texts, &v)) {
            for (uint32_t k = 0; k < x->n_users; k++)
                f->hits[x->users[k].word] |= x->users[k].bits;
            return EQLI_OP_OK;
        }
        if (x->texts && key_text(f->vm, &v, &text, &r))
            eqli_literals_find(&x->literals, &text, f->hits);
        if (r != EQLI_OP_OK)
            return r;
        if (x->numbers && number_tag(&v, &tag))
            eqli_literals_find_tag(&x->literals, tag, f->hits);
    }
    return r;
}

/* Leaves in candidates the entries whose clauses the event satisfies. */
static eqli_op_result find_candidates(finder *f, const eqli_part *part)
{
    memset(f->candidates, 0xff, part->n_words * sizeof *f->candidates);
    if (part->n % 64)
        f->candidates[part->n_words - 1] = (UINT64_C(1) << part->n % 64) - 1;
    for (uint32_t i = 0; i < part->n_dispatches; i++) {
        eqli_op_result r = dispatch(f, part, &part->dispatches[i]);
        if (r != EQLI_OP_OK)
            return r;
    }
    memcpy(f->hits, part->unindexed, part->n_words * sizeof *f->hits);
    for (uint32_t i = 0; i < part->n_indexes; i++) {
        const eqli_lookup *x = &part->indexes[i];
        if (!is_worth_asking(x, f->candidates))
            continue;
        eqli_op_result r = look_up(f, x);
        if (r != EQLI_OP_OK)
            return r;
    }
    and_mask(f->candidates, f->hits, part->n_words);
    return EQLI_OP_OK;
}

/* ---- Running ------------------------------------------------------------------------------------------- */

static eqli_op_result run_entry(finder *f, uint32_t entry, bool *hit)
{
    const eqli_rules_entry *e = &f->rules->entries[entry];
    eqlm_vm *vm = f->vm;
    if (e->program->n_regs > vm->n_regs || vm->scratch.max != e->program->max_scratch) {
        if (eqli_vm_prepare(vm, e->program) != EQLM_OK)
            return EQLI_OP_NOMEM;
    }
    uint64_t errors = vm->errors;
    eqli_op_result r =
        eqli_vm_run_all(vm, e->program, e->conjuncts, e->n_conjuncts, e->shared, e->start, f->event, hit);
    if (r == EQLI_OP_NOMEM || (r == EQLI_OP_OK && vm->errors == errors))
        return r;
    /* In the order of the query a test may not be reached, or another limit. */
    vm->errors = errors;
    *hit = false;
    return eqli_vm_run(vm, e->program, e->start, f->event, hit);
}

static eqli_op_result run_part(finder *f, const eqli_part *part)
{
    eqli_op_result r = find_candidates(f, part);
    for (uint32_t w = 0; w < part->n_words && r == EQLI_OP_OK; w++) {
        for (uint64_t bits = f->candidates[w]; bits && r == EQLI_OP_OK; bits &= bits - 1) {
            uint32_t entry = part->entries[w * 64 + eqli_pat_lowest(bits)];
            bool hit = f->selects;
            if (!hit) {
                uint64_t began = eqli_profile_now(f->vm->profile);
                r = run_entry(f, entry, &hit);
                eqli_profile_run(f->vm->profile, entry, began, hit);
            }
            if (!hit)
                continue;
            if (f->found)
                f->found[entry / 64] |= UINT64_C(1) << entry % 64;
            else
                f->numbers[f->n++] = entry;
        }
    }
    return r;
}

/* The parts an event belongs to, one bit each; an event with several values may belong to several. */
static eqli_op_result parts_of(finder *f, uint32_t *out)
{
    const eqlm_rules *rules = f->rules;
    uint32_t rest = rules->n_parts - 1;
    eqli_values values;
    eqlm_value v;
    eqli_op_result r = EQLI_OP_OK;
    *out = 0;
    if (rules->partition_slot != EQLI_NO_FIELD) {
        read_slot(f, rules->partition_slot, &values);
        for (uint32_t i = 0; i < values.n && r == EQLI_OP_OK; i++) {
            eqli_key_text text;
            if (!eqli_values_at(&values, i, &v))
                continue;
            if (escapes(true, &v))
                *out = UINT32_MAX >> (31 - rest);
            if (!key_text(f->vm, &v, &text, &r))
                continue;
            uint32_t part = eqli_table_find(&rules->partition, eqli_exact_tag(&text));
            *out |= UINT32_C(1) << (part == EQLI_NO_ENTRY ? rest : part);
        }
    }
    if (*out == 0)
        *out = UINT32_C(1) << rest;
    return r;
}

static void list_found(finder *f)
{
    for (uint32_t w = 0; w < (f->rules->n + 63) / 64; w++) {
        for (uint64_t bits = f->found[w]; bits; bits &= bits - 1)
            f->numbers[f->n++] = w * 64 + eqli_pat_lowest(bits);
    }
}

/* Prepares a search of the set. False: no memory. */
static bool finder_init(finder *f, eqlm_vm *vm, const eqlm_rules *rules, const void *event)
{
    size_t words = rules->max_words, all_words = (rules->n + (size_t)63) / 64;
    void *block =
        eqli_vm_block(vm, (2 * words + all_words + 1) * sizeof(uint64_t) + rules->n * sizeof(uint32_t));
    if (!block)
        return false;
    uint64_t *masks = block;
    *f = (finder) { .vm = vm,
                    .rules = rules,
                    .event = event,
                    .candidates = masks,
                    .hits = masks + words,
                    .found = masks + 2 * words,
                    .numbers = (uint32_t *)(void *)(masks + 2 * words + all_words) };
    eqli_arena_reset(&vm->keep);
    vm->keep.max = SIZE_MAX; /* a limit is that of the last expression */
    return eqli_vm_forget_answers(vm, rules->n_shared);
}

static eqli_op_result run_parts(finder *f)
{
    uint32_t parts;
    eqli_op_result r = parts_of(f, &parts);
    if (parts & (parts - 1))
        memset(f->found, 0, (f->rules->n + (size_t)63) / 64 * sizeof *f->found);
    else
        f->found = NULL;
    for (; parts && r == EQLI_OP_OK; parts &= parts - 1)
        r = run_part(f, &f->rules->parts[eqli_pat_lowest(parts)]);
    return r;
}

static eqli_op_result find(eqlm_vm *vm, const eqlm_rules *rules, const void *event, bool selects,
                           const uint32_t **numbers, size_t *n)
{
    finder f;
    if (!finder_init(&f, vm, rules, event))
        return EQLI_OP_NOMEM;
    f.selects = selects;
    eqli_op_result r = run_parts(&f);
    if (r != EQLI_OP_OK)
        return r;
    if (f.found)
        list_found(&f);
    *numbers = f.numbers;
    *n = f.n;
    return EQLI_OP_OK;
}

eqli_op_result eqli_rules_run(eqlm_vm *vm, const eqlm_rules *rules, const void *event,
                              const uint32_t **numbers, size_t *n)
{
    return find(vm, rules, event, false, numbers, n);
}

eqli_op_result eqli_rules_select(eqlm_vm *vm, const eqlm_rules *rules, const void *event,
                                 const uint32_t **numbers, size_t *n)
{
    return find(vm, rules, event, true, numbers, n);
}

eqli_op_result eqli_rules_run_entry(eqlm_vm *vm, const eqlm_rules *rules, uint32_t entry, const void *event,
                                    bool *hit)
{
    finder f = { .vm = vm, .rules = rules, .event = event };
    return run_entry(&f, entry, hit);
}
