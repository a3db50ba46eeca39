//! Prefix consistency, snapshot isolation and serializability of registers: small histories against oracles that try every order.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail loudly, too, and a test says what it reached"
)]

mod common;

use common::{
    Rng,
    solver::{Drawn, axiom_oracle, drawn, proves, solver_mistake, store_oracle, verify_mistake},
    txn::Registers,
};
use quorate_consistency::txn::{
    History, Isolation, Refutation, RegisterOp, Solution, Solver, SolverOptions, Unresolved, solve,
};

const HISTORIES: u64 = 20_000;

fn small(rng: &mut Rng) -> Drawn {
    Drawn {
        transactions: 2 + rng.below(4),
        processes: 1 + rng.below(4),
        keys: 1 + u8::try_from(rng.below(3)).unwrap(),
        ops: 1 + rng.below(4),
        old_percent: [0, 20, 60][rng.below(3)],
        wrong_percent: [0, 0, 10][rng.below(3)],
        moved_percent: [0, 30][rng.below(2)],
        aborted_percent: [0, 5][rng.below(2)],
        unknown_percent: [0, 15][rng.below(2)],
        is_mini: rng.chance(25),
    }
}

fn searching() -> SolverOptions {
    let mut options = SolverOptions::default();
    options.shortcuts = false;
    options
}

#[test]
fn small_histories_are_what_the_oracle_says() {
    let mut held = [0; 5];
    for seed in 0..HISTORIES {
        let mut rng = Rng(seed);
        let shape = small(&mut rng);
        let history = drawn(&mut rng, shape);
        for options in [SolverOptions::default(), searching()] {
            assert_eq!(solver_mistake(&history, options), None, "seed {seed}: {history:?}");
        }
        for (isolation, held) in Isolation::ALL.into_iter().zip(&mut held) {
            *held += u64::from(axiom_oracle(&history, isolation));
        }
    }
    println!("of {HISTORIES} histories hold {held:?}");
    assert!(held.iter().all(|held| (HISTORIES / 10..HISTORIES * 9 / 10).contains(held)), "{held:?}");
}

#[test]
fn the_axioms_say_what_a_store_does() {
    for seed in 0..HISTORIES / 10 {
        let mut rng = Rng(seed + 1_000_000);
        let shape = Drawn { transactions: 2 + rng.below(3), ..small(&mut rng) };
        let history = drawn(&mut rng, shape);
        for isolation in Isolation::ALL {
            let (axioms, store) = (axiom_oracle(&history, isolation), store_oracle(&history, isolation));
            assert_eq!(axioms, store, "{isolation}, seed {seed}: {history:?}");
            if history.transactions().len() < 5 {
                assert!(!verify_mistake(&history, isolation), "{isolation}, seed {seed}: {history:?}");
            }
        }
    }
}
