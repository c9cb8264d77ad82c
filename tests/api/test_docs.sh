#!/usr/bin/env bash
# The C code shown in README.md and docs/ works: a block with a main function is compiled, run, and prints the text
# of the block that follows it; any other block stands word for word in an example.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
build=${BUILD:-build}
read -ra cc <<< "${CC:-cc} ${CFLAGS:-} ${CPPFLAGS:-} ${LDFLAGS:-}"
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

awk -v dir="$tmp" '
    /^```c$/ { file = sprintf("%s/%03d.c", dir, ++n); printf "%s:%d\n", FILENAME, FNR > (dir "/" sprintf("%03d", n) ".place"); next }
    /^```text$/ && n && FNR - closed <= 4 { file = sprintf("%s/%03d.txt", dir, n); next }
    /^```/ { if (file ~ /\.c$/) closed = FNR; if (file != "") close(file); file = ""; next }
    file != "" { print > file }' README.md docs/*.md

flags=(-std=c11 -Iinclude -Wall -Wextra -Wpedantic -Wconversion -Werror)
shopt -s nullglob
for block in "$tmp"/*.c; do
    place=$(cat "${block%.c}.place")
    if grep -qE '^int main\(' "$block"; then
        check "$place compiles" "${cc[@]}" "${flags[@]}" "$block" -o "$tmp/program" "$build/libeqlmini.a" || continue
        check "$place is followed by its output" test -e "${block%.c}.txt" &&
            check_text "$place prints what it says" "$(cat "${block%.c}.txt")" "$("$tmp/program" 2>&1)"
    else
        check "$place stands in an example" awk '
            FNR == NR { want = want $0 "\n"; next }
            FNR == 1 { text = text "\n" }
            { text = text $0 "\n" }
            END { exit index(text, "\n" want) == 0 }' "$block" examples/*.c
    fi
done

# Queries shown as such compile.
for page in README.md docs/*.md; do
    if grep -q '^```eql$' "$page"; then
        check "queries of $page" "$build/eqlc" check "$page"
    fi
done

# What comments and vectors refer to exists: "language 6.2", "S3", "decision 22".
sed -nE 's/^#{2,3} (S?[0-9]+(\.[0-9]+)?) .*/\1/p; s/^([0-9]+)\. \*\*.*/decision \1/p' docs/language.md > "$tmp/sections"
references=$(grep -rhoE '\blanguage S?[0-9]+(\.[0-9]+)?|\bdecisions? [0-9]+(, [0-9]+)*|"spec": "[^"]*"' \
    lib cli include grammar tests '--include=*.'{c,h,y,re,cc,def,jsonl} |
    sed -E 's/^language //; s/"spec": "(.*)"/\1/; s/, decision/\ndecision/' |
    awk '/^decisions? / { sub(/^decisions? /, ""); n = split($0, a, /, */); for (i = 1; i <= n; i++) print "decision " a[i]; next }
         { sub(/, [a-zA-Z].*/, ""); n = split($0, a, /, */); for (i = 1; i <= n; i++) print a[i] }' | sort -u)
missing=$(grep -vxFf "$tmp/sections" <<< "$references")
check_text "sections that sources refer to" "" "$missing"
check "sources refer to sections" test "$(wc -l <<< "$references")" -gt 30
tap_end
