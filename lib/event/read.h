/* read.h - reading a field of an event as a list of values. */
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

/* The element at p in the layout `place`, a scalar. False: no value. */
bool eqli_load(const eqli_place *place, const unsigned char *p, eqlm_value *out);

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
void eqli_read(const eqli_place *place, eqlm_get_fn get, void *ctx, const void *event, eqli_values *v);

/* Value i < n. False: a null, to be skipped. */
static inline bool eqli_values_at(const eqli_values *v, uint32_t i, eqlm_value *out)
{
    if (v->base)
        return eqli_load(v->place, v->base + (size_t)i * v->place->stride, out);
    *out = v->items[i];
    return out->type != EQLM_NULL;
}

#endif
