#include "base/big.h"

#include <string.h>

void eqli_big_mul_add(eqli_big *b, uint32_t factor, uint32_t summand)
{
    uint64_t carry = summand;
    for (uint32_t i = 0; i < b->n; i++) {
        carry += (uint64_t)b->limb[i] * factor;
        b->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry && b->n < EQLI_BIG_LIMBS)
        b->limb[b->n++] = (uint32_t)carry;
}

void eqli_big_mul_pow5(eqli_big *b, uint32_t exponent)
{
    enum { POW5_13 = 1220703125 };
    for (; exponent >= 13; exponent -= 13)
        eqli_big_mul_add(b, POW5_13, 0);
    for (; exponent > 0; exponent--)
        eqli_big_mul_add(b, 5, 0);
}

static uint32_t top_bits(uint64_t v)
{
    uint32_t n = 0;
    for (; v; v >>= 1)
        n++;
    return n;
}

uint32_t eqli_big_bits(const eqli_big *b)
{
    return b->n ? (b->n - 1) * 32 + top_bits(b->limb[b->n - 1]) : 0;
}

void eqli_big_shift(eqli_big *b, uint32_t bits)
{
    uint32_t limbs = bits / 32, rest = bits % 32;
    if (b->n == 0 || limbs + b->n >= EQLI_BIG_LIMBS)
        return;
    memmove(b->limb + limbs, b->limb, b->n * sizeof b->limb[0]);
    memset(b->limb, 0, limbs * sizeof b->limb[0]);
    b->n += limbs;
    uint32_t carry = 0;
    for (uint32_t i = limbs; rest && i < b->n; i++) {
        uint32_t limb = b->limb[i];
        b->limb[i] = limb << rest | carry;
        carry = limb >> (32 - rest);
    }
    if (carry)
        b->limb[b->n++] = carry;
}

int eqli_big_compare(const eqli_big *a, const eqli_big *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (uint32_t i = a->n; i-- > 0;) {
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    }
    return 0;
}

void eqli_big_subtract(eqli_big *a, const eqli_big *b)
{
    uint64_t borrow = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        uint64_t take = borrow + (i < b->n ? b->limb[i] : 0);
        borrow = a->limb[i] < take;
        a->limb[i] = (uint32_t)(a->limb[i] - take);
    }
    while (a->n && a->limb[a->n - 1] == 0)
        a->n--;
}

void eqli_big_add(eqli_big *a, const eqli_big *b)
{
    uint64_t carry = 0;
    uint32_t n = a->n > b->n ? a->n : b->n;
    for (uint32_t i = 0; i < n; i++) {
        carry += (uint64_t)(i < a->n ? a->limb[i] : 0) + (i < b->n ? b->limb[i] : 0);
        a->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    a->n = n;
    if (carry && n < EQLI_BIG_LIMBS)
        a->limb[a->n++] = (uint32_t)carry;
}

eqli_big eqli_big_from(uint64_t v)
{
    eqli_big b;
    b.limb[0] = (uint32_t)v;
    b.limb[1] = (uint32_t)(v >> 32);
    b.n = b.limb[1] ? 2 : b.limb[0] ? 1 : 0;
    return b;
}
