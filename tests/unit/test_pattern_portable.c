/* The tests of pattern sets over the code for machines without SSE2. */
#define EQLI_NO_SIMD
#include "ops/pattern.c"
#include "ops/pattern_build.c"
#include "ops/pattern_find.c"
#include "ops/pattern_read.c"
#include "ops/pattern_wild.c"
#include "ops/pattern_write.c"

#include "alloc.h"
#include "test_pattern.c"
