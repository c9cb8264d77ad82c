/* front.h - runs the front end on one text for unit tests. */
#ifndef TEST_FRONT_H
#define TEST_FRONT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "syntax/ast.h"
#include "syntax/tree.h"

typedef struct front {
    eqli_cx cx;
    eqli_query *query;
    char *source; /* exactly as long as the text, so that sanitizers see a read behind it */
} front;

static inline void front_init(front *f, const eqlm_alloc *alloc, eqlm_dialect dialect, const char *text, size_t len)
{
    memset(f, 0, sizeof *f);
    f->source = malloc(len ? len : 1);
    assert_non_null(f->source);
    memcpy(f->source, text, len);
    f->cx.alloc = eqli_mem_default(alloc);
    f->cx.source = (eqlm_str){ f->source, len };
    f->cx.options.dialect = dialect;
    f->cx.options.limits = (eqlm_limits){
        .max_source = 1 << 20, .max_depth = 250, .max_nodes = 1000000, .max_diags = 100
    };
    eqli_arena_init(&f->cx.arena, &f->cx.alloc, SIZE_MAX);
    (void)eqlm_diags_new(alloc, &f->cx.diags); /* NULL without memory */
}

static inline void front_clear(front *f)
{
    eqli_arena_clear(&f->cx.arena);
    eqlm_diags_free(f->cx.diags);
    free(f->source);
}

static inline void front_parse(front *f, eqlm_dialect dialect, const char *text)
{
    front_init(f, NULL, dialect, text, strlen(text));
    assert_non_null(f->cx.diags);
    f->query = eqli_parse_query(&f->cx);
    eqli_diags_finish(f->cx.diags, f->cx.source);
}

typedef struct text_buffer {
    char text[4096];
    size_t len;
} text_buffer;

static inline bool write_text(void *ctx, const void *bytes, size_t len)
{
    text_buffer *b = ctx;
    if (len >= sizeof b->text - b->len)
        return false;
    memcpy(b->text + b->len, bytes, len);
    b->len += len;
    b->text[b->len] = '\0';
    return true;
}

/* The tree of a text that must parse. */
static inline void assert_tree(eqlm_dialect dialect, const char *text, const char *want)
{
    front f;
    text_buffer b = { .len = 0 };
    front_parse(&f, dialect, text);
    if (eqlm_diags_count(f.cx.diags))
        fail_msg("%s: %s", text, eqlm_diags_get(f.cx.diags, 0)->message);
    assert_non_null(f.query);
    assert_true(eqli_tree_write(f.query, false, write_text, &b));
    assert_string_equal(b.text, want);
    front_clear(&f);
}

/* The codes of all diagnostics in order of the text, "E101 E201", or "" when the text is accepted. */
static inline void assert_codes(eqlm_dialect dialect, const char *text, const char *want)
{
    front f;
    text_buffer b = { .len = 0 };
    front_parse(&f, dialect, text);
    for (size_t i = 0; i < eqlm_diags_count(f.cx.diags); i++) {
        const eqlm_diag *d = eqlm_diags_get(f.cx.diags, i);
        assert_true(d->start <= d->end && d->end <= strlen(text));
        assert_true(d->line >= 1 && d->column >= 1 && d->end_line >= d->line);
        if (i)
            write_text(&b, " ", 1);
        write_text(&b, d->code, strlen(d->code));
    }
    if (strcmp(b.text, want) != 0)
        fail_msg("%s\n  gives \"%s\", not \"%s\"", text, b.text, want);
    assert_int_equal(f.cx.failed, eqlm_diags_errors(f.cx.diags) > 0);
    front_clear(&f);
}

#endif
