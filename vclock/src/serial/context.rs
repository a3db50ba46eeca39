use alloc::vec::Vec;
use core::num::NonZeroU64;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::map::by_actor;
use crate::{CausalContext, Dot, VClock, context::seen::Seen};

/// What has been seen of an actor: all up to the floor, and the events above it, which rise.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Seen")]
struct Shown {
    floor: u64,
    above: Vec<NonZeroU64>,
}

/// A map from actors to what has been seen of them, in the order of the actors. An event above a gap takes a number of its own:
/// whoever has many takes [`wire`](crate::wire).
impl<A: Serialize> Serialize for CausalContext<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.actors.iter().map(|(actor, seen)| (actor, Shown::of(seen))))
    }
}

impl Shown {
    fn of(seen: &Seen) -> Self {
        let bits = seen.blocks.iter().flat_map(|(block, bits)| {
            let first = block * u64::from(u64::BITS);
            (0..u64::BITS).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| first + u64::from(bit))
        });
        let above = bits.filter_map(|before| NonZeroU64::MIN.checked_add(before)).collect();
        Self { floor: seen.floor, above }
    }

    /// Whether something has been seen, and what is above the floor rises and leaves a gap.
    fn is_sound(&self) -> bool {
        let rises = self.above.iter().zip(self.above.iter().skip(1)).all(|(left, right)| left < right);
        let has_gap = self.above.first().is_none_or(|first| first.get() - 1 > self.floor);
        rises && has_gap && (self.floor > 0 || !self.above.is_empty())
    }
}

/// Refuses what is not as it would be written; in formats for people actors may be in any order, as those of clocks.
impl<'de, A: Ord + Clone + Deserialize<'de>> Deserialize<'de> for CausalContext<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let what = "a floor, and events above it that leave a gap and rise";
        let actors: Vec<(A, Shown)> = by_actor(deserializer, what, Shown::is_sound)?;
        let floors = actors.iter().map(|(actor, shown)| (actor.clone(), shown.floor));
        let mut context = Self::from(floors.collect::<VClock<A>>());
        let above = actors.into_iter().flat_map(|(actor, shown)| {
            shown.above.into_iter().map(move |counter| Dot { actor: actor.clone(), counter })
        });
        context.extend(above);
        Ok(context)
    }
}
