#!/usr/bin/env bash
# run_tests.sh PROGRAM... - runs test programs and scripts and adds up what they report.
#
# A program reports in TAP ("ok 1 - name", "not ok 2 - name", "ok 3 - name # SKIP why", and the plan "1..3"), which
# cmocka does when asked. A line "skipped: FILE is not there" is a skipped test of its own. A script without any such line is one test, decided by its exit status (77: skipped).
# A program counts one more failure when it exits with an error although no test failed, stops before its plan is
# fulfilled, or reports nothing. The last line is the total; the exit status is 0 only if something passed and
# nothing failed. JOBS: how many run at once. TEST_TIMEOUT: seconds for one program.
# TEST_WRAPPER: a command that runs the programs, such as valgrind.
set -u
export CMOCKA_MESSAGE_OUTPUT=TAP LC_ALL=C
unset MAKEFLAGS MFLAGS MAKELEVEL
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}
limit=${TEST_TIMEOUT:-900}
out=${BUILD:-build}/test-output
rm -rf "$out"
mkdir -p "$out"

run_one() { # number, program
    local begin=$SECONDS
    local wrapper=${TEST_WRAPPER:-}
    [[ $2 != *.sh ]] || wrapper=bash
    # shellcheck disable=SC2086 # the wrapper is a command with its options
    timeout -k 10 "$limit" $wrapper "$2" > "$out/$1.txt" 2>&1 < /dev/null
    echo "$? $((SECONDS - begin))" > "$out/$1.status.tmp"
    mv "$out/$1.status.tmp" "$out/$1.status"
}

# Prints "passed failed skipped" of one program and, behind them, why it failed as a whole, if it did.
count() { # output file, exit status, program
    awk -v status="$2" -v program="$3" '
        /^(not )?ok([ \t]|$)/ {
            if (toupper($0) ~ /# *SKIP/) skipped++
            else if (/^not/) failed++
            else passed++
        }
        /^skipped: / { skipped++ }
        /^1\.\.[0-9]+[ \t]*$/ { planned += substr($1, 4) }
        END {
            ran = passed + failed + skipped
            if (ran == 0 && program ~ /\.sh$/ && status == 0) passed = 1
            else if (ran == 0 && program ~ /\.sh$/ && status == 77) skipped = 1
            else if (status == 124 || status == 137) { failed++; why = "took too long" }
            else if (status != 0 && failed == 0) { failed++; why = "exit status " status }
            else if (ran == 0) { failed++; why = "reported no test" }
            else if (ran < planned) { failed++; why = "stopped after " ran " of " planned " tests" }
            print passed + 0, failed + 0, skipped + 0, why
        }' "$1"
}

show() { # number, program: prints the result of one program and adds it up
    local status seconds passed failed skipped why
    read -r status seconds < "$out/$1.status"
    read -r passed failed skipped why <<< "$(count "$out/$1.txt" "$status" "$2")"
    printf '%-48s %5d passed' "${2#"${BUILD:-build}"/}" "$passed"
    [ "$failed" -eq 0 ] || printf ', %d FAILED' "$failed"
    [ "$skipped" -eq 0 ] || printf ', %d skipped' "$skipped"
    [ "$seconds" -lt 10 ] || printf ' (%d s)' "$seconds"
    printf '\n'
    if [ "$failed" -ne 0 ]; then
        [ -z "$why" ] || printf '    %s\n' "$why"
        grep -vE '^ok([[:space:]]|$)' "$out/$1.txt" | head -n 200 | sed 's/^/    /'
    elif [ "$skipped" -ne 0 ]; then
        grep -iE '# *SKIP|^skipped: ' "$out/$1.txt" | head -n 5 | sed -E 's/^(not )?ok[ 0-9]*(- )?/    /'
    fi
    total_passed=$((total_passed + passed))
    total_failed=$((total_failed + failed))
    total_skipped=$((total_skipped + skipped))
}

programs=("$@")
(
    for ((i = 0; i < ${#programs[@]}; i++)); do
        while (($(jobs -rp | wc -l) >= jobs)); do wait -n; done
        run_one "$i" "${programs[i]}" &
    done
    wait
) &
runner=$!

total_passed=0 total_failed=0 total_skipped=0
for ((i = 0; i < ${#programs[@]}; i++)); do
    until [ -e "$out/$i.status" ]; do
        kill -0 "$runner" 2>/dev/null || [ -e "$out/$i.status" ] || echo "125 0" > "$out/$i.status"
        sleep 0.05
    done
    show "$i" "${programs[i]}"
done

printf '%d passed, %d failed, %d skipped\n' "$total_passed" "$total_failed" "$total_skipped"
[ "$total_failed" -eq 0 ] && [ "$total_passed" -gt 0 ]
