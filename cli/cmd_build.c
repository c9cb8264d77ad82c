/* cmd_build.c - eqlc build: saves compiled rules, or writes them as C. */
#include "commands.h"
#include "report.h"
#include "util.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_NAME 60 /* characters of a rule's name that its file or function keeps */

typedef struct build_options {
    eqlc_compiling compiling;
    bool emit_c;
    const char *output, *prefix;
    eqlc_rules rules;
} build_options;

typedef struct built {
    const eqlc_rule *rule;
    char *name;
    eqlc_buf bytes;
} built;

typedef struct build {
    const build_options *o;
    built *items;
    size_t n, n_left_out;
} build;

enum { OPT_EMIT = 256, OPT_PREFIX };

static const struct option long_options[] = {
    { "query", required_argument, NULL, 'q' },
    { "output", required_argument, NULL, 'o' },
    { "emit", required_argument, NULL, OPT_EMIT },
    { "prefix", required_argument, NULL, OPT_PREFIX },
    EQLC_COMPILING_OPTIONS,
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static const char *set_prefix(build_options *o, const char *text)
{
    o->prefix = text;
    for (const char *p = text; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '_')
            return "--prefix is the beginning of a C identifier, not '%s'";
    return isdigit((unsigned char)*text) || strstr(text, "__") || !*text
               ? "--prefix is the beginning of a C identifier, not '%s'"
               : NULL;
}

static const char *take_option(void *ctx, int option, char *argument)
{
    build_options *o = ctx;

    switch (option) {
    case 'q':
        eqlc_rules_add_query(&o->rules, argument);
        return NULL;
    case 'o':
        o->output = argument;
        return NULL;
    case OPT_EMIT:
        o->emit_c = strcmp(argument, "c") == 0;
        return o->emit_c || strcmp(argument, "image") == 0 ? NULL : "--emit is image or c, not '%s'";
    default:
        return set_prefix(o, argument);
    }
}

/* ---- names --------------------------------------------------------------------------------------------- */

/* Lower case letters, digits and single underscores. */
static void add_plain_name(eqlc_buf *b, const char *text, size_t len)
{
    size_t start = b->len;

    for (size_t i = 0; i < len && b->len - start < MAX_NAME; i++) {
        if (isalnum((unsigned char)text[i]) && (unsigned char)text[i] < 0x80)
            eqlc_buf_char(b, (char)tolower((unsigned char)text[i]));
        else if (b->len > start && b->data[b->len - 1] != '_')
            eqlc_buf_char(b, '_');
    }
    while (b->len > start && b->data[b->len - 1] == '_')
        b->data[--b->len] = '\0';
    if (b->len == start)
        eqlc_buf_text(b, "rule");
}

/* From the rule's name, else its id, else its file. */
static char *name_of(const build_options *o, const eqlc_rule *rule)
{
    const char *slash = strrchr(rule->path, '/'), *file = slash ? slash + 1 : rule->path,
               *dot = strrchr(file, '.');
    const char *text = rule->name ? rule->name : rule->id;
    eqlc_buf b = { NULL, 0, 0 };

    if (o->emit_c)
        eqlc_buf_text(&b, o->prefix);
    if (text)
        add_plain_name(&b, text, strlen(text));
    else if (rule->is_query)
        add_plain_name(&b, "query", 5);
    else
        add_plain_name(&b, file, dot && dot > file ? (size_t)(dot - file) : strlen(file));
    return b.data;
}

static bool is_taken(const build *b, const char *name)
{
    size_t len = strlen(b->o->prefix);

    for (size_t i = 0; i < b->n; i++)
        if (strcmp(b->items[i].name, name) == 0)
            return true;
    /* The table of all rules. */
    return b->o->emit_c && strncmp(name, b->o->prefix, len) == 0 && strcmp(name + len, "rules") == 0;
}

/* A name that no rule before has: with a number if need be. */
static char *unique_name(const build *b, const eqlc_rule *rule)
{
    char *base = name_of(b->o, rule);
    eqlc_buf name = { NULL, 0, 0 };
    unsigned long number = 1;

    for (size_t i = 0; i < b->n; i++)
        number += strncmp(b->items[i].name, base, strlen(base)) == 0;
    eqlc_buf_text(&name, base);
    for (; is_taken(b, name.data); number++) {
        name.len = 0;
        eqlc_buf_format(&name, "%s_%lu", base, number + (number == 1));
    }
    free(base);
    return name.data;
}

/* ---- building ------------------------------------------------------------------------------------------ */

static eqlm_status write_c(const eqlc_rule *rule, const char *name, const eqlm_program *program,
                           eqlc_buf *out)
{
    eqlc_buf source = { NULL, 0, 0 };
    eqlm_status status;

    if (rule->name)
        eqlc_buf_format(&source, "%s\n", rule->name);
    eqlc_buf_format(&source, "%s:%lu\n", rule->path, (unsigned long)rule->start.line);
    eqlc_buf_add(&source, rule->query, rule->query_len);
    status = eqlm_emit_c_rule(program, name, (eqlm_str) { source.data, source.len }, eqlc_buf_write, out);
    eqlc_buf_clear(&source);
    return status;
}

static void add_program(build *b, const eqlc_rule *rule, const eqlm_program *program)
{
    built *it = &b->items[b->n];
    eqlm_status status;

    *it = (built) { rule, unique_name(b, rule), { NULL, 0, 0 } };
    status = b->o->emit_c ? write_c(rule, it->name, program, &it->bytes)
                          : eqlm_program_save(program, eqlc_buf_write, &it->bytes);
    if (status == EQLM_OK) {
        b->n++;
        return;
    }
    free(it->name);
    eqlc_buf_clear(&it->bytes);
    if (status != EQLM_E_ARGUMENT)
        eqlc_die("%s: %s", rule->path, eqlm_status_text(status));
    b->n_left_out++; /* no question about one event */
}

static void build_rules(build *b, eqlc_compiling *compiling, eqlc_report *report)
{
    eqlm_schema *schema = eqlc_compiling_schema(compiling);
    const eqlc_rules *rules = &b->o->rules;

    b->items = eqlc_alloc(rules->n * sizeof *b->items);
    for (size_t i = 0; i < rules->n; i++) {
        eqlm_program *program = eqlc_compile(compiling, schema, &rules->items[i], report);

        if (program)
            add_program(b, &rules->items[i], program);
        eqlm_program_free(program);
    }
    eqlm_schema_free(schema);
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static void write_file(const char *path, const eqlc_buf *bytes)
{
    FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "wb");

    if (!out)
        eqlc_die("%s: %s", path, strerror(errno));
    if (bytes->len)
        fwrite(bytes->data, 1, bytes->len, out);
    if (ferror(out) || (out != stdout && fclose(out) != 0))
        eqlc_die("%s: %s", path, strerror(errno));
}

static bool is_directory(const char *path)
{
    struct stat st;
    size_t len = strlen(path);

    return (len && path[len - 1] == '/') || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

static void write_images(const build *b)
{
    const char *output = b->o->output;

    if (!is_directory(output)) {
        write_file(output, &b->items[0].bytes);
        return;
    }
    if (mkdir(output, 0777) != 0 && errno != EEXIST)
        eqlc_die("%s: %s", output, strerror(errno));
    for (size_t i = 0; i < b->n; i++) {
        eqlc_buf path = { NULL, 0, 0 };

        eqlc_buf_format(&path, "%s%s%s.eqlp", output, output[strlen(output) - 1] == '/' ? "" : "/",
                        b->items[i].name);
        write_file(path.data, &b->items[i].bytes);
        eqlc_buf_clear(&path);
    }
}

static void write_c_file(const build *b)
{
    const char **names = eqlc_alloc((b->n + 1) * sizeof *names);
    eqlc_buf file = { NULL, 0, 0 }, table = { NULL, 0, 0 };

    eqlm_emit_c_begin(eqlc_buf_write, &file); /* memory that is short ends the program */
    for (size_t i = 0; i < b->n; i++) {
        names[i] = b->items[i].name;
        eqlc_buf_add(&file, b->items[i].bytes.data, b->items[i].bytes.len);
    }
    eqlc_buf_format(&table, "%srules", b->o->prefix);
    eqlm_emit_c_end(table.data, names, b->n, eqlc_buf_write, &file);
    write_file(b->o->output ? b->o->output : "-", &file);
    eqlc_buf_clear(&file);
    eqlc_buf_clear(&table);
    free(names);
}

/* The fields that order events are no part of a program. */
static void tell_lost_fields(const eqlc_rule *rule)
{
    if (rule->timestamp_field)
        fprintf(stderr, "eqlc build: %s: an image has no timestamp_field; run it with --timestamp-field %s\n",
                rule->path, rule->timestamp_field);
    if (rule->tiebreaker_field)
        fprintf(stderr, "eqlc build: %s: an image has no tiebreaker_field; run it with --tiebreaker %s\n",
                rule->path, rule->tiebreaker_field);
}

/* Nothing is written unless all rules compile: a host shall not be built with some of them. */
static int finish(const build *b, const eqlc_report *report)
{
    const build_options *o = b->o;
    int code = eqlc_report_exit(report, &o->rules, EQLM_ERROR);
    char text[32];

    if (code != EQLC_EXIT_OK)
        return code;
    if (b->n_left_out)
        fprintf(stderr,
                "eqlc build: %s %s left out: sequences, samples and process ancestry have no C code\n",
                eqlc_count_text(b->n_left_out, text), b->n_left_out == 1 ? "rule" : "rules");
    if (b->n == 0) {
        fprintf(stderr, "eqlc build: no rules to write\n");
        return EQLC_EXIT_FINDINGS;
    }
    if (o->emit_c)
        write_c_file(b);
    else if (b->n > 1 && !is_directory(o->output))
        return eqlc_usage_error("build", "%s rules need a directory: -o %s/", eqlc_count_text(b->n, text),
                                o->output);
    else
        write_images(b);
    for (size_t i = 0; !o->emit_c && i < b->n; i++)
        tell_lost_fields(b->items[i].rule);
    return EQLC_EXIT_OK;
}

static int build_all(build_options *o, char *const *paths, size_t n)
{
    build b = { .o = o };
    eqlc_report report;
    int code;

    eqlc_report_init(&report, stderr, EQLM_ERROR, o->compiling.color);
    eqlc_rules_read(&o->rules, paths, n, eqlc_report_file, &report);
    build_rules(&b, &o->compiling, &report);
    code = finish(&b, &report);
    for (size_t i = 0; i < b.n; i++) {
        free(b.items[i].name);
        eqlc_buf_clear(&b.items[i].bytes);
    }
    free(b.items);
    return code;
}

int eqlc_cmd_build(int argc, char **argv)
{
    static const eqlc_command_line line = { "build", "q:o:h", long_options, take_option };
    build_options o = { .prefix = "eql_" };
    int code;

    if (eqlc_command_line_read(&line, argc, argv, &o.compiling, &o, &code)) {
        size_t n = (size_t)(argc - optind);

        if (n == 0 && o.rules.n == 0)
            code = eqlc_usage_error("build", "no rules given: name files or directories, or -q QUERY");
        else if (!o.output && !o.emit_c)
            code = eqlc_usage_error("build", "where to? -o FILE for one rule, -o DIRECTORY/ for several");
        else if ((code = eqlc_check_stdin("build", argv + optind, n, NULL, 0)) == EQLC_EXIT_OK)
            code = build_all(&o, argv + optind, n);
    }
    eqlc_rules_clear(&o.rules);
    eqlc_compiling_clear(&o.compiling);
    return code;
}
