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
#include "public_rules.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_SHOWN 40 /* differences printed per file of events */

typedef struct want {
    uint64_t event;
    size_t item;
    bool match;
} want;

typedef struct corpus {
    const char *dir;
    public_rules rules;
    eqlm_vm *vm;
    eqlm_rules *set;
    eqlm_vm *set_vm;  /* so that the answers of the set stay valid */
    uint32_t *in_set; /* by number in the set: the public_rule */
    size_t n_in_set;
    uint64_t set_pairs, set_differences;
    uint64_t events, pairs, matches, differences;
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

static void make_set(corpus *c)
{
    clock_t begin = clock();
    c->in_set = calloc(c->rules.n + 1, sizeof *c->in_set);
    if (!c->in_set || eqlm_rules_new(NULL, &c->set) != EQLM_OK || eqlm_vm_new(NULL, &c->set_vm) != EQLM_OK)
        corpus_die("memory", "short");
    for (size_t i = 0; i < c->rules.n; i++) {
        uint32_t number;
        if (!c->rules.items[i].program ||
            eqlm_program_get_kind(c->rules.items[i].program) != EQLM_EVENT_QUERY)
            continue;
        if (eqlm_rules_add(c->set, c->rules.items[i].program, &number) == EQLM_OK)
            c->in_set[c->n_in_set++] = (uint32_t)i;
    }
    if (eqlm_rules_seal(c->set) != EQLM_OK)
        corpus_die("memory", "short");
    printf("set:      %4zu queries, sealed in %.3f s, %zu bytes\n", c->n_in_set,
           (double)(clock() - begin) / CLOCKS_PER_SEC, eqlm_rules_memory(c->set));
}

static void add_want(recording *r, uint64_t event, size_t it, bool match)
{
    if (r->n_wants == r->cap_wants) {
        r->cap_wants = r->cap_wants ? 2 * r->cap_wants : 1024;
        r->wants = realloc(r->wants, r->cap_wants * sizeof *r->wants);
        if (!r->wants)
            corpus_die("memory", "short");
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
    public_rule *it = public_rules_find(&c->rules, json_string_value(json_object_get(j, "rule_file")));
    if (!it)
        it = public_rules_find(&c->rules, json_string_value(json_object_get(j, "rule_id")));
    if (!it)
        corpus_die("unknown rule", json_string_value(json_object_get(j, "rule_file")));
    bool match = json_is_true(json_object_get(j, "match"));
    if (!it->program || (kind && strcmp(kind, "event") != 0)) {
        c->rules.pending++;
        return;
    }
    json_t *one = json_object_get(j, "event_index"), *event;
    size_t i;
    if (one)
        add_want(r, (uint64_t)json_integer_value(one), (size_t)(it - c->rules.items), match);
    json_array_foreach(json_object_get(j, "events"), i, event)
        add_want(r, (uint64_t)json_integer_value(event), (size_t)(it - c->rules.items), match);
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

static void compare(recording *r, const eqlc_event *e, const public_rule *it, bool wanted)
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
        const public_rule *it = &c->rules.items[c->in_set[k]];
        bool alone = false, together = next < n && matches[next] == k;
        next += together;
        c->set_pairs++;
        if (set_status == EQLM_OK && eqlm_match(c->vm, it->program, e->values, &alone) == EQLM_OK &&
            alone == together)
            continue;
        if (c->set_differences++ < MAX_SHOWN)
            printf("%s: event %llu, %s: alone %s, in the set %s\n", r->name, (unsigned long long)e->line - 1,
                   it->file, alone ? "a match" : "no match",
                   set_status != EQLM_OK ? eqlm_status_text(set_status)
                   : together            ? "a match"
                                         : "no match");
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
            compare(r, e, &c->rules.items[r->wants[r->next].item], r->wants[r->next].match);
        return true;
    }
    for (size_t i = 0; i < c->rules.n; i++) {
        const public_rule *it = &c->rules.items[i];
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
    r->c->rules.failures++;
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
    eqlc_reader *reader = public_rules_reader(&c->rules);
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
        c->rules.failures++;
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
        corpus_die("no events", path);
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
        corpus_die("arguments", "CORPUS RULES...");
    c.dir = argv[1];
    if (eqlm_vm_new(NULL, &c.vm) != EQLM_OK)
        corpus_die("memory", "short");
    public_rules_open(&c.rules, argv + 2, (size_t)argc - 2);
    make_set(&c);
    public_rules_mark_covered(&c.rules, c.dir, "event");
    run_all(&c);
    printf("corpus: %zu rules, %llu events, %llu pairs, %llu matches, %llu pending, %llu differences, %llu "
           "failures\n",
           c.rules.n, (unsigned long long)c.events, (unsigned long long)c.pairs,
           (unsigned long long)c.matches, (unsigned long long)c.rules.pending,
           (unsigned long long)c.differences, (unsigned long long)c.rules.failures);
    printf("set:    %zu queries, %llu pairs, %llu differences\n", c.n_in_set, (unsigned long long)c.set_pairs,
           (unsigned long long)c.set_differences);
    eqlm_rules_free(c.set);
    eqlm_vm_free(c.set_vm);
    free(c.in_set);
    eqlm_vm_free(c.vm);
    bool failed = c.differences || c.set_differences || c.rules.failures;
    public_rules_close(&c.rules);
    return failed;
}
