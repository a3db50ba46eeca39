//! Prefix consistency, snapshot isolation and serializability of registers: small histories against oracles that try every order.

use crate::{
    common::{Rng, txn::Registers},
    executions::{Drawn, drawn, puzzles, small},
    orders::{axiom_oracle, puzzle_mistake, solver_mistake, store_oracle, verify_mistake},
};
use quorate_consistency::txn::{Isolation, Refutation, Solution, Solver, SolverOptions, Unresolved, solve};

const HISTORIES: u64 = 10_000;

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

#[test]
fn puzzles_are_solved() {
    let (mut solved, mut refuted) = (0, [0; 3]);
    for seed in 0..HISTORIES / 20 {
        let mut rng = Rng(seed);
        let mut shape = || {
            let variables = 3 + rng.below(7);
            (variables, variables * 2 + rng.below(variables * 4))
        };
        let shapes = if seed % 4 == 0 { vec![(3, 5), (5, 10), (4, 12), (3, 4)] } else { vec![shape()] };
        let (history, holds) = puzzles(&mut rng, &shapes);
        for options in [SolverOptions::default(), searching()] {
            assert_eq!(puzzle_mistake(&history, holds, options), None, "seed {seed}: {history:?}");
        }
        match solve(&history, Isolation::Serializable, u64::MAX).unwrap() {
            Solution::Violated(Refutation::Forced(_)) => refuted[0] += 1,
            Solution::Violated(Refutation::EitherWay { .. }) => refuted[1] += 1,
            Solution::Violated(Refutation::Exhausted { .. }) => refuted[2] += 1,
            _ => solved += 1,
        }
    }
    println!("{solved} are solved, {refuted:?} refuted at once, either way, by trying all orders");
    assert!(solved > 100 && refuted[1] > 100 && refuted[2] > 0);
}

#[test]
fn steps_can_be_given_one_by_one() {
    let mut unknown = 0;
    for seed in 0..60 {
        let mut rng = Rng(seed);
        let (puzzle, _) = puzzles(&mut rng, &[(5, 18)]);
        let shape = Drawn { transactions: 8, ..small(&mut rng) };
        for (history, isolation) in
            [(puzzle, Isolation::ALL[rng.below(5)]), (drawn(&mut rng, shape), Isolation::Serializable)]
        {
            let mut whole = Solver::new(&history, isolation, searching()).unwrap();
            let expected = whole.run(u64::MAX).clone();
            let mut single = Solver::new(&history, isolation, searching()).unwrap();
            let mut given = 0_u64;
            while matches!(single.run(1), Solution::Unknown(Unresolved::Steps)) {
                given += 1;
                assert!(given <= whole.steps(), "seed {seed}");
                unknown += 1;
            }
            assert_eq!((single.solution(), single.steps()), (&expected, whole.steps()), "seed {seed}");
            // Once it is known, it stays.
            assert_eq!(single.run(1), &expected);
            if whole.steps() > 0 {
                assert_eq!(
                    solve_with(&history, isolation, whole.steps() / 2),
                    Solution::Unknown(Unresolved::Steps)
                );
            }
        }
    }
    println!("unknown after {unknown} steps");
    assert!(unknown > 10_000);
}

fn solve_with(history: &Registers, isolation: Isolation, steps: u64) -> Solution<u8> {
    Solver::new(history, isolation, searching()).unwrap().run(steps).clone()
}

#[test]
fn what_is_too_large_is_unknown() {
    let (history, _) = puzzles(&mut Rng(1), &[(9, 12)]);
    let mut options = searching();
    options.cells_max = 10;
    let mut solver = Solver::new(&history, Isolation::Serializable, options).unwrap();
    assert_eq!(solver.run(u64::MAX), &Solution::Unknown(Unresolved::Cells));
    options = searching();
    options.pairs_max = 8;
    let mut solver = Solver::new(&history, Isolation::Serializable, options).unwrap();
    assert_eq!(solver.run(u64::MAX), &Solution::Unknown(Unresolved::Pairs));
    assert_eq!(solve(&history, Isolation::Serializable, 0).unwrap().holds(), None);
}
