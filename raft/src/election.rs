//! Elections: PreVote, votes, leadership and its end (Raft §5.2, §5.4.1; thesis §4.2.3, §6.2, §9.6).

use core::hash::{Hash, Hasher};

use alloc::vec::Vec;

use quorate_machine::{NodeId, OutboxOf, Time};
use quorate_quorum::{Outcome, Tally};

use crate::{
    bug::Bug,
    durable::Mark,
    entry::{Entry, Payload},
    id::{LogId, Term},
    message::Body,
    progress::Progress,
    read::Rounds,
    record::Record,
    state::{Following, Leading, Raft, State},
};

impl Raft {
    /// The election timeout has passed: ask first whether an election could be won (thesis §9.6).
    pub(crate) fn campaign(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if self.has(Bug::PreVoteRaisesTerm) {
            self.become_follower(now, self.term.next(), out);
        }
        self.leader = None;
        self.redraw_election(now);
        self.counters.elections += 1;
        let mut tally = Tally::default();
        tally.record(&self.config.voters, self.config.id, true);
        let outcome = tally.outcome(&self.config.voters);
        self.state = State::PreCandidate(tally);
        self.emit_role(out);
        if outcome == Outcome::Won {
            return self.stand(now, out);
        }
        let last = self.log.last();
        for peer in self.peers() {
            self.send(peer, Body::PreVote { last }, out);
        }
    }

    pub(crate) fn on_prevote(&mut self, now: Time, from: NodeId, last: LogId, out: &mut OutboxOf<Self>) {
        if self.has(Bug::CandidateIgnoresPreVote) && matches!(self.state, State::Candidate(_)) {
            return;
        }
        let asks_itself = self.leader == Some(from) && !self.has(Bug::RefusesOwnLeader);
        let content = self.hears_leader(now) && !asks_itself;
        let granted = !content && (self.is_up_to_date(last) || self.has(Bug::PreVoteIgnoresLog));
        self.send(from, Body::PreVoted { campaign: self.term.next(), granted }, out);
    }

    pub(crate) fn on_prevoted(
        &mut self,
        now: Time,
        from: NodeId,
        campaign: Term,
        granted: bool,
        out: &mut OutboxOf<Self>,
    ) {
        let State::PreCandidate(tally) = &mut self.state else { return };
        if campaign != self.term.next() {
            return;
        }
        tally.record(&self.config.voters, from, granted);
        if tally.outcome(&self.config.voters) == Outcome::Won {
            self.stand(now, out);
        }
    }

    /// Becomes a candidate. Its own vote counts, and the others are asked, once it is on disk.
    fn stand(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if self.term == self.term.next() && !self.has(Bug::LastTermRepeats) {
            return; // the last term there is
        }
        self.on_term_over(now, out);
        self.partial = None; // the next leader's parts may be others
        self.term = self.term.next();
        self.vote = Some(self.config.id);
        self.leader = None;
        self.state = State::Candidate(Tally::default());
        self.redraw_election(now);
        self.persist_vote(out);
        self.emit_role(out);
    }

    /// The own vote is durable: now it counts.
    pub(crate) fn on_stood(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        let State::Candidate(tally) = &mut self.state else { return };
        tally.record(&self.config.voters, self.config.id, true);
        if tally.outcome(&self.config.voters) == Outcome::Won {
            return self.lead(now, out);
        }
        let last = self.log.last();
        for peer in self.peers() {
            self.send(peer, Body::Vote { last }, out);
        }
    }

    pub(crate) fn on_vote(&mut self, now: Time, from: NodeId, last: LogId, out: &mut OutboxOf<Self>) {
        if self.vote == Some(from) {
            return self.repeat_vote(from, out);
        }
        let free = self.vote.is_none() && matches!(self.state, State::Follower(_) | State::PreCandidate(_));
        if !free || self.leader.is_some() || !self.is_up_to_date(last) {
            if self.has(Bug::RefusalResetsTimer) {
                self.reset_election(now);
            }
            return self.send(from, Body::Voted { granted: false }, out);
        }
        self.vote = Some(from);
        self.reset_election(now);
        if self.has(Bug::VoteBeforeDurable) || self.has(Bug::VoteNotPersisted) {
            self.send(from, Body::Voted { granted: true }, out);
        }
        if !self.has(Bug::VoteNotPersisted) {
            self.persist_vote(out);
        }
    }

    /// The candidate asks again: if the vote is on disk the answer was lost, else it will leave with the disk's.
    fn repeat_vote(&self, from: NodeId, out: &mut OutboxOf<Self>) {
        if self.disk.votes_are_durable() {
            self.send(from, Body::Voted { granted: true }, out);
        }
    }

    pub(crate) fn on_voted(&mut self, now: Time, from: NodeId, granted: bool, out: &mut OutboxOf<Self>) {
        let half = self.has(Bug::ElectedByHalf);
        let State::Candidate(tally) = &mut self.state else { return };
        if tally.granted() == 0 {
            // Nobody is asked before the own vote is on disk: whoever leads this term must remember it.
            self.counters.nonsense += 1;
            return;
        }
        tally.record(&self.config.voters, from, granted);
        match tally.outcome(&self.config.voters) {
            Outcome::Won => self.lead(now, out),
            _ if half && tally.granted() >= self.config.voters.len() / 2 => self.lead(now, out),
            Outcome::Lost => self.become_follower(now, self.term, out),
            Outcome::Pending => {}
        }
    }

    /// Raft §5.4.1: the log whose last entry has the higher term, or the same and the higher index.
    fn is_up_to_date(&self, last: LogId) -> bool {
        let own = self.log.last();
        if self.has(Bug::VoteIgnoresTerm) {
            return last.index >= own.index;
        }
        if self.has(Bug::VoteIgnoresIndex) {
            return last.term >= own.term;
        }
        last >= own
    }

    /// Won: the first entry of the own term says what is committed (Raft §5.4.2, §8).
    fn lead(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        let next = self.log.last_index().next();
        let peers: Vec<Progress> =
            self.config.voters.ids().iter().map(|_| Progress::new(next, now)).collect();
        self.state = State::Leader(Leading {
            peers,
            noop: next,
            recorded: self.log.last_index(),
            heartbeat_at: now + self.config.heartbeat,
            rounds: Rounds::default(),
        });
        self.leader = Some(self.config.id);
        self.counters.leaderships += 1;
        self.log.push(Entry { term: self.term, payload: Payload::Noop });
        self.count_own_copy();
        self.reads.ask_again();
        self.flush_soon(now);
        self.emit_role(out);
    }

    /// A follower of `term`, and of nobody yet.
    pub(crate) fn become_follower(&mut self, now: Time, term: Term, out: &mut OutboxOf<Self>) {
        if term > self.term {
            self.on_term_over(now, out);
            self.partial = None; // the next leader's parts may be others
            self.term = term;
            if !self.has(Bug::TermKeepsVote) {
                self.vote = None;
            }
            if !self.has(Bug::TermNotPersisted) {
                self.persist_vote(out);
            }
        } else if self.has(Bug::StepDownForgetsVote) {
            self.vote = None;
        }
        // A leader's last entries may have no record yet.
        self.record_entries(out);
        if !matches!(self.state, State::Follower(_)) {
            self.redraw_election(now);
        }
        self.state = State::Follower(Following::default());
        self.leader = None;
        self.heard_at = None;
        self.reads.ask_again();
        self.emit_role(out);
    }

    /// Somebody leads this term. Says whether it is `from`, which may then be followed.
    pub(crate) fn follow(&mut self, now: Time, from: NodeId, out: &mut OutboxOf<Self>) -> bool {
        if matches!(self.state, State::Leader(_)) || self.leader.is_some_and(|leader| leader != from) {
            self.counters.nonsense += 1;
            return false;
        }
        if self.leader.is_none() {
            if !matches!(self.state, State::Follower(_)) {
                self.state = State::Follower(Following::default());
            }
            self.leader = Some(from);
            self.reads.ask_again();
            self.flush_soon(now);
            self.emit_role(out);
        }
        self.heard_at = Some(now);
        if !self.has(Bug::AppendKeepsTimer) {
            self.reset_election(now);
        }
        true
    }

    /// A leader that hears from no quorum for an election timeout steps down (thesis §6.2), so that its clients
    /// and its followers look for another.
    pub(crate) fn has_lost_quorum(&self, now: Time) -> bool {
        let State::Leader(leading) = &self.state else { return false };
        let own = self.own_slot;
        !self.config.voters.has_quorum_by_slot(|slot| {
            slot == own
                || leading
                    .peers
                    .get(slot)
                    .is_some_and(|peer| now.since(peer.heard_at) <= self.config.election_timeout)
        })
    }

    fn persist_vote(&mut self, out: &mut OutboxOf<Self>) {
        let (term, vote) = (self.term, self.vote);
        self.persist(Record::Vote { term, vote }, Mark::Vote { term, vote }, out);
    }

    pub(crate) fn digest_role(&self, mut hasher: &mut dyn Hasher) {
        match &self.state {
            State::Follower(following) => {
                (following.verified, following.round, following.owes_ack).hash(&mut hasher);
            }
            State::PreCandidate(tally) | State::Candidate(tally) => tally.hash(&mut hasher),
            State::Leader(leading) => {
                (leading.noop, leading.recorded).hash(&mut hasher);
                leading.rounds.digest(hasher);
                for peer in &leading.peers {
                    peer.digest(hasher);
                }
            }
        }
    }
}
