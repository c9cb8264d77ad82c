/* cmd_help.c - eqlc help: the commands, and the diagnostics by their code. */
#include "commands.h"
#include "util.h"

#include <string.h>

static const char overview[] =
    "eqlc - check Event Query Language (EQL) rules, run them over event files\n"
    "\n"
    "Usage: eqlc COMMAND [OPTIONS] ...\n"
    "\n"
    "  check PATH...                compile rules, report what is wrong with them\n"
    "  run -r RULES EVENTS...       print the events and sequences that rules match\n"
    "  run -q QUERY EVENTS...       the same for a query on the command line\n"
    "  eval EXPRESSION [EVENTS...]  print what an expression gives, for each event\n"
    "  bench RULES EVENTS...        what each rule costs, which ones always run\n"
    "  dump -q QUERY                show how a query was understood, or its code\n"
    "  build -o FILE PATH...        save compiled rules, or write them as C\n"
    "  schema learn EVENTS...       find out the types of the fields of events\n"
    "  schema show [FIELD...]       print the fields and types that are known\n"
    "  help [COMMAND|CODE|codes]    explain a command, a diagnostic; list them all\n"
    "  version                      print the version\n"
    "\n"
    "Rules come from .eql files (one query each), TOML (detection rules, Endpoint\n"
    "rules, hunts), Kibana exports and other JSON (.json .ndjson .jsonl), Markdown\n"
    "(rule pages, fences tagged eql), from directories of these, and from standard\n"
    "input (-). Events are JSON documents, one a line, in an array or in a search\n"
    "response, compressed by gzip or not.\n"
    "\n"
    "Examples:\n"
    "  Is this query right?\n"
    "      eqlc check -q 'process where process.name : \"cmd.exe\"'\n"
    "  Are all rules of a repository right? Let warnings count, too.\n"
    "      eqlc check --fail-level warning rules/\n"
    "  Which events does it match?\n"
    "      eqlc run -q 'process where process.name : \"cmd.exe\"' events.ndjson\n"
    "  What do all rules find in a compressed export?\n"
    "      eqlc run -r rules/ export.ndjson.gz\n"
    "  What does a function give?\n"
    "      eqlc eval 'substring(\"cmd.exe\", -4)'\n"
    "\n"
    "Exit codes: 0 ok, 1 findings, 2 a rule does not compile, 3 wrong usage or a\n"
    "file that cannot be read; the highest that applies. The manual is eqlc(1).\n";

/* Options of eqlc_compiling_take. */
#define SCHEMA_HELP                                                                                          \
    "  --schema FILE                types of fields: CSV, Elasticsearch mapping, or\n"                       \
    "                               JSON {\"process.pid\": \"long\"}; may be repeated,\n"                    \
    "                               later files are stronger; all are stronger than\n"                       \
    "                               the Elastic Common Schema\n"                                             \
    "  --no-schema                  without types of the Elastic Common Schema\n"
#define COMPILING_HELP                                                                                       \
    "  --dialect auto|es|endpoint   language of the rules; auto (default): Endpoint\n"                       \
    "                               TOML is endpoint, everything else es\n"                                  \
    "  --strict                     a field that no schema knows is an error\n"                              \
    SCHEMA_HELP                                                                                              \
    "  --schema-closed              a field that no schema knows does not exist: an\n"                       \
    "                               error, or null for ?field\n"                                             \
    "  --event-category-field FIELD\n"                                                                       \
    "                               what the name before `where` is compared with\n"                         \
    "                               (default event.category, or as the rule says)\n"                         \
    "  --color auto|always|never    auto (default): on a terminal, without NO_COLOR\n"

static const char check_help[] =
    "Usage: eqlc check [OPTIONS] (-q QUERY | PATH...)\n"
    "\n"
    "Compiles every rule in the files and directories (searched recursively, without\n"
    "hidden files; - is standard input) and prints what is wrong, at its line and\n"
    "column in the file. A summary goes to standard error. All files and rules are\n"
    "processed, whatever is found on the way.\n"
    "\n"
    "  -q, --query QUERY            check this query; may be repeated\n"
    COMPILING_HELP
    "  --format text|short|json     text: the line with carets below the place;\n"
    "                               short: file:line:col: error[E101]: message;\n"
    "                               json: one object a line\n"
    "  --fail-level error|warning|info\n"
    "                               exit with 1 from this severity on (default\n"
    "                               error, so that warnings do not count)\n"
    "  --quiet                      errors only, no summary\n"
    "\n"
    "Exit codes: 0 all rules are right, 1 findings of --fail-level, 2 a rule does\n"
    "not compile or a file is malformed, 3 wrong usage or a file that cannot be\n"
    "read; the highest that applies.\n"
    "\n"
    "Examples:\n"
    "  eqlc check rules/\n"
    "  eqlc check --format json export.ndjson | jq -r .message\n"
    "  git show HEAD:rules/one.toml | eqlc check -\n";

static const char run_help[] =
    "Usage: eqlc run (-q QUERY | -r RULES)... [OPTIONS] EVENTS...\n"
    "\n"
    "Runs queries and rules over event documents in the order given (- is standard\n"
    "input) and prints what matches.\n"
    "\n"
    "  -q, --query QUERY            run this query; may be repeated\n"
    "  -r, --rules PATH             run the rules of this file or directory; may be\n"
    "                               repeated\n"
    "  --format ndjson|pretty|eql-response|count|alerts\n"
    "                               ndjson: one object a match (default in a pipe);\n"
    "                               pretty: for people (default on a terminal);\n"
    "                               eql-response: one answer as _eql/search gives\n"
    "                               it, for one rule; count: matches of each rule;\n"
    "                               alerts: alert documents, building blocks and all\n"
    "  --now                        alerts are made now, not when they happened\n"
    "  --no-source                  leave the documents out of the output\n"
    "  --size N                     with eql-response: at most N (default: all)\n"
    "  --position head|tail         which ones: the first or the last (default)\n"
    "  --fail-on-match              exit with 1 when anything matched\n"
    COMPILING_HELP;

/* A string literal may be 4095 bytes long. */
static const char run_help_events[] =
    "  --timestamp-field FIELD      time of an event (default @timestamp, or as the\n"
    "                               rule says)\n"
    "  --timestamp-unit ms|s|us|ns|filetime\n"
    "                               unit of numbers in it (default ms)\n"
    "  --tiebreaker FIELD           order of events of the same time\n"
    "  --lateness DURATION          how late an event may come and still count for\n"
    "                               sequences, such as 500ms, 30s, 5m (default 0)\n"
    "  --sort                       order all input by time first\n"
    "  --early-missing              report a trailing missing event at once\n"
    "  --window FROM,TO             events from FROM on and before TO alone count\n"
    "  --as-of TIME                 answer as a search at this time\n"
    "  --samples-per-key N          how many different samples are told of one join\n"
    "                               key (default 1)\n"
    "  --max-state BYTES            memory for partial results and their documents\n"
    "                               (default 256M)\n"
    "  --state FILE                 go on where the run that wrote FILE stopped, and\n"
    "                               write it again; files are read from where they\n"
    "                               were left\n"
    "  --save-every N               save after every N events, not every few seconds\n"
    "  --flush                      the end of input decides, also with --state\n"
    "  -j, --jobs N                 read and evaluate with N threads; what is written\n"
    "                               stays the same (default 1)\n"
    "  --profile[=text|json]        tell on standard error which rules took the time\n"
    "  --max-event-size BYTES       skip larger documents; K, M and G are\n"
    "                               understood (default 16M)\n"
    "\n"
    "--strict also stops at the first document that cannot be read.\n"
    "\n"
    "Exit codes: 0 ok, 1 documents that could not be read, or matches with\n"
    "--fail-on-match, 2 a rule does not compile, 3 wrong usage or a file that cannot\n"
    "be read or written; the highest that applies.\n"
    "\n"
    "Examples:\n"
    "  eqlc run -q 'file where file.extension : \"ps1\"' events.ndjson\n"
    "  eqlc run -r rules/ --format count day1.ndjson.gz day2.ndjson.gz\n"
    "  tail -f events.ndjson | eqlc run -r rules/ --no-source -\n"
    "  eqlc run -q 'sequence by process.entity_id with maxspan=1m [process where true]\n"
    "      [network where destination.port == 4444]' --lateness 30s events.ndjson\n"
    "  eqlc run -r rules/ --state rules.state --format alerts events.ndjson >> alerts\n";

static const char eval_help[] =
    "Usage: eqlc eval [OPTIONS] [--] EXPRESSION [EVENTS...]\n"
    "\n"
    "Prints what an expression gives as JSON: once if it is constant, else a line\n"
    "for each event document. A field with several values gives an array of the\n"
    "distinct results, a missing one null.\n"
    "\n"
    COMPILING_HELP
    "\n"
    "Examples:\n"
    "  eqlc eval '1 + 2 * 3'\n"
    "  eqlc eval 'length(process.command_line)' events.ndjson\n";

static const char dump_help[] =
    "Usage: eqlc dump [OPTIONS] (-q QUERY | PATH...)\n"
    "\n"
    "Shows how rules were understood: their checked tree, or the code they were\n"
    "compiled to.\n"
    "\n"
    "  -q, --query QUERY            dump this query; may be repeated\n"
    "  --ast                        the tree (default)\n"
    "  --bytecode                   the compiled code\n"
    "  --json                       as JSON, one object a rule: {\"file\",\"line\",\n"
    "                               \"rule\",\"tree\"}, or \"program\" for the code\n"
    COMPILING_HELP
    "\n"
    "Examples:\n"
    "  eqlc dump -q 'process where not user.name == \"root\" and process.pid > 4'\n"
    "  eqlc dump --bytecode rules/one.toml\n";

static const char build_help[] =
    "Usage: eqlc build [OPTIONS] -o FILE (-q QUERY | PATH...)\n"
    "       eqlc build --emit c [OPTIONS] [-o FILE.c] (-q QUERY | PATH...)\n"
    "\n"
    "Saves compiled rules as program images, which check, run and dump take as rule\n"
    "files and hosts load with eqlm_program_load, or writes them as C for hosts that\n"
    "build their rules in. Nothing is written unless all rules compile.\n"
    "\n"
    "  -q, --query QUERY            build this query; may be repeated\n"
    "  -o, --output FILE            where to; a directory (existing, or with a slash at\n"
    "                               its end) gets a file NAME.eqlp for each rule; C\n"
    "                               goes to standard output without this option\n"
    "  --emit image|c               program images (default), or one file of C with a\n"
    "                               function for each event query, a description\n"
    "                               eql_NAME of it, and all of these in eql_rules\n"
    "  --prefix PREFIX              what these names begin with in place of eql_\n"
    COMPILING_HELP
    "\n"
    "Names are made from those of the rules, else their ids, else their files. The C\n"
    "code is linked with libeqlmini, which answers what it does not; eqlmini.h and\n"
    "docs/embedding.md tell how to call it. Sequences, samples and process ancestry\n"
    "are left out of it.\n"
    "\n"
    "Examples:\n"
    "  eqlc build -o compiled/ rules/\n"
    "  eqlc build --emit c -o rules.c rules/*.toml\n";

static const char schema_help[] =
    "Usage: eqlc schema learn EVENTS...\n"
    "       eqlc schema show [OPTIONS] [FIELD...]\n"
    "\n"
    "learn prints the types that the fields of events seem to have, as a JSON object\n"
    "that --schema reads. A field whose values do not go together is a keyword.\n"
    "show prints the names and types known without and with files, one a line: the\n"
    "given fields and all below them, or everything.\n"
    "\n"
    SCHEMA_HELP
    "\n"
    "Examples:\n"
    "  eqlc schema learn events.ndjson > types.json\n"
    "  eqlc check --schema types.json rules/\n"
    "  eqlc schema show --schema types.json process.parent\n";

static const char bench_help[] =
    "Usage: eqlc bench [OPTIONS] RULES EVENTS...\n"
    "       eqlc bench (-q QUERY | -r RULES)... [OPTIONS] EVENTS...\n"
    "\n"
    "Reads events into memory and measures event queries on them: all together as a\n"
    "rule set, and each by itself. Rules that need no value but that of the category\n"
    "run for every event of it; they are named with the reason. Sequences and samples\n"
    "are counted, not measured. Times are CPU time, the best of five rounds.\n"
    "\n"
    "  -q, --query QUERY            measure this query; may be repeated\n"
    "  -r, --rules PATH             the rules of this file or directory; may be repeated\n"
    "  --events N                   take at most N events (default 20000)\n"
    "  --format text|json           json: one object for the set, then one for each rule\n"
    COMPILING_HELP
    "\n"
    "Exit codes: 0 ok, 1 documents that could not be read, 2 a rule does not compile,\n"
    "3 wrong usage or a file that cannot be read; the highest that applies.\n"
    "\n"
    "Examples:\n"
    "  eqlc bench rules/ events.ndjson\n"
    "  eqlc bench --format json rules/ events.ndjson | jq -c 'select(.selective == false)'\n";

static const char help_help[] =
    "Usage: eqlc help [COMMAND | CODE | codes]\n"
    "\n"
    "Explains a command or the diagnostic with this code, or lists all codes.\n";

static const char version_help[] =
    "Usage: eqlc version\n"
    "\n"
    "Prints the version.\n";

static const struct {
    const char *command;
    const char *text, *more; /* the latter may be NULL */
} pages[] = {
    { "check", check_help, NULL },
    { "run", run_help, run_help_events },
    { "eval", eval_help, NULL },
    { "dump", dump_help, NULL },
    { "build", build_help, NULL },
    { "schema", schema_help, NULL },
    { "bench", bench_help, NULL },
    { "help", help_help, NULL },
    { "version", version_help, NULL },
};

enum { N_PAGES = sizeof pages / sizeof pages[0] };

/* N_PAGES: there is no such command. */
static size_t page_of(const char *command)
{
    size_t i = 0;

    while (i < N_PAGES && strcmp(command, pages[i].command) != 0)
        i++;
    return i;
}

void eqlc_help_command(const char *command, FILE *out)
{
    size_t page = command ? page_of(command) : N_PAGES;

    if (!command)
        fputs(overview, out);
    if (page == N_PAGES)
        return;
    fputs(pages[page].text, out);
    if (pages[page].more)
        fputs(pages[page].more, out);
}

static const char *const severities[] = { "error", "warning", "info" };

static bool equal_ignoring_case(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        int upper = *a >= 'a' && *a <= 'z' ? *a - 'a' + 'A' : *a;

        if (upper != *b)
            return false;
    }
    return *a == *b;
}

/* A summary with "..." where a message of this kind names something. */
static void print_summary(const char *summary)
{
    for (; *summary; summary++) {
        if (*summary != '%') {
            putchar(*summary);
        } else if (*++summary == '\0') {
            break;
        } else {
            fputs(*summary == '%' ? "%" : "...", stdout);
        }
    }
}

/* The sections of docs/diagnostics.md. */
static const struct {
    const char *code, *text;
} sections[] = {
#include "diag_sections.inc"
};

static void print_section(const char *code)
{
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        if (strcmp(sections[i].code, code) == 0)
            fputs(sections[i].text, stdout);
}

static bool explain_code(const char *word)
{
    eqlm_diag_info info;

    for (size_t i = 0; eqlm_diag_catalog(i, &info); i++) {
        if (!equal_ignoring_case(word, info.code) && strcmp(word, info.name) != 0)
            continue;
        printf("%s (%s, %s)\n\n    ", info.code, severities[info.severity], info.name);
        print_summary(info.summary);
        putchar('\n');
        print_section(info.code);
        return true;
    }
    return false;
}

static void list_codes(void)
{
    eqlm_diag_info info;

    for (size_t i = 0; eqlm_diag_catalog(i, &info); i++) {
        printf("%-5s %-8s %-28s ", info.code, severities[info.severity], info.name);
        print_summary(info.summary);
        putchar('\n');
    }
}

int eqlc_cmd_help(int argc, char **argv)
{
    const char *names[N_PAGES + 1];
    const char *topic = argc > 1 ? argv[1] : NULL, *near;

    if (argc > 2)
        return eqlc_usage_error("help", "one command or code at a time");
    if (!topic || page_of(topic) < N_PAGES) {
        eqlc_help_command(topic, stdout);
        return EQLC_EXIT_OK;
    }
    if (strcmp(topic, "codes") == 0) {
        list_codes();
        return EQLC_EXIT_OK;
    }
    if (explain_code(topic))
        return EQLC_EXIT_OK;
    for (size_t i = 0; i < N_PAGES; i++)
        names[i] = pages[i].command;
    names[N_PAGES] = NULL;
    near = eqlc_nearest(topic, names);
    if (near)
        return eqlc_usage_error("help", "there is no command or code '%s'; did you mean '%s'?", topic, near);
    return eqlc_usage_error("help", "there is no command or code '%s'", topic);
}
