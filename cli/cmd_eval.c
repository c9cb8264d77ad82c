/* cmd_eval.c - eqlc eval: the value of an expression, alone or for each event. */
#include "commands.h"
#include "events.h"
#include "report.h"
#include "timestamp.h"
#include "util.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_EVENT_SIZE = 16 << 20 };

typedef struct evaluation {
    eqlc_compiling compiling;
    eqlc_rules rules; /* one: the expression */
    eqlc_report report;
    eqlm_schema *schema;
    eqlm_program *program;
    eqlm_vm *vm;
    eqlc_buf line;
    bool not_finite; /* a value was infinite or no number */
    uint64_t n_failed;
} evaluation;

enum { OPT_DIALECT = 256, OPT_STRICT, OPT_NO_SCHEMA, OPT_CATEGORY, OPT_COLOR };

static const struct option long_options[] = {
    { "dialect", required_argument, NULL, OPT_DIALECT },
    { "strict", no_argument, NULL, OPT_STRICT },
    { "no-schema", no_argument, NULL, OPT_NO_SCHEMA },
    { "event-category-field", required_argument, NULL, OPT_CATEGORY },
    { "color", required_argument, NULL, OPT_COLOR },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static const char *take_option(int option, evaluation *e)
{
    switch (option) {
    case OPT_DIALECT:
        return eqlc_compiling_set_dialect(&e->compiling, optarg) ? NULL : "--dialect is auto, es or endpoint, not '%s'";
    case OPT_STRICT:
        e->compiling.strict = true;
        return NULL;
    case OPT_NO_SCHEMA:
        e->compiling.no_schema = true;
        return NULL;
    case OPT_CATEGORY:
        e->compiling.category_field = optarg;
        return NULL;
    default:
        return eqlc_report_set_color(&e->report, optarg) ? NULL : "--color is auto, always or never, not '%s'";
    }
}

/* The shortest digits that are this number again, recognisable as a double: 3.0, not 3. */
static void write_double(eqlc_buf *b, double value)
{
    char text[40];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    eqlc_buf_text(b, text);
    if (!strpbrk(text, ".e"))
        eqlc_buf_text(b, ".0");
}

static void write_address(eqlc_buf *b, const eqlm_value *v)
{
    char text[INET6_ADDRSTRLEN];

    eqlc_buf_json_cstr(b, inet_ntop(v->len == 4 ? AF_INET : AF_INET6, v->as.ip, text, sizeof text));
}

static void write_scalar(evaluation *e, const eqlm_value *v)
{
    char time[EQLC_TIME_TEXT];

    switch ((eqlm_value_type)v->type) {
    case EQLM_BOOL:
        eqlc_buf_text(&e->line, v->as.boolean ? "true" : "false");
        break;
    case EQLM_I64:
        eqlc_buf_format(&e->line, "%lld", (long long)v->as.i64);
        break;
    case EQLM_U64:
        eqlc_buf_format(&e->line, "%llu", (unsigned long long)v->as.u64);
        break;
    case EQLM_F64:
        if (isfinite(v->as.f64)) {
            write_double(&e->line, v->as.f64);
        } else {
            eqlc_buf_text(&e->line, "null");
            e->not_finite = true;
        }
        break;
    case EQLM_STRING:
        eqlc_buf_json(&e->line, v->as.str, v->len);
        break;
    case EQLM_IP:
        write_address(&e->line, v);
        break;
    case EQLM_DATE:
        eqlc_time_format(v->as.i64, time);
        eqlc_buf_json_cstr(&e->line, time);
        break;
    default: /* NULL; an expression gives no objects, and arrays one value at a time */
        eqlc_buf_text(&e->line, "null");
    }
}

/* Evaluates for one event and prints a line. */
static void print_value(evaluation *e, const void *event)
{
    const eqlm_value *values;
    size_t n;
    eqlm_status status = eqlm_eval(e->vm, e->program, event, &values, &n);

    if (status != EQLM_OK) {
        e->n_failed++;
        fprintf(stderr, "eqlc eval: %s\n", eqlm_status_text(status));
        return;
    }
    e->line.len = 0;
    if (n != 1)
        eqlc_buf_char(&e->line, '[');
    for (size_t i = 0; i < n; i++) {
        if (i)
            eqlc_buf_char(&e->line, ',');
        write_scalar(e, &values[i]);
    }
    eqlc_buf_text(&e->line, n != 1 ? "]\n" : "\n");
    fwrite(e->line.data, 1, e->line.len, stdout);
}

static bool on_event(void *ctx, const eqlc_event *event)
{
    print_value(ctx, event->values);
    return !ferror(stdout);
}

static void on_event_error(void *ctx, const char *path, uint64_t line, uint64_t column, const char *message)
{
    evaluation *e = ctx;
    eqlc_place place = { line < UINT32_MAX ? (uint32_t)line : 0, column < UINT32_MAX ? (uint32_t)column : 0 };

    eqlc_report_file(&e->report, path, place, false, message);
}

/* Compiles the expression; false when it has errors, which were printed. */
static bool compile(evaluation *e, const char *text)
{
    eqlm_diags *diags;
    eqlm_options options;
    eqlc_rule *rule;
    eqlm_status status;

    eqlc_rules_add_query(&e->rules, text);
    rule = &e->rules.items[0];
    free(rule->path);
    rule->path = eqlc_copy("expression", strlen("expression"));
    options = eqlc_compiling_options(&e->compiling, NULL);
    e->schema = eqlc_compiling_schema(&e->compiling);
    if (eqlm_schema_set_getter(e->schema, eqlc_event_get, NULL) != EQLM_OK ||
        eqlm_diags_new(NULL, &diags) != EQLM_OK || eqlm_vm_new(NULL, &e->vm) != EQLM_OK)
        eqlc_die("out of memory");
    status = eqlm_compile_expr(NULL, e->schema, (eqlm_str){ rule->query, rule->query_len }, &options, diags,
                               &e->program);
    if (status != EQLM_OK && eqlm_diags_errors(diags) == 0)
        eqlc_die("%s", eqlm_status_text(status));
    eqlc_report_diags(&e->report, rule, diags);
    eqlm_diags_free(diags);
    return status == EQLM_OK;
}

/* Without events only a constant has a value. */
static int evaluate_constant(evaluation *e)
{
    static const eqlm_value no_fields[1] = { { .type = EQLM_NULL } };
    eqlm_str name;

    if (eqlm_program_n_fields(e->program) == 0) {
        print_value(e, no_fields);
        return EQLC_EXIT_OK;
    }
    name = eqlm_schema_field_name(e->schema, eqlm_program_field(e->program, 0));
    return eqlc_usage_error("eval", "the expression reads the field '%.*s': name a file of events", (int)name.len,
                            name.ptr);
}

static int evaluate_events(evaluation *e, char *const *paths, int n)
{
    eqlc_event_options options = { .max_event_size = MAX_EVENT_SIZE,
                                   .strict = e->compiling.strict,
                                   .timestamp_field = "@timestamp" };
    eqlc_reader *reader = eqlc_reader_new(e->schema, &options);
    const eqlc_event_counts *counts;
    int code = EQLC_EXIT_OK;

    if (!reader)
        eqlc_die("out of memory");
    for (int i = 0; i < n; i++) {
        if (!eqlc_reader_run(reader, paths[i], on_event, on_event_error, e))
            break;
    }
    counts = eqlc_reader_counts(reader);
    if (counts->bad)
        code = EQLC_EXIT_FINDINGS;
    if (counts->bad_files)
        code = EQLC_EXIT_USAGE;
    eqlc_reader_free(reader);
    return code;
}

static int evaluate(evaluation *e, int argc, char **argv)
{
    char count[32];
    int code;

    if (argc == 0)
        return eqlc_usage_error("eval", "no expression given");
    if (!compile(e, argv[0]))
        return EQLC_EXIT_COMPILE;
    code = argc > 1 ? evaluate_events(e, argv + 1, argc - 1) : evaluate_constant(e);
    if (e->n_failed && code == EQLC_EXIT_OK)
        code = EQLC_EXIT_FINDINGS;
    if (e->not_finite)
        fprintf(stderr, "eqlc eval: infinite values and results that are no number were printed as null\n");
    if (eqlm_vm_errors(e->vm))
        fprintf(stderr, "eqlc eval: %s run-time error%s (overflow, division by zero, ...) gave null\n",
                eqlc_count_text(eqlm_vm_errors(e->vm), count), eqlm_vm_errors(e->vm) == 1 ? "" : "s");
    return code;
}

int eqlc_cmd_eval(int argc, char **argv)
{
    evaluation e = { .schema = NULL };
    int option, code = EQLC_EXIT_OK;
    bool done = false;

    eqlc_report_init(&e.report, stderr);
    e.report.minimum = EQLM_ERROR; /* warnings are what check is for */
    while (!done && (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        const char *complaint = NULL;

        if (option == 'h')
            eqlc_help_command("eval", stdout);
        else
            complaint = option == '?' ? "" : take_option(option, &e);
        if (complaint)
            code = eqlc_option_error("eval", complaint, optarg);
        done = option == 'h' || complaint;
    }
    if (!done)
        code = evaluate(&e, argc - optind, argv + optind);
    eqlc_buf_clear(&e.line);
    eqlm_program_free(e.program);
    eqlm_vm_free(e.vm);
    eqlm_schema_free(e.schema);
    eqlc_rules_clear(&e.rules);
    return code;
}
