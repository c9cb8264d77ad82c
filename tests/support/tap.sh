# tap.sh - for test scripts: reports in TAP. Source it, call check for every test and tap_end last.
#
#   check NAME COMMAND...       the command succeeds; its output is shown if it does not
#   check_text NAME WANT GOT    two texts are equal
#   skip NAME WHY
tap_n=0 tap_failed=0

check() {
    local name=$1 output
    shift
    tap_n=$((tap_n + 1))
    if output=$("$@" 2>&1); then
        echo "ok $tap_n - $name"
    else
        echo "not ok $tap_n - $name"
        printf '%s\n' "$output" | sed 's/^/# /'
        tap_failed=1
        return 1
    fi
}

check_text() {
    check "$1" tap_same "$2" "$3"
}

# Without <(...): a bare chroot has no /dev/fd.
tap_same() {
    local dir
    [ "$1" != "$2" ] || return 0
    dir=$(mktemp -d) || return 1
    printf '%s\n' "$1" > "$dir/wanted"
    printf '%s\n' "$2" > "$dir/got"
    (cd "$dir" && diff wanted got)
    rm -r "$dir"
    return 1
}

skip() {
    tap_n=$((tap_n + 1))
    echo "ok $tap_n - $1 # SKIP $2"
}

tap_end() {
    echo "1..$tap_n"
    exit $tap_failed
}
