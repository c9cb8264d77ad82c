/* captures.c - the values of an event that later terms ask for by its alias, copied into one block. */
#include "stream/stream.h"

#include <string.h>

/* All values of one field as one: null, the value, or an array of them in the arena. They still point into
 * the event. More than the arena takes is a run-time error and reads as null. */
static eqlm_status gather_field(eqlm_stream *s, const eqli_values *values, eqlm_value *out)
{
    eqlm_value v;
    uint32_t n = 0;
    *out = eqli_null();
    for (uint32_t i = 0; i < values->n; i++) {
        if (eqli_values_at(values, i, &v) && n++ == 0)
            *out = v;
    }
    if (n < 2)
        return EQLM_OK;
    s->tuples.arena.limit_hit = false;
    eqlm_value *items = eqli_arena_array(&s->tuples.arena, n, sizeof *items);
    if (!items) {
        *out = eqli_null();
        s->vm->errors++;
        return s->tuples.arena.limit_hit ? EQLM_OK : EQLM_E_NOMEM;
    }
    *out = (eqlm_value) { .type = EQLM_ARRAY, .as.items = items };
    for (uint32_t i = 0; i < values->n && out->len < n; i++) {
        if (eqli_values_at(values, i, &v))
            items[out->len++] = v;
    }
    return EQLM_OK;
}

/* Where the copies go: `used` grows in the first pass, in which block is NULL. */
typedef struct copier {
    char *block;
    size_t used;
} copier;

static void copy_value(copier *c, eqlm_value v, eqlm_value *out)
{
    bool no_address = v.type == EQLM_IP && v.len != 4 && v.len != 16;
    /* Neither an array nor an object can stand in an array, or outlive the event. */
    if (v.type == EQLM_ARRAY || v.type == EQLM_OBJECT || no_address)
        v = eqli_null();
    if (v.type == EQLM_STRING || v.type == EQLM_IP) {
        if (c->block && v.len) {
            memcpy(c->block + c->used, v.as.str, v.len);
            v.as.str = c->block + c->used;
        }
        c->used += v.len;
    }
    if (c->block)
        *out = v;
}

/* The values first, then the elements of arrays, then texts: so everything is aligned. */
static void copy_all(copier *c, const eqlm_value *fields, uint32_t n)
{
    eqlm_value *out = c->block ? ((eqli_captured *)(void *)c->block)->values : NULL;
    eqlm_value *items = out ? out + n : NULL;
    c->used = sizeof(eqli_captured) + n * sizeof *fields;
    for (uint32_t i = 0; i < n; i++)
        c->used += fields[i].type == EQLM_ARRAY ? fields[i].len * sizeof *fields : 0;
    for (uint32_t i = 0; i < n; i++) {
        const eqlm_value *f = &fields[i];
        if (f->type != EQLM_ARRAY) {
            copy_value(c, *f, out ? &out[i] : NULL);
            continue;
        }
        if (out)
            out[i] = (eqlm_value) { .type = EQLM_ARRAY, .len = f->len, .as.items = items };
        for (uint32_t k = 0; k < f->len; k++)
            copy_value(c, f->as.items[k], items ? items + k : NULL);
        items = items ? items + f->len : NULL;
    }
}

eqlm_status eqli_captured_new(eqlm_stream *s, eqli_stream_program *sp, const eqlm_value *fields, uint32_t n,
                              eqli_captured **out)
{
    copier c = { 0 };
    copy_all(&c, fields, n);
    eqli_captured *block = eqli_state_new(s, c.used);
    *out = block;
    if (!block)
        return EQLM_E_NOMEM;
    block->size = c.used;
    sp->counts.state_bytes += c.used;
    c.block = (char *)block;
    copy_all(&c, fields, n);
    return EQLM_OK;
}

eqlm_status eqli_capture(eqlm_stream *s, eqli_stream_program *sp, uint32_t alias, const void *event,
                         eqli_captured **out)
{
    const eqlm_program *p = sp->program;
    const eqli_alias *a = &p->aliases[alias];
    *out = NULL;
    if (a->n == 0)
        return EQLM_OK;
    eqlm_value *fields = eqli_mem_new(&s->alloc, a->n * sizeof *fields);
    eqli_values *values =
        eqli_mem_new(&s->alloc, a->n * sizeof *values); /* must not move: fields point into them */
    eqlm_status status = fields && values ? EQLM_OK : EQLM_E_NOMEM;
    for (uint32_t i = 0; status == EQLM_OK && i < a->n; i++) {
        eqli_read(&p->slots[p->captures[a->first + i]].place, p->get, p->get_ctx, event, &values[i]);
        status = gather_field(s, &values[i], &fields[i]);
    }
    if (status == EQLM_OK)
        status = eqli_captured_new(s, sp, fields, a->n, out);
    eqli_mem_free(&s->alloc, fields, a->n * sizeof *fields);
    eqli_mem_free(&s->alloc, values, a->n * sizeof *values);
    return status;
}

void eqli_captures_show(eqlm_stream *s, const eqli_stream_program *sp, eqli_entry *partial)
{
    for (uint32_t i = 0; i < EQLI_MAX_ALIASES; i++) {
        eqli_captured *c = partial && i < sp->program->n_aliases ? eqli_entry_captures(sp, partial)[i] : NULL;
        s->vm->scope[EQLI_SCOPE_ALIAS + i] = c ? c->values : NULL;
    }
}
