#include "emit/ctext.h"

#include "base/number.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

static void put(eqli_ctext *s, const char *text, size_t len)
{
    if (!s->failed && len)
        s->failed = !s->write(s->ctx, text, len);
}

static void put_text(eqli_ctext *s, const char *text)
{
    put(s, text, strlen(text));
}

static void put_uint(eqli_ctext *s, uint64_t v)
{
    char buf[EQLI_NUM_MAX];
    put(s, buf, eqli_u64_text(v, buf));
}

static void put_hex(eqli_ctext *s, uint64_t v)
{
    static const char digits[] = "0123456789abcdef";
    char buf[16];
    unsigned n = 16;
    do {
        buf[--n] = digits[v & 15];
        v >>= 4;
    } while (v);
    put_text(s, "UINT64_C(0x");
    put(s, buf + n, 16 - n);
    put_text(s, ")");
}

/* The least integer is no constant of C. */
static void put_int(eqli_ctext *s, int64_t v)
{
    put_text(s, v == INT64_MIN ? "(-INT64_C(" : v < 0 ? "-INT64_C(" : "INT64_C(");
    put_uint(s, v == INT64_MIN ? INT64_MAX : (uint64_t)(v < 0 ? -v : v));
    put_text(s, v == INT64_MIN ? ") - 1)" : ")");
}

static void put_format(eqli_ctext *s, const char *format, va_list args)
{
    for (;;) {
        const char *hole = strchr(format, '%');
        if (!hole) {
            put_text(s, format);
            return;
        }
        put(s, format, (size_t)(hole - format));
        switch (hole[1]) {
        case 's':
            put_text(s, va_arg(args, const char *));
            break;
        case 'u':
            put_uint(s, va_arg(args, uint32_t));
            break;
        case 'd':
            put_int(s, va_arg(args, int64_t));
            break;
        case 'x':
            put_hex(s, va_arg(args, uint64_t));
            break;
        default:
            assert(false && "a format of eqli_ctext_put");
            break;
        }
        format = hole + 2;
    }
}

void eqli_ctext_indent(eqli_ctext *s)
{
    for (unsigned i = 0; i < s->depth; i++)
        put_text(s, "\t");
}

void eqli_ctext_put(eqli_ctext *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_format(s, format, args);
    va_end(args);
}

void eqli_ctext_line(eqli_ctext *s, const char *format, ...)
{
    va_list args;
    eqli_ctext_indent(s);
    va_start(args, format);
    put_format(s, format, args);
    va_end(args);
    put_text(s, "\n");
}

/* Comments are ASCII: other characters could change how the text is read. They are of the kind that ends with
 * its line, so that rules may hold what begins or ends the other kind. */
bool eqli_ctext_comment_piece(void *ctx, const void *bytes, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    eqli_ctext *s = ctx;
    const unsigned char *p = bytes;
    for (size_t i = 0; i < len; i++) {
        char escape[4] = { '\\', 'x', hex[p[i] >> 4], hex[p[i] & 15] };
        char c = p[i] == '\t' ? ' ' : (char)p[i];
        if (c < 0x20 || c > 0x7e)
            put(s, escape, sizeof escape);
        else
            put(s, &c, 1);
        s->last[0] = s->last[1];
        s->last[1] = s->last[2];
        s->last[2] = c;
    }
    return !s->failed;
}

void eqli_ctext_comment_begin(eqli_ctext *s)
{
    eqli_ctext_indent(s);
    put_text(s, "// ");
    memset(s->last, 0, sizeof s->last);
}

/* A backslash at the end of a line, also as a trigraph, would swallow the next one. */
void eqli_ctext_comment_end(eqli_ctext *s)
{
    bool continues = s->last[2] == '\\' || memcmp(s->last, "?\?/", 3) == 0;
    put_text(s, continues ? " .\n" : "\n");
}

void eqli_ctext_comment(eqli_ctext *s, const char *text, size_t len)
{
    while (len) {
        const char *newline = memchr(text, '\n', len);
        size_t line = newline ? (size_t)(newline - text) : len, next = newline ? line + 1 : len;
        while (line && (text[line - 1] == ' ' || text[line - 1] == '\t' || text[line - 1] == '\r'))
            line--;
        if (line) {
            eqli_ctext_comment_begin(s);
            eqli_ctext_comment_piece(s, text, line);
            eqli_ctext_comment_end(s);
        }
        text += next;
        len -= next;
    }
}

/* Returns the columns it takes. Three octal digits cannot run into the next byte; `?` could become part of a
 * trigraph. */
static unsigned put_byte(eqli_ctext *s, unsigned char c)
{
    char octal[4] = { '\\', (char)('0' + (c >> 6)), (char)('0' + (c >> 3 & 7)), (char)('0' + (c & 7)) };
    char plain = (char)c;
    if (c < 0x20 || c > 0x7e || c == '"' || c == '\\' || c == '?') {
        put(s, octal, sizeof octal);
        return sizeof octal;
    }
    put(s, &plain, 1);
    return 1;
}

void eqli_ctext_quote(eqli_ctext *s, const char *bytes, size_t len)
{
    put_text(s, "\"");
    for (size_t i = 0; i < len; i++)
        put_byte(s, (unsigned char)bytes[i]);
    put_text(s, "\"");
}

enum { BYTES_WIDTH = 100 };

bool eqli_ctext_bytes_write(void *ctx, const void *bytes, size_t len)
{
    eqli_ctext_bytes *b = ctx;
    const unsigned char *p = bytes;
    for (size_t i = 0; i < len; i++) {
        if (b->column == 0)
            put_text(b->s, "\n\t\"");
        b->column += put_byte(b->s, p[i]);
        if (b->column >= BYTES_WIDTH)
            eqli_ctext_bytes_end(b);
        b->len++;
    }
    return !b->s->failed;
}

void eqli_ctext_bytes_end(eqli_ctext_bytes *b)
{
    if (b->column)
        put_text(b->s, "\"");
    b->column = 0;
}

bool eqli_ctext_identifier(const char *name)
{
    for (const char *p = name; *p; p++) {
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_';
        if (!letter && (p == name || *p < '0' || *p > '9'))
            return false;
    }
    return *name != '\0';
}
