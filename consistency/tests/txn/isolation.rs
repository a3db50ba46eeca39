//! Histories that tell the levels of isolation apart, recorded ones, and long ones.

use std::{fs, path::PathBuf};

use crate::{
    common::{Rng, txn::Registers},
    executions::{Long, long},
    orders::{axiom_oracle, store_oracle},
    proofs::proves,
};
use quorate_consistency::{
    format::{Format, read_sessions},
    txn::{
        History, HistoryBuilder, Isolation, Level, RegisterOp, Solution, Solver, SolverOptions, WeakOptions,
        check_weak, solve,
    },
};

type Op = RegisterOp<u8, u32>;

/// Transactions like `r x0, w y1`, each of its own process if they are divided by bars, at one time; `;` begins the next
/// transaction of the same process.
fn history(text: &str) -> Registers {
    let op = |op: &str| {
        let (kind, key) = (op.as_bytes()[0], op.as_bytes()[2]);
        let value: u32 = op[3..].parse().unwrap();
        match kind {
            b'w' => Op::Write(key, value),
            _ => Op::Read(key, (value > 0).then_some(value)),
        }
    };
    let txn = |txn: &str| txn.split(", ").map(|text| op(text.trim())).collect::<Vec<_>>();
    History::from_sessions(text.split('|').map(|session| session.split(';').map(txn).collect::<Vec<_>>()))
        .unwrap()
}

fn in_turn(text: &str) -> Registers {
    let mut builder = HistoryBuilder::new();
    for txn in history(text).transactions() {
        builder.invoke(txn.process, txn.ops.clone()).unwrap();
        builder.ok(txn.process, txn.ops.clone()).unwrap();
    }
    builder.finish()
}

/// Which levels hold: causal consistency, prefix consistency, snapshot isolation and that in real time, serializability
/// and that in real time.
fn held(history: &Registers) -> String {
    let causal = check_weak(history, Level::Causal, WeakOptions::default()).unwrap().order.is_some();
    let mut held = String::from(if causal { "c" } else { "-" });
    for (isolation, letter) in Isolation::ALL.into_iter().zip(["p", "s", "S", "z", "Z"]) {
        let solution = solve(history, isolation, u64::MAX).unwrap();
        assert_eq!(solution.holds(), Some(axiom_oracle(history, isolation)), "{isolation}: {history:?}");
        assert_eq!(solution.holds(), Some(store_oracle(history, isolation)), "{isolation}: {history:?}");
        if let Solution::Violated(why) = &solution {
            assert!(proves(history, isolation, why), "{isolation}: {why:?}");
        }
        held += if solution.holds() == Some(true) { letter } else { "-" };
    }
    held
}

#[test]
fn small_histories_tell_the_levels_apart() {
    for (what, text, expected) in [
        ("nothing wrong", "w x1, w y1 | r x1, r y1", "cpsSzZ"),
        ("write skew", "r x0, r y0, w y1 | r x0, r y0, w x1", "cpsS--"),
        ("a read-only transaction sees it", "r y0, w y1 | r x0, r y0, w x2 | r x0, r y1", "cpsS--"),
        ("lost update", "r x0, w x1 | r x0, w x2", "cp----"),
        ("lost update of a version", "w x1 | r x1, w x2 | r x1, w x3", "cp----"),
        ("long fork", "w x1 | w y1 | r x1, r y0 | r x0, r y1", "c-----"),
        ("long fork in sessions", "w x1; r y0 | w y1; r x0", "c-----"),
        ("fractured read", "w x1, w y1 | r x1, r y0", "------"),
        ("causality violation", "w x1 | r x1, w y1 | r y1, r x0", "------"),
        ("own write missed later", "w x1; r x0", "------"),
        ("writes seen in two orders", "w x1 | w x2 | r x1; r x2 | r x2; r x1", "------"),
        ("blind writes in two orders", "w x1, w y1 | w x2, w y2 | r x1, r y2", "------"),
        ("a version skipped", "w x1; w x2 | r x2; r x1", "------"),
    ] {
        let history = history(text);
        assert_eq!(held(&history), expected, "{what}");
        println!("| {what} | `{text}` | {expected} |");
    }
    assert_eq!(held(&HistoryBuilder::new().finish()), "cpsSzZ", "nothing at all");
    for (what, text, expected) in [
        ("stale read", "w x1 | r x0", "cps-z-"),
        ("write skew one after the other", "r x0, w y1 | r y0, w x1", "cps---"),
        ("nothing wrong", "w x1 | r x1, w x2 | r x2", "cpsSzZ"),
    ] {
        let history = in_turn(text);
        assert_eq!(held(&history), expected, "{what}");
        println!("| {what}, in time | `{text}` | {expected} |");
    }
}

#[test]
fn recorded_transactions_are_what_the_oracles_say() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/histories/awdit"));
    let Ok(files) = fs::read_dir(&folder) else {
        println!("skipped: there are no recorded histories in {}", folder.display());
        return;
    };
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in &files {
        let recorded = read_sessions(&fs::read_to_string(file).unwrap(), Format::Awdit).unwrap().history;
        let small = |number: &u64| u32::try_from(*number).unwrap() + 1;
        let key = |key: &u64| u8::try_from(*key).unwrap();
        let ops = |ops: &[RegisterOp<u64, u64>]| {
            let one = |op: &RegisterOp<u64, u64>| match op {
                RegisterOp::Write(of, value) => Op::Write(key(of), small(value)),
                RegisterOp::Read(of, value) => Op::Read(key(of), value.as_ref().map(small)),
            };
            ops.iter().map(one).collect::<Vec<_>>()
        };
        let all = recorded.transactions();
        let sessions = all.chunk_by(|one, other| one.process == other.process);
        let sessions = sessions.map(|session| session.iter().map(|txn| ops(&txn.ops)).collect::<Vec<_>>());
        let held = held(&History::from_sessions(sessions).unwrap());
        let name = file.file_stem().unwrap().to_str().unwrap();
        println!("{name}: {held}");
        let expected = match name {
            "causal-lost-update" => "cp----",
            _ if name.starts_with("causal") => "c-----",
            _ => "------",
        };
        assert_eq!(held, expected, "{name}");
    }
    assert_eq!(files.len(), 7);
}

const LONG: Long = Long {
    transactions: 10_000,
    processes: 8,
    keys: 200,
    ops: 4,
    is_mini: false,
    has_snapshots: false,
    unknown_percent: 0,
    stale_every: 0,
};

/// The verdict, which is verified.
fn judged(history: &Registers, isolation: Isolation, shortcuts: bool) -> bool {
    let mut options = SolverOptions::default();
    options.shortcuts = shortcuts;
    let mut solver = Solver::new(history, isolation, options).unwrap();
    match solver.run(100_000_000) {
        Solution::Holds(order) => {
            assert_eq!(order.verify(history, isolation), Ok(()));
            true
        }
        Solution::Violated(why) => {
            assert!(proves(history, isolation, why), "{why:?}");
            false
        }
        Solution::Unknown(why) => panic!("{isolation}: {why}"),
    }
}

#[test]
fn what_a_serial_store_does_holds_at_every_level() {
    for (seed, shape) in [
        LONG,
        Long { keys: 10, ..LONG },
        Long { processes: 16, unknown_percent: 1, ..LONG },
        Long { is_mini: true, keys: 50, ..LONG },
    ]
    .into_iter()
    .enumerate()
    {
        let history = long(&mut Rng(seed as u64), shape);
        for isolation in Isolation::ALL {
            assert!(judged(&history, isolation, true), "{isolation}: {shape:?}");
        }
    }
}

#[test]
fn what_a_store_with_snapshots_does_holds_up_to_snapshot_isolation() {
    for (seed, shape) in [
        Long { keys: 10, has_snapshots: true, transactions: 2_000, ..LONG },
        Long { keys: 10, has_snapshots: true, is_mini: true, transactions: 2_000, ..LONG },
    ]
    .into_iter()
    .enumerate()
    {
        let history = long(&mut Rng(seed as u64), shape);
        for isolation in Isolation::ALL {
            let expected = Isolation::StrongSnapshotIsolation.implies(isolation);
            assert_eq!(judged(&history, isolation, true), expected, "{isolation}: {shape:?}");
        }
    }
}

#[test]
fn stale_reads_are_found_in_long_histories() {
    let mut found = [0; 5];
    for seed in 0..30 {
        let shape = Long { transactions: 400, keys: 5, stale_every: 60, is_mini: seed % 2 == 0, ..LONG };
        let history = long(&mut Rng(seed), shape);
        for (isolation, found) in Isolation::ALL.into_iter().zip(&mut found) {
            let holds = judged(&history, isolation, true);
            assert_eq!(holds, judged(&history, isolation, false), "{isolation}, seed {seed}");
            *found += u64::from(!holds);
        }
    }
    println!("violated: {found:?} of 30");
    assert!(found[4] > 20 && found[2] > 20, "{found:?}");
}

#[test]
fn mini_transactions_are_judged_without_a_search() {
    let (mut without, mut held) = (0, 0);
    for seed in 0..200 {
        let mut rng = Rng(seed);
        let shape = Long {
            transactions: 10 + rng.below(60),
            keys: 3,
            is_mini: true,
            has_snapshots: rng.chance(60),
            stale_every: [0, 20][rng.below(2)],
            ops: 2,
            processes: 2 + rng.below(5),
            ..LONG
        };
        let history = long(&mut rng, shape);
        for isolation in Isolation::ALL {
            let holds = judged(&history, isolation, true);
            assert_eq!(holds, judged(&history, isolation, false), "{isolation}, seed {seed}");
            let solver = Solver::new(&history, isolation, SolverOptions::default()).unwrap();
            assert!(isolation == Isolation::Prefix || solver.solution().holds().is_some());
            without += 1;
            held += u64::from(holds);
        }
    }
    println!("{held} of {without} hold");
    assert!(held > without / 4 && held < without * 3 / 4);
}

#[test]
fn long_histories_do_not_overflow_the_stack() {
    let run = || {
        for (seed, has_snapshots) in [(1, false), (2, true)] {
            let history =
                long(&mut Rng(seed), Long { transactions: 20_000, keys: 30, has_snapshots, ..LONG });
            for isolation in [Isolation::SnapshotIsolation, Isolation::StrictSerializable] {
                let holds = judged(&history, isolation, false);
                println!("{isolation}: {holds}");
            }
        }
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().unwrap();
}
