use alloc::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    vec::Vec,
};

use quorate_machine::{Aside, Clock, NodeId, OutboxOf, Ticket, Time};

use super::{
    config::Config,
    entry::{Entry, Origin, Snapshot, latest},
    event::Event,
    members::Members,
    persist::Mark,
    status::Counters,
};
use crate::{CausalBuffer, Dot, MatrixClock, VClock, bug::Bug};

/// One member of a group that broadcasts in causal order, as a [`Machine`](quorate_machine::Machine).
///
/// Made by [`Durable::recover`](quorate_machine::Durable::recover), from [`Image::default`](super::Image) for a node that
/// has never run. The [module's page](super) shows a group at work.
#[derive(Clone, Debug)]
pub struct Broadcast {
    pub(super) config: Config,
    pub(super) clock: Clock,
    pub(super) started: bool,
    pub(super) origin: Origin,
    /// Whether the record of this birth was issued.
    pub(super) is_born: bool,
    /// Whether others have seen of this origin what it has not.
    pub(super) has_impostor: bool,
    /// The latest counter this origin has used.
    pub(super) used: u64,
    pub(super) members: Members,

    /// The messages on disk that are still kept, delivered or not.
    pub(super) store: BTreeMap<Dot<Origin>, Arc<Entry>>,
    /// The messages that are not on disk yet.
    pub(super) pending: BTreeMap<Dot<Origin>, Arc<Entry>>,
    /// Those of them for which no record was issued yet, in the order they came.
    pub(super) gathered: Vec<Dot<Origin>>,
    /// How large all of them are.
    pub(super) store_bytes: usize,
    /// Who waits for which of them.
    pub(super) tags: BTreeMap<Dot<Origin>, Aside<quorate_machine::Tag>>,
    pub(super) unsynced: VecDeque<(Ticket, Mark)>,

    /// Which messages on disk are delivered, and which wait.
    pub(super) buffer: CausalBuffer<Origin, ()>,
    pub(super) snapshot: Option<Arc<Snapshot>>,
    /// The one that is on its way to the disk.
    pub(super) snapshot_issued: Option<Arc<Snapshot>>,
    /// Up to where messages are kept no longer. Never beyond the snapshot.
    pub(super) base: VClock<Origin>,

    /// What each member is known to have.
    pub(super) matrix: MatrixClock<Origin>,
    /// The latest birth that was heard of.
    pub(super) births: BTreeMap<NodeId, u64>,
    /// What each peer was told last.
    pub(super) told: BTreeMap<NodeId, VClock<Origin>>,
    /// What any member was known to have at the last tick.
    pub(super) overdue: VClock<Origin>,
    /// Whose turn it is to be asked.
    pub(super) turn: usize,

    pub(super) flush_at: Option<Time>,
    pub(super) tick_at: Option<Time>,
    /// What the application must be told again at the first `Wake`.
    pub(super) replay: Vec<Dot<Origin>>,
    pub(super) counters: Aside<Counters>,
}

impl Broadcast {
    /// Whom this node talks to: the members, and until it is one itself whoever might help.
    pub(super) fn peers(&self) -> Vec<NodeId> {
        let mut peers: Vec<NodeId> = self.members.iter().collect();
        if !self.is_member() {
            peers.extend(&self.config.contacts);
        }
        peers.sort();
        peers.dedup();
        peers.retain(|peer| *peer != self.config.id);
        peers
    }

    pub(super) fn is_peer(&self, node: NodeId) -> bool {
        let is_contact = || !self.is_member() && self.config.contacts.contains(&node);
        node != self.config.id && (self.members.contains(node) || is_contact())
    }

    pub(super) fn is_member(&self) -> bool {
        self.members.contains(self.config.id)
    }

    /// Under which name the node's row is kept.
    pub(super) fn origin_of(&self, node: NodeId) -> Origin {
        if node == self.config.id {
            return self.origin;
        }
        Origin { node, birth: self.births.get(&node).copied().unwrap_or(0) }
    }

    /// Whether the message is here, on disk or on its way, or need not come any more.
    pub(super) fn has_entry(&self, dot: &Dot<Origin>) -> bool {
        self.pending.contains_key(dot)
            || self.store.contains_key(dot)
            || self.buffer.delivered().contains(dot)
    }

    /// Asks to be woken at once, when the driver has no more input: what comes until then goes to the disk together.
    pub(super) fn flush_soon(&mut self) {
        let now = self.clock.latest();
        self.flush_at = Some(self.flush_at.map_or(now, |at| at.min(now)));
    }

    /// Something differs among the members, or may.
    pub(super) fn tick_later(&mut self) {
        let at = self.clock.latest() + self.config.digest_interval;
        self.tick_at = Some(self.tick_at.map_or(at, |before| before.min(at)));
    }

    /// Others have seen this of a node; if it is this one, it must have made it.
    pub(super) fn recognise(&mut self, seen: &VClock<Origin>, out: &mut OutboxOf<Self>) {
        if seen.get(&self.origin) <= self.used || self.has_impostor {
            return;
        }
        self.has_impostor = true;
        if let Some(seen) = latest(seen, self.origin) {
            out.emit(Event::Impostor { seen });
        }
    }

    #[cfg(quorate_bugs)]
    pub(super) fn has(&self, bug: Bug) -> bool {
        self.config.bug == Some(bug)
    }

    #[cfg(not(quorate_bugs))]
    #[expect(clippy::unused_self, reason = "without the mistakes there is nothing to ask")]
    pub(super) const fn has(&self, _bug: Bug) -> bool {
        false
    }
}
