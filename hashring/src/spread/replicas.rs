//! Where the copies are.

use smallvec::SmallVec;

use crate::{bug::Bug, nodes::NodeIx};

pub(super) type Places = SmallVec<[Option<NodeIx>; 8]>;

/// Where the copies of a key are, and how many could not be placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replicas {
    places: Places,
    shortfall: u16,
}

impl Replicas {
    pub(super) fn new(places: Places, wanted: u16) -> Self {
        let held = places.iter().flatten().count();
        let missing = usize::from(wanted).saturating_sub(held);
        let shortfall =
            if Bug::ShortfallHidden.is_planted() { 0 } else { u16::try_from(missing).unwrap_or(u16::MAX) };
        Self { places, shortfall }
    }

    /// The nodes, the most preferred first.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = NodeIx> {
        self.places.iter().copied().flatten()
    }

    /// The place of each copy: see [`Rule::positional`](crate::Rule::positional). Without it no place is empty.
    pub fn places(&self) -> &[Option<NodeIx>] {
        &self.places
    }

    /// How many copies could not be placed: there are too few nodes that the rule allows.
    pub const fn shortfall(&self) -> u16 {
        self.shortfall
    }
}
