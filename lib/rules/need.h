/* need.h - what a test asks of a slot of the event, in the words of table.h, and how often events may satisfy
 * it.
 *
 * No events are known when a set is sealed. How common a value is, is guessed from the set itself: what many
 * rules name, or is part of much that they name, is common in events too. */
#ifndef EQLI_RULES_NEED_H
#define EQLI_RULES_NEED_H

#include "program/program.h"
#include "rules/table.h"

typedef struct eqli_counts {
    eqlm_alloc alloc;
    uint16_t *cells; /* values and grams by the hash of slot and tag; saturating, collisions only add */
    uint32_t size;
    uint32_t *totals; /* members by slot */
    uint32_t n_slots;
    char *buffer; /* of the member being read */
    size_t cap;
} eqli_counts;

/* One text, or fragment of it, that a test looks for. */
typedef struct eqli_need {
    uint8_t class; /* eqli_literal_class */
    uint8_t len, at;
    uint32_t tag;
    float p;          /* part of the events that have it, guessed */
    const char *text; /* key form, in the buffer of the counts */
} eqli_need;

/* The members of a test: texts of which the slot must have one. */
typedef struct eqli_members {
    const eqlm_program *program;
    uint32_t first, n;    /* constants */
    const uint8_t *kinds; /* eqli_pattern_kind of each; NULL: exact */
    bool numbers;
    const eqli_regex *regex; /* not NULL: one member, a text that every match contains */
} eqli_members;

/* The slot a test of the event itself reads, by its index in the program; EQLI_NO_FIELD: none, or one of an
 * element. */
uint32_t eqli_test_slot(const eqlm_program *p, const eqli_insn *in);
/* False: the test cannot be told by texts. */
bool eqli_test_members(const eqlm_program *p, const eqli_insn *in, eqli_members *out);
/* Every member is a whole value. */
bool eqli_members_exact(const eqli_members *m);

bool eqli_counts_init(eqli_counts *c, const eqlm_alloc *alloc, uint32_t n_slots, uint64_t expected);
void eqli_counts_clear(eqli_counts *c);
/* Counts the members of a test of slot number `slot` of the set. */
bool eqli_counts_add(eqli_counts *c, uint32_t slot, const eqli_members *m);

typedef enum eqli_need_result { EQLI_NEED_OK, EQLI_NEED_NONE, EQLI_NEED_NOMEM } eqli_need_result;

/* The shortest fragment anywhere in the text that may be looked for. */
typedef enum eqli_float {
    EQLI_FLOAT_ANY = 0,
    EQLI_FLOAT_LONG = 4, /* one with a gram of 4 bytes */
    EQLI_FLOAT_NONE = UINT8_MAX
} eqli_float;

/* The best thing to look for of member i. NONE: nothing useful. */
eqli_need_result eqli_need_of(eqli_counts *c, uint32_t slot, const eqli_members *m, uint32_t i,
                              uint8_t shortest, eqli_need *out);

#endif
