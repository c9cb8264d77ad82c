/* save.h - what save.c and restore.c share. */
#ifndef EQLI_STREAM_SAVE_H
#define EQLI_STREAM_SAVE_H

#include "base/pack.h"
#include "stream/stream.h"

#define EQLI_STATE_MAGIC "EQLMSTR\x1a"

enum { EQLI_STATE_VERSION = 2, EQLI_STATE_HEADER = 28 };

#endif
