//! Failure detectors side by side, turn by turn: `phi [ROUNDS] [TABLE]` prints medians, in Markdown.
#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::{alloc::System, env, error::Error, time::Duration};

use quorate_bench::{
    phi::{KEPT, Load, TABLES, kept, monitored, polled},
    vclock::Figure,
};
use quorate_phi_detector::{
    memory::{Decay, Window},
    model::Normal,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let rounds: usize = arguments.next().map_or(Ok(21), |rounds| rounds.parse())?;
    let wanted = arguments.next();
    let is_wanted = |table: &str| wanted.as_ref().is_none_or(|wanted| wanted == table);
    for (table, contests) in TABLES.into_iter().filter(|(table, _)| is_wanted(table)) {
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
    if is_wanted("memory") {
        memory();
    }
    if is_wanted("crowd") {
        crowd()?;
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

/// Bytes that are in use by what this has made, once it calls back.
fn bytes<T>(made: impl FnOnce(&mut dyn FnMut()) -> T) -> (T, isize) {
    let region = Region::new(ALLOCATOR);
    let mut bytes = 0;
    let result = made(&mut || {
        let change = region.change();
        let all = isize::try_from(change.bytes_allocated).unwrap_or(0);
        bytes = all + change.bytes_reallocated - isize::try_from(change.bytes_deallocated).unwrap_or(0);
    });
    (result, bytes)
}

/// Of detectors that have heard 1,100 heartbeats.
fn memory() {
    const COUNT: usize = 1_000;
    println!("\n| one detector | bytes | allocations in one heartbeat |\n|---|---:|---:|");
    for name in KEPT {
        let region = Region::new(ALLOCATOR);
        let allocations = || region.change().allocations + region.change().reallocations;
        let (mut before, mut after) = (0, 0);
        let ((), bytes) = bytes(|done| {
            kept(name, COUNT, &mut || before = allocations(), &mut || {
                after = allocations();
                done();
            });
        });
        println!("| {name} | {} | {} |", bytes / COUNT.cast_signed(), (after - before) / COUNT);
    }
}

fn crowd() -> Result<(), Box<dyn Error>> {
    let longest = Duration::from_secs(16);
    let (least, first) = (Duration::from_millis(10), Duration::from_secs(1));
    let window = Normal::new(Window::new(64, longest)?, least, first)?;
    let decaying = Normal::new(Decay::new(16, longest)?, least, first)?;
    println!(
        "\n| a crowd at 1 Hz | peers | share of a core | wakes per second | of which told nothing | bytes per peer |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    for peers in [100_000_u32, 1_000_000] {
        let row = |name: &str, (load, bytes): (Load, isize)| {
            let (share, bytes) = (load.share * 100.0, bytes / isize::try_from(peers).unwrap_or(1));
            println!("| {name} | {peers} | {share:.1} % | {:.1} | {:.1} | {bytes} |", load.wakes, load.idle);
        };
        row("Monitor, Normal, decaying", bytes(|made| monitored(decaying, peers, 10, false, made)));
        row("Monitor, Normal, 64", bytes(|made| monitored(window, peers, 10, false, made)));
        row("the same, and it sends heartbeats", bytes(|made| monitored(window, peers, 10, true, made)));
        for name in ["phi-accrual-failure-detector", "phi-detector", "phi-accrual"] {
            row(&format!("{name}, polled each 10 ms"), bytes(|made| polled(name, peers, made)));
        }
    }
    Ok(())
}
