/* vm.c - runs branch code. Only verified programs come here, so operands are trusted.
 *
 * A test takes the value of one slot, or, in a LEAF, every choice of values of several (language 4.2); it holds when some
 * choice makes it true. A run-time error makes the choice not match and is counted (decision 5); only want of
 * memory or scratch stops the evaluation. */
#include "vm/vm.h"

#include "base/text.h"
#include "ops/function.h"

#include <assert.h>
#include <string.h>

/* Each test is a copy of some_value with its own question inlined: the call would cost more than the question. */
#if defined(__GNUC__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NEVER_INLINE __attribute__((noinline))
#else
#define ALWAYS_INLINE inline
#define NEVER_INLINE
#endif

/* memcmp without the call: constants are short. Overlapping loads cover every length from their own width up. */
static ALWAYS_INLINE bool same_text(const char *a, const char *b, size_t n)
{
    if (n >= 8) {
        uint64_t x, y;
        for (size_t i = 0; i + 8 < n; i += 8) {
            memcpy(&x, a + i, 8);
            memcpy(&y, b + i, 8);
            if (x != y)
                return false;
        }
        memcpy(&x, a + n - 8, 8);
        memcpy(&y, b + n - 8, 8);
        return x == y;
    }
    if (n >= 4) {
        uint32_t x, y, z, w;
        memcpy(&x, a, 4);
        memcpy(&y, b, 4);
        memcpy(&z, a + n - 4, 4);
        memcpy(&w, b + n - 4, 4);
        return x == y && z == w;
    }
    for (size_t i = 0; i < n; i++) {
        if (a[i] != b[i])
            return false;
    }
    return true;
}

static void open_slot(const eqlm_vm *vm, const eqlm_program *p, uint32_t slot, eqli_values *v)
{
    const eqli_slot *s = &p->slots[slot];
    if (s->element) {
        v->one = vm->element[s->scope];
        eqli_values_of(v);
        return;
    }
    const void *event = vm->scope[s->scope];
    if (!event) { /* an element that is no object has no fields */
        v->n = 0;
        return;
    }
    eqli_read(&s->place, p->get, p->get_ctx, event, v);
}

/* Remembers a run-time error; true when it must stop the evaluation. */
static bool is_fatal(eqlm_vm *vm, eqli_op_result r)
{
    if (r == EQLI_OP_OK)
        return false;
    if (eqli_op_fatal(r))
        return true;
    vm->errors++;
    return false;
}

/* Tests one value that was read as the instruction asks and is not null. */
typedef eqli_op_result (*value_test)(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in, const eqlm_value *v,
                                     bool *hit);

static inline eqli_op_result test_compare(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in, const eqlm_value *v,
                                   bool *hit)
{
    (void)vm;
    bool version = EQLI_MODE_AS(in->mode) == EQLI_AS_VERSION;
    *hit = eqli_compare(EQLI_MODE_CMP(in->mode), v, &p->consts[in->b], version) == EQLI_TRUE;
    return EQLI_OP_OK;
}

static inline eqli_op_result test_equal_text(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in,
                                      const eqlm_value *v, bool *hit)
{
    (void)vm;
    const eqlm_value *k = &p->consts[in->b];
    *hit = v->type == EQLM_STRING && v->len == k->len && same_text(v->as.str, k->as.str, k->len);
    return EQLI_OP_OK;
}

static inline eqli_op_result test_length(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in, const eqlm_value *v,
                                  bool *hit)
{
    const eqlm_value *k = &p->consts[in->b];
    if (v->type != EQLM_STRING)
        return EQLI_OP_BAD_TYPE;
    (void)vm;
    if (k->type == EQLM_I64 && k->as.i64 == 0 && EQLI_MODE_CMP(in->mode) == EQLI_CMP_GT) {
        *hit = v->len != 0; /* the usual question needs no count */
        return EQLI_OP_OK;
    }
    eqlm_value n = eqli_i64((int64_t)eqli_utf16_len(v->as.str, v->len));
    *hit = eqli_compare(EQLI_MODE_CMP(in->mode), &n, k, false) == EQLI_TRUE;
    return EQLI_OP_OK;
}

static eqli_op_result match_set(eqlm_vm *vm, const eqli_set *set, const eqlm_value *v, bool *hit)
{
    *hit = false;
    if (v->type != EQLM_STRING)
        return EQLI_OP_BAD_TYPE;
    eqli_subject subject = { .ptr = v->as.str, .len = v->len, .scratch = &vm->scratch };
    return eqli_pattern_set_match(set->patterns, &subject, hit);
}

static eqli_op_result match_regex(eqlm_vm *vm, const eqlm_program *p, const eqli_set *set, const eqlm_value *v,
                                  bool *hit)
{
    *hit = false;
    if (v->type != EQLM_STRING)
        return EQLI_OP_BAD_TYPE;
    eqli_regex_cache *cache = eqli_vm_regex(vm, p, set->regex);
    if (!cache)
        return EQLI_OP_NOMEM;
    return eqli_regex_match(set->regex, cache, v->as.str, v->len, hit);
}

static bool in_values(const eqli_set *set, const eqlm_value *v)
{
    uint32_t lo = 0, hi = set->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int order = eqli_value_order(&set->values[mid], v);
        if (order == 0)
            return true;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

static eqli_op_result in_blocks(const eqli_set *set, const eqlm_value *v, bool *hit)
{
    eqli_ip ip;
    const uint8_t *addr;
    size_t len;
    *hit = false;
    if (v->type == EQLM_IP) {
        addr = v->as.ip;
        len = v->len;
    } else if (v->type != EQLM_STRING) {
        return EQLI_OP_BAD_TYPE;
    } else if (!eqli_ip_parse(v->as.str, v->len, &ip)) {
        return EQLI_OP_BAD_ADDRESS;
    } else {
        addr = ip.bytes;
        len = ip.len;
    }
    for (uint32_t i = 0; i < set->n && !*hit; i++)
        *hit = eqli_cidr_match(&set->blocks[i], addr, len);
    return EQLI_OP_OK;
}

static inline eqli_op_result test_match(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in, const eqlm_value *v,
                                 bool *hit)
{
    return match_set(vm, &p->sets[in->b], v, hit);
}

static eqli_op_result test_regex(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in, const eqlm_value *v,
                                 bool *hit)
{
    return match_regex(vm, p, &p->sets[in->b], v, hit);
}

static eqli_op_result test_in(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in, const eqlm_value *v,
                              bool *hit)
{
    (void)vm;
    *hit = in_values(&p->sets[in->b], v);
    return EQLI_OP_OK;
}

static eqli_op_result test_cidr(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in, const eqlm_value *v,
                                bool *hit)
{
    (void)vm;
    return in_blocks(&p->sets[in->b], v, hit);
}

/* Whether some value of slot a passes the test: any storage, any type of value. */
static ALWAYS_INLINE eqli_op_result some_value(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in,
                                               value_test test, bool *hit)
{
    eqli_values values;
    eqli_as as = EQLI_MODE_AS(in->mode);
    *hit = false;
    open_slot(vm, p, in->a, &values);
    for (uint32_t i = 0; i < values.n; i++) {
        eqlm_value v;
        if (!eqli_values_at(&values, i, &v))
            continue;
        if (vm->scratch.used)
            eqli_arena_reset(&vm->scratch);
        bool is_text = v.type == EQLM_STRING && (as == EQLI_AS_STR || as == EQLI_AS_VERSION);
        if (!is_text && as != EQLI_AS_RAW) {
            eqlm_value raw = v;
            eqli_op_result r = eqli_read_as(as, (in->mode & EQLI_COERCE) != 0, &raw, &vm->scratch, &v);
            if (is_fatal(vm, r))
                return r;
            if (r != EQLI_OP_OK || v.type == EQLM_NULL)
                continue;
        }
        eqli_op_result r = test(vm, p, in, &v, hit);
        if (is_fatal(vm, r))
            return r;
        if (*hit)
            return EQLI_OP_OK;
    }
    return EQLI_OP_OK;
}

/* A text stored in the event as pointer and length. False: missing. */
static ALWAYS_INLINE bool stored_text(const eqli_slot *s, const char *event, eqlm_value *out)
{
    out->type = EQLM_STRING;
    memcpy(&out->as.str, event + s->place.offset, sizeof out->as.str);
    if (s->quick == EQLI_QUICK_STR32) {
        memcpy(&out->len, event + s->place.len_offset, sizeof out->len);
        return out->as.str != NULL;
    }
    uint64_t len;
    memcpy(&len, event + s->place.len_offset, sizeof len);
    out->len = (uint32_t)len;
    return out->as.str != NULL && len <= UINT32_MAX;
}

/* A value stored in the event or asked from the getter. */
static ALWAYS_INLINE void whole_value(const eqlm_program *p, const eqli_slot *s, const char *event, eqlm_value *out)
{
    out->type = EQLM_NULL;
    if (s->quick == EQLI_QUICK_VALUE)
        memcpy(out, event + s->place.offset, sizeof *out);
    else if (!p->get || !p->get(p->get_ctx, event, s->place.field, out))
        out->type = EQLM_NULL;
}

/* The question for an array of texts stored in the event. */
static ALWAYS_INLINE eqli_op_result some_stored_text(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in,
                                                     value_test test, bool *hit)
{
    const eqli_place *place = &p->slots[in->a].place;
    const unsigned char *event = vm->scope[0], *at;
    uint64_t n = eqli_load_uint(event + place->count_offset, place->count_size);
    eqli_op_result r = EQLI_OP_OK;
    memcpy(&at, event + place->offset, sizeof at);
    for (; at && n-- > 0 && r == EQLI_OP_OK && !*hit; at += place->stride) {
        eqlm_value v = { .type = EQLM_STRING };
        memcpy(&v.as.str, at, sizeof v.as.str);
        uint64_t len = eqli_load_uint(at + place->len_offset, place->len_size);
        v.len = (uint32_t)len;
        if (!v.as.str || len > UINT32_MAX)
            continue;
        if (vm->scratch.used)
            eqli_arena_reset(&vm->scratch);
        r = test(vm, p, in, &v, hit);
    }
    return r;
}

/* The same question for texts in common storage; anything else goes the general way. */
static ALWAYS_INLINE eqli_op_result some_text(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in,
                                              value_test test, value_test general, bool *hit)
{
    const eqli_slot *s = &p->slots[in->a];
    const char *event = vm->scope[0];
    eqlm_value one;
    *hit = false;
    if (vm->scratch.used)
        eqli_arena_reset(&vm->scratch);
    if (s->quick == EQLI_QUICK_STR32 || s->quick == EQLI_QUICK_STR64)
        return stored_text(s, event, &one) ? test(vm, p, in, &one, hit) : EQLI_OP_OK;
    if (s->quick == EQLI_QUICK_TEXTS)
        return some_stored_text(vm, p, in, test, hit);
    if (s->quick == EQLI_QUICK_NONE)
        return general(vm, p, in, NULL, hit);
    whole_value(p, s, event, &one);
    if (one.type == EQLM_STRING)
        return test(vm, p, in, &one, hit);
    if (one.type != EQLM_ARRAY)
        return one.type == EQLM_NULL ? EQLI_OP_OK : general(vm, p, in, NULL, hit);
    eqli_op_result r = EQLI_OP_OK;
    for (uint32_t i = 0; one.as.items && i < one.len && r == EQLI_OP_OK && !*hit; i++) {
        if (one.as.items[i].type != EQLM_STRING) /* nulls, and numbers that may be read as text */
            return general(vm, p, in, NULL, hit);
        if (vm->scratch.used)
            eqli_arena_reset(&vm->scratch);
        r = test(vm, p, in, &one.as.items[i], hit);
    }
    return r;
}

/* The general way of each test as a function of its own, so that the common way stays small. */
#define GENERAL(name, test)                                                                                    \
    static NEVER_INLINE eqli_op_result name(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in,           \
                                            const eqlm_value *unused, bool *hit)                              \
    {                                                                                                          \
        (void)unused;                                                                                          \
        return some_value(vm, p, in, test, hit);                                                               \
    }
GENERAL(some_compare, test_compare)
GENERAL(some_equal_text, test_equal_text)
GENERAL(some_length, test_length)
GENERAL(some_match, test_match)
GENERAL(some_regex, test_regex)
GENERAL(some_in, test_in)
GENERAL(some_cidr, test_cidr)
#undef GENERAL

static void test_exists(const eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in, bool *hit)
{
    eqli_values values;
    eqlm_value v;
    open_slot(vm, p, in->a, &values);
    *hit = false;
    for (uint32_t i = 0; i < values.n && !*hit; i++)
        *hit = eqli_values_at(&values, i, &v);
}

static eqli_op_result run_region(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, bool *out);

/* _arraysearch: the body runs once per element, which it sees as the scope named by mode. */
static eqli_op_result run_search(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, bool *hit)
{
    const eqli_insn *in = &p->insns[pc];
    eqli_values values;
    eqlm_value v;
    *hit = false;
    open_slot(vm, p, in->a, &values);
    for (uint32_t i = 0; i < values.n && !*hit; i++) {
        if (!eqli_values_at(&values, i, &v))
            continue;
        vm->element[in->mode] = v;
        vm->scope[in->mode] = v.type == EQLM_OBJECT ? v.as.object : NULL;
        eqli_op_result r = run_region(vm, p, pc + 1, hit);
        if (r != EQLI_OP_OK)
            return r;
    }
    return EQLI_OP_OK;
}

static eqli_op_result load(eqlm_vm *vm, const eqli_insn *in, eqlm_value *out)
{
    const eqli_load_state *l = &vm->loads[in->t];
    eqlm_value raw;
    *out = eqli_null();
    if (l->missing || !eqli_values_at(&l->values, l->at, &raw))
        return EQLI_OP_OK;
    return eqli_read_as(EQLI_MODE_AS(in->mode), (in->mode & EQLI_COERCE) != 0, &raw, &vm->scratch, out);
}

/* A set test on a register: null in, null out. */
static eqli_op_result value_test_set(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in, eqlm_value *out)
{
    const eqlm_value *v = &vm->regs[in->b];
    const eqli_set *set = &p->sets[in->t];
    bool hit = false;
    eqli_op_result r = EQLI_OP_OK;
    *out = eqli_null();
    if (v->type == EQLM_NULL) {
        if (in->mode & EQLI_NULL_IS_FALSE)
            *out = eqli_bool(false);
        return EQLI_OP_OK;
    }
    switch (in->op) {
    case EQLI_OP_VALUE_MATCH:
        r = match_set(vm, set, v, &hit);
        break;
    case EQLI_OP_VALUE_REGEX:
        r = match_regex(vm, p, set, v, &hit);
        break;
    case EQLI_OP_VALUE_CIDR:
        r = in_blocks(set, v, &hit);
        break;
    default:
        hit = in_values(set, v);
        break;
    }
    if (r == EQLI_OP_OK)
        *out = eqli_bool(hit);
    return r;
}

static eqli_op_result run_value(eqlm_vm *vm, const eqlm_program *p, const eqli_insn *in, eqlm_value *out)
{
    const eqlm_value *regs = vm->regs;
    eqli_tri tri;
    switch (in->op) {
    case EQLI_OP_LOAD:
        return load(vm, in, out);
    case EQLI_OP_CONST:
        *out = p->consts[in->b];
        return EQLI_OP_OK;
    case EQLI_OP_ARITH:
        return eqli_arithmetic((eqli_arith)in->mode, &regs[in->b], &regs[in->t], out);
    case EQLI_OP_NEGATE:
        return eqli_negate(&regs[in->b], out);
    case EQLI_OP_VALUE_COMPARE:
        tri = eqli_compare(EQLI_MODE_CMP(in->mode), &regs[in->b], &regs[in->t],
                           EQLI_MODE_AS(in->mode) == EQLI_AS_VERSION);
        break;
    case EQLI_OP_VALUE_AND:
        tri = eqli_tri_and(eqli_value_tri(&regs[in->b]), eqli_value_tri(&regs[in->t]));
        break;
    case EQLI_OP_VALUE_OR:
        tri = eqli_tri_or(eqli_value_tri(&regs[in->b]), eqli_value_tri(&regs[in->t]));
        break;
    case EQLI_OP_VALUE_NOT:
        tri = eqli_tri_not(eqli_value_tri(&regs[in->b]));
        break;
    case EQLI_OP_IS_NULL:
        tri = regs[in->b].type == EQLM_NULL ? EQLI_TRUE : EQLI_FALSE;
        break;
    case EQLI_OP_CALL:
        return eqli_functions[in->b].fn(&regs[in->t], in->f, in->mode != 0, &vm->scratch, out);
    default:
        return value_test_set(vm, p, in, out);
    }
    *out = eqli_tri_value(tri);
    return EQLI_OP_OK;
}

/* Computes the region for the present choice. *failed: a run-time error, already counted. */
static eqli_op_result run_values(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, uint32_t end, bool *failed)
{
    *failed = false;
    eqli_arena_reset(&vm->scratch);
    for (; pc < end; pc++) {
        const eqli_insn *in = &p->insns[pc];
        eqlm_value out = eqli_null();
        eqli_op_result r = run_value(vm, p, in, &out);
        if (is_fatal(vm, r))
            return r;
        if (r != EQLI_OP_OK) {
            *failed = true;
            out = eqli_null();
        }
        vm->regs[in->a] = out;
    }
    return EQLI_OP_OK;
}

/* The next value of an occurrence that is no null, from `at` on. */
static bool settle(eqli_load_state *l)
{
    eqlm_value v;
    for (; l->at < l->values.n; l->at++) {
        if (eqli_values_at(&l->values, l->at, &v))
            return true;
    }
    return false;
}

/* Opens every occurrence of the leaf at its first choice. False: more combinations than the limit. */
static bool open_choices(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, uint32_t end)
{
    uint64_t combinations = 1;
    for (; pc < end; pc++) {
        const eqli_insn *in = &p->insns[pc];
        if (in->op != EQLI_OP_LOAD)
            continue;
        eqli_load_state *l = &vm->loads[in->t];
        open_slot(vm, p, in->b, &l->values);
        l->at = 0;
        l->missing = !settle(l);
        if (!l->missing && combinations <= p->max_choices)
            combinations *= l->values.n;
    }
    return combinations <= p->max_choices;
}

/* Moves to the next combination of choices, the last occurrence fastest. */
static bool next_choice(eqlm_vm *vm, uint32_t n_loads)
{
    for (uint32_t i = n_loads; i-- > 0;) {
        eqli_load_state *l = &vm->loads[i];
        if (l->missing)
            continue;
        l->at++;
        if (settle(l))
            return true;
        l->at = 0;
        settle(l);
    }
    return false;
}

static eqli_op_result run_leaf(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, bool *hit)
{
    const eqli_insn *in = &p->insns[pc];
    uint32_t end = pc + 1 + in->b;
    *hit = false;
    if (!open_choices(vm, p, pc + 1, end)) {
        vm->errors++;
        return EQLI_OP_OK;
    }
    do {
        bool failed;
        eqli_op_result r = run_values(vm, p, pc + 1, end, &failed);
        if (r != EQLI_OP_OK)
            return r;
        *hit = !failed && eqli_value_tri(&vm->regs[0]) == EQLI_TRUE;
    } while (!*hit && next_choice(vm, in->a));
    return EQLI_OP_OK;
}

/* One test of branch code. */
static ALWAYS_INLINE eqli_op_result run_test(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, bool *hit)
{
    const eqli_insn *in = &p->insns[pc];
    eqli_op_result r = EQLI_OP_OK;
    *hit = false;
    switch ((eqli_op)in->op) {
    case EQLI_OP_JUMP:
        *hit = true;
        break;
    case EQLI_OP_EXISTS:
        test_exists(vm, p, in, hit);
        break;
    case EQLI_OP_COMPARE:
        r = some_compare(vm, p, in, NULL, hit);
        break;
    case EQLI_OP_EQUAL_TEXT:
        r = some_text(vm, p, in, test_equal_text, some_equal_text, hit);
        break;
    case EQLI_OP_TEXT_LENGTH:
        r = some_text(vm, p, in, test_length, some_length, hit);
        break;
    case EQLI_OP_MATCH:
        r = some_text(vm, p, in, test_match, some_match, hit);
        break;
    case EQLI_OP_REGEX:
        r = some_regex(vm, p, in, NULL, hit);
        break;
    case EQLI_OP_IN:
        r = some_in(vm, p, in, NULL, hit);
        break;
    case EQLI_OP_CIDR:
        r = some_cidr(vm, p, in, NULL, hit);
        break;
    case EQLI_OP_SEARCH:
        r = run_search(vm, p, pc, hit);
        break;
    case EQLI_OP_LINEAGE: /* without a stream nobody knows any process */
        if (vm->lineage)
            r = vm->lineage(vm->lineage_ctx, p, in->a, vm->scope[0], hit);
        break;
    case EQLI_OP_LEAF:
        r = run_leaf(vm, p, pc, hit);
        break;
    default:
        assert(false && "the verifier lets no value instruction outside a leaf");
        break;
    }
    return r;
}

/* Whether another program has had this test already for the event. */
static ALWAYS_INLINE bool recall(const eqlm_vm *vm, uint32_t number, bool *hit)
{
    uint32_t answer = vm->answers[number];
    *hit = answer & 1;
    return answer >> 1 == vm->moment;
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

/* shared: by instruction from `start` on, the number of a test whose answer other programs may have found, or 0. */
static ALWAYS_INLINE eqli_op_result run(eqlm_vm *vm, const eqlm_program *p, eqli_stretch stretch, const uint32_t *shared,
                                        uint32_t start, bool *out)
{
    uint32_t pc = stretch.pc;
    for (;;) {
        if (pc == stretch.end) {
            *out = true;
            return EQLI_OP_OK;
        }
        const eqli_insn *in = &p->insns[pc];
        bool hit;
        uint32_t number = shared ? shared[pc - start] : 0;
        if (number && recall(vm, number, &hit)) {
            pc = hit ? in->t : in->f;
            continue;
        }
        if (in->op == EQLI_OP_RETURN_TRUE || in->op == EQLI_OP_RETURN_FALSE) {
            *out = in->op == EQLI_OP_RETURN_TRUE;
            return EQLI_OP_OK;
        }
        eqli_op_result r = run_test(vm, p, pc, &hit);
        if (r != EQLI_OP_OK && is_fatal(vm, r))
            return r;
        if (number && r == EQLI_OP_OK)
            vm->answers[number] = vm->moment << 1 | hit;
        pc = hit ? in->t : in->f;
    }
}

static NEVER_INLINE eqli_op_result run_region(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, bool *out)
{
    return run(vm, p, (eqli_stretch) { pc, UINT32_MAX }, NULL, pc, out);
}

eqli_op_result eqli_vm_run_all(eqlm_vm *vm, const eqlm_program *p, const eqli_stretch *stretches, uint32_t n,
                               const uint32_t *shared, uint32_t start, const void *event, bool *out)
{
    eqli_op_result r = EQLI_OP_OK;
    vm->scope[0] = event;
    *out = true;
    for (uint32_t i = 0; i < n && *out && r == EQLI_OP_OK; i++)
        r = run(vm, p, stretches[i], shared, start, out);
    return r;
}

eqli_op_result eqli_vm_test(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, const void *event, bool *out)
{
    vm->scope[0] = event;
    eqli_op_result r = run_test(vm, p, pc, out);
    return is_fatal(vm, r) ? r : EQLI_OP_OK;
}

eqli_op_result eqli_vm_run(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, const void *event, bool *out)
{
    vm->scope[0] = event;
    return run_region(vm, p, pc, out);
}

eqlm_status eqli_vm_status(eqli_op_result r)
{
    return r == EQLI_OP_NOMEM ? EQLM_E_NOMEM : EQLM_E_LIMIT;
}

eqlm_status eqli_vm_prepare(eqlm_vm *vm, const eqlm_program *p)
{
    if (p->n_regs > vm->n_regs) {
        void *regs = eqli_mem_resize(&vm->alloc, vm->regs, vm->n_regs, p->n_regs, sizeof *vm->regs);
        if (!regs)
            return EQLM_E_NOMEM;
        vm->regs = regs;
        vm->n_regs = p->n_regs;
    }
    if (p->n_regs && !vm->loads) {
        vm->loads = eqli_mem_new(&vm->alloc, EQLI_MAX_LOADS * sizeof *vm->loads);
        if (!vm->loads)
            return EQLM_E_NOMEM;
    }
    vm->scratch.max = p->max_scratch;
    return EQLM_OK;
}

void *eqli_vm_block(eqlm_vm *vm, size_t size)
{
    if (size > vm->block_size) {
        void *block = eqli_mem_new(&vm->alloc, size);
        if (!block)
            return NULL;
        eqli_mem_free(&vm->alloc, vm->block, vm->block_size);
        vm->block = block;
        vm->block_size = size;
    }
    return vm->block;
}

typedef enum lead_result { LEAD_FAILS, LEAD_HOLDS, LEAD_UNSURE } lead_result;

/* UNSURE: no single text, so that the instruction itself has to decide. */
static ALWAYS_INLINE lead_result try_lead(const eqlm_program *p, const eqli_lead *lead, const char *event)
{
    eqlm_value v;
    if (lead->quick == EQLI_QUICK_STR32) {
        memcpy(&v.len, event + lead->len_offset, sizeof v.len);
        if (v.len != lead->len)
            return LEAD_FAILS;
        memcpy(&v.as.str, event + lead->offset, sizeof v.as.str);
        return v.as.str && same_text(v.as.str, lead->text, lead->len) ? LEAD_HOLDS : LEAD_FAILS;
    }
    v.type = EQLM_NULL;
    if (!p->get || !p->get(p->get_ctx, event, lead->field, &v) || v.type == EQLM_NULL)
        return LEAD_FAILS;
    if (v.type != EQLM_STRING)
        return LEAD_UNSURE;
    return v.len == lead->len && same_text(v.as.str, lead->text, lead->len) ? LEAD_HOLDS : LEAD_FAILS;
}

eqlm_status eqlm_match(eqlm_vm *vm, const eqlm_program *p, const void *event, bool *out)
{
    if (!vm || !p || !event || !out || p->kind != EQLM_EVENT_QUERY || p->n_lineages)
        return EQLM_E_ARGUMENT;
    if (p->n_regs > vm->n_regs || vm->scratch.max != p->max_scratch) {
        eqlm_status status = eqli_vm_prepare(vm, p);
        if (status != EQLM_OK)
            return status;
    }
    bool hit = false;
    uint32_t leads = 0;
    lead_result lead = LEAD_HOLDS;
    while (leads < p->n_leads && (lead = try_lead(p, &p->leads[leads], event)) == LEAD_HOLDS)
        leads++;
    if (lead == LEAD_FAILS) {
        *out = false;
        return EQLM_OK;
    }
    eqli_op_result r = eqli_vm_run(vm, p, p->stages[0].start + leads, event, &hit);
    if (r != EQLI_OP_OK)
        return eqli_vm_status(r);
    *out = hit;
    return EQLM_OK;
}

eqlm_status eqlm_vm_new(const eqlm_alloc *alloc, eqlm_vm **out)
{
    if (!out)
        return EQLM_E_ARGUMENT;
    *out = NULL;
    eqlm_alloc a = eqli_mem_default(alloc);
    eqlm_vm *vm = eqli_mem_new(&a, sizeof *vm);
    if (!vm)
        return EQLM_E_NOMEM;
    vm->alloc = a;
    eqli_arena_init(&vm->scratch, &a, 0);
    eqli_arena_init(&vm->keep, &a, SIZE_MAX);
    *out = vm;
    return EQLM_OK;
}

void eqlm_vm_free(eqlm_vm *vm)
{
    if (!vm)
        return;
    eqlm_alloc a = vm->alloc;
    eqli_vm_forget_regexes(vm);
    eqli_arena_clear(&vm->scratch);
    eqli_arena_clear(&vm->keep);
    eqli_mem_free(&a, vm->regs, vm->n_regs * sizeof *vm->regs);
    eqli_mem_free(&a, vm->loads, EQLI_MAX_LOADS * sizeof *vm->loads);
    eqli_mem_free(&a, vm->results, vm->cap_results * sizeof *vm->results);
    eqli_mem_free(&a, vm->answers, vm->n_answers * sizeof *vm->answers);
    eqli_mem_free(&a, vm->block, vm->block_size);
    eqli_mem_free(&a, vm, sizeof *vm);
}

uint64_t eqlm_vm_errors(const eqlm_vm *vm)
{
    return vm ? vm->errors : 0;
}

/* ---- expressions ------------------------------------------------------------------------------------- */

/* Copies a result out of scratch and adds it unless an equal one is there. */
static eqlm_status add_result(eqlm_vm *vm, const eqlm_value *v)
{
    for (uint32_t i = 0; i < vm->n_results; i++) {
        if (eqli_value_same(&vm->results[i], v))
            return EQLM_OK;
    }
    if (vm->n_results == vm->cap_results) {
        uint32_t cap = vm->cap_results ? vm->cap_results * 2 : 8;
        void *p = eqli_mem_resize(&vm->alloc, vm->results, vm->cap_results, cap, sizeof *vm->results);
        if (!p)
            return EQLM_E_NOMEM;
        vm->results = p;
        vm->cap_results = cap;
    }
    eqlm_value copy = *v;
    if (v->type == EQLM_STRING || v->type == EQLM_IP) {
        copy.as.str = eqli_arena_copy(&vm->keep, v->as.str, v->len);
        if (!copy.as.str)
            return eqli_vm_status(eqli_op_no_room(&vm->keep));
    }
    vm->results[vm->n_results++] = copy;
    return EQLM_OK;
}

eqlm_status eqlm_eval(eqlm_vm *vm, const eqlm_program *p, const void *event, const eqlm_value **values,
                      size_t *n_values)
{
    if (!vm || !p || !values || !n_values || p->kind != EQLM_EXPRESSION)
        return EQLM_E_ARGUMENT;
    eqlm_status status = eqli_vm_prepare(vm, p);
    if (status != EQLM_OK)
        return status;
    const eqli_insn *leaf = &p->insns[0]; /* an expression is one leaf */
    uint32_t end = 1 + leaf->b;
    vm->scope[0] = event;
    vm->n_results = 0;
    eqli_arena_reset(&vm->keep);
    vm->keep.max = p->max_scratch;
    if (!open_choices(vm, p, 1, end)) {
        vm->errors++;
        return EQLM_E_LIMIT;
    }
    do {
        bool failed;
        eqli_op_result r = run_values(vm, p, 1, end, &failed);
        if (r != EQLI_OP_OK)
            return eqli_vm_status(r);
        eqlm_value v = failed ? eqli_null() : vm->regs[0];
        status = add_result(vm, &v);
        if (status != EQLM_OK)
            return status;
    } while (next_choice(vm, leaf->a));
    *values = vm->results;
    *n_values = vm->n_results;
    return EQLM_OK;
}
