/* run_window.c - the times that events of `eqlc run` must have to count. */
#include "run_window.h"

#include "commands.h"
#include "timestamp.h"

#include <string.h>

/* A date, or a number in the unit of the events' times. */
static bool parse_time(const char *text, size_t len, eqlc_time_unit unit, int64_t *out)
{
    eqlm_value v = { .type = EQLM_STRING, .len = (uint32_t)len, .as.str = text };

    return eqlc_time_from_value(&v, unit, out);
}

/* One end of a window; nothing means that it is open. */
static bool parse_end(const char *text, size_t len, eqlc_time_unit unit, bool *has, int64_t *out)
{
    *has = len > 0;
    return len == 0 || parse_time(text, len, unit, out);
}

/* The comma between the two may be another one than the first: fractions of seconds may have one. */
static bool parse_window(eqlc_run_window *w, const char *text, eqlc_time_unit unit)
{
    for (const char *comma = strchr(text, ','); comma; comma = strchr(comma + 1, ','))
        if (parse_end(text, (size_t)(comma - text), unit, &w->has_from, &w->from) &&
            parse_end(comma + 1, strlen(comma + 1), unit, &w->has_to, &w->to))
            return true;
    return false;
}

bool eqlc_run_window_read(eqlc_run_window *w, const char *window, const char *as_of, eqlc_time_unit unit)
{
    const char *complaint = NULL;

    *w = (eqlc_run_window) { .has_as_of = as_of != NULL };
    if (window && !parse_window(w, window, unit))
        complaint = "--window is FROM,TO with times such as 2026-01-10T08:00:00Z, not '%s'";
    else if (w->has_from && w->has_to && w->from > w->to)
        complaint = "--window ends before it begins: '%s'";
    if (complaint) {
        eqlc_usage_error("run", complaint, window);
        return false;
    }
    if (as_of && !parse_time(as_of, strlen(as_of), unit, &w->as_of)) {
        eqlc_usage_error("run", "--as-of is a time such as 2026-01-10T08:00:00Z, not '%s'", as_of);
        return false;
    }
    return true;
}

bool eqlc_run_window_has(const eqlc_run_window *w, const eqlc_event *event)
{
    if (!w->has_from && !w->has_to && !w->has_as_of)
        return true;
    return event->has_time && (!w->has_from || event->time >= w->from) &&
           (!w->has_to || event->time < w->to) && (!w->has_as_of || event->time <= w->as_of);
}
