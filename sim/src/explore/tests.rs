//! What the search leaves out, put back.

use alloc::collections::BTreeSet;
use core::time::Duration;

use quorate_machine::{Effect, NodeId, Rng, Tag};

use super::{Breach, Explored, View, names::Names, turn::Stage};
use crate::{invariant::Step, plan::Plan, subject::Subject};

#[allow(
    dead_code,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    reason = "not ours to judge"
)]
#[path = "../../../machine/examples/register.rs"]
mod register;

struct Toy;

impl Subject for Toy {
    type Machine = register::Register;
    type App = ();

    fn config(&self, id: NodeId, plan: &Plan, (): &()) -> register::Config {
        let members = (1..=u64::from(plan.nodes)).map(NodeId).collect();
        register::Config { id, writer: NodeId(1), members, resend_after: Duration::from_millis(50) }
    }

    fn app(&self, _: NodeId, _: &Plan) {}

    fn command(&self, k: u64, _: &mut Rng) -> u64 {
        100 + k
    }

    fn tag_of(&self, event: &register::Event) -> Option<Tag> {
        match event {
            register::Event::Written { tag, .. } | register::Event::Refused { tag, .. } => Some(*tag),
        }
    }
}

impl Explored for Toy {
    /// How often somebody was told of a write.
    type Ghost = u8;

    fn check(&self, _: &View<'_, Self>, step: &Step<'_, Self>, written: &mut u8) -> Result<(), Breach> {
        let told = |effect: &_| matches!(effect, Effect::Emit(register::Event::Written { .. }));
        *written += u8::from(step.effects.iter().any(told));
        Ok(())
    }
}

/// What all nodes can be at once, with the ghost that it leaves, and how many states that takes.
fn reached(scope: &str, leave_out: bool) -> (BTreeSet<(Vec<u128>, u8)>, usize) {
    let scope = scope.parse().unwrap_or_else(|error| panic!("{scope}: {error}"));
    let mut stage = Stage::new(&Toy, &scope);
    let first = stage.begin().unwrap_or_else(|breach| panic!("{breach}"));
    let (mut visited, mut together, mut actions) = (Names::new(), BTreeSet::new(), Vec::new());
    let mut open = vec![first];
    while let Some(mut scene) = open.pop() {
        together.insert((scene.nodes.iter().map(|node| node.hash).collect(), scene.ghost));
        scene.actions(&mut actions);
        for action in actions.drain(..) {
            let change = stage.turn(&mut scene, action).unwrap_or_else(|breach| panic!("{breach}"));
            let void = leave_out && change.is_void(&scene, action);
            if !void && visited.insert(change.name) {
                open.push(change.made(&scene));
            }
        }
    }
    (together, visited.len())
}

#[test]
fn what_is_left_out_leads_nowhere_new() {
    for scope in ["nodes 3, commands 1, wakes 2, crashes 1", "nodes 3, commands 2, wakes 1, crashes 1"] {
        let (all, states) = reached(&format!("{scope}, duplicates 1, drops 2"), false);
        let (most, fewer) = reached(&format!("{scope}, duplicates 1"), true);
        assert!(fewer < states, "something is left out: {fewer} of {states}");
        assert!(all == most, "{} of {} states of all nodes together", most.len(), all.len());
    }
}
