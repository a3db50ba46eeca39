//! A machine that does nothing, and prints its messages in whatever way it is told to.

use core::{convert::Infallible, fmt, hash::Hasher};

use quickcheck::Gen;
use quorate_machine::{Durable, InputOf, Machine, NodeId, OutboxOf, Rng, Tag, Time};
use quorate_sim::{Plan, Subject, laws::Scripted};

/// The subject: how its messages print.
#[derive(Clone, Debug)]
pub struct Mute {
    pub shown: String,
}

#[derive(Clone, Debug)]
pub struct Idle;

#[derive(Clone)]
pub struct Said(String);

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Machine for Idle {
    type Message = Said;
    type Command = ();
    type Record = ();
    type Event = ();

    fn step(&mut self, _: Time, _: InputOf<Self>, _: &mut OutboxOf<Self>) {}

    fn deadline(&self) -> Option<Time> {
        None
    }

    fn digest(&self, _: &mut dyn Hasher) {}
}

impl Durable for Idle {
    type Config = ();
    type Image = ();
    type Error = Infallible;

    fn absorb((): &mut (), (): ()) -> Result<(), Infallible> {
        Ok(())
    }

    fn recover((): (), (): (), _: u64, _: Time) -> Result<Self, Infallible> {
        Ok(Self)
    }

    fn checkpoint(&self, _: &mut dyn FnMut(())) {}
}

impl Subject for Mute {
    type Machine = Idle;
    type App = ();

    fn config(&self, _: NodeId, _: &Plan, (): &()) {}

    fn app(&self, _: NodeId, _: &Plan) {}

    fn command(&self, _: u64, _: &mut Rng) {}

    fn tag_of(&self, (): &()) -> Option<Tag> {
        None
    }
}

impl Scripted for Mute {
    fn message(&self, _: &mut Gen, _: &Idle) -> Said {
        Said(self.shown.clone())
    }

    fn plausible_command(&self, _: &mut Gen, _: &Idle) {}

    fn effects_max(&self) -> usize {
        0
    }
}
