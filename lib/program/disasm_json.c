/* disasm_json.c - the same listing as one JSON object: code with an object per instruction, its members named
 * like the columns of opcodes.def (targets: yes, no), and what stands beside the code. */
#include "program/listing.h"

#include "ops/function.h"

#include <math.h>

static void put_key(eqli_listing *l, const char *name)
{
    eqli_list_text(l, ",\"");
    eqli_list_text(l, name);
    eqli_list_text(l, "\":");
}

static void put_number(eqli_listing *l, const char *name, uint64_t v)
{
    put_key(l, name);
    eqli_list_uint(l, v, 0);
}

static void put_value(eqli_listing *l, const eqlm_value *v)
{
    const char *quote = eqli_is_own(v) ? "\"" : "";
    if (v->type == EQLM_F64 && !isfinite(v->as.f64)) {
        eqli_list_text(l, "null");
        return;
    }
    eqli_list_text(l, quote);
    eqli_list_value(l, v);
    eqli_list_text(l, quote);
}

static void put_set(eqli_listing *l, uint32_t i)
{
    static const char *const kinds[] = { "exact", "glob", "prefix", "suffix", "contains" };
    const eqli_set *set = &l->p->sets[i];
    eqli_list_text(l, set->fold ? "{\"fold\":true,\"members\":[" : "{\"fold\":false,\"members\":[");
    for (uint32_t k = 0; k < set->n; k++) {
        eqli_list_text(l, k ? "," : "");
        if (set->kind != EQLI_SET_PATTERNS) {
            put_value(l, &l->p->consts[set->first + k]);
            continue;
        }
        eqli_list_text(l, "{\"");
        eqli_list_text(l, kinds[set->kinds[k]]);
        eqli_list_text(l, "\":");
        put_value(l, &l->p->consts[set->first + k]);
        eqli_list_text(l, "}");
    }
    eqli_list_text(l, "]}");
}

static void put_slot(eqli_listing *l, uint32_t i)
{
    const eqli_slot *s = &l->p->slots[i];
    const eqlm_value *name = &l->p->consts[s->name];
    eqli_list_text(l, "{\"field\":");
    eqli_list_quoted(l, name->as.str, name->len);
    if (s->scope >= EQLI_SCOPE_ALIAS)
        put_number(l, "alias", s->scope - EQLI_SCOPE_ALIAS);
    else if (s->scope)
        put_number(l, s->element ? "element" : "scope", s->scope);
    eqli_list_text(l, "}");
}

static void put_mode(eqli_listing *l, uint8_t kind, uint32_t mode)
{
    eqli_list_text(l, "\"");
    if (kind == EQLI_ARG_ARITH) {
        eqli_list_arith(l, mode);
    } else {
        if (kind == EQLI_ARG_CMP) {
            eqli_list_cmp(l, mode);
            eqli_list_text(l, ":");
        }
        eqli_list_as(l, mode);
    }
    eqli_list_text(l, "\"");
}

static void put_operand(eqli_listing *l, const char *column, uint8_t kind, uint32_t v)
{
    if (kind == EQLI_ARG_NONE)
        return;
    put_key(l, column);
    switch ((eqli_operand)kind) {
    case EQLI_ARG_SLOT:
        put_slot(l, v);
        break;
    case EQLI_ARG_REG:
        eqli_list_text(l, "\"r");
        eqli_list_uint(l, v, 0);
        eqli_list_text(l, "\"");
        break;
    case EQLI_ARG_CMP:
    case EQLI_ARG_AS:
    case EQLI_ARG_ARITH:
        put_mode(l, kind, v);
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
        eqli_list_text(l, "\"");
        eqli_list_text(l, eqli_functions[v].name);
        eqli_list_text(l, "\"");
        break;
    default:
        eqli_list_uint(l, v, 0);
        break;
    }
}

static void put_insn(eqli_listing *l, uint32_t pc)
{
    const eqli_insn *in = &l->p->insns[pc];
    const eqli_op_info *info = &eqli_op_table[in->op];
    eqli_list_text(l, pc ? ",\n{\"pc\":" : "\n{\"pc\":");
    eqli_list_uint(l, pc, 0);
    eqli_list_text(l, ",\"op\":\"");
    eqli_list_text(l, info->name);
    eqli_list_text(l, "\"");
    put_operand(l, "mode", info->mode, in->mode);
    put_operand(l, "a", info->a, in->a);
    put_operand(l, "b", info->b, in->b);
    put_operand(l, info->t == EQLI_ARG_TARGET ? "yes" : "t", info->t, in->t);
    put_operand(l, info->f == EQLI_ARG_TARGET ? "no" : "f", info->f, in->f);
    eqli_list_text(l, "}");
}

static void put_stage(eqli_listing *l, uint32_t i)
{
    const eqli_stage *s = &l->p->stages[i];
    const char *kind = i == l->p->n_stages ? "until" : s->missing ? "missing" : "stage";
    eqli_list_text(l, i ? ",\n{\"kind\":\"" : "\n{\"kind\":\"");
    eqli_list_text(l, kind);
    eqli_list_text(l, "\"");
    put_number(l, "start", s->start);
    put_number(l, "len", s->len);
    if (s->join_len) {
        put_number(l, "join_start", s->join_start);
        put_number(l, "join_len", s->join_len);
    }
    put_key(l, "keys");
    eqli_list_text(l, "[");
    for (uint32_t k = 0; k < s->n_keys; k++) {
        const eqli_key *key = &l->p->keys[s->first_key + k];
        eqli_list_text(l, k ? ",{\"slot\":" : "{\"slot\":");
        put_slot(l, key->slot);
        eqli_list_text(l, key->optional ? ",\"optional\":true}" : ",\"optional\":false}");
    }
    eqli_list_text(l, "]}");
}

static void put_lineages(eqli_listing *l)
{
    static const char *const relations[] = { "descendant", "child", "event" };
    eqli_list_text(l, "[");
    for (uint32_t i = 0; i < l->p->n_lineages; i++) {
        const eqli_lineage_query *q = &l->p->lineages[i];
        eqli_list_text(l, i ? ",{\"relation\":\"" : "{\"relation\":\"");
        eqli_list_text(l, relations[q->relation]);
        eqli_list_text(l, "\"");
        put_number(l, "start", q->start);
        put_number(l, "len", q->len);
        eqli_list_text(l, "}");
    }
    eqli_list_text(l, "]");
}

static void put_pipes(eqli_listing *l)
{
    eqli_list_text(l, "[");
    for (uint32_t i = 0; i < l->p->n_pipes; i++) {
        eqli_list_text(l, i ? ",{\"" : "{\"");
        eqli_list_text(l, l->p->pipes[i].tail ? "tail\":" : "head\":");
        eqli_list_uint(l, l->p->pipes[i].count, 0);
        eqli_list_text(l, "}");
    }
    eqli_list_text(l, "]");
}

void eqli_list_json(eqli_listing *l)
{
    static const char *const kinds[] = { "event", "sequence", "sample", "expression" };
    const eqlm_program *p = l->p;
    eqli_list_text(l, "{\"kind\":\"");
    eqli_list_text(l, kinds[p->kind]);
    eqli_list_text(l, "\"");
    if (p->maxspan_ns >= 0)
        put_number(l, "maxspan_ms", (uint64_t)p->maxspan_ns / 1000000);
    put_key(l, "pipes");
    put_pipes(l);
    put_key(l, "lineages");
    put_lineages(l);
    put_key(l, "stages");
    eqli_list_text(l, "[");
    for (uint32_t i = 0; i < eqli_program_n_regions(p); i++)
        put_stage(l, i);
    eqli_list_text(l, "],\n\"code\":[");
    for (uint32_t pc = 0; pc < p->n_insns; pc++)
        put_insn(l, pc);
    eqli_list_text(l, "]}\n");
}
