//! Every seeded bug in the judges of transactions is caught.

use quorate_consistency::txn::{Bank, Bug, Options, SolverOptions, WeakOptions};

use super::{
    common::{
        Rng,
        txn::{Kind, Shape, as_registers, list_mistake, lists, weak_mistake},
    },
    executions::{drawn, puzzles, small},
    orders::{puzzle_mistake, solver_mistake},
    rw::register_mistake,
    workloads::{self, Banking},
};

/// How many histories a bug may survive.
const SEEDS: u64 = 20_000;

#[test]
fn every_seeded_bug_of_isolation_is_caught() {
    println!("| bug | caught by | in histories of | histories |\n|---|---|---|---|");
    let mut survivors = Vec::new();
    for bug in Bug::ALL {
        let caught = (0..SEEDS).find_map(|seed| Some((caught(bug, seed)?, seed + 1)));
        match caught {
            Some(((check, of), histories)) => println!("| `{bug:?}` | {check} | {of} | {histories} |"),
            None => survivors.push(bug),
        }
    }
    assert!(survivors.is_empty(), "never caught in {SEEDS} histories: {survivors:?}");
}

fn caught(bug: Bug, seed: u64) -> Option<(&'static str, &'static str)> {
    let mut rng = Rng(seed);
    if bug as usize >= Bug::RealTimeIgnored as usize {
        return solver_caught(bug, &mut rng);
    }
    let kind = [Kind::Right, Kind::Changed, Kind::Loose][rng.below(3)];
    let is_read_at_end = rng.chance(50);
    let shape = Shape {
        transactions: 2 + rng.below(3),
        keys: 2,
        ops: 3,
        processes: 3,
        aborted_percent: 12,
        unknown_percent: if rng.chance(50) { 0 } else { 8 },
        is_read_at_end,
    };
    let history = lists(&mut rng, kind, shape);
    let (mut options, mut weak) = (Options::default(), WeakOptions::default());
    (options.bug, weak.bug) = (Some(bug), Some(bug));
    let registers = as_registers(&history);
    list_mistake(&history, options)
        .map(|check| (check, "lists"))
        .or_else(|| weak_mistake(&registers, weak).map(|check| (check, "registers")))
        .or_else(|| {
            let nth = rng.below(3);
            (options.sequential_keys, options.linearizable_keys) = (nth == 1, nth == 2);
            register_mistake(&registers, options).map(|check| (check, "registers"))
        })
        .or_else(|| {
            let banking = [Banking::Right, Banking::Torn, Banking::Overdrawn][rng.below(3)];
            let mut bank = Bank::default();
            (bank.total, bank.bug) = (Some(workloads::TOTAL), Some(bug));
            let history = workloads::bank(&mut rng, banking, 10);
            workloads::bank_mistake(&history, &bank).map(|check| (check, "banks"))
        })
        .or_else(|| {
            let history = workloads::groups(&mut rng, 4);
            workloads::long_fork_mistake(&history, options).map(|check| (check, "groups"))
        })
}

fn solver_caught(bug: Bug, rng: &mut Rng) -> Option<(&'static str, &'static str)> {
    let mut options = SolverOptions::default();
    options.bug = Some(bug);
    options.shortcuts = rng.chance(50);
    if rng.chance(20) {
        let clauses = rng.below(8);
        let (history, holds) = puzzles(rng, &[(6, 20 + clauses)]);
        return puzzle_mistake(&history, holds, options).map(|check| (check, "puzzles"));
    }
    let shape = small(rng);
    solver_mistake(&drawn(rng, shape), options).map(|check| (check, "registers"))
}
