/* json_walk.c - one pass over the tokens of a document.
 *
 * Every token is checked against the grammar, wanted or not, so whether a document is good does not depend on
 * the queries. Objects and arrays on the way to wanted fields are kept on an explicit stack; all others are
 * skipped. */
#include "json_walk.h"

#include <stdlib.h>
#include <string.h>

#include "json_scalar.h"

bool eqlc_walk_init(eqlc_walk *w, const eqlc_fields *fields, size_t limit)
{
    size_t n = (size_t)fields->n_fields + EQLC_EXTRA_SLOTS;
    w->fields = fields;
    w->indexer = eqlc_indexer_new();
    eqlm_value *header = calloc(n + 1, sizeof *header);
    w->values = header ? header + 1 : NULL;
    w->touched = malloc(n * sizeof *w->touched);
    w->n_touched = 0;
    w->elements = calloc((size_t)fields->n_parents + 1, sizeof *w->elements);
    eqlc_scratch_init(&w->scratch, limit);
    if (header)
        header->len = fields->n_fields;
    /* cppcheck-suppress memleak ; values keeps the header */
    return w->indexer && w->values && w->touched && w->elements;
}

void eqlc_walk_clear(eqlc_walk *w)
{
    eqlc_indexer_free(w->indexer);
    free(w->values ? w->values - 1 : NULL);
    free(w->touched);
    free(w->elements);
    eqlc_scratch_clear(&w->scratch);
}

/* ------------------------------------------------------------------------------------------------------
 * Values
 */

static void fail(eqlc_walk *w, eqlc_walk_status status, uint32_t token, const char *message)
{
    w->status = status;
    w->error_at = w->tokens[token];
    w->message = message;
}

static void *take(eqlc_walk *w, size_t size)
{
    void *p = eqlc_scratch_take(&w->scratch, size);
    if (!p) {
        w->status = EQLC_WALK_LIMIT;
        w->error_at = 0;
        w->message = "the document needs too much memory";
    }
    return p;
}

/* Adds a value to a list that is null, one value, or an array. Arrays have room for the next power of two. */
static void put(eqlc_walk *w, eqlm_value *list, eqlm_value value, bool always_array)
{
    eqlm_value *items;
    uint32_t n;
    if (list->type == EQLM_ARRAY) {
        n = list->len;
        items = (eqlm_value *)(uintptr_t)list->as.items; /* made below, so it may be written */
        if (n >= 4 && (n & (n - 1)) == 0) {
            eqlm_value *more = n <= UINT32_MAX / 2 ? take(w, 2 * (size_t)n * sizeof *more) : NULL;
            if (!more)
                return;
            memcpy(more, items, n * sizeof *more);
            items = more;
        }
    } else if (list->type == EQLM_NULL && !always_array) {
        *list = value;
        return;
    } else {
        items = take(w, 4 * sizeof *items);
        if (!items)
            return;
        n = 0;
        if (list->type != EQLM_NULL)
            items[n++] = *list;
    }
    items[n] = value;
    *list = (eqlm_value) { .type = EQLM_ARRAY, .len = n + 1, .as.items = items };
}

static eqlm_value *new_element(eqlc_walk *w, uint32_t parent);
static void add(eqlc_walk *w, const eqlc_node *node, eqlm_value value);

/* The array a target writes to. A key such as "array.name" names fields of elements without an element: they
 * share one. */
static eqlm_value *target_list(eqlc_walk *w, const eqlc_target *t)
{
    if (t->parent == EQLC_NONE)
        return &w->values[t->slot];
    eqlm_value *element = w->elements[t->parent];
    if (!element) {
        element = new_element(w, t->parent);
        if (!element)
            return NULL;
        w->elements[t->parent] = element;
    }
    return &element[t->slot];
}

static void add(eqlc_walk *w, const eqlc_node *node, eqlm_value value)
{
    const eqlc_target *t = &w->fields->targets[node->first_target];
    for (uint32_t i = 0; i < node->n_targets; i++, t++) {
        eqlm_value *list = target_list(w, t);
        if (!list)
            return;
        if (list->type == EQLM_NULL && t->parent == EQLC_NONE)
            w->touched[w->n_touched++] = list;
        put(w, list, value, node->parent != EQLC_NONE);
        if (list->type == EQLM_NULL)
            w->n_touched -= t->parent == EQLC_NONE;
    }
}

/* Makes the values of a new element of an array of objects and adds it to the array. */
static eqlm_value *new_element(eqlc_walk *w, uint32_t parent)
{
    const eqlc_parent *p = &w->fields->parents[parent];
    size_t size = ((size_t)p->n_slots + 1) * sizeof(eqlm_value);
    eqlm_value *header = take(w, size);
    if (!header)
        return NULL;
    memset(header, 0, size);
    header->len = p->n_slots;
    header->as.object = eqlc_fields_slots(w->fields, parent);
    eqlm_value object = { .type = EQLM_OBJECT, .as.object = header + 1 };
    eqlc_target home = { p->field, EQLC_NONE };
    if (p->outer != EQLC_NONE)
        home = (eqlc_target) { w->fields->slots[1 + p->field], p->outer };
    eqlm_value *list = target_list(w, &home);
    if (!list)
        return NULL;
    if (list->type == EQLM_NULL && home.parent == EQLC_NONE)
        w->touched[w->n_touched++] = list;
    put(w, list, object, true);
    for (uint32_t i = 0; i < w->fields->n_parents; i++)
        if (w->fields->parents[i].outer == parent)
            w->elements[i] = NULL;
    return header + 1;
}

/* Forgets all values but the metadata of a wrapping document. */
static void forget_fields(eqlc_walk *w)
{
    uint32_t kept = 0;
    const eqlm_value *metadata = w->values + w->fields->n_fields + EQLC_SLOT_INDEX;
    for (uint32_t i = 0; i < w->n_touched; i++) {
        if (w->touched[i] >= metadata)
            w->touched[kept++] = w->touched[i];
        else
            w->touched[i]->type = EQLM_NULL;
    }
    w->n_touched = kept;
    for (uint32_t i = 0; i < w->fields->n_parents; i++)
        w->elements[i] = NULL;
}

/* ------------------------------------------------------------------------------------------------------
 * Tokens
 */

static char at(const eqlc_walk *w, uint32_t token)
{
    return w->text[w->tokens[token]]; /* NUL, which starts no token of JSON, at the end of the text */
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Offset of the closing quote of the string at a token: what stands before the next token. */
static inline size_t closing_quote(const char *text, const uint32_t *tokens, uint32_t token)
{
    size_t end = (size_t)tokens[token + 1] - 1;
    while (text[end] != '"')
        end--;
    return end;
}

/* The text of the string at a token, unescaped if need be. ptr is NULL if memory is short. */
static eqlm_str string_at(eqlc_walk *w, uint32_t token)
{
    size_t start = (size_t)w->tokens[token] + 1;
    const char *text = w->text + start;
    size_t len = closing_quote(w->text, w->tokens, token) - start;
    if (!w->escapes || !memchr(text, '\\', len))
        return (eqlm_str) { text, len };
    char *copy = take(w, len + 16); /* keys are looked up with a glance behind their end */
    return (eqlm_str) { copy, copy ? eqlc_json_unescape(text, len, copy) : 0 };
}

/* Nothing but white space or another token follows a scalar. */
static bool scalar_ends(const eqlc_walk *w, uint32_t token, const char *end)
{
    const char *next = w->text + w->tokens[token + 1];
    while (end < next && is_space(*end))
        end++;
    return end == next;
}

static bool literal(const eqlc_walk *w, uint32_t token, const char *word, size_t len)
{
    const char *p = w->text + w->tokens[token];
    return memcmp(p, word, len) == 0 && scalar_ends(w, token, p + len);
}

/* Checks a token that should be a number or a word and gives its value. */
static bool scalar(eqlc_walk *w, uint32_t token, bool wanted, eqlm_value *out)
{
    const char *p = w->text + w->tokens[token];
    bool integer, good;
    *out = (eqlm_value) { .type = EQLM_NULL };
    switch (*p) {
    case 't':
        good = literal(w, token, "true", 4);
        *out = (eqlm_value) { .type = EQLM_BOOL, .as.boolean = true };
        break;
    case 'f':
        good = literal(w, token, "false", 5);
        *out = (eqlm_value) { .type = EQLM_BOOL, .as.boolean = false };
        break;
    case 'n':
        good = literal(w, token, "null", 4);
        break;
    default: {
        const char *end = eqlc_json_number_end(p, &integer);
        good = end && scalar_ends(w, token, end);
        if (good && wanted)
            *out = eqlc_json_number(p, end, integer);
        break;
    }
    }
    if (!good)
        fail(w, token < w->n_tokens ? EQLC_WALK_BAD : EQLC_WALK_OPEN, token, "expected a value");
    return good;
}

/* An unexpected token, or the end of the text. */
static void unexpected(eqlc_walk *w, uint32_t token, const char *message)
{
    fail(w, token < w->n_tokens ? EQLC_WALK_BAD : EQLC_WALK_OPEN, token, message);
}

static const char *expected_next(bool object)
{
    return object ? "expected ',' or '}'" : "expected ',' or ']'";
}

/* Checks the object or array at a token without looking at its values and returns the token behind it. */
static uint32_t skip(eqlc_walk *w, uint32_t token)
{
    uint64_t kinds[EQLC_JSON_DEPTH / 64 + 1]; /* bit set: that level is an object */
    uint32_t depth = 0;
    bool object;
    eqlm_value ignored;
open:
    if (++depth + w->depth > EQLC_JSON_DEPTH) {
        fail(w, EQLC_WALK_LIMIT, token, "nested too deeply");
        return token;
    }
    object = at(w, token) == '{';
    /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): of the word only bits set before are read */
    kinds[depth / 64] &= ~((uint64_t)1 << depth % 64);
    kinds[depth / 64] |= (uint64_t)object << depth % 64;
    token++;
    if (at(w, token) == (object ? '}' : ']'))
        goto close;
element:
    if (object) {
        if (at(w, token) != '"') {
            unexpected(w, token, "expected a key");
            return token;
        }
        if (at(w, token + 1) != ':') {
            unexpected(w, token + 1, "expected ':'");
            return token;
        }
        token += 2;
    }
    switch (at(w, token)) {
    case '{':
    case '[':
        goto open;
    case '"':
        break;
    default:
        if (!scalar(w, token, false, &ignored))
            return token;
    }
    token++;
next:
    if (at(w, token) == ',') {
        token++;
        goto element;
    }
    if (at(w, token) != (object ? '}' : ']')) {
        unexpected(w, token, expected_next(object));
        return token;
    }
close:
    token++;
    if (--depth == 0)
        return token;
    object = kinds[depth / 64] >> depth % 64 & 1;
    goto next;
}

/* ------------------------------------------------------------------------------------------------------
 * The walk
 */

/* Enters the object or array at a token. */
static void enter(eqlc_walk *w, uint32_t token, uint32_t node)
{
    if (w->depth == EQLC_JSON_DEPTH) {
        fail(w, EQLC_WALK_LIMIT, token, "nested too deeply");
        return;
    }
    bool object = at(w, token) == '{';
    const eqlc_node *n = &w->fields->nodes[node];
    eqlc_frame *frame = &w->stack[w->depth++];
    *frame = (eqlc_frame) { .node = node, .parent = EQLC_NONE, .object = object, .fresh = true };
    if (n->special == EQLC_SOURCE) {
        frame->source = true;
        frame->node = EQLC_ROOT;
        w->wrapped = true;
        w->source_start = w->tokens[token];
        forget_fields(w);
    } else if (object && n->parent != EQLC_NONE) {
        frame->parent = n->parent;
        frame->outer_element = w->elements[n->parent];
        w->elements[n->parent] = new_element(w, n->parent);
    }
}

static void leave(eqlc_walk *w, uint32_t token)
{
    const eqlc_frame *frame = &w->stack[--w->depth];
    if (frame->parent != EQLC_NONE)
        w->elements[frame->parent] = frame->outer_element;
    if (frame->source) {
        w->source_len = w->tokens[token] + 1 - w->source_start;
        w->stack[0].node = EQLC_META;
    }
}

/* Reads the key at a token; *node becomes the node it leads to, or 0. */
static uint32_t read_key(eqlc_walk *w, uint32_t token, uint32_t *node)
{
    if (at(w, token) != '"') {
        unexpected(w, token, "expected a key");
        return token;
    }
    if (at(w, token + 1) != ':') {
        unexpected(w, token + 1, "expected ':'");
        return token;
    }
    size_t start = (size_t)w->tokens[token] + 1;
    const char *key = w->text + start;
    size_t len = closing_quote(w->text, w->tokens, token) - start;
    eqlc_key short_key = eqlc_key_of(key, len);
    uint32_t found = eqlc_fields_find(w->fields, *node, short_key);
    if (found == 0 && w->escapes && eqlc_key_has(&short_key, '\\')) {
        eqlm_str plain = string_at(w, token);
        if (plain.ptr)
            found = eqlc_fields_find(w->fields, *node, eqlc_key_of(plain.ptr, plain.len));
    }
    *node = found;
    return token + 2;
}

/* True for _source and hits.hits, which mean something only at the top of a document. */
static bool special_here(const eqlc_walk *w, const eqlc_node *n, char open)
{
    if (n->special == EQLC_SOURCE)
        return open == '{' && w->depth == 1;
    return n->special == EQLC_HITS && open == '[' && w->depth <= 2;
}

/* Reads the value at a token for a node (0: nobody wants it) and returns the token behind it; objects and
 * arrays on the way to fields are entered. */
static uint32_t read_value(eqlc_walk *w, uint32_t token, uint32_t node)
{
    const eqlc_node *n = &w->fields->nodes[node];
    bool wanted = n->n_targets > 0;
    eqlm_value value;
    char c = at(w, token);
    switch (c) {
    case '{':
    case '[':
        if (n->special != EQLC_ORDINARY) {
            if (w->wrapped || !special_here(w, n, c))
                return skip(w, token);
            if (n->special == EQLC_HITS) {
                fail(w, EQLC_WALK_HITS, token, "a _search response");
                return token;
            }
        } else if (n->keys == 0 && (!wanted || c == '{') && n->parent == EQLC_NONE) {
            return skip(w, token);
        }
        enter(w, token, node);
        break;
    case '"':
        if (wanted) {
            eqlm_str s = string_at(w, token);
            if (s.ptr)
                add(w, n, (eqlm_value) { .type = EQLM_STRING, .len = (uint32_t)s.len, .as.str = s.ptr });
        }
        break;
    default:
        if (scalar(w, token, wanted, &value) && wanted && value.type != EQLM_NULL)
            add(w, n, value);
        break;
    }
    return token + 1;
}

/* Goes on in the innermost object until it ends or another one is entered. */
static uint32_t read_members(eqlc_walk *w, uint32_t token)
{
    eqlc_frame *frame = &w->stack[w->depth - 1];
    uint32_t depth = w->depth;
    bool fresh = frame->fresh;
    frame->fresh = false;
    for (;; fresh = false) {
        char c = at(w, token);
        if (c == '}') {
            leave(w, token);
            return token + 1;
        }
        if (!fresh && c != ',') {
            unexpected(w, token, expected_next(true));
            return token;
        }
        token += !fresh;
        uint32_t node = frame->node;
        token = read_key(w, token, &node);
        if (w->status != EQLC_WALK_OK)
            return token;
        if (node == 0 && at(w, token) == '"') {
            token++;
            continue;
        }
        token = read_value(w, token, node);
        if (w->status != EQLC_WALK_OK || w->depth != depth)
            return token;
    }
}

/* Goes on in the innermost array in the same way. */
static uint32_t read_elements(eqlc_walk *w, uint32_t token)
{
    eqlc_frame *frame = &w->stack[w->depth - 1];
    uint32_t depth = w->depth;
    bool fresh = frame->fresh;
    frame->fresh = false;
    for (;; fresh = false) {
        char c = at(w, token);
        if (c == ']') {
            leave(w, token);
            return token + 1;
        }
        if (!fresh && c != ',') {
            unexpected(w, token, expected_next(false));
            return token;
        }
        token = read_value(w, token + !fresh, frame->node);
        if (w->status != EQLC_WALK_OK || w->depth != depth)
            return token;
    }
}

static void walk(eqlc_walk *w)
{
    uint32_t token = read_value(w, 0, EQLC_ROOT);
    while (w->depth > 0 && w->status == EQLC_WALK_OK)
        token = w->stack[w->depth - 1].object ? read_members(w, token) : read_elements(w, token);
    if (w->status == EQLC_WALK_OK && token < w->n_tokens)
        fail(w, EQLC_WALK_BAD, token, "more text after the document");
    if (!w->wrapped && token > 0) {
        w->source_start = w->tokens[0];
        w->source_len = w->tokens[token - 1] + 1 - w->source_start;
    }
}

/* Says what eqlc_index found broken: it does not tell where. */
static void find_broken(eqlc_walk *w, const char *text, size_t len);

eqlc_walk_status eqlc_walk_document(eqlc_walk *w, char *text, size_t len)
{
    for (uint32_t i = 0; i < w->n_touched; i++)
        w->touched[i]->type = EQLM_NULL;
    for (uint32_t i = 0; i < w->fields->n_parents; i++)
        w->elements[i] = NULL;
    w->n_touched = 0;
    w->depth = 0;
    w->wrapped = false;
    w->text = text;
    w->status = EQLC_WALK_OK;
    eqlc_scratch_reset(&w->scratch);
    w->escapes = true;
    size_t bad_escape = eqlc_json_check_escapes(text, len, &w->escapes);
    eqlc_index_status indexed = eqlc_index(w->indexer, text, len, &w->tokens, &w->n_tokens);
    if (indexed == EQLC_INDEX_NOMEM || indexed == EQLC_INDEX_EMPTY) {
        w->status = indexed == EQLC_INDEX_EMPTY ? EQLC_WALK_OPEN : EQLC_WALK_LIMIT;
        w->error_at = 0;
        w->message =
            indexed == EQLC_INDEX_EMPTY ? "expected a document" : "the document needs too much memory";
    } else if (indexed == EQLC_INDEX_BROKEN) {
        find_broken(w, text, len);
    } else {
        char behind = text[len];
        text[len] = '\0';
        if (text[w->tokens[0]] == '{')
            walk(w);
        else
            fail(w, EQLC_WALK_BAD, 0, "expected an object");
        text[len] = behind;
    }
    if (bad_escape != SIZE_MAX && (w->status == EQLC_WALK_OK || bad_escape < w->error_at)) {
        w->status = EQLC_WALK_BAD;
        w->error_at = bad_escape;
        w->message = "bad escape";
    }
    return w->status;
}

/* Length of the UTF-8 sequence at p, or 0 if it is none. */
static size_t utf8_len(const unsigned char *p, size_t left)
{
    static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t n = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    if (n <= 1 || n > left)
        return n <= left ? n : 0;
    uint32_t c = p[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3Fu);
    }
    return c >= least[n] && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF) ? n : 0;
}

static void find_broken(eqlc_walk *w, const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t open = SIZE_MAX; /* the quote of the string we are in */
    w->status = EQLC_WALK_BAD;
    for (size_t i = 0, n; i < len; i += n) {
        n = utf8_len(p + i, len - i);
        w->error_at = i;
        if (n == 0) {
            w->message = "not UTF-8";
            return;
        }
        if (open != SIZE_MAX && p[i] < 0x20) {
            w->message = p[i] == '\n' ? "line break in a string" : "control character in a string";
            return;
        }
        if (p[i] == '"')
            open = open == SIZE_MAX ? i : SIZE_MAX;
        else if (p[i] == '\\' && open != SIZE_MAX && len - i > 1 && p[i + 1] >= 0x20 && p[i + 1] < 0x80)
            n = 2;
    }
    w->error_at = open != SIZE_MAX ? open : 0;
    w->message = open != SIZE_MAX ? "the string has no end" : "not JSON";
}
