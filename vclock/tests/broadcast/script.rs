//! What the universal laws of machines need to know of this one.
#![allow(clippy::wildcard_enum_match_arm, reason = "a claim is about the effects that it names")]

use std::{sync::Arc, time::Duration};

use quickcheck::Gen;
use quorate_machine::{EffectOf, NodeId};
use quorate_sim::{
    Plan,
    laws::{Encoded, Golden, Scripted, below, near, some_node},
};
use quorate_vclock::{
    Dot, DotRange, VClock,
    broadcast::{
        Broadcast, Command, Config, Content, Entry, Event, Members, Message, Origin, Record, Snapshot, Want,
    },
};
use serde::{Serialize, de::DeserializeOwned};

use crate::group::{Group, payload};

const NODES: u8 = 5;

fn origin(g: &mut Gen, machine: &Broadcast) -> Origin {
    let node = some_node(g, NODES);
    Origin { node, birth: near(g, machine.birth_of(node)) }
}

/// What is on both sides of what the machine has delivered.
fn clock(g: &mut Gen, machine: &Broadcast) -> VClock<Origin> {
    let mut clock = machine.delivered().clone();
    for _ in 0..below(g, 3) {
        let origin = origin(g, machine);
        let counter = near(g, clock.get(&origin));
        clock = clock.into_iter().filter(|dot| dot.actor != origin).collect();
        clock.extend(Dot::new(origin, counter));
    }
    clock
}

fn entry(g: &mut Gen, machine: &Broadcast) -> Arc<Entry> {
    let origin = origin(g, machine);
    let counter = near(g, machine.delivered().get(&origin)).max(1);
    let payload = match below(g, 6) {
        0 => Content::Admit(some_node(g, NODES)),
        1 => Content::Remove(some_node(g, NODES)),
        2 => Content::Payload(vec![0; 70].into()), // longer than is allowed
        _ => Content::Payload(payload(counter)),
    };
    let after = clock(g, machine);
    Arc::new(Entry { dot: Dot::new(origin, counter).expect("at least 1"), after, payload })
}

fn entries(g: &mut Gen, machine: &Broadcast) -> Vec<Arc<Entry>> {
    (0..below(g, 3)).map(|_| entry(g, machine)).collect()
}

fn ranges(g: &mut Gen, machine: &Broadcast) -> Vec<DotRange<Origin>> {
    let some = below(g, 3);
    let range = |_| {
        let origin = origin(g, machine);
        let first = near(g, machine.delivered().get(&origin));
        DotRange::new(origin, first, near(g, first))
    };
    (0..some).filter_map(range).collect()
}

fn snapshot(g: &mut Gen, machine: &Broadcast) -> Arc<Snapshot> {
    let members = if below(g, 2) == 0 { machine.members().clone() } else { Members::default() };
    Arc::new(Snapshot { cut: clock(g, machine), members, state: payload(below(g, 9)) })
}

impl Scripted for Group {
    fn message(&self, g: &mut Gen, near: &Broadcast) -> Message {
        match below(g, 6) {
            0 => Message::Snapshot { snapshot: snapshot(g, near), entries: entries(g, near) },
            1..3 => Message::Data { entries: entries(g, near) },
            _ => {
                let birth = origin(g, near).birth;
                let asks = below(g, 2) == 0;
                let want = asks.then(|| Want { ranges: ranges(g, near), cut: clock(g, near) });
                Message::Digest { birth, delivered: clock(g, near), answer: below(g, 2) == 0, want }
            }
        }
    }

    fn plausible_command(&self, g: &mut Gen, near: &Broadcast) -> Command {
        match below(g, 8) {
            0 => Command::Compact { cut: near.delivered().clone(), state: payload(below(g, 9)) },
            1 => Command::Compact { cut: clock(g, near), state: payload(below(g, 9)) },
            2 => Command::Admit(some_node(g, NODES)),
            3 => Command::Remove(some_node(g, NODES)),
            4 => Command::Broadcast(vec![0; 70].into()),
            _ => Command::Broadcast(payload(below(g, 9))),
        }
    }

    fn effects_max(&self) -> usize {
        600
    }

    fn bad_configs(&self, id: NodeId) -> Vec<Config> {
        let with = |change: fn(&mut Config)| {
            let mut bad = Config::new(id, 1, vec![id]);
            change(&mut bad);
            bad
        };
        vec![
            with(|config| config.birth = 0),
            with(|config| config.digest_interval = Duration::ZERO),
            with(|config| config.window_max = 0),
            with(|config| config.members_max = 0),
            with(|config| config.origins_max = 0),
            with(|config| config.founders = (1..=65).map(NodeId).collect()),
            with(|config| config.batch_bytes_max = config.payload_bytes_max),
            with(|config| config.store_bytes_max = config.batch_bytes_max),
        ]
    }

    fn some_config(&self, g: &mut Gen, id: NodeId, plan: &Plan) -> Option<Config> {
        let founders = (0..below(g, 5)).map(|_| some_node(g, plan.nodes)).collect();
        Some(Config {
            contacts: (0..below(g, 3)).map(|_| some_node(g, plan.nodes)).collect(),
            digest_interval: Duration::from_nanos(near(g, 1_000)),
            payload_bytes_max: usize::try_from(near(g, 64)).unwrap_or(64),
            window_max: near(g, 3),
            members_max: usize::try_from(near(g, 5)).unwrap_or(5),
            origins_max: usize::try_from(near(g, 8)).unwrap_or(8),
            ..Config::new(id, near(g, 1), founders)
        })
    }

    fn decides_without_its_seed(&self) -> bool {
        true
    }

    fn depends_on_disk(&self, effect: &EffectOf<Broadcast>) -> Option<bool> {
        use quorate_machine::Effect::{Emit, Persist, Send};
        Some(match effect {
            Emit(
                Event::Delivered { .. }
                | Event::Done { .. }
                | Event::Compacted { .. }
                | Event::Restored { .. },
            )
            | Send { message: Message::Data { .. } | Message::Snapshot { .. }, .. } => true,
            Send { message: Message::Digest { delivered, .. }, .. } => !delivered.is_empty(),
            Emit(_) | Persist { .. } => false,
        })
    }

    fn is_idempotent(&self, message: &Message) -> Option<bool> {
        Some(matches!(message, Message::Digest { answer: false, want: None, .. }))
    }

    fn round_trip(&self, what: Encoded<'_, Self>) -> Option<Result<(), String>> {
        match what {
            Encoded::Message(message) => Some(returns(message)),
            Encoded::Record(record) => Some(returns(record)),
            Encoded::Image(image) => Some(returns(image)),
        }
    }

    fn golden(&self) -> Option<Golden> {
        let encode = |value: &dyn Fn() -> Option<Vec<u8>>| value().unwrap_or_default();
        let origin = Origin { node: NodeId(2), birth: 3 };
        let cut = VClock::from([(origin, 300), (Origin { node: NodeId(1), birth: 1 }, 2)]);
        let dot = Dot::new(origin, 301).expect("not 0");
        let entry = |payload| Arc::new(Entry { dot, after: cut.clone(), payload });
        let all = vec![
            entry(Content::Payload("ab".into())),
            entry(Content::Admit(NodeId(4))),
            entry(Content::Remove(NodeId(4))),
        ];
        let snapshot =
            Arc::new(Snapshot { cut: cut.clone(), members: Members::default(), state: "state".into() });
        let want = Some(Want { ranges: DotRange::new(origin, 7, 9).into_iter().collect(), cut: cut.clone() });
        let messages = [
            ("data", Message::Data { entries: all.clone() }),
            ("digest", Message::Digest { birth: 3, delivered: cut.clone(), answer: true, want }),
            ("snapshot", Message::Snapshot { snapshot: snapshot.clone(), entries: all.clone() }),
        ];
        let records = [
            ("birth", Record::Birth(origin)),
            ("entries", Record::Entries(all.clone())),
            ("snapshot record", Record::Snapshot { snapshot, entries: all }),
            ("pruned", Record::Pruned(cut)),
        ];
        let mut golden = Golden::in_file("tests/golden/broadcast.hex");
        for (name, message) in messages {
            golden = golden.sample(name, encode(&|| postcard::to_allocvec(&message).ok()));
        }
        for (name, record) in records {
            golden = golden.sample(name, encode(&|| postcard::to_allocvec(&record).ok()));
        }
        Some(golden)
    }
}

fn returns<T: Serialize + DeserializeOwned + PartialEq>(value: &T) -> Result<(), String> {
    let bytes = postcard::to_allocvec(value).map_err(|error| error.to_string())?;
    let back: T = postcard::from_bytes(&bytes).map_err(|error| error.to_string())?;
    if back == *value { Ok(()) } else { Err("something else comes back".to_owned()) }
}
