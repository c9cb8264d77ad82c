#include "stream/keys.h"

#include "base/sort.h"
#include "ops/ip.h"

#include <string.h>

enum { TAG_NULL, TAG_BOOL, TAG_NUMBER, TAG_STRING, TAG_IP, TAG_DATE, NUMBER_SIZE = 10, DATE_SIZE = 12 };

/* ---- one value ----------------------------------------------------------------------------------------- */

static void put_big(uint8_t *out, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        out[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

static uint64_t get_big(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static uint32_t get_len(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The order of doubles as the order of integers. */
static uint64_t sortable(double d)
{
    uint64_t bits;
    d += 0.0; /* no negative zero */
    memcpy(&bits, &d, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static double from_sortable(uint64_t v)
{
    double d;
    v = v >> 63 ? v & ~(UINT64_C(1) << 63) : ~v;
    memcpy(&d, &v, sizeof d);
    return d;
}

/* A number is the largest double not above it, and for large integers what is left: at most 2047. So bytes
 * compare as the numbers do, and a number has one form whatever its type. */
static void put_number(uint8_t out[NUMBER_SIZE], const eqlm_value *v)
{
    uint64_t base = 0, rest = 0;
    if (v->type == EQLM_F64) {
        base = sortable(v->as.f64);
    } else {
        eqlm_value d = eqli_f64(v->type == EQLM_I64 ? (double)v->as.i64 : (double)v->as.u64);
        base = sortable(d.as.f64);
        if (eqli_compare(EQLI_CMP_GT, &d, v, false) == EQLI_TRUE)
            base--;
        double below = from_sortable(base);
        uint64_t whole = below < 0 ? (uint64_t)(int64_t)below : (uint64_t)below;
        rest = v->as.u64 - whole; /* both in two's complement */
    }
    put_big(out, base, 8);
    put_big(out + 8, rest, 2);
}

static eqlm_value get_number(const uint8_t *p)
{
    double d = from_sortable(get_big(p, 8));
    uint64_t rest = get_big(p + 8, 2);
    if (d >= -9223372036854775808.0 && d < 9223372036854775808.0 && (double)(int64_t)d == d)
        return eqli_i64((int64_t)((uint64_t)(int64_t)d + rest));
    if (d >= 9223372036854775808.0 && d < 18446744073709551616.0)
        return (eqlm_value) { .type = EQLM_U64, .as.u64 = (uint64_t)d + rest };
    return eqli_f64(d);
}

static unsigned tag_of(const eqlm_value *v)
{
    switch (v->type) {
    case EQLM_BOOL:
        return TAG_BOOL;
    case EQLM_F64:
        return v->as.f64 == v->as.f64 ? TAG_NUMBER : TAG_NULL;
    case EQLM_I64:
    case EQLM_U64:
        return TAG_NUMBER;
    case EQLM_STRING:
        return TAG_STRING;
    case EQLM_IP:
        return v->len == 4 || v->len == 16 ? TAG_IP : TAG_NULL;
    case EQLM_DATE:
    case EQLM_FAR_DATE:
        return TAG_DATE;
    default:
        return TAG_NULL;
    }
}

bool eqli_key_encode(eqli_arena *arena, const eqlm_value *v, eqli_bytes *out)
{
    unsigned tag = tag_of(v);
    uint32_t ns;
    uint8_t *p = eqli_arena_alloc(arena, tag == TAG_STRING ? (size_t)v->len + 5 : 1 + 17);
    if (!p || (tag == TAG_STRING && v->len > UINT32_MAX - 5))
        return false;
    out->ptr = p;
    out->len = 1;
    *p++ = (uint8_t)tag;
    switch (tag) {
    case TAG_BOOL:
        *p = v->as.boolean;
        out->len += 1;
        break;
    case TAG_NUMBER:
        put_number(p, v);
        out->len += NUMBER_SIZE;
        break;
    case TAG_STRING:
        for (unsigned i = 0; i < 4; i++)
            p[i] = (uint8_t)(v->len >> (8 * i));
        if (v->len)
            memcpy(p + 4, v->as.str, v->len);
        out->len += 4 + v->len;
        break;
    case TAG_IP: {
        uint8_t skip = eqli_ip_is_mapped(v->as.ip, v->len) ? 12 : 0;
        p[0] = (uint8_t)(v->len - skip);
        memcpy(p + 1, v->as.ip + skip, p[0]);
        out->len += 1u + p[0];
        break;
    }
    case TAG_DATE:
        put_big(p, (uint64_t)eqli_date_ms(v, &ns) ^ UINT64_C(1) << 63, 8);
        put_big(p + 8, ns, 4);
        out->len += DATE_SIZE;
        break;
    default:
        break;
    }
    return true;
}

/* Bytes of the value at p, its tag included; 0: not a value within len bytes. */
static uint32_t value_len(const uint8_t *p, uint32_t len)
{
    uint64_t n = 0;
    if (len == 0)
        return 0;
    switch (p[0]) {
    case TAG_NULL:
        n = 1;
        break;
    case TAG_BOOL:
        n = 2;
        break;
    case TAG_NUMBER:
        n = 1 + NUMBER_SIZE;
        break;
    case TAG_STRING:
        n = len < 5 ? 5 : 5 + (uint64_t)get_len(p + 1);
        break;
    case TAG_IP:
        n = len < 2 ? 2 : 2 + (uint64_t)p[1];
        break;
    case TAG_DATE:
        n = 1 + DATE_SIZE;
        break;
    default:
        return 0;
    }
    return n <= len ? (uint32_t)n : 0;
}

static eqlm_value value_at(const uint8_t *p)
{
    switch (p[0]) {
    case TAG_BOOL:
        return eqli_bool(p[1] != 0);
    case TAG_NUMBER:
        return get_number(p + 1);
    case TAG_STRING:
        return eqli_string((const char *)p + 5, get_len(p + 1));
    case TAG_IP:
        return (eqlm_value) { .type = EQLM_IP, .len = p[1], .as.ip = p + 2 };
    case TAG_DATE:
        return eqli_date((int64_t)(get_big(p + 1, 8) ^ UINT64_C(1) << 63), (uint32_t)get_big(p + 9, 4));
    default:
        return eqli_null();
    }
}

static int compare_value(const uint8_t *a, uint32_t a_len, const uint8_t *b, uint32_t b_len)
{
    if (a[0] != b[0])
        return a[0] < b[0] ? -1 : 1;
    if (a[0] == TAG_IP)
        return eqli_ip_compare(a + 2, a[1], b + 2, b[1]);
    uint32_t skip = a[0] == TAG_STRING ? 5 : 1;
    uint32_t n = (a_len < b_len ? a_len : b_len) - skip;
    int order = n ? memcmp(a + skip, b + skip, n) : 0;
    return order ? order : (a_len > b_len) - (a_len < b_len);
}

int eqli_key_compare(const uint8_t *a, uint32_t a_len, const uint8_t *b, uint32_t b_len)
{
    while (a_len && b_len) {
        uint32_t n = value_len(a, a_len), m = value_len(b, b_len);
        int order = compare_value(a, n, b, m);
        if (order)
            return order;
        a += n;
        a_len -= n;
        b += m;
        b_len -= m;
    }
    return (a_len > 0) - (b_len > 0);
}

void eqli_key_values(const uint8_t *key, uint32_t n_keys, eqlm_value *out)
{
    for (uint32_t i = 0; i < n_keys; i++) {
        out[i] = value_at(key);
        key += value_len(key, UINT32_MAX);
    }
}

static bool value_is_good(const uint8_t *p)
{
    eqlm_value v = value_at(p);
    uint8_t again[NUMBER_SIZE];
    switch (p[0]) {
    case TAG_BOOL:
        return p[1] <= 1;
    case TAG_NUMBER:
        put_number(again, &v);
        return tag_of(&v) == TAG_NUMBER && memcmp(again, p + 1, sizeof again) == 0;
    case TAG_DATE:
        return get_big(p + 9, 4) < 1000000;
    case TAG_IP:
        return p[1] == 4 || (p[1] == 16 && !eqli_ip_is_mapped(v.as.ip, v.len));
    default:
        return true;
    }
}

/* The terms of a sequence need not agree about which keys are optional. */
static bool may_be_null(const eqlm_program *p, uint32_t key)
{
    for (uint32_t i = 0; i < eqli_program_n_regions(p); i++) {
        if (p->keys[p->stages[i].first_key + key].optional)
            return true;
    }
    return false;
}

bool eqli_key_is_good(const uint8_t *key, uint32_t len, const eqlm_program *p)
{
    for (uint32_t i = 0; i < p->stages[0].n_keys; i++) {
        uint32_t n = value_len(key, len);
        if (n == 0 || !value_is_good(key) || (key[0] == TAG_NULL && !may_be_null(p, i)))
            return false;
        key += n;
        len -= n;
    }
    return len == 0;
}

/* ---- tuples of an event ----------------------------------------------------------------------------------
 */

/* With types in force a key is read as its field's type, so that "80" and 80 of a long field meet (decision
 * 22). */
static eqli_as key_as(const eqlm_program *p, const eqli_slot *slot)
{
    if (!p->typed)
        return EQLI_AS_RAW;
    switch ((eqlm_type)slot->type) {
    case EQLM_TYPE_KEYWORD:
    case EQLM_TYPE_VERSION:
        return EQLI_AS_STR;
    case EQLM_TYPE_LONG:
    case EQLM_TYPE_UNSIGNED_LONG:
    case EQLM_TYPE_DOUBLE:
        return EQLI_AS_NUM;
    case EQLM_TYPE_BOOLEAN:
        return EQLI_AS_BOOL;
    case EQLM_TYPE_DATE:
        return EQLI_AS_DATE;
    case EQLM_TYPE_IP:
        return EQLI_AS_IP;
    default:
        return EQLI_AS_RAW;
    }
}

static int compare_bytes(const void *x, const void *y)
{
    const eqli_bytes *a = x, *b = y;
    return eqli_key_compare(a->ptr, a->len, b->ptr, b->len);
}

/* Sorts and removes doubles; returns how many are left. */
static uint32_t make_distinct(eqli_bytes *v, uint32_t n)
{
    eqli_sort(v, n, sizeof *v, compare_bytes);
    uint32_t kept = n ? 1 : 0;
    for (uint32_t i = 1; i < n; i++) {
        if (compare_bytes(&v[i], &v[kept - 1]) != 0)
            v[kept++] = v[i];
    }
    return kept;
}

/* The distinct values of one key. */
typedef struct key_list {
    eqli_bytes *items;
    uint32_t n, at;
    eqli_bytes one;
} key_list;

/* EQLM_E_LIMIT: too much for the arena or scratch. */
static eqlm_status no_room(const eqli_arena *a)
{
    return a->limit_hit ? EQLM_E_LIMIT : EQLM_E_NOMEM;
}

static eqlm_status read_key(eqli_arena *arena, eqlm_vm *vm, const eqlm_program *p, const eqli_key *key,
                            const void *event, key_list *out)
{
    const eqli_slot *slot = &p->slots[key->slot];
    eqli_as as = key_as(p, slot);
    eqli_values values;
    eqli_read(&slot->place, p->get, p->get_ctx, event, &values);
    out->items = &out->one;
    out->n = out->at = 0;
    if (values.n > 1) {
        out->items = eqli_arena_array(arena, values.n, sizeof *out->items);
        if (!out->items)
            return no_room(arena);
    }
    for (uint32_t i = 0; i < values.n; i++) {
        eqlm_value raw, v;
        if (!eqli_values_at(&values, i, &raw))
            continue;
        eqli_arena_reset(&vm->scratch);
        eqli_op_result r = eqli_read_as(as, true, &raw, &vm->scratch, &v);
        if (eqli_op_fatal(r))
            return r == EQLI_OP_NOMEM ? EQLM_E_NOMEM : EQLM_E_LIMIT;
        if (r != EQLI_OP_OK || tag_of(&v) == TAG_NULL)
            continue;
        if (!eqli_key_encode(arena, &v, &out->items[out->n++]))
            return no_room(arena);
    }
    if (out->n > 1)
        out->n = make_distinct(out->items, out->n);
    if (out->n == 0 && key->optional) {
        static const uint8_t null_key[1] = { TAG_NULL };
        out->items = &out->one;
        out->one = (eqli_bytes) { null_key, 1 };
        out->n = 1;
    }
    return EQLM_OK;
}

static eqlm_status push_tuple(eqli_tuples *t, const eqlm_alloc *alloc, const key_list *keys, uint32_t n_keys)
{
    uint64_t len = 0;
    for (uint32_t i = 0; i < n_keys; i++)
        len += keys[i].items[keys[i].at].len;
    if (t->n == t->cap) {
        uint32_t cap = t->cap ? t->cap * 2 : 8;
        void *p = eqli_mem_resize(alloc, t->items, t->cap, cap, sizeof *t->items);
        if (!p)
            return EQLM_E_NOMEM;
        t->items = p;
        t->cap = cap;
    }
    if (n_keys == 1) {
        t->items[t->n++] = keys[0].items[keys[0].at];
        return EQLM_OK;
    }
    uint8_t *bytes = len <= UINT32_MAX ? eqli_arena_alloc(&t->arena, (size_t)len) : NULL;
    if (!bytes)
        return len <= UINT32_MAX ? no_room(&t->arena) : EQLM_E_LIMIT;
    t->items[t->n++] = (eqli_bytes) { bytes, (uint32_t)len };
    for (uint32_t i = 0; i < n_keys; i++) {
        const eqli_bytes *b = &keys[i].items[keys[i].at];
        memcpy(bytes, b->ptr, b->len);
        bytes += b->len;
    }
    return EQLM_OK;
}

/* The next element of the cartesian product, the last key fastest: the tuples come in key order. */
static bool next_tuple(key_list *keys, uint32_t n)
{
    for (uint32_t i = n; i-- > 0;) {
        if (++keys[i].at < keys[i].n)
            return true;
        keys[i].at = 0;
    }
    return false;
}

static eqlm_status read_tuples(eqli_tuples *t, eqlm_vm *vm, const eqlm_program *p, const eqli_stage *stage,
                               const void *event)
{
    eqlm_alloc alloc = vm->alloc;
    uint64_t combinations = 1, bytes = 0;
    key_list few[4], *keys = few;
    if (stage->n_keys > sizeof few / sizeof *few) {
        keys = eqli_arena_array(&t->arena, stage->n_keys, sizeof *keys);
        if (!keys)
            return no_room(&t->arena);
    }
    for (uint32_t i = 0; i < stage->n_keys; i++) {
        uint32_t longest = 0;
        eqlm_status status = read_key(&t->arena, vm, p, &p->keys[stage->first_key + i], event, &keys[i]);
        if (status != EQLM_OK || keys[i].n == 0)
            return status;
        for (uint32_t k = 0; k < keys[i].n; k++)
            longest = keys[i].items[k].len > longest ? keys[i].items[k].len : longest;
        bytes += longest;
        combinations *= keys[i].n;
        if (combinations > p->max_choices || bytes > p->max_scratch / combinations)
            return EQLM_E_LIMIT;
    }
    do {
        eqlm_status status = push_tuple(t, &alloc, keys, stage->n_keys);
        if (status != EQLM_OK)
            return status;
    } while (next_tuple(keys, stage->n_keys));
    return EQLM_OK;
}

eqlm_status eqli_tuples_read(eqli_tuples *t, eqlm_vm *vm, const eqlm_program *p, const eqli_stage *stage,
                             const void *event)
{
    t->n = 0;
    t->arena.limit_hit = false;
    vm->scratch.max = p->max_scratch;
    eqlm_status status = read_tuples(t, vm, p, stage, event);
    if (status == EQLM_OK)
        return EQLM_OK;
    t->n = 0;
    if (status != EQLM_E_LIMIT)
        return status;
    vm->errors++; /* one field of one event is too large; the other programs go on */
    return EQLM_OK;
}

void eqli_tuples_clear(eqli_tuples *t, const eqlm_alloc *alloc)
{
    eqli_arena_clear(&t->arena);
    eqli_mem_free(alloc, t->items, t->cap * sizeof *t->items);
    t->items = NULL;
    t->n = t->cap = 0;
}
