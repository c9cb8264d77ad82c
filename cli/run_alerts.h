/* run_alerts.h - matches as alert documents of a detection engine: one for an event; for a sequence or sample
 * one for each event (building blocks) and one for all of it (shell). */
#ifndef EQLC_RUN_ALERTS_H
#define EQLC_RUN_ALERTS_H

#include "json_tree.h"
#include "rules.h"
#include "run_match.h"
#include "util.h"

typedef struct eqlc_alerts {
    bool no_source;      /* without the fields of the events */
    const char *now;     /* time of creation; NULL: that of the match */
    eqlc_json_tree a, b; /* documents being looked at */
    eqlc_json_tree rule; /* metadata of the rule */
    eqlc_buf text_a, text_b, text_rule;
} eqlc_alerts;

/* Appends the alerts, one on each line. */
void eqlc_alerts_add(eqlc_alerts *o, eqlc_buf *b, const eqlc_rule *rule, const eqlc_run_match *match);
void eqlc_alerts_clear(eqlc_alerts *o);

#endif
