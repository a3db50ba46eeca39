//! Plan generators: named functions of a seed and [`Bounds`].
//!
//! No single distribution of faults finds every bug, so [`mix`] is a portfolio:
//!
//! | generator | share | what it is good at |
//! |---|---|---|
//! | [`calm`] | 5 % | progress without faults; speed |
//! | [`uniform`] | 20 % | every class of fault at a mild rate: duplicates, restarts |
//! | [`swarm`] | 40 % | half of the classes off, the others at log-uniform rates: extreme delays, staleness |
//! | [`targeted`] | 30 % | swarm, and crashes right after the n-th record, message or event: durability |
//! | [`ladder`] | 5 % | crashes or cuts off each new leader |

use core::{
    ops::{Range, RangeInclusive},
    time::Duration,
};

use quorate_machine::{Chance, NodeId, Rng, Time};

use crate::{
    fault::{Fault, Loss, NodeSet, Trigger, Who},
    plan::{ClockPlan, DiskPlan, NetworkPlan, Plan, PlannedCommand},
};

/// What generated plans may ask of a machine: only what it claims to survive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many nodes.
    pub nodes: RangeInclusive<u8>,
    /// The most client commands.
    pub commands_max: u64,
    /// How long anything goes.
    pub safety: Duration,
    /// How long the healed core may take.
    pub liveness: Duration,
    /// The longest time a node is down, paused or cut off.
    pub outage_max: Duration,
    /// The longest a message takes, spikes and replays aside.
    pub latency_max: Duration,
    /// The longest a sync takes.
    pub sync_max: Duration,
    /// The most faults struck by time or event.
    pub faults_max: u64,
    /// The fewest records between two checkpoints; 0 for no checkpoints.
    pub checkpoint_every_min: u32,
    /// The clocks' greatest difference at the start.
    pub offset_max: Duration,
    /// The clocks' greatest drift.
    pub drift_ppm_max: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            nodes: 1..=5,
            commands_max: 30,
            safety: Duration::from_secs(3),
            liveness: Duration::from_secs(10),
            outage_max: Duration::from_secs(1),
            latency_max: Duration::from_millis(100),
            sync_max: Duration::from_millis(50),
            faults_max: 12,
            checkpoint_every_min: 1,
            offset_max: Duration::from_secs(3600),
            drift_ppm_max: 50_000,
        }
    }
}

/// One of the others, by the shares in the table above.
pub fn mix(seed: u64, bounds: &Bounds) -> Plan {
    match Rng::new(seed).fork(MIX).below(100) {
        0..5 => calm(seed, bounds),
        5..25 => uniform(seed, bounds),
        25..65 => swarm(seed, bounds),
        65..95 => targeted(seed, bounds),
        _ => ladder(seed, bounds),
    }
}

/// No faults.
pub fn calm(seed: u64, bounds: &Bounds) -> Plan {
    let mut rng = Rng::new(seed).fork(CALM);
    base(seed, bounds, &mut rng)
}

/// Every class of fault, each at a mild rate.
pub fn uniform(seed: u64, bounds: &Bounds) -> Plan {
    let mut rng = Rng::new(seed).fork(UNIFORM);
    let mut plan = base(seed, bounds, &mut rng);
    plan.network = NetworkPlan {
        spike: Chance::ppm(5_000),
        spike_span: bounds.latency_max * 10,
        loss: Chance::ppm(20_000),
        duplication: Chance::ppm(20_000),
        replay: Chance::ppm(2_000),
        replay_span: bounds.safety,
        ..plan.network
    };
    plan.disk.repeat = Chance::ppm(50_000);
    for _ in 0..rng.below(bounds.faults_max / 2 + 1) {
        let trigger = some_instant(&mut rng, bounds);
        plan.faults.push((trigger, some_fault(&mut rng, bounds, plan.nodes, ALL_CLASSES)));
    }
    plan
}

/// Each class of fault is off in half of the plans; those that are on have rates and spans of every magnitude.
pub fn swarm(seed: u64, bounds: &Bounds) -> Plan {
    let mut rng = Rng::new(seed).fork(SWARM);
    let mut plan = base(seed, bounds, &mut rng);
    swarm_rates(&mut plan, bounds, &mut rng);
    let classes = rng.draw();
    for _ in 0..rng.below(bounds.faults_max + 1) {
        let trigger = some_instant(&mut rng, bounds);
        plan.faults.push((trigger, some_fault(&mut rng, bounds, plan.nodes, classes)));
    }
    plan
}

/// A swarm plan, and faults set off by the n-th record, message or event of a node: mostly crashes, mostly early.
pub fn targeted(seed: u64, bounds: &Bounds) -> Plan {
    let mut plan = swarm(seed, bounds);
    let mut rng = Rng::new(seed).fork(TARGETED);
    for _ in 0..=rng.below(bounds.faults_max) {
        let node = some_node(&mut rng, plan.nodes);
        let nth = 1 + log_uniform(&mut rng, 0..8);
        let trigger = match rng.below(4) {
            0 | 1 => Trigger::AfterPersist { node, nth },
            2 => Trigger::AfterSend { node, nth },
            _ => Trigger::AfterEvent { node, nth },
        };
        plan.faults.push((trigger, fault_of_it(&mut rng, bounds)));
    }
    plan
}

/// A mild plan in which every new leader is crashed, cut off or paused, as often as faults are allowed.
pub fn ladder(seed: u64, bounds: &Bounds) -> Plan {
    let mut rng = Rng::new(seed).fork(LADDER);
    let mut plan = base(seed, bounds, &mut rng);
    for nth in 1..=bounds.faults_max {
        plan.faults.push((Trigger::AfterLeader { nth }, fault_of_it(&mut rng, bounds)));
    }
    plan
}

const MIX: u64 = 1;
const CALM: u64 = 2;
const UNIFORM: u64 = 3;
const SWARM: u64 = 4;
const TARGETED: u64 = 5;
const LADDER: u64 = 6;

/// Everything but faults: size, speed, commands.
fn base(seed: u64, bounds: &Bounds, rng: &mut Rng) -> Plan {
    let sizes = u64::from(bounds.nodes.end().saturating_sub(*bounds.nodes.start())) + 1;
    let nodes = bounds.nodes.start() + u8::try_from(rng.below(sizes)).unwrap_or(0);
    let quick = Duration::from_millis(1);
    Plan {
        seed,
        nodes,
        network: NetworkPlan { latency: quick..quick * 10, ..NetworkPlan::default() },
        disk: DiskPlan { sync: quick..quick * 5, ..some_checkpoints(rng, bounds) },
        clocks: ClockPlan { offset: some_part(rng, bounds.offset_max), ..ClockPlan::default() },
        batching: Duration::ZERO..Duration::ZERO,
        safety: bounds.safety,
        liveness: bounds.liveness,
        faults: Vec::new(),
        commands: some_commands(rng, bounds, nodes),
    }
}

fn some_checkpoints(rng: &mut Rng, bounds: &Bounds) -> DiskPlan {
    let often =
        bounds.checkpoint_every_min.saturating_mul(u32::try_from(log_uniform(rng, 0..7)).unwrap_or(1));
    DiskPlan {
        checkpoint_every: often,
        checkpoint: Duration::ZERO..some_part(rng, bounds.sync_max * 4),
        ..DiskPlan::default()
    }
}

/// Four out of five fall into the safety phase, the others early into the liveness phase.
fn some_commands(rng: &mut Rng, bounds: &Bounds, nodes: u8) -> Vec<PlannedCommand> {
    let count = rng.below(bounds.commands_max + 1);
    let late = bounds.safety..bounds.safety + bounds.liveness / 8;
    let mut commands: Vec<_> = (0..count)
        .map(|k| {
            let phase = if k % 5 == 4 { late.clone() } else { Duration::ZERO..bounds.safety };
            let at = Time::ZERO + whole(rng.span(phase));
            PlannedCommand { at, node: some_node(rng, nodes), k }
        })
        .collect();
    commands.sort_by_key(|command| command.at);
    commands
}

fn swarm_rates(plan: &mut Plan, bounds: &Bounds, rng: &mut Rng) {
    let latency = some_part(rng, bounds.latency_max);
    let sync = some_part(rng, bounds.sync_max);
    let clocks = ClockPlan {
        offset: plan.clocks.offset,
        drift_ppm: if rng.below(2) == 0 { 0 } else { narrow(rng.below(u64::from(bounds.drift_ppm_max) + 1)) },
        lateness: if rng.below(2) == 0 { Duration::ZERO } else { some_part(rng, bounds.latency_max) },
    };
    plan.network = NetworkPlan {
        latency: whole(latency / 8)..latency,
        spike: some_rate(rng),
        spike_span: some_part(rng, bounds.safety),
        loss: some_rate(rng),
        duplication: some_rate(rng),
        replay: some_rate(rng),
        replay_span: some_part(rng, bounds.safety),
        fifo: rng.below(4) == 0,
    };
    plan.disk.sync = whole(sync / 8)..sync;
    plan.disk.tell =
        Duration::ZERO..if rng.below(2) == 0 { Duration::ZERO } else { some_part(rng, bounds.sync_max) };
    plan.disk.repeat = some_rate(rng);
    plan.clocks = clocks;
    if rng.below(2) == 0 {
        plan.batching = Duration::ZERO..some_part(rng, bounds.latency_max);
    }
}

const ALL_CLASSES: u64 = u64::MAX;

/// A fault of one of the classes whose bit is set; a crash if none is.
fn some_fault(rng: &mut Rng, bounds: &Bounds, nodes: u8, classes: u64) -> Fault {
    let class = rng.below(6);
    let (node, other) = (some_node(rng, nodes), some_node(rng, nodes));
    let span = some_part(rng, bounds.outage_max);
    let who = Who::Node(node);
    match if classes >> class & 1 == 1 { class } else { 0 } {
        1 => Fault::Pause { who, span },
        2 => {
            let side: NodeSet = NodeSet::first(nodes).iter().filter(|_| rng.below(2) == 0).collect();
            let rest = NodeSet::first(nodes).iter().filter(|node| !side.contains(*node)).collect();
            if side.is_empty() || side.len() == usize::from(nodes) {
                Fault::Isolate { who, span }
            } else {
                Fault::Cut { from: side, to: rest, both: rng.below(2) == 0, span }
            }
        }
        3 => Fault::Isolate { who, span },
        4 if node != other => Fault::Clog { from: node, to: other, span },
        5 => Fault::Jump { who, by: span },
        _ => Fault::Crash { who, down: span, loss: some_loss(rng) },
    }
}

/// A crash, in four of six cases, of whoever set it off.
fn fault_of_it(rng: &mut Rng, bounds: &Bounds) -> Fault {
    let span = some_part(rng, bounds.outage_max);
    match rng.below(6) {
        0 => Fault::Isolate { who: Who::It, span },
        1 => Fault::Pause { who: Who::It, span },
        _ => Fault::Crash { who: Who::It, down: span, loss: some_loss(rng) },
    }
}

fn some_loss(rng: &mut Rng) -> Loss {
    match rng.below(4) {
        0 => Loss::Nothing,
        1 => Loss::Suffix,
        _ => Loss::All,
    }
}

fn some_instant(rng: &mut Rng, bounds: &Bounds) -> Trigger {
    Trigger::At(Time::ZERO + whole(rng.span(Duration::ZERO..bounds.safety)))
}

fn some_node(rng: &mut Rng, nodes: u8) -> NodeId {
    NodeId(1 + rng.below(u64::from(nodes)))
}

/// Off in half of all cases, otherwise from 64 parts per million to 13 %.
fn some_rate(rng: &mut Rng) -> Chance {
    let rate = log_uniform(rng, 6..18);
    if rng.below(2) == 0 { Chance::NEVER } else { Chance::ppm(narrow(rate)) }
}

/// Of every magnitude from a thousandth of the whole to all of it.
fn some_part(rng: &mut Rng, all: Duration) -> Duration {
    let parts = narrow(1 + log_uniform(rng, 0..10)).min(1_000);
    whole(all * parts / 1_000).max(Duration::from_micros(1)).min(all)
}

/// A number of a uniformly drawn magnitude: from `2^start` to below `2^end`.
fn log_uniform(rng: &mut Rng, bits: Range<u64>) -> u64 {
    let low = 1 << (bits.start + rng.below(bits.end - bits.start));
    low + rng.below(low)
}

/// In whole microseconds, so that plans are read with ease.
fn whole(span: Duration) -> Duration {
    Duration::from_micros(u64::try_from(span.as_micros()).unwrap_or(u64::MAX))
}

fn narrow(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
