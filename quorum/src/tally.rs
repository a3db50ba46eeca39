use quorate_machine::NodeId;

use crate::{Voters, slots::Slots};

/// How an election stands. Once won or lost, no further vote changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Outcome {
    /// A quorum granted its vote.
    Won,
    /// So many refused that no quorum can be reached any more.
    Lost,
    /// The votes that are still missing decide.
    Pending,
}

/// The votes of one election, counted as they arrive. Copies in two words and allocates nothing.
///
/// It belongs to the [`Voters`] it is used with from the first vote on, because it knows them by their slots: when
/// the voters change, count anew.
///
/// ```
/// use quorate_machine::NodeId;
/// use quorate_quorum::{Outcome, Tally, Voters};
///
/// let voters = Voters::majority([1, 2, 3].map(NodeId))?;
/// let mut tally = Tally::default();
/// assert!(tally.record(&voters, NodeId(1), true));
/// assert!(!tally.record(&voters, NodeId(1), false)); // the first vote stands
/// assert!(!tally.record(&voters, NodeId(9), true)); // not a voter
/// assert_eq!(tally.outcome(&voters), Outcome::Pending);
///
/// assert!(tally.record(&voters, NodeId(3), true));
/// assert_eq!(tally.outcome(&voters), Outcome::Won);
/// # Ok::<(), quorate_quorum::QuorumError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tally {
    granted: Slots,
    refused: Slots,
}

impl Tally {
    /// Counts a vote, and says whether it was: a stranger's is not, nor is a second one of the same voter.
    pub fn record(&mut self, voters: &Voters, node: NodeId, granted: bool) -> bool {
        voters.slot_of(node).is_some_and(|slot| self.record_slot(slot, granted))
    }

    /// How the election stands.
    pub fn outcome(&self, voters: &Voters) -> Outcome {
        if voters.is_quorum(self.granted) {
            return Outcome::Won;
        }
        if voters.is_quorum(!self.refused) {
            return Outcome::Pending;
        }
        Outcome::Lost
    }

    /// How many granted their vote.
    pub const fn granted(&self) -> usize {
        self.granted.len()
    }

    /// How many refused it.
    pub const fn refused(&self) -> usize {
        self.refused.len()
    }

    pub(crate) fn record_slot(&mut self, slot: usize, granted: bool) -> bool {
        if (self.granted | self.refused).contains(slot) {
            return false;
        }
        let side = if granted { &mut self.granted } else { &mut self.refused };
        side.insert(slot)
    }
}
