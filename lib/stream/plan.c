/* plan.c - the two steps of an event: planning evaluates conditions and takes memory, committing changes the
 * state. */
#include "stream/stream.h"

#include "base/sort.h"
#include "vm/profile.h"

static eqlm_status status_of(eqli_op_result r)
{
    return r == EQLI_OP_OK ? EQLM_OK : r == EQLI_OP_NOMEM ? EQLM_E_NOMEM : EQLM_E_LIMIT;
}

eqlm_status eqli_stream_run(eqlm_stream *s, const eqli_stream_program *sp, uint32_t start, const void *event,
                            bool *hit)
{
    s->current = sp;
    s->vm->scratch.max = sp->program->max_scratch;
    *hit = false;
    return status_of(eqli_vm_run(s->vm, sp->program, start, event, hit));
}

static eqlm_status push(eqlm_stream *s, eqli_hit hit)
{
    if (s->n_hits == s->cap_hits) {
        size_t cap = s->cap_hits ? s->cap_hits * 2 : 32;
        void *p = eqli_mem_resize(&s->alloc, s->hits, s->cap_hits, cap, sizeof *s->hits);
        if (!p)
            return EQLM_E_NOMEM;
        s->hits = p;
        s->cap_hits = cap;
    }
    s->hits[s->n_hits++] = hit;
    return EQLM_OK;
}

/* Missing events first, positive terms from the last to the first, until after these. Terms of samples in
 * order. */
static uint32_t order_of(const eqli_stream_program *sp, uint32_t stage)
{
    if (sp->program->kind == EQLM_SAMPLE)
        return stage;
    if (stage == sp->n_terms)
        return UINT32_MAX;
    return sp->program->stages[stage].missing ? 0 : sp->n_positive - sp->position[stage];
}

/* A stream that is one of several shards leaves the tuples of the others alone. */
static bool is_ours(const eqlm_stream *s, const eqli_bytes *key)
{
    uint32_t n = s->options.n_shards;
    return n < 2 || eqli_key_hash(s->seed, EQLI_SHARD_SPACE, key->ptr, key->len) % n == s->options.shard;
}

static eqlm_status push_tuples(eqlm_stream *s, const eqli_stream_program *sp, uint32_t stage,
                               const void *event)
{
    eqlm_status status = eqli_tuples_read(&s->tuples, s->vm, sp->program, &sp->program->stages[stage], event);
    for (uint32_t i = 0; status == EQLM_OK && i < s->tuples.n; i++) {
        const eqli_bytes *key = &s->tuples.items[i];
        if (!is_ours(s, key))
            continue;
        status = push(s, (eqli_hit) { .program = sp->number,
                                      .stage = stage,
                                      .order = order_of(sp, stage),
                                      .key = key->ptr,
                                      .key_len = key->len,
                                      .hash = eqli_key_hash(s->seed, sp->number, key->ptr, key->len) });
    }
    return status;
}

static int compare_hits(const void *x, const void *y)
{
    const eqli_hit *a = x, *b = y;
    int order = eqli_key_compare(a->key, a->key_len, b->key, b->key_len);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static bool same_tuple(const eqli_hit *a, const eqli_hit *b)
{
    return a->hash == b->hash && eqli_key_compare(a->key, a->key_len, b->key, b->key_len) == 0;
}

static eqlm_status plan_tuples(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in, size_t first)
{
    eqli_hit *hits = s->hits;
    eqli_sort(hits + first, s->n_hits - first, sizeof(eqli_hit), compare_hits);
    for (size_t i = first, end; i < s->n_hits; i = end) {
        for (end = i + 1; end < s->n_hits && same_tuple(&hits[i], &hits[end]); end++)
            continue;
        eqlm_status status = sp->program->kind == EQLM_SAMPLE
                                 ? eqli_sample_plan(s, sp, hits + i, end - i)
                                 : eqli_sequence_plan(s, sp, in, hits + i, end - i);
        if (status != EQLM_OK)
            return status;
    }
    size_t kept = first;
    for (size_t i = first; i < s->n_hits; i++) {
        if (hits[i].stage != UINT32_MAX)
            hits[kept++] = hits[i];
    }
    s->n_hits = kept;
    return EQLM_OK;
}

/* Whether an event that hits the term could change anything; if not, not even its condition is run. What
 * counts is the state before the event, and for `until` also what the event has hit. */
static bool is_awaited(const eqli_condition *c, bool hits)
{
    const eqli_stream_program *sp = c->program;
    uint32_t slot = sp->awaits[c->number];
    if (slot == EQLI_NOTHING)
        return true;
    return slot == EQLI_ANYTHING ? hits || sp->counts.partials : sp->waiting[slot];
}

void eqli_plan_errors(eqlm_stream *s, eqli_stream_program *sp, uint64_t before)
{
    uint64_t n = s->vm->errors - before;
    if (n == 0)
        return;
    if (sp->planned_errors == 0) {
        sp->next_erring = s->erring;
        s->erring = sp;
    }
    sp->planned_errors += n;
}

static void forget_hit(eqlm_stream *s, eqli_hit *hit)
{
    eqli_stream_program *sp = s->programs[hit->program];
    if (hit->entry) {
        bool occurrence = hit->stage < sp->n_terms && sp->program->stages[hit->stage].missing;
        hit->entry->kind = sp->program->kind == EQLM_SAMPLE ? EQLI_CHOICE
                           : occurrence                     ? EQLI_OCCURRENCE
                                                            : EQLI_PARTIAL;
        eqli_state_free(s, hit->entry, eqli_entry_size(sp, hit->entry));
    }
    eqli_captured_free(s, sp, hit->captured);
    if (hit->pins)
        eqli_key_release(s, hit->state);
}

void eqli_plan_abandon(eqlm_stream *s)
{
    for (size_t i = 0; i < s->n_hits; i++)
        forget_hit(s, &s->hits[i]);
    s->n_hits = 0;
    for (; s->erring; s->erring = s->erring->next_erring)
        s->erring->planned_errors = 0;
    eqli_ancestry_abandon(s);
    eqli_arena_reset(&s->tuples.arena);
}

static eqlm_status plan_condition(eqlm_stream *s, const eqli_condition *c, const void *event)
{
    bool hit = false;
    uint64_t began = eqli_profile_now(s->profile);
    eqlm_status status = eqli_conditions_run(s, c, event, &hit);
    if (status == EQLM_OK && hit)
        status = c->program->program->kind == EQLM_EVENT_QUERY
                     ? push(s, (eqli_hit) { .program = c->program->number })
                     : push_tuples(s, c->program, c->number, event);
    eqli_profile_run(s->profile, c->program->number, began, hit);
    return status;
}

/* All terms of the program, if there is one, have been tried. */
static eqlm_status plan_hits(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in, size_t first)
{
    if (!sp || s->n_hits == first || sp->program->kind == EQLM_EVENT_QUERY)
        return EQLM_OK;
    uint64_t errors = s->vm->errors, began = eqli_profile_now(s->profile);
    eqlm_status status = plan_tuples(s, sp, in, first);
    eqli_profile_spend(s->profile, sp->number, began);
    eqli_plan_errors(s, sp, errors);
    return status;
}

static eqlm_status plan_programs(eqlm_stream *s, const eqli_incoming *in, unsigned what)
{
    eqlm_status status = EQLM_OK;
    eqli_stream_program *sp = NULL; /* whose terms are being tried */
    size_t first = 0;               /* hit of the program */
    eqli_condition c;
    eqli_conditions_begin(s, what);
    while (status == EQLM_OK && eqli_conditions_next(s, &c)) {
        if (!is_awaited(&c, sp && c.program == sp && s->n_hits > first))
            continue;
        if (c.program != sp) {
            status = plan_hits(s, sp, in, first);
            sp = c.program;
            first = s->n_hits;
        }
        uint64_t errors = s->vm->errors;
        if (status == EQLM_OK)
            status = plan_condition(s, &c, in->event);
        eqli_plan_errors(s, sp, errors);
    }
    return status == EQLM_OK ? plan_hits(s, sp, in, first) : status;
}

eqlm_status eqli_plan(eqlm_stream *s, const eqli_incoming *in, unsigned what)
{
    eqlm_status status = eqli_conditions_select(s, in->event);
    s->n_hits = 0;
    s->ancestry.plan.read = false;
    if (status == EQLM_OK)
        status = plan_programs(s, in, what);
    if (status == EQLM_OK && (what & EQLI_RUN_LINEAGE))
        status = eqli_ancestry_plan(s, in);
    if (status != EQLM_OK)
        eqli_plan_abandon(s);
    return status;
}

static void commit_hit(eqlm_stream *s, const eqli_incoming *in, eqli_hit *hit)
{
    eqli_stream_program *sp = s->programs[hit->program];
    switch ((eqlm_program_kind)sp->program->kind) {
    case EQLM_SEQUENCE:
        eqli_sequence_commit(s, sp, in, hit);
        break;
    case EQLM_SAMPLE:
        eqli_sample_commit(s, sp, in, hit);
        break;
    default:
        s->match_events[0] = in->id;
        eqli_stream_tell(s, sp, NULL, 0, in->time);
        break;
    }
}

void eqli_plan_commit(eqlm_stream *s, const eqli_incoming *in, unsigned what)
{
    for (eqli_stream_program *sp = s->erring; sp; sp = sp->next_erring)
        sp->counts.errors += sp->planned_errors;
    if (what & EQLI_RUN_ORDERED)
        eqli_state_expire(s, in->time);
    eqli_state_enforce(s); /* what the plan has taken counts already */
    for (size_t i = 0; i < s->n_hits; i++) {
        uint64_t began = eqli_profile_now(s->profile);
        commit_hit(s, in, &s->hits[i]);
        eqli_profile_spend(s->profile, s->hits[i].program, began);
    }
    if (what & EQLI_RUN_LINEAGE)
        eqli_ancestry_commit(s, in);
    eqli_plan_abandon(s); /* memory that was not needed after all */
    eqli_state_enforce(s);
}
