/* bench_w1.c - one rule, one event at a time: eqlm_match on host structs and through a getter, beside the
 * same rule written by hand in C. All take part in every round, so that a slow phase of the machine hits all
 * alike; the ratio is taken within a round. Arguments: rounds (31), events (10000). */
#include "eqlmini.h"

#include "measure.h"
#include "w1.h"

#include <stdio.h>
#include <string.h>

#define MAX_ROUNDS 999
#define REPEAT 5 /* passes over the events in one measurement */

static const char *const names[] = { "event.category", "event.type", "host.os.type", "registry.data.strings",
                                     "registry.path" };
enum { N_FIELDS = sizeof names / sizeof names[0] };

static const eqlm_field fields[N_FIELDS] = {
    { EQLM_FIELD_STR("event.category", w1_event, category.ptr, category.len) },
    { EQLM_FIELD_STR("event.type", w1_event, type.ptr, type.len) },
    { EQLM_FIELD_STR("host.os.type", w1_event, os.ptr, os.len) },
    { EQLM_FIELD_STR_ARRAY("registry.data.strings", w1_event, strings, w1_text, len, n_strings, EQLM_ARRAY_POINTER) },
    { EQLM_FIELD_STR("registry.path", w1_event, path.ptr, path.len) },
};

static bool text_value(w1_text t, eqlm_value *out)
{
    out->type = EQLM_STRING;
    out->len = t.len;
    out->as.str = t.ptr;
    return true;
}

/* As a host would write it whose events are not described by a table. */
static bool get(void *ctx, const void *event, uint32_t field, eqlm_value *out)
{
    const w1_event *e = event;
    eqlm_value *items = ctx;
    switch (field) {
    case 0:
        return text_value(e->category, out);
    case 1:
        return text_value(e->type, out);
    case 2:
        return text_value(e->os, out);
    case 3:
        for (uint32_t i = 0; i < e->n_strings; i++)
            text_value(e->strings[i], &items[i]);
        out->type = EQLM_ARRAY;
        out->len = e->n_strings;
        out->as.items = items;
        return true;
    case 4:
        return text_value(e->path, out);
    default:
        return false;
    }
}

typedef struct contender {
    const char *name;
    eqlm_program *program; /* NULL: by hand */
    double ns[MAX_ROUNDS], ratio[MAX_ROUNDS];
} contender;

enum { HAND, STRUCT, GETTER, N_CONTENDERS };
static contender contenders[N_CONTENDERS] = {
    [HAND] = { .name = "C by hand" },
    [STRUCT] = { .name = "eqlm_match, struct" },
    [GETTER] = { .name = "eqlm_match, getter" },
};

static eqlm_program *compile(eqlm_schema *schema)
{
    eqlm_diags *diags = NULL;
    eqlm_program *program = NULL;
    if (eqlm_diags_new(NULL, &diags) != EQLM_OK)
        return NULL;
    if (eqlm_compile(NULL, schema, (eqlm_str) { w1_rule, strlen(w1_rule) }, NULL, diags, &program) != EQLM_OK)
        for (size_t i = 0; i < eqlm_diags_count(diags); i++)
            fprintf(stderr, "bench_w1: %s\n", eqlm_diags_get(diags, i)->message);
    eqlm_diags_free(diags);
    return program;
}

static bool match(const contender *c, eqlm_vm *vm, const w1_event *e)
{
    bool out = false;
    if (!c->program)
        return w1_hand(e);
    return eqlm_match(vm, c->program, e, &out) == EQLM_OK && out;
}

/* Nanoseconds an event. */
static double measure(const contender *c, eqlm_vm *vm, const w1_event *events, size_t n, size_t *matches)
{
    size_t found = 0;
    double begin = cpu_seconds();
    if (!c->program) {
        for (int pass = 0; pass < REPEAT; pass++)
            for (size_t i = 0; i < n; i++)
                found += w1_hand(&events[i]);
    } else {
        for (int pass = 0; pass < REPEAT; pass++)
            for (size_t i = 0; i < n; i++) {
                bool out = false;
                eqlm_match(vm, c->program, &events[i], &out);
                found += out;
            }
    }
    *matches = found / REPEAT;
    return (cpu_seconds() - begin) * 1e9 / (double)(n * REPEAT);
}

static bool results_agree(eqlm_vm *vm, const w1_event *events, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < N_CONTENDERS; k++)
            if (match(&contenders[k], vm, &events[i]) != events[i].match) {
                fprintf(stderr, "bench_w1: %s is wrong on %.*s\n", contenders[k].name,
                        (int)events[i].path.len, events[i].path.ptr);
                return false;
            }
    return true;
}

static void report(size_t rounds, size_t n)
{
    printf("one rule, %zu events, %zu rounds, CPU time\n", n, rounds);
    printf("%-22s %10s %10s %10s %12s\n", "", "ns/event", "best", "p90", "x hand");
    for (int k = 0; k < N_CONTENDERS; k++) {
        contender *c = &contenders[k];
        printf("%-22s %10.1f %10.1f %10.1f %12.2f\n", c->name, quantile(c->ns, rounds, 0.5), c->ns[0],
               quantile(c->ns, rounds, 0.9), quantile(c->ratio, rounds, 0.5));
    }
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 31,
           n = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000;
    if (rounds < 1 || rounds > MAX_ROUNDS || n < 100)
        return 2;
    w1_event *events = w1_events_new(n, 20);
    eqlm_value items[8];
    eqlm_schema *by_struct = NULL, *by_getter = NULL;
    eqlm_vm *vm = NULL;
    if (!events || eqlm_schema_new(NULL, &by_struct) != EQLM_OK ||
        eqlm_schema_new(NULL, &by_getter) != EQLM_OK ||
        eqlm_schema_add(by_struct, fields, N_FIELDS) != EQLM_OK || eqlm_vm_new(NULL, &vm) != EQLM_OK)
        return 2;
    for (size_t i = 0; i < N_FIELDS; i++) {
        eqlm_field f = { .name = names[i], .type = EQLM_TYPE_KEYWORD };
        if (eqlm_schema_add(by_getter, &f, 1) != EQLM_OK)
            return 2;
    }
    eqlm_schema_set_getter(by_getter, get, items);
    contenders[STRUCT].program = compile(by_struct);
    contenders[GETTER].program = compile(by_getter);
    bool ok = contenders[STRUCT].program && contenders[GETTER].program && results_agree(vm, events, n);
    for (size_t round = 0; ok && round < rounds; round++) {
        size_t matches[N_CONTENDERS];
        for (int k = 0; k < N_CONTENDERS; k++) {
            int who = (int)((round + (size_t)k) % N_CONTENDERS);
            contenders[who].ns[round] = measure(&contenders[who], vm, events, n, &matches[who]);
        }
        for (int k = 0; k < N_CONTENDERS; k++) {
            contenders[k].ratio[round] = contenders[k].ns[round] / contenders[HAND].ns[round];
            ok = ok && matches[k] == n / 100;
        }
    }
    if (ok)
        report(rounds, n);
    eqlm_program_free(contenders[STRUCT].program);
    eqlm_program_free(contenders[GETTER].program);
    eqlm_vm_free(vm);
    eqlm_schema_free(by_struct);
    eqlm_schema_free(by_getter);
    w1_events_free(events);
    return ok ? 0 : 1;
}
