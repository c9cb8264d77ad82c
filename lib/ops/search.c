#include "ops/search.h"

#include <string.h>

#include "base/text.h"

bool eqli_is_boundary(const char *s, size_t len, size_t i)
{
    if (i == 0 || i >= len || (s[i] & 0xC0) != 0x80)
        return true;
    for (size_t back = 1; back <= 3 && back <= i; back++) {
        if ((s[i - back] & 0xC0) != 0x80) {
            const char *p = s + (i - back);
            eqli_utf8_next(&p, s + len);
            return p <= s + i;
        }
    }
    return true;
}

eqli_op_result eqli_needle_init(eqli_needle *n, const char *ptr, size_t len, eqli_arena *scratch)
{
    *n = (eqli_needle){ ptr, len, NULL };
    if (len >= UINT32_MAX)
        return EQLI_OP_LIMIT;
    n->border = eqli_arena_array(scratch, len + 1, sizeof n->border[0]);
    if (!n->border)
        return eqli_op_no_room(scratch);
    uint32_t k = 0;
    for (size_t i = 1; i < len; i++) {
        while (k > 0 && ptr[i] != ptr[k])
            k = n->border[k];
        if (ptr[i] == ptr[k])
            k++;
        n->border[i + 1] = k;
    }
    return EQLI_OP_OK;
}

size_t eqli_needle_find(const eqli_needle *n, const char *s, size_t len, size_t from, bool last)
{
    size_t found = SIZE_MAX, k = 0;
    for (size_t i = from; i < len; i++) {
        if (k == 0) {
            const char *p = memchr(s + i, n->ptr[0], len - i);
            if (!p)
                break;
            i = (size_t)(p - s);
        }
        while (k > 0 && s[i] != n->ptr[k])
            k = n->border[k];
        if (s[i] == n->ptr[k])
            k++;
        if (k == n->len) {
            size_t start = i + 1 - k;
            if (eqli_is_boundary(s, len, start) && eqli_is_boundary(s, len, i + 1)) {
                found = start;
                if (!last)
                    break;
            }
            k = n->border[k];
        }
    }
    return found;
}
