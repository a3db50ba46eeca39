//! A whole node: data folder, peers, store, clients and metrics, put together.

use std::{collections::BTreeMap, io, net::SocketAddr, path::PathBuf};

use quorate_host::{AddressError, Handle, Host, Identity, Listener, OpenError, RunError, serve_metrics};
use quorate_machine::NodeId;
use quorate_quorum::{QuorumError, Voters};
use thiserror::Error;
use tokio::{
    sync::{oneshot, watch},
    task::{JoinError, JoinHandle},
};

use crate::{
    core::{self, Command},
    server::{Desk, Limits, LimitsError, RoleView, Server},
    wall,
};

/// Everything a node is told at its start.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Which node of which cluster this is.
    pub identity: Identity,
    /// The data folder; created if it is not there.
    pub data: PathBuf,
    /// Where clients connect, on loopback; with port 0 the system chooses.
    pub client: SocketAddr,
    /// Where each node listens for the others, this one included, on loopback.
    pub peers: BTreeMap<NodeId, SocketAddr>,
    /// Where metrics are served, on loopback, if anywhere.
    pub metrics: Option<SocketAddr>,
    /// What all randomness is derived from, mixed with the node's id and its incarnation.
    pub seed: u64,
    /// The store and its log.
    pub core: core::Config,
    /// How much clients may ask for.
    pub clients: Limits,
    /// How much of everything on the way to disk and peers.
    pub host: quorate_host::Limits,
}

impl NodeConfig {
    /// The defaults for one node of a cluster.
    ///
    /// # Errors
    /// When the peers are no set of voters.
    pub fn new(
        identity: Identity,
        data: PathBuf,
        client: SocketAddr,
        peers: BTreeMap<NodeId, SocketAddr>,
    ) -> Result<Self, QuorumError> {
        let raft = quorate_raft::Config::new(identity.node, Voters::majority(peers.keys().copied())?);
        Ok(Self {
            identity,
            data,
            client,
            peers,
            metrics: None,
            seed: 0,
            core: core::Config::new(raft),
            clients: Limits::default(),
            host: quorate_host::Limits::default(),
        })
    }

    /// Checks that a command fits into a log entry, that into a record, and that into a frame.
    ///
    /// # Errors
    /// Names the first rule that is broken.
    pub fn validate(&self) -> Result<(), StartError> {
        self.clients.validate(&self.core)?;
        let needed = self.core.raft.batch_bytes_max as u64;
        let limits = [
            ("record_bytes_max", u64::from(self.host.record_bytes_max)),
            ("message_bytes_max", u64::from(self.host.message_bytes_max)),
        ];
        match limits.into_iter().find(|(_, limit)| *limit < needed) {
            Some((field, limit)) => Err(StartError::BatchTooLarge { field, limit, needed }),
            None => Ok(()),
        }
    }
}

/// Why a node does not start. Nothing was answered or sent.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The limits for clients cannot be used.
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// What Raft sends and keeps must fit into a record and a message.
    #[error("{field} is {limit} bytes, Raft's batches take {needed}")]
    BatchTooLarge {
        /// Which limit.
        field: &'static str,
        /// The limit.
        limit: u64,
        /// What is needed.
        needed: u64,
    },
    /// The configuration names no address for this node among the peers.
    #[error("the peers have no entry for node {node} itself, where it would listen for them")]
    NoOwnAddress {
        /// This node.
        node: u64,
    },
    /// An address cannot be used.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The data folder cannot be opened or recovered.
    #[error(transparent)]
    Open(#[from] OpenError<core::RecoverError>),
    /// A listening socket could not be used.
    #[error("a listening socket cannot be used: {0}")]
    Listen(#[source] io::Error),
    /// The node ended as soon as it was started.
    #[error(transparent)]
    Ended(#[from] EndError),
}

/// Why a node ended. Everything acknowledged is on disk.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EndError {
    /// The host ended: a disk that failed or is full, for instance.
    #[error(transparent)]
    Run(#[from] RunError),
    /// It was stopped from elsewhere, and has done what it was asked before.
    #[error("the node was stopped")]
    Stopped,
    /// Part of the node panicked.
    #[error("a task of the node panicked: {0}")]
    Panic(#[from] JoinError),
    /// The node was given a snapshot that it cannot read.
    #[error("a snapshot cannot be read; this node has to be replaced, or run by a newer version")]
    Broken,
}

/// A running node.
#[derive(Debug)]
pub struct Node {
    client: SocketAddr,
    peer: SocketAddr,
    metrics: Option<SocketAddr>,
    handle: Handle<Desk>,
    role: watch::Receiver<RoleView>,
    stop: watch::Sender<bool>,
    host: JoinHandle<Result<(), RunError>>,
    server: JoinHandle<()>,
    exporter: Option<JoinHandle<io::Result<()>>>,
}

impl Node {
    /// Starts a node on the current runtime. Opening the data folder blocks for as long as reading it takes.
    ///
    /// # Errors
    /// [`StartError`]; addresses are tried before the data folder is touched.
    pub async fn start(config: NodeConfig) -> Result<Self, StartError> {
        config.validate()?;
        let own = config.identity.node;
        let peer = *config.peers.get(&own).ok_or(StartError::NoOwnAddress { node: own.0 })?;
        let clients = Listener::bind(config.client)?;
        let peers = Listener::bind(peer)?;
        let metrics = config.metrics.map(Listener::bind).transpose()?;
        let (peer, metrics_address) = (peers.address(), metrics.as_ref().map(Listener::address));

        let batch_bytes_max = config.core.batch_bytes_max();
        let (desk, role) = Desk::new();
        let host = quorate_host::Config {
            identity: config.identity,
            data: config.data,
            peers: config.peers,
            seed: config.seed,
            limits: config.host,
        };
        let host = Host::open(host, peers, config.core, desk)?;
        let handle = host.handle();
        let server = Server::new(clients, handle.clone(), config.clients, batch_bytes_max);
        let server = server.map_err(StartError::Listen)?;

        let exporter = metrics.map(|listener| {
            let (clients, host) = (server.metrics(), host.metrics());
            let role = role.clone();
            let source = move || host.prometheus() + &clients() + &role_metrics(&role.borrow());
            tokio::spawn(serve_metrics(listener, source))
        });
        let client = server.address();
        let (stop, stopped) = watch::channel(false);
        let host = tokio::spawn(host.run());
        let server = tokio::spawn(server.run(stopped));
        let mut node =
            Self { client, peer, metrics: metrics_address, handle, role, stop, host, server, exporter };
        node.tell_time().await?;
        Ok(node)
    }

    /// Where clients connect.
    pub const fn client_address(&self) -> SocketAddr {
        self.client
    }

    /// Where the other nodes connect.
    pub const fn peer_address(&self) -> SocketAddr {
        self.peer
    }

    /// Where metrics are served.
    pub const fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// The node's role, term and leader, as they change.
    pub fn role(&self) -> watch::Receiver<RoleView> {
        self.role.clone()
    }

    /// How to look into the machine, or submit to it beside the clients.
    pub fn handle(&self) -> Handle<Desk> {
        self.handle.clone()
    }

    /// Waits until the node ends by itself, and says why.
    pub async fn ended(&mut self) -> EndError {
        tokio::select! {
            ended = &mut self.host => match ended {
                Ok(Ok(())) => EndError::Stopped,
                Ok(Err(error)) => error.into(),
                Err(error) => error.into(),
            },
            Ok(_) = self.role.wait_for(|view| view.broken) => EndError::Broken,
        }
    }

    /// Drains and stops: no new clients, what was asked is answered, everything is on disk.
    ///
    /// # Errors
    /// When the node had ended, or ended on the way, by itself.
    pub async fn stop(self) -> Result<(), EndError> {
        self.stop.send_replace(true);
        let served = self.server.await;
        self.handle.stop();
        let ran = self.host.await;
        if let Some(exporter) = self.exporter {
            exporter.abort();
        }
        served?;
        Ok(ran??)
    }

    /// Keys end by the leader's clock, also of a leader that nobody has asked for anything yet.
    async fn tell_time(&mut self) -> Result<(), EndError> {
        let (told, heard) = oneshot::channel();
        let command = Command::Clock { at_ms: wall::now_ms() };
        let entered = self.handle.enter(move |desk, commands| desk.submit(command, told, commands)).await;
        if entered.is_err() || heard.await.is_err() {
            return Err(self.ended().await);
        }
        Ok(())
    }
}

fn role_metrics(view: &RoleView) -> String {
    let leads = u8::from(view.role == quorate_raft::Role::Leader);
    let (term, leader) = (view.term.0, view.leader.map_or(0, |id| id.0));
    format!(
        "# HELP quorate_leads Whether this node leads.\n# TYPE quorate_leads gauge\nquorate_leads {leads}\n\
         # HELP quorate_leader The node that leads, 0 if unknown.\n# TYPE quorate_leader gauge\n\
         quorate_leader {leader}\n\
         # HELP quorate_term The term of the replicated log.\n# TYPE quorate_term counter\nquorate_term {term}\n"
    )
}
