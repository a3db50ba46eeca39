use std::collections::{BTreeSet, VecDeque};
use std::hash::Hasher;

use quorate_machine::{
    Durable, Effect, Input, InputOf, Machine, NodeId, Outbox, OutboxOf, Tag, Ticket, Time,
};

use crate::sim::{
    race::RESEND_AFTER,
    subjects::toy::register::{Config, Event, Message, Register, Version},
};

/// Which register of a [`Shelf`].
pub type Place = u32;

/// Something of one register.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held<T> {
    /// Which register.
    pub place: Place,
    /// What.
    pub what: T,
}

/// Many registers in one machine, so that a step of a host may carry many messages.
#[derive(Clone, Debug)]
pub struct Shelf {
    registers: Vec<Register>,
    /// The registers that want to be woken.
    due: BTreeSet<(Time, usize)>,
    armed: Vec<Option<Time>>,
    /// Which register waits for which ticket, rising.
    unsynced: VecDeque<(Ticket, usize)>,
    scratch: OutboxOf<Register>,
}

/// Which node this is, of how many, and how many registers it has.
#[derive(Clone, Copy, Debug)]
pub struct ShelfConfig {
    /// This node; n1 writes.
    pub id: NodeId,
    /// How many nodes there are.
    pub nodes: u8,
    /// How many registers.
    pub registers: Place,
}

impl Shelf {
    fn step_one(&mut self, at: usize, now: Time, input: InputOf<Register>, out: &mut OutboxOf<Self>) {
        let Self { registers, due, armed, unsynced, scratch } = self;
        let Some(register) = registers.get_mut(at) else { return };
        let place = Place::try_from(at).unwrap_or(Place::MAX);
        out.embed(
            scratch,
            |inner| register.step(now, input, inner),
            |effect, out| match effect {
                Effect::Send { to, message } => out.send(to, Held { place, what: message }),
                Effect::Persist { ticket, record } => {
                    unsynced.extend(ticket.map(|ticket| (ticket, at)));
                    out.place_record(ticket, Held { place, what: record });
                }
                Effect::Emit(event) => out.emit(Held { place, what: event }),
            },
        );
        let deadline = register.deadline();
        if armed[at] != deadline {
            if let Some(before) = armed[at] {
                due.remove(&(before, at));
            }
            due.extend(deadline.map(|deadline| (deadline, at)));
            armed[at] = deadline;
        }
    }
}

impl Machine for Shelf {
    type Message = Held<Message>;
    type Command = Held<u64>;
    type Record = Held<Version>;
    type Event = Held<Event>;

    fn step(&mut self, now: Time, input: InputOf<Self>, out: &mut OutboxOf<Self>) {
        match input {
            Input::Receive { from, message: Held { place, what } } => {
                self.step_one(index(place), now, Input::Receive { from, message: what }, out);
            }
            Input::Submit { tag, command: Held { place, what } } => {
                self.step_one(index(place), now, Input::Submit { tag, command: what }, out);
            }
            Input::Persisted(ticket) => {
                while let Some((issued, at)) =
                    self.unsynced.front().copied().filter(|(issued, _)| *issued <= ticket)
                {
                    self.unsynced.pop_front();
                    self.step_one(at, now, Input::Persisted(issued), out);
                }
            }
            Input::Wake => {
                while let Some((_, at)) = self.due.first().copied().filter(|(at, _)| *at <= now) {
                    self.step_one(at, now, Input::Wake, out);
                }
            }
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.due.first().map(|(at, _)| *at)
    }

    fn digest(&self, hasher: &mut dyn Hasher) {
        self.registers.iter().for_each(|register| register.digest(hasher));
    }
}

impl Durable for Shelf {
    type Config = ShelfConfig;
    type Image = Vec<Version>;
    type Error = core::convert::Infallible;

    fn absorb(image: &mut Vec<Version>, record: Held<Version>) -> Result<(), Self::Error> {
        let at = index(record.place);
        if image.len() <= at {
            image.resize(at + 1, Version::default());
        }
        Register::absorb(&mut image[at], record.what)
    }

    fn recover(config: ShelfConfig, image: Vec<Version>, seed: u64, now: Time) -> Result<Self, Self::Error> {
        let ShelfConfig { id, nodes, registers } = config;
        let members: Vec<_> = (1..=u64::from(nodes)).map(NodeId).collect();
        let registers: Vec<Register> = (0..index(registers))
            .map(|at| {
                let members = members.clone();
                let config = Config { id, writer: NodeId(1), members, resend_after: RESEND_AFTER };
                Register::recover(config, image.get(at).copied().unwrap_or_default(), seed, now)
            })
            .collect::<Result<_, _>>()?;
        let armed: Vec<_> = registers.iter().map(Machine::deadline).collect();
        let due = armed.iter().enumerate().filter_map(|(at, due)| Some(((*due)?, at))).collect();
        Ok(Self { registers, due, armed, unsynced: VecDeque::new(), scratch: Outbox::new() })
    }

    fn checkpoint(&self, record: &mut dyn FnMut(Held<Version>)) {
        for (place, register) in (0..).zip(&self.registers) {
            register.checkpoint(&mut |what| {
                if what != Version::default() {
                    record(Held { place, what }); // an image reaches as far as its last written register
                }
            });
        }
    }
}

/// What the clients do first.
pub(crate) fn first_writes(registers: Place) -> impl Iterator<Item = Held<u64>> {
    (0..registers).map(|place| Held { place, what: 1 })
}

/// What the client of a register does next after this event: nothing once `writes` values are written.
pub(crate) fn next_write(event: &Held<Event>, writes: u64) -> Option<Held<u64>> {
    match event.what {
        Event::Written { version, .. } if version.number < writes => {
            Some(Held { place: event.place, what: version.number + 1 })
        }
        Event::Written { .. } | Event::Refused { .. } => None,
    }
}

/// Which command the event answers.
pub(crate) const fn tag_of(event: &Held<Event>) -> Tag {
    match event.what {
        Event::Written { tag, .. } | Event::Refused { tag, .. } => tag,
    }
}

fn index(place: Place) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
