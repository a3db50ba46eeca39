//! The linearizability checker against a brute-force oracle, on histories that are right, wrong, and nearly right.

use quickcheck::{Arbitrary, Gen, QuickCheck};
use quorate_machine::{Tag, Time};
use quorate_sim::{
    History, Kind,
    linear::{Call, Judgement, RegisterOp, calls_by_key, judge_register},
};

type Op = RegisterOp<u8>;

/// The calls of a correct register: each takes effect at some instant between its two ends.
#[derive(Clone, Debug)]
struct Right(Vec<Call<Op>>);

/// Any calls, mostly not linearizable.
#[derive(Clone, Debug)]
struct Any(Vec<Call<Op>>);

fn below(g: &mut Gen, bound: usize) -> usize {
    usize::from(u16::arbitrary(g)) % bound
}

/// Ends of calls on a line of distinct places, and the place where each takes effect.
fn spans(g: &mut Gen, count: usize) -> Vec<(usize, usize, usize)> {
    let points = |g: &mut Gen, at: usize| {
        let start = at * 40 + below(g, 40) * 3;
        let effect = start + 1 + below(g, 60);
        (start * 8, effect * 8, (effect + 1 + below(g, 60)) * 8)
    };
    // Calls begin in order and overlap several neighbours; the low digits keep all places distinct.
    (0..count).map(|at| points(g, at)).enumerate().map(|(i, (a, b, c))| (a + i, b + i, c + i)).collect()
}

fn right(g: &mut Gen, count: usize) -> Vec<Call<Op>> {
    let spans = spans(g, count);
    let mut by_effect: Vec<usize> = (0..count).collect();
    by_effect.sort_by_key(|at| spans[*at].1);
    let mut calls: Vec<Option<Call<Op>>> = vec![None; count];
    let mut state = None;
    for (value, at) in (0..).zip(by_effect) {
        let (invoked, _, end) = spans[at];
        let unknown = below(g, 6) == 0;
        let happens = !unknown || bool::arbitrary(g);
        let op = if bool::arbitrary(g) {
            if happens {
                state = Some(value);
            }
            RegisterOp::Write(value)
        } else {
            RegisterOp::Read(state)
        };
        calls[at] = Some(Call { op, invoked, returned: (!unknown).then_some(end) });
    }
    calls.into_iter().flatten().collect()
}

impl Arbitrary for Right {
    fn arbitrary(g: &mut Gen) -> Self {
        let count = 1 + below(g, 7);
        Self(right(g, count))
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let calls = self.0.clone();
        Box::new((0..calls.len()).map(move |at| {
            let mut fewer = calls.clone();
            fewer.remove(at);
            Self(fewer)
        }))
    }
}

impl Arbitrary for Any {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut calls = Right::arbitrary(g).0;
        for _ in 0..below(g, 3) {
            let at = below(g, calls.len());
            let value = u8::try_from(below(g, 4)).unwrap_or(0);
            calls[at].op = match calls[at].op {
                RegisterOp::Read(_) => RegisterOp::Read((value > 0).then_some(value)),
                RegisterOp::Write(_) => RegisterOp::Write(value),
            };
        }
        Self(calls)
    }
}

/// Tries every order of every subset that holds all calls that returned.
fn oracle(calls: &[Call<Op>]) -> bool {
    fn go(calls: &[Call<Op>], done: &mut Vec<bool>, state: Option<u8>) -> bool {
        let open = |done: &[bool], at: usize| !done[at] && calls[at].returned.is_some();
        if (0..calls.len()).all(|at| !open(done, at)) {
            return true;
        }
        for at in 0..calls.len() {
            let late = |other: usize| calls[other].returned.is_some_and(|end| end < calls[at].invoked);
            if done[at] || (0..calls.len()).any(|other| open(done, other) && late(other)) {
                continue;
            }
            let next = match calls[at].op {
                RegisterOp::Write(value) => Some(value),
                RegisterOp::Read(seen) if seen == state => state,
                RegisterOp::Read(_) => continue,
            };
            done[at] = true;
            let found = go(calls, done, next);
            done[at] = false;
            if found {
                return true;
            }
        }
        false
    }
    go(calls, &mut vec![false; calls.len()], None)
}

fn quickcheck(seed: u64) -> QuickCheck {
    QuickCheck::new().tests(3_000).max_tests(3_000).rng(Gen::from_size_and_seed(20, seed))
}

const STEPS: u64 = 1_000_000;

#[test]
fn accepts_what_a_correct_register_does() {
    fn property(Right(calls): Right) -> bool {
        judge_register(&calls, STEPS) == Judgement::Linearizable
    }
    quickcheck(1).quickcheck(property as fn(Right) -> bool);
}

#[test]
fn agrees_with_brute_force_on_mutated_histories() {
    fn property(Any(calls): Any) -> bool {
        (judge_register(&calls, STEPS) == Judgement::Linearizable) == oracle(&calls)
    }
    quickcheck(2).quickcheck(property as fn(Any) -> bool);
}

#[test]
fn the_mutated_histories_are_of_both_kinds() {
    let mut g = Gen::from_size_and_seed(20, 3);
    let right = (0..1_000).filter(|_| oracle(&Any::arbitrary(&mut g).0)).count();
    assert!((200..800).contains(&right), "{right} of 1000 are linearizable");
}

#[test]
fn long_histories_with_few_open_calls_are_cheap() {
    let mut g = Gen::from_size_and_seed(20, 4);
    let calls: Vec<_> = (0..200)
        .flat_map(|part| {
            let shift = part * 1_000_000;
            // A write between the parts, since each part begins with nothing written.
            let mut calls = right(&mut g, 200);
            calls.retain(|call| matches!(call.op, RegisterOp::Write(_)));
            calls.into_iter().map(move |call| Call {
                invoked: call.invoked + shift,
                returned: call.returned.map(|end| end + shift),
                ..call
            })
        })
        .collect();
    assert!(calls.len() > 10_000);
    assert_eq!(judge_register(&calls[..2_000], 100_000), Judgement::Linearizable);
}

#[test]
fn a_stale_read_is_named() {
    let call = |op, invoked, returned| Call { op, invoked, returned: Some(returned) };
    let calls = [
        call(RegisterOp::Write(1), 0, 1),
        call(RegisterOp::Write(2), 2, 3),
        call(RegisterOp::Read(Some(1)), 4, 5),
    ];
    assert_eq!(judge_register(&calls, STEPS), Judgement::Illegal { call: 2 });
    assert_eq!(judge_register(&calls[..2], STEPS), Judgement::Linearizable);
}

#[test]
fn a_lost_write_may_come_late_but_not_twice() {
    let write = Call { op: RegisterOp::Write(1), invoked: 0, returned: None };
    let call = |op, invoked| Call { op, invoked, returned: Some(invoked + 1) };
    let mut calls = vec![write, call(RegisterOp::Read(None), 2), call(RegisterOp::Read(Some(1)), 4)];
    assert_eq!(judge_register(&calls, STEPS), Judgement::Linearizable);
    calls.push(call(RegisterOp::Write(2), 6));
    calls.push(call(RegisterOp::Read(Some(1)), 8));
    assert_eq!(judge_register(&calls, STEPS), Judgement::Illegal { call: 4 });
}

#[test]
fn gives_up_honestly() {
    let calls: Vec<_> =
        (0..20).map(|value| Call { op: RegisterOp::Write(value), invoked: 0, returned: Some(1) }).collect();
    assert_eq!(judge_register(&calls, 3), Judgement::TooHard);
}

#[test]
fn histories_become_calls_by_key() {
    let mut history = History::new();
    let at = Time::ZERO;
    history.push(Tag(1), Kind::Invoke, ("a", RegisterOp::Write(1)), at);
    history.push(Tag(2), Kind::Invoke, ("b", RegisterOp::Read(None)), at);
    history.push(Tag(3), Kind::Invoke, ("a", RegisterOp::Write(2)), at);
    history.push(Tag(2), Kind::Ok, ("b", RegisterOp::Read(Some(5))), at);
    history.push(Tag(3), Kind::Fail, ("a", RegisterOp::Write(2)), at);
    history.push(Tag(1), Kind::Info, ("a", RegisterOp::Write(1)), at);
    let calls = calls_by_key(&history, |invoked, returned| {
        let (key, op) = returned.unwrap_or(invoked);
        Some((*key, *op))
    });
    assert_eq!(calls["a"], [Call { op: RegisterOp::Write(1), invoked: 0, returned: None }]);
    assert_eq!(calls["b"], [Call { op: RegisterOp::Read(Some(5)), invoked: 1, returned: Some(3) }]);
}
