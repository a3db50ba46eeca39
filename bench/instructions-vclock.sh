#!/bin/sh
# Prints instructions per operation of clocks and their rivals, in Markdown. Needs valgrind.
# Start-up costs cancel: a run of 2N operations less a run of N, by N. Not optimised for this processor, as in the tables.
set -eu
cd "$(dirname "$0")/.."
export CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1

cargo build --quiet --release --locked -p quorate-bench --bin vclock_turn
bin=${CARGO_TARGET_DIR:-target}/release/vclock_turn
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The instructions of one run: the total of callgrind's summary.
instructions() {
    valgrind --tool=callgrind --cache-sim=no --callgrind-out-file="$scratch/profile" \
        "$bin" "$1" "$2" "$3" "$4" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
    sed -n 's/^.*Collected : *\([0-9]*\).*$/\1/p' "$scratch/log"
}

# One row: the table, the work, how many times, and who does it.
row() {
    table=$1 what=$2 times=$3
    shift 3
    cells=
    for entrant in "$@"; do
        once=$(instructions "$table" "$what" "$entrant" "$times")
        twice=$(instructions "$table" "$what" "$entrant" $((times * 2)))
        cells="$cells $entrant $(((twice - once) / times));"
    done
    echo "| $table: $what | ${cells%;} |"
}

echo "| work | instructions |"
echo "|---|---|"
row "hybrid clock" "a stamp, the physical clock stands still" 100000 quorate uhlc
row "hybrid clock" "a stamp, the physical clock moves on" 100000 quorate uhlc
row "hybrid clock" "a stamp received, ahead of the clock" 100000 quorate uhlc
for size in 3 32; do
    row compare "$size actors, equal" 100000 quorate "quorate, dense" crdts vclock
    row compare "$size actors, before" 100000 quorate "quorate, dense" crdts vclock
    row compare "$size actors, concurrent" 100000 quorate "quorate, dense" crdts vclock
    row increment "$size known actors, numbers" 100000 quorate "quorate, dense" crdts vclock
done
