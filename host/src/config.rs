use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use quorate_wire::frame;

use crate::Identity;

/// Everything a host is told at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which node of which cluster this is.
    pub identity: Identity,
    /// The data folder; created if it is not there.
    pub data: PathBuf,
    /// Where the other nodes listen, on loopback. An entry for this node itself is not used.
    pub peers: BTreeMap<quorate_machine::NodeId, SocketAddr>,
    /// What all randomness is derived from, mixed with the node's id and its incarnation.
    pub seed: u64,
    /// How much of everything.
    pub limits: Limits,
}

/// A limit on everything. The defaults suit a few nodes on one machine with records of up to a mebibyte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest encoded record, in bytes. A longer one ends the instance: the machine broke its word.
    pub record_bytes_max: u32,
    /// The longest encoded message, in bytes. A longer one is dropped and counted.
    pub message_bytes_max: u32,
    /// The longest frame body accepted from a peer, in bytes; no less than the two above.
    pub frame_bytes_max: u32,
    /// How many messages wait for one peer before further ones are dropped and counted.
    pub peer_queue_messages_max: usize,
    /// How many bytes wait for one peer before further messages are dropped and counted.
    pub peer_queue_bytes_max: usize,
    /// How many received messages wait for the machine before connections are read no further.
    pub inbox_messages_max: usize,
    /// How many bytes the received messages that wait have, as they came, before connections are read no further; no less
    /// than a frame.
    pub inbox_bytes_max: u32,
    /// How many commands wait for the machine before [`Handle::submit`](crate::Handle::submit) waits.
    pub commands_max: usize,
    /// How many inputs the machine is fed before it is woken, if it wants to be.
    pub inputs_per_turn_max: usize,
    /// How long the machine is fed before it is woken, if it wants to be; one step more than this. A fraction of the time
    /// in which peers expect to hear from it.
    pub turn_max: Duration,
    /// How many bytes wait for the disk before commands are taken no more.
    pub journal_queue_bytes_max: usize,
    /// How many bytes wait for the disk before not even messages are taken; no less than the above. Peers think a
    /// machine dead that hears nothing, so there should be room for the largest burst, a snapshot for instance.
    pub journal_backlog_bytes_max: usize,
    /// Below this length in bytes the journal is never compacted; above it, once it is more than twice the latest
    /// checkpoint.
    pub checkpoint_bytes_min: u64,
    /// How many incoming connections are open at once, those that have not yet said who they are included.
    pub connections_max: usize,
    /// How long dialling, and saying who one is, may take.
    pub handshake_max: Duration,
    /// How long to wait before dialling again, at first; doubled after every failure.
    pub backoff_min: Duration,
    /// How long to wait before dialling again, at most.
    pub backoff_max: Duration,
    /// How long a stopping host goes on while its application has something pending.
    pub drain_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            record_bytes_max: 4 << 20,
            message_bytes_max: 4 << 20,
            frame_bytes_max: 8 << 20,
            peer_queue_messages_max: 16_384,
            peer_queue_bytes_max: 32 << 20,
            inbox_messages_max: 4_096,
            inbox_bytes_max: 64 << 20,
            commands_max: 4_096,
            inputs_per_turn_max: 512,
            turn_max: Duration::from_millis(5),
            journal_queue_bytes_max: 256 << 20,
            journal_backlog_bytes_max: 1 << 30,
            checkpoint_bytes_min: 64 << 20,
            connections_max: 64,
            handshake_max: Duration::from_secs(5),
            backoff_min: Duration::from_millis(20),
            backoff_max: Duration::from_secs(1),
            drain_max: Duration::from_secs(5),
        }
    }
}

/// Why a configuration cannot be used. Nothing has been touched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The cluster's name is not 1 to 64 of the characters allowed.
    #[error("the cluster name {name:?} is not 1 to 64 of A-Z a-z 0-9 . _ -")]
    Cluster {
        /// The name.
        name: String,
    },
    /// A limit is zero, where nothing could happen at all.
    #[error("{limit} is zero")]
    Zero {
        /// The limit's name.
        limit: &'static str,
    },
    /// One limit must not be above another.
    #[error("{smaller} ({smaller_value}) is above {larger} ({larger_value})")]
    Order {
        /// The name of the limit that should be smaller.
        smaller: &'static str,
        /// Its value.
        smaller_value: u128,
        /// The name of the limit that should be larger.
        larger: &'static str,
        /// Its value.
        larger_value: u128,
    },
}

impl Config {
    /// Checks that the configuration can work.
    ///
    /// # Errors
    /// [`ConfigError`], the first reason found.
    pub fn check(&self) -> Result<(), ConfigError> {
        let name = &self.identity.cluster;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !(1..=64).contains(&name.len()) || !name.bytes().all(plain) {
            return Err(ConfigError::Cluster { name: name.clone() });
        }
        self.limits.check()
    }
}

impl Limits {
    /// Checks the limits against each other.
    ///
    /// # Errors
    /// [`ConfigError`], the first reason found.
    pub fn check(&self) -> Result<(), ConfigError> {
        let counts = [
            ("record_bytes_max", self.record_bytes_max as usize),
            ("message_bytes_max", self.message_bytes_max as usize),
            ("peer_queue_messages_max", self.peer_queue_messages_max),
            ("inbox_messages_max", self.inbox_messages_max),
            ("commands_max", self.commands_max),
            ("inputs_per_turn_max", self.inputs_per_turn_max),
            ("journal_queue_bytes_max", self.journal_queue_bytes_max),
            ("connections_max", self.connections_max),
            ("handshake_max", usize::from(!self.handshake_max.is_zero())),
            ("backoff_min", usize::from(!self.backoff_min.is_zero())),
        ];
        if let Some((limit, _)) = counts.into_iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError::Zero { limit });
        }
        let frame = ("frame_bytes_max", u128::from(self.frame_bytes_max));
        let message_framed = self.message_bytes_max as usize + frame::HEADER_BYTES;
        at_most(("record_bytes_max", u128::from(self.record_bytes_max)), frame)?;
        at_most(frame, ("inbox_bytes_max", u128::from(self.inbox_bytes_max)))?;
        at_most(("message_bytes_max", u128::from(self.message_bytes_max)), frame)?;
        at_most(
            ("message_bytes_max with its frame", message_framed as u128),
            ("peer_queue_bytes_max", self.peer_queue_bytes_max as u128),
        )?;
        at_most(
            ("journal_queue_bytes_max", self.journal_queue_bytes_max as u128),
            ("journal_backlog_bytes_max", self.journal_backlog_bytes_max as u128),
        )?;
        at_most(
            ("backoff_min in nanoseconds", self.backoff_min.as_nanos()),
            ("backoff_max in nanoseconds", self.backoff_max.as_nanos()),
        )
    }
}

fn at_most(
    (smaller, smaller_value): (&'static str, u128),
    (larger, larger_value): (&'static str, u128),
) -> Result<(), ConfigError> {
    if smaller_value > larger_value {
        return Err(ConfigError::Order { smaller, smaller_value, larger, larger_value });
    }
    Ok(())
}
