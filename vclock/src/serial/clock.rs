use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::map::by_actor;
use crate::VClock;

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
        by_actor(deserializer, "a counter that is not zero", |_| true).map(Self::from_sorted)
    }
}
