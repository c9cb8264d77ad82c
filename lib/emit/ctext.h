/* ctext.h - writes C source text: formats, indentation, comments and string literals that compile without a
 * warning whatever the rule holds. */
#ifndef EQLI_CTEXT_H
#define EQLI_CTEXT_H

#include "eqlmini.h"

typedef struct eqli_ctext {
    eqlm_write_fn write;
    void *ctx;
    bool failed;  /* sticky */
    unsigned depth;
    char last[3]; /* of the comment being written */
} eqli_ctext;

/* Writes with %s (const char *), %u (uint32_t), %d (int64_t as a C constant), %x (uint64_t as one). */
void eqli_ctext_put(eqli_ctext *s, const char *format, ...);
void eqli_ctext_indent(eqli_ctext *s);
/* The same as one line, indented. */
void eqli_ctext_line(eqli_ctext *s, const char *format, ...);
/* Text as comment lines. */
void eqli_ctext_comment(eqli_ctext *s, const char *text, size_t len);
/* Pieces of one comment line between eqli_ctext_comment_begin and _end; an eqlm_write_fn. */
void eqli_ctext_comment_begin(eqli_ctext *s);
bool eqli_ctext_comment_piece(void *ctx, const void *bytes, size_t len);
void eqli_ctext_comment_end(eqli_ctext *s);
/* Bytes as one string literal. */
void eqli_ctext_quote(eqli_ctext *s, const char *bytes, size_t len);
/* Bytes as string literals, one a line, that C joins; an eqlm_write_fn, to be called any number of times. */
typedef struct eqli_ctext_bytes {
    eqli_ctext *s;
    unsigned column;
    uint32_t len;
} eqli_ctext_bytes;
bool eqli_ctext_bytes_write(void *ctx, const void *bytes, size_t len);
void eqli_ctext_bytes_end(eqli_ctext_bytes *b);
/* Whether a name can be one of C. */
bool eqli_ctext_identifier(const char *name);

#endif
