/* regex_dfa.c - the automaton, made while matching. A state is a term; reading a character leads to the
 * term's derivative, the language of what may still follow (Brzozowski). So complement and intersection cost
 * nothing special, and only states that texts really reach are made. */
#include "ops/regex_dfa.h"

enum { UNKNOWN = EQLI_RX_UNKNOWN, DEAD = EQLI_RX_DEAD, ALWAYS = EQLI_RX_ALWAYS, FIRST = EQLI_RX_FIRST };

/* What the cache knows of a term. */
typedef struct eqli_rx_note {
    uint32_t stamp; /* of the derivation that `derivative` belongs to */
    uint32_t derivative;
    uint32_t state; /* UNKNOWN: none yet */
} note;

/* A long union is part of many states, and its derivative costs a visit of every member: the latest are kept.
 */
enum { MEMO_MEMBERS = 8, MEMO_SIZE = 256 };
typedef struct eqli_rx_memo {
    uint32_t term, symbol, derivative; /* term 0: nothing yet */
} memo;

static void begin(eqli_regex_cache *c, const eqli_regex *re)
{
    eqli_rx_terms_init(&c->terms, &c->alloc, re->terms.n_symbols, &re->terms);
    c->terms.max_bytes = EQLI_RX_MAX_CACHE_BYTES;
    c->terms.max_work = EQLI_RX_MAX_WORK;
}

static void release(eqli_regex_cache *c)
{
    eqli_rx_terms_clear(&c->terms);
    eqli_mem_free(&c->alloc, c->memos, MEMO_SIZE * sizeof *c->memos);
    eqli_mem_free(&c->alloc, c->notes, c->cap_notes * sizeof *c->notes);
    eqli_mem_free(&c->alloc, c->next, c->cap_next * sizeof *c->next);
    eqli_mem_free(&c->alloc, c->state_term, c->cap_state_term * sizeof *c->state_term);
    eqli_mem_free(&c->alloc, c->todo, c->cap_todo * sizeof *c->todo);
}

void eqli_rx_empty(eqli_regex_cache *c, const eqli_regex *re)
{
    release(c);
    *c = (eqli_regex_cache) { .alloc = c->alloc, .factor = c->factor };
    begin(c, re);
}

void eqli_regex_cache_free(eqli_regex_cache *cache)
{
    if (!cache)
        return;
    eqlm_alloc a = cache->alloc;
    release(cache);
    eqli_mem_free(&a, cache, sizeof *cache);
}

static bool find_factor(const eqli_regex *re, eqli_rx_factor *f)
{
    size_t len;
    if (!eqli_regex_factor(re, (char *)f->lit, &len))
        return false;
    memset(f->lit + len, 0x20, len);
    f->seg.len = (uint32_t)len;
    eqli_pat_analyse(&f->seg, f->lit, f->lit + len);
    return true;
}

eqlm_status eqli_regex_cache_new(const eqlm_alloc *alloc, const eqli_regex *re, eqli_regex_cache **out)
{
    eqlm_alloc a = eqli_mem_default(alloc);
    eqli_regex_cache *c = eqli_mem_new(&a, sizeof *c);
    *out = c;
    if (!c)
        return EQLM_E_NOMEM;
    c->alloc = a;
    begin(c, re);
    if (find_factor(re, &c->factor))
        return EQLM_OK;
    eqli_regex_cache_free(c);
    *out = NULL;
    return EQLM_E_NOMEM;
}

/* Notes for every term there is now. */
static bool grow_notes(eqli_regex_cache *c)
{
    uint32_t old = c->cap_notes, n = c->terms.base_terms + c->terms.n_terms;
    note *notes = eqli_rx_grow(&c->alloc, c->notes, &c->cap_notes, n, sizeof *notes);
    if (!notes) {
        eqli_rx_terms_fail(&c->terms, EQLM_E_NOMEM);
        return false;
    }
    c->notes = notes;
    for (uint32_t i = old; i < c->cap_notes; i++)
        notes[i] = (note) { 0 };
    return true;
}

/* Puts a term on the list of those to derive, unless it is done. True: it is not. */
static bool want(eqli_regex_cache *c, uint32_t id)
{
    if (c->notes[id].stamp == c->stamp)
        return false;
    if (c->n_todo >= EQLI_RX_MAX_CACHE_BYTES / sizeof *c->todo)
        eqli_rx_terms_fail(&c->terms, EQLM_E_LIMIT);
    uint32_t *todo = eqli_rx_grow(&c->alloc, c->todo, &c->cap_todo, c->n_todo + 1, sizeof *todo);
    if (!todo) {
        eqli_rx_terms_fail(&c->terms, EQLM_E_NOMEM);
        return true;
    }
    c->todo = todo;
    todo[c->n_todo++] = id;
    eqli_rx_charge_work(&c->terms, 1);
    return true;
}

/* Whether the derivatives of the parts are known; the missing ones are put on the list. */
static bool parts_done(eqli_regex_cache *c, const eqli_rx_term *x)
{
    bool missing = false;
    switch ((eqli_rx_kind)x->kind) {
    case EQLI_RX_K_NONE:
    case EQLI_RX_K_EPS:
    case EQLI_RX_K_CLASS:
        break;
    case EQLI_RX_K_CONCAT:
        missing = want(c, x->a);
        if (eqli_rx_get(&c->terms, x->a)->nullable)
            missing = want(c, x->b) || missing;
        break;
    case EQLI_RX_K_REPEAT:
    case EQLI_RX_K_NOT:
        missing = want(c, x->a);
        break;
    case EQLI_RX_K_UNION:
    case EQLI_RX_K_INTER:
        for (uint32_t i = 0; i < x->b && c->terms.status == EQLM_OK; i++)
            missing = want(c, eqli_rx_words(&c->terms, x->a)[i]) || missing;
        break;
    }
    return !missing;
}

static uint32_t derivative_of(const eqli_regex_cache *c, uint32_t id)
{
    return c->notes[id].derivative;
}

static uint32_t derive_concat(eqli_regex_cache *c, const eqli_rx_term *x)
{
    eqli_rx_terms *t = &c->terms;
    uint32_t first = eqli_rx_concat(t, derivative_of(c, x->a), x->b);
    if (!eqli_rx_get(t, x->a)->nullable)
        return first;
    uint32_t mark = t->n_stack;
    eqli_rx_push(t, EQLI_RX_K_UNION, first);
    eqli_rx_push(t, EQLI_RX_K_UNION, derivative_of(c, x->b));
    return eqli_rx_join(t, EQLI_RX_K_UNION, mark);
}

/* A repetition of something nullable has no minimum, so one formula serves both kinds. */
static uint32_t derive_repeat(eqli_regex_cache *c, const eqli_rx_term *x)
{
    uint32_t min = x->b ? x->b - 1 : 0, max = x->c == EQLI_RX_INF ? x->c : x->c - 1;
    uint32_t first = derivative_of(c, x->a);
    if (first == EQLI_RX_NONE)
        return first;
    return eqli_rx_concat(&c->terms, first, eqli_rx_repeat(&c->terms, x->a, min, max));
}

/* From the derivatives of the parts. x is a copy: the store may move. */
static uint32_t derive_one(eqli_regex_cache *c, eqli_rx_term x, uint32_t symbol)
{
    eqli_rx_terms *t = &c->terms;
    uint32_t mark = t->n_stack;
    switch ((eqli_rx_kind)x.kind) {
    case EQLI_RX_K_NONE:
    case EQLI_RX_K_EPS:
        return EQLI_RX_NONE;
    case EQLI_RX_K_CLASS:
        return eqli_rx_words(t, x.a)[symbol / 32] >> symbol % 32 & 1 ? EQLI_RX_EPS : EQLI_RX_NONE;
    case EQLI_RX_K_CONCAT:
        return derive_concat(c, &x);
    case EQLI_RX_K_REPEAT:
        return derive_repeat(c, &x);
    case EQLI_RX_K_NOT:
        return eqli_rx_not(t, derivative_of(c, x.a));
    case EQLI_RX_K_UNION:
    case EQLI_RX_K_INTER:
        break;
    }
    for (uint32_t i = 0; i < x.b; i++)
        eqli_rx_push(t, x.kind, derivative_of(c, eqli_rx_words(t, x.a)[i]));
    return eqli_rx_join(t, x.kind, mark);
}

/* Where the derivative of a long list would be kept; NULL: not of this term, or no memory (terms.status). */
static memo *memo_of(eqli_regex_cache *c, const eqli_rx_term *x, uint32_t id, uint32_t symbol)
{
    if ((x->kind != EQLI_RX_K_UNION && x->kind != EQLI_RX_K_INTER) || x->b < MEMO_MEMBERS)
        return NULL;
    if (!c->memos)
        c->memos = eqli_mem_new(&c->alloc, MEMO_SIZE * sizeof *c->memos);
    if (!c->memos) {
        eqli_rx_terms_fail(&c->terms, EQLM_E_NOMEM);
        return NULL;
    }
    return &c->memos[(id * 61 + symbol) % MEMO_SIZE];
}

/* Settles the derivative of one term, or puts parts that it needs on the list. */
static void derive_top(eqli_regex_cache *c, uint32_t id, uint32_t symbol)
{
    eqli_rx_term x = *eqli_rx_get(&c->terms, id);
    memo *m = memo_of(c, &x, id, symbol);
    if (m && m->term == id && m->symbol == symbol) {
        c->notes[id].derivative = m->derivative;
    } else {
        if (!parts_done(c, &x))
            return;
        c->notes[id].derivative = derive_one(c, x, symbol);
        if (m && c->terms.status == EQLM_OK)
            *m = (memo) { id, symbol, c->notes[id].derivative };
    }
    c->notes[id].stamp = c->stamp;
}

/* The derivative of a term; parts first, on a stack of our own. On failure terms.status is set. */
static uint32_t derive(eqli_regex_cache *c, uint32_t root, uint32_t symbol)
{
    if (!grow_notes(c))
        return EQLI_RX_NONE;
    if (++c->stamp == 0) { /* old stamps could be taken for new ones */
        for (uint32_t i = 0; i < c->cap_notes; i++)
            c->notes[i].stamp = 0;
        c->stamp = 1;
    }
    c->n_todo = 0;
    want(c, root);
    while (c->n_todo > 0 && c->terms.status == EQLM_OK) {
        uint32_t id = c->todo[c->n_todo - 1];
        if (c->notes[id].stamp == c->stamp)
            c->n_todo--;
        else
            derive_top(c, id, symbol);
    }
    return derivative_of(c, root);
}

static uint32_t add_state(eqli_regex_cache *c, const eqli_regex *re, uint32_t id)
{
    uint32_t row = re->terms.n_symbols, n = c->n_states;
    if (n >= re->max_states) {
        eqli_rx_terms_fail(&c->terms, EQLM_E_LIMIT);
        return DEAD;
    }
    if (!eqli_rx_charge_bytes(&c->terms, (row + 1) * sizeof *c->next))
        return DEAD;
    uint32_t *next = eqli_rx_grow(&c->alloc, c->next, &c->cap_next, (n + 1) * row, sizeof *next);
    if (next)
        c->next = next;
    uint32_t *terms = eqli_rx_grow(&c->alloc, c->state_term, &c->cap_state_term, n + 1, sizeof *terms);
    if (terms)
        c->state_term = terms;
    if (!next || !terms) {
        eqli_rx_terms_fail(&c->terms, EQLM_E_NOMEM);
        return DEAD;
    }
    for (uint32_t i = 0; i < row; i++)
        next[n * row + i] = UNKNOWN;
    terms[n] = id;
    c->n_states++;
    return FIRST + n * row;
}

uint32_t eqli_rx_state(eqli_regex_cache *c, const eqli_regex *re, uint32_t id)
{
    if (id == EQLI_RX_NONE)
        return DEAD;
    if (id == EQLI_RX_ALL)
        return ALWAYS;
    if (!grow_notes(c))
        return DEAD;
    if (c->notes[id].state == UNKNOWN) {
        uint32_t state = add_state(c, re, id);
        if (c->terms.status == EQLM_OK)
            c->notes[id].state = state;
    }
    return c->notes[id].state;
}

static uint32_t term_of(const eqli_regex_cache *c, const eqli_regex *re, uint32_t state)
{
    return c->state_term[(state - FIRST) / re->terms.n_symbols];
}

uint32_t eqli_rx_step(eqli_regex_cache *c, const eqli_regex *re, uint32_t state, uint32_t symbol)
{
    uint32_t id = derive(c, term_of(c, re, state), symbol);
    if (c->terms.status != EQLM_OK)
        return DEAD;
    uint32_t to = eqli_rx_state(c, re, id);
    if (c->terms.status == EQLM_OK)
        c->next[state - FIRST + symbol] = to;
    return to;
}

bool eqli_rx_accepts(const eqli_regex_cache *c, const eqli_regex *re, uint32_t state)
{
    return state == ALWAYS || (state != DEAD && eqli_rx_get(&c->terms, term_of(c, re, state))->nullable);
}
