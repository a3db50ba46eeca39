//! One node of the store as a machine: Raft, what the log adds up to, and who waits for which answer.

mod apply;
mod compaction;
mod config;
mod durable;
mod event;
mod expiry;
mod pending;
mod read;
mod write;

use core::{
    hash::{Hash as _, Hasher},
    mem,
};

use quorate_machine::{Aside, Clock, Effect, Input, InputOf, Machine, OutboxOf, Tag, Time};
use quorate_raft::{Index, Raft};

use self::{
    compaction::Compaction,
    expiry::Expiry,
    pending::{Pending, Retries},
};
pub use self::{
    config::{Config, ConfigError},
    durable::RecoverError,
    event::{Command, Event, Failure},
};
use crate::store::{ImageError, Store};

/// One node of the store: a [`Machine`] around [`Raft`].
///
/// Any node takes any command; Raft forwards. Made by [`Durable::recover`](quorate_machine::Durable::recover).
#[derive(Clone, Debug)]
pub struct Core {
    config: Config,
    clock: Clock,
    raft: Raft,
    store: Store,
    /// The last index whose effect is in the store.
    applied: Index,
    /// Names this life of this node in the batches it proposes, so that it knows its own when they are committed.
    origin: u64,
    /// The number of the last thing asked of Raft: a batch, a read, a compaction.
    sequence: u64,
    pending: Pending,
    retries: Retries,
    expiry: Expiry,
    compaction: Compaction,
    /// Why this node is of no more use: it was sent a snapshot that it cannot read.
    broken: Option<ImageError>,
    scratch: Aside<Scratch>,
    counters: Aside<Counters>,
}

#[derive(Clone, Debug, Default)]
struct Scratch {
    outbox: OutboxOf<Raft>,
    events: Vec<quorate_raft::Event>,
}

/// How often something happened in the life of this instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Entries applied.
    pub entries: u64,
    /// Operations in them.
    pub operations: u64,
    /// Queries answered.
    pub queries: u64,
    /// Entries that hold no batch: another program's.
    pub undecodable: u64,
    /// Commands that were asked of Raft again.
    pub retries: u64,
    /// Snapshots handed to Raft.
    pub compactions: u64,
    /// Snapshots taken over, from the disk or from a leader.
    pub restores: u64,
}

impl Core {
    /// The replicated log.
    pub const fn raft(&self) -> &Raft {
        &self.raft
    }

    /// What the log adds up to, as far as it was applied.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The last index whose effect is in the store.
    pub const fn applied(&self) -> Index {
        self.applied
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        *self.counters
    }

    /// How many commands wait for their event.
    pub fn outstanding(&self) -> usize {
        self.pending.len()
    }

    /// How much memory keys and values may take before writes are refused, in bytes.
    pub const fn memory_bytes_max(&self) -> u64 {
        self.config.memory_bytes_max
    }
}

impl Machine for Core {
    type Message = quorate_raft::Message;
    type Command = Command;
    type Record = quorate_raft::Record;
    type Event = Event;

    fn step(&mut self, now: Time, input: InputOf<Self>, out: &mut OutboxOf<Self>) {
        let now = self.clock.advance(now);
        if self.broken.is_some() {
            return Self::refuse(&input, out);
        }
        match input {
            Input::Receive { from, message } => self.feed(now, Input::Receive { from, message }, out),
            Input::Submit { tag, command } => self.on_command(now, tag, command, out),
            Input::Persisted(ticket) => self.feed(now, Input::Persisted(ticket), out),
            Input::Wake => self.on_wake(now, out),
        }
        self.schedule_tick(now);
    }

    fn deadline(&self) -> Option<Time> {
        if self.broken.is_some() {
            return None;
        }
        let own = [self.pending.gathered_at, self.retries.at(), self.expiry.tick_at, self.compaction.due_at];
        own.into_iter().chain([self.raft.deadline()]).flatten().min()
    }

    fn digest(&self, mut hasher: &mut dyn Hasher) {
        self.raft.digest(hasher);
        (&self.store, self.applied, self.origin).hash(&mut hasher);
        self.pending.digest(hasher);
        self.retries.digest(hasher);
        (self.expiry.in_flight(), self.compaction.in_flight(), self.broken.is_some()).hash(&mut hasher);
    }
}

impl Core {
    fn on_command(&mut self, now: Time, tag: Tag, command: Command, out: &mut OutboxOf<Self>) {
        match command {
            Command::Write { at_ms, operations } => self.on_write(now, tag, at_ms, operations, out),
            Command::Read { at_ms, queries } => self.on_read(now, tag, at_ms, queries, out),
            Command::Clock { at_ms } => {
                self.expiry.anchor(now, at_ms);
                out.emit(Event::Answered { tag, replies: Vec::new() });
            }
        }
    }

    /// What has gathered goes to Raft, then Raft has its turn: one append, one question for all of it.
    fn on_wake(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        self.retry_due(now, out);
        self.ask_gathered(now, out);
        self.tick_if_due(now, out);
        self.compact_if_due(now, out);
        if self.raft.deadline().is_some_and(|at| at <= now) {
            self.feed(now, Input::Wake, out);
        }
    }

    /// Steps Raft, passes on what it sends and keeps, and handles what it tells.
    fn feed(&mut self, now: Time, input: InputOf<Raft>, out: &mut OutboxOf<Self>) {
        let Self { raft, scratch, .. } = self;
        let Scratch { outbox, events } = &mut **scratch;
        out.embed(
            outbox,
            |inner| raft.step(now, input, inner),
            |effect, out| match effect {
                Effect::Send { to, message } => out.send(to, message),
                Effect::Persist { ticket, record } => out.place_record(ticket, record),
                Effect::Emit(event) => events.push(event),
            },
        );
        let mut events = mem::take(&mut self.scratch.events);
        for event in events.drain(..) {
            self.on_event(now, event, out);
        }
        self.scratch.events = events;
    }

    fn on_event(&mut self, now: Time, event: quorate_raft::Event, out: &mut OutboxOf<Self>) {
        use quorate_raft::Event as Raft;
        match event {
            Raft::Committed { first, entries } => self.on_committed(now, first, &entries, out),
            Raft::Restore { snapshot } => self.on_restore(&snapshot, out),
            Raft::Proposed { tag, at: _ } => self.on_proposed(tag, out),
            Raft::Unknown { tag } => self.on_unknown(tag, out),
            Raft::Readable { tag, index: _ } => self.on_readable(tag, out),
            Raft::Compacted { tag, last: _ } => self.compaction.on_done(tag),
            Raft::Refused { tag, command, refusal } => self.on_refused(now, tag, command, refusal, out),
            Raft::Role { role, term, leader } => out.emit(Event::Role { role, term, leader }),
        }
    }

    fn on_refused(
        &mut self,
        now: Time,
        tag: Tag,
        command: quorate_raft::Command,
        refusal: quorate_raft::Refusal,
        out: &mut OutboxOf<Self>,
    ) {
        use quorate_raft::Command as Raft;
        match command {
            Raft::Propose(payload) => self.on_write_refused(now, tag, payload, refusal, out),
            Raft::Read => self.on_read_refused(now, tag, refusal, out),
            Raft::Compact { .. } => self.compaction.on_done(tag),
            Raft::ProposeAll(_) => {} // never asked for
        }
    }

    /// The number, as a tag, of the next thing to ask of Raft.
    fn next_tag(&mut self) -> Tag {
        self.sequence += 1;
        Tag(self.sequence)
    }

    fn refuse(input: &InputOf<Self>, out: &mut OutboxOf<Self>) {
        if let Input::Submit { tag, .. } = input {
            out.emit(Event::Failed { tag: *tag, failure: Failure::Broken });
        }
    }
}
