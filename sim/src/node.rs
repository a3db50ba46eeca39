use alloc::collections::BTreeSet;
use core::{fmt, ops::Range, time::Duration};

use quorate_machine::{NodeId, Outbox, OutboxOf, Rng, Tag, Time};

use crate::{
    clock::LocalClock,
    disk::Disk,
    platter::Platter,
    subject::{ImageOf, RecordOf, Subject},
};

/// One node of the simulated world.
pub struct Node<S: Subject> {
    pub(crate) id: NodeId,
    /// None while it is down.
    pub(crate) machine: Option<S::Machine>,
    pub(crate) app: S::App,
    pub(crate) incarnation: u64,
    pub(crate) disk: Disk<S::Machine>,
    pub(crate) clock: LocalClock,
    /// Belongs to the instance: a new one gets a new one.
    pub(crate) out: OutboxOf<S::Machine>,
    /// When the latest wake that counts will come.
    pub(crate) armed: Option<Time>,
    pub(crate) arming: u64,
    pub(crate) paused_until: Time,
    /// Until when the disk is full, and slow, and by how much.
    pub(crate) full_until: Time,
    pub(crate) slow_until: Time,
    pub(crate) slow_by: Duration,
    /// Whether its disk is lost: it stays down for ever.
    pub(crate) destroyed: bool,
    /// Commands of this instance that no event has answered.
    pub(crate) open: BTreeSet<Tag>,
    pub(crate) persists: u64,
    pub(crate) sends: u64,
    pub(crate) events: u64,
    pub(crate) rng: Rng,
}

impl<S: Subject> Node<S> {
    pub(crate) fn new(
        id: NodeId,
        app: S::App,
        clock: LocalClock,
        platter: Option<Platter>,
        rng: Rng,
    ) -> Self {
        Self {
            id,
            machine: None,
            app,
            incarnation: 0,
            disk: Disk::new(platter),
            clock,
            out: Outbox::new(),
            armed: None,
            arming: 0,
            paused_until: Time::ZERO,
            full_until: Time::ZERO,
            slow_until: Time::ZERO,
            slow_by: Duration::ZERO,
            destroyed: false,
            open: BTreeSet::new(),
            persists: 0,
            sends: 0,
            events: 0,
            rng,
        }
    }

    /// Draws only from ranges that have something to choose from.
    pub(crate) fn draw(&mut self, range: &Range<Duration>) -> Duration {
        if range.is_empty() { range.start } else { self.rng.span(range.clone()) }
    }

    /// How long the sync that begins now takes.
    pub(crate) fn sync_span(&mut self, usual: &Range<Duration>, now: Time) -> Duration {
        let slower = if now < self.slow_until { self.slow_by } else { Duration::ZERO };
        self.draw(usual) + slower
    }

    /// Its name.
    pub const fn id(&self) -> NodeId {
        self.id
    }

    /// The live instance, `None` while the node is down.
    pub const fn machine(&self) -> Option<&S::Machine> {
        self.machine.as_ref()
    }

    /// Whether its disk was destroyed: it stays down for ever, and [`Node::image`] is what it had.
    pub const fn is_destroyed(&self) -> bool {
        self.destroyed
    }

    /// What would be recovered if everything unsynced were lost now.
    pub const fn image(&self) -> &ImageOf<S> {
        self.disk.image()
    }

    /// The records that the disk has been handed and that are not durable, in order.
    pub fn unsynced(&self) -> impl Iterator<Item = &RecordOf<S>> {
        self.disk.unsynced()
    }

    /// The application.
    pub const fn app(&self) -> &S::App {
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
}

impl<S: Subject> fmt::Debug for Node<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, incarnation, machine, .. } = self;
        write!(f, "{id} ({}, incarnation {incarnation})", if machine.is_some() { "up" } else { "down" })
    }
}

/// Where the node sits; somewhere beyond all nodes if there is no such node.
pub(crate) fn place(node: NodeId) -> usize {
    usize::try_from(node.0).ok().and_then(|id| id.checked_sub(1)).unwrap_or(usize::MAX)
}
