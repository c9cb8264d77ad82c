/* corpus_series.c - the matcher's specifications of Elasticsearch's own tests: per block a name, a row of events for each
 * term ("key|A1": the number is the time), and the sequences wanted. Run by tests/support/corpus.sh. Argument: the file.
 * Exit status 1: some block gives other sequences. */
#include "eqlmini.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EVENTS 64
#define MAX_TEXT 4096

typedef struct event {
    int64_t term;
    char key[16], name[16];
    int64_t time;
} event;

static const eqlm_field fields[] = {
    { EQLM_FIELD_INT("term", event, term) },
    { EQLM_FIELD_CHARS("k", event, key) },
};

typedef struct block {
    char name[128];
    event events[MAX_EVENTS];
    size_t n;
    int64_t n_terms;
    char want[MAX_TEXT], got[MAX_TEXT];
} block;

static void die(const char *why)
{
    fprintf(stderr, "corpus_series: %s\n", why);
    exit(2);
}

static void add_text(char *to, const char *text)
{
    if (strlen(to) + strlen(text) + 2 > MAX_TEXT)
        die("too much text");
    strcat(to, text);
    strcat(to, " ");
}

static const char *without_key(const char *word)
{
    const char *bar = strchr(word, '|');
    return bar ? bar + 1 : word;
}

static void read_row(block *b, char *line)
{
    for (char *word = strtok(line, " \t\r\n"); word; word = strtok(NULL, " \t\r\n")) {
        event *e = &b->events[b->n++];
        const char *name = without_key(word);
        if (b->n == MAX_EVENTS || strlen(word) >= sizeof e->key)
            die("too many events");
        memset(e, 0, sizeof *e);
        memcpy(e->key, word, (size_t)(name - word) - (name > word));
        strcpy(e->name, name);
        e->term = b->n_terms;
        e->time = strtoll(name + strcspn(name, "0123456789"), NULL, 10);
    }
    b->n_terms++;
}

static void read_wanted(block *b, char *line)
{
    for (char *word = strtok(line, " \t\r\n"); word; word = strtok(NULL, " \t\r\n"))
        add_text(b->want, without_key(word));
    add_text(b->want, ";");
}

/* False: no further block. */
static bool read_block(FILE *f, block *b)
{
    char line[1024];
    int part = 0; /* name, events, wanted */
    memset(b, 0, sizeof *b);
    while (part < 3 && fgets(line, sizeof line, f)) {
        char *text = line + strspn(line, " \t\r\n");
        if (!*text || strncmp(text, "//", 2) == 0)
            continue;
        if (*text == ';') {
            part++;
        } else if (part == 0) {
            snprintf(b->name, sizeof b->name, "%.*s", (int)strcspn(text, "\r\n"), text);
            part = 1;
        } else if (part == 1) {
            read_row(b, text);
        } else {
            read_wanted(b, text);
        }
    }
    return part == 3;
}

static int by_time(const void *a, const void *b)
{
    const event *x = a, *y = b;
    return (x->time > y->time) - (x->time < y->time);
}

static bool on_match(void *ctx, const eqlm_stream_match *m)
{
    block *b = ctx;
    for (uint32_t i = 0; i < m->n_events; i++)
        add_text(b->got, b->events[m->events[i]].name);
    add_text(b->got, ";");
    return true;
}

static void run_block(block *b)
{
    char query[1024];
    eqlm_schema *schema = NULL;
    eqlm_program *program = NULL;
    eqlm_stream *s = NULL;
    eqlm_stream_options options = { .size = sizeof options, .on_match = on_match, .ctx = b };
    size_t len = (size_t)snprintf(query, sizeof query, "sequence%s", b->events[0].key[0] ? " by k" : "");
    for (int64_t i = 0; i < b->n_terms; i++)
        len += (size_t)snprintf(query + len, sizeof query - len, " [any where term == %lld]", (long long)i);
    qsort(b->events, b->n, sizeof b->events[0], by_time);
    if (eqlm_schema_new(NULL, &schema) != EQLM_OK ||
        eqlm_schema_add(schema, fields, sizeof fields / sizeof fields[0]) != EQLM_OK ||
        eqlm_compile(NULL, schema, (eqlm_str){ query, len }, NULL, NULL, &program) != EQLM_OK ||
        eqlm_stream_new(NULL, &options, &s) != EQLM_OK || eqlm_stream_add(s, program, NULL) != EQLM_OK)
        die("cannot start");
    for (size_t i = 0; i < b->n; i++) {
        eqlm_event_info info = { .id = i, .has_time = true, .time = b->events[i].time };
        if (eqlm_stream_feed(s, &b->events[i], &info) != EQLM_OK)
            die("the stream fails");
    }
    if (eqlm_stream_flush(s) != EQLM_OK)
        die("the stream fails");
    eqlm_stream_free(s);
    eqlm_program_free(program);
    eqlm_schema_free(schema);
}

int main(int argc, char **argv)
{
    static block b;
    size_t n = 0, different = 0;
    FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!f)
        die("cannot read FILE");
    for (; read_block(f, &b); n++) {
        run_block(&b);
        if (strcmp(b.want, b.got) == 0)
            continue;
        printf("%s:\n    wanted %s\n    got    %s\n", b.name, b.want, b.got);
        different++;
    }
    fclose(f);
    printf("%-48s %3zu blocks, %3zu equal, %zu different\n", "sequences.series-spec", n, n - different, different);
    return different != 0 || n == 0;
}
