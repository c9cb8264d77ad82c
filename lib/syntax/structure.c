/* structure.c - rules of sequences and samples that need no types (language S2). */
#include "syntax/build.h"

#include <string.h>

/* After expanding runs: each costs state for each key, and aliases are compared pairwise. */
enum { MAX_STAGES = 1000 };

static uint32_t n_keys(const eqli_query *q, const eqli_term *t)
{
    return (q->keys ? q->keys->n : 0) + (t->keys ? t->keys->n : 0);
}

static eqli_span keys_span(const eqli_term *t)
{
    return t->keys ? t->keys->span : t->span;
}

static bool keys_failed(const eqli_term *t)
{
    return t->keys && t->keys->failed;
}

static void check_key_count(eqli_cx *cx, const eqli_query *q, const eqli_term *t)
{
    const eqli_term *first = &q->terms[0];
    uint32_t want = n_keys(q, first), n = n_keys(q, t);
    if (n != want && !keys_failed(first) && !keys_failed(t))
        eqli_error(cx, keys_span(t), EQLI_D_KEY_COUNT, want, n);
}

static void check_aliases(eqli_cx *cx, const eqli_query *q)
{
    for (uint32_t i = 1; i < q->n_terms; i++) {
        const eqli_term *t = &q->terms[i];
        for (uint32_t j = 0; t->alias.len && j < i; j++) {
            eqlm_str other = q->terms[j].alias;
            if (other.len == t->alias.len && memcmp(other.ptr, t->alias.ptr, other.len) == 0) {
                eqli_error(cx, t->alias_span, EQLI_D_DUPLICATE_ALIAS, t->alias);
                break;
            }
        }
    }
}

static uint64_t n_stages(const eqli_query *q)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < q->n_terms; i++)
        n += q->terms[i].runs;
    return n;
}

static void check_sequence(eqli_cx *cx, const eqli_query *q)
{
    bool positive = false;
    const eqli_term *missing = NULL;
    for (uint32_t i = 0; i < q->n_terms; i++) {
        if (!q->terms[i].missing)
            positive = true;
        else if (!missing)
            missing = &q->terms[i];
    }
    if (n_stages(q) < 2) {
        eqli_error(cx, q->terms[0].span, EQLI_D_TOO_FEW_TERMS);
        eqli_diag_hint(cx->diags,
                       "repeat it with 'with runs=2', or write the event query without 'sequence'");
    } else if (!positive) {
        eqli_error(cx, q->head_span, EQLI_D_NO_POSITIVE_TERM);
    }
    if (missing && !q->has_maxspan) {
        eqli_error(cx, missing->span, EQLI_D_MAXSPAN_REQUIRED);
        eqli_diag_hint(cx->diags, "for example: sequence with maxspan=5m [...] ![...]");
    }
}

static void check_sample(eqli_cx *cx, const eqli_query *q)
{
    bool keyless = false;
    for (uint32_t i = 0; i < q->n_terms; i++) {
        const eqli_term *t = &q->terms[i];
        if (t->missing)
            eqli_error(cx, t->span, EQLI_D_SAMPLE_CLAUSE, "missing events");
        if (t->has_runs)
            eqli_error(cx, t->span, EQLI_D_SAMPLE_CLAUSE, "runs");
        keyless = keyless || (n_keys(q, t) == 0 && !keys_failed(t));
    }
    if (keyless && n_keys(q, &q->terms[0]) == 0 && !(q->keys && q->keys->failed)) {
        eqli_error(cx, q->head_span, EQLI_D_SAMPLE_KEYS);
        eqli_diag_hint(cx->diags, "for example: sample by host.id [...] [...]");
    }
}

eqli_query *eqli_query_check(eqli_cx *cx, eqli_query *q)
{
    if (!q || cx->guessed)
        return q;
    if (n_stages(q) > MAX_STAGES) {
        eqli_error(cx, q->head_span, EQLI_D_TOO_MANY_STAGES, (uint32_t)MAX_STAGES);
        return q;
    }
    for (uint32_t i = 1; i < q->n_terms; i++)
        check_key_count(cx, q, &q->terms[i]);
    if (q->until)
        check_key_count(cx, q, q->until);
    if (q->kind == EQLI_Q_SEQUENCE)
        check_sequence(cx, q);
    else
        check_sample(cx, q);
    check_aliases(cx, q);
    return q;
}
