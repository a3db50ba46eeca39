//! What the universal laws need to know of Raft.
#![expect(clippy::wildcard_enum_match_arm, reason = "a claim is about the effects that it names")]

use core::time::Duration;

use quickcheck::Gen;
use quorate_machine::{EffectOf, NodeId};
use quorate_quorum::Voters;
use quorate_raft::{Body, Command, Config, Event, Message, Raft, Record, Term};
use quorate_sim::{
    Plan,
    laws::{Encoded, Golden, Names, Scripted},
};

use crate::{
    cluster::Cluster,
    draw::{self, Scene},
    samples,
};

impl Scripted for Cluster {
    fn message(&self, g: &mut Gen, near: &Raft) -> Message {
        draw::message(g, Scene::of(near))
    }

    fn plausible_command(&self, g: &mut Gen, near: &Raft) -> Command {
        draw::command(g, Scene::of(near))
    }

    fn effects_max(&self) -> usize {
        250
    }

    fn bad_configs(&self, id: NodeId) -> Vec<Config> {
        let voters = Voters::majority([1, 2, 3].map(NodeId)).expect("distinct ids");
        let others = Voters::majority([id.0 + 1, id.0 + 2].map(NodeId)).expect("distinct ids");
        let good = Config::new(id, voters);
        let with = |change: fn(&mut Config)| {
            let mut bad = good.clone();
            change(&mut bad);
            bad
        };
        vec![
            Config::new(id, others),
            with(|config| config.heartbeat = Duration::ZERO),
            with(|config| config.heartbeat = config.election_timeout),
            with(|config| config.batch_bytes_max = config.proposal_bytes_max),
            with(|config| config.snapshot_part_bytes_max = config.batch_bytes_max),
            with(|config| config.outcome_timeout = Duration::ZERO),
            with(|config| config.proposal_bytes_max = 0),
            with(|config| config.batch_entries_max = 0),
            with(|config| config.inflight_messages_max = 0),
            with(|config| config.inflight_bytes_max = 0),
            with(|config| config.log_bytes_max = 0),
            with(|config| config.outstanding_max = 0),
            with(|config| config.snapshot_part_bytes_max = 0),
            with(|config| config.snapshot_parts_max = 0),
        ]
    }

    fn names(&self) -> Option<Names<Self>> {
        Some(Names {
            config: |config, by| {
                by.rename(&mut config.id);
                config.voters = Voters::majority(config.voters.ids().iter().map(|id| by.of(*id)))
                    .expect("other names for the same voters");
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

    fn decides_without_its_seed(&self) -> bool {
        true
    }

    /// The log, two snapshots and a third that is on its way, and commands that wait or are forwarded.
    fn state_bytes_max(&self, config: &Config) -> Option<usize> {
        let parts = usize::try_from(config.snapshot_parts_max).ok()?;
        let snapshots = 3 * parts * (config.snapshot_part_bytes_max + 16);
        let commands = config.outstanding_max * (config.proposal_bytes_max + 64);
        Some(1_000 + 2 * config.log_bytes_max + snapshots + commands)
    }

    fn some_config(&self, g: &mut Gen, id: NodeId, plan: &Plan) -> Option<Config> {
        Some(draw::config(g, id, plan))
    }

    /// Nodes of different versions talk to each other, and a newer one reads an older one's journal.
    fn golden(&self) -> Option<Golden> {
        let golden = Golden::in_file("tests/golden/raft.hex");
        let golden = samples::messages().fold(golden, |golden, (name, message)| {
            golden.sample(format!("message {name}"), encode(&message))
        });
        Some(
            samples::records().fold(golden, |golden, (name, record)| {
                golden.sample(format!("record {name}"), encode(&record))
            }),
        )
    }

    fn is_idempotent(&self, message: &Message) -> Option<bool> {
        // A question may be asked again: it is answered twice. All else counts once, however often it comes.
        Some(!matches!(message.body, Body::AskRead { .. }))
    }

    fn depends_on_disk(&self, effect: &EffectOf<Raft>) -> Option<bool> {
        use quorate_machine::Effect::{Emit, Persist, Send};
        match effect {
            Send { message, .. } => Some(promises(message)),
            Emit(
                Event::Committed { .. }
                | Event::Proposed { .. }
                | Event::Restore { .. }
                | Event::Compacted { .. },
            ) => Some(true),
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

/// What a message of a node that started with nothing may say only from disk: votes, terms that others rely on, entries,
/// and which life it is in.
fn promises(message: &Message) -> bool {
    match message.body {
        Body::Vote { .. }
        | Body::Voted { granted: true }
        | Body::Append { .. }
        | Body::Forward { .. }
        | Body::AskRead { .. } => true,
        Body::Appended { matched, .. } => matched.0 > 0 || message.term > Term(0),
        _ => false,
    }
}

fn survives<T: PartialEq + serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> bool {
    postcard::from_bytes::<T>(&encode(value)).is_ok_and(|back| back == *value)
}

fn encode(value: &impl serde::Serialize) -> Vec<u8> {
    postcard::to_allocvec(value).expect("an encoding has no limit")
}
