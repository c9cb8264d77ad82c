/* pack.h - numbers and texts as bytes, the same on every machine, and back. */
#ifndef EQLC_PACK_H
#define EQLC_PACK_H

#include "run_docs.h"
#include "util.h"

/* Appends the lowest `size` bytes of n, the lowest first. */
void eqlc_pack(eqlc_buf *b, uint64_t n, unsigned size);
void eqlc_pack_text(eqlc_buf *b, const char *text, size_t len);
void eqlc_pack_doc(eqlc_buf *b, const eqlc_doc *doc);

/* Bytes being read. Once they do not suffice or make no sense, everything read is zero or empty. */
typedef struct eqlc_unpacker {
    const char *at, *end;
    bool bad;
} eqlc_unpacker;

uint64_t eqlc_unpack(eqlc_unpacker *u, unsigned size);
/* Points into the bytes. */
eqlm_str eqlc_unpack_text(eqlc_unpacker *u);
/* A new document, or NULL. */
eqlc_doc *eqlc_unpack_doc(eqlc_unpacker *u);

#endif
