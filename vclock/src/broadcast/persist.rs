//! What is on its way to the disk, and what becomes of it there.

use alloc::{sync::Arc, vec::Vec};

use quorate_machine::{Aside, OutboxOf, Tag, Ticket};

use super::{
    entry::{Entry, Origin, Snapshot, batches, entry_bytes},
    event::Event,
    message::Message,
    record::Record,
    state::Broadcast,
};
use crate::{Dot, bug::Bug};

/// What becomes true with a ticket.
#[derive(Clone, Debug, Hash)]
pub(super) enum Mark {
    Entries(Vec<Dot<Origin>>),
    Compacted(Aside<Tag>, Arc<Snapshot>),
    Installed(Arc<Snapshot>, Vec<Arc<Entry>>),
}

impl Broadcast {
    /// Keeps a message for the next record.
    pub(super) fn gather(&mut self, entry: Arc<Entry>, bytes: usize) {
        self.store_bytes += bytes;
        self.gathered.push(entry.dot);
        self.pending.insert(entry.dot, entry);
        self.flush_soon();
    }

    /// One record for whatever has gathered, or a few if it is much.
    pub(super) fn flush(&mut self, out: &mut OutboxOf<Self>) {
        self.flush_at = None;
        let mut entries = Vec::new();
        for dot in core::mem::take(&mut self.gathered) {
            // A snapshot may have brought or covered it meanwhile.
            if self.store.contains_key(&dot) || !self.pending.contains_key(&dot) {
                self.settle(dot, out);
            } else {
                entries.extend(self.pending.get(&dot).cloned());
            }
        }
        for batch in batches(entries, self.config.batch_bytes_max) {
            if self.has(Bug::SendsBeforeDurable) {
                self.send_own(batch.clone(), out);
            }
            let dots = batch.iter().map(|entry| entry.dot).collect();
            let ticket = out.persist(Record::Entries(batch));
            self.unsynced.push_back((ticket, Mark::Entries(dots)));
        }
    }

    pub(super) fn on_persisted(&mut self, upto: Ticket, out: &mut OutboxOf<Self>) {
        if !out.has_issued(upto) {
            return;
        }
        let mut durable = Vec::new();
        while self.unsynced.front().is_some_and(|(ticket, _)| *ticket <= upto) {
            let Some((_, mark)) = self.unsynced.pop_front() else { break };
            match mark {
                Mark::Entries(dots) => durable.extend(dots),
                Mark::Compacted(tag, snapshot) => {
                    self.on_entries_durable(core::mem::take(&mut durable), out);
                    self.on_compacted(*tag, snapshot, out);
                }
                Mark::Installed(snapshot, entries) => {
                    self.on_entries_durable(core::mem::take(&mut durable), out);
                    self.on_installed(snapshot, entries, out);
                }
            }
        }
        self.on_entries_durable(durable, out);
    }

    /// Sends this node's own on their way, and delivers whatever is ready by them.
    fn on_entries_durable(&mut self, dots: Vec<Dot<Origin>>, out: &mut OutboxOf<Self>) {
        if dots.is_empty() {
            return;
        }
        let reached = self.buffer.delivered().clone();
        let (mut own, mut ready) = (Vec::new(), Vec::new());
        for dot in dots {
            let Some(entry) = self.settle(dot, out) else { continue };
            if dot.actor == self.origin {
                own.push(entry.clone());
            }
            self.wait(&entry, &mut ready);
            self.store.insert(dot, entry);
        }
        if !self.has(Bug::SendsBeforeDurable) {
            self.send_own(own, out);
        }
        self.deliver(reached, &ready, out);
        self.tick_later();
    }

    /// The message is on disk, by itself or as part of a snapshot; if it was not before, here it is.
    fn settle(&mut self, dot: Dot<Origin>, out: &mut OutboxOf<Self>) -> Option<Arc<Entry>> {
        if let Some(tag) = self.tags.remove(&dot) {
            out.emit(Event::Done { tag: *tag, dot });
        }
        let entry = self.pending.remove(&dot)?;
        if self.store.contains_key(&dot) {
            self.store_bytes = self.store_bytes.saturating_sub(entry_bytes(&entry));
            return None;
        }
        Some(entry)
    }

    fn send_own(&self, entries: Vec<Arc<Entry>>, out: &mut OutboxOf<Self>) {
        let own = entries.into_iter().filter(|entry| entry.dot.actor == self.origin);
        for batch in batches(own, self.config.batch_bytes_max) {
            for peer in self.peers() {
                out.send(peer, Message::Data { entries: batch.clone() });
            }
        }
    }
}
