/* vector_md.h - examples in Markdown as test vectors.
 *
 * A block fenced as ```eql-expr has one example a line, an expression and its value (several: in any order,
 * with commas), an event between them when it needs one, `error` behind a value when evaluating counts a
 * run-time error: length("abc")                  => 3 length(a)  {"a": ["x", "yz"]}  => 1, 2 1 / 0 => E501
 *     number(a)  {"a": "x"}          => null error
 *
 * A block fenced as ```eql-test has queries, each with what compiling gives (a code; ok when none is wanted)
 * or with events; indented lines continue a query. Other keys are those of tests/vectors/README.md and hold
 * for all queries that follow in the block: schema: {"pid": "long"} query:  any where pid = 4      => E208
 *     query:  any where pid == 4
 *     event:  {"pid": 4}             => true
 *     event:  {"pid": "4"}           => true
 * A code that begins with W is a warning; the query then compiles. */
#ifndef TS_VECTOR_MD_H
#define TS_VECTOR_MD_H

#include "vector.h"

/* Gives each example of a text as an object of our vector format; `add` returns false to stop. Reports
 * malformed examples on standard error and returns false. */
typedef bool (*ts_md_add)(void *ctx, json_t *take_vector, size_t line);
bool ts_md_read(char *text, const char *path, ts_md_add add, void *ctx);

#endif
