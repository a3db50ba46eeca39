use alloc::vec::Vec;
use core::time::Duration;

use quorate_machine::NodeId;
use thiserror::Error;

/// What the caller decides. Sizes are in bytes, counts in pieces; the defaults suit a local network.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// This node.
    pub id: NodeId,
    /// Which birth of this node, from 1: a number that no earlier birth of this name has used, such as the wall-clock time at
    /// which its folder was made. Counts only if there is no image; a node that has its disk goes on as who it was.
    pub birth: u64,
    /// The members at the very beginning. The same on every node, also on those that are admitted later.
    pub founders: Vec<NodeId>,
    /// Whom to ask until this node finds itself a member, besides the founders.
    pub contacts: Vec<NodeId>,
    /// How often members that differ tell each other what they have, and how long something may be under way before it is
    /// asked for. A few round trips: too short asks twice, too long delays the repair of what was lost.
    pub digest_interval: Duration,
    /// The longest payload of a broadcast.
    pub payload_bytes_max: usize,
    /// The largest message or record besides snapshots, by the upper bound of its encoded size. Room for a payload and a
    /// clock of `origins_max` entries.
    pub batch_bytes_max: usize,
    /// How many bytes of messages one question may bring, also beside a snapshot.
    pub repair_bytes_max: usize,
    /// How many messages of this node's own may be unstable; beyond it broadcasts are refused until the others have caught up.
    pub window_max: u64,
    /// How many bytes of messages the store holds; half of it is for this node's own. Beyond it broadcasts are refused, and
    /// those of others wait, until the application compacts.
    pub store_bytes_max: usize,
    /// The largest state of a snapshot.
    pub snapshot_bytes_max: usize,
    /// How many members there may be.
    pub members_max: usize,
    /// How many origins a clock may name.
    pub origins_max: usize,
    /// The classic mistake to make.
    #[cfg(quorate_bugs)]
    pub bug: Option<crate::Bug>,
}

impl Config {
    /// The defaults for one node.
    pub const fn new(id: NodeId, birth: u64, founders: Vec<NodeId>) -> Self {
        Self {
            id,
            birth,
            founders,
            contacts: Vec::new(),
            digest_interval: Duration::from_millis(100),
            payload_bytes_max: 1 << 20,
            batch_bytes_max: (1 << 20) + (64 << 10),
            repair_bytes_max: 8 << 20,
            window_max: 4096,
            store_bytes_max: 256 << 20,
            snapshot_bytes_max: 16 << 20,
            members_max: 64,
            origins_max: 1024,
            #[cfg(quorate_bugs)]
            bug: None,
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let entry = self.entry_bytes_max();
        if self.birth == 0 {
            return Err(ConfigError::Unborn);
        }
        if self.digest_interval.is_zero() {
            return Err(ConfigError::NoInterval);
        }
        if self.window_max == 0 || self.members_max == 0 || self.origins_max == 0 {
            return Err(ConfigError::NoRoom);
        }
        if self.founders.len() > self.members_max {
            return Err(ConfigError::TooManyFounders {
                founders: self.founders.len(),
                max: self.members_max,
            });
        }
        if self.batch_bytes_max < entry {
            return Err(ConfigError::BatchTooSmall { batch: self.batch_bytes_max, needed: entry });
        }
        let needed = entry.saturating_mul(2).saturating_mul(self.members_max);
        if self.store_bytes_max < needed {
            return Err(ConfigError::StoreTooSmall { store: self.store_bytes_max, needed });
        }
        Ok(())
    }

    /// The largest entry, by the upper bound of its encoded size.
    pub(super) const fn entry_bytes_max(&self) -> usize {
        self.payload_bytes_max
            .saturating_add(self.origins_max.saturating_add(1).saturating_mul(30))
            .saturating_add(64)
    }
}

/// Why a configuration is unusable.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Births are counted from 1.
    #[error("the birth is 0, which stands for a node that nobody has heard of")]
    Unborn,
    /// Digests would never end.
    #[error("the digest interval is zero")]
    NoInterval,
    /// A window, the members or the origins of a clock are limited to none.
    #[error("the window, the members and the origins need room for one each")]
    NoRoom,
    /// There are more founders than members allowed.
    #[error("{founders} founders, but at most {max} members")]
    TooManyFounders {
        /// How many there are.
        founders: usize,
        /// How many there may be.
        max: usize,
    },
    /// The largest message would not fit into one batch.
    #[error("batches of {batch} bytes, but a message may take {needed}")]
    BatchTooSmall {
        /// The batch, in bytes.
        batch: usize,
        /// What it needs, in bytes.
        needed: usize,
    },
    /// Members could fill each other's stores so that nobody could go on.
    #[error("a store of {store} bytes, but two messages of each member may take {needed}")]
    StoreTooSmall {
        /// The store, in bytes.
        store: usize,
        /// What it needs, in bytes.
        needed: usize,
    },
}
