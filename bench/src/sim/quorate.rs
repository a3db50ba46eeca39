//! The race in quorate-sim.

use core::time::Duration;

use quorate_machine::{NodeId, Rng, Tag};
use quorate_sim::{Answers, App, DiskPlan, NetworkPlan, Plan, Run, Subject, Verdict};

use crate::sim::{
    Held, Outcome, Race, Shelf, ShelfConfig,
    race::LATENCY,
    shelf::{first_writes, next_write, tag_of},
    subjects::toy::register::Event,
};

/// Runs the race. Nothing is checked on the way but what the simulator always checks: turmoil has no invariants.
pub(crate) fn run(race: Race) -> Outcome {
    let at_once = Duration::ZERO..Duration::ZERO;
    let plan = Plan {
        seed: 1,
        nodes: race.nodes,
        network: NetworkPlan { latency: LATENCY..LATENCY, ..NetworkPlan::default() },
        disk: DiskPlan { sync: at_once, ..DiskPlan::default() },
        safety: Duration::from_secs(1_000_000),
        liveness: Duration::ZERO,
        ..Plan::default()
    };
    let report = Run::new(&race, &plan).without_history().go();
    assert_eq!(report.verdict, Verdict::Passed, "{race:?}");
    Outcome { writes: report.counters.told, messages: report.counters.delivered }
}

/// The clients of one node: all of them are beside n1.
#[derive(Debug)]
pub struct Clients {
    race: Race,
    writes: bool,
}

impl App<Shelf> for Clients {
    type Op = ();

    fn on_start(&mut self, answers: &mut Answers<'_, Held<u64>, ()>) {
        if self.writes {
            for write in first_writes(self.race.registers) {
                answers.submit(write);
            }
        }
    }

    fn on_event(&mut self, event: &Held<Event>, answers: &mut Answers<'_, Held<u64>, ()>) {
        if let Some(write) = next_write(event, self.race.writes) {
            answers.submit(write);
        }
    }
}

impl Subject for Race {
    type Machine = Shelf;
    type App = Clients;

    fn config(&self, id: NodeId, plan: &Plan, _: &Clients) -> ShelfConfig {
        ShelfConfig { id, nodes: plan.nodes, registers: self.registers }
    }

    fn app(&self, id: NodeId, _: &Plan) -> Clients {
        Clients { race: *self, writes: id == NodeId(1) }
    }

    fn command(&self, k: u64, _: &mut Rng) -> Held<u64> {
        Held { place: 0, what: k }
    }

    fn tag_of(&self, event: &Held<Event>) -> Option<Tag> {
        Some(tag_of(event))
    }
}
