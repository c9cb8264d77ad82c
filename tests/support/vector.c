#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "vector_md.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINE (1u << 20)

static const char *text_of(json_t *j, const char *key, const char *otherwise)
{
    const char *s = json_string_value(json_object_get(j, key));
    return s ? s : otherwise;
}

/* "lex", "parse", ... of the reference format as prefixes of our codes. */
static const char *codes_of_kind(const char *kind)
{
    if (strcmp(kind, "lex") == 0)
        return "E1";
    if (strcmp(kind, "parse") == 0)
        return "E2";
    if (strcmp(kind, "verify") == 0)
        return "E3 E4";
    return strcmp(kind, "compile") == 0 ? "E5" : "";
}

static bool read_want(ts_vector *v, json_t *j)
{
    json_t *want = json_object_get(j, "want");
    const char *expect = text_of(j, "expect", NULL);
    if (json_object_get(j, "value")) { /* reference format */
        v->want = TS_VALUE;
        v->value = json_object_get(j, "value");
    } else if (expect) {
        v->want = strcmp(expect, "true") == 0 ? TS_MATCH : TS_NO_MATCH;
        v->codes = codes_of_kind(text_of(j, "error_kind", ""));
        if (strcmp(expect, "error") == 0)
            v->want = TS_REJECT;
        else if (strcmp(text_of(j, "kind", ""), "compile") == 0)
            v->want = TS_ACCEPT;
    } else if (json_object_get(j, "endpoint_parser")) {
        v->want =
            strcmp(text_of(j, v->dialect == EQLM_DIALECT_ES ? "es" : "endpoint_parser", ""), "accept") == 0
                ? TS_ACCEPT
                : TS_REJECT;
    } else if (json_is_string(want) && !v->is_expr) {
        const char *s = json_string_value(want);
        if (strcmp(s, "error") != 0 && strcmp(s, "ok") != 0)
            return false;
        v->want = strcmp(s, "ok") == 0 ? TS_ACCEPT : TS_REJECT;
    } else if (json_is_string(want) && json_object_get(j, "code")) {
        v->want = TS_REJECT;
    } else if (v->is_expr && want) {
        v->want = TS_VALUE;
        v->value = want;
    } else if (json_is_boolean(want)) {
        v->want = json_is_true(want) ? TS_MATCH : TS_NO_MATCH;
    } else {
        return false;
    }
    if (v->want == TS_REJECT && !v->codes[0])
        v->codes = text_of(j, "code", "");
    return true;
}

/* The schema with the unmapped names added as a type of their own; NULL when there is neither. */
static json_t *read_types(json_t *j)
{
    json_t *types = json_object_get(j, "schema");
    json_t *unmapped = json_object_get(j, "unmapped");
    if (!unmapped)
        return types;
    if (!types) {
        types = json_object();
        json_object_set_new(j, "schema", types);
    }
    size_t i;
    json_t *name;
    json_array_foreach(unmapped, i, name)
        json_object_set_new(types, json_string_value(name), json_string("unmapped"));
    return types;
}

/* { "max_depth": 9 } */
static bool read_limits(json_t *j, eqlm_limits *out)
{
    static const struct {
        const char *name;
        size_t at;
    } known[] = {
        { "max_source", offsetof(eqlm_limits, max_source) },
        { "max_depth", offsetof(eqlm_limits, max_depth) },
        { "max_nodes", offsetof(eqlm_limits, max_nodes) },
        { "max_choices", offsetof(eqlm_limits, max_choices) },
        { "max_regex_states", offsetof(eqlm_limits, max_regex_states) },
        { "max_scratch", offsetof(eqlm_limits, max_scratch) },
    };
    size_t n = 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        json_t *value = json_object_get(j, known[i].name);
        uint32_t number = (uint32_t)json_integer_value(value);
        memcpy((char *)out + known[i].at, &number, sizeof number);
        n += value != NULL;
    }
    return n == json_object_size(j);
}

static bool add_vector(ts_vectors *vs, json_t *j, const char *file, size_t line, eqlm_dialect dialect)
{
    if (vs->n == vs->cap) {
        size_t cap = vs->cap ? 2 * vs->cap : 256;
        ts_vector *items = realloc(vs->items, cap * sizeof *items);
        if (!items)
            return false;
        vs->items = items;
        vs->cap = cap;
    }
    ts_vector *v = &vs->items[vs->n];
    memset(v, 0, sizeof *v);
    v->json = j;
    v->codes = "";
    v->dialect = dialect;
    if (strcmp(text_of(j, "dialect", ""), "endpoint") == 0)
        v->dialect = EQLM_DIALECT_ENDPOINT;
    v->is_expr = json_object_get(j, "expr") != NULL;
    json_t *text = json_object_get(j, v->is_expr ? "expr" : "query");
    v->text = json_string_value(text);
    v->text_len = json_string_length(text);
    v->event = json_object_get(j, "event");
    if (!v->event) {
        v->event = json_object();
        json_object_set_new(j, "event", v->event);
    }
    v->types = read_types(j);
    v->objects = json_object_get(j, "objects");
    v->errors = json_is_true(json_object_get(j, "errors"));
    v->any_errors =
        json_object_get(j, "expect") || json_object_get(j, "value") || json_object_get(j, "any_errors");
    v->strict = json_is_true(json_object_get(j, "strict"));
    v->closed = json_is_true(json_object_get(j, "closed"));
    v->category_field = text_of(j, "category_field", NULL);
    v->warns = text_of(j, "warns", NULL);
    if (!v->text || !read_want(v, j) || !read_limits(json_object_get(j, "limits"), &v->limits)) {
        fprintf(stderr, "%s:%zu: not a vector\n", file, line);
        return false;
    }
    const char *name = text_of(j, "name", NULL), *base = strrchr(file, '/');
    size_t cap = strlen(file) + (name ? strlen(name) : 0) + 64;
    v->name = malloc(cap);
    if (!v->name)
        return false;
    if (name)
        snprintf(v->name, cap, "%s:%zu: %s", base ? base + 1 : file, line, name);
    else
        snprintf(v->name, cap, "%s%s", text_of(j, "id", "?"),
                 dialect == EQLM_DIALECT_ENDPOINT ? " (endpoint)" : "");
    vs->n++;
    return true;
}

/* Lines for which the project decides otherwise than the reference parsers: array index, `in` after
 * arithmetic, functions not in the list, a free variable. */
static bool endpoint_exception(const char *id)
{
    return strstr(" E031 E034 E035 E036 E038 ", id) != NULL;
}

static bool add_line(ts_vectors *vs, const char *text, const char *file, size_t line)
{
    json_error_t error;
    json_t *j = json_loads(text, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    if (!j && json_error_code(&error) == json_error_numeric_overflow) /* an integer of more than 64 bits */
        j = json_loads(text, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
    if (!j) {
        fprintf(stderr, "%s:%zu:%d: %s\n", file, line, error.column, error.text);
        return false;
    }
    if (json_object_get(j, "endpoint_parser")) {
        json_t *copy = json_deep_copy(j);
        if (endpoint_exception(text_of(j, "id", "?")))
            json_object_set_new(copy, "endpoint_parser", json_string("reject"));
        if (!copy || !add_vector(vs, copy, file, line, EQLM_DIALECT_ENDPOINT))
            return false;
    }
    return add_vector(vs, j, file, line, EQLM_DIALECT_ES);
}

typedef struct md_target {
    ts_vectors *vs;
    const char *path;
} md_target;

static bool add_example(void *ctx, json_t *take_vector, size_t line)
{
    md_target *t = ctx;
    return add_vector(t->vs, take_vector, t->path, line, EQLM_DIALECT_ES);
}

static bool read_examples(ts_vectors *vs, const char *path, FILE *f)
{
    char *text = malloc(MAX_LINE);
    size_t n = text ? fread(text, 1, MAX_LINE - 1, f) : 0, before = vs->n;
    bool ok = text && n < MAX_LINE - 1;
    if (ok) {
        text[n] = 0;
        ok = ts_md_read(text, path, add_example, &(md_target){ vs, path });
    }
    free(text);
    return ok && vs->n > before;
}

bool ts_vectors_read(ts_vectors *vs, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        return false;
    }
    if (strlen(path) > 3 && strcmp(path + strlen(path) - 3, ".md") == 0) {
        bool read = read_examples(vs, path, f);
        fclose(f);
        return read;
    }
    char *line = malloc(MAX_LINE);
    bool ok = line != NULL;
    for (size_t n = 1; ok && fgets(line, MAX_LINE, f); n++)
        if (line[strspn(line, " \t\r\n")])
            ok = add_line(vs, line, path, n);
    free(line);
    fclose(f);
    return ok;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool ts_vectors_read_dir(ts_vectors *vs, const char *dir)
{
    DIR *d = opendir(dir);
    if (!d) {
        perror(dir);
        return false;
    }
    char *paths[256];
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(d)) != NULL && n < 256;) {
        size_t len = strlen(entry->d_name), cap = strlen(dir) + len + 2;
        if (len < 6 || strcmp(entry->d_name + len - 6, ".jsonl") != 0 || !(paths[n] = malloc(cap)))
            continue;
        snprintf(paths[n++], cap, "%s/%s", dir, entry->d_name);
    }
    closedir(d);
    qsort(paths, n, sizeof paths[0], by_name);
    bool ok = n > 0;
    for (size_t i = 0; i < n; i++) {
        ok = ok && ts_vectors_read(vs, paths[i]);
        free(paths[i]);
    }
    return ok;
}

bool ts_vectors_read_all(ts_vectors *vs, const char *shared)
{
    static const char *const files[] = { "vectors.jsonl", "endpoint-syntax-vectors.jsonl" };
    if (!ts_vectors_read_dir(vs, "tests/vectors"))
        return false;
    printf("tests/vectors: %zu vectors\n", vs->n);
    size_t n_own = vs->n;
    if (!ts_vectors_read(vs, "docs/language.md") || !ts_vectors_read(vs, "docs/diagnostics.md"))
        return false;
    printf("docs: %zu examples\n", vs->n - n_own);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[1024];
        size_t before = vs->n;
        snprintf(path, sizeof path, "%s/spec/%s", shared, files[i]);
        FILE *f = fopen(path, "rb");
        if (!f) {
            printf("skipped: %s is not there\n", path);
            continue;
        }
        fclose(f);
        if (!ts_vectors_read(vs, path))
            return false;
        printf("%s: %zu vectors\n", path, vs->n - before);
    }
    return true;
}

void ts_vectors_clear(ts_vectors *vs)
{
    for (size_t i = 0; i < vs->n; i++) {
        free(vs->items[i].name);
        json_decref(vs->items[i].json);
    }
    free(vs->items);
    memset(vs, 0, sizeof *vs);
}

const char *ts_way_name(ts_way way)
{
    return way == TS_STRUCT ? "struct" : "getter";
}

int ts_vectors_main(const char *group, void (*test)(void **state), int argc, char **argv)
{
    ts_vectors vs = { 0 };
    const char *shared = getenv("SHARED");
    bool read = argc > 1 || ts_vectors_read_all(&vs, shared && *shared ? shared : "../shared");
    for (int i = 1; i < argc; i++)
        read = read && ts_vectors_read(&vs, argv[i]);
    struct CMUnitTest *tests = calloc(vs.n + 1, sizeof *tests);
    if (!read || !tests)
        return 2;
    for (size_t i = 0; i < vs.n; i++) {
        tests[i].name = vs.items[i].name;
        tests[i].test_func = test;
        tests[i].initial_state = &vs.items[i];
    }
    int failed = _cmocka_run_group_tests(group, tests, vs.n, NULL, NULL);
    free(tests);
    ts_vectors_clear(&vs);
    return failed != 0;
}

static eqlm_type type_of(void *ctx, eqlm_str name, bool *is_array)
{
    json_t *types = ctx;
    const char *key;
    json_t *type;
    (void)is_array;
    json_object_foreach(types, key, type) if (strlen(key) == name.len &&
                                              memcmp(key, name.ptr, name.len) ==
                                                  0) return ts_type_by_name(json_string_value(type));
    return EQLM_TYPE_ANY;
}

eqlm_status ts_host_new(const eqlm_alloc *alloc, const ts_vector *v, ts_event *e, ts_way way, size_t shift,
                        ts_host *out)
{
    memset(out, 0, sizeof *out);
    eqlm_status s = eqlm_schema_new(alloc, &out->schema);
    for (size_t i = 0; s == EQLM_OK && i < shift; i++) {
        char name[32];
        snprintf(name, sizeof name, "unused.field.%u", (unsigned)i);
        eqlm_field f = { .name = name, .type = EQLM_TYPE_ANY };
        s = eqlm_schema_add(out->schema, &f, 1);
    }
    if (s == EQLM_OK && v->types)
        s = eqlm_schema_set_types(out->schema, type_of, v->types);
    if (s == EQLM_OK && way == TS_STRUCT) {
        size_t n;
        const eqlm_field *fields = ts_event_fields(e, &n);
        s = eqlm_schema_add(out->schema, fields, n);
        out->event = ts_event_struct(e);
    } else if (s == EQLM_OK) {
        s = eqlm_schema_set_getter(out->schema, ts_event_get, &out->getter);
        out->event = ts_event_root(e);
    }
    if (s == EQLM_OK && v->closed)
        s = eqlm_schema_close(out->schema);
    out->getter = (ts_getter) { out->schema, e };
    if (s != EQLM_OK)
        ts_host_clear(out);
    return s;
}

void ts_host_clear(ts_host *h)
{
    eqlm_schema_free(h->schema);
    h->schema = NULL;
}

eqlm_status ts_vector_compile(const eqlm_alloc *alloc, const ts_vector *v, const char *text, size_t len,
                              eqlm_schema *schema, eqlm_diags *diags, eqlm_program **out)
{
    eqlm_options options = { .size = sizeof options };
    options.dialect = v->dialect;
    options.unknown_field_is_error = v->strict;
    options.limits = v->limits;
    if (v->category_field)
        options.category_field = v->category_field;
    eqlm_str source = { text, len };
    return v->is_expr ? eqlm_compile_expr(alloc, schema, source, &options, diags, out)
                      : eqlm_compile(alloc, schema, source, &options, diags, out);
}

static const char *diag_name(const char *code)
{
    eqlm_diag_info info;
    for (size_t i = 0; eqlm_diag_catalog(i, &info); i++)
        if (strcmp(info.code, code) == 0)
            return info.name;
    return "";
}

/* `codes` are names of the catalogue, or beginnings of codes, separated by spaces. */
static bool code_fits(const char *codes, const char *code)
{
    const char *name = diag_name(code);
    if (!codes[0])
        return true;
    while (*codes) {
        size_t n = strcspn(codes, " ");
        if (strncmp(codes, code, n) == 0 || (strlen(name) == n && memcmp(codes, name, n) == 0))
            return true;
        codes += n;
        codes += strspn(codes, " ");
    }
    return false;
}

static bool warnings_ok(const ts_vector *v, const eqlm_diags *diags, char *why, size_t why_len)
{
    bool found = false;
    const char *other = NULL;
    for (size_t i = 0; i < eqlm_diags_count(diags); i++) {
        const eqlm_diag *d = eqlm_diags_get(diags, i);
        found |= strcmp(d->code, v->warns) == 0;
        if (strcmp(d->code, v->warns) != 0 && strcmp(d->code, "W101") != 0)
            other = d->code;
    }
    if (!other && (found || !v->warns[0]))
        return true;
    snprintf(why, why_len, "wanted %s, got %s", v->warns[0] ? v->warns : "no warning", other ? other : "none");
    return false;
}

bool ts_vector_diags_ok(const ts_vector *v, size_t text_len, const eqlm_diags *diags, char *why,
                        size_t why_len)
{
    bool found = false;
    const eqlm_diag *first = NULL;
    if (v->warns && !warnings_ok(v, diags, why, why_len))
        return false;
    for (size_t i = 0; i < eqlm_diags_count(diags); i++) {
        const eqlm_diag *d = eqlm_diags_get(diags, i);
        if (d->start > d->end || d->end > text_len || d->line < 1 || d->column < 1 || !d->message[0]) {
            snprintf(why, why_len, "diagnostic %s has bad place %u..%u of %zu bytes, line %u column %u",
                     d->code, (unsigned)d->start, (unsigned)d->end, text_len, (unsigned)d->line,
                     (unsigned)d->column);
            return false;
        }
        if (d->severity != EQLM_ERROR)
            continue;
        first = first ? first : d;
        found |= v->want == TS_REJECT && code_fits(v->codes, d->code);
    }
    if (v->want == TS_REJECT && !found) {
        snprintf(why, why_len, "wanted error %s, got %s: %s", v->codes, first ? first->code : "none",
                 first ? first->message : "");
        return false;
    }
    return true;
}

static bool value_equals(const eqlm_value *v, json_t *j)
{
    switch ((eqlm_value_type)v->type) {
    case EQLM_NULL:
        return json_is_null(j);
    case EQLM_BOOL:
        return json_is_boolean(j) && json_is_true(j) == v->as.boolean;
    case EQLM_I64:
        return json_is_integer(j) && json_integer_value(j) == v->as.i64;
    case EQLM_F64:
        return json_is_real(j) && json_real_value(j) <= v->as.f64 && json_real_value(j) >= v->as.f64;
    case EQLM_STRING:
        return json_is_string(j) && json_string_length(j) == v->len &&
               memcmp(json_string_value(j), v->as.str, v->len) == 0;
    case EQLM_U64: { /* {"$u64": "..."}, or an integer that both types hold */
        const char *text = json_string_value(json_object_get(j, "$u64"));
        return text ? strtoull(text, NULL, 10) == v->as.u64
                    : json_is_integer(j) && json_integer_value(j) >= 0 &&
                          (uint64_t)json_integer_value(j) == v->as.u64;
    }
    default:
        return false;
    }
}

static void value_text(const eqlm_value *v, char *out, size_t len)
{
    switch ((eqlm_value_type)v->type) {
    case EQLM_NULL:
        snprintf(out, len, "null");
        break;
    case EQLM_BOOL:
        snprintf(out, len, "%s", v->as.boolean ? "true" : "false");
        break;
    case EQLM_I64:
        snprintf(out, len, "%lld", (long long)v->as.i64);
        break;
    case EQLM_U64:
        snprintf(out, len, "%llu (u64)", (unsigned long long)v->as.u64);
        break;
    case EQLM_F64:
        snprintf(out, len, "%.17g (double)", v->as.f64);
        break;
    case EQLM_STRING:
        snprintf(out, len, "\"%.*s\"", (int)v->len, v->as.str);
        break;
    default:
        snprintf(out, len, "a value of type %u", (unsigned)v->type);
        break;
    }
}

bool ts_vector_values_ok(const ts_vector *v, const eqlm_value *values, size_t n, char *why, size_t why_len)
{
    /* Several wanted values are {"$values": [...]}, in any order. */
    json_t *many = json_object_get(v->value, "$values");
    size_t wanted = many ? json_array_size(many) : 1;
    bool ok = n == wanted;
    for (size_t i = 0; ok && i < n; i++) {
        bool found = false;
        for (size_t k = 0; k < wanted; k++)
            found |= value_equals(&values[i], many ? json_array_get(many, k) : v->value);
        ok = found;
    }
    if (ok)
        return true;
    char *want = json_dumps(v->value, JSON_ENCODE_ANY);
    char got[256] = "nothing";
    if (n)
        value_text(&values[0], got, sizeof got);
    snprintf(why, why_len, "wanted %s, got %zu value(s), first %s", want ? want : "?", n, got);
    free(want);
    return false;
}

bool ts_bytes_write(void *ctx, const void *bytes, size_t len)
{
    ts_bytes *b = ctx;
    if (b->len + len > b->cap) {
        size_t cap = 2 * (b->len + len);
        char *p = realloc(b->ptr, cap);
        if (!p)
            return false;
        b->ptr = p;
        b->cap = cap;
    }
    if (len)
        memcpy(b->ptr + b->len, bytes, len);
    b->len += len;
    return true;
}

/* Length of the string, backquoted name or comment at `s`, or 0. */
static size_t skip_opaque(const char *s, size_t len)
{
    if (len >= 3 && memcmp(s, "\"\"\"", 3) == 0) {
        size_t i = 3;
        while (i + 3 <= len && memcmp(s + i, "\"\"\"", 3) != 0)
            i++;
        for (i += 3; i < len && s[i] == '"'; i++)
            continue;
        return i < len ? i : len;
    }
    if (len && (*s == '"' || *s == '`')) {
        size_t i = 1;
        while (i < len && s[i] != *s)
            i += s[i] == '\\' && *s == '"' ? 2 : 1;
        return i < len ? i + 1 : len;
    }
    if (len >= 2 && memcmp(s, "//", 2) == 0) {
        const char *end = memchr(s, '\n', len);
        return end ? (size_t)(end - s) : len;
    }
    if (len >= 2 && memcmp(s, "/*", 2) == 0) {
        size_t i = 2;
        while (i + 2 <= len && memcmp(s + i, "*/", 2) != 0)
            i++;
        return i + 2 <= len ? i + 2 : len;
    }
    return 0;
}

size_t ts_condition_start(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t skip = skip_opaque(text + i, len - i);
        if (!skip && text[i] == '[')
            return 0;
        if (!skip && i > 0 && len - i > 5 && memcmp(text + i, "where", 5) == 0 &&
            strchr(" \t\r\n(/", text[i + 5]))
            return i + 5;
        i += skip ? skip : 1;
    }
    return 0;
}

bool ts_has_pipe(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t skip = skip_opaque(text + i, len - i);
        if (!skip && text[i] == '|')
            return true;
        i += skip ? skip : 1;
    }
    return false;
}
