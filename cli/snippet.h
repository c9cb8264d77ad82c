/* snippet.h - a line or two of a file with carets under a span, for terminals. */
#ifndef EQLC_SNIPPET_H
#define EQLC_SNIPPET_H

#include "util.h"

/* Escape sequences, all empty without colours. */
typedef struct eqlc_paint {
    const char *mark;   /* carets, in the colour of the severity */
    const char *gutter; /* line numbers and frame */
    const char *bold, *reset;
} eqlc_paint;

/* The span [start, end) of a text, and where it stands. */
typedef struct eqlc_excerpt {
    const char *text;
    size_t len;
    size_t start, end;
    uint32_t line, end_line, end_column;
    unsigned columns; /* of the terminal; 0: unknown */
} eqlc_excerpt;

/* Appends the lines of the span with its carets; line numbers are `gutter` columns wide. Tabs are expanded,
 * long lines are cut around the caret; a span over several lines shows its first and its last. */
void eqlc_snippet(eqlc_buf *b, const eqlc_excerpt *excerpt, int gutter, const eqlc_paint *paint);

/* Whether a code point (EQLC_BAD_UTF8: bytes that are none) would make a terminal show something else. */
bool eqlc_is_harmful(uint32_t code);
/* Appends text with control characters, direction marks and invalid UTF-8 made harmless. */
void eqlc_visible(eqlc_buf *b, const char *text);

#endif
