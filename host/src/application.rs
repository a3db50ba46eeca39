use std::collections::VecDeque;

use quorate_machine::{Durable, Machine, Tag, Time};
use quorate_wire::Codec;

/// What stands around a machine: it hears the machine's events, and answers those that ask for something.
///
/// All its methods run in the event loop, between steps, one at a time: they must not block.
pub trait Application {
    /// The machine it stands around.
    type Machine: Durable;
    /// How messages and records become bytes; [`Postcard`](quorate_wire::Postcard) unless there is a reason.
    type Codec: Codec<<Self::Machine as Machine>::Message> + Codec<<Self::Machine as Machine>::Record>;

    /// Something happened. Called once per event, in the order they were emitted.
    fn on_event(
        &mut self,
        now: Time,
        event: <Self::Machine as Machine>::Event,
        commands: &mut Commands<<Self::Machine as Machine>::Command>,
    );

    /// The loop has done all it could for now: the moment to send off what events made ready, in one go.
    fn on_turn_end(&mut self) {}

    /// Whether someone still waits for an answer. A stopping host goes on, up to
    /// [`Limits::drain_max`](crate::Limits::drain_max), until nobody does.
    fn has_pending(&self) -> bool {
        false
    }
}

/// Commands on their way to the machine from inside the loop. They are stepped in order, before anything that waits
/// outside.
#[derive(Debug)]
pub struct Commands<C> {
    waiting: VecDeque<(Tag, C)>,
}

impl<C> Commands<C> {
    pub(crate) const fn new() -> Self {
        Self { waiting: VecDeque::new() }
    }

    /// Submits a command. The machine will emit exactly one event with this tag; tags are the application's to choose.
    pub fn submit(&mut self, tag: Tag, command: C) {
        self.waiting.push_back((tag, command));
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn pop(&mut self) -> Option<(Tag, C)> {
        self.waiting.pop_front()
    }
}
