/* bench_rules.c - many rules, one event at a time. Rules and recorded events are those of $SHARED/corpus
 * (../shared) where they are at hand, else those of examples/. Filters are first the event queries alone,
 * then also the terms of sequences, many of which match much: `process where event.type == "start"`. Events
 * lie in memory as a host might keep them.
 *
 * For each category of events, in every round:
 * - floor: every value of the event that some filter names read, folded and hashed, and one pass over the
 * index;
 * - set: the rule set, that is the index, and the candidates run;
 * - loop: every filter of the category run, one by one.
 *
 * Then the set with growing parts of the filters, others in each round: all/100 is how much it takes longer
 * with all than with 100 of them, and floor how much of that is the floor's own, which has more fields to look up. CPU time, medians
 * over the rounds; ratios are taken within a round.
 *
 * Arguments: rounds (9), events of a category (150: all stay in the cache), rules (a folder or file). */
#include "eqlmini.h"

#include "events.h"
#include "measure.h"
#include "rules.h"
#include "rules/rules.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum {
    MAX_ROUNDS = 99,
    MAX_CATEGORIES = 16,
    MAX_FILTERS = 20000,
    MAX_EVENTS = 200000,
    MAX_FIELDS = 1024,
    N_STEPS = 6,
    HUNDRED = 3 /* the step that growth is told from */
};

typedef struct filter {
    const eqlm_program *program;
    uint32_t start, len;
} filter;

typedef struct category {
    eqlm_value names;
    char title[64];
    const struct record **events;
    size_t n;
    const filter **filters; /* whose category is this one, or any */
    size_t n_filters;
    double candidates, matches;
    double floor[MAX_ROUNDS], set[MAX_ROUNDS], loop[MAX_ROUNDS], per_floor[MAX_ROUNDS], per_loop[MAX_ROUNDS];
    double steps[N_STEPS][MAX_ROUNDS], floor_growth[MAX_ROUNDS];
} category;

static const size_t step_sizes[N_STEPS] = { 1, 2, 10, 100, 1000, MAX_FILTERS };

static eqlm_schema *schema;
static eqlm_vm *vm;
static const eqlm_program *programs[MAX_FILTERS];
static size_t n_programs, n_left_out;
static filter filters[MAX_FILTERS];
static size_t n_filters;
typedef struct record record;
static const record *events[MAX_EVENTS];
static size_t n_events;
static category categories[MAX_CATEGORIES];
static size_t n_categories;
static uint32_t category_field;

static void die(const char *what)
{
    fprintf(stderr, "bench_rules: %s\n", what);
    exit(2);
}

static void *get_memory(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p)
        die("out of memory");
    return p;
}

/* ---- Rules --------------------------------------------------------------------------------------------- */

static void ignore_file_error(void *ctx, const char *path, eqlc_place place, bool warning,
                              const char *message)
{
    (void)ctx, (void)path, (void)place, (void)warning, (void)message;
}

static void choose_filters(bool terms)
{
    n_filters = 0;
    for (size_t i = 0; i < n_programs; i++) {
        const eqlm_program *p = programs[i];
        uint32_t n = p->kind == EQLM_EVENT_QUERY ? 1 : terms ? eqli_program_n_regions(p) : 0;
        for (uint32_t k = 0; k < n && n_filters < MAX_FILTERS; k++)
            filters[n_filters++] = (filter) { p, p->stages[k].start, p->stages[k].len };
    }
}

static void add_rule(const eqlc_rule *rule)
{
    eqlm_program *p;
    bool endpoint = strstr(rule->path, "protections") != NULL;
    eqlm_options options = { .size = sizeof options,
                             .dialect = endpoint ? EQLM_DIALECT_ENDPOINT : rule->dialect,
                             .category_field = rule->category_field };
    if (eqlm_compile(NULL, schema, (eqlm_str) { rule->query, rule->query_len }, &options, NULL, &p) !=
        EQLM_OK)
        die("a rule does not compile");
    if (p->n_lineages) { /* only a stream knows a process's ancestors */
        n_left_out++;
        eqlm_program_free(p);
        return;
    }
    if (n_programs == MAX_FILTERS)
        die("too many rules");
    programs[n_programs++] = p;
}

/* ---- Events -------------------------------------------------------------------------------------------- */

/* Events as a host would keep them: the values that are there, and where each field has its value. */
typedef struct record {
    uint32_t n;
    uint8_t place[MAX_FIELDS]; /* 0: missing */
    eqlm_value values[];
} record;

static bool get(void *ctx, const void *event, uint32_t field, eqlm_value *out)
{
    const record *r = event;
    uint32_t place = r->place[field];
    (void)ctx;
    if (place == 0)
        return false;
    *out = r->values[place - 1];
    return true;
}

static const record *copy_record(const void *event);

static eqlm_value copy_value(eqlm_value v)
{
    if (v.type == EQLM_STRING || v.type == EQLM_IP) {
        char *text = get_memory(v.len, 1);
        memcpy(text, v.as.str, v.len);
        v.as.str = text;
    } else if (v.type == EQLM_ARRAY) {
        eqlm_value *items = get_memory(v.len, sizeof *items);
        for (uint32_t i = 0; i < v.len; i++)
            items[i] = copy_value(v.as.items[i]);
        v.as.items = items;
    } else if (v.type == EQLM_OBJECT) {
        v.as.object = copy_record(v.as.object);
    }
    return v;
}

/* Of an event or an element as the reader of the command gives it. */
static const record *copy_record(const void *event)
{
    static eqlm_value found[MAX_FIELDS];
    eqlm_value *values;
    static uint8_t place[MAX_FIELDS];
    uint32_t n = 0, n_fields = eqlm_schema_n_fields(schema);
    memset(place, 0, sizeof place);
    for (uint32_t f = 0; f < n_fields && n < UINT8_MAX; f++) {
        if (eqlc_event_get(NULL, event, f, &found[n]))
            place[f] = (uint8_t)++n;
    }
    record *r = get_memory(1, sizeof *r + n * sizeof *values);
    r->n = n;
    memcpy(r->place, place, sizeof place);
    values = r->values;
    memcpy(values, found, n * sizeof *values);
    for (uint32_t i = 0; i < n; i++)
        values[i] = copy_value(values[i]);
    return r;
}

static eqlm_value value_of(const record *r, uint32_t field)
{
    eqlm_value v = { .type = EQLM_NULL };
    get(NULL, r, field, &v);
    return v;
}

static bool on_event(void *ctx, const eqlc_event *e)
{
    (void)ctx;
    if (n_events < MAX_EVENTS)
        events[n_events++] = copy_record(e->values);
    return true;
}

static void on_event_error(void *ctx, const char *path, uint64_t line, uint64_t column, const char *message)
{
    (void)ctx, (void)line, (void)column;
    fprintf(stderr, "%s: %s\n", path, message);
}

/* Events that somebody made up to match rules are left out. */
static int is_recording(const struct dirent *e)
{
    static const char *const made_up[] = { "geneve", "mutants", "keystyles", "eqllib" };
    const char *end = strstr(e->d_name, ".ndjson");
    for (size_t i = 0; i < sizeof made_up / sizeof made_up[0]; i++) {
        if (strncmp(e->d_name, made_up[i], strlen(made_up[i])) == 0)
            return 0;
    }
    return end && end[7] == 0;
}

static void read_events(const char *dir)
{
    eqlc_event_options options = { .max_event_size = (size_t)64 << 20, .timestamp_field = "@timestamp" };
    eqlc_reader *reader = eqlc_reader_new(schema, &options); /* not freed: elements of arrays point into it */
    struct dirent **names = NULL;
    int n = scandir(dir, &names, is_recording, alphasort);
    if (!reader || n <= 0)
        die("no events");
    for (int i = 0; i < n; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
        eqlc_reader_run(reader, path, on_event, on_event_error, NULL);
        free(names[i]);
    }
    free(names);
}

/* ---- Categories ---------------------------------------------------------------------------------------- */

static bool same_text(const eqlm_value *a, const eqlm_value *b)
{
    return a->type == EQLM_STRING && b->type == EQLM_STRING && a->len == b->len &&
           memcmp(a->as.str, b->as.str, a->len) == 0;
}

/* Item i of a value that may be an array; NULL: there are not so many. */
static const eqlm_value *item(const eqlm_value *v, uint32_t i)
{
    uint32_t n = v->type == EQLM_ARRAY ? v->len : v->type == EQLM_STRING;
    return i >= n ? NULL : v->type == EQLM_ARRAY ? &v->as.items[i] : v;
}

static bool same_names(const eqlm_value *a, const eqlm_value *b)
{
    for (uint32_t i = 0;; i++) {
        const eqlm_value *x = item(a, i), *y = item(b, i);
        if (!x || !y)
            return !x && !y;
        if (!same_text(x, y))
            return false;
    }
}

/* An event may have several categories; the first instruction of a filter asks for one, or there is no such
 * question. */
static bool fits(const filter *f, const eqlm_value *names)
{
    const eqli_insn *in = &f->program->insns[f->start];
    if (in->op != EQLI_OP_EQUAL_TEXT || f->program->slots[in->a].place.field != category_field)
        return true;
    for (uint32_t i = 0; item(names, i); i++) {
        if (same_text(&f->program->consts[in->b], item(names, i)))
            return true;
    }
    return false;
}

/* The events of a category are taken evenly from all of them. */
static void make_category(const eqlm_value *names, size_t most)
{
    category *c = &categories[n_categories];
    size_t all = 0, seen = 0, len = 0;
    for (size_t i = 0; i < n_events; i++) {
        eqlm_value v = value_of(events[i], category_field);
        all += same_names(&v, names);
    }
    if (all == 0 || (all < most / 2 && n_events > most * 4))
        return;
    n_categories++;
    memset(c, 0, sizeof *c);
    c->names = *names;
    for (uint32_t i = 0; item(names, i) && len < sizeof c->title; i++)
        len += (size_t)snprintf(c->title + len, sizeof c->title - len, "%s%.*s", i ? "," : "",
                                (int)item(names, i)->len, item(names, i)->as.str);
    c->events = get_memory(most, sizeof *c->events);
    c->filters = get_memory(n_filters, sizeof *c->filters);
    for (size_t i = 0; i < n_events; i++) {
        eqlm_value v = value_of(events[i], category_field);
        if (same_names(&v, names) && (all <= most || seen++ * most / all >= c->n) && c->n < most)
            c->events[c->n++] = events[i];
    }
    for (size_t i = 0; i < n_filters; i++) {
        if (fits(&filters[i], names))
            c->filters[c->n_filters++] = &filters[i];
    }
}

static void make_categories(size_t most)
{
    if (!eqlm_schema_find(schema, (eqlm_str) { "event.category", 14 }, &category_field))
        die("no event.category");
    for (size_t i = 0; i < n_events && n_categories < MAX_CATEGORIES; i++) {
        eqlm_value v = value_of(events[i], category_field);
        size_t k = 0;
        while (k < n_categories && !same_names(&categories[k].names, &v))
            k++;
        if (k == n_categories && item(&v, 0))
            make_category(&v, most);
    }
}

/* ---- Measuring ----------------------------------------------------------------------------------------- */

/* Of n filters, taken evenly from all of them; others with each `turn` out of `turns`. */
static eqlm_rules *make_set(size_t n, size_t turn, size_t turns, double *seconds)
{
    eqlm_rules *set;
    uint32_t number;
    if (eqlm_rules_new(NULL, &set) != EQLM_OK)
        die("out of memory");
    size_t first = n < n_filters ? n_filters * turn / (n * turns) : 0;
    for (size_t k = 0; k < n_filters; k++) {
        size_t i = (k + first) % n_filters;
        bool in = n >= n_filters || k * n / n_filters != (k + 1) * n / n_filters;
        if (in && eqli_rules_add_region(set, filters[i].program, filters[i].start, filters[i].len, &number) !=
                      EQLM_OK)
            die("out of memory");
    }
    double begin = cpu_seconds();
    if (eqlm_rules_seal(set) != EQLM_OK)
        die("out of memory");
    *seconds = cpu_seconds() - begin;
    return set;
}

static volatile uint32_t sink;

/* The schema has no fields but those that filters name. */
static void prepare(const record *event)
{
    static char folded[1 << 16];
    uint32_t sum = 0;
    for (uint32_t f = 0; f < event->n; f++) {
        const eqlm_value *v = &event->values[f];
        uint32_t n = v->type == EQLM_ARRAY ? v->len : 1;
        const eqlm_value *items = v->type == EQLM_ARRAY ? v->as.items : v;
        for (uint32_t i = 0; i < n; i++) {
            eqli_key_text text;
            if (items[i].type != EQLM_STRING || items[i].len > sizeof folded)
                continue;
            for (uint32_t k = 0; k < items[i].len; k++)
                folded[k] = (char)((unsigned char)items[i].as.str[k] | 0x20);
            eqli_key_text_init(&text, folded, items[i].len);
            sum += eqli_exact_tag(&text);
        }
    }
    sink = sum;
}

static double measure_floor(const eqlm_rules *set, category *c)
{
    size_t total = 0;
    double begin = cpu_seconds();
    for (size_t i = 0; i < c->n; i++) {
        const uint32_t *numbers;
        size_t n = 0;
        prepare(c->events[i]);
        if (eqli_rules_select(vm, set, c->events[i], &numbers, &n) != EQLI_OP_OK)
            die("index failed");
        total += n;
    }
    c->candidates = (double)total / (double)c->n;
    return (cpu_seconds() - begin) * 1e9 / (double)c->n;
}

static double measure_index(const eqlm_rules *set, const category *c)
{
    double begin = cpu_seconds();
    for (size_t i = 0; i < c->n; i++) {
        const uint32_t *numbers;
        size_t n = 0;
        if (eqli_rules_select(vm, set, c->events[i], &numbers, &n) != EQLI_OP_OK)
            die("index failed");
    }
    return (cpu_seconds() - begin) * 1e9 / (double)c->n;
}

static double measure_set(const eqlm_rules *set, category *c, size_t *matches)
{
    size_t total = 0;
    double begin = cpu_seconds();
    for (size_t i = 0; i < c->n; i++) {
        const uint32_t *numbers;
        size_t n = 0;
        if (eqli_rules_run(vm, set, c->events[i], &numbers, &n) != EQLI_OP_OK)
            die("set failed");
        total += n;
    }
    *matches = total;
    return (cpu_seconds() - begin) * 1e9 / (double)c->n;
}

static double measure_loop(const category *c, size_t *matches)
{
    size_t total = 0;
    double begin = cpu_seconds();
    for (size_t i = 0; i < c->n; i++) {
        for (size_t k = 0; k < c->n_filters; k++) {
            const filter *f = c->filters[k];
            bool hit = false;
            if (eqli_vm_prepare(vm, f->program) != EQLM_OK ||
                eqli_vm_run(vm, f->program, f->start, c->events[i], &hit) != EQLI_OP_OK)
                die("filter failed");
            total += hit;
        }
    }
    *matches = total;
    return (cpu_seconds() - begin) * 1e9 / (double)c->n;
}

static double indexes[MAX_CATEGORIES][MAX_ROUNDS];

static void measure_round(eqlm_rules *const *sets, size_t round)
{
    for (size_t i = 0; i < n_categories; i++) {
        category *c = &categories[i];
        const eqlm_rules *all = sets[N_STEPS - 1];
        size_t by_set = 0, by_loop = 0, some;
        measure_set(all, c, &by_set); /* warms the caches */
        indexes[i][round] = measure_index(all, c);
        double floor_before = measure_floor(sets[HUNDRED], c);
        c->floor[round] = measure_floor(all, c);
        c->floor_growth[round] = c->floor[round] / floor_before;
        c->set[round] = measure_set(all, c, &by_set);
        c->loop[round] = measure_loop(c, &by_loop);
        c->per_floor[round] = c->set[round] / c->floor[round];
        c->per_loop[round] = c->loop[round] / c->set[round];
        c->matches = (double)by_set / (double)c->n;
        if (by_set != by_loop) {
            fprintf(stderr, "bench_rules: %s: %zu matches of the set, %zu of the loop\n", c->title, by_set,
                    by_loop);
            die("answers differ");
        }
        for (size_t k = 0; k < N_STEPS; k++) {
            measure_set(sets[k], c, &some);
            c->steps[k][round] = measure_set(sets[k], c, &some);
        }
    }
}

static void report(size_t rounds)
{
    printf("ns/event, medians of %zu rounds\n%-22s %7s %8s %11s %8s %8s %8s %8s %8s %8s %8s\n", rounds,
           "category", "events", "filters", "candidates", "matches", "index", "floor", "set", "loop",
           "x floor", "loop/set");
    for (size_t i = 0; i < n_categories; i++) {
        category *c = &categories[i];
        printf("%-22s %7zu %8zu %11.1f %8.2f %8.0f %8.0f %8.0f %8.0f %8.2f %8.1f\n", c->title, c->n,
               c->n_filters, c->candidates, c->matches, quantile(indexes[i], rounds, 0.5),
               quantile(c->floor, rounds, 0.5), quantile(c->set, rounds, 0.5), quantile(c->loop, rounds, 0.5),
               quantile(c->per_floor, rounds, 0.5), quantile(c->per_loop, rounds, 0.5));
    }
    printf("\nns/event by filters in the set\n%-22s", "category");
    for (size_t k = 0; k < N_STEPS; k++)
        printf(" %8zu", step_sizes[k] < n_filters ? step_sizes[k] : n_filters);
    printf(" %8s %8s\n", "all/100", "floor");
    for (size_t i = 0; i < n_categories; i++) {
        category *c = &categories[i];
        double steps[N_STEPS];
        printf("%-22s", c->title);
        for (size_t k = 0; k < N_STEPS; k++) {
            steps[k] = quantile(c->steps[k], rounds, 0.5);
            printf(" %8.0f", steps[k]);
        }
        printf(" %8.1f %8.1f\n", steps[N_STEPS - 1] / steps[HUNDRED], quantile(c->floor_growth, rounds, 0.5));
    }
}

static void run(bool terms, size_t rounds, size_t most)
{
    eqlm_rules *sets[N_STEPS];
    double seconds = 0;
    choose_filters(terms);
    n_categories = 0;
    make_categories(most);
    for (size_t k = 0; k < N_STEPS; k++)
        sets[k] = make_set(step_sizes[k], 0, rounds, &seconds);
    printf("%s%zu filters%s, %zu programs (%zu with ancestry left out), %zu events in memory; all filters "
           "sealed in %.3f s, %.2f MB\n",
           terms ? "\n" : "", n_filters, terms ? " with the terms of sequences" : "", n_programs, n_left_out,
           n_events, seconds, (double)eqlm_rules_memory(sets[N_STEPS - 1]) / 1e6);
    for (size_t round = 0; round < rounds; round++) {
        for (size_t k = 0; round > 0 && k < N_STEPS - 1; k++) {
            eqlm_rules_free(sets[k]);
            sets[k] = make_set(step_sizes[k], round, rounds, &seconds);
        }
        measure_round(sets, round);
    }
    report(rounds);
    for (size_t k = 0; k < N_STEPS; k++)
        eqlm_rules_free(sets[k]);
}

int main(int argc, char **argv)
{
    const char *shared = getenv("SHARED") ? getenv("SHARED") : "../shared";
    size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 9,
           most = argc > 2 ? strtoul(argv[2], NULL, 10) : 150;
    char rules_path[512], events_path[512];
    if (rounds < 1 || rounds > MAX_ROUNDS || most < 1)
        return 2;
    snprintf(rules_path, sizeof rules_path, "%s/corpus/rules", shared);
    snprintf(events_path, sizeof events_path, "%s/corpus/events", shared);
    DIR *there = opendir(rules_path);
    if (there)
        closedir(there);
    else {
        strcpy(rules_path, "examples/rules");
        strcpy(events_path, "examples/events");
    }
    char *paths[] = { argc > 3 ? argv[3] : rules_path };
    eqlc_rules rules = { 0 };
    if (eqlm_schema_new(NULL, &schema) != EQLM_OK || eqlm_vm_new(NULL, &vm) != EQLM_OK ||
        eqlm_schema_set_types(schema, eqlm_ecs_type, NULL) != EQLM_OK ||
        eqlm_schema_set_getter(schema, get, NULL) != EQLM_OK)
        die("out of memory");
    eqlc_rules_read(&rules, paths, 1, ignore_file_error, NULL);
    for (size_t i = 0; i < rules.n; i++)
        add_rule(&rules.items[i]);
    if (eqlm_schema_n_fields(schema) > MAX_FIELDS)
        die("too many fields");
    read_events(events_path);
    for (int terms = 0; terms < 2; terms++)
        run(terms, rounds, most);
    return 0;
}
