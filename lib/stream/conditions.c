/* conditions.c - an event satisfies few of the conditions of many programs: a rule set finds the ones worth
 * running. In the set stand first the terms of all programs, program by program, then the inner queries of
 * all of them. A program that another getter reads runs all of its own. */
#include "stream/stream.h"

/* Looking for what to run costs as much as running a few. */
enum { FEW_CONDITIONS = 16 };

static uint32_t n_conditions(const eqli_stream_program *sp)
{
    return eqli_program_n_regions(sp->program) + sp->program->n_lineages;
}

static bool are_few(const eqlm_stream *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_programs && n < FEW_CONDITIONS; i++)
        n += n_conditions(s->programs[i]);
    return n < FEW_CONDITIONS;
}

static eqlm_status add_region(eqli_conditions *c, const eqli_stream_program *sp, uint32_t start, uint32_t len)
{
    uint32_t number;
    eqlm_status status = eqli_rules_add_region(c->set, sp->program, start, len, &number);
    if (status == EQLM_OK)
        c->owners[number] = sp->number;
    return status;
}

static eqlm_status add_terms(eqli_conditions *c, eqli_stream_program *sp)
{
    const eqlm_program *p = sp->program;
    eqlm_status status = EQLM_OK;
    sp->first_entry = sp->first_inner = UINT32_MAX;
    if (c->set->n && (p->get != c->set->get || p->get_ctx != c->set->get_ctx)) {
        c->unlisted[c->n_unlisted++] = sp->number;
        return EQLM_OK;
    }
    sp->first_entry = c->set->n;
    for (uint32_t i = 0; status == EQLM_OK && i < eqli_program_n_regions(p); i++)
        status = add_region(c, sp, p->stages[i].start, p->stages[i].len);
    return status;
}

static eqlm_status add_inner(eqli_conditions *c, eqli_stream_program *sp)
{
    const eqlm_program *p = sp->program;
    eqlm_status status = EQLM_OK;
    if (sp->first_entry == UINT32_MAX)
        return EQLM_OK;
    sp->first_inner = c->set->n;
    for (uint32_t i = 0; status == EQLM_OK && i < p->n_lineages; i++)
        status = add_region(c, sp, p->lineages[i].start, p->lineages[i].len);
    return status;
}

static eqlm_status fill_set(eqlm_stream *s)
{
    eqli_conditions *c = &s->conditions;
    eqlm_status status = eqlm_rules_new(&s->alloc, &c->set);
    if (status != EQLM_OK)
        return status;
    for (uint32_t i = 0; i < s->n_programs; i++)
        c->n_owners += n_conditions(s->programs[i]);
    c->owners = eqli_mem_new(&s->alloc, c->n_owners * sizeof *c->owners);
    c->unlisted = eqli_mem_new(&s->alloc, s->n_programs * sizeof *c->unlisted);
    if (!c->owners || !c->unlisted)
        return EQLM_E_NOMEM;
    for (uint32_t i = 0; status == EQLM_OK && i < s->n_programs; i++)
        status = add_terms(c, s->programs[i]);
    c->first_inner = c->set->n;
    for (uint32_t i = 0; status == EQLM_OK && i < s->n_programs; i++)
        status = add_inner(c, s->programs[i]);
    return status == EQLM_OK ? eqlm_rules_seal(c->set) : status;
}

void eqli_conditions_clear(eqlm_stream *s)
{
    eqli_conditions *c = &s->conditions;
    eqlm_rules_free(c->set);
    eqli_mem_free(&s->alloc, c->owners, c->n_owners * sizeof *c->owners);
    eqli_mem_free(&s->alloc, c->unlisted, s->n_programs * sizeof *c->unlisted);
    *c = (eqli_conditions) { 0 };
}

eqlm_status eqli_conditions_select(eqlm_stream *s, const void *event)
{
    eqli_conditions *c = &s->conditions;
    if (!c->made) {
        eqlm_status status = are_few(s) ? EQLM_OK : fill_set(s);
        if (status != EQLM_OK) {
            eqli_conditions_clear(s);
            return status;
        }
        c->made = true;
    }
    c->at = c->n = 0;
    c->any = !c->set;
    if (!c->set)
        return EQLM_OK;
    eqli_op_result r = eqli_rules_select(s->vm, c->set, event, &c->numbers, &c->n);
    if (r != EQLI_OP_OK) { /* a value too large to be looked up is compared by the conditions themselves */
        c->any = true;
        c->n = 0;
    }
    return r == EQLI_OP_NOMEM ? EQLM_E_NOMEM : EQLM_OK;
}

void eqli_conditions_begin(eqlm_stream *s, unsigned what)
{
    eqli_conditions *c = &s->conditions;
    c->what = what;
    c->inner = what == EQLI_RUN_INNER;
    c->end = c->n;
    c->at_unlisted = 0;
    c->walk = NULL;
    if (c->inner) {
        while (c->at < c->n && c->numbers[c->at] < c->first_inner)
            c->at++;
    } else {
        while (c->end && c->numbers[c->end - 1] >= c->first_inner)
            c->end--;
    }
}

static uint32_t next_unlisted(const eqlm_stream *s)
{
    const eqli_conditions *c = &s->conditions;
    if (c->any)
        return c->at_unlisted < s->n_programs ? c->at_unlisted : UINT32_MAX;
    return c->at_unlisted < c->n_unlisted ? c->unlisted[c->at_unlisted] : UINT32_MAX;
}

/* Goes on in a program that is not in the set. */
static bool walk(eqli_conditions *c, eqli_condition *out)
{
    const eqlm_program *p = c->walk->program;
    uint32_t n = c->inner ? p->n_lineages : eqli_program_n_regions(p);
    if (!(c->walk->runs & c->what) || c->walk_at == n)
        return false;
    *out = (eqli_condition) { c->walk, c->walk_at++, UINT32_MAX };
    return true;
}

bool eqli_conditions_next(eqlm_stream *s, eqli_condition *out)
{
    eqli_conditions *c = &s->conditions;
    for (;;) {
        if (c->walk && walk(c, out))
            return true;
        uint32_t listed = c->at < c->end ? c->owners[c->numbers[c->at]] : UINT32_MAX;
        uint32_t unlisted = next_unlisted(s);
        if (unlisted < listed) {
            c->walk = s->programs[unlisted];
            c->walk_at = 0;
            c->at_unlisted++;
            continue;
        }
        if (listed == UINT32_MAX)
            return false;
        eqli_stream_program *sp = s->programs[listed];
        uint32_t entry = c->numbers[c->at++];
        if (!(sp->runs & c->what))
            continue;
        *out = (eqli_condition) { sp, entry - (c->inner ? sp->first_inner : sp->first_entry), entry };
        return true;
    }
}

eqlm_status eqli_conditions_run(eqlm_stream *s, const eqli_condition *which, const void *event, bool *hit)
{
    const eqli_conditions *c = &s->conditions;
    const eqlm_program *p = which->program->program;
    if (which->entry == UINT32_MAX)
        return eqli_stream_run(s, which->program,
                               c->inner ? p->lineages[which->number].start : p->stages[which->number].start,
                               event, hit);
    s->current = which->program;
    eqli_op_result r = eqli_rules_run_entry(s->vm, c->set, which->entry, event, hit);
    return r == EQLI_OP_OK ? EQLM_OK : eqli_vm_status(r);
}
