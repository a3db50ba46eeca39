//! Nodes that watch each other, as a subject of the simulator, and what each node's application was told.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]
#![allow(clippy::wildcard_enum_match_arm, reason = "an invariant looks only at the effects that it is about")]

use std::{collections::BTreeMap, time::Duration};

use quorate_machine::{Effect, NodeId, Rng, Tag};
use quorate_phi_detector::{
    Stamp, Threshold,
    memory::{Decay, Window},
    model::{AnyModel, Chen, Exponential, Normal, Tail, Timeout},
    monitor::{Command, Config, Duty, Event, Message, Monitor, Record, Refusal},
};
use quorate_sim::{Answers, App, Bounds, Invariant, Marks, Plan, Step, StepKind, Subject, View, generate};

use crate::invariants;

pub const BEAT: Duration = Duration::from_millis(50);

/// The machine, whole or with one seeded bug.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cluster {
    /// Everybody waits for four beats, however the plan's seed would have it, and nobody may be suspected who is up.
    pub is_well: bool,
    #[cfg(quorate_bugs)]
    pub bug: Option<quorate_phi_detector::Bug>,
}

impl Cluster {
    pub const fn well() -> Self {
        Self {
            is_well: true,
            #[cfg(quorate_bugs)]
            bug: None,
        }
    }
}

/// What the application was told, and what of it cannot be.
#[derive(Clone, Debug, Default)]
pub struct Watcher {
    nodes: u8,
    asked: BTreeMap<Tag, Command>,
    /// Whom it watches, and how many levels each has reached.
    pub watched: BTreeMap<NodeId, Watched>,
    pub wrong: Option<String>,
    pub forgotten: u64,
    /// The pauses that it has told of.
    pub pauses: Vec<Duration>,
}

#[derive(Clone, Copy, Debug)]
pub struct Watched {
    pub duty: Duty,
    pub levels: u8,
    generation: u64,
}

impl Watcher {
    fn on_done(&mut self, command: Command) {
        match command {
            Command::Watch { peer, duty } => {
                let new = Watched { duty, levels: 0, generation: 0 };
                let watched = self.watched.entry(peer).or_insert(new);
                if hears(watched.duty) == hears(duty) {
                    watched.duty = duty;
                } else {
                    *watched = new;
                }
            }
            Command::Forget { peer } => {
                self.watched.remove(&peer);
                self.forgotten += 1;
            }
            Command::Paused { span } => self.pauses.push(span),
            Command::Heard { .. } => {}
        }
    }

    /// Whether the refusal is right.
    fn is_refused(&self, command: Command, refusal: Refusal, own: NodeId) -> bool {
        match (command, refusal) {
            (Command::Watch { peer, .. }, Refusal::Own) => peer == own,
            (Command::Watch { peer, .. }, Refusal::TooMany { max }) => {
                !self.watched.contains_key(&peer) && self.watched.len() == max
            }
            (
                Command::Forget { peer } | Command::Heard { peer, .. },
                Refusal::NotWatched { peer: refused },
            ) => peer == refused && !self.watched.contains_key(&peer),
            (Command::Heard { peer, .. }, Refusal::NotHeard { peer: refused }) => {
                peer == refused && self.watched.get(&peer).is_some_and(|watched| !hears(watched.duty))
            }
            (Command::Paused { span }, Refusal::TooLong { max, .. }) => span > max,
            _ => false,
        }
    }

    fn heed(&mut self, event: &Event, own: NodeId) -> Result<(), String> {
        match *event {
            Event::Done { tag } => {
                let command = self.asked.remove(&tag).ok_or("nobody asked")?;
                self.on_done(command);
            }
            Event::Refused { tag, command, refusal } => {
                let asked = self.asked.remove(&tag).ok_or("nobody asked")?;
                if asked != command || !self.is_refused(command, refusal, own) {
                    return Err("it has no reason to refuse".into());
                }
            }
            Event::Reached { peer, level, .. } => {
                let watched = self.watched.get_mut(&peer).filter(|watched| hears(watched.duty));
                let watched = watched.ok_or("nobody watches it")?;
                if level != watched.levels {
                    return Err(format!("{} levels were reached", watched.levels));
                }
                watched.levels += 1;
            }
            Event::Trusted { peer, level, .. } => {
                let watched = self.watched.get_mut(&peer).filter(|watched| hears(watched.duty));
                let watched = watched.ok_or("nobody watches it")?;
                if level + 1 != watched.levels {
                    return Err(format!("{} levels were reached", watched.levels));
                }
                watched.levels = 0;
            }
            Event::Restarted { peer, generation } => {
                let watched = self.watched.get_mut(&peer).ok_or("nobody watches it")?;
                if generation <= watched.generation {
                    return Err(format!("it was in life {} already", watched.generation));
                }
                watched.generation = generation;
            }
            Event::Stalled { .. } => {}
        }
        Ok(())
    }
}

pub fn hears(duty: Duty) -> bool {
    duty != Duty::Beat
}

pub fn beats(duty: Duty) -> bool {
    duty != Duty::Hear
}

impl App<Monitor<AnyModel>> for Watcher {
    type Op = ();

    fn on_start(&mut self, answers: &mut Answers<'_, Command, ()>) {
        let own = answers.node();
        for peer in (1..=u64::from(self.nodes)).map(NodeId).filter(|peer| *peer != own) {
            let command = Command::Watch { peer, duty: Duty::Both };
            let tag = answers.submit(command);
            self.asked.insert(tag, command);
        }
    }

    fn on_client(&mut self, _: u64, tag: Tag, command: &Command, _: &mut Answers<'_, Command, ()>) {
        self.asked.insert(tag, *command);
    }

    fn on_event(&mut self, event: &Event, answers: &mut Answers<'_, Command, ()>) {
        if let Err(why) = self.heed(event, answers.node()) {
            self.wrong.get_or_insert(format!("{event:?}: {why}"));
        }
    }

    fn on_crash(&mut self) {
        self.asked.clear();
        self.watched.clear();
        self.pauses.clear();
    }
}

pub const MARKS: &[&str] = &[
    "all levels were reached",
    "two levels were reached at once",
    "a late wake told several peers",
    "a peer was trusted again",
    "a peer had restarted",
    "a stale heartbeat was ignored",
    "a stranger was ignored",
    "an interval was not learned",
    "an interval was too long",
    "the node was paused",
    "the clock went back",
    "a peer was forgotten",
    "what is due came earlier",
    "a command was refused",
];

pub fn threshold(phi: f64) -> Threshold {
    Threshold::new(phi).expect("it is a threshold")
}

pub fn model(kind: u64) -> AnyModel {
    let longest = BEAT * 20;
    let window = Window::new(10, longest).expect("usable");
    match kind % 6 {
        0 => Timeout::new(BEAT * 4).expect("usable").into(),
        1 => Normal::new(window, BEAT / 2, BEAT)
            .and_then(|model| model.with_pause(BEAT))
            .expect("usable")
            .into(),
        2 => {
            let decay = Decay::new(8, longest).expect("usable");
            Normal::new(decay, BEAT / 2, BEAT).expect("usable").into()
        }
        3 => Exponential::new(window, BEAT).expect("usable").into(),
        4 => Chen::new(8, BEAT, BEAT * 3).expect("usable").into(),
        _ => Tail::new(Window::new(Tail::SAMPLES_MIN, longest).expect("usable"), BEAT / 2, BEAT)
            .expect("usable")
            .into(),
    }
}

pub fn config(id: NodeId, seed: u64) -> Config<AnyModel> {
    let mut rng = Rng::new(seed).fork(0x6d6f_6e69);
    let levels = [&[1.0][..], &[0.5, 1.0, 2.0], &[1.0, 1.1, 1.2, 3.0]];
    let levels = levels[usize::try_from(rng.below(3)).unwrap_or(0)];
    let model = model(rng.below(6));
    let mut config = Config::new(id, model, levels.iter().copied().map(threshold).collect());
    config.beat = Some(BEAT);
    config.batch = 1 + usize::try_from(rng.below(3)).unwrap_or(0);
    config.stall = [None, Some(BEAT / 2), Some(BEAT * 3)][usize::try_from(rng.below(3)).unwrap_or(0)];
    config.unlearned = [None, Some(0)][usize::try_from(rng.below(2)).unwrap_or(0)];
    config.fires_max = [1, 3, 256][usize::try_from(rng.below(3)).unwrap_or(0)];
    config.peers_max = 6;
    config.peers_reserved = usize::try_from(rng.below(3)).unwrap_or(0);
    config
}

impl Subject for Cluster {
    type Machine = Monitor<AnyModel>;
    type App = Watcher;

    fn config(&self, id: NodeId, plan: &Plan, _: &Watcher) -> Config<AnyModel> {
        let mut config = config(id, plan.seed);
        if self.is_well {
            (config.model, config.levels) = (model(0), vec![threshold(1.0), threshold(2.0)]);
        }
        #[cfg(quorate_bugs)]
        {
            config.bug = self.bug;
        }
        config
    }

    fn app(&self, _: NodeId, plan: &Plan) -> Watcher {
        Watcher { nodes: plan.nodes, ..Watcher::default() }
    }

    fn command(&self, _: u64, rng: &mut Rng) -> Command {
        let peer = NodeId(1 + rng.below(7));
        match rng.below(12) {
            0..5 => Command::Watch { peer, duty: Duty::Both },
            5 => Command::Watch { peer, duty: Duty::Hear },
            6 => Command::Watch { peer, duty: Duty::Beat },
            7..10 => Command::Forget { peer },
            10 => {
                let stamp = Stamp { generation: 0, sequence: rng.below(50) };
                Command::Heard { peer, stamp: [None, Some(stamp)][usize::from(rng.below(2) == 0)] }
            }
            _ => Command::Paused { span: rng.span(Duration::ZERO..BEAT * 10) },
        }
    }

    fn tag_of(&self, event: &Event) -> Option<Tag> {
        match event {
            Event::Done { tag } | Event::Refused { tag, .. } => Some(*tag),
            _ => None,
        }
    }

    fn encode(&self, record: &Record) -> Option<Vec<u8>> {
        postcard::to_allocvec(record).ok()
    }

    fn encode_message(&self, message: &Message) -> Option<Vec<u8>> {
        postcard::to_allocvec(message).ok()
    }

    fn marks(&self) -> &'static [&'static str] {
        MARKS
    }

    fn mark(&self, view: &View<'_, Self>, step: &Step<'_, Self>, marks: &mut Marks) {
        let reached: Vec<_> = step
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Emit(Event::Reached { peer, .. }) => Some(*peer),
                _ => None,
            })
            .collect();
        if reached.windows(2).any(|pair| pair[0] == pair[1]) {
            marks.hit("two levels were reached at once");
        }
        if step.kind == StepKind::Wake && reached.windows(2).any(|pair| pair[0] != pair[1]) {
            marks.hit("a late wake told several peers");
        }
        for effect in step.effects {
            match effect {
                Effect::Emit(Event::Trusted { .. }) => marks.hit("a peer was trusted again"),
                Effect::Emit(Event::Restarted { .. }) => marks.hit("a peer had restarted"),
                Effect::Emit(Event::Stalled { .. }) => marks.hit("the node was paused"),
                Effect::Emit(Event::Refused { .. }) => marks.hit("a command was refused"),
                _ => {}
            }
        }
        let Some(node) = view.node(step.node) else { return };
        let Some(machine) = node.machine() else { return };
        let counts = machine.counts();
        let hits = [
            (counts.stale > 0, "a stale heartbeat was ignored"),
            (counts.strangers > 0, "a stranger was ignored"),
            (counts.unlearned > 0, "an interval was not learned"),
            (counts.dropped > 0, "an interval was too long"),
            (counts.backwards > 0, "the clock went back"),
            (counts.advanced > 0, "what is due came earlier"),
            (node.app().forgotten > 0, "a peer was forgotten"),
        ];
        hits.iter().filter(|(is_hit, _)| *is_hit).for_each(|(_, mark)| marks.hit(mark));
        let levels = machine.config().levels.len();
        if node.app().watched.values().any(|watched| usize::from(watched.levels) == levels) {
            marks.hit("all levels were reached");
        }
    }

    fn invariants(&self) -> Vec<Box<dyn Invariant<Self>>> {
        if self.is_well { invariants::of_the_well() } else { invariants::all() }
    }

    /// Of whom the core's nodes wait for, those that are down have reached every level, and those of the core that send them
    /// heartbeats are trusted.
    fn at_rest(&self, view: &View<'_, Self>) -> Result<(), String> {
        for node in view.core().iter().filter_map(|id| view.node(id)) {
            let Some(machine) = node.machine() else { return Err(format!("{node:?}")) };
            let levels = machine.config().levels.len();
            for (peer, watched) in node.app().watched.iter().filter(|(_, watched)| hears(watched.duty)) {
                let Some(other) = view.node(*peer) else { continue };
                let reached = usize::from(watched.levels);
                let is_beaten =
                    other.app().watched.get(&node.id()).is_some_and(|watched| beats(watched.duty));
                if other.machine().is_none() && reached < levels {
                    return Err(format!("{peer} is down, and for {} at level {reached}", node.id()));
                }
                if view.core().contains(*peer) && is_beaten && reached > 0 {
                    return Err(format!("{peer} is well, and for {} at level {reached}", node.id()));
                }
            }
        }
        Ok(())
    }
}

pub fn bounds() -> Bounds {
    Bounds {
        nodes: 1..=5,
        commands_max: 30,
        safety: Duration::from_secs(2),
        liveness: Duration::from_secs(5),
        latency_max: Duration::from_millis(40),
        ..Bounds::default()
    }
}

/// Half what the simulator offers, half many short faults while messages come back from the past.
pub fn plan(seed: u64) -> Plan {
    if seed % 2 == 0 {
        return generate::mix(seed, &bounds());
    }
    let churn = Bounds { nodes: 2..=5, outage_max: Duration::from_millis(400), faults_max: 30, ..bounds() };
    let mut plan = generate::mix(seed, &churn);
    plan.network.replay = quorate_machine::Chance::ppm(30_000);
    plan.network.replay_span = Duration::from_millis(500);
    plan
}

/// A cluster in which nothing goes wrong, and whose clients ask for nothing. Its timeout can bear what messages and clocks do.
pub fn well(seed: u64) -> Plan {
    let mut plan = generate::calm(seed, &bounds());
    plan.commands.clear();
    plan
}
