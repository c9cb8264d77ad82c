/* rules_md.c - queries in Markdown: fences tagged eql, and on a page of Elastic's rule documentation the
 * fence below the heading "Rule query", whatever its tag, if the page says that the rule is of type eql. The
 * pages fence EQL as js or sql, and some close the fence on the last line of the query. */
#include "rules_read.h"

#include <ctype.h>
#include <string.h>

/* A line of the file, without its line end. */
typedef struct line {
    size_t at, len;
} line;

typedef struct page {
    eqlc_input *in;
    size_t next;          /* where the next line starts */
    line name, heading;   /* first and latest heading; len 0: none */
    line severity, score; /* values of the page's properties */
    bool is_eql;          /* the page says "Rule type: eql" */
    bool expects_query;   /* below the heading "Rule query" */
} page;

static bool next_line(page *p, line *out)
{
    const eqlc_input *in = p->in;
    const char *newline;

    if (p->next >= in->len)
        return false;
    newline = memchr(in->text + p->next, '\n', in->len - p->next);
    out->at = p->next;
    out->len = newline ? (size_t)(newline - in->text) - p->next : in->len - p->next;
    p->next = out->at + out->len + 1;
    if (out->len && in->text[out->at + out->len - 1] == '\r')
        out->len--;
    return true;
}

static line trim(const eqlc_input *in, line l)
{
    while (l.len && isspace((unsigned char)in->text[l.at])) {
        l.at++;
        l.len--;
    }
    while (l.len && isspace((unsigned char)in->text[l.at + l.len - 1]))
        l.len--;
    return l;
}

static bool starts(const eqlc_input *in, line l, const char *prefix)
{
    size_t n = strlen(prefix);

    return l.len >= n && memcmp(in->text + l.at, prefix, n) == 0;
}

static bool is_word(const eqlc_input *in, line l, const char *word)
{
    return l.len == strlen(word) && starts(in, l, word);
}

static line skip(line l, size_t n)
{
    return (line) { l.at + n, l.len - n };
}

/* The value of "**Key**: value" (or "Key: value" in plain text), or an empty line. */
static line property(const eqlc_input *in, line l, const char *key)
{
    if (!starts(in, l, key))
        return (line) { l.at, 0 };
    return trim(in, skip(l, strlen(key)));
}

static int number(const eqlc_input *in, line l)
{
    int value = 0;

    if (l.len == 0 || l.len > 3)
        return -1;
    for (size_t i = 0; i < l.len; i++) {
        if (!isdigit((unsigned char)in->text[l.at + i]))
            return -1;
        value = value * 10 + (in->text[l.at + i] - '0');
    }
    return value;
}

static void set_metadata(eqlc_rule *rule, const page *p, line name)
{
    const char *text = p->in->text;

    if (name.len)
        eqlc_rule_set(&rule->name, text + name.at, name.len);
    if (p->severity.len)
        eqlc_rule_set(&rule->severity, text + p->severity.at, p->severity.len);
    rule->risk_score = number(p->in, p->score);
}

/* Text of a heading without the signs before it and the [anchor] behind it. */
static line heading_text(const eqlc_input *in, line l)
{
    while (l.len && in->text[l.at] == '#')
        l = skip(l, 1);
    l = trim(in, l);
    if (l.len && in->text[l.at + l.len - 1] == ']') {
        size_t i = l.len;

        while (i > 0 && in->text[l.at + i - 1] != '[')
            i--;
        if (i > 1)
            l.len = i - 1;
    }
    return trim(in, l);
}

static void read_heading(page *p, line l)
{
    p->heading = heading_text(p->in, l);
    p->expects_query = is_word(p->in, p->heading, "Rule query");
    if (p->name.len == 0)
        p->name = p->heading;
}

static void read_property(page *p, line l)
{
    line value = property(p->in, l, "**Rule type**:");

    if (value.len)
        p->is_eql = is_word(p->in, value, "eql");
    value = property(p->in, l, "**Severity**:");
    if (value.len)
        p->severity = value;
    value = property(p->in, l, "**Risk score**:");
    if (value.len)
        p->score = value;
}

typedef struct fence {
    size_t at;     /* of the opening line's first sign */
    size_t indent; /* columns of white space before it, taken off the lines inside */
    size_t width;
    char sign;
    line tag;
} fence;

/* Whether a line opens a fence: three or more ` or ~, then the tag. */
static bool opens_fence(const eqlc_input *in, line l, fence *out)
{
    line t = trim(in, l), tag;
    size_t n = 0;
    char sign = t.len ? in->text[t.at] : '\0';

    while (n < t.len && in->text[t.at + n] == sign)
        n++;
    if ((sign != '`' && sign != '~') || n < 3)
        return false;
    tag = trim(in, skip(t, n));
    if (sign == '`' && tag.len && memchr(in->text + tag.at, '`', tag.len))
        return false; /* code in the running text */
    for (size_t i = 0; i < tag.len; i++) {
        if (isspace((unsigned char)in->text[tag.at + i]) || strchr("{,", in->text[tag.at + i])) {
            tag.len = i;
            break;
        }
    }
    *out = (fence) { t.at, t.at - l.at, n, sign, tag };
    return true;
}

static bool closes_fence(const eqlc_input *in, line l, const fence *f)
{
    line t = trim(in, l);
    size_t n = 0;

    while (n < t.len && in->text[t.at + n] == f->sign)
        n++;
    return n >= f->width && n == t.len;
}

static line without_indent(const eqlc_input *in, line l, size_t indent)
{
    while (indent > 0 && l.len && (in->text[l.at] == ' ' || in->text[l.at] == '\t')) {
        l = skip(l, 1);
        indent--;
    }
    return l;
}

/* The text inside a fence, lines joined by LF, without the last line end. */
typedef struct content {
    eqlc_query query;
    size_t end; /* where it ends in the file */
    bool closed;
} content;

static content read_fence(page *p, const fence *f, bool may_close_behind_text)
{
    const eqlc_input *in = p->in;
    content c = { { { NULL, 0, 0 }, NULL, 0, 0 }, p->next < in->len ? p->next : in->len, false };
    line l;
    bool first = true;

    while (!c.closed && next_line(p, &l)) {
        c.closed = closes_fence(in, l, f);
        if (c.closed)
            break;
        if (!first)
            eqlc_query_verbatim(&c.query, "\n", 1, l.at - 1);
        first = false;
        l = without_indent(in, l, f->indent);
        if (may_close_behind_text && l.len >= 3 && memcmp(in->text + l.at + l.len - 3, "```", 3) == 0) {
            l.len -= 3;
            c.closed = true;
        }
        eqlc_query_verbatim(&c.query, in->text + l.at, l.len, l.at);
        c.end = l.at + l.len;
    }
    return c;
}

/* Offset in the text of the first `"query"` key's value, which a console request holds, or 0. */
static size_t request_query(const char *text, size_t len)
{
    static const char key[] = "\"query\"";
    size_t i = 0;

    while (i + sizeof key <= len && memcmp(text + i, key, sizeof key - 1) != 0)
        i++;
    if (i + sizeof key > len)
        return 0;
    for (i += sizeof key - 1; i < len && (isspace((unsigned char)text[i]) || text[i] == ':'); i++)
        ;
    return i < len && text[i] == '"' ? i : 0;
}

/* A request as the console of Kibana takes it: GET /index/_eql/search and a body whose "query" is a JSON
 * string, or any text between three double quotes. Reads the lines of the file between from and to. */
static bool read_request(page *p, size_t from, size_t to)
{
    eqlc_input *in = p->in;
    size_t at = request_query(in->text + from, to - from), end;
    eqlc_query q = { { NULL, 0, 0 }, NULL, 0, 0 };

    if (at == 0)
        return false;
    at += from;
    if (to - at >= 6 && memcmp(in->text + at, "\"\"\"", 3) == 0) {
        at += 3;
        for (end = at; to - end >= 3 && memcmp(in->text + end, "\"\"\"", 3) != 0; end++)
            ;
        if (to - end < 3)
            return false;
        eqlc_query_verbatim(&q, in->text + at, end - at, at);
    } else if (!eqlc_decode_json_string(in->text, to, at, &q, &end)) {
        eqlc_query_clear(&q);
        return false;
    }
    set_metadata(eqlc_rule_add(in, &q, end), p, p->heading);
    return true;
}

static bool is_request(const char *text, size_t len)
{
    const char *newline = memchr(text, '\n', len);
    size_t n = newline ? (size_t)(newline - text) : len;

    if (len < 4 || (memcmp(text, "GET ", 4) != 0 && memcmp(text, "POST", 4) != 0))
        return false;
    for (size_t i = 0; i + 11 <= n; i++) {
        if (memcmp(text + i, "_eql/search", 11) == 0)
            return true;
    }
    return false;
}

static void end_page(page *p)
{
    p->is_eql = p->expects_query = false;
    p->name.len = p->severity.len = p->score.len = 0;
}

static void handle_fence(page *p, const fence *f)
{
    eqlc_input *in = p->in;
    bool tagged = is_word(in, f->tag, "eql"), console = is_word(in, f->tag, "console");
    bool of_page = p->expects_query && p->is_eql;
    bool other_page = p->expects_query && !p->is_eql && !tagged;
    size_t from = p->next;
    content c = read_fence(p, f, of_page);
    bool request =
        (tagged || console) && is_request(c.query.text.data ? c.query.text.data : "", c.query.text.len);

    p->expects_query = false;
    if (request) {
        eqlc_query_clear(&c.query);
        if (!read_request(p, from, c.end))
            eqlc_input_error(in, f->at, "the request holds no \"query\" string");
        return;
    }
    if (!tagged && !of_page) {
        if (other_page)
            eqlc_input_skip(in, "it is about a rule in another language");
        eqlc_query_clear(&c.query);
        return;
    }
    if (!c.closed)
        eqlc_input_warning(in, f->at, "this fence is never closed");
    set_metadata(eqlc_rule_add(in, &c.query, c.end), p, of_page ? p->name : p->heading);
    if (of_page)
        end_page(p);
}

/* Front matter: lines between two lines of three dashes at the start. */
static void skip_front_matter(page *p)
{
    size_t start = p->next;
    line l;

    if (!next_line(p, &l) || !is_word(p->in, trim(p->in, l), "---")) {
        p->next = start;
        return;
    }
    while (next_line(p, &l)) {
        if (is_word(p->in, trim(p->in, l), "---"))
            return;
    }
    p->next = start;
}

void eqlc_read_markdown(eqlc_input *in)
{
    page p = { .in = in, .next = in->start };
    size_t n_rules = in->rules->n, n_skipped = in->rules->n_skipped;
    line l;

    skip_front_matter(&p);
    while (next_line(&p, &l)) {
        fence f;

        if (opens_fence(in, l, &f))
            handle_fence(&p, &f);
        else if (l.len && in->text[l.at] == '#')
            read_heading(&p, l);
        else
            read_property(&p, l);
    }
    if (in->rules->n == n_rules && in->rules->n_skipped == n_skipped)
        eqlc_input_skip(in, "it has no fence tagged eql");
}

/* Whether a paragraph starts like a query: behind comments, "sequence", "sample by" or "... where". */
static bool looks_like_query(const char *text, size_t len)
{
    size_t i = 0, word;

    for (;;) {
        while (i < len && isspace((unsigned char)text[i]))
            i++;
        if (len - i >= 2 && text[i] == '/' && text[i + 1] == '*') {
            for (i += 2; len - i >= 2 && !(text[i] == '*' && text[i + 1] == '/'); i++)
                ;
            i = len - i >= 2 ? i + 2 : len;
        } else if (len - i >= 2 && text[i] == '/' && text[i + 1] == '/') {
            while (i < len && text[i] != '\n')
                i++;
        } else {
            break;
        }
    }
    word = i;
    while (i < len && (isalnum((unsigned char)text[i]) || text[i] == '_' || text[i] == '"'))
        i++;
    if (i == word)
        return false;
    for (size_t k = i; k < len && isspace((unsigned char)text[k]); k++)
        i = k + 1;
    if (i - word >= 8 && memcmp(text + word, "sequence", 8) == 0)
        return i < len && (text[i] == '[' || (len - i > 4 && (memcmp(text + i, "by ", 3) == 0 ||
                                                              memcmp(text + i, "with", 4) == 0)));
    if (i - word >= 6 && memcmp(text + word, "sample", 6) == 0)
        return len - i > 3 && memcmp(text + i, "by ", 3) == 0;
    return len - i > 6 && memcmp(text + i, "where", 5) == 0 && isspace((unsigned char)text[i + 5]);
}

/* The query ends before the page's next part, or with the file. */
static size_t page_query_end(page *p)
{
    size_t end = p->next;
    line l;

    while (next_line(p, &l)) {
        line t = trim(p->in, l);

        if (starts(p->in, t, "Framework:"))
            break;
        if (t.len)
            end = t.at + t.len;
    }
    return end;
}

void eqlc_read_page_text(eqlc_input *in)
{
    page p = { .in = in, .next = in->start };
    bool at_paragraph = true;
    line l;

    while (next_line(&p, &l)) {
        line t = trim(in, l), value = property(in, t, "Severity:");

        p.is_eql = p.is_eql || is_word(in, property(in, t, "Rule type:"), "eql");
        if (p.name.len == 0 && !is_word(in, t, "Loading"))
            p.name = t; /* the title comes first */
        if (value.len)
            p.severity = value;
        value = property(in, t, "Risk score:");
        if (value.len)
            p.score = value;
        if (at_paragraph && p.is_eql && looks_like_query(in->text + l.at, in->len - l.at)) {
            eqlc_query q = { { NULL, 0, 0 }, NULL, 0, 0 };
            size_t end;

            p.next = l.at;
            end = page_query_end(&p);
            eqlc_query_verbatim(&q, in->text + l.at, end - l.at, l.at);
            set_metadata(eqlc_rule_add(in, &q, end), &p, p.name);
            return;
        }
        at_paragraph = t.len == 0;
    }
    eqlc_input_error(in, in->start, "the page speaks of an EQL rule, but no query was found in it");
}
