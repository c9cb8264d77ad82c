#include "ops/version.h"

#include <string.h>

/* A version is numbers joined by points, then perhaps "-" and a prerelease of identifiers joined by points,
 * then perhaps "+" and a build, which has no part in the order. */
typedef struct version {
    eqlm_str numbers, prerelease;
    bool has_prerelease;
} version;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_identifier(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

/* Length of "part.part..." at s, every part one or more characters of the kind; 0 if there is none. */
static size_t dotted(const char *s, size_t len, bool (*kind)(char))
{
    size_t i = 0;
    for (;;) {
        size_t first = i;
        while (i < len && kind(s[i]))
            i++;
        if (i == first)
            return 0;
        if (i == len || s[i] != '.')
            return i;
        i++;
    }
}

static bool parse(const char *s, size_t len, version *out)
{
    size_t n = dotted(s, len, is_digit);
    if (n == 0)
        return false;
    out->numbers = (eqlm_str){ s, n };
    out->has_prerelease = n < len && s[n] == '-';
    if (out->has_prerelease) {
        size_t first = n + 1, pre = dotted(s + first, len - first, is_identifier);
        if (pre == 0)
            return false;
        out->prerelease = (eqlm_str){ s + first, pre };
        n = first + pre;
    }
    return n == len || (s[n] == '+' && n + 1 < len);
}

/* Takes the next part off *rest. */
static eqlm_str next_part(eqlm_str *rest)
{
    const char *point = rest->len ? memchr(rest->ptr, '.', rest->len) : NULL;
    eqlm_str part = { rest->ptr, point ? (size_t)(point - rest->ptr) : rest->len };
    size_t used = part.len + (point != NULL);
    rest->ptr += used;
    rest->len -= used;
    return part;
}

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t n = a_len < b_len ? a_len : b_len;
    int order = n ? memcmp(a, b, n) : 0;
    return order ? order : (a_len > b_len) - (a_len < b_len);
}

/* Digits of any length by value; none counts as zero. */
static int compare_numbers(eqlm_str a, eqlm_str b)
{
    for (; a.len && *a.ptr == '0'; a.len--)
        a.ptr++;
    for (; b.len && *b.ptr == '0'; b.len--)
        b.ptr++;
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return compare_bytes(a.ptr, a.len, b.ptr, b.len);
}

static bool is_numeric(eqlm_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.ptr[i]))
            return false;
    }
    return true;
}

static int compare_identifiers(eqlm_str a, eqlm_str b)
{
    bool a_numeric = is_numeric(a), b_numeric = is_numeric(b);
    if (a_numeric != b_numeric)
        return a_numeric ? -1 : 1;
    return a_numeric ? compare_numbers(a, b) : compare_bytes(a.ptr, a.len, b.ptr, b.len);
}

static int compare_prerelease(eqlm_str a, eqlm_str b)
{
    while (a.len && b.len) {
        int order = compare_identifiers(next_part(&a), next_part(&b));
        if (order)
            return order;
    }
    return (a.len > 0) - (b.len > 0);
}

int eqli_version_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    version va, vb;
    bool a_ok = parse(a, a_len, &va), b_ok = parse(b, b_len, &vb);
    if (!a_ok || !b_ok)
        return a_ok != b_ok ? (a_ok ? -1 : 1) : compare_bytes(a, a_len, b, b_len);
    while (va.numbers.len || vb.numbers.len) { /* 1.2 is 1.2.0 */
        int order = compare_numbers(next_part(&va.numbers), next_part(&vb.numbers));
        if (order)
            return order;
    }
    if (!va.has_prerelease || !vb.has_prerelease)
        return vb.has_prerelease - va.has_prerelease;
    return compare_prerelease(va.prerelease, vb.prerelease);
}
