use alloc::vec::Vec;

use bytes::Bytes;
use quorate_machine::{NodeId, Tag};
use thiserror::Error;

use crate::{
    entry::Entries,
    id::{Index, LogId, Term},
    snapshot::Snapshot,
};

/// What the local caller asks for. Each command ends in exactly one event with its tag.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Command {
    /// Replicate this. Works on any node: a follower forwards it to the leader.
    Propose(Bytes),
    /// Replicate these, in this order and one after the other. One outcome for all; if it is unknown, it may be that
    /// only the first ones are committed.
    ProposeAll(Vec<Bytes>),
    /// Say when this node's application may answer a linearizable read. Works on any node.
    Read,
    /// The application's state as of `upto`, so that the log before it can go.
    Compact {
        /// The last index whose effect the snapshot includes. It must have been delivered.
        upto: Index,
        /// The snapshot in parts, each within the configured limit.
        parts: Vec<Bytes>,
    },
}

/// What the local caller is told, in the order in which it happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// These entries are committed, and on this node's disk. Apply them in order; none is ever delivered twice to
    /// one instance, and none is left out.
    Committed {
        /// The index of the first.
        first: Index,
        /// The entries.
        entries: Entries,
    },
    /// Forget the application's state and take this one, which includes everything up to `snapshot.last`.
    Restore {
        /// The state to take.
        snapshot: Snapshot,
    },
    /// The proposals of this tag are committed; the event that delivers the last of them came before.
    Proposed {
        /// The caller's tag.
        tag: Tag,
        /// Where the (last) proposal stands.
        at: LogId,
    },
    /// Everything acknowledged anywhere before this read was submitted has been delivered here: answer it now.
    Readable {
        /// The caller's tag.
        tag: Tag,
        /// The index that had to be delivered first.
        index: Index,
    },
    /// The log up to the snapshot is gone from memory and, at the next checkpoint, from disk.
    Compacted {
        /// The caller's tag.
        tag: Tag,
        /// The last entry that the snapshot covers.
        last: LogId,
    },
    /// The command had and will have no effect. Here it is back.
    Refused {
        /// The caller's tag.
        tag: Tag,
        /// The command, unchanged.
        command: Command,
        /// Why.
        refusal: Refusal,
    },
    /// The proposal may or may not be committed, now or later: its leader was lost, or did not answer in time.
    Unknown {
        /// The caller's tag.
        tag: Tag,
    },
    /// This node's role, term or leader is now this. For display and routing; no duty follows from it.
    Role {
        /// The role.
        role: Role,
        /// The term.
        term: Term,
        /// The leader of this term, if it is known.
        leader: Option<NodeId>,
    },
}

/// What a node is in its term (Raft §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Follows a leader, or waits for one.
    Follower,
    /// Asks whether an election could be won, without disturbing anyone.
    PreCandidate,
    /// Asks for votes.
    Candidate,
    /// Orders proposals.
    Leader,
}

/// Why a command was refused. The state has not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No leader is known at the moment.
    #[error("no leader is known")]
    NoLeader,
    /// Leadership was lost before the read could be confirmed, or its answer did not come in time.
    #[error("leadership could not be confirmed")]
    Unconfirmed,
    /// Another leader's entry was committed in the proposal's place.
    #[error("superseded by another leader's entry")]
    Superseded,
    /// The log or the window of outstanding commands is full; try again when something has committed.
    #[error("too much is outstanding")]
    Busy,
    /// A proposal, or a snapshot or one of its parts, is over its limit.
    #[error("{bytes} bytes exceed the limit of {max}")]
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// There is nothing to propose.
    #[error("no proposal given")]
    Empty,
    /// The snapshot covers what was not yet delivered, or less than an earlier one.
    #[error("a snapshot up to {upto} is not between the last one and {delivered}")]
    OutOfRange {
        /// The index asked for.
        upto: Index,
        /// The last index delivered.
        delivered: Index,
    },
}
