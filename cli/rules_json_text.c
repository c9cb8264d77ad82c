/* rules_json_text.c - which source byte a character of a JSON string came from, which the JSON library does
 * not tell. */
#include "json_problem.h"
#include "rules_read.h"

size_t eqlc_decode_json_string(const char *text, size_t len, size_t offset, eqlc_query *q, size_t *inner_end)
{
    size_t i = offset + 1, verbatim = i;

    if (offset >= len || text[offset] != '"')
        return 0;
    while (i < len && text[i] != '"') {
        uint32_t code;
        size_t next;

        if (text[i] != '\\') {
            i++;
            continue;
        }
        next = eqlc_json_escape(text, len, i, &code);
        if (next == 0)
            return 0;
        eqlc_query_verbatim(q, text + verbatim, i - verbatim, verbatim);
        eqlc_query_escape_code(q, code, i);
        i = verbatim = next;
    }
    if (i >= len)
        return 0;
    eqlc_query_verbatim(q, text + verbatim, i - verbatim, verbatim);
    *inner_end = i;
    return i + 1;
}
