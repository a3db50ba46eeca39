//! Faults that strike when something happens, rather than at an instant.

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use quorate_machine::{NodeId, Time};

use crate::{
    fault::Trigger,
    node::place,
    recording::Recorder,
    shrink::{parts::named, search::Search},
    subject::Subject,
    world::World,
};

/// How many records, events and messages of a node there were.
#[derive(Clone, Copy)]
struct Done {
    persists: u64,
    events: u64,
    sends: u64,
}

impl<S: Subject> Search<'_, S> {
    /// Strikes after what a node of the fault did last before, or did next.
    pub(super) fn prefer_moments(&mut self) {
        for fault in 0..self.best.faults.len() {
            let Some((Trigger::At(at), what)) = self.best.faults.get(fault).copied() else { continue };
            let done = self.done_before(at);
            let moments = named(what).iter().filter_map(|node| Some((node, *done.get(place(node))?)));
            for trigger in moments.flat_map(|(node, done)| done.moments(node)) {
                let mut candidate = self.best.clone();
                if let Some(planned) = candidate.faults.get_mut(fault) {
                    planned.0 = trigger;
                }
                if self.keep(&candidate) {
                    break;
                }
            }
        }
    }

    /// What every node had done shortly before that instant.
    fn done_before(&self, at: Time) -> Vec<Done> {
        let mut world = World::new(self.subject, &self.best, Recorder::new(0), None);
        let end = Time::from_nanos(at.as_nanos().saturating_sub(1));
        // Where the play ends early, what was done until then is as good a guess.
        let _ = catch_unwind(AssertUnwindSafe(|| world.begin().and_then(|()| world.run_until(end))));
        let done = world.nodes.iter();
        done.map(|node| Done { persists: node.persists, events: node.events, sends: node.sends }).collect()
    }
}

impl Done {
    fn moments(self, node: NodeId) -> impl Iterator<Item = Trigger> {
        [0, 1]
            .into_iter()
            .flat_map(move |next| {
                [
                    (self.persists + next, Trigger::AfterPersist { node, nth: self.persists + next }),
                    (self.events + next, Trigger::AfterEvent { node, nth: self.events + next }),
                    (self.sends + next, Trigger::AfterSend { node, nth: self.sends + next }),
                ]
            })
            .filter_map(|(nth, trigger)| (nth > 0).then_some(trigger))
    }
}
