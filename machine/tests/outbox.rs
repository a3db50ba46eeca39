//! The outbox: order, tickets, memory, and machines within machines.

use quorate_machine::{Effect, Input, InputOf, Machine, NodeId, Outbox, OutboxOf, Tag, Ticket, Time};

type Plain = Outbox<u8, u8, u8>;

#[test]
fn effects_keep_their_order_and_tickets_rise() {
    let mut out = Plain::new();
    out.send(NodeId(1), 1);
    let first = out.persist(2);
    out.note(3);
    out.emit(4);
    let second = out.persist(5);
    assert!(first < second && out.has_issued(second) && !out.has_issued(Ticket(second.0 + 1)));
    let effects: Vec<_> = out.drain().collect();
    assert_eq!(
        effects,
        [
            Effect::Send { to: NodeId(1), message: 1 },
            Effect::Persist { ticket: Some(first), record: 2 },
            Effect::Persist { ticket: None, record: 3 },
            Effect::Emit(4),
            Effect::Persist { ticket: Some(second), record: 5 },
        ]
    );
    assert!(out.is_empty() && out.persist(6) > second, "draining does not start the tickets anew");
}

#[test]
fn a_drained_outbox_keeps_its_memory() {
    let mut out = Plain::new();
    (0..100).for_each(|event| out.emit(event));
    let place = out.effects().as_ptr();
    out.drain().for_each(drop);
    (0..100).for_each(|event| out.emit(event));
    assert_eq!((out.len(), out.effects().as_ptr()), (100, place));
}

/// Persists what it is told, and says so once it is durable.
struct Keeper(Vec<(Ticket, u8)>);

impl Machine for Keeper {
    type Message = u8;
    type Command = u8;
    type Record = u8;
    type Event = u8;

    fn step(&mut self, _: Time, input: InputOf<Self>, out: &mut OutboxOf<Self>) {
        match input {
            Input::Submit { command, .. } => self.0.push((out.persist(command), command)),
            Input::Persisted(upto) => self.0.retain(|(ticket, kept)| {
                if *ticket <= upto {
                    out.emit(*kept);
                }
                *ticket > upto
            }),
            Input::Receive { .. } | Input::Wake => {}
        }
    }

    fn deadline(&self) -> Option<Time> {
        None
    }

    fn digest(&self, _: &mut dyn core::hash::Hasher) {}
}

#[test]
fn an_embedded_machine_waits_for_the_outer_tickets() {
    let (mut keeper, mut inner) = (Keeper(Vec::new()), OutboxOf::<Keeper>::new());
    let mut out: Outbox<(), (char, u8), u8> = Outbox::new();
    let own = out.persist(('o', 0));
    let submit = |command| Input::Submit { tag: Tag(0), command };
    for command in [7, 8] {
        let step = |inner: &mut OutboxOf<Keeper>| keeper.step(Time::ZERO, submit(command), inner);
        out.embed(&mut inner, step, |effect, out| match effect {
            Effect::Persist { ticket, record } => out.place_record(ticket, ('i', record)),
            Effect::Send { .. } | Effect::Emit(_) => unreachable!("a keeper only persists"),
        });
    }
    let last = out.persist(('o', 1));
    let tickets: Vec<_> = out
        .drain()
        .filter_map(|effect| match effect {
            Effect::Persist { ticket, record } => Some((ticket?, record)),
            Effect::Send { .. } | Effect::Emit(_) => None,
        })
        .collect();
    assert_eq!(tickets.len(), 4);
    assert!(tickets.windows(2).all(|pair| pair[0].0 < pair[1].0), "{tickets:?}");
    assert_eq!((tickets[0].0, tickets[3].0), (own, last));

    let mut told = Vec::new();
    let step = |inner: &mut OutboxOf<Keeper>| keeper.step(Time::ZERO, Input::Persisted(tickets[1].0), inner);
    out.embed(&mut inner, step, |effect, _| told.push(effect));
    assert_eq!(told, [Effect::Emit(7)], "only what that ticket covers");
}

#[test]
fn machines_can_be_trait_objects() {
    let mut mixed: Vec<Box<dyn Machine<Message = u8, Command = u8, Record = u8, Event = u8>>> =
        vec![Box::new(Keeper(Vec::new()))];
    let mut out = Plain::new();
    for machine in &mut mixed {
        machine.step(Time::ZERO, Input::Submit { tag: Tag(1), command: 3 }, &mut out);
    }
    assert_eq!(out.len(), 1);
}
