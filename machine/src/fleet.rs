use alloc::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    vec::Vec,
};
use core::{
    fmt,
    hash::{Hash, Hasher},
};

use thiserror::Error;

use crate::{
    Aside, Durable, Effect, Input, InputOf, Machine, NodeId, Outbox, OutboxOf, Rng, Tag, Ticket, Time,
};

/// A message, command or record of one member of a [`Fleet`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Keyed<K, T> {
    /// Which member.
    pub key: K,
    /// What it is about.
    pub inner: T,
}

/// What a [`Fleet`] tells its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FleetEvent<K, C, E> {
    /// A member's own event.
    Member(Keyed<K, E>),
    /// The command named a member that does not exist; here it is back.
    NoMember {
        /// The tag it was submitted under.
        tag: Tag,
        /// The command, unchanged.
        command: Keyed<K, C>,
    },
}

/// Many machines of one kind behind one deadline; itself a [`Machine`].
///
/// The next deadline is found in O(log n), and members that have nothing to do cost nothing. Members share the
/// journal: an acknowledgement reaches exactly those that wait for one.
pub struct Fleet<K, M: Machine> {
    members: BTreeMap<K, M>,
    agenda: BTreeSet<(Time, K)>,
    agreed: BTreeMap<K, Time>,
    owed: VecDeque<(Ticket, K)>,
    scratch: Aside<OutboxOf<M>>,
    strays: Aside<u64>,
}

impl<K: Ord + Clone + Hash, M: Machine> Fleet<K, M> {
    /// A fleet without members.
    pub const fn new() -> Self {
        Self {
            members: BTreeMap::new(),
            agenda: BTreeSet::new(),
            agreed: BTreeMap::new(),
            owed: VecDeque::new(),
            scratch: Aside::new(Outbox::new()),
            strays: Aside::new(0),
        }
    }

    /// Adds a member, and returns the one that had this key before.
    pub fn insert(&mut self, key: K, member: M) -> Option<M> {
        self.agree(&key, member.deadline());
        self.members.insert(key, member)
    }

    /// Takes a member out. What it still waits for will not be told to anyone.
    pub fn remove(&mut self, key: &K) -> Option<M> {
        self.agree(key, None);
        self.members.remove(key)
    }

    /// A member, to look at.
    pub fn get(&self, key: &K) -> Option<&M> {
        self.members.get(key)
    }

    /// The members in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &M)> {
        self.members.iter()
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// How many messages came for members that do not exist.
    pub fn strays(&self) -> u64 {
        *self.strays
    }

    fn step_member(&mut self, key: &K, now: Time, input: InputOf<M>, out: &mut OutboxOf<Self>) {
        let Some(member) = self.members.get_mut(key) else { return };
        let owed = &mut self.owed;
        out.embed(
            &mut self.scratch,
            |inner| member.step(now, input, inner),
            |effect, out| match effect {
                Effect::Send { to, message } => out.send(to, Keyed { key: key.clone(), inner: message }),
                Effect::Persist { ticket, record } => {
                    owed.extend(ticket.map(|ticket| (ticket, key.clone())));
                    out.place_record(ticket, Keyed { key: key.clone(), inner: record });
                }
                Effect::Emit(event) => {
                    out.emit(FleetEvent::Member(Keyed { key: key.clone(), inner: event }));
                }
            },
        );
        self.reschedule(key);
    }

    fn reschedule(&mut self, key: &K) {
        let wanted = self.members.get(key).and_then(M::deadline);
        self.agree(key, wanted);
    }

    /// Enters into the agenda when this member is wanted next.
    fn agree(&mut self, key: &K, wanted: Option<Time>) {
        if self.agreed.get(key).copied() == wanted {
            return;
        }
        if let Some(before) = self.agreed.remove(key) {
            self.agenda.remove(&(before, key.clone()));
        }
        if let Some(at) = wanted {
            self.agenda.insert((at, key.clone()));
            self.agreed.insert(key.clone(), at);
        }
    }

    fn on_message(
        &mut self,
        now: Time,
        from: NodeId,
        message: Keyed<K, M::Message>,
        out: &mut OutboxOf<Self>,
    ) {
        if !self.members.contains_key(&message.key) {
            *self.strays += 1;
            return;
        }
        self.step_member(&message.key, now, Input::Receive { from, message: message.inner }, out);
    }

    fn on_command(&mut self, now: Time, tag: Tag, command: Keyed<K, M::Command>, out: &mut OutboxOf<Self>) {
        if !self.members.contains_key(&command.key) {
            return out.emit(FleetEvent::NoMember { tag, command });
        }
        self.step_member(&command.key, now, Input::Submit { tag, command: command.inner }, out);
    }

    fn on_persisted(&mut self, now: Time, upto: Ticket, out: &mut OutboxOf<Self>) {
        if !out.has_issued(upto) {
            return;
        }
        let covered = self.owed.partition_point(|(ticket, _)| *ticket <= upto);
        let mut waiting: Vec<K> = self.owed.drain(..covered).map(|(_, key)| key).collect();
        waiting.sort();
        waiting.dedup();
        for key in waiting {
            self.step_member(&key, now, Input::Persisted(upto), out);
        }
    }

    fn on_wake(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        for _ in 0..self.members.len() {
            let Some((_, key)) = self.agenda.first().filter(|(at, _)| *at <= now).cloned() else { return };
            self.step_member(&key, now, Input::Wake, out);
        }
    }
}

impl<K: Ord + Clone + Hash, M: Machine> Default for Fleet<K, M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Ord + Clone + Hash, M: Machine> Machine for Fleet<K, M> {
    type Message = Keyed<K, M::Message>;
    type Command = Keyed<K, M::Command>;
    type Record = Keyed<K, M::Record>;
    type Event = FleetEvent<K, M::Command, M::Event>;

    fn step(&mut self, now: Time, input: InputOf<Self>, out: &mut OutboxOf<Self>) {
        match input {
            Input::Receive { from, message } => self.on_message(now, from, message, out),
            Input::Submit { tag, command } => self.on_command(now, tag, command, out),
            Input::Persisted(ticket) => self.on_persisted(now, ticket, out),
            Input::Wake => self.on_wake(now, out),
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.agenda.first().map(|(at, _)| *at)
    }

    fn digest(&self, mut hasher: &mut dyn Hasher) {
        for (key, member) in &self.members {
            key.hash(&mut hasher);
            member.digest(hasher);
        }
    }
}

/// What the records of a [`Fleet`] add up to: an image per member.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetImage<K: Ord, I>(pub BTreeMap<K, I>);

impl<K: Ord, I> Default for FleetImage<K, I> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// Why a [`Fleet`] cannot be recovered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FleetError<K, E> {
    /// One member cannot be recovered.
    #[error("member cannot be recovered: {error}")]
    Member {
        /// Which one.
        key: K,
        /// Why.
        error: E,
    },
    /// The image holds the state of a member that the configuration does not name.
    #[error("the image holds a member that the configuration does not name")]
    Orphan {
        /// Which one.
        key: K,
    },
}

impl<K: Ord + Clone + Hash, M: Durable> Durable for Fleet<K, M> {
    type Config = BTreeMap<K, M::Config>;
    type Image = FleetImage<K, M::Image>;
    type Error = FleetError<K, M::Error>;

    fn absorb(image: &mut Self::Image, record: Self::Record) -> Result<(), Self::Error> {
        let member = image.0.entry(record.key.clone()).or_default();
        M::absorb(member, record.inner).map_err(|error| FleetError::Member { key: record.key, error })
    }

    fn recover(config: Self::Config, image: Self::Image, seed: u64, now: Time) -> Result<Self, Self::Error> {
        let mut images = image.0;
        let mut seeds = Rng::new(seed);
        let mut fleet = Self::new();
        for (key, config) in config {
            let image = images.remove(&key).unwrap_or_default();
            let member = M::recover(config, image, seeds.draw(), now)
                .map_err(|error| FleetError::Member { key: key.clone(), error })?;
            fleet.insert(key, member);
        }
        match images.pop_first() {
            Some((key, _)) => Err(FleetError::Orphan { key }),
            None => Ok(fleet),
        }
    }

    fn checkpoint(&self, record: &mut dyn FnMut(Self::Record)) {
        for (key, member) in &self.members {
            member.checkpoint(&mut |inner| record(Keyed { key: key.clone(), inner }));
        }
    }
}

impl<K: Ord + Clone, M: Machine + Clone> Clone for Fleet<K, M> {
    fn clone(&self) -> Self {
        Self {
            members: self.members.clone(),
            agenda: self.agenda.clone(),
            agreed: self.agreed.clone(),
            owed: self.owed.clone(),
            scratch: Aside::new(Outbox::new()),
            strays: self.strays.clone(),
        }
    }
}

impl<K: fmt::Debug, M: Machine + fmt::Debug> fmt::Debug for Fleet<K, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.members).finish()
    }
}
