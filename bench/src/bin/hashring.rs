//! Tables of keys side by side, turn by turn: `hashring [ROUNDS] [TABLE]` prints medians, in Markdown.
#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::{alloc::System, env, error::Error};

use quorate_bench::{
    hashring::{TABLES, built, kept},
    vclock::Figure,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let rounds: usize = arguments.next().map_or(Ok(21), |rounds| rounds.parse())?;
    let wanted = arguments.next();
    for (table, contests) in TABLES {
        if wanted.as_ref().is_some_and(|wanted| wanted != table) {
            continue;
        }
        let mut names: Vec<&str> = vec![];
        for make in contests() {
            let mut contest = make();
            if names.is_empty() {
                names = contest.entrants.iter().map(|entrant| entrant.name).collect();
                println!("\n| {table}, ns | {} |\n|---|{}", names.join(" | "), "---:|".repeat(names.len()));
            }
            let figures = contest.run(rounds);
            println!("| {} | {} |", contest.what, cells(&names, &figures));
        }
    }
    if wanted.is_none_or(|wanted| wanted == "memory") {
        memory();
    }
    Ok(())
}

/// The figures of these entrants, and of all but the first how many times as long that is.
fn cells(names: &[&str], figures: &[Figure]) -> String {
    let [first, others @ ..] = figures else { return String::new() };
    let other = |name: &&str| {
        let figure = others.iter().find(|figure| figure.name == *name);
        figure.map_or_else(String::new, |figure| {
            format!("{:.1} ({:.2}×)", figure.nanos, figure.nanos / first.nanos)
        })
    };
    let own = [format!("{:.1}", first.nanos)];
    own.into_iter().chain(names.iter().skip(1).map(other)).collect::<Vec<_>>().join(" | ")
}

fn memory() {
    println!(
        "\n| a ring of 160,000 tokens | bytes kept | for each token | reserved in all while it is built |\n|---|---:|---:|---:|"
    );
    for name in kept() {
        built(name, &mut || ());
        let region = Region::new(ALLOCATOR);
        built(name, &mut || {
            let change = region.change();
            let grown = usize::try_from(change.bytes_reallocated.max(0)).unwrap_or(0);
            let all = change.bytes_allocated + grown;
            let kept = all.saturating_sub(change.bytes_deallocated);
            println!("| {name} | {kept} | {} | {all} |", kept / 160_000);
        });
    }
}
