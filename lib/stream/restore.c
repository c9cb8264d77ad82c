/* restore.c - the state of a stream from bytes that may come from anybody. Whatever a stream could not have
 * come to by itself is refused; the checks follow the invariants of stream.h. */
#include "stream/save.h"

#include "base/sort.h"

#include <string.h>

typedef struct restorer {
    eqli_reader r;
    eqlm_stream *s;
    int64_t time; /* of the entry before */
} restorer;

static void fail(restorer *t, eqlm_status status)
{
    if (t->r.status == EQLM_OK)
        t->r.status = status;
}

static bool require(restorer *t, bool holds)
{
    if (!holds)
        fail(t, EQLM_E_IMAGE);
    return t->r.status == EQLM_OK;
}

static int64_t get_time(restorer *t)
{
    return (int64_t)eqli_get(&t->r, 8);
}

/* ---- entries ------------------------------------------------------------------------------------------- */

static void get_field(restorer *t, eqlm_value *v)
{
    uint64_t type = eqli_get(&t->r, 1);
    if (type != EQLM_ARRAY) {
        eqli_get_value(&t->r, type, v);
        return;
    }
    uint32_t n = (uint32_t)eqli_get(&t->r, 4);
    if (!require(t, n <= (size_t)(t->r.end - t->r.p)))
        return;
    eqlm_value *items = eqli_arena_array(&t->s->tuples.arena, n, sizeof *items);
    if (!items) {
        fail(t, t->s->tuples.arena.limit_hit ? EQLM_E_LIMIT : EQLM_E_NOMEM);
        return;
    }
    for (uint32_t i = 0; i < n && t->r.status == EQLM_OK; i++)
        eqli_get_value(&t->r, eqli_get(&t->r, 1), &items[i]);
    *v = (eqlm_value) { .type = EQLM_ARRAY, .len = n, .as.items = items };
}

static void get_captures(restorer *t, eqli_stream_program *sp, eqli_entry *e)
{
    const eqlm_program *p = sp->program;
    for (uint32_t i = 0; i < p->n_aliases; i++) {
        const eqli_alias *a = &p->aliases[i];
        if (!eqli_get_flag(&t->r) || t->r.status != EQLM_OK)
            continue;
        eqlm_value *fields = eqli_arena_array(&t->s->tuples.arena, a->n, sizeof *fields);
        if (!fields) {
            fail(t, EQLM_E_NOMEM);
            return;
        }
        for (uint32_t k = 0; k < a->n; k++)
            get_field(t, &fields[k]);
        if (t->r.status == EQLM_OK)
            fail(t, eqli_captured_new(t->s, sp, fields, a->n, &eqli_entry_captures(sp, e)[i]));
        eqli_arena_reset(&t->s->tuples.arena);
    }
}

static void get_window(restorer *t, const eqli_stream_program *sp, eqli_entry *e)
{
    eqli_window *w = eqli_entry_window(sp, e);
    int64_t now = t->s->watermark;
    w->last = get_time(t);
    w->gap = get_time(t);
    w->leading = get_time(t);
    require(t, w->last >= e->time && w->last <= now);
    require(t, w->gap == EQLI_NEVER || (w->gap > eqli_ms(w->last) && w->gap <= eqli_ms(now)));
    require(t, w->leading < eqli_ms(e->time) || w->leading == EQLI_NO_TIME);
}

static void get_partial(restorer *t, eqli_stream_program *sp, eqli_entry *e)
{
    e->stage = (uint16_t)eqli_get(&t->r, 2);
    e->doomed = eqli_get_flag(&t->r);
    bool complete = e->kind == EQLI_PENDING;
    if (!require(t, complete ? e->stage + 1u == sp->n_positive : e->stage + 1u < sp->n_positive) ||
        !require(t, !e->doomed || (sp->has_missing && !complete)))
        return;
    for (uint32_t i = 0; i <= e->stage; i++)
        eqli_entry_ids(e)[i] = eqli_get(&t->r, 8);
    if (sp->has_missing)
        get_window(t, sp, e);
    get_captures(t, sp, e);
}

static void get_contents(restorer *t, eqli_stream_program *sp, eqli_entry *e)
{
    switch ((eqli_entry_kind)e->kind) {
    case EQLI_PARTIAL:
    case EQLI_PENDING:
        get_partial(t, sp, e);
        break;
    case EQLI_OCCURRENCE:
        *eqli_entry_before(e) = get_time(t);
        require(t, *eqli_entry_before(e) < eqli_ms(e->time));
        break;
    case EQLI_CHOICE:
        e->stage = (uint16_t)eqli_get(&t->r, 2);
        eqli_entry_ids(e)[0] = eqli_get(&t->r, 8);
        require(t, e->stage < sp->n_terms);
        break;
    }
}

/* Whether the key's state has a place for the entry. */
static bool has_place(const eqli_stream_program *sp, const eqli_key_state *k, eqli_entry *e)
{
    switch ((eqli_entry_kind)e->kind) {
    case EQLI_PARTIAL:
        return !k->slots[e->stage];
    case EQLI_PENDING: {
        eqli_entry *before = k->slots[sp->pending_slot + 1];
        return !before || eqli_entry_window(sp, before)->last <= eqli_entry_window(sp, e)->last;
    }
    case EQLI_OCCURRENCE:
        return !k->slots[sp->leading_slot];
    case EQLI_CHOICE:
        return eqli_choice_has_room(sp, k, e->stage);
    }
    return false;
}

static void link_entry(eqlm_stream *s, eqli_stream_program *sp, eqli_entry *e, eqli_key_state *k)
{
    eqli_entry_add(s, sp, e, k, e->time);
    switch ((eqli_entry_kind)e->kind) {
    case EQLI_PARTIAL:
        k->slots[e->stage] = e;
        sp->waiting[e->stage]++;
        break;
    case EQLI_PENDING:
        eqli_pending_add(sp, e);
        break;
    case EQLI_OCCURRENCE:
        k->slots[sp->leading_slot] = e;
        break;
    case EQLI_CHOICE:
        eqli_choice_add(e);
        break;
    }
}

static bool hold_ids(restorer *t, eqli_entry *e)
{
    uint32_t n = eqli_entry_n_ids(e);
    for (uint32_t i = 0; i < n; i++) {
        eqlm_status status = eqli_id_hold(t->s, eqli_entry_ids(e)[i]);
        if (status == EQLM_OK)
            continue;
        while (i-- > 0)
            eqli_id_drop(t->s, eqli_entry_ids(e)[i], false);
        fail(t, status);
        return false;
    }
    return true;
}

static void add_entry(restorer *t, eqli_stream_program *sp, const eqli_hit *like, eqli_entry *e)
{
    eqli_key_state *k = eqli_key_find(t->s, like);
    if (!k)
        k = eqli_key_new(t->s, sp, like);
    if (!k) {
        fail(t, EQLM_E_NOMEM);
        return;
    }
    k->keyed.refs++; /* a new key without entries must go again */
    if (require(t, has_place(sp, k, e)) && hold_ids(t, e))
        link_entry(t->s, sp, e, k);
    eqli_key_release(t->s, k);
}

/* Kinds that the program's state can hold. */
static bool kind_is_good(const eqli_stream_program *sp, uint64_t kind)
{
    if (sp->program->kind == EQLM_SAMPLE)
        return kind == EQLI_CHOICE;
    if (sp->program->kind != EQLM_SEQUENCE)
        return false;
    return kind == EQLI_PARTIAL || (kind == EQLI_PENDING && sp->has_trailing) ||
           (kind == EQLI_OCCURRENCE && sp->has_leading);
}

static void get_entry(restorer *t)
{
    eqlm_stream *s = t->s;
    uint32_t program = (uint32_t)eqli_get(&t->r, 4);
    eqli_entry like = { .kind = (uint8_t)eqli_get(&t->r, 1) };
    int64_t time = get_time(t);
    uint32_t len = (uint32_t)eqli_get(&t->r, 4);
    const uint8_t *key = eqli_get_bytes(&t->r, len);
    if (!key ||
        !require(t, program < s->n_programs && s->has_watermark && time >= t->time && time <= s->watermark))
        return;
    t->time = time;
    eqli_stream_program *sp = s->programs[program];
    if (!require(t, kind_is_good(sp, like.kind)) || !require(t, eqli_key_is_good(key, len, sp->program)))
        return;
    eqli_hit hit = {
        .program = program, .key = key, .key_len = len, .hash = eqli_key_hash(s->seed, program, key, len)
    };
    eqli_entry *e = eqli_state_new(s, eqli_entry_size(sp, &like));
    if (!e) {
        fail(t, EQLM_E_NOMEM);
        return;
    }
    e->kind = like.kind;
    e->time = time;
    get_contents(t, sp, e);
    if (t->r.status == EQLM_OK)
        add_entry(t, sp, &hit, e);
    if (t->r.status != EQLM_OK)
        eqli_entry_discard(s, sp, e);
}

/* ---- processes ----------------------------------------------------------------------------------------- */

/* By serial number, for finding parents. */
typedef struct known {
    uint64_t serial, parent;
    eqli_process *process;
} known;

static void get_names(restorer *t, eqli_process *p)
{
    for (unsigned i = 0; i < 2; i++) {
        eqli_bytes bytes = { .len = (uint32_t)eqli_get(&t->r, 4) };
        bytes.ptr = eqli_get_bytes(&t->r, bytes.len);
        if (!bytes.ptr)
            return;
        if (bytes.len == 0)
            continue;
        uint64_t hash = eqli_key_hash(t->s->seed, UINT32_MAX, bytes.ptr, bytes.len);
        if (!require(t, !eqli_name_find(t->s, hash, &bytes)))
            return;
        eqli_name *name = eqli_name_new(t->s, hash, &bytes, i == 1);
        if (!name || !eqli_index_reserve(&t->s->index, &t->s->alloc, 1)) {
            eqli_name_free(t->s, name);
            fail(t, EQLM_E_NOMEM);
            return;
        }
        eqli_name_add(t->s, name, p);
    }
}

static void get_process(restorer *t, known *out)
{
    const eqli_ancestry *a = &t->s->ancestry;
    out->serial = eqli_get(&t->r, 8);
    out->parent = eqli_get(&t->r, 8);
    int64_t time = get_time(t);
    bool ended = eqli_get_flag(&t->r);
    if (!require(t, out->serial > 0 && out->serial <= a->serial))
        return;
    uint64_t serial = a->serial;
    eqli_process *p = eqli_process_new(t->s);
    if (!p) {
        fail(t, EQLM_E_NOMEM);
        return;
    }
    t->s->ancestry.serial = serial; /* it has its number already */
    p->serial = out->serial;
    p->ended = ended;
    for (uint32_t i = 0; i < a->n_words; i++)
        p->sources[i] = eqli_get(&t->r, 8);
    eqli_process_list_it(t->s, p, time);
    out->process = p;
    get_names(t, p);
}

static int order_known(const void *x, const void *y)
{
    const known *a = x, *b = y;
    return (a->serial > b->serial) - (a->serial < b->serial);
}

static known *find_known(known *v, size_t n, uint64_t serial)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (v[mid].serial < serial)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && v[lo].serial == serial ? &v[lo] : NULL;
}

/* Linking moves parents between the lists, so their order is made once more afterwards: first-written first.
 */
static void link_processes(restorer *t, known *v, size_t n)
{
    for (size_t i = 0; i < n && t->r.status == EQLM_OK; i++) {
        if (i && !require(t, v[i].serial != v[i - 1].serial))
            return;
        known *parent = v[i].parent ? find_known(v, n, v[i].parent) : NULL;
        if (require(t, !v[i].parent || (parent && parent != &v[i])) && parent)
            eqli_process_set_parent(t->s, v[i].process, parent->process);
    }
}

static void get_processes(restorer *t)
{
    eqli_ancestry *a = &t->s->ancestry;
    a->serial = eqli_get(&t->r, 8);
    uint64_t n_words = eqli_get(&t->r, 4), n = eqli_get(&t->r, 8);
    if (!require(t,
                 n_words == a->n_words && n <= (uint64_t)(t->r.end - t->r.p) / 33 && (n == 0 || a->reader)))
        return;
    known *all = eqli_mem_new(&t->s->alloc, 2 * (size_t)n * sizeof *all);
    if (!all) {
        fail(t, EQLM_E_NOMEM);
        return;
    }
    known *sorted = all + n;
    for (size_t i = 0; i < n && t->r.status == EQLM_OK; i++)
        get_process(t, &all[i]);
    if (t->r.status == EQLM_OK) {
        memcpy(sorted, all, (size_t)n * sizeof *all);
        eqli_sort(sorted, (size_t)n, sizeof(known), order_known);
        link_processes(t, sorted, (size_t)n);
        for (size_t i = 0; i < n; i++)
            eqli_process_list_it(t->s, all[i].process, all[i].process->time);
    }
    eqli_mem_free(&t->s->alloc, all, 2 * (size_t)n * sizeof *all);
}

/* ---- the whole ------------------------------------------------------------------------------------------
 */

static void get_counters(restorer *t)
{
    eqlm_stream *s = t->s;
    uint64_t n = eqli_get(&t->r, 4);
    if (!require(t, n == s->n_programs))
        return;
    for (uint32_t i = 0; i < s->n_programs; i++) {
        eqli_stream_program *sp = s->programs[i];
        require(t, eqli_get(&t->r, 8) == sp->fingerprint);
        sp->counts.matches = eqli_get(&t->r, 8);
        sp->counts.evicted = eqli_get(&t->r, 8);
        sp->counts.errors = eqli_get(&t->r, 8);
    }
    s->fed = eqli_get_flag(&t->r);
    s->has_watermark = eqli_get_flag(&t->r);
    s->watermark = get_time(t);
    s->counts.events = eqli_get(&t->r, 8);
    s->counts.late = eqli_get(&t->r, 8);
    s->counts.no_time = eqli_get(&t->r, 8);
    s->counts.evicted = eqli_get(&t->r, 8);
    s->counts.errors = eqli_get(&t->r, 8);
    s->counts.peak_bytes = eqli_get(&t->r, 8);
}

/* The index grows and shrinks with a delay; as it counts as state, it gets the size it had. */
static void size_index(restorer *t, uint64_t size)
{
    eqli_index *ix = &t->s->index;
    bool is_power = size && (size & (size - 1)) == 0;
    if (is_power && size > ix->size && size >= EQLI_INDEX_MIN &&
        (size == EQLI_INDEX_MIN || size / 8 <= ix->n) && !eqli_index_resize(ix, &t->s->alloc, (size_t)size))
        fail(t, EQLM_E_NOMEM);
}

static void get_body(restorer *t)
{
    get_counters(t);
    uint64_t index_size = eqli_get(&t->r, 8), n = eqli_get(&t->r, 8);
    for (uint64_t i = 0; i < n && t->r.status == EQLM_OK; i++)
        get_entry(t);
    if (t->r.status == EQLM_OK)
        get_processes(t);
    if (t->r.status == EQLM_OK && require(t, t->r.p == t->r.end))
        size_index(t, index_size);
}

static bool header_is_good(const uint8_t *state, size_t len)
{
    if (len < EQLI_STATE_HEADER || memcmp(state, EQLI_STATE_MAGIC, 8) != 0)
        return false;
    eqli_reader r = { .p = state + 8, .end = state + EQLI_STATE_HEADER };
    uint64_t version = eqli_get(&r, 4), length = eqli_get(&r, 8), sum = eqli_get(&r, 8);
    return version == EQLI_STATE_VERSION && length == len &&
           sum == eqli_checksum(EQLI_CHECKSUM_START, state + EQLI_STATE_HEADER, len - EQLI_STATE_HEADER);
}

/* As new, with the programs. */
static void start_again(eqlm_stream *s)
{
    eqlm_stream_release_fn release = s->options.on_release;
    s->options.on_release = NULL;
    eqli_state_clear(s);
    s->options.on_release = release;
    for (uint32_t i = 0; i < s->n_programs; i++)
        s->programs[i]->counts = (eqlm_stream_counts) { 0 };
    s->counts = (eqlm_stream_counts) { 0 };
    s->fed = s->has_watermark = false;
    s->watermark = 0;
}

eqlm_status eqlm_stream_restore(eqlm_stream *s, const void *state, size_t len)
{
    if (!s || !state || s->busy || s->fed || s->oldest || s->n_heap)
        return EQLM_E_ARGUMENT;
    if (!header_is_good(state, len))
        return EQLM_E_IMAGE;
    const uint8_t *bytes = state;
    restorer t = { .r = { .p = bytes + EQLI_STATE_HEADER, .end = bytes + len, .alloc = &s->alloc },
                   .s = s,
                   .time = INT64_MIN };
    get_body(&t);
    if (t.r.status != EQLM_OK)
        start_again(s);
    else
        eqli_state_enforce(s);
    return t.r.status;
}
