/* cmd_dump.c - eqlc dump: shows the checked tree or the code of rules. */
#include "commands.h"
#include "report.h"
#include "util.h"

#include <getopt.h>
#include <string.h>

typedef struct dump_options {
    eqlc_compiling compiling;
    bool ast, bytecode, json;
    eqlc_rules rules;
    eqlc_report *report;
} dump_options;

enum { OPT_AST = 256, OPT_BYTECODE, OPT_JSON, OPT_COLOR };

static const struct option long_options[] = {
    { "query", required_argument, NULL, 'q' },
    { "ast", no_argument, NULL, OPT_AST },
    { "bytecode", no_argument, NULL, OPT_BYTECODE },
    { "json", no_argument, NULL, OPT_JSON },
    EQLC_COMPILING_OPTIONS,
    { "color", required_argument, NULL, OPT_COLOR },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static const char *take_option(void *ctx, int option, char *argument)
{
    dump_options *o = ctx;

    switch (option) {
    case 'q':
        eqlc_rules_add_query(&o->rules, argument);
        return NULL;
    case OPT_AST:
        o->ast = true;
        return NULL;
    case OPT_BYTECODE:
        o->bytecode = true;
        return NULL;
    case OPT_JSON:
        o->json = true;
        return NULL;
    default:
        return eqlc_report_set_color(o->report, argument) ? NULL
                                                          : "--color is auto, always or never, not '%s'";
    }
}

static bool add_to_buf(void *ctx, const void *bytes, size_t len)
{
    eqlc_buf_add(ctx, bytes, len);
    return true;
}

/* A saved program has no tree. */
static bool shows_code(const dump_options *o, const eqlc_rule *rule)
{
    return o->bytecode || rule->image;
}

/* The dump of one rule into `out`; diags tells what was wrong otherwise. */
static eqlm_status dump(const dump_options *o, const eqlc_rule *rule, eqlm_schema *schema, eqlm_diags *diags,
                        eqlc_buf *out)
{
    eqlm_options options = eqlc_compiling_options(&o->compiling, rule);
    eqlm_str source = { rule->query, rule->query_len };
    eqlm_program *program;
    eqlm_status status;

    if (!shows_code(o, rule))
        return eqlm_dump_tree(NULL, schema, source, &options, diags, o->json, add_to_buf, out);
    status = eqlc_compiling_program(&o->compiling, schema, rule, diags, &program);
    if (status == EQLM_OK)
        status = eqlm_program_dump(program, o->json, add_to_buf, out);
    eqlm_program_free(program);
    return status;
}

/* The tree or the program as one line: {"file","line","rule","tree"} or {..., "program"}. */
static void print_json(const dump_options *o, const eqlc_rule *rule, const eqlc_buf *dumped)
{
    eqlc_buf b = { NULL, 0, 0 };

    eqlc_buf_text(&b, "{\"file\":");
    eqlc_buf_json_cstr(&b, rule->path);
    eqlc_buf_format(&b, ",\"line\":%lu,\"rule\":", (unsigned long)rule->start.line);
    eqlc_buf_json_cstr(&b, rule->id ? rule->id : rule->name);
    eqlc_buf_text(&b, shows_code(o, rule) ? ",\"program\":" : ",\"tree\":");
    for (size_t i = 0; i < dumped->len; i++) {
        if (dumped->data[i] != '\n') /* only between tokens: in strings it is escaped */
            eqlc_buf_char(&b, dumped->data[i]);
    }
    eqlc_buf_text(&b, "}\n");
    fwrite(b.data, 1, b.len, stdout);
    eqlc_buf_clear(&b);
}

static void print_text(const dump_options *o, const eqlc_rule *rule, const eqlc_buf *text)
{
    if (o->rules.n > 1)
        printf("== %s:%lu%s%s\n", rule->path, (unsigned long)rule->start.line, rule->name ? " " : "",
               rule->name ? rule->name : "");
    fwrite(text->data, 1, text->len, stdout);
    if (text->len && text->data[text->len - 1] != '\n')
        putchar('\n');
    if (o->rules.n > 1)
        putchar('\n');
}

static void dump_rules(dump_options *o, eqlc_report *report)
{
    eqlm_schema *schema = eqlc_compiling_schema(&o->compiling);
    eqlm_diags *diags;

    if (eqlm_diags_new(NULL, &diags) != EQLM_OK)
        eqlc_die("out of memory");
    for (size_t i = 0; i < o->rules.n; i++) {
        const eqlc_rule *rule = &o->rules.items[i];
        eqlc_buf out = { NULL, 0, 0 };
        eqlm_status status = dump(o, rule, schema, diags, &out);

        if (status != EQLM_OK && eqlm_diags_errors(diags) == 0)
            eqlc_die("%s: %s", rule->path, eqlm_status_text(status));
        eqlc_report_diags(report, rule, diags);
        eqlc_buf_add(&out, "", 0);
        if (status == EQLM_OK && o->json)
            print_json(o, rule, &out);
        else if (status == EQLM_OK)
            print_text(o, rule, &out);
        eqlc_buf_clear(&out);
    }
    eqlm_diags_free(diags);
    eqlm_schema_free(schema);
}

static void clear(dump_options *o)
{
    eqlc_rules_clear(&o->rules);
    eqlc_compiling_clear(&o->compiling);
}

int eqlc_cmd_dump(int argc, char **argv)
{
    static const eqlc_command_line line = { "dump", "q:h", long_options, take_option };
    eqlc_report report;
    dump_options o = { .report = &report };
    int code;

    eqlc_report_init(&report, stderr);
    report.minimum = EQLM_ERROR; /* warnings are what check is for */
    if (!eqlc_command_line_read(&line, argc, argv, &o.compiling, &o, &code)) {
        clear(&o);
        return code;
    }
    code = EQLC_EXIT_USAGE;
    if (o.ast && o.bytecode) {
        eqlc_usage_error("dump", "--ast and --bytecode exclude each other");
    } else if (optind == argc && o.rules.n == 0) {
        eqlc_usage_error("dump", "no rules given: name files or directories, or -q QUERY");
    } else if (eqlc_check_stdin("dump", argv + optind, (size_t)(argc - optind), NULL, 0) == EQLC_EXIT_OK) {
        eqlc_rules_read(&o.rules, argv + optind, (size_t)(argc - optind), eqlc_report_file, &report);
        dump_rules(&o, &report);
        code = eqlc_report_exit(&report, &o.rules, EQLM_ERROR);
    }
    clear(&o);
    return code;
}
