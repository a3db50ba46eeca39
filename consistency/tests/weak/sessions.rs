//! Session guarantees beside their definitions, by values and by versions.

use crate::common::{
    Rng,
    accesses::{Oracle, SPEC, any, every, in_rounds, parse, sessions, simulated},
    versions::{defined, versions},
};
use quorate_consistency::{
    CausalModel, Guarantee, Guarantees, RegisterHistory, SessionAction, SessionOp, VersionError,
    VersionedHistory,
};

const PRAM: Guarantees = Guarantees::ALL.without(Guarantee::WritesFollowReads);

#[test]
fn values_are_what_every_order_says() {
    let mut counts = [0_u64; 2];
    let mut judge = |processes: &[Vec<crate::common::accesses::Step>]| {
        let history = RegisterHistory::new(&SPEC, &in_rounds(processes)).unwrap();
        let oracle = Oracle::new(processes);
        for choice in Guarantees::choices() {
            let held = history.check_sessions(choice).is_ok();
            assert_eq!(held, sessions(&oracle, choice), "{choice:?} {processes:?}");
            counts[usize::from(held)] += 1;
        }
    };
    for sizes in [&[3][..], &[2, 1], &[1, 1, 1]] {
        every(sizes, &mut judge);
    }
    for seed in 0..1_500 {
        let mut rng = Rng(seed);
        let (processes, operations) = (2 + rng.below(2), 5 + rng.below(3));
        judge(&any(&mut rng, processes, operations, 2));
    }
    println!("broken and held: {counts:?}");
    assert!(counts[0] > 5_000 && counts[1] > 5_000, "{counts:?}");
}

#[test]
fn three_guarantees_are_pram_and_all_four_are_causal_memory() {
    let mut counts = [0_u64; 4];
    let mut judge = |processes: &[Vec<crate::common::accesses::Step>]| {
        let history = RegisterHistory::new(&SPEC, &in_rounds(processes)).unwrap();
        let (pram, memory) =
            (history.check_causal(CausalModel::Pram), history.check_causal(CausalModel::CausalMemory));
        assert_eq!(history.check_sessions(PRAM).is_ok(), pram.is_ok(), "{processes:?}");
        assert_eq!(history.check_sessions(Guarantees::ALL).is_ok(), memory.is_ok(), "{processes:?}");
        assert_eq!(history.broken_guarantees().is_none(), memory.is_ok());
        counts[usize::from(pram.is_ok()) * 2 + usize::from(memory.is_ok())] += 1;
    };
    for seed in 0..2_000 {
        let mut rng = Rng(seed);
        let (processes, operations) = (2 + rng.below(3), 6 + rng.below(12));
        judge(&any(&mut rng, processes, operations, 3));
        for model in CausalModel::ALL {
            judge(&simulated(&mut rng, model, processes, operations + 12));
        }
    }
    println!("neither, PRAM only, both: {counts:?}");
    assert!(counts[0] > 500 && counts[1] == 0 && counts[2] > 10 && counts[3] > 500, "{counts:?}");
}

#[test]
fn the_smallest_choice_that_is_broken_is_named() {
    use Guarantee::{MonotonicReads, MonotonicWrites, ReadYourWrites, WritesFollowReads};
    let broken = |text: &str| {
        let history = RegisterHistory::new(&SPEC, &in_rounds(&parse(text))).unwrap();
        history.broken_guarantees().map(|(choice, _)| choice.iter().collect::<Vec<_>>())
    };
    assert_eq!(broken("w x1, r x0"), Some(vec![ReadYourWrites]));
    assert_eq!(broken("w x1 | r x1, r x0"), Some(vec![MonotonicReads]));
    assert_eq!(broken("w x1, w y2 | r y2, r x0"), Some(vec![MonotonicReads, MonotonicWrites]));
    assert_eq!(broken("w x1 | r x1, w y2 | r y2, r x0"), Some(vec![MonotonicReads, WritesFollowReads]));
    assert_eq!(broken("r x9"), Some(vec![]));
    assert_eq!(broken("w x1, r x1 | r x0, r x1"), None);
}

#[test]
fn versions_are_what_the_definitions_say() {
    let mut broken = [0_u64; 4];
    for seed in 0..3_000 {
        let mut rng = Rng(seed);
        let is_right = rng.chance(20);
        let ops = versions(&mut rng, is_right);
        let history = VersionedHistory::new(&ops).unwrap();
        let found = history.check(Guarantees::ALL).err().unwrap_or_default();
        assert!(!is_right || found.is_empty(), "{ops:?}");
        for (guarantee, broken) in Guarantee::ALL.into_iter().zip(&mut broken) {
            for read in 0..ops.len() {
                let held = !found.iter().any(|one| one.read == read && one.guarantee == guarantee);
                assert_eq!(held, defined(&ops, guarantee, read), "{guarantee:?} {read} {ops:?}");
                *broken += u64::from(!held);
            }
            let alone = history.check(Guarantees::NONE.with(guarantee)).err().unwrap_or_default();
            assert!(alone.iter().eq(found.iter().filter(|one| one.guarantee == guarantee)));
        }
    }
    println!("broken: {broken:?}");
    assert!(broken.iter().all(|broken| *broken > 300), "{broken:?}");
}

#[test]
fn versions_that_tell_nothing_are_refused() {
    let op = |key, action| SessionOp { session: 0, key, action };
    let twice = [
        op('x', SessionAction::Wrote(1)),
        op('y', SessionAction::Wrote(1)),
        op('x', SessionAction::Wrote(1)),
    ];
    assert_eq!(
        VersionedHistory::new(&twice).unwrap_err(),
        VersionError::InstalledTwice { first: 0, second: 2 }
    );
    let never = [op('x', SessionAction::Wrote(1)), op('y', SessionAction::Saw(vec![1]))];
    assert_eq!(VersionedHistory::new(&never).unwrap_err(), VersionError::NeverInstalled { read: 1 });
}
