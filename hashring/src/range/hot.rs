//! The keys that are asked for most, in bounded memory.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

use crate::{
    bug::Bug,
    nodes::NodeIx,
    place::{Place, PlaceExt as _},
};

/// The most frequent keys of a stream, with few counters (Metwally, Agrawal and El Abbadi 2005, "Space-Saving").
///
/// With `m` counters every count is at most `total / m` too high, and says by how much it may be; no key with more than `total / m` is
/// missed. Counting costs O(log m).
///
/// Use it to find keys that one node cannot serve alone, and [`HotKeys::route`] to serve those from several.
///
/// ```
/// use quorate_hashring::HotKeys;
///
/// let mut keys = HotKeys::new(10)?;
/// for request in 0..1_000 {
///     let key = if request % 3 == 0 { "home".to_owned() } else { format!("page-{request}") };
///     keys.record(&key, 1);
/// }
/// let (key, times) = keys.top().next().expect("something was recorded");
/// assert_eq!(key, "home");
/// assert!(times.at_least <= 334 && 334 <= times.at_most && times.at_most - times.at_least <= 100);
/// # Ok::<(), quorate_hashring::HotKeysError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HotKeys<K> {
    capacity: usize,
    total: u64,
    /// Which counter counts a key.
    counter: BTreeMap<K, usize>,
    counters: Vec<Counter<K>>,
    /// The counters by what they count.
    by_count: BTreeSet<(u64, usize)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Counter<K> {
    key: K,
    count: u64,
    /// What it had counted for other keys.
    error: u64,
}

/// Between these two is how much a key has had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// At least that much.
    pub at_least: u64,
    /// At most that much.
    pub at_most: u64,
}

/// Which keys are served by how many nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FanOut {
    /// A key is hot if it certainly has more than `1 / parts` of the load.
    pub parts: u64,
    /// How many nodes serve a hot key: the first that it prefers.
    pub copies: u32,
}

/// There is no such set of counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are 1 to {max} counters, not {capacity}", max = HotKeys::<()>::CAPACITY_MAX)]
pub struct HotKeysError {
    /// How many there would be.
    pub capacity: usize,
}

impl<K> HotKeys<K> {
    /// The most counters.
    pub const CAPACITY_MAX: usize = 1 << 20;
}

impl<K: Ord + Clone> HotKeys<K> {
    /// With so many counters.
    ///
    /// # Errors
    ///
    /// There are none, or too many.
    pub const fn new(capacity: usize) -> Result<Self, HotKeysError> {
        if capacity == 0 || capacity > Self::CAPACITY_MAX {
            return Err(HotKeysError { capacity });
        }
        Ok(Self {
            capacity,
            total: 0,
            counter: BTreeMap::new(),
            counters: Vec::new(),
            by_count: BTreeSet::new(),
        })
    }

    /// Counts a request for a key that costs so much.
    pub fn record(&mut self, key: &K, cost: u64) {
        if cost == 0 {
            return;
        }
        self.total = self.total.saturating_add(cost);
        if let Some(&counter) = self.counter.get(key) {
            self.raise(counter, cost);
        } else if self.counters.len() < self.capacity {
            let counter = self.counters.len();
            self.counters.push(Counter { key: key.clone(), count: 0, error: 0 });
            self.counter.insert(key.clone(), counter);
            self.raise(counter, cost);
        } else if let Some(&(least, counter)) = self.by_count.first() {
            // The least counter is taken over with what it has counted: as much may have been missed of this key.
            if let Some(old) = self.counters.get_mut(counter) {
                self.counter.remove(&old.key);
                old.key = key.clone();
                old.error = if Bug::ErrorForgotten.is_planted() { 0 } else { least };
            }
            self.counter.insert(key.clone(), counter);
            self.raise(counter, cost);
        }
    }

    /// How much has been recorded in all.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// By how much a count may be too high at most, and how much a key without a counter may have had.
    pub fn error(&self) -> u64 {
        if self.counters.len() < self.capacity {
            0
        } else {
            self.by_count.first().map_or(0, |&(least, _)| least)
        }
    }

    /// How much a key has had.
    pub fn estimate(&self, key: &K) -> Estimate {
        let counter = self.counter.get(key).and_then(|&counter| self.counters.get(counter));
        counter.map_or(Estimate { at_least: 0, at_most: self.error() }, Counter::estimate)
    }

    /// The keys that have a counter, the highest count first.
    pub fn top(&self) -> impl Iterator<Item = (&K, Estimate)> {
        let counters = self.by_count.iter().rev().filter_map(|&(_, counter)| self.counters.get(counter));
        counters.map(|counter| (&counter.key, counter.estimate()))
    }

    /// Whether a key certainly has more than `1 / parts` of the load.
    pub fn is_hot(&self, key: &K, parts: u64) -> bool {
        u128::from(self.estimate(key).at_least) * u128::from(parts) > u128::from(self.total)
    }

    /// The node that serves request number `turn` for a key: its owner, or one after the other of the first few nodes that it prefers if
    /// it is hot. `None` exactly if there are no nodes.
    pub fn route<P: Place + ?Sized>(&self, place: &P, key: &K, turn: u64, fan_out: FanOut) -> Option<NodeIx>
    where
        K: AsRef<[u8]>,
    {
        let hash = place.hash(key.as_ref());
        if fan_out.copies <= 1 || !self.is_hot(key, fan_out.parts) {
            return place.locate(hash);
        }
        let skipped = usize::try_from(turn % u64::from(fan_out.copies)).unwrap_or(0);
        let mut nodes = place.preferences_of(hash).take(fan_out.copies as usize);
        // Where there are fewer nodes than that, all of them.
        nodes.nth(skipped).or_else(|| {
            let all: Vec<_> = place.preferences_of(hash).take(fan_out.copies as usize).collect();
            all.get(skipped.checked_rem(all.len())?).copied()
        })
    }

    /// Begins anew.
    pub fn clear(&mut self) {
        self.total = 0;
        self.counter.clear();
        self.counters.clear();
        self.by_count.clear();
    }

    /// How many counters there can be.
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Keys, what has been counted for each, and how much of it may be wrong.
    #[cfg(feature = "serde")]
    pub(crate) fn counters(&self) -> impl Iterator<Item = (&K, u64, u64)> {
        self.counters.iter().map(|counter| (&counter.key, counter.count, counter.error))
    }

    /// Counters that were stored; `None` if none were like this.
    #[cfg(feature = "serde")]
    pub(crate) fn restored(mut self, total: u64, counters: Vec<(K, u64, u64)>) -> Option<Self> {
        self.total = total;
        let mut sum = 0_u64;
        for (key, count, error) in counters {
            let index = self.counters.len();
            let is_twice = self.counter.insert(key.clone(), index).is_some();
            if is_twice || count == 0 || error >= count || index >= self.capacity {
                return None;
            }
            sum = sum.saturating_add(count);
            self.counters.push(Counter { key, count, error });
            self.by_count.insert((count, index));
        }
        // A counter that is taken over keeps what it has counted, so that nothing is ever lost of the sum.
        let has_errors = self.counters.iter().any(|counter| counter.error > 0);
        let is_full = self.counters.len() == self.capacity;
        (sum == total && (is_full || !has_errors)).then_some(self)
    }

    fn raise(&mut self, index: usize, cost: u64) {
        let Some(counter) = self.counters.get_mut(index) else { return };
        self.by_count.remove(&(counter.count, index));
        counter.count = counter.count.saturating_add(cost);
        self.by_count.insert((counter.count, index));
    }
}

impl<K> Counter<K> {
    const fn estimate(&self) -> Estimate {
        Estimate { at_least: self.count.saturating_sub(self.error), at_most: self.count }
    }
}
