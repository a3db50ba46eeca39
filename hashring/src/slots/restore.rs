//! A table that was stored, checked.

use alloc::vec::Vec;

use super::{Epoch, Slots, assign::AssignError};
use crate::{bug::Bug, nodes::NodeIx, nodes::Nodes};

/// No table has been stored like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unrestorable {
    #[error("epoch {epoch} leaves no room for others")]
    Epoch { epoch: Epoch },
    #[error("the runs are {slots} slots, of {count}")]
    Slots { slots: u64, count: u32 },
    #[error("the run that begins with slot {slot} goes on with the next, or is empty")]
    Run { slot: u32 },
    #[error(transparent)]
    Replicas(AssignError),
    #[error("slot {slot} is somebody's, and there are no nodes")]
    NoNodes { slot: u32 },
    #[error("slot {slot} cannot be pinned, or comes out of order")]
    Pin { slot: u32 },
}

impl Slots {
    /// The table with that history.
    pub(crate) fn restored(
        mut self,
        epoch: Epoch,
        nodes: Nodes,
        runs: &[(u32, Vec<NodeIx>)],
        pinned: Vec<u32>,
    ) -> Result<Self, Unrestorable> {
        const EPOCH_MAX: u64 = 1 << 63;
        let count = self.count();
        if epoch.get() > EPOCH_MAX {
            return Err(Unrestorable::Epoch { epoch });
        }
        let slots = runs.iter().map(|&(length, _)| u64::from(length)).sum();
        if slots != u64::from(count) {
            return Err(Unrestorable::Slots { slots, count });
        }
        (self.epoch, self.nodes) = (epoch, nodes);
        let (mut slot, mut before) = (0, None);
        for (length, replicas) in runs {
            if *length == 0 || before == Some(replicas) {
                return Err(Unrestorable::Run { slot });
            }
            self.check_restored(slot, replicas)?;
            let end = slot.saturating_add(*length);
            (slot..end).for_each(|slot| self.write(slot, replicas.iter().copied()));
            (slot, before) = (end, Some(replicas));
        }
        for slot in pinned {
            let is_next = self.pinned.last().is_none_or(|&last| last < slot);
            if !is_next || self.replicas(slot).is_empty() {
                return Err(Unrestorable::Pin { slot });
            }
            self.pinned.insert(slot);
        }
        Ok(self)
    }

    fn check_restored(&self, slot: u32, replicas: &[NodeIx]) -> Result<(), Unrestorable> {
        if self.nodes.is_empty() {
            return if replicas.is_empty() { Ok(()) } else { Err(Unrestorable::NoNodes { slot }) };
        }
        if Bug::SerdeBelievesReplicas.is_planted() {
            return Ok(());
        }
        self.may_have(replicas).map_err(|reason| Unrestorable::Replicas(AssignError { slot, reason }))
    }
}
