/* test_rules.c - the readers of rule files: query text, metadata, and the way back from a byte of the query
 * to its line and column in the file. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "rules.h"
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory of its own for every test, the rules read from it, and what was reported. */
typedef struct fixture {
    char dir[64];
    eqlc_rules rules;
    eqlc_buf log; /* "NAME:LINE:COLUMN: error|warning: MESSAGE\n" for every report */
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    if (!f)
        return -1;
    strcpy(f->dir, "/tmp/eqlc-test-rules-XXXXXX");
    *state = f;
    return mkdtemp(f->dir) ? 0 : -1;
}

static int teardown(void **state)
{
    fixture *f = *state;
    char command[128];
    int status;

    eqlc_rules_clear(&f->rules);
    eqlc_buf_clear(&f->log);
    snprintf(command, sizeof command, "rm -rf %s", f->dir);
    status = system(command);
    free(f);
    return status;
}

static char *path_in(const fixture *f, const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s%s%s", f->dir, *name ? "/" : "", name);
    return path;
}

static void put_bytes(const fixture *f, const char *name, const char *bytes, size_t len)
{
    FILE *file = fopen(path_in(f, name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void put(const fixture *f, const char *name, const char *text)
{
    put_bytes(f, name, text, strlen(text));
}

static void on_report(void *ctx, const char *path, eqlc_place place, bool warning, const char *message)
{
    fixture *f = ctx;

    if (strncmp(path, f->dir, strlen(f->dir)) == 0)
        path += strlen(f->dir) + (path[strlen(f->dir)] == '/');
    eqlc_buf_format(&f->log, "%s:%u:%u: %s: %s\n", path, (unsigned)place.line, (unsigned)place.column,
                    warning ? "warning" : "error", message);
}

static void read_path(fixture *f, const char *name)
{
    char *path = path_in(f, name);

    eqlc_rules_clear(&f->rules);
    eqlc_buf_clear(&f->log);
    eqlc_buf_text(&f->log, "");
    eqlc_rules_read(&f->rules, &path, 1, on_report, f);
}

static void read_text(fixture *f, const char *name, const char *text)
{
    put(f, name, text);
    read_path(f, name);
}

/* The place of every byte, counted anew from the start of the file; and the character there, unless it was
 * escaped. */
static void check_map(const eqlc_rule *rule)
{
    for (size_t i = 0; i <= rule->query_len; i++) {
        size_t at = eqlc_rule_source_offset(rule, i);
        eqlc_place place = eqlc_rule_place(rule, i);
        uint32_t line = 1, column = 1;

        assert_true(at <= rule->source_len);
        for (size_t k = 0; k < at; k++) {
            if (rule->source[k] == '\n') {
                line++;
                column = 1;
            } else if (((unsigned char)rule->source[k] & 0xC0) != 0x80) {
                column += k != 0 || strncmp(rule->source, "\xEF\xBB\xBF", 3) != 0;
            }
        }
        if (i == rule->query_len || ((unsigned char)rule->query[i] & 0xC0) != 0x80) {
            assert_int_equal(place.line, line);
            assert_int_equal(place.column, column);
        }
        if (i < rule->query_len && rule->source[at] != '\\')
            assert_int_equal(rule->source[at], rule->query[i]);
    }
}

static const eqlc_rule *only_rule(const fixture *f, const char *query)
{
    assert_string_equal(f->log.data, "");
    assert_int_equal(f->rules.n, 1);
    assert_string_equal(f->rules.items[0].query, query);
    assert_int_equal(f->rules.items[0].query_len, strlen(query));
    check_map(&f->rules.items[0]);
    return &f->rules.items[0];
}

/* Where the first occurrence of `word` in the query stands in the file. */
static void assert_place(const eqlc_rule *rule, const char *word, uint32_t line, uint32_t column)
{
    const char *found = strstr(rule->query, word);
    eqlc_place place;

    assert_non_null(found);
    place = eqlc_rule_place(rule, (size_t)(found - rule->query));
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
}

/* ---------------------------------------------------------------------------------------------------- .eql
 */

static void eql_file_is_the_query(void **state)
{
    fixture *f = *state;
    const eqlc_rule *rule;

    read_text(f, "a.eql", "file where\n\tfile.name == \"x\"\n");
    rule = only_rule(f, "file where\n\tfile.name == \"x\"\n");
    assert_place(rule, "file.name", 2, 2);
    assert_int_equal(rule->dialect, EQLM_DIALECT_ES);
    assert_null(rule->name);
    assert_int_equal(rule->risk_score, -1);
}

static void eql_comments_name_the_rule(void **state)
{
    fixture *f = *state;
    const eqlc_rule *rule;

    read_text(f, "a.eql",
              "// name: Odd shell \r\n// note\r\n//id: s-1\r\n// severity:  low\r\nany where true\r\n// id: "
              "no\r\n");
    rule = only_rule(f, "// name: Odd shell \r\n// note\r\n//id: s-1\r\n// severity:  low\r\nany where "
                        "true\r\n// id: no\r\n");
    assert_string_equal(rule->name, "Odd shell");
    assert_string_equal(rule->id, "s-1");
    assert_string_equal(rule->severity, "low");
    assert_place(rule, "any", 5, 1);
}

static void byte_order_mark_takes_no_column(void **state)
{
    fixture *f = *state;

    read_text(f, "a.eql",
              "\xEF\xBB\xBF"
              "any where true");
    assert_place(only_rule(f, "any where true"), "where", 1, 5);
    read_text(f, "a.toml",
              "\xEF\xBB\xBF"
              "rule = { query = 'any where 1' }");
    assert_place(only_rule(f, "any where 1"), "any", 1, 19);
    read_text(f, "a.json",
              "\xEF\xBB\xBF"
              "{\"type\":\"eql\",\"query\":\"any where 1\"}");
    assert_place(only_rule(f, "any where 1"), "any", 1, 24);
}

static void columns_count_code_points(void **state)
{
    fixture *f = *state;

    read_text(f, "a.eql", "any where a == \"\xC3\xA9\xE6\xBC\xA2\xF0\x9F\x98\x80\" and HERE");
    assert_place(&f->rules.items[0], "HERE", 1, 26);
    check_map(&f->rules.items[0]);
}

static void empty_files(void **state)
{
    fixture *f = *state;

    read_text(f, "a.eql", "");
    only_rule(f, "");
    read_text(f, "a.toml", "");
    assert_int_equal(f->rules.n, 0);
    assert_int_equal(f->rules.n_skipped, 1);
    read_text(f, "a.ndjson", "\n\n");
    assert_int_equal(f->rules.n_skipped, 1);
    assert_true(f->rules.none);
    read_text(f, "a.md", "");
    assert_int_equal(f->rules.n_skipped, 1);
    assert_string_equal(f->log.data,
                        "a.md:1:1: warning: this is no rule in EQL: it has no fence tagged eql\n"
                        "a.md:0:0: error: no rules in EQL here; of directories .eql .toml .json .ndjson "
                        ".jsonl .md .mdx .eqlp files are read\n");
}

/* ---------------------------------------------------------------------------------------------------- TOML
 */

static void toml_detection_rule(void **state)
{
    fixture *f = *state;
    const eqlc_rule *rule;

    read_text(
        f, "a.toml",
        "[metadata]\nmaturity = \"production\"\n[rule]\nname = \"Shell \\u00e9\"\nrule_id = 'r-1'\n"
        "severity = \"high\"\nrisk_score = 73\ntype = \"eql\"\nlanguage = \"eql\"\n"
        "event_category_override = \"kind\"\ntimestamp_field = \"time\"\ntiebreaker_field = \"seq\"\n"
        "query = '''\nprocess where\n  process.args : \"\\\\x\"\n'''\n[[rule.threat]]\nframework = \"x\"\n");
    rule = only_rule(f, "process where\n  process.args : \"\\\\x\"\n");
    assert_place(rule, "process where", 14, 1);
    assert_place(rule, "\\\\x", 15, 19);
    assert_string_equal(rule->name, "Shell \xC3\xA9");
    assert_string_equal(rule->id, "r-1");
    assert_string_equal(rule->severity, "high");
    assert_int_equal(rule->risk_score, 73);
    assert_string_equal(rule->category_field, "kind");
    assert_string_equal(rule->timestamp_field, "time");
    assert_string_equal(rule->tiebreaker_field, "seq");
    assert_int_equal(rule->dialect, EQLM_DIALECT_ES);
}

static void toml_endpoint_rule(void **state)
{
    fixture *f = *state;

    read_text(f, "a.toml",
              "[rule]\nid = \"e-1\"\nname = \"E\"\nos_list = [\"linux\"]\nquery = '''file where "
              "true'''\n[internal]\n");
    assert_int_equal(only_rule(f, "file where true")->dialect, EQLM_DIALECT_ENDPOINT);
    read_text(f, "b.toml", "[rule]\nquery = \"any where 1\"\nmin_endpoint_version = \"8.4.0\"\n");
    assert_int_equal(only_rule(f, "any where 1")->dialect, EQLM_DIALECT_ENDPOINT);
    read_text(f, "c.toml", "[rule]\ntype = \"eql\"\nos_list = []\nquery = \"any where 1\"\n");
    assert_int_equal(only_rule(f, "any where 1")->dialect, EQLM_DIALECT_ES);
}

static void toml_string_forms(void **state)
{
    fixture *f = *state;
    const eqlc_rule *rule;

    read_text(f, "a.toml", "[rule]\nquery = \"any \\\"q\\\" \\u00e9\\U0001F600 HERE\"");
    rule = only_rule(f, "any \"q\" \xC3\xA9\xF0\x9F\x98\x80 HERE");
    assert_place(rule, "q", 2, 16);
    assert_place(rule, "HERE", 2, 37);
    read_text(f, "b.toml", "rule.query = 'a \\ b HERE'");
    assert_place(only_rule(f, "a \\ b HERE"), "HERE", 1, 21);
    read_text(f, "c.toml",
              "[rule]\nquery = \"\"\"\r\nany \\\r\n   where \\t \"x\" HERE\\\n\n  \t END\"\"\"\n");
    rule = only_rule(f, "any where \t \"x\" HEREEND");
    assert_place(rule, "where", 4, 4);
    assert_place(rule, "HERE", 4, 17);
    assert_place(rule, "END", 6, 5);
    read_text(f, "d.toml", "[rule]\nquery = '''a\r\n\r\nHERE ''quotes'''''\n");
    assert_place(only_rule(f, "a\n\nHERE ''quotes''"), "HERE", 4, 1);
    read_text(f, "e.toml", "[rule]\nquery = \"\"\"\"two\"\" HERE\"\"\"\"\"\n");
    assert_place(only_rule(f, "\"two\"\" HERE\"\""), "HERE", 2, 19);
    read_text(f, "g.toml", "[rule]\nquery = \"\"");
    assert_int_equal(eqlc_rule_place(only_rule(f, ""), 0).column, 10);
}

static void toml_spans_end_where_their_text_ends(void **state)
{
    fixture *f = *state;
    const eqlc_rule *rule;

    read_text(f, "a.toml", "[rule]\nquery = \"\"\"ab\\\n   cd\\u0021 e\"\"\"\n");
    rule = only_rule(f, "abcd! e");
    assert_int_equal(eqlc_rule_source_end(rule, 0, 2), 7 + 11 + 2);
    assert_int_equal(eqlc_rule_source_offset(rule, 2), 7 + 11 + 2 + 5);
    assert_int_equal(eqlc_rule_source_end(rule, 4, 5), eqlc_rule_source_offset(rule, 5));
    assert_int_equal(eqlc_rule_source_end(rule, 3, 3), eqlc_rule_source_offset(rule, 3));
    assert_int_equal(eqlc_rule_source_end(rule, 0, 99), eqlc_rule_source_offset(rule, 7));
}

static void toml_other_rules_are_skipped(void **state)
{
    fixture *f = *state;

    read_text(f, "a.toml", "[rule]\ntype = \"query\"\nlanguage = \"kuery\"\nquery = \"a:b\"\n");
    assert_int_equal(f->rules.n, 0);
    assert_int_equal(f->rules.n_skipped, 1);
    assert_non_null(strstr(
        f->log.data, "a.toml:1:1: warning: this is no rule in EQL: its type and language are not eql\n"));
    read_text(f, "b.toml", "[tool]\nquery = \"a:b\"\n");
    assert_int_equal(f->rules.n_skipped, 1);
    assert_non_null(strstr(f->log.data,
                           "b.toml:1:1: warning: this is no rule in EQL: it has neither a table [rule] nor "
                           "a table [hunt]\n"));
}

static void toml_problems_have_places(void **state)
{
    fixture *f = *state;

    read_text(f, "a.toml", "[rule]\nname = \"x\"\nquery = '''any where true\n");
    assert_int_equal(f->rules.n_failed, 1);
    assert_non_null(strstr(f->log.data, "a.toml:3:26: error: invalid TOML: literal string: "));
    read_text(f, "a.toml", "[rule]\nname = \"x\nquery = 1\n");
    assert_string_equal(f->log.data,
                        "a.toml:2:10: error: invalid TOML: the string is not closed on its line\n");
    read_text(f, "b.toml", "[rule]\nname = = 1\n");
    assert_non_null(strstr(f->log.data, "b.toml:2:8: error: invalid TOML: "));
    read_text(f, "c.toml", "\n[rule]\ntype = \"eql\"\n");
    assert_string_equal(f->log.data, "c.toml:2:1: error: the rule has no query\n");
    read_text(f, "d.toml", "[rule]\ntype = \"eql\"\nquery = 4\n");
    assert_string_equal(f->log.data, "d.toml:3:9: error: the query of the rule is not a string\n");
    assert_int_equal(f->rules.n_failed, 1);
}

static void toml_hunts_and_lists(void **state)
{
    fixture *f = *state;

    read_text(f, "a.toml",
              "[hunt]\nname = \"H\"\nuuid = \"u\"\nlanguage = [\"EQL\", \"ES|QL\"]\n"
              "query = [\n'''\nprocess where true\n''', \"from logs-* | limit 3\",\n  'file where 1']\n");
    assert_int_equal(f->rules.n, 2);
    assert_int_equal(f->rules.n_skipped, 1);
    assert_string_equal(f->rules.items[0].query, "process where true\n");
    assert_string_equal(f->rules.items[1].id, "u");
    assert_place(&f->rules.items[0], "where", 7, 9);
    assert_place(&f->rules.items[1], "where", 9, 9);
    check_map(&f->rules.items[1]);
    read_text(f, "b.toml", "[hunt]\nlanguage = [\"ES|QL\"]\nquery = [\"from a\"]\n");
    assert_int_equal(f->rules.n_skipped, 1);
    read_text(
        f, "c.toml",
        "[[rule]]\nname = \"1\"\nquery = \"any where 1\"\n[[rule]]\nname = \"2\"\nquery = \"any where 2\"\n");
    assert_int_equal(f->rules.n, 2);
    assert_place(&f->rules.items[1], "2", 6, 20);
}

/* ---------------------------------------------------------------------------------------------------- JSON
 */

static void json_rule(void **state)
{
    fixture *f = *state;
    const eqlc_rule *rule;

    read_text(f, "a.json",
              "{\n  \"name\": \"N \\\"q\\\"\", \"rule_id\": \"r\", \"id\": \"i\", \"type\": \"eql\", "
              "\"severity\": \"low\",\n"
              "  \"risk_score\": 21, \"tags\": [\"type\", {\"query\": 1}], \"event_category_field\": \"c\",\n"
              "  \"query\": \"any where\\n\\t\\\"\\\\\\\\\\\" \\u00e9\\ud83d\\ude00\\/ HERE\"\n}\n");
    rule = only_rule(f, "any where\n\t\"\\\\\" \xC3\xA9\xF0\x9F\x98\x80/ HERE");
    assert_place(rule, "any", 4, 13);
    assert_place(rule, "\n", 4, 22);
    assert_place(rule, "\\", 4, 28);
    assert_place(rule, "\xC3\xA9", 4, 35);
    assert_place(rule, "HERE", 4, 56);
    assert_string_equal(rule->name, "N \"q\"");
    assert_string_equal(rule->id, "r");
    assert_string_equal(rule->severity, "low");
    assert_string_equal(rule->category_field, "c");
    assert_int_equal(rule->risk_score, 21);
}

static void json_export_keeps_eql_rules(void **state)
{
    fixture *f = *state;

    read_text(f, "a.ndjson",
              "{\"id\":\"1\",\"type\":\"eql\",\"query\":\"any where 1\"}\n"
              "{\"id\":\"2\",\"type\":\"query\",\"language\":\"kuery\",\"query\":\"a:b\"}\r\n"
              "\n"
              "{\"list_id\":\"l\",\"type\":\"detection\"}\n"
              "  {\"id\":\"3\",\"language\":\"eql\",\"query\":\"any where 3\"}\n"
              "{\"exported_count\":3}\n");
    assert_int_equal(f->rules.n, 2);
    assert_int_equal(f->rules.n_skipped, 3);
    assert_place(&f->rules.items[0], "where", 1, 37);
    assert_string_equal(f->rules.items[1].id, "3");
    assert_place(&f->rules.items[1], "where", 5, 43);
    check_map(&f->rules.items[1]);
    assert_string_equal(f->log.data, "");
}

static void json_arrays_assets_and_bare_rules(void **state)
{
    fixture *f = *state;

    read_text(f, "a.json",
              "[{\"type\":\"eql\",\"query\":\"any where 1\"},\n 7,\n "
              "{\"attributes\":{\"type\":\"eql\",\"rule_id\":\"r\","
              "\"query\":\"any where 2\"},\"id\":\"x\",\"type\":\"security-rule\"}]");
    assert_int_equal(f->rules.n, 2);
    assert_int_equal(f->rules.n_skipped, 1);
    assert_string_equal(f->rules.items[1].id, "r");
    assert_place(&f->rules.items[1], "any", 3, 53);
    check_map(&f->rules.items[1]);
    read_text(f, "e.json",
              "[{\"id\":\"a\",\"attributes\":{\"type\":\"eql\",\"query\":\"any where "
              "1\",\"tags\":[1,[2]]},\"type\":"
              "\"security-rule\",\"more\":{\"x\":[{}]}},{\"type\":\"eql\",\"query\":\"any where 2\"}]");
    assert_int_equal(f->rules.n, 2);
    assert_string_equal(f->rules.items[1].query, "any where 2");
    read_text(f, "b.json", "{\"attributes\":{\"language\":\"eql\",\"query\":\"any where 1\"}}");
    only_rule(f, "any where 1");
    read_text(f, "c.json", "{\"rule_id\":\"x\",\"query\":\"any where 1\"}");
    only_rule(f, "any where 1");
    read_text(f, "d.json", "{\"query\":\"any where 1\"}");
    assert_int_equal(f->rules.n, 0);
    assert_int_equal(f->rules.n_skipped, 1);
}

static void filters_are_not_passed_over_in_silence(void **state)
{
    static const char warning[] =
        "warning: the filters of the rule are not evaluated: without them it may match more\n";
    fixture *f = *state;

    read_text(f, "a.ndjson",
              "{\"type\":\"eql\",\"filters\":[],\"query\":\"any where 1\"}\n"
              "{\"type\":\"eql\",\"filters\":[{\"query\":{\"match\":{}}}],\"query\":\"any where 2\"}\n"
              "{\"type\":\"query\",\"filters\":[1],\"query\":\"a:b\"}\n");
    assert_int_equal(f->rules.n, 2);
    assert_int_equal(f->rules.n_failed, 0);
    assert_memory_equal(f->log.data, "a.ndjson:2:25: ", 15);
    assert_string_equal(f->log.data + 15, warning);
    read_text(f, "b.toml", "[rule]\nquery = 'any where 1'\n[[rule.filters]]\nmeta = 1\n");
    assert_int_equal(f->rules.n, 1);
    assert_memory_equal(f->log.data, "b.toml:3:", 9);
    assert_non_null(strstr(f->log.data, warning));
}

static void json_broken_line_does_not_stop_the_others(void **state)
{
    fixture *f = *state;

    read_text(f, "a.ndjson",
              "{\"type\":\"eql\",\"query\":\"any where 1\"\n"
              "{\"type\":\"eql\",\"query\":\"any where 2\"}\n"
              "{\"type\":\"eql\",\"query\":\"any \\q\"}\n"
              "{\"type\":\"eql\"}\n"
              "{\"type\":\"eql\",\"query\":[1]}\n"
              "{\"type\":\"eql\",\"query\":\"any where 3\"}\n");
    assert_int_equal(f->rules.n, 2);
    assert_int_equal(f->rules.n_failed, 4);
    assert_string_equal(f->log.data, "a.ndjson:1:36: error: invalid JSON: the text ends inside an object\n"
                                     "a.ndjson:3:28: error: invalid JSON: invalid escape sequence\n"
                                     "a.ndjson:4:1: error: the rule has no query\n"
                                     "a.ndjson:5:1: error: the query of the rule is not a string\n");
}

static void json_problems_have_places(void **state)
{
    static const struct {
        const char *text, *where;
    } cases[] = {
        { "{\n  \"a\": 1,\n  }", ":3:3: error: invalid JSON: expected a key in double quotes" },
        { "{\n  \"a\" 1}", ":2:7: error: invalid JSON: expected ':' after the key" },
        { "[1\n 2]", ":2:2: error: invalid JSON: expected ',' or ']'" },
        { "{\"a\": 'x'}", ":1:7: error: invalid JSON: strings are written with double quotes" },
        { "{\"a\": \"x\n\"}", ":1:9: error: invalid JSON: the string is not closed on this line" },
        { "{\"a\": \"\xFF\"}", ":1:8: error: invalid JSON: invalid UTF-8" },
        { "{\"a\": 01}", ":1:7: error: invalid JSON: invalid number" },
        { "{\"a\": -}", ":1:7: error: invalid JSON: invalid number" },
        { "{\"a\": 1.}", ":1:7: error: invalid JSON: invalid number" },
        { "{\"a\": tru}", ":1:7: error: invalid JSON: expected a value" },
        { "{\"a\": \"\\ud800\"}", ":1:8: error: invalid JSON: invalid escape sequence" },
        { "{\"a\": {\"b\": [1, 2", ":1:18: error: invalid JSON: the text ends inside an array" },
        { "{} x", ":1:4: error: invalid JSON: unexpected text after the JSON value" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        read_text(*state, "a.json", cases[i].text);
        assert_non_null(strstr(((fixture *)*state)->log.data, cases[i].where));
        assert_int_equal(((fixture *)*state)->rules.n_failed, 1);
    }
}

static void json_depth_is_bounded(void **state)
{
    fixture *f = *state;
    eqlc_buf b = { NULL, 0, 0 };

    for (int i = 0; i < 100000; i++)
        eqlc_buf_char(&b, '[');
    read_text(f, "a.json", b.data);
    assert_string_equal(f->log.data, "a.json:1:1025: error: invalid JSON: nested too deeply\n");
    eqlc_buf_clear(&b);
}

/* ------------------------------------------------------------------------------------------------ Markdown
 */

static const char page_text[] =
    "---\nmapped: x\n---\n\n# Odd Shell [odd-shell-1]\n\nText.\n\n**Rule type**: %s\n\n"
    "**Severity**: high\n\n**Risk score**: 73\n\n## Investigation guide [_guide]\n\n"
    "```sql\nselect 1\n```\n\n## Rule query [_rule_query_7]\n\n```js\nprocess where\n"
    "  HERE\n%s\n**Framework**: X\n";

static void markdown_rule_page(void **state)
{
    fixture *f = *state;
    char text[2048];
    const eqlc_rule *rule;

    snprintf(text, sizeof text, page_text, "eql", "```\n");
    read_text(f, "a.md", text);
    rule = only_rule(f, "process where\n  HERE");
    assert_place(rule, "HERE", 25, 3);
    assert_string_equal(rule->name, "Odd Shell");
    assert_string_equal(rule->severity, "high");
    assert_int_equal(rule->risk_score, 73);
    snprintf(text, sizeof text, page_text, "eql", "true```\n");
    read_text(f, "a.md", text);
    only_rule(f, "process where\n  HERE\ntrue");
    snprintf(text, sizeof text, page_text, "query", "```\n");
    read_text(f, "a.md", text);
    assert_int_equal(f->rules.n, 0);
    assert_int_equal(f->rules.n_skipped, 1);
}

static void markdown_fences(void **state)
{
    fixture *f = *state;

    read_text(f, "a.md",
              "# T\r\n## One\r\n```eql\r\nany where 1\r\n  and HERE\r\n```\r\n"
              "```js\r\nany where 0\r\n```\r\n"
              "- item\r\n\r\n  ~~~~ eql title=\"x\"\r\n  any where 2\r\n\r\n    and ~~~ HERE\r\n  ~~~~~\r\n"
              "## Three\r\n```eql\r\nany where 3");
    assert_int_equal(f->rules.n, 3);
    assert_string_equal(f->rules.items[0].query, "any where 1\n  and HERE");
    assert_string_equal(f->rules.items[0].name, "One");
    assert_place(&f->rules.items[0], "HERE", 5, 7);
    assert_string_equal(f->rules.items[1].query, "any where 2\n\n  and ~~~ HERE");
    assert_place(&f->rules.items[1], "HERE", 15, 13);
    assert_string_equal(f->rules.items[2].query, "any where 3");
    assert_string_equal(f->rules.items[2].name, "Three");
    for (size_t i = 0; i < 3; i++)
        check_map(&f->rules.items[i]);
    assert_string_equal(f->log.data, "a.md:18:1: warning: this fence is never closed\n");
}

static void markdown_requests(void **state)
{
    fixture *f = *state;

    read_text(f, "a.md",
              "```console\nGET /logs/_eql/search\n{\n  \"query\": \"\"\"\n    any where \"a\" HERE\n  "
              "\"\"\"\n}\n```\n"
              "```console\nGET /logs/_search\n{ \"query\": \"x\" }\n```\n"
              "```eql\nPOST /x/_eql/search?size=1\n{ \"query\": \"any \\\"b\\\" HERE\" }\n```\n"
              "```eql\nGET /x/_eql/search\n{}\n```\n");
    assert_int_equal(f->rules.n, 2);
    assert_string_equal(f->rules.items[0].query, "\n    any where \"a\" HERE\n  ");
    assert_place(&f->rules.items[0], "HERE", 5, 19);
    assert_string_equal(f->rules.items[1].query, "any \"b\" HERE");
    assert_place(&f->rules.items[1], "HERE", 15, 23);
    assert_string_equal(f->log.data, "a.md:17:1: error: the request holds no \"query\" string\n");
}

static void text_of_a_rule_page(void **state)
{
    fixture *f = *state;
    const eqlc_rule *rule;

    read_text(f, "a.txt",
              "Odd Shell\n\nRule type: eql\n\nSeverity: low\n\nRisk score: 21\n\nWhere it is seen\n\n"
              "/* why */\nprocess where\n\n  HERE\n\nFramework: X\n");
    rule = only_rule(f, "/* why */\nprocess where\n\n  HERE");
    assert_place(rule, "HERE", 14, 3);
    assert_string_equal(rule->name, "Odd Shell");
    assert_string_equal(rule->severity, "low");
    read_text(f, "a.txt", "T\n\nRule type: eql\n\nNothing here.\n");
    assert_string_equal(f->log.data,
                        "a.txt:1:1: error: the page speaks of an EQL rule, but no query was found in it\n");
}

/* ----------------------------------------------------------------------------------------- files and paths
 */

static void unknown_names_are_told_by_content(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *text, *query;
    } cases[] = {
        { "any where true", "any where true" },
        { "// c\nsequence [any where true]\n", "// c\nsequence [any where true]\n" },
        { " {\"type\":\"eql\",\"query\":\"any where 1\"}", "any where 1" },
        { "[ {\"type\":\"eql\",\"query\":\"any where 1\"} ]", "any where 1" },
        { "# comment\n\n[rule]\nquery = 'any where 1'\n", "any where 1" },
        { "rule.query = 'any where 1'\n", "any where 1" },
        { "Text\n\n```eql\nany where 1\n```\n", "any where 1" },
        { "---\na: b\n---\n# T\n```eql\nany where 1\n```\n", "any where 1" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        read_text(f, "rule", cases[i].text);
        only_rule(f, cases[i].query);
    }
}

static void directories_are_sorted_and_searched(void **state)
{
    fixture *f = *state;

    assert_int_equal(mkdir(path_in(f, "b"), 0700), 0);
    assert_int_equal(mkdir(path_in(f, ".git"), 0700), 0);
    put(f, "c.eql", "3");
    put(f, "b/z.EQL", "2");
    put(f, "a.eql", "1");
    put(f, "notes.txt", "no rule");
    put(f, ".hidden.eql", "no");
    put(f, ".git/x.eql", "no");
    read_path(f, "");
    assert_string_equal(f->log.data, "");
    assert_int_equal(f->rules.n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(f->rules.items[i].query[0], '1' + (int)i);
    assert_string_equal(f->rules.items[1].path, path_in(f, "b/z.EQL"));
}

static void links_in_circles_end(void **state)
{
    fixture *f = *state;

    assert_int_equal(mkdir(path_in(f, "d"), 0700), 0);
    put(f, "d/a.eql", "1");
    assert_int_equal(symlink("..", path_in(f, "d/up")), 0);
    assert_int_equal(symlink("d", path_in(f, "again")), 0);
    assert_int_equal(symlink("self.eql", path_in(f, "self.eql")), 0);
    assert_int_equal(symlink("nowhere", path_in(f, "gone.toml")), 0);
    read_path(f, "");
    assert_int_equal(f->rules.n, 1);
    assert_int_equal(f->rules.n_unreadable, 2);
    assert_non_null(strstr(f->log.data, "gone.toml:0:0: error: cannot read: "));
    assert_non_null(strstr(f->log.data, "self.eql:0:0: error: cannot read: "));
}

static void files_that_are_no_text(void **state)
{
    fixture *f = *state;
    static const char binary[] = "\x7F"
                                 "ELF\0\1\2\3";
    static const char utf16[] = "\xFF\xFE"
                                "a\0n\0y\0";

    put_bytes(f, "a.eql", binary, sizeof binary);
    put_bytes(f, "b.toml", utf16, sizeof utf16);
    put_bytes(f, "c.json", binary, sizeof binary);
    put(f, "d.eql", "any where 1");
    read_path(f, "");
    assert_string_equal(f->log.data, "a.eql:1:1: error: this is a binary file, not a rule\n"
                                     "b.toml:1:1: error: the file is UTF-16; rule files are UTF-8\n"
                                     "c.json:1:1: error: this is a binary file, not a rule\n");
    assert_int_equal(f->rules.n, 1);
    assert_int_equal(f->rules.n_failed, 3);
}

static void files_that_are_too_large(void **state)
{
    fixture *f = *state;

    put(f, "a.ndjson", "");
    assert_int_equal(truncate(path_in(f, "a.ndjson"), 257 * 1024 * 1024), 0);
    read_path(f, "a.ndjson");
    assert_string_equal(f->log.data, "a.ndjson:0:0: error: cannot read: larger than 256 MiB\n");
    assert_int_equal(f->rules.n_unreadable, 1);
}

static void missing_files_are_reported(void **state)
{
    fixture *f = *state;

    read_path(f, "none.eql");
    assert_string_equal(f->log.data, "none.eql:0:0: error: cannot read: No such file or directory\n");
    assert_int_equal(f->rules.n_unreadable, 1);
}

static void junk_never_crashes(void **state)
{
    static const char *const names[] = { "j.eql", "j.toml", "j.json", "j.ndjson", "j.md", "j" };
    static const char alphabet[] = "\"\"'''`{}[]\\u:,=# \n\r\tae\xC3\xF0-0 rule.query type eql";
    fixture *f = *state;
    uint32_t seed = 1;

    for (int round = 0; round < 600; round++) {
        char junk[160];
        size_t n = 0;

        if (round % 3 == 0)
            n = (size_t)snprintf(junk, sizeof junk, "[rule]\nquery = \"\"\"");
        else if (round % 3 == 1)
            n = (size_t)snprintf(junk, sizeof junk, "{\"type\":\"eql\",\"query\":\"");
        while (n < sizeof junk - 4) {
            seed = seed * 1664525u + 1013904223u;
            junk[n++] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        put_bytes(f, names[round % 6], junk, n);
        read_path(f, names[round % 6]);
        for (size_t i = 0; i < f->rules.n; i++)
            check_map(&f->rules.items[i]);
    }
}

static void query_of_the_command_line(void **state)
{
    fixture *f = *state;
    const eqlc_rule *rule;

    eqlc_buf_text(&f->log, "");
    eqlc_rules_add_query(&f->rules, "any where\nHERE");
    rule = only_rule(f, "any where\nHERE");
    assert_string_equal(rule->path, "-q");
    assert_place(rule, "HERE", 2, 1);
}

/* -------------------------------------------------------------------------------------------------- helpers
 */

static void json_strings_are_escaped(void **state)
{
    eqlc_buf b = { NULL, 0, 0 };

    (void)state;
    eqlc_buf_json(&b, "a\"\\\n\x01\x7F\xC3\xA9\xFF\xED\xA0\x80z\0", 14);
    assert_string_equal(
        b.data,
        "\"a\\\"\\\\\\n\\u0001\\u007f\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\\u0000\"");
    eqlc_buf_json_cstr(&b, NULL);
    assert_string_equal(b.data + b.len - 4, "null");
    eqlc_buf_clear(&b);
}

static void nearest_word(void **state)
{
    static const char *const words[] = { "check", "run", "help", NULL };
    char text[32];

    (void)state;
    assert_string_equal(eqlc_nearest("chekc", words), "check");
    assert_string_equal(eqlc_nearest("rnu", words), "run");
    assert_null(eqlc_nearest("rnu1", words));
    assert_string_equal(eqlc_nearest("ru", words), "run");
    assert_null(eqlc_nearest("completely", words));
    assert_string_equal(eqlc_count_text(1234567, text), "1,234,567");
    assert_string_equal(eqlc_count_text(999, text), "999");
    assert_string_equal(eqlc_count_text(0, text), "0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(eql_file_is_the_query),
        TEST(eql_comments_name_the_rule),
        TEST(byte_order_mark_takes_no_column),
        TEST(columns_count_code_points),
        TEST(empty_files),
        TEST(toml_detection_rule),
        TEST(toml_endpoint_rule),
        TEST(toml_string_forms),
        TEST(toml_spans_end_where_their_text_ends),
        TEST(toml_other_rules_are_skipped),
        TEST(toml_problems_have_places),
        TEST(toml_hunts_and_lists),
        TEST(json_rule),
        TEST(json_export_keeps_eql_rules),
        TEST(json_arrays_assets_and_bare_rules),
        TEST(filters_are_not_passed_over_in_silence),
        TEST(json_broken_line_does_not_stop_the_others),
        TEST(json_problems_have_places),
        TEST(json_depth_is_bounded),
        TEST(markdown_rule_page),
        TEST(markdown_fences),
        TEST(markdown_requests),
        TEST(text_of_a_rule_page),
        TEST(unknown_names_are_told_by_content),
        TEST(directories_are_sorted_and_searched),
        TEST(links_in_circles_end),
        TEST(files_that_are_no_text),
        TEST(files_that_are_too_large),
        TEST(missing_files_are_reported),
        TEST(junk_never_crashes),
        TEST(query_of_the_command_line),
        TEST(json_strings_are_escaped),
        TEST(nearest_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
