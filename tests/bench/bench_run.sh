#!/usr/bin/env bash
# bench_run.sh [ROUNDS] - `eqlc run` on NDJSON with 1, 100 and all rules, beside a program that takes the same fields
# with simdjson and does nothing with them, and beside `wc -l`. CPU seconds (user and system), medians of rounds in
# which all take part; ratios to the program with the same fields; peak memory.
#
# Rules and events come from $SHARED (../shared) where they are; else the examples are used, repeated.
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
shared=${SHARED:-../shared}
rounds=${1:-5}
work=$build/bench/run
for program in "$build/eqlc" "$build/bench/json_floor"; do
    [ -x "$program" ] || { echo "bench_run.sh: no $program: make bench-programs" >&2; exit 2; }
done
mkdir -p "$work"
events=$work/events.ndjson

if [ -r "$shared/corpus/stream/stream_200k.ndjson.xz" ] && command -v xz > /dev/null; then
    [ -s "$events" ] || xz -dc "$shared/corpus/stream/stream_200k.ndjson.xz" > "$events"
    cat "$shared"/corpus/rules/*rules.jsonl "$shared"/corpus/rules/protections*.jsonl > "$work/all.jsonl"
else
    awk '{ line[NR] = $0 } END { for (i = 0; i < 100000; i++) print line[i % NR + 1] }' examples/events/*.ndjson > "$events"
    for i in $(seq 500); do
        printf '{"name":"rule %d","type":"eql","language":"eql","query":"process where process.name == \\"tool%d.exe\\""}\n' \
            "$i" "$i"
    done > "$work/all.jsonl"
fi
n=$(wc -l < "$work/all.jsonl")
awk -v step=$((n / 100)) 'NR % step == 0 && ++n <= 100' "$work/all.jsonl" > "$work/100.jsonl"
cp examples/rules/hidden_run_key.eql "$work/1.eql"

# The Endpoint dialect has all of the language, so that every rule takes part.
for set in 1.eql 100.jsonl all.jsonl; do
    "$build/eqlc" check --quiet --dialect endpoint "$work/$set"
    "$build/eqlc" dump --dialect endpoint --bytecode --json "$work/$set" |
        { grep -o '"field":"[^"]*"' | cut -d '"' -f 4; echo @timestamp; } | sort -u > "$work/${set%%.*}.fields"
done

# measure NAME COMMAND...: adds the CPU seconds of the command to a file.
measure() {
    local name=$1 status=0 TIMEFORMAT='%U %S'
    shift
    { time "$@" > /dev/null 2> /dev/null || status=$?; } 2>> "$work/$name.times"
    [ "$status" -le 1 ] || { echo "bench_run.sh: exit code $status of $*" >&2; exit 2; }
}
rm -f "$work"/*.times
for _ in $(seq "$rounds"); do
    measure wc wc -l "$events"
    for set in 1.eql 100.jsonl all.jsonl; do
        measure "json_${set%%.*}" "$build/bench/json_floor" "$work/${set%%.*}.fields" "$events"
        measure "run_${set%%.*}" "$build/eqlc" run --dialect endpoint -r "$work/$set" --format ndjson --no-source "$events"
    done
done

median() { awk '{ print $1 + $2 }' "$work/$1.times" | sort -n | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'; }
peak() { # of a process, in MB
    [ -x /usr/bin/time ] || { echo -; return; }
    { /usr/bin/time -f 'peak %M' "$@" > /dev/null; } 2>&1 | awk '/^peak/ { printf "%.0f", $2 / 1024 }'
}
bytes=$(wc -c < "$events")
count=$(wc -l < "$events")
printf '%s events, %d MB, %d rounds\n%-6s %8s %10s %10s %10s %12s %8s\n' "$count" $((bytes / 1000000)) "$rounds" \
    rules fields 'simdjson s' 'eqlc s' 'x simdjson' 'ns/event' 'peak MB'
for set in 1.eql 100.jsonl all.jsonl; do
    name=${set%%.*}
    awk -v name="$name" -v fields="$(wc -l < "$work/$name.fields")" -v floor="$(median "json_$name")" \
        -v run="$(median "run_$name")" -v n="$count" \
        -v peak="$(peak "$build/eqlc" run --dialect endpoint -r "$work/$set" --format ndjson --no-source "$events")" 'BEGIN {
            printf "%-6s %8d %10.3f %10.3f %10.2f %12.0f %8s\n", name, fields, floor, run, run / floor, run / n * 1e9, peak }'
done
printf 'wc -l  %8s %10s %10.3f\n' '' '' "$(median wc)"
