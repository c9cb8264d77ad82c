/* json_index.h - finds where the tokens of a JSON text start, with simdjson's first stage.
 *
 * The stage also proves that the text is UTF-8, that every string is closed and that strings hold no control
 * characters. It is picked at run time for the processor by the simdjson library itself. */
#ifndef EQLC_JSON_INDEX_H
#define EQLC_JSON_INDEX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum eqlc_index_status {
    EQLC_INDEX_OK = 0,
    EQLC_INDEX_EMPTY,  /* nothing but white space */
    EQLC_INDEX_BROKEN, /* bad UTF-8, a string without end or with control characters */
    EQLC_INDEX_NOMEM   /* no memory, or the text is over 4 GiB */
} eqlc_index_status;

typedef struct eqlc_indexer eqlc_indexer;

eqlc_indexer *eqlc_indexer_new(void); /* NULL: no memory */
void eqlc_indexer_free(eqlc_indexer *indexer);

/* Gives the offsets of the first bytes of all tokens: brackets, ':', ',', opening quotes and scalars.
 * (*out)[*n] is len. Valid until the next call. */
eqlc_index_status eqlc_index(eqlc_indexer *indexer, const char *text, size_t len, const uint32_t **out,
                             uint32_t *n);

/* The double nearest to the number written in [text, end), which is a valid JSON number; infinite when it is
 * too large. Does not look at the locale. */
double eqlc_parse_double(const char *text, const char *end);

#ifdef __cplusplus
}
#endif
#endif
