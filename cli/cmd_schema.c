/* cmd_schema.c - eqlc schema: learns the types of fields from events, shows those that are known. */
#include "commands.h"
#include "complaints.h"
#include "events.h"
#include "learn.h"
#include "util.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const struct option long_options[] = {
    EQLC_SCHEMA_OPTIONS,
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

/* ------------------------------------------------------------------------------------------------------
 * learn
 */

typedef struct learning {
    eqlc_learner learner;
    eqlc_complaints complaints;
    const char *path;
    uint64_t n_bad; /* documents that only the learner looked at closely enough */
} learning;

static void on_error(void *ctx, const char *path, uint64_t line, uint64_t column, const char *message)
{
    learning *l = ctx;

    eqlc_complain(&l->complaints, path, line, column, message);
}

static bool on_event(void *ctx, const eqlc_event *event)
{
    learning *l = ctx;

    if (!eqlc_learn(&l->learner, event->source, event->source_len)) {
        l->n_bad++;
        eqlc_complain(&l->complaints, l->path, event->line, 0, l->learner.tree.message);
    }
    return true;
}

static int learn(char *const *paths, int n)
{
    eqlc_event_options options = { .max_event_size = EQLC_EVENT_SIZE, .timestamp_field = "@timestamp" };
    learning l = { .path = NULL };
    eqlc_buf out = { NULL, 0, 0 };
    eqlm_schema *schema;
    eqlc_reader *reader;
    eqlc_event_counts counts;

    if (n == 0)
        return eqlc_usage_error("schema", "no events given: name files, or - for standard input");
    if (eqlc_check_stdin("schema", NULL, 0, paths, n) != EQLC_EXIT_OK)
        return EQLC_EXIT_USAGE;
    /* The reader has nothing to extract: only the text of the documents is wanted. */
    if (eqlm_schema_new(NULL, &schema) != EQLM_OK)
        eqlc_die("out of memory");
    reader = eqlc_reader_new(schema, &options);
    if (!reader)
        eqlc_die("out of memory");
    for (int i = 0; i < n; i++) {
        l.path = paths[i];
        eqlc_reader_run(reader, paths[i], on_event, on_error, &l);
    }
    eqlc_complaints_end(&l.complaints);
    counts = *eqlc_reader_counts(reader);
    eqlc_reader_free(reader);
    eqlm_schema_free(schema);
    eqlc_learn_write(&l.learner, &out);
    fwrite(out.data, 1, out.len, stdout);
    eqlc_buf_clear(&out);
    eqlc_learn_clear(&l.learner);
    if (counts.bad_files)
        return EQLC_EXIT_USAGE;
    return counts.bad || l.n_bad ? EQLC_EXIT_FINDINGS : EQLC_EXIT_OK;
}

/* ------------------------------------------------------------------------------------------------------
 * show
 */

typedef struct names {
    eqlm_str *items;
    size_t n, cap;
} names;

static int by_name(const void *a_, const void *b_)
{
    const eqlm_str *a = a_, *b = b_;
    int order = memcmp(a->ptr, b->ptr, a->len < b->len ? a->len : b->len);

    return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* All names that have one, sorted. */
static names known_names(eqlc_types *types)
{
    names all = { NULL, 0, 0 };
    eqlm_str name;

    for (size_t i = 0; eqlc_types_name(types, i, &name); i++) {
        if (i >= types->names.n && eqlc_names_find(&types->names, name) != EQLC_NO_NAME)
            continue; /* a file says something else about it */
        all.items = eqlc_grow(all.items, &all.cap, all.n + 1, sizeof *all.items);
        all.items[all.n++] = name;
    }
    if (all.n)
        qsort(all.items, all.n, sizeof *all.items, by_name);
    return all;
}

static void show_one(eqlc_types *types, eqlm_str name)
{
    bool is_array = false;
    eqlm_type type = eqlc_types_of(types, name, &is_array);

    fwrite(name.ptr, 1, name.len, stdout);
    printf("\t%s%s\n", eqlc_type_text(type), is_array ? "\tarray" : "");
}

static bool lies_below(eqlm_str name, eqlm_str above)
{
    return name.len > above.len && name.ptr[above.len] == '.' && memcmp(name.ptr, above.ptr, above.len) == 0;
}

/* A field and those below it. False: there is neither. */
static bool show_field(eqlc_types *types, const names *all, const char *text)
{
    eqlm_str wanted = { text, strlen(text) };
    bool is_array = false, found = eqlc_types_of(types, wanted, &is_array) != EQLM_TYPE_ANY;

    if (found)
        show_one(types, wanted);
    for (size_t i = 0; i < all->n; i++) {
        if (lies_below(all->items[i], wanted)) {
            show_one(types, all->items[i]);
            found = true;
        }
    }
    if (!found)
        fprintf(stderr, "eqlc schema: no schema knows the field '%s'\n", text);
    return found;
}

static int show(eqlc_compiling *compiling, char *const *fields, int n)
{
    int code = EQLC_EXIT_OK;
    names all;

    eqlc_compiling_read_types(compiling);
    all = known_names(&compiling->types);
    for (size_t i = 0; n == 0 && i < all.n; i++)
        show_one(&compiling->types, all.items[i]);
    for (int i = 0; i < n; i++) {
        if (!show_field(&compiling->types, &all, fields[i]))
            code = EQLC_EXIT_FINDINGS;
    }
    free(all.items);
    return code;
}

/* ------------------------------------------------------------------------------------------------------ */

int eqlc_cmd_schema(int argc, char **argv)
{
    static const eqlc_command_line line = { "schema", "h", long_options, NULL };
    eqlc_compiling compiling = { .no_schema = false };
    int code;

    if (!eqlc_command_line_read(&line, argc, argv, &compiling, NULL, &code)) {
        eqlc_compiling_clear(&compiling);
        return code;
    }
    if (optind < argc && strcmp(argv[optind], "learn") == 0)
        code = learn(argv + optind + 1, argc - optind - 1);
    else if (optind < argc && strcmp(argv[optind], "show") == 0)
        code = show(&compiling, argv + optind + 1, argc - optind - 1);
    else
        code = eqlc_usage_error("schema", "say what to do: learn EVENTS... or show [FIELD...]");
    eqlc_compiling_clear(&compiling);
    return code;
}
