/* event_copy.c - values of events that outlive the reading of their document. */
#include "event_copy.h"

#include "util.h"

#include <string.h>

void *eqlc_copy_room(const eqlc_event_copy *c, size_t size)
{
    void *p = eqlc_scratch_take(c->scratch, size ? size : 1);

    if (!p)
        eqlc_die("out of memory");
    return p;
}

static const void *copy_bytes(const eqlc_event_copy *c, const void *bytes, size_t len)
{
    const char *first = bytes;
    void *p;

    if (first >= c->lasting && first < c->lasting_end)
        return bytes;
    p = eqlc_copy_room(c, len);
    if (len)
        memcpy(p, bytes, len);
    return p;
}

const eqlm_value *eqlc_values_copy(const eqlc_event_copy *c, const eqlm_value *values)
{
    uint32_t n = values[-1].len;
    eqlm_value *copy = (eqlm_value *)eqlc_copy_room(c, ((size_t)n + 1) * sizeof *copy) + 1;

    copy[-1] = values[-1];
    for (uint32_t i = 0; i < n; i++)
        copy[i] = eqlc_value_copy(c, &values[i]);
    return copy;
}

eqlm_value eqlc_value_copy(const eqlc_event_copy *c, const eqlm_value *value)
{
    eqlm_value copy = *value, *items;

    switch (value->type) {
    case EQLM_STRING:
        copy.as.str = copy_bytes(c, value->as.str, value->len);
        break;
    case EQLM_IP:
        copy.as.ip = copy_bytes(c, value->as.ip, value->len);
        break;
    case EQLM_ARRAY:
        items = eqlc_copy_room(c, value->len * sizeof *items);
        for (uint32_t i = 0; i < value->len; i++)
            items[i] =
                eqlc_value_copy(c, &value->as.items[i]); /* as deep as the schema has arrays of objects */
        copy.as.items = items;
        break;
    case EQLM_OBJECT:
        copy.as.object = eqlc_values_copy(c, value->as.object);
        break;
    default:
        break;
    }
    return copy;
}
