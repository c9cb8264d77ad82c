#!/usr/bin/env bash
# check_symbols.sh - what the built libraries define and use:
#   - the shared library exports eqlm_* and nothing else,
#   - the archive defines eqlm_* and eqli_* and nothing else,
#   - neither calls a function the library does without (below),
#   - there is no writable data,
#   - the shared library is small, built as the Makefile proposes.
set -u
build=${BUILD:-build}
lib=$build/libeqlmini.a
so=$build/libeqlmini.so
n=0 failed=0

# Output and input, ending the process, process-wide state, what depends on the locale, and unbounded copies.
# The allocator hook's default, base/mem.c, is the only user of realloc and free.
banned='^(v?(f|s|sn|d|as)?printf|puts|fputs|putchar|fputc|putc|fwrite|fread|fopen|fclose|perror|__.*printf_chk'
banned+='|abort|exit|_exit|_Exit|atexit|raise|signal|__assert_fail|_?setjmp|__sigsetjmp|_?longjmp|__longjmp_chk'
banned+='|setlocale|localeconv|newlocale|uselocale|getenv|setenv|system|time|localtime|gmtime|mktime|strftime|rand|srand'
banned+='|strto(d|f|ld|l|ll|ul|ull)|__isoc[0-9]+_.*|ato[fil]|atoll|s?scanf|toupper|tolower|is(alnum|alpha|ascii|blank|cntrl)'
banned+='|is(digit|graph|lower|print|punct|space|upper|xdigit)|__ctype_.*|str(case|ncase)cmp|strcoll|strxfrm|strerror|strtok'
banned+='|mbs?r?towcs?|wcs?r?tombs?|tow(upper|lower)|isw.*|strcpy|strcat|gets|stpcpy|strdup|strndup|alloca|qsort|bsearch'
banned+='|malloc|calloc|realloc|reallocarray|free|aligned_alloc|posix_memalign|mmap|errno|__errno_location)$'

report() { # name, offending lines
    n=$((n + 1))
    if [ -z "$2" ]; then
        echo "ok $n - $1"
    else
        echo "not ok $n - $1"
        printf '%s\n' "$2" | sed 's/^/# /'
        failed=1
    fi
}

if nm "$lib" | grep -qE ' (__asan|__ubsan|__tsan|__msan|__sanitizer|__gcov|__llvm_prof)'; then
    echo "ok 1 - symbols # SKIP instrumented build"
    exit 0
fi

exported=$(nm -D --defined-only "$so" | awk '{ print $NF }')
report "the shared library exports something" "$([ -n "$exported" ] || echo nothing)"
report "the shared library exports eqlm_ names only" "$(printf '%s\n' "$exported" | grep -v '^eqlm_')"

defined=$(nm --defined-only --extern-only "$lib" | awk 'NF == 3 { print $3 }')
report "the archive defines eqlm_ and eqli_ names only" "$(printf '%s\n' "$defined" | grep -vE '^eql[mi]_')"

# Every function of the header is there; eqlm_ecs_type lives in a library of its own.
wanted=$(awk '/^EQLM_API/ { if (match($0, /eqlm_[a-z0-9_]+\(/)) print substr($0, RSTART, RLENGTH - 1) }' include/eqlmini.h)
missing=$(printf '%s\n' "$wanted" | grep -v '^eqlm_ecs_' | while read -r name; do
    grep -qxF "$name" <<< "$exported" || echo "$name"
done)
report "the shared library has every function of eqlmini.h" "$missing"

report "the shared library needs nothing of its own that it lacks" \
    "$(nm -D --undefined-only "$so" | awk '{ print $NF }' | grep -E '^eql[mi]_')"

used=$(nm -A --undefined-only "$lib" | awk '{ sub(/:$/, "", $1); print $1, $NF }' | awk -v banned="$banned" '
    $2 ~ banned && !($1 ~ /mem\.o/ && $2 ~ /^(malloc|realloc|free)$/)')
report "no function that the library does without" "$used"

writable=$(objdump -t "$lib" | awk '
    /file format/ { file = $1 }
    $0 ~ /[ \t](\.data|\.bss|\.tdata|\.tbss|\*COM\*)(\.[A-Za-z0-9_.]+)?[ \t]/ && $0 !~ /\.data\.rel\.ro/ {
        if ($(NF - 1) !~ /^0+$/) print file, $0
    }')
report "no writable data" "$writable"

# Other flags give other sizes.
if [ "${CFLAGS:-}" = '-O2 -g' ] && [ -z "${ASSERT:-}" ] && [ "$(uname -m)" = x86_64 ]; then
    most=250000
    stripped=$(mktemp)
    strip -o "$stripped" "$so"
    bytes=$(wc -c < "$stripped")
    rm -f "$stripped"
    report "the stripped shared library has at most $most bytes" \
        "$([ "$bytes" -le $most ] || echo "it has $bytes")"
fi
exit $failed
