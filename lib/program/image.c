/* image.c - programs as bytes, and back.
 *
 * Little-endian, no padding, no addresses; names instead of places, lists instead of compiled sets. A reader
 * never trusts a count: each is checked against the bytes that are left before memory is taken for it, and
 * the result goes through eqli_program_verify before anything is built from it.
 *
 *   magic[8] version:u32 length:u32 checksum:u64   (of everything behind the header)
 *   kind:u8 typed:u8 dialect:u8 n_regs:u32 max_choices:u32 max_scratch:u32 max_regex_states:u32
 *   constants: n:u32 { value }                     (base/pack.h)
 *   slots:     n:u32 { name:u32 parent:u32 scope:u8 type:u8 element:u8 }
 *   sets:      n:u32 { kind:u8 fold:u8 first:u32 n:u32 kinds[n] (patterns only) }
 *   stages:    has_until:u8 maxspan:i64 n:u32                     (n counts until)
 *              { start len join_start join_len first_key n_keys:u32 missing:u8 }
 *   keys:      n:u32 { slot:u32 optional:u8 }
 *   aliases:   n:u32 { stage:u32 first:u32 n:u32 }
 *   captures:  n:u32 { slot:u32 }
 *   lineages:  n:u32 { relation:u8 start:u32 len:u32 }
 *   pipes:     n:u32 { tail:u8 count:u64 }
 *   code:      n:u32 { op:u8 mode:u8 a:u16 b:u32 t:u32 f:u32 } */
#include "base/pack.h"
#include "program/program.h"

#include <string.h>

static const char magic[8] = { 'E', 'Q', 'L', 'M', 'P', 'R', 'G', 0x1a };

enum { IMAGE_VERSION = 1, HEADER_SIZE = 24 };

/* ---- writing --------------------------------------------------------------------------------------------
 */

static void put_stages(eqli_writer *w, const eqlm_program *p)
{
    eqli_put(w, p->has_until, 1);
    eqli_put(w, (uint64_t)p->maxspan_ns, 8);
    eqli_put(w, eqli_program_n_regions(p), 4);
    for (uint32_t i = 0; i < eqli_program_n_regions(p); i++) {
        const eqli_stage *s = &p->stages[i];
        const uint32_t words[] = { s->start, s->len, s->join_start, s->join_len, s->first_key, s->n_keys };
        for (unsigned k = 0; k < sizeof words / sizeof *words; k++)
            eqli_put(w, words[k], 4);
        eqli_put(w, s->missing, 1);
    }
    eqli_put(w, p->n_keys, 4);
    for (uint32_t i = 0; i < p->n_keys; i++) {
        eqli_put(w, p->keys[i].slot, 4);
        eqli_put(w, p->keys[i].optional, 1);
    }
    eqli_put(w, p->n_aliases, 4);
    for (uint32_t i = 0; i < p->n_aliases; i++) {
        eqli_put(w, p->aliases[i].stage, 4);
        eqli_put(w, p->aliases[i].first, 4);
        eqli_put(w, p->aliases[i].n, 4);
    }
    eqli_put(w, p->n_captures, 4);
    for (uint32_t i = 0; i < p->n_captures; i++)
        eqli_put(w, p->captures[i], 4);
    eqli_put(w, p->n_lineages, 4);
    for (uint32_t i = 0; i < p->n_lineages; i++) {
        eqli_put(w, p->lineages[i].relation, 1);
        eqli_put(w, p->lineages[i].start, 4);
        eqli_put(w, p->lineages[i].len, 4);
    }
}

static void put_body(eqli_writer *w, const eqlm_program *p)
{
    eqli_put(w, p->kind, 1);
    eqli_put(w, p->typed, 1);
    eqli_put(w, p->dialect, 1);
    eqli_put(w, p->n_regs, 4);
    eqli_put(w, p->max_choices, 4);
    eqli_put(w, p->max_scratch, 4);
    eqli_put(w, p->max_regex_states, 4);
    eqli_put(w, p->n_consts, 4);
    for (uint32_t i = 0; i < p->n_consts; i++)
        eqli_put_value(w, &p->consts[i]);
    eqli_put(w, p->n_slots, 4);
    for (uint32_t i = 0; i < p->n_slots; i++) {
        const eqli_slot *s = &p->slots[i];
        eqli_put(w, s->name, 4);
        eqli_put(w, s->parent, 4);
        eqli_put(w, s->scope, 1);
        eqli_put(w, s->type, 1);
        eqli_put(w, s->element, 1);
    }
    eqli_put(w, p->n_sets, 4);
    for (uint32_t i = 0; i < p->n_sets; i++) {
        const eqli_set *s = &p->sets[i];
        eqli_put(w, s->kind, 1);
        eqli_put(w, s->fold, 1);
        eqli_put(w, s->first, 4);
        eqli_put(w, s->n, 4);
        if (s->kind == EQLI_SET_PATTERNS)
            eqli_put_bytes(w, s->kinds, s->n);
    }
    put_stages(w, p);
    eqli_put(w, p->n_pipes, 4);
    for (uint32_t i = 0; i < p->n_pipes; i++) {
        eqli_put(w, p->pipes[i].tail, 1);
        eqli_put(w, p->pipes[i].count, 8);
    }
    eqli_put(w, p->n_insns, 4);
    for (uint32_t i = 0; i < p->n_insns; i++) {
        const eqli_insn *in = &p->insns[i];
        eqli_put(w, in->op, 1);
        eqli_put(w, in->mode, 1);
        eqli_put(w, in->a, 2);
        eqli_put(w, in->b, 4);
        eqli_put(w, in->t, 4);
        eqli_put(w, in->f, 4);
    }
}

eqlm_status eqlm_program_save(const eqlm_program *p, eqlm_write_fn write, void *ctx)
{
    if (!p || !write)
        return EQLM_E_ARGUMENT;
    eqli_writer counter = { .sum = EQLI_CHECKSUM_START };
    put_body(&counter, p);
    if (counter.len > UINT32_MAX - HEADER_SIZE)
        return EQLM_E_LIMIT;
    eqli_writer w = { .write = write, .ctx = ctx };
    eqli_put_bytes(&w, magic, sizeof magic);
    eqli_put(&w, IMAGE_VERSION, 4);
    eqli_put(&w, HEADER_SIZE + counter.len, 4);
    eqli_put(&w, counter.sum, 8);
    put_body(&w, p);
    return w.failed ? EQLM_E_LIMIT : EQLM_OK;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

/* Texts and kinds of patterns stay in the image until all is read. */
static void get_consts(eqli_reader *r, eqlm_program *p)
{
    p->consts = eqli_get_table(r, 1, sizeof *p->consts, EQLI_MAX_CONSTS, &p->n_consts);
    for (uint32_t i = 0; i < p->n_consts && r->status == EQLM_OK; i++)
        eqli_get_value(r, eqli_get(r, 1), &p->consts[i]);
}

static void get_slots(eqli_reader *r, eqlm_program *p)
{
    p->slots = eqli_get_table(r, 11, sizeof *p->slots, EQLI_MAX_SLOTS, &p->n_slots);
    for (uint32_t i = 0; i < p->n_slots; i++) {
        eqli_slot *s = &p->slots[i];
        s->name = (uint32_t)eqli_get(r, 4);
        s->parent = (uint32_t)eqli_get(r, 4);
        s->scope = (uint8_t)eqli_get(r, 1);
        s->type = (uint8_t)eqli_get(r, 1);
        s->element = eqli_get_flag(r);
    }
}

static void get_sets(eqli_reader *r, eqlm_program *p)
{
    p->sets = eqli_get_table(r, 10, sizeof *p->sets, EQLI_MAX_CONSTS, &p->n_sets);
    for (uint32_t i = 0; i < p->n_sets && r->status == EQLM_OK; i++) {
        eqli_set *s = &p->sets[i];
        s->kind = (uint8_t)eqli_get(r, 1);
        s->fold = eqli_get_flag(r);
        s->first = (uint32_t)eqli_get(r, 4);
        s->n = (uint32_t)eqli_get(r, 4);
        if (s->kind > EQLI_SET_BLOCKS || s->n > EQLI_MAX_CONSTS)
            r->status = EQLM_E_IMAGE;
        if (s->kind == EQLI_SET_PATTERNS)
            s->kinds = eqli_get_bytes(r, s->n);
    }
}

static void get_stages(eqli_reader *r, eqlm_program *p)
{
    bool has_until = eqli_get_flag(r);
    p->maxspan_ns = (int64_t)eqli_get(r, 8);
    uint32_t n;
    p->stages = eqli_get_table(r, 25, sizeof *p->stages, EQLI_MAX_STAGES + 1, &n);
    if (n) { /* freeing trusts both to give the size of the table */
        p->has_until = has_until;
        p->n_stages = n - (has_until ? 1 : 0);
    }
    for (uint32_t i = 0; i < n; i++) {
        eqli_stage *s = &p->stages[i];
        uint32_t *const words[] = { &s->start,    &s->len,       &s->join_start,
                                    &s->join_len, &s->first_key, &s->n_keys };
        for (unsigned k = 0; k < sizeof words / sizeof *words; k++)
            *words[k] = (uint32_t)eqli_get(r, 4);
        s->missing = eqli_get_flag(r);
    }
    p->keys = eqli_get_table(r, 5, sizeof *p->keys, EQLI_MAX_KEYS, &p->n_keys);
    for (uint32_t i = 0; i < p->n_keys; i++) {
        p->keys[i].slot = (uint32_t)eqli_get(r, 4);
        p->keys[i].optional = eqli_get_flag(r);
    }
    p->aliases = eqli_get_table(r, 12, sizeof *p->aliases, EQLI_MAX_ALIASES, &p->n_aliases);
    for (uint32_t i = 0; i < p->n_aliases; i++) {
        p->aliases[i].stage = (uint32_t)eqli_get(r, 4);
        p->aliases[i].first = (uint32_t)eqli_get(r, 4);
        p->aliases[i].n = (uint32_t)eqli_get(r, 4);
    }
    p->captures = eqli_get_table(r, 4, sizeof *p->captures, EQLI_MAX_SLOTS, &p->n_captures);
    for (uint32_t i = 0; i < p->n_captures; i++)
        p->captures[i] = (uint32_t)eqli_get(r, 4);
    p->lineages = eqli_get_table(r, 9, sizeof *p->lineages, EQLI_MAX_LINEAGES, &p->n_lineages);
    for (uint32_t i = 0; i < p->n_lineages; i++) {
        p->lineages[i].relation = (uint8_t)eqli_get(r, 1);
        p->lineages[i].start = (uint32_t)eqli_get(r, 4);
        p->lineages[i].len = (uint32_t)eqli_get(r, 4);
    }
}

static void get_code(eqli_reader *r, eqlm_program *p)
{
    p->pipes = eqli_get_table(r, 9, sizeof *p->pipes, EQLI_MAX_PIPES, &p->n_pipes);
    for (uint32_t i = 0; i < p->n_pipes; i++) {
        p->pipes[i].tail = eqli_get_flag(r);
        p->pipes[i].count = eqli_get(r, 8);
    }
    p->insns = eqli_get_table(r, 16, sizeof *p->insns, EQLI_MAX_INSNS, &p->n_insns);
    for (uint32_t i = 0; i < p->n_insns; i++) {
        eqli_insn *in = &p->insns[i];
        in->op = (uint8_t)eqli_get(r, 1);
        in->mode = (uint8_t)eqli_get(r, 1);
        in->a = (uint16_t)eqli_get(r, 2);
        in->b = (uint32_t)eqli_get(r, 4);
        in->t = (uint32_t)eqli_get(r, 4);
        in->f = (uint32_t)eqli_get(r, 4);
    }
}

static bool header_is_good(const unsigned char *image, size_t len)
{
    if (len < HEADER_SIZE || len > UINT32_MAX || memcmp(image, magic, sizeof magic) != 0)
        return false;
    eqli_reader r = { .p = image + 8, .end = image + HEADER_SIZE };
    uint64_t version = eqli_get(&r, 4), length = eqli_get(&r, 4), sum = eqli_get(&r, 8);
    return version == IMAGE_VERSION && length == len &&
           sum == eqli_checksum(EQLI_CHECKSUM_START, image + HEADER_SIZE, len - HEADER_SIZE);
}

static eqlm_status read_program(const eqlm_alloc *alloc, const unsigned char *image, size_t len,
                                eqlm_program **out)
{
    if (!header_is_good(image, len))
        return EQLM_E_IMAGE;
    eqlm_program *p = eqli_mem_new(alloc, sizeof *p);
    if (!p)
        return EQLM_E_NOMEM;
    p->alloc = *alloc;
    p->owners = p->refs = 1;
    eqli_reader r = { .p = image + HEADER_SIZE, .end = image + len, .alloc = alloc };
    p->kind = (uint8_t)eqli_get(&r, 1);
    p->typed = eqli_get_flag(&r);
    p->dialect = (uint8_t)eqli_get(&r, 1);
    p->n_regs = (uint32_t)eqli_get(&r, 4);
    p->max_choices = (uint32_t)eqli_get(&r, 4);
    p->max_scratch = (uint32_t)eqli_get(&r, 4);
    p->max_regex_states = (uint32_t)eqli_get(&r, 4);
    get_consts(&r, p);
    get_slots(&r, p);
    get_sets(&r, p);
    get_stages(&r, p);
    get_code(&r, p);
    if (r.status == EQLM_OK && r.p != r.end)
        r.status = EQLM_E_IMAGE;
    if (r.status == EQLM_OK)
        r.status = eqli_program_own(p) ? eqli_program_verify(p) : EQLM_E_NOMEM;
    if (r.status != EQLM_OK) {
        eqlm_program_free(p);
        return r.status;
    }
    *out = p;
    return EQLM_OK;
}

eqlm_status eqlm_program_load(const eqlm_alloc *alloc, eqlm_schema *schema, const void *image, size_t len,
                              eqlm_program **out)
{
    if (!out)
        return EQLM_E_ARGUMENT;
    *out = NULL;
    if (!schema || !image)
        return EQLM_E_ARGUMENT;
    eqlm_alloc a = eqli_mem_default(alloc);
    eqlm_program *p = NULL;
    eqlm_status status = read_program(&a, image, len, &p);
    if (status != EQLM_OK)
        return status;
    status = eqli_program_finish(p, schema, NULL, NULL);
    if (status != EQLM_OK) {
        eqlm_program_free(p);
        return status == EQLM_E_COMPILE ? EQLM_E_IMAGE : status; /* a regular expression that is none */
    }
    *out = p;
    return EQLM_OK;
}

eqlm_status eqlm_image_check(const eqlm_alloc *alloc, const void *image, size_t len)
{
    /* Loaded in full: a bad regular expression or address block shows only when its set is built. */
    eqlm_schema *schema;
    eqlm_program *p;
    if (!image)
        return EQLM_E_ARGUMENT;
    eqlm_status status = eqlm_schema_new(alloc, &schema);
    if (status != EQLM_OK)
        return status;
    status = eqlm_program_load(alloc, schema, image, len, &p);
    if (status == EQLM_OK)
        eqlm_program_free(p);
    eqlm_schema_free(schema);
    return status;
}
