/* big.h - unsigned integers of bounded size, for numbers that have to be rounded exactly. */
#ifndef EQLI_BIG_H
#define EQLI_BIG_H

#include <stdint.h>

/* Large enough for every step of number.c: 801 digits or 5^1140 have fewer than 2,700 bits. */
enum { EQLI_BIG_LIMBS = 96 };

typedef struct eqli_big {
    uint32_t n; /* limbs in use, lowest first; the top one is not zero */
    uint32_t limb[EQLI_BIG_LIMBS];
} eqli_big;

eqli_big eqli_big_from(uint64_t v);
/* b = b * factor + summand */
void eqli_big_mul_add(eqli_big *b, uint32_t factor, uint32_t summand);
void eqli_big_mul_pow5(eqli_big *b, uint32_t exponent);
void eqli_big_shift(eqli_big *b, uint32_t bits);
void eqli_big_add(eqli_big *a, const eqli_big *b);
/* a -= b, where a >= b */
void eqli_big_subtract(eqli_big *a, const eqli_big *b);
int eqli_big_compare(const eqli_big *a, const eqli_big *b);
/* Bits from the highest one that is set. */
uint32_t eqli_big_bits(const eqli_big *b);

#endif
