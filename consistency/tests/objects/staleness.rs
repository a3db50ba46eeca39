//! How stale reads are: beside oracles that try every order, and by how much bounds may differ.

use crate::common::{
    Rng,
    erased::{ErasedSpec, erased},
    stale::{drawn, least_events, least_k, stays},
};
use quorate_consistency::{
    HistoryBuilder, Staleness, Unsuitable, check, measure_staleness,
    spec::{Access, RegisterRet, Registers},
};

#[test]
fn staleness_is_what_every_order_says() {
    let spec = Registers::new(0);
    let judge = ErasedSpec::new(spec.clone());
    let mut ks = [0; 8];
    for seed in 0..20_000 {
        let mut rng = Rng(seed);
        let (operations, keys) = (3 + rng.below(7), 1 + rng.below(2));
        let history = drawn(&mut rng, operations, keys);
        let found = measure_staleness(&spec, &history, u64::MAX).unwrap();
        let each: Vec<_> = (0..keys as u8).map(|key| stays(&history, key)).collect();
        let k =
            each.iter().map(|stays| least_k(stays, 0, &mut vec![0])).try_fold(1, |max, k| Some(k?.max(max)));
        match found {
            Staleness::Unbounded { read } => {
                assert_eq!(k, None, "{history:?}");
                assert!(matches!(history.get(read).unwrap().op, Access::Read(_)));
                ks[0] += 1;
            }
            Staleness::Bounded { at_least, at_most, events } => {
                assert_eq!((Some(at_least), Some(at_most)), (k, k), "{history:?}");
                let expected = each.iter().map(|stays| least_events(stays).unwrap()).max();
                assert_eq!(Some(events as usize), expected, "{history:?}");
                ks[at_least] += 1;
            }
        }
        let is_linearizable = found == Staleness::Bounded { at_least: 1, at_most: 1, events: 0 };
        assert_eq!(check(&judge, &erased(&history)).is_ok(), is_linearizable, "{history:?}");
    }
    println!("{} have no k; by k: {:?}", ks[0], &ks[1..]);
    assert!(ks[0] > 50 && ks[1] > 1_000 && ks[2] > 1_000 && ks[3] > 500 && ks[4] > 10, "{ks:?}");
}

/// Reads that are each so many writes behind, by clients that overlap.
fn behind(writes: usize, back: usize) -> quorate_consistency::History<Access<u8, usize>, RegisterRet<usize>> {
    let mut builder = HistoryBuilder::new();
    for nth in 1..=writes {
        builder.invoke(nth as u64 % 3, Access::Write(0, nth)).unwrap();
        if nth > 2 {
            builder.ok((nth as u64 - 2) % 3, RegisterRet::Written).unwrap();
        }
        if nth > back + 3 {
            builder.invoke(9, Access::Read(0)).unwrap();
            builder.ok(9, RegisterRet::Value(nth - back)).unwrap();
        }
    }
    builder.finish()
}

#[test]
fn long_histories_have_bounds_and_few_steps_tell_something() {
    let spec = Registers::new(0);
    for (back, exact) in [(1, 1), (2, 1), (3, 2), (4, 3), (6, 5)] {
        let history = behind(20_000, back);
        let found = measure_staleness(&spec, &history, 10_000_000).unwrap();
        println!("{back} behind: {found}");
        assert_eq!(found.exact(), Some(exact), "{back}");
        let Staleness::Bounded { at_least, at_most, .. } = measure_staleness(&spec, &history, 100).unwrap()
        else {
            panic!("all was written");
        };
        assert!(at_least <= exact && exact <= at_most, "{back}: {at_least} {at_most}");
    }
}

#[test]
fn staleness_is_told_in_words() {
    let told = |history| measure_staleness(&Registers::new(0), &history, 1_000_000).unwrap().to_string();
    assert_eq!(told(behind(10, 1)), "no read is stale");
    let words = "reads see one of the last 3 values that were written, and are late by up to 5 events";
    assert_eq!(told(behind(10, 4)), words);
    let mut builder = HistoryBuilder::new();
    builder.invoke(1, Access::Read(0)).unwrap();
    builder.ok(1, RegisterRet::Value(7)).unwrap();
    assert_eq!(told(builder.finish()), "#0 reads what nobody had written");
}

#[test]
fn what_tells_nothing_of_staleness_is_refused() {
    let mut builder = HistoryBuilder::new();
    let first = builder.invoke(1, Access::Write(0, 1)).unwrap();
    let second = builder.invoke(2, Access::Write(0, 1)).unwrap();
    let found = measure_staleness(&Registers::new(0), &builder.clone().finish(), 10);
    assert_eq!(found, Err(Unsuitable::SameValue { first, second }));
    let found = measure_staleness(&Registers::new(1), &builder.finish(), 10);
    assert_eq!(found, Err(Unsuitable::InitialValue { op: first }));
}
