#!/usr/bin/env bash
# The header and its macros as C++20 and as C11, with all warnings, and their meaning in both.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
read -ra cc <<< "${CC:-cc} ${CPPFLAGS:-}"
read -ra cxx <<< "${CXX:-c++} ${CPPFLAGS:-}"
# A designator list that leaves members out is what the macros are; g++ warns about it in C++ alone.
warnings=(-Iinclude -Wall -Wextra -pedantic -Wno-missing-field-initializers -Werror -fsyntax-only)

program='#include "eqlmini.h"
struct text { const char *p; uint16_t n; };
struct ev {
    bool has, flag;
    int32_t i;
    uint64_t u;
    float f;
    char chars[7];
    const char *cstr, *str;
    uint32_t str_len;
    const char **args;
    uint8_t n_args;
    struct text texts[3];
    uint16_t n_texts;
    eqlm_value value;
};
static QUALIFIER eqlm_field fields[] = {
    { EQLM_FIELD_BOOL("a", struct ev, flag), .present = EQLM_PRESENT(struct ev, has) },
    { EQLM_FIELD_INT("b", struct ev, i), .type = EQLM_TYPE_DATE },
    { EQLM_FIELD_UINT("c", struct ev, u), .type = EQLM_TYPE_LONG, .present = EQLM_PRESENT(struct ev, has) },
    { EQLM_FIELD_FLOAT("d", struct ev, f) },
    { EQLM_FIELD_CHARS("e", struct ev, chars) },
    { EQLM_FIELD_CSTR("f", struct ev, cstr), .type = EQLM_TYPE_IP },
    { EQLM_FIELD_STR("g", struct ev, str, str_len), .present = EQLM_PRESENT(struct ev, has), .parent = NULL },
    { EQLM_FIELD_ARRAY("h", EQLM_STORE_CSTR, struct ev, args, n_args, EQLM_ARRAY_POINTER) },
    { EQLM_FIELD_STR_ARRAY("i", struct ev, texts, struct text, n, n_texts, EQLM_ARRAY_INLINE) },
    { EQLM_FIELD_VALUE("j", struct ev, value) },
    { EQLM_FIELD_OBJECT("k", struct ev, i) },
};'
checks='
static_assert(fields[0].storage == EQLM_STORE_BOOL && fields[0].present == 1);
static_assert(fields[2].size == 8 && fields[2].offset == offsetof(ev, u) && fields[2].type == EQLM_TYPE_LONG);
static_assert(fields[6].len_size == 4 && fields[6].len_offset == offsetof(ev, str_len));
static_assert(fields[6].storage == EQLM_STORE_STR && fields[6].offset == offsetof(ev, str));
static_assert(fields[7].shape == EQLM_ARRAY_POINTER && fields[7].count_offset == offsetof(ev, n_args));
static_assert(fields[7].count_size == 1 && fields[7].stride == sizeof(char *) && fields[7].len_size == 0);
static_assert(fields[8].storage == EQLM_STORE_STR && fields[8].len_size == 2 && fields[8].stride == sizeof(text));
static_assert(fields[8].len_offset == offsetof(text, n) && fields[8].count_size == 2);
eqlm_stream_options options = { .size = sizeof(options), .max_state = 1, .n_shards = 2 };'

compiles() { # language, compiler...: standard input
    local language=$1
    shift
    "$@" "${warnings[@]}" -x "$language" -
}

check "C++20" compiles c++ "${cxx[@]}" -std=c++20 -DQUALIFIER=constexpr <<< "$program$checks"
check "C11" compiles c "${cc[@]}" -std=c11 -DQUALIFIER=const <<< "$program
const eqlm_field *use(void);
const eqlm_field *use(void) { return fields; }"
tap_end
