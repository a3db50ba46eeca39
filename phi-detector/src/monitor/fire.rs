use core::time::Duration;

use quorate_machine::{OutboxOf, Time};

use super::{event::Event, hear::due, peers::Peer, state::Monitor};
use crate::Model;

impl<M: Model> Monitor<M> {
    /// Tells the levels that have been reached by now, in the order of the instants at which they were.
    pub(super) fn fire(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        let mut budget = self.moves_max();
        for _ in 0..self.config.fires_max {
            let peers = &self.peers;
            let truth = |number| peers.get(number).and_then(Peer::due);
            let Some((at, number)) = self.agenda.settle(&mut budget, truth) else { return };
            if self.clock.world(at).is_none_or(|at| at > now) {
                return;
            }
            self.reach(number, out);
        }
        self.settle();
    }

    /// The peer has reached its next level.
    fn reach(&mut self, number: u32, out: &mut OutboxOf<Self>) {
        let Some(id) = self.peers.id(number) else { return };
        let Some((peer, _)) = self.peers.get_mut(number) else { return };
        let silence = Duration::from_nanos(peer.due.saturating_sub(peer.last));
        out.emit(Event::Reached { peer: id, level: peer.level, silence });
        self.counts.reached += 1;
        peer.level += 1;
        peer.due = due(&self.config.model, &self.config.levels, peer);
        match peer.due() {
            Some(due) => self.agenda.set(number, due),
            None => self.agenda.remove(number),
        }
    }
}
