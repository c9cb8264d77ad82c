/* complaints.c - what is said on standard error about events that cannot be read. */
#include "complaints.h"

#include "util.h"

#include <string.h>

#define MOST_SHOWN 20

void eqlc_complaints_end(eqlc_complaints *c)
{
    char count[32];

    if (c->n > MOST_SHOWN)
        fprintf(stderr, "%s: %s more such %s\n", c->path, eqlc_count_text(c->n - MOST_SHOWN, count),
                c->n == MOST_SHOWN + 1 ? "error" : "errors");
    *c = (eqlc_complaints) { .path = NULL };
}

void eqlc_complain(eqlc_complaints *c, const char *path, uint64_t line, uint64_t column, const char *message)
{
    if (!c->path || strcmp(c->path, path) != 0) {
        eqlc_complaints_end(c);
        c->path = path;
    }
    if (line && ++c->n > MOST_SHOWN)
        return;
    fputs(path, stderr);
    if (line)
        fprintf(stderr, ":%llu", (unsigned long long)line);
    if (column)
        fprintf(stderr, ":%llu", (unsigned long long)column);
    fprintf(stderr, ": error: %s\n", message);
}
