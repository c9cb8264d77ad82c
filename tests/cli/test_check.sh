#!/usr/bin/env bash
# eqlc check, dump, help and version as processes: output, exit codes, options. UPDATE_GOLDEN=1 rewrites the expected
# output in tests/cli/data.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/cli.sh
data=tests/cli/data

# golden NAME: $out is what tests/cli/data/NAME holds.
golden() {
    if [ -n "${UPDATE_GOLDEN:-}" ]; then
        printf '%s\n' "$out" > "$data/$1"
    fi
    check_text "output is $1" "$(cat "$data/$1")" "$out"
}

# --------------------------------------------------------------------------------------------------- formats
for format in text short json; do
    capture env -C $data "$eqlc" check --format $format check
    golden check.$format
    check_text "exit code of --format $format" 2 "$code"
done
check_text "summary" \
    "9 rules: 4 ok (1 with warnings), 5 with errors; 2 files or objects without an EQL rule skipped; 2 malformed files or rules" \
    "$err"

# ---------------------------------------------------------------------------------------------------- places
# The same mistake in every format is found at its own place of the file.
place() { # FILE: line:column of the first error
    "$eqlc" check --format short "$1" 2> "$work/err" | sed -n 's/.*:\([0-9]*:[0-9]*\): error.*/\1/p' | head -n 1
}
printf 'any where a = 1' > "$work/a.eql"
printf '\xef\xbb\xbfany where\r\n  a = 1\r\n' > "$work/b.eql"
printf '[rule]\r\nquery = """\r\nany where \\\r\n  \\u0061 = 1"""\r\n' > "$work/c.toml"
printf '{"type":"eql",\n "query":"any where\\n \\u0061 = 1"}' > "$work/d.json"
printf '# T\n```eql\nany where\n  a = 1\n```\n' > "$work/e.md"
check_text "place in .eql" 1:13 "$(place "$work/a.eql")"
check_text "place in .eql with byte order mark and CRLF" 2:5 "$(place "$work/b.eql")"
check_text "place in .toml behind an escaped line end" 4:10 "$(place "$work/c.toml")"
check_text "place in .json behind escapes" 2:30 "$(place "$work/d.json")"
check_text "place in .md" 4:5 "$(place "$work/e.md")"
check_text "place on standard input" 4:5 "$(place - < "$work/e.md")"

# ------------------------------------------------------------------------------------------------ exit codes
capture "$eqlc" check $data/check/good.eql
check_text "a good rule: exit code" 0 "$code"
check_text "a good rule: no output" "" "$out"
check_text "a good rule: summary" "1 rule: 1 ok" "$err"
capture "$eqlc" check --quiet $data/check/good.eql
check_text "--quiet: no summary" "" "$err"
capture "$eqlc" check $data/check/unknown.eql
check_text "warnings alone: exit code" 0 "$code"
capture "$eqlc" check --fail-level warning $data/check/unknown.eql
check_text "warnings with --fail-level warning: exit code" 1 "$code"
capture "$eqlc" check --quiet --fail-level info $data/check/unknown.eql
check_text "--quiet hides warnings" "" "$out"
check_text "--quiet keeps the exit code" 1 "$code"
capture "$eqlc" check --strict $data/check/unknown.eql
check_text "--strict: unknown fields are errors" 2 "$code"
capture "$eqlc" check --strict --no-schema $data/check/unknown.eql
check_text "--no-schema: nothing is unknown" 0 "$code"
capture "$eqlc" check $data/check/broken.toml
check_text "malformed file: exit code" 2 "$code"
capture "$eqlc" check $data/check/good.eql "$work/none.eql" $data/check/mistakes.eql
check_text "missing file: exit code" 3 "$code"
holds "missing file: message" "$out" "cannot read: No such file or directory"
holds "missing file: the others are checked" "$err" "2 rules: 1 ok, 1 with errors; 1 file not read"
mkdir "$work/empty"
capture "$eqlc" check "$work/empty"
check_text "no rules: exit code" 3 "$code"
holds "no rules: which files are read" "$out" "error: no rules in EQL here; of directories .eql .toml"
check_text "no rules: summary" "no rules found" "$err"
for command in "run -r $work/empty" "dump" "build -o $work/out.eqlp" "bench"; do
    # shellcheck disable=SC2086
    capture "$eqlc" $command "$work/empty" "$work/empty"
    check_text "no rules: $command" 3 "$code"
done
printf 'query = "process where true"\n' > "$work/empty/table.toml"
capture "$eqlc" check -q 'process where true' "$work/empty/table.toml" -
check_text "a file without a rule says why" 1 "$(grep -c 'warning: this is no rule in EQL: it has neither a table \[rule\]' <<< "$out")"
printf '{"id":"r","query":"process where true"}\n' > "$work/empty/object.json"
capture "$eqlc" check "$work/empty/table.toml" "$work/empty/object.json"
holds "an object, too" "$out" "this is no rule in EQL: it has no type or language eql"
check_text "files without rules: exit code" 3 "$code"
printf 'process where true' > "$work/empty/one.eql"
capture "$eqlc" check --format short "$work/empty"
check_text "among rules of a directory nobody asked for them" "0 " "$code $out"
capture "$eqlc" check --fail-level warning "$work/empty/one.eql" "$work/empty/table.toml"
check_text "a file without a rule is a warning" 1 "$code"
capture "$eqlc" check - - < "$work/empty/one.eql"
check_text "standard input twice" "3 eqlc check: standard input (-) can be read only once" "$code ${err%%$'\n'*}"
for command in dump "build -o $work/out.eqlp" "run -q x -r -" "run -q x" "bench -q x" "bench" "eval 1" "schema learn"; do
    # shellcheck disable=SC2086
    capture "$eqlc" $command - - < "$work/empty/one.eql"
    check_text "standard input twice: $command" "3 1" "$code $(grep -c 'standard input (-) can be read only once' <<< "$err")"
done

# --------------------------------------------------------------------------------------------------- options
capture "$eqlc" check --dialect endpoint -q 'process where process.name == process.parent.name'
check_text "--dialect endpoint" 0 "$code"
capture "$eqlc" check --dialect es -q 'process where process.name == process.parent.name'
check_text "--dialect es" 2 "$code"
capture "$eqlc" check --event-category-field kind -q 'process where kind == "process"'
check_text "--event-category-field" 0 "$code"
capture "$eqlc" check -q 'any where a = 1' -q 'any where true' --color always
holds "--color always" "$out" $'\033[1;31merror'
check_text "-q twice" "2 rules: 1 ok, 1 with errors" "$err"
for command in dump "bench /dev/null" "build -o $work/none" "run /dev/null"; do
    # shellcheck disable=SC2086
    capture "$eqlc" $command -q 'any where a = 1' --color always
    holds "--color always: ${command%% *}" "$err" $'\033[1;31merror'
done
capture "$eqlc" eval --color always 1+
holds "--color always: eval" "$err" $'\033[1;31merror'
capture "$eqlc" check -q 'any where a = 1'
check "no colours in a pipe" test "${out#*$'\033'}" = "$out"
for arguments in "" "--format xml x" "--color red x" "--fail-level all x" "--dialect kql x" "--nothing x" "--format"; do
    # shellcheck disable=SC2086 # words are meant
    capture "$eqlc" check $arguments
    check_text "usage error: check $arguments" 3 "$code"
    holds "usage error tells where help is: check $arguments" "$err" "Try 'eqlc help check'."
done
check_text "output that cannot be written" 3 \
    "$("$eqlc" check -q 'any where a = 1' > /dev/full 2> "$work/err"; echo $?)"

# ------------------------------------------------------------------------------------------- hostile input
{
    printf '\0'
    awk 'BEGIN { srand(7); for (i = 0; i < 50000; i++) printf "%c", 1 + int(rand() * 255) }'
} > "$work/junk.eql"
cp "$work/junk.eql" "$work/junk.toml"
cp "$work/junk.eql" "$work/junk.ndjson"
cp "$work/junk.eql" "$work/junk.md"
capture "$eqlc" check "$work"/junk.*
check_text "binary junk: exit code" 2 "$code"
holds "binary junk: message" "$out" "this is a binary file, not a rule"
tr -d '\0' < "$work/junk.eql" > "$work/text.eql"
capture "$eqlc" check "$work/text.eql"
check_text "junk without NUL: exit code" 2 "$code"
mkdir "$work/loop"
ln -s . "$work/loop/self"
cp $data/check/good.eql "$work/loop/a.eql"
capture "$eqlc" check "$work/loop"
check_text "links in circles" "1 rule: 1 ok" "$err"
{
    echo '['
    for i in $(seq 2000); do
        echo "{\"type\":\"eql\",\"rule_id\":\"$i\",\"query\":\"any where process.pid == $i\"},"
    done
    echo '{}]'
} > "$work/many.json"
capture timeout 20 "$eqlc" check "$work/many.json"
check_text "two thousand rules" "2,000 rules: 2,000 ok; 1 file or object without an EQL rule skipped" "$err"
tr -d '\n' < "$work/many.json" | sed 's/ == / = /g' > "$work/line.json"
capture timeout 60 "$eqlc" check --format short "$work/line.json"
check_text "two thousand mistakes on one line" 2000 "$(wc -l < "$work/out")"

# ------------------------------------------------------------------------------------ dump, help and version
capture "$eqlc" dump -q 'any where process.pid == 1 or process.pid == 2 and not process.pid == 3'
check_text "dump: exit code" 0 "$code"
golden dump.ast
capture "$eqlc" dump --json -q 'any where true' -q 'any where process.pid == 1'
check_text "dump --json: a line for each rule" 2 "$(wc -l < "$work/out")"
holds "dump --json: members" "$out" '{"file":"-q","line":1,"rule":null,"tree":{'
capture "$eqlc" dump --json --bytecode -q 'any where true' -q 'any where process.pid == 1'
check_text "dump --json --bytecode: a line for each rule" 2 "$(wc -l < "$work/out")"
holds "dump --json --bytecode: members" "$out" '{"file":"-q","line":1,"rule":null,"program":{"kind":"event"'
capture "$eqlc" dump --bytecode $data/check/good.eql $data/check/page.md
holds "dump --bytecode: several rules have headings" "$out" "== $data/check/good.eql:1 Script host starts"
holds "dump: mistakes are told" "$err" "error[E208]"
check_text "dump: exit code with a mistake" 2 "$code"
capture "$eqlc" dump --ast --bytecode -q 'any where true'
check_text "dump --ast --bytecode: usage error" 3 "$code"
capture "$eqlc" dump
check_text "dump without rules: usage error" 3 "$code"

capture "$eqlc" --help
check_text "--help: exit code" 0 "$code"
for command in check run eval dump build bench schema help version; do
    holds "--help names $command" "$out" "  $command"
done
for command in check run eval dump build bench schema help version; do
    capture "$eqlc" help $command
    check_text "help $command" "0 Usage:" "$code ${out:0:6}"
done
for command in check run eval dump build bench schema help version; do
    check_text "$command --help is help $command" "$("$eqlc" help $command)" "$("$eqlc" $command --help)"
    "$eqlc" help $command >> "$work/help"
done
grep -oE '^ +(-., )?--[a-z-]+' "$work/help" | sed 's/.* --/-/' | sort -u > "$work/options"
sed -nE 's/^\.It Fl ([a-z] , )?(-[a-z-]+).*/\2/p' docs/eqlc.1 | sort -u > "$work/described"
check_text "options of the manual are those of the help" "$(cat "$work/options")" "$(cat "$work/described")"
capture "$eqlc" help e208
holds "help CODE" "$out" "E208 (error, single-equals)"
capture "$eqlc" help E103
check_text "help CODE explains it" "E103 (error, unclosed-string)

    the string is not closed on its line

A string begins and its line ends before the closing quote. Strings do not span lines. Often a quote was forgotten, or
a backslash before the closing quote made it part of the text: \`\"C:\\\"\` needs \`\"C:\\\\\"\`.

    query:  process where name == \"cmd.exe  => E103
    query:  process where name == \"cmd.exe\"  => ok" "$out"
for word in $("$eqlc" help codes | cut -d' ' -f1); do
    test "$("$eqlc" help "$word" | wc -l)" -gt 4 || echo "$word"
done > "$work/unexplained"
check_text "help explains every code" "" "$(cat "$work/unexplained")"
capture "$eqlc" check --dialekt es -q 'process where true'
check_text "a misspelt option" "3 Did you mean '--dialect'?" "$code $(grep mean <<< "$err")"
capture "$eqlc" check --s -q 'process where true'
check_text "one that is short for several" "3 0" "$code $(grep -c mean <<< "$err")"
capture "$eqlc" help codes
holds "help codes" "$out" "E101"
capture "$eqlc" help chekc
holds "help: did you mean" "$err" "did you mean 'check'?"
capture "$eqlc" chekc
check_text "unknown command: exit code" 3 "$code"
check_text "unknown command: did you mean" "eqlc: there is no command 'chekc'; did you mean 'check'?" "$err"
capture "$eqlc"
check_text "no command: exit code" 3 "$code"
capture "$eqlc" version
check_text "version" "0 eqlc" "$code ${out%% *}"
check_text "--version" "$out" "$("$eqlc" --version)"
tap_end
