/* random_query.h - queries made by chance from everything the language has, on the fields of random_event.h.
 */
#ifndef TS_RANDOM_QUERY_H
#define TS_RANDOM_QUERY_H

#include "random.h"

enum { TS_MAX_QUERY = 6000 };

typedef struct ts_query {
    char text[TS_MAX_QUERY];
    size_t where;  /* where the condition begins */
    bool any;      /* of all categories */
    bool positive; /* tests joined by `and` and `or`, without negation: they say the same as operands of
                      another test. (A list of texts and numbers would not: a field without a type of its own
                      is read for each of them alone, but as an operand once for all.) */
    bool too_long;
} ts_query;

/* Most are queries; some are refused by the compiler. */
void ts_random_query(ts_random *r, bool endpoint, ts_query *out);

#endif
