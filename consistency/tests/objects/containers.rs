//! Queues and stacks whose values are put in once each, judged at once, beside the search.

use crate::common::{
    Domain, Rng, Shape, changed,
    erased::{Erasable, Erased, ErasedSpec, Told, erased},
    once::{OnceDeques, OncePools, OnceStacks},
    rebuild, right,
};
use quorate_consistency::{
    History, HistoryBuilder, Linearizer, Nondeterministic, Options, Verdict,
    spec::{FifoQueue, QueueOp, QueueRet, Stack, StackOp, StackRet, UnorderedQueue},
};

fn without_shortcuts() -> Options {
    let mut options = Options::default();
    options.shortcuts = false;
    options
}

/// How many were judged at once, and how many were violations.
#[derive(Debug, Default)]
struct Reached {
    at_once: usize,
    bad: usize,
}

/// Verdict, witness and culprit.
fn agree(spec: &ErasedSpec, history: &History<Told, Told>, reached: &mut Reached) {
    let mut shortcut = Linearizer::new(spec, history, Options::default());
    let search = Linearizer::new(spec, history, without_shortcuts()).run(u64::MAX);
    match (shortcut.run(u64::MAX), search) {
        (Verdict::Ok(witness), Verdict::Ok(_)) => {
            assert_eq!(witness.verify(spec, history), Ok(()), "{history:?} {witness:?}");
        }
        (Verdict::Violation(one), Verdict::Violation(other)) => {
            assert_eq!(one.op, other.op, "{history:?}");
            reached.bad += 1;
        }
        (shortcut, search) => panic!("{shortcut:?} {search:?} {history:?}"),
    }
    reached.at_once += usize::from(shortcut.steps() == 0);
}

/// What two operations returned, exchanged.
fn swapped(
    rng: &mut Rng,
    history: &History<Told, Told>,
    kind: &dyn Fn(&Told) -> bool,
) -> History<Told, Told> {
    let takes: Vec<_> =
        history.operations().iter().enumerate().filter(|(_, op)| op.ret().is_some_and(kind)).collect();
    if takes.is_empty() {
        return rebuild(history, |_, outcome| outcome.clone());
    }
    let ((one, first), (other, second)) = (*rng.pick(&takes), *rng.pick(&takes));
    rebuild(history, |at, outcome| match at {
        at if at == one => second.outcome.clone(),
        at if at == other => first.outcome.clone(),
        _ => outcome.clone(),
    })
}

fn beside_the_search(name: &str, domain: &Erased<'_>, is_take: &dyn Fn(&Told) -> bool) {
    const HISTORIES: u64 = 100_000;
    let (spec, mut reached) = (domain.spec(), Reached::default());
    for seed in 0..HISTORIES {
        let mut rng = Rng(seed);
        let shape = Shape {
            operations: 3 + rng.below(10),
            processes: 1 + rng.below(5),
            pending_percent: if rng.chance(50) { 0 } else { 10 },
            failed_percent: 3,
        };
        let mut history = right(domain, &mut rng, shape);
        for _ in 0..rng.below(3) {
            history = if rng.chance(30) {
                changed(domain, &mut rng, &history)
            } else {
                swapped(&mut rng, &history, is_take)
            };
        }
        agree(&spec, &history, &mut reached);
    }
    println!("{name}: {reached:?} of {HISTORIES}");
    assert!(reached.at_once > 90_000 && (10_000..90_000).contains(&reached.bad), "{name}: {reached:?}");
}

#[test]
fn a_queue_is_judged_at_once_as_the_search_does() {
    beside_the_search("queue", &Erased(&OnceDeques), &|ret| {
        *ret.typed::<QueueRet<u8>>() != QueueRet::Enqueued
    });
}

#[test]
fn a_queue_without_order_is_judged_at_once_as_the_search_does() {
    let is_take = |ret: &Told| *ret.typed::<QueueRet<u8>>() != QueueRet::Enqueued;
    beside_the_search("unordered queue", &Erased(&OncePools), &is_take);
}

#[test]
fn a_stack_is_judged_at_once_as_the_search_does() {
    beside_the_search("stack", &Erased(&OnceStacks), &|ret| *ret.typed::<StackRet<u8>>() != StackRet::Pushed);
}

/// All orders of the ends of so many operations; some never return.
fn shapes(operations: usize) -> Vec<Vec<(bool, usize)>> {
    let mut whole = Vec::new();
    let mut work = vec![(Vec::new(), 0, Vec::new())];
    while let Some((ends, called, open)) = work.pop() {
        let mut go_on = |end: (bool, usize), called: usize, open: Vec<usize>| {
            let mut ends: Vec<_> = ends.clone();
            ends.push(end);
            work.push((ends, called, open));
        };
        if called == operations {
            whole.push(ends.clone());
        } else {
            go_on((false, called), called + 1, open.iter().copied().chain([called]).collect());
        }
        for at in 0..open.len() {
            let mut rest = open.clone();
            let done = rest.remove(at);
            go_on((true, done), called, rest);
        }
    }
    whole
}

/// What an operation does. It puts its own number in, or takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Put,
    TakeNothing,
    Take(u8),
}

/// Everything that so many operations may do, but taking what none of them puts in.
fn choices(operations: usize) -> Vec<Vec<What>> {
    let (mut all, digits) = (Vec::new(), operations + 2);
    for number in 0..digits.pow(operations as u32) {
        let digit = |at: usize| number / digits.pow(at as u32) % digits;
        let what = |at: usize| match digit(at) {
            0 => What::Put,
            1 => What::TakeNothing,
            taken => What::Take(taken as u8 - 2),
        };
        let choice: Vec<_> = (0..operations).map(what).collect();
        let is_put = |what: &What| match what {
            What::Take(taken) => choice[usize::from(*taken)] == What::Put,
            What::Put | What::TakeNothing => true,
        };
        if choice.iter().all(is_put) {
            all.push(choice);
        }
    }
    all
}

fn every_small_history<S: Erasable>(
    name: &str,
    spec: S,
    put: impl Fn(u8) -> (S::Op, S::Ret),
    take: impl Fn(Option<u8>) -> (S::Op, S::Ret),
) {
    let told = |(op, ret): (S::Op, S::Ret)| (Told::new(op), Told::new(ret));
    every_small(name, &ErasedSpec::new(spec), &|value| told(put(value)), &|taken| told(take(taken)));
}

fn every_small(
    name: &str,
    spec: &ErasedSpec,
    put: &dyn Fn(u8) -> (Told, Told),
    take: &dyn Fn(Option<u8>) -> (Told, Told),
) {
    let (mut reached, mut count) = (Reached::default(), 0);
    for operations in 1..=4 {
        let choices = choices(operations);
        for shape in shapes(operations) {
            for choice in &choices {
                let what = |at: usize| match choice[at] {
                    What::Put => put(at as u8),
                    What::TakeNothing => take(None),
                    What::Take(taken) => take(Some(taken)),
                };
                let mut builder = HistoryBuilder::new();
                for (is_end, at) in &shape {
                    if *is_end {
                        builder.ok(*at as u64, what(*at).1).unwrap();
                    } else {
                        builder.invoke(*at as u64, what(*at).0).unwrap();
                    }
                }
                agree(spec, &builder.finish(), &mut reached);
                count += 1;
            }
        }
    }
    println!("{name}: {reached:?} of {count}");
    assert!(count > 10_000 && reached.at_once * 2 > count, "{name}: {reached:?}");
}

#[test]
fn every_small_history_is_judged_at_once_as_the_search_does() {
    let put = |value| (QueueOp::Enqueue(value), QueueRet::Enqueued);
    let take = |taken| (QueueOp::Dequeue, QueueRet::Dequeued(taken));
    every_small_history("queue", FifoQueue::new(), put, take);
    every_small_history("unordered queue", UnorderedQueue::new(), put, take);
    let put = |value| (StackOp::Push(value), StackRet::Pushed);
    every_small_history("stack", Stack::new(), put, |taken| (StackOp::Pop, StackRet::Popped(taken)));
}

/// Calls of many processes, each taking effect when it returns, and perhaps one more that is wrong.
fn long<S: Nondeterministic<Key = ()>>(
    spec: &S,
    put: impl Fn(u32) -> (S::Op, S::Ret),
    take: impl Fn(&S::State) -> (S::Op, S::Ret),
    wrong: Option<(S::Op, S::Ret)>,
) -> History<S::Op, S::Ret> {
    let (mut builder, mut rng) = (HistoryBuilder::new(), Rng(7));
    let (mut state, mut next, mut open) = (spec.init(&()), Vec::new(), Vec::new());
    for nth in 0..30_020 {
        if nth < 30_000 {
            let is_put = rng.chance(50);
            builder.invoke(nth, if is_put { put(nth as u32).0 } else { take(&state).0 }).unwrap();
            open.push((nth, is_put));
        }
        if nth >= 20 {
            let (process, is_put) = open.swap_remove(rng.below(open.len()));
            let (op, ret) = if is_put { put(process as u32) } else { take(&state) };
            next.clear();
            spec.step_all(&state, &op, Some(&ret), &mut next);
            state = next.pop().unwrap();
            builder.ok(process, ret).unwrap();
        }
    }
    if let Some((op, ret)) = wrong {
        builder.invoke(1 << 40, op).unwrap();
        builder.ok(1 << 40, ret).unwrap();
    }
    builder.finish()
}

#[test]
fn long_histories_are_judged_at_once() {
    fn one<S: Erasable + Nondeterministic<Op: Clone, Ret: Clone, Key = ()> + Clone>(
        name: &str,
        spec: &S,
        put: impl Fn(u32) -> (S::Op, S::Ret),
        take: impl Fn(&S::State) -> (S::Op, S::Ret),
        wrong: (S::Op, S::Ret),
    ) {
        for wrong in [None, Some(wrong)] {
            let is_wrong = wrong.is_some();
            let history = erased(&long(spec, &put, &take, wrong));
            let spec = &ErasedSpec::new(spec.clone());
            let mut judge = Linearizer::new(spec, &history, Options::default());
            match judge.run(1) {
                Verdict::Ok(witness) => {
                    assert!(!is_wrong && witness.verify(spec, &history).is_ok(), "{name}");
                }
                Verdict::Violation(found) => assert!(is_wrong && found.op.index() == 30_000, "{name}"),
                Verdict::Unknown(why) => panic!("{name}: {why:?}"),
            }
            assert_eq!(judge.steps(), 0, "{name} is judged at once");
        }
    }
    let run = || {
        let put = |value| (QueueOp::Enqueue(value), QueueRet::Enqueued);
        let wrong = (QueueOp::Dequeue, QueueRet::Dequeued(Some(1 << 30)));
        let first = |state: &std::collections::VecDeque<u32>| {
            (QueueOp::Dequeue, QueueRet::Dequeued(state.front().copied()))
        };
        one("queue", &FifoQueue::new(), put, first, wrong);
        let push = |value| (StackOp::Push(value), StackRet::Pushed);
        let wrong = (StackOp::Pop, StackRet::Popped(Some(1 << 30)));
        let top = |state: &Vec<u32>| (StackOp::Pop, StackRet::Popped(state.last().copied()));
        one("stack", &Stack::new(), push, top, wrong);
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().unwrap();
}
