/* test_stream_vectors.c - vectors of sequences and samples: a query, events and the wanted lists of ids. Each
 * runs fed in order; fed as given to a stream that puts events in order; in order with the state saved and
 * restored before every event; and in order as one of many programs, whose conditions are looked up together.
 * Arguments: files instead of ours and, when they are there, the reference files. README.md describes the
 * format. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "stream.h"
#include "vector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VECTORS 1024
#define MAX_EVENTS 256
#define CROWD 16 /* programs that the stream has besides */

typedef struct vector {
    json_t *json;
    char name[200];
} vector;

typedef struct job {
    const vector *v;
    ts_feeder feeder;
    eqlm_program *program;
    eqlm_program *other; /* that nothing matches; NULL: it is alone */
    ts_event *events[MAX_EVENTS];
    json_t *docs[MAX_EVENTS];
    size_t n;
} job;

static vector vectors[MAX_VECTORS];
static size_t n_vectors;

static int compare_ties(json_t *a, json_t *b)
{
    if (!a || !b)
        return (a == NULL) - (b == NULL);
    if (json_is_string(a) != json_is_string(b))
        return json_is_string(a) ? 1 : -1;
    if (json_is_string(a))
        return strcmp(json_string_value(a), json_string_value(b));
    double x = json_number_value(a), y = json_number_value(b);
    return (x > y) - (x < y);
}

static bool is_after(json_t *a, json_t *b)
{
    json_int_t x = json_integer_value(json_object_get(a, "@timestamp")) * 1000000 +
                   json_integer_value(json_object_get(a, "ns"));
    json_int_t y = json_integer_value(json_object_get(b, "@timestamp")) * 1000000 +
                   json_integer_value(json_object_get(b, "ns"));
    return x != y ? x > y : compare_ties(json_object_get(a, "tiebreak"), json_object_get(b, "tiebreak")) > 0;
}

static void order_docs(job *j)
{
    for (size_t i = 1; i < j->n; i++) {
        for (size_t k = i; k > 0 && is_after(j->docs[k - 1], j->docs[k]); k--) {
            json_t *doc = j->docs[k];
            ts_event *e = j->events[k];
            j->docs[k] = j->docs[k - 1];
            j->events[k] = j->events[k - 1];
            j->docs[k - 1] = doc;
            j->events[k - 1] = e;
        }
    }
}

/* The lists of ids by the time of the last event, as told among equals, after the pipes. */
static json_t *results(const job *j, const char *what)
{
    json_t *all = json_array(), *m;
    size_t i;
    json_array_foreach(j->feeder.matches, i, m)
    {
        size_t at = json_array_size(all);
        while (at && json_integer_value(json_object_get(json_array_get(all, at - 1), "time")) >
                         json_integer_value(json_object_get(m, "time")))
            at--;
        json_array_insert(all, at, m);
    }
    bool tail;
    uint64_t count;
    for (uint32_t k = 0; eqlm_program_pipe(j->program, k, &tail, &count); k++) {
        while (json_array_size(all) > count)
            json_array_remove(all, tail ? 0 : json_array_size(all) - 1);
    }
    json_t *out = json_array();
    json_array_foreach(all, i, m) json_array_append(out, json_object_get(m, what));
    json_decref(all);
    return out;
}

static void check(const job *j, const char *path, const char *wanted, const char *what)
{
    json_t *want = json_object_get(j->v->json, wanted);
    if (!want)
        return;
    json_t *got = results(j, what);
    if (!json_equal(got, want)) {
        char *a = json_dumps(want, JSON_COMPACT), *b = json_dumps(got, JSON_COMPACT);
        fail_msg("%s: %s: %s %s, not %s", json_string_value(json_object_get(j->v->json, "query")), path, what,
                 b, a);
    }
    json_decref(got);
}

static void check_all(job *j, const char *path)
{
    check(j, path, json_object_get(j->v->json, "want") ? "want" : "expect", "ids");
    check(j, path, "keys", "keys");
    json_array_clear(j->feeder.matches);
}

static eqlm_stream *new_stream(job *j, bool reorders)
{
    eqlm_stream *s = NULL;
    eqlm_stream_options o = ts_feeder_options(&j->feeder);
    o.early_missing = json_is_true(json_object_get(j->v->json, "early_missing"));
    o.samples_per_key = (uint32_t)json_integer_value(json_object_get(j->v->json, "samples_per_key"));
    o.hash_seed = 7;
    if (reorders) {
        o.lateness_ns = INT64_MAX / 2;
        o.order_by_tiebreaker = true;
    }
    assert_int_equal(eqlm_stream_new(NULL, &o, &s), EQLM_OK);
    for (int i = 0; j->other && i < CROWD; i++)
        assert_int_equal(eqlm_stream_add(s, j->other, NULL), EQLM_OK);
    assert_int_equal(eqlm_stream_add(s, j->program, NULL), EQLM_OK);
    return s;
}

static void run(job *j, const char *path, bool reorders, bool saves)
{
    eqlm_stream *s = new_stream(j, reorders);
    ts_bytes image = { 0 };
    for (size_t i = 0; i < j->n; i++) {
        if (saves) {
            image.len = 0;
            assert_int_equal(eqlm_stream_save(s, ts_bytes_write, &image), EQLM_OK);
            eqlm_stream_free(s);
            s = new_stream(j, reorders);
            assert_int_equal(eqlm_stream_restore(s, image.ptr, image.len), EQLM_OK);
        }
        assert_int_equal(ts_feeder_feed(&j->feeder, s, j->events[i], j->docs[i]), EQLM_OK);
    }
    assert_int_equal(eqlm_stream_flush(s), EQLM_OK);
    eqlm_stream_counts c;
    eqlm_stream_get_counts(s, &c);
    json_int_t errors = json_integer_value(json_object_get(j->v->json, "errors"));
    assert_true(j->other ? c.errors <= (uint64_t)errors : c.errors == (uint64_t)errors);
    assert_int_equal(c.partials, 0);
    assert_int_equal(c.keys, 0);
    assert_int_equal(c.state_bytes, 0);
    assert_int_equal(j->feeder.held, 0);
    eqlm_stream_free(s);
    free(image.ptr);
    check_all(j, path);
}

static void test_vector(void **state)
{
    job j = { .v = *state };
    json_t *json = j.v->json, *doc;
    size_t i;
    bool endpoint = json_object_get(json, "dialect") != NULL;
    ts_feeder_init(&j.feeder, json_object_get(json, "schema"));
    j.program = ts_feeder_compile(&j.feeder, NULL, json_string_value(json_object_get(json, "query")),
                                  endpoint ? EQLM_DIALECT_ENDPOINT : EQLM_DIALECT_ES);
    assert_non_null(j.program);
    json_array_foreach(json_object_get(json, "events"), i, doc)
    {
        assert_true(j.n < MAX_EVENTS);
        j.events[j.n] = ts_event_new(doc, NULL, NULL);
        j.docs[j.n++] = doc;
    }
    run(&j, "put in order", true, false);
    order_docs(&j);
    run(&j, "fed in order", false, false);
    run(&j, "saved and restored", false, true);
    j.other =
        ts_feeder_compile(&j.feeder, NULL, "nobody where event.category == \"somebody\"", EQLM_DIALECT_ES);
    assert_non_null(j.other);
    run(&j, "one of many", false, false);
    eqlm_program_free(j.other);
    for (i = 0; i < j.n; i++)
        ts_event_free(j.events[i]);
    eqlm_program_free(j.program);
    ts_feeder_clear(&j.feeder);
}

static bool read_file(const char *path)
{
    static char line[1 << 16];
    FILE *f = fopen(path, "rb");
    const char *base = strrchr(path, '/');
    if (!f)
        return false;
    for (size_t n = 1; fgets(line, sizeof line, f) && n_vectors < MAX_VECTORS; n++) {
        json_error_t error;
        json_t *j = json_loads(line, 0, &error);
        if (!j) {
            fprintf(stderr, "%s:%zu: %s\n", path, n, error.text);
            exit(2);
        }
        vector *v = &vectors[n_vectors++];
        v->json = j;
        snprintf(v->name, sizeof v->name, "%s:%zu: %s", base ? base + 1 : path, n,
                 json_string_value(json_object_get(j, "name")));
    }
    fclose(f);
    return true;
}

static bool read_all(void)
{
    char path[1024];
    const char *shared = getenv("SHARED");
    snprintf(path, sizeof path, "%s/spec/sequence-vectors.jsonl", shared ? shared : "../shared");
    if (!read_file("tests/stream/sequences.jsonl"))
        return false;
    size_t ours = n_vectors;
    if (read_file(path))
        printf("%s: %zu vectors\n", path, n_vectors - ours);
    else
        printf("skipped: %s is not there\n", path);
    return true;
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[MAX_VECTORS];
    bool ok = argc > 1 || read_all();
    for (int i = 1; i < argc; i++)
        ok = read_file(argv[i]) && ok;
    if (!ok)
        return 2;
    for (size_t i = 0; i < n_vectors; i++)
        tests[i] = (struct CMUnitTest) { vectors[i].name, test_vector, NULL, NULL, &vectors[i] };
    int failed = _cmocka_run_group_tests("sequence vectors", tests, n_vectors, NULL, NULL);
    for (size_t i = 0; i < n_vectors; i++)
        json_decref(vectors[i].json);
    return failed;
}
