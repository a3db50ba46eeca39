//! What a long run of quorate-sim keeps: `sim_memory toy|raft [COMMANDS] [history]` prints the most live bytes up to a
//! tenth, half and all of its events, without what the plan itself takes, and allocations per event.
#![expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "figures for a table")]

use std::{alloc::System, env, error::Error};

use quorate_bench::sim::subjects::{cluster::Cluster, long_raft, long_toy, toy::Toy};
use quorate_sim::{Observer, Plan, Run, Step, Subject, View};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Looks at the memory after every step.
struct Memory {
    before: usize,
    events: u64,
    peak: usize,
    /// The most so far at each of these counts of events.
    peaks: Vec<(u64, usize)>,
    due: Vec<u64>,
}

fn live() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated.saturating_sub(stats.bytes_deallocated)
}

impl<S: Subject> Observer<S> for Memory {
    fn after(&mut self, _: &View<'_, S>, _: &Step<'_, S>) {
        self.events += 1;
        self.peak = self.peak.max(live().saturating_sub(self.before));
        if self.due.last() == Some(&self.events) {
            self.due.pop();
            self.peaks.push((self.events, self.peak));
            self.peak = 0;
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let what = arguments.first().map(String::as_str).unwrap_or_default();
    let commands = arguments.get(1).map(|commands| commands.parse()).transpose()?;
    let history = arguments.get(2).is_some_and(|word| word == "history");
    match what {
        "toy" => measure(&Toy::default(), &long_toy(commands.unwrap_or(400_000)), history),
        "raft" => measure(&Cluster::default(), &long_raft(commands.unwrap_or(400_000)), history),
        _ => Err("usage: sim_memory toy|raft [COMMANDS] [history]".into()),
    }
}

fn measure<S: Subject>(subject: &S, plan: &Plan, history: bool) -> Result<(), Box<dyn Error>> {
    let (peaks, due) = (Vec::with_capacity(8), vec![10_000_000, 5_000_000, 1_000_000, 100_000]);
    let mut memory = Memory { before: live(), events: 0, peak: 0, peaks, due };
    let region = Region::new(ALLOCATOR);
    let run = Run::new(subject, plan);
    let run = if history { run } else { run.without_history() };
    let report = run.observed(&mut memory).go();
    if !report.verdict.is_passed() {
        return Err(report.verdict.to_string().into());
    }
    let change = region.change();
    let allocations = (change.allocations + change.reallocations) as f64 / report.events as f64;
    for (events, peak) in memory.peaks {
        println!("up to {events} events: at most {peak} bytes");
    }
    println!(
        "{} events, {} commands, {allocations:.3} allocations per event",
        report.events, report.counters.commands
    );
    Ok(())
}
