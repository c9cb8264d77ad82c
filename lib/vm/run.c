/* run.c - runs branch code. Tests of texts in common storage are answered here, all others by test.c and
 * leaf.c. */
#include "base/inline.h"
#include "ops/pattern_set.h"
#include "vm/run.h"

#include <string.h>

/* memcmp without the call, for at most 16 bytes. Overlapping loads cover every length from their own width
 * up. */
static EQLI_ALWAYS_INLINE bool same_short(const char *a, const char *b, size_t n)
{
    if (n >= 8) {
        uint64_t x, y, z, w;
        memcpy(&x, a, 8);
        memcpy(&y, b, 8);
        memcpy(&z, a + n - 8, 8);
        memcpy(&w, b + n - 8, 8);
        return x == y && z == w;
    }
    if (n >= 4) {
        uint32_t x, y, z, w;
        memcpy(&x, a, 4);
        memcpy(&y, b, 4);
        memcpy(&z, a + n - 4, 4);
        memcpy(&w, b + n - 4, 4);
        return x == y && z == w;
    }
    return n == 0 || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
}

static EQLI_ALWAYS_INLINE bool same_text(const char *a, const char *b, size_t n)
{
    return n <= 16 ? same_short(a, b, n) : memcmp(a, b, n) == 0;
}

/* What the step asks of one text. */
static EQLI_ALWAYS_INLINE eqli_op_result test_text(eqlm_vm *vm, const eqli_vm_step *s, const char *text,
                                                   uint32_t len, bool *hit)
{
    switch ((eqli_question)s->question) {
    case EQLI_ASKS_EQUAL:
        *hit = len == s->len && same_text(text, s->with.text, len);
        return EQLI_OP_OK;
    case EQLI_ASKS_ANY:
        *hit = len != 0;
        return EQLI_OP_OK;
    default: /* MATCH */
        eqli_vm_fresh_scratch(vm);
        return eqli_pattern_set_match(s->with.patterns, text, len, &vm->scratch, hit);
    }
}

/* _arraysearch: the body runs once per element, which it sees as the scope named by mode. */
static eqli_op_result run_search(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, bool *hit)
{
    const eqli_insn *in = &p->insns[pc];
    eqli_values values;
    eqlm_value v;
    eqli_op_result r = EQLI_OP_OK;
    eqli_vm_open(vm, p, in->a, &values);
    for (uint32_t i = 0; i < values.n && !*hit && r == EQLI_OP_OK; i++) {
        if (!eqli_values_at(&values, i, &v))
            continue;
        vm->element[in->mode] = v;
        vm->scope[in->mode] = v.type == EQLM_OBJECT ? v.as.object : NULL;
        r = eqli_vm_run(vm, p, pc + 1, vm->scope[0], hit);
    }
    return r;
}

/* Any test, the general way. */
static EQLI_NEVER_INLINE eqli_op_result test_in_general(eqlm_vm *vm, const eqlm_program *p, uint32_t pc,
                                                        bool *hit)
{
    const eqli_insn *in = &p->insns[pc];
    switch (in->op) {
    case EQLI_OP_JUMP:
        *hit = true;
        return EQLI_OP_OK;
    case EQLI_OP_SEARCH:
        return run_search(vm, p, pc, hit);
    case EQLI_OP_LINEAGE: /* without a stream nobody knows any process */
        return vm->lineage ? vm->lineage(vm->lineage_ctx, p, in->a, vm->scope[0], hit) : EQLI_OP_OK;
    case EQLI_OP_LEAF:
        return eqli_vm_run_leaf(vm, p, pc, hit);
    default: {
        eqli_values values;
        eqli_vm_open(vm, p, in->a, &values);
        return eqli_vm_test_values(vm, p, in, &values, hit);
    }
    }
}

static EQLI_ALWAYS_INLINE uint64_t load_len(const char *at, bool wide)
{
    uint64_t len = 0;
    uint32_t short_len;
    if (wide) {
        memcpy(&len, at, sizeof len);
        return len;
    }
    memcpy(&short_len, at, sizeof short_len);
    return short_len;
}

/* Some text of an array. values: what the getter gave; NULL: the array is stored in the event. */
static EQLI_NEVER_INLINE eqli_op_result some_text(eqlm_vm *vm, const eqlm_program *p, const eqli_vm_step *s,
                                                  const eqli_values *values, bool *hit)
{
    const eqli_place *place = &p->slots[p->insns[s - p->steps].a].place;
    const unsigned char *event = vm->scope[0], *at = NULL;
    uint64_t n = values ? values->n : eqli_load_uint(event + place->count_offset, place->count_size);
    if (!values) {
        memcpy(&at, event + place->offset, sizeof at);
        n = at ? n : 0;
    }
    for (uint64_t i = 0; i < n && !*hit; i++) {
        const char *text;
        uint64_t len;
        if (!values) {
            memcpy(&text, at, sizeof text);
            len = load_len((const char *)at + place->len_offset, s->wide);
            at += place->stride;
        } else if (values->items[i].type == EQLM_STRING) {
            text = values->items[i].as.str;
            len = values->items[i].len;
        } else { /* nulls, and numbers that may be read as text */
            eqli_values rest = { .items = values->items + i, .n = (uint32_t)(n - i) };
            return eqli_vm_test_values(vm, p, &p->insns[s - p->steps], &rest, hit);
        }
        eqli_op_result r = EQLI_OP_OK;
        if ((text || values) && len <= UINT32_MAX)
            r = test_text(vm, s, text, (uint32_t)len, hit);
        if (eqli_vm_stops(vm, r))
            return r;
    }
    return EQLI_OP_OK;
}

/* One test of branch code. *hit is false. */
static EQLI_ALWAYS_INLINE eqli_op_result run_test(eqlm_vm *vm, const eqlm_program *p, const eqli_vm_step *s,
                                                  const char *event, bool *hit)
{
    eqli_values values;
    const char *text;
    uint64_t len;
    switch ((eqli_source)s->source) {
    case EQLI_FROM_TEXT:
        memcpy(&text, event + s->offset, sizeof text);
        len = load_len(event + s->len_offset, s->wide);
        if (!text || len > UINT32_MAX)
            return EQLI_OP_OK;
        break;
    case EQLI_FROM_TEXTS:
        return some_text(vm, p, s, NULL, hit);
    case EQLI_FROM_VALUE:
    case EQLI_FROM_GETTER:
        values.one.type = EQLM_NULL;
        if (s->source == EQLI_FROM_VALUE)
            memcpy(&values.one, event + s->offset, sizeof values.one);
        else if (!p->get || !p->get(p->get_ctx, event, s->offset, &values.one))
            return EQLI_OP_OK;
        if (values.one.type == EQLM_NULL)
            return EQLI_OP_OK;
        if (s->question == EQLI_ASKS_ORDER && values.one.type == s->type) {
            int64_t v = s->type == EQLM_BOOL ? values.one.as.boolean : values.one.as.i64;
            *hit = s->len >> (1 + (v > s->with.number) - (v < s->with.number)) & 1;
            return EQLI_OP_OK;
        }
        if (values.one.type != EQLM_STRING || s->question <= EQLI_ASKS_ORDER) {
            eqli_values_of(&values);
            return s->question <= EQLI_ASKS_ORDER
                       ? eqli_vm_test_values(vm, p, &p->insns[s - p->steps], &values, hit)
                       : some_text(vm, p, s, &values, hit);
        }
        text = values.one.as.str;
        len = values.one.len;
        break;
    default:
        return test_in_general(vm, p, (uint32_t)(s - p->steps), hit);
    }
    return test_text(vm, s, text, (uint32_t)len, hit);
}

bool eqli_vm_forget_answers(eqlm_vm *vm, uint32_t n)
{
    if (n >= vm->n_answers || vm->moment == UINT32_MAX >> 1) {
        uint32_t room = n >= vm->n_answers ? n + 1 : vm->n_answers;
        uint32_t *answers = eqli_mem_new(&vm->alloc, room * sizeof *answers);
        if (!answers)
            return false;
        eqli_mem_free(&vm->alloc, vm->answers, vm->n_answers * sizeof *vm->answers);
        vm->answers = answers;
        vm->n_answers = room;
        vm->moment = 0;
    }
    vm->moment++;
    return true;
}

eqli_op_result eqli_vm_run_all(eqlm_vm *vm, const eqlm_program *p, const eqli_stretch *stretches, uint32_t n,
                               const uint32_t *shared, uint32_t start, const void *event, bool *out)
{
    const eqli_vm_step *const first = p->steps + start;
    vm->scope[0] = event;
    for (const eqli_stretch *stretch = stretches; stretch < stretches + n; stretch++) {
        const eqli_vm_step *s = p->steps + stretch->pc;
        const eqli_vm_step *const end = stretch->end == UINT32_MAX ? NULL : p->steps + stretch->end;
        while (s != end && s->source != EQLI_FROM_NOTHING) {
            bool hit = false;
            uint32_t number = shared ? shared[s - first] : 0;
            if (number &&
                vm->answers[number] >> 1 == vm->moment) { /* another program has had this test already */
                s += vm->answers[number] & 1 ? s->t : s->f;
                continue;
            }
            uint64_t errors = vm->errors;
            eqli_op_result r = run_test(vm, p, s, event, &hit);
            if (eqli_vm_stops(vm, r))
                return r;
            if (number && vm->errors == errors) /* an error counts for each program */
                vm->answers[number] = vm->moment << 1 | hit;
            s += hit ? s->t : s->f;
        }
        if (s != end && !s->result) {
            *out = false;
            return EQLI_OP_OK;
        }
    }
    *out = true;
    return EQLI_OP_OK;
}

eqli_op_result eqli_vm_run(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, const void *event, bool *out)
{
    const eqli_stretch all = { pc, UINT32_MAX };
    return eqli_vm_run_all(vm, p, &all, 1, NULL, pc, event, out);
}

eqli_op_result eqli_vm_test(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, const void *event, bool *out)
{
    vm->scope[0] = event;
    *out = false;
    eqli_op_result r = test_in_general(vm, p, pc, out);
    return eqli_vm_stops(vm, r) ? r : EQLI_OP_OK;
}

/* The tests at the beginning that a getter answers, then all others. */
static EQLI_NEVER_INLINE eqlm_status match_from(eqlm_vm *vm, const eqlm_program *p, const eqli_vm_step *s,
                                                const void *event, bool *out)
{
    eqlm_status status = eqli_vm_prepare(vm, p);
    if (status != EQLM_OK)
        return status;
    for (; s->glance == EQLI_GLANCE_GETTER; s++) {
        eqlm_value v;
        v.type = EQLM_NULL;
        if (!p->get || !p->get(p->get_ctx, event, s->offset, &v))
            v.type = EQLM_NULL;
        if (v.type == EQLM_STRING && s->question == EQLI_ASKS_EQUAL) {
            if (v.len == s->len && same_short(v.as.str, s->with.text, v.len))
                continue;
        } else if (v.type == EQLM_STRING) {
            bool hit = false;
            eqli_op_result r = test_text(vm, s, v.as.str, v.len, &hit);
            if (r != EQLI_OP_OK)
                return eqli_vm_status(r);
            if (hit)
                continue;
        } else if (v.type != EQLM_NULL) {
            if (s->question == EQLI_ASKS_ANY && v.type == EQLM_ARRAY && v.as.items && v.len &&
                v.as.items->type == EQLM_STRING && v.as.items->len)
                continue;
            break; /* has to be looked at in general */
        }
        *out = false;
        return EQLM_OK;
    }
    return eqli_vm_status(eqli_vm_run(vm, p, (uint32_t)(s - p->steps), event, out));
}

eqlm_status eqlm_match(eqlm_vm *vm, const eqlm_program *p, const void *event, bool *out)
{
    if (!vm || !p || !event || !out || !p->entry)
        return EQLM_E_ARGUMENT;
    const eqli_vm_step *s = p->entry;
    const char *e = event, *text;
    uint64_t len;
    /* Nearly all events fail soon: without a call. */
    for (;; s++) {
        if (s->glance == EQLI_GLANCE_EQUAL) {
            memcpy(&text, e + s->offset, sizeof text);
            len = load_len(e + s->len_offset, s->wide);
            if (len == s->len && text && same_short(text, s->with.text, len))
                continue;
        } else if (s->glance == EQLI_GLANCE_ANY) {
            const eqli_place *place = &p->slots[p->insns[s - p->steps].a].place;
            const char *at;
            memcpy(&at, e + s->offset, sizeof at);
            if (at &&
                eqli_load_uint((const unsigned char *)e + place->count_offset, place->count_size) != 0) {
                memcpy(&text, at, sizeof text);
                len = load_len(at + s->len_offset, s->wide);
                if (text && len != 0 && len <= UINT32_MAX)
                    continue;
                break; /* another one may do */
            }
        } else if (s->glance == EQLI_GLANCE_MATCH) {
            memcpy(&text, e + s->offset, sizeof text);
            len = load_len(e + s->len_offset, s->wide);
            if (text && len <= UINT32_MAX && !eqli_pattern_set_rejects(s->with.patterns, text, (size_t)len))
                break;
        } else {
            break;
        }
        *out = false;
        return EQLM_OK;
    }
    if (s->glance == EQLI_GLANCE_GETTER || p->n_regs > vm->n_regs)
        return match_from(vm, p, s, event, out);
    vm->scratch.max = p->max_scratch;
    return eqli_vm_status(eqli_vm_run(vm, p, (uint32_t)(s - p->steps), event, out));
}
