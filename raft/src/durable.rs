//! What is on disk, what follows from it, and how a node comes back (Raft §5.1, figure 2: "persistent state").

use alloc::collections::VecDeque;
use core::{
    hash::{Hash, Hasher},
    time::Duration,
};

use quorate_machine::{Aside, Clock, Durable, NodeId, OutboxOf, Rng, Tag, Ticket, Time};
use thiserror::Error;

use crate::{
    bug::Bug,
    config::{Config, ConfigError},
    entry::Entries,
    event::Event,
    id::{Index, LogId, Term},
    log::Log,
    message::Body,
    propose::Proposals,
    read::Reads,
    record::{Image, Record, RecordError},
    state::{Following, Raft, State},
    status::Counters,
};

/// What has reached the disk, and what is on its way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    unsynced: VecDeque<Unsynced>,
    votes_unsynced: usize,
    /// The last index up to which the log, as it now is, is durable.
    pub(crate) log: Index,
    /// Whether this life of the node is on record, so that no other will take its number.
    pub(crate) incarnation: bool,
    /// The highest commit index in any record issued.
    committed: Index,
}

/// A record on its way.
#[derive(Clone, Debug)]
struct Unsynced {
    ticket: Ticket,
    since: Time,
    mark: Mark,
}

/// What becomes true with a ticket.
#[derive(Clone, Debug, Hash)]
pub(crate) enum Mark {
    Incarnation,
    Vote { term: Term, vote: Option<NodeId> },
    Log(Index),
    Compacted { tag: Aside<Tag>, last: LogId },
    Installed(LogId),
}

impl Disk {
    fn expect(&mut self, ticket: Ticket, since: Time, mark: Mark) {
        self.votes_unsynced += usize::from(matches!(mark, Mark::Vote { .. }));
        self.unsynced.push_back(Unsynced { ticket, since, mark });
    }

    fn next_covered(&mut self, upto: Ticket) -> Option<Mark> {
        self.unsynced.front().filter(|unsynced| unsynced.ticket <= upto)?;
        let Unsynced { mark, .. } = self.unsynced.pop_front()?;
        self.votes_unsynced -= usize::from(matches!(mark, Mark::Vote { .. }));
        Some(mark)
    }

    /// Whether term and vote are as safe as this node may claim.
    pub(crate) const fn votes_are_durable(&self) -> bool {
        self.votes_unsynced == 0
    }

    /// Whether the disk has owed an answer for as long as this.
    pub(crate) fn is_stalled(&self, now: Time, timeout: Duration) -> bool {
        self.unsynced.front().is_some_and(|oldest| oldest.since + timeout <= now)
    }

    /// What is on its way for entries from `first` on says nothing about those that will take their place.
    pub(crate) fn on_truncated(&mut self, first: Index) {
        self.shorten(first);
        let kept = first.previous();
        for unsynced in &mut self.unsynced {
            if let Mark::Log(upto) = &mut unsynced.mark {
                *upto = (*upto).min(kept);
            }
        }
    }

    pub(crate) fn shorten(&mut self, first: Index) {
        self.log = self.log.min(first.previous());
    }

    pub(crate) fn note_commit(&mut self, committed: Index) {
        self.committed = self.committed.max(committed);
    }

    pub(crate) fn digest(&self, mut hasher: &mut dyn Hasher) {
        (self.log, self.incarnation, self.committed).hash(&mut hasher);
        for unsynced in &self.unsynced {
            unsynced.mark.hash(&mut hasher);
        }
    }
}

impl Raft {
    pub(crate) fn persist(&mut self, record: Record, mark: Mark, out: &mut OutboxOf<Self>) {
        let ticket = out.persist(record);
        self.disk.expect(ticket, self.clock.latest(), mark);
    }

    pub(crate) fn on_persisted(&mut self, now: Time, upto: Ticket, out: &mut OutboxOf<Self>) {
        if !out.has_issued(upto) {
            return;
        }
        let upto = if self.has(Bug::CountsEveryTicket) { out.issued() } else { upto };
        let mut any = false;
        while let Some(mark) = self.disk.next_covered(upto) {
            any = true;
            self.on_durable(now, mark, out);
        }
        if !any {
            return;
        }
        match &self.state {
            State::Leader(_) => {
                self.count_own_copy();
                if !self.has(Bug::CountsOnlyAnswers) {
                    self.commit_by_quorum(now, out);
                }
            }
            State::Follower(_) => self.acknowledge_owed(out),
            State::PreCandidate(_) | State::Candidate(_) => {}
        }
        self.deliver(now, out);
    }

    fn on_durable(&mut self, now: Time, mark: Mark, out: &mut OutboxOf<Self>) {
        match mark {
            Mark::Incarnation => {
                self.disk.incarnation = true;
                self.flush_soon(now);
            }
            Mark::Vote { term, vote } => self.on_vote_durable(now, term, vote, out),
            Mark::Log(upto) => self.disk.log = self.disk.log.max(upto),
            Mark::Compacted { tag, last } => out.emit(Event::Compacted { tag: *tag, last }),
            Mark::Installed(last) => self.disk.log = self.disk.log.max(last.index),
        }
    }

    fn on_vote_durable(&mut self, now: Time, term: Term, vote: Option<NodeId>, out: &mut OutboxOf<Self>) {
        if term != self.term {
            return;
        }
        match vote {
            Some(candidate) if candidate == self.config.id => self.on_stood(now, out),
            Some(candidate) if !self.has(Bug::VoteBeforeDurable) => {
                self.send(candidate, Body::Voted { granted: true }, out);
            }
            _ => {}
        }
    }

    /// The first `Wake` of this life: it goes on record, and the application is told what is known.
    pub(crate) fn start(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        self.started = true;
        self.incarnation = self.incarnation.saturating_add(1);
        self.persist(Record::Incarnation(self.incarnation), Mark::Incarnation, out);
        self.deliver(now, out);
    }
}

/// Why a node cannot be brought up. Nothing was made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// The configuration is unusable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A record does not follow from those before it.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The application claims to have applied more than the log holds: its disk and the journal do not belong
    /// together, or the journal has lost what was acknowledged.
    #[error("the application has applied up to {applied}, the log ends at {last}")]
    AppliedBeyondLog {
        /// What the application claims.
        applied: Index,
        /// Where the log ends.
        last: Index,
    },
    /// The log holds an entry of a later term than the node has seen.
    #[error("the log ends in term {found}, the node's term is {term}")]
    LogAheadOfTerm {
        /// The node's term.
        term: Term,
        /// The last entry's.
        found: Term,
    },
}

impl Durable for Raft {
    type Config = Config;
    type Image = Image;
    type Error = RecoverError;

    fn absorb(image: &mut Image, record: Record) -> Result<(), RecoverError> {
        Ok(image.absorb(record)?)
    }

    fn recover(config: Config, image: Image, seed: u64, now: Time) -> Result<Self, RecoverError> {
        config.validate()?;
        let log = Log::new(image.base, image.entries);
        let (last, applied) = (log.last(), config.applied);
        if applied > last.index {
            return Err(RecoverError::AppliedBeyondLog { applied, last: last.index });
        }
        if last.term > image.term {
            return Err(RecoverError::LogAheadOfTerm { term: image.term, found: last.term });
        }
        let hint = image.committed.min(last.index);
        let mut raft = Self {
            rng: Rng::new(seed),
            clock: Clock::starting(now),
            incarnation: image.incarnation,
            started: false,
            term: image.term,
            vote: image.vote,
            snapshot: image.snapshot,
            partial: image.partial,
            disk: Disk { log: last.index, committed: image.committed, ..Disk::default() },
            committed: hint.max(applied),
            delivered: applied,
            state: State::Follower(Following::default()),
            leader: None,
            heard_at: None,
            election_at: now,
            patience: config.election_timeout,
            own_slot: config.voters.slot_of(config.id).unwrap_or_default(),
            flush_at: Some(now),
            proposals: Proposals::default(),
            reads: Reads::default(),
            batch: Aside::new((Index::ZERO, Entries::new())),
            counters: Aside::new(Counters::default()),
            log,
            config,
        };
        raft.redraw_election(now);
        Ok(raft)
    }

    fn checkpoint(&self, record: &mut dyn FnMut(Record)) {
        record(Record::Incarnation(self.incarnation));
        record(Record::Vote { term: self.term, vote: self.vote });
        self.checkpoint_snapshot(record);
        self.checkpoint_log(record);
        self.checkpoint_partial(record);
    }
}

impl Raft {
    fn checkpoint_log(&self, record: &mut dyn FnMut(Record)) {
        let committed = self.disk.committed;
        let last = self.recorded();
        let mut first = self.log.base().index.next();
        while first <= last {
            let bytes_max = self.config.entries_bytes_max();
            let entries = self.log.slice(first, last, self.config.batch_entries_max, bytes_max);
            let next = first.plus(entries.len() as u64);
            record(Record::Append { first, entries, committed });
            first = next;
        }
        if last == self.log.base().index && committed > Index::ZERO {
            record(Record::Append { first, entries: Entries::new(), committed });
        }
    }

    /// The last index for which a record was issued: all of it but a leader's latest proposals.
    fn recorded(&self) -> Index {
        self.leading().map_or(self.log.last_index(), |leading| leading.recorded)
    }
}
