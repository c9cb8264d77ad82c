#!/usr/bin/env bash
# eqlc run on sequences, samples and ancestry: formats, order of events, windows, budgets, saved state.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/cli.sh
cd tests/cli/data/sequences || exit 1

# The documents of each match, one match on a line.
ids() {
    sed 's/.*"events":\[//; s/"_index":"","_id":""[^}]*}/"_id":"-"/g' <<< "$out" | while IFS= read -r line; do
        grep -o '"_id":"[^"]*"' <<< "$line" | cut -d'"' -f4 | paste -sd' '
    done
}

# matches NAME "IDS" ARGUMENTS...
matches() {
    local name=$1 wanted=$2
    shift 2
    run --no-source "$@"
    check_text "$name" "$wanted" "$([ -z "$out" ] || ids)"
}

pair='sequence by process.pid with maxspan=30s [process where process.name == "make"] [file where true]'
missing="$pair ![network where true]"

# -------------------------------------------------------------------------------------------------- formats
run -q "$pair" events.ndjson
gives "a sequence with its documents" 0 \
'{"rule":{"id":null,"name":null,"severity":null,"path":"-q"},"kind":"sequence","@timestamp":"2025-05-02T09:00:05Z","join_keys":[10],"events":[{"_index":"events.ndjson","_id":"1","_line":1,"_source":{"@timestamp":"2025-05-02T09:00:00Z","event":{"category":"process","kind":"event","id":"e1"},"host":{"name":"alpha"},"process":{"pid":10,"name":"make"},"tags":["build","night"]}},{"_index":"events.ndjson","_id":"2","_line":2,"_source":{"@timestamp":"2025-05-02T09:00:05Z","event":{"category":"file","kind":"event","id":"e2"},"host":{"name":"alpha"},"process":{"pid":10},"file":{"name":"a.o"},"tags":["night","disk"]}}]}'
holds "events without a time are counted" "$err" "1 event without a time"
holds "late events are counted" "$err" "1 event older than what came before"
holds "summary" "$err" "1 match of 1 rule in 7 events"

run -q "$missing" --no-source events.ndjson
gives "a network event decides" 0 ''
head -n 2 events.ndjson > "$work/two.ndjson"
run -r rules.toml --no-source "$work/two.ndjson"
holds "an absent step" "$out" '"_line":2},{"_index":"","_id":"","_source":{},"missing":true}]}'
run -q 'sample by host.name [process where true] [file where true]' --no-source events.ndjson
holds "a sample" "$out" '"kind":"sample","@timestamp":"2025-05-02T09:00:05Z","join_keys":["alpha"],"events":[{"_index":"events.ndjson","_id":"1","_line":1},{"_index":"events.ndjson","_id":"2","_line":2}]}'
lines_of() { # the lines of the events of each match
    awk '{ n = ""; while (match($0, /"_line":[0-9]+/)) {
        n = n (n ? "+" : "") substr($0, RSTART + 8, RLENGTH - 8); $0 = substr($0, RSTART + RLENGTH) } print n }' \
        <<< "$out" | paste -sd' ' -
}
for i in 1 2 3; do printf '{"@timestamp":%d,"k":1,"c":"a"}\n{"@timestamp":%d,"k":1,"c":"b"}\n' $i $i; done > "$work/pairs"
pairs='sample by k [any where c == "a"] [any where c == "b"]'
for more in '' '--samples-per-key 1'; do
    # shellcheck disable=SC2086
    run -q "$pairs" --no-source $more "$work/pairs"
    check_text "one sample of a key: $more" '1+2' "$(lines_of)"
done
run -q "$pairs" --no-source --samples-per-key 4 "$work/pairs"
check_text "four samples of a key" '1+2 1+4 1+6 3+2' "$(lines_of)"
run -q "$pairs" --no-source --samples-per-key 65536 "$work/pairs"
check_text "all samples of a key" 9 "$(lines_of | wc -w)"

cp rules.toml "$work/"
(cd "$work" && "$eqlc" run -r rules.toml --format pretty --color never two.ndjson 2> /dev/null > pretty)
check_text "for people" \
'2025-05-02T09:00:05Z  Make writes and does not connect [high]  by 10
  1  2025-05-02T09:00:00Z  two.ndjson:1
       event.category = process
       process.name = make
       process.pid = 10
  2  2025-05-02T09:00:05Z  two.ndjson:2
       event.category = file
       process.pid = 10
  3  (missing)' "$(cat "$work/pretty")"
run -q "$pair" -q 'file where true' --format count events.ndjson
gives "counts" 0 "1	-q
3	-q2"

response() { sed -E 's/"took":[0-9]+/"took":0/' <<< "$out"; }
run -q "$pair" --format eql-response --no-source --sort events.ndjson
check_text "a search response" \
'{"is_partial":false,"is_running":false,"took":0,"timed_out":false,"hits":{"total":{"value":1,"relation":"eq"},"sequences":[{"join_keys":[10],"events":[{"_index":"events.ndjson","_id":"1"},{"_index":"events.ndjson","_id":"2"}]}]}}' \
    "$(response)"
sed 's/:06Z/:08Z/' events.ndjson > "$work/both.ndjson"
run -q "$pair" --format eql-response --size 1 --no-source "$work/both.ndjson"
holds "at most one, the last" "$out" '"join_keys":[11]'
run -q "$pair" --format eql-response --size 1 --position head --no-source "$work/both.ndjson"
holds "at most one, the first" "$out" '"join_keys":[10]'

# --------------------------------------------------------------------------------------------------- alerts
run -r rules.toml --format alerts "$work/two.ndjson"
check_text "two building blocks and a shell" 3 "$(wc -l <<< "$out")"
first=$out
shell=$(tail -n 1 <<< "$out")
uuid() { sed 's/.*"kibana.alert.uuid":"\([^"]*\)".*/\1/' <<< "$1"; }
check_text "blocks name their group and place" "0 1 " \
    "$(sed -n 's/.*"kibana.alert.building_block_type":"default","kibana.alert.group.id":"'"$(uuid "$shell")"'","kibana.alert.group.index":\([0-9]*\).*/\1/p' <<< "$out" | tr '\n' ' ')"
holds "the shell has what its events share" "$shell" \
    '{"@timestamp":"2025-05-02T09:00:05Z","event":{"kind":"signal"},"host":{"name":"alpha"},"process":{"pid":10},"tags":["night"],"kibana.alert.original_time":"2025-05-02T09:00:00Z","kibana.alert.ancestors":[{"id":"'"$(uuid "$(head -n 1 <<< "$out")")"'","type":"signal"'
holds "the shell belongs to its own group" "$shell" '"kibana.alert.group.id":"'"$(uuid "$shell")"'"}'
holds "the rule" "$shell" '"kibana.alert.rule.version":7,"kibana.alert.rule.tags":["Build","Test"]'
holds "the original event" "$out" '"kibana.alert.original_event.kind":"event"'
run -r rules.toml --format alerts "$work/two.ndjson"
check_text "the same alerts again" "$first" "$out"
sed 's/version = 7/version = 8/' rules.toml > "$work/newer.toml"
run -r "$work/newer.toml" --format alerts "$work/two.ndjson"
holds "another version" "$out" '"kibana.alert.rule.version":8'
check "whose alerts are others" test "$(uuid "$(tail -n 1 <<< "$out")")" != "$(uuid "$shell")"
hit() { printf '{"_index":"i","_id":"%s","_source":{"@timestamp":%s,"k":"%s"}}\n' "$@"; }
for ids in "1 2" "2 1"; do
    { hit "${ids% *}" 1000 a; hit "${ids#* }" 2000 b; } > "$work/hits.ndjson"
    run -q 'sequence [any where k == "a"] [any where k == "b"]' --format alerts "$work/hits.ndjson"
    uuid "$(tail -n 1 <<< "$out")"
done > "$work/ids"
check_text "a group is its rule and its events in any order" 1 "$(grep . "$work/ids" | sort -u | wc -l)"
run -q 'process where process.pid == 10' --format alerts --no-source events.ndjson
holds "one alert for an event" "$out" '{"@timestamp":"2025-05-02T09:00:00Z","event":{"kind":"signal"},"kibana.alert.original_time"'
check_text "of its own" 1 "$(wc -l <<< "$out")"
run -q 'process where process.pid == 10' --format alerts --now --no-source events.ndjson
check "made now" test "$(grep -c "^{\"@timestamp\":\"$(date -u +%Y)" <<< "$out")" = 1
usage '--now is for' -q "$pair" --now --format ndjson events.ndjson

# ---------------------------------------------------------------------------------------------------- order
matches "a file event before its process event is none of it" '1 2' -q "$pair" --lateness 10s events.ndjson
printf '%s\n' '{"@timestamp":1000,"event":{"category":"process"},"process":{"pid":1,"name":"make"}}' \
    '{"@timestamp":3000,"event":{"category":"any"},"process":{"pid":9}}' \
    '{"@timestamp":2000,"event":{"category":"file"},"process":{"pid":1}}' > "$work/late.ndjson"
printf '{"@timestamp":1000,"k":"%s"%s}\n' none '' text ',"t":"1"' big ',"t":1e3' small ',"t":-2' > "$work/ties.ndjson"
matches "numbers, then text, then none" '4 3 2 1' --tiebreaker t \
    -q 'sequence [any where k == "small"] [any where k == "big"] [any where k == "text"] [any where k == "none"]' "$work/ties.ndjson"
matches "too late" '' -q "$pair" "$work/late.ndjson"
matches "in time with --lateness" '1 3' -q "$pair" --lateness 1s "$work/late.ndjson"
matches "not with less of it" '' -q "$pair" --lateness 999ms "$work/late.ndjson"
matches "in order with --sort" '1 3' -q "$pair" --sort "$work/late.ndjson"
matches "single events, sorted, too" '1
3
2' -q 'any where true' --sort "$work/late.ndjson"
holds "a late event is still seen by queries about one" "$("$eqlc" run -q "$pair" -q 'file where true' --format count "$work/late.ndjson" 2>&1)" '1	-q'
printf '%s\n' '{"@timestamp":1000,"n":2,"event":{"category":"file"},"process":{"pid":1}}' \
    '{"@timestamp":1000,"n":1.5,"event":{"category":"process"},"process":{"pid":1,"name":"make"}}' \
    '{"@timestamp":1000,"event":{"category":"file"},"process":{"pid":1}}' > "$work/tie.ndjson"
matches "equal times in the order of input" '2 3' -q "$pair" "$work/tie.ndjson"
matches "and by their tiebreaker" '2 1' -q "$pair" --tiebreaker n "$work/tie.ndjson"
matches "also sorted" '2 1' -q "$pair" --tiebreaker n --sort "$work/tie.ndjson"

# -------------------------------------------------------------------------------------------------- windows
matches "the end of input decides" '1 2 -' -q "$missing" "$work/two.ndjson"
matches "--as-of does not before the window has passed" '' -q "$missing" --as-of 2025-05-02T09:00:29.999Z "$work/two.ndjson"
matches "but after it" '1 2 -' -q "$missing" --as-of 2025-05-02T09:00:31Z "$work/two.ndjson"
matches "--early-missing answers as a search does" '1 2 -' -q "$missing" --early-missing \
    --as-of 2025-05-02T09:00:06Z "$work/two.ndjson"
matches "events after --as-of are not there" '' -q "$pair" --as-of 2025-05-02T09:00:04Z events.ndjson
matches "samples as of a time" '1 2' -q 'sample by process.pid [process where true] [file where true]' \
    --as-of 2025-05-02T09:00:06.5Z "$work/two.ndjson"
matches "--window begins with its first time" '1 2' -q "$pair" \
    --window 2025-05-02T09:00:00Z,2025-05-02T09:00:06Z events.ndjson
holds "and counts what is outside" "$err" "5 events outside --window"
matches "it ends before its last" '' -q "$pair" --window 2025-05-02T09:00:00Z,2025-05-02T09:00:05Z events.ndjson
matches "numbers are times, too" '1 3' -q "$pair" --lateness 1s --window 1000.0,2001.0 "$work/late.ndjson" --window 1000.0,
usage "--window is" -q "$pair" --window tomorrow events.ndjson
usage "--window is" -q "$pair" --window 1500,2026 events.ndjson # four digits are a year, and this is none of ours
usage "--window ends before it begins" -q "$pair" --window 2027,2026 events.ndjson
matches "years and months" '1 2' -q "$pair" --window 2025-05,2026 events.ndjson
matches "an open end" '1 2' -q "$pair" --window 2025-05, events.ndjson
matches "--as-of a year" '' -q "$pair" --as-of 2025 events.ndjson
usage "--as-of is" -q "$pair" --as-of later events.ndjson
usage "--lateness is" -q "$pair" --lateness 5 events.ndjson
usage "--samples-per-key is" -q "$pair" --samples-per-key 0 events.ndjson
usage "--samples-per-key is" -q "$pair" --samples-per-key 65537 events.ndjson
usage "--max-state is" -q "$pair" --max-state lots events.ndjson

# ------------------------------------------------------------------------------------------ pipes, ancestry
awk 'BEGIN { for (i = 1; i <= 4; i++) {
    printf "{\"@timestamp\":%d,\"event\":{\"category\":\"process\"},\"process\":{\"pid\":%d,\"name\":\"make\"}}\n", i * 1000, i
    printf "{\"@timestamp\":%d,\"event\":{\"category\":\"file\"},\"process\":{\"pid\":%d}}\n", i * 1000 + 1, i } }' > "$work/four.ndjson"
matches "head" '1 2
3 4' -q "$pair | head 2" "$work/four.ndjson"
matches "tail" '5 6
7 8' -q "$pair | tail 2" "$work/four.ndjson"
matches "tail of head" '5 6' -q "$pair | head 3 | tail 1" "$work/four.ndjson"
printf '%s\n' \
    '{"@timestamp":1,"event":{"category":"process","type":"start"},"process":{"entity_id":"a","name":"sshd"}}' \
    '{"@timestamp":2,"event":{"category":"process","type":"start"},"process":{"entity_id":"b","name":"sh","parent":{"entity_id":"a"}}}' \
    '{"@timestamp":3,"event":{"category":"file","type":"change"},"process":{"entity_id":"b","name":"sh"}}' > "$work/tree.ndjson"
matches "descendants" '3' --dialect endpoint -q 'file where descendant of [process where process.name == "sshd"]' \
    -q 'file where process.name == "cat"' "$work/tree.ndjson"

# --------------------------------------------------------------------------------------------------- budget
awk 'BEGIN { for (i = 1; i <= 5000; i++)
    printf "{\"@timestamp\":%d,\"event\":{\"category\":\"process\"},\"process\":{\"pid\":%d,\"name\":\"make\"},\"pad\":\"%0200d\"}\n", i, i, i
    printf "{\"@timestamp\":6000,\"event\":{\"category\":\"file\"},\"process\":{\"pid\":5000}}\n"
    printf "{\"@timestamp\":6000,\"event\":{\"category\":\"file\"},\"process\":{\"pid\":1}}\n" }' > "$work/keys.ndjson"
matches "all partial results fit" '5000 5001
1 5002' -q "$pair" "$work/keys.ndjson"
matches "the oldest do not fit" '5000 5001' -q "$pair" --max-state 256K "$work/keys.ndjson"
holds "they are counted" "$err" 'partial results dropped for want of --max-state'
run -q "$pair" --max-state 256K --lateness 1d "$work/keys.ndjson"
holds "events that cannot wait are counted" "$err" 'taken before --lateness was over, for want of --max-state'
run -q "$pair" --max-state 2M "$work/keys.ndjson"
holds "documents that do not fit are named" "$out" '"_id":"1","_line":1,"_source":null}'
holds "and counted" "$err" 'matches name them without _source'
holds "new ones have their text" "$out" '"_id":"5000","_line":5000,"_source":{'

# ---------------------------------------------------------------------------------------------------- state
head -n 1 events.ndjson > "$work/first.ndjson"
sed -n 2p events.ndjson > "$work/second.ndjson"
matches "nothing yet" '' -q "$pair" --state "$work/state" "$work/first.ndjson"
matches "the next run goes on" '1 1' -q "$pair" --state "$work/state" "$work/second.ndjson"
holds "and knows the first file" "$out" 'first.ndjson","_id":"1","_line":1},{'
"$eqlc" run -q "$pair" --state "$work/s2" "$work/first.ndjson" 2> /dev/null
run -q "$pair" --state "$work/s2" "$work/second.ndjson"
holds "with the document of the first" "$out" '"process":{"pid":10,"name":"make"},"tags":["build","night"]}'
run -q "$pair ![network where true]" --state "$work/state" events.ndjson
check_text "other rules: exit code" 3 "$code"
holds "other rules are refused" "$err" "saved with other rules or options"
cp "$work/state" "$work/broken"
printf x | dd of="$work/broken" bs=1 seek=100 conv=notrunc 2> /dev/null
run -q "$pair" --state "$work/broken" events.ndjson
check_text "a damaged state: exit code" 3 "$code"
holds "a damaged state is refused" "$err" "the state is damaged"
run -q "$pair" --state events.ndjson events.ndjson
holds "a file that is no state is refused" "$err" "not a state that eqlc has saved"
run -q "$pair" --state "$work/none/state" events.ndjson
holds "a state that cannot be written" "$err" "cannot save the state"
check_text "a state that cannot be written: exit code" 3 "$code"
usage '--state does not go together' -q "$pair" --state "$work/s" --sort events.ndjson
usage '--state does not go together' -q "$pair" --state "$work/s" --format eql-response events.ndjson
usage 'are for --state' -q "$pair" --flush events.ndjson

# A file that grows: each run takes what is new.
head -n 1 events.ndjson > "$work/grows"
run -q "$pair" -q 'any where true' --format count --state "$work/s3" "$work/grows"
sed -n 2,3p events.ndjson >> "$work/grows"
run -q "$pair" -q 'any where true' --format count --state "$work/s3" "$work/grows"
check_text "a file that grows" "1	-q
3	-q2" "$out"
holds "only what is new" "$err" 'in 2 events'
head -n 2 events.ndjson > "$work/grows"
run -q "$pair" -q 'any where true' --format count --state "$work/s3" "$work/grows"
holds "a file begun anew is read from its beginning" "$err" 'in 2 events'
# After a flush time begins anew.
printf '{"@timestamp":%s000,"k":"%s"}\n' 5 a 6 b > "$work/later"
printf '{"@timestamp":%s000,"k":"%s"}\n' 1 a 2 b > "$work/sooner"
matches "a whole run" '1 2' -q 'sequence [any where k == "a"] [any where k == "b"]' --state "$work/s8" --flush "$work/later"
matches "the run after it, of earlier events" '1 2' -q 'sequence [any where k == "a"] [any where k == "b"]' --state "$work/s8" \
    --flush "$work/sooner"
check_text "none of them is late" "1 match of 1 rule in 2 events" "$err"
# What another program writes behind the output of a whole run stays.
"$eqlc" run -q 'any where true' --format count --state "$work/s6" events.ndjson > "$work/shared" 2> /dev/null
echo mine >> "$work/shared"
"$eqlc" run -q 'any where true' --format count --state "$work/s6" /dev/null >> "$work/shared" 2> /dev/null
check_text "the output of a whole run is not cut" mine "$(sed -n 2p "$work/shared")"
# A document that is none is told of once.
{ head -n 1 events.ndjson; echo '{"event":}'; sed -n 2,3p events.ndjson; } > "$work/part"
run -q 'any where true' --format count --state "$work/s7" "$work/part"
check_text "a bad document: exit code" 1 "$code"
run -q 'any where true' --format count --state "$work/s7" "$work/part"
check_text "a bad document of an earlier run" "0 0 matches of 1 rule in 0 events" "$code $err"
matches "a trailing missing event waits" '' -q "$missing" --state "$work/s4" "$work/two.ndjson"
matches "until --flush" '1 2 -' -q "$missing" --state "$work/s4" --flush /dev/null
matches "after which nothing is left" '' -q "$missing" --state "$work/s4" --flush /dev/null

# Killed at any time, a run that goes on leaves what one run would have left.
awk 'BEGIN { srand(3); for (i = 0; i < 120000; i++) {
    c = rand() < 0.5 ? "process" : rand() < 0.5 ? "network" : "file"
    printf "{\"@timestamp\":%d,\"event\":{\"category\":\"%s\",\"sequence\":%d},\"process\":{\"pid\":%d,\"name\":\"make\"}}\n",
        int(i / 10) * 1000, c, 100 - i % 10, int(rand() * 300) } }' > "$work/big.ndjson"
three=(-q "$pair | head 5000" -q "$missing" -q 'file where process.pid == 7 | tail 5')
for how in KILL "KILL --tiebreaker event.sequence" "KILL --lateness 3s" "KILL -j 3" "KILL -j 2 --lateness 3s" TERM "TERM -j 2 --lateness 3s"; do
    options=${how#* }
    [ "$options" != "$how" ] || options=
    # A run that is asked to stop saves then and there.
    every=1500
    [ "${how%% *}" = KILL ] || every=1000000
    # shellcheck disable=SC2086
    "$eqlc" run "${three[@]}" $options "$work/big.ndjson" > "$work/whole" 2> /dev/null
    rm -f "$work/s5"
    : > "$work/pieces"
    kills=0
    for i in 1 2 3 4 5 6; do
        # shellcheck disable=SC2086
        "$eqlc" run "${three[@]}" $options --flush --state "$work/s5" --save-every $every "$work/big.ndjson" \
            >> "$work/pieces" 2> /dev/null &
        pid=$!
        sleep 0.0$((4 + i))
        kill "-${how%% *}" $pid 2> /dev/null && kills=$((kills + 1))
        wait $pid 2> /dev/null
    done
    # shellcheck disable=SC2086
    "$eqlc" run "${three[@]}" $options --flush --state "$work/s5" --save-every $every "$work/big.ndjson" \
        >> "$work/pieces" 2> "$work/last"
    check "stopped runs leave the same ($how)" cmp "$work/whole" "$work/pieces"
    check "a run was stopped at least once ($how)" test "$kills" -ge 1
    check "there was something to find ($how)" test "$(wc -l < "$work/whole")" -gt 1000
done
"$eqlc" run "${three[@]}" --state "$work/s9" "$work/big.ndjson" > "$work/pieces" 2> /dev/null
for delay in 0.01 0.02 0.03 0.05; do
    "$eqlc" run "${three[@]}" --state "$work/s9" "$work/big.ndjson" >> "$work/pieces" 2> /dev/null &
    pid=$!
    sleep $delay
    kill $pid 2> /dev/null
    wait $pid 2> /dev/null
done
run "${three[@]}" --state "$work/s9" "$work/big.ndjson"
holds "stopped before it came to anything new" "$err" 'in 0 events'
check_text "a run that was asked to stop is not taken up from the beginning" 0 "$(grep -c 'in 120,000 events' "$work/last")"

# -------------------------------------------------------------------------------------------------- threads
awk 'BEGIN { srand(11); for (i = 0; i < 20000; i++) {
    c = rand() < 0.4 ? "process" : rand() < 0.6 ? "network" : "file"
    key = rand() < 0.8 ? int(rand() * 40) : "[" int(rand() * 40) ",\"s" int(rand() * 9) "\"," (rand() < 0.5 ? "true" : rand() * 10) "]"
    printf "{\"@timestamp\":%d,\"event\":{\"category\":\"%s\",\"sequence\":%d},\"k\":%s,\"n\":%d}\n",
        int(i / 3) * 10 - (rand() < 0.1 ? 30 : 0), c, 100 - i % 7, key, int(rand() * 100) } }' > "$work/random.ndjson"
rules=(-q 'sequence by k with maxspan=1s [process where n < 20] [network where n > 30] ![file where n > 60]'
    -q 'sequence with maxspan=1s [process where n < 10] by k [network where n > 90] by k'
    -q 'sample by k [process where n == 1] [network where n == 2] [file where n == 3]'
    -q 'sequence by k with maxspan=1s ![file where n > 90] [process where n < 50] [network where n > 50] until [file where n < 5]'
    -q 'any where n == 99' -q 'sequence with maxspan=200ms [process where n < 3] [file where n > 90] | tail 9')
for options in "" "--tiebreaker event.sequence" "--lateness 50ms" "--sort" "--as-of 50000"; do
    # shellcheck disable=SC2086
    "$eqlc" run "${rules[@]}" $options "$work/random.ndjson" > "$work/one" 2> "$work/one.err"
    check "there is something to find ($options)" test "$(wc -l < "$work/one")" -gt 200
    for n in 2 7; do
        # shellcheck disable=SC2086
        "$eqlc" run "${rules[@]}" $options -j $n "$work/random.ndjson" > "$work/many" 2> "$work/many.err"
        check "-j $n gives the same ($options)" cmp "$work/one" "$work/many"
        check "-j $n reports the same ($options)" cmp "$work/one.err" "$work/many.err"
    done
done
head -n 10000 "$work/random.ndjson" > "$work/half1"
tail -n +10001 "$work/random.ndjson" > "$work/half2"
"$eqlc" run "${rules[@]}" --no-source "$work/half1" "$work/half2" > "$work/one" 2> /dev/null
for n in 1 2 7; do
    rm -f "$work/s6"
    "$eqlc" run "${rules[@]}" --no-source -j $n --state "$work/s6" "$work/half1" > "$work/many" 2> /dev/null
    "$eqlc" run "${rules[@]}" --no-source -j $((8 - n)) --state "$work/s6" --flush "$work/half2" >> "$work/many" 2> /dev/null
    check "a state goes on with another number of threads ($n)" cmp "$work/one" "$work/many"
done
usage "-j is a number" "${rules[@]}" -j 0 "$work/half2"
usage "-j is a number" "${rules[@]}" -j 65 "$work/half2"

coproc live { exec "$eqlc" run -j 2 -q "$pair" --no-source - 2> "$work/live"; }
live_pid=$live_PID
head -n 2 events.ndjson >&"${live[1]}"
answer=
read -r -t 20 answer <&"${live[0]}"
holds "-j answers lines as they come" "$answer" '"_line":2'
eval "exec ${live[1]}>&-"
wait "$live_pid"

# Rules of their own time fields. By event.created x=1 comes first, by @timestamp x=2.
ordered() { # NAME LINE...: a rule file with these members
    printf '%s\n' '[rule]' 'name = "'"$1"'"' 'type = "eql"' 'language = "eql"' "${@:2}" \
        'query = "sequence [any where x == 1] [any where x == 2]"' > "$work/$1.toml"
}
ordered created 'timestamp_field = "event.created"'
ordered ingested 'timestamp_field = "event.ingested"'
ordered unnamed
ordered tied 'tiebreaker_field = "n"'
printf '%s\n' '{"@timestamp":1000,"x":2,"event":{"created":5000}}' '{"@timestamp":2000,"x":1,"event":{"created":4000}}' \
    > "$work/times.ndjson"
run -r "$work/created.toml" --format count --sort "$work/times.ndjson"
gives "a rule names the field of the time" 0 1
run -r "$work/unnamed.toml" --format count --sort "$work/times.ndjson"
gives "it is @timestamp otherwise" 0 0
usage "rules do not agree on the timestamp field: it is event.created for $work/created.toml and event.ingested" \
    -r "$work/created.toml" -r "$work/ingested.toml" "$work/times.ndjson"
usage 'and @timestamp for' -r "$work/created.toml" -r "$work/unnamed.toml" "$work/times.ndjson"
usage 'rules do not agree on the tiebreaker field: it is n for' -r "$work/tied.toml" -r "$work/unnamed.toml" \
    "$work/times.ndjson"
run -r "$work/created.toml" -r "$work/ingested.toml" --timestamp-field event.created --format count --sort \
    "$work/times.ndjson"
gives "the option decides" 0 "1	$work/created.toml	created
1	$work/ingested.toml	ingested"
run -r "$work/created.toml" -q 'any where x == 1' --format count --sort "$work/times.ndjson"
gives "queries about single events have no say" 0 "1	-q
1	$work/created.toml	created"

# Sequences that end in a missing event are decided in the order of their first events, here 500 to 3000; pipes
# count them in the order of their last ones, here 3000 to 500.
awk 'BEGIN {
    for (i = 1; i <= 3000; i++) printf "{\"@timestamp\":%d,\"event\":{\"category\":\"process\"},\"k\":%d}\n", i, i
    for (i = 3000; i >= 1; i--) printf "{\"@timestamp\":%d,\"event\":{\"category\":\"file\"},\"k\":%d}\n", 10000 - i, i
}' > "$work/crossed.ndjson"
head -n 5800 "$work/crossed.ndjson" > "$work/crossed.1"
tail -n +5801 "$work/crossed.ndjson" > "$work/crossed.2"
crossed='sequence by k with maxspan=9s [process where true] [file where true] ![file where true]'
keys() { grep -o '"join_keys":\[[0-9]*\]' <<< "$out" | tr -dc '0-9\n' | paste -sd' '; }
piped() { # PIPES KEYS
    for format in ndjson eql-response; do
        run -q "$crossed | $1" --no-source --format $format "$work/crossed.ndjson"
        check_text "$1 after a missing event ($format)" "$2" "$(keys)"
    done
    run -q "$crossed | $1" --format count "$work/crossed.ndjson"
    check_text "$1 after a missing event (count)" "$(wc -w <<< "$2")" "$out"
    rm -f "$work/crossed.state"
    run -q "$crossed | $1" --no-source --state "$work/crossed.state" "$work/crossed.1"
    check_text "$1 after a missing event waits" "" "$out"
    run -q "$crossed | $1" --no-source --state "$work/crossed.state" --flush "$work/crossed.2"
    check_text "$1 after a missing event (state)" "$2" "$(keys)"
}
piped 'head 2' '3000 2999'
piped 'tail 2' '501 500'
piped 'head 1500 | tail 2' '1502 1501'
piped 'tail 1500 | head 2' '1999 1998'
piped 'head 0' ''

tap_end
