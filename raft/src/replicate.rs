//! The leader's side of log replication (Raft §5.3; flow control after thesis §10.2.1).

use quorate_machine::{OutboxOf, Time};

use crate::{
    bug::Bug,
    id::{Index, LogId},
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

    pub(crate) fn peer_mut(&mut self, slot: usize) -> Option<&mut Progress> {
        self.leading_mut()?.peers.get_mut(slot)
    }

    /// Issues what the disk has not got, opens a round for those who read, and feeds the followers.
    pub(crate) fn replicate(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if self.leading().is_none() {
            return;
        }
        self.record_entries(out);
        let opened = self.open_round();
        self.feed_all(opened, out);
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

    /// Makes itself heard, repeats what may be lost, and steps down if nobody answers, or the disk does not.
    pub(crate) fn on_heartbeat_due(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        let alone = self.has_lost_quorum(now) && !self.has(Bug::NeverAbdicates);
        let stalled =
            self.disk.is_stalled(now, self.config.disk_timeout) && !self.has(Bug::IgnoresStalledDisk);
        if alone || stalled {
            self.counters.abdications += 1;
            return self.become_follower(now, self.term, out);
        }
        let next = now + self.config.heartbeat;
        let stuck = self.has(Bug::TransferNeverRetries);
        let Some(leading) = self.leading_mut() else { return };
        leading.heartbeat_at = next;
        let repeats = |peer: &&mut Progress| !(stuck && matches!(peer.flow, Flow::Snapshot(_)));
        for peer in leading.peers.iter_mut().filter(repeats) {
            peer.on_heartbeat();
        }
        self.feed_all(true, out);
    }

    pub(crate) fn on_appended(
        &mut self,
        now: Time,
        slot: usize,
        matched: Index,
        round: u64,
        out: &mut OutboxOf<Self>,
    ) {
        let last = self.log.last_index();
        let (regresses, probes) = (self.has(Bug::MatchRegresses), self.has(Bug::NeverLeavesProbe));
        let Some(peer) = self.hear(now, slot, round) else { return };
        if matched > last {
            self.counters.nonsense += 1;
            return;
        }
        let advanced = matched > peer.matched;
        peer.on_matched(matched);
        if regresses {
            peer.matched = matched;
        }
        if probes && matches!(peer.flow, Flow::Replicate) {
            peer.flow = Flow::Probe { sent: true };
        }
        let wanting = peer.next <= last;
        if advanced && matched > self.committed {
            self.commit_by_quorum(now, out);
        }
        self.confirm_reads(now, out);
        if wanting {
            self.flush_soon(now);
        }
    }

    /// The follower lacks what came before: go back to the last entry that may match (Raft §5.3, by terms instead of
    /// one by one).
    pub(crate) fn on_rejected(&mut self, now: Time, slot: usize, prev: Index, hint: LogId, round: u64) {
        let candidate = self.log.last_not_above(hint.index, hint.term).index;
        self.counters.rejections += 1;
        let (falls, leaks) = (self.has(Bug::NextFallsBehindMatch), self.has(Bug::WindowStaysFull));
        let forgets = self.has(Bug::NeverSendsAgain);
        let Some(peer) = self.hear(now, slot, round) else { return };
        let current = match &peer.flow {
            Flow::Probe { .. } => prev == peer.next.previous(),
            Flow::Replicate => prev < peer.next && !forgets,
            Flow::Snapshot(_) => false,
        };
        // Whoever lacks what it has acknowledged would be sent the same for ever, as fast as the network goes.
        if current && prev > peer.matched {
            let next = candidate.min(prev.previous()).next();
            if leaks {
                (peer.next, peer.flow) = (next.max(peer.matched.next()), Flow::Probe { sent: false });
            } else {
                peer.probe(next);
            }
            if falls {
                peer.next = next;
            }
            self.flush_soon(now);
        }
    }

    /// An answer of this term from a follower, whatever it says, confirms the leadership.
    pub(crate) fn hear(&mut self, now: Time, slot: usize, round: u64) -> Option<&mut Progress> {
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
        let own = self.own_slot;
        if let Some(place) = self.peer_mut(own) {
            place.matched = durable;
        }
    }
}
