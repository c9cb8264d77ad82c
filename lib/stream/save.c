/* save.c - the state of a stream as bytes (restore.c reads them).
 *
 *   magic[8] version:u32 length:u64 checksum:u64                 (of everything behind the header)
 *   programs:  n:u32 { fingerprint matches evicted errors:u64 }
 *   fed:u8 has_watermark:u8 watermark:i64 events late no_time evicted errors peak:u64 index_size:u64
 *   entries:   n:u64, oldest first { program:u32 kind:u8 time:i64 key_len:u32 key, then by kind }
 *              partial, pending: stage:u16 doomed:u8 ids:u64[stage + 1]
 *                                with missing terms: last gap leading:i64
 *                                per alias: present:u8 values
 *              occurrence: before:i64
 *              choice: stage:u16 id:u64
 *   processes: serial:u64 n_words:u32 n:u64, those of the list of live ones first, each oldest first
 *              { serial parent:u64 time:i64 ended:u8 sources:u64[n_words], id and number: len:u32 bytes }
 *
 * A value is as base/pack.h says, or of an array type:u8 n:u32 and values. Hashes are not saved: the seed may
 * differ where the state is read. */
#include "stream/save.h"

static void put_captured(eqli_writer *w, const eqli_captured *c, uint32_t n)
{
    eqli_put(w, c != NULL, 1);
    for (uint32_t i = 0; c && i < n; i++) {
        const eqlm_value *v = &c->values[i];
        if (v->type != EQLM_ARRAY) {
            eqli_put_value(w, v);
            continue;
        }
        eqli_put(w, v->type, 1);
        eqli_put(w, v->len, 4);
        for (uint32_t k = 0; k < v->len; k++)
            eqli_put_value(w, &v->as.items[k]);
    }
}

static void put_partial(eqli_writer *w, const eqli_stream_program *sp, eqli_entry *e)
{
    eqli_put(w, e->stage, 2);
    eqli_put(w, e->doomed, 1);
    for (uint32_t i = 0; i <= e->stage; i++)
        eqli_put(w, eqli_entry_ids(e)[i], 8);
    if (sp->has_missing) {
        const eqli_window *window = eqli_entry_window(sp, e);
        eqli_put(w, (uint64_t)window->last, 8);
        eqli_put(w, (uint64_t)window->gap, 8);
        eqli_put(w, (uint64_t)window->leading, 8);
    }
    for (uint32_t i = 0; i < sp->program->n_aliases; i++)
        put_captured(w, eqli_entry_captures(sp, e)[i], sp->program->aliases[i].n);
}

static void put_entry(eqli_writer *w, const eqli_stream_program *sp, eqli_entry *e)
{
    eqli_put(w, sp->number, 4);
    eqli_put(w, e->kind, 1);
    eqli_put(w, (uint64_t)e->time, 8);
    eqli_put(w, e->key->keyed.len, 4);
    eqli_put_bytes(w, eqli_key_bytes(e->key), e->key->keyed.len);
    switch ((eqli_entry_kind)e->kind) {
    case EQLI_PARTIAL:
    case EQLI_PENDING:
        put_partial(w, sp, e);
        break;
    case EQLI_OCCURRENCE:
        eqli_put(w, (uint64_t)*eqli_entry_before(e), 8);
        break;
    case EQLI_CHOICE:
        eqli_put(w, e->stage, 2);
        eqli_put(w, eqli_entry_ids(e)[0], 8);
        break;
    }
}

static void put_processes(eqli_writer *w, const eqli_ancestry *a, const eqli_process_list *list)
{
    for (const eqli_process *p = list->oldest; p; p = p->newer) {
        eqli_put(w, p->serial, 8);
        eqli_put(w, p->parent ? p->parent->serial : 0, 8);
        eqli_put(w, (uint64_t)p->time, 8);
        eqli_put(w, p->ended, 1);
        for (uint32_t i = 0; i < a->n_words; i++)
            eqli_put(w, p->sources[i], 8);
        for (unsigned i = 0; i < 2; i++) {
            const eqli_name *name = p->names[i];
            eqli_put(w, name ? name->keyed.len : 0, 4);
            if (name)
                eqli_put_bytes(w, eqli_keyed_bytes(&name->keyed), name->keyed.len);
        }
    }
}

static void put_body(eqli_writer *w, const eqlm_stream *s)
{
    const eqli_ancestry *a = &s->ancestry;
    uint64_t n = 0;
    eqli_put(w, s->n_programs, 4);
    for (uint32_t i = 0; i < s->n_programs; i++) {
        const eqli_stream_program *sp = s->programs[i];
        eqli_put(w, sp->fingerprint, 8);
        eqli_put(w, sp->counts.matches, 8);
        eqli_put(w, sp->counts.evicted, 8);
        eqli_put(w, sp->counts.errors, 8);
    }
    eqli_put(w, s->fed, 1);
    eqli_put(w, s->has_watermark, 1);
    eqli_put(w, (uint64_t)s->watermark, 8);
    eqli_put(w, s->counts.events, 8);
    eqli_put(w, s->counts.late, 8);
    eqli_put(w, s->counts.no_time, 8);
    eqli_put(w, s->counts.evicted, 8);
    eqli_put(w, s->counts.errors, 8);
    eqli_put(w, s->counts.peak_bytes, 8);
    eqli_put(w, s->index.size, 8);
    for (const eqli_entry *e = s->oldest; e; e = e->newer)
        n++;
    eqli_put(w, n, 8);
    for (eqli_entry *e = s->oldest; e; e = e->newer)
        put_entry(w, s->programs[e->key->keyed.space], e);
    eqli_put(w, a->serial, 8);
    eqli_put(w, a->n_words, 4);
    eqli_put(w, a->n, 8);
    put_processes(w, a, &a->live);
    put_processes(w, a, &a->idle);
}

eqlm_status eqlm_stream_save(const eqlm_stream *s, eqlm_write_fn write, void *ctx)
{
    if (!s || !write || s->busy || s->n_heap)
        return EQLM_E_ARGUMENT;
    eqli_writer counter = { .sum = EQLI_CHECKSUM_START };
    put_body(&counter, s);
    eqli_writer w = { .write = write, .ctx = ctx };
    eqli_put_bytes(&w, EQLI_STATE_MAGIC, 8);
    eqli_put(&w, EQLI_STATE_VERSION, 4);
    eqli_put(&w, EQLI_STATE_HEADER + counter.len, 8);
    eqli_put(&w, counter.sum, 8);
    put_body(&w, s);
    return w.failed ? EQLM_E_LIMIT : EQLM_OK;
}
