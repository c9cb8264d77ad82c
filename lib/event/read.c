/* read.c - values out of a host's struct or from its getter. */
#include "event/read.h"

static int64_t load_int(const unsigned char *p, unsigned width)
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
static bool text_value(const char *s, uint64_t len, eqlm_value *out)
{
    if (!s || len > UINT32_MAX)
        return false;
    *out = (eqlm_value){ .type = EQLM_STRING, .len = (uint32_t)len, .as.str = s };
    return true;
}

bool eqli_load(const eqli_place *place, const unsigned char *p, eqlm_value *out)
{
    switch (place->storage) {
    case EQLM_STORE_STR: {
        const char *s;
        memcpy(&s, p, sizeof s);
        /* len_offset is counted from the event for a scalar and from the element in an array; the caller has
         * made p point at the pointer, which lies at `offset` of the event or at the start of the element. */
        const unsigned char *from = place->shape == EQLM_SCALAR ? p - place->offset : p;
        return text_value(s, eqli_load_uint(from + place->len_offset, place->len_size), out);
    }
    case EQLM_STORE_CSTR: {
        const char *s;
        memcpy(&s, p, sizeof s);
        return s && text_value(s, strlen(s), out);
    }
    case EQLM_STORE_CHARS: {
        const void *nul = memchr(p, 0, place->size);
        size_t len = nul ? (size_t)((const unsigned char *)nul - p) : place->size;
        return text_value((const char *)p, len, out);
    }
    case EQLM_STORE_BOOL:
        *out = (eqlm_value){ .type = EQLM_BOOL, .as.boolean = *p != 0 };
        return true;
    case EQLM_STORE_INT:
        *out = (eqlm_value){ .type = EQLM_I64, .as.i64 = load_int(p, place->size) };
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

void eqli_read(const eqli_place *place, eqlm_get_fn get, void *ctx, const void *event, eqli_values *v)
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
