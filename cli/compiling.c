/* compiling.c - the options about compiling that several commands have. */
#include "commands.h"
#include "schema_file.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>

static bool set_dialect(eqlc_compiling *compiling, const char *text)
{
    if (strcmp(text, "es") != 0 && strcmp(text, "endpoint") != 0 && strcmp(text, "auto") != 0)
        return false;
    compiling->dialect_given = strcmp(text, "auto") != 0;
    compiling->dialect = strcmp(text, "endpoint") == 0 ? EQLM_DIALECT_ENDPOINT : EQLM_DIALECT_ES;
    return true;
}

bool eqlc_compiling_take(eqlc_compiling *compiling, int option, const char *argument, const char **complaint)
{
    *complaint = NULL;
    switch (option) {
    case EQLC_OPT_DIALECT:
        if (!set_dialect(compiling, argument))
            *complaint = "--dialect is auto, es or endpoint, not '%s'";
        return true;
    case EQLC_OPT_STRICT:
        compiling->strict = true;
        return true;
    case EQLC_OPT_SCHEMA:
        compiling->schema_files = eqlc_grow(compiling->schema_files, &compiling->cap_schema_files,
                                            compiling->n_schema_files + 1, sizeof *compiling->schema_files);
        compiling->schema_files[compiling->n_schema_files++] = argument;
        return true;
    case EQLC_OPT_NO_SCHEMA:
        compiling->no_schema = true;
        return true;
    case EQLC_OPT_SCHEMA_CLOSED:
        compiling->schema_closed = true;
        return true;
    case EQLC_OPT_CATEGORY:
        compiling->category_field = argument;
        return true;
    case EQLC_OPT_COLOR:
        if (!eqlc_color_parse(argument, &compiling->color))
            *complaint = "--color is auto, always or never, not '%s'";
        return true;
    default:
        return false;
    }
}

eqlm_options eqlc_compiling_options(const eqlc_compiling *compiling, const eqlc_rule *rule)
{
    eqlm_options options = { .size = sizeof options };

    options.dialect = EQLM_DIALECT_ES;
    if (compiling->dialect_given)
        options.dialect = compiling->dialect;
    else if (rule)
        options.dialect = rule->dialect;
    if (compiling->category_field)
        options.category_field = compiling->category_field;
    else if (rule)
        options.category_field = rule->category_field;
    options.unknown_field_is_error = compiling->strict;
    return options;
}

eqlm_diags *eqlc_new_diags(void)
{
    eqlm_diags *diags;

    if (eqlm_diags_new(NULL, &diags) != EQLM_OK)
        eqlc_die("out of memory");
    return diags;
}

bool eqlc_compiled(eqlm_status status, const eqlc_rule *rule, eqlm_diags *take_diags, eqlc_report *report)
{
    if (status != EQLM_OK && eqlm_diags_errors(take_diags) == 0)
        eqlc_die("%s: %s", rule->path, eqlm_status_text(status));
    eqlc_report_diags(report, rule, take_diags);
    eqlm_diags_free(take_diags);
    return status == EQLM_OK;
}

eqlm_program *eqlc_compile(const eqlc_compiling *compiling, eqlm_schema *schema, const eqlc_rule *rule,
                           eqlc_report *report)
{
    eqlm_options options = eqlc_compiling_options(compiling, rule);
    eqlm_str source = { rule->query, rule->query_len };
    eqlm_diags *diags = eqlc_new_diags();
    eqlm_program *program;
    eqlm_status status = rule->image ? eqlm_program_load(NULL, schema, rule->image, rule->image_len, &program)
                                     : eqlm_compile(NULL, schema, source, &options, diags, &program);

    return eqlc_compiled(status, rule, diags, report) ? program : NULL;
}

void eqlc_compiling_read_types(eqlc_compiling *compiling)
{
    eqlc_buf error = { NULL, 0, 0 };

    eqlc_types_clear(&compiling->types);
    compiling->types.ecs = !compiling->no_schema;
    for (size_t i = 0; i < compiling->n_schema_files; i++) {
        if (!eqlc_schema_file_read(&compiling->types, compiling->schema_files[i], &error))
            eqlc_die("--schema: %s", error.data);
    }
}

eqlm_schema *eqlc_compiling_schema(eqlc_compiling *compiling)
{
    bool typed = !compiling->no_schema || compiling->n_schema_files > 0;
    bool suggests = !compiling->errors_only || compiling->strict || compiling->schema_closed;
    eqlm_schema *schema;
    eqlm_status status = eqlm_schema_new(NULL, &schema);

    eqlc_compiling_read_types(compiling);
    if (status == EQLM_OK && typed)
        status = eqlm_schema_set_types(schema, eqlc_types_of, &compiling->types);
    if (status == EQLM_OK && typed && suggests)
        status = eqlm_schema_set_type_names(schema, eqlc_types_name, &compiling->types);
    if (status == EQLM_OK && compiling->schema_closed)
        status = eqlm_schema_close(schema);
    if (status != EQLM_OK)
        eqlc_die("%s", eqlm_status_text(status));
    return schema;
}

void eqlc_compiling_clear(eqlc_compiling *compiling)
{
    free((void *)compiling->schema_files);
    eqlc_types_clear(&compiling->types);
    *compiling = (eqlc_compiling) { .dialect_given = false };
}
