//! The store is written as a snapshot when the log since the last one has grown as long as either is worth. It is
//! written a piece at a time, so that neither clients nor peers wait for it.

use core::time::Duration;

use quorate_machine::{Input, OutboxOf, Tag, Time};
use quorate_raft::Index;

use super::{Config, Core};

/// How many discarded keys are given back in one go: about a millisecond's worth.
const PIECE_KEYS: usize = 4_096;
/// How long others have their turn between two pieces.
const PAUSE: Duration = Duration::from_millis(1);

#[derive(Clone, Debug, Default)]
pub(super) struct Compaction {
    /// How many bytes of log were applied since the last snapshot.
    applied_bytes: u64,
    /// How large the last snapshot was.
    snapshot_bytes: u64,
    /// When there is a next piece of work: at once, after a pause, or not yet.
    pub(super) due_at: Option<Time>,
    /// The last entry in the snapshot that is being written.
    upto: Option<Index>,
    /// The snapshot that was handed to Raft.
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
        self.upto.is_some() || self.under_way.is_some()
    }

    fn is_worth_it(&self, config: &Config, origin: u64) -> bool {
        let log_bytes_max = config.raft.log_bytes_max as u64;
        // Reading and writing the store costs its size, so a large one waits for as much log, if the log has room.
        let bytes = config.snapshot_log_bytes_min.max(self.snapshot_bytes).min(log_bytes_max / 2);
        // The same log at the same length must not keep all nodes busy at the same time.
        self.applied_bytes > bytes - bytes / 128 * (origin % 64)
    }
}

impl Core {
    /// Called when entries were applied, so that the deadline is a plain field.
    pub(super) fn schedule_compaction(&mut self, now: Time) {
        let begins = !self.compaction.in_flight() && self.compaction.is_worth_it(&self.config, self.origin);
        if self.compaction.due_at.is_none() && (begins || self.store.has_discarded()) {
            self.compaction.due_at = Some(now.next());
        }
    }

    pub(super) fn compact_if_due(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if self.compaction.due_at.is_none_or(|at| now < at) {
            return;
        }
        self.store.give_back(PIECE_KEYS);
        self.continue_compaction(now, out);
        let goes_on = self.compaction.upto.is_some() || self.store.has_discarded();
        self.compaction.due_at = goes_on.then(|| now + PAUSE);
    }

    fn continue_compaction(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if !self.compaction.in_flight() && self.compaction.is_worth_it(&self.config, self.origin) {
            self.compaction.upto = Some(self.applied);
            self.compaction.applied_bytes = 0;
            self.store.begin_image(self.config.raft.snapshot_part_bytes_max);
        }
        let Some(upto) = self.compaction.upto else { return };
        let Some(parts) = self.store.continue_image(self.config.snapshot_piece_bytes) else { return };
        let tag = self.next_tag();
        self.compaction.upto = None;
        self.compaction.snapshot_bytes = parts.iter().map(|part| part.len() as u64).sum();
        self.compaction.under_way = Some(tag);
        self.counters.compactions += 1;
        self.feed(now, Input::Submit { tag, command: quorate_raft::Command::Compact { upto, parts } }, out);
    }
}
