/* value_json.c - a value of the library as JSON text. */
#include "value_json.h"

#include "timestamp.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool add_double(eqlc_buf *b, double number)
{
    char text[40];

    if (!isfinite(number)) {
        eqlc_buf_text(b, "null");
        return false;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    eqlc_buf_text(b, text);
    if (!strpbrk(text, ".e"))
        eqlc_buf_text(b, ".0");
    return true;
}

static void add_address(eqlc_buf *b, const eqlm_value *value)
{
    char text[INET6_ADDRSTRLEN] = "";

    inet_ntop(value->len == 4 ? AF_INET : AF_INET6, value->as.ip, text, sizeof text);
    eqlc_buf_json_cstr(b, text);
}

static void add_date(eqlc_buf *b, const eqlm_value *date)
{
    char text[EQLC_TIME_TEXT];

    eqlc_date_format(date, text);
    eqlc_buf_json_cstr(b, text);
}

bool eqlc_buf_value(eqlc_buf *b, const eqlm_value *value)
{
    switch ((eqlm_value_type)value->type) {
    case EQLM_BOOL:
        eqlc_buf_text(b, value->as.boolean ? "true" : "false");
        return true;
    case EQLM_I64:
        eqlc_buf_format(b, "%lld", (long long)value->as.i64);
        return true;
    case EQLM_U64:
        eqlc_buf_format(b, "%llu", (unsigned long long)value->as.u64);
        return true;
    case EQLM_F64:
        return add_double(b, value->as.f64);
    case EQLM_STRING:
        eqlc_buf_json(b, value->as.str, value->len);
        return true;
    case EQLM_IP:
        add_address(b, value);
        return true;
    case EQLM_DATE:
    case EQLM_FAR_DATE:
        add_date(b, value);
        return true;
    case EQLM_NULL:
    case EQLM_ARRAY:
    case EQLM_OBJECT:
        break;
    }
    eqlc_buf_text(b, "null");
    return true;
}
