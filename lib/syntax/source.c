#include "syntax/source.h"

#include "base/text.h"

static void sort_marks(eqli_source_mark *marks, size_t n)
{
    for (size_t gap = n / 2; gap > 0; gap /= 2) {
        for (size_t i = gap; i < n; i++) {
            eqli_source_mark m = marks[i];
            size_t j = i;
            for (; j >= gap && marks[j - gap].offset > m.offset; j -= gap)
                marks[j] = marks[j - gap];
            marks[j] = m;
        }
    }
}

void eqli_source_locate(eqlm_str source, eqli_source_mark *marks, size_t n)
{
    sort_marks(marks, n);
    const char *p = source.ptr, *end = source.ptr + source.len;
    uint32_t line = 1, column = 1;
    for (size_t i = 0; i < n; i++) {
        const char *stop = source.ptr + marks[i].offset;
        while (p < stop) {
            uint32_t c = eqli_utf8_next(&p, end);
            column++;
            /* The CR of CR LF is an ordinary character at the end of its line. */
            if (c == '\n' || (c == '\r' && (p == end || *p != '\n'))) {
                line++;
                column = 1;
            }
        }
        marks[i].line = line;
        marks[i].column = column;
    }
}
