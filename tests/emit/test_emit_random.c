/* test_emit_random.c - random pattern sets and comparisons as native code, on texts made from their own patterns: pieces
 * of them, other cases, characters of other scripts that fold to ASCII, bytes that are no UTF-8. Native code and
 * eqlm_match have to agree on every pair, as struct and through a getter. SEED (in the environment) asks for other sets
 * than the usual ones. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "native_file.h"

#include <stdlib.h>
#include <string.h>

enum { N_QUERIES = 240, SUBJECTS = 600, MAX_TEXT = 400, MAX_PATTERNS = 24 };

typedef struct event {
    const char *text;
    uint32_t len;
    const char *const *list;
    uint16_t n_list;
    char chars[40];
    int32_t number;
    uint64_t size;
    double ratio;
    bool flag, has_number;
    eqlm_value value;
} event;

static const eqlm_field fields[] = {
    { EQLM_FIELD_STR("t", event, text, len) },
    { EQLM_FIELD_ARRAY("list", EQLM_STORE_CSTR, event, list, n_list, EQLM_ARRAY_POINTER) },
    { EQLM_FIELD_CHARS("chars", event, chars) },
    { EQLM_FIELD_INT("number", event, number), .present = EQLM_PRESENT(event, has_number) },
    { EQLM_FIELD_UINT("size", event, size) },
    { EQLM_FIELD_FLOAT("ratio", event, ratio) },
    { EQLM_FIELD_BOOL("flag", event, flag) },
    { EQLM_FIELD_VALUE("value", event, value) },
};
enum { N_FIELDS = sizeof fields / sizeof fields[0] };

static uint64_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) % n);
}

typedef struct text {
    char p[MAX_TEXT + 64];
    size_t n;
} text;

static void add(text *t, const char *p, size_t n)
{
    if (t->n + n > MAX_TEXT)
        return;
    memcpy(t->p + t->n, p, n);
    t->n += n;
}

static void add_text(text *t, const char *p)
{
    add(t, p, strlen(p));
}

/* ---- queries ------------------------------------------------------------------------------------------- */

typedef struct query {
    char names[2][24];
    text source;
    text patterns[MAX_PATTERNS];
    uint32_t n;
    eqlm_program *program[2];
    eqlm_native *native[2];
} query;

static query queries[N_QUERIES];

/* What patterns and texts are made of: some of it common, so that members share beginnings and ends. */
static const char *const pieces[] = { "k",    "s",     "K",     "a",       "B",     ".exe",    ".dll",    "\\",
                                      "/",    "C:\\",  "-",     "cmd",     "1",     "windows", "System32", "\\Users\\",
                                      "[",    "{",     "@",     "`",       "sk",    "kks",     "_",       "e",
                                      "\xc3\xa9", "\xc3\x89", "\xe2\x84\xaa", "\xc5\xbf", "\xf0\x9f\x98\x80",
                                      "\xe2\xb1\xa5", "\xc8\xba" };
enum { N_PIECES = sizeof pieces / sizeof pieces[0], N_ASCII = 24 };

static void random_literal(text *t, uint32_t max_pieces, bool ascii)
{
    for (uint32_t n = below(max_pieces + 1); n > 0; n--)
        add_text(t, pieces[below(ascii || below(8) ? N_ASCII : N_PIECES)]);
}

static void random_pattern(text *t, const char *common, bool glob)
{
    bool ascii = below(3) != 0;
    t->n = 0;
    if (below(3))
        random_literal(t, 4, ascii);
    if (glob && below(2))
        add_text(t, below(4) ? "*" : "?");
    random_literal(t, 9, ascii);
    if (glob && below(6) == 0)
        add_text(t, "*");
    if (glob && below(8) == 0)
        random_literal(t, 3, ascii);
    if (glob && below(8) == 0)
        add_text(t, "?");
    add_text(t, common);
    if (glob && below(4) == 0)
        add_text(t, "*");
}

static void add_quoted(text *s, const text *t)
{
    add_text(s, "\"");
    for (size_t i = 0; i < t->n; i++) {
        if (t->p[i] == '\\' || t->p[i] == '"')
            add_text(s, "\\");
        add(s, t->p + i, 1);
    }
    add_text(s, "\"");
}

static void make_list(query *q, const char *field, const char *op, bool glob)
{
    const char *common = below(2) ? pieces[below(N_ASCII)] : "";
    uint32_t n = 1 + below(below(3) ? 4 : MAX_PATTERNS);
    add_text(&q->source, field);
    add_text(&q->source, op);
    add_text(&q->source, "(");
    for (uint32_t i = 0; i < n && q->source.n < MAX_TEXT - 120; i++) {
        text *t = &q->patterns[q->n];
        random_pattern(t, common, glob);
        if (t->n > 50)
            t->n = 50;
        while (t->n && (t->p[t->n - 1] & 0x80)) /* no half characters in a query */
            t->n--;
        q->n++;
        add_text(&q->source, i ? ", " : "");
        add_quoted(&q->source, t);
    }
    add_text(&q->source, ")");
}

static void make_function(query *q, const char *name)
{
    add_text(&q->source, name);
    add_text(&q->source, "(t, ");
    random_pattern(&q->patterns[0], "", false);
    while (q->patterns[0].n && (q->patterns[0].p[q->patterns[0].n - 1] & 0x80))
        q->patterns[0].n--;
    q->n = 1;
    if (q->patterns[0].n > 60)
        q->patterns[0].n = 60;
    while (q->patterns[0].n && (q->patterns[0].p[q->patterns[0].n - 1] & 0x80))
        q->patterns[0].n--;
    add_quoted(&q->source, &q->patterns[0]);
    add_text(&q->source, ")");
}

static void make_number(query *q)
{
    static const char *const compared[] = { "number", "size", "ratio", "value", "length(t)" };
    static const char *const ops[] = { " == ", " != ", " < ", " <= ", " > ", " >= " };
    static const char *const numbers[] = { "0", "1", "-1", "7", "2147483647", "-2147483648", "9223372036854775807",
                                           "1.5", "4503599627370497", "9007199254740993" };
    char list[80];
    if (below(3)) {
        add_text(&q->source, compared[below(5)]);
        add_text(&q->source, ops[below(6)]);
        add_text(&q->source, numbers[below(10)]);
    } else {
        snprintf(list, sizeof list, "%s in (%u, %u, -1, 2147483647)", compared[below(4)], below(9), below(9));
        add_text(&q->source, list);
    }
}

/* What chance might leave out. */
static const char *const fixed[] = {
    "t == \"cmd.exe\"", "flag == true", "flag == false", "number == null", "list != null", "t == \"\"", "value == true",
    "chars != null", "value != null", "t == \"\xc3\xa9k\"", "length(t) <= 7", "length(t) > 7", "length(t) == 3", "length(t) > 0",
    "length(list) == 0", "ratio == 9007199254740993", "ratio >= 9007199254740993", "ratio != 1.5",
    "size == 9223372036854775807", "size > 9007199254740993", "size != null", "flag <= true", "number <= -2147483648", "number != 7", "value > 1",
    "not value : \"*k*\"", "t : \"*\"", "t : (\"\", \"k\")", "t : \"?\"", "t like \"?\xc3\xa9*\"",
    "t : \"k\" and (number > 0 or size > 1) and not (t : \"s*\" or flag == true)",
};
enum { N_FIXED = sizeof fixed / sizeof fixed[0] };

static void make_query(query *q, size_t i)
{
    static const char *const lists[] = { " : ", " like~ ", " like ", " in~ ", " in ", " : ", " in~ " };
    static const char *const functions[] = { "startsWith~", "endsWith~", "stringContains~", "startsWith", "endsWith" };
    static const char *const texts[] = { "t", "t", "t", "list", "chars", "value" };
    memset(q, 0, sizeof *q);
    for (int k = 0; k < 2; k++)
        snprintf(q->names[k], sizeof q->names[k], "q%zu_%s", i, k ? "getter" : "struct");
    add_text(&q->source, "any where ");
    uint32_t kind = below(15), op = below(7);
    if (i < N_FIXED)
        add_text(&q->source, fixed[i]);
    else if (kind < 10)
        make_list(q, texts[below(6)], lists[op], op < 3 || op == 5);
    else if (kind < 12)
        make_function(q, functions[below(5)]);
    else
        make_number(q);
}

/* ---- events -------------------------------------------------------------------------------------------- */

/* One small change. */
static void mutate(text *t)
{
    size_t at = t->n ? below((uint32_t)t->n) : 0;
    static const char *const strange[] = { "\xe2\x84\xaa", "\xc5\xbf", "\xff", "\xc3", "\xc3\xa9", "\xe2\x82" };
    switch (below(8)) {
    case 0: /* another case */
        for (size_t i = 0; i < t->n; i++)
            if ((t->p[i] >= 'a' && t->p[i] <= 'z') || (t->p[i] >= 'A' && t->p[i] <= 'Z'))
                t->p[i] = (char)(t->p[i] ^ (below(2) ? 0x20 : 0));
        break;
    case 1: /* a bit that is not the case */
        if (t->n)
            t->p[at] = (char)(t->p[at] ^ (1 << below(8)));
        break;
    case 2:
        if (t->n)
            t->n -= 1 + below((uint32_t)(t->n < 4 ? t->n : 4));
        break;
    case 3:
        random_literal(t, 2, below(2) != 0);
        break;
    case 4: { /* k or s in another script */
        text old = *t;
        t->n = 0;
        for (size_t i = 0; i < old.n; i++) {
            bool k = (old.p[i] | 0x20) == 'k', s = (old.p[i] | 0x20) == 's';
            if ((k || s) && below(2))
                add_text(t, k ? "\xe2\x84\xaa" : "\xc5\xbf");
            else
                add(t, old.p + i, 1);
        }
        break;
    }
    case 5: { /* something in between, or in front */
        text old = *t;
        t->n = below(2) ? at : 0;
        size_t from = t->n;
        add_text(t, below(2) ? strange[below(6)] : pieces[below(N_PIECES)]);
        add(t, old.p + from, old.n - from);
        break;
    }
    case 6: /* few characters, many bytes */
        t->n = 0;
        for (uint32_t n = 1 + below(10); n > 0; n--)
            add_text(t, below(8) ? "\xe2\x82\xac" : "\xe2\xb1\xa5");
        break;
    default:
        for (size_t i = 0; i + 2 < t->n; i++) { /* lower case of three bytes, upper case of two */
            if (memcmp(t->p + i, "\xe2\xb1\xa5", 3) == 0) {
                memcpy(t->p + i, "\xc8\xba", 2);
                memmove(t->p + i + 2, t->p + i + 3, t->n - i - 3);
                t->n--;
            }
        }
        break;
    }
}

static void make_subject(text *t, const query *q)
{
    const text *pattern = q->n && below(10) ? &q->patterns[below(q->n)] : NULL;
    t->n = 0;
    if (!pattern)
        random_literal(t, 8, below(2) != 0);
    for (size_t i = 0; pattern && i < pattern->n; i++) { /* stars become any text, the rest what it says */
        if (pattern->p[i] == '*')
            random_literal(t, below(8) ? 3 : 30, below(3) != 0);
        else if (pattern->p[i] == '?')
            add_text(t, pieces[below(N_PIECES)]);
        else
            add(t, pattern->p + i, 1);
    }
    for (uint32_t n = below(3); n > 0; n--)
        mutate(t);
}

static void set_value(eqlm_value *v, const text *t, eqlm_value items[3])
{
    memset(v, 0, sizeof *v);
    switch (below(9)) {
    case 0:
        break;
    case 1:
        v->type = EQLM_BOOL;
        v->as.boolean = below(2);
        break;
    case 2:
        v->type = EQLM_I64;
        v->as.i64 = (int64_t)below(10) - 2;
        break;
    case 3:
        v->type = EQLM_F64;
        v->as.f64 = below(2) ? 1.5 : 7;
        break;
    case 4:
        v->type = EQLM_U64;
        v->as.u64 = below(2) ? UINT64_MAX : 7;
        break;
    case 5:
        v->type = EQLM_ARRAY;
        v->len = below(4);
        v->as.items = items;
        for (uint32_t i = 0; i < 3; i++) {
            items[i] = (eqlm_value) { .type = EQLM_STRING, .len = (uint32_t)t->n / (i + 1), .as.str = t->p };
            if (below(5) == 0)
                items[i] = (eqlm_value) { .type = EQLM_NULL };
            else if (below(5) == 0)
                items[i] = (eqlm_value) { .type = EQLM_I64, .as.i64 = (int64_t)below(9) };
        }
        break;
    default:
        v->type = EQLM_STRING;
        v->len = (uint32_t)t->n;
        v->as.str = t->n ? t->p : NULL;
        break;
    }
}

static void make_event(event *e, text *t, const query *q, char list_text[2][MAX_TEXT + 1], const char *list[2],
                       eqlm_value items[3])
{
    static const double ratios[] = { 0, 1.5, 7, -1, 9007199254740993.0, 1e300 };
    static const uint64_t sizes[] = { 0, 1, 7, INT64_MAX, UINT64_MAX, UINT64_C(9007199254740993) };
    static const int32_t numbers[] = { 0, 1, -1, 7, INT32_MAX, INT32_MIN };
    make_subject(t, q);
    memset(e, 0, sizeof *e);
    e->text = below(40) ? t->p : NULL;
    e->len = (uint32_t)t->n;
    e->n_list = (uint16_t)below(3);
    for (int i = 0; i < 2; i++) {
        text other;
        make_subject(&other, q);
        memcpy(list_text[i], other.p, other.n);
        list_text[i][other.n] = '\0';
        list[i] = below(6) ? list_text[i] : NULL;
    }
    e->list = below(9) ? list : NULL;
    memcpy(e->chars, t->p, t->n < sizeof e->chars ? t->n : sizeof e->chars);
    e->number = numbers[below(6)];
    e->has_number = below(4) != 0;
    e->size = sizes[below(6)];
    e->ratio = below(8) ? ratios[below(6)] : (double)0 / (double)(e->size == 1 ? 1 : e->flag);
    e->flag = below(2);
    set_value(&e->value, t, items);
}

static bool get(void *ctx, const void *p, uint32_t field, eqlm_value *out)
{
    const event *e = p;
    eqlm_value *items = ctx;
    switch (field) {
    case 0:
        *out = (eqlm_value) { .type = e->text ? EQLM_STRING : EQLM_NULL, .len = e->len, .as.str = e->text };
        return true;
    case 1:
        for (uint32_t i = 0; e->list && i < e->n_list; i++) {
            items[i] = (eqlm_value) { .type = EQLM_NULL };
            if (e->list[i])
                items[i] = (eqlm_value) { .type = EQLM_STRING, .len = (uint32_t)strlen(e->list[i]), .as.str = e->list[i] };
        }
        *out = (eqlm_value) { .type = EQLM_ARRAY, .len = e->list ? e->n_list : 0, .as.items = items };
        return true;
    case 2: {
        const char *nul = memchr(e->chars, 0, sizeof e->chars);
        size_t n = nul ? (size_t)(nul - e->chars) : sizeof e->chars;
        *out = (eqlm_value) { .type = EQLM_STRING, .len = (uint32_t)n, .as.str = e->chars };
        return true;
    }
    case 3:
        *out = (eqlm_value) { .type = EQLM_I64, .as.i64 = e->number };
        return e->has_number;
    case 4:
        *out = (eqlm_value) { .type = EQLM_U64, .as.u64 = e->size };
        return true;
    case 5:
        *out = (eqlm_value) { .type = EQLM_F64, .as.f64 = e->ratio };
        return true;
    case 6:
        *out = (eqlm_value) { .type = EQLM_BOOL, .as.boolean = e->flag };
        return true;
    case 7:
        *out = e->value;
        return true;
    default:
        return false;
    }
}

/* ---- the test ------------------------------------------------------------------------------------------ */

typedef struct world {
    ts_native_file file;
    eqlm_schema *schema[2]; /* struct, getter */
    eqlm_value items[4];
    eqlm_vm *vm;
} world;

static int set_up(void **state)
{
    static world w;
    *state = &w;
    if (eqlm_vm_new(NULL, &w.vm) != EQLM_OK)
        return -1;
    for (int k = 0; k < 2; k++) {
        if (eqlm_schema_new(NULL, &w.schema[k]) != EQLM_OK)
            return -1;
        for (size_t i = 0; i < N_FIELDS; i++) {
            eqlm_field f = { .name = fields[i].name, .type = EQLM_TYPE_ANY };
            if (eqlm_schema_add(w.schema[k], k ? &f : &fields[i], 1) != EQLM_OK)
                return -1;
        }
    }
    eqlm_schema_set_getter(w.schema[1], get, w.items);
    ts_native_begin(&w.file, "random");
    for (size_t i = 0; i < N_QUERIES; i++) {
        query *q = &queries[i];
        for (q->program[0] = q->program[1] = NULL; !q->program[0];) { /* some numbers are none of their field */
            make_query(q, i);
            for (int k = 0; k < 2; k++)
                eqlm_compile(NULL, w.schema[k], (eqlm_str) { q->source.p, q->source.n }, NULL, NULL, &q->program[k]);
            if (!q->program[0] != !q->program[1] || (!q->program[0] && i < N_FIXED)) {
                fprintf(stderr, "does not compile: %.*s\n", (int)q->source.n, q->source.p);
                return -1;
            }
        }
        for (int k = 0; k < 2; k++) {
            if (!ts_native_add(&w.file, q->names[k], q->program[k], (eqlm_str) { q->source.p, q->source.n }))
                return -1;
        }
    }
    ts_native_load(&w.file, 1);
    for (size_t i = 0; i < N_QUERIES; i++) {
        for (int k = 0; k < 2; k++) {
            const eqlm_native_rule *rule = ts_native_find(&w.file, queries[i].names[k]);
            if (eqlm_native_new(NULL, w.schema[k], rule, &queries[i].native[k]) != EQLM_OK)
                return -1;
        }
    }
    return 0;
}

static int tear_down(void **state)
{
    world *w = *state;
    for (size_t i = 0; i < N_QUERIES; i++) {
        for (int k = 0; k < 2; k++) {
            eqlm_native_free(queries[i].native[k]);
            eqlm_program_free(queries[i].program[k]);
        }
    }
    for (int k = 0; k < 2; k++)
        eqlm_schema_free(w->schema[k]);
    eqlm_vm_free(w->vm);
    ts_native_clear(&w->file);
    return 0;
}

static void test_agreement(void **state)
{
    world *w = *state;
    static char list_text[2][MAX_TEXT + 1];
    const char *list[2];
    eqlm_value items[3];
    size_t matches = 0;
    for (size_t i = 0; i < N_QUERIES; i++) {
        for (int s = 0; s < SUBJECTS; s++) {
            text t;
            event e;
            make_event(&e, &t, &queries[i], list_text, list, items);
            for (int k = 0; k < 2; k++) {
                bool want = false, got = false;
                assert_int_equal(eqlm_match(w->vm, queries[i].program[k], &e, &want), EQLM_OK);
                assert_int_equal(queries[i].native[k]->match(queries[i].native[k], w->vm, &e, &got), EQLM_OK);
                if (want != got)
                    fail_msg("%s: %.*s\n    wanted %d for '%.*s' (%d bytes), number %d", queries[i].names[k],
                             (int)queries[i].source.n, queries[i].source.p, want, (int)t.n, t.p, (int)t.n, (int)e.number);
                matches += got;
            }
        }
    }
    assert_true(matches > (size_t)N_QUERIES * SUBJECTS / 20);
    assert_true(matches < (size_t)N_QUERIES * SUBJECTS * 2);
}

int main(void)
{
    const char *text_seed = getenv("SEED");
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_agreement) };
    seed = text_seed ? strtoull(text_seed, NULL, 10) : 20;
    return cmocka_run_group_tests_name("emitted C, random", tests, set_up, tear_down);
}
