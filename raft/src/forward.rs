//! Proposals made at a follower: sent to the leader once, appended there at most once.

use alloc::{collections::VecDeque, sync::Arc, vec::Vec};
use core::hash::{Hash, Hasher};

use bytes::Bytes;
use quorate_machine::{NodeId, OutboxOf, Tag, Time};

use crate::{
    bug::Bug,
    entry::Entry,
    event::{Command, Event, Refusal},
    id::{Index, LogId, Term},
    message::{Body, forwarded_bound},
    propose::{Expiring, Placed},
    state::{Raft, oldest},
};

/// The batches on their way to a leader.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forwards {
    /// How many batches this life of the node has sent.
    sequence: u64,
    sent: VecDeque<Batch>,
    commands: usize,
}

#[derive(Clone, Debug)]
struct Batch {
    sequence: u64,
    /// The term whose leader it went to: no other may take it.
    term: Term,
    items: Vec<Item>,
    payloads: Arc<[Bytes]>,
    since: Time,
}

/// One command of a batch: so many of its payloads.
#[derive(Clone, Copy, Debug)]
struct Item {
    tag: Tag,
    count: u64,
    listed: bool,
}

impl Forwards {
    pub(crate) const fn len(&self) -> usize {
        self.commands
    }

    pub(crate) fn oldest(&self) -> Time {
        oldest(&self.sent, |batch| batch.since)
    }

    fn take(&mut self, sequence: u64) -> Option<Batch> {
        let place = self.sent.iter().position(|batch| batch.sequence == sequence)?;
        let batch = self.sent.remove(place)?;
        self.commands -= batch.items.len();
        Some(batch)
    }

    pub(crate) fn digest(&self, mut hasher: &mut dyn Hasher) {
        self.sequence.hash(&mut hasher);
        for batch in &self.sent {
            (batch.sequence, batch.term, &batch.payloads).hash(&mut hasher);
        }
    }
}

/// Which of a peer's batches have arrived, as far back as 64: a batch counts once, however often it comes. A leader
/// keeps one for each peer as long as it leads, which is as long as a batch for its term can be accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Window {
    incarnation: u64,
    highest: u64,
    /// Bit n: the batch n before the highest has arrived.
    seen: u64,
}

impl Window {
    /// Whether this batch is new; from now on it is not.
    pub(crate) fn admit(&mut self, incarnation: u64, sequence: u64) -> bool {
        if incarnation < self.incarnation {
            return false;
        }
        if incarnation > self.incarnation {
            *self = Self { incarnation, highest: 0, seen: 0 };
        }
        if sequence > self.highest {
            let shift = u32::try_from(sequence - self.highest).unwrap_or(u32::MAX);
            self.seen = self.seen.checked_shl(shift).unwrap_or(0) | 1;
            self.highest = sequence;
            return true;
        }
        let back = u32::try_from(self.highest - sequence).unwrap_or(u32::MAX);
        let Some(bit) = 1_u64.checked_shl(back).filter(|bit| self.seen & bit == 0) else { return false };
        self.seen |= bit;
        true
    }
}

impl Raft {
    /// Sends all that waits to the leader, in as few messages as the limits allow.
    pub(crate) fn forward_queued(&mut self, now: Time, leader: NodeId, out: &mut OutboxOf<Self>) {
        self.proposals.queued_bytes = 0;
        let (mut items, mut payloads, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut since = now;
        while let Some(queued) = self.proposals.queued.pop_front() {
            let more = queued.asked.bytes_bound();
            if !items.is_empty() && bytes + more > self.config.entries_bytes_max() {
                self.forward(leader, core::mem::take(&mut items), core::mem::take(&mut payloads), since, out);
                (bytes, since) = (0, now);
            }
            bytes += more;
            since = since.min(queued.since);
            let listed = matches!(queued.asked, crate::propose::Asked::All(_));
            items.push(Item { tag: queued.tag, count: queued.asked.payloads().len() as u64, listed });
            payloads.extend_from_slice(queued.asked.payloads());
        }
        self.forward(leader, items, payloads, since, out);
    }

    fn forward(
        &mut self,
        leader: NodeId,
        items: Vec<Item>,
        payloads: Vec<Bytes>,
        since: Time,
        out: &mut OutboxOf<Self>,
    ) {
        let forwards = &mut self.proposals.forwards;
        forwards.sequence += 1;
        forwards.commands += items.len();
        let (sequence, payloads) = (forwards.sequence, Arc::<[Bytes]>::from(payloads));
        let batch = Batch { sequence, term: self.term, items, payloads: payloads.clone(), since };
        forwards.sent.push_back(batch);
        self.send(leader, Body::Forward { incarnation: self.incarnation, sequence, payloads }, out);
    }

    /// Appends a peer's batch, unless it has arrived before. Silence leaves the outcome unknown, which is safe.
    pub(crate) fn on_forward(
        &mut self,
        now: Time,
        (from, slot): (NodeId, usize),
        (incarnation, sequence): (u64, u64),
        payloads: &Arc<[Bytes]>,
        out: &mut OutboxOf<Self>,
    ) {
        let twice = self.has(Bug::ForwardsTwice);
        let life = if self.has(Bug::ForwardsMistakeLives) { 0 } else { incarnation };
        let Some(peer) = self.peer_mut(slot) else { return };
        if !peer.forwards.admit(life, sequence) && !twice {
            self.counters.repeated_forwards += 1;
            return;
        }
        let bytes = payloads.iter().map(|payload| forwarded_bound(payload) + Entry::OVERHEAD_BYTES).sum();
        let too_long = payloads.iter().any(|payload| payload.len() > self.config.proposal_bytes_max);
        let first = if too_long || self.has_room_for(bytes).is_err() {
            None
        } else {
            let first = self.log.last_index().next();
            payloads.iter().for_each(|payload| self.append_payload(payload.clone()));
            self.flush_soon(now);
            Some(first)
        };
        self.send(from, Body::Forwarded { incarnation, sequence, first }, out);
    }

    pub(crate) fn on_forwarded(
        &mut self,
        now: Time,
        incarnation: u64,
        sequence: u64,
        first: Option<Index>,
        out: &mut OutboxOf<Self>,
    ) {
        if incarnation != self.incarnation {
            return;
        }
        let Some(batch) = self.proposals.forwards.take(sequence) else { return };
        let Some(first) = first else { return refuse(batch, out) };
        let mut next = first;
        for item in &batch.items {
            next = next.plus(item.count);
            let at = LogId { term: batch.term, index: next.previous() };
            self.proposals.place(Placed::new(item.tag, at, (item.count, item.listed), batch.since));
        }
        self.settle_proposals(out);
        self.flush_soon(now);
    }

    /// The term is over, and with it the leader that could have said where these are.
    pub(crate) fn on_term_over(&mut self, _: Time, out: &mut OutboxOf<Self>) {
        let forwards = &mut self.proposals.forwards;
        forwards.commands = 0;
        for batch in forwards.sent.drain(..) {
            lose(&batch, out);
        }
    }

    pub(crate) fn expire_forwards(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        let timeout = self.config.outcome_timeout;
        let forwards = &mut self.proposals.forwards;
        while let Some(batch) =
            forwards.sent.pop_front_if_due(|batch| Self::is_due(batch.since, timeout, now))
        {
            forwards.commands -= batch.items.len();
            lose(&batch, out);
        }
    }
}

fn lose(batch: &Batch, out: &mut OutboxOf<Raft>) {
    for item in &batch.items {
        out.emit(Event::Unknown { tag: item.tag });
    }
}

/// The leader has appended none of it: everything goes back.
fn refuse(batch: Batch, out: &mut OutboxOf<Raft>) {
    let mut payloads = batch.payloads.iter().cloned();
    for item in batch.items {
        let own: Vec<Bytes> =
            payloads.by_ref().take(usize::try_from(item.count).unwrap_or(usize::MAX)).collect();
        let command = match <[Bytes; 1]>::try_from(own) {
            Ok([payload]) if !item.listed => Command::Propose(payload),
            Ok([payload]) => Command::ProposeAll(alloc::vec![payload]),
            Err(own) => Command::ProposeAll(own),
        };
        out.emit(Event::Refused { tag: item.tag, command, refusal: Refusal::Busy });
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use quickcheck::{Gen, QuickCheck};

    use super::*;

    /// Whatever comes in whatever order: never the same twice, and never refused while recent and new.
    fn admits_at_most_once(arrivals: Vec<(u8, u8)>) -> bool {
        let mut window = Window::default();
        let mut admitted = BTreeSet::new();
        let (mut latest, mut highest) = (0, 0);
        arrivals.into_iter().all(|(life, sequence)| {
            let (life, sequence) = (u64::from(life % 3) + 1, u64::from(sequence) + 1);
            let fresh = life > latest || (life == latest && sequence + 63 >= highest);
            if life > latest {
                (latest, highest) = (life, 0);
            }
            if life == latest {
                highest = highest.max(sequence);
            }
            let new = !admitted.contains(&(life, sequence));
            let admits = window.admit(life, sequence);
            admitted.extend(admits.then_some((life, sequence)));
            admits == (new && fresh)
        })
    }

    #[test]
    fn a_batch_is_admitted_at_most_once() {
        QuickCheck::new()
            .rng(Gen::from_size_and_seed(300, 3))
            .tests(3_000)
            .quickcheck(admits_at_most_once as fn(Vec<(u8, u8)>) -> bool);
    }
}
