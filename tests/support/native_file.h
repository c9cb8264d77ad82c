/* native_file.h - generated C as a file on disk, compiled with $CC and loaded into this process. */
#ifndef TS_NATIVE_FILE_H
#define TS_NATIVE_FILE_H

#include "eqlmini.h"

#include <stdio.h>

/* A file of queries being written. */
typedef struct ts_native_file {
    char *path, *library; /* what.c, what.so below $BUILD/native */
    FILE *out;
    void *handle;
    char **names;
    size_t n, cap;
} ts_native_file;

/* All of these end the program when a file cannot be written or the compiler fails, also for a warning. */
void ts_native_begin(ts_native_file *f, const char *what);
/* The query as native code under `name`; false: eqlm_emit_c_rule refused it. */
bool ts_native_add(ts_native_file *f, const char *name, const eqlm_program *p, eqlm_str source);
/* Compiles all the files, two at a time, and loads them. */
void ts_native_load(ts_native_file *files, size_t n);
const eqlm_native_rule *ts_native_find(const ts_native_file *f, const char *name);
void ts_native_clear(ts_native_file *f);

#endif
