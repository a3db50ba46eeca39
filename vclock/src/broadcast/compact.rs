//! What need not be kept: what the application's state includes, once every member has it.

use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};

use bytes::Bytes;
use quorate_machine::{Aside, OutboxOf, Tag};

use super::{
    entry::{Entry, Origin, Snapshot, entry_bytes},
    event::{Event, Refusal},
    members::Members,
    persist::Mark,
    record::Record,
    repair::ends,
    state::Broadcast,
};
use crate::{CausalBuffer, CausalMessage, Dot, VClock, bug::Bug};

impl Broadcast {
    pub(super) fn compact(
        &mut self,
        tag: Tag,
        cut: &VClock<Origin>,
        state: &Bytes,
        out: &mut OutboxOf<Self>,
    ) -> Result<(), Refusal> {
        let (bytes, max) = (state.len(), self.config.snapshot_bytes_max);
        if bytes > max {
            return Err(Refusal::TooLong { bytes, max });
        }
        if self.snapshot_issued.is_some() {
            return Err(Refusal::Busy);
        }
        let members = self.members_at(cut).ok_or(Refusal::NotACut)?;
        let snapshot = Arc::new(Snapshot { cut: cut.clone(), members, state: state.clone() });
        self.snapshot_issued = Some(snapshot.clone());
        let ticket = out.persist(Record::Snapshot { snapshot: snapshot.clone(), entries: Vec::new() });
        self.unsynced.push_back((ticket, Mark::Compacted(Aside::new(tag), snapshot)));
        Ok(())
    }

    /// Who was a member at this cut; `None` if it is none that was delivered after the last snapshot: whatever it includes
    /// must include all that led to it.
    fn members_at(&self, cut: &VClock<Origin>) -> Option<Members> {
        if !self.buffer.delivered().descends(cut) {
            return None;
        }
        let (mut members, start) = match &self.snapshot {
            Some(snapshot) => (snapshot.members.clone(), snapshot.cut.clone()),
            None => (Members::founded(&self.config.founders), VClock::new()),
        };
        let mut replay = CausalBuffer::starting(start, usize::MAX);
        for entry in self.store.values().filter(|entry| cut.contains(&entry.dot)) {
            let message = CausalMessage { dot: entry.dot, after: entry.after.clone(), payload: entry };
            let _received = replay.receive(message, |message| members.apply(message.payload));
        }
        (replay.delivered() == cut).then_some(members)
    }

    pub(super) fn on_compacted(&mut self, tag: Tag, snapshot: Arc<Snapshot>, out: &mut OutboxOf<Self>) {
        self.snapshot = Some(snapshot);
        self.snapshot_issued = None;
        out.emit(Event::Compacted { tag });
        self.prune(out);
    }

    /// Forgets what the snapshot includes and every member has.
    pub(super) fn prune(&mut self, out: &mut OutboxOf<Self>) {
        if self.snapshot_issued.is_some() {
            return;
        }
        let Some(snapshot) = &self.snapshot else { return };
        let mut base = self.matrix.stable().clone();
        if self.has(Bug::PrunesUnstable) {
            base.merge(&snapshot.cut);
        }
        base.meet(&snapshot.cut);
        base.merge(&self.base);
        if base == self.base {
            return;
        }
        let mut freed = 0;
        for entries in [&mut self.store, &mut self.pending] {
            entries.retain(|dot, entry| {
                let keeps = !base.contains(dot);
                freed += if keeps { 0 } else { entry_bytes(entry) };
                keeps
            });
        }
        self.store_bytes = self.store_bytes.saturating_sub(freed);
        self.base.clone_from(&base);
        out.note(Record::Pruned(base));
    }

    /// Another's state, which includes something that this node lacks and that is not kept any more.
    ///
    /// It must not take back what was delivered: what is only in this node's own state is in the other or comes beside it.
    pub(super) fn on_snapshot(
        &mut self,
        snapshot: Arc<Snapshot>,
        entries: Vec<Arc<Entry>>,
        out: &mut OutboxOf<Self>,
    ) {
        if !self.fits(&snapshot, &entries) {
            self.counters.nonsense += 1;
            return;
        }
        if self.snapshot_issued.is_some() || self.buffer.delivered().descends(&snapshot.cut) {
            self.counters.repeated += 1;
            return;
        }
        if !self.is_covered(&snapshot, &entries) && !self.has(Bug::InstallTakesBack) {
            self.counters.full += 1;
            return;
        }
        self.recognise(&snapshot.cut, out);
        self.snapshot_issued = Some(snapshot.clone());
        let ticket = out.persist(Record::Snapshot { snapshot: snapshot.clone(), entries: entries.clone() });
        self.unsynced.push_back((ticket, Mark::Installed(snapshot, entries)));
    }

    /// What this node's own state includes.
    pub(super) fn cut(&self) -> VClock<Origin> {
        self.snapshot.as_ref().map_or_else(VClock::new, |snapshot| snapshot.cut.clone())
    }

    /// Whether everything that is only in this node's own state is in the other or comes beside it.
    fn is_covered(&self, snapshot: &Snapshot, entries: &[Arc<Entry>]) -> bool {
        let beside: BTreeSet<_> = entries.iter().map(|entry| entry.dot).collect();
        self.cut().diff(&snapshot.cut).all(|range| {
            let mut lacking = self.unstored(range.cloned()).into_iter();
            lacking.all(|range| {
                let (first, last) = ends(range);
                u64::try_from(beside.range(first..=last).count()) == Ok(range.len())
            })
        })
    }

    /// Goes on from there. What this node had delivered and the state does not include is delivered again after it.
    pub(super) fn on_installed(
        &mut self,
        snapshot: Arc<Snapshot>,
        entries: Vec<Arc<Entry>>,
        out: &mut OutboxOf<Self>,
    ) {
        let cut = snapshot.cut.clone();
        self.snapshot = Some(snapshot);
        self.snapshot_issued = None;
        self.base.meet(&cut);
        for entry in entries {
            let bytes = entry_bytes(&entry);
            if !self.base.contains(&entry.dot) && !self.store.contains_key(&entry.dot) {
                self.store.insert(entry.dot, entry);
                self.store_bytes += bytes;
            }
        }
        let ready = self.refill(&cut);
        self.tell_state(out);
        if !self.has(Bug::InstallForgets) {
            self.deliver(cut, &ready, out);
        }
        self.on_own_row(out);
        self.tick_later();
    }

    /// Begins to deliver from this cut on; what is ready of the store, in order.
    pub(super) fn refill(&mut self, cut: &VClock<Origin>) -> Vec<Dot<Origin>> {
        self.buffer = CausalBuffer::starting(cut.clone(), usize::MAX);
        let kept: Vec<Arc<Entry>> = self.store.values().cloned().collect();
        let mut ready = Vec::new();
        for entry in kept {
            self.wait(&entry, &mut ready);
        }
        ready
    }
}
