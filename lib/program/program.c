#include "program/program.h"

#include "base/sort.h"

#include <stdatomic.h>
#include <string.h>

const eqli_op_info eqli_op_table[EQLI_OP_COUNT] = {
#define OP(name, group, mode, a, b, t, f, effect)                                                            \
    { #name,        EQLI_GROUP_##group, EQLI_ARG_##mode, EQLI_ARG_##a,                                       \
      EQLI_ARG_##b, EQLI_ARG_##t,       EQLI_ARG_##f,    effect },
#include "program/opcodes.def"
#undef OP
};

/* The counts are no part of what is immutable. */
static eqlm_program *counted(const eqlm_program *p)
{
    return (eqlm_program *)(uintptr_t)p;
}

void eqli_program_retain(const eqlm_program *p)
{
    atomic_fetch_add_explicit(&counted(p)->owners, 1, memory_order_relaxed);
}

void eqli_program_hold(const eqlm_program *p)
{
    atomic_fetch_add_explicit(&counted(p)->refs, 1, memory_order_relaxed);
}

bool eqli_program_is_owned(const eqlm_program *p)
{
    return atomic_load_explicit(&counted(p)->owners, memory_order_relaxed) > 0;
}

static bool has_bytes(const eqlm_value *v)
{
    return v->type == EQLM_STRING || v->type == EQLM_IP;
}

bool eqli_program_own(eqlm_program *p)
{
    size_t len = 0;
    for (uint32_t i = 0; i < p->n_consts; i++)
        len += has_bytes(&p->consts[i]) ? p->consts[i].len : 0;
    for (uint32_t i = 0; i < p->n_sets; i++)
        len += p->sets[i].kinds ? p->sets[i].n : 0;
    p->pool = eqli_mem_resize(&p->alloc, NULL, 0, len, 1);
    if (!p->pool)
        return false;
    p->pool_len = (uint32_t)len;
    char *at = p->pool;
    for (uint32_t i = 0; i < p->n_consts; i++) {
        eqlm_value *v = &p->consts[i];
        if (!has_bytes(v))
            continue;
        if (v->len)
            memcpy(at, v->as.str, v->len);
        v->as.str = at;
        at += v->len;
    }
    for (uint32_t i = 0; i < p->n_sets; i++) {
        eqli_set *set = &p->sets[i];
        if (!set->kinds)
            continue;
        memcpy(at, set->kinds, set->n);
        set->kinds = (const uint8_t *)at;
        at += set->n;
    }
    return true;
}

static void free_set(const eqlm_alloc *a, const eqli_set *set)
{
    switch ((eqli_set_kind)set->kind) {
    case EQLI_SET_PATTERNS:
        eqli_pattern_set_free(set->patterns);
        break;
    case EQLI_SET_REGEX:
        eqli_regex_free(set->regex);
        break;
    case EQLI_SET_VALUES:
        eqli_mem_free(a, set->values, set->n * sizeof *set->values);
        break;
    case EQLI_SET_BLOCKS:
        eqli_mem_free(a, set->blocks, set->n * sizeof *set->blocks);
        break;
    }
}

static size_t set_memory(const eqli_set *set)
{
    switch ((eqli_set_kind)set->kind) {
    case EQLI_SET_PATTERNS:
        return eqli_pattern_set_memory(set->patterns);
    case EQLI_SET_REGEX:
        return eqli_regex_memory(set->regex);
    case EQLI_SET_VALUES:
        return set->n * sizeof *set->values;
    case EQLI_SET_BLOCKS:
        return set->n * sizeof *set->blocks;
    }
    return 0;
}

static void destroy(eqlm_program *p)
{
    eqlm_alloc a = p->alloc;
    for (uint32_t i = 0; i < p->n_sets; i++)
        free_set(&a, &p->sets[i]);
    eqli_mem_free(&a, p->insns, p->n_insns * sizeof *p->insns);
    eqli_mem_free(&a, p->steps, p->n_insns * sizeof *p->steps);
    eqli_mem_free(&a, p->consts, p->n_consts * sizeof *p->consts);
    eqli_mem_free(&a, p->pool, p->pool_len);
    eqli_mem_free(&a, p->sets, p->n_sets * sizeof *p->sets);
    eqli_mem_free(&a, p->slots, p->n_slots * sizeof *p->slots);
    eqli_mem_free(&a, p->pipes, p->n_pipes * sizeof *p->pipes);
    eqli_mem_free(&a, p->stages, eqli_program_n_regions(p) * sizeof *p->stages);
    eqli_mem_free(&a, p->keys, p->n_keys * sizeof *p->keys);
    eqli_mem_free(&a, p->aliases, p->n_aliases * sizeof *p->aliases);
    eqli_mem_free(&a, p->captures, p->n_captures * sizeof *p->captures);
    eqli_mem_free(&a, p->lineages, p->n_lineages * sizeof *p->lineages);
    eqli_mem_free(&a, p, sizeof *p);
}

void eqli_program_release(const eqlm_program *p)
{
    if (atomic_fetch_sub_explicit(&counted(p)->refs, 1, memory_order_acq_rel) == 1)
        destroy(counted(p));
}

void eqlm_program_free(eqlm_program *p)
{
    if (p && atomic_fetch_sub_explicit(&p->owners, 1, memory_order_acq_rel) == 1)
        eqli_program_release(p);
}

size_t eqlm_program_memory(const eqlm_program *p)
{
    if (!p)
        return 0;
    size_t n = sizeof *p + p->n_insns * (sizeof *p->insns + sizeof *p->steps) +
               p->n_consts * sizeof *p->consts + p->pool_len + p->n_sets * sizeof *p->sets +
               p->n_slots * sizeof *p->slots + p->n_pipes * sizeof *p->pipes +
               eqli_program_n_regions(p) * sizeof *p->stages + p->n_keys * sizeof *p->keys +
               p->n_aliases * sizeof *p->aliases + p->n_captures * sizeof *p->captures +
               p->n_lineages * sizeof *p->lineages;
    for (uint32_t i = 0; i < p->n_sets; i++)
        n += set_memory(&p->sets[i]);
    return n;
}

eqlm_program_kind eqlm_program_get_kind(const eqlm_program *p)
{
    return p ? (eqlm_program_kind)p->kind : EQLM_EVENT_QUERY;
}

uint32_t eqlm_program_n_fields(const eqlm_program *p)
{
    return p ? p->n_slots : 0;
}

uint32_t eqlm_program_field(const eqlm_program *p, uint32_t i)
{
    return p && i < p->n_slots ? p->slots[i].place.field : EQLI_NO_FIELD;
}

uint32_t eqlm_program_n_pipes(const eqlm_program *p)
{
    return p ? p->n_pipes : 0;
}

uint64_t eqlm_program_places(const eqlm_program *p)
{
    uint64_t sum = 0xcbf29ce484222325u;
    bool placed = false;
    for (uint32_t i = 0; p && i < p->n_slots; i++) {
        const eqli_slot *s = &p->slots[i];
        const eqli_place *at = &s->place;
        if (s->scope || s->element)
            continue; /* elements are read by the library */
        bool in_struct = at->storage != EQLM_STORE_GETTER;
        const uint32_t words[] = { at->storage, at->shape,         at->len_size,   at->count_size,
                                   at->size,    at->offset,        at->len_offset, at->count_offset,
                                   at->stride,  at->present_offset };
        placed = placed || in_struct;
        for (unsigned k = 0; k < (in_struct ? sizeof words / sizeof *words : 1); k++)
            sum = (sum ^ words[k]) * 0x100000001b3u;
    }
    return placed ? sum ^ sizeof(void *) : 0;
}

bool eqlm_program_pipe(const eqlm_program *p, uint32_t i, bool *tail, uint64_t *count)
{
    if (!p || i >= p->n_pipes)
        return false;
    if (tail)
        *tail = p->pipes[i].tail;
    if (count)
        *count = p->pipes[i].count;
    return true;
}

static int type_family(const eqlm_value *v)
{
    return eqli_is_number(v) ? EQLM_I64 : eqli_is_date(v) ? EQLM_DATE : (int)v->type;
}

int eqli_value_order(const eqlm_value *a, const eqlm_value *b)
{
    int fa = type_family(a), fb = type_family(b);
    if (fa != fb)
        return fa < fb ? -1 : 1;
    if (eqli_compare(EQLI_CMP_EQ, a, b, false) == EQLI_TRUE)
        return 0;
    return eqli_compare(EQLI_CMP_LT, a, b, false) == EQLI_TRUE ? -1 : 1;
}

static int order_values(const void *a, const void *b)
{
    return eqli_value_order(a, b);
}

/* list: room for the members. */
static eqlm_status finish_patterns(eqlm_program *p, eqli_set *set, eqli_pattern *list)
{
    for (uint32_t i = 0; i < set->n; i++) {
        const eqlm_value *v = &p->consts[set->first + i];
        list[i] = (eqli_pattern){ { v->as.str, v->len }, (eqli_pattern_kind)set->kinds[i] };
    }
    return eqli_pattern_set_new(&p->alloc, list, set->n, set->fold, &set->patterns);
}

static eqlm_status finish_regex(eqlm_program *p, eqli_set *set, eqli_regex_error *error)
{
    eqlm_str *list = eqli_mem_new(&p->alloc, set->n * sizeof *list);
    if (!list)
        return EQLM_E_NOMEM;
    for (uint32_t i = 0; i < set->n; i++)
        list[i] = (eqlm_str){ p->consts[set->first + i].as.str, p->consts[set->first + i].len };
    eqlm_status status =
        eqli_regex_new(&p->alloc, list, set->n, set->fold, p->max_regex_states, error, &set->regex);
    eqli_mem_free(&p->alloc, list, set->n * sizeof *list);
    return status;
}

static eqlm_status finish_values(eqlm_program *p, eqli_set *set)
{
    set->values = eqli_mem_new(&p->alloc, set->n * sizeof *set->values);
    if (!set->values)
        return EQLM_E_NOMEM;
    memcpy(set->values, p->consts + set->first, set->n * sizeof *set->values);
    eqli_sort(set->values, set->n, sizeof *set->values, order_values);
    return EQLM_OK;
}

static eqlm_status finish_blocks(eqlm_program *p, eqli_set *set)
{
    set->blocks = eqli_mem_new(&p->alloc, set->n * sizeof *set->blocks);
    if (!set->blocks)
        return EQLM_E_NOMEM;
    for (uint32_t i = 0; i < set->n; i++) {
        const eqlm_value *v = &p->consts[set->first + i];
        if (!eqli_cidr_parse(v->as.str, v->len, &set->blocks[i]))
            return EQLM_E_IMAGE; /* a compiled query has been checked before */
    }
    eqli_cidrs_sort(set->blocks, set->n);
    return EQLM_OK;
}

static eqlm_status finish_set(eqlm_program *p, eqli_set *set, eqli_pattern *list, eqli_regex_error *error)
{
    switch ((eqli_set_kind)set->kind) {
    case EQLI_SET_PATTERNS:
        return finish_patterns(p, set, list);
    case EQLI_SET_REGEX:
        return finish_regex(p, set, error);
    case EQLI_SET_VALUES:
        return finish_values(p, set);
    case EQLI_SET_BLOCKS:
        return finish_blocks(p, set);
    }
    return EQLM_E_IMAGE;
}

static eqlm_status finish_sets(eqlm_program *p, uint32_t *bad_set, eqli_regex_error *error)
{
    uint32_t most = 0;
    eqlm_status status = EQLM_OK;
    for (uint32_t i = 0; i < p->n_sets; i++)
        most = p->sets[i].n > most ? p->sets[i].n : most;
    eqli_pattern *list = eqli_mem_resize(&p->alloc, NULL, 0, most, sizeof *list);
    if (!list)
        return EQLM_E_NOMEM;
    for (uint32_t i = 0; i < p->n_sets && status == EQLM_OK; i++) {
        *bad_set = i;
        status = finish_set(p, &p->sets[i], list, error);
    }
    eqli_mem_free(&p->alloc, list, most * sizeof *list);
    return status;
}

static eqlm_status resolve_slot(const eqlm_program *p, eqlm_schema *schema, eqli_slot *s)
{
    if (s->element)
        return EQLM_OK;
    if (s->scope >= EQLI_SCOPE_ALIAS) { /* a block of values the stream has copied */
        s->place = (eqli_place) { .storage = EQLM_STORE_VALUE,
                                  .present_offset = EQLI_ALWAYS,
                                  .field = EQLI_NO_FIELD,
                                  .offset = s->parent * (uint32_t)sizeof(eqlm_value) };
        return EQLM_OK;
    }
    eqlm_str name = { p->consts[s->name].as.str, p->consts[s->name].len };
    uint32_t parent = s->parent == EQLI_NO_FIELD ? EQLI_NO_FIELD : p->slots[s->parent].place.field;
    uint32_t field;
    eqlm_status status = eqli_schema_intern(schema, name, parent, &field);
    if (status == EQLM_OK)
        s->place = schema->fields[field].place;
    return status;
}

eqlm_status eqli_program_finish(eqlm_program *p, eqlm_schema *schema, uint32_t *bad_set,
                                eqli_regex_error *error)
{
    eqli_regex_error ignored;
    uint32_t any;
    eqlm_status status = finish_sets(p, bad_set ? bad_set : &any, error ? error : &ignored);
    if (status != EQLM_OK)
        return status;
    for (uint32_t i = 0; i < p->n_slots; i++) {
        status = resolve_slot(p, schema, &p->slots[i]);
        if (status != EQLM_OK)
            return status;
    }
    p->get = schema->get;
    p->get_ctx = schema->get_ctx;
    return eqli_program_make_steps(p);
}
