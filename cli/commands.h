/* commands.h - the commands of eqlc, and what several of them share. */
#ifndef EQLC_COMMANDS_H
#define EQLC_COMMANDS_H

#include "report.h"
#include "types.h"

#include <stdio.h>

/* Each gets "eqlc NAME" as argv[0], which getopt puts before its complaints, and returns the exit code. */
int eqlc_cmd_check(int argc, char **argv);
int eqlc_cmd_run(int argc, char **argv);
int eqlc_cmd_dump(int argc, char **argv);
int eqlc_cmd_bench(int argc, char **argv);
int eqlc_cmd_build(int argc, char **argv);
int eqlc_cmd_eval(int argc, char **argv);
int eqlc_cmd_schema(int argc, char **argv);
int eqlc_cmd_help(int argc, char **argv);
int eqlc_cmd_version(int argc, char **argv);

/* Prints the help of one command ("run"), which every command does for --help; NULL: of eqlc as a whole. */
void eqlc_help_command(const char *command, FILE *out);

/* Prints "eqlc COMMAND: MESSAGE" and where to find help, to stderr; returns EQLC_EXIT_USAGE. */
int eqlc_usage_error(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same when standard input (-) is named more than once; else EQLC_EXIT_OK. */
int eqlc_check_stdin(const char *command, char *const *rules, size_t n_rules, char *const *events,
                     int n_events);

/* The options that all commands that compile rules have in common. */
typedef struct eqlc_compiling {
    bool dialect_given; /* false: by the kind of rule file (--dialect auto) */
    eqlm_dialect dialect;
    bool strict;                /* --strict: unknown fields are errors */
    bool no_schema;             /* --no-schema: no types of the Elastic Common Schema */
    bool schema_closed;         /* --schema-closed: names without a type are errors */
    bool errors_only;           /* warnings are not shown: what only they need is not looked for */
    const char **schema_files;  /* --schema, in order */
    size_t n_schema_files, cap_schema_files;
    const char *category_field; /* --event-category-field, stronger than the rule's own; or NULL */
    eqlc_color color;           /* --color */
    eqlc_types types;           /* of these files and the Elastic Common Schema, once they have been read */
} eqlc_compiling;

/* Their rows in a table for getopt_long; the first part is about schemas alone. */
enum {
    EQLC_OPT_SCHEMA = 512,
    EQLC_OPT_NO_SCHEMA,
    EQLC_OPT_SCHEMA_CLOSED,
    EQLC_OPT_DIALECT,
    EQLC_OPT_STRICT,
    EQLC_OPT_CATEGORY,
    EQLC_OPT_COLOR
};
/* clang-format off */
#define EQLC_SCHEMA_OPTIONS                                                                                  \
    { "schema", required_argument, NULL, EQLC_OPT_SCHEMA },                                                  \
    { "no-schema", no_argument, NULL, EQLC_OPT_NO_SCHEMA }
#define EQLC_COMPILING_OPTIONS                                                                               \
    EQLC_SCHEMA_OPTIONS,                                                                                     \
    { "schema-closed", no_argument, NULL, EQLC_OPT_SCHEMA_CLOSED },                                          \
    { "dialect", required_argument, NULL, EQLC_OPT_DIALECT },                                                \
    { "strict", no_argument, NULL, EQLC_OPT_STRICT },                                                        \
    { "event-category-field", required_argument, NULL, EQLC_OPT_CATEGORY },                                  \
    { "color", required_argument, NULL, EQLC_OPT_COLOR }
/* clang-format on */

/* Takes an option if it is one of these; *complaint is set to a message with %s for the argument if that is
 * wrong. */
bool eqlc_compiling_take(eqlc_compiling *compiling, int option, const char *argument, const char **complaint);
void eqlc_compiling_clear(eqlc_compiling *compiling);

/* The options of a command. */
struct option;
typedef struct eqlc_command_line {
    const char *command, *letters; /* the latter with 'h' for help */
    const struct option *options;
    /* Takes one that is neither for help nor about compiling; returns an error message with %s for the
     * argument, or NULL. */
    const char *(*take)(void *ctx, int option, char *argument);
} eqlc_command_line;

/* Reads the options, up to optind. False: that was all, and *code is the exit code. */
bool eqlc_command_line_read(const eqlc_command_line *line, int argc, char **argv, eqlc_compiling *compiling,
                            void *ctx, int *code);

/* The options for eqlm_compile of one rule (NULL: text of the command line); they borrow from both. */
eqlm_options eqlc_compiling_options(const eqlc_compiling *compiling, const eqlc_rule *rule);
/* Compiles a rule, or loads it if it is a saved program, and reports what is wrong with it. NULL: it does not
 * compile. */
eqlm_program *eqlc_compile(const eqlc_compiling *compiling, eqlm_schema *schema, const eqlc_rule *rule,
                           eqlc_report *report);
/* Reports and frees what was said about a rule that was to be compiled. False: it does not compile. Any other
 * failure ends the program. */
bool eqlc_compiled(eqlm_status status, const eqlc_rule *rule, eqlm_diags *take_diags, eqlc_report *report);
/* An empty list for that. */
eqlm_diags *eqlc_new_diags(void);
/* Reads the files of --schema into compiling->types; ends the program if that fails. */
void eqlc_compiling_read_types(eqlc_compiling *compiling);
/* A new schema as these options ask for, which borrows from them; ends the program if a file cannot be
 * read. */
eqlm_schema *eqlc_compiling_schema(eqlc_compiling *compiling);

#endif
