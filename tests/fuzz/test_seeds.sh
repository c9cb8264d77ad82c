#!/usr/bin/env bash
# test_seeds.sh - runs every fuzzer once on each of its committed inputs.
set -u
. tests/support/tap.sh
for program in "${BUILD:-build}"/replay/fuzz_*; do
    [ -x "$program" ] || continue
    name=$(basename "$program")
    name=${name#fuzz_}
    seeds=tests/fuzz/seeds/${name%.*}
    [ -d "$seeds" ] || continue
    check "seeds of $name" "$program" "$seeds"/*
done
tap_end
