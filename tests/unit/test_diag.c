#include "front.h"

#include "alloc.h"
#include "syntax/diag.h"
#include "syntax/source.h"

static eqlm_diags *new_list(void)
{
    eqlm_diags *d = NULL;
    assert_int_equal(eqlm_diags_new(NULL, &d), EQLM_OK);
    return d;
}

static eqlm_str str(const char *text)
{
    return (eqlm_str){ text, strlen(text) };
}

static void test_catalog(void **state)
{
    (void)state;
    size_t n = 0;
    eqlm_diag_info row, other;
    for (; eqlm_diag_catalog(n, &row); n++) {
        assert_int_equal(strlen(row.code), 4);
        assert_int_equal(row.severity, row.code[0] == 'W' ? EQLM_WARNING : EQLM_ERROR);
        assert_non_null(strpbrk(row.code, "EW"));
        for (const char *p = row.name; *p; p++)
            assert_true((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-');
        for (size_t i = 0; i < n; i++) {
            assert_true(eqlm_diag_catalog(i, &other));
            assert_string_not_equal(row.code, other.code);
            assert_string_not_equal(row.name, other.name);
        }
    }
    assert_int_equal(n, EQLI_D_COUNT);
}

static void test_format(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } quoted[] = {
        { "plain", "unknown field 'plain'" },
        { "a\nb\tc\r", "unknown field 'a\\nb\\tc\\r'" },
        { "\x01\xE2\x80\xAE\xFF", "unknown field '\\u{0001}\\u{202E}\\xFF'" },
        { "caf\xC3\xA9", "unknown field 'caf\xC3\xA9'" },
    };
    eqlm_diags *d = new_list();
    for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++) {
        eqli_diag_at(d, (eqli_span){ 0, 0 }, EQLI_D_UNKNOWN_FIELD, str(quoted[i].text));
        assert_string_equal(eqlm_diags_get(d, i)->message, quoted[i].message);
    }
    eqlm_diags_clear(d);
    static const struct {
        uint32_t c;
        const char *message;
    } chars[] = {
        { '#', "unexpected character '#'" },
        { 0x201C, "unexpected character '\xE2\x80\x9C' (U+201C)" },
        { 0xA0, "unexpected character U+00A0" },
        { 7, "unexpected character U+0007" },
        { 0x1F600, "unexpected character '\xF0\x9F\x98\x80' (U+1F600)" },
    };
    for (size_t i = 0; i < sizeof chars / sizeof *chars; i++) {
        eqli_diag_at(d, (eqli_span){ 0, 0 }, EQLI_D_UNEXPECTED_CHAR, chars[i].c);
        assert_string_equal(eqlm_diags_get(d, i)->message, chars[i].message);
    }
    eqlm_diags_clear(d);
    eqli_diag_at(d, (eqli_span){ 0, 0 }, EQLI_D_ARGUMENT_TYPE, (uint32_t)2, "length", "a string", "a number");
    assert_string_equal(eqlm_diags_get(d, 0)->message, "argument 2 of 'length' must be a string, this is a number");
    eqli_diag_hint(d, "100%% of %d", -5);
    assert_string_equal(eqlm_diags_get(d, 0)->hint, "100% of -5");
    eqlm_diags_free(d);
}

static void test_long_text_is_shortened(void **state)
{
    (void)state;
    char text[1000];
    eqlm_diags *d = new_list();
    memset(text, 'x', sizeof text);
    eqli_diag_at(d, (eqli_span){ 0, 0 }, EQLI_D_UNKNOWN_FIELD, (eqlm_str){ text, sizeof text });
    const char *message = eqlm_diags_get(d, 0)->message;
    assert_true(strlen(message) < 120);
    assert_string_equal(message + strlen(message) - 4, "...'");
    text[sizeof text - 1] = '\0';
    eqli_diag_at(d, (eqli_span){ 0, 0 }, EQLI_D_CONST_ERROR, text);
    assert_true(strlen(eqlm_diags_get(d, 1)->message) < 400);
    eqlm_diags_free(d);
}

static void test_order_and_repeats(void **state)
{
    (void)state;
    eqlm_diags *d = new_list();
    eqli_diag_at(d, (eqli_span){ 9, 10 }, EQLI_D_EMPTY_LIST);
    eqli_diag_at(d, (eqli_span){ 2, 4 }, EQLI_D_FIELD_UNKNOWN, str("x"));
    eqli_diag_hint(d, "kept");
    eqli_diag_at(d, (eqli_span){ 9, 10 }, EQLI_D_ARRAY_INDEX);
    eqli_diag_at(d, (eqli_span){ 9, 10 }, EQLI_D_EMPTY_LIST);
    assert_int_equal(eqlm_diags_errors(d), 3);
    eqli_diags_finish(d, str("0123\n567\r\n90"));
    assert_int_equal(eqlm_diags_count(d), 3);
    assert_int_equal(eqlm_diags_errors(d), 2);
    const eqlm_diag *first = eqlm_diags_get(d, 0);
    assert_string_equal(first->code, "W101");
    assert_string_equal(first->hint, "kept");
    assert_int_equal(first->line, 1);
    assert_int_equal(first->column, 3);
    assert_int_equal(first->end_column, 5);
    assert_string_equal(eqlm_diags_get(d, 1)->code, "E218");
    assert_int_equal(eqlm_diags_get(d, 1)->line, 2);
    assert_int_equal(eqlm_diags_get(d, 1)->end_line, 3);
    assert_int_equal(eqlm_diags_get(d, 1)->end_column, 1);
    assert_string_equal(eqlm_diags_get(d, 2)->code, "E221");
    assert_null(eqlm_diags_get(d, 3));
    eqlm_diags_clear(d);
    assert_int_equal(eqlm_diags_count(d), 0);
    eqlm_diags_free(d);
}

static void test_maximum(void **state)
{
    (void)state;
    eqlm_diags *d = new_list();
    eqli_diags_set_max(d, 3);
    for (uint32_t i = 0; i < 5; i++)
        eqli_diag_at(d, (eqli_span){ i, i }, EQLI_D_DUPLICATE_MEMBER);
    eqli_diag_hint(d, "belongs to a dropped entry");
    assert_int_equal(eqlm_diags_count(d), 3);
    assert_int_equal(eqlm_diags_dropped(d), 2);
    assert_null(eqlm_diags_get(d, 2)->hint);
    /* However many warnings came first, an error is shown. */
    eqli_diag_at(d, (eqli_span){ 9, 9 }, EQLI_D_EMPTY_LIST);
    assert_int_equal(eqlm_diags_errors(d), 1);
    assert_string_equal(eqlm_diags_get(d, 2)->code, "E218");
    eqlm_diags_free(d);
}

static void test_source_positions(void **state)
{
    (void)state;
    static const char text[] = "a\nb\r\nc\rd\xC3\xA9\xF0\x9F\x98\x80\xFFz";
    static const uint32_t want[][3] = { { 0, 1, 1 }, { 1, 1, 2 }, { 2, 2, 1 }, { 3, 2, 2 }, { 5, 3, 1 },
                                        { 7, 4, 1 }, { 8, 4, 2 }, { 10, 4, 3 }, { 14, 4, 4 }, { 15, 4, 5 },
                                        { 16, 4, 6 } };
    enum { N = sizeof want / sizeof *want };
    eqli_source_mark marks[N];
    for (uint32_t i = 0; i < N; i++)
        marks[N - 1 - i] = (eqli_source_mark){ .offset = want[i][0], .owner = i };
    eqli_source_locate((eqlm_str){ text, sizeof text - 1 }, marks, N);
    for (uint32_t i = 0; i < N; i++) {
        assert_int_equal(marks[i].owner, i);
        assert_int_equal(marks[i].line, want[i][1]);
        assert_int_equal(marks[i].column, want[i][2]);
    }
}

static void assert_hint(const char *word, const char *const *candidates, size_t n, const char *want)
{
    eqlm_diags *d = new_list();
    eqli_suggest s;
    eqli_suggest_init(&s, str(word));
    for (size_t i = 0; i < n; i++)
        eqli_suggest_offer(&s, str(candidates[i]));
    eqli_diag_at(d, (eqli_span){ 0, 0 }, EQLI_D_EMPTY_LIST);
    eqli_suggest_hint(&s, d);
    if (want)
        assert_string_equal(eqlm_diags_get(d, 0)->hint, want);
    else
        assert_null(eqlm_diags_get(d, 0)->hint);
    eqlm_diags_free(d);
}

static void test_suggest(void **state)
{
    (void)state;
    static const char *const names[] = { "length", "concat", "number", "string", "between", "length" };
    assert_hint("lenght", names, 6, "did you mean 'length'?"); /* neighbours swapped: one slip */
    assert_hint("LENGTH", names, 6, "did you mean 'length'?");
    assert_hint("concta", names, 6, "did you mean 'concat'?");
    assert_hint("betwen", names, 6, "did you mean 'between'?");
    assert_hint("xyzzy", names, 6, NULL);
    assert_hint("", names, 6, NULL);
    static const char *const near[] = { "user.namex", "user.nam", "user.name", "user.names", "user.n" };
    assert_hint("user.nome", near, 5, "did you mean 'user.name', 'user.namex' or 'user.nam'?");
    static const char *const two[] = { "pid", "ppid" };
    assert_hint("pidd", two, 2, "did you mean 'pid' or 'ppid'?");
    static const char *const units[] = { "s", "m" };
    assert_hint("S", units, 2, "did you mean 's'?");
    char huge[200];
    memset(huge, 'a', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    const char *const same[] = { huge };
    assert_hint(huge, same, 1, NULL); /* too long to compare */
}

static void test_want_of_memory(void **state)
{
    (void)state;
    for (size_t at = 1;; at++) {
        ts_alloc a;
        eqlm_diags *d;
        ts_alloc_init(&a);
        ts_alloc_arm(&a, at);
        eqlm_status status = eqlm_diags_new(&a.hook, &d);
        assert_int_equal(status, d ? EQLM_OK : EQLM_E_NOMEM);
        for (uint32_t i = 0; d && i < 40; i++) {
            eqli_diag_at(d, (eqli_span){ i, i }, EQLI_D_UNKNOWN_FIELD, str("some.field"));
            eqli_diag_hint(d, "a hint");
        }
        if (d) {
            eqli_diags_finish(d, str("0123456789012345678901234567890123456789"));
            assert_int_equal(eqli_diags_nomem(d), a.failed);
        }
        eqlm_diags_free(d);
        assert_int_equal(a.live_blocks, 0);
        assert_false(a.corrupt);
        if (!a.failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catalog),           cmocka_unit_test(test_format),
        cmocka_unit_test(test_long_text_is_shortened), cmocka_unit_test(test_order_and_repeats),
        cmocka_unit_test(test_maximum),           cmocka_unit_test(test_source_positions),
        cmocka_unit_test(test_suggest),           cmocka_unit_test(test_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
