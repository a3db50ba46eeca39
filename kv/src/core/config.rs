use core::time::Duration;

use thiserror::Error;

use crate::operation::Batch;

/// What the caller decides. Sizes are in bytes, counts in pieces.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The replicated log.
    pub raft: quorate_raft::Config,
    /// How much memory keys and values may take before a write that needs more is refused. It travels with every
    /// batch, so nodes may differ: the proposer's counts.
    pub memory_bytes_max: u64,
    /// How many commands may wait for their event; further ones fail as busy.
    pub commands_max: usize,
    /// How long a command is asked of Raft again when it had no effect, before it fails for want of a leader.
    pub give_up_after: Duration,
    /// How long to wait before asking again.
    pub retry_after: Duration,
    /// How many bytes of log are applied before the store is written as a snapshot and the log is compacted; if the
    /// last snapshot was larger than this, as many as it had, but at most half of what the log may hold. Each node does it
    /// somewhat sooner, by chance, so that they do not all do it at once. Small: much writing; large: long recovery.
    pub snapshot_log_bytes_min: u64,
    /// How much of the store is written in one go, in bytes. Small: snapshots take long; large: everything else waits.
    pub snapshot_piece_bytes: usize,
}

impl Config {
    /// The defaults around a configuration of Raft.
    pub const fn new(raft: quorate_raft::Config) -> Self {
        Self {
            give_up_after: raft.outcome_timeout,
            raft,
            memory_bytes_max: 4 << 30,
            commands_max: 16_384,
            retry_after: Duration::from_millis(10),
            snapshot_log_bytes_min: 64 << 20,
            snapshot_piece_bytes: 1 << 20,
        }
    }

    /// Checks that the parts fit together, those of Raft aside.
    ///
    /// # Errors
    /// Names the first rule that is broken.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.commands_max == 0 {
            return Err(ConfigError::Zero { field: "commands_max" });
        }
        if self.snapshot_piece_bytes == 0 {
            return Err(ConfigError::Zero { field: "snapshot_piece_bytes" });
        }
        if self.retry_after.is_zero() {
            return Err(ConfigError::Zero { field: "retry_after" });
        }
        if self.raft.proposal_bytes_max <= Batch::OVERHEAD_BYTES {
            return Err(ConfigError::ProposalTooSmall { proposal_bytes_max: self.raft.proposal_bytes_max });
        }
        let log_bytes_max = self.raft.log_bytes_max as u64;
        if self.snapshot_log_bytes_min > log_bytes_max / 2 {
            return Err(ConfigError::SnapshotTooLate {
                snapshot_log_bytes_min: self.snapshot_log_bytes_min,
                log_bytes_max,
            });
        }
        Ok(())
    }

    /// The most bytes of operations that one batch can hold.
    pub const fn batch_bytes_max(&self) -> usize {
        self.raft.proposal_bytes_max.saturating_sub(Batch::OVERHEAD_BYTES)
    }
}

/// Why a configuration cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A limit of zero would let nothing happen.
    #[error("{field} is zero")]
    Zero {
        /// Which one.
        field: &'static str,
    },
    /// A proposal must have room for a batch.
    #[error("proposals of {proposal_bytes_max} bytes have no room for a batch of operations")]
    ProposalTooSmall {
        /// The longest proposal.
        proposal_bytes_max: usize,
    },
    /// The log would be full before it is compacted.
    #[error("a snapshot every {snapshot_log_bytes_min} bytes is too late for a log of {log_bytes_max} bytes")]
    SnapshotTooLate {
        /// How many bytes of log are applied between snapshots.
        snapshot_log_bytes_min: u64,
        /// How many bytes the log may hold.
        log_bytes_max: u64,
    },
}
