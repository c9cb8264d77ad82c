/* bench_w1.c - one rule, one event at a time: eqlm_match on host structs and through a getter, with SIMD and
 * as portable C, and the C code that the library writes for both, beside the same rule written by hand in C.
 * All take part in every round, so that a slow phase of the machine hits all alike; the ratio is taken within
 * a round. Arguments: rounds (31), events (10000). */
#include "measure.h"
#include "w1.h"

#include <stdio.h>
#include <string.h>

#define MAX_ROUNDS 999
#define REPEAT 5 /* passes over the events in one measurement */

typedef struct contender {
    const char *name;
    const w1_library *library; /* for eqlm_match, or */
    bool getter;
    eqlm_native *native; /* generated code; neither: by hand */
    eqlm_schema *schema;
    eqlm_program *program;
    eqlm_vm *vm;
    double ns[MAX_ROUNDS], ratio[MAX_ROUNDS];
} contender;

enum { HAND, STRUCT, GETTER, PORTABLE_STRUCT, PORTABLE_GETTER, NATIVE_STRUCT, NATIVE_GETTER, N_CONTENDERS };
static contender contenders[N_CONTENDERS] = {
    [HAND] = { .name = "C by hand" },
    [STRUCT] = { .name = "eqlm_match, struct", .library = &w1_default },
    [GETTER] = { .name = "eqlm_match, getter", .library = &w1_default, .getter = true },
    [PORTABLE_STRUCT] = { .name = "without SIMD, struct", .library = &w1_portable },
    [PORTABLE_GETTER] = { .name = "without SIMD, getter", .library = &w1_portable, .getter = true },
    [NATIVE_STRUCT] = { .name = "emitted C, struct" },
    [NATIVE_GETTER] = { .name = "emitted C, getter", .getter = true },
};

static bool set_up(contender *c, const eqlm_native_rule *rule, eqlm_value *items)
{
    const w1_library *library = c->library ? c->library : &w1_default;
    if (!library->schema(c->getter, items, &c->schema) || library->vm_new(NULL, &c->vm) != EQLM_OK)
        return false;
    if (rule)
        return eqlm_native_new(NULL, c->schema, rule, &c->native) == EQLM_OK;
    c->program = c->library ? c->library->compile(c->schema) : NULL;
    return c->program || !c->library;
}

static void tear_down(contender *c)
{
    const w1_library *library = c->library ? c->library : &w1_default;
    eqlm_native_free(c->native);
    library->program_free(c->program);
    library->vm_free(c->vm);
    library->schema_free(c->schema);
}

static bool match(const contender *c, const w1_event *e)
{
    bool out = false;
    if (c->native)
        return c->native->match(c->native, c->vm, e, &out) == EQLM_OK && out;
    if (!c->library)
        return w1_hand(e);
    return c->library->match(c->vm, c->program, e, &out) == EQLM_OK && out;
}

/* Nanoseconds an event. */
static double measure(const contender *c, const w1_event *events, size_t n, size_t *matches)
{
    size_t found = 0;
    double begin = cpu_seconds();
    if (c->native) {
        for (int pass = 0; pass < REPEAT; pass++)
            for (size_t i = 0; i < n; i++) {
                bool out = false;
                c->native->match(c->native, c->vm, &events[i], &out);
                found += out;
            }
    } else if (!c->library) {
        for (int pass = 0; pass < REPEAT; pass++)
            for (size_t i = 0; i < n; i++)
                found += w1_hand(&events[i]);
    } else {
        for (int pass = 0; pass < REPEAT; pass++)
            for (size_t i = 0; i < n; i++) {
                bool out = false;
                c->library->match(c->vm, c->program, &events[i], &out);
                found += out;
            }
    }
    *matches = found / REPEAT;
    return (cpu_seconds() - begin) * 1e9 / (double)(n * REPEAT);
}

static bool results_agree(const w1_event *events, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < N_CONTENDERS; k++)
            if (match(&contenders[k], &events[i]) != events[i].match) {
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
    static const eqlm_native_rule *const rules[N_CONTENDERS] = {
        [NATIVE_STRUCT] = &w1_native_struct, [NATIVE_GETTER] = &w1_native_getter
    };
    bool ok = events != NULL;
    for (int k = 0; k < N_CONTENDERS; k++)
        ok = ok && set_up(&contenders[k], rules[k], items);
    ok = ok && results_agree(events, n);
    for (size_t round = 0; ok && round < rounds; round++) {
        size_t matches[N_CONTENDERS];
        for (int k = 0; k < N_CONTENDERS; k++) {
            int who = (int)((round + (size_t)k) % N_CONTENDERS);
            contenders[who].ns[round] = measure(&contenders[who], events, n, &matches[who]);
        }
        for (int k = 0; k < N_CONTENDERS; k++) {
            contenders[k].ratio[round] = contenders[k].ns[round] / contenders[HAND].ns[round];
            ok = ok && matches[k] == n / 100;
        }
    }
    if (ok)
        report(rounds, n);
    for (int k = 0; k < N_CONTENDERS; k++)
        tear_down(&contenders[k]);
    w1_events_free(events);
    return ok ? 0 : 1;
}
