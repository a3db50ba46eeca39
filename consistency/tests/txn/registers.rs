//! Transactions on registers: what is wrong with them is what the definitions say.

use std::collections::BTreeMap;

use quorate_consistency::txn::{
    Ambiguous, Anomaly, Evidence, HistoryBuilder, Isolation as Exact, Model, Options, RegisterOp, Solver,
    SolverOptions, check_rw_register,
};

use crate::{
    common::{
        Rng,
        txn::{Kind, Shape, as_registers, lists},
    },
    rw::register_mistake,
    stores::{self, Isolation},
};

const HISTORIES: u64 = 6_000;
const SMALL: Shape = Shape {
    transactions: 4,
    keys: 2,
    ops: 3,
    processes: 3,
    aborted_percent: 8,
    unknown_percent: 8,
    is_read_at_end: false,
};

/// Without any order of keys, and with each.
fn options() -> [Options; 3] {
    let mut all = [Options::default(); 3];
    all[1].sequential_keys = true;
    all[2].linearizable_keys = true;
    all
}

#[test]
fn registers_are_what_the_definitions_say() {
    let mut seen = BTreeMap::new();
    for seed in 0..HISTORIES {
        let mut rng = Rng(seed);
        let kind = [Kind::Changed, Kind::Loose, Kind::Loose][rng.below(3)];
        let (transactions, ops) = (2 + rng.below(4), 2 + rng.below(3));
        let (keys, processes) = (1 + u8::from(rng.chance(70)), 1 + rng.below(4));
        let shape = Shape { transactions, keys, ops, processes, ..SMALL };
        let history = as_registers(&lists(&mut rng, kind, shape));
        let options = options()[rng.below(3)];
        assert_eq!(register_mistake(&history, options), None, "seed {seed}, {options:?}: {history:?}");
        for anomaly in check_rw_register(&history, options).unwrap().anomalies() {
            *seen.entry(anomaly.name()).or_insert(0) += 1;
        }
    }
    println!("{seen:?}");
    assert!(seen.len() > 20, "{seen:?}");
}

#[test]
fn what_a_serializable_store_does_is_clean() {
    for seed in 0..HISTORIES {
        let mut rng = Rng(seed);
        let (transactions, processes) = (3 + rng.below(40), 1 + rng.below(6));
        let history =
            as_registers(&lists(&mut rng, Kind::Right, Shape { transactions, processes, keys: 4, ..SMALL }));
        for options in options() {
            let report = check_rw_register(&history, options).unwrap();
            assert_eq!(report.findings, [], "seed {seed}, {options:?}: {history:?}");
            assert_eq!(report.holds(Model::StrictSerializable), Some(true));
        }
    }
}

#[test]
fn what_a_store_of_a_level_does_satisfies_it() {
    for isolation in Isolation::ALL {
        let mut seen = BTreeMap::new();
        for seed in 0..HISTORIES / 4 {
            let mut rng = Rng(seed);
            let (transactions, keys) = (5 + rng.below(40), 2 + rng.below(3));
            let history = stores::run(&mut rng, isolation, transactions, keys);
            for options in options() {
                let report = check_rw_register(&history, options).unwrap();
                let kept = match isolation {
                    Isolation::ReadUncommitted => Model::StrongReadUncommitted,
                    Isolation::ReadCommitted => Model::StrongReadCommitted,
                    Isolation::Snapshot => Model::StrongSnapshotIsolation,
                    Isolation::Serializable => Model::StrictSerializable,
                };
                let found = report.anomalies();
                assert_eq!(
                    report.holds(kept),
                    Some(true),
                    "seed {seed}, {options:?}: {found:?} in {history:?}"
                );
                for anomaly in found {
                    *seen.entry(anomaly.name()).or_insert(0) += 1;
                }
            }
        }
        println!("{isolation:?}: {seen:?}");
        let shows: &[&str] = match isolation {
            Isolation::ReadUncommitted => &["G1a", "G1b", "G1c", "dirty-update", "G-single"],
            Isolation::ReadCommitted => &["internal", "lost-update", "G-single", "G2-item"],
            Isolation::Snapshot => &["G2-item"],
            Isolation::Serializable => &[],
        };
        assert!(shows.iter().all(|anomaly| seen.contains_key(anomaly)), "{isolation:?}: {seen:?}");
        assert!(!shows.is_empty() || seen.is_empty());
    }
}

#[test]
fn what_anomalies_rule_out_the_solver_rules_out() {
    let mut counts = BTreeMap::new();
    for seed in 0..HISTORIES / 4 {
        let mut rng = Rng(seed);
        let isolation = Isolation::ALL[rng.below(4)];
        let (transactions, keys) = (5 + rng.below(20), 2 + rng.below(3));
        let history = stores::run(&mut rng, isolation, transactions, keys);
        let report = check_rw_register(&history, Options::default()).unwrap();
        for (model, exact) in [
            (Model::StrongSessionSnapshotIsolation, Exact::SnapshotIsolation),
            (Model::StrongSnapshotIsolation, Exact::StrongSnapshotIsolation),
            (Model::StrongSessionSerializable, Exact::Serializable),
            (Model::StrictSerializable, Exact::StrictSerializable),
        ] {
            let mut solver = Solver::new(&history, exact, SolverOptions::default()).unwrap();
            let holds = solver.run(1_000_000).holds();
            let found = (report.holds(model), holds);
            assert_ne!(found, (Some(false), Some(true)), "seed {seed}, {model}: {history:?}");
            *counts.entry((model, found.0 == Some(true), holds == Some(true))).or_insert(0) += 1;
        }
    }
    println!("model, nothing found, holds: {counts:?}");
}

type Op = RegisterOp<char, char>;

/// `wx1` writes 1 to x, `rx1` reads it, `rx_` reads the initial value.
fn ops(text: &str) -> Vec<Op> {
    let one = |word: &str| match word.chars().collect::<Vec<_>>()[..] {
        ['w', key, value] => Op::Write(key, value),
        ['r', key, '_'] => Op::Read(key, None),
        ['r', key, value] => Op::Read(key, Some(value)),
        _ => panic!("{word}"),
    };
    text.split(' ').map(one).collect()
}

/// What is wrong with transactions that are divided by bars and all overlap. A `!` stands before one that aborts, a `?` before
/// one of which nobody knows.
fn overlapping(text: &str) -> Vec<Anomaly> {
    let mut builder = HistoryBuilder::new();
    let bare = |txn: &str| ops(txn.trim_matches(|c| "!? ".contains(c)));
    for (process, txn) in (0..).zip(text.split('|')) {
        builder.invoke(process, bare(txn)).unwrap();
    }
    for (process, txn) in (0..).zip(text.split('|')) {
        match txn.trim().chars().next() {
            Some('!') => builder.fail(process).unwrap(),
            Some('?') => builder.info(process).unwrap(),
            _ => builder.ok(process, bare(txn)).unwrap(),
        };
    }
    check_rw_register(&builder.finish(), Options::default()).unwrap().anomalies()
}

#[test]
fn every_anomaly_has_a_small_history() {
    use Anomaly as A;
    let table: &[(&str, &[Anomaly])] = &[
        // Right: own reads, initial values, blind writes in whatever order, and what nobody saw.
        ("wx1 rx1 rx1 | rx1 rx1", &[]),
        ("rx_ wx1 rx1 wx2 rx2 | rx2", &[]),
        ("wx1 | wx2 | rx1 | rx2", &[]),
        ("wx1 wy2 | wx2 wy1 | rx1 ry1 | rx2 ry2", &[]),
        ("?wx1 | rx1 | rx_", &[]),
        ("?wx1 wy1 | rx1 ry_", &[A::GSingle]),
        ("!wx1 | rx_", &[]),
        // Reads that are wrong in themselves.
        ("rx1 rx2 | wx1 | wx2", &[A::Internal]),
        ("wx1 rx_", &[A::Internal]),
        ("wx1 rx2 | wx2", &[A::Internal]),
        ("rx1 rx_ | wx1", &[A::Internal]),
        ("rx1 wx1", &[A::FutureRead]),
        ("wx1 rx2 wx2", &[A::Internal, A::FutureRead]),
        ("rx7", &[A::GarbageRead]),
        ("wx1 | ry1", &[A::GarbageRead]),
        ("!wx1 | rx1", &[A::G1a]),
        ("!wx1 wy1 | ry1 | rx_", &[A::G1a]),
        ("wx1 wx2 | rx1", &[A::G1b]),
        ("wx1 wx2 | rx1 ry_", &[A::G1b]),
        ("!wx1 wx2 | rx1", &[A::G1a, A::G1b]),
        ("!wx1 | rx1 wx2", &[A::G1a, A::DirtyUpdate]),
        // Two that build on the same version.
        ("rx_ wx1 | rx_ wx2", &[A::LostUpdate, A::G2Item]),
        ("wx1 | rx1 wx2 | rx1 wx3", &[A::LostUpdate, A::G2Item]),
        ("wx1 | rx1 wx2 | rx1 wx3 | rx1 wx4", &[A::LostUpdate, A::G2Item]),
        ("wx1 | rx1 wx2 | rx2 wx3", &[]),
        ("rx_ wx1 | rx_ wy1", &[]),
        // Versions that come before themselves; no order of them is believed.
        ("rx2 wx1 | rx1 wx2", &[A::CyclicVersions, A::G1c]),
        ("rx3 wx1 | rx1 wx2 | rx2 wx3", &[A::CyclicVersions, A::G1c]),
        // Cycles. Who writes before whom is known from who read before it wrote.
        ("rx2 wx1 ry_ wy1 | rx_ wx2 ry1 wy2", &[A::G0, A::G1c]),
        ("wx1 ry1 | rx1 wy1", &[A::G1c]),
        ("wx1 rz1 | rx1 wy1 | ry1 wz1", &[A::G1c]),
        ("wx1 wy1 | rx1 ry_", &[A::GSingle]),
        ("wx1 wy1 | rx1 wx2 ry1 wy2 | rx1 ry2", &[A::GSingle]),
        ("wx1 | wy1 | rx1 ry_ | rx_ ry1", &[A::GNonadjacent]),
        ("rx_ wy1 | ry_ wx1", &[A::G2Item]),
        ("rx_ ry_ wx1 | rx_ ry_ wy1", &[A::G2Item]),
        ("rx_ wy1 | ry_ wz1 | rz_ wx1", &[A::G2Item]),
    ];
    for (text, anomalies) in table {
        assert_eq!(overlapping(text), *anomalies, "{text}");
    }
}

/// What is wrong with transactions one after the other, by these processes, with an assumption about keys and without.
fn in_turn(txns: &[(u64, &str)]) -> [Vec<Anomaly>; 3] {
    let mut builder = HistoryBuilder::new();
    for (process, txn) in txns {
        builder.invoke(*process, ops(txn)).unwrap();
        builder.ok(*process, ops(txn)).unwrap();
    }
    let history = builder.finish();
    options().map(|options| check_rw_register(&history, options).unwrap().anomalies())
}

#[test]
fn sessions_and_real_time_order_versions_if_keys_keep_to_them() {
    use Anomaly as A;
    // A read that is too old is found without an assumption, since the initial value is the first.
    let stale = |process| in_turn(&[(0, "wx1"), (process, "rx_")]);
    assert_eq!(stale(0), [vec![A::GSingleProcess], vec![A::CyclicVersions], vec![A::CyclicVersions]]);
    assert_eq!(stale(1), [vec![A::GSingleRealtime], vec![A::GSingleRealtime], vec![A::CyclicVersions]]);
    // Blind writes are in order if their key keeps to that of their session.
    let skew = |process| in_turn(&[(0, "wx1 wy1"), (process, "wx2 wy2"), (2, "rx1 ry2")]);
    assert_eq!(skew(0), [vec![], vec![A::GSingle], vec![A::CyclicVersions]]);
    assert_eq!(skew(1), [vec![], vec![], vec![A::CyclicVersions]]);
}

#[test]
fn a_value_that_is_written_twice_is_refused() {
    let mut builder = HistoryBuilder::new();
    let first = builder.invoke(0, ops("wx1 wy1")).unwrap();
    let second = builder.invoke(1, ops("wy2 wx1")).unwrap();
    builder.fail(0).unwrap();
    let refused = check_rw_register(&builder.finish(), Options::default());
    assert_eq!(refused, Err(Ambiguous { first, second }));
}

#[test]
fn findings_say_what_is_wrong() {
    let mut builder = HistoryBuilder::new();
    for (process, txn) in [(0, "rx2 wx1"), (1, "rx1 wx2"), (2, "ry_ wy1"), (3, "ry_ wy2")] {
        builder.invoke(process, ops(txn)).unwrap();
    }
    for (process, txn) in [(0, "rx2 wx1"), (1, "rx1 wx2"), (2, "ry_ wy1"), (3, "ry_ wy2")] {
        builder.ok(process, ops(txn)).unwrap();
    }
    let report = check_rw_register(&builder.finish(), Options::default()).unwrap();
    let versions = Evidence::Versions { key: 'x', versions: vec![Some('1'), Some('2')] };
    assert!(report.findings.iter().any(|finding| finding.evidence == versions), "{report:?}");
    let told: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    println!("{}", told.join("\n"));
    assert_eq!(told[1], "cyclic-versions: the versions of x would come one before the other: 1, 2, 1");
}
