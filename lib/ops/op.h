/* op.h - what every operator and function can answer, shared by constant folding and the vm so that both give
 * one answer. */
#ifndef EQLI_OP_H
#define EQLI_OP_H

#include "base/arena.h"

/* Three-valued logic (language 4.3). */
typedef enum eqli_tri { EQLI_FALSE = 0, EQLI_TRUE = 1, EQLI_UNKNOWN = 2 } eqli_tri;

/* Why an operation has no result. The first two stop the evaluation, and are the status it ends with. The
 * others are run-time errors of the language: null for this event, an error in a constant (decision 5). */
typedef enum eqli_op_result {
    EQLI_OP_OK = EQLM_OK,
    EQLI_OP_NOMEM = EQLM_E_NOMEM,
    EQLI_OP_LIMIT = EQLM_E_LIMIT, /* scratch memory used up */
    EQLI_OP_OVERFLOW = 16,        /* 64-bit integer overflow */
    EQLI_OP_DIV_ZERO,             /* integer division or remainder by zero */
    EQLI_OP_BAD_NUMBER,           /* number(): the text is not one */
    EQLI_OP_BAD_ADDRESS,          /* cidrMatch(): not an IP address */
    EQLI_OP_BAD_BLOCK,            /* cidrMatch(): not an address block */
    EQLI_OP_BAD_TYPE,             /* a value of a type the operation does not take */
    EQLI_OP_TOO_COMPLEX           /* a regular expression's automaton outgrew its limit */
} eqli_op_result;

static inline bool eqli_op_fatal(eqli_op_result r)
{
    return r == EQLI_OP_NOMEM || r == EQLI_OP_LIMIT;
}

/* Failure of an arena allocation as a result. */
static inline eqli_op_result eqli_op_no_room(const eqli_arena *a)
{
    return a->limit_hit ? EQLI_OP_LIMIT : EQLI_OP_NOMEM;
}

#endif
