//! Plans: what the simulator offers, and shapes of trouble that are Raft's own.

use core::time::Duration;

use quorate_machine::{Chance, NodeId, Rng, Time};
use quorate_sim::{Bounds, Fault, NodeSet, Plan, Trigger, Who, generate};

pub fn bounds() -> Bounds {
    Bounds { nodes: 1..=5, ..Bounds::default() }
}

/// Many short faults and quick nodes: leaders come and go while clients keep asking.
pub fn churn() -> Bounds {
    Bounds {
        nodes: 3..=5,
        commands_max: 120,
        outage_max: Duration::from_millis(300),
        latency_max: Duration::from_millis(15),
        sync_max: Duration::from_millis(15),
        faults_max: 60,
        ..Bounds::default()
    }
}

/// Partitions of every shape, one after the other and each long enough for an election on one side, while clients ask
/// everywhere: what is not replicated piles up on old leaders, who then meet new ones. Clocks run at such different speeds
/// that no promise about time holds.
pub fn tides(seed: u64) -> Plan {
    let mut rng = Rng::new(seed).fork(0x7469_6465);
    let mut plan = generate::uniform(seed, &Bounds { faults_max: 6, commands_max: 300, ..churn() });
    plan.clocks.drift_ppm = u32::try_from(rng.below(500_000)).unwrap_or(0);
    let tide = Duration::from_millis(80 + rng.below(1_400));
    let mut at = tide;
    while at < plan.safety {
        let side: NodeSet = NodeSet::first(plan.nodes).iter().filter(|_| rng.below(2) == 0).collect();
        let rest: NodeSet = NodeSet::first(plan.nodes).iter().filter(|node| !side.contains(*node)).collect();
        if !side.is_empty() && !rest.is_empty() {
            let span = rng.span(tide / 2..tide);
            plan.faults
                .push((Trigger::At(Time::ZERO + at), Fault::Cut { from: side, to: rest, both: true, span }));
        }
        at += tide;
    }
    plan
}

/// One node after the other is cut off, in some plans every new leader, while clients ask everywhere: a leader whose clock is
/// slow goes on believing in itself, and comes back with a long log of its own. Old messages come back as well.
pub fn siege(seed: u64) -> Plan {
    let mut rng = Rng::new(seed).fork(0x7369_6567);
    let mut plan = generate::calm(seed, &Bounds { commands_max: 400, nodes: 3..=4, ..churn() });
    plan.clocks.drift_ppm = u32::try_from(rng.below(450_000)).unwrap_or(0);
    if rng.below(2) == 0 {
        plan.network.replay = Chance::ppm(100_000);
        plan.network.replay_span = rng.span(Duration::from_millis(50)..Duration::from_secs(1));
    }
    if rng.below(3) == 0 {
        for nth in 1..=8 {
            let span = rng.span(Duration::from_millis(300)..Duration::from_millis(1_200));
            plan.faults.push((Trigger::AfterLeader { nth }, Fault::Isolate { who: Who::It, span }));
        }
    }
    let period = Duration::from_millis(300 + rng.below(700));
    let pause = period * u32::try_from(rng.below(2)).unwrap_or(0);
    let mut at = period;
    while at < plan.safety {
        let who = Who::Node(NodeId(1 + rng.below(u64::from(plan.nodes))));
        plan.faults.push((Trigger::At(Time::ZERO + at), Fault::Isolate { who, span: period }));
        at += period + pause;
    }
    plan
}

/// A quarter each: what the simulator offers, the same with many short faults, partitions, and leaders cut off.
pub fn plan(seed: u64) -> Plan {
    match seed % 4 {
        0 => generate::mix(seed, &bounds()),
        1 => generate::mix(seed, &churn()),
        2 => tides(seed),
        _ => siege(seed),
    }
}
