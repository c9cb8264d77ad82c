/* event_copy.h - values of events that outlive the document they were read from. */
#ifndef EQLC_EVENT_COPY_H
#define EQLC_EVENT_COPY_H

#include "eqlmini.h"
#include "scratch.h"

/* One value and all it contains. Ends the program when memory is short. */
eqlm_value eqlc_value_copy(eqlc_scratch *s, const eqlm_value *value);
/* The values of an event, for eqlc_event_get. The reader they come from must last as long. */
const eqlm_value *eqlc_values_copy(eqlc_scratch *s, const eqlm_value *values);

#endif
