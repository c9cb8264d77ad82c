#include "syntax/format.h"

#include <string.h>

#include "base/number.h"
#include "base/text.h"

enum { QUOTE_MAX = 80 }; /* bytes of quoted text before it is shortened */

typedef struct sink {
    char *out;
    size_t len;
    bool full;
} sink;

/* All or nothing, so that a character is never cut in two. */
static void put(sink *s, const char *text, size_t len)
{
    if (s->full || len > EQLI_MESSAGE_MAX - 1 - s->len) {
        s->full = true;
        return;
    }
    memcpy(s->out + s->len, text, len);
    s->len += len;
}

static void put_text(sink *s, const char *text)
{
    for (; *text; text++)
        put(s, text, 1);
}

static void put_hex(sink *s, uint32_t c, unsigned digits)
{
    while (digits < 8 && c >> (4 * digits))
        digits++;
    while (digits-- > 0)
        put(s, &"0123456789ABCDEF"[c >> (4 * digits) & 15], 1);
}

/* Characters that would be invisible, move text about (bidirectional controls) or break the line. */
static bool is_hidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD || (c >= 0x2000 && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) || c == 0x3000 || c == 0xFEFF ||
           (c >= 0xFFF0 && c <= 0xFFFB) || c >= 0xE0000;
}

static void put_visible(sink *s, uint32_t c)
{
    char bytes[4];
    if (c == '\n') {
        put_text(s, "\\n");
    } else if (c == '\r') {
        put_text(s, "\\r");
    } else if (c == '\t') {
        put_text(s, "\\t");
    } else if (c & EQLI_BAD_BYTE) {
        put_text(s, "\\x");
        put_hex(s, c & 0xFF, 2);
    } else if (is_hidden(c)) {
        put_text(s, "\\u{");
        put_hex(s, c, 4);
        put_text(s, "}");
    } else {
        put(s, bytes, eqli_utf8_put(bytes, c));
    }
}

static void put_quoted(sink *s, eqlm_str text)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    while (p < end) {
        if (p - text.ptr >= QUOTE_MAX) {
            put_text(s, "...");
            return;
        }
        put_visible(s, eqli_utf8_next(&p, end));
    }
}

static void put_char(sink *s, uint32_t c)
{
    if (!is_hidden(c)) {
        put_text(s, "'");
        put_visible(s, c);
        put_text(s, "'");
    }
    if (is_hidden(c) || c > 0x7F) {
        put_text(s, is_hidden(c) ? "U+" : " (U+");
        put_hex(s, c, 4);
        put_text(s, is_hidden(c) ? "" : ")");
    }
}

size_t eqli_format(char out[EQLI_MESSAGE_MAX], const char *format, va_list args)
{
    sink s = { .out = out };
    char digits[EQLI_NUM_MAX];
    for (const char *p = format; *p; p++) {
        if (*p != '%') {
            put(&s, p, 1);
            continue;
        }
        switch (*++p) {
        case 's':
            put_text(&s, va_arg(args, const char *));
            break;
        case 'S':
            put_quoted(&s, va_arg(args, eqlm_str));
            break;
        case 'd':
            put(&s, digits, eqli_i64_text(va_arg(args, int), digits));
            break;
        case 'u':
            put(&s, digits, eqli_u64_text(va_arg(args, uint32_t), digits));
            break;
        case 'c':
            put_char(&s, va_arg(args, uint32_t));
            break;
        default:
            put(&s, p, 1);
            break;
        }
    }
    out[s.len] = '\0';
    return s.len;
}
