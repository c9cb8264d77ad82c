/* eqlc.c - the command: finds the subcommand and runs it. */
#include "commands.h"
#include "util.h"

#include <errno.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    { "check", eqlc_cmd_check },   { "run", eqlc_cmd_run },   { "eval", eqlc_cmd_eval },
    { "dump", eqlc_cmd_dump },     { "build", eqlc_cmd_build },   { "schema", eqlc_cmd_schema },
    { "bench", eqlc_cmd_bench },   { "help", eqlc_cmd_help },     { "version", eqlc_cmd_version },
};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

int eqlc_cmd_version(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return eqlc_usage_error("version", "takes no arguments");
    printf("eqlc %s\n", eqlm_version());
    return EQLC_EXIT_OK;
}

static int unknown_command(const char *word)
{
    const char *names[N_COMMANDS + 1];
    const char *near;

    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i].name;
    names[N_COMMANDS] = NULL;
    near = eqlc_nearest(word, names);
    fprintf(stderr, "eqlc: there is no %s '%s'", word[0] == '-' ? "option" : "command", word);
    if (near)
        fprintf(stderr, "; did you mean '%s'?\n", near);
    else
        fprintf(stderr, "; eqlc help lists the commands\n");
    return EQLC_EXIT_USAGE;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int dispatch(int argc, char **argv)
{
    static char program[32]; /* "eqlc NAME", as getopt shows it */
    const char *name;

    if (argc < 2) {
        eqlc_help_command(NULL, stderr);
        return EQLC_EXIT_USAGE;
    }
    name = argv[1];
    if (is_help(name))
        name = "help";
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        name = "version";
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            if (argc == 3 && is_help(argv[2])) { /* of help and version, too, which take no options */
                eqlc_help_command(name, stdout);
                return EQLC_EXIT_OK;
            }
            snprintf(program, sizeof program, "eqlc %s", name);
            argv[1] = program;
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    return unknown_command(name);
}

int main(int argc, char **argv)
{
    int code = dispatch(argc, argv);

    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (errno == EPIPE)
            return code; /* whoever read has seen enough */
        fprintf(stderr, "eqlc: cannot write the output: %s\n", strerror(errno));
        return EQLC_EXIT_USAGE;
    }
    return code;
}
