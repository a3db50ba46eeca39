//! The universal laws of machines, on Raft.
#![expect(clippy::wildcard_enum_match_arm, reason = "a claim is about the effects that it names")]

mod cluster;
mod draw;

use core::time::Duration;

use cluster::Cluster;
use draw::Scene;
use quickcheck::Gen;
use quorate_machine::{EffectOf, NodeId};
use quorate_quorum::Voters;
use quorate_raft::{Body, Command, Config, Event, Message, Raft, Record, Term};
use quorate_sim::laws::{Encoded, Scripted};

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
    let bytes = postcard::to_allocvec(value).expect("an encoding has no limit");
    postcard::from_bytes::<T>(&bytes).is_ok_and(|back| back == *value)
}

quorate_sim::machine_laws!(raft, Cluster::default());
