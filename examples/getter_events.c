/* getter_events.c - evaluates a query on events that have no fixed layout: here lists of names and values, as they
 * come from a log line. The library asks for the fields it needs through a callback.
 *
 * Field numbers are given out when queries are compiled. The callback gets a number, so the host turns names into
 * its own keys once, after compiling, not once per event. */
#include "eqlmini.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pair {
    const char *name;
    const char *text;
};

struct log_event {
    const struct pair *pairs;
    size_t n_pairs;
};

static const struct pair logon[] = {
    { "event.category", "authentication" }, { "event.outcome", "failure" },    { "user.name", "root" },
    { "source.ip", "203.0.113.50" },        { "source.port", "52114" },
};
static const struct pair local[] = {
    { "event.category", "authentication" }, { "event.outcome", "failure" },    { "user.name", "root" },
    { "source.ip", "10.20.0.7" },           { "source.port", "40022" },
};
static const struct pair service[] = {
    { "event.category", "authentication" }, { "event.outcome", "failure" },    { "user.name", "svc-backup" },
    { "source.ip", "203.0.113.50" },        { "source.port", "52115" },
};
static const struct log_event events[] = {
    { logon, sizeof logon / sizeof logon[0] },
    { local, sizeof local / sizeof local[0] },
    { service, sizeof service / sizeof service[0] },
};

static const char query[] = "authentication where event.outcome == \"failure\"\n"
                            "  and user.name in (\"root\", \"admin\")\n"
                            "  and not cidrMatch(source.ip, \"10.0.0.0/8\", \"192.168.0.0/16\")";

/* The names of the fields in use, by number. */
#define MAX_NAMES 64
struct names {
    eqlm_str of[MAX_NAMES];
    uint32_t n;
};

static bool get(void *ctx, const void *event, uint32_t field, eqlm_value *out)
{
    const struct names *names = ctx;
    const struct log_event *e = event;
    if (field >= names->n)
        return false;
    eqlm_str name = names->of[field];
    for (size_t i = 0; i < e->n_pairs; i++) {
        const struct pair *p = &e->pairs[i];
        if (strlen(p->name) == name.len && memcmp(p->name, name.ptr, name.len) == 0) {
            out->type = EQLM_STRING;
            out->len = (uint32_t)strlen(p->text);
            out->as.str = p->text;
            return true;
        }
    }
    return false;
}

int main(void)
{
    struct names names = { .n = 0 };
    eqlm_schema *schema = NULL;
    eqlm_diags *diags = NULL;
    eqlm_program *program = NULL;
    eqlm_vm *vm = NULL;

    eqlm_status status = eqlm_schema_new(NULL, &schema);
    if (status == EQLM_OK)
        status = eqlm_schema_set_getter(schema, get, &names);
    if (status == EQLM_OK)
        status = eqlm_diags_new(NULL, &diags);
    if (status == EQLM_OK)
        status = eqlm_compile(NULL, schema, (eqlm_str){ query, sizeof query - 1 }, NULL, diags, &program);
    if (status == EQLM_E_COMPILE)
        fprintf(stderr, "%s\n", eqlm_diags_get(diags, 0)->message);
    if (status == EQLM_OK)
        status = eqlm_vm_new(NULL, &vm);

    /* Text of another form is read as the comparison asks: source.ip is a string here, cidrMatch parses it. */
    while (status == EQLM_OK && names.n < eqlm_schema_n_fields(schema) && names.n < MAX_NAMES) {
        names.of[names.n] = eqlm_schema_field_name(schema, names.n);
        names.n++;
    }
    for (size_t i = 0; i < sizeof events / sizeof events[0] && status == EQLM_OK; i++) {
        bool match = false;
        status = eqlm_match(vm, program, &events[i], &match);
        if (status == EQLM_OK)
            printf("event %u: %s\n", (unsigned)i, match ? "match" : "no match");
    }
    if (status != EQLM_OK)
        fprintf(stderr, "getter_events: %s\n", eqlm_status_text(status));

    eqlm_vm_free(vm);
    eqlm_program_free(program);
    eqlm_diags_free(diags);
    eqlm_schema_free(schema);
    return status == EQLM_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
