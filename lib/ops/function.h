/* function.h - the built-in functions of language 8. builtins.def has one row for each; nobody keeps a second
 * list. */
#ifndef EQLI_FUNCTION_H
#define EQLI_FUNCTION_H

#include "ops/op.h"

/* args[n_args] are single values already read as the signature asks (so a string parameter is STRING or
 * NULL). fold: called with `~`. The result may point into args or scratch. */
typedef eqli_op_result (*eqli_fn)(const eqlm_value *args, uint32_t n_args, bool fold, eqli_arena *scratch,
                                  eqlm_value *out);

typedef enum eqli_fn_id {
#define FUNCTION(id, name, tilde, min, max, params, result, fn) EQLI_FN_##id,
#include "ops/builtins.def"
#undef FUNCTION
    EQLI_FN_COUNT
} eqli_fn_id;

typedef struct eqli_function {
    const char *name;   /* as documented: "startsWith" */
    bool tilde;         /* has a case-insensitive form */
    uint8_t min_args;
    uint8_t max_args;   /* 255: any number; the last parameter repeats */
    const char *params; /* a letter per parameter: s string, i integer, n number, b boolean, a any,
                           p ip address or string, c constant address block, k constant integer */
    char result;        /* s i n b (n: integer or double) */
    eqli_fn fn;
} eqli_function;

/* The implementations: eqli_fn_between and so on. */
#define FUNCTION(id, name, tilde, min, max, params, result, fn)                                              \
    eqli_op_result fn(const eqlm_value *args, uint32_t n_args, bool fold, eqli_arena *scratch,               \
                      eqlm_value *out);
#include "ops/builtins.def"
#undef FUNCTION

extern const eqli_function eqli_functions[EQLI_FN_COUNT];

/* Finds a function; letter case is ignored (ASCII). -1 if there is none. */
int eqli_function_find(const char *name, size_t len);
/* Letter of parameter i, the last one repeating. */
char eqli_function_param(const eqli_function *f, uint32_t i);

#endif
