//! What the speed of quorate-sim is measured on: its toy and Raft's cluster, as their tests have them.

use core::time::Duration;

use quorate_machine::{Chance, NodeId, Time};
use quorate_sim::{DiskPlan, NetworkPlan, Plan, PlannedCommand};

#[allow(missing_docs, missing_debug_implementations, reason = "a module of tests")]
#[allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "judged where it is at home")]
#[path = "../../../raft/tests/cluster/mod.rs"]
pub mod cluster;
#[allow(missing_docs, missing_debug_implementations, reason = "a module of tests")]
#[allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "judged where it is at home")]
#[path = "../../../sim/tests/toy/mod.rs"]
pub mod toy;

/// Five nodes, a network that loses and repeats a fiftieth of the messages, and a client that writes without end.
pub fn long_toy(commands: u32) -> Plan {
    let micros = Duration::from_micros;
    Plan {
        seed: 1,
        nodes: 5,
        network: NetworkPlan {
            latency: micros(100)..micros(500),
            loss: Chance::ppm(20_000),
            duplication: Chance::ppm(20_000),
            ..NetworkPlan::default()
        },
        disk: DiskPlan { sync: micros(100)..micros(300), ..DiskPlan::default() },
        safety: micros(1_000) * commands,
        commands: (0..commands)
            .map(|k| PlannedCommand { at: Time::ZERO + micros(1_000) * k, node: NodeId(1), k: k.into() })
            .collect(),
        ..Plan::default()
    }
}

/// Three nodes of Raft on the same network, a client at each that proposes or reads, checkpoints now and then.
pub fn long_raft(commands: u32) -> Plan {
    let Plan { network, disk, .. } = long_toy(0);
    let every = Duration::from_millis(2);
    Plan {
        // A seed whose applications take snapshots of every twelve entries and whose limits are wide.
        seed: 1_549,
        nodes: 3,
        network,
        disk: DiskPlan { checkpoint_every: 64, ..disk },
        safety: every * commands,
        commands: (0..commands)
            .map(|k| PlannedCommand {
                at: Time::ZERO + every * k,
                node: NodeId(1 + u64::from(k % 3)),
                k: k.into(),
            })
            .collect(),
        ..Plan::default()
    }
}
