//! A few nodes, a network and disks, all moved by hand: nothing happens that a test does not ask for.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]
#![allow(
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a lab fails loudly and looks only at what it is about"
)]

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use quorate_machine::{
    Durable, Effect, Input, InputOf, Machine, NodeId, Outbox, OutboxOf, Tag, Ticket, Time,
};
use quorate_quorum::Voters;
use quorate_raft::{
    Body, Command, Config, Entry, Event, Image, Index, LogId, Message, Payload, Raft, Record, Role, Status,
    Term,
};

pub const ELECTION: Duration = Duration::from_millis(300);

/// A message under way.
#[derive(Clone, Debug)]
pub struct Letter {
    pub from: NodeId,
    pub to: NodeId,
    pub message: Message,
}

struct Node {
    config: Config,
    /// `None` while it is down.
    raft: Option<Raft>,
    out: OutboxOf<Raft>,
    /// Its own clock.
    now: Time,
    lives: u64,
    disk: Image,
    unsynced: VecDeque<(Option<Ticket>, Record)>,
    holds_disk: bool,
    events: Vec<Event>,
}

type Rule = Box<dyn Fn(&Letter) -> bool>;

pub struct Lab {
    nodes: BTreeMap<NodeId, Node>,
    /// The messages under way, in the order in which they were sent.
    pub wire: VecDeque<Letter>,
    loses: Rule,
    tags: u64,
}

pub fn id(number: u64) -> NodeId {
    NodeId(number)
}

pub fn at(term: u64, index: u64) -> LogId {
    LogId { term: Term(term), index: Index(index) }
}

impl Lab {
    /// So many nodes that have never run.
    pub fn new(nodes: usize) -> Self {
        Self::with(&vec![&[][..]; nodes], |_| {})
    }

    /// Nodes with these logs, given as the terms of their entries, each in the term of its last entry.
    pub fn of_logs(logs: &[&[u64]]) -> Self {
        Self::with(logs, |_| {})
    }

    /// The same, configured otherwise.
    pub fn with(logs: &[&[u64]], adjust: impl Fn(&mut Config)) -> Self {
        let ids = (1..).map(NodeId).take(logs.len());
        let voters = Voters::majority(ids.clone()).expect("distinct ids");
        let mut lab =
            Self { nodes: BTreeMap::new(), wire: VecDeque::new(), loses: Box::new(|_| false), tags: 0 };
        for (id, log) in ids.zip(logs) {
            let mut config = Config { election_timeout: ELECTION, ..Config::new(id, voters.clone()) };
            adjust(&mut config);
            let node = Node {
                config,
                raft: None,
                out: Outbox::new(),
                now: Time::ZERO,
                lives: 0,
                disk: image_of(log),
                unsynced: VecDeque::new(),
                holds_disk: false,
                events: Vec::new(),
            };
            lab.nodes.insert(id, node);
            lab.restart(id);
        }
        lab.run();
        lab
    }

    fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(&id).expect("a node of the lab")
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        self.nodes.get_mut(&id).expect("a node of the lab")
    }

    pub fn ids(&self) -> Vec<NodeId> {
        self.nodes.keys().copied().collect()
    }

    pub fn raft(&self, id: NodeId) -> &Raft {
        self.node(id).raft.as_ref().expect("a node that is up")
    }

    pub fn status(&self, id: NodeId) -> Status {
        self.raft(id).status()
    }

    pub fn role(&self, id: NodeId) -> Role {
        self.status(id).role
    }

    /// The terms of the entries that the node's log holds.
    pub fn log(&self, id: NodeId) -> Vec<u64> {
        self.raft(id).entries().map(|(_, entry)| entry.term.0).collect()
    }

    /// What the node's disk would say after a crash now.
    pub fn disk(&self, id: NodeId) -> &Image {
        &self.node(id).disk
    }

    pub fn events(&self, id: NodeId) -> &[Event] {
        &self.node(id).events
    }

    /// The proposals handed to the node's application, in order.
    pub fn applied(&self, id: NodeId) -> Vec<Bytes> {
        let batches = self.events(id).iter().filter_map(|event| match event {
            Event::Committed { entries, .. } => Some(entries),
            _ => None,
        });
        batches.flat_map(|entries| entries.iter().filter_map(|entry| entry.payload.data().cloned())).collect()
    }

    /// What became of a command.
    pub fn outcome(&self, tag: Tag) -> Option<&Event> {
        let mut answers = self.nodes.values().flat_map(|node| &node.events).filter(|event| match event {
            Event::Proposed { tag: of, .. }
            | Event::Readable { tag: of, .. }
            | Event::Compacted { tag: of, .. }
            | Event::Refused { tag: of, .. }
            | Event::Unknown { tag: of } => *of == tag,
            Event::Committed { .. } | Event::Restore { .. } | Event::Role { .. } => false,
        });
        let answer = answers.next();
        assert_eq!(answers.next(), None, "a command has one outcome");
        answer
    }
}

/// What happens to nodes.
impl Lab {
    /// Feeds one input and keeps what comes of it: messages under way, records on their way to the disk, events.
    pub fn feed(&mut self, id: NodeId, input: InputOf<Raft>) {
        let Node { raft: Some(raft), out, now, unsynced, events, .. } =
            self.nodes.get_mut(&id).expect("a node of the lab")
        else {
            return;
        };
        raft.step(*now, input, out);
        for effect in out.drain() {
            match effect {
                Effect::Send { to, message } => self.wire.push_back(Letter { from: id, to, message }),
                Effect::Persist { ticket, record } => unsynced.push_back((ticket, record)),
                Effect::Emit(event) => events.push(event),
            }
        }
    }

    /// Delivers, syncs, and wakes those who ask to be woken at once, until nothing is left to do. No time passes.
    pub fn run(&mut self) {
        for _ in 0..100_000 {
            let Some(letter) = self.next() else { return };
            self.deliver(letter);
        }
        panic!("the nodes never come to rest");
    }

    /// Wakes a node that asks for it at once.
    pub fn flush(&mut self, id: NodeId) -> bool {
        let node = self.node(id);
        let wants = node.raft.as_ref().is_some_and(|raft| raft.deadline() == Some(node.now));
        if wants {
            self.feed(id, Input::Wake);
            // Within a Wake a machine with more to do asks for the next instant.
            let node = self.node_mut(id);
            if node.raft.as_ref().is_some_and(|raft| raft.deadline() == Some(node.now.next())) {
                node.now = node.now.next();
            }
        }
        wants
    }

    /// The next message under way, after all that disks and nodes do at once.
    pub fn next(&mut self) -> Option<Letter> {
        while self.wire.is_empty() {
            if !self.stir() {
                return None;
            }
        }
        self.wire.pop_front()
    }

    /// Lets every node and every disk do what it does at once; whether anything was done.
    fn stir(&mut self) -> bool {
        let mut busy = false;
        for id in self.ids() {
            busy |= self.flush(id) || self.sync_unless_held(id);
        }
        busy
    }

    pub fn deliver(&mut self, letter: Letter) {
        if !(self.loses)(&letter) {
            self.feed(letter.to, Input::Receive { from: letter.from, message: letter.message });
        }
    }

    /// Takes messages off the wire, to deliver them later, or never, or twice.
    pub fn intercept(&mut self, which: impl Fn(&Letter) -> bool) -> Vec<Letter> {
        let (taken, left) = core::mem::take(&mut self.wire).into_iter().partition(|letter| which(letter));
        self.wire = left;
        Vec::from(taken as VecDeque<Letter>)
    }

    /// What is under way between two nodes arrives and is answered; all else is lost.
    pub fn exchange(&mut self, asks: NodeId, answers: NodeId) {
        for (from, to) in [(asks, answers), (answers, asks)] {
            let letters = self.intercept(|letter| (letter.from, letter.to) == (from, to));
            self.wire.clear();
            for letter in letters {
                self.deliver(letter);
            }
            self.sync(to);
            self.flush(to);
        }
    }

    /// From now on these messages are lost.
    pub fn lose(&mut self, which: impl Fn(&Letter) -> bool + 'static) {
        self.loses = Box::new(which);
    }

    pub fn isolate(&mut self, id: NodeId) {
        self.lose(move |letter| letter.from == id || letter.to == id);
    }

    /// No message is lost any more.
    pub fn heal(&mut self) {
        self.lose(|_| false);
    }

    /// The node's disk takes its time until it is told to go on.
    pub fn hold_disk(&mut self, id: NodeId, holds: bool) {
        self.node_mut(id).holds_disk = holds;
    }

    /// All that the node has handed to its disk becomes durable, and the node is told.
    pub fn sync(&mut self, id: NodeId) -> bool {
        self.sync_first(id, usize::MAX)
    }

    /// The same, for so many of the records.
    pub fn sync_first(&mut self, id: NodeId, records: usize) -> bool {
        let Some(ticket) = self.write(id, records) else { return false };
        self.feed(id, Input::Persisted(ticket));
        true
    }

    /// So many of the unsynced records become durable; the last ticket among them.
    fn write(&mut self, id: NodeId, records: usize) -> Option<Ticket> {
        let node = self.node_mut(id);
        let mut last = None;
        for (ticket, record) in node.unsynced.drain(..records.min(node.unsynced.len())) {
            Raft::absorb(&mut node.disk, record).expect("a record follows from those before it");
            last = last.max(ticket);
        }
        last
    }

    fn sync_unless_held(&mut self, id: NodeId) -> bool {
        !self.node(id).holds_disk && self.sync(id)
    }

    /// The process ends; so many of its unsynced records have reached the disk all the same.
    pub fn crash(&mut self, id: NodeId, records_kept: usize) {
        self.write(id, records_kept);
        let node = self.node_mut(id);
        node.raft = None;
        node.unsynced.clear();
    }

    /// The records that a crash now might or might not lose.
    pub fn unsynced(&self, id: NodeId) -> Vec<Record> {
        self.node(id).unsynced.iter().map(|(_, record)| record.clone()).collect()
    }

    /// A new process continues from the disk.
    pub fn restart(&mut self, id: NodeId) {
        let node = self.node_mut(id);
        node.lives += 1;
        let seed = 1000 * id.0 + node.lives;
        let raft = Raft::recover(node.config.clone(), node.disk.clone(), seed, node.now);
        node.raft = Some(raft.expect("a disk that a node wrote"));
        node.out = Outbox::new();
        node.holds_disk = false;
        node.events.clear();
    }
}

/// What time does. Every node has its own clock.
impl Lab {
    pub fn deadline(&self, id: NodeId) -> Time {
        self.raft(id).deadline().expect("Raft always waits for something")
    }

    /// How long a node that has just started waits for a leader.
    pub fn patience(&mut self, id: NodeId) -> Duration {
        while self.flush(id) || self.sync(id) {}
        self.deadline(id).since(self.node(id).now)
    }

    /// The node's clock reaches its deadline.
    pub fn expire(&mut self, id: NodeId) {
        let node = self.node_mut(id);
        if let Some(raft) = &node.raft {
            node.now = node.now.max(raft.deadline().expect("Raft always waits for something"));
        }
        self.feed(id, Input::Wake);
    }

    /// Nobody but leaders has heard of a leader lately, and nobody is impatient yet.
    pub fn age(&mut self) {
        for node in self.nodes.values_mut() {
            let Some(raft) = node.raft.as_ref().filter(|raft| raft.status().role != Role::Leader) else {
                continue;
            };
            let due = raft.deadline().expect("Raft always waits for something");
            let almost = Time::from_nanos(due.as_nanos().saturating_sub(1));
            node.now = node.now.max(almost.min(node.now + ELECTION));
        }
    }

    /// Time enough for this node to ask for an election, and for nobody else.
    pub fn campaign(&mut self, id: NodeId) {
        self.run();
        self.age();
        self.expire(id);
        self.run();
    }

    /// The same, and it must win; if need be at the second attempt, when it has learned of a later term.
    pub fn elect(&mut self, id: NodeId) {
        self.campaign(id);
        if self.role(id) != Role::Leader {
            self.campaign(id);
        }
        assert_eq!(self.role(id), Role::Leader, "{:?}", self.status(id));
    }

    /// So many heartbeats of a leader, each with all that follows from it.
    pub fn beat(&mut self, leader: NodeId, times: usize) {
        for _ in 0..times {
            self.expire(leader);
            self.run();
        }
    }
}

/// What clients ask.
impl Lab {
    /// Submits without letting anything follow from it.
    pub fn submit(&mut self, id: NodeId, command: Command) -> Tag {
        self.tags += 1;
        self.feed(id, Input::Submit { tag: Tag(self.tags), command });
        Tag(self.tags)
    }

    pub fn propose(&mut self, id: NodeId, data: &'static str) -> Tag {
        self.submit(id, propose(data))
    }

    pub fn read(&mut self, id: NodeId) -> Tag {
        self.submit(id, Command::Read)
    }

    /// The application of this node hands over its state, whatever that is, in parts.
    pub fn compact(&mut self, id: NodeId, parts: &[&'static str]) -> Tag {
        let upto = self.status(id).delivered;
        let parts = parts.iter().map(|part| Bytes::from_static(part.as_bytes())).collect();
        self.submit(id, Command::Compact { upto, parts })
    }

    /// Every node has the same log, all of it delivered.
    pub fn assert_agreed(&self) {
        let ids = self.ids();
        let (last, log) = (self.status(ids[0]).last, self.log(ids[0]));
        for id in ids {
            let status = self.status(id);
            assert_eq!((status.last, status.delivered), (last, last.index), "{id}");
            assert!(log.ends_with(&self.log(id)) || self.log(id).ends_with(&log), "{id}: {:?}", self.log(id));
        }
    }
}

pub fn propose(data: &'static str) -> Command {
    Command::Propose(Bytes::from_static(data.as_bytes()))
}

pub fn is_append(letter: &Letter) -> bool {
    matches!(letter.message.body, Body::Append { .. })
}

pub fn carries_entries(letter: &Letter) -> bool {
    matches!(&letter.message.body, Body::Append { entries, .. } if !entries.is_empty())
}

/// The nodes among these that a message passes between.
pub fn within(letter: &Letter, side: &BTreeSet<NodeId>) -> bool {
    side.contains(&letter.from) == side.contains(&letter.to)
}

fn image_of(log: &[u64]) -> Image {
    let mut image = Image::default();
    let Some(term) = log.last() else { return image };
    let entries = log.iter().map(|term| Entry { term: Term(*term), payload: Payload::Noop }).collect();
    let records = [
        Record::Vote { term: Term(*term), vote: None },
        Record::Append { first: Index(1), entries, committed: Index::ZERO },
    ];
    for record in records {
        Raft::absorb(&mut image, record).expect("a log with rising terms");
    }
    image
}
