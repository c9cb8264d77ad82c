/* util.c - small helpers of the command. A command that runs out of memory has nothing sensible left to do,
 * so the allocating helpers end the program; the library underneath reports instead. */
#include "util.h"

#include <stdlib.h>
#include <string.h>

void eqlc_die(const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fputs("eqlc: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(EQLC_EXIT_USAGE);
}

void *eqlc_alloc(size_t size)
{
    void *p = malloc(size ? size : 1);

    if (!p)
        eqlc_die("out of memory");
    return p;
}

void *eqlc_grow(void *ptr, size_t *cap, size_t want, size_t size)
{
    size_t n = *cap > SIZE_MAX / 2 ? SIZE_MAX : *cap * 2;
    void *p = NULL;

    if (want <= *cap)
        return ptr;
    if (n < want)
        n = want;
    if (n < 8)
        n = 8;
    if (n <= SIZE_MAX / size)
        p = realloc(ptr, n * size);
    if (!p)
        eqlc_die("out of memory");
    *cap = n;
    return p;
}

char *eqlc_copy(const char *text, size_t len)
{
    char *p = eqlc_alloc(len + 1);

    if (len)
        memcpy(p, text, len);
    p[len] = '\0';
    return p;
}

void eqlc_buf_add(eqlc_buf *b, const void *bytes, size_t len)
{
    if (len > SIZE_MAX - 1 - b->len)
        eqlc_die("out of memory");
    b->data = eqlc_grow(b->data, &b->cap, b->len + len + 1, 1);
    if (len)
        memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void eqlc_buf_text(eqlc_buf *b, const char *text)
{
    eqlc_buf_add(b, text, strlen(text));
}

void eqlc_buf_char(eqlc_buf *b, char c)
{
    eqlc_buf_add(b, &c, 1);
}

void eqlc_buf_format(eqlc_buf *b, const char *format, ...)
{
    va_list args, again;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        eqlc_die("cannot format a message");
    b->data = eqlc_grow(b->data, &b->cap, b->len + (size_t)len + 1, 1);
    vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
    va_end(again);
    b->len += (size_t)len;
}

bool eqlc_buf_write(void *b, const void *bytes, size_t len)
{
    eqlc_buf_add(b, bytes, len);
    return true;
}

void eqlc_buf_clear(eqlc_buf *b)
{
    free(b->data);
    *b = (eqlc_buf) { NULL, 0, 0 };
}

size_t eqlc_utf8(const char *text, size_t len, uint32_t *code)
{
    static const uint32_t smallest[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *s = (const unsigned char *)text;
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xC0 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF8 ? 4 : 0;
    uint32_t c;

    *code = s[0];
    if (n == 1)
        return 1;
    *code = EQLC_BAD_UTF8;
    if (n == 0 || n > len)
        return 1;
    c = s[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 1;
        c = c << 6 | (s[i] & 0x3Fu);
    }
    if (c < smallest[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 1;
    *code = c;
    return n;
}

void eqlc_buf_utf8(eqlc_buf *b, uint32_t code)
{
    unsigned char out[4];
    size_t n;

    if (code < 0x80) {
        out[0] = (unsigned char)code;
        n = 1;
    } else if (code < 0x800) {
        out[0] = (unsigned char)(0xC0 | code >> 6);
        n = 2;
    } else if (code < 0x10000) {
        out[0] = (unsigned char)(0xE0 | code >> 12);
        n = 3;
    } else {
        out[0] = (unsigned char)(0xF0 | (code >> 18 & 0x07));
        n = 4;
    }
    for (size_t i = 1; i < n; i++)
        out[i] = (unsigned char)(0x80 | (code >> (6 * (n - 1 - i)) & 0x3F));
    eqlc_buf_add(b, out, n);
}

static void json_escape(eqlc_buf *b, unsigned char c)
{
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";

    for (size_t i = 0; i + 1 < sizeof letters; i += 2) {
        if (letters[i] == (char)c) {
            eqlc_buf_char(b, '\\');
            eqlc_buf_char(b, letters[i + 1]);
            return;
        }
    }
    eqlc_buf_format(b, "\\u%04x", c);
}

void eqlc_buf_json(eqlc_buf *b, const char *text, size_t len)
{
    size_t done = 0, i = 0;

    eqlc_buf_char(b, '"');
    while (i < len) {
        unsigned char c = (unsigned char)text[i];
        uint32_t code = c;
        size_t n = c < 0x80 ? 1 : eqlc_utf8(text + i, len - i, &code);

        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F || code == EQLC_BAD_UTF8) {
            eqlc_buf_add(b, text + done, i - done);
            if (code == EQLC_BAD_UTF8)
                eqlc_buf_utf8(b, 0xFFFD);
            else
                json_escape(b, c);
            done = i + n;
        }
        i += n;
    }
    if (done < len)
        eqlc_buf_add(b, text + done, len - done);
    eqlc_buf_char(b, '"');
}

void eqlc_buf_json_cstr(eqlc_buf *b, const char *text)
{
    if (text)
        eqlc_buf_json(b, text, strlen(text));
    else
        eqlc_buf_text(b, "null");
}

const char *eqlc_count_text(uint64_t n, char out[32])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    size_t at = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance of two short words, two neighbours exchanged counting as one edit; a large number when they
 * are too long to be worth it. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][33]; /* of the table: row i lies in rows[i % 3] */
    size_t na = strlen(a), nb = strlen(b);

    if (na >= 32 || nb >= 32)
        return SIZE_MAX;
    for (size_t j = 0; j <= nb; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t *row = rows[i % 3];
        const size_t *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            row[j] = least(up[j - 1] + (a[i - 1] != b[j - 1]), least(up[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], up2[j - 2] + 1);
        }
    }
    return rows[na % 3][nb];
}

const char *eqlc_nearest(const char *word, const char *const *candidates)
{
    const char *found = NULL;
    size_t best = strlen(word) < 5 ? 2 : 3; /* one edit in short words, two in longer ones */

    for (; *candidates; candidates++) {
        size_t d = distance(word, *candidates);

        if (d < best) {
            best = d;
            found = *candidates;
        }
    }
    return found;
}
