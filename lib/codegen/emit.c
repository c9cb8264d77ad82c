#include "codegen/emit.h"

#include <string.h>

/* Makes room for one more element of a table in the arena. */
static bool grow(eqli_cx *cx, void **items, uint32_t n, uint32_t *cap, size_t size, uint32_t max)
{
    if (cx->nomem || cx->stopped)
        return false;
    if (n < *cap)
        return true;
    if (n >= max) {
        eqli_error(cx, (eqli_span){ 0, 0 }, EQLI_D_PROGRAM_TOO_LARGE);
        cx->stopped = true;
        return false;
    }
    uint32_t new_cap = *cap ? *cap * 2 : 32;
    void *p = eqli_cx_alloc(cx, new_cap, size);
    if (!p)
        return false;
    if (n)
        memcpy(p, *items, n * size);
    *items = p;
    *cap = new_cap;
    return true;
}

#define GROW(e, table, n, cap, max)                                                                          \
    grow((e)->cx, (void **)&(e)->table, (e)->n, &(e)->cap, sizeof *(e)->table, max)

uint32_t eqli_emit_label(eqli_emit *e)
{
    if (!GROW(e, labels, n_labels, cap_labels, EQLI_MAX_INSNS))
        return 0;
    e->labels[e->n_labels] = 0;
    return e->n_labels++;
}

void eqli_emit_place(eqli_emit *e, uint32_t label)
{
    if (label < e->n_labels)
        e->labels[label] = e->n_insns;
}

uint32_t eqli_emit_insn(eqli_emit *e, eqli_insn in)
{
    if (!GROW(e, insns, n_insns, cap_insns, EQLI_MAX_INSNS))
        return 0;
    e->insns[e->n_insns] = in;
    return e->n_insns++;
}

uint32_t eqli_emit_const(eqli_emit *e, eqlm_value v)
{
    if (!GROW(e, consts, n_consts, cap_consts, EQLI_MAX_CONSTS))
        return 0;
    e->consts[e->n_consts] = v;
    return e->n_consts++;
}

static eqlm_str slot_name(const eqli_emit *e, uint32_t slot)
{
    const eqlm_value *v = &e->consts[e->slots[slot].name];
    return (eqlm_str){ v->as.str, v->len };
}

static bool index_slots(eqli_emit *e, uint32_t size)
{
    uint32_t *index = eqli_cx_alloc(e->cx, size, sizeof *index);
    if (!index)
        return false;
    for (uint32_t i = 0; i < e->n_slots; i++) {
        uint32_t h = eqli_name_hash(slot_name(e, i), e->slots[i].parent);
        while (index[h & (size - 1)])
            h++;
        index[h & (size - 1)] = i + 1;
    }
    e->slot_index = index;
    e->slot_index_size = size;
    return true;
}

/* The slot of that name, parent and scope, added if it is new. */
static uint32_t intern_slot(eqli_emit *e, eqlm_str name, uint32_t parent, unsigned scope, uint8_t type,
                            bool element)
{
    if ((e->n_slots + 1) * 2 > e->slot_index_size &&
        !index_slots(e, e->slot_index_size ? e->slot_index_size * 2 : 64))
        return 0;
    uint32_t h = eqli_name_hash(name, parent);
    for (;; h++) {
        uint32_t entry = e->slot_index[h & (e->slot_index_size - 1)];
        if (entry == 0)
            break;
        eqlm_str other = slot_name(e, entry - 1);
        const eqli_slot *slot = &e->slots[entry - 1];
        if (other.len == name.len && memcmp(other.ptr, name.ptr, name.len) == 0 && slot->parent == parent &&
            slot->scope == scope && slot->element == element)
            return entry - 1;
    }
    if (!GROW(e, slots, n_slots, cap_slots, EQLI_MAX_SLOTS))
        return 0;
    uint32_t constant = eqli_emit_const(e, eqli_string(name.ptr, name.len));
    if (e->cx->nomem || e->cx->stopped)
        return 0;
    e->slots[e->n_slots] = (eqli_slot){
        .name = constant, .parent = parent, .scope = (uint8_t)scope, .type = type, .element = element
    };
    e->slot_index[h & (e->slot_index_size - 1)] = e->n_slots + 1;
    return e->n_slots++;
}

uint32_t eqli_emit_slot(eqli_emit *e, const eqli_field_ref *field, uint32_t array)
{
    bool element = field->scope && field->name.len == 0;
    return intern_slot(e, field->full, field->scope ? array : EQLI_NO_FIELD, field->scope, field->type, element);
}

uint32_t eqli_emit_event_slot(eqli_emit *e, eqlm_str name)
{
    return intern_slot(e, name, EQLI_NO_FIELD, 0, EQLM_TYPE_KEYWORD, false);
}

uint32_t eqli_emit_alias_slot(eqli_emit *e, const eqli_field_ref *field, uint32_t alias)
{
    eqli_alias *a = &e->aliases[alias];
    uint32_t source = intern_slot(e, field->full, EQLI_NO_FIELD, 0, field->type, false);
    uint32_t k = 0;
    while (k < a->n && e->alias_captures[alias][k] != source)
        k++;
    if (k == a->n) {
        if (!grow(e->cx, (void **)&e->alias_captures[alias], a->n, &e->cap_alias_captures[alias],
                  sizeof source, EQLI_MAX_SLOTS))
            return 0;
        e->alias_captures[alias][a->n++] = source;
    }
    return intern_slot(e, field->full, k, EQLI_SCOPE_ALIAS + alias, field->type, false);
}

void eqli_emit_stage(eqli_emit *e, eqli_stage stage)
{
    if (GROW(e, stages, n_stages, cap_stages, EQLI_MAX_STAGES + 1))
        e->stages[e->n_stages++] = stage;
}

void eqli_emit_key(eqli_emit *e, eqli_key key)
{
    if (GROW(e, keys, n_keys, cap_keys, EQLI_MAX_KEYS))
        e->keys[e->n_keys++] = key;
}

uint32_t eqli_emit_set(eqli_emit *e, eqli_set_kind kind, bool fold, eqli_pattern_kind pattern,
                       eqli_node *const *members, uint32_t n, const eqli_node *owner)
{
    uint32_t cap_nodes = e->cap_sets;
    if (!GROW(e, sets, n_sets, cap_sets, EQLI_MAX_CONSTS) ||
        !grow(e->cx, (void **)&e->set_nodes, e->n_sets, &cap_nodes, sizeof *e->set_nodes, EQLI_MAX_CONSTS))
        return 0;
    eqli_set set = { .kind = (uint8_t)kind, .fold = fold, .first = e->n_consts, .n = n };
    if (kind == EQLI_SET_PATTERNS) {
        uint8_t *kinds = eqli_cx_alloc(e->cx, n, 1);
        if (!kinds)
            return 0;
        memset(kinds, (int)pattern, n);
        set.kinds = kinds;
    }
    for (uint32_t i = 0; i < n; i++)
        eqli_emit_const(e, members[i]->u.value);
    e->sets[e->n_sets] = set;
    e->set_nodes[e->n_sets] = owner;
    return e->n_sets++;
}

/* ---- the finished program ------------------------------------------------------------------------------ */

/* A copy of n items, and how many it has; NULL for none, and without memory, which clears *ok. */
static void *copy(const eqlm_alloc *a, const void *items, uint32_t n, size_t size, uint32_t *out_n, bool *ok)
{
    void *p = n ? eqli_mem_resize(a, NULL, 0, n, size) : NULL;
    if (p)
        memcpy(p, items, n * size);
    *out_n = p ? n : 0;
    *ok = *ok && (p || !n);
    return p;
}

/* Where a label leads in the end: a jump to a jump goes straight to its target. Targets lie ahead, so this
 * ends. */
static uint32_t landing(const eqli_emit *e, uint32_t label)
{
    uint32_t pc = e->labels[label];
    while (e->insns[pc].op == EQLI_OP_JUMP)
        pc = e->labels[e->insns[pc].t];
    return pc;
}

static void place_code(eqlm_program *p, const eqli_emit *e)
{
    for (uint32_t i = 0; i < p->n_insns; i++) {
        eqli_insn *in = &p->insns[i];
        if (eqli_op_table[in->op].t == EQLI_ARG_TARGET)
            in->t = landing(e, in->t);
        if (eqli_op_table[in->op].f == EQLI_ARG_TARGET)
            in->f = landing(e, in->f);
    }
}

static bool copy_pipes(eqlm_program *p, const eqli_query *q)
{
    if (!q->n_pipes)
        return true;
    p->pipes = eqli_mem_new(&p->alloc, q->n_pipes * sizeof *p->pipes);
    if (!p->pipes)
        return false;
    p->n_pipes = q->n_pipes;
    for (uint32_t i = 0; i < q->n_pipes; i++)
        p->pipes[i] = (eqli_pipe_step){ q->pipes[i].tail, q->pipes[i].count };
    return true;
}

static bool copy_captures(eqlm_program *p, const eqli_emit *e, uint32_t n)
{
    if (!n)
        return true;
    p->captures = eqli_mem_new(&p->alloc, n * sizeof *p->captures);
    if (!p->captures)
        return false;
    p->n_captures = n;
    for (uint32_t i = 0; i < e->n_aliases; i++) {
        if (e->aliases[i].n)
            memcpy(p->captures + e->aliases[i].first, e->alias_captures[i],
                   e->aliases[i].n * sizeof *p->captures);
    }
    return true;
}

#define COPY(table, count) copy(&p->alloc, e->table, e->n_##table, sizeof *e->table, &(count), &ok)

static bool copy_all(eqlm_program *p, eqli_emit *e, const eqli_query *q)
{
    bool ok = true;
    uint32_t n_stages, captured = 0;
    p->consts = COPY(consts, p->n_consts);
    p->sets = COPY(sets, p->n_sets);
    p->insns = COPY(insns, p->n_insns);
    p->slots = COPY(slots, p->n_slots);
    p->maxspan_ns = q->has_maxspan ? (int64_t)q->maxspan_ms * 1000000 : -1;
    p->stages = COPY(stages, n_stages);
    if (p->stages) {
        p->has_until = q->until != NULL;
        p->n_stages = n_stages - (p->has_until ? 1 : 0);
    }
    p->keys = COPY(keys, p->n_keys);
    p->lineages = COPY(lineages, p->n_lineages);
    for (uint32_t i = 0; i < e->n_aliases; i++) {
        e->aliases[i].first = captured;
        captured += e->aliases[i].n;
    }
    p->aliases = COPY(aliases, p->n_aliases);
    if (!ok || !eqli_program_own(p))
        return false;
    place_code(p, e);
    return copy_pipes(p, q) && copy_captures(p, e, captured);
}

static eqlm_program_kind kind_of(eqli_query_kind kind)
{
    static const eqlm_program_kind kinds[] = { EQLM_EVENT_QUERY, EQLM_SEQUENCE, EQLM_SAMPLE,
                                               EQLM_EXPRESSION };
    return kinds[kind];
}

static void report_finish(eqli_emit *e, eqlm_status status, uint32_t set, const eqli_regex_error *error)
{
    eqli_cx *cx = e->cx;
    if (status == EQLM_E_NOMEM) {
        cx->nomem = true;
        return;
    }
    if (set >= e->n_sets || e->sets[set].kind != EQLI_SET_REGEX) {
        eqli_error(cx, (eqli_span){ 0, 0 }, EQLI_D_PROGRAM_TOO_LARGE);
        return;
    }
    const eqli_node *n = e->set_nodes[set];
    const eqli_node *pattern = error->pattern + 1 < n->n_kids ? n->kids[error->pattern + 1] : n;
    eqli_error(cx, pattern->span, status == EQLM_E_LIMIT ? EQLI_D_REGEX_TOO_COMPLEX : EQLI_D_BAD_REGEX,
               error->message);
}

eqlm_program *eqli_emit_finish(eqli_emit *e, const eqli_query *q)
{
    eqli_cx *cx = e->cx;
    const eqlm_limits *limits = &cx->options.limits;
    if (cx->nomem || cx->failed)
        return NULL;
    eqlm_program *p = eqli_mem_new(&cx->alloc, sizeof *p);
    if (!p) {
        cx->nomem = true;
        return NULL;
    }
    p->alloc = cx->alloc;
    p->owners = p->refs = 1;
    p->kind = (uint8_t)kind_of(q->kind);
    p->dialect = (uint8_t)cx->options.dialect;
    p->typed = e->typed;
    p->n_regs = e->n_regs;
    p->max_choices = limits->max_choices;
    p->max_scratch = limits->max_scratch;
    p->max_regex_states = limits->max_regex_states;
    eqli_regex_error error = { 0 };
    uint32_t set = UINT32_MAX;
    eqlm_status status = EQLM_E_NOMEM;
    if (copy_all(p, e, q))
        status = eqli_program_verify(p);
    if (status == EQLM_OK)
        status = eqli_program_finish(p, cx->schema, &set, &error);
    if (status == EQLM_OK)
        return p;
    report_finish(e, status, set, &error);
    eqlm_program_free(p);
    return NULL;
}
