/* w1_library.c - the library a row of bench_w1 measures. Compiled twice: W1_LIBRARY is w1_default, or w1_portable in an
 * object that has a library without SIMD in it, of which nothing else can be seen from outside. */
#include "w1.h"

const w1_library W1_LIBRARY = { w1_schema,    w1_compile,        eqlm_vm_new,     eqlm_match,
                                eqlm_vm_free, eqlm_program_free, eqlm_schema_free };
