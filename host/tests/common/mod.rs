//! A replicated register on real hosts: the machine of `quorate-machine`'s own page, unchanged.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of this")]

#[allow(missing_docs, clippy::pedantic, reason = "an example of another crate")]
#[path = "../../../machine/examples/register.rs"]
mod register;

use std::{collections::BTreeMap, future::Future, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use quorate_host::{
    Application, Commands, Config, Handle, Host, Identity, Limits, Listener, Metrics, Recovery, RunError,
};
use quorate_machine::{NodeId, Tag, Time};
use quorate_wire::Codec;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

pub use register::{Config as RegisterConfig, Event, Message, Register, Version};

/// The register's types know nothing of serde; a codec of one's own is all it takes.
#[derive(Debug)]
pub struct Plain;

#[derive(Debug, thiserror::Error)]
#[error("not a message or record of the register")]
pub struct NotPlain;

impl Codec<Version> for Plain {
    type Error = NotPlain;

    fn encode(version: &Version, buffer: &mut Vec<u8>) -> Result<(), NotPlain> {
        buffer.extend_from_slice(&version.number.to_le_bytes());
        buffer.extend_from_slice(&version.value.to_le_bytes());
        Ok(())
    }

    fn decode(bytes: &Bytes) -> Result<Version, NotPlain> {
        let (number, value) = bytes.split_first_chunk::<8>().ok_or(NotPlain)?;
        let value = <[u8; 8]>::try_from(value).map_err(|_| NotPlain)?;
        Ok(Version { number: u64::from_le_bytes(*number), value: u64::from_le_bytes(value) })
    }
}

impl Codec<Message> for Plain {
    type Error = NotPlain;

    fn encode(message: &Message, buffer: &mut Vec<u8>) -> Result<(), NotPlain> {
        match message {
            Message::Store(version) => <Self as Codec<Version>>::encode(version, buffer),
            Message::Stored { number } => {
                buffer.extend_from_slice(&number.to_le_bytes());
                Ok(())
            }
        }
    }

    fn decode(bytes: &Bytes) -> Result<Message, NotPlain> {
        match <[u8; 8]>::try_from(&bytes[..]) {
            Ok(number) => Ok(Message::Stored { number: u64::from_le_bytes(number) }),
            Err(_) => <Self as Codec<Version>>::decode(bytes).map(Message::Store),
        }
    }
}

/// Passes the register's events to the test.
#[derive(Debug)]
pub struct Teller {
    events: mpsc::UnboundedSender<Event>,
    pub heard: usize,
    pub pending: bool,
}

impl Application for Teller {
    type Machine = Register;
    type Codec = Plain;

    fn on_event(&mut self, _: Time, event: Event, _: &mut Commands<u64>) {
        self.heard += 1;
        self.pending = false;
        let _ = self.events.send(event);
    }

    fn has_pending(&self) -> bool {
        self.pending
    }
}

/// Three addresses that stay theirs over restarts, three folders.
pub struct Cluster {
    pub folder: tempfile::TempDir,
    pub addresses: BTreeMap<NodeId, SocketAddr>,
    pub limits: Limits,
    listeners: BTreeMap<NodeId, Listener>,
}

pub const CLUSTER: &str = "test";

pub fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

impl Cluster {
    pub fn new(nodes: u64) -> Self {
        let listeners: BTreeMap<NodeId, Listener> =
            (1..=nodes).map(|node| (NodeId(node), Listener::bind(loopback()).unwrap())).collect();
        let addresses = listeners.iter().map(|(node, listener)| (*node, listener.address())).collect();
        Self { folder: tempfile::tempdir().unwrap(), addresses, limits: Limits::default(), listeners }
    }

    pub fn data(&self, node: u64) -> PathBuf {
        self.folder.path().join(format!("n{node}"))
    }

    pub fn config(&self, node: u64) -> Config {
        Config {
            identity: Identity { cluster: CLUSTER.into(), node: NodeId(node) },
            data: self.data(node),
            peers: self.addresses.clone(),
            seed: 7,
            limits: self.limits.clone(),
        }
    }

    pub fn register(&self, node: u64) -> RegisterConfig {
        RegisterConfig {
            id: NodeId(node),
            writer: NodeId(1),
            members: self.addresses.keys().copied().collect(),
            resend_after: Duration::from_millis(20),
        }
    }

    pub fn listener(&mut self, node: u64) -> Listener {
        let id = NodeId(node);
        self.listeners.remove(&id).unwrap_or_else(|| Listener::bind(self.addresses[&id]).unwrap())
    }

    pub fn open(&mut self, node: u64) -> Opening {
        let listener = self.listener(node);
        self.open_with(self.config(node), listener)
    }

    pub fn open_with(&self, config: Config, listener: Listener) -> Opening {
        let (events_in, events) = mpsc::unbounded_channel();
        let teller = Teller { events: events_in, heard: 0, pending: false };
        let register = self.register(config.identity.node.0);
        let host = Host::open(config, listener, register, teller)?;
        Ok(Opened { host, events })
    }

    pub fn start(&mut self, node: u64) -> Node {
        self.open(node).unwrap().start()
    }
}

pub type Opening = Result<Opened, quorate_host::OpenError<core::convert::Infallible>>;

pub struct Opened {
    pub host: Host<Teller>,
    pub events: mpsc::UnboundedReceiver<Event>,
}

impl Opened {
    pub fn start(self) -> Node {
        let Self { host, events } = self;
        Node {
            handle: host.handle(),
            metrics: host.metrics(),
            recovery: host.recovery(),
            events,
            running: tokio::spawn(host.run()),
        }
    }
}

pub struct Node {
    pub handle: Handle<Teller>,
    pub metrics: Arc<Metrics>,
    pub recovery: Recovery,
    pub events: mpsc::UnboundedReceiver<Event>,
    pub running: JoinHandle<Result<(), RunError>>,
}

/// Nothing here takes long; what takes this long has failed.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), future).await.unwrap_or_else(|_| panic!("not in time: {what}"))
}

/// Turns the runtime until the condition holds.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    soon(what, async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

impl Node {
    /// Writes and waits for the majority.
    pub async fn write(&mut self, value: u64) -> Version {
        self.handle.submit(Tag(value), value).await.unwrap();
        match soon("an event", self.events.recv()).await.unwrap() {
            Event::Written { tag, version } => {
                assert_eq!((tag, version.value), (Tag(value), value));
                version
            }
            Event::Refused { .. } => panic!("{value} was refused"),
        }
    }

    pub async fn stop(self) {
        self.handle.stop();
        soon("the end", self.running).await.unwrap().unwrap();
    }
}

/// Runs an async test on one thread, as the command does.
pub fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}
