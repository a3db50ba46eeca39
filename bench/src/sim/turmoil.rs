//! The race in turmoil: the same machine behind a small async host, one simulated UDP socket per node.

use core::{cell::Cell, convert::Infallible, time::Duration};
use std::{collections::VecDeque, io::ErrorKind, net::SocketAddr, rc::Rc};

use quorate_machine::{Durable, Effect, Input, InputOf, Machine, NodeId, Outbox, OutboxOf, Tag, Time};
use tokio::time::{Instant, sleep_until};
use turmoil::{Builder, net::UdpSocket};

use crate::sim::{
    Held, Outcome, Race, Shelf, ShelfConfig,
    race::LATENCY,
    shelf::{first_writes, next_write},
    subjects::toy::register::{Message, Version},
};

const PORT: u16 = 1;

/// The bytes of a message: place, kind, number, value.
type Datagram = [u8; 21];

/// What has happened so far, for all nodes.
#[derive(Default)]
struct Tally {
    writes: Cell<u64>,
    messages: Cell<u64>,
}

/// Runs the race until every write is done and every answer is in.
pub(crate) fn run(race: Race) -> Outcome {
    let mut sim = Builder::new()
        .rng_seed(1)
        .tick_duration(LATENCY)
        .min_message_latency(LATENCY)
        .max_message_latency(LATENCY)
        .simulation_duration(Duration::from_secs(1_000_000))
        .udp_capacity(2 * usize::from(race.nodes) * usize::try_from(race.registers).unwrap_or(usize::MAX))
        .build();
    let tally = Rc::new(Tally::default());
    for id in 2..=u64::from(race.nodes) {
        let tally = Rc::clone(&tally);
        sim.host(name(id), move || Host::serve(race, NodeId(id), Rc::clone(&tally)));
    }
    sim.client(name(1), Host::serve(race, NodeId(1), Rc::clone(&tally)));
    let ended = sim.run();
    assert!(ended.is_ok(), "{race:?}: {ended:?}");
    Outcome { writes: tally.writes.get(), messages: tally.messages.get() }
}

fn name(id: u64) -> String {
    format!("n{id}")
}

/// One node: a machine, a perfect disk, a socket.
struct Host {
    race: Race,
    shelf: Shelf,
    out: OutboxOf<Shelf>,
    socket: UdpSocket,
    /// The address of n1, n2, …
    peers: Vec<SocketAddr>,
    begun: Instant,
    /// What the node tells itself: acknowledgements, and its clients' next commands.
    inputs: VecDeque<InputOf<Shelf>>,
    next_tag: u64,
    tally: Rc<Tally>,
}

impl Host {
    /// Serves for ever; the writer until its clients are content.
    async fn serve(race: Race, id: NodeId, tally: Rc<Tally>) -> turmoil::Result {
        let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
        let peers = (1..=u64::from(race.nodes)).map(|id| (turmoil::lookup(name(id)), PORT).into()).collect();
        let config = ShelfConfig { id, nodes: race.nodes, registers: race.registers };
        let Ok::<_, Infallible>(shelf) = Shelf::recover(config, Vec::new(), id.0, Time::ZERO);
        let begun = Instant::now();
        let (out, inputs) = (Outbox::new(), VecDeque::new());
        let mut host = Self { race, shelf, out, socket, peers, begun, inputs, next_tag: 1, tally };
        if id == NodeId(1) {
            first_writes(race.registers).for_each(|write| host.submit(write));
        }
        let mut bytes = Datagram::default();
        loop {
            host.take_everything(&mut bytes)?;
            match host.shelf.deadline() {
                None if host.tally.writes.get() == race.expected().writes && id == NodeId(1) => return Ok(()),
                None => host.socket.readable().await?,
                Some(deadline) => {
                    let due = host.begun + Duration::from_nanos(deadline.as_nanos());
                    tokio::select! {
                        readable = host.socket.readable() => readable?,
                        () = sleep_until(due) => {}
                    }
                }
            }
        }
    }

    /// Feeds the machine all there is, as the contract wants it: messages first, a wake when there are no more.
    fn take_everything(&mut self, bytes: &mut Datagram) -> turmoil::Result {
        loop {
            while let Some(input) = self.inputs.pop_front() {
                self.feed(input)?;
            }
            match self.socket.try_recv_from(bytes) {
                Ok((_, from)) => self.receive(from, bytes)?,
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error.into()),
                Err(_) if self.shelf.deadline().is_some_and(|at| at <= self.now()) => {
                    self.feed(Input::Wake)?;
                }
                Err(_) => return Ok(()),
            }
        }
    }

    fn receive(&mut self, from: SocketAddr, bytes: &Datagram) -> turmoil::Result {
        self.tally.messages.set(self.tally.messages.get() + 1);
        let sender = self.peers.iter().zip(1..).find(|(peer, _)| **peer == from);
        match (sender, decoded(bytes)) {
            (Some((_, id)), Some(message)) => self.feed(Input::Receive { from: NodeId(id), message }),
            _ => Ok(()),
        }
    }

    fn feed(&mut self, input: InputOf<Shelf>) -> turmoil::Result {
        self.shelf.step(self.now(), input, &mut self.out);
        let mut out = core::mem::take(&mut self.out);
        for effect in out.drain() {
            match effect {
                Effect::Send { to, message } => self.send(to, message)?,
                Effect::Persist { ticket, .. } => self.inputs.extend(ticket.map(Input::Persisted)),
                Effect::Emit(event) => {
                    self.tally.writes.set(self.tally.writes.get() + 1);
                    if let Some(write) = next_write(&event, self.race.writes) {
                        self.submit(write);
                    }
                }
            }
        }
        self.out = out;
        Ok(())
    }

    fn send(&self, to: NodeId, message: Held<Message>) -> turmoil::Result {
        let place = usize::try_from(to.0).unwrap_or(0).wrapping_sub(1);
        if let Some(peer) = self.peers.get(place) {
            self.socket.try_send_to(&encoded(message), *peer)?;
        }
        Ok(())
    }

    fn submit(&mut self, command: Held<u64>) {
        let tag = Tag(self.next_tag);
        self.next_tag += 1;
        self.inputs.push_back(Input::Submit { tag, command });
    }

    fn now(&self) -> Time {
        Time::ZERO + self.begun.elapsed()
    }
}

fn encoded(Held { place, what }: Held<Message>) -> Datagram {
    let (kind, number, value) = match what {
        Message::Store(Version { number, value }) => (0, number, value),
        Message::Stored { number } => (1, number, 0),
    };
    let mut bytes = Datagram::default();
    bytes[..4].copy_from_slice(&place.to_le_bytes());
    bytes[4] = kind;
    bytes[5..13].copy_from_slice(&number.to_le_bytes());
    bytes[13..].copy_from_slice(&value.to_le_bytes());
    bytes
}

fn decoded(bytes: &Datagram) -> Option<Held<Message>> {
    let place = u32::from_le_bytes(bytes[..4].try_into().ok()?);
    let number = u64::from_le_bytes(bytes[5..13].try_into().ok()?);
    let value = u64::from_le_bytes(bytes[13..].try_into().ok()?);
    let what = match bytes[4] {
        0 => Message::Store(Version { number, value }),
        _ => Message::Stored { number },
    };
    Some(Held { place, what })
}
