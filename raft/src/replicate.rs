//! The leader's side of log replication (Raft §5.3; flow control after thesis §10.2.1).

use quorate_machine::{NodeId, OutboxOf, Time};

use crate::{
    bug::Bug,
    entry::Entries,
    id::{Index, LogId},
    message::Body,
    progress::{Flow, Progress},
    state::{Leading, Raft, State},
};

impl Raft {
    pub(crate) fn leading(&self) -> Option<&Leading> {
        match &self.state {
            State::Leader(leading) => Some(leading),
            State::Follower(_) | State::PreCandidate(_) | State::Candidate(_) => None,
        }
    }

    pub(crate) fn leading_mut(&mut self) -> Option<&mut Leading> {
        match &mut self.state {
            State::Leader(leading) => Some(leading),
            State::Follower(_) | State::PreCandidate(_) | State::Candidate(_) => None,
        }
    }

    fn peer(&self, slot: usize) -> Option<&Progress> {
        self.leading()?.peers.get(slot)
    }

    pub(crate) fn peer_mut(&mut self, slot: usize) -> Option<&mut Progress> {
        self.leading_mut()?.peers.get_mut(slot)
    }

    /// Feeds every follower what its window has room for, and the disk what it has not got.
    pub(crate) fn replicate(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if self.leading().is_none() {
            return;
        }
        self.record_entries(out);
        let opened = self.open_round();
        for slot in 0..self.config.voters.len() {
            if slot != self.own_slot() {
                self.feed(slot, opened, out);
            }
        }
        self.confirm_reads(now, out);
    }

    /// Issues records for the entries that have none. The leader's disk works while its messages travel (thesis
    /// §10.2.1); its own copy counts only once it is durable.
    pub(crate) fn record_entries(&mut self, out: &mut OutboxOf<Self>) {
        let last = self.log.last_index();
        while let Some(first) =
            self.leading().map(|leading| leading.recorded.next()).filter(|first| *first <= last)
        {
            let bytes_max = self.config.entries_bytes_max();
            let entries = self.log.slice(first, last, self.config.batch_entries_max, bytes_max);
            let end = first.plus(entries.len() as u64).previous();
            self.share(first, &entries);
            self.persist_entries(first, entries, self.committed, out);
            if let Some(leading) = self.leading_mut() {
                leading.recorded = end;
            }
        }
    }

    /// One follower's share of a flush. `news` says that it must hear something in any case.
    fn feed(&mut self, slot: usize, news: bool, out: &mut OutboxOf<Self>) {
        let mut told = false;
        while self.wants_append(slot) {
            if !self.append_to(slot, out) {
                break;
            }
            told = true;
        }
        self.continue_transfer(slot, out);
        let Some(peer) = self.peer(slot) else { return };
        let (behind, ready) = (peer.told < self.committed, matches!(peer.flow, Flow::Replicate));
        if news && !told {
            self.touch(slot, out);
        } else if behind && ready && !told {
            self.tell_commit(slot, out);
        }
    }

    fn wants_append(&self, slot: usize) -> bool {
        let Some(peer) = self.peer(slot) else { return false };
        let open = peer.has_room(self.config.inflight_messages_max, self.config.inflight_bytes_max);
        open && (matches!(peer.flow, Flow::Probe { .. }) || peer.next <= self.log.last_index())
    }

    /// Sends the next append, or begins a snapshot if what comes next is compacted. Says whether an append left.
    fn append_to(&mut self, slot: usize, out: &mut OutboxOf<Self>) -> bool {
        let Some(next) = self.peer(slot).map(|peer| peer.next) else { return false };
        if next <= self.log.base().index {
            self.begin_transfer(slot);
            return false;
        }
        let last = self.log.last_index();
        let entries = self.shared(next, last).unwrap_or_else(|| {
            self.log.slice(next, last, self.config.batch_entries_max, self.config.entries_bytes_max())
        });
        let end = next.plus(entries.len() as u64).previous();
        let bytes = entries.bytes_bound();
        self.send_append(slot, next.previous(), entries, out);
        if let Some(peer) = self.peer_mut(slot) {
            peer.on_sent(end, bytes);
        }
        true
    }

    fn send_append(&mut self, slot: usize, prev: Index, entries: Entries, out: &mut OutboxOf<Self>) {
        let Some(&to) = self.config.voters.ids().get(slot) else { return };
        let Some(term) = self.log.term_at(prev) else { return };
        let (committed, round) = (self.committed, self.round());
        if let Some(peer) = self.peer_mut(slot) {
            peer.told = committed;
        }
        let prev = LogId { term, index: prev };
        self.send(to, Body::Append { prev, entries, committed, round }, out);
    }

    /// An append without entries: it asks whether the follower has what it was sent, and confirms leadership.
    fn touch(&mut self, slot: usize, out: &mut OutboxOf<Self>) {
        let Some(peer) = self.peer(slot) else { return };
        let (next, base) = (peer.next, self.log.base().index);
        if let Flow::Snapshot(transfer) = &peer.flow {
            let prev = transfer.last().index.max(base);
            return self.send_append(slot, prev, Entries::new(), out);
        }
        if next <= base {
            // What the window is full of has been compacted, and nobody will ever repeat it.
            self.begin_transfer(slot);
            return self.continue_transfer(slot, out);
        }
        self.send_append(slot, next.previous(), Entries::new(), out);
    }

    fn tell_commit(&mut self, slot: usize, out: &mut OutboxOf<Self>) {
        let Some(&to) = self.config.voters.ids().get(slot) else { return };
        let committed = self.committed;
        if let Some(peer) = self.peer_mut(slot) {
            peer.told = committed;
        }
        self.send(to, Body::Commit { committed }, out);
    }

    /// Makes itself heard, repeats what may be lost, and steps down if nobody answers.
    pub(crate) fn on_heartbeat_due(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if self.has_lost_quorum(now) {
            self.counters.abdications += 1;
            return self.become_follower(now, self.term, out);
        }
        let next = now + self.config.heartbeat;
        let Some(leading) = self.leading_mut() else { return };
        leading.heartbeat_at = next;
        for slot in 0..self.config.voters.len() {
            if slot == self.own_slot() {
                continue;
            }
            if let Some(peer) = self.peer_mut(slot) {
                match &mut peer.flow {
                    Flow::Probe { sent } => *sent = false,
                    Flow::Snapshot(transfer) => transfer.retry(),
                    Flow::Replicate => {}
                }
            }
            self.feed(slot, true, out);
        }
    }

    pub(crate) fn on_appended(
        &mut self,
        now: Time,
        from: NodeId,
        matched: Index,
        round: u64,
        out: &mut OutboxOf<Self>,
    ) {
        let last = self.log.last_index();
        let Some(peer) = self.hear(now, from, round) else { return };
        if matched > last {
            self.counters.nonsense += 1;
            return;
        }
        let advanced = matched > peer.matched;
        peer.on_matched(matched);
        let wanting = peer.next <= last;
        if advanced {
            self.commit_by_quorum(now, out);
        }
        self.confirm_reads(now, out);
        if wanting {
            self.flush_soon(now);
        }
    }

    /// The follower lacks what came before: go back to the last entry that may match (Raft §5.3, by terms instead of
    /// one by one).
    pub(crate) fn on_rejected(&mut self, now: Time, from: NodeId, prev: Index, hint: LogId, round: u64) {
        let candidate = self.log.last_not_above(hint.index, hint.term).index;
        self.counters.rejections += 1;
        let Some(peer) = self.hear(now, from, round) else { return };
        let current = match &peer.flow {
            Flow::Probe { .. } => prev == peer.next.previous(),
            Flow::Replicate => prev > peer.matched && prev < peer.next,
            Flow::Snapshot(_) => false,
        };
        if current {
            peer.probe(candidate.min(prev.previous()).next());
            self.flush_soon(now);
        }
    }

    /// An answer of this term from a follower, whatever it says, confirms the leadership.
    pub(crate) fn hear(&mut self, now: Time, from: NodeId, round: u64) -> Option<&mut Progress> {
        let slot = self.config.voters.slot_of(from)?;
        let latest = self.round();
        let peer = self.peer_mut(slot)?;
        peer.heard_at = now;
        if round <= latest {
            peer.round = peer.round.max(round);
        }
        Some(peer)
    }

    /// The leader's own copy, as far as it is durable.
    pub(crate) fn count_own_copy(&mut self) {
        let early = self.has(Bug::LeaderCountsItselfEarly);
        let durable = if early { self.log.last_index() } else { self.disk.log };
        let own = self.own_slot();
        if let Some(place) = self.peer_mut(own) {
            place.matched = durable;
        }
    }
}
