/* w1.h - the workload of bench_w1: one rule on registry events, nearly all of which it does not match.
 * 1% match; 49% fail at the last condition, the path; 50% fail earlier. Paths are 60 to 140 bytes long. */
#ifndef W1_H
#define W1_H

#include "eqlmini.h"

typedef struct w1_text {
    const char *ptr;
    uint32_t len;
} w1_text;

typedef struct w1_event {
    w1_text category, os, type;
    const w1_text *strings;
    uint32_t n_strings;
    w1_text path;
    bool match; /* what the generator meant it to be */
} w1_event;

/* The rule, as text for the library and as C for comparison. */
extern const char w1_rule[];
bool w1_hand(const w1_event *e);

/* The library's view of these events; `items` is where the getter puts the values of an array, at most 8. False: no
 * memory. */
bool w1_schema(bool getter, eqlm_value *items, eqlm_schema **out);
eqlm_program *w1_compile(eqlm_schema *schema);

/* The library that a row measures: a build without SIMD stands beside the ordinary one in one program. */
typedef struct w1_library {
    bool (*schema)(bool getter, eqlm_value *items, eqlm_schema **out);
    eqlm_program *(*compile)(eqlm_schema *schema);
    eqlm_status (*vm_new)(const eqlm_alloc *alloc, eqlm_vm **out);
    eqlm_status (*match)(eqlm_vm *vm, const eqlm_program *program, const void *event, bool *out);
    void (*vm_free)(eqlm_vm *vm);
    void (*program_free)(eqlm_program *program);
    void (*schema_free)(eqlm_schema *schema);
} w1_library;
extern const w1_library w1_default, w1_portable;

/* What w1_emit.c has written for the two. */
extern const eqlm_native_rule w1_native_struct, w1_native_getter;

/* n events in random order, always the same ones for one seed. Freed by w1_events_free. */
w1_event *w1_events_new(size_t n, uint64_t seed);
void w1_events_free(w1_event *events);

#endif
