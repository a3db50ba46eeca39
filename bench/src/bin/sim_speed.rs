//! How fast quorate-sim is, one thread, all invariants on: `sim_speed toy|raft|raft-seeds [SIZE] [ROUNDS]` prints each
//! round. The size is in commands for the long runs, in seeds for the last.
#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::{env, error::Error};

use quorate_bench::cpu::cpu_time;
use quorate_bench::sim::subjects::{
    cluster::{Cluster, plans},
    long_raft, long_toy,
    toy::Toy,
};
use quorate_sim::{Run, Subject};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let size = arguments.next().map(|size| size.parse()).transpose()?;
    let rounds = arguments.next().map_or(Ok(1), |rounds| rounds.parse::<u32>())?;
    for _ in 0..rounds {
        match what.as_str() {
            "toy" => long_run(&Toy::default(), &long_toy(size.unwrap_or(200_000)))?,
            "raft" => long_run(&Cluster::default(), &long_raft(size.unwrap_or(50_000)))?,
            "raft-seeds" => many_runs(size.unwrap_or(2_000))?,
            _ => return Err("usage: sim_speed toy|raft|raft-seeds [SIZE] [ROUNDS]".into()),
        }
    }
    Ok(())
}

fn long_run<S: Subject>(subject: &S, plan: &quorate_sim::Plan) -> Result<(), Box<dyn Error>> {
    let begun = cpu_time();
    let report = Run::new(subject, plan).go();
    let elapsed = cpu_time().saturating_sub(begun);
    if !report.verdict.is_passed() {
        return Err(report.verdict.to_string().into());
    }
    let speed = u128::from(report.events) * 1_000_000 / elapsed.as_micros().max(1);
    println!("{} events in {elapsed:.2?}: {speed} events/s", report.events);
    Ok(())
}

/// The plans of Raft's own simulated test, the first ones of them, once each.
fn many_runs(seeds: u32) -> Result<(), Box<dyn Error>> {
    let subject = Cluster::default();
    let begun = cpu_time();
    let mut events = 0;
    for seed in 0..u64::from(seeds) {
        let plan = plans::plan(seed);
        let report = Run::new(&subject, &plan).go();
        if !report.verdict.meets(plan.expect) {
            return Err(format!("seed {seed}: {}", report.verdict).into());
        }
        events += report.events;
    }
    let elapsed = cpu_time().saturating_sub(begun);
    let micros = elapsed.as_micros().max(1);
    let (speed, rate) = (u128::from(events) * 1_000_000 / micros, u128::from(seeds) * 1_000_000 / micros);
    println!("{seeds} seeds, {events} events in {elapsed:.2?}: {speed} events/s, {rate} seeds/s");
    Ok(())
}
