/* ast.h - the tree of a query. Everything lies in the arena of the compilation; nodes are never freed alone.
 *
 * The grammar builds it with the functions of build.h: they accept failed (NULL) operands, report what is
 * wrong in structure, and keep `and`/`or` flat. check/ annotates types and fields, fold replaces constants in
 * place. */
#ifndef EQLI_AST_H
#define EQLI_AST_H

#include "ops/value.h"
#include "syntax/diag.h"

typedef enum eqli_node_kind {
    EQLI_N_CONST,   /* value: null, boolean, number, string */
    EQLI_N_FIELD,   /* field */
    EQLI_N_CALL,    /* call; kids = arguments */
    EQLI_N_NOT,     /* 1 kid */
    EQLI_N_AND,     /* 2 or more kids, none of them AND */
    EQLI_N_OR,      /* 2 or more kids, none of them OR */
    EQLI_N_NEG,     /* unary minus */
    EQLI_N_POS,     /* unary plus */
    EQLI_N_ARITH,   /* op: eqli_arith; 2 kids */
    EQLI_N_COMPARE, /* op: eqli_cmp; 2 kids */
    EQLI_N_IN,      /* negated, fold; kids[0] operand, the rest items */
    EQLI_N_MATCH,   /* op: eqli_match_op, fold; kids[0] operand, the rest constants */
    EQLI_N_LINEAGE, /* `descendant of [q]`: op: eqli_lineage, filter */
    EQLI_N_KIND_COUNT
} eqli_node_kind;

typedef enum eqli_match_op { EQLI_MATCH_COLON, EQLI_MATCH_LIKE, EQLI_MATCH_REGEX } eqli_match_op;
typedef enum eqli_lineage { EQLI_DESCENDANT_OF, EQLI_CHILD_OF, EQLI_EVENT_OF } eqli_lineage;

/* Static type of an expression, set by check/. */
typedef enum eqli_type {
    EQLI_T_ANY, /* known only at run time */
    EQLI_T_NULL,
    EQLI_T_BOOL,
    EQLI_T_INT,
    EQLI_T_DOUBLE,
    EQLI_T_STRING,
    EQLI_T_IP,
    EQLI_T_DATE,
    EQLI_T_VERSION,
    EQLI_T_OBJECT, /* an array of objects: only for _arraysearch */
    EQLI_T_ERROR   /* already reported: silences follow-on errors */
} eqli_type;

typedef struct eqli_node eqli_node;
typedef struct eqli_filter eqli_filter;

typedef struct eqli_field_ref {
    eqlm_str name;     /* parts joined by dots, backquotes removed; for `$v.a.b` the part after the variable
                          ("a.b"),     empty for the variable itself */
    eqlm_str variable; /* "$v" without `$` for a lambda variable, else empty */
    bool optional;     /* `?name` */
    bool indexed;      /* has an [n]: already reported */
    /* Set by check/: */
    uint8_t type;      /* eqlm_type in force */
    uint8_t scope;     /* 0: the event; k: the variable of the k-th enclosing _arraysearch */
    uint8_t alias;     /* 1 + index of the alias the field belongs to (`event0.process.pid`), 0: this event */
    eqlm_str full;     /* dotted name from the event's root, also for `$v.a`; without the alias */
} eqli_field_ref;

struct eqli_node {
    uint8_t kind;     /* eqli_node_kind */
    uint8_t op;
    uint8_t type;     /* eqli_type */
    bool negated;     /* IN: `not in` */
    bool fold;        /* MATCH, IN: case-insensitive form; CALL: `~` */
    bool parens;      /* written in parentheses */
    bool from_unmapped; /* CONST: it would not be constant if an unmapped `?field` in it were known */
    uint16_t depth;   /* 1 + deepest kid */
    eqli_span span;   /* the whole expression, without surrounding parentheses */
    eqli_span outer;  /* the same with them */
    eqli_span op_span; /* the operator or function name */
    uint32_t n_kids;
    eqli_node **kids;
    union {
        eqlm_value value;     /* CONST */
        eqli_field_ref field; /* FIELD */
        struct {
            eqlm_str name; /* as written, without `~` */
            int fn;        /* eqli_fn_id or an EQLI_CALL_… below, set by check/; -1 unknown */
        } call;
        eqli_filter *filter; /* LINEAGE */
    } u;
};

static inline bool eqli_node_is_null(const eqli_node *n)
{
    return n->kind == EQLI_N_CONST && n->u.value.type == EQLM_NULL;
}

static inline bool eqli_node_is_text(const eqli_node *n)
{
    return n->kind == EQLI_N_CONST && n->u.value.type == EQLM_STRING;
}

#define EQLI_CALL_ARRAY_SEARCH 1000 /* call.fn of `_arraysearch` */

/* One `category where condition`. */
struct eqli_filter {
    bool any;          /* `any where` */
    eqlm_str category; /* text of the event type */
    eqli_span category_span;
    eqli_node *condition; /* NULL: failed, already reported */
    eqli_span span;
};

/* A list under construction: grows in the arena. */
typedef struct eqli_list {
    eqli_node **items;
    uint32_t n, cap;
    bool failed; /* some item is left out, already reported */
    eqli_span span;
} eqli_list;

typedef struct eqli_term {
    eqli_filter *filter;
    bool missing;      /* `![ … ]` */
    eqli_list *keys;   /* own join keys, or NULL */
    uint32_t runs;     /* `with runs=n`, 1 when absent */
    bool has_runs;
    eqlm_str alias;    /* `as event0`, or empty */
    eqli_span alias_span;
    eqli_span span;
} eqli_term;

typedef struct eqli_pipe {
    bool tail;      /* `tail`, else `head` */
    eqli_node *arg; /* how many; NULL: failed, already reported */
    uint64_t count; /* value of arg, set by check/ */
    eqli_span span;
} eqli_pipe;

typedef enum eqli_query_kind { EQLI_Q_EVENT, EQLI_Q_SEQUENCE, EQLI_Q_SAMPLE, EQLI_Q_EXPR } eqli_query_kind;

typedef struct eqli_query {
    eqli_query_kind kind;
    eqli_node *expr;       /* EXPR; NULL: failed, already reported */
    eqli_list *keys;       /* shared join keys, or NULL */
    eqli_term *terms;      /* EVENT: exactly one */
    uint32_t n_terms, cap_terms;
    eqli_term *until;      /* or NULL */
    bool has_maxspan;
    uint64_t maxspan_ms;
    eqli_pipe *pipes;
    uint32_t n_pipes, cap_pipes;
    eqli_span span, head_span; /* head: `sequence by … with …` */
} eqli_query;

enum { EQLI_MAX_CUTS = 32 };

/* The state of one compilation's front end. Sticky: after nomem every builder returns NULL at once. */
typedef struct eqli_cx {
    eqlm_alloc alloc;
    eqli_arena arena;
    eqlm_diags *diags;  /* never NULL */
    eqlm_str source;
    eqlm_options options; /* with every default filled in */
    eqlm_schema *schema;
    eqli_query *query; /* what the grammar has accepted */
    uint32_t n_nodes;
    bool nomem;
    bool failed;  /* at least one error was reported */
    bool guessed; /* the parser skipped or added text (reported): counts of what is there mean little */
    uint32_t cuts[EQLI_MAX_CUTS]; /* ends of what stands before skipped text: operands that end there are
                                     incomplete */
    uint32_t n_cuts;
    bool stopped; /* a limit was reached (reported): the parser gives up */
} eqli_cx;

/* Reports an error (or warning) of this compilation at a span; sets failed when the row's severity is error.
 * A hint may follow with eqli_diag_hint(cx->diags, ...). */
void eqli_error(eqli_cx *cx, eqli_span span, eqli_diag_id id, ...);

/* Arena memory, zeroed; NULL sets cx->nomem. */
void *eqli_cx_alloc(eqli_cx *cx, size_t n, size_t size);

/* Parses a query, or an expression alone. NULL: nothing usable (reported). The result may be returned
 * together with reported errors so that checking can go on and find more. */
eqli_query *eqli_parse_query(eqli_cx *cx);
eqli_query *eqli_parse_expr(eqli_cx *cx);

/* New node with n kids (copied); used by the builders, by check/ and by fold. */
eqli_node *eqli_node_new(eqli_cx *cx, eqli_node_kind kind, eqli_span span, eqli_node *const *kids,
                         uint32_t n);

#endif
