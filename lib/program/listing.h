/* listing.h - the parts that both listings of a program are written with. */
#ifndef EQLI_LISTING_H
#define EQLI_LISTING_H

#include "program/program.h"

typedef struct eqli_listing {
    const eqlm_program *p;
    eqlm_write_fn write;
    void *ctx;
    bool failed;
} eqli_listing;

/* After a failed write these do nothing. */
void eqli_list_bytes(eqli_listing *l, const char *s, size_t len);
void eqli_list_text(eqli_listing *l, const char *s);
void eqli_list_uint(eqli_listing *l, uint64_t v, size_t width);
/* A text as a JSON string, so that a listing is one line per instruction whatever the rule holds. Bytes that
 * are no character, which only an image can hold, become U+FFFD. */
void eqli_list_quoted(eqli_listing *l, const char *s, size_t len);
void eqli_list_value(eqli_listing *l, const eqlm_value *v);
/* "==", "<" and so on; "+", "-" and so on; "str*": the reading of a value, with a star when it coerces. */
void eqli_list_cmp(eqli_listing *l, uint32_t mode);
void eqli_list_arith(eqli_listing *l, uint32_t mode);
void eqli_list_as(eqli_listing *l, uint32_t mode);

/* disasm_json.c */
void eqli_list_json(eqli_listing *l);

#endif
