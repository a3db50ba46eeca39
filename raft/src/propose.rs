//! Proposals and what becomes of them: each ends as proposed, refused or unknown.

use alloc::{collections::VecDeque, vec::Vec};
use core::hash::{Hash, Hasher};

use bytes::Bytes;
use quorate_machine::{OutboxOf, Tag, Time};

use crate::{
    bug::Bug,
    config::Config,
    entry::{Entry, Payload},
    event::{Command, Event, Refusal},
    forward::Forwards,
    id::{Index, LogId},
    message::forwarded_bound,
    state::{Raft, State, oldest},
};

/// The proposals that wait for their outcome on this node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proposals {
    /// Those for which no leader is known, or which go to it at the next flush.
    pub(crate) queued: VecDeque<Queued>,
    pub(crate) queued_bytes: usize,
    /// Those that are on their way to a leader.
    pub(crate) forwards: Forwards,
    /// Those of which it is known where in the log they stand, by index.
    pub(crate) placed: VecDeque<Placed>,
}

/// What the caller asked for under one tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Asked {
    One(Bytes),
    All(Vec<Bytes>),
}

#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) tag: Tag,
    pub(crate) asked: Asked,
    pub(crate) since: Time,
}

#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) tag: Tag,
    /// Where the last one stands.
    pub(crate) at: LogId,
    pub(crate) count: u64,
    /// How the caller asked: as a list or by itself.
    pub(crate) listed: bool,
    /// What was asked for, once the log does not hold it any more.
    removed: Vec<Bytes>,
    since: Time,
}

impl Asked {
    pub(crate) fn payloads(&self) -> &[Bytes] {
        match self {
            Self::One(payload) => core::slice::from_ref(payload),
            Self::All(payloads) => payloads,
        }
    }

    pub(crate) fn bytes_bound(&self) -> usize {
        self.payloads().iter().map(|payload| forwarded_bound(payload) + Entry::OVERHEAD_BYTES).sum()
    }

    pub(crate) fn into_command(self) -> Command {
        match self {
            Self::One(payload) => Command::Propose(payload),
            Self::All(payloads) => Command::ProposeAll(payloads),
        }
    }

    fn check(&self, config: &Config) -> Result<(), Refusal> {
        let payloads = self.payloads();
        if payloads.is_empty() {
            return Err(Refusal::Empty);
        }
        let max = config.proposal_bytes_max;
        if let Some(bytes) = payloads.iter().map(Bytes::len).find(|bytes| *bytes > max) {
            return Err(Refusal::TooLarge { bytes, max });
        }
        let (bytes, max) = (self.bytes_bound(), config.entries_bytes_max());
        if bytes > max { Err(Refusal::TooLarge { bytes, max }) } else { Ok(()) }
    }
}

impl Placed {
    pub(crate) fn new(tag: Tag, at: LogId, asked_for: (u64, bool), since: Time) -> Self {
        let (count, listed) = asked_for;
        Self { tag, at, count, listed, removed: Vec::new(), since }
    }

    fn first(&self) -> Index {
        Index(self.at.index.0.saturating_sub(self.count)).next()
    }

    fn into_command(mut self) -> Option<Command> {
        if self.removed.len() as u64 != self.count {
            return None;
        }
        if self.listed {
            return Some(Command::ProposeAll(self.removed));
        }
        self.removed.pop().map(Command::Propose)
    }
}

impl Proposals {
    pub(crate) fn len(&self) -> usize {
        self.queued.len() + self.forwards.len() + self.placed.len()
    }

    pub(crate) fn oldest(&self) -> Time {
        let queued = oldest(&self.queued, |queued| queued.since);
        let placed = oldest(&self.placed, |placed| placed.since);
        queued.min(placed).min(self.forwards.oldest())
    }

    /// Keeps the payloads of removed entries: if another leader's entry is committed in their place, the caller gets
    /// them back.
    pub(crate) fn on_truncated(&mut self, first: Index, removed: &VecDeque<Entry>) {
        for placed in self.placed.iter_mut().rev().take_while(|placed| placed.at.index >= first) {
            let begin = placed.first();
            let lost = removed.iter().enumerate().filter(|(nth, entry)| {
                let index = first.plus(*nth as u64);
                begin <= index && index <= placed.at.index && entry.term == placed.at.term
            });
            let payloads: Vec<Bytes> = lost.filter_map(|(_, entry)| entry.payload.data().cloned()).collect();
            placed.removed.splice(0..0, payloads);
        }
    }

    /// Files a proposal under its place. They come in the order of the log but for answers that overtake each other.
    pub(crate) fn place(&mut self, placed: Placed) {
        let after = self.placed.iter().rev().take_while(|other| other.at.index > placed.at.index).count();
        self.placed.insert(self.placed.len() - after, placed);
    }

    pub(crate) fn digest(&self, mut hasher: &mut dyn Hasher) {
        for queued in &self.queued {
            queued.asked.hash(&mut hasher);
        }
        for placed in &self.placed {
            (placed.at, placed.count, &placed.removed).hash(&mut hasher);
        }
        self.forwards.digest(hasher);
    }
}

impl Raft {
    /// Replicates `payload`. The outcome is an event with this tag.
    ///
    /// # Errors
    /// When it is too large, or too much is outstanding. The state has not changed, and the command comes back.
    pub fn propose(&mut self, now: Time, tag: Tag, payload: Bytes) -> Result<(), (Command, Refusal)> {
        self.accept_proposal(now, tag, Asked::One(payload))
    }

    /// Replicates `payloads` in this order and without others between them. One outcome for all.
    ///
    /// # Errors
    /// When they are none or too large together, or too much is outstanding. The state has not changed, and the
    /// command comes back.
    pub fn propose_all(
        &mut self,
        now: Time,
        tag: Tag,
        payloads: Vec<Bytes>,
    ) -> Result<(), (Command, Refusal)> {
        self.accept_proposal(now, tag, Asked::All(payloads))
    }

    fn accept_proposal(&mut self, now: Time, tag: Tag, asked: Asked) -> Result<(), (Command, Refusal)> {
        let bytes = asked.bytes_bound();
        if let Err(refusal) = asked.check(&self.config).and_then(|()| self.has_room_for(bytes)) {
            return Err((asked.into_command(), refusal));
        }
        if matches!(self.state, State::Leader(_)) {
            self.append_own(now, tag, asked);
        } else {
            self.proposals.queued_bytes += bytes;
            self.proposals.queued.push_back(Queued { tag, asked, since: now });
        }
        self.flush_soon(now);
        Ok(())
    }

    pub(crate) fn has_room_for(&self, bytes: usize) -> Result<(), Refusal> {
        let held = self.log.bytes() + self.proposals.queued_bytes;
        let full = held.saturating_add(bytes) > self.config.log_bytes_max;
        if full || self.outstanding() >= self.config.outstanding_max { Err(Refusal::Busy) } else { Ok(()) }
    }

    fn append_own(&mut self, since: Time, tag: Tag, asked: Asked) {
        let (count, listed) = match asked {
            Asked::One(payload) => {
                self.append_payload(payload);
                (1, false)
            }
            Asked::All(payloads) => {
                let count = payloads.len() as u64;
                for payload in payloads {
                    self.append_payload(payload);
                }
                (count, true)
            }
        };
        let at = LogId { term: self.term, index: self.log.last_index() };
        self.proposals.placed.push_back(Placed::new(tag, at, (count, listed), since));
    }

    pub(crate) fn append_payload(&mut self, payload: Bytes) {
        self.log.push(Entry { term: self.term, payload: Payload::Data(payload) });
    }

    /// What waited for a leader goes into the own log or to the leader; without one it goes on waiting.
    pub(crate) fn place_queued(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if self.proposals.queued.is_empty() {
            return;
        }
        match self.leader {
            Some(leader) if leader == self.config.id => {
                self.proposals.queued_bytes = 0;
                while let Some(queued) = self.proposals.queued.pop_front() {
                    self.append_own(queued.since, queued.tag, queued.asked);
                }
            }
            Some(leader) if self.disk.incarnation => self.forward_queued(now, leader, out),
            _ => {}
        }
    }

    /// The outcome of every proposal that stands where the application has got to.
    pub(crate) fn settle_proposals(&mut self, out: &mut OutboxOf<Self>) {
        while self.proposals.placed.front().is_some_and(|placed| placed.at.index <= self.delivered) {
            if let Some(placed) = self.proposals.placed.pop_front() {
                self.settle(placed, out);
            }
        }
    }

    pub(crate) fn settle(&self, placed: Placed, out: &mut OutboxOf<Self>) {
        let (tag, at) = (placed.tag, placed.at);
        let there = self.settled_term(at.index);
        if there == Some(at.term) || (there.is_some() && self.has(Bug::SettlesByIndex)) {
            return out.emit(Event::Proposed { tag, at });
        }
        // Of several entries the first ones may be committed though the last is not. Of those that only a snapshot
        // covers, nothing is known.
        let none = self.settled_term(placed.first()).is_some_and(|term| term != at.term);
        match placed.into_command().filter(|_| none) {
            Some(command) => out.emit(Event::Refused { tag, command, refusal: Refusal::Superseded }),
            None => out.emit(Event::Unknown { tag }),
        }
    }

    /// Ends the wait of those commands whose time is up.
    pub(crate) fn expire(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        let timeout = self.config.outcome_timeout;
        while let Some(queued) =
            self.proposals.queued.pop_front_if_due(|q| Self::is_due(q.since, timeout, now))
        {
            self.proposals.queued_bytes -= queued.asked.bytes_bound();
            let command = queued.asked.into_command();
            out.emit(Event::Refused { tag: queued.tag, command, refusal: Refusal::NoLeader });
        }
        while let Some(placed) =
            self.proposals.placed.pop_front_if_due(|p| Self::is_due(p.since, timeout, now))
        {
            out.emit(Event::Unknown { tag: placed.tag });
        }
        self.expire_forwards(now, out);
        self.expire_reads(now, out);
    }
}

/// Taking the oldest from a queue if its time has come.
pub(crate) trait Expiring<T> {
    fn pop_front_if_due(&mut self, due: impl Fn(&T) -> bool) -> Option<T>;
}

impl<T> Expiring<T> for VecDeque<T> {
    fn pop_front_if_due(&mut self, due: impl Fn(&T) -> bool) -> Option<T> {
        self.front().filter(|oldest| due(oldest))?;
        self.pop_front()
    }
}
