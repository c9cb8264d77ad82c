#!/usr/bin/env bash
# eqlc eval as a process.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/cli.sh

constant() { # EXPRESSION WANT
    capture "$eqlc" eval "$1"
    check_text "$1" "0 $2" "$code $out"
}

constant '1 + 2 * 3' 7
constant '7.0 / 2' 3.5
constant '6.0 / 2' 3.0
constant '9223372036854775807' 9223372036854775807
constant 'substring("cmd.exe", -4)' '".exe"'
constant 'concat("a", 1, true)' '"a1true"'
constant '"a\"\u{e9}\n"' '"a\"é\n"'
constant '"a" == "a"' true
constant 'length(null)' null

capture "$eqlc" eval '1 / 0'
check_text "a constant that cannot be computed: exit code" 2 "$code"
check_text "a constant that cannot be computed: message" "error[E501]" "${err%%:*}"
capture "$eqlc" eval '1e308 * 10'
check_text "infinite: null" "0 null" "$code $out"
check "infinite: warning" grep -q 'warning: 1 value is infinite' <<< "$err"
capture "$eqlc" eval '0.1 + 0.2'
check_text "all digits of a double" 0.30000000000000004 "$out"
capture "$eqlc" eval 'process.pid + 1'
check_text "a field without events: exit code" 3 "$code"
check "a field without events: message" grep -q 'eqlc eval: .*process\.pid' <<< "$err"
capture "$eqlc" eval
check_text "no expression: exit code" 3 "$code"
capture "$eqlc" eval --nothing 1
check_text "unknown option: exit code" 3 "$code"
check_text "--help is help eval" "$("$eqlc" help eval)" "$("$eqlc" eval --help)"

cat > "$work/events.ndjson" <<'END'
{"process":{"pid":4,"args":["a","bb","a"],"name":"x"},"source.ip":"::1","@timestamp":"2026-01-01T01:02:03.5Z"}
{"process.pid":9223372036854775807,"source":{"ip":["10.0.0.1","10.0.0.2"]}}
{}
END
values() { # EXPRESSION WANT (one line for each event)
    capture "$eqlc" eval "$1" "$work/events.ndjson"
    check_text "$1 for each event" "$2" "$out"
}
values process.pid $'4\n9223372036854775807\nnull'
values process.args $'["a","bb"]\nnull\nnull'
values 'length(process.args)' $'[1,2]\nnull\nnull'
values source.ip $'"::1"\n["10.0.0.1","10.0.0.2"]\nnull'
values '@timestamp' $'"2026-01-01T01:02:03.5Z"\nnull\nnull'
values '1 + 1' $'2\n2\n2'
values 'process.pid + 1' $'5\nnull\nnull'
check "run-time errors are counted" grep -q 'eqlc eval: .*1 run-time error ' <<< "$err"
capture "$eqlc" eval process.pid - < "$work/events.ndjson"
check_text "events on standard input" 4 "${out%%$'\n'*}"
capture "$eqlc" eval --no-schema a - <<< '{"a":12345.678901234567890}'
check_text "a number of many digits" 12345.678901234567 "$out"
capture "$eqlc" eval process.pid "$work/none.ndjson" "$work/events.ndjson"
check_text "missing file: exit code" 3 "$code"
check_text "missing file: the others are read" 3 "$(wc -l < "$work/out")"
echo '{"process":' > "$work/bad.ndjson"
capture "$eqlc" eval process.pid "$work/bad.ndjson" "$work/events.ndjson"
check_text "broken document: exit code" 1 "$code"
check_text "broken document: the others are read" 3 "$(wc -l < "$work/out")"
capture "$eqlc" eval --strict process.pid "$work/bad.ndjson" "$work/events.ndjson"
check_text "broken document with --strict" "1 0" "$code $(wc -l < "$work/out")"
yes '{"a":1}' | timeout 60 "$eqlc" eval a - 2> "$work/err" | head -n 1 > "$work/out"
check_text "a closed pipe ends it" 0 "${PIPESTATUS[1]}"
check_text "a closed pipe: nothing is said" "" "$(cat "$work/err")"
check_text "output that cannot be written" 3 \
    "$("$eqlc" eval process.pid "$work/events.ndjson" > /dev/full 2> "$work/err"; echo $?)"
tap_end
