//! What plans and faults are made of, in one place: a new field or fault is a line or two here.

use core::{iter, ops::Range, time::Duration};

use quorate_machine::{Chance, NodeId, Time};

use crate::{
    fault::{Fault, NodeSet, Trigger, Who},
    plan::{Burst, Plan},
};

/// What a fault names.
pub(super) enum Part<'a> {
    Who(&'a mut Who),
    Nodes(&'a mut NodeSet),
    Span(&'a mut Duration),
}

pub(super) fn parts(fault: &mut Fault) -> Vec<Part<'_>> {
    match fault {
        Fault::Crash { who, down: span, loss: _ }
        | Fault::Wipe { who, down: span }
        | Fault::Pause { who, span }
        | Fault::Full { who, span }
        | Fault::Isolate { who, span }
        | Fault::Jump { who, by: span, back: _ } => vec![Part::Who(who), Part::Span(span)],
        Fault::Slow { who, by, span } => vec![Part::Who(who), Part::Span(by), Part::Span(span)],
        Fault::Rot { who } | Fault::Misdirect { who } => vec![Part::Who(who)],
        Fault::Cut { from, to, both: _, span } | Fault::Clog { from, to, both: _, span } => {
            vec![Part::Nodes(from), Part::Nodes(to), Part::Span(span)]
        }
    }
}

/// Something that can be smaller.
pub(super) enum Quantity<'a> {
    Span(&'a mut Duration),
    /// Of a message or a sync: without any, causes and effects fall on one instant, and sound machines may spin there.
    Delay(&'a mut Duration),
    Instant(&'a mut Time),
    /// Which record, message, event or leader; at least 1.
    Nth(&'a mut u64),
}

/// Every span, instant and count of the plan. A stuck plan keeps its time to recover.
pub(super) fn quantities(plan: &mut Plan, is_stuck: bool) -> Vec<Quantity<'_>> {
    let Plan {
        seed: _,
        nodes: _,
        network,
        links,
        disk,
        clocks,
        batching,
        safety,
        liveness,
        faults,
        commands,
        expect: _,
    } = plan;
    let mut all = Vec::new();
    for (trigger, fault) in faults {
        all.push(match trigger {
            Trigger::At(at) => Quantity::Instant(at),
            Trigger::AfterPersist { nth, .. }
            | Trigger::AfterSend { nth, .. }
            | Trigger::AfterEvent { nth, .. }
            | Trigger::AfterLeader { nth } => Quantity::Nth(nth),
        });
        all.extend(parts(fault).into_iter().filter_map(|part| match part {
            Part::Span(span) => Some(Quantity::Span(span)),
            Part::Who(_) | Part::Nodes(_) => None,
        }));
    }
    all.extend(commands.iter_mut().map(|command| Quantity::Instant(&mut command.at)));
    let mut delays = vec![&mut disk.sync];
    for network in iter::once(network).chain(links.iter_mut().map(|link| &mut link.network)) {
        delays.push(&mut network.latency);
        all.extend([&mut network.spike_span, &mut network.replay_span].map(Quantity::Span));
    }
    all.extend(delays.into_iter().flat_map(|Range { start, end }| [start, end]).map(Quantity::Delay));
    let ranges = [&mut disk.tell, &mut disk.checkpoint, batching];
    all.extend(ranges.into_iter().flat_map(|Range { start, end }| [start, end]).map(Quantity::Span));
    let spans = [&mut clocks.offset, &mut clocks.lateness];
    all.extend(spans.into_iter().map(Quantity::Span));
    all.push(Quantity::Span(safety));
    if !is_stuck {
        all.push(Quantity::Span(liveness));
    }
    all
}

/// Whether every range of the plan has its start before its end.
pub(super) fn is_sound(plan: &Plan) -> bool {
    let Plan { network, links, disk, batching, .. } = plan;
    let ranges = [&network.latency, &disk.sync, &disk.tell, &disk.checkpoint, batching];
    let links = links.iter().map(|link| &link.network.latency);
    ranges.into_iter().chain(links).all(|range| range.start <= range.end)
}

/// Each switches one thing off, or makes it the same for all.
pub(super) const CALMINGS: &[fn(&mut Plan)] = &[
    |plan| plan.network.loss = Chance::NEVER,
    |plan| plan.network.duplication = Chance::NEVER,
    |plan| (plan.network.replay, plan.network.replay_span) = (Chance::NEVER, Duration::ZERO),
    |plan| (plan.network.spike, plan.network.spike_span) = (Chance::NEVER, Duration::ZERO),
    |plan| plan.network.latency = constant(&plan.network.latency),
    |plan| plan.network.fifo = false,
    |plan| plan.network.burst = Burst::default(),
    |plan| plan.network.capacity = 0,
    |plan| plan.network.corruption = Chance::NEVER,
    |plan| plan.disk.sync = constant(&plan.disk.sync),
    |plan| plan.disk.tell = Duration::ZERO..Duration::ZERO,
    |plan| plan.disk.repeat = Chance::NEVER,
    |plan| (plan.disk.checkpoint_every, plan.disk.checkpoint) = (0, Duration::ZERO..Duration::ZERO),
    |plan| plan.clocks.offset = Duration::ZERO,
    |plan| plan.clocks.drift_ppm = 0,
    |plan| plan.clocks.lateness = Duration::ZERO,
    |plan| plan.batching = Duration::ZERO..Duration::ZERO,
];

fn constant(delay: &Range<Duration>) -> Range<Duration> {
    let delay = delay.start.max(DELAY_MIN);
    delay..delay
}

/// The shortest delay that delays are shortened to.
pub(super) const DELAY_MIN: Duration = Duration::from_millis(1);

/// The nodes that the fault names.
pub(super) fn named(mut fault: Fault) -> NodeSet {
    let mut named = NodeSet::EMPTY;
    for part in parts(&mut fault) {
        match part {
            Part::Who(Who::Node(node)) => named = named.with(*node),
            Part::Nodes(nodes) => named = named.iter().chain(nodes.iter()).collect(),
            Part::Who(Who::It) | Part::Span(_) => {}
        }
    }
    named
}

/// The plan without the node: those behind it move up, and what was about it alone goes.
pub(super) fn without_node(plan: &Plan, gone: NodeId) -> Plan {
    let mut smaller = plan.clone();
    smaller.nodes = plan.nodes.saturating_sub(1);
    smaller.faults.retain_mut(|(trigger, fault)| {
        move_trigger(trigger, gone) && parts(fault).into_iter().all(|part| move_part(part, gone))
    });
    smaller.links.retain_mut(|link| move_up(&mut link.from, gone) && move_up(&mut link.to, gone));
    smaller.commands.retain_mut(|command| move_up(&mut command.node, gone));
    smaller
}

fn move_trigger(trigger: &mut Trigger, gone: NodeId) -> bool {
    match trigger {
        Trigger::AfterPersist { node, .. }
        | Trigger::AfterSend { node, .. }
        | Trigger::AfterEvent { node, .. } => move_up(node, gone),
        Trigger::At(_) | Trigger::AfterLeader { .. } => true,
    }
}

fn move_part(part: Part<'_>, gone: NodeId) -> bool {
    match part {
        Part::Who(Who::Node(node)) => move_up(node, gone),
        Part::Nodes(nodes) => {
            let moved = nodes.without(gone).iter().map(|mut node| {
                move_up(&mut node, gone);
                node
            });
            *nodes = moved.collect();
            !nodes.is_empty()
        }
        Part::Who(Who::It) | Part::Span(_) => true,
    }
}

/// Says whether the node is still there.
fn move_up(node: &mut NodeId, gone: NodeId) -> bool {
    let stays = *node != gone;
    if *node > gone {
        node.0 -= 1;
    }
    stays
}
