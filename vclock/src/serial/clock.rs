use alloc::vec::Vec;
use core::{fmt, marker::PhantomData, num::NonZeroU64};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Visitor},
};

use crate::{VClock, bug::Bug};

/// How many entries are made room for before they are seen.
const ROOM_MAX: usize = 256;

/// A map from actors to counters, in the order of the actors.
impl<A: Serialize> Serialize for VClock<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|dot| (dot.actor, dot.counter)))
    }
}

/// Refuses zeros, and an actor that comes twice. Formats for programs must have the order of the actors; those for people,
/// like JSON, may have any, since their maps have none.
impl<'de, A: Ord + Deserialize<'de>> Deserialize<'de> for VClock<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let any_order = deserializer.is_human_readable();
        deserializer.deserialize_map(Entries { any_order, of: PhantomData })
    }
}

struct Entries<A> {
    any_order: bool,
    of: PhantomData<A>,
}

impl<'de, A: Ord + Deserialize<'de>> Visitor<'de> for Entries<A> {
    type Value = VClock<A>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map from actors to counters that are not zero")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<VClock<A>, M::Error> {
        let mut entries: Vec<(A, NonZeroU64)> =
            Vec::with_capacity(map.size_hint().unwrap_or(0).min(ROOM_MAX));
        let mut sorted = true;
        while let Some(entry) = map.next_entry()? {
            sorted &= entries.last().is_none_or(|(before, _)| *before < entry.0);
            entries.push(entry);
        }
        if !sorted && !self.any_order && !Bug::SerdeUnsorted.is_planted() {
            return Err(M::Error::custom("an actor is not above the one before it"));
        }
        if !sorted && self.any_order {
            entries.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
            let twice = entries.iter().zip(entries.iter().skip(1)).any(|(left, right)| left.0 == right.0);
            if twice {
                return Err(M::Error::custom("an actor comes twice"));
            }
        }
        Ok(VClock::from_sorted(entries))
    }
}
