/* format.h - the small formatter behind messages: no stdio, no locale, no memory of its own. */
#ifndef EQLI_FORMAT_H
#define EQLI_FORMAT_H

#include <stdarg.h>

#include "eqlmini.h"

#define EQLI_MESSAGE_MAX 400 /* bytes of one message, the final NUL included */

/* Writes the format (language: diag.h) to out, cut at a character when it is too long; always ends in NUL.
 * Returns the length without the NUL. */
size_t eqli_format(char out[EQLI_MESSAGE_MAX], const char *format, va_list args);

#endif
