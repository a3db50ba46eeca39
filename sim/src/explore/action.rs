use alloc::rc::Rc;

use super::{
    Explored,
    scene::{Due, Node, Scene, Slow},
};

/// One thing that may happen next. Nodes, letters and records by their place in the scene: a play is a list of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Wake {
        node: u8,
        at_once: bool,
    },
    Deliver {
        letter: u16,
    },
    Copy {
        letter: u16,
    },
    Drop {
        letter: u16,
    },
    Persisted {
        node: u8,
        records: u16,
    },
    Submit {
        node: u8,
    },
    Answer {
        node: u8,
        nth: u16,
    },
    Crash {
        node: u8,
        kept: u16,
    },
    /// A node is slow to wake, or its disk is slow.
    Delay {
        node: u8,
        disk: bool,
    },
}

/// Places beyond what fits are none that a scope can reach: it would have to hold 65,535 different letters at once.
fn short(place: usize) -> u16 {
    u16::try_from(place).unwrap_or(u16::MAX)
}

impl<S: Explored> Scene<S> {
    /// Everything that may happen next, in an order that depends on nothing else.
    pub(super) fn actions(&self, list: &mut Vec<Action>) {
        list.clear();
        if let Some(delays) = self.left.delays {
            let mut nodes = (0_u8..).zip(&self.nodes);
            if let Some((at, node)) = nodes.find(|(_, node)| node.prompt() != Slow::default()) {
                return self.at_once(at, node, delays, list);
            }
        }
        for (at, node) in (0_u8..).zip(&self.nodes) {
            if node.due() == Due::Later && self.left.wakes > 0 {
                list.push(Action::Wake { node: at, at_once: false });
            }
            own(at, node, list);
            list.extend((0..node.wanted.len()).map(|nth| Action::Answer { node: at, nth: short(nth) }));
        }
        for letter in 0..self.in_flight.len() {
            let letter = short(letter);
            list.push(Action::Deliver { letter });
            if self.left.duplicates > 0 {
                list.push(Action::Copy { letter });
            }
            if self.left.drops > 0 {
                list.push(Action::Drop { letter });
            }
        }
        if self.left.commands > 0 {
            list.extend((0_u8..).zip(&self.nodes).map(|(node, _)| Action::Submit { node }));
        }
        for (at, node) in (0_u8..).zip(&self.nodes) {
            self.crashes(at, node, list);
        }
    }

    /// All that may happen while a node is about to do something at once. Nodes take turns: what two of them do at once
    /// comes to the same in any order.
    fn at_once(&self, at: u8, node: &Rc<Node<S>>, delays: u8, list: &mut Vec<Action>) {
        own(at, node, list);
        self.crashes(at, node, list);
        if delays > 0 {
            let Slow { wake, disk } = node.prompt();
            list.extend(wake.then_some(Action::Delay { node: at, disk: false }));
            list.extend(disk.then_some(Action::Delay { node: at, disk: true }));
        }
    }

    /// A crash for every prefix of the unsynced records.
    fn crashes(&self, at: u8, node: &Rc<Node<S>>, list: &mut Vec<Action>) {
        if self.left.crashes > 0 {
            let kept = 0..=node.unsynced.len();
            list.extend(kept.map(|kept| Action::Crash { node: at, kept: short(kept) }));
        }
    }
}

/// What the node may do by itself: wake at once, or hear from its disk.
fn own<S: Explored>(at: u8, node: &Rc<Node<S>>, list: &mut Vec<Action>) {
    if node.due() == Due::AtOnce {
        list.push(Action::Wake { node: at, at_once: true });
    }
    let mut later = node.unsynced.iter().skip(1).map(|(ticket, _)| *ticket);
    for (nth, (ticket, _)) in node.unsynced.iter().enumerate() {
        // An acknowledgement covers every record under its ticket.
        let next = later.next().flatten();
        if ticket.is_some() && next != *ticket {
            list.push(Action::Persisted { node: at, records: short(nth + 1) });
        }
    }
}
