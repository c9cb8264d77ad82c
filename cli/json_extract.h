/* json_extract.h - takes the wanted values out of one JSON document with simdjson's on-demand reader.
 *
 * On-demand is a set of inline functions whose instructions are fixed when they are compiled, so the file
 * behind this header is compiled once for each kind of processor (a kernel), and the command picks one when
 * it starts. */
#ifndef EQLC_JSON_EXTRACT_H
#define EQLC_JSON_EXTRACT_H

#include "event_values.h"
#include "json_problem.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EQLC_JSON_PADDING 64 /* bytes behind a document that may be read, and the first of them written */
#define EQLC_JSON_DEPTH 512  /* brackets inside each other, on the way to wanted fields */

typedef enum eqlc_json_status {
    EQLC_JSON_OK = 0,
    EQLC_JSON_BAD,  /* not JSON, or not an object */
    EQLC_JSON_OPEN, /* good so far, but the text ends before the document does */
    EQLC_JSON_HITS, /* the response of a search: its elements are the documents */
    EQLC_JSON_LIMIT /* nested too deeply, or memory is short */
} eqlc_json_status;

/* What has been found out about a document besides its values. */
typedef struct eqlc_json_document {
    size_t source_start, source_len; /* the event proper: all of it, or what _source holds */
    size_t error_at;                 /* unless EQLC_JSON_OK: where, ... */
    const char *message;             /* ... and what is wrong */
} eqlc_json_document;

/* Whether a document is bad only because another one follows it. */
static inline bool eqlc_json_is_followed(const eqlc_json_document *document, const char *text)
{
    return document->message == eqlc_json_more && text[document->error_at] == '{';
}

typedef struct eqlc_json_reader eqlc_json_reader;

typedef struct eqlc_json_kernel {
    const char *name;
    eqlc_json_reader *(*create)(void); /* NULL: no memory */
    void (*destroy)(eqlc_json_reader *reader);
    /* Reads a document of `len` bytes; EQLC_JSON_PADDING bytes follow it in memory. On EQLC_JSON_OK the
     * values hold until `text` or `values` change; otherwise they must not be used. */
    eqlc_json_status (*read)(eqlc_json_reader *reader, char *text, size_t len, eqlc_event_values *values,
                             eqlc_json_document *out);
} eqlc_json_kernel;

/* All kernels of this build that the processor can run, the fastest first; NULL ends the list. */
const eqlc_json_kernel *const *eqlc_json_kernels(void);

extern const eqlc_json_kernel eqlc_json_kernel_baseline;
#if defined(__x86_64__)
extern const eqlc_json_kernel eqlc_json_kernel_v3; /* x86-64-v3: AVX2, BMI */
#endif

#ifdef __cplusplus
}
#endif
#endif
