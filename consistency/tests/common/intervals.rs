//! Intervals of one clock that often touch, and an oracle of them that knows no events.

use quorate_consistency::{
    Interval,
    spec::{RegisterOp, RegisterRet},
};

use super::Rng;

pub type RegisterInterval = Interval<RegisterOp<u8>, RegisterRet<u8>>;

/// Reads and writes of a register that holds 0 at first, none shorter than `shortest`.
pub fn drawn(rng: &mut Rng, shortest: u64) -> Vec<RegisterInterval> {
    let operations = 2 + rng.below(5) as u64;
    (0..operations)
        .map(|process| {
            let called = rng.below(6) as u64;
            let ended = called + shortest + rng.below(3) as u64;
            let value = rng.below(3) as u8;
            let (op, ret) = if rng.chance(50) {
                (RegisterOp::Read, RegisterRet::Value(value))
            } else {
                (RegisterOp::Write(value), RegisterRet::Written)
            };
            let returned = (!rng.chance(15)).then_some((ended, ret));
            Interval { process, op, called, returned }
        })
        .collect()
}

/// Tries every order in which nothing comes after what was called when it had returned already.
pub fn explained(intervals: &[RegisterInterval], done: u8, state: u8) -> bool {
    let is_open = |at: usize| done >> at & 1 == 0;
    if intervals.iter().enumerate().all(|(at, one)| !is_open(at) || one.returned.is_none()) {
        return true;
    }
    intervals.iter().enumerate().any(|(at, one)| {
        let is_late = intervals.iter().enumerate().any(|(other, before)| {
            is_open(other) && before.returned.as_ref().is_some_and(|(ended, _)| *ended < one.called)
        });
        let next = match (&one.op, &one.returned) {
            (RegisterOp::Read, Some((_, RegisterRet::Value(seen)))) if *seen != state => None,
            (RegisterOp::Read, _) => Some(state),
            (RegisterOp::Write(value), _) => Some(*value),
        };
        is_open(at) && !is_late && next.is_some_and(|state| explained(intervals, done | 1 << at, state))
    })
}
