/* hash.h - a keyed hash, so that nobody outside can choose keys that collide. */
#ifndef EQLI_HASH_H
#define EQLI_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 with the key (seed, space). */
uint64_t eqli_key_hash(uint64_t seed, uint64_t space, const uint8_t *bytes, size_t len);

#endif
