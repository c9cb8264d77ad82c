/* ancestry.h - the processes a stream knows, for `descendant of`, `child of` and `event of` (decision 17). */
#ifndef EQLI_STREAM_ANCESTRY_H
#define EQLI_STREAM_ANCESTRY_H

#include "stream/index.h"
#include "stream/keys.h"

typedef struct eqli_process eqli_process;
typedef struct eqli_name eqli_name;

struct eqli_process {
    eqli_process *parent, *child;  /* child: the first one */
    eqli_process *before, *behind; /* siblings */
    eqli_process *older, *newer;   /* of the list it stands in */
    eqli_name *names[2];           /* its id, its number; either may be NULL */
    uint64_t serial;               /* unique in the stream; for saving */
    int64_t time;                  /* of its last event */
    bool ended, pinned, idle;
    uint64_t sources[]; /* inner queries that an event of it satisfied, a bit each */
};

/* What a process is called: its entity id, or host and number. Behind it lie the bytes. */
struct eqli_name {
    eqli_keyed keyed;
    eqli_process *process;
    bool is_number;
};

typedef struct eqli_process_list {
    eqli_process *oldest, *newest;
} eqli_process_list;

/* The names in an event: of its process by entity id and by number, of the parent likewise. len 0: none. */
enum { EQLI_OWN_ID, EQLI_OWN_NUMBER, EQLI_PARENT_ID, EQLI_PARENT_NUMBER, EQLI_N_NAMES };
#define EQLI_IS_NUMBER(name) (((name)&1u) != 0)

typedef struct eqli_kinship {
    bool read;
    bool starts, ends; /* of the process */
    eqli_bytes names[EQLI_N_NAMES];
    uint64_t hashes[EQLI_N_NAMES];
    eqli_process *process, *parent; /* found, or made by the plan */
    bool process_is_new, parent_is_new;
    eqli_name *new_names[EQLI_N_NAMES];
} eqli_kinship;

enum { EQLI_N_PROCESS_FIELDS = 7 };

typedef struct eqli_ancestry {
    const struct eqli_stream_program *reader; /* whose slots give the fields; NULL: nobody asks */
    uint32_t slots[EQLI_N_PROCESS_FIELDS];    /* EQLI_NO_FIELD: not read */
    uint32_t n_lineages, n_words;
    eqli_process_list live; /* by last event */
    eqli_process_list idle; /* ended and without children */
    uint64_t n, serial;
    eqli_kinship plan;
    uint64_t *plan_sources; /* n_words */
} eqli_ancestry;

#endif
