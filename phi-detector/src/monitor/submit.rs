//! What the local caller asks for.

use core::time::Duration;

use quorate_machine::{NodeId, OutboxOf, Tag, Time};

use super::{
    event::{Command, Duty, Event, Refusal},
    hear::due,
    state::Monitor,
};
use crate::{Bug, Model};

impl<M: Model> Monitor<M> {
    pub(super) fn on_command(&mut self, now: Time, tag: Tag, command: Command, out: &mut OutboxOf<Self>) {
        let done = match command {
            Command::Watch { peer, duty } => self.watch(now, peer, duty),
            Command::Forget { peer } => self.forget(peer),
            Command::Heard { peer, stamp } => self.hear(peer, stamp, out),
            Command::Paused { span } => self.paused(now, span),
        };
        out.emit(match done {
            Ok(()) => Event::Done { tag },
            Err(refusal) => Event::Refused { tag, command, refusal },
        });
    }

    fn watch(&mut self, now: Time, peer: NodeId, duty: Duty) -> Result<(), Refusal> {
        if peer == self.config.id {
            return Err(Refusal::Own);
        }
        let own = self.clock.latest();
        let number = match self.peers.number(peer) {
            Some(number) => number,
            None if self.peers.len() >= self.config.peers_max => {
                return Err(Refusal::TooMany { max: self.config.peers_max });
            }
            None => {
                let max = self.config.peers_max;
                let number = self.peers.insert(peer, &self.config.model, own);
                self.agenda.reserve(self.peers.places());
                number.ok_or(Refusal::TooMany { max })?
            }
        };
        self.charge(now, number, Some(duty));
        Ok(())
    }

    /// Changes what a peer is watched for.
    fn charge(&mut self, now: Time, number: u32, duty: Option<Duty>) {
        let Some((peer, _)) = self.peers.get_mut(number) else { return };
        let before = core::mem::replace(&mut peer.duty, duty);
        if peer.hears() != before.is_some_and(Duty::hears) || Bug::WatchedAnew.is_planted() {
            // Nothing was expected until now, or nothing is any more.
            let before = peer.due;
            self.peers.renew(number, &self.config.model, self.clock.latest());
            if let Some((peer, _)) = self.peers.get_mut(number) {
                peer.due = due(&self.config.model, &self.config.levels, peer);
            }
            self.put_off(number, before);
        }
        let (beats, beaten) = (duty.is_some_and(Duty::beats), before.is_some_and(Duty::beats));
        match &mut self.beats {
            Some(rounds) if beats && !beaten => rounds.add(now, number),
            Some(rounds) if beaten && !beats => rounds.remove(number),
            Some(_) | None => {}
        }
    }

    fn forget(&mut self, peer: NodeId) -> Result<(), Refusal> {
        let number = self.peers.number(peer).ok_or(Refusal::NotWatched { peer })?;
        if Bug::ForgottenIsTold.is_planted() {
            self.peers.unname(peer);
            return Ok(());
        }
        self.charge(Time::ZERO, number, None);
        self.agenda.remove(number);
        self.peers.remove(peer);
        self.settle();
        Ok(())
    }

    fn paused(&mut self, now: Time, span: Duration) -> Result<(), Refusal> {
        let max = self.clock.awake(now);
        if span > max {
            return Err(Refusal::TooLong { span, max });
        }
        // What has gathered in a short pause is heard in a short time.
        let grace = self.config.stall.map_or(Duration::ZERO, |stall| stall.min(span));
        self.clock.pause(now, span, grace);
        Ok(())
    }
}
