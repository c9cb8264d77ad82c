/* json_merge.c - what JSON documents have in common. */
#include "json_merge.h"

#include <stdlib.h>
#include <string.h>

void eqlc_json_write(eqlc_buf *b, const eqlc_json_tree *tree, uint32_t node)
{
    const eqlc_json_node *n = &tree->nodes[node];
    bool object = n->kind == EQLC_JSON_OBJECT;

    if (n->kind == EQLC_JSON_STRING) {
        eqlc_buf_json(b, n->value.ptr, n->value.len);
        return;
    }
    if (!object && n->kind != EQLC_JSON_ARRAY) {
        eqlc_buf_add(b, n->value.ptr, n->value.len);
        return;
    }
    eqlc_buf_char(b, object ? '{' : '[');
    for (uint32_t i = node + 1; i < n->next; i = tree->nodes[i].next) {
        if (i > node + 1)
            eqlc_buf_char(b, ',');
        if (object) {
            eqlc_buf_json(b, tree->nodes[i].key.ptr, tree->nodes[i].key.len);
            eqlc_buf_char(b, ':');
        }
        eqlc_json_write(b, tree, i); /* EQLC_TREE_DEPTH bounds it */
    }
    eqlc_buf_char(b, object ? '}' : ']');
}

/* Texts that can be looked up. */
typedef struct texts {
    eqlm_str *items;
    size_t n;
    eqlc_buf bytes;
} texts;

static int compare_text(const void *x, const void *y)
{
    const eqlm_str *a = x, *b = y;
    size_t len = a->len < b->len ? a->len : b->len;
    int order = len ? memcmp(a->ptr, b->ptr, len) : 0;

    return order ? order : (a->len > b->len) - (a->len < b->len);
}

static bool is_array(const eqlc_json_tree *t, uint32_t node)
{
    return t->nodes[node].kind == EQLC_JSON_ARRAY;
}

static bool is_object(const eqlc_json_tree *t, uint32_t node)
{
    return t->nodes[node].kind == EQLC_JSON_OBJECT;
}

/* The elements of an array as they are written, or a value that counts as the only one; sorted. */
static void read_elements(texts *out, const eqlc_json_tree *t, uint32_t node)
{
    uint32_t first = is_array(t, node) ? node + 1 : node, end = t->nodes[node].next;
    size_t cap = 0, at = 0;

    for (uint32_t i = first; i < end; i = t->nodes[i].next) {
        size_t start = out->bytes.len;

        eqlc_json_write(&out->bytes, t, i);
        out->items = eqlc_grow(out->items, &cap, out->n + 1, sizeof *out->items);
        out->items[out->n++].len = out->bytes.len - start;
    }
    for (size_t i = 0; i < out->n; i++) { /* the bytes have their place now */
        out->items[i].ptr = out->bytes.data + at;
        at += out->items[i].len;
    }
    if (out->n)
        qsort(out->items, out->n, sizeof *out->items, compare_text);
}

/* Elements of x that y has, too. */
static void share_elements(eqlc_buf *b, const eqlc_json_tree *x, uint32_t i, const eqlc_json_tree *y,
                           uint32_t k)
{
    bool both = is_array(x, i) && is_array(y, k), any = false;
    uint32_t first = is_array(x, i) ? i + 1 : i, end = x->nodes[i].next;
    texts others = { NULL, 0, { NULL, 0, 0 } };
    eqlc_buf one = { NULL, 0, 0 };

    read_elements(&others, y, k);
    for (uint32_t e = first; e < end && (both || !any); e = x->nodes[e].next) {
        one.len = 0;
        eqlc_json_write(&one, x, e);
        eqlm_str key = { one.data, one.len };
        if (!others.n || !bsearch(&key, others.items, others.n, sizeof key, compare_text))
            continue;
        if (both)
            eqlc_buf_char(b, any ? ',' : '[');
        eqlc_buf_add(b, one.data, one.len);
        any = true;
    }
    if (both && any)
        eqlc_buf_char(b, ']');
    eqlc_buf_clear(&one);
    eqlc_buf_clear(&others.bytes);
    free(others.items);
}

typedef struct member {
    eqlm_str key;
    uint32_t node;
} member;

static int compare_members(const void *x, const void *y)
{
    const member *a = x, *b = y;
    int order = compare_text(&a->key, &b->key);

    return order ? order : (a->node > b->node) - (a->node < b->node);
}

/* The members of an object, sorted by key. */
static member *read_members(const eqlc_json_tree *t, uint32_t node, size_t *n)
{
    member *members = NULL;
    size_t cap = 0;

    *n = 0;
    for (uint32_t i = node + 1; i < t->nodes[node].next; i = t->nodes[i].next) {
        members = eqlc_grow(members, &cap, *n + 1, sizeof *members);
        members[(*n)++] = (member) { t->nodes[i].key, i };
    }
    if (*n)
        qsort(members, *n, sizeof *members, compare_members);
    return members;
}

static void intersect(eqlc_buf *b, const eqlc_json_tree *x, uint32_t i, const eqlc_json_tree *y, uint32_t k);

static void share_members(eqlc_buf *b, const eqlc_json_tree *x, uint32_t i, const eqlc_json_tree *y,
                          uint32_t k)
{
    size_t n, start = b->len;
    member *others = read_members(y, k, &n);

    for (uint32_t e = i + 1; e < x->nodes[i].next; e = x->nodes[e].next) {
        member key = { x->nodes[e].key, 0 };
        size_t low = 0, high = n, before = b->len, value;

        while (low < high) { /* the first member of this name */
            size_t middle = low + (high - low) / 2;

            if (compare_members(&others[middle], &key) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == n || compare_text(&others[low].key, &key.key) != 0)
            continue;
        eqlc_buf_char(b, b->len == start ? '{' : ',');
        eqlc_buf_json(b, key.key.ptr, key.key.len);
        eqlc_buf_char(b, ':');
        value = b->len;
        intersect(b, x, e, y, others[low].node);
        if (b->len == value)
            b->len = before;
    }
    if (b->len > start)
        eqlc_buf_char(b, '}');
    free(others);
}

/* Appends nothing if they have nothing in common. */
static void intersect(eqlc_buf *b, const eqlc_json_tree *x, uint32_t i, const eqlc_json_tree *y, uint32_t k)
{
    if (is_object(x, i) && is_object(y, k))
        share_members(b, x, i, y, k);
    else if (!is_object(x, i) && !is_object(y, k))
        share_elements(b, x, i, y, k);
}

void eqlc_json_intersect(eqlc_buf *b, const eqlc_json_tree *x, const eqlc_json_tree *y)
{
    size_t start = b->len;

    intersect(b, x, 0, y, 0);
    if (b->len == start)
        eqlc_buf_text(b, "{}");
}
