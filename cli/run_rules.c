/* run_rules.c - the rules of `eqlc run`, compiled, and what those about single events say of one. */
#include "run_rules.h"

#include "json_problem.h"

#include <stdlib.h>

/* An event without fields, as eqlc_event_get reads it, tells whether one event is enough. */
static bool needs_stream(eqlm_vm *vm, const eqlm_program *program)
{
    eqlm_value nothing[2] = { { .type = EQLM_NULL }, { .type = EQLM_NULL } };
    bool matched;

    return eqlm_program_get_kind(program) != EQLM_EVENT_QUERY ||
           eqlm_match(vm, program, nothing + 1, &matched) == EQLM_E_ARGUMENT;
}

static void add_to_set(eqlc_run_rules *rules)
{
    eqlm_status status = eqlm_rules_new(NULL, &rules->set);

    for (uint32_t i = 0; status == EQLM_OK && i < rules->n_alone; i++)
        status = eqlm_rules_add(rules->set, rules->items[rules->alone[i]].program, NULL);
    if (status == EQLM_OK)
        status = eqlm_rules_seal(rules->set);
    if (status != EQLM_OK)
        eqlc_die("%s", eqlm_status_text(status));
}

void eqlc_run_rules_init(eqlc_run_rules *rules, const eqlc_rules *from, const eqlc_compiling *compiling,
                         eqlm_schema *schema, eqlc_report *report)
{
    eqlm_vm *vm;

    *rules = (eqlc_run_rules) { .items = eqlc_alloc(from->n * sizeof *rules->items),
                                .alone = eqlc_alloc(from->n * sizeof *rules->alone) };
    if (eqlm_vm_new(NULL, &vm) != EQLM_OK)
        eqlc_die("out of memory");
    for (size_t i = 0; i < from->n; i++) {
        const eqlc_rule *rule = &from->items[i];
        eqlm_program *program = eqlc_compile(compiling, schema, rule, report);

        if (!program)
            continue;
        eqlc_run_rule *compiled = &rules->items[rules->n];
        *compiled = (eqlc_run_rule) { .rule = rule, .program = program };
        compiled->in_stream = needs_stream(vm, program);
        eqlc_run_pipes_init(&compiled->pipes, program);
        if (!compiled->in_stream)
            rules->alone[rules->n_alone++] = rules->n;
        rules->n++;
    }
    eqlm_vm_free(vm);
    if (rules->n_alone > 1)
        add_to_set(rules);
}

void eqlc_run_rules_clear(eqlc_run_rules *rules)
{
    for (uint32_t i = 0; i < rules->n; i++) {
        eqlc_run_pipes_clear(&rules->items[i].pipes);
        eqlm_program_free(rules->items[i].program);
    }
    free(rules->items);
    free(rules->alone);
    eqlm_rules_free(rules->set);
    *rules = (eqlc_run_rules) { .n = 0 };
}

/* ------------------------------------------------------------------------------------------------------
 * Asking
 */

void eqlc_run_asker_init(eqlc_run_asker *a, const eqlc_run_rules *rules, bool profiles)
{
    *a = (eqlc_run_asker) { .rules = rules,
                            .found = eqlc_alloc(rules->n_alone * sizeof *a->found),
                            .troubles = eqlc_alloc(rules->n_alone * sizeof *a->troubles) };
    if (eqlm_vm_new(NULL, &a->vm) != EQLM_OK)
        eqlc_die("out of memory");
    if (!profiles)
        return;
    eqlc_profile_init(&a->profile, rules->n_alone);
    (void)eqlm_vm_set_profile(a->vm, &a->profile);
}

void eqlc_run_asker_clear(eqlc_run_asker *a)
{
    eqlm_vm_free(a->vm);
    eqlc_profile_clear(&a->profile);
    free(a->found);
    free(a->troubles);
    *a = (eqlc_run_asker) { .rules = NULL };
}

/* Asks the set. False: something went wrong, and only the rules themselves know where. */
static bool ask_set(eqlc_run_asker *a, const eqlc_event *event, eqlc_run_answer *answer)
{
    uint64_t errors = eqlm_vm_errors(a->vm);
    const uint32_t *numbers;
    size_t n;

    if (eqlm_rules_match(a->vm, a->rules->set, event->values, &numbers, &n) != EQLM_OK ||
        eqlm_vm_errors(a->vm) != errors)
        return false;
    for (size_t i = 0; i < n; i++)
        a->found[i] = a->rules->alone[numbers[i]];
    answer->n_rules = (uint32_t)n;
    return true;
}

static eqlm_status ask_one(eqlc_run_asker *a, uint32_t i, const eqlc_event *event, bool *matched)
{
    const eqlm_program *program = a->rules->items[a->rules->alone[i]].program;
    eqlm_profile *p = &a->profile;
    uint64_t began = p->now ? p->now(p->ctx) : 0;
    eqlm_status status = eqlm_match(a->vm, program, event->values, matched);

    if (p->now) {
        uint64_t took = p->now(p->ctx) - began;

        p->time += took;
        p->programs[i].time += took;
        p->programs[i].runs++;
        p->programs[i].hits += *matched;
    }
    return status;
}

static void ask_each(eqlc_run_asker *a, const eqlc_event *event, eqlc_run_answer *answer)
{
    for (uint32_t i = 0; i < a->rules->n_alone; i++) {
        uint32_t rule = a->rules->alone[i];
        uint64_t errors = eqlm_vm_errors(a->vm);
        bool matched = false;
        eqlm_status status = ask_one(a, i, event, &matched);

        errors = eqlm_vm_errors(a->vm) - errors;
        if (errors || status != EQLM_OK)
            a->troubles[answer->n_troubles++] = (eqlc_run_trouble) { rule, errors, status };
        if (matched)
            a->found[answer->n_rules++] = rule;
    }
}

eqlc_run_answer eqlc_run_ask(eqlc_run_asker *a, const eqlc_event *event)
{
    eqlc_run_answer answer = { .rules = a->found, .troubles = a->troubles };

    if (!a->rules->set || !ask_set(a, event, &answer))
        ask_each(a, event, &answer);
    /* Reading looks at what rules ask for. What matches is looked at as a whole, since it will be written. */
    if (answer.n_rules &&
        !eqlc_json_problem(event->source, 0, event->source_len, true, &answer.problem_at, &answer.problem))
        answer.problem = NULL;
    return answer;
}

void eqlc_run_asker_add_profile(const eqlc_run_asker *a, eqlc_profile_row *rows, uint64_t *time)
{
    for (uint32_t i = 0; i < a->profile.n; i++) {
        eqlm_profile_counts *to = &rows[a->rules->alone[i]].counts;

        to->runs += a->profile.programs[i].runs;
        to->hits += a->profile.programs[i].hits;
        to->time += a->profile.programs[i].time;
    }
    *time += a->profile.time;
}

void eqlc_run_rules_count(eqlc_run_rules *rules, const eqlc_run_answer *answer)
{
    for (uint32_t i = 0; i < answer->n_troubles; i++) {
        const eqlc_run_trouble *t = &answer->troubles[i];
        eqlc_run_rule *rule = &rules->items[t->rule];

        rule->errors += t->errors;
        rule->failed += t->status != EQLM_OK;
        if (t->status != EQLM_OK)
            rule->why = t->status;
    }
}
