/* order.c - the order in which the conditions of an entry are tried: what all of them have to say `yes` to,
 * the one that says `no` soonest comes first.
 *
 * The code of an entry is a chain of conditions: the places that every path to RETURN_TRUE passes are its
 * joints. A condition leads from one joint to the next or to nothing, so they may be tried in any order.
 * People write what is common first, as a heading, and the masks and the index have answered just that; what
 * is left is mostly refused by a field that few rules ask for, since few events have it. */
#include "base/sort.h"
#include "rules/seal.h"

/* Costs of a test, where reading one field and comparing it with a short text is 1. */
#define COST_TEXTS 1.5f
#define COST_PATTERNS 4.0f
#define COST_BLOCKS 4.0f
#define COST_REGEX 6.0f
#define COST_REGION 16.0f

#define ANSWERED 0.98f /* of what the index has asked already */

enum { MAX_GUARDS = 32 }; /* of an entry, that are compared with each of its tests */

typedef struct conjunct {
    eqli_stretch code;
    float rank; /* cost of a refusal */
} conjunct;

typedef struct orderer {
    eqli_builder *b;
    eqli_vec conjuncts;
} orderer;

/* What the index knows of a test of an event that comes through: NULL, or the guard that says something of
 * its slot. *same: it is this very test. */
static const eqli_guard *guard_of(const eqlm_rules *r, const eqli_rules_entry *e, uint32_t slot,
                                  const eqli_insn *in, bool *same)
{
    const eqli_guard *found = NULL;
    uint32_t n = e->n_guards < MAX_GUARDS ? e->n_guards : MAX_GUARDS;
    eqli_members m;
    bool has_members = eqli_test_members(e->program, in, &m);
    *same = false;
    for (uint32_t i = 0; i < n && !*same; i++) {
        const eqli_guard *g = &r->guards[e->first_guard + i];
        if (g->kind == EQLI_GUARD_NEVER || g->slot != slot)
            continue;
        found = g;
        *same =
            g->kind == EQLI_GUARD_EXISTS ? in->op == EQLI_OP_EXISTS : has_members && m.first == g->constant;
    }
    return found;
}

/* How likely a value of the slot passes the test. */
static bool value_chance(orderer *o, uint32_t slot, const eqlm_program *p, const eqli_insn *in, float *out)
{
    eqli_members m;
    *out = in->op == EQLI_OP_EXISTS || in->op == EQLI_OP_TEXT_LENGTH ? 1 : 0.5f;
    if (!eqli_test_members(p, in, &m))
        return true;
    float sum = 0;
    for (uint32_t i = 0; i < m.n && sum < 0.5f; i++) {
        eqli_need need;
        eqli_need_result r = eqli_need_of(&o->b->counts, slot, &m, i, EQLI_FLOAT_ANY, &need);
        if (r == EQLI_NEED_NOMEM)
            return false;
        sum += r == EQLI_NEED_OK ? need.p : 0.5f;
    }
    *out = sum < 0.5f ? sum : 0.5f;
    return true;
}

/* How likely an event passes the test. */
static bool chance(orderer *o, const eqli_rules_entry *e, const eqli_insn *in, float *out)
{
    uint32_t slot = eqli_builder_slot(o->b, e->program, in);
    *out = in->op == EQLI_OP_JUMP ? 1 : 0.5f;
    if (slot == EQLI_NO_FIELD)
        return true;
    bool same;
    const eqli_guard *g = guard_of(o->b->rules, e, slot, in, &same);
    if (same) {
        *out = ANSWERED;
        return true;
    }
    if (!value_chance(o, slot, e->program, in, out))
        return false;
    *out *= g ? 1 : o->b->presence[slot];
    return true;
}

static float cost_of(const eqlm_program *p, const eqli_insn *in)
{
    eqli_members m;
    switch (in->op) {
    case EQLI_OP_JUMP:
    case EQLI_OP_RETURN_TRUE:
    case EQLI_OP_RETURN_FALSE:
        return 0;
    case EQLI_OP_MATCH:
        return eqli_test_members(p, in, &m) && eqli_members_exact(&m) ? COST_TEXTS : COST_PATTERNS;
    case EQLI_OP_COMPARE:
        return EQLI_MODE_AS(in->mode) >= EQLI_AS_IP && EQLI_MODE_AS(in->mode) < EQLI_AS_ANY ? COST_BLOCKS : 1;
    case EQLI_OP_CIDR:
        return COST_BLOCKS;
    case EQLI_OP_REGEX:
        return COST_REGEX;
    case EQLI_OP_SEARCH:
    case EQLI_OP_LEAF:
        return COST_REGION;
    default:
        return 1;
    }
}

/* The condition from joint `from` to joint `to`: what it costs and how likely it holds, as every test on the
 * way is as likely reached as the jumps to it are taken. */
static bool rank(orderer *o, const eqli_rules_entry *e, uint32_t from, uint32_t to, float *out)
{
    eqli_flow_node *nodes = o->b->flow.nodes;
    float cost = 0;
    for (uint32_t i = from; i <= to; i++)
        nodes[i].best = 0;
    nodes[from].best = 1;
    for (uint32_t i = from; i < to; i++) {
        const eqli_insn *in = &e->program->insns[e->start + i];
        float p;
        if (nodes[i].best == 0 || !nodes[i].open || in->op == EQLI_OP_RETURN_TRUE)
            continue;
        if (!chance(o, e, in, &p))
            return false;
        cost += nodes[i].best * cost_of(e->program, in);
        uint32_t t = eqli_flow_target(&o->b->flow, in->t);
        uint32_t f = in->op == EQLI_OP_JUMP ? UINT32_MAX : eqli_flow_target(&o->b->flow, in->f);
        if (t != UINT32_MAX)
            nodes[t].best += nodes[i].best * p;
        if (f != UINT32_MAX)
            nodes[f].best += nodes[i].best * (1 - p);
    }
    float refused = 1 - nodes[to].best;
    *out = cost / (refused > 0.001f ? refused : 0.001f);
    return true;
}

static int by_rank(const void *x, const void *y)
{
    const conjunct *a = x, *b = y;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return (a->code.pc > b->code.pc) - (a->code.pc < b->code.pc);
}

static bool order_entry(orderer *o, eqli_rules_entry *e)
{
    eqli_flow *f = &o->b->flow;
    o->conjuncts.n = 0;
    if (!eqli_flow_read(f, e->program, e->start, e->len))
        return false;
    for (uint32_t i = 0, next; i < f->n && eqli_flow_open(f); i = next) {
        uint8_t op = e->program->insns[e->start + i].op;
        next = f->nodes[i].next;
        if (op == EQLI_OP_JUMP || op == EQLI_OP_RETURN_TRUE)
            continue;
        conjunct *c = eqli_vec_add(o->b->alloc, &o->conjuncts, sizeof *c);
        if (!c || !rank(o, e, i, next, &c->rank))
            return false;
        c->code = (eqli_stretch) { e->start + i, next == f->n ? UINT32_MAX : e->start + next };
    }
    conjunct *all = o->conjuncts.items;
    uint32_t n = o->conjuncts.n;
    eqli_stretch *code = eqli_arena_array(&o->b->rules->arena, n, sizeof *code);
    if (!code)
        return false;
    if (n)
        eqli_sort(all, n, sizeof *all, by_rank);
    for (uint32_t i = 0; i < n; i++)
        code[i] = all[i].code;
    e->conjuncts = code;
    e->n_conjuncts = n;
    return true;
}

bool eqli_order_conjuncts(eqli_builder *b)
{
    orderer o = { .b = b };
    bool ok = true;
    for (uint32_t i = 0; ok && i < b->rules->n; i++)
        ok = order_entry(&o, &b->rules->entries[i]);
    eqli_vec_clear(b->alloc, &o.conjuncts, sizeof(conjunct));
    return ok;
}
