//! Transactions: small generated histories against oracles that try every order.

use crate::common::{
    Rng,
    txn::{Kind, Shape, as_registers, list_mistake, lists, weak_mistake},
};
use quorate_consistency::txn::{Level, Model, Options, WeakOptions, check_list_append, check_weak};

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

#[test]
fn registers_are_what_the_oracle_says() {
    let mut held = [0; 3];
    for seed in 0..HISTORIES * 3 {
        let mut rng = Rng(seed);
        let kind = [Kind::Changed, Kind::Loose, Kind::Loose][rng.below(3)];
        let (transactions, ops, keys) = (3 + rng.below(3), 2 + rng.below(3), 2 + u8::from(rng.chance(30)));
        let shape = Shape { transactions, keys, ops, ..SMALL };
        let history = as_registers(&lists(&mut rng, kind, shape));
        assert_eq!(weak_mistake(&history, WeakOptions::default()), None, "seed {seed}: {history:?}");
        for (level, held) in Level::ALL.into_iter().zip(&mut held) {
            *held += u64::from(check_weak(&history, level, WeakOptions::default()).unwrap().order.is_some());
        }
    }
    println!("of {} histories hold {held:?}", HISTORIES * 3);
    assert!(held[0] > held[1] + 50 && held[1] > held[2] + 50 && held[2] > HISTORIES / 10, "{held:?}");
}

#[test]
fn lists_are_what_the_oracles_say() {
    let mut seen = std::collections::BTreeMap::new();
    for seed in 0..HISTORIES {
        let mut rng = Rng(seed);
        let kind = [Kind::Changed, Kind::Loose][rng.below(2)];
        let is_read_at_end = rng.chance(50);
        let unknown_percent = if rng.chance(50) { 0 } else { SMALL.unknown_percent };
        let transactions = 2 + rng.below(3);
        let shape = Shape { transactions, unknown_percent, is_read_at_end, ..SMALL };
        let history = lists(&mut rng, kind, shape);
        assert_eq!(list_mistake(&history, Options::default()), None, "seed {seed}: {history:?}");
        for anomaly in check_list_append(&history, Options::default()).unwrap().anomalies() {
            *seen.entry(anomaly.name()).or_insert(0) += 1;
        }
    }
    println!("{seen:?}");
    assert!(seen.len() > 15, "{seen:?}");
}

#[test]
fn what_a_serializable_store_does_is_clean() {
    for seed in 0..HISTORIES {
        let mut rng = Rng(seed);
        let shape = Shape {
            transactions: 3 + rng.below(40),
            processes: 1 + rng.below(6),
            keys: 4,
            is_read_at_end: rng.chance(50),
            ..SMALL
        };
        let history = lists(&mut rng, Kind::Right, shape);
        let report = check_list_append(&history, Options::default()).unwrap();
        assert_eq!(report.findings, [], "seed {seed}: {history:?}");
        assert_eq!(report.holds(Model::StrictSerializable), Some(true));
        let registers = as_registers(&history);
        let report = check_weak(&registers, Level::Causal, WeakOptions::default()).unwrap();
        assert_eq!(report.violations, [], "seed {seed}: {registers:?}");
    }
}
