//! The heartbeats that are sent: at most a batch at once, the same time of each round for each peer, spread over the round.

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use quorate_machine::{OutboxOf, Time};

use super::{message::Message, state::Monitor};
use crate::{Bug, Model, Stamp};

/// When heartbeats are sent to whom.
///
/// Peers are in slots by their number, `batch` in each. The slots' times are 0, ½, ¼, ¾, ⅛ … of a round (van der Corput's
/// sequence), so that however many there are, they are far apart, and no slot moves when others come: a peer whose heartbeats
/// came at another time each round would be suspected. The number of the round is the number of its heartbeats.
#[derive(Clone, Debug)]
pub(super) struct Beats {
    interval: u64,
    batch: u32,
    /// How many peers of each slot are sent heartbeats.
    slots: Vec<u32>,
    /// When this round began.
    begun: Time,
    round: u64,
    /// Which part of this round is over: up to this slot's time.
    done: Option<u32>,
    next: Option<Next>,
}

/// Whether it is of the round after this, and at which 2⁻³² of it.
type Next = (bool, u32);

impl Beats {
    pub(super) fn new(interval: u64, batch: usize) -> Self {
        Self {
            interval,
            batch: u32::try_from(batch).unwrap_or(u32::MAX),
            slots: Vec::new(),
            begun: Time::ZERO,
            round: 0,
            done: None,
            next: None,
        }
    }

    /// Makes room for so many peers.
    pub(super) fn reserve(&mut self, peers: usize) {
        self.slots.reserve(peers / self.batch as usize + 1);
    }

    pub(super) const fn round(&self) -> u64 {
        self.round
    }

    /// Where it is in its rounds, without instants.
    pub(super) fn digest(&self, mut hasher: &mut dyn Hasher) {
        (self.round, self.done, self.next, &self.slots).hash(&mut hasher);
    }

    /// One more peer is sent heartbeats.
    pub(super) fn add(&mut self, now: Time, number: u32) {
        let slot = number / self.batch;
        let place = slot as usize;
        if self.slots.len() <= place {
            self.slots.resize(place + 1, 0);
        }
        let Some(peers) = self.slots.get_mut(place) else { return };
        *peers += 1;
        if *peers > 1 {
            return;
        }
        let part = slot.reverse_bits();
        if self.next.is_none() {
            self.begin(now);
            return;
        }
        self.roll(now);
        let is_over = self.done.is_some_and(|done| part <= done) || self.at((false, part)) < now;
        let is_over = is_over && !Bug::JoinsAtOnce.is_planted();
        self.next = self.next.map(|next| next.min((is_over, part)));
    }

    /// Begins the next round if nothing of this one is left and it is over: what its times are is then clear.
    fn roll(&mut self, now: Time) {
        let Some((true, part)) = self.next else { return };
        let begun = self.begun.as_nanos().saturating_add(self.interval);
        if begun <= now.as_nanos() {
            (self.begun, self.done) = (Time::from_nanos(begun), None);
            (self.round, self.next) = (self.round.saturating_add(1), Some((false, part)));
        }
    }

    /// A round begins now.
    fn begin(&mut self, now: Time) {
        (self.begun, self.done) = (now, None);
        self.round = self.round.saturating_add(1);
        self.next = self.following();
    }

    /// A peer is sent no more heartbeats.
    pub(super) fn remove(&mut self, number: u32) {
        let slot = number / self.batch;
        let Some(peers) = self.slots.get_mut(slot as usize) else { return };
        *peers = peers.saturating_sub(1);
        if *peers > 0 {
            return;
        }
        // Nothing of this round is left before what was next.
        match self.next {
            Some((is_of_next_round, part)) if part == slot.reverse_bits() => {
                self.done = Some(if is_of_next_round { u32::MAX } else { part });
                self.next = self.following();
            }
            Some(_) | None => {}
        }
    }

    /// When the next ones are to be sent.
    pub(super) fn deadline(&self) -> Option<Time> {
        self.next.map(|next| self.at(next))
    }

    fn at(&self, (is_of_next_round, part): Next) -> Time {
        let begun = self.begun.as_nanos().saturating_add(if is_of_next_round { self.interval } else { 0 });
        let offset = (u128::from(self.interval) * u128::from(part)) >> u32::BITS;
        Time::from_nanos(begun.saturating_add(u64::try_from(offset).unwrap_or(u64::MAX)))
    }

    /// Takes the slot that is due out of the round. Rounds that were missed as a whole are left out, so that nobody is sent what
    /// says the same again and again.
    fn take(&mut self, now: Time) -> Option<u32> {
        let at = self.deadline().filter(|at| *at <= now)?;
        let (is_of_next_round, part) = self.next?;
        let late = now.as_nanos().saturating_sub(at.as_nanos());
        let missed = late.checked_div(self.interval).unwrap_or(0);
        let missed = if Bug::MissedBeatsMadeUp.is_planted() { 0 } else { missed };
        let begun = self.begun.as_nanos().saturating_add(missed.saturating_mul(self.interval));
        self.begun = Time::from_nanos(begun);
        if is_of_next_round {
            self.begun = Time::from_nanos(begun.saturating_add(self.interval));
            self.round = self.round.saturating_add(1);
        }
        self.done = Some(part);
        self.next = self.following();
        Some(part.reverse_bits())
    }

    /// The slot that comes after what is done, among those that have somebody in them.
    fn following(&self) -> Option<Next> {
        let is_used =
            |part: &u32| self.slots.get(part.reverse_bits() as usize).is_some_and(|peers| *peers > 0);
        let bits = self.slots.len().next_power_of_two().trailing_zeros();
        let parts =
            |from: u32| (from..1 << bits).map(move |nth| nth.checked_shl(u32::BITS - bits).unwrap_or(0));
        let over = self.done.map_or(0, |done| done.checked_shr(u32::BITS - bits).unwrap_or(0) + 1);
        let here = parts(over).find(is_used).map(|part| (false, part));
        here.or_else(|| parts(0).find(is_used).map(|part| (true, part)))
    }
}

impl<M: Model> Monitor<M> {
    /// Others may be told of this life from now on.
    pub(super) fn begin_to_beat(&mut self, now: Time) {
        if let Some(beats) = &mut self.beats {
            beats.begin(now);
        }
    }

    /// Sends the heartbeats that are due, at most a batch of them.
    pub(super) fn beat(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if !self.may_beat() {
            return;
        }
        let Some(beats) = &mut self.beats else { return };
        let Some(slot) = beats.take(now) else { return };
        let heartbeat = Message::Heartbeat(Stamp { generation: self.generation, sequence: beats.round() });
        let first = slot.saturating_mul(beats.batch);
        for number in first..first.saturating_add(beats.batch) {
            let Some(peer) = self.peers.get(number) else { break };
            let Some(to) = self.peers.id(number).filter(|_| peer.beats()) else { continue };
            out.send(to, heartbeat);
            self.counts.sent += 1;
        }
    }
}
