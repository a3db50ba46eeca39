//! The register behind a wrapper that makes one classic mistake, or none.
#![allow(
    clippy::wildcard_enum_match_arm,
    clippy::std_instead_of_alloc,
    reason = "each place concerns a few of the bugs; tests are not no_std"
)]

use core::{
    hash::Hash,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use quorate_machine::{Durable, Effect, EffectOf, Input, InputOf, Machine, NodeId, OutboxOf, Time};

use super::register::{Config, Event, Message, Register, Version};

/// One classic mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Offers a version to its peers before it is durable here, and after a crash another under the same number.
    SendsBeforeDurable,
    /// Takes every record for durable at once.
    SpeaksBeforeDurable,
    /// Takes one node's answer for two.
    CountsTwice,
    /// Writes, with every fourth version, a record that empties the image.
    WritesReset,
    /// Writes a record that does not fold.
    WritesNonsense,
    /// Starts from nothing.
    ForgetsImage,
    /// Cannot start from what it wrote.
    RefusesImage,
    /// Leaves every other version out of its checkpoint, once it has run.
    CheckpointsHalf,
    /// Its deadline stays where it was.
    Spins,
    /// Its deadline moves, by a nanosecond.
    Crawls,
    /// Acts on a wake that is not due.
    WakesEarly,
    AnswersTwice,
    NeverAnswers,
    NeverResends,
    Panics,
    /// Draws on something outside itself.
    Impure,
    /// Its clones share state.
    Shares,
    /// Its deadlines are whole seconds since the epoch.
    ReadsTheClock,
    /// Sends without bound.
    Floods,
    /// Sends itself a message.
    WritesToItself,
    /// Puts two records under one ticket.
    ReusesTicket,
    /// Acts on every acknowledgement.
    BelievesAnyTicket,
    /// Starts whatever the configuration says.
    AcceptsAnything,
    /// Its state counts messages.
    CountsMessages,
    /// Its encoding drops all but the lowest byte.
    EncodesShort,
    /// Its encoding is no longer what it was, and nobody would notice.
    EncodesAnew,
    /// Keeps every message it ever got.
    Hoards,
    /// Starts even if it is to repeat itself without a pause.
    AcceptsNoPause,
    /// Writes to those with a lower id only.
    LooksDown,
    /// What it answers is up to its seed.
    TossesACoin,
}

#[derive(Clone, Debug)]
pub struct Node {
    inner: Register,
    bug: Option<Bug>,
    id: NodeId,
    writer: NodeId,
    members: Vec<NodeId>,
    heard: u64,
    seed: u64,
    hoard: Vec<u64>,
    shared: std::sync::Arc<AtomicU64>,
}

/// Why a node does not start, or a record does not fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    NotAMember,
    NoPause,
    Nonsense,
    Refused,
}

const RESET: u64 = u64::MAX - 7;
const NONSENSE: u64 = u64::MAX - 8;

static OUTSIDE: AtomicU64 = AtomicU64::new(0);

impl Machine for Node {
    type Message = Message;
    type Command = u64;
    type Record = Version;
    type Event = Event;

    fn step(&mut self, now: Time, input: InputOf<Self>, out: &mut OutboxOf<Self>) {
        let Some(bug) = self.bug else { return self.inner.step(now, input, out) };
        let early = input == Input::Wake && self.inner.deadline().is_none_or(|due| now < due);
        self.before(bug, now, &input, out);
        let acknowledges = matches!(input, Input::Persisted(_));
        let wakes = input == Input::Wake;
        self.inner.step(now, input, out);
        let effects: Vec<_> = out.drain().collect();
        for effect in effects {
            self.pass_on(bug, effect, out);
        }
        self.after(bug, now, out);
        match bug {
            Bug::WakesEarly if early => out.send(self.peer(), Message::Stored { number: 0 }),
            Bug::BelievesAnyTicket if acknowledges => out.send(self.peer(), Message::Stored { number: 0 }),
            Bug::Crawls if wakes && self.inner.deadline().is_some() => self.heard = now.next().as_nanos(),
            _ => {}
        }
    }

    fn deadline(&self) -> Option<Time> {
        let deadline = self.inner.deadline();
        match self.bug {
            Some(Bug::Spins) => deadline.map(|_| Time::ZERO),
            Some(Bug::Crawls) => deadline.map(|_| Time::from_nanos(self.heard)),
            Some(Bug::ReadsTheClock) => {
                deadline.map(|due| Time::ZERO + Duration::from_secs(due.since(Time::ZERO).as_secs() + 1))
            }
            _ => deadline,
        }
    }

    fn digest(&self, mut hasher: &mut dyn core::hash::Hasher) {
        self.inner.digest(hasher);
        if self.bug == Some(Bug::CountsMessages) {
            self.heard.hash(&mut hasher);
        }
        self.hoard.iter().for_each(|number| number.hash(&mut hasher));
        if self.bug == Some(Bug::Shares) {
            self.shared.load(Ordering::Relaxed).hash(&mut hasher);
        }
    }
}

impl Node {
    /// The number of the newest version it has, as its checkpoint tells.
    pub fn newest(&self) -> u64 {
        let mut newest = 0;
        self.inner.checkpoint(&mut |version| newest = newest.max(version.number));
        newest
    }

    pub fn is_writer(&self) -> bool {
        self.writer == self.id
    }

    /// Somebody else, or a stranger.
    fn peer(&self) -> NodeId {
        self.members.iter().find(|member| **member != self.id).copied().unwrap_or(NodeId(99))
    }

    fn before(&mut self, bug: Bug, now: Time, input: &InputOf<Self>, out: &mut OutboxOf<Self>) {
        let Input::Receive { from, message } = input else { return };
        match (bug, message) {
            (Bug::CountsTwice, Message::Stored { number }) => {
                let other = self.members.iter().rfind(|member| *member != from).copied().unwrap_or(*from);
                let message = Message::Stored { number: *number };
                self.inner.step(now, Input::Receive { from: other, message }, out);
            }
            (Bug::Panics, Message::Store(version)) => assert!(version.number != 7, "seven is unlucky"),
            (Bug::CountsMessages, _) => self.heard += 1,
            (Bug::Hoards, Message::Stored { number }) => self.hoard.push(*number),
            (Bug::Shares, _) => {
                self.shared.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
    }

    fn pass_on(&self, bug: Bug, effect: EffectOf<Self>, out: &mut OutboxOf<Self>) {
        match (bug, effect) {
            (Bug::NeverResends, Effect::Send { message: Message::Store(_), .. }) if self.heard > 3 => {}
            (Bug::NeverAnswers, Effect::Emit(_)) => {}
            (Bug::LooksDown, Effect::Send { to, .. }) if to > self.id => {}
            (Bug::TossesACoin, Effect::Emit(Event::Refused { .. })) if self.seed % 2 == 0 => {}
            (Bug::AnswersTwice, Effect::Emit(event)) => {
                out.emit(event.clone());
                out.emit(event);
            }
            (Bug::SendsBeforeDurable, Effect::Persist { ticket, record }) => {
                out.place_record(ticket, record);
                for member in self.members.iter().filter(|member| **member != self.id) {
                    out.send(*member, Message::Store(record));
                }
            }
            (Bug::ReusesTicket, Effect::Persist { ticket, record }) => {
                out.place_record(ticket, record);
                out.place_record(ticket, record);
            }
            (_, Effect::Send { to, message }) => out.send(to, message),
            (_, Effect::Persist { ticket, record }) => out.place_record(ticket, record),
            (_, Effect::Emit(event)) => out.emit(event),
        }
    }

    fn after(&mut self, bug: Bug, now: Time, out: &mut OutboxOf<Self>) {
        let writes = out.effects().iter().any(|effect| matches!(effect, Effect::Persist { .. }));
        match bug {
            Bug::SpeaksBeforeDurable if writes => {
                self.inner.step(now, Input::Persisted(out.issued()), out);
            }
            Bug::NeverResends | Bug::CheckpointsHalf => self.heard += 1,
            Bug::WritesReset if writes && self.newest() % 4 == 0 => {
                out.note(Version { number: 0, value: RESET });
            }
            Bug::WritesNonsense if writes => out.note(Version { number: 0, value: NONSENSE }),
            Bug::Impure if OUTSIDE.fetch_add(1, Ordering::Relaxed) % 3 == 0 => {
                out.send(self.peer(), Message::Stored { number: 0 });
            }
            Bug::Floods => {
                (0..9).for_each(|_| out.send(self.peer(), Message::Stored { number: 0 }));
            }
            Bug::WritesToItself if writes => out.send(self.id, Message::Stored { number: 0 }),
            _ => {}
        }
    }
}

impl Durable for Node {
    type Config = (Config, Option<Bug>);
    type Image = Version;
    type Error = Error;

    fn absorb(image: &mut Version, record: Version) -> Result<(), Error> {
        match record.value {
            NONSENSE => return Err(Error::Nonsense),
            RESET => *image = Version::default(),
            _ => *image = (*image).max(record),
        }
        Ok(())
    }

    fn recover((config, bug): Self::Config, image: Version, seed: u64, now: Time) -> Result<Self, Error> {
        if !config.members.contains(&config.id) && bug != Some(Bug::AcceptsAnything) {
            return Err(Error::NotAMember);
        }
        if config.resend_after.is_zero() && bug != Some(Bug::AcceptsNoPause) {
            return Err(Error::NoPause);
        }
        if bug == Some(Bug::RefusesImage) && image.number > 0 {
            return Err(Error::Refused);
        }
        let image = if bug == Some(Bug::ForgetsImage) { Version::default() } else { image };
        let (id, writer, members) = (config.id, config.writer, config.members.clone());
        let Ok(inner) = Register::recover(config, image, seed, now);
        Ok(Self {
            inner,
            bug,
            id,
            writer,
            members,
            heard: 0,
            seed,
            hoard: Vec::new(),
            shared: std::sync::Arc::default(),
        })
    }

    fn checkpoint(&self, record: &mut dyn FnMut(Version)) {
        self.inner.checkpoint(&mut |version| {
            let forgetful = self.bug == Some(Bug::CheckpointsHalf) && self.heard > 0;
            let left_out = forgetful && version.number % 2 == 1;
            record(if left_out { Version::default() } else { version });
        });
    }
}

/// Every bug.
pub const BUGS: [Bug; 30] = [
    Bug::SendsBeforeDurable,
    Bug::SpeaksBeforeDurable,
    Bug::CountsTwice,
    Bug::WritesReset,
    Bug::WritesNonsense,
    Bug::ForgetsImage,
    Bug::RefusesImage,
    Bug::CheckpointsHalf,
    Bug::Spins,
    Bug::Crawls,
    Bug::WakesEarly,
    Bug::AnswersTwice,
    Bug::NeverAnswers,
    Bug::NeverResends,
    Bug::Panics,
    Bug::Impure,
    Bug::Shares,
    Bug::ReadsTheClock,
    Bug::Floods,
    Bug::WritesToItself,
    Bug::ReusesTicket,
    Bug::BelievesAnyTicket,
    Bug::AcceptsAnything,
    Bug::CountsMessages,
    Bug::EncodesShort,
    Bug::EncodesAnew,
    Bug::Hoards,
    Bug::AcceptsNoPause,
    Bug::LooksDown,
    Bug::TossesACoin,
];
