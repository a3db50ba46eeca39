//! What the universal laws of machines need to know of this one.

use std::time::Duration;

use quickcheck::Gen;
use quorate_machine::{Effect, EffectOf, NodeId};
use quorate_phi_detector::{
    Stamp,
    model::{AnyModel, Model},
    monitor::{Command, Config, Duty, Event, Message, Monitor, Record},
};
use quorate_sim::{
    Plan,
    laws::{Encoded, Golden, Names, Scripted, below, near, some_node},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::cluster::{Cluster, config, model, threshold};

const NODES: u8 = 5;

fn stamp(g: &mut Gen, near_by: &Monitor<AnyModel>) -> Stamp {
    let known: Vec<_> = near_by.peers().filter_map(|status| status.stamp).collect();
    let known = known.get(usize::try_from(below(g, 4)).unwrap_or(0)).copied().unwrap_or_default();
    // Mostly news.
    let generation = if below(g, 4) == 0 { near(g, known.generation) } else { known.generation };
    Stamp { generation, sequence: near(g, known.sequence.saturating_add(1)) }
}

impl Scripted for Cluster {
    fn message(&self, g: &mut Gen, near: &Monitor<AnyModel>) -> Message {
        Message::Heartbeat(stamp(g, near))
    }

    fn plausible_command(&self, g: &mut Gen, near: &Monitor<AnyModel>) -> Command {
        let peer = some_node(g, NODES);
        match below(g, 12) {
            0..6 => Command::Watch { peer, duty: Duty::Both },
            6 => Command::Watch { peer, duty: Duty::Hear },
            7 => Command::Watch { peer, duty: Duty::Beat },
            8 => Command::Forget { peer },
            9 => Command::Heard { peer, stamp: None },
            10 => Command::Heard { peer, stamp: Some(stamp(g, near)) },
            _ => Command::Paused { span: Duration::from_nanos(below(g, 1 << 30)) },
        }
    }

    fn effects_max(&self) -> usize {
        // Every level of every peer, a record, a heartbeat to each, and a stall.
        6 * 4 + 1 + 6 + 1
    }

    fn bad_configs(&self, id: NodeId) -> Vec<Config<AnyModel>> {
        let with = |change: fn(&mut Config<AnyModel>)| {
            let mut bad = config(id, 1);
            change(&mut bad);
            bad
        };
        vec![
            with(|config| config.levels.clear()),
            with(|config| config.levels = (1..=17).map(|phi| threshold(f64::from(phi))).collect()),
            with(|config| config.levels = vec![threshold(2.0), threshold(1.0)]),
            with(|config| config.levels = vec![threshold(1.0), threshold(1.0)]),
            with(|config| config.beat = Some(Duration::ZERO)),
            with(|config| config.beat = Some(Duration::from_secs(86_401))),
            with(|config| config.stall = Some(Duration::ZERO)),
            with(|config| config.stall = Some(Duration::MAX)),
            with(|config| config.unlearned = u8::try_from(config.levels.len()).ok()),
            with(|config| config.batch = 0),
            with(|config| config.fires_max = 0),
            with(|config| config.peers_max = 0),
            with(|config| config.peers_max = (1 << 24) + 1),
            with(|config| config.peers_reserved = config.peers_max + 1),
        ]
    }

    fn some_config(&self, g: &mut Gen, id: NodeId, _: &Plan) -> Option<Config<AnyModel>> {
        let count = |g: &mut Gen, value| usize::try_from(near(g, value)).unwrap_or(1).min(1 << 20);
        let span = |g: &mut Gen| Duration::from_nanos(near(g, 1_000_000));
        let mut some = config(id, below(g, 1 << 20));
        some.model = model(below(g, 6));
        some.beat = (below(g, 4) > 0).then(|| span(g));
        some.stall = (below(g, 2) > 0).then(|| span(g));
        some.batch = count(g, 2);
        some.fires_max = count(g, 2);
        some.peers_max = count(g, 4);
        some.peers_reserved = count(g, 1).min(1 << 10);
        some.unlearned = (below(g, 2) > 0).then(|| u8::try_from(below(g, 4)).unwrap_or(0));
        some.levels = (0..below(g, 18))
            .scan(0.0, |phi, _| {
                *phi += [1e-6, 0.5, 1.0, 300.0, 100_000.0][usize::try_from(below(g, 5)).unwrap_or(0)];
                Some(*phi)
            })
            .filter_map(|phi| quorate_phi_detector::Threshold::new(phi).ok())
            .collect();
        Some(some)
    }

    fn state_bytes_max(&self, config: &Config<AnyModel>) -> Option<usize> {
        Some(64 + config.peers_max * (160 + 4 * config.model.slots()))
    }

    fn names(&self) -> Option<Names<Self>> {
        let command = |command: &mut Command, by: &quorate_sim::laws::Renaming| match command {
            Command::Watch { peer, .. } | Command::Forget { peer } | Command::Heard { peer, .. } => {
                by.rename(peer);
            }
            Command::Paused { .. } => {}
        };
        Some(Names {
            config: |config, by| by.rename(&mut config.id),
            command,
            event: |event, by| match event {
                Event::Reached { peer, .. } | Event::Trusted { peer, .. } | Event::Restarted { peer, .. } => {
                    by.rename(peer);
                }
                Event::Refused { command, refusal, .. } => {
                    match command {
                        Command::Watch { peer, .. }
                        | Command::Forget { peer }
                        | Command::Heard { peer, .. } => {
                            by.rename(peer);
                        }
                        Command::Paused { .. } => {}
                    }
                    if let quorate_phi_detector::monitor::Refusal::NotWatched { peer }
                    | quorate_phi_detector::monitor::Refusal::NotHeard { peer } = refusal
                    {
                        by.rename(peer);
                    }
                }
                Event::Done { .. } | Event::Stalled { .. } => {}
            },
            ..Names::default()
        })
    }

    fn decides_without_its_seed(&self) -> bool {
        true
    }

    fn depends_on_disk(&self, effect: &EffectOf<Monitor<AnyModel>>) -> Option<bool> {
        Some(matches!(effect, Effect::Send { .. }))
    }

    fn is_idempotent(&self, _: &Message) -> Option<bool> {
        Some(true)
    }

    fn round_trip(&self, what: Encoded<'_, Self>) -> Option<Result<(), String>> {
        match what {
            Encoded::Message(message) => Some(returns(message)),
            Encoded::Record(record) => Some(returns(record)),
            Encoded::Image(image) => Some(returns(image)),
        }
    }

    fn golden(&self) -> Option<Golden> {
        let bytes = |value: Option<Vec<u8>>| value.unwrap_or_default();
        let heartbeat = Message::Heartbeat(Stamp { generation: 300, sequence: 7 });
        let born = Record::Born { generation: 300 };
        let golden = Golden::in_file("tests/golden/monitor.hex")
            .sample("heartbeat", bytes(postcard::to_allocvec(&heartbeat).ok()))
            .sample("born", bytes(postcard::to_allocvec(&born).ok()));
        Some(golden)
    }
}

fn returns<T: Serialize + DeserializeOwned + PartialEq>(value: &T) -> Result<(), String> {
    let bytes = postcard::to_allocvec(value).map_err(|error| error.to_string())?;
    let back: T = postcard::from_bytes(&bytes).map_err(|error| error.to_string())?;
    if back == *value { Ok(()) } else { Err("something else comes back".to_owned()) }
}
