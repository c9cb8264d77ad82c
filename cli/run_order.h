/* run_order.h - where `eqlc run` finds the time of events, and what orders those of the same time. */
#ifndef EQLC_RUN_ORDER_H
#define EQLC_RUN_ORDER_H

#include "run_rules.h"

/* Fills in the fields that no option names from the rules; they last as long as these. False, with a message:
 * rules want different ones. */
bool eqlc_run_order(const eqlc_run_rules *rules, eqlc_event_options *options);

#endif
