/* test_doc_codes.c - docs/diagnostics.md has one section for every row of the catalogue, in its order, with
 * the row's name and message, and an example that has the code; docs/language.md names every limit. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "eqlmini.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_page(const char *path)
{
    enum { MAX = 1 << 20 };
    char *text = malloc(MAX);
    FILE *f = fopen(path, "rb");
    assert_non_null(text);
    if (!f)
        fail_msg("%s cannot be read: run the tests in the root of the project", path);
    size_t n = fread(text, 1, MAX - 1, f);
    assert_true(n > 0 && n < MAX - 1);
    text[n] = 0;
    fclose(f);
    return text;
}

/* The message with an ellipsis for each placeholder, as the page shows it. */
static void shown(const char *message, char out[256])
{
    size_t n = 0;
    for (; *message && n < 250; message++) {
        if (*message == '%' && message[1]) {
            message++;
            memcpy(out + n, "\xE2\x80\xA6", 3);
            n += 3;
        } else {
            out[n++] = *message;
        }
    }
    out[n] = 0;
}

static void test_sections(void **state)
{
    (void)state;
    char *page = read_page("docs/diagnostics.md");
    const char *at = page;
    eqlm_diag_info info;
    size_t n = 0;
    for (; eqlm_diag_catalog(n, &info); n++) {
        char head[128], message[256], example[16];
        snprintf(head, sizeof head, "\n### %s %s\n", info.code, info.name);
        const char *section = strstr(at, head);
        if (!section)
            fail_msg("no section \"### %s %s\", or not in its place", info.code, info.name);
        at = section + strlen(head) - 1;
        const char *next = strstr(at, "\n### "), *end = next ? next : at + strlen(at);
        shown(info.summary, message);
        const char *said = strstr(at, message);
        if (!said || said > end)
            fail_msg("%s does not show its message: %s", info.code, message);
        snprintf(example, sizeof example, " => %s\n", info.code);
        const char *shows = strstr(at, example);
        /* Bytes that are not UTF-8 cannot stand in the page. */
        if ((!shows || shows > end) && strcmp(info.name, "invalid-utf8") != 0)
            fail_msg("%s has no example", info.code);
    }
    size_t n_sections = 0;
    for (const char *p = page; (p = strstr(p, "\n### ")) != NULL; p++)
        n_sections++;
    assert_int_equal(n_sections, n);
    free(page);
}

static void test_limits(void **state)
{
    (void)state;
    static const char *const names[] = { "max_source",  "max_depth",   "max_nodes", "max_regex_states",
                                         "max_choices", "max_scratch", "max_diags" };
    assert_int_equal(sizeof(eqlm_limits), sizeof(uint32_t) * (sizeof names / sizeof *names));
    char *page = read_page("docs/language.md");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char row[64];
        snprintf(row, sizeof row, "\n| `%s` |", names[i]);
        assert_non_null(strstr(page, row));
    }
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
