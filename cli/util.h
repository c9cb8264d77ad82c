/* util.h - small helpers of the command: memory that ends the program when short, a growing string, UTF-8,
 * JSON. */
#ifndef EQLC_UTIL_H
#define EQLC_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Exit codes of every command; the highest that applies wins. */
enum { EQLC_EXIT_OK = 0, EQLC_EXIT_FINDINGS = 1, EQLC_EXIT_COMPILE = 2, EQLC_EXIT_USAGE = 3 };

/* Prints "eqlc: MESSAGE" to stderr and exits with EQLC_EXIT_USAGE. */
void eqlc_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* As malloc, realloc and strdup, but end the program when memory is short. eqlc_grow makes room for `want`
 * elements of `size` bytes, at least doubling *cap. The length of eqlc_copy excludes the NUL it adds. */
void *eqlc_alloc(size_t size);
void *eqlc_grow(void *ptr, size_t *cap, size_t want, size_t size);
char *eqlc_copy(const char *text, size_t len);

/* Text that grows; {NULL, 0, 0} is empty. data is NUL-terminated once something was added. */
typedef struct eqlc_buf {
    char *data;
    size_t len, cap;
} eqlc_buf;

void eqlc_buf_add(eqlc_buf *b, const void *bytes, size_t len);
void eqlc_buf_text(eqlc_buf *b, const char *text);
void eqlc_buf_char(eqlc_buf *b, char c);
void eqlc_buf_format(eqlc_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void eqlc_buf_clear(eqlc_buf *b); /* frees and empties */
/* An eqlm_write_fn whose ctx is the eqlc_buf to add to. */
bool eqlc_buf_write(void *b, const void *bytes, size_t len);

/* Appends a JSON string with its quotes; invalid UTF-8 becomes U+FFFD. eqlc_buf_json_cstr writes null for
 * NULL. */
void eqlc_buf_json(eqlc_buf *b, const char *text, size_t len);
void eqlc_buf_json_cstr(eqlc_buf *b, const char *text);

/* Length in bytes (1 to 4) of the code point at text[0 .. len), len > 0; a byte that forms none counts alone
 * and is *code = EQLC_BAD_UTF8. */
#define EQLC_BAD_UTF8 UINT32_MAX
size_t eqlc_utf8(const char *text, size_t len, uint32_t *code);
/* Appends a code point as UTF-8. */
void eqlc_buf_utf8(eqlc_buf *b, uint32_t code);

/* Writes n with a comma at the thousands into out. */
const char *eqlc_count_text(uint64_t n, char out[32]);

/* The candidate (NULL ends the list) that word is a likely misspelling of, or NULL. */
const char *eqlc_nearest(const char *word, const char *const *candidates);

#ifdef __cplusplus
}
#endif
#endif
