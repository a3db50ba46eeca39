use alloc::vec::Vec;
use core::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};

use crate::bug::Bug;

/// How many entries are made room for before they are seen.
const ROOM_MAX: usize = 64;

/// A map by actor. Formats for programs must have the order of the actors; those for people, like JSON, may have any, since their
/// maps have none.
pub(crate) fn by_actor<'de, D, A, T>(
    deserializer: D,
    what: &'static str,
    is_sound: fn(&T) -> bool,
) -> Result<Vec<(A, T)>, D::Error>
where
    D: Deserializer<'de>,
    A: Ord + Deserialize<'de>,
    T: Deserialize<'de>,
{
    let any_order = deserializer.is_human_readable();
    deserializer.deserialize_map(Entries { any_order, what, is_sound, of: PhantomData })
}

struct Entries<A, T> {
    any_order: bool,
    what: &'static str,
    is_sound: fn(&T) -> bool,
    of: PhantomData<A>,
}

impl<'de, A: Ord + Deserialize<'de>, T: Deserialize<'de>> Visitor<'de> for Entries<A, T> {
    type Value = Vec<(A, T)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a map from actors to {}", self.what)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut entries: Vec<(A, T)> = Vec::with_capacity(map.size_hint().unwrap_or(0).min(ROOM_MAX));
        let mut sorted = true;
        while let Some(entry) = map.next_entry()? {
            if !(self.is_sound)(&entry.1) {
                return Err(M::Error::custom(format_args!("an actor needs {}", self.what)));
            }
            sorted &= entries.last().is_none_or(|(before, _)| *before < entry.0);
            entries.push(entry);
        }
        if !sorted && !self.any_order && !Bug::SerdeUnsorted.is_planted() {
            return Err(M::Error::custom("an actor is not above the one before it"));
        }
        if !sorted && self.any_order {
            entries.sort_by(|(left, _), (right, _)| left.cmp(right));
            let twice = entries.iter().zip(entries.iter().skip(1)).any(|(left, right)| left.0 == right.0);
            if twice {
                return Err(M::Error::custom("an actor comes twice"));
            }
        }
        Ok(entries)
    }
}
