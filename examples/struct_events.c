/* struct_events.c - evaluates a rule on C structs, as an agent would that has just collected the events.
 *
 *   struct_events RULE.eql
 *
 * The schema says once where in the struct each field lies. After that an event is only a pointer: evaluating
 * copies nothing and looks up no names. */
#include "eqlmini.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What this agent keeps of a change of the registry. */
struct registry_event {
    const char *category, *type; /* constant names */
    const char *os;              /* NULL: not known */
    const char *path;            /* the key, a backslash and the name of the value */
    const char *const *data;     /* the strings written: one, several for REG_MULTI_SZ, or none */
    uint32_t n_data;
    uint32_t pid;
    char process[32];
};

static const eqlm_field fields[] = {
    { EQLM_FIELD_CSTR("event.category", struct registry_event, category) },
    { EQLM_FIELD_CSTR("event.type", struct registry_event, type) },
    { EQLM_FIELD_CSTR("host.os.type", struct registry_event, os) },
    { EQLM_FIELD_CSTR("registry.path", struct registry_event, path) },
    { EQLM_FIELD_ARRAY("registry.data.strings", EQLM_STORE_CSTR, struct registry_event, data, n_data,
                       EQLM_ARRAY_POINTER) },
    { EQLM_FIELD_UINT("process.pid", struct registry_event, pid) },
    { EQLM_FIELD_CHARS("process.name", struct registry_event, process) },
};

#define RUN "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run"
#define POLICIES "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\Explorer\\Run"
#define RUN_32 "SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Run"
#define USER "S-1-5-21-1004336348-1177238915-682003330-1001"

static const char *const quiet[] = { "C:\\ProgramData\\Contoso\\helper.exe /quiet" };
static const char *const script[] = { "wscript.exe", "C:\\Users\\Public\\start.js" };

static const struct registry_event events[] = {
    { "registry", "change", "windows", "HKLM\\" RUN "\\", quiet, 1, 4120, "setup.exe" },
    { "registry", "change", "windows", "HKLM\\" RUN "\\Contoso Helper", quiet, 1, 4120, "setup.exe" },
    { "registry", "change", "windows", "HKU\\" USER "\\" POLICIES "\\", script, 2, 7308, "wscript.exe" },
    { "registry", "change", "windows", "HKEY_USERS\\" USER "\\" RUN_32 "\\", quiet, 1, 4120, "setup.exe" },
    { "registry", "change", "windows", "HKLM\\" RUN "\\", NULL, 0, 4120, "setup.exe" },
    { "registry", "deletion", "windows", "HKLM\\" RUN "\\", quiet, 1, 4120, "setup.exe" },
    { "registry", "change", "windows", "\\registry\\user\\" USER "\\" RUN "\\", script, 2, 7308, "wscript.exe" },
    { "registry", "change", NULL, "HKLM\\" RUN "\\", quiet, 1, 96, "import" },
    { "registry", "change", "windows", "\\REGISTRY\\MACHINE\\" RUN "Once\\", quiet, 1, 4120, "setup.exe" },
};

static char *read_file(const char *path, size_t *len)
{
    static char text[64 * 1024];
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    *len = fread(text, 1, sizeof text, f);
    bool whole = !ferror(f) && fgetc(f) == EOF;
    fclose(f);
    return whole ? text : NULL;
}

static void print_diags(const char *path, const eqlm_diags *diags)
{
    for (size_t i = 0; i < eqlm_diags_count(diags); i++) {
        const eqlm_diag *d = eqlm_diags_get(diags, i);
        fprintf(stderr, "%s:%u:%u: %s: %s\n", path, (unsigned)d->line, (unsigned)d->column, d->code, d->message);
        if (d->hint)
            fprintf(stderr, "    %s\n", d->hint);
    }
}

/* Called for every event the agent collects: nothing here allocates once the vm has warmed up. */
static eqlm_status on_event(eqlm_vm *vm, const eqlm_program *rule, const struct registry_event *event,
                            unsigned *n_matches)
{
    bool match = false;
    eqlm_status status = eqlm_match(vm, rule, event, &match);
    if (status == EQLM_OK && match) {
        printf("match: %s (%u) wrote %s\n", event->process, (unsigned)event->pid, event->path);
        ++*n_matches;
    }
    return status;
}

int main(int argc, char **argv)
{
    size_t len = 0;
    char *text = argc == 2 ? read_file(argv[1], &len) : NULL;
    if (!text) {
        fprintf(stderr, "usage: struct_events RULE.eql\n");
        return EXIT_FAILURE;
    }

    eqlm_schema *schema = NULL;
    eqlm_diags *diags = NULL;
    eqlm_program *rule = NULL;
    eqlm_vm *vm = NULL;
    unsigned n_matches = 0;
    const size_t n_events = sizeof events / sizeof events[0];

    eqlm_status status = eqlm_schema_new(NULL, &schema);
    if (status == EQLM_OK)
        status = eqlm_schema_add(schema, fields, sizeof fields / sizeof fields[0]);
    if (status == EQLM_OK)
        status = eqlm_schema_close(schema); /* a misspelt field in a rule is an error here */
    if (status == EQLM_OK)
        status = eqlm_diags_new(NULL, &diags);
    if (status == EQLM_OK) {
        status = eqlm_compile(NULL, schema, (eqlm_str){ text, len }, NULL, diags, &rule);
        print_diags(argv[1], diags);
    }
    if (status == EQLM_OK)
        status = eqlm_vm_new(NULL, &vm);
    for (size_t i = 0; i < n_events && status == EQLM_OK; i++)
        status = on_event(vm, rule, &events[i], &n_matches);
    if (status == EQLM_OK)
        printf("%u of %u events match\n", n_matches, (unsigned)n_events);
    else
        fprintf(stderr, "struct_events: %s\n", eqlm_status_text(status));

    eqlm_vm_free(vm);
    eqlm_program_free(rule);
    eqlm_diags_free(diags);
    eqlm_schema_free(schema);
    return status == EQLM_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
