/* setup.c - what happens around events: making a stream, giving it programs, asking for its counters. */
#include "stream/stream.h"

#include <string.h>

static bool options_are_good(const eqlm_stream_options *o)
{
    if (o->lateness_ns < 0 || o->samples_per_key > EQLI_MAX_SAMPLES_PER_KEY)
        return false;
    if ((o->lateness_ns || o->order_by_tiebreaker) && (!o->hold_event || !o->release_event))
        return false;
    return o->n_shards < 2 || (o->shard < o->n_shards && o->hash_seed);
}

eqlm_status eqlm_stream_new(const eqlm_alloc *alloc, const eqlm_stream_options *options, eqlm_stream **out)
{
    eqlm_stream_options o = { 0 };
    if (!out)
        return EQLM_E_ARGUMENT;
    *out = NULL;
    if (options && !eqli_mem_known(options, sizeof o))
        return EQLM_E_ARGUMENT;
    if (options)
        o = *options;
    if (!options_are_good(&o))
        return EQLM_E_ARGUMENT;
    eqlm_alloc a = eqli_mem_default(alloc);
    eqlm_stream *s = eqli_mem_new(&a, sizeof *s);
    if (!s)
        return EQLM_E_NOMEM;
    s->alloc = a;
    s->options = o;
    if (!o.max_state)
        s->options.max_state = EQLI_STREAM_MAX_STATE;
    if (!o.samples_per_key)
        s->options.samples_per_key = 1;
    s->reorders = o.lateness_ns || o.order_by_tiebreaker;
    /* Addresses differ from run to run where an attacker matters; hosts with better numbers give one. */
    uint64_t heap = (uint64_t)(uintptr_t)s, stack = (uint64_t)(uintptr_t)&o;
    s->seed = o.hash_seed ? o.hash_seed : heap * UINT64_C(0x9E3779B97F4A7C15) ^ stack;
    eqli_arena_init(&s->tuples.arena, &a, EQLI_MAX_EVENT_KEYS);
    eqlm_status status = eqlm_vm_new(&a, &s->vm);
    if (status != EQLM_OK) {
        eqlm_stream_free(s);
        return status;
    }
    s->vm->lineage = eqli_ancestry_answer;
    s->vm->lineage_ctx = s;
    *out = s;
    return EQLM_OK;
}

static void program_free(eqlm_stream *s, eqli_stream_program *sp)
{
    uint32_t n = eqli_program_n_regions(sp->program);
    eqli_mem_free(&s->alloc, sp->position, n * sizeof *sp->position);
    eqli_mem_free(&s->alloc, sp->alias_at, n * sizeof *sp->alias_at);
    eqli_mem_free(&s->alloc, sp->awaits, n * sizeof *sp->awaits);
    eqli_mem_free(&s->alloc, sp->waiting, sp->n_slots * sizeof *sp->waiting);
    eqlm_program_free((eqlm_program *)(uintptr_t)sp->program); /* drops our reference */
    eqli_mem_free(&s->alloc, sp, sizeof *sp);
}

void eqlm_stream_free(eqlm_stream *s)
{
    if (!s)
        return;
    eqlm_alloc a = s->alloc;
    s->options.on_release = NULL; /* the host is about to forget everything anyway */
    eqli_state_clear(s);
    eqli_conditions_clear(s);
    eqlm_vm_free(s->vm);
    for (uint32_t i = 0; i < s->n_programs; i++)
        program_free(s, s->programs[i]);
    eqli_mem_free(&a, s->programs, s->cap_programs * sizeof(void *));
    eqli_mem_free(&a, s->due, s->cap_due * sizeof *s->due);
    eqli_tuples_clear(&s->tuples, &a);
    eqli_mem_free(&a, s->hits, s->cap_hits * sizeof *s->hits);
    eqli_mem_free(&a, s->heap, s->cap_heap * sizeof *s->heap);
    eqli_mem_free(&a, s->ancestry.plan_sources, s->ancestry.n_words * sizeof *s->ancestry.plan_sources);
    eqli_mem_free(&a, s->match_events, s->cap_match_events * sizeof *s->match_events);
    eqli_mem_free(&a, s->match_keys, s->cap_match_keys * sizeof *s->match_keys);
    eqli_mem_free(&a, s, sizeof *s);
}

static bool grow(eqlm_stream *s, void **ptr, uint32_t *cap, uint32_t n, size_t size)
{
    if (n <= *cap)
        return true;
    void *p = eqli_mem_resize(&s->alloc, *ptr, *cap, n, size);
    if (!p)
        return false;
    *ptr = p;
    *cap = n;
    return true;
}

/* What the engine cannot do with a program that compiled: an alias asked for behind the last event that fills
 * it, where every waiting candidate would have to be asked, or in a sample, which has no order. */
static bool program_is_good(const eqlm_program *p)
{
    bool past_last = false;
    for (uint32_t i = p->n_stages; i-- > 0;) {
        const eqli_stage *stage = &p->stages[i];
        past_last = past_last || !stage->missing;
        if (p->kind == EQLM_SAMPLE && (stage->missing || stage->join_len))
            return false;
        if (stage->join_len && !past_last)
            return false;
    }
    return p->kind != EQLM_EXPRESSION && p->n_stages <= EQLI_MAX_STAGES &&
           !(p->has_until && p->stages[p->n_stages].join_len);
}

static void lay_out_slots(eqli_stream_program *sp)
{
    const eqlm_program *p = sp->program;
    if (p->kind == EQLM_SAMPLE) {
        sp->n_slots = 2 * sp->n_terms;
        return;
    }
    sp->n_slots = sp->n_positive - 1;
    sp->leading_slot = sp->n_slots;
    sp->n_slots += sp->has_leading;
    sp->pending_slot = sp->n_slots;
    sp->n_slots += sp->has_trailing ? 2 : 0;
    sp->partial_size = sizeof(eqli_entry) + sp->n_positive * sizeof(uint64_t);
    sp->window_at = sp->partial_size;
    sp->partial_size += sp->has_missing ? sizeof(eqli_window) : 0;
    sp->captures_at = sp->partial_size;
    sp->partial_size += p->n_aliases * sizeof(eqli_captured *);
}

/* Without what a term awaits, in the state that earlier events have left, an event that hits it does nothing.
 */
static void lay_out_awaits(eqli_stream_program *sp)
{
    const eqlm_program *p = sp->program;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        uint32_t position = sp->position[i];
        bool trails = p->stages[i].missing && position == sp->n_positive;
        sp->awaits[i] = p->kind != EQLM_SEQUENCE || position == 0 ? EQLI_NOTHING
                        : trails                                  ? sp->pending_slot
                                                                  : position - 1;
    }
    if (p->has_until)
        sp->awaits[p->n_stages] = EQLI_ANYTHING;
}

static unsigned scope_of_run(const eqlm_stream *s, const eqlm_program *p)
{
    unsigned inner = p->n_lineages ? EQLI_RUN_INNER : 0;
    if (p->kind != EQLM_EVENT_QUERY)
        return EQLI_RUN_ORDERED | inner;
    if (s->options.n_shards > 1 && s->options.shard != 0)
        return inner; /* another shard tells */
    return p->n_lineages ? EQLI_RUN_LINEAGE | inner : EQLI_RUN_PLAIN;
}

static void lay_out(eqli_stream_program *sp)
{
    const eqlm_program *p = sp->program;
    sp->n_terms = p->n_stages;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        sp->position[i] = sp->n_positive;
        sp->n_positive += !p->stages[i].missing;
        sp->has_missing |= p->stages[i].missing;
    }
    sp->has_leading = p->stages[0].missing;
    sp->has_trailing = p->stages[p->n_stages - 1].missing;
    sp->maxspan_ms = p->maxspan_ns < 0 ? INT64_MAX : p->maxspan_ns / 1000000;
    for (uint32_t i = 0; i < p->n_aliases; i++) {
        uint32_t stage = p->aliases[i].stage;
        if (!p->stages[stage].missing)
            sp->alias_at[sp->position[stage]] = (uint16_t)(i + 1);
    }
    lay_out_slots(sp);
    lay_out_awaits(sp);
}

static bool add_to_sum(void *ctx, const void *bytes, size_t len)
{
    uint64_t *sum = ctx;
    for (size_t i = 0; i < len; i++)
        *sum = (*sum ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
    return true;
}

static eqli_stream_program *program_new(eqlm_stream *s, const eqlm_program *p)
{
    eqli_stream_program *sp = eqli_mem_new(&s->alloc, sizeof *sp);
    uint32_t n = eqli_program_n_regions(p);
    if (!sp)
        return NULL;
    sp->program = p;
    sp->number = s->n_programs;
    eqli_program_retain(p);
    sp->position = eqli_mem_new(&s->alloc, n * sizeof *sp->position);
    sp->alias_at = eqli_mem_new(&s->alloc, n * sizeof *sp->alias_at);
    sp->awaits = eqli_mem_new(&s->alloc, n * sizeof *sp->awaits);
    if (!sp->position || !sp->alias_at || !sp->awaits ||
        eqlm_program_save(p, add_to_sum, &sp->fingerprint) != EQLM_OK) {
        program_free(s, sp);
        return NULL;
    }
    lay_out(sp);
    sp->runs = scope_of_run(s, p);
    sp->waiting = eqli_mem_new(&s->alloc, sp->n_slots * sizeof *sp->waiting);
    if (!sp->waiting) {
        program_free(s, sp);
        return NULL;
    }
    /* A state says which events of a sample are kept, and with another number others would be. */
    sp->n_choices = sp->n_terms + s->options.samples_per_key - 1;
    if (p->kind == EQLM_SAMPLE && s->options.samples_per_key > 1)
        sp->fingerprint += s->options.samples_per_key;
    return sp;
}

eqlm_status eqlm_stream_add(eqlm_stream *s, const eqlm_program *p, uint32_t *number)
{
    if (!s || !p || s->busy || s->fed || s->n_programs == EQLI_MAX_PROGRAMS || !program_is_good(p))
        return EQLM_E_ARGUMENT;
    if (s->n_programs == s->cap_programs && !grow(s, (void **)&s->programs, &s->cap_programs,
                                                  s->cap_programs ? s->cap_programs * 2 : 8, sizeof(void *)))
        return EQLM_E_NOMEM;
    if (!grow(s, (void **)&s->due, &s->cap_due, s->cap_programs, sizeof *s->due) ||
        !grow(s, (void **)&s->match_events, &s->cap_match_events, p->n_stages, sizeof *s->match_events) ||
        !grow(s, (void **)&s->match_keys, &s->cap_match_keys, p->stages[0].n_keys, sizeof *s->match_keys) ||
        eqli_vm_prepare(s->vm, p) != EQLM_OK)
        return EQLM_E_NOMEM;
    eqli_stream_program *sp = program_new(s, p);
    if (!sp)
        return EQLM_E_NOMEM;
    if (eqli_ancestry_watch(s, sp) != EQLM_OK) {
        program_free(s, sp);
        return EQLM_E_NOMEM;
    }
    eqli_conditions_clear(s);
    s->programs[s->n_programs++] = sp;
    if (number)
        *number = sp->number;
    return EQLM_OK;
}

/* ---- counters -------------------------------------------------------------------------------------------
 */

eqlm_status eqlm_stream_set_profile(eqlm_stream *s, eqlm_profile *profile)
{
    if (!s || s->busy || (profile && (!eqli_mem_known(profile, sizeof *profile) || !profile->now)))
        return EQLM_E_ARGUMENT;
    s->profile = profile;
    return EQLM_OK;
}

void eqlm_stream_program_counts(const eqlm_stream *s, uint32_t program, eqlm_stream_counts *out)
{
    if (!out)
        return;
    *out = (eqlm_stream_counts) { 0 };
    if (!s || program >= s->n_programs)
        return;
    *out = s->programs[program]->counts;
}

void eqlm_stream_get_counts(const eqlm_stream *s, eqlm_stream_counts *out)
{
    if (!out)
        return;
    *out = (eqlm_stream_counts) { 0 };
    if (!s)
        return;
    *out = s->counts;
    for (uint32_t i = 0; i < s->n_programs; i++) {
        const eqlm_stream_counts *c = &s->programs[i]->counts;
        out->matches += c->matches;
        out->evicted += c->evicted;
        out->errors += c->errors;
        out->partials += c->partials;
        out->keys += c->keys;
    }
}
