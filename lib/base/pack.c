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

void eqli_put_value(eqli_writer *w, const eqlm_value *v)
{
    eqli_put(w, v->type, 1);
    switch (v->type) {
    case EQLM_FAR_DATE:
        eqli_put(w, v->len, 4);
        eqli_put(w, v->as.u64, 8);
        break;
    case EQLM_BOOL:
        eqli_put(w, v->as.boolean, 1);
        break;
    case EQLM_I64:
    case EQLM_U64:
    case EQLM_F64:
    case EQLM_DATE: /* every member of the union has the same eight bytes */
        eqli_put(w, v->as.u64, 8);
        break;
    case EQLM_STRING:
    case EQLM_IP:
        eqli_put(w, v->len, v->type == EQLM_STRING ? 4 : 1);
        eqli_put_bytes(w, v->as.str, v->len);
        break;
    default:
        break;
    }
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

void eqli_get_value(eqli_reader *r, uint64_t type, eqlm_value *v)
{
    *v = (eqlm_value){ .type = (uint32_t)type };
    switch (type) {
    case EQLM_NULL:
        break;
    case EQLM_BOOL:
        v->as.boolean = eqli_get_flag(r);
        break;
    case EQLM_FAR_DATE:
        v->len = (uint32_t)eqli_get(r, 4);
        v->as.u64 = eqli_get(r, 8);
        break;
    case EQLM_I64:
    case EQLM_U64:
    case EQLM_F64:
    case EQLM_DATE:
        v->as.u64 = eqli_get(r, 8);
        break;
    case EQLM_STRING:
    case EQLM_IP:
        v->len = (uint32_t)eqli_get(r, type == EQLM_STRING ? 4 : 1);
        v->as.ip = eqli_get_bytes(r, v->len);
        if (v->as.ip && (type == EQLM_STRING || v->len == 4 || v->len == 16))
            break;
        v->len = 0;
        if (r->status == EQLM_OK)
            r->status = EQLM_E_IMAGE;
        break;
    default:
        if (r->status == EQLM_OK)
            r->status = EQLM_E_IMAGE;
    }
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
