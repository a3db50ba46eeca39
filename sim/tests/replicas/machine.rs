//! Registers by key, kept by several nodes, in schemes that are right or wrong in well-known ways. Nothing is written to a
//! disk: who crashes stays down.

use core::{convert::Infallible, hash::Hash as _, time::Duration};
use std::collections::{BTreeMap, BTreeSet};

use quorate_consistency::spec::Access;
use quorate_machine::{Clock, Durable, Input, InputOf, Machine, NodeId, OutboxOf, Tag, Time};

/// How replicas keep their registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheme {
    pub via: Via,
    pub stamp: Stamp,
    /// How many nodes must have taken a write over before it is acknowledged. If it is one, they hear of it now and then.
    pub write: usize,
    /// How many nodes are asked what they hold.
    pub read: usize,
    pub reads: Reads,
}

/// Who carries operations out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// Whichever node is asked.
    Any,
    /// The first node.
    Primary,
    /// Whom a majority follows, until they have not heard of it for a while.
    Holder,
}

/// Where versions come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// The node's clock.
    Clock,
    /// They are above those that were found.
    Above,
}

/// How reads are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// With what is found, once enough nodes have it as well (Attiya, Bar-Noy and Dolev, 1995).
    WrittenBack,
    /// With what is found.
    Found,
    /// With what the node holds that is asked, whoever carries writes out.
    Local,
    /// With what the holder holds, while it has a lease by its own clock.
    Leased,
}

/// A number and the node that has given it. The one before the first is of nobody.
pub type Version = (u64, u64);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    pub version: Version,
    pub value: u64,
}

type Held = BTreeMap<u64, Cell>;

#[derive(Clone, Debug)]
pub enum Message {
    Ask {
        op: u64,
    },
    Answer {
        op: u64,
        held: Held,
    },
    /// Without an operation it is for whom it may concern.
    Store {
        op: Option<u64>,
        held: Held,
    },
    Stored {
        op: u64,
    },
    Forward {
        op: u64,
        access: Access<u64, u64>,
    },
    Done {
        op: u64,
        cell: Cell,
        held: Held,
    },
    Follow {
        pulse: u64,
    },
    Followed {
        pulse: u64,
        held: Held,
    },
}

/// The answer to a read or a write: what was read or written.
#[derive(Clone, Debug)]
pub struct Event {
    pub tag: Tag,
    pub cell: Cell,
}

#[derive(Clone, Debug)]
pub struct Config {
    pub id: NodeId,
    pub nodes: u64,
    pub scheme: Scheme,
}

#[derive(Clone, Copy, Debug)]
enum Client {
    Here(Tag),
    At(NodeId, u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Until somebody is followed.
    Waits,
    Forwarded,
    Asks,
    Stores,
    /// Until there is a lease.
    Lease,
}

#[derive(Clone, Debug)]
struct Open {
    client: Client,
    access: Access<u64, u64>,
    phase: Phase,
    /// Who has answered, the node itself included.
    from: BTreeSet<NodeId>,
    /// What will be answered.
    cell: Cell,
}

const TICK: Duration = Duration::from_millis(20);
/// How often the others hear of what is held.
const GOSSIP_TICKS: u64 = 40;
/// After how long in silence nobody is followed any more.
const TIMEOUT: Duration = Duration::from_millis(300);
/// How long a node that was followed may rely on that: less, since clocks drift.
const LEASE: Duration = Duration::from_millis(200);
/// Who stands up first differs.
const STAGGER: Duration = Duration::from_millis(60);

#[derive(Clone)]
pub struct Replica {
    config: Config,
    clock: Clock,
    held: Held,
    open: BTreeMap<u64, Open>,
    ops: u64,
    issued: u64,
    ticks: u64,
    next_tick: Time,
    /// Who is followed.
    holder: Option<NodeId>,
    /// When it was last heard of; of the node itself, when a majority has followed it.
    heard: Time,
    /// When pulses were sent, and the latest that each other node has answered.
    pulses: BTreeMap<u64, Time>,
    followed: BTreeMap<NodeId, Time>,
}

impl Machine for Replica {
    type Message = Message;
    type Command = Access<u64, u64>;
    type Record = ();
    type Event = Event;

    fn step(&mut self, now: Time, input: InputOf<Self>, out: &mut OutboxOf<Self>) {
        let now = self.clock.advance(now);
        match input {
            Input::Submit { tag, command } => self.begin(now, Client::Here(tag), command, out),
            Input::Receive { from, message } => self.on_message(now, from, message, out),
            Input::Wake if now >= self.next_tick => self.on_tick(now, out),
            Input::Wake | Input::Persisted(_) => {}
        }
    }

    fn deadline(&self) -> Option<Time> {
        Some(self.next_tick)
    }

    fn digest(&self, mut hasher: &mut dyn core::hash::Hasher) {
        (&self.held, self.open.keys().collect::<Vec<_>>(), self.issued).hash(&mut hasher);
        self.holder.hash(&mut hasher);
    }
}

impl Durable for Replica {
    type Config = Config;
    type Image = ();
    type Error = Infallible;

    fn absorb((): &mut (), (): ()) -> Result<(), Infallible> {
        Ok(())
    }

    fn recover(config: Config, (): (), _: u64, now: Time) -> Result<Self, Infallible> {
        Ok(Self {
            config,
            clock: Clock::starting(now),
            held: Held::new(),
            open: BTreeMap::new(),
            ops: 0,
            issued: 0,
            ticks: 0,
            next_tick: now + TICK,
            holder: None,
            heard: now,
            pulses: BTreeMap::new(),
            followed: BTreeMap::new(),
        })
    }

    fn checkpoint(&self, _: &mut dyn FnMut(())) {}
}

impl Replica {
    fn others(&self) -> impl Iterator<Item = NodeId> + use<> {
        let id = self.config.id;
        (1..=self.config.nodes).map(NodeId).filter(move |node| *node != id)
    }

    fn majority(&self) -> usize {
        usize::try_from(self.config.nodes).unwrap_or(0) / 2 + 1
    }

    /// Who carries operations out, if anybody is known to.
    fn boss(&self) -> Option<NodeId> {
        match self.config.scheme.via {
            Via::Any => Some(self.config.id),
            Via::Primary => Some(NodeId(1)),
            Via::Holder => self.holder,
        }
    }

    fn merge(&mut self, held: &Held) {
        for (key, cell) in held {
            let known = self.held.entry(*key).or_default();
            *known = (*known).max(*cell);
        }
    }

    fn begin(&mut self, now: Time, client: Client, access: Access<u64, u64>, out: &mut OutboxOf<Self>) {
        let op = self.ops;
        self.ops += 1;
        let open = Open { client, access, phase: Phase::Waits, from: BTreeSet::new(), cell: Cell::default() };
        self.open.insert(op, open);
        self.go_on(now, op, out);
    }

    /// Begins what waits, if it can be begun.
    fn go_on(&mut self, now: Time, op: u64, out: &mut OutboxOf<Self>) {
        let (id, boss, scheme) = (self.config.id, self.boss(), self.config.scheme);
        let Some(open) = self.open.get_mut(&op) else { return };
        open.from = BTreeSet::from([id]);
        match (&open.access, boss) {
            (Access::Read(key), _) if scheme.reads == Reads::Local => {
                open.cell = self.held.get(key).copied().unwrap_or_default();
                self.finish(op, out);
            }
            (_, None) => {}
            (access, Some(boss)) if boss != id => {
                let access = access.clone();
                open.phase = Phase::Forwarded;
                out.send(boss, Message::Forward { op, access });
            }
            (Access::Read(_), Some(_)) if scheme.reads == Reads::Leased => {
                open.phase = Phase::Lease;
                self.read_by_lease(now, op, out);
            }
            (Access::Write(..), Some(_)) if scheme.stamp == Stamp::Clock => self.store(now, op, out),
            (_, Some(_)) => {
                open.phase = Phase::Asks;
                if scheme.read > 1 {
                    self.others().for_each(|node| out.send(node, Message::Ask { op }));
                } else {
                    self.found(now, op, out);
                }
            }
        }
    }

    /// Enough have been asked.
    fn found(&mut self, now: Time, op: u64, out: &mut OutboxOf<Self>) {
        let reads = self.config.scheme.reads;
        let Some(open) = self.open.get_mut(&op) else { return };
        if let Access::Read(key) = open.access {
            open.cell = self.held.get(&key).copied().unwrap_or_default();
            if reads != Reads::WrittenBack {
                return self.finish(op, out);
            }
        }
        self.store(now, op, out);
    }

    fn store(&mut self, now: Time, op: u64, out: &mut OutboxOf<Self>) {
        let (id, scheme) = (self.config.id, self.config.scheme);
        let highest = self.held.values().map(|cell| cell.version.0).max().unwrap_or(0);
        let Some(open) = self.open.get_mut(&op) else { return };
        open.phase = Phase::Stores;
        open.from = BTreeSet::from([id]);
        if let Access::Write(key, value) = open.access {
            let least = if scheme.stamp == Stamp::Clock { now.as_nanos() } else { highest + 1 };
            self.issued = least.max(self.issued + 1);
            open.cell = Cell { version: (self.issued, id.0), value };
            let known = self.held.entry(key).or_default();
            *known = open.cell.max(*known);
        }
        if scheme.write == 1 {
            return self.finish(op, out);
        }
        let held = self.held.clone();
        self.others().for_each(|node| out.send(node, Message::Store { op: Some(op), held: held.clone() }));
    }

    fn finish(&mut self, op: u64, out: &mut OutboxOf<Self>) {
        let Some(Open { client, cell, .. }) = self.open.remove(&op) else { return };
        match client {
            Client::Here(tag) => out.emit(Event { tag, cell }),
            Client::At(node, op) => out.send(node, Message::Done { op, cell, held: self.held.clone() }),
        }
    }

    /// A lease says that nobody else has written. What this node itself is writing may still come to nothing.
    fn read_by_lease(&mut self, now: Time, op: u64, out: &mut OutboxOf<Self>) {
        let fresh = self.followed.values().filter(|at| **at + LEASE > now).count() + 1;
        let writes = self.open.values().any(|open| open.phase == Phase::Stores);
        if fresh < self.majority() || writes || self.boss() != Some(self.config.id) {
            return;
        }
        if let Some(open) = self.open.get_mut(&op) {
            if let Access::Read(key) = open.access {
                open.cell = self.held.get(&key).copied().unwrap_or_default();
                self.finish(op, out);
            }
        }
    }

    fn on_message(&mut self, now: Time, from: NodeId, message: Message, out: &mut OutboxOf<Self>) {
        let is_of_boss = self.config.scheme.via == Via::Any || self.boss() == Some(from);
        match message {
            Message::Ask { op } if is_of_boss => {
                out.send(from, Message::Answer { op, held: self.held.clone() });
            }
            Message::Store { op, held } if is_of_boss => {
                self.merge(&held);
                if let Some(op) = op {
                    out.send(from, Message::Stored { op });
                }
            }
            Message::Ask { .. } | Message::Store { .. } => {}
            Message::Answer { op, held } => {
                self.merge(&held);
                if self.is_enough(op, from, Phase::Asks, self.config.scheme.read) {
                    self.found(now, op, out);
                }
            }
            Message::Stored { op } => {
                if self.is_enough(op, from, Phase::Stores, self.config.scheme.write) {
                    self.finish(op, out);
                }
            }
            Message::Forward { op, access } => self.begin(now, Client::At(from, op), access, out),
            Message::Done { op, cell, held } => {
                // So that whoever asked reads its own write here.
                if self.config.scheme.reads == Reads::Local {
                    self.merge(&held);
                }
                if let Some(open) = self.open.get_mut(&op) {
                    open.cell = cell;
                    self.finish(op, out);
                }
            }
            Message::Follow { pulse } => {
                if self.boss() == Some(from) || self.is_silent(now) {
                    (self.holder, self.heard) = (Some(from), now);
                    out.send(from, Message::Followed { pulse, held: self.held.clone() });
                }
            }
            Message::Followed { pulse, held } => {
                self.merge(&held);
                if let Some(sent) = self.pulses.get(&pulse) {
                    let latest = self.followed.entry(from).or_default();
                    *latest = (*latest).max(*sent);
                }
            }
        }
    }

    /// Counts an answer; says whether there are enough now.
    fn is_enough(&mut self, op: u64, from: NodeId, phase: Phase, needed: usize) -> bool {
        let Some(open) = self.open.get_mut(&op).filter(|open| open.phase == phase) else { return false };
        open.from.insert(from);
        open.from.len() >= needed
    }

    fn is_silent(&self, now: Time) -> bool {
        self.holder.is_none() || self.heard + TIMEOUT <= now
    }

    fn on_tick(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        self.next_tick = now + TICK;
        self.ticks += 1;
        if self.config.scheme.via == Via::Holder {
            self.lead(now, out);
        }
        if self.ticks % GOSSIP_TICKS == 0 {
            let held = self.held.clone();
            self.others().for_each(|node| out.send(node, Message::Store { op: None, held: held.clone() }));
        }
        // What reads may be asked of whoever is followed by now.
        let waiting = self.open.iter().filter(|(_, open)| match open.phase {
            Phase::Waits | Phase::Lease => true,
            Phase::Forwarded => matches!(open.access, Access::Read(_)),
            Phase::Asks | Phase::Stores => false,
        });
        for op in waiting.map(|(op, _)| *op).collect::<Vec<_>>() {
            self.go_on(now, op, out);
        }
    }

    /// Keeps being followed, or asks to be.
    fn lead(&mut self, now: Time, out: &mut OutboxOf<Self>) {
        let id = self.config.id;
        let patience = if self.holder.is_some() { TIMEOUT } else { Duration::ZERO };
        if self.boss() == Some(id) {
            let mut answered: Vec<Time> = self.followed.values().copied().collect();
            answered.sort_unstable();
            let quorum = answered.len().checked_sub(self.majority() - 1).and_then(|at| answered.get(at));
            self.heard = quorum.copied().unwrap_or_default().max(self.heard);
        }
        let turn = STAGGER * u32::try_from(id.0).unwrap_or(0);
        if self.heard + patience + turn <= now {
            (self.holder, self.heard) = (Some(id), now);
            self.followed.clear();
        }
        if self.boss() == Some(id) {
            self.pulses.insert(self.ticks, now);
            self.pulses.retain(|_, sent| *sent + TIMEOUT > now);
            self.others().for_each(|node| out.send(node, Message::Follow { pulse: self.ticks }));
        }
    }
}
