/* w1_emit.c - writes the rule of w1.h as C to standard output, for bench_w1. */
#include "w1.h"

#include <stdio.h>
#include <string.h>

static bool put(void *ctx, const void *bytes, size_t len)
{
    return fwrite(bytes, 1, len, ctx) == len;
}

static bool emit(bool getter, const char *name)
{
    eqlm_value items[8];
    eqlm_schema *schema;
    eqlm_program *program = w1_schema(getter, items, &schema) ? w1_compile(schema) : NULL;
    eqlm_str source = { w1_rule, strlen(w1_rule) };
    bool ok = program && eqlm_emit_c_rule(program, name, source, put, stdout) == EQLM_OK;
    eqlm_program_free(program);
    eqlm_schema_free(schema);
    return ok;
}

int main(void)
{
    static const char *const names[] = { "w1_native_struct", "w1_native_getter" };
    return eqlm_emit_c_begin(put, stdout) != EQLM_OK || !emit(false, names[0]) || !emit(true, names[1]) ||
           eqlm_emit_c_end("w1_natives", names, 2, put, stdout) != EQLM_OK;
}
