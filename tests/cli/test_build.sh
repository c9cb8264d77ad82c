#!/usr/bin/env bash
# eqlc build as a process: images that other commands take as rules, and C.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/cli.sh

query='file where file.name : "*.PS1" and length(user.name) > 2'
cat > "$work/events.ndjson" <<'END'
{"event.category":"file","file.name":"a.ps1","user.name":"root"}
{"event.category":"file","file.name":"a.ps1","user.name":"me"}
{"event.category":"file","file.name":"a.txt","user.name":"root"}
END

capture "$eqlc" build -o "$work/one.eqlp" -q "$query"
check_text "one image: exit code" "0 " "$code $err"
check_text "dump shows the code of an image" "$("$eqlc" dump --bytecode -q "$query")" "$("$eqlc" dump "$work/one.eqlp")"
check_text "run takes an image as a rule" "$("$eqlc" run -q "$query" --no-source "$work/events.ndjson" | grep -o '"_line":.*')" \
    "$("$eqlc" run -r "$work/one.eqlp" --no-source "$work/events.ndjson" | grep -o '"_line":.*')"
check_text "the rule has the name of its file" 1 \
    "$("$eqlc" run -r "$work/one.eqlp" "$work/events.ndjson" | grep -c '"name":"one"')"
capture "$eqlc" check "$work/one.eqlp"
check_text "check takes an image" "0 1 rule: 1 ok" "$code $err"
check_text "an image from standard input" "$("$eqlc" dump "$work/one.eqlp")" "$("$eqlc" dump - < "$work/one.eqlp")"
capture "$eqlc" build -o - -q "$query"
check "an image to standard output" cmp "$work/out" "$work/one.eqlp"
capture "$eqlc" build -o "$work/again.eqlp" "$work/one.eqlp"
check "an image of an image" cmp "$work/again.eqlp" "$work/one.eqlp"
printf '%s\n' '{"name":"timed","type":"eql","language":"eql","timestamp_field":"t","tiebreaker_field":"n","query":"any where true"}' \
    > "$work/timed.json"
capture "$eqlc" build -o "$work/timed.eqlp" "$work/timed.json"
check_text "what an image has no place for is said" "0 eqlc build: $work/timed.json: an image has no timestamp_field; \
run it with --timestamp-field t
eqlc build: $work/timed.json: an image has no tiebreaker_field; run it with --tiebreaker n" "$code $err"

head -c 100 "$work/one.eqlp" > "$work/short.eqlp"
capture "$eqlc" check "$work/short.eqlp"
check_text "a damaged image: exit code" 2 "$code"
capture "$eqlc" run -r "$work/short.eqlp" "$work/events.ndjson"
check_text "a damaged image does not run" 2 "$code"

printf '// name: Odd  Shell (Linux)\nprocess where true\n' > "$work/a.eql"
printf '// name: Odd shell: Linux\nprocess where false\n' > "$work/b.eql"
printf 'sequence [any where true] [any where true]\n' > "$work/c.eql"
capture "$eqlc" build -o "$work/images/" "$work"/[abc].eql -q 'any where x == 1'
check_text "several images: exit code" "0 " "$code $err"
check_text "their names" "c.eqlp odd_shell_linux.eqlp odd_shell_linux_2.eqlp query.eqlp" \
    "$(cd "$work/images" && echo *)"
check_text "a directory of images is a directory of rules" "4 rules: 4 ok" "$("$eqlc" check "$work/images" 2>&1)"
capture "$eqlc" build -o "$work/file" "$work/a.eql" "$work/b.eql"
check_text "several images need a directory" 3 "$code"
check "several images need a directory: nothing is written" test ! -e "$work/file"
capture "$eqlc" build "$work/a.eql"
check_text "images need -o" 3 "$code"
capture "$eqlc" build -o "$work/missing/x.eqlp" "$work/a.eql"
check_text "a file that cannot be written" 3 "$code"

echo 'process wher' > "$work/bad.eql"
capture "$eqlc" build --emit c -o "$work/none.c" "$work/a.eql" "$work/bad.eql"
check_text "a rule that does not compile: exit code" 2 "$code"
check "a rule that does not compile: nothing is written" test ! -e "$work/none.c"

capture "$eqlc" build --emit c "$work"/[abc].eql
check_text "C to standard output" 0 "$code"
check_text "its table" "    &eql_odd_shell_linux, &eql_odd_shell_linux_2, NULL" \
    "$(sed -n '/^const eqlm_native_rule \*const eql_rules/,/};/p' <<< "$out" | sed '1d;$d' | tr -s '\n\t ' ' ' | sed 's/^ /    /; s/ $//')"
check "a sequence has no C" grep -q '1 rule left out' <<< "$err"
check "the query stands in it" grep -qF '// process where true' <<< "$out"
cp "$work/out" "$work/first"
capture "$eqlc" build --emit c -o "$work/second" "$work"/[abc].eql
check "the same rules give the same text" cmp "$work/first" "$work/second"
capture "$eqlc" build --emit c --prefix my_ -q 'any where true'
check "another prefix" grep -q '^const eqlm_native_rule my_query = ' <<< "$out"
echo 'any where true' > "$work/-quick.eql"
out=$(cd "$work" && "$eqlc" build --emit c -- -quick.eql)
check "a file whose name looks like a query" grep -q '^const eqlm_native_rule eql_quick = ' <<< "$out"
printf '// name: Rules\nany where true\n' > "$work/rules.eql"
capture "$eqlc" build --emit c "$work/rules.eql"
check "a rule of the table's name gets another" grep -q '^const eqlm_native_rule eql_rules_2 = ' <<< "$out"
for prefix in 1x a-b x__ ''; do
    capture "$eqlc" build --emit c --prefix "$prefix" -q 'any where true'
    check_text "no prefix: '$prefix'" 3 "$code"
done
capture "$eqlc" build --emit c "$work/c.eql"
check_text "only a sequence: nothing to write" "1 " "$code $out"
capture "$eqlc" build --emit rust -q 'any where true'
check_text "unknown language" 3 "$code"
capture "$eqlc" build -o "$work/x"
check_text "no rules" 3 "$code"
check_text "--help is help build" "$("$eqlc" help build)" "$("$eqlc" build --help)"
tap_end
