//! Tables that consist of regions: all keys of a region are on the same nodes.

use core::fmt::Debug;

use super::fingerprint::probes;
use crate::{bug::Bug, hash::KeyHash, place::Place, ring::Ring, slots::Slots};

/// A part of all keys that is placed as one.
pub trait Region: Clone + Debug + Eq {
    /// How much of the whole it is, in the unit of its kind: hashes, slots, ranges. At least 1.
    fn extent(&self) -> u128;

    /// The two as one, if the second begins where the first ends.
    fn joined(&self, _next: &Self) -> Option<Self> {
        None
    }

    /// Whether a table may tell some of its regions in this order: none comes twice, or shares something with another.
    fn are_in_order(regions: &[&Self]) -> bool;
}

/// A table that consists of regions. All keys whose hashes are in one region have the same preferences.
pub trait Regions: Place {
    /// What it consists of.
    type Region: Region;

    /// Whether nodes have what they were assigned, and not what their weights make of it.
    const ASSIGNED: bool = false;

    /// Tells the regions of both tables, cut so that each lies within one of either, in an order that is the same each time. Together
    /// they are all keys; there are none if neither table has nodes.
    ///
    /// # Errors
    ///
    /// The tables have nothing to do with each other: their keys are in other regions, whoever has them.
    fn beside(&self, new: &Self, tell: &mut dyn FnMut(Self::Region)) -> Result<(), Incomparable>;

    /// A hash that is in the region.
    fn sample(&self, region: &Self::Region) -> KeyHash;
}

impl<P: Regions + ?Sized> Regions for &P {
    type Region = P::Region;

    const ASSIGNED: bool = P::ASSIGNED;

    fn beside(&self, new: &Self, tell: &mut dyn FnMut(Self::Region)) -> Result<(), Incomparable> {
        (**self).beside(new, tell)
    }

    fn sample(&self, region: &Self::Region) -> KeyHash {
        (**self).sample(region)
    }
}

/// The tables are not of one kind: they hash differently, or are cut into other regions. Whatever the nodes are, all keys move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tables do not hash keys alike")]
pub struct Incomparable;

/// Whether two tables hash keys alike.
pub(super) fn hash_alike(old: &dyn Place, new: &dyn Place) -> Result<(), Incomparable> {
    if probes(old).eq(probes(new)) { Ok(()) } else { Err(Incomparable) }
}

/// The hashes between two borders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HashSpan {
    /// The last hash before it.
    pub after: u64,
    /// Its last hash. Where that is below [`HashSpan::after`] it goes through zero; where they are equal it is all hashes.
    pub to: u64,
}

impl Region for HashSpan {
    fn extent(&self) -> u128 {
        if self.after == self.to { 1 << 64 } else { u128::from(self.to.wrapping_sub(self.after)) }
    }

    fn joined(&self, next: &Self) -> Option<Self> {
        let is_whole = self.after == self.to || next.after == next.to;
        (self.to == next.after && !is_whole).then_some(Self { after: self.after, to: next.to })
    }

    /// Once around from where the first begins.
    fn are_in_order(regions: &[&Self]) -> bool {
        let mut around = None;
        regions.iter().all(|span| {
            let (start, end) = *around.get_or_insert((span.after, 0_u128));
            let begins = u128::from(span.after.wrapping_sub(start));
            around = Some((start, begins + span.extent()));
            begins >= end && begins + span.extent() <= 1 << 64
        })
    }
}

impl HashSpan {
    /// Whether a hash is in it.
    pub const fn contains(&self, hash: KeyHash) -> bool {
        let distance = hash.get().wrapping_sub(self.after);
        self.after == self.to || 0 < distance && distance <= self.to.wrapping_sub(self.after)
    }
}

impl Regions for Ring {
    type Region = HashSpan;

    fn beside(&self, new: &Self, tell: &mut dyn FnMut(HashSpan)) -> Result<(), Incomparable> {
        hash_alike(self, new)?;
        let (mut old, mut new) = (self.tokens().peekable(), new.tokens().peekable());
        // The tokens of both, rising, each once.
        let mut borders = core::iter::from_fn(|| {
            let next = [old.peek(), new.peek()].into_iter().flatten().map(|&(token, _)| token).min()?;
            while old.next_if(|&(token, _)| token == next).is_some() {}
            while new.next_if(|&(token, _)| token == next).is_some() {}
            Some(next)
        });
        let Some(first) = borders.next() else { return Ok(()) };
        let last = borders.fold(first, |after, to| {
            tell(HashSpan { after, to });
            to
        });
        if !Bug::PlanForgetsTheWrap.is_planted() {
            tell(HashSpan { after: last, to: first });
        }
        Ok(())
    }

    fn sample(&self, region: &HashSpan) -> KeyHash {
        KeyHash::new(region.to)
    }
}

/// A slot, by its number.
impl Region for u32 {
    fn extent(&self) -> u128 {
        1
    }

    fn are_in_order(regions: &[&Self]) -> bool {
        regions.is_sorted_by(|a, b| a < b)
    }
}

impl Regions for Slots {
    type Region = u32;

    const ASSIGNED: bool = true;

    fn beside(&self, new: &Self, tell: &mut dyn FnMut(u32)) -> Result<(), Incomparable> {
        if self.count() != new.count() {
            return Err(Incomparable);
        }
        hash_alike(self, new)?;
        if !self.nodes().is_empty() || !new.nodes().is_empty() {
            (0..self.count()).for_each(tell);
        }
        Ok(())
    }

    fn sample(&self, slot: &u32) -> KeyHash {
        KeyHash::first_scaled(*slot, self.count())
    }
}

/// The keys from one to before another, of a table that knows keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct KeySpan<K> {
    /// The first key; `None` is before all keys.
    pub start: Option<K>,
    /// The first key that is not in it; `None` is after all keys.
    pub end: Option<K>,
}

impl<K: Clone + Debug + Ord> Region for KeySpan<K> {
    /// Nobody knows how many keys there are.
    fn extent(&self) -> u128 {
        1
    }

    fn are_in_order(regions: &[&Self]) -> bool {
        let mut before: Option<&&Self> = None;
        regions.iter().all(|span| {
            let is_after =
                before.replace(span).is_none_or(|before| before.end.is_some() && before.end <= span.start);
            is_after
                && span.end.as_ref().is_none_or(|end| span.start.as_ref().is_none_or(|start| start < end))
        })
    }
}
