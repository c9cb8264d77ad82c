/* lint_list.c - members of a list that add nothing: repeated ones, and those that a wildcard member includes.
 * Linear in the text of the list. */
#include "base/text.h"
#include "check/lint.h"

#include <string.h>

/* A text member as it is compared: folded where the operator ignores case. */
typedef struct member {
    const eqli_node *node;
    eqlm_str text;
    size_t head, tail; /* bytes before the first wildcard and behind the last one; both the length when there
                          is none */
    bool covered;
} member;

typedef struct list_lint {
    eqli_cx *cx;
    const eqli_node *list;
    member *members; /* one for each item; node NULL: not a text */
    uint32_t n;
    bool wildcards; /* the operator knows them */
} list_lint;

static bool is_wild(char c)
{
    return c == '*' || c == '?';
}

static bool read_member(list_lint *l, bool fold, const eqli_node *item, member *m)
{
    const eqlm_value *v = &item->u.value;
    if (item->kind != EQLI_N_CONST || v->type != EQLM_STRING)
        return true;
    m->node = item;
    m->text = (eqlm_str) { v->as.str, v->len };
    if (fold) {
        char *folded = eqli_cx_alloc(l->cx, EQLI_FOLD_MAX((size_t)v->len), 1);
        if (!folded)
            return false;
        m->text = (eqlm_str) { folded, eqli_fold_text(folded, v->as.str, v->len) };
    }
    while (m->head < m->text.len && !is_wild(m->text.ptr[m->head]))
        m->head++;
    while (m->tail < m->text.len && !is_wild(m->text.ptr[m->text.len - 1 - m->tail]))
        m->tail++;
    return true;
}

static bool same_item(const member *a, const eqli_node *item_a, const member *b, const eqli_node *item_b)
{
    if (!a->node || !b->node)
        return !a->node && !b->node && eqli_value_same(&item_a->u.value, &item_b->u.value);
    return a->text.len == b->text.len &&
           (a->text.len == 0 || memcmp(a->text.ptr, b->text.ptr, a->text.len) == 0);
}

static bool is_repeated(const list_lint *l, const eqli_lint_table *t, uint64_t hash, uint32_t i)
{
    const eqli_lint_entry *e;
    for (uint32_t at = 0; (e = eqli_lint_table_next(t, hash, &at)) != NULL;) {
        if (same_item(&l->members[e->index], l->list->kids[e->index + 1], &l->members[i],
                      l->list->kids[i + 1]))
            return true;
    }
    return false;
}

static void find_repeated(list_lint *l)
{
    eqli_lint_table t;
    if (!eqli_lint_table_init(l->cx, &t, l->n))
        return;
    for (uint32_t i = 0; i < l->n; i++) {
        const eqli_node *item = l->list->kids[i + 1];
        if (item->kind != EQLI_N_CONST)
            continue;
        member *m = &l->members[i];
        uint64_t hash = m->node ? eqli_lint_hash(EQLM_STRING, m->text.ptr, m->text.len)
                                : eqli_lint_hash_value(&item->u.value);
        if (is_repeated(l, &t, hash, i)) {
            m->covered = true;
            eqli_error(l->cx, item->span, EQLI_D_DUPLICATE_MEMBER);
        } else {
            eqli_lint_table_add(&t, hash, item, i);
        }
    }
}

/* ---- members that a pattern includes
 * -------------------------------------------------------------------------- */

/* The text of a pattern `text*` (or, at the end, `*text`); len 0 when it has another form. */
static size_t prefix_of(const member *m, bool at_end)
{
    size_t literal = at_end ? m->tail : m->head;
    if (literal == m->text.len)
        return 0;
    const char *rest = at_end ? m->text.ptr : m->text.ptr + literal;
    for (size_t i = 0; i < m->text.len - literal; i++) {
        if (rest[i] != '*')
            return 0;
    }
    return literal;
}

static bool matches_everything(const member *m)
{
    for (size_t i = 0; i < m->text.len; i++) {
        if (m->text.ptr[i] != '*')
            return false;
    }
    return m->text.len > 0;
}

static char byte_at(const member *m, size_t i, bool at_end)
{
    return at_end ? m->text.ptr[m->text.len - 1 - i] : m->text.ptr[i];
}

static bool begins_with(const member *m, const member *prefix, size_t len, bool at_end)
{
    return at_end
               ? memcmp(m->text.ptr + m->text.len - len, prefix->text.ptr + prefix->text.len - len, len) == 0
               : memcmp(m->text.ptr, prefix->text.ptr, len) == 0;
}

static void report_covered(list_lint *l, member *m, const member *by)
{
    const eqlm_value *v = &by->node->u.value;
    m->covered = true;
    eqli_error(l->cx, m->node->span, EQLI_D_COVERED_MEMBER, (eqlm_str) { v->as.str, v->len });
}

static uint64_t hash_step(uint64_t h, char c)
{
    unsigned char byte = (unsigned char)c;
    return eqli_lint_hash(h, &byte, 1);
}

static const member *find_prefix(const list_lint *l, const eqli_lint_table *t, const member *m, bool at_end)
{
    uint64_t hash = 0;
    size_t literal = at_end ? m->tail : m->head;
    for (size_t len = 1; len <= literal; len++) {
        const eqli_lint_entry *e;
        hash = hash_step(hash, byte_at(m, len - 1, at_end));
        for (uint32_t at = 0; (e = eqli_lint_table_next(t, hash, &at)) != NULL;) {
            const member *prefix = &l->members[e->index];
            if (prefix != m && prefix_of(prefix, at_end) == len && begins_with(m, prefix, len, at_end))
                return prefix;
        }
    }
    return NULL;
}

/* Of two patterns that include each other ("a*", "a**") the first one stays. */
static void find_covered(list_lint *l, bool at_end)
{
    eqli_lint_table t;
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->n; i++)
        n += l->members[i].node && prefix_of(&l->members[i], at_end) > 0;
    if (n == 0 || !eqli_lint_table_init(l->cx, &t, n))
        return;
    for (uint32_t i = 0; i < l->n; i++) {
        const member *m = &l->members[i];
        size_t len = m->node && !m->covered ? prefix_of(m, at_end) : 0;
        uint64_t hash = 0;
        for (size_t k = 0; k < len; k++)
            hash = hash_step(hash, byte_at(m, k, at_end));
        if (len)
            eqli_lint_table_add(&t, hash, m->node, i);
    }
    for (uint32_t i = 0; i < l->n; i++) {
        member *m = &l->members[i];
        const member *by = m->node && !m->covered ? find_prefix(l, &t, m, at_end) : NULL;
        if (by && (by < m || prefix_of(by, at_end) != prefix_of(m, at_end)))
            report_covered(l, m, by);
    }
}

/* Returns whether some member is stars only. */
static bool find_covered_by_stars(list_lint *l)
{
    const member *stars = NULL;
    for (uint32_t i = 0; i < l->n && !stars; i++) {
        if (l->members[i].node && matches_everything(&l->members[i]))
            stars = &l->members[i];
    }
    for (uint32_t i = 0; stars && i < l->n; i++) {
        member *m = &l->members[i];
        if (m->node && !m->covered && m != stars)
            report_covered(l, m, stars);
    }
    return stars != NULL;
}

void eqli_lint_list(eqli_cx *cx, const eqli_node *list)
{
    bool regex = list->kind == EQLI_N_MATCH && list->op == EQLI_MATCH_REGEX;
    /* `\d` and `\D` are not the same regular expression, whatever it ignores. */
    bool fold = !regex && (list->fold || (list->kind == EQLI_N_MATCH && list->op == EQLI_MATCH_COLON));
    list_lint l = {
        .cx = cx, .list = list, .n = list->n_kids - 1, .wildcards = list->kind == EQLI_N_MATCH && !regex
    };
    if (l.n < 2 || !(l.members = eqli_cx_alloc(cx, l.n, sizeof *l.members)))
        return;
    for (uint32_t i = 0; i < l.n; i++) {
        if (!read_member(&l, fold, list->kids[i + 1], &l.members[i]))
            return;
    }
    find_repeated(&l);
    if (l.wildcards && !find_covered_by_stars(&l)) {
        find_covered(&l, false);
        find_covered(&l, true);
    }
}
