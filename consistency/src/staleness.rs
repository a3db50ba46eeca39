//! How stale the reads of registers are, where values are written once each.
//!
//! A history is *k-atomic* if there is an order of its operations that keeps real time and in which each read sees one of the
//! k values that were written last (Aiyer, Alvisi and Bazzi, *On the availability of non-strict quorum systems*, DISC 2005).
//! It is *Δ-atomic* if it is linearizable when each read may be taken to have begun by Δ earlier (Golab, Li and Shah,
//! *Analyzing consistency properties for fun and profit*, PODC 2011, §3). Linearizable is 1-atomic, and 0-atomic in the other
//! sense.

mod backward;
mod row;

use alloc::{collections::BTreeMap, vec::Vec};
use core::{fmt, hash::Hash};

use self::backward::Backward;
use crate::{
    bug::Mistake,
    history::{History, OpId, Outcome},
    spec::{Access, RegisterRet, Registers},
    weak::Unsuitable,
};

/// How stale the reads of a history are; of several keys, those of the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staleness {
    /// They are late.
    Bounded {
        /// The history is k-atomic for no smaller k than this …
        at_least: usize,
        /// … and for this one. That they differ means that the steps were used up; [`exact`](Self::exact) says whether they
        /// do.
        at_most: usize,
        /// The history is linearizable if each read may have begun by this many events of the history earlier, and not if
        /// by fewer. An event is a call or a return.
        events: u64,
    },
    /// A read saw what nobody had written when it returned. That is not staleness.
    Unbounded {
        /// The read.
        read: OpId,
    },
}

impl Staleness {
    /// What a linearizable history has.
    const NONE: Self = Self::Bounded { at_least: 1, at_most: 1, events: 0 };

    /// The least k such that the history is k-atomic, if it is known.
    pub const fn exact(&self) -> Option<usize> {
        match self {
            Self::Bounded { at_least, at_most, .. } if *at_least == *at_most => Some(*at_least),
            Self::Bounded { .. } | Self::Unbounded { .. } => None,
        }
    }

    fn or_worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unbounded { .. }, _) => self,
            (_, Self::Unbounded { .. }) => other,
            (
                Self::Bounded { at_least, at_most, events },
                Self::Bounded { at_least: least, at_most: most, events: more },
            ) => Self::Bounded {
                at_least: at_least.max(least),
                at_most: at_most.max(most),
                events: events.max(more),
            },
        }
    }
}

impl fmt::Display for Staleness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Unbounded { read } => write!(f, "{read} reads what nobody had written"),
            Self::Bounded { at_most: 1, .. } => f.write_str("no read is stale"),
            Self::Bounded { at_least, at_most, events } => {
                write!(f, "reads see one of the last {at_least}")?;
                if at_least < at_most {
                    write!(f, " to {at_most}")?;
                }
                write!(f, " values that were written, and are late by up to {events} events")
            }
        }
    }
}

/// Measures how stale the reads of a history are.
///
/// Whether it is 1-atomic and by how many events reads are late takes O(n log² n). Whether it is 2-atomic takes polynomial
/// time: at each point at most the writes that are open together are tried, and each of them decides what comes before it
/// (Golab, Hurwitz and Li, *On the k-atomicity-verification problem*, ICDCS 2013, §4). For larger k no polynomial way is known,
/// and it is searched. At most so many `steps` are done, each of which puts a write in order; what is then not known is
/// between [bounds](Staleness::Bounded).
///
/// A write that nobody knows the outcome of counts if it was read.
///
/// # Errors
/// If two writes of a key have the same value or one has its first value, or if a return does not fit its operation.
pub fn measure_staleness<K: Ord + Hash, V: Ord + Hash>(
    spec: &Registers<K, V>,
    history: &History<Access<K, V>, RegisterRet<V>>,
    steps: u64,
) -> Result<Staleness, Unsuitable> {
    measure(spec, history, steps, Mistake::default())
}

/// The same, with a classic mistake.
///
/// # Errors
/// As [`measure_staleness`].
#[cfg(quorate_bugs)]
pub fn measure_staleness_with_bug<K: Ord + Hash, V: Ord + Hash>(
    spec: &Registers<K, V>,
    history: &History<Access<K, V>, RegisterRet<V>>,
    steps: u64,
    bug: crate::Bug,
) -> Result<Staleness, Unsuitable> {
    measure(spec, history, steps, Mistake(Some(bug)))
}

fn measure<K: Ord + Hash, V: Ord + Hash>(
    spec: &Registers<K, V>,
    history: &History<Access<K, V>, RegisterRet<V>>,
    mut steps: u64,
    mistake: Mistake,
) -> Result<Staleness, Unsuitable> {
    let mut worst = Staleness::NONE;
    for clusters in clusters(spec, history)?.into_values() {
        worst = worst.or_worse(of_key(clusters, &mut steps, mistake));
    }
    Ok(worst)
}

/// An instant. Events are at even ones, and later than the write of what a key holds at first.
type Instant = u64;

const fn instant(place: usize) -> Instant {
    place as Instant * 2 + 2
}

/// A write and the reads that saw it.
#[derive(Clone, Debug)]
struct Cluster {
    id: Option<OpId>,
    /// `None` if nobody writes it.
    begin: Option<Instant>,
    /// When it had happened at the latest: when it returned, or a read that saw it.
    end: Instant,
    /// When the reads began.
    reads: Vec<Instant>,
    /// Of the reads, the one that returned first.
    first: Option<(Instant, OpId)>,
}

impl Cluster {
    const fn nobody() -> Self {
        Self { id: None, begin: None, end: Instant::MAX, reads: Vec::new(), first: None }
    }
}

/// The clusters of each key, by their values.
fn clusters<'a, K: Ord, V: Ord>(
    spec: &'a Registers<K, V>,
    history: &'a History<Access<K, V>, RegisterRet<V>>,
) -> Result<BTreeMap<&'a K, BTreeMap<&'a V, Cluster>>, Unsuitable> {
    let mut keys: BTreeMap<&K, BTreeMap<&V, Cluster>> = BTreeMap::new();
    for (op, operation) in (0..).map(OpId).zip(&history.operations) {
        if matches!(operation.outcome, Outcome::Failed) {
            continue;
        }
        let (Access::Read(key) | Access::Write(key, _)) = &operation.op;
        let (begin, end) = (instant(operation.called()), operation.returned().map_or(Instant::MAX, instant));
        let values = keys.entry(key).or_default();
        let value = match (&operation.op, operation.ret()) {
            (Access::Write(_, value), None | Some(RegisterRet::Written)) if *value == spec.initial => {
                return Err(Unsuitable::InitialValue { op });
            }
            (Access::Write(_, value), None | Some(RegisterRet::Written)) => value,
            (Access::Read(_), Some(RegisterRet::Value(seen))) => seen,
            (Access::Read(_), None) => continue,
            (Access::Read(_), Some(RegisterRet::Written))
            | (Access::Write(..), Some(RegisterRet::Value(_))) => return Err(Unsuitable::WrongReturn { op }),
        };
        let cluster = values.entry(value).or_insert_with(Cluster::nobody);
        cluster.end = cluster.end.min(end);
        if matches!(operation.op, Access::Read(_)) {
            cluster.reads.push(begin);
            cluster.first = Some(cluster.first.map_or((end, op), |first| first.min((end, op))));
        } else if let Some(first) = cluster.id.replace(op) {
            return Err(Unsuitable::SameValue { first, second: op });
        } else {
            cluster.begin = Some(begin);
        }
    }
    for values in keys.values_mut() {
        if let Some(first) = values.get_mut(&spec.initial) {
            (first.begin, first.end) = (Some(0), 1);
        }
    }
    Ok(keys)
}

fn of_key<V>(values: BTreeMap<&V, Cluster>, steps: &mut u64, mistake: Mistake) -> Staleness {
    let mut clusters: Vec<Cluster> = values.into_values().collect();
    let is_early = |cluster: &&Cluster| {
        let begin = cluster.begin.unwrap_or(Instant::MAX);
        cluster.first.is_some_and(|(end, _)| end < begin)
    };
    if let Some(read) = clusters.iter().filter(is_early).filter_map(|cluster| cluster.first).min() {
        return Staleness::Unbounded { read: read.1 };
    }
    // What may not have happened and nobody has read only puts distance between others.
    clusters.retain(|cluster| cluster.end != Instant::MAX);
    let events = lateness(&clusters);
    if events == 0 {
        return Staleness::NONE;
    }
    let (at_least, at_most) = Backward::bounds(&clusters, steps, mistake);
    Staleness::Bounded { at_least, at_most, events }
}

/// By how many events the reads must have begun earlier.
fn lateness(clusters: &[Cluster]) -> u64 {
    let begins = clusters.iter().flat_map(|cluster| cluster.reads.iter().copied());
    let (mut low, mut high) = (0, begins.max().unwrap_or(0) / 2 + 1);
    // Linearizable at `high`: then all reads begin before everything.
    while low < high {
        let middle = u64::midpoint(low, high);
        if is_atomic(clusters, middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// Whether the clusters are linearizable if reads begin earlier by so many events: by their zones, as
/// [there](crate::shortcut::zones).
fn is_atomic(clusters: &[Cluster], earlier: u64) -> bool {
    let earlier = if earlier == 0 { 0 } else { earlier * 2 + 1 };
    let zone = |cluster: &Cluster| {
        let begins = cluster.reads.iter().map(|begin| begin.saturating_sub(earlier));
        let last = begins.chain(cluster.begin).max().unwrap_or(0);
        (last.min(cluster.end), last.max(cluster.end), cluster.end < last)
    };
    let mut zones: Vec<_> = clusters.iter().map(zone).collect();
    zones.sort_unstable();
    let mut forward_end = 0;
    zones.into_iter().all(|(from, to, is_forward)| {
        let fits = if is_forward { from >= forward_end } else { to >= forward_end };
        forward_end = if is_forward { to } else { forward_end };
        fits
    })
}
