/* run_rules.h - the rules of `eqlc run`, compiled, and what those about single events say of one. */
#ifndef EQLC_RUN_RULES_H
#define EQLC_RUN_RULES_H

#include "commands.h"
#include "report.h"
#include "run_output.h"
#include "run_profile.h"

/* A rule that compiled. */
typedef struct eqlc_run_rule {
    const eqlc_rule *rule;
    eqlm_program *program;
    eqlc_run_pipes pipes;
    bool in_stream;  /* not a question about one event alone */
    uint64_t errors; /* run-time errors: leaves that could not be computed */
    uint64_t failed; /* events on which evaluation gave up */
    eqlm_status why; /* of the last of these */
} eqlc_run_rule;

typedef struct eqlc_run_rules {
    eqlc_run_rule *items;
    uint32_t n;
    uint32_t *alone; /* those about single events, rising */
    uint32_t n_alone;
    eqlm_rules *set; /* of these; NULL: for one rule it would be of no use */
} eqlc_run_rules;

/* Compiles all that can be; what is wrong with the others goes to the report. */
void eqlc_run_rules_init(eqlc_run_rules *rules, const eqlc_rules *from, const eqlc_compiling *compiling,
                         eqlm_schema *schema, eqlc_report *report);
void eqlc_run_rules_clear(eqlc_run_rules *rules);

/* Something that went wrong with a rule. */
typedef struct eqlc_run_trouble {
    uint32_t rule;
    uint64_t errors;
    eqlm_status status;
} eqlc_run_trouble;

/* What single events are asked for; all zero: nothing was found. */
typedef struct eqlc_run_answer {
    const uint32_t *rules; /* that match, rising */
    uint32_t n_rules, n_troubles;
    const eqlc_run_trouble *troubles;
    const char *problem; /* NULL, or why the document is not JSON after all: looked for in matches; and */
    size_t problem_at;   /* where */
} eqlc_run_answer;

/* What one thread needs to ask: the rules are not changed. */
typedef struct eqlc_run_asker {
    const eqlc_run_rules *rules;
    eqlm_vm *vm;
    eqlm_profile
        profile; /* of the rules about single events, in their order; without a clock: none is wanted */
    uint32_t *found;
    eqlc_run_trouble *troubles;
} eqlc_run_asker;

void eqlc_run_asker_init(eqlc_run_asker *a, const eqlc_run_rules *rules, bool profiles);
void eqlc_run_asker_clear(eqlc_run_asker *a);
/* The answer holds until the next one. */
eqlc_run_answer eqlc_run_ask(eqlc_run_asker *a, const eqlc_event *event);

/* Adds what an asker has measured: to the rows of all rules, and to the time of all evaluation. */
void eqlc_run_asker_add_profile(const eqlc_run_asker *a, eqlc_profile_row *rows, uint64_t *time);

/* Counts what went wrong. */
void eqlc_run_rules_count(eqlc_run_rules *rules, const eqlc_run_answer *answer);

#endif
