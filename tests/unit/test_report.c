/* test_report.c - diagnostics as they are printed: excerpts with carets, short lines, JSON. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "report.h"
#include "rules.h"
#include "util.h"

#include "syntax/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A rule of a file, diagnostics for it, and what was printed. */
typedef struct fixture {
    eqlc_rules rules;
    eqlm_diags *diags;
    eqlc_report report;
    char *text;
    size_t len;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    if (!f || eqlm_diags_new(NULL, &f->diags) != EQLM_OK)
        return -1;
    *state = f;
    eqlc_report_init(&f->report, stdout, EQLM_INFO, EQLC_COLOR_NEVER);
    assert_false(f->report.color);
    f->report.columns = 0;
    f->report.out = open_memstream(&f->text, &f->len);
    return f->report.out ? 0 : -1;
}

static int teardown(void **state)
{
    fixture *f = *state;

    fclose(f->report.out);
    free(f->text);
    eqlm_diags_free(f->diags);
    eqlc_rules_clear(&f->rules);
    free(f);
    return 0;
}

static eqlc_rule *query(fixture *f, const char *text)
{
    eqlc_rules_clear(&f->rules);
    eqlc_rules_add_query(&f->rules, text);
    eqlm_diags_clear(f->diags);
    return &f->rules.items[0];
}

/* Marks the first `word` of the query; id takes no arguments. */
static void mark(fixture *f, const char *word, eqli_diag_id id)
{
    const char *text = f->rules.items[0].query;
    const char *found = strstr(text, word);

    assert_non_null(found);
    eqli_diag_at(f->diags,
                 (eqli_span) { (uint32_t)(found - text), (uint32_t)(found - text + (long)strlen(word)) }, id);
}

static const char *printed(fixture *f)
{
    eqlm_str source = { f->rules.items[0].query, f->rules.items[0].query_len };

    eqli_diags_finish(f->diags, source);
    assert_int_equal(fseek(f->report.out, 0, SEEK_SET), 0);
    eqlc_report_diags(&f->report, &f->rules.items[0], f->diags);
    assert_int_equal(fputc('\0', f->report.out), 0);
    assert_int_equal(fflush(f->report.out), 0);
    return f->text;
}

static void caret_below_the_words(void **state)
{
    fixture *f = *state;
    eqlc_rule *rule = query(f, "process where\n  a = 1");

    rule->name = eqlc_copy("Odd \033[31mshell", 14);
    mark(f, "=", EQLI_D_SINGLE_EQUALS);
    eqli_diag_hint(f->diags, "use '=='");
    assert_string_equal(printed(f), "error[E208]: '=' does not compare\n"
                                    " --> -q:2:5\n"
                                    "  |\n"
                                    "2 |   a = 1\n"
                                    "  |     ^\n"
                                    "  = help: use '=='\n"
                                    "  = rule: Odd \xEF\xBF\xBD[31mshell\n\n");
}

static void tabs_and_wide_characters(void **state)
{
    fixture *f = *state;

    query(f, "a\tb == \"\xE6\xBC\xA2\xF0\x9F\x98\x80"
             "e\xCC\x81\x01\xE2\x80\xAE\" = 1\r\n");
    mark(f, " = ", EQLI_D_SINGLE_EQUALS);
    assert_string_equal(printed(f), "error[E208]: '=' does not compare\n"
                                    " --> -q:1:16\n"
                                    "  |\n"
                                    "1 | a   b == \"\xE6\xBC\xA2\xF0\x9F\x98\x80"
                                    "e\xCC\x81\xEF\xBF\xBD\xEF\xBF\xBD\" = 1\n"
                                    "  |                   ^^^\n\n");
}

static void span_over_several_lines(void **state)
{
    fixture *f = *state;

    query(f, "\n\n\n\n\n\n\n\nsequence\n  [a]\n  [b]\n\t[c]\n");
    mark(f, "sequence\n  [a]\n  [b]\n\t[c]", EQLI_D_EMPTY_QUERY);
    assert_string_equal(printed(f), "error[E203]: there is no query\n"
                                    "  --> -q:9:1\n"
                                    "   |\n"
                                    " 9 | sequence\n"
                                    "   | ^^^^^^^^\n"
                                    " ...\n"
                                    "12 |     [c]\n"
                                    "   |     ^^^\n\n");
}

static void end_of_text(void **state)
{
    fixture *f = *state;

    query(f, "any where\n");
    eqli_diag_at(f->diags, (eqli_span) { 10, 10 }, EQLI_D_EMPTY_QUERY);
    assert_string_equal(printed(f), "error[E203]: there is no query\n"
                                    " --> -q:2:1\n"
                                    "  |\n"
                                    "2 |\n"
                                    "  | ^\n\n");
    query(f, "");
    eqli_diag_at(f->diags, (eqli_span) { 0, 0 }, EQLI_D_EMPTY_QUERY);
    assert_string_equal(printed(f), "error[E203]: there is no query\n"
                                    " --> -q:1:1\n"
                                    "  |\n"
                                    "1 |\n"
                                    "  | ^\n\n");
}

/* A line of n words "wNNN ". */
static void long_line(eqlc_buf *b, int n)
{
    for (int i = 0; i < n; i++)
        eqlc_buf_format(b, "w%03d ", i);
}

static void long_lines_are_cut_around_the_caret(void **state)
{
    fixture *f = *state;
    eqlc_buf b = { NULL, 0, 0 };

    long_line(&b, 900);
    query(f, b.data);
    mark(f, "w010", EQLI_D_EMPTY_QUERY);
    assert_string_equal(printed(f),
                        "error[E203]: there is no query\n"
                        " --> -q:1:51\n"
                        "  |\n"
                        "1 | w000 w001 w002 w003 w004 w005 w006 w007 w008 w009 w010 w011 w012 w013 w014 w015 "
                        "w016 w017 w018 w019 ...\n"
                        "  |                                                   ^^^^\n\n");
    query(f, b.data);
    mark(f, "w500", EQLI_D_EMPTY_QUERY);
    assert_string_equal(
        printed(f), "error[E203]: there is no query\n"
                    " --> -q:1:2501\n"
                    "  |\n"
                    "1 | ...w494 w495 w496 w497 w498 w499 w500 w501 w502 w503 w504 w505 w506 w507 w508 w509 "
                    "w510 w511 w512 w513 ...\n"
                    "  |                                  ^^^^\n\n");
    query(f, b.data);
    mark(f, b.data + 4450, EQLI_D_EMPTY_QUERY);
    assert_string_equal(
        printed(f),
        "error[E203]: there is no query\n"
        " --> -q:1:4451\n"
        "  |\n"
        "1 | ...w884 w885 w886 w887 w888 w889 w890 w891 w892 w893 w894 w895 w896 w897 w898 w899 \n"
        "  |                                  "
        "^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n\n");
    eqlc_buf_clear(&b);
}

/* Also when the terminal is narrow. */
static void narrow_terminals(void **state)
{
    fixture *f = *state;
    eqlc_buf b = { NULL, 0, 0 };

    long_line(&b, 900);
    f->report.columns = 41;
    query(f, b.data);
    mark(f, "w002", EQLI_D_EMPTY_QUERY);
    assert_string_equal(printed(f), "error[E203]: there is no query\n"
                                    " --> -q:1:11\n"
                                    "  |\n"
                                    "1 | w000 w001 w002 w003 w004 w005 ...\n"
                                    "  |           ^^^^\n\n");
    query(f, b.data);
    mark(f, "w500", EQLI_D_EMPTY_QUERY);
    assert_string_equal(printed(f), "error[E203]: there is no query\n"
                                    " --> -q:1:2501\n"
                                    "  |\n"
                                    "1 | ...w498 w499 w500 w501 w502 w503 ...\n"
                                    "  |              ^^^^\n\n");
    f->report.columns = 1; /* not less than some words */
    query(f, b.data);
    mark(f, "w500", EQLI_D_EMPTY_QUERY);
    assert_string_equal(printed(f), "error[E203]: there is no query\n"
                                    " --> -q:1:2501\n"
                                    "  |\n"
                                    "1 | ... w499 w500 w501 w502...\n"
                                    "  |          ^^^^\n\n");
    eqlc_buf_clear(&b);
}

static void short_lines(void **state)
{
    fixture *f = *state;

    f->report.format = EQLC_FORMAT_SHORT;
    query(f, "any where\n  a = 1");
    mark(f, "=", EQLI_D_SINGLE_EQUALS);
    eqli_diag_hint(f->diags, "use '=='");
    mark(f, "any", EQLI_D_EMPTY_QUERY);
    assert_string_equal(printed(f), "-q:1:1: error[E203]: there is no query\n"
                                    "-q:2:5: error[E208]: '=' does not compare (use '==')\n");
}

static void json_lines(void **state)
{
    fixture *f = *state;
    eqlc_rule *rule;

    f->report.format = EQLC_FORMAT_JSON;
    rule = query(f, "any where\n  \xC3\xA9 = 1");
    rule->name = eqlc_copy("N \"q\"", 5);
    mark(f, "= 1", EQLI_D_SINGLE_EQUALS);
    assert_string_equal(printed(f),
                        "{\"file\":\"-q\",\"line\":2,\"column\":5,\"end_line\":2,\"end_column\":8,"
                        "\"severity\":\"error\",\"code\":\"E208\",\"message\":\"'=' does not compare\","
                        "\"hint\":null,\"rule\":\"N \\\"q\\\"\"}\n");
}

static void colours(void **state)
{
    fixture *f = *state;

    f->report.color = true;
    query(f, "a = 1");
    mark(f, "=", EQLI_D_SINGLE_EQUALS);
    assert_string_equal(printed(f), "\033[1;31merror[E208]\033[0m\033[1m: '=' does not compare\033[0m\n"
                                    " \033[1;34m-->\033[0m -q:1:3\n"
                                    "\033[1;34m  |\033[0m\n"
                                    "\033[1;34m1 |\033[0m a = 1\n"
                                    "\033[1;34m  |\033[0m   \033[1;31m^\033[0m\n\n");
}

static void problems_with_files(void **state)
{
    fixture *f = *state;

    eqlc_report_file(&f->report, "x.toml", (eqlc_place) { 3, 7 }, false, "invalid");
    eqlc_report_file(&f->report, "y", (eqlc_place) { 0, 0 }, true, "odd");
    f->report.format = EQLC_FORMAT_JSON;
    eqlc_report_file(&f->report, "y", (eqlc_place) { 0, 0 }, false, "odd");
    fflush(f->report.out);
    assert_string_equal(f->text,
                        "error: invalid\n --> x.toml:3:7\n\nwarning: odd\n --> y\n\n"
                        "{\"file\":\"y\",\"line\":null,\"column\":null,\"end_line\":null,\"end_column\":null,"
                        "\"severity\":\"error\",\"code\":null,\"message\":\"odd\",\"hint\":null,"
                        "\"rule\":null}\n");
    assert_int_equal(f->report.n_file_errors, 2);
    assert_int_equal(f->report.n_file_warnings, 1);
}

static void exit_codes(void **state)
{
    fixture *f = *state;
    eqlc_rules rules = { .n = 0 };

    assert_int_equal(eqlc_report_exit(&f->report, &rules, EQLM_INFO), 0);
    query(f, "any where a = 1");
    eqli_diag_at(f->diags, (eqli_span) { 0, 3 }, EQLI_D_DUPLICATE_MEMBER);
    f->report.minimum = EQLM_ERROR;
    assert_string_equal(printed(f), "");
    assert_int_equal(f->report.n_with_warnings, 1);
    assert_int_equal(eqlc_report_exit(&f->report, &rules, EQLM_ERROR), 0);
    assert_int_equal(eqlc_report_exit(&f->report, &rules, EQLM_WARNING), 1);
    assert_int_equal(eqlc_report_exit(&f->report, &rules, EQLM_INFO), 1);
    rules.n_failed = 1;
    assert_int_equal(eqlc_report_exit(&f->report, &rules, EQLM_WARNING), 2);
    rules.n_failed = 0;
    query(f, "any where a = 1");
    mark(f, "=", EQLI_D_SINGLE_EQUALS);
    printed(f);
    assert_int_equal(f->report.n_rules, 2);
    assert_int_equal(f->report.n_with_errors, 1);
    assert_int_equal(eqlc_report_exit(&f->report, &rules, EQLM_ERROR), 2);
    rules.n_unreadable = 1;
    assert_int_equal(eqlc_report_exit(&f->report, &rules, EQLM_ERROR), 3);
}

static void option_arguments(void **state)
{
    eqlm_severity severity = EQLM_ERROR;
    eqlc_format format = EQLC_FORMAT_TEXT;
    eqlc_color color = EQLC_COLOR_AUTO;

    (void)state;
    assert_true(eqlc_format_parse("json", &format));
    assert_int_equal(format, EQLC_FORMAT_JSON);
    assert_false(eqlc_format_parse("xml", &format));
    assert_true(eqlc_color_parse("never", &color));
    assert_int_equal(color, EQLC_COLOR_NEVER);
    assert_false(eqlc_is_colored(stdout, color));
    assert_true(eqlc_color_parse("always", &color));
    assert_true(eqlc_is_colored(stdout, color));
    assert_false(eqlc_color_parse("yes", &color));
    assert_true(eqlc_severity_parse("warning", &severity));
    assert_int_equal(severity, EQLM_WARNING);
    assert_false(eqlc_severity_parse("fatal", &severity));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(caret_below_the_words),
        TEST(tabs_and_wide_characters),
        TEST(span_over_several_lines),
        TEST(end_of_text),
        TEST(long_lines_are_cut_around_the_caret),
        TEST(narrow_terminals),
        TEST(short_lines),
        TEST(json_lines),
        TEST(colours),
        TEST(problems_with_files),
        TEST(exit_codes),
        TEST(option_arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
