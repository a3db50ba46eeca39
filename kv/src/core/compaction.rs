//! The store is written as a snapshot when the log since the last one has grown as long as either is worth.

use quorate_machine::{Input, OutboxOf, Tag, Time};

use super::Core;

#[derive(Clone, Debug, Default)]
pub(super) struct Compaction {
    /// How many bytes of log were applied since the last snapshot.
    applied_bytes: u64,
    /// How large the last snapshot was.
    snapshot_bytes: u64,
    /// When the next is due: at once, or not yet.
    pub(super) due_at: Option<Time>,
    under_way: Option<Tag>,
}

impl Compaction {
    pub(super) fn on_applied(&mut self, bytes: usize) {
        self.applied_bytes += bytes as u64;
    }

    pub(super) fn on_restored(&mut self, snapshot_bytes: u64) {
        *self = Self { snapshot_bytes, under_way: self.under_way, ..Self::default() };
    }

    pub(super) fn on_done(&mut self, tag: Tag) {
        if self.under_way == Some(tag) {
            self.under_way = None;
        }
    }

    pub(super) const fn in_flight(&self) -> bool {
        self.under_way.is_some()
    }

    /// Reading and writing the store costs its size, so a large one waits for as much log.
    pub(super) fn schedule(&mut self, now: Time, log_bytes_min: u64) {
        let worth_it = self.applied_bytes > log_bytes_min.max(self.snapshot_bytes);
        if worth_it && self.due_at.is_none() && !self.in_flight() {
            self.due_at = Some(now.next());
        }
    }
}

impl Core {
    pub(super) fn compact_if_due(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if self.compaction.due_at.is_none_or(|at| now < at) {
            return;
        }
        let tag = self.next_tag();
        let parts = self.store.parts(self.config.raft.snapshot_part_bytes_max);
        let snapshot_bytes = parts.iter().map(|part| part.len() as u64).sum();
        self.compaction.on_restored(snapshot_bytes);
        self.compaction.under_way = Some(tag);
        self.counters.compactions += 1;
        let command = quorate_raft::Command::Compact { upto: self.applied, parts };
        self.feed(now, Input::Submit { tag, command }, out);
    }
}
