/* public_rules.h - the rules of public collections, compiled, and found by the names that expectations give
 * them. */
#ifndef PUBLIC_RULES_H
#define PUBLIC_RULES_H

#include "eqlmini.h"

#include "events.h"
#include "rules.h"

typedef struct public_rule {
    const eqlc_rule *rule;
    const char *file;      /* the rule's path below its collection */
    eqlm_program *program; /* NULL: does not compile */
    bool endpoint;
    bool covered; /* what expectations do not name is known not to match */
} public_rule;

typedef struct public_rules {
    eqlc_rules read;
    public_rule *items; /* sorted by file */
    size_t n;
    eqlm_schema *schema;
    uint64_t failures; /* files that cannot be read, rules that do not compile */
    uint64_t pending;  /* rules and expectations of what is not there yet */
} public_rules;

/* These end the program when memory is short or a file is missing. */
void public_rules_open(public_rules *rules, char **paths, size_t n);
/* Marks what CORPUS/expected/rules_covered.json lists as `kind`: "event" or "sequence". */
void public_rules_mark_covered(public_rules *rules, const char *corpus, const char *kind);
public_rule *public_rules_find(const public_rules *rules, const char *file); /* or NULL */
void public_rules_close(public_rules *rules);

/* A reader of events with the types of the rules. */
eqlc_reader *public_rules_reader(const public_rules *rules);

_Noreturn void corpus_die(const char *what, const char *which);

#endif
