use alloc::{sync::Arc, vec::Vec};

use bytes::Bytes;
use quorate_machine::{NodeId, Tag};
use thiserror::Error;

use super::entry::{Entry, Origin, Snapshot};
use crate::{Dot, VClock};

/// What the local caller asks for. Each command ends in exactly one event with its tag.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Command {
    /// Deliver this everywhere, after whatever has been delivered here.
    Broadcast(Bytes),
    /// Make the node a member.
    Admit(NodeId),
    /// Make the node no member any more, for good or until it is admitted again.
    Remove(NodeId),
    /// The application's state, so that what it includes need not be kept.
    Compact {
        /// What it includes: the `delivered` of the last event that it has seen.
        cut: VClock<Origin>,
        /// The state.
        state: Bytes,
    },
}

/// What the local caller is told, in the order in which it happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// These messages are on this node's disk, and so is all that led to them. Each is delivered once to each instance.
    Delivered {
        /// The application's messages, in causal order.
        entries: Vec<Arc<Entry>>,
        /// Everything delivered so far, these included.
        delivered: VClock<Origin>,
    },
    /// Forget the application's state and take this one.
    Restored {
        /// The state, and what it includes.
        snapshot: Arc<Snapshot>,
    },
    /// Who is a member has changed, by what was delivered.
    Members {
        /// The members, by id.
        members: Vec<NodeId>,
    },
    /// Every member has this on disk: nothing concurrent with it is still to come from any of them.
    Stable {
        /// What is stable.
        clock: VClock<Origin>,
    },
    /// The broadcast, admission or removal is on this node's disk and on its way: it will be delivered everywhere.
    Done {
        /// The caller's tag.
        tag: Tag,
        /// Its name.
        dot: Dot<Origin>,
    },
    /// The snapshot is on this node's disk.
    Compacted {
        /// The caller's tag.
        tag: Tag,
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
    /// Others have seen messages of this very origin that it does not know: its disk was rolled back, or another node uses
    /// its name and birth. It refuses to send until it is started with nothing, under a new birth.
    Impostor {
        /// What others have seen of it.
        seen: Dot<Origin>,
    },
}

/// Why a command is refused. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// This node is not a member, or not yet.
    #[error("this node is no member")]
    NotMember,
    /// The payload or the state is longer than the limit.
    #[error("{bytes} bytes, but at most {max}")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// So many messages of this node are not stable yet; a member is slow or down.
    #[error("the window of {max} unstable messages is used up")]
    Window {
        /// The limit.
        max: u64,
    },
    /// The store is full; the application must compact, or a member is slow or down.
    #[error("the store is full")]
    Full,
    /// There are as many members as there may be.
    #[error("there are {max} members already")]
    TooManyMembers {
        /// The limit.
        max: usize,
    },
    /// The clock has as many origins as it may have.
    #[error("the clock names {max} origins already")]
    TooManyOrigins {
        /// The limit.
        max: usize,
    },
    /// What the state is said to include is not what was delivered up to some event, or is less than the last snapshot.
    #[error("the snapshot is of no cut that could be compacted to")]
    NotACut,
    /// Another snapshot is on its way to the disk.
    #[error("another snapshot is being written")]
    Busy,
    /// This node's name is in use elsewhere, or its disk was rolled back.
    #[error("others have seen messages of this node that it does not know")]
    Impostor,
    /// The last counter is used up.
    #[error("the last counter is used up")]
    Overflow,
}
