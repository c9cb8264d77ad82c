/* json_problem.c - where a text stops being JSON, and other things about it that simdjson does not tell. */
#include "json_problem.h"

#include <string.h>

#include "util.h"

/* Four hexadecimal digits at text[at], or UINT32_MAX. */
static uint32_t hex4(const char *text, size_t len, size_t at)
{
    uint32_t value = 0;

    if (at > len || len - at < 4)
        return UINT32_MAX;
    for (size_t i = 0; i < 4; i++) {
        char c = text[at + i];

        if (c >= '0' && c <= '9')
            value = value << 4 | (uint32_t)(c - '0');
        else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
            value = value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return UINT32_MAX;
    }
    return value;
}

/* Decodes the \u escape at text[at], two of them for a surrogate pair; returns the offset behind, or 0. */
static size_t unicode_escape(const char *text, size_t len, size_t at, uint32_t *code)
{
    uint32_t high = hex4(text, len, at + 2), low;

    *code = high;
    if (high == UINT32_MAX)
        return 0;
    if (high < 0xD800 || high > 0xDFFF)
        return at + 6;
    if (high > 0xDBFF || len - at < 12 || text[at + 6] != '\\' || text[at + 7] != 'u')
        return 0;
    low = hex4(text, len, at + 8);
    if (low < 0xDC00 || low > 0xDFFF)
        return 0;
    *code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return at + 12;
}

size_t eqlc_json_escape(const char *text, size_t len, size_t at, uint32_t *code)
{
    static const char letters[] = "\"\"\\\\//b\bf\fn\nr\rt\t";

    *code = 0;
    if (len - at < 2)
        return 0;
    if (text[at + 1] == 'u')
        return unicode_escape(text, len, at, code);
    for (size_t i = 0; i + 1 < sizeof letters; i += 2) {
        if (letters[i] == text[at + 1]) {
            *code = (unsigned char)letters[i + 1];
            return at + 2;
        }
    }
    return 0;
}

void eqlc_json_mend(char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint32_t code = 0;
        size_t next = at + 1;

        if (text[at] == '\\')
            next = eqlc_json_escape(text, len, at, &code);
        if (next == 0 && code >= 0xD800 && code <= 0xDFFF) {
            memcpy(text + at + 2, "FFFD", 4);
            next = at + 6;
        }
        at = next ? next : at + 2;
    }
}

/* State of the search for the first mistake. */
typedef struct checker {
    const char *text;
    size_t at, end;
    bool lone_surrogates; /* pass for characters */
    const char *message;  /* set once: what is wrong at `at` */
} checker;

static bool fail(checker *c, size_t at, const char *message)
{
    c->at = at;
    c->message = message;
    return false;
}

static void skip_space(checker *c)
{
    for (; c->at < c->end; c->at++) {
        char byte = c->text[c->at];

        if (byte != ' ' && byte != '\t' && byte != '\r' && byte != '\n')
            return;
    }
}

/* Goes over characters of ASCII that mean themselves in a string, eight at a time. */
static void skip_plain(checker *c)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;

    for (uint64_t x, quote, backslash, others; c->end - c->at >= 8; c->at += 8) {
        memcpy(&x, c->text + c->at, 8);
        quote = x ^ '"' * ones;
        backslash = x ^ '\\' * ones;
        others = (x | (x - 0x20 * ones) | (quote - ones) | (backslash - ones)) & tops;
        if (others) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            c->at += (size_t)__builtin_ctzll(others) / 8;
#endif
            return;
        }
    }
}

static bool check_string(checker *c)
{
    size_t open = c->at++;

    while (c->at < c->end) {
        skip_plain(c);
        if (c->at == c->end)
            break;
        unsigned char byte = (unsigned char)c->text[c->at];
        uint32_t code;

        if (byte == '"') {
            c->at++;
            return true;
        }
        if (byte >= 0x20 && byte < 0x80 && byte != '\\') {
            c->at++;
            continue;
        }
        if (byte < 0x20)
            return fail(c, c->at,
                        byte == '\n' ? "the string is not closed on this line"
                                     : "control character in a string");
        if (byte == '\\') {
            size_t next = eqlc_json_escape(c->text, c->end, c->at, &code);

            if (next == 0 && c->lone_surrogates && code >= 0xD800 && code <= 0xDFFF)
                next = c->at + 6;
            if (next == 0)
                return fail(c, c->at, "invalid escape sequence");
            c->at = next;
            continue;
        }
        c->at += eqlc_utf8(c->text + c->at, c->end - c->at, &code);
        if (code == EQLC_BAD_UTF8)
            return fail(c, c->at - 1, "invalid UTF-8");
    }
    return fail(c, open, "the string is not closed");
}

static size_t digits(checker *c)
{
    size_t from = c->at;

    while (c->at < c->end && c->text[c->at] >= '0' && c->text[c->at] <= '9')
        c->at++;
    return c->at - from;
}

static bool check_number(checker *c)
{
    size_t from = c->at, n;
    bool zero;

    if (c->text[c->at] == '-')
        c->at++;
    zero = c->at < c->end && c->text[c->at] == '0';
    n = digits(c);
    if (n == 0 || (zero && n > 1))
        return fail(c, from, "invalid number");
    if (c->at < c->end && c->text[c->at] == '.') {
        c->at++;
        if (digits(c) == 0)
            return fail(c, from, "invalid number");
    }
    if (c->at < c->end && (c->text[c->at] | 0x20) == 'e') {
        c->at++;
        if (c->at < c->end && (c->text[c->at] == '+' || c->text[c->at] == '-'))
            c->at++;
        if (digits(c) == 0)
            return fail(c, from, "invalid number");
    }
    return true;
}

static bool check_scalar(checker *c)
{
    static const char *const words[] = { "true", "false", "null" };
    char first = c->text[c->at];

    if (first == '"')
        return check_string(c);
    if (first == '-' || (first >= '0' && first <= '9'))
        return check_number(c);
    for (size_t i = 0; i < 3; i++) {
        size_t n = strlen(words[i]);

        if (c->end - c->at >= n && memcmp(c->text + c->at, words[i], n) == 0) {
            c->at += n;
            return true;
        }
    }
    return fail(c, c->at, first == '\'' ? "strings are written with double quotes" : "expected a value");
}

static bool check_key(checker *c)
{
    skip_space(c);
    if (c->at >= c->end || c->text[c->at] != '"')
        return fail(c, c->at, "expected a key in double quotes");
    if (!check_string(c))
        return false;
    skip_space(c);
    if (c->at >= c->end || c->text[c->at] != ':')
        return fail(c, c->at, "expected ':' after the key");
    c->at++;
    return true;
}

/* Opens an array or object; true in *closed when it is empty and so already ended. */
static bool check_open(checker *c, bool *closed)
{
    char close = c->text[c->at] == '{' ? '}' : ']';

    c->at++;
    skip_space(c);
    *closed = c->at < c->end && c->text[c->at] == close;
    if (*closed)
        c->at++;
    return *closed || close == ']' || check_key(c);
}

/* After a value: steps over closing brackets up to the next value or the end of the outermost one. */
static bool check_next(checker *c, const unsigned char *stack, size_t *depth)
{
    while (*depth > 0) {
        char close = stack[*depth - 1] == '{' ? '}' : ']';

        skip_space(c);
        if (c->at >= c->end)
            return fail(c, c->at,
                        close == '}' ? "the text ends inside an object" : "the text ends inside an array");
        if (c->text[c->at] == ',') {
            c->at++;
            return close == ']' || check_key(c);
        }
        if (c->text[c->at] != close)
            return fail(c, c->at, close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
        c->at++;
        (*depth)--;
    }
    return true;
}

const char eqlc_json_more[] = "unexpected text after the JSON value";

static bool check_document(checker *c)
{
    unsigned char stack[1024]; /* as deep as the parser goes */
    size_t depth = 0;

    do {
        skip_space(c);
        if (c->at >= c->end)
            return fail(c, c->at, "expected a value");
        if (c->text[c->at] == '{' || c->text[c->at] == '[') {
            bool closed;

            if (depth == sizeof stack)
                return fail(c, c->at, "nested too deeply");
            stack[depth] = (unsigned char)c->text[c->at];
            if (!check_open(c, &closed))
                return false;
            if (!closed) {
                depth++;
                continue;
            }
        } else if (!check_scalar(c)) {
            return false;
        }
        if (!check_next(c, stack, &depth))
            return false;
    } while (depth > 0);
    skip_space(c);
    return c->at == c->end || fail(c, c->at, eqlc_json_more);
}

bool eqlc_json_problem(const char *text, size_t start, size_t end, bool lone_surrogates, size_t *offset,
                       const char **message)
{
    checker c = { text, start, end, lone_surrogates, NULL };

    if (check_document(&c))
        return false;
    *offset = c.at;
    *message = c.message;
    return true;
}
