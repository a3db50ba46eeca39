//! The peers, by number: one small piece of memory for what each heartbeat needs, one for all rings.

use alloc::{vec, vec::Vec};
use core::hash::{BuildHasher, Hasher};

use hashbrown::HashMap;
use quorate_machine::NodeId;

use super::event::Duty;
use crate::{
    Beat, Bug, Model, Stamp,
    memory::{DecayStats, WindowStats},
    pulse::{Heard, Pulse},
};

/// What a heartbeat needs: a line of memory with the stats of a window or of a decaying memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer<S> {
    /// When its silence began, by the own clock.
    pub(super) last: u64,
    stamp: Stamp,
    /// When its next level is reached unless it is heard, by the own clock; `u64::MAX` if never.
    pub(super) due: u64,
    pub(super) stats: S,
    /// How many levels it has reached.
    pub(super) level: u8,
    heard: Heard,
    /// Whether the latest interval was not learned, because the peer was away.
    pub(super) was_away: bool,
    /// `None` if the place is free.
    pub(super) duty: Option<Duty>,
}

const _: () = assert!(size_of::<Peer<WindowStats>>() == 64 && size_of::<Peer<DecayStats>>() == 64);

impl<S> Peer<S> {
    /// A peer that is waited for from now on.
    pub(super) const fn new(own: u64, stats: S, duty: Option<Duty>) -> Self {
        let stamp = Stamp { generation: 0, sequence: 0 };
        Self { last: own, stamp, due: u64::MAX, stats, level: 0, heard: Heard::Never, was_away: false, duty }
    }

    /// Takes note of a heartbeat, and says what it was and how long the silence before it was.
    pub(super) fn hear(&mut self, own: u64, stamp: Option<Stamp>) -> (Beat, u64) {
        let mut pulse = Pulse { last: self.last, stamp: self.stamp, heard: self.heard };
        let heard = pulse.hear(quorate_machine::Time::from_nanos(own), stamp);
        Pulse { last: self.last, stamp: self.stamp, heard: self.heard } = pulse;
        heard
    }

    /// When it is to be looked at, by the own clock.
    pub(super) fn due(&self) -> Option<u64> {
        (self.due < u64::MAX).then_some(self.due)
    }

    pub(super) fn stamp(&self) -> Option<Stamp> {
        (self.heard == Heard::Stamped).then_some(self.stamp)
    }

    pub(super) fn was_heard(&self) -> bool {
        self.heard != Heard::Never
    }

    pub(super) fn hears(&self) -> bool {
        self.duty.is_some_and(Duty::hears)
    }

    pub(super) fn beats(&self) -> bool {
        self.duty.is_some_and(Duty::beats)
    }
}

/// All peers.
#[derive(Clone, Debug)]
pub(super) struct Peers<M: Model> {
    hot: Vec<Peer<M::Stats>>,
    rings: Vec<u32>,
    slots: usize,
    ids: Vec<NodeId>,
    numbers: HashMap<NodeId, u32, Mix>,
    /// Places that were given back; the latest is taken first.
    free: Vec<u32>,
}

impl<M: Model> Peers<M> {
    pub(super) fn new(model: &M) -> Self {
        let numbers = HashMap::with_hasher(Mix);
        let slots = model.slots();
        Self { hot: vec![], rings: vec![], slots, ids: vec![], numbers, free: vec![] }
    }

    pub(super) fn reserve(&mut self, peers: usize) {
        self.hot.reserve(peers);
        self.rings.reserve(peers.saturating_mul(self.slots));
        self.ids.reserve(peers);
        self.numbers.reserve(peers);
        self.free.reserve(peers);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// How many places there are, free ones among them.
    pub(super) fn places(&self) -> usize {
        self.hot.len()
    }

    pub(super) fn number(&self, id: NodeId) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    pub(super) fn get(&self, number: u32) -> Option<&Peer<M::Stats>> {
        self.hot.get(number as usize)
    }

    pub(super) fn id(&self, number: u32) -> Option<NodeId> {
        self.ids.get(number as usize).copied()
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<(&mut Peer<M::Stats>, &mut [u32])> {
        let place = number as usize;
        let peer = self.hot.get_mut(place)?;
        let ring = self.rings.get_mut(place * self.slots..(place + 1) * self.slots)?;
        Some((peer, ring))
    }

    /// Takes in a peer that is not among them, without a duty yet, and gives its number. Its place was cleared when it was given
    /// back.
    pub(super) fn insert(&mut self, id: NodeId, model: &M, own: u64) -> Option<u32> {
        let number = match self.free.pop() {
            Some(number) => number,
            None => u32::try_from(self.hot.len()).ok()?,
        };
        let place = number as usize;
        if place == self.hot.len() {
            self.rings.resize(self.rings.len() + self.slots, 0);
            let ring = self.rings.get_mut(place * self.slots..)?;
            self.hot.push(Peer::new(own, model.start(ring), None));
            self.ids.push(id);
            self.free.reserve(self.hot.len());
        } else {
            *self.ids.get_mut(place)? = id;
        }
        self.numbers.insert(id, number);
        Some(number)
    }

    /// Forgets what is known of a peer, but for its duty.
    pub(super) fn renew(&mut self, number: u32, model: &M, own: u64) {
        let Some((peer, ring)) = self.get_mut(number) else { return };
        if Bug::PlaceIsNotCleared.is_planted() {
            return;
        }
        ring.fill(0);
        *peer = Peer::new(own, model.start(ring), peer.duty);
    }

    /// Gives the place of a peer back.
    pub(super) fn remove(&mut self, id: NodeId) -> Option<u32> {
        let number = self.numbers.remove(&id)?;
        self.free.push(number);
        Some(number)
    }

    /// Loses a name, and nothing else: a mistake.
    pub(super) fn unname(&mut self, id: NodeId) {
        self.numbers.remove(&id);
    }

    /// All of them with their rings, in the order of their places.
    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeId, &Peer<M::Stats>, &[u32])> {
        let places = self.hot.iter().zip(&self.ids).enumerate();
        places.filter(|(_, (peer, _))| peer.duty.is_some()).map(|(place, (peer, id))| {
            let ring = self.rings.get(place * self.slots..(place + 1) * self.slots);
            (*id, peer, ring.unwrap_or(&[]))
        })
    }
}

/// Spreads ids over a table. Only the caller decides whose ids are in it, so nobody else can make them meet.
#[derive(Clone, Copy, Debug, Default)]
struct Mix;

#[derive(Clone, Copy, Debug, Default)]
struct Mixer(u64);

impl BuildHasher for Mix {
    type Hasher = Mixer;

    fn build_hasher(&self) -> Mixer {
        Mixer(0)
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    /// Both halves of a product by the golden ratio: every bit of the id reaches the lowest and the highest bits.
    #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
    fn write_u64(&mut self, word: u64) {
        let product = u128::from((self.0 ^ word).wrapping_add(OFFSET)) * u128::from(GOLDEN);
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// 2⁶⁴ divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// So that small ids are not small factors.
const OFFSET: u64 = 0x7175_6f72_6174_6531;

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;

    /// Ids that differ in a few bits only, wherever these are, meet about as often as any.
    #[test]
    fn ids_are_spread() {
        for shift in (0..=56).step_by(4) {
            let hashes: Vec<u64> = (0..256_u64).map(|id| Mix.hash_one(NodeId(id << shift))).collect();
            // What a table finds its place by, and what it tells entries apart by: 162 of 256, and 111 of 128 by chance.
            let low: BTreeSet<_> = hashes.iter().map(|hash| hash & 0xff).collect();
            let high: BTreeSet<_> = hashes.iter().map(|hash| hash >> 57).collect();
            assert!(low.len() > 130 && high.len() > 85, "shift {shift}: {} and {}", low.len(), high.len());
        }
    }
}
