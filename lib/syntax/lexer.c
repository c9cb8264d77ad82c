#include "syntax/lexer.h"

#include <string.h>

#include "base/text.h"
#include "eql.h"

static uint32_t offset(const eqli_lexer *lx, const uint8_t *p)
{
    return (uint32_t)(p - lx->text);
}

static eqli_span token_span(const eqli_lexer *lx)
{
    return (eqli_span){ offset(lx, lx->start), offset(lx, lx->cursor) };
}

/* The token as written, without n bytes at both ends. */
static eqlm_str written(const eqli_lexer *lx, size_t n)
{
    return (eqlm_str){ (const char *)lx->start + n, (size_t)(lx->cursor - lx->start) - 2 * n };
}

static void report(eqli_lexer *lx, eqli_diag_id id, const char *hint)
{
    eqli_error(lx->cx, token_span(lx), id);
    if (hint)
        eqli_diag_hint(lx->cx->diags, "%s", hint);
}

/* Reports a spelling of another language and reads it as the token it stands for. */
static int mend(eqli_lexer *lx, int kind, eqli_diag_id id, const char *hint)
{
    report(lx, id, hint);
    return kind;
}

static int other_operator(eqli_lexer *lx, int kind, const char *hint)
{
    eqli_error(lx->cx, token_span(lx), EQLI_D_NO_OPERATOR, written(lx, 0));
    eqli_diag_hint(lx->cx->diags, "%s", hint);
    return kind;
}

/* Something unclosed has taken the rest of the text: points at its beginning and ends the query. */
static int reject(eqli_lexer *lx, eqli_diag_id id)
{
    uint32_t start = offset(lx, lx->start);
    uint32_t opener = id == EQLI_D_UNCLOSED_COMMENT ? 2 : 1;
    eqli_error(lx->cx, (eqli_span){ start, start + opener }, id);
    lx->lossy = true;
    lx->start = lx->cursor;
    return 0;
}

/* Block comments nest when they balance, otherwise the first closer counts (decision 10). Counting is enough
 * while they balance. Once it fails, every later comment would have to count to the end of the text again, so
 * a table says for each place where a comment whose body contains that place at the lowest level ends (0:
 * nowhere). Filled from the right, an inner comment's end is known when the outer one needs it. */
static bool build_comment_ends(eqli_lexer *lx)
{
    size_t n = (size_t)(lx->limit - lx->text);
    uint32_t *ends = eqli_cx_alloc(lx->cx, n + 2, sizeof *ends);
    if (!ends)
        return false;
    for (size_t i = n; i-- > 1;) {
        const uint8_t *p = lx->text + i - 1; /* i - 1 and i are the pair looked at */
        if (p[0] == '*' && p[1] == '/')
            ends[i - 1] = (uint32_t)(i + 1);
        else if (p[0] == '/' && p[1] == '*')
            ends[i - 1] = ends[i + 1] ? ends[ends[i + 1]] : 0;
        else
            ends[i - 1] = ends[i];
    }
    lx->comment_end = ends;
    return true;
}

static const uint8_t *balanced_end(const eqli_lexer *lx, const uint8_t *p)
{
    uint32_t depth = 1;
    while (lx->limit - p >= 2) {
        if (p[0] == '*' && p[1] == '/') {
            p += 2;
            if (--depth == 0)
                return p;
        } else if (p[0] == '/' && p[1] == '*') {
            p += 2;
            depth++;
        } else {
            p++;
        }
    }
    return NULL;
}

static const uint8_t *first_end(const eqli_lexer *lx, const uint8_t *p)
{
    for (; lx->limit - p >= 2; p++) {
        if (p[0] == '*' && p[1] == '/')
            return p + 2;
    }
    return NULL;
}

/* The cursor stands behind the opener. False: the comment is not closed, the cursor is at the end. */
static bool block_comment(eqli_lexer *lx)
{
    const uint8_t *body = lx->cursor, *end = NULL;
    if (!lx->comment_end) {
        end = balanced_end(lx, body);
        if (!end && !build_comment_ends(lx)) {
            lx->cursor = lx->limit;
            return true; /* without memory nothing more is reported */
        }
    } else if (lx->comment_end[body - lx->text]) {
        end = lx->text + lx->comment_end[body - lx->text];
    }
    if (!end)
        end = first_end(lx, body);
    lx->cursor = end ? end : lx->limit;
    return end != NULL;
}

/* In the order of their first letters. */
const eqli_keyword eqli_keywords[EQLI_N_KEYWORDS] = {
    { "and", EQLI_TK_AND },
    { "any", EQLI_TK_ANY },
    { "by", EQLI_TK_BY },
    { "false", EQLI_TK_FALSE },
    { "in", EQLI_TK_IN },
    { "in~", EQLI_TK_IN_FOLD },
    { "join", EQLI_TK_JOIN },
    { "like", EQLI_TK_LIKE },
    { "like~", EQLI_TK_LIKE_FOLD },
    { "maxspan", EQLI_TK_MAXSPAN },
    { "not", EQLI_TK_NOT },
    { "null", EQLI_TK_NULL },
    { "of", EQLI_TK_OF },
    { "or", EQLI_TK_OR },
    { "regex", EQLI_TK_REGEX },
    { "regex~", EQLI_TK_REGEX_FOLD },
    { "sample", EQLI_TK_SAMPLE },
    { "sequence", EQLI_TK_SEQUENCE },
    { "true", EQLI_TK_TRUE },
    { "until", EQLI_TK_UNTIL },
    { "where", EQLI_TK_WHERE },
    { "with", EQLI_TK_WITH },
};

static uint64_t padded_word(const char text[8])
{
    uint64_t w;
    memcpy(&w, text, sizeof w);
    return w;
}

/* The kind of a keyword, else `kind`. Padded with NULs all keywords fit in 8 bytes, which are compared at
 * once. */
static int word(const eqli_lexer *lx, int kind)
{
    char text[8] = { 0 };
    size_t len = (size_t)(lx->cursor - lx->start);
    if (len > sizeof text)
        return kind;
    for (size_t i = 0; i < len; i++)
        text[i] = (char)lx->start[i];
    const eqli_keyword *k = eqli_keywords, *end = k + EQLI_N_KEYWORDS;
    for (; k < end && k->text[0] <= text[0]; k++) {
        if (padded_word(k->text) == padded_word(text))
            return k->kind;
    }
    return kind;
}

static int variable(eqli_lexer *lx)
{
    if (lx->cx->options.dialect != EQLM_DIALECT_ENDPOINT)
        eqli_error(lx->cx, token_span(lx), EQLI_D_VARIABLE_DIALECT, written(lx, 0));
    lx->value = (eqlm_str){ (const char *)lx->start + 1, (size_t)(lx->cursor - lx->start) - 1 };
    return EQLI_TK_VARIABLE;
}

static int quoted_name(eqli_lexer *lx)
{
    eqlm_str name = written(lx, 1);
    if (name.len == 0)
        report(lx, EQLI_D_EMPTY_NAME, NULL);
    if (name.len && memchr(name.ptr, '`', name.len)) {
        char *out = eqli_cx_alloc(lx->cx, name.len, 1);
        size_t n = 0;
        for (size_t i = 0; out && i < name.len; i++) {
            out[n++] = name.ptr[i];
            i += name.ptr[i] == '`'; /* doubled: one of them counts */
        }
        name = (eqlm_str){ out, n };
    }
    lx->value = name;
    return EQLI_TK_QUOTED_NAME;
}

static unsigned hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0' + 0u;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10u;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10u : 16u;
}

static void report_escape(eqli_lexer *lx, eqli_diag_id id, const uint8_t *p, const uint8_t *end)
{
    eqlm_str text = { (const char *)p, (size_t)(end - p) };
    eqli_error(lx->cx, (eqli_span){ offset(lx, p), offset(lx, end) }, id, text);
}

/* p stands at `\u`. Appends the character to out and returns what follows the escape. */
static const uint8_t *code_point(eqli_lexer *lx, const uint8_t *p, char **out)
{
    const uint8_t *q = p + 2;
    uint32_t value = 0, digits = 0;
    if (*q == '{') {
        for (q++; hex_digit(*q) < 16; q++, digits++)
            value = digits < 8 ? value * 16 + hex_digit(*q) : value;
    }
    if (digits == 0 || *q != '}') {
        report_escape(lx, EQLI_D_UNKNOWN_ESCAPE, p, p + 2);
        eqli_diag_hint(lx->cx->diags, "a character is written \\u{41}, a backslash \\\\");
        return p + 2;
    }
    q++;
    if (digits < 2 || digits > 8)
        report_escape(lx, EQLI_D_CODE_POINT_DIGITS, p, q);
    else if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        report_escape(lx, EQLI_D_CODE_POINT_RANGE, p, q);
    else
        *out += eqli_utf8_put(*out, value);
    return q;
}

/* p stands at a backslash that is not the last byte of the content. */
static const uint8_t *escape(eqli_lexer *lx, const uint8_t *p, char **out)
{
    static const char letters[] = "btnfr\"'\\", meanings[] = "\b\t\n\f\r\"'\\";
    const char *at = p[1] ? strchr(letters, p[1]) : NULL;
    if (at) {
        *(*out)++ = meanings[at - letters];
        return p + 2;
    }
    if (p[1] == 'u')
        return code_point(lx, p, out);
    const char *next = (const char *)p + 1;
    eqli_utf8_next(&next, (const char *)lx->limit);
    const uint8_t *end = (const uint8_t *)lx->text + (next - (const char *)lx->text);
    report_escape(lx, EQLI_D_UNKNOWN_ESCAPE, p, end);
    if (p[1] == '*' || p[1] == '?')
        eqli_diag_hint(lx->cx->diags, "wildcards cannot be escaped; '==' and 'in' take them literally");
    else
        eqli_diag_hint(lx->cx->diags, "write \\\\ for a backslash, or use a raw string: \"\"\"...\"\"\"");
    return end;
}

/* Un-escapes text of the source; every escape is at least as long as what it stands for. */
static eqlm_str unescape(eqli_lexer *lx, const uint8_t *p, const uint8_t *end)
{
    eqlm_str plain = { (const char *)p, (size_t)(end - p) };
    if (p == end || !memchr(p, '\\', plain.len))
        return plain;
    char *text = eqli_cx_alloc(lx->cx, plain.len, 1), *out = text;
    while (text && p < end) {
        if (*p == '\\')
            p = escape(lx, p, &out);
        else
            *out++ = (char)*p++;
    }
    return (eqlm_str){ text, (size_t)(out - text) };
}

static int string(eqli_lexer *lx)
{
    lx->value = unescape(lx, lx->start + 1, lx->cursor - 1);
    return EQLI_TK_STRING;
}

static int raw_string(eqli_lexer *lx)
{
    lx->value = written(lx, 3);
    return EQLI_TK_STRING;
}

/* Is this the closing quote of a string that was begun on the line before, and reported there? */
static bool ends_reported(const eqli_lexer *lx)
{
    uint32_t breaks = 0;
    for (const uint8_t *p = lx->unclosed; p && p < lx->start; p++)
        breaks += *p == '\n' || (*p == '\r' && p[1] != '\n');
    return breaks == 1;
}

static int unclosed_string(eqli_lexer *lx, eqli_diag_id id, size_t opener)
{
    eqlm_str text = written(lx, 0);
    bool follow_on = ends_reported(lx);
    if (!follow_on) {
        report(lx, id, NULL);
        if (lx->start[0] == '"' && opener == 1 && memchr(text.ptr, '\\', text.len))
            eqli_diag_hint(lx->cx->diags, "a backslash before the closing quote escapes it; write \\\\");
    }
    lx->unclosed = follow_on ? NULL : lx->cursor;
    lx->value = (eqlm_str){ text.ptr + opener, text.len - opener };
    lx->lossy = true;
    return EQLI_TK_STRING;
}

static int single_quoted(eqli_lexer *lx)
{
    report(lx, EQLI_D_SINGLE_QUOTES, "write \"...\"");
    lx->value = written(lx, 1);
    return EQLI_TK_STRING;
}

static int old_raw_string(eqli_lexer *lx)
{
    report(lx, EQLI_D_OLD_RAW_STRING, "write \"\"\"...\"\"\"");
    lx->value = (eqlm_str){ (const char *)lx->start + 2, (size_t)(lx->cursor - lx->start) - 3 };
    return EQLI_TK_STRING;
}

/* Always true: the tilde is skipped. */
static bool stray_tilde(eqli_lexer *lx)
{
    report(lx, EQLI_D_STRAY_TILDE, "write it directly after a function name, or as in~, like~, regex~");
    return true;
}

static const char *character_hint(uint32_t c)
{
    switch (c) {
    case '#':
        return "comments begin with //";
    case ';':
        return "a query has no end mark";
    case '&':
        return "write 'and'";
    case 0x2018: /* typographic quotes */
    case 0x2019:
    case 0x201C:
    case 0x201D:
    case 0x201E:
        return "strings are written in straight double quotes: \"...\"";
    case 0x2010: /* hyphens and dashes */
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2212:
        return "write '-'";
    case 0x00A0:
    case 0x3000:
        return "write an ordinary space";
    case 0xFEFF:
        return "remove the byte order mark";
    default:
        return NULL;
    }
}

/* U+2018..U+201F, of which the UTF-8 begins alike. */
static bool is_curly_quote(const uint8_t *p)
{
    return p[0] == 0xE2 && p[1] == 0x80 && p[2] >= 0x98 && p[2] <= 0x9F;
}

/* Whether another quote follows in the line: then the text between is meant to be a string. */
static bool curly_quoted(eqli_lexer *lx)
{
    const uint8_t *p = lx->cursor;
    if (!is_curly_quote(lx->start))
        return false;
    while (p < lx->limit && *p != '\n' && *p != '"' && !is_curly_quote(p))
        p++;
    if (p == lx->limit || *p == '\n')
        return false;
    lx->value = (eqlm_str){ (const char *)lx->cursor, (size_t)(p - lx->cursor) };
    lx->cursor = p + (*p == '"' ? 1 : 3);
    return true;
}

/* True: it is skipped; otherwise it began a string. */
static bool unexpected(eqli_lexer *lx)
{
    const char *p = (const char *)lx->start;
    uint32_t c = eqli_utf8_next(&p, (const char *)lx->limit);
    lx->cursor = lx->text + (p - (const char *)lx->text);
    const char *hint = character_hint(c);
    bool skipped = !curly_quoted(lx);
    eqli_error(lx->cx, token_span(lx), EQLI_D_UNEXPECTED_CHAR, c);
    if (hint)
        eqli_diag_hint(lx->cx->diags, "%s", hint);
    lx->lossy = lx->lossy || skipped;
    return skipped;
}

#include "lex.c"

bool eqli_lexer_init(eqli_lexer *lx, eqli_cx *cx)
{
    *lx = (eqli_lexer){ .cx = cx };
    size_t good = eqli_utf8_check(cx->source.ptr, cx->source.len);
    if (good < cx->source.len) {
        eqli_error(cx, (eqli_span){ (uint32_t)good, (uint32_t)good + 1 }, EQLI_D_INVALID_UTF8);
        return false;
    }
    uint8_t *text = eqli_cx_alloc(cx, cx->source.len + 1, 1);
    if (!text)
        return false;
    if (cx->source.len)
        memcpy(text, cx->source.ptr, cx->source.len);
    lx->text = lx->start = lx->cursor = text;
    lx->limit = text + cx->source.len;
    return true;
}

eqli_token eqli_lexer_next(eqli_lexer *lx)
{
    lx->value = (eqlm_str){ NULL, 0 };
    eqli_token t = { .kind = scan(lx) };
    t.span = token_span(lx);
    t.text = lx->value.ptr ? lx->value : written(lx, 0);
    return t;
}
