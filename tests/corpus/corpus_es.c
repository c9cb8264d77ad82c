/* corpus_es.c - event queries of Elasticsearch's and of python-eql's own tests, with their data and the ids
 * they expect. Run by tests/support/corpus.sh. Argument: the folder that holds spec/ and corpus/. Exit status
 * 1: some query gives other ids. Where python-eql's language differs by design its rows carry the answer of
 * the rules of Elasticsearch, too: such a row counts as a known difference. */
#include "eqlmini.h"

#include "event.h"
#include "toml_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EVENTS 1024

typedef struct suite {
    const char *queries, *mapping, *data[3];
    const char *category, *id, *time;
    bool closed; /* names that neither mapping nor data have are unmapped */
} suite;

static const suite suites[] = {
    { "spec/es-tests/test_queries.toml",
      "spec/es-tests/mapping-default.json",
      { "spec/es-tests/test_data.json" },
      "event_type",
      "serial_event_id",
      "timestamp",
      false },
    { "spec/es-tests/additional_test_queries.toml",
      "spec/es-tests/mapping-default.json",
      { "spec/es-tests/test_data.json" },
      "event_type",
      "serial_event_id",
      "timestamp",
      false },
    { "spec/es-tests/test_extra.tomllib.toml",
      "spec/es-tests/data/extra.mapping",
      { "spec/es-tests/data/extra.data" },
      "event_type",
      "sequence",
      "@timestamp",
      true },
    { "spec/es-tests/test_missing_events.toml",
      "spec/es-tests/data/missing-events.mapping",
      { "spec/es-tests/data/missing-events.data" },
      "event_type",
      "sequence",
      "@timestamp",
      true },
    { "spec/es-tests/test_sample.toml",
      NULL,
      { "spec/es-tests/data/sample1.data", "spec/es-tests/data/sample2.data",
        "spec/es-tests/data/sample3.data" },
      "event_type",
      "id",
      NULL,
      true },
    { "spec/es-tests/test_sample_multi.toml",
      NULL,
      { "spec/es-tests/data/sample-multi.data" },
      "event_type",
      "id",
      NULL,
      true },
    { "corpus/pyeql_tests/queries.jsonl",
      "spec/es-tests/mapping-default.json",
      { "corpus/pyeql_tests/test_data.json" },
      "event_type",
      "serial_event_id",
      "timestamp",
      false },
};

typedef struct document {
    json_t *json;
    ts_event *event;
    long long time, id;
} document;

typedef struct run {
    const suite *s;
    document docs[MAX_EVENTS];
    size_t n_docs;
    json_t *types; /* {name: type} */
    size_t queries, equal, known, different, pending;
} run;

static void die(const char *what, const char *which)
{
    fprintf(stderr, "corpus_es: %s: %s\n", what, which);
    exit(2);
}

/* The file without the lines that begin with "//". */
static json_t *load_data(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = malloc(8u << 20), line[1u << 16];
    size_t len = 0;
    json_error_t error;
    if (!f || !text)
        die("cannot read", path);
    while (fgets(line, sizeof line, f)) {
        size_t n = strlen(line);
        if (strncmp(line + strspn(line, " \t"), "//", 2) == 0)
            continue;
        memcpy(text + len, line, n);
        len += n;
    }
    fclose(f);
    json_t *j = json_loadb(text, len, 0, &error);
    free(text);
    if (!j)
        die(path, error.text);
    return j;
}

/* "properties" of a mapping. An alias gives every document a second name for a value, null_value a value for
 * null. */
static void read_mapping(run *r, json_t *properties, const char *prefix)
{
    const char *key;
    json_t *p;
    json_object_foreach(properties, key, p)
    {
        char name[512];
        snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", key);
        const char *type = json_string_value(json_object_get(p, "type"));
        if (!type) {
            read_mapping(r, json_object_get(p, "properties"), name);
            continue;
        }
        json_t *target = json_object_get(p, "path"), *null_value = json_object_get(p, "null_value");
        bool is_alias = strcmp(type, "alias") == 0;
        if (strcmp(type, "text") == 0 && json_object_get(p, "fields"))
            type = "keyword"; /* comparisons use the exact sub-field */
        if (strcmp(type, "[runtime_random_keyword_type]") == 0)
            type = "keyword";
        if (!is_alias)
            json_object_set_new(r->types, name, json_string(type));
        for (size_t i = 0; i < r->n_docs; i++) {
            json_t *doc = r->docs[i].json;
            json_t *value = is_alias ? json_object_get(doc, json_string_value(target)) : NULL;
            if (value)
                json_object_set(doc, name, value);
            if (null_value && json_is_null(json_object_get(doc, name)))
                json_object_set(doc, name, null_value);
        }
    }
}

static void infer_type(run *r, const char *name, json_t *value)
{
    if (json_is_array(value) && json_array_size(value))
        value = json_array_get(value, 0);
    const char *type = json_is_string(value)    ? "keyword"
                       : json_is_integer(value) ? "long"
                       : json_is_real(value)    ? "double"
                       : json_is_boolean(value) ? "boolean"
                                                : NULL;
    if (type && !json_object_get(r->types, name))
        json_object_set_new(r->types, name, json_string(type));
}

static long long number_of(json_t *j)
{
    return json_is_string(j) ? strtoll(json_string_value(j), NULL, 10) : json_integer_value(j);
}

static int by_time(const void *a, const void *b)
{
    const document *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static void load_documents(run *r, const char *base)
{
    char path[1024];
    r->types = json_object();
    for (size_t k = 0; k < 3 && r->s->data[k]; k++) {
        snprintf(path, sizeof path, "%s/%s", base, r->s->data[k]);
        json_t *all = load_data(path), *doc;
        size_t i;
        json_array_foreach(all, i, doc)
        {
            if (r->n_docs == MAX_EVENTS)
                die("too many events", path);
            r->docs[r->n_docs++].json = json_incref(doc);
        }
        json_decref(all);
    }
    if (r->s->mapping) {
        snprintf(path, sizeof path, "%s/%s", base, r->s->mapping);
        json_t *mapping = load_data(path);
        read_mapping(r, json_object_get(mapping, "properties"), "");
        json_decref(mapping);
    }
    for (size_t i = 0; i < r->n_docs; i++) {
        document *d = &r->docs[i];
        const char *key;
        json_t *value;
        json_object_foreach(d->json, key, value) infer_type(r, key, value);
        d->event = ts_event_new(d->json, NULL, NULL);
        d->id = number_of(json_object_get(d->json, r->s->id));
        d->time = r->s->time ? number_of(json_object_get(d->json, r->s->time)) : 0;
    }
    qsort(r->docs, r->n_docs, sizeof r->docs[0], by_time);
}

static eqlm_type type_of(void *ctx, eqlm_str name, bool *is_array)
{
    char key[512];
    (void)is_array;
    if (name.len >= sizeof key)
        return EQLM_TYPE_ANY;
    memcpy(key, name.ptr, name.len);
    key[name.len] = 0;
    json_t *type = json_object_get(ctx, key);
    return type ? ts_type_by_name(json_string_value(type)) : EQLM_TYPE_ANY;
}

/* Applies head and tail to the ids found. */
static void apply_pipes(const eqlm_program *p, long long **ids, size_t *n)
{
    bool tail;
    uint64_t count;
    for (uint32_t i = 0; eqlm_program_pipe(p, i, &tail, &count); i++) {
        if (count >= *n)
            continue;
        if (tail)
            *ids += *n - count;
        *n = (size_t)count;
    }
}

static bool same(json_t *wanted, const long long *ids, size_t n)
{
    if (!json_is_array(wanted) || json_array_size(wanted) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (json_integer_value(json_array_get(wanted, i)) != ids[i])
            return false;
    return true;
}

static void show(const run *r, const char *name, const char *query, json_t *wanted, const long long *ids,
                 size_t n)
{
    char *text = json_dumps(wanted, JSON_COMPACT);
    printf("%s: %s: %s\n    wanted %s\n    got    [", r->s->queries, name, query, text ? text : "nothing");
    for (size_t i = 0; i < n; i++)
        printf("%s%lld", i ? "," : "", ids[i]);
    printf("]\n");
    free(text);
}

/* Ids of the matching events. False: a query of a kind that is not event by event, or not supported yet. */
static bool run_query(run *r, const char *query, long long *ids, size_t *n, long long **first)
{
    eqlm_schema *schema = NULL;
    eqlm_diags *diags = NULL;
    eqlm_program *program = NULL;
    eqlm_vm *vm = NULL;
    ts_getter getter = { 0 };
    if (eqlm_schema_new(NULL, &schema) != EQLM_OK ||
        eqlm_schema_set_types(schema, type_of, r->types) != EQLM_OK ||
        eqlm_schema_set_getter(schema, ts_event_get, &getter) != EQLM_OK ||
        eqlm_vm_new(NULL, &vm) != EQLM_OK || eqlm_diags_new(NULL, &diags) != EQLM_OK ||
        (r->s->closed && eqlm_schema_close(schema) != EQLM_OK))
        die("memory", "short");
    getter.schema = schema;
    eqlm_options options = { .size = sizeof options, .category_field = r->s->category };
    eqlm_status s =
        eqlm_compile(NULL, schema, (eqlm_str) { query, strlen(query) }, &options, diags, &program);
    bool pending = s == EQLM_OK && eqlm_program_get_kind(program) != EQLM_EVENT_QUERY;
    *n = 0;
    *first = ids;
    for (size_t i = 0; s != EQLM_OK && i < eqlm_diags_count(diags); i++) {
        const eqlm_diag *d = eqlm_diags_get(diags, i);
        pending |= strncmp(d->code, "E7", 2) == 0;
        if (!pending && d->severity == EQLM_ERROR)
            printf("    %s: %s\n", d->code, d->message);
    }
    for (size_t i = 0; s == EQLM_OK && !pending && i < r->n_docs; i++) {
        bool match = false;
        getter.event = r->docs[i].event;
        if (eqlm_match(vm, program, ts_event_root(getter.event), &match) == EQLM_OK && match)
            ids[(*n)++] = r->docs[i].id;
    }
    if (*n)
        apply_pipes(program, first, n);
    eqlm_program_free(program);
    eqlm_vm_free(vm);
    eqlm_diags_free(diags);
    eqlm_schema_free(schema);
    return !pending;
}

static void check_query(run *r, const char *name, const char *query, json_t *wanted, json_t *by_our_rules)
{
    long long ids[MAX_EVENTS], *first;
    size_t n;
    r->queries++;
    if (!run_query(r, query, ids, &n, &first)) {
        r->pending++;
    } else if (same(wanted, first, n)) {
        r->equal++;
    } else if (by_our_rules && same(by_our_rules, first, n)) {
        r->known++;
    } else {
        r->different++;
        show(r, name, query, wanted, first, n);
    }
}

static void run_toml(run *r, const char *path)
{
    json_t *toml = toml_json_load(path), *q;
    size_t i;
    if (!toml)
        die("cannot read", path);
    json_array_foreach(json_object_get(toml, "queries"), i, q) check_query(
        r, json_string_value(json_object_get(q, "name")), json_string_value(json_object_get(q, "query")),
        json_object_get(q, "expected_event_ids"), NULL);
    json_decref(toml);
}

static void run_lines(run *r, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        die("cannot read", path);
    for (json_t *j; (j = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL)) != NULL; json_decref(j)) {
        const char *query = json_string_value(json_object_get(j, "query_es"));
        /* The pipes stand in the original alone. */
        const char *original = json_string_value(json_object_get(j, "query_endgame"));
        bool piped = json_array_size(json_object_get(j, "pipes")) > 0 && !strchr(query, '|');
        const char *pipes = piped ? strchr(original, '|') : NULL;
        char name[32], text[4096];
        snprintf(text, sizeof text, "%s %s", query ? query : "", pipes ? pipes : "");
        snprintf(name, sizeof name, "%lld", (long long)json_integer_value(json_object_get(j, "n")));
        /* Rows with why_no_es have no equivalent in this language. */
        if (query && !json_object_get(j, "why_no_es"))
            check_query(r, name, text, json_object_get(j, "expected_event_ids"),
                        json_object_get(j, "ref_es"));
    }
    fclose(f);
}

int main(int argc, char **argv)
{
    size_t different = 0;
    if (argc != 2)
        die("argument", "FOLDER");
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        char path[1024];
        run *r = calloc(1, sizeof *r);
        if (!r)
            die("memory", "short");
        r->s = &suites[i];
        load_documents(r, argv[1]);
        snprintf(path, sizeof path, "%s/%s", argv[1], r->s->queries);
        if (strstr(path, ".toml"))
            run_toml(r, path);
        else
            run_lines(r, path);
        printf("%-48s %3zu queries, %3zu equal, %zu known differences, %zu pending, %zu different\n",
               r->s->queries, r->queries, r->equal, r->known, r->pending, r->different);
        different += r->different;
        for (size_t k = 0; k < r->n_docs; k++) {
            ts_event_free(r->docs[k].event);
            json_decref(r->docs[k].json);
        }
        json_decref(r->types);
        free(r);
    }
    return different != 0;
}
