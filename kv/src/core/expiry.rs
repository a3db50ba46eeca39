//! Keys end when the log says so. While nobody writes, the leader proposes the time.

use core::time::Duration;

use quorate_machine::{OutboxOf, Tag, Time};
use quorate_raft::Role;

use super::Core;
use crate::operation::Operation;

#[derive(Clone, Debug, Default)]
pub(super) struct Expiry {
    /// The wall clock in milliseconds since the Unix epoch, and when it was told.
    anchor: Option<(Time, u64)>,
    /// When this node, if it leads, will propose the time.
    pub(super) tick_at: Option<Time>,
    /// The tick under way.
    tick: Option<Tag>,
    /// Not before this: a tick has just failed.
    pause_until: Time,
}

impl Expiry {
    pub(super) fn anchor(&mut self, now: Time, at_ms: u64) {
        self.anchor = Some((now, at_ms));
    }

    pub(super) fn on_outcome(&mut self, sequence: Tag) {
        if self.tick == Some(sequence) {
            self.tick = None;
        }
    }

    pub(super) const fn in_flight(&self) -> bool {
        self.tick.is_some()
    }

    fn wall_ms(&self, now: Time) -> Option<u64> {
        let (at, ms) = self.anchor?;
        Some(ms.saturating_add(u64::try_from(now.since(at).as_millis()).unwrap_or(u64::MAX)))
    }

    /// When the wall clock will show `ms`.
    fn time_of(&self, ms: u64) -> Option<Time> {
        let (at, anchored_ms) = self.anchor?;
        Some(at + Duration::from_millis(ms.saturating_sub(anchored_ms)))
    }
}

impl Core {
    /// Called at the end of every step, so that the deadline is a plain field.
    pub(super) fn schedule_tick(&mut self, now: Time) {
        let leads = self.raft.role() == Role::Leader;
        let due = self.store.next_end_ms().filter(|_| leads && !self.expiry.in_flight());
        let at = due.and_then(|end_ms| self.expiry.time_of(end_ms));
        self.expiry.tick_at = at.map(|at| at.max(self.expiry.pause_until).max(now.next()));
    }

    pub(super) fn tick_if_due(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if self.expiry.tick_at.is_none_or(|at| now < at) {
            return;
        }
        let Some(at_ms) = self.expiry.wall_ms(now) else { return };
        let sequence = self.next_tag();
        let payload = self.batch(sequence, at_ms, vec![Operation::Tick]).encode();
        self.expiry.tick = Some(sequence);
        self.expiry.pause_until = now + self.config.retry_after;
        self.propose(now, sequence, payload, out);
    }
}
