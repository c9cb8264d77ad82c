/* event_copy.h - values of events that outlive the reading of their document. */
#ifndef EQLC_EVENT_COPY_H
#define EQLC_EVENT_COPY_H

#include "eqlmini.h"
#include "scratch.h"

/* Where copies go, and which text need not be copied because it lasts as long. */
typedef struct eqlc_event_copy {
    eqlc_scratch *scratch;
    const char *lasting, *lasting_end;
} eqlc_event_copy;

/* All of these end the program when memory is short. */

void *eqlc_copy_room(const eqlc_event_copy *c, size_t size);
/* One value and all it contains. */
eqlm_value eqlc_value_copy(const eqlc_event_copy *c, const eqlm_value *value);
/* The values of an event, or of an element, for eqlc_event_get; the reader they come from must last as long.
 */
const eqlm_value *eqlc_values_copy(const eqlc_event_copy *c, const eqlm_value *values);

#endif
