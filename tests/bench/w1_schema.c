/* w1_schema.c - the events of w1.h for the library: by a table of fields, and through a getter. */
#include "w1.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = { "event.category", "event.type", "host.os.type", "registry.data.strings",
                                     "registry.path" };
enum { N_FIELDS = sizeof names / sizeof names[0] };

static const eqlm_field fields[N_FIELDS] = {
    { EQLM_FIELD_STR("event.category", w1_event, category.ptr, category.len) },
    { EQLM_FIELD_STR("event.type", w1_event, type.ptr, type.len) },
    { EQLM_FIELD_STR("host.os.type", w1_event, os.ptr, os.len) },
    { EQLM_FIELD_STR_ARRAY("registry.data.strings", w1_event, strings, w1_text, len, n_strings, EQLM_ARRAY_POINTER) },
    { EQLM_FIELD_STR("registry.path", w1_event, path.ptr, path.len) },
};

static bool text_value(w1_text t, eqlm_value *out)
{
    out->type = EQLM_STRING;
    out->len = t.len;
    out->as.str = t.ptr;
    return true;
}

/* As a host would write it whose events are not described by a table. */
static bool get(void *ctx, const void *event, uint32_t field, eqlm_value *out)
{
    const w1_event *e = event;
    eqlm_value *items = ctx;
    switch (field) {
    case 0:
        return text_value(e->category, out);
    case 1:
        return text_value(e->type, out);
    case 2:
        return text_value(e->os, out);
    case 3:
        for (uint32_t i = 0; i < e->n_strings; i++)
            text_value(e->strings[i], &items[i]);
        out->type = EQLM_ARRAY;
        out->len = e->n_strings;
        out->as.items = items;
        return true;
    case 4:
        return text_value(e->path, out);
    default:
        return false;
    }
}

bool w1_schema(bool getter, eqlm_value *items, eqlm_schema **out)
{
    if (eqlm_schema_new(NULL, out) != EQLM_OK)
        return false;
    if (!getter)
        return eqlm_schema_add(*out, fields, N_FIELDS) == EQLM_OK;
    for (size_t i = 0; i < N_FIELDS; i++) {
        eqlm_field f = { .name = names[i], .type = EQLM_TYPE_KEYWORD };
        if (eqlm_schema_add(*out, &f, 1) != EQLM_OK)
            return false;
    }
    return eqlm_schema_set_getter(*out, get, items) == EQLM_OK;
}

eqlm_program *w1_compile(eqlm_schema *schema)
{
    eqlm_diags *diags = NULL;
    eqlm_program *program = NULL;
    if (eqlm_diags_new(NULL, &diags) != EQLM_OK)
        return NULL;
    if (eqlm_compile(NULL, schema, (eqlm_str) { w1_rule, strlen(w1_rule) }, NULL, diags, &program) != EQLM_OK)
        for (size_t i = 0; i < eqlm_diags_count(diags); i++)
            fprintf(stderr, "w1: %s\n", eqlm_diags_get(diags, i)->message);
    eqlm_diags_free(diags);
    return program;
}
