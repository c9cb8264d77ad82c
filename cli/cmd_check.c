/* cmd_check.c - eqlc check: compiles rules and reports what is wrong with them. */
#include "commands.h"
#include "report.h"
#include "util.h"

#include <getopt.h>
#include <string.h>

typedef struct check_options {
    eqlc_compiling compiling;
    eqlm_severity fail_level;
    eqlc_format format;
    bool quiet;
    eqlc_rules rules;
} check_options;

enum { OPT_FAIL_LEVEL = 256, OPT_QUIET, OPT_FORMAT };

static const struct option long_options[] = {
    { "query", required_argument, NULL, 'q' },
    EQLC_COMPILING_OPTIONS,
    { "fail-level", required_argument, NULL, OPT_FAIL_LEVEL },
    { "quiet", no_argument, NULL, OPT_QUIET },
    { "format", required_argument, NULL, OPT_FORMAT },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static const char *take_option(void *ctx, int option, char *argument)
{
    check_options *o = ctx;

    switch (option) {
    case 'q':
        eqlc_rules_add_query(&o->rules, argument);
        return NULL;
    case OPT_FAIL_LEVEL:
        return eqlc_severity_parse(argument, &o->fail_level)
                   ? NULL
                   : "--fail-level is error, warning or info, not '%s'";
    case OPT_QUIET:
        o->quiet = true;
        return NULL;
    default:
        return eqlc_format_parse(argument, &o->format) ? NULL : "--format is text, short or json, not '%s'";
    }
}

static void check_rules(check_options *o, eqlc_report *report)
{
    eqlm_schema *schema = eqlc_compiling_schema(&o->compiling);

    for (size_t i = 0; i < o->rules.n; i++)
        eqlm_program_free(eqlc_compile(&o->compiling, schema, &o->rules.items[i], report));
    eqlm_schema_free(schema);
}

static void count(eqlc_buf *b, const char *before, size_t n, const char *one, const char *many)
{
    char text[32];

    if (n)
        eqlc_buf_format(b, "%s%s %s", before, eqlc_count_text(n, text), n == 1 ? one : many);
}

/* "1,467 rules: 1,460 ok (12 with warnings), 7 with errors; 3 other objects skipped; 1 file not read" */
static void print_summary(const eqlc_report *report, const eqlc_rules *rules)
{
    eqlc_buf b = { NULL, 0, 0 };
    size_t ok = report->n_rules - report->n_with_errors;
    char text[32];

    if (report->n_rules == 0)
        eqlc_buf_text(&b, "no rules found");
    count(&b, "", report->n_rules, "rule", "rules");
    if (report->n_rules)
        eqlc_buf_format(&b, ": %s ok", eqlc_count_text(ok, text));
    if (report->n_with_warnings)
        eqlc_buf_format(&b, " (%s with warnings)", eqlc_count_text(report->n_with_warnings, text));
    if (report->n_with_errors)
        eqlc_buf_format(&b, ", %s with errors", eqlc_count_text(report->n_with_errors, text));
    count(&b, "; ", rules->n_skipped, "file or object without an EQL rule skipped",
          "files or objects without an EQL rule skipped");
    count(&b, "; ", rules->n_failed, "malformed file or rule", "malformed files or rules");
    count(&b, "; ", rules->n_unreadable, "file not read", "files not read");
    fprintf(stderr, "%s\n", b.data);
    eqlc_buf_clear(&b);
}

static int check_all(check_options *o, char *const *paths, size_t n)
{
    eqlc_report report;

    eqlc_report_init(&report, stdout, o->quiet ? EQLM_ERROR : EQLM_INFO, o->compiling.color);
    report.format = o->format;
    eqlc_rules_read(&o->rules, paths, n, eqlc_report_file, &report);
    check_rules(o, &report);
    fflush(stdout);
    if (!o->quiet)
        print_summary(&report, &o->rules);
    return eqlc_report_exit(&report, &o->rules, o->fail_level);
}

int eqlc_cmd_check(int argc, char **argv)
{
    static const eqlc_command_line line = { "check", "q:h", long_options, take_option };
    check_options o = { .fail_level = EQLM_ERROR };
    int code;

    if (eqlc_command_line_read(&line, argc, argv, &o.compiling, &o, &code)) {
        size_t n = (size_t)(argc - optind);

        if (n == 0 && o.rules.n == 0)
            code = eqlc_usage_error("check",
                                    "no rules given: name files or directories, or - for standard input");
        else if ((code = eqlc_check_stdin("check", argv + optind, n, NULL, 0)) == EQLC_EXIT_OK)
            code = check_all(&o, argv + optind, n);
    }
    eqlc_rules_clear(&o.rules);
    eqlc_compiling_clear(&o.compiling);
    return code;
}
