//! The online mode gives the verdict of the batch mode after every event.

use crate::common::{Domain, Rng, SMALL, Shape, changed, domains::for_every_domain, right};
use quorate_consistency::{
    Event, HistoryBuilder, Malformed, Online, Options, Outcome, Reduction, Reductions, Standing, Verdict,
    check,
    spec::{Register, RegisterOp, RegisterRet},
};

/// Feeds the events of a history to both; operations that never return are given up soon, late or never, and some that
/// return are said to have failed.
fn agrees<D: Domain>(domain: &D, seed: u64, shape: Shape, options: Options) -> Option<usize> {
    let (spec, mut rng) = (domain.spec(), Rng(seed));
    let mut history = right(domain, &mut rng, shape);
    for _ in 0..rng.below(3) {
        history = changed(domain, &mut rng, &history);
    }
    let mut online = Online::new(&spec, options);
    let mut builder = HistoryBuilder::new();
    let mut violated = None;
    for (place, event) in history.events().iter().enumerate() {
        match event {
            Event::Call(id) => {
                let (process, op) = (id.index() as u64, &history.get(*id)?.op);
                let (one, other) = (online.invoke(process, op.clone()), builder.invoke(process, op.clone()));
                assert_eq!(one.map_err(Malformed::from), other.map_err(Malformed::from));
                if history.get(*id)?.outcome_is_unknown() && rng.chance(50) {
                    assert_eq!(online.info(process), builder.info(process));
                }
            }
            Event::Return(id) if rng.chance(5) => {
                assert_eq!(online.fail(id.index() as u64), builder.fail(id.index() as u64));
            }
            Event::Return(id) => {
                let (process, ret) = (id.index() as u64, history.get(*id)?.ret()?);
                let (one, other) = (online.ok(process, ret.clone()), builder.ok(process, ret.clone()));
                assert_eq!(one.map_err(Malformed::from), other.map_err(Malformed::from));
            }
        }
        // What failed leaves the order of the batch mode, and may do so after a violation was seen.
        let so_far = builder.clone().finish();
        let expected = match check(&spec, &so_far) {
            Verdict::Ok(_) => Standing::Linearizable,
            Verdict::Violation(_) if violated.is_some() => return Some(place),
            Verdict::Violation(found) => Standing::Violation { op: found.op },
            Verdict::Unknown(why) => panic!("{why:?}"),
        };
        match (online.standing(), expected) {
            (Standing::Violation { .. }, Standing::Violation { .. }) => violated = Some(place),
            (found, expected) => assert_eq!(found, expected, "{so_far:?}"),
        }
    }
    violated
}

trait IsUnknown {
    fn outcome_is_unknown(&self) -> bool;
}

impl<O, R> IsUnknown for quorate_consistency::Operation<O, R> {
    fn outcome_is_unknown(&self) -> bool {
        matches!(self.outcome, Outcome::Unknown)
    }
}

#[test]
fn online_is_batch_at_every_prefix() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let mut violated = 0;
        for seed in 0..1_000 {
            let shape = Shape { operations: 12, processes: 4, failed_percent: 0, ..SMALL };
            violated += u32::from(agrees(domain, seed, shape, Options::default()).is_some());
        }
        println!("{name}: {violated} of 1000 become a violation");
        assert!((10..990).contains(&violated), "{name}: {violated}");
    }
    for_every_domain!(one);
}

#[test]
fn online_is_batch_without_reductions() {
    fn one<D: Domain>(_: &str, domain: &D) {
        for seed in 0..200 {
            let mut options = Options::default();
            options.reductions = Reductions::NONE.with(Reduction::ALL[usize::try_from(seed % 4).unwrap()]);
            agrees(domain, seed, SMALL, options);
        }
    }
    for_every_domain!(one);
}

#[test]
fn a_long_run_keeps_a_short_window() {
    let spec = Register { initial: 0 };
    let mut online = Online::new(&spec, Options::default());
    for nth in 0..50_000_u32 {
        online.invoke(1, RegisterOp::Write(nth)).unwrap();
        online.invoke(2, RegisterOp::Read).unwrap();
        online.ok(1, RegisterRet::Written).unwrap();
        online.ok(2, RegisterRet::Value(nth)).unwrap();
    }
    assert_eq!(online.standing(), Standing::Linearizable);
    let op = online.invoke(3, RegisterOp::Read).unwrap();
    online.ok(3, RegisterRet::Value(5)).unwrap();
    assert_eq!(online.standing(), Standing::Violation { op });
}

#[test]
fn a_client_that_never_answers_does_not_slow_the_others_down() {
    let spec = Register { initial: 0 };
    let mut online = Online::new(&spec, Options::default());
    let stuck = online.invoke(9, RegisterOp::Read).unwrap();
    // By the square of it this would be six thousand million sweeps.
    for nth in 0..40_000_u32 {
        online.invoke(1, RegisterOp::Write(nth)).unwrap();
        online.invoke(2, RegisterOp::Read).unwrap();
        online.ok(1, RegisterRet::Written).unwrap();
        online.ok(2, RegisterRet::Value(nth)).unwrap();
    }
    let mut late = online.clone();
    late.ok(9, RegisterRet::Value(39_000)).unwrap();
    assert_eq!(late.standing(), Standing::Linearizable);
    online.ok(9, RegisterRet::Value(40_000)).unwrap();
    assert_eq!(online.standing(), Standing::Violation { op: stuck });
}

#[test]
fn what_is_no_event_is_refused_and_changes_nothing() {
    let spec = Register { initial: 0 };
    let mut online = Online::new(&spec, Options::default());
    let refused = online.ok(1, RegisterRet::Written).unwrap_err();
    assert_eq!((refused.why, refused.payload), (Malformed::NotInvoked { process: 1 }, RegisterRet::Written));
    let open = online.invoke(1, RegisterOp::Write(1)).unwrap();
    let refused = online.invoke(1, RegisterOp::Read).unwrap_err();
    assert_eq!(refused.why, Malformed::DoubleInvoke { process: 1, open });
    let mut other = online.clone();
    other.ok(1, RegisterRet::Value(1)).unwrap();
    assert_eq!(other.standing(), Standing::Violation { op: open });
    online.ok(1, RegisterRet::Written).unwrap();
    assert_eq!(online.standing(), Standing::Linearizable);
}

#[test]
fn too_many_configurations_are_unknown_for_ever() {
    let spec = Register { initial: 0 };
    let mut online = Online::new(&spec, Options::default()).configurations_max(10);
    for process in 0..6 {
        online.invoke(process, RegisterOp::Write(process)).unwrap();
    }
    online.invoke(9, RegisterOp::Read).unwrap();
    online.ok(9, RegisterRet::Value(99)).unwrap();
    assert_eq!(online.standing(), Standing::Unknown);
}
