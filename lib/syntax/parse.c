/* parse.c - drives the generated parser and recovers from mistakes.
 *
 * Before a token is fed, the automaton is asked whether it would accept it: a dry run of the reductions over
 * the state stack. A refused token is reported (mistake.c) with the state as it was before any reduction, so
 * the list of what was expected is exact. Then text is skipped up to a place where the query's structure is
 * clear (a closing bracket, `and`, `or`, ...), and what is missing there is fed as placeholders. So the
 * generated parser never sees an error, and its stack is never popped: everything that was understood is
 * still checked. */
#include "syntax/parser.h"

#include <string.h>

#include "syntax/build.h"

#ifdef __GNUC__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wpedantic"
#endif
/* The generated parser's own checks come with tracing to stdio. */
#ifndef NDEBUG
#define NDEBUG
#define EQLI_ASSERT_AGAIN
#endif
#define eqli_lemon_ENGINEALWAYSONSTACK
#include "eql.c"
#ifdef EQLI_ASSERT_AGAIN
#undef NDEBUG
#endif
#include <assert.h>
#ifdef __GNUC__
#pragma GCC diagnostic pop
#endif

enum {
    DRY_ROOM = 64,   /* states a dry run can add: it adds one at a time, and few tokens */
    STACK_SPARE = 8, /* entries kept free, so that the stack cannot overflow within one token */
    QUIET = 3,
    MAX_RESYNCS = 1000 /* text that is no query at all need not be read to its end */
};

/* The state stack as a dry run sees it: the real entries up to `real`, then its own. */
typedef struct dry_stack {
    const yyStackEntry *real;
    uint32_t n;
    YYACTIONTYPE own[DRY_ROOM];
} dry_stack;

static YYACTIONTYPE top(const dry_stack *d)
{
    return d->n ? d->own[d->n - 1] : d->real->stateno;
}

static void pop(dry_stack *d, uint32_t n)
{
    uint32_t own = n < d->n ? n : d->n;
    d->n -= own;
    d->real -= n - own;
}

static bool push(dry_stack *d, YYACTIONTYPE state)
{
    if (d->n == DRY_ROOM)
        return false;
    d->own[d->n++] = state;
    return true;
}

/* The states behind `rule` are popped, the state after its left side is pushed. */
static bool dry_reduce(dry_stack *d, YYACTIONTYPE rule)
{
    pop(d, (uint32_t)-yyRuleInfoNRhs[rule]);
    return push(d, yy_find_reduce_action(top(d), yyRuleInfoLhs[rule]));
}

static bool dry_shift(dry_stack *d, int kind)
{
    for (;;) {
        YYACTIONTYPE act = yy_find_shift_action((YYCODETYPE)kind, top(d));
        if (act <= YY_MAX_SHIFT)
            return push(d, act);
        if (act <= YY_MAX_SHIFTREDUCE) /* shift, and reduce when the next token comes */
            return push(d, (YYACTIONTYPE)(act + YY_MIN_REDUCE - YY_MIN_SHIFTREDUCE));
        if (act < YY_MIN_REDUCE)
            return act == YY_ACCEPT_ACTION;
        if (!dry_reduce(d, (YYACTIONTYPE)(act - YY_MIN_REDUCE)))
            return false;
    }
}

bool eqli_parser_accepts(const eqli_parser *ps, const int *kinds, uint32_t n)
{
    const yyParser *yy = ps->lemon;
    dry_stack d;
    d.real = yy->yytos;
    d.n = 0; /* own[] is written before it is read: this runs for every token */
    for (uint32_t i = 0; i < n; i++) {
        if (!dry_shift(&d, kinds[i]))
            return false;
    }
    return true;
}

static void too_deep(eqli_parser *ps, const eqli_token *t)
{
    eqli_error(ps->cx, t->span, EQLI_D_TOO_DEEP);
    eqli_diag_hint(ps->cx->diags, "the limit is %u levels", ps->cx->options.limits.max_depth);
    ps->cx->stopped = true;
}

static bool opens(int kind)
{
    return kind == EQLI_TK_LPAREN || kind == EQLI_TK_LBRACKET || kind == EQLI_TK_MISSING;
}

static bool closes(int kind)
{
    return kind == EQLI_TK_RPAREN || kind == EQLI_TK_RBRACKET;
}

static bool is_match(int kind)
{
    return kind == EQLI_TK_COLON || kind == EQLI_TK_LIKE || kind == EQLI_TK_LIKE_FOLD ||
           kind == EQLI_TK_REGEX || kind == EQLI_TK_REGEX_FOLD;
}

/* Feeds a token that is accepted. */
static void feed(eqli_parser *ps, const eqli_token *t)
{
    yyParser *yy = ps->lemon;
    if (yy->yystackEnd - yy->yytos < STACK_SPARE || ps->n_open > ps->cx->options.limits.max_depth) {
        too_deep(ps, t);
        return;
    }
    if (opens(t->kind))
        ps->open[ps->n_open++] = *t;
    else if (closes(t->kind) && ps->n_open)
        ps->n_open--;
    eqli_lemon(yy, t->kind, *t);
    ps->last = *t;
    if (is_match(t->kind))
        ps->match = *t;
}

static bool halted(const eqli_parser *ps)
{
    return ps->cx->nomem || ps->cx->stopped || eqlm_diags_dropped(ps->cx->diags);
}

static void feed_placeholder(eqli_parser *ps, int kind, eqli_token at)
{
    at.kind = kind;
    at.span.end = at.span.start;
    at.text.len = 0;
    feed(ps, &at);
}

/* Tokens that show where in the query we are, whatever was wrong before them. */
static bool is_landmark(int kind)
{
    switch (kind) {
    case 0:
    case EQLI_TK_AND:
    case EQLI_TK_OR:
    case EQLI_TK_COMMA:
    case EQLI_TK_RPAREN:
    case EQLI_TK_RBRACKET:
    case EQLI_TK_LBRACKET:
    case EQLI_TK_MISSING:
    case EQLI_TK_UNTIL:
    case EQLI_TK_PIPE:
        return true;
    default:
        return false;
    }
}

/* What could be missing before t, best first. An operand that is complete can only be closed. */
static int missing_token(const eqli_parser *ps, int t)
{
    static const int fillers[] = { EQLI_TK_OPERAND, EQLI_TK_WHERE,    EQLI_TK_IN,     EQLI_TK_NAME,
                                   EQLI_TK_ASSIGN,  EQLI_TK_INTEGER,  EQLI_TK_LPAREN, EQLI_TK_RPAREN,
                                   EQLI_TK_MAXSPAN, EQLI_TK_LBRACKET };
    bool complete = eqli_parser_takes(ps, EQLI_TK_AND);
    if (eqli_parser_takes(ps, EQLI_TK_RPAREN) && complete)
        return EQLI_TK_RPAREN;
    if (t != EQLI_TK_RPAREN && t != EQLI_TK_RBRACKET && complete && eqli_parser_takes(ps, EQLI_TK_RBRACKET))
        return EQLI_TK_RBRACKET;
    for (size_t i = 0; !complete && i < sizeof fillers / sizeof *fillers; i++) {
        if (eqli_parser_takes(ps, fillers[i]))
            return fillers[i];
    }
    return 0;
}

/* Feeds what is missing before t until t is accepted. `and`, `or` and commas are worth one operand only: they
 * may belong to text that was skipped. */
static bool bridge(eqli_parser *ps, const eqli_token *t)
{
    if (eqli_parser_takes(ps, t->kind))
        return true;
    if (t->kind == EQLI_TK_AND || t->kind == EQLI_TK_OR || t->kind == EQLI_TK_COMMA) {
        int both[2] = { EQLI_TK_OPERAND, t->kind };
        if (!eqli_parser_accepts(ps, both, 2))
            return false;
        feed_placeholder(ps, EQLI_TK_OPERAND, *t);
        return true;
    }
    if (closes(t->kind)) {
        int opener = ps->n_open ? ps->open[ps->n_open - 1].kind : 0;
        bool parens_only = t->kind == EQLI_TK_RPAREN;
        if (!opener || (parens_only && opener != EQLI_TK_LPAREN))
            return false;
    }
    uint32_t room = ps->n_open + 16; /* each open bracket takes one token, the rest of a term a handful */
    while (room-- > 0 && !halted(ps) && !eqli_parser_takes(ps, t->kind)) {
        int kind = missing_token(ps, t->kind);
        if (!kind)
            return false;
        feed_placeholder(ps, kind, *t);
    }
    return !halted(ps) && eqli_parser_takes(ps, t->kind);
}

static eqli_token next_token(eqli_parser *ps)
{
    eqli_token t = eqli_lexer_next(&ps->lexer);
    if (ps->lexer.lossy) {
        ps->lexer.lossy = false;
        ps->cx->guessed = true;
        ps->quiet = QUIET;
    }
    return t;
}

/* Skips from the refused token t to a landmark from which parsing can go on, and makes that the token. False:
 * there is none. Brackets inside the skipped text are skipped as a whole. */
static bool resync(eqli_parser *ps, eqli_token *t)
{
    uint32_t nested = 0;
    int before = ps->last.kind;
    ps->cx->guessed = true;
    ps->quiet = QUIET;
    if (ps->cx->n_cuts < EQLI_MAX_CUTS)
        ps->cx->cuts[ps->cx->n_cuts++] = ps->last.span.end;
    if (++ps->n_resyncs > MAX_RESYNCS)
        return false;
    for (;; *t = next_token(ps)) {
        bool subquery = (t->kind == EQLI_TK_LBRACKET || t->kind == EQLI_TK_MISSING) && before != EQLI_TK_OF;
        if (t->kind == 0 || subquery || t->kind == EQLI_TK_PIPE)
            nested = 0; /* no expression goes on beyond these */
        if (nested == 0 && is_landmark(t->kind) && bridge(ps, t))
            return true;
        if (t->kind == 0 || halted(ps))
            return false;
        if (opens(t->kind))
            nested++;
        else if (closes(t->kind) && nested)
            nested--;
        before = t->kind;
    }
}

/* Brings the parser to the state before the text, or behind its first word when that had to be changed. */
static void begin(eqli_parser *ps)
{
    eqli_token first = ps->last;
    eqli_lemonInit(ps->lemon, ps->cx);
    feed_placeholder(ps, ps->start, (eqli_token){ 0 });
    if (first.kind)
        feed(ps, &first);
}

/* Deals with one token: false when nothing more is to be read. */
static bool take(eqli_parser *ps, eqli_token *t)
{
    if (t->kind == EQLI_TK_NAME && eqli_str_is(t->text, "as") && eqli_parser_takes(ps, EQLI_TK_AS))
        t->kind = EQLI_TK_AS; /* a word of its own only behind a term */
    bool good = eqli_parser_takes(ps, t->kind);
    if (!good) {
        switch (eqli_parser_mistake(ps, t)) {
        case EQLI_TAKE:
            break;
        case EQLI_DROP:
            return true;
        case EQLI_RESYNC:
            if (!resync(ps, t))
                return false;
            break;
        case EQLI_REDO:
            begin(ps);
            break;
        case EQLI_END:
            return false;
        }
    }
    feed(ps, t);
    if (good && ps->quiet)
        ps->quiet--;
    return t->kind != 0;
}

static void parse_text(eqli_parser *ps)
{
    eqli_token t;
    begin(ps);
    do
        t = next_token(ps);
    while (take(ps, &t) && !halted(ps));
}

static eqli_query *parse(eqli_cx *cx, int start)
{
    eqli_parser ps = { .cx = cx, .start = start };
    cx->query = NULL;
    if (cx->source.len > cx->options.limits.max_source) {
        eqli_span all = { cx->options.limits.max_source, cx->options.limits.max_source };
        eqli_error(cx, all, EQLI_D_SOURCE_TOO_LONG, cx->options.limits.max_source);
        return NULL;
    }
    if (!eqli_lexer_init(&ps.lexer, cx))
        return NULL;
    /* Nesting beyond the parser's stack is refused there, so more room is never used. */
    uint32_t room = cx->options.limits.max_depth < YYSTACKDEPTH ? cx->options.limits.max_depth : YYSTACKDEPTH;
    /* Large, and of no use once the tree is there: so not in the arena. Not zeroed: nothing is read that was not
     * written. */
    size_t size = sizeof(yyParser) + (room + (size_t)2) * sizeof *ps.open;
    ps.lemon = eqli_mem_resize(&cx->alloc, NULL, 0, 1, size);
    if (!ps.lemon) {
        cx->nomem = true;
        return NULL;
    }
    ps.open = (eqli_token *)((yyParser *)ps.lemon + 1);
    parse_text(&ps);
    eqli_mem_free(&cx->alloc, ps.lemon, size);
    return cx->nomem || cx->stopped ? NULL : cx->query;
}

eqli_query *eqli_parse_query(eqli_cx *cx)
{
    return parse(cx, EQLI_TK_QUERY);
}

eqli_query *eqli_parse_expr(eqli_cx *cx)
{
    return parse(cx, EQLI_TK_EXPRESSION);
}
