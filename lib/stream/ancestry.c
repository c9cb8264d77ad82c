/* ancestry.c - which process stands in which relation to an earlier event (decision 17).
 *
 * A process is called by process.entity_id, and by host.id and process.pid; a number belongs to the process
 * that was started with it last. An event is judged by what earlier events have told, then it counts itself:
 * first as an event that satisfies inner queries, then as news about a process and its parent. */
#include "stream/stream.h"

#include <string.h>

enum { ENTITY_ID, PID, PARENT_ENTITY_ID, PARENT_PID, HOST_ID, TYPE, CATEGORY };

static const char *const fields[EQLI_N_PROCESS_FIELDS] = {
    "process.entity_id", "process.pid", "process.parent.entity_id", "process.parent.pid",
    "host.id",           "event.type",  "event.category",
};

static uint32_t find_slot(const eqlm_program *p, const char *name)
{
    for (uint32_t i = 0; i < p->n_slots; i++) {
        const eqli_slot *slot = &p->slots[i];
        const eqlm_value *v = &p->consts[slot->name];
        if (slot->scope == 0 && v->len == strlen(name) && memcmp(v->as.str, name, v->len) == 0)
            return i;
    }
    return EQLI_NO_FIELD;
}

eqlm_status eqli_ancestry_watch(eqlm_stream *s, eqli_stream_program *sp)
{
    eqli_ancestry *a = &s->ancestry;
    if (sp->program->n_lineages == 0)
        return EQLM_OK;
    uint32_t n = a->n_lineages + sp->program->n_lineages, words = (n + 63) / 64;
    uint64_t *sources = eqli_mem_resize(&s->alloc, a->plan_sources, a->n_words, words, sizeof *sources);
    if (!sources)
        return EQLM_E_NOMEM;
    a->plan_sources = sources;
    sp->first_lineage = a->n_lineages;
    a->n_lineages = n;
    a->n_words = words;
    if (!a->reader) {
        a->reader = sp;
        for (unsigned i = 0; i < EQLI_N_PROCESS_FIELDS; i++)
            a->slots[i] = find_slot(sp->program, fields[i]);
    }
    return EQLM_OK;
}

/* ---- what an event says -------------------------------------------------------------------------------- */

static void open_field(const eqli_ancestry *a, unsigned field, const void *event, eqli_values *v)
{
    const eqlm_program *p = a->reader->program;
    v->n = 0;
    if (a->slots[field] != EQLI_NO_FIELD)
        eqli_read(&p->slots[a->slots[field]].place, p->get, p->get_ctx, event, v);
}

static bool has_text(const eqli_ancestry *a, unsigned field, const void *event, const char *text)
{
    eqli_values values;
    eqlm_value v;
    open_field(a, field, event, &values);
    for (uint32_t i = 0; i < values.n; i++) {
        if (eqli_values_at(&values, i, &v) && v.type == EQLM_STRING && v.len == strlen(text) &&
            memcmp(v.as.str, text, v.len) == 0)
            return true;
    }
    return false;
}

/* The first value, or null. */
static eqli_op_result first_value(eqlm_stream *s, unsigned field, eqli_as as, const void *event,
                                  eqlm_value *out)
{
    eqli_values values;
    eqlm_value raw;
    open_field(&s->ancestry, field, event, &values);
    *out = eqli_null();
    for (uint32_t i = 0; i < values.n; i++) {
        if (eqli_values_at(&values, i, &raw))
            return eqli_read_as(as, true, &raw, &s->vm->scratch, out);
    }
    return EQLI_OP_OK;
}

/* A name is the values that make it up; a number alone, or an id alone, can never be mistaken for the other.
 */
static eqli_op_result make_name(eqlm_stream *s, const eqlm_value *host, const eqlm_value *value,
                                eqli_bytes *out)
{
    eqli_arena *arena = &s->tuples.arena;
    eqli_bytes first = { 0 }, second;
    arena->limit_hit = false;
    if ((host && !eqli_key_encode(arena, host, &first)) || !eqli_key_encode(arena, value, &second) ||
        first.len > UINT32_MAX - second.len)
        return eqli_op_no_room(arena);
    uint8_t *p = eqli_arena_alloc(arena, (size_t)first.len + second.len);
    if (!p)
        return eqli_op_no_room(arena);
    if (first.len)
        memcpy(p, first.ptr, first.len);
    memcpy(p + first.len, second.ptr, second.len);
    *out = (eqli_bytes) { p, first.len + second.len };
    return EQLI_OP_OK;
}

static eqli_op_result read_name(eqlm_stream *s, unsigned name, const void *event)
{
    static const uint8_t field_of[EQLI_N_NAMES] = { ENTITY_ID, PID, PARENT_ENTITY_ID, PARENT_PID };
    eqli_kinship *k = &s->ancestry.plan;
    bool is_number = EQLI_IS_NUMBER(name);
    eqlm_value value, host = eqli_null();
    k->names[name] = (eqli_bytes) { 0 };
    eqli_op_result r = first_value(s, field_of[name], is_number ? EQLI_AS_NUM : EQLI_AS_STR, event, &value);
    if (r == EQLI_OP_OK && is_number && value.type != EQLM_NULL)
        r = first_value(s, HOST_ID, EQLI_AS_STR, event, &host);
    if (r != EQLI_OP_OK || value.type == EQLM_NULL)
        return r;
    r = make_name(s, is_number ? &host : NULL, &value, &k->names[name]);
    if (r == EQLI_OP_OK)
        k->hashes[name] = eqli_key_hash(s->seed, UINT32_MAX, k->names[name].ptr, k->names[name].len);
    return r;
}

static eqli_process *process_called(const eqlm_stream *s, unsigned name)
{
    const eqli_kinship *k = &s->ancestry.plan;
    eqli_name *n = k->names[name].len ? eqli_name_find(s, k->hashes[name], &k->names[name]) : NULL;
    return n ? n->process : NULL;
}

/* By entity id; by number where there is no id, or the process with that number has not told one yet. */
static eqli_process *process_by(const eqlm_stream *s, unsigned id, unsigned number)
{
    const eqli_kinship *k = &s->ancestry.plan;
    eqli_process *p = process_called(s, id);
    if (p)
        return p;
    p = process_called(s, number);
    bool told_id = p && k->names[id].len && p->names[0];
    return told_id ? NULL : p;
}

/* Reads the event's names and finds who they are; once per event. */
static eqli_op_result read_kinship(eqlm_stream *s, const void *event)
{
    eqli_ancestry *a = &s->ancestry;
    eqli_kinship *k = &a->plan;
    if (k->read)
        return EQLI_OP_OK;
    memset(k, 0, sizeof *k);
    eqli_arena_reset(&s->vm->scratch);
    for (unsigned i = 0; i < EQLI_N_NAMES; i++) {
        eqli_op_result r = read_name(s, i, event);
        if (r != EQLI_OP_OK)
            return r;
    }
    bool of_process = has_text(a, CATEGORY, event, "process");
    k->starts = of_process && has_text(a, TYPE, event, "start");
    k->ends = of_process && has_text(a, TYPE, event, "end");
    /* A start makes a number somebody else's. */
    k->process = k->starts ? process_called(s, EQLI_OWN_ID) : process_by(s, EQLI_OWN_ID, EQLI_OWN_NUMBER);
    k->parent = k->process && k->process->parent && !k->starts
                    ? k->process->parent
                    : process_by(s, EQLI_PARENT_ID, EQLI_PARENT_NUMBER);
    k->read = true;
    return EQLI_OP_OK;
}

static bool is_source(const eqli_process *p, uint32_t lineage)
{
    return p && (p->sources[lineage / 64] >> (lineage % 64) & 1);
}

eqli_op_result eqli_ancestry_answer(void *ctx, const eqlm_program *p, uint32_t lineage, const void *event,
                                    bool *out)
{
    eqlm_stream *s = ctx;
    uint32_t bit = s->current->first_lineage + lineage;
    eqli_op_result r = read_kinship(s, event);
    *out = false;
    if (r != EQLI_OP_OK)
        return r;
    const eqli_kinship *k = &s->ancestry.plan;
    const eqli_process *ancestor = k->parent;
    switch ((eqli_relation)p->lineages[lineage].relation) {
    case EQLI_REL_EVENT:
        *out = is_source(k->process, bit);
        break;
    case EQLI_REL_CHILD:
        *out = is_source(ancestor, bit);
        break;
    case EQLI_REL_DESCENDANT: /* what hosts say may run in circles */
        for (unsigned i = 0; ancestor && !*out && i < EQLI_MAX_ANCESTRY; i++, ancestor = ancestor->parent)
            *out = is_source(ancestor, bit);
        break;
    }
    return EQLI_OP_OK;
}

/* ---- an event as news -----------------------------------------------------------------------------------
 */

static eqlm_status find_sources(eqlm_stream *s, const eqli_incoming *in)
{
    eqli_ancestry *a = &s->ancestry;
    memset(a->plan_sources, 0, a->n_words * sizeof *a->plan_sources);
    eqli_condition c;
    eqli_conditions_begin(s, EQLI_RUN_INNER);
    while (eqli_conditions_next(s, &c)) {
        uint64_t errors = s->vm->errors;
        bool hit;
        eqlm_status status = eqli_conditions_run(s, &c, in->event, &hit);
        eqli_plan_errors(s, c.program, errors);
        if (status != EQLM_OK)
            return status;
        uint32_t bit = c.program->first_lineage + c.number;
        if (hit)
            a->plan_sources[bit / 64] |= UINT64_C(1) << (bit % 64);
    }
    return EQLM_OK;
}

static bool make_process(eqlm_stream *s, eqli_process **p, bool *is_new)
{
    if (*p) {
        (*p)->pinned = true;
        return true;
    }
    *p = eqli_process_new(s);
    *is_new = *p != NULL;
    if (*p)
        (*p)->pinned = true;
    return *p != NULL;
}

static bool make_names(eqlm_stream *s, eqli_kinship *k)
{
    for (unsigned i = 0; i < EQLI_N_NAMES; i++) {
        const eqli_process *p = i < EQLI_PARENT_ID ? k->process : k->parent;
        if (!p || k->names[i].len == 0 || eqli_name_find(s, k->hashes[i], &k->names[i]))
            continue;
        k->new_names[i] = eqli_name_new(s, k->hashes[i], &k->names[i], EQLI_IS_NUMBER(i));
        if (!k->new_names[i])
            return false;
    }
    return eqli_index_reserve(&s->index, &s->alloc, EQLI_N_NAMES);
}

eqlm_status eqli_ancestry_plan(eqlm_stream *s, const eqli_incoming *in)
{
    eqli_kinship *k = &s->ancestry.plan;
    if (!s->ancestry.reader)
        return EQLM_OK;
    eqli_op_result r = read_kinship(s, in->event);
    if (r == EQLI_OP_NOMEM)
        return EQLM_E_NOMEM;
    if (r != EQLI_OP_OK || !(k->names[EQLI_OWN_ID].len || k->names[EQLI_OWN_NUMBER].len)) {
        k->process = k->parent = NULL;
        return EQLM_OK;
    }
    eqlm_status status = find_sources(s, in);
    if (status != EQLM_OK)
        return status;
    bool names_parent = k->names[EQLI_PARENT_ID].len || k->names[EQLI_PARENT_NUMBER].len;
    if (!make_process(s, &k->process, &k->process_is_new) ||
        ((k->parent || names_parent) && !make_process(s, &k->parent, &k->parent_is_new)) || !make_names(s, k))
        return EQLM_E_NOMEM;
    return EQLM_OK;
}

/* Gives the process its name. A number goes over to a process that starts with it; otherwise the first one
 * keeps it, and a process keeps the first name of either kind. */
static void give_name(eqlm_stream *s, eqli_kinship *k, unsigned i, eqli_process *p, bool takes_over)
{
    eqli_name *name = k->names[i].len ? eqli_name_find(s, k->hashes[i], &k->names[i]) : NULL;
    if (name && name->process != p && takes_over) {
        eqli_name_move(s, name, p);
    } else if (!name && k->new_names[i] && (takes_over || !p->names[EQLI_IS_NUMBER(i)])) {
        if (p->names[EQLI_IS_NUMBER(i)])
            eqli_name_forget(s, p->names[EQLI_IS_NUMBER(i)]);
        eqli_name_add(s, k->new_names[i], p);
        k->new_names[i] = NULL;
    }
}

void eqli_ancestry_commit(eqlm_stream *s, const eqli_incoming *in)
{
    eqli_ancestry *a = &s->ancestry;
    eqli_kinship *k = &a->plan;
    eqli_process *p = k->process, *parent = k->parent;
    if (!a->reader || !p)
        return;
    for (uint32_t i = 0; i < a->n_words; i++)
        p->sources[i] |= a->plan_sources[i];
    give_name(s, k, EQLI_OWN_ID, p, false);
    give_name(s, k, EQLI_OWN_NUMBER, p, k->starts);
    if (parent) {
        give_name(s, k, EQLI_PARENT_ID, parent, false);
        give_name(s, k, EQLI_PARENT_NUMBER, parent, false);
        if (parent != p)
            eqli_process_set_parent(s, p, parent);
        if (k->parent_is_new)
            eqli_process_list_it(s, parent, in->time);
    }
    p->ended = k->ends || (p->ended && !k->starts);
    eqli_process_list_it(s, p, in->time);
    k->process_is_new = k->parent_is_new = false; /* they are part of the table now */
}

void eqli_ancestry_abandon(eqlm_stream *s)
{
    eqli_kinship *k = &s->ancestry.plan;
    if (!s->ancestry.reader)
        return;
    for (unsigned i = 0; i < EQLI_N_NAMES; i++) {
        eqli_name_free(s, k->new_names[i]);
        k->new_names[i] = NULL;
    }
    if (k->process)
        k->process->pinned = false;
    if (k->parent)
        k->parent->pinned = false;
    if (k->process_is_new)
        eqli_process_free(s, k->process);
    if (k->parent_is_new)
        eqli_process_free(s, k->parent);
    memset(k, 0, sizeof *k);
}
