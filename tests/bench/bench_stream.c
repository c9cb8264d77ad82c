/* bench_stream.c - events per second through sequences, and bytes per partial result: ordinary keys, and what
 * somebody who wants to slow the stream down would send. */
#include "eqlmini.h"
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct event {
    const char *category;
    char key[40];
    int64_t ports[100];
    uint32_t n_ports;
    int64_t number;
} event;

static const eqlm_field fields[] = {
    { EQLM_FIELD_CSTR("event.category", event, category) },
    { EQLM_FIELD_CHARS("process.entity_id", event, key) },
    { EQLM_FIELD_INT("number", event, number) },
    { EQLM_FIELD_ARRAY("ports", EQLM_STORE_INT, event, ports, n_ports, EQLM_ARRAY_INLINE) },
};

typedef struct load {
    const char *name, *query;
    const char *categories; /* of the events, by their first letters, in turn */
    uint32_t n_keys;        /* 0: a new one for every event */
    uint32_t n_ports;
    uint32_t n_events;
    int64_t step; /* ns between events */
    bool release;
} load;

#define BY "sequence by process.entity_id "

static const load loads[] = {
    { "two terms, 10,000 keys", BY "[a where true] [b where true]", "ab", 9999, 1, 2000000, 1000, false },
    { "the same, ids released", BY "[a where true] [b where true]", "ab", 9999, 1, 2000000, 1000, true },
    { "three terms, 1 s of 1,000,000 events/s, new keys",
      BY "with maxspan=1s [a where true] [b where true] [c where true]", "a", 0, 1, 2000000, 1000, false },
    { "one key for all", BY "[a where true] [b where true] [c where true]", "abc", 1, 1, 2000000, 1000,
      false },
    { "new keys until the budget is full, and on", BY "[a where true] [b where true]", "a", 0, 1, 3000000,
      1000, false },
    { "100 values of a key", "sequence by ports [a where true] [b where true]", "ab", 1, 100, 30000, 1000,
      false },
    { "trailing missing event, one key", BY "with maxspan=10s [a where true] ![b where true]", "a", 1, 1,
      1000000, 1000, false },
    { "the same with occurrences at one instant", BY "with maxspan=10s [a where true] ![b where true]", "ab",
      1, 1, 1000000, 0, false },
    { "leading missing event, new keys", BY "with maxspan=1s ![a where true] [b where true]", "a", 0, 1,
      1000000, 1000, false },
    { "sample, one key", "sample by process.entity_id [a where true] [a where true] [b where true]", "a", 1,
      1, 1000000, 1000, false },
    { "sample, new keys", "sample by process.entity_id [a where true] [b where true]", "a", 0, 1, 500000,
      1000, false },
    { "nothing matches", BY "[x where true] [y where true]", "ab", 1, 1, 2000000, 1000, false },
};

static void die(const char *why)
{
    fprintf(stderr, "bench_stream: %s\n", why);
    exit(2);
}

static void on_release(void *ctx, uint64_t id)
{
    (void)id;
    ++*(uint64_t *)ctx;
}

static void set_key(char *key, uint32_t n)
{
    memcpy(key, "entity-0000000000-0123456789abcdef", 35);
    for (unsigned i = 0; i < 10; i++, n /= 10)
        key[16 - i] = (char)('0' + n % 10);
}

/* Keys that somebody chose: ns per event for n events and for twice as many must be the same. */
static void run_chosen(const char *name, int64_t factor, bool completes)
{
    static const char *const categories[] = { "a", "b" };
    const char *query = "sequence by number with maxspan=10s [a where true] [b where true]";
    double ns[2];
    for (uint32_t k = 0; k < 2; k++) {
        uint32_t n = 500000u << k;
        eqlm_schema *schema = NULL;
        eqlm_program *program = NULL;
        eqlm_stream *s = NULL;
        event e = { 0 };
        if (eqlm_schema_new(NULL, &schema) != EQLM_OK ||
            eqlm_schema_add(schema, fields, sizeof fields / sizeof fields[0]) != EQLM_OK ||
            eqlm_compile(NULL, schema, (eqlm_str) { query, strlen(query) }, NULL, NULL, &program) !=
                EQLM_OK ||
            eqlm_stream_new(NULL, NULL, &s) != EQLM_OK || eqlm_stream_add(s, program, NULL) != EQLM_OK)
            die(query);
        double begin = cpu_seconds();
        for (uint32_t i = 0; i < n; i++) {
            eqlm_event_info info = { .id = i, .has_time = true, .time = i };
            e.category = categories[completes ? i % 2 : 0];
            e.number = (int64_t)(completes ? i / 2 : i) * factor;
            if (eqlm_stream_feed(s, &e, &info) != EQLM_OK)
                die("the stream fails");
        }
        ns[k] = (cpu_seconds() - begin) / n * 1e9;
        eqlm_stream_free(s);
        eqlm_program_free(program);
        eqlm_schema_free(schema);
    }
    printf("%-52s %7.0f ns/event for 500,000, %7.0f for 1,000,000\n", name, ns[0], ns[1]);
}

static void run(const load *l)
{
    static const char *const categories[] = { "a", "b", "c" };
    eqlm_schema *schema = NULL;
    eqlm_program *program = NULL;
    eqlm_stream *s = NULL;
    eqlm_stream_counts c;
    uint64_t released = 0;
    eqlm_stream_options o = { .size = sizeof o,
                              .on_release = l->release ? on_release : NULL,
                              .ctx = &released };
    if (eqlm_schema_new(NULL, &schema) != EQLM_OK ||
        eqlm_schema_add(schema, fields, sizeof fields / sizeof fields[0]) != EQLM_OK ||
        eqlm_compile(NULL, schema, (eqlm_str) { l->query, strlen(l->query) }, NULL, NULL, &program) !=
            EQLM_OK ||
        eqlm_stream_new(NULL, &o, &s) != EQLM_OK || eqlm_stream_add(s, program, NULL) != EQLM_OK)
        die(l->query);
    event e = { .n_ports = l->n_ports };
    for (uint32_t i = 0; i < l->n_ports; i++)
        e.ports[i] = i;
    size_t n_categories = strlen(l->categories);
    double begin = cpu_seconds();
    for (uint32_t i = 0; i < l->n_events; i++) {
        eqlm_event_info info = { .id = i, .has_time = true, .time = (int64_t)i * l->step };
        e.category = categories[l->categories[i % n_categories] - 'a'];
        set_key(e.key, l->n_keys ? i / (uint32_t)n_categories % l->n_keys : i);
        if (eqlm_stream_feed(s, &e, &info) != EQLM_OK)
            die("the stream fails");
    }
    double fed = cpu_seconds();
    eqlm_stream_get_counts(s, &c);
    if (eqlm_stream_flush(s) != EQLM_OK)
        die("the stream fails");
    double flushed = cpu_seconds();
    printf("%-52s %7.0f ns/event, %9llu partials, %7.1f MB", l->name, (fed - begin) / l->n_events * 1e9,
           (unsigned long long)c.partials, (double)c.state_bytes / 1e6);
    if (c.partials)
        printf(", %4.0f B each, flush %5.0f ns each", (double)c.state_bytes / (double)c.partials,
               (flushed - fed) / (double)c.partials * 1e9);
    printf(c.evicted ? ", %llu evicted\n" : "\n", (unsigned long long)c.evicted);
    eqlm_stream_free(s);
    eqlm_program_free(program);
    eqlm_schema_free(schema);
}

int main(void)
{
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++)
        run(&loads[i]);
    run_chosen("chosen keys: all equal", 0, true);
    run_chosen("chosen keys: all different, kept", 1, false);
    run_chosen("chosen keys: all different, completed", 1, true);
    run_chosen("chosen keys: equal in their low 32 bits, kept", INT64_C(1) << 32, false);
    run_chosen("chosen keys: equal in their high 32 bits and low 12", 1 << 12, false);
    return 0;
}
