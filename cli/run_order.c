/* run_order.c - where `eqlc run` finds the time of events, and what orders those of the same time. */
#include "run_order.h"

#include <stddef.h>
#include <string.h>

/* A field in which a rule wants the time of events, or what orders those of the same time. */
typedef struct order_field {
    const char *name, *option, *otherwise;
    size_t of_rule; /* offset in eqlc_rule */
} order_field;

static const char *field_of(const eqlc_rule *rule, const order_field *field)
{
    char *const *named = (char *const *)(const void *)((const char *)rule + field->of_rule);
    return *named ? *named : field->otherwise;
}

/* Every event has one time: rules that put events in order must agree on where it is. Without such rules the
 * first one that names a field decides. False, with a message: they do not agree. */
static bool agree(const eqlc_run_rules *rules, const order_field *field, const char **out)
{
    const eqlc_rule *by = NULL;

    *out = field->otherwise;
    for (uint32_t i = 0; i < rules->n; i++) {
        const eqlc_rule *rule = rules->items[i].rule;
        const char *wanted = field_of(rule, field);

        if (!rules->items[i].in_stream)
            continue;
        if (by && strcmp(wanted ? wanted : "", *out ? *out : "") != 0) {
            eqlc_usage_error("run",
                             "rules do not agree on the %s field: it is %s for %s and %s for %s; "
                             "run them apart, or say %s FIELD",
                             field->name, *out ? *out : "none", by->path, wanted ? wanted : "none",
                             rule->path, field->option);
            return false;
        }
        by = rule;
        *out = wanted;
    }
    for (uint32_t i = 0; !by && i < rules->n; i++) {
        *out = field_of(rules->items[i].rule, field);
        if (*out != field->otherwise)
            break;
    }
    return true;
}

bool eqlc_run_order(const eqlc_run_rules *rules, eqlc_event_options *options)
{
    static const order_field timestamp = { "timestamp", "--timestamp-field", "@timestamp",
                                           offsetof(eqlc_rule, timestamp_field) };
    static const order_field tiebreaker = { "tiebreaker", "--tiebreaker", NULL,
                                            offsetof(eqlc_rule, tiebreaker_field) };

    return (options->timestamp_field || agree(rules, &timestamp, &options->timestamp_field)) &&
           (options->tiebreaker_field || agree(rules, &tiebreaker, &options->tiebreaker_field));
}
