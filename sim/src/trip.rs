use alloc::collections::VecDeque;

use crate::{
    fault::{Fault, Trigger, Who},
    node::place,
    plan::Plan,
};

/// The faults that wait for an event, and those that one has just set off.
pub(crate) struct Trips {
    persist: Vec<Countdown>,
    send: Vec<Countdown>,
    event: Vec<Countdown>,
    leader: Countdown,
    /// Which fault, and who set it off.
    tripped: VecDeque<(usize, usize)>,
}

/// The counts at which faults strike, the next one last.
#[derive(Clone, Default)]
struct Countdown(Vec<(u64, usize)>);

impl Trips {
    pub(crate) fn new(faults: &[(Trigger, Fault)], nodes: usize) -> Self {
        let mut trips = Self::untriggered(nodes);
        for (fault, (trigger, _)) in faults.iter().enumerate() {
            let (countdown, nth) = match *trigger {
                Trigger::At(_) => continue,
                Trigger::AfterPersist { node, nth } => (trips.persist.get_mut(place(node)), nth),
                Trigger::AfterSend { node, nth } => (trips.send.get_mut(place(node)), nth),
                Trigger::AfterEvent { node, nth } => (trips.event.get_mut(place(node)), nth),
                Trigger::AfterLeader { nth } => (Some(&mut trips.leader), nth),
            };
            if let Some(Countdown(due)) = countdown {
                due.push((nth, fault));
            }
        }
        let each = trips.persist.iter_mut().chain(&mut trips.send).chain(&mut trips.event);
        for Countdown(due) in each.chain([&mut trips.leader]) {
            due.sort_by(|a, b| b.cmp(a));
        }
        trips
    }

    fn untriggered(nodes: usize) -> Self {
        let none = || vec![Countdown::default(); nodes];
        let (persist, send, event) = (none(), none(), none());
        Self { persist, send, event, leader: Countdown::default(), tripped: VecDeque::new() }
    }

    /// Notes what the node's n-th record sets off; whether that ends the node's process at once.
    pub(crate) fn on_persist(&mut self, plan: &Plan, at: usize, count: u64) -> bool {
        let due = self.persist[at].due(count);
        due && self.persist[at].trip(plan, at, count, &mut self.tripped)
    }

    /// The same for the node's n-th message.
    pub(crate) fn on_send(&mut self, plan: &Plan, at: usize, count: u64) -> bool {
        let due = self.send[at].due(count);
        due && self.send[at].trip(plan, at, count, &mut self.tripped)
    }

    /// The same for the node's n-th event.
    pub(crate) fn on_event(&mut self, plan: &Plan, at: usize, count: u64) -> bool {
        let due = self.event[at].due(count);
        due && self.event[at].trip(plan, at, count, &mut self.tripped)
    }

    /// The same for the n-th leader; its process lives until its step is over.
    pub(crate) fn on_leader(&mut self, plan: &Plan, at: usize, count: u64) {
        self.leader.trip(plan, at, count, &mut self.tripped);
    }

    pub(crate) fn any(&self) -> bool {
        !self.tripped.is_empty()
    }

    pub(crate) fn next(&mut self) -> Option<(usize, usize)> {
        self.tripped.pop_front()
    }

    /// From now on nothing sets off anything.
    pub(crate) fn disarm(&mut self) {
        *self = Self::untriggered(self.persist.len());
    }
}

impl Countdown {
    fn due(&self, count: u64) -> bool {
        self.0.last().is_some_and(|(nth, _)| *nth <= count)
    }

    fn trip(&mut self, plan: &Plan, at: usize, count: u64, tripped: &mut VecDeque<(usize, usize)>) -> bool {
        let mut ends_process = false;
        while let Some((_, fault)) = self.0.last().copied().filter(|(nth, _)| *nth <= count) {
            self.0.pop();
            tripped.push_back((fault, at));
            ends_process |= is_crash_of(plan.faults[fault].1, at);
        }
        ends_process
    }
}

fn is_crash_of(fault: Fault, at: usize) -> bool {
    let Fault::Crash { who, .. } = fault else { return false };
    match who {
        Who::It => true,
        Who::Node(node) => place(node) == at,
    }
}
