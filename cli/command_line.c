/* command_line.c - reads the options of all commands, and says what is wrong with them. */
#include "commands.h"
#include "util.h"

#include <getopt.h>
#include <stdarg.h>
#include <string.h>

int eqlc_usage_error(const char *command, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "eqlc %s: ", command);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nTry 'eqlc help %s'.\n", command);
    return EQLC_EXIT_USAGE;
}

/* After getopt complained about a long option that does not exist. */
static void suggest_option(const char *word, const struct option *options)
{
    const char *names[64], *near;
    char name[64];
    size_t n = 0;

    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    for (; options[n].name && n + 1 < sizeof names / sizeof names[0]; n++) {
        if (strncmp(options[n].name, name, strlen(name)) == 0)
            return; /* it is ambiguous, and all that it may be has been said */
        names[n] = options[n].name;
    }
    names[n] = NULL;
    near = eqlc_nearest(name, names);
    if (near)
        fprintf(stderr, "Did you mean '--%s'?\n", near);
}

/* getopt_long that knows what a misspelt option might have been. */
static int next_option(const eqlc_command_line *line, int argc, char **argv)
{
    int option = getopt_long(argc, argv, line->letters, line->options, NULL);

    if (option == '?' && optopt == 0 && strncmp(argv[optind - 1], "--", 2) == 0)
        suggest_option(argv[optind - 1] + 2, line->options);
    return option;
}

static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

int eqlc_check_stdin(const char *command, char *const *rules, size_t n_rules, char *const *events,
                     int n_events)
{
    int n = 0;

    for (size_t i = 0; i < n_rules; i++)
        n += is_stdin(rules[i]);
    for (int i = 0; i < n_events; i++)
        n += is_stdin(events[i]);
    return n > 1 ? eqlc_usage_error(command, "standard input (-) can be read only once") : EQLC_EXIT_OK;
}

/* complaint: a message with %s for the argument, or "" when getopt has complained. */
static int option_error(const char *command, const char *complaint, const char *argument)
{
    const char *hole = strstr(complaint, "%s");

    if (!hole) {
        fprintf(stderr, "Try 'eqlc help %s'.\n", command);
        return EQLC_EXIT_USAGE;
    }
    return eqlc_usage_error(command, "%.*s%s%s", (int)(hole - complaint), complaint, argument, hole + 2);
}

bool eqlc_command_line_read(const eqlc_command_line *line, int argc, char **argv, eqlc_compiling *compiling,
                            void *ctx, int *code)
{
    const char *complaint = NULL;
    int option;

    while (!complaint && (option = next_option(line, argc, argv)) != -1) {
        if (option == 'h') {
            eqlc_help_command(line->command, stdout);
            *code = EQLC_EXIT_OK;
            return false;
        }
        if (option == '?')
            complaint = "";
        else if (!eqlc_compiling_take(compiling, option, optarg, &complaint))
            complaint = line->take(ctx, option, optarg);
    }
    if (complaint)
        *code = option_error(line->command, complaint, optarg);
    return !complaint;
}
