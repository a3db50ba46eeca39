use quorate_machine::Time;

use crate::{fault::Trigger, plan::Plan};

/// What a plan says will happen at a given instant, by its places in the plan: a run of millions of commands keeps four
/// bytes for each.
pub(crate) struct Agenda {
    /// Faults, then commands, counted through; the latest first.
    places: Vec<u32>,
}

#[derive(Clone, Copy)]
pub(crate) enum Planned {
    Fault(usize),
    Command(usize),
}

impl Agenda {
    pub(crate) fn new(plan: &Plan) -> Self {
        let all = u32::try_from(plan.faults.len() + plan.commands.len()).unwrap_or(u32::MAX);
        let mut places: Vec<u32> = (0..all).filter(|place| at(plan, *place).is_some()).collect();
        places.sort_by_key(|place| at(plan, *place));
        places.reverse();
        Self { places }
    }

    pub(crate) fn next_at(&self, plan: &Plan) -> Option<Time> {
        self.places.last().and_then(|place| at(plan, *place))
    }

    pub(crate) fn pop(&mut self, plan: &Plan) -> Option<Planned> {
        self.places.pop().map(|place| planned(plan, place))
    }
}

fn planned(plan: &Plan, place: u32) -> Planned {
    let place = place as usize;
    place.checked_sub(plan.faults.len()).map_or(Planned::Fault(place), Planned::Command)
}

/// When, if it is the clock that says so.
fn at(plan: &Plan, place: u32) -> Option<Time> {
    match planned(plan, place) {
        Planned::Command(command) => plan.commands.get(command).map(|command| command.at),
        Planned::Fault(fault) => match plan.faults.get(fault)?.0 {
            Trigger::At(at) => Some(at),
            Trigger::AfterPersist { .. }
            | Trigger::AfterSend { .. }
            | Trigger::AfterEvent { .. }
            | Trigger::AfterLeader { .. } => None,
        },
    }
}
