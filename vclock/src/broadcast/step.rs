use core::hash::{Hash, Hasher};

use quorate_machine::{Input, InputOf, Machine, NodeId, OutboxOf, Time};

use super::{
    event::{Command, Event},
    message::Message,
    record::Record,
    state::Broadcast,
};

impl Machine for Broadcast {
    type Message = Message;
    type Command = Command;
    type Record = Record;
    type Event = Event;

    fn step(&mut self, now: Time, input: InputOf<Self>, out: &mut OutboxOf<Self>) {
        let now = self.clock.advance(now);
        match input {
            Input::Receive { from, message } => self.on_message(from, message, out),
            Input::Submit { tag, command } => self.on_command(tag, command, out),
            Input::Persisted(ticket) => self.on_persisted(ticket, out),
            Input::Wake => self.on_wake(now, out),
        }
    }

    fn deadline(&self) -> Option<Time> {
        match (self.flush_at, self.tick_at) {
            (Some(flush), Some(tick)) => Some(flush.min(tick)),
            (flush, tick) => flush.or(tick),
        }
    }

    fn digest(&self, mut hasher: &mut dyn Hasher) {
        (self.started, self.origin, self.is_born, self.has_impostor, self.used).hash(&mut hasher);
        (&self.members, &self.snapshot, &self.snapshot_issued, &self.base).hash(&mut hasher);
        self.store.keys().for_each(|dot| dot.hash(&mut hasher));
        self.pending.keys().for_each(|dot| dot.hash(&mut hasher));
        (&self.gathered, self.store_bytes).hash(&mut hasher);
        self.tags.keys().for_each(|dot| dot.hash(&mut hasher));
        self.unsynced.iter().for_each(|(_, mark)| mark.hash(&mut hasher));
        (&self.buffer, &self.matrix, &self.births, &self.told).hash(&mut hasher);
        (&self.overdue, self.turn, &self.replay).hash(&mut hasher);
        (self.flush_at.is_some(), self.tick_at.is_some()).hash(&mut hasher);
    }
}

impl Broadcast {
    fn on_message(&mut self, from: NodeId, message: Message, out: &mut OutboxOf<Self>) {
        if !self.started {
            return; // what is lost before the first Wake comes again
        }
        if !self.is_peer(from) {
            self.counters.strangers += 1;
            return;
        }
        match message {
            Message::Data { entries } => self.on_data(entries, out),
            Message::Digest { birth, delivered, answer, want } => {
                if !self.on_digest(from, birth, &delivered, out) {
                    return;
                }
                // Where a link is narrow, what is asked for goes first.
                if let Some(want) = want {
                    self.on_want(from, &want, out);
                }
                if answer {
                    self.send_digest(from, false, None, out);
                }
            }
            Message::Snapshot { snapshot, entries } => self.on_snapshot(snapshot, entries, out),
        }
    }

    fn on_wake(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if self.deadline().is_none_or(|at| now < at) {
            return;
        }
        if !self.started {
            self.start(out);
        }
        if self.flush_at.is_some_and(|at| at <= now) {
            self.flush(out);
        }
        if self.tick_at.is_some_and(|at| at <= now) {
            self.tick(now, out);
        }
    }
}
