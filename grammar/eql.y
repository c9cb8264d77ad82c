/* eql.y - the grammar (lemon). An action is one builder call (lib/syntax/build.h); no types, no code
 * generation and no messages here. Included by lib/syntax/parse.c, which never feeds a token the grammar
 * refuses: mistakes and recovery are found there. Some rules accept what the language does not (`x not like
 * "a"`, chained comparisons, an index, clauses in any order), because their builders say better what is
 * wrong.
 *
 * QUERY and EXPRESSION begin every text and choose what it is; OPERAND stands for an operand that failed. */

%name eqli_lemon
%token_prefix EQLI_TK_
%token_type { eqli_token }
%default_type { eqli_node * }
%extra_context { eqli_cx *cx }
%stack_size 3000
%stack_overflow { cx->stopped = true; }

%type query { eqli_query * }
%type chain { eqli_query * }
%type head { eqli_query * }
%type piped { eqli_query * }
%type filter { eqli_filter * }
%type subquery { eqli_subquery }
%type term { eqli_term * }
%type keys { eqli_list * }
%type list { eqli_list * }
%type items { eqli_list * }
%type constants { eqli_list * }
%type constant_items { eqli_list * }
%type pipe_items { eqli_list * }
%type path { eqli_path * }
%type unit { eqli_token }

%token_class number INTEGER|DECIMAL.
%token_class category ANY|NAME|STRING.
%token_class compare EQ|NE|LT|LE|GT|GE.
%token_class in IN|IN_FOLD.
%token_class match COLON|LIKE|LIKE_FOLD|REGEX|REGEX_FOLD.
%token_class sign PLUS|MINUS.
%token_class times STAR|SLASH|PERCENT.
%token_class word NULL|TRUE|FALSE.
%token_class part NAME|QUOTED_NAME.
%token_class opener LBRACKET|MISSING.

/* Loosest first. NOT is the place of all prefix operators, and binds what follows it in `a not in (...)`. */
%left OR.
%left AND.
%left EQ NE LT LE GT GE.
%left PLUS MINUS.
%left STAR SLASH PERCENT.
%right NOT.
%left IN IN_FOLD COLON LIKE LIKE_FOLD REGEX REGEX_FOLD.

text ::= QUERY piped(Q).                            { eqli_query_accept(cx, Q); }
text ::= EXPRESSION expr(E).                        { eqli_query_accept(cx, eqli_query_expr(cx, E)); }

piped(A) ::= query(A).
piped(R) ::= piped(Q) PIPE NAME(N) pipe_items(L).   { R = eqli_query_pipe(cx, Q, &N, L); }
pipe_items(R) ::= .                                 { R = NULL; }
pipe_items(A) ::= items(A).

/* Event queries, sequences, samples, joins */
query(R) ::= filter(F).                             { R = eqli_query_event(cx, F); }
query(R) ::= chain(C).                              { R = eqli_query_check(cx, C); }
query(R) ::= chain(C) UNTIL(U) term(T).             { R = eqli_query_until(cx, C, &U, T); }

chain(R) ::= head(H) term(T).                       { R = eqli_query_term(cx, H, T); }
chain(R) ::= chain(C) term(T).                      { R = eqli_query_term(cx, C, T); }

head(R) ::= SEQUENCE(T).                            { R = eqli_query_new(cx, EQLI_Q_SEQUENCE, &T); }
head(R) ::= SAMPLE(T).                              { R = eqli_query_new(cx, EQLI_Q_SAMPLE, &T); }
head(R) ::= JOIN(T).                                { R = eqli_query_join(cx, &T); }
head(R) ::= head(H) keys(K).                        { R = eqli_query_keys(cx, H, K); }
head(R) ::= head(H) WITH(W) MAXSPAN ASSIGN number(N) unit(U). { R = eqli_query_maxspan(cx, H, &W, &N, &U); }
unit(R) ::= .                                       { R = (eqli_token){ 0 }; }
unit(R) ::= NAME(T).                                { R = T; }

term(R) ::= subquery(S).                            { R = eqli_term_new(cx, &S); }
term(R) ::= term(T) keys(K).                        { R = eqli_term_keys(cx, T, K); }
term(R) ::= term(T) WITH(W) NAME(O) ASSIGN number(N). { R = eqli_term_option(cx, T, &W, &O, &N); }
term(R) ::= term(T) AS(A) NAME(N).                  { R = eqli_term_alias(cx, T, &A, &N); }

keys(R) ::= BY(T) items(L).                         { R = eqli_keys(cx, &T, L); }

subquery(R) ::= opener(A) filter(F) RBRACKET(B).    { R = eqli_subquery_new(&A, F, &B); }

filter(R) ::= category(T) WHERE expr(E).            { R = eqli_filter_new(cx, &T, E); }

/* Logic, of which values are the leaves: a comparison has no `and` in it without parentheses. */
expr(A) ::= value(A).
expr(R) ::= expr(A) OR(T) expr(B).                  { R = eqli_ast_or(cx, A, &T, B); }
expr(R) ::= expr(A) AND(T) expr(B).                 { R = eqli_ast_and(cx, A, &T, B); }
expr(R) ::= NOT(T) expr(A).                         { R = eqli_ast_not(cx, &T, A); }
expr(R) ::= NAME(N) OF(T) subquery(S).              { R = eqli_ast_lineage(cx, &N, &T, &S); }

value(R) ::= value(A) compare(O) value(B).          { R = eqli_ast_compare(cx, A, &O, B); }
value(R) ::= value(A) sign(T) value(B).             { R = eqli_ast_arith(cx, A, &T, B); }
value(R) ::= value(A) times(T) value(B).            { R = eqli_ast_arith(cx, A, &T, B); }
value(R) ::= sign(T) value(A). [NOT]                { R = eqli_ast_sign(cx, &T, A); }
value(R) ::= value(A) in(O) list(L).                { R = eqli_ast_in(cx, A, NULL, &O, L); }
value(R) ::= value(A) NOT(N) in(O) list(L).         { R = eqli_ast_in(cx, A, &N, &O, L); }
value(R) ::= value(A) match(O) constants(L).        { R = eqli_ast_match(cx, A, NULL, &O, L); }
value(R) ::= value(A) NOT(N) match(O) constants(L). { R = eqli_ast_match(cx, A, &N, &O, L); }

list(R) ::= LPAREN(A) items(L) RPAREN(B).           { R = eqli_list_close(&A, L, &B); }
list(R) ::= LPAREN(A) items(L) COMMA(T) RPAREN(B). {
    R = eqli_list_close(&A, eqli_list_comma(cx, L, &T), &B); }
list(R) ::= constant(C).                            { R = eqli_list_bare(cx, C); }
list(R) ::= LPAREN(A) RPAREN(B).                    { R = eqli_list_empty(cx, &A, &B); }
items(R) ::= expr(E).                               { R = eqli_list_push(cx, NULL, E); }
items(R) ::= items(L) COMMA expr(E).                { R = eqli_list_push(cx, L, E); }

constants(R) ::= constant(C).                       { R = eqli_list_push(cx, NULL, C); }
constants(R) ::= LPAREN(A) constant_items(L) RPAREN(B). { R = eqli_list_close(&A, L, &B); }
constants(R) ::= LPAREN(A) constant_items(L) COMMA(T) RPAREN(B). {
    R = eqli_list_close(&A, eqli_list_comma(cx, L, &T), &B); }
constants(R) ::= LPAREN(A) RPAREN(B).               { R = eqli_list_empty(cx, &A, &B); }
constant_items(R) ::= constant(C).                  { R = eqli_list_push(cx, NULL, C); }
constant_items(R) ::= constant_items(L) COMMA constant(C). { R = eqli_list_push(cx, L, C); }

value(A) ::= constant(A).
value(R) ::= path(P).                             { R = eqli_ast_field(cx, NULL, P); }
value(R) ::= QUESTION(T) path(P).                 { R = eqli_ast_field(cx, &T, P); }
value(R) ::= NAME(N) LPAREN RPAREN(B).            { R = eqli_ast_call(cx, &N, NULL, &B); }
value(R) ::= NAME(N) LPAREN items(L) RPAREN(B).   { R = eqli_ast_call(cx, &N, L, &B); }
value(R) ::= NAME(N) LPAREN items(L) COMMA(C) RPAREN(B). {
    R = eqli_ast_call(cx, &N, eqli_list_comma(cx, L, &C), &B); }
value(R) ::= FOLD_NAME(N) LPAREN RPAREN(B).       { R = eqli_ast_call(cx, &N, NULL, &B); }
value(R) ::= FOLD_NAME(N) LPAREN items(L) RPAREN(B). { R = eqli_ast_call(cx, &N, L, &B); }
value(R) ::= FOLD_NAME(N) LPAREN items(L) COMMA(C) RPAREN(B). {
    R = eqli_ast_call(cx, &N, eqli_list_comma(cx, L, &C), &B); }
value(R) ::= LPAREN(A) expr(E) RPAREN(B).         { R = eqli_ast_parens(&A, E, &B); }

path(R) ::= NAME(T).                                { R = eqli_path_new(cx, &T); }
path(R) ::= QUOTED_NAME(T).                         { R = eqli_path_new(cx, &T); }
path(R) ::= VARIABLE(T).                            { R = eqli_path_new(cx, &T); }
path(R) ::= path(P) DOT part(T).                    { R = eqli_path_add(cx, P, &T); }
path(R) ::= path(P) INDEX(T).                       { R = eqli_path_index(cx, P, &T); }

constant(R) ::= word(T).                            { R = eqli_ast_word(cx, &T); }
constant(R) ::= number(T).                          { R = eqli_ast_number(cx, &T); }
constant(R) ::= STRING(T).                          { R = eqli_ast_string(cx, &T); }
constant(R) ::= OPERAND.                            { R = NULL; }
