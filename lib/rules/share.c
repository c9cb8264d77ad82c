/* share.c - finds the tests that several entries have in common, so that the vm answers each only once for an
 * event: rules of one kind begin with the same questions, and end with the same exceptions. */
#include "ops/pattern_set.h"
#include "base/sort.h"
#include "rules/seal.h"

#include <string.h>

/* Where a test stands. */
typedef struct shared_use {
    uint32_t entry, pc; /* pc counts from the start of the region */
    uint32_t hash;
} shared_use;

/* A test of the event by a constant or a list of constants, or by none. */
typedef struct shared_test {
    uint32_t op, mode, field, fold;
    const eqlm_value *values;
    uint32_t n;
    const uint8_t *kinds; /* of the values, or NULL */
    uint32_t limit;       /* of a regular expression */
} shared_test;

/* False: it is none of these. */
static bool read_test(const eqlm_program *p, const eqli_insn *in, shared_test *out)
{
    uint32_t slot = eqli_test_slot(p, in);
    if (slot == EQLI_NO_FIELD || in->op == EQLI_OP_SEARCH)
        return false;
    *out = (shared_test) {
        .op = in->op, .mode = in->mode, .field = p->slots[slot].place.field, .values = p->consts
    };
    if (in->op == EQLI_OP_EXISTS)
        return true;
    if (eqli_op_table[in->op].b == EQLI_ARG_CONST) {
        out->values = p->consts + in->b;
        out->n = 1;
        return true;
    }
    const eqli_set *set = &p->sets[in->b];
    out->fold = set->fold;
    out->values = p->consts + set->first;
    out->n = set->n;
    out->kinds = set->kinds;
    out->limit = in->op == EQLI_OP_REGEX ? p->max_regex_states : 0;
    return true;
}

static uint32_t mix(uint32_t h, const void *bytes, size_t n)
{
    const unsigned char *b = bytes;
    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * 16777619u;
    return h ^ (uint32_t)n;
}

static uint32_t test_hash(const shared_test *t)
{
    uint32_t h = 2166136261u;
    const uint32_t head[] = { t->op, t->mode, t->field, t->fold, t->n };
    for (unsigned i = 0; i < sizeof head / sizeof *head; i++)
        h = (h ^ head[i]) * 16777619u;
    for (uint32_t i = 0; i < t->n; i++) {
        const eqlm_value *v = &t->values[i];
        h = v->type == EQLM_STRING ? mix(h, v->as.str, v->len) : mix(h, &v->type, sizeof v->type);
    }
    return h;
}

static bool same_value(const eqlm_value *a, const eqlm_value *b)
{
    if (a->type != b->type || a->len != b->len)
        return false;
    switch (a->type) {
    case EQLM_NULL:
        return true;
    case EQLM_BOOL:
        return a->as.boolean == b->as.boolean;
    case EQLM_STRING:
    case EQLM_IP:
        return a->len == 0 || memcmp(a->as.str, b->as.str, a->len) == 0;
    default:
        return a->as.u64 == b->as.u64;
    }
}

static bool same_test(const shared_test *a, const shared_test *b)
{
    if (a->op != b->op || a->mode != b->mode || a->field != b->field || a->fold != b->fold || a->n != b->n ||
        a->limit != b->limit)
        return false;
    if (a->kinds && b->kinds && memcmp(a->kinds, b->kinds, a->n) != 0)
        return false;
    for (uint32_t i = 0; i < a->n; i++) {
        if (!same_value(&a->values[i], &b->values[i]))
            return false;
    }
    return true;
}

static bool collect(eqli_builder *b, eqli_vec *uses)
{
    for (uint32_t i = 0; i < b->rules->n; i++) {
        const eqli_rules_entry *e = &b->rules->entries[i];
        for (uint32_t pc = 0; pc < e->len; pc++) {
            shared_test t;
            if (!read_test(e->program, &e->program->insns[e->start + pc], &t))
                continue;
            shared_use *u = eqli_vec_add(b->alloc, uses, sizeof *u);
            if (!u)
                return false;
            *u = (shared_use) { i, pc, test_hash(&t) };
        }
    }
    return true;
}

static bool same_use(const eqli_builder *b, const shared_use *x, const shared_use *y)
{
    const eqli_rules_entry *e = &b->rules->entries[x->entry], *f = &b->rules->entries[y->entry];
    shared_test t, u;
    return read_test(e->program, &e->program->insns[e->start + x->pc], &t) &&
           read_test(f->program, &f->program->insns[f->start + y->pc], &u) && same_test(&t, &u);
}

/* The numbers of an entry's shared tests, by instruction; 0: not shared. */
static uint32_t *shared_of(eqli_builder *b, uint32_t entry)
{
    eqli_rules_entry *e = &b->rules->entries[entry];
    if (!e->shared)
        e->shared = eqli_arena_array(&b->rules->arena, e->len, sizeof *e->shared);
    return e->shared;
}

/* Numbers those tests of one hash that are like the first: at least two, or nothing is shared. */
static bool number_run(eqli_builder *b, const shared_use *uses, const uint64_t *order, uint32_t n)
{
    const shared_use *first = &uses[(uint32_t)order[0]];
    uint32_t same = 0;
    for (uint32_t i = 0; i < n; i++)
        same += same_use(b, first, &uses[(uint32_t)order[i]]);
    if (same < 2)
        return true;
    b->rules->n_shared++;
    for (uint32_t i = 0; i < n; i++) {
        const shared_use *u = &uses[(uint32_t)order[i]];
        if (!same_use(b, first, u))
            continue;
        uint32_t *shared = shared_of(b, u->entry);
        if (!shared)
            return false;
        shared[u->pc] = b->rules->n_shared;
    }
    return true;
}

bool eqli_share_tests(eqli_builder *b)
{
    eqli_vec uses = { NULL, 0, 0 };
    bool ok = collect(b, &uses);
    const shared_use *u = uses.items;
    uint64_t *order = ok ? eqli_mem_new(b->alloc, uses.n * sizeof *order) : NULL;
    b->rules->n_shared = 0;
    for (uint32_t i = 0; order && i < uses.n; i++)
        order[i] = (uint64_t)u[i].hash << 32 | i;
    if (order)
        eqli_sort_u64(order, uses.n);
    ok = order != NULL;
    for (uint32_t i = 0, end; ok && i < uses.n; i = end) {
        for (end = i + 1; end < uses.n && order[end] >> 32 == order[i] >> 32; end++)
            continue;
        ok = end - i < 2 || number_run(b, u, order + i, end - i);
    }
    eqli_mem_free(b->alloc, order, uses.n * sizeof *order);
    eqli_vec_clear(b->alloc, &uses, sizeof(shared_use));
    return ok;
}
