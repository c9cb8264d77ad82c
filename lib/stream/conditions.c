/* conditions.c - an event satisfies few of the conditions of many programs: a rule set finds the ones worth
 * running. A program whose conditions ask for ancestors, or that another getter reads, runs all of its own.
 */
#include "stream/stream.h"

/* Looking for what to run costs as much as running a few. */
enum { FEW_CONDITIONS = 16 };

static eqlm_status add_program(eqlm_rules *set, eqli_stream_program *sp)
{
    const eqlm_program *p = sp->program;
    uint32_t number;
    sp->first_entry = UINT32_MAX;
    if (p->n_lineages || (set->n && (p->get != set->get || p->get_ctx != set->get_ctx)))
        return EQLM_OK;
    for (uint32_t i = 0; i < eqli_program_n_regions(p); i++) {
        eqlm_status status = eqli_rules_add_region(set, p, p->stages[i].start, p->stages[i].len, &number);
        if (status != EQLM_OK)
            return status;
        if (i == 0)
            sp->first_entry = number;
    }
    return EQLM_OK;
}

static bool are_few(const eqlm_stream *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_programs && n < FEW_CONDITIONS; i++)
        n += eqli_program_n_regions(s->programs[i]->program);
    return n < FEW_CONDITIONS;
}

static eqlm_status make_set(eqlm_stream *s)
{
    eqlm_rules *set;
    s->conditions.made = true;
    s->conditions.any = are_few(s);
    if (s->conditions.any)
        return EQLM_OK;
    eqlm_status status = eqlm_rules_new(&s->alloc, &set);
    for (uint32_t i = 0; status == EQLM_OK && i < s->n_programs; i++)
        status = add_program(set, s->programs[i]);
    if (status == EQLM_OK)
        status = eqlm_rules_seal(set);
    if (status != EQLM_OK) {
        eqlm_rules_free(set);
        s->conditions.made = false;
        return status;
    }
    s->conditions.set = set;
    return EQLM_OK;
}

void eqli_conditions_clear(eqlm_stream *s)
{
    eqlm_rules_free(s->conditions.set);
    s->conditions = (eqli_conditions) { 0 };
}

eqlm_status eqli_conditions_select(eqlm_stream *s, const void *event)
{
    eqli_conditions *c = &s->conditions;
    eqlm_status status = c->made ? EQLM_OK : make_set(s);
    if (status != EQLM_OK || !c->set)
        return status;
    eqli_op_result r = eqli_rules_select(s->vm, c->set, event, &c->numbers, &c->n);
    c->at = 0;
    c->any = r != EQLI_OP_OK; /* a value too large to be looked up is compared by the conditions themselves */
    return r == EQLI_OP_NOMEM ? EQLM_E_NOMEM : EQLM_OK;
}

static bool next_of_all(eqlm_stream *s, const eqli_stream_program *sp, const void *event, uint32_t *stage,
                        eqlm_status *status)
{
    bool hit = false;
    for (; *stage < eqli_program_n_regions(sp->program); ++*stage) {
        *status = eqli_stream_run(s, sp, sp->program->stages[*stage].start, event, &hit);
        if (hit || *status != EQLM_OK)
            break;
    }
    return hit && *status == EQLM_OK;
}

bool eqli_conditions_next(eqlm_stream *s, const eqli_stream_program *sp, const void *event, uint32_t *stage,
                          eqlm_status *status)
{
    eqli_conditions *c = &s->conditions;
    uint32_t first = sp->first_entry, end;
    *status = EQLM_OK;
    if (c->any || first == UINT32_MAX)
        return next_of_all(s, sp, event, stage, status);
    end = first + eqli_program_n_regions(sp->program);
    while (c->at < c->n && c->numbers[c->at] < first + *stage)
        c->at++;
    for (bool hit = false; c->at < c->n && c->numbers[c->at] < end; c->at++) {
        s->current = sp;
        eqli_op_result r = eqli_rules_run_entry(s->vm, c->set, c->numbers[c->at], event, &hit);
        *stage = c->numbers[c->at] - first;
        *status = r == EQLI_OP_OK ? EQLM_OK : eqli_vm_status(r);
        if (hit || r != EQLI_OP_OK)
            return hit && r == EQLI_OP_OK;
    }
    return false;
}
