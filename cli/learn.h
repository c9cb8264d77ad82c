/* learn.h - finds out the types of fields from the values that events hold. */
#ifndef EQLC_LEARN_H
#define EQLC_LEARN_H

#include "json_tree.h"
#include "names.h"
#include "util.h"

/* All zero: nothing learnt yet. */
typedef struct eqlc_learner {
    eqlc_names names;
    uint8_t *seen; /* by number of the name: which kinds of values were met */
    size_t cap_seen;
    eqlc_json_tree tree;
    eqlc_buf copy, path;
} eqlc_learner;

/* Looks at one document. False: it is not a JSON object, which learner->tree.message explains. */
bool eqlc_learn(eqlc_learner *learner, const char *text, size_t len);
/* Appends {"name": "type", ...}, sorted by name, one field a line. A field whose values do not go together is
 * a keyword. */
void eqlc_learn_write(const eqlc_learner *learner, eqlc_buf *out);
void eqlc_learn_clear(eqlc_learner *learner);

#endif
