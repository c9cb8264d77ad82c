#include "program/listing.h"

#include "base/number.h"
#include "base/text.h"
#include "ops/date.h"

#include <string.h>

void eqli_list_bytes(eqli_listing *l, const char *s, size_t len)
{
    if (!l->failed && len)
        l->failed = !l->write(l->ctx, s, len);
}

void eqli_list_text(eqli_listing *l, const char *s)
{
    eqli_list_bytes(l, s, strlen(s));
}

void eqli_list_uint(eqli_listing *l, uint64_t v, size_t width)
{
    char buf[EQLI_NUM_MAX];
    size_t n = eqli_u64_text(v, buf);
    for (size_t i = n; i < width; i++)
        eqli_list_bytes(l, " ", 1);
    eqli_list_bytes(l, buf, n);
}

void eqli_list_quoted(eqli_listing *l, const char *s, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    const char *p = s, *end = s + len;
    eqli_list_bytes(l, "\"", 1);
    while (p < end) {
        const char *at = p;
        uint32_t c = eqli_utf8_next(&p, end);
        char escape[6] = { '\\', 'u', '0', '0', hex[c >> 4 & 15], hex[c & 15] };
        if (c == '"' || c == '\\')
            eqli_list_bytes(l, "\\", 1);
        if (c < 0x20 || c == 0x7f)
            eqli_list_bytes(l, escape, sizeof escape);
        else if (c > 0x10ffff)
            eqli_list_text(l, "\\ufffd");
        else
            eqli_list_bytes(l, at, (size_t)(p - at));
    }
    eqli_list_bytes(l, "\"", 1);
}

void eqli_list_value(eqli_listing *l, const eqlm_value *v)
{
    char buf[64];
    switch (v->type) {
    case EQLM_BOOL:
        eqli_list_text(l, v->as.boolean ? "true" : "false");
        break;
    case EQLM_I64:
        eqli_list_bytes(l, buf, eqli_i64_text(v->as.i64, buf));
        break;
    case EQLM_U64:
        eqli_list_bytes(l, buf, eqli_u64_text(v->as.u64, buf));
        break;
    case EQLM_F64:
        eqli_list_bytes(l, buf, eqli_f64_text(v->as.f64, buf));
        break;
    case EQLM_STRING:
        eqli_list_quoted(l, v->as.str, v->len);
        break;
    case EQLM_IP:
        eqli_list_bytes(l, buf, eqli_ip_text(v->as.ip, v->len, buf));
        break;
    case EQLM_DATE:
    case EQLM_FAR_DATE:
        eqli_list_bytes(l, buf, eqli_date_text(v, buf));
        break;
    default:
        eqli_list_text(l, "null");
        break;
    }
}

void eqli_list_cmp(eqli_listing *l, uint32_t mode)
{
    static const char *const cmp[] = { "==", "!=", "<", "<=", ">", ">=", "?", "?" };
    eqli_list_text(l, cmp[EQLI_MODE_CMP(mode)]);
}

void eqli_list_arith(eqli_listing *l, uint32_t mode)
{
    static const char *const arith[] = { "+", "-", "*", "/", "%" };
    eqli_list_text(l, arith[mode]);
}

void eqli_list_as(eqli_listing *l, uint32_t mode)
{
    static const char *const as[] = { "raw", "num", "str", "bool", "ip", "date", "version", "any" };
    eqli_list_text(l, as[EQLI_MODE_AS(mode)]);
    if (mode & EQLI_COERCE)
        eqli_list_text(l, "*"); /* reads other forms too */
}
