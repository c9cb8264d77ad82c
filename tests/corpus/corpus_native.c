/* corpus_native.c - public rules as C against eqlm_match, on recorded events. Run by tests/support/corpus.sh. Arguments:
 * rule folders or files, "--", files of events. Exit status 1: some answer differs. */
#include "eqlmini.h"

#include "events.h"
#include "native_file.h"
#include "rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PER_FILE = 48, MAX_FILES = 256, MAX_SHOWN = 40 };

typedef struct item {
    const eqlc_rule *rule;
    eqlm_program *program;
    eqlm_native *native;
    char name[32];
} item;

typedef struct corpus {
    eqlc_rules rules;
    eqlm_schema *schema;
    eqlm_vm *vm;
    item *items;
    size_t n;
    ts_native_file files[MAX_FILES];
    size_t n_files;
    uint64_t events, matches, differences;
} corpus;

static void die(const char *what)
{
    fprintf(stderr, "corpus_native: %s\n", what);
    exit(2);
}

static void ignore_file(void *ctx, const char *path, eqlc_place place, bool warning, const char *message)
{
    (void)ctx, (void)path, (void)place, (void)warning, (void)message;
}

static void emit_rules(corpus *c)
{
    c->items = calloc(c->rules.n + 1, sizeof *c->items);
    if (!c->items || eqlm_schema_new(NULL, &c->schema) != EQLM_OK || eqlm_vm_new(NULL, &c->vm) != EQLM_OK ||
        eqlm_schema_set_types(c->schema, eqlm_ecs_type, NULL) != EQLM_OK ||
        eqlm_schema_set_getter(c->schema, eqlc_event_get, NULL) != EQLM_OK)
        die("memory is short");
    for (size_t i = 0; i < c->rules.n; i++) {
        const eqlc_rule *rule = &c->rules.items[i];
        item *it = &c->items[c->n];
        eqlm_options options = { .size = sizeof options, .dialect = rule->dialect, .category_field = rule->category_field };
        eqlm_str source = { rule->query, rule->query_len };
        if (eqlm_compile(NULL, c->schema, source, &options, NULL, &it->program) != EQLM_OK)
            continue;
        if (c->n == c->n_files * PER_FILE) {
            char what[32];
            snprintf(what, sizeof what, "corpus%zu", c->n_files);
            if (c->n_files == MAX_FILES)
                die("too many rules");
            ts_native_begin(&c->files[c->n_files++], what);
        }
        it->rule = rule;
        snprintf(it->name, sizeof it->name, "r%zu", i);
        if (ts_native_add(&c->files[c->n_files - 1], it->name, it->program, source))
            c->n++;
        else
            eqlm_program_free(it->program); /* a sequence, or about ancestry */
    }
}

static bool on_event(void *ctx, const eqlc_event *e)
{
    corpus *c = ctx;
    c->events++;
    for (size_t i = 0; i < c->n; i++) {
        const item *it = &c->items[i];
        bool want = false, got = false;
        uint64_t before = eqlm_vm_errors(c->vm);
        eqlm_status ws = eqlm_match(c->vm, it->program, e->values, &want);
        uint64_t between = eqlm_vm_errors(c->vm);
        eqlm_status gs = it->native->match(it->native, c->vm, e->values, &got);
        c->matches += got;
        if (ws == gs && want == got && eqlm_vm_errors(c->vm) - between == between - before)
            continue;
        if (c->differences++ < MAX_SHOWN)
            printf("%s:%llu, %s: eqlm_match %d, %s; native %d, %s\n", e->index, (unsigned long long)e->line,
                   it->rule->path, want, eqlm_status_text(ws), got, eqlm_status_text(gs));
    }
    return true;
}

static void on_error(void *ctx, const char *path, uint64_t line, uint64_t column, const char *message)
{
    (void)ctx, (void)column;
    fprintf(stderr, "%s:%llu: %s\n", path, (unsigned long long)line, message);
}

int main(int argc, char **argv)
{
    static corpus c;
    int split = 1;
    clock_t begin = clock();
    while (split < argc && strcmp(argv[split], "--") != 0)
        split++;
    eqlc_rules_read(&c.rules, argv + 1, (size_t)(split - 1), ignore_file, NULL);
    emit_rules(&c);
    ts_native_load(c.files, c.n_files);
    for (size_t i = 0; i < c.n; i++) {
        const eqlm_native_rule *rule = ts_native_find(&c.files[i / PER_FILE], c.items[i].name);
        if (eqlm_native_new(NULL, c.schema, rule, &c.items[i].native) != EQLM_OK)
            die("a query that cannot be loaded");
    }
    eqlc_event_options options = { .max_event_size = 64u << 20, .timestamp_field = "@timestamp" };
    eqlc_reader *reader = eqlc_reader_new(c.schema, &options);
    for (int i = split + 1; reader && i < argc; i++)
        eqlc_reader_run(reader, argv[i], on_event, on_error, &c);
    printf("native:   %4zu queries as C, %llu events, %llu pairs, %llu matches, %llu differences, %.1f s\n", c.n,
           (unsigned long long)c.events, (unsigned long long)(c.events * c.n), (unsigned long long)c.matches,
           (unsigned long long)c.differences, (double)(clock() - begin) / CLOCKS_PER_SEC);
    eqlc_reader_free(reader);
    for (size_t i = 0; i < c.n; i++) {
        eqlm_native_free(c.items[i].native);
        eqlm_program_free(c.items[i].program);
    }
    for (size_t i = 0; i < c.n_files; i++)
        ts_native_clear(&c.files[i]);
    free(c.items);
    eqlm_vm_free(c.vm);
    eqlm_schema_free(c.schema);
    eqlc_rules_clear(&c.rules);
    return c.differences || !c.n || !c.matches;
}
