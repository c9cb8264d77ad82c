/* vector.h - test vectors: a query or expression, an event and the wanted result, as lines of JSON.
 *
 * Our format (tests/vectors/README.md): name, spec, query or expr, event, want, and where needed code,
 * schema, unmapped, objects, dialect, strict, closed, category_field, errors, warns, limits. The reader also
 * takes the examples of the documentation (vector_md.h) and the reference formats (id, expect, value,
 * error_kind; endpoint_parser), for those who have such files beside the project. */
#ifndef TS_VECTOR_H
#define TS_VECTOR_H

#include "alloc.h"
#include "event.h"

typedef enum ts_want {
    TS_MATCH, /* the event matches */
    TS_NO_MATCH,
    TS_VALUE,  /* the expression has the value (or values) `value` */
    TS_ACCEPT, /* compiling succeeds */
    TS_REJECT  /* compiling fails with a diagnostic whose code starts with one of `codes` */
} ts_want;

typedef struct ts_vector {
    json_t *json; /* owns everything below */
    char *name;
    const char *text;
    size_t text_len;
    bool is_expr;
    bool errors;     /* evaluation has to count a run-time error */
    bool any_errors; /* not known whether it does */
    eqlm_dialect dialect;
    bool strict, closed;
    const char *category_field;
    json_t *event, *types, *objects, *value;
    ts_want want;
    const char *codes; /* names or beginnings of codes of diagnostics, separated by spaces; "" accepts any */
    const char *warns; /* NULL: any; "": no warning but W101; else the code of the warning that has to come */
    eqlm_limits limits;
} ts_vector;

typedef struct ts_vectors {
    ts_vector *items;
    size_t n, cap;
} ts_vectors;

/* Appends the vectors of a file, or the examples of a .md file. False: not readable, or a malformed line (reported on
 * standard error). */
bool ts_vectors_read(ts_vectors *vs, const char *path);
/* All *.jsonl of a directory, in the order of their names. */
bool ts_vectors_read_dir(ts_vectors *vs, const char *dir);
/* Our vectors (tests/vectors below the current directory), the examples of docs/language.md and
 * docs/diagnostics.md and, when they are there, the reference files of `shared`. Prints what was read or
 * skipped. */
bool ts_vectors_read_all(ts_vectors *vs, const char *shared);
void ts_vectors_clear(ts_vectors *vs);

/* main() of a program that runs `test` for each vector (*state is the ts_vector) as a cmocka test.
 * Arguments: none: all; FILE...: the vectors of these files alone. The folder of the reference files is the
 * environment variable SHARED, or ../shared. */
int ts_vectors_main(const char *group, void (*test)(void **state), int argc, char **argv);

/* One way to hand events to the library. */
typedef enum ts_way { TS_STRUCT, TS_GETTER, TS_WAY_COUNT } ts_way;

typedef struct ts_host {
    eqlm_schema *schema;
    const void *event;
    ts_getter getter;
} ts_host;

/* Makes the schema of a vector's event for one way. `shift` field names come first, so that the numbers of
 * fields differ from those of another schema. EQLM_E_NOMEM if the allocator says so. */
eqlm_status ts_host_new(const eqlm_alloc *alloc, const ts_vector *v, ts_event *e, ts_way way, size_t shift,
                        ts_host *out);
void ts_host_clear(ts_host *h);
const char *ts_way_name(ts_way way);

/* eqlm_compile or eqlm_compile_expr of `text` with the vector's options. */
eqlm_status ts_vector_compile(const eqlm_alloc *alloc, const ts_vector *v, const char *text, size_t len,
                              eqlm_schema *schema, eqlm_diags *diags, eqlm_program **out);

/* Tells whether diagnostics agree with v->codes and lie inside a text of text_len bytes; otherwise writes why
 * not. */
bool ts_vector_diags_ok(const ts_vector *v, size_t text_len, const eqlm_diags *diags, char *why,
                        size_t why_len);
/* The values of an expression against v->value. */
bool ts_vector_values_ok(const ts_vector *v, const eqlm_value *values, size_t n, char *why, size_t why_len);

/* Growing bytes, for images and listings. ts_bytes_write is an eqlm_write_fn. */
typedef struct ts_bytes {
    char *ptr;
    size_t len, cap;
} ts_bytes;
bool ts_bytes_write(void *ctx, const void *bytes, size_t len);

/* Where the expression of an event query begins (after `where`), or 0 for sequences and samples. */
size_t ts_condition_start(const char *text, size_t len);
/* The text has a pipe outside strings and comments. */
bool ts_has_pipe(const char *text, size_t len);

#endif
