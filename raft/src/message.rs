use alloc::sync::Arc;

use bytes::Bytes;

use crate::{
    entry::Entries,
    id::{Index, LogId, Term},
};

/// What nodes say to each other. Every message carries its sender's term: a higher one makes the receiver a
/// follower, a lower one is stale (Raft §5.1).
#[derive(Clone, Debug, PartialEq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Message {
    /// The sender's term.
    pub term: Term,
    /// What it says.
    pub body: Body,
}

/// The kinds of message. Requests are named by intent, answers in the past tense.
#[derive(Clone, Debug, PartialEq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Body {
    /// "Would you vote for me in the next term?" (thesis §9.6)
    PreVote {
        /// The last entry of the asker's log.
        last: LogId,
    },
    /// The answer to [`Body::PreVote`]. Promises nothing.
    PreVoted {
        /// The term that was asked about.
        campaign: Term,
        /// Whether the vote would be given.
        granted: bool,
    },
    /// "Vote for me in this term." (Raft §5.2)
    Vote {
        /// The last entry of the candidate's log.
        last: LogId,
    },
    /// The answer to [`Body::Vote`].
    Voted {
        /// Whether the vote is given; if so, it is on disk.
        granted: bool,
    },
    /// The leader's log from `prev` on; empty as a heartbeat (Raft §5.3).
    Append {
        /// The entry before the first one carried.
        prev: LogId,
        /// What follows it.
        entries: Entries,
        /// The leader's commit index.
        committed: Index,
        /// The round of leadership confirmation that the answer will count for.
        round: u64,
    },
    /// The log equals the leader's up to `matched`, and is on disk up to there.
    Appended {
        /// The last index that matches and is durable.
        matched: Index,
        /// The latest round heard of.
        round: u64,
    },
    /// The log does not hold `prev`.
    Rejected {
        /// The index of the entry that was missing.
        prev: Index,
        /// The last entry that may match: none after it can.
        hint: LogId,
        /// The latest round heard of.
        round: u64,
    },
    /// The commit index has moved, and there is nothing else to say. Not answered.
    Commit {
        /// The leader's commit index.
        committed: Index,
    },
    /// A part of the leader's snapshot, for a log that ends before the leader's begins (Raft §7).
    Snapshot {
        /// The last entry that the snapshot covers.
        last: LogId,
        /// Which part this is, from 0.
        part: u32,
        /// How many there are.
        parts: u32,
        /// Its bytes.
        bytes: Bytes,
        /// The round of leadership confirmation that the answer will count for.
        round: u64,
    },
    /// How far a snapshot has come.
    Received {
        /// Which snapshot.
        last: LogId,
        /// How many of its parts, counted from the first, have arrived.
        parts: u32,
        /// The latest round heard of.
        round: u64,
    },
    /// Proposals made at a follower, for the leader of this term and no other: if it has appended them once, it
    /// never does so again.
    Forward {
        /// The follower's incarnation: which of its lives the sequence belongs to.
        incarnation: u64,
        /// The place of this batch in the follower's sequence.
        sequence: u64,
        /// The proposals.
        payloads: Arc<[Bytes]>,
    },
    /// Where the leader has put a batch of forwarded proposals.
    Forwarded {
        /// As in the request.
        incarnation: u64,
        /// As in the request.
        sequence: u64,
        /// The index of the first one; `None` if the leader had no room and none of them is in its log.
        first: Option<Index>,
    },
    /// "From which index on may I answer reads?" (thesis §6.4)
    AskRead {
        /// The follower's incarnation.
        incarnation: u64,
        /// The place of this question in the follower's sequence.
        sequence: u64,
    },
    /// The leader was confirmed after the question was asked; reads may be answered from this index on.
    AnsweredRead {
        /// As in the question.
        incarnation: u64,
        /// As in the question.
        sequence: u64,
        /// Everything acknowledged before the question is at or below it.
        index: Index,
    },
    /// "My term is higher than yours." Sent to a peer that lives in the past.
    Nudge,
}

impl Message {
    /// An upper bound of a message's encoded size in bytes, besides its entries, payloads or snapshot part.
    pub const OVERHEAD_BYTES: usize = 128;

    /// An upper bound of the message's encoded size, in bytes.
    pub fn bytes_bound(&self) -> usize {
        Self::OVERHEAD_BYTES
            + match &self.body {
                Body::Append { entries, .. } => entries.bytes_bound(),
                Body::Snapshot { bytes, .. } => bytes.len(),
                Body::Forward { payloads, .. } => payloads.iter().map(forwarded_bound).sum(),
                Body::PreVote { .. }
                | Body::PreVoted { .. }
                | Body::Vote { .. }
                | Body::Voted { .. }
                | Body::Appended { .. }
                | Body::Rejected { .. }
                | Body::Commit { .. }
                | Body::Received { .. }
                | Body::Forwarded { .. }
                | Body::AskRead { .. }
                | Body::AnsweredRead { .. }
                | Body::Nudge => 0,
            }
    }
}

/// An upper bound of what one forwarded proposal takes, in bytes: its length prefix and itself.
pub(crate) fn forwarded_bound(payload: &Bytes) -> usize {
    payload.len() + 10
}
