/* codegen.h - checked tree to program. */
#ifndef EQLI_CODEGEN_H
#define EQLI_CODEGEN_H

#include "program/program.h"
#include "syntax/ast.h"

/* The program of a checked query without errors, verified and ready to run. NULL: reported in cx (failed) or
 * no memory (nomem). */
eqlm_program *eqli_codegen(eqli_cx *cx, const eqli_query *q);

#endif
