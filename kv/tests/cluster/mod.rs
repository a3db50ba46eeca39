//! The whole node as a subject of the simulator: histories of GET, SET, SET NX, APPEND and DEL are linearizable, nothing is
//! applied twice, nodes that applied equally much are equal, and each command ends in exactly one event.

#![allow(dead_code, unreachable_pub, reason = "the tests and the command each use their own part")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::needless_pass_by_value,
    reason = "a test fails by panicking, and quickcheck passes by value"
)]

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use quorate_consistency::spec::{self, KvOp, KvRet};
use quorate_kv::{
    Condition, End, Expiry, Operation, Query, Reply, Set, SetAnswer, Store,
    core::{Command, Config, Core, Event, Failure},
};
use quorate_machine::{NodeId, Rng, Tag};
use quorate_quorum::Voters;
use quorate_raft::Index;
use quorate_sim::{
    Answers, App, Bounds, Call, Invariant, Linearizable, Plan, Portrait, Step, Subject, View, generate,
};

/// A node of the store, with clients.
#[derive(Clone, Copy, Debug)]
pub struct Kv;

/// Where every write leaves its number: a number that is there twice was applied twice.
const TRAIL: &[u8] = b"trail";
const KEYS: u64 = 3;

/// What clients ask of a key, and the answers.
type Op = Call<KvOp<u64>, KvRet>;

impl Subject for Kv {
    type Machine = Core;
    type App = Client;

    fn config(&self, id: NodeId, plan: &Plan, _: &Client) -> Config {
        let voters = Voters::majority((1..=u64::from(plan.nodes)).map(NodeId)).unwrap();
        let mut raft = quorate_raft::Config::new(id, voters);
        raft.snapshot_part_bytes_max = 64;
        raft.log_keep_entries = 2;
        Config { snapshot_log_bytes_min: 300, snapshot_piece_bytes: 200, ..Config::new(raft) }
    }

    fn app(&self, _: NodeId, _: &Plan) -> Client {
        Client::default()
    }

    fn command(&self, k: u64, rng: &mut Rng) -> Command {
        let (key, value, at_ms) = (rng.below(KEYS), format!("{k},"), 1_000_000 + k * 5);
        let operation = match rng.below(10) {
            0..4 => return Command::Read { at_ms, queries: vec![Query::Get { key: name(key) }] },
            4..7 => set(key, value, Condition::Always),
            7 => Operation::Append { key: name(key), tail: value.into() },
            8 => set(key, value, Condition::Absent),
            _ => Operation::Del { keys: vec![name(key)] },
        };
        let brief = (rng.below(3) == 0).then(brief);
        let operations = brief.into_iter().chain([leave_trail(k), operation]).collect();
        Command::Write { at_ms, operations }
    }

    fn tag_of(&self, event: &Event) -> Option<Tag> {
        match event {
            Event::Answered { tag, .. } | Event::Failed { tag, .. } => Some(*tag),
            Event::Role { .. } | Event::Broken { .. } => None,
        }
    }

    fn is_leader_event(&self, event: &Event) -> bool {
        matches!(event, Event::Role { role: quorate_raft::Role::Leader, .. })
    }

    fn encode(&self, record: &quorate_raft::Record) -> Option<Vec<u8>> {
        postcard::to_allocvec(record).ok()
    }

    fn encode_message(&self, message: &quorate_raft::Message) -> Option<Vec<u8>> {
        postcard::to_allocvec(message).ok()
    }

    fn portrait(&self, core: &Core) -> Portrait {
        let status = core.raft().status();
        Portrait { role: format!("{:?}", status.role).to_lowercase(), state: format!("{status:#?}") }
    }

    fn invariants(&self) -> Vec<Box<dyn Invariant<Self>>> {
        vec![
            Box::new(OncePerCommand),
            Box::new(AlikeAtTheSameIndex::default()),
            Box::new(Linearizable::new(spec::Kv::new(None))),
        ]
    }
}

fn name(key: u64) -> Bytes {
    key.to_string().into()
}

fn set(key: u64, value: String, condition: Condition) -> Operation {
    let answer = if condition == Condition::Absent { SetAnswer::Flag } else { SetAnswer::Status };
    Operation::Set(Set { key: name(key), value: value.into(), condition, expiry: Expiry::Never, answer })
}

/// A key that soon ends, so that leaders tick.
fn brief() -> Operation {
    let (key, value) = (Bytes::from_static(b"brief"), Bytes::from_static(b"life"));
    let expiry = Expiry::Ends(End::AfterMs(20));
    Operation::Set(Set { key, value, condition: Condition::Always, expiry, answer: SetAnswer::Status })
}

fn leave_trail(k: u64) -> Operation {
    Operation::Append { key: TRAIL.into(), tail: format!("{k};").into() }
}

fn text(value: &[u8]) -> String {
    String::from_utf8(value.to_vec()).unwrap()
}

fn number(name: &[u8]) -> u64 {
    text(name).parse().unwrap()
}

/// Keeps the history of what clients of one node did and saw.
#[derive(Debug, Default)]
pub struct Client {
    asked: BTreeMap<Tag, KvOp<u64>>,
}

fn asked(command: &Command) -> Option<KvOp<u64>> {
    Some(match command {
        Command::Read { queries, .. } => match &queries[0] {
            Query::Get { key } => KvOp::Get(number(key)),
            other => panic!("{other:?} is not asked here"),
        },
        Command::Write { operations, .. } => match operations.last() {
            Some(Operation::Set(Set { key, value, condition: Condition::Absent, .. })) => {
                KvOp::Cas { key: number(key), from: None, to: text(value) }
            }
            Some(Operation::Set(set)) => KvOp::Put(number(&set.key), text(&set.value)),
            Some(Operation::Append { key, tail }) => KvOp::Append(number(key), text(tail)),
            Some(Operation::Del { keys }) => KvOp::Delete(number(&keys[0])),
            other => panic!("{other:?} is not written here"),
        },
        Command::Clock { .. } => return None,
    })
}

/// What the last reply says.
fn answer(op: &KvOp<u64>, replies: &[Reply]) -> KvRet {
    match (op, replies.last()) {
        (KvOp::Get(_), Some(Reply::Bulk(value))) => KvRet::Value(Some(text(value))),
        (KvOp::Get(_), Some(Reply::Nil)) => KvRet::Value(None),
        (KvOp::Cas { .. }, Some(Reply::Integer(swapped))) => KvRet::Swapped(*swapped == 1),
        (KvOp::Put(..), Some(Reply::Simple(_)))
        | (KvOp::Append(..) | KvOp::Delete(_), Some(Reply::Integer(_))) => KvRet::Done,
        (op, reply) => panic!("{op:?} is answered with {reply:?}"),
    }
}

impl App<Core> for Client {
    type Op = Op;

    fn on_client(&mut self, _: u64, tag: Tag, command: &Command, answers: &mut Answers<'_, Command, Op>) {
        let Some(op) = asked(command) else { return };
        self.asked.insert(tag, op.clone());
        answers.invoke(tag, Call::asked(op));
    }

    fn on_event(&mut self, event: &Event, answers: &mut Answers<'_, Command, Op>) {
        match event {
            Event::Answered { tag, replies } => {
                let Some(op) = self.asked.remove(tag) else { return };
                let ret = answer(&op, replies);
                answers.ok(*tag, Call::answered(op, ret));
            }
            Event::Failed { tag, failure } => {
                let Some(op) = self.asked.remove(tag) else { return };
                match failure {
                    Failure::Unknown => answers.info(*tag, Call::asked(op)),
                    _ => answers.fail(*tag, Call::asked(op)),
                }
            }
            Event::Role { .. } | Event::Broken { .. } => {}
        }
    }

    fn on_crash(&mut self) {
        self.asked.clear();
    }
}

/// A forwarded batch that arrived twice, or was asked again though it had an effect, would show here.
struct OncePerCommand;

impl Invariant<Kv> for OncePerCommand {
    fn name(&self) -> &'static str {
        "applied once"
    }

    fn after(&mut self, view: &View<'_, Kv>, step: &Step<'_, Kv>) -> Result<(), String> {
        let Some(core) = view.node(step.node).and_then(|node| node.machine()) else { return Ok(()) };
        let trail = Query::Get { key: TRAIL.into() };
        let Reply::Bulk(trail) = core.store().answer(&trail, 0) else { return Ok(()) };
        let mut seen = BTreeSet::new();
        let mut marks = trail.split(|byte| *byte == b';').filter(|mark| !mark.is_empty());
        match marks.find(|mark| !seen.insert(*mark)) {
            Some(mark) => Err(format!("{} has command {} twice", step.node, number(mark))),
            None => Ok(()),
        }
    }
}

/// Stores that applied up to the same index are the same, on all nodes and in all lives.
#[derive(Default)]
struct AlikeAtTheSameIndex {
    stores: BTreeMap<Index, Store>,
}

impl Invariant<Kv> for AlikeAtTheSameIndex {
    fn name(&self) -> &'static str {
        "alike at the same index"
    }

    fn after(&mut self, view: &View<'_, Kv>, step: &Step<'_, Kv>) -> Result<(), String> {
        let Some(core) = view.node(step.node).and_then(|node| node.machine()) else { return Ok(()) };
        let known = self.stores.entry(core.applied()).or_insert_with(|| core.store().clone());
        if known == core.store() {
            return Ok(());
        }
        Err(format!("{} differs from another node at {:?}", step.node, core.applied()))
    }
}

/// What the store claims to survive.
pub fn bounds() -> Bounds {
    Bounds { nodes: 3..=5, safety: Duration::from_secs(4), ..Bounds::default() }
}

/// The shipped mix within these bounds.
pub fn plan(seed: u64) -> Plan {
    generate::mix(seed, &bounds())
}
