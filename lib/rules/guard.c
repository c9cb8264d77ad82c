/* guard.c - tells people what keeps an entry from running. */
#include "rules/rules.h"

#include "base/number.h"

#include <string.h>

typedef struct writer {
    eqlm_write_fn write;
    void *ctx;
    bool failed, wrote;
} writer;

static void put(writer *w, const char *s, size_t len)
{
    if (!w->failed && len)
        w->failed = !w->write(w->ctx, s, len);
    w->wrote |= len != 0;
}

static void put_word(writer *w, const char *s)
{
    put(w, s, strlen(s));
}

/* As a string of the language, in one line whatever it holds. */
static void put_text(writer *w, const char *s, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    put(w, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        char escape[6] = { '\\', 'u', '{', hex[c >> 4], hex[c & 15], '}' };
        if (c == '"' || c == '\\')
            put(w, "\\", 1);
        if (c < 0x20 || c == 0x7f)
            put(w, escape, sizeof escape);
        else
            put(w, s + i, 1);
    }
    put(w, "\"", 1);
}

static void put_value(writer *w, const eqlm_value *v)
{
    char text[EQLI_NUM_MAX];
    switch (v->type) {
    case EQLM_BOOL:
        put_word(w, v->as.boolean ? "true" : "false");
        break;
    case EQLM_I64:
        put(w, text, eqli_i64_text(v->as.i64, text));
        break;
    case EQLM_U64:
        put(w, text, eqli_u64_text(v->as.u64, text));
        break;
    case EQLM_F64:
        put(w, text, eqli_f64_text(v->as.f64, text));
        break;
    default:
        put_text(w, v->as.str, v->len);
        break;
    }
}

static void put_count(writer *w, uint32_t n)
{
    char text[EQLI_NUM_MAX];
    put(w, "(", 1);
    put(w, text, eqli_u64_text(n, text));
    put(w, ")", 1);
}

static void put_guard(writer *w, const eqlm_rules *r, const eqlm_program *p, const eqli_guard *g)
{
    if (g->kind == EQLI_GUARD_NEVER) {
        put_word(w, "false");
        return;
    }
    const eqli_rules_slot *slot = &r->slots[g->slot];
    const eqlm_value *name = &slot->program->consts[slot->name];
    put(w, name->as.str, name->len);
    if (g->kind == EQLI_GUARD_EXISTS) {
        put_word(w, " != null");
        return;
    }
    bool is = g->kind == EQLI_GUARD_IS, regex = g->kind == EQLI_GUARD_REGEX;
    put_word(w, g->n != 1 && is ? " in " : is ? " == " : regex ? " regex " : " : ");
    if (g->n == 1)
        put_value(w, &p->consts[g->constant]);
    else
        put_count(w, g->n);
}

static bool is_category_guard(const eqlm_rules *r, const eqli_guard *g, const eqli_guard *end)
{
    bool alone = !g->other && (g + 1 == end || !g[1].other);
    return alone && g->kind != EQLI_GUARD_NEVER && g->slot == r->category_slot;
}

eqlm_status eqlm_rules_guard(const eqlm_rules *r, uint32_t number, bool *selective, eqlm_write_fn write,
                             void *ctx)
{
    if (!r || !r->sealed || number >= r->n || !selective || !write)
        return EQLM_E_ARGUMENT;
    const eqli_rules_entry *e = &r->entries[number];
    const eqli_guard *first = r->guards + e->first_guard, *end = first + e->n_guards;
    writer w = { write, ctx, false, false };
    bool any = false;
    for (int pass = 0; pass < 2; pass++) { /* the category comes first */
        for (const eqli_guard *g = first; g < end; g++) {
            bool is_category = is_category_guard(r, g, end);
            if (is_category != (pass == 0))
                continue;
            bool opens = !g->other && g + 1 < end && g[1].other,
                 closes = g->other && (g + 1 == end || !g[1].other);
            put_word(&w, g->other ? " or " : w.wrote ? " and " : "");
            put_word(&w, opens ? "(" : "");
            put_guard(&w, r, e->program, g);
            put_word(&w, closes ? ")" : "");
            any |= !is_category;
        }
    }
    if (first == end)
        put_word(&w, "true");
    if (w.failed)
        return EQLM_E_LIMIT;
    *selective = any;
    return EQLM_OK;
}
