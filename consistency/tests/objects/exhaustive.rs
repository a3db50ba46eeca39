//! Every history of up to three processes and four operations on a register with compare-and-set, values 0 and 1, pending
//! operations included, beside an oracle that tries every order of every subset.

use quorate_consistency::{
    History, HistoryBuilder, Linearizer, Options, Reductions, Verdict, check,
    spec::{CasOp, CasRegister, CasRet, Register, RegisterOp, RegisterRet},
};

/// One end of an operation, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Call(usize),
    Return(usize),
}

/// All orders of the ends of so many operations, at most three of them open at once; some never return.
fn shapes(operations: usize) -> Vec<Vec<End>> {
    let mut whole = Vec::new();
    let mut work = vec![(Vec::new(), 0, Vec::new())];
    while let Some((ends, called, open)) = work.pop() {
        let mut go_on = |end: End, called: usize, open: Vec<usize>| {
            let mut ends: Vec<End> = ends.clone();
            ends.push(end);
            work.push((ends, called, open));
        };
        if called == operations {
            whole.push(ends.clone());
        } else if open.len() < 3 {
            go_on(End::Call(called), called + 1, open.iter().copied().chain([called]).collect());
        }
        for at in 0..open.len() {
            let mut rest = open.clone();
            let done = rest.remove(at);
            go_on(End::Return(done), called, rest);
        }
    }
    whole
}

/// What an operation needs of a state and makes of it, without the crate's specifications.
type Effect = fn(u8) -> Option<u8>;

struct Variant {
    op: CasOp<u8>,
    ret: Option<CasRet<u8>>,
    effect: Effect,
}

fn returned() -> Vec<Variant> {
    const fn variant(op: CasOp<u8>, ret: CasRet<u8>, effect: Effect) -> Variant {
        Variant { op, ret: Some(ret), effect }
    }
    let cas = |from, to| CasOp::Cas { from, to };
    let (yes, no) = (CasRet::Swapped(true), CasRet::Swapped(false));
    vec![
        variant(CasOp::Read, CasRet::Value(0), |s| (s == 0).then_some(0)),
        variant(CasOp::Read, CasRet::Value(1), |s| (s == 1).then_some(1)),
        variant(CasOp::Write(0), CasRet::Written, |_| Some(0)),
        variant(CasOp::Write(1), CasRet::Written, |_| Some(1)),
        variant(cas(0, 1), yes.clone(), |s| (s == 0).then_some(1)),
        variant(cas(1, 0), yes.clone(), |s| (s == 1).then_some(0)),
        variant(cas(0, 1), no.clone(), |s| (s != 0).then_some(s)),
        variant(cas(1, 0), no.clone(), |s| (s != 1).then_some(s)),
        variant(cas(0, 0), yes.clone(), |s| (s == 0).then_some(0)),
        variant(cas(0, 0), no.clone(), |s| (s != 0).then_some(s)),
        variant(cas(1, 1), yes, |s| (s == 1).then_some(1)),
        variant(cas(1, 1), no, |s| (s != 1).then_some(s)),
    ]
}

fn pending() -> Vec<Variant> {
    let variant = |op, effect| Variant { op, ret: None, effect };
    vec![
        variant(CasOp::Write(0), |_| Some(0)),
        variant(CasOp::Write(1), |_| Some(1)),
        variant(CasOp::Cas { from: 0, to: 1 }, |s| Some(if s == 0 { 1 } else { s })),
        variant(CasOp::Read, Some),
        variant(CasOp::Cas { from: 1, to: 0 }, |s| Some(if s == 1 { 0 } else { s })),
    ]
}

struct Calls<'a> {
    effects: [Option<&'a Variant>; 4],
    called: [usize; 4],
    returned: [usize; 4],
}

/// By the definition, with nothing but recursion. `done` are bits.
fn oracle(calls: &Calls<'_>, count: usize, done: u8, state: u8) -> bool {
    let is_done = |at: usize| done >> at & 1 == 1;
    if (0..count).all(|at| is_done(at) || calls.returned[at] == usize::MAX) {
        return true;
    }
    let first = (0..count).filter(|at| !is_done(*at)).map(|at| calls.returned[at]).min().unwrap_or(0);
    (0..count).any(|at| {
        !is_done(at)
            && calls.called[at] < first
            && calls.effects[at]
                .and_then(|variant| (variant.effect)(state))
                .is_some_and(|state| oracle(calls, count, done | 1 << at, state))
    })
}

/// Every choice of one variant for each operation of the shape.
fn every_history(operations: usize, mut each: impl FnMut(&[End], &[&Variant], bool)) {
    let (returned, pending) = (returned(), pending());
    for shape in shapes(operations) {
        let place = |end| shape.iter().position(|other| *other == end).unwrap_or(usize::MAX);
        let (mut called_at, mut returned_at) = ([0; 4], [usize::MAX; 4]);
        for at in 0..operations {
            (called_at[at], returned_at[at]) = (place(End::Call(at)), place(End::Return(at)));
        }
        let variants = |at: usize| if returned_at[at] == usize::MAX { &pending } else { &returned };
        let mut choice = [0; 4];
        loop {
            let chosen: Vec<_> = (0..operations).map(|at| &variants(at)[choice[at]]).collect();
            let mut effects = [None; 4];
            chosen.iter().zip(&mut effects).for_each(|(variant, effect)| *effect = Some(*variant));
            let calls = Calls { effects, called: called_at, returned: returned_at };
            each(&shape, &chosen, oracle(&calls, operations, 0, 0));
            // The next number, with as many digits as there are operations.
            let Some(at) = (0..operations).find(|at| choice[*at] + 1 < variants(*at).len()) else { break };
            choice[at] += 1;
            choice[..at].fill(0);
        }
    }
}

fn history<O, R>(shape: &[End], op: impl Fn(usize) -> O, ret: impl Fn(usize) -> R) -> History<O, R> {
    let mut builder = HistoryBuilder::new();
    for end in shape {
        match *end {
            End::Call(at) => builder.invoke(at as u64, op(at)).unwrap(),
            End::Return(at) => builder.ok(at as u64, ret(at)).unwrap(),
        };
    }
    builder.finish()
}

fn cas_history(shape: &[End], chosen: &[&Variant]) -> History<CasOp<u8>, CasRet<u8>> {
    history(shape, |at| chosen[at].op.clone(), |at| chosen[at].ret.clone().unwrap())
}

#[test]
fn every_small_history_is_what_the_oracle_says() {
    let spec = CasRegister { initial: 0 };
    let mut counts = [0_u64; 2];
    for operations in 1..=4 {
        every_history(operations, |shape, chosen, expected| {
            let history = cas_history(shape, chosen);
            counts[usize::from(expected)] += 1;
            match check(&spec, &history) {
                Verdict::Ok(witness) => {
                    assert!(expected, "{history:?}");
                    assert_eq!(witness.verify(&spec, &history), Ok(()), "{history:?}");
                }
                verdict => assert!(verdict.is_violation() && !expected, "{history:?}"),
            }
        });
    }
    println!("{} histories, {} of them linearizable", counts[0] + counts[1], counts[1]);
    assert!(counts[0] + counts[1] > 2_000_000, "{counts:?}");
}

#[test]
fn every_small_history_is_judged_the_same_without_reductions() {
    let spec = CasRegister { initial: 0 };
    let mut plain = Options::default();
    plain.reductions = Reductions::NONE;
    plain.exact = true;
    for operations in 1..=3 {
        every_history(operations, |shape, chosen, expected| {
            let history = cas_history(shape, chosen);
            let verdict = Linearizer::new(&spec, &history, plain).run(u64::MAX);
            assert_eq!(verdict.is_linearizable(), Some(expected), "{history:?}");
        });
    }
}

#[test]
fn every_small_history_of_a_register_is_judged_the_same_by_zones() {
    let spec = Register { initial: 0 };
    let mut general = Options::default();
    general.shortcuts = false;
    let mut count = 0_u64;
    for operations in 1..=4 {
        for shape in shapes(operations) {
            // Each operation writes its own value, or reads one of those or the first.
            let choices = operations + 2;
            for number in 0..choices.pow(operations as u32) {
                let digit = |at: usize| number / choices.pow(at as u32) % choices;
                let op = |at: usize| match digit(at) {
                    0 => RegisterOp::Write(at as u8 + 1),
                    _ => RegisterOp::Read,
                };
                let ret = |at: usize| match digit(at) {
                    0 => RegisterRet::Written,
                    seen => RegisterRet::Value(seen as u8 - 1),
                };
                let history = history(&shape, op, ret);
                let (zones, search) =
                    (check(&spec, &history), Linearizer::new(&spec, &history, general).run(u64::MAX));
                match (&zones, &search) {
                    (Verdict::Ok(witness), Verdict::Ok(_)) => {
                        assert_eq!(witness.verify(&spec, &history), Ok(()), "{history:?}");
                    }
                    (Verdict::Violation(one), Verdict::Violation(other)) => {
                        assert_eq!(one.op, other.op, "{history:?}");
                    }
                    _ => panic!("{zones:?} {search:?} {history:?}"),
                }
                count += 1;
            }
        }
    }
    println!("{count} histories");
}
