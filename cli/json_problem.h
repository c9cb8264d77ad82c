/* json_problem.h - where a text stops being JSON, and other things about it that simdjson does not tell. */
#ifndef EQLC_JSON_PROBLEM_H
#define EQLC_JSON_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads the escape sequence at text[at] of a string. Returns the offset behind it, or 0 when it is malformed;
 * *code is then half of a surrogate pair if that is what is wrong. */
size_t eqlc_json_escape(const char *text, size_t len, size_t at, uint32_t *code);

/* simdjson refuses halves of surrogate pairs, which Windows allows in names: makes the escapes of all in a
 * string \uFFFD. */
void eqlc_json_mend(char *text, size_t len);

/* The message about a text that goes on behind a good value. */
extern const char eqlc_json_more[];

/* Finds the first place where text[start .. end) stops being one JSON value, and says what is wrong there: at
 * `end` when the text is good but not all. lone_surrogates: \u escapes of half a surrogate pair are good.
 * Returns false when nothing is wrong. */
bool eqlc_json_problem(const char *text, size_t start, size_t end, bool lone_surrogates, size_t *offset,
                       const char **message);

#ifdef __cplusplus
}
#endif
#endif
