/* query.c - builders of event queries, sequences, samples and their clauses. */
#include "syntax/build.h"

#include <string.h>

#include "base/number.h"
#include "eql.h"

enum { MAX_RUNS = 100 };
#define MAX_SPAN_MS (INT64_MAX / 1000000) /* so that it also fits in nanoseconds */

static eqli_query *new_query(eqli_cx *cx, eqli_query_kind kind, eqli_span span)
{
    eqli_query *q = eqli_cx_alloc(cx, 1, sizeof *q);
    if (q) {
        q->kind = kind;
        q->span = q->head_span = span;
    }
    return q;
}

eqli_query *eqli_query_expr(eqli_cx *cx, eqli_node *expr)
{
    eqli_query *q = new_query(cx, EQLI_Q_EXPR, expr ? expr->outer : (eqli_span){ 0, 0 });
    if (q)
        q->expr = expr;
    return q;
}

eqli_query *eqli_query_new(eqli_cx *cx, eqli_query_kind kind, const eqli_token *word)
{
    return new_query(cx, kind, word->span);
}

eqli_query *eqli_query_join(eqli_cx *cx, const eqli_token *word)
{
    eqli_error(cx, word->span, EQLI_D_JOIN_UNSUPPORTED);
    eqli_diag_hint(cx->diags, "'sample' relates events without an order, 'sequence' with one");
    return NULL;
}

static eqli_term *add_term(eqli_cx *cx, eqli_query *q, const eqli_term *term)
{
    void *terms = q->terms;
    if (!eqli_cx_grow(cx, &terms, q->n_terms, &q->cap_terms, sizeof *term))
        return NULL;
    q->terms = terms;
    q->span.end = term->span.end;
    q->terms[q->n_terms] = *term;
    return &q->terms[q->n_terms++];
}

eqli_query *eqli_query_event(eqli_cx *cx, eqli_filter *filter)
{
    if (!filter)
        return NULL;
    eqli_query *q = new_query(cx, EQLI_Q_EVENT, filter->span);
    eqli_term term = { .filter = filter, .runs = 1, .span = filter->span };
    return q && add_term(cx, q, &term) ? q : NULL;
}

static void repeated(eqli_cx *cx, eqli_span span, const char *word)
{
    eqli_error(cx, span, EQLI_D_REPEATED_CLAUSE, word);
}

eqli_query *eqli_query_keys(eqli_cx *cx, eqli_query *q, eqli_list *keys)
{
    if (!q || !keys)
        return q;
    if (q->keys)
        repeated(cx, keys->span, "by");
    else if (q->has_maxspan)
        eqli_error(cx, keys->span, EQLI_D_CLAUSE_ORDER, "by", "with maxspan");
    q->keys = keys;
    q->head_span.end = q->span.end = keys->span.end;
    return q;
}

/* Milliseconds of a unit, or 0 with a diagnostic. */
static uint64_t unit_ms(eqli_cx *cx, const eqli_token *unit)
{
    static const struct {
        const char *name;
        uint32_t ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
    eqli_suggest s;
    eqli_suggest_init(&s, unit->text);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (eqli_str_is(unit->text, units[i].name))
            return units[i].ms;
        eqli_suggest_offer(&s, eqli_str(units[i].name));
    }
    eqli_error(cx, unit->span, EQLI_D_MAXSPAN_UNIT, unit->text);
    eqli_diag_hint(cx->diags, "the units are ms, s, m, h and d");
    eqli_suggest_hint(&s, cx->diags);
    return 0;
}

static uint64_t maxspan_ms(eqli_cx *cx, const eqli_token *number, const eqli_token *unit)
{
    int64_t n = 0;
    uint64_t ms;
    if (number->text.len == 0) {
        return 0; /* a placeholder of the parser: reported there */
    } else if (number->kind == EQLI_TK_DECIMAL) {
        eqli_error(cx, number->span, EQLI_D_MAXSPAN_DECIMAL, number->text);
        eqli_diag_hint(cx->diags, "use a smaller unit: 1500ms instead of 1.5s");
    } else if (unit->kind == 0) {
        eqli_error(cx, number->span, EQLI_D_MAXSPAN_NO_UNIT, number->text);
        eqli_diag_hint(cx->diags, "for seconds write %Ss; the units are ms, s, m, h and d", number->text);
    } else if ((ms = unit_ms(cx, unit)) != 0) {
        bool fits = eqli_int_parse(number->text.ptr, number->text.len, 10, &n);
        if (!fits || (uint64_t)n > (uint64_t)MAX_SPAN_MS / ms)
            eqli_error(cx, eqli_span_join(number->span, unit->span), EQLI_D_MAXSPAN_RANGE);
        else if (n == 0)
            eqli_error(cx, number->span, EQLI_D_MAXSPAN_POSITIVE);
        else
            return (uint64_t)n * ms;
    }
    return 0;
}

eqli_query *eqli_query_maxspan(eqli_cx *cx, eqli_query *q, const eqli_token *with, const eqli_token *number,
                               const eqli_token *unit)
{
    eqli_span span = eqli_span_join(with->span, unit->kind ? unit->span : number->span);
    uint64_t ms = maxspan_ms(cx, number, unit);
    if (!q)
        return NULL;
    if (q->kind == EQLI_Q_SAMPLE)
        eqli_error(cx, span, EQLI_D_SAMPLE_CLAUSE, "maxspan");
    else if (q->has_maxspan)
        repeated(cx, span, "with maxspan");
    q->has_maxspan = true;
    q->maxspan_ms = ms;
    q->head_span.end = q->span.end = span.end;
    return q;
}

eqli_query *eqli_query_term(eqli_cx *cx, eqli_query *q, eqli_term *term)
{
    return q && term && add_term(cx, q, term) ? q : NULL;
}

eqli_query *eqli_query_until(eqli_cx *cx, eqli_query *q, const eqli_token *until, eqli_term *term)
{
    if (!q || !term)
        return NULL;
    if (q->kind == EQLI_Q_SAMPLE)
        eqli_error(cx, until->span, EQLI_D_SAMPLE_CLAUSE, "'until'");
    if (term->missing)
        eqli_error(cx, term->span, EQLI_D_UNTIL_MISSING);
    if (term->has_runs)
        eqli_error(cx, term->span, EQLI_D_UNTIL_RUNS);
    q->until = term;
    q->span.end = term->span.end;
    return eqli_query_check(cx, q);
}

/* Is the name that of a pipe that can be used? Reports when not. */
static bool known_pipe(eqli_cx *cx, const eqli_token *name)
{
    if (name->text.len == 0)
        return false; /* a placeholder of the parser: reported there */
    static const char *const pipes[] = {
        "head", "tail", "count", "filter", "sort", "unique", "unique_count"
    };
    eqli_suggest s;
    eqli_suggest_init(&s, name->text);
    for (size_t i = 0; i < sizeof pipes / sizeof *pipes; i++) {
        if (eqli_str_is(name->text, pipes[i])) {
            if (i >= 2) {
                eqli_error(cx, name->span, EQLI_D_UNSUPPORTED_PIPE, name->text);
                eqli_diag_hint(cx->diags, "the pipes are head and tail");
            }
            return i < 2;
        }
        eqli_suggest_offer(&s, eqli_str(pipes[i]));
    }
    eqli_error(cx, name->span, EQLI_D_UNKNOWN_PIPE, name->text);
    eqli_diag_hint(cx->diags, "the pipes are head and tail");
    eqli_suggest_hint(&s, cx->diags);
    return false;
}

eqli_query *eqli_query_pipe(eqli_cx *cx, eqli_query *q, const eqli_token *name, eqli_list *args)
{
    if (!known_pipe(cx, name))
        return q;
    uint32_t n = args ? args->n : 0;
    bool failed = args && args->failed;
    if (n != 1 && !failed) {
        eqli_error(cx, name->span, EQLI_D_PIPE_ARGUMENTS, name->text, n);
        return q;
    }
    if (!q)
        return NULL;
    void *pipes = q->pipes;
    if (!eqli_cx_grow(cx, &pipes, q->n_pipes, &q->cap_pipes, sizeof *q->pipes))
        return NULL;
    q->pipes = pipes;
    eqli_node *arg = failed ? NULL : args->items[0];
    eqli_span span = arg ? eqli_span_join(name->span, arg->outer) : name->span;
    q->pipes[q->n_pipes++] = (eqli_pipe){ .tail = name->text.ptr[0] == 't', .arg = arg, .span = span };
    q->span.end = span.end;
    return q;
}

void eqli_query_accept(eqli_cx *cx, eqli_query *q)
{
    cx->query = q;
}

eqli_subquery eqli_subquery_new(const eqli_token *open, eqli_filter *filter, const eqli_token *close)
{
    return (eqli_subquery){ filter, open->kind == EQLI_TK_MISSING, eqli_span_join(open->span, close->span) };
}

eqli_filter *eqli_filter_new(eqli_cx *cx, const eqli_token *category, eqli_node *condition)
{
    eqli_filter *f = eqli_cx_alloc(cx, 1, sizeof *f);
    if (!f)
        return NULL;
    f->any = category->kind == EQLI_TK_ANY;
    f->category = category->text;
    f->category_span = category->span;
    f->condition = condition;
    f->span = eqli_span_join(category->span, condition ? condition->outer : category->span);
    return f;
}

eqli_term *eqli_term_new(eqli_cx *cx, const eqli_subquery *s)
{
    eqli_term *t = s->filter ? eqli_cx_alloc(cx, 1, sizeof *t) : NULL;
    if (t)
        *t = (eqli_term){ .filter = s->filter, .missing = s->missing, .runs = 1, .span = s->span };
    return t;
}

static void check_order(eqli_cx *cx, const eqli_term *t, eqli_span span, const char *word, bool after_runs)
{
    if (after_runs && t->has_runs)
        eqli_error(cx, span, EQLI_D_CLAUSE_ORDER, word, "with runs");
    else if (t->alias.len)
        eqli_error(cx, span, EQLI_D_CLAUSE_ORDER, word, "as");
}

eqli_list *eqli_keys(eqli_cx *cx, const eqli_token *by, eqli_list *items)
{
    if (!items)
        return NULL;
    for (uint32_t i = 0; i < items->n; i++) {
        const eqli_node *key = items->items[i];
        if (key->kind != EQLI_N_FIELD || key->u.field.variable.len)
            eqli_error(cx, key->outer, EQLI_D_JOIN_KEY_FIELD);
    }
    items->span = eqli_span_join(by->span, items->n ? items->span : by->span);
    return items;
}

eqli_term *eqli_term_keys(eqli_cx *cx, eqli_term *t, eqli_list *keys)
{
    if (!t || !keys)
        return t;
    if (t->keys)
        repeated(cx, keys->span, "by");
    else
        check_order(cx, t, keys->span, "by", true);
    t->keys = keys;
    t->span.end = keys->span.end;
    return t;
}

eqli_term *eqli_term_option(eqli_cx *cx, eqli_term *t, const eqli_token *with, const eqli_token *name,
                            const eqli_token *number)
{
    if (!t || name->text.len == 0 || number->text.len == 0)
        return t; /* a placeholder of the parser: reported there */
    eqli_span span = eqli_span_join(with->span, number->span);
    if (!eqli_str_is(name->text, "runs")) {
        eqli_error(cx, name->span, EQLI_D_TERM_OPTION, name->text);
        eqli_diag_hint(cx->diags, "the only option is 'with runs=n'");
        return t;
    }
    int64_t n = 0;
    bool is_integer = number->kind == EQLI_TK_INTEGER;
    if (t->has_runs)
        repeated(cx, span, "with runs");
    else
        check_order(cx, t, span, "with runs", false);
    if (!is_integer || !eqli_int_parse(number->text.ptr, number->text.len, 10, &n) || n < 1 || n > MAX_RUNS) {
        eqli_error(cx, number->span, EQLI_D_RUNS_RANGE);
        n = MAX_RUNS; /* silences a follow-on error about the number of terms */
    }
    t->runs = (uint32_t)n;
    t->has_runs = true;
    t->span.end = span.end;
    return t;
}

eqli_term *eqli_term_alias(eqli_cx *cx, eqli_term *t, const eqli_token *as, const eqli_token *name)
{
    if (!t || name->text.len == 0)
        return t; /* a placeholder of the parser: reported there */
    eqli_span span = eqli_span_join(as->span, name->span);
    if (cx->options.dialect != EQLM_DIALECT_ENDPOINT)
        eqli_error(cx, span, EQLI_D_ALIAS_DIALECT);
    if (t->alias.len)
        repeated(cx, span, "as");
    t->alias = name->text;
    t->alias_span = name->span;
    t->span.end = name->span.end;
    return t;
}
