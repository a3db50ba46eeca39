//! What generators draw.

use core::{ops::Range, time::Duration};

use quorate_machine::{Chance, NodeId, Rng, Time};

use crate::{
    fault::{Fault, Loss, NodeSet, Trigger, Who},
    generate::Bounds,
    plan::{Burst, ClockPlan, DiskPlan, Expect, LinkPlan, NetworkPlan, Plan, PlannedCommand},
};

/// Everything but faults: size, speed, commands.
pub(super) fn base(seed: u64, bounds: &Bounds, rng: &mut Rng) -> Plan {
    let sizes = u64::from(bounds.nodes.end().saturating_sub(*bounds.nodes.start())) + 1;
    let nodes = bounds.nodes.start() + u8::try_from(rng.below(sizes)).unwrap_or(0);
    let quick = Duration::from_millis(1);
    Plan {
        seed,
        nodes,
        network: NetworkPlan { latency: quick..quick * 10, ..NetworkPlan::default() },
        links: Vec::new(),
        disk: DiskPlan { sync: quick..quick * 5, ..some_checkpoints(rng, bounds) },
        clocks: ClockPlan { offset: some_part(rng, bounds.offset_max), ..ClockPlan::default() },
        batching: Duration::ZERO..Duration::ZERO,
        safety: bounds.safety,
        liveness: bounds.liveness,
        faults: Vec::new(),
        commands: some_commands(rng, bounds, nodes),
        expect: Expect::Passed,
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

pub(super) fn swarm_rates(plan: &mut Plan, bounds: &Bounds, rng: &mut Rng) {
    let latency = some_part(rng, bounds.latency_max);
    let sync = some_part(rng, bounds.sync_max);
    let clocks = ClockPlan {
        offset: plan.clocks.offset,
        drift_ppm: if rng.below(2) == 0 { 0 } else { narrow(rng.below(u64::from(bounds.drift_ppm_max) + 1)) },
        lateness: if rng.below(2) == 0 { Duration::ZERO } else { some_part(rng, bounds.latency_max) },
    };
    plan.network = swarm_network(bounds, latency, rng);
    if rng.below(4) == 0 {
        for _ in 0..=rng.below(3) {
            let (from, to) = (some_node(rng, plan.nodes), some_node(rng, plan.nodes));
            let latency = some_part(rng, bounds.latency_max);
            plan.links.push(LinkPlan { from, to, network: swarm_network(bounds, latency, rng) });
        }
    }
    plan.disk.sync = whole(sync / 8)..sync;
    plan.disk.tell =
        Duration::ZERO..if rng.below(2) == 0 { Duration::ZERO } else { some_part(rng, bounds.sync_max) };
    plan.disk.repeat = some_rate(rng);
    plan.clocks = clocks;
    if rng.below(2) == 0 {
        plan.batching = Duration::ZERO..some_part(rng, bounds.latency_max);
    }
}

fn swarm_network(bounds: &Bounds, latency: Duration, rng: &mut Rng) -> NetworkPlan {
    let burst = Burst {
        begin: some_rate(rng),
        end: Chance::ppm(narrow(log_uniform(rng, 12..19))),
        loss: Chance::ALWAYS,
    };
    NetworkPlan {
        latency: whole(latency / 8)..latency,
        spike: some_rate(rng),
        spike_span: some_part(rng, bounds.safety),
        loss: some_rate(rng),
        duplication: some_rate(rng),
        replay: some_rate(rng),
        replay_span: some_part(rng, bounds.safety),
        fifo: rng.below(4) == 0,
        burst: if rng.below(2) == 0 { Burst::default() } else { burst },
        capacity: if rng.below(4) == 0 { narrow(log_uniform(rng, 0..7)) } else { 0 },
        corruption: some_rate(rng),
    }
}

pub(super) const ALL_CLASSES: u64 = u64::MAX;

/// A fault of one of the classes whose bit is set; a crash if none is.
pub(super) fn some_fault(rng: &mut Rng, bounds: &Bounds, nodes: u8, classes: u64) -> Fault {
    let class = rng.below(9);
    let (node, other) = (some_node(rng, nodes), some_node(rng, nodes));
    let span = some_part(rng, bounds.outage_max);
    let who = Who::Node(node);
    match if classes >> class & 1 == 1 { class } else { 0 } {
        1 => Fault::Pause { who, span },
        2 => some_partition(rng, nodes, who, span),
        3 => Fault::Isolate { who, span },
        4 if node != other => clog(node, other, span),
        5 => Fault::Jump { who, by: span, back: false },
        6 => Fault::Jump { who, by: span, back: true },
        7 => Fault::Slow { who, by: some_part(rng, bounds.sync_max * 4), span },
        8 => Fault::Full { who, span },
        _ => Fault::Crash { who, down: span, loss: some_loss(rng, bounds) },
    }
}

pub(super) fn clog(from: NodeId, to: NodeId, span: Duration) -> Fault {
    Fault::Clog { from: NodeSet::EMPTY.with(from), to: NodeSet::EMPTY.with(to), both: false, span }
}

/// Two sides, one-way or not; in one of three cases with a bridge: a node on neither side, which sees both.
fn some_partition(rng: &mut Rng, nodes: u8, who: Who, span: Duration) -> Fault {
    let all = NodeSet::first(nodes);
    let bridge = some_node(rng, nodes);
    let from: NodeSet = all.iter().filter(|_| rng.below(2) == 0).collect();
    let to: NodeSet = all.iter().filter(|node| !from.contains(*node)).collect();
    let (from, to) = if rng.below(3) == 0 { (from.without(bridge), to.without(bridge)) } else { (from, to) };
    if from.is_empty() || to.is_empty() {
        return Fault::Isolate { who, span };
    }
    Fault::Cut { from, to, both: rng.below(2) == 0, span }
}

/// In one of four plans some disks are wiped or damaged, never more than the bounds and a minority allow.
pub(super) fn some_losses_of_disks(plan: &mut Plan, bounds: &Bounds, rng: &mut Rng) {
    let most = bounds.disks_lost_max.min(plan.nodes.saturating_sub(1) / 2);
    if most == 0 || rng.below(4) > 0 {
        return;
    }
    let mut healthy = NodeSet::first(plan.nodes);
    for _ in 0..=rng.below(u64::from(most)) {
        let nth = usize::try_from(rng.below(healthy.len() as u64)).unwrap_or(0);
        let Some(node) = healthy.iter().nth(nth) else { return };
        healthy = healthy.without(node);
        let (who, at) = (Who::Node(node), some_instant(rng, bounds));
        match rng.below(3) {
            0 => plan.faults.push((at, Fault::Wipe { who, down: some_part(rng, bounds.outage_max) })),
            damage => {
                let fault = if damage == 1 { Fault::Rot { who } } else { Fault::Misdirect { who } };
                plan.faults.push((at, fault));
                // Damage lies in wait for the next start.
                let (down, loss) = (some_part(rng, bounds.outage_max), some_loss(rng, bounds));
                plan.faults.push((some_instant(rng, bounds), Fault::Crash { who, down, loss }));
            }
        }
    }
}

/// A crash, in four of six cases, of whoever set it off.
pub(super) fn fault_of_it(rng: &mut Rng, bounds: &Bounds) -> Fault {
    let span = some_part(rng, bounds.outage_max);
    match rng.below(6) {
        0 => Fault::Isolate { who: Who::It, span },
        1 => Fault::Pause { who: Who::It, span },
        _ => Fault::Crash { who: Who::It, down: span, loss: some_loss(rng, bounds) },
    }
}

fn some_loss(rng: &mut Rng, bounds: &Bounds) -> Loss {
    match rng.below(8) {
        0 | 1 => Loss::Nothing,
        2 => Loss::Suffix,
        3 => Loss::Torn,
        4 => Loss::Pages,
        5 if bounds.subsets => Loss::Subset,
        _ => Loss::All,
    }
}

pub(super) fn some_instant(rng: &mut Rng, bounds: &Bounds) -> Trigger {
    Trigger::At(Time::ZERO + whole(rng.span(Duration::ZERO..bounds.safety)))
}

pub(super) fn some_node(rng: &mut Rng, nodes: u8) -> NodeId {
    NodeId(1 + rng.below(u64::from(nodes)))
}

/// Off in half of all cases, otherwise from 64 parts per million to 13 %.
fn some_rate(rng: &mut Rng) -> Chance {
    let rate = log_uniform(rng, 6..18);
    if rng.below(2) == 0 { Chance::NEVER } else { Chance::ppm(narrow(rate)) }
}

/// Of every magnitude from a thousandth of the whole to all of it.
pub(super) fn some_part(rng: &mut Rng, all: Duration) -> Duration {
    let parts = narrow(1 + log_uniform(rng, 0..10)).min(1_000);
    whole(all * parts / 1_000).max(Duration::from_micros(1)).min(all)
}

/// A number of a uniformly drawn magnitude: from `2^start` to below `2^end`.
pub(super) fn log_uniform(rng: &mut Rng, bits: Range<u64>) -> u64 {
    let low = 1 << (bits.start + rng.below(bits.end - bits.start));
    low + rng.below(low)
}

/// In whole microseconds, so that plans are read with ease.
pub(super) fn whole(span: Duration) -> Duration {
    Duration::from_micros(u64::try_from(span.as_micros()).unwrap_or(u64::MAX))
}

fn narrow(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
