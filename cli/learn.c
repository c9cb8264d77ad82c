/* learn.c - finds out the types of fields from the values that events hold. */
#include "learn.h"

#include "json_number.h"
#include "timestamp.h"
#include "types.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* Kinds of values; a field has met some of them. */
enum {
    MET_INTEGER = 1,
    MET_NEGATIVE = 2, /* integer below 0 */
    MET_LARGE = 4,    /* integer above INT64_MAX */
    MET_DOUBLE = 8,
    MET_BOOL = 16,
    MET_DATE = 32,
    MET_ADDRESS = 64,
    MET_TEXT = 128
};

enum { ADDRESS_MAX = 64, DATE_MIN = sizeof "2000-01-01T00:00:00" - 1 };

static bool is_address(eqlm_str s)
{
    char text[ADDRESS_MAX];
    unsigned char out[16];

    if (s.len < 2 || s.len >= sizeof text || memchr(s.ptr, '\0', s.len))
        return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    return inet_pton(AF_INET, text, out) == 1 || inet_pton(AF_INET6, text, out) == 1;
}

/* Days alone are left as text: what looks like one is as often a name or a version. */
static bool is_date(eqlm_str s)
{
    int64_t time;

    return s.len >= DATE_MIN && (s.ptr[10] | 0x20) == 't' && eqlc_time_parse(s.ptr, s.len, &time);
}

static unsigned kind_of_number(eqlm_str number)
{
    eqlm_value value;

    if (!eqlc_json_number(number.ptr, number.ptr + number.len, &value))
        return 0;
    if (value.type == EQLM_U64)
        return MET_LARGE;
    if (value.type != EQLM_I64)
        return MET_DOUBLE;
    return value.as.i64 < 0 ? MET_INTEGER | MET_NEGATIVE : MET_INTEGER;
}

static unsigned kind_of(const eqlc_json_tree *tree, uint32_t i)
{
    const eqlc_json_node *node = &tree->nodes[i];
    eqlm_str text;

    switch ((eqlc_json_kind)node->kind) {
    case EQLC_JSON_BOOL:
        return MET_BOOL;
    case EQLC_JSON_NUMBER:
        return kind_of_number(node->value);
    case EQLC_JSON_STRING:
        text = eqlc_json_string(tree, i);
        return is_date(text) ? MET_DATE : is_address(text) ? MET_ADDRESS : MET_TEXT;
    default:
        return 0;
    }
}

static eqlm_type type_of(unsigned met)
{
    if (met == MET_BOOL)
        return EQLM_TYPE_BOOLEAN;
    if (met == MET_DATE)
        return EQLM_TYPE_DATE;
    if (met == MET_ADDRESS)
        return EQLM_TYPE_IP;
    if (met & (MET_BOOL | MET_DATE | MET_ADDRESS | MET_TEXT))
        return EQLM_TYPE_KEYWORD;
    if (met & MET_DOUBLE || (met & MET_LARGE && met & MET_NEGATIVE))
        return EQLM_TYPE_DOUBLE;
    return met & MET_LARGE ? EQLM_TYPE_UNSIGNED_LONG : EQLM_TYPE_LONG;
}

static void note(eqlc_learner *l, unsigned kind)
{
    size_t i = eqlc_names_add(&l->names, (eqlm_str) { l->path.data, l->path.len });

    if (l->names.n > l->cap_seen) {
        size_t before = l->cap_seen;

        l->seen = eqlc_grow(l->seen, &l->cap_seen, l->names.n, sizeof *l->seen);
        memset(l->seen + before, 0, l->cap_seen - before);
    }
    l->seen[i] |= (uint8_t)kind;
}

/* Everything below a value whose name is l->path; the parser bounds how deep that is. Arrays do not show in
 * names. */
static void look(eqlc_learner *l, uint32_t node)
{
    const eqlc_json_tree *tree = &l->tree;
    unsigned kind = kind_of(tree, node);
    size_t before = l->path.len;

    if (kind)
        note(l, kind);
    for (uint32_t i = node + 1; i < tree->nodes[node].next; i = tree->nodes[i].next) {
        if (tree->nodes[node].kind == EQLC_JSON_OBJECT) {
            eqlm_str key = eqlc_json_key(tree, i);

            if (key.len == 0)
                continue;
            if (before)
                eqlc_buf_char(&l->path, '.');
            eqlc_buf_add(&l->path, key.ptr, key.len);
        }
        look(l, i);
        l->path.len = before;
    }
}

bool eqlc_learn(eqlc_learner *l, const char *text, size_t len)
{
    static const char padding[EQLC_TREE_PADDING] = "";

    l->copy.len = 0;
    l->path.len = 0;
    eqlc_buf_add(&l->copy, text, len);
    eqlc_buf_add(&l->copy, padding, sizeof padding);
    if (!eqlc_json_tree_parse(&l->tree, l->copy.data, len))
        return false;
    l->tree.message = "expected an object";
    if (l->tree.nodes[0].kind != EQLC_JSON_OBJECT)
        return false;
    look(l, 0);
    return true;
}

typedef struct learnt {
    eqlm_str name;
    eqlm_type type;
} learnt;

static int by_name(const void *a_, const void *b_)
{
    const learnt *a = a_, *b = b_;
    int order = memcmp(a->name.ptr, b->name.ptr, a->name.len < b->name.len ? a->name.len : b->name.len);

    return order ? order : (a->name.len > b->name.len) - (a->name.len < b->name.len);
}

void eqlc_learn_write(const eqlc_learner *l, eqlc_buf *out)
{
    learnt *fields = eqlc_alloc(l->names.n * sizeof *fields);

    for (size_t i = 0; i < l->names.n; i++)
        fields[i] = (learnt) { l->names.items[i], type_of(l->seen[i]) };
    qsort(fields, l->names.n, sizeof *fields, by_name);
    eqlc_buf_char(out, '{');
    for (size_t i = 0; i < l->names.n; i++) {
        eqlc_buf_text(out, i ? ",\n  " : "\n  ");
        eqlc_buf_json(out, fields[i].name.ptr, fields[i].name.len);
        eqlc_buf_format(out, ": \"%s\"", eqlc_type_text(fields[i].type));
    }
    eqlc_buf_text(out, l->names.n ? "\n}\n" : "}\n");
    free(fields);
}

void eqlc_learn_clear(eqlc_learner *l)
{
    eqlc_names_clear(&l->names);
    eqlc_json_tree_clear(&l->tree);
    eqlc_buf_clear(&l->copy);
    eqlc_buf_clear(&l->path);
    free(l->seen);
    *l = (eqlc_learner) { .seen = NULL };
}
