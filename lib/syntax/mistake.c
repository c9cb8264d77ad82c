/* mistake.c - says what is wrong with a token the grammar refuses: by name for the slips that are common,
 * otherwise by listing what was expected. */
#include "syntax/parser.h"

#include <string.h>

#include "eql.h"
#include "syntax/build.h"
#include "syntax/format.h"

/* Words of other languages that stand where an operator is expected. */
static const struct {
    const char *word, *hint;
} foreign[] = {
    { "is", "compare with '== null' or '!= null'" },
    { "contains", "write : \"*text*\", or stringContains(field, \"text\")" },
    { "matches", "write 'regex', or ':' with wildcards" },
    { "rlike", "write 'regex'" },
    { "wildcard", "write 'like', or ':'" },
    { "equals", "write '=='" },
    { "between", "write two comparisons joined by 'and'" },
};

/* Nothing is said while quiet: the text since the last mistake may not mean what it says. */
static void complain(eqli_parser *ps, eqli_span span, eqli_diag_id id, ...)
{
    if (ps->quiet)
        return;
    va_list args;
    va_start(args, id);
    eqli_diag_va(ps->cx->diags, span, id, args);
    va_end(args);
    ps->cx->failed = true;
}

/* word is for the %S of the hint, if there is one. */
static void advise(eqli_parser *ps, const char *hint, eqlm_str word)
{
    if (!ps->quiet && hint)
        eqli_diag_hint(ps->cx->diags, hint, word);
}

static eqlm_str written(const eqli_parser *ps, const eqli_token *t)
{
    return (eqlm_str){ ps->cx->source.ptr + t->span.start, t->span.end - t->span.start };
}

static bool is_word(int kind)
{
    for (size_t i = 0; i < EQLI_N_KEYWORDS; i++) {
        if (eqli_keywords[i].kind == kind)
            return true;
    }
    return false;
}

/* ASCII letter case ignored. */
static bool same_word(eqlm_str text, const char *word)
{
    size_t i = 0;
    for (; i < text.len && word[i]; i++) {
        char c = text.ptr[i];
        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != word[i])
            return false;
    }
    return i == text.len && !word[i];
}

static bool after_in(const eqli_parser *ps)
{
    return ps->last.kind == EQLI_TK_IN || ps->last.kind == EQLI_TK_IN_FOLD;
}

/* --- what was expected ------------------------------------------------------------------------------- */

typedef struct expected {
    char text[EQLI_MESSAGE_MAX];
    size_t len;
    uint32_t n, total;
} expected;

static void add_text(expected *e, const char *text)
{
    size_t n = strlen(text);
    if (n < sizeof e->text - e->len) {
        memcpy(e->text + e->len, text, n + 1);
        e->len += n;
    }
}

static void add_item(expected *e, const char *item)
{
    if (e->n)
        add_text(e, e->n + 1 == e->total ? " or " : ", ");
    add_text(e, item);
    e->n++;
}

/* The words for everything that would have been accepted; several tokens share one. Returns how many. */
static uint32_t collect(const eqli_parser *ps, const char *items[16])
{
    static const struct {
        int kind;
        const char *text;
    } plain[] = {
        { EQLI_TK_WHERE, "'where'" },     { EQLI_TK_MAXSPAN, "'maxspan'" }, { EQLI_TK_ASSIGN, "'='" },
        { EQLI_TK_COMMA, "','" },         { EQLI_TK_RPAREN, "')'" },        { EQLI_TK_RBRACKET, "']'" },
        { EQLI_TK_BY, "'by'" },           { EQLI_TK_WITH, "'with'" },       { EQLI_TK_LBRACKET, "'['" },
        { EQLI_TK_UNTIL, "'until'" },     { EQLI_TK_PIPE, "'|'" },          { 0, "the end" },
    };
    uint32_t n = 0;
    bool operand = eqli_parser_takes(ps, EQLI_TK_QUESTION), literal = eqli_parser_takes(ps, EQLI_TK_TRUE);
    bool category = eqli_parser_takes(ps, EQLI_TK_ANY), complete = eqli_parser_takes(ps, EQLI_TK_AND);
    /* A bare literal behind `in` is only read to say what is wrong. */
    if (operand || (literal && !after_in(ps)))
        items[n++] = operand ? "an expression" : "a literal";
    else if (category)
        items[n++] = "an event category or 'any'";
    else if (eqli_parser_takes(ps, EQLI_TK_NAME))
        items[n++] = "a name";
    else if (eqli_parser_takes(ps, EQLI_TK_INTEGER))
        items[n++] = "a number";
    if (!operand && !complete && eqli_parser_takes(ps, EQLI_TK_LPAREN))
        items[n++] = "'('";
    if (eqli_parser_takes(ps, EQLI_TK_EQ))
        items[n++] = "an operator";
    else if (complete)
        items[n++] = "'and' or 'or'";
    else if (eqli_parser_takes(ps, EQLI_TK_IN))
        items[n++] = "'in'";
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (eqli_parser_takes(ps, plain[i].kind))
            items[n++] = plain[i].text;
    }
    return n;
}

static void list_expected(const eqli_parser *ps, expected *e)
{
    const char *items[16];
    *e = (expected){ .total = collect(ps, items) };
    for (uint32_t i = 0; i < e->total; i++)
        add_item(e, items[i]);
}

/* --- mistakes with a name ---------------------------------------------------------------------------- */

static eqli_remedy unexpected(eqli_parser *ps, const eqli_token *t, const char *hint, eqlm_str word)
{
    if (ps->quiet)
        return EQLI_RESYNC;
    expected e;
    list_expected(ps, &e);
    if (t->kind == 0) {
        uint32_t end = ps->last.span.end;
        complain(ps, (eqli_span){ end, end }, EQLI_D_UNEXPECTED_END, e.text);
    } else {
        complain(ps, t->span, EQLI_D_UNEXPECTED_TOKEN, written(ps, t), e.text);
    }
    advise(ps, hint, word);
    return EQLI_RESYNC;
}

/* `WHERE`, `And`: read as the keyword. */
static bool wrong_case(eqli_parser *ps, eqli_token *t)
{
    for (size_t i = 0; i < EQLI_N_KEYWORDS; i++) {
        if (same_word(t->text, eqli_keywords[i].text) && eqli_parser_takes(ps, eqli_keywords[i].kind)) {
            complain(ps, t->span, EQLI_D_KEYWORD_CASE, t->text);
            advise(ps, "write '%S'", eqli_str(eqli_keywords[i].text));
            t->kind = eqli_keywords[i].kind;
            return true;
        }
    }
    return false;
}

static const char *foreign_hint(eqlm_str word)
{
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        if (same_word(word, foreign[i].word))
            return foreign[i].hint;
    }
    return NULL;
}

static bool is_function(eqlm_str word)
{
    static const char *const names[] = {
#define FUNCTION(id, name, tilde, min, max, params, result, fn) name,
#include "ops/builtins.def"
#undef FUNCTION
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (eqli_str_is(word, names[i]))
            return true;
    }
    return false;
}

/* Behind a comparison that is complete the next one wants a word between. */
static const char *missing_junction(const eqli_parser *ps)
{
    switch (ps->last.kind) {
    case EQLI_TK_STRING:
    case EQLI_TK_INTEGER:
    case EQLI_TK_DECIMAL:
    case EQLI_TK_TRUE:
    case EQLI_TK_FALSE:
    case EQLI_TK_NULL:
    case EQLI_TK_RPAREN:
        return eqli_parser_takes(ps, EQLI_TK_AND) ? "perhaps 'and' or 'or' is missing before it" : NULL;
    default:
        return NULL;
    }
}

/* A name that is nearly a keyword which would fit is read as that keyword. */
static eqli_remedy misspelt(eqli_parser *ps, eqli_token *t)
{
    eqli_suggest s;
    eqli_suggest_init(&s, t->text);
    for (size_t i = 0; i < EQLI_N_KEYWORDS; i++) {
        if (eqli_parser_takes(ps, eqli_keywords[i].kind))
            eqli_suggest_offer(&s, eqli_str(eqli_keywords[i].text));
    }
    eqli_remedy remedy = unexpected(ps, t, s.n ? NULL : missing_junction(ps), t->text);
    if (s.n == 0)
        return remedy;
    if (!ps->quiet)
        eqli_suggest_hint(&s, ps->cx->diags);
    for (size_t i = 0; i < EQLI_N_KEYWORDS; i++) {
        if (s.best[0].ptr == eqli_keywords[i].text)
            t->kind = eqli_keywords[i].kind;
    }
    return EQLI_TAKE;
}

static eqli_remedy refused_name(eqli_parser *ps, eqli_token *t)
{
    bool number = ps->last.kind == EQLI_TK_INTEGER || ps->last.kind == EQLI_TK_DECIMAL;
    if (number && ps->last.span.end == t->span.start) {
        complain(ps, eqli_span_join(ps->last.span, t->span), EQLI_D_NUMBER_SUFFIX, t->text);
        advise(ps, "numbers are decimal, without separators or units", t->text);
        ps->cx->guessed = true;
        return EQLI_DROP;
    }
    if (wrong_case(ps, t))
        return EQLI_TAKE;
    const char *hint = eqli_parser_takes(ps, EQLI_TK_EQ) ? foreign_hint(t->text) : NULL;
    if (!hint && ps->last.kind == EQLI_TK_NAME && is_function(ps->last.text))
        hint = "the arguments of a function are in parentheses";
    return hint ? unexpected(ps, t, hint, t->text) : misspelt(ps, t);
}

static eqli_remedy refused_quoted_name(eqli_parser *ps, eqli_token *t)
{
    if (!eqli_parser_takes(ps, EQLI_TK_NAME))
        return unexpected(ps, t, NULL, t->text);
    complain(ps, t->span, EQLI_D_BACKQUOTED_NAME);
    if (eqli_parser_takes(ps, EQLI_TK_ANY))
        advise(ps, "write an event category in double quotes: \"%S\"", t->text);
    t->kind = EQLI_TK_NAME;
    return EQLI_TAKE;
}

/* `a.with`, `of == 1`: read as a name. */
static bool reserved_word(eqli_parser *ps, eqli_token *t)
{
    bool glued = ps->last.kind == EQLI_TK_DOT;
    bool joins = t->kind == EQLI_TK_AND || t->kind == EQLI_TK_OR || t->kind == EQLI_TK_NOT ||
                 t->kind == EQLI_TK_IN || t->kind == EQLI_TK_IN_FOLD;
    if (!is_word(t->kind) || !eqli_parser_takes(ps, EQLI_TK_NAME) || eqli_parser_takes(ps, EQLI_TK_ANY) ||
        (joins && !glued))
        return false;
    complain(ps, t->span, EQLI_D_RESERVED_WORD, t->text);
    if (eqli_parser_takes(ps, EQLI_TK_QUOTED_NAME))
        advise(ps, "in a field name write it in backquotes: `%S`", t->text);
    t->kind = EQLI_TK_NAME;
    return true;
}

/* An open bracket that should have been closed before t. */
static bool unclosed(eqli_parser *ps, const eqli_token *t)
{
    if (ps->n_open == 0)
        return false;
    const eqli_token *open = &ps->open[ps->n_open - 1];
    bool paren = open->kind == EQLI_TK_LPAREN;
    if (paren && t->kind != EQLI_TK_RPAREN && eqli_parser_takes(ps, EQLI_TK_RPAREN)) {
        complain(ps, open->span, EQLI_D_UNCLOSED_PARENTHESIS);
        return true;
    }
    if (!paren && t->kind != EQLI_TK_RBRACKET && eqli_parser_takes(ps, EQLI_TK_RBRACKET)) {
        complain(ps, open->span, EQLI_D_UNCLOSED_BRACKET);
        return true;
    }
    return false;
}

/* A closing bracket without an opening one of its kind that is still open. */
static bool unmatched(const eqli_parser *ps, const eqli_token *t)
{
    if (t->kind == EQLI_TK_RPAREN)
        return ps->n_open == 0 || ps->open[ps->n_open - 1].kind != EQLI_TK_LPAREN;
    for (uint32_t i = ps->n_open; i > 0; i--) {
        if (ps->open[i - 1].kind != EQLI_TK_LPAREN)
            return false;
    }
    return true;
}

static eqli_remedy refused_bracket(eqli_parser *ps, const eqli_token *t)
{
    bool closing = t->kind == EQLI_TK_RPAREN || t->kind == EQLI_TK_RBRACKET;
    if (t->kind == EQLI_TK_LBRACKET && after_in(ps)) {
        complain(ps, t->span, EQLI_D_LIST_PARENTHESES);
        advise(ps, "write %S (...)", ps->last.text);
        return EQLI_RESYNC;
    }
    if (closing && unmatched(ps, t)) {
        complain(ps, t->span, EQLI_D_UNMATCHED_CLOSE, written(ps, t));
        ps->cx->guessed = true;
        return EQLI_DROP;
    }
    if (unclosed(ps, t))
        return EQLI_RESYNC;
    const char *hint = NULL;
    if (t->kind == EQLI_TK_RPAREN && ps->last.kind == EQLI_TK_COMMA)
        hint = "remove the last comma";
    else if (t->kind == EQLI_TK_RBRACKET && eqli_parser_takes(ps, EQLI_TK_WHERE))
        hint = "write any where ...";
    return unexpected(ps, t, hint, t->text);
}

/* `Sequence by a [...]`: the first word was taken for an event category. */
static bool misspelt_start(eqli_parser *ps, const eqli_token *t)
{
    bool chain = t->kind == EQLI_TK_BY || t->kind == EQLI_TK_WITH || t->kind == EQLI_TK_LBRACKET ||
                 t->kind == EQLI_TK_MISSING || t->kind == EQLI_TK_MAXSPAN;
    if (!chain || ps->n_open || ps->last.kind != EQLI_TK_NAME || !eqli_parser_takes(ps, EQLI_TK_WHERE))
        return false;
    eqli_suggest s;
    eqli_suggest_init(&s, ps->last.text);
    eqli_suggest_offer(&s, eqli_str("sequence"));
    eqli_suggest_offer(&s, eqli_str("sample"));
    if (s.n == 0)
        return false;
    if (s.distance[0] == 0)
        complain(ps, ps->last.span, EQLI_D_KEYWORD_CASE, ps->last.text);
    else
        complain(ps, t->span, EQLI_D_UNEXPECTED_TOKEN, t->text, "'where'");
    advise(ps, "write '%S'", s.best[0]);
    ps->last.kind = eqli_str_is(s.best[0], "sample") ? EQLI_TK_SAMPLE : EQLI_TK_SEQUENCE;
    return true;
}

static eqli_remedy end_of_text(eqli_parser *ps, const eqli_token *t)
{
    if (ps->last.kind == EQLI_TK_QUERY || ps->last.kind == EQLI_TK_EXPRESSION) {
        complain(ps, (eqli_span){ 0, 0 }, EQLI_D_EMPTY_QUERY);
        return EQLI_END;
    }
    return unclosed(ps, t) ? EQLI_RESYNC : unexpected(ps, t, NULL, t->text);
}

/* Behind `:`, `like` and `regex` only literals are accepted. Could an operand begin so elsewhere? */
static bool begins_operand(int kind)
{
    switch (kind) {
    case EQLI_TK_NAME:
    case EQLI_TK_QUOTED_NAME:
    case EQLI_TK_FOLD_NAME:
    case EQLI_TK_VARIABLE:
    case EQLI_TK_QUESTION:
    case EQLI_TK_PLUS:
    case EQLI_TK_MINUS:
    case EQLI_TK_STAR: /* a pattern without its quotes */
    case EQLI_TK_LPAREN:
    case EQLI_TK_NOT:
        return true;
    default:
        return false;
    }
}

static bool wants_literal(const eqli_parser *ps)
{
    return eqli_parser_takes(ps, EQLI_TK_TRUE) && !eqli_parser_takes(ps, EQLI_TK_QUESTION);
}

static eqli_remedy not_a_literal(eqli_parser *ps, eqli_token *t)
{
    if (t->kind == EQLI_TK_NAME && wrong_case(ps, t))
        return EQLI_TAKE;
    if (after_in(ps)) {
        complain(ps, t->span, EQLI_D_LIST_PARENTHESES);
        advise(ps, "write %S (...)", ps->last.text);
        return EQLI_RESYNC;
    }
    complain(ps, t->span, EQLI_D_MATCH_CONSTANT, ps->match.text);
    if (t->kind == EQLI_TK_NAME || t->kind == EQLI_TK_STAR)
        advise(ps, "text is written in double quotes", t->text);
    return EQLI_RESYNC;
}

/* Hints for the general message. */
static const char *general_hint(const eqli_parser *ps, const eqli_token *t)
{
    bool where = eqli_parser_takes(ps, EQLI_TK_WHERE);
    bool number = ps->last.kind == EQLI_TK_INTEGER || ps->last.kind == EQLI_TK_DECIMAL;
    if (where || eqli_parser_takes(ps, EQLI_TK_SEQUENCE))
        return "a query begins with an event category: process where ..., any where ...";
    if (t->kind == EQLI_TK_MAXSPAN)
        return eqli_parser_takes(ps, EQLI_TK_ASSIGN) ? NULL
                                                     : "write 'with maxspan=...' behind 'sequence' and 'by'";
    if (t->kind == EQLI_TK_DOT && is_word(ps->last.kind))
        return "a reserved word in a field name is written in backquotes";
    if (t->kind == EQLI_TK_DECIMAL && number && ps->last.span.end == t->span.start)
        return "addresses and versions are written in double quotes";
    if (t->kind == EQLI_TK_NOT && eqli_parser_takes(ps, EQLI_TK_TRUE))
        return "put the negation in parentheses: (not ...)";
    if (t->kind == EQLI_TK_OR && eqli_parser_takes(ps, EQLI_TK_COMMA))
        return "separate the items with commas";
    if (t->kind == EQLI_TK_COMMA && eqli_parser_takes(ps, EQLI_TK_AND))
        return "a list stands in parentheses behind 'in', ':' or 'like': field in (\"a\", \"b\")";
    if (t->kind == EQLI_TK_LPAREN && ps->last.kind == EQLI_TK_NAME)
        return "a function is called by its name alone: length(field)";
    if (t->kind == EQLI_TK_MINUS && eqli_parser_takes(ps, EQLI_TK_INTEGER))
        return "a positive number is wanted here";
    return NULL;
}

eqli_remedy eqli_parser_mistake(eqli_parser *ps, eqli_token *t)
{
    if (begins_operand(t->kind) && wants_literal(ps))
        return not_a_literal(ps, t);
    if (misspelt_start(ps, t))
        return EQLI_REDO;
    switch (t->kind) {
    case 0:
        return end_of_text(ps, t);
    case EQLI_TK_NAME:
    case EQLI_TK_FOLD_NAME:
        return refused_name(ps, t);
    case EQLI_TK_QUOTED_NAME:
        return refused_quoted_name(ps, t);
    case EQLI_TK_ASSIGN:
        if (!eqli_parser_takes(ps, EQLI_TK_EQ))
            break;
        complain(ps, t->span, EQLI_D_SINGLE_EQUALS);
        advise(ps, "write '=='", t->text);
        t->kind = EQLI_TK_EQ;
        return EQLI_TAKE;
    case EQLI_TK_QUESTION:
        if (ps->last.kind != EQLI_TK_DOT)
            break;
        complain(ps, t->span, EQLI_D_OPTIONAL_POSITION);
        return EQLI_DROP;
    case EQLI_TK_RPAREN:
    case EQLI_TK_RBRACKET:
    case EQLI_TK_LBRACKET:
    case EQLI_TK_MISSING:
    case EQLI_TK_UNTIL:
    case EQLI_TK_PIPE:
        return refused_bracket(ps, t);
    case EQLI_TK_LPAREN:
        if (ps->last.kind != EQLI_TK_QUOTED_NAME)
            break;
        complain(ps, ps->last.span, EQLI_D_BACKQUOTED_NAME);
        return EQLI_RESYNC;
    case EQLI_TK_MAXSPAN:
        if (ps->last.kind != EQLI_TK_WITH)
            break;
        complain(ps, t->span, EQLI_D_CLAUSE_ORDER, "with maxspan", "[");
        return EQLI_RESYNC;
    default:
        if (reserved_word(ps, t))
            return EQLI_TAKE;
        break;
    }
    return unexpected(ps, t, general_hint(ps, t), t->text);
}
