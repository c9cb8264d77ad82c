#!/usr/bin/env bash
# eqlc bench as a process.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/cli.sh

mkdir "$work/rules"
# An index is worth its time from a few rules on.
echo 'process where process.name == "cmd.exe"' > "$work/rules/1_exact.eql"
for i in 5 6 7; do
    echo "process where process.name == \"other$i.exe\"" > "$work/rules/$i.eql"
    echo "file where process.name == \"other$i.exe\"" > "$work/rules/file$i.eql"
done
echo 'process where process.pid > 4' > "$work/rules/2_category.eql"
echo 'any where process.pid != 7' > "$work/rules/3_any.eql"
echo 'sequence [process where true] [file where true]' > "$work/rules/4_sequence.eql"
for i in 1 2 3 4; do
    echo '{"event":{"category":"process"},"process":{"name":"cmd.exe","pid":'$i'}}'
    echo '{"event":{"category":"process"},"process":{"name":"sh","pid":9}}'
    echo '{"event":{"category":"file"},"process":{"name":"cmd.exe","pid":7}}'
done > "$work/events.ndjson"

# Strips what is measured.
rules_of() { sed -n 's/^{"rule":"[^"]*","id":null,"path":"[^"]*\/\([^"/]*\)",\(.*\),"ns_per_event":.*/\1 \2/p' <<< "$1" | sort; }
capture "$eqlc" bench --format json "$work/rules" "$work/events.ndjson"
check_text "exit code" "0 " "$code $err"
check_text "json: guards, reasons, matches" \
    '1_exact.eql "guard":"event.category == \"process\" and process.name == \"cmd.exe\"","selective":true,"why":null,"matches":4
2_category.eql "guard":"event.category == \"process\"","selective":false,"why":"runs for every event of its category: no other value is asked for that the index can look up","matches":4
3_any.eql "guard":"true","selective":false,"why":"runs for every event: no value is asked for that the index can look up","matches":8' \
    "$(rules_of "$out" | grep '^[123]_')"
holds "json: the set" "$(head -n 1 <<< "$out")" '{"rules":9,"not_measured":1,'
holds "json: the events" "$(head -n 1 <<< "$out")" '"events":12,'
shares=$(sed -n 's/.*"share":\([0-9.]*\),.*/\1/p' <<< "$out" | awk '{ s += $1 } END { print (s > 0.99 && s < 1.01) }')
check_text "shares sum to one" 1 "$shares"
printf '[{"type":"eql","language":"eql","name":"\\n ","query":"any where true"}]' > "$work/blank.json"
capture "$eqlc" bench -r "$work/blank.json" -q $'\n any where 1 == 1\n or false' "$work/events.ndjson"
holds "a name of white space" "$out" '  : runs for every event'
holds "a query is called by its first line" "$out" '  any where 1 == 1: runs for every event'
holds "few rules need no index" "$out" 'an index is of no use to so few rules'
capture "$eqlc" bench --format json "$work/rules" "$work/events.ndjson"
tail -n +2 <<< "$out" | grep -o '"ns_per_event":[0-9.]*' | cut -d: -f2 > "$work/costs"
check "the dearest first" sort -c -rn "$work/costs"
capture "$eqlc" bench --events 5 --format json "$work/rules" "$work/events.ndjson" "$work/events.ndjson"
holds "--events" "$(head -n 1 <<< "$out")" '"events":5,'

capture "$eqlc" bench "$work/rules" "$work/events.ndjson"
holds "text: rules without a guard" "$out" 'without a selective guard: 2'
holds "text: reason" "$out" '2_category.eql: runs for every event of its category'
check_text "text: every rule has a line" 9 "$(sed '1,/^each rule/d' <<< "$out" | grep -c '\.eql: ')"
capture "$eqlc" bench -q 'any where true' -r "$work/rules/1_exact.eql" "$work/events.ndjson"
holds "-q and -r: all arguments are events" "$out" '2 event queries in a set'
capture "$eqlc" bench "$work/rules" "$work/none.ndjson"
check_text "missing events" 3 "$code"
capture "$eqlc" bench "$work/rules" "$work/events.ndjson" "$work/none.ndjson"
check_text "some missing events" 3 "$code"
capture "$eqlc" bench -q 'process where' "$work/events.ndjson"
check_text "a rule that does not compile" 2 "$code"
echo '{"process":' > "$work/bad.ndjson"
capture "$eqlc" bench "$work/rules" "$work/bad.ndjson"
check_text "no events but a broken one" 1 "$code"
check_text "there is nothing to measure" "eqlc bench: nothing to measure: no events" "$(tail -n 1 <<< "$err")"
capture "$eqlc" bench "$work/rules" /dev/null
check_text "no events" "3 " "$code $out"
capture "$eqlc" bench -q 'sequence [any where true] [any where true]' "$work/events.ndjson"
check_text "sequences alone" "3 eqlc bench: nothing to measure: no event queries, only sequences and samples" "$code $err"
for arguments in "" "$work/rules" "--events 0 $work/rules $work/events.ndjson" "--format csv a b" "--nonsense a b"; do
    # shellcheck disable=SC2086
    capture "$eqlc" bench $arguments
    check_text "wrong usage: bench $arguments" 3 "$code"
done
check_text "--help is help bench" "$("$eqlc" help bench)" "$("$eqlc" bench --help)"
tap_end
