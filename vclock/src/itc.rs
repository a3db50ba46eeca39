//! Interval tree clocks: causality where actors come and go, and nobody gives out names.

mod bits;
mod code;
mod history;
mod id;
mod inflate;
#[cfg(feature = "serde")]
mod serial;
mod text;
mod tree;

use thiserror::Error;

pub use self::code::DecodeError;
use self::{
    inflate::{Growth, Inflation},
    tree::Tree,
};
use crate::{Causality, bug::Bug};

/// An interval tree clock (Almeida, Baquero, Fonte 2008): an id, which is a part of the interval from 0 to 1, and a
/// history, which is a counter for each point of it.
///
/// An actor that splits its id makes a new actor, without asking anybody; one that retires gives its id to another,
/// and both ids become simple again. An event raises the history somewhere within the id, where nobody else can, so one
/// history is below another exactly if whatever led to it also led to the other.
///
/// | to | do |
/// |---|---|
/// | begin | [`seed`](Self::seed), once for all |
/// | bring in an actor or a replica | [`fork`](Self::fork) |
/// | retire one | [`join`](Self::join) its stamp to that of another |
/// | record an event | [`event`](Self::event) |
/// | send | [`event`](Self::event), and send what [`peek`](Self::peek) returns |
/// | receive | [`merge`](Self::merge) the message's stamp, then [`event`](Self::event) |
///
/// **An id must have one owner.** A stamp that is cloned to be used twice, or restored from before it was forked, makes
/// events that look as if others had seen them; `join` finds it, nothing else can. Clones to look at or to compare do no
/// harm; a stamp for a message is made by `peek`, which has no id.
///
/// Stamps are lists of nodes, 16 bytes each, in normal form: equal stamps are equal, hash alike and encode to the same
/// bytes. Nothing recurses. For n nodes all operations are O(n); an event mostly changes one counter in place.
///
/// ```
/// use quorate_vclock::{Causality, itc::Stamp};
///
/// let (mut alice, mut bob) = Stamp::seed().fork()?;
/// alice.event()?;
/// assert_eq!(alice.compare(&bob), Causality::After);
/// bob.event()?;
/// assert_eq!(alice.compare(&bob), Causality::Concurrent);
///
/// // bob brings in carol, who hears from alice and retires to bob.
/// let (mut bob, mut carol) = bob.fork()?;
/// carol.merge(&alice.peek())?;
/// carol.event()?;
/// bob = bob.join(carol)?;
/// assert_eq!(bob.compare(&alice), Causality::After);
///
/// // alice retires as well: whoever is alone owns everything, and a number is enough.
/// let mut bob = bob.join(alice)?;
/// bob.event()?;
/// assert_eq!(bob.to_string(), "(1, 2)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Stamp {
    id: Tree,
    history: Tree,
}

/// How large a tree may become; a stamp has two, its id and its history.
///
/// Trees are small as long as ids are: they grow where actors are brought in again and again by the same one, or retire
/// to one that is far from where they came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Nodes in a tree, of 16 bytes each.
    pub nodes_max: usize,
    /// Halvings between the root and a leaf.
    pub depth_max: usize,
}

impl Default for Limits {
    /// 262,144 nodes, a depth of 16,384.
    fn default() -> Self {
        Self { nodes_max: 1 << 18, depth_max: 1 << 14 }
    }
}

/// Why there is no new actor.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ForkError {
    /// An id would pass the limits.
    #[error("the id would have more than {} nodes, or be deeper than {}", limits.nodes_max, limits.depth_max)]
    TooLarge {
        /// The stamp, as it was.
        stamp: Stamp,
        /// The limits.
        limits: Limits,
    },
}

/// Why two stamps are not one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JoinError {
    /// Their ids overlap: a stamp has been used twice.
    #[error("the ids overlap: a stamp has been used twice")]
    Overlap {
        /// The stamp that was to be joined to.
        left: Stamp,
        /// The other one.
        right: Stamp,
    },
    /// A tree would pass the limits.
    #[error("a tree would have more than {nodes_max} nodes")]
    TooLarge {
        /// The stamp that was to be joined to.
        left: Stamp,
        /// The other one.
        right: Stamp,
        /// The limit.
        nodes_max: usize,
    },
}

impl JoinError {
    /// The two stamps, as they were.
    pub fn into_stamps(self) -> (Stamp, Stamp) {
        match self {
            Self::Overlap { left, right } | Self::TooLarge { left, right, .. } => (left, right),
        }
    }
}

/// Why an event cannot be recorded. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EventError {
    /// The stamp has no id: it was made for a message.
    #[error("a stamp without an id records no events")]
    Anonymous,
    /// The counter that would rise is the last one.
    #[error("the last counter is used up")]
    Overflow,
    /// The history would pass the limits.
    #[error("the history would have more than {nodes_max} nodes")]
    TooLarge {
        /// The limit.
        nodes_max: usize,
    },
}

/// Why a message cannot be taken in: the history would pass the limits. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the history would have more than {nodes_max} nodes")]
pub struct TooLarge {
    /// The limit.
    pub nodes_max: usize,
}

impl Stamp {
    /// The first stamp, which owns everything and has seen nothing. All others come from it by [`fork`](Self::fork):
    /// two seeds know nothing of each other, and must not meet.
    pub fn seed() -> Self {
        Self { id: Tree::constant(1), history: Tree::constant(0) }
    }

    /// Two stamps that have seen what this one has, and share what it owned. Fork from many rather than from one: who
    /// forks n times without a join has an id of depth n.
    ///
    /// # Errors
    /// If an id would pass the [default limits](Limits::default). The stamp is in the error.
    pub fn fork(self) -> Result<(Self, Self), ForkError> {
        self.fork_within(Limits::default())
    }

    /// The same, within other limits.
    ///
    /// # Errors
    /// If an id would pass them. The stamp is in the error.
    pub fn fork_within(self, limits: Limits) -> Result<(Self, Self), ForkError> {
        let (first, second, depth) = id::split(&self.id);
        let nodes = first.nodes.len().max(second.nodes.len());
        if depth > limits.depth_max || nodes > limits.nodes_max {
            return Err(ForkError::TooLarge { stamp: self, limits });
        }
        let history = self.history.clone();
        Ok((Self { id: first, history: self.history }, Self { id: second, history }))
    }

    /// One stamp that has seen what both have, and owns what both did: an actor retires. A stamp without an id may be
    /// joined to any.
    ///
    /// # Errors
    /// If the ids overlap, or a tree would pass the [default limits](Limits::default). Both stamps are in the error.
    pub fn join(self, other: Self) -> Result<Self, JoinError> {
        self.join_within(other, Limits::default())
    }

    /// The same, within other limits.
    ///
    /// # Errors
    /// If the ids overlap, or a tree would pass the limits. Both stamps are in the error.
    pub fn join_within(self, other: Self, limits: Limits) -> Result<Self, JoinError> {
        let Some(id) = id::sum(&self.id, &other.id) else {
            return Err(JoinError::Overlap { left: self, right: other });
        };
        let history = self.joined_history(&other);
        let nodes_max = limits.nodes_max;
        if id.nodes.len().max(history.nodes.len()) > nodes_max {
            return Err(JoinError::TooLarge { left: self, right: other, nodes_max });
        }
        Ok(Self { id, history })
    }

    /// Records one more event: the stamp is after what it was, and so far no other stamp is after it.
    ///
    /// # Errors
    /// If the stamp has no id, the counter is used up, or the history would pass the [default
    /// limits](Limits::default). Nothing has changed then.
    pub fn event(&mut self) -> Result<(), EventError> {
        self.event_within(Limits::default())
    }

    /// The same, within other limits.
    ///
    /// # Errors
    /// If the stamp has no id, the counter is used up, or the history would pass the limits. Nothing has changed then.
    pub fn event_within(&mut self, limits: Limits) -> Result<(), EventError> {
        match inflate::inflation(&self.id, &self.history).ok_or(EventError::Anonymous)? {
            Inflation::Fill => self.history = inflate::fill(&self.id, &self.history),
            Inflation::Grow(_) if Bug::ItcEventStandsStill.is_planted() => {}
            Inflation::Grow(growth) => self.grow(growth, limits.nodes_max)?,
        }
        Ok(())
    }

    /// What it has seen, without an id: the stamp for a message.
    #[must_use]
    pub fn peek(&self) -> Self {
        Self { id: Tree::constant(0), history: self.history.clone() }
    }

    /// Takes in what the other has seen, and nothing of what it owns. Receiving a message is this and an
    /// [`event`](Self::event).
    ///
    /// # Errors
    /// If the history would pass the [default limits](Limits::default). Nothing has changed then.
    pub fn merge(&mut self, other: &Self) -> Result<(), TooLarge> {
        self.merge_within(other, Limits::default())
    }

    /// The same, within other limits.
    ///
    /// # Errors
    /// If the history would pass the limits. Nothing has changed then.
    pub fn merge_within(&mut self, other: &Self, limits: Limits) -> Result<(), TooLarge> {
        let history = self.joined_history(other);
        let nodes_max = limits.nodes_max;
        if history.nodes.len() > nodes_max {
            return Err(TooLarge { nodes_max });
        }
        self.history = history;
        Ok(())
    }

    /// How the histories of the two are related; ids do not matter.
    pub fn compare(&self, other: &Self) -> Causality {
        if self.history == other.history {
            return Causality::Equal;
        }
        Causality::from_lacks(!self.descends(other), !other.descends(self))
    }

    /// Whether it has seen whatever the other has seen: the paper's `leq`, read from the right.
    pub fn descends(&self, other: &Self) -> bool {
        history::at_most(&other.history, &self.history)
    }

    /// Whether it has no id: it was made by [`peek`](Self::peek).
    pub fn is_anonymous(&self) -> bool {
        self.id.cursor().is(0)
    }

    /// How many nodes it has, of 16 bytes each.
    pub fn nodes(&self) -> usize {
        self.id.nodes.len() + self.history.nodes.len()
    }

    /// How deep the deeper one of its trees is.
    pub fn depth(&self) -> usize {
        self.id.depth().max(self.history.depth())
    }

    fn joined_history(&self, other: &Self) -> Tree {
        if Bug::ItcJoinLosesEvents.is_planted() {
            return self.history.clone();
        }
        history::join(&self.history, &other.history)
    }

    fn grow(&mut self, growth: Growth, nodes_max: usize) -> Result<(), EventError> {
        growth.counter.checked_add(1).ok_or(EventError::Overflow)?;
        if growth.added() > 0 && self.history.nodes.len() + growth.added() > nodes_max {
            return Err(EventError::TooLarge { nodes_max });
        }
        inflate::grow(&self.id, &mut self.history, growth);
        Ok(())
    }
}
