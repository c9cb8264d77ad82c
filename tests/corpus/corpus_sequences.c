/* corpus_sequences.c - compares what public sequence rules find in recorded and generated events with known
 * answers. Run by tests/support/corpus.sh. Arguments: the folder with events/, expected/ and stream/, the
 * unpacked stream or "-", then rule folders. Exit status 1: some answer differs.
 *
 * Recordings are sorted by time and given to one stream with all rules; their expectations list all sequences
 * of a rule, and rules they do not name find none. Groups of generated events are given to a stream of their
 * own each: at least one sequence, or none, or exactly those listed. Groups injected into a long stream have
 * to be among its sequences. */
#include "eqlmini.h"

#include "events.h"
#include "public_rules.h"
#include "run_docs.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_SHOWN 40
#define MAX_LISTED 200 /* sequences of one rule that an expectation lists */

typedef struct corpus {
    const char *dir;
    public_rules rules;
    json_t *
        *found; /* of the stream at hand, by rule: lists of line numbers from 0, null for a missing event */
    eqlc_reader *reader;
    eqlc_doc **docs; /* of the file at hand, by line */
    size_t n_docs, cap_docs;
    public_rule **fed; /* by number in the stream at hand */
    uint64_t compared, sequences, differences;
} corpus;

static public_rule *rule_of(const corpus *c, json_t *line)
{
    const char *file = json_string_value(json_object_get(line, "rule_file"));
    public_rule *r = public_rules_find(&c->rules, file);
    if (!r)
        corpus_die("unknown rule", file ? file : "");
    return r;
}

static json_t **found_of(const corpus *c, const public_rule *r)
{
    return &c->found[r - c->rules.items];
}

/* ------------------------------------------------------------------------------------------------------
 * Events
 */

static bool keep_event(void *ctx, const eqlc_event *event)
{
    corpus *c = ctx;
    if (c->n_docs == c->cap_docs) {
        c->cap_docs = c->cap_docs ? 2 * c->cap_docs : 4096;
        c->docs = realloc(c->docs, c->cap_docs * sizeof *c->docs);
        if (!c->docs)
            corpus_die("memory", "short");
    }
    c->docs[c->n_docs++] = eqlc_doc_new(event, event->line - 1, true);
    return true;
}

static void on_error(void *ctx, const char *path, uint64_t line, uint64_t column, const char *message)
{
    corpus *c = ctx;
    c->rules.failures++;
    fprintf(stderr, "%s:%llu:%llu: %s\n", path, (unsigned long long)line, (unsigned long long)column,
            message);
}

static void read_events(corpus *c, const char *path)
{
    for (size_t i = 0; i < c->n_docs; i++)
        eqlc_doc_free(c->docs[i]);
    c->n_docs = 0;
    eqlc_reader_run(c->reader, path, keep_event, on_error, c);
}

static int by_time(const void *x, const void *y)
{
    const eqlc_doc *a = *(eqlc_doc *const *)x, *b = *(eqlc_doc *const *)y;
    int order = eqlc_event_compare(&a->event, &b->event);
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

static bool on_match(void *ctx, const eqlm_stream_match *m)
{
    corpus *c = ctx;
    json_t *ids = json_array();
    for (uint32_t i = 0; i < m->n_events; i++)
        if (m->events[i] != EQLM_NO_EVENT)
            json_array_append_new(ids, json_integer((json_int_t)m->events[i]));
    json_array_append_new(*found_of(c, c->fed[m->program]), ids);
    c->sequences++;
    return true;
}

static eqlm_stream *new_stream(corpus *c)
{
    eqlm_stream_options options = {
        .size = sizeof options, .max_state = UINT64_C(1) << 30, .on_match = on_match, .ctx = c
    };
    eqlm_stream *s;
    if (eqlm_stream_new(NULL, &options, &s) != EQLM_OK)
        corpus_die("memory", "short");
    return s;
}

static void add_program(corpus *c, eqlm_stream *s, public_rule *it)
{
    uint32_t number;
    if (eqlm_stream_add(s, it->program, &number) != EQLM_OK)
        corpus_die("cannot add", it->file);
    c->fed[number] = it;
    json_decref(*found_of(c, it));
    *found_of(c, it) = json_array();
}

static void feed(corpus *c, eqlm_stream *s, const eqlc_doc *doc)
{
    eqlc_event event;
    if (!eqlc_reader_again(c->reader, &doc->event, &event))
        corpus_die("memory", "short");
    eqlm_event_info info = { .id = doc->number, .has_time = event.has_time, .time = event.time };
    if (eqlm_stream_feed(s, event.values, &info) != EQLM_OK)
        corpus_die("cannot feed", doc->event.id);
}

/* ------------------------------------------------------------------------------------------------------
 * Comparing
 */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A list of lists as sorted text; missing events are left out. */
static char *normal(json_t *lists, size_t *n)
{
    char **lines = calloc(json_array_size(lists) + 1, sizeof *lines);
    size_t i, k, len = 1;
    json_t *list, *id;
    *n = json_array_size(lists);
    json_array_foreach(lists, i, list)
    {
        json_t *present = json_array();
        json_array_foreach(list, k, id) if (json_is_integer(id)) json_array_append(present, id);
        lines[i] = json_dumps(present, JSON_COMPACT);
        len += strlen(lines[i]) + 1;
        json_decref(present);
    }
    qsort(lines, *n, sizeof *lines, by_text);
    char *text = malloc(len), *at = text;
    *at = 0;
    for (i = 0; i < *n; i++) {
        at += sprintf(at, "%s ", lines[i]);
        free(lines[i]);
    }
    free(lines);
    return text;
}

static void differ(corpus *c, const char *where, const public_rule *it, const char *wanted, const char *got)
{
    if (c->differences++ < MAX_SHOWN)
        printf("%s: %s: wanted %.300s, got %.300s\n", where, it->file, wanted, got);
}

static void compare_lists(corpus *c, const char *where, const public_rule *it, json_t *wanted)
{
    size_t n, m;
    char *a = normal(wanted, &n), *b = normal(*found_of(c, it), &m);
    c->compared++;
    if (strcmp(a, b) != 0)
        differ(c, where, it, *a ? a : "none", *b ? b : "none");
    free(a);
    free(b);
}

/* ------------------------------------------------------------------------------------------------------
 * Recordings
 */

static json_t *read_lines(const corpus *c, const char *folder, const char *name, const char *ending)
{
    char path[1024];
    json_t *all = json_array();
    snprintf(path, sizeof path, "%s/%s/%s%s", c->dir, folder, name, ending);
    FILE *f = fopen(path, "rb");
    for (json_t *j; f && (j = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL)) != NULL;)
        json_array_append_new(all, j);
    if (f)
        fclose(f);
    return all;
}

static void compare_counts(corpus *c, const char *name, json_t *expected)
{
    json_t *line, *none = json_array();
    size_t i;
    for (size_t k = 0; k < c->rules.n; k++) {
        public_rule *it = &c->rules.items[k];
        json_t *wanted = none, *count = NULL;
        if (!*found_of(c, it) || !it->covered)
            continue;
        json_array_foreach(expected, i, line)
        {
            if (rule_of(c, line) != it)
                continue;
            wanted = json_object_get(line, "sequences_es");
            count = json_object_get(line, "count_es");
        }
        if (count && json_integer_value(count) > MAX_LISTED) {
            char a[32], b[32];
            snprintf(a, sizeof a, "%lld", (long long)json_integer_value(count));
            snprintf(b, sizeof b, "%zu", json_array_size(*found_of(c, it)));
            c->compared++;
            if (strcmp(a, b) != 0)
                differ(c, name, it, a, b);
        } else {
            compare_lists(c, name, it, wanted);
        }
    }
    json_decref(none);
}

static void forget(corpus *c)
{
    for (size_t i = 0; i < c->rules.n; i++) {
        json_decref(c->found[i]);
        c->found[i] = NULL;
    }
}

/* Gives the events at hand to a stream with all sequence rules. */
static void run_all_rules(corpus *c, bool endpoint_rules)
{
    eqlm_stream *s = new_stream(c);
    forget(c);
    for (size_t i = 0; i < c->rules.n; i++) {
        public_rule *it = &c->rules.items[i];
        if (it->program && eqlm_program_get_kind(it->program) == EQLM_SEQUENCE &&
            (endpoint_rules || !it->endpoint))
            add_program(c, s, it);
    }
    qsort(c->docs, c->n_docs, sizeof *c->docs, by_time);
    for (size_t i = 0; i < c->n_docs; i++)
        feed(c, s, c->docs[i]);
    if (eqlm_stream_flush(s) != EQLM_OK)
        corpus_die("cannot", "flush");
    eqlm_stream_free(s);
}

static void run_recording(corpus *c, const char *name)
{
    char path[1024];
    size_t len = strlen(name);
    bool endpoint = (len > 7 && strcmp(name + len - 7, "_defend") == 0) || strcmp(name, "upstream") == 0 ||
                    strcmp(name, "auditd_linux") == 0;
    json_t *expected = read_lines(c, "expected", name, ".seq.jsonl");
    uint64_t sequences = c->sequences, differences = c->differences, compared = c->compared;
    clock_t begin = clock();
    snprintf(path, sizeof path, "%s/events/%s.ndjson", c->dir, name);
    read_events(c, path);
    run_all_rules(c, endpoint);
    compare_counts(c, name, expected);
    printf("%-28s %6zu events, %5llu rules, %5llu sequences, %llu differences, %.2f s\n", name, c->n_docs,
           (unsigned long long)(c->compared - compared), (unsigned long long)(c->sequences - sequences),
           (unsigned long long)(c->differences - differences), (double)(clock() - begin) / CLOCKS_PER_SEC);
    json_decref(expected);
}

/* ------------------------------------------------------------------------------------------------------
 * Groups
 */

static const eqlc_doc *doc_at(const corpus *c, json_t *index)
{
    size_t i = (size_t)json_integer_value(index);
    if (i >= c->n_docs)
        corpus_die("no such event", "in a group");
    return c->docs[i];
}

static void run_group(corpus *c, const char *name, json_t *line)
{
    public_rule *it = rule_of(c, line);
    json_t *index, *wanted = json_object_get(line, "sequences");
    bool match = json_is_true(json_object_get(line, "match"));
    char where[256];
    size_t i;
    if (!it->program)
        return;
    eqlm_stream *s = new_stream(c);
    add_program(c, s, it);
    json_array_foreach(json_object_get(line, "events"), i, index) feed(c, s, doc_at(c, index));
    if (eqlm_stream_flush(s) != EQLM_OK)
        corpus_die("cannot", "flush");
    eqlm_stream_free(s);
    char *events = json_dumps(json_object_get(line, "events"), JSON_COMPACT);
    const char *mutation = json_string_value(json_object_get(line, "mutation"));
    snprintf(where, sizeof where, "%s %.60s (%.100s)", name, events, mutation ? mutation : "");
    free(events);
    if (wanted && !json_is_null(wanted)) {
        compare_lists(c, where, it, wanted);
        return;
    }
    c->compared++;
    if ((json_array_size(*found_of(c, it)) > 0) != match)
        differ(c, where, it, match ? "a sequence" : "none", match ? "none" : "a sequence");
}

static void run_groups(corpus *c, const char *name)
{
    char path[1024];
    json_t *expected = read_lines(c, "expected", name, ".jsonl"), *line;
    uint64_t differences = c->differences, compared = c->compared;
    size_t i;
    snprintf(path, sizeof path, "%s/events/%s.ndjson", c->dir, name);
    read_events(c, path);
    json_array_foreach(expected, i, line)
    {
        const char *kind = json_string_value(json_object_get(line, "kind"));
        if (kind && strcmp(kind, "sequence") == 0)
            run_group(c, name, line);
    }
    forget(c);
    printf("%-28s %6zu events, %5llu groups, %llu differences\n", name, c->n_docs,
           (unsigned long long)(c->compared - compared), (unsigned long long)(c->differences - differences));
    json_decref(expected);
}

static void run_injected(corpus *c, const char *path)
{
    json_t *expected = read_lines(c, "stream", "stream_200k.injected", ".jsonl"), *line, *found;
    uint64_t differences = c->differences, compared = c->compared, sequences = c->sequences;
    clock_t begin = clock();
    size_t i, k;
    read_events(c, path);
    run_all_rules(c, true);
    json_array_foreach(expected, i, line)
    {
        const char *kind = json_string_value(json_object_get(line, "kind"));
        public_rule *it = rule_of(c, line);
        bool there = false;
        if (!kind || strcmp(kind, "sequence") != 0)
            continue;
        json_array_foreach(*found_of(c, it), k, found) there |=
            json_equal(found, json_object_get(line, "lines"));
        c->compared++;
        if (!there)
            differ(c, "stream", it, "an injected group", "others");
    }
    printf("%-28s %6zu events, %5llu injected groups, %llu sequences, %llu differences, %.2f s\n",
           "stream_200k", c->n_docs, (unsigned long long)(c->compared - compared),
           (unsigned long long)(c->sequences - sequences), (unsigned long long)(c->differences - differences),
           (double)(clock() - begin) / CLOCKS_PER_SEC);
    json_decref(expected);
}

static void clear(corpus *c)
{
    forget(c);
    for (size_t i = 0; i < c->n_docs; i++)
        eqlc_doc_free(c->docs[i]);
    free(c->docs);
    free(c->fed);
    free(c->found);
    eqlc_reader_free(c->reader);
    public_rules_close(&c->rules);
}

int main(int argc, char **argv)
{
    static const char *const recordings[] = { "auditd_linux",       "evtx_attack_defend",
                                              "evtx_attack_winlog", "evtx_mitre_defend",
                                              "evtx_mitre_winlog",  "otrf_defend",
                                              "otrf_winlog",        "upstream" };
    static const char *const groups[] = { "geneve_detection-rules", "geneve_protections-artifacts",
                                          "mutants_detection-rules", "mutants_protections-artifacts" };
    corpus c = { 0 };
    if (argc < 4)
        corpus_die("arguments", "CORPUS STREAM RULES...");
    c.dir = argv[1];
    public_rules_open(&c.rules, argv + 3, (size_t)argc - 3);
    public_rules_mark_covered(&c.rules, c.dir, "sequence");
    c.fed = calloc(c.rules.n + 1, sizeof *c.fed);
    c.found = calloc(c.rules.n + 1, sizeof *c.found);
    if (!c.fed || !c.found)
        corpus_die("memory", "short");
    c.reader = public_rules_reader(&c.rules);
    for (size_t i = 0; i < sizeof recordings / sizeof recordings[0]; i++)
        run_recording(&c, recordings[i]);
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        run_groups(&c, groups[i]);
    if (strcmp(argv[2], "-") != 0)
        run_injected(&c, argv[2]);
    printf("sequences: %llu expectations, %llu sequences found, %llu differences, %llu failures\n",
           (unsigned long long)c.compared, (unsigned long long)c.sequences, (unsigned long long)c.differences,
           (unsigned long long)c.rules.failures);
    int status = c.differences || c.rules.failures;
    clear(&c);
    return status;
}
