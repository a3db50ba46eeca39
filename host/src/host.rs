use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    sync::Arc,
};

use quorate_machine::{Durable, NodeId, Outbox, Rng, Time};
use quorate_wire::{Codec, journal::Writer};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::Instant,
};

use crate::{
    Application, Commands, Config, Folder, Handle, Listener, Metrics, OpenError, Recovery, RunError,
    event_loop::{EventLoop, Held},
    journal::{self, Opened},
    ledger::{Ledger, Sizes},
    ports::{MessageOf, Peer, Ports, RecordOf},
    transport::{self, Arrival, Backoff, Incoming, Introduction, Outgoing, SendQueue},
    writer::{JournalWriter, Tail},
};

type MachineError<A> = <<A as Application>::Machine as Durable>::Error;
type ImageOf<A> = <<A as Application>::Machine as Durable>::Image;

/// A machine recovered from its data folder, ready to run.
pub struct Host<A: Application> {
    event_loop: EventLoop<A>,
    handle: Handle<A>,
    listener: Listener,
    inbox: mpsc::Sender<Arrival<MessageOf<A>>>,
    outgoing: Vec<Outgoing>,
    config: Config,
    recovery: Recovery,
    metrics: Arc<Metrics>,
}

impl<A: Application> Host<A>
where
    MachineError<A>: Display,
{
    /// Opens the data folder, folds the journal, recovers the machine. It reads and syncs files, so it blocks. Nothing is
    /// sent or answered before [`run`](Self::run).
    ///
    /// # Errors
    /// [`OpenError`]; its variants say what changed.
    pub fn open(
        config: Config,
        listener: Listener,
        machine: <A::Machine as Durable>::Config,
        application: A,
    ) -> Result<Self, OpenError<MachineError<A>>> {
        config.check()?;
        for (node, address) in &config.peers {
            if *node != config.identity.node {
                transport::require_loopback(*address)?;
            }
        }
        let folder = Arc::new(Folder::open(&config.data, config.identity.clone())?);
        let mut opened = journal::open(&folder)?;
        let (image, recovery) = fold::<A>(&mut opened, &folder)?;
        let seed = Rng::new(config.seed).fork(config.identity.node.0).fork(folder.incarnation());
        let machine = A::Machine::recover(machine, image, seed.clone().draw(), Time::ZERO)
            .map_err(OpenError::Recover)?;
        opened.clean(&folder)?;
        report(&config, &recovery);
        let metrics = Arc::new(Metrics::default());
        let outgoing = outgoing(&config, folder.incarnation(), &seed, &metrics);
        let ledger = ledger(&config, folder, opened, Arc::clone(&metrics)).map_err(OpenError::Thread)?;
        let peers = outgoing
            .iter()
            .map(|peer| (peer.peer, Peer { queue: Arc::clone(&peer.queue), touched: false }))
            .collect();
        let ports = Ports {
            application,
            commands: Commands::new(),
            ledger,
            peers,
            message_bytes_max: config.limits.message_bytes_max,
            metrics: Arc::clone(&metrics),
        };
        Ok(Self::assemble(config, listener, machine, ports, outgoing, recovery))
    }

    fn assemble(
        config: Config,
        listener: Listener,
        machine: A::Machine,
        ports: Ports<A>,
        outgoing: Vec<Outgoing>,
        recovery: Recovery,
    ) -> Self {
        let (inbox, messages) = mpsc::channel(config.limits.inbox_messages_max);
        let (asks_in, asks) = mpsc::channel(config.limits.commands_max);
        let (stop_in, stop) = watch::channel(false);
        let metrics = Arc::clone(&ports.metrics);
        let event_loop = EventLoop {
            machine,
            out: Outbox::new(),
            ports,
            messages,
            asks,
            stop,
            limits: config.limits.clone(),
            epoch: Instant::now(),
            drain_until: None,
            held: Held::default(),
        };
        let handle = Handle::new(asks_in, stop_in);
        Self { event_loop, handle, listener, inbox, outgoing, config, recovery, metrics }
    }
}

impl<A: Application> Host<A> {
    /// How to speak to it, before and while it runs.
    pub fn handle(&self) -> Handle<A> {
        self.handle.clone()
    }

    /// What it counts, before and while it runs.
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// What opening found.
    pub const fn recovery(&self) -> Recovery {
        self.recovery
    }

    /// Connects to the peers and turns the loop until [`Handle::stop`], or until something breaks. When it
    /// returns, everything handed to the journal is durable and the data folder is free again.
    ///
    /// It needs a tokio runtime with network and time, on which it spawns a task per connection; one
    /// thread is enough. Dropping the future ends everything at once, like a crash that spares the disk.
    ///
    /// # Errors
    /// [`RunError`]: the instance has ended by itself.
    pub async fn run(self) -> Result<(), RunError>
    where
        MessageOf<A>: Send + 'static,
        RecordOf<A>: Send + 'static,
        A::Codec: 'static,
    {
        let Self { event_loop, handle, listener, inbox, outgoing, config, metrics, .. } = self;
        // The loop must not keep itself open.
        drop(handle);
        let peers: BTreeSet<NodeId> = outgoing.iter().map(|peer| peer.peer).collect();
        let incoming = Incoming::new(config.identity, peers, inbox, config.limits, metrics);
        let listener = listener.into_tokio().map_err(RunError::Listen)?;
        let mut tasks = JoinSet::new();
        tasks.spawn(transport::accept::<_, A::Codec>(listener, Arc::new(incoming)));
        for peer in outgoing {
            tasks.spawn(peer.run());
        }
        let outcome = event_loop.run().await;
        tasks.shutdown().await;
        outcome
    }
}

impl<A: Application> core::fmt::Debug for Host<A> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Host")
            .field("config", &self.config)
            .field("recovery", &self.recovery)
            .finish_non_exhaustive()
    }
}

fn fold<A: Application>(
    opened: &mut Opened,
    folder: &Folder,
) -> Result<(ImageOf<A>, Recovery), OpenError<MachineError<A>>> {
    let mut image = ImageOf::<A>::default();
    let mut recovery = Recovery {
        torn_bytes: opened.torn_bytes,
        journal_bytes: opened.journal_bytes,
        incarnation: folder.incarnation(),
        ..Recovery::default()
    };
    for source in opened.sources.drain(..) {
        let path = source.path().to_owned();
        let is_checkpoint = source.is_checkpoint();
        for frame in source.frames() {
            let offset = frame.offset;
            let record = <A::Codec as Codec<RecordOf<A>>>::decode(&frame.body).map_err(|source| {
                OpenError::Record { path: path.clone(), offset, source: Box::new(source) }
            })?;
            A::Machine::absorb(&mut image, record).map_err(|error| OpenError::Absorb {
                path: path.clone(),
                offset,
                error,
            })?;
            recovery.records += 1;
            recovery.checkpoint_records += u64::from(is_checkpoint);
        }
    }
    Ok((image, recovery))
}

fn report(config: &Config, recovery: &Recovery) {
    let Recovery { records, checkpoint_records, torn_bytes, journal_bytes, incarnation } = *recovery;
    tracing::info!(
        node = %config.identity.node,
        incarnation,
        records,
        checkpoint_records,
        journal_bytes,
        torn_bytes,
        "recovered"
    );
}

fn ledger(
    config: &Config,
    folder: Arc<Folder>,
    opened: Opened,
    metrics: Arc<Metrics>,
) -> std::io::Result<Ledger> {
    let Opened { generation, file, header, end, journal_bytes, checkpoint_bytes, .. } = opened;
    let frames = Writer::resume(&header, &end, config.limits.record_bytes_max);
    let sizes = Sizes { generation, journal_bytes, checkpoint_bytes, pending: None };
    metrics.checkpoint_bytes.set(checkpoint_bytes);
    let tail = Tail { file: Box::new(file), generation, length: end.valid_length };
    let writer = JournalWriter::start(folder, tail, frames.synced(), metrics)?;
    Ok(Ledger::new(frames, header.salt(), writer, sizes, config.limits.clone()))
}

fn outgoing(config: &Config, incarnation: u64, seed: &Rng, metrics: &Arc<Metrics>) -> Vec<Outgoing> {
    let limits = &config.limits;
    let others: BTreeMap<_, _> =
        config.peers.iter().filter(|(peer, _)| **peer != config.identity.node).collect();
    let connect = |(peer, address): (&NodeId, &std::net::SocketAddr)| Outgoing {
        peer: *peer,
        address: *address,
        introduction: Introduction::new(&config.identity, incarnation, *peer),
        queue: Arc::new(SendQueue::new(limits.peer_queue_messages_max, limits.peer_queue_bytes_max)),
        backoff: Backoff::new(seed.fork(peer.0), limits),
        handshake_max: limits.handshake_max,
        metrics: Arc::clone(metrics),
    };
    others.into_iter().map(connect).collect()
}
