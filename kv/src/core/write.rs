use bytes::Bytes;
use quorate_machine::{Input, OutboxOf, Tag, Time};
use quorate_raft::Refusal;

use super::{Core, Event, Failure, pending::Write};
use crate::{
    operation::{Batch, Operation},
    reply::Reply,
};

impl Core {
    pub(super) fn on_write(
        &mut self,
        now: Time,
        tag: Tag,
        at_ms: u64,
        operations: Vec<Operation>,
        out: &mut OutboxOf<Self>,
    ) {
        self.expiry.anchor(now, at_ms);
        if operations.is_empty() {
            return out.emit(Event::Answered { tag, replies: Vec::new() });
        }
        if self.outstanding() >= self.config.commands_max {
            return out.emit(Event::Failed { tag, failure: Failure::Busy });
        }
        let sequence = self.next_tag();
        let payload = self.batch(sequence, at_ms, operations).encode();
        self.pending.writes.insert(sequence, Write { tag, give_up_at: now + self.config.give_up_after });
        self.propose(now, sequence, payload, out);
    }

    pub(super) fn batch(&self, sequence: Tag, at_ms: u64, operations: Vec<Operation>) -> Batch {
        let memory_bytes_max = self.config.memory_bytes_max;
        Batch { origin: self.origin, sequence: sequence.0, at_ms, memory_bytes_max, operations }
    }

    pub(super) fn propose(&mut self, now: Time, sequence: Tag, payload: Bytes, out: &mut OutboxOf<Self>) {
        let command = quorate_raft::Command::Propose(payload);
        self.feed(now, Input::Submit { tag: sequence, command }, out);
    }

    /// A batch of this life was applied here: the moment at which its replies are known.
    pub(super) fn on_own_applied(&mut self, sequence: u64, replies: Vec<Reply>, out: &mut OutboxOf<Self>) {
        if let Some(write) = self.pending.writes.remove(&Tag(sequence)) {
            out.emit(Event::Answered { tag: write.tag, replies });
        }
    }

    /// It is committed. If it still waits, its effect came within a snapshot, and its replies did not.
    pub(super) fn on_proposed(&mut self, sequence: Tag, out: &mut OutboxOf<Self>) {
        self.on_unknown(sequence, out);
    }

    pub(super) fn on_unknown(&mut self, sequence: Tag, out: &mut OutboxOf<Self>) {
        self.expiry.on_outcome(sequence);
        if let Some(write) = self.pending.writes.remove(&sequence) {
            out.emit(Event::Failed { tag: write.tag, failure: Failure::Unknown });
        }
    }

    pub(super) fn on_write_refused(
        &mut self,
        now: Time,
        sequence: Tag,
        payload: Bytes,
        refusal: Refusal,
        out: &mut OutboxOf<Self>,
    ) {
        self.expiry.on_outcome(sequence);
        let Some(write) = self.pending.writes.get(&sequence).copied() else { return };
        let retry_at = now + self.config.retry_after;
        if is_passing(refusal) && retry_at < write.give_up_at {
            self.retries.writes.push_back((retry_at, sequence, payload));
            return;
        }
        self.pending.writes.remove(&sequence);
        out.emit(Event::Failed { tag: write.tag, failure: failure(refusal) });
    }

    pub(super) fn retry_due(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        while let Some((sequence, payload)) = self.retries.due_write(now) {
            self.counters.retries += 1;
            self.propose(now, sequence, payload, out);
        }
        while let Some(reads) = self.retries.due_reads(now) {
            self.counters.retries += 1;
            self.pending.gathering.extend(reads);
            self.pending.gathered_at = Some(now);
        }
    }
}

/// Whether asking again later can help.
pub(super) const fn is_passing(refusal: Refusal) -> bool {
    matches!(refusal, Refusal::NoLeader | Refusal::Unconfirmed | Refusal::Superseded)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enum may grow; all else means that there was no effect"
)]
pub(super) fn failure(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Busy => Failure::Busy,
        Refusal::TooLarge { bytes, max } => Failure::TooLarge { bytes, max },
        // Passing refusals, which have passed for too long; the rest is about commands that are never given.
        _ => Failure::NoLeader,
    }
}
