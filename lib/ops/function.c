#include "ops/function.h"

#include <string.h>

const eqli_function eqli_functions[EQLI_FN_COUNT] = {
#define FUNCTION(id, name, tilde, min, max, params, result, fn) { name, tilde, min, max, params, result, fn },
#include "ops/builtins.def"
#undef FUNCTION
};

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool same_name(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (lower(a[i]) != lower(b[i]))
            return false;
    }
    return true;
}

int eqli_function_find(const char *name, size_t len)
{
    for (int i = 0; i < EQLI_FN_COUNT; i++) {
        if (strlen(eqli_functions[i].name) == len && same_name(eqli_functions[i].name, name, len))
            return i;
    }
    return -1;
}

char eqli_function_param(const eqli_function *f, uint32_t i)
{
    size_t last = strlen(f->params) - 1;
    return f->params[i < last ? i : last];
}
