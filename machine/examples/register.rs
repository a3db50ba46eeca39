//! A register that one node writes and a majority stores.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::time::Duration;

use quorate_machine::{
    Clock, Durable, Effect, Input, InputOf, Machine, NodeId, Outbox, OutboxOf, Tag, Ticket, Time,
};

/// One node of a register that `Config::writer` writes and a majority stores.
#[derive(Clone, Debug, PartialEq)]
pub struct Register {
    config: Config,
    clock: Clock,
    /// The newest version this node has, durable or not.
    latest: Version,
    /// The newest version this node has on disk: the only one it may speak of.
    durable: Version,
    /// Records on their way to the disk.
    unsynced: VecDeque<(Ticket, Version)>,
    /// The writer's own state: who is known to store `latest`, who asked for it, when to send again.
    stored_by: Vec<NodeId>,
    waiting: Option<Tag>,
    resend_at: Option<Time>,
}

/// What the caller decides.
#[derive(Clone, Debug)]
pub struct Config {
    /// This node.
    pub id: NodeId,
    /// The one that writes.
    pub writer: NodeId,
    /// All nodes.
    pub members: Vec<NodeId>,
    /// How long an answer may take before its question is repeated.
    pub resend_after: Duration,
}

/// A value and how many were written before it. Only the writer makes new versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// How many it is, from 1.
    pub number: u64,
    /// The value.
    pub value: u64,
}

/// What nodes say to each other.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Message {
    /// The writer: keep this.
    Store(Version),
    /// The others: it is on disk here.
    Stored {
        /// Which version.
        number: u64,
    },
}

/// What the local caller is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A majority has it on disk.
    Written {
        /// The caller's tag.
        tag: Tag,
        /// What is stored.
        version: Version,
    },
    /// Nothing changed: this node is not the writer, or another write is under way. Here is the value back.
    Refused {
        /// The caller's tag.
        tag: Tag,
        /// What was to be written.
        value: u64,
    },
}

impl Machine for Register {
    type Message = Message;
    type Command = u64;
    type Record = Version;
    type Event = Event;

    fn step(&mut self, now: Time, input: InputOf<Self>, out: &mut OutboxOf<Self>) {
        let now = self.clock.advance(now);
        match input {
            Input::Receive { from, message: Message::Store(version) } => self.on_store(from, version, out),
            Input::Receive { from, message: Message::Stored { number } } => self.on_stored(from, number, out),
            Input::Submit { tag, command: value } => self.on_write(tag, value, out),
            Input::Persisted(ticket) => self.on_persisted(now, ticket, out),
            Input::Wake => self.on_wake(now, out),
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.resend_at
    }

    fn digest(&self, mut hasher: &mut dyn Hasher) {
        (self.latest, self.durable, &self.stored_by, self.unsynced.len()).hash(&mut hasher);
        (self.waiting.is_some(), self.resend_at.is_some()).hash(&mut hasher);
    }
}

impl Register {
    fn on_write(&mut self, tag: Tag, value: u64, out: &mut OutboxOf<Self>) {
        let next = self.latest.number.checked_add(1);
        let Some(number) = next.filter(|_| self.is_writer() && self.waiting.is_none()) else {
            return out.emit(Event::Refused { tag, value });
        };
        self.waiting = Some(tag);
        self.stored_by.clear();
        self.resend_at = None;
        self.persist(Version { number, value }, out); // the peers hear of it in on_persisted, never before
    }

    fn on_store(&mut self, from: NodeId, version: Version, out: &mut OutboxOf<Self>) {
        if from != self.config.writer || self.is_writer() {
            return; // nonsense from a peer is ignored
        }
        if version.number > self.latest.number {
            self.persist(version, out); // the answer leaves in on_persisted, never before
        } else if version.number <= self.durable.number {
            out.send(from, Message::Stored { number: version.number });
        }
    }

    fn on_stored(&mut self, from: NodeId, number: u64, out: &mut OutboxOf<Self>) {
        if number == self.latest.number && self.config.members.contains(&from) {
            self.count(from, out);
        }
    }

    fn on_persisted(&mut self, now: Time, ticket: Ticket, out: &mut OutboxOf<Self>) {
        if !out.has_issued(ticket) {
            return;
        }
        let before = self.durable;
        while self.unsynced.front().is_some_and(|(issued, _)| *issued <= ticket) {
            self.durable = self.unsynced.pop_front().map_or(self.durable, |(_, version)| version);
        }
        if self.durable == before {
            return; // an old acknowledgement, told twice
        }
        if self.is_writer() {
            self.resend_at = Some(now); // "feed me what you have, then wake me"
            self.count(self.config.id, out); // the writer's own vote, and only now
        } else {
            out.send(self.config.writer, Message::Stored { number: self.durable.number });
        }
    }

    fn on_wake(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        if self.resend_at.is_none_or(|at| now < at) {
            return; // too early is a no-op
        }
        for peer in self.config.members.iter().filter(|peer| **peer != self.config.id) {
            if !self.stored_by.contains(peer) {
                out.send(*peer, Message::Store(self.latest));
            }
        }
        self.resend_at = Some(now + self.config.resend_after);
    }

    fn count(&mut self, node: NodeId, out: &mut OutboxOf<Self>) {
        if !self.stored_by.contains(&node) {
            self.stored_by.push(node);
            self.stored_by.sort();
        }
        let on_disk_here = self.durable == self.latest;
        if on_disk_here && self.stored_by.len() > self.config.members.len() / 2 {
            if let Some(tag) = self.waiting.take() {
                out.emit(Event::Written { tag, version: self.latest });
            }
        }
        if self.stored_by.len() == self.config.members.len() {
            self.resend_at = None;
        }
    }

    fn persist(&mut self, version: Version, out: &mut OutboxOf<Self>) {
        self.latest = version;
        self.unsynced.push_back((out.persist(version), version));
    }

    fn is_writer(&self) -> bool {
        self.config.id == self.config.writer
    }
}

impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Durable for Register {
    type Config = Config;
    type Image = Version;
    type Error = std::convert::Infallible;

    fn absorb(image: &mut Version, record: Version) -> Result<(), Self::Error> {
        *image = (*image).max(record);
        Ok(())
    }

    fn recover(config: Config, image: Version, _seed: u64, now: Time) -> Result<Self, Self::Error> {
        let writer = config.id == config.writer;
        Ok(Self {
            clock: Clock::starting(now),
            latest: image,
            durable: image,
            unsynced: VecDeque::new(),
            stored_by: if writer { vec![config.id] } else { vec![] },
            waiting: None,
            // What the old instance was telling its peers, the new one tells again, from its first Wake on.
            resend_at: (writer && image.number > 0).then_some(now),
            config,
        })
    }

    fn checkpoint(&self, record: &mut dyn FnMut(Version)) {
        record(self.latest);
    }
}

/// A driver in a few lines: three nodes, a perfect network, a perfect disk, and a clock that jumps to what is due.
fn main() -> Result<(), std::convert::Infallible> {
    let members = vec![NodeId(1), NodeId(2), NodeId(3)];
    let mut nodes = BTreeMap::new();
    for id in members.clone() {
        let resend_after = Duration::from_millis(5);
        let config = Config { id, writer: NodeId(1), members: members.clone(), resend_after };
        nodes.insert(id, (Register::recover(config, Version::default(), 0, Time::ZERO)?, Outbox::new()));
    }
    let mut inputs = VecDeque::from([(NodeId(1), Input::Submit { tag: Tag(7), command: 42 })]);
    let (mut now, mut answer) = (Time::ZERO, None);

    while answer.is_none() {
        let (id, input) = inputs.pop_front().unwrap_or_else(|| {
            let due = nodes.iter().filter_map(|(id, (node, _))| Some((node.deadline()?, *id)));
            let (at, id) = due.min().expect("somebody waits for something until there is an answer");
            now = now.max(at);
            (id, Input::Wake)
        });
        let Some((node, out)) = nodes.get_mut(&id) else { continue };
        node.step(now, input, out);
        for effect in out.drain() {
            match effect {
                Effect::Send { to, message } => inputs.push_back((to, Input::Receive { from: id, message })),
                Effect::Persist { ticket, .. } => {
                    inputs.extend(ticket.map(|ticket| (id, Input::Persisted(ticket))));
                }
                Effect::Emit(event) => answer = Some(event),
            }
        }
    }
    assert_eq!(answer, Some(Event::Written { tag: Tag(7), version: Version { number: 1, value: 42 } }));
    Ok(())
}
