/* names.c - which field a name means. */
#include "check/names.h"

#include <string.h>

static bool same(eqlm_str a, eqlm_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static void suggest_field(eqli_check *ck, eqlm_str name)
{
    const eqlm_schema *schema = ck->cx->schema;
    eqli_suggest s;
    eqlm_str known;
    eqli_suggest_init(&s, name);
    for (uint32_t i = 0; i < schema->n; i++) {
        if (schema->fields[i].declared)
            eqli_suggest_offer(&s, schema->fields[i].name);
    }
    for (size_t i = 0; schema->type_names && schema->type_names(schema->type_names_ctx, i, &known); i++)
        eqli_suggest_offer(&s, known);
    eqli_suggest_hint(&s, ck->cx->diags);
}

static void report_unknown(eqli_check *ck, const eqli_node *n)
{
    eqlm_str name = n->u.field.full;
    for (uint32_t i = 0; i < ck->n_warned; i++) {
        if (same(ck->warned[i], name))
            return;
    }
    if (ck->n_warned < EQLI_MAX_WARNED)
        ck->warned[ck->n_warned++] = name;
    bool error = ck->cx->options.unknown_field_is_error;
    eqli_error(ck->cx, n->span, error ? EQLI_D_UNKNOWN_FIELD : EQLI_D_FIELD_UNKNOWN, name);
    suggest_field(ck, name);
}

/* `event0.process.pid` where an earlier term is called event0: the field of that term's event. */
static void resolve_alias(const eqli_check *ck, eqli_field_ref *f)
{
    uint32_t number = 0;
    for (uint32_t i = 0; i < ck->term && i < ck->query->n_terms; i++) {
        eqlm_str alias = ck->query->terms[i].alias;
        if (alias.len == 0)
            continue;
        number++;
        if (f->name.len > alias.len + 1 && f->name.ptr[alias.len] == '.' &&
            memcmp(f->name.ptr, alias.ptr, alias.len) == 0) {
            f->alias = (uint8_t)number;
            f->full = (eqlm_str){ f->name.ptr + alias.len + 1, f->name.len - alias.len - 1 };
            return;
        }
    }
}

/* The present term is a missing event with no positive term behind it: by the time it is asked about, the
 * event that an alias would name may be gone. */
static bool trails(const eqli_check *ck)
{
    for (uint32_t i = ck->term; i < ck->query->n_terms; i++) {
        if (!ck->query->terms[i].missing)
            return false;
    }
    return true;
}

/* Finds the scope of `$v.a` and the dotted name of every field from the event's root. */
static bool resolve_name(eqli_check *ck, eqli_node *n)
{
    eqli_field_ref *f = &n->u.field;
    f->full = f->name;
    if (f->variable.len == 0) {
        resolve_alias(ck, f);
        return true;
    }
    for (uint32_t i = ck->n_bindings; i-- > 0;) {
        if (!same(ck->bindings[i].variable, f->variable))
            continue;
        f->scope = (uint8_t)(i + 1);
        eqlm_str array = ck->bindings[i].array;
        char *full = eqli_cx_alloc(ck->cx, array.len + 1 + f->name.len + 1, 1);
        if (!full)
            return false;
        memcpy(full, array.ptr, array.len);
        f->full = (eqlm_str){ full, array.len };
        if (f->name.len) {
            full[array.len] = '.';
            memcpy(full + array.len + 1, f->name.ptr, f->name.len);
            f->full.len += 1 + f->name.len;
        }
        return true;
    }
    /* Elsewhere no variable exists, which has been said. */
    if (ck->cx->options.dialect == EQLM_DIALECT_ENDPOINT)
        eqli_error(ck->cx, n->span, EQLI_D_FREE_VARIABLE, f->variable);
    return false;
}

/* A field of an element may be declared with the array as its parent, or only known by its name. */
eqli_field_info eqli_check_lookup(const eqli_check *ck, const eqli_field_ref *f)
{
    eqli_field_info info = { .field = EQLI_NO_FIELD };
    if (f->scope)
        info = eqli_schema_lookup(ck->cx->schema, f->full, ck->bindings[f->scope - 1].number);
    return info.known ? info : eqli_schema_lookup(ck->cx->schema, f->full, EQLI_NO_FIELD);
}

void eqli_check_field(eqli_check *ck, eqli_node *n, bool objects_allowed)
{
    eqli_field_ref *f = &n->u.field;
    n->type = EQLI_T_ERROR;
    if (f->indexed || !resolve_name(ck, n))
        return;
    if (f->alias && trails(ck)) {
        eqli_error(ck->cx, n->span, EQLI_D_NOT_SUPPORTED,
                   "a field of an earlier event in a missing event at the end");
        return;
    }
    if (f->variable.len && f->name.len == 0) { /* the element itself */
        n->type = EQLI_T_ANY;
        f->type = EQLM_TYPE_ANY;
        return;
    }
    eqli_field_info info = eqli_check_lookup(ck, f);
    f->type = (uint8_t)info.type;
    switch (info.type) {
    case EQLM_TYPE_UNMAPPED:
        if (f->optional) { /* language 10: the literal null */
            eqli_node_set_const(n, eqli_null());
            n->from_unmapped = true;
            return;
        }
        eqli_error(ck->cx, n->span, EQLI_D_UNKNOWN_FIELD, f->full);
        suggest_field(ck, f->full);
        return;
    case EQLM_TYPE_TEXT:
        eqli_error(ck->cx, n->span, EQLI_D_TEXT_FIELD, f->full);
        return;
    case EQLM_TYPE_NESTED:
        if (!objects_allowed)
            eqli_error(ck->cx, n->span, EQLI_D_NESTED_FIELD, f->full);
        else
            n->type = EQLI_T_OBJECT;
        return;
    case EQLM_TYPE_UNSUPPORTED:
        eqli_error(ck->cx, n->span, EQLI_D_UNSUPPORTED_FIELD_TYPE, f->full);
        return;
    case EQLM_TYPE_OBJECT:
        if (!objects_allowed)
            eqli_error(ck->cx, n->span, EQLI_D_OBJECT_FIELD, f->full);
        else
            n->type = EQLI_T_OBJECT;
        return;
    default:
        n->type = (uint8_t)eqli_type_of_field(info.type);
        if (!info.known && ck->cx->schema->typed && !f->optional)
            report_unknown(ck, n);
    }
}
