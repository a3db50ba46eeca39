//! What an operator may change about a table of slots, step by step.

use alloc::vec::Vec;

use super::{Epoch, NOBODY, Slots};
use crate::{
    bug::Bug,
    node::{Node, Weight},
    nodes::{NodeIx, Nodes},
    place::{AddError, UnknownNode},
};

/// Somebody who has seen another state of the table wants to change it, or to use it; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the table is at epoch {current}, not {given}")]
pub struct StaleEpoch {
    /// What was seen.
    pub given: Epoch,
    /// What there is.
    pub current: Epoch,
}

/// A slot cannot have these replicas; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("slot {slot} cannot be assigned: {reason}")]
pub struct AssignError {
    /// The slot.
    pub slot: u32,
    /// Why not.
    pub reason: AssignReason,
}

/// Why a slot cannot have these replicas.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssignReason {
    /// Somebody else has changed the table.
    #[error(transparent)]
    Stale(#[from] StaleEpoch),
    /// There is no such slot.
    #[error("there are {count} slots")]
    NoSuchSlot {
        /// How many there are.
        count: u32,
    },
    /// It is pinned.
    #[error("it is pinned")]
    Pinned,
    /// Somebody has to have it.
    #[error("somebody has to have it")]
    Nobody,
    /// A slot has not that many copies.
    #[error("a slot has {copies} copies at most")]
    TooMany {
        /// How many it has.
        copies: u32,
    },
    /// There is no such node.
    #[error("there is no node {node}")]
    UnknownNode {
        /// Which.
        node: NodeIx,
    },
    /// A node comes twice.
    #[error("the node {node} comes twice")]
    Twice {
        /// Which.
        node: NodeIx,
    },
    /// Two copies would be in one failure domain.
    #[error("the nodes {first} and {second} are in one failure domain")]
    Together {
        /// One.
        first: NodeIx,
        /// The other.
        second: NodeIx,
    },
}

/// The node stays; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RemoveError {
    /// There is none of that name.
    #[error(transparent)]
    Unknown(#[from] UnknownNode),
    /// It has slots: see [`Slots::drained`].
    #[error(transparent)]
    HasSlots(#[from] HasSlots),
}

/// A node that has slots cannot leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node has copies of {copies} slots, which have to move first")]
pub struct HasSlots {
    /// Of how many it has copies.
    pub copies: u64,
}

/// A slot's pin cannot be changed; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PinError {
    /// Somebody else has changed the table.
    #[error(transparent)]
    Stale(#[from] StaleEpoch),
    /// There is no such slot.
    #[error("there are {count} slots")]
    NoSuchSlot {
        /// How many there are.
        count: u32,
    },
    /// Nobody has it yet.
    #[error("nobody has it yet")]
    Nobody,
}

impl Slots {
    /// Adds a node. It gets no slots yet, but the first node gets all of them, since nobody else can have them.
    ///
    /// # Errors
    ///
    /// The node comes back and nothing has changed if there is one of that name.
    pub fn add(&mut self, node: Node) -> Result<NodeIx, AddError> {
        let index = self.nodes.add(node)?;
        if self.nodes.len() == 1 {
            (0..self.count()).for_each(|slot| self.write(slot, [index]));
        }
        self.epoch = self.epoch.next();
        Ok(index)
    }

    /// Removes a node that has no slots.
    ///
    /// # Errors
    ///
    /// Nothing has changed: see [`RemoveError`].
    pub fn remove(&mut self, name: &str) -> Result<Node, RemoveError> {
        let copies = self.load(name).ok_or(UnknownNode)?;
        if copies > 0 {
            return Err(HasSlots { copies }.into());
        }
        let (_, node) = self.nodes.remove(name)?;
        self.epoch = self.epoch.next();
        Ok(node)
    }

    /// Changes what a node weighs, and says what it weighed before. Slots move with the next rebalancing.
    ///
    /// # Errors
    ///
    /// Nothing has changed if there is no node of that name.
    pub fn set_weight(&mut self, name: &str, weight: Weight) -> Result<Weight, UnknownNode> {
        let index = self.nodes.find(name).ok_or(UnknownNode)?;
        let before = self.nodes.set_weight(index, weight).ok_or(UnknownNode)?;
        if before != weight {
            self.epoch = self.epoch.next();
        }
        Ok(before)
    }

    /// Whether this is the state of the table that somebody has seen.
    ///
    /// # Errors
    ///
    /// It is another one.
    pub fn check(&self, given: Epoch) -> Result<(), StaleEpoch> {
        if given == self.epoch || Bug::StaleEpochAccepted.is_planted() {
            return Ok(());
        }
        Err(StaleEpoch { given, current: self.epoch })
    }

    /// Says which nodes have a slot, its owner first, and returns the new epoch. Fewer than there shall be copies are a shortfall.
    ///
    /// # Errors
    ///
    /// Nothing has changed: see [`AssignReason`].
    pub fn assign(&mut self, seen: Epoch, slot: u32, replicas: &[NodeIx]) -> Result<Epoch, AssignError> {
        self.may_assign(seen, slot, replicas).map_err(|reason| AssignError { slot, reason })?;
        if self.replicas(slot) != replicas {
            self.write(slot, replicas.iter().copied());
            self.epoch = self.epoch.next();
        }
        Ok(self.epoch)
    }

    /// Keeps a slot where it is: no rebalancing moves it.
    ///
    /// # Errors
    ///
    /// Nothing has changed: see [`PinError`].
    pub fn pin(&mut self, seen: Epoch, slot: u32) -> Result<Epoch, PinError> {
        self.may_pin(seen, slot)?;
        if self.pinned.insert(slot) {
            self.epoch = self.epoch.next();
        }
        Ok(self.epoch)
    }

    /// Lets a slot move again.
    ///
    /// # Errors
    ///
    /// Nothing has changed: see [`PinError`].
    pub fn unpin(&mut self, seen: Epoch, slot: u32) -> Result<Epoch, PinError> {
        self.may_pin(seen, slot)?;
        if self.pinned.remove(&slot) {
            self.epoch = self.epoch.next();
        }
        Ok(self.epoch)
    }

    /// The slots that are pinned, rising.
    pub fn pinned(&self) -> impl Iterator<Item = u32> {
        self.pinned.iter().copied()
    }

    fn may_pin(&self, seen: Epoch, slot: u32) -> Result<(), PinError> {
        self.check(seen)?;
        if slot >= self.count() {
            return Err(PinError::NoSuchSlot { count: self.count() });
        }
        if self.replicas(slot).is_empty() { Err(PinError::Nobody) } else { Ok(()) }
    }

    fn may_assign(&self, seen: Epoch, slot: u32, replicas: &[NodeIx]) -> Result<(), AssignReason> {
        self.check(seen)?;
        if slot >= self.count() {
            return Err(AssignReason::NoSuchSlot { count: self.count() });
        }
        if self.pinned.contains(&slot) && self.replicas(slot) != replicas {
            return Err(AssignReason::Pinned);
        }
        self.may_have(replicas)
    }

    /// Whether these nodes may have a slot together.
    pub(super) fn may_have(&self, replicas: &[NodeIx]) -> Result<(), AssignReason> {
        let copies = self.spec.copies;
        if replicas.is_empty() {
            return Err(AssignReason::Nobody);
        }
        if replicas.len() > copies as usize {
            return Err(AssignReason::TooMany { copies });
        }
        for (i, &second) in replicas.iter().enumerate() {
            if self.nodes.get(second).is_none() {
                return Err(AssignReason::UnknownNode { node: second });
            }
            for &first in replicas.iter().take(i) {
                if first == second {
                    return Err(AssignReason::Twice { node: second });
                }
                if are_together(&self.nodes, self.spec.apart, first, second) {
                    return Err(AssignReason::Together { first, second });
                }
            }
        }
        Ok(())
    }

    /// Takes over where the copies are.
    pub(super) fn rewrite(&mut self, replicas: impl IntoIterator<Item = Vec<NodeIx>>) {
        let mut changed = false;
        for (slot, replicas) in (0..self.count()).zip(replicas) {
            debug_assert!(!replicas.contains(&NOBODY), "a node of a rebalanced slot is one");
            changed |= self.replicas(slot) != replicas;
            self.write(slot, replicas);
        }
        if changed {
            self.epoch = self.epoch.next();
        }
    }
}

/// Whether two different nodes are in one failure domain of the level. A domain's name is its own within the wider one only.
fn are_together(nodes: &Nodes, apart: Option<u32>, a: NodeIx, b: NodeIx) -> bool {
    let domain = |node| domain(nodes.get(node)?, apart);
    domain(a).is_some_and(|first| domain(b) == Some(first))
}

/// The path to the domain that a node must not share; `None` if it shares with nobody.
pub(super) fn domain(node: &Node, apart: Option<u32>) -> Option<&[alloc::sync::Arc<str>]> {
    node.path().get(..=usize::try_from(apart?).ok()?)
}
