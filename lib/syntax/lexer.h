/* lexer.h - tokens of the query text. The rules are in grammar/lex.re; here is what they call.
 *
 * A mistake that has a name is reported here and mended: `&&` is reported and read as `and`, a string with a
 * bad escape is still a string. So the parser goes on as if it had been written correctly and says nothing
 * itself. */
#ifndef EQLI_LEXER_H
#define EQLI_LEXER_H

#include "syntax/ast.h"

typedef struct eqli_token {
    int kind; /* EQLI_TK_…, 0 at the end of the text */
    eqli_span span;
    eqlm_str text; /* STRING: the content, un-escaped; names: without quotes; else as written */
} eqli_token;

typedef struct eqli_lexer {
    eqli_cx *cx;
    const uint8_t *text, *limit;   /* a copy of the source with a NUL at the limit */
    const uint8_t *start;          /* of the token being read */
    const uint8_t *cursor;
    eqlm_str value;        /* text of the token when it is not as written */
    const uint8_t *unclosed; /* end of the newest unclosed string, or NULL */
    uint32_t *comment_end;   /* see block_comment() */
    bool lossy; /* text was skipped or guessed (reported): what follows may be misunderstood */
} eqli_lexer;

typedef struct eqli_keyword {
    char text[9];
    uint8_t kind; /* EQLI_TK_… */
} eqli_keyword;
enum { EQLI_N_KEYWORDS = 22 };
extern const eqli_keyword eqli_keywords[EQLI_N_KEYWORDS];

/* Reports text that is not UTF-8; false then, or without memory. */
bool eqli_lexer_init(eqli_lexer *lx, eqli_cx *cx);
eqli_token eqli_lexer_next(eqli_lexer *lx);

#endif
