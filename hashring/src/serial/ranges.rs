//! A map of ranges as a list of them; counters and limits as they are.

use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Version, Versioned};
use crate::range::{HotKeys, RangeEpoch, RangeId, RangeMap};

impl<K, V> Versioned for RangeMap<K, V> {
    const VERSION: &'static str = "ranges/1";
}

/// Without what the map is of, of which the version says nothing.
type Kind = RangeMap<(), ()>;

#[derive(Serialize, Deserialize)]
#[serde(rename = "RangeMap", deny_unknown_fields)]
struct Parts<K, V> {
    version: Version<Kind>,
    /// What the next new range is called.
    next: RangeId,
    /// In the order of their starts; the first has none.
    ranges: Vec<(Option<K>, RangeId, RangeEpoch, V)>,
}

impl<K: Ord + Clone + Serialize, V: Serialize> Serialize for RangeMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ranges = self.iter().map(|range| (range.start, range.id, range.epoch, range.value)).collect();
        Parts { version: Version::THIS, next: self.next_id(), ranges }.serialize(serializer)
    }
}

impl<'de, K: Ord + Clone + Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for RangeMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Parts { next, ranges, .. } = Parts::deserialize(deserializer)?;
        Self::restored(next, ranges).ok_or(D::Error::custom("no map has these ranges"))
    }
}

impl<K> Versioned for HotKeys<K> {
    const VERSION: &'static str = "hot-keys/1";
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "HotKeys", deny_unknown_fields)]
struct Counters<K> {
    version: Version<HotKeys<()>>,
    capacity: usize,
    total: u64,
    /// Keys, what has been counted for each, and how much of it may be wrong.
    counted: Vec<(K, u64, u64)>,
}

impl<K: Ord + Clone + Serialize> Serialize for HotKeys<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counted = self.counters().collect();
        let parts =
            Counters { version: Version::THIS, capacity: self.capacity(), total: self.total(), counted };
        parts.serialize(serializer)
    }
}

impl<'de, K: Ord + Clone + Deserialize<'de>> Deserialize<'de> for HotKeys<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Counters { capacity, total, counted, .. } = Counters::deserialize(deserializer)?;
        let keys = Self::new(capacity).map_err(D::Error::custom)?;
        keys.restored(total, counted).ok_or(D::Error::custom("no stream has these counts"))
    }
}
