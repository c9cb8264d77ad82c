/* cmd_dump.c - eqlc dump: shows the checked tree or the code of rules. */
#include "commands.h"
#include "report.h"
#include "snippet.h"
#include "util.h"

#include <getopt.h>
#include <string.h>

typedef struct dump_options {
    eqlc_compiling compiling;
    bool ast, bytecode, json;
    eqlc_rules rules;
} dump_options;

enum { OPT_AST = 256, OPT_BYTECODE, OPT_JSON };

static const struct option long_options[] = {
    { "query", required_argument, NULL, 'q' },
    { "ast", no_argument, NULL, OPT_AST },
    { "bytecode", no_argument, NULL, OPT_BYTECODE },
    { "json", no_argument, NULL, OPT_JSON },
    EQLC_COMPILING_OPTIONS,
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
    default:
        o->json = true;
        return NULL;
    }
}

/* A saved program has no tree. */
static bool shows_code(const dump_options *o, const eqlc_rule *rule)
{
    return o->bytecode || rule->image;
}

static bool dump_tree(const dump_options *o, const eqlc_rule *rule, eqlm_schema *schema, eqlc_report *report,
                      eqlc_buf *out)
{
    eqlm_options options = eqlc_compiling_options(&o->compiling, rule);
    eqlm_str source = { rule->query, rule->query_len };
    eqlm_diags *diags = eqlc_new_diags();
    eqlm_status status = eqlm_dump_tree(NULL, schema, source, &options, diags, o->json, eqlc_buf_write, out);

    return eqlc_compiled(status, rule, diags, report);
}

static bool dump_code(const dump_options *o, const eqlc_rule *rule, eqlm_schema *schema, eqlc_report *report,
                      eqlc_buf *out)
{
    eqlm_program *program = eqlc_compile(&o->compiling, schema, rule, report);

    if (program && eqlm_program_dump(program, o->json, eqlc_buf_write, out) != EQLM_OK)
        eqlc_die("out of memory");
    eqlm_program_free(program);
    return program;
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
    eqlc_buf title = { NULL, 0, 0 };

    eqlc_buf_format(&title, "== %s:%lu%s", rule->path, (unsigned long)rule->start.line,
                    rule->name ? " " : "");
    eqlc_visible(&title, rule->name ? rule->name : "");
    if (o->rules.n > 1)
        puts(title.data);
    eqlc_buf_clear(&title);
    fwrite(text->data, 1, text->len, stdout);
    if (text->len && text->data[text->len - 1] != '\n')
        putchar('\n');
    if (o->rules.n > 1)
        putchar('\n');
}

static void dump_rules(dump_options *o, eqlc_report *report)
{
    eqlm_schema *schema = eqlc_compiling_schema(&o->compiling);

    for (size_t i = 0; i < o->rules.n; i++) {
        const eqlc_rule *rule = &o->rules.items[i];
        eqlc_buf out = { NULL, 0, 0 };
        bool dumped = (shows_code(o, rule) ? dump_code : dump_tree)(o, rule, schema, report, &out);

        if (dumped && o->json)
            print_json(o, rule, &out);
        else if (dumped)
            print_text(o, rule, &out);
        eqlc_buf_clear(&out);
    }
    eqlm_schema_free(schema);
}

static int dump_all(dump_options *o, char *const *paths, size_t n)
{
    eqlc_report report;

    eqlc_report_init(&report, stderr, EQLM_ERROR, o->compiling.color);
    eqlc_rules_read(&o->rules, paths, n, eqlc_report_file, &report);
    dump_rules(o, &report);
    return eqlc_report_exit(&report, &o->rules, EQLM_ERROR);
}

int eqlc_cmd_dump(int argc, char **argv)
{
    static const eqlc_command_line line = { "dump", "q:h", long_options, take_option };
    dump_options o = { .ast = false };
    int code;

    if (eqlc_command_line_read(&line, argc, argv, &o.compiling, &o, &code)) {
        size_t n = (size_t)(argc - optind);

        if (o.ast && o.bytecode)
            code = eqlc_usage_error("dump", "--ast and --bytecode exclude each other");
        else if (n == 0 && o.rules.n == 0)
            code = eqlc_usage_error("dump", "no rules given: name files or directories, or -q QUERY");
        else if ((code = eqlc_check_stdin("dump", argv + optind, n, NULL, 0)) == EQLC_EXIT_OK)
            code = dump_all(&o, argv + optind, n);
    }
    eqlc_rules_clear(&o.rules);
    eqlc_compiling_clear(&o.compiling);
    return code;
}
