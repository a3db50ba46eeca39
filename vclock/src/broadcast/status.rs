use alloc::vec::Vec;

use quorate_machine::NodeId;

use super::{entry::Origin, members::Members, state::Broadcast};
use crate::VClock;

/// How a node stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Who it is.
    pub origin: Origin,
    /// The members, by its view.
    pub members: Vec<NodeId>,
    /// What it has delivered.
    pub delivered: VClock<Origin>,
    /// What every member has.
    pub stable: VClock<Origin>,
    /// Up to where it keeps messages no longer.
    pub base: VClock<Origin>,
    /// How many messages wait for others.
    pub waiting: usize,
    /// How many messages the store keeps.
    pub store_entries: usize,
    /// How many bytes these are, by the upper bound of their encoded size.
    pub store_bytes: usize,
    /// What it has ignored.
    pub counters: Counters,
}

/// What was ignored, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages from nodes that are no members.
    pub strangers: u64,
    /// Digests of a former birth.
    pub former: u64,
    /// Messages that break a limit or contradict themselves.
    pub nonsense: u64,
    /// Messages that are here already.
    pub repeated: u64,
    /// Messages for which the store had no room. They come again when it has.
    pub full: u64,
    /// Questions asked.
    pub wants: u64,
}

impl Broadcast {
    /// What it has delivered.
    pub fn delivered(&self) -> &VClock<Origin> {
        self.buffer.delivered()
    }

    /// What every member has.
    pub fn stable(&self) -> &VClock<Origin> {
        self.matrix.stable()
    }

    /// Who is a member, by what it has delivered.
    pub fn members(&self) -> &Members {
        &self.members
    }

    /// The latest birth of this node that it has heard of; 0 if it has not heard of it.
    pub fn birth_of(&self, node: NodeId) -> u64 {
        self.origin_of(node).birth
    }

    /// How many messages wait for others.
    pub fn waiting(&self) -> usize {
        self.buffer.len()
    }

    /// What it has ignored.
    pub fn counters(&self) -> Counters {
        *self.counters
    }

    /// How this node stands.
    pub fn status(&self) -> Status {
        Status {
            origin: self.origin,
            members: self.members.iter().collect(),
            delivered: self.buffer.delivered().clone(),
            stable: self.matrix.stable().clone(),
            base: self.base.clone(),
            waiting: self.buffer.len(),
            store_entries: self.store.len(),
            store_bytes: self.store_bytes,
            counters: *self.counters,
        }
    }
}
