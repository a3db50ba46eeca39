use alloc::collections::VecDeque;

use quorate_machine::NodeId;

use crate::{
    fault::{Fault, Trigger, Who},
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
        let of = |wanted: &dyn Fn(Trigger) -> Option<u64>| {
            let counted = faults.iter().enumerate();
            let mut due: Vec<_> =
                counted.filter_map(|(at, (trigger, _))| Some((wanted(*trigger)?, at))).collect();
            due.sort_by(|a, b| b.cmp(a));
            Countdown(due)
        };
        let each = |wanted: &dyn Fn(Trigger, NodeId) -> Option<u64>| {
            (1..=nodes as u64).map(|id| of(&|trigger| wanted(trigger, NodeId(id)))).collect()
        };
        Self {
            persist: each(&|trigger, id| match trigger {
                Trigger::AfterPersist { node, nth } if node == id => Some(nth),
                _ => None,
            }),
            send: each(&|trigger, id| match trigger {
                Trigger::AfterSend { node, nth } if node == id => Some(nth),
                _ => None,
            }),
            event: each(&|trigger, id| match trigger {
                Trigger::AfterEvent { node, nth } if node == id => Some(nth),
                _ => None,
            }),
            leader: of(&|trigger| match trigger {
                Trigger::AfterLeader { nth } => Some(nth),
                _ => None,
            }),
            tripped: VecDeque::new(),
        }
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
        *self = Self {
            persist: vec![Countdown::default(); self.persist.len()],
            send: vec![Countdown::default(); self.send.len()],
            event: vec![Countdown::default(); self.event.len()],
            leader: Countdown::default(),
            tripped: VecDeque::new(),
        };
    }
}

impl Countdown {
    fn due(&self, count: u64) -> bool {
        self.0.last().is_some_and(|(nth, _)| *nth <= count)
    }

    fn trip(&mut self, plan: &Plan, at: usize, count: u64, tripped: &mut VecDeque<(usize, usize)>) -> bool {
        let mut ends_process = false;
        while let Some((nth, fault)) = self.0.last().copied().filter(|(nth, _)| *nth <= count) {
            self.0.pop();
            if nth == count {
                tripped.push_back((fault, at));
                ends_process |= is_crash_of(plan.faults[fault].1, at);
            }
        }
        ends_process
    }
}

fn is_crash_of(fault: Fault, at: usize) -> bool {
    match fault {
        Fault::Crash { who: Who::It, .. } => true,
        Fault::Crash { who: Who::Node(node), .. } => node.0 == at as u64 + 1,
        _ => false,
    }
}
