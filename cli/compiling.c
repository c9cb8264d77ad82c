/* compiling.c - the options about compiling that several commands have. */
#include "commands.h"
#include "util.h"

#include <string.h>

bool eqlc_compiling_set_dialect(eqlc_compiling *compiling, const char *text)
{
    if (strcmp(text, "es") != 0 && strcmp(text, "endpoint") != 0 && strcmp(text, "auto") != 0)
        return false;
    compiling->dialect_given = strcmp(text, "auto") != 0;
    compiling->dialect = strcmp(text, "endpoint") == 0 ? EQLM_DIALECT_ENDPOINT : EQLM_DIALECT_ES;
    return true;
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

eqlm_schema *eqlc_compiling_schema(const eqlc_compiling *compiling)
{
    eqlm_schema *schema;
    eqlm_status status = eqlm_schema_new(NULL, &schema);

    if (status == EQLM_OK && !compiling->no_schema)
        status = eqlm_schema_set_types(schema, eqlm_ecs_type, NULL);
    if (status != EQLM_OK)
        eqlc_die("%s", eqlm_status_text(status));
    return schema;
}
