/* rules.h - readers of rule files: every format becomes a list of rules with their query text and a map back
 * to the lines of the file (docs/eqlc.1 lists the formats). Want of memory ends the program (util.h). */
#ifndef EQLC_RULES_H
#define EQLC_RULES_H

#include "eqlmini.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eqlc_place {
    uint32_t line, column; /* from 1; columns count code points */
} eqlc_place;

/* Where a piece of the decoded query stands in the file: query bytes [start, next entry's start) come byte
 * for byte from `source` on, or all together from one escape sequence that starts there. Sorted by start; the
 * first entry starts at 0, the last one is empty and marks the end of the query. */
typedef struct eqlc_map_entry {
    uint32_t start;  /* offset in the query */
    uint32_t source; /* byte offset in the file */
    bool verbatim;   /* false: the query bytes of this entry are one escape sequence of the file */
} eqlc_map_entry;

typedef struct eqlc_rule {
    char *path;  /* as the user gave it or found below a directory; "-" standard input, "-q" a query,
                  "-q2" the second */
    char *query; /* decoded text, NUL-terminated, query_len bytes */
    size_t query_len;
    const char *image; /* of a saved program, in place of the query, which is empty then; else NULL */
    size_t image_len;
    char *id, *name, *severity; /* NULL when absent */
    int risk_score;             /* -1 when absent */
    eqlm_dialect dialect;       /* by kind of file: Endpoint TOML is endpoint, everything else es */
    char *category_field;       /* event_category_override / event_category_field, or NULL */
    char *timestamp_field;      /* or NULL */
    char *tiebreaker_field;     /* or NULL */
    char *metadata;             /* JSON object of what else alerts repeat (eqlc_metadata_keys), or NULL */
    const char *source;         /* the whole file, shared by its rules */
    size_t source_len;
    eqlc_map_entry *map; /* n_map entries, at least the one that marks the end */
    size_t n_map;
    bool is_query;    /* given on the command line */
    eqlc_place start; /* place of the query's first byte, from where the others are counted */
} eqlc_rule;

typedef struct eqlc_rules {
    eqlc_rule *items;
    size_t n, cap;
    char **sources; /* file contents the rules point into */
    size_t n_sources, cap_sources;
    const char *why_skipped; /* the last of: */
    size_t n_skipped;        /* objects and files that hold no EQL rule (other rule types, summary lines) */
    size_t n_unreadable;     /* files and directories that could not be read; each was reported */
    size_t n_failed;         /* files and rules that could be read but are malformed; each was reported */
    bool none;               /* there was nothing in the paths, not even one of these */
} eqlc_rules;

/* Called for every problem with a file itself: unreadable, bad TOML or JSON, a rule without query.
 * place.line 0: unknown. */
typedef void (*eqlc_file_error_fn)(void *ctx, const char *path, eqlc_place place, bool warning,
                                   const char *message);

/* Reads files, directories (recursively, sorted, files with known endings) and "-" and appends their rules;
 * goes on after bad files. */
void eqlc_rules_read(eqlc_rules *rules, char *const *paths, size_t n_paths, eqlc_file_error_fn report,
                     void *ctx);
/* Appends a query given on the command line. */
void eqlc_rules_add_query(eqlc_rules *rules, const char *query);
/* Gives back what only diagnostics need, the texts of the files and the maps to them: rules have no places any
 * more. If there are saved programs, the texts stay. */
void eqlc_rules_forget_files(eqlc_rules *rules);
void eqlc_rules_clear(eqlc_rules *rules);

/* Byte of the file where byte `offset` of the query stands (query_len is allowed), and its place. */
size_t eqlc_rule_source_offset(const eqlc_rule *rule, size_t offset);
eqlc_place eqlc_rule_place(const eqlc_rule *rule, size_t offset);
/* The same for the end of a span: behind what stands for byte `end - 1`, also where the file goes on
 * elsewhere. */
size_t eqlc_rule_source_end(const eqlc_rule *rule, size_t start, size_t end);
/* Place of a byte of the file, not before the query's first byte. */
eqlc_place eqlc_rule_place_at(const eqlc_rule *rule, size_t source_offset);

#ifdef __cplusplus
}
#endif
#endif
