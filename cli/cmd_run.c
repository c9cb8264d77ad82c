/* cmd_run.c - eqlc run: evaluates rules on event documents and prints what matches. */
#include "complaints.h"
#include "event_input.h"
#include "report.h"
#include "run_input.h"
#include "run_options.h"
#include "run_order.h"
#include "run_state.h"
#include "timestamp.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef struct run {
    eqlc_run_options options;
    eqlc_report report; /* diagnostics, to stderr */
    eqlc_run_output output;
    eqlm_schema *schema;
    eqlc_run_rules rules;
    eqlc_run_stream *stream;
    eqlc_run_state state;
    eqlc_profile_row *profile; /* by rule; NULL: not wanted */
    uint64_t profile_time;
    uint64_t n_seen;
    uint64_t n_skipped_bad;
    uint64_t n_malformed; /* documents that match, but are not JSON */
    uint64_t n_mended;
    const char *path; /* of the input */
    eqlc_complaints complaints;
    uint64_t n_seen_matches;
    uint64_t n_matches;       /* what the pipes leave of them; known at the end */
    char now[EQLC_TIME_TEXT]; /* of --now */
    bool show_progress, progress_shown;
    struct timespec started;
} run;

/* ------------------------------------------------------------------------------------------------------
 * Rules
 */

static void compile_rules(run *r)
{
    eqlc_run_options *o = &r->options;

    o->compiling.errors_only = true;
    r->schema = eqlc_compiling_schema(&o->compiling);
    o->events.strict = o->compiling.strict;
    if (eqlm_schema_set_getter(r->schema, eqlc_event_get, NULL) != EQLM_OK)
        eqlc_die("out of memory");
    eqlc_run_rules_init(&r->rules, &o->rules, &o->compiling, r->schema, &r->report);
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

static void on_match(void *ctx, uint32_t rule, const eqlc_run_match *match)
{
    run *r = ctx;

    r->n_seen_matches++;
    eqlc_run_found(&r->output, &r->rules.items[rule].pipes, r->rules.items[rule].rule, match);
}

static void on_single(void *ctx, const eqlc_event *event, const uint32_t *rules, uint32_t n_rules)
{
    eqlc_run_match match = { .kind = EQLM_EVENT_QUERY, .events = &event, .n_events = 1 };

    for (uint32_t i = 0; i < n_rules; i++)
        on_match(ctx, rules[i], &match);
}

/* ------------------------------------------------------------------------------------------------------
 * State
 */

static void save_state(run *r, bool finished)
{
    eqlc_buf parts = { NULL, 0, 0 };

    eqlc_run_flush(&r->output);
    if (r->output.error == 0) {
        for (uint32_t i = 0; i < r->rules.n; i++)
            eqlc_run_pipes_pack(&r->rules.items[i].pipes, &parts);
        eqlc_run_stream_pack(r->stream, &parts);
        eqlc_run_state_save(&r->state, &parts, finished);
    }
    eqlc_buf_clear(&parts);
}

/* Everything that makes a match another one, or print otherwise, counts as an option. */
static void load_state(run *r)
{
    char numbers[80];
    const eqlc_run_options *o = &r->options;
    const char *options[] = { o->events.timestamp_field,
                              o->events.tiebreaker_field ? o->events.tiebreaker_field : "", numbers, NULL };
    const eqlm_program **programs = eqlc_alloc(r->rules.n * sizeof *programs);
    eqlc_unpacker parts = { .bad = false };

    snprintf(numbers, sizeof numbers, "%d %d %d %lu", (int)o->events.timestamp_unit, (int)o->format,
             (int)o->no_source, (unsigned long)o->stream.samples_per_key);
    for (uint32_t i = 0; i < r->rules.n; i++)
        programs[i] = r->rules.items[i].program;
    r->state.path = o->state;
    r->state.every = o->save_every;
    eqlc_run_state_rules(&r->state, programs, r->rules.n, options);
    if (eqlc_run_state_load(&r->state, &parts)) {
        for (uint32_t i = 0; i < r->rules.n; i++)
            eqlc_run_pipes_unpack(&r->rules.items[i].pipes, &parts);
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

static bool skips(void *ctx)
{
    const run *r = ctx;

    return r->state.skip > 0;
}

static void tell_malformed(run *r, const eqlc_event *event, const eqlc_run_answer *answer)
{
    char text[160];

    hide_progress(r);
    snprintf(text, sizeof text, "%s (byte %zu of the event)", answer->problem, answer->problem_at + 1);
    eqlc_complain(&r->complaints, r->path, event->line, 0, text);
    r->n_malformed++;
}

static bool on_event(void *ctx, const eqlc_event *event, const eqlc_run_answer *answer)
{
    run *r = ctx;

    if (eqlc_run_state_skips(&r->state))
        return true;
    if (answer->problem) {
        tell_malformed(r, event, answer);
        return !r->options.events.strict;
    }
    r->n_mended += event->mended;
    if (++r->n_seen % 65536 == 0 && r->show_progress)
        progress(r);
    eqlc_run_rules_count(&r->rules, answer);
    eqlc_run_stream_event(r->stream, event, answer->rules, answer->n_rules);
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
    eqlc_complain(&r->complaints, path, line, column, message);
}

/* Somebody may wait for the lines of a pipe or a terminal as they come. */
static bool is_live(const char *path)
{
    struct stat st;

    return (strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(path, &st)) == 0 && !S_ISREG(st.st_mode);
}

static void on_input(void *ctx, const char *path)
{
    run *r = ctx;

    r->path = path;
    r->output.flush = is_live(path);
    eqlc_run_state_begin(&r->state, path);
}

static void open_output(run *r)
{
    const eqlc_run_options *o = &r->options;

    r->output = (eqlc_run_output) { .file = stdout,
                                    .format = o->format,
                                    .color = eqlc_is_colored(stdout, o->compiling.color),
                                    .no_source = o->no_source,
                                    .limited = o->limited,
                                    .head = o->head,
                                    .size = o->size,
                                    .schema = r->schema,
                                    .alerts.no_source = o->no_source };
    if (o->format == EQLC_RUN_PRETTY && !o->no_source)
        r->output.reader = eqlc_reader_new(r->schema, &o->events);
    if (o->now) {
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        eqlc_time_format(now.tv_sec * INT64_C(1000000000) + now.tv_nsec / 1000000 * 1000000, r->now);
        r->output.alerts.now = r->now;
    }
}

/* False: wrong usage. */
static bool open_stream(run *r)
{
    const eqlc_run_options *o = &r->options;
    eqlc_run_hooks hooks = { .ctx = r, .on_event = on_single, .on_match = on_match };

    r->stream = eqlc_run_stream_new(&o->stream, r->schema, &o->events, &r->output, &hooks);
    for (uint32_t i = 0; r->stream && i < r->rules.n; i++)
        if (r->rules.items[i].in_stream)
            eqlc_run_stream_add(r->stream, r->rules.items[i].program, i);
    if (r->stream && o->profile) {
        r->profile = eqlc_alloc(r->rules.n * sizeof *r->profile);
        memset(r->profile, 0, r->rules.n * sizeof *r->profile);
        eqlc_run_stream_profile(r->stream);
    }
    if (r->stream && o->state)
        load_state(r);
    return r->stream;
}

/* Whether more may follow, so that the end of input decides nothing. */
static bool goes_on(const run *r)
{
    return eqlc_stop_signal || (r->state.path && !r->options.flush);
}

static eqlc_event_counts read_events(run *r, char *const *paths, int n)
{
    const eqlc_run_options *o = &r->options;
    eqlc_run_input_hooks hooks = { r, on_input, skips, on_event, on_error };
    eqlc_run_input_options options = { .jobs = o->jobs,
                                       .schema = r->schema,
                                       .events = &o->events,
                                       .rules = &r->rules,
                                       .stream = r->stream,
                                       .profile = r->profile,
                                       .profile_time = &r->profile_time };
    eqlc_event_counts counts = eqlc_run_input(&options, &hooks, paths, n);

    hide_progress(r);
    eqlc_complaints_end(&r->complaints);
    if (r->output.error == 0 && !goes_on(r))
        eqlc_run_stream_end(r->stream);
    counts.events = r->n_seen; /* of this run */
    counts.bad += r->n_malformed - r->n_skipped_bad;
    return counts;
}

/* ------------------------------------------------------------------------------------------------------
 * The end
 */

/* Prints what could not be printed while events were read. */
static void print_rest(run *r)
{
    for (uint32_t i = 0; i < r->rules.n; i++) {
        eqlc_run_rule *rule = &r->rules.items[i];
        uint64_t first, end;

        eqlc_run_pipes_apply(&rule->pipes, rule->pipes.n, &first, &end);
        r->n_matches += end - first;
        if (!goes_on(r))
            eqlc_run_piped(&r->output, &rule->pipes);
        if (r->output.format == EQLC_RUN_COUNT)
            eqlc_run_count(&r->output, rule->rule, end - first, r->options.rules.n == 1);
        if (r->output.format == EQLC_RUN_RESPONSE)
            eqlc_run_response(&r->output, &rule->pipes, elapsed_ms(r));
    }
    eqlc_run_flush(&r->output);
}

/* After a flush the lists of matches begin anew. */
static void end_state(run *r)
{
    for (uint32_t i = 0; i < r->rules.n && !goes_on(r); i++) {
        eqlc_run_pipes_clear(&r->rules.items[i].pipes);
        eqlc_run_pipes_init(&r->rules.items[i].pipes, r->rules.items[i].program);
    }
    if (goes_on(r))
        r->n_matches = r->n_seen_matches;
    save_state(r, !eqlc_stop_signal);
}

static void print_profile(run *r)
{
    for (uint32_t i = 0; i < r->rules.n; i++) {
        r->profile[i].rule = r->rules.items[i].rule;
        r->profile[i].matches = r->rules.items[i].pipes.n;
    }
    eqlc_run_stream_add_profile(r->stream, r->profile, &r->profile_time);
    eqlc_profile_print(r->profile, r->rules.n, r->profile_time, r->options.profile);
}

/* What went wrong while evaluating, by rule. */
static bool print_failures(const run *r)
{
    bool failed = eqlc_run_stream_report(r->stream);
    eqlc_buf name = { NULL, 0, 0 };
    char count[32];

    for (uint32_t i = 0; i < r->rules.n; i++) {
        const eqlc_run_rule *rule = &r->rules.items[i];
        uint64_t errors, evicted;

        name.len = 0;
        eqlc_rule_label(&name, rule->rule);
        eqlc_run_stream_rule_counts(r->stream, i, &errors, &evicted);
        errors += rule->errors;
        if (errors)
            fprintf(stderr, "%s: %s run-time %s (overflow, division by zero, ...), each taken as no match\n",
                    name.data, eqlc_count_text(errors, count), errors == 1 ? "error" : "errors");
        if (evicted)
            fprintf(stderr, "%s: %s partial %s dropped for want of --max-state\n", name.data,
                    eqlc_count_text(evicted, count), evicted == 1 ? "result" : "results");
        if (rule->failed)
            fprintf(stderr, "%s: not evaluated on %s %s: %s\n", name.data,
                    eqlc_count_text(rule->failed, count), rule->failed == 1 ? "event" : "events",
                    eqlm_status_text(rule->why));
        failed |= rule->failed > 0;
    }
    eqlc_buf_clear(&name);
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
    size_t n_rules = r->options.rules.n, n_run = r->rules.n;

    if (r->n_mended) {
        add_count(&b, "", r->n_mended, EQLC_MENDED_ONE, EQLC_MENDED_MANY);
        eqlc_buf_char(&b, '\n');
    }
    if (eqlc_stop_signal)
        eqlc_buf_text(&b, "eqlc run: stopped by a signal; what follows was not read\n");
    add_count(&b, "", r->n_matches, "match", "matches");
    add_count(&b, " of ", n_run, "rule", "rules");
    add_count(&b, " in ", counts->events, "event", "events");
    if (counts->bad)
        add_count(&b, "; ", counts->bad, "document not read", "documents not read");
    if (counts->too_large)
        add_count(&b, " (", counts->too_large, "too large)", "too large)");
    if (counts->bad_files)
        add_count(&b, "; ", counts->bad_files, "file not read to the end", "files not read to the end");
    if (n_rules > n_run)
        add_count(&b, "; ", n_rules - n_run, "rule not run", "rules not run");
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

    if (failed || counts->bad || (r->options.fail_on_match && r->n_matches))
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
    eqlc_run_options *o = &r->options;
    int code;

    eqlc_rules_read(&o->rules, o->paths, o->n_paths, eqlc_report_file, &r->report);
    if (o->rules.none && o->rules.n == 0)
        return EQLC_EXIT_USAGE;
    if (o->format == EQLC_RUN_RESPONSE && o->rules.n > 1)
        return eqlc_usage_error("run", "--format eql-response is for one rule, not %zu", o->rules.n);
    compile_rules(r);
    code = eqlc_report_exit(&r->report, &o->rules, EQLM_ERROR);
    eqlc_rules_forget_files(&o->rules);
    if (r->rules.n == 0) {
        fprintf(stderr, "eqlc run: there is no rule to run; no events were read\n");
        return code;
    }
    if (!eqlc_run_order(&r->rules, &r->options.events))
        return EQLC_EXIT_USAGE;
    open_output(r);
    if (!open_stream(r))
        return EQLC_EXIT_USAGE;
    eqlc_event_counts counts = read_events(r, paths, n);
    if (!r->state.path || !eqlc_stop_signal) /* a run that goes on prints it */
        print_rest(r);
    if (r->profile)
        print_profile(r);
    if (r->state.path)
        end_state(r);
    return worst(code, conclude(r, &counts));
}

static void clear(run *r)
{
    free(r->profile);
    eqlc_run_stream_free(r->stream);
    eqlc_run_rules_clear(&r->rules);
    eqlc_run_state_clear(&r->state);
    eqlm_schema_free(r->schema);
    eqlc_run_clear(&r->output);
    eqlc_run_options_clear(&r->options);
}

static void on_signal(int number)
{
    eqlc_stop_signal = number;
}

/* The first one ends the run in good order, the second one at once. */
static void stop_at(int number)
{
    struct sigaction action = { .sa_flags = SA_RESTART | (int)SA_RESETHAND }, before;

    action.sa_handler = on_signal;
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
        sigaction(number, &action, NULL);
}

int eqlc_cmd_run(int argc, char **argv)
{
    run r = { .n_seen = 0 };
    int code;

    signal(SIGPIPE, SIG_IGN); /* a closed pipe is seen as a failed write */
    stop_at(SIGINT);
    stop_at(SIGTERM);
    stop_at(SIGHUP);
    clock_gettime(CLOCK_MONOTONIC, &r.started);
    r.show_progress = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
    if (eqlc_run_options_read(&r.options, argc, argv, &code)) {
        eqlc_report_init(&r.report, stderr, EQLM_ERROR, r.options.compiling.color);
        code = run_all(&r, argv + optind, argc - optind);
    }
    clear(&r);
    if (eqlc_stop_signal)
        raise(eqlc_stop_signal); /* whoever waits for this process is to know */
    return code;
}
