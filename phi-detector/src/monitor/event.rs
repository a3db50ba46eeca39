use core::time::Duration;

use quorate_machine::{NodeId, Tag};
use thiserror::Error;

use crate::Stamp;

/// What the local caller asks for. Each ends in one [`Event::Done`] or [`Event::Refused`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Watches a peer, or watches it in another way than before. Who was not heard yet is waited for from now on, as long as
    /// the model assumes.
    Watch {
        /// Whom.
        peer: NodeId,
        /// What for.
        duty: Duty,
    },
    /// Watches it no longer: no event will be about it.
    Forget {
        /// Whom.
        peer: NodeId,
    },
    /// A sign of life has come in another way than by this machine: with a message of another protocol, or passed on by somebody.
    Heard {
        /// Of whom.
        peer: NodeId,
        /// Which heartbeat it was, if it was one that is numbered.
        stamp: Option<Stamp>,
    },
    /// The whole node was paused until now, and did not hear anybody. Where a [`stall`](super::Config::stall) is set, a pause is
    /// found out without this, and counts once more with it.
    Paused {
        /// For how long.
        span: Duration,
    },
}

/// What a peer is watched for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Duty {
    /// It is sent heartbeats, and its heartbeats are waited for.
    #[default]
    Both,
    /// Its heartbeats are waited for.
    Hear,
    /// It is sent heartbeats.
    Beat,
}

impl Duty {
    pub(super) const fn hears(self) -> bool {
        matches!(self, Self::Both | Self::Hear)
    }

    pub(super) const fn beats(self) -> bool {
        matches!(self, Self::Both | Self::Beat)
    }
}

/// What the local caller is told. Of one peer, after levels 0, 1 and so on have been reached comes that it is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// φ of the peer's silence has reached a level.
    Reached {
        /// Whose.
        peer: NodeId,
        /// Which level, counted from 0.
        level: u8,
        /// After which silence it was reached, but for pauses of this node.
        silence: Duration,
    },
    /// A peer that had reached a level was heard.
    Trusted {
        /// Who.
        peer: NodeId,
        /// The highest level that it had reached.
        level: u8,
        /// How long its silence was, but for pauses of this node.
        silence: Duration,
    },
    /// A peer was heard in a new life: what it knew may be lost, and what was learned of it is forgotten.
    Restarted {
        /// Who.
        peer: NodeId,
        /// Which life it is in.
        generation: u64,
    },
    /// This node itself seems to have been paused: it did something so much later than it had asked for.
    Stalled {
        /// How much later.
        late: Duration,
    },
    /// What was asked for is done.
    Done {
        /// The caller's name for the command.
        tag: Tag,
    },
    /// A command was refused, and nothing has changed.
    Refused {
        /// The caller's name for the command.
        tag: Tag,
        /// The command.
        command: Command,
        /// Why.
        refusal: Refusal,
    },
}

/// Why a command is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A node does not watch itself.
    #[error("a node does not watch itself")]
    Own,
    /// So many peers are watched already.
    #[error("{max} peers are watched already")]
    TooMany {
        /// How many can be.
        max: usize,
    },
    /// The peer is not watched.
    #[error("{peer} is not watched")]
    NotWatched {
        /// Who.
        peer: NodeId,
    },
    /// The peer is sent heartbeats, and nothing is expected of it.
    #[error("nothing is expected of {peer}")]
    NotHeard {
        /// Who.
        peer: NodeId,
    },
    /// The node has not run for so long without a pause.
    #[error("a pause of {span:?}, in {max:?}")]
    TooLong {
        /// How long the pause was to be.
        span: Duration,
        /// How long the node has run, but for pauses.
        max: Duration,
    },
}
