#!/usr/bin/env bash
# The bundled rule finds the events it should, and is the same in both formats.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
eqlc=${BUILD:-build}/eqlc

# Which documents of examples/events match, as file:line.
want='defend.ndjson:1
defend.ndjson:3
defend.ndjson:6
endgame.ndjson:1
endgame.ndjson:2
sysmon.ndjson:1
sysmon.ndjson:2
winlogbeat.ndjson:2'

matches() { # rule: compares each document alone, so that the place is known whatever the output looks like
    local file line n
    for file in examples/events/*.ndjson; do
        n=0
        while IFS= read -r line; do
            n=$((n + 1))
            if [ -n "$(printf '%s\n' "$line" | "$eqlc" run -r "$1" --format ndjson -)" ]; then
                echo "$(basename "$file"):$n"
            fi
        done < "$file"
    done
}

for kind in eql toml; do
    rule=examples/rules/hidden_run_key.$kind
    check "$rule is free of findings" "$eqlc" check "$rule"
    check_text "$rule matches what it should" "$want" "$(matches "$rule")"
done
check_text "both formats hold the same condition" \
    "$(sed -n '/^registry where/,$p' examples/rules/hidden_run_key.eql)" \
    "$(sed -n "/^registry where/,/^'''/p" examples/rules/hidden_run_key.toml | sed '$d')"
tap_end
