/* event_values.c - the values of the wanted fields of one document, as they are found one by one. */
#include "event_values.h"

#include <stdlib.h>
#include <string.h>

bool eqlc_event_values_init(eqlc_event_values *v, const eqlc_fields *fields, size_t limit)
{
    size_t n = (size_t)fields->n_fields + EQLC_EXTRA_SLOTS;
    v->fields = fields;
    eqlm_value *header = calloc(n + 1, sizeof *header);
    v->values = header ? header + 1 : NULL;
    v->touched = malloc(n * sizeof *v->touched);
    v->n_touched = 0;
    v->elements = calloc((size_t)fields->n_parents + 1, sizeof *v->elements);
    eqlc_scratch_init(&v->scratch, limit);
    if (header)
        header->len = fields->n_fields;
    /* cppcheck-suppress memleak ; values keeps the header */
    return v->values && v->touched && v->elements;
}

void eqlc_event_values_clear(eqlc_event_values *v)
{
    free(v->values ? v->values - 1 : NULL);
    free(v->touched);
    free(v->elements);
    eqlc_scratch_clear(&v->scratch);
}

static void forget_elements(eqlc_event_values *v)
{
    for (uint32_t i = 0; i < v->fields->n_parents; i++)
        v->elements[i] = NULL;
}

void eqlc_event_values_reset(eqlc_event_values *v)
{
    for (uint32_t i = 0; i < v->n_touched; i++)
        v->touched[i]->type = EQLM_NULL;
    v->n_touched = 0;
    forget_elements(v);
    eqlc_scratch_reset(&v->scratch);
}

void eqlc_event_values_unwrap(eqlc_event_values *v)
{
    uint32_t kept = 0;
    const eqlm_value *metadata = v->values + v->fields->n_fields + EQLC_SLOT_INDEX;
    for (uint32_t i = 0; i < v->n_touched; i++) {
        if (v->touched[i] >= metadata)
            v->touched[kept++] = v->touched[i];
        else
            v->touched[i]->type = EQLM_NULL;
    }
    v->n_touched = kept;
    forget_elements(v);
}

/* Adds a value to a list that is null, one value, or an array. Arrays have room for the next power of two. */
static bool put(eqlc_event_values *v, eqlm_value *list, eqlm_value value, bool always_array)
{
    eqlm_value *items;
    uint32_t n;
    if (list->type == EQLM_ARRAY) {
        n = list->len;
        items = (eqlm_value *)(uintptr_t)list->as.items; /* made below, so it may be written */
        if (n >= 4 && (n & (n - 1)) == 0) {
            eqlm_value *more =
                n <= UINT32_MAX / 2 ? eqlc_scratch_take(&v->scratch, 2 * (size_t)n * sizeof *more) : NULL;
            if (!more)
                return false;
            memcpy(more, items, n * sizeof *more);
            items = more;
        }
    } else if (list->type == EQLM_NULL && !always_array) {
        *list = value;
        return true;
    } else {
        items = eqlc_scratch_take(&v->scratch, 4 * sizeof *items);
        if (!items)
            return false;
        n = 0;
        if (list->type != EQLM_NULL)
            items[n++] = *list;
    }
    items[n] = value;
    *list = (eqlm_value) { .type = EQLM_ARRAY, .len = n + 1, .as.items = items };
    return true;
}

static eqlm_value *new_element(eqlc_event_values *v, uint32_t parent);

/* The array a target writes to. A key such as "array.name" names fields of elements without an element: they
 * share one. */
static eqlm_value *target_list(eqlc_event_values *v, const eqlc_target *t)
{
    if (t->parent == EQLC_NONE)
        return &v->values[t->slot];
    eqlm_value *element = v->elements[t->parent];
    if (!element) {
        element = new_element(v, t->parent);
        if (!element)
            return NULL;
        v->elements[t->parent] = element;
    }
    return &element[t->slot];
}

static bool add_to_target(eqlc_event_values *v, const eqlc_target *t, eqlm_value value, bool always_array)
{
    eqlm_value *list = target_list(v, t);
    if (!list)
        return false;
    bool first = list->type == EQLM_NULL;
    if (!put(v, list, value, always_array))
        return false;
    if (first && t->parent == EQLC_NONE)
        v->touched[v->n_touched++] = list;
    return true;
}

bool eqlc_event_values_add(eqlc_event_values *v, const eqlc_node *node, eqlm_value value)
{
    const eqlc_target *t = &v->fields->targets[node->first_target];
    for (uint32_t i = 0; i < node->n_targets; i++)
        if (!add_to_target(v, t + i, value, node->parent != EQLC_NONE))
            return false;
    return true;
}

/* Makes the values of a new element of an array of objects and adds it to the array. */
static eqlm_value *new_element(eqlc_event_values *v, uint32_t parent)
{
    const eqlc_parent *p = &v->fields->parents[parent];
    size_t size = ((size_t)p->n_slots + 1) * sizeof(eqlm_value);
    eqlm_value *header = eqlc_scratch_take(&v->scratch, size);
    if (!header)
        return NULL;
    memset(header, 0, size);
    header->len = p->n_slots;
    header->as.object = eqlc_fields_slots(v->fields, parent);
    eqlm_value object = { .type = EQLM_OBJECT, .as.object = header + 1 };
    eqlc_target home = { p->field, EQLC_NONE };
    if (p->outer != EQLC_NONE)
        home = (eqlc_target) { eqlc_fields_slots(v->fields, p->outer)[1 + p->field], p->outer };
    if (!add_to_target(v, &home, object, true))
        return NULL;
    for (uint32_t i = 0; i < v->fields->n_parents; i++)
        if (v->fields->parents[i].outer == parent)
            v->elements[i] = NULL;
    return header + 1;
}

bool eqlc_event_values_enter(eqlc_event_values *v, uint32_t parent, eqlm_value **outer)
{
    *outer = v->elements[parent];
    v->elements[parent] = new_element(v, parent);
    return v->elements[parent] != NULL;
}

void eqlc_event_values_leave(eqlc_event_values *v, uint32_t parent, eqlm_value *outer)
{
    v->elements[parent] = outer;
}
