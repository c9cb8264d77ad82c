/* stream.h - what a stream keeps, shared by its files.
 *
 * Everything remembered for a sequence or sample is an entry: a partial result, a complete candidate that
 * waits for the window of its trailing missing event, the latest occurrence of a leading missing event, or an
 * event that a sample may choose. An entry belongs to one key tuple of one program and stands in two lists
 * that are ordered by time because events come in time order: that of its program, from whose head entries
 * expire, and that of the stream, from whose head they are evicted.
 *
 * An event is processed in two steps. Planning evaluates every condition and takes all memory the event may
 * need; it can fail and then leaves no trace. Committing changes the state, tells matches and cannot fail. */
#ifndef EQLI_STREAM_H
#define EQLI_STREAM_H

#include "rules/rules.h"
#include "stream/ancestry.h"
#include "stream/index.h"
#include "stream/keys.h"
#include "vm/vm.h"

enum {
    EQLI_MAX_PROGRAMS = 1 << 20,
    EQLI_MAX_ANCESTRY = 1024, /* generations that LINEAGE looks back */
    EQLI_MAX_SAMPLES_PER_KEY = 1 << 16,
    EQLI_MAX_EVENT_KEYS = 64 << 20, /* bytes of all key tuples of one event */
};

#define EQLI_SHARD_SPACE UINT64_MAX                 /* of eqli_key_hash: which shard a tuple belongs to */
#define EQLI_STREAM_MAX_STATE (UINT64_C(256) << 20) /* default of max_state */
#define EQLI_NO_TIME INT64_MIN                      /* no occurrence, in ms */
#define EQLI_NEVER INT64_MAX                        /* no occurrence yet, in ms */
#define EQLI_NOTHING UINT32_MAX                     /* what a term awaits that always has an effect */
#define EQLI_ANYTHING (UINT32_MAX - 1)              /* until: partials, earlier ones or of the same event */

typedef enum eqli_entry_kind {
    EQLI_PARTIAL,    /* slots[stage] of its key */
    EQLI_PENDING,    /* complete; in the list of its key from pending_slot on */
    EQLI_OCCURRENCE, /* slots[leading_slot]; time is that of the latest occurrence */
    EQLI_CHOICE      /* an event of term `stage` of a sample, in the list of its key and term */
} eqli_entry_kind;

typedef struct eqli_entry eqli_entry;
struct eqli_entry {
    int64_t time; /* of the first event; what the lists are ordered by */
    struct eqli_key_state *key;
    eqli_entry *prev, *next;   /* of the program */
    eqli_entry *older, *newer; /* of the stream */
    uint8_t kind;
    bool doomed;    /* a missing event occurred in a gap: goes through the machine but is never told */
    uint16_t stage; /* number of the last positive term, or of the sample's term */
    uint32_t rank;  /* CHOICE: counts up within the list */
};

/* Behind a partial's ids, in programs with missing events. Milliseconds, but for `last` (language S6). */
typedef struct eqli_window {
    int64_t last;    /* nanoseconds: of its last event */
    int64_t gap;     /* earliest occurrence after its last event, in the gap that begins there; EQLI_NEVER */
    int64_t leading; /* latest occurrence before its first event; EQLI_NO_TIME */
    eqli_entry *prev, *next; /* PENDING: of the key, in order of completion */
} eqli_window;

/* What an alias captured; values may point behind themselves. */
typedef struct eqli_captured {
    size_t size;
    eqlm_value values[];
} eqli_captured;

/* One key tuple of one program with at least one entry. Behind the slots lie the tuple's bytes (keys.h). */
typedef struct eqli_key_state {
    eqli_keyed keyed; /* refs counts entries and the plan */
    eqli_entry *slots[];
} eqli_key_state;

typedef struct eqli_stream_program {
    const eqlm_program *program;
    uint32_t number;
    uint32_t n_terms, n_positive;
    uint32_t *position; /* of a positive stage: its number among these; of a missing one: positive stages
                           before it */
    uint16_t *alias_at; /* n_positive: number of the alias captured there + 1, or 0 */
    uint32_t *awaits;   /* per region: the slot that is taken for some key if the term can have an effect;
                           or EQLI_NOTHING, EQLI_ANYTHING */
    uint32_t *waiting;  /* per slot: how many partials, or complete ones, stand there */
    uint32_t n_choices; /* events that a sample keeps for a key and term */
    uint32_t n_slots;   /* of a key's state */
    uint32_t leading_slot, pending_slot; /* the latter is head, the next one tail */
    bool has_missing, has_leading, has_trailing;
    int64_t maxspan_ms;
    size_t partial_size, window_at, captures_at; /* bytes from the start of an entry */
    unsigned runs;                               /* eqli_scope_of_run */
    uint32_t first_entry;   /* number of its first condition in the set, or UINT32_MAX: not there */
    uint32_t first_inner;   /* likewise of its first inner query */
    uint32_t first_lineage; /* number of its first inner query among those of the stream */
    uint64_t fingerprint;
    eqli_entry *oldest, *newest;
    bool is_due;                             /* stands in the heap of due times */
    uint64_t planned_errors;                 /* of the event being planned; counted when it is committed */
    struct eqli_stream_program *next_erring; /* that has planned errors */
    eqlm_stream_counts counts;
} eqli_stream_program;

/* One term that the event being planned hits with one key tuple; or an event query that it matches. */
typedef struct eqli_hit {
    uint32_t program;
    uint32_t stage; /* n_terms: until */
    uint32_t order; /* in which the hits of a tuple are committed */
    uint32_t key_len;
    const uint8_t *key;
    uint64_t hash;
    eqli_key_state *state;   /* NULL: none, and none needed */
    eqli_entry *entry;       /* memory for what it starts */
    eqli_captured *captured; /* for the alias of its stage */
    bool pins;               /* holds a reference of state */
} eqli_hit;

typedef struct eqli_incoming {
    const void *event;
    uint64_t id;
    int64_t time;
} eqli_incoming;

/* Event held until time has moved on. */
typedef struct eqli_held {
    const void *event;
    uint64_t id;
    int64_t time;
    uint64_t arrival;
    uint8_t *tie; /* encoded tiebreaker (keys.h) */
    uint32_t tie_len;
    size_t bytes; /* as the host said */
} eqli_held;

/* The conditions of all programs: which of them an event may satisfy. */
typedef struct eqli_conditions {
    eqlm_rules *set; /* NULL: not made, or there are few */
    bool made;
    uint32_t *owners; /* by entry of the set: number of the program */
    uint32_t n_owners;
    uint32_t first_inner; /* entry from which on they are inner queries, not terms */
    uint32_t *unlisted;   /* programs whose conditions are not in the set */
    uint32_t n_unlisted;
    /* Of the event being planned: */
    const uint32_t *numbers; /* entries, rising */
    size_t n, at, end;
    uint32_t at_unlisted;
    bool any;                  /* nothing is known, so all programs are as if unlisted */
    unsigned what;             /* which programs it goes through */
    bool inner;                /* their inner queries instead of their terms */
    eqli_stream_program *walk; /* an unlisted one, or NULL */
    uint32_t walk_at;
} eqli_conditions;

/* A term or, if these are gone through, an inner query. */
typedef struct eqli_condition {
    eqli_stream_program *program;
    uint32_t number;
    uint32_t entry; /* of the set, or UINT32_MAX */
} eqli_condition;

/* A program with entries is looked at when its time has come: when its oldest entry may be over. */
typedef struct eqli_due {
    int64_t time;
    uint32_t program;
} eqli_due;

typedef struct eqli_references {
    struct eqli_reference {
        uint64_t id, count; /* count 0: free */
    } * table;
    size_t size, n;
} eqli_references;

struct eqlm_stream {
    eqlm_alloc alloc;
    eqlm_stream_options options;
    eqlm_vm *vm;
    eqlm_profile *profile; /* or NULL */
    uint64_t began;        /* the present call, by the clock of the profile */
    eqli_stream_program **programs;
    uint32_t n_programs, cap_programs;
    const eqli_stream_program *current; /* whose code runs */
    uint64_t seed;
    bool fed, busy, stopped;
    bool reorders;
    bool has_watermark;
    int64_t watermark; /* no event before it can count any more */
    uint64_t arrivals;
    uint64_t bytes; /* of state */
    uint64_t held_bytes;
    eqli_index index; /* key states and names of processes */
    eqli_entry *oldest, *newest;
    eqli_due *due; /* heap, earliest first; room for every program */
    uint32_t n_due, cap_due;
    eqli_conditions conditions;
    eqli_stream_program *erring; /* first of those with planned errors */
    eqli_tuples tuples;
    eqli_hit *hits;
    size_t n_hits, cap_hits;
    eqli_held *heap;
    size_t n_heap, cap_heap;
    eqli_references references;
    eqli_ancestry ancestry;
    uint64_t *match_events;
    uint32_t cap_match_events;
    eqlm_value *match_keys;
    uint32_t cap_match_keys;
    eqlm_stream_counts counts;
};

/* ---- state.c: memory, entries, expiry, budget */
/* Zeroed memory that counts as state. */
void *eqli_state_new(eqlm_stream *s, size_t size);
void eqli_state_free(eqlm_stream *s, void *ptr, size_t size);
eqli_key_state *eqli_key_find(const eqlm_stream *s, const eqli_hit *hit);
eqli_key_state *eqli_key_new(eqlm_stream *s, eqli_stream_program *sp, const eqli_hit *hit);
void eqli_key_release(eqlm_stream *s, eqli_key_state *k);
const uint8_t *eqli_key_bytes(const eqli_key_state *k);
size_t eqli_entry_size(const eqli_stream_program *sp, const eqli_entry *e);
/* Appends to both lists as the newest; takes a reference of key. */
void eqli_entry_add(eqlm_stream *s, eqli_stream_program *sp, eqli_entry *e, eqli_key_state *key,
                    int64_t time);
/* Takes an entry out of its key's slots and lists, drops its references and frees it. */
void eqli_entry_drop(eqlm_stream *s, eqli_stream_program *sp, eqli_entry *e);
/* Ids that an entry names, from eqli_entry_ids on. */
uint32_t eqli_entry_n_ids(const eqli_entry *e);
/* Frees an entry that is nowhere listed and its captures. */
void eqli_entry_discard(eqlm_stream *s, eqli_stream_program *sp, eqli_entry *e);
/* Makes an entry the newest again. */
void eqli_entry_touch(eqlm_stream *s, eqli_stream_program *sp, eqli_entry *e, int64_t time);
void eqli_captured_free(eqlm_stream *s, eqli_stream_program *sp, eqli_captured *c);
/* Evicts the oldest until the state is within max_state. */
void eqli_state_enforce(eqlm_stream *s);
/* Forgets every entry, process and held event. */
void eqli_state_clear(eqlm_stream *s);

static inline uint64_t *eqli_entry_ids(eqli_entry *e)
{
    return (uint64_t *)(e + 1);
}

static inline int64_t *eqli_entry_before(eqli_entry *e) /* OCCURRENCE: latest one in an earlier millisecond */
{
    return (int64_t *)(e + 1);
}

static inline eqli_window *eqli_entry_window(const eqli_stream_program *sp, eqli_entry *e)
{
    return (eqli_window *)(void *)((char *)e + sp->window_at);
}

static inline eqli_captured **eqli_entry_captures(const eqli_stream_program *sp, eqli_entry *e)
{
    return (eqli_captured **)(void *)((char *)e + sp->captures_at);
}

/* Nanoseconds to milliseconds, rounding down. */
static inline int64_t eqli_ms(int64_t ns)
{
    const int64_t ns_per_ms = 1000000;
    return ns / ns_per_ms - (ns % ns_per_ms < 0);
}

/* later - earlier > span; later >= earlier. The difference may be more than an int64_t holds. */
static inline bool eqli_longer(int64_t earlier, int64_t later, int64_t span)
{
    return (uint64_t)later - (uint64_t)earlier > (uint64_t)span;
}

/* ---- expiry.c: entries whose time is over */
/* To be called for every entry that is added. */
void eqli_expiry_note(eqlm_stream *s, eqli_stream_program *sp, const eqli_entry *e);
/* Drops or decides everything whose time is over at `now`. */
void eqli_state_expire(eqlm_stream *s, int64_t now);
void eqli_expiry_clear(eqlm_stream *s);

/* ---- plan.c: which terms an event hits; the two steps of an event */
typedef enum eqli_scope_of_run {
    EQLI_RUN_PLAIN = 1,   /* event queries that need nothing but the event */
    EQLI_RUN_LINEAGE = 2, /* event queries about ancestors, and the ancestors themselves */
    EQLI_RUN_ORDERED = 4, /* sequences and samples */
    EQLI_RUN_INNER = 8    /* programs with inner queries about ancestors */
} eqli_scope_of_run;
eqlm_status eqli_plan(eqlm_stream *s, const eqli_incoming *in, unsigned what);
void eqli_plan_commit(eqlm_stream *s, const eqli_incoming *in, unsigned what);
/* Gives back what a plan has taken. */
void eqli_plan_abandon(eqlm_stream *s);
/* What the vm has counted since it stood at `before` are errors of the program. */
void eqli_plan_errors(eqlm_stream *s, eqli_stream_program *sp, uint64_t before);
/* Runs a region of the program; false and a status when it must stop. */
eqlm_status eqli_stream_run(eqlm_stream *s, const eqli_stream_program *sp, uint32_t start, const void *event,
                            bool *hit);

/* ---- conditions.c: conditions that cannot hold are not run */
/* Selects those that the event may satisfy. */
eqlm_status eqli_conditions_select(eqlm_stream *s, const void *event);
/* Begins with those of the programs of `what`, in order; EQLI_RUN_INNER, if at all, comes last. */
void eqli_conditions_begin(eqlm_stream *s, unsigned what);
/* The next one. False: there is none. */
bool eqli_conditions_next(eqlm_stream *s, eqli_condition *out);
eqlm_status eqli_conditions_run(eqlm_stream *s, const eqli_condition *which, const void *event, bool *hit);
void eqli_conditions_clear(eqlm_stream *s);

/* ---- sequence.c */
/* Decides which hits of one tuple matter and takes memory for them; hits that do not matter get stage
 * UINT32_MAX. */
eqlm_status eqli_sequence_plan(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in,
                               eqli_hit *hits, size_t n);
void eqli_sequence_commit(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in, eqli_hit *hit);
/* Tells a sequence; ids are those of its positive terms. */
void eqli_sequence_tell(eqlm_stream *s, eqli_stream_program *sp, const uint64_t *ids, const uint8_t *key,
                        int64_t time);

/* ---- captures.c: values that an alias keeps */
eqlm_status eqli_capture(eqlm_stream *s, eqli_stream_program *sp, uint32_t alias, const void *event,
                         eqli_captured **out);
/* Copies values, arrays of values among them. */
eqlm_status eqli_captured_new(eqlm_stream *s, eqli_stream_program *sp, const eqlm_value *fields, uint32_t n,
                              eqli_captured **out);
/* Makes what the partial captured (NULL: nothing) visible to join regions. */
void eqli_captures_show(eqlm_stream *s, const eqli_stream_program *sp, eqli_entry *partial);

/* ---- missing.c (language S6) */
bool eqli_missing_matters(const eqli_stream_program *sp, const eqli_key_state *k, uint32_t position);
void eqli_missing_commit(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in, eqli_hit *hit);
/* Latest occurrence of a leading missing event before an event at `now`. */
int64_t eqli_missing_before(const eqli_stream_program *sp, const eqli_key_state *k, int64_t now);
/* What becomes of a candidate that ends at `now`. */
typedef enum eqli_verdict { EQLI_REJECT, EQLI_TELL, EQLI_WAIT } eqli_verdict;
eqli_verdict eqli_missing_verdict(const eqlm_stream *s, const eqli_stream_program *sp, int64_t leading,
                                  int64_t now);
void eqli_pending_add(const eqli_stream_program *sp, eqli_entry *e);
void eqli_pending_remove(const eqli_stream_program *sp, eqli_entry *e);
void eqli_pending_tell(eqlm_stream *s, eqli_stream_program *sp, eqli_entry *e);

/* ---- sample.c (language S8) */
eqlm_status eqli_sample_plan(eqlm_stream *s, eqli_stream_program *sp, eqli_hit *hits, size_t n);
void eqli_sample_commit(eqlm_stream *s, eqli_stream_program *sp, const eqli_incoming *in, eqli_hit *hit);
bool eqli_choice_has_room(const eqli_stream_program *sp, const eqli_key_state *k, uint32_t term);
void eqli_choice_add(eqli_entry *e);
void eqli_choice_remove(eqli_entry *e);
eqlm_status eqli_sample_flush(eqlm_stream *s, eqli_stream_program *sp);

/* ---- ancestry.c, process.c */
eqli_op_result eqli_ancestry_answer(void *ctx, const eqlm_program *p, uint32_t lineage, const void *event,
                                    bool *out);
eqlm_status eqli_ancestry_watch(eqlm_stream *s, eqli_stream_program *sp);
eqlm_status eqli_ancestry_plan(eqlm_stream *s, const eqli_incoming *in);
void eqli_ancestry_commit(eqlm_stream *s, const eqli_incoming *in);
void eqli_ancestry_abandon(eqlm_stream *s);

eqli_process *eqli_process_new(eqlm_stream *s);
void eqli_process_free(eqlm_stream *s, eqli_process *p);
size_t eqli_process_size(const eqlm_stream *s);
/* Makes it the newest of the list it belongs to. */
void eqli_process_list_it(eqlm_stream *s, eqli_process *p, int64_t time);
void eqli_process_set_parent(eqlm_stream *s, eqli_process *p, eqli_process *parent);
/* Forgets a process; its children lose their parent. */
void eqli_process_forget(eqlm_stream *s, eqli_process *p);
eqli_name *eqli_name_find(const eqlm_stream *s, uint64_t hash, const eqli_bytes *bytes);
eqli_name *eqli_name_new(eqlm_stream *s, uint64_t hash, const eqli_bytes *bytes, bool is_number);
void eqli_name_free(eqlm_stream *s, eqli_name *name);
/* Room for it must have been reserved in the index; the process has no such name. */
void eqli_name_add(eqlm_stream *s, eqli_name *name, eqli_process *p);
void eqli_name_forget(eqlm_stream *s, eqli_name *name);
/* The name now belongs to another process, instead of what that was called before. */
void eqli_name_move(eqlm_stream *s, eqli_name *name, eqli_process *p);
/* Forgets the process of least use: an ended one without children, else the one longest without an event, if
 * that was before `time`. False: there is none. */
bool eqli_ancestry_evict(eqlm_stream *s, int64_t time);
void eqli_ancestry_clear(eqlm_stream *s);

/* ---- order.c: events waiting for their turn */
eqlm_status eqli_order_push(eqlm_stream *s, const eqli_held *h);
bool eqli_order_pop(eqlm_stream *s, eqli_held *out);
void eqli_held_clear(eqlm_stream *s, eqli_held *h);

/* ---- references.c: which event ids are named; nothing at all without options.on_release */
eqlm_status eqli_id_hold(eqlm_stream *s, uint64_t id);
/* One more for an id that is held already: cannot fail. */
void eqli_id_again(eqlm_stream *s, uint64_t id);
void eqli_id_drop(eqlm_stream *s, uint64_t id, bool tell);
void eqli_ids_clear(eqlm_stream *s);

/* ---- stream.c */
/* Tells match_events. */
void eqli_stream_tell(eqlm_stream *s, eqli_stream_program *sp, const uint8_t *key, uint32_t n_keys,
                      int64_t time);

#endif
