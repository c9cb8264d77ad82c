#include "random_query.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- writing ------------------------------------------------------------------------------------------- */

typedef struct maker {
    ts_random *r;
    ts_query *q;
    size_t n;
    bool endpoint;
    int searches;        /* how many _arraysearch stand around */
    bool plain_elements; /* the innermost is about an array of something else than objects */
} maker;

static void say(maker *m, const char *format, ...)
{
    va_list args;
    size_t room = sizeof m->q->text - m->n;
    va_start(args, format);
    int n = vsnprintf(m->q->text + m->n, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room)
        m->q->too_long = true;
    else
        m->n += (size_t)n;
}

static void say_string(maker *m, const char *p, size_t n)
{
    bool raw = ts_chance(m->r, 25);
    for (size_t i = 0; i < n; i++)
        raw = raw && p[i] != '"' && p[i] != '\n' && p[i] != '\0';
    say(m, raw ? "\"\"\"" : "\"");
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (raw || (c >= ' ' && c != '"' && c != '\\'))
            say(m, "%c", c);
        else if (c == '"' || c == '\\')
            say(m, "\\%c", c);
        else
            say(m, "\\u{%02x}", c);
    }
    say(m, raw ? "\"\"\"" : "\"");
}

static void say_text(maker *m)
{
    ts_word w = ts_random_piece(m->r);
    if (ts_chance(m->r, 20))
        ts_flip_case(m->r, &w);
    say_string(m, w.p, w.n);
}

static void say_pattern(maker *m)
{
    ts_random *r = m->r;
    ts_word w = ts_random_piece(r), out = { .n = 0 };
    if (ts_chance(r, 30))
        ts_flip_case(r, &w);
    if (ts_chance(r, 5)) { /* no text in particular */
        say(m, "\"%s\"", (const char *[]) { "*", "?*", "**", "?" }[ts_below(r, 4)]);
        return;
    }
    if (ts_chance(r, 40))
        out.p[out.n++] = ts_chance(r, 80) ? '*' : '?';
    for (size_t i = 0; i < w.n && out.n + 4 < sizeof out.p; i++) {
        bool whole = i + 1 >= w.n || ((unsigned char)w.p[i + 1] & 0xc0) != 0x80;
        out.p[out.n++] = w.p[i];
        if (whole && ts_chance(r, 6))
            out.p[out.n++] = ts_chance(r, 70) ? '*' : '?';
        if (whole && ts_chance(r, 4) && ((unsigned char)w.p[i] & 0x80) == 0)
            out.p[out.n - 1] = '?';
    }
    if (ts_chance(r, 40))
        out.p[out.n++] = ts_chance(r, 85) ? '*' : '?';
    say_string(m, out.p, out.n);
}

static void say_regex(maker *m)
{
    static const char *const joints[] = {
        ".*",         ".",          ".?",     "[a-z]+", "[^x]",
        "(a|b)?",     "\\\\d{1,3}", "@",      "<0-99>", "[\xc3\xa0-\xc3\xbf]",
        "#?",         "(x.*)?",     "\\\\w*", "~(ab)",  "\\\\s?",
        "[A-Z\\\\d]*"
    };
    ts_random *r = m->r;
    ts_word w = ts_random_piece(r);
    uint32_t form = ts_below(r, 8);
    say(m, form == 0 ? "\".*&" : form == 1 ? "\"(x|" : form == 2 ? "\"~(" : "\"");
    if (ts_chance(r, 30))
        say(m, "%s", TS_PICK(r, joints));
    for (size_t i = 0; i < w.n; i++) {
        unsigned char c = (unsigned char)w.p[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z' && c < 0x80;
        if (c < ' ' || c == '"')
            say(m, ".");
        else if (c >= 0x80 || letter || (c >= '0' && c <= '9') || c == ' ' || c == '/' || c == '-' ||
                 c == ':')
            say(m, "%c", c);
        else
            say(m, c == '\\' ? "\\\\\\\\" : "\\\\%c", c);
        if (letter && ts_chance(r, 6))
            say(m, "%s", TS_PICK(r, joints));
        else if (letter && ts_chance(r, 4))
            say(m, "%s", ts_chance(r, 50) ? "+" : ts_chance(r, 50) ? "*" : "{1,2}");
    }
    if (ts_chance(r, 30))
        say(m, "%s", TS_PICK(r, joints));
    say(m, form == 1 ? ").*\"" : form == 2 ? ")\"" : "\"");
}

/* ---- operands ------------------------------------------------------------------------------------------ */

static const char *const text_fields[] = { "s.wide", "s.short", "s.str", "s.cstr", "s.chars", "s.list",
                                           "s.args", "s.names", "v.one", "v.list", "g.one",   "s.str" };
static const char *const number_fields[] = { "n.tiny",  "n.small", "n.long",  "n.int",    "n.ulong",
                                             "n.short", "n.list",  "n.sizes", "d.double", "d.float",
                                             "d.list",  "v.two",   "v.list",  "g.two",    "n.long" };
static const char *const all_fields[] = { "s.wide",   "s.short", "n.tiny", "n.small", "s.str",    "s.cstr",
                                          "s.chars",  "s.list",  "s.args", "s.names", "n.long",   "n.int",
                                          "n.ulong",  "n.short", "n.list", "n.sizes", "d.double", "d.float",
                                          "d.list",   "f.flag",  "f.has",  "f.list",  "ip.four",  "ip.six",
                                          "ip.list",  "v.one",   "v.two",  "v.list",  "g.one",    "g.two",
                                          "unknown.x" };
static const char *const flags[] = { "f.flag", "f.has", "f.list", "v.one", "g.one" };
static const char *const addresses[] = {
    "ip.four", "ip.six", "ip.list", "s.str", "s.list", "v.one", "s.cstr"
};
static const char *const members_of_elements[] = { ".name", ".count", ".value" };
static const char *const arrays[] = { "s.list", "s.args", "n.list", "v.list", "v.one", "ip.list" };

static void condition(maker *m, int depth);
static void number(maker *m, int depth);
static void text(maker *m, int depth);

static void say_field(maker *m, const char *name)
{
    if (m->searches > 0 && ts_chance(m->r, 70)) {
        bool plain = m->plain_elements && ts_chance(m->r, 90);
        say(m, "$e%u%s", ts_below(m->r, (uint32_t)m->searches),
            plain ? "" : TS_PICK(m->r, members_of_elements));
    } else {
        say(m, "%s%s", ts_chance(m->r, 8) ? "?" : "", name);
    }
}

/* With case or without, and the first two arguments. */
static void begin_call(maker *m, const char *name, int depth)
{
    say(m, "%s%s(", name, ts_chance(m->r, 50) ? "" : "~");
    text(m, depth - 1);
    say(m, ", ");
    say_text(m);
}

static void text(maker *m, int depth)
{
    ts_random *r = m->r;
    uint32_t kind = depth > 0 ? ts_below(r, 14) : 9;
    switch (kind) {
    case 0:
        say(m, "concat(");
        for (uint32_t n = 1 + ts_below(r, 3); n > 0; n--) {
            if (ts_chance(r, 70))
                text(m, depth - 1);
            else
                number(m, depth - 1);
            say(m, n > 1 ? ", " : ")");
        }
        break;
    case 1:
        say(m, "substring(");
        text(m, depth - 1);
        say(m, ", %d", (int)ts_below(r, 9) - 4);
        if (ts_chance(r, 50))
            say(m, ", %d", (int)ts_below(r, 12) - 4);
        say(m, ")");
        break;
    case 2:
        begin_call(m, "between", depth);
        say(m, ", ");
        say_text(m);
        say(m, ts_chance(r, 70) ? ")" : ts_chance(r, 50) ? ", true)" : ", false)");
        break;
    case 3:
        say(m, "string(");
        if (ts_chance(r, 50))
            say_field(m, TS_PICK(r, all_fields));
        else
            number(m, depth - 1);
        say(m, ")");
        break;
    case 4:
        say_text(m);
        break;
    default:
        say_field(m, TS_PICK(r, text_fields));
        break;
    }
}

static void number(maker *m, int depth)
{
    ts_random *r = m->r;
    switch (depth > 0 ? ts_below(r, 16) : 11) {
    case 0:
    case 1: {
        bool apart = ts_chance(r, 60);
        say(m, apart ? "(" : "");
        number(m, depth - 1);
        say(m, " %c ", "+-*/%"[ts_below(r, 5)]);
        number(m, depth - 1);
        say(m, apart ? ")" : "");
        break;
    }
    case 2:
        say(m, ts_chance(r, 70) ? "-" : "+");
        number(m, 0);
        break;
    case 3:
    case 4:
        say(m, "length(");
        text(m, depth - 1);
        say(m, ")");
        break;
    case 5:
        begin_call(m, "indexOf", depth);
        if (ts_chance(r, 40))
            say(m, ", %u", ts_below(r, 5));
        say(m, ")");
        break;
    case 6:
        say(m, "number(");
        text(m, depth - 1);
        say(m, ts_chance(r, 70) ? ")" : ts_chance(r, 50) ? ", 16)" : ", 10)");
        break;
    case 7:
        say(m, "%s(", (const char *[]) { "add", "subtract", "multiply", "divide", "modulo" }[ts_below(r, 5)]);
        number(m, depth - 1);
        say(m, ", ");
        number(m, depth - 1);
        say(m, ")");
        break;
    case 8:
        say(m, "%s", ts_random_number(r));
        break;
    default:
        say_field(m, TS_PICK(r, number_fields));
        break;
    }
}

/* ---- tests --------------------------------------------------------------------------------------------- */

static void list(maker *m, void (*one)(maker *m))
{
    uint32_t n = ts_chance(m->r, 30) ? 1 : 1 + ts_below(m->r, ts_chance(m->r, 85) ? 5 : 40);
    say(m, "(");
    for (; n > 0; n--) {
        one(m);
        say(m, n > 1 ? ", " : ")");
    }
}

static void say_number(maker *m)
{
    say(m, "%s", ts_random_number(m->r));
}

static void say_constant(maker *m)
{
    if (ts_chance(m->r, 60))
        say_text(m);
    else if (ts_chance(m->r, 80))
        say_number(m);
    else
        say(m, "%s", (const char *[]) { "true", "false", "null" }[ts_below(m->r, 3)]);
}

static void members(maker *m, void (*one)(maker *m))
{
    bool mixed = ts_chance(m->r, 20);
    m->q->positive = m->q->positive && !mixed;
    list(m, mixed ? say_constant : one);
}

static void say_block(maker *m)
{
    static const char *const blocks[] = {
        "10.0.0.0/8",  "10.0.0.1",      "0.0.0.0/0",        "::/0",
        "::1",         "2001:db8::/32", "192.168.1.128/25", "::ffff:10.0.0.0/104",
        "10.1.2.3/32", "fe80::/10",     "10.0.0.0/31",      "::ffff:0:0/96"
    };
    say(m, "\"%s\"", TS_PICK(m->r, blocks));
}

static const char *comparison(ts_random *r)
{
    static const char *const ops[] = { "==", "==", "<", "<=", ">", ">=" };
    return TS_PICK(r, ops);
}

static void compare(maker *m, int depth)
{
    ts_random *r = m->r;
    const char *op = comparison(r);
    bool turned = ts_chance(r, 10), texts = ts_chance(r, 50);
    if (turned) {
        say_constant(m);
        say(m, " %s ", op);
    }
    if (texts)
        text(m, depth);
    else
        number(m, depth);
    if (turned)
        return;
    say(m, " %s ", op);
    if (m->endpoint && ts_chance(r, 20)) {
        if (texts)
            text(m, depth);
        else
            number(m, depth);
    } else if (ts_chance(r, 80)) {
        if (texts)
            say_text(m);
        else
            say_number(m);
    } else {
        say_constant(m);
    }
}

static void say_flag(maker *m, int depth)
{
    if (depth > 0 && ts_chance(m->r, 40)) { /* logic of three values */
        say(m, "(");
        condition(m, depth - 1);
        say(m, ")");
        if (ts_chance(m->r, 70)) {
            say(m, ts_chance(m->r, 50) ? " == true" : " == null");
        } else {
            m->q->positive = false;
            say(m, " == false");
        }
    } else {
        say_field(m, TS_PICK(m->r, flags));
        if (ts_chance(m->r, 60))
            say(m, ts_chance(m->r, 50) ? " == true" : " == false");
    }
}

static void call(maker *m, int depth)
{
    static const char *const names[] = { "startsWith", "startsWith~",    "endsWith",
                                         "endsWith~",  "stringContains", "stringContains~" };
    say(m, "%s(", TS_PICK(m->r, names));
    text(m, depth);
    say(m, ", ");
    if (ts_chance(m->r, 85))
        say_text(m);
    else
        text(m, depth);
    say(m, ")");
}

static void search(maker *m, int depth)
{
    bool before = m->plain_elements;
    m->plain_elements = ts_chance(m->r, 30);
    say(m, "_arraysearch(%s, $e%d, ", m->plain_elements ? TS_PICK(m->r, arrays) : "o", m->searches);
    m->searches++;
    condition(m, depth > 0 ? depth - 1 : 0);
    m->searches--;
    m->plain_elements = before;
    say(m, ")");
}

/* One test; a text, number or flag of its own inside. */
static void test(maker *m, int depth)
{
    static const char *const likes[] = { ":", ":", "like", "like~" };
    ts_random *r = m->r;
    switch (ts_below(r, m->endpoint && m->searches < 2 ? 24 : 22)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        text(m, depth);
        say(m, " %s ", TS_PICK(r, likes));
        if (ts_chance(r, 40))
            say_pattern(m);
        else
            list(m, say_pattern);
        break;
    case 5:
    case 6:
        text(m, depth);
        say(m, " %s ", ts_chance(r, 50) ? "in" : "in~");
        members(m, say_text);
        break;
    case 7:
        number(m, depth);
        say(m, " in ");
        members(m, say_number);
        break;
    case 8:
    case 9:
        text(m, depth);
        say(m, ts_chance(r, 50) ? " regex " : " regex~ ");
        if (ts_chance(r, 70))
            say_regex(m);
        else
            list(m, say_regex);
        break;
    case 10:
        say(m, "cidrMatch(");
        say_field(m, TS_PICK(r, addresses));
        for (uint32_t n = 1 + ts_below(r, 4); n > 0; n--) {
            say(m, ", ");
            say_block(m);
        }
        say(m, ")");
        break;
    case 11:
        say_field(m, TS_PICK(r, addresses));
        say(m, ts_chance(r, 50) ? " == " : ts_chance(r, 50) ? " in " : " : ");
        say(m, "(");
        say_block(m);
        say(m, ")");
        break;
    case 12:
    case 13:
        call(m, depth);
        break;
    case 14:
        if (ts_chance(r, 60))
            say_field(m, TS_PICK(r, all_fields));
        else if (ts_chance(r, 50))
            text(m, depth);
        else
            number(m, depth);
        say(m, " == null");
        break;
    case 15:
        say_flag(m, depth);
        break;
    case 16:
        say(m, "length(");
        say_field(m, TS_PICK(r, text_fields));
        say(m, ") %s %u", comparison(r), ts_below(r, 30) / (1 + ts_below(r, 3) * 10));
        break;
    case 22:
    case 23:
        search(m, depth);
        break;
    default:
        compare(m, depth);
        break;
    }
}

static void condition(maker *m, int depth)
{
    ts_random *r = m->r;
    uint32_t kind = depth > 0 ? ts_below(r, 8) : 7;
    bool apart = ts_chance(r, 70);
    if (kind < 3) {
        const char *word = ts_chance(r, 50) ? " and " : " or ";
        say(m, apart ? "(" : "");
        for (uint32_t n = 2 + ts_below(r, 3); n > 0; n--) {
            condition(m, depth - 1);
            say(m, "%s", n > 1 ? word : apart ? ")" : "");
        }
    } else if (kind == 3) {
        m->q->positive = false;
        say(m, apart ? "not (" : "not ");
        condition(m, depth - 1);
        say(m, apart ? ")" : "");
    } else if (kind == 4) {
        static const char *const negations[] = { " != ", " not in (", " not in~ (" };
        const char *op = TS_PICK(r, negations);
        m->q->positive = false;
        if (ts_chance(r, 70))
            text(m, depth - 1);
        else
            number(m, depth - 1);
        say(m, "%s", op);
        if (op[1] == '!' && ts_chance(r, 40))
            say(m, "null");
        else
            say_constant(m);
        say(m, op[1] == 'n' ? ")" : "");
    } else {
        test(m, depth > 2 ? 2 : depth);
    }
}

void ts_random_query(ts_random *r, bool endpoint, ts_query *out)
{
    static const char *const categories[] = { "any", "any", "process", "file" };
    const char *category = TS_PICK(r, categories);
    maker m = { .r = r, .q = out, .endpoint = endpoint };
    *out = (ts_query) { .any = category[0] == 'a', .positive = true };
    say(&m, "%s where ", category);
    out->where = m.n;
    for (uint32_t n = ts_chance(r, 30) ? ts_below(r, 4) : 0; n > 0; n--) { /* what is looked at first */
        test(&m, 0);
        say(&m, " and ");
    }
    condition(&m, (int)ts_below(r, 4));
}
