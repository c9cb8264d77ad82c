/* json_tree.c - finds values in a tree. */
#include "json_tree.h"

#include <string.h>

uint32_t eqlc_json_member(const eqlc_json_tree *t, uint32_t node, const char *key)
{
    size_t len = strlen(key);
    uint32_t found = 0;

    if (t->nodes[node].kind != EQLC_JSON_OBJECT)
        return 0;
    for (uint32_t i = node + 1; i < t->nodes[node].next; i = t->nodes[i].next) {
        if (t->nodes[i].key.len == len && memcmp(t->nodes[i].key.ptr, key, len) == 0)
            found = i;
    }
    return found;
}
