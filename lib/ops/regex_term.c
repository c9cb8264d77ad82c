#include "ops/regex_term.h"

#include <string.h>

#include "ops/regex_parse.h"

/* BYTES_PER_TERM: with its places in the hash table and in a cache. */
enum { TABLE_FIRST = 64, BYTES_PER_TERM = sizeof(eqli_rx_term) + 5 * sizeof(uint32_t) };

void eqli_rx_terms_fail(eqli_rx_terms *t, eqlm_status status)
{
    if (t->status == EQLM_OK)
        t->status = status;
}

bool eqli_rx_charge_bytes(eqli_rx_terms *t, uint64_t n)
{
    t->bytes += n;
    if (t->bytes > t->max_bytes)
        eqli_rx_terms_fail(t, EQLM_E_LIMIT);
    return t->status == EQLM_OK;
}

bool eqli_rx_charge_work(eqli_rx_terms *t, uint64_t n)
{
    t->work += n;
    if (t->work > t->max_work)
        eqli_rx_terms_fail(t, EQLM_E_LIMIT);
    return t->status == EQLM_OK;
}

static uint32_t class_words(const eqli_rx_terms *t)
{
    return (t->n_symbols + 31) / 32;
}

static uint32_t payload_len(const eqli_rx_terms *t, eqli_rx_kind kind, uint32_t b)
{
    if (kind == EQLI_RX_K_CLASS)
        return class_words(t);
    return kind == EQLI_RX_K_UNION || kind == EQLI_RX_K_INTER ? b : 0;
}

static uint32_t mix(uint32_t h, uint32_t v)
{
    h = (h ^ v) * 0x9E3779B1u;
    return h ^ (h >> 15);
}

static uint32_t hash_of(const eqli_rx_term *key, const uint32_t *payload, uint32_t n)
{
    uint32_t h = mix(mix(mix(0x51ED270Bu, key->kind), key->b), key->c);
    if (!payload)
        return mix(h, key->a);
    for (uint32_t i = 0; i < n; i++)
        h = mix(h, payload[i]);
    return h;
}

static bool same(const eqli_rx_terms *t, const eqli_rx_term *x, const eqli_rx_term *key,
                 const uint32_t *payload, uint32_t n)
{
    if (x->hash != key->hash || x->kind != key->kind || x->b != key->b || x->c != key->c)
        return false;
    if (!payload)
        return x->a == key->a;
    return memcmp(eqli_rx_words(t, x->a), payload, n * sizeof *payload) == 0;
}

/* Looks in the table of `in`, which is t or its base. UINT32_MAX: not there. */
static uint32_t find(const eqli_rx_terms *in, const eqli_rx_term *key, const uint32_t *payload, uint32_t n)
{
    if (!in->cap_table)
        return UINT32_MAX;
    uint32_t mask = in->cap_table - 1;
    for (uint32_t i = key->hash & mask; in->table[i]; i = (i + 1) & mask) {
        uint32_t id = in->table[i] - 1;
        if (same(in, eqli_rx_get(in, id), key, payload, n))
            return id;
    }
    return UINT32_MAX;
}

static void table_put(eqli_rx_terms *t, uint32_t id)
{
    uint32_t mask = t->cap_table - 1, i = eqli_rx_get(t, id)->hash & mask;
    while (t->table[i])
        i = (i + 1) & mask;
    t->table[i] = id + 1;
}

static bool grow_table(eqli_rx_terms *t)
{
    if ((t->n_terms + 1) * 2 <= t->cap_table)
        return true;
    uint32_t old_cap = t->cap_table, cap = old_cap ? old_cap * 2 : TABLE_FIRST;
    uint32_t *table = eqli_mem_new(&t->alloc, cap * sizeof *table);
    if (!table)
        return false;
    eqli_mem_free(&t->alloc, t->table, old_cap * sizeof *table);
    t->table = table;
    t->cap_table = cap;
    for (uint32_t i = 0; i < t->n_terms; i++)
        table_put(t, t->base_terms + i);
    return true;
}

static bool make_room(eqli_rx_terms *t, uint32_t n_payload)
{
    if (!grow_table(t))
        return false;
    eqli_rx_term *terms = eqli_rx_grow(&t->alloc, t->terms, &t->cap_terms, t->n_terms + 1, sizeof *terms);
    if (!terms)
        return false;
    t->terms = terms;
    if (!n_payload)
        return true;
    uint32_t *words = eqli_rx_grow(&t->alloc, t->words, &t->cap_words, t->n_words + n_payload, sizeof *words);
    if (!words)
        return false;
    t->words = words;
    return true;
}

/* The one term with this kind and content. payload must not point into words. */
static uint32_t intern(eqli_rx_terms *t, eqli_rx_term key, const uint32_t *payload)
{
    if (t->status != EQLM_OK)
        return EQLI_RX_NONE;
    uint32_t n = payload_len(t, key.kind, key.b);
    key.hash = hash_of(&key, payload, n);
    uint32_t id = t->base ? find(t->base, &key, payload, n) : UINT32_MAX;
    if (id == UINT32_MAX)
        id = find(t, &key, payload, n);
    if (id != UINT32_MAX)
        return id;
    if (!eqli_rx_charge_bytes(t, BYTES_PER_TERM + n * sizeof *payload))
        return EQLI_RX_NONE;
    if (!make_room(t, n)) {
        eqli_rx_terms_fail(t, EQLM_E_NOMEM);
        return EQLI_RX_NONE;
    }
    if (payload) {
        key.a = t->base_words + t->n_words;
        memcpy(t->words + t->n_words, payload, n * sizeof *payload);
        t->n_words += n;
    }
    id = t->base_terms + t->n_terms;
    t->terms[t->n_terms++] = key;
    table_put(t, id);
    return id;
}

static void stack_push(eqli_rx_terms *t, uint32_t v)
{
    if (t->n_stack >= t->max_bytes / sizeof v)
        eqli_rx_terms_fail(t, EQLM_E_LIMIT);
    if (t->status != EQLM_OK)
        return;
    uint32_t *stack = eqli_rx_grow(&t->alloc, t->stack, &t->cap_stack, t->n_stack + 1, sizeof *stack);
    if (!stack) {
        eqli_rx_terms_fail(t, EQLM_E_NOMEM);
        return;
    }
    t->stack = stack;
    stack[t->n_stack++] = v;
}

uint32_t *eqli_rx_class_begin(eqli_rx_terms *t)
{
    uint32_t n = class_words(t);
    for (uint32_t i = 0; i < n; i++)
        stack_push(t, 0);
    return t->status == EQLM_OK ? t->stack + t->n_stack - n : NULL;
}

uint32_t eqli_rx_class_end(eqli_rx_terms *t)
{
    if (t->status != EQLM_OK)
        return EQLI_RX_NONE;
    uint32_t n = class_words(t), used = 0;
    t->n_stack -= n;
    for (uint32_t i = 0; i < n; i++)
        used |= t->stack[t->n_stack + i];
    if (!used)
        return EQLI_RX_NONE;
    return intern(t, (eqli_rx_term) { .kind = EQLI_RX_K_CLASS }, t->stack + t->n_stack);
}

static void make_constants(eqli_rx_terms *t)
{
    intern(t, (eqli_rx_term) { .kind = EQLI_RX_K_NONE }, NULL);
    intern(t, (eqli_rx_term) { .kind = EQLI_RX_K_EPS, .nullable = true }, NULL);
    uint32_t *bits = eqli_rx_class_begin(t);
    if (!bits)
        return;
    for (uint32_t s = 0; s < t->n_symbols; s++)
        bits[s / 32] |= 1u << s % 32;
    eqli_rx_class_end(t);
    intern(t, (eqli_rx_term) { EQLI_RX_K_REPEAT, true, EQLI_RX_ANY, 0, EQLI_RX_INF, 0 }, NULL);
}

void eqli_rx_terms_init(eqli_rx_terms *t, const eqlm_alloc *alloc, uint32_t n_symbols,
                        const eqli_rx_terms *base)
{
    *t = (eqli_rx_terms) {
        .alloc = *alloc, .base = base, .n_symbols = n_symbols, .max_bytes = UINT64_MAX, .max_work = UINT64_MAX
    };
    if (base) {
        t->base_terms = base->n_terms;
        t->base_words = base->n_words;
    } else {
        make_constants(t);
    }
}

void eqli_rx_terms_clear(eqli_rx_terms *t)
{
    eqli_mem_free(&t->alloc, t->terms, t->cap_terms * sizeof *t->terms);
    eqli_mem_free(&t->alloc, t->words, t->cap_words * sizeof *t->words);
    eqli_mem_free(&t->alloc, t->table, t->cap_table * sizeof *t->table);
    eqli_mem_free(&t->alloc, t->stack, t->cap_stack * sizeof *t->stack);
}

size_t eqli_rx_terms_memory(const eqli_rx_terms *t)
{
    return t->cap_terms * sizeof *t->terms +
           ((size_t)t->cap_words + t->cap_table + t->cap_stack) * sizeof(uint32_t);
}

uint32_t eqli_rx_not(eqli_rx_terms *t, uint32_t a)
{
    if (a == EQLI_RX_NONE)
        return EQLI_RX_ALL;
    if (a == EQLI_RX_ALL)
        return EQLI_RX_NONE;
    if (a == EQLI_RX_EPS)
        return eqli_rx_repeat(t, EQLI_RX_ANY, 1, EQLI_RX_INF);
    const eqli_rx_term *x = eqli_rx_get(t, a);
    if (x->kind == EQLI_RX_K_NOT)
        return x->a;
    return intern(t, (eqli_rx_term) { EQLI_RX_K_NOT, !x->nullable, a, 0, 0, 0 }, NULL);
}

static uint32_t add_counts(uint32_t x, uint32_t y)
{
    return x == EQLI_RX_INF || y == EQLI_RX_INF ? EQLI_RX_INF : x + y;
}

/* x*x = x{2}, x{1,2}x{3} = x{4,5}: only where the head is already a repetition or meets one of itself. */
static bool join_heads(const eqli_rx_terms *t, uint32_t a, uint32_t b, eqli_rx_term *out)
{
    eqli_rx_term x = *eqli_rx_get(t, a), y = *eqli_rx_get(t, b);
    if (x.kind != EQLI_RX_K_REPEAT)
        x = (eqli_rx_term) { .kind = EQLI_RX_K_EPS, .a = a, .b = 1, .c = 1 };
    if (y.kind != EQLI_RX_K_REPEAT)
        y = (eqli_rx_term) { .kind = EQLI_RX_K_EPS, .a = b, .b = 1, .c = 1 };
    if (x.a != y.a || (x.kind != EQLI_RX_K_REPEAT && y.kind != EQLI_RX_K_REPEAT))
        return false;
    if (x.b > EQLI_RX_MAX_COUNT - y.b)
        return false;
    *out = x;
    out->b = x.b + y.b;
    out->c = add_counts(x.c, y.c);
    return out->c == EQLI_RX_INF || out->c <= EQLI_RX_MAX_COUNT;
}

uint32_t eqli_rx_concat(eqli_rx_terms *t, uint32_t a, uint32_t b)
{
    if (a == EQLI_RX_NONE || b == EQLI_RX_NONE)
        return EQLI_RX_NONE;
    if (a == EQLI_RX_EPS)
        return b;
    while (b != EQLI_RX_EPS) {
        bool a_null = eqli_rx_get(t, a)->nullable;
        eqli_rx_term y = *eqli_rx_get(t, b), joined;
        if (b == EQLI_RX_ALL && a_null)
            return EQLI_RX_ALL;
        uint32_t rest = EQLI_RX_EPS;
        if (y.kind == EQLI_RX_K_CONCAT && join_heads(t, a, y.a, &joined))
            rest = y.b;
        else if (!join_heads(t, a, b, &joined))
            return intern(t, (eqli_rx_term) { EQLI_RX_K_CONCAT, a_null && y.nullable, a, b, 0, 0 }, NULL);
        a = eqli_rx_repeat(t, joined.a, joined.b, joined.c);
        b = rest;
        if (!eqli_rx_charge_work(t, 1))
            return EQLI_RX_NONE;
    }
    return a;
}

/* (x{a,b}){c,d} = x{ac,bd} if the lengths a..b, 2a..2b, ... leave no gap between c and d. */
static bool flatten_repeat(const eqli_rx_term *inner, uint32_t *min, uint32_t *max)
{
    uint64_t a = inner->b, b = inner->c, c = *min, d = *max;
    if (inner->c == EQLI_RX_INF)
        b = EQLI_RX_MAX_COUNT;
    if (c != d && (c + 1) * a > c * b + 1)
        return false;
    uint64_t lo = a * c, hi = inner->c == EQLI_RX_INF || *max == EQLI_RX_INF ? EQLI_RX_INF : b * d;
    if (lo > EQLI_RX_MAX_COUNT || (hi != EQLI_RX_INF && hi > EQLI_RX_MAX_COUNT))
        return false;
    *min = (uint32_t)lo;
    *max = (uint32_t)hi;
    return true;
}

/* A nullable union without its empty string: the same under a repetition that may be empty. */
static uint32_t without_eps(eqli_rx_terms *t, uint32_t id)
{
    eqli_rx_term x = *eqli_rx_get(t, id);
    uint32_t mark = t->n_stack;
    bool found = false;
    if (x.kind != EQLI_RX_K_UNION)
        return id;
    for (uint32_t i = 0; i < x.b; i++) {
        uint32_t m = eqli_rx_words(t, x.a)[i];
        if (m == EQLI_RX_EPS)
            found = true;
        else
            eqli_rx_push(t, EQLI_RX_K_UNION, m);
    }
    if (found)
        return eqli_rx_join(t, EQLI_RX_K_UNION, mark);
    t->n_stack = mark;
    return id;
}

uint32_t eqli_rx_repeat(eqli_rx_terms *t, uint32_t a, uint32_t min, uint32_t max)
{
    for (;;) {
        if (max == 0 || a == EQLI_RX_EPS)
            return EQLI_RX_EPS;
        if (a == EQLI_RX_NONE)
            return min ? EQLI_RX_NONE : EQLI_RX_EPS;
        const eqli_rx_term *x = eqli_rx_get(t, a);
        if (x->nullable)
            min = 0;
        if (x->kind != EQLI_RX_K_REPEAT || !flatten_repeat(x, &min, &max))
            break;
        a = x->a;
    }
    if (min == 0 && eqli_rx_get(t, a)->nullable)
        a = without_eps(t, a);
    if (max == 1) {
        if (min == 1 || eqli_rx_get(t, a)->nullable)
            return a;
        uint32_t mark = t->n_stack;
        eqli_rx_push(t, EQLI_RX_K_UNION, EQLI_RX_EPS);
        eqli_rx_push(t, EQLI_RX_K_UNION, a);
        return eqli_rx_join(t, EQLI_RX_K_UNION, mark);
    }
    return intern(t, (eqli_rx_term) { EQLI_RX_K_REPEAT, min == 0, a, min, max, 0 }, NULL);
}

void eqli_rx_push(eqli_rx_terms *t, eqli_rx_kind kind, uint32_t id)
{
    eqli_rx_term x = *eqli_rx_get(t, id);
    if (x.kind != kind) {
        if (eqli_rx_charge_work(t, 1))
            stack_push(t, id);
        return;
    }
    eqli_rx_charge_work(t, x.b);
    for (uint32_t i = 0; i < x.b && t->status == EQLM_OK; i++)
        stack_push(t, eqli_rx_words(t, x.a)[i]);
}

uint32_t eqli_rx_intern_list(eqli_rx_terms *t, eqli_rx_kind kind, bool nullable, uint32_t mark)
{
    eqli_rx_term key = { .kind = (uint8_t)kind, .nullable = nullable, .b = t->n_stack - mark };
    return intern(t, key, t->stack + mark);
}
