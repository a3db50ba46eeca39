//! One state of the explored world, in parts that plays share until they change.

use alloc::{collections::VecDeque, rc::Rc};
use core::{fmt, hash::Hash};

use quorate_machine::{Machine as _, NodeId, OutboxOf, Rng, Tag, Ticket, Time};
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::{Explored, Scope};
use crate::{
    history::Entry,
    plan::Plan,
    subject::{CommandOf, ImageOf, MessageOf, OpOf, RecordOf, Wanted},
};

/// A state: what the nodes are, what is in flight, what may still happen, and what the play has left in the ghost.
pub(super) struct Scene<S: Explored> {
    pub(super) nodes: Vec<Rc<Node<S>>>,
    pub(super) in_flight: Vec<Letter<MessageOf<S>>>,
    pub(super) left: Left,
    pub(super) ghost: S::Ghost,
    /// The sum of the hashes of nodes and letters: it does not depend on their order, and one that changes is taken
    /// out and put back without looking at the others.
    pub(super) sum: u128,
    pub(super) name: u128,
}

/// What is left of the scope.
#[derive(Clone, Copy, Hash)]
pub(super) struct Left {
    pub(super) commands: u8,
    pub(super) wakes: u8,
    pub(super) crashes: u8,
    pub(super) drops: u8,
    pub(super) duplicates: u8,
    pub(super) delays: Option<u8>,
}

impl Left {
    pub(super) const fn all(scope: &Scope) -> Self {
        let Scope { commands, wakes, crashes, drops, duplicates, delays, .. } = *scope;
        Self { commands, wakes, crashes, drops, duplicates, delays }
    }
}

/// Equal messages of one link that are in flight.
pub(super) struct Letter<M> {
    pub(super) key: u128,
    pub(super) copies: u16,
    pub(super) from: u8,
    pub(super) to: u8,
    pub(super) message: Rc<M>,
}

impl<M> Clone for Letter<M> {
    fn clone(&self) -> Self {
        let Self { key, copies, from, to, message } = self;
        Self { key: *key, copies: *copies, from: *from, to: *to, message: Rc::clone(message) }
    }
}

impl<M: Hash> Letter<M> {
    pub(super) fn new(from: u8, to: u8, message: M) -> Self {
        let mut hasher = SipHasher13::new();
        (from, to, &message).hash(&mut hasher);
        Self { key: hasher.finish128().into(), copies: 1, from, to, message: Rc::new(message) }
    }
}

impl<S: Explored> Scene<S> {
    pub(super) fn put(&mut self, letter: Letter<MessageOf<S>>) {
        match self.in_flight.iter_mut().find(|other| other.key == letter.key) {
            Some(other) => other.copies += letter.copies,
            None => self.in_flight.push(letter),
        }
    }

    pub(super) fn take(&mut self, letter: usize) {
        let copies = &mut self.in_flight[letter].copies;
        *copies -= 1;
        if *copies == 0 {
            self.in_flight.swap_remove(letter);
        }
    }
}

/// The name of a state, from the sum over its parts and what belongs to no part.
pub(super) fn name<G: Hash>(sum: u128, left: Left, ghost: &G) -> u128 {
    let mut hasher = SipHasher13::new();
    (sum, left, ghost).hash(&mut hasher);
    hasher.finish128().into()
}

/// One node of the explored world. It is always up: one that is down for long is one that nothing happens to.
pub struct Node<S: Explored> {
    pub(super) id: NodeId,
    pub(super) machine: S::Machine,
    /// The latest deadline that has passed here.
    pub(super) now: Time,
    /// Always empty: it numbers the instance's tickets.
    pub(super) out: OutboxOf<S::Machine>,
    pub(super) image: Rc<ImageOf<S>>,
    pub(super) unsynced: VecDeque<(Option<Ticket>, RecordOf<S>)>,
    pub(super) app: Rc<S::App>,
    /// What the application has asked for and has not been given.
    pub(super) wanted: Vec<Wanted<CommandOf<S>>>,
    pub(super) next_tag: u64,
    pub(super) rng: Rng,
    /// Commands of this instance that no event has answered, rising.
    pub(super) open: Vec<Tag>,
    pub(super) incarnation: u64,
    /// Whether what it could do at once may wait.
    pub(super) slow: Slow,
    pub(super) hash: u128,
}

/// What a node is slow to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Slow {
    pub(super) wake: bool,
    pub(super) disk: bool,
}

/// When a node wants to be woken.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Due {
    Never,
    /// As soon as it has been fed what there is; a nanosecond later is how a machine with more to do says the same.
    AtOnce,
    Later,
}

impl<S: Explored> Node<S> {
    /// Its name.
    pub const fn id(&self) -> NodeId {
        self.id
    }

    /// The instance.
    pub const fn machine(&self) -> &S::Machine {
        &self.machine
    }

    /// What would be recovered if everything unsynced were lost now.
    pub fn image(&self) -> &ImageOf<S> {
        &self.image
    }

    /// The records that are not durable, in order.
    pub fn unsynced(&self) -> impl Iterator<Item = &RecordOf<S>> {
        self.unsynced.iter().map(|(_, record)| record)
    }

    /// The application.
    pub fn app(&self) -> &S::App {
        &self.app
    }

    /// How many instances ended before this one.
    pub const fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// The commands submitted to this instance that it has not answered.
    pub fn unanswered(&self) -> impl Iterator<Item = Tag> {
        self.open.iter().copied()
    }

    pub(super) fn due(&self) -> Due {
        match self.machine.deadline() {
            None | Some(Time::MAX) => Due::Never,
            Some(deadline) if deadline <= self.now.next() => Due::AtOnce,
            Some(_) => Due::Later,
        }
    }

    /// What the node is about to do at once, unless it is slow to.
    pub(super) fn prompt(&self) -> Slow {
        let waits = self.unsynced.iter().any(|(ticket, _)| ticket.is_some());
        Slow { wake: !self.slow.wake && self.due() == Due::AtOnce, disk: !self.slow.disk && waits }
    }

    /// Names the node's state by everything that decides what it may do next, but for instants and the numbers of
    /// tickets and of instances.
    pub(super) fn rehash(&mut self) {
        let mut hasher = SipHasher13::new();
        let due = self.due();
        self.slow.wake &= due == Due::AtOnce;
        self.slow.disk &= self.unsynced.iter().any(|(ticket, _)| ticket.is_some());
        (self.id, due, self.slow, &self.open).hash(&mut hasher);
        self.machine.digest(&mut hasher);
        self.image.hash(&mut hasher);
        // Which records share a ticket says which acknowledgements there can be.
        let mut before = None;
        for (ticket, record) in &self.unsynced {
            (ticket.is_some(), ticket.is_some() && *ticket == before, record).hash(&mut hasher);
            before = *ticket;
        }
        (&self.app, self.unsynced.len(), self.wanted.len()).hash(&mut hasher);
        for wanted in &self.wanted {
            match wanted {
                Wanted::Submit { tag, command } => (0_u8, tag, command).hash(&mut hasher),
                Wanted::Timer(note) => (1_u8, note).hash(&mut hasher),
            }
        }
        self.rng.hash(&mut hasher);
        self.hash = hasher.finish128().into();
    }
}

impl<S: Explored> Clone for Node<S> {
    fn clone(&self) -> Self {
        Self {
            id: self.id,
            machine: self.machine.clone(),
            now: self.now,
            out: self.out.clone(),
            image: Rc::clone(&self.image),
            unsynced: self.unsynced.clone(),
            app: Rc::clone(&self.app),
            wanted: self.wanted.clone(),
            next_tag: self.next_tag,
            rng: self.rng.clone(),
            open: self.open.clone(),
            incarnation: self.incarnation,
            slow: self.slow,
            hash: self.hash,
        }
    }
}

impl<S: Explored> fmt::Debug for Node<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (incarnation {})", self.id, self.incarnation)
    }
}

/// A state, to look at.
pub struct View<'a, S: Explored> {
    pub(super) scene: &'a Scene<S>,
    pub(super) recorded: &'a [Entry<OpOf<S>>],
    pub(super) plan: &'a Plan,
}

impl<'a, S: Explored> View<'a, S> {
    /// All nodes, rising.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &'a Node<S>> + use<'a, S> {
        self.scene.nodes.iter().map(|node| &**node)
    }

    /// One node.
    pub fn node(&self, id: NodeId) -> Option<&'a Node<S>> {
        self.scene.nodes.get(crate::node::place(id)).map(|node| &**node)
    }

    /// What is in flight: from whom, to whom, and what it says; in no particular order.
    pub fn in_flight(&self) -> impl Iterator<Item = (NodeId, NodeId, &'a MessageOf<S>)> + use<'a, S> {
        let id = |node: u8| NodeId(u64::from(node) + 1);
        self.scene.in_flight.iter().map(move |letter| (id(letter.from), id(letter.to), &*letter.message))
    }

    /// What the node's application recorded in the history during this step: a check that needs more of it keeps more
    /// in its ghost.
    pub const fn recorded(&self) -> &'a [Entry<OpOf<S>>] {
        self.recorded
    }

    /// The plan that stands for the scope: its nodes and its seed.
    pub const fn plan(&self) -> &'a Plan {
        self.plan
    }
}

impl<S: Explored> fmt::Debug for View<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.nodes()).finish()
    }
}
