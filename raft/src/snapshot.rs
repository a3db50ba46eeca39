//! Snapshots: taken by the application, sent in parts, installed whole (Raft §7, figure 13).

use alloc::{sync::Arc, vec::Vec};
use core::fmt;

use bytes::Bytes;
use quorate_machine::{Aside, NodeId, OutboxOf, Tag, Time};

use crate::{
    bug::Bug,
    durable::Mark,
    event::{Command, Refusal},
    id::{Index, LogId},
    log::Log,
    message::Body,
    progress::Flow,
    record::Record,
    state::Raft,
};

/// The application's state after some entry, in parts. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Snapshot {
    /// The last entry whose effect it includes.
    pub last: LogId,
    parts: Arc<[Bytes]>,
}

impl Snapshot {
    /// A snapshot of everything up to `last`.
    pub fn new(last: LogId, parts: Vec<Bytes>) -> Self {
        Self { last, parts: parts.into() }
    }

    /// The parts, in order.
    pub fn parts(&self) -> &[Bytes] {
        &self.parts
    }

    /// The size of all parts together, in bytes.
    pub fn bytes(&self) -> usize {
        self.parts.iter().map(Bytes::len).sum()
    }

    fn count(&self) -> u32 {
        u32::try_from(self.parts.len()).unwrap_or(u32::MAX)
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "snapshot {:?} of {} parts, {} B", self.last, self.parts.len(), self.bytes())
    }
}

/// A snapshot on its way to one peer. The leader may take newer ones meanwhile; this one is sent to its end.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Transfer {
    snapshot: Snapshot,
    /// How many parts the peer is known to hold.
    received: u32,
    /// The next part to send.
    next: u32,
    /// Whether nothing has come back since the last heartbeat.
    stalled: bool,
}

impl Transfer {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self { snapshot, received: 0, next: 0, stalled: false }
    }

    pub(crate) fn last(&self) -> LogId {
        self.snapshot.last
    }

    /// A heartbeat has passed: what was sent before it and not answered is sent again. If all has arrived, the last
    /// part is repeated, to which the peer answers what it really holds.
    pub(crate) fn retry(&mut self) {
        if self.stalled {
            self.next = self.received.min(self.snapshot.count().saturating_sub(1));
        }
        self.stalled = true;
    }

    fn on_received(&mut self, parts: u32) {
        self.stalled = false;
        if parts < self.received {
            self.next = parts; // it has begun anew
        }
        self.received = parts;
        self.next = self.next.max(parts);
    }

    pub(crate) fn parts(&self) -> u32 {
        self.snapshot.count()
    }

    pub(crate) fn next_part(&mut self, window: u32) -> Option<(u32, Bytes)> {
        if self.next >= self.received.saturating_add(window) {
            return None;
        }
        let part = self.next;
        let bytes = self.snapshot.parts.get(part as usize)?.clone();
        self.next += 1;
        Some((part, bytes))
    }
}

impl Raft {
    /// Takes the application's state as of `upto`, and forgets the log before it but for a few entries.
    pub(crate) fn compact(
        &mut self,
        tag: Tag,
        upto: Index,
        parts: Vec<Bytes>,
        out: &mut OutboxOf<Self>,
    ) -> Result<(), (Command, Refusal)> {
        let Some(last) = self.check_snapshot(upto).filter(|_| !parts.is_empty()) else {
            let refusal = Refusal::OutOfRange { upto, delivered: self.delivered };
            return Err((Command::Compact { upto, parts }, refusal));
        };
        if let Err(refusal) = self.check_parts(&parts) {
            return Err((Command::Compact { upto, parts }, refusal));
        }
        // Its parts take the place of any that another node's snapshot has sent so far.
        self.partial = None;
        let snapshot = Snapshot::new(last, parts);
        snapshot_parts(&snapshot, &mut |record| out.note(record));
        let keep_from = Index(upto.0.saturating_sub(self.config.log_keep_entries));
        let base = keep_from.max(self.log.base().index);
        self.log.compact(base);
        if self.log.bytes() > self.config.log_bytes_max / 2 {
            self.log.compact(upto); // what would be kept is too large to keep
        }
        let record = Record::Snapshot { last, parts: snapshot.count(), base: self.log.base(), keep: true };
        self.snapshot = Some(snapshot);
        self.disk.note_commit(last.index);
        self.persist(record, Mark::Compacted { tag: Aside::new(tag), last }, out);
        Ok(())
    }

    fn check_snapshot(&self, upto: Index) -> Option<LogId> {
        let before = self.snapshot.as_ref().map_or(Index::ZERO, |snapshot| snapshot.last.index);
        let term = self.log.term_at(upto)?;
        let told = if self.has(Bug::CompactsUndelivered) { self.log.last_index() } else { self.delivered };
        (before < upto && upto <= told).then_some(LogId { term, index: upto })
    }

    fn check_parts(&self, parts: &[Bytes]) -> Result<(), Refusal> {
        let max = self.config.snapshot_part_bytes_max;
        if let Some(bytes) = parts.iter().map(Bytes::len).find(|bytes| *bytes > max) {
            return Err(Refusal::TooLarge { bytes, max });
        }
        let max = self.config.snapshot_parts_max as usize;
        if parts.len() > max {
            return Err(Refusal::TooLarge { bytes: parts.len(), max });
        }
        Ok(())
    }

    pub(crate) fn on_received(
        &mut self,
        now: Time,
        slot: usize,
        last: LogId,
        parts: u32,
        round: u64,
        out: &mut OutboxOf<Self>,
    ) {
        let Some(peer) = self.hear(now, slot, round) else { return };
        if let Flow::Snapshot(transfer) = &mut peer.flow {
            if transfer.last() == last {
                transfer.on_received(parts);
                self.flush_soon(now);
            }
        }
        self.confirm_reads(now, out);
    }

    pub(crate) fn on_snapshot(
        &mut self,
        now: Time,
        from: NodeId,
        last: LogId,
        (part, parts, bytes): (u32, u32, Bytes),
        round: u64,
        out: &mut OutboxOf<Self>,
    ) {
        let sane = parts <= self.config.snapshot_parts_max
            && part < parts
            && bytes.len() <= self.config.snapshot_part_bytes_max
            && last.index < Index::END
            && last.term <= self.term;
        if !sane {
            self.counters.nonsense += 1;
            return;
        }
        if !self.follow(now, from, out) {
            return;
        }
        self.hear_round(round);
        if last.index <= self.committed && !self.has(Bug::InstallsOldSnapshot) {
            self.verify(self.committed); // a leader has everything that is committed
            return self.acknowledge(from, out);
        }
        let held = self.take_part(last, part, bytes, out);
        if held == parts {
            return self.install(now, last, parts, out);
        }
        let round = self.following().map_or(0, |following| following.round);
        self.send(from, Body::Received { last, parts: held, round }, out);
    }

    /// Keeps a part if it is the next one; says how many of this snapshot are held.
    fn take_part(&mut self, last: LogId, part: u32, bytes: Bytes, out: &mut OutboxOf<Self>) -> u32 {
        if self.partial.as_ref().is_none_or(|(of, _)| *of != last) {
            if part != 0 {
                return 0;
            }
            self.partial = Some((last, Vec::new()));
        }
        let Some((_, held)) = &mut self.partial else { return 0 };
        if held.len() == part as usize {
            held.push(bytes.clone());
            out.note(Record::Part { last, part, bytes });
        }
        u32::try_from(held.len()).unwrap_or(u32::MAX)
    }

    /// Figure 13, steps 6 to 8: entries after one that equals the snapshot's last stay, else the log goes. The
    /// application is told, and the leader, once it is all on disk.
    fn install(&mut self, now: Time, last: LogId, parts: u32, out: &mut OutboxOf<Self>) {
        let Some((_, held)) = self.partial.take() else { return };
        let there = self.log.term_at(last.index);
        let keep = there == Some(last.term) || (there.is_some() && self.has(Bug::SnapshotKeepsConflict));
        if keep {
            self.log.compact(last.index);
        } else {
            let removed = self.log.truncate(self.log.base().index.next());
            let first = self.log.base().index.next();
            self.proposals.on_truncated(first, &removed);
            self.disk.on_truncated(Index::ZERO);
            self.log = Log::new(last, alloc::collections::VecDeque::new());
        }
        if self.has(Bug::SnapshotLowersTerm) {
            self.term = last.term;
        }
        self.unshare();
        self.snapshot = Some(Snapshot::new(last, held));
        self.counters.installs += 1;
        self.committed = self.committed.max(last.index);
        self.disk.note_commit(last.index);
        self.verify(last.index);
        self.owe_ack();
        self.persist(Record::Snapshot { last, parts, base: last, keep }, Mark::Installed(last), out);
        if self.has(Bug::SnapshotBeforeDurable) {
            self.disk.log = self.disk.log.max(last.index);
            self.acknowledge_owed(out);
        }
        self.deliver(now, out);
    }

    pub(crate) fn checkpoint_snapshot(&self, record: &mut dyn FnMut(Record)) {
        let Some(snapshot) = &self.snapshot else { return };
        snapshot_parts(snapshot, record);
        let (last, parts) = (snapshot.last, snapshot.count());
        record(Record::Snapshot { last, parts, base: self.log.base(), keep: false });
    }

    pub(crate) fn checkpoint_partial(&self, record: &mut dyn FnMut(Record)) {
        let Some((last, held)) = &self.partial else { return };
        for (part, bytes) in (0..).zip(held) {
            record(Record::Part { last: *last, part, bytes: bytes.clone() });
        }
    }
}

fn snapshot_parts(snapshot: &Snapshot, record: &mut dyn FnMut(Record)) {
    for (part, bytes) in (0..).zip(snapshot.parts()) {
        record(Record::Part { last: snapshot.last, part, bytes: bytes.clone() });
    }
}
