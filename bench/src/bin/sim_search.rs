//! The explorers side by side, turn by turn: `sim_search [ROUNDS]` prints the best of all turns, in Markdown.
#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::{env, error::Error};

use quorate_bench::{
    cpu::cpu_time,
    sim::{Search, Searcher},
};

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = env::args().nth(1).map_or(Ok(3), |rounds| rounds.parse::<u32>())?;
    println!(
        "| nodes | commands | wakes | searcher | states | transitions | seconds | states/s | transitions/s |"
    );
    println!("|---:|---:|---:|---|---:|---:|---:|---:|---:|");
    for (nodes, commands, wakes) in [(3, 2, 2), (3, 3, 3), (5, 2, 1)] {
        let search = Search { nodes, commands, wakes };
        let mut best = Searcher::ALL.map(|_| (u128::MAX, None));
        for _ in 0..rounds {
            for (best, searcher) in best.iter_mut().zip(Searcher::ALL) {
                let begun = cpu_time();
                let found = searcher.run(search);
                let micros = cpu_time().saturating_sub(begun).as_micros().max(1);
                *best = (best.0.min(micros), Some(found));
            }
        }
        for ((micros, found), searcher) in best.into_iter().zip(Searcher::ALL) {
            let Some(found) = found else { continue };
            let per_second = |count: u64| u128::from(count) * 1_000_000 / micros;
            println!(
                "| {nodes} | {commands} | {wakes} | {searcher} | {} | {} | {}.{:03} | {} | {} |",
                found.states,
                found.transitions,
                micros / 1_000_000,
                micros / 1_000 % 1_000,
                per_second(found.states),
                per_second(found.transitions)
            );
        }
    }
    Ok(())
}
