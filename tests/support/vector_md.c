#include "vector_md.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

typedef struct md {
    const char *path;
    size_t line;
    ts_md_add add;
    void *ctx;
    json_t *options; /* keys that hold for the rest of the block */
    char query[8192];
    size_t query_line;
    bool used; /* the query was tested */
} md;

static bool complain(const md *m, const char *what)
{
    fprintf(stderr, "%s:%zu: %s\n", m->path, m->line, what);
    return false;
}

static char *trim(char *s)
{
    s += strspn(s, " \t");
    size_t n = strlen(s);
    while (n && isspace((unsigned char)s[n - 1]))
        s[--n] = 0;
    return s;
}

/* Cuts the line at its last arrow; returns what is behind it, or NULL. */
static char *cut_result(char *line)
{
    char *found = NULL;
    for (char *p = line; (p = strstr(p, " => ")) != NULL; p += 4)
        found = p;
    if (!found)
        return NULL;
    *found = 0;
    return trim(found + 4);
}

static bool is_code(const char *s)
{
    return (*s == 'E' || *s == 'W') && strlen(s) == 4 && strspn(s + 1, "0123456789") == 3;
}

/* The value of an expression: one JSON value or several with commas. */
static json_t *read_values(const char *text)
{
    char list[1024];
    json_error_t error;
    snprintf(list, sizeof list, "[%s]", text);
    json_t *values = json_loads(list, 0, &error);
    if (json_array_size(values) == 1) {
        json_t *only = json_incref(json_array_get(values, 0));
        json_decref(values);
        return only;
    }
    return values ? json_pack("{s:o}", "$values", values) : NULL;
}

/* Takes the word `error` off the end of a result. */
static bool cut_error(char *result)
{
    size_t n = strlen(result);
    if (n < 7 || strcmp(result + n - 6, " error") != 0)
        return false;
    result[n - 6] = 0;
    trim(result);
    return true;
}

static bool set_result(json_t *v, char *result, bool is_expr)
{
    if (is_code(result)) {
        json_object_set_new(v, *result == 'E' ? "code" : "warns", json_string(result));
        json_object_set_new(v, "want", json_string(*result == 'E' ? "error" : "ok"));
        return true;
    }
    if (strcmp(result, "ok") == 0) {
        json_object_set_new(v, "want", json_string("ok"));
        json_object_set_new(v, "warns", json_string(""));
        return true;
    }
    if (cut_error(result))
        json_object_set_new(v, "errors", json_true());
    json_t *value = read_values(result);
    json_object_set_new(v, "want", value);
    return value && (is_expr || json_is_boolean(value));
}

static bool give(md *m, const char *kind, const char *text, const char *event, char *result)
{
    json_t *v = json_deep_copy(m->options);
    char name[96];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, "\n"), text);
    for (char *p = name; *p; p++)
        if ((unsigned char)*p >= 0x80)
            *p = '?'; /* it may be cut inside a character */
    json_object_set_new(v, "name", json_string(name));
    json_object_set_new(v, kind, json_string(text));
    if (event) {
        json_error_t error;
        json_t *e = json_loads(event, 0, &error);
        if (!e) {
            json_decref(v);
            return complain(m, "the event is no JSON");
        }
        json_object_set_new(v, "event", e);
    }
    if (!json_object_get(v, kind) || !set_result(v, result, strcmp(kind, "expr") == 0)) {
        json_decref(v);
        return complain(m, "neither a value nor a code behind =>");
    }
    return m->add(m->ctx, v, m->line);
}

static bool read_expr(md *m, char *line)
{
    char *result = cut_result(line);
    char *event = strstr(line, "  {");
    if (!result)
        return complain(m, "no => in this example");
    if (event) {
        *event = 0;
        event += 2;
    }
    return give(m, "expr", trim(line), event, result);
}

static bool end_query(md *m)
{
    if (m->query[0] && !m->used) {
        m->line = m->query_line;
        return complain(m, "nothing is asked of this query");
    }
    m->query[0] = 0;
    return true;
}

static bool read_query(md *m, char *text, bool continued)
{
    char *result = cut_result(text);
    size_t n = strlen(m->query);
    if (!continued) {
        if (!end_query(m))
            return false;
        n = 0;
        m->query_line = m->line;
    }
    snprintf(m->query + n, sizeof m->query - n, "%s%s", continued ? "\n" : "", continued ? text : trim(text));
    m->used = result != NULL;
    return !result || give(m, "query", trim(m->query), NULL, result);
}

static bool read_option(md *m, const char *key, const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_DECODE_ANY, &error);
    if (!value)
        value = json_string(text);
    json_object_set_new(m->options, key, value);
    return end_query(m);
}

static bool read_test(md *m, char *line)
{
    if (*line == ' ' && m->query[0])
        return read_query(m, line, true);
    char *colon = strchr(line, ':');
    if (!colon)
        return complain(m, "no key in this line");
    *colon = 0;
    char *text = trim(colon + 1);
    if (strcmp(line, "query") == 0)
        return read_query(m, text, false);
    if (strcmp(line, "event") != 0)
        return read_option(m, line, text);
    char *result = cut_result(text);
    if (!result || !m->query[0])
        return complain(m, result ? "an event without a query" : "no => in this example");
    m->used = true;
    return give(m, "query", m->query, text, result);
}

bool ts_md_read(char *text, const char *path, ts_md_add add, void *ctx)
{
    enum { OUTSIDE, OTHER, EXPR, TEST } where = OUTSIDE;
    md m = { .path = path, .add = add, .ctx = ctx, .options = json_object() };
    bool ok = true;
    for (char *line = text, *end; ok && *line; line = end) {
        end = strchr(line, '\n');
        end = end ? end + 1 : line + strlen(line);
        char kept[16384];
        snprintf(kept, sizeof kept, "%.*s", (int)(end - line - (end[-1] == '\n')), line);
        m.line++;
        if (strncmp(kept, "```", 3) == 0) {
            ok = end_query(&m);
            json_object_clear(m.options);
            where = where != OUTSIDE                   ? OUTSIDE
                    : strcmp(kept, "```eql-expr") == 0 ? EXPR
                    : strcmp(kept, "```eql-test") == 0 ? TEST
                                                       : OTHER;
        } else if (where == EXPR && kept[0]) {
            ok = read_expr(&m, kept);
        } else if (where == TEST && kept[0]) {
            ok = read_test(&m, kept);
        }
    }
    json_decref(m.options);
    return ok;
}
