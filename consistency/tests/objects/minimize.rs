//! Violations made small are violations still, of which nothing more can be left out.

use crate::common::{
    Domain, HistoryOf, OpOf, RetOf, Rng, SMALL, Shape, changed,
    domains::for_every_domain,
    erased::{ErasedSpec, Told, erased},
    oracle, right,
};
use quorate_consistency::{
    Event, History, HistoryBuilder, Keep, Minimized, Minimizer, Nondeterministic, OpId, Options, Outcome,
    Verdict, check,
    spec::{CasOp, CasRegister, CasRet, Kv, KvOp, KvRet},
};

const HISTORIES: u64 = 600;

/// The same history without an operation.
fn without<O: Clone, R: Clone>(history: &History<O, R>, gone: OpId) -> History<O, R> {
    let mut builder = HistoryBuilder::new();
    for event in history.events() {
        let (Event::Call(id) | Event::Return(id)) = *event;
        let operation = history.get(id).unwrap();
        match (event, &operation.outcome) {
            _ if id == gone => {}
            (Event::Call(_), _) => drop(builder.invoke(id.index() as u64, operation.op.clone()).unwrap()),
            (_, Outcome::Returned(ret)) => drop(builder.ok(id.index() as u64, ret.clone()).unwrap()),
            _ => panic!("{id} has not returned"),
        }
    }
    builder.finish()
}

/// A violation of this object, if one comes of this seed.
fn broken<D: Domain>(domain: &D, seed: u64) -> Option<HistoryOf<D>> {
    let mut rng = Rng(seed ^ 0xde17a << 24);
    let mut history = right(domain, &mut rng, Shape { operations: 10, ..SMALL });
    for _ in 0..2 {
        history = changed(domain, &mut rng, &history);
    }
    check(&domain.spec(), &history).is_violation().then_some(history)
}

fn small<D: Domain>(
    domain: &D,
    history: &HistoryOf<D>,
    minimizer: Minimizer,
) -> Minimized<OpOf<D>, RetOf<D>> {
    let Verdict::Violation(found) = check(&domain.spec(), history) else { panic!("this is no violation") };
    let small = minimizer.minimize(&domain.spec(), history, &found);
    let again = minimizer.minimize(&domain.spec(), history, &found);
    assert_eq!(format!("{small:?}"), format!("{again:?}"), "the same every time");
    assert_eq!(small.history.operations().len(), small.kept.len());
    for (operation, id) in small.history.operations().iter().zip(&small.kept) {
        let before = history.get(*id).unwrap();
        assert_eq!(format!("{:?}", operation.op), format!("{:?}", before.op));
        assert_eq!(format!("{:?}", operation.outcome), format!("{:?}", before.outcome));
    }
    assert!(small.steps <= minimizer.steps_max);
    small
}

#[test]
fn without_any_one_operation_it_is_linearizable() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let (mut before, mut after, mut violations) = (0, 0, 0);
        for history in (0..HISTORIES).filter_map(|seed| broken(domain, seed)) {
            let minimizer = Minimizer { keep: Keep::Violation, ..Minimizer::default() };
            let small = small(domain, &history, minimizer);
            assert!(small.is_minimal);
            assert!(!oracle(&domain.spec(), &small.history), "{history:?}");
            for event in small.history.events() {
                let Event::Call(gone) = *event else { continue };
                let less = without(&small.history, gone);
                assert!(oracle(&domain.spec(), &less), "{gone} of {:?}", small.history);
            }
            before += history.operations().len();
            after += small.kept.len();
            violations += 1;
        }
        println!("{name}: {violations} violations, {before} operations to {after}");
        assert!(violations > 0 || name == "mutex", "{name}");
    }
    for_every_domain!(one);
}

/// An object whose operations may have had no effect, but for those that are certain.
struct Doubtful<S>(S);

impl<S: Nondeterministic> Nondeterministic for Doubtful<S> {
    type Op = (S::Op, bool);
    type Ret = S::Ret;
    type State = S::State;
    type Key = S::Key;

    fn init(&self, key: &S::Key) -> S::State {
        self.0.init(key)
    }

    fn step_all(&self, state: &S::State, op: &Self::Op, ret: Option<&S::Ret>, next: &mut Vec<S::State>) {
        self.0.step_all(state, &op.0, ret, next);
        next.extend((!op.1).then(|| state.clone()));
    }

    fn key(&self, op: &Self::Op) -> S::Key {
        self.0.key(&op.0)
    }
}

#[test]
fn the_evidence_is_enough_and_all_of_it_is_needed() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let (mut before, mut after) = (0, 0);
        for history in (0..HISTORIES).filter_map(|seed| broken(domain, seed)) {
            let small = small(domain, &history, Minimizer::default());
            assert!(small.is_minimal);
            assert!(!oracle(&domain.spec(), &small.history), "{history:?}");
            let doubt = |certain: &dyn Fn(OpId) -> bool| {
                let mut builder = HistoryBuilder::new();
                for event in history.events() {
                    let (Event::Call(id) | Event::Return(id)) = *event;
                    let operation = history.get(id).unwrap();
                    match (event, &operation.outcome) {
                        (Event::Call(_), _) => {
                            builder.invoke(id.index() as u64, (operation.op.clone(), certain(id))).unwrap()
                        }
                        (_, Outcome::Returned(ret)) => builder.ok(id.index() as u64, ret.clone()).unwrap(),
                        _ => panic!("{id} has not returned"),
                    };
                }
                check(&Doubtful(domain.spec()), &builder.finish())
            };
            assert!(doubt(&|id| small.kept.contains(&id)).is_violation(), "{:?} of {history:?}", small.kept);
            for needed in &small.kept {
                let less = doubt(&|id| id != *needed && small.kept.contains(&id));
                assert!(less.is_ok(), "{needed} of {history:?}");
            }
            before += history.operations().len();
            after += small.kept.len();
        }
        println!("{name}: {before} operations to {after}");
    }
    for_every_domain!(one);
}

#[test]
fn too_few_steps_are_said_and_what_is_left_is_a_violation_still() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let mut said = 0;
        for history in (0..HISTORIES).filter_map(|seed| broken(domain, seed)).take(20) {
            let whole = small(domain, &history, Minimizer::default());
            let mut is_minimal = false;
            for steps_max in [0, 1, 7, 20, 60, 200, 600, 20_000 + whole.steps * 64] {
                let part = small(domain, &history, Minimizer { steps_max, ..Minimizer::default() });
                assert!(check(&domain.spec(), &part.history).is_violation());
                assert!(steps_max > 0 || !part.is_minimal);
                said += usize::from(!part.is_minimal);
                is_minimal = part.is_minimal;
            }
            assert!(is_minimal, "{name}: enough is enough");
        }
        println!("{name}: {said} times too few");
    }
    for_every_domain!(one);
}

/// A stale read among much else.
fn stale() -> (ErasedSpec, History<Told, Told>) {
    let mut history = HistoryBuilder::new();
    for value in 1..=100 {
        history.invoke(1, CasOp::<u64>::Write(value)).unwrap();
        history.invoke(2, CasOp::Read).unwrap();
        history.ok(2, CasRet::Value(value)).unwrap();
        history.ok(1, CasRet::Written).unwrap();
    }
    history.invoke(2, CasOp::Read).unwrap();
    history.ok(2, CasRet::Value(60)).unwrap();
    history.invoke(2, CasOp::Read).unwrap();
    history.ok(2, CasRet::Value(70)).unwrap();
    (ErasedSpec::new(CasRegister { initial: 0_u64 }), erased(&history.finish()))
}

#[test]
fn of_a_stale_read_a_write_is_kept_that_makes_it_stale() {
    let (spec, history) = stale();
    let Verdict::Violation(found) = check(&spec, &history) else { panic!("it is stale") };
    let small = Minimizer::default().minimize(&spec, &history, &found);
    let kept: Vec<_> =
        small.history.operations().iter().map(|operation| operation.op.typed::<CasOp<u64>>()).collect();
    assert!(matches!(kept[..], [CasOp::Write(61..), CasOp::Read]), "{kept:?}");
    let any = Minimizer { keep: Keep::Violation, ..Minimizer::default() }.minimize(&spec, &history, &found);
    assert_eq!(any.kept, [found.op], "without the writes, nobody has written what was read");
    assert!(small.is_minimal && any.is_minimal);
}

#[test]
fn other_keys_and_what_came_later_are_left_out_without_a_step() {
    let spec = ErasedSpec::new(Kv::<u64>::new(None));
    let mut history = HistoryBuilder::new();
    for key in 0..50 {
        history.invoke(key, KvOp::Put(key, "a".to_owned())).unwrap();
        history.ok(key, KvRet::Done).unwrap();
    }
    let wrong = history.invoke(7, KvOp::Get(7)).unwrap();
    history.ok(7, KvRet::Value(None)).unwrap();
    history.invoke(7, KvOp::Get(7)).unwrap();
    let history = erased(&history.finish());
    let Verdict::Violation(found) = check(&spec, &history) else { panic!("it is lost") };
    assert_eq!(found.op, wrong);
    let none = Minimizer { steps_max: 0, ..Minimizer::default() }.minimize(&spec, &history, &found);
    assert_eq!((none.kept.len(), none.is_minimal, none.steps), (2, false, 0));
    let mut options = Options::default();
    options.exact = true;
    let small = Minimizer { options, ..Minimizer::default() }.minimize(&spec, &history, &found);
    assert_eq!((small.kept, small.is_minimal), (none.kept, true));
}
