use quorate_machine::{NodeId, Tag};
use quorate_raft::{Role, Term};
use thiserror::Error;

use crate::{operation::Operation, query::Query, reply::Reply, store::ImageError};

/// What the local caller asks for. Each command ends in exactly one [`Event::Answered`] or [`Event::Failed`] with its
/// tag. `at_ms` is the caller's wall clock in milliseconds since the Unix epoch; it anchors the clock by which keys
/// end while nobody writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Apply these operations, one after the other, with nothing between them.
    Write {
        /// The time.
        at_ms: u64,
        /// The operations.
        operations: Vec<Operation>,
    },
    /// Answer these queries, all from one state, which includes everything acknowledged before.
    Read {
        /// The time.
        at_ms: u64,
        /// The queries.
        queries: Vec<Query>,
    },
    /// Nothing but the time.
    Clock {
        /// The time.
        at_ms: u64,
    },
}

/// What the local caller is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The command was carried out.
    Answered {
        /// The command's tag.
        tag: Tag,
        /// A reply to each operation or query, in order.
        replies: Vec<Reply>,
    },
    /// The command was not carried out, or it is not known whether it was.
    Failed {
        /// The command's tag.
        tag: Tag,
        /// Why.
        failure: Failure,
    },
    /// This node's role, term or leader is now this. For display; no duty follows from it.
    Role {
        /// The role.
        role: Role,
        /// The term.
        term: Term,
        /// The leader of this term, if it is known.
        leader: Option<NodeId>,
    },
    /// This node was given a snapshot that it cannot read, by its disk or by the leader. It takes no further part;
    /// stop it.
    Broken {
        /// What is wrong with the snapshot.
        error: ImageError,
    },
}

/// Why a command has no reply. What it displays is the error line that clients get.
///
/// All but [`Failure::Unknown`] mean that the command had and will have no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Failure {
    /// The write may or may not have happened, or may happen later.
    #[error("UNKNOWN the outcome is unknown: the write may or may not have happened")]
    Unknown,
    /// No leader was known for as long as commands wait.
    #[error("CLUSTERDOWN no leader is known; the command had no effect")]
    NoLeader,
    /// Too many commands wait.
    #[error("BUSY too many commands are outstanding; the command had no effect, try again")]
    Busy,
    /// The operations are too long for one log entry.
    #[error("ERR the command takes {bytes} bytes, the limit is {max}")]
    TooLarge {
        /// How long they are.
        bytes: usize,
        /// How long they may be.
        max: usize,
    },
    /// This node is of no more use.
    #[error("ERR this node cannot read the snapshot it was given and has to be replaced")]
    Broken,
}
