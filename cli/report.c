/* report.c - prints diagnostics at their place in the rule file: one line each, as JSON, or with the line and
 * a caret (snippet.c). */
#include "report.h"
#include "snippet.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *const severity_names[] = { "error", "warning", "info" };
static const char *const severity_colors[] = { "\033[1;31m", "\033[1;33m", "\033[1;36m" };

bool eqlc_is_colored(FILE *out, eqlc_color color)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    if (color != EQLC_COLOR_AUTO)
        return color == EQLC_COLOR_ALWAYS;
    return !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0) && isatty(fileno(out));
}

static unsigned columns_of(FILE *out)
{
    struct winsize size;

    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void eqlc_report_init(eqlc_report *report, FILE *out, eqlm_severity minimum, eqlc_color color)
{
    *report = (eqlc_report) {
        .out = out, .color = eqlc_is_colored(out, color), .columns = columns_of(out), .minimum = minimum
    };
}

/* Index of text in names, or -1. */
static int index_of(const char *text, const char *const *names, int n)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(text, names[i]) == 0)
            return i;
    }
    return -1;
}

bool eqlc_format_parse(const char *text, eqlc_format *out)
{
    static const char *const names[] = { "text", "short", "json" };
    int i = index_of(text, names, 3);

    if (i >= 0)
        *out = (eqlc_format)i;
    return i >= 0;
}

bool eqlc_color_parse(const char *text, eqlc_color *out)
{
    static const char *const names[] = { "auto", "always", "never" };
    int i = index_of(text, names, 3);

    if (i >= 0)
        *out = (eqlc_color)i;
    return i >= 0;
}

bool eqlc_severity_parse(const char *text, eqlm_severity *out)
{
    int i = index_of(text, severity_names, 3);

    if (i >= 0)
        *out = (eqlm_severity)i;
    return i >= 0;
}

void eqlc_rule_label(eqlc_buf *b, const eqlc_rule *rule)
{
    const char *otherwise = rule->is_query ? rule->query : rule->path;
    const char *text = rule->name ? rule->name : rule->id ? rule->id : otherwise;
    char *line;

    text += strspn(text, " \t\r\n");
    line = eqlc_copy(text, strcspn(text, "\r\n"));
    eqlc_visible(b, line);
    free(line);
}

/* One thing to print, from a rule or about a file. */
typedef struct finding {
    eqlm_severity severity;
    const char *code; /* or NULL */
    const char *path, *message, *hint, *rule_id, *rule_name;
    eqlc_place place, end; /* line 0: unknown */
    const eqlc_rule *rule; /* for the snippet, or NULL */
    size_t start_offset, end_offset;
} finding;

static void number_or_null(eqlc_buf *b, const char *key, uint32_t n)
{
    if (n)
        eqlc_buf_format(b, ",\"%s\":%lu", key, (unsigned long)n);
    else
        eqlc_buf_format(b, ",\"%s\":null", key);
}

static void text_or_null(eqlc_buf *b, const char *key, const char *text)
{
    eqlc_buf_format(b, ",\"%s\":", key);
    eqlc_buf_json_cstr(b, text);
}

static void write_json(eqlc_buf *b, const finding *f)
{
    eqlc_buf_text(b, "{\"file\":");
    eqlc_buf_json_cstr(b, f->path);
    number_or_null(b, "line", f->place.line);
    number_or_null(b, "column", f->place.column);
    number_or_null(b, "end_line", f->end.line);
    number_or_null(b, "end_column", f->end.column);
    text_or_null(b, "severity", severity_names[f->severity]);
    text_or_null(b, "code", f->code);
    text_or_null(b, "message", f->message);
    text_or_null(b, "hint", f->hint);
    text_or_null(b, "rule", f->rule_id ? f->rule_id : f->rule_name);
    eqlc_buf_text(b, "}\n");
}

static void write_where(eqlc_buf *b, const finding *f)
{
    eqlc_visible(b, f->path);
    if (f->place.line)
        eqlc_buf_format(b, ":%lu:%lu", (unsigned long)f->place.line, (unsigned long)f->place.column);
}

static void write_short(eqlc_buf *b, const finding *f)
{
    write_where(b, f);
    eqlc_buf_format(b, ": %s", severity_names[f->severity]);
    if (f->code)
        eqlc_buf_format(b, "[%s]", f->code);
    eqlc_buf_text(b, ": ");
    eqlc_visible(b, f->message);
    if (f->hint) {
        eqlc_buf_text(b, " (");
        eqlc_visible(b, f->hint);
        eqlc_buf_text(b, ")");
    }
    eqlc_buf_text(b, "\n");
}

static void write_note(eqlc_buf *b, const eqlc_paint *paint, int gutter, const char *word, const char *text)
{
    if (!text)
        return;
    eqlc_buf_format(b, "%*s %s=%s %s: ", gutter, "", paint->gutter, paint->reset, word);
    eqlc_visible(b, text);
    eqlc_buf_text(b, "\n");
}

static void write_text(eqlc_buf *b, const finding *f, bool color, unsigned columns)
{
    eqlc_paint paint = { "", "", "", "" };
    int gutter = 1;

    if (color)
        paint = (eqlc_paint) { severity_colors[f->severity], "\033[1;34m", "\033[1m", "\033[0m" };
    for (uint32_t n = f->end.line > f->place.line ? f->end.line : f->place.line; n >= 10; n /= 10)
        gutter++;
    eqlc_buf_format(b, "%s%s", paint.mark, severity_names[f->severity]);
    if (f->code)
        eqlc_buf_format(b, "[%s]", f->code);
    eqlc_buf_format(b, "%s%s: ", paint.reset, paint.bold);
    eqlc_visible(b, f->message);
    eqlc_buf_format(b, "%s\n%*s%s-->%s ", paint.reset, gutter, "", paint.gutter, paint.reset);
    write_where(b, f);
    eqlc_buf_text(b, "\n");
    if (f->rule) {
        eqlc_excerpt excerpt = { f->rule->source, f->rule->source_len, f->start_offset, f->end_offset,
                                 f->place.line,   f->end.line,         f->end.column,   columns };

        eqlc_snippet(b, &excerpt, gutter, &paint);
    }
    write_note(b, &paint, gutter, "help", f->hint);
    write_note(b, &paint, gutter, "rule", f->rule_name);
    eqlc_buf_text(b, "\n");
}

static void print(eqlc_report *report, const finding *f)
{
    eqlc_buf b = { NULL, 0, 0 };

    if (f->severity > report->minimum)
        return;
    if (report->format == EQLC_FORMAT_JSON)
        write_json(&b, f);
    else if (report->format == EQLC_FORMAT_SHORT)
        write_short(&b, f);
    else
        write_text(&b, f, report->color, report->columns);
    fwrite(b.data, 1, b.len, report->out);
    eqlc_buf_clear(&b);
}

static void print_diag(eqlc_report *report, const eqlc_rule *rule, const eqlm_diag *diag)
{
    finding f = { .severity = diag->severity,
                  .code = diag->code,
                  .path = rule->path,
                  .message = diag->message,
                  .hint = diag->hint,
                  .rule_id = rule->id,
                  .rule_name = rule->name,
                  .rule = rule };

    f.start_offset = eqlc_rule_source_offset(rule, diag->start);
    f.end_offset = eqlc_rule_source_end(rule, diag->start, diag->end);
    if (f.end_offset < f.start_offset)
        f.end_offset = f.start_offset;
    f.place = eqlc_rule_place_at(rule, f.start_offset);
    f.end = eqlc_rule_place_at(rule, f.end_offset);
    print(report, &f);
}

void eqlc_report_diags(eqlc_report *report, const eqlc_rule *rule, const eqlm_diags *diags)
{
    size_t errors = report->n_errors, warnings = report->n_warnings;
    const eqlm_diag *diag;

    for (size_t i = 0; (diag = eqlm_diags_get(diags, i)) != NULL; i++) {
        if (diag->severity == EQLM_ERROR)
            report->n_errors++;
        else if (diag->severity == EQLM_WARNING)
            report->n_warnings++;
        else
            report->n_infos++;
        print_diag(report, rule, diag);
    }
    if (eqlm_diags_dropped(diags)) {
        char message[64];
        finding f = { .severity = EQLM_INFO, .path = rule->path, .message = message, .place = rule->start };

        snprintf(message, sizeof message, "%lu further diagnostics were left out",
                 (unsigned long)eqlm_diags_dropped(diags));
        print(report, &f);
    }
    report->n_rules++;
    if (report->n_errors > errors)
        report->n_with_errors++;
    else if (report->n_warnings > warnings)
        report->n_with_warnings++;
}

void eqlc_report_file(void *report_, const char *path, eqlc_place place, bool warning, const char *message)
{
    eqlc_report *report = report_;
    finding f = { .severity = warning ? EQLM_WARNING : EQLM_ERROR,
                  .path = path,
                  .message = message,
                  .place = place,
                  .end = place };

    if (warning)
        report->n_file_warnings++;
    else
        report->n_file_errors++;
    print(report, &f);
}

int eqlc_report_exit(const eqlc_report *report, const eqlc_rules *rules, eqlm_severity fail_level)
{
    if (rules->n_unreadable || rules->none)
        return EQLC_EXIT_USAGE;
    if (rules->n_failed || report->n_with_errors)
        return EQLC_EXIT_COMPILE;
    if (fail_level >= EQLM_WARNING && (report->n_warnings || report->n_file_warnings))
        return EQLC_EXIT_FINDINGS;
    if (fail_level >= EQLM_INFO && report->n_infos)
        return EQLC_EXIT_FINDINGS;
    return EQLC_EXIT_OK;
}
