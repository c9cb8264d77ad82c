/* tests.h - the questions of a program that become C functions of their own: `static int NAME__tPC(value)`.
 * Each gives EQLN_NO or EQLN_YES, or EQLN_ASK where only the library knows (eqlmini_native.h). */
#ifndef EQLI_TESTS_H
#define EQLI_TESTS_H

#include "emit/ctext.h"
#include "program/program.h"

/* What a test function takes; NONE: there is none, the library answers. */
typedef enum eqli_test_kind {
    EQLI_TEST_NONE,
    EQLI_TEST_TEXT,   /* const char *p, size_t n */
    EQLI_TEST_INT,    /* int64_t x */
    EQLI_TEST_DOUBLE, /* double x */
    EQLI_TEST_BOOL,   /* bool x */
    EQLI_TEST_EXISTS  /* no function: is there a value? */
} eqli_test_kind;

/* How a slot is read. */
typedef enum eqli_form {
    EQLI_FORM_NONE,  /* by the library alone */
    EQLI_FORM_TEXT,  /* one text in a struct */
    EQLI_FORM_TEXTS, /* an array of texts in a struct */
    EQLI_FORM_INT,
    EQLI_FORM_UINT,
    EQLI_FORM_DOUBLE,
    EQLI_FORM_BOOL,
    EQLI_FORM_VALUE /* an eqlm_value, in a struct or from the getter */
} eqli_form;

eqli_form eqli_emit_form(const eqli_slot *slot);

typedef struct eqli_test_writer {
    eqli_ctext *s;
    const eqlm_program *p;
    const char *name; /* of the rule */
    uint32_t pc;
    eqlm_status status; /* sticky; of memory alone */
} eqli_test_writer;

/* The kind of test that the instruction is for a slot of this form. */
eqli_test_kind eqli_test_of(const eqli_test_writer *w, eqli_form form);
/* Writes its function. *asks: it may give EQLN_ASK. */
void eqli_test_write(eqli_test_writer *w, eqli_test_kind kind, bool *asks);

/* The same for pattern sets: pattern.c. */
bool eqli_test_patterns_fit(const eqli_test_writer *w, const eqli_set *set);
void eqli_test_write_patterns(eqli_test_writer *w, const eqli_set *set, bool *asks);

#endif
