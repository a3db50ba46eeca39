use core::mem;

use quorate_machine::{Input, OutboxOf, Tag, Time};
use quorate_raft::Refusal;

use super::{
    Core, Event, Failure,
    pending::Read,
    write::{failure, is_passing},
};
use crate::query::Query;

impl Core {
    /// Reads wait for the wake, so that one question of Raft's serves all that came in the turn.
    pub(super) fn on_read(
        &mut self,
        now: Time,
        tag: Tag,
        at_ms: u64,
        queries: Vec<Query>,
        out: &mut OutboxOf<Self>,
    ) {
        self.expiry.anchor(now, at_ms);
        if self.outstanding() >= self.config.commands_max {
            return out.emit(Event::Failed { tag, failure: Failure::Busy });
        }
        let give_up_at = now + self.config.give_up_after;
        self.pending.gathering.push(Read { tag, at_ms, queries, give_up_at });
        self.pending.gathered_at.get_or_insert(now);
        self.pending.reads_waiting += 1;
    }

    pub(super) fn ask_gathered(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if self.pending.gathered_at.take().is_none() {
            return;
        }
        let question = self.next_tag();
        let reads = mem::take(&mut self.pending.gathering);
        self.pending.reads.insert(question, reads);
        self.feed(now, Input::Submit { tag: question, command: quorate_raft::Command::Read }, out);
    }

    /// The store now includes everything acknowledged before any of these was asked.
    pub(super) fn on_readable(&mut self, question: Tag, out: &mut OutboxOf<Self>) {
        for read in self.pending.reads.remove(&question).unwrap_or_default() {
            self.pending.reads_waiting -= 1;
            self.counters.queries += read.queries.len() as u64;
            let replies = read.queries.iter().map(|query| self.store.answer(query, read.at_ms)).collect();
            out.emit(Event::Answered { tag: read.tag, replies });
        }
    }

    pub(super) fn on_read_refused(
        &mut self,
        now: Time,
        question: Tag,
        refusal: Refusal,
        out: &mut OutboxOf<Self>,
    ) {
        let reads = self.pending.reads.remove(&question).unwrap_or_default();
        let retry_at = now + self.config.retry_after;
        let again = |read: &Read| is_passing(refusal) && retry_at < read.give_up_at;
        let (again, given_up): (Vec<_>, Vec<_>) = reads.into_iter().partition(again);
        for read in given_up {
            self.pending.reads_waiting -= 1;
            out.emit(Event::Failed { tag: read.tag, failure: failure(refusal) });
        }
        if !again.is_empty() {
            self.retries.reads.push_back((retry_at, again));
        }
    }
}
