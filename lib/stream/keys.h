/* keys.h - join keys as bytes (language S3). Equal tuples have equal bytes: numbers by value whatever their
 * type, an IPv4-mapped address as the IPv4 address. Every value stands for itself, so a tuple can be taken
 * apart again:
 *   tag:u8, then: NULL nothing, BOOL 1 byte, NUMBER 10 bytes, STRING len:u32 bytes, IP len:u8 bytes, DATE 8
 * bytes */
#ifndef EQLI_STREAM_KEYS_H
#define EQLI_STREAM_KEYS_H

#include "base/hash.h"
#include "vm/vm.h"

typedef struct eqli_bytes {
    const uint8_t *ptr;
    uint32_t len;
} eqli_bytes;

/* The tuples of one event and one term; they lie in `arena` until it is reset. */
typedef struct eqli_tuples {
    eqli_arena arena;
    eqli_bytes *items;
    uint32_t n, cap;
} eqli_tuples;

/* Every tuple of the stage, distinct, in key order. None when a mandatory key has no value. More than
 * program->max_choices of them, or more bytes than the program's scratch or the arena may take, is a run-time
 * error: counted in the vm, and none. EQLM_E_NOMEM. */
eqlm_status eqli_tuples_read(eqli_tuples *t, eqlm_vm *vm, const eqlm_program *p, const eqli_stage *stage,
                             const void *event);
void eqli_tuples_clear(eqli_tuples *t, const eqlm_alloc *alloc);

/* nulls first, numbers by value, strings by bytes. <0, 0, >0. */
int eqli_key_compare(const uint8_t *a, uint32_t a_len, const uint8_t *b, uint32_t b_len);
/* The values of a tuple; texts and addresses point into it. */
void eqli_key_values(const uint8_t *key, uint32_t n_keys, eqlm_value *out);
/* Whether bytes from outside are a tuple that this file could have written for a term of the program. */
bool eqli_key_is_good(const uint8_t *key, uint32_t len, const eqlm_program *p);

/* One value as bytes, in an arena. NULL, arrays, objects and NaN are the null. False: no memory, or the arena
 * is full. */
bool eqli_key_encode(eqli_arena *arena, const eqlm_value *v, eqli_bytes *out);

#endif
