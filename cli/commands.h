/* commands.h - the commands of eqlc, and what several of them share. */
#ifndef EQLC_COMMANDS_H
#define EQLC_COMMANDS_H

#include "rules.h"

#include <stdio.h>

/* Each gets "eqlc NAME" as argv[0], which getopt puts before its complaints, and returns the exit code. */
int eqlc_cmd_check(int argc, char **argv);
int eqlc_cmd_run(int argc, char **argv);
int eqlc_cmd_dump(int argc, char **argv);
int eqlc_cmd_eval(int argc, char **argv);
int eqlc_cmd_help(int argc, char **argv);
int eqlc_cmd_version(int argc, char **argv);

/* Prints the help of one command ("run"), which every command does for --help; NULL: of eqlc as a whole. */
void eqlc_help_command(const char *command, FILE *out);

/* Prints "eqlc COMMAND: MESSAGE" and where to find help, to stderr; returns EQLC_EXIT_USAGE. */
int eqlc_usage_error(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for an option: `complaint` is a message with %s for its argument, or "" when getopt already complained. */
int eqlc_option_error(const char *command, const char *complaint, const char *argument);

/* The options about compiling that check, run, dump and eval have in common. */
typedef struct eqlc_compiling {
    bool dialect_given;         /* false: by the kind of rule file (--dialect auto) */
    eqlm_dialect dialect;
    bool strict;                /* --strict: unknown fields are errors */
    bool no_schema;             /* --no-schema: no types of the Elastic Common Schema */
    const char *category_field; /* --event-category-field, stronger than the rule's own; or NULL */
} eqlc_compiling;

/* Reads the argument of --dialect: auto, es or endpoint. */
bool eqlc_compiling_set_dialect(eqlc_compiling *compiling, const char *text);
/* The options for eqlm_compile of one rule (NULL: text of the command line); they borrow from both. */
eqlm_options eqlc_compiling_options(const eqlc_compiling *compiling, const eqlc_rule *rule);
/* A new schema as these options ask for; ends the program when memory is short. */
eqlm_schema *eqlc_compiling_schema(const eqlc_compiling *compiling);

#endif
