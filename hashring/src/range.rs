//! Ranges of keys: a map that covers all of them, and what their load says about where to cut.

mod edit;
mod finder;
mod hot;
mod limits;
mod load;

use alloc::collections::BTreeMap;
use core::{
    borrow::Borrow,
    ops::{Bound, RangeBounds},
};

pub use self::{
    edit::{MergeError, ReassignError, ReassignReason, SplitError, SplitReason},
    hot::{Estimate, FanOut, HotKeys, HotKeysError},
    limits::{LoadLimits, LoadLimitsError},
    load::{Decision, LoadSplit, Touched},
};
use crate::bug::Bug;

/// All keys, cut into ranges, with something for each range: who has it, say.
///
/// Choose it where keys are read in their order, or where a few of them are much larger or hotter than others: ranges can be cut and
/// joined where the load is, which no hash can. It covers all keys from the first to the last at any time, so that a lookup always finds a
/// range. Each range has an id that is its own for ever, and an epoch; who has seen an older one changes nothing. CockroachDB, TiKV,
/// Bigtable and Slicer place keys like this.
///
/// A lookup is one in an ordered map, O(log ranges).
///
/// ```
/// use quorate_hashring::RangeMap;
///
/// let mut map: RangeMap<String, &str> = RangeMap::new("node a");
/// let all = map.locate("moon");
/// let (left, right) = map.split(all.id, "n".into(), all.epoch)?;
/// let epoch = map.locate("sun").epoch;
/// map.assign(right, "node b", epoch)?;
///
/// assert_eq!(*map.locate("moon").value, "node a");
/// assert_eq!(*map.locate("n").value, "node b"); // a range begins with its start
/// assert!(map.merge((left, map.locate("moon").epoch), (right, epoch)).is_err()); // somebody has changed it since
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeMap<K, V> {
    /// The range that has no start.
    first: Entry<V>,
    rest: BTreeMap<K, Entry<V>>,
    /// Where each range begins.
    starts: BTreeMap<RangeId, Option<K>>,
    /// What the next new range is called.
    next: RangeId,
}

/// The name of a range, which no other range of this map has had or will have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RangeId(u64);

impl RangeId {
    /// The id of that number.
    pub const fn new(id: u64) -> Self {
        Self(id)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl core::fmt::Display for RangeId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "r{}", self.0)
    }
}

/// How often a range has changed: its borders, and what it is assigned. They are counted apart, since a request that knows the right
/// borders is right about its keys, whoever serves them now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RangeEpoch {
    /// Rises when the range is split or merged.
    pub version: u64,
    /// Rises when it is assigned.
    pub conf: u64,
}

impl core::fmt::Display for RangeEpoch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}.{}", self.version, self.conf)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry<V> {
    id: RangeId,
    epoch: RangeEpoch,
    value: V,
}

/// A range of a map.
#[derive(Debug, PartialEq, Eq)]
pub struct RangeRef<'a, K, V> {
    /// Its name.
    pub id: RangeId,
    /// How often it has changed.
    pub epoch: RangeEpoch,
    /// Its first key; `None` if it begins with the first of all keys.
    pub start: Option<&'a K>,
    /// The first key after it; `None` if it ends with the last of all keys.
    pub end: Option<&'a K>,
    /// What it is assigned.
    pub value: &'a V,
}

impl<K, V> Clone for RangeRef<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for RangeRef<'_, K, V> {}

impl<K: Ord + Clone, V> RangeMap<K, V> {
    /// One range that has all keys.
    pub fn new(value: V) -> Self {
        let first = Entry { id: RangeId(0), epoch: RangeEpoch { version: 1, conf: 1 }, value };
        Self { first, rest: BTreeMap::new(), starts: [(RangeId(0), None)].into(), next: RangeId(1) }
    }

    /// How many ranges there are: at least one.
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        self.rest.len() + 1
    }

    /// The range that has a key.
    pub fn locate<Q: Ord + ?Sized>(&self, key: &Q) -> RangeRef<'_, K, V>
    where
        K: Borrow<Q>,
    {
        let upto =
            if Bug::BoundaryGoesLeft.is_planted() { Bound::Excluded(key) } else { Bound::Included(key) };
        let found = self.rest.range::<Q, _>((Bound::Unbounded, upto)).next_back();
        let end = self.rest.range::<Q, _>((Bound::Excluded(key), Bound::Unbounded)).next();
        self.range(found, end.map(|(start, _)| start))
    }

    /// The range of that name.
    pub fn get(&self, id: RangeId) -> Option<RangeRef<'_, K, V>> {
        let start = self.starts.get(&id)?;
        let Some(start) = start else {
            return Some(self.range(None, self.rest.keys().next()));
        };
        Some(self.range(self.rest.get_key_value(start), self.after(start)))
    }

    /// The ranges, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = RangeRef<'_, K, V>> {
        let ends = self.rest.keys().map(Some).chain([None]);
        core::iter::once(None)
            .chain(self.rest.iter().map(Some))
            .zip(ends)
            .map(|(found, end)| self.range(found, end))
    }

    /// The ranges that have a key within the bounds, in the order of their keys. None if the bounds are the wrong way round.
    pub fn span(&self, bounds: impl RangeBounds<K>) -> impl Iterator<Item = RangeRef<'_, K, V>> {
        let first = match bounds.start_bound() {
            Bound::Unbounded => self.range(None, self.rest.keys().next()),
            Bound::Included(key) | Bound::Excluded(key) => self.locate(key),
        };
        let has_keys = match (bounds.start_bound(), bounds.end_bound()) {
            (Bound::Included(from), Bound::Included(to)) => from <= to,
            (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => {
                from < to
            }
            _ => true,
        };
        let begins_within = move |start: &K| match bounds.end_bound() {
            Bound::Unbounded => true,
            Bound::Included(end) => start <= end,
            Bound::Excluded(end) => start < end,
        };
        let next = move |last: &RangeRef<'_, K, V>| {
            let start = last.end.filter(|start| begins_within(start))?;
            Some(self.range(self.rest.get_key_value(start), self.after(start)))
        };
        core::iter::successors(has_keys.then_some(first), next)
    }

    /// The name of the next new range.
    #[cfg(feature = "serde")]
    pub(crate) const fn next_id(&self) -> RangeId {
        self.next
    }

    /// A map that was stored as these ranges; `None` if no map was.
    #[cfg(feature = "serde")]
    pub(crate) fn restored(
        next: RangeId,
        ranges: alloc::vec::Vec<(Option<K>, RangeId, RangeEpoch, V)>,
    ) -> Option<Self> {
        let mut ranges = ranges.into_iter();
        let (None, id, epoch, value) = ranges.next()? else { return None };
        let first = Entry { id, epoch, value };
        let mut map = Self { first, rest: BTreeMap::new(), starts: [(id, None)].into(), next };
        for (start, id, epoch, value) in ranges {
            let start = start?;
            let is_next = map.rest.last_key_value().is_none_or(|(last, _)| *last < start);
            if !(is_next || Bug::SerdeUnsortedRanges.is_planted())
                || map.starts.insert(id, Some(start.clone())).is_some()
            {
                return None;
            }
            map.rest.insert(start, Entry { id, epoch, value });
        }
        map.starts.keys().all(|&id| id < next).then_some(map)
    }

    fn after(&self, start: &K) -> Option<&K> {
        self.rest.range((Bound::Excluded(start), Bound::Unbounded)).next().map(|(start, _)| start)
    }

    fn range<'a>(&'a self, found: Option<(&'a K, &'a Entry<V>)>, end: Option<&'a K>) -> RangeRef<'a, K, V> {
        let (start, entry) = match found {
            Some((start, entry)) => (Some(start), entry),
            None => (None, &self.first),
        };
        RangeRef { id: entry.id, epoch: entry.epoch, start, end, value: &entry.value }
    }
}
