//! The follower's side of log replication (Raft §5.3).

use quorate_machine::{NodeId, OutboxOf, Time};

use crate::{
    bug::Bug,
    durable::Mark,
    entry::Entries,
    id::{Index, LogId},
    message::Body,
    record::Record,
    state::{Following, Raft, State},
};

impl Raft {
    #[expect(clippy::too_many_arguments, reason = "the fields of one message")]
    pub(crate) fn on_append(
        &mut self,
        now: Time,
        from: NodeId,
        prev: LogId,
        entries: Entries,
        committed: Index,
        round: u64,
        out: &mut OutboxOf<Self>,
    ) {
        if !self.follow(now, from, out) {
            return;
        }
        self.hear_round(round);
        if !self.is_sane(prev, &entries) {
            self.counters.nonsense += 1;
            return;
        }
        if prev.index >= self.log.base().index && self.log.term_at(prev.index) != Some(prev.term) {
            return self.reject(from, prev, out);
        }
        if self.log.bytes().saturating_add(entries.bytes_bound())
            > self.config.log_bytes_max.saturating_mul(2)
        {
            self.counters.full += 1;
            return;
        }
        let end = prev.index.plus(entries.len() as u64);
        let Some(wrote) = self.accept(prev, entries, committed, out) else {
            self.counters.nonsense += 1;
            return;
        };
        self.verify(end);
        self.commit_upto(now, committed, out);
        if wrote && !self.has(Bug::AckBeforeDurable) {
            self.owe_ack();
        } else {
            self.acknowledge(from, out);
        }
    }

    /// Terms never fall along a log, never exceed the leader's, indices do not overflow, and limits are the same on all
    /// nodes.
    fn is_sane(&self, prev: LogId, entries: &Entries) -> bool {
        let mut before = prev.term;
        let rising = entries.iter().all(|entry| {
            let ordered = before <= entry.term && entry.term <= self.term;
            before = entry.term;
            ordered
        });
        let ends = prev.index.plus(entries.len() as u64) < Index::END || self.has(Bug::IndexOverflows);
        let fits = entries.bytes_bound() <= self.config.entries_bytes_max();
        rising && before <= self.term && ends && fits && !self.contradicts_base(prev, entries)
    }

    /// The entry at the log's base is committed: what stands there in a leader's log is the same.
    fn contradicts_base(&self, prev: LogId, entries: &Entries) -> bool {
        let base = self.log.base();
        let Some(nth) = base.index.distance_from(prev.index).checked_sub(1) else { return false };
        let there = usize::try_from(nth).ok().and_then(|nth| entries.get(nth));
        there.is_some_and(|entry| entry.term != base.term)
    }

    /// Makes the log equal to the leader's up to the last of `entries`: what matches stays, the first conflict and
    /// all that follows goes (§5.3). Says whether anything was written; `None` if a committed entry would have to go.
    fn accept(
        &mut self,
        prev: LogId,
        entries: Entries,
        committed: Index,
        out: &mut OutboxOf<Self>,
    ) -> Option<bool> {
        let known = self.count_known(prev, &entries);
        let first = prev.index.plus(known as u64).next();
        if known == entries.len() {
            return Some(false);
        }
        if first <= self.log.last_index() {
            if first <= self.committed {
                return None;
            }
            if self.has(Bug::KeepsConflict) {
                return Some(false);
            }
            self.truncate(first);
        }
        let news = entries.suffix(known);
        self.log.extend(&news);
        self.share(first, &news);
        let hint = committed.min(self.log.last_index()).max(self.committed);
        self.persist_entries(first, news, hint, out);
        Some(true)
    }

    /// How many of the entries the log holds already; those at or before its base are committed, hence the same.
    fn count_known(&self, prev: LogId, entries: &Entries) -> usize {
        if prev.index == self.log.last_index() {
            return 0; // the steady state: nothing overlaps
        }
        if self.has(Bug::TruncatesOnOverlap) {
            return usize::try_from(self.committed.distance_from(prev.index)).unwrap_or(0).min(entries.len());
        }
        let base = self.log.base().index;
        let matches = |(nth, entry): &(usize, &crate::Entry)| {
            let index = prev.index.plus(*nth as u64).next();
            index <= base || self.log.term_at(index) == Some(entry.term)
        };
        entries.iter().enumerate().take_while(matches).count()
    }

    fn truncate(&mut self, first: Index) {
        let removed = self.log.truncate(first);
        self.counters.truncations += 1;
        if self.has(Bug::CountsReplacedWrites) {
            self.disk.shorten(first);
        } else {
            self.disk.on_truncated(first);
        }
        self.proposals.on_truncated(first, &removed);
        self.unshare();
    }

    pub(crate) fn persist_entries(
        &mut self,
        first: Index,
        entries: Entries,
        committed: Index,
        out: &mut OutboxOf<Self>,
    ) {
        let last = first.plus(entries.len() as u64).previous();
        self.disk.note_commit(committed);
        self.persist(Record::Append { first, entries, committed }, Mark::Log(last), out);
    }

    fn reject(&mut self, to: NodeId, prev: LogId, out: &mut OutboxOf<Self>) {
        self.counters.rejections += 1;
        let hint = self.log.last_not_above(prev.index, prev.term);
        let round = self.following().map_or(0, |following| following.round);
        self.send(to, Body::Rejected { prev: prev.index, hint, round }, out);
    }

    /// Tells the leader what is verified against its log and on disk, provided that this node's term is, too.
    pub(crate) fn acknowledge(&mut self, to: NodeId, out: &mut OutboxOf<Self>) {
        let durable = if self.has(Bug::AckBeforeDurable) { self.log.last_index() } else { self.disk.log };
        if !self.disk.votes_are_durable() && !self.has(Bug::AckBeforeDurable) {
            return self.owe_ack();
        }
        let State::Follower(following) = &mut self.state else { return };
        following.owes_ack = following.verified > durable;
        let (matched, round) = (following.verified.min(durable), following.round);
        self.send(to, Body::Appended { matched, round }, out);
    }

    /// The disk has moved on: one acknowledgement for all that waited for it.
    pub(crate) fn acknowledge_owed(&mut self, out: &mut OutboxOf<Self>) {
        let owed = self.following().is_some_and(|following| following.owes_ack);
        if let Some(leader) = self.leader.filter(|_| owed) {
            self.acknowledge(leader, out);
        }
    }

    pub(crate) fn on_commit(&mut self, now: Time, from: NodeId, committed: Index, out: &mut OutboxOf<Self>) {
        if self.leader == Some(from) {
            self.commit_upto(now, committed, out);
        }
    }

    /// Commits what the leader has committed, as far as the log is verified to be the leader's: beyond that it may
    /// end in another leader's entries.
    fn commit_upto(&mut self, now: Time, committed: Index, out: &mut OutboxOf<Self>) {
        let Some(following) = self.following() else { return };
        let verified =
            if self.has(Bug::CommitsUnverified) { self.log.last_index() } else { following.verified };
        self.advance_commit(now, committed.min(verified), out);
    }

    pub(crate) fn verify(&mut self, upto: Index) {
        if let State::Follower(following) = &mut self.state {
            following.verified = following.verified.max(upto);
        }
    }

    pub(crate) fn hear_round(&mut self, round: u64) {
        if let State::Follower(following) = &mut self.state {
            following.round = following.round.max(round);
        }
    }

    pub(crate) fn owe_ack(&mut self) {
        if let State::Follower(following) = &mut self.state {
            following.owes_ack = true;
        }
    }

    pub(crate) fn following(&self) -> Option<&Following> {
        match &self.state {
            State::Follower(following) => Some(following),
            State::PreCandidate(_) | State::Candidate(_) | State::Leader(_) => None,
        }
    }
}
