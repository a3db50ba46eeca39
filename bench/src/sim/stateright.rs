//! The search in stateright: the register as an actor, on a network that loses, repeats and orders nothing.

use std::{
    borrow::Cow,
    collections::VecDeque,
    convert::Infallible,
    hash::{Hash, Hasher},
};

use quorate_machine::{Durable, Effect, Input, InputOf, Machine, NodeId, Outbox, OutboxOf, Tag, Time};
use stateright::{
    Checker, Expectation, Model,
    actor::{Actor, ActorModel, Id, Network, Out},
};

use crate::sim::{
    Found, Search,
    race::RESEND_AFTER,
    subjects::toy::register::{Config, Event, Message, Register, Version},
};

/// The name under which stateright keeps a node's next command.
const COMMAND: &str = "command";

/// Searches the scope, breadth first, in one thread.
pub(crate) fn run(search: Search) -> Found {
    let nodes = (1..=u64::from(search.nodes)).map(|id| Node { search, id: NodeId(id) });
    let checker = ActorModel::new((), ())
        .actors(nodes)
        .init_network(Network::new_unordered_nonduplicating([]))
        .property(Expectation::Always, "written is kept", |_, world| {
            let written = world.actor_states.iter().map(|state| state.written).max().unwrap_or_default();
            let keeps = |state: &State| state.disk.number > written.number || state.disk == written;
            let kept = world.actor_states.iter().filter(|state| keeps(state)).count();
            kept > world.actor_states.len() / 2
        })
        .checker()
        .spawn_bfs()
        .join();
    checker.assert_properties();
    assert!(checker.is_done(), "{search:?} was not searched to its end");
    Found { states: checker.unique_state_count() as u64, transitions: checker.state_count() as u64 }
}

/// One node of the register.
#[derive(Clone, Copy)]
struct Node {
    search: Search,
    id: NodeId,
}

/// A node with its disk, and what is left of the scope: only the writer uses any of that.
#[derive(Clone, Debug)]
struct State {
    register: Register,
    out: OutboxOf<Register>,
    /// Its own clock, which stands still until a deadline passes.
    now: Time,
    disk: Version,
    /// What it has said to be written.
    written: Version,
    commands: u8,
    wakes: u8,
}

impl State {
    /// What distinguishes states: the machine's digest stands for the machine.
    fn key(&self) -> impl Hash + PartialEq {
        (self.disk, self.written, self.commands, self.wakes, self.due())
    }

    /// Whether the deadline is over, if there is one.
    fn due(&self) -> Option<bool> {
        self.register.deadline().map(|deadline| deadline <= self.now)
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.register == other.register && self.key() == other.key()
    }
}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.register.digest(hasher);
        self.key().hash(hasher);
    }
}

/// A [`Message`], as stateright wants it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Letter {
    Store(Version),
    Stored { number: u64 },
}

impl Actor for Node {
    type Msg = Letter;
    type Timer = ();
    type State = State;
    type Storage = ();
    /// At which node the client submits.
    type Random = u64;

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) -> State {
        let Search { nodes, commands, wakes } = self.search;
        let members = (1..=u64::from(nodes)).map(NodeId).collect();
        let config = Config { id: self.id, writer: NodeId(1), members, resend_after: RESEND_AFTER };
        let Ok::<_, Infallible>(register) = Register::recover(config, Version::default(), 0, Time::ZERO);
        let (now, disk, written) = (Time::ZERO, Version::default(), Version::default());
        let state = State { register, out: Outbox::new(), now, disk, written, commands, wakes };
        self.offer_command(&state, out);
        state
    }

    fn on_msg(&self, _: Id, state: &mut Cow<'_, State>, src: Id, letter: Letter, out: &mut Out<Self>) {
        let message = match letter {
            Letter::Store(version) => Message::Store(version),
            Letter::Stored { number } => Message::Stored { number },
        };
        let mut next = State::clone(state);
        next.feed(Input::Receive { from: NodeId(usize::from(src) as u64 + 1), message }, out);
        if !out.is_empty() || next != **state {
            next.offer_wake(out);
            *state = Cow::Owned(next);
        }
    }

    fn on_timeout(&self, _: Id, state: &mut Cow<'_, State>, (): &(), out: &mut Out<Self>) {
        let mut next = State::clone(state);
        next.wakes -= 1;
        next.now = next.register.deadline().unwrap_or(next.now);
        next.feed(Input::Wake, out);
        next.offer_wake(out);
        *state = Cow::Owned(next);
    }

    /// Any node may be asked; who is not the writer refuses, and remembers nothing.
    fn on_random(&self, _: Id, state: &mut Cow<'_, State>, at: &u64, out: &mut Out<Self>) {
        let mut next = State::clone(state);
        let value = 100 + u64::from(self.search.commands - next.commands);
        next.commands -= 1;
        if *at == self.id.0 {
            next.feed(Input::Submit { tag: Tag(value), command: value }, out);
        }
        self.offer_command(&next, out);
        next.offer_wake(out);
        *state = Cow::Owned(next);
    }
}

impl Node {
    fn offer_command(&self, state: &State, out: &mut Out<Self>) {
        if self.id == NodeId(1) && state.commands > 0 {
            out.choose_random(COMMAND, (1..=u64::from(self.search.nodes)).collect());
        }
    }
}

impl State {
    /// Feeds the machine, and then whatever it waits for at once: its disk, and a wake.
    fn feed(&mut self, input: InputOf<Register>, out: &mut Out<Node>) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            self.register.step(self.now, input, &mut self.out);
            for effect in self.out.drain() {
                match effect {
                    Effect::Send { to, message } => out.send(actor(to), letter(&message)),
                    Effect::Persist { ticket, record } => {
                        let Ok::<_, Infallible>(()) = Register::absorb(&mut self.disk, record);
                        inputs.extend(ticket.map(Input::Persisted));
                    }
                    Effect::Emit(Event::Written { version, .. }) => self.written = version,
                    Effect::Emit(Event::Refused { .. }) => {}
                }
            }
            if inputs.is_empty() && self.due() == Some(true) {
                inputs.push_back(Input::Wake);
            }
        }
    }

    fn offer_wake(&self, out: &mut Out<Node>) {
        if self.wakes > 0 && self.due() == Some(false) {
            out.set_timer((), stateright::actor::model_timeout());
        } else {
            out.cancel_timer(());
        }
    }
}

fn actor(node: NodeId) -> Id {
    Id::from(usize::try_from(node.0).unwrap_or(usize::MAX).saturating_sub(1))
}

fn letter(message: &Message) -> Letter {
    match *message {
        Message::Store(version) => Letter::Store(version),
        Message::Stored { number } => Letter::Stored { number },
    }
}
