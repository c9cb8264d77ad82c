/* version.h - order of software versions (language 5): semantic versions before everything else, prerelease
 * before release, numbers by value; texts that are no version sort after all versions, by bytes. */
#ifndef EQLI_VERSION_H
#define EQLI_VERSION_H

#include "eqlmini.h"

int eqli_version_compare(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
