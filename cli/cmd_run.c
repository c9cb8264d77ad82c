/* cmd_run.c - eqlc run: evaluates rules on event documents and prints what matches. */
#include "commands.h"
#include "events.h"
#include "report.h"
#include "run_output.h"
#include "run_state.h"
#include "run_stream.h"
#include "timestamp.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_EVENT_SIZE ((size_t)16 << 20)

/* A rule that compiled. */
typedef struct run_rule {
    const eqlc_rule *rule;
    eqlm_program *program;
    eqlc_run_pipes pipes;
    bool in_stream; /* not a question about one event alone */
    bool in_set;
    uint32_t number; /* there */
    uint64_t errors; /* run-time errors: leaves that could not be computed */
    uint64_t failed; /* events on which evaluation gave up */
    eqlm_status why; /* of the last of these */
} run_rule;

typedef struct run {
    eqlc_compiling compiling;
    eqlc_event_options events;
    eqlc_run_stream_options stream_options;
    bool fail_on_match, position_given, format_given;
    const char *color;
    eqlc_rules rules;
    char **paths; /* of -r */
    size_t n_paths, cap_paths;
    eqlc_report report; /* diagnostics, to stderr */
    eqlc_run_output output;

    eqlm_schema *schema;
    eqlm_vm *vm;
    eqlc_run_stream *stream;
    eqlc_run_state state;
    run_rule *compiled;
    size_t n_compiled;
    eqlm_rules *set; /* NULL: for one rule it would be of no use */
    eqlm_vm *set_vm; /* keeps the answer of the set while other rules are asked */
    uint64_t n_seen;
    uint64_t n_skipped_bad;
    uint64_t n_seen_matches;
    uint64_t n_matches;       /* what the pipes leave of them; known at the end */
    char now[EQLC_TIME_TEXT]; /* of --now */
    bool show_progress, progress_shown;
    struct timespec started;
} run;

/* ------------------------------------------------------------------------------------------------------
 * Options
 */

enum {
    OPT_FORMAT = 256,
    OPT_NO_SOURCE,
    OPT_COLOR,
    OPT_SIZE,
    OPT_POSITION,
    OPT_FAIL_ON_MATCH,
    OPT_TIMESTAMP,
    OPT_UNIT,
    OPT_TIEBREAKER,
    OPT_EVENT_SIZE,
    OPT_NOW
};

static const struct option long_options[] = {
    { "query", required_argument, NULL, 'q' },
    { "rules", required_argument, NULL, 'r' },
    { "format", required_argument, NULL, OPT_FORMAT },
    { "no-source", no_argument, NULL, OPT_NO_SOURCE },
    { "color", required_argument, NULL, OPT_COLOR },
    { "size", required_argument, NULL, OPT_SIZE },
    { "position", required_argument, NULL, OPT_POSITION },
    { "fail-on-match", no_argument, NULL, OPT_FAIL_ON_MATCH },
    EQLC_COMPILING_OPTIONS,
    EQLC_RUN_STREAM_OPTIONS,
    { "timestamp-field", required_argument, NULL, OPT_TIMESTAMP },
    { "timestamp-unit", required_argument, NULL, OPT_UNIT },
    { "tiebreaker", required_argument, NULL, OPT_TIEBREAKER },
    { "max-event-size", required_argument, NULL, OPT_EVENT_SIZE },
    { "now", no_argument, NULL, OPT_NOW },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

/* Index of text in a list of n words, or n. */
static size_t find_word(const char *text, const char *const *words, size_t n)
{
    size_t i = 0;

    while (i < n && strcmp(text, words[i]) != 0)
        i++;
    return i;
}

static const char *set_format(run *r, const char *text)
{
    static const char *const words[] = { "ndjson", "pretty", "eql-response", "count", "alerts", "csv" };
    size_t i = find_word(text, words, 6);

    if (i > 5)
        return "--format is ndjson, pretty, eql-response, count or alerts, not '%s'";
    if (i > 4)
        return "--format %s is not supported";
    r->output.format = (eqlc_run_format)i;
    r->format_given = true;
    return NULL;
}

static const char *set_unit(run *r, const char *text)
{
    static const char *const words[] = { "ms", "s", "us", "ns", "filetime" };
    size_t i = find_word(text, words, 5);

    if (i > 4)
        return "--timestamp-unit is ms, s, us, ns or filetime, not '%s'";
    r->events.timestamp_unit = (eqlc_time_unit)i;
    return NULL;
}

/* A positive number; with_suffix: K, M or G may follow for powers of 1024. */
static bool parse_number(const char *text, bool with_suffix, uint64_t *out)
{
    static const char suffixes[] = "kmg";
    uint64_t n = 0;
    const char *p = text, *found;

    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
            return false;
    if (p > text && *p && with_suffix) {
        found = strchr(suffixes, *p | 0x20);
        if (!found || __builtin_mul_overflow(n, UINT64_C(1) << (10 * (found - suffixes + 1)), &n))
            return false;
        p++;
    }
    *out = n;
    return p > text && *p == '\0' && n > 0;
}

static const char *set_number(run *r, int option, const char *text)
{
    uint64_t n;

    if (option == OPT_SIZE) {
        r->output.limited = true;
        return parse_number(text, false, &r->output.size) ? NULL : "--size is a number from 1, not '%s'";
    }
    if (!parse_number(text, true, &n))
        return "--max-event-size is a number of bytes such as 1000000, 512K, 16M or 1G, not '%s'";
    r->events.max_event_size = n < SIZE_MAX ? (size_t)n : SIZE_MAX;
    return NULL;
}

static const char *set_position(run *r, const char *text)
{
    r->position_given = true;
    r->output.head = strcmp(text, "head") == 0;
    return r->output.head || strcmp(text, "tail") == 0 ? NULL : "--position is head or tail, not '%s'";
}

/* Alerts are made now, and not when their last event happened. */
static void set_now(run *r)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    eqlc_time_format(now.tv_sec * INT64_C(1000000000) + now.tv_nsec / 1000000 * 1000000, r->now);
    r->output.alerts.now = r->now;
}

/* Takes one option; returns an error message with %s for the argument, or NULL. */
static const char *take_option(int option, run *r)
{
    const char *complaint;

    if (option == '?')
        return "";
    if (eqlc_compiling_take(&r->compiling, option, optarg, &complaint) ||
        eqlc_run_stream_take(&r->stream_options, option, optarg, &complaint))
        return complaint;
    switch (option) {
    case 'q':
        eqlc_rules_add_query(&r->rules, optarg);
        return NULL;
    case 'r':
        r->paths = eqlc_grow(r->paths, &r->cap_paths, r->n_paths + 1, sizeof *r->paths);
        r->paths[r->n_paths++] = optarg;
        return NULL;
    case OPT_FORMAT:
        return set_format(r, optarg);
    case OPT_NO_SOURCE:
        r->output.no_source = true;
        return NULL;
    case OPT_COLOR:
        r->color = optarg;
        return eqlc_report_set_color(&r->report, optarg) ? NULL
                                                         : "--color is auto, always or never, not '%s'";
    case OPT_SIZE:
    case OPT_EVENT_SIZE:
        return set_number(r, option, optarg);
    case OPT_POSITION:
        return set_position(r, optarg);
    case OPT_FAIL_ON_MATCH:
        r->fail_on_match = true;
        return NULL;
    case OPT_TIMESTAMP:
        r->events.timestamp_field = optarg;
        return NULL;
    case OPT_UNIT:
        return set_unit(r, optarg);
    case OPT_NOW:
        set_now(r);
        return NULL;
    default:
        r->events.tiebreaker_field = optarg;
        return NULL;
    }
}

/* EQLC_EXIT_USAGE if options or arguments do not go together, else EQLC_EXIT_OK. */
static int check_usage(const run *r, int n_events)
{
    if (r->rules.n == 0 && r->n_paths == 0)
        return eqlc_usage_error("run", "no rules given: use -q QUERY or -r PATH");
    if (n_events == 0)
        return eqlc_usage_error("run", "no events given: name files, or - for standard input");
    if ((r->output.limited || r->position_given) && r->output.format != EQLC_RUN_RESPONSE)
        return eqlc_usage_error("run", "--size and --position are for --format eql-response");
    if (r->output.alerts.now && r->output.format != EQLC_RUN_ALERTS)
        return eqlc_usage_error("run", "--now is for --format alerts");
    if (r->stream_options.state) {
        if (r->output.format == EQLC_RUN_RESPONSE)
            return eqlc_usage_error("run", "--state does not go together with --format eql-response");
        if (r->stream_options.sort || r->stream_options.as_of)
            return eqlc_usage_error("run", "--state does not go together with --sort and --as-of");
    } else if (r->stream_options.save_every || r->stream_options.flush) {
        return eqlc_usage_error("run", "--save-every and --flush are for --state");
    }
    return EQLC_EXIT_OK;
}

/* ------------------------------------------------------------------------------------------------------
 * Rules
 */

static void compile_rule(run *r, const eqlc_rule *rule, eqlm_diags *diags)
{
    eqlm_program *program;
    eqlm_status status = eqlc_compiling_program(&r->compiling, r->schema, rule, diags, &program);

    if (status != EQLM_OK && eqlm_diags_errors(diags) == 0)
        eqlc_die("%s: %s", rule->path, eqlm_status_text(status));
    eqlc_report_diags(&r->report, rule, diags);
    if (status != EQLM_OK)
        return;
    run_rule *compiled = &r->compiled[r->n_compiled++];
    *compiled = (run_rule) { .rule = rule, .program = program };
    compiled->in_stream = eqlc_run_needs_stream(r->vm, program);
    eqlc_run_pipes_init(&compiled->pipes, program);
}

/* Rules that the set does not take are evaluated one by one. */
static void make_set(run *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_compiled; i++)
        n += !r->compiled[i].in_stream;
    if (n < 2)
        return;
    if (eqlm_rules_new(NULL, &r->set) != EQLM_OK || eqlm_vm_new(NULL, &r->set_vm) != EQLM_OK)
        eqlc_die("out of memory");
    for (size_t i = 0; i < r->n_compiled; i++) {
        run_rule *rule = &r->compiled[i];
        eqlm_status status = EQLM_E_ARGUMENT;

        if (!rule->in_stream)
            status = eqlm_rules_add(r->set, rule->program, &rule->number);
        if (status != EQLM_OK && status != EQLM_E_ARGUMENT)
            eqlc_die("%s", eqlm_status_text(status));
        rule->in_set = status == EQLM_OK;
    }
    if (eqlm_rules_seal(r->set) != EQLM_OK)
        eqlc_die("out of memory");
}

static void compile_rules(run *r)
{
    eqlm_diags *diags;

    r->schema = eqlc_compiling_schema(&r->compiling);
    r->events.strict = r->compiling.strict;
    r->compiled = eqlc_alloc(r->rules.n * sizeof *r->compiled);
    if (eqlm_diags_new(NULL, &diags) != EQLM_OK || eqlm_vm_new(NULL, &r->vm) != EQLM_OK ||
        eqlm_schema_set_getter(r->schema, eqlc_event_get, NULL) != EQLM_OK)
        eqlc_die("out of memory");
    for (size_t i = 0; i < r->rules.n; i++)
        compile_rule(r, &r->rules.items[i], diags);
    eqlm_diags_free(diags);
    make_set(r);
}

/* The field that all rules naming one agree on, or `otherwise`: every event has one time. */
static const char *common_field(const eqlc_rules *rules, bool tiebreaker, const char *otherwise)
{
    const char *common = NULL;

    for (size_t i = 0; i < rules->n; i++) {
        const char *field = tiebreaker ? rules->items[i].tiebreaker_field : rules->items[i].timestamp_field;

        if (field && common && strcmp(field, common) != 0)
            return otherwise;
        common = field ? field : common;
    }
    return common ? common : otherwise;
}

/* ------------------------------------------------------------------------------------------------------
 * Events
 */

static uint64_t elapsed_ms(const run *r)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)((now.tv_sec - r->started.tv_sec) * 1000 + (now.tv_nsec - r->started.tv_nsec) / 1000000);
}

static void progress(run *r)
{
    char events[32], matches[32];

    if (elapsed_ms(r) < 2000)
        return;
    fprintf(stderr, "\r\033[K%s events, %s matches", eqlc_count_text(r->n_seen, events),
            eqlc_count_text(r->n_seen_matches, matches));
    r->progress_shown = true;
}

static void hide_progress(run *r)
{
    if (r->progress_shown)
        fputs("\r\033[K", stderr);
    r->progress_shown = false;
}

static bool match_alone(run *r, run_rule *rule, const eqlc_event *event)
{
    bool matched = false;
    uint64_t errors = eqlm_vm_errors(r->vm);
    eqlm_status status = eqlm_match(r->vm, rule->program, event->values, &matched);

    rule->errors += eqlm_vm_errors(r->vm) - errors;
    if (status != EQLM_OK) {
        rule->failed++;
        rule->why = status;
    }
    return matched;
}

/* Asks the set. False if every rule has to be asked instead: something went wrong, and only they know where.
 */
static bool match_set(run *r, const eqlc_event *event, const uint32_t **matches, size_t *n)
{
    uint64_t errors = eqlm_vm_errors(r->set_vm);

    *n = 0;
    return r->set && eqlm_rules_match(r->set_vm, r->set, event->values, matches, n) == EQLM_OK &&
           eqlm_vm_errors(r->set_vm) == errors;
}

static void on_match(void *ctx, uint32_t rule, const eqlc_run_match *match)
{
    run *r = ctx;

    r->n_seen_matches++;
    eqlc_run_found(&r->output, &r->compiled[rule].pipes, r->compiled[rule].rule, match);
}

/* Runs the queries about single events. */
static void run_queries(void *ctx, const eqlc_event *event)
{
    run *r = ctx;
    eqlc_run_match match = { .kind = EQLM_EVENT_QUERY, .events = &event, .n_events = 1 };
    const uint32_t *matches = NULL;
    size_t n_matches, next = 0;
    bool by_set = match_set(r, event, &matches, &n_matches);

    for (uint32_t i = 0; i < r->n_compiled; i++) {
        run_rule *rule = &r->compiled[i];
        bool matched;

        if (rule->in_stream)
            continue;
        if (by_set && rule->in_set) {
            matched = next < n_matches && matches[next] == rule->number;
            next += matched;
        } else {
            matched = match_alone(r, rule, event);
        }
        if (matched)
            on_match(r, i, &match);
    }
}

/* ------------------------------------------------------------------------------------------------------
 * State
 */

static void save_state(run *r, bool finished)
{
    eqlc_buf parts = { NULL, 0, 0 };

    eqlc_run_stream_settle(r->stream);
    eqlc_run_flush(&r->output);
    if (r->output.error == 0) {
        for (size_t i = 0; i < r->n_compiled; i++)
            eqlc_run_pipes_pack(&r->compiled[i].pipes, &parts);
        eqlc_run_stream_pack(r->stream, &parts);
        eqlc_run_state_save(&r->state, &parts, finished);
    }
    eqlc_buf_clear(&parts);
}

/* Everything that makes a match another one, or print otherwise, counts as an option. */
static void load_state(run *r)
{
    char numbers[64];
    const char *options[] = { r->events.timestamp_field,
                              r->events.tiebreaker_field ? r->events.tiebreaker_field : "", numbers, NULL };
    const eqlm_program **programs = eqlc_alloc(r->n_compiled * sizeof *programs);
    eqlc_unpacker parts = { .bad = false };

    snprintf(numbers, sizeof numbers, "%d %d %d %u", (int)r->events.timestamp_unit, (int)r->output.format,
             (int)r->output.no_source, r->stream_options.jobs > 1 ? r->stream_options.jobs : 1);
    for (size_t i = 0; i < r->n_compiled; i++)
        programs[i] = r->compiled[i].program;
    r->state.path = r->stream_options.state;
    r->state.every = r->stream_options.save_every;
    eqlc_run_state_rules(&r->state, programs, r->n_compiled, options);
    if (eqlc_run_state_load(&r->state, &parts)) {
        for (size_t i = 0; i < r->n_compiled; i++)
            eqlc_run_pipes_unpack(&r->compiled[i].pipes, &parts);
        if (!eqlc_run_stream_unpack(r->stream, &parts))
            eqlc_die("%s: the state is damaged", r->state.path);
        eqlc_run_state_loaded(&r->state);
    }
    save_state(r, false); /* a run that is killed soon has to know where its output began */
    free(programs);
}

/* ------------------------------------------------------------------------------------------------------
 * Reading
 */

static bool on_event(void *ctx, const eqlc_event *event)
{
    run *r = ctx;

    if (eqlc_run_state_skips(&r->state))
        return true;
    if (++r->n_seen % 65536 == 0 && r->show_progress)
        progress(r);
    eqlc_run_stream_event(r->stream, event);
    if (eqlc_run_state_is_due(&r->state))
        save_state(r, false);
    return r->output.error == 0;
}

static void on_error(void *ctx, const char *path, uint64_t line, uint64_t column, const char *message)
{
    run *r = ctx;

    if (r->state.skip && line) {
        r->n_skipped_bad++; /* reported by the run that came to it first */
        return;
    }
    hide_progress(r);
    if (line)
        fprintf(stderr, "%s:%llu:%llu: error: %s\n", path, (unsigned long long)line,
                (unsigned long long)column, message);
    else
        fprintf(stderr, "%s: error: %s\n", path, message);
}

/* Somebody may wait for the lines of a pipe or a terminal as they come. */
static bool is_live(const char *path)
{
    struct stat st;

    return (strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(path, &st)) == 0 && !S_ISREG(st.st_mode);
}

/* False: wrong usage. */
static bool open_stream(run *r)
{
    eqlc_run_hooks hooks = { .ctx = r, .on_event = run_queries, .on_match = on_match };

    r->output.schema = r->schema;
    r->output.alerts.no_source = r->output.no_source;
    if (r->output.format == EQLC_RUN_PRETTY && !r->output.no_source)
        r->output.reader = eqlc_reader_new(r->schema, &r->events);
    r->stream = eqlc_run_stream_new(&r->stream_options, r->schema, &r->events, &r->output, &hooks);
    for (uint32_t i = 0; r->stream && i < r->n_compiled; i++)
        if (r->compiled[i].in_stream)
            eqlc_run_stream_add(r->stream, r->compiled[i].program, i);
    if (r->stream && r->stream_options.state)
        load_state(r);
    return r->stream;
}

/* Whether a later run will go on, so that the end of input decides nothing. */
static bool goes_on(const run *r)
{
    return r->state.path && !r->stream_options.flush;
}

static eqlc_event_counts read_events(run *r, char *const *paths, int n)
{
    eqlc_event_counts counts;
    eqlc_reader *reader = eqlc_reader_new(r->schema, &r->events);

    if (!reader)
        eqlc_die("out of memory");
    for (int i = 0; i < n; i++) {
        r->output.flush = is_live(paths[i]);
        eqlc_run_state_begin(&r->state, paths[i]);
        if (!eqlc_reader_run(reader, paths[i], on_event, on_error, r))
            break;
    }
    if (r->output.error == 0 && !goes_on(r))
        eqlc_run_stream_end(r->stream);
    hide_progress(r);
    counts = *eqlc_reader_counts(reader);
    counts.events = r->n_seen; /* of this run */
    counts.bad -= r->n_skipped_bad;
    eqlc_reader_free(reader);
    return counts;
}

/* ------------------------------------------------------------------------------------------------------
 * The end
 */

/* Prints what could not be printed while events were read. */
static void print_rest(run *r)
{
    for (size_t i = 0; i < r->n_compiled; i++) {
        const run_rule *rule = &r->compiled[i];
        uint64_t first, end;

        eqlc_run_pipes_apply(&rule->pipes, rule->pipes.n, &first, &end);
        r->n_matches += end - first;
        if (!goes_on(r))
            eqlc_run_piped(&r->output, &rule->pipes);
        if (r->output.format == EQLC_RUN_COUNT)
            eqlc_run_count(&r->output, rule->rule, end - first, r->rules.n == 1);
        if (r->output.format == EQLC_RUN_RESPONSE)
            eqlc_run_response(&r->output, &rule->pipes, elapsed_ms(r));
    }
    eqlc_run_flush(&r->output);
}

/* After a flush the lists of matches begin anew. */
static void end_state(run *r)
{
    for (size_t i = 0; i < r->n_compiled && !goes_on(r); i++) {
        eqlc_run_pipes_clear(&r->compiled[i].pipes);
        eqlc_run_pipes_init(&r->compiled[i].pipes, r->compiled[i].program);
    }
    if (goes_on(r))
        r->n_matches = r->n_seen_matches;
    save_state(r, true);
}

/* What went wrong while evaluating, by rule. */
static bool print_failures(const run *r)
{
    bool failed = eqlc_run_stream_report(r->stream);
    char count[32];

    for (uint32_t i = 0; i < r->n_compiled; i++) {
        const run_rule *rule = &r->compiled[i];
        const char *name = rule->rule->name ? rule->rule->name : rule->rule->path;
        uint64_t errors, evicted;

        eqlc_run_stream_rule_counts(r->stream, i, &errors, &evicted);
        errors += rule->errors;
        if (errors)
            fprintf(stderr,
                    "%s: %s run-time errors (overflow, division by zero, ...), each taken as no match\n",
                    name, eqlc_count_text(errors, count));
        if (evicted)
            fprintf(stderr, "%s: %s partial results dropped for want of --max-state\n", name,
                    eqlc_count_text(evicted, count));
        if (rule->failed)
            fprintf(stderr, "%s: not evaluated on %s events: %s\n", name,
                    eqlc_count_text(rule->failed, count), eqlm_status_text(rule->why));
        failed |= rule->failed > 0;
    }
    return failed;
}

static void add_count(eqlc_buf *b, const char *before, uint64_t n, const char *one, const char *many)
{
    char text[32];

    eqlc_buf_format(b, "%s%s %s", before, eqlc_count_text(n, text), n == 1 ? one : many);
}

/* "3 matches of 2 rules in 24,122 events; 2 documents not read (1 too large)" */
static void print_summary(const run *r, const eqlc_event_counts *counts)
{
    eqlc_buf b = { NULL, 0, 0 };
    size_t n_run = r->n_compiled;

    add_count(&b, "", r->n_matches, "match", "matches");
    add_count(&b, " of ", n_run, "rule", "rules");
    add_count(&b, " in ", counts->events, "event", "events");
    if (counts->bad)
        add_count(&b, "; ", counts->bad, "document not read", "documents not read");
    if (counts->too_large)
        add_count(&b, " (", counts->too_large, "too large)", "too large)");
    if (counts->bad_files)
        add_count(&b, "; ", counts->bad_files, "file not read to the end", "files not read to the end");
    if (r->rules.n > n_run)
        add_count(&b, "; ", r->rules.n - n_run, "rule not run", "rules not run");
    fprintf(stderr, "%s\n", b.data);
    eqlc_buf_clear(&b);
}

static int worst(int a, int b)
{
    return a > b ? a : b;
}

/* The exit code once everything has been read. */
static int conclude(run *r, const eqlc_event_counts *counts)
{
    bool failed = print_failures(r);
    int code = EQLC_EXIT_OK;

    if (failed || counts->bad || (r->fail_on_match && r->n_matches))
        code = EQLC_EXIT_FINDINGS;
    if (counts->bad_files)
        code = EQLC_EXIT_USAGE;
    /* What could not be written is thrown away, or main would try and complain again. */
    if (r->output.error && !freopen("/dev/null", "w", stdout))
        code = EQLC_EXIT_USAGE;
    if (r->output.error == EPIPE)
        return code; /* whoever read has seen enough */
    if (r->output.error) {
        fprintf(stderr, "eqlc run: cannot write: %s\n", strerror(r->output.error));
        code = EQLC_EXIT_USAGE;
    }
    print_summary(r, counts);
    return code;
}

static int run_all(run *r, char *const *paths, int n)
{
    int code;

    eqlc_rules_read(&r->rules, r->paths, r->n_paths, eqlc_report_file, &r->report);
    if (r->output.format == EQLC_RUN_RESPONSE && r->rules.n > 1)
        return eqlc_usage_error("run", "--format eql-response is for one rule, not %zu", r->rules.n);
    compile_rules(r);
    code = eqlc_report_exit(&r->report, &r->rules, EQLM_ERROR);
    if (!r->events.timestamp_field)
        r->events.timestamp_field = common_field(&r->rules, false, "@timestamp");
    if (!r->events.tiebreaker_field)
        r->events.tiebreaker_field = common_field(&r->rules, true, NULL);
    if (!open_stream(r))
        return EQLC_EXIT_USAGE;
    eqlc_event_counts counts = read_events(r, paths, n);
    print_rest(r);
    if (r->state.path)
        end_state(r);
    return worst(code, conclude(r, &counts));
}

static void clear(run *r)
{
    for (size_t i = 0; i < r->n_compiled; i++) {
        eqlc_run_pipes_clear(&r->compiled[i].pipes);
        eqlm_program_free(r->compiled[i].program);
    }
    free(r->compiled);
    free(r->paths);
    eqlm_rules_free(r->set);
    eqlm_vm_free(r->set_vm);
    eqlc_run_stream_free(r->stream);
    eqlc_run_state_clear(&r->state);
    eqlm_vm_free(r->vm);
    eqlm_schema_free(r->schema);
    eqlc_rules_clear(&r->rules);
    eqlc_compiling_clear(&r->compiling);
    eqlc_run_clear(&r->output);
}

/* Reads the options. False: *code is the exit code. */
static bool read_options(run *r, int argc, char **argv, int *code)
{
    eqlc_report out;
    int option;

    while ((option = getopt_long(argc, argv, "q:r:j:h", long_options, NULL)) != -1) {
        const char *complaint;

        if (option == 'h') {
            eqlc_help_command("run", stdout);
            *code = EQLC_EXIT_OK;
            return false;
        }
        complaint = take_option(option, r);
        if (complaint) {
            *code = eqlc_option_error("run", complaint, optarg);
            return false;
        }
    }
    eqlc_report_init(&out, stdout);
    if (r->color)
        eqlc_report_set_color(&out, r->color);
    r->output.color = out.color;
    if (!r->format_given)
        r->output.format = isatty(STDOUT_FILENO) ? EQLC_RUN_PRETTY : EQLC_RUN_NDJSON;
    *code = check_usage(r, argc - optind);
    return *code == EQLC_EXIT_OK;
}

int eqlc_cmd_run(int argc, char **argv)
{
    run r = { .events = { .max_event_size = DEFAULT_EVENT_SIZE }, .output = { .file = stdout } };
    int code;

    signal(SIGPIPE, SIG_IGN); /* a closed pipe is seen as a failed write */
    clock_gettime(CLOCK_MONOTONIC, &r.started);
    eqlc_report_init(&r.report, stderr);
    r.report.minimum = EQLM_ERROR; /* warnings are what check is for */
    r.show_progress = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
    if (read_options(&r, argc, argv, &code))
        code = run_all(&r, argv + optind, argc - optind);
    clear(&r);
    return code;
}
