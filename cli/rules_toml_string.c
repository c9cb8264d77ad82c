/* rules_toml_string.c - decodes the four kinds of TOML strings with a map back to the file. The parser
 * library decodes them too, but does not tell which source byte a character came from. */
#include "rules_read.h"

#include <string.h>

/* Value of n hexadecimal digits, or UINT32_MAX. */
static uint32_t hex(const char *text, size_t n)
{
    uint32_t value = 0;

    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10
                                                : 16;

        if (digit == 16)
            return UINT32_MAX;
        value = value << 4 | digit;
    }
    return value;
}

/* A line-ending backslash: returns the offset of the next character that is no white space, or 0 when
 * text[at], a backslash, is not followed by white space up to the end of the line. */
static size_t trimmed_lines(const char *text, size_t len, size_t at)
{
    size_t i = at + 1;
    bool newline = false;

    while (i < len && strchr(" \t\r\n", text[i]) && text[i]) {
        newline = newline || text[i] == '\n';
        i++;
    }
    return newline ? i : 0;
}

/* Decodes the escape at text[at]; returns the offset behind it, or 0. */
static size_t escape(const char *text, size_t len, size_t at, bool multi_line, eqlc_query *q)
{
    static const char letters[] = "b\bt\tn\nf\fr\re\033\"\"\\\\";
    size_t digits;
    uint32_t code;
    char c;

    if (len - at < 2)
        return 0;
    c = text[at + 1];
    if (multi_line && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
        return trimmed_lines(text, len, at);
    for (size_t i = 0; i + 1 < sizeof letters; i += 2) {
        if (letters[i] == c) {
            eqlc_query_escape(q, &letters[i + 1], 1, at);
            return at + 2;
        }
    }
    digits = c == 'u' ? 4 : c == 'U' ? 8 : c == 'x' ? 2 : 0;
    if (digits == 0 || len - at - 2 < digits)
        return 0;
    code = hex(text + at + 2, digits);
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return 0;
    eqlc_query_escape_code(q, code, at);
    return at + 2 + digits;
}

/* Number of equal quotes at text[at]. */
static size_t run_of(const char *text, size_t len, size_t at, char quote)
{
    size_t n = 0;

    while (at + n < len && text[at + n] == quote)
        n++;
    return n;
}

size_t eqlc_decode_toml_string(const char *text, size_t len, size_t offset, eqlc_query *q, size_t *inner_end)
{
    char quote = offset < len ? text[offset] : '\0';
    size_t i = offset + 1, verbatim;
    bool multi_line;

    if (quote != '"' && quote != '\'')
        return 0;
    multi_line = run_of(text, len, offset, quote) >= 3;
    if (multi_line) {
        i = offset + 3;
        if (i < len && text[i] == '\r')
            i++;
        if (i < len && text[i] == '\n')
            i++; /* a newline right behind the opening quotes is not part of the text */
    }
    verbatim = i;
    while (i < len) {
        size_t n = run_of(text, len, i, quote);

        if (n >= (multi_line ? 3 : 1)) {
            /* Up to two quotes may stand directly before the closing three. */
            size_t inside = multi_line ? (n > 5 ? 2 : n - 3) : 0;

            eqlc_query_verbatim(q, text + verbatim, i + inside - verbatim, verbatim);
            *inner_end = i + inside;
            return i + inside + (multi_line ? 3 : 1);
        }
        if (n) {
            i += n;
        } else if (text[i] == '\\' && quote == '"') {
            eqlc_query_verbatim(q, text + verbatim, i - verbatim, verbatim);
            i = verbatim = escape(text, len, i, multi_line, q);
            if (i == 0)
                return 0;
        } else if (text[i] == '\r' && i + 1 < len && text[i + 1] == '\n') {
            eqlc_query_verbatim(q, text + verbatim, i - verbatim, verbatim);
            i = verbatim = i + 1; /* line ends become LF */
        } else {
            i++;
        }
    }
    return 0;
}
