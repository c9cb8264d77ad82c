/* eqlmini.h - compile Event Query Language (EQL) text and evaluate it on a host's events.
 *
 * This header is the manual. The shortest useful program is examples/struct_events.c.
 *
 *   eqlm_schema   says where a host's events keep their fields           (built once, then read only)
 *   eqlm_program  one compiled query                                     (immutable, shared by threads)
 *   eqlm_vm       scratch memory that evaluates programs                 (one per thread)
 *   eqlm_diags    what was wrong with a query, in words and positions
 *
 * Conventions
 *  - Text is UTF-8 given as pointer and length in bytes; it need not end in NUL and may contain NUL.
 *  - Every function that can fail returns an eqlm_status. Output parameters come last; on failure they are
 *    set to NULL (objects) or left untouched (values).
 *  - NULL where any other object or output is needed is EQLM_E_ARGUMENT, and from a function without a status 0,
 *    false, NULL or "" as its type has it.
 *  - NULL where options, a list of diagnostics, an allocator, a getter, a source of types, a profile or a ctx is taken
 *    means none. The number that eqlm_rules_add, eqlm_stream_add and eqlm_schema_find give and the outputs of
 *    eqlm_program_pipe may be NULL, too; of the callbacks in options those that are not said to be needed.
 *  - A structure that begins with `size` may grow at its end in later versions. Zero it and set size to its sizeof. What
 *    is smaller than the structure of this version is EQLM_E_ARGUMENT, and so is anything but zeros beyond it.
 *  - `_new` is paired with `_free`; `_free(NULL)` does nothing.
 *  - The library never prints, never exits, keeps no global state and does not look at the locale.
 *  - Unless a function says otherwise, an object may be used by one thread at a time.
 */
#ifndef EQLMINI_H
#define EQLMINI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32) || !defined(__GNUC__)
#define EQLM_API
#else
#define EQLM_API __attribute__((visibility("default")))
#endif

/* ------------------------------------------------------------------------------------------------------
 * Version and status
 */
#define EQLM_VERSION_MAJOR 0
#define EQLM_VERSION_MINOR 1
#define EQLM_VERSION_PATCH 0

/* The library's version as "major.minor.patch". Static text, never freed. Any thread. */
EQLM_API const char *eqlm_version(void);

typedef enum eqlm_status {
    EQLM_OK = 0,
    EQLM_E_NOMEM,    /* the allocator returned NULL */
    EQLM_E_ARGUMENT, /* the call is wrong: NULL, out of range, wrong kind of program */
    EQLM_E_COMPILE,  /* the query has errors; the diagnostics say which */
    EQLM_E_LIMIT,    /* a named limit was reached */
    EQLM_E_IMAGE,    /* a saved program is damaged, of another version, or not one at all */
    EQLM_E_SCHEMA    /* a field definition contradicts itself or another one */
} eqlm_status;

/* One line of English for a status. Static text. Any thread. */
EQLM_API const char *eqlm_status_text(eqlm_status status);

/* ------------------------------------------------------------------------------------------------------
 * Memory
 */

/* All memory comes from one hook, used like realloc with sizes:
 *   resize(ctx, NULL, 0, n)    new block of n > 0 bytes, aligned for any type
 *   resize(ctx, p, old, n)     grow or shrink; the old block stays valid if NULL is returned
 *   resize(ctx, p, old, 0)     free; returns NULL
 * Every object uses the hook it was made with, in the thread that calls the library with that object. A vm keeps the
 * programs whose regular expressions it has run. Those that have been freed it lets go when it is freed itself, or as it
 * meets new expressions: of those it keeps, never more than eight or three in four are theirs. So a program's memory may
 * be given back by the last vm that used it: the hook of programs shared by threads must bear calls from each. Where a
 * function takes `const eqlm_alloc *`, NULL means malloc/realloc/free. The structure is copied; ctx must outlive every
 * object made with it. */
typedef struct eqlm_alloc {
    void *(*resize)(void *ctx, void *ptr, size_t old_size, size_t new_size);
    void *ctx;
} eqlm_alloc;

/* ------------------------------------------------------------------------------------------------------
 * Values
 */

/* A borrowed piece of text; ptr may be NULL when len is 0. */
typedef struct eqlm_str {
    const char *ptr;
    size_t len;
} eqlm_str;

typedef enum eqlm_value_type {
    EQLM_NULL = 0, /* no value: the field is missing */
    EQLM_BOOL,     /* as.boolean */
    EQLM_I64,      /* as.i64 */
    EQLM_U64,      /* as.u64; only for values above INT64_MAX, smaller ones may use either */
    EQLM_F64,      /* as.f64 */
    EQLM_STRING,   /* as.str, len bytes of UTF-8; invalid bytes are allowed and match only themselves */
    EQLM_IP,       /* as.ip, len 4 (IPv4) or 16 (IPv6) bytes in network order */
    EQLM_DATE,     /* as.i64, nanoseconds since 1970-01-01T00:00:00Z: years 1677 to 2262 */
    EQLM_ARRAY,    /* as.items, len values; nulls are skipped; arrays inside arrays are not allowed */
    EQLM_OBJECT,   /* as.object, an element of an array of objects; read through fields with a parent */
    EQLM_FAR_DATE  /* a date outside those years: as.i64, milliseconds since 1970; len, nanoseconds beyond them. Join
                      keys may be such dates, and events may have them */
} eqlm_value_type;

/* 16 bytes. Pointers are borrowed: see the function that takes or gives the value for how long. */
typedef struct eqlm_value {
    uint32_t type; /* eqlm_value_type */
    uint32_t len;
    union {
        bool boolean;
        int64_t i64;
        uint64_t u64;
        double f64;
        const char *str;
        const unsigned char *ip;
        const struct eqlm_value *items;
        const void *object;
    } as;
} eqlm_value;

/* ------------------------------------------------------------------------------------------------------
 * Schema: where events keep their fields
 *
 * An event is a pointer that only the host understands. A schema maps field names ("process.name") to
 *   - a place in a C struct, described by an eqlm_field (fastest), or
 *   - the getter, for everything the table does not place.
 * Every field has a number, its index in the order of definition. Compiling turns names into places, so
 * evaluation never sees a name.
 */

/* What a field holds, as in an Elasticsearch mapping. It decides which comparisons are legal and how values
 * of another form are read: a string "80" in a LONG field compares as 80. */
typedef enum eqlm_type {
    EQLM_TYPE_AUTO = 0, /* by storage: text -> KEYWORD, integers -> LONG, double -> DOUBLE, bool -> BOOLEAN,
                           IP storage -> IP, OBJECT -> OBJECT, VALUE and GETTER -> ANY */
    EQLM_TYPE_ANY,      /* not known before run time: every value is taken by its own type */
    EQLM_TYPE_KEYWORD,
    EQLM_TYPE_LONG,
    EQLM_TYPE_UNSIGNED_LONG,
    EQLM_TYPE_DOUBLE,
    EQLM_TYPE_BOOLEAN,
    EQLM_TYPE_DATE,       /* integers and doubles in it are milliseconds since 1970; EQLM_DATE remains nanoseconds */
    EQLM_TYPE_IP,
    EQLM_TYPE_VERSION,
    EQLM_TYPE_TEXT,       /* analysed text without an exact form: using it is an error */
    EQLM_TYPE_NESTED,     /* using it is an error */
    EQLM_TYPE_OBJECT,     /* array of objects: only _arraysearch may use it */
    EQLM_TYPE_UNSUPPORTED, /* geo points, ranges, ...: using it is an error */
    EQLM_TYPE_UNMAPPED    /* known not to exist: an error, or null for an optional `?field` */
} eqlm_type;

typedef enum eqlm_storage {
    EQLM_STORE_GETTER = 0, /* not in the struct: ask the getter */
    EQLM_STORE_BOOL,       /* bool */
    EQLM_STORE_INT,        /* signed integer of `size` 1, 2, 4 or 8 bytes */
    EQLM_STORE_UINT,       /* unsigned integer of `size` bytes */
    EQLM_STORE_FLOAT,      /* float or double, by `size` 4 or 8; a float compares as the double of the same value: with
                              0.1f in it, f == 0.1 is false */
    EQLM_STORE_CHARS,      /* char[size], ends at the first NUL or at size */
    EQLM_STORE_CSTR,       /* const char *, NUL-terminated; NULL = missing */
    EQLM_STORE_STR,        /* const char * at offset and its length, an unsigned integer of len_size bytes at
                              len_offset; NULL = missing */
    EQLM_STORE_IPV4,       /* 4 bytes in network order */
    EQLM_STORE_IPV6,       /* 16 bytes in network order */
    EQLM_STORE_OBJECT,     /* the element itself is a struct whose members are fields with this one as parent */
    EQLM_STORE_VALUE       /* an eqlm_value */
} eqlm_storage;

typedef enum eqlm_shape {
    EQLM_SCALAR = 0,    /* one value at offset */
    EQLM_ARRAY_INLINE,  /* the first element lies at offset */
    EQLM_ARRAY_POINTER  /* at offset lies a pointer to the first element */
} eqlm_shape;

/* One field of a host struct. All offsets are in bytes from the start of the event, or for a field with a parent from
 * the start of the element. Use the macros below. */
typedef struct eqlm_field {
    const char *name;      /* "process.name", at most 4096 bytes; copied */
    uint8_t storage;       /* eqlm_storage of the value, or of one element */
    uint8_t shape;         /* eqlm_shape */
    uint8_t len_size;      /* EQLM_STORE_STR: 1, 2, 4 or 8 */
    uint8_t count_size;    /* arrays: bytes of the element count, an unsigned integer: 1, 2, 4 or 8 */
    uint32_t size;         /* bytes of the integer, float or char[]; in arrays of one element */
    uint32_t offset;
    uint32_t len_offset;   /* EQLM_STORE_STR: of the length; in arrays counted from the element */
    uint32_t count_offset; /* arrays: of the element count */
    uint32_t stride;       /* arrays: bytes from one element to the next, at least those of an element */
    uint8_t type;          /* eqlm_type */
    uint32_t present;      /* 0: always there; or EQLM_PRESENT(S, m): a bool that is false when the field is missing */
    const char *parent;    /* NULL, or the name of the array of objects whose elements hold this field; copied */
} eqlm_field;

#define EQLM_FIELD_BASE_(n, st, sz, off)                                                                       \
    .name = (n), .storage = (st), .size = (uint32_t)(sz), .offset = (uint32_t)(off)
#define EQLM_SIZEOF_(S, m) sizeof(((S *)0)->m)

/* One line per field: S is the struct, m the member. Add further designators after the macro, for example
 *   { EQLM_FIELD_INT("process.pid", struct ev, pid), .present = EQLM_PRESENT(struct ev, has_pid) },
 * C++ has them from C++20 on and wants them in the order of the members: type, present, parent. */
#define EQLM_FIELD_BOOL(n, S, m) EQLM_FIELD_BASE_(n, EQLM_STORE_BOOL, 1, offsetof(S, m))
#define EQLM_FIELD_INT(n, S, m) EQLM_FIELD_BASE_(n, EQLM_STORE_INT, EQLM_SIZEOF_(S, m), offsetof(S, m))
#define EQLM_FIELD_UINT(n, S, m) EQLM_FIELD_BASE_(n, EQLM_STORE_UINT, EQLM_SIZEOF_(S, m), offsetof(S, m))
#define EQLM_FIELD_FLOAT(n, S, m) EQLM_FIELD_BASE_(n, EQLM_STORE_FLOAT, EQLM_SIZEOF_(S, m), offsetof(S, m))
#define EQLM_FIELD_CHARS(n, S, m) EQLM_FIELD_BASE_(n, EQLM_STORE_CHARS, EQLM_SIZEOF_(S, m), offsetof(S, m))
#define EQLM_FIELD_CSTR(n, S, m) EQLM_FIELD_BASE_(n, EQLM_STORE_CSTR, 0, offsetof(S, m))
#define EQLM_FIELD_STR(n, S, m, lenm)                                                                          \
    .name = (n), .storage = EQLM_STORE_STR, .len_size = (uint8_t)EQLM_SIZEOF_(S, lenm),                        \
    .offset = (uint32_t)offsetof(S, m), .len_offset = (uint32_t)offsetof(S, lenm)
#define EQLM_FIELD_OBJECT(n, S, m) EQLM_FIELD_BASE_(n, EQLM_STORE_OBJECT, 0, offsetof(S, m))
#define EQLM_FIELD_VALUE(n, S, m) EQLM_FIELD_BASE_(n, EQLM_STORE_VALUE, 0, offsetof(S, m))
#define EQLM_PRESENT(S, m) ((uint32_t)offsetof(S, m) + 1)

/* An array of elements of storage `st`, all but EQLM_STORE_STR. The member is the array itself (EQLM_ARRAY_INLINE) or a
 * pointer to its first element (EQLM_ARRAY_POINTER); `countm` counts the elements that are there.
 *   { EQLM_FIELD_ARRAY("process.args", EQLM_STORE_CSTR, struct ev, args, n_args, EQLM_ARRAY_POINTER) },
 *   { EQLM_FIELD_ARRAY("ports", EQLM_STORE_UINT, struct ev, ports, n_ports, EQLM_ARRAY_INLINE) }, */
#define EQLM_FIELD_ARRAY_(n, st, S, m, countm, sh, len_sz, len_off)                                            \
    .name = (n), .storage = (st), .shape = (sh), .len_size = (uint8_t)(len_sz),                                \
    .count_size = (uint8_t)EQLM_SIZEOF_(S, countm), .size = (uint32_t)sizeof(((S *)0)->m[0]),                  \
    .offset = (uint32_t)offsetof(S, m), .len_offset = (uint32_t)(len_off),                                     \
    .count_offset = (uint32_t)offsetof(S, countm), .stride = (uint32_t)sizeof(((S *)0)->m[0])
#define EQLM_FIELD_ARRAY(n, st, S, m, countm, sh) EQLM_FIELD_ARRAY_(n, st, S, m, countm, sh, 0, 0)
/* An array of texts, each a struct E that begins with the pointer and has the length `lenm`. */
#define EQLM_FIELD_STR_ARRAY(n, S, m, E, lenm, countm, sh)                                                     \
    EQLM_FIELD_ARRAY_(n, EQLM_STORE_STR, S, m, countm, sh, EQLM_SIZEOF_(E, lenm), offsetof(E, lenm))

/* Gives the value of field `field` of `event` in *out; returning false, or leaving EQLM_NULL, means missing.
 * `event` is what was passed to eqlm_match, or an element (as.object) when the field has a parent.
 * What *out points at must stay valid until the evaluating function returns. Called once per use of the field, in any
 * order, by the thread that evaluates; it must not call the vm. */
typedef bool (*eqlm_get_fn)(void *ctx, const void *event, uint32_t field, eqlm_value *out);

/* Tells the type of a field by name for fields that no eqlm_field describes. EQLM_TYPE_ANY: not known here.
 * *is_array (never NULL, false before the call) may be set to tell that the field usually has several values. Called
 * while queries are compiled, by that thread. */
typedef eqlm_type (*eqlm_type_fn)(void *ctx, eqlm_str name, bool *is_array);

typedef struct eqlm_schema eqlm_schema;

/* A new, empty schema: no fields, no getter, open. EQLM_E_NOMEM. */
EQLM_API eqlm_status eqlm_schema_new(const eqlm_alloc *alloc, eqlm_schema **out);
EQLM_API void eqlm_schema_free(eqlm_schema *schema);

/* Adds the fields of a host struct. Names are copied. A parent must have been added before its children; a field may
 * stand both below its parent and, for flat use in other conditions, without one.
 * EQLM_E_SCHEMA: a duplicate name, a parent that holds no objects, a size or shape that makes no sense. EQLM_E_LIMIT: a
 * name that is too long, more than a million fields. EQLM_E_NOMEM. On failure nothing is added. */
EQLM_API eqlm_status eqlm_schema_add(eqlm_schema *schema, const eqlm_field *fields, size_t n_fields);

/* Sets the getter for fields with EQLM_STORE_GETTER and for every name the schema does not hold (open schema):
 * such a name gets the next field number when a query first uses it. Without a getter (NULL) those are missing. Set it
 * first: a program keeps the getter that was set when it was compiled or loaded. */
EQLM_API eqlm_status eqlm_schema_set_getter(eqlm_schema *schema, eqlm_get_fn get, void *ctx);

/* Puts a source of types in force, for example eqlm_ecs_type. With types in force values are read as the
 * literal they are compared with asks: see "types" in docs/language.md. Fields that declare a type of their own put
 * types in force, too. */
EQLM_API eqlm_status eqlm_schema_set_types(eqlm_schema *schema, eqlm_type_fn type_of, void *ctx);

/* Gives the i-th name that a source of types knows, in any order; false past the end. The text must stay valid
 * as long as the schema has this source. */
typedef bool (*eqlm_type_list_fn)(void *ctx, size_t i, eqlm_str *name);

/* Lets diagnostics about unknown fields suggest the names that the source of types knows, for example
 * eqlm_ecs_name. Without it only the schema's own fields are suggested. */
EQLM_API eqlm_status eqlm_schema_set_type_names(eqlm_schema *schema, eqlm_type_list_fn list, void *ctx);

/* Closes the schema for good: a name that is neither added nor known to the types is an error, or null for `?name`. */
EQLM_API eqlm_status eqlm_schema_close(eqlm_schema *schema);

/* Number of fields known so far; grows when queries with new names are compiled or loaded. */
EQLM_API uint32_t eqlm_schema_n_fields(const eqlm_schema *schema);

/* Name of a field, valid as long as the schema; the empty string for a number out of range. */
EQLM_API eqlm_str eqlm_schema_field_name(const eqlm_schema *schema, uint32_t field);

/* Number of the parent array of a field, or UINT32_MAX. */
EQLM_API uint32_t eqlm_schema_field_parent(const eqlm_schema *schema, uint32_t field);

/* Finds a field without parent by name; false when the schema does not hold it. */
EQLM_API bool eqlm_schema_find(const eqlm_schema *schema, eqlm_str name, uint32_t *out);

/* The Elastic Common Schema (library eqlmini-ecs) as an eqlm_type_fn; ctx is not used. A key below a field that
 * holds keys of anybody's choice ("labels.env") is a keyword. Any thread. */
EQLM_API eqlm_type eqlm_ecs_type(void *ctx, eqlm_str name, bool *is_array);

/* Its names as an eqlm_type_list_fn; ctx is not used. The text is static. Any thread. */
EQLM_API bool eqlm_ecs_name(void *ctx, size_t i, eqlm_str *name);

/* Its i-th field in the order of the names' bytes; false past the end. type and is_array may be NULL. Any
 * thread. */
EQLM_API bool eqlm_ecs_field(size_t i, eqlm_str *name, eqlm_type *type, bool *is_array);

/* ------------------------------------------------------------------------------------------------------
 * Diagnostics
 */
typedef enum eqlm_severity { EQLM_ERROR, EQLM_WARNING, EQLM_INFO } eqlm_severity;

typedef struct eqlm_diag {
    const char *code; /* stable: "E101"; docs/diagnostics.md explains each */
    eqlm_severity severity;
    uint32_t start, end;           /* bytes of the query text, start <= end <= length */
    uint32_t line, column;         /* of start; from 1, columns count code points */
    uint32_t end_line, end_column; /* of end */
    const char *message;           /* one line of English, NUL-terminated */
    const char *hint;              /* how to mend it, or NULL */
} eqlm_diag;

typedef struct eqlm_diags eqlm_diags;

/* An empty list of diagnostics, for any number of compilations one after the other. EQLM_E_NOMEM. */
EQLM_API eqlm_status eqlm_diags_new(const eqlm_alloc *alloc, eqlm_diags **out);
EQLM_API void eqlm_diags_free(eqlm_diags *diags);
/* Forgets all entries. */
EQLM_API void eqlm_diags_clear(eqlm_diags *diags);
EQLM_API size_t eqlm_diags_count(const eqlm_diags *diags);
/* Entry i in the order of the text, or NULL; valid until the list is cleared, freed or used to compile. */
EQLM_API const eqlm_diag *eqlm_diags_get(const eqlm_diags *diags, size_t i);
/* Entries with severity EQLM_ERROR. */
EQLM_API size_t eqlm_diags_errors(const eqlm_diags *diags);
/* How many further entries were dropped because max_diags was reached. */
EQLM_API size_t eqlm_diags_dropped(const eqlm_diags *diags);

/* Row i of the catalogue of diagnostics, for documentation and `eqlc help CODE`. False past the end. */
typedef struct eqlm_diag_info {
    const char *code;
    eqlm_severity severity;
    const char *name;    /* "unknown-field" */
    const char *summary; /* the message with its placeholders */
} eqlm_diag_info;
EQLM_API bool eqlm_diag_catalog(size_t i, eqlm_diag_info *out);

/* ------------------------------------------------------------------------------------------------------
 * Compiling
 */
typedef enum eqlm_dialect {
    EQLM_DIALECT_ES = 0,  /* Elasticsearch */
    EQLM_DIALECT_ENDPOINT /* Elastic Endpoint behaviour rules: aliases, _arraysearch, descendant of, ... */
} eqlm_dialect;

/* Every limit has a name, a default and an error (EQLM_E_LIMIT or a diagnostic). 0 means the default. */
typedef struct eqlm_limits {
    uint32_t max_source;       /* bytes of query text; default 1 MiB */
    uint32_t max_depth;        /* nesting of parentheses, calls and operators; default 250 */
    uint32_t max_nodes;        /* nodes of the tree; default 1,000,000 */
    uint32_t max_diags;        /* diagnostics kept; default 100 */
    uint32_t max_choices;      /* combinations of values one leaf tries (language 4.2); default 10,000 */
    uint32_t max_regex_states; /* states of one regular expression's automaton; default 10,000 */
    uint32_t max_scratch;      /* bytes of temporary strings for one event; default 16 MiB */
} eqlm_limits;

typedef struct eqlm_options {
    size_t size;                   /* sizeof(eqlm_options) */
    eqlm_dialect dialect;
    const char *category_field;    /* default (NULL) "event.category"; read during the call only */
    bool unknown_field_is_error;   /* --strict: a field no schema knows is an error, not a warning */
    eqlm_limits limits;
} eqlm_options;

typedef struct eqlm_program eqlm_program;

/* Compiles one query. `options` may be NULL for the defaults; `diags` may be NULL if nobody reads them; it is
 * cleared first. On EQLM_OK *out is a program (there may be warnings). On EQLM_E_COMPILE *out is NULL and diags
 * holds at least one error: also when a limit was reached. EQLM_E_NOMEM. The text is not kept.
 * New names are added to `schema`, so no other thread may use the schema meanwhile; the program itself keeps
 * copies of what it needs and may outlive the schema. */
EQLM_API eqlm_status eqlm_compile(const eqlm_alloc *alloc, eqlm_schema *schema, eqlm_str source,
                                  const eqlm_options *options, eqlm_diags *diags, eqlm_program **out);

/* Compiles an expression alone ("length(a) + 1"), for eqlm_eval. As eqlm_compile otherwise. */
EQLM_API eqlm_status eqlm_compile_expr(const eqlm_alloc *alloc, eqlm_schema *schema, eqlm_str source,
                                       const eqlm_options *options, eqlm_diags *diags, eqlm_program **out);
/* Ends the caller's use of the program. It lives on in rule sets and streams it was added to. Not while another thread
 * evaluates it. */
EQLM_API void eqlm_program_free(eqlm_program *program);

typedef enum eqlm_program_kind {
    EQLM_EVENT_QUERY,
    EQLM_SEQUENCE,
    EQLM_SAMPLE,
    EQLM_EXPRESSION
} eqlm_program_kind;

EQLM_API eqlm_program_kind eqlm_program_get_kind(const eqlm_program *program);
/* Fields the program reads, by their numbers in the schema it was compiled with; UINT32_MAX for an entry that is no
 * field of the event. The list has no repeats. */
EQLM_API uint32_t eqlm_program_n_fields(const eqlm_program *program);
EQLM_API uint32_t eqlm_program_field(const eqlm_program *program, uint32_t i);
/* The pipes of a query, in order: `head n` (*tail false) or `tail n`. The host applies them to the list of matches;
 * eqlm_match does not. false: i is out of range. */
EQLM_API uint32_t eqlm_program_n_pipes(const eqlm_program *program);
EQLM_API bool eqlm_program_pipe(const eqlm_program *program, uint32_t i, bool *tail, uint64_t *count);
/* Bytes of memory the program occupies; what vms keep for its regular expressions not counted. */
EQLM_API size_t eqlm_program_memory(const eqlm_program *program);

/* Called with pieces of output in order; returning false stops, and the caller returns EQLM_E_LIMIT. */
typedef bool (*eqlm_write_fn)(void *ctx, const void *bytes, size_t len);

/* Writes the image of a program: independent of the machine, without addresses, field names included.
 * EQLM_E_LIMIT: the writer stopped, or the image would exceed 4 GiB. */
EQLM_API eqlm_status eqlm_program_save(const eqlm_program *program, eqlm_write_fn write, void *ctx);

/* Reads an image, which may come from anybody: it is checked completely before anything is built from it, and
 * names are looked up in `schema` as in eqlm_compile. The image is not kept. EQLM_E_IMAGE: not an image this version
 * accepts. EQLM_E_LIMIT: its regular expressions or names exceed a limit. EQLM_E_NOMEM. */
EQLM_API eqlm_status eqlm_program_load(const eqlm_alloc *alloc, eqlm_schema *schema, const void *image,
                                       size_t len, eqlm_program **out);

/* The check of eqlm_program_load alone, with the same results. */
EQLM_API eqlm_status eqlm_image_check(const eqlm_alloc *alloc, const void *image, size_t len);

/* Writes a listing of the code for people (json false) or as one JSON object. EQLM_E_LIMIT: the writer stopped. */
EQLM_API eqlm_status eqlm_program_dump(const eqlm_program *program, bool json, eqlm_write_fn write, void *ctx);

/* Parses and checks a query and writes its tree for people (json false) or as one JSON object.
 * Otherwise as eqlm_compile. */
EQLM_API eqlm_status eqlm_dump_tree(const eqlm_alloc *alloc, eqlm_schema *schema, eqlm_str source,
                                    const eqlm_options *options, eqlm_diags *diags, bool json,
                                    eqlm_write_fn write, void *ctx);

/* ------------------------------------------------------------------------------------------------------
 * Evaluating
 */
typedef struct eqlm_vm eqlm_vm;

/* Scratch for evaluation. EQLM_E_NOMEM. */
EQLM_API eqlm_status eqlm_vm_new(const eqlm_alloc *alloc, eqlm_vm **out);
EQLM_API void eqlm_vm_free(eqlm_vm *vm);

/* Tells in *out whether `event` matches an event query; *out is untouched on failure. Borrows the event, which may not
 * be NULL, during the call. Memory: scratch of the vm, at most limits.max_scratch, and what its regular expressions'
 * automata have grown to. The program may be shared between threads, the vm may not.
 * EQLM_E_ARGUMENT: program is not an event query, or one that asks for process ancestry, which only a stream knows.
 * EQLM_E_LIMIT: scratch used up. EQLM_E_NOMEM. */
EQLM_API eqlm_status eqlm_match(eqlm_vm *vm, const eqlm_program *program, const void *event, bool *out);

/* Gives the values of an expression program for `event`, one per combination of field values, distinct, in the
 * order found: *values and what they point at stay valid until the vm is used again. A null result is one
 * EQLM_NULL. event NULL: every field is missing. EQLM_E_ARGUMENT: program is not an expression. EQLM_E_LIMIT: more
 * combinations than limits.max_choices, or texts of more than limits.max_scratch. Otherwise as eqlm_match. */
EQLM_API eqlm_status eqlm_eval(eqlm_vm *vm, const eqlm_program *program, const void *event,
                               const eqlm_value **values, size_t *n_values);

/* Run-time errors (integer overflow, division by zero, ...) since the vm was made. Each made one leaf not
 * match (docs/language.md, "errors"). */
EQLM_API uint64_t eqlm_vm_errors(const eqlm_vm *vm);

/* ------------------------------------------------------------------------------------------------------
 * Native code: event queries as C source
 *
 * For hosts that build their rules in. A generated file holds one function per query, which answers exactly as
 * eqlm_match does: comparisons of text and numbers are C code, everything else is asked from this library, for which
 * the file also holds each program's image. It includes eqlmini_native.h, which lies beside this header. Made by
 * `eqlc build --emit c`, or by a program of the host's own:
 *
 *   eqlm_emit_c_begin(write, ctx);
 *   eqlm_emit_c_rule(program, "my_rule", source, write, ctx);             for each query; my_rule is a C identifier
 *   eqlm_emit_c_end("my_rules", names, n_names, write, ctx);
 *
 * Fields that the program's schema places in a struct are read from that place; all others are asked from the getter. A
 * file without places of its own, as eqlc writes it, works with the events of any host. In the host:
 *
 *   extern const eqlm_native_rule my_rule;
 *   eqlm_native_new(NULL, schema, &my_rule, &native);
 *   native->match(native, vm, event, &match);
 */
typedef struct eqlm_native eqlm_native;

/* As eqlm_match; no argument may be NULL. */
typedef eqlm_status (*eqlm_native_fn)(const eqlm_native *native, eqlm_vm *vm, const void *event, bool *out);

/* One query of a generated file. */
typedef struct eqlm_native_rule {
    const char *name;
    eqlm_native_fn match;
    const char *image;
    uint32_t image_len;
    uint64_t places; /* eqlm_program_places of the program it was made from */
} eqlm_native_rule;

/* A query ready to run with the events of one schema. Immutable: threads may share it, each with a vm of its own. */
struct eqlm_native {
    eqlm_native_fn match;
    /* For the generated code alone: */
    const eqlm_program *program;
    eqlm_get_fn get;
    void *get_ctx;
    const uint32_t *fields; /* what to pass to `get`, by slot */
};

/* Loads the program of a generated query. Names are looked up in `schema` as in eqlm_program_load.
 * EQLM_E_SCHEMA: the code was made for fields in other places. EQLM_E_IMAGE: made by a library of another version.
 * EQLM_E_NOMEM. */
EQLM_API eqlm_status eqlm_native_new(const eqlm_alloc *alloc, eqlm_schema *schema, const eqlm_native_rule *rule,
                                     eqlm_native **out);
EQLM_API void eqlm_native_free(eqlm_native *native);

/* Answers one instruction of the program: what generated code calls where it has no code of its own. `test` is a number
 * that the generator wrote; no other is safe. */
EQLM_API eqlm_status eqlm_native_test(const eqlm_native *native, eqlm_vm *vm, uint32_t test, const void *event,
                                      bool *out);

/* A checksum of the places in host structs that a program reads; 0: it reads none. Generated code compares it. */
EQLM_API uint64_t eqlm_program_places(const eqlm_program *program);

/* The beginning of a generated file. EQLM_E_LIMIT: write returned false; so for the others. */
EQLM_API eqlm_status eqlm_emit_c_begin(eqlm_write_fn write, void *ctx);
/* One query. `name` is a C identifier, no keyword, that no other query of the host has; names that begin with it and two
 * underscores are used, too. `source` becomes a comment and may be empty. The text depends on nothing else than these.
 * EQLM_E_ARGUMENT: not an event query, one that asks for process ancestry, or no identifier. EQLM_E_NOMEM. */
EQLM_API eqlm_status eqlm_emit_c_rule(const eqlm_program *program, const char *name, eqlm_str source,
                                      eqlm_write_fn write, void *ctx);
/* The end: `const eqlm_native_rule *const TABLE[]` of the named queries, NULL behind the last. EQLM_E_ARGUMENT: a name is
 * no identifier. */
EQLM_API eqlm_status eqlm_emit_c_end(const char *table, const char *const *names, size_t n, eqlm_write_fn write,
                                     void *ctx);

/* ------------------------------------------------------------------------------------------------------
 * Rule sets: one event against thousands of event queries
 *
 * A rule set finds the few queries that can match an event without running the others. Its answers are those of
 * eqlm_match for each program alone.
 */
typedef struct eqlm_rules eqlm_rules;

/* An empty set. EQLM_E_NOMEM. */
EQLM_API eqlm_status eqlm_rules_new(const eqlm_alloc *alloc, eqlm_rules **out);
EQLM_API void eqlm_rules_free(eqlm_rules *rules);

/* Adds an event query compiled with (or loaded into) the same schema as the others; it is kept until the set is freed,
 * even if the caller frees it. *number counts from 0. EQLM_E_ARGUMENT: not an event query, one that asks for process
 * ancestry, or the set is sealed. */
EQLM_API eqlm_status eqlm_rules_add(eqlm_rules *rules, const eqlm_program *program, uint32_t *number);

/* Builds the index. Afterwards the set is immutable and may be shared by threads; sealing it again does nothing.
 * EQLM_E_NOMEM: the set is as it was before. */
EQLM_API eqlm_status eqlm_rules_seal(eqlm_rules *rules);

/* Gives the numbers of all programs that match `event`, rising: *matches and *n stay valid until the vm is used again.
 * As eqlm_match otherwise; a failure of one program fails the call. EQLM_E_ARGUMENT: the set is not sealed. */
EQLM_API eqlm_status eqlm_rules_match(eqlm_vm *vm, const eqlm_rules *rules, const void *event,
                                      const uint32_t **matches, size_t *n);

/* Bytes of memory of the set, its programs not counted. */
EQLM_API size_t eqlm_rules_memory(const eqlm_rules *rules);

/* What keeps a program from running on most events, for people: "event.category == \"process\" and process.name in (3)";
 * *selective is false when nothing but the category does. Written to write. EQLM_E_ARGUMENT: the set is not sealed, or
 * has no such program. EQLM_E_LIMIT: the writer stopped. */
EQLM_API eqlm_status eqlm_rules_guard(const eqlm_rules *rules, uint32_t number, bool *selective, eqlm_write_fn write,
                                      void *ctx);

/* ------------------------------------------------------------------------------------------------------
 * Streams: sequences, samples and process ancestry over events in time order
 *
 * A stream takes events one by one and tells its matches through a callback. For every program and join key it
 * keeps what eql-style state machines need: copies of join keys and of the few values later terms ask for, and the
 * host's numbers of events; never the events. Programs of every kind may be added; event queries are told at once.
 */
typedef struct eqlm_stream eqlm_stream;

#define EQLM_NO_EVENT UINT64_MAX /* the position of a missing event in eqlm_stream_match.events */

typedef struct eqlm_stream_match {
    uint32_t program;        /* number given by eqlm_stream_add */
    const uint64_t *events;  /* one id per term, runs expanded; EQLM_NO_EVENT for a missing event */
    uint32_t n_events;
    const eqlm_value *keys;  /* join keys of a sequence or sample; EQLM_NULL for a null of an optional key; a whole
                                number is EQLM_I64 if that holds it, whatever the event had */
    uint32_t n_keys;
    int64_t time;            /* of the last event, nanoseconds since 1970 */
} eqlm_stream_match;

/* Gets one match; everything in it is valid during the call. Matches come as they are decided; those that one event ends
 * come by program, then by key: null first, numbers by value, texts by bytes. Returning false stops: the call that fed
 * the event returns EQLM_E_LIMIT, and what else it had to tell is lost; the event itself counts as seen. It must not
 * call the stream (EQLM_E_ARGUMENT). */
typedef bool (*eqlm_stream_fn)(void *ctx, const eqlm_stream_match *match);

/* How long the stream needs an event id: called once for every event that was fed, when nothing names it any more, be
 * that during the call that fed it or later; after the matches that name it. Not called for an event whose feeding
 * failed, nor by eqlm_stream_free. Optional; lets a host keep documents only as long as they may be printed. */
typedef void (*eqlm_stream_release_fn)(void *ctx, uint64_t event);

typedef struct eqlm_stream_options {
    size_t size;           /* sizeof(eqlm_stream_options) */
    uint64_t max_state;    /* budget in bytes; default 256 MiB. Over it what is oldest is evicted and counted: partial
                              results, events for samples, occurrences of missing events, processes. Held events take
                              at most half of it: beyond that the oldest are used before their time */
    int64_t lateness_ns;   /* how much older than the newest event an event may be; 0: input is in time order */
    bool order_by_tiebreaker; /* hold events of one instant until time moves on, and order them by tiebreaker */
    bool early_missing;    /* tell a sequence with a trailing missing event at once, as an Elasticsearch search does;
                              otherwise when an event of its term can come too late only */
    uint64_t hash_seed;    /* for untrusted keys: a number an attacker cannot know; 0: derived from addresses */
    eqlm_stream_fn on_match;
    eqlm_stream_release_fn on_release;
    void *ctx;
    /* Needed when lateness_ns > 0 or order_by_tiebreaker: keeps an event readable until release_event is called with
     * what it returned (NULL: no memory), because the stream must wait before it can use it. *bytes: its size, counted
     * against max_state. */
    const void *(*hold_event)(void *ctx, const void *event, size_t *bytes);
    void (*release_event)(void *ctx, const void *held);
    /* One of n_shards streams that share the work: it keeps only the join keys whose eqlm_stream_shard hash modulo
     * n_shards is `shard`, so that an event may be fed to several of them. Event queries are told by shard 0. 0: alone.
     * All must have the same hash_seed, not 0. */
    uint32_t n_shards, shard;
    uint32_t samples_per_key; /* how many different combinations of events a sample tells of one key tuple, in the order
                                 of its terms with the earliest events first; 0: 1; at most 65536 */
} eqlm_stream_options;

/* A new stream. `options` NULL: all zeros, so that only its counters tell of matches. EQLM_E_ARGUMENT: an option that is out
 * of range or lacks what it needs. EQLM_E_NOMEM. */
EQLM_API eqlm_status eqlm_stream_new(const eqlm_alloc *alloc, const eqlm_stream_options *options, eqlm_stream **out);
EQLM_API void eqlm_stream_free(eqlm_stream *stream);

/* Adds a program before the first event, compiled with (or loaded into) the same schema as the others or one that has
 * another getter; it is kept until the stream is freed, even if the caller frees it. *number counts from 0.
 * EQLM_E_ARGUMENT: an expression; a sequence that asks for an alias in a missing event behind the last other term; or
 * events have been fed already. */
EQLM_API eqlm_status eqlm_stream_add(eqlm_stream *stream, const eqlm_program *program, uint32_t *number);

typedef struct eqlm_event_info {
    uint64_t id;           /* the host's number of the event; rising numbers are best */
    bool has_time;         /* false: the event counts for event queries only */
    int64_t time;          /* nanoseconds since 1970 */
    eqlm_value tiebreaker; /* EQLM_NULL: none; text, number or date; copied */
} eqlm_event_info;

/* Feeds one event. An event older than the newest one minus lateness_ns counts for event queries only (and in the
 * counter `late`), and so does one without a time. Event queries are told at once, except those about ancestors, which
 * wait with the sequences for the event's turn.
 * EQLM_E_LIMIT: the callback stopped (see there), or scratch was used up. EQLM_E_NOMEM. After want of memory or scratch
 * the event counts as not seen; it may be fed again, and the stream may go on without it. A held event for which scratch
 * does not suffice when its turn comes is lost and counted in `errors`.
 * EQLM_E_ARGUMENT: the tiebreaker is an array or an object. */
EQLM_API eqlm_status eqlm_stream_feed(eqlm_stream *stream, const void *event, const eqlm_event_info *info);

/* Tells the stream that no event before `time` will come (a watermark from the host's clock): decides what waits for
 * that, forgets what is over. Otherwise as eqlm_stream_feed. */
EQLM_API eqlm_status eqlm_stream_advance(eqlm_stream *stream, int64_t time);

/* End of input: everything held back is decided ("no such event exists"), samples are told. The stream is then empty and
 * may be fed again, with times before those it has seen. EQLM_E_NOMEM: something is not decided yet; flush again. */
EQLM_API eqlm_status eqlm_stream_flush(eqlm_stream *stream);

typedef struct eqlm_stream_counts {
    uint64_t events;       /* fed */
    uint64_t late;         /* too old for sequences */
    uint64_t no_time;      /* without a time */
    uint64_t matches;
    uint64_t evicted;      /* dropped for want of budget */
    uint64_t errors;       /* run-time errors, as eqlm_vm_errors, of the conditions that had to be run */
    uint64_t partials;     /* alive now; also events kept for samples */
    uint64_t keys;         /* join keys with state now */
    uint64_t state_bytes;  /* memory counted against max_state now; of a program without its share of tables */
    uint64_t peak_bytes;   /* the most that state_bytes has been */
} eqlm_stream_counts;

EQLM_API void eqlm_stream_get_counts(const eqlm_stream *stream, eqlm_stream_counts *out);
/* The same counters of one program, as far as they exist per program (events, late, no_time and peak_bytes are 0). */
EQLM_API void eqlm_stream_program_counts(const eqlm_stream *stream, uint32_t program, eqlm_stream_counts *out);

/* Writes the whole state, without the programs, versioned and checksummed. EQLM_E_ARGUMENT: events are held; flush, or
 * advance first. EQLM_E_LIMIT: `write` refused. */
EQLM_API eqlm_status eqlm_stream_save(const eqlm_stream *stream, eqlm_write_fn write, void *ctx);
/* Reads a state into a new stream to which the same programs were added in the same order; counters go on. It trusts
 * nothing: EQLM_E_IMAGE when the state is damaged, of another version or of other programs; then the stream is as new,
 * and so it is after EQLM_E_NOMEM and EQLM_E_LIMIT: a key larger than any event may have. EQLM_E_ARGUMENT: the stream has been
 * fed. */
EQLM_API eqlm_status eqlm_stream_restore(eqlm_stream *stream, const void *state, size_t len);

/* For a host that shards by join key: a hash of every key tuple that `event` has in any term of the program, whatever its
 * conditions; distinct, rising, at most max of them in hashes; *n is how many there are. Events with equal tuples have
 * an equal hash in every process that uses the same seed, which must be that of the streams (hash_seed). An event must
 * be fed to shard `hash % n_shards` for each hash; a program without keys has one hash for all events. *everywhere is
 * set when the program asks for ancestors, which every shard must know: then feed all shards. Shards that get few events
 * learn the time through eqlm_stream_advance. EQLM_E_ARGUMENT: program is an expression. Otherwise as eqlm_match. */
EQLM_API eqlm_status eqlm_stream_shard(eqlm_vm *vm, const eqlm_program *program, const void *event, uint64_t seed,
                                       uint64_t *hashes, size_t max, size_t *n, bool *everywhere);

/* ------------------------------------------------------------------------------------------------------
 * Profiles: which programs take the time
 *
 * The host lends a profile, with memory for its counters, to a vm or to a stream, and reads it whenever no call is under
 * way. Each thread has a profile of its own; the counters of several may be added. Without one, next to nothing is done
 * for it.
 */
typedef struct eqlm_profile_counts {
    uint64_t runs; /* how often one of its conditions was run: an index keeps that from most events */
    uint64_t hits; /* how often that held */
    uint64_t time; /* of these runs and, in a stream, of its state; by the host's clock */
} eqlm_profile_counts;

typedef struct eqlm_profile {
    size_t size; /* sizeof(eqlm_profile) */
    uint64_t (*now)(void *ctx); /* a clock that does not go back: nanoseconds, cycles, ... */
    void *ctx;
    eqlm_profile_counts *programs; /* by number in the rule set or stream */
    uint32_t n;                    /* of these; programs beyond are not counted */
    uint64_t time; /* of all calls: what the programs do not account for goes to the index, order and expiry */
} eqlm_profile;

/* Measures every eqlm_rules_match with this vm, which must all be for the same set; NULL: no more. The profile is
 * borrowed. EQLM_E_ARGUMENT: there is no clock. */
EQLM_API eqlm_status eqlm_vm_set_profile(eqlm_vm *vm, eqlm_profile *profile);
/* Measures every call that feeds, advances or flushes the stream. Otherwise likewise. The time of a program includes that
 * of the callback its matches are told to. */
EQLM_API eqlm_status eqlm_stream_set_profile(eqlm_stream *stream, eqlm_profile *profile);

#ifdef __cplusplus
}
#endif
#endif /* EQLMINI_H */
