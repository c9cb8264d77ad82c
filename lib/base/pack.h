/* pack.h - bytes that are independent of the machine: little-endian, no padding, with a checksum. The writer
 * runs twice, first only counting and summing; the reader trusts nothing, and every call after a failure does
 * nothing. */
#ifndef EQLI_PACK_H
#define EQLI_PACK_H

#include "base/mem.h"

#define EQLI_CHECKSUM_START UINT64_C(0xcbf29ce484222325)

uint64_t eqli_checksum(uint64_t sum, const void *bytes, size_t n);

typedef struct eqli_writer {
    eqlm_write_fn write; /* NULL: only count */
    void *ctx;
    uint64_t len, sum;
    bool failed;
} eqli_writer;

void eqli_put_bytes(eqli_writer *w, const void *bytes, size_t n);
void eqli_put(eqli_writer *w, uint64_t v, unsigned width);

/* A value that is no array and no object: type:u8, then nothing for null, 1 byte for a boolean, len:u32 and
 * bytes for a text, len:u8 and bytes for an address, len:u32 before 8 bytes for a far date, and 8 bytes for
 * the rest. */
void eqli_put_value(eqli_writer *w, const eqlm_value *v);

typedef struct eqli_reader {
    const unsigned char *p, *end;
    const eqlm_alloc *alloc;
    eqlm_status status; /* sticky */
} eqli_reader;

uint64_t eqli_get(eqli_reader *r, unsigned width);
bool eqli_get_flag(eqli_reader *r);
/* NULL: not that many are left. */
const unsigned char *eqli_get_bytes(eqli_reader *r, size_t n);
/* What eqli_put_value has written behind the type. Texts and addresses point to where they are read. */
void eqli_get_value(eqli_reader *r, uint64_t type, eqlm_value *v);
/* A count of things that take at least `least` bytes each, and zeroed memory for them. */
void *eqli_get_table(eqli_reader *r, size_t least, size_t size, uint32_t max, uint32_t *n);

#endif
