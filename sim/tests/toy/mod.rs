//! The register of `machine`'s page as a subject, whole or with one seeded bug, and what must hold of it.
#![allow(dead_code, reason = "each test file uses its own part")]

use core::time::Duration;

use quorate_machine::{
    Durable, Effect, Input, InputOf, Machine, NodeId, Outbox, OutboxOf, Rng, Tag, Ticket, Time,
};
use quorate_sim::{Invariant, Plan, Step, Subject, View};

#[path = "../../../machine/examples/register.rs"]
pub mod register;

use register::{Config, Event, Message, Register, Version};

/// The register, with the bug if there is one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Toy {
    pub bug: Option<Bug>,
}

/// One classic mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Offers a version to its peers before it is durable here: what the register of `machine`'s page does.
    SendsBeforeDurable,
    /// Takes every record for durable at once.
    SpeaksBeforeDurable,
    /// Takes one node's answer for two.
    CountsTwice,
    /// Starts from nothing.
    ForgetsImage,
    /// Leaves out of a checkpoint what is not acknowledged.
    CheckpointsDurableOnly,
    /// Its deadline stays where it was.
    Spins,
    AnswersTwice,
    NeverAnswers,
    NeverResends,
    Panics,
    /// Draws on something outside itself.
    Impure,
    /// Sends itself a message for every message.
    TalksToStrangers,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub inner: Register,
    pub bug: Option<Bug>,
    peers: Vec<NodeId>,
    /// The newest version on disk here, and those on their way there.
    durable: Version,
    unsynced: Vec<(Ticket, Version)>,
}

impl Machine for Node {
    type Message = Message;
    type Command = u64;
    type Record = Version;
    type Event = Event;

    fn step(&mut self, now: Time, input: InputOf<Self>, out: &mut OutboxOf<Self>) {
        self.learn(&input);
        let Some(bug) = self.bug else {
            self.inner.step(now, input, out);
            return self.hold_back(out);
        };
        match (bug, &input) {
            (Bug::NeverResends, Input::Wake) => {
                self.inner.step(now, input, out);
                self.bug = None;
                self.inner.step(Time::MAX, Input::Wake, &mut Outbox::new());
                self.bug = Some(bug);
                return;
            }
            (Bug::CountsTwice, Input::Receive { from, message: Message::Stored { number } }) => {
                let other = self.peers.iter().find(|peer| *peer != from).copied().unwrap_or(*from);
                let message = Message::Stored { number: *number };
                self.inner.step(now, Input::Receive { from: other, message }, out);
            }
            (Bug::Panics, Input::Receive { message: Message::Store(version), .. }) => {
                assert!(version.number != 7, "seven is unlucky");
            }
            _ => {}
        }
        let before = out.len();
        self.inner.step(now, input, out);
        self.spoil(bug, now, before, out);
        if bug != Bug::SendsBeforeDurable {
            self.hold_back(out);
        }
    }

    fn deadline(&self) -> Option<Time> {
        match (self.bug, self.inner.deadline()) {
            (Some(Bug::Spins), Some(_)) => Some(Time::ZERO),
            (_, deadline) => deadline,
        }
    }

    fn digest(&self, hasher: &mut dyn core::hash::Hasher) {
        self.inner.digest(hasher);
    }
}

impl Node {
    fn learn(&mut self, input: &Input<Message, u64>) {
        let Input::Persisted(ticket) = input else { return };
        self.durable =
            self.unsynced.iter().filter(|(t, _)| t <= ticket).map(|(_, v)| *v).fold(self.durable, Ord::max);
        self.unsynced.retain(|(t, _)| t > ticket);
    }

    /// A writer that offers a version which it then loses in a crash would offer another under the same number.
    fn hold_back(&mut self, out: &mut OutboxOf<Self>) {
        let effects: Vec<_> = out.drain().collect();
        for effect in effects {
            match effect {
                Effect::Send { message: Message::Store(version), .. } if version > self.durable => {}
                Effect::Send { to, message } => out.send(to, message),
                Effect::Persist { ticket, record } => {
                    self.unsynced.extend(ticket.map(|ticket| (ticket, record)));
                    out.place_record(ticket, record);
                }
                Effect::Emit(event) => out.emit(event),
            }
        }
    }

    fn spoil(&mut self, bug: Bug, now: Time, before: usize, out: &mut OutboxOf<Self>) {
        match bug {
            Bug::SpeaksBeforeDurable => {
                let issued = out.issued();
                if out.effects().iter().skip(before).any(|effect| matches!(effect, Effect::Persist { .. })) {
                    self.inner.step(now, Input::Persisted(issued), out);
                }
            }
            Bug::AnswersTwice | Bug::NeverAnswers => {
                let times = if bug == Bug::AnswersTwice { 2 } else { 0 };
                let effects: Vec<_> = out.drain().collect();
                for effect in effects {
                    match effect {
                        Effect::Emit(event) => (0..times).for_each(|_| out.emit(event.clone())),
                        Effect::Send { to, message } => out.send(to, message),
                        Effect::Persist { ticket, record } => out.place_record(ticket, record),
                    }
                }
            }
            Bug::Impure => {
                use core::sync::atomic::{AtomicU64, Ordering};
                static DRAWS: AtomicU64 = AtomicU64::new(0);
                if DRAWS.fetch_add(1, Ordering::Relaxed) % 3 == 0 {
                    out.send(self.peers[0], Message::Stored { number: 0 });
                }
            }
            _ => {}
        }
    }
}

impl Durable for Node {
    type Config = (Config, Option<Bug>);
    type Image = Version;
    type Error = core::convert::Infallible;

    fn absorb(image: &mut Version, record: Version) -> Result<(), Self::Error> {
        Register::absorb(image, record)
    }

    fn recover(
        (config, bug): Self::Config,
        image: Version,
        seed: u64,
        now: Time,
    ) -> Result<Self, Self::Error> {
        let image = if bug == Some(Bug::ForgetsImage) { Version::default() } else { image };
        let peers = config.members.clone();
        let inner = Register::recover(config, image, seed, now)?;
        Ok(Self { inner, bug, peers, durable: image, unsynced: Vec::new() })
    }

    fn checkpoint(&self, record: &mut dyn FnMut(Version)) {
        self.inner.checkpoint(&mut |version| {
            let spare = self.bug == Some(Bug::CheckpointsDurableOnly) && self.inner.deadline().is_some();
            record(if spare { Version::default() } else { version });
        });
    }
}

impl Subject for Toy {
    type Machine = Node;
    type App = ();

    fn config(&self, id: NodeId, plan: &Plan, (): &()) -> (Config, Option<Bug>) {
        let members = (1..=u64::from(plan.nodes)).map(NodeId).collect();
        (Config { id, writer: NodeId(1), members, resend_after: Duration::from_millis(50) }, self.bug)
    }

    fn app(&self, _: NodeId, _: &Plan) {}

    fn command(&self, k: u64, _: &mut Rng) -> u64 {
        100 + k
    }

    fn tag_of(&self, event: &Event) -> Option<Tag> {
        match event {
            Event::Written { tag, .. } | Event::Refused { tag, .. } => Some(*tag),
        }
    }

    /// There are no leaders here; a write that is done stands in for one, so that `ladder` has something to climb.
    fn is_leader_event(&self, event: &Event) -> bool {
        matches!(event, Event::Written { .. })
    }

    fn invariants(&self) -> Vec<Box<dyn Invariant<Self>>> {
        vec![Box::new(WrittenIsKept::default()), Box::new(VersionsRise::default())]
    }
}

/// What was acknowledged is on the disks of a majority, then and for ever.
#[derive(Default)]
pub struct WrittenIsKept {
    written: Version,
}

impl Invariant<Toy> for WrittenIsKept {
    fn name(&self) -> &'static str {
        "written is kept"
    }

    fn after(&mut self, view: &View<'_, Toy>, step: &Step<'_, Toy>) -> Result<(), String> {
        for effect in step.effects {
            if let Effect::Emit(Event::Written { version, .. }) = effect {
                self.written = self.written.max(*version);
            }
        }
        let written = self.written;
        let keeps = |image: &Version| image.number > written.number || *image == written;
        let kept = view.nodes().iter().filter(|node| keeps(node.image())).count();
        match kept > view.nodes().len() / 2 {
            true => Ok(()),
            false => Err(format!("{written:?} is on {kept} of {} disks", view.nodes().len())),
        }
    }
}

/// No disk ever goes back to an earlier version.
#[derive(Default)]
pub struct VersionsRise {
    seen: Vec<Version>,
}

impl Invariant<Toy> for VersionsRise {
    fn name(&self) -> &'static str {
        "versions rise"
    }

    fn after(&mut self, view: &View<'_, Toy>, step: &Step<'_, Toy>) -> Result<(), String> {
        self.seen.resize(view.nodes().len(), Version::default());
        let Some(node) = view.node(step.node) else { return Ok(()) };
        let at = view.nodes().iter().position(|other| other.id() == step.node).unwrap_or(0);
        let before = core::mem::replace(&mut self.seen[at], *node.image());
        match before <= *node.image() {
            true => Ok(()),
            false => Err(format!("{} had {before:?} and has {:?}", step.node, node.image())),
        }
    }
}
