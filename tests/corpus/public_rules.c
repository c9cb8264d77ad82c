#include "public_rules.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void corpus_die(const char *what, const char *which)
{
    fprintf(stderr, "corpus: %s: %s\n", what, which);
    exit(2);
}

static int by_file(const void *a, const void *b)
{
    return strcmp(((const public_rule *)a)->file, ((const public_rule *)b)->file);
}

public_rule *public_rules_find(const public_rules *rules, const char *file)
{
    public_rule key = { .file = file };
    return file ? bsearch(&key, rules->items, rules->n, sizeof key, by_file) : NULL;
}

/* ".../detection-rules/rules/linux/x.toml" -> "rules/linux/x.toml" */
static const char *file_in_collection(const eqlc_rule *r)
{
    static const char *const collections[] = { "/detection-rules/", "/protections-artifacts/" };
    for (size_t i = 0; i < sizeof collections / sizeof collections[0]; i++) {
        const char *p = strstr(r->path, collections[i]);
        if (p)
            return p + strlen(collections[i]);
    }
    return r->id ? r->id : r->path;
}

static void report_file(void *ctx, const char *path, eqlc_place place, bool warning, const char *message)
{
    public_rules *rules = ctx;
    rules->failures += !warning;
    fprintf(stderr, "%s:%u:%u: %s\n", path, (unsigned)place.line, (unsigned)place.column, message);
}

static void report_rule(public_rules *rules, const public_rule *r, const eqlm_diags *diags,
                        eqlm_status status)
{
    const eqlm_diag *d = NULL;
    for (size_t k = 0; k < eqlm_diags_count(diags) && (!d || d->severity != EQLM_ERROR); k++)
        d = eqlm_diags_get(diags, k);
    eqlc_place place = eqlc_rule_place(r->rule, d ? d->start : 0);
    if (d && strncmp(d->code, "E7", 2) == 0) { /* a part of the language that is not there yet */
        rules->pending++;
        return;
    }
    rules->failures++;
    printf("%s:%u:%u: %s: %s\n", r->rule->path, (unsigned)place.line, (unsigned)place.column,
           d ? d->code : "", d ? d->message : eqlm_status_text(status));
}

static void compile_all(public_rules *rules)
{
    eqlm_diags *diags = NULL;
    size_t compiled[2] = { 0 }, total[2] = { 0 }, sequences[2] = { 0 };
    if (eqlm_diags_new(NULL, &diags) != EQLM_OK)
        corpus_die("memory", "short");
    for (size_t i = 0; i < rules->n; i++) {
        public_rule *r = &rules->items[i];
        eqlm_options options = { .size = sizeof options,
                                 .dialect = r->rule->dialect,
                                 .category_field = r->rule->category_field };
        eqlm_str source = { r->rule->query, r->rule->query_len };
        eqlm_status s = eqlm_compile(NULL, rules->schema, source, &options, diags, &r->program);
        r->endpoint = r->rule->dialect == EQLM_DIALECT_ENDPOINT;
        total[r->endpoint]++;
        if (s == EQLM_OK) {
            compiled[r->endpoint]++;
            sequences[r->endpoint] += eqlm_program_get_kind(r->program) != EQLM_EVENT_QUERY;
        } else {
            report_rule(rules, r, diags, s);
        }
    }
    for (int k = 0; k < 2; k++)
        printf("%-9s %4zu rules, %4zu compile (%zu sequences)\n", k ? "endpoint:" : "es:", total[k],
               compiled[k], sequences[k]);
    if (rules->pending)
        printf("pending:  %4llu rules use what is not supported yet\n", (unsigned long long)rules->pending);
    eqlm_diags_free(diags);
}

void public_rules_open(public_rules *rules, char **paths, size_t n)
{
    memset(rules, 0, sizeof *rules);
    eqlc_rules_read(&rules->read, paths, n, report_file, rules);
    rules->n = rules->read.n;
    rules->items = calloc(rules->n + 1, sizeof *rules->items);
    if (!rules->items || eqlm_schema_new(NULL, &rules->schema) != EQLM_OK ||
        eqlm_schema_set_types(rules->schema, eqlm_ecs_type, NULL) != EQLM_OK ||
        eqlm_schema_set_getter(rules->schema, eqlc_event_get, NULL) != EQLM_OK)
        corpus_die("memory", "short");
    for (size_t i = 0; i < rules->n; i++) {
        rules->items[i].rule = &rules->read.items[i];
        rules->items[i].file = file_in_collection(rules->items[i].rule);
    }
    qsort(rules->items, rules->n, sizeof *rules->items, by_file);
    compile_all(rules);
}

void public_rules_mark_covered(public_rules *rules, const char *corpus, const char *kind)
{
    char path[1024];
    const char *name;
    json_t *collection, *file;
    json_error_t error;
    size_t i;
    snprintf(path, sizeof path, "%s/expected/rules_covered.json", corpus);
    json_t *covered = json_load_file(path, 0, &error);
    if (!covered)
        corpus_die(path, error.text);
    json_object_foreach(covered, name, collection)
        json_array_foreach(json_object_get(collection, kind), i, file)
    {
        public_rule *r = public_rules_find(rules, json_string_value(file));
        if (r)
            r->covered = true;
        else
            printf("%s: no such rule\n", json_string_value(file));
    }
    json_decref(covered);
}

eqlc_reader *public_rules_reader(const public_rules *rules)
{
    eqlc_event_options options = { .max_event_size = 64u << 20, .timestamp_field = "@timestamp" };
    eqlc_reader *reader = eqlc_reader_new(rules->schema, &options);
    if (!reader)
        corpus_die("memory", "short");
    return reader;
}

void public_rules_close(public_rules *rules)
{
    for (size_t i = 0; i < rules->n; i++)
        eqlm_program_free(rules->items[i].program);
    free(rules->items);
    eqlm_schema_free(rules->schema);
    eqlc_rules_clear(&rules->read);
}
