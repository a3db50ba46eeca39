//! How a leader feeds one follower: appends within a window, a snapshot, or just word of a commit (Raft §5.3, §7).

use quorate_machine::{NodeId, OutboxOf};

use crate::{
    bug::Bug,
    config::Config,
    entry::Entries,
    id::{Index, LogId, Term},
    log::Log,
    message::{Body, Message},
    progress::{Flow, Progress},
    snapshot::{Snapshot, Transfer},
    state::{Raft, State},
};

/// What a leader has to offer at one flush; the same for every follower.
struct Offer<'a> {
    config: &'a Config,
    log: &'a Log,
    /// The latest batch with its first index: most followers want just this.
    batch: &'a (Index, Entries),
    snapshot: Option<&'a Snapshot>,
    term: Term,
    committed: Index,
    round: u64,
}

impl Raft {
    /// Feeds every follower what its window has room for. With `news` each one hears something in any case.
    pub(crate) fn feed_all(&mut self, news: bool, out: &mut OutboxOf<Self>) {
        let mute = self.has(Bug::CompactedLeaderIsMute) && self.log.entries().is_empty();
        let State::Leader(leading) = &mut self.state else { return };
        let offer = Offer {
            config: &self.config,
            log: &self.log,
            batch: &self.batch,
            snapshot: self.snapshot.as_ref().filter(|_| !mute),
            term: self.term,
            committed: self.committed,
            round: leading.rounds.current(),
        };
        for (slot, (peer, to)) in leading.peers.iter_mut().zip(self.config.voters.ids()).enumerate() {
            if slot != self.own_slot {
                offer.feed(peer, *to, news, out);
            }
        }
    }
}

impl Offer<'_> {
    fn feed(&self, peer: &mut Progress, to: NodeId, news: bool, out: &mut OutboxOf<Raft>) {
        let mut heard = false;
        while self.wants_append(peer) && self.append(peer, to, out) {
            heard = true;
        }
        self.continue_transfer(peer, to, out);
        if heard {
            return;
        }
        if news {
            self.touch(peer, to, out);
        } else if peer.told < self.committed && matches!(peer.flow, Flow::Replicate) {
            self.tell_commit(peer, to, out);
        }
    }

    fn wants_append(&self, peer: &Progress) -> bool {
        let wants = matches!(peer.flow, Flow::Probe { .. }) || peer.next <= self.log.last_index();
        wants && peer.has_room(self.config.inflight_messages_max, self.config.inflight_bytes_max)
    }

    /// Sends the next append, or begins a snapshot if what comes next is compacted. Says whether an append left.
    fn append(&self, peer: &mut Progress, to: NodeId, out: &mut OutboxOf<Raft>) -> bool {
        let next = peer.next;
        if next <= self.log.base().index {
            self.begin_transfer(peer);
            return false;
        }
        let entries = self.entries_from(next);
        let end = next.plus(entries.len() as u64).previous();
        let bytes = entries.bytes_bound();
        self.send_append(peer, to, next.previous(), entries, out);
        peer.on_sent(end, bytes);
        true
    }

    fn entries_from(&self, next: Index) -> Entries {
        let (first, batch) = self.batch;
        let last = self.log.last_index();
        if *first == next && first.plus(batch.len() as u64) == last.next() {
            return batch.clone();
        }
        self.log.slice(next, last, self.config.batch_entries_max, self.config.entries_bytes_max())
    }

    fn send_append(
        &self,
        peer: &mut Progress,
        to: NodeId,
        prev: Index,
        entries: Entries,
        out: &mut OutboxOf<Raft>,
    ) {
        let Some(term) = self.log.term_at(prev) else { return };
        peer.told = self.committed;
        let prev = LogId { term, index: prev };
        let body = Body::Append { prev, entries, committed: self.committed, round: self.round };
        out.send(to, Message { term: self.term, body });
    }

    /// An append without entries: it asks whether the follower has what it was sent, and confirms leadership.
    fn touch(&self, peer: &mut Progress, to: NodeId, out: &mut OutboxOf<Raft>) {
        let base = self.log.base().index;
        let prev = match &peer.flow {
            Flow::Snapshot(transfer) => transfer.last().index.max(base),
            Flow::Probe { .. } | Flow::Replicate if peer.next > base => peer.next.previous(),
            Flow::Probe { .. } | Flow::Replicate => {
                // What the window is full of has been compacted, and nobody will ever repeat it.
                self.begin_transfer(peer);
                return self.continue_transfer(peer, to, out);
            }
        };
        self.send_append(peer, to, prev, Entries::new(), out);
    }

    fn tell_commit(&self, peer: &mut Progress, to: NodeId, out: &mut OutboxOf<Raft>) {
        peer.told = self.committed;
        out.send(to, Message { term: self.term, body: Body::Commit { committed: self.committed } });
    }

    fn begin_transfer(&self, peer: &mut Progress) {
        if let Some(snapshot) = self.snapshot {
            peer.transfer(Transfer::new(snapshot.clone()));
        }
    }

    /// Sends as many parts of the snapshot as the window has room for.
    fn continue_transfer(&self, peer: &mut Progress, to: NodeId, out: &mut OutboxOf<Raft>) {
        let Flow::Snapshot(transfer) = &mut peer.flow else { return };
        let window = u32::try_from(self.config.inflight_messages_max).unwrap_or(u32::MAX);
        let (last, parts) = (transfer.last(), transfer.parts());
        while let Some((part, bytes)) = transfer.next_part(window) {
            let body = Body::Snapshot { last, part, parts, bytes, round: self.round };
            out.send(to, Message { term: self.term, body });
        }
    }
}
