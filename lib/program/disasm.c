/* disasm.c - a listing of the code for people, driven by the operand kinds of opcodes.def. */
#include "program/program.h"

#include "base/number.h"
#include "ops/date.h"
#include "ops/function.h"

#include <string.h>

typedef struct eqli_listing {
    const eqlm_program *p;
    eqlm_write_fn write;
    void *ctx;
    bool failed;
} eqli_listing;

static void put(eqli_listing *l, const char *s, size_t len)
{
    if (!l->failed && len)
        l->failed = !l->write(l->ctx, s, len);
}

static void put_text(eqli_listing *l, const char *s)
{
    put(l, s, strlen(s));
}

static void put_uint(eqli_listing *l, uint64_t v, size_t width)
{
    char buf[EQLI_NUM_MAX];
    size_t n = eqli_u64_text(v, buf);
    for (size_t i = n; i < width; i++)
        put(l, " ", 1);
    put(l, buf, n);
}

static void put_padded(eqli_listing *l, const char *s, size_t width)
{
    size_t n = strlen(s);
    put(l, s, n);
    for (; n < width; n++)
        put(l, " ", 1);
}

/* A text as a JSON string, so that a listing is one line per instruction whatever the rule holds. */
static void put_quoted(eqli_listing *l, const char *s, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    put(l, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        char escape[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
        if (c == '"' || c == '\\')
            put(l, "\\", 1);
        if (c < 0x20 || c == 0x7f)
            put(l, escape, sizeof escape);
        else
            put(l, s + i, 1);
    }
    put(l, "\"", 1);
}

static void put_value(eqli_listing *l, const eqlm_value *v)
{
    char buf[64];
    switch (v->type) {
    case EQLM_BOOL:
        put_text(l, v->as.boolean ? "true" : "false");
        break;
    case EQLM_I64:
        put(l, buf, eqli_i64_text(v->as.i64, buf));
        break;
    case EQLM_U64:
        put(l, buf, eqli_u64_text(v->as.u64, buf));
        break;
    case EQLM_F64:
        put(l, buf, eqli_f64_text(v->as.f64, buf));
        break;
    case EQLM_STRING:
        put_quoted(l, v->as.str, v->len);
        break;
    case EQLM_IP:
        put(l, buf, eqli_ip_text(v->as.ip, v->len, buf));
        break;
    case EQLM_DATE:
        put(l, buf, eqli_date_text(v->as.i64, buf));
        break;
    default:
        put_text(l, "null");
        break;
    }
}

static void put_set(eqli_listing *l, uint32_t i)
{
    enum { SHOWN = 4 };
    static const char *const kinds[] = { "", "", "prefix ", "suffix ", "contains " };
    const eqli_set *set = &l->p->sets[i];
    put_text(l, set->fold ? "~(" : "(");
    for (uint32_t k = 0; k < set->n && k < SHOWN; k++) {
        if (k)
            put_text(l, ", ");
        if (set->kind == EQLI_SET_PATTERNS)
            put_text(l, kinds[set->kinds[k]]);
        put_value(l, &l->p->consts[set->first + k]);
    }
    if (set->n > SHOWN) {
        put_text(l, ", and ");
        put_uint(l, set->n - SHOWN, 0);
        put_text(l, " more");
    }
    put_text(l, ")");
}

static void put_slot(eqli_listing *l, uint32_t i)
{
    const eqli_slot *s = &l->p->slots[i];
    const eqlm_value *name = &l->p->consts[s->name];
    if (s->scope >= EQLI_SCOPE_ALIAS) {
        put_text(l, "@");
        put_uint(l, s->scope - EQLI_SCOPE_ALIAS, 0);
        put_text(l, ".");
    } else if (s->scope) {
        put_text(l, "$");
        put_uint(l, s->scope, 0);
        put_text(l, s->element ? ":" : ".");
    }
    put(l, name->as.str, name->len);
}

static void put_as(eqli_listing *l, uint32_t mode)
{
    static const char *const as[] = { "raw", "num", "str", "bool", "ip", "date", "version", "?" };
    put_text(l, as[EQLI_MODE_AS(mode)]);
    if (mode & EQLI_COERCE)
        put_text(l, "*"); /* reads other forms too */
}

static void put_operand(eqli_listing *l, uint8_t kind, uint32_t v)
{
    static const char *const cmp[] = { "==", "!=", "<", "<=", ">", ">=", "?", "?" };
    static const char *const arith[] = { "+", "-", "*", "/", "%" };
    if (kind == EQLI_ARG_NONE || kind == EQLI_ARG_TARGET)
        return;
    put_text(l, " ");
    switch ((eqli_operand)kind) {
    case EQLI_ARG_SLOT:
        put_slot(l, v);
        break;
    case EQLI_ARG_REG:
        put_text(l, "r");
        put_uint(l, v, 0);
        break;
    case EQLI_ARG_CMP:
        put_text(l, cmp[EQLI_MODE_CMP(v)]);
        put_text(l, ":");
        put_as(l, v);
        break;
    case EQLI_ARG_AS:
        put_as(l, v);
        break;
    case EQLI_ARG_ARITH:
        put_text(l, arith[v]);
        break;
    case EQLI_ARG_CONST:
        put_value(l, &l->p->consts[v]);
        break;
    case EQLI_ARG_PATTERNS:
    case EQLI_ARG_REGEX:
    case EQLI_ARG_VALUES:
    case EQLI_ARG_BLOCKS:
        put_set(l, v);
        break;
    case EQLI_ARG_FN:
        put_text(l, eqli_functions[v].name);
        break;
    default:
        put_uint(l, v, 0);
        break;
    }
}

static void put_target(eqli_listing *l, const char *arrow, uint8_t kind, uint32_t v)
{
    if (kind != EQLI_ARG_TARGET)
        return;
    put_text(l, arrow);
    put_uint(l, v, 0);
}

static void put_insn(eqli_listing *l, uint32_t pc)
{
    const eqli_insn *in = &l->p->insns[pc];
    const eqli_op_info *info = &eqli_op_table[in->op];
    put_uint(l, pc, 5);
    put_text(l, info->group == EQLI_GROUP_VALUE ? "    " : "  ");
    put_padded(l, info->name, 14);
    put_operand(l, info->a, in->a);
    put_operand(l, info->mode, in->mode);
    put_operand(l, info->b, in->b);
    put_operand(l, info->t, in->t);
    put_operand(l, info->f, in->f);
    put_target(l, "  yes ", info->t, in->t);
    put_target(l, "  no ", info->f, in->f);
    put_text(l, "\n");
}

static void put_region(eqli_listing *l, const char *what, uint32_t n, uint32_t start, uint32_t len)
{
    put_text(l, what);
    put_uint(l, n, 0);
    put_text(l, ":\n");
    for (uint32_t pc = start; pc < start + len; pc++)
        put_insn(l, pc);
}

static void put_stage(eqli_listing *l, uint32_t i)
{
    const eqli_stage *s = &l->p->stages[i];
    put_region(l, i == l->p->n_stages ? "until " : s->missing ? "missing stage " : "stage ", i, s->start, s->len);
    if (s->join_len)
        put_region(l, "with aliases, stage ", i, s->join_start, s->join_len);
    for (uint32_t k = 0; k < s->n_keys; k++) {
        const eqli_key *key = &l->p->keys[s->first_key + k];
        put_text(l, k ? ", " : "       by ");
        if (key->optional)
            put_text(l, "?");
        put_slot(l, key->slot);
    }
    if (s->n_keys)
        put_text(l, "\n");
}

eqlm_status eqlm_program_dump(const eqlm_program *p, eqlm_write_fn write, void *ctx)
{
    if (!p || !write)
        return EQLM_E_ARGUMENT;
    eqli_listing l = { p, write, ctx, false };
    bool single = p->kind == EQLM_EVENT_QUERY || p->kind == EQLM_EXPRESSION;
    for (uint32_t i = 0; i < p->n_lineages; i++)
        put_region(&l, "lineage ", i, p->lineages[i].start, p->lineages[i].len);
    for (uint32_t pc = p->stages[0].start; single && pc < p->stages[0].start + p->stages[0].len; pc++)
        put_insn(&l, pc);
    for (uint32_t i = 0; !single && i < eqli_program_n_regions(p); i++)
        put_stage(&l, i);
    if (p->maxspan_ns >= 0) {
        put_text(&l, "       maxspan ");
        put_uint(&l, (uint64_t)p->maxspan_ns / 1000000, 0);
        put_text(&l, " ms\n");
    }
    for (uint32_t i = 0; i < p->n_pipes; i++) {
        put_text(&l, p->pipes[i].tail ? "       | tail " : "       | head ");
        put_uint(&l, p->pipes[i].count, 0);
        put_text(&l, "\n");
    }
    return l.failed ? EQLM_E_LIMIT : EQLM_OK;
}
