/* clause.h - what every way through a region of branch code has to pass.
 *
 * The code is a directed graph without cycles (jumps go forward). A clause is a set of tests such that every
 * path from the start to RETURN_TRUE leaves one of them by its t edge; the cheapest clause for given costs of
 * tests is found in one pass from the end, with the help of the nodes that all paths from a node have in
 * common. */
#ifndef EQLI_RULES_CLAUSE_H
#define EQLI_RULES_CLAUSE_H

#include "program/program.h"

/* One instruction of the region; index n stands for RETURN_TRUE. */
typedef struct eqli_flow_node {
    bool reached; /* from the start */
    bool open;    /* RETURN_TRUE can be reached from here */
    uint8_t choice;
    uint32_t next; /* the first node that all paths to RETURN_TRUE have in common */
    uint32_t
        jump; /* a node further along the chain of `next`, which makes finding common nodes logarithmic */
    uint32_t depth; /* length of that chain */
    float test;     /* cost of the test here; EQLI_NO_CLAUSE: no clause may use it */
    float best;     /* cost of the best clause for the paths from here */
} eqli_flow_node;

#define EQLI_NO_CLAUSE 1e30f

typedef struct eqli_flow {
    const eqlm_program *program;
    uint32_t start, n;
    eqli_flow_node *nodes; /* n + 1 */
    uint32_t cap;
    eqlm_alloc alloc;
} eqli_flow;

void eqli_flow_init(eqli_flow *f, const eqlm_alloc *alloc);
void eqli_flow_clear(eqli_flow *f);

/* Analyses the region; the flow may be used again and again. False: no memory. */
bool eqli_flow_read(eqli_flow *f, const eqlm_program *p, uint32_t start, uint32_t len);
/* Index of the node a jump to pc leads to; RETURN_TRUE is n, what cannot return true is UINT32_MAX. */
uint32_t eqli_flow_target(const eqli_flow *f, uint32_t pc);
/* The region can return true. */
static inline bool eqli_flow_open(const eqli_flow *f)
{
    return f->nodes[0].open;
}
/* Forbids every test; set nodes[i].test of those allowed afterwards. */
void eqli_flow_forget(eqli_flow *f);
/* Cost of the cheapest clause, or EQLI_NO_CLAUSE. Its tests are then those with eqli_flow_chosen. */
float eqli_flow_solve(eqli_flow *f);
bool eqli_flow_chosen(const eqli_flow *f, uint32_t i);

#endif
