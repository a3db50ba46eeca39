//! Counts per proposal, exactly: `raft_allocations ENGINE BATCH` prints allocations, bytes and messages.

use std::{alloc::System, env, error::Error};

use quorate_bench::raft::{Engine, Workload};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Enough for queues to reach their size.
const WARM_UP: u64 = 16_384;
const PROPOSALS: u64 = 65_536;

#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "a figure for a table")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [engine, batch] = arguments.as_slice() else {
        return Err("usage: raft_allocations ENGINE BATCH".into());
    };
    let batch = batch.parse()?;
    let mut cluster = engine.parse::<Engine>()?.cluster(batch, 256);
    Workload { batch, proposals: WARM_UP }.run(&mut *cluster);
    let (region, messages) = (Region::new(ALLOCATOR), cluster.messages());
    let proposals = Workload { batch, proposals: PROPOSALS }.run(&mut *cluster) as f64;
    let change = region.change();
    println!(
        "{:.3} {:.0} {:.3}",
        (change.allocations + change.reallocations) as f64 / proposals,
        change.bytes_allocated as f64 / proposals,
        (cluster.messages() - messages) as f64 / proposals,
    );
    Ok(())
}
