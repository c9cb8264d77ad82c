#!/usr/bin/env bash
# The examples print what they should: built in the tree, and built as an embedder would against an installed copy
# (shared, static, and as the amalgamation); and uninstalling leaves nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
build=${BUILD:-build}
read -ra cc <<< "${CC:-cc} ${CFLAGS:-} ${CPPFLAGS:-} ${LDFLAGS:-}"
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
rule=examples/rules/hidden_run_key.eql

run_example() { # program, name
    case $2 in
    struct_events) "$1" "$rule" ;;
    native_events) "$1" "$rule" "$tmp/rule.c" ;;
    *) "$1" ;;
    esac
}

# Every example has an expectation, so that a new one is not forgotten.
for source in examples/*.c; do
    name=$(basename "$source" .c)
    check_text "$name in the tree" "$(cat "tests/api/expected_$name.txt")" \
        "$(run_example "$build/examples/$name" "$name" 2>&1)"
done

# A rule as C: as the example writes it, for its own struct, and as eqlc writes it, for any events.
native() { # NAME, FILE, flag
    check "the code of $1 compiles" "${cc[@]}" -std=c11 -Iinclude -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror \
        -DBUILT_IN $3 examples/native_events.c "$2" "$build/libeqlmini.a" -o "$tmp/native" &&
        check_text "native_events runs with the code of $1" "$(cat tests/api/expected_native_events_built.txt)" \
            "$("$tmp/native" 2>&1)"
}
native native_events "$tmp/rule.c" ''
check "eqlc writes C" "$build/eqlc" build --emit c -o "$tmp/any.c" "$rule" &&
    native eqlc "$tmp/any.c" -Dhidden_run_key=eql_autostart_entry_hidden_from_registry_editors

prefix=/opt/eqlmini
check "make install" "${MAKE:-make}" -s BUILD="$build" PREFIX=$prefix DESTDIR="$tmp/root" install || tap_end
export PKG_CONFIG_PATH=$tmp/root$prefix/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$tmp/root
for name in struct_events getter_events; do
    want=$(cat "tests/api/expected_$name.txt")
    # shellcheck disable=SC2046 # a list of flags
    check "$name builds with pkg-config" "${cc[@]}" "examples/$name.c" -o "$tmp/$name" \
        $(pkg-config --cflags --libs libeqlmini) &&
        check_text "$name with the shared library" "$want" \
            "$(export LD_LIBRARY_PATH=$tmp/root$prefix/lib; run_example "$tmp/$name" "$name" 2>&1)"
    check "$name builds with the archive" "${cc[@]}" "-I$tmp/root$prefix/include" "examples/$name.c" \
        -o "$tmp/$name" "$tmp/root$prefix/lib/libeqlmini.a" &&
        check_text "$name with the archive" "$want" "$(run_example "$tmp/$name" "$name" 2>&1)"
done
check "the installed version is the header's" test "$(pkg-config --modversion libeqlmini)" = \
    "$(awk '/^#define EQLM_VERSION_/ { v = v s $3; s = "." } END { print v }' include/eqlmini.h)"
check_text "the command runs where it was installed" "8" \
    "$("$tmp/root$prefix/bin/eqlc" run -r "$rule" --format ndjson examples/events/*.ndjson | wc -l)"

check "make uninstall" "${MAKE:-make}" -s BUILD="$build" PREFIX=$prefix DESTDIR="$tmp/root" uninstall
check_text "uninstall leaves no file" "" "$(find "$tmp/root" ! -type d)"

check "make amalgamation" "${MAKE:-make}" -s BUILD="$build" amalgamation &&
    check "the amalgamation compiles alone" "${cc[@]}" -std=c11 -c "$build/amalgamation/eqlmini.c" \
        -o "$tmp/eqlmini.o" &&
    check "an example builds with it" "${cc[@]}" -I"$build/amalgamation" examples/struct_events.c "$tmp/eqlmini.o" \
        -o "$tmp/amalgamated" &&
    check_text "an example runs with it" "$(cat tests/api/expected_struct_events.txt)" \
        "$("$tmp/amalgamated" "$rule" 2>&1)"
tap_end
