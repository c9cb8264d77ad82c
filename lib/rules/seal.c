/* seal.c - reads the entries of a set, and splits it by the values of one slot. */
#include "ops/pattern_set.h"
#include "base/sort.h"
#include "rules/seal.h"

#include <string.h>

void *eqli_vec_add(const eqlm_alloc *alloc, eqli_vec *l, size_t size)
{
    if (l->n == l->cap) {
        if (l->cap > UINT32_MAX / 2)
            return NULL;
        uint32_t cap = l->cap ? 2 * l->cap : 256;
        void *items = eqli_mem_resize(alloc, l->items, l->cap, cap, size);
        if (!items)
            return NULL;
        l->items = items;
        l->cap = cap;
    }
    return (char *)l->items + l->n++ * size;
}

void eqli_vec_clear(const eqlm_alloc *alloc, eqli_vec *l, size_t size)
{
    eqli_mem_free(alloc, l->items, l->cap * size);
    *l = (eqli_vec) { NULL, 0, 0 };
}

/* ---- Slots --------------------------------------------------------------------------------------------- */

static bool is_event_slot(const eqli_slot *s)
{
    return s->scope == 0 && !s->element && s->parent == EQLI_NO_FIELD;
}

/* Programs of one schema number its fields alike, so a field is a slot of the set. */
static bool intern_slots(eqli_builder *b)
{
    eqlm_rules *r = b->rules;
    for (uint32_t i = 0; i < r->n; i++) {
        const eqlm_program *p = r->entries[i].program;
        for (uint32_t k = 0; k < p->n_slots; k++) {
            if (is_event_slot(&p->slots[k]) && p->slots[k].place.field >= b->n_fields)
                b->n_fields = p->slots[k].place.field + 1;
        }
    }
    b->slot_of_field = eqli_mem_new(b->alloc, b->n_fields * sizeof *b->slot_of_field);
    r->slots = eqli_arena_array(&r->arena, b->n_fields, sizeof *r->slots);
    if (!b->slot_of_field || !r->slots)
        return false;
    memset(b->slot_of_field, 0xff, b->n_fields * sizeof *b->slot_of_field);
    for (uint32_t i = 0; i < r->n; i++) {
        const eqlm_program *p = r->entries[i].program;
        for (uint32_t k = 0; k < p->n_slots; k++) {
            const eqli_slot *s = &p->slots[k];
            if (!is_event_slot(s) || b->slot_of_field[s->place.field] != EQLI_NO_FIELD)
                continue;
            b->slot_of_field[s->place.field] = r->n_slots;
            r->slots[r->n_slots++] = (eqli_rules_slot) { s->place, p, s->name };
        }
    }
    return true;
}

/* ---- Counts -------------------------------------------------------------------------------------------- */

static uint64_t text_bytes(const eqlm_rules *r)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < r->n; i++)
        n += r->entries[i].program->pool_len;
    return n;
}

/* Counts the values that entries ask for, and the entries that ask a slot: `last` is by slot the last of
 * them, counted from 1. */
static bool count_uses(eqli_builder *b, uint32_t *last)
{
    const eqlm_rules *r = b->rules;
    for (uint32_t i = 0; i < r->n; i++) {
        const eqli_rules_entry *e = &r->entries[i];
        for (uint32_t pc = e->start; pc < e->start + e->len; pc++) {
            const eqli_insn *in = &e->program->insns[pc];
            uint32_t slot = eqli_builder_slot(b, e->program, in);
            eqli_members m;
            if (slot == EQLI_NO_FIELD)
                continue;
            b->presence[slot] += last[slot] != i + 1;
            last[slot] = i + 1;
            if (eqli_test_members(e->program, in, &m) && !eqli_counts_add(&b->counts, slot, &m))
                return false;
        }
    }
    return true;
}

#define HALF_PRESENT 0.1f /* a slot that this part of the entries asks for is in half of the events */

/* A slot is as common in events as it is in rules, more or less. */
static bool count_entries(eqli_builder *b)
{
    eqlm_rules *r = b->rules;
    uint32_t *last = eqli_mem_new(b->alloc, r->n_slots * sizeof *last);
    b->presence = eqli_mem_new(b->alloc, r->n_slots * sizeof *b->presence);
    bool ok = last && b->presence && eqli_counts_init(&b->counts, b->alloc, r->n_slots, 2 * text_bytes(r)) &&
              count_uses(b, last);
    for (uint32_t s = 0; ok && s < r->n_slots; s++)
        b->presence[s] /= b->presence[s] + HALF_PRESENT * (float)r->n;
    eqli_mem_free(b->alloc, last, r->n_slots * sizeof *last);
    return ok;
}

/* ---- Clauses over the values of one slot --------------------------------------------------------------- */

/* Cost of an exact test, or of the slot having any value. */
static bool test_cost(eqli_builder *b, uint32_t slot, const eqlm_program *p, const eqli_insn *in, float *out)
{
    eqli_members m;
    *out = b->presence[slot];
    if (!eqli_test_members(p, in, &m) || !eqli_members_exact(&m))
        return true;
    float sum = 0;
    for (uint32_t i = 0; i < m.n; i++) {
        eqli_need need;
        if (eqli_need_of(&b->counts, slot, &m, i, EQLI_FLOAT_NONE, &need) == EQLI_NEED_NOMEM)
            return false;
        sum += need.p;
    }
    *out = b->presence[slot] * (sum < 0.99f ? sum : 0.99f);
    return true;
}

static bool add_values(eqli_builder *b, uint32_t slot, const eqli_members *m)
{
    for (uint32_t i = 0; i < m->n; i++) {
        eqli_need need;
        uint32_t *tag = eqli_vec_add(b->alloc, &b->values, sizeof *tag);
        if (!tag || eqli_need_of(&b->counts, slot, m, i, EQLI_FLOAT_NONE, &need) != EQLI_NEED_OK)
            return false;
        *tag = need.tag;
    }
    return true;
}

/* Remembers the clause the flow has chosen. */
static bool add_clause(eqli_builder *b, uint32_t entry, uint32_t slot, float cost)
{
    const eqlm_program *p = b->flow.program;
    eqli_slot_clause c = {
        .slot = slot, .entry = entry, .first_value = b->values.n, .p = cost < 1 ? cost : 1
    };
    bool any = false;
    for (uint32_t i = 0; i < b->flow.n; i++) {
        const eqli_insn *in = &p->insns[b->flow.start + i];
        eqli_members m;
        if (!eqli_flow_chosen(&b->flow, i))
            continue;
        if (!eqli_test_members(p, in, &m) || !eqli_members_exact(&m)) {
            any = true;
            continue;
        }
        c.numbers |= m.numbers;
        c.texts |= !m.numbers;
        c.constant = b->values.n == c.first_value ? m.first : c.constant;
        if (!add_values(b, slot, &m))
            return false;
    }
    if (any)
        b->values.n = c.first_value;
    c.n_values = b->values.n - c.first_value;
    eqli_slot_clause *out = eqli_vec_add(b->alloc, &b->clauses, sizeof *out);
    if (out)
        *out = c;
    return out != NULL;
}

static bool solve_slot(eqli_builder *b, uint32_t entry, uint32_t slot)
{
    eqli_flow *f = &b->flow;
    eqli_flow_forget(f);
    for (uint32_t i = 0; i < f->n; i++) {
        const eqli_insn *in = &f->program->insns[f->start + i];
        if (f->nodes[i].open && eqli_builder_slot(b, f->program, in) == slot &&
            !test_cost(b, slot, f->program, in, &f->nodes[i].test))
            return false;
    }
    float cost = eqli_flow_solve(f);
    return cost >= EQLI_NO_CLAUSE || add_clause(b, entry, slot, cost);
}

static bool read_entry(eqli_builder *b, uint32_t entry)
{
    const eqli_rules_entry *e = &b->rules->entries[entry];
    uint32_t seen[EQLI_MAX_ENTRY_SLOTS], n = 0;
    if (!eqli_flow_read(&b->flow, e->program, e->start, e->len))
        return false;
    b->dead[entry] = !eqli_flow_open(&b->flow);
    for (uint32_t i = 0; i < e->len && n < EQLI_MAX_ENTRY_SLOTS && !b->dead[entry]; i++) {
        uint32_t slot = EQLI_NO_FIELD, k = 0;
        if (b->flow.nodes[i].open)
            slot = eqli_builder_slot(b, e->program, &e->program->insns[e->start + i]);
        while (k < n && seen[k] != slot)
            k++;
        if (slot == EQLI_NO_FIELD || k < n)
            continue;
        seen[n++] = slot;
        if (!solve_slot(b, entry, slot))
            return false;
    }
    return true;
}

static bool read_entries(eqli_builder *b)
{
    eqlm_rules *r = b->rules;
    b->first_clause = eqli_mem_new(b->alloc, (r->n + (size_t)1) * sizeof *b->first_clause);
    b->dead = eqli_mem_new(b->alloc, r->n * sizeof *b->dead);
    if (!b->first_clause || !b->dead)
        return false;
    for (uint32_t i = 0; i < r->n; i++) {
        b->first_clause[i] = b->clauses.n;
        if (!read_entry(b, i))
            return false;
    }
    b->first_clause[r->n] = b->clauses.n;
    return true;
}

/* ---- Guards -------------------------------------------------------------------------------------------- */

bool eqli_builder_note(eqli_builder *b, uint32_t entry, eqli_guard guard)
{
    if (b->explained[entry] != b->part)
        return true;
    eqli_guard_note *note = eqli_vec_add(b->alloc, &b->notes, sizeof *note);
    if (note)
        *note = (eqli_guard_note) { entry, guard };
    return note != NULL;
}

bool eqli_builder_note_clause(eqli_builder *b, const eqli_slot_clause *c)
{
    uint8_t kind = c->n_values ? EQLI_GUARD_IS : EQLI_GUARD_EXISTS;
    return eqli_builder_note(b, c->entry, (eqli_guard) { c->slot, c->constant, c->n_values, kind, false });
}

/* Sorts the notes by entry, in the order they were made. */
static bool keep_guards(eqli_builder *b)
{
    eqlm_rules *r = b->rules;
    const eqli_guard_note *notes = b->notes.items;
    eqli_guard *guards = eqli_arena_array(&r->arena, b->notes.n, sizeof *guards);
    uint32_t at = 0;
    if (!guards)
        return false;
    for (uint32_t i = 0; i < r->n; i++)
        r->entries[i].n_guards = 0;
    for (uint32_t i = 0; i < b->notes.n; i++)
        r->entries[notes[i].entry].n_guards++;
    for (uint32_t i = 0; i < r->n; i++) {
        r->entries[i].first_guard = at;
        at += r->entries[i].n_guards;
        r->entries[i].n_guards = 0;
    }
    for (uint32_t i = 0; i < b->notes.n; i++) {
        eqli_rules_entry *e = &r->entries[notes[i].entry];
        guards[e->first_guard + e->n_guards++] = notes[i].guard;
    }
    r->guards = guards;
    return true;
}

/* ---- Parts --------------------------------------------------------------------------------------------- */

enum { MIN_SPLIT = 64, MIN_PART = 8 };

typedef struct slot_score {
    uint32_t n; /* entries that ask for a value of the slot */
    float gain;
} slot_score;

/* The slot for which nearly every entry asks a value, and an uncommon one at that. */
static bool choose_partition(eqli_builder *b, uint32_t *out)
{
    eqlm_rules *r = b->rules;
    slot_score *scores = eqli_mem_new(b->alloc, r->n_slots * sizeof *scores);
    *out = EQLI_NO_FIELD;
    if (!scores)
        return false;
    for (uint32_t i = 0; i < b->clauses.n; i++) {
        const eqli_slot_clause *c = eqli_clause_at(b, i);
        bool by_text = c->n_values > 0 && !c->numbers;
        scores[c->slot].n += by_text;
        scores[c->slot].gain += by_text ? 1 - c->p : 0;
    }
    for (uint32_t s = 0; s < r->n_slots && r->n >= MIN_SPLIT; s++) {
        if (scores[s].n >= r->n - r->n / 5 && (*out == EQLI_NO_FIELD || scores[s].gain > scores[*out].gain))
            *out = s;
    }
    eqli_mem_free(b->alloc, scores, r->n_slots * sizeof *scores);
    return true;
}

static const eqli_slot_clause *clause_of(const eqli_builder *b, uint32_t entry, uint32_t slot)
{
    for (uint32_t i = b->first_clause[entry]; i < b->first_clause[entry + 1]; i++) {
        if (eqli_clause_at(b, i)->slot == slot)
            return eqli_clause_at(b, i);
    }
    return NULL;
}

/* The most frequent values of the partition slot, at most EQLI_MAX_PARTS - 1. */
static bool choose_values(eqli_builder *b, uint32_t slot, eqli_table_cell *parts, uint32_t *n_parts)
{
    eqli_vec all = { NULL, 0, 0 };
    bool ok = true;
    *n_parts = 0;
    for (uint32_t i = 0; i < b->rules->n && ok; i++) {
        const eqli_slot_clause *c = clause_of(b, i, slot);
        for (uint32_t k = 0; c && !c->numbers && k < c->n_values && ok; k++) {
            uint64_t *v = eqli_vec_add(b->alloc, &all, sizeof *v);
            ok = v != NULL;
            if (ok)
                *v = eqli_clause_values(b, c)[k];
        }
    }
    if (ok)
        eqli_sort_u64(all.items, all.n);
    const uint64_t *v = all.items;
    uint32_t runs = 0;
    for (uint32_t i = 0, end; ok && i < all.n; i = end) {
        for (end = i; end < all.n && v[end] == v[i]; end++)
            continue;
        uint64_t *run = &((uint64_t *)all.items)[runs];
        if (end - i >= MIN_PART) {
            *run = (uint64_t)(end - i) << 32 | v[i];
            runs++;
        }
    }
    if (ok && runs)
        eqli_sort_u64(all.items, runs);
    for (uint32_t i = runs; i-- > 0 && *n_parts < EQLI_MAX_PARTS - 1; (*n_parts)++)
        parts[*n_parts] = (eqli_table_cell) { (uint32_t)v[i], *n_parts };
    eqli_vec_clear(b->alloc, &all, sizeof(uint64_t));
    return ok;
}

/* Whether the entry can hold for an event whose value has the tag; rest: whose values are none of the n tags.
 */
static bool in_part(const eqli_builder *b, uint32_t entry, uint32_t slot, const eqli_table_cell *parts,
                    uint32_t n, uint32_t part)
{
    if (b->dead[entry])
        return false;
    const eqli_slot_clause *c = slot == EQLI_NO_FIELD ? NULL : clause_of(b, entry, slot);
    if (!c || c->n_values == 0 || c->numbers)
        return true;
    for (uint32_t k = 0; k < c->n_values; k++) {
        uint32_t tag = eqli_clause_values(b, c)[k], i = 0;
        while (i < n && parts[i].tag != tag)
            i++;
        if (i == part)
            return true;
    }
    return false;
}

static bool build_part(eqli_builder *b, const eqli_table_cell *cells, uint32_t n_cells, uint32_t part)
{
    eqlm_rules *r = b->rules;
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n; i++)
        n += in_part(b, i, r->partition_slot, cells, n_cells, part);
    uint32_t *entries = eqli_arena_array(&r->arena, n, sizeof *entries);
    if (!entries)
        return false;
    n = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        if (in_part(b, i, r->partition_slot, cells, n_cells, part))
            entries[n++] = i;
    }
    b->part = part + 1;
    for (uint32_t i = 0; i < n; i++) {
        const eqli_slot_clause *c = NULL;
        if (b->explained[entries[i]] == 0)
            b->explained[entries[i]] = b->part;
        if (r->partition_slot != EQLI_NO_FIELD && part < n_cells)
            c = clause_of(b, entries[i], r->partition_slot);
        if (c && !eqli_builder_note_clause(b, c))
            return false;
    }
    uint32_t skip = part < n_cells ? r->partition_slot : EQLI_NO_FIELD;
    if (!eqli_part_build(b, entries, n, skip, &r->parts[part]))
        return false;
    if (r->parts[part].n_words > r->max_words)
        r->max_words = r->parts[part].n_words;
    return true;
}

/* What most entries ask first. */
static bool find_category(eqli_builder *b)
{
    eqlm_rules *r = b->rules;
    uint32_t *n = eqli_mem_new(b->alloc, r->n_slots * sizeof *n);
    r->category_slot = EQLI_NO_FIELD;
    for (uint32_t i = 0; n && i < r->n; i++) {
        const eqli_rules_entry *e = &r->entries[i];
        const eqli_insn *in = &e->program->insns[e->start];
        uint32_t slot = eqli_builder_slot(b, e->program, in);
        if (slot != EQLI_NO_FIELD && in->op == EQLI_OP_EQUAL_TEXT && ++n[slot] > r->n / 2)
            r->category_slot = slot;
    }
    eqli_mem_free(b->alloc, n, r->n_slots * sizeof *n);
    return n != NULL;
}

/* Entries that never hold are in no part. */
static bool note_dead(eqli_builder *b)
{
    b->part = 0;
    for (uint32_t i = 0; i < b->rules->n; i++) {
        if (b->dead[i] && !eqli_builder_note(b, i, (eqli_guard) { .kind = EQLI_GUARD_NEVER }))
            return false;
    }
    return true;
}

static bool build_parts(eqli_builder *b)
{
    eqlm_rules *r = b->rules;
    eqli_table_cell cells[EQLI_MAX_PARTS];
    uint32_t n = 0;
    b->explained = eqli_mem_new(b->alloc, r->n * sizeof *b->explained);
    if (!b->explained || !find_category(b) || !note_dead(b) || !choose_partition(b, &r->partition_slot))
        return false;
    if (r->partition_slot != EQLI_NO_FIELD && !choose_values(b, r->partition_slot, cells, &n))
        return false;
    r->parts = eqli_arena_array(&r->arena, n + 1, sizeof *r->parts);
    if (!r->parts || !eqli_table_new(&r->arena, cells, n, &r->partition))
        return false;
    r->n_parts = n + 1;
    for (uint32_t i = 0; i < r->n_parts; i++) {
        if (!build_part(b, cells, n, i))
            return false;
    }
    return true;
}

eqlm_status eqlm_rules_seal(eqlm_rules *r)
{
    if (!r)
        return EQLM_E_ARGUMENT;
    if (r->sealed)
        return EQLM_OK;
    eqli_builder b = { .rules = r, .alloc = &r->alloc };
    eqli_flow_init(&b.flow, &r->alloc);
    bool ok = intern_slots(&b) && count_entries(&b) && read_entries(&b) && build_parts(&b) &&
              keep_guards(&b) && eqli_share_tests(&b) && eqli_order_conjuncts(&b);
    eqli_flow_clear(&b.flow);
    eqli_counts_clear(&b.counts);
    eqli_vec_clear(b.alloc, &b.clauses, sizeof(eqli_slot_clause));
    eqli_vec_clear(b.alloc, &b.values, sizeof(uint32_t));
    eqli_vec_clear(b.alloc, &b.notes, sizeof(eqli_guard_note));
    eqli_mem_free(b.alloc, b.explained, r->n * sizeof *b.explained);
    eqli_mem_free(b.alloc, b.presence, r->n_slots * sizeof *b.presence);
    eqli_mem_free(b.alloc, b.slot_of_field, b.n_fields * sizeof *b.slot_of_field);
    eqli_mem_free(b.alloc, b.first_clause, (r->n + (size_t)1) * sizeof *b.first_clause);
    eqli_mem_free(b.alloc, b.dead, r->n * sizeof *b.dead);
    r->sealed = ok;
    if (!ok) { /* as before the call */
        eqli_arena_clear(&r->arena);
        r->slots = NULL;
        r->parts = NULL;
        r->n_slots = r->n_parts = r->max_words = r->n_shared = 0;
        for (uint32_t i = 0; i < r->n; i++)
            r->entries[i].shared = NULL;
    }
    return ok ? EQLM_OK : EQLM_E_NOMEM;
}
