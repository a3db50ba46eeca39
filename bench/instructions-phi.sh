#!/bin/sh
# Prints instructions per heartbeat of failure detectors and their rivals, in Markdown. Needs valgrind.
# Start-up costs cancel: a run of 2N times 4,096 heartbeats less a run of N. Not optimised for this processor, as in the tables.
set -eu
cd "$(dirname "$0")/.."

cargo build --quiet --release --locked -p quorate-bench --bin phi_turn
bin=${CARGO_TARGET_DIR:-target}/release/phi_turn
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The instructions of one run: the total of callgrind's summary.
instructions() {
    valgrind --tool=callgrind --cache-sim=no --callgrind-out-file="$scratch/profile" \
        "$bin" "$1" "$2" "$3" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
    sed -n 's/^.*Collected : *\([0-9]*\).*$/\1/p' "$scratch/log"
}

# One row: the work, and who does it.
row() {
    what=$1
    shift
    cells=
    for entrant in "$@"; do
        once=$(instructions "$what" "$entrant" 20)
        twice=$(instructions "$what" "$entrant" 40)
        cells="$cells $entrant $(((twice - once) / 20 / 4096));"
    done
    echo "| $what | ${cells%;} |"
}

echo "| one peer | instructions |"
echo "|---|---|"
row heartbeat Normal "Normal, decaying" Exponential Chen Tail Timeout phi-accrual-failure-detector phi-detector "phi-accrual, 10"
row "heartbeat and deadline" Normal "Normal, decaying" Exponential Chen Tail Timeout
row "heartbeat and φ" Normal "Normal, decaying" Exponential Chen Tail phi-accrual-failure-detector phi-detector "phi-accrual, 10"
row "φ" Normal "Normal, decaying" Exponential Chen Tail phi-accrual-failure-detector phi-detector "phi-accrual, 10"
