/* profile.h - what a host measures with eqlm_profile; without one nothing is done. */
#ifndef EQLI_PROFILE_H
#define EQLI_PROFILE_H

#include "eqlmini.h"

static inline uint64_t eqli_profile_now(const eqlm_profile *p)
{
    return p ? p->now(p->ctx) : 0;
}

/* Time that a program has taken since `began`. */
static inline void eqli_profile_spend(eqlm_profile *p, uint32_t program, uint64_t began)
{
    if (p && program < p->n)
        p->programs[program].time += p->now(p->ctx) - began;
}

/* The same for a run of one of its conditions. */
static inline void eqli_profile_run(eqlm_profile *p, uint32_t program, uint64_t began, bool hit)
{
    if (!p || program >= p->n)
        return;
    eqli_profile_spend(p, program, began);
    p->programs[program].runs++;
    p->programs[program].hits += hit;
}

/* The end of a call that began then. */
static inline void eqli_profile_call(eqlm_profile *p, uint64_t began)
{
    if (p)
        p->time += p->now(p->ctx) - began;
}

#endif
