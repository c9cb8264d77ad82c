/* test_golden.c - for every query NAME.eql here: its diagnostics, or its tree and code, are what NAME.out
 * holds. Every diagnostic of the catalogue must occur in some pair. UPDATE_GOLDEN=1 rewrites the .out files.
 *
 * The first line of a query may be a comment with options:
 *   // golden: endpoint expr strict closed tree code types=a:long,b:text max_depth=9 max_source=40
 * max_nodes=9
 *   //         max_regex_states=9 max_diags=2 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "event.h"
#include "vector.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIR_NAME "tests/golden"
#define MAX_FILES 1024

typedef struct golden {
    char *name; /* without its ending */
    ts_bytes text, out;
    eqlm_options options;
    bool expr, closed, tree, code, json;
    json_t *types;
} golden;

static char *names[MAX_FILES];
static size_t n_names;
static bool update;
static char seen[1u << 16]; /* codes of all diagnostics met, each behind a space */

static void put(ts_bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(ts_bytes *b, const char *format, ...)
{
    char line[4096];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < sizeof line);
    assert_true(ts_bytes_write(b, line, (size_t)n));
}

static bool read_file(const char *name, const char *ending, ts_bytes *out)
{
    char path[512], chunk[4096];
    snprintf(path, sizeof path, "%s/%s%s", DIR_NAME, name, ending);
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        assert_true(ts_bytes_write(out, chunk, n));
    fclose(f);
    return true;
}

static void read_types(golden *g, char *list)
{
    for (char *save, *item = strtok_r(list, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        char *colon = strchr(item, ':');
        assert_non_null(colon);
        *colon = 0;
        json_object_set_new(g->types, item, json_string(colon + 1));
    }
}

static void read_option(golden *g, char *word)
{
    static const struct {
        const char *name;
        size_t at;
    } limits[] = {
        { "max_depth", offsetof(eqlm_limits, max_depth) },
        { "max_source", offsetof(eqlm_limits, max_source) },
        { "max_nodes", offsetof(eqlm_limits, max_nodes) },
        { "max_diags", offsetof(eqlm_limits, max_diags) },
        { "max_regex_states", offsetof(eqlm_limits, max_regex_states) },
    };
    char *value = strchr(word, '=');
    if (value)
        *value++ = 0;
    for (size_t i = 0; value && i < sizeof limits / sizeof limits[0]; i++)
        if (strcmp(word, limits[i].name) == 0) {
            uint32_t number = (uint32_t)strtoul(value, NULL, 10);
            memcpy((char *)&g->options.limits + limits[i].at, &number, sizeof number);
            return;
        }
    if (value && strcmp(word, "types") == 0)
        read_types(g, value);
    else if (strcmp(word, "endpoint") == 0)
        g->options.dialect = EQLM_DIALECT_ENDPOINT;
    else if (strcmp(word, "strict") == 0)
        g->options.unknown_field_is_error = true;
    else if (strcmp(word, "expr") == 0)
        g->expr = true;
    else if (strcmp(word, "closed") == 0)
        g->closed = true;
    else if (strcmp(word, "tree") == 0)
        g->tree = true;
    else if (strcmp(word, "code") == 0)
        g->code = true;
    else if (strcmp(word, "json") == 0)
        g->json = true;
    else
        fail_msg("%s: unknown option '%s'", g->name, word);
}

static void read_options(golden *g)
{
    static const char mark[] = "// golden:";
    char line[1024];
    size_t n = 0;
    if (g->text.len < sizeof mark || memcmp(g->text.ptr, mark, sizeof mark - 1) != 0)
        return;
    while (n < g->text.len && n < sizeof line - 1 && g->text.ptr[n] != '\n')
        n++;
    memcpy(line, g->text.ptr, n);
    line[n] = 0;
    for (char *save, *word = strtok_r(line + sizeof mark - 1, " ", &save); word;
         word = strtok_r(NULL, " ", &save))
        read_option(g, word);
}

static eqlm_type type_of(void *ctx, eqlm_str name, bool *is_array)
{
    char key[256];
    (void)is_array;
    assert_true(name.len < sizeof key);
    memcpy(key, name.ptr, name.len);
    key[name.len] = 0;
    json_t *type = json_object_get(ctx, key);
    return type ? ts_type_by_name(json_string_value(type)) : EQLM_TYPE_ANY;
}

static const char *severity_name(eqlm_severity s)
{
    return s == EQLM_ERROR ? "error" : s == EQLM_WARNING ? "warning" : "info";
}

static void put_diags(golden *g, const eqlm_diags *diags)
{
    for (size_t i = 0; i < eqlm_diags_count(diags); i++) {
        const eqlm_diag *d = eqlm_diags_get(diags, i);
        put(&g->out, "%u:%u-%u:%u: %s[%s]: %s\n", (unsigned)d->line, (unsigned)d->column,
            (unsigned)d->end_line, (unsigned)d->end_column, severity_name(d->severity), d->code, d->message);
        if (d->hint)
            put(&g->out, "    hint: %s\n", d->hint);
        size_t used = strlen(seen);
        snprintf(seen + used, sizeof seen - used, " %s", d->code);
    }
    if (eqlm_diags_dropped(diags))
        put(&g->out, "%zu more\n", eqlm_diags_dropped(diags));
}

static void render(golden *g)
{
    eqlm_schema *schema = NULL;
    eqlm_diags *diags = NULL;
    eqlm_program *p = NULL;
    eqlm_str source = { g->text.ptr, g->text.len };
    assert_int_equal(eqlm_schema_new(NULL, &schema), EQLM_OK);
    assert_int_equal(eqlm_diags_new(NULL, &diags), EQLM_OK);
    if (json_object_size(g->types))
        assert_int_equal(eqlm_schema_set_types(schema, type_of, g->types), EQLM_OK);
    if (g->closed)
        assert_int_equal(eqlm_schema_close(schema), EQLM_OK);
    eqlm_status s = g->expr ? eqlm_compile_expr(NULL, schema, source, &g->options, diags, &p)
                            : eqlm_compile(NULL, schema, source, &g->options, diags, &p);
    put_diags(g, diags);
    if (s != EQLM_OK && s != EQLM_E_COMPILE)
        put(&g->out, "status: %s\n", eqlm_status_text(s));
    if (g->tree) {
        put(&g->out, "tree:\n");
        s = eqlm_dump_tree(NULL, schema, source, &g->options, diags, g->json, ts_bytes_write, &g->out);
        assert_int_equal(s, EQLM_OK);
        if (g->out.ptr[g->out.len - 1] != '\n')
            put(&g->out, "\n");
    }
    if (g->code) {
        put(&g->out, "code:\n");
        assert_non_null(p);
        assert_int_equal(eqlm_program_dump(p, g->json, ts_bytes_write, &g->out), EQLM_OK);
    }
    eqlm_program_free(p);
    eqlm_diags_free(diags);
    eqlm_schema_free(schema);
}

static void write_out(const golden *g)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.out", DIR_NAME, g->name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(g->out.ptr, 1, g->out.len, f), g->out.len);
    fclose(f);
}

static void test_pair(void **state)
{
    golden g = { .name = *state, .options = { .size = sizeof(eqlm_options) }, .types = json_object() };
    ts_bytes wanted = { 0 };
    assert_true(read_file(g.name, ".eql", &g.text));
    read_options(&g);
    render(&g);
    if (update)
        write_out(&g);
    else if (!read_file(g.name, ".out", &wanted))
        fail_msg("%s.out is missing; make update-golden writes it", g.name);
    bool same = update || (wanted.len == g.out.len &&
                           (wanted.len == 0 || memcmp(wanted.ptr, g.out.ptr, wanted.len) == 0));
    if (!same)
        print_error("wanted:\n%.*s\ngot:\n%.*s\n", (int)wanted.len, wanted.ptr ? wanted.ptr : "",
                    (int)g.out.len, g.out.ptr ? g.out.ptr : "");
    json_decref(g.types);
    free(g.text.ptr);
    free(g.out.ptr);
    free(wanted.ptr);
    if (!same)
        fail_msg("%s.out differs", (const char *)*state);
}

/* Runs last: every row of the catalogue was met. */
static void test_catalog(void **state)
{
    eqlm_diag_info info;
    size_t missing = 0;
    (void)state;
    for (size_t i = 0; eqlm_diag_catalog(i, &info); i++) {
        char code[32];
        snprintf(code, sizeof code, " %s", info.code);
        if (strstr(seen, code))
            continue;
        missing++;
        print_error("no query of %s has %s (%s)\n", DIR_NAME, info.code, info.name);
    }
    assert_int_equal(missing, 0);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool find_names(void)
{
    DIR *d = opendir(DIR_NAME);
    if (!d)
        return false;
    for (struct dirent *e; (e = readdir(d)) != NULL && n_names < MAX_FILES;) {
        size_t len = strlen(e->d_name);
        if (len <= 4 || strcmp(e->d_name + len - 4, ".eql") != 0)
            continue;
        names[n_names] = strdup(e->d_name);
        if (!names[n_names])
            return false;
        names[n_names++][len - 4] = 0;
    }
    closedir(d);
    qsort(names, n_names, sizeof names[0], by_name);
    return n_names > 0;
}

int main(void)
{
    static struct CMUnitTest tests[MAX_FILES + 1];
    const char *value = getenv("UPDATE_GOLDEN");
    update = value && *value;
    if (!find_names())
        return 2;
    for (size_t i = 0; i < n_names; i++)
        tests[i] =
            (struct CMUnitTest) { .name = names[i], .test_func = test_pair, .initial_state = names[i] };
    tests[n_names] = (struct CMUnitTest) { .name = "every diagnostic has a pair", .test_func = test_catalog };
    int failed = _cmocka_run_group_tests("golden", tests, n_names + 1, NULL, NULL);
    for (size_t i = 0; i < n_names; i++)
        free(names[i]);
    return failed;
}
