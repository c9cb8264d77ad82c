#include "base/pack.h"

uint64_t eqli_checksum(uint64_t sum, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ p[i]) * UINT64_C(0x100000001b3);
    return sum;
}

void eqli_put_bytes(eqli_writer *w, const void *bytes, size_t n)
{
    w->len += n;
    w->sum = eqli_checksum(w->sum, bytes, n);
    if (w->write && !w->failed && n)
        w->failed = !w->write(w->ctx, bytes, n);
}

void eqli_put(eqli_writer *w, uint64_t v, unsigned width)
{
    unsigned char b[8];
    for (unsigned i = 0; i < width; i++)
        b[i] = (unsigned char)(v >> (8 * i));
    eqli_put_bytes(w, b, width);
}

uint64_t eqli_get(eqli_reader *r, unsigned width)
{
    uint64_t v = 0;
    if (r->status != EQLM_OK || (size_t)(r->end - r->p) < width) {
        if (r->status == EQLM_OK)
            r->status = EQLM_E_IMAGE;
        return 0;
    }
    for (unsigned i = 0; i < width; i++)
        v |= (uint64_t)r->p[i] << (8 * i);
    r->p += width;
    return v;
}

bool eqli_get_flag(eqli_reader *r)
{
    uint64_t v = eqli_get(r, 1);
    if (v > 1)
        r->status = EQLM_E_IMAGE;
    return v == 1;
}

const unsigned char *eqli_get_bytes(eqli_reader *r, size_t n)
{
    if (r->status != EQLM_OK || (size_t)(r->end - r->p) < n) {
        if (r->status == EQLM_OK)
            r->status = EQLM_E_IMAGE;
        return NULL;
    }
    const unsigned char *p = r->p;
    r->p += n;
    return p;
}

void *eqli_get_table(eqli_reader *r, size_t least, size_t size, uint32_t max, uint32_t *n)
{
    uint64_t count = eqli_get(r, 4);
    *n = 0;
    if (r->status != EQLM_OK)
        return NULL;
    if (count > max || count > (uint64_t)(r->end - r->p) / least) {
        r->status = EQLM_E_IMAGE;
        return NULL;
    }
    if (count == 0)
        return NULL;
    void *p = eqli_mem_new(r->alloc, (size_t)count * size);
    if (!p)
        r->status = EQLM_E_NOMEM;
    else
        *n = (uint32_t)count;
    return p;
}
