/* test_mutations.c - texts that are nearly right: tokens of the vectors' queries deleted, doubled, swapped or
 * taken from elsewhere. Whatever comes out, compiling ends with a program that evaluates, or with an error
 * inside the text. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "vector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_MUTANTS 2000
#define MAX_TOKENS 256
#define MAX_TEXT 8192

typedef struct token {
    const char *ptr;
    size_t len;
} token;

typedef struct mutant {
    token tokens[MAX_TOKENS];
    size_t n;
    char text[MAX_TEXT];
    size_t len;
} mutant;

static ts_vectors vectors;
static uint64_t seed = 7;

static size_t below(size_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(seed >> 33) % n;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

static size_t token_length(const char *s, size_t len)
{
    size_t n = 0;
    if (*s == '"' || *s == '`') {
        for (n = 1; n < len && s[n] != *s; n++)
            n += s[n] == '\\' && n + 1 < len;
        return n < len ? n + 1 : len;
    }
    while (n < len && is_word(s[n]))
        n++;
    return n ? n : 1;
}

/* False: the text has too many tokens to be of use. */
static bool split(mutant *m, const ts_vector *v)
{
    m->n = 0;
    for (size_t i = 0; i < v->text_len;) {
        size_t n = token_length(v->text + i, v->text_len - i);
        if (m->n == MAX_TOKENS / 2 || v->text_len > MAX_TEXT / 4)
            return false;
        m->tokens[m->n++] = (token) { v->text + i, n };
        i += n;
    }
    return m->n > 1;
}

static void mutate(mutant *m)
{
    size_t i = below(m->n), k = below(m->n);
    token t = m->tokens[i];
    switch (below(4)) {
    case 0:
        memmove(m->tokens + i, m->tokens + i + 1, (m->n - i - 1) * sizeof t);
        m->n--;
        break;
    case 1:
        memmove(m->tokens + k + 1, m->tokens + k, (m->n - k) * sizeof t);
        m->tokens[k] = t;
        m->n++;
        break;
    case 2:
        m->tokens[i] = m->tokens[k];
        m->tokens[k] = t;
        break;
    default: { /* a token of another query */
        const ts_vector *other = &vectors.items[below(vectors.n)];
        size_t at = other->text_len ? below(other->text_len) : 0;
        if (other->text_len)
            m->tokens[i] = (token) { other->text + at, token_length(other->text + at, other->text_len - at) };
        break;
    }
    }
}

static void join(mutant *m)
{
    m->len = 0;
    for (size_t i = 0; i < m->n && m->len + m->tokens[i].len < MAX_TEXT; i++) {
        memcpy(m->text + m->len, m->tokens[i].ptr, m->tokens[i].len);
        m->len += m->tokens[i].len;
    }
}

static void assert_diags_inside(const mutant *m, const eqlm_diags *diags)
{
    for (size_t i = 0; i < eqlm_diags_count(diags); i++) {
        const eqlm_diag *d = eqlm_diags_get(diags, i);
        if (d->start > d->end || d->end > m->len || d->line < 1 || d->column < 1)
            fail_msg("%s at %u..%u of %zu bytes: %.*s", d->code, (unsigned)d->start, (unsigned)d->end, m->len,
                     (int)m->len, m->text);
    }
}

static void try_mutant(const mutant *m, const ts_vector *v, eqlm_dialect dialect, ts_way way)
{
    ts_alloc alloc;
    ts_vector as = *v;
    ts_host h;
    eqlm_diags *diags = NULL;
    eqlm_program *p = NULL;
    eqlm_vm *vm = NULL;
    ts_event *e = ts_event_new(v->event, v->types, v->objects);
    ts_alloc_init(&alloc);
    as.dialect = dialect;
    assert_int_equal(ts_host_new(&alloc.hook, &as, e, way, 0, &h), EQLM_OK);
    assert_int_equal(eqlm_diags_new(&alloc.hook, &diags), EQLM_OK);
    assert_int_equal(eqlm_vm_new(&alloc.hook, &vm), EQLM_OK);
    eqlm_status s = ts_vector_compile(&alloc.hook, &as, m->text, m->len, h.schema, diags, &p);
    if (s != EQLM_OK && (s != EQLM_E_COMPILE || eqlm_diags_errors(diags) == 0))
        fail_msg("%s, %zu errors: %.*s", eqlm_status_text(s), eqlm_diags_errors(diags), (int)m->len, m->text);
    assert_diags_inside(m, diags);
    if (p && v->is_expr) {
        const eqlm_value *values;
        size_t n;
        assert_int_equal(eqlm_eval(vm, p, h.event, &values, &n), EQLM_OK);
    } else if (p && eqlm_program_get_kind(p) == EQLM_EVENT_QUERY) {
        bool match;
        eqlm_status matched = eqlm_match(vm, p, h.event, &match);
        bool ancestors = dialect == EQLM_DIALECT_ENDPOINT; /* may be asked for, and only a stream can tell */
        if (matched != EQLM_OK && !(ancestors && matched == EQLM_E_ARGUMENT))
            fail_msg("%s: %.*s", eqlm_status_text(matched), (int)m->len, m->text);
    }
    eqlm_program_free(p);
    eqlm_vm_free(vm);
    eqlm_diags_free(diags);
    ts_host_clear(&h);
    ts_event_free(e);
    assert_int_equal(alloc.live_blocks, 0);
}

static void test_mutants(void **state)
{
    static mutant m;
    (void)state;
    for (size_t i = 0; i < N_MUTANTS; i++) {
        const ts_vector *v = &vectors.items[below(vectors.n)];
        if (!split(&m, v))
            continue;
        for (size_t k = 1 + below(3); k > 0 && m.n > 1; k--)
            mutate(&m);
        join(&m);
        try_mutant(&m, v, EQLM_DIALECT_ES, i % 2 ? TS_STRUCT : TS_GETTER);
        try_mutant(&m, v, EQLM_DIALECT_ENDPOINT, i % 2 ? TS_GETTER : TS_STRUCT);
    }
}

/* Every text cut off at every byte: what an editor sends while its user types. */
static void test_prefixes(void **state)
{
    static mutant m;
    (void)state;
    for (size_t i = 0; i < vectors.n; i += 7) {
        const ts_vector *v = &vectors.items[i];
        for (size_t len = 0; len <= v->text_len && v->text_len < 400; len++) {
            memcpy(m.text, v->text, len);
            m.len = len;
            try_mutant(&m, v, v->dialect, TS_GETTER);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutants),
        cmocka_unit_test(test_prefixes),
    };
    if (!ts_vectors_read_dir(&vectors, "tests/vectors"))
        return 2;
    int failed = cmocka_run_group_tests_name("mutations", tests, NULL, NULL);
    ts_vectors_clear(&vectors);
    return failed;
}
