# cli.sh - for scripts that test the command as a process; source it from the top folder. Has tap.sh, $eqlc, and a folder
# $work that goes when the script ends.
#
#   capture COMMAND...             leaves standard output in $out, standard error in $err, the exit code in $code
#   run ARGUMENTS...               the same of eqlc run
#   gives NAME EXIT-CODE OUTPUT    that is what the last one left
#   holds NAME TEXT WORDS          TEXT holds WORDS
#   usage WORDS ARGUMENTS...       eqlc run calls the arguments wrong, with these words
. tests/support/tap.sh
eqlc=$(realpath -e "${EQLC:-${BUILD:-build}/eqlc}") || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset NO_COLOR

capture() {
    "$@" > "$work/out" 2> "$work/err"
    code=$?
    out=$(tr -d '\0' < "$work/out")
    err=$(cat "$work/err")
}

run() {
    capture "$eqlc" run "$@"
}

gives() {
    check_text "$1: output" "$3" "$out"
    check_text "$1: exit code" "$2" "$code"
}

holds() {
    check "$1" grep -qF -- "$3" <<< "$2"
}

usage() {
    local words=$1
    shift
    run "$@"
    holds "usage: $words" "$err" "$words"
    check_text "usage: $words: exit code" 3 "$code"
}
