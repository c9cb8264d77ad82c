/* rules.h - a sealed set of regions of branch code, and the index that finds the few of them an event can
 * satisfy.
 *
 * The unit is an entry: a program and one region of its code (a query's condition, or a term of a sequence).
 * From the code of an entry seal derives clauses: "every way to RETURN_TRUE passes one of these tests with
 * its t edge". A clause is necessary, never sufficient, so whatever passes the index still runs its code and
 * the answers are those of each entry alone.
 *
 *   partition   one slot (event.category in practice) splits the set: only one part is looked at
 *   dispatch    slots with few values: a mask of entries for each value, all masks are ANDed
 *   index       for each entry one clause of exact values and fragments of patterns; texts are looked up and
 * scanned once per slot
 */
#ifndef EQLI_RULES_H
#define EQLI_RULES_H

#include "program/program.h"
#include "rules/table.h"
#include "vm/vm.h"

/* A slot of the event that the index reads, shared by all entries that name the field. */
typedef struct eqli_rules_slot {
    eqli_place place;
    const eqlm_program *program; /* for the name */
    uint32_t name;               /* constant of program */
} eqli_rules_slot;

/* A slot whose values choose masks over the entries of a part. */
typedef struct eqli_dispatch {
    uint32_t slot;
    bool texts, numbers;     /* kinds of values asked for */
    eqli_table values;       /* tag of a value -> number of its mask */
    const uint64_t *masks;   /* n_words each; entries that ask for the value, and those that do not care */
    const uint64_t *absent;  /* entries that do without any value of the slot */
    const uint64_t *unknown; /* entries that do with a value not listed */
} eqli_dispatch;

/* The words of a mask that are not zero. */
typedef struct eqli_mask_word {
    uint64_t bits;
    uint32_t word;
} eqli_mask_word;

/* A slot whose texts are looked up in the index of a part. */
typedef struct eqli_lookup {
    uint32_t slot;
    bool texts, numbers;
    const eqli_mask_word *users; /* entries whose clause asks this slot */
    uint32_t n_users;            /* words */
    eqli_literals literals;
} eqli_lookup;

typedef struct eqli_part {
    uint32_t n, n_words;
    const uint32_t *entries;   /* numbers of the entries, rising */
    const uint64_t *unindexed; /* entries that no clause keeps from running */
    const eqli_dispatch *dispatches;
    const eqli_lookup *indexes;
    uint32_t n_dispatches, n_indexes;
} eqli_part;

enum { EQLI_MAX_PARTS = 32 };

typedef struct eqli_rules_entry {
    const eqlm_program *program; /* retained */
    uint32_t start, len;
    const eqli_stretch *conjuncts; /* its code as conditions that all must hold, in the order to try them */
    uint32_t n_conjuncts;
    uint32_t *shared; /* by instruction: number of a test that others have too, or 0; NULL: no such test */
    uint32_t first_guard, n_guards;
} eqli_rules_entry;

typedef enum eqli_guard_kind {
    EQLI_GUARD_NEVER,
    EQLI_GUARD_EXISTS,
    EQLI_GUARD_IS,
    EQLI_GUARD_LIKE,
    EQLI_GUARD_REGEX
} eqli_guard_kind;

/* One condition under which an entry runs, for people. Those with `other` are alternatives of the one before.
 */
typedef struct eqli_guard {
    uint32_t slot;
    uint32_t constant, n; /* first constant of the entry's program, and how many values there are */
    uint8_t kind;         /* eqli_guard_kind */
    bool other;
} eqli_guard;

struct eqlm_rules {
    eqlm_alloc alloc;
    bool sealed;
    eqli_rules_entry *entries;
    uint32_t n, cap;
    eqlm_get_fn get; /* of every program */
    void *get_ctx;
    eqli_arena arena; /* everything below */
    eqli_rules_slot *slots;
    uint32_t n_slots;
    uint32_t category_slot;   /* what most entries ask first, or EQLI_NO_FIELD */
    const eqli_guard *guards; /* by entry */
    uint32_t partition_slot;  /* EQLI_NO_FIELD: there is one part */
    eqli_table partition;     /* tag of a value -> part */
    eqli_part *parts;         /* the last one is for every other value, and for none */
    uint32_t n_parts, max_words;
    uint32_t n_shared; /* tests remembered for one event */
};

/* Adds a region of a program, which is retained. EQLM_E_ARGUMENT: sealed, or another schema's getter. */
eqlm_status eqli_rules_add_region(eqlm_rules *rules, const eqlm_program *program, uint32_t start,
                                  uint32_t len, uint32_t *number);

/* Numbers of the entries that hold for the event, rising; valid until the vm is used again. */
eqli_op_result eqli_rules_run(eqlm_vm *vm, const eqlm_rules *rules, const void *event,
                              const uint32_t **numbers, size_t *n);

/* Numbers of the entries that may hold for the event, rising, without running them; they stay until the vm
 * looks through a set again. */
eqli_op_result eqli_rules_select(eqlm_vm *vm, const eqlm_rules *rules, const void *event,
                                 const uint32_t **numbers, size_t *n);
/* Runs one of the entries that eqli_rules_select has listed for the same event. */
eqli_op_result eqli_rules_run_entry(eqlm_vm *vm, const eqlm_rules *rules, uint32_t entry, const void *event,
                                    bool *hit);

#endif
