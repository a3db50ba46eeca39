//! Pending writes that nobody sees: with the reduction and without, beside the oracle, and how far it carries.

use crate::common::{
    Domain, HistoryOf, Rng, Shape, changed,
    erased::{ErasedSpec, erased},
    once::ManyValues,
    oracle, right,
};
use quorate_consistency::{
    HistoryBuilder, Linearizer, Operation, Options, Reduction, Reductions, Verdict, check,
    spec::{CasOp, CasRegister, CasRet},
};

const MANY_PENDING: Shape = Shape { processes: 5, operations: 8, pending_percent: 45, failed_percent: 0 };

#[test]
fn what_nobody_sees_is_judged_as_the_oracle_does() {
    let (spec, mut bad, mut unseen, mut left_out) = (ManyValues.spec(), 0, 0, 0);
    let ways = [
        Reductions::ALL,
        Reductions::ALL.without(Reduction::UnseenPending),
        Reductions::NONE.with(Reduction::UnseenPending),
        Reductions::NONE.with(Reduction::UnseenPending).with(Reduction::Domination),
    ];
    for seed in 0..100_000 {
        let mut rng = Rng(seed);
        let mut history = right(&ManyValues, &mut rng, MANY_PENDING);
        if rng.chance(60) {
            history = changed(&ManyValues, &mut rng, &history);
        }
        let expected = oracle(&spec, &history);
        let mut culprit = None;
        for reductions in ways {
            let mut options = Options::default();
            options.reductions = reductions;
            match Linearizer::new(&spec, &history, options).run(u64::MAX) {
                Verdict::Ok(witness) => {
                    assert!(expected, "{reductions:?} {history:?}");
                    assert_eq!(witness.verify(&spec, &history), Ok(()), "{reductions:?} {history:?}");
                }
                Verdict::Violation(found) => {
                    assert!(!expected, "{reductions:?} {history:?}");
                    assert_eq!(*culprit.get_or_insert(found.op), found.op, "{reductions:?} {history:?}");
                }
                Verdict::Unknown(why) => panic!("{why:?}"),
            }
        }
        bad += u32::from(!expected);
        let (pending, superfluous) = pending_unseen(&history);
        unseen += u32::from(pending > 1);
        left_out += u32::from(pending > 1 && superfluous);
    }
    println!("{bad} of 100000 are violations, {unseen} have unseen writes, {left_out} leave them out");
    assert!(
        (10_000..90_000).contains(&bad) && unseen > 10_000 && left_out > 5_000,
        "{bad} {unseen} {left_out}"
    );
}

/// How many pending writes are of values that no other operation asks for, and whether no compare-and-set has missed.
fn pending_unseen(history: &HistoryOf<ManyValues>) -> (usize, bool) {
    let operations = history.operations();
    let asks = |value: u8| {
        operations.iter().any(|operation| match (&operation.op, operation.ret()) {
            (CasOp::Read, Some(CasRet::Value(seen))) => *seen == value,
            (CasOp::Cas { from, .. }, _) => *from == value,
            _ => false,
        })
    };
    let is_unseen = |operation: &&Operation<CasOp<u8>, CasRet<u8>>| {
        operation.ret().is_none() && matches!(operation.op, CasOp::Write(value) if !asks(value))
    };
    let misses = operations.iter().any(|operation| operation.ret() == Some(&CasRet::Swapped(false)));
    (operations.iter().filter(is_unseen).count(), !misses)
}

#[test]
fn a_hundred_writes_that_nobody_sees_cost_next_to_nothing() {
    for misses in [false, true] {
        let mut builder = HistoryBuilder::new();
        for process in 0..100 {
            builder.invoke(1_000 + process, CasOp::Write(100 + process)).unwrap();
        }
        for nth in 0..300 {
            builder.invoke(1, CasOp::Write(nth % 5)).unwrap();
            builder.ok(1, CasRet::Written).unwrap();
            if misses {
                builder.invoke(1, CasOp::Cas { from: nth % 5 + 1, to: 9 }).unwrap();
                builder.ok(1, CasRet::Swapped(false)).unwrap();
            }
            builder.invoke(1, CasOp::Read).unwrap();
            builder.ok(1, CasRet::Value(nth % 5)).unwrap();
        }
        builder.invoke(1, CasOp::Read).unwrap();
        builder.ok(1, CasRet::Value(77)).unwrap();
        let (spec, history) = (ErasedSpec::new(CasRegister { initial: 0_u64 }), erased(&builder.finish()));
        assert!(check(&spec, &history).is_violation());
        let mut search = Linearizer::new(&spec, &history, Options::default());
        assert!(search.run(100_000).is_violation(), "too many steps");
        println!("{} steps", search.steps());
    }
}
