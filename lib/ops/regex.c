/* regex.c - from patterns to terms. */
#include "ops/regex_impl.h"

static uint32_t class_term(eqli_rx_terms *t, const eqli_rx_alphabet *a, const eqli_rx_range *r, uint32_t n)
{
    uint32_t *bits = eqli_rx_class_begin(t);
    if (!bits)
        return EQLI_RX_NONE;
    for (uint32_t k = 0; k < n; k++) {
        for (uint32_t i = eqli_rx_interval(a, r[k].lo); i < a->n_intervals && a->start[i] <= r[k].hi; i++)
            bits[a->symbol[i] / 32] |= 1u << a->symbol[i] % 32;
    }
    return eqli_rx_class_end(t);
}

/* The term of the last n operands. */
static uint32_t combine(eqli_rx_terms *t, eqli_rx_item_kind kind, const uint32_t *operand, uint32_t n)
{
    if (kind == EQLI_RX_I_CONCAT) {
        uint32_t id = EQLI_RX_EPS;
        while (n > 0)
            id = eqli_rx_concat(t, operand[--n], id);
        return id;
    }
    eqli_rx_kind list = kind == EQLI_RX_I_UNION ? EQLI_RX_K_UNION : EQLI_RX_K_INTER;
    uint32_t mark = t->n_stack;
    for (uint32_t i = 0; i < n; i++)
        eqli_rx_push(t, list, operand[i]);
    return eqli_rx_join(t, list, mark);
}

/* Runs the items; value has room for all of them. */
static uint32_t build(eqli_rx_terms *t, const eqli_rx_alphabet *a, const eqli_rx_code *code, uint32_t *value)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < code->n_items && t->status == EQLM_OK; i++) {
        eqli_rx_item item = code->items[i];
        switch (item.kind) {
        case EQLI_RX_I_NONE:
            value[n++] = EQLI_RX_NONE;
            break;
        case EQLI_RX_I_EPS:
            value[n++] = EQLI_RX_EPS;
            break;
        case EQLI_RX_I_ANY:
            value[n++] = EQLI_RX_ANY;
            break;
        case EQLI_RX_I_CLASS:
            value[n++] = class_term(t, a, code->ranges + code->sets[item.a].first, code->sets[item.a].n);
            break;
        case EQLI_RX_I_REPEAT:
            value[n - 1] = eqli_rx_repeat(t, value[n - 1], item.a, item.b);
            break;
        case EQLI_RX_I_NOT:
            value[n - 1] = eqli_rx_not(t, value[n - 1]);
            break;
        case EQLI_RX_I_CONCAT:
        case EQLI_RX_I_UNION:
        case EQLI_RX_I_INTER:
            n -= item.a;
            value[n] = combine(t, item.kind, value + n, item.a);
            n++;
        }
    }
    return t->status == EQLM_OK ? value[0] : EQLI_RX_NONE;
}

static void build_terms(eqli_regex *re, eqli_rx_code *code)
{
    eqli_rx_terms_init(&re->terms, &re->alloc, re->alphabet.n_symbols, NULL);
    re->terms.max_bytes = EQLI_RX_MAX_TERM_BYTES;
    re->terms.max_work = EQLI_RX_MAX_BUILD_WORK;
    uint32_t *value = eqli_mem_new(&re->alloc, code->n_items * sizeof *value);
    if (value)
        re->root = build(&re->terms, &re->alphabet, code, value);
    else
        eqli_rx_terms_fail(&re->terms, EQLM_E_NOMEM);
    eqli_mem_free(&re->alloc, value, code->n_items * sizeof *value);
    if (re->terms.status != EQLM_OK)
        eqli_rx_code_fail(code, re->terms.status, 0, "regular expression too large");
}

static void parse_all(eqli_rx_code *code, const eqlm_str *patterns, size_t n)
{
    if (n == 0 || n > EQLI_RX_MAX_ITEMS)
        eqli_rx_code_fail(code, n ? EQLM_E_LIMIT : EQLM_E_ARGUMENT, 0, "too many or no patterns");
    for (size_t i = 0; i < n && code->status == EQLM_OK; i++) {
        code->err.pattern = i;
        eqli_rx_parse(code, patterns[i]);
    }
    if (code->status == EQLM_OK)
        code->err.pattern = 0; /* what fails later belongs to the list as a whole */
    if (n > 1)
        eqli_rx_emit(code, EQLI_RX_I_UNION, (uint32_t)n, 0);
}

eqlm_status eqli_regex_new(const eqlm_alloc *alloc, const eqlm_str *patterns, size_t n, bool fold,
                           uint32_t max_states, eqli_regex_error *err, eqli_regex **out)
{
    eqlm_alloc a = eqli_mem_default(alloc);
    eqli_regex *re = eqli_mem_new(&a, sizeof *re);
    *out = NULL;
    *err = (eqli_regex_error) { 0, 0, "out of memory" };
    if (!re)
        return EQLM_E_NOMEM;
    re->alloc = a;
    re->max_states = max_states ? max_states : 1;
    eqli_rx_code code;
    eqli_rx_code_init(&code, &a, fold);
    parse_all(&code, patterns, n);
    eqli_rx_alphabet_init(&re->alphabet, &code);
    if (code.status == EQLM_OK)
        build_terms(re, &code);
    if (code.status == EQLM_OK)
        *out = re;
    else
        eqli_regex_free(re);
    *err = code.err;
    eqli_rx_code_clear(&code);
    return code.status;
}

void eqli_regex_free(eqli_regex *re)
{
    if (!re)
        return;
    eqlm_alloc a = re->alloc;
    eqli_rx_terms_clear(&re->terms);
    eqli_rx_alphabet_clear(&re->alphabet);
    eqli_mem_free(&a, re, sizeof *re);
}

size_t eqli_regex_memory(const eqli_regex *re)
{
    return sizeof *re + re->alphabet.cap_start * sizeof *re->alphabet.start +
           re->alphabet.cap_symbol * sizeof *re->alphabet.symbol + eqli_rx_terms_memory(&re->terms);
}
