//! Linearizable reads by `ReadIndex` (thesis §6.4), on any node: the leader names an index and has its leadership
//! confirmed after the question was asked; the asking node answers once it has delivered up to that index.

use alloc::{collections::VecDeque, vec::Vec};
use core::hash::{Hash, Hasher};

use quorate_machine::{NodeId, OutboxOf, Tag, Time};

use crate::{
    bug::Bug,
    event::{Command, Event, Refusal},
    id::Index,
    message::Body,
    propose::Expiring,
    state::{Raft, State, oldest},
};

/// The reads that wait on this node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads {
    /// Those that will make up the next question.
    gathering: Vec<Tag>,
    since: Time,
    /// Questions, oldest first. They outlive leaders: asking twice is harmless.
    questions: VecDeque<Question>,
    sequence: u64,
    /// Whether a question waits for a leader to ask.
    unasked: bool,
    waiting: usize,
}

#[derive(Clone, Debug)]
struct Question {
    sequence: u64,
    tags: Vec<Tag>,
    since: Time,
    asked: bool,
    answer: Option<Index>,
}

/// A leader's rounds of confirmation. A round is confirmed when a quorum has answered a message that was sent after
/// it was opened: the leader's own count, never the user's tag, tells one round from another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds {
    current: u64,
    gathering: Vec<Asker>,
    open: VecDeque<Round>,
}

#[derive(Clone, Debug)]
struct Round {
    number: u64,
    /// Everything acknowledged before the round was opened is at or below this.
    index: Index,
    askers: Vec<Asker>,
}

/// Who asked: a node in one of its lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Asker {
    node: NodeId,
    incarnation: u64,
    sequence: u64,
}

impl Reads {
    pub(crate) const fn len(&self) -> usize {
        self.waiting
    }

    pub(crate) fn oldest(&self) -> Time {
        let gathering = if self.gathering.is_empty() { Time::MAX } else { self.since };
        oldest(&self.questions, |question| question.since).min(gathering)
    }

    /// Whether no question waits for an answer or for its delivery.
    pub(crate) fn are_settled(&self) -> bool {
        self.questions.is_empty()
    }

    /// There is another leader, or none: what is unanswered is asked again.
    pub(crate) fn ask_again(&mut self) {
        for question in self.questions.iter_mut().filter(|question| question.answer.is_none()) {
            question.asked = false;
            self.unasked = true;
        }
    }

    pub(crate) fn digest(&self, mut hasher: &mut dyn Hasher) {
        (self.gathering.len(), self.sequence).hash(&mut hasher);
        for question in &self.questions {
            (question.sequence, question.tags.len(), question.asked, question.answer).hash(&mut hasher);
        }
    }
}

impl Rounds {
    /// The latest round, for every message that asks for an answer.
    pub(crate) const fn current(&self) -> u64 {
        self.current
    }

    pub(crate) fn digest(&self, mut hasher: &mut dyn Hasher) {
        (self.current, &self.gathering).hash(&mut hasher);
        for round in &self.open {
            (round.number, round.index, &round.askers).hash(&mut hasher);
        }
    }
}

impl Raft {
    /// Asks for the moment at which the application may answer a read. The outcome is an event with this tag.
    ///
    /// # Errors
    /// When too much is outstanding. The state has not changed, and the command comes back.
    pub fn read(&mut self, now: Time, tag: Tag) -> Result<(), (Command, Refusal)> {
        if self.outstanding() >= self.config.outstanding_max {
            return Err((Command::Read, Refusal::Busy));
        }
        if self.reads.gathering.is_empty() {
            self.reads.since = now;
        }
        self.reads.gathering.push(tag);
        self.reads.waiting += 1;
        self.flush_soon(now);
        Ok(())
    }

    /// Makes one question of what has gathered, and asks the leader, or itself if it leads.
    pub(crate) fn ask_reads(&mut self, _: Time, out: &mut OutboxOf<Self>) {
        if !self.reads.gathering.is_empty() {
            self.reads.sequence += 1;
            let question = Question {
                sequence: self.reads.sequence,
                tags: core::mem::take(&mut self.reads.gathering),
                since: self.reads.since,
                asked: false,
                answer: None,
            };
            self.reads.questions.push_back(question);
            self.reads.unasked = true;
        }
        let Some(leader) = self.leader.filter(|_| self.reads.unasked && self.disk.incarnation) else {
            return;
        };
        self.reads.unasked = false;
        let (own, incarnation) = (self.config.id, self.incarnation);
        let mut questions = core::mem::take(&mut self.reads.questions);
        for question in questions.iter_mut().filter(|question| !question.asked) {
            question.asked = true;
            let sequence = question.sequence;
            if leader == own {
                self.gather_asker(Asker { node: own, incarnation, sequence });
            } else {
                self.send(leader, Body::AskRead { incarnation, sequence }, out);
            }
        }
        self.reads.questions = questions;
    }

    pub(crate) fn on_ask_read(&mut self, now: Time, from: NodeId, incarnation: u64, sequence: u64) {
        let max = self.config.outstanding_max;
        let Some(leading) = self.leading() else { return };
        let held = leading.rounds.open.iter().map(|round| round.askers.len()).sum::<usize>();
        if held + leading.rounds.gathering.len() < max {
            self.gather_asker(Asker { node: from, incarnation, sequence });
            self.flush_soon(now);
        }
    }

    fn gather_asker(&mut self, asker: Asker) {
        if let Some(leading) = self.leading_mut() {
            leading.rounds.gathering.push(asker);
        }
    }

    pub(crate) fn round(&self) -> u64 {
        self.leading().map_or(0, |leading| leading.rounds.current)
    }

    /// Opens a round for those who ask. A leader knows everything that was acknowledged before: it is committed, or
    /// at or before the first entry of its term (§6.4, step 1). Says whether there is something to confirm.
    pub(crate) fn open_round(&mut self) -> bool {
        let (committed, early) = (self.committed, self.has(Bug::ReadsBeforeOwnTerm));
        let joins = self.has(Bug::ReadsJoinEarlierRound);
        let Some(leading) = self.leading_mut() else { return false };
        if leading.rounds.gathering.is_empty() {
            return false;
        }
        let index = if early { committed } else { committed.max(leading.noop) };
        if !joins || leading.rounds.open.is_empty() {
            leading.rounds.current += 1;
        }
        let askers = core::mem::take(&mut leading.rounds.gathering);
        leading.rounds.open.push_back(Round { number: leading.rounds.current, index, askers });
        true
    }

    /// Answers the rounds that a quorum has confirmed.
    pub(crate) fn confirm_reads(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        let (own, trusting) = (self.own_slot, self.has(Bug::ReadsUnconfirmed));
        let State::Leader(leading) = &mut self.state else { return };
        if leading.rounds.open.is_empty() {
            return;
        }
        let (current, peers) = (leading.rounds.current, &leading.peers);
        let heard =
            |slot: usize| if slot == own { current } else { peers.get(slot).map_or(0, |peer| peer.round) };
        let confirmed = if trusting { current } else { self.config.voters.committed_by_slot(heard) };
        while let Some(round) = self.pop_confirmed(confirmed) {
            for asker in round.askers {
                self.answer(now, asker, round.index, out);
            }
        }
        self.settle_reads(out);
    }

    fn pop_confirmed(&mut self, confirmed: u64) -> Option<Round> {
        self.leading_mut()?.rounds.open.pop_front_if_due(|round| round.number <= confirmed)
    }

    fn answer(&mut self, now: Time, asker: Asker, index: Index, out: &mut OutboxOf<Self>) {
        let Asker { node, incarnation, sequence } = asker;
        if node == self.config.id {
            self.on_answered_read(now, incarnation, sequence, index, out);
        } else {
            self.send(node, Body::AnsweredRead { incarnation, sequence, index }, out);
        }
    }

    pub(crate) fn on_answered_read(
        &mut self,
        _: Time,
        incarnation: u64,
        sequence: u64,
        index: Index,
        out: &mut OutboxOf<Self>,
    ) {
        if incarnation != self.incarnation && !self.has(Bug::ReadsMistakeLives) {
            return;
        }
        let of = |question: &&mut Question| question.sequence == sequence && question.answer.is_none();
        if let Some(question) = self.reads.questions.iter_mut().find(of) {
            question.answer = Some(index);
            self.settle_reads(out);
        }
    }

    /// Lets those reads be answered for which enough is delivered.
    pub(crate) fn settle_reads(&mut self, out: &mut OutboxOf<Self>) {
        if self.reads.are_settled() {
            return;
        }
        let delivered = self.delivered;
        let reads = &mut self.reads;
        reads.questions.retain(|question| {
            let Some(index) = question.answer.filter(|index| *index <= delivered) else { return true };
            reads.waiting -= question.tags.len();
            for tag in &question.tags {
                out.emit(Event::Readable { tag: *tag, index });
            }
            false
        });
    }

    pub(crate) fn expire_reads(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        let timeout = self.config.outcome_timeout;
        while let Some(question) =
            self.reads.questions.pop_front_if_due(|question| Self::is_due(question.since, timeout, now))
        {
            self.reads.waiting -= question.tags.len();
            for tag in question.tags {
                out.emit(Event::Refused { tag, command: Command::Read, refusal: Refusal::Unconfirmed });
            }
        }
    }
}
