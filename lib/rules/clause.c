#include "rules/clause.h"

#include <string.h>

enum { BY_NEXT = 1, BY_TEST = 2, BY_REST = 3, WANTED = 4 };

void eqli_flow_init(eqli_flow *f, const eqlm_alloc *alloc)
{
    *f = (eqli_flow) { .alloc = *alloc };
}

void eqli_flow_clear(eqli_flow *f)
{
    eqli_mem_free(&f->alloc, f->nodes, f->cap * sizeof *f->nodes);
    f->nodes = NULL;
    f->cap = 0;
}

static uint32_t common(const eqli_flow_node *nodes, uint32_t a, uint32_t b)
{
    if (nodes[a].depth < nodes[b].depth) {
        uint32_t t = a;
        a = b;
        b = t;
    }
    while (nodes[a].depth > nodes[b].depth)
        a = nodes[nodes[a].jump].depth >= nodes[b].depth ? nodes[a].jump : nodes[a].next;
    while (a != b) {
        bool far = nodes[a].jump != nodes[b].jump;
        a = far ? nodes[a].jump : nodes[a].next;
        b = far ? nodes[b].jump : nodes[b].next;
    }
    return a;
}

/* Puts a node before `next` in its chain; jumps double as in a skew binary number. */
static void link_node(eqli_flow_node *nodes, uint32_t i, uint32_t next)
{
    const eqli_flow_node *p = &nodes[next], *j = &nodes[p->jump];
    nodes[i].next = next;
    nodes[i].depth = p->depth + 1;
    nodes[i].jump = p->depth - j->depth == j->depth - nodes[j->jump].depth ? j->jump : next;
}

uint32_t eqli_flow_target(const eqli_flow *f, uint32_t pc)
{
    uint32_t i = pc - f->start;
    if (f->program->insns[pc].op == EQLI_OP_RETURN_TRUE)
        return f->n;
    return f->nodes[i].open ? i : UINT32_MAX;
}

static bool has_f(const eqli_insn *in)
{
    return eqli_op_table[in->op].f == EQLI_ARG_TARGET;
}

static void mark_reached(eqli_flow *f)
{
    f->nodes[0].reached = true;
    for (uint32_t i = 0; i < f->n; i++) {
        const eqli_insn *in = &f->program->insns[f->start + i];
        if (!f->nodes[i].reached || in->op == EQLI_OP_RETURN_TRUE || in->op == EQLI_OP_RETURN_FALSE)
            continue;
        f->nodes[in->t - f->start].reached = true;
        if (has_f(in))
            f->nodes[in->f - f->start].reached = true;
    }
}

static void find_common(eqli_flow *f)
{
    eqli_flow_node *nodes = f->nodes;
    nodes[f->n] = (eqli_flow_node) { .open = true, .next = f->n, .jump = f->n };
    for (uint32_t i = f->n; i-- > 0;) {
        const eqli_insn *in = &f->program->insns[f->start + i];
        if (!nodes[i].reached || in->op == EQLI_OP_RETURN_FALSE)
            continue;
        uint32_t t, e = UINT32_MAX;
        if (in->op == EQLI_OP_RETURN_TRUE) {
            t = f->n;
        } else {
            t = eqli_flow_target(f, in->t);
            e = has_f(in) ? eqli_flow_target(f, in->f) : UINT32_MAX;
        }
        if (t == UINT32_MAX && e == UINT32_MAX)
            continue;
        nodes[i].open = true;
        link_node(nodes, i, t == UINT32_MAX ? e : e == UINT32_MAX ? t : common(nodes, t, e));
    }
}

bool eqli_flow_read(eqli_flow *f, const eqlm_program *p, uint32_t start, uint32_t len)
{
    if (len + 1 > f->cap) {
        void *nodes = eqli_mem_resize(&f->alloc, f->nodes, f->cap, len + 1, sizeof *f->nodes);
        if (!nodes)
            return false;
        f->nodes = nodes;
        f->cap = len + 1;
    }
    memset(f->nodes, 0, (len + 1) * sizeof *f->nodes);
    f->program = p;
    f->start = start;
    f->n = len;
    mark_reached(f);
    find_common(f);
    return true;
}

void eqli_flow_forget(eqli_flow *f)
{
    for (uint32_t i = 0; i <= f->n; i++)
        f->nodes[i].test = EQLI_NO_CLAUSE;
}

static void solve_node(eqli_flow *f, uint32_t i)
{
    const eqli_insn *in = &f->program->insns[f->start + i];
    eqli_flow_node *nodes = f->nodes, *x = &nodes[i];
    x->best = nodes[x->next].best;
    x->choice = BY_NEXT;
    if (in->op == EQLI_OP_RETURN_TRUE)
        return;
    uint32_t t = eqli_flow_target(f, in->t), e = has_f(in) ? eqli_flow_target(f, in->f) : UINT32_MAX;
    float cost = 0;
    uint8_t choice = BY_REST;
    if (t != UINT32_MAX) {
        bool by_test = x->test < nodes[t].best;
        cost = by_test ? x->test : nodes[t].best;
        choice = by_test ? BY_TEST : BY_REST;
    }
    if (e != UINT32_MAX)
        cost += nodes[e].best;
    if (cost < x->best) {
        x->best = cost;
        x->choice = choice;
    }
}

/* Follows the choices from the start and marks the tests they end at. */
static void mark_wanted(eqli_flow *f)
{
    eqli_flow_node *nodes = f->nodes;
    for (uint32_t i = 1; i < f->n; i++)
        nodes[i].choice &= (uint8_t)~WANTED;
    nodes[0].choice |= WANTED;
    for (uint32_t i = 0; i < f->n; i++) {
        const eqli_insn *in = &f->program->insns[f->start + i];
        if (!(nodes[i].choice & WANTED))
            continue;
        unsigned choice = nodes[i].choice & (WANTED - 1u);
        if (choice == BY_NEXT) {
            nodes[nodes[i].next].choice |= WANTED;
            continue;
        }
        uint32_t t = eqli_flow_target(f, in->t), e = has_f(in) ? eqli_flow_target(f, in->f) : UINT32_MAX;
        if (choice == BY_REST && t != UINT32_MAX)
            nodes[t].choice |= WANTED;
        if (e != UINT32_MAX)
            nodes[e].choice |= WANTED;
    }
}

float eqli_flow_solve(eqli_flow *f)
{
    f->nodes[f->n].best = EQLI_NO_CLAUSE;
    for (uint32_t i = f->n; i-- > 0;) {
        f->nodes[i].choice = 0;
        if (f->nodes[i].open)
            solve_node(f, i);
    }
    float best = f->nodes[0].open ? f->nodes[0].best : EQLI_NO_CLAUSE;
    if (best < EQLI_NO_CLAUSE)
        mark_wanted(f);
    return best;
}

bool eqli_flow_chosen(const eqli_flow *f, uint32_t i)
{
    return f->nodes[i].choice == (BY_TEST | WANTED);
}
