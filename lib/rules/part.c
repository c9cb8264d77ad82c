/* part.c - builds the masks and the index of one part of a rule set.
 *
 * First every entry gets its cheapest clause over values and fragments, whatever the slots; those it cannot
 * do without go to the index. Then slots for dispatch are taken as long as the entries they are expected to
 * keep from running are worth reading the slot. */
#include "ops/pattern_set.h"
#include "base/sort.h"
#include "rules/seal.h"

#include <string.h>

#define USEFUL_CLAUSE 2.0f /* a clause of which values are expected more often is not worth looking up */
#define MIN_USE 0.4f       /* entries a slot keeps from running, or it is not worth asking */
#define RUN_COST 60.0f     /* of an entry and of a dispatch, in nanoseconds; only their ratio matters */
#define DISPATCH_COST 14.0f
#define WORD_COST 0.4f

enum { MIN_SCANNERS = 3, MAX_ROUNDS = 3, MAX_DISPATCHES = 24, MAX_MASK_WORDS = 1 << 16 };

/* What an entry of the part looks for, and in which slot. */
typedef struct slot_use {
    uint32_t slot;
    bool number;
    eqli_literal_use use;
} slot_use;

/* How a slot takes part in the index. */
typedef struct slot_plan {
    float use;            /* entries that a look at its values keeps from running */
    uint32_t scanners[2]; /* those that look for fragments anywhere in its texts, of 4 bytes at least, of 3 */
    bool texts, numbers;
    uint32_t passed_over; /* the last entry, counted from 1, that had to look for a clause without it */
    bool dispatched;      /* masks see to its whole values */
    bool closed;
    uint8_t shortest; /* fragment that is looked for anywhere in a text; eqli_float */
} slot_plan;

typedef struct part_builder {
    eqli_builder *b;
    const uint32_t *entries;
    uint32_t n, n_words;
    eqli_arena *arena;
    eqli_arena temp;         /* texts of uses */
    eqli_vec uses;           /* slot_use */
    struct slot_plan *plans; /* by slot of the set */
    float *weight;           /* by entry: how often it is expected to run */
    float *left;             /* by entry: how often the masks leave it */
    uint64_t *unindexed;
    eqli_vec dispatches;
    eqli_vec indexes;
    eqli_vec notes; /* eqli_guard_note: of the clauses in uses */
} part_builder;

static uint64_t *new_mask(part_builder *pb, bool full)
{
    uint64_t *mask = eqli_arena_array(pb->arena, pb->n_words, sizeof *mask);
    for (uint32_t i = 0; mask && full && i < pb->n; i++)
        mask[i / 64] |= UINT64_C(1) << i % 64;
    return mask;
}

static void set_bit(uint64_t *mask, uint32_t i)
{
    mask[i / 64] |= UINT64_C(1) << i % 64;
}

static void clear_bit(uint64_t *mask, uint32_t i)
{
    mask[i / 64] &= ~(UINT64_C(1) << i % 64);
}

/* ---- Clauses for the index ----------------------------------------------------------------------------- */

static bool test_cost(part_builder *pb, uint32_t slot, const eqli_insn *in, float *out)
{
    eqli_builder *b = pb->b;
    eqli_members m;
    *out = EQLI_NO_CLAUSE;
    if (pb->plans[slot].closed || !eqli_test_members(b->flow.program, in, &m))
        return true;
    float sum = 0;
    for (uint32_t i = 0; i < m.n; i++) {
        eqli_need need;
        eqli_need_result r = eqli_need_of(&b->counts, slot, &m, i, pb->plans[slot].shortest, &need);
        if (r == EQLI_NEED_NOMEM)
            return false;
        if (r == EQLI_NEED_NONE)
            return true;
        sum += need.p;
    }
    *out = sum;
    return true;
}

/* Costs of all tests of the entry but those of slots it has passed over. */
static bool set_costs(part_builder *pb, uint32_t entry)
{
    eqli_flow *f = &pb->b->flow;
    eqli_flow_forget(f);
    for (uint32_t i = 0; i < f->n; i++) {
        const eqli_insn *in = &f->program->insns[f->start + i];
        uint32_t slot = f->nodes[i].open ? eqli_builder_slot(pb->b, f->program, in) : EQLI_NO_FIELD;
        if (slot != EQLI_NO_FIELD && pb->plans[slot].passed_over != entry + 1 &&
            !test_cost(pb, slot, in, &f->nodes[i].test))
            return false;
    }
    return true;
}

/* The slot of the chosen clause if masks see to it: the clause has no other, and only whole values of it. */
static uint32_t dispatched_slot(const part_builder *pb)
{
    const eqli_flow *f = &pb->b->flow;
    uint32_t found = EQLI_NO_FIELD;
    for (uint32_t i = 0; i < f->n; i++) {
        const eqli_insn *in = &f->program->insns[f->start + i];
        eqli_members m;
        if (!eqli_flow_chosen(f, i))
            continue;
        uint32_t slot = eqli_builder_slot(pb->b, f->program, in);
        if (!pb->plans[slot].dispatched || (found != EQLI_NO_FIELD && slot != found) ||
            !eqli_test_members(f->program, in, &m) || !eqli_members_exact(&m))
            return EQLI_NO_FIELD;
        found = slot;
    }
    return found;
}

/* The cheapest clause that says more than the masks do; *cost EQLI_NO_CLAUSE: none. */
static bool solve(part_builder *pb, uint32_t entry, float *cost)
{
    const eqli_rules_entry *e = &pb->b->rules->entries[entry];
    eqli_flow *f = &pb->b->flow;
    if (!eqli_flow_read(f, e->program, e->start, e->len))
        return false;
    for (;;) {
        if (!set_costs(pb, entry))
            return false;
        *cost = eqli_flow_solve(f);
        uint32_t slot = *cost < EQLI_NO_CLAUSE ? dispatched_slot(pb) : EQLI_NO_FIELD;
        if (slot == EQLI_NO_FIELD)
            return true;
        pb->plans[slot].passed_over = entry + 1;
    }
}

static uint32_t text_order(const char *s, size_t n)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * 16777619u;
    return h;
}

/* Adds what a chosen test looks for. */
static bool add_uses(part_builder *pb, uint32_t local, uint32_t slot, const eqli_insn *in, uint8_t *narrowest)
{
    eqli_builder *b = pb->b;
    eqli_members m;
    if (!eqli_test_members(b->flow.program, in, &m))
        return true;
    for (uint32_t i = 0; i < m.n; i++) {
        eqli_need need;
        slot_use *u = eqli_vec_add(b->alloc, &pb->uses, sizeof *u);
        if (!u || eqli_need_of(&b->counts, slot, &m, i, pb->plans[slot].shortest, &need) != EQLI_NEED_OK)
            return false;
        char *text = eqli_arena_copy(&pb->temp, need.text, need.len);
        if (!text)
            return false;
        *u = (slot_use) { slot,
                          m.numbers,
                          { .tag = need.tag,
                            .entry = local,
                            .order = text_order(text, need.len),
                            .class = need.class,
                            .len = need.len,
                            .at = need.at,
                            .text = text } };
        if (need.class == EQLI_LIT_FLOAT3 || (need.class == EQLI_LIT_FLOAT4 && *narrowest == 0))
            *narrowest = need.class;
        pb->plans[slot].texts |= !m.numbers;
        pb->plans[slot].numbers |= m.numbers;
    }
    return true;
}

static bool note_test(part_builder *pb, uint32_t local, uint32_t slot, const eqli_insn *in, bool *other)
{
    eqli_members m;
    eqli_guard_note *note = eqli_vec_add(pb->b->alloc, &pb->notes, sizeof *note);
    if (!note || !eqli_test_members(pb->b->flow.program, in, &m))
        return false;
    uint8_t kind = m.regex ? EQLI_GUARD_REGEX : eqli_members_exact(&m) ? EQLI_GUARD_IS : EQLI_GUARD_LIKE;
    *note = (eqli_guard_note) { pb->entries[local], { slot, m.first, m.n, kind, *other } };
    *other = true;
    return true;
}

static bool add_chosen(part_builder *pb, uint32_t local, float cost)
{
    float use = pb->left[local] / (1 + cost);
    eqli_flow *f = &pb->b->flow;
    bool other = false;
    for (uint32_t i = 0; i < f->n; i++) {
        const eqli_insn *in = &f->program->insns[f->start + i];
        uint8_t narrowest = 0;
        if (!eqli_flow_chosen(f, i))
            continue;
        uint32_t slot = eqli_builder_slot(pb->b, f->program, in);
        if (!add_uses(pb, local, slot, in, &narrowest) || !note_test(pb, local, slot, in, &other))
            return false;
        slot_plan *plan = &pb->plans[slot];
        if (narrowest)
            plan->scanners[narrowest - EQLI_LIT_FLOAT4] += in->op == EQLI_OP_REGEX ? MIN_SCANNERS : 1;
        plan->use += use;
    }
    return true;
}

static bool choose_clauses(part_builder *pb)
{
    pb->uses.n = pb->notes.n = 0;
    eqli_arena_reset(&pb->temp);
    for (uint32_t s = 0; s < pb->b->rules->n_slots; s++) {
        slot_plan *plan = &pb->plans[s];
        *plan = (slot_plan) { .dispatched = plan->dispatched,
                              .closed = plan->closed,
                              .shortest = plan->shortest };
    }
    for (uint32_t i = 0; i < pb->n; i++) {
        float cost;
        if (!solve(pb, pb->entries[i], &cost))
            return false;
        bool useful = cost <= USEFUL_CLAUSE;
        pb->weight[i] = useful ? cost : 1;
        if (useful)
            clear_bit(pb->unindexed, i);
        else
            set_bit(pb->unindexed, i);
        if (useful && !add_chosen(pb, i, cost))
            return false;
    }
    return true;
}

/* A slot that is asked for few entries, or for such as the masks seldom leave, is better left to them. Texts
 * are not scanned for a few either, with grams of 4 bytes or of 3, unless that spares a regular expression.
 * These entries choose again. */
static bool find_clauses(part_builder *pb)
{
    for (int round = 0;; round++) {
        bool again = false;
        if (!choose_clauses(pb))
            return false;
        for (uint32_t s = 0; s < pb->b->rules->n_slots; s++) {
            slot_plan *plan = &pb->plans[s];
            bool close = plan->use > 0 && plan->use < MIN_USE;
            uint32_t scanners = plan->scanners[0] + plan->scanners[1];
            uint8_t shortest = plan->shortest;
            if (scanners > 0 && scanners < MIN_SCANNERS)
                shortest = EQLI_FLOAT_NONE;
            else if (plan->scanners[1] > 0 && plan->scanners[1] < MIN_SCANNERS)
                shortest = EQLI_FLOAT_LONG;
            again |= close || shortest != plan->shortest;
            plan->closed |= close;
            plan->shortest = shortest;
        }
        if (!again || round == MAX_ROUNDS)
            return true;
    }
}

/* ---- Index --------------------------------------------------------------------------------------------- */

static bool build_index(part_builder *pb, uint32_t slot, eqli_literal_use *uses, uint32_t n)
{
    eqli_lookup *x = eqli_vec_add(pb->b->alloc, &pb->indexes, sizeof *x);
    uint64_t *mask = eqli_arena_array(&pb->temp, pb->n_words, sizeof *mask);
    uint32_t n_users = 0, k = 0;
    if (!x || !mask)
        return false;
    for (uint32_t i = 0; i < n; i++)
        set_bit(mask, uses[i].entry);
    for (uint32_t w = 0; w < pb->n_words; w++)
        n_users += mask[w] != 0;
    eqli_mask_word *users = eqli_arena_array(pb->arena, n_users, sizeof *users);
    if (!users)
        return false;
    for (uint32_t w = 0; w < pb->n_words; w++) {
        if (mask[w])
            users[k++] = (eqli_mask_word) { mask[w], w };
    }
    *x = (eqli_lookup) { .slot = slot,
                         .texts = pb->plans[slot].texts,
                         .numbers = pb->plans[slot].numbers,
                         .users = users,
                         .n_users = n_users };
    return eqli_literals_new(pb->arena, uses, n, &x->literals);
}

/* Sorts the uses by slot and builds an index of each. */
static bool build_indexes(part_builder *pb)
{
    uint32_t n_slots = pb->b->rules->n_slots;
    const slot_use *all = pb->uses.items;
    uint32_t *first = eqli_arena_array(&pb->temp, n_slots + (size_t)1, sizeof *first);
    eqli_literal_use *sorted = eqli_arena_array(&pb->temp, pb->uses.n, sizeof *sorted);
    if (!first || !sorted)
        return false;
    for (uint32_t i = 0; i < pb->uses.n; i++)
        first[all[i].slot + 1]++;
    for (uint32_t s = 0; s < n_slots; s++)
        first[s + 1] += first[s];
    for (uint32_t i = 0; i < pb->uses.n; i++)
        sorted[first[all[i].slot]++] = all[i].use; /* first[s] becomes the end of slot s */
    for (uint32_t s = 0, begin = 0; s < n_slots; begin = first[s++]) {
        if (first[s] > begin && !build_index(pb, s, sorted + begin, first[s] - begin))
            return false;
    }
    return true;
}

/* ---- Dispatch ------------------------------------------------------------------------------------------ */

typedef struct slot_gain {
    float gain;
    uint32_t n_values;
    bool taken;
} slot_gain;

/* Clauses of entry i of the part. */
static const eqli_slot_clause *clauses_of(const part_builder *pb, uint32_t i, uint32_t *n)
{
    const uint32_t *first = pb->b->first_clause + pb->entries[i];
    *n = first[1] - first[0];
    return eqli_clause_at(pb->b, first[0]);
}

static const eqli_slot_clause *clause_on(const eqli_slot_clause *c, uint32_t n, uint32_t slot)
{
    for (uint32_t i = 0; i < n; i++) {
        if (c[i].slot == slot)
            return &c[i];
    }
    return NULL;
}

static void measure_gains(const part_builder *pb, slot_gain *gains)
{
    for (uint32_t s = 0; s < pb->b->rules->n_slots; s++)
        gains[s] = (slot_gain) { .taken = gains[s].taken };
    for (uint32_t i = 0; i < pb->n; i++) {
        uint32_t n;
        const eqli_slot_clause *c = clauses_of(pb, i, &n);
        for (uint32_t k = 0; k < n; k++) {
            gains[c[k].slot].gain += pb->weight[i] * (1 - c[k].p);
            gains[c[k].slot].n_values += c[k].n_values;
        }
    }
}

/* Different values of the slot, in rising order, numbered from 0. */
static bool number_values(part_builder *pb, uint32_t slot, uint32_t n_uses, eqli_table_cell **out,
                          uint32_t *n_out)
{
    uint64_t *tags = eqli_arena_array(&pb->temp, n_uses, sizeof *tags);
    uint32_t n_tags = 0, n;
    if (!tags)
        return false;
    for (uint32_t i = 0; i < pb->n; i++) {
        const eqli_slot_clause *c = clauses_of(pb, i, &n);
        for (uint32_t k = 0; k < n; k++) {
            for (uint32_t v = 0; c[k].slot == slot && v < c[k].n_values; v++)
                tags[n_tags++] = eqli_clause_values(pb->b, &c[k])[v];
        }
    }
    eqli_sort_u64(tags, n_tags);
    *out = eqli_arena_array(&pb->temp, n_tags, sizeof **out);
    *n_out = 0;
    for (uint32_t i = 0; *out && i < n_tags; i++) {
        if (i == 0 || tags[i] != tags[i - 1]) {
            (*out)[*n_out] = (eqli_table_cell) { (uint32_t)tags[i], *n_out };
            ++*n_out;
        }
    }
    return *out != NULL;
}

static bool fill_masks(part_builder *pb, eqli_dispatch *d, uint32_t n_values)
{
    uint32_t words = pb->n_words;
    uint64_t *absent = new_mask(pb, true), *unknown = new_mask(pb, true);
    uint64_t *masks = eqli_arena_array(pb->arena, (size_t)n_values * words, sizeof *masks);
    if (!absent || !unknown || !masks)
        return false;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < pb->n; i++) {
            uint32_t n;
            const eqli_slot_clause *c = clauses_of(pb, i, &n);
            c = clause_on(c, n, d->slot);
            if (!c)
                continue;
            clear_bit(absent, i);
            d->texts |= c->texts;
            d->numbers |= c->numbers;
            if (c->n_values)
                clear_bit(unknown, i);
            for (uint32_t v = 0; pass == 1 && v < c->n_values; v++) {
                uint32_t value = eqli_table_find(&d->values, eqli_clause_values(pb->b, c)[v]);
                set_bit(masks + (size_t)value * words, i);
            }
        }
        for (uint32_t v = 0; pass == 0 && v < n_values; v++)
            memcpy(masks + (size_t)v * words, unknown, words * sizeof *masks);
    }
    d->absent = absent;
    d->unknown = unknown;
    d->masks = masks;
    return true;
}

static bool add_dispatch(part_builder *pb, uint32_t slot, uint32_t n_uses)
{
    eqli_dispatch *d = eqli_vec_add(pb->b->alloc, &pb->dispatches, sizeof *d);
    eqli_table_cell *cells;
    uint32_t n_values;
    if (!d || !number_values(pb, slot, n_uses, &cells, &n_values))
        return false;
    *d = (eqli_dispatch) { .slot = slot };
    pb->plans[slot].dispatched = true;
    if (!eqli_table_new(pb->arena, cells, n_values, &d->values) || !fill_masks(pb, d, n_values))
        return false;
    for (uint32_t i = 0; i < pb->n; i++) {
        uint32_t n;
        const eqli_slot_clause *c = clauses_of(pb, i, &n);
        c = clause_on(c, n, slot);
        if (!c)
            continue;
        pb->weight[i] *= c->p;
        pb->left[i] *= c->p;
        if (!eqli_builder_note_clause(pb->b, c))
            return false;
    }
    return true;
}

static bool build_dispatches(part_builder *pb)
{
    uint32_t n_slots = pb->b->rules->n_slots;
    slot_gain *gains = eqli_arena_array(&pb->temp, n_slots, sizeof *gains);
    if (!gains)
        return false;
    float cost = DISPATCH_COST + WORD_COST * (float)pb->n_words;
    while (pb->dispatches.n < MAX_DISPATCHES) {
        uint32_t best = EQLI_NO_FIELD;
        measure_gains(pb, gains);
        for (uint32_t s = 0; s < n_slots; s++) {
            bool fits = (uint64_t)gains[s].n_values * pb->n_words <= MAX_MASK_WORDS;
            if (fits && !pb->plans[s].closed && !gains[s].taken &&
                (best == EQLI_NO_FIELD || gains[s].gain > gains[best].gain))
                best = s;
        }
        if (best == EQLI_NO_FIELD || gains[best].gain * RUN_COST < cost)
            return true;
        gains[best].taken = true;
        if (!add_dispatch(pb, best, gains[best].n_values))
            return false;
    }
    return true;
}

/* ---- The part ------------------------------------------------------------------------------------------ */

static bool finish(part_builder *pb, eqli_part *out)
{
    const eqli_guard_note *notes = pb->notes.items;
    for (uint32_t i = 0; i < pb->notes.n; i++) {
        if (!eqli_builder_note(pb->b, notes[i].entry, notes[i].guard))
            return false;
    }
    eqli_dispatch *dispatches = eqli_arena_array(pb->arena, pb->dispatches.n, sizeof *dispatches);
    eqli_lookup *indexes = eqli_arena_array(pb->arena, pb->indexes.n, sizeof *indexes);
    if (!dispatches || !indexes)
        return false;
    if (pb->dispatches.n)
        memcpy(dispatches, pb->dispatches.items, pb->dispatches.n * sizeof *dispatches);
    if (pb->indexes.n)
        memcpy(indexes, pb->indexes.items, pb->indexes.n * sizeof *indexes);
    *out = (eqli_part) { .n = pb->n,
                         .n_words = pb->n_words,
                         .entries = pb->entries,
                         .unindexed = pb->unindexed,
                         .dispatches = dispatches,
                         .n_dispatches = pb->dispatches.n,
                         .indexes = indexes,
                         .n_indexes = pb->indexes.n };
    return true;
}

bool eqli_part_build(eqli_builder *b, const uint32_t *entries, uint32_t n, uint32_t skip_slot, eqli_part *out)
{
    part_builder pb = {
        .b = b, .entries = entries, .n = n, .n_words = (n + 63) / 64, .arena = &b->rules->arena
    };
    uint32_t n_slots = b->rules->n_slots;
    eqli_arena_init(&pb.temp, b->alloc, SIZE_MAX);
    pb.plans = eqli_mem_new(b->alloc, n_slots * sizeof *pb.plans);
    pb.weight = eqli_mem_new(b->alloc, 2 * (size_t)n * sizeof *pb.weight);
    if (pb.weight)
        pb.left = pb.weight + n;
    for (uint32_t i = 0; pb.weight && i < n; i++)
        pb.left[i] = 1;
    pb.unindexed = new_mask(&pb, false);
    if (pb.plans && skip_slot != EQLI_NO_FIELD)
        pb.plans[skip_slot].closed = true;
    bool ok = pb.plans && pb.weight && pb.unindexed && choose_clauses(&pb) && build_dispatches(&pb) &&
              find_clauses(&pb) && build_indexes(&pb) && finish(&pb, out);
    eqli_mem_free(b->alloc, pb.plans, n_slots * sizeof *pb.plans);
    eqli_mem_free(b->alloc, pb.weight, 2 * (size_t)n * sizeof *pb.weight);
    eqli_vec_clear(b->alloc, &pb.uses, sizeof(slot_use));
    eqli_vec_clear(b->alloc, &pb.dispatches, sizeof(eqli_dispatch));
    eqli_vec_clear(b->alloc, &pb.indexes, sizeof(eqli_lookup));
    eqli_vec_clear(b->alloc, &pb.notes, sizeof(eqli_guard_note));
    eqli_arena_clear(&pb.temp);
    return ok;
}
