/* compiling.c - the options about compiling that several commands have. */
#include "commands.h"
#include "util.h"

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
    case EQLC_OPT_NO_SCHEMA:
        compiling->no_schema = true;
        return true;
    case EQLC_OPT_CATEGORY:
        compiling->category_field = argument;
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

eqlm_schema *eqlc_compiling_schema(eqlc_compiling *compiling)
{
    eqlm_schema *schema;
    eqlm_status status = eqlm_schema_new(NULL, &schema);

    if (status == EQLM_OK && !compiling->no_schema)
        status = eqlm_schema_set_types(schema, eqlm_ecs_type, NULL);
    if (status != EQLM_OK)
        eqlc_die("%s", eqlm_status_text(status));
    return schema;
}

void eqlc_compiling_clear(eqlc_compiling *compiling)
{
    *compiling = (eqlc_compiling){ .dialect_given = false };
}
