/* cmd_bench.c - eqlc bench: which rules the index of a rule set cannot keep from running, and what each rule
 * costs on events of the user. */
#include "commands.h"
#include "complaints.h"
#include "event_copy.h"
#include "events.h"
#include "report.h"
#include "util.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 5
#define DEFAULT_EVENTS 20000
#define SMALL_SET 3 /* rules that must ask the same field before the index does */

typedef struct bench_rule {
    const eqlc_rule *rule;
    eqlm_program *program;
    eqlc_buf guard;
    bool selective;
    bool failed; /* on some event */
    uint64_t matches;
    double ns; /* an event, by itself */
} bench_rule;

typedef struct bench {
    eqlc_compiling compiling;
    bool json;
    eqlc_complaints complaints;
    size_t most; /* events */
    char **paths;
    size_t n_paths, cap_paths;
    eqlc_rules rules;
    eqlc_report report;

    eqlm_schema *schema;
    eqlm_vm *vm;
    eqlm_rules *set;
    bench_rule *measured; /* event queries that a set takes, by their number there */
    size_t n_measured;
    size_t n_others; /* sequences, samples, questions about ancestry */

    eqlc_scratch scratch;
    const eqlm_value **events;
    size_t n_events, cap_events;
    double seal, index; /* seconds; ns an event */
    uint64_t set_failures;
} bench;

enum { OPT_FORMAT = 256, OPT_EVENTS };

static const struct option long_options[] = {
    { "query", required_argument, NULL, 'q' },
    { "rules", required_argument, NULL, 'r' },
    EQLC_COMPILING_OPTIONS,
    { "events", required_argument, NULL, OPT_EVENTS },
    { "format", required_argument, NULL, OPT_FORMAT },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static void add_path(bench *b, char *path)
{
    b->paths = eqlc_grow(b->paths, &b->cap_paths, b->n_paths + 1, sizeof *b->paths);
    b->paths[b->n_paths++] = path;
}

static bool set_events(bench *b, const char *text)
{
    size_t n = 0;

    for (; *text >= '0' && *text <= '9' && n < SIZE_MAX / 20; text++)
        n = n * 10 + (size_t)(*text - '0');
    b->most = n;
    return *text == '\0' && n > 0;
}

/* Takes one option; returns an error message with %s for the argument, or NULL. */
static const char *take_option(void *ctx, int option, char *argument)
{
    bench *b = ctx;

    switch (option) {
    case 'q':
        eqlc_rules_add_query(&b->rules, argument);
        return NULL;
    case 'r':
        add_path(b, argument);
        return NULL;
    case OPT_EVENTS:
        return set_events(b, argument) ? NULL : "--events is a number from 1, not '%s'";
    default:
        b->json = strcmp(argument, "json") == 0;
        return b->json || strcmp(argument, "text") == 0 ? NULL : "--format is text or json, not '%s'";
    }
}

/* ------------------------------------------------------------------------------------------------------
 * Rules and events
 */

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void add_rule(bench *b, const eqlc_rule *rule)
{
    eqlm_program *program = eqlc_compile(&b->compiling, b->schema, rule, &b->report);

    if (!program)
        return;
    eqlm_status status = eqlm_rules_add(b->set, program, NULL);
    if (status == EQLM_OK) {
        b->measured[b->n_measured++] = (bench_rule) { .rule = rule, .program = program };
        return;
    }
    if (status != EQLM_E_ARGUMENT)
        eqlc_die("%s", eqlm_status_text(status));
    b->n_others++;
    eqlm_program_free(program);
}

static void make_set(bench *b)
{
    double start;

    b->schema = eqlc_compiling_schema(&b->compiling);
    b->measured = eqlc_alloc(b->rules.n * sizeof *b->measured);
    if (eqlm_vm_new(NULL, &b->vm) != EQLM_OK || eqlm_rules_new(NULL, &b->set) != EQLM_OK ||
        eqlm_schema_set_getter(b->schema, eqlc_event_get, NULL) != EQLM_OK)
        eqlc_die("out of memory");
    for (size_t i = 0; i < b->rules.n; i++)
        add_rule(b, &b->rules.items[i]);
    start = cpu_seconds();
    if (eqlm_rules_seal(b->set) != EQLM_OK)
        eqlc_die("out of memory");
    b->seal = cpu_seconds() - start;
    for (uint32_t i = 0; i < b->n_measured; i++) {
        bench_rule *rule = &b->measured[i];

        if (eqlm_rules_guard(b->set, i, &rule->selective, eqlc_buf_write, &rule->guard) != EQLM_OK)
            eqlc_die("out of memory");
    }
}

static bool on_event(void *ctx, const eqlc_event *event)
{
    bench *b = ctx;

    b->events = eqlc_grow(b->events, &b->cap_events, b->n_events + 1, sizeof *b->events);
    b->events[b->n_events++] = eqlc_values_copy(&(eqlc_event_copy) { .scratch = &b->scratch }, event->values);
    return b->n_events < b->most;
}

static void on_error(void *ctx, const char *path, uint64_t line, uint64_t column, const char *message)
{
    bench *b = ctx;

    eqlc_complain(&b->complaints, path, line, column, message);
}

/* ------------------------------------------------------------------------------------------------------
 * Measuring: CPU time of this thread, the best of some rounds, for whatever else the machine does adds to it
 */

static double run_set(bench *b)
{
    double start = cpu_seconds();

    b->set_failures = 0;
    for (size_t i = 0; i < b->n_events; i++) {
        const uint32_t *matches;
        size_t n;

        b->set_failures += eqlm_rules_match(b->vm, b->set, b->events[i], &matches, &n) != EQLM_OK;
    }
    return cpu_seconds() - start;
}

static double run_rule(bench *b, bench_rule *rule)
{
    double start = cpu_seconds();

    rule->matches = 0;
    for (size_t i = 0; i < b->n_events; i++) {
        bool matched = false;

        rule->failed |= eqlm_match(b->vm, rule->program, b->events[i], &matched) != EQLM_OK;
        rule->matches += matched;
    }
    return cpu_seconds() - start;
}

static void measure(bench *b)
{
    double per_event = b->n_events ? 1e9 / (double)b->n_events : 0;

    for (int round = 0; round < ROUNDS; round++) {
        double ns = run_set(b) * per_event;

        b->index = round == 0 || ns < b->index ? ns : b->index;
        for (size_t i = 0; i < b->n_measured; i++) {
            bench_rule *rule = &b->measured[i];

            ns = run_rule(b, rule) * per_event;
            rule->ns = round == 0 || ns < rule->ns ? ns : rule->ns;
        }
    }
}

/* ------------------------------------------------------------------------------------------------------
 * Output
 */

/* The dearest first; equal ones as they were given. */
static int by_cost(const void *a, const void *b)
{
    const bench_rule *x = a, *y = b;

    if (x->ns != y->ns)
        return x->ns < y->ns ? 1 : -1;
    return x->rule < y->rule ? -1 : 1;
}

static double per_second(const bench *b)
{
    return b->index > 0 ? 1e9 / b->index : 0;
}

/* Why the index does not hold a rule back. */
static const char *reason(const bench *b, const bench_rule *rule)
{
    if (rule->selective)
        return NULL;
    if (b->n_measured < SMALL_SET)
        return "runs for every event, or every one of its category: an index is of no use to so few rules";
    return strcmp(rule->guard.data, "true") == 0
               ? "runs for every event: no value is asked for that the index can look up"
               : "runs for every event of its category: "
                 "no other value is asked for that the index can look up";
}

static void print_text(const bench *b, double sum)
{
    char events[32], speed[32], bytes[32], failures[32];
    eqlc_buf line = { NULL, 0, 0 };
    size_t unguarded = 0;

    for (size_t i = 0; i < b->n_measured; i++)
        unguarded += !b->measured[i].selective;
    printf("%zu event %s in a set of %s bytes, sealed in %.1f ms; %zu other %s not measured\n", b->n_measured,
           b->n_measured == 1 ? "query" : "queries", eqlc_count_text(eqlm_rules_memory(b->set), bytes),
           b->seal * 1e3, b->n_others, b->n_others == 1 ? "rule" : "rules");
    printf("%s events in memory: %.0f ns an event, %s events/s\n", eqlc_count_text(b->n_events, events),
           b->index, eqlc_count_text((uint64_t)per_second(b), speed));
    if (b->set_failures)
        printf("%s events could not be evaluated\n", eqlc_count_text(b->set_failures, failures));
    printf("\nwithout a selective guard: %zu\n", unguarded);
    for (size_t i = 0; i < b->n_measured; i++) {
        const bench_rule *rule = &b->measured[i];

        if (rule->selective)
            continue;
        line.len = 0;
        eqlc_rule_label(&line, rule->rule);
        printf("  %s: %s\n    %s\n", line.data, reason(b, rule), rule->guard.data);
    }
    printf("\neach rule by itself\n%9s %6s %9s  rule: guard\n", "ns/event", "share", "matches");
    for (size_t i = 0; i < b->n_measured; i++) {
        const bench_rule *rule = &b->measured[i];

        line.len = 0;
        eqlc_rule_label(&line, rule->rule);
        printf("%9.1f %5.1f%% %9llu  %s: %s%s\n", rule->ns, sum > 0 ? rule->ns * 100 / sum : 0,
               (unsigned long long)rule->matches, line.data, rule->guard.data,
               rule->failed ? " (failed on some events)" : "");
    }
    eqlc_buf_clear(&line);
}

static void print_json(const bench *b, double sum)
{
    eqlc_buf line = { NULL, 0, 0 };

    eqlc_buf_format(&line,
                    "{\"rules\":%zu,\"not_measured\":%zu,\"set_bytes\":%zu,\"seal_ms\":%.3f,\"events\":%zu,"
                    "\"ns_per_event\":%.1f,\"events_per_second\":%.0f,\"failed_events\":%llu}\n",
                    b->n_measured, b->n_others, eqlm_rules_memory(b->set), b->seal * 1e3, b->n_events,
                    b->index, per_second(b), (unsigned long long)b->set_failures);
    for (size_t i = 0; i < b->n_measured; i++) {
        const bench_rule *rule = &b->measured[i];

        eqlc_buf_text(&line, "{\"rule\":");
        eqlc_buf_json_cstr(&line, rule->rule->name ? rule->rule->name : rule->rule->path);
        eqlc_buf_text(&line, ",\"id\":");
        eqlc_buf_json_cstr(&line, rule->rule->id);
        eqlc_buf_text(&line, ",\"path\":");
        eqlc_buf_json_cstr(&line, rule->rule->path);
        eqlc_buf_text(&line, ",\"guard\":");
        eqlc_buf_json(&line, rule->guard.data, rule->guard.len);
        eqlc_buf_format(&line, ",\"selective\":%s,\"why\":", rule->selective ? "true" : "false");
        eqlc_buf_json_cstr(&line, reason(b, rule));
        eqlc_buf_format(&line, ",\"matches\":%llu,\"ns_per_event\":%.1f,\"share\":%.4f,\"failed\":%s}\n",
                        (unsigned long long)rule->matches, rule->ns, sum > 0 ? rule->ns / sum : 0,
                        rule->failed ? "true" : "false");
    }
    fwrite(line.data, 1, line.len, stdout);
    eqlc_buf_clear(&line);
}

static void print(bench *b)
{
    double sum = 0;

    measure(b);
    qsort(b->measured, b->n_measured, sizeof *b->measured, by_cost);
    for (size_t i = 0; i < b->n_measured; i++)
        sum += b->measured[i].ns;
    if (b->json)
        print_json(b, sum);
    else
        print_text(b, sum);
}

/* ------------------------------------------------------------------------------------------------------
 * The command
 */

static int bench_all(bench *b, char *const *paths, int n)
{
    eqlc_event_options options = { .max_event_size = EQLC_EVENT_SIZE, .timestamp_field = "@timestamp" };
    eqlc_reader *reader;
    bool nothing;
    int code;

    eqlc_report_init(&b->report, stderr, EQLM_ERROR, b->compiling.color);
    eqlc_rules_read(&b->rules, b->paths, b->n_paths, eqlc_report_file, &b->report);
    make_set(b);
    code = eqlc_report_exit(&b->report, &b->rules, EQLM_ERROR);
    /* Elements of arrays of objects are read through the reader, so it lasts as long as the events. */
    reader = eqlc_reader_new(b->schema, &options);
    if (!reader)
        eqlc_die("out of memory");
    for (int i = 0; i < n && b->n_events < b->most; i++)
        eqlc_reader_run(reader, paths[i], on_event, on_error, b);
    eqlc_complaints_end(&b->complaints);
    nothing = b->n_measured == 0 || b->n_events == 0;
    if (nothing)
        fprintf(stderr, "eqlc bench: nothing to measure: no %s\n",
                b->n_measured ? "events"
                : b->n_others ? "event queries, only sequences and samples"
                              : "rules");
    else
        print(b);
    if (eqlc_reader_counts(reader)->bad && code < EQLC_EXIT_FINDINGS)
        code = EQLC_EXIT_FINDINGS;
    if (eqlc_reader_counts(reader)->bad_files)
        code = EQLC_EXIT_USAGE;
    eqlc_reader_free(reader);
    return nothing && code == EQLC_EXIT_OK ? EQLC_EXIT_USAGE : code;
}

static void clear(bench *b)
{
    for (size_t i = 0; i < b->n_measured; i++) {
        eqlc_buf_clear(&b->measured[i].guard);
        eqlm_program_free(b->measured[i].program);
    }
    free(b->measured);
    free((void *)b->events);
    free(b->paths);
    eqlc_scratch_clear(&b->scratch);
    eqlm_rules_free(b->set);
    eqlm_vm_free(b->vm);
    eqlm_schema_free(b->schema);
    eqlc_rules_clear(&b->rules);
    eqlc_compiling_clear(&b->compiling);
}

int eqlc_cmd_bench(int argc, char **argv)
{
    static const eqlc_command_line line = { "bench", "q:r:h", long_options, take_option };
    bench b = { .most = DEFAULT_EVENTS };
    int code;

    eqlc_scratch_init(&b.scratch, SIZE_MAX);
    if (!eqlc_command_line_read(&line, argc, argv, &b.compiling, &b, &code)) {
        clear(&b);
        return code;
    }
    if (b.rules.n == 0 && b.n_paths == 0 && optind < argc)
        add_path(&b, argv[optind++]);
    if (optind >= argc)
        code = eqlc_usage_error("bench", "give rules and files of events");
    else if ((code = eqlc_check_stdin("bench", b.paths, b.n_paths, argv + optind, argc - optind)) ==
             EQLC_EXIT_OK)
        code = bench_all(&b, argv + optind, argc - optind);
    clear(&b);
    return code;
}
