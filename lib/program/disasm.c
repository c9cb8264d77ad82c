/* disasm.c - a listing of the code for people, driven by the operand kinds of opcodes.def. */
#include "program/listing.h"

#include "ops/function.h"

#include <string.h>

static void put_padded(eqli_listing *l, const char *s, size_t width)
{
    size_t n = strlen(s);
    eqli_list_bytes(l, s, n);
    for (; n < width; n++)
        eqli_list_bytes(l, " ", 1);
}

static void put_set(eqli_listing *l, uint32_t i)
{
    enum { SHOWN = 4 };
    static const char *const kinds[] = { "", "", "prefix ", "suffix ", "contains " };
    const eqli_set *set = &l->p->sets[i];
    eqli_list_text(l, set->fold ? "~(" : "(");
    for (uint32_t k = 0; k < set->n && k < SHOWN; k++) {
        if (k)
            eqli_list_text(l, ", ");
        if (set->kind == EQLI_SET_PATTERNS)
            eqli_list_text(l, kinds[set->kinds[k]]);
        eqli_list_value(l, &l->p->consts[set->first + k]);
    }
    if (set->n > SHOWN) {
        eqli_list_text(l, ", and ");
        eqli_list_uint(l, set->n - SHOWN, 0);
        eqli_list_text(l, " more");
    }
    eqli_list_text(l, ")");
}

static void put_slot(eqli_listing *l, uint32_t i)
{
    const eqli_slot *s = &l->p->slots[i];
    const eqlm_value *name = &l->p->consts[s->name];
    if (s->scope >= EQLI_SCOPE_ALIAS) {
        eqli_list_text(l, "@");
        eqli_list_uint(l, s->scope - EQLI_SCOPE_ALIAS, 0);
        eqli_list_text(l, ".");
    } else if (s->scope) {
        eqli_list_text(l, "$");
        eqli_list_uint(l, s->scope, 0);
        eqli_list_text(l, s->element ? ":" : ".");
    }
    eqli_list_bytes(l, name->as.str, name->len);
}

static void put_operand(eqli_listing *l, uint8_t kind, uint32_t v)
{
    if (kind == EQLI_ARG_NONE || kind == EQLI_ARG_TARGET)
        return;
    eqli_list_text(l, " ");
    switch ((eqli_operand)kind) {
    case EQLI_ARG_SLOT:
        put_slot(l, v);
        break;
    case EQLI_ARG_REG:
        eqli_list_text(l, "r");
        eqli_list_uint(l, v, 0);
        break;
    case EQLI_ARG_CMP:
        eqli_list_cmp(l, v);
        eqli_list_text(l, ":");
        eqli_list_as(l, v);
        break;
    case EQLI_ARG_AS:
        eqli_list_as(l, v);
        break;
    case EQLI_ARG_ARITH:
        eqli_list_arith(l, v);
        break;
    case EQLI_ARG_CONST:
        eqli_list_value(l, &l->p->consts[v]);
        break;
    case EQLI_ARG_PATTERNS:
    case EQLI_ARG_REGEX:
    case EQLI_ARG_VALUES:
    case EQLI_ARG_BLOCKS:
        put_set(l, v);
        break;
    case EQLI_ARG_FN:
        eqli_list_text(l, eqli_functions[v].name);
        break;
    default:
        eqli_list_uint(l, v, 0);
        break;
    }
}

static void put_target(eqli_listing *l, const char *arrow, uint8_t kind, uint32_t v)
{
    if (kind != EQLI_ARG_TARGET)
        return;
    eqli_list_text(l, arrow);
    eqli_list_uint(l, v, 0);
}

static void put_operands(eqli_listing *l, const eqli_insn *in)
{
    const eqli_op_info *info = &eqli_op_table[in->op];
    put_operand(l, info->a, in->a);
    put_operand(l, info->mode, in->mode);
    put_operand(l, info->b, in->b);
    put_operand(l, info->t, in->t);
    put_operand(l, info->f, in->f);
}

bool eqli_program_put_insn(const eqlm_program *p, uint32_t pc, eqlm_write_fn write, void *ctx)
{
    eqli_listing l = { p, write, ctx, false };
    eqli_list_text(&l, eqli_op_table[p->insns[pc].op].name);
    put_operands(&l, &p->insns[pc]);
    return !l.failed;
}

static void put_insn(eqli_listing *l, uint32_t pc)
{
    const eqli_insn *in = &l->p->insns[pc];
    const eqli_op_info *info = &eqli_op_table[in->op];
    eqli_list_uint(l, pc, 5);
    eqli_list_text(l, info->group == EQLI_GROUP_VALUE ? "    " : "  ");
    put_padded(l, info->name, 14);
    put_operands(l, in);
    put_target(l, "  yes ", info->t, in->t);
    put_target(l, "  no ", info->f, in->f);
    eqli_list_text(l, "\n");
}

static void put_region(eqli_listing *l, const char *what, uint32_t n, uint32_t start, uint32_t len)
{
    eqli_list_text(l, what);
    eqli_list_uint(l, n, 0);
    eqli_list_text(l, ":\n");
    for (uint32_t pc = start; pc < start + len; pc++)
        put_insn(l, pc);
}

static void put_stage(eqli_listing *l, uint32_t i)
{
    const eqli_stage *s = &l->p->stages[i];
    put_region(l,
               i == l->p->n_stages ? "until "
               : s->missing        ? "missing stage "
                                   : "stage ",
               i, s->start, s->len);
    if (s->join_len)
        put_region(l, "with aliases, stage ", i, s->join_start, s->join_len);
    for (uint32_t k = 0; k < s->n_keys; k++) {
        const eqli_key *key = &l->p->keys[s->first_key + k];
        eqli_list_text(l, k ? ", " : "       by ");
        if (key->optional)
            eqli_list_text(l, "?");
        put_slot(l, key->slot);
    }
    if (s->n_keys)
        eqli_list_text(l, "\n");
}

static void list_program(eqli_listing *l)
{
    const eqlm_program *p = l->p;
    bool single = p->kind == EQLM_EVENT_QUERY || p->kind == EQLM_EXPRESSION;
    for (uint32_t i = 0; i < p->n_lineages; i++)
        put_region(l, "lineage ", i, p->lineages[i].start, p->lineages[i].len);
    for (uint32_t pc = p->stages[0].start; single && pc < p->stages[0].start + p->stages[0].len; pc++)
        put_insn(l, pc);
    for (uint32_t i = 0; !single && i < eqli_program_n_regions(p); i++)
        put_stage(l, i);
    if (p->maxspan_ns >= 0) {
        eqli_list_text(l, "       maxspan ");
        eqli_list_uint(l, (uint64_t)p->maxspan_ns / 1000000, 0);
        eqli_list_text(l, " ms\n");
    }
    for (uint32_t i = 0; i < p->n_pipes; i++) {
        eqli_list_text(l, p->pipes[i].tail ? "       | tail " : "       | head ");
        eqli_list_uint(l, p->pipes[i].count, 0);
        eqli_list_text(l, "\n");
    }
}

eqlm_status eqlm_program_dump(const eqlm_program *p, bool json, eqlm_write_fn write, void *ctx)
{
    if (!p || !write)
        return EQLM_E_ARGUMENT;
    eqli_listing l = { p, write, ctx, false };
    if (json)
        eqli_list_json(&l);
    else
        list_program(&l);
    return l.failed ? EQLM_E_LIMIT : EQLM_OK;
}
