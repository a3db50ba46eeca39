use quorate_machine::NodeId;

use crate::{
    event::Role,
    id::{Index, LogId, Term},
    state::Raft,
};

/// What a node knows of itself, for display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// This node.
    pub id: NodeId,
    /// Its role.
    pub role: Role,
    /// Its term.
    pub term: Term,
    /// The leader of the term, if known.
    pub leader: Option<NodeId>,
    /// The last index known to be committed.
    pub committed: Index,
    /// The last index handed to the application.
    pub delivered: Index,
    /// The first index that the log still holds.
    pub first: Index,
    /// The last entry of the log.
    pub last: LogId,
    /// The last index of the log that is on disk.
    pub durable: Index,
    /// An upper bound of the log's size in memory, in bytes.
    pub log_bytes: usize,
    /// The last entry that the snapshot covers.
    pub snapshot: LogId,
    /// How many commands wait for their outcome.
    pub outstanding: usize,
    /// What happened so far.
    pub counters: Counters,
}

/// How often something happened in the life of this instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Elections this node asked for.
    pub elections: u64,
    /// Elections it won.
    pub leaderships: u64,
    /// Times it stepped down because no quorum, or not its own disk, answered.
    pub abdications: u64,
    /// Messages from nodes that do not vote.
    pub strangers: u64,
    /// Messages of an older term.
    pub stale: u64,
    /// Messages that no correct peer sends.
    pub nonsense: u64,
    /// Requests for a vote ignored because a leader is alive.
    pub sticky: u64,
    /// Appends that did not fit this node's log, or that a follower refused.
    pub rejections: u64,
    /// Conflicting log suffixes removed.
    pub truncations: u64,
    /// Snapshots installed.
    pub installs: u64,
    /// Forwarded batches that had arrived before.
    pub repeated_forwards: u64,
    /// Appends ignored because the log is full.
    pub full: u64,
}

impl Raft {
    /// What this node knows of itself.
    pub fn status(&self) -> Status {
        Status {
            id: self.config.id,
            role: self.role(),
            term: self.term,
            leader: self.leader,
            committed: self.committed,
            delivered: self.delivered,
            first: self.log.base().index.next(),
            last: self.log.last(),
            durable: self.disk.log,
            log_bytes: self.log.bytes(),
            snapshot: self.snapshot.as_ref().map_or(LogId::ZERO, |snapshot| snapshot.last),
            outstanding: self.outstanding(),
            counters: *self.counters,
        }
    }

    /// The entries that the log holds, each with its index.
    pub fn entries(&self) -> impl Iterator<Item = (Index, &crate::Entry)> {
        let first = self.log.base().index.next();
        self.log.entries().iter().enumerate().map(move |(nth, entry)| (first.plus(nth as u64), entry))
    }

    /// The term of the entry at `index`, if the log still knows it.
    pub fn term_at(&self, index: Index) -> Option<Term> {
        self.log.term_at(index)
    }
}
