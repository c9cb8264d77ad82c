/* run_options.c - the options of `eqlc run`. */
#include "run_options.h"

#include "pipeline.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_STATE (UINT64_C(256) << 20)
#define MAX_SAMPLES 65536

enum {
    OPT_FORMAT = 256,
    OPT_NO_SOURCE,
    OPT_SIZE,
    OPT_POSITION,
    OPT_FAIL_ON_MATCH,
    OPT_TIMESTAMP,
    OPT_UNIT,
    OPT_TIEBREAKER,
    OPT_EVENT_SIZE,
    OPT_NOW,
    OPT_MAX_STATE,
    OPT_SAMPLES,
    OPT_LATENESS,
    OPT_SORT,
    OPT_EARLY_MISSING,
    OPT_WINDOW,
    OPT_AS_OF,
    OPT_STATE,
    OPT_SAVE_EVERY,
    OPT_FLUSH,
    OPT_PROFILE
};

static const struct option long_options[] = {
    { "query", required_argument, NULL, 'q' },
    { "rules", required_argument, NULL, 'r' },
    { "format", required_argument, NULL, OPT_FORMAT },
    { "no-source", no_argument, NULL, OPT_NO_SOURCE },
    { "size", required_argument, NULL, OPT_SIZE },
    { "position", required_argument, NULL, OPT_POSITION },
    { "fail-on-match", no_argument, NULL, OPT_FAIL_ON_MATCH },
    EQLC_COMPILING_OPTIONS,
    { "timestamp-field", required_argument, NULL, OPT_TIMESTAMP },
    { "timestamp-unit", required_argument, NULL, OPT_UNIT },
    { "tiebreaker", required_argument, NULL, OPT_TIEBREAKER },
    { "max-event-size", required_argument, NULL, OPT_EVENT_SIZE },
    { "now", no_argument, NULL, OPT_NOW },
    { "max-state", required_argument, NULL, OPT_MAX_STATE },
    { "samples-per-key", required_argument, NULL, OPT_SAMPLES },
    { "lateness", required_argument, NULL, OPT_LATENESS },
    { "sort", no_argument, NULL, OPT_SORT },
    { "early-missing", no_argument, NULL, OPT_EARLY_MISSING },
    { "window", required_argument, NULL, OPT_WINDOW },
    { "as-of", required_argument, NULL, OPT_AS_OF },
    { "state", required_argument, NULL, OPT_STATE },
    { "save-every", required_argument, NULL, OPT_SAVE_EVERY },
    { "flush", no_argument, NULL, OPT_FLUSH },
    { "profile", optional_argument, NULL, OPT_PROFILE },
    { "jobs", required_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

/* ------------------------------------------------------------------------------------------------------
 * Values
 */

/* Index of text in a list of n words, or n. */
static size_t find_word(const char *text, const char *const *words, size_t n)
{
    size_t i = 0;

    while (i < n && strcmp(text, words[i]) != 0)
        i++;
    return i;
}

/* Digits at *p, and goes behind them. False: there are none, or too many. */
static bool parse_digits(const char **p, uint64_t *out)
{
    const char *start = *p;

    for (*out = 0; **p >= '0' && **p <= '9'; ++*p)
        if (__builtin_mul_overflow(*out, 10, out) || __builtin_add_overflow(*out, (uint64_t)(**p - '0'), out))
            return false;
    return *p > start;
}

/* A positive number; with_suffix: K, M or G may follow for powers of 1024. */
static bool parse_number(const char *text, bool with_suffix, uint64_t *out)
{
    static const char suffixes[] = "kmg";
    const char *found;

    if (!parse_digits(&text, out))
        return false;
    if (*text && with_suffix) {
        found = strchr(suffixes, *text++ | 0x20);
        if (!found || __builtin_mul_overflow(*out, UINT64_C(1) << (10 * (found - suffixes + 1)), out))
            return false;
    }
    return *text == '\0' && *out > 0;
}

/* "500ms", "30s", "5m", "2h", "1d" as nanoseconds. */
static bool parse_duration(const char *text, int64_t *out)
{
    static const char *const names[] = { "ms", "s", "m", "h", "d" };
    static const int64_t ns[] = { 1000000, 1000000000, INT64_C(60000000000), INT64_C(3600000000000),
                                  INT64_C(86400000000000) };
    uint64_t n;

    if (!parse_digits(&text, &n))
        return false;
    size_t unit = find_word(text, names, 5);
    return unit < 5 && !__builtin_mul_overflow(n, ns[unit], out);
}

/* ------------------------------------------------------------------------------------------------------
 * Options
 */

static const char *set_format(eqlc_run_options *o, const char *text)
{
    static const char *const words[] = { "ndjson", "pretty", "eql-response", "count", "alerts" };
    size_t i = find_word(text, words, 5);

    if (i > 4)
        return "--format is ndjson, pretty, eql-response, count or alerts, not '%s'";
    o->format = (eqlc_run_format)i;
    o->format_given = true;
    return NULL;
}

static const char *set_unit(eqlc_run_options *o, const char *text)
{
    static const char *const words[] = { "ms", "s", "us", "ns", "filetime" };
    size_t i = find_word(text, words, 5);

    if (i > 4)
        return "--timestamp-unit is ms, s, us, ns or filetime, not '%s'";
    o->events.timestamp_unit = (eqlc_time_unit)i;
    return NULL;
}

static const char *set_number(eqlc_run_options *o, int option, const char *text)
{
    uint64_t n;

    switch (option) {
    case OPT_SIZE:
        o->limited = true;
        return parse_number(text, false, &o->size) ? NULL : "--size is a number from 1, not '%s'";
    case OPT_MAX_STATE:
        return parse_number(text, true, &o->stream.max_state)
                   ? NULL
                   : "--max-state is a number of bytes such as 1000000, 64M or 1G, not '%s'";
    case OPT_SAMPLES:
        if (!parse_number(text, false, &n) || n > MAX_SAMPLES)
            return "--samples-per-key is a number from 1 to 65536, not '%s'";
        o->stream.samples_per_key = (uint32_t)n;
        return NULL;
    case OPT_SAVE_EVERY:
        return parse_number(text, true, &o->save_every) ? NULL
                                                        : "--save-every is a number of events, not '%s'";
    case 'j':
        if (!parse_number(text, false, &n) || n > EQLC_MAX_JOBS)
            return "-j is a number of threads from 1 to 64, not '%s'";
        o->jobs = (unsigned)n;
        return NULL;
    default:
        if (!parse_number(text, true, &n))
            return "--max-event-size is a number of bytes such as 1000000, 512K, 16M or 1G, not '%s'";
        o->events.max_event_size = n < SIZE_MAX ? (size_t)n : SIZE_MAX;
        return NULL;
    }
}

static const char *set_position(eqlc_run_options *o, const char *text)
{
    o->position_given = true;
    o->head = strcmp(text, "head") == 0;
    return o->head || strcmp(text, "tail") == 0 ? NULL : "--position is head or tail, not '%s'";
}

static const char *set_profile(eqlc_run_options *o, const char *text)
{
    static const char *const words[] = { "text", "json" };
    size_t i = text ? find_word(text, words, 2) : 0;

    o->profile = i == 0 ? EQLC_PROFILE_TEXT : EQLC_PROFILE_JSON;
    return i < 2 ? NULL : "--profile is text or json, not '%s'";
}

/* Those that only say yes. */
static bool set_switch(eqlc_run_options *o, int option)
{
    switch (option) {
    case OPT_NO_SOURCE:
        o->no_source = true;
        return true;
    case OPT_FAIL_ON_MATCH:
        o->fail_on_match = true;
        return true;
    case OPT_NOW:
        o->now = true;
        return true;
    case OPT_SORT:
        o->stream.sort = true;
        return true;
    case OPT_EARLY_MISSING:
        o->stream.early_missing = true;
        return true;
    case OPT_FLUSH:
        o->flush = true;
        return true;
    default:
        return false;
    }
}

static const char *take_option(void *ctx, int option, char *argument)
{
    eqlc_run_options *o = ctx;

    if (set_switch(o, option))
        return NULL;
    switch (option) {
    case 'q':
        eqlc_rules_add_query(&o->rules, argument);
        return NULL;
    case 'r':
        o->paths = eqlc_grow(o->paths, &o->cap_paths, o->n_paths + 1, sizeof *o->paths);
        o->paths[o->n_paths++] = argument;
        return NULL;
    case OPT_FORMAT:
        return set_format(o, argument);
    case OPT_PROFILE:
        return set_profile(o, argument);
    case OPT_POSITION:
        return set_position(o, argument);
    case OPT_TIMESTAMP:
        o->events.timestamp_field = argument;
        return NULL;
    case OPT_UNIT:
        return set_unit(o, argument);
    case OPT_TIEBREAKER:
        o->events.tiebreaker_field = argument;
        return NULL;
    case OPT_LATENESS:
        return parse_duration(argument, &o->stream.lateness)
                   ? NULL
                   : "--lateness is a duration such as 500ms, 30s, 5m, 2h or 1d, not '%s'";
    case OPT_WINDOW:
        o->stream.window = argument;
        return NULL;
    case OPT_AS_OF:
        o->stream.as_of = argument;
        return NULL;
    case OPT_STATE:
        o->state = argument;
        return NULL;
    default:
        return set_number(o, option, argument);
    }
}

/* EQLC_EXIT_USAGE if options or arguments do not go together, else EQLC_EXIT_OK. */
static int check_usage(const eqlc_run_options *o, char *const *events, int n_events)
{
    if (o->rules.n == 0 && o->n_paths == 0)
        return eqlc_usage_error("run", "no rules given: use -q QUERY or -r PATH");
    if (n_events == 0)
        return eqlc_usage_error("run", "no events given: name files, or - for standard input");
    if (eqlc_check_stdin("run", o->paths, o->n_paths, events, n_events) != EQLC_EXIT_OK)
        return EQLC_EXIT_USAGE;
    if ((o->limited || o->position_given) && o->format != EQLC_RUN_RESPONSE)
        return eqlc_usage_error("run", "--size and --position are for --format eql-response");
    if (o->now && o->format != EQLC_RUN_ALERTS)
        return eqlc_usage_error("run", "--now is for --format alerts");
    if (o->state) {
        if (o->format == EQLC_RUN_RESPONSE)
            return eqlc_usage_error("run", "--state does not go together with --format eql-response");
        if (o->stream.sort || o->stream.as_of)
            return eqlc_usage_error("run", "--state does not go together with --sort and --as-of");
    } else if (o->save_every || o->flush) {
        return eqlc_usage_error("run", "--save-every and --flush are for --state");
    }
    return EQLC_EXIT_OK;
}

bool eqlc_run_options_read(eqlc_run_options *o, int argc, char **argv, int *code)
{
    static const eqlc_command_line line = { "run", "q:r:j:h", long_options, take_option };

    *o = (eqlc_run_options) { .events.max_event_size = EQLC_EVENT_SIZE,
                              .stream = { .max_state = DEFAULT_STATE, .samples_per_key = 1 },
                              .jobs = 1 };
    if (!eqlc_command_line_read(&line, argc, argv, &o->compiling, o, code))
        return false;
    if (!o->format_given)
        o->format = isatty(STDOUT_FILENO) ? EQLC_RUN_PRETTY : EQLC_RUN_NDJSON;
    *code = check_usage(o, argv + optind, argc - optind);
    return *code == EQLC_EXIT_OK;
}

void eqlc_run_options_clear(eqlc_run_options *o)
{
    eqlc_rules_clear(&o->rules);
    eqlc_compiling_clear(&o->compiling);
    free(o->paths);
}
