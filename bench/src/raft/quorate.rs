use std::collections::VecDeque;

use bytes::Bytes;
use quorate_machine::{
    Durable, Effect, Input, InputOf, Machine, NodeId, Outbox, OutboxOf, Tag, Ticket, Time,
};
use quorate_quorum::Voters;
use quorate_raft::{Command, Config, Event, Image, Index, Raft, Role};

use crate::raft::{Applied, Cluster, KEEP, NODES, cluster::payload};

const IDS: [NodeId; NODES] = [NodeId(0), NodeId(1), NodeId(2)];

/// How a batch is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Singly,
    AsList,
}

/// Three nodes of quorate-raft. A record counts as durable as soon as the outbox that held it is empty.
pub(crate) struct Quorate {
    nodes: Vec<Node>,
    mail: VecDeque<Letter>,
    now: Time,
    leader: usize,
    ask: Ask,
    payload: Bytes,
    tags: u64,
    messages: u64,
}

struct Node {
    id: NodeId,
    raft: Raft,
    out: OutboxOf<Raft>,
    applied: Applied,
    delivered: Index,
    leads: bool,
}

struct Letter {
    to: NodeId,
    input: InputOf<Raft>,
}

impl Node {
    /// Performs the effects of a step, and says what has become durable by it. (A `for` over the effects would copy each
    /// of them once more.)
    fn perform(&mut self, mail: &mut VecDeque<Letter>) -> Option<Ticket> {
        if self.out.is_empty() {
            return None;
        }
        let (mut durable, mut effects) = (None, self.out.drain());
        loop {
            match effects.next() {
                Some(Effect::Send { to, message }) => {
                    mail.push_back(Letter { to, input: Input::Receive { from: self.id, message } });
                }
                Some(Effect::Persist { ticket, .. }) => durable = ticket.or(durable),
                Some(Effect::Emit(Event::Committed { first, entries })) => {
                    let data = entries.iter().filter_map(|entry| entry.payload.data());
                    data.for_each(|data| self.applied.apply(data));
                    self.delivered = first.plus(entries.len() as u64).previous();
                }
                Some(Effect::Emit(Event::Role { role, .. })) => self.leads = role == Role::Leader,
                Some(Effect::Emit(_)) => {}
                None => return durable,
            }
        }
    }
}

impl Quorate {
    pub(crate) fn new(payload_bytes: usize, ask: Ask) -> Self {
        let node = |id: NodeId| {
            let voters = Voters::majority(IDS).expect("three voters");
            let config = Config { log_keep_entries: KEEP, ..Config::new(id, voters) };
            let raft = Raft::recover(config, Image::default(), 7 + id.0, Time::ZERO).expect("a new node");
            let (applied, delivered) = (Applied::default(), Index::ZERO);
            Node { id, raft, out: Outbox::new(), applied, delivered, leads: false }
        };
        let mut cluster = Self {
            nodes: IDS.map(node).into(),
            mail: VecDeque::new(),
            now: Time::ZERO,
            leader: 0,
            ask,
            payload: payload(payload_bytes),
            tags: 0,
            messages: 0,
        };
        cluster.elect();
        cluster
    }

    /// Lets time pass until there is a leader whose first entry is known everywhere.
    fn elect(&mut self) {
        while self.nodes.iter().any(|node| node.delivered == Index::ZERO) {
            let due = self.nodes.iter().filter_map(|node| node.raft.deadline()).min();
            self.now = self.now.max(due.expect("a node always waits for something"));
            self.pump();
        }
        self.leader = self.nodes.iter().position(|node| node.leads).expect("somebody was elected");
    }

    #[inline]
    fn step(&mut self, place: usize, input: InputOf<Raft>) {
        self.now = self.now.next();
        let (now, node) = (self.now, &mut self.nodes[place]);
        node.raft.step(now, input, &mut node.out);
        while let Some(ticket) = node.perform(&mut self.mail) {
            node.raft.step(now, Input::Persisted(ticket), &mut node.out);
        }
    }

    fn submit(&mut self, place: usize, command: Command) {
        self.tags += 1;
        self.step(place, Input::Submit { tag: Tag(self.tags), command });
    }

    /// The mail has run out: whoever asked for it is woken. Says whether anyone was.
    fn wake_due(&mut self) -> bool {
        let mut woken = false;
        for place in 0..NODES {
            let due = self.nodes[place].raft.deadline().is_some_and(|at| at <= self.now.next());
            if due {
                self.step(place, Input::Wake);
            }
            woken |= due;
        }
        woken
    }
}

impl Cluster for Quorate {
    fn propose(&mut self, count: usize) {
        if self.ask == Ask::AsList {
            return self.submit(self.leader, Command::ProposeAll(vec![self.payload.clone(); count]));
        }
        for _ in 0..count {
            self.submit(self.leader, Command::Propose(self.payload.clone()));
        }
    }

    fn pump(&mut self) {
        while self.wake_due() || !self.mail.is_empty() {
            while let Some(Letter { to, input }) = self.mail.pop_front() {
                self.step(place_of(to), input);
                self.messages += 1;
            }
        }
    }

    fn compact(&mut self) {
        for place in 0..NODES {
            let parts = vec![Bytes::from_static(b"state")];
            self.submit(place, Command::Compact { upto: self.nodes[place].delivered, parts });
        }
    }

    fn applied(&self) -> [Applied; NODES] {
        [0, 1, 2].map(|place| self.nodes[place].applied)
    }

    fn messages(&self) -> u64 {
        self.messages
    }
}

#[expect(clippy::cast_possible_truncation, reason = "there are three")]
const fn place_of(id: NodeId) -> usize {
    id.0 as usize
}
