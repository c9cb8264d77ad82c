/* regex_parse.c - recursive descent over Lucene's grammar with all optional syntax on. Only groups recurse,
 * and their nesting is limited.
 *
 * As in Lucene, an operator where an operand must stand is an ordinary character ("*a", "(|a)", "]"): only
 * what has no reading at all is an error. */
#include "ops/regex_parse.h"

#include "base/text.h"

typedef struct parser {
    eqli_rx_code *code;
    const char *text;
    size_t len, pos;
    size_t group_at; /* offset of the innermost open group, if depth > 0 */
    unsigned depth;
} parser;

static void parse_union(parser *ps);

static void fail(parser *ps, size_t offset, const char *message)
{
    eqli_rx_code_fail(ps->code, EQLM_E_COMPILE, offset, message);
    ps->pos = ps->len; /* ends every loop */
}

static bool more(const parser *ps)
{
    return ps->pos < ps->len && ps->code->status == EQLM_OK;
}

static bool peek(const parser *ps, char c)
{
    return more(ps) && ps->text[ps->pos] == c;
}

static bool accept(parser *ps, char c)
{
    if (!peek(ps, c))
        return false;
    ps->pos++;
    return true;
}

static bool next_char(parser *ps, uint32_t *c)
{
    if (!more(ps))
        return false;
    const char *p = ps->text + ps->pos;
    *c = eqli_utf8_next(&p, ps->text + ps->len);
    ps->pos = (size_t)(p - ps->text);
    return true;
}

static void emit(parser *ps, eqli_rx_item_kind kind, uint32_t a, uint32_t b)
{
    eqli_rx_emit(ps->code, kind, a, b);
}

static void emit_range(parser *ps, uint32_t lo, uint32_t hi)
{
    uint32_t first = ps->code->n_ranges;
    eqli_rx_add_range(ps->code, lo, hi);
    eqli_rx_emit_set(ps->code, first, false);
}

static void emit_concat(parser *ps, uint32_t n)
{
    if (n != 1)
        emit(ps, n ? EQLI_RX_I_CONCAT : EQLI_RX_I_EPS, n, 0);
}

static bool is_digit(const parser *ps)
{
    return more(ps) && ps->text[ps->pos] >= '0' && ps->text[ps->pos] <= '9';
}

/* One or more digits; `missing` is the message when there are none. */
static bool parse_number(parser *ps, uint32_t *out, const char *missing)
{
    size_t start = ps->pos;
    uint64_t v = 0;
    for (; is_digit(ps); ps->pos++) {
        v = v * 10 + (uint64_t)(ps->text[ps->pos] - '0');
        if (v > EQLI_RX_MAX_COUNT) {
            fail(ps, start, "number too large");
            return false;
        }
    }
    *out = (uint32_t)v;
    if (ps->pos == start)
        fail(ps, start, missing);
    return ps->pos > start && ps->code->status == EQLM_OK;
}

/* After a backslash. True: *c is a class letter (d D s S w W). The other letters are reserved for escapes
 * that do not exist, so they are errors rather than themselves. */
static bool parse_class_letter(parser *ps, uint32_t *c)
{
    if (!more(ps))
        return false;
    char l = ps->text[ps->pos];
    if (l == 'd' || l == 'D' || l == 's' || l == 'S' || l == 'w' || l == 'W') {
        *c = (unsigned char)l;
        ps->pos++;
        return true;
    }
    if ((l >= 'a' && l <= 'z') || (l >= 'A' && l <= 'Z'))
        fail(ps, ps->pos - 1, "unknown escape sequence");
    return false;
}

static void parse_class_member(parser *ps)
{
    uint32_t c = 0, hi = 0;
    if (accept(ps, '\\')) {
        if (parse_class_letter(ps, &c)) {
            eqli_rx_add_predefined(ps->code, c);
            return;
        }
        if (accept(ps,
                   '\\')) { /* an escaped backslash never starts a range: Lucene reads "[\\-a]" as three */
            eqli_rx_add_range(ps->code, '\\', '\\');
            return;
        }
    }
    size_t start = ps->pos;
    if (!next_char(ps, &c))
        return; /* the caller reports the class that does not end */
    hi = c;
    if (accept(ps, '-')) {
        accept(ps, '\\');
        if (!next_char(ps, &hi))
            return;
    }
    if (hi < c)
        fail(ps, start, "reversed character range");
    else
        eqli_rx_add_range(ps->code, c, hi);
}

static void parse_class(parser *ps, size_t open)
{
    bool negate = accept(ps, '^');
    uint32_t first = ps->code->n_ranges;
    do
        parse_class_member(ps); /* so the first may be "]" */
    while (more(ps) && !peek(ps, ']'));
    if (accept(ps, ']'))
        eqli_rx_emit_set(ps->code, first, negate);
    else
        fail(ps, open, "unclosed character class");
}

static void parse_quoted(parser *ps, size_t open)
{
    uint32_t n = 0, c = 0;
    while (more(ps) && !peek(ps, '"') && next_char(ps, &c)) {
        emit_range(ps, c, c);
        n++;
    }
    if (accept(ps, '"'))
        emit_concat(ps, n);
    else
        fail(ps, open, "unclosed quote");
}

/* The digits of v, padded with zeros to `width`; returns the operands emitted. */
static uint32_t emit_digits(parser *ps, uint64_t v, uint32_t width)
{
    char digits[20];
    uint32_t n = 0, operands = 0;
    for (; v; v /= 10)
        digits[n++] = (char)('0' + v % 10);
    if (width > n) {
        emit_range(ps, '0', '0');
        emit(ps, EQLI_RX_I_REPEAT, width - n, width - n);
        operands++;
    }
    for (; n; n--, operands++)
        emit_range(ps, (uint32_t)digits[n - 1], (uint32_t)digits[n - 1]);
    return operands;
}

/* lo..hi written with exactly `width` digits, as blocks "prefix, one digit range, any digits": at most two
 * per digit. Returns the operands emitted. */
static uint32_t emit_blocks(parser *ps, uint64_t lo, uint64_t hi, uint32_t width)
{
    uint32_t n_blocks = 0;
    while (lo <= hi && ps->code->status == EQLM_OK) {
        uint64_t size = 1;
        uint32_t free_digits = 0, operands = 0;
        while (lo % (size * 10) == 0 && lo + size * 10 - 1 <= hi) {
            size *= 10;
            free_digits++;
        }
        uint64_t from = lo / size % 10, to = from;
        if (free_digits < width) {
            while (to < 9 && lo + size * (to - from + 2) - 1 <= hi)
                to++;
            operands = emit_digits(ps, lo / size / 10, width - free_digits - 1) + 1;
            emit_range(ps, '0' + (uint32_t)from, '0' + (uint32_t)to);
        }
        if (free_digits) {
            emit_range(ps, '0', '9');
            emit(ps, EQLI_RX_I_REPEAT, free_digits, free_digits);
            operands++;
        }
        emit_concat(ps, operands);
        n_blocks++;
        lo += size * (to - from + 1);
    }
    return n_blocks;
}

/* width 0: any number of leading zeros. */
static void emit_interval(parser *ps, uint32_t lo, uint32_t hi, uint32_t width)
{
    uint32_t n = 0;
    if (width) {
        n = emit_blocks(ps, lo, hi, width);
    } else {
        emit_range(ps, '0', '0');
        emit(ps, EQLI_RX_I_REPEAT, 0, EQLI_RX_INF);
        uint64_t from = 0, to = 9;
        for (uint32_t w = 1; from <= hi; w++, from = to + 1, to = to * 10 + 9) {
            if (to >= lo)
                n += emit_blocks(ps, from > lo ? from : lo, to < hi ? to : hi, w);
        }
    }
    if (n > 1)
        emit(ps, EQLI_RX_I_UNION, n, 0);
    if (!width)
        emit_concat(ps, 2);
}

static void parse_interval(parser *ps, size_t open)
{
    static const char shape[] = "an interval is two numbers, <n-m>";
    uint32_t lo = 0, hi = 0;
    size_t lo_at = ps->pos;
    if (!parse_number(ps, &lo, shape))
        return;
    size_t lo_len = ps->pos - lo_at;
    if (!accept(ps, '-')) {
        fail(ps, ps->pos, shape);
        return;
    }
    size_t hi_at = ps->pos;
    if (!parse_number(ps, &hi, shape))
        return;
    size_t hi_len = ps->pos - hi_at;
    if (!accept(ps, '>')) {
        fail(ps, ps->pos < ps->len ? ps->pos : open, ps->pos < ps->len ? shape : "unclosed interval");
        return;
    }
    bool swapped = lo > hi; /* Lucene takes the bounds in either order */
    emit_interval(ps, swapped ? hi : lo, swapped ? lo : hi, lo_len == hi_len ? (uint32_t)lo_len : 0);
}

static void parse_group(parser *ps, size_t open)
{
    if (accept(ps, ')')) {
        emit(ps, EQLI_RX_I_EPS, 0, 0);
        return;
    }
    if (ps->depth == EQLI_RX_MAX_DEPTH) {
        fail(ps, open, "groups nested too deeply");
        return;
    }
    size_t outer = ps->group_at;
    ps->group_at = open;
    ps->depth++;
    parse_union(ps);
    if (!accept(ps, ')'))
        fail(ps, open, "unclosed group");
    ps->depth--;
    ps->group_at = outer;
}

static void parse_escape(parser *ps, size_t open)
{
    uint32_t c = 0;
    if (parse_class_letter(ps, &c)) {
        uint32_t first = ps->code->n_ranges;
        eqli_rx_add_predefined(ps->code, c);
        eqli_rx_emit_set(ps->code, first, false);
    } else if (next_char(ps, &c)) {
        emit_range(ps, c, c);
    } else {
        fail(ps, open, "dangling escape");
    }
}

static void parse_atom(parser *ps)
{
    size_t at = ps->pos;
    uint32_t c = 0;
    if (!next_char(ps, &c)) {
        if (ps->depth)
            fail(ps, ps->group_at, "unclosed group");
        else
            fail(ps, at, "operand expected, found the end");
        return;
    }
    switch (c) {
    case '[':
        parse_class(ps, at);
        break;
    case '.':
        emit(ps, EQLI_RX_I_ANY, 0, 0);
        break;
    case '#':
        emit(ps, EQLI_RX_I_NONE, 0, 0);
        break;
    case '@':
        emit(ps, EQLI_RX_I_ANY, 0, 0);
        emit(ps, EQLI_RX_I_REPEAT, 0, EQLI_RX_INF);
        break;
    case '"':
        parse_quoted(ps, at);
        break;
    case '(':
        parse_group(ps, at);
        break;
    case '<':
        parse_interval(ps, at);
        break;
    case '\\':
        parse_escape(ps, at);
        break;
    default:
        emit_range(ps, c, c);
    }
}

static void parse_count(parser *ps, size_t open)
{
    uint32_t min = 0, max = 0;
    if (!parse_number(ps, &min, "repetition count expected"))
        return;
    max = min;
    if (accept(ps, ',')) {
        max = EQLI_RX_INF;
        if (is_digit(ps) && !parse_number(ps, &max, ""))
            return;
    }
    if (!accept(ps, '}'))
        fail(ps, ps->pos < ps->len ? ps->pos : open, "unclosed repetition count");
    else if (min > max)
        fail(ps, open, "reversed repetition range");
    else
        emit(ps, EQLI_RX_I_REPEAT, min, max);
}

static void parse_repeat(parser *ps)
{
    bool negate = false;
    while (accept(ps, '~'))
        negate = !negate;
    parse_atom(ps);
    if (negate)
        emit(ps, EQLI_RX_I_NOT, 0, 0);
    while (more(ps)) {
        size_t at = ps->pos;
        if (accept(ps, '?'))
            emit(ps, EQLI_RX_I_REPEAT, 0, 1);
        else if (accept(ps, '*'))
            emit(ps, EQLI_RX_I_REPEAT, 0, EQLI_RX_INF);
        else if (accept(ps, '+'))
            emit(ps, EQLI_RX_I_REPEAT, 1, EQLI_RX_INF);
        else if (accept(ps, '{'))
            parse_count(ps, at);
        else
            break;
    }
}

static void parse_concat(parser *ps)
{
    uint32_t n = 0;
    do {
        parse_repeat(ps);
        n++;
    } while (more(ps) && !peek(ps, ')') && !peek(ps, '|') && !peek(ps, '&'));
    emit_concat(ps, n);
}

static void parse_inter(parser *ps)
{
    uint32_t n = 0;
    do {
        parse_concat(ps);
        n++;
    } while (accept(ps, '&'));
    if (n > 1)
        emit(ps, EQLI_RX_I_INTER, n, 0);
}

static void parse_union(parser *ps)
{
    uint32_t n = 0;
    do {
        parse_inter(ps);
        n++;
    } while (accept(ps, '|'));
    if (n > 1)
        emit(ps, EQLI_RX_I_UNION, n, 0);
}

void eqli_rx_parse(eqli_rx_code *code, eqlm_str pattern)
{
    parser ps = { .code = code, .text = pattern.ptr, .len = pattern.len };
    if (pattern.len == 0) {
        emit(&ps, EQLI_RX_I_EPS, 0, 0);
        return;
    }
    size_t valid = eqli_utf8_check(pattern.ptr, pattern.len);
    if (valid < pattern.len) {
        fail(&ps, valid, "invalid UTF-8");
        return;
    }
    parse_union(&ps);
    if (more(&ps)) /* parse_union stops before the end only at this */
        fail(&ps, ps.pos, "closing parenthesis without a group");
}
