use quorate_machine::{OutboxOf, Time};
use quorate_raft::{Entries, Index, Payload, Snapshot};

use super::{Core, Event};
use crate::{operation::Batch, store::Store};

impl Core {
    pub(super) fn on_committed(
        &mut self,
        now: Time,
        first: Index,
        entries: &Entries,
        out: &mut OutboxOf<Self>,
    ) {
        let mut index = first;
        for entry in entries.iter() {
            if let Payload::Data(payload) = &entry.payload {
                self.apply(payload, out);
            }
            self.compaction.on_applied(entry.payload.len());
            self.applied = index;
            index = index.next();
        }
        self.schedule_compaction(now);
    }

    fn apply(&mut self, payload: &[u8], out: &mut OutboxOf<Self>) {
        // Every node skips the same bytes, so all stay alike.
        let Ok(batch) = Batch::decode(payload) else { return self.counters.undecodable += 1 };
        let own = (batch.origin == self.origin).then_some(batch.sequence);
        self.counters.entries += 1;
        self.counters.operations += batch.operations.len() as u64;
        let replies = self.store.apply(batch);
        if let Some(sequence) = own {
            self.expiry.on_outcome(quorate_machine::Tag(sequence));
            self.on_own_applied(sequence, replies, out);
        }
    }

    pub(super) fn on_restore(&mut self, snapshot: &Snapshot, out: &mut OutboxOf<Self>) {
        match Store::restore(snapshot.parts()) {
            Ok(store) => {
                self.counters.restores += 1;
                self.store = store;
                self.applied = snapshot.last.index;
                self.compaction.on_restored(snapshot.bytes() as u64);
            }
            Err(error) => {
                self.broken = Some(error);
                self.fail_all(out);
                out.emit(Event::Broken { error });
            }
        }
    }

    /// Nobody waits for a broken node. What it proposed may still be committed by others.
    fn fail_all(&mut self, out: &mut OutboxOf<Self>) {
        let pending = core::mem::take(&mut self.pending);
        let retries = core::mem::take(&mut self.retries);
        for write in pending.writes.into_values() {
            out.emit(Event::Failed { tag: write.tag, failure: super::Failure::Unknown });
        }
        let reads = pending.reads.into_values().flatten().chain(pending.gathering);
        for read in reads.chain(retries.reads.into_iter().flat_map(|(_, reads)| reads)) {
            out.emit(Event::Failed { tag: read.tag, failure: super::Failure::Broken });
        }
    }
}
