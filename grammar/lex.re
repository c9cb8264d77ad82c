/* lex.re - the tokens of the language (re2c rules only). Included by lib/syntax/lexer.c, whose functions it
 * calls.
 *
 * There is a rule for each mistake that can be named; `*` is the last resort. Every rule that begins a token of any
 * length has a partner that takes the unclosed form whole, so no text is scanned twice. */

static int scan(eqli_lexer *lx)
{
    for (;;) {
        lx->start = lx->cursor;
        /*!re2c
        re2c:define:YYCTYPE = "uint8_t";
        re2c:define:YYCURSOR = "lx->cursor";
        re2c:define:YYMARKER = "lx->marker";
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

        $          { return 0; }
        space+     { continue; }
        "//" [^\r\n]* { continue; }
        "/*"       { if (block_comment(lx)) continue; return reject(lx, EQLI_D_UNCLOSED_COMMENT); }

        name                           { return word(lx, EQLI_TK_NAME); } /* keywords too */
        [A-Za-z] [A-Za-z0-9_]* "~"     { return word(lx, EQLI_TK_FOLD_NAME); }
        "$" name                       { return variable(lx); }
        "`" ([^`] | "``")* "`"         { return quoted_name(lx); }
        "`" ([^`] | "``")*             { return reject(lx, EQLI_D_UNCLOSED_NAME); }

        digit+                                          { return EQLI_TK_INTEGER; }
        digit+ "." digit* exp? | "." digit+ exp? | digit+ exp { return EQLI_TK_DECIMAL; }

        string                         { return string(lx); }
        raw ["]{3,5}                   { return raw_string(lx); }
        raw ["]{0,2}                   { return unclosed_string(lx, EQLI_D_UNCLOSED_RAW_STRING, 3); }
        ["] ([^"\\\r\n] | escape)* [\\]? { return unclosed_string(lx, EQLI_D_UNCLOSED_STRING, 1); }
        single                         { return single_quoted(lx); }
        ['] ([^'\\\r\n] | escape)* [\\]? { return unclosed_string(lx, EQLI_D_UNCLOSED_STRING, 1); }
        "?" (string | single)          { return old_raw_string(lx); }

        "=="  { return EQLI_TK_EQ; }
        "!="  { return EQLI_TK_NE; }
        "<"   { return EQLI_TK_LT; }
        "<="  { return EQLI_TK_LE; }
        ">"   { return EQLI_TK_GT; }
        ">="  { return EQLI_TK_GE; }
        "="   { return EQLI_TK_ASSIGN; }
        "+"   { return EQLI_TK_PLUS; }
        "-"   { return EQLI_TK_MINUS; }
        "*"   { return EQLI_TK_STAR; }
        "/"   { return EQLI_TK_SLASH; }
        "%"   { return EQLI_TK_PERCENT; }
        ":"   { return EQLI_TK_COLON; }
        "("   { return EQLI_TK_LPAREN; }
        ")"   { return EQLI_TK_RPAREN; }
        "["   { return EQLI_TK_LBRACKET; }
        "]"   { return EQLI_TK_RBRACKET; }
        "!["  { return EQLI_TK_MISSING; }
        ","   { return EQLI_TK_COMMA; }
        "."   { return EQLI_TK_DOT; }
        "|"   { return EQLI_TK_PIPE; }
        "?"   { return EQLI_TK_QUESTION; }
        /* One token, because `by a [process where ...]` must not look like an index of `a`. */
        "[" space* digit+ space* "]"   { return EQLI_TK_INDEX; }

        "&&"            { return mend(lx, EQLI_TK_AND, EQLI_D_AMPERSANDS, "write 'and'"); }
        "||"            { lx->lossy = true; return other_operator(lx, EQLI_TK_OR, "write 'or'"); }
        "!"             { return mend(lx, EQLI_TK_NOT, EQLI_D_EXCLAMATION, "write 'not'"); }
        "!" space+ "["  { return mend(lx, EQLI_TK_MISSING, EQLI_D_SPLIT_MISSING, NULL); }
        "==="           { return other_operator(lx, EQLI_TK_EQ, "write '=='"); }
        "<>" | "!==" | "=!" { return other_operator(lx, EQLI_TK_NE, "write '!='"); }
        "=<"            { return other_operator(lx, EQLI_TK_LE, "write '<='"); }
        "=>"            { return other_operator(lx, EQLI_TK_GE, "write '>='"); }
        "=~"            { return other_operator(lx, EQLI_TK_COLON, "write ':' or 'regex~'"); }
        "~"             { if (stray_tilde(lx)) continue; }
        *               { if (unexpected(lx)) continue; return EQLI_TK_STRING; }
        */
    }
}
