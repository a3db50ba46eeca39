//! Random messages, records and commands near a machine's state.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use core::time::Duration;

use bytes::Bytes;
use quickcheck::{Arbitrary, Gen};
use quorate_machine::NodeId;
use quorate_quorum::Voters;
use quorate_raft::{
    Body, Command, Config, Entries, Entry, Index, LogId, Message, Payload, Raft, Record, Role, Term,
};
use quorate_sim::{
    Plan,
    laws::{below, near, some_node},
};

/// The numbers that matter to a machine: what is drawn is mostly one of them, or next to it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scene {
    pub term: u64,
    pub last: u64,
    pub committed: u64,
    pub delivered: u64,
    /// What it does in its term, if a machine is there.
    pub role: Option<Role>,
}

impl Scene {
    pub fn of(raft: &Raft) -> Self {
        let status = raft.status();
        Self {
            term: status.term.0,
            last: status.last.index.0,
            committed: status.committed.0,
            delivered: status.delivered.0,
            role: Some(status.role),
        }
    }

    /// Numbers of every magnitude, so that every length of an encoding occurs.
    pub fn anywhere(g: &mut Gen) -> Self {
        let mut some = || u64::arbitrary(g) >> (u32::arbitrary(g) % 64);
        Self { term: some(), last: some(), committed: some(), delivered: some(), role: None }
    }

    fn term(self, g: &mut Gen) -> Term {
        Term(near(g, self.term))
    }

    fn index(self, g: &mut Gen) -> Index {
        let around = [self.last, self.committed, self.delivered];
        let at = around[usize::from(u8::arbitrary(g)) % around.len()];
        Index(near(g, at))
    }

    fn id(self, g: &mut Gen) -> LogId {
        LogId { term: self.term(g), index: self.index(g) }
    }

    /// Mostly of terms that rise up to the current one.
    fn entries(self, g: &mut Gen) -> Entries {
        let mut term = if below(g, 4) == 0 { near(g, self.term) } else { self.term };
        (0..below(g, 5))
            .map(|_| {
                if below(g, 8) == 0 {
                    term = near(g, term);
                }
                Entry { term: Term(term), payload: payload(g) }
            })
            .collect()
    }
}

fn payload(g: &mut Gen) -> Payload {
    if below(g, 4) == 0 { Payload::Noop } else { Payload::Data(bytes(g, 40)) }
}

/// The register's writes are eight bytes long; others are what only a stranger to it would propose.
fn bytes(g: &mut Gen, max: u64) -> Bytes {
    let length = below(g, max);
    (0..length).map(|_| u8::arbitrary(g)).collect()
}

fn life(g: &mut Gen) -> (u64, u64) {
    (near(g, 1), near(g, 2))
}

/// A message of any kind. Chance alone rarely elects anyone, and soon deposes whom it has elected: votes come when they
/// are asked for, and to a leader mostly what is of its own term.
pub fn message(g: &mut Gen, scene: Scene) -> Message {
    let wanted = below(g, 3) == 0;
    match scene.role {
        Some(Role::PreCandidate) if wanted => {
            let campaign = Term(scene.term.saturating_add(1));
            Message { term: Term(scene.term), body: Body::PreVoted { campaign, granted: true } }
        }
        Some(Role::Candidate) if wanted => {
            Message { term: Term(scene.term), body: Body::Voted { granted: true } }
        }
        Some(Role::Leader) if below(g, 16) > 0 => Message { term: Term(scene.term), body: body(g, scene) },
        _ => Message { term: scene.term(g), body: body(g, scene) },
    }
}

fn body(g: &mut Gen, scene: Scene) -> Body {
    let round = near(g, 1);
    match below(g, 18) {
        0 => Body::PreVote { last: scene.id(g) },
        1 => {
            let campaign = Term(near(g, scene.term.saturating_add(1)));
            Body::PreVoted { campaign, granted: bool::arbitrary(g) }
        }
        2 => Body::Vote { last: scene.id(g) },
        3 => Body::Voted { granted: bool::arbitrary(g) },
        4..8 => {
            let (prev, entries) = (scene.id(g), scene.entries(g));
            Body::Append { prev, entries, committed: scene.index(g), round }
        }
        8 => Body::Appended { matched: scene.index(g), round },
        9 => Body::Rejected { prev: scene.index(g), hint: scene.id(g), round },
        10 => Body::Commit { committed: scene.index(g) },
        11 => {
            let part = u32::try_from(below(g, 3)).unwrap_or(0);
            let parts = if below(g, 8) == 0 { u32::arbitrary(g) } else { 2 };
            Body::Snapshot { last: scene.id(g), part, parts, bytes: bytes(g, 30), round }
        }
        12 => Body::Received { last: scene.id(g), parts: u32::arbitrary(g) % 4, round },
        13 => {
            let (incarnation, sequence) = life(g);
            let payloads = (0..below(g, 4)).map(|_| bytes(g, 80)).collect();
            Body::Forward { incarnation, sequence, payloads }
        }
        14 => {
            let (incarnation, sequence) = life(g);
            let first = bool::arbitrary(g).then(|| scene.index(g));
            Body::Forwarded { incarnation, sequence, first }
        }
        15 => {
            let (incarnation, sequence) = life(g);
            Body::AskRead { incarnation, sequence }
        }
        16 => {
            let (incarnation, sequence) = life(g);
            Body::AnsweredRead { incarnation, sequence, index: scene.index(g) }
        }
        _ => Body::Nudge,
    }
}

/// A record of any kind.
pub fn record(g: &mut Gen, scene: Scene) -> Record {
    match below(g, 5) {
        0 => Record::Incarnation(near(g, scene.term)),
        1 => {
            let node = some_node(g, 5).0;
            let vote = bool::arbitrary(g).then(|| NodeId(near(g, node)));
            Record::Vote { term: scene.term(g), vote }
        }
        2 => {
            let (first, entries) = (scene.index(g), scene.entries(g));
            Record::Append { first, entries, committed: scene.index(g) }
        }
        3 => Record::Part { last: scene.id(g), part: u32::arbitrary(g), bytes: bytes(g, 400) },
        _ => {
            let (last, base) = (scene.id(g), scene.id(g));
            Record::Snapshot { last, parts: u32::arbitrary(g), base, keep: bool::arbitrary(g) }
        }
    }
}

/// A command of any kind, some of them over a limit.
pub fn command(g: &mut Gen, scene: Scene) -> Command {
    match below(g, 10) {
        0..4 => Command::Propose(bytes(g, 70)),
        4 => Command::ProposeAll((0..below(g, 4)).map(|_| bytes(g, 70)).collect()),
        5..8 => Command::Read,
        _ => {
            let parts = (0..below(g, 4)).map(|_| bytes(g, 26)).collect();
            Command::Compact { upto: Index(near(g, scene.delivered)), parts }
        }
    }
}

/// Any configuration: now and then a limit or a span is nothing, tiny, or as large as there are numbers.
pub fn config(g: &mut Gen, id: NodeId, plan: &Plan) -> Config {
    let voters = Voters::majority((1..=u64::from(plan.nodes)).map(NodeId)).expect("distinct ids");
    let mut some = |sensible: u64| match below(g, 40) {
        0 => 0,
        1 => 1,
        2 => u64::MAX,
        3 | 4 => below(g, 300),
        5 | 6 => near(g, sensible),
        _ => sensible,
    };
    let mut size = |sensible| usize::try_from(some(sensible)).unwrap_or(usize::MAX);
    let sizes: [usize; 9] = [64, 512, 64, 16, 4_096, 100_000, 100, 64, 64].map(&mut size);
    let [
        proposal_bytes_max,
        batch_bytes_max,
        batch_entries_max,
        inflight_messages_max,
        inflight_bytes_max,
        log_bytes_max,
        outstanding_max,
        snapshot_part_bytes_max,
        parts,
    ] = sizes;
    let [election_timeout, heartbeat, disk_timeout, outcome_timeout] =
        [300, 50, 200, 2_000].map(|sensible| Duration::from_millis(some(sensible)));
    Config {
        election_timeout,
        heartbeat,
        disk_timeout,
        outcome_timeout,
        proposal_bytes_max,
        batch_bytes_max,
        batch_entries_max,
        inflight_messages_max,
        inflight_bytes_max,
        log_bytes_max,
        outstanding_max,
        snapshot_part_bytes_max,
        snapshot_parts_max: u32::try_from(parts).unwrap_or(u32::MAX),
        log_keep_entries: some(5),
        applied: Index(some(0)),
        ..Config::new(id, voters)
    }
}
