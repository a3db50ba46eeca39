use alloc::vec::Vec;
use core::fmt;

use quorate_machine::NodeId;
use thiserror::Error;

use crate::{Outcome, Tally, majority::Majority, slots::Slots};

/// Why a set of voters cannot be used. Nothing was made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum QuorumError {
    /// Nobody votes, so nothing could ever be decided.
    #[error("a set of voters is empty")]
    Empty,
    /// A voter is named twice on the same side.
    #[error("{node} is named twice among the voters")]
    Duplicate {
        /// Which one.
        node: NodeId,
    },
    /// There are more voters than [`Voters::MAX`].
    #[error("there are {count} voters, at most {max} are possible")]
    TooMany {
        /// How many distinct voters were named.
        count: usize,
        /// How many are possible.
        max: usize,
    },
}

/// Who decides, and how many of them it takes: a majority, or on the way from one set of voters to the next a
/// majority of each (Raft §6, joint consensus).
///
/// Every voter has a slot, its position among all voters in the order of their ids. Whoever keeps something per
/// voter can keep it in a list by slot and use the `_by_slot` questions, which look up nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "crate::sides::Sides", try_from = "crate::sides::Sides")
)]
pub struct Voters {
    ids: Vec<NodeId>,
    incoming: Majority,
    outgoing: Option<Majority>,
}

impl Voters {
    /// How many voters there can be, of both sides together.
    pub const MAX: usize = Slots::MAX;

    /// A majority of these, in any order.
    ///
    /// # Errors
    /// When they are none, one is named twice, or there are more than [`Voters::MAX`].
    pub fn majority(voters: impl IntoIterator<Item = NodeId>) -> Result<Self, QuorumError> {
        let ids = sorted(voters)?;
        check_bound(&ids)?;
        Ok(Self { incoming: side(&ids, &ids), outgoing: None, ids })
    }

    /// A majority of the old voters together with a majority of the new ones. The two sides may share voters.
    ///
    /// # Errors
    /// When a side is empty or names a voter twice, or there are more than [`Voters::MAX`] in all.
    pub fn joint(
        outgoing: impl IntoIterator<Item = NodeId>,
        incoming: impl IntoIterator<Item = NodeId>,
    ) -> Result<Self, QuorumError> {
        let outgoing = sorted(outgoing)?;
        let incoming = sorted(incoming)?;
        let mut ids = [outgoing.as_slice(), incoming.as_slice()].concat();
        ids.sort_unstable();
        ids.dedup();
        check_bound(&ids)?;
        Ok(Self { incoming: side(&ids, &incoming), outgoing: Some(side(&ids, &outgoing)), ids })
    }

    /// These voters once the change is over: the incoming side alone.
    #[must_use]
    pub fn settled(&self) -> Self {
        let ids: Vec<NodeId> = self.incoming().collect();
        Self { incoming: side(&ids, &ids), outgoing: None, ids }
    }

    /// Whether two majorities are needed.
    pub const fn is_joint(&self) -> bool {
        self.outgoing.is_some()
    }

    /// Everyone who votes on either side, in rising order: a voter's position here is its slot.
    pub fn ids(&self) -> &[NodeId] {
        &self.ids
    }

    /// Those who will remain; without a change under way, all of them.
    pub fn incoming(&self) -> impl Iterator<Item = NodeId> {
        self.members(self.incoming.members())
    }

    /// Those who decided so far, some of whom may remain; without a change under way, nobody.
    pub fn outgoing(&self) -> impl Iterator<Item = NodeId> {
        self.members(self.outgoing.map_or(Slots::NONE, Majority::members))
    }

    /// How many vote on either side.
    #[expect(clippy::len_without_is_empty, reason = "a set of voters is never empty")]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether this node votes on either side.
    pub fn contains(&self, node: NodeId) -> bool {
        self.slot_of(node).is_some()
    }

    /// The position of this node in [`ids`](Self::ids).
    pub fn slot_of(&self, node: NodeId) -> Option<usize> {
        self.ids.binary_search(&node).ok()
    }

    /// Whether those who satisfy the condition decide.
    pub fn has_quorum(&self, condition: impl Fn(NodeId) -> bool) -> bool {
        self.has_quorum_by_slot(|slot| condition(self.ids[slot]))
    }

    /// [`has_quorum`](Self::has_quorum), asked by slot.
    pub fn has_quorum_by_slot(&self, condition: impl Fn(usize) -> bool) -> bool {
        self.is_quorum((0..self.len()).filter(|slot| condition(*slot)).collect())
    }

    /// How an election stands when these are the votes, `None` for one that has not arrived. To count votes as they
    /// arrive, see [`Tally`].
    pub fn tally(&self, vote: impl Fn(NodeId) -> Option<bool>) -> Outcome {
        let mut tally = Tally::default();
        for (slot, &node) in self.ids.iter().enumerate() {
            if let Some(granted) = vote(node) {
                tally.record_slot(slot, granted);
            }
        }
        tally.outcome(self)
    }

    /// The largest value that a quorum has reached, where a voter that is at a value has reached all below it: a log
    /// index, a round of reads, the instant of an acknowledgement.
    ///
    /// Joint, it is what both majorities have reached.
    pub fn committed<T: Copy + Ord>(&self, reached: impl Fn(NodeId) -> T) -> T {
        self.committed_by_slot(|slot| reached(self.ids[slot]))
    }

    /// [`committed`](Self::committed), asked by slot.
    pub fn committed_by_slot<T: Copy + Ord>(&self, reached: impl Fn(usize) -> T) -> T {
        let incoming = self.incoming.committed(&reached);
        match self.outgoing {
            Some(outgoing) => incoming.min(outgoing.committed(&reached)),
            None => incoming,
        }
    }

    pub(crate) fn is_quorum(&self, slots: Slots) -> bool {
        self.incoming.is_reached_by(slots) && self.outgoing.is_none_or(|side| side.is_reached_by(slots))
    }

    fn members(&self, side: Slots) -> impl Iterator<Item = NodeId> {
        side.iter().filter_map(|slot| self.ids.get(slot).copied())
    }
}

impl fmt::Debug for Voters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_joint() {
            f.debug_set().entries(self.outgoing()).finish()?;
            f.write_str(" to ")?;
        }
        f.debug_set().entries(self.incoming()).finish()
    }
}

fn sorted(voters: impl IntoIterator<Item = NodeId>) -> Result<Vec<NodeId>, QuorumError> {
    let mut ids: Vec<NodeId> = voters.into_iter().collect();
    ids.sort_unstable();
    if ids.is_empty() {
        return Err(QuorumError::Empty);
    }
    match ids.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(QuorumError::Duplicate { node: pair[0] }),
        None => Ok(ids),
    }
}

fn check_bound(ids: &[NodeId]) -> Result<(), QuorumError> {
    if ids.len() > Voters::MAX {
        return Err(QuorumError::TooMany { count: ids.len(), max: Voters::MAX });
    }
    Ok(())
}

/// The slots that `members` have among `ids`; both are sorted, and every member is one of the ids.
fn side(ids: &[NodeId], members: &[NodeId]) -> Majority {
    Majority::of(members.iter().filter_map(|node| ids.binary_search(node).ok()).collect())
}
