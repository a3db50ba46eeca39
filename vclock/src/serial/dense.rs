use core::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
    ser::SerializeTuple as _,
};

use crate::DenseClock;

/// A tuple of the counters, by slot.
impl<const N: usize> Serialize for DenseClock<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(N)?;
        self.counters().iter().try_for_each(|counter| tuple.serialize_element(counter))?;
        tuple.end()
    }
}

impl<'de, const N: usize> Deserialize<'de> for DenseClock<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(N, Counters)
    }
}

struct Counters<const N: usize>;

impl<'de, const N: usize> Visitor<'de> for Counters<N> {
    type Value = DenseClock<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} counters")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<DenseClock<N>, S::Error> {
        let mut counters = [0; N];
        for (at, counter) in counters.iter_mut().enumerate() {
            *counter = seq.next_element()?.ok_or_else(|| S::Error::invalid_length(at, &self))?;
        }
        Ok(DenseClock::from(counters))
    }
}
