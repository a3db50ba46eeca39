//! Members tell each other what they have, and fetch what they lack.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};

use quorate_machine::{NodeId, OutboxOf, Time};

use super::{
    entry::{Content, Entry, Origin, Snapshot, batches, entry_bytes},
    message::{Message, Want},
    state::Broadcast,
};
use crate::{Dot, DotRange, VClock, bug::Bug};

/// How many ranges one question may name.
const RANGES_MAX: usize = 64;

impl Broadcast {
    /// Tells those peers that differ what this node has, and asks one of them for what has been lacking for an interval.
    pub(super) fn tick(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        let delivered = self.buffer.delivered().clone();
        let known = self.matrix.known();
        self.overdue.meet(&known);
        let mut want = self.want();
        let mut all_agree = self.is_member() && delivered.descends(&known);
        self.overdue = known;
        for peer in self.peers() {
            let row = self.matrix.row(&self.origin_of(peer)).filter(|_| self.births.contains_key(&peer));
            // Who has never been heard of may be behind, or know more.
            let is_behind = row.is_none_or(|row| !row.descends(&delivered));
            let asked = want.take_if(|(asked, _)| *asked == peer).map(|(_, want)| want);
            if is_behind || asked.is_some() || self.told.get(&peer) != Some(&delivered) {
                self.send_digest(peer, is_behind, asked, out);
            }
            all_agree &= !is_behind;
        }
        self.tick_at = (!all_agree).then(|| now + self.config.digest_interval);
    }

    pub(super) fn send_digest(
        &mut self,
        to: NodeId,
        answer: bool,
        want: Option<Want>,
        out: &mut OutboxOf<Self>,
    ) {
        let delivered = self.buffer.delivered().clone();
        self.told.insert(to, delivered.clone());
        out.send(to, Message::Digest { birth: self.origin.birth, delivered, answer, want });
    }

    /// Says whether it counts.
    pub(super) fn on_digest(
        &mut self,
        from: NodeId,
        birth: u64,
        delivered: &VClock<Origin>,
        out: &mut OutboxOf<Self>,
    ) -> bool {
        if birth == 0 || delivered.len() > self.config.origins_max {
            self.counters.nonsense += 1;
            return false;
        }
        let known = self.births.get(&from).copied().unwrap_or(0);
        let birth = if self.has(Bug::HearsTheDead) { birth.max(known) } else { birth };
        if birth < known {
            self.counters.former += 1;
            return false;
        }
        self.recognise(delivered, out);
        if birth != known {
            self.births.insert(from, birth);
            self.told.remove(&from);
        }
        let before = self.matrix.stable().clone();
        self.on_own_row(out);
        // No row if it is a contact and no member.
        let _observed = self.matrix.observe(&Origin { node: from, birth }, delivered);
        self.on_stable(&before, out);
        if self.buffer.delivered() != delivered {
            self.tick_later();
        }
        true
    }

    /// Whom to ask, each in its turn, for what has been lacking since the last tick.
    fn want(&mut self) -> Option<(NodeId, Want)> {
        if self.has(Bug::NeverAsks) {
            return None;
        }
        let lacking = self.overdue.diff(self.buffer.delivered());
        let lacking: Vec<_> =
            lacking.flat_map(|range| self.absent(range.cloned())).take(RANGES_MAX).collect();
        // Of each in its turn: some of it may be nowhere any more.
        let sought = ends(*lacking.get(self.turn.checked_rem(lacking.len())?)?).0;
        let turn = self.turn / lacking.len();
        self.turn = self.turn.wrapping_add(1);
        let row = |peer: NodeId| self.matrix.row(&self.origin_of(peer));
        let has_it = |peer: &NodeId| row(*peer).is_some_and(|row| row.contains(&sought));
        let who: Vec<_> = self.peers().into_iter().filter(has_it).collect();
        let peer = *who.get(turn.checked_rem(who.len())?)?;
        let its = row(peer)?;
        let its = |range: DotRange<Origin>| {
            DotRange::new(range.actor, range.first.get(), range.last.get().min(its.get(&range.actor)))
        };
        let ranges = lacking.into_iter().filter_map(its).collect();
        self.counters.wants += 1;
        Some((peer, Want { ranges, cut: self.cut() }))
    }

    /// The parts of a run that are neither on disk nor on their way there.
    fn absent(&self, range: DotRange<Origin>) -> Vec<DotRange<Origin>> {
        let unstored = self.unstored(range).into_iter();
        unstored.flat_map(|range| gaps(range, &self.pending)).collect()
    }

    /// The parts of a run that are not in the store.
    pub(super) fn unstored(&self, range: DotRange<Origin>) -> Vec<DotRange<Origin>> {
        gaps(range, &self.store)
    }

    /// Hands on what is here; what is not kept any more as part of the snapshot.
    pub(super) fn on_want(&mut self, from: NodeId, want: &Want, out: &mut OutboxOf<Self>) {
        let Want { ranges, cut } = want;
        if ranges.len() > RANGES_MAX || cut.len() > self.config.origins_max {
            self.counters.nonsense += 1;
            return;
        }
        let snapshot = self.snapshot.clone().filter(|snapshot| self.is_needed(snapshot, ranges));
        if let Some(snapshot) = &snapshot {
            if let Some(entries) = self.beside(snapshot, cut) {
                out.send(from, Message::Snapshot { snapshot: snapshot.clone(), entries });
            }
        }
        let mut room = self.config.repair_bytes_max;
        let mut entries: Vec<Arc<Entry>> = Vec::new();
        for range in ranges {
            let (first, last) = ends(*range);
            if first > last {
                continue;
            }
            for (dot, entry) in self.store.range(first..=last) {
                if snapshot.as_ref().is_some_and(|snapshot| snapshot.cut.contains(dot)) {
                    continue;
                }
                let Some(rest) = room.checked_sub(entry_bytes(entry)) else { break };
                room = rest;
                entries.push(entry.clone());
            }
        }
        for entries in batches(entries, self.config.batch_bytes_max) {
            out.send(from, Message::Data { entries });
        }
    }

    /// What goes with a state to a node whose own state includes `cut`: what is in that alone, and of this one what others
    /// may still ask for, if that is not too much. `None` if even the first is.
    fn beside(&self, snapshot: &Snapshot, cut: &VClock<Origin>) -> Option<Vec<Arc<Entry>>> {
        let (mut room, mut beside) = (self.config.repair_bytes_max, Vec::new());
        let is_new = |entry: &&Arc<Entry>| snapshot.cut.contains(&entry.dot);
        let (new, lost): (Vec<_>, Vec<_>) = self.store.values().partition(is_new);
        for entry in lost.into_iter().filter(|entry| cut.contains(&entry.dot)) {
            room = room.checked_sub(entry_bytes(entry))?;
            beside.push(entry.clone());
        }
        for entry in new {
            let Some(rest) = room.checked_sub(entry_bytes(entry)) else { break };
            room = rest;
            beside.push(entry.clone());
        }
        Some(beside)
    }

    /// Whether something that is asked for is only in the snapshot.
    fn is_needed(&self, snapshot: &Snapshot, ranges: &[DotRange<Origin>]) -> bool {
        ranges.iter().any(|range| {
            let upto = range.last.get().min(snapshot.cut.get(&range.actor));
            DotRange::new(range.actor, range.first.get(), upto).is_some_and(|covered| {
                let (first, last) = ends(covered);
                let kept = self.store.range(first..=last).count();
                u64::try_from(kept).is_ok_and(|kept| kept < covered.len())
            })
        })
    }

    /// Keeps what is new. It is delivered once it is on disk and so is what it follows.
    pub(super) fn on_data(&mut self, entries: Vec<Arc<Entry>>, out: &mut OutboxOf<Self>) {
        for entry in entries {
            let bytes = entry_bytes(&entry);
            if !self.is_sound(&entry) {
                self.counters.nonsense += 1;
            } else if self.has_entry(&entry.dot) {
                self.counters.repeated += 1;
            } else if self.store_bytes.saturating_add(bytes) > self.config.store_bytes_max {
                self.counters.full += 1;
            } else {
                self.recognise(&VClock::from_iter([entry.dot]), out);
                self.gather(entry, bytes);
            }
        }
    }

    fn is_sound(&self, entry: &Entry) -> bool {
        let fits = match &entry.payload {
            Content::Payload(bytes) => bytes.len() <= self.config.payload_bytes_max,
            Content::Admit(_) | Content::Remove(_) => true,
        };
        let follows_itself = entry.after.get(&entry.dot.actor) >= entry.dot.counter.get();
        fits && !follows_itself && entry.dot.actor.birth > 0 && entry.after.len() <= self.config.origins_max
    }

    /// Whether another's snapshot keeps to this node's limits.
    pub(super) fn fits(&self, snapshot: &Snapshot, entries: &[Arc<Entry>]) -> bool {
        snapshot.state.len() <= self.config.snapshot_bytes_max
            && snapshot.cut.len() <= self.config.origins_max
            && entries.iter().all(|entry| self.is_sound(entry))
            && entries.iter().map(|entry| entry_bytes(entry)).sum::<usize>() <= self.config.store_bytes_max
    }
}

/// The parts of a run that are not among these.
fn gaps(range: DotRange<Origin>, held: &BTreeMap<Dot<Origin>, Arc<Entry>>) -> Vec<DotRange<Origin>> {
    let (first, last) = ends(range);
    let (mut gaps, mut from) = (Vec::new(), Some(range.first.get()));
    for (dot, _) in held.range(first..=last) {
        let before = from.and_then(|from| DotRange::new(range.actor, from, dot.counter.get() - 1));
        gaps.extend(before);
        from = dot.counter.get().checked_add(1);
    }
    gaps.extend(from.and_then(|from| DotRange::new(range.actor, from, range.last.get())));
    gaps
}

pub(super) fn ends(range: DotRange<Origin>) -> (Dot<Origin>, Dot<Origin>) {
    let DotRange { actor, first, last } = range;
    (Dot { actor, counter: first }, Dot { actor, counter: last })
}
