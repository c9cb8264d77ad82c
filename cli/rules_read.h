/* rules_read.h - what the readers of the single formats share: the file at hand, problems in it, a query that
 * is put together piece by piece with its map. Used by rules*.c and rules*.cc only. */
#ifndef EQLC_RULES_READ_H
#define EQLC_RULES_READ_H

#include "rules.h"
#include "util.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that may be read (all zero) behind the text of a file: what simdjson asks for. */
#define EQLC_PADDING 64
/* Largest rule file, far below what the 32-bit offsets of the map can count. */
#define EQLC_MAX_FILE ((size_t)256 << 20)

/* One file being read. The text is owned by rules->sources; a byte order mark has been stepped over by
 * `start`. */
typedef struct eqlc_input {
    eqlc_rules *rules;
    const char *path;
    const char *text;
    size_t start, len; /* text[start .. len) */
    eqlc_file_error_fn report;
    void *ctx;
} eqlc_input;

/* The readers: append the rules of the file, count what they skip, report what is malformed. */
void eqlc_read_eql(eqlc_input *in);
void eqlc_read_toml(eqlc_input *in);
void eqlc_read_json(eqlc_input *in);
void eqlc_read_markdown(eqlc_input *in);
/* A program that `eqlc build` or eqlm_program_save has written. */
void eqlc_read_image(eqlc_input *in);
bool eqlc_is_image(const char *bytes, size_t len);
/* The text of a rule page, copied from a browser. */
void eqlc_read_page_text(eqlc_input *in);

/* Place of a byte of the text. Counts from the start of the file: for problems, which are rare. */
eqlc_place eqlc_rule_file_place(const eqlc_input *in, size_t offset);
/* Reports a problem at a byte; an error counts the file or rule as failed. */
void eqlc_input_error(eqlc_input *in, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void eqlc_input_warning(eqlc_input *in, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Counts something that holds no EQL rule, for this reason: "it ...". */
static inline void eqlc_input_skip(const eqlc_input *in, const char *why)
{
    in->rules->n_skipped++;
    in->rules->why_skipped = why;
}

/* Filters are written in the query language of another product. */
#define EQLC_FILTERS_WARNING "the filters of the rule are not evaluated: without them it may match more"

/* A query under construction. {0} is empty. */
typedef struct eqlc_query {
    eqlc_buf text;
    eqlc_map_entry *map;
    size_t n_map, cap_map;
} eqlc_query;

/* Appends bytes that stand in the file as they are, from `source` on. */
void eqlc_query_verbatim(eqlc_query *q, const char *bytes, size_t len, size_t source);
/* Appends what one escape sequence at `source` stands for. */
void eqlc_query_escape(eqlc_query *q, const char *bytes, size_t len, size_t source);
void eqlc_query_escape_code(eqlc_query *q, uint32_t code, size_t source);
void eqlc_query_clear(eqlc_query *q);

/* Appends a rule with this query, which ends in the file at `source_end`, and takes the query over. The rule
 * has no metadata yet and the dialect es; the pointer is good until the next rule is added. */
eqlc_rule *eqlc_rule_add(eqlc_input *in, eqlc_query *take_q, size_t source_end);

/* Sets a text of a rule (frees the old one); text NULL: none. */
void eqlc_rule_set(char **field, const char *text, size_t len);

/* Names of the members of a rule that its metadata keeps; NULL ends the list. */
extern const char *const eqlc_metadata_keys[];
/* Adds a member to the metadata of a rule; json is its value. */
void eqlc_rule_note(eqlc_rule *rule, const char *key, const char *json, size_t len);

/* Decodes the string literal whose opening quote is text[offset], with its map. Returns the offset behind the
 * closing quote, or 0 when the literal is malformed; *inner_end is the offset of the closing quote. */
size_t eqlc_decode_json_string(const char *text, size_t len, size_t offset, eqlc_query *q, size_t *inner_end);
size_t eqlc_decode_toml_string(const char *text, size_t len, size_t offset, eqlc_query *q, size_t *inner_end);

#ifdef __cplusplus
}
#endif
#endif
