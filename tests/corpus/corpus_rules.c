/* corpus_rules.c - compiles public rules and compares their verdicts on recorded and generated events with
 * known answers. Run by tests/support/corpus.sh. Arguments: the folder with events/ and expected/, then rule
 * folders or files. Exit status 1: some rule does not compile or some answer differs.
 *
 * Every event is also given to a set of all event queries, whose answer has to be that of each query alone.
 *
 * Two kinds of expectations: recordings list the pairs (rule, event) that match, and every other pair of the
 * rules in rules_covered.json does not; generated events list for one event the verdict of one rule. */
#include "eqlmini.h"

#include "events.h"
#include "rules.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_SHOWN 40 /* differences printed per file of events */

typedef struct item {
    const eqlc_rule *rule;
    const char *file; /* the rule's path below its collection */
    eqlm_program *program;
    bool endpoint;
    bool covered; /* unlisted pairs of recordings are known not to match */
} item;

typedef struct want {
    uint64_t event;
    size_t item;
    bool match;
} want;

typedef struct corpus {
    const char *dir;
    eqlc_rules rules;
    item *items; /* sorted by file */
    size_t n;
    eqlm_schema *schema;
    eqlm_vm *vm;
    eqlm_rules *set;
    eqlm_vm *set_vm; /* so that the answers of the set stay valid */
    uint32_t *in_set; /* by number in the set: the item */
    size_t n_in_set;
    uint64_t set_pairs, set_differences;
    size_t failures; /* rules that do not compile, files that cannot be read */
    uint64_t events, pairs, matches, differences, pending;
} corpus;

/* One file of events. */
typedef struct recording {
    corpus *c;
    const char *name;
    want *wants; /* sorted by event */
    size_t n_wants, cap_wants, next;
    bool all_pairs;      /* unlisted pairs do not match */
    bool endpoint_rules; /* and Endpoint rules are covered too */
    uint64_t events, pairs, matches, differences;
} recording;

static void die(const char *what, const char *which)
{
    fprintf(stderr, "corpus: %s: %s\n", what, which);
    exit(2);
}

static int by_file(const void *a, const void *b)
{
    return strcmp(((const item *)a)->file, ((const item *)b)->file);
}

static item *find_item(const corpus *c, const char *file)
{
    item key = { .file = file };
    return bsearch(&key, c->items, c->n, sizeof key, by_file);
}

/* ".../detection-rules/rules/linux/x.toml" -> "rules/linux/x.toml" */
static const char *file_in_collection(const eqlc_rule *r)
{
    static const char *const collections[] = { "/detection-rules/", "/protections-artifacts/" };
    for (size_t i = 0; i < sizeof collections / sizeof collections[0]; i++) {
        const char *p = strstr(r->path, collections[i]);
        if (p)
            return p + strlen(collections[i]);
    }
    return r->id ? r->id : r->path;
}

static void report_file(void *ctx, const char *path, eqlc_place place, bool warning, const char *message)
{
    corpus *c = ctx;
    if (!warning)
        c->failures++;
    fprintf(stderr, "%s:%u:%u: %s\n", path, (unsigned)place.line, (unsigned)place.column, message);
}

static void compile_all(corpus *c)
{
    eqlm_diags *diags = NULL;
    size_t compiled[2] = { 0 }, total[2] = { 0 }, sequences[2] = { 0 };
    if (eqlm_diags_new(NULL, &diags) != EQLM_OK)
        die("memory", "short");
    for (size_t i = 0; i < c->n; i++) {
        item *it = &c->items[i];
        eqlm_options options = { .size = sizeof options,
                                 .dialect = it->rule->dialect,
                                 .category_field = it->rule->category_field };
        eqlm_str source = { it->rule->query, it->rule->query_len };
        eqlm_status s = eqlm_compile(NULL, c->schema, source, &options, diags, &it->program);
        it->endpoint = it->rule->dialect == EQLM_DIALECT_ENDPOINT;
        total[it->endpoint]++;
        if (s == EQLM_OK) {
            compiled[it->endpoint]++;
            sequences[it->endpoint] += eqlm_program_get_kind(it->program) != EQLM_EVENT_QUERY;
            continue;
        }
        const eqlm_diag *d = NULL;
        for (size_t k = 0; k < eqlm_diags_count(diags) && (!d || d->severity != EQLM_ERROR); k++)
            d = eqlm_diags_get(diags, k);
        eqlc_place place = eqlc_rule_place(it->rule, d ? d->start : 0);
        if (d && strncmp(d->code, "E7", 2) == 0) { /* a part of the language that is not there yet */
            c->pending++;
            continue;
        }
        c->failures++;
        printf("%s:%u:%u: %s: %s\n", it->rule->path, (unsigned)place.line, (unsigned)place.column,
               d ? d->code : "", d ? d->message : eqlm_status_text(s));
    }
    for (int k = 0; k < 2; k++)
        printf("%-9s %4zu rules, %4zu compile (%zu sequences)\n", k ? "endpoint:" : "es:", total[k],
               compiled[k], sequences[k]);
    if (c->pending)
        printf("pending:  %4llu rules use what is not supported yet\n", (unsigned long long)c->pending);
    eqlm_diags_free(diags);
}

static void make_set(corpus *c)
{
    clock_t begin = clock();
    c->in_set = calloc(c->n + 1, sizeof *c->in_set);
    if (!c->in_set || eqlm_rules_new(NULL, &c->set) != EQLM_OK || eqlm_vm_new(NULL, &c->set_vm) != EQLM_OK)
        die("memory", "short");
    for (size_t i = 0; i < c->n; i++) {
        uint32_t number;
        if (!c->items[i].program || eqlm_program_get_kind(c->items[i].program) != EQLM_EVENT_QUERY)
            continue;
        if (eqlm_rules_add(c->set, c->items[i].program, &number) == EQLM_OK)
            c->in_set[c->n_in_set++] = (uint32_t)i;
    }
    if (eqlm_rules_seal(c->set) != EQLM_OK)
        die("memory", "short");
    printf("set:      %4zu queries, sealed in %.3f s, %zu bytes\n", c->n_in_set,
           (double)(clock() - begin) / CLOCKS_PER_SEC, eqlm_rules_memory(c->set));
}

static json_t *load_json(const char *dir, const char *name)
{
    char path[1024];
    json_error_t error;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    json_t *j = json_load_file(path, 0, &error);
    if (!j)
        die(path, error.text);
    return j;
}

static void mark_covered(corpus *c)
{
    json_t *covered = load_json(c->dir, "expected/rules_covered.json"), *collection, *file;
    const char *name;
    size_t i;
    json_object_foreach(covered, name, collection)
        json_array_foreach(json_object_get(collection, "event"), i, file)
    {
        item *it = find_item(c, json_string_value(file));
        if (it)
            it->covered = true;
        else
            printf("%s: no such rule\n", json_string_value(file));
    }
    json_decref(covered);
}

static void add_want(recording *r, uint64_t event, size_t it, bool match)
{
    if (r->n_wants == r->cap_wants) {
        r->cap_wants = r->cap_wants ? 2 * r->cap_wants : 1024;
        r->wants = realloc(r->wants, r->cap_wants * sizeof *r->wants);
        if (!r->wants)
            die("memory", "short");
    }
    r->wants[r->n_wants++] = (want) { event, it, match };
}

static int by_event(const void *a, const void *b)
{
    const want *x = a, *y = b;
    if (x->event != y->event)
        return x->event < y->event ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

static void read_line(recording *r, json_t *j)
{
    corpus *c = r->c;
    const char *kind = json_string_value(json_object_get(j, "kind"));
    item *it = find_item(c, json_string_value(json_object_get(j, "rule_file")));
    if (!it)
        it = find_item(c, json_string_value(json_object_get(j, "rule_id")));
    if (!it)
        die("unknown rule", json_string_value(json_object_get(j, "rule_file")));
    bool match = json_is_true(json_object_get(j, "match"));
    if (!it->program || (kind && strcmp(kind, "event") != 0)) {
        c->pending++;
        return;
    }
    json_t *one = json_object_get(j, "event_index"), *event;
    size_t i;
    if (one)
        add_want(r, (uint64_t)json_integer_value(one), (size_t)(it - c->items), match);
    json_array_foreach(json_object_get(j, "events"), i, event)
        add_want(r, (uint64_t)json_integer_value(event), (size_t)(it - c->items), match);
}

static void read_wants(recording *r)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/expected/%s.jsonl", r->c->dir, r->name);
    FILE *f = fopen(path, "rb");
    if (!f)
        return; /* nothing matches */
    for (json_t *j; (j = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL)) != NULL; json_decref(j))
        read_line(r, j);
    fclose(f);
    qsort(r->wants, r->n_wants, sizeof *r->wants, by_event);
}

static void compare(recording *r, const eqlc_event *e, const item *it, bool wanted)
{
    bool got = false;
    eqlm_status s = eqlm_match(r->c->vm, it->program, e->values, &got);
    r->pairs++;
    r->matches += got;
    if (s == EQLM_OK && got == wanted)
        return;
    if (r->differences++ < MAX_SHOWN)
        printf("%s: event %llu, %s: wanted %s, got %s\n", r->name, (unsigned long long)e->line - 1, it->file,
               wanted ? "a match" : "no match",
               s != EQLM_OK ? eqlm_status_text(s)
               : got        ? "a match"
                            : "no match");
}

/* All event queries at once against each alone. */
static void compare_set(recording *r, const eqlc_event *e)
{
    corpus *c = r->c;
    const uint32_t *matches = NULL;
    size_t n = 0, next = 0;
    eqlm_status set_status = eqlm_rules_match(c->set_vm, c->set, e->values, &matches, &n);
    for (uint32_t k = 0; k < c->n_in_set; k++) {
        const item *it = &c->items[c->in_set[k]];
        bool alone = false, together = next < n && matches[next] == k;
        next += together;
        c->set_pairs++;
        if (set_status == EQLM_OK && eqlm_match(c->vm, it->program, e->values, &alone) == EQLM_OK && alone == together)
            continue;
        if (c->set_differences++ < MAX_SHOWN)
            printf("%s: event %llu, %s: alone %s, in the set %s\n", r->name, (unsigned long long)e->line - 1, it->file,
                   alone ? "a match" : "no match",
                   set_status != EQLM_OK ? eqlm_status_text(set_status) : together ? "a match" : "no match");
    }
}

static bool on_event(void *ctx, const eqlc_event *e)
{
    recording *r = ctx;
    corpus *c = r->c;
    uint64_t index = e->line - 1;
    size_t first = r->next;
    r->events++;
    compare_set(r, e);
    while (first < r->n_wants && r->wants[first].event < index)
        first++;
    r->next = first;
    if (!r->all_pairs) {
        for (; r->next < r->n_wants && r->wants[r->next].event == index; r->next++)
            compare(r, e, &c->items[r->wants[r->next].item], r->wants[r->next].match);
        return true;
    }
    for (size_t i = 0; i < c->n; i++) {
        const item *it = &c->items[i];
        if (!it->covered || !it->program || (it->endpoint && !r->endpoint_rules))
            continue;
        bool wanted = false;
        for (size_t k = first; k < r->n_wants && r->wants[k].event == index; k++)
            wanted |= r->wants[k].item == i && r->wants[k].match;
        compare(r, e, it, wanted);
    }
    return true;
}

static void on_error(void *ctx, const char *path, uint64_t line, uint64_t column, const char *message)
{
    recording *r = ctx;
    r->c->failures++;
    fprintf(stderr, "%s:%llu:%llu: %s\n", path, (unsigned long long)line, (unsigned long long)column,
            message);
}

static bool starts(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static void run_recording(corpus *c, const char *name)
{
    recording r = { .c = c, .name = name };
    char path[1024];
    bool ends_defend = strlen(name) > 7 && strcmp(name + strlen(name) - 7, "_defend") == 0;
    bool whole = starts(name, "upstream") || starts(name, "auditd_linux");
    r.all_pairs = whole || starts(name, "otrf_") || starts(name, "evtx_");
    r.endpoint_rules = whole || ends_defend;
    read_wants(&r);
    eqlc_event_options options = { .max_event_size = 64u << 20, .timestamp_field = "@timestamp" };
    eqlc_reader *reader = eqlc_reader_new(c->schema, &options);
    if (!reader)
        die("memory", "short");
    snprintf(path, sizeof path, "%s/events/%s.ndjson", c->dir, name);
    clock_t begin = clock();
    eqlc_reader_run(reader, path, on_event, on_error, &r);
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    eqlc_reader_free(reader);
    printf("%-28s %6llu events, %9llu pairs, %6llu matches, %llu differences, %.2f s\n", name,
           (unsigned long long)r.events, (unsigned long long)r.pairs, (unsigned long long)r.matches,
           (unsigned long long)r.differences, seconds);
    c->events += r.events;
    c->pairs += r.pairs;
    c->matches += r.matches;
    c->differences += r.differences;
    if (r.events == 0)
        c->failures++;
    free(r.wants);
}

static int wanted_file(const struct dirent *e)
{
    size_t len = strlen(e->d_name);
    /* eqllib's rules are in another dialect of the language; corpus_es runs what can be transliterated. */
    return len > 7 && strcmp(e->d_name + len - 7, ".ndjson") == 0 && !starts(e->d_name, "eqllib");
}

static void run_all(corpus *c)
{
    char path[1024];
    struct dirent **names = NULL;
    snprintf(path, sizeof path, "%s/events", c->dir);
    int n = scandir(path, &names, wanted_file, alphasort);
    if (n <= 0)
        die("no events", path);
    for (int i = 0; i < n; i++) {
        names[i]->d_name[strlen(names[i]->d_name) - 7] = 0;
        run_recording(c, names[i]->d_name);
        free(names[i]);
    }
    free(names);
}

int main(int argc, char **argv)
{
    corpus c = { 0 };
    if (argc < 3)
        die("arguments", "CORPUS RULES...");
    c.dir = argv[1];
    eqlc_rules_read(&c.rules, argv + 2, (size_t)argc - 2, report_file, &c);
    c.n = c.rules.n;
    c.items = calloc(c.n + 1, sizeof *c.items);
    if (!c.items || eqlm_schema_new(NULL, &c.schema) != EQLM_OK || eqlm_vm_new(NULL, &c.vm) != EQLM_OK ||
        eqlm_schema_set_types(c.schema, eqlm_ecs_type, NULL) != EQLM_OK ||
        eqlm_schema_set_getter(c.schema, eqlc_event_get, NULL) != EQLM_OK)
        die("memory", "short");
    for (size_t i = 0; i < c.n; i++) {
        c.items[i].rule = &c.rules.items[i];
        c.items[i].file = file_in_collection(c.items[i].rule);
    }
    qsort(c.items, c.n, sizeof *c.items, by_file);
    compile_all(&c);
    make_set(&c);
    mark_covered(&c);
    run_all(&c);
    printf("corpus: %zu rules, %llu events, %llu pairs, %llu matches, %llu pending, %llu differences, %zu "
           "failures\n",
           c.n, (unsigned long long)c.events, (unsigned long long)c.pairs, (unsigned long long)c.matches,
           (unsigned long long)c.pending, (unsigned long long)c.differences, c.failures);
    printf("set:    %zu queries, %llu pairs, %llu differences\n", c.n_in_set, (unsigned long long)c.set_pairs,
           (unsigned long long)c.set_differences);
    eqlm_rules_free(c.set);
    eqlm_vm_free(c.set_vm);
    free(c.in_set);
    for (size_t i = 0; i < c.n; i++)
        eqlm_program_free(c.items[i].program);
    eqlm_vm_free(c.vm);
    eqlm_schema_free(c.schema);
    eqlc_rules_clear(&c.rules);
    free(c.items);
    return c.differences || c.set_differences || c.failures;
}
