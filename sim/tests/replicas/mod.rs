//! Replicated registers as a subject: clients in sessions, and what they saw with the versions of the store.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

pub mod machine;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use machine::{Config, Event, Reads, Replica, Scheme, Stamp, Version, Via};
use quorate_consistency::{
    SessionAction, SessionOp,
    spec::{Access, Kv, KvOp, KvRet, RegisterRet, Registers},
};
use quorate_machine::{NodeId, Rng, Tag, Time};
use quorate_sim::{
    Answers, App, Call, History, Invariant, Judged, Kind, Linearizable, Observer, Plan, PlannedCommand, Run,
    Step, Subject, Verdict, View,
    export::{Exported, Value},
};

/// What clients do to a register, and the version that was written or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    pub call: Call<Access<u64, u64>, RegisterRet<u64>>,
    pub version: Option<Version>,
}

impl Judged<Registers<u64, u64>> for Op {
    fn call(&self) -> Call<Access<u64, u64>, RegisterRet<u64>> {
        self.call.clone()
    }
}

/// The same as a store of texts, which is judged by a search.
impl Judged<Kv<u64>> for Op {
    fn call(&self) -> Call<KvOp<u64>, KvRet> {
        let op = match self.call.op {
            Access::Read(key) => KvOp::Get(key),
            Access::Write(key, value) => KvOp::Put(key, value.to_string()),
        };
        let ret = self.call.ret.as_ref().map(|ret| match ret {
            RegisterRet::Value(value) => KvRet::Value((*value > 0).then(|| value.to_string())),
            RegisterRet::Written => KvRet::Done,
        });
        Call { op, ret }
    }
}

impl Exported for Op {
    fn f(&self) -> &str {
        match self.call.op {
            Access::Read(_) => "get",
            Access::Write(..) => "put",
        }
    }

    fn value(&self) -> Value {
        Judged::<Kv<u64>>::call(self).value()
    }

    fn key(&self) -> Option<Value> {
        Judged::<Kv<u64>>::call(self).key()
    }
}

/// Replicas of one scheme.
#[derive(Clone, Copy, Debug)]
pub struct Replicas {
    pub scheme: Scheme,
    /// Whether sessions go from node to node. Otherwise each stays where it is.
    pub roams: bool,
    /// In so many steps what clients see must be found to be linearizable.
    pub steps: Option<u64>,
}

pub const SESSIONS: u64 = 4;
pub const KEYS: u64 = 2;
/// Commands from here on read, one key after the other.
pub const LAST_READS: u64 = 1_000_000;
/// They come when all has been quiet for a while.
pub const QUIET: Duration = Duration::from_secs(4);

impl Subject for Replicas {
    type Machine = Replica;
    type App = Sessions;

    fn config(&self, id: NodeId, plan: &Plan, _: &Sessions) -> Config {
        Config { id, nodes: plan.nodes.into(), scheme: self.scheme }
    }

    fn app(&self, id: NodeId, _: &Plan) -> Sessions {
        Sessions { roams: self.roams, first: id.0 * 1_000, ..Sessions::default() }
    }

    fn command(&self, k: u64, rng: &mut Rng) -> Access<u64, u64> {
        match k.checked_sub(LAST_READS) {
            Some(nth) => Access::Read(nth % KEYS),
            None if rng.below(2) == 0 => Access::Write(rng.below(KEYS), k + 1),
            None => Access::Read(rng.below(KEYS)),
        }
    }

    fn tag_of(&self, event: &Event) -> Option<Tag> {
        Some(event.tag)
    }

    fn invariants(&self) -> Vec<Box<dyn Invariant<Self>>> {
        let store: Kv<u64> = Kv::new(None);
        match self.steps {
            Some(steps) => vec![Box::new(Linearizable::new(store).steps_max(steps))],
            None => Vec::new(),
        }
    }
}

/// The sessions of one node's clients. One that waits for an answer asks for nothing else: another is begun then.
#[derive(Debug, Default)]
pub struct Sessions {
    roams: bool,
    first: u64,
    begun: u64,
    idle: BTreeSet<u64>,
    open: BTreeMap<Tag, (u64, Access<u64, u64>)>,
}

impl App<Replica> for Sessions {
    type Op = Op;

    fn on_client(
        &mut self,
        k: u64,
        tag: Tag,
        access: &Access<u64, u64>,
        answers: &mut Answers<'_, Access<u64, u64>, Op>,
    ) {
        let session = if self.roams {
            k % SESSIONS
        } else {
            self.idle.pop_first().unwrap_or_else(|| {
                self.begun += 1;
                self.first + self.begun
            })
        };
        self.open.insert(tag, (session, access.clone()));
        answers.invoke(Tag(session), Op { call: Call::asked(access.clone()), version: None });
    }

    fn on_event(&mut self, event: &Event, answers: &mut Answers<'_, Access<u64, u64>, Op>) {
        let Some((session, access)) = self.open.remove(&event.tag) else { return };
        let ret = match access {
            Access::Read(_) => RegisterRet::Value(event.cell.value),
            Access::Write(..) => RegisterRet::Written,
        };
        let op = Op { call: Call::answered(access, ret), version: Some(event.cell.version) };
        answers.ok(Tag(session), op);
        self.idle.insert(session);
    }

    fn on_crash(&mut self) {
        self.open.clear();
        self.idle.clear();
    }
}

/// What clients saw in a run.
#[derive(Debug)]
struct Seen(History<Op>);

impl Observer<Replicas> for Seen {
    fn after(&mut self, _: &View<'_, Replicas>, _: &Step<'_, Replicas>) {}

    fn at_end(&mut self, view: &View<'_, Replicas>, _: &Verdict) {
        self.0 = view.history().clone();
    }
}

pub fn history(replicas: &Replicas, plan: &Plan) -> History<Op> {
    let mut seen = Seen(History::new());
    Run::new(replicas, plan).observed(&mut seen).go();
    seen.0
}

/// The same as operations of sessions on versions. A read covers all versions of its key up to the one that it found: they
/// come before it in the order that the replicas agree on.
pub fn sessions(history: &History<Op>) -> Vec<SessionOp<u64, Version>> {
    let mut versions: BTreeMap<u64, Version> = BTreeMap::new();
    let mut installed: BTreeMap<u64, BTreeSet<Version>> = BTreeMap::new();
    for entry in history.entries() {
        let Some(version) = entry.op.version.filter(|version| version.0 > 0) else { continue };
        let value = match (&entry.op.call.op, &entry.op.call.ret) {
            (Access::Write(_, value), _) | (Access::Read(_), Some(RegisterRet::Value(value))) => *value,
            (Access::Read(_), _) => continue,
        };
        let (Access::Read(key) | Access::Write(key, _)) = entry.op.call.op;
        versions.insert(value, version);
        installed.entry(key).or_default().insert(version);
    }
    let ops = history.entries().iter().filter_map(|entry| {
        let (Access::Read(key) | Access::Write(key, _)) = entry.op.call.op;
        let action = match (&entry.op.call.op, entry.kind) {
            (Access::Write(_, value), Kind::Invoke) => SessionAction::Wrote(*versions.get(value)?),
            (Access::Read(_), Kind::Ok) => {
                let upto = entry.op.version?;
                let all = installed.get(&key).into_iter().flatten().copied();
                SessionAction::Saw(all.filter(|version| *version <= upto).collect())
            }
            _ => return None,
        };
        Some(SessionOp { session: entry.process.0, key, action })
    });
    ops.collect()
}

const fn scheme(via: Via, stamp: Stamp, write: usize, read: usize, reads: Reads) -> Scheme {
    Scheme { via, stamp, write, read, reads }
}

/// Whoever is asked finds a version at a majority, writes a higher one to a majority, and writes back what it reads.
pub const MAJORITIES: Scheme = scheme(Via::Any, Stamp::Above, 2, 2, Reads::WrittenBack);
/// One node is enough to read, and one to write: R + W ≤ N.
pub const SLOPPY: Scheme = scheme(Via::Any, Stamp::Above, 1, 1, Reads::Found);
/// The same, and the last writer wins: by its own clock.
pub const LAST_WRITER_WINS: Scheme = scheme(Via::Any, Stamp::Clock, 1, 1, Reads::Found);
/// The first node orders writes, and answers reads.
pub const PRIMARY_READS: Scheme = scheme(Via::Primary, Stamp::Above, 1, 1, Reads::Found);
/// The first node orders writes, and whoever is asked reads what it holds.
pub const FOLLOWER_READS: Scheme = scheme(Via::Primary, Stamp::Above, 1, 1, Reads::Local);
/// The holder acknowledges what only it has.
pub const ASYNCHRONOUS: Scheme = scheme(Via::Holder, Stamp::Above, 1, 1, Reads::Found);
/// The holder acknowledges what a majority has, and reads from one.
pub const SYNCHRONOUS: Scheme = scheme(Via::Holder, Stamp::Above, 2, 2, Reads::WrittenBack);
/// The holder acknowledges what a majority has, and reads what it holds while it has a lease.
pub const LEASES: Scheme = scheme(Via::Holder, Stamp::Above, 2, 2, Reads::Leased);

/// What happens to the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    None,
    /// Clocks differ by up to a second.
    Skew,
    /// The first node crashes for good, in the middle.
    Crash,
    /// The first node is cut off for a while.
    Cut,
    /// And its clock is set back as soon as it is.
    CutAndJump,
}

/// Commands of all sessions for two seconds; then everything heals, and every node reads every key.
pub fn plan(seed: u64, trouble: Trouble) -> Plan {
    let faults = match trouble {
        Trouble::None => "",
        Trouble::Skew => "offset 1s\n",
        Trouble::Crash => "fault at 1s: crash n1 down 60s lose all\n",
        Trouble::Cut => "fault at 800ms: cut n1 <-> n2,n3 for 1s\n",
        Trouble::CutAndJump => "fault at 800ms: cut n1 <-> n2,n3 for 1s\nfault at 805ms: jump n1 back 1s\n",
    };
    let text =
        format!("quorate plan 2\nseed {seed}\nnodes 3\nlatency 1ms..30ms\nsafety 5s\nliveness 0ns\n{faults}");
    let mut plan: Plan = text.parse().expect("a plan");
    let mut rng = Rng::new(seed).fork(0x7365_7373);
    let at = |millis: u64| Time::ZERO + Duration::from_millis(millis);
    // A session's next command comes when its last has its answer, even where sessions go from node to node. Where many
    // wait for long there are fewer: whether there is a sequential order is hard to tell.
    let commands = if matches!(trouble, Trouble::Cut | Trouble::CutAndJump) { 24 } else { 48 };
    for k in 0..commands {
        let node = NodeId(1 + rng.below(3));
        plan.commands.push(PlannedCommand { at: at(300 + k * 1_920 / commands + rng.below(30)), node, k });
    }
    for (nth, node) in (0..KEYS * 3).map(|nth| (nth, NodeId(1 + nth / KEYS))) {
        plan.commands.push(PlannedCommand {
            at: Time::ZERO + QUIET + Duration::from_millis(nth * 100),
            node,
            k: LAST_READS + nth,
        });
    }
    plan
}
