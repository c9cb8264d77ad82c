/* report.h - prints diagnostics at their place in the rule file: with the line and a caret, one line each, or
 * as JSON. */
#ifndef EQLC_REPORT_H
#define EQLC_REPORT_H

#include "rules.h"
#include "util.h"

#include <stdio.h>

typedef enum eqlc_format { EQLC_FORMAT_TEXT, EQLC_FORMAT_SHORT, EQLC_FORMAT_JSON } eqlc_format;

typedef enum eqlc_color { EQLC_COLOR_AUTO, EQLC_COLOR_ALWAYS, EQLC_COLOR_NEVER } eqlc_color;

typedef struct eqlc_report {
    FILE *out;
    eqlc_format format;
    bool color;            /* escape sequences in the text format */
    unsigned columns;      /* of the terminal, for the text format; 0: none */
    eqlm_severity minimum; /* less severe diagnostics are counted but not printed */
    /* Counters. */
    size_t n_rules;                       /* rules given to eqlc_report_diags */
    size_t n_with_errors;                 /* of these: with at least one error ... */
    size_t n_with_warnings;               /* ... and without errors, but with a warning */
    size_t n_errors, n_warnings, n_infos; /* diagnostics of rules */
    size_t n_file_errors, n_file_warnings;
} eqlc_report;

/* Whether to write in colours: auto is as the file's terminal and NO_COLOR say. */
bool eqlc_is_colored(FILE *out, eqlc_color color);
/* Text format to `out`. */
void eqlc_report_init(eqlc_report *report, FILE *out, eqlm_severity minimum, eqlc_color color);

/* Read the arguments of --format (text, short, json), --color (auto, always, never) and --fail-level (error,
 * warning, info). False: the text is none of these. */
bool eqlc_format_parse(const char *text, eqlc_format *out);
bool eqlc_color_parse(const char *text, eqlc_color *out);
bool eqlc_severity_parse(const char *text, eqlm_severity *out);

/* Appends what a rule is called in text for people: its name, else its id, else its file; a query of the command
 * line is its own name. One line, and nothing that a terminal obeys. */
void eqlc_rule_label(eqlc_buf *b, const eqlc_rule *rule);

/* Prints every diagnostic of one compiled (or not compiled) rule and counts it. Call once per rule. */
void eqlc_report_diags(eqlc_report *report, const eqlc_rule *rule, const eqlm_diags *diags);

/* Prints a problem with a file; an eqlc_file_error_fn whose ctx is the report. place.line 0: unknown. */
void eqlc_report_file(void *report, const char *path, eqlc_place place, bool warning, const char *message);

/* The exit code for what was read and reported: EQLC_EXIT_USAGE when a file could not be read, else
 * EQLC_EXIT_COMPILE when a rule did not compile or a file was malformed, else EQLC_EXIT_FINDINGS when there
 * were diagnostics as severe as fail_level, else EQLC_EXIT_OK. */
int eqlc_report_exit(const eqlc_report *report, const eqlc_rules *rules, eqlm_severity fail_level);

#endif
