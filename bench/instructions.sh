#!/bin/sh
# Prints instructions, allocations and messages per committed proposal for every engine, in Markdown.
# Needs valgrind. Start-up costs cancel: a run of 2N proposals less a run of N, by N.
set -eu
cd "$(dirname "$0")/.."
export CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1
engines=${*:-quorate quorate-list raft-rs raft-rs-tuned omnipaxos noraft}
proposals=16384

cargo build --quiet --release --locked -p quorate-bench
bin=${CARGO_TARGET_DIR:-target}/release
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The instructions of one run: the total of callgrind's summary.
instructions() {
    valgrind --tool=callgrind --cache-sim=no --callgrind-out-file="$scratch/profile" \
        "$bin/raft_cluster" "$1" "$2" "$3" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
    sed -n 's/^.*Collected : *\([0-9]*\).*$/\1/p' "$scratch/log"
}

echo "| engine | batch | instructions | allocations | bytes allocated | messages |"
echo "|---|---:|---:|---:|---:|---:|"
for batch in 1 64; do
    for engine in $engines; do
        once=$(instructions "$engine" "$batch" "$proposals")
        twice=$(instructions "$engine" "$batch" $((proposals * 2)))
        counts=$("$bin/raft_allocations" "$engine" "$batch" | sed 's/ / | /g')
        echo "| $engine | $batch | $(((twice - once) / proposals)) | $counts |"
    done
done
