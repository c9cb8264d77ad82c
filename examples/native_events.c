/* native_events.c - builds a rule into a program as C code. The same file is compiled twice:
 *
 *   cc native_events.c -leqlmini -o write_rule && ./write_rule RULE.eql rule.c
 *   cc -DBUILT_IN native_events.c rule.c -leqlmini -o native_events && ./native_events
 *
 * Both see the same table of fields, so the code in rule.c reads the struct directly. */
#include "eqlmini.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct registry_event {
    const char *category, *type, *os, *path;
    const char *const *data;
    uint32_t n_data;
};

static const eqlm_field fields[] = {
    { EQLM_FIELD_CSTR("event.category", struct registry_event, category) },
    { EQLM_FIELD_CSTR("event.type", struct registry_event, type) },
    { EQLM_FIELD_CSTR("host.os.type", struct registry_event, os) },
    { EQLM_FIELD_CSTR("registry.path", struct registry_event, path) },
    { EQLM_FIELD_ARRAY("registry.data.strings", EQLM_STORE_CSTR, struct registry_event, data, n_data,
                       EQLM_ARRAY_POINTER) },
};

static eqlm_status make_schema(eqlm_schema **out)
{
    eqlm_status status = eqlm_schema_new(NULL, out);
    return status == EQLM_OK ? eqlm_schema_add(*out, fields, sizeof fields / sizeof fields[0]) : status;
}

#ifdef BUILT_IN

extern const eqlm_native_rule hidden_run_key; /* in rule.c */

static const char *const quiet[] = { "C:\\ProgramData\\Contoso\\helper.exe /quiet" };
static const struct registry_event events[] = {
    { "registry", "change", "windows", "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\", quiet, 1 },
    { "registry", "change", "windows", "HKLM\\Software\\Contoso\\", quiet, 1 },
};

int main(void)
{
    eqlm_schema *schema = NULL;
    eqlm_native *rule = NULL;
    eqlm_vm *vm = NULL;
    eqlm_status status = make_schema(&schema);
    if (status == EQLM_OK)
        status = eqlm_native_new(NULL, schema, &hidden_run_key, &rule);
    if (status == EQLM_OK)
        status = eqlm_vm_new(NULL, &vm);
    for (size_t i = 0; i < sizeof events / sizeof events[0] && status == EQLM_OK; i++) {
        bool match = false;
        status = rule->match(rule, vm, &events[i], &match);
        if (status == EQLM_OK)
            printf("%s: %s\n", match ? "match" : "no match", events[i].path);
    }
    if (status != EQLM_OK)
        fprintf(stderr, "native_events: %s\n", eqlm_status_text(status));
    eqlm_vm_free(vm);
    eqlm_native_free(rule);
    eqlm_schema_free(schema);
    return status == EQLM_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

#else

static bool put(void *file, const void *bytes, size_t len)
{
    return fwrite(bytes, 1, len, file) == len;
}

static eqlm_status write_rule(const eqlm_program *program, eqlm_str source, FILE *file)
{
    const char *const names[] = { "hidden_run_key" };
    eqlm_status status = eqlm_emit_c_begin(put, file);
    if (status == EQLM_OK)
        status = eqlm_emit_c_rule(program, names[0], source, put, file);
    if (status == EQLM_OK)
        status = eqlm_emit_c_end("all_rules", names, 1, put, file);
    return status;
}

int main(int argc, char **argv)
{
    static char text[64 * 1024];
    FILE *in = argc == 3 ? fopen(argv[1], "rb") : NULL, *out = in ? fopen(argv[2], "wb") : NULL;
    if (!out) {
        fprintf(stderr, "usage: write_rule RULE.eql rule.c\n");
        return EXIT_FAILURE;
    }
    eqlm_schema *schema = NULL;
    eqlm_program *program = NULL;
    eqlm_str source = { text, fread(text, 1, sizeof text, in) };
    eqlm_status status = make_schema(&schema);
    if (status == EQLM_OK)
        status = eqlm_compile(NULL, schema, source, NULL, NULL, &program);
    if (status == EQLM_OK)
        status = write_rule(program, source, out);
    if (fclose(out) != 0 && status == EQLM_OK)
        status = EQLM_E_LIMIT;
    fclose(in);
    printf("%s: %s\n", argv[1], status == EQLM_OK ? "written as C" : eqlm_status_text(status));
    eqlm_program_free(program);
    eqlm_schema_free(schema);
    return status == EQLM_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
