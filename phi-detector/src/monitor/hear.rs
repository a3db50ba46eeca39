use core::time::Duration;

use quorate_machine::{NodeId, OutboxOf};

use super::{
    event::{Event, Refusal},
    peers::Peer,
    state::Monitor,
};
use crate::{Beat, Bug, Learned, Model, Sample, Stamp, Threshold, agenda::Agenda};

impl<M: Model> Monitor<M> {
    /// A sign of life came.
    pub(super) fn hear(
        &mut self,
        from: NodeId,
        stamp: Option<Stamp>,
        out: &mut OutboxOf<Self>,
    ) -> Result<(), Refusal> {
        let own = self.clock.latest();
        let number = self.peers.number(from).ok_or(Refusal::NotWatched { peer: from })?;
        let (peer, ring) = self.peers.get_mut(number).ok_or(Refusal::NotWatched { peer: from })?;
        if !peer.hears() {
            return Err(Refusal::NotHeard { peer: from });
        }
        let began = peer.last;
        let (beat, silence) = peer.hear(own, stamp);
        match beat {
            Beat::Stale => {
                self.counts.stale += 1;
                return Ok(());
            }
            Beat::First => {}
            Beat::Restarted => {
                peer.stats = self.config.model.start(ring);
                let generation = stamp.map_or(0, |stamp| stamp.generation);
                out.emit(Event::Restarted { peer: from, generation });
            }
            Beat::Next { missed } => {
                let is_away = self.config.unlearned.is_some_and(|level| peer.level > level);
                peer.was_away = is_away && (!peer.was_away || Bug::AwayIsNeverLearned.is_planted());
                if peer.was_away || !self.clock.is_whole_since(began) {
                    self.counts.unlearned += 1;
                } else {
                    let sample = Sample { interval: silence, missed };
                    match self.config.model.observe(&mut peer.stats, ring, sample) {
                        Learned::AsItIs => {}
                        Learned::Clamped => self.counts.clamped += 1,
                        Learned::Dropped => self.counts.dropped += 1,
                    }
                }
            }
        }
        self.counts.heard += 1;
        if let Some(level) = peer.level.checked_sub(1) {
            peer.level = 0;
            out.emit(Event::Trusted { peer: from, level, silence: Duration::from_nanos(silence) });
        }
        let before = peer.due;
        peer.due = due(&self.config.model, &self.config.levels, peer);
        let is_earlier = peer.due < before && before < u64::MAX;
        self.counts.advanced += u64::from(is_earlier);
        self.put_off(number, before);
        Ok(())
    }

    /// The peer is to be looked at at another time than before, mostly later. Then the agenda need not know yet, unless it
    /// begins with this one.
    pub(super) fn put_off(&mut self, number: u32, before: u64) {
        let Some(peer) = self.peers.get(number) else { return };
        let is_earlier = peer.due < before && !Bug::EarlierIgnored.is_planted();
        if is_earlier || before == u64::MAX {
            if let Some(due) = peer.due().filter(|due| !self.agenda.comes_by(number, *due)) {
                self.agenda.set(number, due);
            }
        }
        if self.agenda.is_unsettled_by(number) && !Bug::CorrectedWhenDue.is_planted() {
            self.settle();
        }
    }

    /// How many entries of the agenda one step corrects or brings nearer: enough for one from the farthest to the nearest.
    pub(super) fn moves_max(&self) -> usize {
        self.config.fires_max.saturating_mul(2 * Agenda::LEVELS)
    }

    /// Sees to it that the agenda begins with what is due first.
    pub(super) fn settle(&mut self) {
        let mut budget = self.moves_max();
        let peers = &self.peers;
        self.agenda.settle(&mut budget, |number| peers.get(number).and_then(Peer::due));
    }
}

/// When the peer's next level is reached, by the own clock; `u64::MAX` if never.
pub(super) fn due<M: Model>(model: &M, levels: &[Threshold], peer: &Peer<M::Stats>) -> u64 {
    if !peer.hears() {
        return u64::MAX;
    }
    let Some(level) = levels.get(usize::from(peer.level)) else { return u64::MAX };
    peer.last.saturating_add(model.horizon(&peer.stats, level))
}
