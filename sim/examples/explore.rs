//! How fast the explorer is: states per second on the register of `machine`'s page, invariants on, one thread.
//! `cargo run --release -p quorate-sim --example explore -- "nodes 3, commands 2, wakes 2, crashes 1"`
#![allow(clippy::print_stdout, reason = "an example tells what it measured")]
#![expect(clippy::disallowed_types, reason = "it measures seconds")]

#[path = "../tests/toy/mod.rs"]
mod toy;

use std::time::Instant;

use quorate_sim::explore::{Scope, ScopeError, explore};

fn main() -> Result<(), ScopeError> {
    let scope =
        std::env::args().nth(1).unwrap_or_else(|| "nodes 3, commands 2, wakes 2, crashes 1".to_owned());
    let scope: Scope = scope.parse()?;
    for _ in 0..3 {
        let begun = Instant::now();
        let report = explore(&toy::Toy::default(), &scope);
        let elapsed = begun.elapsed();
        let per_second = |count: u64| u128::from(count) * 1_000_000 / elapsed.as_micros().max(1);
        print!("{report}");
        println!(
            "{elapsed:.2?}: {} states/s, {} transitions/s",
            per_second(report.states),
            per_second(report.transitions)
        );
    }
    Ok(())
}
