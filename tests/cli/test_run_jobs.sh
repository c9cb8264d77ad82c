#!/usr/bin/env bash
# eqlc run -j: whatever the input and the options, several threads say what one says, in the same order.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/cli.sh
cd "$work" || exit 1

# same NAME ARGUMENTS...: -j 2 and -j 5 write what -j 1 writes, to both outputs, and exit with the same code; standard
# input is the file $input.
input=/dev/null
same() {
    local name=$1 code n
    shift
    "$eqlc" run "$@" < "$input" > one 2> one.err
    code=$?
    for n in 2 5; do
        "$eqlc" run "$@" -j $n < "$input" > many 2> many.err
        check_text "$name, -j $n: exit code" "$code" "$?"
        check "$name, -j $n: output" cmp one many
        check "$name, -j $n: messages" cmp one.err many.err
    done
}

found() { # NAME LEAST: what the last `same` wrote has so many lines
    check "$1: there is something to find" test "$(wc -l < one)" -ge "$2"
}

# ------------------------------------------------------------------------------------------------------ events
# lines SEED N: documents on one line each; times go back now and then.
lines() {
    awk -v seed="$1" -v n="$2" 'BEGIN { srand(seed); for (i = 0; i < n; i++) {
        c = rand() < 0.5 ? "process" : rand() < 0.5 ? "network" : "file"
        printf "{\"@timestamp\":%d,\"event\":{\"category\":\"%s\",\"sequence\":%d},\"k\":\"host %d\\u0041\",", \
            1700000000000 + int(i / 3) * 10 - (rand() < 0.1 ? 30 : 0), c, 100 - i % 7, int(rand() * 40)
        printf "\"n\":%d,\"a\":[{\"b\":%d},{\"b\":[1,\"x\\\\%d\"]}],\"%s\":\"%s\"}\n", rand() * 100, i % 9, i % 5, \
            rand() < 0.05 ? "_id" : "note", sprintf("%" int(rand() * 200) "s", "") } }'
}
lines 1 12000 > lines.ndjson
rules=(-q 'any where n == 99' -q 'process where k == "host 7A" and n > 90' -q 'file where n / (n - n) > 1'
    -q 'any where n == 50 | head 20' -q 'any where a.b == "x\\3" and n < 2' -q 'network where n < 2 | tail 3')
streams=(-q 'sequence by k with maxspan=1s [process where n < 20] [network where n > 80] ![file where n > 60]'
    -q 'sample by k [process where n == 1] [network where n == 2]')

for format in ndjson pretty count alerts; do
    same "event queries, $format" "${rules[@]}" --format $format lines.ndjson
done
same "event queries and sequences" "${rules[@]}" "${streams[@]}" lines.ndjson
found "event queries and sequences" 300
for options in --no-source "--tiebreaker event.sequence" "--lateness 50ms" --sort "--sort --format pretty" \
    "--window 1700000010000,1700000030000" "--as-of 1700000020000" "--timestamp-field nothing" "--max-state 60K"; do
    # shellcheck disable=SC2086
    same "$options" "${rules[@]}" "${streams[@]}" $options lines.ndjson
    # shellcheck disable=SC2086
    same "event queries, $options" "${rules[@]}" $options lines.ndjson
done
for n in 1 2 5; do
    "$eqlc" run -q 'any where n > 95' --format eql-response --size 5 -j $n lines.ndjson 2> err |
        sed 's/"took":[0-9]*//' > response.$n
done
check "a search response, -j 2" cmp response.1 response.2
check "a search response, -j 5" cmp response.1 response.5
check_text "a search response holds something" 5 "$(grep -c '"_id"' response.1)"

# ----------------------------------------------------------------------------------------------- other inputs
all=(-q 'any where true' -q 'any where n > 90')
same "several files" "${all[@]}" --no-source lines.ndjson /dev/null nothing.json . lines.ndjson
split -l 500 lines.ndjson little.
printf '{\n"n": 91}\n{"n": 92' >> little.ac
: > little.ad
same "many little files" "${all[@]}" "${streams[@]}" --no-source little.* lines.ndjson little.*
found "many little files" 2000
gzip -c lines.ndjson > lines.gz
head -c 100000 lines.gz > cut.gz
same "compressed" "${all[@]}" lines.gz cut.gz
{ head -n 200 lines.ndjson; echo '{"n": 99, "k": }'; cat lines.ndjson; } | gzip -c > bad.gz
head -c 20000 bad.gz > cut.bad.gz
same "compressed, at the first error it ends" "${all[@]}" --strict cut.bad.gz
check_text "compressed, at the first error it ends: one message" 1 "$(grep -c "^cut.bad.gz" one.err)"
input=lines.ndjson
same "standard input" "${all[@]}" --no-source -
input=/dev/null
(printf '\xEF\xBB\xBF'; head -n 300 lines.ndjson | sed 's/$/\r/'; printf '\n \n\t\n'; head -n 1 lines.ndjson | tr -d '\n') > odd.ndjson
same "byte order mark, carriage returns, empty lines, no newline at the end" "${all[@]}" odd.ndjson
{ printf '\n \n'; cat lines.ndjson; } > blank.ndjson
same "empty lines a long way before" "${all[@]}" --no-source blank.ndjson
printf '\xFF\xFE{\0}\0' > utf16.ndjson
same "UTF-16" "${all[@]}" utf16.ndjson lines.ndjson
awk 'BEGIN { for (i = 0; i < 60000; i++) printf i % 4 ? "{}\n" : "{\"n\":" i "}\n" }' > tiny.ndjson
same "many tiny documents" -q 'any where n % 1000 == 0' --no-source tiny.ndjson
found "many tiny documents" 20

# Bad lines, and lines that are no documents of their own, far apart and close together.
pretty='{
  "n": 91, "note":
    "several lines"
}
'
{
    head -n 2000 lines.ndjson
    echo '{"n": 92, "k": }'
    printf '  {"n": 93}   \n'
    head -n 3000 lines.ndjson
    printf '%s' "$pretty"
    head -n 2500 lines.ndjson
    echo '{"took":1,"hits":{"hits":[{"_index":"logs","_id":"h1","_source":{"n":94}},{"_source":{"n":95}}]}}'
    echo '{"n": 96, "k": "an unfinished line'
    echo '{"n": 97'
    head -n 2000 lines.ndjson
    echo '"no object"'
    printf '{"n": 98, "note": "%0300000d"}\n' 1
    head -n 1500 lines.ndjson
    echo '[{"n": 99}, {"n": 98, "k": 1},'
    echo ' {"n": 97}] {"n": 96}'
    for _ in 1 2 3 4 5; do
        printf '%s' "$pretty"
        head -n 700 lines.ndjson
    done
    printf '{"n": 99, "note": "cut'
} > mixed.json
same "lines and other documents" "${all[@]}" --no-source mixed.json lines.ndjson
check "and there are several messages" test "$(grep -c error one.err)" -ge 5
"$eqlc" run "${all[@]}" --no-source mixed.json lines.ndjson > one 2> one.err
"$eqlc" run "${all[@]}" --no-source mixed.json lines.ndjson -j 64 > many 2> many.err
check "lines and other documents, -j 64: output" cmp one many
check "lines and other documents, -j 64: messages" cmp one.err many.err
same "lines and other documents, sequences" "${streams[@]}" "${rules[@]}" mixed.json
same "at the first error it ends" "${all[@]}" --strict --no-source mixed.json lines.ndjson
same "large documents" "${all[@]}" --no-source --max-event-size 100K mixed.json
same "documents of some bytes" "${all[@]}" --no-source --max-event-size 200 mixed.json
# Where reading goes on behind a broken document must not depend on how much of it is in memory.
awk 'BEGIN { for (i = 0; i < 2000; i++) printf "{\"a\":\"%0600d\",\n\"b\":\n{\"n\":91},\n\"c\":\"%0600d\" ]\n{\"n\":92}\n", i, i }' \
    > broken.json
same "large and broken documents" "${all[@]}" --format count --max-event-size 1K broken.json
check "large and broken documents: what follows is read" grep -q ' in 2,000 events; 2,000 documents not read' one.err
(sleep 0.1; dd bs=1000 status=none < broken.json) | "$eqlc" run "${all[@]}" --format count --max-event-size 1K - 2> many.err > many
check_text "large and broken documents through a pipe" "$(tail -n 1 one.err)" "$(tail -n 1 many.err)"
input=mixed.json
same "lines and other documents on standard input" "${all[@]}" --no-source -
input=/dev/null
# What a sequence of a response lacks is no event, wherever it stands; what has a source is one.
sed 's/^/{"_index":"","_id":"","_source":/; s/$/}/; 5s/.*/{"_index":"","_id":"","_source":{},"missing":true}/
    6s/.*/{"_index":"","_id":"","missing":true}/' lines.ndjson | head -n 400 > unnamed.ndjson
same "events without a name, and none" -q 'any where true' --no-source unnamed.ndjson
check_text "events without a name are events" 398 "$(wc -l < one)"
for _ in 1 2 3; do printf '%s' "$pretty"; done > pretty.json
same "no lines at all" "${all[@]}" pretty.json
(printf '['; paste -sd, lines.ndjson; printf ']') > array.json
same "an array" "${all[@]}" --no-source array.json

# ---------------------------------------------------------------------------------------------------- pipes
# Each line is answered before the next one is written, also behind a document of several lines.
coproc live { exec "$eqlc" run -j 2 -q 'any where n > 90' --no-source - 2> live.err; }
live_pid=$live_PID
line=0
for text in '{"n":91}' '{"n":1}
{"n":92}' '{
"n":93}' '{"n":94}'; do
    printf '%s\n' "$text" >&"${live[1]}"
    answer=
    read -r -t 20 answer <&"${live[0]}"
    line=$((line + 1))
    check_text "a slow pipe: answer $line" "$(cut -d' ' -f$line <<< '1 3 4 6')" "$(sed 's/.*"_line":\([0-9]*\).*/\1/' <<< "$answer")"
done
printf '{"n":' >&"${live[1]}"
sleep 0.1
printf '95}\n' >&"${live[1]}"
answer=
read -r -t 20 answer <&"${live[0]}"
check "a slow pipe: a line in two pieces" grep -q '"_line":7' <<< "$answer"
eval "exec ${live[1]}>&-"
wait "$live_pid"
check_text "a slow pipe: summary" "5 matches of 1 rule in 6 events" "$(cat live.err)"

"$eqlc" run -j 4 -q 'any where true' lines.ndjson lines.ndjson 2> err | head -n 1 > out
check_text "a closed pipe: exit code" 0 "${PIPESTATUS[0]}"
check_text "a closed pipe: nothing is said" "" "$(cat err)"

# -------------------------------------------------------------------------------------------------- profiles
# Threads share the counting; times differ.
for n in 1 3; do
    "$eqlc" run "${rules[@]}" "${streams[@]}" --profile -j $n lines.ndjson > out.$n 2> err
    sed -n "1s/^ *//; 1s/  */ /gp" err > head.$n
    awk '/^ *[0-9.]+ +[0-9.]+ +[0-9]/ { $1 = $2 = ""; print }' err | sort > rows.$n
    check "--profile, -j $n: every rule has its line" test "$(wc -l < rows.$n)" -eq 8
    check "--profile, -j $n: the rest of the time" grep -q 'finding the rules to evaluate' err
    check "--profile, -j $n: shares add up" \
        awk '/^ *[0-9]+[.][0-9][0-9] /{ s += $1 } END { exit !(s > 99.8 && s < 100.2) }' err
    check "--profile, -j $n: the summary follows" grep -q ' matches of 8 rules in 12,000 events' err
    "$eqlc" run "${rules[@]}" "${streams[@]}" --profile=json -j $n lines.ndjson 2>&1 > out.json |
        grep '^{' | sed 's/"share":[0-9.]*,"nanoseconds":[0-9]*/T/' | sort > json.$n
    check "--profile=json, -j $n: output is the same" cmp out.$n out.json
done
check_text "--profile: what the table holds" "share% ms evaluations matches partials peak rule" "$(cat head.1)"
check "--profile: threads count the same" cmp rows.1 rows.3
check "--profile=json: threads count the same" cmp json.1 json.3
check "--profile=json: matches" grep -q "\"matches\":$("$eqlc" run "${rules[0]}" "${rules[1]}" --format count lines.ndjson 2> err)}" json.1
check "--profile=json: state" grep -q '"partials":[0-9]*,"state_bytes":[0-9]*,"peak_bytes":[1-9]' json.1
awk 'BEGIN { for (i = 0; i < 8000; i++) printf "{\"@timestamp\":%d,\"k\":%d,\"n\":%d}\n", i < 4000 ? i : 9000000 + i, i, i < 4000 }' > gone.ndjson
"$eqlc" run -q 'sequence by k with maxspan=1m [any where n == 1] [any where n == 2]' --profile=json gone.ndjson 2>&1 |
    sed -n 's/.*"partials":0,"state_bytes":\([0-9]*\),"peak_bytes":\([0-9]*\)}$/\1 \2/p' > peak
check "--profile=json: the peak is that of all the time" awk '{ n = ($2 > 4000 && $2 > $1) } END { exit !n }' peak
"$eqlc" run -q 'any where n > 90' --profile=json lines.ndjson 2>&1 > out | grep '^{' > json.one
check "--profile=json of one rule" grep -q '"evaluations":12000,' json.one
"$eqlc" run -q 'any where true' --profile=csv lines.ndjson 2> err
check_text "--profile=csv: exit code" 3 "$?"
check "--profile=csv: message" grep -q "is text or json, not 'csv'" err

tap_end
