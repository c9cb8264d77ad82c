/* rules_eql.c - a file that is one query. Comment lines at its start may tell about the rule: "// name: ...",
 * "// id: ...", "// severity: ...". */
#include "rules_read.h"

#include <string.h>

static void read_pragma(eqlc_rule *rule, const char *line, size_t len)
{
    static const char *const keys[] = { "name:", "id:", "severity:" };
    char **const fields[] = { &rule->name, &rule->id, &rule->severity };

    while (len && (*line == '/' || *line == ' ' || *line == '\t')) {
        line++;
        len--;
    }
    for (size_t i = 0; i < 3; i++) {
        size_t n = strlen(keys[i]);

        if (len <= n || memcmp(line, keys[i], n) != 0)
            continue;
        for (line += n, len -= n; len && (*line == ' ' || *line == '\t'); line++)
            len--;
        while (len && (line[len - 1] == ' ' || line[len - 1] == '\t' || line[len - 1] == '\r'))
            len--;
        if (len)
            eqlc_rule_set(fields[i], line, len);
        return;
    }
}

void eqlc_read_eql(eqlc_input *in)
{
    eqlc_query q = { { NULL, 0, 0 }, NULL, 0, 0 };
    eqlc_rule *rule;
    size_t at = in->start;

    eqlc_query_verbatim(&q, in->text + in->start, in->len - in->start, in->start);
    rule = eqlc_rule_add(in, &q, in->len);
    while (in->len - at >= 2 && memcmp(in->text + at, "//", 2) == 0) {
        const char *newline = memchr(in->text + at, '\n', in->len - at);
        size_t len = newline ? (size_t)(newline - in->text) - at : in->len - at;

        read_pragma(rule, in->text + at, len);
        at += len + (newline != NULL);
    }
}
