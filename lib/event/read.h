/* read.h - reading a field of an event as a list of values. Inline: this is the inner loop of every leaf. */
#ifndef EQLI_READ_H
#define EQLI_READ_H

#include "event/schema.h"

#include <string.h>

/* The values of one field: n of them, nulls among them possible. Valid while the event is. */
typedef struct eqli_values {
    uint32_t n;
    const unsigned char *base; /* first element in the host's layout, or NULL when items holds the values */
    const eqlm_value *items;
    const eqli_place *place;
    eqlm_value one;
} eqli_values;

static inline uint64_t eqli_load_uint(const unsigned char *p, unsigned width)
{
    switch (width) {
    case 1:
        return *p;
    case 2: {
        uint16_t v;
        memcpy(&v, p, 2);
        return v;
    }
    case 4: {
        uint32_t v;
        memcpy(&v, p, 4);
        return v;
    }
    default: {
        uint64_t v;
        memcpy(&v, p, 8);
        return v;
    }
    }
}

static inline int64_t eqli_load_int(const unsigned char *p, unsigned width)
{
    switch (width) {
    case 1:
        return (int8_t)*p;
    case 2: {
        int16_t v;
        memcpy(&v, p, 2);
        return v;
    }
    case 4: {
        int32_t v;
        memcpy(&v, p, 4);
        return v;
    }
    default: {
        int64_t v;
        memcpy(&v, p, 8);
        return v;
    }
    }
}

/* Texts longer than an eqlm_value can say do not occur in practice; they read as missing, never truncated. */
static inline bool eqli_text_value(const char *s, uint64_t len, eqlm_value *out)
{
    if (!s || len > UINT32_MAX)
        return false;
    *out = (eqlm_value){ .type = EQLM_STRING, .len = (uint32_t)len, .as.str = s };
    return true;
}

/* The element at p in the layout `place`, a scalar. False: no value. */
static inline bool eqli_load(const eqli_place *place, const unsigned char *p, eqlm_value *out)
{
    switch (place->storage) {
    case EQLM_STORE_STR: {
        const char *s;
        memcpy(&s, p, sizeof s);
        /* len_offset is counted from the event for a scalar and from the element in an array; the caller has made
         * p point at the pointer, which lies at `offset` of the event or at the start of the element. */
        const unsigned char *from = place->shape == EQLM_SCALAR ? p - place->offset : p;
        return eqli_text_value(s, eqli_load_uint(from + place->len_offset, place->len_size), out);
    }
    case EQLM_STORE_CSTR: {
        const char *s;
        memcpy(&s, p, sizeof s);
        return s && eqli_text_value(s, strlen(s), out);
    }
    case EQLM_STORE_CHARS: {
        const void *nul = memchr(p, 0, place->size);
        size_t len = nul ? (size_t)((const unsigned char *)nul - p) : place->size;
        return eqli_text_value((const char *)p, len, out);
    }
    case EQLM_STORE_BOOL:
        *out = (eqlm_value){ .type = EQLM_BOOL, .as.boolean = *p != 0 };
        return true;
    case EQLM_STORE_INT:
        *out = (eqlm_value){ .type = EQLM_I64, .as.i64 = eqli_load_int(p, place->size) };
        return true;
    case EQLM_STORE_UINT:
        *out = (eqlm_value){ .type = EQLM_U64, .as.u64 = eqli_load_uint(p, place->size) };
        return true;
    case EQLM_STORE_FLOAT:
        *out = (eqlm_value){ .type = EQLM_F64 };
        if (place->size == 4) {
            float f;
            memcpy(&f, p, sizeof f);
            out->as.f64 = (double)f;
        } else {
            memcpy(&out->as.f64, p, sizeof out->as.f64);
        }
        return true;
    case EQLM_STORE_IPV4:
        *out = (eqlm_value){ .type = EQLM_IP, .len = 4, .as.ip = p };
        return true;
    case EQLM_STORE_IPV6:
        *out = (eqlm_value){ .type = EQLM_IP, .len = 16, .as.ip = p };
        return true;
    case EQLM_STORE_OBJECT:
        *out = (eqlm_value){ .type = EQLM_OBJECT, .as.object = p };
        return true;
    default:
        memcpy(out, p, sizeof *out);
        return out->type != EQLM_NULL;
    }
}

/* A value that may be an array becomes the list. */
static inline void eqli_values_of(eqli_values *v)
{
    v->base = NULL;
    if (v->one.type == EQLM_ARRAY) {
        v->items = v->one.as.items;
        v->n = v->items ? v->one.len : 0;
    } else {
        v->items = &v->one;
        v->n = v->one.type != EQLM_NULL;
    }
}

/* Opens the values of a field. `v` must not be copied afterwards: items may point into it. */
static inline void eqli_read(const eqli_place *place, eqlm_get_fn get, void *ctx, const void *event, eqli_values *v)
{
    const unsigned char *e = event;
    v->place = place;
    if (place->storage == EQLM_STORE_GETTER) {
        v->one.type = EQLM_NULL;
        if (!get || !get(ctx, event, place->field, &v->one))
            v->one.type = EQLM_NULL;
        eqli_values_of(v);
        return;
    }
    if (place->present_offset != EQLI_ALWAYS && !e[place->present_offset]) {
        v->n = 0;
        return;
    }
    if (place->shape == EQLM_SCALAR) {
        if (!eqli_load(place, e + place->offset, &v->one))
            v->one.type = EQLM_NULL;
        eqli_values_of(v);
        return;
    }
    uint64_t n = eqli_load_uint(e + place->count_offset, place->count_size);
    v->base = e + place->offset;
    if (place->shape == EQLM_ARRAY_POINTER)
        memcpy(&v->base, e + place->offset, sizeof v->base);
    v->n = v->base ? (n > UINT32_MAX ? UINT32_MAX : (uint32_t)n) : 0;
}

/* Value i < n. False: a null, to be skipped. */
static inline bool eqli_values_at(const eqli_values *v, uint32_t i, eqlm_value *out)
{
    if (v->base)
        return eqli_load(v->place, v->base + (size_t)i * v->place->stride, out);
    *out = v->items[i];
    return out->type != EQLM_NULL;
}

#endif
