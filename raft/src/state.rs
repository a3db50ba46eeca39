use alloc::{collections::VecDeque, vec::Vec};
use core::time::Duration;

use bytes::Bytes;
use quorate_machine::{Aside, Clock, NodeId, OutboxOf, Rng, Time};
use quorate_quorum::Tally;

use crate::{
    bug::{Bug, in_hash_order},
    config::Config,
    durable::Disk,
    entry::Entries,
    event::{Event, Role},
    id::{Index, LogId, Term},
    log::Log,
    message::{Body, Message},
    progress::Progress,
    propose::Proposals,
    read::{Reads, Rounds},
    snapshot::Snapshot,
    status::Counters,
};

/// One node of a Raft cluster: a replicated log as a [`Machine`](quorate_machine::Machine).
///
/// Made by [`Durable::recover`](quorate_machine::Durable::recover), from [`Image::default`](crate::Image) for a node
/// that has never run. The [crate page](crate) shows a cluster at work.
#[derive(Clone, Debug)]
pub struct Raft {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) rng: Rng,
    /// This node's place among the voters.
    pub(crate) own_slot: usize,
    /// Which of its lives this node is in; the last one's number until the first `Wake`.
    pub(crate) incarnation: u64,
    pub(crate) started: bool,

    pub(crate) term: Term,
    pub(crate) vote: Option<NodeId>,
    pub(crate) log: Log,
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) partial: Option<(LogId, Vec<Bytes>)>,
    pub(crate) disk: Disk,

    pub(crate) committed: Index,
    pub(crate) delivered: Index,

    pub(crate) state: State,
    pub(crate) leader: Option<NodeId>,
    pub(crate) heard_at: Option<Time>,
    pub(crate) election_at: Time,
    /// How long this node waits for a leader, until it has waited in vain.
    pub(crate) patience: Duration,
    /// When the things gathered since the last flush go out; `None` if there are none.
    pub(crate) flush_at: Option<Time>,

    pub(crate) proposals: Proposals,
    pub(crate) reads: Reads,

    /// The latest batch of entries with its first index, shared by whoever needs just these.
    pub(crate) batch: Aside<(Index, Entries)>,
    pub(crate) counters: Aside<Counters>,
}

/// What a node keeps only in its role.
#[derive(Clone, Debug)]
pub(crate) enum State {
    Follower(Following),
    PreCandidate(Tally),
    Candidate(Tally),
    Leader(Leading),
}

/// What a follower knows of its leader. Begins anew with every term.
#[derive(Clone, Debug, Default)]
pub(crate) struct Following {
    /// The last index up to which the log is known to be the leader's own.
    pub(crate) verified: Index,
    /// The latest round of leadership confirmation heard of.
    pub(crate) round: u64,
    /// Whether an acknowledgement waits for the disk.
    pub(crate) owes_ack: bool,
}

/// What a leader knows of its followers. Begins anew with every leadership.
#[derive(Clone, Debug)]
pub(crate) struct Leading {
    /// By slot among the voters; the leader's own place stays empty but for what the disk says.
    pub(crate) peers: Vec<Progress>,
    /// This leader's first entry: what it commits of its own term.
    pub(crate) noop: Index,
    /// The last index for which a record was issued.
    pub(crate) recorded: Index,
    pub(crate) heartbeat_at: Time,
    pub(crate) rounds: Rounds,
}

impl Raft {
    /// This node's role in its term.
    pub fn role(&self) -> Role {
        match &self.state {
            State::Follower(_) => Role::Follower,
            State::PreCandidate(_) => Role::PreCandidate,
            State::Candidate(_) => Role::Candidate,
            State::Leader(_) => Role::Leader,
        }
    }

    pub(crate) fn peers(&self) -> impl Iterator<Item = NodeId> + use<> {
        let id = self.config.id;
        let ids: Vec<NodeId> = self.config.voters.ids().to_vec();
        let ids = if self.has(Bug::OrderLeaks) { in_hash_order(ids) } else { ids };
        ids.into_iter().filter(move |peer| *peer != id)
    }

    pub(crate) fn send(&self, to: NodeId, body: Body, out: &mut OutboxOf<Self>) {
        out.send(to, Message { term: self.term, body });
    }

    /// Asks to be woken at once, when the driver has no more input: what comes until then goes out together.
    pub(crate) fn flush_soon(&mut self, now: Time) {
        self.flush_at = Some(self.flush_at.map_or(now, |at| at.min(now)));
    }

    /// Draws a new timeout, so that two nodes rarely ask at the same time (Raft §5.2).
    pub(crate) fn redraw_election(&mut self, now: Time) {
        let timeout = self.config.election_timeout;
        if !self.has(Bug::TimeoutDrawnOnce) || self.patience == timeout {
            self.patience = self.rng.span(timeout..timeout.saturating_mul(2));
        }
        self.reset_election(now);
    }

    pub(crate) fn reset_election(&mut self, now: Time) {
        self.election_at = now + self.patience;
    }

    /// Whether a leader was heard of within the shortest election timeout (thesis §4.2.3).
    pub(crate) fn hears_leader(&self, now: Time) -> bool {
        let recent = |at: Time| now.since(at) < self.config.election_timeout;
        matches!(self.state, State::Leader(_)) || (self.leader.is_some() && self.heard_at.is_some_and(recent))
    }

    pub(crate) fn emit_role(&self, out: &mut OutboxOf<Self>) {
        out.emit(Event::Role { role: self.role(), term: self.term, leader: self.leader });
    }

    /// How many commands wait for their outcome on this node.
    pub(crate) fn outstanding(&self) -> usize {
        self.proposals.len() + self.reads.len()
    }

    pub(crate) fn is_due(since: Time, timeout: Duration, now: Time) -> bool {
        since + timeout <= now
    }

    /// An entry of the log's steady state: `batch` holds exactly these entries, so they are shared.
    pub(crate) fn shared(&self, first: Index, last: Index) -> Option<Entries> {
        let (start, entries) = &*self.batch;
        let whole = *start == first && !entries.is_empty() && first.plus(entries.len() as u64) == last.next();
        whole.then(|| entries.clone())
    }

    /// Remembers a batch that others will want. A single entry is as cheap to copy from the log.
    pub(crate) fn share(&mut self, first: Index, entries: &Entries) {
        if entries.len() > 1 {
            *self.batch = (first, entries.clone());
        }
    }

    pub(crate) fn unshare(&mut self) {
        *self.batch = (Index::ZERO, Entries::new());
    }

    pub(crate) fn check(&self) {
        debug_assert!(self.delivered <= self.committed, "delivered what is not committed");
        debug_assert!(self.committed <= self.log.last_index(), "committed beyond the log");
        debug_assert!(self.disk.log <= self.log.last_index(), "durable beyond the log");
        debug_assert!(self.log.last().term <= self.term, "an entry of a future term");
        debug_assert!(self.are_next_above_matched(), "the next entry to send is one that has arrived");
    }

    fn are_next_above_matched(&self) -> bool {
        let peers = self.leading().into_iter().flat_map(|leading| leading.peers.iter().enumerate());
        peers.filter(|(slot, _)| *slot != self.own_slot).all(|(_, peer)| peer.matched < peer.next)
    }
}

/// Since when the oldest of a queue waits; [`Time::MAX`] if it is empty.
pub(crate) fn oldest<T>(queue: &VecDeque<T>, since: impl Fn(&T) -> Time) -> Time {
    queue.front().map_or(Time::MAX, since)
}
