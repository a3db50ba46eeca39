//! Plan generators: named functions of a seed and [`Bounds`].
//!
//! No single distribution of faults finds every bug, so [`mix`] is a portfolio:
//!
//! | generator | share | what it is good at |
//! |---|---|---|
//! | [`calm`] | 5 % | progress without faults; speed |
//! | [`uniform`] | 15 % | every class of fault at a mild rate: duplicates, restarts |
//! | [`swarm`] | 40 % | half of the classes off, the others at log-uniform rates: extreme delays, staleness |
//! | [`targeted`] | 25 % | swarm, and crashes right after the n-th record, message or event: durability |
//! | [`swizzle`] | 5 % | nodes clogged up one after the other, and freed in another order: catching up |
//! | [`ladder`] | 5 % | crashes or cuts off each new leader |
//! | [`priority`] | 5 % | some links are held back to the very end: rare orders of few messages |
//!
//! A generated plan keeps the atlas rule: it never destroys more disks than a minority, since a protocol that keeps
//! copies cannot be blamed for losing all of them, and a fault injector that forgets this raises false alarms.

mod draw;

use core::{ops::RangeInclusive, time::Duration};

use quorate_machine::{Chance, NodeId, Rng, Time};

use self::draw::{
    ALL_CLASSES, base, clog, fault_of_it, log_uniform, some_fault, some_instant, some_losses_of_disks,
    some_node, some_part, swarm_rates, whole,
};
use crate::{
    fault::{Fault, NodeSet, Trigger},
    plan::{Burst, NetworkPlan, Plan},
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
    /// The most faults struck by time, and the most struck by event; those of `disks_lost_max` come on top.
    pub faults_max: u64,
    /// The fewest records between two checkpoints; 0 for no checkpoints.
    pub checkpoint_every_min: u32,
    /// The clocks' greatest difference at the start.
    pub offset_max: Duration,
    /// The clocks' greatest drift.
    pub drift_ppm_max: u32,
    /// How many disks may be wiped or damaged, of a minority at most: those nodes do not come back.
    pub disks_lost_max: u8,
    /// Whether crashes may lose any subset of what is unsynced: only for machines that claim to survive it.
    pub subsets: bool,
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
            disks_lost_max: 1,
            subsets: false,
        }
    }
}

/// One of the others, by the shares in the table above.
pub fn mix(seed: u64, bounds: &Bounds) -> Plan {
    match Rng::new(seed).fork(MIX).below(100) {
        0..5 => calm(seed, bounds),
        5..20 => uniform(seed, bounds),
        20..60 => swarm(seed, bounds),
        60..85 => targeted(seed, bounds),
        85..90 => swizzle(seed, bounds),
        90..95 => ladder(seed, bounds),
        _ => priority(seed, bounds),
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
        burst: Burst { begin: Chance::ppm(500), end: Chance::ppm(100_000), loss: Chance::ppm(900_000) },
        corruption: Chance::ppm(5_000),
        ..plan.network
    };
    plan.disk.repeat = Chance::ppm(50_000);
    for _ in 0..rng.below(bounds.faults_max / 2 + 1) {
        let trigger = some_instant(&mut rng, bounds);
        plan.faults.push((trigger, some_fault(&mut rng, bounds, plan.nodes, ALL_CLASSES)));
    }
    some_losses_of_disks(&mut plan, bounds, &mut rng);
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
    some_losses_of_disks(&mut plan, bounds, &mut rng);
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

/// All links of some nodes are clogged up one after the other, and freed in another order: the simulator of
/// `FoundationDB` found it good at deep trouble.
pub fn swizzle(seed: u64, bounds: &Bounds) -> Plan {
    let mut rng = Rng::new(seed).fork(SWIZZLE);
    let mut plan = base(seed, bounds, &mut rng);
    let wave = bounds.outage_max.min(bounds.safety / 2);
    let mut at = Duration::ZERO;
    while at < bounds.safety {
        let chosen: Vec<NodeId> = NodeSet::first(plan.nodes).iter().filter(|_| rng.below(2) == 0).collect();
        for node in chosen {
            let begin = whole(rng.span(Duration::ZERO..wave / 2));
            let end = whole(wave / 2 + rng.span(Duration::ZERO..wave / 2));
            let (from, to) = (NodeSet::EMPTY.with(node), NodeSet::first(plan.nodes).without(node));
            if to.is_empty() || plan.faults.len() as u64 == bounds.faults_max {
                return plan;
            }
            let clog = Fault::Clog { from, to, both: true, span: end.saturating_sub(begin) };
            plan.faults.push((Trigger::At(Time::ZERO + at + begin), clog));
        }
        at += wave + whole(some_part(&mut rng, wave));
    }
    plan
}

/// A mild plan in which from the n-th message of some node on, one link is held back until the safety phase is over: a
/// random scheduler with few priority changes, which finds each order of few events with a fair chance (Burckhardt et
/// al., *A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs*, 2010).
pub fn priority(seed: u64, bounds: &Bounds) -> Plan {
    let mut rng = Rng::new(seed).fork(PRIORITY);
    let mut plan = base(seed, bounds, &mut rng);
    for _ in 0..=rng.below(3) {
        let (from, to) = (some_node(&mut rng, plan.nodes), some_node(&mut rng, plan.nodes));
        let node = some_node(&mut rng, plan.nodes);
        let trigger = Trigger::AfterSend { node, nth: 1 + log_uniform(&mut rng, 0..8) };
        if from != to {
            plan.faults.push((trigger, clog(from, to, bounds.safety)));
        }
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
const SWIZZLE: u64 = 7;
const PRIORITY: u64 = 8;
