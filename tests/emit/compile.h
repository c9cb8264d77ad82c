/* compile.h - generated C as a file on disk, compiled with $CC and loaded into this process. */
#ifndef TE_COMPILE_H
#define TE_COMPILE_H

#include "eqlmini.h"

#include <stdio.h>

/* A file of queries being written. */
typedef struct te_file {
    char *path, *library; /* what.c, what.so below $BUILD/tests/emit */
    FILE *out;
    void *handle;
    char **names;
    size_t n, cap;
} te_file;

/* All of these end the program when a file cannot be written or the compiler fails, also for a warning. */
void te_file_begin(te_file *f, const char *what);
/* The query as native code under `name`; false: eqlm_emit_c_rule refused it. */
bool te_file_add(te_file *f, const char *name, const eqlm_program *p, eqlm_str source);
/* Compiles all the files, two at a time, and loads them. */
void te_files_load(te_file *files, size_t n);
const eqlm_native_rule *te_file_find(const te_file *f, const char *name);
void te_file_clear(te_file *f);

#endif
