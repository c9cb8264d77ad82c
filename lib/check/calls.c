/* calls.c - functions and their arguments. */
#include "check/names.h"

#include "check/operands.h"
#include "ops/function.h"
#include "syntax/build.h"

/* Functions of older dialects, and what is written instead. */
static const struct {
    const char *name, *hint;
} former[] = {
    { "wildcard", "write field : (\"a*\", \"b*\")" },
    { "match", "write field regex~ \"...\"; it matches the whole value" },
    { "matchLite", "write field regex~ \"...\"; it matches the whole value" },
    { "arrayContains", "write field == value: it holds when any of several values is equal" },
    { "arrayCount", "conditions on elements hold when any element meets them; nothing counts elements" },
    { "safe", "leave it out: a missing field is no error" },
};

static void report_unknown_function(eqli_cx *cx, const eqli_node *n)
{
    eqli_suggest s;
    eqli_error(cx, n->op_span, EQLI_D_UNKNOWN_FUNCTION, n->u.call.name);
    eqli_suggest_init(&s, n->u.call.name);
    for (size_t i = 0; i < sizeof former / sizeof former[0]; i++) {
        if (eqli_str_is(n->u.call.name, former[i].name)) {
            eqli_diag_hint(cx->diags, former[i].hint);
            return;
        }
    }
    for (int i = 0; i < EQLI_FN_COUNT; i++)
        eqli_suggest_offer(&s, eqli_str(eqli_functions[i].name));
    eqli_suggest_hint(&s, cx->diags);
}

static const char *param_text(char letter)
{
    switch (letter) {
    case 's':
        return "a string";
    case 'i':
    case 'k':
        return "an integer";
    case 'n':
        return "a number";
    case 'b':
        return "a boolean";
    case 'p':
        return "an IP address or a string";
    case 'c':
        return "an address block in a string";
    default:
        return "a value";
    }
}

static bool argument_fits(char letter, eqli_type t)
{
    switch (letter) {
    case 's':
    case 'c':
        return eqli_type_is_string(t);
    case 'i':
    case 'k':
        return eqli_type_is_number(t) && t != EQLI_T_DOUBLE;
    case 'n':
        return eqli_type_is_number(t);
    case 'b':
        return eqli_type_is_bool(t);
    case 'p':
        return eqli_type_is_string(t) || t == EQLI_T_IP;
    default:
        return t != EQLI_T_OBJECT;
    }
}

static void check_argument(eqli_cx *cx, const eqli_function *f, eqli_node *arg, uint32_t i)
{
    char letter = eqli_function_param(f, i);
    if (!argument_fits(letter, arg->type)) {
        eqli_error(cx, arg->span, EQLI_D_ARGUMENT_TYPE, i + 1, f->name, param_text(letter),
                   eqli_type_text(arg->type));
        return;
    }
    if ((letter == 'c' || letter == 'k') && arg->kind != EQLI_N_CONST && arg->type != EQLI_T_ERROR) {
        eqli_error(cx, arg->span, EQLI_D_ARGUMENT_CONSTANT, i + 1, f->name);
        return;
    }
    if (letter == 'c')
        eqli_check_block(cx, arg);
}

static const char *count_text(const eqli_function *f)
{
    static const char *const exact[] = { "no arguments", "1 argument", "2 arguments", "3 arguments" };
    static const char *const least[] = { "", "at least 1 argument", "at least 2 arguments" };
    static const char *const either[] = { "", "1 or 2 arguments", "2 or 3 arguments", "3 or 4 arguments" };
    if (f->max_args == UINT8_MAX)
        return least[f->min_args];
    return f->min_args == f->max_args ? exact[f->min_args] : either[f->min_args];
}

static eqli_type result_type(const eqli_function *f, const eqli_node *n)
{
    switch (f->result) {
    case 's':
        return EQLI_T_STRING;
    case 'b':
        return EQLI_T_BOOL;
    case 'i':
        return EQLI_T_INT;
    default:
        break;
    }
    if (f->params[0] != 'n')
        return EQLI_T_DOUBLE; /* number() */
    for (uint32_t i = 0; i < n->n_kids; i++) {
        if (n->kids[i]->type == EQLI_T_DOUBLE)
            return EQLI_T_DOUBLE;
    }
    return EQLI_T_INT;
}

void eqli_check_call(eqli_cx *cx, eqli_node *n)
{
    n->type = EQLI_T_ERROR;
    n->u.call.fn = eqli_function_find(n->u.call.name.ptr, n->u.call.name.len);
    if (n->u.call.fn < 0) {
        report_unknown_function(cx, n);
        return;
    }
    const eqli_function *f = &eqli_functions[n->u.call.fn];
    n->type = (uint8_t)result_type(f, n);
    if (n->fold && !f->tilde)
        eqli_error(cx, n->op_span, EQLI_D_NOT_CASE_AWARE, f->name);
    if (n->n_kids < f->min_args || (f->max_args != UINT8_MAX && n->n_kids > f->max_args)) {
        eqli_error(cx, n->span, EQLI_D_ARGUMENT_COUNT, f->name, count_text(f), n->n_kids);
        return;
    }
    for (uint32_t i = 0; i < n->n_kids; i++)
        check_argument(cx, f, n->kids[i], i);
}
