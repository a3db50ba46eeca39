//! Judges of transactions and of causal models: `transactions` prints a table of time and memory.

use std::{alloc::System, time::Duration};

use quorate_bench::transactions::{
    Answer, Judge, Shape, accesses, judge_accesses, judge_lists, judge_registers, lists, registers,
};
use quorate_consistency::{
    CausalModel,
    txn::{Isolation, Level},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Each figure is the best of so many runs.
const RUNS: usize = 3;

/// How many steps a search may take.
const STEPS: u64 = 1 << 32;

#[expect(clippy::print_stdout, reason = "a table is what this is for")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::cast_precision_loss, reason = "figures for a table")]
fn row(what: &str, judge: &str, items: u32, mut run: impl FnMut() -> Answer) {
    let region = Region::new(ALLOCATOR);
    let (answer, mut best) = run();
    let change = region.change();
    for _ in 1..RUNS {
        best = best.min(run().1);
    }
    let answer = answer.map_or("unknown", |right| if right { "yes" } else { "no" });
    let per_second = f64::from(items) / best.max(Duration::from_nanos(1)).as_secs_f64();
    let allocated = change.bytes_allocated as f64 / f64::from(items);
    let time = best.as_secs_f64() * 1e3;
    say(&format!("| {what} | {judge} | {answer} | {time:.1} ms | {per_second:.0} | {allocated:.0} |"));
}

fn main() {
    say(
        "| history | judge | right | time | per second | bytes allocated for each |\n|---|---|---|---:|---:|---:|",
    );
    let shape = Shape {
        transactions: 100_000,
        processes: 10,
        keys: 10,
        writes_per_key: 16,
        operations_max: 4,
        reads_first: false,
    };
    for (length, writes_per_key) in [("short", 16), ("long", 256)] {
        let history = lists(Shape { writes_per_key, ..shape }, 1);
        let what = format!("{} transactions on {length} lists, up to {writes_per_key}", shape.transactions);
        row(&what, "list-append", shape.transactions, || judge_lists(&history));
    }
    for (kind, reads_first) in [("blind writes", false), ("mini-transactions", true)] {
        let shape = Shape { reads_first, writes_per_key: 256, ..shape };
        let history = registers(shape, 1);
        let what = format!("{} transactions on registers, {kind}", shape.transactions);
        let one = |name: &str, judge| {
            row(&what, name, shape.transactions, || judge_registers(&history, judge));
        };
        one("rw-register", Judge::Anomalies);
        for (name, level) in ["read-committed", "read-atomic", "causal"].into_iter().zip(Level::ALL) {
            one(name, Judge::Weak(level));
        }
        for isolation in Isolation::ALL {
            one(isolation.name(), Judge::Exact(isolation, STEPS));
        }
    }
    for (operations, processes) in [(10_000, 10), (100_000, 10), (1_000_000, 10), (100_000, 100)] {
        let history = accesses(operations, processes, 100, 1);
        let what = format!("{operations} accesses by {processes} processes");
        for (name, model) in ["PRAM", "CC", "CCv", "CM"].into_iter().zip(CausalModel::ALL) {
            row(&what, name, operations, || judge_accesses(&history, model));
        }
    }
}
