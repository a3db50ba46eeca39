use core::time::Duration;

use quorate_machine::NodeId;
use quorate_quorum::Voters;
use thiserror::Error;

use crate::{id::Index, message::Message};

/// What the caller decides. Sizes are in bytes, counts in pieces; the defaults suit a local network.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// This node.
    pub id: NodeId,
    /// Who votes. The same on every node.
    pub voters: Voters,
    /// A follower that hears from no leader for this long, up to twice as long by chance, asks for an election; a
    /// leader that hears from no quorum for this long steps down. Several times `heartbeat` and the round trip:
    /// too short elects without need, too long leaves a dead leader in place.
    pub election_timeout: Duration,
    /// How often an idle leader makes itself heard. Too long delays the repair of lost messages.
    pub heartbeat: Duration,
    /// A leader whose disk has not answered for this long steps down: it cannot deliver, and one of the others may
    /// have a disk that works. Well above the slowest sync that is still healthy.
    pub disk_timeout: Duration,
    /// How long a command may wait for its outcome before it is reported as unknown (proposals) or refused (reads).
    pub outcome_timeout: Duration,
    /// The longest proposal.
    pub proposal_bytes_max: usize,
    /// The largest message or record, by the upper bound of its encoded size; not smaller on one node than on another,
    /// since larger appends are ignored. At least `proposal_bytes_max` and a
    /// few hundred bytes.
    pub batch_bytes_max: usize,
    /// The most entries in one message, record or event.
    pub batch_entries_max: usize,
    /// How many unanswered appends a follower may be sent. Too few idles the network, too many fills queues.
    pub inflight_messages_max: usize,
    /// How many bytes of unanswered entries a follower may be sent.
    pub inflight_bytes_max: usize,
    /// How many bytes of entries the log may hold in memory; beyond it proposals are refused as busy until a
    /// snapshot compacts the log.
    pub log_bytes_max: usize,
    /// How many commands may wait for their outcome on this node, and how many questions of other nodes on a leader.
    pub outstanding_max: usize,
    /// The largest part of a snapshot.
    pub snapshot_part_bytes_max: usize,
    /// The most parts of a snapshot; with the above, this bounds what a peer can make this node hold.
    pub snapshot_parts_max: u32,
    /// How many entries stay in the log behind a snapshot, so that a follower that is a little behind needs none; none
    /// of them if that would leave more than half of `log_bytes_max`.
    pub log_keep_entries: u64,
    /// The last index that an application with a disk of its own has applied; zero for one that starts empty.
    pub applied: Index,
    /// The classic mistake to make.
    #[cfg(quorate_bugs)]
    pub bug: Option<crate::Bug>,
}

impl Config {
    /// The defaults for one node of a cluster.
    pub const fn new(id: NodeId, voters: Voters) -> Self {
        Self {
            id,
            voters,
            election_timeout: Duration::from_millis(300),
            heartbeat: Duration::from_millis(50),
            disk_timeout: Duration::from_secs(1),
            outcome_timeout: Duration::from_secs(3),
            proposal_bytes_max: 1 << 20,
            batch_bytes_max: (1 << 20) + 4096,
            batch_entries_max: 4096,
            inflight_messages_max: 64,
            inflight_bytes_max: 8 << 20,
            log_bytes_max: 256 << 20,
            outstanding_max: 65_536,
            snapshot_part_bytes_max: 256 << 10,
            snapshot_parts_max: 65_536,
            log_keep_entries: 4096,
            applied: Index::ZERO,
            #[cfg(quorate_bugs)]
            bug: None,
        }
    }

    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// Names the first rule that is broken.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if !self.voters.contains(self.id) {
            return Err(ConfigError::NotAVoter { id: self.id });
        }
        if self.heartbeat.is_zero() || self.heartbeat.saturating_mul(2) > self.election_timeout {
            return Err(ConfigError::HeartbeatTooSlow {
                heartbeat: self.heartbeat,
                election_timeout: self.election_timeout,
            });
        }
        let room = self.batch_bytes_max.saturating_sub(Self::BATCH_OVERHEAD_BYTES);
        let largest = self.proposal_bytes_max.max(self.snapshot_part_bytes_max);
        if largest > room {
            return Err(ConfigError::BatchTooSmall {
                batch_bytes_max: self.batch_bytes_max,
                needed: largest,
            });
        }
        let counts = [
            ("disk_timeout", usize::from(!self.disk_timeout.is_zero())),
            ("outcome_timeout", usize::from(!self.outcome_timeout.is_zero())),
            ("proposal_bytes_max", self.proposal_bytes_max),
            ("batch_entries_max", self.batch_entries_max),
            ("inflight_messages_max", self.inflight_messages_max),
            ("inflight_bytes_max", self.inflight_bytes_max),
            ("log_bytes_max", self.log_bytes_max),
            ("outstanding_max", self.outstanding_max),
            ("snapshot_part_bytes_max", self.snapshot_part_bytes_max),
            ("snapshot_parts_max", self.snapshot_parts_max as usize),
        ];
        match counts.iter().find(|(_, count)| *count == 0) {
            Some((field, _)) => Err(ConfigError::Zero { field }),
            None => Ok(()),
        }
    }

    /// What a message or record takes besides one entry's payload, at most.
    const BATCH_OVERHEAD_BYTES: usize = Message::OVERHEAD_BYTES + 64;

    /// How many bytes of entries fit into one message or record.
    pub(crate) const fn entries_bytes_max(&self) -> usize {
        self.batch_bytes_max.saturating_sub(Message::OVERHEAD_BYTES)
    }
}

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// This node is not among the voters.
    #[error("{id} is not among the voters")]
    NotAVoter {
        /// This node.
        id: NodeId,
    },
    /// Heartbeats must come at least twice per election timeout.
    #[error(
        "a heartbeat every {heartbeat:?} is not at least twice per election timeout of {election_timeout:?}"
    )]
    HeartbeatTooSlow {
        /// The interval.
        heartbeat: Duration,
        /// The timeout.
        election_timeout: Duration,
    },
    /// A proposal or a part of a snapshot must fit into a message.
    #[error("a batch of {batch_bytes_max} bytes cannot carry {needed} bytes and its own overhead")]
    BatchTooSmall {
        /// The limit of a batch.
        batch_bytes_max: usize,
        /// The limit of what has to fit.
        needed: usize,
    },
    /// A limit of zero would let nothing happen.
    #[error("{field} is zero")]
    Zero {
        /// Which one.
        field: &'static str,
    },
}
