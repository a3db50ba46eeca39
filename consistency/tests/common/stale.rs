//! Registers whose reads are late, and oracles of how late, which know intervals alone.

use quorate_consistency::{
    History, HistoryBuilder,
    spec::{Access, RegisterRet},
};

use super::Rng;

pub type StaleHistory = History<Access<u8, u8>, RegisterRet<u8>>;

/// An access: what it writes or reads, where it begins and where it returns.
#[derive(Clone, Copy, Debug)]
pub struct Stay {
    pub is_write: bool,
    pub value: u8,
    pub from: usize,
    pub to: usize,
}

/// A few accesses of `keys` registers that hold 0 at first. Reads see what was written some writes ago, seldom anything else.
pub fn drawn(rng: &mut Rng, operations: usize, keys: usize) -> StaleHistory {
    let mut builder = HistoryBuilder::new();
    let mut running: Vec<Option<(u8, Option<u8>)>> = vec![None; 1 + rng.below(4)];
    let mut names: Vec<u64> = (0..).take(running.len()).collect();
    let (mut invoked, mut written) = (0, vec![vec![0]; keys]);
    while invoked < operations || running.iter().any(Option::is_some) {
        let at = rng.below(running.len());
        match running[at].take() {
            None if invoked < operations => {
                let key = rng.below(keys) as u8;
                invoked += 1;
                if rng.chance(50) {
                    builder.invoke(names[at], Access::Write(key, invoked as u8)).unwrap();
                    written[usize::from(key)].push(invoked as u8);
                    running[at] = Some((key, None));
                } else {
                    builder.invoke(names[at], Access::Read(key)).unwrap();
                    running[at] = Some((key, Some(0)));
                }
            }
            None => {}
            Some((_, None)) if rng.chance(8) => {
                builder.info(names[at]).unwrap();
                names[at] = 100 + invoked as u64 * 8 + at as u64;
            }
            Some((_, None)) => drop(builder.ok(names[at], RegisterRet::Written).unwrap()),
            Some((key, Some(_))) => {
                let written = &written[usize::from(key)];
                let back = rng.below(4).min(rng.below(written.len()));
                let value = if rng.chance(1) { 99 } else { written[written.len() - 1 - back] };
                builder.ok(names[at], RegisterRet::Value(value)).unwrap();
            }
        }
    }
    builder.finish()
}

/// The accesses of one key that say something.
pub fn stays(history: &StaleHistory, key: u8) -> Vec<Stay> {
    let stay = |operation: &quorate_consistency::Operation<Access<u8, u8>, RegisterRet<u8>>| {
        let from = operation.called() * 2 + 2;
        let to = operation.returned().map_or(usize::MAX, |place| place * 2 + 2);
        match (&operation.op, operation.ret()) {
            (Access::Write(at, value), _) if *at == key => {
                Some(Stay { is_write: true, value: *value, from, to })
            }
            (Access::Read(at), Some(RegisterRet::Value(value))) if *at == key => {
                Some(Stay { is_write: false, value: *value, from, to })
            }
            _ => None,
        }
    };
    history.operations().iter().filter_map(stay).collect()
}

/// The least k, trying every order; `None` if there is none. `written` are the values so far.
pub fn least_k(stays: &[Stay], done: u16, written: &mut Vec<u8>) -> Option<usize> {
    let is_open = |at: usize| done >> at & 1 == 0;
    let waits = |stay: &Stay| !stay.is_write || stay.to != usize::MAX;
    if (0..stays.len()).all(|at| !is_open(at) || !waits(&stays[at])) {
        return Some(1);
    }
    let mut best: Option<usize> = None;
    for (at, stay) in stays.iter().enumerate() {
        let is_late = stays.iter().enumerate().any(|(other, before)| is_open(other) && before.to < stay.from);
        if !is_open(at) || is_late {
            continue;
        }
        let found = if stay.is_write {
            written.push(stay.value);
            let rest = least_k(stays, done | 1 << at, written);
            written.pop();
            rest
        } else {
            let distance = written.iter().rev().position(|value| *value == stay.value).map(|back| back + 1);
            distance.and_then(|k| Some(k.max(least_k(stays, done | 1 << at, written)?)))
        };
        best = best.into_iter().chain(found).min();
        if best == Some(1) {
            break;
        }
    }
    best
}

/// The least number of events by which reads must begin earlier for there to be an order of the first kind.
pub fn least_events(stays: &[Stay]) -> Option<usize> {
    (0..64).find(|events| {
        let earlier = if *events == 0 { 0 } else { events * 2 + 1 };
        let moved: Vec<_> = stays
            .iter()
            .map(|stay| Stay {
                from: if stay.is_write { stay.from } else { stay.from.saturating_sub(earlier) },
                ..*stay
            })
            .collect();
        least_k(&moved, 0, &mut vec![0]) == Some(1)
    })
}
