use core::hash::{Hash, Hasher};

use quorate_machine::{Input, InputOf, Machine, NodeId, OutboxOf, Tag, Time};

use crate::{
    bug::Bug,
    event::{Command, Event},
    message::{Body, Message},
    record::Record,
    state::{Raft, State},
};

impl Machine for Raft {
    type Message = Message;
    type Command = Command;
    type Record = Record;
    type Event = Event;

    fn step(&mut self, now: Time, input: InputOf<Self>, out: &mut OutboxOf<Self>) {
        let now = self.clock.advance(now);
        match input {
            Input::Receive { from, message } => self.on_message(now, from, message, out),
            Input::Submit { tag, command } => self.on_command(now, tag, command, out),
            Input::Persisted(ticket) => self.on_persisted(now, ticket, out),
            Input::Wake => self.on_wake(now, out),
        }
        self.check();
    }

    fn deadline(&self) -> Option<Time> {
        let role = match &self.state {
            State::Leader(leading) => leading.heartbeat_at,
            State::Follower(_) | State::PreCandidate(_) | State::Candidate(_) => self.election_at,
        };
        let flush = self.flush_at.unwrap_or(Time::MAX);
        Some(role.min(flush).min(self.outcome_at()))
    }

    fn digest(&self, mut hasher: &mut dyn Hasher) {
        (self.incarnation, self.started, self.term, self.vote, self.leader).hash(&mut hasher);
        (self.committed, self.delivered, self.log.base(), self.role()).hash(&mut hasher);
        for entry in self.log.entries() {
            entry.hash(&mut hasher);
        }
        self.digest_role(hasher);
        self.proposals.digest(hasher);
        self.reads.digest(hasher);
        self.disk.digest(hasher);
        self.snapshot.hash(&mut hasher);
        self.partial.hash(&mut hasher);
    }
}

impl Raft {
    /// When the oldest command's time is up; never if none waits.
    fn outcome_at(&self) -> Time {
        if self.outstanding() == 0 {
            return Time::MAX;
        }
        let oldest = self.proposals.oldest().min(self.reads.oldest());
        oldest + self.config.outcome_timeout
    }

    fn on_message(&mut self, now: Time, from: NodeId, message: Message, out: &mut OutboxOf<Self>) {
        assert!(!self.has(Bug::StrangersPanic) || self.config.voters.contains(from), "who is {from}?");
        let Some(slot) = self.config.voters.slot_of(from).filter(|slot| *slot != self.own_slot) else {
            self.counters.strangers += 1;
            return;
        };
        if message.term > self.term && !self.raise_term(now, from, &message, out) {
            return;
        }
        if message.term < self.term && !self.accepts_stale(&message) {
            return self.on_stale(from, &message, out);
        }
        match message.body {
            Body::PreVote { last } => self.on_prevote(now, from, last, out),
            Body::PreVoted { campaign, granted } => self.on_prevoted(now, from, campaign, granted, out),
            Body::Vote { last } => self.on_vote(now, from, last, out),
            Body::Voted { granted } => self.on_voted(now, from, granted, out),
            Body::Append { prev, entries, committed, round } => {
                self.on_append(now, from, prev, entries, committed, round, out);
            }
            Body::Appended { matched, round } => self.on_appended(now, slot, matched, round, out),
            Body::Rejected { prev, hint, round } => self.on_rejected(now, slot, prev, hint, round),
            Body::Commit { committed } => self.on_commit(now, from, committed, out),
            Body::Snapshot { last, part, parts, bytes, round } => {
                self.on_snapshot(now, from, last, (part, parts, bytes), round, out);
            }
            Body::Received { last, parts, round } => self.on_received(now, slot, last, parts, round, out),
            Body::Forward { incarnation, sequence, payloads } => {
                self.on_forward(now, (from, slot), (incarnation, sequence), &payloads, out);
            }
            Body::Forwarded { incarnation, sequence, first } => {
                self.on_forwarded(now, incarnation, sequence, first, out);
            }
            Body::AskRead { incarnation, sequence } => self.on_ask_read(now, from, incarnation, sequence),
            Body::AnsweredRead { incarnation, sequence, index } => {
                self.on_answered_read(now, incarnation, sequence, index, out);
            }
            Body::Nudge => {}
        }
    }

    /// A higher term makes a follower (Raft §5.1), unless it comes from someone who wants an election while a leader
    /// is alive (thesis §4.2.3). Says whether the message is to be answered.
    fn raise_term(&mut self, now: Time, from: NodeId, message: &Message, out: &mut OutboxOf<Self>) -> bool {
        let campaigns = matches!(message.body, Body::PreVote { .. } | Body::Vote { .. });
        let content = self.hears_leader(now) && !self.has(Bug::VotesDespiteLeader);
        if campaigns && content && self.leader != Some(from) {
            self.counters.sticky += 1;
            return false;
        }
        if !self.has(Bug::IgnoresHigherTerm) {
            self.become_follower(now, message.term, out);
        }
        true
    }

    fn accepts_stale(&self, message: &Message) -> bool {
        let answer = matches!(message.body, Body::Voted { .. } | Body::Appended { .. });
        answer && self.has(Bug::CountsStaleAnswers)
    }

    /// A peer that lives in the past learns the term, so that it stops disturbing or being stuck.
    fn on_stale(&mut self, from: NodeId, message: &Message, out: &mut OutboxOf<Self>) {
        self.counters.stale += 1;
        let waits = matches!(
            message.body,
            Body::Append { .. } | Body::Snapshot { .. } | Body::Vote { .. } | Body::PreVote { .. }
        );
        let hides = self.has(Bug::PreVoteHidesTerm) && matches!(message.body, Body::PreVote { .. });
        if waits && !hides {
            self.send(from, Body::Nudge, out);
        }
    }

    fn on_command(&mut self, now: Time, tag: Tag, command: Command, out: &mut OutboxOf<Self>) {
        let result = match command {
            Command::Propose(payload) => self.propose(now, tag, payload),
            Command::ProposeAll(payloads) => self.propose_all(now, tag, payloads),
            Command::Read => self.read(now, tag),
            Command::Compact { upto, parts } => self.compact(tag, upto, parts, out),
        };
        if let Err((command, refusal)) = result {
            out.emit(Event::Refused { tag, command, refusal });
        }
    }

    fn on_wake(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if !self.started {
            self.start(now, out);
        }
        if self.outcome_at() <= now {
            self.expire(now, out);
        }
        match &self.state {
            State::Leader(leading) if leading.heartbeat_at <= now => self.on_heartbeat_due(now, out),
            State::Leader(_) => {}
            State::Follower(_) | State::PreCandidate(_) | State::Candidate(_) => {
                if self.election_at <= now {
                    self.campaign(now, out);
                }
            }
        }
        if self.flush_at.is_some_and(|at| at <= now) {
            self.flush_at = None;
            self.flush(now, out);
            // What the flush has settled may have stood before something that has waited longer.
            if self.outcome_at() <= now {
                self.expire(now, out);
            }
        }
    }

    /// Sends what has gathered: one record, one append per follower, one batch of forwards, one round of reads.
    fn flush(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        self.place_queued(now, out);
        self.ask_reads(now, out);
        self.replicate(now, out);
        self.deliver(now, out);
        // Within a Wake the next one is wanted later than now.
        self.flush_at = self.flush_at.map(|at| at.max(now.next()));
    }
}
