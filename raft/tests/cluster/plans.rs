//! Plans: what the simulator offers, and shapes of trouble that are Raft's own.

use core::time::Duration;

use quorate_machine::{Chance, NodeId, Rng, Time};
use quorate_sim::{Bounds, Fault, Loss, NodeSet, Plan, Trigger, Who, generate};

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

/// Some nodes are cut off, and the clocks of the others leap so that they elect at once: a leader among those who were cut off
/// believes in itself for an election timeout more, and those with it believe it.
pub fn leaps(seed: u64) -> Plan {
    let mut rng = Rng::new(seed).fork(0x6c65_6170);
    let mut plan = generate::calm(seed, &Bounds { commands_max: 400, nodes: 3..=5, ..churn() });
    let period = Duration::from_millis(400 + rng.below(800));
    let mut at = period;
    while at < plan.safety {
        let lonely = NodeId(1 + rng.below(u64::from(plan.nodes)));
        let friend = NodeId(1 + rng.below(u64::from(plan.nodes)));
        let from = NodeSet::EMPTY.with(lonely).with(friend);
        let to = from.iter().fold(NodeSet::first(plan.nodes), NodeSet::without);
        let span = rng.span(period / 4..period);
        plan.faults.push((Trigger::At(Time::ZERO + at), Fault::Cut { from, to, both: true, span }));
        for node in to.iter() {
            let by = rng.span(Duration::from_millis(250)..Duration::from_millis(600));
            let soon = Trigger::At(Time::ZERO + at + Duration::from_millis(5));
            plan.faults.push((soon, Fault::Jump { who: Who::Node(node), by, back: false }));
        }
        at += period;
    }
    plan
}

/// Disks that may take longer than an election, while leaders come and go: what is written for one leader is still on its
/// way when the next one writes something else. No cluster need make progress with such disks.
pub fn mire(seed: u64) -> Plan {
    let mut rng = Rng::new(seed).fork(0x6d69_7265);
    let mut plan = if rng.below(2) == 0 { tides(seed) } else { leaps(seed) };
    let slowest = Duration::from_millis(50 + rng.below(700));
    plan.disk.sync = Duration::from_millis(1)..slowest;
    plan.disk.tell = Duration::ZERO..rng.span(Duration::from_millis(1)..slowest);
    plan.liveness = Duration::ZERO;
    plan
}

/// Processes that end and start again at once, over and over, while what they said and were told in their former lives is
/// still on its way.
pub fn mayflies(seed: u64) -> Plan {
    let mut rng = Rng::new(seed).fork(0x6d61_7966);
    let mut plan = generate::calm(seed, &Bounds { commands_max: 300, ..churn() });
    plan.network.replay = Chance::ppm(100_000);
    plan.network.replay_span = rng.span(Duration::from_millis(5)..Duration::from_millis(300));
    let life = Duration::from_millis(30 + rng.below(200));
    let mut at = life;
    while at < plan.safety {
        let who = Who::Node(NodeId(1 + rng.below(u64::from(plan.nodes))));
        let (down, loss) = (rng.span(Duration::from_millis(1)..Duration::from_millis(10)), Loss::All);
        plan.faults.push((Trigger::At(Time::ZERO + at), Fault::Crash { who, down, loss }));
        at += life;
    }
    plan
}

/// A seventh each: what the simulator offers, the same with many short faults, and the shapes of trouble above.
pub fn plan(seed: u64) -> Plan {
    match seed % 7 {
        0 => generate::mix(seed, &bounds()),
        1 => generate::mix(seed, &churn()),
        2 => tides(seed),
        3 => siege(seed),
        4 => leaps(seed),
        5 => mire(seed),
        _ => mayflies(seed),
    }
}
