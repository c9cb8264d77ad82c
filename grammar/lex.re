/* lex.re - the tokens of the language (re2c rules only). Included by lib/syntax/lexer.c, whose functions it
 * calls.
 *
 * There is a rule for each mistake that can be named; `*` is the last resort. Every rule that begins a token of any
 * length has a partner that takes the unclosed form whole, so no text is scanned twice. */

/* A cursor in memory would be stored for every byte: a byte read might be part of it. */
#define END (lx->cursor = at)

static int scan(eqli_lexer *lx)
{
    for (;;) {
        const uint8_t *at = lx->cursor, *marker;
        lx->start = at;
        /*!re2c
        re2c:define:YYCTYPE = "uint8_t";
        re2c:define:YYCURSOR = "at";
        re2c:define:YYMARKER = "marker";
        re2c:define:YYLIMIT = "lx->limit";
        re2c:yyfill:enable = 0;
        re2c:eof = 0;

        digit  = [0-9];
        exp    = [eE] [+-]? digit+;
        name   = [A-Za-z_@] [A-Za-z0-9_]*;
        escape = [\\] [^\r\n];
        string = (["] ([^"\\\r\n] | escape)* ["]);
        single = ['] ([^'\\\r\n] | escape)* ['];
        raw    = ["]["]["] ([^"\r\n] | ["][^"\r\n] | ["]["][^"\r\n])*;
        space  = [ \t\r\n];

        $          { END; return 0; }
        space+     { END; continue; }
        "//" [^\r\n]* { END; continue; }
        "/*"       { END; if (block_comment(lx)) continue; return reject(lx, EQLI_D_UNCLOSED_COMMENT); }

        name                           { END; return word(lx, EQLI_TK_NAME); } /* keywords too */
        [A-Za-z] [A-Za-z0-9_]* "~"     { END; return word(lx, EQLI_TK_FOLD_NAME); }
        "$" name                       { END; return variable(lx); }
        "`" ([^`] | "``")* "`"         { END; return quoted_name(lx); }
        "`" ([^`] | "``")*             { END; return reject(lx, EQLI_D_UNCLOSED_NAME); }

        digit+                                          { END; return EQLI_TK_INTEGER; }
        digit+ "." digit* exp? | "." digit+ exp? | digit+ exp { END; return EQLI_TK_DECIMAL; }

        string                         { END; return string(lx); }
        raw ["]{3,5}                   { END; return raw_string(lx); }
        raw ["]{0,2}                   { END; return unclosed_string(lx, EQLI_D_UNCLOSED_RAW_STRING, 3); }
        ["] ([^"\\\r\n] | escape)* [\\]? { END; return unclosed_string(lx, EQLI_D_UNCLOSED_STRING, 1); }
        single                         { END; return single_quoted(lx); }
        ['] ([^'\\\r\n] | escape)* [\\]? { END; return unclosed_string(lx, EQLI_D_UNCLOSED_STRING, 1); }
        "?" (string | single)          { END; return old_raw_string(lx); }

        "=="  { END; return EQLI_TK_EQ; }
        "!="  { END; return EQLI_TK_NE; }
        "<"   { END; return EQLI_TK_LT; }
        "<="  { END; return EQLI_TK_LE; }
        ">"   { END; return EQLI_TK_GT; }
        ">="  { END; return EQLI_TK_GE; }
        "="   { END; return EQLI_TK_ASSIGN; }
        "+"   { END; return EQLI_TK_PLUS; }
        "-"   { END; return EQLI_TK_MINUS; }
        "*"   { END; return EQLI_TK_STAR; }
        "/"   { END; return EQLI_TK_SLASH; }
        "%"   { END; return EQLI_TK_PERCENT; }
        ":"   { END; return EQLI_TK_COLON; }
        "("   { END; return EQLI_TK_LPAREN; }
        ")"   { END; return EQLI_TK_RPAREN; }
        "["   { END; return EQLI_TK_LBRACKET; }
        "]"   { END; return EQLI_TK_RBRACKET; }
        "!["  { END; return EQLI_TK_MISSING; }
        ","   { END; return EQLI_TK_COMMA; }
        "."   { END; return EQLI_TK_DOT; }
        "|"   { END; return EQLI_TK_PIPE; }
        "?"   { END; return EQLI_TK_QUESTION; }
        /* One token, because `by a [process where ...]` must not look like an index of `a`. */
        "[" space* digit+ space* "]"   { END; return EQLI_TK_INDEX; }

        "&&"            { END; return mend(lx, EQLI_TK_AND, EQLI_D_AMPERSANDS, "write 'and'"); }
        "||"            { END; lx->lossy = true; return other_operator(lx, EQLI_TK_OR, "write 'or'"); }
        "!"             { END; return mend(lx, EQLI_TK_NOT, EQLI_D_EXCLAMATION, "write 'not'"); }
        "!" space+ "["  { END; return mend(lx, EQLI_TK_MISSING, EQLI_D_SPLIT_MISSING, NULL); }
        "==="           { END; return other_operator(lx, EQLI_TK_EQ, "write '=='"); }
        "<>" | "!==" | "=!" { END; return other_operator(lx, EQLI_TK_NE, "write '!='"); }
        "=<"            { END; return other_operator(lx, EQLI_TK_LE, "write '<='"); }
        "=>"            { END; return other_operator(lx, EQLI_TK_GE, "write '>='"); }
        "=~"            { END; return other_operator(lx, EQLI_TK_COLON, "write ':' or 'regex~'"); }
        "~"             { END; if (stray_tilde(lx)) continue; }
        *               { END; if (unexpected(lx)) continue; return EQLI_TK_STRING; }
        */
    }
}

#undef END
