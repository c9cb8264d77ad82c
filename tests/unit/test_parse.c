#include "front.h"

#include "alloc.h"

#define ES(text, tree) assert_tree(EQLM_DIALECT_ES, text, tree)
#define ENDPOINT(text, tree) assert_tree(EQLM_DIALECT_ENDPOINT, text, tree)

static void test_event_queries(void **state)
{
    (void)state;
    ES("process where true", "(event (category \"process\" true))");
    ES("any where null", "(event (any null))");
    ES("\"my kind\" where false", "(event (category \"my kind\" false))");
    ES("ANY where x", "(event (category \"ANY\" x))");
}

static void test_precedence(void **state)
{
    (void)state;
    ES("any where a or b and not c == d", "(event (any (or a (and b (not (== c d))))))");
    ES("any where a + b * -c - d < e % f / g",
       "(event (any (< (- (+ a (* b (negate c))) d) (/ (% e f) g))))");
    /* A test binds to the primary on its left, tighter than a sign or a sum (language 2). */
    ES("any where a + 1 in (2)", "(event (any (+ a (in 1 2))))");
    ES("any where -a in (1)", "(event (any (negate (in a 1))))");
    ES("any where x : \"a\" == true", "(event (any (== (: x \"a\") true)))");
    ES("any where --5 == + -5", "(event (any (== (negate (negate 5)) (plus (negate 5)))))");
    ES("any where (a == 1) == (b == 2)", "(event (any (== (== a 1) (== b 2))))");
}

static void test_flat_logic(void **state)
{
    (void)state;
    ES("any where a or b or c or d or e or f", "(event (any (or a b c d e f)))");
    ES("any where a and (b and (c and d)) and e", "(event (any (and a b c d e)))");
    ES("any where (a or b) and (c or d or (e or f)) ", "(event (any (and (or a b) (or c d e f))))");
    ES("any where not (a and b) and c", "(event (any (and (not (and a b)) c)))");
}

static void test_predicates(void **state)
{
    (void)state;
    ES("any where a in (1, \"x\", b + 1) and a not in~ (\"y\")",
       "(event (any (and (in a 1 \"x\" (+ b 1)) (not-in~ a \"y\"))))");
    ES("any where a : \"x*\" or a like (\"x\", \"y\") or a like~ \"z\" or a regex \"q\" or a regex~ (\"r\", null, 1.5)",
       "(event (any (or (: a \"x*\") (like a \"x\" \"y\") (like~ a \"z\") (regex a \"q\") "
       "(regex~ a \"r\" null 1.5))))");
}

static void test_operands(void **state)
{
    (void)state;
    ES("any where ?a.`b c`.`with` == null and ?`x.y` == true",
       "(event (any (and (== ?a.b c.with null) (== ?x.y true))))");
    ES("any where length (a . b) > 0 and startsWith~(a, \"x\", f())",
       "(event (any (and (> (length a.b) 0) (startsWith~ a \"x\" (f)))))");
    ES("any where a == 2147483648 or a == 18446744073709551615 or a == 18446744073709551616 or a == .5e1",
       "(event (any (or (== a 2147483648) (== a 18446744073709551615) (== a 1.8446744073709552E19) (== a 5.0))))");
    ES("any where a == \"q\\\"\\\\\\n\\u{7f}\"", "(event (any (== a \"q\\\"\\\\\\u{0a}\\u{7f}\")))");
}

static void test_sequences(void **state)
{
    (void)state;
    ES("sequence by a.b, ?c with maxspan=5m [x where true] by d with runs=3 ![any where q] by e until [z where 1] by f",
       "(sequence (by a.b ?c) maxspan=300000 (term (category \"x\" true) (by d) runs=3) "
       "(missing (any q) (by e)) (until (category \"z\" 1) (by f)))");
    ES("sequence with maxspan=2 d [x where true] with runs=2",
       "(sequence maxspan=172800000 (term (category \"x\" true) runs=2))");
    ES("sample by h [a where true] by x [b where true] by y | tail 2 | head 1 + 1",
       "(sample (by h) (term (category \"a\" true) (by x)) (term (category \"b\" true) (by y)) "
       "(tail 2) (head (+ 1 1)))");
    /* `[0]` after a key is an index, `[name` begins the next term. */
    assert_codes(EQLM_DIALECT_ES, "sequence by a[0] [x where true] [y where true]", "E221");
}

static void test_maxspan_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t ms;
    } rows[] = { { "1ms", 1 }, { "7s", 7000 }, { "2m", 120000 }, { "3h", 10800000 }, { "106751d", 9223286400000 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[100] = "sequence with maxspan=";
        front f;
        strcat(strcat(text, rows[i].text), " [a where true] [b where true]");
        front_parse(&f, EQLM_DIALECT_ES, text);
        assert_non_null(f.query);
        assert_true(f.query->has_maxspan);
        assert_true(f.query->maxspan_ms == rows[i].ms);
        assert_false(f.cx.failed);
        front_clear(&f);
    }
}

static void test_endpoint_dialect(void **state)
{
    (void)state;
    static const char *const both[] = {
        "api where _arraysearch(a.b, $e, $e.c == 1 or $e == \"x\")",
        "api where not descendant of [process where n == 1] and true",
        "any where child of [a where true] or event of [b where true]",
        "sequence [a where true] by k with runs=2 as e0 [b where e0.x == 1] by k",
        "any where a in (1, 2,) or b : (\"x\",) or f(a,)",
    };
    ENDPOINT(both[0], "(event (category \"api\" (_arraysearch a.b $e (or (== $e.c 1) (== $e \"x\")))))");
    ENDPOINT(both[1], "(event (category \"api\" (and (not (descendant of (category \"process\" (== n 1)))) true)))");
    ENDPOINT(both[2], "(event (any (or (child of (category \"a\" true)) (event of (category \"b\" true)))))");
    ENDPOINT(both[3], "(sequence (term (category \"a\" true) (by k) runs=2 as=\"e0\") "
                      "(term (category \"b\" (== e0.x 1)) (by k)))");
    ENDPOINT(both[4], "(event (any (or (in a 1 2) (: b \"x\") (f a))))");
    static const char *const es_codes[] = { "E112 E112 E112", "E228", "E228 E228", "E229", "E219 E219 E219" };
    for (size_t i = 0; i < 5; i++)
        assert_codes(EQLM_DIALECT_ES, both[i], es_codes[i]);
    ES("any where as == 1 and descendant == 2 and event == 3",
       "(event (any (and (== as 1) (== descendant 2) (== event 3))))");
}

typedef struct row {
    const char *text, *codes;
} row;

static void check_rows(eqlm_dialect dialect, const row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_codes(dialect, rows[i].text, rows[i].codes);
}

static void test_syntax_errors(void **state)
{
    (void)state;
    static const row rows[] = {
        { "", "E203" },
        { " // only a comment", "E203" },
        { "process", "E202" },
        { "process where", "E202" },
        { "where true", "E201" },
        { "true", "E201" },
        { "process where a b", "E201" },
        { "process where true process where true", "E201" },
        { "process WHERE a AND b", "E204 E204" },
        { "process wher a", "E201" },
        { "Sequence by a [x where b] [y where c = 1]", "E204 E208" },
        { "sequnce by a [x where b] [y where c = 1]", "E201 E208" },
        { "any where a.with == 1 and of == 2", "E205 E205" },
        { "any where a = 1", "E208" },
        { "any where 1a == 1 and b == 0x10 and c == 1_000", "E213 E213 E213" },
        { "any where 1 < a < 5", "E214" },
        { "any where a == 1 == true", "E214" },
        { "any where a : \"x\" : \"y\"", "E215" },
        { "any where a in (1) in (true)", "E215" },
        { "any where a not like \"x\" and b not : \"y\"", "E216 E216" },
        { "any where a in 1", "E217" },
        { "any where a in b and c = 1", "E217" },
        { "any where a in [1, 2]", "E217" },
        { "any where a in () or b : ()", "E218 E218" },
        { "any where a in (1,)", "E219" },
        { "any where a : other", "E220" },
        { "any where a like concat(\"x\", \"y\") or b = 1", "E220" },
        { "any where a : -1", "E220" },
        { "any where a[0].b == 1", "E221" },
        { "any where a.?b == 1", "E222" },
        { "`process` where true", "E223" },
        { "any where `length`(a) == 1", "E223" },
        { "any where (a == 1", "E225" },
        { "any where ((a == 1) and b", "E225" },
        { "any where f(a", "E225" },
        { "sequence [a where true [b where true]", "E226" },
        { "any where a == 1) and b = 2", "E227 E208" },
        { "any where a] and b = 2", "E227 E208" },
        { "any where a == not b", "E201" },
        { "any where a,", "E201" },
        { "any where true |", "E202" },
        { "any where true | head", "E234" },
        { "any where true | head 1, 2", "E234" },
        { "any where true | sort a | heads 3", "E232 E233" },
    };
    check_rows(EQLM_DIALECT_ES, rows, sizeof rows / sizeof *rows);
    static const row endpoint[] = {
        { "any where parent of [a where true]", "E230" },
        { "any where child of ![a where true]", "E231" },
        { "sequence [a where true] as e by k [b where true] by k", "E239" },
        { "sequence [a where true] as e [b where true] as e", "E252" },
        { "any where a[1] == 1", "E221" },
    };
    check_rows(EQLM_DIALECT_ENDPOINT, endpoint, sizeof endpoint / sizeof *endpoint);
}

static void test_structure_errors(void **state)
{
    (void)state;
    static const row rows[] = {
        { "sequence [a where true]", "E236" },
        { "sequence [a where true] until [b where true]", "E236" },
        { "sequence [a where true] with runs=1", "E236" },
        { "sequence with maxspan=1s ![a where true] ![b where true]", "E237" },
        { "sequence [a where true] ![b where true] [c where true]", "E238" },
        { "sequence with maxspan=5m by a [x where true] [y where true]", "E239" },
        { "sequence [x where true] with runs=2 by a [y where true] by b", "E239" },
        { "sequence [x where true] with maxspan=5s [y where true]", "E239" },
        { "sequence by a by b [x where true] [y where true]", "E240" },
        { "sequence [x where true] by a by a [y where true] by a", "E240" },
        { "sequence with maxspan=0s [x where true] [y where true]", "E241" },
        { "sequence with maxspan=1.5s [x where true] [y where true]", "E242" },
        { "sequence with maxspan=30 [x where true] [y where true]", "E243" },
        { "sequence with maxspan=5w [x where true] [y where true]", "E244" },
        { "sequence with maxspan=5S [x where true] [y where true]", "E244" },
        { "sequence with maxspan=106752d [x where true] [y where true]", "E245" },
        { "sequence with maxspan=99999999999999999999s [x where true] [y where true]", "E245" },
        { "sequence with maxspan=-5s [x where true] [y where true]", "E201" },
        { "sequence maxspan=5s [x where true] [y where true]", "E201" },
        { "sequence [x where true] with runs=0 [y where true]", "E246" },
        { "sequence [x where true] with runs=101", "E246" },
        { "sequence [x where true] with runs=1.5 [y where true]", "E246" },
        { "sequence [x where true] with count=2 [y where true]", "E247" },
        { "sequence by length(a), 1 [x where true] [y where true]", "E248 E248" },
        { "sequence by a [x where true] by b [y where true]", "E249" },
        { "sequence [x where true] by a [y where true] by a until [z where true]", "E249" },
        { "sample [x where true] [y where true]", "E250" },
        { "sample by a with maxspan=5m [x where true] [y where true]", "E251" },
        { "sample by a [x where true] with runs=2", "E251" },
        { "sample by a [x where true] until [y where true]", "E251" },
        { "sample by a ![x where true] [y where true]", "E251" },
        { "join by a [x where true] [y where true]", "E314" },
        { "sequence [x where true] [y where true] until ![z where true]", "E315" },
        { "sequence [x where true] [y where true] until [z where true] with runs=2", "E316" },
    };
    check_rows(EQLM_DIALECT_ES, rows, sizeof rows / sizeof *rows);
}

/* What was understood is kept: the rest of the query is still in the tree. */
static void test_recovery(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tree;
    } rows[] = {
        { "any where a == and b == 2", "(event (any (== b 2)))" },
        { "any where (a == 1 and b", "(event (any (and (== a 1) b)))" },
        { "any where a : x and b == 2", "(event (any (== b 2)))" },
        { "any where 5 (b c) d and e == 1", "(event (any (and 5 (== e 1))))" },
        { "sequence [a where (b == 1] [c where d == 2]",
          "(sequence (term (category \"a\" (== b 1))) (term (category \"c\" (== d 2))))" },
        { "sequence [a where b [c where d]", "(sequence (term (category \"a\" b)) (term (category \"c\" d)))" },
        { "any where a not like \"x\"", "(event (any (not (like a \"x\"))))" },
        { "process", "(event (category \"process\" <error>))" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        front f;
        text_buffer b = { .len = 0 };
        front_parse(&f, EQLM_DIALECT_ES, rows[i].text);
        assert_int_equal(eqlm_diags_errors(f.cx.diags), 1);
        assert_non_null(f.query);
        assert_true(eqli_tree_write(f.query, false, write_text, &b));
        assert_string_equal(b.text, rows[i].tree);
        front_clear(&f);
    }
}

static void test_expected_list(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message, *hint;
    } rows[] = {
        { "process where a b", "unexpected 'b', expected an operator, '|' or the end", NULL },
        { "any where f(a b)", "unexpected 'b', expected an operator, ',' or ')'", NULL },
        { "any where a ==", "the query ends too early, expected an expression", NULL },
        { "sequence by a x [b where c] [d where e]",
          "unexpected 'x', expected an operator, ',', 'by', 'with' or '['", NULL },
        { "process wher a", "unexpected 'wher', expected 'where'", "did you mean 'where'?" },
        { "any where a is null", "unexpected 'is', expected an operator, '|' or the end",
          "compare with '== null' or '!= null'" },
        { "any where a not like \"x\"", "'not' cannot stand before 'like'", "write: not a like ..." },
        { "any where a | hed 1", "unknown pipe 'hed'", "did you mean 'head'?" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        front f;
        front_parse(&f, EQLM_DIALECT_ES, rows[i].text);
        const eqlm_diag *d = eqlm_diags_get(f.cx.diags, 0);
        assert_non_null(d);
        assert_string_equal(d->message, rows[i].message);
        if (rows[i].hint) {
            assert_non_null(d->hint);
            assert_string_equal(d->hint, rows[i].hint);
        } else {
            assert_null(d->hint);
        }
        front_clear(&f);
    }
}

static void test_spans(void **state)
{
    (void)state;
    front f;
    front_parse(&f, EQLM_DIALECT_ES, "any where (a == 1) and f(b, (2))");
    const eqli_node *n = f.query->terms[0].filter->condition;
    assert_int_equal(n->kind, EQLI_N_AND);
    assert_int_equal(n->span.start, 10);
    assert_int_equal(n->span.end, 32);
    assert_int_equal(n->depth, 3);
    assert_int_equal(n->kids[0]->span.start, 11);
    assert_int_equal(n->kids[0]->outer.start, 10);
    assert_int_equal(n->kids[0]->op_span.start, 13);
    assert_int_equal(n->kids[1]->op_span.start, 23);
    assert_int_equal(n->kids[1]->kids[1]->outer.end, 31);
    front_clear(&f);
}

static void test_expression(void **state)
{
    (void)state;
    front f;
    text_buffer b = { .len = 0 };
    static const char text[] = "length(a) + 1";
    front_init(&f, NULL, EQLM_DIALECT_ES, text, strlen(text));
    f.query = eqli_parse_expr(&f.cx);
    assert_non_null(f.query);
    assert_true(eqli_tree_write(f.query, false, write_text, &b));
    assert_string_equal(b.text, "(expression (+ (length a) 1))");
    front_clear(&f);
}

static void test_json_tree(void **state)
{
    (void)state;
    front f;
    text_buffer b = { .len = 0 };
    front_parse(&f, EQLM_DIALECT_ES, "x where not a == \"\\n\" | head 1");
    assert_true(eqli_tree_write(f.query, true, write_text, &b));
    assert_string_equal(b.text, "{\"kind\":\"event\",\"query\":{\"kind\":\"category\",\"category\":\"x\",\"span\":[0,21],"
                                "\"condition\":{\"kind\":\"not\",\"span\":[8,21],\"kids\":[{\"kind\":\"compare\","
                                "\"op\":\"==\",\"span\":[12,21],\"kids\":[{\"kind\":\"field\",\"name\":\"a\","
                                "\"span\":[12,13]},{\"kind\":\"constant\",\"value\":\"\\u000a\",\"span\":[17,21]}]}]}},"
                                "\"pipes\":[{\"kind\":\"head\",\"argument\":{\"kind\":\"constant\",\"value\":1,"
                                "\"span\":[29,30]}}],\"span\":[0,30]}");
    front_clear(&f);
}

static bool refuse(void *ctx, const void *bytes, size_t len)
{
    (void)bytes;
    (void)len;
    return --*(int *)ctx > 0;
}

static void test_tree_stops(void **state)
{
    (void)state;
    front f;
    int left = 5;
    front_parse(&f, EQLM_DIALECT_ES, "x where not a == \"b\"");
    assert_false(eqli_tree_write(f.query, true, refuse, &left));
    assert_int_equal(left, 0);
    front_clear(&f);
}

static const char *parse_with(eqlm_limits limits, const char *text)
{
    static char code[8];
    front f;
    front_init(&f, NULL, EQLM_DIALECT_ES, text, strlen(text));
    f.cx.options.limits = limits;
    f.query = eqli_parse_query(&f.cx);
    const eqlm_diag *d = eqlm_diags_get(f.cx.diags, 0);
    assert_int_equal(f.query == NULL, d != NULL);
    assert_true(eqlm_diags_count(f.cx.diags) <= 1);
    strcpy(code, d ? d->code : "");
    front_clear(&f);
    return code;
}

static void test_limits(void **state)
{
    (void)state;
    static const char text[] = "any where ((f(a, (1 + 2)))) or b";
    const eqlm_limits wide = { .max_source = 1000, .max_depth = 100, .max_nodes = 100 };
    eqlm_limits l = wide;
    l.max_source = sizeof text - 1;
    assert_string_equal(parse_with(l, text), "");
    l.max_source--;
    assert_string_equal(parse_with(l, text), "E601");
    l = wide;
    l.max_depth = 4;
    assert_string_equal(parse_with(l, text), "");
    l.max_depth = 3;
    assert_string_equal(parse_with(l, text), "E602");
    assert_string_equal(parse_with(l, "any where - - - 1"), "E602");
    l = wide;
    l.max_nodes = 7;
    assert_string_equal(parse_with(l, text), "");
    l.max_nodes = 6;
    assert_string_equal(parse_with(l, text), "E603");
}

static void test_too_many_stages(void **state)
{
    (void)state;
    char text[2000] = "sequence ";
    for (size_t i = 0; i < 10; i++)
        strcat(text, "[a where true] with runs=100 ");
    assert_codes(EQLM_DIALECT_ES, text, "");
    assert_codes(EQLM_DIALECT_ES, strcat(text, "[b where true]"), "E607");
}

/* Nesting that outgrows the parser's stack before it reaches a generous limit is refused in the same way. */
static void test_stack_is_bounded(void **state)
{
    (void)state;
    enum { DEPTH = 20000 };
    static const char *const units[] = { "(", "not ", "-", "f(a, ", "descendant of [any where " };
    const eqlm_limits wide = { .max_source = UINT32_MAX, .max_depth = UINT32_MAX, .max_nodes = UINT32_MAX };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t n = strlen(units[i]);
        char *text = malloc(10 + DEPTH * n + 1);
        assert_non_null(text);
        memcpy(text, "any where ", 10);
        for (size_t k = 0; k < DEPTH; k++)
            memcpy(text + 10 + k * n, units[i], n);
        text[10 + DEPTH * n] = '\0';
        front f;
        front_init(&f, NULL, EQLM_DIALECT_ENDPOINT, text, strlen(text));
        f.cx.options.limits = wide;
        assert_null(eqli_parse_query(&f.cx));
        assert_string_equal(eqlm_diags_get(f.cx.diags, 0)->code, "E602");
        front_clear(&f);
        free(text);
    }
}

static void test_too_many_errors(void **state)
{
    (void)state;
    char text[20000] = "any where a";
    front f;
    for (size_t i = 0; i < 900; i++)
        strcat(text, " and b = 1");
    front_parse(&f, EQLM_DIALECT_ES, text);
    assert_int_equal(eqlm_diags_count(f.cx.diags), 100);
    assert_int_equal(eqlm_diags_dropped(f.cx.diags), 1); /* the parser stops there */
    assert_true(f.cx.failed);
    front_clear(&f);
}

static void test_want_of_memory(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "sequence by a, b.`c``d` with maxspan=5m [x where a in (1, \"\\t\", 3, 4, 5) or (b and c and d)] by e "
        "![any where not f(g) : (\"h\", \"i\")] by j until [k where -l == 1] by m | head 1",
        "any where a b and (c = 1 or d in () | hed 1 /* x /* y */",
    };
    for (size_t t = 0; t < 2; t++) {
        for (size_t at = 1;; at++) {
            ts_alloc a;
            front f;
            ts_alloc_init(&a);
            ts_alloc_arm(&a, at);
            front_init(&f, &a.hook, EQLM_DIALECT_ES, texts[t], strlen(texts[t]));
            if (f.cx.diags) {
                f.query = eqli_parse_query(&f.cx);
                eqli_diags_finish(f.cx.diags, f.cx.source);
                if (a.failed)
                    assert_true(f.cx.nomem || eqli_diags_nomem(f.cx.diags));
                if (f.cx.nomem)
                    assert_null(f.query);
            }
            front_clear(&f);
            assert_int_equal(a.live_blocks, 0);
            assert_false(a.corrupt);
            if (!a.failed)
                break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_queries),   cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_flat_logic),      cmocka_unit_test(test_predicates),
        cmocka_unit_test(test_operands),        cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_maxspan_units),   cmocka_unit_test(test_endpoint_dialect),
        cmocka_unit_test(test_syntax_errors),   cmocka_unit_test(test_structure_errors),
        cmocka_unit_test(test_recovery),        cmocka_unit_test(test_expected_list),
        cmocka_unit_test(test_spans),           cmocka_unit_test(test_expression),
        cmocka_unit_test(test_json_tree),       cmocka_unit_test(test_tree_stops),
        cmocka_unit_test(test_limits),          cmocka_unit_test(test_stack_is_bounded),
        cmocka_unit_test(test_too_many_errors), cmocka_unit_test(test_want_of_memory),
        cmocka_unit_test(test_too_many_stages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
