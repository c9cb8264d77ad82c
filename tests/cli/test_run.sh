#!/usr/bin/env bash
# eqlc run as a process: formats of output and input, exit codes, bad events, closed pipes, full disks.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/cli.sh
cd tests/cli/data/run || exit 1

cmd='process where process.name : "cmd.exe"'
no_rule='{"id":null,"name":null,"severity":null,"path":"-q"}'

# ---------------------------------------------------------------------------------------------------- ndjson
run -q "$cmd" --no-source events.ndjson
gives "a query in a pipe" 0 \
'{"rule":'"$no_rule"',"kind":"event","@timestamp":"2025-03-01T10:00:00.000Z","join_keys":[],"events":[{"_index":"events.ndjson","_id":"1","_line":1}]}
{"rule":'"$no_rule"',"kind":"event","@timestamp":"2025-03-01T10:00:10Z","join_keys":[],"events":[{"_index":"events.ndjson","_id":"4","_line":4}]}'
check_text "summary" "2 matches of 1 rule in 5 events" "$err"

run -q 'any where process.pid == 101' events.ndjson
gives "the document as read" 0 \
'{"rule":'"$no_rule"',"kind":"event","@timestamp":"2025-03-01T10:00:05.250Z","join_keys":[],"events":[{"_index":"events.ndjson","_id":"2","_line":2,"_source":{"@timestamp":"2025-03-01T10:00:05.250Z","event.category":"process","event.type":"start","process.name":"powershell.exe","process.pid":101,"user.name":"ana"}}]}'

run -r rules.toml -q 'file where true' response.json
gives "a search response of several lines" 0 \
'{"rule":{"id":"5a6f0f8e-7d0a-4a52-9a1c-0d7a3f1b2c11","name":"Command shell","severity":"low","path":"rules.toml"},"kind":"event","@timestamp":"2025-03-01T11:00:00Z","join_keys":[],"events":[{"_index":"logs-a","_id":"one","_line":6,"_source":{"@timestamp":"2025-03-01T11:00:00Z","event":{"category":"process"},"process":{"name":"cmd.exe","note":"two  spaces, \"quoted\" \\"}}}]}
{"rule":'"$no_rule"',"kind":"event","@timestamp":null,"join_keys":[],"events":[{"_index":"logs-a","_id":"2","_line":15,"_source":{ "event": { "category": "file" } }}]}'

# ------------------------------------------------------------------------------------------- other formats
run -q "$cmd" --format count events.ndjson
gives "count of one query" 0 2
run -q "$cmd" -q 'any where true' --format count events.ndjson
gives "count of two queries" 0 "2	-q
5	-q2"
run -q "$cmd" -r rules.toml --format count events.ndjson response.json
gives "count of several rules" 0 "3	-q
3	rules.toml	Command shell"

run -q 'any where process.name : "cmd.exe"' --format pretty events.ndjson
gives "for people" 0 \
'2025-03-01T10:00:00.000Z  any where process.name : "cmd.exe"  events.ndjson:1
    process.name = cmd.exe
2025-03-01T10:00:02.000Z  any where process.name : "cmd.exe"  events.ndjson:3
    process.name = cmd.exe
2025-03-01T10:00:10Z  any where process.name : "cmd.exe"  events.ndjson:4
    process.name = CMD.EXE'
run -q 'file where file.path != null and process.pid > 5' --format pretty --color always events.ndjson
holds "nothing that a terminal obeys" "$out" 'C:\Temp\a \u001b[31m.txt'
holds "colours" "$out" $'\e[36m2025-03-01T10:00:10Z\e[0m'
holds "numbers above INT64_MAX" "$out" 9223372036854775808
printf '{"a":"\\u0085 \\u200e \\u202e \\u2066 \\u2029 \\u00e9","n":0}\n' > "$work/marks.ndjson"
capture "$eqlc" run -q 'any where a != null' --format pretty "$work/marks.ndjson"
holds "nor marks that turn a line around" "$out" 'a = \u0085 \u200e \u202e \u2066 \u2029 é'
printf '// name: a\033[31mb\nany where not 1 / n == 1\n' > "$work/red.eql"
for command in "run --format pretty --profile -r" "run --format count -r" "dump $work/red.eql" "bench"; do
    # shellcheck disable=SC2086
    "$eqlc" $command "$work/red.eql" "$work/marks.ndjson" > "$work/shown" 2>&1
    check "a name in ${command%% *}" grep -q 'a[^ ]*\[31mb' "$work/shown"
    check "what a name cannot do in ${command%% *}" test "$(grep -c $'\033' "$work/shown")" -eq 0
done
run -r rules.toml --format pretty --no-source --color never events.ndjson
gives "for people, without fields" 0 \
'2025-03-01T10:00:00.000Z  Command shell [low]  events.ndjson:1
2025-03-01T10:00:10Z  Command shell [low]  events.ndjson:4'

response() { sed -E 's/"took":[0-9]+/"took":0/' <<< "$out"; }
run -q 'any where true' --format eql-response --no-source --size 2 events.ndjson
check_text "the last two as a response" \
'{"is_partial":false,"is_running":false,"took":0,"timed_out":false,"hits":{"total":{"value":2,"relation":"eq"},"events":[{"_index":"events.ndjson","_id":"6"},
{"_index":"events.ndjson","_id":"4"}]}}' "$(response)"
run -q 'any where true' --format eql-response --no-source --size 3 --position head events.ndjson
check_text "the first three in order of time" \
'{"is_partial":false,"is_running":false,"took":0,"timed_out":false,"hits":{"total":{"value":3,"relation":"eq"},"events":[{"_index":"events.ndjson","_id":"1"},
{"_index":"events.ndjson","_id":"3"},
{"_index":"events.ndjson","_id":"2"}]}}' "$(response)"
run -q 'any where false' --format eql-response events.ndjson
check_text "a response without matches" \
'{"is_partial":false,"is_running":false,"took":0,"timed_out":false,"hits":{"total":{"value":0,"relation":"eq"},"events":[]}}' \
    "$(response)"

# ----------------------------------------------------------------------------------------------------- pipes
ids() { grep -o '"_id":"[^"]*"' <<< "$out" | cut -d'"' -f4 | tr '\n' ' '; }
while IFS=/ read -r query wanted sorted; do
    run -q "$query" --no-source events.ndjson
    check_text "$query" "$wanted " "$(ids)"
    run -q "$query" --no-source --format eql-response events.ndjson
    check_text "$query in order of time" "$sorted " "$(ids)"
    run -q "$query" --format count events.ndjson
    check_text "$query counted" "$(wc -w <<< "$wanted")" "$out"
done << 'END'
any where true | head 2/1 2/1 3
any where true | tail 2/4 6/6 4
any where true | head 3 | tail 1/3/2
any where true | tail 3 | head 1/3/2
any where true | tail 100/1 2 3 4 6/1 3 2 6 4
any where true | head 4 | tail 3 | head 2/2 3/3 2
END

# ----------------------------------------------------------------------------------------------------- input
run -q 'any where true' --format count - < events.ndjson
gives "standard input" 0 5
gzip -c events.ndjson > "$work/events.gz"
gzip -c events.ndjson >> "$work/events.gz"
run -q 'any where true' --format count "$work/events.gz"
gives "two gzip members" 0 10
head -c 200 "$work/events.gz" > "$work/cut.gz"
run -q 'any where true' --format count "$work/cut.gz" events.ndjson
holds "a truncated gzip file is reported" "$err" 'the compressed data ends too early'
check_text "a truncated gzip file: exit code" 3 "$code"
check "the next file is read all the same" test "$out" -ge 5
(printf '['; grep . events.ndjson | paste -sd,; printf ']') > "$work/array.json"
run -q "$cmd" --format count "$work/array.json"
gives "an array" 0 2
printf '{"event_type":"process","t":132537600000000000,"n":1}\n' > "$work/own.ndjson"
run -q 'process where n == 1' --event-category-field event_type --timestamp-field t --timestamp-unit filetime \
    --no-source "$work/own.ndjson"
holds "own fields and unit of time" "$out" '"@timestamp":"2020-12-30T00:00:00Z"'
printf '{"a":"5"}\n' > "$work/typed.ndjson"
run -q 'any where a == 5' --format count "$work/typed.ndjson"
check_text "text that is a number" 1 "$out"
run -q 'any where a == 5' --format count --no-schema "$work/typed.ndjson"
check_text "text is no number without a schema" 0 "$out"
printf '{\r\n\t"a": "x y",\r\n "b": [1,\r\n 2]\r\n}\r\n' > "$work/crlf.json"
run -q 'any where true' "$work/crlf.json"
holds "a document of several lines becomes one" "$out" '"_source":{"a":"x y","b":[1,2]}}'
: > "$work/empty"
run -q 'any where true' "$work/empty"
gives "an empty file" 0 ""

# A line written to a pipe is answered before the next one comes.
coproc live { exec "$eqlc" run -q 'any where true' --no-source - 2> "$work/live"; }
live_pid=$live_PID
printf '{"a":1}\n' >&"${live[1]}"
answer=
read -r -t 20 answer <&"${live[0]}"
holds "lines are answered as they come" "$answer" '"_line":1'
eval "exec ${live[1]}>&-"
wait "$live_pid"
# Asked to stop, a run that waits for input says what it has found, and ends by the signal.
for n in 1 2; do
    coproc live { exec "$eqlc" run -q 'any where true' -j $n --no-source - 2> "$work/live"; }
    live_pid=$live_PID
    printf '{"a":1}\n{"a":' >&"${live[1]}"
    read -r -t 20 answer <&"${live[0]}"
    kill -TERM "$live_pid"
    wait "$live_pid"
    check_text "asked to stop, -j $n: exit code" 143 "$?"
    check_text "asked to stop, -j $n" "eqlc run: stopped by a signal; what follows was not read
1 match of 1 rule in 1 event" "$(cat "$work/live")"
done

# --------------------------------------------------------------------------------------------------- failures
{
    printf '{"event":{"category":"process"},"process":{"name":"cmd.exe"}}\n'
    printf '{"event":{"category":"process"},"process":{"name":"cmd.exe"\n'
    printf '{"event":{"category":"process"},"process":{"name":cmd}}\n'
    printf '{"event":{"category":"process"},"process":{"name":"cmd.exe"}}'
} > "$work/bad.ndjson"
run -q "$cmd" --format count "$work/bad.ndjson"
gives "bad documents are skipped" 1 2
check_text "and reported" "$work/bad.ndjson:2:60: error: the line ends inside the document
$work/bad.ndjson:3:51: error: expected a value
2 matches of 1 rule in 2 events; 2 documents not read" "$err"

# A mistake where no rule looks: found in what matches, which would be written as it is.
printf '{"b":{"c" 1},"a":1}\n{"b":{"c" 1},"a":2}\n{"a":1}\n[{"a":1,"b":[1,]},{"a":1}]\n' > "$work/hidden"
for jobs in 1 2; do
    run -q 'any where a == 1' --no-source -j $jobs "$work/hidden"
    check_text "what matches is JSON (-j $jobs)" "1 3 4" "$code $(grep -o '"_line":[0-9]*' <<< "$out" | cut -d: -f2 | paste -sd' ')"
    check_text "else it is not read (-j $jobs)" "$work/hidden:1: error: expected ':' after the key (byte 11 of the event)
$work/hidden:4: error: expected a value (byte 15 of the event)
2 matches of 1 rule in 3 events; 2 documents not read" "$err"
done
run -q 'any where a == 1' --format count --strict --no-schema "$work/hidden"
gives "--strict stops there" 1 0
run -q 'any where a == 1' --sort --timestamp-field a --format count "$work/hidden"
gives "sorted" 1 2
printf '{"a":1,"b":{"c" 1}}\n{"a":2}\n{"a":3,"b":[1,]}\n' > "$work/hidden"
run -q 'sequence [any where a > 0] [any where a > 1]' --timestamp-field a "$work/hidden"
check_text "sequences name such documents without their text" '1 null {"a":2} {"a":2} null' \
    "$code $(grep -oE '"_source":(null|\{[^}]*\})' <<< "$out" | cut -d: -f2- | paste -sd' ')"
holds "which is told" "$err" '2 documents not JSON where no rule looked'
run -q 'sequence [any where a > 0] [any where a > 1]' --timestamp-field a --lateness 1s "$work/hidden"
check_text "also when they waited" "1 2" "$code $(grep -o '"_source":null' <<< "$out" | wc -l)"

printf '{"a":"x\xff"}\n{"b":"\xe9\xe9","a":"xy"}\n{"a":"x\303\251"}\n' > "$work/latin1"
for jobs in 1 2; do
    run -q 'any where a like "x?"' -j $jobs "$work/latin1"
    check_text "bytes that are no UTF-8 (-j $jobs)" $'0 {"a":"x\xEF\xBF\xBD"}\n{"b":"\xEF\xBF\xBD\xEF\xBF\xBD","a":"xy"}\n{"a":"x\xC3\xA9"}' \
        "$code $(grep -o '"_source":[^}]*}' <<< "$out" | cut -d: -f2-)"
    check_text "are told at the end (-j $jobs)" "2 documents with bytes that are no UTF-8, each read as U+FFFD
3 matches of 1 rule in 3 events" "$err"
done

{ seq 25; echo '{}'; seq 3; } > "$work/many"
run -q 'any where true' --format count "$work/many" "$work/bad.ndjson"
gives "of many mistakes" 1 3
check_text "some are shown, and all counted" "$work/many:20:1: error: expected an object
$work/many: 8 more such errors
$work/bad.ndjson:2:60: error: the line ends inside the document
$work/bad.ndjson:3: error: expected a value (byte 51 of the event)
3 matches of 1 rule in 3 events; 30 documents not read" "$(tail -n 5 <<< "$err")"

run -q "$cmd" --format count --strict "$work/bad.ndjson" events.ndjson
gives "--strict stops at a bad document" 1 1

# What others compress is not taken for text.
while read -r program bytes; do
    printf "$bytes" > "$work/packed"
    head -c 3000 /dev/urandom >> "$work/packed"
    run -q 'any where true' "$work/packed" events.ndjson
    check_text "$program: exit code" 3 "$code"
    check_text "$program: message" 1 "$(grep -c "^$work/packed: error: .*$program.*| eqlc \.\.\. -" "$work/err")"
    check_text "$program: nothing else" 2 "$(wc -l < "$work/err")"
done << 'END'
zstd \x28\xB5\x2F\xFD
xz \xFD7zXZ\x00
bzip2 BZh91AY
zip PK\x03\x04
END
printf 'B' > "$work/packed"
run -q 'any where true' "$work/packed"
check_text "almost compressed" "$work/packed:1:1: error: expected an object" "${err%%$'\n'*}"

# What was written as an answer of a search is read as one.
run -q 'any where true' --format eql-response events.ndjson
mv "$work/out" "$work/response"
run -q 'any where true' --format count "$work/response"
gives "eqlc's own response" 0 5
run -q 'sequence with maxspan=1h [any where true] [any where true] ![any where false]' --format eql-response --early-missing events.ndjson
mv "$work/out" "$work/response"
check "a response with missing events" grep -q '"missing":true' "$work/response"
run -q 'any where true' --format count "$work/response"
check_text "what is missing is no event" "0 $(grep -o '"_index":"events' "$work/response" | wc -l)" "$code $out"
for jobs in 1 2; do
    { yes '' | head -n 4000; printf '{"a":1}{"a":2}\n{"a":3}\n{"hits":{"hits":[{"_source":{"a":1}},{"_source":{"a":1}},{"_sou'; } > "$work/mixed"
    run -q 'any where a > 0' --format count -j $jobs "$work/mixed"
    gives "two on a line, and a truncated response (-j $jobs)" 1 5
    check_text "one mistake (-j $jobs)" "$work/mixed:4003:64: error: the text ends inside the document" "${err%%$'\n'*}"
done

awk 'BEGIN { s = "x"; while (length(s) < 5000) s = s s; printf "{\"a\":1}\n{\"a\":\"%s\"}\n{\"a\":2}\n", s }' > "$work/large"
run -q 'any where true' --format count --max-event-size 4K "$work/large"
gives "large documents are skipped" 1 2
holds "and counted" "$err" '1 document not read (1 too large)'
run -q 'any where true' --format count --max-event-size 16k "$work/large"
gives "unless they are allowed" 0 3

run -q "$cmd" --format count missing.ndjson events.ndjson
gives "a file that does not exist" 3 2
holds "it is named" "$err" 'missing.ndjson: error: No such file or directory'
run -q 'process where' -q "$cmd" --format count events.ndjson
check_text "a query that does not compile: exit code" 2 "$code"
holds "the others run" "$out" 2
run -q 'process where' -q "$cmd" "$work/bad.ndjson" missing.ndjson
check_text "the highest exit code wins" 3 "$code"
run -q 'process where' -q '' --format count missing.ndjson
gives "no query that compiles" 2 ""
check_text "no query that compiles: events are not read" "eqlc run: there is no rule to run; no events were read" \
    "$(tail -n 1 <<< "$err")"
holds "queries are told apart" "$err" ' --> -q2:1:1'
run -q "$cmd" --fail-on-match --format count events.ndjson
gives "--fail-on-match with matches" 1 2
run -q 'any where false' --fail-on-match --format count events.ndjson
gives "--fail-on-match without" 0 0
run -q 'any where 10 / process.pid == 1' --format count events.ndjson
holds "run-time errors are counted" "$err" '1 run-time error (overflow'
check_text "they are no failure" 0 "$code"

# ------------------------------------------------------------------------------------------------------ usage
usage 'no rules given' events.ndjson
usage 'no events given' -q "$cmd"
usage "not 'xml'" -q "$cmd" --format xml events.ndjson
usage "--format is ndjson, pretty, eql-response, count or alerts, not 'csv'" -q "$cmd" --format csv events.ndjson
usage 'for one rule, not 2' -q "$cmd" -q "$cmd" --format eql-response events.ndjson
usage '--size and --position' -q "$cmd" --size 5 --format ndjson events.ndjson
usage "not '0'" -q "$cmd" --size 0 --format eql-response events.ndjson
usage "not 'middle'" -q "$cmd" --position middle --format eql-response events.ndjson
usage "not 'days'" -q "$cmd" --timestamp-unit days events.ndjson
usage "not '5X'" -q "$cmd" --max-event-size 5X events.ndjson
usage "not '99999999999999999999'" -q "$cmd" --max-event-size 99999999999999999999 events.ndjson
usage "not 'sql'" -q "$cmd" --dialect sql events.ndjson
usage "--nonsense" -q "$cmd" --nonsense events.ndjson

# --------------------------------------------------------------------------------------------- broken outputs
awk 'BEGIN { for (i = 0; i < 100000; i++) print "{\"a\":" i "}" }' > "$work/many.ndjson"
"$eqlc" run -q 'any where true' "$work/many.ndjson" 2> "$work/err" | head -n 1 > "$work/out"
code=${PIPESTATUS[0]}
check_text "a closed pipe: exit code" 0 "$code"
check_text "a closed pipe: nothing is said" "" "$(cat "$work/err")"
if [ -w /dev/full ]; then
    "$eqlc" run -q 'any where true' "$work/many.ndjson" > /dev/full 2> "$work/err"
    check_text "a full disk: exit code" 3 "$?"
    holds "a full disk is reported" "$(cat "$work/err")" 'cannot write: No space left on device'
    "$eqlc" run -q 'any where a == 1' "$work/many.ndjson" > /dev/full 2> "$work/err"
    check_text "a full disk at the very end: exit code" 3 "$?"
else
    skip "a full disk" "there is no /dev/full"
fi

tap_end
