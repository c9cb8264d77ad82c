/* test_doc_sequences.c - the blocks fenced as ```eql-sequence of docs/language.md:
 *     query:  sequence by k [a where true] [b where true]
 *     events: 1 a k=x; 2 b k=x        => (1, 2)
 * An event is its time in milliseconds, its category and fields; its number is its place in the list. A value
 * is JSON without blanks, or a word. Behind the arrow stand the matches in the order in which they are told;
 * `-` is a missing event. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "event.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_EXAMPLES = 256, MAX_EVENTS = 32, MAX_TEXT = 1024 };

typedef struct example {
    char name[64], query[MAX_TEXT], events[MAX_TEXT], want[MAX_TEXT];
} example;

static example examples[MAX_EXAMPLES];
static size_t n_examples;

/* What the stream has told so far. */
static bool on_match(void *ctx, const eqlm_stream_match *match)
{
    char *told = ctx;
    size_t n = strlen(told);
    for (uint32_t i = 0; i < match->n_events; i++) {
        const char *before = i ? ", " : n ? " (" : "(";
        if (match->events[i] == EQLM_NO_EVENT)
            n += (size_t)snprintf(told + n, MAX_TEXT - n, "%s-", before);
        else
            n += (size_t)snprintf(told + n, MAX_TEXT - n, "%s%" PRIu64, before, match->events[i]);
        assert_true(n < MAX_TEXT - 8);
    }
    strcpy(told + n, ")");
    return true;
}

static void read_field(json_t *doc, char *field)
{
    char *value = strchr(field, '=');
    if (!value)
        fail_msg("no value in '%s'", field);
    *value++ = 0;
    json_t *v = json_loads(value, JSON_DECODE_ANY, NULL);
    json_object_set_new(doc, field, v ? v : json_string(value));
}

static ts_event *read_event(char *text, json_t *doc, eqlm_event_info *info)
{
    char *save, *time = strtok_r(text, " ", &save), *category = strtok_r(NULL, " ", &save);
    assert_non_null(category);
    info->has_time = true;
    info->time = strtoll(time, NULL, 10) * 1000000;
    json_object_set_new(doc, "event.category", json_string(category));
    for (char *field; (field = strtok_r(NULL, " ", &save)) != NULL;)
        read_field(doc, field);
    return ts_event_new(doc, NULL, NULL);
}

static void test_example(void **state)
{
    const example *x = *state;
    char told[MAX_TEXT] = "", events[MAX_TEXT];
    ts_event *all[MAX_EVENTS];
    json_t *docs = json_array();
    uint64_t n = 0;
    ts_getter getter = { 0 };
    eqlm_schema *schema = NULL;
    eqlm_program *program = NULL;
    eqlm_stream *stream = NULL;
    eqlm_stream_options options = { .size = sizeof options, .on_match = on_match, .ctx = told };
    assert_int_equal(eqlm_schema_new(NULL, &schema), EQLM_OK);
    getter.schema = schema;
    assert_int_equal(eqlm_schema_set_getter(schema, ts_event_get, &getter), EQLM_OK);
    assert_int_equal(
        eqlm_compile(NULL, schema, (eqlm_str) { x->query, strlen(x->query) }, NULL, NULL, &program), EQLM_OK);
    assert_int_equal(eqlm_stream_new(NULL, &options, &stream), EQLM_OK);
    assert_int_equal(eqlm_stream_add(stream, program, &(uint32_t) { 0 }), EQLM_OK);
    strcpy(events, x->events);
    for (char *save, *e = strtok_r(events, ";", &save); e; e = strtok_r(NULL, ";", &save)) {
        assert_true(n < MAX_EVENTS);
        eqlm_event_info info = { .id = n + 1 };
        json_t *doc = json_object();
        json_array_append_new(docs, doc);
        getter.event = all[n++] = read_event(e, doc, &info);
        assert_int_equal(eqlm_stream_feed(stream, ts_event_root(getter.event), &info), EQLM_OK);
    }
    assert_int_equal(eqlm_stream_flush(stream), EQLM_OK);
    assert_string_equal(told, x->want);
    eqlm_stream_free(stream);
    eqlm_program_free(program);
    eqlm_schema_free(schema);
    while (n > 0)
        ts_event_free(all[--n]);
    json_decref(docs);
}

static char *trim(char *s)
{
    s += strspn(s, " ");
    size_t n = strlen(s);
    while (n && strchr(" \n", s[n - 1]))
        s[--n] = 0;
    return s;
}

static bool read_examples(const char *path)
{
    char line[MAX_TEXT], query[MAX_TEXT] = "";
    bool inside = false, ok = true;
    FILE *f = fopen(path, "r");
    for (size_t number = 1; ok && f && fgets(line, sizeof line, f); number++) {
        if (strncmp(line, "```", 3) == 0) {
            inside = strcmp(line, "```eql-sequence\n") == 0;
        } else if (inside && strncmp(line, "query:", 6) == 0) {
            strcpy(query, trim(line + 6));
        } else if (inside) {
            char *arrow = strstr(line, "=>");
            ok = strncmp(line, "events:", 7) == 0 && arrow && query[0] && n_examples < MAX_EXAMPLES;
            if (!ok) {
                fprintf(stderr, "%s:%zu: not an example\n", path, number);
                break;
            }
            *arrow = 0;
            example *x = &examples[n_examples++];
            snprintf(x->name, sizeof x->name, "%s:%zu: %.30s", strrchr(path, '/') + 1, number, query);
            strcpy(x->query, query);
            strcpy(x->events, trim(line + 7));
            strcpy(x->want, trim(arrow + 2));
        }
    }
    if (f)
        fclose(f);
    return f && ok && n_examples > 0;
}

int main(void)
{
    static struct CMUnitTest tests[MAX_EXAMPLES];
    if (!read_examples("docs/language.md"))
        return 2;
    for (size_t i = 0; i < n_examples; i++)
        tests[i] = (struct CMUnitTest) { examples[i].name, test_example, NULL, NULL, &examples[i] };
    return _cmocka_run_group_tests("examples of sequences", tests, n_examples, NULL, NULL);
}
