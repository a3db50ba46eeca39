use alloc::collections::VecDeque;
use core::hash::{Hash, Hasher};

use quorate_machine::Time;

use crate::{forward::Window, id::Index, snapshot::Transfer};

/// What a leader knows of one peer (Raft figure 2: `nextIndex`, `matchIndex`), and how it feeds it.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    /// The last index known to be the leader's own and durable over there.
    pub(crate) matched: Index,
    /// The next index to send.
    pub(crate) next: Index,
    pub(crate) flow: Flow,
    /// The appends on their way: the last index of each, and its bytes.
    inflight: VecDeque<(Index, usize)>,
    inflight_bytes: usize,
    /// The latest round of leadership confirmation it has answered.
    pub(crate) round: u64,
    /// When it last answered.
    pub(crate) heard_at: Time,
    /// The commit index it was told last.
    pub(crate) told: Index,
    /// Which of its forwarded batches have arrived.
    pub(crate) forwards: Window,
}

/// How appends flow to a peer.
#[derive(Clone, Debug, Hash)]
pub(crate) enum Flow {
    /// Where its log ends is a guess: one append at a time, until one is accepted.
    Probe {
        /// Whether that one is on its way.
        sent: bool,
    },
    /// Its log is known to match: as many as the window holds, without waiting.
    Replicate,
    /// What it needs next is compacted: it gets the snapshot first.
    Snapshot(Transfer),
}

impl Progress {
    pub(crate) fn new(next: Index, now: Time) -> Self {
        Self {
            matched: Index::ZERO,
            next,
            flow: Flow::Probe { sent: false },
            inflight: VecDeque::new(),
            inflight_bytes: 0,
            round: 0,
            heard_at: now,
            told: Index::ZERO,
            forwards: Window::default(),
        }
    }

    /// Whether one more append may be sent.
    pub(crate) fn has_room(&self, messages_max: usize, bytes_max: usize) -> bool {
        match &self.flow {
            Flow::Probe { sent } => !sent,
            Flow::Replicate => self.inflight.len() < messages_max && self.inflight_bytes < bytes_max,
            Flow::Snapshot(_) => false,
        }
    }

    /// Notes that entries up to `last` were sent.
    pub(crate) fn on_sent(&mut self, last: Index, bytes: usize) {
        match &mut self.flow {
            Flow::Probe { sent } => *sent = true,
            Flow::Replicate => {
                self.inflight.push_back((last, bytes));
                self.inflight_bytes += bytes;
                self.next = last.next();
            }
            Flow::Snapshot(_) => {}
        }
    }

    /// Notes that the log over there is the leader's own up to `matched`; never goes back.
    pub(crate) fn on_matched(&mut self, matched: Index) {
        self.matched = self.matched.max(matched);
        self.next = self.next.max(self.matched.next());
        while let Some((_, bytes)) = self.inflight.front().filter(|(last, _)| *last <= self.matched) {
            self.inflight_bytes -= bytes;
            self.inflight.pop_front();
        }
        let settled = match &self.flow {
            Flow::Probe { .. } => matched >= self.next.previous(),
            Flow::Replicate => false,
            Flow::Snapshot(transfer) => self.matched >= transfer.last().index,
        };
        if settled {
            self.flow = Flow::Replicate;
        }
    }

    /// A heartbeat is due: what may be lost is tried again.
    pub(crate) fn on_heartbeat(&mut self) {
        match &mut self.flow {
            Flow::Probe { sent } => *sent = false,
            Flow::Snapshot(transfer) => transfer.retry(),
            Flow::Replicate => {}
        }
    }

    /// Starts again from `next`, one append at a time.
    pub(crate) fn probe(&mut self, next: Index) {
        self.next = next.max(self.matched.next());
        self.flow = Flow::Probe { sent: false };
        self.inflight.clear();
        self.inflight_bytes = 0;
    }

    /// Begins to send a snapshot.
    pub(crate) fn transfer(&mut self, transfer: Transfer) {
        self.inflight.clear();
        self.inflight_bytes = 0;
        self.flow = Flow::Snapshot(transfer);
    }

    pub(crate) fn digest(&self, mut hasher: &mut dyn Hasher) {
        (self.matched, self.next, self.round, self.told, self.forwards).hash(&mut hasher);
        (&self.inflight, &self.flow).hash(&mut hasher);
    }
}
