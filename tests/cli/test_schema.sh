#!/usr/bin/env bash
# eqlc schema, and --schema of the other commands, as processes.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/cli.sh

cat > "$work/flat.json" <<'END'
{"app.user": "keyword", "app": {"port": "long", "from": "ip"}, "process.pid": "keyword"}
END
cat > "$work/fields.csv" <<'END'
Level,Field,Type,Normalization
core,app.port,keyword,
core,app.tags,keyword,array
END
cat > "$work/mapping.json" <<'END'
{"mappings": {"properties": {"app": {"properties": {"note": {"type": "text"}, "when": {"type": "date"}}}}}}
END

# ------------------------------------------------------------------------------------------------------ show
tab=$'\t'
capture "$eqlc" schema show process.pid process.args source.ip
check_text "show: fields" "process.pid${tab}long
process.args${tab}keyword${tab}array
source.ip${tab}ip" "$out"
capture "$eqlc" schema show process.tty
check_text "show: fields below" "process.tty${tab}object" "${out%%$'\n'*}"
holds "show: fields below" "$out" "process.tty.columns${tab}long"
capture "$eqlc" schema show process.pid no.such.field
check_text "show: unknown field" "1 process.pid${tab}long" "$code $out"
holds "show: unknown field is named" "$err" "no schema knows the field 'no.such.field'"
capture "$eqlc" schema show --no-schema
check_text "show: nothing" "0 " "$code $out"
capture "$eqlc" schema show --no-schema --schema "$work/flat.json" --schema "$work/fields.csv"
check_text "show: later files are stronger" "app.from${tab}ip
app.port${tab}keyword
app.tags${tab}keyword${tab}array
app.user${tab}keyword
process.pid${tab}keyword" "$out"
capture "$eqlc" schema show --schema "$work/flat.json" process.pid
check_text "show: files are stronger than the built-in schema" "process.pid${tab}keyword" "$out"
check_text "show: a name that file and built-in schema know is shown once" 1 \
    "$("$eqlc" schema show --schema "$work/flat.json" | grep -c '^process\.pid	')"

# ------------------------------------------------------------------------------------------------ --schema
types() { # NAME OPTIONS QUERY WANT: "exit code", and the first message in short form
    local options
    read -ra options <<< "$2"
    capture "$eqlc" check --quiet --format short "${options[@]}" -q "$3"
    check_text "$1" "$4" "$code ${out#-q:*: }"
}
unknown="error[E301]: unknown field"
types "types of a file: long" "--schema $work/flat.json" 'any where app.port : "80"' \
    "2 error[E310]: ':' works on strings, this is an integer (compare with '==')"
types "types of a file: later file" "--schema $work/flat.json --schema $work/fields.csv" \
    'any where app.port : "80"' "0 "
types "types of a file: over the built-in schema" "--schema $work/flat.json" \
    'any where process.pid : "80"' "0 "
types "built-in schema stays" "--schema $work/flat.json" 'any where process.parent.pid : "80"' \
    "2 error[E310]: ':' works on strings, this is an integer (compare with '==')"
types "--no-schema with a file" "--no-schema --schema $work/flat.json" \
    'any where process.parent.pid : "80"' "0 "
types "mapping: text field" "--schema $work/mapping.json" 'any where app.note : "x"' \
    "2 error[E303]: the field 'app.note' holds analysed text, which has no exact value"
types "open schema" "" 'any where no.such.field == 1' "0 "
types "--schema-closed: unknown field" "--schema-closed" 'any where no.such.field == 1' \
    "2 $unknown 'no.such.field'"
types "--schema-closed: optional field" "--schema-closed" 'any where ?no.such.field == null' "0 "
types "--schema-closed: known field" "--schema-closed --schema $work/flat.json" \
    'any where app.user : "x"' "0 "
types "--schema-closed: near miss" "--no-schema --schema-closed --schema $work/flat.json" \
    'any where ap.prt == 1' "2 $unknown 'ap.prt' (did you mean 'app.port'?)"

echo '{"app":{"port":"080"},"x":1}' > "$work/event.ndjson"
capture "$eqlc" eval --schema "$work/flat.json" 'app.port == 80' "$work/event.ndjson"
check_text "eval --schema" "0 true" "$code $out"
capture "$eqlc" dump --schema "$work/flat.json" -q 'any where app.port : "80"'
check_text "dump --schema" 2 "$code"
capture "$eqlc" run --schema "$work/flat.json" -q 'any where app.port == 80' --format count "$work/event.ndjson"
check_text "run --schema" 0 "$code"
capture "$eqlc" run --schema-closed -q 'any where app.port == 80' "$work/event.ndjson"
check_text "run --schema-closed" 2 "$code"

# ---------------------------------------------------------------------------------------------------- errors
capture "$eqlc" check --schema "$work/none.json" -q 'any where true'
check_text "missing schema file: exit code" 3 "$code"
holds "missing schema file: message" "$err" "$work/none.json: cannot read: No such file or directory"
capture "$eqlc" check --schema "$work" -q 'any where true'
check_text "directory as schema file: exit code" 3 "$code"
printf 'Field,Type\nok,long\nwrong,lnog\n' > "$work/wrong.csv"
capture "$eqlc" eval --schema "$work/wrong.csv" 1
check_text "wrong type in a schema file: exit code" 3 "$code"
holds "wrong type in a schema file: message" "$err" \
    "$work/wrong.csv:3:1: field \"wrong\" has a type nobody knows: \"lnog\""
head -c 3000 "$eqlc" > "$work/binary"
capture "$eqlc" check --schema "$work/binary" -q 'any where true'
check_text "binary schema file: exit code" 3 "$code"
for arguments in "" "lern x" "learn" "--nothing show" "--schema"; do
    # shellcheck disable=SC2086 # words are meant
    capture "$eqlc" schema $arguments
    check_text "usage error: schema $arguments" 3 "$code"
    holds "usage error tells where help is: schema $arguments" "$err" "Try 'eqlc help schema'."
done
check_text "--help is help schema" "$("$eqlc" help schema)" "$("$eqlc" schema --help)"
check_text "output that cannot be written" 3 \
    "$("$eqlc" schema show > /dev/full 2> "$work/err"; echo $?)"

# ----------------------------------------------------------------------------------------------------- learn
cat > "$work/learn.ndjson" <<'END'
{"process":{"pid":4,"args":["a","b"],"cpu":1},"source.ip":"::1","@timestamp":"2026-01-01T01:02:03Z","mixed":1}
{"process.cpu":2.5,"calls":[{"name":"x","ok":true},{"name":null}],"mixed":"y"}
{"_index":"i","_id":"1","_source":{"wrapped":"C:\\x\\y \"z\""}}
END
learnt='{
  "@timestamp": "date",
  "calls.name": "keyword",
  "calls.ok": "boolean",
  "mixed": "keyword",
  "process.args": "keyword",
  "process.cpu": "double",
  "process.pid": "long",
  "source.ip": "ip",
  "wrapped": "keyword"
}'
capture "$eqlc" schema learn "$work/learn.ndjson"
check_text "learn" "0 $learnt" "$code $out"
capture "$eqlc" schema learn - < "$work/learn.ndjson"
check_text "learn from standard input" "$learnt" "$out"
gzip -k "$work/learn.ndjson"
split -l 1 "$work/learn.ndjson" "$work/part."
capture "$eqlc" schema learn "$work"/part.* "$work/learn.ndjson.gz"
check_text "learn from several files" "$learnt" "$out"
printf '%s' "$learnt" > "$work/learnt.json"
capture "$eqlc" schema show --no-schema --schema "$work/learnt.json" process
check_text "what was learnt can be read" "process.args${tab}keyword
process.cpu${tab}double
process.pid${tab}long" "$out"
echo '{"process":' > "$work/bad.ndjson"
capture "$eqlc" schema learn "$work/bad.ndjson" "$work/learn.ndjson"
check_text "broken document: exit code, the others are read" "1 $learnt" "$code $out"
{ echo '{"never":[1,]}'; cat "$work/learn.ndjson"; } > "$work/comma.ndjson"
capture "$eqlc" schema learn "$work/comma.ndjson"
check_text "a mistake that only learning sees" "1 $learnt" "$code $out"
capture "$eqlc" schema learn "$work/none.ndjson" "$work/learn.ndjson"
check_text "missing file: exit code, the others are read" "3 $learnt" "$code $out"
tap_end
