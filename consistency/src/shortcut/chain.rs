//! Sets to which each value is added once, and which are read as a whole.
//!
//! All reads must be a chain by inclusion. That puts everything in groups: what is in the smallest read is added, then come
//! the reads that see just that, then what is new in the next larger one is added, and so on; what nobody sees is added last.
//! Inside a group any order does. So the calls are linearizable if and only if no call of a later group returns before one
//! of an earlier group begins.

use alloc::{collections::BTreeMap, collections::BTreeSet, vec::Vec};

use crate::{
    bug::{Bug, Mistake},
    spec::Decision,
};

/// What a call does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Access<'a, V> {
    Add(&'a V),
    Read(&'a BTreeSet<V>),
    /// A read of which nobody knows what it saw.
    Nothing,
}

/// A call, with the places where it begins and returns.
type Span<'a, V> = (Access<'a, V>, usize, Option<usize>);

/// Judges the calls, given in the order of their invocation; `None` if a value is added twice.
pub(crate) fn judge<V: Ord>(calls: &[Span<'_, V>], mistake: Mistake) -> Option<Decision> {
    let mut adds: BTreeMap<&V, usize> = BTreeMap::new();
    for (at, (access, ..)) in calls.iter().enumerate() {
        if let Access::Add(value) = access {
            if adds.insert(value, at).is_some() {
                return None;
            }
        }
    }
    let mut reads: Vec<(usize, &BTreeSet<V>)> = Vec::new();
    for (at, (access, _, returned)) in calls.iter().enumerate() {
        if let (Access::Read(seen), Some(_)) = (access, returned) {
            reads.push((at, seen));
        }
    }
    reads.sort_by_key(|(_, seen)| seen.len());
    let returns = calls.iter().enumerate().filter_map(|(at, call)| Some((call.2?, at)));
    super::decide(returns, |until| order(calls, &adds, &reads, until, mistake))
}

/// The order of what has happened up to this place.
fn order<V: Ord>(
    calls: &[Span<'_, V>],
    adds: &BTreeMap<&V, usize>,
    reads: &[(usize, &BTreeSet<V>)],
    until: usize,
    mistake: Mistake,
) -> Option<Vec<usize>> {
    let returned = |at: usize| calls[at].2.filter(|place| *place <= until);
    let mut order = Vec::with_capacity(calls.len());
    let mut is_seen = alloc::vec![false; calls.len()];
    let nothing = BTreeSet::new();
    let mut before = &nothing;
    for (at, seen) in reads.iter().copied().filter(|(at, _)| returned(*at).is_some()) {
        if !before.is_subset(seen) && !mistake.is(Bug::GrowthForgets) {
            return None;
        }
        for value in seen.difference(before) {
            let add = *adds.get(value).filter(|add| calls[**add].1 <= until)?;
            is_seen[add] = true;
            order.push(add);
        }
        before = seen;
        order.push(at);
    }
    let unseen =
        |at: &usize| matches!(calls[*at].0, Access::Add(_)) && !is_seen[*at] && returned(*at).is_some();
    order.extend((0..calls.len()).filter(unseen));
    let keeps_time = keep_time(calls, &mut order, returned) || mistake.is(Bug::GrowthIgnoresTime);
    keeps_time.then_some(order)
}

/// Sorts each group by invocation, and says whether the groups keep real time.
fn keep_time<V>(
    calls: &[Span<'_, V>],
    order: &mut [usize],
    returned: impl Fn(usize) -> Option<usize>,
) -> bool {
    let same_group = |one: &usize, other: &usize| match (&calls[*one].0, &calls[*other].0) {
        // Reads follow one another only if nothing is new.
        (Access::Add(_), Access::Add(_)) | (Access::Read(_), Access::Read(_)) => true,
        _ => false,
    };
    let mut latest_call = 0;
    for group in order.chunk_by_mut(same_group) {
        if group.iter().any(|at| returned(*at).is_some_and(|place| place < latest_call)) {
            return false;
        }
        group.sort_unstable();
        latest_call = group.iter().map(|at| calls[*at].1).max().unwrap_or(0).max(latest_call);
    }
    true
}
