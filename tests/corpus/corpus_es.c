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
#define MAX_MATCHES 8192
#define MAX_TERMS 16

typedef struct suite {
    const char *queries, *mapping, *data[3];
    const char *category, *id, *time;
    bool closed; /* names that neither mapping nor data have are unmapped */
    long long epoch, tick; /* of the time: what it counts from, and nanoseconds */
} suite;

#define FILETIME 116444736000000000, 100
#define EPOCH_MS 0, 1000000

static const suite suites[] = {
    { "spec/es-tests/test_queries.toml",
      "spec/es-tests/mapping-default.json",
      { "spec/es-tests/test_data.json" },
      "event_type",
      "serial_event_id",
      "timestamp",
      false,
      FILETIME },
    { "spec/es-tests/additional_test_queries.toml",
      "spec/es-tests/mapping-default.json",
      { "spec/es-tests/test_data.json" },
      "event_type",
      "serial_event_id",
      "timestamp",
      false,
      FILETIME },
    { "spec/es-tests/test_extra.tomllib.toml",
      "spec/es-tests/data/extra.mapping",
      { "spec/es-tests/data/extra.data" },
      "event_type",
      "sequence",
      "@timestamp",
      true,
      EPOCH_MS },
    { "spec/es-tests/test_missing_events.toml",
      "spec/es-tests/data/missing-events.mapping",
      { "spec/es-tests/data/missing-events.data" },
      "event_type",
      "sequence",
      "@timestamp",
      true,
      EPOCH_MS },
    { "spec/es-tests/test_sample.toml",
      NULL,
      { "spec/es-tests/data/sample1.data", "spec/es-tests/data/sample2.data",
        "spec/es-tests/data/sample3.data" },
      "event_type",
      "id",
      NULL,
      true,
      EPOCH_MS },
    { "spec/es-tests/test_sample_multi.toml",
      NULL,
      { "spec/es-tests/data/sample-multi.data" },
      "event_type",
      "id",
      NULL,
      true,
      EPOCH_MS },
    { "corpus/pyeql_tests/queries.jsonl",
      "spec/es-tests/mapping-default.json",
      { "corpus/pyeql_tests/test_data.json" },
      "event_type",
      "serial_event_id",
      "timestamp",
      false,
      FILETIME },
};

typedef struct document {
    json_t *json;
    ts_event *event;
    long long time, id;
    size_t index;
} document;

typedef struct found {
    long long ids[MAX_TERMS];
    size_t n;
    int64_t time;
} found;

typedef struct results {
    found items[MAX_MATCHES];
    size_t n, skip; /* pipes skip the first ones */
} results;

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
    if (x->time && x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Two of the mappings have dates of the form dd-MM-yyyy. */
static void mend_date(json_t *doc, const char *name)
{
    const char *s = json_string_value(json_object_get(doc, name));
    char iso[16];
    if (!s || strlen(s) != 10 || s[2] != '-')
        return;
    snprintf(iso, sizeof iso, "%.4s-%.2s-%.2s", s + 6, s + 3, s);
    json_object_set_new(doc, name, json_string(iso));
}

/* Ticks, or milliseconds of a date written out. */
static long long time_of(json_t *j)
{
    int y, mo, d, h, mi, s, ms = 0;
    const char *text = json_string_value(j);
    if (!text || sscanf(text, "%d-%d-%dT%d:%d:%d.%dZ", &y, &mo, &d, &h, &mi, &s, &ms) < 6)
        return number_of(j);
    y -= mo < 3;
    mo += mo < 3 ? 9 : -3; /* years begin in March */
    long long days = 365LL * y + y / 4 - y / 100 + y / 400 + (153 * mo + 2) / 5 + d - 719469;
    return ((days * 24 + h) * 60 + mi) * 60000 + s * 1000 + ms;
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
    /* What the mappings that go with the data say and the files at hand do not. */
    json_object_set_new(r->types, "version", json_string("version"));
    if (!r->s->time) {
        json_object_set_new(r->types, "@timestamp_pretty", json_string("date"));
        json_object_set_new(r->types, "date", json_string("date"));
    }
    for (size_t i = 0; i < r->n_docs; i++) {
        document *d = &r->docs[i];
        const char *key;
        json_t *value;
        mend_date(d->json, "@timestamp_pretty");
        json_object_foreach(d->json, key, value) infer_type(r, key, value);
        d->event = ts_event_new(d->json, NULL, NULL);
        d->id = number_of(json_object_get(d->json, r->s->id));
        d->time = r->s->time ? time_of(json_object_get(d->json, r->s->time)) - r->s->epoch : 0;
        d->time *= r->s->tick;
        d->index = i;
    }
    qsort(r->docs, r->n_docs, sizeof r->docs[0], by_time);
}

static void add_found(results *out, const long long *ids, size_t n, int64_t time)
{
    if (out->n == MAX_MATCHES || n > MAX_TERMS)
        die("too many", "matches");
    size_t at = out->n++;
    while (at && out->items[at - 1].time > time) { /* decided late */
        out->items[at] = out->items[at - 1];
        at--;
    }
    memcpy(out->items[at].ids, ids, n * sizeof *ids);
    out->items[at].n = n;
    out->items[at].time = time;
}

static bool on_match(void *ctx, const eqlm_stream_match *m)
{
    long long ids[MAX_TERMS];
    for (uint32_t i = 0; i < m->n_events && i < MAX_TERMS; i++)
        ids[i] = m->events[i] == EQLM_NO_EVENT ? -1 : (long long)m->events[i];
    add_found(ctx, ids, m->n_events, m->time);
    return true;
}

static void apply_pipes(const eqlm_program *p, results *out)
{
    bool tail;
    uint64_t count;
    for (uint32_t i = 0; eqlm_program_pipe(p, i, &tail, &count); i++) {
        if (count >= out->n - out->skip)
            continue;
        if (tail)
            out->skip = out->n - (size_t)count;
        else
            out->n = out->skip + (size_t)count;
    }
}

static bool same(json_t *wanted, const results *got)
{
    if (json_is_array(json_array_get(wanted, 0))) { /* alternatives */
        bool any = false;
        for (size_t i = 0; i < json_array_size(wanted); i++)
            any = any || same(json_array_get(wanted, i), got);
        return any;
    }
    size_t at = 0;
    for (size_t i = got->skip; i < got->n; i++) {
        for (size_t k = 0; k < got->items[i].n; k++) {
            json_t *id = json_array_get(wanted, at++);
            if (!id || json_integer_value(id) != got->items[i].ids[k])
                return false;
        }
    }
    return json_is_array(wanted) && json_array_size(wanted) == at;
}

static void show(const run *r, const char *name, const char *query, json_t *wanted, const results *got)
{
    char *text = json_dumps(wanted, JSON_COMPACT);
    printf("%s: %s: %s\n    wanted %s\n    got    [", r->s->queries, name, query, text ? text : "nothing");
    for (size_t i = got->skip; i < got->n; i++) {
        for (size_t k = 0; k < got->items[i].n; k++)
            printf("%s%lld", i > got->skip || k ? "," : "", got->items[i].ids[k]);
    }
    printf("]\n");
    free(text);
}

static void run_events(run *r, const eqlm_program *program, ts_getter *getter, results *out)
{
    eqlm_vm *vm = NULL;
    if (eqlm_vm_new(NULL, &vm) != EQLM_OK)
        die("memory", "short");
    for (size_t i = 0; i < r->n_docs; i++) {
        bool match = false;
        getter->event = r->docs[i].event;
        if (eqlm_match(vm, program, ts_event_root(getter->event), &match) == EQLM_OK && match)
            add_found(out, &r->docs[i].id, 1, r->docs[i].time);
    }
    eqlm_vm_free(vm);
}

static void run_stream(run *r, const eqlm_program *program, ts_getter *getter, json_t *spec, results *out)
{
    eqlm_stream *s = NULL;
    json_t *samples = json_object_get(spec, "max_samples_per_key");
    eqlm_stream_options options = { .size = sizeof options,
                                    .on_match = on_match,
                                    .ctx = out,
                                    .samples_per_key = (uint32_t)json_integer_value(samples) };
    if (eqlm_stream_new(NULL, &options, &s) != EQLM_OK || eqlm_stream_add(s, program, NULL) != EQLM_OK)
        die("memory", "short");
    for (size_t i = 0; i < r->n_docs; i++) {
        eqlm_event_info info = { .id = (uint64_t)r->docs[i].id, .has_time = true, .time = r->docs[i].time };
        getter->event = r->docs[i].event;
        if (eqlm_stream_feed(s, ts_event_root(getter->event), &info) != EQLM_OK)
            die("the stream fails", r->s->queries);
    }
    if (eqlm_stream_flush(s) != EQLM_OK)
        die("the stream fails", r->s->queries);
    eqlm_stream_free(s);
}

/* False: a query that is not supported. */
static bool run_query(run *r, const char *query, json_t *spec, results *out)
{
    eqlm_schema *schema = NULL;
    eqlm_diags *diags = NULL;
    eqlm_program *program = NULL;
    ts_getter getter = { 0 };
    if (eqlm_schema_new(NULL, &schema) != EQLM_OK || eqlm_schema_set_types(schema, ts_json_type, r->types) != EQLM_OK ||
        eqlm_schema_set_getter(schema, ts_event_get, &getter) != EQLM_OK ||
        eqlm_diags_new(NULL, &diags) != EQLM_OK || (r->s->closed && eqlm_schema_close(schema) != EQLM_OK))
        die("memory", "short");
    getter.schema = schema;
    eqlm_options options = { .size = sizeof options, .category_field = r->s->category };
    eqlm_status s = eqlm_compile(NULL, schema, (eqlm_str){ query, strlen(query) }, &options, diags, &program);
    bool pending = false;
    for (size_t i = 0; s != EQLM_OK && i < eqlm_diags_count(diags); i++) {
        const eqlm_diag *d = eqlm_diags_get(diags, i);
        pending |= strncmp(d->code, "E7", 2) == 0;
        if (!pending && d->severity == EQLM_ERROR)
            printf("    %s: %s\n", d->code, d->message);
    }
    out->n = out->skip = 0;
    if (s == EQLM_OK) {
        if (eqlm_program_get_kind(program) == EQLM_EVENT_QUERY)
            run_events(r, program, &getter, out);
        else
            run_stream(r, program, &getter, spec, out);
        apply_pipes(program, out);
    }
    eqlm_program_free(program);
    eqlm_diags_free(diags);
    eqlm_schema_free(schema);
    return !pending;
}

/* spec: what else is said about the query, or NULL. */
static void check_query(run *r, const char *name, const char *query, json_t *wanted, json_t *by_our_rules,
                        json_t *spec)
{
    static results got;
    json_t *size = json_object_get(spec, "size"); /* the most results */
    r->queries++;
    if (!run_query(r, query, spec, &got)) {
        r->pending++;
        return;
    }
    if (size && (size_t)json_integer_value(size) < got.n)
        got.n = (size_t)json_integer_value(size);
    if (same(wanted, &got)) {
        r->equal++;
    } else if (by_our_rules && same(by_our_rules, &got)) {
        r->known++;
    } else {
        r->different++;
        show(r, name, query, wanted, &got);
    }
}

static void run_toml(run *r, const char *path)
{
    json_t *toml = toml_json_load(path), *q;
    size_t i;
    if (!toml)
        die("cannot read", path);
    json_array_foreach(json_object_get(toml, "queries"), i, q)
    {
        check_query(r, json_string_value(json_object_get(q, "name")),
                    json_string_value(json_object_get(q, "query")), json_object_get(q, "expected_event_ids"), NULL, q);
    }
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
                        json_object_get(j, "ref_es"), NULL);
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
