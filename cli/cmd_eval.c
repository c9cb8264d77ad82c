/* cmd_eval.c - eqlc eval: prints the values of an expression, alone or for each event. */
#include "commands.h"
#include "complaints.h"
#include "events.h"
#include "report.h"
#include "util.h"
#include "value_json.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>

typedef struct evaluation {
    eqlc_compiling compiling;
    eqlc_rules rules; /* the expression, as a rule of its own */
    eqlc_report report;
    eqlm_schema *schema;
    eqlm_program *program;
    eqlm_vm *vm;
    uint64_t n_infinite; /* values JSON has no number for */
    uint64_t n_failed;   /* events on which evaluation gave up */
    eqlm_status why;     /* of the last of these */
    eqlc_complaints complaints;
    uint64_t n_mended; /* events with bytes that are no UTF-8 */
    bool broken;       /* the output cannot be written */
} evaluation;

static const struct option long_options[] = {
    EQLC_COMPILING_OPTIONS,
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

/* ------------------------------------------------------------------------------------------------------
 * The expression
 */

static void set_expression(evaluation *e, const char *text)
{
    eqlc_rule *rule;

    eqlc_rules_add_query(&e->rules, text);
    rule = &e->rules.items[0];
    free(rule->path);
    rule->path = eqlc_copy("EXPRESSION", 10); /* what diagnostics point into */
}

static bool compile(evaluation *e)
{
    const eqlc_rule *rule = &e->rules.items[0];
    eqlm_options options = eqlc_compiling_options(&e->compiling, NULL);
    eqlm_str source = { rule->query, rule->query_len };
    eqlm_diags *diags = eqlc_new_diags();

    e->schema = eqlc_compiling_schema(&e->compiling);
    if (eqlm_vm_new(NULL, &e->vm) != EQLM_OK ||
        eqlm_schema_set_getter(e->schema, eqlc_event_get, NULL) != EQLM_OK)
        eqlc_die("out of memory");
    return eqlc_compiled(eqlm_compile_expr(NULL, e->schema, source, &options, diags, &e->program), rule,
                         diags, &e->report);
}

/* ------------------------------------------------------------------------------------------------------
 * Values
 */

/* One line: the value, or an array of several. */
static void print_values(evaluation *e, const eqlm_value *values, size_t n)
{
    eqlc_buf b = { NULL, 0, 0 };

    if (n != 1)
        eqlc_buf_char(&b, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            eqlc_buf_char(&b, ',');
        if (!eqlc_buf_value(&b, &values[i]))
            e->n_infinite++;
    }
    eqlc_buf_text(&b, n != 1 ? "]\n" : "\n");
    e->broken = fwrite(b.data, 1, b.len, stdout) != b.len;
    eqlc_buf_clear(&b);
}

/* Nothing is computed for an event that evaluation gave up on; its line says so, so that lines and events
 * agree. */
static void evaluate(evaluation *e, const void *event)
{
    static const eqlm_value null = { .type = EQLM_NULL };
    const eqlm_value *values = &null;
    size_t n = 1;
    eqlm_status status = eqlm_eval(e->vm, e->program, event, &values, &n);

    if (status != EQLM_OK) {
        e->n_failed++;
        e->why = status;
        values = &null;
        n = 1;
    }
    print_values(e, values, n);
}

static bool on_event(void *ctx, const eqlc_event *event)
{
    evaluation *e = ctx;

    e->n_mended += event->mended;
    evaluate(e, event->values);
    return !e->broken;
}

static void on_error(void *ctx, const char *path, uint64_t line, uint64_t column, const char *message)
{
    evaluation *e = ctx;

    eqlc_complain(&e->complaints, path, line, column, message);
}

/* ------------------------------------------------------------------------------------------------------
 * The command
 */

static int evaluate_events(evaluation *e, char *const *paths, int n)
{
    eqlc_event_options options = { .max_event_size = EQLC_EVENT_SIZE, .strict = e->compiling.strict };
    eqlc_event_counts counts;
    eqlc_reader *reader;

    options.timestamp_field = "@timestamp";
    reader = eqlc_reader_new(e->schema, &options);
    if (!reader)
        eqlc_die("out of memory");
    for (int i = 0; i < n; i++) {
        if (!eqlc_reader_run(reader, paths[i], on_event, on_error, e))
            break;
    }
    eqlc_complaints_end(&e->complaints);
    counts = *eqlc_reader_counts(reader);
    eqlc_reader_free(reader);
    if (counts.bad_files)
        return EQLC_EXIT_USAGE;
    return counts.bad ? EQLC_EXIT_FINDINGS : EQLC_EXIT_OK;
}

static int evaluate_constant(evaluation *e)
{
    eqlm_str field;

    if (eqlm_program_n_fields(e->program) > 0) {
        field = eqlm_schema_field_name(e->schema, eqlm_program_field(e->program, 0));
        return eqlc_usage_error(
            "eval", "the expression asks for the field %.*s: name event files, or - for standard input",
            (int)field.len, field.ptr);
    }
    evaluate(e, NULL);
    return EQLC_EXIT_OK;
}

static void print_count(uint64_t n, const char *one, const char *many)
{
    char count[32];

    if (n)
        fprintf(stderr, "eqlc eval: warning: %s %s\n", eqlc_count_text(n, count), n == 1 ? one : many);
}

/* What could not be computed. True: some of it should count as a finding. */
static bool print_failures(const evaluation *e)
{
    char count[32];

    print_count(e->n_infinite, "value is infinite or not a number, printed as null",
                "values are infinite or not a number, printed as null");
    print_count(e->n_mended, EQLC_MENDED_ONE, EQLC_MENDED_MANY);
    print_count(eqlm_vm_errors(e->vm), "run-time error (overflow, division by zero, ...), taken as null",
                "run-time errors (overflow, division by zero, ...), taken as null");
    if (e->n_failed)
        fprintf(stderr, "eqlc eval: not evaluated on %s %s: %s\n", eqlc_count_text(e->n_failed, count),
                e->n_failed == 1 ? "event" : "events", eqlm_status_text(e->why));
    return e->n_failed > 0;
}

static int run(evaluation *e, char *const *args, int n)
{
    int code;

    eqlc_report_init(&e->report, stderr, EQLM_ERROR, e->compiling.color);
    set_expression(e, args[0]);
    if (!compile(e))
        return EQLC_EXIT_COMPILE;
    code = n > 1 ? evaluate_events(e, args + 1, n - 1) : evaluate_constant(e);
    if (print_failures(e) && code < EQLC_EXIT_FINDINGS)
        code = EQLC_EXIT_FINDINGS;
    return code;
}

static void clear(evaluation *e)
{
    eqlm_program_free(e->program);
    eqlm_vm_free(e->vm);
    eqlm_schema_free(e->schema);
    eqlc_rules_clear(&e->rules);
    eqlc_compiling_clear(&e->compiling);
}

int eqlc_cmd_eval(int argc, char **argv)
{
    static const eqlc_command_line line = { "eval", "h", long_options, NULL };
    evaluation e = { .program = NULL };
    int code;

    signal(SIGPIPE, SIG_IGN); /* a closed pipe is seen as a failed write */
    if (!eqlc_command_line_read(&line, argc, argv, &e.compiling, &e, &code)) {
        clear(&e);
        return code;
    }
    if (optind == argc)
        code = eqlc_usage_error("eval", "no expression given");
    else if ((code = eqlc_check_stdin("eval", NULL, 0, argv + optind + 1, argc - optind - 1)) == EQLC_EXIT_OK)
        code = run(&e, argv + optind, argc - optind);
    clear(&e);
    return code;
}
