/* names.h - a set of names, numbered in the order in which they were added. */
#ifndef EQLC_NAMES_H
#define EQLC_NAMES_H

#include "eqlmini.h"

#define EQLC_NO_NAME SIZE_MAX

/* All zero is an empty set. */
typedef struct eqlc_names {
    eqlm_str *items; /* owned */
    size_t n, cap;
    size_t *index;     /* open addressing: number + 1, or 0 */
    size_t index_size; /* a power of two */
} eqlc_names;

/* Number of a name, or EQLC_NO_NAME. */
size_t eqlc_names_find(const eqlc_names *names, eqlm_str name);
/* The same, adding it if it is new. */
size_t eqlc_names_add(eqlc_names *names, eqlm_str name);
void eqlc_names_clear(eqlc_names *names);

#endif
