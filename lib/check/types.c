#include "check/check.h"

eqli_type eqli_type_of_field(eqlm_type t)
{
    switch (t) {
    case EQLM_TYPE_KEYWORD:
        return EQLI_T_STRING;
    case EQLM_TYPE_LONG:
    case EQLM_TYPE_UNSIGNED_LONG:
        return EQLI_T_INT;
    case EQLM_TYPE_DOUBLE:
        return EQLI_T_DOUBLE;
    case EQLM_TYPE_BOOLEAN:
        return EQLI_T_BOOL;
    case EQLM_TYPE_DATE:
        return EQLI_T_DATE;
    case EQLM_TYPE_IP:
        return EQLI_T_IP;
    case EQLM_TYPE_VERSION:
        return EQLI_T_VERSION;
    case EQLM_TYPE_OBJECT:
        return EQLI_T_OBJECT;
    default:
        return EQLI_T_ANY;
    }
}

eqli_type eqli_type_of_value(const eqlm_value *v)
{
    switch (v->type) {
    case EQLM_NULL:
        return EQLI_T_NULL;
    case EQLM_BOOL:
        return EQLI_T_BOOL;
    case EQLM_I64:
    case EQLM_U64:
        return EQLI_T_INT;
    case EQLM_F64:
        return EQLI_T_DOUBLE;
    case EQLM_STRING:
        return EQLI_T_STRING;
    case EQLM_IP:
        return EQLI_T_IP;
    case EQLM_DATE:
    case EQLM_FAR_DATE:
        return EQLI_T_DATE;
    default:
        return EQLI_T_ANY;
    }
}

const char *eqli_type_text(eqli_type t)
{
    static const char *const text[] = {
        [EQLI_T_ANY] = "a value",        [EQLI_T_NULL] = "null",        [EQLI_T_BOOL] = "a boolean",
        [EQLI_T_INT] = "an integer",     [EQLI_T_DOUBLE] = "a number",  [EQLI_T_STRING] = "a string",
        [EQLI_T_IP] = "an IP address",   [EQLI_T_DATE] = "a date",      [EQLI_T_VERSION] = "a version",
        [EQLI_T_OBJECT] = "an object",   [EQLI_T_ERROR] = "an error",
    };
    return text[t];
}

/* Types that are not known, null, or already reported. */
static bool is_open(eqli_type t)
{
    return t == EQLI_T_ANY || t == EQLI_T_NULL || t == EQLI_T_ERROR;
}

bool eqli_type_is_number(eqli_type t)
{
    return t == EQLI_T_INT || t == EQLI_T_DOUBLE || is_open(t);
}

bool eqli_type_is_string(eqli_type t)
{
    return t == EQLI_T_STRING || is_open(t);
}

bool eqli_type_is_bool(eqli_type t)
{
    return t == EQLI_T_BOOL || is_open(t);
}

eqli_as eqli_as_of_type(eqli_type t)
{
    switch (t) {
    case EQLI_T_BOOL:
        return EQLI_AS_BOOL;
    case EQLI_T_INT:
    case EQLI_T_DOUBLE:
        return EQLI_AS_NUM;
    case EQLI_T_STRING:
        return EQLI_AS_STR;
    case EQLI_T_IP:
        return EQLI_AS_IP;
    case EQLI_T_DATE:
        return EQLI_AS_DATE;
    case EQLI_T_VERSION:
        return EQLI_AS_VERSION;
    default:
        return EQLI_AS_RAW;
    }
}

bool eqli_has_field(const eqli_node *n)
{
    if (n->kind == EQLI_N_FIELD || n->kind == EQLI_N_LINEAGE)
        return true;
    for (uint32_t i = 0; i < n->n_kids; i++) {
        if (eqli_has_field(n->kids[i]))
            return true;
    }
    return false;
}
