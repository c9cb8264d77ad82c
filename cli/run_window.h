/* run_window.h - the times that events of `eqlc run` must have to count. */
#ifndef EQLC_RUN_WINDOW_H
#define EQLC_RUN_WINDOW_H

#include "events.h"

/* Nanoseconds since 1970. All zero: all events count. */
typedef struct eqlc_run_window {
    bool has_from, has_to, has_as_of;
    int64_t from;  /* the first time that counts */
    int64_t to;    /* the first one that does not */
    int64_t as_of; /* the last one that does */
} eqlc_run_window;

/* Reads "FROM,TO" and a time, as given, or NULL. False: wrong usage, which has been reported. */
bool eqlc_run_window_read(eqlc_run_window *w, const char *window, const char *as_of, eqlc_time_unit unit);
/* Whether an event is inside. */
bool eqlc_run_window_has(const eqlc_run_window *w, const eqlc_event *event);

#endif
