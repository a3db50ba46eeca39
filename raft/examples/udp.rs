//! Three nodes of Raft on threads and UDP, each with its journal in a file, without an async runtime: they elect a leader,
//! replicate 1,000 proposals while one of them is killed and comes back from its journal, and agree in the end.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a driver meets threads and clocks")]

use std::{
    error::Error,
    fs::{self, File, OpenOptions},
    io::Write as _,
    net::{SocketAddr, UdpSocket},
    path::PathBuf,
    sync::mpsc::{Receiver, Sender, TryRecvError, channel},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use quorate_machine::{
    Durable, Effect, Input, InputOf, Machine, NodeId, Outbox, OutboxOf, Tag, Ticket, Time,
};
use quorate_quorum::Voters;
use quorate_raft::{Command, Config, Event, Image, Message, Raft, Record};

type Anyhow<T> = Result<T, Box<dyn Error + Send + Sync>>;

const PROPOSALS: u64 = 1_000;

/// What a driver needs besides the machine: a clock, a socket, the others' addresses, a journal.
struct Driver {
    raft: Raft,
    out: OutboxOf<Raft>,
    epoch: Instant,
    socket: UdpSocket,
    addresses: Vec<SocketAddr>,
    journal: File,
    events: Sender<(NodeId, Event)>,
}

impl Driver {
    /// Continues from whatever the journal holds.
    fn open(id: NodeId, addresses: &[SocketAddr], events: Sender<(NodeId, Event)>) -> Anyhow<Self> {
        let path = journal_path(id);
        let journal = OpenOptions::new().create(true).append(true).open(&path)?;
        let bytes = fs::read(&path)?;
        let (mut image, mut rest) = (Image::default(), bytes.as_slice());
        // A record that was cut short is an error; one that was damaged may not be: quorate-wire has checksums.
        while let Ok((record, after)) = postcard::take_from_bytes::<Record>(rest) {
            Raft::absorb(&mut image, record)?;
            rest = after;
        }
        journal.set_len((bytes.len() - rest.len()) as u64)?;
        journal.sync_data()?;

        let voters = Voters::majority((1..).map(NodeId).take(addresses.len()))?;
        let mut config = Config::new(id, voters);
        (config.batch_bytes_max, config.proposal_bytes_max) = (60_000, 1_000); // a message fits into a datagram
        config.snapshot_part_bytes_max = 50_000;
        let seed = id.0 << 32 | image.incarnation; // differs between nodes, and between the lives of one
        let raft = Raft::recover(config, image, seed, Time::ZERO)?;
        let socket = UdpSocket::bind(addresses[place(id)])?;
        socket.set_read_timeout(Some(Duration::from_millis(1)))?; // commands come by another way
        let (out, addresses) = (Outbox::new(), addresses.to_vec());
        Ok(Self { raft, out, epoch: Instant::now(), socket, addresses, journal, events })
    }

    /// Runs until nobody gives commands any more, and then stops without further ado, as if it were killed.
    fn run(mut self, commands: &Receiver<(Tag, Command)>) -> Anyhow<()> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            if let Ok((length, from)) = self.socket.recv_from(&mut buffer) {
                let sender = self.addresses.iter().position(|address| *address == from);
                let message = postcard::from_bytes::<Message>(&buffer[..length]);
                if let (Some(sender), Ok(message)) = (sender, message) {
                    self.step(Input::Receive { from: NodeId(sender as u64 + 1), message })?;
                }
            }
            loop {
                match commands.try_recv() {
                    Ok((tag, command)) => self.step(Input::Submit { tag, command })?,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return Ok(()),
                }
            }
            while self.raft.deadline().is_some_and(|due| due <= self.now()) {
                self.step(Input::Wake)?;
            }
        }
    }

    fn now(&self) -> Time {
        Time::ZERO + self.epoch.elapsed()
    }

    /// Feeds one input and does what the machine says, in order. A failed write ends the instance.
    fn step(&mut self, input: InputOf<Raft>) -> Anyhow<()> {
        let mut written = Ticket::NONE;
        let now = self.now();
        self.raft.step(now, input, &mut self.out);
        for effect in self.out.drain() {
            match effect {
                Effect::Send { to, message } => {
                    let datagram = postcard::to_allocvec(&message)?;
                    self.socket.send_to(&datagram, self.addresses[place(to)]).ok(); // it may be lost
                }
                Effect::Persist { ticket, record } => {
                    self.journal.write_all(&postcard::to_allocvec(&record)?)?;
                    written = written.max(ticket.unwrap_or(Ticket::NONE));
                }
                Effect::Emit(event) => self.events.send((self.raft.status().id, event))?,
            }
        }
        if written == Ticket::NONE {
            return Ok(());
        }
        self.journal.sync_data()?;
        self.step(Input::Persisted(written))
    }
}

fn place(id: NodeId) -> usize {
    usize::try_from(id.0 - 1).unwrap_or(usize::MAX)
}

fn journal_path(id: NodeId) -> PathBuf {
    std::env::temp_dir().join(format!("quorate-udp-{}-{id}.journal", std::process::id()))
}

/// Starts a node; it lives until the sender is dropped.
fn start(id: NodeId, addresses: &[SocketAddr], events: &Sender<(NodeId, Event)>) -> Anyhow<Node> {
    let driver = Driver::open(id, addresses, events.clone())?;
    let (commands, inbox) = channel();
    Ok((commands, thread::spawn(move || driver.run(&inbox))))
}

type Node = (Sender<(Tag, Command)>, thread::JoinHandle<Anyhow<()>>);

fn kill((commands, thread): Node) -> Anyhow<()> {
    drop(commands);
    thread.join().map_err(|_| "a node panicked")?
}

fn main() -> Anyhow<()> {
    let ids = [1, 2, 3].map(NodeId);
    let free = ids.map(|_| UdpSocket::bind("127.0.0.1:0")?.local_addr());
    let addresses = free.into_iter().collect::<Result<Vec<_>, _>>()?;
    let (events, told) = channel();
    let begun = Instant::now();
    let (one, two) = (start(ids[0], &addresses, &events)?, start(ids[1], &addresses, &events)?);
    let mut three = Some(start(ids[2], &addresses, &events)?);
    let propose = |tag: u64| one.0.send((Tag(tag), Command::Propose(Bytes::from(format!("proposal {tag}")))));

    let mut logs = vec![Vec::new(); ids.len()];
    let (mut proposed, mut done) = (0, 0);
    while done < PROPOSALS || logs.iter().any(|log| *log != logs[0]) {
        while proposed < PROPOSALS.min(done + 100) {
            proposed += 1;
            propose(proposed)?;
        }
        let (id, event) = told.recv_timeout(Duration::from_secs(20))?;
        match event {
            Event::Committed { entries, .. } => {
                logs[place(id)].extend(entries.iter().filter_map(|entry| entry.payload.data().cloned()));
            }
            Event::Proposed { .. } => done += 1,
            // Nobody may have it, or nobody knows: once more. A real client would number its commands.
            Event::Refused { tag, .. } | Event::Unknown { tag } => propose(tag.0)?,
            Event::Role { role, term, .. } => println!("{id} is a {role:?} in term {term}"),
            Event::Readable { .. } | Event::Compacted { .. } | Event::Restore { .. } => {}
        }
        if let Some(node) = three.take_if(|_| done == PROPOSALS / 3) {
            kill(node)?;
            println!("{} is gone after {done} proposals", ids[2]);
        } else if done == PROPOSALS * 2 / 3 && three.is_none() {
            let missed = done.saturating_sub(logs[2].len() as u64);
            logs[2].clear(); // a new life is told everything again
            three = Some(start(ids[2], &addresses, &events)?);
            println!("{} is back; it has missed {missed} proposals", ids[2]);
        }
    }
    println!("{} entries, the same on all three, in {:?}", logs[0].len(), begun.elapsed());
    [Some(one), Some(two), three].into_iter().flatten().try_for_each(kill)?;
    ids.iter().try_for_each(|id| Ok(fs::remove_file(journal_path(*id))?))
}
