//! The universal laws of machines, on a whole node of the store.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, and a claim is about the effects that it names"
)]

use core::time::Duration;

use bytes::Bytes;
use quickcheck::{Arbitrary, Gen};
use quorate_kv::{
    End, Expiry, Operation, Query, Set, SetAnswer,
    core::{Command, Config, Core, Event},
};
use quorate_machine::{EffectOf, NodeId, Rng, Tag};
use quorate_quorum::Voters;
use quorate_raft::{Body, Entries, Entry, Index, LogId, Message, Payload, Record, Role, Status, Term};
use quorate_sim::{
    Plan, Subject,
    laws::{Encoded, Names, Scripted, below, near},
};

struct Kv;

impl Subject for Kv {
    type Machine = Core;
    type App = ();

    fn config(&self, id: NodeId, plan: &Plan, (): &()) -> Config {
        let voters = Voters::majority((1..=u64::from(plan.nodes)).map(NodeId)).unwrap();
        let mut raft = quorate_raft::Config::new(id, voters);
        raft.snapshot_part_bytes_max = 64;
        raft.snapshot_parts_max = 64;
        raft.log_keep_entries = 2;
        raft.outstanding_max = 40;
        Config {
            snapshot_log_bytes_min: 300,
            snapshot_piece_bytes: 200,
            commands_max: 40,
            ..Config::new(raft)
        }
    }

    fn app(&self, _: NodeId, _: &Plan) {}

    fn command(&self, k: u64, rng: &mut Rng) -> Command {
        let key = rng.below(3).to_string().into();
        Command::Write { at_ms: 1_000_000 + k, operations: vec![Operation::Increment { key, by: 1 }] }
    }

    fn tag_of(&self, event: &Event) -> Option<Tag> {
        match event {
            Event::Answered { tag, .. } | Event::Failed { tag, .. } => Some(*tag),
            Event::Role { .. } | Event::Broken { .. } => None,
        }
    }
}

impl Scripted for Kv {
    fn message(&self, g: &mut Gen, core: &Core) -> Message {
        let status = core.raft().status();
        // Chance alone rarely elects anyone, and soon deposes whom it has elected.
        let (term, wanted) = (status.term, below(g, 3) == 0);
        match status.role {
            Role::PreCandidate if wanted => Message {
                term,
                body: Body::PreVoted { campaign: Term(term.0.saturating_add(1)), granted: true },
            },
            Role::Candidate if wanted => Message { term, body: Body::Voted { granted: true } },
            Role::Leader if below(g, 16) > 0 => Message { term, body: body(g, &status) },
            _ => Message { term: Term(near(g, term.0)), body: body(g, &status) },
        }
    }

    fn plausible_command(&self, g: &mut Gen, _: &Core) -> Command {
        let at_ms = 1_000_000 + below(g, 100);
        match below(g, 8) {
            0 => Command::Clock { at_ms },
            1..=3 => Command::Read { at_ms, queries: vec![Query::Get { key: key(g) }, Query::Dump] },
            _ => Command::Write { at_ms, operations: (0..=below(g, 3)).map(|_| operation(g)).collect() },
        }
    }

    fn effects_max(&self) -> usize {
        300
    }

    fn bad_configs(&self, id: NodeId) -> Vec<Config> {
        let good = || Config::new(quorate_raft::Config::new(id, Voters::majority([id]).unwrap()));
        let with = |change: fn(&mut Config)| {
            let mut bad = good();
            change(&mut bad);
            bad
        };
        vec![
            with(|config| config.commands_max = 0),
            with(|config| config.retry_after = Duration::ZERO),
            with(|config| config.snapshot_piece_bytes = 0),
            with(|config| config.raft.proposal_bytes_max = 10),
            with(|config| config.snapshot_log_bytes_min = u64::MAX),
            with(|config| config.raft.heartbeat = Duration::ZERO),
        ]
    }

    fn some_config(&self, g: &mut Gen, id: NodeId, plan: &Plan) -> Option<Config> {
        let mut config = self.config(id, plan, &());
        let mut size = |sensible: u64| match below(g, 6) {
            0 => near(g, sensible),
            1 => below(g, 400),
            _ => sensible,
        };
        config.memory_bytes_max = size(1_000);
        config.snapshot_log_bytes_min = size(300);
        config.raft.log_keep_entries = size(2);
        let mut count = |sensible: u64| usize::try_from(size(sensible)).unwrap_or(usize::MAX);
        config.commands_max = count(40);
        config.snapshot_piece_bytes = count(200);
        config.raft.outstanding_max = count(40);
        config.raft.proposal_bytes_max = count(300);
        config.raft.log_bytes_max = count(4_000);
        config.raft.snapshot_part_bytes_max = count(64);
        config.retry_after = Duration::from_nanos(size(10_000_000));
        config.give_up_after = Duration::from_nanos(size(3_000_000_000));
        Some(config)
    }

    fn names(&self) -> Option<Names<Self>> {
        Some(Names {
            config: |config, by| {
                let voters = config.raft.voters.ids().iter().map(|id| by.of(*id));
                config.raft.voters = Voters::majority(voters).unwrap();
                by.rename(&mut config.raft.id);
            },
            record: |record, by| {
                if let Record::Vote { vote: Some(id), .. } = record {
                    by.rename(id);
                }
            },
            event: |event, by| {
                if let Event::Role { leader: Some(id), .. } = event {
                    by.rename(id);
                }
            },
            image: |image, by| image.vote = image.vote.map(|id| by.of(id)),
            ..Names::default()
        })
    }

    fn depends_on_disk(&self, effect: &EffectOf<Core>) -> Option<bool> {
        use quorate_machine::Effect::{Emit, Persist, Send};
        match effect {
            Send { message, .. } => match message.body {
                Body::Vote { .. } | Body::Voted { granted: true } | Body::Append { .. } => Some(true),
                _ => None,
            },
            Emit(Event::Answered { replies, .. }) => Some(!replies.is_empty()),
            Emit(_) | Persist { .. } => None,
        }
    }

    fn round_trip(&self, what: Encoded<'_, Self>) -> Option<Result<(), String>> {
        let (same, shown) = match what {
            Encoded::Message(message) => (survives::<Message>(message), format!("{message:?}")),
            Encoded::Record(record) => (survives::<Record>(record), format!("{record:?}")),
            Encoded::Image(_) => return None,
        };
        Some(if same { Ok(()) } else { Err(format!("{shown} comes back as something else")) })
    }
}

fn survives<T: PartialEq + serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> bool {
    let bytes = postcard::to_allocvec(value).unwrap();
    postcard::from_bytes::<T>(&bytes).is_ok_and(|back| back == *value)
}

fn key(g: &mut Gen) -> Bytes {
    below(g, 4).to_string().into()
}

fn operation(g: &mut Gen) -> Operation {
    let key = key(g);
    match below(g, 5) {
        0 => Operation::Increment { key, by: i64::arbitrary(g) },
        1 => Operation::Del { keys: vec![key] },
        2 => Operation::FlushAll,
        _ => {
            let ends = Expiry::Ends(End::AfterMs(i64::try_from(below(g, 30)).unwrap()));
            let expiry = if bool::arbitrary(g) { ends } else { Expiry::Never };
            let value = vec![b'v'; usize::try_from(below(g, 60)).unwrap()].into();
            let condition = quorate_kv::Condition::Always;
            Operation::Set(Set { key, value, condition, expiry, answer: SetAnswer::Status })
        }
    }
}

/// What a leader and candidates say, and what followers answer; some of it nonsense, as are the entries.
fn body(g: &mut Gen, status: &Status) -> Body {
    let round = near(g, 1);
    // Raft counts entries; no log comes near the end of the numbers.
    let index = Index(near(g, status.last.index.0) % (1 << 48));
    let last = LogId { term: Term(near(g, status.last.term.0)), index };
    let some_bytes: Bytes = (0..below(g, 30)).map(|_| u8::arbitrary(g)).collect();
    match below(g, 10) {
        0 => Body::Vote { last },
        1 => Body::Voted { granted: bool::arbitrary(g) },
        2..5 => {
            let payload = Payload::Data(some_bytes);
            let entries = Entries::from(Entry { term: status.term, payload });
            Body::Append { prev: last, entries, committed: Index(near(g, status.committed.0)), round }
        }
        5 => Body::Appended { matched: index, round },
        6 => Body::Rejected { prev: index, hint: last, round },
        7 => {
            let part = u32::try_from(below(g, 2)).unwrap();
            Body::Snapshot { last, part, parts: 2, bytes: some_bytes, round }
        }
        8 => {
            Body::Forward { incarnation: near(g, 1), sequence: near(g, 2), payloads: vec![some_bytes].into() }
        }
        _ => Body::Forwarded { incarnation: near(g, 1), sequence: near(g, 2), first: Some(index) },
    }
}

quorate_sim::machine_laws!(kv, Kv);
