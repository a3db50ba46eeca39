use core::{
    hash::{Hash, Hasher},
    time::Duration,
};

use quorate_machine::{Input, InputOf, Machine, NodeId, OutboxOf, Time};

use super::{
    beat::Beats,
    event::{Command, Event},
    message::Message,
    record::Record,
    state::{Birth, Monitor},
};
use crate::Model;

impl<M: Model> Machine for Monitor<M> {
    type Message = Message;
    type Command = Command;
    type Record = Record;
    type Event = Event;

    fn step(&mut self, now: Time, input: InputOf<Self>, out: &mut OutboxOf<Self>) {
        #[cfg(quorate_bugs)]
        let _planted = self.config.bug.map(crate::bug::Planted::new);
        let now = self.advance(now, out);
        match input {
            Input::Receive { from, message } => self.on_message(from, message, out),
            Input::Submit { tag, command } => self.on_command(now, tag, command, out),
            Input::Persisted(ticket) => self.on_persisted(now, ticket, out),
            Input::Wake => self.on_wake(now, out),
        }
    }

    fn deadline(&self) -> Option<Time> {
        let birth = match &self.birth {
            Birth::Unborn { at, .. } => Some(**at),
            Birth::Issued(_) | Birth::Durable => None,
        };
        let beat = self.beats.as_ref().filter(|_| self.may_beat()).and_then(Beats::deadline);
        let level = self.agenda.earliest().and_then(|own| self.clock.world(own));
        let first = [birth, beat, level].into_iter().flatten().min();
        first.map(|at| at.max(self.not_before))
    }

    fn digest(&self, mut hasher: &mut dyn Hasher) {
        (&self.birth, self.generation, self.recorded, self.peers.len()).hash(&mut hasher);
        for (id, peer, ring) in self.peers.iter() {
            (id, peer.stamp(), peer.was_heard(), peer.level, peer.was_away, peer.duty).hash(&mut hasher);
            (&peer.stats, ring).hash(&mut hasher);
        }
        if let Some(beats) = &self.beats {
            beats.digest(hasher);
        }
    }
}

impl<M: Model> Monitor<M> {
    /// Moves the clocks on. Who is too late for what was promised was not there to hear anybody.
    fn advance(&mut self, now: Time, out: &mut OutboxOf<Self>) -> Time {
        if now < self.clock.seen() {
            self.counts.backwards += 1;
        }
        if let (Some(due), Birth::Issued(_) | Birth::Durable) = (self.deadline(), &self.birth) {
            // What was due before the latest step was asked for then.
            let late = now.as_nanos().saturating_sub(due.max(self.clock.seen()).as_nanos());
            if late > self.stall {
                let late = Duration::from_nanos(late);
                self.clock.pause(now, late, Duration::from_nanos(self.stall));
                self.counts.stalls += 1;
                out.emit(Event::Stalled { late });
            }
        }
        self.clock.advance(now)
    }

    fn on_message(&mut self, from: NodeId, message: Message, out: &mut OutboxOf<Self>) {
        let Message::Heartbeat(stamp) = message;
        // Who is not watched, or is told of this node and not waited for, is a stranger.
        if self.hear(from, Some(stamp), out).is_err() {
            self.counts.strangers += 1;
        }
    }

    fn on_wake(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if self.deadline().is_none_or(|at| now < at) {
            return;
        }
        self.not_before = now.next();
        let before = out.len();
        let is_born = self.begin(now, out);
        self.beat(now, out);
        self.fire(now, out);
        self.counts.wakes += 1;
        if out.len() == before && !is_born {
            self.counts.idle += 1;
        }
    }
}
