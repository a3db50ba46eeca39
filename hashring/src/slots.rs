//! Fixed partitions: a key's slot never changes, and where a slot is changes only when somebody says so.

mod apportion;
mod assign;
mod rebalance;
#[cfg(feature = "serde")]
mod restore;
mod tag;

use alloc::{collections::BTreeSet, vec, vec::Vec};

pub use self::{
    assign::{AssignError, AssignReason, HasSlots, PinError, RemoveError, StaleEpoch},
    rebalance::{DrainError, DrainReason, RetargetError},
    tag::hash_tag,
};
use crate::{
    hash::{Hashing, KeyHash},
    nodes::{NodeIx, Nodes},
    place::Place,
    walk::Walk,
};

/// Keys are hashed to a fixed number of slots, and a list says which nodes have each slot.
///
/// The default for storage. A node that comes gets nothing by itself: [`Slots::rebalanced`] makes the table as it should be, a
/// [`Plan`](crate::Plan) says what has to move for that, and the operator decides when. Redis Cluster (16,384 slots), Couchbase (1,024
/// vBuckets) and many others place keys like this.
///
/// Balance is within one slot of each node's exact share, so take a hundred slots for each node that there will ever be, or the
/// rounding shows. A change moves as few slots as can be. A lookup is a multiplication and a read; memory is 4 bytes for each copy of
/// each slot. The number of slots can never change.
///
/// ```
/// use quorate_hashring::{Node, Nodes, Place as _, SlotSpec, Slots};
///
/// let spec = SlotSpec { count: 1_024, copies: 2, ..SlotSpec::default() };
/// let mut slots = Slots::new(spec)?.with_nodes(Nodes::of(["a", "b", "c"].map(Node::new))?);
/// let before = slots.owner(b"user:17").map(|node| node.name().to_owned());
///
/// slots.add(Node::new("d"))?; // has no slots yet
/// assert_eq!(slots.owner(b"user:17").map(|node| node.name().to_owned()), before);
///
/// let after = slots.rebalanced();
/// assert_eq!(after.load("d"), Some(512)); // a quarter of all copies, and nothing else has moved
/// assert!(after.epoch() > slots.epoch());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slots {
    spec: SlotSpec,
    nodes: Nodes,
    epoch: Epoch,
    /// As many for each slot as there are copies; those that are missing are [`NOBODY`], last.
    replicas: Vec<NodeIx>,
    pinned: BTreeSet<u32>,
}

/// No node has this index: see [`Nodes::COUNT_MAX`].
const NOBODY: NodeIx = NodeIx::new(u32::MAX);

/// What never changes about a table of slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotSpec {
    /// How keys are hashed.
    pub hashing: Hashing,
    /// How many slots there are: 1 to [`Slots::COUNT_MAX`]. 4,096 unless something else is said.
    pub count: u32,
    /// On how many nodes each slot shall be: 1 to [`Slots::COPIES_MAX`]. 1 unless something else is said.
    pub copies: u32,
    /// No two copies of a slot in one failure domain of this level, 0 being the widest. A node that names no domain of that level
    /// is one by itself. Unless something else is said, they are only on different nodes.
    pub apart: Option<u32>,
    /// Whether keys are hashed by their [`hash_tag`] if they have one.
    pub tags: bool,
}

impl Default for SlotSpec {
    fn default() -> Self {
        Self { hashing: Hashing::default(), count: 4_096, copies: 1, apart: None, tags: false }
    }
}

#[cfg(feature = "compat")]
impl SlotSpec {
    /// Keys are in the slots that Redis Cluster puts them in: 16,384, with hash tags.
    pub const fn redis(copies: u32) -> Self {
        Self { hashing: Hashing::RedisSlot, count: 16_384, copies, apart: None, tags: true }
    }
}

/// How often a table has changed. Whoever changes it says which state they have seen; who has seen an older one is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Epoch(u64);

impl Epoch {
    /// The epoch of that number.
    pub const fn new(epoch: u64) -> Self {
        Self(epoch)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl core::fmt::Display for Epoch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// There is no such table of slots.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SlotsError {
    /// There would be no slots, or too many.
    #[error("a table has 1 to {} slots, not {count}", Slots::COUNT_MAX)]
    Count {
        /// How many slots there would be.
        count: u32,
    },
    /// There would be no copies, or too many.
    #[error("a slot has 1 to {} copies, not {copies}", Slots::COPIES_MAX)]
    Copies {
        /// How many copies each slot would have.
        copies: u32,
    },
    /// Slots and copies multiply to too many.
    #[error("a table has at most {} copies in all, not {entries}", Slots::ENTRIES_MAX)]
    Entries {
        /// How many copies there would be in all.
        entries: u64,
    },
}

impl Slots {
    /// The most slots: 2²⁴.
    pub const COUNT_MAX: u32 = 1 << 24;
    /// The most copies of a slot.
    pub const COPIES_MAX: u32 = 32;
    /// The most copies of all slots together: 2²⁶, which is 256 MiB.
    pub const ENTRIES_MAX: u64 = 1 << 26;

    /// A table without nodes.
    ///
    /// # Errors
    ///
    /// A number is out of bounds: see [`SlotsError`].
    pub fn new(spec: SlotSpec) -> Result<Self, SlotsError> {
        if spec.count == 0 || spec.count > Self::COUNT_MAX {
            return Err(SlotsError::Count { count: spec.count });
        }
        if spec.copies == 0 || spec.copies > Self::COPIES_MAX {
            return Err(SlotsError::Copies { copies: spec.copies });
        }
        let entries = u64::from(spec.count) * u64::from(spec.copies);
        let room = usize::try_from(entries).ok().filter(|_| entries <= Self::ENTRIES_MAX);
        let room = room.ok_or(SlotsError::Entries { entries })?;
        let replicas = vec![NOBODY; room];
        Ok(Self { spec, nodes: Nodes::new(), epoch: Epoch::new(1), replicas, pinned: BTreeSet::new() })
    }

    /// The table as it would be if there had never been other nodes than these: each has its share, in whatever order they came. What was
    /// assigned or pinned before is forgotten.
    #[must_use]
    pub fn with_nodes(self, nodes: Nodes) -> Self {
        let replicas = vec![NOBODY; self.replicas.len()];
        let mut slots = Self { nodes, epoch: self.epoch.next(), replicas, pinned: BTreeSet::new(), ..self };
        slots.settle();
        slots
    }

    /// What never changes about it.
    pub const fn spec(&self) -> &SlotSpec {
        &self.spec
    }

    /// How many slots there are.
    pub const fn count(&self) -> u32 {
        self.spec.count
    }

    /// How often it has changed.
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The slot that a key is in.
    #[inline]
    pub fn slot(&self, key: &[u8]) -> u32 {
        self.slot_of(self.hash(key))
    }

    /// The slot that a hash is in.
    #[inline]
    pub const fn slot_of(&self, hash: KeyHash) -> u32 {
        hash.scaled(self.spec.count)
    }

    /// The nodes that have a slot, its owner first: as many as it has copies, or fewer if there are not enough nodes, or not enough
    /// failure domains. None of a slot that the table does not have.
    #[inline]
    pub fn replicas(&self, slot: u32) -> &[NodeIx] {
        let room = self.room(slot).unwrap_or_default();
        let len = room.iter().position(|&node| node == NOBODY).unwrap_or(room.len());
        room.get(..len).unwrap_or_default()
    }

    /// The slots of which a node has a copy, rising.
    pub fn slots_of(&self, node: NodeIx) -> impl Iterator<Item = u32> {
        (0..self.count()).filter(move |&slot| self.replicas(slot).contains(&node))
    }

    /// How many copies the node of that name has.
    pub fn load(&self, name: &str) -> Option<u64> {
        Some(self.held(self.nodes.find(name)?))
    }

    /// How many copies are missing, because there are too few nodes, or failure domains, or nobody has rebalanced since there are
    /// enough.
    pub fn shortfall(&self) -> u64 {
        self.replicas.iter().map(|&node| u64::from(node == NOBODY)).sum()
    }

    fn held(&self, node: NodeIx) -> u64 {
        self.replicas.iter().map(|&other| u64::from(other == node)).sum()
    }

    /// Where the copies of a slot are written down.
    #[inline]
    fn room(&self, slot: u32) -> Option<&[NodeIx]> {
        let copies = self.spec.copies as usize;
        let first = (slot as usize).checked_mul(copies)?;
        self.replicas.get(first..first.checked_add(copies)?)
    }

    fn write(&mut self, slot: u32, nodes: impl IntoIterator<Item = NodeIx>) {
        let copies = self.spec.copies as usize;
        let first = slot as usize * copies;
        let room = self.replicas.get_mut(first..first + copies).unwrap_or_default();
        let mut nodes = nodes.into_iter();
        for copy in room {
            *copy = nodes.next().unwrap_or(NOBODY);
        }
    }
}

impl Place for Slots {
    fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    #[inline]
    fn hash(&self, key: &[u8]) -> KeyHash {
        self.spec.hashing.key(if self.spec.tags { hash_tag(key) } else { key })
    }

    /// The first replica.
    #[inline]
    fn locate(&self, hash: KeyHash) -> Option<NodeIx> {
        let owner = (self.slot_of(hash) as usize).checked_mul(self.spec.copies as usize)?;
        self.replicas.get(owner).copied().filter(|&node| node != NOBODY)
    }

    /// The replicas in their order, and no other node.
    fn follow(&self, hash: KeyHash, walk: &mut Walk) -> Option<NodeIx> {
        let next = usize::try_from(walk.cursor).ok()?;
        let node = *self.replicas(self.slot_of(hash)).get(next)?;
        walk.cursor += 1;
        walk.admit(node);
        Some(node)
    }

    fn table_bytes(&self) -> usize {
        size_of_val(self.replicas.as_slice())
    }
}
