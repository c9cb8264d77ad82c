/* program.h - a compiled query: code, constants, sets and slots. Immutable once finished.
 *
 * Everything in a program can be written to an image and read back (image.c); the compiled sets and the
 * places of fields are rebuilt from constants and names, so an image holds no addresses and no tables. */
#ifndef EQLI_PROGRAM_H
#define EQLI_PROGRAM_H

#include "event/schema.h"
#include "ops/ip.h"
#include "ops/pattern.h"
#include "ops/regex.h"
#include "ops/value.h"

typedef enum eqli_op {
#define OP(name, group, mode, a, b, t, f, effect) EQLI_OP_##name,
#include "program/opcodes.def"
#undef OP
    EQLI_OP_COUNT
} eqli_op;

typedef struct eqli_insn {
    uint8_t op;
    uint8_t mode;
    uint16_t a;
    uint32_t b;
    uint32_t t, f;
} eqli_insn;

/* Encoding of operand kinds CMP and AS: bits 0-2 eqli_cmp (CMP only), bits 3-5 eqli_as, bit 6 coerce. */
#define EQLI_COERCE 0x40u
#define EQLI_MODE(cmp, as, coerce)                                                                           \
    ((uint8_t)((unsigned)(cmp) | (unsigned)(as) << 3 | ((coerce) ? EQLI_COERCE : 0u)))
#define EQLI_MODE_CMP(mode) ((eqli_cmp)((mode) & 7u))
#define EQLI_MODE_AS(mode) ((eqli_as)((mode) >> 3 & 7u))

/* VALUE_MATCH, mode: a pattern of stars only is an existence test, so null gives false instead of null
 * (language 6.2). */
#define EQLI_NULL_IS_FALSE 1u

typedef enum eqli_set_kind {
    EQLI_SET_PATTERNS,
    EQLI_SET_REGEX,
    EQLI_SET_VALUES,
    EQLI_SET_BLOCKS
} eqli_set_kind;

/* A list of constants [first, first + n) compiled to what tests it. VALUES: numbers and booleans, sorted; as:
 * how the operand is read. PATTERNS: kinds[i] is the eqli_pattern_kind of member i. */
typedef struct eqli_set {
    uint8_t kind; /* eqli_set_kind */
    bool fold;
    uint32_t first, n;
    const uint8_t *kinds; /* PATTERNS: n entries, in the pool */
    union {               /* by kind; NULL until finished */
        eqli_pattern_set *patterns;
        eqli_regex *regex;
        eqlm_value *values; /* sorted copies */
        eqli_cidr *blocks;
    };
} eqli_set;

/* Where a slot reads: the event, or the element bound by the enclosing SEARCH of that depth. */
typedef struct eqli_slot {
    eqli_place place;
    uint32_t name;   /* constant: the field's name; for elements the full dotted name */
    uint32_t parent; /* slot of the array of objects; of an alias: number of the captured value; else
                        EQLI_NO_FIELD */
    uint8_t scope; /* 0: the event; k: element of the k-th enclosing SEARCH; EQLI_SCOPE_ALIAS + i: alias i */
    uint8_t type;  /* eqlm_type in force when it was compiled */
    bool element;  /* the element itself, not one of its fields */
} eqli_slot;

/* One term of a query: `[category where condition]`. An event query and an expression have one. */
typedef struct eqli_stage {
    uint32_t start, len;           /* code that needs nothing but the event */
    uint32_t join_start, join_len; /* code that also needs the aliases of earlier stages; len 0: none */
    uint32_t first_key, n_keys;    /* join keys: shared ones first */
    bool missing;                  /* `![...]` */
} eqli_stage;

typedef struct eqli_key {
    uint32_t slot;
    bool optional; /* null is a key value (language S3) */
} eqli_key;

/* Values of a stage's event that later stages use: copied when an event fills the stage. A slot of scope
 * EQLI_SCOPE_ALIAS + i reads value k of alias i, which is captures[first + k], from a block of eqlm_values.
 */
typedef struct eqli_alias {
    uint32_t stage;
    uint32_t first, n;
} eqli_alias;

/* `descendant of [...]`: the code of the inner query; a = index of LINEAGE. */
typedef struct eqli_lineage_query {
    uint8_t relation; /* eqli_relation */
    uint32_t start, len;
} eqli_lineage_query;

typedef enum eqli_relation { EQLI_REL_DESCENDANT, EQLI_REL_CHILD, EQLI_REL_EVENT } eqli_relation;

typedef struct eqli_pipe_step {
    bool tail;
    uint64_t count;
} eqli_pipe_step;

/* The common ways a text is stored; everything else is read in general. */
typedef enum eqli_source {
    EQLI_FROM_PLACE,  /* in general */
    EQLI_FROM_TEXT,   /* scalar of the event, always present, pointer and length */
    EQLI_FROM_TEXTS,  /* array behind a pointer, always present, of such texts */
    EQLI_FROM_VALUE,  /* scalar of the event, always present, an eqlm_value */
    EQLI_FROM_GETTER, /* asked from the getter */
    EQLI_FROM_NOTHING /* the end of a region */
} eqli_source;

/* What an instruction asks of one text, unless the comment says something else. */
typedef enum eqli_question {
    EQLI_ASKS_OTHER,
    EQLI_ASKS_ORDER, /* of an integer or a boolean, how it stands to another */
    EQLI_ASKS_EQUAL,
    EQLI_ASKS_MATCH,
    EQLI_ASKS_ANY
} eqli_question;

/* Most rules are tests in a row, any of which may fail the query. What a look at the event may say of such a
 * test, which goes on with the next step if it holds and with RETURN_FALSE if not. */
typedef enum eqli_glance {
    EQLI_GLANCE_NONE,
    EQLI_GLANCE_EQUAL,  /* TEXT: whether it is the one, of at most 16 bytes */
    EQLI_GLANCE_MATCH,  /* TEXT: whether its length and its ends leave a chance */
    EQLI_GLANCE_ANY,    /* TEXTS: whether the first one is not empty */
    EQLI_GLANCE_GETTER  /* a question of a text */
} eqli_glance;

/* An instruction as the vm runs it: tests of texts in common storage need neither slot, constant nor set
 * looked up. */
typedef struct eqli_vm_step {
    uint8_t source;   /* eqli_source */
    uint8_t question; /* eqli_question */
    uint8_t glance;   /* eqli_glance */
    union {
        bool wide;    /* TEXT, TEXTS: the length has 64 bits, not 32 */
        bool result;  /* NOTHING */
        uint8_t type; /* ORDER */
    };
    uint32_t offset, len_offset; /* of the text; GETTER: offset is the field */
    uint32_t len;                /* EQUAL; ORDER: 1 if less will do, 2 if equal, 4 if greater */
    union {
        const char *text; /* EQUAL */
        const eqli_pattern_set *patterns; /* MATCH */
        int64_t number; /* ORDER */
    } with;
    uint32_t t, f; /* how many steps ahead */
} eqli_vm_step;

enum {
    EQLI_MAX_INSNS = 1 << 22,
    EQLI_MAX_CONSTS = 1 << 22,
    EQLI_MAX_SLOTS = 1 << 16,
    EQLI_MAX_REGS = 1 << 12,
    EQLI_MAX_LOADS = 255, /* field occurrences in one leaf */
    EQLI_MAX_SCOPES = 8,  /* nested SEARCHes */
    EQLI_SCOPE_ALIAS = 16,
    EQLI_MAX_ALIASES = 16,
    EQLI_MAX_STAGES = 1 << 12, /* terms after expanding runs */
    EQLI_MAX_KEYS = 1 << 16,
    EQLI_MAX_LINEAGES = 64,
    EQLI_MAX_PIPES = 1024,
    /* Highest values the limits of a program may have, also one from an image. */
    EQLI_CEIL_CHOICES = 1 << 24,
    EQLI_CEIL_SCRATCH = 1 << 30,
    EQLI_CEIL_REGEX_STATES = 1 << 20
};

struct eqlm_program {
    eqlm_alloc alloc;
    uint8_t kind;    /* eqlm_program_kind */
    bool typed;      /* compiled with types in force */
    uint8_t dialect; /* eqlm_dialect */
    eqli_insn *insns;
    uint32_t n_insns;
    eqli_vm_step *steps; /* one per instruction */
    eqli_vm_step *entry; /* where eqlm_match begins; NULL: this is not for eqlm_match */
    eqlm_value *consts; /* texts and addresses point into pool */
    uint32_t n_consts;
    char *pool;
    uint32_t pool_len;
    eqli_set *sets;
    uint32_t n_sets;
    eqli_slot *slots;
    uint32_t n_slots;
    eqli_stage *stages; /* in order; of a sequence with until, one more at the end */
    uint32_t n_stages;  /* without until */
    bool has_until;
    eqli_key *keys;
    uint32_t n_keys;
    eqli_alias *aliases;
    uint32_t n_aliases;
    uint32_t *captures; /* slots of the event */
    uint32_t n_captures;
    eqli_lineage_query *lineages;
    uint32_t n_lineages;
    int64_t maxspan_ns; /* -1: none */
    eqli_pipe_step *pipes;
    uint32_t n_pipes;
    uint32_t n_regs;      /* registers its leaves need */
    uint32_t max_choices; /* limits.max_choices and max_scratch in force */
    uint32_t max_scratch;
    uint32_t max_regex_states;
    eqlm_get_fn get;
    void *get_ctx;
    _Atomic uint32_t owners; /* who may run it: the host, rule sets, streams */
    /* Who needs its memory: the owners together, and each automaton a vm keeps of it. */
    _Atomic uint32_t refs;
};

typedef enum eqli_operand {
    EQLI_ARG_NONE,
    EQLI_ARG_SLOT,
    EQLI_ARG_REG,
    EQLI_ARG_CMP,
    EQLI_ARG_AS,
    EQLI_ARG_ARITH,
    EQLI_ARG_FLAG,
    EQLI_ARG_CONST,
    EQLI_ARG_PATTERNS,
    EQLI_ARG_REGEX,
    EQLI_ARG_VALUES,
    EQLI_ARG_BLOCKS,
    EQLI_ARG_TARGET,
    EQLI_ARG_LENGTH,
    EQLI_ARG_COUNT,
    EQLI_ARG_FN,
    EQLI_ARG_ARGS,
    EQLI_ARG_SCOPE,
    EQLI_ARG_LINEAGE
} eqli_operand;

typedef enum eqli_op_group { EQLI_GROUP_END, EQLI_GROUP_TEST, EQLI_GROUP_VALUE } eqli_op_group;

typedef struct eqli_op_info {
    const char *name;
    uint8_t group;
    uint8_t mode, a, b, t, f; /* eqli_operand */
    const char *effect;
} eqli_op_info;

extern const eqli_op_info eqli_op_table[EQLI_OP_COUNT];

/* Moves texts, addresses and kinds of patterns from wherever they lie to one block of the program's own. False:
 * no memory. */
bool eqli_program_own(eqlm_program *p);
/* Compiles every set from the constants and resolves every slot's name in the schema. regex_error may be
 * NULL; it is filled when the result is EQLM_E_COMPILE, with *bad_set. */
eqlm_status eqli_program_finish(eqlm_program *p, eqlm_schema *schema, uint32_t *bad_set,
                                eqli_regex_error *regex_error);
eqlm_status eqli_program_make_steps(eqlm_program *p);
/* Whether the program may run: constants, slots, sets, every operand by its kind, targets, regions,
 * registers. The only door to the vm. EQLM_E_IMAGE when not, EQLM_E_NOMEM. */
eqlm_status eqli_program_verify(const eqlm_program *p);
static inline uint32_t eqli_program_n_regions(const eqlm_program *p)
{
    return p->n_stages + (p->has_until ? 1 : 0);
}

/* One instruction as the listing shows it, without number and targets. */
bool eqli_program_put_insn(const eqlm_program *p, uint32_t pc, eqlm_write_fn write, void *ctx);

/* Adds an owner; eqlm_program_free drops one. Any thread. */
void eqli_program_retain(const eqlm_program *p);
/* Keeps the memory, so that addresses in it stay unique, without a right to run it. Any thread. */
void eqli_program_hold(const eqlm_program *p);
void eqli_program_release(const eqlm_program *p);
/* Whether it still has an owner. */
bool eqli_program_is_owned(const eqlm_program *p);
/* Order of VALUES sets: by type family, then value. */
int eqli_value_order(const eqlm_value *a, const eqlm_value *b);

#endif
