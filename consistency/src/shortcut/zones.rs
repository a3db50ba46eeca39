//! Registers whose values are written once each, in O(n log n): Gibbons and Korach, *Testing shared memories*, SIAM J.
//! Comput. 1997, §4.
//!
//! A value's *cluster* is its write and the reads that saw it. Its zone lies between the first return and the last call
//! of the cluster. If the return is first, the zone is *forward*: the register must have held the value all that time. If
//! the call is first, it is *backward*: one moment of it is enough. The calls are linearizable if and only if no read
//! precedes its write, no two forward zones overlap, and no backward zone lies inside a forward one.

use alloc::{collections::BTreeMap, vec, vec::Vec};

use crate::{
    bug::{Bug, Mistake},
    spec::Decision,
};

/// What a call does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Access<V> {
    Read(V),
    Write(V),
    /// A read of which nobody knows what it saw.
    Nothing,
}

/// A call, with the places where it begins and returns.
type Span<V> = (Access<V>, usize, Option<usize>);

/// Judges the calls, given in the order of their invocation; `None` if a value is written twice, or the initial one again.
pub(crate) fn judge<V: Clone + Ord>(initial: &V, calls: &[Span<V>], mistake: Mistake) -> Option<Decision> {
    let values = number(initial, calls)?;
    let returns = calls.iter().enumerate().filter_map(|(at, call)| Some((call.2?, at)));
    super::decide(returns, |until| Zones::new(&values, calls, until).order(mistake))
}

/// Which cluster each call belongs to: 0 is the initial value's. Reads of what nobody wrote have one of their own.
fn number<V: Clone + Ord>(initial: &V, calls: &[Span<V>]) -> Option<Vec<usize>> {
    let mut clusters: BTreeMap<&V, usize> = BTreeMap::new();
    clusters.insert(initial, 0);
    for (access, ..) in calls {
        if let Access::Write(value) = access {
            let next = clusters.len();
            if clusters.insert(value, next).is_some() {
                return None;
            }
        }
    }
    let mut numbers = Vec::with_capacity(calls.len());
    for (access, ..) in calls {
        numbers.push(match access {
            Access::Write(value) | Access::Read(value) => {
                let next = clusters.len();
                *clusters.entry(value).or_insert(next)
            }
            Access::Nothing => usize::MAX,
        });
    }
    Some(numbers)
}

/// The cluster of a value.
#[derive(Clone, Debug)]
struct Cluster {
    /// The call that writes it, and where that begins; of the initial value there is none, and it begins before all.
    write: Option<usize>,
    written: Option<usize>,
    first_return: usize,
    last_call: usize,
    reads: Vec<usize>,
}

struct Zones(Vec<Cluster>);

/// Places are moved by two, so that the write of the initial value has room before them.
const INITIAL_RETURN: usize = 1;
const SHIFT: usize = 2;

impl Zones {
    /// Of what has happened up to this place, the event there included.
    fn new<V>(values: &[usize], calls: &[Span<V>], until: usize) -> Self {
        let count = values.iter().filter(|value| **value != usize::MAX).max().map_or(1, |max| max + 1);
        let none =
            Cluster { write: None, written: None, first_return: usize::MAX, last_call: 0, reads: Vec::new() };
        let mut clusters = vec![none; count];
        (clusters[0].written, clusters[0].first_return) = (Some(0), INITIAL_RETURN);
        for (at, ((access, called, returned), value)) in calls.iter().zip(values).enumerate() {
            let (called, returned) = (called.saturating_add(SHIFT), returned.filter(|place| *place <= until));
            let is_kept = called <= until.saturating_add(SHIFT) && *value != usize::MAX;
            let is_read = matches!(access, Access::Read(_));
            if !is_kept || is_read && returned.is_none() {
                continue;
            }
            let cluster = &mut clusters[*value];
            cluster.last_call = cluster.last_call.max(called);
            cluster.first_return =
                cluster.first_return.min(returned.map_or(usize::MAX, |place| place.saturating_add(SHIFT)));
            if is_read {
                cluster.reads.push(at);
            } else {
                (cluster.write, cluster.written) = (Some(at), Some(called));
            }
        }
        Self(clusters)
    }

    /// The calls in order: clusters by the beginning of their zones, each its write first.
    fn order(self, mistake: Mistake) -> Option<Vec<usize>> {
        let mut zones: Vec<(usize, usize, bool, Cluster)> = Vec::with_capacity(self.0.len());
        for cluster in self.0 {
            let (from, to) = (cluster.first_return, cluster.last_call);
            match cluster.written {
                // A write without return that nobody has read need not have happened.
                Some(_) if from == usize::MAX => {}
                Some(written) if written < from => {
                    zones.push((from.min(to), from.max(to), from < to, cluster));
                }
                None if cluster.reads.is_empty() => {}
                Some(_) | None => return None,
            }
        }
        zones.sort_unstable_by_key(|(from, ..)| *from);
        // The end of the last forward zone.
        let mut forward_end = 0;
        for (from, to, is_forward, _) in &zones {
            let is_clash = if *is_forward {
                *from < forward_end
            } else {
                *to < forward_end && !mistake.is(Bug::BackwardZonesIgnored)
            };
            if is_clash {
                return None;
            }
            if *is_forward {
                // Zones that touch do not overlap: between any two events there is a moment.
                forward_end = *to + if mistake.is(Bug::ZonesTouch) { 2 } else { 0 };
            }
        }
        let calls =
            zones.into_iter().flat_map(|(.., cluster)| cluster.write.into_iter().chain(cluster.reads));
        Some(calls.collect())
    }
}
