/* regex_factor.c - a text that every match of an expression contains, for those who want to rule out texts
 * without running the automaton. */
#include "ops/regex_impl.h"

#include <string.h>

enum {
    ROOM = EQLI_REGEX_FACTOR,
    WIDE = 0x100 /* of a symbol: characters with different keys, or none in ASCII */
};

typedef struct piece {
    uint8_t len;
    char text[ROOM];
} piece;

/* What the matches of a term have in common. */
typedef struct known {
    bool exact;       /* they are all `head` */
    piece head, tail; /* what they begin and end with */
    piece inside;     /* the longest text known to be in them */
} known;

static unsigned key_of(uint32_t c)
{
    uint32_t f = eqli_fold_char(c);
    return f < 0x80 ? (f | 0x20u) : WIDE;
}

/* The one key of a symbol's characters, or WIDE. */
static void find_keys(const eqli_rx_alphabet *a, uint16_t *keys)
{
    for (uint32_t s = 0; s < a->n_symbols; s++)
        keys[s] = UINT16_MAX;
    for (uint32_t i = 0; i < a->n_intervals; i++) {
        uint32_t c = a->start[i], end = i + 1 < a->n_intervals ? a->start[i + 1] : EQLI_RX_BAD + 1;
        uint16_t *key = &keys[a->symbol[i]];
        for (; c < end && *key != WIDE; c++) { /* two characters in a row seldom have one key */
            unsigned k = key_of(c);
            *key = (uint16_t)(*key == UINT16_MAX || *key == k ? k : WIDE);
        }
    }
}

static void add(piece *to, const piece *p)
{
    size_t n = p->len < ROOM - to->len ? p->len : (size_t)(ROOM - to->len);
    memcpy(to->text + to->len, p->text, n);
    to->len = (uint8_t)(to->len + n);
}

/* The end of a followed by b. */
static void add_before(piece *b, const piece *a)
{
    piece joined = *a;
    size_t sum = (size_t)a->len + b->len, drop = sum > ROOM ? sum - ROOM : 0;
    if (drop >= a->len)
        return;
    memmove(joined.text, joined.text + drop, a->len - drop);
    joined.len = (uint8_t)(a->len - drop);
    add(&joined, b);
    *b = joined;
}

static void longer(piece *best, const piece *p)
{
    if (p->len > best->len)
        *best = *p;
}

static void follow(known *x, const known *b)
{
    piece middle = x->tail;
    add(&middle, &b->head);
    longer(&x->inside, &b->inside);
    longer(&x->inside, &middle);
    piece tail = b->tail;
    if (b->exact)
        add_before(&tail, &x->tail);
    x->tail = tail;
    bool fits = (size_t)x->head.len + b->head.len <= ROOM;
    if (x->exact)
        add(&x->head, &b->head);
    x->exact = x->exact && b->exact && fits;
}

/* Once is known; a text that is repeated fills the room after as many times as it has bytes. */
static void repeat(known *x, uint32_t min, uint32_t max)
{
    const known once = *x;
    for (uint32_t i = 1; i < min && i <= ROOM; i++)
        follow(x, &once);
    if (min != max || min > ROOM)
        x->exact = false;
}

static void class_key(const eqli_regex *re, const eqli_rx_term *t, const uint16_t *keys, known *x)
{
    const uint32_t *bits = eqli_rx_words(&re->terms, t->a);
    unsigned key = UINT16_MAX;
    for (uint32_t s = 0; s < re->terms.n_symbols && key != WIDE; s++) {
        if (bits[s / 32] >> s % 32 & 1)
            key = key == UINT16_MAX || key == keys[s] ? keys[s] : WIDE;
    }
    if (key >= WIDE)
        return;
    x->exact = true;
    x->head = (piece) { 1, { (char)key } };
    x->tail = x->inside = x->head;
}

/* The parts of a term come before it. */
static void find_known(const eqli_regex *re, const uint16_t *keys, uint32_t id, known *all)
{
    const eqli_rx_term *t = eqli_rx_get(&re->terms, id);
    known *x = &all[id];
    switch ((eqli_rx_kind)t->kind) {
    case EQLI_RX_K_EPS:
        x->exact = true;
        break;
    case EQLI_RX_K_CLASS:
        class_key(re, t, keys, x);
        break;
    case EQLI_RX_K_CONCAT:
        *x = all[t->a];
        follow(x, &all[t->b]);
        break;
    case EQLI_RX_K_REPEAT:
        if (t->b == 0)
            break;
        *x = all[t->a];
        repeat(x, t->b, t->c);
        break;
    case EQLI_RX_K_INTER:
        for (uint32_t i = 0; i < t->b; i++)
            longer(&x->inside, &all[eqli_rx_words(&re->terms, t->a)[i]].inside);
        break;
    default: /* nothing */
        break;
    }
}

bool eqli_regex_factor(const eqli_regex *re, char out[EQLI_REGEX_FACTOR], size_t *len)
{
    uint32_t n = re->terms.n_terms, n_symbols = re->terms.n_symbols;
    known *all = eqli_mem_new(&re->alloc, n * sizeof *all);
    uint16_t *keys = eqli_mem_new(&re->alloc, n_symbols * sizeof *keys);
    bool ok = all && keys;
    *len = 0;
    if (ok) {
        find_keys(&re->alphabet, keys);
        for (uint32_t id = 0; id <= re->root; id++)
            find_known(re, keys, id, all);
        *len = all[re->root].inside.len;
        memcpy(out, all[re->root].inside.text, *len);
    }
    eqli_mem_free(&re->alloc, all, n * sizeof *all);
    eqli_mem_free(&re->alloc, keys, n_symbols * sizeof *keys);
    return ok;
}
