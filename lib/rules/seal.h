/* seal.h - between the steps that seal a rule set; for lib/rules only.
 * seal.c reads the entries and splits the set into parts, part.c builds one part, share.c finds shared tests.
 */
#ifndef EQLI_RULES_SEAL_H
#define EQLI_RULES_SEAL_H

#include "rules/clause.h"
#include "rules/need.h"
#include "rules/rules.h"

enum { EQLI_MAX_ENTRY_SLOTS = 16 }; /* slots of one entry that are considered for dispatch */

/* A clause of an entry over the values of one slot. n_values 0: some value, whichever. */
typedef struct eqli_slot_clause {
    uint32_t slot, entry;
    uint32_t first_value, n_values; /* tags, in values of the builder */
    uint32_t constant;              /* the first of them */
    bool texts, numbers;            /* what the values are */
    float p;                        /* part of the events with the slot that have one of the values */
} eqli_slot_clause;

/* A growing array in the memory of the caller. */
typedef struct eqli_vec {
    void *items;
    uint32_t n, cap;
} eqli_vec;

/* A guard of one entry, before they are sorted by entry. */
typedef struct eqli_guard_note {
    uint32_t entry;
    eqli_guard guard;
} eqli_guard_note;

typedef struct eqli_builder {
    eqlm_rules *rules;
    const eqlm_alloc *alloc;
    eqli_counts counts;
    float *presence; /* by slot: part of the events that have it, guessed */
    eqli_flow flow;
    uint32_t *slot_of_field; /* field -> slot of the set */
    uint32_t n_fields;
    eqli_vec clauses;       /* eqli_slot_clause, by entry */
    eqli_vec values;        /* uint32_t */
    uint32_t *first_clause; /* by entry; n + 1 */
    bool *dead;             /* entries that never hold */
    eqli_vec notes;         /* eqli_guard_note */
    uint32_t *explained;    /* by entry: the part, from 1, whose guards are noted */
    uint32_t part;          /* being built, from 1 */
} eqli_builder;

/* Room for one more item; NULL: no memory. */
void *eqli_vec_add(const eqlm_alloc *alloc, eqli_vec *l, size_t size);
void eqli_vec_clear(const eqlm_alloc *alloc, eqli_vec *l, size_t size);

static inline const eqli_slot_clause *eqli_clause_at(const eqli_builder *b, uint32_t i)
{
    return (const eqli_slot_clause *)b->clauses.items + i;
}

static inline const uint32_t *eqli_clause_values(const eqli_builder *b, const eqli_slot_clause *c)
{
    return (const uint32_t *)b->values.items + c->first_value;
}

/* Slot of the set that the test reads, or EQLI_NO_FIELD. */
static inline uint32_t eqli_builder_slot(const eqli_builder *b, const eqlm_program *p, const eqli_insn *in)
{
    uint32_t i = eqli_test_slot(p, in);
    return i == EQLI_NO_FIELD ? i : b->slot_of_field[p->slots[i].place.field];
}

/* Puts the conditions of each entry in order; the guards are known. */
bool eqli_order_conjuncts(eqli_builder *b);
/* Numbers the tests whose answers entries share. */
bool eqli_share_tests(eqli_builder *b);
/* Notes a guard of an entry if this is the part that explains it. */
bool eqli_builder_note(eqli_builder *b, uint32_t entry, eqli_guard guard);
bool eqli_builder_note_clause(eqli_builder *b, const eqli_slot_clause *c);
/* Builds the part of the n entries, whose numbers rise and stay where they are. */
bool eqli_part_build(eqli_builder *b, const uint32_t *entries, uint32_t n, uint32_t skip_slot,
                     eqli_part *out);

#endif
