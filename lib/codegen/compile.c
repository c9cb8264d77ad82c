/* compile.c - text to program: the stages in order. Each may be called after a failure and then does nothing.
 */
#include "check/check.h"
#include "check/lint.h"
#include "codegen/codegen.h"
#include "syntax/tree.h"

/* 0 means the default; more than the ceiling of a program is the ceiling. */
static uint32_t limit(uint32_t given, uint32_t standard, uint32_t ceiling)
{
    uint32_t v = given ? given : standard;
    return v < ceiling ? v : ceiling;
}

static bool options_are_good(const eqlm_options *o)
{
    return !o || (eqli_mem_known(o, sizeof *o) && (unsigned)o->dialect <= EQLM_DIALECT_ENDPOINT);
}

/* Fills in every default. */
static eqlm_options complete(const eqlm_options *given)
{
    eqlm_options o = { 0 };
    if (given)
        o = *given;
    if (!o.category_field)
        o.category_field = "event.category";
    eqlm_limits *l = &o.limits;
    l->max_source = limit(l->max_source, 1 << 20, INT32_MAX);
    l->max_depth = limit(l->max_depth, 250, 1000);
    l->max_nodes = limit(l->max_nodes, 1000000, 1 << 24);
    l->max_diags = limit(l->max_diags, 100, 1 << 20);
    l->max_choices = limit(l->max_choices, 10000, EQLI_CEIL_CHOICES);
    l->max_regex_states = limit(l->max_regex_states, 10000, EQLI_CEIL_REGEX_STATES);
    l->max_scratch = limit(l->max_scratch, 16 << 20, EQLI_CEIL_SCRATCH);
    return o;
}

/* One compilation, from cx_open to cx_close. */
static eqlm_status cx_open(eqli_cx *cx, const eqlm_alloc *alloc, eqlm_schema *schema, eqlm_str source,
                           const eqlm_options *options, eqlm_diags *diags)
{
    *cx = (eqli_cx){ .alloc = eqli_mem_default(alloc), .diags = diags, .source = source, .schema = schema };
    if (!schema || (!source.ptr && source.len) || !options_are_good(options))
        return EQLM_E_ARGUMENT;
    if (!source.ptr)
        cx->source.ptr = "";
    cx->options = complete(options);
    if (!diags) {
        eqlm_status status = eqlm_diags_new(&cx->alloc, &cx->diags);
        if (status != EQLM_OK)
            return status;
    }
    eqlm_diags_clear(cx->diags);
    eqli_diags_set_max(cx->diags, cx->options.limits.max_diags);
    eqli_arena_init(&cx->arena, &cx->alloc, SIZE_MAX);
    return EQLM_OK;
}

static eqlm_status cx_close(eqli_cx *cx, const eqlm_diags *given)
{
    eqlm_status status = EQLM_OK;
    eqli_diags_finish(cx->diags, cx->source);
    if (cx->nomem || eqli_diags_nomem(cx->diags))
        status = EQLM_E_NOMEM;
    else if (cx->failed)
        status = EQLM_E_COMPILE;
    eqli_arena_clear(&cx->arena);
    if (!given)
        eqlm_diags_free(cx->diags);
    return status;
}

static eqlm_status compile(const eqlm_alloc *alloc, eqlm_schema *schema, eqlm_str source,
                           const eqlm_options *options, eqlm_diags *diags, eqli_query *(*parse)(eqli_cx *),
                           eqlm_program **out)
{
    eqli_cx cx;
    if (!out)
        return EQLM_E_ARGUMENT;
    *out = NULL;
    eqlm_status status = cx_open(&cx, alloc, schema, source, options, diags);
    if (status != EQLM_OK)
        return status;
    eqlm_program *program = NULL;
    eqli_query *query = parse(&cx);
    if (query)
        eqli_check_query(&cx, query);
    if (query && diags && !cx.failed && !cx.nomem)
        eqli_lint_query(&cx, query);
    if (query && !cx.failed && !cx.nomem)
        program = eqli_codegen(&cx, query);
    status = cx_close(&cx, diags);
    if (status != EQLM_OK)
        eqlm_program_free(program);
    else
        *out = program;
    return status;
}

eqlm_status eqlm_compile(const eqlm_alloc *alloc, eqlm_schema *schema, eqlm_str source,
                         const eqlm_options *options, eqlm_diags *diags, eqlm_program **out)
{
    return compile(alloc, schema, source, options, diags, eqli_parse_query, out);
}

eqlm_status eqlm_compile_expr(const eqlm_alloc *alloc, eqlm_schema *schema, eqlm_str source,
                              const eqlm_options *options, eqlm_diags *diags, eqlm_program **out)
{
    return compile(alloc, schema, source, options, diags, eqli_parse_expr, out);
}

eqlm_status eqlm_dump_tree(const eqlm_alloc *alloc, eqlm_schema *schema, eqlm_str source,
                           const eqlm_options *options, eqlm_diags *diags, bool json, eqlm_write_fn write,
                           void *ctx)
{
    eqli_cx cx;
    if (!write)
        return EQLM_E_ARGUMENT;
    eqlm_status status = cx_open(&cx, alloc, schema, source, options, diags);
    if (status != EQLM_OK)
        return status;
    eqli_query *query = eqli_parse_query(&cx);
    bool written = true;
    if (query)
        eqli_check_query(&cx, query);
    if (query && !cx.failed && !cx.nomem)
        written = eqli_tree_write(query, json, write, ctx);
    status = cx_close(&cx, diags);
    return status == EQLM_OK && !written ? EQLM_E_LIMIT : status;
}
