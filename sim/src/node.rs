use alloc::collections::BTreeSet;

use quorate_machine::{NodeId, Outbox, OutboxOf, Rng, Tag, Time};

use crate::{
    clock::LocalClock,
    disk::Disk,
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
    /// Commands of this instance that no event has answered.
    pub(crate) open: BTreeSet<Tag>,
    pub(crate) persists: u64,
    pub(crate) sends: u64,
    pub(crate) events: u64,
    pub(crate) rng: Rng,
}

impl<S: Subject> Node<S> {
    pub(crate) fn new(id: NodeId, app: S::App, clock: LocalClock, rng: Rng) -> Self {
        Self {
            id,
            machine: None,
            app,
            incarnation: 0,
            disk: Disk::new(),
            clock,
            out: Outbox::new(),
            armed: None,
            arming: 0,
            paused_until: Time::ZERO,
            open: BTreeSet::new(),
            persists: 0,
            sends: 0,
            events: 0,
            rng,
        }
    }

    /// Its name.
    pub const fn id(&self) -> NodeId {
        self.id
    }

    /// The live instance, `None` while the node is down.
    pub const fn machine(&self) -> Option<&S::Machine> {
        self.machine.as_ref()
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
