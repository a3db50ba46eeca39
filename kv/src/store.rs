//! The state machine: keys, their values and their ends, as a plain value.

mod answer;
mod apply;
mod image;
mod imaging;

use core::{fmt, hash::Hasher as _, ops::Bound};
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use quorate_machine::Aside;
use siphasher::sip::SipHasher24;

pub use self::image::{DumpedItem, ImageError, Items, items};
use self::imaging::Imaging;

/// Keys, their values and their ends. Deterministic: equal batches in equal order make equal stores, on any node.
///
/// Time is the log's: the latest [`at_ms`](crate::Batch::at_ms) of any batch applied. A key is gone as soon as the
/// log time has reached its end; its memory is given back by that batch or a later one, so that no batch has to
/// remove without bound.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Store {
    items: BTreeMap<Slot, Item>,
    ends: BTreeSet<(u64, Slot)>,
    log_time_ms: u64,
    bytes: u64,
    imaging: Aside<Option<Imaging>>,
    /// What is no longer part of the store, and not yet given back to the system.
    discarded: Aside<Vec<BTreeMap<Slot, Item>>>,
}

/// A key at its place in the order of the store: by hash, so that a place is an integer that outlives the key that
/// stood there, which makes it a cursor.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Slot {
    place: u64,
    key: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Item {
    value: Bytes,
    ends_at_ms: Option<u64>,
}

/// How much a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Keys, those that have ended and were not yet removed included.
    pub keys: u64,
    /// Keys that have an end.
    pub keys_with_end: u64,
    /// Bytes of keys and values, with a fixed charge per key and per end.
    pub bytes: u64,
}

/// What a key costs in memory besides its own bytes and its value's: two allocations and a place in a tree.
const ITEM_BYTES: u64 = 160;
/// What an end costs in memory.
const END_BYTES: u64 = 64;
/// How many ended keys one batch removes at most.
const ENDED_PER_BATCH_MAX: usize = 1_000;

impl Store {
    /// An empty store.
    pub const fn new() -> Self {
        Self {
            items: BTreeMap::new(),
            ends: BTreeSet::new(),
            log_time_ms: 0,
            bytes: 0,
            imaging: Aside::new(None),
            discarded: Aside::new(Vec::new()),
        }
    }

    /// How much it holds.
    pub fn usage(&self) -> Usage {
        Usage { keys: self.items.len() as u64, keys_with_end: self.ends.len() as u64, bytes: self.bytes }
    }

    /// The latest time of any batch applied, in milliseconds since the Unix epoch.
    pub const fn log_time_ms(&self) -> u64 {
        self.log_time_ms
    }

    /// When the next key ends, or has ended if its memory was not given back yet.
    pub fn next_end_ms(&self) -> Option<u64> {
        self.ends.first().map(|(at_ms, _)| *at_ms)
    }

    fn get(&self, slot: &Slot) -> Option<&Item> {
        self.items.get(slot).filter(|item| self.is_live(item))
    }

    fn is_live(&self, item: &Item) -> bool {
        item.ends_at_ms.is_none_or(|at_ms| at_ms > self.log_time_ms)
    }

    /// The keys that are there, from `place` on.
    fn live_from(&self, place: u64) -> impl Iterator<Item = (&Slot, &Item)> {
        let from = Slot { place, key: Bytes::new() };
        let range = self.items.range((Bound::Included(from), Bound::Unbounded));
        range.filter(|(_, item)| self.is_live(item))
    }

    fn insert(&mut self, slot: Slot, item: Item) {
        self.remove(&slot);
        self.keep_for_image(&slot);
        self.bytes += cost(&slot, &item);
        if let Some(at_ms) = item.ends_at_ms {
            self.ends.insert((at_ms, slot.clone()));
        }
        self.items.insert(slot, item);
    }

    fn remove(&mut self, slot: &Slot) -> Option<Item> {
        self.keep_for_image(slot);
        let item = self.items.remove(slot)?;
        self.bytes -= cost(slot, &item);
        if let Some(at_ms) = item.ends_at_ms {
            self.ends.remove(&(at_ms, slot.clone()));
        }
        Some(item)
    }

    fn remove_ended(&mut self, keys_max: usize) {
        for _ in 0..keys_max {
            let Some((_, slot)) = self.ends.first().filter(|(at_ms, _)| *at_ms <= self.log_time_ms) else {
                return;
            };
            let slot = slot.clone();
            self.remove(&slot);
        }
    }

    fn clear(&mut self) {
        self.empty_items();
        self.ends.clear();
        self.bytes = 0;
    }

    fn discard(&mut self, items: BTreeMap<Slot, Item>) {
        if !items.is_empty() {
            self.discarded.push(items);
        }
    }

    /// Whether memory of keys that are gone waits to be given back.
    pub fn has_discarded(&self) -> bool {
        !self.discarded.is_empty()
    }

    /// Gives back the memory of at most `keys_max` keys that an emptied store had: all at once would take long.
    pub fn give_back(&mut self, keys_max: usize) {
        let Some(items) = self.discarded.last_mut() else { return };
        for _ in 0..keys_max {
            if items.pop_first().is_none() {
                self.discarded.pop();
                return;
            }
        }
    }
}

impl Slot {
    fn of(key: &Bytes) -> Self {
        let mut hasher = SipHasher24::new_with_keys(0, 0);
        hasher.write(key);
        // A cursor is one more than a place, and clients keep cursors in signed integers.
        Self { place: hasher.finish() >> 1, key: key.clone() }
    }
}

fn cost(slot: &Slot, item: &Item) -> u64 {
    let end = if item.ends_at_ms.is_some() { END_BYTES } else { 0 };
    slot.key.len() as u64 + item.value.len() as u64 + ITEM_BYTES + end
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("usage", &self.usage())
            .field("log_time_ms", &self.log_time_ms)
            .finish_non_exhaustive()
    }
}
