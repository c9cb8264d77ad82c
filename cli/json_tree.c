/* json_tree.c - a JSON text as a list of its values, each followed by what it contains. */
#include "json_tree.h"

#include "json_scalar.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>

static bool fail(eqlc_json_tree *t, size_t at, const char *message)
{
    t->error_at = at;
    t->message = message;
    return false;
}

static char token(const eqlc_json_tree *t)
{
    return t->at_token < t->n_tokens ? t->text[t->tokens[t->at_token]] : '\0';
}

static size_t place(const eqlc_json_tree *t)
{
    return t->tokens[t->at_token]; /* of the end, too */
}

static bool expect(eqlc_json_tree *t, char c, const char *message)
{
    if (token(t) != c)
        return fail(t, place(t), message);
    t->at_token++;
    return true;
}

/* Takes a string token, which is closed. */
static void take_string(eqlc_json_tree *t, uint32_t *at, uint32_t *len)
{
    uint32_t start = t->tokens[t->at_token++] + 1;
    const char *p = t->text + start;
    bool escapes = false;

    for (; *p != '"'; p++) {
        if (*p == '\\') {
            escapes = true;
            p++;
        }
    }
    *at = start;
    *len = (uint32_t)(p - t->text) - start;
    if (!escapes)
        return;
    t->scratch = eqlc_grow(t->scratch, &t->scratch_cap, (size_t)*len + EQLC_TREE_PADDING, 1);
    *len = (uint32_t)eqlc_json_unescape(t->text + start, *len, t->scratch);
    memcpy(t->text + start, t->scratch, *len);
}

/* Whether a number or a word may end before p. */
static bool is_end(const eqlc_json_tree *t, const char *p)
{
    return p == t->text + t->len || (*p && strchr(",]} \t\r\n", *p));
}

static bool take_word(eqlc_json_tree *t, eqlc_json_node *node, const char *word, eqlc_json_kind kind)
{
    size_t len = strlen(word);

    if (strncmp(t->text + node->at, word, len) != 0 || !is_end(t, t->text + node->at + len))
        return fail(t, node->at, "this is not JSON");
    node->kind = kind;
    node->len = (uint32_t)len;
    t->at_token++;
    return true;
}

static bool take_number(eqlc_json_tree *t, eqlc_json_node *node)
{
    bool is_integer;
    const char *start = t->text + node->at, *end = eqlc_json_number_end(start, &is_integer);

    if (!end || !is_end(t, end))
        return fail(t, node->at, "this is not JSON");
    node->kind = EQLC_JSON_NUMBER;
    node->len = (uint32_t)(end - start);
    t->at_token++;
    return true;
}

static bool take_scalar(eqlc_json_tree *t, eqlc_json_node *node)
{
    switch (token(t)) {
    case '"':
        node->kind = EQLC_JSON_STRING;
        take_string(t, &node->at, &node->len);
        return true;
    case 't':
        return take_word(t, node, "true", EQLC_JSON_BOOL);
    case 'f':
        return take_word(t, node, "false", EQLC_JSON_BOOL);
    case 'n':
        return take_word(t, node, "null", EQLC_JSON_NULL);
    case '\0':
        return fail(t, place(t), "the text ends here, but the value does not");
    default:
        return take_number(t, node);
    }
}

static size_t add_node(eqlc_json_tree *t, uint32_t key_at, uint32_t key_len)
{
    t->nodes = eqlc_grow(t->nodes, &t->cap, t->n + 1, sizeof *t->nodes);
    t->nodes[t->n] = (eqlc_json_node) { .key_at = key_at, .key_len = key_len, .at = (uint32_t)place(t) };
    return t->n++;
}

static bool take_key(eqlc_json_tree *t, uint32_t *at, uint32_t *len)
{
    if (token(t) != '"')
        return fail(t, place(t), "expected a name in quotes");
    take_string(t, at, len);
    return expect(t, ':', "expected a colon");
}

/* The containers that are open at the token, with numbers of their nodes. */
typedef struct open_nodes {
    size_t at[EQLC_TREE_DEPTH];
    size_t n;
} open_nodes;

static bool open_node(eqlc_json_tree *t, open_nodes *open, size_t node)
{
    if (open->n == EQLC_TREE_DEPTH)
        return fail(t, place(t), "nested too deeply");
    t->nodes[node].kind = token(t) == '{' ? EQLC_JSON_OBJECT : EQLC_JSON_ARRAY;
    open->at[open->n++] = node;
    t->at_token++;
    return true;
}

/* Closes what ends here. What goes on then stands behind its comma. */
static bool close_nodes(eqlc_json_tree *t, open_nodes *open, bool empty)
{
    while (open->n > 0) {
        eqlc_json_node *node = &t->nodes[open->at[open->n - 1]];

        if (token(t) != (node->kind == EQLC_JSON_OBJECT ? '}' : ']'))
            return empty || expect(t, ',', "expected a comma or the end of the list");
        node->len = (uint32_t)place(t) + 1 - node->at;
        node->next = (uint32_t)t->n;
        t->at_token++;
        open->n--;
        empty = false;
    }
    return true;
}

static bool parse_values(eqlc_json_tree *t)
{
    open_nodes open = { .n = 0 };

    do {
        uint32_t key_at = 0, key_len = 0;
        bool opens;
        size_t node;

        if (open.n > 0 && t->nodes[open.at[open.n - 1]].kind == EQLC_JSON_OBJECT &&
            !take_key(t, &key_at, &key_len))
            return false;
        node = add_node(t, key_at, key_len);
        opens = token(t) == '{' || token(t) == '[';
        if (!(opens ? open_node(t, &open, node) : take_scalar(t, &t->nodes[node])))
            return false;
        t->nodes[node].next = (uint32_t)t->n;
        if (!close_nodes(t, &open, opens))
            return false;
    } while (open.n > 0);
    return t->at_token == t->n_tokens || fail(t, place(t), "something follows the value");
}

bool eqlc_json_tree_parse(eqlc_json_tree *t, char *text, size_t len)
{
    bool any;
    size_t bad;

    t->n = 0;
    t->at_token = 0;
    t->text = text;
    t->len = len;
    if (!t->indexer)
        t->indexer = eqlc_indexer_new();
    if (!t->indexer)
        eqlc_die("out of memory");
    switch (eqlc_index(t->indexer, text, len, &t->tokens, &t->n_tokens)) {
    case EQLC_INDEX_OK:
        break;
    case EQLC_INDEX_EMPTY:
        return fail(t, 0, "there is nothing in it");
    case EQLC_INDEX_BROKEN:
        return fail(t, 0, "this is not JSON: bad UTF-8, or a string without end");
    default:
        return fail(t, 0, "too large");
    }
    bad = eqlc_json_check_escapes(text, len, &any);
    if (bad != SIZE_MAX)
        return fail(t, bad, "this escape is not JSON");
    return parse_values(t);
}

void eqlc_json_tree_clear(eqlc_json_tree *t)
{
    eqlc_indexer_free(t->indexer);
    free(t->nodes);
    free(t->scratch);
    *t = (eqlc_json_tree) { .nodes = NULL };
}

uint32_t eqlc_json_member(const eqlc_json_tree *t, uint32_t node, const char *key)
{
    size_t len = strlen(key);
    uint32_t found = 0;

    if (t->nodes[node].kind != EQLC_JSON_OBJECT)
        return 0;
    for (uint32_t i = node + 1; i < t->nodes[node].next; i = t->nodes[i].next) {
        if (t->nodes[i].key_len == len && memcmp(t->text + t->nodes[i].key_at, key, len) == 0)
            found = i;
    }
    return found;
}
