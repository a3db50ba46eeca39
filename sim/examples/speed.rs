//! How fast the simulator is: events per second on the register of `machine`'s page, five nodes, mild faults,
//! invariants on, one thread. `cargo run --release -p quorate-sim --example speed`
#![allow(clippy::print_stdout, reason = "an example tells what it measured")]
#![expect(clippy::disallowed_types, reason = "it measures seconds")]

#[path = "../tests/toy/mod.rs"]
mod toy;

use core::time::Duration;
use std::time::Instant;

use quorate_machine::{Chance, NodeId, Time};
use quorate_sim::{Bounds, Check, DiskPlan, NetworkPlan, Plan, PlannedCommand, generate, run};

fn main() {
    let micros = Duration::from_micros;
    let plan = Plan {
        seed: 1,
        nodes: 5,
        network: NetworkPlan {
            latency: micros(100)..micros(500),
            loss: Chance::ppm(20_000),
            duplication: Chance::ppm(20_000),
            ..NetworkPlan::default()
        },
        disk: DiskPlan { sync: micros(100)..micros(300), ..DiskPlan::default() },
        safety: Duration::from_secs(200),
        commands: (0..200_000)
            .map(|k| PlannedCommand { at: Time::ZERO + micros(1_000) * k, node: NodeId(1), k: k.into() })
            .collect(),
        ..Plan::default()
    };
    let toy = toy::Toy::default();
    for _ in 0..3 {
        let begun = Instant::now();
        let report = run(&toy, &plan);
        let elapsed = begun.elapsed();
        let speed = u128::from(report.events) * 1_000_000 / elapsed.as_micros();
        println!(
            "one long run: {} events in {elapsed:.2?}: {speed} events/s, {}",
            report.events, report.verdict
        );
    }
    let check = Check { threads: 1, ..Check::default() };
    let bounds = Bounds::default();
    let tally = check.run(&toy, 0..20_000, |seed| generate::mix(seed, &bounds));
    println!("many short runs, each twice: {}", tally.expect("the register is whole"));
}
