use alloc::vec::Vec;
use core::num::NonZeroU64;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Entry, Siblings};
use crate::serial::by_actor;

/// How many writes of an actor have been seen, and the values of the latest of them.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Writes")]
struct Shown<T> {
    seen: NonZeroU64,
    values: T,
}

/// A map from actors to what is held of their writes, in the order of the actors.
impl<A: Serialize, V: Serialize> Serialize for Siblings<A, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.entries.iter();
        serializer
            .collect_map(entries.map(|Entry { actor, seen, values }| (actor, Shown { seen: *seen, values })))
    }
}

/// Refuses more values than writes; actors are as those of clocks.
impl<'de, A, V> Deserialize<'de> for Siblings<A, V>
where
    A: Ord + Deserialize<'de>,
    V: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let what = "a number of writes, and no more values than writes";
        let is_sound = |shown: &Shown<Vec<V>>| shown.values.len() as u64 <= shown.seen.get();
        let entries = by_actor(deserializer, what, is_sound)?.into_iter();
        let entry = |(actor, Shown { seen, values })| Entry { actor, seen, values };
        Ok(Self { entries: entries.map(entry).collect() })
    }
}
