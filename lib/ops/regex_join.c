/* regex_join.c - the normal form of unions and intersections: flat, sorted, without repeats, neutral or
 * absorbing members; at most one class; in a union, repetitions of one term before one tail are joined,
 * x{1,3}t | x{2,5}t being x{1,5}t. The last is what keeps nested counted repetitions from breeding members.
 */
#include "ops/regex_parse.h"
#include "ops/regex_term.h"

/* Every term read as base{min,max} then tail. */
typedef struct counted {
    uint32_t base, tail, min, max;
} counted;

static counted split(const eqli_rx_terms *t, uint32_t id)
{
    const eqli_rx_term *x = eqli_rx_get(t, id);
    uint32_t tail = EQLI_RX_EPS;
    if (x->kind == EQLI_RX_K_CONCAT) {
        id = x->a;
        tail = x->b;
        x = eqli_rx_get(t, id);
    }
    if (x->kind == EQLI_RX_K_REPEAT)
        return (counted) { x->a, tail, x->b, x->c };
    return (counted) { id, tail, 1, 1 };
}

static int compare(const eqli_rx_terms *t, uint32_t id_x, uint32_t id_y)
{
    if (id_x == id_y)
        return 0;
    counted x = split(t, id_x), y = split(t, id_y);
    if (x.base != y.base)
        return x.base < y.base ? -1 : 1;
    if (x.tail != y.tail)
        return x.tail < y.tail ? -1 : 1;
    if (x.min != y.min)
        return x.min < y.min ? -1 : 1;
    return x.max < y.max ? -1 : 1;
}

typedef struct list {
    eqli_rx_terms *t;
    eqli_rx_kind kind;
    uint32_t mark, n; /* the members are t->stack[mark .. mark + n) */
} list;

static uint32_t *member(const list *l, uint32_t i)
{
    return &l->t->stack[l->mark + i];
}

static bool member_less(const void *ctx, uint32_t i, uint32_t j)
{
    const list *l = ctx;
    return compare(l->t, *member(l, i), *member(l, j)) < 0;
}

static void member_swap(void *ctx, uint32_t i, uint32_t j)
{
    const list *l = ctx;
    uint32_t id = *member(l, i);
    *member(l, i) = *member(l, j);
    *member(l, j) = id;
}

static void shrink(list *l, uint32_t n)
{
    l->n = n;
    l->t->n_stack = l->mark + n;
}

static uint32_t neutral(const list *l)
{
    return l->kind == EQLI_RX_K_UNION ? EQLI_RX_NONE : EQLI_RX_ALL;
}

static uint32_t absorbing(const list *l)
{
    return l->kind == EQLI_RX_K_UNION ? EQLI_RX_ALL : EQLI_RX_NONE;
}

/* Puts one class, the union or intersection of all classes, for them; drops neutral members. */
static void join_classes(list *l)
{
    eqli_rx_terms *t = l->t;
    uint32_t n_words = (t->n_symbols + 31) / 32, first = 0, n_classes = 0, out = 0;
    for (uint32_t i = 0; i < l->n; i++) {
        uint32_t id = *member(l, i);
        if (eqli_rx_get(t, id)->kind == EQLI_RX_K_CLASS && n_classes++ == 0)
            first = id;
    }
    if (n_classes > 1) {
        uint32_t *bits = eqli_rx_class_begin(t);
        for (uint32_t w = 0; bits && w < n_words; w++)
            bits[w] = eqli_rx_words(t, eqli_rx_get(t, first)->a)[w];
        for (uint32_t i = 0; bits && i < l->n; i++) {
            const eqli_rx_term *x = eqli_rx_get(t, *member(l, i));
            const uint32_t *more = x->kind == EQLI_RX_K_CLASS ? eqli_rx_words(t, x->a) : NULL;
            for (uint32_t w = 0; more && w < n_words; w++)
                bits[w] = l->kind == EQLI_RX_K_UNION ? bits[w] | more[w] : bits[w] & more[w];
        }
        eqli_rx_charge_work(t, (uint64_t)n_classes * n_words / 8);
        first = eqli_rx_class_end(t);
    }
    for (uint32_t i = 0; i < l->n; i++) {
        uint32_t id = *member(l, i);
        bool drop = id == neutral(l);
        if (eqli_rx_get(t, id)->kind == EQLI_RX_K_CLASS) {
            drop = n_classes == 0; /* the first stands for all */
            n_classes = 0;
            id = first;
        }
        if (!drop)
            *member(l, out++) = id;
    }
    shrink(l, out);
}

static void sort_members(list *l)
{
    uint32_t out = 0;
    eqli_rx_sort_run(&(eqli_rx_sort) { member_less, member_swap, l }, l->n);
    for (uint32_t i = 0; i < l->n; i++) {
        if (out == 0 || *member(l, i) != *member(l, out - 1))
            *member(l, out++) = *member(l, i);
    }
    shrink(l, out);
}

static bool contains(const list *l, uint32_t id)
{
    uint32_t lo = 0, hi = l->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int c = compare(l->t, *member(l, mid), id);
        if (c == 0)
            return true;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

/* An absorbing member, or a member and its complement. */
static bool absorbs(const list *l)
{
    for (uint32_t i = 0; i < l->n; i++) {
        const eqli_rx_term *x = eqli_rx_get(l->t, *member(l, i));
        if (*member(l, i) == absorbing(l) || (x->kind == EQLI_RX_K_NOT && contains(l, x->a)))
            return true;
    }
    return false;
}

/* Of sorted members; true: something was joined, so the order may be wrong. */
static bool join_counted(list *l)
{
    eqli_rx_terms *t = l->t;
    uint32_t out = 0;
    bool joined = false;
    for (uint32_t i = 0; i < l->n;) {
        uint32_t id = *member(l, i);
        counted x = split(t, id);
        bool wider = false;
        for (i++; i < l->n; i++) {
            counted y = split(t, *member(l, i));
            if (y.base != x.base || y.tail != x.tail || (x.max != EQLI_RX_INF && y.min > x.max + 1))
                break;
            if (y.max > x.max)
                x.max = y.max;
            wider = true;
        }
        if (wider) {
            id = eqli_rx_concat(t, eqli_rx_repeat(t, x.base, x.min, x.max), x.tail);
            joined = true;
        }
        *member(l, out++) = id;
    }
    shrink(l, out);
    return joined;
}

/* .*x | .*y = .*(x|y): for a list of texts to find anywhere the part after the first .* is then one term, the
 * same in every state. Nests as deep as the expression does. */
static bool join_searches(list *l)
{
    eqli_rx_terms *t = l->t;
    uint32_t tails = t->n_stack, n = 0, out = 0;
    for (uint32_t i = 0; i < l->n; i++) {
        const eqli_rx_term *x = eqli_rx_get(t, *member(l, i));
        n += x->kind == EQLI_RX_K_CONCAT && x->a == EQLI_RX_ALL;
    }
    if (n < 2)
        return false;
    for (uint32_t i = 0; i < l->n; i++) {
        const eqli_rx_term *x = eqli_rx_get(t, *member(l, i));
        if (x->kind == EQLI_RX_K_CONCAT && x->a == EQLI_RX_ALL)
            eqli_rx_push(t, EQLI_RX_K_UNION, x->b);
        else
            *member(l, out++) = *member(l, i);
    }
    uint32_t id = eqli_rx_concat(t, EQLI_RX_ALL, eqli_rx_join(t, EQLI_RX_K_UNION, tails));
    *member(l, out++) = id;
    shrink(l, out);
    return true;
}

/* The empty string is nothing new in a union that is nullable without it, and makes x{1,m} into x{0,m}. */
static bool absorb_eps(list *l)
{
    eqli_rx_terms *t = l->t;
    uint32_t at = l->n, nullable = l->n, once = l->n;
    for (uint32_t i = 0; i < l->n; i++) {
        const eqli_rx_term *x = eqli_rx_get(t, *member(l, i));
        if (*member(l, i) == EQLI_RX_EPS)
            at = i;
        else if (x->nullable)
            nullable = i;
        else if (x->kind == EQLI_RX_K_REPEAT && x->b == 1 && once == l->n)
            once = i;
    }
    if (at == l->n || (nullable == l->n && once == l->n))
        return false;
    if (nullable == l->n) {
        eqli_rx_term x = *eqli_rx_get(t, *member(l, once));
        uint32_t id = eqli_rx_repeat(t, x.a, 0, x.c);
        *member(l, once) = id;
    }
    *member(l, at) = *member(l, l->n - 1);
    shrink(l, l->n - 1);
    return true;
}

static uint32_t finish(list *l)
{
    if (l->n == 0)
        return neutral(l);
    if (l->n == 1)
        return *member(l, 0);
    bool any = false, all = true, eps = false;
    for (uint32_t i = 0; i < l->n; i++) {
        bool nullable = eqli_rx_get(l->t, *member(l, i))->nullable;
        any = any || nullable;
        all = all && nullable;
        eps = eps || *member(l, i) == EQLI_RX_EPS;
    }
    if (l->kind == EQLI_RX_K_INTER && eps)
        return all ? EQLI_RX_EPS : EQLI_RX_NONE;
    return eqli_rx_intern_list(l->t, l->kind, l->kind == EQLI_RX_K_UNION ? any : all, l->mark);
}

uint32_t eqli_rx_join(eqli_rx_terms *t, eqli_rx_kind kind, uint32_t mark)
{
    if (t->status != EQLM_OK)
        return EQLI_RX_NONE;
    list l = { t, kind, mark, t->n_stack - mark };
    uint32_t id = EQLI_RX_NONE;
    bool again = true;
    if (l.n > 1)
        join_classes(&l);
    while (again && t->status == EQLM_OK) {
        sort_members(&l);
        if (absorbs(&l)) {
            id = absorbing(&l);
            break;
        }
        again = kind == EQLI_RX_K_UNION && (join_counted(&l) || join_searches(&l) || absorb_eps(&l));
        if (!again)
            id = finish(&l);
    }
    t->n_stack = mark;
    return t->status == EQLM_OK ? id : EQLI_RX_NONE;
}
