/* test_ruleset.c - rule sets: whatever the index does, a set answers like each of its programs alone. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "alloc.h"
#include "eqlmini.h"
#include "rules/clause.h"
#include "rules/rules.h"
#include "vector.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Events: one value for each field, by the field's number --------------------------------------------
 */

enum { MAX_FIELDS = 16, MAX_ITEMS = 6 };

typedef struct event {
    eqlm_value values[MAX_FIELDS];
    eqlm_value items[MAX_FIELDS][MAX_ITEMS];
} event;

static bool get(void *ctx, const void *e, uint32_t field, eqlm_value *out)
{
    (void)ctx;
    if (field >= MAX_FIELDS)
        return false;
    *out = ((const event *)e)->values[field];
    return out->type != EQLM_NULL;
}

static eqlm_value text(const char *s)
{
    return (eqlm_value) { .type = EQLM_STRING, .len = (uint32_t)strlen(s), .as.str = s };
}

static eqlm_schema *new_schema(const eqlm_alloc *alloc)
{
    eqlm_schema *s;
    if (eqlm_schema_new(alloc, &s) != EQLM_OK)
        return NULL;
    if (eqlm_schema_set_getter(s, get, NULL) == EQLM_OK)
        return s;
    eqlm_schema_free(s);
    return NULL;
}

static void set_value(const eqlm_schema *schema, event *e, const char *name, eqlm_value v)
{
    uint32_t field;
    if (eqlm_schema_find(schema, (eqlm_str) { name, strlen(name) }, &field)) {
        assert_true(field < MAX_FIELDS);
        e->values[field] = v;
    }
}

static eqlm_status try_compile(const eqlm_alloc *alloc, eqlm_schema *schema, const char *query,
                               eqlm_program **out)
{
    return eqlm_compile(alloc, schema, (eqlm_str) { query, strlen(query) }, NULL, NULL, out);
}

static eqlm_program *compile(eqlm_schema *schema, const char *query)
{
    eqlm_program *p;
    if (try_compile(NULL, schema, query, &p) != EQLM_OK)
        fail_msg("does not compile: %s", query);
    return p;
}

static eqlm_rules *seal(const char *const *queries, size_t n, eqlm_schema *schema)
{
    eqlm_rules *set;
    assert_int_equal(eqlm_rules_new(NULL, &set), EQLM_OK);
    for (size_t i = 0; i < n; i++) {
        uint32_t number;
        eqlm_program *p = compile(schema, queries[i]);
        assert_int_equal(eqlm_rules_add(set, p, &number), EQLM_OK);
        assert_int_equal(number, i);
        eqlm_program_free(p); /* the set keeps it */
    }
    assert_int_equal(eqlm_rules_seal(set), EQLM_OK);
    return set;
}

/* ---- A set and its programs -----------------------------------------------------------------------------
 */

static uint64_t random_state;

static uint32_t roll(uint32_t n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % n;
}

/* Long enough for every width of key; letters whose folds have other lengths, bytes that are not UTF-8. */
static const char *const sources[] = {
    "C:\\Windows\\System32\\cmd.exe",
    "c:\\windows\\SYSWOW64\\WindowsPowerShell\\v1.0\\powershell.exe",
    "powershell.exe -NoProfile -EncodedCommand SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQA",
    "/usr/bin/\xc3\x89"
    "cole/\xe2\x84\xaa"
    "elvin-\xc5\xbf"
    "harp.\xc3\xa9xe",
    "caf\xc3\x89 \xe2\x82\xac 12 \xf0\x9f\x98\x80 end",
    "bad \xc3 byte \xff\xfe then \xe2\x82",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
    "445",
    "true",
    "x",
    "",
    "start",
    "END",
    "a*b?c",
    "[@_`{~}]",
};
enum { N_SOURCES = sizeof sources / sizeof sources[0] };

/* A piece of a source, perhaps in the other case; returns its length. */
static size_t piece(char *out, size_t max, bool valid)
{
    const char *s = sources[roll(N_SOURCES)];
    size_t len = strlen(s), from = len ? roll((uint32_t)len + 1) : 0, n = roll((uint32_t)(len - from) + 1);
    if (roll(4) == 0) {
        from = 0;
        n = len;
    }
    n = n < max - 1 ? n : max - 1;
    memcpy(out, s + from, n);
    bool flip = roll(2);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)out[i];
        if (flip && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
            out[i] = (char)(c ^ 0x20);
        if (valid && (c >= 0x80 || c == '"' || c == '\\')) /* of a query: only what needs no escape */
            out[i] = c == '\\' || c == '"' ? '/' : 'k';
    }
    out[n] = 0;
    return n;
}

/* A constant of a query: a piece as it stands, with escapes where the language asks for them. */
static void literal(char *out, bool glob)
{
    char raw[128];
    size_t n = piece(raw, sizeof raw, false), at = 0;
    out[at++] = '"';
    if (glob && roll(3))
        out[at++] = "**?"[roll(3)];
    for (size_t i = 0; i < n; i++) {
        if (raw[i] == '"' || raw[i] == '\\')
            out[at++] = '\\';
        out[at++] = glob && roll(12) == 0 ? "*?"[roll(2)] : raw[i];
    }
    if (glob && roll(3))
        out[at++] = '*';
    out[at++] = '"';
    out[at] = 0;
}

static const char *const fields[] = { "a", "b", "c", "d", "n", "flag" };
enum { N_KEYWORDS = 4, N_FIELDS = 6 };

static void list(char *out, size_t max, bool glob)
{
    char one[300];
    size_t n = 1 + roll(4), at = 0;
    out[at++] = '(';
    for (size_t i = 0; i < n; i++) {
        literal(one, glob);
        at += (size_t)snprintf(out + at, max - at, "%s%s", i ? ", " : "", one);
    }
    snprintf(out + at, max - at, ")");
}

/* An expression of a few letters and digits of a source, which may stand once, twice, or in a group. */
static void expression(char *out, size_t max)
{
    char raw[40];
    size_t n = piece(raw, sizeof raw, false), at = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)raw[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
            raw[at++] = raw[i];
    }
    raw[at] = 0;
    static const char *const forms[][2] = {
        { ".*", ".*" }, { "", ".*" }, { "(.*", "|x).*" }, { ".*(", ")+" }, { "(.*(", ").*)?" }
    };
    const char *const *form = forms[roll(5)];
    snprintf(out, max, "\"%s%s%s\"", form[0], raw, form[1]);
}

static void test_text(char *out, size_t max)
{
    const char *f = fields[roll(N_KEYWORDS)];
    char arg[1300];
    switch (roll(10)) {
    case 8:
        expression(arg, sizeof arg);
        snprintf(out, max, "%s %s %s", f, roll(2) ? "regex" : "regex~", arg);
        break;
    case 0:
        literal(arg, false);
        snprintf(out, max, "%s == %s", f, arg);
        break;
    case 1:
        literal(arg, true);
        snprintf(out, max, "%s : %s", f, arg);
        break;
    case 2:
        list(arg, sizeof arg, true);
        snprintf(out, max, "%s %s %s", f, roll(2) ? ":" : "like~", arg);
        break;
    case 3:
        list(arg, sizeof arg, false);
        snprintf(out, max, "%s %s %s", f, roll(2) ? "in" : "in~", arg);
        break;
    case 4:
        list(arg, sizeof arg, true);
        snprintf(out, max, "%s like %s", f, arg);
        break;
    case 5:
        literal(arg, false);
        snprintf(out, max, "%s(%s, %s)",
                 roll(2)   ? "startsWith~"
                 : roll(2) ? "endsWith"
                           : "stringContains~",
                 f, arg);
        break;
    case 6:
        snprintf(out, max, "n %s %u", roll(3) ? "==" : roll(2) ? ">=" : "<", 444 + roll(3));
        break;
    case 7:
        snprintf(out, max, roll(2) ? "n in (1, 445, 4.5)" : roll(2) ? "flag == true" : "flag == false");
        break;
    default:
        snprintf(out, max, "%s %s null", fields[roll(N_FIELDS)], roll(2) ? "!=" : "==");
        break;
    }
}

/* What does not fit is left out: such a query does not compile, and another one is made. */
static void append(char *out, size_t max, const char *s)
{
    size_t len = strlen(out);
    if (len + strlen(s) < max)
        strcpy(out + len, s);
}

static void condition(char *out, size_t max, int depth)
{
    char a[3000], b[3000];
    if (depth == 0 || roll(4) == 0) {
        test_text(out, max);
        return;
    }
    condition(a, sizeof a, depth - 1);
    condition(b, sizeof b, depth - 1);
    uint32_t kind = roll(5);
    out[0] = 0;
    append(out, max, kind == 1 ? "not (" : "(");
    append(out, max, a);
    if (kind != 1) {
        append(out, max, kind == 0 ? " or " : " and ");
        append(out, max, b);
    }
    append(out, max, ")");
}

static eqlm_value random_value(char *room)
{
    size_t n;
    switch (roll(8)) {
    case 3:
        return roll(2) ? (eqlm_value) { .type = EQLM_DATE, .as.i64 = (int64_t)roll(5) * 1000000 }
                       : (eqlm_value) { .type = EQLM_IP, .len = 4, .as.ip = (const unsigned char *)"\12\0\0\1" };
    case 0:
        return (eqlm_value) { .type = EQLM_I64, .as.i64 = 444 + (int)roll(3) };
    case 1:
        return (eqlm_value) { .type = EQLM_F64, .as.f64 = roll(2) ? 4.5 : 445.0 };
    case 2:
        return roll(2) ? (eqlm_value) { .type = EQLM_BOOL, .as.boolean = roll(2) }
                       : (eqlm_value) { .type = EQLM_U64, .as.u64 = 445 };
    default:
        n = piece(room, 120, false);
        return (eqlm_value) { .type = EQLM_STRING, .len = (uint32_t)n, .as.str = room };
    }
}

static void random_event(const eqlm_schema *schema, event *e, char rooms[MAX_FIELDS][MAX_ITEMS][120])
{
    static const char *const categories[] = { "process", "file", "network", "registry" };
    memset(e, 0, sizeof *e);
    eqlm_value both = { .type = EQLM_ARRAY, .len = 2, .as.items = e->items[N_FIELDS] };
    e->items[N_FIELDS][0] = text(categories[roll(4)]);
    e->items[N_FIELDS][1] = text(categories[roll(4)]);
    set_value(schema, e, "event.category",
              roll(8)   ? text(categories[roll(4)])
              : roll(4) ? both
                        : text("Process"));
    for (uint32_t f = 0; f < N_FIELDS; f++) {
        uint32_t n = roll(5);
        for (uint32_t i = 0; i < n; i++)
            e->items[f][i] = roll(8) ? random_value(rooms[f][i]) : (eqlm_value) { .type = EQLM_NULL };
        eqlm_value many = { .type = EQLM_ARRAY, .len = n, .as.items = e->items[f] };
        set_value(schema, e, fields[f], n < 3 ? e->items[f][0] : many);
    }
}

/* Compares the set with its programs on one event; returns how many match. */
static size_t compare(eqlm_vm *vm, eqlm_vm *alone, const eqlm_rules *set, eqlm_program *const *programs,
                      size_t n, const event *e)
{
    const uint32_t *matches;
    size_t n_matches, at = 0;
    assert_int_equal(eqlm_rules_match(vm, set, e, &matches, &n_matches), EQLM_OK);
    for (uint32_t i = 0; i < n; i++) {
        bool hit;
        assert_int_equal(eqlm_match(alone, programs[i], e, &hit), EQLM_OK);
        if (hit != (at < n_matches && matches[at] == i))
            fail_msg("program %u: alone %d, in the set %d", i, hit, !hit);
        at += hit;
    }
    assert_int_equal(at, n_matches);
    return n_matches;
}

/* Returns how many matches there were: without any nothing is tested. */
static size_t random_set(size_t n, size_t n_events, uint64_t seed)
{
    static const char *const categories[] = { "process", "process", "process", "file", "network", "any" };
    static char rooms[MAX_FIELDS][MAX_ITEMS][120];
    eqlm_schema *schema = new_schema(NULL);
    eqlm_program **programs = calloc(n, sizeof *programs);
    eqlm_rules *set;
    eqlm_vm *vm, *alone;
    size_t matches = 0;
    uint32_t number;
    random_state = seed;
    assert_non_null(programs);
    assert_int_equal(eqlm_rules_new(NULL, &set), EQLM_OK);
    for (size_t i = 0; i < n;) {
        char query[8000] = "", where[6000];
        condition(where, sizeof where, 4);
        snprintf(query, sizeof query, "%s where %s", categories[roll(6)], where);
        if (try_compile(NULL, schema, query, &programs[i]) ==
            EQLM_OK) /* the rest has bad UTF-8 or constants only */
            assert_int_equal(eqlm_rules_add(set, programs[i++], &number), EQLM_OK);
    }
    assert_int_equal(eqlm_rules_seal(set), EQLM_OK);
    assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
    assert_int_equal(eqlm_vm_new(NULL, &alone), EQLM_OK);
    for (size_t i = 0; i < n_events; i++) {
        event e;
        random_event(schema, &e, rooms);
        matches += compare(vm, alone, set, programs, n, &e);
    }
    for (size_t i = 0; i < n; i++)
        eqlm_program_free(programs[i]);
    free(programs);
    eqlm_rules_free(set);
    eqlm_vm_free(vm);
    eqlm_vm_free(alone);
    eqlm_schema_free(schema);
    return matches;
}

static void test_like_each_alone(void **state)
{
    size_t single = 0;
    (void)state;
    assert_true(random_set(700, 300, 1) > 3000);
    assert_true(random_set(130, 600, 2) > 3000);
    assert_true(random_set(9, 600, 3) > 100);
    for (uint64_t seed = 10; seed < 40; seed++)
        single += random_set(1, 100, seed);
    assert_true(single > 100);
}

/* The index is worth nothing if everything runs. */
static void test_candidates_are_few(void **state)
{
    (void)state;
    enum { N = 300 };
    char texts[N][160];
    const char *queries[N];
    for (int i = 0; i < N; i++) {
        snprintf(texts[i], sizeof texts[i],
                 i % 3 == 0   ? "process where a == \"name%d.exe\" and not b : \"x*\""
                 : i % 3 == 1 ? "process where (a : \"tool%d*\" or b : \"*fragment%d*\") and c != null"
                              : "file where n == %d and a like~ (\"*.dll\", \"*.exe\")",
                 i, i);
        queries[i] = texts[i];
    }
    eqlm_schema *schema = new_schema(NULL);
    eqlm_rules *set = seal(queries, N, schema);
    eqlm_vm *vm;
    event e = { .values = { { .type = EQLM_NULL } } };
    const uint32_t *numbers;
    size_t n;
    assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
    set_value(schema, &e, "event.category", text("process"));
    set_value(schema, &e, "a", text("NAME30.EXE"));
    set_value(schema, &e, "b", text("some FRAGMENT7 here"));
    set_value(schema, &e, "c", text("c"));
    assert_int_equal(eqli_rules_select(vm, set, &e, &numbers, &n), EQLI_OP_OK);
    assert_int_equal(n, 2);
    set_value(schema, &e, "event.category", text("file"));
    set_value(schema, &e, "n", (eqlm_value) { .type = EQLM_F64, .as.f64 = 299.0 });
    assert_int_equal(eqli_rules_select(vm, set, &e, &numbers, &n), EQLI_OP_OK);
    assert_int_equal(n, 1);
    assert_true(eqlm_rules_memory(set) > 0 && eqlm_rules_memory(set) < 1 << 20);
    eqlm_vm_free(vm);
    eqlm_rules_free(set);
    eqlm_schema_free(schema);
}

/* Regular expressions are kept from running by a text that all their matches have. */
static void test_candidates_of_regexes(void **state)
{
    (void)state;
    enum { N = 100 };
    static const char *const forms[] = { "a regex \".*Tool%d[0-9]\"", "a regex~ \"(.*-)?name%dx{2}y.*\"",
                                         "a regex (\"a%d+\", \".*b%d\")" };
    char texts[N][160];
    const char *queries[N];
    for (int i = 0; i < N; i++) {
        char test[100];
        snprintf(test, sizeof test, forms[i % 10 == 9 ? 2 : i % 2], 100 + i, 100 + i);
        snprintf(texts[i], sizeof texts[i], "process where %s", test);
        queries[i] = texts[i];
    }
    eqlm_schema *schema = new_schema(NULL);
    eqlm_rules *set = seal(queries, N, schema);
    static const struct {
        const char *a;
        size_t candidates, match;
    } cases[] = {
        { "C:/Tool1202", 11, 20 }, { "C:/tool1202", 11, N }, { "-NAME121XXY-", 11, 21 },
        { "zb109", 10, 9 },        { "nothing", 10, N },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        eqlm_vm *vm;
        event e = { .values = { { .type = EQLM_NULL } } };
        const uint32_t *matches;
        size_t n = 0;
        assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
        set_value(schema, &e, "event.category", text("process"));
        set_value(schema, &e, "a", text(cases[i].a));
        assert_int_equal(eqli_rules_select(vm, set, &e, &matches, &n), EQLI_OP_OK);
        assert_int_equal(n, cases[i].candidates); /* ten of them say nothing that all matches have */
        assert_int_equal(eqlm_rules_match(vm, set, &e, &matches, &n), EQLM_OK);
        assert_int_equal(n, cases[i].match != N);
        assert_true(n == 0 || matches[0] == cases[i].match);
        eqlm_vm_free(vm);
    }
    eqlm_rules_free(set);
    eqlm_schema_free(schema);
}

/* A set tries the conditions of a query in an order of its own, and what it reports is that of the query's:
 * the index lets the heading through, so the other condition comes first, where it fails in another way. */
static void test_order_of_conditions(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "process where a like~ \"abcdefgh?one*\" and 10 % n == 1",
        "process where a like~ \"abcdefgh?one*\" and concat(b, b, b) == \"xx\"",
        "process where a like~ \"bcdefghi?one*\"",
        "process where a like~ \"cdefghij?one*\"",
    };
    enum { N = sizeof queries / sizeof queries[0] };
    static const struct {
        const char *a, *b;
        int n;
        eqlm_status status;
        unsigned errors, matches;
    } cases[] = {
        { "abcdefgh, two", "x", 0, EQLM_OK, 0, 0 },      { "abcdefgh,one", "x", 0, EQLM_OK, 1, 0 },
        { "abcdefgh,one", "x", 3, EQLM_OK, 0, 1 },       { "abcdefgh, two", NULL, 3, EQLM_OK, 0, 0 },
        { "abcdefgh,one", NULL, 3, EQLM_E_LIMIT, 0, 0 },
    };
    eqlm_schema *schema = new_schema(NULL);
    eqlm_options options = { .size = sizeof options };
    eqlm_rules *set;
    char large[5000];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = 0;
    options.limits.max_scratch = 8192;
    assert_int_equal(eqlm_rules_new(NULL, &set), EQLM_OK);
    for (size_t i = 0; i < N; i++) {
        eqlm_program *p;
        eqlm_str query = { queries[i], strlen(queries[i]) };
        assert_int_equal(eqlm_compile(NULL, schema, query, &options, NULL, &p), EQLM_OK);
        assert_int_equal(eqlm_rules_add(set, p, NULL), EQLM_OK);
        eqlm_program_free(p);
    }
    assert_int_equal(eqlm_rules_seal(set), EQLM_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        event e = { .values = { { .type = EQLM_NULL } } };
        eqlm_vm *vm;
        const uint32_t *matches;
        size_t n = 0;
        assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
        set_value(schema, &e, "event.category", text("process"));
        set_value(schema, &e, "a", text(cases[i].a));
        set_value(schema, &e, "b", text(cases[i].b ? cases[i].b : large));
        set_value(schema, &e, "n", (eqlm_value) { .type = EQLM_I64, .as.i64 = cases[i].n });
        assert_int_equal(eqlm_rules_match(vm, set, &e, &matches, &n), cases[i].status);
        assert_int_equal(eqlm_vm_errors(vm), cases[i].errors);
        assert_int_equal(n, cases[i].matches);
        eqlm_vm_free(vm);
    }
    eqlm_rules_free(set);
    eqlm_schema_free(schema);
}

/* Each kind of pattern is found through the index by the texts it matches, and only by them. */
static void test_kinds_of_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *where, *text;
    } kinds[] = {
        { "a == \"whole-%d\"", "whole-17" },
        { "a in~ (\"Whole-%d\", \"another\")", "wHOLE-17" },
        { "a like \"head-%d-*\"", "head-17-and more" },
        { "a : \"*-%d-Tail\"", "before-17-TAIL" },
        { "a : (\"*-%d-and-a-tail-that-is-longer-than-any-window\")",
          "x-17-AND-A-TAIL-THAT-IS-LONGER-THAN-ANY-WINDOW" },
        { "a : (\"a-head-that-is-longer-than-any-window-%d-*\")",
          "A-HEAD-THAT-IS-LONGER-THAN-ANY-WINDOW-17-" },
        { "startsWith(a, \"start-%d-\")", "start-17-" },
        { "startsWith~(a, \"x%d-\")", "X17-y" },
        { "endsWith(a, \"-%d-end\")", "the-17-end" },
        { "endsWith~(a, \"-%d-\xc3\x89nd\")", "\xc3\xa9 the-17-\xc3\xa9ND" },
        { "stringContains(a, \"in-%d-side\")", "is in-17-side of it" },
        { "stringContains~(a, \"\xc3\xa9-%d-\")", "caf\xc3\x89-17-" },
        { "a : \"*begin%d-*end*\"", "BEGIN17-, END" },
        { "a : \"?:/%d/*.exe\"", "C:/17/A.EXE" },
        { "a : \"\xe2\x82\xac?-no%d\"", "\xe2\x82\xac\xf0\x9f\x98\x80-NO17" },
        { "a : (\"*k%dk*\", \"*quite-something-that-is-longer-than-a-window-%d*\")", "xx\xe2\x84\xaa"
                                                                                     "17K" },
        { "n == %d", NULL },
        { "n in (%d, 1000)", NULL },
    };
    enum { N_KINDS = sizeof kinds / sizeof kinds[0], EACH = 40 };
    for (size_t k = 0; k < N_KINDS; k++) {
        char texts[EACH][160], where[128];
        const char *queries[EACH];
        for (int i = 0; i < EACH; i++) {
            snprintf(where, sizeof where, "process where %s", kinds[k].where);
            snprintf(texts[i], sizeof texts[i], where, i, i);
            queries[i] = texts[i];
        }
        eqlm_schema *schema = new_schema(NULL);
        eqlm_rules *set = seal(queries, EACH, schema);
        eqlm_vm *vm;
        event e = { .values = { { .type = EQLM_NULL } } };
        const uint32_t *matches;
        size_t n;
        assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
        set_value(schema, &e, "event.category", text("process"));
        if (kinds[k].text)
            set_value(schema, &e, "a", text(kinds[k].text));
        set_value(schema, &e, "n", (eqlm_value) { .type = EQLM_U64, .as.u64 = 17 });
        assert_int_equal(eqlm_rules_match(vm, set, &e, &matches, &n), EQLM_OK);
        if (n != 1 || matches[0] != 17)
            fail_msg("%s: %zu matches", kinds[k].where, n);
        assert_int_equal(eqli_rules_select(vm, set, &e, &matches, &n), EQLI_OP_OK);
        if (n > 3 && !strstr(kinds[k].where, "window")) /* they differ outside */
            fail_msg("%s: %zu candidates", kinds[k].where, n);
        eqlm_vm_free(vm);
        eqlm_rules_free(set);
        eqlm_schema_free(schema);
    }
}

/* ---- The interface --------------------------------------------------------------------------------------
 */

/* Addresses and dates are found whatever text names them, be it in the slot that splits the set, in one with few values,
 * or among the many. */
static void test_own_types(void **state)
{
    enum { N = 200 };
    static const char *const forms[] = {
        "any where v == \"10.%u.0.0/16\"",
        "any where v in (\"x-%u\", \"2026-01-10\") and w == \"::ffff:10.0.0.17\"",
        "any where v == \"name-%u\" and w == \"10.0.0.16/31\"",
        "any where v == \"same\" and n == %u and w in (\"10.0.0.0/24\", \"b\")",
    };
    static const unsigned char address[] = { 10, 0, 0, 17 };
    const eqlm_value ip = { .type = EQLM_IP, .len = 4, .as.ip = address };
    const eqlm_value date = { .type = EQLM_DATE, .as.i64 = INT64_C(1768003200000000000) };
    const struct {
        eqlm_value v, w;
        size_t matches;
    } cases[] = { { ip, ip, 1 },           { date, ip, N / 4 },     { date, text("10.0.0.17"), 0 },
                  { text("name-18"), ip, 1 }, { text("name-17"), ip, 0 }, { text("same"), ip, 1 } };
    eqlm_schema *schema = new_schema(NULL);
    eqlm_program *programs[N];
    eqlm_rules *set;
    eqlm_vm *vm, *alone;
    (void)state;
    assert_int_equal(eqlm_rules_new(NULL, &set), EQLM_OK);
    for (unsigned i = 0; i < N; i++) {
        char query[200] = "", number[12];
        const char *form = forms[i % 4], *hole = strchr(form, '%');
        snprintf(number, sizeof number, "%u", i);
        strncat(query, form, (size_t)(hole - form));
        strcat(strcat(query, number), hole + 2);
        programs[i] = compile(schema, query);
        assert_int_equal(eqlm_rules_add(set, programs[i], NULL), EQLM_OK);
    }
    assert_int_equal(eqlm_rules_seal(set), EQLM_OK);
    assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
    assert_int_equal(eqlm_vm_new(NULL, &alone), EQLM_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        event e = { .values = { { .type = EQLM_NULL } } };
        set_value(schema, &e, "event.category", text("process"));
        set_value(schema, &e, "v", cases[i].v);
        set_value(schema, &e, "w", cases[i].w);
        set_value(schema, &e, "n", (eqlm_value) { .type = EQLM_I64, .as.i64 = 7 });
        assert_int_equal(compare(vm, alone, set, programs, N, &e), cases[i].matches);
    }
    for (unsigned i = 0; i < N; i++)
        eqlm_program_free(programs[i]);
    eqlm_rules_free(set);
    eqlm_vm_free(vm);
    eqlm_vm_free(alone);
    eqlm_schema_free(schema);
}

static void test_no_programs(void **state)
{
    (void)state;
    eqlm_rules *set;
    eqlm_vm *vm;
    event e = { .values = { { .type = EQLM_NULL } } };
    const uint32_t *matches;
    size_t n = 1;
    assert_int_equal(eqlm_rules_new(NULL, &set), EQLM_OK);
    assert_int_equal(eqlm_rules_seal(set), EQLM_OK);
    assert_int_equal(eqlm_rules_seal(set), EQLM_OK);
    assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
    assert_int_equal(eqlm_rules_match(vm, set, &e, &matches, &n), EQLM_OK);
    assert_int_equal(n, 0);
    eqlm_vm_free(vm);
    eqlm_rules_free(set);
    eqlm_rules_free(NULL);
    assert_int_equal(eqlm_rules_memory(NULL), 0);
}

static bool other_get(void *ctx, const void *e, uint32_t field, eqlm_value *out)
{
    return get(ctx, e, field, out);
}

static void test_refusals(void **state)
{
    (void)state;
    eqlm_schema *schema = new_schema(NULL), *other = new_schema(NULL);
    eqlm_program *query = compile(schema, "process where a == \"x\""),
                 *sequence = compile(schema, "sequence [process where true] [file where true]"), *foreign;
    eqlm_rules *set;
    eqlm_vm *vm;
    event e = { .values = { { .type = EQLM_NULL } } };
    const uint32_t *matches = NULL;
    size_t n = 7;
    uint32_t number = 7;
    bool selective;
    assert_int_equal(eqlm_schema_set_getter(other, other_get, NULL), EQLM_OK);
    foreign = compile(other, "process where a == \"x\"");
    assert_int_equal(eqlm_vm_new(NULL, &vm), EQLM_OK);
    assert_int_equal(eqlm_rules_new(NULL, NULL), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_rules_new(NULL, &set), EQLM_OK);
    assert_int_equal(eqlm_rules_add(set, sequence, &number), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_rules_add(set, NULL, &number), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_rules_add(NULL, query, &number), EQLM_E_ARGUMENT);
    assert_int_equal(number, 7);
    assert_int_equal(eqlm_rules_add(set, query, NULL), EQLM_OK);
    assert_int_equal(eqlm_rules_add(set, foreign, &number), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_rules_match(vm, set, &e, &matches, &n), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_rules_guard(set, 0, &selective, ts_bytes_write, NULL), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_rules_seal(NULL), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_rules_seal(set), EQLM_OK);
    assert_int_equal(eqlm_rules_add(set, query, &number), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_rules_match(NULL, set, &e, &matches, &n), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_rules_match(vm, NULL, &e, &matches, &n), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_rules_match(vm, set, NULL, &matches, &n), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_rules_match(vm, set, &e, NULL, &n), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_rules_match(vm, set, &e, &matches, NULL), EQLM_E_ARGUMENT);
    assert_int_equal(eqlm_rules_guard(set, 1, &selective, ts_bytes_write, NULL), EQLM_E_ARGUMENT);
    assert_int_equal(n, 7);
    assert_null(matches);
    eqlm_rules_free(set);
    eqlm_program_free(query);
    eqlm_program_free(sequence);
    eqlm_program_free(foreign);
    eqlm_vm_free(vm);
    eqlm_schema_free(schema);
    eqlm_schema_free(other);
}

static bool stop(void *ctx, const void *bytes, size_t len)
{
    (void)ctx, (void)bytes, (void)len;
    return false;
}

static void test_guards(void **state)
{
    (void)state;
    static const struct {
        const char *query, *guard;
        bool selective;
    } cases[] = {
        { "process where a == \"one\" and not b == \"two\"", "event.category == \"process\" and a == \"one\"",
          true },
        { "process where c : (\"*four*\", \"six\") or d == \"sev\\\\en\"",
          "event.category == \"process\" and (d == \"sev\\\\en\" or c : (2))", true },
        { "process where not a == \"x\"", "event.category == \"process\"", false },
        { "any where not a == \"x\"", "true", false },
        { "process where c regex \"x+tool.*\"", "event.category == \"process\" and c regex \"x+tool.*\"",
          true },
        { "process where a : \"x*\" and not a : \"y\"", "event.category == \"process\" and a != null", true },
        { "file where false", "false", true },
    };
    enum { N = sizeof cases / sizeof cases[0], MORE = 20 };
    const char *queries[N + MORE];
    char more[MORE][100];
    for (size_t i = 0; i < N; i++)
        queries[i] = cases[i].query;
    for (size_t i = 0; i < MORE; i++) {
        snprintf(more[i], sizeof more[i],
                 i % 2 ? "process where a == \"one%zu\" and n != %zu"
                       : "process where c : \"*n%zu*\" or d == \"%zu\"",
                 i + 100, i);
        queries[N + i] = more[i];
    }
    eqlm_schema *schema = new_schema(NULL);
    eqlm_rules *set = seal(queries, N + MORE, schema);
    for (uint32_t i = 0; i < N; i++) {
        ts_bytes b = { 0 };
        bool selective = !cases[i].selective;
        assert_int_equal(eqlm_rules_guard(set, i, &selective, ts_bytes_write, &b), EQLM_OK);
        assert_true(ts_bytes_write(&b, "", 1));
        assert_string_equal(b.ptr, cases[i].guard);
        assert_int_equal(selective, cases[i].selective);
        free(b.ptr);
    }
    bool selective;
    assert_int_equal(eqlm_rules_guard(set, 0, &selective, stop, NULL), EQLM_E_LIMIT);
    eqlm_rules_free(set);
    eqlm_schema_free(schema);
}

/* ---- Want of memory -------------------------------------------------------------------------------------
 */

enum { N_QUERIES = 12 };
static const char *const some_queries[N_QUERIES] = {
    "process where a == \"one.exe\" and b : \"*fragment*\"",
    "process where a in~ (\"two.exe\", \"three.exe\") or b like \"pre*\"",
    "process where b : (\"*ending\", \"beginning*\", \"*mid*dle*\") and n == 4",
    "process where n in (1, 2, 3) and flag == true",
    "file where a : \"caf\xc3\xa9*\" and c != null",
    "file where a == \"one.exe\"",
    "any where d == \"x\" or c == \"y\"",
    "network where n > 4 and not a == \"z\"",
    "process where a regex \"ab+c\"",
    "process where length(concat(a, b)) > 5 and a : \"*frag*\"",
    "process where a : \"*fragtwo*\" and not b == \"q\"",
    "process where a : \"*fragthree*\" and n != 3",
};

/* Seals and matches with the allocator; every status is OK or EQLM_E_NOMEM. */
static eqlm_status seal_and_match(ts_alloc *alloc, eqlm_program *const *programs, const event *e,
                                  size_t *n_matches)
{
    eqlm_rules *set = NULL;
    eqlm_vm *vm = NULL;
    const uint32_t *matches;
    uint32_t number;
    eqlm_status s = eqlm_rules_new(&alloc->hook, &set);
    for (size_t i = 0; i < N_QUERIES && s == EQLM_OK; i++)
        s = eqlm_rules_add(set, programs[i], &number);
    if (s == EQLM_OK) {
        s = eqlm_rules_seal(set);
        if (s == EQLM_E_NOMEM && eqlm_rules_seal(set) != EQLM_OK) /* nothing is lost */
            fail_msg("a set that could not be sealed cannot be sealed later");
    }
    if (s == EQLM_OK)
        s = eqlm_vm_new(&alloc->hook, &vm);
    if (s == EQLM_OK)
        s = eqlm_rules_match(vm, set, e, &matches, n_matches);
    eqlm_vm_free(vm);
    eqlm_rules_free(set);
    return s;
}

static void test_no_memory(void **state)
{
    (void)state;
    eqlm_schema *schema = new_schema(NULL);
    eqlm_program *programs[N_QUERIES];
    event e = { .values = { { .type = EQLM_NULL } } };
    ts_alloc alloc;
    size_t n = 0, fail_at = 0;
    for (size_t i = 0; i < N_QUERIES; i++)
        programs[i] = compile(schema, some_queries[i]);
    set_value(schema, &e, "event.category", text("process"));
    set_value(schema, &e, "a", text("One.exe \xc3\x89 fragTWO"));
    set_value(schema, &e, "b", text("beginning of the MIDDLE"));
    set_value(schema, &e, "n", (eqlm_value) { .type = EQLM_I64, .as.i64 = 4 });
    ts_alloc_init(&alloc);
    do {
        ts_alloc_arm(&alloc, ++fail_at);
        eqlm_status s = seal_and_match(&alloc, programs, &e, &n);
        assert_int_equal(s, alloc.failed ? EQLM_E_NOMEM : EQLM_OK);
        assert_int_equal(alloc.live_blocks, 0);
        assert_false(alloc.corrupt);
    } while (alloc.failed);
    assert_int_equal(n, 3);
    assert_true(fail_at > 20);
    for (size_t i = 0; i < N_QUERIES; i++)
        eqlm_program_free(programs[i]);
    eqlm_schema_free(schema);
}

/* ---- Threads --------------------------------------------------------------------------------------------
 */

typedef struct worker {
    const eqlm_rules *set;
    const event *events;
    size_t n_events;
    uint64_t sum; /* of everything that matched */
    bool failed;
} worker;

static void *work(void *ctx)
{
    worker *w = ctx;
    eqlm_vm *vm;
    if (eqlm_vm_new(NULL, &vm) != EQLM_OK) {
        w->failed = true;
        return NULL;
    }
    for (size_t round = 0; round < 50; round++) {
        for (size_t i = 0; i < w->n_events; i++) {
            const uint32_t *matches;
            size_t n;
            w->failed |= eqlm_rules_match(vm, w->set, &w->events[i], &matches, &n) != EQLM_OK;
            for (size_t k = 0; k < n && !w->failed; k++)
                w->sum = w->sum * 31 + matches[k] + i;
        }
    }
    eqlm_vm_free(vm);
    return NULL;
}

static void test_two_threads(void **state)
{
    (void)state;
    enum { N_EVENTS = 40 };
    static char rooms[N_EVENTS][MAX_FIELDS][MAX_ITEMS][120];
    static event events[N_EVENTS];
    eqlm_schema *schema = new_schema(NULL);
    eqlm_rules *set = seal(some_queries, N_QUERIES, schema);
    random_state = 5;
    for (size_t i = 0; i < N_EVENTS; i++)
        random_event(schema, &events[i], rooms[i]);
    set_value(schema, &events[0], "event.category", text("process"));
    set_value(schema, &events[0], "a", text("abbbc"));
    worker workers[2] = { { .set = set, .events = events, .n_events = N_EVENTS },
                          { .set = set, .events = events, .n_events = N_EVENTS } };
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(workers[i].failed);
    }
    assert_int_equal(workers[0].sum, workers[1].sum);
    assert_true(workers[0].sum != 0);
    eqlm_rules_free(set);
    eqlm_schema_free(schema);
}

/* ---- Clauses --------------------------------------------------------------------------------------------
 */

/* The tests of the cheapest clause, as digits; the test of a field with the constant "k" costs costs[k - 1].
 */
static unsigned clause(const char *query, const float costs[4])
{
    eqlm_schema *schema = new_schema(NULL);
    eqlm_program *p = compile(schema, query);
    eqli_flow f;
    unsigned chosen = 0;
    eqli_flow_init(&f, &p->alloc);
    assert_true(eqli_flow_read(&f, p, p->stages[0].start, p->stages[0].len));
    assert_true(eqli_flow_open(&f));
    eqli_flow_forget(&f);
    for (uint32_t i = 0; i < f.n; i++) {
        if (p->insns[i].op == EQLI_OP_EQUAL_TEXT)
            f.nodes[i].test = costs[p->consts[p->insns[i].b].as.str[0] - '1'];
    }
    bool any = eqli_flow_solve(&f) < EQLI_NO_CLAUSE;
    for (char digit = '1'; any && digit <= '4'; digit++) {
        for (uint32_t i = 0; i < f.n; i++) {
            if (eqli_flow_chosen(&f, i) && p->consts[p->insns[i].b].as.str[0] == digit)
                chosen = chosen * 10 + (unsigned)(digit - '0');
        }
    }
    eqli_flow_clear(&f);
    eqlm_program_free(p);
    eqlm_schema_free(schema);
    return chosen;
}

static void test_clauses(void **state)
{
    (void)state;
    const float no = EQLI_NO_CLAUSE;
    /* One of a conjunction, all of a disjunction, whichever costs less. */
    assert_int_equal(clause("any where a == \"1\" and b == \"2\" and c == \"3\"", (float[4]) { 2, 1, 4 }), 2);
    assert_int_equal(clause("any where a == \"1\" or b == \"2\" or c == \"3\"", (float[4]) { 2, 1, 4 }), 123);
    assert_int_equal(clause("any where a == \"1\" or b == \"2\" or c == \"3\"", (float[4]) { 2, no, 4 }), 0);
    assert_int_equal(clause("any where a == \"1\" and (b == \"2\" or c == \"3\")", (float[4]) { 4, 1, 2 }),
                     23);
    assert_int_equal(clause("any where a == \"1\" and (b == \"2\" or c == \"3\")", (float[4]) { 2, 1, 2 }),
                     1);
    assert_int_equal(clause("any where (a == \"1\" and b == \"2\") or (c == \"3\" and d == \"4\")",
                            (float[4]) { 1, 4, 4, 2 }),
                     14);
    /* What is common to both branches costs once, not once for each. */
    assert_int_equal(clause("any where (a == \"1\" or b == \"2\") and c == \"3\"", (float[4]) { 1, no, 2 }),
                     3);
    assert_int_equal(clause("any where (a == \"1\" or b == \"2\") and c == \"3\"", (float[4]) { 1, 3, 3.5f }),
                     3);
    /* Only the edge on which a test holds counts. */
    assert_int_equal(clause("any where not a == \"1\" and b == \"2\"", (float[4]) { 1, 4 }), 2);
    assert_int_equal(clause("any where not (a == \"1\" and b == \"2\")", (float[4]) { 1, 1 }), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_like_each_alone),
        cmocka_unit_test(test_candidates_are_few),
        cmocka_unit_test(test_kinds_of_patterns),
        cmocka_unit_test(test_own_types),
        cmocka_unit_test(test_no_programs),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_candidates_of_regexes),
        cmocka_unit_test(test_order_of_conditions),
        cmocka_unit_test(test_guards),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_two_threads),
        cmocka_unit_test(test_clauses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
