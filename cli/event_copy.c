/* event_copy.c - values of events that outlive the document they were read from. */
#include "event_copy.h"

#include "util.h"

#include <string.h>

static void *take(eqlc_scratch *s, size_t size)
{
    void *p = eqlc_scratch_take(s, size ? size : 1);

    if (!p)
        eqlc_die("out of memory");
    return p;
}

static const void *copy_bytes(eqlc_scratch *s, const void *bytes, size_t len)
{
    void *p = take(s, len);

    if (len)
        memcpy(p, bytes, len);
    return p;
}

eqlm_value eqlc_value_copy(eqlc_scratch *s, const eqlm_value *value)
{
    eqlm_value copy = *value, *items;

    switch (value->type) {
    case EQLM_STRING:
        copy.as.str = copy_bytes(s, value->as.str, value->len);
        break;
    case EQLM_IP:
        copy.as.ip = copy_bytes(s, value->as.ip, value->len);
        break;
    case EQLM_ARRAY:
        items = take(s, value->len * sizeof *items);
        for (uint32_t i = 0; i < value->len; i++)
            items[i] =
                eqlc_value_copy(s, &value->as.items[i]); /* as deep as the schema has arrays of objects */
        copy.as.items = items;
        break;
    case EQLM_OBJECT:
        copy.as.object = eqlc_values_copy(s, value->as.object);
        break;
    default:
        break;
    }
    return copy;
}

const eqlm_value *eqlc_values_copy(eqlc_scratch *s, const eqlm_value *values)
{
    uint32_t n = values[-1].len;
    eqlm_value *copy = (eqlm_value *)take(s, ((size_t)n + 1) * sizeof *copy) + 1;

    memcpy(copy - 1, values - 1, ((size_t)n + 1) * sizeof *copy);
    for (uint32_t i = 0; i < n; i++)
        if (copy[i].type >= EQLM_STRING)
            copy[i] = eqlc_value_copy(s, &values[i]);
    return copy;
}
