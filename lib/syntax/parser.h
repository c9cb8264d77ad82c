/* parser.h - the parser's driver (parse.c) and what it says about a token the grammar refuses (mistake.c). */
#ifndef EQLI_PARSER_H
#define EQLI_PARSER_H

#include "syntax/lexer.h"

typedef struct eqli_parser {
    eqli_cx *cx;
    eqli_lexer lexer;
    void *lemon;        /* its state */
    int start;          /* QUERY or EXPRESSION */
    eqli_token last;    /* the newest token fed */
    eqli_token match;   /* the newest `:`, `like`, `regex` ... fed */
    eqli_token *open;   /* brackets fed and not yet closed; room for limits.max_depth + 1 */
    uint32_t n_open;
    uint32_t n_resyncs;
    uint32_t quiet;     /* so many tokens must go well before another general error is reported */
} eqli_parser;

/* Would the grammar accept these tokens (kinds, in this order) now? */
bool eqli_parser_accepts(const eqli_parser *ps, const int *kinds, uint32_t n);
static inline bool eqli_parser_takes(const eqli_parser *ps, int kind)
{
    return eqli_parser_accepts(ps, &kind, 1);
}

/* What to do with a refused token after the mistake has been reported. */
typedef enum eqli_remedy {
    EQLI_TAKE,   /* feed the token, which has been changed into one that is accepted */
    EQLI_DROP,   /* leave it out */
    EQLI_RESYNC, /* skip to a place from which parsing can go on */
    EQLI_REDO, /* ps->last, the first word of the text, has been changed: begin with it again, then feed t */
    EQLI_END   /* the text ends here */
} eqli_remedy;

/* Reports what is wrong with t, which is refused, unless reporting is quiet. */
eqli_remedy eqli_parser_mistake(eqli_parser *ps, eqli_token *t);

#endif
