#include "eqlmini.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *eqlm_version(void)
{
    return TEXT(EQLM_VERSION_MAJOR) "." TEXT(EQLM_VERSION_MINOR) "." TEXT(EQLM_VERSION_PATCH);
}

const char *eqlm_status_text(eqlm_status status)
{
    switch (status) {
    case EQLM_OK:
        return "success";
    case EQLM_E_NOMEM:
        return "out of memory";
    case EQLM_E_ARGUMENT:
        return "wrong argument";
    case EQLM_E_COMPILE:
        return "the query has errors";
    case EQLM_E_LIMIT:
        return "a limit was reached";
    case EQLM_E_IMAGE:
        return "not a valid program image of this version";
    case EQLM_E_SCHEMA:
        return "contradictory field definition";
    }
    return "unknown status";
}
