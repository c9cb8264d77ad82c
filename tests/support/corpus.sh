#!/usr/bin/env bash
# corpus.sh - runs public rules on recorded events with known answers, where that data is at hand: the folder SHARED
# (../shared) with corpus/ and spec/. Needs tar and xz. Called by `make corpus`.
set -eu
build=${BUILD:-build}
shared=${SHARED:-../shared}
corpus=$shared/corpus
if [ ! -d "$corpus" ]; then
    echo "skipped: $corpus is not there"
    exit 0
fi
rules=$build/corpus/rules
for archive in "$corpus"/rules/*.toml.tar.xz; do
    name=$(basename "$archive" .toml.tar.xz)
    if [ "$rules/$name.unpacked" -ot "$archive" ]; then
        rm -rf "${rules:?}/$name"
        mkdir -p "$rules"
        tar -xJf "$archive" -C "$rules"
        touch "$rules/$name.unpacked"
    fi
done
stream=$build/corpus/stream_200k.ndjson
if [ "$stream" -ot "$corpus/stream/stream_200k.ndjson.xz" ]; then
    xz -dc "$corpus/stream/stream_200k.ndjson.xz" > "$stream.new"
    mv "$stream.new" "$stream"
fi
status=0
"$build/corpus/corpus_es" "$shared" || status=1
"$build/corpus/corpus_series" "$shared/spec/es-tests/sequences.series-spec" || status=1
"$build/corpus/corpus_rules" "$corpus" "$rules/detection-rules" "$rules/protections-artifacts" \
    "$corpus/rules/hidden_run_key_rule.jsonl" || status=1
"$build/corpus/corpus_sequences" "$corpus" "$stream" "$rules/detection-rules" "$rules/protections-artifacts" || status=1
"$build/corpus/corpus_native" "$rules/detection-rules" "$rules/protections-artifacts" -- \
    "$corpus"/events/{mutants_*,evtx_attack_defend,upstream,auditd_linux}.ndjson || status=1
exit $status
