//! What is committed, and when the application is told (Raft §5.3, §5.4.2).

use quorate_machine::{OutboxOf, Time};

use crate::{
    bug::Bug,
    event::Event,
    id::{Index, Term},
    state::{Raft, State},
};

impl Raft {
    /// A leader commits what a quorum has on disk, but by counting only entries of its own term: an older entry on
    /// a majority can still be replaced (§5.4.2, figure 8). It is committed with the first own one after it.
    pub(crate) fn commit_by_quorum(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        let State::Leader(leading) = &self.state else { return };
        let matched = |slot: usize| match leading.peers.get(slot) {
            Some(_) if slot == 0 && self.has(Bug::CommitsByHalf) => self.log.last_index(),
            peer => peer.map_or(Index::ZERO, |peer| peer.matched),
        };
        let reached = self.config.voters.committed_by_slot(matched);
        if reached <= self.committed {
            return;
        }
        if self.log.term_at(reached) == Some(self.term) || self.has(Bug::CommitsOlderTerm) {
            self.advance_commit(now, reached, out);
            self.flush_soon(now);
        }
    }

    pub(crate) fn advance_commit(&mut self, now: Time, committed: Index, out: &mut OutboxOf<Self>) {
        if committed > self.committed {
            self.committed = committed;
            self.deliver(now, out);
        }
    }

    /// Hands the application the next batch of what is committed and on this node's disk; wakes again for more.
    pub(crate) fn deliver(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if !self.started || (self.delivered == self.committed && self.reads.are_settled()) {
            return;
        }
        self.restore(out);
        let early = self.has(Bug::DeliversBeforeDurable);
        let upto = if early { self.committed } else { self.committed.min(self.disk.log) };
        let held = self.delivered >= self.log.base().index; // else a snapshot is on its way to the disk
        if held && self.delivered < upto {
            let first = self.delivered.next();
            let entries = self.shared(first, upto).unwrap_or_else(|| {
                let bytes_max = self.config.entries_bytes_max();
                self.log.slice(first, upto, self.config.batch_entries_max, bytes_max)
            });
            self.delivered = self.delivered.plus(entries.len() as u64);
            out.emit(Event::Committed { first, entries });
            self.settle_proposals(out);
        }
        self.settle_reads(out);
        if held && self.delivered < upto {
            self.flush_soon(now);
        }
    }

    /// The application's state is older than the log: it takes the snapshot, once that is on disk.
    fn restore(&mut self, out: &mut OutboxOf<Self>) {
        let Some(snapshot) = &self.snapshot else { return };
        let last = snapshot.last.index;
        if self.delivered < last && last <= self.disk.log {
            self.delivered = last;
            out.emit(Event::Restore { snapshot: snapshot.clone() });
            self.settle_proposals(out);
        }
    }

    /// The term of a delivered entry, if it is still known.
    pub(crate) fn settled_term(&self, index: Index) -> Option<Term> {
        self.log.term_at(index).filter(|_| index <= self.delivered)
    }
}
